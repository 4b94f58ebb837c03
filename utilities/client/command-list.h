/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_COMMAND_LIST_H
#define UTILITIES_CLIENT_COMMAND_LIST_H 1

/* The commands that a daemon has, by what it answers to "list-commands", and
 * the words by which they are called: "port list" is "port/list".  Pure. */

#include <stddef.h>

struct ds;

struct listed_command {
    char *name;                 /* As the daemon calls it. */
    char *usage;                /* Its arguments, maybe "". */
};

struct command_list {
    struct listed_command *commands;
    size_t n;                   /* Number of 'commands'. */
    size_t allocated;           /* Of those, allocated. */
};

/* Lines that are of another form are ignored. */
void command_list_parse(struct command_list *, const char *text);
void command_list_destroy(struct command_list *);

/* Finds the command with the longest name that 'words', joined by '/', begin
 * with.  Words that are options, or empty, are no part of a name.  Returns
 * NULL if there is none, else stores into '*n_name' how many words the name
 * takes. */
const struct listed_command *command_list_find(const struct command_list *,
                                               size_t n, char *const words[],
                                               size_t *n_name);

/* How many characters have to be inserted, removed, changed or swapped with
 * the next one for the first ones of 'words', joined by '/', to be 'name'.
 * SIZE_MAX if that is more than a slip of the finger. */
size_t command_distance(const char *name, size_t n, char *const words[]);

/* Appends a line for each command whose name begins with word 'group' (all if
 * that is NULL), as words.  Returns how many. */
size_t command_list_put(const struct command_list *, const char *group,
                        struct ds *);

#endif /* utilities/client/command-list.h */
