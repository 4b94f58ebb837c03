/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/engine.h"

#include <stdlib.h>
#include <string.h>

#include "controller/flow/kernel.h"
#include "controller/flow-table/table.h"
#include "controller/flow/tc.h"
#include "controller/histogram.h"
#include "controller/output.h"
#include "coverage.h"
#include "netlink/tc-monitor.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

COVERAGE_DEFINE(flow_cycle);

/* Flows' worth of work that one run does. */
#define RUN_BUDGET 4096

/* Shortest time between the starts of two cycles, in ms. */
#define MIN_PERIOD_MS 1000

/* What a cycle is doing.  Its dumps are made one after the other. */
enum cycle {
    CYCLE_NONE,                 /* There is none. */
    CYCLE_TC,                   /* Reads tc's counters. */
    CYCLE_KERNEL,               /* Reads those of the OVS datapath. */
};

struct flow_engine {
    struct flow_table *table;
    struct flow_tc *tc;
    struct flow_kernel *kernel;
    struct flow_engine_netdevs netdevs; /* The caller's. */

    bool busy;                  /* Has the table work left? */
    int period;                 /* Configured period of cycles, in ms. */
    enum cycle cycle;           /* Where the one under way is. */
    bool dumps;                 /* Is there something to dump in it? */
    long long int cycle_start;  /* time_msec() of the last one's start. */
    long long int cycle_end;    /* Of the last one's end, 0 if none. */
    uint64_t cycle_us;          /* Microseconds of the kernel in it. */
    long long int due;          /* time_msec() of the next one. */
    bool was_due;               /* Did the last one begin when it was due? */
    uint64_t n_due;             /* Those that did and are over. */
    struct histogram dump_times[FLOW_N_SOURCES]; /* Of the kernel. */
};

static const char *
flow_source_state_to_string(enum flow_source_state state)
{
    switch (state) {
    case FLOW_SOURCE_SYNCING: return "syncing";
    case FLOW_SOURCE_SYNCED: return "synced";
    case FLOW_SOURCE_ABSENT: return "absent";
    case FLOW_SOURCE_FAILED: return "failed";
    default: OVS_NOT_REACHED();
    }
}

struct flow_engine *
flow_engine_create(struct event_base *base, struct kernel_helper *helper,
                   struct genl *genl,
                   const struct flow_engine_netdevs *netdevs)
{
    struct flow_engine *e = xzalloc(sizeof *e);

    e->table = flow_table_create();
    e->netdevs = *netdevs;
    e->tc = flow_tc_create(base, e->table);
    e->kernel = flow_kernel_create(base, helper, genl, e->table,
                                   netdevs->ifindex, netdevs->aux);
    e->period = 10000;
    return e;
}

void
flow_engine_destroy(struct flow_engine *e)
{
    if (e) {
        flow_tc_destroy(e->tc);
        flow_kernel_destroy(e->kernel);
        flow_table_destroy(e->table);
        free(e);
    }
}

/* Counters. */

/* How long the kernel is to be left alone after 'us' of dumps, in ms. */
static long long int
pause_after(uint64_t us)
{
    return us * (100 - FLOW_DUTY_PERCENT) / FLOW_DUTY_PERCENT / 1000;
}

static void
schedule_cycle(struct flow_engine *e)
{
    e->due = MAX(e->cycle_start + MAX(e->period, MIN_PERIOD_MS),
                 e->cycle_end + pause_after(e->cycle_us));
}

void
flow_engine_set_period(struct flow_engine *e, int ms)
{
    if (e->period != ms) {
        e->period = ms;
        schedule_cycle(e);
    }
}

static bool
is_synced(const struct flow_engine *e)
{
    for (int i = 0; i < FLOW_N_SOURCES; i++) {
        if (flow_engine_state(e, i) == FLOW_SOURCE_SYNCING) {
            return false;
        }
    }
    return true;
}

static void
note_dump(struct flow_engine *e, enum flow_source source, uint64_t us)
{
    e->cycle_us += us;
    if (e->dumps) {
        histogram_add(&e->dump_times[source], us);
    }
}

