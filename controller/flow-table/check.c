/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "util.h"

/* The recompute: what the table should tell, made anew from each flow's own
 * members in the plainest way, and compared with what it does tell.  Neither
 * closures nor sums nor counters of the table are used to make it. */

/* A chain that a flow is in or leads to. */
struct chain {
    struct hmap_node node;      /* In check's 'chains'. */
    uint32_t dev, recirc_id;    /* Key. */
    uint64_t n[FT_N_CLASSES];   /* Flows in it. */
    uint64_t n_outputs;         /* Those with outputs. */
    unsigned int has;           /* FT_HAS_* of the closure. */
};

/* What a sender should have. */
struct sender {
    struct hmap_node node;      /* In check's 'senders'. */
    uint32_t dev;               /* Key. */
    struct flow_counts egress;  /* As in 'struct flow_sender'. */
    uint64_t paths[FLOW_N_PATHS]; /* Likewise. */
    uint64_t n[2][FT_N_GENS];   /* Flows by source and generation. */
};

/* What a pair of nodes, or a shortfall, should have. */
struct tally {
    struct hmap_node node;      /* In check's 'edges' or 'shortfalls'. */
    uint32_t key[3];            /* Key. */
    uint64_t n;                 /* Flows. */
};

/* What a node should have. */
struct node_tally {
    uint64_t from[FT_N_CLASSES]; /* Flows of recirc_id 0 that lead there. */
    uint64_t listed;            /* Flows that are FT_LISTED there. */
};

/* What a receiver should have. */
struct receiver_tally {
    struct flow_counts ingress; /* As in 'struct flow_receiver'. */
    uint64_t refs;              /* Flows whose receiver it is. */
};

struct check {
    const struct flow_table *t;
    struct ds *errors;          /* What does not agree. */
    bool ok;                    /* Was there nothing? */
    bool settled;               /* Is nothing of closures put off? */
    struct hmap chains, senders, edges, shortfalls;
    struct node_tally *nodes;   /* By node. */
    struct receiver_tally *receivers; /* By receiver. */
};

