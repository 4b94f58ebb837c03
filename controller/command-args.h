/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_COMMAND_ARGS_H
#define CONTROLLER_COMMAND_ARGS_H 1

/* Arguments of commands, and complaints about them. */

#include <stdbool.h>

#include "controller/output.h"
#include "openvswitch/compiler.h"

struct json;
struct unixctl_conn;

#define FORMAT_USAGE "[--format=table|json|csv]"

/* Answers that the command failed, with a message. */
void command_reply_error(struct unixctl_conn *, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);

/* Answers with 'array', whose objects become rows of these 'n' columns if that
 * is the format.  Takes 'array'. */
void command_reply_array(struct unixctl_conn *, struct json *array,
                         const struct output_column *columns, size_t n,
                         enum output_format);

/* Takes 'n' arguments at 'i' out, to the end: whoever made 'argv' frees each
 * of its strings. */
void command_take_args(int *argc, const char *argv[], int i, int n);

/* Takes option 'name', which has no value, out of the arguments.  Returns
 * whether it was there. */
bool command_take_flag(int *argc, const char *argv[], const char *name);

/* Takes --format out of the arguments and checks that 'min' to 'max' are left
 * beside the command.  If not answers with 'usage' and returns false. */
bool command_parse_args(struct unixctl_conn *, int *argc, const char *argv[],
                        int min, int max, const char *usage,
                        enum output_format *format);

#endif /* controller/command-args.h */
