/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/rpc/budget.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* What precedes each piece of memory. */
union header {
    size_t size;                /* Bytes, with this. */
    max_align_t align;          /* What follows suits any type. */
};

/* Takes 'n' more bytes, if they may be had. */
static bool
take(struct budget *budget, size_t n)
{
    if (n > budget->limit - budget->used) {
        return false;
    }
    budget->used += n;
    return true;
}

static void
budget_free(void *p, void *budget_)
{
    struct budget *budget = budget_;

    if (p) {
        union header *header = (union header *) p - 1;

        ovs_assert(header->size <= budget->used);
        budget->used -= header->size;
        free(header);
    }
}

static void *
budget_realloc(void *p, size_t n, void *budget_)
{
    union header *old = p ? (union header *) p - 1 : NULL;
    struct budget *budget = budget_;
    size_t had = old ? old->size : 0;
    union header *header;

    if (n > budget->limit) {
        return NULL;
    }
    n += sizeof *header;
    if (n > had && !take(budget, n - had)) {
        return NULL;
    }
    if (n < had) {
        budget->used -= had - n;
    }
    header = xrealloc(old, n);
    header->size = n;
    return header + 1;
}

static void *
budget_malloc(size_t n, void *budget)
{
    return budget_realloc(NULL, n, budget);
}

static void *
budget_calloc(size_t n, size_t size, void *budget)
{
    void *p;

    if (size && n > SIZE_MAX / size) {
        return NULL;
    }
    p = budget_malloc(n * size, budget);
    if (p) {
        memset(p, 0, n * size);
    }
    return p;
}

void
budget_init(struct budget *budget, size_t limit)
{
    *budget = (struct budget) {
        .mem = {
            .mem_user_data = budget,
            .malloc = budget_malloc,
            .free = budget_free,
            .calloc = budget_calloc,
            .realloc = budget_realloc,
        },
        .limit = limit,
    };
}
