/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_TABLE_PRIVATE_H
#define CONTROLLER_FLOW_TABLE_PRIVATE_H 1

/* What the files of the flow table share.
 *
 *   table.c     flows: put, refresh, delete
 *   gone.c      delete, of many
 *   store.c     where they are
 *   quick.c     shortcuts for what most flows need
 *   reading.c   what readings of counters mean
 *   view.c      what is told of one flow
 *   chain.c     chains, what leads to what, path states
 *   edge.c      what leads from chain to chain, and lists of guesses
 *   closure.c   closures of chains that lead on to others
 *   party.c     senders, receivers
 *   sums.c      what is counted for these
 *   shortfall.c what is not in hardware
 *   past.c      counters of flows that were deleted or started anew
 *   sweep.c     mark, sweep, purge
 *   recompute.c what all that should be, from the flows alone
 *   check.c     comparing with that
 *   inline.h    what is so short, or so often needed, that it is no call
 *
 * A million flows take about 94 bytes each, with a third of a chain each.  So
 * elements are named by 32-bit numbers, what few have is in side tables, and
 * counters of chains are small until they overflow. */

#include "controller/flow-table/slab.h"
#include "controller/flow-table/table.h"
#include "util.h"

/* Flows. */

/* What each reading looks at: one cache line. */
struct ft_flow {
    uint8_t ufid[FLOW_UFID_LEN]; /* Key. */
    struct flow_traffic hw;     /* Of 'total', hardware's part.  Neither it
                                 * nor the rest of 'total' ever decreases. */
    struct flow_traffic total;  /* All that it handled. */
    uint32_t chain;             /* Node that it is in; FLOW_NONE: this is no
                                 * flow, and 'target' the next such. */
    uint32_t target;            /* Node that it leads to, or FLOW_NONE. */
    uint32_t receiver;          /* Receiver by its outputs, or FLOW_NONE; if
                                 * FT_LISTED its 'struct ft_guess'. */
    uint32_t last_used;         /* In units of FT_TICK since the table's
                                 * epoch, 0 for never. */
};

/* The rest that readings look at. */
struct ft_state {
    uint16_t flags;             /* FT_PUBLIC and FT_*. */
    uint8_t miss_gen;           /* 'enum flow_miss', and FT_GEN_SHIFT up the
                                 * generation in its sender and source. */
    uint8_t percent;            /* 'hw_percent', FT_NO_PERCENT for -1. */
};

#define FT_TICK 100             /* Unit of times of flows, in ms. */
#define FT_MISS_MASK 0x1f
#define FT_GEN_SHIFT 5
#define FT_N_GENS 8
#define FT_NO_PERCENT 0xff

/* Flags of flow_record that are kept as they are. */
#define FT_PUBLIC (FLOW_IN_HW | FLOW_KERNEL | FLOW_DECAP | FLOW_DROP \
                   | FLOW_EGRESS_SIDE | FLOW_ON_BLOCK | FLOW_PARTIAL)
enum {
    FT_LAST_SW = 1 << 4,        /* Did the last reading that differed count
                                 * packets in software only? */
    FT_BASED = 1 << 5,          /* Has a 'struct ft_base'? */
    FT_LISTED = 1 << 8,         /* In its target's list of flows that have a
                                 * guessed receiver. */
    FT_GUESSING = 1 << 9,       /* And is it counted for that now? */
    FT_FIRST = 1 << 11,         /* Of recirc_id 0. */
    FT_AGE_SHIFT = 14,          /* Purge number of its chain, 2 bits, see
                                 * FT_NODE_AGE_SHIFT. */
    FT_AGE_MASK = 3 << FT_AGE_SHIFT,
};

/* Flows are allocated in chunks of so many. */
#define FT_CHUNK_SHIFT 15
#define FT_CHUNK_FLOWS (1 << FT_CHUNK_SHIFT)

/* Each array is a multiple of the page size. */
struct ft_slots {
    struct ft_flow flows[FT_CHUNK_FLOWS];
    struct ft_state states[FT_CHUNK_FLOWS];
    uint32_t handles[FT_CHUNK_FLOWS]; /* Of tc, with: */
    uint16_t prios[FT_CHUNK_FLOWS]; /* Priorities. */
};

struct ft_chunk {
    struct ft_slots *slots;     /* The flows. */
    uint16_t *keys;             /* Key hashes if any is known, else NULL. */
};

