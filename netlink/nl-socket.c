/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/nl-socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

static void
set_rcvbuf(int fd, int size)
{
    /* SO_RCVBUFFORCE, which is not subject to net.core.rmem_max, needs
     * CAP_NET_ADMIN.  Less than 'size' is no failure: overflows are
     * noticed. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) {
        (void) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
}

int
nl_socket_open(int protocol, int rcvbuf, uint32_t *portid)
{
    struct sockaddr_nl local = { .nl_family = AF_NETLINK };
    socklen_t len = sizeof local;
    int one = 1;
    int fd;

    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                protocol);
    if (fd < 0) {
        return -errno;
    }
    set_rcvbuf(fd, rcvbuf);

    /* Both are since Linux 4.12 and make errors readable; they do without. */
    (void) setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
    (void) setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);

    /* An unbound socket that joins a group misses its messages. */
    if (bind(fd, (struct sockaddr *) &local, sizeof local)
        || getsockname(fd, (struct sockaddr *) &local, &len)) {
        int error = errno;

        close(fd);
        return -error;
    }
    *portid = local.nl_pid;
    return fd;
}

int
nl_socket_join(int fd, uint32_t group)
{
    return (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
                       sizeof group)
            ? errno : 0);
}

ssize_t
nl_socket_recv(int fd, void *buf, size_t size)
{
    struct sockaddr_nl from = { .nl_family = AF_UNSPEC };
    struct iovec iov = { .iov_base = buf, .iov_len = size };
    struct msghdr msg = {
        .msg_name = &from, .msg_namelen = sizeof from,
        .msg_iov = &iov, .msg_iovlen = 1,
    };
    ssize_t n;

    do {
        n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_TRUNC);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return -errno;
    }

    /* The kernel's port is 0.  It fills in the sender itself and gives no
     * other socket that port, so there is nothing that a process could
     * forge, and no credentials need to be looked at. */
    if (msg.msg_namelen != sizeof from || from.nl_family != AF_NETLINK
        || from.nl_pid) {
        return 0;
    }
    return n;
}
