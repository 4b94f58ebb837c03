/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/bench/flow-facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

void
facts_init(struct flow_facts *facts, uint32_t *outputs)
{
    memset(facts, 0, sizeof *facts);
    facts->idle = FACTS_NEVER;
    facts->outputs = outputs;
}

void
facts_count(struct flow_facts *facts, uint64_t packets, uint64_t bytes,
            bool hw)
{
    uint64_t *packetsp = hw ? &facts->hw_packets : &facts->packets;
    uint64_t *bytesp = hw ? &facts->hw_bytes : &facts->bytes;

    *packetsp = MAX(*packetsp, packets);
    *bytesp = MAX(*bytesp, bytes);
}

/* Table. */

static uint32_t
hash_ufid(const uint8_t ufid[FACTS_UFID_LEN])
{
    uint32_t hash;

    memcpy(&hash, ufid, sizeof hash);
    return hash;
}

static struct facts_flow *
find(const struct hmap *map, const uint8_t ufid[FACTS_UFID_LEN])
{
    struct facts_flow *flow;

    HMAP_FOR_EACH_WITH_HASH (flow, node, hash_ufid(ufid), map) {
        if (!memcmp(flow->facts.ufid, ufid, FACTS_UFID_LEN)) {
            return flow;
        }
    }
    return NULL;
}

static void
delete(struct hmap *map, struct facts_flow *flow)
{
    if (flow) {
        hmap_remove(map, &flow->node);
        free(flow);
    }
}

void
facts_table_put(struct hmap *map, const struct flow_facts *facts)
{
    size_t size = facts->n_outputs * sizeof *facts->outputs;
    struct facts_flow *flow = xmalloc(sizeof *flow + size);

    delete(map, find(map, facts->ufid));
    flow->facts = *facts;
    flow->facts.outputs = flow->outputs;
    memcpy(flow->outputs, facts->outputs, size);
    hmap_insert(map, &flow->node, hash_ufid(facts->ufid));
}

void
facts_table_refresh(struct hmap *map, const struct flow_facts *from)
{
    struct facts_flow *flow = find(map, from->ufid);

    if (flow) {
        flow->facts.packets = from->packets;
        flow->facts.bytes = from->bytes;
        flow->facts.hw_packets = from->hw_packets;
        flow->facts.hw_bytes = from->hw_bytes;
        flow->facts.in_hw = from->in_hw;
    }
}

void
facts_table_delete(struct hmap *map, const uint8_t ufid[FACTS_UFID_LEN])
{
    delete(map, find(map, ufid));
}

void
facts_table_destroy(struct hmap *map)
{
    struct facts_flow *flow;

    HMAP_FOR_EACH_POP (flow, node, map) {
        free(flow);
    }
    hmap_destroy(map);
}

/* Check. */

static uint64_t
mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t
hash_key(const struct flow_facts *f)
{
    uint64_t words[2];

    memcpy(words, f->ufid, sizeof words);
    return mix(mix(mix(mix(1, words[0]), words[1]), f->dev), f->chain);
}

static uint64_t
hash_path(const struct flow_facts *f)
{
    uint64_t hash = hash_key(f), outputs = 0;

    hash = mix(hash, (uint64_t) f->prio << 32 | f->handle);
    hash = mix(hash, f->jumps ? f->target : UINT64_MAX);
    hash = mix(hash, f->in_hw | f->drop << 1 | f->decap << 2);
    hash = mix(hash, f->packets ^ f->bytes << 32);
    hash = mix(hash, f->hw_packets ^ f->hw_bytes << 32);
    /* In any order. */
    for (size_t i = 0; i < f->n_outputs; i++) {
        outputs += mix(2, f->outputs[i]);
    }
    return mix(hash, outputs);
}

static uint64_t
hash_head(const struct flow_facts *f)
{
    uint64_t hash = hash_key(f);

    if (f->has_mac) {
        for (size_t i = 0; i < sizeof f->mac; i++) {
            hash = mix(hash, f->mac[i]);
        }
    }
    return mix(hash, f->has_zone ? f->zone : UINT64_MAX);
}

static void
add_dev(struct facts_dev devs[], uint32_t dev, const struct flow_facts *f)
{
    if (dev >= FACTS_MAX_DEVS) {
        ovs_fatal(0, "no device can have ifindex %"PRIu32, dev);
    }
    devs[dev].flows++;
    devs[dev].packets += f->packets;
    devs[dev].bytes += f->bytes;
}

void
facts_sums_add(struct facts_sums *s, const struct flow_facts *f)
{
    s->flows++;
    s->packets += f->packets;
    s->bytes += f->bytes;
    s->hw_packets += f->hw_packets;
    s->hw_bytes += f->hw_bytes;
    s->in_hw += f->in_hw;
    s->jumps += f->jumps;
    s->drops += f->drop;
    s->decaps += f->decap;
    s->zones += f->has_zone;
    s->macs += f->has_mac;
    if (f->packets && f->idle != FACTS_NEVER) {
        s->used++;
        s->idle += f->idle;
    }
    s->paths += hash_path(f);
    s->heads += hash_head(f);
    add_dev(s->senders, f->dev, f);
    for (size_t i = 0; i < f->n_outputs; i++) {
        add_dev(s->receivers, f->outputs[i], f);
    }
}

void
facts_sums_add_table(struct facts_sums *s, const struct hmap *map)
{
    const struct facts_flow *flow;

    HMAP_FOR_EACH (flow, node, map) {
        facts_sums_add(s, &flow->facts);
    }
}

static uint64_t
hash_devs(const struct facts_dev devs[])
{
    uint64_t hash = 3;

    for (size_t i = 0; i < FACTS_MAX_DEVS; i++) {
        hash = mix(mix(mix(hash, devs[i].flows), devs[i].packets),
                   devs[i].bytes);
    }
    return hash;
}

void
facts_sums_print(const struct facts_sums *s, bool heads)
{
    printf("\"flows\":%"PRIu64",\"packets\":%"PRIu64",\"bytes\":%"PRIu64","
           "\"hw_packets\":%"PRIu64",\"hw_bytes\":%"PRIu64","
           "\"in_hw\":%"PRIu64",\"jumps\":%"PRIu64",\"drops\":%"PRIu64","
           "\"decaps\":%"PRIu64",\"used\":%"PRIu64",\"idle\":%.1f,"
           "\"senders\":\"%016"PRIx64"\",\"receivers\":\"%016"PRIx64"\","
           "\"paths\":\"%016"PRIx64"\"", s->flows, s->packets, s->bytes,
           s->hw_packets, s->hw_bytes, s->in_hw, s->jumps, s->drops,
           s->decaps, s->used, s->used ? (double) s->idle / s->used : 0,
           hash_devs(s->senders), hash_devs(s->receivers), s->paths);
    if (heads) {
        printf(",\"zones\":%"PRIu64",\"macs\":%"PRIu64","
               "\"heads\":\"%016"PRIx64"\"", s->zones, s->macs, s->heads);
    }
}
