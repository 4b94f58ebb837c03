/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <stdlib.h>
#include <string.h>

#include "controller/flow-table/traffic.h"
#include "util.h"

/* Senders and receivers: finding, making, forgetting them. */

/* Senders. */

static uint64_t
hash_dev(const struct flow_table *t, uint32_t dev)
{
    return ft_hash(t, dev, 5);
}

static uint64_t
hash_sender(const void *t, uint32_t id)
{
    return hash_dev(t, ft_sender(t, id)->pub.dev);
}

static uint32_t
find_sender(const struct flow_table *t, uint32_t dev)
{
    struct flow_probe probe;
    uint32_t id;

    FLOW_INDEX_FOR_EACH (id, probe, &t->sender_index, hash_dev(t, dev)) {
        if (ft_sender(t, id)->pub.dev == dev) {
            return id;
        }
    }
    return FLOW_NONE;
}

/* The sender 'dev', or NULL. */
struct ft_sender *
ft_sender_find(const struct flow_table *t, uint32_t dev)
{
    struct ft_sender *sender = ft_sender_recent(t, dev);

    if (!sender) {
        uint32_t id = find_sender(t, dev);

        sender = id != FLOW_NONE ? ft_sender(t, id) : NULL;
    }
    return sender;
}

/* As ft_sender_get(), if 'dev' is not the one that was found last. */
struct ft_sender *
ft_sender_make(struct flow_table *t, uint32_t dev)
{
    uint32_t id = find_sender(t, dev);

    if (id == FLOW_NONE) {
        struct ft_sender *sender;

        id = flow_slab_alloc(&t->senders);
        sender = ft_sender(t, id);
        sender->pub.dev = dev;
        sender->used = true;
        flow_index_insert(&t->sender_index, hash_dev(t, dev), id);
    }
    t->recent_sender = id;
    return ft_sender(t, id);
}

const struct flow_sender *
flow_table_find_sender(const struct flow_table *t, uint32_t dev)
{
    struct ft_sender *sender = ft_sender_find(t, dev);

    return sender ? &sender->pub : NULL;
}

const struct flow_sender *
flow_table_next_sender(const struct flow_table *t, size_t *cursor)
{
    while (*cursor < t->senders.n) {
        const struct ft_sender *sender = ft_sender(t, (*cursor)++);

        if (sender->used) {
            return &sender->pub;
        }
    }
    return NULL;
}

size_t
flow_table_count_of(const struct flow_table *t, bool kernel, uint32_t dev)
{
    const struct ft_sender *sender;

    if (!dev) {
        return t->n_of[kernel];
    }
    sender = ft_sender_find(t, dev);
    return sender ? sender->gens[kernel].total : 0;
}

/* Receivers. */

static uint64_t
hash_receiver_key(const struct flow_table *t, const struct flow_receiver *r)
{
    uint64_t hash;
    uint64_t mac = 0;

    if (r->type == FLOW_RECEIVER_GUESS) {
        memcpy(&mac, r->mac, sizeof r->mac);
        return ft_hash(t, mac, ((uint64_t) r->zone << 32 | r->has_zone << 1
                                | r->has_mac));
    }
    hash = r->n_devs;
    for (size_t i = 0; i < r->n_devs; i++) {
        hash = ft_hash(t, hash, UINT64_C(6) << 32 | r->devs[i]);
    }
    return hash;
}

static uint64_t
hash_receiver(const void *t, uint32_t id)
{
    return hash_receiver_key(t, &ft_receiver(t, id)->pub);
}

static bool
receivers_equal(const struct flow_receiver *a, const struct flow_receiver *b)
{
    if (a->type != b->type) {
        return false;
    }
    return (a->type == FLOW_RECEIVER_GUESS
            ? (a->has_zone == b->has_zone && a->zone == b->zone
               && a->has_mac == b->has_mac
               && !memcmp(a->mac, b->mac, sizeof a->mac))
            : (a->n_devs == b->n_devs
               && !memcmp(a->devs, b->devs, a->n_devs * sizeof *a->devs)));
}

/* Finds the receiver that is like 'key', or makes it. */
static uint32_t
get_receiver(struct flow_table *t, const struct flow_receiver *key)
{
    uint64_t hash = hash_receiver_key(t, key);
    struct flow_probe probe;
    struct ft_receiver *r;
    uint32_t id;

    FLOW_INDEX_FOR_EACH (id, probe, &t->receiver_index, hash) {
        if (receivers_equal(&ft_receiver(t, id)->pub, key)) {
            return id;
        }
    }
    id = flow_slab_alloc(&t->receivers);
    r = ft_receiver(t, id);
    r->pub = *key;
    r->used = true;
    if (key->type == FLOW_RECEIVER_DEV) {
        r->dev = key->devs[0];
        r->pub.devs = &r->dev;
    } else if (key->type == FLOW_RECEIVER_MULTI) {
        size_t size = key->n_devs * sizeof *key->devs;

        r->pub.devs = xmemdup(key->devs, size);
        t->receiver_memory += size;
    }
    flow_index_insert(&t->receiver_index, hash, id);
    return id;
}

