/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include "util.h"

/* Closures: what is in all that packets may meet from a node on.
 *
 * Most chains lead nowhere, or to a few others, and only recirc_id 0 leads to
 * them: then ft_touch() computes what is new at once.  Otherwise the node is
 * queued as dirty, and ft_closure_run() computes in rounds, each bit of work
 * of which is one edge or one node:
 *
 *   FT_COLLECT   All that leads to what is dirty becomes stale.
 *   FT_INIT      What is stale has what is in it and in those of its targets
 *                that are not stale.
 *   FT_SPREAD    What a stale node has those that lead to it have, until
 *                nothing changes.  (Bits that only a cycle kept alive are thus
 *                lost.)
 *   FT_PUBLISH   The results get valid.
 *
 * What changes while a round is in progress is dirty for the next one, which
 * thus computes anew all that can be wrong because of it. */

/* An out-degree that ft_touch() deals with at once. */
#define FEW_EDGES 4

/* As many flows in a list that publish() does. */
#define FEW_LISTED 4

/* Queues. */

static uint32_t *
next_of(const struct flow_table *t, uint32_t side_id, unsigned int queue)
{
    struct ft_side *side = ft_side(t, side_id);

    return (queue == FT_QUEUED_DIRTY ? &side->dirty_next
            : queue == FT_QUEUED_STALE ? &side->stale_next
            : queue == FT_QUEUED_WORK ? &side->work_next
            : &side->guess_next);
}

static struct ft_queue *
get_queue(struct flow_table *t, unsigned int queue)
{
    struct ft_graph *g = &t->graph;

    return (queue == FT_QUEUED_DIRTY ? &g->dirty
            : queue == FT_QUEUED_STALE ? &g->stale
            : queue == FT_QUEUED_WORK ? &g->work
            : &g->guess);
}

/* Adds the side to a queue, if it is not in there. */
static void
push(struct flow_table *t, unsigned int flag, uint32_t side_id)
{
    struct ft_queue *queue = get_queue(t, flag);
    struct ft_side *side = ft_side(t, side_id);

    if (side->queued & flag) {
        return;
    }
    side->queued |= flag;
    *next_of(t, side_id, flag) = FLOW_NONE;
    if (queue->last != FLOW_NONE) {
        *next_of(t, queue->last, flag) = side_id;
    } else {
        queue->first = side_id;
    }
    queue->last = side_id;
}

/* Takes the first side from a queue, or returns FLOW_NONE. */
static uint32_t
pop(struct flow_table *t, unsigned int flag)
{
    struct ft_queue *queue = get_queue(t, flag);
    uint32_t side_id = queue->first;

    if (side_id != FLOW_NONE) {
        queue->first = *next_of(t, side_id, flag);
        if (queue->first == FLOW_NONE) {
            queue->last = FLOW_NONE;
        }
        ft_side(t, side_id)->queued &= ~flag;
    }
    return side_id;
}

/* The side was popped: frees what was there for the queue only. */
static void
release(struct flow_table *t, uint32_t side_id)
{
    uint32_t node_id = ft_side(t, side_id)->node;

    ft_side_put(t, node_id);
    ft_node_put(t, node_id);
}

/* Results. */

/* The node began or ceased to lead out, so that flows in its list are to be
 * FT_GUESSING, or not to be.  Does that at once if they are few. */
static void
review_guesses(struct flow_table *t, uint32_t node_id)
{
    struct ft_node *node = ft_node(t, node_id);
    uint32_t id = ft_first_listed(t, node);

    for (int n = 0; n < FEW_LISTED && id != FLOW_NONE; n++) {
        id = ft_guess(t, id)->next;
    }
    if (id == FLOW_NONE) {
        bool guessing = !(node->has & FT_HAS_OUTPUT);

        for (id = ft_first_listed(t, node); id != FLOW_NONE;
             id = ft_guess(t, id)->next) {
            ft_sums_guess(t, id, guessing);
        }
        return;
    }
    ft_side_get(t, node_id);
    if (t->graph.guess.first == node->side) {
        t->graph.listed_valid = false;
    }
    push(t, FT_QUEUED_GUESS, node->side);
}

