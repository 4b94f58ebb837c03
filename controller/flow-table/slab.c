/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/slab.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util.h"

/* Memory.  From this size on it comes from the kernel itself, which clears
 * pages one by one as they are first touched: no call here clears many at
 * once.  And it goes back to the kernel, where malloc() would keep it. */
#define MIN_MAPPED (64 * 1024)

/* Memory for 'n' elements of 'size' bytes, all zeros. */
static void *
alloc_zeros(size_t n, size_t size)
{
    void *p;

    if (n * size < MIN_MAPPED) {
        return xcalloc(n, size);
    }
    p = mmap(NULL, n * size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        out_of_memory();
    }
    return p;
}

/* Frees 'p', which is that, or NULL. */
static void
free_zeros(void *p, size_t n, size_t size)
{
    if (n * size < MIN_MAPPED) {
        free(p);
    } else if (p) {
        munmap(p, n * size);
    }
}

static uint32_t *
alloc_slots(unsigned int bits)
{
    return alloc_zeros((size_t) 1 << bits, sizeof(uint32_t));
}

static void
free_slots(uint32_t *slots, unsigned int bits)
{
    free_zeros(slots, (size_t) 1 << bits, sizeof *slots);
}

/* Slabs. */

void
flow_slab_init(struct flow_slab *slab, size_t size, unsigned int shift)
{
    ovs_assert(size >= sizeof(uint32_t));
    *slab = (struct flow_slab) {
        .size = size,
        .shift = shift,
        .free = FLOW_NONE,
    };
}

void
flow_slab_destroy(struct flow_slab *slab)
{
    for (uint32_t i = 0; i < slab->n_chunks; i++) {
        free_zeros(slab->chunks[i], (size_t) 1 << slab->shift, slab->size);
    }
    free(slab->chunks);
}

uint32_t
flow_slab_alloc(struct flow_slab *slab)
{
    uint32_t id = slab->free;

    if (id != FLOW_NONE) {
        char *element = flow_slab_get(slab, id);

        memcpy(&slab->free, element, sizeof slab->free);
        memset(element, 0, sizeof slab->free);
        return id;
    }
    if (slab->n >> slab->shift >= slab->n_chunks) {
        if (slab->n_chunks >= slab->allocated_chunks) {
            slab->chunks = x2nrealloc(slab->chunks, &slab->allocated_chunks,
                                      sizeof *slab->chunks);
        }
        slab->chunks[slab->n_chunks++] = alloc_zeros((size_t) 1 << slab->shift,
                                                     slab->size);
    }
    return slab->n++;
}

void
flow_slab_free(struct flow_slab *slab, uint32_t id)
{
    char *element = flow_slab_get(slab, id);

    memset(element, 0, slab->size);
    memcpy(element, &slab->free, sizeof slab->free);
    slab->free = id;
}

size_t
flow_slab_memory(const struct flow_slab *slab)
{
    return (slab->n_chunks * (slab->size << slab->shift)
            + slab->allocated_chunks * sizeof *slab->chunks);
}

/* Indexes. */

#define MIN_BITS 6

/* Old slots that each insertion moves: the more, the shorter both are there;
 * few enough that one insertion costs little. */
#define MOVE_STEP 16

void
flow_index_init(struct flow_index *index,
                uint64_t (*hash)(const void *aux, uint32_t id),
                const void *aux)
{
    *index = (struct flow_index) {
        .slots = alloc_slots(MIN_BITS),
        .bits = MIN_BITS,
        .hash = hash,
        .aux = aux,
    };
}

void
flow_index_destroy(struct flow_index *index)
{
    free_slots(index->slots, index->bits);
    free_slots(index->old_slots, index->bits - 1);
}

/* The highest FLOW_INDEX_KNOWN bits, at least, of the hash of the element in
 * slot 'pos', which has 'slot', of 1 << 'bits' slots. */
static inline uint64_t
hash_of(const struct flow_index *index, uint32_t slot, unsigned int bits,
        uint32_t pos)
{
    uint32_t mask = (UINT32_C(1) << bits) - 1;
    unsigned int extra = FLOW_INDEX_KNOWN - bits;
    uint32_t home;

    if (bits >= FLOW_INDEX_KNOWN || slot & FLOW_INDEX_FAR) {
        return index->hash(index->aux, (slot & mask) - 1);
    }
    home = (pos - ((pos - (slot >> FLOW_INDEX_KNOWN))
                   & (flow_index_reach(bits) - 1))) & mask;
    return ((((uint64_t) home << extra)
             | (slot >> bits & ((UINT32_C(1) << extra) - 1)))
            << (64 - FLOW_INDEX_KNOWN));
}

