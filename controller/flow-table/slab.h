/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_SLAB_H
#define CONTROLLER_FLOW_SLAB_H 1

/* Storage for very many small elements: 32-bit numbers in place of pointers.
 *
 * A slab hands out elements that never move.  An index finds elements by hash.
 * Neither has a step whose length depends on how many elements there are: a
 * slab grows by chunks, and an index that grows moves a few slots with each
 * insertion, while the old slots and the new ones are in use side by side. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "openvswitch/compiler.h"

/* No element. */
#define FLOW_NONE UINT32_MAX

struct flow_slab {
    size_t size;                /* Bytes an element, at least 4. */
    unsigned int shift;         /* Log2 of the number of elements a chunk. */
    char **chunks;              /* Chunks; more pointers than chunks. */
    uint32_t n_chunks;          /* Number of chunks. */
    size_t allocated_chunks;    /* Number of pointers in 'chunks'. */
    uint32_t n;                 /* Elements 0 to n - 1 were in use once. */
    uint32_t free;              /* First free one of these, or FLOW_NONE.  Its
                                 * first 4 bytes name the next. */
};

void flow_slab_init(struct flow_slab *, size_t size, unsigned int shift);
void flow_slab_destroy(struct flow_slab *);

/* Returns the number of a new element, all zeros. */
uint32_t flow_slab_alloc(struct flow_slab *);

/* Frees element 'id' and makes all but its first 4 bytes zeros. */
void flow_slab_free(struct flow_slab *, uint32_t id);

size_t flow_slab_memory(const struct flow_slab *);

/* Element 'id', which may be free. */
static inline void *
flow_slab_get(const struct flow_slab *slab, uint32_t id)
{
    uint32_t mask = (UINT32_C(1) << slab->shift) - 1;

    return slab->chunks[id >> slab->shift] + (id & mask) * slab->size;
}

/* Open addressing with linear probing.  The highest 'bits' bits of an
 * element's hash say at which slot its search begins, its home.  A slot is 0
 * if it is free, or else has
 *
 *   - in its low 'bits' bits the element's number plus 1,
 *
 *   - above these, up to bit 30, the last of the highest FLOW_INDEX_KNOWN bits
 *     of the hash: they spare most looks at wrong elements, and, as the last
 *     ones of the home are among them, tell all of these highest bits of an
 *     element that is near its home: so elements can be moved without looking
 *     at them,
 *
 *   - in bit 31 whether it is too far from its home for that. */
#define FLOW_INDEX_KNOWN 26
#define FLOW_INDEX_FAR (UINT32_C(1) << 31)

struct flow_index {
    uint32_t *slots;            /* 1 << 'bits' of them. */
    uint32_t *old_slots;        /* Those not moved into 'slots' yet, or
                                 * NULL. */
    unsigned int bits;          /* Log2 of the number of slots; the old ones
                                 * are half as many. */
    uint32_t n;                 /* Number of elements. */
    uint32_t start;             /* Old slot with which moving began: a free
                                 * one, so that no run of slots crosses it. */
    uint32_t moved;             /* Number of old slots moved. */

    /* Hash of element 'id', which is in the index. */
    uint64_t (*hash)(const void *aux, uint32_t id);
    const void *aux;            /* For 'hash'. */
};

void flow_index_init(struct flow_index *,
                     uint64_t (*hash)(const void *aux, uint32_t id),
                     const void *aux);
void flow_index_destroy(struct flow_index *);

/* Makes room for 'n' more elements, so that flow_index_add() has nothing to
 * do for these but to take a slot. */
void flow_index_reserve(struct flow_index *, uint32_t n);

/* Adds element 'id', which is below the largest number of elements that were
 * in the index at a time, as it is if it comes from a slab of which all
 * elements are here. */
void flow_index_insert(struct flow_index *, uint64_t hash, uint32_t id);
void flow_index_remove(struct flow_index *, uint64_t hash, uint32_t id);

size_t flow_index_memory(const struct flow_index *);

/* Where a search is. */
struct flow_probe {
    uint64_t hash;              /* What is searched. */
    uint32_t pos;               /* Next slot. */
    bool old;                   /* Of the old ones? */
};

static inline uint32_t
flow_index_home(uint64_t hash, unsigned int bits)
{
    return hash >> (64 - bits);
}

/* What a slot has above an element's number, but for FLOW_INDEX_FAR. */
static inline uint32_t
flow_index_tag(uint64_t hash, unsigned int bits)
{
    unsigned int known = bits < FLOW_INDEX_KNOWN ? FLOW_INDEX_KNOWN : bits;

    return (uint32_t) (hash >> (64 - known) << bits) & ~FLOW_INDEX_FAR;
}

/* Distance from home from which on a slot is FLOW_INDEX_FAR. */
static inline uint32_t
flow_index_reach(unsigned int bits)
{
    return UINT32_C(1) << (bits < FLOW_INDEX_KNOWN
                           ? 31 - FLOW_INDEX_KNOWN : 31 - bits);
}

/* How many slots a search looks at together. */
#define FLOW_INDEX_WIDTH 4
typedef uint32_t flow_slots __attribute__((vector_size(FLOW_INDEX_WIDTH * 4)));

/* Which of FLOW_INDEX_WIDTH slots end a search, as bits: those that are free,
 * and those in which the bits of 'mask' are the ones of 'tag'.  Without a
 * branch: whether a slot is free is what no processor can foresee. */
