/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_SHAPE_H
#define NETLINK_TC_SHAPE_H 1

/* Shapes of messages about filters: for netlink/tc-*.c only.
 *
 * A node has a million filters, but few kinds of them: most messages have the
 * same attributes, of the same lengths, at the same places, as one before, and
 * differ in values only.  How the walk over a message goes depends on some of
 * its bytes: headers of attributes, kinds of actions, and the few values that
 * it branches on.  These are the message's shape.  Where they are the same,
 * and the message is as long, the walk would visit the same places, with the
 * same results of all its checks; so it need not be done again, and values are
 * taken from the places where they were.  Comparing takes a fraction of the
 * time of walking, as no step waits for the one before.
 *
 * The walk (netlink/tc-parse.c) learns a shape as it goes: it notes each byte
 * that it looks at before it decides something, and where each value is.  A
 * byte that it failed to note would be taken for granted.  So all headers go
 * through next_attr() and all strings through attr_is() of netlink/tc-walk.h,
 * which do that; and the tests, and a fuzz target, compare both ways. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that are compared at once, as a vector. */
typedef uint64_t tc_shape_block __attribute__((vector_size(16)));

/* Most of such blocks that a message has, of values of one kind, and of runs
 * of attributes that match: of filters with more no shape is kept. */
#define TC_SHAPE_BLOCKS 96
#define TC_SHAPE_VALUES 8
#define TC_SHAPE_RUNS 4

/* What 'trust' rises to, and what it is of a message without shape, so that
 * not each of them is tried. */
#define TC_SHAPE_TRUST 15

/* Values of a filter, by what becomes of them. */
enum tc_value {
    TC_VALUE_CHAIN,             /* These at most once. */
    TC_VALUE_FLAGS,
    TC_VALUE_COOKIE,
    TC_VALUE_MAC,
    TC_VALUE_ZONE,
    TC_VALUE_BASIC,             /* These once for each action. */
    TC_VALUE_BASIC_HW,
    TC_VALUE_IDLE,
    TC_VALUE_OUTPUT,
    TC_VALUE_VERDICT,
    TC_N_VALUES
};
#define TC_VALUE_MULTIPLE TC_VALUE_BASIC /* The first such. */

/* Bytes of a block: those that matter, and what they are.  Others are 0. */
struct tc_shape_bits {
    tc_shape_block mask;        /* Ones where a byte matters. */
    tc_shape_block value;       /* What is there. */
};

/* Blocks that are compared in one step: one after another, from anywhere in
 * the message. */
#define TC_SHAPE_STEP 4
struct tc_shape_step {
    struct tc_shape_bits bits[TC_SHAPE_STEP];
    size_t ofs;                 /* Of the first, in bytes from the start of the
                                 * message. */
};

/* Offsets are in bytes from the start of the message. */
struct tc_shape {
    uint16_t len;               /* Of the message, in bytes.  0: no shape. */
    uint16_t flags;             /* FLOW_* that follow from the shape. */
    uint8_t trust;              /* Rises up to TC_SHAPE_TRUST when it fits,
                                 * falls when it does not, down to 0: then it
                                 * is replaced. */
    bool plain;                 /* FLOW_TERSE, and has these values only: a
                                 * chain, flags, a cookie, and as many
                                 * TC_VALUE_BASIC as TC_VALUE_BASIC_HW, at
                                 * least one.  Most messages of a terse dump
                                 * are so. */
    uint8_t n_runs;             /* Number of 'runs'. */
    uint8_t n[TC_N_VALUES];     /* Number of values. */
    uint16_t at[TC_N_VALUES][TC_SHAPE_VALUES]; /* Their offsets. */
    uint16_t runs[TC_SHAPE_RUNS][2]; /* Offsets of start and end of runs of
                                      * attributes that match. */
    uint16_t n_steps;           /* Number of 'steps'. */
    struct tc_shape_step steps[TC_SHAPE_BLOCKS / TC_SHAPE_STEP]; /* All bytes
                                 * that matter. */
};

/* A shape while it is learned. */
struct tc_learner {
    const uint8_t *msg;         /* The message. */
    size_t len;                 /* Its length, in bytes. */
    bool failed;                /* It is none of which a shape can be kept. */
    uint8_t mask[TC_SHAPE_BLOCKS * sizeof(tc_shape_block)]; /* Ones where a
                                                             * byte matters. */
    struct tc_shape shape;      /* The rest so far. */
};

void tc_learn_begin(struct tc_learner *, const void *msg, size_t len);

/* Notes that the 'n' bytes at 'p' were decisive. */
void tc_learn_bytes(struct tc_learner *, const uint8_t *p, size_t n);
/* Notes that a value is at 'p'. */
void tc_learn_value(struct tc_learner *, enum tc_value, const uint8_t *p);
/* Notes that the bytes from 'p' to 'end' match. */
void tc_learn_run(struct tc_learner *, const uint8_t *p, const uint8_t *end);
/* Keeps the shape, or remembers that there is none, in '*slot'. */
void tc_learn_end(struct tc_learner *, uint16_t flags, struct tc_shape *slot);

/* Finding.  Shapes are in sets by the length of the message. */

#define TC_SHAPE_SETS 32

static inline size_t
tc_shape_set(size_t len)
{
    return len / 4 % TC_SHAPE_SETS;
}

/* Which of each set was found last, or NULL: filters of one kind mostly come
 * together. */
extern struct tc_shape *tc_shape_recent[TC_SHAPE_SETS];

/* Ones where the bytes at 'p' differ from 'bits'. */
static inline tc_shape_block
tc_shape_differ(const struct tc_shape_bits *bits, const uint8_t *p)
{
    tc_shape_block block;

    memcpy(&block, p, sizeof block);
    return (block & bits->mask) ^ bits->value;
}

/* Has 'msg', which is as long, that shape? */
static inline bool
tc_shape_fits(const struct tc_shape *shape, const uint8_t *msg)
{
    const struct tc_shape_step *step = shape->steps;
    tc_shape_block difference = { 0, 0 };

    for (size_t n = shape->n_steps; n; n--) {
        const uint8_t *p = msg + step->ofs;

        difference |= tc_shape_differ(&step->bits[0], p);
        p += sizeof difference;
        difference |= tc_shape_differ(&step->bits[1], p);
        p += sizeof difference;
        difference |= tc_shape_differ(&step->bits[2], p);
        p += sizeof difference;
        difference |= tc_shape_differ(&step->bits[3], p);
        step++;
    }
    return !(difference[0] | difference[1]);
}

/* Finds the shape of the message of 'len' bytes at 'msg', or returns NULL.  In
 * that case '*slot' is where it should be kept, or NULL. */
const struct tc_shape *tc_shape_find(const void *msg, size_t len,
                                     struct tc_shape **slot);

#endif /* netlink/tc-shape.h */