/* A flow, taken apart. */
struct parts {
    uint32_t id;                /* Its number. */
    const struct ft_flow *flow;
    const struct ft_state *state;
    uint32_t dev, recirc_id;    /* Where it is. */
    enum ft_class class;
    uint32_t targets[FLOW_MAX_TARGETS]; /* Where it leads to. */
    size_t n_targets;           /* Number of these. */
    bool more;                  /* And elsewhere, too? */
    uint32_t receiver;          /* Receiver by outputs or by guess. */
    bool outputs;               /* Has it any? */
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

/* Finding, or making, what is computed. */

static struct chain *
get_chain(struct check *c, uint32_t dev, uint32_t recirc_id)
{
    uint32_t hash = hash_2words(dev, recirc_id);
    struct chain *chain;

    HMAP_FOR_EACH_WITH_HASH (chain, node, hash, &c->chains) {
        if (chain->dev == dev && chain->recirc_id == recirc_id) {
            return chain;
        }
    }
    chain = xzalloc(sizeof *chain);
    chain->dev = dev;
    chain->recirc_id = recirc_id;
    hmap_insert(&c->chains, &chain->node, hash);
    return chain;
}

static struct sender *
get_sender(struct check *c, uint32_t dev)
{
    uint32_t hash = hash_int(dev, 0);
    struct sender *sender;

    HMAP_FOR_EACH_WITH_HASH (sender, node, hash, &c->senders) {
        if (sender->dev == dev) {
            return sender;
        }
    }
    sender = xzalloc(sizeof *sender);
    sender->dev = dev;
    hmap_insert(&c->senders, &sender->node, hash);
    return sender;
}

static struct tally *
get_tally(struct hmap *tallies, uint32_t k0, uint32_t k1, uint32_t k2)
{
    uint32_t key[3] = { k0, k1, k2 };
    uint32_t hash = hash_bytes(key, sizeof key, 0);
    struct tally *tally;

    HMAP_FOR_EACH_WITH_HASH (tally, node, hash, tallies) {
        if (!memcmp(tally->key, key, sizeof key)) {
            return tally;
        }
    }
    tally = xzalloc(sizeof *tally);
    memcpy(tally->key, key, sizeof key);
    hmap_insert(tallies, &tally->node, hash);
    return tally;
}

static uint32_t
shortfall_key(bool kernel, bool first, unsigned int miss)
{
    return miss << 2 | (kernel ? 2 : 0) | (first ? 1 : 0);
}

/* Computing. */

/* Takes the next flow apart.  Returns false at the end. */
static bool
next_flow(const struct check *c, uint32_t *cursor, struct parts *p)
{
    const struct flow_table *t = c->t;

    while (*cursor < t->n_slots) {
        uint32_t id = (*cursor)++;
        const struct ft_flow *flow = ft_flow(t, id);
        const struct ft_node *node;

        if (flow->chain == FLOW_NONE) {
            continue;
        }
        node = ft_node(t, flow->chain);
        memset(p, 0, sizeof *p);
        p->id = id;
        p->flow = flow;
        p->state = ft_state(t, id);
        p->dev = node->dev;
        p->recirc_id = node->id;
        p->class = (!(p->state->flags & FLOW_IN_HW) ? FT_CLASS_SW
                    : p->state->flags & FT_LAST_SW ? FT_CLASS_HW_BUT_SW
                    : FT_CLASS_HW);
        if (flow->target != FLOW_NONE) {
            p->n_targets = ft_node_targets(t, flow->target, p->targets,
                                           &p->more);
        }
        p->receiver = ft_receiver_of(t, id, p->state->flags);
        p->outputs = (p->receiver != FLOW_NONE
                      && (ft_receiver(t, p->receiver)->pub.type
                          != FLOW_RECEIVER_GUESS));
        return true;
    }
    return false;
}

static void
compute_chains(struct check *c)
{
    struct chain *chain;
    uint32_t cursor = 0;
    struct parts p;
    bool changed;

    while (next_flow(c, &cursor, &p)) {
        chain = get_chain(c, p.dev, p.recirc_id);
        chain->n[p.class]++;
        chain->n_outputs += p.outputs;
        chain->has |= 1u << p.class;
        chain->has |= p.outputs ? FT_HAS_OUTPUT : 0;
        chain->has |= p.more ? FT_HAS_EMPTY : 0;
        for (size_t i = 0; i < p.n_targets; i++) {
            get_chain(c, p.dev, p.targets[i]);
        }
    }
    HMAP_FOR_EACH (chain, node, &c->chains) {
        chain->has |= !chain->has ? FT_HAS_EMPTY : 0;
    }
    do {
        changed = false;
        cursor = 0;
        while (next_flow(c, &cursor, &p)) {
            for (size_t i = 0; i < p.n_targets; i++) {
                unsigned int has = get_chain(c, p.dev, p.targets[i])->has;

                chain = get_chain(c, p.dev, p.recirc_id);
                if (has & ~chain->has) {
                    chain->has |= has;
                    changed = true;
                }
            }
        }
    } while (changed);
}

/* FT_HAS_* of where the flow leads to. */
static unsigned int
has_beyond(struct check *c, const struct parts *p)
{
    unsigned int has = p->more ? FT_HAS_EMPTY : 0;

    for (size_t i = 0; i < p->n_targets; i++) {
        has |= get_chain(c, p->dev, p->targets[i])->has;
    }
    return has;
}

static enum flow_path
compute_path(const struct parts *p, unsigned int has)
{
    bool some_hw = p->class != FT_CLASS_SW;
    bool some_sw = p->class == FT_CLASS_SW;
    bool doubtful = p->class == FT_CLASS_HW_BUT_SW;

    some_hw |= has & (FT_HAS_HW | FT_HAS_HW_BUT_SW);
    some_sw |= has & FT_HAS_SW;
    doubtful |= has & FT_HAS_HW_BUT_SW;
    if (some_hw && some_sw) {
        return FLOW_PATH_PARTIAL;
    } else if (has & FT_HAS_EMPTY) {
        return FLOW_PATH_UNKNOWN;
    } else if (some_sw) {
        return FLOW_PATH_NONE;
    }
    return doubtful ? FLOW_PATH_FULL_BUT_SW : FLOW_PATH_FULL;
}

static void
add_flow(struct flow_counts *sum, const struct parts *p, bool traffic)
{
    sum->flows++;
    sum->offloaded += p->class != FT_CLASS_SW;
    if (traffic) {
        sum->hw.packets += p->flow->hw.packets;
        sum->hw.bytes += p->flow->hw.bytes;
        sum->sw.packets += p->flow->total.packets - p->flow->hw.packets;
        sum->sw.bytes += p->flow->total.bytes - p->flow->hw.bytes;
    }
}

/* Counts the flow for its receiver, and among those not in hardware. */
static void
compute_ingress(struct check *c, const struct parts *p, unsigned int has)
{
    uint32_t receiver = p->receiver;
    uint16_t flags = p->state->flags;
    bool first = !p->recirc_id;

    if (receiver != FLOW_NONE) {
        bool counted = p->outputs;

        c->receivers[receiver].refs++;
        if (!counted) {
            bool guessing = flags & FT_GUESSING;

            counted = c->settled ? !(has & FT_HAS_OUTPUT) : guessing;
            compare(c, "flow", p->id, 0, "guessing", guessing, counted);
            compare(c, "flow", p->id, 0, "may guess", true,
                    first && flags & FLOW_DECAP
                    && p->flow->target != FLOW_NONE && flags & FT_LISTED);
        }
        if (counted) {
            add_flow(&c->receivers[receiver].ingress, p, true);
        } else {
            receiver = FLOW_NONE;
        }
    }
    if (p->class == FT_CLASS_SW) {
        get_tally(&c->shortfalls, p->dev, receiver,
                  shortfall_key(flags & FLOW_KERNEL, first,
                                p->state->miss_gen & FT_MISS_MASK))->n++;
    }
}

static void
compute_flow(struct check *c, const struct parts *p)
{
    struct sender *sender = get_sender(c, p->dev);
    bool kernel = p->state->flags & FLOW_KERNEL;
    unsigned int has = has_beyond(c, p);
    uint32_t target = p->flow->target;

    sender->n[kernel][p->state->miss_gen >> FT_GEN_SHIFT]++;
    if (!p->recirc_id || !p->outputs) {
        add_flow(&sender->egress, p, !p->recirc_id);
    }
    if (!p->recirc_id) {
        sender->paths[compute_path(p, has)]++;
        if (target != FLOW_NONE) {
            c->nodes[target].from[p->class]++;
            c->nodes[target].listed += p->state->flags & FT_LISTED ? 1 : 0;
        }
    } else if (target != FLOW_NONE) {
        get_tally(&c->edges, p->flow->chain, target, 0)->n++;
    }
    compute_ingress(c, p, has);
}

/* Comparing. */

static void
check_flow(struct check *c, const struct parts *p)
{
    const struct flow_table *t = c->t;
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
    if (c->settled) {
        compare(c, "flow", p->id, 0, "path", view.path,
                compute_path(p, has_beyond(c, p)));
    }
}

static void
check_sender(struct check *c, const struct sender *s, uint64_t total[2],
             uint64_t *doomed)
{
    const struct ft_sender *sender = ft_sender_find(c->t, s->dev);

    if (!sender) {
        complain(c, "sender %"PRIu32": missing", s->dev);
        return;
    }
    compare_counts(c, "sender", s->dev, 0, &sender->pub.egress, &s->egress);
    for (size_t i = 0; i < FLOW_N_PATHS && c->settled; i++) {
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
    const struct sender *s;
    size_t cursor = 0;

    while ((told = flow_table_next_sender(c->t, &cursor))) {
        get_sender(c, told->dev);
    }
    HMAP_FOR_EACH (s, node, &c->senders) {
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
        const struct receiver_tally *tally = &c->receivers[id];

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
            struct tally *tally
                = get_tally(&c->shortfalls, s->pub.dev, s->receiver,
                            shortfall_key(s->pub.kernel, s->pub.first,
                                          s->pub.miss));

            compare(c, "shortfall", id, s->pub.dev, "flows", s->pub.flows,
                    tally->n);
            n++;
        }
    }
    compare(c, "table", 0, 0, "shortfalls", n, hmap_count(&c->shortfalls));
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
    const struct node_tally *tally = &c->nodes[id];

    for (unsigned int i = 0; i < FT_N_CLASSES; i++) {
        compare(c, "node", id, i, "flows that lead there",
                ft_node_n(t, node, FT_FROM + i), tally->from[i]);
    }
    compare(c, "node", id, 0, "guesses", count_listed(t, node),
            tally->listed);
    if (node->flags & FT_NODE_SET) {
        struct parts p = { .class = FT_CLASS_HW, .dev = node->dev };

        p.n_targets = ft_node_targets(t, id, p.targets, &p.more);
        for (size_t i = 0; i < p.n_targets; i++) {
            uint32_t to = ft_node_find(t, p.dev, p.targets[i]);

            get_tally(&c->edges, id, to, 0)->n++;
        }
        if (c->settled) {
            compare(c, "set", id, 0, "closure", node->has,
                    has_beyond(c, &p));
        }
    } else {
        const struct chain *chain = get_chain(c, node->dev, node->id);

        for (unsigned int i = 0; i < FT_N_CLASSES; i++) {
            compare(c, "chain", node->dev, node->id, "flows in it",
                    ft_node_n(t, node, FT_IN + i), chain->n[i]);
        }
        compare(c, "chain", node->dev, node->id, "flows with outputs",
                ft_node_n(t, node, FT_OUT), chain->n_outputs);
        if (c->settled && node->id) {
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
                    get_tally(&c->edges, edge->from, edge->to, 0)->n);
            n++;
        }
    }
    compare(c, "table", 0, 0, "edges", n, hmap_count(&c->edges));
}

