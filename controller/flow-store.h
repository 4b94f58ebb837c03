/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_STORE_H
#define CONTROLLER_FLOW_STORE_H 1

/* The flows of a ledger, and how they lead from chain to chain.
 *
 * Flows are found by ufid, chains by where they are.  A chain is there as long
 * as a flow is in it or leads to it.  "goto chain X" leads to chain X of the
 * same part: device and direction, or block. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/flow-ledger.h"
#include "netlink/tc.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"

/* The filters of one chain of one part, and those that lead to it. */
struct flow_chain {
    struct hmap_node node;      /* In store's 'chains'. */
    struct tc_part part;        /* Key, with 'id'. */
    uint32_t id;                /* Number of the chain. */
    struct ovs_list flows;      /* 'struct flow's in it, by 'chain_node'. */
    struct ovs_list sources;    /* 'struct flow's with "goto chain" to it, by
                                 * 'target_node'. */
    size_t n_refs;              /* Number of flows whose 'chain', plus those
                                 * whose 'target', this is. */
    size_t n_outputting;        /* Number of 'flows' that have outputs. */
    bool leads_out;             /* Has it, or a chain that can be reached from
                                 * it, a flow with outputs? */
    struct ovs_list work_node;  /* In flow_store_find_ways_out(). */
};

struct flow {
    struct hmap_node node;      /* In store's 'flows', by hash of 'ufid'. */
    uint8_t ufid[16];           /* Key. */
    struct flow_chain *chain;   /* The one that it is in. */
    struct ovs_list chain_node; /* In 'chain->flows'. */
    struct flow_chain *target;  /* Where it sends packets on to, or NULL. */
    struct ovs_list target_node; /* In 'target->sources' if there is one. */
    bool offloaded;             /* In hardware? */
    bool decap;                 /* Takes packets out of a tunnel? */
    bool delivered;             /* Is it in the ingress ledger?  As of the last
                                 * flow_ledger_compute(). */
    bool has_zone;              /* Is 'zone' valid? */
    bool has_mac;               /* Is 'mac' valid? */
    uint16_t zone;              /* ct zone. */
    uint64_t mac;               /* Destination MAC. */
    struct flow_traffic hw, sw; /* Counters. */
    size_t n_outputs;           /* Number of 'outputs'. */
    int outputs[];              /* Their ifindexes, maybe some twice. */
};

struct flow_store {
    struct hmap flows;          /* 'struct flow's by ufid. */
    struct hmap chains;         /* 'struct flow_chain's by part and number. */
};

void flow_store_init(struct flow_store *);
void flow_store_destroy(struct flow_store *);

/* Adds a flow, or replaces the one with its ufid. */
void flow_store_add(struct flow_store *, const struct flow_record *);

/* Removes all flows of 'part'. */
void flow_store_purge(struct flow_store *, const struct tc_part *part);

/* Sets 'leads_out' of all chains. */
void flow_store_find_ways_out(struct flow_store *);

#endif /* controller/flow-store.h */
