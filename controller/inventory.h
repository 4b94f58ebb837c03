/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_INVENTORY_H
#define CONTROLLER_INVENTORY_H 1

/* Tables of what the kernel has: links, VFs, devlink ports, eswitches, vDPA
 * devices.
 *
 * Pure: filled by the callbacks of a kernel_sink (or by a test), read by
 * pairing and reports, each lookup by a hash table.  Entries are copies and
 * stay where they are until they are removed, so that pointers to them are
 * good until the next change.
 *
 * inventory_begin() and inventory_end() bracket a full read of one source:
 * what was not named in between is removed at the end.
 *
 * Sources tell of one object after another, so that what is known of two may
 * contradict each other for a moment.  Where only one of them can be right it
 * is the one that was told last: a netdev whose name another one has by now
 * has no name, and a devlink port whose netdev is another port's by now has
 * none, until their own news arrive. */

#include "netlink/kernel-types.h"
#include "netlink/kernel.h"
#include "openvswitch/hmap.h"
#include "sset.h"

/* A network device. */
struct inv_link {
    struct hmap_node index_node;    /* In 'links', by ifindex. */
    struct hmap_node name_node;     /* In 'links_by_name', by name, if it has
                                     * one. */
    struct hmap_node parent_node;   /* In 'links_by_parent', by parent PCI
                                     * address, if it has one. */
    struct hmap_node rep_node;      /* In 'reps', by switch id, PF and VF
                                     * number, if 'is_vf_rep'. */
    struct link_info info;          /* 'name' may be empty, see above. */
    bool is_vf_rep;                 /* Has phys_port_name "[cZ]pfXvfY" and a
                                     * switch id. */
    struct port_name port_name;     /* Numbers in it, if 'is_vf_rep'. */
    unsigned int generation;        /* Full read that named it last. */

    /* Feature hw-tc-offload, as SOURCE_ETHTOOL says. */
    enum tc_offload tc_offload;
    bool tc_asked;                  /* A query was made for this netdev. */

    /* What we did to this netdev, for things done once a netdev. */
    bool offload_settled;           /* Was on, or we turned it on, once. */
    bool offload_pending;           /* Asked for, and neither seen on nor
                                     * refused so far. */
    bool up_settled;                /* As above, for IFF_UP. */
    bool up_pending;
    char released[KERNEL_IFNAMSIZ]; /* Name that it had when it was last
                                     * taken out of the datapath, or "". */
    char *offload_error;            /* Why it was refused, or NULL. */
    char *up_error;
    bool in_policy;                 /* Its PF is under a node policy. */
    bool offload_late;              /* Filters may be there from before the
                                     * feature was on: in software. */
};

struct inv_vf {
    struct hmap_node addr_node;     /* In 'vfs', by 'info.addr'. */
    struct pci_vf_info info;
    char away[KERNEL_IFNAMSIZ]; /* Its netdev, see inv_vdpa. */
    unsigned int generation;
};

struct inv_port {
    struct hmap_node key_node;      /* In 'ports', by handle and index. */
    struct hmap_node vf_node;       /* In 'vf_ports', by handle and VF
                                     * number, if of FLAVOUR_PCI_VF. */
    struct hmap_node ifindex_node;  /* In 'ports_by_ifindex', if it has a
                                     * netdev. */
    struct devlink_port_info info;
    unsigned int generation;
};

struct inv_eswitch {
    struct hmap_node node;          /* In 'eswitches', by handle. */
    struct eswitch_info info;
    unsigned int generation;
};

struct inv_vdpa {
    struct hmap_node name_node;     /* In 'vdpas', by name. */
    struct hmap_node parent_node;   /* In 'vdpas_by_parent', by parent PCI
                                     * address, if it has one. */
    struct vdpa_info info;
    char away[KERNEL_IFNAMSIZ]; /* What its netdev was called here, if it is
                                 * not in our namespace any more, although the
                                 * driver that made it stayed and nothing was
                                 * heard of its end; else "". */
    unsigned int generation;
};

