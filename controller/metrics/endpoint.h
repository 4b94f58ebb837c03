/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_ENDPOINT_H
#define CONTROLLER_METRICS_ENDPOINT_H 1

/* The socket at which the HTTP server listens, TCP or Unix.
 *
 * One that cannot be had (the port or the path is another's, the directory is
 * not there) is tried again from time to time.  A Unix socket is one of
 * controller/unix-listener.h; if somebody removes it, that is seen, and it is
 * made anew. */

#include <stdbool.h>

struct event_base;
struct metrics_endpoint;

/* Called when there is a listening socket 'fd', nonblocking, and before it is
 * closed. */
typedef void metrics_opened_func(int fd, void *aux);
typedef void metrics_closing_func(void *aux);

struct metrics_endpoint *metrics_endpoint_create(struct event_base *base,
                                                 metrics_opened_func *opened,
                                                 metrics_closing_func *closing,
                                                 void *aux);
void metrics_endpoint_destroy(struct metrics_endpoint *);

/* Listens at 'address', "IP:PORT" or "unix:PATH" as config_update() lets it
 * pass, or nowhere if that is NULL.  Returns false if that is so already. */
bool metrics_endpoint_set(struct metrics_endpoint *, const char *address);

void metrics_endpoint_run(struct metrics_endpoint *);
void metrics_endpoint_wait(const struct metrics_endpoint *);

/* Where it is to be, or NULL; why it is not, or NULL. */
const char *metrics_endpoint_address(const struct metrics_endpoint *);
const char *metrics_endpoint_error(const struct metrics_endpoint *);

#endif /* controller/metrics/endpoint.h */
