/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <string.h>

#include "util.h"

/* Counters go on: what is added to the readings of a flow whose counters
 * started anew (its base), and counters of flows that were deleted, for their
 * return. */

/* Entries that one call removes because of their age, at most. */
#define EXPIRE_MAX 128

/* Bases. */

static struct ft_base *
get_base(const struct flow_table *t, uint32_t id)
{
    return flow_slab_get(&t->bases, id);
}

static uint64_t
hash_flow(const struct flow_table *t, uint32_t flow)
{
    return ft_hash(t, flow, 8);
}

static uint64_t
hash_base(const void *t, uint32_t id)
{
    return hash_flow(t, get_base(t, id)->flow);
}

static uint32_t
find_base(const struct flow_table *t, uint32_t flow)
{
    struct flow_probe probe;
    uint32_t id;

    FLOW_INDEX_FOR_EACH (id, probe, &t->base_index, hash_flow(t, flow)) {
        if (get_base(t, id)->flow == flow) {
            return id;
        }
    }
    return FLOW_NONE;
}

/* The base of 'flow', which is FT_BASED. */
struct ft_base *
ft_base_find(const struct flow_table *t, uint32_t flow)
{
    uint32_t id = find_base(t, flow);

    ovs_assert(id != FLOW_NONE);
    return get_base(t, id);
}

/* The base of 'flow', made if it is not FT_BASED yet. */
struct ft_base *
ft_base_get(struct flow_table *t, uint32_t flow)
{
    struct ft_state *state = ft_state(t, flow);
    uint32_t id;

    if (state->flags & FT_BASED) {
        return ft_base_find(t, flow);
    }
    state->flags |= FT_BASED;
    id = flow_slab_alloc(&t->bases);
    get_base(t, id)->flow = flow;
    flow_index_insert(&t->base_index, hash_flow(t, flow), id);
    return get_base(t, id);
}

/* Removes the base of 'flow', which is FT_BASED. */
void
ft_base_remove(struct flow_table *t, uint32_t flow)
{
    uint32_t id = find_base(t, flow);

    ovs_assert(id != FLOW_NONE);
    flow_index_remove(&t->base_index, hash_flow(t, flow), id);
    flow_slab_free(&t->bases, id);
    ft_state(t, flow)->flags &= ~FT_BASED;
}

/* Deleted flows. */

/* The part of a key hash that is kept: 0 only for 0, not known. */
uint16_t
ft_fold_key(uint32_t key_hash)
{
    uint16_t key = key_hash ^ key_hash >> 16;

    return key_hash && !key ? 1 : key;
}

static struct ft_past *
get_past(const struct flow_table *t, uint32_t id)
{
    return flow_slab_get(&t->pasts, id);
}

static uint64_t
hash_past(const void *t, uint32_t id)
{
    return ft_hash_ufid(t, get_past(t, id)->ufid);
}

static uint32_t
find_past(const struct flow_table *t, const uint8_t ufid[], uint64_t hash)
{
    struct flow_probe probe;
    uint32_t id;

    FLOW_INDEX_FOR_EACH (id, probe, &t->past_index, hash) {
        if (!memcmp(get_past(t, id)->ufid, ufid, FLOW_UFID_LEN)) {
            return id;
        }
    }
    return FLOW_NONE;
}

/* Is there a deleted flow with that ufid? */
bool
ft_past_has(const struct flow_table *t, const uint8_t ufid[], uint64_t hash)
{
    return find_past(t, ufid, hash) != FLOW_NONE;
}

static void
remove_past(struct flow_table *t, uint32_t id)
{
    const struct ft_past *past = get_past(t, id);

    if (past->prev != FLOW_NONE) {
        get_past(t, past->prev)->next = past->next;
    } else {
        t->oldest_past = past->next;
    }
    if (past->next != FLOW_NONE) {
        get_past(t, past->next)->prev = past->prev;
    } else {
        t->newest_past = past->prev;
    }
    flow_index_remove(&t->past_index, hash_past(t, id), id);
    flow_slab_free(&t->pasts, id);
}

/* Remembers the flow, which is about to be removed: because it was 'deleted',
 * or else because it was not found where it should have been. */
