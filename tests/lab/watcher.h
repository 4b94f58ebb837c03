/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LAB_WATCHER_H
#define TESTS_LAB_WATCHER_H 1

/* What kernel-watch and dp-flow-watch have in common: lines with the time in
 * front, commands from standard input, and the loop's waiting. */

#include <stdbool.h>

#include "openvswitch/compiler.h"
#include "openvswitch/dynamic-string.h"

struct event_base;
struct kernel_helper;

struct watcher {
    struct event_base *base;    /* For all that libevent looks after. */
    struct kernel_helper *helper;
    int fd;                     /* Standard input, by another number. */
    struct ds input;            /* What was read of a line so far. */
    unsigned int n_loops;       /* How often commands were looked for. */
};

/* Starts the clock, the helper and libevent, with warnings on the console.
 * Ends the process if it cannot. */
void watcher_start(struct watcher *);

/* Says how many loops there were.  watcher_stop() then frees all that
 * watcher_start() made; what stands on it has to be gone before. */
void watcher_end(const struct watcher *);
void watcher_stop(struct watcher *);

/* Prints a line, with the milliseconds since watcher_start(). */
void say(const char *format, ...) OVS_PRINTF_FORMAT(1, 2);

/* Calls 'command' with each line that came on standard input.  Returns false
 * at its end. */
bool watcher_commands(struct watcher *,
                      void (*command)(void *aux, const char *line),
                      void *aux);

/* Runs what libevent has to do now. */
void watcher_run(struct watcher *);

/* Blocks until libevent, standard input or what else was registered with the
 * poll loop has something to do. */
void watcher_block(struct watcher *);

#endif /* tests/lab/watcher.h */
