/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/unixctl-call.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "controller/unixctl-reply.h"
#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

/* Bytes that are read at a time, and reads in one run: then others have their
 * turn. */
#define READ_BYTES (64 * 1024)
#define MAX_READS 16

struct unixctl_call {
    struct stream *stream;      /* NULL if there is no connection. */
    char *request;              /* What is to be sent. */
    size_t length;              /* Of 'request', in bytes. */
    size_t sent;                /* How much of it was sent. */
    struct unixctl_reply reply; /* What came. */
    unixctl_call_piece_cb *piece; /* Takes the text, or NULL to keep it. */
    struct ds text;             /* Text that is kept. */
    bool too_long;              /* Was there more than may be kept? */
    char *error;                /* Why there will be no answer, or NULL. */
    long long int deadline;     /* time_msec() when to give up. */
    unixctl_call_cb *done;      /* NULL once called. */
    void *aux;                  /* For 'done' and 'piece'. */
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
take_text(void *call_, bool error, const char *p, size_t n)
{
    struct unixctl_call *call = call_;

    if (call->piece && !error) {
        call->piece(call->aux, p, n);
    } else if (call->too_long || n > UNIXCTL_CALL_MAX - call->text.length) {
        call->too_long = true;
    } else {
        ds_put_buffer(&call->text, p, n);
    }
}

static void
call_connect(struct unixctl_call *call, const char *path)
{
    char *name = xasprintf("unix:%s", path);
    int error = stream_open(name, &call->stream, DSCP_DEFAULT);

    if (error && error != EAGAIN) {
        call->stream = NULL;
        call->error = xasprintf("%s: %s", path, ovs_strerror(error));
    }
    free(name);
}

static void
make_request(struct unixctl_call *call, const char *command, size_t n,
             char *const args[])
{
    struct json *params = json_array_create_empty();
    struct jsonrpc_msg *msg;

    for (size_t i = 0; i < n; i++) {
        json_array_add(params, json_string_create(args[i]));
    }
    /* A connection has but one request, so that an answer needs no look at
     * its id. */
    msg = jsonrpc_create_request(command, params, NULL);
    call->request = jsonrpc_msg_to_string(msg);
    call->length = strlen(call->request);
    jsonrpc_msg_destroy(msg);
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
    ds_init(&call->text);
    unixctl_reply_init(&call->reply, take_text, call);
    make_request(call, command, n, args);
    call_connect(call, path);
    return call;
}

void
unixctl_call_stream(struct unixctl_call *call, unixctl_call_piece_cb *piece)
{
    call->piece = piece;
}

void
unixctl_call_destroy(struct unixctl_call *call)
{
    if (call) {
        stream_close(call->stream);
        free(call->request);
        free(call->error);
        ds_destroy(&call->text);
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

/* Ends for a connection that failed with 'retval', as of stream_recv(). */
static void
call_fail(struct unixctl_call *call, int retval)
{
    call_end(call, UNIXCTL_CALL_NO_ANSWER,
             retval ? ovs_strerror(-retval) : "the connection was closed");
}

/* Sends what can be sent.  Returns 0 or a negative errno. */
static int
call_send(struct unixctl_call *call)
{
    while (call->sent < call->length) {
        int retval = stream_send(call->stream, call->request + call->sent,
                                 call->length - call->sent);

        if (retval < 0) {
            return retval == -EAGAIN ? 0 : retval;
        }
        call->sent += retval;
    }
    return 0;
}

/* The reply is complete, or none.  Tells the end. */
static void
call_take(struct unixctl_call *call, enum unixctl_reply_state state)
{
    if (call->too_long) {
        call_end(call, UNIXCTL_CALL_NO_ANSWER, "the answer is too long");
    } else if (state == UNIXCTL_REPLY_BAD) {
        call_end(call, UNIXCTL_CALL_NO_ANSWER, "an answer of another form");
    } else {
        call_end(call, (state == UNIXCTL_REPLY_RESULT ? UNIXCTL_CALL_OK
                        : UNIXCTL_CALL_REFUSED), ds_cstr(&call->text));
    }
}

/* Reads what there is, up to a limit. */
static void
call_receive(struct unixctl_call *call)
{
    char buffer[READ_BYTES];

    for (int i = 0; i < MAX_READS; i++) {
        int retval = stream_recv(call->stream, buffer, sizeof buffer);
        enum unixctl_reply_state state;

        if (retval == -EAGAIN) {
            return;
        } else if (retval <= 0) {
            call_fail(call, retval);
            return;
        }
        state = unixctl_reply_feed(&call->reply, buffer, retval);
        if (state != UNIXCTL_REPLY_MORE) {
            call_take(call, state);
            return;
        }
    }
}

void
unixctl_call_run(struct unixctl_call *call)
{
    int error;

    if (!call->done) {
        return;
    }
    if (call->error) {
        call_end(call, UNIXCTL_CALL_NO_ANSWER, call->error);
        return;
    }

    stream_run(call->stream);
    error = stream_connect(call->stream);
    if (!error) {
        error = -call_send(call);
    }
    if (!error) {
        call_receive(call);
    } else if (error != EAGAIN) {
        call_fail(call, -error);
    }
    if (call->done && time_msec() >= call->deadline) {
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
    stream_run_wait(call->stream);
    if (stream_connect(call->stream) == EAGAIN) {
        stream_connect_wait(call->stream);
    } else {
        if (call->sent < call->length) {
            stream_send_wait(call->stream);
        }
        stream_recv_wait(call->stream);
    }
    if (call->deadline != LLONG_MAX) {
        poll_timer_wait_until(call->deadline);
    }
}

bool
unixctl_call_is_done(const struct unixctl_call *call)
{
    return !call->done;
}
