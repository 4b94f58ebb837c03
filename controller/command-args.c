/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/command-args.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "controller/output.h"
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

void
command_take_args(int *argc, const char *argv[], int i, int n)
{
    for (; n > 0; n--) {
        const char *taken = argv[i];

        for (int k = i; k + 1 < *argc; k++) {
            argv[k] = argv[k + 1];
        }
        argv[--*argc] = taken;
    }
}

bool
command_take_flag(int *argc, const char *argv[], const char *name)
{
    for (int i = 1; i < *argc; i++) {
        if (!strcmp(argv[i], name)) {
            command_take_args(argc, argv, i, 1);
            return true;
        }
    }
    return false;
}

/* The first of 'argv' that looks like an option, or NULL. */
static const char *
find_option(int argc, const char *argv[])
{
    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "--", 2)) {
            return argv[i];
        }
    }
    return NULL;
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
    if (*argc - 1 >= min && *argc - 1 <= max) {
        return true;
    }

    /* An argument may begin with dashes, too, as names of others may; where
     * there is one too many that is what is meant. */
    const char *option = *argc - 1 > max ? find_option(*argc, argv) : NULL;
    char *what = (option ? output_printable(option)
                  : xstrdup(*argc - 1 < min ? "missing" : "too many"));

    command_reply_error(conn, (option
                               ? "unknown option \"%s\"\nusage: %s%s%s %s"
                               : "%s arguments\nusage: %s%s%s %s"),
                        what, argv[0], usage[0] ? " " : "", usage,
                        FORMAT_USAGE);
    free(what);
    return false;
}
