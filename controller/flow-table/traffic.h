/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_TABLE_TRAFFIC_H
#define CONTROLLER_FLOW_TABLE_TRAFFIC_H 1

/* Arithmetic of traffic.
 *
 * Inside the table sums are modulo 2^64, so that what was added can always be
 * subtracted again.  What is shown stops at FLOW_COUNTER_MAX instead: a sum of
 * absurd counters is absurd, but not small. */

#include "controller/flow-table/table.h"
#include "util.h"

/* The largest integer in JSON. */
#define FLOW_COUNTER_MAX INT64_MAX

/* Modulo 2^64. */

static inline void
flow_traffic_add(struct flow_traffic *sum, const struct flow_traffic *t)
{
    sum->packets += t->packets;
    sum->bytes += t->bytes;
}

/* To be shown. */

static inline uint64_t
flow_shown_counter_add(uint64_t a, uint64_t b)
{
    b = MIN(b, FLOW_COUNTER_MAX);
    return a > FLOW_COUNTER_MAX - b ? FLOW_COUNTER_MAX : a + b;
}

static inline void
flow_shown_traffic_add(struct flow_traffic *sum, const struct flow_traffic *t)
{
    sum->packets = flow_shown_counter_add(sum->packets, t->packets);
    sum->bytes = flow_shown_counter_add(sum->bytes, t->bytes);
}

static inline void
flow_shown_counts_add(struct flow_counts *sum, const struct flow_counts *c)
{
    sum->flows += c->flows;
    sum->offloaded += c->offloaded;
    flow_shown_traffic_add(&sum->hw, &c->hw);
    flow_shown_traffic_add(&sum->sw, &c->sw);
}

static inline void
flow_shown_passed_add(struct flow_passed *sum, const struct flow_passed *p)
{
    flow_shown_traffic_add(&sum->hw, &p->hw);
    flow_shown_traffic_add(&sum->sw, &p->sw);
    sum->last_used = MAX(sum->last_used, p->last_used);
}

/* Share of 'hw' in the packets of both, in percent, or -1 if there are
 * none. */
static inline int
flow_hw_percent(const struct flow_traffic *hw, const struct flow_traffic *sw)
{
    double packets = (double) hw->packets + sw->packets;

    return packets ? 100.0 * hw->packets / packets : -1;
}

#endif /* controller/flow-table/traffic.h */
