/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include "util.h"

/* Removal of several at once.
 *
 * Each flow is at another place in memory, as is what leads to it, and most of
 * the time of a removal is spent waiting for that.  So first all places are
 * asked for. */

/* Asks for what removing flow 'id' looks at, which is there already itself. */
static void
prefetch_around(const struct flow_table *t, uint32_t id)
{
    const struct ft_flow *flow = ft_flow(t, id);

    if (flow->chain != FLOW_NONE) {
        __builtin_prefetch(ft_node(t, flow->chain));
        if (flow->target != FLOW_NONE) {
            __builtin_prefetch(ft_node(t, flow->target));
        }
    }
}

static void
prefetch_flows(const struct flow_table *t,
               const struct flow_record *const *records, size_t n)
{
    struct flow_probe probes[FLOW_BATCH];
    uint32_t ids[FLOW_BATCH];

    for (size_t i = 0; i < n; i++) {
        probes[i].hash = ft_hash_ufid(t, records[i]->ufid);
        flow_index_prefetch(&t->index, probes[i].hash);
    }
    /* Mostly the first one found is the right one. */
    for (size_t i = 0; i < n; i++) {
        ids[i] = flow_index_first(&t->index, probes[i].hash, &probes[i]);
        if (ids[i] != FLOW_NONE) {
            __builtin_prefetch(ft_flow(t, ids[i]));
            __builtin_prefetch(ft_state(t, ids[i]));
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (ids[i] != FLOW_NONE) {
            prefetch_around(t, ids[i]);
        }
    }
}

void
flow_table_delete_batch(struct flow_table *t,
                        const struct flow_record *const *records, size_t n,
                        long long int now)
{
    ovs_assert(n <= FLOW_BATCH);
    prefetch_flows(t, records, n);
    for (size_t i = 0; i < n; i++) {
        flow_table_delete(t, records[i]->ufid,
                          (records[i]->flags & FLOW_KERNEL) != 0, records[i],
                          now);
    }
}
