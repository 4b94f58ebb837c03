/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_OUTPUT_H
#define CONTROLLER_OUTPUT_H 1

/* Answers of commands, as a table, JSON or CSV.
 *
 * A command builds its answer as JSON, the stable form; the others are made
 * from it by naming the members to show.
 *
 * Names from the kernel and from the database may hold any bytes.  Whatever
 * they hold, JSON is valid and in UTF-8: a byte that is no UTF-8 is written as
 * the four characters "\xNN" (in JSON "\\xNN").  Tables and CSV are one line a
 * row, and control characters are written likewise; in JSON they are escaped
 * as it has it, all of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;
struct unixctl_conn;

enum output_format {
    OUTPUT_TABLE,
    OUTPUT_JSON,
    OUTPUT_CSV,
};

/* A column of a table: 'member' of each object, "" where it is null. */
struct output_column {
    const char *heading;
    const char *member;
};

/* Takes "--format=FORMAT" (or "--format FORMAT") out of the arguments, which
 * begin with the command's name, and stores it into '*format' (else
 * OUTPUT_TABLE).  Returns NULL, or a message that the caller frees. */
char *output_parse_format(int *argc, const char **argv,
                          enum output_format *format);

/* Formats 'array', an array of objects.  In OUTPUT_TABLE and OUTPUT_CSV it
 * shows the 'n' columns.  Does not take 'array'.  Caller frees the result. */
char *output_array(const struct json *array, const struct output_column *,
                   size_t n, enum output_format);

/* Formats 'object' as lines of dotted names and values (or as JSON).  Caller
 * frees the result. */
char *output_object(const struct json *object, enum output_format);

/* 'json' as text so, with a newline at its end.  'flags' are JSSF_*.  Caller
 * frees. */
char *output_json(const struct json *, int flags);

/* Calls 'func' for each line of that: with the dotted name, which is not valid
 * any more afterwards, and the value, which is no object. */
void output_each_member(const struct json *object,
                        void (*func)(void *aux, const char *name,
                                     const struct json *value),
                        void *aux);

/* Text of a cell of a table or of CSV: "" for NULL and null, a string as
 * output_printable(), anything else as JSON.  Caller frees. */
char *output_cell(const struct json *);

/* Replies with 'text', which is freed. */
void output_reply(struct unixctl_conn *, char *text);

/* Copy of 's' in which bytes that are no UTF-8 or are part of a control
 * character are written as "\xNN".  Caller frees. */
char *output_printable(const char *s);

/* Copy of 's' in which bytes that are no UTF-8 are written so, and control
 * characters are left as they are.  Caller frees. */
char *output_utf8(const char *s);

/* Puts member 'name' into 'object': a string, but null for NULL and "", or a
 * number. */
void output_put_string(struct json *object, const char *name,
                       const char *value);
void output_put_count(struct json *object, const char *name, uint64_t value);

#endif /* controller/output.h */
