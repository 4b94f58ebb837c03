/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_TC_H
#define CONTROLLER_FLOW_TC_H 1

/* The tc filters of the node, into a flow table: a part of the flow engine.
 *
 * Events and dumps come on sockets of their own, so that what a dump tells may
 * be older than an event that was handled before.  Hence, as long as a dump
 * runs, the events' flows are remembered, and what the dump tells of these is
 * passed over.  A dump during which more than FLOW_TC_MAX_TOUCHED flows change
 * is given up. */

#include <stdbool.h>
#include <stdint.h>

#include "controller/flow/engine.h"

struct flow_tc;

/* Some 8 MB of memory, and more than ovs-vswitchd deletes in a second. */
#define FLOW_TC_MAX_TOUCHED 131072

struct flow_tc_status {
    enum flow_source_state state;
    uint64_t n_resyncs;         /* Full dumps that were completed. */
    uint64_t n_overflows;       /* Times that notifications were lost. */
    uint64_t n_malformed;       /* Messages left out for their form. */
    bool incomplete;            /* Some of them in the last full dump. */
    long long int last_read;    /* time_msec() of the last dump that read all
                                 * counters, or 0. */
    uint64_t dump_us;           /* Microseconds that the kernel spent on the
                                 * last dump. */
    const char *last_error;     /* Or NULL. */
};

struct flow_tc *flow_tc_create(struct event_base *, struct flow_table *);
void flow_tc_destroy(struct flow_tc *);
void flow_tc_run(struct flow_tc *);
void flow_tc_wait(struct flow_tc *);

/* Reads all in full. */
void flow_tc_resync(struct flow_tc *);

/* Reads counters, unless a dump is under way.  flow_tc_is_dumping() tells when
 * it is over. */
void flow_tc_refresh(struct flow_tc *);
bool flow_tc_is_dumping(const struct flow_tc *);

/* Netdev 'dev' is gone, and its filters with it, without events of theirs.
 * Returns whether the table's run has something to do for that. */
bool flow_tc_dev_gone(struct flow_tc *, uint32_t dev);

/* Has device 'ifindex' an ingress or clsact qdisc of its own? */
bool flow_tc_has_qdisc(const struct flow_tc *, int ifindex);

const struct flow_tc_status *flow_tc_status(const struct flow_tc *);

/* Statistics of the events, or NULL while there are none. */
struct tc_monitor_stats;
const struct tc_monitor_stats *flow_tc_monitor_stats(const struct flow_tc *);

#endif /* controller/flow/tc.h */