static inline unsigned int
flow_slots_stop(const uint32_t *slots, uint32_t mask, uint32_t tag)
{
    const flow_slots bits = { 1, 2, 4, 8 };
    uint64_t words[2];
    flow_slots s;

    memcpy(&s, slots, sizeof s);
    s = bits & ((flow_slots) (s == 0) | (flow_slots) ((s & mask) == tag));
    memcpy(words, &s, sizeof words);
    words[0] |= words[1];
    return words[0] | words[0] >> 32;
}

/* The next element at or after '*pos' that may have 'hash', or FLOW_NONE;
 * '*pos' is then the free slot at which the search ended, else where to go
 * on. */
static inline uint32_t
flow_index_search(const uint32_t *slots, unsigned int bits, uint64_t hash,
                  uint32_t *posp)
{
    uint32_t mask = (UINT32_C(1) << bits) - 1;
    uint32_t tag = flow_index_tag(hash, bits);
    uint32_t pos = *posp;

    for (;;) {
        uint32_t slot;

        if (OVS_LIKELY(pos <= mask + 1 - FLOW_INDEX_WIDTH)) {
            unsigned int stop = flow_slots_stop(&slots[pos],
                                                ~mask & ~FLOW_INDEX_FAR, tag);

            if (!stop) {
                pos = (pos + FLOW_INDEX_WIDTH) & mask;
                continue;
            }
            pos += __builtin_ctz(stop);
        }
        slot = slots[pos];
        if (!slot) {
            *posp = pos;
            return FLOW_NONE;
        }
        pos = (pos + 1) & mask;
        if ((slot & ~mask & ~FLOW_INDEX_FAR) == tag && slot & mask) {
            *posp = pos;
            return (slot & mask) - 1;
        }
    }
}

/* Where to look for 'hash' in the old slots: not in those that were moved.  No
 * search that begins elsewhere comes to these: the first one is free. */
static inline uint32_t
flow_index_old_home(const struct flow_index *index, uint64_t hash)
{
    uint32_t mask = (UINT32_C(1) << (index->bits - 1)) - 1;
    uint32_t home = flow_index_home(hash, index->bits - 1);

    return (((home - index->start) & mask) < index->moved
            ? (index->start + index->moved) & mask : home);
}

/* The first element in the old slots that may have 'probe->hash', or
 * FLOW_NONE. */
static inline uint32_t
flow_index_first_old(const struct flow_index *index, struct flow_probe *probe)
{
    probe->old = true;
    probe->pos = flow_index_old_home(index, probe->hash);
    return flow_index_search(index->old_slots, index->bits - 1, probe->hash,
                             &probe->pos);
}

/* The next element that may have 'probe->hash', or FLOW_NONE; 'probe->pos' is
 * then the free slot at which the search ended. */
static inline uint32_t
flow_index_next(const struct flow_index *index, struct flow_probe *probe)
{
    uint32_t id;

    if (probe->old) {
        return (index->old_slots
                ? flow_index_search(index->old_slots, index->bits - 1,
                                    probe->hash, &probe->pos)
                : FLOW_NONE);
    }
    id = flow_index_search(index->slots, index->bits, probe->hash,
                           &probe->pos);
    return (id != FLOW_NONE || !index->old_slots ? id
            : flow_index_first_old(index, probe));
}

/* The first element that may have 'hash', or FLOW_NONE. */
static inline uint32_t
flow_index_first(const struct flow_index *index, uint64_t hash,
                 struct flow_probe *probe)
{
    *probe = (struct flow_probe) {
        .hash = hash,
        .pos = flow_index_home(hash, index->bits),
    };
    return flow_index_next(index, probe);
}

#define FLOW_INDEX_FOR_EACH(ID, PROBE, INDEX, HASH) \
    for ((ID) = flow_index_first(INDEX, HASH, &(PROBE)); \
         (ID) != FLOW_NONE; \
         (ID) = flow_index_next(INDEX, &(PROBE)))

/* Puts 'id', which is not there, into the first free slot from 'pos' on, which
 * is its home or one that a search came to. */
static inline void
flow_slots_place(uint32_t *slots, unsigned int bits, uint64_t hash,
                 uint32_t id, uint32_t pos)
{
    uint32_t mask = (UINT32_C(1) << bits) - 1;
    uint32_t home = flow_index_home(hash, bits);

    while (slots[pos]) {
        pos = (pos + 1) & mask;
    }
    slots[pos] = (flow_index_tag(hash, bits) | (id + 1)
                  | (((pos - home) & mask) < flow_index_reach(bits)
                     ? 0 : FLOW_INDEX_FAR));
}

/* As flow_index_insert(), after flow_index_reserve() for it, if 'pos' is known
 * as above. */
static inline void
flow_index_add_at(struct flow_index *index, uint64_t hash, uint32_t id,
                  uint32_t pos)
{
    flow_slots_place(index->slots, index->bits, hash, id, pos);
    index->n++;
}

static inline void
flow_index_add(struct flow_index *index, uint64_t hash, uint32_t id)
{
    flow_index_add_at(index, hash, id, flow_index_home(hash, index->bits));
}

/* Makes the cache fetch slot 'pos', and those that a search comes to next. */
static inline void
flow_slots_prefetch(const uint32_t *slots, uint32_t pos)
{
    __builtin_prefetch(&slots[pos]);
    __builtin_prefetch(&slots[pos + 7]);
}

/* Makes a search for 'hash' that comes soon quicker. */
static inline void
flow_index_prefetch(const struct flow_index *index, uint64_t hash)
{
    flow_slots_prefetch(index->slots, flow_index_home(hash, index->bits));
    if (index->old_slots) {
        flow_slots_prefetch(index->old_slots,
                            flow_index_old_home(index, hash));
    }
}

#endif /* controller/flow-table/slab.h */
