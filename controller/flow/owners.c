/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/rows.h"

#include <stdlib.h>
#include <string.h>

#include "controller/flow/ifaces.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

/* What a device, a ct zone or a MAC leads to. */
struct owner {
    struct hmap_node node;      /* In one of the maps, by hash of 'key'. */
    uint64_t key;               /* ifindex, ct zone, or MAC as a number. */
    int iface;                  /* Index into the interfaces; -1 if several
                                 * have that zone or MAC. */
};

struct flow_owners {
    struct hmap by_dev;         /* 'struct owner's by ifindex. */
    struct hmap by_zone;        /* Likewise, by ct zone. */
    struct hmap by_mac;         /* Likewise, by MAC. */
};

static struct owner *
find_owner(const struct hmap *owners, uint64_t key)
{
    struct owner *owner;

    HMAP_FOR_EACH_WITH_HASH (owner, node, hash_uint64(key), owners) {
        if (owner->key == key) {
            return owner;
        }
    }
    return NULL;
}

static void
add_owner(struct hmap *owners, uint64_t key, int iface)
{
    struct owner *owner = xmalloc(sizeof *owner);

    owner->key = key;
    owner->iface = iface;
    hmap_insert(owners, &owner->node, hash_uint64(key));
}

/* Adds what only one interface may have. */
static void
add_unique(struct hmap *owners, uint64_t key, int iface)
{
    struct owner *owner = find_owner(owners, key);

    if (!owner) {
        add_owner(owners, key, iface);
    } else if (owner->iface != iface) {
        owner->iface = -1;
    }
}

static void
destroy_owners(struct hmap *owners)
{
    struct owner *owner;

    HMAP_FOR_EACH_POP (owner, node, owners) {
        free(owner);
    }
    hmap_destroy(owners);
}

/* Fills 'by_zone' from the keys ct-zone-<iface-id>.  Zones of what is no
 * interface here, as of routers, are none's. */
static void
index_zones(struct flow_owners *fo, const struct flow_interface *ifaces,
            size_t n, const struct smap *bridge_ids)
{
    static const char prefix[] = "ct-zone-";
    struct shash by_id = SHASH_INITIALIZER(&by_id);
    const struct smap_node *node;

    for (size_t i = 0; i < n; i++) {
        if (ifaces[i].iface_id) {
            struct shash_node *old = shash_find(&by_id, ifaces[i].iface_id);

            if (old) {
                old->data = NULL;
            } else {
                shash_add(&by_id, ifaces[i].iface_id, &ifaces[i]);
            }
        }
    }
    SMAP_FOR_EACH (node, bridge_ids) {
        unsigned int zone;

        if (!strncmp(node->key, prefix, strlen(prefix))
            && str_to_uint(node->value, 10, &zone) && zone <= UINT16_MAX) {
            const struct flow_interface *iface
                = shash_find_data(&by_id, node->key + strlen(prefix));

            if (iface) {
                add_unique(&fo->by_zone, zone, iface - ifaces);
            }
        }
    }
    shash_destroy(&by_id);
}

struct flow_owners *
flow_owners_create(const struct flow_interface *ifaces, size_t n,
                   const struct smap *bridge_ids)
{
    struct flow_owners *fo = xmalloc(sizeof *fo);

    hmap_init(&fo->by_dev);
    hmap_init(&fo->by_zone);
    hmap_init(&fo->by_mac);
    for (size_t i = 0; i < n; i++) {
        struct eth_addr mac;

        if (ifaces[i].ifindex > 0
            && !find_owner(&fo->by_dev, ifaces[i].ifindex)) {
            add_owner(&fo->by_dev, ifaces[i].ifindex, i);
        }
        if (ifaces[i].attached_mac
            && eth_addr_from_string(ifaces[i].attached_mac, &mac)) {
            add_unique(&fo->by_mac, eth_addr_to_uint64(mac), i);
        }
    }
    if (bridge_ids) {
        index_zones(fo, ifaces, n, bridge_ids);
    }
    return fo;
}

void
flow_owners_destroy(struct flow_owners *fo)
{
    if (fo) {
        destroy_owners(&fo->by_dev);
        destroy_owners(&fo->by_zone);
        destroy_owners(&fo->by_mac);
        free(fo);
    }
}

int
flow_owners_find(const struct flow_owners *fo, uint32_t dev)
{
    const struct owner *owner = find_owner(&fo->by_dev, dev);

    return owner ? owner->iface : -1;
}

int
flow_owners_guess(const struct flow_owners *fo, const struct flow_receiver *r)
{
    const struct owner *owner = NULL;

    if (r->has_zone) {
        owner = find_owner(&fo->by_zone, r->zone);
    }
    if ((!owner || owner->iface < 0) && r->has_mac) {
        struct eth_addr mac;

        memcpy(mac.ea, r->mac, sizeof mac.ea);
        owner = find_owner(&fo->by_mac, eth_addr_to_uint64(mac));
    }
    return owner ? owner->iface : -1;
}
