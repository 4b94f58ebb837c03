/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/nl-conn.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coverage.h"
#include "netlink/nl-attr.h"
#include "netlink/nl-socket.h"
#include "netlink/retry.h"
#include "openvswitch/list.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nl_conn);

COVERAGE_DEFINE(nl_conn_overflow);
COVERAGE_DEFINE(nl_conn_reopened);
COVERAGE_DEFINE(nl_conn_malformed);
COVERAGE_DEFINE(nl_conn_stale);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* A libevent callback reads no more once it handled this many messages. */
#define MAX_MESSAGES 64

/* Size of the receive buffer, bytes: the kernel makes dumps in chunks of at
 * most 32 KB, and a single message may be somewhat larger. */
#define BUF_MIN (64 * 1024)
#define BUF_MAX (4 * 1024 * 1024)

/* Requests that may be under way at once.  Their answers fit into the smallest
 * receive buffer that a socket may have. */
#define MAX_UNDER_WAY 16

struct nl_request {
    struct ovs_list node;       /* In nl_conn's 'queue'. */
    struct nlmsghdr *msg;       /* Owned. */
    nl_message_cb *message;     /* May be NULL. */
    nl_done_cb *done;
    void *aux;                  /* For both. */
    long long int sent;         /* time_msec(), 0 until sent. */
    bool interrupted;           /* NLM_F_DUMP_INTR was seen. */
};

struct nl_conn {
    struct event_base *base;
    const struct nl_conn_class *class;
    void *aux;                  /* For 'class'. */

    int protocol;               /* NETLINK_*, of a netlink socket. */
    int rcvbuf;                 /* Bytes. */
    nl_open_cb *open;           /* NULL for a netlink socket. */
    void *open_aux;             /* For 'open'. */
    char *name;                 /* For the log. */

    int fd;                     /* -1 while closed. */
    struct event *event;        /* EV_READ on 'fd', NULL while closed. */
    uint32_t portid;            /* Of our socket, 0 for a lane. */
    uint32_t seq;               /* Of the last request. */
    uint32_t *groups;           /* Groups to be joined. */
    size_t n_groups, allocated_groups;

    struct ovs_list queue;      /* Of "struct nl_request"; the first
                                 * 'n_sent' are under way. */
    size_t n_sent;
    struct retry retry;         /* Until the next attempt to open. */
    int broken;                 /* errno for which it is opened anew, or 0. */
    bool opened;                /* Was it ever open? */
    bool *destroyed;            /* Set by a destroy within a callback. */

    char *buf;                  /* Receive buffer, malloc()ed. */
    size_t buf_size;            /* Bytes. */
    uint64_t n_malformed;
};

static void nl_conn_read(evutil_socket_t, short what, void *conn_);

static struct nl_conn *
nl_conn_create__(struct event_base *base, char *name,
                 const struct nl_conn_class *class, void *aux)
{
    struct nl_conn *conn = xzalloc(sizeof *conn);

    conn->base = base;
    conn->name = name;
    conn->class = class;
    conn->aux = aux;
    conn->fd = -1;
    ovs_list_init(&conn->queue);
    conn->buf_size = BUF_MIN;
    conn->buf = xmalloc(conn->buf_size);
    return conn;
}

struct nl_conn *
nl_conn_create(struct event_base *base, int protocol, int rcvbuf,
               const struct nl_conn_class *class, void *aux)
{
    struct nl_conn *conn = nl_conn_create__(
        base, xasprintf("netlink socket of protocol %d", protocol), class,
        aux);

    conn->protocol = protocol;
    conn->rcvbuf = rcvbuf;
    return conn;
}

struct nl_conn *
nl_conn_create_peer(struct event_base *base, nl_open_cb *open,
                    void *open_aux, const char *name,
                    const struct nl_conn_class *class, void *aux)
{
    struct nl_conn *conn = nl_conn_create__(base, xstrdup(name), class, aux);

    conn->open = open;
    conn->open_aux = open_aux;
    return conn;
}

static void
nl_request_destroy(struct nl_request *req)
{
    free(req->msg);
    free(req);
}

static void
nl_conn_close(struct nl_conn *conn)
{
    if (conn->event) {
        event_free(conn->event);
        conn->event = NULL;
    }
    if (conn->fd >= 0) {
        close(conn->fd);
        conn->fd = -1;
    }
}

