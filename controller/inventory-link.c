/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/inventory-private.h"

#include <net/if.h>
#include <string.h>

#include "hash.h"
#include "util.h"

/* The links of the inventory. */

struct inv_link *
inventory_find_link(const struct inventory *inv, int ifindex)
{
    struct inv_link *link;

    HMAP_FOR_EACH_WITH_HASH (link, index_node, inv_hash_ifindex(ifindex),
                             &inv->links) {
        if (link->info.ifindex == ifindex) {
            return link;
        }
    }
    return NULL;
}

struct inv_link *
inventory_find_link_by_name(const struct inventory *inv, const char *name)
{
    struct inv_link *link;

    HMAP_FOR_EACH_WITH_HASH (link, name_node, hash_string(name, 0),
                             &inv->links_by_name) {
        if (!strcmp(link->info.name, name)) {
            return link;
        }
    }
    return NULL;
}

/* May pairs or ports depend on this link?  (Of the many links of a node with
 * pods, few are on a PCI function or part of a switch, or bond those.) */
static bool
link_is_relevant(const struct link_info *info)
{
    return (info->has_parent_pci || info->switch_id.len
            || info->phys_port_name[0] || !strcmp(info->kind, "bond")
            || !strcmp(info->kind, "team"));
}

/* Flags that a port's state depends on; the others (IFF_RUNNING, ...) come
 * and go with the carrier. */
#define RELEVANT_FLAGS IFF_UP

/* Is it a change on which pairs may depend? */
static bool
link_identity_changed(const struct link_info *a, const struct link_info *b)
{
    return (strcmp(a->name, b->name)
            || strcmp(a->phys_port_name, b->phys_port_name)
            || !switch_id_equals(&a->switch_id, &b->switch_id)
            || strcmp(a->kind, b->kind)
            || a->has_parent_pci != b->has_parent_pci
            || (a->has_parent_pci
                && pci_addr_compare(&a->parent_pci, &b->parent_pci)));
}

/* Is that a change from no master to Open vSwitch's datapath?  This follows
 * from a row, and asks nothing of us. */
static bool
link_joined_datapath(const struct inventory *inv, const struct link_info *a,
                     const struct link_info *b)
{
    const struct inv_link *master
        = a->master ? NULL : inventory_find_link(inv, b->master);

    return master && !strcmp(master->info.kind, "openvswitch");
}

/* Is it one on which only ports depend? */
static bool
link_state_changed(const struct inventory *inv, const struct link_info *a,
                   const struct link_info *b)
{
    return ((a->flags & RELEVANT_FLAGS) != (b->flags & RELEVANT_FLAGS)
            || (a->master != b->master && !link_joined_datapath(inv, a, b)));
}

/* Are 'a' and 'b', of one ifindex, different netdevs, of which the removal of
 * the first was not seen?  What these say of a netdev never changes while it
 * lives, though some of it may come later. */
static bool
link_is_another(const struct link_info *a, const struct link_info *b)
{
    return (strcmp(a->kind, b->kind)
            || (a->phys_port_name[0] && b->phys_port_name[0]
                && strcmp(a->phys_port_name, b->phys_port_name))
            || (a->has_parent_pci && b->has_parent_pci
                && pci_addr_compare(&a->parent_pci, &b->parent_pci)));
}

static void
link_unindex(struct inventory *inv, struct inv_link *link)
{
    if (link->info.name[0]) {
        hmap_remove(&inv->links_by_name, &link->name_node);
    }
    if (link->info.has_parent_pci) {
        hmap_remove(&inv->links_by_parent, &link->parent_node);
    }
    if (link->is_vf_rep) {
        hmap_remove(&inv->reps, &link->rep_node);
    }
}

/* Takes 'name' from the link that has it, if there is one: another one has it
 * by now. */
static void
link_take_name(struct inventory *inv, const char *name)
{
    struct inv_link *link = inventory_find_link_by_name(inv, name);

    if (link) {
        hmap_remove(&inv->links_by_name, &link->name_node);
        link->info.name[0] = '\0';
        if (link_is_relevant(&link->info)) {
            inventory_touch_pairs(inv);
        }
    }
}

