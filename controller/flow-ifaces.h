/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_IFACES_H
#define CONTROLLER_FLOW_IFACES_H 1

/* The interfaces to which datapath flows may belong: those of all bridges that
 * use the kernel's datapath, since they share one. */

#include <stddef.h>

struct flow_interface;
struct inventory;
struct ovs_view;
struct smap;

struct flow_ifaces {
    struct flow_interface *ifaces;
    size_t n;                   /* Number of 'ifaces'. */
    size_t allocated;           /* Of those, allocated. */
    void **strings;             /* What 'ifaces' point to and is ours. */
    size_t n_strings;
    size_t allocated_strings;
};

/* Fills '*fi' from the tables, into which it points. */
void flow_ifaces_init(struct flow_ifaces *fi, const struct inventory *,
                      const struct ovs_view *);
void flow_ifaces_destroy(struct flow_ifaces *fi);

/* Name of the kernel's device for tunnels of 'type' with 'options', such as
 * "genev_sys_6081" (lib/netdev-vport.c in Open vSwitch), or NULL if 'type' is
 * no tunnel.  Caller frees. */
char *tunnel_device_name(const char *type, const struct smap *options);

#endif /* controller/flow-ifaces.h */
