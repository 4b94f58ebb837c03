/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_GENL_HELPER_H
#define NETLINK_GENL_HELPER_H 1

/* Processes that execute netlink requests in our place.
 *
 * sendmsg() on a netlink socket runs the kernel's handler at once, and that
 * may sleep uninterruptibly for as long as somebody else likes.  While a vDPA
 * device is being removed whose /dev/vhost-vdpa-N is open, the kernel holds
 * vdpa_dev_lock and, as family "vdpa" does not run in parallel, the mutex of
 * generic netlink, which nlctrl needs too.  devlink holds an instance's lock
 * during a change of the eswitch mode, Open vSwitch's datapath its own while
 * it waits for the RTNL.  Whoever then registers a family makes
 * every other request wait as well.
 *
 * So each family has a lane: a process with a socketpair to us, which takes a
 * request, executes it on a generic netlink socket of its own and sends the
 * answers back unchanged, datagram by datagram.  A lane that is stuck delays
 * no other.  Where the lane itself fails, it answers with an NLMSG_ERROR of
 * its own making.
 *
 * LANE_SYSFS writes to files in place of that, which may sleep as well.
 *
 * A lane ends when its socket is closed or when its parent ends.  One that
 * died is started again by the next kernel_helper_open_lane(). */

#include <stdbool.h>
#include <sys/types.h>

#include "netlink/kernel.h"

struct nl_conn_class;
struct nlmsghdr;

enum kernel_lane {
    LANE_NLCTRL,
    LANE_DEVLINK,
    LANE_VDPA,
    LANE_ETHTOOL,
    LANE_OVS,                   /* What is read of OVS's datapaths. */
    LANE_VPORT,                 /* What is changed in them. */
    LANE_VDPA_CHANGE,           /* Apart from questions to "vdpa". */
    LANE_SYSFS,                 /* See netlink/lane-write.h. */

    /* Those that few nodes need are started when they are opened. */
    LANE_ESWITCH,               /* devlink: changes of the mode. */
    LANE_ROUTE,                 /* Not generic netlink but rtnetlink: dumps,
                                 * which wait for the RTNL. */
    N_LANES
};

/* Returns a non-blocking SOCK_SEQPACKET descriptor, to be closed by the
 * caller, whose other end is lane 'lane', or a negative errno.  It replaces
 * the one that an earlier call returned, which must have been closed. */
int kernel_helper_open_lane(struct kernel_helper *, unsigned int lane);

/* Creates a connection on lane 'lane', which has no other. */
struct nl_conn *kernel_helper_connect(struct kernel_helper *,
                                      struct event_base *, unsigned int lane,
                                      const struct nl_conn_class *,
                                      void *aux);

/* Name of the lane's process, as in /proc/PID/comm. */
const char *kernel_helper_lane_name(unsigned int lane);

/* For tests: the lane's process, or 0. */
pid_t kernel_helper_lane_pid(const struct kernel_helper *,
                             unsigned int lane);

/* The loop of a lane: serves 'fd' with sockets of 'protocol'.  Returns when
 * the other end is closed.  Calls nothing but system calls, as it runs in the
 * child of a fork(). */
void kernel_lane_loop(int fd, int protocol);

/* Answers 'request', which came from 'fd', with an NLMSG_ERROR for positive
 * errno 'error', or 0.  Returns false if the requester is gone. */
bool kernel_lane_reply(int fd, const struct nlmsghdr *request, int error);

#endif /* netlink/genl-helper.h */
