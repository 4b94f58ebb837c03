/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/rpc/connection.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "openvswitch/ofpbuf.h"
#include "timeval.h"
#include "util.h"

/* Bytes that are read in one turn.  As frames may be short, and each may be
 * answered, this also bounds what is to be sent. */
#define READ_SIZE 4096

/* So many bytes are gathered before they are sent. */
#define SEND_SIZE 4096

struct rpc_conn {
    struct ovs_list node;
    int fd;
    struct rpc_session *session;
    struct event *readable;     /* Waits for input, unless 'out' has some. */
    struct event *writable;     /* Waits for room, while 'out' has some. */
    struct ofpbuf out;          /* To be sent. */
    long long int out_since;    /* time_msec() since which 'out' has been
                                 * stuck, or 0 if it is empty. */
    long long int last_input;   /* time_msec() */
};

static void
add_event(struct event *event)
{
    if (event_add(event, NULL)) {
        out_of_memory();
    }
}

/* Sends all that there is to send, as far as the socket takes it, and sees to
 * that the event comes that is needed next.  Returns false if the connection
 * is over. */
static bool
send_all(struct rpc_conn *conn)
{
    for (;;) {
        ssize_t n;

        if (!conn->out.size) {
            ofpbuf_clear(&conn->out);
            if (!rpc_session_output(conn->session, &conn->out, SEND_SIZE)) {
                return false;
            }
        }
        if (!conn->out.size) {
            break;
        }
        n = send(conn->fd, conn->out.data, conn->out.size,
                 MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            ofpbuf_pull(&conn->out, n);
        } else if (errno == EAGAIN) {
            if (!conn->out_since) {
                conn->out_since = time_msec();
                event_del(conn->readable);
                add_event(conn->writable);
            }
            return true;
        } else if (errno != EINTR) {
            return false;
        }
    }

    if (conn->out_since) {
        conn->out_since = 0;
        event_del(conn->writable);
        add_event(conn->readable);
    }
    return !rpc_session_is_over(conn->session);
}

/* Takes what the client sent.  Returns false if the connection is over. */
static bool
receive(struct rpc_conn *conn)
{
    uint8_t buf[READ_SIZE];
    ssize_t n = recv(conn->fd, buf, sizeof buf, MSG_DONTWAIT);

    if (n < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    conn->last_input = time_msec();
    return (n > 0
            && rpc_session_input(conn->session, buf, n, conn->last_input));
}

static void
destroy(struct rpc_conn *conn)
{
    ovs_list_remove(&conn->node);
    event_free(conn->readable);
    event_free(conn->writable);
    close(conn->fd);
    rpc_session_destroy(conn->session);
    ofpbuf_uninit(&conn->out);
    free(conn);
}

static void
ready(int fd OVS_UNUSED, short int what, void *conn_)
{
    struct rpc_conn *conn = conn_;

    if ((what & EV_READ && !receive(conn)) || !send_all(conn)) {
        destroy(conn);
    }
}

struct rpc_conn *
rpc_conn_create(struct event_base *base, int fd, struct ovs_list *list,
                rpc_lookup_func *lookup, void *aux,
                struct rpc_counters *counters)
{
    struct rpc_conn *conn = xzalloc(sizeof *conn);

    ovs_list_push_back(list, &conn->node);
    conn->fd = fd;
    conn->last_input = time_msec();
    conn->session = rpc_session_create(lookup, aux, counters,
                                       conn->last_input);
    ofpbuf_init(&conn->out, 0);
    conn->readable = event_new(base, fd, EV_READ | EV_PERSIST, ready, conn);
    conn->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, ready, conn);
    if (!conn->readable || !conn->writable) {
        out_of_memory();
    }
    add_event(conn->readable);

    /* Clients wait for our SETTINGS before they take the connection for one.
     * If it is over already, the socket is readable and tells. */
    send_all(conn);
    return conn;
}

void
rpc_conn_destroy(struct rpc_conn *conn)
{
    if (conn) {
        rpc_session_goaway(conn->session);
        send_all(conn);
        destroy(conn);
    }
}

struct rpc_conn *
rpc_conn_from_node(const struct ovs_list *node)
{
    return CONTAINER_OF(node, struct rpc_conn, node);
}

long long int
rpc_conn_last_input(const struct rpc_conn *conn)
{
    return conn->last_input;
}

bool
rpc_conn_run(struct rpc_conn *conn)
{
    long long int now = time_msec();

    if (now < rpc_conn_deadline(conn)) {
        return true;
    }
    if ((conn->out_since && now - conn->out_since >= RPC_CALL_MS)
        || now - conn->last_input >= RPC_IDLE_MS
        || !rpc_session_expire(conn->session, now)
        || !send_all(conn)) {
        rpc_conn_destroy(conn);
        return false;
    }
    return true;
}

long long int
rpc_conn_deadline(const struct rpc_conn *conn)
{
    long long int deadline = rpc_session_deadline(conn->session);

    if (conn->out_since) {
        deadline = MIN(deadline, conn->out_since + RPC_CALL_MS);
    }
    return MIN(deadline, conn->last_input + RPC_IDLE_MS);
}
