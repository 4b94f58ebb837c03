/* SPDX-License-Identifier: Apache-2.0 */

/* What the table tells, compared with the recompute. */

#include <config.h>

#include "controller/flow-table/recompute.h"

#include <inttypes.h>
#include <stdarg.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

struct check {
    const struct flow_table *t;
    struct recompute r;         /* What it should tell. */
    struct ds *errors;          /* What does not agree. */
    bool ok;                    /* Was there nothing? */
};

static void OVS_PRINTF_FORMAT(2, 3)
complain(struct check *c, const char *format, ...)
{
    va_list args;

    c->ok = false;
    va_start(args, format);
    ds_put_format_valist(c->errors, format, args);
    va_end(args);
    ds_put_char(c->errors, '\n');
}

static void
compare(struct check *c, const char *what, uint32_t a, uint32_t b,
        const char *member, uint64_t told, uint64_t computed)
{
    if (told != computed) {
        complain(c, "%s %"PRIu32"/%"PRIu32": %s is %"PRIu64", should be %"
                 PRIu64, what, a, b, member, told, computed);
    }
}

static void
compare_counts(struct check *c, const char *what, uint32_t a, uint32_t b,
               const struct flow_counts *told,
               const struct flow_counts *computed)
{
    compare(c, what, a, b, "flows", told->flows, computed->flows);
    compare(c, what, a, b, "offloaded", told->offloaded,
            computed->offloaded);
    compare(c, what, a, b, "hw.packets", told->hw.packets,
            computed->hw.packets);
    compare(c, what, a, b, "hw.bytes", told->hw.bytes, computed->hw.bytes);
    compare(c, what, a, b, "sw.packets", told->sw.packets,
            computed->sw.packets);
    compare(c, what, a, b, "sw.bytes", told->sw.bytes, computed->sw.bytes);
}

/* Comparing. */

/* A flow whose receiver is a guess. */
static void
check_guess(struct check *c, const struct rc_flow *p, unsigned int has)
{
    uint16_t flags = p->state->flags;

    compare(c, "flow", p->id, 0, "guessing", (flags & FT_GUESSING) != 0,
            recompute_guesses(&c->r, p, has));
    compare(c, "flow", p->id, 0, "may guess", true,
            !p->recirc_id && flags & FLOW_DECAP
            && p->flow->target != FLOW_NONE && flags & FT_LISTED);
}

static void
check_flow(struct check *c, const struct rc_flow *p)
{
    const struct flow_table *t = c->t;
    unsigned int has = recompute_beyond(&c->r, p);
    struct flow_view view;

    if (ft_find(t, p->flow->ufid, ft_hash_ufid(t, p->flow->ufid)) != p->id
        || !flow_table_find(t, p->flow->ufid, &view)) {
        complain(c, "flow %"PRIu32": not found by its ufid", p->id);
        return;
    }
    compare(c, "flow", p->id, 0, "of recirc_id 0",
            p->state->flags & FT_FIRST ? 1 : 0, !p->recirc_id);
    compare(c, "flow", p->id, 0, "hardware's part",
            p->flow->hw.packets <= p->flow->total.packets
            && p->flow->hw.bytes <= p->flow->total.bytes, true);
    if (p->receiver != FLOW_NONE && !p->outputs) {
        check_guess(c, p, has);
    }
    if (c->r.settled) {
        compare(c, "flow", p->id, 0, "path", view.path,
                recompute_path(p, has));
    }
}

static void
check_sender(struct check *c, const struct rc_sender *s, uint64_t total[2],
             uint64_t *doomed)
{
    const struct ft_sender *sender = ft_sender_find(c->t, s->dev);

    if (!sender) {
        complain(c, "sender %"PRIu32": missing", s->dev);
        return;
    }
    compare_counts(c, "sender", s->dev, 0, &sender->pub.egress, &s->egress);
    for (size_t i = 0; i < FLOW_N_PATHS && c->r.settled; i++) {
        compare(c, "sender", s->dev, i, flow_path_to_string(i),
                sender->pub.paths[i], s->paths[i]);
    }
    for (int k = 0; k < 2; k++) {
        const struct ft_gens *gens = &sender->gens[k];
        uint64_t n = 0;

        for (size_t i = 0; i < FT_N_GENS; i++) {
            compare(c, "sender", s->dev, i, "generation", gens->n[i],
                    s->n[k][i]);
            n += s->n[k][i];
            *doomed += gens->doomed & 1u << i ? s->n[k][i] : 0;
        }
        compare(c, "sender", s->dev, k, "flows of source", gens->total, n);
        total[k] += n;
    }
}

static void
check_senders(struct check *c)
{
    const struct flow_sender *told;
    uint64_t total[2] = { 0, 0 }, doomed = 0;
    const struct rc_sender *s;
    size_t cursor = 0;

    while ((told = flow_table_next_sender(c->t, &cursor))) {
        recompute_sender(&c->r, told->dev);
    }
    HMAP_FOR_EACH (s, node, &c->r.senders) {
        check_sender(c, s, total, &doomed);
    }
    for (int k = 0; k < 2; k++) {
        compare(c, "table", k, 0, "flows of source", c->t->n_of[k],
                total[k]);
    }
    compare(c, "table", 0, 0, "doomed", c->t->n_doomed, doomed);
    compare(c, "table", 0, 0, "flows", c->t->n_flows, total[0] + total[1]);
}

