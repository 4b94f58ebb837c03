/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/vswitchd-query.h"

#include <stdlib.h>

#include "controller/unixctl-call.h"
#include "coverage.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

COVERAGE_DEFINE(vswitchd_explain);
COVERAGE_DEFINE(vswitchd_report);
COVERAGE_DEFINE(vswitchd_repair);

struct vswitchd_query {
    struct unixctl_call *call;  /* NULL if there is no socket. */
    char *error;                /* Then why. */
    void (*piece)(void *aux, const char *, size_t n); /* Or NULL. */
    void (*done)(void *aux, const char *text, const char *error);
    void *aux;                  /* For both; 'done' is NULL once called. */
};

static uint64_t counts[VSWITCHD_N_PURPOSES]; /* Queries so far. */

static void
query_end(struct vswitchd_query *query, const char *text, const char *error)
{
    void (*done)(void *, const char *, const char *) = query->done;

    query->done = NULL;
    done(query->aux, text, error);
}

static void
call_done(void *query_, enum unixctl_call_end end, const char *text)
{
    struct vswitchd_query *query = query_;
    char *error;

    if (end == UNIXCTL_CALL_OK) {
        query_end(query, text, NULL);
        return;
    }
    error = (end == UNIXCTL_CALL_REFUSED ? xstrdup(text)
             : xasprintf("ovs-vswitchd: %s", text));
    query_end(query, NULL, error);
    free(error);
}

static void
call_piece(void *query_, const char *p, size_t n)
{
    struct vswitchd_query *query = query_;

    query->piece(query->aux, p, n);
}

struct vswitchd_query *
vswitchd_query_start_stream(enum vswitchd_purpose purpose,
                            const char *command, size_t n, char *const args[],
                            int timeout,
                            void (*piece)(void *aux, const char *, size_t n),
                            void (*done)(void *aux, const char *text,
                                         const char *error),
                            void *aux)
{
    struct vswitchd_query *query = xzalloc(sizeof *query);
    char *path;

    switch (purpose) {
    case VSWITCHD_EXPLAIN:
        COVERAGE_INC(vswitchd_explain);
        break;
    case VSWITCHD_REPORT:
        COVERAGE_INC(vswitchd_report);
        break;
    case VSWITCHD_REPAIR:
        COVERAGE_INC(vswitchd_repair);
        break;
    case VSWITCHD_N_PURPOSES:
    default:
        OVS_NOT_REACHED();
    }
    counts[purpose]++;
    query->piece = piece;
    query->done = done;
    query->aux = aux;
    query->error = unixctl_target_find("ovs-vswitchd", &path);
    if (!query->error) {
        query->call = unixctl_call_start(path, command, n, args, timeout,
                                         call_done, query);
        if (piece) {
            unixctl_call_stream(query->call, call_piece);
        }
    }
    free(path);
    return query;
}

struct vswitchd_query *
vswitchd_query_start_args(enum vswitchd_purpose purpose, const char *command,
                          size_t n, char *const args[], int timeout,
                          void (*done)(void *aux, const char *text,
                                       const char *error), void *aux)
{
    return vswitchd_query_start_stream(purpose, command, n, args, timeout,
                                       NULL, done, aux);
}

struct vswitchd_query *
vswitchd_query_start(enum vswitchd_purpose purpose, const char *command,
                     int timeout,
                     void (*done)(void *aux, const char *text,
                                  const char *error), void *aux)
{
    return vswitchd_query_start_args(purpose, command, 0, NULL, timeout, done,
                                     aux);
}

uint64_t
vswitchd_query_count(enum vswitchd_purpose purpose)
{
    return counts[purpose];
}

void
vswitchd_query_destroy(struct vswitchd_query *query)
{
    if (query) {
        unixctl_call_destroy(query->call);
        free(query->error);
        free(query);
    }
}

void
vswitchd_query_run(struct vswitchd_query *query)
{
    if (!query->done) {
        return;
    }
    if (query->error) {
        query_end(query, NULL, query->error);
    } else {
        unixctl_call_run(query->call);
    }
}

void
vswitchd_query_wait(const struct vswitchd_query *query)
{
    if (!query->done) {
        return;
    }
    if (query->error) {
        poll_immediate_wake();
    } else {
        unixctl_call_wait(query->call);
    }
}
