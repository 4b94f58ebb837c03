/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_SERVER_H
#define CONTROLLER_METRICS_SERVER_H 1

/* The HTTP server: /metrics, /healthz and /readyz, by libevent's evhttp on the
 * daemon's own loop.
 *
 * Whatever clients do, in one round of the main loop at most
 * METRICS_TURN_ROWS rows of all scrapes together are made, or as many
 * interfaces or ports are read, and of each scrape no more is made before what
 * there is was sent.  A client that does not say what it wants, or does not
 * take the answer, is closed after a while, and when there are too many, the
 * one that is slowest.  The tables are looked at no more than once a second,
 * however many scrape.
 *
 * libevent's own time-outs are not turned on: they would wake us each second
 * for a connection that is merely kept open between two scrapes. */

struct controller;
struct json;
struct metrics_server;

/* Connections at the same time. */
#define METRICS_MAX_CONNECTIONS 16

/* Bytes of a request's first line and header at most; a body it may not
 * have. */
#define METRICS_MAX_HEADERS 8192

/* Rows that one round of the main loop makes. */
#define METRICS_TURN_ROWS 64

/* 'c' must outlive the server. */
struct metrics_server *metrics_server_create(const struct controller *c);
void metrics_server_destroy(struct metrics_server *);

/* Serves at 'address', or nowhere if that is NULL: metrics_endpoint_set(). */
void metrics_server_set_address(struct metrics_server *, const char *address);

void metrics_server_run(struct metrics_server *);
void metrics_server_wait(const struct metrics_server *);

/* For command "status". */
struct json *metrics_server_status_to_json(const struct metrics_server *);

#endif /* controller/metrics/server.h */