static bool
nl_request_is_dump(const struct nl_request *req)
{
    return (req->msg->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

void
nl_conn_destroy(struct nl_conn *conn)
{
    struct nl_request *req;

    if (!conn) {
        return;
    }
    if (conn->destroyed) {
        *conn->destroyed = true;
    }
    nl_conn_close(conn);
    LIST_FOR_EACH_POP (req, node, &conn->queue) {
        nl_request_destroy(req);
    }
    free(conn->groups);
    free(conn->name);
    free(conn->buf);
    free(conn);
}

int
nl_conn_join(struct nl_conn *conn, uint32_t group)
{
    if (conn->fd >= 0) {
        int error = nl_socket_join(conn->fd, group);

        if (error) {
            return error;
        }
    }
    if (conn->n_groups >= conn->allocated_groups) {
        conn->groups = x2nrealloc(conn->groups, &conn->allocated_groups,
                                  sizeof *conn->groups);
    }
    conn->groups[conn->n_groups++] = group;
    return 0;
}

void
nl_conn_request(struct nl_conn *conn, const struct nlmsghdr *request,
                nl_message_cb *message, nl_done_cb *done, void *aux)
{
    struct nl_request *req = xzalloc(sizeof *req);

    req->msg = xmemdup(request, request->nlmsg_len);
    req->msg->nlmsg_flags |= NLM_F_REQUEST;
    if (!nl_request_is_dump(req)) {
        req->msg->nlmsg_flags |= NLM_F_ACK;
    }
    req->message = message;
    req->done = done;
    req->aux = aux;
    ovs_list_push_back(&conn->queue, &req->node);
}

static struct nl_request *
nl_conn_head(const struct nl_conn *conn)
{
    return (ovs_list_is_empty(&conn->queue) ? NULL
            : CONTAINER_OF(ovs_list_front(&conn->queue), struct nl_request,
                           node));
}

/* The first of the requests under way, which is the one that is answered, or
 * NULL. */
static struct nl_request *
nl_conn_current(const struct nl_conn *conn)
{
    return conn->n_sent ? nl_conn_head(conn) : NULL;
}

/* The request that is to be sent now, or NULL.  The kernel executes requests
 * in order, but goes on with a dump when it was answered in part: a dump is
 * under way alone. */
static struct nl_request *
nl_conn_next(const struct nl_conn *conn)
{
    struct nl_request *req = NULL;
    size_t n = 0;

    if (conn->n_sent >= MAX_UNDER_WAY
        || (conn->n_sent && nl_request_is_dump(nl_conn_head(conn)))) {
        return NULL;
    }
    LIST_FOR_EACH (req, node, &conn->queue) {
        if (n++ == conn->n_sent) {
            return conn->n_sent && nl_request_is_dump(req) ? NULL : req;
        }
    }
    return NULL;
}

/* Ends 'req', which is the first one or was just not sent.  The callback may
 * destroy 'conn'. */
static void
nl_conn_finish(struct nl_conn *conn, struct nl_request *req, int error,
               const char *extack)
{
    struct nl_result result = {
        .error = error, .interrupted = req->interrupted, .extack = extack,
    };

    ovs_list_remove(&req->node);
    if (req->sent) {
        conn->n_sent--;
        if (nl_conn_current(conn)) {
            nl_conn_head(conn)->sent = time_msec();
        }
    }
    req->done(req->aux, &result);
    nl_request_destroy(req);
}

static int
nl_conn_open(struct nl_conn *conn)
{
    int fd;

    if (conn->open) {
        fd = conn->open(conn->open_aux);
    } else {
        fd = nl_socket_open(conn->protocol, conn->rcvbuf, &conn->portid);
    }
    if (fd < 0) {
        return -fd;
    }
    for (size_t i = 0; i < conn->n_groups; i++) {
        int error = nl_socket_join(fd, conn->groups[i]);

        if (error) {
            close(fd);
            return error;
        }
    }
    conn->event = event_new(conn->base, fd, EV_READ | EV_PERSIST,
                            nl_conn_read, conn);
    if (!conn->event || event_add(conn->event, NULL)) {
        if (conn->event) {
            event_free(conn->event);
            conn->event = NULL;
        }
        close(fd);
        return ENOMEM;
    }
    conn->fd = fd;
    return 0;
}

/* Opens 'conn' if it is closed and that is due. */
static void
nl_conn_run_open(struct nl_conn *conn)
{
    int broken = conn->broken;
    int error;

    if (conn->fd >= 0 || (conn->retry.at && !retry_take(&conn->retry))) {
        return;
    }
    error = nl_conn_open(conn);
    if (error) {
        VLOG_WARN_RL(&rl, "cannot open %s: %s", conn->name,
                     ovs_strerror(error));
        retry_schedule(&conn->retry);

        /* When it succeeds, something may have been missed. */
        conn->opened = true;
        conn->broken = broken ? broken : error;
        return;
    }
    conn->broken = 0;
    retry_reset(&conn->retry);
    if (conn->opened) {
        COVERAGE_INC(nl_conn_reopened);
        if (conn->class->lost) {
            conn->class->lost(conn->aux, broken);
        }
    }
    conn->opened = true;
}

/* Sends 'req', if there is room. */
static bool
nl_conn_send(struct nl_conn *conn, struct nl_request *req)
{
    ssize_t n;

    if (++conn->seq == 0) {
        conn->seq = 1;          /* 0 is what events have. */
    }
    req->msg->nlmsg_seq = conn->seq;
    req->msg->nlmsg_pid = conn->portid;
    do {
        n = send(conn->fd, req->msg, req->msg->nlmsg_len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        req->sent = time_msec();
        conn->n_sent++;
    } else if (conn->n_sent) {
        /* Once those under way are answered there may be room; and else it is
         * this one's turn to fail. */
        return false;
    } else if (conn->open) {
        /* The peer is idle, so this is its end.  The request may go to the
         * next one. */
        conn->broken = errno;
    } else {
        nl_conn_finish(conn, req, errno, "");
    }
    return true;
}

/* Closes a broken connection; nl_conn_run_open() does the rest. */
static void
nl_conn_run_broken(struct nl_conn *conn)
{
    bool overflow = conn->broken == ENOBUFS;

    nl_conn_close(conn);
    if (overflow) {
        COVERAGE_INC(nl_conn_overflow);
    } else {
        /* Whatever makes it break may do so again at once. */
        VLOG_WARN_RL(&rl, "%s: %s, opening it anew", conn->name,
                     conn->broken == ECONNRESET ? "connection was closed"
                     : ovs_strerror(conn->broken));
        retry_schedule(&conn->retry);
    }

    /* The others are sent again: twice does no harm to any. */
    struct nl_request *req, *current = nl_conn_current(conn);
    LIST_FOR_EACH (req, node, &conn->queue) {
        if (!current || req != current) {
            req->sent = 0;
        }
    }
    conn->n_sent = current != NULL;
    if (current) {
        nl_conn_finish(conn, current, conn->broken, "");
    }
}

void
nl_conn_run(struct nl_conn *conn)
{
    bool *outer = conn->destroyed;
    bool destroyed = false;

    conn->destroyed = &destroyed;
    if (conn->broken && conn->fd >= 0) {
        nl_conn_run_broken(conn);
    }
    if (!destroyed) {
        nl_conn_run_open(conn);
    }
    while (!destroyed && conn->fd >= 0 && !conn->broken
           && nl_conn_next(conn)
           && nl_conn_send(conn, nl_conn_next(conn))) {
        continue;
    }
    if (!destroyed) {
        conn->destroyed = outer;
    } else if (outer) {
        *outer = true;
    }
}

void
nl_conn_wait(struct nl_conn *conn)
{
    if (conn->fd < 0) {
        if (conn->retry.at) {
            retry_wait(&conn->retry);
        } else {
            poll_immediate_wake();
        }
    } else if (conn->broken
               || (nl_conn_head(conn) && !nl_conn_current(conn))) {
        poll_immediate_wake();
    }
}

/* NLMSG_ERROR, which is an ack if its error is 0, or NLMSG_DONE. */
static bool
nl_conn_receive_end(struct nl_conn *conn, const struct nlmsghdr *nlh)
{
    size_t size = nlh->nlmsg_len - NLMSG_HDRLEN;
    bool is_error = nlh->nlmsg_type == NLMSG_ERROR;
    size_t offset = is_error ? sizeof(struct nlmsgerr) : sizeof(int);
    char extack[256];
    int error = 0;

    if (size >= sizeof error) {
        memcpy(&error, NLMSG_DATA(nlh), sizeof error);
    } else if (is_error) {
        return false;
    }
    if (error > 0 || error < -4095) {
        return false;
    }
    if (is_error && !(nlh->nlmsg_flags & NLM_F_CAPPED)) {
        struct nlmsgerr err;

        /* The request is repeated in full, except by an ack. */
        if (size < sizeof err) {
            return false;
        }
        memcpy(&err, NLMSG_DATA(nlh), sizeof err);
        if (error && err.msg.nlmsg_len > NLMSG_HDRLEN) {
            offset += NLMSG_ALIGN(err.msg.nlmsg_len) - NLMSG_HDRLEN;
        }
    }
    nl_conn_finish(conn, nl_conn_head(conn), -error,
                   attr_get_extack(nlh, offset, extack, sizeof extack));
    return true;
}

/* Handles one message.  Returns false if it is malformed. */
static bool
nl_conn_receive(struct nl_conn *conn, const struct nlmsghdr *nlh)
{
    struct nl_request *req = nl_conn_current(conn);

    if (req && nlh->nlmsg_seq == req->msg->nlmsg_seq
        && (conn->open || nlh->nlmsg_pid == conn->portid)) {
        if (nlh->nlmsg_flags & NLM_F_DUMP_INTR) {
            req->interrupted = true;
        }
        if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
            return nl_conn_receive_end(conn, nlh);
        }
        if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && req->message) {
            req->message(req->aux, nlh);
        }
    } else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && conn->class->event) {
        conn->class->event(conn->aux, nlh);
    } else {
        COVERAGE_INC(nl_conn_stale);
    }
    return true;
}

