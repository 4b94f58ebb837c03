/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/command-args.h"

#include <stdarg.h>
#include <stdlib.h>

#include "openvswitch/json.h"
#include "unixctl.h"
#include "util.h"

void
command_reply_error(struct unixctl_conn *conn, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    unixctl_command_reply_error(conn, message);
    free(message);
}

void
command_reply_array(struct unixctl_conn *conn, struct json *array,
                    const struct output_column *columns, size_t n,
                    enum output_format format)
{
    output_reply(conn, output_array(array, columns, n, format));
    json_destroy(array);
}

bool
command_parse_args(struct unixctl_conn *conn, int *argc, const char *argv[],
                   int min, int max, const char *usage,
                   enum output_format *format)
{
    char *error = output_parse_format(argc, argv, format);

    if (error) {
        command_reply_error(conn, "%s: %s", argv[0], error);
        free(error);
        return false;
    }
    if (*argc - 1 < min || *argc - 1 > max) {
        command_reply_error(conn, "%s arguments\nusage: %s %s %s",
                            *argc - 1 < min ? "missing" : "too many",
                            argv[0], usage, FORMAT_USAGE);
        return false;
    }
    return true;
}
