/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_TABLE_RECOMPUTE_H
#define CONTROLLER_FLOW_TABLE_RECOMPUTE_H 1

/* The recompute: what the table should tell, made anew from each flow's own
 * members in the plainest way.  Neither closures nor sums nor counters of the
 * table are used to make it. */

#include "controller/flow-table/private.h"
#include "openvswitch/hmap.h"

/* A chain that a flow is in or leads to. */
struct rc_chain {
    struct hmap_node node;      /* In recompute's 'chains'. */
    uint32_t dev, recirc_id;    /* Key. */
    uint64_t n[FT_N_CLASSES];   /* Flows in it. */
    uint64_t n_outputs;         /* Those with outputs. */
    unsigned int has;           /* FT_HAS_* of the closure. */
};

/* What a sender should have. */
struct rc_sender {
    struct hmap_node node;      /* In recompute's 'senders'. */
    uint32_t dev;               /* Key. */
    struct flow_counts egress;  /* As in 'struct flow_sender'. */
    uint64_t paths[FLOW_N_PATHS]; /* Likewise. */
    uint64_t n[2][FT_N_GENS];   /* Flows by source and generation. */
};

/* What a pair of nodes, or a shortfall, should have. */
struct rc_tally {
    struct hmap_node node;      /* In recompute's 'edges' or 'shortfalls'. */
    uint32_t key[3];            /* Key. */
    uint64_t n;                 /* Flows. */
};

/* What a node should have. */
struct rc_node {
    uint64_t from[FT_N_CLASSES]; /* Flows of recirc_id 0 that lead there. */
    uint64_t listed;            /* Flows that are FT_LISTED there. */
};

/* What a receiver should have. */
struct rc_receiver {
    struct flow_counts ingress; /* As in 'struct flow_receiver'. */
    uint64_t refs;              /* Flows whose receiver it is. */
};

/* All of it. */
struct recompute {
    const struct flow_table *t;
    bool settled;               /* Has that put off nothing of closures? */
    struct hmap chains;         /* struct rc_chain by 'dev', 'recirc_id'. */
    struct hmap senders;        /* struct rc_sender by 'dev'. */
    struct hmap edges;          /* struct rc_tally by two nodes. */
    struct hmap shortfalls;     /* Likewise by device, receiver and
                                 * recompute_shortfall_key(). */
    struct rc_node *nodes;      /* By node. */
    struct rc_receiver *receivers; /* By receiver. */
};

/* A flow, taken apart. */
struct rc_flow {
    uint32_t id;                /* Its number. */
    const struct ft_flow *flow;
    const struct ft_state *state;
    uint32_t dev, recirc_id;    /* Where it is. */
    enum ft_class class;
    uint32_t targets[FLOW_MAX_TARGETS]; /* Where it leads to. */
    size_t n_targets;           /* Number of these. */
    bool more;                  /* And elsewhere, too? */
    uint32_t receiver;          /* Receiver by outputs or by guess. */
    bool outputs;               /* Has it any? */
};

/* Computes the chains.  recompute_flow() adds the rest, flow by flow. */
void recompute_init(struct recompute *, const struct flow_table *);
void recompute_destroy(struct recompute *);

/* Takes the next flow apart.  '*cursor' is 0 before the first one.  Returns
 * false at the end. */
bool recompute_next(const struct recompute *, uint32_t *cursor,
                    struct rc_flow *);

/* Counts the flow wherever it counts. */
void recompute_flow(struct recompute *, const struct rc_flow *);

/* FT_HAS_* of where the flow leads to. */
unsigned int recompute_beyond(struct recompute *, const struct rc_flow *);

/* Is a flow, that leads to what 'has' these, to be counted for a receiver that
 * is a guess?  As long as closures are put off, this is what the table says
 * itself. */
bool recompute_guesses(const struct recompute *, const struct rc_flow *,
                       unsigned int has);

/* The path state of a flow that leads to what 'has' these. */
enum flow_path recompute_path(const struct rc_flow *, unsigned int has);

/* Finding, or making. */
struct rc_chain *recompute_chain(struct recompute *, uint32_t dev,
                                 uint32_t recirc_id);
struct rc_sender *recompute_sender(struct recompute *, uint32_t dev);
struct rc_tally *recompute_tally(struct hmap *, uint32_t k0, uint32_t k1,
                                 uint32_t k2);
uint32_t recompute_shortfall_key(bool kernel, bool first, unsigned int miss);

#endif /* controller/flow-table/recompute.h */