/* Moves up to 'n' old slots. */
static void
move_slots(struct flow_index *index, uint32_t n)
{
    const struct flow_index old = *index;
    uint32_t mask = (UINT32_C(1) << (old.bits - 1)) - 1;
    uint32_t end = n <= mask - old.moved ? old.moved + n : mask + 1;

    for (uint32_t i = old.moved; i < end; i++) {
        uint32_t pos = (old.start + i) & mask;
        uint32_t slot = old.old_slots[pos];

        if (slot & mask) {
            uint64_t hash = hash_of(&old, slot, old.bits - 1, pos);

            flow_slots_place(old.slots, old.bits, hash, (slot & mask) - 1,
                             flow_index_home(hash, old.bits));
        }
    }
    index->moved = end;
    if (end > mask) {
        free_slots(index->old_slots, index->bits - 1);
        index->old_slots = NULL;
    }
}

/* Starts to move all to twice as many slots. */
static void
grow(struct flow_index *index)
{
    if (index->old_slots) {
        move_slots(index, UINT32_MAX);
    }
    ovs_assert(index->bits < 31);
    index->old_slots = index->slots;
    index->bits++;
    index->slots = alloc_slots(index->bits);
    index->moved = 0;
    index->start = 0;
    while (index->old_slots[index->start]) {
        index->start++;
    }
}

void
flow_index_reserve(struct flow_index *index, uint32_t n)
{
    /* At most 3 of 4 slots are in use, so that an element's number plus 1
     * fits into the bits that are left for it. */
    while (index->n + n > UINT32_C(3) << (index->bits - 2)) {
        grow(index);
    }
    if (index->old_slots) {
        move_slots(index, n * MOVE_STEP);
    }
}

void
flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t id)
{
    flow_index_reserve(index, 1);
    flow_index_add(index, hash, id);
}

/* Finds the slot of 'id' from 'pos' on; FLOW_NONE if there is none. */
static uint32_t
find_slot(const uint32_t *slots, unsigned int bits, uint32_t pos, uint32_t id)
{
    uint32_t mask = (UINT32_C(1) << bits) - 1;

    for (; slots[pos]; pos = (pos + 1) & mask) {
        if ((slots[pos] & mask) == id + 1) {
            return pos;
        }
    }
    return FLOW_NONE;
}

/* Frees slot 'hole' and moves others up so that no search that passed it ends
 * there. */
static void
close_slot(struct flow_index *index, uint32_t hole)
{
    uint32_t mask = (UINT32_C(1) << index->bits) - 1;

    for (uint32_t pos = (hole + 1) & mask; index->slots[pos];
         pos = (pos + 1) & mask) {
        uint32_t home = flow_index_home(hash_of(index, index->slots[pos],
                                                index->bits, pos),
                                        index->bits);

        if (((pos - home) & mask) >= ((pos - hole) & mask)) {
            index->slots[hole] = index->slots[pos];
            if (((hole - home) & mask) < flow_index_reach(index->bits)) {
                index->slots[hole] &= ~FLOW_INDEX_FAR;
            }
            hole = pos;
        }
    }
    index->slots[hole] = 0;
}

void
flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t id)
{
    uint32_t pos = find_slot(index->slots, index->bits,
                             flow_index_home(hash, index->bits), id);

    if (pos != FLOW_NONE) {
        close_slot(index, pos);
    } else {
        unsigned int bits = index->bits - 1;

        ovs_assert(index->old_slots);
        pos = find_slot(index->old_slots, bits,
                        flow_index_old_home(index, hash), id);
        ovs_assert(pos != FLOW_NONE);
        /* In use, but by no element; it will go soon. */
        index->old_slots[pos] = FLOW_INDEX_FAR;
    }
    index->n--;
}

size_t
flow_index_memory(const struct flow_index *index)
{
    size_t n = (size_t) 1 << index->bits;

    return (index->old_slots ? n + n / 2 : n) * sizeof *index->slots;
}
