/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/tc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/flow-table/table.h"
#include "coverage.h"
#include "hash.h"
#include "netlink/retry.h"
#include "netlink/tc-monitor.h"
#include "netlink/tc.h"
#include "openvswitch/hmap.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(flow_tc);

COVERAGE_DEFINE(flow_tc_abandon);
COVERAGE_DEFINE(flow_tc_outrun);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Receive buffer of the monitor, in bytes. */
#define MONITOR_RCVBUF (8 * 1024 * 1024)

/* A flow that an event was about while a dump runs. */
struct touched {
    struct hmap_node node;      /* In 'touched'. */
    uint8_t ufid[FLOW_UFID_LEN]; /* Its ufid. */
};

/* A device with a qdisc in which filters may be. */
struct qdisc {
    struct hmap_node node;      /* In 'qdiscs'. */
    int ifindex;                /* Which device. */
};

struct flow_tc {
    struct event_base *base;
    struct flow_table *table;   /* The engine's. */
    struct tc_monitor *monitor; /* NULL while it cannot be had. */
    struct tc_dump *dump;       /* Under way, or NULL. */
    bool full;                  /* Is 'dump' a full one, or of counters? */
    bool again;                 /* Is a full dump wanted after this one? */
    size_t n_unknown;           /* Flows that the dump of counters told and the
                                 * table does not have. */
    struct hmap touched;        /* 'struct touched' by ufid, during a dump. */
    struct hmap qdiscs;         /* 'struct qdisc' by ifindex; not those with
                                 * shared blocks. */
    struct retry retry;         /* Of what failed. */
    char *last_error;           /* 'status.last_error'. */
    struct flow_tc_status status; /* What is told. */
};

/* Flows that events were about. */

static struct touched *
find_touched(const struct flow_tc *tc, const uint8_t *ufid, uint32_t hash)
{
    struct touched *t;

    HMAP_FOR_EACH_WITH_HASH (t, node, hash, &tc->touched) {
        if (!memcmp(t->ufid, ufid, sizeof t->ufid)) {
            return t;
        }
    }
    return NULL;
}

static bool
is_touched(const struct flow_tc *tc, const uint8_t *ufid)
{
    return find_touched(tc, ufid, hash_bytes(ufid, FLOW_UFID_LEN, 0)) != NULL;
}

static void
clear_touched(struct flow_tc *tc)
{
    struct touched *t;

    HMAP_FOR_EACH_POP (t, node, &tc->touched) {
        free(t);
    }
}

/* Qdiscs. */

static struct qdisc *
find_qdisc(const struct flow_tc *tc, int ifindex)
{
    struct qdisc *q;

    HMAP_FOR_EACH_WITH_HASH (q, node, hash_int(ifindex, 0), &tc->qdiscs) {
        if (q->ifindex == ifindex) {
            return q;
        }
    }
    return NULL;
}

static void
add_qdisc(struct flow_tc *tc, int ifindex)
{
    if (ifindex && !find_qdisc(tc, ifindex)) {
        struct qdisc *q = xmalloc(sizeof *q);

        q->ifindex = ifindex;
        hmap_insert(&tc->qdiscs, &q->node, hash_int(ifindex, 0));
    }
}

static void
del_qdisc(struct flow_tc *tc, struct qdisc *q)
{
    if (q) {
        hmap_remove(&tc->qdiscs, &q->node);
        free(q);
    }
}

static void
clear_qdiscs(struct flow_tc *tc)
{
    struct qdisc *q;

    HMAP_FOR_EACH_POP (q, node, &tc->qdiscs) {
        free(q);
    }
}

bool
flow_tc_has_qdisc(const struct flow_tc *tc, int ifindex)
{
    return find_qdisc(tc, ifindex) != NULL;
}

/* Failures. */

static void OVS_PRINTF_FORMAT(3, 4)
fail(struct flow_tc *tc, bool absent, const char *format, ...)
{
    va_list args;

    free(tc->last_error);
    va_start(args, format);
    tc->last_error = xvasprintf(format, args);
    va_end(args);
    tc->status.last_error = tc->last_error;
    tc->status.state = absent ? FLOW_SOURCE_ABSENT : FLOW_SOURCE_FAILED;
    VLOG_WARN_RL(&rl, "%s", tc->last_error);
    retry_schedule(&tc->retry);
}

/* Events during a dump. */

/* Ends the dump under way, as more flows change meanwhile than are to be
 * remembered.  A full one is made again after a pause, in which events are
 * followed as ever; counters are read the next time. */
static void
abandon_dump(struct flow_tc *tc)
{
    COVERAGE_INC(flow_tc_abandon);
    tc_dump_cancel(tc->dump);
    tc->dump = NULL;
    clear_touched(tc);
    if (tc->full || tc->again) {
        fail(tc, false, "cannot dump the tc filters: more than %d of them "
             "changed meanwhile", FLOW_TC_MAX_TOUCHED);
    }
}

