/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/inventory-private.h"

#include <string.h>

#include "hash.h"
#include "util.h"

uint32_t
inv_hash_pci(const struct pci_addr *addr)
{
    return pci_addr_hash(addr, 0);
}

static uint32_t
hash_handle(const struct devlink_handle *handle)
{
    return hash_string(handle->dev, hash_string(handle->bus, 0));
}

uint32_t
inv_hash_handle_vf(const struct devlink_handle *handle, uint32_t vf)
{
    return hash_int(vf, hash_handle(handle));
}

static uint32_t
hash_port_key(const struct devlink_handle *handle, uint32_t index)
{
    return hash_int(index, hash_handle(handle));
}

uint32_t
inv_hash_rep(const struct switch_id *id, uint32_t pf, uint32_t vf)
{
    return hash_2words(hash_bytes(id->id, id->len, pf), vf);
}

void
inventory_init(struct inventory *inv)
{
    memset(inv, 0, sizeof *inv);
    hmap_init(&inv->links);
    sset_init(&inv->ended);
    hmap_init(&inv->links_by_name);
    hmap_init(&inv->links_by_parent);
    hmap_init(&inv->reps);
    hmap_init(&inv->vfs);
    hmap_init(&inv->ports);
    hmap_init(&inv->vf_ports);
    hmap_init(&inv->ports_by_ifindex);
    hmap_init(&inv->eswitches);
    hmap_init(&inv->vdpas);
    hmap_init(&inv->vdpas_by_parent);
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        inv->state[i] = SOURCE_SYNCING;
    }
}

void
inventory_touch(struct inventory *inv)
{
    inv->seqno++;
}

void
inventory_touch_pairs(struct inventory *inv)
{
    inv->pairs_seqno++;
    inventory_touch(inv);
}

/* VFs. */

struct inv_vf *
inventory_find_vf(const struct inventory *inv, const struct pci_addr *addr)
{
    struct inv_vf *vf;

    HMAP_FOR_EACH_WITH_HASH (vf, addr_node, inv_hash_pci(addr), &inv->vfs) {
        if (!pci_addr_compare(&vf->info.addr, addr)) {
            return vf;
        }
    }
    return NULL;
}

static void
vf_remove(struct inventory *inv, struct inv_vf *vf)
{
    hmap_remove(&inv->vfs, &vf->addr_node);
    sset_find_and_delete(&inv->ended, vf->info.netdev);
    free(vf);
    inventory_touch_pairs(inv);
}

void
inv_netdev_ended(struct inventory *inv, const char *name, const char *netdev,
                 char away[KERNEL_IFNAMSIZ])
{
    if (!strcmp(away, name)) {
        away[0] = '\0';
        inventory_touch_pairs(inv);
    }
    if (!strcmp(netdev, name)) {
        sset_add(&inv->ended, name);
    }
}

/* Notes in 'away' what becomes of the netdev 'old' of a device with driver
 * 'old_driver', as it has 'netdev' and 'driver' by now. */
static void
update_away(struct inventory *inv, char away[KERNEL_IFNAMSIZ],
            const char *old, const char *old_driver, const char *netdev,
            const char *driver)
{
    if (netdev[0] || !driver[0] || strcmp(driver, old_driver)) {
        away[0] = '\0';
    } else if (old[0] && !sset_contains(&inv->ended, old)) {
        ovs_strlcpy(away, old, KERNEL_IFNAMSIZ);
    }
    if (strcmp(old, netdev)) {
        /* Nobody asks for that any more. */
        sset_find_and_delete(&inv->ended, old);
    }
}

void
inventory_vf(struct inventory *inv, const struct pci_vf_info *info)
{
    struct inv_vf *vf = inventory_find_vf(inv, &info->addr);

    if (!vf) {
        vf = xzalloc(sizeof *vf);
        hmap_insert(&inv->vfs, &vf->addr_node, inv_hash_pci(&info->addr));
        vf->info = *info;
        inventory_touch_pairs(inv);
    } else if (pci_addr_compare(&vf->info.pf, &info->pf)
               || vf->info.index != info->index
               || strcmp(vf->info.driver, info->driver)
               || strcmp(vf->info.netdev, info->netdev)) {
        update_away(inv, vf->away, vf->info.netdev, vf->info.driver,
                    info->netdev, info->driver);
        vf->info = *info;
        inventory_touch_pairs(inv);
    }
    vf->generation = inv->generation[SOURCE_PCI];
}

void
inventory_vf_gone(struct inventory *inv, const struct pci_addr *addr)
{
    struct inv_vf *vf = inventory_find_vf(inv, addr);

    if (vf) {
        vf_remove(inv, vf);
    }
}

/* devlink ports and eswitches. */

static struct inv_port *
find_port(const struct inventory *inv, const struct devlink_handle *handle,
          uint32_t index)
{
    struct inv_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, key_node, hash_port_key(handle, index),
                             &inv->ports) {
        if (port->info.index == index
            && devlink_handle_equals(&port->info.handle, handle)) {
            return port;
        }
    }
    return NULL;
}

