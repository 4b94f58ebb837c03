/* SPDX-License-Identifier: Apache-2.0 */

#ifndef BENCH_FLOW_WALK_H
#define BENCH_FLOW_WALK_H 1

/* For comparison: tc filters read with libmnl by a walk that is tuned by hand
 * to the messages of the benchmark, into a plain hash table by ufid.  It
 * checks no sizes and takes masks to be full, and the table has its final size
 * from the start. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/flow-facts.h"

struct nlmsghdr;

#define WALK_MAX_OUTPUTS 4

/* What of a filter is of use, as in 'struct flow_record'. */
struct walk_flow {
    uint8_t ufid[16];
    uint64_t packets, bytes;
    uint64_t hw_packets, hw_bytes;
    uint32_t dev;
    uint32_t chain;
    uint32_t handle;
    uint32_t target;            /* Chain that it leads to. */
    uint32_t outputs[WALK_MAX_OUTPUTS]; /* Receivers. */
    uint32_t last_used;         /* Ticks. */
    uint16_t prio;
    uint16_t zone;
    uint8_t mac[6];             /* Destination MAC. */
    uint8_t n_outputs;
    bool in_hw, decap, drop, has_mac;
    uint32_t next;              /* In the bucket, or of the free ones; 1 more
                                 * than its number, 0 at the end. */
};

struct walk_table {
    struct walk_flow *flows;     /* 'max' elements. */
    uint32_t *buckets;          /* First flows, likewise. */
    size_t mask;                /* Number of buckets less 1. */
    size_t max;
    size_t n;                   /* Number of flows. */
    uint32_t free;              /* First free one. */
};

void walk_table_init(struct walk_table *, size_t max);
void walk_table_destroy(struct walk_table *);

/* Fills in '*flow' from an RTM_NEWTFILTER or RTM_DELTFILTER message.  Returns
 * false if that is no filter of Open vSwitch's. */
bool walk_parse(const struct nlmsghdr *, struct walk_flow *flow);

void walk_table_put(struct walk_table *, const struct walk_flow *);
/* Takes over counters only. */
void walk_table_refresh(struct walk_table *, const struct walk_flow *);
void walk_table_delete(struct walk_table *, const uint8_t ufid[16]);

void walk_table_sum(const struct walk_table *, struct facts_sums *);

#endif /* flow-walk.h */