static void
link_index(struct inventory *inv, struct inv_link *link)
{
    const struct link_info *info = &link->info;

    if (info->name[0]) {
        link_take_name(inv, info->name);
        hmap_insert(&inv->links_by_name, &link->name_node,
                    hash_string(info->name, 0));
    }
    if (info->has_parent_pci) {
        hmap_insert(&inv->links_by_parent, &link->parent_node,
                    inv_hash_pci(&info->parent_pci));
    }
    link->is_vf_rep = (info->switch_id.len
                       && port_name_parse_vf(info->phys_port_name,
                                             &link->port_name));
    if (link->is_vf_rep) {
        hmap_insert(&inv->reps, &link->rep_node,
                    inv_hash_rep(&info->switch_id, link->port_name.pf,
                                 link->port_name.vf));
    }
}

void
inv_link_remove(struct inventory *inv, struct inv_link *link)
{
    if (link_is_relevant(&link->info)) {
        inventory_touch_pairs(inv);
    }
    link_unindex(inv, link);
    hmap_remove(&inv->links, &link->index_node);
    free(link->offload_error);
    free(link->up_error);
    free(link);
}

void
inventory_link(struct inventory *inv, const struct link_info *info)
{
    struct inv_link *link = inventory_find_link(inv, info->ifindex);

    if (link && link_is_another(&link->info, info)) {
        inv_link_remove(inv, link);
        link = NULL;
    }
    if (!link || strcmp(link->info.name, info->name)) {
        sset_find_and_delete(&inv->ended, info->name);
    }
    if (!link) {
        link = xzalloc(sizeof *link);
        link->info = *info;
        hmap_insert(&inv->links, &link->index_node,
                    inv_hash_ifindex(info->ifindex));
        link_index(inv, link);
        if (link_is_relevant(info)) {
            inventory_touch_pairs(inv);
        }
    } else if (link_identity_changed(&link->info, info)
               || link_state_changed(inv, &link->info, info)
               || (link->in_policy && link->info.mtu != info->mtu)) {
        if (!link_is_relevant(&link->info) && !link_is_relevant(info)) {
            /* Nobody cares. */
        } else if (link_identity_changed(&link->info, info)) {
            inventory_touch_pairs(inv);
        } else {
            inventory_touch(inv);
        }
        link_unindex(inv, link);
        link->info = *info;
        link_index(inv, link);
    } else {
        link->info = *info;
    }
    if (link->up_pending && info->flags & IFF_UP) {
        link->up_pending = false;
        inventory_touch(inv);
    }
    link->generation = inv->generation[SOURCE_LINK];
}

void
inventory_link_deleted(struct inventory *inv, int ifindex)
{
    const struct inv_link *link = inventory_find_link(inv, ifindex);
    struct inv_vdpa *vdpa;
    struct inv_vf *vf;

    if (!link) {
        return;
    }

    /* What the device has now may be read before or after this. */
    HMAP_FOR_EACH (vf, addr_node, &inv->vfs) {
        inv_netdev_ended(inv, link->info.name, vf->info.netdev, vf->away);
    }
    HMAP_FOR_EACH (vdpa, name_node, &inv->vdpas) {
        inv_netdev_ended(inv, link->info.name, vdpa->info.netdev,
                         vdpa->away);
    }
}

void
inventory_link_gone(struct inventory *inv, int ifindex)
{
    struct inv_link *link = inventory_find_link(inv, ifindex);

    if (link) {
        inv_link_remove(inv, link);
    }
}

void
inventory_tc_offload(struct inventory *inv, int ifindex,
                     enum tc_offload value)
{
    struct inv_link *link = inventory_find_link(inv, ifindex);

    if (!link || (link->tc_offload == value && !link->offload_pending)) {
        return;
    }
    link->tc_offload = value;
    if (value == TC_OFFLOAD_ON || value == TC_OFFLOAD_UNSUPPORTED) {
        link->offload_pending = false;
    }
    if (value == TC_OFFLOAD_ON) {
        link->offload_settled = true;
    }
    if (link_is_relevant(&link->info)) {
        inventory_touch(inv);
    }
}

bool
inv_link_is_uplink(const struct inventory *inv, const struct inv_link *link)
{
    struct devlink_handle handle;

    if (!link->info.has_parent_pci || link->is_vf_rep
        || inventory_find_vf(inv, &link->info.parent_pci)) {
        return false;
    }

    const struct inv_port *port = inventory_find_port_of(inv,
                                                         link->info.ifindex);
    if (port) {
        return port->info.flavour == FLAVOUR_PHYSICAL;
    }
    if (port_name_parse_uplink(link->info.phys_port_name) >= 0) {
        return true;
    }
    devlink_handle_from_pci(&link->info.parent_pci, &handle);
    return (!link->info.phys_port_name[0]
            && (link->info.switch_id.len
                || inventory_find_eswitch(inv, &handle)));
}
