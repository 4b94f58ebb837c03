/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_LEDGER_H
#define CONTROLLER_FLOW_LEDGER_H 1

/* Which interface sent, and which received, the packets of each flow.
 *
 * A ledger is given the bridge's interfaces once, and then flows, from
 * whatever source: it knows nothing of sockets.  flow_ledger_compute() makes
 * the two sides of it from the flows that are there at that time:
 *
 *   - Egress: what interfaces sent.  Each flow of chain 0 is in the row of its
 *     input device, or, on a shared block, in that of the bond whose ifindex
 *     is the block's number.  A flow of a later chain that has no output is
 *     counted as a flow there, but not its packets: these are the packets of
 *     a flow of chain 0 once more.
 *
 *   - Ingress: what interfaces received.  Each flow, of whatever chain, that
 *     has outputs is in the row of its receiver, or, if it has several, in
 *     'multi'.  So is a flow of chain 0 that takes packets out of a tunnel and
 *     hands them to a later chain of which no filter leads to an output: the
 *     rest of its way is not in tc.  Its receiver is the interface that owns
 *     the zone of its ct action, else the one whose attached MAC it matches.
 *
 * Flows whose sender (receiver) is unknown are in 'unattributed', or, if it is
 * known by an ifindex that no netdev has any more, in 'stale'.  Thus on either
 * side the rows, 'multi', 'unattributed' and 'stale' together equal the sum
 * over the flows, which is 'totals'.
 *
 * A packet that software handled after a flow in hardware missed counts where
 * the kernel counted it; nothing is estimated.  Sums stop at
 * FLOW_COUNTER_MAX. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;
struct flow_ledger;
struct flow_record;
struct smap;
struct tc_part;

/* The largest integer in JSON. */
#define FLOW_COUNTER_MAX INT64_MAX

enum flow_kind {
    FLOW_KIND_POD,              /* A pod's: has 'ns' and 'pod'. */
    FLOW_KIND_PORT,             /* Any other that something is behind. */
    FLOW_KIND_MANAGEMENT,       /* The node's own, ovn-k8s-mp0. */
    FLOW_KIND_UPLINK,           /* Physical port, or a bond of such. */
    FLOW_KIND_TUNNEL,           /* Tunnel device of the kernel. */
    FLOW_KIND_INTERNAL,         /* Internal port, as br-int. */
};
const char *flow_kind_to_string(enum flow_kind);

/* An interface to which flows may belong.  Strings are UTF-8. */
struct flow_interface {
    int ifindex;                /* Its netdev, 0 while it has none.  For a
                                 * tunnel that of the kernel's tunnel device
                                 * ("genev_sys_6081"), which all tunnel
                                 * Interfaces of that type and port share: give
                                 * that one once.  Of several interfaces with
                                 * one ifindex the first has the flows. */
    enum flow_kind kind;
    const char *name;           /* Name of the Interface, or of the kernel's
                                 * tunnel device. */
    const char *iface_id;       /* external_ids:iface-id, or NULL. */
    const char *ns;             /* Kubernetes namespace, or NULL. */
    const char *pod;            /* Pod, or NULL. */
    const char *representor;    /* Netdev's name if it is one, or NULL. */
    const char *attached_mac;   /* "xx:xx:xx:xx:xx:xx", or NULL. */
};

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

struct flow_row {
    struct flow_interface iface; /* Owned copy; all zeros in rows that stand
                                  * for no interface. */
    struct flow_counts egress;  /* Sent by the interface. */
    struct flow_counts ingress; /* Received by it and by no other. */
    struct flow_counts multi;   /* Received by it and by others too: its share
                                 * in the ledger's 'multi'. */
};

struct flow_sums {
    struct flow_row unattributed; /* No one's flows. */
    struct flow_row stale;      /* Flows of devices that are gone. */
    struct flow_counts multi;   /* Ingress of flows with several receivers,
                                 * each flow counted once. */
    struct flow_counts egress;  /* All flows' egress. */
    struct flow_counts ingress; /* All flows' ingress. */
};

/* Creates a ledger for the 'n' interfaces in 'ifaces', which are copied.  Of
 * 'bridge_ids', the bridge's external_ids, the keys ct-zone-<iface-id> are
 * used; it may be NULL. */
struct flow_ledger *flow_ledger_create(const struct flow_interface *ifaces,
                                       size_t n,
                                       const struct smap *bridge_ids);
void flow_ledger_destroy(struct flow_ledger *);

/* Adds a flow, or replaces the one with its ufid. */
void flow_ledger_add(struct flow_ledger *, const struct flow_record *);

/* Removes all flows of 'part'. */
void flow_ledger_purge(struct flow_ledger *, const struct tc_part *part);

size_t flow_ledger_n_flows(const struct flow_ledger *);

/* Makes rows and sums.  'netdev_exists' tells whether an ifindex that none of
 * the interfaces has is in use. */
void flow_ledger_compute(struct flow_ledger *,
                         bool (*netdev_exists)(void *aux, int ifindex),
                         void *aux);

/* Results of the last flow_ledger_compute(): one row for each interface, in
 * the order in which they were given, and the rest. */
const struct flow_row *flow_ledger_rows(const struct flow_ledger *,
                                        size_t *n);
const struct flow_sums *flow_ledger_sums(const struct flow_ledger *);

/* Adds up the flows, without attributing them, and compares with the results
 * of flow_ledger_compute().  Returns true if they agree, else appends what
 * does not to 'errors'. */
bool flow_ledger_check(const struct flow_ledger *, struct ds *errors);

#endif /* controller/flow-ledger.h */
