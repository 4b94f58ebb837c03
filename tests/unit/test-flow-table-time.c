/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/table.h"

#include "tests/unit/flow-table-build.h"

/* What happens to flows in the course of time: counters that go on, dumps,
 * purges, growth. */

enum { A = 1, B, C };           /* Devices. */

static int
setup(void **state)
{
    *state = flow_table_create();
    return 0;
}

static int
teardown(void **state)
{
    flow_verify(*state, 1000000);
    flow_table_destroy(*state);
    return 0;
}

/* Flow 'n' of A to B with counters. */
static void
init(struct flow_record *r, uint32_t n, unsigned int flags, uint64_t packets,
     uint64_t hw_packets)
{
    flow_init(r, n, A, 0, flags);
    flow_output(r, B);
    flow_traffic(r, packets, hw_packets);
}

static void
put(struct flow_table *t, uint32_t n, unsigned int flags, uint64_t packets,
    uint64_t hw_packets, long long int now)
{
    struct flow_record r;

    init(&r, n, flags, packets, hw_packets);
    flow_put(t, &r, now);
}

static bool
delete(struct flow_table *t, uint32_t n, bool kernel,
       const struct flow_record *last, long long int now)
{
    struct flow_record r;

    flow_init(&r, n, 0, 0, 0);
    return flow_table_delete(t, r.ufid, kernel, last, now);
}

static bool
find(struct flow_table *t, uint32_t n, struct flow_view *v)
{
    struct flow_record r;

    flow_init(&r, n, 0, 0, 0);
    return flow_table_find(t, r.ufid, v);
}

/* Flow 'n' shows these packets. */
static void
assert_packets(struct flow_table *t, uint32_t n, uint64_t hw, uint64_t sw)
{
    struct flow_view v;

    assert_true(find(t, n, &v));
    assert_int_equal(v.hw.packets, hw);
    assert_int_equal(v.hw.bytes, hw * 100);
    assert_int_equal(v.sw.packets, sw);
    assert_int_equal(v.sw.bytes, sw * 100);
}

/* These passed, from A to B. */
static void
assert_passed(struct flow_table *t, uint64_t hw, uint64_t sw)
{
    const struct flow_sender *s = flow_table_find_sender(t, A);
    const struct flow_receiver *r;
    size_t cursor = 0;

    assert_int_equal(s->passed.hw.packets, hw);
    assert_int_equal(s->passed.sw.packets, sw);
    r = flow_table_next_receiver(t, &cursor);
    assert_int_equal(r->passed.hw.packets, hw);
    assert_int_equal(r->passed.sw.packets, sw);
}

/* Counters. */

static void
test_start_anew(void **state)
{
    struct flow_record r;

    put(*state, 1, FLOW_IN_HW, 10, 8, 1000);
    assert_packets(*state, 1, 8, 2);
    put(*state, 1, FLOW_IN_HW, 15, 12, 1000);
    assert_packets(*state, 1, 12, 3);

    /* Less than before: on top of that. */
    init(&r, 1, FLOW_IN_HW | FLOW_TERSE, 3, 1);
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    assert_packets(*state, 1, 13, 5);
    flow_traffic(&r, 6, 2);
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    assert_packets(*state, 1, 14, 7);
    flow_traffic(&r, 0, 0);
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    assert_packets(*state, 1, 14, 7);
    assert_passed(*state, 14, 7);

    /* Only hardware's counter does. */
    flow_traffic(&r, 10, 10);
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    assert_packets(*state, 1, 24, 7);
    flow_traffic(&r, 12, 1);
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    assert_packets(*state, 1, 25, 8);
}

/* Hardware's part is read a bit later than the whole. */
static void
test_hardware_ahead(void **state)
{
    put(*state, 1, FLOW_IN_HW, 10, 12, 1000);
    assert_packets(*state, 1, 10, 0);
    put(*state, 1, FLOW_IN_HW, 12, 12, 1000);
    assert_packets(*state, 1, 12, 0);
}

static void
test_huge(void **state)
{
    struct flow_record r;
    struct flow_view v;

    init(&r, 1, 0, 0, 0);
    r.packets = r.bytes = UINT64_MAX;
    flow_put(*state, &r, 1000);
    r.packets = r.bytes = 5;
    flow_put(*state, &r, 1000);
    assert_true(find(*state, 1, &v));
    assert_true(v.sw.packets == UINT64_MAX && v.sw.bytes == UINT64_MAX);
    r.hw_packets = r.packets = UINT64_MAX / 2;
    flow_put(*state, &r, 1000);
}

