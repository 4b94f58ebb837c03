/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include "util.h"

/* What is linked to nodes: edges between them, and flows with guessed
 * receivers. */

/* Sides of nodes. */

struct ft_side *
ft_side_get(struct flow_table *t, uint32_t node_id)
{
    struct ft_node *node = ft_node(t, node_id);

    if (!ft_node_side(t, node)) {
        uint32_t id = flow_slab_alloc(&t->graph.sides);
        struct ft_side *side = ft_side(t, id);

        side->node = node_id;
        side->out = side->in = side->wide = FLOW_NONE;
        side->dirty_next = side->stale_next = FLOW_NONE;
        side->work_next = side->guess_next = FLOW_NONE;
        /* It takes over the list, if there is one. */
        side->listed = node->side;
        node->side = id;
        node->flags &= ~FT_NODE_LISTS;
    }
    return ft_side(t, node->side);
}

/* Frees the node's side if there is nothing in it but maybe a list, which the
 * node then has itself. */
void
ft_side_put(struct flow_table *t, uint32_t node_id)
{
    struct ft_node *node = ft_node(t, node_id);
    const struct ft_side *side = ft_node_side(t, node);

    if (side && side->out == FLOW_NONE && side->in == FLOW_NONE
        && side->wide == FLOW_NONE && !side->queued) {
        uint32_t listed = side->listed;

        flow_slab_free(&t->graph.sides, node->side);
        node->side = listed;
        node->flags |= listed != FLOW_NONE ? FT_NODE_LISTS : 0;
    }
}

/* Edges. */

static uint64_t
hash_ends(const struct flow_table *t, uint32_t from, uint32_t to)
{
    return ft_hash(t, (uint64_t) from << 32 | to, 4);
}

uint64_t
ft_hash_edge(const void *t_, uint32_t id)
{
    const struct flow_table *t = t_;
    const struct ft_edge *edge = ft_edge(t, id);

    return hash_ends(t, edge->from, edge->to);
}

static uint32_t
find_edge(const struct flow_table *t, uint32_t from, uint32_t to,
          uint64_t hash)
{
    struct flow_probe probe;
    uint32_t id;

    FLOW_INDEX_FOR_EACH (id, probe, &t->graph.edge_index, hash) {
        const struct ft_edge *edge = ft_edge(t, id);

        if (edge->from == from && edge->to == to) {
            return id;
        }
    }
    return FLOW_NONE;
}

/* One more flow of 'from' leads to 'to'. */
void
ft_edge_add(struct flow_table *t, uint32_t from, uint32_t to)
{
    uint64_t hash = hash_ends(t, from, to);
    uint32_t id = find_edge(t, from, to, hash);
    struct ft_side *side;
    struct ft_edge *edge;

    if (id != FLOW_NONE) {
        ft_edge(t, id)->n++;
        return;
    }
    id = flow_slab_alloc(&t->graph.edges);
    edge = ft_edge(t, id);
    edge->from = from;
    edge->to = to;
    edge->n = 1;

    side = ft_side_get(t, from);
    edge->out_prev = FLOW_NONE;
    edge->out_next = side->out;
    side->out = id;
    if (edge->out_next != FLOW_NONE) {
        ft_edge(t, edge->out_next)->out_prev = id;
    }

    side = ft_side_get(t, to);
    edge->in_prev = FLOW_NONE;
    edge->in_next = side->in;
    side->in = id;
    if (edge->in_next != FLOW_NONE) {
        ft_edge(t, edge->in_next)->in_prev = id;
    }
    flow_index_insert(&t->graph.edge_index, hash, id);
    ft_touch(t, from);
}

