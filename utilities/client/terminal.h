/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_TERMINAL_H
#define UTILITIES_CLIENT_TERMINAL_H 1

/* Standard input and output as a terminal, with plain ANSI sequences. */

#include <stdbool.h>
#include <stddef.h>

/* Size of the terminal that standard output is, 0 and 0 if it is none or does
 * not know. */
void terminal_size(size_t *width, size_t *height);

/* Is standard output a terminal that may be written to all over? */
bool terminal_is_screen(void);

enum terminal_color {
    TERMINAL_COLOR_AUTO,        /* On such a terminal, unless the environment
                                 * has NO_COLOR (https://no-color.org). */
    TERMINAL_COLOR_ALWAYS,
    TERMINAL_COLOR_NEVER,
};

/* Says when there are to be colors, for terminal_wants_color(). */
void terminal_set_color(enum terminal_color);
bool terminal_wants_color(void);

/* Columns in which a table has to fit, by COLUMNS in the environment or else
 * by the terminal: 0 if standard output is none. */
size_t terminal_table_width(void);

/* If standard input is a terminal, and ours at the moment, makes keys come one
 * by one, and unseen, until the process ends, also by a signal.  Returns
 * whether there are keys. */
bool terminal_open_keys(void);

/* Returns a key that was hit, 0 if there is none, or -1 if there will be no
 * more. */
int terminal_read_key(void);

/* Arranges for poll_block() to wake up when there is a key. */
void terminal_wait(void);

/* From now on changes of the terminal's size are noted: terminal_resized()
 * tells whether there was one since it was asked last, and
 * terminal_wait_resized() has poll_block() wake up when there is. */
void terminal_watch_size(void);
bool terminal_resized(void);
void terminal_wait_resized(void);

/* Clears the screen. */
void terminal_clear(void);

/* Replaces what is on the screen by 'text'. */
void terminal_draw(const char *text);

#endif /* utilities/client/terminal.h */