/* Goes on with the cycle under way. */
static void
run_cycle(struct flow_engine *e)
{
    if (e->cycle == CYCLE_TC && !flow_tc_is_dumping(e->tc)) {
        note_dump(e, FLOW_SOURCE_TC, flow_tc_status(e->tc)->dump_us);
        e->cycle = CYCLE_KERNEL;
        flow_kernel_refresh(e->kernel);
        e->dumps = flow_kernel_is_dumping(e->kernel);
    }
    if (e->cycle == CYCLE_KERNEL && !flow_kernel_is_dumping(e->kernel)) {
        note_dump(e, FLOW_SOURCE_KERNEL,
                  flow_kernel_status(e->kernel)->dump_us);
        e->cycle = CYCLE_NONE;
        flow_table_tick(e->table);
        flow_table_forget(e->table, e->netdevs.exists, e->netdevs.aux);
        e->cycle_end = time_msec();
        e->n_due += e->was_due;
        schedule_cycle(e);
    }
}

static void
start_cycle(struct flow_engine *e, bool due)
{
    COVERAGE_INC(flow_cycle);
    e->was_due = due;
    e->cycle = CYCLE_TC;
    e->cycle_start = time_msec();
    e->cycle_us = 0;
    flow_tc_refresh(e->tc);
    e->dumps = flow_tc_is_dumping(e->tc);
    run_cycle(e);               /* There may be nothing to dump. */
}

/* Is there something to count? */
static bool
wants_cycles(const struct flow_engine *e)
{
    return flow_table_count(e->table) && is_synced(e);
}

void
flow_engine_refresh(struct flow_engine *e)
{
    if (!e->cycle && wants_cycles(e)
        && time_msec() >= e->cycle_end + pause_after(e->cycle_us)) {
        start_cycle(e, false);
    }
}

bool
flow_engine_is_refreshing(const struct flow_engine *e)
{
    return e->cycle != CYCLE_NONE;
}

/* Main loop. */

void
flow_engine_run(struct flow_engine *e)
{
    flow_tc_run(e->tc);
    flow_kernel_run(e->kernel);
    e->busy = flow_table_run(e->table, RUN_BUDGET, time_msec());
    if (e->cycle) {
        run_cycle(e);
    } else if (wants_cycles(e) && time_msec() >= e->due) {
        start_cycle(e, true);
    }
}

void
flow_engine_wait(struct flow_engine *e)
{
    flow_tc_wait(e->tc);
    flow_kernel_wait(e->kernel);
    if (e->busy) {
        poll_immediate_wake();
    }
    if (!e->cycle && wants_cycles(e)) {
        poll_timer_wait_until(e->due);
    }
}

void
flow_engine_dev_gone(struct flow_engine *e, uint32_t dev)
{
    if (flow_tc_dev_gone(e->tc, dev)) {
        e->busy = true;
    }
}

void
flow_engine_resync(struct flow_engine *e)
{
    flow_tc_resync(e->tc);
    flow_kernel_resync(e->kernel);
}

/* Results. */

const struct flow_table *
flow_engine_table(const struct flow_engine *e)
{
    return e->table;
}

bool
flow_engine_offloads(const struct flow_engine *e)
{
    const struct flow_sender *sender;
    size_t cursor = 0;

    while ((sender = flow_table_next_sender(e->table, &cursor))) {
        if (sender->egress.offloaded) {
            return true;
        }
    }
    return false;
}

bool
flow_engine_has_qdisc(const struct flow_engine *e, int ifindex)
{
    return flow_tc_has_qdisc(e->tc, ifindex);
}

bool
flow_engine_is_settled(const struct flow_engine *e)
{
    return !e->busy && is_synced(e);
}

enum flow_source_state
flow_engine_state(const struct flow_engine *e, enum flow_source source)
{
    return (source == FLOW_SOURCE_TC ? flow_tc_status(e->tc)->state
            : flow_kernel_status(e->kernel)->state);
}

bool
flow_engine_is_incomplete(const struct flow_engine *e)
{
    return (flow_tc_status(e->tc)->incomplete
            || flow_engine_state(e, FLOW_SOURCE_TC) == FLOW_SOURCE_FAILED
            || flow_engine_state(e, FLOW_SOURCE_KERNEL) == FLOW_SOURCE_FAILED);
}

/* Both sources' counters are at least as new as this. */
long long int
flow_engine_last_read(const struct flow_engine *e)
{
    long long int tc = flow_tc_status(e->tc)->last_read;
    long long int kernel = flow_kernel_status(e->kernel)->last_read;

    return (!flow_table_count_of(e->table, true, 0) || !kernel ? tc
            : !flow_table_count_of(e->table, false, 0) || !tc ? kernel
            : MIN(tc, kernel));
}

