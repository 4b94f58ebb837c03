/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/rows.h"

#include <stdlib.h>
#include <string.h>

#include "controller/flow/ifaces.h"
#include "hash.h"
#include "openvswitch/hmap.h"
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

/* Adds the zone that the bridge has for 'iface_id', if any.  Those of what is
 * no interface here, as of routers, are not asked for. */
static void
add_zone(struct flow_owners *fo, const char *iface_id, int iface,
         const struct smap *bridge_ids)
{
    char *key = xasprintf("ct-zone-%s", iface_id);
    const char *value = smap_get(bridge_ids, key);
    unsigned int zone;

    if (value && str_to_uint(value, 10, &zone) && zone <= UINT16_MAX) {
        add_unique(&fo->by_zone, zone, iface);
    }
    free(key);
}

struct flow_owners *
flow_owners_create_empty(void)
{
    struct flow_owners *fo = xmalloc(sizeof *fo);

    hmap_init(&fo->by_dev);
    hmap_init(&fo->by_zone);
    hmap_init(&fo->by_mac);
    return fo;
}

void
flow_owners_add(struct flow_owners *fo, const struct flow_interface *iface,
                int index, const struct smap *bridge_ids)
{
    struct eth_addr mac;

    if (iface->ifindex > 0 && !find_owner(&fo->by_dev, iface->ifindex)) {
        add_owner(&fo->by_dev, iface->ifindex, index);
    }
    if (iface->attached_mac
        && eth_addr_from_string(iface->attached_mac, &mac)) {
        add_unique(&fo->by_mac, eth_addr_to_uint64(mac), index);
    }
    if (iface->iface_id && bridge_ids) {
        add_zone(fo, iface->iface_id, index, bridge_ids);
    }
}

struct flow_owners *
flow_owners_create(const struct flow_interface *ifaces, size_t n,
                   const struct smap *bridge_ids)
{
    struct flow_owners *fo = flow_owners_create_empty();

    for (size_t i = 0; i < n; i++) {
        flow_owners_add(fo, &ifaces[i], i, bridge_ids);
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
