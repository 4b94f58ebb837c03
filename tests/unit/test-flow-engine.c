/* SPDX-License-Identifier: Apache-2.0 */

/* The flow engine: what it does with its two sources, which the test plays, as
 * they are defined here, and when it reads counters. */

#include <config.h>

#include "controller/flow/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/flow-table/table.h"
#include "controller/flow/kernel.h"
#include "controller/flow/tc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "timeval.h"
#include "util.h"

#define PORT 7                  /* A device. */

/* The two sources. */
static struct {
    struct flow_table *table;   /* The engine's. */
    struct flow_tc_status tc;   /* What tc's tells. */
    struct flow_kernel_status kernel; /* What the other tells. */
    bool tc_dumping;            /* Does it read counters? */
    bool kernel_dumping;        /* Likewise. */
    int n_resyncs;              /* Of both. */
    uint32_t dev_gone;          /* Last device that tc was told of. */
    bool dev_had_flows;         /* What it says to that. */
} sources;

struct flow_tc *
flow_tc_create(struct event_base *base OVS_UNUSED, struct flow_table *table)
{
    sources.table = table;
    return (struct flow_tc *) &sources;
}

void
flow_tc_destroy(struct flow_tc *tc)
{
    assert_ptr_equal(tc, &sources);
}

void
flow_tc_run(struct flow_tc *tc OVS_UNUSED)
{
}

void
flow_tc_wait(struct flow_tc *tc OVS_UNUSED)
{
}

void
flow_tc_resync(struct flow_tc *tc OVS_UNUSED)
{
    sources.n_resyncs++;
}

void
flow_tc_refresh(struct flow_tc *tc OVS_UNUSED)
{
    assert_false(sources.tc_dumping || sources.kernel_dumping);
    sources.tc_dumping = true;
}

bool
flow_tc_is_dumping(const struct flow_tc *tc OVS_UNUSED)
{
    return sources.tc_dumping;
}

bool
flow_tc_dev_gone(struct flow_tc *tc OVS_UNUSED, uint32_t dev)
{
    sources.dev_gone = dev;
    return sources.dev_had_flows;
}

bool
flow_tc_has_qdisc(const struct flow_tc *tc OVS_UNUSED, int ifindex)
{
    return ifindex == PORT;
}

const struct flow_tc_status *
flow_tc_status(const struct flow_tc *tc OVS_UNUSED)
{
    return &sources.tc;
}

const struct tc_monitor_stats *
flow_tc_monitor_stats(const struct flow_tc *tc OVS_UNUSED)
{
    return NULL;
}

struct flow_kernel *
flow_kernel_create(struct event_base *base OVS_UNUSED,
                   struct kernel_helper *helper OVS_UNUSED,
                   struct genl *genl OVS_UNUSED,
                   struct flow_table *table OVS_UNUSED,
                   uint32_t (*ifindex)(void *, const char *) OVS_UNUSED,
                   void *aux OVS_UNUSED)
{
    return (struct flow_kernel *) &sources;
}

void
flow_kernel_destroy(struct flow_kernel *fk)
{
    assert_ptr_equal(fk, &sources);
}

void
flow_kernel_run(struct flow_kernel *fk OVS_UNUSED)
{
}

void
flow_kernel_wait(struct flow_kernel *fk OVS_UNUSED)
{
}

void
flow_kernel_resync(struct flow_kernel *fk OVS_UNUSED)
{
    sources.n_resyncs++;
}

void
flow_kernel_refresh(struct flow_kernel *fk OVS_UNUSED)
{
    assert_false(sources.tc_dumping || sources.kernel_dumping);
    sources.kernel_dumping = true;
}

bool
flow_kernel_is_dumping(const struct flow_kernel *fk OVS_UNUSED)
{
    return sources.kernel_dumping;
}

const struct flow_kernel_status *
flow_kernel_status(const struct flow_kernel *fk OVS_UNUSED)
{
    return &sources.kernel;
}

struct dp_flow_source *
flow_kernel_source(const struct flow_kernel *fk OVS_UNUSED)
{
    return NULL;
}

const struct source_status *
dp_flow_source_status(const struct dp_flow_source *source OVS_UNUSED)
{
    static const struct source_status status;

    return &status;
}

static bool
exists(void *aux OVS_UNUSED, uint32_t ifindex OVS_UNUSED)
{
    return false;
}

