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

void
flow_store_add(struct flow_store *store, const struct tc_flow *tf)
{
    uint32_t hash = hash_bytes(tf->ufid, sizeof tf->ufid, 0);
    struct tc_part part = {
        .ifindex = tf->ifindex, .block = tf->block, .parent = tf->parent,
    };
    struct flow *flow = find_flow(store, tf->ufid, hash);

    if (flow) {
        destroy_flow(store, flow);
    }

    flow = xzalloc(sizeof *flow + tf->n_outputs * sizeof *flow->outputs);
    hmap_insert(&store->flows, &flow->node, hash);
    memcpy(flow->ufid, tf->ufid, sizeof flow->ufid);
    flow->offloaded = tf->in_hw;
    flow->decap = tf->decap;
    flow->has_zone = tf->has_ct;
    flow->zone = tf->ct_zone;
    flow->has_mac = tf->has_dst_mac;
    flow->mac = mac_to_uint64(tf->dst_mac);
    flow->hw.packets = tf->hw_packets;
    flow->hw.bytes = tf->hw_bytes;
    flow->sw.packets = software_part(tf->packets, tf->hw_packets);
    flow->sw.bytes = software_part(tf->bytes, tf->hw_bytes);
    flow->n_outputs = tf->n_outputs;
    for (size_t i = 0; i < tf->n_outputs; i++) {
        flow->outputs[i] = tf->outputs[i].ifindex;
    }

    flow->chain = ref_chain(store, &part, tf->chain);
    ovs_list_push_back(&flow->chain->flows, &flow->chain_node);
    flow->chain->n_outputting += flow->n_outputs > 0;
    if (tf->has_goto) {
        flow->target = ref_chain(store, &part, tf->goto_chain);
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