static void
unlink_edge(struct flow_table *t, uint32_t id)
{
    const struct ft_edge *edge = ft_edge(t, id);
    struct ft_graph *g = &t->graph;

    if (g->edge_valid && g->edge == id) {
        g->edge = g->phase == FT_INIT ? edge->out_next : edge->in_next;
    }
    if (edge->out_prev != FLOW_NONE) {
        ft_edge(t, edge->out_prev)->out_next = edge->out_next;
    } else {
        ft_side_get(t, edge->from)->out = edge->out_next;
    }
    if (edge->out_next != FLOW_NONE) {
        ft_edge(t, edge->out_next)->out_prev = edge->out_prev;
    }
    if (edge->in_prev != FLOW_NONE) {
        ft_edge(t, edge->in_prev)->in_next = edge->in_next;
    } else {
        ft_side_get(t, edge->to)->in = edge->in_next;
    }
    if (edge->in_next != FLOW_NONE) {
        ft_edge(t, edge->in_next)->in_prev = edge->in_prev;
    }
}

/* One flow of 'from' less leads to 'to'.  The caller calls ft_node_put() for
 * both. */
void
ft_edge_remove(struct flow_table *t, uint32_t from, uint32_t to)
{
    uint64_t hash = hash_ends(t, from, to);
    uint32_t id = find_edge(t, from, to, hash);

    ovs_assert(id != FLOW_NONE);
    if (!--ft_edge(t, id)->n) {
        flow_index_remove(&t->graph.edge_index, hash, id);
        unlink_edge(t, id);
        flow_slab_free(&t->graph.edges, id);
        ft_side_put(t, from);
        ft_side_put(t, to);
        ft_touch(t, from);
    }
}

/* Flows with guessed receivers. */

/* The first flow in the node's list, or FLOW_NONE. */
uint32_t
ft_first_listed(const struct flow_table *t, const struct ft_node *node)
{
    const struct ft_side *side = ft_node_side(t, node);

    return side ? side->listed : node->side;
}

static void
set_first_listed(struct flow_table *t, struct ft_node *node, uint32_t flow)
{
    struct ft_side *side = ft_node_side(t, node);

    if (side) {
        side->listed = flow;
    } else {
        node->side = flow;
        node->flags = ((node->flags & ~FT_NODE_LISTS)
                       | (flow != FLOW_NONE ? FT_NODE_LISTS : 0));
    }
}

/* Adds the flow, which is FT_LISTED and has its receiver by guess, to the list
 * of its target, and decides whether it is FT_GUESSING. */
void
ft_listed_add(struct flow_table *t, uint32_t flow_id)
{
    struct ft_flow *flow = ft_flow(t, flow_id);
    struct ft_node *target = ft_node(t, flow->target);
    struct ft_state *state = ft_state(t, flow_id);
    uint32_t receiver = flow->receiver;
    struct ft_guess *guess;

    flow->receiver = flow_slab_alloc(&t->graph.guesses);
    guess = ft_guess(t, flow_id);
    guess->receiver = receiver;
    guess->prev = FLOW_NONE;
    guess->next = ft_first_listed(t, target);
    if (guess->next != FLOW_NONE) {
        ft_guess(t, guess->next)->prev = flow_id;
    }
    set_first_listed(t, target, flow_id);
    if (target->has & FT_HAS_OUTPUT) {
        state->flags &= ~FT_GUESSING;
    } else {
        state->flags |= FT_GUESSING;
    }
}

/* Undoes ft_listed_add(). */
void
ft_listed_remove(struct flow_table *t, uint32_t flow_id)
{
    struct ft_flow *flow = ft_flow(t, flow_id);
    const struct ft_guess guess = *ft_guess(t, flow_id);
    struct ft_graph *g = &t->graph;

    if (g->listed_valid && g->listed == flow_id) {
        g->listed = guess.next;
    }
    if (guess.prev != FLOW_NONE) {
        ft_guess(t, guess.prev)->next = guess.next;
    } else {
        set_first_listed(t, ft_node(t, flow->target), guess.next);
    }
    if (guess.next != FLOW_NONE) {
        ft_guess(t, guess.next)->prev = guess.prev;
    }
    flow_slab_free(&g->guesses, flow->receiver);
    flow->receiver = guess.receiver;
    ft_state(t, flow_id)->flags &= ~FT_GUESSING;
    ft_side_put(t, flow->target);
}
