/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_ANSWER_H
#define UTILITIES_CLIENT_ANSWER_H 1

/* Tables of the JSON that the daemon answers with.
 *
 * Pure.  The JSON may be a file's that anyone wrote: what is not there, or of
 * another type than it should be, is as null. */

#include <stddef.h>
#include <stdint.h>

struct grid;
struct json;

enum answer_shape {
    ANSWER_TEXT,                /* No JSON, or none that makes a table. */
    ANSWER_OBJECT,              /* One object: names and values. */
    ANSWER_ARRAY,               /* A row for each object. */
    ANSWER_EXPLAIN,             /* Checklists. */
    ANSWER_REPORT,              /* A flow report. */
    ANSWER_FLOWS,               /* A list of flows. */
};

/* Member of 'json' by its path, as in "hw.packets", or NULL. */
const struct json *answer_member(const struct json *, const char *path);

/* String member by its path; NULL if it is none. */
const char *answer_string(const struct json *, const char *path);

/* Integer member by its path; 0 if it is none. */
long long int answer_integer(const struct json *, const char *path);

/* As the above, 0 also for a negative number.  What is added up is modulo
 * 2**64, whatever a file says. */
uint64_t answer_count(const struct json *, const char *path);

/* Makes '*grid' of 'json'.  Its columns are 'columns', whose members are those
 * of the objects in ANSWER_ARRAY, ANSWER_EXPLAIN and ANSWER_FLOWS; of the
 * other shapes they are known.  Returns NULL, or a message that the caller
 * frees if the JSON has another form; there is no grid then. */
struct grid_column;
char *answer_to_grid(enum answer_shape, const struct grid_column *columns,
                     size_t n_columns, const struct json *, struct grid *);

/* A remark that belongs below the table, or NULL.  Caller frees. */
char *answer_remark(enum answer_shape, const struct json *);

#endif /* utilities/client/answer.h */
