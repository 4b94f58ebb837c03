/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_TABLE_INLINE_H
#define CONTROLLER_FLOW_TABLE_INLINE_H 1

/* The end of private.h, which includes this: functions. */

#include <string.h>

static inline struct ft_chunk *
ft_chunk(const struct flow_table *t, uint32_t id)
{
    return &t->chunks[id >> FT_CHUNK_SHIFT];
}

/* Where a flow is in its chunk. */
static inline uint32_t
ft_pos(uint32_t id)
{
    return id & (FT_CHUNK_FLOWS - 1);
}

static inline struct ft_flow *
ft_flow(const struct flow_table *t, uint32_t id)
{
    return &ft_chunk(t, id)->slots->flows[ft_pos(id)];
}

static inline struct ft_state *
ft_state(const struct flow_table *t, uint32_t id)
{
    return &ft_chunk(t, id)->slots->states[ft_pos(id)];
}

/* Returns the number of a new flow, with nothing set. */
static inline uint32_t
ft_alloc_flow(struct flow_table *t)
{
    uint32_t id = t->free;

    if (id != FLOW_NONE) {
        t->free = ft_flow(t, id)->target;
    } else if (ft_pos(t->n_slots) && !t->purge_left) {
        id = t->n_slots++;
    } else {
        id = ft_add_slot(t);
    }
    t->n_flows++;
    return id;
}

/* Log2 of the numbers of elements in a chunk of 'nodes', and of 'senders' and
 * 'receivers'. */
#define FT_NODE_SHIFT 12
#define FT_PARTY_SHIFT 5

/* As flow_slab_get(), for what is known when this is compiled. */
#define FT_SLAB_GET(SLAB, SHIFT, TYPE, ID) \
    (&((TYPE *) (void *) (SLAB)->chunks[(ID) >> (SHIFT)]) \
        [(ID) & ((1u << (SHIFT)) - 1)])

static inline struct ft_node *
ft_node(const struct flow_table *t, uint32_t id)
{
    return FT_SLAB_GET(&t->graph.nodes, FT_NODE_SHIFT, struct ft_node, id);
}

static inline struct ft_side *
ft_side(const struct flow_table *t, uint32_t id)
{
    return flow_slab_get(&t->graph.sides, id);
}

/* The node's side, or NULL. */
static inline struct ft_side *
ft_node_side(const struct flow_table *t, const struct ft_node *node)
{
    return (node->side == FLOW_NONE || node->flags & FT_NODE_LISTS
            ? NULL : ft_side(t, node->side));
}

static inline struct ft_edge *
ft_edge(const struct flow_table *t, uint32_t id)
{
    return flow_slab_get(&t->graph.edges, id);
}

static inline struct ft_receiver *
ft_receiver(const struct flow_table *t, uint32_t id)
{
    return FT_SLAB_GET(&t->receivers, FT_PARTY_SHIFT, struct ft_receiver, id);
}

static inline struct ft_sender *
ft_sender(const struct flow_table *t, uint32_t id)
{
    return FT_SLAB_GET(&t->senders, FT_PARTY_SHIFT, struct ft_sender, id);
}

static inline unsigned int
ft_gen(const struct ft_state *state)
{
    return state->miss_gen >> FT_GEN_SHIFT;
}

static inline struct ft_gens *
ft_gens(struct ft_sender *sender, const struct ft_state *state)
{
    return &sender->gens[state->flags & FLOW_KERNEL ? 1 : 0];
}

static inline enum ft_class
ft_class(uint16_t flags)
{
    return (!(flags & FLOW_IN_HW) ? FT_CLASS_SW
            : flags & FT_LAST_SW ? FT_CLASS_HW_BUT_SW
            : FT_CLASS_HW);
}

/* What flow 'id', which is FT_LISTED, has for that. */
static inline struct ft_guess *
ft_guess(const struct flow_table *t, uint32_t id)
{
    return FT_SLAB_GET(&t->graph.guesses, FT_NODE_SHIFT, struct ft_guess,
                       ft_flow(t, id)->receiver);
}

/* The receiver of flow 'id', which has 'flags', by outputs or by guess; or
 * FLOW_NONE. */
static inline uint32_t
ft_receiver_of(const struct flow_table *t, uint32_t id, uint16_t flags)
{
    return (OVS_UNLIKELY(flags & FT_LISTED) ? ft_guess(t, id)->receiver
            : ft_flow(t, id)->receiver);
}

/* Who it is counted for now, or FLOW_NONE. */
static inline uint32_t
ft_counted_receiver(const struct flow_table *t, uint32_t id, uint16_t flags)
{
    return ((flags & (FT_LISTED | FT_GUESSING)) == FT_LISTED
            ? FLOW_NONE : ft_receiver_of(t, id, flags));
}