/* Puts 'dev' among the 'n' in 'devs', which are sorted and distinct, or finds
 * it there.  Returns how many there are then. */
static size_t
insert_dev(uint32_t devs[], size_t n, uint32_t dev)
{
    size_t at = n;

    while (at > 0 && devs[at - 1] > dev) {
        at--;
    }
    if (at > 0 && devs[at - 1] == dev) {
        return n;
    }
    memmove(&devs[at + 1], &devs[at], (n - at) * sizeof *devs);
    devs[at] = dev;
    return n + 1;
}

static int
compare_devs(const void *a_, const void *b_)
{
    const uint32_t *a = a_, *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* As get_multi(), for more outputs than any tc filter has. */
static uint32_t
get_many(struct flow_table *t, const struct flow_record *r)
{
    uint32_t *devs = xmemdup(r->outputs, r->n_outputs * sizeof *devs);
    struct flow_receiver key = { .type = FLOW_RECEIVER_MULTI };
    size_t n = 0;
    uint32_t id;

    qsort(devs, r->n_outputs, sizeof *devs, compare_devs);
    for (size_t i = 0; i < r->n_outputs; i++) {
        n = insert_dev(devs, n, devs[i]);
    }
    key.type = n == 1 ? FLOW_RECEIVER_DEV : FLOW_RECEIVER_MULTI;
    key.n_devs = n;
    key.devs = devs;
    id = get_receiver(t, &key);
    free(devs);
    return id;
}

/* The receiver of a flow with several outputs. */
static uint32_t
get_multi(struct flow_table *t, const struct flow_record *r)
{
    struct flow_receiver key = { .type = FLOW_RECEIVER_MULTI };
    uint32_t devs[FLOW_INLINE_OUTPUTS];

    if (r->n_outputs > ARRAY_SIZE(devs)) {
        return get_many(t, r);
    }
    for (size_t i = 0; i < r->n_outputs; i++) {
        key.n_devs = insert_dev(devs, key.n_devs, r->outputs[i]);
    }
    key.type = key.n_devs == 1 ? FLOW_RECEIVER_DEV : FLOW_RECEIVER_MULTI;
    key.devs = devs;
    return get_receiver(t, &key);
}

/* The receiver by guess of a flow without outputs. */
static uint32_t
get_guess(struct flow_table *t, const struct flow_record *r)
{
    struct flow_receiver key = { .type = FLOW_RECEIVER_GUESS };
    uint32_t recent = t->recent_guess;

    if (r->flags & FLOW_HAS_ZONE) {
        key.has_zone = true;
        key.zone = r->zone;
    }
    if (r->flags & FLOW_HAS_MAC) {
        key.has_mac = true;
        memcpy(key.mac, r->mac, sizeof key.mac);
    }
    if (recent == FLOW_NONE
        || !receivers_equal(&ft_receiver(t, recent)->pub, &key)) {
        t->recent_guess = get_receiver(t, &key);
    }
    return t->recent_guess;
}

/* The receiver of a flow that is as 'r' says: by outputs, or if 'listed' by
 * guess; or FLOW_NONE.  'refs' are the caller's affair. */
uint32_t
ft_receiver_get(struct flow_table *t, const struct flow_record *r,
                bool listed)
{
    if (r->n_outputs == 1) {
        uint32_t dev = r->outputs[0];
        uint32_t *recent
            = &t->recent_receivers[dev & (FT_RECENT_RECEIVERS - 1)];

        if (*recent == FLOW_NONE || ft_receiver(t, *recent)->dev != dev) {
            const struct flow_receiver key = {
                .type = FLOW_RECEIVER_DEV, .n_devs = 1, .devs = r->outputs,
            };

            *recent = get_receiver(t, &key);
        }
        return *recent;
    }
    return (r->n_outputs ? get_multi(t, r)
            : listed ? get_guess(t, r)
            : FLOW_NONE);
}

const struct flow_receiver *
flow_table_next_receiver(const struct flow_table *t, size_t *cursor)
{
    while (*cursor < t->receivers.n) {
        const struct ft_receiver *r = ft_receiver(t, (*cursor)++);

        if (r->used) {
            return &r->pub;
        }
    }
    return NULL;
}

/* Forgetting. */

static bool
is_wanted(const struct flow_receiver *r,
          bool (*keep)(void *aux, uint32_t dev), void *aux)
{
    for (size_t i = 0; i < r->n_devs; i++) {
        if (keep(aux, r->devs[i])) {
            return true;
        }
    }
    return false;
}

static void
free_receiver(struct flow_table *t, struct ft_receiver *r)
{
    if (r->pub.type == FLOW_RECEIVER_MULTI) {
        t->receiver_memory -= r->pub.n_devs * sizeof *r->pub.devs;
        free(CONST_CAST(uint32_t *, r->pub.devs));
    }
}

static void
forget_recent(struct flow_table *t)
{
    t->recent_sender = t->recent_guess = FLOW_NONE;
    memset(t->recent_receivers, 0xff, sizeof t->recent_receivers);
}

static void
add_passed(struct flow_passed *sum, const struct flow_passed *p)
{
    flow_traffic_add(&sum->hw, &p->hw);
    flow_traffic_add(&sum->sw, &p->sw);
    sum->last_used = MAX(sum->last_used, p->last_used);
}

/* Hands what passed to several to each of them: sets of receivers come and go
 * with any of their members, and what their members received stays. */
static void
fold_receiver(struct flow_table *t, uint32_t id)
{
    for (size_t i = 0; i < ft_receiver(t, id)->pub.n_devs; i++) {
        const struct ft_receiver *multi = ft_receiver(t, id);
        const struct flow_receiver key = {
            .type = FLOW_RECEIVER_DEV, .n_devs = 1,
            .devs = &multi->pub.devs[i],
        };
        struct ft_receiver *r = ft_receiver(t, get_receiver(t, &key));

        add_passed(&r->pub.passed, &multi->pub.passed);
        add_passed(&r->pub.recent, &multi->pub.recent);
        add_passed(&r->mark, &multi->mark);
    }
}

static void
drop_receiver(struct flow_table *t, uint32_t id)
{
    flow_index_remove(&t->receiver_index, hash_receiver(t, id), id);
    free_receiver(t, ft_receiver(t, id));
    flow_slab_free(&t->receivers, id);
}

/* What came to 'passed' since 'mark', which is then moved. */
static void
tick(const struct flow_passed *passed, struct flow_passed *mark,
     struct flow_passed *recent)
{
    recent->hw.packets = passed->hw.packets - mark->hw.packets;
    recent->hw.bytes = passed->hw.bytes - mark->hw.bytes;
    recent->sw.packets = passed->sw.packets - mark->sw.packets;
    recent->sw.bytes = passed->sw.bytes - mark->sw.bytes;
    recent->last_used = passed->last_used;
    *mark = *passed;
}

void
flow_table_tick(struct flow_table *t)
{
    for (uint32_t id = 0; id < t->senders.n; id++) {
        struct ft_sender *s = ft_sender(t, id);

        if (s->used) {
            tick(&s->pub.passed, &s->mark, &s->pub.recent);
        }
    }
    for (uint32_t id = 0; id < t->receivers.n; id++) {
        struct ft_receiver *r = ft_receiver(t, id);

        if (r->used) {
            tick(&r->pub.passed, &r->mark, &r->pub.recent);
        }
    }
}

void
flow_table_forget(struct flow_table *t,
                  bool (*keep)(void *aux, uint32_t dev), void *aux)
{
    for (uint32_t id = 0; id < t->senders.n; id++) {
        const struct ft_sender *s = ft_sender(t, id);

        if (s->used && !s->gens[0].total && !s->gens[1].total
            && !keep(aux, s->pub.dev)) {
            flow_index_remove(&t->sender_index, hash_sender(t, id), id);
            flow_slab_free(&t->senders, id);
        }
    }
    for (uint32_t id = 0; id < t->receivers.n; id++) {
        const struct ft_receiver *r = ft_receiver(t, id);

        if (r->used && !r->refs && r->pub.type == FLOW_RECEIVER_MULTI) {
            fold_receiver(t, id);
            drop_receiver(t, id);
        }
    }
    for (uint32_t id = 0; id < t->receivers.n; id++) {
        const struct ft_receiver *r = ft_receiver(t, id);

        if (r->used && !r->refs && !is_wanted(&r->pub, keep, aux)) {
            drop_receiver(t, id);
        }
    }
    forget_recent(t);
}

void
ft_parties_init(struct flow_table *t)
{
    flow_slab_init(&t->senders, sizeof(struct ft_sender), FT_PARTY_SHIFT);
    flow_slab_init(&t->receivers, sizeof(struct ft_receiver),
                   FT_PARTY_SHIFT);
    flow_index_init(&t->sender_index, hash_sender, t);
    flow_index_init(&t->receiver_index, hash_receiver, t);
    ft_shortfall_init(t);
    forget_recent(t);
}

void
ft_parties_destroy(struct flow_table *t)
{
    for (uint32_t id = 0; id < t->receivers.n; id++) {
        struct ft_receiver *r = ft_receiver(t, id);

        if (r->used) {
            free_receiver(t, r);
        }
    }
    flow_slab_destroy(&t->senders);
    flow_slab_destroy(&t->receivers);
    flow_slab_destroy(&t->shortfalls);
    flow_index_destroy(&t->sender_index);
    flow_index_destroy(&t->receiver_index);
    flow_index_destroy(&t->shortfall_index);
}

size_t
ft_parties_memory(const struct flow_table *t)
{
    return (flow_slab_memory(&t->senders) + flow_slab_memory(&t->receivers)
            + flow_slab_memory(&t->shortfalls)
            + flow_index_memory(&t->sender_index)
            + flow_index_memory(&t->receiver_index)
            + flow_index_memory(&t->shortfall_index) + t->receiver_memory);
}
