/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_WALK_H
#define NETLINK_TC_WALK_H 1

/* Attributes of netlink, one after another, as fast as a bounds-checked walk
 * can be: for netlink/tc-parse.c only, which says why.  What decides how the
 * walk goes on is noted by 'learner', unless that is NULL. */

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "netlink/tc-shape.h"
#include "util.h"

/* Inlined for speed; the compiler alone would not. */
#define INLINE static inline __attribute__((always_inline))

/* Bytes that may be read. */
struct span {
    const uint8_t *p;           /* First byte, of any alignment. */
    const uint8_t *end;         /* Beyond the last one. */
};

struct attr {
    unsigned int type;          /* Without the flags in its upper bits. */
    size_t len;                 /* Of the payload, in bytes. */
    const uint8_t *p;           /* Payload. */
};

INLINE struct span
payload(const struct attr *attr)
{
    return (struct span) { .p = attr->p, .end = attr->p + attr->len };
}

/* Moves 's' on by 'step'.
 *
 * Where the next attribute is depends on a length that is in memory, so that
 * a plain walk waits for one load after another.  Filters look alike, though:
 * with the most frequent steps as constants, behind a branch that the
 * processor predicts, it has the next attribute before the length is there.
 * (The asm keeps the compiler from finding out that both are the same.) */
INLINE void
skip_attr(struct span *s, size_t step)
{
#define GUESS(STEP)                             \
    if (step == (STEP)) {                       \
        size_t guess = (STEP);                  \
                                                \
        __asm__("" : "+r" (guess));             \
        s->p += guess;                          \
        return;                                 \
    }
    GUESS(8);
    GUESS(12);
    GUESS(20);
#undef GUESS
    s->p += step;
}

/* Takes the next attribute of 's'.  Returns 1, or 0 at the end, or -1 if what
 * is left holds no attribute. */
INLINE int
next_attr(struct span *s, struct attr *attr, struct tc_learner *learner)
{
    size_t left = s->end - s->p;
    struct nlattr nla;

    if (left < sizeof nla) {
        return left ? -1 : 0;
    }
    memcpy(&nla, s->p, sizeof nla);
    if (OVS_UNLIKELY(learner)) {
        tc_learn_bytes(learner, s->p, sizeof nla);
    }
    attr->type = nla.nla_type & NLA_TYPE_MASK;
    attr->len = nla.nla_len - NLA_HDRLEN;
    attr->p = s->p + NLA_HDRLEN;

    /* One comparison for both ends, as less than nothing is a lot. */
    if (OVS_UNLIKELY(attr->len > left - NLA_HDRLEN)) {
        return -1;
    }
    size_t step = NLA_ALIGN(nla.nla_len);
    if (OVS_UNLIKELY(step > left)) {
        /* The padding of the last one may be missing. */
        s->p = s->end;
    } else {
        skip_attr(s, step);
    }
    return 1;
}

/* Copies a scalar, which has to have just 'size' bytes. */
INLINE bool
get_scalar(const struct attr *attr, void *value, size_t size)
{
    if (OVS_UNLIKELY(attr->len != size)) {
        return false;
    }
    memcpy(value, attr->p, size);
    return true;
}

/* Copies the 'size' bytes at 'ofs' of a structure that has at least
 * 'struct_size', as later kernels may have made it longer. */
INLINE bool
get_member(const struct attr *attr, size_t struct_size, size_t ofs,
           void *value, size_t size)
{
    if (OVS_UNLIKELY(attr->len < struct_size)) {
        return false;
    }
    memcpy(value, attr->p + ofs, size);
    return true;
}
#define GET_MEMBER(ATTR, STRUCT, MEMBER, VALUE)                         \
    (BUILD_ASSERT(sizeof *(VALUE) == MEMBER_SIZEOF(STRUCT, MEMBER)),    \
     get_member(ATTR, sizeof(STRUCT), offsetof(STRUCT, MEMBER), VALUE,  \
                sizeof *(VALUE)))

/* Are the 'n' bytes at 'a' and 'b', from 3 to 16, equal?  With a constant 'n',
 * and a string literal for 'b', that is one or two comparisons of integers. */
INLINE bool
bytes_equal(const uint8_t *a, const char *b, size_t n)
{
    if (n >= 8) {
        size_t last = n - 8;    /* The two overlap. */
        uint64_t a1, a2, b1, b2;

        memcpy(&a1, a, 8);
        memcpy(&b1, b, 8);
        memcpy(&a2, a + last, 8);
        memcpy(&b2, b + last, 8);
        return a1 == b1 && a2 == b2;
    } else if (n >= 4) {
        size_t last = n - 4;
        uint32_t a1, a2, b1, b2;

        memcpy(&a1, a, 4);
        memcpy(&b1, b, 4);
        memcpy(&a2, a + last, 4);
        memcpy(&b2, b + last, 4);
        return a1 == b1 && a2 == b2;
    } else {
        return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
    }
}

/* Is 'attr' the string 's' of 'n' bytes with its NUL? */
INLINE bool
attr_is(const struct attr *attr, const char *s, size_t n,
        struct tc_learner *learner)
{
    if (attr->len != n) {
        return false;
    }
    if (OVS_UNLIKELY(learner)) {
        tc_learn_bytes(learner, attr->p, n);
    }
    return bytes_equal(attr->p, s, n);
}
#define ATTR_IS(ATTR, LITERAL, LEARNER) \
    attr_is(ATTR, LITERAL, sizeof(LITERAL), LEARNER)

#endif /* netlink/tc-walk.h */
