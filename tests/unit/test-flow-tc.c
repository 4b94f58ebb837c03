/* SPDX-License-Identifier: Apache-2.0 */

/* tc filters into a flow table: the order of dumps and events.  The test plays
 * netlink/tc.h and netlink/tc-monitor.h, which are defined here. */

#include <config.h>

#include "controller/flow/tc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/flow-table/table.h"
#include "netlink/tc-monitor.h"
#include "netlink/tc.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

#define PORT 7                  /* A device. */

/* The one monitor, and the one dump that there may be. */
static struct {
    int monitor_error;          /* tc_monitor_create() fails with this. */
    bool listening;             /* Is there a monitor? */
    const struct tc_monitor_callbacks *events;
    void *events_aux;           /* For 'events'. */

    int dump_error;             /* tc_dump_start() fails with this. */
    bool dumping;               /* Is there a dump? */
    unsigned int options;       /* Its TC_DUMP_*. */
    int n_dumps;                /* Dumps so far. */
    const struct tc_dump_callbacks *cbs;
    void *aux;                  /* For 'cbs'. */
} kernel;

struct tc_monitor *
tc_monitor_create(struct event_base *base OVS_UNUSED, int rcvbuf OVS_UNUSED,
                  const struct tc_monitor_callbacks *events, void *aux,
                  int *errorp)
{
    assert_false(kernel.listening);
    if (kernel.monitor_error) {
        *errorp = kernel.monitor_error;
        return NULL;
    }
    kernel.listening = true;
    kernel.events = events;
    kernel.events_aux = aux;
    return (struct tc_monitor *) &kernel;
}

void
tc_monitor_destroy(struct tc_monitor *monitor)
{
    assert_int_equal(monitor != NULL, kernel.listening);
    kernel.listening = false;
}

const struct tc_monitor_stats *
tc_monitor_stats(const struct tc_monitor *monitor OVS_UNUSED)
{
    static const struct tc_monitor_stats stats;

    return &stats;
}

struct tc_dump *
tc_dump_start(struct event_base *base OVS_UNUSED, const int *ifindexes,
              size_t n OVS_UNUSED, unsigned int options,
              const struct tc_dump_callbacks *cbs, void *aux, int *errorp)
{
    /* Whoever is not listening yet misses what happens after the dump. */
    assert_true(kernel.listening);
    assert_false(kernel.dumping);
    assert_null(ifindexes);
    if (kernel.dump_error) {
        *errorp = kernel.dump_error;
        return NULL;
    }
    kernel.dumping = true;
    kernel.options = options;
    kernel.n_dumps++;
    kernel.cbs = cbs;
    kernel.aux = aux;
    return (struct tc_dump *) &kernel;
}

void
tc_dump_cancel(struct tc_dump *dump OVS_UNUSED)
{
    assert_true(kernel.dumping);
    kernel.dumping = false;
}

static bool
is_full_dump(void)
{
    return kernel.dumping && !(kernel.options & TC_DUMP_TERSE);
}

/* Flow 'n' to 'out', with 'packets', all in hardware. */
static void
make_flow(struct flow_record *r, int n, uint32_t out, uint64_t packets)
{
    memset(r, 0, sizeof *r);
    r->ufid[0] = n;
    r->ufid[1] = n >> 8;
    r->ufid[2] = n >> 16;
    r->dev = PORT;
    r->flags = FLOW_IN_HW;
    r->packets = r->hw_packets = packets;
    r->outputs = r->inline_outputs;
    r->inline_outputs[r->n_outputs++] = out;
}

static void
tell(int n, uint32_t out, uint64_t packets)
{
    struct flow_record r;
    const struct flow_record *p = &r;

    make_flow(&r, n, out, packets);
    if (kernel.options & TC_DUMP_TERSE) {
        r.flags |= FLOW_TERSE;
        r.n_outputs = 0;
    }
    kernel.cbs->flows(kernel.aux, &p, 1);
}

static void
tell_done(int error)
{
    const struct tc_dump_result result = { .error = error, .kernel_us = 5 };

    assert_true(kernel.dumping);
    kernel.dumping = false;
    kernel.cbs->done(kernel.aux, &result);
}

