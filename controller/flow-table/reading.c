/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/private.h"

#include "util.h"

/* What readings of counters mean. */

/* How far before the first 'now' a flow's last use can be told. */
#define PAST_MS (1000LL * 60 * 60 * 24 * 365)

/* Time. */

void
ft_set_now(struct flow_table *t, long long int now)
{
    if (!t->has_epoch) {
        t->epoch = (now - PAST_MS) / FT_TICK * FT_TICK;
        t->has_epoch = true;
    }
    t->now = now;
}

long long int
ft_from_ticks(const struct flow_table *t, uint32_t ticks)
{
    return ticks ? MAX(t->epoch + ticks * 1LL * FT_TICK, 1) : 0;
}

/* Counters. */

/* Sums of what is read and what was before, which no bad reading makes
 * less. */
static inline uint64_t
go_on(uint64_t base, uint64_t reading)
{
    return base > UINT64_MAX - reading ? UINT64_MAX : base + reading;
}

static inline bool
falls(const struct flow_traffic *now, const struct flow_traffic *before)
{
    return now->packets < before->packets || now->bytes < before->bytes;
}

/* Turns 'reading' into what follows 'before': if it starts anew, as is plain
 * if it is less or is told by 'anew', it comes on top, and that goes into
 * '*base'.  Returns whether it does. */
static inline bool
continue_traffic(struct flow_traffic *reading, struct flow_traffic *base,
                 const struct flow_traffic *before, bool anew)
{
    struct flow_traffic sum = { go_on(base->packets, reading->packets),
                                go_on(base->bytes, reading->bytes) };

    anew = anew || falls(&sum, before);
    if (OVS_UNLIKELY(anew)) {
        *base = *before;
        sum.packets = go_on(base->packets, reading->packets);
        sum.bytes = go_on(base->bytes, reading->bytes);
    }
    *reading = sum;
    return anew;
}

/* Takes over the counters of 'r' and returns by how much they grew.
 * Hardware's part does not grow by more than the whole: when the two are not
 * read at quite the same time, the rest follows with the next reading. */
struct flow_counts
ft_read_counters(struct flow_table *t, uint32_t id,
                 const struct flow_record *r, bool anew)
{
    struct ft_flow *flow = ft_flow(t, id);
    struct flow_traffic total = { r->packets, r->bytes };
    struct flow_traffic hw = { r->hw_packets, r->hw_bytes };
    struct ft_base base = { .flow = id };
    struct flow_counts delta = { .flows = 0 };
    bool changed;

    if (OVS_UNLIKELY(ft_state(t, id)->flags & FT_BASED)) {
        base = *ft_base_find(t, id);
    }
    changed = continue_traffic(&total, &base.total, &flow->total, anew);
    changed |= continue_traffic(&hw, &base.hw, &flow->hw, anew);
    if (OVS_UNLIKELY(changed)) {
        *ft_base_get(t, id) = base;
    }

    delta.sw.packets = total.packets - flow->total.packets;
    delta.sw.bytes = total.bytes - flow->total.bytes;
    delta.hw.packets = MIN(hw.packets - flow->hw.packets, delta.sw.packets);
    delta.hw.bytes = MIN(hw.bytes - flow->hw.bytes, delta.sw.bytes);
    flow->total = total;
    flow->hw.packets += delta.hw.packets;
    flow->hw.bytes += delta.hw.bytes;
    delta.sw.packets -= delta.hw.packets;
    delta.sw.bytes -= delta.hw.bytes;
    return delta;
}

/* The flow's flags after a reading. */
uint16_t
ft_read_flags(struct ft_state *state, const struct flow_record *r,
              const struct flow_counts *delta, bool anew)
{
    uint64_t packets = delta->hw.packets + delta->sw.packets;
    uint16_t flags = ((state->flags & ~FLOW_IN_HW)
                      | (r->flags & FLOW_IN_HW));

    if (packets) {
        state->percent = (delta->hw.packets == packets ? 100
                          : !delta->hw.packets ? 0
                          : delta->hw.packets > UINT64_MAX / 100
                          ? delta->hw.packets / (packets / 100)
                          : delta->hw.packets * 100 / packets);
        flags = (delta->hw.packets
                 ? flags & ~FT_LAST_SW : flags | FT_LAST_SW);
    } else if (anew) {
        flags &= ~FT_LAST_SW;
    }
    return flags;
}

/* When the flow was used last, so far as 'r' tells; else 0. */
long long int
ft_read_used(struct flow_table *t, struct ft_flow *flow,
             const struct flow_record *r, const struct flow_counts *delta)
{
    long long int used;

    if (!(r->flags & FLOW_TERSE) && r->last_used != UINT32_MAX) {
        used = MAX(t->now - r->last_used, 1);
    } else if (delta->hw.packets || delta->sw.packets) {
        used = t->now;
    } else {
        return 0;
    }
    flow->last_used = MAX(flow->last_used, ft_to_ticks(t, used));
    return used;
}