struct inv_port *
inventory_find_port_of(const struct inventory *inv, int ifindex)
{
    struct inv_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, ifindex_node, inv_hash_ifindex(ifindex),
                             &inv->ports_by_ifindex) {
        if (port->info.ifindex == ifindex) {
            return port;
        }
    }
    return NULL;
}

static void
port_unindex(struct inventory *inv, struct inv_port *port)
{
    if (port->info.flavour == FLAVOUR_PCI_VF) {
        hmap_remove(&inv->vf_ports, &port->vf_node);
    }
    if (port->info.ifindex) {
        hmap_remove(&inv->ports_by_ifindex, &port->ifindex_node);
    }
}

static void
port_index(struct inventory *inv, struct inv_port *port)
{
    const struct devlink_port_info *info = &port->info;

    if (info->flavour == FLAVOUR_PCI_VF) {
        hmap_insert(&inv->vf_ports, &port->vf_node,
                    inv_hash_handle_vf(&info->handle, info->vf));
    }
    if (info->ifindex) {
        struct inv_port *other = inventory_find_port_of(inv, info->ifindex);

        if (other) {            /* Its netdev is this port's by now. */
            hmap_remove(&inv->ports_by_ifindex, &other->ifindex_node);
            other->info.ifindex = 0;
        }
        hmap_insert(&inv->ports_by_ifindex, &port->ifindex_node,
                    inv_hash_ifindex(info->ifindex));
    }
}

static void
port_remove(struct inventory *inv, struct inv_port *port)
{
    port_unindex(inv, port);
    hmap_remove(&inv->ports, &port->key_node);
    free(port);
    inventory_touch_pairs(inv);
}

static bool
port_changed(const struct devlink_port_info *a,
             const struct devlink_port_info *b)
{
    return (a->flavour != b->flavour || a->controller != b->controller
            || a->external != b->external || a->pf != b->pf || a->vf != b->vf
            || a->phys_port != b->phys_port || a->ifindex != b->ifindex);
}

void
inventory_port(struct inventory *inv, const struct devlink_port_info *info)
{
    struct inv_port *port = find_port(inv, &info->handle, info->index);

    if (!port) {
        port = xzalloc(sizeof *port);
        port->info = *info;
        hmap_insert(&inv->ports, &port->key_node,
                    hash_port_key(&info->handle, info->index));
        port_index(inv, port);
        inventory_touch_pairs(inv);
    } else if (port_changed(&port->info, info)) {
        port_unindex(inv, port);
        port->info = *info;
        port_index(inv, port);
        inventory_touch_pairs(inv);
    }
    port->generation = inv->generation[SOURCE_DEVLINK];
}

struct inv_eswitch *
inventory_find_eswitch(const struct inventory *inv,
                       const struct devlink_handle *handle)
{
    struct inv_eswitch *eswitch;

    HMAP_FOR_EACH_WITH_HASH (eswitch, node, hash_handle(handle),
                             &inv->eswitches) {
        if (devlink_handle_equals(&eswitch->info.handle, handle)) {
            return eswitch;
        }
    }
    return NULL;
}

void
inventory_eswitch(struct inventory *inv, const struct eswitch_info *info)
{
    struct inv_eswitch *eswitch = inventory_find_eswitch(inv, &info->handle);

    if (!eswitch) {
        eswitch = xzalloc(sizeof *eswitch);
        eswitch->info = *info;
        hmap_insert(&inv->eswitches, &eswitch->node,
                    hash_handle(&info->handle));
        inventory_touch_pairs(inv);
    } else if (eswitch->info.mode != info->mode) {
        eswitch->info.mode = info->mode;
        inventory_touch_pairs(inv);
    }
    eswitch->generation = inv->generation[SOURCE_DEVLINK];
}

/* vDPA devices. */

struct inv_vdpa *
inventory_find_vdpa(const struct inventory *inv, const char *name)
{
    struct inv_vdpa *vdpa;

    HMAP_FOR_EACH_WITH_HASH (vdpa, name_node, hash_string(name, 0),
                             &inv->vdpas) {
        if (!strcmp(vdpa->info.name, name)) {
            return vdpa;
        }
    }
    return NULL;
}

static void
vdpa_unindex(struct inventory *inv, struct inv_vdpa *vdpa)
{
    if (vdpa->info.parent_kind == VDPA_PARENT_PCI) {
        hmap_remove(&inv->vdpas_by_parent, &vdpa->parent_node);
    }
}

static void
vdpa_index(struct inventory *inv, struct inv_vdpa *vdpa)
{
    if (vdpa->info.parent_kind == VDPA_PARENT_PCI) {
        hmap_insert(&inv->vdpas_by_parent, &vdpa->parent_node,
                    inv_hash_pci(&vdpa->info.parent_pci));
    }
}