/* What a flow that is FT_LISTED has. */
struct ft_guess {
    uint32_t receiver;          /* Receiver by guess. */
    uint32_t prev, next;        /* Flows with its target, or FLOW_NONE. */
};

/* Counters that started anew: what they had before. */
struct ft_base {
    uint32_t flow;              /* Key. */
    struct flow_traffic hw, total; /* To be added to readings. */
};

/* Chains. */

/* Classes of flows. */
enum ft_class {
    FT_CLASS_HW,                /* In hardware. */
    FT_CLASS_HW_BUT_SW,         /* Says so, but FT_LAST_SW. */
    FT_CLASS_SW,                /* Not in hardware. */
    FT_N_CLASSES
};

/* What is in a closure. */
enum {
    FT_HAS_HW = 1 << FT_CLASS_HW,
    FT_HAS_HW_BUT_SW = 1 << FT_CLASS_HW_BUT_SW,
    FT_HAS_SW = 1 << FT_CLASS_SW,
    FT_HAS_OUTPUT = 1 << 3,     /* A flow with outputs. */
    FT_HAS_EMPTY = 1 << 4,      /* A chain without flows, or FLOW_MORE. */
    FT_ALL_HAS = (1 << 5) - 1
};

/* Counters of a node. */
enum {
    FT_IN = 0,                  /* Flows in it, by class. */
    FT_OUT = FT_N_CLASSES,      /* Flows in it that have outputs. */
    FT_FROM,                    /* Flows of recirc_id 0 with it as target, by
                                 * class. */
    FT_N_COUNTERS = FT_FROM + FT_N_CLASSES
};

/* A chain; or a set of several to which a flow leads.  It is there as long as
 * flows are in it or lead to it.  Nothing leads to recirc_id 0. */
struct ft_node {
    uint32_t dev;               /* Key, with: */
    uint32_t id;                /* recirc_id, or number of a 'struct
                                 * ft_set'. */
    uint32_t side;              /* Its 'struct ft_side', or FLOW_NONE; or if
                                 * FT_NODE_LISTS that has only 'listed': what
                                 * that would be. */
    uint16_t flags;             /* FT_NODE_*. */
    uint8_t has;                /* FT_HAS_* of its closure. */
    uint8_t n[FT_N_COUNTERS];   /* Counters, unless FT_NODE_WIDE. */
};
enum {
    FT_NODE_USED = 1 << 0,      /* Not free. */
    FT_NODE_SET = 1 << 1,       /* A set. */
    FT_NODE_WIDE = 1 << 2,      /* Counters are in 'side'. */
    FT_NODE_PURGING = 1 << 3,   /* Of tc flows in it, those of an age from the
                                 * oldest up to but without the present one
                                 * are to be removed. */
    FT_NODE_AGE_SHIFT = 4,      /* Present age, 2 bits. */
    FT_NODE_AGE_MASK = 3 << FT_NODE_AGE_SHIFT,
    FT_NODE_OLDEST_SHIFT = 6,   /* Oldest age, 2 bits. */
    FT_NODE_OLDEST_MASK = 3 << FT_NODE_OLDEST_SHIFT,
    FT_NODE_LISTS = 1 << 8,     /* See 'side'. */
};

/* What only some nodes have.  Links of queues are FLOW_NONE at the end. */
struct ft_side {
    uint32_t node;              /* Whose it is. */
    uint32_t out, in;           /* First edge from and to it. */
    uint32_t listed;            /* First flow that is FT_LISTED. */
    uint32_t wide;              /* Element of 'wides', or FLOW_NONE. */
    uint32_t dirty_next;        /* Links in table's queues. */
    uint32_t stale_next;
    uint32_t work_next;
    uint32_t guess_next;
    uint8_t queued;             /* FT_QUEUED_*. */
    uint8_t has;                /* 'has' while it is being computed. */
};
enum {
    FT_QUEUED_DIRTY = 1 << 0,
    FT_QUEUED_STALE = 1 << 1,
    FT_QUEUED_WORK = 1 << 2,
    FT_QUEUED_GUESS = 1 << 3,
};

/* Counters of a node with many flows. */
struct ft_wide {
    uint32_t n[FT_N_COUNTERS];
};

/* Targets of a flow that has several, or FLOW_MORE. */
struct ft_set {
    uint32_t n;                 /* Number of 'targets'. */
    bool more;                  /* FLOW_MORE. */
    uint32_t targets[FLOW_MAX_TARGETS]; /* recirc_ids: sorted, distinct, not
                                         * 0. */
};

