/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util.h"

/* Where flows are, and how they are found. */

/* What the kernel gives at a time for these. */
#define PAGE 4096

static uint64_t
hash_flow(const void *t, uint32_t id)
{
    return ft_hash_ufid(t, ft_flow(t, id)->ufid);
}

/* The flow 'ufid', or FLOW_NONE. */
uint32_t
ft_find(const struct flow_table *t, const uint8_t ufid[], uint64_t hash)
{
    struct flow_probe probe;
    uint32_t id;

    FLOW_INDEX_FOR_EACH (id, probe, &t->index, hash) {
        if (!memcmp(ft_flow(t, id)->ufid, ufid, FLOW_UFID_LEN)) {
            return id;
        }
    }
    return FLOW_NONE;
}

/* Takes memory for flows from the kernel itself: it gives pages when they are
 * touched, so that of the last chunk, too, only what is in use counts. */
static void
add_chunk(struct flow_table *t)
{
    struct ft_slots *slots;

    BUILD_ASSERT_DECL(sizeof(struct ft_flow) == 64);
    BUILD_ASSERT_DECL(sizeof(struct ft_slots) == FT_CHUNK_FLOWS * 74);
    slots = mmap(NULL, sizeof *slots, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED) {
        out_of_memory();
    }
    if (t->n_chunks >= t->allocated_chunks) {
        t->chunks = x2nrealloc(t->chunks, &t->allocated_chunks,
                               sizeof *t->chunks);
    }
    t->chunks[t->n_chunks++] = (struct ft_chunk) { .slots = slots };
}

/* Returns the number of a flow that was never in use, if there may be more to
 * do for that than to count. */
uint32_t
ft_add_slot(struct flow_table *t)
{
    uint32_t id = t->n_slots;

    if (id >> FT_CHUNK_SHIFT >= t->n_chunks) {
        add_chunk(t);
    }
    t->n_slots++;
    if (t->purge_left) {
        t->purge_left++;
    }
    return id;
}

void
ft_free_flow(struct flow_table *t, uint32_t id)
{
    struct ft_flow *flow = ft_flow(t, id);

    flow->chain = FLOW_NONE;
    flow->target = t->free;
    t->free = id;
    t->n_flows--;
}

/* Key hash of the flow, 0 if it is not known. */
uint16_t
ft_key(const struct flow_table *t, uint32_t id)
{
    const uint16_t *keys = ft_chunk(t, id)->keys;

    return keys ? keys[ft_pos(id)] : 0;
}

void
ft_set_key(struct flow_table *t, uint32_t id, uint16_t key)
{
    struct ft_chunk *chunk = ft_chunk(t, id);

    if (key && !chunk->keys) {
        chunk->keys = xcalloc(FT_CHUNK_FLOWS, sizeof *chunk->keys);
        t->lazy_memory += FT_CHUNK_FLOWS * sizeof *chunk->keys;
    }
    if (chunk->keys) {
        chunk->keys[ft_pos(id)] = key;
    }
}

uint32_t
ft_handle(const struct flow_table *t, uint32_t id)
{
    return ft_chunk(t, id)->slots->handles[ft_pos(id)];
}

uint16_t
ft_prio(const struct flow_table *t, uint32_t id)
{
    return ft_chunk(t, id)->slots->prios[ft_pos(id)];
}

void
ft_set_names(struct flow_table *t, uint32_t id, const struct flow_record *r)
{
    struct ft_slots *slots = ft_chunk(t, id)->slots;

    slots->handles[ft_pos(id)] = r->handle;
    slots->prios[ft_pos(id)] = r->prio;
}

void
ft_store_init(struct flow_table *t)
{
    t->free = FLOW_NONE;
    flow_index_init(&t->index, hash_flow, t);
}

void
ft_store_destroy(struct flow_table *t)
{
    for (size_t i = 0; i < t->n_chunks; i++) {
        munmap(t->chunks[i].slots, sizeof *t->chunks[i].slots);
        free(t->chunks[i].keys);
    }
    free(t->chunks);
    flow_index_destroy(&t->index);
}

/* Bytes of the chunks that were ever in use. */
static size_t
chunk_memory(const struct flow_table *t)
{
    size_t full = t->n_slots >> FT_CHUNK_SHIFT;
    size_t n = ft_pos(t->n_slots);
    const struct ft_slots *slots;

    return (full * sizeof *slots
            + ROUND_UP(n * sizeof *slots->flows, PAGE)
            + ROUND_UP(n * sizeof *slots->states, PAGE)
            + ROUND_UP(n * sizeof *slots->handles, PAGE)
            + ROUND_UP(n * sizeof *slots->prios, PAGE));
}

size_t
ft_store_memory(const struct flow_table *t)
{
    return (chunk_memory(t) + t->allocated_chunks * sizeof *t->chunks
            + t->lazy_memory + flow_index_memory(&t->index));
}
