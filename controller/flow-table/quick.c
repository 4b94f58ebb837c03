/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <string.h>

#include "util.h"

/* Shortcuts.  Almost all flows of a dump are plain: new ones, with one target
 * or none, or old ones whose counters grew.  For these the functions here do
 * what the general ones do, bit for bit, but in one go, which takes a quarter
 * of the instructions.  They look first, and return without having changed
 * anything if there is something special. */

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

/* Does 'r', with its ufid's 'hash', tell of nothing that only the general way
 * deals with? */
static inline bool
is_plain(const struct flow_table *t, const struct flow_record *r,
         uint64_t hash)
{
    if (r->flags & FLOW_MORE || r->n_targets > 1 || t->purge_left
        || r->hw_packets > r->packets || r->hw_bytes > r->bytes) {
        return false;
    }
    return ((!r->n_targets || r->targets[0])
            && (!t->past_index.n || !ft_past_has(t, r->ufid, hash)));
}

/* What a new flow is linked to. */
struct links {
    struct ft_sender *sender;
    uint32_t chain;             /* Node. */
    uint32_t target;            /* Node, or FLOW_NONE. */
    uint32_t receiver;          /* By outputs or guess, or FLOW_NONE. */
};

static inline uint32_t
get_node(struct flow_table *t, uint32_t dev, uint32_t recirc_id)
{
    uint32_t id = ft_node_recent(t, dev, recirc_id);

    return OVS_LIKELY(id != FLOW_NONE) ? id : ft_node_get(t, dev, recirc_id);
}

static inline uint32_t
get_receiver(struct flow_table *t, const struct flow_record *r, bool listed)
{
    if (OVS_LIKELY(r->n_outputs == 1)) {
        uint32_t dev = r->outputs[0];
        uint32_t recent
            = t->recent_receivers[dev & (FT_RECENT_RECEIVERS - 1)];

        if (OVS_LIKELY(recent != FLOW_NONE
                       && ft_receiver(t, recent)->dev == dev)) {
            return recent;
        }
    }
    return (r->n_outputs || listed
            ? ft_receiver_get(t, r, listed) : FLOW_NONE);
}

/* The flags of a new flow, but for those that links give it. */
static inline uint16_t
get_flags(const struct flow_record *r)
{
    return ((r->flags & FT_PUBLIC) | (r->recirc_id ? 0 : FT_FIRST)
            | (r->packets && !r->hw_packets ? FT_LAST_SW : 0));
}

/* Fills in the new flow 'id'. */
static inline void
fill_in(struct flow_table *t, uint32_t id, const struct flow_record *r,
        const struct links *l, uint16_t flags,
        const struct flow_counts *delta, long long int used)
{
    struct ft_slots *slots = ft_chunk(t, id)->slots;
    uint32_t pos = ft_pos(id);
    struct ft_flow *flow = &slots->flows[pos];
    bool kernel = flags & FLOW_KERNEL;
    struct ft_gens *gens = &l->sender->gens[kernel];
    uint32_t age = ((ft_node(t, l->chain)->flags & FT_NODE_AGE_MASK)
                    >> FT_NODE_AGE_SHIFT);

    memcpy(flow->ufid, r->ufid, sizeof flow->ufid);
    flow->hw.packets = r->hw_packets;
    flow->hw.bytes = r->hw_bytes;
    flow->total.packets = r->packets;
    flow->total.bytes = r->bytes;
    flow->chain = l->chain;
    flow->target = l->target;
    flow->receiver = l->receiver;
    flow->last_used = used ? ft_to_ticks(t, used) : 0;
    slots->states[pos] = (struct ft_state) {
        .flags = flags | age << FT_AGE_SHIFT,
        .miss_gen = (MIN(r->miss, FLOW_N_MISSES - 1)
                     | gens->fresh << FT_GEN_SHIFT),
        .percent = r->packets ? percent_of(delta) : FT_NO_PERCENT,
    };
    slots->handles[pos] = r->handle;
    slots->prios[pos] = r->prio;
    if (r->key_hash) {
        ft_set_key(t, id, ft_fold_key(r->key_hash));
    }
    gens->total++;
    gens->n[gens->fresh]++;
    t->n_of[kernel]++;
}

static inline void
count_flow(struct flow_counts *counts, bool offloaded)
{
    counts->flows++;
    counts->offloaded += offloaded;
}

/* Counts the new flow 'id', which was filled in, in its chain and for those
 * who sent and received it. */
static inline void
count_in(struct flow_table *t, uint32_t id, const struct links *l,
         uint16_t flags, const struct flow_counts *delta, long long int used)
{
    enum ft_class class = ft_class(flags);
    bool in_hw = flags & FLOW_IN_HW;
    bool outputs = l->receiver != FLOW_NONE && !(flags & FT_LISTED);
    bool changed = ft_count_up(t, l->chain, FT_IN + class);
    bool received = outputs;

    if (outputs) {
        changed |= ft_count_up(t, l->chain, FT_OUT);
    }
    if (flags & FT_FIRST) {
        struct flow_sender *pub = &l->sender->pub;
        unsigned int has = 0;

        if (l->target != FLOW_NONE) {
            has = ft_node(t, l->target)->has;
            ft_count_up(t, l->target, FT_FROM + class);
        }
        if (flags & FT_LISTED) {
            ft_listed_add(t, id);
            received = !(has & FT_HAS_OUTPUT);
        }
        pub->paths[ft_path(t, class, has)]++;
        count_flow(&pub->egress, in_hw);
        add_growth(&pub->egress, &pub->passed, delta, used);
    } else {
        if (!outputs) {
            count_flow(&l->sender->pub.egress, in_hw);
        }
        if (l->target != FLOW_NONE) {
            ft_edge_add(t, l->chain, l->target);
        }
        if (changed) {
            ft_touch(t, l->chain);
        }
    }
    if (l->receiver != FLOW_NONE) {
        struct ft_receiver *receiver = ft_receiver(t, l->receiver);

        receiver->refs++;
        if (received) {
            count_flow(&receiver->pub.ingress, in_hw);
            add_growth(&receiver->pub.ingress, &receiver->pub.passed, delta,
                       used);
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
    struct flow_counts delta = {
        .hw = { r->hw_packets, r->hw_bytes },
        .sw = { r->packets - r->hw_packets, r->bytes - r->hw_bytes },
    };
    long long int used = used_at(t, r, r->packets);
    uint16_t flags = get_flags(r);
    struct links l;
    uint32_t id;

    if (!is_plain(t, r, hash)) {
        return false;
    }
    l.sender = ft_sender_get(t, r->dev);
    l.chain = get_node(t, r->dev, r->recirc_id);
    l.target = FLOW_NONE;
    if (r->n_targets) {
        l.target = get_node(t, r->dev, r->targets[0]);
        if (flags & FLOW_DECAP && flags & FT_FIRST && !r->n_outputs) {
            flags |= FT_LISTED;
        }
    }
    l.receiver = get_receiver(t, r, flags & FT_LISTED);
    id = ft_alloc_flow(t);
    flow_index_add_at(&t->index, hash, id, slot);
    fill_in(t, id, r, &l, flags, &delta, used);
    count_in(t, id, &l, flags, &delta, used);
    return true;
}

/* Updating. */

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

    if (flags & FT_BASED || (flags ^ r->flags) & FLOW_IN_HW
        || r->packets < flow->total.packets
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
        uint32_t receiver = ft_counted_receiver(t, id, flags);

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
