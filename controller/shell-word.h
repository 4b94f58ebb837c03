/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_SHELL_WORD_H
#define CONTROLLER_SHELL_WORD_H 1

/* Names in commands that are offered to an operator.  A netdev or a vDPA
 * device may be called "a;reboot". */

/* Returns 'name' as one word of a shell command: itself if no character of it
 * means anything to a shell, else in quotes.  Caller frees. */
char *shell_word(const char *name);

#endif /* controller/shell-word.h */
