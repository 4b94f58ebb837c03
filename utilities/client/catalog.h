/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_CATALOG_H
#define UTILITIES_CLIENT_CATALOG_H 1

/* What the client knows of commands: how to print the answer, what to say in
 * --help, what to complete.
 *
 * A daemon of another version may have others; these are printed as the daemon
 * formats them.  A test compares all this with what the daemon says. */

#include <stdbool.h>
#include <stddef.h>

#include "utilities/client/answer.h"
#include "utilities/client/client.h"
#include "utilities/client/grid.h"

struct catalog_command {
    const char *name;           /* As the daemon calls it: "port/list". */
    const char *usage;          /* Its arguments. */
    const char *summary;        /* What it does: a sentence or two, with '\n'
                                 * where a line ends. */
    const char *example;        /* Arguments of the program in an example;
                                 * several are separated by '\n'. */

    /* What its arguments may be, for completion: words separated by blanks.
     * One that begins with "--" is an option, one with '=' is a key; behind
     * the '=' is a kind (complete.c), or nothing.  Others are the kinds of
     * positional arguments, in order. */
    const char *args;

    /* The answer. */
    enum answer_shape shape;
    const struct grid_column *columns; /* Its columns, */
    size_t n_columns;           /* so many. */
    bool reads;                 /* Does it only look, so that a snapshot can
                                 * have it and --watch can repeat it? */

    /* Of commands of the client's own, else NULL.  Gets the arguments that
     * follow the words, and may write to the element before these, too. */
    enum client_status (*run)(const struct client *, int argc, char *argv[]);
};

/* All of them, ordered as they are to be listed. */
extern const struct catalog_command catalog[];
extern const size_t catalog_n;

/* Returns the command of that name, or NULL. */
const struct catalog_command *catalog_find(const char *name);

/* Finds the command with the longest name that 'words', joined by '/', begin
 * with, as command_list_find() does.  A word may have the '/' itself. */
const struct catalog_command *catalog_find_words(size_t n,
                                                 char *const words[],
                                                 size_t *n_name);

/* Name of 'command' with blanks in place of slashes.  Caller frees. */
char *catalog_words(const char *name);

#endif /* utilities/client/catalog.h */
