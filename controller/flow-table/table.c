/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "util.h"

/* What happens to flows.  For speed, a batch passes through stages, each of
 * which makes the caches fetch what the next one reads. */

struct flow_table *
flow_table_create(void)
{
    struct flow_table *t = xzalloc(sizeof *t);

    for (size_t i = 0; i < ARRAY_SIZE(t->key); i++) {
        t->key[i] = random_uint32();
    }
    ft_store_init(t);
    ft_graph_init(t);
    ft_parties_init(t);
    ft_past_init(t);
    return t;
}

void
flow_table_destroy(struct flow_table *t)
{
    if (!t) {
        return;
    }
    ft_store_destroy(t);
    ft_graph_destroy(t);
    ft_parties_destroy(t);
    ft_past_destroy(t);
    free(t->purges.purges);
    free(t->next_purges.purges);
    free(t);
}

/* Putting. */

static inline struct ft_sender *
sender_of(struct flow_table *t, uint32_t id)
{
    return ft_sender_get(t, ft_node(t, ft_flow(t, id)->chain)->dev);
}

/* Takes over what 'r' tells of the flow, of 'sender', which is counted
 * everywhere, that may change at any time.  'anew': its counters began with
 * 0. */
static void
update(struct flow_table *t, struct ft_sender *sender, uint32_t id,
       const struct flow_record *r, bool anew)
{
    struct ft_flow *flow = ft_flow(t, id);
    struct ft_state *state = ft_state(t, id);
    struct flow_counts delta;
    uint16_t old_flags, flags;
    long long int used;

    if (!anew && ft_quick_update(t, sender, id, r)) {
        return;
    }
    delta = ft_read_counters(t, id, r, anew);
    old_flags = state->flags;
    flags = ft_read_flags(state, r, &delta, anew);
    used = ft_read_used(t, flow, r, &delta);

    if (flags != old_flags) {
        state->flags = flags;
        ft_chain_reclass(t, id, old_flags, flags);
        ft_sums_reclass(t, id, old_flags, flags);
    }
    if (used || delta.hw.bytes || delta.sw.bytes) {
        ft_sums_traffic(t, id, &delta, used);
    }
}

/* Sets what of the flow is not named by its key and is no counter, and counts
 * it everywhere. */
static void
link_flow(struct flow_table *t, uint32_t id, const struct flow_record *r,
          uint16_t flags)
{
    struct ft_flow *flow = ft_flow(t, id);
    struct ft_state *state = ft_state(t, id);
    struct ft_sender *sender = ft_sender_get(t, r->dev);

    flow->target = ft_target_get(t, r);
    flow->chain = ft_node_get(t, r->dev, r->recirc_id);
    if (!r->recirc_id) {
        flags |= FT_FIRST;
        if (r->flags & FLOW_DECAP && !r->n_outputs
            && flow->target != FLOW_NONE) {
            flags |= FT_LISTED;
        }
    }
    flow->receiver = ft_receiver_get(t, r, flags & FT_LISTED);
    state->flags = flags;
    state->miss_gen = MIN(r->miss, FLOW_N_MISSES - 1);
    ft_gen_add(t, sender, id);
    ft_chain_add(t, id);
    ft_sums_count(t, id, false);
}

static void
unlink_flow(struct flow_table *t, uint32_t id)
{
    uint32_t dev = ft_node(t, ft_flow(t, id)->chain)->dev;

    ft_gen_remove(t, ft_sender_find(t, dev), id);
    ft_sums_count(t, id, true);
    ft_chain_remove(t, id);
}

/* Removes the flow, whose ufid has 'hash', and forgets it. */
void
ft_remove(struct flow_table *t, uint32_t id, uint64_t hash)
{
    unlink_flow(t, id);
    if (ft_state(t, id)->flags & FT_BASED) {
        ft_base_remove(t, id);
    }
    ft_set_key(t, id, 0);
    flow_index_remove(&t->index, hash, id);
    ft_free_flow(t, id);
}

