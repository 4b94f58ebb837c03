/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/tc-shape.h"

#include <string.h>

#include "netlink/flow-record.h"
#include "util.h"

/* Shapes that a set has. */
#define N_WAYS 2

#define BLOCK sizeof(tc_shape_block)
#define STEP (TC_SHAPE_STEP * BLOCK)

static struct tc_shape shapes[TC_SHAPE_SETS][N_WAYS];

struct tc_shape *tc_shape_recent[TC_SHAPE_SETS];

/* Learning. */

void
tc_learn_begin(struct tc_learner *l, const void *msg, size_t len)
{
    l->msg = msg;
    l->len = len;
    l->failed = len > sizeof l->mask || len < STEP;
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

/* Keeps the bytes that matter.  A step begins with the first that is not in
 * the one before, but for the last one, which does not end beyond the
 * message. */
static void
keep_bits(struct tc_learner *l)
{
    struct tc_shape *shape = &l->shape;

    for (size_t ofs = 0; ofs < l->len; ofs++) {
        if (l->mask[ofs]) {
            struct tc_shape_step *step = &shape->steps[shape->n_steps++];

            step->ofs = MIN(ofs, l->len - STEP);
            for (size_t i = 0; i < TC_SHAPE_STEP; i++) {
                step->bits[i] = get_bits(l, step->ofs + i * BLOCK);
            }
            ofs = step->ofs + STEP - 1;
        }
    }
}

static bool
is_plain(const struct tc_shape *shape)
{
    static const uint8_t plain[TC_N_VALUES] = {
        [TC_VALUE_CHAIN] = 1, [TC_VALUE_FLAGS] = 1, [TC_VALUE_COOKIE] = 1,
    };

    for (size_t i = 0; i < TC_N_VALUES; i++) {
        if (i != TC_VALUE_BASIC && i != TC_VALUE_BASIC_HW
            && shape->n[i] != plain[i]) {
            return false;
        }
    }
    return (shape->flags & FLOW_TERSE && shape->n[TC_VALUE_BASIC]
            && shape->n[TC_VALUE_BASIC] == shape->n[TC_VALUE_BASIC_HW]);
}

void
tc_learn_end(struct tc_learner *l, uint16_t flags, struct tc_shape *slot)
{
    if (l->failed) {
        slot->len = 0;
        slot->trust = TC_SHAPE_TRUST;
        return;
    }
    keep_bits(l);
    l->shape.len = l->len;
    l->shape.flags = flags;
    l->shape.trust = 1;
    l->shape.plain = is_plain(&l->shape);
    *slot = l->shape;
}

/* Finding. */

/* Is it that one? */
static inline bool
try_shape(struct tc_shape *shape, const void *msg, size_t len)
{
    if (shape->len != len || !tc_shape_fits(shape, msg)) {
        return false;
    }
    shape->trust += shape->trust < TC_SHAPE_TRUST;
    return true;
}

const struct tc_shape *
tc_shape_find(const void *msg, size_t len, struct tc_shape **slot)
{
    struct tc_shape **recent = &tc_shape_recent[tc_shape_set(len)];
    struct tc_shape *set = shapes[tc_shape_set(len)];
    struct tc_shape *worst = set;

    if (OVS_LIKELY(*recent && try_shape(*recent, msg, len))) {
        return *recent;
    }
    for (struct tc_shape *shape = set; shape < &set[N_WAYS]; shape++) {
        if (shape != *recent && try_shape(shape, msg, len)) {
            *recent = shape;
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
