/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_NL_CONN_H
#define NETLINK_NL_CONN_H 1

/* A non-blocking connection that carries netlink messages, either a netlink
 * socket of our own or a socket whose other end speaks for the kernel, as a
 * lane of the helper does (netlink/genl-helper.h).
 *
 *   - Requests are queued and executed one after the other, several being
 *     under way at once so that no time is lost between them.  Each ends with
 *     exactly one call of its 'done', in the order of the requests, unless the
 *     connection is destroyed.
 *
 *   - When messages were lost (ENOBUFS, one that did not fit) or the
 *     connection broke, it is opened anew: the request that is being answered
 *     ends with an error, the others stay queued, so that one may be executed
 *     twice, and 'lost' is called once the new
 *     connection is in its groups, so that whoever reads the state from
 *     then on misses nothing.  A new connection has no old replies.
 *
 *   - Callbacks come from the libevent base or from nl_conn_run(). */

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct nl_conn;
struct nlmsghdr;

/* How a request ended. */
struct nl_result {
    int error;                  /* 0 or a positive errno. */
    bool interrupted;           /* NLM_F_DUMP_INTR: what came is not all. */
    const char *extack;         /* The kernel's text, or "". */
};

typedef void nl_message_cb(void *aux, const struct nlmsghdr *);
typedef void nl_done_cb(void *aux, const struct nl_result *);

struct nl_conn_class {
    /* A multicast message.  NULL for a connection that has none. */
    nl_message_cb *event;

    /* The connection is new.  'error' is the positive errno that ended the
     * old one, EMSGSIZE for a message that did not fit.  May be NULL. */
    void (*lost)(void *aux, int error);
};

/* Creates a connection with a netlink socket of 'protocol'.  It is opened by
 * the first nl_conn_run().  'rcvbuf' is as for nl_socket_open(). */
struct nl_conn *nl_conn_create(struct event_base *, int protocol, int rcvbuf,
                               const struct nl_conn_class *, void *aux);

/* Creates one on the socket that 'open' returns: a non-blocking descriptor,
 * which is the connection's from then on, or a negative errno.  'name' is for
 * the log. */
typedef int nl_open_cb(void *open_aux);
struct nl_conn *nl_conn_create_peer(struct event_base *, nl_open_cb *open,
                                    void *open_aux, const char *name,
                                    const struct nl_conn_class *, void *aux);

void nl_conn_destroy(struct nl_conn *);

/* Joins multicast group 'group', now and whenever the connection is opened
 * anew.  Returns 0 or a positive errno, which means that it is not joined. */
int nl_conn_join(struct nl_conn *, uint32_t group);

/* Queues a copy of 'request', whose sequence number and flags NLM_F_REQUEST
 * and, unless it is a dump, NLM_F_ACK are filled in.  'message' is called for
 * each message of the answer; it may be NULL. */
void nl_conn_request(struct nl_conn *, const struct nlmsghdr *request,
                     nl_message_cb *message, nl_done_cb *done, void *aux);

void nl_conn_run(struct nl_conn *);
void nl_conn_wait(struct nl_conn *);

/* time_msec() when the request under way was sent, 0 if there is none. */
long long int nl_conn_busy_since(const struct nl_conn *);

/* Number of datagrams left out for their form. */
uint64_t nl_conn_n_malformed(const struct nl_conn *);

#endif /* netlink/nl-conn.h */