static void
check_receivers(struct check *c)
{
    for (uint32_t id = 0; id < c->t->receivers.n; id++) {
        const struct ft_receiver *r = ft_receiver(c->t, id);
        const struct rc_receiver *tally = &c->r.receivers[id];

        if (r->used) {
            compare_counts(c, "receiver", id, 0, &r->pub.ingress,
                           &tally->ingress);
            compare(c, "receiver", id, 0, "refs", r->refs, tally->refs);
        } else if (tally->refs) {
            complain(c, "receiver %"PRIu32": free, but used", id);
        }
    }
}

static void
check_shortfalls(struct check *c)
{
    size_t n = 0;

    for (uint32_t id = 0; id < c->t->shortfalls.n; id++) {
        const struct ft_shortfall *s = flow_slab_get(&c->t->shortfalls, id);

        if (s->used) {
            uint32_t key = recompute_shortfall_key(s->pub.kernel,
                                                   s->pub.first, s->pub.miss);
            const struct rc_tally *tally = recompute_tally(&c->r.shortfalls,
                                                           s->pub.dev,
                                                           s->receiver, key);

            compare(c, "shortfall", id, s->pub.dev, "flows", s->pub.flows,
                    tally->n);
            n++;
        }
    }
    compare(c, "table", 0, 0, "shortfalls", n, hmap_count(&c->r.shortfalls));
}

static size_t
count_listed(const struct flow_table *t, const struct ft_node *node)
{
    size_t n = 0;

    for (uint32_t id = ft_first_listed(t, node); id != FLOW_NONE;
         id = ft_guess(t, id)->next) {
        n++;
    }
    return n;
}

static void
check_node(struct check *c, uint32_t id)
{
    const struct flow_table *t = c->t;
    const struct ft_node *node = ft_node(t, id);
    const struct rc_node *tally = &c->r.nodes[id];

    for (unsigned int i = 0; i < FT_N_CLASSES; i++) {
        compare(c, "node", id, i, "flows that lead there",
                ft_node_n(t, node, FT_FROM + i), tally->from[i]);
    }
    compare(c, "node", id, 0, "guesses", count_listed(t, node),
            tally->listed);
    if (node->flags & FT_NODE_SET) {
        struct rc_flow p = { .class = FT_CLASS_HW, .dev = node->dev };

        p.n_targets = ft_node_targets(t, id, p.targets, &p.more);
        for (size_t i = 0; i < p.n_targets; i++) {
            uint32_t to = ft_node_find(t, p.dev, p.targets[i]);

            recompute_tally(&c->r.edges, id, to, 0)->n++;
        }
        if (c->r.settled) {
            compare(c, "set", id, 0, "closure", node->has,
                    recompute_beyond(&c->r, &p));
        }
    } else {
        const struct rc_chain *chain = recompute_chain(&c->r, node->dev,
                                                       node->id);

        for (unsigned int i = 0; i < FT_N_CLASSES; i++) {
            compare(c, "chain", node->dev, node->id, "flows in it",
                    ft_node_n(t, node, FT_IN + i), chain->n[i]);
        }
        compare(c, "chain", node->dev, node->id, "flows with outputs",
                ft_node_n(t, node, FT_OUT), chain->n_outputs);
        if (c->r.settled && node->id) {
            compare(c, "chain", node->dev, node->id, "closure", node->has,
                    chain->has ? chain->has : FT_HAS_EMPTY);
        }
    }
}

static void
check_graph(struct check *c)
{
    const struct ft_graph *g = &c->t->graph;
    size_t n = 0;

    for (uint32_t id = 0; id < g->nodes.n; id++) {
        if (ft_node(c->t, id)->flags & FT_NODE_USED) {
            check_node(c, id);
            n++;
        }
    }
    compare(c, "table", 0, 0, "nodes", g->node_index.n, n);

    n = 0;
    for (uint32_t id = 0; id < g->edges.n; id++) {
        const struct ft_edge *edge = ft_edge(c->t, id);

        if (edge->n) {
            compare(c, "edge", edge->from, edge->to, "flows", edge->n,
                    recompute_tally(&c->r.edges, edge->from, edge->to, 0)->n);
            n++;
        }
    }
    compare(c, "table", 0, 0, "edges", n, hmap_count(&c->r.edges));
}

bool
flow_table_check(const struct flow_table *t, struct ds *errors)
{
    struct check c = {
        .t = t,
        .errors = errors,
        .ok = true,
    };
    uint32_t cursor = 0;
    struct rc_flow flow;

    recompute_init(&c.r, t);
    while (recompute_next(&c.r, &cursor, &flow)) {
        recompute_flow(&c.r, &flow);
        check_flow(&c, &flow);
    }
    check_senders(&c);
    check_receivers(&c);
    check_shortfalls(&c);
    check_graph(&c);
    recompute_destroy(&c.r);
    return c.ok;
}
