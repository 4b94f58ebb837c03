/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <stdlib.h>

#include "util.h"

/* Removal of many flows that are named by what they have in common.
 *
 * Each flow is of one of FT_N_GENS generations of its sender and source.  One
 * of these is fresh: what is put or refreshed gets it.  Marking makes another
 * one, without flows, the fresh one; sweeping makes all others doomed; and
 * ft_sweep_run() looks for flows of doomed generations as long as there are
 * any.  So a flow that is put in time survives, and a second mark does not
 * bring flows back that are doomed.
 *
 * In the same way flows have one of 4 ages in their chain, for purges.  There,
 * no one counts how many are left, and one walk over all flows is made, for
 * all purges that were asked for before it began. */

/* Work of removing one flow, in slots looked at. */
#define REMOVE_COST 8

/* Generations. */

static void
set_gen(struct ft_state *state, unsigned int gen)
{
    state->miss_gen = (state->miss_gen & FT_MISS_MASK) | gen << FT_GEN_SHIFT;
}

/* Makes the flow's age in its chain the present one. */
static void
renew_age(struct flow_table *t, uint32_t id)
{
    const struct ft_node *node = ft_node(t, ft_flow(t, id)->chain);
    unsigned int age = ((node->flags & FT_NODE_AGE_MASK)
                        >> FT_NODE_AGE_SHIFT);
    struct ft_state *state = ft_state(t, id);

    state->flags = (state->flags & ~FT_AGE_MASK) | age << FT_AGE_SHIFT;
}

/* The flow, of 'sender', is new: counts it as fresh. */
void
ft_gen_add(struct flow_table *t, struct ft_sender *sender, uint32_t id)
{
    struct ft_state *state = ft_state(t, id);
    struct ft_gens *gens = ft_gens(sender, state);

    gens->total++;
    gens->n[gens->fresh]++;
    set_gen(state, gens->fresh);
    t->n_of[state->flags & FLOW_KERNEL ? 1 : 0]++;
    renew_age(t, id);
}

static void
leave_gen(struct flow_table *t, struct ft_gens *gens, unsigned int gen)
{
    gens->n[gen]--;
    if (gens->doomed & 1u << gen) {
        t->n_doomed--;
    }
}

/* Undoes ft_gen_add(). */
void
ft_gen_remove(struct flow_table *t, struct ft_sender *sender, uint32_t id)
{
    const struct ft_state *state = ft_state(t, id);
    struct ft_gens *gens = ft_gens(sender, state);

    leave_gen(t, gens, ft_gen(state));
    gens->total--;
    t->n_of[state->flags & FLOW_KERNEL ? 1 : 0]--;
}

/* As ft_gen_refresh(), if the flow is not as it should be then. */
void
ft_gen_renew(struct flow_table *t, struct ft_sender *sender, uint32_t id)
{
    struct ft_state *state = ft_state(t, id);
    struct ft_gens *gens = ft_gens(sender, state);
    unsigned int gen = ft_gen(state);

    if (gen != gens->fresh) {
        leave_gen(t, gens, gen);
        gens->n[gens->fresh]++;
        set_gen(state, gens->fresh);
    }
    if (t->purge_left) {
        renew_age(t, id);
    }
}

/* Marking and sweeping. */

/* A generation without flows, other than the fresh one; FT_N_GENS if there is
 * none. */
static unsigned int
find_empty(const struct ft_gens *gens)
{
    for (unsigned int gen = 0; gen < FT_N_GENS; gen++) {
        if (!gens->n[gen] && gen != gens->fresh) {
            return gen;
        }
    }
    return FT_N_GENS;
}

/* Makes one generation of all that are doubtful, and one of all that are
 * doomed.  Takes time in proportion to the number of all flows, but is needed
 * only if a source marks again and again and no sweep ends. */
static void
merge_gens(struct flow_table *t, struct ft_sender *sender, bool kernel)
{
    struct ft_gens *gens = &sender->gens[kernel];
    unsigned int first[2] = { FT_N_GENS, FT_N_GENS };

    for (unsigned int gen = 0; gen < FT_N_GENS; gen++) {
        bool doomed = gens->doomed & 1u << gen;

        if (gen != gens->fresh && first[doomed] == FT_N_GENS) {
            first[doomed] = gen;
        }
    }
    for (uint32_t id = 0; id < t->n_slots; id++) {
        const struct ft_flow *flow = ft_flow(t, id);
        struct ft_state *state = ft_state(t, id);
        unsigned int gen = ft_gen(state);

        if (flow->chain != FLOW_NONE && gen != gens->fresh
            && !(state->flags & FLOW_KERNEL) == !kernel
            && ft_node(t, flow->chain)->dev == sender->pub.dev) {
            unsigned int to = first[gens->doomed & 1u << gen ? 1 : 0];

            gens->n[gen]--;
            gens->n[to]++;
            set_gen(state, to);
        }
    }
}

static void
mark_sender(struct flow_table *t, struct ft_sender *sender, bool kernel)
{
    struct ft_gens *gens = &sender->gens[kernel];
    unsigned int gen;

    if (!gens->n[gens->fresh]) {
        return;
    }
    gen = find_empty(gens);
    if (gen == FT_N_GENS) {
        merge_gens(t, sender, kernel);
        gen = find_empty(gens);
    }
    gens->fresh = gen;
    gens->doomed &= ~(1u << gen);
}

static void
sweep_sender(struct flow_table *t, struct ft_sender *sender, bool kernel)
{
    struct ft_gens *gens = &sender->gens[kernel];

    for (unsigned int gen = 0; gen < FT_N_GENS; gen++) {
        if (gens->n[gen] && gen != gens->fresh
            && !(gens->doomed & 1u << gen)) {
            gens->doomed |= 1u << gen;
            t->n_doomed += gens->n[gen];
        }
    }
}

