/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/metrics/connections.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>

#include "controller/metrics/private.h"
#include "controller/metrics/server.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(metrics_connections);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Bytes that are read ahead of a client at most: more than
 * METRICS_MAX_HEADERS. */
#define MAX_READ_AHEAD (2 * METRICS_MAX_HEADERS)

/* How long a client may take, in ms: to say what it wants, to take the answer,
 * and to ask again. */
#define REQUEST_MS 5000
#define ANSWER_MS 15000
#define IDLE_MS 120000

/* When another one waits for its place, in ms: before, and while, it gets an
 * answer. */
#define QUIET_MS 1000
#define SLOW_MS 5000

struct conn {
    struct ovs_list node;       /* In 'list'. */
    struct bufferevent *bev;    /* evhttp's, and ours. */
    long long int since;        /* time_msec() since which it is as it is: */
    bool answering;             /* being answered, or else waited for; */
    bool served;                /* was anything answered? */
};

void
metrics_conns_init(struct metrics_conns *conns,
                   struct metrics_counters *counters)
{
    ovs_list_init(&conns->list);
    conns->counters = counters;
}

struct bufferevent *
metrics_conns_add(struct metrics_conns *conns, struct event_base *base)
{
    struct conn *conn = xzalloc(sizeof *conn);

    conn->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!conn->bev) {
        out_of_memory();
    }
    bufferevent_incref(conn->bev);
    bufferevent_setwatermark(conn->bev, EV_READ, 0, MAX_READ_AHEAD);
    conn->since = time_msec();
    ovs_list_push_back(&conns->list, &conn->node);
    conns->counters->n_connected++;
    conns->counters->n_accepted++;
    return conn->bev;
}

static void
answered(struct evhttp_request *req OVS_UNUSED, void *conn_)
{
    struct conn *conn = conn_;

    conn->answering = false;
    conn->served = true;
    conn->since = time_msec();
}

void
metrics_conns_note_request(struct metrics_conns *conns,
                           struct evhttp_request *req)
{
    struct bufferevent *bev = evhttp_connection_get_bufferevent(
        evhttp_request_get_connection(req));
    struct conn *conn;

    LIST_FOR_EACH (conn, node, &conns->list) {
        if (conn->bev == bev) {
            conn->answering = true;
            conn->since = time_msec();
            evhttp_request_set_on_complete_cb(req, answered, conn);
            return;
        }
    }
}

/* Has evhttp let go of it?  As long as it uses it, it wants to know of
 * errors. */
static bool
is_gone(const struct conn *conn)
{
    bufferevent_event_cb event_cb = NULL;

    bufferevent_getcb(conn->bev, NULL, NULL, &event_cb, NULL);
    return !event_cb;
}

static void
reap(struct metrics_conns *conns)
{
    struct conn *conn;

    LIST_FOR_EACH_SAFE (conn, node, &conns->list) {
        if (is_gone(conn)) {
            ovs_list_remove(&conn->node);
            bufferevent_decref(conn->bev);
            free(conn);
            conns->counters->n_connected--;
        }
    }
}

/* Closes it, which evhttp does for us. */
static void
kick(const struct conn *conn)
{
    bufferevent_trigger_event(conn->bev, BEV_EVENT_READING | BEV_EVENT_TIMEOUT,
                              0);
}

static long long int
deadline(const struct conn *conn)
{
    return conn->since + (conn->answering ? ANSWER_MS
                          : conn->served ? IDLE_MS
                          : REQUEST_MS);
}

/* Closes one connection, that has been longest as it is if this is for long
 * enough, or else the newest. */
static void
make_room(struct metrics_conns *conns)
{
    long long int now = time_msec(), most = 0;
    struct conn *conn, *victim = NULL;

    LIST_FOR_EACH (conn, node, &conns->list) {
        long long int over = now - conn->since - (conn->answering ? SLOW_MS
                                                  : QUIET_MS);

        if (over >= most) {
            most = over;
            victim = conn;
        }
    }
    if (victim) {
        conns->counters->n_displaced++;
    } else {
        VLOG_WARN_RL(&rl, "refused a client: %d are connected",
                     METRICS_MAX_CONNECTIONS);
        conns->counters->n_refused++;
        victim = CONTAINER_OF(ovs_list_back(&conns->list), struct conn,
                              node);
    }
    kick(victim);
    reap(conns);
}

void
metrics_conns_run(struct metrics_conns *conns)
{
    struct conn *conn;

    reap(conns);
    while (conns->counters->n_connected > METRICS_MAX_CONNECTIONS) {
        make_room(conns);
    }
    LIST_FOR_EACH (conn, node, &conns->list) {
        if (time_msec() >= deadline(conn)) {
            conns->counters->n_timeouts++;
            kick(conn);
        }
    }
    reap(conns);
}

void
metrics_conns_wait(const struct metrics_conns *conns)
{
    const struct conn *conn;

    LIST_FOR_EACH (conn, node, &conns->list) {
        poll_timer_wait_until(deadline(conn));
    }
}

void
metrics_conns_close(struct metrics_conns *conns)
{
    struct conn *conn;

    LIST_FOR_EACH (conn, node, &conns->list) {
        kick(conn);
    }
    reap(conns);
}
