/* SPDX-License-Identifier: Apache-2.0 */

/* Closures: where flows lead to, and whether all of that is in hardware. */

#include <config.h>

#include "controller/flow-table/table.h"

#include "tests/unit/flow-table-hand.h"

static void
test_single(void **state)
{
    put(*state, 1, A, 0, 0, B, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_FULL);
    put(*state, 1, A, 0, 0, B, 0);
    assert_path(*state, 1, FLOW_PATH_NONE);
    assert_true(delete(*state, 1, false));
    assert_int_equal(flow_table_count(*state), 0);
    assert_false(delete(*state, 1, false));
}

/* Several at once: those that are there, and of that source, go, with what
 * they count in the end. */
static void
test_delete_batch(void **state)
{
    struct flow_table *t = *state;
    const struct flow_record *records[4];
    const struct flow_sender *s;
    struct flow_record r[4];

    for (size_t i = 0; i < 3; i++) {
        put(t, i, 7, 0, 0, 8, i == 1 ? FLOW_KERNEL : 0);
    }
    for (size_t i = 0; i < 4; i++) {
        flow_init(&r[i], i, 7, 0, 0);
        flow_output(&r[i], 8);
        r[i].packets = 10;
        r[i].bytes = 1000;
        records[i] = &r[i];
    }
    flow_table_delete_batch(t, records, 4, 2000);
    flow_verify(t, 2000);
    assert_int_equal(flow_table_count(t), 1);
    assert_true(view(t, 1).flags & FLOW_KERNEL);
    s = flow_table_find_sender(t, 7);
    assert_non_null(s);
    assert_int_equal(s->passed.sw.packets, 20);
    assert_int_equal(s->passed.sw.bytes, 2000);
}

static void
test_linear(void **state)
{
    put(*state, 1, A, 0, 5, 0, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_UNKNOWN);
    put(*state, 2, A, 5, 6, 0, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_UNKNOWN);
    put(*state, 3, A, 6, 0, B, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_FULL);
    assert_int_equal(view(*state, 2).path, FLOW_PATH_FULL);

    /* Partial weighs more than unknown. */
    put(*state, 4, A, 6, 7, B, 0);
    assert_path(*state, 1, FLOW_PATH_PARTIAL);
    assert_true(delete(*state, 4, false));
    assert_path(*state, 1, FLOW_PATH_FULL);
    assert_true(delete(*state, 3, false));
    assert_path(*state, 1, FLOW_PATH_UNKNOWN);

    /* Another device's chain of the same number is another chain. */
    put(*state, 5, B, 6, 0, C, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_UNKNOWN);
}

static void
test_all_in_software(void **state)
{
    put(*state, 1, A, 0, 5, 0, 0);
    put(*state, 2, A, 5, 0, B, FLOW_KERNEL);
    assert_path(*state, 1, FLOW_PATH_NONE);
}

/* From tc to the OVS datapath and back. */
static void
test_across_sources(void **state)
{
    put(*state, 1, A, 0, 5, 0, FLOW_IN_HW);
    put(*state, 2, A, 5, 6, 0, FLOW_KERNEL);
    put(*state, 3, A, 6, 0, B, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_PARTIAL);
    assert_int_equal(view(*state, 3).path, FLOW_PATH_FULL);
    put(*state, 2, A, 5, 6, 0, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_FULL);
    assert_int_equal(flow_table_count_of(*state, true, A), 0);
    assert_int_equal(flow_table_count_of(*state, false, 0), 3);
}

static void
test_several_targets(void **state)
{
    struct flow_record r;

    flow_init(&r, 1, A, 0, FLOW_IN_HW);
    flow_target(&r, 7);
    flow_target(&r, 5);
    flow_target(&r, 0);         /* No chain of its own. */
    flow_target(&r, 7);
    flow_put(*state, &r, 1000);
    assert_int_equal(view(*state, 1).n_targets, 2);
    assert_int_equal(view(*state, 1).targets[0], 5);
    assert_int_equal(view(*state, 1).targets[1], 7);

    put(*state, 2, A, 5, 0, B, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_UNKNOWN);
    put(*state, 3, A, 7, 0, B, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_FULL);
    put(*state, 3, A, 7, 0, B, 0);
    assert_path(*state, 1, FLOW_PATH_PARTIAL);

    /* Targets that are not told. */
    put(*state, 3, A, 7, 0, B, FLOW_IN_HW);
    r.flags |= FLOW_MORE;
    flow_put(*state, &r, 1000);
    assert_path(*state, 1, FLOW_PATH_UNKNOWN);

    /* Only itself. */
    r.flags &= ~FLOW_MORE;
    r.n_targets = 1;
    r.targets[0] = 0;
    flow_put(*state, &r, 1000);
    assert_path(*state, 1, FLOW_PATH_FULL);
}

