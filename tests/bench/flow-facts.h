/* SPDX-License-Identifier: Apache-2.0 */

#ifndef BENCH_FLOW_FACTS_H
#define BENCH_FLOW_FACTS_H 1

/* What a program that reads tc filters has to know of each in the end so that
 * it could attribute them, whoever parses: the peers keep all of this, in the
 * table here or in one of their own.  And the check that all of them know the
 * same. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"

#define FACTS_UFID_LEN 16
#define FACTS_MAX_OUTPUTS 32    /* TCA_ACT_MAX_PRIO. */
#define FACTS_NEVER UINT32_MAX  /* 'idle' of what had no packet. */

struct flow_facts {
    uint8_t ufid[FACTS_UFID_LEN]; /* As in the cookie. */
    uint64_t packets, bytes;    /* Hardware and software. */
    uint64_t hw_packets, hw_bytes; /* Hardware's part. */
    uint32_t dev;               /* Sender's ifindex. */
    uint32_t chain;
    uint32_t handle;
    uint32_t target;            /* Chain that it leads to, if 'jumps'. */
    uint32_t idle;              /* Milliseconds since its last packet. */
    uint16_t prio;
    uint16_t zone;              /* Of ct, if 'has_zone'. */
    uint8_t mac[6];             /* Destination MAC, if 'has_mac'. */
    bool in_hw, jumps, drop, decap, has_zone, has_mac;
    size_t n_outputs;           /* Number of 'outputs'. */
    uint32_t *outputs;          /* Receivers' ifindexes. */
};

/* Makes all zero but 'outputs', which are to be stored in the
 * FACTS_MAX_OUTPUTS elements of 'outputs'. */
void facts_init(struct flow_facts *, uint32_t *outputs);

/* Takes over what one action's counters say: all count the same packets. */
void facts_count(struct flow_facts *, uint64_t packets, uint64_t bytes,
                 bool hw);

/* Table.  Flows by ufid in an hmap of libopenvswitch's, one allocated record
 * each; it grows as they come. */

struct facts_flow {
    struct hmap_node node;      /* By the start of the ufid, a hash itself. */
    struct flow_facts facts;    /* Its 'outputs' are those that follow. */
    uint32_t outputs[];
};

/* Adds a copy of '*facts', or replaces that with its ufid. */
void facts_table_put(struct hmap *, const struct flow_facts *facts);
/* Takes over counters and 'in_hw', if there is a flow with that ufid. */
void facts_table_refresh(struct hmap *, const struct flow_facts *);
void facts_table_delete(struct hmap *, const uint8_t ufid[FACTS_UFID_LEN]);
void facts_table_destroy(struct hmap *);

/* Check. */

#define FACTS_MAX_DEVS 4096     /* Least ifindex that there may not be. */

struct facts_dev {
    uint64_t flows, packets, bytes;
};

struct facts_sums {
    uint64_t flows, packets, bytes, hw_packets, hw_bytes; /* Sums. */
    uint64_t in_hw, jumps, drops, decaps, zones, macs; /* Numbers of flows. */
    uint64_t used;              /* Number of those that had a packet. */
    uint64_t idle;              /* Sum of theirs. */
    uint64_t paths;             /* Sum of hashes of each flow's ufid, key,
                                 * target, outputs, counters. */
    uint64_t heads;             /* Of its ufid, zone, MAC. */
    struct facts_dev senders[FACTS_MAX_DEVS]; /* By ifindex. */
    struct facts_dev receivers[FACTS_MAX_DEVS];
};

void facts_sums_add(struct facts_sums *, const struct flow_facts *);
void facts_sums_add_table(struct facts_sums *, const struct hmap *);

/* Prints the members of an object of JSON, without its braces; senders and
 * receivers become a hash each.  'heads': with 'zones', 'macs', 'heads',
 * too. */
void facts_sums_print(const struct facts_sums *, bool heads);

#endif /* flow-facts.h */