static void
test_returns(void **state)
{
    struct flow_record r;

    put(*state, 1, FLOW_IN_HW, 10, 8, 1000);
    init(&r, 1, 0, 12, 9);      /* Its last counters. */
    assert_true(delete(*state, 1, false, &r, 1000));
    assert_passed(*state, 9, 3);
    put(*state, 1, FLOW_IN_HW, 1, 1, 1000 + FLOW_RETURN_MS);
    assert_packets(*state, 1, 10, 3);
    assert_passed(*state, 10, 3);
    put(*state, 1, FLOW_IN_HW, 4, 3, 1000 + FLOW_RETURN_MS);
    assert_packets(*state, 1, 12, 4);

    /* Once more; then too late. */
    assert_true(delete(*state, 1, false, NULL, 20000));
    put(*state, 1, FLOW_IN_HW, 100, 100, 20001);
    assert_packets(*state, 1, 112, 4);
    assert_true(delete(*state, 1, false, NULL, 30000));
    put(*state, 1, FLOW_IN_HW, 2, 1, 30001 + FLOW_RETURN_MS);
    assert_packets(*state, 1, 1, 1);
    assert_passed(*state, 113, 5);
}

/* Other flows that have the ufid. */
static void
test_another(void **state)
{
    struct flow_record r;

    for (int deleted = 0; deleted < 2; deleted++) {
        init(&r, 1, FLOW_IN_HW, 10, 10);
        r.key_hash = 0x10001;   /* Folds to 0. */
        flow_put(*state, &r, 1000);
        if (deleted) {
            assert_true(delete(*state, 1, false, NULL, 1000));
        }
        init(&r, 1, FLOW_IN_HW, 20, 20);
        r.key_hash = 2;
        flow_put(*state, &r, 1000);
        assert_packets(*state, 1, 20, 0);

        /* A key that is not known says nothing. */
        if (deleted) {
            assert_true(delete(*state, 1, false, NULL, 1000));
        }
        init(&r, 1, FLOW_IN_HW, 5, 5);
        flow_put(*state, &r, 1000);
        assert_packets(*state, 1, 25, 0);

        if (deleted) {
            assert_true(delete(*state, 1, false, NULL, 1000));
        }
        r.recirc_id = 3;
        flow_put(*state, &r, 1000);
        assert_packets(*state, 1, 5, 0);
        if (deleted) {
            assert_true(delete(*state, 1, false, NULL, 1000));
        }
        r.dev = C;
        flow_put(*state, &r, 1000);
        assert_packets(*state, 1, 5, 0);
        assert_true(delete(*state, 1, false, NULL, 1000));
    }
}

/* The final reading tells the key, too. */
static void
test_another_by_last(void **state)
{
    struct flow_record r;

    init(&r, 1, FLOW_IN_HW, 10, 10);
    flow_put(*state, &r, 1000);
    r.key_hash = 1;
    assert_true(delete(*state, 1, false, &r, 1000));
    r.key_hash = 2;
    flow_put(*state, &r, 1000);
    assert_packets(*state, 1, 10, 0);
}

/* From the OVS datapath to tc and back, told in either order. */
static void
test_moves(void **state)
{
    put(*state, 1, FLOW_KERNEL, 10, 0, 1000);
    put(*state, 1, FLOW_IN_HW, 12, 12, 1000);
    assert_packets(*state, 1, 12, 10);
    assert_false(delete(*state, 1, true, NULL, 1000));
    assert_packets(*state, 1, 12, 10);
    assert_int_equal(flow_table_count_of(*state, false, A), 1);

    assert_true(delete(*state, 1, false, NULL, 1000));
    put(*state, 1, FLOW_KERNEL, 100, 0, 1000);
    assert_packets(*state, 1, 12, 110);
    assert_passed(*state, 12, 110);
    assert_int_equal(flow_table_count_of(*state, true, 0), 1);
}

