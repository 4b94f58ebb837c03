/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_ENGINE_H
#define CONTROLLER_FLOW_ENGINE_H 1

/* Keeps a flow table up to date with the kernel, live.
 *
 * tc filters are followed by events, after one full dump at the start; lost
 * events lead to another.  So are the flows of the kernel's OVS datapath.
 * Counters never come by event: they are read by terse dumps, one cycle over
 * all devices after the other, only while there is a flow, with a period that
 * is not below the configured one and so long that the dumps of the node,
 * which compete for the kernel's RTNL with whoever plugs ports, stay below
 * FLOW_DUTY_PERCENT of the time.  ovs-vswitchd is never called.
 *
 * Single-threaded; everything happens from the libevent base and from
 * flow_engine_run(), each time a bounded amount. */

#include <stdbool.h>
#include <stdint.h>

struct dp_flow_source;
struct ds;
struct event_base;
struct flow_engine;
struct flow_table;
struct genl;
struct histogram;
struct json;
struct kernel_helper;

/* Share of time in which the kernel makes dumps for us. */
#define FLOW_DUTY_PERCENT 5

/* Where flows come from. */
enum flow_source {
    FLOW_SOURCE_TC,             /* tc filters. */
    FLOW_SOURCE_KERNEL,         /* The kernel's OVS datapath. */
    FLOW_N_SOURCES
};

enum flow_source_state {
    FLOW_SOURCE_SYNCING,        /* Being read in full. */
    FLOW_SOURCE_SYNCED,         /* As the kernel has it. */
    FLOW_SOURCE_ABSENT,         /* The kernel does not have that. */
    FLOW_SOURCE_FAILED,         /* Cannot be had; tried again later. */
};

/* What the engine asks about netdevs. */
struct flow_engine_netdevs {
    bool (*exists)(void *aux, uint32_t ifindex);
    uint32_t (*ifindex)(void *aux, const char *name); /* 0 if none. */
    void *aux;                  /* For both. */
};

/* The arguments, of which '*netdevs' is copied, must outlive the engine. */
struct flow_engine *flow_engine_create(struct event_base *,
                                       struct kernel_helper *, struct genl *,
                                       const struct flow_engine_netdevs *);
void flow_engine_destroy(struct flow_engine *);

void flow_engine_run(struct flow_engine *);
void flow_engine_wait(struct flow_engine *);

/* Period of reading counters, in ms, at least 1000. */
void flow_engine_set_period(struct flow_engine *, int ms);

/* Netdev 'dev' is gone, and its flows with it. */
void flow_engine_dev_gone(struct flow_engine *, uint32_t dev);

/* Reads everything again in full, as after lost events. */
void flow_engine_resync(struct flow_engine *);

/* The flows.  Results that need flow_table_run() are up to date whenever
 * flow_engine_is_settled(). */
const struct flow_table *flow_engine_table(const struct flow_engine *);
bool flow_engine_is_settled(const struct flow_engine *);

/* Is a flow in hardware? */
bool flow_engine_offloads(const struct flow_engine *);

/* Has device 'ifindex' an ingress or clsact qdisc of its own? */
bool flow_engine_has_qdisc(const struct flow_engine *, int ifindex);

/* Starts to read the counters unless that was done so lately that the share of
 * time does not allow it.  flow_engine_is_refreshing() until it is over. */
void flow_engine_refresh(struct flow_engine *);
bool flow_engine_is_refreshing(const struct flow_engine *);

enum flow_source_state flow_engine_state(const struct flow_engine *,
                                         enum flow_source);
/* Were messages left out for their form in the last full dump? */
bool flow_engine_is_incomplete(const struct flow_engine *);

/* A number that becomes another one when flows come, change or go, and when
 * counters were read because it was time, rather than for somebody who asked
 * for it. */
uint64_t flow_engine_seqno(const struct flow_engine *);

/* When counters were last read, by time_msec(), or 0. */
long long int flow_engine_last_read(const struct flow_engine *);

/* Checks the table, see flow_table_check(). */
bool flow_engine_check(const struct flow_engine *, struct ds *errors);

/* For details of flows in the kernel's datapath. */
struct dp_flow_source *flow_engine_kernel_source(const struct flow_engine *);

/* What is counted of a source. */
struct flow_source_counts {
    uint64_t flows;             /* Flows that it has now. */
    uint64_t messages;          /* Notifications. */
    uint64_t resyncs;           /* Full reads that were completed. */
    uint64_t overflows;         /* Times that notifications were lost. */
    uint64_t malformed;         /* Messages left out for their form. */
};
void flow_engine_get_counts(const struct flow_engine *, enum flow_source,
                            struct flow_source_counts *counts);

/* How long the kernel took each time to dump all counters of a source. */
const struct histogram *flow_engine_dump_times(const struct flow_engine *,
                                               enum flow_source);

/* Member "flows" of "status". */
struct json *flow_engine_status_to_json(const struct flow_engine *);

#endif /* controller/flow/engine.h */
