/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/reasons.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/hmap.h"
#include "util.h"

/* Where a reason is. */
struct entry {
    struct hmap_node node;      /* In 'index' of struct flow_reasons. */
    size_t i;                   /* Index into 'elems'. */
};

static struct flow_reason_count *
find(const struct flow_reasons *reasons, const struct flow_reason *reason,
     uint32_t hash)
{
    const struct entry *e;

    HMAP_FOR_EACH_WITH_HASH (e, node, hash, reasons->index) {
        struct flow_reason_count *r = &reasons->elems[e->i];

        if (r->reason.class == reason->class
            && !strcmp(r->reason.evidence, reason->evidence)) {
            return r;
        }
    }
    return NULL;
}

void
flow_reasons_add(struct flow_reasons *reasons, struct flow_reason *reason,
                 uint64_t flows)
{
    uint32_t hash = hash_string(reason->evidence, reason->class);
    struct flow_reason_count *r;
    struct entry *e;

    if (!reasons->index) {
        ovs_assert(!reasons->n);
        reasons->index = xmalloc(sizeof *reasons->index);
        hmap_init(reasons->index);
    }
    r = find(reasons, reason, hash);
    if (r) {
        r->flows += flows;
        flow_reason_destroy(reason);
        return;
    }
    if (reasons->n >= reasons->allocated) {
        reasons->elems = x2nrealloc(reasons->elems, &reasons->allocated,
                                    sizeof *reasons->elems);
    }
    e = xmalloc(sizeof *e);
    e->i = reasons->n++;
    reasons->elems[e->i] = (struct flow_reason_count) {
        .reason = *reason, .flows = flows,
    };
    hmap_insert(reasons->index, &e->node, hash);
}

static void
destroy_index(struct flow_reasons *reasons)
{
    if (reasons->index) {
        struct entry *e;

        HMAP_FOR_EACH_POP (e, node, reasons->index) {
            free(e);
        }
        hmap_destroy(reasons->index);
        free(reasons->index);
        reasons->index = NULL;
    }
}

static int
compare_flows(const struct flow_reason_count *a,
              const struct flow_reason_count *b)
{
    return a->flows > b->flows ? -1 : a->flows < b->flows;
}

static int
compare_classes(const struct flow_reason_count *a,
                const struct flow_reason_count *b)
{
    return (a->reason.class < b->reason.class ? -1
            : a->reason.class > b->reason.class);
}

static int
compare_by_flows(const void *a_, const void *b_)
{
    const struct flow_reason_count *a = a_, *b = b_;
    int cmp = compare_flows(a, b);

    cmp = cmp ? cmp : compare_classes(a, b);
    return cmp ? cmp : strcmp(a->reason.evidence, b->reason.evidence);
}

static int
compare_by_class(const void *a_, const void *b_)
{
    const struct flow_reason_count *a = a_, *b = b_;
    int cmp = compare_classes(a, b);

    cmp = cmp ? cmp : compare_flows(a, b);
    return cmp ? cmp : strcmp(a->reason.evidence, b->reason.evidence);
}

void
flow_reasons_sort(struct flow_reasons *reasons, enum flow_reasons_order order)
{
    destroy_index(reasons);
    if (reasons->n) {
        qsort(reasons->elems, reasons->n, sizeof *reasons->elems,
              order == FLOW_REASONS_BY_CLASS ? compare_by_class
              : compare_by_flows);
    }
}

void
flow_reasons_destroy(struct flow_reasons *reasons)
{
    destroy_index(reasons);
    for (size_t i = 0; i < reasons->n; i++) {
        flow_reason_destroy(&reasons->elems[i].reason);
    }
    free(reasons->elems);
    *reasons = (struct flow_reasons) { .elems = NULL };
}