/* Flows of a later chain, or a set, that lead to a chain or set. */
struct ft_edge {
    uint32_t from, to;          /* Nodes. */
    uint32_t n;                 /* Number of flows. */
    uint32_t out_prev, out_next; /* Others of 'from'. */
    uint32_t in_prev, in_next;  /* Others of 'to'. */
};

/* A queue of 'struct ft_side's. */
struct ft_queue {
    uint32_t first, last;       /* FLOW_NONE if it is empty. */
};

/* Chains, and receivers, that are remembered so that they need not be found
 * again. */
#define FT_RECENT 64
#define FT_RECENT_RECEIVERS 256

/* Phases of computing closures, see closure.c. */
enum ft_phase {
    FT_COLLECT,
    FT_INIT,
    FT_SPREAD,
    FT_PUBLISH
};

struct ft_graph {
    struct flow_slab nodes;     /* 'struct ft_node's. */
    struct flow_slab sides;     /* 'struct ft_side's. */
    struct flow_slab wides;     /* 'struct ft_wide's. */
    struct flow_slab sets;      /* 'struct ft_set's. */
    struct flow_slab edges;     /* 'struct ft_edge's. */
    struct flow_slab guesses;   /* 'struct ft_guess's. */
    struct flow_index node_index; /* Nodes by what they are. */
    struct flow_index edge_index; /* Edges by their ends. */
    uint8_t paths[FT_ALL_HAS + 1]; /* 'enum flow_path' by FT_HAS_*. */
    uint32_t recent[FT_RECENT]; /* Chains that were found lately, by
                                 * ft_recent_slot(), or FLOW_NONE. */
    struct ft_queue dirty;      /* Closures may have changed. */
    struct ft_queue stale;      /* Closures are being computed. */
    struct ft_queue work;       /* 'has' grew and is to be spread. */
    struct ft_queue guess;      /* FT_GUESSING of flows may be wrong. */
    enum ft_phase phase;        /* What is being done. */
    uint32_t node;              /* In 'stale': where that is. */
    uint32_t edge;              /* And at which edge, FLOW_NONE at the end. */
    bool edge_valid;            /* Is 'edge' to be gone on from? */
    uint32_t listed;            /* Next flow to look at, of the first node in
                                 * 'guess', likewise. */
    bool listed_valid;
};

/* Sums. */

/* Flows of one source of a sender by generation. */
struct ft_gens {
    uint64_t total;             /* Number of all. */
    uint32_t n[FT_N_GENS];      /* Number of those of each. */
    uint8_t fresh;              /* Which one is not in doubt. */
    uint8_t doomed;             /* Bits of those that are to be removed. */
};

struct ft_sender {
    struct flow_sender pub;     /* What is handed out. */
    struct ft_gens gens[2];     /* Of tc, and of the OVS datapath. */
    struct flow_passed mark;    /* 'pub.passed' as of the last tick. */
    bool used;                  /* Not free. */
};

struct ft_receiver {
    struct flow_receiver pub;   /* What is handed out. */
    uint32_t dev;               /* 'pub.devs' of FLOW_RECEIVER_DEV. */
    uint32_t refs;              /* Flows whose receiver it is. */
    struct flow_passed mark;    /* 'pub.passed' as of the last tick. */
    bool used;                  /* Not free. */
};

struct ft_shortfall {
    struct flow_shortfall pub;  /* What is handed out. */
    uint32_t receiver;          /* Number of 'pub.receiver'. */
    bool used;                  /* Not free. */
};

/* Past. */

/* A flow that was deleted. */
struct ft_past {
    uint32_t prev, next;        /* Others by time of deletion. */
    uint8_t ufid[FLOW_UFID_LEN]; /* Key. */
    uint32_t dev, recirc_id;    /* Where it was. */
    uint32_t handle;            /* For tc. */
    uint32_t last_used;         /* As in 'struct ft_flow'. */
    uint16_t key;               /* Key hash. */
    uint16_t flags;             /* Of its state. */
    bool deleted;               /* Was it seen to be deleted?  Else it was not
                                 * there any more. */
    long long int when;         /* Time of deletion, in ms. */
    struct flow_traffic hw, total; /* As of the flow. */
    struct flow_traffic base_hw, base_total; /* Its base. */
};

/* Purges. */

struct ft_purge {
    uint32_t node;              /* Chain, which stays until this is done. */
    uint8_t age;                /* Of flows put since. */
};

