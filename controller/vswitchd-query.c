/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/vswitchd-query.h"

#include <stdlib.h>

#include "controller/unixctl-call.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

struct vswitchd_query {
    struct unixctl_call *call;  /* NULL if there is no socket. */
    char *error;                /* Then why. */
    void (*done)(void *aux, const char *text, const char *error);
    void *aux;                  /* For 'done', which is NULL once called. */
};

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

struct vswitchd_query *
vswitchd_query_start(const char *command, int timeout,
                     void (*done)(void *aux, const char *text,
                                  const char *error), void *aux)
{
    struct vswitchd_query *query = xzalloc(sizeof *query);
    char *path;

    query->done = done;
    query->aux = aux;
    query->error = unixctl_target_find("ovs-vswitchd", &path);
    if (!query->error) {
        query->call = unixctl_call_start(path, command, 0, NULL, timeout,
                                         call_done, query);
    }
    free(path);
    return query;
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
