/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/table.h"

#include "random.h"
#include "tests/unit/flow-table-build.h"

/* Readings of many flows in the order in which they were added, as in a dump,
 * mostly tell nothing new, and the table has a short way for these.  What it
 * does must be the same as if each came by itself, and never after the one
 * before it: so two tables are given the same, in these two ways. */

#define N_FLOWS 90
#define N_CHAINS 3              /* Of each device. */
#define NOW 1000000

struct pair {
    struct flow_table *row;     /* Is told all, in order. */
    struct flow_table *single;  /* Is told each, backwards. */
    struct flow_record flows[N_FLOWS]; /* As the kernel has them. */
    bool exists[N_FLOWS];       /* Are they there? */
    long long int now;          /* In ms. */
};

static void
put(struct pair *p, size_t i)
{
    flow_put(p->row, &p->flows[i], p->now);
    flow_put(p->single, &p->flows[i], p->now);
    p->exists[i] = true;
}

static void
delete(struct pair *p, size_t i)
{
    flow_table_delete(p->row, p->flows[i].ufid, false, NULL, p->now);
    flow_table_delete(p->single, p->flows[i].ufid, false, NULL, p->now);
    p->exists[i] = false;
}

static void
create(struct pair *p)
{
    memset(p, 0, sizeof *p);
    p->row = flow_table_create();
    p->single = flow_table_create();
    p->now = NOW;
    for (size_t i = 0; i < N_FLOWS; i++) {
        size_t chain = i * 3 * N_CHAINS / N_FLOWS;

        flow_init(&p->flows[i], i + 1, 1 + chain / N_CHAINS, chain % N_CHAINS,
                  i % 4 ? FLOW_IN_HW : 0);
        p->flows[i].outputs = p->flows[i].inline_outputs;
        flow_output(&p->flows[i], 10 + i % 2);
        put(p, i);
    }
}

static void
destroy(struct pair *p)
{
    flow_verify(p->row, p->now);
    flow_verify(p->single, p->now);
    flow_table_destroy(p->row);
    flow_table_destroy(p->single);
}

/* Both tables tell the same of all. */
static void
compare(struct pair *p)
{
    const struct flow_sender *sender;
    size_t cursor = 0;

    flow_settle(p->row, p->now);
    flow_settle(p->single, p->now);
    assert_int_equal(flow_table_count(p->single), flow_table_count(p->row));
    for (size_t i = 0; i < N_FLOWS; i++) {
        struct flow_view a, b;
        bool found = flow_table_find(p->row, p->flows[i].ufid, &a);

        assert_int_equal(found, flow_table_find(p->single, p->flows[i].ufid,
                                                &b));
        if (found) {
            assert_memory_equal(&a.hw, &b.hw, sizeof a.hw);
            assert_memory_equal(&a.sw, &b.sw, sizeof a.sw);
            assert_int_equal(a.flags, b.flags);
            assert_int_equal(a.hw_percent, b.hw_percent);
            assert_int_equal(a.last_used, b.last_used);
            assert_int_equal(a.path, b.path);
        }
    }
    while ((sender = flow_table_next_sender(p->row, &cursor))) {
        const struct flow_sender *other
            = flow_table_find_sender(p->single, sender->dev);

        assert_memory_equal(sender, other, sizeof *sender);
    }
}

/* Changes 'r', the terse reading of a flow, in one of all ways in which one
 * may differ from what is known. */
static void
change(struct flow_record *r, struct flow_record *flow, unsigned int how)
{
    switch (how) {
    case 0:
        flow->packets++;
        break;
    case 1:
        flow->bytes += 60;
        break;
    case 2:
        flow->packets++;
        flow->hw_packets++;
        break;
    case 3:
        flow->bytes += 60;
        flow->hw_bytes += 60;
        break;
    case 4:
        flow->flags ^= FLOW_IN_HW;
        break;
    case 5:
        r->dev ^= 1;
        return;
    case 6:
        r->recirc_id++;
        return;
    case 7:
        r->flags |= FLOW_KERNEL;
        return;
    case 8:
        r->flags &= ~FLOW_TERSE;
        r->last_used = 5000;
        return;
    case 9:
        r->ufid[15] = 1;        /* Is not there. */
        return;
    case 10:
        flow->hw_packets = MIN(flow->hw_packets + 1, flow->packets);
        break;
    case 11:
        flow->hw_bytes = MIN(flow->hw_bytes + 1, flow->bytes);
        break;
    case 12:
        flow->packets = flow->bytes = flow->hw_packets = flow->hw_bytes = 0;
        break;
    }
    r->packets = flow->packets;
    r->bytes = flow->bytes;
    r->hw_packets = flow->hw_packets;
    r->hw_bytes = flow->hw_bytes;
    r->flags = (flow->flags & FLOW_IN_HW) | FLOW_TERSE;
}
#define N_CHANGES 13

/* Reads all flows, of which one in 'rate' changed. */
static void
refresh(struct pair *p, unsigned int rate)
{
    const struct flow_record *batch[FLOW_BATCH];
    static struct flow_record told[N_FLOWS];
    size_t n = 0, n_missing = 0, n_single = 0;

    for (size_t i = 0; i < N_FLOWS; i++) {
        struct flow_record *r = &told[n];

        if (!p->exists[i]) {
            continue;
        }
        memcpy(r, &p->flows[i], sizeof *r);
        r->outputs = r->inline_outputs;
        r->flags = (r->flags & FLOW_IN_HW) | FLOW_TERSE;
        if (!random_range(rate)) {
            change(r, &p->flows[i], random_range(N_CHANGES));
        }
        n++;
    }
    p->now += 1000;
    for (size_t i = 0; i < n; ) {
        size_t size = 0, max = 1 + random_range(FLOW_BATCH);

        while (size < max && i < n) {
            batch[size++] = &told[i++];
        }
        n_missing += flow_table_refresh(p->row, batch, size, p->now);
    }
    for (size_t i = n; i-- > 0; ) {
        n_single += flow_refresh(p->single, &told[i], p->now);
    }
    assert_int_equal(n_single, n_missing);
}

static void
test_same(void **state OVS_UNUSED)
{
    struct pair p;

    random_set_seed(0x5eed1e55);
    create(&p);
    for (int round = 0; round < 3000; round++) {
        bool mark = !random_range(4);

        if (!random_range(4)) {
            delete(&p, random_range(N_FLOWS));
        }
        for (int i = random_range(8); i > 0; i--) {
            put(&p, random_range(N_FLOWS));
        }
        if (mark) {
            flow_table_mark(p.row, false, 0);
            flow_table_mark(p.single, false, 0);
        }
        refresh(&p, round % 2 ? 10 : 1000);
        if (mark) {
            flow_table_sweep(p.row, false, 0);
            flow_table_sweep(p.single, false, 0);
        }
        compare(&p);
        if (mark) {
            /* What a reading did not tell of is gone. */
            for (size_t j = 0; j < N_FLOWS; j++) {
                struct flow_view v;

                p.exists[j] = flow_table_find(p.row, p.flows[j].ufid, &v);
            }
        }
    }
    destroy(&p);
}

/* A flow that is purged with its chain is not, if it is read meanwhile. */
static void
test_purge(void **state OVS_UNUSED)
{
    struct pair p;

    create(&p);
    refresh(&p, 1000000);
    flow_table_purge_chain(p.row, 3, 1);
    flow_table_purge_chain(p.single, 3, 1);
    flow_table_run(p.row, 1, p.now);
    flow_table_run(p.single, 1, p.now);
    refresh(&p, 1000000);
    compare(&p);
    destroy(&p);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_purge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
