/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <string.h>

#include "util.h"

/* Chains and sets of chains as nodes: what is in them, what leads to them from
 * recirc_id 0, and hence the path states of the flows there. */

/* Counters of nodes. */

/* Number of flows in the chain. */
uint32_t
ft_node_n_flows(const struct flow_table *t, const struct ft_node *node)
{
    uint32_t n = 0;

    for (unsigned int i = 0; i < FT_N_CLASSES; i++) {
        n += ft_node_n(t, node, FT_IN + i);
    }
    return n;
}

/* Moves the counters of 'id' to where there is room for more. */
static void
widen(struct flow_table *t, uint32_t id)
{
    uint32_t wide_id = flow_slab_alloc(&t->graph.wides);
    struct ft_wide *wide = flow_slab_get(&t->graph.wides, wide_id);
    struct ft_node *node = ft_node(t, id);

    for (unsigned int i = 0; i < FT_N_COUNTERS; i++) {
        wide->n[i] = node->n[i];
    }
    ft_side_get(t, id)->wide = wide_id;
    node->flags |= FT_NODE_WIDE;
}

/* ft_count_up() if a byte does not do. */
bool
ft_count_up_wide(struct flow_table *t, uint32_t id, unsigned int counter)
{
    struct ft_node *node = ft_node(t, id);

    if (!(node->flags & FT_NODE_WIDE)) {
        widen(t, id);
    }
    return !ft_wide(t, node)->n[counter]++;
}

/* Returns whether it is 0 now. */
static bool
count_down(struct flow_table *t, uint32_t id, unsigned int counter)
{
    struct ft_node *node = ft_node(t, id);

    ovs_assert(ft_node_n(t, node, counter) > 0);
    if (OVS_UNLIKELY(node->flags & FT_NODE_WIDE)) {
        return !--ft_wide(t, node)->n[counter];
    }
    return !--node->n[counter];
}

/* Finding and making nodes. */

static uint64_t
hash_set(const struct flow_table *t, uint32_t dev, const struct ft_set *set)
{
    uint64_t hash = ft_hash(t, (uint64_t) dev << 32 | set->n, 2 + set->more);

    for (uint32_t i = 0; i < set->n; i++) {
        hash = ft_hash(t, hash, set->targets[i]);
    }
    return hash;
}

static struct ft_set *
get_set(const struct flow_table *t, const struct ft_node *node)
{
    return flow_slab_get(&t->graph.sets, node->id);
}

static uint64_t
hash_node(const void *t_, uint32_t id)
{
    const struct flow_table *t = t_;
    const struct ft_node *node = ft_node(t, id);

    return (node->flags & FT_NODE_SET
            ? hash_set(t, node->dev, get_set(t, node))
            : ft_hash_chain(t, node->dev, node->id));
}

static uint32_t
find_node(const struct flow_table *t, uint32_t dev, uint32_t recirc_id,
          struct flow_probe *probe)
{
    const struct flow_index *index = &t->graph.node_index;
    uint32_t id;

    for (id = flow_index_first(index, probe->hash, probe);
         id != FLOW_NONE && !ft_node_is(ft_node(t, id), dev, recirc_id);
         id = flow_index_next(index, probe)) {
        continue;
    }
    return id;
}

uint32_t
ft_node_find(const struct flow_table *t, uint32_t dev, uint32_t recirc_id)
{
    struct flow_probe probe = { .hash = ft_hash_chain(t, dev, recirc_id) };

    return find_node(t, dev, recirc_id, &probe);
}

/* A new node, without anything in it. */
static uint32_t
add_node(struct flow_table *t, uint32_t dev, uint32_t id, unsigned int flags,
         unsigned int has, uint64_t hash)
{
    uint32_t node_id = flow_slab_alloc(&t->graph.nodes);
    struct ft_node *node = ft_node(t, node_id);

    node->dev = dev;
    node->id = id;
    node->flags = FT_NODE_USED | flags;
    node->side = FLOW_NONE;
    node->has = has;
    flow_index_insert(&t->graph.node_index, hash, node_id);
    return node_id;
}

/* The node of a chain, which is made if it is not there.  As long as nothing
 * is in it or leads to it, ft_node_put() has to be called. */
uint32_t
ft_node_get(struct flow_table *t, uint32_t dev, uint32_t recirc_id)
{
    uint32_t id = ft_node_recent(t, dev, recirc_id);

    if (id == FLOW_NONE) {
        struct flow_probe probe = {
            .hash = ft_hash_chain(t, dev, recirc_id),
        };

        id = find_node(t, dev, recirc_id, &probe);
        if (id == FLOW_NONE) {
            id = add_node(t, dev, recirc_id, 0, FT_HAS_EMPTY, probe.hash);
        }
        *ft_recent_slot(t, dev, recirc_id) = id;
    }
    return id;
}

