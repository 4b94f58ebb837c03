/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include "util.h"

/* Flows that are not in hardware, counted by what a reason depends on. */

static struct ft_shortfall *
get_shortfall(const struct flow_table *t, uint32_t id)
{
    return flow_slab_get(&t->shortfalls, id);
}

static uint64_t
hash_shortfall_key(const struct flow_table *t, const struct ft_shortfall *s)
{
    return ft_hash(t, (uint64_t) s->pub.dev << 32 | s->receiver,
                   (s->pub.miss << 3 | s->pub.kernel << 1 | s->pub.first)
                   + (UINT64_C(7) << 32));
}

static uint64_t
hash_shortfall(const void *t, uint32_t id)
{
    return hash_shortfall_key(t, get_shortfall(t, id));
}

static bool
shortfalls_equal(const struct ft_shortfall *a, const struct ft_shortfall *b)
{
    return (a->pub.dev == b->pub.dev && a->receiver == b->receiver
            && a->pub.kernel == b->pub.kernel && a->pub.first == b->pub.first
            && a->pub.miss == b->pub.miss);
}

static uint32_t
find_shortfall(const struct flow_table *t, const struct ft_shortfall *key,
               uint64_t hash)
{
    struct flow_probe probe;
    uint32_t id = t->recent_shortfall;

    if (id != FLOW_NONE && shortfalls_equal(get_shortfall(t, id), key)) {
        return id;
    }
    FLOW_INDEX_FOR_EACH (id, probe, &t->shortfall_index, hash) {
        if (shortfalls_equal(get_shortfall(t, id), key)) {
            return id;
        }
    }
    return FLOW_NONE;
}

/* Counts the flow, which is not in hardware, or if 'remove' ceases to. */
void
ft_shortfall_count(struct flow_table *t, uint32_t flow_id, bool remove)
{
    const struct ft_flow *flow = ft_flow(t, flow_id);
    const struct ft_state *state = ft_state(t, flow_id);
    uint32_t receiver = ft_counted_receiver(t, flow_id, state->flags);
    struct ft_shortfall key = {
        .pub = {
            .dev = ft_node(t, flow->chain)->dev,
            .receiver = (receiver != FLOW_NONE
                         ? &ft_receiver(t, receiver)->pub : NULL),
            .kernel = state->flags & FLOW_KERNEL,
            .first = state->flags & FT_FIRST,
            .miss = state->miss_gen & FT_MISS_MASK,
        },
        .receiver = receiver,
        .used = true,
    };
    uint64_t hash = hash_shortfall_key(t, &key);
    uint32_t id = find_shortfall(t, &key, hash);

    if (id == FLOW_NONE) {
        ovs_assert(!remove);
        id = flow_slab_alloc(&t->shortfalls);
        *get_shortfall(t, id) = key;
        flow_index_insert(&t->shortfall_index, hash, id);
    }
    t->recent_shortfall = id;
    if (!remove) {
        get_shortfall(t, id)->pub.flows++;
    } else if (!--get_shortfall(t, id)->pub.flows) {
        flow_index_remove(&t->shortfall_index, hash, id);
        flow_slab_free(&t->shortfalls, id);
        t->recent_shortfall = FLOW_NONE;
    }
}

const struct flow_shortfall *
flow_table_next_shortfall(const struct flow_table *t, size_t *cursor)
{
    while (*cursor < t->shortfalls.n) {
        const struct ft_shortfall *s = get_shortfall(t, (*cursor)++);

        if (s->used) {
            return &s->pub;
        }
    }
    return NULL;
}

void
ft_shortfall_init(struct flow_table *t)
{
    BUILD_ASSERT_DECL(FLOW_N_MISSES <= FT_MISS_MASK + 1);
    flow_slab_init(&t->shortfalls, sizeof(struct ft_shortfall), 5);
    flow_index_init(&t->shortfall_index, hash_shortfall, t);
    t->recent_shortfall = FLOW_NONE;
}
