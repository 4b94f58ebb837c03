/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_CONNECTIONS_H
#define CONTROLLER_METRICS_CONNECTIONS_H 1

/* The connections of evhttp: how many there are, and for how long.
 *
 * evhttp tells of a connection only once there is a request.  So a reference
 * to the bufferevent below it is kept from the moment in which it is made. */

#include <stdbool.h>

#include "openvswitch/list.h"

struct bufferevent;
struct event_base;
struct evhttp_request;
struct metrics_counters;

struct metrics_conns {
    struct ovs_list list;       /* struct conn, oldest first. */
    struct metrics_counters *counters; /* The server's. */
};

void metrics_conns_init(struct metrics_conns *, struct metrics_counters *);

/* Makes what evhttp puts a connection on: evhttp_set_bevcb(). */
struct bufferevent *metrics_conns_add(struct metrics_conns *,
                                      struct event_base *);

/* Its connection is being answered, until that was sent. */
void metrics_conns_note_request(struct metrics_conns *,
                                struct evhttp_request *);

/* Forgets what is closed, and closes what has to be. */
void metrics_conns_run(struct metrics_conns *);
void metrics_conns_wait(const struct metrics_conns *);

/* Closes all. */
void metrics_conns_close(struct metrics_conns *);

#endif /* controller/metrics/connections.h */