static bool
sets_equal(const struct ft_set *a, const struct ft_set *b)
{
    return (a->n == b->n && a->more == b->more
            && !memcmp(a->targets, b->targets, a->n * sizeof *a->targets));
}

static uint32_t
find_set(const struct flow_table *t, uint32_t dev, const struct ft_set *set,
         uint64_t hash)
{
    struct flow_probe probe;
    uint32_t id;

    FLOW_INDEX_FOR_EACH (id, probe, &t->graph.node_index, hash) {
        const struct ft_node *node = ft_node(t, id);

        if (node->dev == dev && node->flags & FT_NODE_SET
            && sets_equal(get_set(t, node), set)) {
            return id;
        }
    }
    return FLOW_NONE;
}

static uint32_t
get_set_node(struct flow_table *t, uint32_t dev, const struct ft_set *set)
{
    uint64_t hash = hash_set(t, dev, set);
    uint32_t id = find_set(t, dev, set, hash);

    if (id == FLOW_NONE) {
        uint32_t set_id = flow_slab_alloc(&t->graph.sets);

        memcpy(flow_slab_get(&t->graph.sets, set_id), set, sizeof *set);
        id = add_node(t, dev, set_id, FT_NODE_SET,
                      set->more ? FT_HAS_EMPTY : 0, hash);
        for (uint32_t i = 0; i < set->n; i++) {
            ft_edge_add(t, id, ft_node_get(t, dev, set->targets[i]));
        }
    }
    return id;
}

/* Reads the targets of 'r' into 'set': sorted, distinct, without 0, which is
 * what every packet meets first and no chain of its own. */
static void
read_targets(const struct flow_record *r, struct ft_set *set)
{
    size_t n_targets = MIN(r->n_targets, FLOW_MAX_TARGETS);

    memset(set, 0, sizeof *set);
    set->more = r->flags & FLOW_MORE;
    for (size_t i = 0; i < n_targets; i++) {
        uint32_t target = r->targets[i];
        uint32_t at = set->n;

        while (at > 0 && set->targets[at - 1] > target) {
            at--;
        }
        if (target && (!at || set->targets[at - 1] != target)) {
            memmove(&set->targets[at + 1], &set->targets[at],
                    (set->n - at) * sizeof *set->targets);
            set->targets[at] = target;
            set->n++;
        }
    }
}

/* The node that 'r' leads to, or FLOW_NONE.  As for ft_node_get(). */
uint32_t
ft_target_get(struct flow_table *t, const struct flow_record *r)
{
    struct ft_set set;

    if (!(r->flags & FLOW_MORE)
        && (!r->n_targets || (r->n_targets == 1 && r->targets[0]))) {
        return (r->n_targets ? ft_node_get(t, r->dev, r->targets[0])
                : FLOW_NONE);
    }
    read_targets(r, &set);
    if (set.more || set.n > 1) {
        return get_set_node(t, r->dev, &set);
    }
    return (!set.n ? FLOW_NONE
            : ft_node_get(t, r->dev, set.targets[0]));
}

/* Does 'r' lead to 'target', FLOW_NONE or a node of its device? */
bool
ft_target_matches(const struct flow_table *t, uint32_t target,
                  const struct flow_record *r)
{
    const struct ft_node *node;
    struct ft_set set;

    if (!r->n_targets && !(r->flags & FLOW_MORE)) {
        return target == FLOW_NONE;
    }
    read_targets(r, &set);
    if (target == FLOW_NONE) {
        return !set.n && !set.more;
    }
    node = ft_node(t, target);
    return (node->flags & FT_NODE_SET ? sets_equal(get_set(t, node), &set)
            : set.n == 1 && !set.more && set.targets[0] == node->id);
}