/* Handles the messages in a datagram of 'n' bytes.  Returns their number. */
static int
nl_conn_receive_all(struct nl_conn *conn, size_t n, const bool *destroyed)
{
    const char *p = conn->buf;
    int n_messages = 0;

    while (n) {
        const struct nlmsghdr *nlh = (const void *) p;
        size_t len;

        if (n < NLMSG_HDRLEN || nlh->nlmsg_len < NLMSG_HDRLEN
            || nlh->nlmsg_len > n) {
            conn->n_malformed++;
            COVERAGE_INC(nl_conn_malformed);
            VLOG_WARN_RL(&rl, "malformed netlink datagram");
            break;
        }
        len = MIN(NLMSG_ALIGN(nlh->nlmsg_len), n);
        n_messages++;
        if (!nl_conn_receive(conn, nlh)) {
            if (!*destroyed) {
                conn->n_malformed++;
                COVERAGE_INC(nl_conn_malformed);
            }
        }
        if (*destroyed) {
            break;
        }
        p += len;
        n -= len;
    }
    return n_messages;
}

static ssize_t
nl_conn_recv(struct nl_conn *conn)
{
    ssize_t n;

    if (!conn->open) {
        return nl_socket_recv(conn->fd, conn->buf, conn->buf_size);
    }
    do {
        n = recv(conn->fd, conn->buf, conn->buf_size,
                 MSG_DONTWAIT | MSG_TRUNC);
    } while (n < 0 && errno == EINTR);
    return n > 0 ? n : n < 0 ? -errno : -ECONNRESET;
}

