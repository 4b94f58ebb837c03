/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_TABLE_H
#define CONTROLLER_FLOW_TABLE_H 1

/* All datapath flows of a node, and who sent and received what they count.
 *
 * The table is pure: it does no I/O, knows no clock but the 'now' it is given,
 * and knows devices by number only.  Which interface, and which pod, a device
 * is, the reader of the results joins.  Everything is kept up as flows come
 * and go, so that results can be read at a cost that does not depend on the
 * number of flows.
 *
 * Two ledgers, so that nothing counts twice:
 *
 *   - Egress: each flow of recirc_id 0 is counted for its sender, the device
 *     that it is on.  A flow of a later recirc_id (chain) without outputs is
 *     counted there as a flow, but not its packets: these are the packets of a
 *     flow of recirc_id 0 once more.
 *
 *   - Ingress: each flow with outputs, of whatever recirc_id, is counted for
 *     its receiver: a device, or a set of several.  So is a flow of recirc_id
 *     0 that takes packets out of a tunnel and leads to later chains of which
 *     no flow has an output: its receiver then is a guess, made from ct zone
 *     and destination MAC, which the reader resolves.
 *
 * Chains.  Packets that a flow hands to recirc_id R are matched by the flows
 * of R on the same device, in tc or in the OVS datapath.  The closure of a
 * flow of recirc_id 0 is itself and all flows that its packets may meet; from
 * it comes the flow's path state.
 *
 * Counters.  The kernel's readings of one flow may start anew (a flow that is
 * changed is deleted and added) and the table then goes on from where it was:
 * what it tells of a flow never decreases.  A flow is the same if ufid,
 * device, recirc_id and, where both are known and of one source, 'key_hash'
 * are. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/flow-record.h"

struct ds;
struct flow_table;

/* Largest 'n' of flow_table_put() and flow_table_refresh(). */
#define FLOW_BATCH 32

/* How long counters of a deleted flow are kept for its return, in ms, and of
 * how many flows at most. */
#define FLOW_RETURN_MS 10000
#define FLOW_RETURN_MAX 65536

struct flow_traffic {
    uint64_t packets;           /* Number of packets. */
    uint64_t bytes;             /* As the kernel counts: in hardware with the
                                 * Ethernet header, in software without. */
};

struct flow_counts {
    uint64_t flows;             /* Number of flows. */
    uint64_t offloaded;         /* Those of them that are in hardware. */
    struct flow_traffic hw;     /* What hardware handled. */
    struct flow_traffic sw;     /* What software handled. */
};

/* What passed, as counted since the table was made, whether or not the flows
 * are still there: grows only. */
struct flow_passed {
    struct flow_traffic hw;     /* In hardware. */
    struct flow_traffic sw;     /* In software. */
    long long int last_used;    /* 'now' of the latest sign of a packet, 0 if
                                 * there was none. */
};

/* Path state of a flow of recirc_id 0: which members of its closure are in
 * hardware. */
enum flow_path {
    FLOW_PATH_FULL,             /* All. */
    FLOW_PATH_FULL_BUT_SW,      /* All say so, but the last packets of some
                                 * were counted in software only. */
    FLOW_PATH_PARTIAL,          /* Some. */
    FLOW_PATH_NONE,             /* None. */
    FLOW_PATH_UNKNOWN,          /* A chain that it leads to has no flow, or not
                                 * all that it leads to is known; and what is
                                 * known does not make it FLOW_PATH_PARTIAL. */
    FLOW_N_PATHS
};
const char *flow_path_to_string(enum flow_path); /* "full-but-software". */

struct flow_table *flow_table_create(void);
void flow_table_destroy(struct flow_table *);

/* Flows. */

/* Adds the 'n' flows 'records', at most FLOW_BATCH, or replaces those that
 * have their ufids.  'now' is in ms. */
void flow_table_put(struct flow_table *,
                    const struct flow_record *const *records, size_t n,
                    long long int now);

/* Takes over counters and FLOW_IN_HW of the 'n' flows 'records', at most
 * FLOW_BATCH, which may be FLOW_TERSE; 'dev' and 'recirc_id' of those that are
 * FLOW_KERNEL too do not matter.  Returns how many of them the table does not
 * have, or not from that source. */
size_t flow_table_refresh(struct flow_table *,
                          const struct flow_record *const *records, size_t n,
                          long long int now);

/* Removes the flow 'ufid' if it is of that source: 'kernel' tells FLOW_KERNEL.
 * (Of a flow that moves from tc to the OVS datapath or back, the two sources
 * may tell in either order.)  'last' has its final counters and key_hash, or
 * is NULL.  Returns whether it was there. */
bool flow_table_delete(struct flow_table *, const uint8_t ufid[FLOW_UFID_LEN],
                       bool kernel, const struct flow_record *last,
                       long long int now);
/* The same for those of the 'n' flows 'records', at most FLOW_BATCH, that are
 * there; these have their final counters. */
void flow_table_delete_batch(struct flow_table *,
                             const struct flow_record *const *records,
                             size_t n, long long int now);

/* Dumps and removals of many.  flow_table_mark() makes all flows of a source
 * doubtful ('dev' is one device's number, or 0 for all devices); each that is
 * then put or refreshed is no longer.  flow_table_sweep() removes those that
 * still are; mark and sweep with nothing in between thus removes all.
 * flow_table_purge_chain() removes the tc filters of one chain.  Sweeping is
 * work of flow_table_run(); what is put meanwhile stays. */