/* Makes 'has' the node's. */
static void
publish(struct flow_table *t, uint32_t node_id, unsigned int has)
{
    struct ft_node *node = ft_node(t, node_id);
    unsigned int old = node->has;
    struct ft_sender *sender = NULL;

    if (old == has) {
        return;
    }
    node->has = has;
    for (unsigned int i = 0; i < FT_N_CLASSES; i++) {
        uint32_t n = ft_node_n(t, node, FT_FROM + i);

        if (n) {
            sender = sender ? sender : ft_sender_get(t, node->dev);
            sender->pub.paths[ft_path(t, i, old)] -= n;
            sender->pub.paths[ft_path(t, i, has)] += n;
        }
    }
    if ((old ^ has) & FT_HAS_OUTPUT
        && ft_first_listed(t, node) != FLOW_NONE) {
        review_guesses(t, node_id);
    }
}

bool
ft_closure_is_busy(const struct flow_table *t)
{
    return (t->graph.dirty.first != FLOW_NONE
            || t->graph.stale.first != FLOW_NONE);
}

/* If that takes little, computes in '*has' what the node now has, and returns
 * true. */
static bool
compute_at_once(const struct flow_table *t, const struct ft_node *node,
                unsigned int *has)
{
    const struct ft_side *side;
    uint32_t edge_id;
    int n = 0;

    *has = ft_local(t, node);
    side = ft_node_side(t, node);
    if (!side) {
        return true;
    }
    if (side->queued & (FT_QUEUED_DIRTY | FT_QUEUED_STALE)) {
        return false;
    }
    edge_id = side->out;
    if (edge_id == FLOW_NONE) {
        /* Whoever leads here need not know of a change that is none. */
        return side->in == FLOW_NONE || *has == node->has;
    }
    if (side->in != FLOW_NONE || ft_closure_is_busy(t)) {
        return false;
    }
    for (; edge_id != FLOW_NONE; edge_id = ft_edge(t, edge_id)->out_next) {
        if (n++ >= FEW_EDGES) {
            return false;
        }
        *has |= ft_node(t, ft_edge(t, edge_id)->to)->has;
    }
    return true;
}

/* What is in the node, or to where it leads, has changed. */
void
ft_touch(struct flow_table *t, uint32_t node_id)
{
    struct ft_node *node = ft_node(t, node_id);
    unsigned int has;

    if (!(node->flags & FT_NODE_USED)) {
        /* It is about to go, and nothing leads to it. */
    } else if (compute_at_once(t, node, &has)) {
        publish(t, node_id, has);
    } else {
        push(t, FT_QUEUED_DIRTY, node->side);
    }
}

/* Guesses. */

/* Brings flows up to date whose targets began or ceased to lead out.  Returns
 * what is left of 'budget'. */
static size_t
run_guesses(struct flow_table *t, size_t budget)
{
    struct ft_graph *g = &t->graph;

    while (budget > 0 && g->guess.first != FLOW_NONE) {
        const struct ft_side *side = ft_side(t, g->guess.first);

        if (!g->listed_valid) {
            g->listed = side->listed;
            g->listed_valid = true;
        }
        if (g->listed == FLOW_NONE) {
            g->listed_valid = false;
            release(t, pop(t, FT_QUEUED_GUESS));
        } else {
            uint32_t flow = g->listed;
            bool guessing
                = !(ft_node(t, side->node)->has & FT_HAS_OUTPUT);

            g->listed = ft_guess(t, flow)->next;
            ft_sums_guess(t, flow, guessing);
        }
        budget--;
    }
    return budget;
}

/* Rounds. */

static void
start_phase(struct ft_graph *g, enum ft_phase phase)
{
    g->phase = phase;
    g->node = FLOW_NONE;
    g->edge_valid = false;
}