static void
touch(struct flow_tc *tc, const uint8_t *ufid)
{
    uint32_t hash = hash_bytes(ufid, FLOW_UFID_LEN, 0);

    if (!tc->dump || find_touched(tc, ufid, hash)) {
        return;
    }
    if (hmap_count(&tc->touched) >= FLOW_TC_MAX_TOUCHED) {
        abandon_dump(tc);
    } else {
        struct touched *t = xmalloc(sizeof *t);

        memcpy(t->ufid, ufid, sizeof t->ufid);
        hmap_insert(&tc->touched, &t->node, hash);
    }
}

/* Dumps. */

/* If this part is told once more, what went meanwhile goes by events. */
static void
dump_begin(void *tc, const struct tc_part *part)
{
    add_qdisc(tc, part->ifindex);
}

static void
dump_flows(void *tc_, const struct flow_record *const *records, size_t n)
{
    const struct flow_record *news[TC_BATCH];
    struct flow_tc *tc = tc_;

    if (!hmap_is_empty(&tc->touched)) {
        size_t n_news = 0;

        for (size_t i = 0; i < n; i++) {
            if (!is_touched(tc, records[i]->ufid)) {
                news[n_news++] = records[i];
            }
        }
        records = news;
        n = n_news;
    }
    if (tc->full) {
        flow_table_put(tc->table, records, n, time_msec());
    } else {
        tc->n_unknown += flow_table_refresh(tc->table, records, n,
                                            time_msec());
    }
}

static void
finish_full(struct flow_tc *tc, const struct tc_dump_result *result)
{
    flow_table_sweep(tc->table, false, 0);
    tc->status.incomplete = result->n_malformed > 0;
    tc->status.n_resyncs++;
    tc->status.state = FLOW_SOURCE_SYNCED;
    retry_reset(&tc->retry);
}

static void
dump_done(void *tc_, const struct tc_dump_result *result)
{
    struct flow_tc *tc = tc_;
    size_t n_touched = hmap_count(&tc->touched);

    tc->dump = NULL;
    clear_touched(tc);
    tc->status.n_malformed += result->n_malformed;
    tc->status.dump_us = result->kernel_us;
    if (result->error) {
        fail(tc, false, "cannot dump the tc filters: %s",
             ovs_strerror(result->error));
    } else {
        tc->status.last_read = time_msec();
        if (tc->full) {
            finish_full(tc, result);
        } else if (tc->n_unknown > n_touched) {
            /* There are flows that no event told of. */
            COVERAGE_INC(flow_tc_outrun);
            tc->again = true;
        }
    }
    if (tc->again) {
        flow_tc_resync(tc);
    }
}

static void
start_dump(struct flow_tc *tc, bool full)
{
    static const struct tc_dump_callbacks callbacks = {
        .begin = dump_begin,
        .flows = dump_flows,
        .done = dump_done,
    };
    int error;

    tc->full = full;
    tc->n_unknown = 0;
    tc->dump = tc_dump_start(tc->base, NULL, 0,
                             full ? 0 : TC_DUMP_TERSE | TC_DUMP_NO_RETRY,
                             &callbacks, tc, &error);
    if (!tc->dump) {
        fail(tc, false, "cannot dump the tc filters: %s",
             ovs_strerror(error));
    }
}

void
flow_tc_resync(struct flow_tc *tc)
{
    if (!tc->monitor) {
        return;                 /* Will be, by flow_tc_run(). */
    }
    if (tc->dump) {
        tc->again = true;
        return;
    }
    tc->again = false;
    tc->status.state = FLOW_SOURCE_SYNCING;
    flow_table_mark(tc->table, false, 0);
    clear_qdiscs(tc);
    start_dump(tc, true);
}

void
flow_tc_refresh(struct flow_tc *tc)
{
    if (!tc->dump && tc->status.state == FLOW_SOURCE_SYNCED) {
        start_dump(tc, false);
    }
}

bool
flow_tc_is_dumping(const struct flow_tc *tc)
{
    return tc->dump != NULL;
}

/* Events. */

static void
on_added(void *tc_, const struct flow_record *const *records, size_t n)
{
    struct flow_tc *tc = tc_;

    for (size_t i = 0; tc->dump && i < n; i++) {
        touch(tc, records[i]->ufid);
    }
    flow_table_put(tc->table, records, n, time_msec());
}

static void
on_deleted(void *tc_, const struct flow_record *const *records, size_t n)
{
    struct flow_tc *tc = tc_;

    for (size_t i = 0; tc->dump && i < n; i++) {
        touch(tc, records[i]->ufid);
    }
    flow_table_delete_batch(tc->table, records, n, time_msec());
}

