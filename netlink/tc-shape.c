/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/tc-shape.h"

#include <string.h>

#include "util.h"

/* Shapes that are kept: in sets, by the length of the message. */
#define N_SETS 32
#define N_WAYS 2

/* What 'trust' rises to, and what it is of a message without shape, so that
 * not each of them is tried. */
#define MAX_TRUST 15

#define BLOCK sizeof(tc_shape_block)

static struct tc_shape shapes[N_SETS][N_WAYS];

/* Learning. */

void
tc_learn_begin(struct tc_learner *l, const void *msg, size_t len)
{
    l->msg = msg;
    l->len = len;
    l->failed = len > sizeof l->mask || len < BLOCK;
    memset(l->mask, 0, sizeof l->mask);
    memset(&l->shape, 0, sizeof l->shape);
}

void
tc_learn_bytes(struct tc_learner *l, const uint8_t *p, size_t n)
{
    if (!l->failed) {
        memset(&l->mask[p - l->msg], 0xff, n);
    }
}

void
tc_learn_value(struct tc_learner *l, enum tc_value value, const uint8_t *p)
{
    size_t max = value < TC_VALUE_MULTIPLE ? 1 : TC_SHAPE_VALUES;
    struct tc_shape *shape = &l->shape;

    if (shape->n[value] >= max) {
        l->failed = true;
    } else if (!l->failed) {
        shape->at[value][shape->n[value]++] = p - l->msg;
    }
}

void
tc_learn_run(struct tc_learner *l, const uint8_t *p, const uint8_t *end)
{
    struct tc_shape *shape = &l->shape;

    if (p == end) {
        return;
    }
    if (shape->n_runs >= TC_SHAPE_RUNS) {
        l->failed = true;
    } else if (!l->failed) {
        uint16_t *run = shape->runs[shape->n_runs++];

        run[0] = p - l->msg;
        run[1] = end - l->msg;
    }
}

/* The block at 'p', of any alignment. */
static inline tc_shape_block
get_block(const uint8_t *p)
{
    tc_shape_block block;

    memcpy(&block, p, sizeof block);
    return block;
}

static struct tc_shape_bits
get_bits(const struct tc_learner *l, size_t ofs)
{
    tc_shape_block mask = get_block(l->mask + ofs);

    return (struct tc_shape_bits) {
        .mask = mask, .value = get_block(l->msg + ofs) & mask,
    };
}

void
tc_learn_end(struct tc_learner *l, uint16_t flags, struct tc_shape *slot)
{
    if (l->failed) {
        slot->len = 0;
        slot->trust = MAX_TRUST;
        return;
    }
    l->shape.len = l->len;
    l->shape.flags = flags;
    l->shape.trust = 1;
    for (size_t i = 0; i < l->len / BLOCK; i++) {
        l->shape.bits[i] = get_bits(l, i * BLOCK);
    }
    l->shape.end = get_bits(l, l->len - BLOCK);
    *slot = l->shape;
}

/* Finding. */

/* Ones where the block at 'p' differs from 'bits'. */
static inline tc_shape_block
differ(const struct tc_shape_bits *bits, const uint8_t *p)
{
    return (get_block(p) & bits->mask) ^ bits->value;
}

/* Has 'msg', which is as long, that shape? */
static inline bool
fits(const struct tc_shape *shape, const uint8_t *msg)
{
    tc_shape_block difference = differ(&shape->end, msg + shape->len - BLOCK);
    const struct tc_shape_bits *bits = shape->bits;
    const uint8_t *p = msg;

    for (size_t n = shape->len / BLOCK / 4; n; n--) {
        difference |= differ(&bits[0], p);
        difference |= differ(&bits[1], p + BLOCK);
        difference |= differ(&bits[2], p + 2 * BLOCK);
        difference |= differ(&bits[3], p + 3 * BLOCK);
        bits += 4;
        p += 4 * BLOCK;
    }
    for (size_t n = shape->len / BLOCK % 4; n; n--) {
        difference |= differ(bits++, p);
        p += BLOCK;
    }
    return !(difference[0] | difference[1]);
}

const struct tc_shape *
tc_shape_find(const void *msg, size_t len, struct tc_shape **slot)
{
    struct tc_shape *set = shapes[len / 4 % N_SETS];
    struct tc_shape *worst = set;

    for (struct tc_shape *shape = set; shape < &set[N_WAYS]; shape++) {
        if (shape->len == len && fits(shape, msg)) {
            shape->trust += shape->trust < MAX_TRUST;
            return shape;
        }
        if (shape->trust < worst->trust) {
            worst = shape;
        }
    }
    if (worst->trust) {
        worst->trust--;
        *slot = NULL;
    } else {
        *slot = worst;
    }
    return NULL;
}
