/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <string.h>

#include "util.h"

/* Shortcuts.  Almost all flows of a dump are plain: new ones in a chain that
 * ends there or with one target, or old ones whose counters grew.  For these
 * the functions here do what the general ones do, bit for bit, but in one go,
 * which takes a quarter of the instructions.  They look first, and return
 * without having changed anything if there is something special. */

static inline void
add_traffic(struct flow_traffic *sum, uint64_t packets, uint64_t bytes)
{
    sum->packets += packets;
    sum->bytes += bytes;
}

/* Adds growth to what is there and to what passed. */
static inline void
add_growth(struct flow_counts *counts, struct flow_passed *passed,
           const struct flow_counts *delta, long long int used)
{
    add_traffic(&counts->hw, delta->hw.packets, delta->hw.bytes);
    add_traffic(&counts->sw, delta->sw.packets, delta->sw.bytes);
    add_traffic(&passed->hw, delta->hw.packets, delta->hw.bytes);
    add_traffic(&passed->sw, delta->sw.packets, delta->sw.bytes);
    passed->last_used = MAX(passed->last_used, used);
}

static inline uint8_t
percent_of(const struct flow_counts *delta)
{
    uint64_t packets = delta->hw.packets + delta->sw.packets;

    return (!delta->sw.packets ? 100
            : !delta->hw.packets ? 0
            : delta->hw.packets > UINT64_MAX / 100
            ? delta->hw.packets / (packets / 100)
            : delta->hw.packets * 100 / packets);
}

static inline long long int
used_at(const struct flow_table *t, const struct flow_record *r, bool grew)
{
    if (!(r->flags & FLOW_TERSE) && r->last_used != UINT32_MAX) {
        return MAX(t->now - r->last_used, 1);
    }
    return grew ? t->now : 0;
}

/* Adding. */

/* Does 'r' tell of nothing that only the general way deals with? */
static inline bool
is_plain(const struct flow_table *t, const struct flow_record *r)
{
    if (r->key_hash || t->past_index.n || t->purge_left
        || r->n_outputs > 1 || r->flags & FLOW_MORE
        || r->hw_packets > r->packets || r->hw_bytes > r->bytes) {
        return false;
    }
    return (!r->n_targets
            || (r->n_targets == 1 && r->targets[0] && !r->recirc_id
                && (r->n_outputs || !(r->flags & FLOW_DECAP))));
}

/* Can another flow be counted in the node without ado? */
static inline bool
has_room(const struct ft_node *node, unsigned int counter)
{
    return (!(node->flags & FT_NODE_WIDE)
            && node->n[counter] < UINT16_MAX);
}

static inline uint32_t
get_node(struct flow_table *t, uint32_t dev, uint32_t recirc_id)
{
    uint32_t id = ft_node_recent(t, dev, recirc_id);

    return OVS_LIKELY(id != FLOW_NONE) ? id : ft_node_get(t, dev, recirc_id);
}

static inline uint32_t
get_receiver(struct flow_table *t, const struct flow_record *r)
{
    uint32_t dev = r->outputs[0];
    uint32_t recent = t->recent_receivers[dev & (FT_RECENT - 1)];

    return (OVS_LIKELY(recent != FLOW_NONE
                       && ft_receiver(t, recent)->dev == dev)
            ? recent : ft_receiver_get(t, r, false));
}

static inline void
count_flow(struct flow_counts *counts, bool offloaded)
{
    counts->flows++;
    counts->offloaded += offloaded;
}

/* Adds the flow 'id', which was allocated, as 'r' tells it, which is_plain(),
 * to the nodes 'chain' and 'target', which have room. */
static inline void
fill_in(struct flow_table *t, uint32_t id, const struct flow_record *r,
        struct ft_sender *sender, uint32_t chain, uint32_t target)
{
    struct flow_counts delta = {
        .hw = { r->hw_packets, r->hw_bytes },
        .sw = { r->packets - r->hw_packets, r->bytes - r->hw_bytes },
    };
    long long int used = used_at(t, r, r->packets);
    struct ft_chunk *chunk = t->chunks[id >> FT_CHUNK_SHIFT].chunk;
    uint32_t pos = id & (FT_CHUNK_FLOWS - 1);
    struct ft_state *state = &chunk->states[pos];
    struct ft_flow *flow = &chunk->flows[pos];
    struct ft_node *node = ft_node(t, chain);
    bool kernel = r->flags & FLOW_KERNEL, in_hw = r->flags & FLOW_IN_HW;
    struct ft_gens *gens = &sender->gens[kernel];
    uint16_t flags = r->flags & FT_PUBLIC;
    enum ft_class class;
    bool changed;

    memcpy(flow->ufid, r->ufid, sizeof flow->ufid);
    flow->hw.packets = r->hw_packets;
    flow->hw.bytes = r->hw_bytes;
    flow->total.packets = r->packets;
    flow->total.bytes = r->bytes;
    flow->chain = chain;
    flow->target = target;
    flow->receiver = r->n_outputs ? get_receiver(t, r) : FLOW_NONE;
    flow->last_used = used ? ft_to_ticks(t, used) : 0;
    chunk->handles[pos] = r->handle;
    chunk->prios[pos] = r->prio;

    if (!r->recirc_id) {
        flags |= FT_FIRST;
    }
    if (r->packets && !r->hw_packets) {
        flags |= FT_LAST_SW;
    }
    flags |= ((node->flags & FT_NODE_AGE_MASK) >> FT_NODE_AGE_SHIFT
              << FT_AGE_SHIFT);
    state->flags = flags;
    state->miss_gen = (MIN(r->miss, FLOW_N_MISSES - 1)
                       | gens->fresh << FT_GEN_SHIFT);
    state->percent = r->packets ? percent_of(&delta) : FT_NO_PERCENT;
    gens->total++;
    gens->n[gens->fresh]++;
    t->n_of[kernel]++;