static void
event_added(int n, uint32_t out)
{
    struct flow_record r;
    const struct flow_record *p = &r;

    make_flow(&r, n, out, 0);
    kernel.events->added(kernel.events_aux, &p, 1);
}

static void
event_deleted(int n)
{
    struct flow_record r;
    const struct flow_record *p = &r;

    make_flow(&r, n, 8, 0);
    kernel.events->deleted(kernel.events_aux, &p, 1);
}

static struct flow_table *table;

static struct flow_tc *
start(void)
{
    memset(&kernel, 0, sizeof kernel);
    table = flow_table_create();
    return flow_tc_create(NULL, table);
}

/* start() with 'n' flows to device 8. */
static struct flow_tc *
start_synced(int n)
{
    struct flow_tc *tc = start();

    assert_true(is_full_dump());
    for (int i = 1; i <= n; i++) {
        tell(i, 8, 10);
    }
    tell_done(0);
    assert_int_equal(FLOW_SOURCE_SYNCED, flow_tc_status(tc)->state);
    return tc;
}

static void
stop(struct flow_tc *tc)
{
    flow_tc_destroy(tc);
    assert_false(kernel.listening);
    assert_false(kernel.dumping);
    flow_table_destroy(table);
}

/* Flows in the table, after what was put off. */
static size_t
count(void)
{
    while (flow_table_run(table, 100, time_msec())) {
        continue;
    }
    return flow_table_count(table);
}

/* Where flow 'n' leads, 0 if it is not there. */
static uint32_t
output_of(int n)
{
    const uint8_t ufid[FLOW_UFID_LEN] = { n };
    struct flow_view view;

    count();
    return (flow_table_find(table, ufid, &view)
            ? view.receiver->devs[0] : 0);
}

/* What a dump tells after an event about the same flow is older, or the
 * same. */
static void
test_events_win(void **state OVS_UNUSED)
{
    struct flow_tc *tc = start();

    event_added(1, 9);
    event_deleted(2);
    event_added(3, 9);
    event_deleted(3);
    event_deleted(4);
    event_added(4, 9);
    for (int i = 1; i <= 5; i++) {
        tell(i, 8, 10);
    }
    tell_done(0);
    assert_int_equal(9, output_of(1));
    assert_int_equal(0, output_of(2));
    assert_int_equal(0, output_of(3));
    assert_int_equal(9, output_of(4));
    assert_int_equal(8, output_of(5));
    assert_int_equal(3, count());

    /* The next dump is newer than these events. */
    flow_tc_resync(tc);
    tell(1, 8, 10);
    tell(2, 8, 10);
    tell_done(0);
    assert_int_equal(8, output_of(1));
    assert_int_equal(8, output_of(2));
    assert_int_equal(2, count());
    stop(tc);
}

/* Lost events: a full dump, after the one under way, removes what it does not
 * have. */
static void
test_lost(void **state OVS_UNUSED)
{
    struct flow_tc *tc = start_synced(3);

    kernel.events->lost(kernel.events_aux, ENOBUFS);
    assert_int_equal(FLOW_SOURCE_SYNCING, flow_tc_status(tc)->state);
    assert_int_equal(1, flow_tc_status(tc)->n_overflows);
    assert_true(is_full_dump());
    tell(1, 8, 10);
    kernel.events->lost(kernel.events_aux, ENOBUFS);
    tell_done(0);
    assert_int_equal(FLOW_SOURCE_SYNCING, flow_tc_status(tc)->state);
    assert_true(is_full_dump());
    tell(2, 8, 10);
    tell_done(0);
    assert_int_equal(FLOW_SOURCE_SYNCED, flow_tc_status(tc)->state);
    assert_false(kernel.dumping);
    assert_int_equal(1, count());
    assert_int_equal(8, output_of(2));
    stop(tc);
}

