/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_ROWS_H
#define CONTROLLER_FLOW_ROWS_H 1

/* Whose the flows are: the results of a flow table, which knows devices only,
 * joined with the interfaces of the node.  Pure, and at a cost that depends on
 * the number of interfaces and of pairs of devices, not of flows.
 *
 * Flows whose sender (receiver) is unknown are in 'unattributed', or, if it is
 * known by a device that no longer exists, in 'stale'.  Thus on either side
 * the rows, 'multi', 'unattributed' and 'stale' together equal the sum over
 * the flows, which is 'egress' ('ingress').
 *
 * The receiver of packets whose way is not known to its end is the interface
 * that owns their ct zone, else the one whose attached MAC they have.  A zone
 * or MAC that several interfaces have is nobody's. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/flow/reasons.h"
#include "controller/flow-table/table.h"

struct flow_interface;
struct smap;

struct flow_row {
    const struct flow_interface *iface; /* The caller's; NULL for a row that
                                         * stands for no interface. */
    bool resync;                /* Its flows are being read anew: paths are
                                 * not known. */
    struct flow_counts egress;  /* Sent by the interface. */
    struct flow_counts ingress; /* Received by it and by no other. */
    struct flow_counts multi;   /* Received by it and by others too: its share
                                 * in the sums' 'multi'. */
    struct flow_passed egress_passed; /* Sent, and received alone or with */
    struct flow_passed ingress_passed; /* others, so far. */
    struct flow_passed egress_recent; /* Of these, between the last two */
    struct flow_passed ingress_recent; /* readings of all counters. */
    uint64_t paths[FLOW_N_PATHS]; /* What it sent, by path state. */
    struct flow_reasons reasons; /* Of what it sent, most flows first. */
    const struct flow_receiver *joined; /* Of several devices: the one whose
                                         * share was added last. */
};

struct flow_rows {
    struct flow_row *rows;      /* One an interface, in the caller's order. */
    size_t n;                   /* Number of 'rows'. */
    struct flow_row unattributed; /* No one's flows. */
    struct flow_row stale;      /* Flows of devices that are gone. */
    struct flow_counts multi;   /* Ingress of flows with several receivers,
                                 * each flow counted once. */
    struct flow_counts egress;  /* All flows' egress. */
    struct flow_counts ingress; /* All flows' ingress. */
};

/* What rows are made from. */
struct flow_rows_args {
    const struct flow_table *table;
    const struct flow_interface *ifaces; /* The interfaces; they must outlive
                                          * the rows. */
    size_t n_ifaces;            /* Number of them. */
    const struct smap *bridge_ids; /* external_ids of the bridge, of which
                                    * ct-zone-<iface-id> are used, or NULL. */
    const struct flow_reason_env *env; /* For reasons, or NULL for none. */

    bool userspace;             /* The flows are of a userspace datapath. */
    bool offline;               /* Devices are but names, of which nothing is
                                 * known: reasons are those that the flows
                                 * themselves tell. */

    /* Index into 'ifaces' of the one that 'dev' is, or -1; NULL if 'dev' is an
     * ifindex. */
    int (*find)(void *aux, uint32_t dev);
    /* Is 'dev', which none of 'ifaces' has, a netdev of ours? */
    bool (*exists)(void *aux, uint32_t dev);
    /* Are the flows of 'dev' being read anew? */
    bool (*resync)(void *aux, uint32_t dev);
    /* What reasons depend on; the strings live as long as the call that needs
     * them.  Not called without 'env'. */
    void (*facts)(void *aux, uint32_t dev, struct flow_reason_dev *);
    void *aux;                  /* For these. */
};

/* Why the flows of a shortfall are not in hardware; 'args->env' is required.
 * flow_reason_destroy() frees '*reason'. */
void flow_rows_reason(const struct flow_rows_args *args,
                      const struct flow_shortfall *,
                      struct flow_reason *reason);

void flow_rows_init(struct flow_rows *, const struct flow_rows_args *);

/* Makes rows from 'n' tables, at least 1, which have no flow in common: counts
 * of an interface are the sums.  All args have the same interfaces and bridge;
 * the rest is of the one table. */
void flow_rows_init_many(struct flow_rows *, const struct flow_rows_args *,
                         size_t n);
void flow_rows_destroy(struct flow_rows *);

/* The same in steps, between which the tables may change: what comes, goes or
 * changes meanwhile is in the rows or not.  flow_rows_begin() makes empty rows
 * of 'n' interfaces, flow_join_run() adds what one table has for them, and
 * flow_rows_end() the sums over all. */
struct flow_owners;
enum flow_join_part {           /* Of a table. */
    FLOW_JOIN_SENDERS,
    FLOW_JOIN_RECEIVERS,
    FLOW_JOIN_SHORTFALLS,
    FLOW_JOIN_DONE,
};
struct flow_join {
    const struct flow_rows_args *args; /* The caller's. */
    struct flow_rows *rows;     /* Result. */
    const struct flow_owners *owners; /* Who has a device, zone, MAC. */
    enum flow_join_part part;   /* What is being read, and where in it;
                                 * starts with senders, */
    size_t cursor;              /* at 0. */
};
void flow_rows_begin(struct flow_rows *, const struct flow_interface *,
                     size_t n);
/* Goes through at most 'max' senders, receivers and shortfalls.  Returns true
 * once that were all. */
bool flow_join_run(struct flow_join *, size_t max);
void flow_rows_end(struct flow_rows *);

/* Finds interfaces by device, zone and MAC as the rows do: for lists of single
 * flows. */
struct flow_owners *flow_owners_create(const struct flow_interface *ifaces,
                                       size_t n,
                                       const struct smap *bridge_ids);
/* The same in steps: one that knows nothing, and interface 'index'. */
struct flow_owners *flow_owners_create_empty(void);
void flow_owners_add(struct flow_owners *, const struct flow_interface *,
                     int index, const struct smap *bridge_ids);
void flow_owners_destroy(struct flow_owners *);
/* All return an index into 'ifaces', or -1; flow_rows_find() that of a device
 * of 'args->table'. */
int flow_rows_find(const struct flow_rows_args *args,
                   const struct flow_owners *, uint32_t dev);
int flow_owners_find(const struct flow_owners *, uint32_t dev);
int flow_owners_guess(const struct flow_owners *,
                      const struct flow_receiver *);

#endif /* controller/flow/rows.h */
