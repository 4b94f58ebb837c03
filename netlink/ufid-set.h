/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_UFID_SET_H
#define NETLINK_UFID_SET_H 1

/* A set of flows, by their ufids. */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "netlink/flow-record.h"
#include "openvswitch/hmap.h"
#include "util.h"

struct ufid_set_node {
    struct hmap_node node;      /* In the set. */
    uint8_t ufid[FLOW_UFID_LEN];
};

static inline bool
ufid_set_contains(const struct hmap *set, const uint8_t ufid[FLOW_UFID_LEN])
{
    const struct ufid_set_node *node;

    if (hmap_is_empty(set)) {
        return false;
    }
    HMAP_FOR_EACH_WITH_HASH (node, node, hash_bytes(ufid, FLOW_UFID_LEN, 0),
                             set) {
        if (!memcmp(node->ufid, ufid, FLOW_UFID_LEN)) {
            return true;
        }
    }
    return false;
}

static inline void
ufid_set_add(struct hmap *set, const uint8_t ufid[FLOW_UFID_LEN])
{
    struct ufid_set_node *node;

    if (!ufid_set_contains(set, ufid)) {
        node = xmalloc(sizeof *node);
        memcpy(node->ufid, ufid, FLOW_UFID_LEN);
        hmap_insert(set, &node->node, hash_bytes(ufid, FLOW_UFID_LEN, 0));
    }
}

static inline void
ufid_set_clear(struct hmap *set)
{
    struct ufid_set_node *node;

    HMAP_FOR_EACH_POP (node, node, set) {
        free(node);
    }
    hmap_shrink(set);
}

#endif /* netlink/ufid-set.h */
