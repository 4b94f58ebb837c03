/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_COMPLETE_H
#define UTILITIES_CLIENT_COMPLETE_H 1

/* What a word of a command line that is being typed may become: for the
 * completion functions of shells, which call "ovs-offload __complete".
 *
 * Pure but for 'ask'. */

#include <stdbool.h>
#include <stddef.h>

struct json;
struct svec;

/* Where names come from. */
struct complete_source {
    /* Returns the JSON of a command without arguments, which is destroyed
     * later, or NULL. */
    struct json *(*ask)(void *aux, const char *command);
    void *aux;
};

/* Fills 'candidates' with what the last of the 'n' 'words', those that follow
 * the program's name, may become.  A candidate that ends with '=' is to be
 * continued.  Names that a line of text cannot have are left out.  Returns
 * true if files are to be completed besides. */
bool complete(size_t n, char *const words[], const struct complete_source *,
              struct svec *candidates);

/* Which values have the options that precede a command in 'words'?  Returns
 * the last value of the option with these names, or NULL. */
const char *complete_find_option(size_t n, char *const words[],
                                 const char *short_name,
                                 const char *long_name);

#endif /* utilities/client/complete.h */
