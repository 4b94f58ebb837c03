/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_DP_FLOW_H
#define NETLINK_DP_FLOW_H 1

/* Messages of generic netlink family "ovs_flow": what Open vSwitch's kernel
 * datapath has, which is what did not get into tc.
 *
 * Parsing is one bounds-checked walk without any library.  It knows datapath
 * port numbers; netlink/dp-flow-source.h makes ifindexes of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/flow-record.h"

struct nlattr;
struct nlmsghdr;

/* Actions nested more deeply are malformed.  The kernel takes fewer. */
#define DP_FLOW_MAX_DEPTH 16

enum dp_flow_event {
    DP_FLOW_THERE,              /* A flow as it is, in an answer or because it
                                 * is new or was changed. */
    DP_FLOW_GONE,               /* It was deleted. */
};

/* A parsed message.  Room for one is made once, by dp_flow_init(), and then
 * used for many. */
struct dp_flow {
    enum dp_flow_event event;   /* What happened. */
    int datapath;               /* ifindex of the datapath's own netdev. */
    bool has_key;               /* Was there a key, and hence is what
                                 * 'record' has of it valid? */
    bool has_port;              /* Does the key name an input port? */
    bool has_actions;           /* Were there actions?  The kernel omits them
                                 * when the requester asked for that, or from
                                 * a dump if they do not fit in. */
    struct flow_record record;  /* 'dev' and 'outputs' are port numbers.  A
                                 * flow without key is FLOW_TERSE and has no
                                 * 'dev' and 'recirc_id' either. */
    uint32_t *more_outputs;     /* 'outputs' that are too many for the record:
                                 * allocated, or NULL. */
    size_t allocated;           /* Number of elements that it has room for. */
};

void dp_flow_init(struct dp_flow *);
void dp_flow_uninit(struct dp_flow *);

/* Parses 'nlh', of which as many bytes may be read as it says, into '*flow'.
 * 'now' is the kernel's monotonic clock in ms.  With 'key_hash' the record has
 * one.  Returns false if bounds or sizes are wrong.
 *
 * A flow that was installed without a ufid is identified by its key; it gets a
 * ufid made from that, the same in each message. */
bool dp_flow_parse(const struct nlmsghdr *nlh, long long int now,
                   bool key_hash, struct dp_flow *flow);

/* The kernel's form of a ufid, 32-bit words in the host's order, from or to
 * the order in which it is printed. */
void dp_flow_swap_ufid(const uint8_t from[FLOW_UFID_LEN],
                       uint8_t to[FLOW_UFID_LEN]);

/* Key, mask and actions of a flow, each without its own header, and NULL if
 * absent. */
struct dp_flow_attrs {
    const void *key, *mask, *actions; /* OVS_KEY_ATTR_*, OVS_ACTION_ATTR_*. */
    size_t key_len, mask_len, actions_len; /* Bytes. */
};

/* What keeps such a flow out of tc, as far as that is sure. */
enum flow_miss dp_flow_find_miss(const struct dp_flow_attrs *);

/* Finds these in message 'nlh', for those who print them, with its counters
 * ('used' is in ms on the kernel's monotonic clock, 0 for never).  Returns
 * false if it is malformed. */
struct dp_flow_raw {
    struct dp_flow_attrs attrs; /* Within 'nlh'. */
    int datapath;               /* As in struct dp_flow. */
    uint64_t packets, bytes;    /* Counters. */
    uint64_t used;              /* When the last packet came. */
    uint8_t tcp_flags;          /* Seen in packets. */
};
bool dp_flow_raw_parse(const struct nlmsghdr *nlh, struct dp_flow_raw *);

#endif /* netlink/dp-flow.h */
