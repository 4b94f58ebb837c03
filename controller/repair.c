/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/repair.h"

#include <errno.h>

#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(repair);

#define INTERVAL_MS (60 * 1000)
#define COMMAND "revalidator/purge"

struct repair {
    struct jsonrpc *rpc;        /* Command under way, or NULL. */
    long long int next;         /* Not before this time_msec(). */
};

struct repair *
repair_create(void)
{
    struct repair *repair = xzalloc(sizeof *repair);

    repair->next = LLONG_MIN;
    return repair;
}

void
repair_destroy(struct repair *repair)
{
    if (repair) {
        jsonrpc_close(repair->rpc);
        free(repair);
    }
}

/* Connects to ovs-vswitchd's control socket.  Returns 0 or a positive errno,
 * which is logged. */
static int
open_vswitchd(struct jsonrpc **rpcp)
{
    char *pidfile = xasprintf("%s/ovs-vswitchd.pid", ovs_rundir());
    pid_t pid = read_pidfile(pidfile);
    struct stream *stream;
    int error;

    *rpcp = NULL;
    if (pid < 0) {
        error = -pid;
        VLOG_WARN("%s: %s; cannot run "COMMAND, pidfile, ovs_strerror(error));
    } else {
        char *name = xasprintf("unix:%s/ovs-vswitchd.%ld.ctl", ovs_rundir(),
                               (long int) pid);

        error = stream_open(name, &stream, DSCP_DEFAULT);
        if (error) {
            VLOG_WARN("%s: %s; cannot run "COMMAND, name,
                      ovs_strerror(error));
        } else {
            *rpcp = jsonrpc_open(stream);
        }
        free(name);
    }
    free(pidfile);
    return error;
}

static void
start(struct repair *repair)
{
    repair->next = time_msec() + INTERVAL_MS;
    if (!open_vswitchd(&repair->rpc)) {
        jsonrpc_send(repair->rpc,
                     jsonrpc_create_request(COMMAND, json_array_create_empty(),
                                            NULL));
    }
}

/* Returns true if the answer has come and is good. */
static bool
finish(struct repair *repair)
{
    struct jsonrpc_msg *reply = NULL;
    bool ok = false;

    jsonrpc_run(repair->rpc);
    int error = jsonrpc_recv(repair->rpc, &reply);
    if (error == EAGAIN) {
        return false;
    }
    if (error) {
        VLOG_WARN("ovs-vswitchd closed the connection during "COMMAND": %s",
                  ovs_retval_to_string(error));
    } else if (reply->type != JSONRPC_REPLY) {
        VLOG_WARN("ovs-vswitchd refused "COMMAND);
    } else {
        VLOG_INFO("ran "COMMAND" in ovs-vswitchd");
        ok = true;
    }
    jsonrpc_msg_destroy(reply);
    jsonrpc_close(repair->rpc);
    repair->rpc = NULL;
    return ok;
}

bool
repair_run(struct repair *repair, bool needed)
{
    if (repair->rpc) {
        return finish(repair);
    }
    if (needed && time_msec() >= repair->next) {
        start(repair);
    }
    return false;
}

void
repair_wait(struct repair *repair, bool needed)
{
    if (repair->rpc) {
        jsonrpc_wait(repair->rpc);
        jsonrpc_recv_wait(repair->rpc);
    } else if (needed) {
        poll_timer_wait_until(repair->next);
    }
}
