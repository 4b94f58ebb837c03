/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_EVLOOP_H
#define CONTROLLER_EVLOOP_H 1

/* libevent inside Open vSwitch's poll loop.
 *
 * poll_block() stays the one place that sleeps: evloop_run() dispatches what
 * is ready and returns, evloop_wait() registers the descriptors and timers of
 * all pending events with the poll loop.  Single-threaded; create it after
 * daemonize_start(), which forks.  Code of ours adds no libevent timers (use
 * poll_timer_wait_until()); libraries that do are run at least once a second
 * while one is pending, whatever the clock does. */

struct event_base;
struct evloop;

struct evloop *evloop_create(void);
void evloop_destroy(struct evloop *);

/* The base on which events are made; owned by the loop. */
struct event_base *evloop_base(struct evloop *);

void evloop_run(struct evloop *);
void evloop_wait(struct evloop *);

#endif /* controller/evloop.h */