/* Removes the node if nothing needs it any more. */
void
ft_node_put(struct flow_table *t, uint32_t id)
{
    struct ft_node *node = ft_node(t, id);
    const struct ft_side *side;

    ovs_assert(node->flags & FT_NODE_USED);
    if (node->flags & FT_NODE_PURGING) {
        return;
    }
    for (unsigned int i = 0; i < FT_N_COUNTERS; i++) {
        if (ft_node_n(t, node, i)) {
            return;
        }
    }
    side = ft_node_side(t, node);
    if (side && (side->in != FLOW_NONE || side->queued)) {
        return;
    }

    flow_index_remove(&t->graph.node_index, hash_node(t, id), id);
    node->flags &= ~FT_NODE_USED;
    if (node->flags & FT_NODE_SET) {
        uint32_t set_id = node->id;
        struct ft_set set = *get_set(t, node);

        for (uint32_t i = 0; i < set.n; i++) {
            uint32_t to = ft_node_find(t, node->dev, set.targets[i]);

            ft_edge_remove(t, id, to);
            ft_node_put(t, to);
        }
        flow_slab_free(&t->graph.sets, set_id);
    }
    if (node->flags & FT_NODE_WIDE) {
        struct ft_side *wide_side = ft_side(t, node->side);

        flow_slab_free(&t->graph.wides, wide_side->wide);
        wide_side->wide = FLOW_NONE;
        node->flags &= ~FT_NODE_WIDE;
    }
    ft_side_put(t, id);
    ovs_assert(node->side == FLOW_NONE);
    flow_slab_free(&t->graph.nodes, id);
}

/* The recirc_ids for which the node stands; '*more' tells whether there are
 * others that are not known. */
size_t
ft_node_targets(const struct flow_table *t, uint32_t id,
                uint32_t targets[FLOW_MAX_TARGETS], bool *more)
{
    const struct ft_node *node = ft_node(t, id);

    if (node->flags & FT_NODE_SET) {
        const struct ft_set *set = get_set(t, node);

        memcpy(targets, set->targets, set->n * sizeof *targets);
        *more = set->more;
        return set->n;
    }
    *more = false;
    targets[0] = node->id;
    return 1;
}

/* What of its closure is in the node itself. */
unsigned int
ft_local(const struct flow_table *t, const struct ft_node *node)
{
    unsigned int has = 0;

    if (OVS_UNLIKELY(node->flags & (FT_NODE_SET | FT_NODE_WIDE))) {
        if (node->flags & FT_NODE_SET) {
            return get_set(t, node)->more ? FT_HAS_EMPTY : 0;
        }
        for (unsigned int i = 0; i < FT_N_CLASSES; i++) {
            has |= ft_node_n(t, node, FT_IN + i) ? 1u << i : 0;
        }
        has |= ft_node_n(t, node, FT_OUT) ? FT_HAS_OUTPUT : 0;
    } else {
        for (unsigned int i = 0; i < FT_N_CLASSES; i++) {
            has |= (node->n[FT_IN + i] ? 1u : 0) << i;
        }
        has |= node->n[FT_OUT] ? FT_HAS_OUTPUT : 0;
    }
    return has ? has : FT_HAS_EMPTY;
}

/* Flows in nodes. */

static unsigned int
target_has(const struct flow_table *t, const struct ft_flow *flow)
{
    return flow->target != FLOW_NONE ? ft_node(t, flow->target)->has : 0;
}

/* Counts the flow, whose members and flags are set, in its nodes. */
void
ft_chain_add(struct flow_table *t, uint32_t id)
{
    const struct ft_flow *flow = ft_flow(t, id);
    uint16_t flags = ft_state(t, id)->flags;
    enum ft_class class = ft_class(flags);
    bool changed = ft_count_up(t, flow->chain, FT_IN + class);

    if (ft_has_outputs(flow, flags)) {
        changed |= ft_count_up(t, flow->chain, FT_OUT);
    }
    if (flags & FT_FIRST) {
        struct ft_sender *sender
            = ft_sender_find(t, ft_node(t, flow->chain)->dev);

        sender->pub.paths[ft_path(t, class, target_has(t, flow))]++;
        if (flow->target != FLOW_NONE) {
            ft_count_up(t, flow->target, FT_FROM + class);
        }
        if (flags & FT_LISTED) {
            ft_listed_add(t, id);
        }
        return;
    }
    if (flow->target != FLOW_NONE) {
        ft_edge_add(t, flow->chain, flow->target);
    }
    if (changed) {
        ft_touch(t, flow->chain);
    }
}

/* Undoes ft_chain_add().  Nodes that are no longer needed go. */
void
ft_chain_remove(struct flow_table *t, uint32_t id)
{
    const struct ft_flow *flow = ft_flow(t, id);
    uint32_t chain = flow->chain, target = flow->target;
    uint16_t flags = ft_state(t, id)->flags;
    enum ft_class class = ft_class(flags);
    bool changed = count_down(t, chain, FT_IN + class);

    if (ft_has_outputs(flow, flags)) {
        changed |= count_down(t, chain, FT_OUT);
    }
    if (flags & FT_FIRST) {
        struct ft_sender *sender = ft_sender_find(t, ft_node(t, chain)->dev);

        if (flags & FT_LISTED) {
            ft_listed_remove(t, id);
        }
        sender->pub.paths[ft_path(t, class, target_has(t, flow))]--;
        if (target != FLOW_NONE) {
            count_down(t, target, FT_FROM + class);
        }
    } else {
        if (target != FLOW_NONE) {
            ft_edge_remove(t, chain, target);
        }
        if (changed) {
            ft_touch(t, chain);
        }
    }
    if (target != FLOW_NONE && target != chain) {
        ft_node_put(t, target);
    }
    /* A set that led back here may have taken the chain along. */
    if (ft_node(t, chain)->flags & FT_NODE_USED) {
        ft_node_put(t, chain);
    }
}

