/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_COMMON_H
#define NETLINK_TC_COMMON_H 1

/* What the dump, the monitor and the request for one filter share.  For
 * netlink/tc-*.c only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/tc.h"

struct tcmsg;

/* Parents of filters on ingress and egress of a clsact qdisc; TC_H_CLSACT is
 * the ingress qdisc too. */
#define TC_PARENT_INGRESS 0xfffffff2
#define TC_PARENT_EGRESS 0xfffffff3

/* Sides of a qdisc. */
#define TC_MAX_SIDES 2

/* What an ingress or clsact qdisc has. */
struct tc_qdisc {
    int ifindex;                /* Device. */
    size_t n_parts;             /* 0 if it is another qdisc. */
    struct tc_part parts[TC_MAX_SIDES]; /* Where its filters are. */
};

/* Parses an RTM_NEWQDISC or RTM_DELQDISC message, all of which may be read.
 * Returns false if it is malformed. */
bool tc_qdisc_parse(const struct nlmsghdr *, struct tc_qdisc *);

/* Finds the fixed part, in '*tcm', and the number of the chain of 'nlh', a
 * message about a filter or chain, all of which may be read.  Returns false if
 * it is malformed. */
bool tc_chain_parse(const struct nlmsghdr *nlh, const struct tcmsg **tcm,
                    uint32_t *chain);

/* Sorts the 'n' 'parts' and leaves one of those that are the same.  Returns
 * how many are left. */
size_t tc_parts_unique(struct tc_part *parts, size_t n);

/* Opens a socket that only the kernel can send to, and stores its address
 * into '*portid'.  Returns it or a negative errno. */
int tc_socket_open(uint32_t *portid);

/* Microseconds of a clock that only goes on. */
uint64_t tc_now_us(void);

/* Records that wait to be told together. */
struct tc_batch {
    size_t n;                   /* Number of both. */
    const struct flow_record *flows[TC_BATCH]; /* Addresses of 'records'. */
    struct flow_record records[TC_BATCH]; /* Parsed in place. */
};

void tc_batch_init(struct tc_batch *);

/* The record to parse into next.  It is in the batch once tc_batch_add() is
 * called, until 'n' is set to 0.  Neither is for a full batch. */
static inline struct flow_record *
tc_batch_next(struct tc_batch *batch)
{
    return &batch->records[batch->n];
}

static inline void
tc_batch_add(struct tc_batch *batch)
{
    batch->n++;
}

static inline bool
tc_batch_is_full(const struct tc_batch *batch)
{
    return batch->n >= TC_BATCH;
}

#endif /* netlink/tc-common.h */
