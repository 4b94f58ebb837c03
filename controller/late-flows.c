/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/late-flows.h"

#include "controller/controller.h"
#include "controller/flow/engine.h"
#include "controller/flow-table/table.h"
#include "controller/inventory.h"
#include "util.h"

/* Has 'dev' a filter that is not in hardware? */
static bool
has_software_filter(const struct flow_table *table, uint32_t dev)
{
    const struct flow_shortfall *s;
    size_t cursor = 0;

    while ((s = flow_table_next_shortfall(table, &cursor))) {
        if (s->dev == dev && !s->kernel) {
            return true;
        }
    }
    return false;
}

void
late_flows_check(const struct controller *c)
{
    struct inv_link *link;

    if (!flow_engine_is_settled(c->flows)) {
        return;
    }
    HMAP_FOR_EACH (link, index_node, &c->inv->links) {
        if (link->offload_late && link->tc_offload == TC_OFFLOAD_ON
            && !has_software_filter(flow_engine_table(c->flows),
                                    link->info.ifindex)) {
            link->offload_late = false;
            inventory_touch(c->inv);
        }
    }
}
