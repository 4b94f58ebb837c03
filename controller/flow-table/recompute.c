/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow-table/recompute.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "util.h"

/* Finding, or making, what is computed. */

struct rc_chain *
recompute_chain(struct recompute *r, uint32_t dev, uint32_t recirc_id)
{
    uint32_t hash = hash_2words(dev, recirc_id);
    struct rc_chain *chain;

    HMAP_FOR_EACH_WITH_HASH (chain, node, hash, &r->chains) {
        if (chain->dev == dev && chain->recirc_id == recirc_id) {
            return chain;
        }
    }
    chain = xzalloc(sizeof *chain);
    chain->dev = dev;
    chain->recirc_id = recirc_id;
    hmap_insert(&r->chains, &chain->node, hash);
    return chain;
}

struct rc_sender *
recompute_sender(struct recompute *r, uint32_t dev)
{
    uint32_t hash = hash_int(dev, 0);
    struct rc_sender *sender;

    HMAP_FOR_EACH_WITH_HASH (sender, node, hash, &r->senders) {
        if (sender->dev == dev) {
            return sender;
        }
    }
    sender = xzalloc(sizeof *sender);
    sender->dev = dev;
    hmap_insert(&r->senders, &sender->node, hash);
    return sender;
}

struct rc_tally *
recompute_tally(struct hmap *tallies, uint32_t k0, uint32_t k1, uint32_t k2)
{
    uint32_t key[3] = { k0, k1, k2 };
    uint32_t hash = hash_bytes(key, sizeof key, 0);
    struct rc_tally *tally;

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

uint32_t
recompute_shortfall_key(bool kernel, bool first, unsigned int miss)
{
    return miss << 2 | (kernel ? 2 : 0) | (first ? 1 : 0);
}

/* Computing. */

bool
recompute_next(const struct recompute *r, uint32_t *cursor, struct rc_flow *p)
{
    const struct flow_table *t = r->t;

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
compute_chains(struct recompute *r)
{
    struct rc_chain *chain;
    uint32_t cursor = 0;
    struct rc_flow p;
    bool changed;

    while (recompute_next(r, &cursor, &p)) {
        chain = recompute_chain(r, p.dev, p.recirc_id);
        chain->n[p.class]++;
        chain->n_outputs += p.outputs;
        chain->has |= 1u << p.class;
        chain->has |= p.outputs ? FT_HAS_OUTPUT : 0;
        chain->has |= p.more ? FT_HAS_EMPTY : 0;
        for (size_t i = 0; i < p.n_targets; i++) {
            recompute_chain(r, p.dev, p.targets[i]);
        }
    }
    HMAP_FOR_EACH (chain, node, &r->chains) {
        chain->has |= !chain->has ? FT_HAS_EMPTY : 0;
    }
    do {
        changed = false;
        cursor = 0;
        while (recompute_next(r, &cursor, &p)) {
            for (size_t i = 0; i < p.n_targets; i++) {
                const struct rc_chain *to
                    = recompute_chain(r, p.dev, p.targets[i]);

                chain = recompute_chain(r, p.dev, p.recirc_id);
                if (to->has & ~chain->has) {
                    chain->has |= to->has;
                    changed = true;
                }
            }
        }
    } while (changed);
}

unsigned int
recompute_beyond(struct recompute *r, const struct rc_flow *p)
{
    unsigned int has = p->more ? FT_HAS_EMPTY : 0;

    for (size_t i = 0; i < p->n_targets; i++) {
        has |= recompute_chain(r, p->dev, p->targets[i])->has;
    }
    return has;
}

enum flow_path
recompute_path(const struct rc_flow *p, unsigned int has)
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

bool
recompute_guesses(const struct recompute *r, const struct rc_flow *p,
                  unsigned int has)
{
    return (p->receiver != FLOW_NONE && !p->outputs
            && (r->settled ? !(has & FT_HAS_OUTPUT)
                : p->state->flags & FT_GUESSING));
}

static void
add_flow(struct flow_counts *sum, const struct rc_flow *p, bool traffic)
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
compute_ingress(struct recompute *r, const struct rc_flow *p, unsigned int has)
{
    uint32_t receiver = p->receiver;

    if (receiver != FLOW_NONE) {
        r->receivers[receiver].refs++;
        if (p->outputs || recompute_guesses(r, p, has)) {
            add_flow(&r->receivers[receiver].ingress, p, true);
        } else {
            receiver = FLOW_NONE;
        }
    }
    if (p->class == FT_CLASS_SW) {
        uint32_t key = recompute_shortfall_key(
            p->state->flags & FLOW_KERNEL, !p->recirc_id,
            p->state->miss_gen & FT_MISS_MASK);

        recompute_tally(&r->shortfalls, p->dev, receiver, key)->n++;
    }
}

void
recompute_flow(struct recompute *r, const struct rc_flow *p)
{
    struct rc_sender *sender = recompute_sender(r, p->dev);
    bool kernel = p->state->flags & FLOW_KERNEL;
    unsigned int has = recompute_beyond(r, p);
    uint32_t target = p->flow->target;

    sender->n[kernel][p->state->miss_gen >> FT_GEN_SHIFT]++;
    if (!p->recirc_id || !p->outputs) {
        add_flow(&sender->egress, p, !p->recirc_id);
    }
    if (!p->recirc_id) {
        sender->paths[recompute_path(p, has)]++;
        if (target != FLOW_NONE) {
            r->nodes[target].from[p->class]++;
            r->nodes[target].listed += p->state->flags & FT_LISTED ? 1 : 0;
        }
    } else if (target != FLOW_NONE) {
        recompute_tally(&r->edges, p->flow->chain, target, 0)->n++;
    }
    compute_ingress(r, p, has);
}

/* Life. */

void
recompute_init(struct recompute *r, const struct flow_table *t)
{
    *r = (struct recompute) {
        .t = t,
        .settled = (!ft_closure_is_busy(t)
                    && t->graph.guess.first == FLOW_NONE),
        .nodes = xcalloc(t->graph.nodes.n + 1, sizeof *r->nodes),
        .receivers = xcalloc(t->receivers.n + 1, sizeof *r->receivers),
    };
    hmap_init(&r->chains);
    hmap_init(&r->senders);
    hmap_init(&r->edges);
    hmap_init(&r->shortfalls);
    compute_chains(r);
}

static void
destroy_tallies(struct hmap *tallies)
{
    struct rc_tally *tally;

    HMAP_FOR_EACH_POP (tally, node, tallies) {
        free(tally);
    }
    hmap_destroy(tallies);
}

void
recompute_destroy(struct recompute *r)
{
    struct rc_sender *sender;
    struct rc_chain *chain;

    HMAP_FOR_EACH_POP (chain, node, &r->chains) {
        free(chain);
    }
    hmap_destroy(&r->chains);
    HMAP_FOR_EACH_POP (sender, node, &r->senders) {
        free(sender);
    }
    hmap_destroy(&r->senders);
    destroy_tallies(&r->edges);
    destroy_tallies(&r->shortfalls);
    free(r->nodes);
    free(r->receivers);
}
