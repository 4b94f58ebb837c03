/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_H
#define NETLINK_TC_H 1

/* tc flower filters that Open vSwitch installed, as plain records.
 *
 * Parsing is one bounds-checked walk over RTM_NEWTFILTER messages without any
 * library.  Only filters with a 16-byte action cookie (the ufid of the
 * datapath flow) are Open vSwitch's; all others are skipped. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct nlmsghdr;
struct tc_dump;

/* TCA_ACT_MAX_PRIO in linux/pkt_cls.h: the kernel takes no more actions. */
#define TC_FLOW_MAX_OUTPUTS 32

/* One output (mirred action) of a flow. */
struct tc_output {
    int ifindex;                /* Target device. */
    bool ingress;               /* Into its ingress, as for internal ports. */
};

struct tc_flow {
    uint8_t ufid[16];           /* As in ovs-dpctl's "ufid:", in that order. */
    int ifindex;                /* Device of the filter, 0 on a block. */
    uint32_t block;             /* Shared block, 0 on a device. */
    uint32_t parent;            /* TC_H_*; which qdisc and direction. */
    uint32_t chain;             /* recirc_id of the flow. */
    uint32_t handle;            /* With 'prio', 'chain': key in the kernel. */
    uint16_t prio;
    uint16_t protocol;          /* ethertype, host order. */
    bool in_hw;                 /* TCA_CLS_FLAGS_IN_HW. */
    bool not_in_hw;             /* TCA_CLS_FLAGS_NOT_IN_HW. */
    bool skip_sw;               /* TCA_CLS_FLAGS_SKIP_SW. */
    bool has_goto;              /* Is 'goto_chain' valid? */
    uint32_t goto_chain;        /* Where the last action sends packets. */
    bool drop;                  /* gact drop. */
    bool has_ct;                /* Is 'ct_zone' valid? */
    uint16_t ct_zone;           /* Zone of the first ct action. */
    bool decap;                 /* tunnel_key unset. */
    bool encap;                 /* tunnel_key set. */
    bool has_dst_mac;           /* Is 'dst_mac' matched in full? */
    uint8_t dst_mac[6];
    uint8_t n_outputs;
    struct tc_output outputs[TC_FLOW_MAX_OUTPUTS];
    uint64_t packets, bytes;    /* Hardware and software. */
    uint64_t hw_packets, hw_bytes; /* Hardware's part of those. */
    uint64_t last_used;         /* Milliseconds since its last packet, or, if
                                 * there was none, since it was installed. */
};

enum tc_parse_result {
    TC_PARSE_FLOW,              /* '*flow' is filled in. */
    TC_PARSE_NOT_OVS,           /* Another's filter, or another message. */
    TC_PARSE_MALFORMED,         /* Bounds or sizes are wrong. */
};

/* Parses 'nlh', an RTM_NEWTFILTER or RTM_DELTFILTER message of which 'len'
 * bytes may be read. */
enum tc_parse_result tc_flow_parse(const struct nlmsghdr *nlh, size_t len,
                                   struct tc_flow *flow);

/* Where filters are: on one side of a device, or on a shared block. */
struct tc_part {
    int ifindex;                /* Device, 0 on a block. */
    uint32_t block;             /* Shared block, 0 on a device. */
    uint32_t parent;            /* TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS) or
                                 * _EGRESS; 0 on a block. */
};

/* What a dump found, told when it is over. */
struct tc_dump_result {
    int error;                  /* 0 or a positive errno. */
    uint64_t n_filters;         /* Flows of Open vSwitch that were told. */
    uint64_t n_malformed;       /* Messages left out for their form. */
    uint64_t n_retries;         /* Dumps redone after an interruption. */
};

/* Receiver.  All members are required. */
struct tc_dump_callbacks {
    /* The flows of '*part' follow.  Those of it that were told before, as its
     * dump was interrupted, are void. */
    void (*begin)(void *aux, const struct tc_part *part);
    /* One flow of that part, valid only during the call.  The kernel may name
     * one twice if filters came or went meanwhile: the later one counts. */
    void (*flow)(void *aux, const struct tc_flow *);
    /* The last call; the dump is freed after it. */
    void (*done)(void *aux, const struct tc_dump_result *);
};

/* Dumps, without blocking and without more than a bounded number of messages
 * for each libevent callback, all filters on ingress and clsact egress of the
 * 'n' devices in 'ifindexes' (copied), and of the shared blocks that they are
 * members of, each block once.  A device that goes meanwhile is skipped.  The
 * dump of one part that the kernel marks as interrupted is made again.
 * Callbacks are made from 'base' only.  Returns the dump, or NULL with a
 * positive errno in '*errorp'. */
struct tc_dump *tc_dump_start(struct event_base *base, const int *ifindexes,
                              size_t n, const struct tc_dump_callbacks *,
                              void *aux, int *errorp);

/* The same on 'fd', a non-blocking socket with address 'portid' that becomes
 * the dump's: for tests that play the kernel. */
struct tc_dump *tc_dump_start_fd(struct event_base *base, int fd,
                                 uint32_t portid, const int *ifindexes,
                                 size_t n, const struct tc_dump_callbacks *,
                                 void *aux, int *errorp);

/* Ends a dump early: no more callbacks.  May be called from any of them. */
void tc_dump_cancel(struct tc_dump *);

#endif /* netlink/tc.h */