static void
vdpa_remove(struct inventory *inv, struct inv_vdpa *vdpa)
{
    vdpa_unindex(inv, vdpa);
    hmap_remove(&inv->vdpas, &vdpa->name_node);
    sset_find_and_delete(&inv->ended, vdpa->info.netdev);
    free(vdpa);
    inventory_touch_pairs(inv);
}

static bool
vdpa_changed(const struct vdpa_info *a, const struct vdpa_info *b)
{
    return (strcmp(a->mgmtdev, b->mgmtdev)
            || a->parent_kind != b->parent_kind
            || (a->parent_kind == VDPA_PARENT_PCI
                && pci_addr_compare(&a->parent_pci, &b->parent_pci))
            || strcmp(a->parent_name, b->parent_name)
            || strcmp(a->driver, b->driver)
            || strcmp(a->netdev, b->netdev)
            || strcmp(a->vhost_device, b->vhost_device)
            || a->netdev_ambiguous != b->netdev_ambiguous
            || a->device_id != b->device_id || a->vendor_id != b->vendor_id
            || a->max_vqs != b->max_vqs || a->max_vq_size != b->max_vq_size
            || a->min_vq_size != b->min_vq_size);
}

void
inventory_vdpa(struct inventory *inv, const struct vdpa_info *info)
{
    struct inv_vdpa *vdpa = inventory_find_vdpa(inv, info->name);

    if (!vdpa) {
        vdpa = xzalloc(sizeof *vdpa);
        vdpa->info = *info;
        hmap_insert(&inv->vdpas, &vdpa->name_node,
                    hash_string(info->name, 0));
        vdpa_index(inv, vdpa);
        inventory_touch_pairs(inv);
    } else if (vdpa_changed(&vdpa->info, info)) {
        update_away(inv, vdpa->away, vdpa->info.netdev, vdpa->info.driver,
                    info->netdev, info->driver);
        vdpa_unindex(inv, vdpa);
        vdpa->info = *info;
        vdpa_index(inv, vdpa);
        inventory_touch_pairs(inv);
    }
    vdpa->generation = inv->generation[SOURCE_VDPA];
}

/* Full reads. */

void
inventory_begin(struct inventory *inv, enum kernel_source source)
{
    inv->generation[source]++;
}

/* Removes what the full read that ends did not name. */
#define SWEEP(INV, TYPE, NODE, MAP, SOURCE, REMOVE)                     \
    do {                                                                \
        struct TYPE *entry__;                                           \
        HMAP_FOR_EACH_SAFE (entry__, NODE, &(INV)->MAP) {               \
            if (entry__->generation != (INV)->generation[SOURCE]) {     \
                REMOVE(INV, entry__);                                   \
            }                                                           \
        }                                                               \
    } while (0)

static void
eswitch_remove(struct inventory *inv, struct inv_eswitch *eswitch)
{
    hmap_remove(&inv->eswitches, &eswitch->node);
    free(eswitch);
    inventory_touch_pairs(inv);
}

void
inventory_end(struct inventory *inv, enum kernel_source source)
{
    switch (source) {
    case SOURCE_LINK:
        SWEEP(inv, inv_link, index_node, links, source, inv_link_remove);
        break;
    case SOURCE_PCI:
        SWEEP(inv, inv_vf, addr_node, vfs, source, vf_remove);
        break;
    case SOURCE_DEVLINK:
        SWEEP(inv, inv_port, key_node, ports, source, port_remove);
        SWEEP(inv, inv_eswitch, node, eswitches, source, eswitch_remove);
        break;
    case SOURCE_VDPA:
        SWEEP(inv, inv_vdpa, name_node, vdpas, source, vdpa_remove);
        break;
    case SOURCE_ETHTOOL:
    case N_KERNEL_SOURCES:
    default:
        break;
    }
}

void
inventory_set_state(struct inventory *inv, enum kernel_source source,
                    enum source_state state)
{
    if (inv->state[source] != state) {
        inv->state[source] = state;
        if (state == SOURCE_ABSENT) {
            inventory_begin(inv, source);
            inventory_end(inv, source);
        }
        inventory_touch_pairs(inv);
    }
}

void
inventory_destroy(struct inventory *inv)
{
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        inventory_begin(inv, i);
        inventory_end(inv, i);
    }
    hmap_destroy(&inv->links);
    sset_destroy(&inv->ended);
    hmap_destroy(&inv->links_by_name);
    hmap_destroy(&inv->links_by_parent);
    hmap_destroy(&inv->reps);
    hmap_destroy(&inv->vfs);
    hmap_destroy(&inv->ports);
    hmap_destroy(&inv->vf_ports);
    hmap_destroy(&inv->ports_by_ifindex);
    hmap_destroy(&inv->eswitches);
    hmap_destroy(&inv->vdpas);
    hmap_destroy(&inv->vdpas_by_parent);
}