static uint32_t
get_ifindex(void *aux OVS_UNUSED, const char *name OVS_UNUSED)
{
    return 0;
}

static struct flow_engine *
start(enum flow_source_state state)
{
    const struct flow_engine_netdevs netdevs = {
        .exists = exists, .ifindex = get_ifindex,
    };

    memset(&sources, 0, sizeof sources);
    sources.tc.state = sources.kernel.state = state;
    return flow_engine_create(NULL, NULL, NULL, &netdevs);
}

static void
put_flow(void)
{
    const struct flow_record r = { .ufid = { 1 }, .dev = PORT,
                                   .flags = FLOW_IN_HW };
    const struct flow_record *p = &r;

    flow_table_put(sources.table, &p, 1, time_msec());
}

/* Runs until there is nothing to do at once. */
static void
settle(struct flow_engine *e)
{
    do {
        flow_engine_run(e);
    } while (!flow_engine_is_settled(e));
}

/* A netdev takes the flows on it along, of which the source knows. */
static void
test_dev_gone(void **state OVS_UNUSED)
{
    struct flow_engine *e = start(FLOW_SOURCE_SYNCED);

    settle(e);
    flow_engine_dev_gone(e, PORT);
    assert_int_equal(PORT, sources.dev_gone);
    assert_true(flow_engine_is_settled(e));

    /* Then the table has something to do, maybe after this turn's run. */
    sources.dev_had_flows = true;
    flow_engine_dev_gone(e, PORT + 1);
    assert_int_equal(PORT + 1, sources.dev_gone);
    assert_false(flow_engine_is_settled(e));
    flow_engine_wait(e);
    poll_block();               /* Returns at once. */
    settle(e);
    flow_engine_destroy(e);
}

/* One source's counters after the other's; and only if there are any. */
static void
test_cycle(void **state OVS_UNUSED)
{
    struct flow_engine *e = start(FLOW_SOURCE_SYNCING);

    flow_engine_refresh(e);
    put_flow();
    flow_engine_run(e);
    assert_false(flow_engine_is_settled(e));
    flow_engine_refresh(e);
    assert_false(flow_engine_is_refreshing(e));

    sources.tc.state = sources.kernel.state = FLOW_SOURCE_SYNCED;
    flow_engine_run(e);
    assert_true(flow_engine_is_refreshing(e));
    assert_true(sources.tc_dumping);
    flow_engine_run(e);
    assert_true(sources.tc_dumping && !sources.kernel_dumping);
    sources.tc_dumping = false;
    sources.tc.dump_us = 3000 * 1000;
    flow_engine_run(e);
    assert_true(sources.kernel_dumping);
    assert_true(flow_engine_is_refreshing(e));
    sources.kernel_dumping = false;
    flow_engine_run(e);
    assert_false(flow_engine_is_refreshing(e));
    assert_true(flow_engine_offloads(e));

    /* Three seconds of the kernel's want one minute of rest. */
    flow_engine_set_period(e, 1000);
    flow_engine_refresh(e);
    flow_engine_run(e);
    assert_false(flow_engine_is_refreshing(e));
    flow_engine_destroy(e);
}

static void
test_status(void **state OVS_UNUSED)
{
    struct flow_engine *e = start(FLOW_SOURCE_SYNCED);
    struct json *json;

    flow_engine_resync(e);
    assert_int_equal(2, sources.n_resyncs);
    assert_true(flow_engine_has_qdisc(e, PORT));
    assert_false(flow_engine_is_incomplete(e));
    sources.kernel.state = FLOW_SOURCE_FAILED;
    assert_true(flow_engine_is_incomplete(e));
    assert_int_equal(FLOW_SOURCE_SYNCED,
                     flow_engine_state(e, FLOW_SOURCE_TC));
    assert_int_equal(FLOW_SOURCE_FAILED,
                     flow_engine_state(e, FLOW_SOURCE_KERNEL));

    /* Only of a source that has flows the age matters. */
    put_flow();
    settle(e);
    sources.tc.last_read = 20;
    sources.kernel.last_read = 10;
    assert_int_equal(20, flow_engine_last_read(e));
    json = flow_engine_status_to_json(e);
    assert_int_equal(1, json_integer(shash_find_data(json_object(json),
                                                     "flows")));
    json_destroy(json);
    flow_engine_destroy(e);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dev_gone),
        cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