/* Goes on to the next stale side, and in that to the first edge.  Returns
 * false if there is none. */
static bool
next_stale(struct flow_table *t)
{
    struct ft_graph *g = &t->graph;
    uint32_t next = (g->node == FLOW_NONE
                     ? g->stale.first : ft_side(t, g->node)->stale_next);
    struct ft_side *side;

    if (next == FLOW_NONE) {
        return false;
    }
    side = ft_side(t, next);
    g->node = next;
    g->edge = g->phase == FT_INIT ? side->out : side->in;
    g->edge_valid = true;
    if (g->phase == FT_INIT) {
        side->has = ft_local(t, ft_node(t, side->node));
    }
    return true;
}

static void
step_collect(struct flow_table *t)
{
    struct ft_graph *g = &t->graph;
    uint32_t dirty = pop(t, FT_QUEUED_DIRTY);

    if (dirty != FLOW_NONE) {
        push(t, FT_QUEUED_STALE, dirty);
    } else if (!g->edge_valid) {
        if (!next_stale(t)) {
            start_phase(g, FT_INIT);
        }
    } else if (g->edge == FLOW_NONE) {
        g->edge_valid = false;
    } else {
        const struct ft_edge *edge = ft_edge(t, g->edge);

        push(t, FT_QUEUED_STALE, ft_node(t, edge->from)->side);
        g->edge = edge->in_next;
    }
}

static void
step_init(struct flow_table *t)
{
    struct ft_graph *g = &t->graph;

    if (!g->edge_valid) {
        if (!next_stale(t)) {
            start_phase(g, FT_SPREAD);
        }
    } else if (g->edge == FLOW_NONE) {
        push(t, FT_QUEUED_WORK, g->node);
        g->edge_valid = false;
    } else {
        const struct ft_edge *edge = ft_edge(t, g->edge);
        const struct ft_node *to = ft_node(t, edge->to);

        if (!(ft_side(t, to->side)->queued & FT_QUEUED_STALE)) {
            ft_side(t, g->node)->has |= to->has;
        }
        g->edge = edge->out_next;
    }
}

static void
step_spread(struct flow_table *t)
{
    struct ft_graph *g = &t->graph;

    if (!g->edge_valid) {
        g->node = pop(t, FT_QUEUED_WORK);
        if (g->node == FLOW_NONE) {
            start_phase(g, FT_PUBLISH);
            return;
        }
        g->edge = ft_side(t, g->node)->in;
        g->edge_valid = true;
    } else if (g->edge == FLOW_NONE) {
        g->edge_valid = false;
    } else {
        const struct ft_edge *edge = ft_edge(t, g->edge);
        uint32_t from_id = ft_node(t, edge->from)->side;
        struct ft_side *from = ft_side(t, from_id);
        unsigned int has = from->has | ft_side(t, g->node)->has;

        if (from->queued & FT_QUEUED_STALE && has != from->has) {
            from->has = has;
            push(t, FT_QUEUED_WORK, from_id);
        }
        g->edge = edge->in_next;
    }
}

static void
step_publish(struct flow_table *t)
{
    uint32_t id = pop(t, FT_QUEUED_STALE);

    if (id == FLOW_NONE) {
        start_phase(&t->graph, FT_COLLECT);
    } else {
        const struct ft_side *side = ft_side(t, id);

        publish(t, side->node, side->has);
        release(t, id);
    }
}

/* Does up to 'budget' bits of work.  Returns how many it could still do. */
size_t
ft_closure_run(struct flow_table *t, size_t budget)
{
    for (; budget > 0 && ft_closure_is_busy(t); budget--) {
        switch (t->graph.phase) {
        case FT_COLLECT: step_collect(t); break;
        case FT_INIT: step_init(t); break;
        case FT_SPREAD: step_spread(t); break;
        case FT_PUBLISH: step_publish(t); break;
        default: OVS_NOT_REACHED();
        }
    }
    return run_guesses(t, budget);
}