static void
nl_conn_read(evutil_socket_t fd OVS_UNUSED, short what OVS_UNUSED,
             void *conn_)
{
    struct nl_conn *conn = conn_;
    bool destroyed = false;
    int n_messages = 0;

    conn->destroyed = &destroyed;
    while (n_messages < MAX_MESSAGES) {
        ssize_t n = nl_conn_recv(conn);

        if (n == -EAGAIN) {
            break;
        } else if (n < 0) {
            conn->broken = -n;
        } else if (n > conn->buf_size) {
            free(conn->buf);
            conn->buf_size = MIN(ROUND_UP(n, BUF_MIN), BUF_MAX);
            conn->buf = xmalloc(conn->buf_size);
            conn->broken = EMSGSIZE;
        } else {
            /* Datagrams of other senders count too, against floods. */
            n_messages += 1 + nl_conn_receive_all(conn, n, &destroyed);
        }
        if (destroyed) {
            return;
        }
        if (conn->broken) {
            break;
        }
    }
    conn->destroyed = NULL;

    /* Closes a broken connection at once, so that a descriptor with an end
     * of file does not keep libevent busy, and sends the next request. */
    nl_conn_run(conn);
}

long long int
nl_conn_busy_since(const struct nl_conn *conn)
{
    struct nl_request *req = nl_conn_current(conn);

    return req ? req->sent : 0;
}

uint64_t
nl_conn_n_malformed(const struct nl_conn *conn)
{
    return conn->n_malformed;
}
