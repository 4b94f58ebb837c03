/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/unixctl-call.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

struct unixctl_call {
    struct jsonrpc *rpc;        /* NULL if there is no connection. */
    struct json *id;            /* Of the request. */
    char *error;                /* Why there will be no answer, or NULL. */
    long long int deadline;     /* time_msec() when to give up. */
    unixctl_call_cb *done;      /* NULL once called. */
    void *aux;                  /* For 'done'. */
};

char *
unixctl_target_find(const char *target, char **path)
{
    char *pidfile, *error = NULL;
    pid_t pid;

    *path = NULL;
    if (strchr(target, '/')) {
        *path = abs_file_name(NULL, target);
        return *path ? NULL : xstrdup("the working directory is gone");
    }
    pidfile = xasprintf("%s/%s.pid", ovs_rundir(), target);
    pid = read_pidfile(pidfile);
    if (pid < 0) {
        error = xasprintf("%s: %s", pidfile,
                          -pid == ESRCH ? "it is not running"
                          : ovs_strerror(-pid));
    } else {
        *path = xasprintf("%s/%s.%ld.ctl", ovs_rundir(), target,
                          (long int) pid);
    }
    free(pidfile);
    return error;
}

static void
call_connect(struct unixctl_call *call, const char *path)
{
    char *name = xasprintf("unix:%s", path);
    struct stream *stream;
    int error = stream_open(name, &stream, DSCP_DEFAULT);

    if (error && error != EAGAIN) {
        call->error = xasprintf("%s: %s", path, ovs_strerror(error));
    } else {
        call->rpc = jsonrpc_open(stream);
    }
    free(name);
}

struct unixctl_call *
unixctl_call_start(const char *path, const char *command, size_t n,
                   char *const args[], int timeout, unixctl_call_cb *done,
                   void *aux)
{
    struct unixctl_call *call = xzalloc(sizeof *call);

    call->done = done;
    call->aux = aux;
    call->deadline = timeout >= 0 ? time_msec() + timeout : LLONG_MAX;
    call_connect(call, path);
    if (call->rpc) {
        struct json *params = json_array_create_empty();

        for (size_t i = 0; i < n; i++) {
            json_array_add(params, json_string_create(args[i]));
        }
        /* If that fails, so does what is received. */
        jsonrpc_send(call->rpc, jsonrpc_create_request(command, params,
                                                       &call->id));
    }
    return call;
}

void
unixctl_call_destroy(struct unixctl_call *call)
{
    if (call) {
        jsonrpc_close(call->rpc);
        json_destroy(call->id);
        free(call->error);
        free(call);
    }
}

static void
call_end(struct unixctl_call *call, enum unixctl_call_end end,
         const char *text)
{
    unixctl_call_cb *done = call->done;

    call->done = NULL;
    done(call->aux, end, text);
}

/* Is 'msg' the answer?  Then tells it. */
static bool
call_take(struct unixctl_call *call, const struct jsonrpc_msg *msg)
{
    if ((msg->type != JSONRPC_REPLY && msg->type != JSONRPC_ERROR)
        || !json_equal(msg->id, call->id)) {
        return false;
    }
    if (msg->type == JSONRPC_REPLY && msg->result->type == JSON_STRING) {
        call_end(call, UNIXCTL_CALL_OK, json_string(msg->result));
    } else if (msg->type == JSONRPC_ERROR
               && msg->error->type == JSON_STRING) {
        call_end(call, UNIXCTL_CALL_REFUSED, json_string(msg->error));
    } else {
        call_end(call, UNIXCTL_CALL_NO_ANSWER, "an answer of another form");
    }
    return true;
}

void
unixctl_call_run(struct unixctl_call *call)
{
    struct jsonrpc_msg *msg;

    if (!call->done) {
        return;
    }
    if (call->error) {
        call_end(call, UNIXCTL_CALL_NO_ANSWER, call->error);
        return;
    }

    jsonrpc_run(call->rpc);
    int error = jsonrpc_recv(call->rpc, &msg);
    if (!error) {
        bool ended = call_take(call, msg);

        jsonrpc_msg_destroy(msg);
        if (ended) {
            return;
        }
    } else if (error != EAGAIN) {
        call_end(call, UNIXCTL_CALL_NO_ANSWER, ovs_retval_to_string(error));
        return;
    }
    if (time_msec() >= call->deadline) {
        call_end(call, UNIXCTL_CALL_NO_ANSWER, "it does not answer in time");
    }
}

void
unixctl_call_wait(const struct unixctl_call *call)
{
    if (!call->done) {
        return;
    }
    if (call->error) {
        poll_immediate_wake();
        return;
    }
    jsonrpc_wait(call->rpc);
    jsonrpc_recv_wait(call->rpc);
    if (call->deadline != LLONG_MAX) {
        poll_timer_wait_until(call->deadline);
    }
}

bool
unixctl_call_is_done(const struct unixctl_call *call)
{
    return !call->done;
}