static void
destroy_tallies(struct hmap *tallies)
{
    struct tally *tally;

    HMAP_FOR_EACH_POP (tally, node, tallies) {
        free(tally);
    }
    hmap_destroy(tallies);
}

static void
check_destroy(struct check *c)
{
    struct sender *sender;
    struct chain *chain;

    HMAP_FOR_EACH_POP (chain, node, &c->chains) {
        free(chain);
    }
    hmap_destroy(&c->chains);
    HMAP_FOR_EACH_POP (sender, node, &c->senders) {
        free(sender);
    }
    hmap_destroy(&c->senders);
    destroy_tallies(&c->edges);
    destroy_tallies(&c->shortfalls);
    free(c->nodes);
    free(c->receivers);
}

bool
flow_table_check(const struct flow_table *t, struct ds *errors)
{
    struct check c = {
        .t = t,
        .errors = errors,
        .ok = true,
        .settled = (!ft_closure_is_busy(t)
                    && t->graph.guess.first == FLOW_NONE),
        .nodes = xcalloc(t->graph.nodes.n + 1, sizeof *c.nodes),
        .receivers = xcalloc(t->receivers.n + 1, sizeof *c.receivers),
    };
    uint32_t cursor = 0;
    struct parts p;

    hmap_init(&c.chains);
    hmap_init(&c.senders);
    hmap_init(&c.edges);
    hmap_init(&c.shortfalls);
    compute_chains(&c);
    while (next_flow(&c, &cursor, &p)) {
        compute_flow(&c, &p);
        check_flow(&c, &p);
    }
    check_senders(&c);
    check_receivers(&c);
    check_shortfalls(&c);
    check_graph(&c);
    check_destroy(&c);
    return c.ok;
}