/* Another filter for the same flow. */
static void
test_other_handle(void **state)
{
    struct flow_record r;
    struct flow_view v;

    init(&r, 1, FLOW_IN_HW, 10, 10);
    r.handle = 1;
    r.prio = 2;
    flow_put(*state, &r, 1000);
    r.handle = 2;
    flow_traffic(&r, 11, 11);
    flow_put(*state, &r, 1000);
    assert_packets(*state, 1, 21, 0);
    assert_true(find(*state, 1, &v));
    assert_int_equal(v.handle, 2);
    assert_int_equal(v.prio, 2);
}

/* A refresh of what is another flow, or is not there. */
static void
test_refresh_missing(void **state)
{
    struct flow_record r;

    put(*state, 1, FLOW_IN_HW, 10, 10, 1000);
    init(&r, 1, FLOW_TERSE | FLOW_IN_HW, 20, 20);
    r.recirc_id = 1;
    assert_int_equal(flow_refresh(*state, &r, 1000), 1);
    init(&r, 1, FLOW_TERSE | FLOW_KERNEL, 20, 20);
    assert_int_equal(flow_refresh(*state, &r, 1000), 1);
    init(&r, 2, FLOW_TERSE, 20, 20);
    assert_int_equal(flow_refresh(*state, &r, 1000), 1);
    assert_packets(*state, 1, 10, 0);

    /* The OVS datapath does not tell where. */
    put(*state, 1, FLOW_KERNEL, 1, 0, 1000);
    init(&r, 1, FLOW_TERSE | FLOW_KERNEL, 20, 0);
    r.dev = 0;
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    assert_packets(*state, 1, 10, 20);
}

/* Two of a kind in one batch. */
static void
test_batch_with_twins(void **state)
{
    struct flow_record r[FLOW_BATCH];
    const struct flow_record *records[FLOW_BATCH];

    for (uint32_t i = 0; i < FLOW_BATCH; i++) {
        init(&r[i], i / 2, FLOW_IN_HW, 10 + i, 10 + i);
        records[i] = &r[i];
    }
    flow_table_put(*state, records, FLOW_BATCH, 1000);
    assert_int_equal(flow_table_count(*state), FLOW_BATCH / 2);
    assert_packets(*state, 3, 17, 0);
}

/* Batches of which some members remove flows, others add some, in an index
 * that is well filled. */
static void
test_batch_removes(void **state)
{
    enum { N = 49000 };
    struct flow_record r[FLOW_BATCH];
    const struct flow_record *records[FLOW_BATCH];
    struct flow_view v;

    put(*state, 0, 0, 1, 1, 1000);
    for (uint32_t i = 1; i < N; i += FLOW_BATCH / 2) {
        for (uint32_t j = 0; j < FLOW_BATCH; j++) {
            uint32_t n = j % 2 ? i + j / 2 : (i * 7919 + j) % i;

            flow_init(&r[j], n, 1 + i, 0, FLOW_IN_HW);
            records[j] = &r[j];
        }
        flow_table_put(*state, records, FLOW_BATCH, 1000);
    }
    for (uint32_t i = 0; i < N; i++) {
        assert_true(find(*state, i, &v));
    }
}

static void
test_last_used(void **state)
{
    const struct flow_sender *s;
    struct flow_record r;
    struct flow_view v;

    init(&r, 1, FLOW_IN_HW, 0, 0);
    flow_put(*state, &r, 50000);
    assert_true(find(*state, 1, &v));
    assert_int_equal(v.last_used, 0);
    s = flow_table_find_sender(*state, A);
    assert_int_equal(s->passed.last_used, 0);

    flow_traffic(&r, 1, 1);
    r.last_used = 3000;
    flow_put(*state, &r, 50000);
    assert_true(find(*state, 1, &v));
    assert_int_equal(v.last_used, 47000);
    assert_int_equal(s->passed.last_used, 47000);

    /* A terse reading does not tell: now, if there is something new. */
    r.flags |= FLOW_TERSE;
    assert_int_equal(flow_refresh(*state, &r, 60000), 0);
    assert_int_equal(s->passed.last_used, 47000);
    flow_traffic(&r, 2, 2);
    assert_int_equal(flow_refresh(*state, &r, 60000), 0);
    assert_true(find(*state, 1, &v));
    assert_int_equal(v.last_used, 60000);
    assert_int_equal(s->passed.last_used, 60000);

    /* Longer ago than the clock's beginning. */
    init(&r, 2, FLOW_IN_HW, 1, 1);
    r.last_used = 4000000000u;
    flow_put(*state, &r, 60000);
    assert_true(find(*state, 2, &v));
    assert_int_equal(v.last_used, 1);
}