/* Adds flow 'r', whose ufid, with 'hash', is not there; it may 'return'. */
static void
add_flow(struct flow_table *t, const struct flow_record *r, uint64_t hash,
         bool returns)
{
    uint32_t id = ft_alloc_flow(t);
    struct ft_flow *flow = ft_flow(t, id);
    struct ft_state *state = ft_state(t, id);
    struct flow_counts delta;
    long long int used;

    memset(flow, 0, sizeof *flow);
    memcpy(flow->ufid, r->ufid, sizeof flow->ufid);
    *state = (struct ft_state) { .percent = FT_NO_PERCENT };
    ft_set_names(t, id, r);
    ft_set_key(t, id, ft_fold_key(r->key_hash));
    flow_index_add(&t->index, hash, id);

    if (returns && t->past_index.n) {
        ft_past_take(t, id, hash, r, t->now);
    }
    delta = ft_read_counters(t, id, r, false);
    used = ft_read_used(t, flow, r, &delta);
    link_flow(t, id, r, ((ft_read_flags(state, r, &delta, false)
                          & ~FT_PUBLIC) | (r->flags & FT_PUBLIC)));
    ft_sums_pass(t, id, &delta, used);
}

/* Is flow 'id' the one that 'r', with its ufid, tells of?  Key hashes of
 * different sources cannot be compared. */
static bool
is_same(const struct flow_table *t, uint32_t id, const struct flow_record *r)
{
    const struct ft_node *node = ft_node(t, ft_flow(t, id)->chain);
    uint16_t flags = ft_state(t, id)->flags;
    uint16_t new_key = ft_fold_key(r->key_hash);
    uint16_t key = ft_key(t, id);

    return (node->dev == r->dev && node->id == r->recirc_id
            && (!key || !new_key || key == new_key
                || (flags ^ r->flags) & FLOW_KERNEL));
}

/* Flow 'id' is told anew by 'r'. */
static void
replace_flow(struct flow_table *t, uint32_t id, const struct flow_record *r)
{
    const struct ft_flow *flow = ft_flow(t, id);
    const struct ft_state *state = ft_state(t, id);
    uint16_t changed = (state->flags ^ r->flags) & FT_PUBLIC & ~FLOW_IN_HW;
    bool listed = state->flags & FT_LISTED;
    struct ft_sender *sender;
    bool anew;

    /* Another filter's counters begin with 0. */
    anew = (changed & FLOW_KERNEL
            || (r->handle && ft_handle(t, id)
                && (r->handle != ft_handle(t, id)
                    || r->prio != ft_prio(t, id))));
    ft_set_names(t, id, r);
    if (r->key_hash || changed & FLOW_KERNEL) {
        ft_set_key(t, id, ft_fold_key(r->key_hash));
    }
    if (changed
        || (state->miss_gen & FT_MISS_MASK) != MIN(r->miss, FLOW_N_MISSES - 1)
        || !ft_target_matches(t, flow->target, r)
        || (ft_receiver_of(t, id, state->flags)
            != ft_receiver_get(t, r, listed))) {
        uint16_t kept = state->flags & (FLOW_IN_HW | FT_LAST_SW | FT_BASED);

        unlink_flow(t, id);
        link_flow(t, id, r,
                  kept | (r->flags & FT_PUBLIC & ~FLOW_IN_HW));
    }
    sender = ft_sender_get(t, r->dev);
    update(t, sender, id, r, anew);
    ft_gen_refresh(t, sender, id);
}

static void
put_flow(struct flow_table *t, const struct flow_record *r, uint64_t hash)
{
    uint32_t id = ft_find(t, r->ufid, hash);

    if (id == FLOW_NONE) {
        add_flow(t, r, hash, true);
    } else if (is_same(t, id, r)) {
        replace_flow(t, id, r);
    } else {
        ft_remove(t, id, hash);
        add_flow(t, r, hash, false);
    }
}

/* Batches. */

static void
prefetch_flow(const struct flow_table *t, uint32_t id)
{
    __builtin_prefetch(ft_flow(t, id));
    __builtin_prefetch(ft_state(t, id));
}