struct ft_purges {
    struct ft_purge *purges;    /* The purges. */
    size_t n, allocated;        /* Number of them, and of room. */
};

/* The table. */

struct flow_table {
    uint32_t key[4];            /* Random, for hashes. */
    long long int now;          /* Latest time that was given, in ms. */
    long long int epoch;        /* Tick 0, in ms; FT_TICK's multiple. */
    bool has_epoch;             /* Was it set, from the first 'now'? */

    struct ft_chunk *chunks;    /* Flows. */
    size_t n_chunks;            /* Number of 'chunks'. */
    size_t allocated_chunks;    /* Number that there is room for. */
    uint32_t n_slots;           /* Flows 0 to n_slots - 1 were in use once. */
    uint32_t free;              /* First free one of these, or FLOW_NONE. */
    uint32_t n_flows;           /* Number of flows. */
    size_t lazy_memory;         /* Bytes of 'keys'. */
    struct flow_index index;    /* Flows by ufid. */
    uint32_t next_found;        /* The flow after the one that was refreshed
                                 * last, if there is one. */

    struct ft_graph graph;      /* Chains. */

    struct flow_slab senders;   /* 'struct ft_sender's. */
    struct flow_slab receivers; /* 'struct ft_receiver's. */
    struct flow_slab shortfalls; /* 'struct ft_shortfall's. */
    struct flow_index sender_index, receiver_index, shortfall_index;
    size_t receiver_memory;     /* Bytes of sets of devices. */
    uint64_t n_of[2];           /* Number of flows of tc, and of the OVS
                                 * datapath. */
    uint32_t recent_sender;     /* Found last, or FLOW_NONE. */
    uint32_t recent_receivers[FT_RECENT_RECEIVERS]; /* Likewise, of one
                                                     * device, by 'dev'. */
    uint32_t recent_guess;      /* Likewise, FLOW_RECEIVER_GUESS. */
    uint32_t recent_shortfall;  /* Likewise. */

    struct flow_slab bases;     /* 'struct ft_base's. */
    struct flow_index base_index; /* By flow. */
    struct flow_slab pasts;     /* 'struct ft_past's. */
    struct flow_index past_index; /* By ufid. */
    uint32_t oldest_past, newest_past; /* Or FLOW_NONE. */

    uint64_t n_doomed;          /* Flows in doomed generations. */
    uint32_t sweep_at;          /* Next slot to sweep. */
    uint32_t purge_left;        /* Slots to go before 'purges' are done. */
    struct ft_purges purges;    /* Being done. */
    struct ft_purges next_purges; /* Asked for since that began. */
};

/* store.c */
void ft_store_init(struct flow_table *);
void ft_store_destroy(struct flow_table *);
size_t ft_store_memory(const struct flow_table *);
uint32_t ft_find(const struct flow_table *, const uint8_t ufid[],
                 uint64_t hash);
uint32_t ft_add_slot(struct flow_table *);
void ft_free_flow(struct flow_table *, uint32_t flow);
uint16_t ft_key(const struct flow_table *, uint32_t flow);
void ft_set_key(struct flow_table *, uint32_t flow, uint16_t key);
uint32_t ft_handle(const struct flow_table *, uint32_t flow);
uint16_t ft_prio(const struct flow_table *, uint32_t flow);
void ft_set_names(struct flow_table *, uint32_t flow,
                  const struct flow_record *);

/* table.c */
void ft_remove(struct flow_table *, uint32_t flow, uint64_t hash);

/* quick.c */
bool ft_quick_add(struct flow_table *, const struct flow_record *,
                  uint64_t hash, uint32_t slot);
bool ft_quick_update(struct flow_table *, struct ft_sender *, uint32_t flow,
                     const struct flow_record *);

/* reading.c */
void ft_set_now(struct flow_table *, long long int now);
long long int ft_from_ticks(const struct flow_table *, uint32_t ticks);
struct flow_counts ft_read_counters(struct flow_table *, uint32_t flow,
                                    const struct flow_record *, bool anew);
uint16_t ft_read_flags(struct ft_state *, const struct flow_record *,
                       const struct flow_counts *delta, bool anew);
long long int ft_read_used(struct flow_table *, struct ft_flow *,
                           const struct flow_record *,
                           const struct flow_counts *delta);

