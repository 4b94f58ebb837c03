/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-store.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "packets.h"
#include "util.h"

void
flow_store_init(struct flow_store *store)
{
    hmap_init(&store->flows);
    hmap_init(&store->chains);
}

static uint32_t
hash_chain(const struct tc_part *part, uint32_t id)
{
    uint32_t hash = hash_2words(part->ifindex, part->block);

    return hash_finish(hash_add(hash_add(hash, part->parent), id), 16);
}

/* Finds or creates a chain, and adds a reference to it. */
static struct flow_chain *
ref_chain(struct flow_store *store, const struct tc_part *part, uint32_t id)
{
    uint32_t hash = hash_chain(part, id);
    struct flow_chain *chain;

    HMAP_FOR_EACH_WITH_HASH (chain, node, hash, &store->chains) {
        if (chain->part.ifindex == part->ifindex
            && chain->part.block == part->block
            && chain->part.parent == part->parent && chain->id == id) {
            chain->n_refs++;
            return chain;
        }
    }

    chain = xzalloc(sizeof *chain);
    chain->part = *part;
    chain->id = id;
    chain->n_refs = 1;
    ovs_list_init(&chain->flows);
    ovs_list_init(&chain->sources);
    hmap_insert(&store->chains, &chain->node, hash);
    return chain;
}

static void
unref_chain(struct flow_store *store, struct flow_chain *chain)
{
    if (!--chain->n_refs) {
        hmap_remove(&store->chains, &chain->node);
        free(chain);
    }
}

static void
destroy_flow(struct flow_store *store, struct flow *flow)
{
    hmap_remove(&store->flows, &flow->node);
    flow->chain->n_outputting -= flow->n_outputs > 0;
    ovs_list_remove(&flow->chain_node);
    if (flow->target) {
        ovs_list_remove(&flow->target_node);
        unref_chain(store, flow->target);
    }
    unref_chain(store, flow->chain);
    free(flow);
}

static struct flow *
find_flow(const struct flow_store *store, const uint8_t *ufid, uint32_t hash)
{
    struct flow *flow;

    HMAP_FOR_EACH_WITH_HASH (flow, node, hash, &store->flows) {
        if (!memcmp(flow->ufid, ufid, sizeof flow->ufid)) {
            return flow;
        }
    }
    return NULL;
}

static uint64_t
mac_to_uint64(const uint8_t *bytes)
{
    struct eth_addr mac;

    memcpy(mac.ea, bytes, sizeof mac.ea);
    return eth_addr_to_uint64(mac);
}

/* Software's part of a counter.  Hardware's may be ahead, as the kernel reads
 * it later than the total. */
static uint64_t
software_part(uint64_t total, uint64_t hw)
{
    return total > hw ? total - hw : 0;
}

static struct tc_part
part_of(const struct flow_record *rec)
{
    if (rec->flags & FLOW_ON_BLOCK) {
        return (struct tc_part) { .block = rec->dev };
    }
    return (struct tc_part) {
        .ifindex = rec->dev,
        .parent = rec->flags & FLOW_EGRESS_SIDE ? 0xfffffff3 : 0xfffffff2,
    };
}

void
flow_store_add(struct flow_store *store, const struct flow_record *rec)
{
    uint32_t hash = hash_bytes(rec->ufid, sizeof rec->ufid, 0);
    struct flow *flow = find_flow(store, rec->ufid, hash);
    struct tc_part part = part_of(rec);

    if (flow) {
        destroy_flow(store, flow);
    }

    flow = xzalloc(sizeof *flow + rec->n_outputs * sizeof *flow->outputs);
    hmap_insert(&store->flows, &flow->node, hash);
    memcpy(flow->ufid, rec->ufid, sizeof flow->ufid);
    flow->offloaded = (rec->flags & FLOW_IN_HW) != 0;
    flow->decap = (rec->flags & FLOW_DECAP) != 0;
    flow->has_zone = (rec->flags & FLOW_HAS_ZONE) != 0;
    flow->zone = rec->zone;
    flow->has_mac = (rec->flags & FLOW_HAS_MAC) != 0;
    flow->mac = mac_to_uint64(rec->mac);
    flow->hw.packets = rec->hw_packets;
    flow->hw.bytes = rec->hw_bytes;
    flow->sw.packets = software_part(rec->packets, rec->hw_packets);
    flow->sw.bytes = software_part(rec->bytes, rec->hw_bytes);
    flow->n_outputs = rec->n_outputs;
    for (size_t i = 0; i < rec->n_outputs; i++) {
        flow->outputs[i] = rec->outputs[i];
    }

    flow->chain = ref_chain(store, &part, rec->recirc_id);
    ovs_list_push_back(&flow->chain->flows, &flow->chain_node);
    flow->chain->n_outputting += flow->n_outputs > 0;
    if (rec->n_targets) {
        flow->target = ref_chain(store, &part, rec->targets[0]);
        ovs_list_push_back(&flow->target->sources, &flow->target_node);
    }
}

void
flow_store_purge(struct flow_store *store, const struct tc_part *part)
{
    struct ovs_list doomed = OVS_LIST_INITIALIZER(&doomed);
    struct flow_chain *chain;
    struct flow *flow;

    /* Chains go with the last flow that refers to them, so collect the flows
     * first. */
    HMAP_FOR_EACH (chain, node, &store->chains) {
        if (chain->part.ifindex == part->ifindex
            && chain->part.block == part->block
            && chain->part.parent == part->parent) {
            ovs_list_push_back_all(&doomed, &chain->flows);
        }
    }
    while (!ovs_list_is_empty(&doomed)) {
        flow = CONTAINER_OF(ovs_list_front(&doomed), struct flow, chain_node);
        destroy_flow(store, flow);
    }
}

/* Sets 'leads_out' of all chains: from those with outputs back to those that
 * lead there, each visited once, so that loops do no harm. */
void
flow_store_find_ways_out(struct flow_store *store)
{
    struct ovs_list work = OVS_LIST_INITIALIZER(&work);
    struct flow_chain *chain;
    struct flow *flow;

    HMAP_FOR_EACH (chain, node, &store->chains) {
        chain->leads_out = chain->n_outputting > 0;
        if (chain->leads_out) {
            ovs_list_push_back(&work, &chain->work_node);
        }
    }
    while (!ovs_list_is_empty(&work)) {
        chain = CONTAINER_OF(ovs_list_pop_front(&work), struct flow_chain,
                             work_node);
        LIST_FOR_EACH (flow, target_node, &chain->sources) {
            if (!flow->chain->leads_out) {
                flow->chain->leads_out = true;
                ovs_list_push_back(&work, &flow->chain->work_node);
            }
        }
    }
}

void
flow_store_destroy(struct flow_store *store)
{
    struct flow *flow, *next;

    HMAP_FOR_EACH_SAFE (flow, next, node, &store->flows) {
        destroy_flow(store, flow);
    }
    hmap_destroy(&store->flows);
    hmap_destroy(&store->chains);
}