/* A node may be in two cache lines. */
static void
prefetch_node(const struct flow_table *t, uint32_t id)
{
    const struct ft_node *node = ft_node(t, id);

    __builtin_prefetch(node);
    __builtin_prefetch((const char *) node + sizeof *node - 1);
}

/* Makes the cache fetch where the chain is looked for, if it was not found
 * lately. */
static void
prefetch_chain(struct flow_table *t, uint32_t dev, uint32_t recirc_id)
{
    if (ft_node_recent(t, dev, recirc_id) == FLOW_NONE) {
        flow_index_prefetch(&t->graph.node_index,
                            ft_hash_chain(t, dev, recirc_id));
    }
}

/* Puts 'r', for whose ufid, with 'hash', no flow was found before others of
 * its batch were put: the search ended at 'slot'.  Slots that were in use are
 * so still, as a flow that is removed for another one with its ufid leaves no
 * gap; and if that one is free nothing was put that a search would find. */
static void
put_new(struct flow_table *t, const struct flow_record *r, uint64_t hash,
        uint32_t slot)
{
    if (t->index.slots[slot]
        && flow_index_search(t->index.slots, t->index.bits, hash,
                             &slot) != FLOW_NONE) {
        put_flow(t, r, hash);
    } else if (!ft_quick_add(t, r, hash, slot)) {
        put_flow(t, r, hash);
    }
}

/* Prefetches the slots that are needed to put 'records', and fills in 'hashes'
 * of their ufids. */
static void
prefetch_slots(struct flow_table *t,
               const struct flow_record *const *records, size_t n,
               uint64_t hashes[])
{
    for (size_t i = 0; i < n; i++) {
        const struct flow_record *r = records[i];

        ovs_assert(!(r->flags & FLOW_TERSE));
        hashes[i] = ft_hash_ufid(t, r->ufid);
        flow_index_prefetch(&t->index, hashes[i]);
        prefetch_chain(t, r->dev, r->recirc_id);
        if (r->n_targets) {
            prefetch_chain(t, r->dev, r->targets[0]);
        }
    }
}

/* Prefetches the flows that may have 'hashes', fills these in in 'ids', and
 * where the search ended, in 'slots'. */
static void
prefetch_flows(const struct flow_table *t, const uint64_t hashes[], size_t n,
               uint32_t ids[], uint32_t slots[])
{
    const struct flow_index *index = &t->index;

    for (size_t i = 0; i < n; i++) {
        slots[i] = flow_index_home(hashes[i], index->bits);
        ids[i] = flow_index_search(index->slots, index->bits, hashes[i],
                                   &slots[i]);
        if (ids[i] == FLOW_NONE && index->old_slots) {
            struct flow_probe probe = { .hash = hashes[i] };

            ids[i] = flow_index_first_old(index, &probe);
        }
        if (ids[i] != FLOW_NONE) {
            prefetch_flow(t, ids[i]);
        }
    }
}

void
flow_table_put(struct flow_table *t,
               const struct flow_record *const *records, size_t n,
               long long int now)
{
    uint64_t hashes[FLOW_BATCH];
    uint32_t ids[FLOW_BATCH], slots[FLOW_BATCH];

    ovs_assert(n <= FLOW_BATCH);
    ft_set_now(t, now);
    flow_index_reserve(&t->index, n);
    prefetch_slots(t, records, n, hashes);
    prefetch_flows(t, hashes, n, ids, slots);
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == FLOW_NONE) {
            put_new(t, records[i], hashes[i], slots[i]);
        } else {
            put_flow(t, records[i], hashes[i]);
        }
    }
    ft_past_expire(t, now);
}

/* Finds in 'ids' the flows of those of 'records' whose positions the 'n' in
 * 'at' are, FLOW_NONE if there is none. */
