/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_NL_PEER_H
#define TESTS_UNIT_NL_PEER_H 1

/* Plays the kernel at the other end of a connection.  cmocka.h and what it
 * needs have to be included before. */

#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

struct nl_peer {
    int fd;                     /* Our end, or -1. */
    int n_opens;                /* How often it was opened. */
    int fail;                   /* The next opens fail with this errno. */
};

/* An nl_open_cb. */
static inline int
nl_peer_open(void *peer_)
{
    struct nl_peer *peer = peer_;
    int fds[2];

    peer->n_opens++;
    if (peer->fail) {
        return -peer->fail;
    }
    if (peer->fd >= 0) {
        close(peer->fd);
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
                                fds), 0);
    peer->fd = fds[0];
    return fds[1];
}

/* Receives a request.  Returns false if there is none. */
static inline bool
nl_peer_recv(struct nl_peer *peer, struct nlmsghdr *buf, size_t size)
{
    ssize_t n = peer->fd < 0 ? -1 : recv(peer->fd, buf, size, 0);

    if (n < 0) {
        return false;
    }
    assert_true(n >= NLMSG_HDRLEN);
    assert_int_equal(buf->nlmsg_len, n);
    return true;
}

static inline void
nl_peer_send(struct nl_peer *peer, const void *data, size_t len)
{
    assert_int_equal(send(peer->fd, data, len, 0), len);
}

/* Sends a message with 'size' bytes of payload. */
static inline void
nl_peer_send_msg(struct nl_peer *peer, uint16_t type, uint16_t flags,
                 uint32_t seq, const void *payload, size_t size)
{
    struct nlmsghdr *nlh = xzalloc(NLMSG_SPACE(size));

    nlh->nlmsg_len = NLMSG_LENGTH(size);
    nlh->nlmsg_type = type;
    nlh->nlmsg_flags = flags;
    nlh->nlmsg_seq = seq;
    if (size) {
        memcpy(NLMSG_DATA(nlh), payload, size);
    }
    nl_peer_send(peer, nlh, nlh->nlmsg_len);
    free(nlh);
}

static inline void
nl_peer_send_done(struct nl_peer *peer, uint16_t flags, uint32_t seq,
                  int error)
{
    nl_peer_send_msg(peer, NLMSG_DONE, flags | NLM_F_MULTI, seq, &error,
                     sizeof error);
}

static inline void
nl_peer_send_error(struct nl_peer *peer, uint32_t seq, int error)
{
    struct nlmsgerr err = { .error = error };

    nl_peer_send_msg(peer, NLMSG_ERROR, NLM_F_CAPPED, seq, &err, sizeof err);
}

#endif /* tests/unit/nl-peer.h */
