/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_LANE_WRITE_H
#define NETLINK_LANE_WRITE_H 1

/* Writing to files of sysfs in a process of the helper.
 *
 * A write to "unbind" waits for whoever has the device open, and any other of
 * the same device waits for that.  So LANE_SYSFS (netlink/genl-helper.h) does
 * it.  A request has the form of a netlink message, for struct nl_conn to
 * carry, and is answered by an NLMSG_ERROR with the error of open() or
 * write(). */

struct nlmsghdr;

/* Makes the request to write 'text' to the file with the absolute name 'path'
 * by a single write().  The file must exist.  Caller frees. */
struct nlmsghdr *lane_write_request(const char *path, const char *text);

/* Serves 'fd'.  Returns when the other end is closed.  Calls nothing but
 * system calls, as it runs in the child of a fork(). */
void lane_write_loop(int fd);

#endif /* netlink/lane-write.h */