static void
search_flows(const struct flow_table *t,
             const struct flow_record *const *records,
             const uint8_t at[], size_t n, uint32_t ids[])
{
    struct flow_probe probes[FLOW_BATCH];

    for (size_t i = 0; i < n; i++) {
        probes[i].hash = ft_hash_ufid(t, records[at[i]]->ufid);
        flow_index_prefetch(&t->index, probes[i].hash);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t id = flow_index_first(&t->index, probes[i].hash, &probes[i]);

        if (id != FLOW_NONE) {
            prefetch_flow(t, id);
        }
        ids[at[i]] = id;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t id = ids[at[i]];

        while (id != FLOW_NONE
               && memcmp(ft_flow(t, id)->ufid, records[at[i]]->ufid,
                         FLOW_UFID_LEN)) {
            id = flow_index_next(&t->index, &probes[i]);
        }
        if (id != FLOW_NONE) {
            prefetch_node(t, ft_flow(t, id)->chain);
        }
        ids[at[i]] = id;
    }
}

/* A chain, as flows mostly come one chain after the other. */
struct place {
    uint32_t chain;             /* Node, or FLOW_NONE. */
    uint32_t dev, recirc_id;    /* Its key. */
    struct ft_sender *sender;   /* Of 'dev'. */
};

static inline void
go_to(struct flow_table *t, struct place *place, uint32_t chain)
{
    if (place->chain != chain) {
        const struct ft_node *node = ft_node(t, chain);

        place->chain = chain;
        place->dev = node->dev;
        place->recirc_id = node->id;
        place->sender = ft_sender_get(t, node->dev);
    }
}

/* Can 'r' be of a flow with its ufid, at 'place', that has 'flags'?  A reading
 * of the OVS datapath does not tell where. */
static inline bool
can_refresh(const struct place *place, uint16_t flags,
            const struct flow_record *r)
{
    return (!((flags ^ r->flags) & FLOW_KERNEL)
            && ((place->dev == r->dev && place->recirc_id == r->recirc_id)
                || (r->flags & FLOW_TERSE && r->flags & FLOW_KERNEL)));
}

/* Does 'r' tell of the flow, whose ufid it has and whose sender's present
 * generation in tc is 'fresh', what is known already?  A terse reading, as of
 * all the flows that are idle.  No single thing is likely to differ, so all
 * are looked at together. */
static inline bool
is_idle(const struct place *place, unsigned int fresh,
        const struct ft_flow *flow, const struct ft_state *state,
        const struct flow_record *r)
{
    uint16_t flags = state->flags & (FLOW_IN_HW | FLOW_KERNEL | FT_BASED);
    uint16_t told = r->flags & (FLOW_IN_HW | FLOW_TERSE);

    return !((uint32_t) ((flags | FLOW_TERSE) ^ told)
             | (r->flags & FLOW_KERNEL)
             | (ft_gen(state) ^ fresh)
             | (flow->chain ^ place->chain)
             | (r->dev ^ place->dev)
             | (r->recirc_id ^ place->recirc_id)
             | (r->packets ^ flow->total.packets)
             | (r->bytes ^ flow->total.bytes)
             | (r->hw_packets ^ flow->hw.packets)
             | (r->hw_bytes ^ flow->hw.bytes));
}

/* What flow_table_refresh() finds. */
struct found {
    uint8_t rest[FLOW_BATCH];   /* Positions of records that are not idle. */
    size_t n_rest;              /* Number of these. */
    uint8_t missed[FLOW_BATCH]; /* Of these, those to be searched. */
    size_t n_missed;            /* Number of these. */
    uint32_t ids[FLOW_BATCH];   /* By position: flow of one of 'rest', or
                                 * FLOW_NONE. */
};

/* Passes over those of 'records' that tell of the flow that is most likely the
 * next, and nothing new: sources mostly tell of flows in the same order each
 * time, and by that flows were numbered.  That is all that is done for most
 * flows of a node, so it is short.  The others are in '*found' then. */