void
ft_past_add(struct flow_table *t, uint32_t flow_id, uint64_t hash,
            uint16_t key, bool deleted, long long int now)
{
    const struct ft_flow *flow = ft_flow(t, flow_id);
    const struct ft_node *node = ft_node(t, flow->chain);
    uint16_t flags = ft_state(t, flow_id)->flags;
    struct ft_past *past;
    uint32_t id;

    if (t->past_index.n >= FLOW_RETURN_MAX) {
        remove_past(t, t->oldest_past);
    }
    id = flow_slab_alloc(&t->pasts);
    past = get_past(t, id);
    memcpy(past->ufid, flow->ufid, sizeof past->ufid);
    past->dev = node->dev;
    past->recirc_id = node->id;
    past->handle = ft_handle(t, flow_id);
    past->last_used = flow->last_used;
    past->key = key;
    past->flags = flags;
    past->deleted = deleted;
    past->when = now;
    past->hw = flow->hw;
    past->total = flow->total;
    if (flags & FT_BASED) {
        const struct ft_base *base = ft_base_find(t, flow_id);

        past->base_hw = base->hw;
        past->base_total = base->total;
    }

    past->prev = t->newest_past;
    past->next = FLOW_NONE;
    if (past->prev != FLOW_NONE) {
        get_past(t, past->prev)->next = id;
    } else {
        t->oldest_past = id;
    }
    t->newest_past = id;
    flow_index_insert(&t->past_index, hash, id);
}

/* Gives 'flow_id', a new flow made from 'r', the counters of its earlier life
 * if it had one. */
static void
return_counters(struct flow_table *t, uint32_t flow_id,
                const struct ft_past *past, const struct flow_record *r)
{
    struct ft_flow *flow = ft_flow(t, flow_id);
    struct ft_base *base;
    bool anew;

    /* A flow that was only missing may have been there all the time: then its
     * readings go on, too. */
    anew = (past->deleted || past->handle != r->handle
            || (past->flags ^ r->flags) & FLOW_KERNEL);
    flow->hw = past->hw;
    flow->total = past->total;
    flow->last_used = past->last_used;
    if (anew || past->flags & FT_BASED) {
        base = ft_base_get(t, flow_id);
        base->hw = anew ? past->hw : past->base_hw;
        base->total = anew ? past->total : past->base_total;
    }
}

/* 'flow_id' is a new flow, made from 'r': forgets what is remembered of its
 * ufid, after applying it if the flow is the same. */
void
ft_past_take(struct flow_table *t, uint32_t flow_id, uint64_t hash,
             const struct flow_record *r, long long int now)
{
    const struct ft_past *past;
    uint16_t key = ft_fold_key(r->key_hash);
    uint32_t id;

    id = find_past(t, r->ufid, hash);
    if (id == FLOW_NONE) {
        return;
    }
    past = get_past(t, id);
    if (now - past->when <= FLOW_RETURN_MS
        && past->dev == r->dev && past->recirc_id == r->recirc_id
        && ((past->flags ^ r->flags) & FLOW_KERNEL
            || !key || !past->key || past->key == key)) {
        return_counters(t, flow_id, past, r);
    }
    remove_past(t, id);
}

/* Forgets some of those that are too old. */
void
ft_past_expire(struct flow_table *t, long long int now)
{
    for (int i = 0; i < EXPIRE_MAX && t->oldest_past != FLOW_NONE; i++) {
        if (now - get_past(t, t->oldest_past)->when <= FLOW_RETURN_MS) {
            break;
        }
        remove_past(t, t->oldest_past);
    }
}

void
ft_past_init(struct flow_table *t)
{
    flow_slab_init(&t->bases, sizeof(struct ft_base), 8);
    flow_index_init(&t->base_index, hash_base, t);
    flow_slab_init(&t->pasts, sizeof(struct ft_past), 6);
    flow_index_init(&t->past_index, hash_past, t);
    t->oldest_past = t->newest_past = FLOW_NONE;
}

void
ft_past_destroy(struct flow_table *t)
{
    flow_slab_destroy(&t->bases);
    flow_index_destroy(&t->base_index);
    flow_slab_destroy(&t->pasts);
    flow_index_destroy(&t->past_index);
}

size_t
ft_past_memory(const struct flow_table *t)
{
    return (flow_slab_memory(&t->bases) + flow_index_memory(&t->base_index)
            + flow_slab_memory(&t->pasts)
            + flow_index_memory(&t->past_index));
}