static void
for_senders(struct flow_table *t, bool kernel, uint32_t dev,
            void (*cb)(struct flow_table *, struct ft_sender *, bool kernel))
{
    if (dev) {
        struct ft_sender *sender = ft_sender_find(t, dev);

        if (sender) {
            cb(t, sender, kernel);
        }
        return;
    }
    for (uint32_t id = 0; id < t->senders.n; id++) {
        struct ft_sender *sender = ft_sender(t, id);

        if (sender->used) {
            cb(t, sender, kernel);
        }
    }
}

void
flow_table_mark(struct flow_table *t, bool kernel, uint32_t dev)
{
    for_senders(t, kernel, dev, mark_sender);
}

void
flow_table_sweep(struct flow_table *t, bool kernel, uint32_t dev)
{
    for_senders(t, kernel, dev, sweep_sender);
}

/* Purging. */

static unsigned int
node_age(const struct ft_node *node)
{
    return (node->flags & FT_NODE_AGE_MASK) >> FT_NODE_AGE_SHIFT;
}

static unsigned int
node_oldest(const struct ft_node *node)
{
    return (node->flags & FT_NODE_OLDEST_MASK) >> FT_NODE_OLDEST_SHIFT;
}

static void
set_oldest(struct ft_node *node, unsigned int age)
{
    node->flags = ((node->flags & ~FT_NODE_OLDEST_MASK)
                   | age << FT_NODE_OLDEST_SHIFT);
}

static void
add_purge(struct ft_purges *purges, uint32_t node_id, unsigned int age)
{
    if (purges->n >= purges->allocated) {
        purges->purges = x2nrealloc(purges->purges, &purges->allocated,
                                    sizeof *purges->purges);
    }
    purges->purges[purges->n++] = (struct ft_purge) { node_id, age };
}

/* A walk over all flows is over: purges that were asked for before it began
 * are done.  Another one begins if others were asked for since. */
static void
end_walk(struct flow_table *t)
{
    struct ft_purges done = t->purges;

    for (size_t i = 0; i < done.n; i++) {
        uint32_t node_id = done.purges[i].node;
        struct ft_node *node = ft_node(t, node_id);

        set_oldest(node, done.purges[i].age);
        if (node_age(node) == node_oldest(node)) {
            node->flags &= ~FT_NODE_PURGING;
            ft_node_put(t, node_id);
        }
    }
    done.n = 0;
    t->purges = t->next_purges;
    t->next_purges = done;
    t->purge_left = t->purges.n ? t->n_slots : 0;
}

/* Is the flow to go because of a purge? */
static bool
is_purged(const struct ft_node *node, uint16_t flags)
{
    unsigned int age = (flags & FT_AGE_MASK) >> FT_AGE_SHIFT;
    unsigned int oldest = node_oldest(node);

    return (node->flags & FT_NODE_PURGING && !(flags & FLOW_KERNEL)
            && ((age - oldest) & 3) < ((node_age(node) - oldest) & 3));
}

/* Does all purges at once. */
static void
finish_purges(struct flow_table *t)
{
    while (t->purge_left) {
        ft_sweep_run(t, t->n_slots, t->now);
    }
}

void
flow_table_purge_chain(struct flow_table *t, uint32_t dev, uint32_t recirc_id)
{
    uint32_t id = ft_node_find(t, dev, recirc_id);
    struct ft_node *node;
    unsigned int age;

    if (id == FLOW_NONE || !ft_node_n_flows(t, ft_node(t, id))) {
        return;
    }
    node = ft_node(t, id);
    age = (node_age(node) + 1) & 3;
    if (age == node_oldest(node)) {
        /* Purged for the fourth time, and the first is not over: flows of
         * the oldest age would seem to be new. */
        finish_purges(t);
        flow_table_purge_chain(t, dev, recirc_id);
        return;
    }
    node->flags = ((node->flags & ~FT_NODE_AGE_MASK) | FT_NODE_PURGING
                   | age << FT_NODE_AGE_SHIFT);
    if (t->purge_left) {
        add_purge(&t->next_purges, id, age);
    } else {
        add_purge(&t->purges, id, age);
        t->purge_left = t->n_slots;
    }
}

/* Running. */

static bool
is_doomed(const struct flow_table *t, uint32_t id)
{
    const struct ft_flow *flow = ft_flow(t, id);
    const struct ft_state *state = ft_state(t, id);
    const struct ft_node *node;

    if (flow->chain == FLOW_NONE) {
        return false;
    }
    node = ft_node(t, flow->chain);
    return ((ft_gens(ft_sender_find(t, node->dev), state)->doomed
             & 1u << ft_gen(state))
            || is_purged(node, state->flags));
}

/* Looks at slots until nothing is left to be removed, or 'budget' is used up.
 * Returns what is left of that. */
size_t
ft_sweep_run(struct flow_table *t, size_t budget, long long int now)
{
    while (budget > 0 && (t->n_doomed || t->purge_left)) {
        uint32_t id;

        if (t->sweep_at >= t->n_slots) {
            t->sweep_at = 0;
        }
        id = t->sweep_at++;
        budget--;
        if (is_doomed(t, id)) {
            uint64_t hash = ft_hash_ufid(t, ft_flow(t, id)->ufid);

            ft_past_add(t, id, hash, ft_key(t, id), false, now);
            ft_remove(t, id, hash);
            budget -= MIN(budget, REMOVE_COST);
        }
        if (t->purge_left && !--t->purge_left) {
            end_walk(t);
        }
    }
    return budget;
}