    class = ft_class(flags);
    changed = !node->n[FT_IN + class]++;
    if (r->n_outputs) {
        struct ft_receiver *receiver = ft_receiver(t, flow->receiver);

        changed |= !node->n[FT_OUT]++;
        receiver->refs++;
        count_flow(&receiver->pub.ingress, in_hw);
        add_growth(&receiver->pub.ingress, &receiver->pub.passed, &delta,
                   used);
    }
    if (!r->recirc_id) {
        unsigned int has = 0;

        if (target != FLOW_NONE) {
            ft_node(t, target)->n[FT_FROM + class]++;
            has = ft_node(t, target)->has;
        }
        sender->pub.paths[ft_path(class, has)]++;
        count_flow(&sender->pub.egress, in_hw);
        add_growth(&sender->pub.egress, &sender->pub.passed, &delta, used);
    } else {
        if (!r->n_outputs) {
            count_flow(&sender->pub.egress, in_hw);
        }
        if (changed) {
            ft_touch(t, chain);
        }
    }
    if (!in_hw) {
        ft_shortfall_count(t, id, false);
    }
}

/* Adds the flow 'r', which is not there, with its ufid's 'hash'.  'slot' of
 * the index is free, and is its place there.  Returns false if this is for
 * the general way. */
bool
ft_quick_add(struct flow_table *t, const struct flow_record *r, uint64_t hash,
             uint32_t slot)
{
    struct ft_sender *sender = ft_sender_recent(t, r->dev);
    uint32_t chain, target = FLOW_NONE;
    uint32_t id;

    if (!sender || !is_plain(t, r)) {
        return false;
    }
    chain = get_node(t, r->dev, r->recirc_id);
    if (r->n_targets) {
        target = get_node(t, r->dev, r->targets[0]);
    }
    for (unsigned int i = 0; i < FT_N_CLASSES; i++) {
        if (!has_room(ft_node(t, chain), FT_IN + i)
            || (target != FLOW_NONE
                && !has_room(ft_node(t, target), FT_FROM + i))) {
            /* Both nodes are what the flow needs in any case. */
            return false;
        }
    }
    if (!has_room(ft_node(t, chain), FT_OUT)) {
        return false;
    }
    id = ft_alloc_flow(t);
    flow_index_place(&t->index, hash, id, slot);
    t->index.n++;
    fill_in(t, id, r, sender, chain, target);
    return true;
}

/* Updating. */

/* Does 'r' tell of the flow what is known already?  A terse reading, as of all
 * the flows that are idle. */
static inline bool
is_idle(const struct ft_flow *flow, const struct flow_record *r)
{
    return (r->flags & FLOW_TERSE
            && !((r->packets ^ flow->total.packets)
                 | (r->bytes ^ flow->total.bytes)
                 | (r->hw_packets ^ flow->hw.packets)
                 | (r->hw_bytes ^ flow->hw.bytes)));
}

/* Takes over what 'r' tells of flow 'id', of 'sender', that changes all the
 * time: counters, and FLOW_IN_HW.  Returns false if this is for the general
 * way. */
bool
ft_quick_update(struct flow_table *t, struct ft_sender *sender, uint32_t id,
                const struct flow_record *r)
{
    struct ft_flow *flow = ft_flow(t, id);
    struct ft_state *state = ft_state(t, id);
    uint16_t flags = state->flags;
    struct flow_counts delta;
    long long int used;
    bool grew;

    if (flags & FT_BASED || (flags ^ r->flags) & FLOW_IN_HW) {
        return false;
    }
    if (is_idle(flow, r)) {
        return true;
    }
    if (r->packets < flow->total.packets
        || r->bytes < flow->total.bytes
        || r->hw_packets < flow->hw.packets
        || r->hw_bytes < flow->hw.bytes) {
        return false;
    }
    delta.hw.packets = r->hw_packets - flow->hw.packets;
    delta.hw.bytes = r->hw_bytes - flow->hw.bytes;
    delta.sw.packets = r->packets - flow->total.packets;
    delta.sw.bytes = r->bytes - flow->total.bytes;
    grew = delta.sw.packets;
    if (delta.hw.packets > delta.sw.packets
        || delta.hw.bytes > delta.sw.bytes
        || (grew && !delta.hw.packets != !!(flags & FT_LAST_SW))) {
        return false;
    }
    delta.sw.packets -= delta.hw.packets;
    delta.sw.bytes -= delta.hw.bytes;

    flow->hw.packets = r->hw_packets;
    flow->hw.bytes = r->hw_bytes;
    flow->total.packets = r->packets;
    flow->total.bytes = r->bytes;
    used = used_at(t, r, grew);
    if (used) {
        flow->last_used = MAX(flow->last_used, ft_to_ticks(t, used));
    }
    if (grew) {
        state->percent = percent_of(&delta);
    }
    if (used || delta.hw.bytes || delta.sw.bytes) {
        uint32_t receiver = ft_counted_receiver(flow, flags);

        if (flags & FT_FIRST) {
            add_growth(&sender->pub.egress, &sender->pub.passed, &delta,
                       used);
        }
        if (receiver != FLOW_NONE) {
            struct flow_receiver *pub = &ft_receiver(t, receiver)->pub;

            add_growth(&pub->ingress, &pub->passed, &delta, used);
        }
    }
    return true;
}