static inline bool
ft_has_outputs(const struct ft_flow *flow, uint16_t flags)
{
    return flow->receiver != FLOW_NONE && !(flags & FT_LISTED);
}

/* Hashes 16 bytes so that whoever does not know 'key' cannot make many that
 * collide: sums of products of words that have a key added. */
static inline uint64_t
ft_hash(const struct flow_table *t, uint64_t a, uint64_t b)
{
    uint64_t h = ((uint64_t) ((uint32_t) a + t->key[0])
                  * ((uint32_t) (a >> 32) + t->key[1])
                  + (uint64_t) ((uint32_t) b + t->key[2])
                  * ((uint32_t) (b >> 32) + t->key[3]));

    h = (h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static inline uint64_t
ft_hash_ufid(const struct flow_table *t, const uint8_t ufid[])
{
    uint64_t words[2];

    BUILD_ASSERT_DECL(sizeof words == FLOW_UFID_LEN);
    memcpy(words, ufid, sizeof words);
    return ft_hash(t, words[0], words[1]);
}

static inline uint64_t
ft_hash_chain(const struct flow_table *t, uint32_t dev, uint32_t recirc_id)
{
    return ft_hash(t, (uint64_t) dev << 32 | recirc_id, 1);
}

static inline bool
ft_node_is(const struct ft_node *node, uint32_t dev, uint32_t recirc_id)
{
    return (node->dev == dev && node->id == recirc_id
            && (node->flags & (FT_NODE_USED | FT_NODE_SET)) == FT_NODE_USED);
}

static inline uint32_t *
ft_recent_slot(struct flow_table *t, uint32_t dev, uint32_t recirc_id)
{
    return &t->graph.recent[(dev + recirc_id) & (FT_RECENT - 1)];
}

/* Counters of nodes. */

static inline struct ft_wide *
ft_wide(const struct flow_table *t, const struct ft_node *node)
{
    return flow_slab_get(&t->graph.wides, ft_side(t, node->side)->wide);
}

static inline uint32_t
ft_node_n(const struct flow_table *t, const struct ft_node *node,
          unsigned int counter)
{
    return (OVS_UNLIKELY(node->flags & FT_NODE_WIDE)
            ? ft_wide(t, node)->n[counter] : node->n[counter]);
}

/* The chain if it was found lately, else FLOW_NONE. */
static inline uint32_t
ft_node_recent(struct flow_table *t, uint32_t dev, uint32_t recirc_id)
{
    uint32_t id = *ft_recent_slot(t, dev, recirc_id);

    return (id != FLOW_NONE && ft_node_is(ft_node(t, id), dev, recirc_id)
            ? id : FLOW_NONE);
}

/* The sender if it is the one that was found last, else NULL. */
static inline struct ft_sender *
ft_sender_recent(const struct flow_table *t, uint32_t dev)
{
    struct ft_sender *sender;

    if (t->recent_sender == FLOW_NONE) {
        return NULL;
    }
    sender = ft_sender(t, t->recent_sender);
    return sender->pub.dev == dev ? sender : NULL;
}

/* A time after the epoch, in ticks. */
static inline uint32_t
ft_to_ticks(const struct flow_table *t, long long int when)
{
    long long int ticks = (when - t->epoch) / FT_TICK;

    return ticks < 1 ? 1 : MIN(ticks, UINT32_MAX);
}

/* Counts one more in a node.  Returns whether there was none. */
static inline bool
ft_count_up(struct flow_table *t, uint32_t node_id, unsigned int counter)
{
    struct ft_node *node = ft_node(t, node_id);

    return (OVS_UNLIKELY(node->n[counter] == UINT8_MAX
                         || node->flags & FT_NODE_WIDE)
            ? ft_count_up_wide(t, node_id, counter) : !node->n[counter]++);
}

/* Path state of a flow of a class whose target has FT_HAS_* 'has', 0 if there
 * is no target. */
static inline enum flow_path
ft_path(const struct flow_table *t, enum ft_class class, unsigned int has)
{
    return t->graph.paths[(has | 1u << class) & FT_ALL_HAS];
}

/* The sender 'dev', which is made if it is not there. */
static inline struct ft_sender *
ft_sender_get(struct flow_table *t, uint32_t dev)
{
    struct ft_sender *sender = ft_sender_recent(t, dev);

    return OVS_LIKELY(sender) ? sender : ft_sender_make(t, dev);
}

/* The flow, of 'sender', is there, so its source says. */
static inline void
ft_gen_refresh(struct flow_table *t, struct ft_sender *sender, uint32_t flow)
{
    struct ft_state *state = ft_state(t, flow);

    if (ft_gen(state) != ft_gens(sender, state)->fresh || t->purge_left) {
        ft_gen_renew(t, sender, flow);
    }
}

#endif /* controller/flow-table/inline.h */
