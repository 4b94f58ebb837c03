/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_TEXT_PRIVATE_H
#define CONTROLLER_FLOW_TEXT_PRIVATE_H 1

/* The parts of controller/flow-text/text.h: names, and a line.
 *
 * A line is given as [p, end).  '*end' can be read and is a line's end, a
 * blank or a null byte, so that nothing that is compared or scanned runs over
 * it; and as many as FLOW_TEXT_PAD bytes from 'end' on can be read, so that
 * loads need not be narrow there. */

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __SSE2__
#include <emmintrin.h>
#endif

#include "netlink/flow-record.h"

/* Width of 'struct flow_text_marks', the widest load. */
#define FLOW_TEXT_PAD 64

/* Names of ports. */

struct flow_text_name {
    uint64_t head;              /* First 8 bytes, zero padded. */
    uint64_t tail;              /* Last 8 bytes, 0 of shorter names. */
    char *string;               /* Null-terminated. */
    uint32_t len;               /* In bytes. */
    uint32_t hash;              /* Of head, tail and len, or of it all. */
};

struct flow_text_names {
    struct flow_text_name *names; /* Number 1 is at 0. */
    uint32_t *slots;            /* Open addressing: numbers, 0 if free. */
    size_t n;                   /* Number of 'names'. */
    size_t allocated;           /* Room in 'names'. */
    size_t mask;                /* Number of 'slots' less 1. */
    size_t n_bytes;             /* Memory of all 'string's. */
};

void flow_text_names_init(struct flow_text_names *);
void flow_text_names_destroy(struct flow_text_names *);

/* Returns the number of the name of 'len' bytes at 'p', which is a part of a
 * line.  0 with '*why' set if it cannot be one. */
uint32_t flow_text_intern(struct flow_text_names *, const char *p, size_t len,
                          const char **why);

/* A line. */

struct flow_text_parser {
    struct flow_text_names names; /* Of ports. */
    uint32_t *outputs;          /* Outputs of the last flow that had more than
                                 * FLOW_INLINE_OUTPUTS. */
    size_t allocated;           /* Room in 'outputs'. */
    bool plain;                 /* Did the last flow have no "dp:"? */
};

enum flow_text_line {
    FLOW_TEXT_FLOW,             /* A flow. */
    FLOW_TEXT_OTHER,            /* Not one. */
    FLOW_TEXT_MALFORMED,        /* Starts as one. */
};

/* Parses the line [p, end), at most FLOW_TEXT_MAX_LINE bytes, into '*record',
 * or sets '*why'. */
enum flow_text_line flow_text_parse(struct flow_text_parser *, const char *p,
                                    const char *end,
                                    struct flow_record *record,
                                    const char **why);

/* The same of the actions at [p, end), which are the line's rest. */
bool flow_text_parse_actions(struct flow_text_parser *, const char *p,
                             const char *end, struct flow_record *record,
                             const char **why);

/* What of the match at [p, end), which has the form of one, keeps a flow out
 * of tc. */
enum flow_miss flow_text_match_miss(const char *p, const char *end);

/* Is the field's name at 'p', 'len' bytes, one that is known? */
bool flow_text_is_key(const char *p, size_t len);

/* Marks: the characters that give the text its structure, in order. */

struct flow_text_marks {
    const char *base;           /* What bit 0 of 'bits' stands for. */
    const char *end;            /* Of the line. */
    uint64_t bits;              /* Marks in 64 bytes, but those returned. */
};

/* Returns a bit set of the parentheses in 64 bytes at 'p', and of the commas
 * if 'commas'. */
static inline uint64_t
flow_text_marks_at(const char *p, bool commas)
{
    uint64_t bits = 0;

#if __SSE2__
    const __m128i even = _mm_set1_epi8((char) 0xfe);

    for (int i = 0; i < 4; i++) {
        __m128i x = _mm_loadu_si128((const void *) (p + 16 * i));
        /* '(' and ')' differ in the lowest bit. */
        __m128i hit = _mm_cmpeq_epi8(_mm_and_si128(x, even),
                                     _mm_set1_epi8('('));

        if (commas) {
            hit = _mm_or_si128(hit, _mm_cmpeq_epi8(x, _mm_set1_epi8(',')));
        }
        bits |= (uint64_t) (uint32_t) _mm_movemask_epi8(hit) << (16 * i);
    }
#else
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t low = ones * 0x7f;

    for (int i = 0; i < 8; i++) {
        uint64_t x, hit;

        memcpy(&x, p + 8 * i, sizeof x);
        x = le64toh(x);
        /* The highest bit of each byte of 'hit' that is 0 tells a match. */
        hit = (x & ~ones) ^ ones * '(';
        hit = ((hit & low) + low) | hit;
        if (commas) {
            uint64_t comma = x ^ ones * ',';

            hit &= ((comma & low) + low) | comma;
        }
        hit = ~(hit | low) >> 7;
        /* Gather 8 bits that are 8 apart. */
        bits |= (hit * UINT64_C(0x0102040810204080)) >> 56 << (8 * i);
    }
#endif
    return bits;
}

static inline void
flow_text_marks_init(struct flow_text_marks *marks, const char *p,
                     const char *end, bool commas)
{
    marks->base = p;
    marks->end = end;
    marks->bits = flow_text_marks_at(p, commas);
}

/* Returns the next mark, 'end' if there is none.  'commas' is as before. */
static inline const char *
flow_text_marks_next(struct flow_text_marks *marks, bool commas)
{
    const char *p;

    while (!marks->bits) {
        if (marks->end - marks->base <= 64) {
            return marks->end;
        }
        marks->base += 64;
        marks->bits = flow_text_marks_at(marks->base, commas);
    }
    p = marks->base + __builtin_ctzll(marks->bits);
    marks->bits &= marks->bits - 1;
    return p < marks->end ? p : marks->end;
}

/* Does the text at 'p' start with the string literal 's'? */
#define FLOW_TEXT_STARTS(P, S) (!memcmp(P, S, sizeof (S) - 1))

/* Is the word of 'LEN' bytes at 'P' the string literal 's'? */
#define FLOW_TEXT_IS(P, LEN, S) \
    ((LEN) == sizeof (S) - 1 && FLOW_TEXT_STARTS(P, S))

/* Reads a decimal number at '*p' and moves '*p' behind it.  False if there is
 * none, or it is too large. */
static inline bool
flow_text_decimal(const char **pp, uint64_t *value)
{
    const char *p = *pp;
    const char *start = p;
    uint64_t v = 0;

    for (; (unsigned char) (*p - '0') < 10; p++) {
        unsigned int digit = *p - '0';

        /* Nineteen digits always fit. */
        if (p - start >= 19 && (v > UINT64_MAX / 10
                                || v * 10 > UINT64_MAX - digit)) {
            return false;
        }
        v = v * 10 + digit;
    }
    *pp = p;
    *value = v;
    return p > start;
}

bool flow_text_hexadecimal(const char **pp, uint64_t *value);

/* The same of a number that is hexadecimal if it starts with 0x. */
static inline bool
flow_text_number(const char **pp, uint64_t *value)
{
    if ((*pp)[0] == '0' && (*pp)[1] == 'x') {
        *pp += 2;
        return flow_text_hexadecimal(pp, value);
    }
    return flow_text_decimal(pp, value);
}

#endif /* controller/flow-text/private.h */
