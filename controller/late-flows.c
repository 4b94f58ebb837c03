/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/late-flows.h"

#include "controller/inventory.h"
#include "netlink/tc.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(late_flows);

struct late_flows {
    struct event_base *base;
    struct inventory *inv;
    struct tc_dump *dump;       /* Under way, or NULL. */
    bool again;                 /* Was it asked for meanwhile? */
    int *ifindexes;             /* Netdevs that are looked at. */
    bool *found;                /* Of each, a filter in software? */
    size_t n;                   /* Number of both. */
};

struct late_flows *
late_flows_create(struct event_base *base, struct inventory *inv)
{
    struct late_flows *late = xzalloc(sizeof *late);

    late->base = base;
    late->inv = inv;
    return late;
}

static void
clear(struct late_flows *late)
{
    free(late->ifindexes);
    free(late->found);
    late->ifindexes = NULL;
    late->found = NULL;
    late->n = 0;
}

void
late_flows_destroy(struct late_flows *late)
{
    if (late) {
        if (late->dump) {
            tc_dump_cancel(late->dump);
        }
        clear(late);
        free(late);
    }
}

/* What an interrupted dump told may be void: then a filter that went is taken
 * for one that is there, until the next look. */
static void
dump_begin(void *late OVS_UNUSED, const struct tc_part *part OVS_UNUSED)
{
}

static void
found_in_software(struct late_flows *late, const struct flow_record *flow)
{
    for (size_t i = 0; i < late->n; i++) {
        /* On a block it may be of any of its members. */
        if (flow->flags & FLOW_ON_BLOCK || late->ifindexes[i] == flow->dev) {
            late->found[i] = true;
        }
    }
}

static void
dump_flows(void *late, const struct flow_record *const *flows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(flows[i]->flags & FLOW_IN_HW)) {
            found_in_software(late, flows[i]);
        }
    }
}

static void
dump_done(void *late_, const struct tc_dump_result *result)
{
    struct late_flows *late = late_;

    late->dump = NULL;
    if (result->error) {
        VLOG_WARN("cannot look for flows in software: %s",
                  ovs_strerror(result->error));
    }
    for (size_t i = 0; i < late->n && !result->error; i++) {
        struct inv_link *link = inventory_find_link(late->inv,
                                                    late->ifindexes[i]);

        if (link && link->offload_late && !late->found[i]) {
            link->offload_late = false;
            inventory_touch(late->inv);
        }
    }
    clear(late);
    if (late->again) {
        late->again = false;
        late_flows_check(late);
    }
}

void
late_flows_check(struct late_flows *late)
{
    static const struct tc_dump_callbacks callbacks = {
        .begin = dump_begin,
        .flows = dump_flows,
        .done = dump_done,
    };
    const struct inv_link *link;
    size_t allocated = 0;
    int error;

    if (late->dump) {
        late->again = true;
        return;
    }
    HMAP_FOR_EACH (link, index_node, &late->inv->links) {
        if (link->offload_late && link->tc_offload == TC_OFFLOAD_ON) {
            if (late->n >= allocated) {
                late->ifindexes = x2nrealloc(late->ifindexes, &allocated,
                                             sizeof *late->ifindexes);
            }
            late->ifindexes[late->n++] = link->info.ifindex;
        }
    }
    if (!late->n) {
        return;
    }
    late->found = xcalloc(late->n, sizeof *late->found);
    late->dump = tc_dump_start(late->base, late->ifindexes, late->n,
                               TC_DUMP_TERSE, &callbacks, late, &error);
    if (!late->dump) {
        VLOG_WARN("cannot dump tc filters: %s", ovs_strerror(error));
        clear(late);
    }
}