struct inventory {
    struct hmap links;              /* struct inv_link by ifindex. */
    struct hmap links_by_name;
    struct hmap links_by_parent;
    struct hmap reps;
    struct hmap vfs;                /* struct inv_vf by address. */
    struct hmap ports;              /* struct inv_port by handle, index. */
    struct hmap vf_ports;
    struct hmap ports_by_ifindex;
    struct hmap eswitches;          /* struct inv_eswitch by handle. */
    struct hmap vdpas;              /* struct inv_vdpa by name. */
    struct hmap vdpas_by_parent;
    struct sset ended;              /* Names of netdevs of VFs and vDPA devices
                                     * that were deleted, not moved, until
                                     * their device is known not to have them,
                                     * or another netdev has that name. */
    enum source_state state[N_KERNEL_SOURCES];
    unsigned int generation[N_KERNEL_SOURCES]; /* Of the full read. */
    uint64_t seqno;                 /* Grows when anything changes on which
                                     * pairs or ports depend.  Links that are
                                     * neither uplink nor representor (veth,
                                     * tunnels) do not count. */
    uint64_t pairs_seqno;           /* Likewise, on which pairs depend. */
};

void inventory_init(struct inventory *);
void inventory_destroy(struct inventory *);

void inventory_begin(struct inventory *, enum kernel_source);
void inventory_end(struct inventory *, enum kernel_source);
/* A source that is SOURCE_ABSENT has no objects. */
void inventory_set_state(struct inventory *, enum kernel_source,
                         enum source_state);

/* Upserts.  The argument is copied. */
void inventory_link(struct inventory *, const struct link_info *);
void inventory_vf(struct inventory *, const struct pci_vf_info *);
void inventory_port(struct inventory *, const struct devlink_port_info *);
void inventory_eswitch(struct inventory *, const struct eswitch_info *);
void inventory_vdpa(struct inventory *, const struct vdpa_info *);

/* Removals; of what is not there they do nothing. */
void inventory_link_gone(struct inventory *, int ifindex);

/* Before inventory_link_gone(), if it is certain that the netdev was not moved
 * to another network namespace. */
void inventory_link_deleted(struct inventory *, int ifindex);
void inventory_vf_gone(struct inventory *, const struct pci_addr *);

/* hw-tc-offload of 'ifindex'.  A netdev that is not known is ignored: it is
 * asked about when it appears. */
void inventory_tc_offload(struct inventory *, int ifindex, enum tc_offload);

/* Note that something of our own making changed on which ports depend, or
 * pairs, too. */
void inventory_touch(struct inventory *);
void inventory_touch_pairs(struct inventory *);

struct inv_link *inventory_find_link(const struct inventory *, int ifindex);
struct inv_link *inventory_find_link_by_name(const struct inventory *,
                                             const char *name);
struct inv_vf *inventory_find_vf(const struct inventory *,
                                 const struct pci_addr *);
struct inv_eswitch *inventory_find_eswitch(const struct inventory *,
                                           const struct devlink_handle *);
struct inv_vdpa *inventory_find_vdpa(const struct inventory *,
                                     const char *name);

/* The devlink port whose netdev is 'ifindex', or NULL. */
struct inv_port *inventory_find_port_of(const struct inventory *, int ifindex);

/* Is 'link' an uplink: a netdev directly on a PCI function that is no
 * representor, of a PF that has an eswitch? */
bool inv_link_is_uplink(const struct inventory *, const struct inv_link *);

/* Iteration over all with one key; the lists are short. */
uint32_t inv_hash_pci(const struct pci_addr *);
uint32_t inv_hash_handle_vf(const struct devlink_handle *, uint32_t vf);
uint32_t inv_hash_rep(const struct switch_id *, uint32_t pf, uint32_t vf);

#define INV_FOR_EACH_LINK_ON(LINK, INV, ADDR)                           \
    HMAP_FOR_EACH_WITH_HASH (LINK, parent_node, inv_hash_pci(ADDR),     \
                             &(INV)->links_by_parent)                   \
        if (!pci_addr_compare(&(LINK)->info.parent_pci, ADDR))

#define INV_FOR_EACH_VDPA_ON(VDPA, INV, ADDR)                           \
    HMAP_FOR_EACH_WITH_HASH (VDPA, parent_node, inv_hash_pci(ADDR),     \
                             &(INV)->vdpas_by_parent)                   \
        if (!pci_addr_compare(&(VDPA)->info.parent_pci, ADDR))

#endif /* controller/inventory.h */
