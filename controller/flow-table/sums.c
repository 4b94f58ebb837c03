/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include "controller/flow-table/traffic.h"
#include "util.h"

/* What is counted for senders, for receivers, and of what is not in hardware.
 * Flows come here with all members and flags set. */

/* Sums. */

/* Adds the flow to a sum, or with 'remove' takes it out, with or without its
 * traffic. */
static void
count_flow(struct flow_counts *sum, const struct ft_flow *flow,
           uint16_t flags, bool traffic, bool remove)
{
    uint64_t sign = remove ? UINT64_MAX : 1; /* -1 or 1. */

    sum->flows += sign;
    sum->offloaded += flags & FLOW_IN_HW ? sign : 0;
    if (traffic) {
        sum->hw.packets += sign * flow->hw.packets;
        sum->hw.bytes += sign * flow->hw.bytes;
        sum->sw.packets += sign * (flow->total.packets - flow->hw.packets);
        sum->sw.bytes += sign * (flow->total.bytes - flow->hw.bytes);
    }
}

/* Flows. */

/* The sum on the egress side that the flow is in, with its traffic if
 * '*traffic'; or NULL. */
static struct flow_counts *
get_egress(const struct flow_table *t, const struct ft_flow *flow,
           uint16_t flags, bool *traffic)
{
    *traffic = flags & FT_FIRST;
    return (flags & FT_FIRST || !ft_has_outputs(flow, flags)
            ? &ft_sender_find(t, ft_node(t, flow->chain)->dev)->pub.egress
            : NULL);
}

static void
count_ingress(struct flow_table *t, uint32_t id, bool remove)
{
    const struct ft_flow *flow = ft_flow(t, id);
    uint16_t flags = ft_state(t, id)->flags;
    uint32_t receiver = ft_counted_receiver(t, id, flags);

    if (receiver != FLOW_NONE) {
        count_flow(&ft_receiver(t, receiver)->pub.ingress, flow, flags, true,
                   remove);
    }
    if (!(flags & FLOW_IN_HW)) {
        ft_shortfall_count(t, id, remove);
    }
}

/* Counts the flow everywhere, or with 'remove' nowhere any more. */
void
ft_sums_count(struct flow_table *t, uint32_t id, bool remove)
{
    const struct ft_flow *flow = ft_flow(t, id);
    uint16_t flags = ft_state(t, id)->flags;
    uint32_t receiver = ft_receiver_of(t, id, flags);
    bool traffic;
    struct flow_counts *egress = get_egress(t, flow, flags, &traffic);

    if (egress) {
        count_flow(egress, flow, flags, traffic, remove);
    }
    if (receiver != FLOW_NONE) {
        ft_receiver(t, receiver)->refs += remove ? -1 : 1;
    }
    count_ingress(t, id, remove);
}

static void
pass(struct flow_passed *passed, const struct flow_counts *delta,
     long long int used)
{
    flow_traffic_add(&passed->hw, &delta->hw);
    flow_traffic_add(&passed->sw, &delta->sw);
    passed->last_used = MAX(passed->last_used, used);
}

/* The flow, which was just counted with all that it handled, handled 'delta'
 * of that now, the last of it at 'used', 0 if that is not known. */
void
ft_sums_pass(struct flow_table *t, uint32_t id,
             const struct flow_counts *delta, long long int used)
{
    const struct ft_flow *flow = ft_flow(t, id);
    uint16_t flags = ft_state(t, id)->flags;
    uint32_t receiver = ft_counted_receiver(t, id, flags);

    if (flags & FT_FIRST) {
        uint32_t dev = ft_node(t, flow->chain)->dev;

        pass(&ft_sender_find(t, dev)->pub.passed, delta, used);
    }
    if (receiver != FLOW_NONE) {
        pass(&ft_receiver(t, receiver)->pub.passed, delta, used);
    }
}

/* The flow handled 'delta' more since it was counted. */
void
ft_sums_traffic(struct flow_table *t, uint32_t id,
                const struct flow_counts *delta, long long int used)
{
    const struct ft_flow *flow = ft_flow(t, id);
    uint16_t flags = ft_state(t, id)->flags;
    uint32_t receiver = ft_counted_receiver(t, id, flags);

    if (flags & FT_FIRST) {
        uint32_t dev = ft_node(t, flow->chain)->dev;
        struct flow_sender *sender = &ft_sender_find(t, dev)->pub;

        pass(&sender->passed, delta, used);
        flow_traffic_add(&sender->egress.hw, &delta->hw);
        flow_traffic_add(&sender->egress.sw, &delta->sw);
    }
    if (receiver != FLOW_NONE) {
        struct flow_receiver *r = &ft_receiver(t, receiver)->pub;

        pass(&r->passed, delta, used);
        flow_traffic_add(&r->ingress.hw, &delta->hw);
        flow_traffic_add(&r->ingress.sw, &delta->sw);
    }
}

/* The flow, counted with 'old_flags', has 'new_flags' now, which differ in
 * what makes its class only. */
void
ft_sums_reclass(struct flow_table *t, uint32_t id, uint16_t old_flags,
                uint16_t new_flags)
{
    const struct ft_flow *flow = ft_flow(t, id);
    uint32_t receiver = ft_counted_receiver(t, id, new_flags);
    struct flow_counts *egress;
    uint64_t change;
    bool traffic;

    if (!((old_flags ^ new_flags) & FLOW_IN_HW)) {
        return;
    }
    change = new_flags & FLOW_IN_HW ? 1 : UINT64_MAX;
    egress = get_egress(t, flow, new_flags, &traffic);
    if (egress) {
        egress->offloaded += change;
    }
    if (receiver != FLOW_NONE) {
        ft_receiver(t, receiver)->pub.ingress.offloaded += change;
    }
    ft_shortfall_count(t, id, new_flags & FLOW_IN_HW);
}

/* Makes the flow, which is FT_LISTED, FT_GUESSING or not. */
void
ft_sums_guess(struct flow_table *t, uint32_t id, bool guessing)
{
    struct ft_state *state = ft_state(t, id);

    if (guessing != !!(state->flags & FT_GUESSING)) {
        count_ingress(t, id, true);
        state->flags ^= FT_GUESSING;
        count_ingress(t, id, false);
    }
}
