/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_VSWITCHD_QUERY_H
#define CONTROLLER_VSWITCHD_QUERY_H 1

/* One unixctl command to ovs-vswitchd, without waiting for it.
 *
 * The socket is found as ovs-appctl finds it, by the pidfile in the run
 * directory.  An ovs-vswitchd that is stopped or busy costs no more than the
 * time that is given. */

#include <stddef.h>
#include <stdint.h>

struct vswitchd_query;

/* What ovs-vswitchd is asked for. */
enum vswitchd_purpose {
    VSWITCHD_EXPLAIN,           /* explain. */
    VSWITCHD_REPORT,            /* Reports on flows: only on those of userspace
                                 * datapaths. */
    VSWITCHD_REPAIR,            /* offload-repair. */
    VSWITCHD_N_PURPOSES
};

/* Gives 'command', which has no arguments, and calls 'done' once from
 * vswitchd_query_run(), at the latest after 'timeout' ms: with 'text', or with
 * NULL and 'error', which says why there is none.  'done' must not destroy the
 * query. */
struct vswitchd_query *vswitchd_query_start(enum vswitchd_purpose,
                                            const char *command, int timeout,
                                            void (*done)(void *aux,
                                                         const char *text,
                                                         const char *error),
                                            void *aux);

/* As vswitchd_query_start(), for a command with 'n' arguments. */
struct vswitchd_query *
vswitchd_query_start_args(enum vswitchd_purpose, const char *command,
                          size_t n, char *const args[], int timeout,
                          void (*done)(void *aux, const char *text,
                                       const char *error), void *aux);

/* As vswitchd_query_start_args(), for an answer of any length: that is handed
 * to 'piece' as it comes, and 'text' for 'done' is "". */
struct vswitchd_query *
vswitchd_query_start_stream(enum vswitchd_purpose, const char *command,
                            size_t n, char *const args[], int timeout,
                            void (*piece)(void *aux, const char *, size_t n),
                            void (*done)(void *aux, const char *text,
                                         const char *error),
                            void *aux);
void vswitchd_query_destroy(struct vswitchd_query *);
void vswitchd_query_run(struct vswitchd_query *);
void vswitchd_query_wait(const struct vswitchd_query *);

/* How many queries there were, whether or not they were answered. */
uint64_t vswitchd_query_count(enum vswitchd_purpose);

#endif /* controller/vswitchd-query.h */