/* More deleted flows than are remembered: the oldest are forgotten. */
static void
test_past_is_bounded(void **state)
{
    size_t memory;

    for (uint32_t i = 0; i < FLOW_RETURN_MAX + 10; i++) {
        put(*state, i, FLOW_IN_HW, 5, 5, 1000);
        assert_true(delete(*state, i, false, NULL, 1000));
    }
    memory = flow_table_memory(*state);
    for (uint32_t i = 0; i < FLOW_RETURN_MAX; i++) {
        put(*state, 1000000 + i, FLOW_IN_HW, 5, 5, 1000);
        assert_true(delete(*state, 1000000 + i, false, NULL, 1000));
    }
    assert_int_equal(flow_table_memory(*state), memory);
    put(*state, 1000009, FLOW_IN_HW, 1, 1, 1000);
    assert_packets(*state, 1000009, 6, 0);
    put(*state, 9, FLOW_IN_HW, 1, 1, 1000);
    assert_packets(*state, 9, 1, 0);
}

/* Dumps. */

static void
put_many(struct flow_table *t, uint32_t first, uint32_t n, uint32_t dev,
         unsigned int flags)
{
    for (uint32_t i = first; i < first + n; i++) {
        struct flow_record r;

        flow_init(&r, i, dev, 0, flags);
        flow_put(t, &r, 1000);
    }
}

static void
test_sweep(void **state)
{
    struct flow_record r;

    put_many(*state, 0, 50, A, 0);
    put_many(*state, 50, 50, B, 0);
    put_many(*state, 100, 50, A, FLOW_KERNEL);
    flow_table_sweep(*state, false, 0);
    flow_settle(*state, 1000);
    assert_int_equal(flow_table_count(*state), 150);

    flow_table_mark(*state, false, A);
    put_many(*state, 0, 10, A, 0);
    flow_init(&r, 10, A, 0, FLOW_TERSE);
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    flow_table_sweep(*state, false, A);
    put_many(*state, 20, 5, A, 0); /* In time. */
    flow_verify(*state, 1000);
    assert_int_equal(flow_table_count_of(*state, false, A), 16);
    assert_int_equal(flow_table_count_of(*state, false, B), 50);
    assert_int_equal(flow_table_count_of(*state, true, A), 50);

    flow_table_mark(*state, true, 0);
    flow_table_sweep(*state, true, 0);
    flow_verify(*state, 1000);
    assert_int_equal(flow_table_count(*state), 66);
}

/* A mark while a sweep is put off brings nothing back, and nothing that is
 * only marked goes; however often. */
static void
test_mark_again(void **state)
{
    for (int i = 0; i < 30; i++) {
        put_many(*state, i * 10, 10, A, 0);
        flow_table_mark(*state, false, A);
        if (i % 3 == 0) {
            flow_table_sweep(*state, false, A);
        }
    }
    put_many(*state, 1000, 10, A, 0);
    flow_verify(*state, 1000);
    /* The last sweep was after flow 279. */
    assert_int_equal(flow_table_count(*state), 30);
    flow_table_sweep(*state, false, A);
    flow_verify(*state, 1000);
    assert_int_equal(flow_table_count(*state), 10);
}

/* What was only missing, and comes back with its old counters, goes on. */
static void
test_swept_returns(void **state)
{
    put(*state, 1, FLOW_IN_HW, 10, 10, 1000);
    flow_table_mark(*state, false, A);
    flow_table_sweep(*state, false, A);
    flow_verify(*state, 1000);
    assert_int_equal(flow_table_count(*state), 0);
    put(*state, 1, FLOW_IN_HW, 12, 12, 2000);
    assert_packets(*state, 1, 12, 0);
    assert_passed(*state, 12, 0);

    flow_table_mark(*state, false, A);
    flow_table_sweep(*state, false, A);
    flow_verify(*state, 2000);
    put(*state, 1, FLOW_IN_HW, 5, 5, 3000);
    assert_packets(*state, 1, 17, 0);
}

static void
put_in_chain(struct flow_table *t, uint32_t n, uint32_t recirc_id,
             unsigned int flags)
{
    struct flow_record r;

    flow_init(&r, n, A, recirc_id, flags);
    flow_put(t, &r, 1000);
}

