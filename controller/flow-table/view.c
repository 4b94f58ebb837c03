/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include <string.h>

#include "util.h"

/* What is told of one flow. */

static const char *const path_names[] = {
    [FLOW_PATH_FULL] = "full",
    [FLOW_PATH_FULL_BUT_SW] = "full-but-software",
    [FLOW_PATH_PARTIAL] = "partial",
    [FLOW_PATH_NONE] = "none",
    [FLOW_PATH_UNKNOWN] = "unknown",
};

const char *
flow_path_to_string(enum flow_path path)
{
    BUILD_ASSERT_DECL(ARRAY_SIZE(path_names) == FLOW_N_PATHS);
    ovs_assert(path < FLOW_N_PATHS);
    return path_names[path];
}

static void
get_view(const struct flow_table *t, uint32_t id, struct flow_view *view)
{
    const struct ft_flow *flow = ft_flow(t, id);
    const struct ft_state *state = ft_state(t, id);
    const struct ft_node *node = ft_node(t, flow->chain);
    uint32_t receiver = ft_counted_receiver(t, id, state->flags);
    unsigned int has = 0;

    memset(view, 0, sizeof *view);
    memcpy(view->ufid, flow->ufid, sizeof view->ufid);
    view->dev = node->dev;
    view->recirc_id = node->id;
    view->handle = ft_handle(t, id);
    view->prio = ft_prio(t, id);
    view->flags = state->flags & FT_PUBLIC;
    view->miss = state->miss_gen & FT_MISS_MASK;
    if (flow->target != FLOW_NONE) {
        bool more;

        view->n_targets = ft_node_targets(t, flow->target, view->targets,
                                          &more);
        has = ft_node(t, flow->target)->has;
    }
    view->receiver = (receiver != FLOW_NONE
                      ? &ft_receiver(t, receiver)->pub : NULL);
    view->hw = flow->hw;
    view->sw.packets = flow->total.packets - flow->hw.packets;
    view->sw.bytes = flow->total.bytes - flow->hw.bytes;
    view->hw_percent = (state->percent == FT_NO_PERCENT
                        ? -1 : state->percent);
    view->last_used = ft_from_ticks(t, flow->last_used);
    view->path = ft_path(t, ft_class(state->flags), has);
}

bool
flow_table_find(const struct flow_table *t, const uint8_t ufid[],
                struct flow_view *view)
{
    uint32_t id = ft_find(t, ufid, ft_hash_ufid(t, ufid));

    if (id == FLOW_NONE) {
        return false;
    }
    get_view(t, id, view);
    return true;
}

bool
flow_table_next(const struct flow_table *t, size_t *cursor,
                struct flow_view *view)
{
    while (*cursor < t->n_slots) {
        uint32_t id = (*cursor)++;

        if (ft_flow(t, id)->chain != FLOW_NONE) {
            get_view(t, id, view);
            return true;
        }
    }
    return false;
}