static void
test_refresh(void **state OVS_UNUSED)
{
    struct flow_tc *tc = start_synced(2);

    flow_tc_refresh(tc);
    assert_true(kernel.dumping);
    assert_true(kernel.options & TC_DUMP_TERSE);
    flow_tc_refresh(tc);
    assert_int_equal(2, kernel.n_dumps);
    tell(1, 0, 25);
    event_deleted(2);
    tell(2, 0, 25);
    event_added(3, 9);
    tell_done(0);
    assert_int_equal(25, flow_table_find_sender(table, PORT)
                         ->passed.hw.packets - 10);
    assert_int_equal(2, count());
    assert_false(kernel.dumping);
    assert_int_equal(5, flow_tc_status(tc)->dump_us);

    /* One that no event told of: read all. */
    flow_tc_refresh(tc);
    tell(1, 0, 25);
    tell(3, 0, 0);
    tell(9, 0, 25);
    tell_done(0);
    assert_true(is_full_dump());
    assert_int_equal(FLOW_SOURCE_SYNCING, flow_tc_status(tc)->state);
    tell_done(0);
    assert_int_equal(0, count());
    stop(tc);
}

/* Waits, some 20 ms, until 'tc' tries again. */
static void
wait_for_retry(struct flow_tc *tc)
{
    flow_tc_wait(tc);
    poll_timer_wait(10000);     /* If it does not. */
    poll_block();
    flow_tc_run(tc);
}

/* Deletes 'n' flows, more than there are. */
static void
delete_many(int n)
{
    for (int i = 1; i <= n; i++) {
        event_deleted(i);
    }
}

/* More flows change during a dump than are remembered. */
static void
test_churn(void **state OVS_UNUSED)
{
    struct flow_tc *tc = start_synced(1);
    uint64_t n_resyncs = flow_tc_status(tc)->n_resyncs;

    flow_tc_resync(tc);
    delete_many(FLOW_TC_MAX_TOUCHED);
    delete_many(FLOW_TC_MAX_TOUCHED); /* The same ones. */
    assert_true(kernel.dumping);
    event_deleted(FLOW_TC_MAX_TOUCHED + 1);
    assert_false(kernel.dumping);
    assert_int_equal(FLOW_SOURCE_FAILED, flow_tc_status(tc)->state);
    assert_non_null(strstr(flow_tc_status(tc)->last_error, "131072"));

    /* Events are followed, and the next dump knows nothing of the old ones. */
    event_added(1, 9);
    assert_int_equal(9, output_of(1));
    wait_for_retry(tc);
    assert_true(is_full_dump());
    tell(2, 8, 10);
    tell_done(0);
    assert_int_equal(n_resyncs + 1, flow_tc_status(tc)->n_resyncs);
    assert_int_equal(FLOW_SOURCE_SYNCED, flow_tc_status(tc)->state);
    assert_int_equal(0, output_of(1));
    assert_int_equal(8, output_of(2));

    /* A dump of counters does not have to be made up for... */
    flow_tc_refresh(tc);
    delete_many(FLOW_TC_MAX_TOUCHED + 1);
    assert_false(kernel.dumping);
    assert_int_equal(FLOW_SOURCE_SYNCED, flow_tc_status(tc)->state);

    /* ...unless a full one was to follow it. */
    flow_tc_refresh(tc);
    kernel.events->lost(kernel.events_aux, ENOBUFS);
    delete_many(FLOW_TC_MAX_TOUCHED + 1);
    assert_false(kernel.dumping);
    wait_for_retry(tc);
    assert_true(is_full_dump());
    stop(tc);
}

/* Places that go take their filters with them. */
static void
test_places(void **state OVS_UNUSED)
{
    const struct tc_part part = { .ifindex = PORT, .parent = 0xfffffff2 };
    struct flow_tc *tc = start_synced(3);

    assert_false(flow_tc_has_qdisc(tc, PORT));
    kernel.events->qdisc_added(kernel.events_aux, PORT, &part, 1);
    assert_true(flow_tc_has_qdisc(tc, PORT));
    kernel.events->chain_gone(kernel.events_aux, PORT, false, 4);
    assert_int_equal(3, count());
    kernel.events->chain_gone(kernel.events_aux, PORT, false, 0);
    event_added(9, 8);
    assert_int_equal(1, count());
    kernel.events->qdisc_deleted(kernel.events_aux, PORT, &part, 1);
    assert_false(flow_tc_has_qdisc(tc, PORT));
    assert_int_equal(0, count());

    /* Someone else deletes by priority, which tells no single filter. */
    kernel.events->prio_gone(kernel.events_aux, &part, 0, 1);
    assert_false(kernel.dumping);
    event_added(1, 8);
    kernel.events->prio_gone(kernel.events_aux, &part, 0, 1);
    assert_true(is_full_dump());
    stop(tc);
}

