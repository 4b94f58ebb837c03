/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_REASONS_H
#define CONTROLLER_FLOW_REASONS_H 1

/* Reasons why flows are not in hardware, each once, with how many flows it is
 * for. */

#include <stddef.h>
#include <stdint.h>

#include "controller/flow/reason.h"

struct hmap;

/* Flows that are not in hardware for one and the same reason. */
struct flow_reason_count {
    struct flow_reason reason;  /* Owned. */
    uint64_t flows;             /* How many, of any recirc_id. */
};

/* All zeros is the initial state. */
struct flow_reasons {
    struct flow_reason_count *elems; /* The reasons. */
    size_t n;                   /* Number of 'elems'. */
    size_t allocated;           /* Of those, allocated. */
    struct hmap *index;         /* Where in 'elems' a reason is; NULL if there
                                 * is none, and after sorting. */
};

/* How to sort: first what is the more certain, that is, the class that is
 * tried first, or first what is the reason of most flows. */
enum flow_reasons_order {
    FLOW_REASONS_BY_CLASS,
    FLOW_REASONS_BY_FLOWS,
};

/* Counts 'flows' for '*reason', which is taken over.  Two reasons are the same
 * if class and evidence are. */
void flow_reasons_add(struct flow_reasons *, struct flow_reason *reason,
                      uint64_t flows);

/* Sorts, after which none can be added. */
void flow_reasons_sort(struct flow_reasons *, enum flow_reasons_order);

/* Leaves '*reasons' in the initial state. */
void flow_reasons_destroy(struct flow_reasons *);

#endif /* controller/flow/reasons.h */