/* The flow, counted with 'old_flags', has 'new_flags' now, which differ in
 * what makes its class only. */
void
ft_chain_reclass(struct flow_table *t, uint32_t id, uint16_t old_flags,
                 uint16_t new_flags)
{
    enum ft_class old_class = ft_class(old_flags);
    enum ft_class new_class = ft_class(new_flags);
    const struct ft_flow *flow = ft_flow(t, id);
    bool changed;

    if (old_class == new_class) {
        return;
    }
    changed = count_down(t, flow->chain, FT_IN + old_class);
    changed |= ft_count_up(t, flow->chain, FT_IN + new_class);
    if (old_flags & FT_FIRST) {
        struct ft_sender *sender
            = ft_sender_find(t, ft_node(t, flow->chain)->dev);
        unsigned int has = target_has(t, flow);

        sender->pub.paths[ft_path(t, old_class, has)]--;
        sender->pub.paths[ft_path(t, new_class, has)]++;
        if (flow->target != FLOW_NONE) {
            count_down(t, flow->target, FT_FROM + old_class);
            ft_count_up(t, flow->target, FT_FROM + new_class);
        }
    } else if (changed) {
        ft_touch(t, flow->chain);
    }
}

/* Path state of a closure, with the flow itself, that has FT_HAS_* 'has'. */
static enum flow_path
compute_path(unsigned int has)
{
    bool hw = has & (FT_HAS_HW | FT_HAS_HW_BUT_SW);
    bool sw = has & FT_HAS_SW;

    return (hw && sw ? FLOW_PATH_PARTIAL
            : has & FT_HAS_EMPTY ? FLOW_PATH_UNKNOWN
            : sw ? FLOW_PATH_NONE
            : has & FT_HAS_HW_BUT_SW ? FLOW_PATH_FULL_BUT_SW
            : FLOW_PATH_FULL);
}

void
ft_graph_init(struct flow_table *t)
{
    struct ft_graph *g = &t->graph;

    BUILD_ASSERT_DECL(sizeof(struct ft_node) == 24);
    flow_slab_init(&g->nodes, sizeof(struct ft_node), FT_NODE_SHIFT);
    flow_slab_init(&g->sides, sizeof(struct ft_side), 8);
    flow_slab_init(&g->wides, sizeof(struct ft_wide), 6);
    flow_slab_init(&g->sets, sizeof(struct ft_set), 6);
    flow_slab_init(&g->edges, sizeof(struct ft_edge), 8);
    flow_slab_init(&g->guesses, sizeof(struct ft_guess), FT_NODE_SHIFT);
    flow_index_init(&g->node_index, hash_node, t);
    flow_index_init(&g->edge_index, ft_hash_edge, t);
    g->dirty = g->stale = g->work = g->guess
        = (struct ft_queue) { FLOW_NONE, FLOW_NONE };
    g->phase = FT_COLLECT;
    g->node = FLOW_NONE;
    g->edge_valid = g->listed_valid = false;
    memset(g->recent, 0xff, sizeof g->recent);
    for (unsigned int has = 0; has <= FT_ALL_HAS; has++) {
        g->paths[has] = compute_path(has);
    }
}

void
ft_graph_destroy(struct flow_table *t)
{
    struct ft_graph *g = &t->graph;

    flow_slab_destroy(&g->nodes);
    flow_slab_destroy(&g->sides);
    flow_slab_destroy(&g->wides);
    flow_slab_destroy(&g->sets);
    flow_slab_destroy(&g->edges);
    flow_slab_destroy(&g->guesses);
    flow_index_destroy(&g->node_index);
    flow_index_destroy(&g->edge_index);
}

size_t
ft_graph_memory(const struct flow_table *t)
{
    const struct ft_graph *g = &t->graph;

    return (flow_slab_memory(&g->nodes) + flow_slab_memory(&g->sides)
            + flow_slab_memory(&g->wides) + flow_slab_memory(&g->sets)
            + flow_slab_memory(&g->edges) + flow_slab_memory(&g->guesses)
            + flow_index_memory(&g->node_index)
            + flow_index_memory(&g->edge_index));
}
