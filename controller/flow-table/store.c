/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <stdlib.h>
#include <string.h>

#include "controller/flow-table/pages.h"
#include "util.h"

/* Where flows are, and how they are found. */

/* Chunks that may be used in part, as those of a small table are: without
 * large pages. */
#define SMALL_CHUNKS 2

/* What the kernel gives at a time for these. */
#define PAGE 4096

uint64_t
ft_hash_ufid(const struct flow_table *t, const uint8_t ufid[])
{
    uint64_t words[2];

    BUILD_ASSERT_DECL(sizeof words == FLOW_UFID_LEN);
    memcpy(words, ufid, sizeof words);
    return ft_hash(t, words[0], words[1]);
}

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

static void
add_chunk(struct flow_table *t)
{
    size_t i = t->n_chunks;

    BUILD_ASSERT_DECL(sizeof(struct ft_flow) == 64);
    BUILD_ASSERT_DECL(FT_FLOWS_SIZE == FLOW_LARGE_PAGE);
    if (i >= t->allocated_chunks) {
        t->chunks = x2nrealloc(t->chunks, &t->allocated_chunks,
                               sizeof *t->chunks);
    }
    t->chunks[i] = (struct ft_chunk) {
        .flows = flow_pages_alloc(FT_FLOWS_SIZE, i >= SMALL_CHUNKS),
        .rest = flow_pages_alloc(sizeof *t->chunks[i].rest, false),
    };
    t->n_chunks++;
}

/* Returns the number of a new flow, with nothing set. */
uint32_t
ft_alloc_flow(struct flow_table *t)
{
    uint32_t id = t->free;

    if (id != FLOW_NONE) {
        t->free = ft_flow(t, id)->target;
    } else {
        id = t->n_slots;
        if (id >> FT_CHUNK_SHIFT >= t->n_chunks) {
            add_chunk(t);
        }
        t->n_slots++;
        if (t->purge_left) {
            t->purge_left++;
        }
    }
    t->n_flows++;
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
    return ft_chunk(t, id)->rest->handles[ft_pos(id)];
}

uint16_t
ft_prio(const struct flow_table *t, uint32_t id)
{
    return ft_chunk(t, id)->rest->prios[ft_pos(id)];
}

void
ft_set_names(struct flow_table *t, uint32_t id, const struct flow_record *r)
{
    struct ft_rest *rest = ft_chunk(t, id)->rest;

    rest->handles[ft_pos(id)] = r->handle;
    rest->prios[ft_pos(id)] = r->prio;
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
        flow_pages_free(t->chunks[i].flows, FT_FLOWS_SIZE);
        flow_pages_free(t->chunks[i].rest, sizeof *t->chunks[i].rest);
        free(t->chunks[i].keys);
    }
    free(t->chunks);
    flow_index_destroy(&t->index);
}

/* Bytes of the chunks that are in use: all but the end of the last one. */
static size_t
chunk_memory(const struct flow_table *t)
{
    const struct ft_rest *rest = NULL;
    size_t full = t->n_slots >> FT_CHUNK_SHIFT;
    size_t n = ft_pos(t->n_slots);
    size_t memory = full * (FT_FLOWS_SIZE + sizeof *rest);

    if (n) {
        memory += (full < SMALL_CHUNKS
                   ? ROUND_UP(n * sizeof(struct ft_flow), PAGE)
                   : FT_FLOWS_SIZE);
        memory += ROUND_UP(n * sizeof *rest->states, PAGE);
        memory += ROUND_UP(n * sizeof *rest->handles, PAGE);
        memory += ROUND_UP(n * sizeof *rest->prios, PAGE);
    }
    return memory;
}

size_t
ft_store_memory(const struct flow_table *t)
{
    return (chunk_memory(t) + t->allocated_chunks * sizeof *t->chunks
            + t->lazy_memory + flow_index_memory(&t->index));
}