/* The device by whose number a part's flows go, see struct flow_record. */
static uint32_t
part_dev(const struct tc_part *part)
{
    return part->block ? part->block : part->ifindex;
}

/* Open vSwitch deletes filters one by one; someone else may delete its. */
static void
on_prio_gone(void *tc_, const struct tc_part *part,
             uint32_t chain OVS_UNUSED, uint16_t prio OVS_UNUSED)
{
    struct flow_tc *tc = tc_;

    if (flow_table_count_of(tc->table, false, part_dev(part))) {
        flow_tc_resync(tc);
    }
}

static void
on_chain_gone(void *tc_, uint32_t dev, bool on_block OVS_UNUSED,
              uint32_t chain)
{
    struct flow_tc *tc = tc_;

    flow_table_purge_chain(tc->table, dev, chain);
}

static void
on_qdisc_added(void *tc, int ifindex OVS_UNUSED, const struct tc_part *parts,
               size_t n)
{
    for (size_t i = 0; i < n; i++) {
        add_qdisc(tc, parts[i].ifindex);
    }
}

/* All filters on 'dev' are gone, and no event told which.  So a full dump may
 * go on to tell them, and is not believed. */
static void
all_gone(struct flow_tc *tc, uint32_t dev)
{
    if (tc->dump && tc->full) {
        tc->again = true;
    }
    flow_table_mark(tc->table, false, dev);
    flow_table_sweep(tc->table, false, dev);
}

static void
on_qdisc_deleted(void *tc_, int ifindex, const struct tc_part *parts, size_t n)
{
    struct flow_tc *tc = tc_;

    del_qdisc(tc, find_qdisc(tc, ifindex));
    for (size_t i = 0; i < n; i++) {
        if (!parts[i].block) {
            all_gone(tc, ifindex);
            break;
        }
    }
}

bool
flow_tc_dev_gone(struct flow_tc *tc, uint32_t dev)
{
    struct qdisc *q = find_qdisc(tc, dev);

    if (!q && !flow_table_count_of(tc->table, false, dev)) {
        return false;
    }
    del_qdisc(tc, q);
    all_gone(tc, dev);
    return true;
}

static void
on_lost(void *tc_, int error)
{
    struct flow_tc *tc = tc_;

    VLOG_INFO_RL(&rl, "tc notifications were lost (%s), reading all filters",
                 ovs_strerror(error));
    tc->status.n_overflows++;
    flow_tc_resync(tc);
}

static void
start_monitor(struct flow_tc *tc)
{
    static const struct tc_monitor_callbacks callbacks = {
        .added = on_added,
        .deleted = on_deleted,
        .prio_gone = on_prio_gone,
        .chain_gone = on_chain_gone,
        .qdisc_added = on_qdisc_added,
        .qdisc_deleted = on_qdisc_deleted,
        .lost = on_lost,
    };
    int error;

    tc->monitor = tc_monitor_create(tc->base, MONITOR_RCVBUF, &callbacks, tc,
                                    &error);
    if (tc->monitor) {
        flow_tc_resync(tc);
    } else {
        fail(tc, error == EPROTONOSUPPORT, "cannot listen to tc: %s",
             ovs_strerror(error));
    }
}

/* Life cycle. */

struct flow_tc *
flow_tc_create(struct event_base *base, struct flow_table *table)
{
    struct flow_tc *tc = xzalloc(sizeof *tc);

    tc->base = base;
    tc->table = table;
    hmap_init(&tc->touched);
    hmap_init(&tc->qdiscs);
    tc->status.state = FLOW_SOURCE_SYNCING;
    start_monitor(tc);
    return tc;
}

void
flow_tc_destroy(struct flow_tc *tc)
{
    if (tc) {
        if (tc->dump) {
            tc_dump_cancel(tc->dump);
        }
        tc_monitor_destroy(tc->monitor);
        clear_touched(tc);
        hmap_destroy(&tc->touched);
        clear_qdiscs(tc);
        hmap_destroy(&tc->qdiscs);
        free(tc->last_error);
        free(tc);
    }
}

void
flow_tc_run(struct flow_tc *tc)
{
    if (!retry_take(&tc->retry)) {
        return;
    }
    if (!tc->monitor) {
        start_monitor(tc);
    } else {
        flow_tc_resync(tc);
    }
}

void
flow_tc_wait(struct flow_tc *tc)
{
    retry_wait(&tc->retry);
}

const struct flow_tc_status *
flow_tc_status(const struct flow_tc *tc)
{
    return &tc->status;
}

const struct tc_monitor_stats *
flow_tc_monitor_stats(const struct flow_tc *tc)
{
    return tc->monitor ? tc_monitor_stats(tc->monitor) : NULL;
}