static void
skip_idle(struct flow_table *t, const struct flow_record *const *records,
          size_t n, struct found *found)
{
    struct place place = { .chain = FLOW_NONE };
    uint32_t next = t->next_found;
    const struct ft_state *state = NULL;
    const struct ft_flow *flow = NULL;
    unsigned int fresh = FT_N_GENS; /* None. */
    size_t left = 0;            /* Slots from 'next' on, of one chunk. */

    found->n_rest = found->n_missed = 0;
    if (next < t->n_slots) {
        flow = ft_flow(t, next);
        state = ft_state(t, next);
        left = MIN(t->n_slots - next, FT_CHUNK_FLOWS - ft_pos(next));
        if (flow->chain != FLOW_NONE) {
            go_to(t, &place, flow->chain);
            fresh = t->purge_left ? FT_N_GENS : place.sender->gens[0].fresh;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct flow_record *r = records[i];

        if (OVS_LIKELY(left && !memcmp(flow->ufid, r->ufid, FLOW_UFID_LEN)
                       && flow->chain != FLOW_NONE)) {
            if (OVS_UNLIKELY(!is_idle(&place, fresh, flow, state, r))) {
                prefetch_node(t, flow->chain);
                found->ids[i] = next;
                found->rest[found->n_rest++] = i;
            }
            flow++;
            state++;
            next++;
            left--;
        } else {
            found->ids[i] = FLOW_NONE;
            found->missed[found->n_missed++] = i;
            found->rest[found->n_rest++] = i;
        }
    }
    t->next_found = next;
}

size_t
flow_table_refresh(struct flow_table *t,
                   const struct flow_record *const *records, size_t n,
                   long long int now)
{
    struct place place = { .chain = FLOW_NONE };
    struct found found;
    size_t n_missing = 0;

    ovs_assert(n <= FLOW_BATCH);
    ft_set_now(t, now);
    skip_idle(t, records, n, &found);
    if (found.n_missed) {
        uint8_t last = found.missed[found.n_missed - 1];

        search_flows(t, records, found.missed, found.n_missed, found.ids);
        if (last == n - 1 && found.ids[last] != FLOW_NONE) {
            t->next_found = found.ids[last] + 1;
        }
    }
    for (size_t i = 0; i < found.n_rest; i++) {
        const struct flow_record *r = records[found.rest[i]];
        uint32_t id = found.ids[found.rest[i]];

        if (id != FLOW_NONE) {
            go_to(t, &place, ft_flow(t, id)->chain);
        }
        if (id != FLOW_NONE
            && can_refresh(&place, ft_state(t, id)->flags, r)) {
            ft_gen_refresh(t, place.sender, id);
            update(t, place.sender, id, r, false);
        } else {
            n_missing++;
        }
    }
    return n_missing;
}

bool
flow_table_delete(struct flow_table *t, const uint8_t ufid[FLOW_UFID_LEN],
                  bool kernel, const struct flow_record *last,
                  long long int now)
{
    uint64_t hash = ft_hash_ufid(t, ufid);
    uint32_t id = ft_find(t, ufid, hash);
    uint16_t key;

    ft_set_now(t, now);
    if (id == FLOW_NONE
        || !(ft_state(t, id)->flags & FLOW_KERNEL) != !kernel) {
        return false;
    }
    key = ft_key(t, id);
    if (last) {
        update(t, sender_of(t, id), id, last, false);
        key = last->key_hash ? ft_fold_key(last->key_hash) : key;
    }
    ft_past_add(t, id, hash, key, true, now);
    ft_remove(t, id, hash);
    return true;
}

bool
flow_table_run(struct flow_table *t, size_t budget, long long int now)
{
    ft_set_now(t, now);
    budget = ft_sweep_run(t, budget, now);
    ft_closure_run(t, budget);
    ft_past_expire(t, now);
    return (t->n_doomed || t->purge_left || ft_closure_is_busy(t)
            || t->graph.guess.first != FLOW_NONE);
}

/* Results. */

size_t
flow_table_count(const struct flow_table *t)
{
    return t->n_flows;
}

size_t
flow_table_memory(const struct flow_table *t)
{
    return (sizeof *t + ft_store_memory(t) + ft_graph_memory(t)
            + ft_parties_memory(t) + ft_past_memory(t)
            + (t->purges.allocated + t->next_purges.allocated)
              * sizeof(struct ft_purge));
}
