/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_FLOW_RECORD_H
#define NETLINK_FLOW_RECORD_H 1

/* One datapath flow as a source tells it: a tc filter, a flow of the kernel's
 * datapath, or a line of a text dump.  Plain data: it says what the flow is,
 * not whose. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_UFID_LEN 16

/* Outputs that a record has room for itself; TCA_ACT_MAX_PRIO in
 * linux/pkt_cls.h, so that no tc filter has more. */
#define FLOW_INLINE_OUTPUTS 32

/* Recirculations of one flow that are followed. */
#define FLOW_MAX_TARGETS 8

/* 'struct flow_record' flags. */
enum {
    FLOW_IN_HW = 1 << 0,        /* The datapath says that it is in hardware:
                                 * TCA_CLS_FLAGS_IN_HW, "offloaded:yes". */
    FLOW_KERNEL = 1 << 1,       /* In the OVS datapath ("dp:ovs", or userspace)
                                 * and not in tc. */
    FLOW_DECAP = 1 << 2,        /* Takes packets out of a tunnel. */
    FLOW_DROP = 1 << 3,         /* Drops on purpose. */
    FLOW_HAS_ZONE = 1 << 4,     /* Is 'zone' valid? */
    FLOW_HAS_MAC = 1 << 5,      /* Is 'mac' valid? */
    FLOW_EGRESS_SIDE = 1 << 6,  /* A filter on clsact egress (OVS does that for
                                 * internal ports); else on ingress. */
    FLOW_ON_BLOCK = 1 << 7,     /* A filter on a shared block. */
    FLOW_TERSE = 1 << 8,        /* Only ufid, dev, recirc_id, counters and
                                 * FLOW_IN_HW are valid: from a terse dump. */
    FLOW_MORE = 1 << 9,         /* Has more targets than are told. */
    FLOW_PARTIAL = 1 << 10,     /* "offloaded:partial", of DPDK. */
};

/* What of a flow keeps it out of tc, so far as the flow itself tells (OVS's
 * lib/netdev-offload-tc.c refuses it).  The first one found counts. */
enum flow_miss {
    FLOW_MISS_NONE,             /* Nothing that is known here. */
    FLOW_MISS_ACTION_USERSPACE, /* Packets go to ovs-vswitchd. */
    FLOW_MISS_ACTION_SAMPLE,
    FLOW_MISS_ACTION_CLONE,
    FLOW_MISS_ACTION_HASH,
    FLOW_MISS_ACTION_CHECK_PKT_LEN,
    FLOW_MISS_ACTION_METER,     /* Since OVS 3.0 offloaded if tc police can. */
    FLOW_MISS_ACTION_TRUNC,
    FLOW_MISS_ACTION_LB_OUTPUT,
    FLOW_MISS_ACTION_DEC_TTL,
    FLOW_MISS_ACTION_NSH,       /* push_nsh, pop_nsh. */
    FLOW_MISS_ACTION_PUSH_ETH,  /* push_eth, pop_eth. */
    FLOW_MISS_ACTION_SET,       /* set() of what tc cannot rewrite. */
    FLOW_MISS_ACTION_CT,        /* ct() with what tc cannot do: a helper, a
                                 * timeout policy, ... */
    FLOW_MISS_ACTION_OTHER,     /* An action that is not known here. */
    FLOW_MISS_MATCH_DP_HASH,
    FLOW_MISS_MATCH_PRIORITY,   /* skb_priority, skb_mark. */
    FLOW_MISS_MATCH_CT,         /* ct_state bits that flower cannot match. */
    FLOW_MISS_MATCH_NSH,
    FLOW_MISS_MATCH_ND,         /* Neighbour discovery. */
    FLOW_MISS_MATCH_TUNNEL,     /* Tunnel flags or options. */
    FLOW_MISS_MATCH_ICMP,
    FLOW_MISS_MATCH_OTHER,      /* A match that is not known here. */
    FLOW_N_MISSES
};

/* "action sample", "match dp_hash"; NULL for FLOW_MISS_NONE. */
const char *flow_miss_to_string(enum flow_miss);

/* A ufid as OVS prints it, "01234567-89ab-cdef-0123-456789abcdef", in
 * FLOW_UFID_STRLEN bytes with the null byte; and back, also with "ufid:" in
 * front.  Both return whether, or what, they did: the former 'buf'. */
#define FLOW_UFID_STRLEN 37
char *flow_ufid_to_string(const uint8_t ufid[FLOW_UFID_LEN], char *buf);
bool flow_ufid_from_string(const char *, uint8_t ufid[FLOW_UFID_LEN]);

/* A record points into itself: it is not copied by assignment. */
struct flow_record {
    uint8_t ufid[FLOW_UFID_LEN]; /* In the order in which OVS prints it. */
    uint32_t dev;               /* Sender: ifindex; on a shared block the
                                 * block's number, which ovs-vswitchd makes
                                 * the ifindex of the bond.  Of a flow in the
                                 * OVS datapath the number of the datapath
                                 * port, until the reader maps it.  In text an
                                 * interned name. */
    uint32_t recirc_id;         /* In tc the chain.  0: packets as received. */
    uint32_t handle;            /* With 'prio', 'recirc_id': tc's key. */
    uint32_t key_hash;          /* Of the match, as far as it is asked for;
                                 * else 0. */
    uint32_t last_used;         /* Milliseconds since its last packet;
                                 * UINT32_MAX if it had none, or that is not
                                 * known. */
    uint16_t flags;             /* FLOW_*. */
    uint16_t prio;              /* tc's priority. */
    uint16_t zone;              /* Of its first ct action. */
    uint8_t mac[6];             /* Destination MAC, if matched in full. */
    uint8_t miss;               /* 'enum flow_miss'. */
    uint8_t n_targets;          /* Number of 'targets'. */
    uint64_t packets, bytes;    /* Hardware and software. */
    uint64_t hw_packets, hw_bytes; /* Hardware's part of those. */
    size_t n_outputs;           /* Number of 'outputs'. */
    const uint32_t *outputs;    /* Receivers, numbered as 'dev', with those in
                                 * nested actions, maybe some twice;
                                 * 'inline_outputs', or memory of the parser
                                 * that is valid until its next record. */
    uint32_t targets[FLOW_MAX_TARGETS]; /* recirc_ids (chains) that it leads
                                         * to. */
    uint32_t inline_outputs[FLOW_INLINE_OUTPUTS];
};

#endif /* netlink/flow-record.h */