/* The same if a netdev goes: there is no event of its qdisc. */
static void
test_dev_gone(void **state OVS_UNUSED)
{
    const struct tc_part part = { .ifindex = PORT, .parent = 0xfffffff2 };
    struct flow_tc *tc = start_synced(3);

    kernel.events->qdisc_added(kernel.events_aux, PORT, &part, 1);
    assert_false(flow_tc_dev_gone(tc, PORT + 1));
    assert_int_equal(3, count());
    assert_true(flow_tc_has_qdisc(tc, PORT));
    assert_true(flow_tc_dev_gone(tc, PORT));
    assert_int_equal(0, count());
    assert_false(flow_tc_has_qdisc(tc, PORT));
    assert_false(flow_tc_dev_gone(tc, PORT));

    /* Without a qdisc that is known. */
    event_added(1, 8);
    assert_true(flow_tc_dev_gone(tc, PORT));
    assert_int_equal(0, count());
    assert_int_equal(1, kernel.n_dumps);
    stop(tc);
}

/* A place goes, for which 'go' is called, while a full dump reads it: what the
 * dump still tells of it does not stay. */
static void
check_gone_meanwhile(void (*go)(struct flow_tc *))
{
    const struct tc_part part = { .ifindex = PORT, .parent = 0xfffffff2 };
    struct flow_tc *tc = start();

    kernel.cbs->begin(kernel.aux, &part);
    tell(1, 8, 10);
    go(tc);
    assert_int_equal(0, count());
    tell(2, 8, 10);
    tell_done(0);
    assert_true(is_full_dump());
    tell_done(0);
    assert_int_equal(FLOW_SOURCE_SYNCED, flow_tc_status(tc)->state);
    assert_false(kernel.dumping);
    assert_int_equal(0, count());
    stop(tc);
}

static void
go_qdisc(struct flow_tc *tc OVS_UNUSED)
{
    const struct tc_part part = { .ifindex = PORT, .parent = 0xfffffff2 };

    kernel.events->qdisc_deleted(kernel.events_aux, PORT, &part, 1);
}

static void
go_dev(struct flow_tc *tc)
{
    assert_true(flow_tc_dev_gone(tc, PORT));
}

static void
test_gone_meanwhile(void **state OVS_UNUSED)
{
    check_gone_meanwhile(go_qdisc);
    check_gone_meanwhile(go_dev);
}

/* What fails is tried again. */
static void
test_failures(void **state OVS_UNUSED)
{
    struct flow_tc *tc;

    memset(&kernel, 0, sizeof kernel);
    kernel.monitor_error = EMFILE;
    table = flow_table_create();
    tc = flow_tc_create(NULL, table);
    assert_int_equal(FLOW_SOURCE_FAILED, flow_tc_status(tc)->state);
    assert_non_null(strstr(flow_tc_status(tc)->last_error, "cannot listen"));
    flow_tc_resync(tc);
    flow_tc_refresh(tc);
    assert_false(kernel.dumping);

    kernel.monitor_error = 0;
    kernel.dump_error = ENOMEM;
    wait_for_retry(tc);
    assert_true(kernel.listening);
    assert_int_equal(FLOW_SOURCE_FAILED, flow_tc_status(tc)->state);

    kernel.dump_error = 0;
    wait_for_retry(tc);
    assert_true(is_full_dump());
    tell_done(EAGAIN);
    assert_int_equal(FLOW_SOURCE_FAILED, flow_tc_status(tc)->state);
    wait_for_retry(tc);
    assert_true(is_full_dump());
    tell_done(0);
    assert_int_equal(FLOW_SOURCE_SYNCED, flow_tc_status(tc)->state);
    stop(tc);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_win),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_churn),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_dev_gone),
        cmocka_unit_test(test_gone_meanwhile),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