uint64_t
flow_engine_seqno(const struct flow_engine *e)
{
    uint64_t seqno = e->n_due;

    for (int i = 0; i < FLOW_N_SOURCES; i++) {
        struct flow_source_counts counts;

        flow_engine_get_counts(e, i, &counts);
        seqno += counts.messages + counts.resyncs + counts.overflows;
    }
    return seqno;
}

bool
flow_engine_check(const struct flow_engine *e, struct ds *errors)
{
    return flow_table_check(e->table, errors);
}

struct dp_flow_source *
flow_engine_kernel_source(const struct flow_engine *e)
{
    return flow_kernel_source(e->kernel);
}

/* Status. */

void
flow_engine_get_counts(const struct flow_engine *e, enum flow_source source,
                       struct flow_source_counts *counts)
{
    if (source == FLOW_SOURCE_TC) {
        const struct tc_monitor_stats *m = flow_tc_monitor_stats(e->tc);
        const struct flow_tc_status *s = flow_tc_status(e->tc);

        *counts = (struct flow_source_counts) {
            .messages = m ? m->n_messages : 0,
            .resyncs = s->n_resyncs,
            .overflows = s->n_overflows,
            .malformed = s->n_malformed + (m ? m->n_malformed : 0),
        };
    } else {
        const struct source_status *s
            = dp_flow_source_status(flow_kernel_source(e->kernel));

        *counts = (struct flow_source_counts) {
            .messages = s->n_messages,
            .resyncs = s->n_resyncs,
            .overflows = s->n_overflows,
            .malformed = s->n_malformed,
        };
    }
    counts->flows = flow_table_count_of(e->table, source == FLOW_SOURCE_KERNEL,
                                        0);
}

const struct histogram *
flow_engine_dump_times(const struct flow_engine *e, enum flow_source source)
{
    return &e->dump_times[source];
}

static struct json *
source_to_json(const struct flow_engine *e, enum flow_source source,
               const char *last_error, const char *not_seen)
{
    enum flow_source_state state = flow_engine_state(e, source);
    struct json *json = json_object_create();
    struct flow_source_counts counts;

    flow_engine_get_counts(e, source, &counts);
    json_object_put_string(json, "state", flow_source_state_to_string(state));
    output_put_count(json, "flows", counts.flows);
    output_put_count(json, "messages", counts.messages);
    output_put_count(json, "resyncs", counts.resyncs);
    output_put_count(json, "overflows", counts.overflows);
    output_put_count(json, "malformed", counts.malformed);
    output_put_string(json, "last_error", last_error);
    output_put_string(json, "not_seen",
                      state == FLOW_SOURCE_SYNCED ? NULL : not_seen);
    return json;
}

static struct json *
tc_to_json(const struct flow_engine *e)
{
    return source_to_json(e, FLOW_SOURCE_TC, flow_tc_status(e->tc)->last_error,
                          "flows in tc, in hardware or not");
}

static struct json *
kernel_to_json(const struct flow_engine *e)
{
    return source_to_json(e, FLOW_SOURCE_KERNEL,
                          dp_flow_source_status(
                              flow_kernel_source(e->kernel))->last_error,
                          "flows that stayed in the kernel's datapath");
}

/* Share of time that the kernel spent on the last cycle, in thousandths of
 * the time from its start to the next one's. */
static uint64_t
duty_permille(const struct flow_engine *e)
{
    long long int ms = e->due - e->cycle_start;

    return e->cycle_end && ms > 0 ? e->cycle_us / ms : 0;
}

struct json *
flow_engine_status_to_json(const struct flow_engine *e)
{
    struct json *json = json_object_create();
    struct json *counters = json_object_create();
    long long int read = flow_engine_last_read(e);

    output_put_count(counters, "period_ms", MAX(0, e->due - e->cycle_start));
    output_put_count(counters, "kernel_us", e->cycle_us);
    output_put_count(counters, "duty_permille", duty_permille(e));
    output_put_count(counters, "duty_permille_max", FLOW_DUTY_PERCENT * 10);
    json_object_put(counters, "age_ms",
                    read ? json_integer_create(time_msec() - read)
                    : json_null_create());

    output_put_count(json, "flows", flow_table_count(e->table));
    output_put_count(json, "memory", flow_table_memory(e->table));
    json_object_put(json, "tc", tc_to_json(e));
    json_object_put(json, "kernel", kernel_to_json(e));
    json_object_put(json, "counters", counters);
    return json;
}
