/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_IFACES_H
#define CONTROLLER_FLOW_IFACES_H 1

/* The interfaces to which datapath flows may belong: those of all bridges that
 * use the kernel's datapath, since they share one, or that of ovs-vswitchd in
 * userspace, which is another. */

#include <stddef.h>

#include "sset.h"

struct inv_link;
struct inventory;
struct ovs_iface;
struct ovs_view;
struct smap;

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
    const char *bridge;         /* Name of its bridge; NULL for a tunnel, which
                                 * may be on several. */
    const char *pfs;            /* PCI addresses of the PFs that an uplink is
                                 * of, each behind a blank, or NULL. */
};

struct flow_ifaces {
    struct flow_interface *ifaces;
    size_t n;                   /* Number of 'ifaces'. */
    size_t allocated;           /* Of those, allocated. */
    char **blocks;              /* Strings that 'ifaces' point to: many in a
                                 * block, as there are many of them. */
    size_t n_blocks;            /* Number of 'blocks'. */
    size_t allocated_blocks;    /* Of those, allocated. */
    size_t left;                /* Bytes that are free in the last one. */
    struct sset tunnels;        /* Kernel's tunnel devices in 'ifaces'. */
};

/* Fills '*fi' from the tables, with copies of what is in them. */
void flow_ifaces_init(struct flow_ifaces *fi, const struct inventory *,
                      const struct ovs_view *);
void flow_ifaces_destroy(struct flow_ifaces *fi);

/* The same in steps, for who must not take long: an empty '*fi', to which
 * Interfaces are added.  One that can have no flows, or is a tunnel by a
 * device that others have brought, adds nothing to 'fi->n'. */
void flow_ifaces_init_empty(struct flow_ifaces *fi);
void flow_ifaces_add(struct flow_ifaces *fi, const struct inventory *,
                     const struct ovs_view *, const struct ovs_iface *);

/* Filters on a bond (or team) are on a block that its members share, and in
 * hardware at these.  Returns, if 'bond' is one, the member that is least able
 * to have them there, else NULL. */
const struct inv_link *flow_bond_member(const struct inventory *,
                                        const struct inv_link *bond);

/* Name of the kernel's device for tunnels of 'type' with 'options', such as
 * "genev_sys_6081" (lib/netdev-vport.c in Open vSwitch), or NULL if 'type' is
 * no tunnel.  Caller frees. */
char *tunnel_device_name(const char *type, const struct smap *options);

#endif /* controller/flow/ifaces.h */
