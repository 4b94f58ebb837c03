/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_NL_SOCKET_H
#define NETLINK_NL_SOCKET_H 1

/* Netlink sockets: opening, and receiving one datagram that is known to be
 * the kernel's and complete. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Receive buffer, bytes.  64 KB lost a quarter of a burst of tc events, 8 MB
 * none of it; only what is queued is really allocated. */
#define NL_SOCKET_RCVBUF (8 * 1024 * 1024)

/* Opens a non-blocking, bound socket of 'protocol' with extended acks and a
 * receive buffer of 'rcvbuf' bytes (as far as we are allowed to), and stores
 * its port id into '*portid'.  Returns the descriptor or a negative errno. */
int nl_socket_open(int protocol, int rcvbuf, uint32_t *portid);

/* Joins multicast group 'group' (a number, not a mask).  Returns 0 or a
 * positive errno. */
int nl_socket_join(int fd, uint32_t group);

/* Receives one datagram.  Returns its length, which is greater than 'size' if
 * it did not fit, and 0 for one that is to be ignored because its sender is
 * not the kernel; or a negative errno, -EAGAIN if there is none. */
ssize_t nl_socket_recv(int fd, void *buf, size_t size);

#endif /* netlink/nl-socket.h */