/* chain.c */
void ft_graph_init(struct flow_table *);
void ft_graph_destroy(struct flow_table *);
size_t ft_graph_memory(const struct flow_table *);
uint32_t ft_node_find(const struct flow_table *, uint32_t dev,
                      uint32_t recirc_id);
uint32_t ft_node_get(struct flow_table *, uint32_t dev, uint32_t recirc_id);
uint32_t ft_target_get(struct flow_table *, const struct flow_record *);
bool ft_target_matches(const struct flow_table *, uint32_t target,
                       const struct flow_record *);
void ft_node_put(struct flow_table *, uint32_t node);
uint32_t ft_node_n_flows(const struct flow_table *, const struct ft_node *);
void ft_chain_add(struct flow_table *, uint32_t flow);
void ft_chain_remove(struct flow_table *, uint32_t flow);
void ft_chain_reclass(struct flow_table *, uint32_t flow, uint16_t old_flags,
                      uint16_t new_flags);
bool ft_count_up_wide(struct flow_table *, uint32_t node,
                      unsigned int counter);
unsigned int ft_local(const struct flow_table *, const struct ft_node *);
size_t ft_node_targets(const struct flow_table *, uint32_t node,
                       uint32_t targets[FLOW_MAX_TARGETS], bool *more);

/* edge.c */
struct ft_side *ft_side_get(struct flow_table *, uint32_t node);
void ft_side_put(struct flow_table *, uint32_t node);
uint64_t ft_hash_edge(const void *table, uint32_t edge);
void ft_edge_add(struct flow_table *, uint32_t from, uint32_t to);
void ft_edge_remove(struct flow_table *, uint32_t from, uint32_t to);
uint32_t ft_first_listed(const struct flow_table *, const struct ft_node *);
void ft_listed_add(struct flow_table *, uint32_t flow);
void ft_listed_remove(struct flow_table *, uint32_t flow);

/* closure.c */
void ft_touch(struct flow_table *, uint32_t node);
bool ft_closure_is_busy(const struct flow_table *);
size_t ft_closure_run(struct flow_table *, size_t budget);

/* party.c */
void ft_parties_init(struct flow_table *);
void ft_parties_destroy(struct flow_table *);
size_t ft_parties_memory(const struct flow_table *);
struct ft_sender *ft_sender_find(const struct flow_table *, uint32_t dev);
struct ft_sender *ft_sender_make(struct flow_table *, uint32_t dev);
uint32_t ft_receiver_get(struct flow_table *, const struct flow_record *,
                         bool listed);

/* sums.c */
void ft_sums_count(struct flow_table *, uint32_t flow, bool remove);
void ft_sums_pass(struct flow_table *, uint32_t flow,
                  const struct flow_counts *delta, long long int used);
void ft_sums_traffic(struct flow_table *, uint32_t flow,
                     const struct flow_counts *delta, long long int used);
void ft_sums_reclass(struct flow_table *, uint32_t flow, uint16_t old_flags,
                     uint16_t new_flags);
void ft_sums_guess(struct flow_table *, uint32_t flow, bool guessing);

/* shortfall.c */
void ft_shortfall_init(struct flow_table *);
void ft_shortfall_count(struct flow_table *, uint32_t flow, bool remove);

/* past.c */
void ft_past_init(struct flow_table *);
void ft_past_destroy(struct flow_table *);
size_t ft_past_memory(const struct flow_table *);
void ft_past_add(struct flow_table *, uint32_t flow, uint64_t hash,
                 uint16_t key, bool deleted, long long int now);
bool ft_past_has(const struct flow_table *, const uint8_t ufid[],
                 uint64_t hash);
void ft_past_take(struct flow_table *, uint32_t flow, uint64_t hash,
                  const struct flow_record *, long long int now);
void ft_past_expire(struct flow_table *, long long int now);
struct ft_base *ft_base_find(const struct flow_table *, uint32_t flow);
struct ft_base *ft_base_get(struct flow_table *, uint32_t flow);
void ft_base_remove(struct flow_table *, uint32_t flow);
uint16_t ft_fold_key(uint32_t key_hash);

/* sweep.c */
void ft_gen_add(struct flow_table *, struct ft_sender *, uint32_t flow);
void ft_gen_remove(struct flow_table *, struct ft_sender *, uint32_t flow);
void ft_gen_renew(struct flow_table *, struct ft_sender *, uint32_t flow);
size_t ft_sweep_run(struct flow_table *, size_t budget, long long int now);

#include "controller/flow-table/inline.h"

#endif /* controller/flow-table/private.h */