void flow_table_mark(struct flow_table *, bool kernel, uint32_t dev);
void flow_table_sweep(struct flow_table *, bool kernel, uint32_t dev);
void flow_table_purge_chain(struct flow_table *, uint32_t dev,
                            uint32_t recirc_id);

/* Does work that was put off, at most about 'budget' flows' worth.  Returns
 * whether some is left.  Everything else here is bounded by the size of its
 * arguments, not by that of the table. */
bool flow_table_run(struct flow_table *, size_t budget, long long int now);

/* Results. */

size_t flow_table_count(const struct flow_table *);
/* Flows of a source on 'dev', 0 for all. */
size_t flow_table_count_of(const struct flow_table *, bool kernel,
                           uint32_t dev);
/* Bytes of memory that the table holds. */
size_t flow_table_memory(const struct flow_table *);

/* What is counted for a sender.  Stays as long as the table if 'dev' had a
 * flow ever, until flow_table_forget(). */
struct flow_sender {
    uint32_t dev;               /* Which device. */
    struct flow_counts egress;  /* Of its flows. */
    struct flow_passed passed;  /* Of flows of recirc_id 0. */
    struct flow_passed recent;  /* Of that, what passed between the last two
                                 * calls of flow_table_tick(). */
    uint64_t paths[FLOW_N_PATHS]; /* Number of its flows of recirc_id 0 by path
                                   * state. */
};
/* Walks over senders in no order: '*cursor' starts at 0.  NULL at the end. */
const struct flow_sender *flow_table_next_sender(const struct flow_table *,
                                                 size_t *cursor);
const struct flow_sender *flow_table_find_sender(const struct flow_table *,
                                                 uint32_t dev);

enum flow_receiver_type {
    FLOW_RECEIVER_DEV,          /* One device. */
    FLOW_RECEIVER_MULTI,        /* Several devices. */
    FLOW_RECEIVER_GUESS,        /* Whoever has 'zone', or else 'mac'. */
};
struct flow_receiver {
    enum flow_receiver_type type;
    size_t n_devs;              /* Number of 'devs'. */
    const uint32_t *devs;       /* Distinct, sorted; for the first two. */
    bool has_zone, has_mac;     /* Are these valid? */
    uint16_t zone;              /* ct zone. */
    uint8_t mac[6];             /* Destination MAC. */
    struct flow_counts ingress; /* Of the flows that it receives from. */
    struct flow_passed passed;  /* Of these. */
    struct flow_passed recent;  /* As of a sender. */
};
const struct flow_receiver *flow_table_next_receiver(const struct flow_table *,
                                                     size_t *cursor);

/* Flows that are not in hardware, counted by what a reason depends on. */
struct flow_shortfall {
    uint32_t dev;               /* Sender. */
    const struct flow_receiver *receiver; /* Or NULL: no outputs. */
    bool kernel;                /* FLOW_KERNEL: not in tc. */
    bool first;                 /* Of recirc_id 0. */
    enum flow_miss miss;        /* As in the records. */
    uint64_t flows;             /* How many, at least 1. */
};
const struct flow_shortfall *
flow_table_next_shortfall(const struct flow_table *, size_t *cursor);

/* Ends the period of which 'recent' is, and begins the next: to be called when
 * all counters have been read.  Takes time in proportion to senders and
 * receivers. */
void flow_table_tick(struct flow_table *);

/* Drops senders and receivers that have no flow and whose devices 'keep' does
 * not want: what passed through them is forgotten.  What passed to several
 * devices together, and has no flow any more, is from then on told as passed
 * to each of them.  Takes time in proportion to senders and receivers. */
void flow_table_forget(struct flow_table *,
                       bool (*keep)(void *aux, uint32_t dev), void *aux);

/* One flow, as it is now. */
struct flow_view {
    uint8_t ufid[FLOW_UFID_LEN];
    uint32_t dev;               /* Sender. */
    uint32_t recirc_id;         /* Chain. */
    uint32_t handle;            /* For tc. */
    uint16_t prio;              /* For tc. */
    uint16_t flags;             /* FLOW_*, without HAS_* and MORE. */
    enum flow_miss miss;
    size_t n_targets;           /* Number of 'targets'. */
    uint32_t targets[FLOW_MAX_TARGETS]; /* recirc_ids. */
    const struct flow_receiver *receiver; /* Or NULL: no outputs, no guess. */
    struct flow_traffic hw, sw; /* Counters, going on from earlier lives. */
    int hw_percent;             /* Share of hardware in the packets between the
                                 * last two readings that differed; -1 if no
                                 * packet was seen. */
    long long int last_used;    /* As 'now', 0 for never. */
    enum flow_path path;        /* Of recirc_id 0: of its closure; later: of
                                 * the closure from there on. */
};
bool flow_table_find(const struct flow_table *, const uint8_t ufid[],
                     struct flow_view *);
/* Walks over all flows, '*cursor' from 0; flows may come and go meanwhile. */
bool flow_table_next(const struct flow_table *, size_t *cursor,
                     struct flow_view *);

/* Computes everything anew from the flows alone, by other means, and compares.
 * Returns true if all agrees; else appends what does not to 'errors'.  Takes
 * time in proportion to the number of flows. */
bool flow_table_check(const struct flow_table *, struct ds *errors);

#endif /* controller/flow-table/table.h */