static void
test_purge(void **state)
{
    struct flow_view v;

    flow_table_purge_chain(*state, A, 5); /* Not there. */
    assert_false(flow_table_run(*state, 1, 1000));
    for (uint32_t i = 0; i < 10; i++) {
        put_in_chain(*state, i, 5, 0);
        put_in_chain(*state, 10 + i, 6, 0);
    }
    put_in_chain(*state, 20, 5, FLOW_KERNEL);
    flow_table_purge_chain(*state, A, 5);
    put_in_chain(*state, 3, 5, 0); /* In time. */
    flow_verify(*state, 1000);
    assert_int_equal(flow_table_count(*state), 12);
    assert_true(find(*state, 3, &v));
    assert_true(find(*state, 20, &v));

    /* Again and again, with flows in between. */
    for (uint32_t i = 0; i < 9; i++) {
        put_in_chain(*state, i, 5, 0);
        flow_table_purge_chain(*state, A, 5);
        flow_table_run(*state, i, 1000);
    }
    put_in_chain(*state, 9, 5, 0);
    flow_verify(*state, 1000);
    assert_int_equal(flow_table_count_of(*state, false, A), 11);
    assert_true(find(*state, 9, &v));
}

/* The work of one call is bounded. */
static void
test_budget(void **state)
{
    put_many(*state, 0, 1000, A, 0);
    flow_table_mark(*state, false, 0);
    flow_table_sweep(*state, false, 0);
    for (int i = 0; i < 100; i++) {
        size_t before = flow_table_count(*state);

        assert_true(flow_table_run(*state, 10, 1000));
        assert_true(flow_table_count(*state) + 2 >= before);
    }
    flow_settle(*state, 1000);
    assert_int_equal(flow_table_count(*state), 0);
}

/* Growth. */

static void
test_growth(void **state)
{
    enum { N = 200000 };
    struct flow_view v;
    size_t cursor = 0, n = 0;

    for (uint32_t i = 0; i < N; i++) {
        struct flow_record r;

        flow_init(&r, i, 1 + i % 7, i % 3 ? 1 + i / 3 : 0, FLOW_IN_HW);
        flow_put(*state, &r, 1000);
        if (i % 5 == 0) {       /* Also while slots are moved. */
            assert_true(find(*state, i / 2, &v) || i / 2 % 10 == 5);
            assert_false(find(*state, i + 1, &v));
        }
        if (i % 10 == 5) {
            assert_true(delete(*state, i, false, NULL, 1000));
        }
    }
    while (flow_table_next(*state, &cursor, &v)) {
        n++;
    }
    assert_int_equal(n, N - N / 10);
    assert_int_equal(flow_table_count(*state), n);
    assert_false(find(*state, N, &v));
}

/* A million flows, with a third of a chain each. */
static void
test_memory(void **state)
{
    enum { N = 1000000 };
    struct flow_record r[FLOW_BATCH];
    const struct flow_record *records[FLOW_BATCH];
    size_t memory;

    for (uint32_t i = 0; i < N;) {
        size_t n = 0;

        for (; n < FLOW_BATCH && i < N; n++, i++) {
            uint32_t chain = 1 + i / 3;

            flow_init(&r[n], i, 1 + chain % 128, i % 3 ? chain : 0,
                      FLOW_IN_HW);
            if (i % 3) {
                flow_output(&r[n], 1 + i % 128);
            } else {
                flow_target(&r[n], chain);
            }
            records[n] = &r[n];
        }
        flow_table_put(*state, records, n, 1000);
    }
    assert_int_equal(flow_table_count(*state), N);
    memory = flow_table_memory(*state);
    assert_true(memory <= 96 * (size_t) N);
}

#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(test_##NAME, setup, teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(start_anew),
        TEST(hardware_ahead),
        TEST(huge),
        TEST(returns),
        TEST(another),
        TEST(another_by_last),
        TEST(moves),
        TEST(other_handle),
        TEST(refresh_missing),
        TEST(batch_with_twins),
        TEST(batch_removes),
        TEST(last_used),
        TEST(past_is_bounded),
        TEST(sweep),
        TEST(mark_again),
        TEST(swept_returns),
        TEST(purge),
        TEST(budget),
        TEST(growth),
        TEST(memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
