/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_DP_VPORT_H
#define NETLINK_DP_VPORT_H 1

/* Ports of Open vSwitch's kernel datapaths: which netdev a port number is.
 *
 * The table is filled from a dump and from notifications, which travel by
 * different ways: what is notified during a dump counts, whatever the dump
 * says. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/hmap.h"

struct nlmsghdr;

#define DP_VPORT_NAME_MAX 16    /* IFNAMSIZ. */

/* A parsed message of family "ovs_vport". */
struct dp_vport_msg {
    bool gone;                  /* The port was deleted. */
    int datapath;               /* ifindex of the datapath's own netdev. */
    uint32_t port_no;           /* Number in that datapath. */
    bool has_ifindex;           /* Is 'ifindex' valid? */
    uint32_t ifindex;           /* 0 if it is in another network namespace. */
    char name[DP_VPORT_NAME_MAX]; /* Netdev, or "". */
};
bool dp_vport_parse(const struct nlmsghdr *, struct dp_vport_msg *);

/* Parses a message of family "ovs_datapath": which one it is about, and
 * whether that one was deleted. */
bool dp_datapath_parse(const struct nlmsghdr *, int *datapath, bool *gone);

struct dp_vports {
    struct hmap ports;          /* Of "struct dp_vport". */
    unsigned int dump;          /* Number of the last dump. */
};

void dp_vports_init(struct dp_vports *);
void dp_vports_destroy(struct dp_vports *);

/* Returns the ifindex of a port, or 0. */
uint32_t dp_vports_find(const struct dp_vports *, int datapath,
                        uint32_t port_no);

/* The same, for a flow: it is remembered what was told. */
uint32_t dp_vports_use(struct dp_vports *, int datapath, uint32_t port_no);

/* A dump begins; it is complete.  At that all uses are forgotten. */
void dp_vports_begin(struct dp_vports *);
void dp_vports_end(struct dp_vports *);

/* A port is there, or, with 'ifindex' 0, in another namespace; the latter
 * function is for one that was deleted.  'event' tells a notification from a
 * dump.  Returns true if flows have been told something else about it. */
bool dp_vports_put(struct dp_vports *, int datapath, uint32_t port_no,
                   uint32_t ifindex, bool event);
void dp_vports_delete(struct dp_vports *, int datapath, uint32_t port_no);

#endif /* netlink/dp-vport.h */
