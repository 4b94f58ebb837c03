/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/vswitchd-query.h"

#include <errno.h>

#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

struct vswitchd_query {
    struct jsonrpc *rpc;        /* NULL if there is no connection. */
    struct json *id;            /* Of the request. */
    char *error;                /* Why there will be no answer, or NULL. */
    long long int deadline;     /* time_msec() when to give up. */
    void (*done)(void *aux, const char *text, const char *error);
    void *aux;                  /* For 'done', which is NULL once called. */
};

/* Returns NULL, or a message that the caller frees. */
static char *
query_connect(struct vswitchd_query *query)
{
    char *pidfile = xasprintf("%s/ovs-vswitchd.pid", ovs_rundir());
    pid_t pid = read_pidfile(pidfile);
    struct stream *stream;
    char *error = NULL;

    if (pid < 0) {
        error = xasprintf("%s: %s", pidfile, ovs_strerror(-pid));
    } else {
        char *name = xasprintf("unix:%s/ovs-vswitchd.%ld.ctl", ovs_rundir(),
                               (long int) pid);
        int retval = stream_open(name, &stream, DSCP_DEFAULT);

        if (retval && retval != EAGAIN) {
            error = xasprintf("%s: %s", name, ovs_strerror(retval));
        } else {
            query->rpc = jsonrpc_open(stream);
        }
        free(name);
    }
    free(pidfile);
    return error;
}

struct vswitchd_query *
vswitchd_query_start(const char *command, int timeout,
                     void (*done)(void *aux, const char *text,
                                  const char *error), void *aux)
{
    struct vswitchd_query *query = xzalloc(sizeof *query);

    query->done = done;
    query->aux = aux;
    query->deadline = time_msec() + timeout;
    query->error = query_connect(query);
    if (query->rpc) {
        /* If that fails, so does what is received. */
        jsonrpc_send(query->rpc,
                     jsonrpc_create_request(command,
                                            json_array_create_empty(),
                                            &query->id));
    }
    return query;
}

void
vswitchd_query_destroy(struct vswitchd_query *query)
{
    if (query) {
        jsonrpc_close(query->rpc);
        json_destroy(query->id);
        free(query->error);
        free(query);
    }
}

static void
query_end(struct vswitchd_query *query, const char *text, const char *error)
{
    void (*done)(void *, const char *, const char *) = query->done;

    query->done = NULL;
    done(query->aux, text, error);
}

/* Is 'msg' the answer?  Then tells it. */
static bool
query_take(struct vswitchd_query *query, const struct jsonrpc_msg *msg)
{
    const struct json *json = msg->result;

    if ((msg->type != JSONRPC_REPLY && msg->type != JSONRPC_ERROR)
        || !json_equal(msg->id, query->id)) {
        return false;
    }
    if (msg->type == JSONRPC_REPLY && json->type == JSON_STRING) {
        query_end(query, json_string(json), NULL);
    } else if (msg->type == JSONRPC_ERROR
               && msg->error->type == JSON_STRING) {
        query_end(query, NULL, json_string(msg->error));
    } else {
        query_end(query, NULL, "an answer of another form");
    }
    return true;
}

void
vswitchd_query_run(struct vswitchd_query *query)
{
    struct jsonrpc_msg *msg;

    if (!query->done) {
        return;
    }
    if (query->error) {
        query_end(query, NULL, query->error);
        return;
    }

    jsonrpc_run(query->rpc);
    int error = jsonrpc_recv(query->rpc, &msg);
    if (!error) {
        bool ended = query_take(query, msg);

        jsonrpc_msg_destroy(msg);
        if (ended) {
            return;
        }
    } else if (error != EAGAIN) {
        query_end(query, NULL, ovs_retval_to_string(error));
        return;
    }
    if (time_msec() >= query->deadline) {
        query_end(query, NULL, "ovs-vswitchd does not answer in time");
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
        return;
    }
    jsonrpc_wait(query->rpc);
    jsonrpc_recv_wait(query->rpc);
    poll_timer_wait_until(query->deadline);
}
