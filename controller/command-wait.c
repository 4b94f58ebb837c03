/* SPDX-License-Identifier: Apache-2.0 */

/* "event/wait": answers when other commands may have something else to say, so
 * that nobody has to ask them again and again.
 *
 * What may be different is a number, the state, that grows.  It begins at the
 * time of the start, so that one of an earlier daemon is another one. */

#include <config.h>
#include "controller/command.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "controller/command-args.h"
#include "controller/controller.h"
#include "controller/devinfo/watch.h"
#include "controller/event-log.h"
#include "controller/flow/engine.h"
#include "controller/inventory.h"
#include "controller/output.h"
#include "controller/reconcile.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

#define USAGE "[--flows] [STATE]"

/* Who may wait at a time. */
#define MAX_WAITS 64

/* Longest wait, in ms.  Then the answer is the same number: that somebody who
 * waited is gone is only seen when there is an answer. */
#define MAX_WAIT_MS 60000

/* One who waits. */
struct wait {
    struct ovs_list node;       /* In 'waits'. */
    struct unixctl_conn *conn;
    enum output_format format;  /* Of the answer. */
    bool flows;                 /* Also for news of flows? */
    long long int state;        /* That it knows. */
    long long int deadline;     /* time_msec() at which to answer anyway. */
};

static struct ovs_list waits = OVS_LIST_INITIALIZER(&waits);

/* What answers are made from. */
struct marks {
    uint64_t inventory;         /* The kernel. */
    uint64_t rounds;            /* The database, and what was decided. */
    uint64_t events;            /* What happened. */
    uint64_t devinfo;           /* Device-info files. */
    uint64_t connected;         /* Is there a database? */
};

static struct marks last;       /* As they were for 'state'. */
static long long int state;     /* 0 before the first round. */

/* Flows come and go all the time, and have counters: a number of its own for
 * those who want to know of that, too, which is added. */
static uint64_t last_flows;     /* As it was for 'flow_state'. */
static long long int flow_state;

static void
update_state(const struct controller *c)
{
    /* No padding, as all are of the same type. */
    const struct marks now = {
        .inventory = c->inv->seqno,
        .rounds = reconcile_status(c->rec)->n_rounds,
        .events = c->log->n,
        .devinfo = devinfo_watch_seqno(c->devinfo),
        .connected = ovs_view_is_connected(c->view),
    };

    if (!state) {
        state = time_wall_msec();
    } else if (memcmp(&now, &last, sizeof now)) {
        state++;
    }
    last = now;
    if (last_flows != flow_engine_seqno(c->flows)) {
        last_flows = flow_engine_seqno(c->flows);
        flow_state++;
    }
}

/* The number for one who wants to know of flows, too, or not. */
static long long int
state_for(bool flows)
{
    return state + (flows ? flow_state : 0);
}

static void
answer(struct unixctl_conn *conn, enum output_format format, bool flows)
{
    struct json *json = json_object_create();

    json_object_put(json, "state", json_integer_create(state_for(flows)));
    output_reply(conn, output_object(json, format));
    json_destroy(json);
}

static void
cmd_event_wait(struct unixctl_conn *conn, int argc, const char *argv[],
               void *c)
{
    enum output_format format;
    long long int known;
    struct wait *wait;
    bool flows = command_take_flag(&argc, argv, "--flows");

    if (!command_parse_args(conn, &argc, argv, 0, 1, USAGE, &format)) {
        return;
    }
    update_state(c);
    if (argc < 2) {
        answer(conn, format, flows);
        return;
    }
    if (!str_to_llong(argv[1], 10, &known)) {
        command_reply_error(conn, "%s: STATE is a number of an earlier "
                            "answer, not \"%s\"", argv[0], argv[1]);
        return;
    }
    if (ovs_list_size(&waits) >= MAX_WAITS) {
        command_reply_error(conn, "%s: %d are waiting, try again later",
                            argv[0], MAX_WAITS);
        return;
    }
    wait = xmalloc(sizeof *wait);
    *wait = (struct wait) {
        .conn = conn, .format = format, .flows = flows, .state = known,
        .deadline = time_msec() + MAX_WAIT_MS,
    };
    ovs_list_push_back(&waits, &wait->node);
}

void
command_wait_register(struct controller *c)
{
    unixctl_command_register("event/wait", USAGE " " FORMAT_USAGE, 0, INT_MAX,
                             cmd_event_wait, c);
}

static void
wait_destroy(struct wait *wait)
{
    ovs_list_remove(&wait->node);
    free(wait);
}

void
command_wait_run(const struct controller *c)
{
    struct wait *wait, *next;

    update_state(c);
    LIST_FOR_EACH_SAFE (wait, next, node, &waits) {
        if (wait->state != state_for(wait->flows)
            || time_msec() >= wait->deadline) {
            answer(wait->conn, wait->format, wait->flows);
            wait_destroy(wait);
        }
    }
}

void
command_wait_wait(void)
{
    const struct wait *wait;

    LIST_FOR_EACH (wait, node, &waits) {
        poll_timer_wait_until(wait->deadline);
    }
}

void
command_wait_cancel_all(void)
{
    struct wait *wait, *next;

    LIST_FOR_EACH_SAFE (wait, next, node, &waits) {
        unixctl_command_reply_error(wait->conn,
                                    "the controller is going away");
        wait_destroy(wait);
    }
}