static void
test_diamond(void **state)
{
    struct flow_record r;

    flow_init(&r, 1, A, 0, FLOW_IN_HW);
    flow_target(&r, 5);
    flow_target(&r, 6);
    flow_put(*state, &r, 1000);
    put(*state, 2, A, 5, 7, 0, FLOW_IN_HW);
    put(*state, 3, A, 6, 7, 0, FLOW_IN_HW);
    put(*state, 4, A, 7, 0, B, 0);
    assert_path(*state, 1, FLOW_PATH_PARTIAL);
    put(*state, 4, A, 7, 0, B, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_FULL);
    assert_true(delete(*state, 3, false));
    assert_path(*state, 1, FLOW_PATH_UNKNOWN);
}

/* What only the cycle itself kept alive goes. */
static void
test_cycle(void **state)
{
    put(*state, 1, A, 0, 5, 0, FLOW_IN_HW);
    put(*state, 2, A, 5, 6, 0, FLOW_IN_HW);
    put(*state, 3, A, 6, 7, 0, FLOW_IN_HW);
    put(*state, 4, A, 7, 5, 0, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_FULL);
    put(*state, 5, A, 7, 0, B, 0);
    assert_path(*state, 1, FLOW_PATH_PARTIAL);
    assert_true(delete(*state, 5, false));
    assert_path(*state, 1, FLOW_PATH_FULL);

    /* To itself. */
    put(*state, 3, A, 6, 6, 0, FLOW_IN_HW);
    assert_path(*state, 1, FLOW_PATH_FULL);
    put(*state, 3, A, 6, 6, 0, 0);
    assert_path(*state, 1, FLOW_PATH_PARTIAL);
    for (uint32_t n = 1; n <= 4; n++) {
        assert_true(delete(*state, n, false));
    }
}

/* More flows in a chain, and more that lead there, than a small counter
 * holds. */
static void
test_wide(void **state)
{
    enum { N = 70000 };

    for (uint32_t i = 0; i < N; i++) {
        put(*state, i, A, 0, 5, 0, FLOW_IN_HW);
        put(*state, N + i, A, 5, 0, B, FLOW_IN_HW);
    }
    flow_verify(*state, 1000);
    assert_int_equal(flow_table_find_sender(*state, A)->paths[FLOW_PATH_FULL],
                     N);
    put(*state, N, A, 5, 0, B, 0);
    flow_verify(*state, 1000);
    assert_int_equal(
        flow_table_find_sender(*state, A)->paths[FLOW_PATH_PARTIAL], N);
    for (uint32_t i = 0; i < 2 * N; i++) {
        assert_true(delete(*state, i, false));
    }
    assert_int_equal(flow_table_count(*state), 0);
}

/* Hardware says that it has the flow, but software counts. */
static void
test_full_but_software(void **state)
{
    struct flow_record r;

    flow_init(&r, 1, A, 0, FLOW_IN_HW);
    flow_output(&r, B);
    flow_put(*state, &r, 1000);
    assert_path(*state, 1, FLOW_PATH_FULL);
    assert_int_equal(view(*state, 1).hw_percent, -1);
    flow_traffic(&r, 10, 0);
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    assert_path(*state, 1, FLOW_PATH_FULL_BUT_SW);
    assert_int_equal(view(*state, 1).hw_percent, 0);

    /* Nothing new: the same state. */
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    assert_path(*state, 1, FLOW_PATH_FULL_BUT_SW);
    flow_traffic(&r, 20, 4);
    assert_int_equal(flow_refresh(*state, &r, 1000), 0);
    assert_path(*state, 1, FLOW_PATH_FULL);
    assert_int_equal(view(*state, 1).hw_percent, 40);

    /* In a later chain. */
    put(*state, 2, A, 0, 5, 0, FLOW_IN_HW);
    assert_true(delete(*state, 1, false));
    flow_init(&r, 3, A, 5, FLOW_IN_HW);
    flow_output(&r, B);
    flow_traffic(&r, 1, 0);
    flow_put(*state, &r, 1000);
    assert_path(*state, 2, FLOW_PATH_FULL_BUT_SW);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(single),
        TEST(delete_batch),
        TEST(linear),
        TEST(all_in_software),
        TEST(across_sources),
        TEST(several_targets),
        TEST(diamond),
        TEST(cycle),
        TEST(wide),
        TEST(full_but_software),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
