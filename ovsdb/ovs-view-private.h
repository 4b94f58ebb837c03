/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OVSDB_OVS_VIEW_PRIVATE_H
#define OVSDB_OVS_VIEW_PRIVATE_H 1

/* What ovs-view.c and ovs-txn.c share. */

#include "ovsdb/ovs-view.h"

#include "openvswitch/shash.h"
#include "vswitch-idl.h"

struct ovs_view {
    struct ovsdb_idl *idl;
    char *remote;               /* As given to ovs_view_create(). */

    /* State of the replica after the last ovs_view_run(). */
    bool connected;             /* Is there a connection? */
    bool synced;                /* And does it show the whole database? */
    unsigned int seqno;         /* Sequence number of the IDL. */
    unsigned int lost_seqno;    /* 'seqno' when there was no connection. */

    /* Tables over the replica, built anew when 'seqno' changes. */
    struct shash bridges;       /* const struct ovsrec_bridge * by name. */
    struct hmap ifaces;         /* struct ovs_iface by 'name_node'. */
    struct hmap ifaces_by_id;   /* struct ovs_iface by 'id_node'. */
    char *evidence;             /* Of others who plug ports, or NULL. */

    struct ovs_txn *txn;        /* Being composed or in flight, or NULL. */
    uint64_t n_commits;         /* Transactions that succeeded. */
};

/* An ovs_iface and its rows. */
struct view_iface {
    struct ovs_iface up;        /* What everybody sees. */
    const struct ovsrec_bridge *bridge_row; /* Its bridge. */
    const struct ovsrec_port *port_row;     /* Its Port. */
    const struct ovsrec_interface *row;     /* Itself. */
};

static inline const struct view_iface *
view_iface_cast(const struct ovs_iface *iface)
{
    return CONTAINER_OF(iface, struct view_iface, up);
}

/* Frees 'txn', also while in flight, without waiting for an answer. */
void ovs_txn_destroy(struct ovs_txn *txn);

#endif /* ovsdb/ovs-view-private.h */
