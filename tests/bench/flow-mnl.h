/* SPDX-License-Identifier: Apache-2.0 */

#ifndef BENCH_FLOW_MNL_H
#define BENCH_FLOW_MNL_H 1

/* A peer: tc filters read with libmnl, the way its users write it, into a
 * plain hash table by ufid.  It checks no sizes, keeps no sums and no chains,
 * and the table has its final size from the start. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;

/* What of a filter is of use, as in 'struct flow_record'. */
struct mnl_flow {
    uint8_t ufid[16];
    uint64_t packets, bytes;
    uint64_t hw_packets, hw_bytes;
    uint32_t dev;
    uint32_t chain;
    uint32_t handle;
    uint32_t target;            /* Chain that it leads to. */
    uint32_t output;            /* Last receiver. */
    uint32_t last_used;         /* Ticks. */
    uint16_t prio;
    uint16_t zone;
    uint8_t mac[6];             /* Destination MAC. */
    uint8_t n_outputs;
    bool in_hw, decap, drop;
    uint32_t next;              /* In the bucket, or of the free ones; 1 more
                                 * than its number, 0 at the end. */
};

struct mnl_table {
    struct mnl_flow *flows;     /* 'max' elements. */
    uint32_t *buckets;          /* First flows, likewise. */
    size_t mask;                /* Number of buckets less 1. */
    size_t max;
    size_t n;                   /* Number of flows. */
    uint32_t free;              /* First free one. */
};

void mnl_table_init(struct mnl_table *, size_t max);
void mnl_table_destroy(struct mnl_table *);

/* Fills in '*flow' from an RTM_NEWTFILTER or RTM_DELTFILTER message.  Returns
 * false if that is no filter of Open vSwitch's. */
bool mnl_parse(const struct nlmsghdr *, struct mnl_flow *flow);

void mnl_table_put(struct mnl_table *, const struct mnl_flow *);
/* Takes over counters only. */
void mnl_table_refresh(struct mnl_table *, const struct mnl_flow *);
void mnl_table_delete(struct mnl_table *, const uint8_t ufid[16]);

/* Sums of all counters. */
void mnl_table_sum(const struct mnl_table *, uint64_t *packets,
                   uint64_t *bytes);

#endif /* flow-mnl.h */
