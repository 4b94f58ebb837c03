/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_VSWITCHD_QUERY_H
#define CONTROLLER_VSWITCHD_QUERY_H 1

/* One unixctl command to ovs-vswitchd, without waiting for it.
 *
 * The socket is found as ovs-appctl finds it, by the pidfile in the run
 * directory.  An ovs-vswitchd that is stopped or busy costs no more than the
 * time that is given. */

struct vswitchd_query;

/* Gives 'command', which has no arguments, and calls 'done' once from
 * vswitchd_query_run(), at the latest after 'timeout' ms: with 'text', or with
 * NULL and 'error', which says why there is none.  'done' must not destroy the
 * query. */
struct vswitchd_query *vswitchd_query_start(const char *command, int timeout,
                                            void (*done)(void *aux,
                                                         const char *text,
                                                         const char *error),
                                            void *aux);
void vswitchd_query_destroy(struct vswitchd_query *);
void vswitchd_query_run(struct vswitchd_query *);
void vswitchd_query_wait(const struct vswitchd_query *);

#endif /* controller/vswitchd-query.h */
