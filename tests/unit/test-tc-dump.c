/* SPDX-License-Identifier: Apache-2.0 */

/* What a dump asks for, and what it tells. */

#include <config.h>

#include "netlink/tc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/tc-dump-peer.h"
#include "util.h"

/* Devices with either qdisc or none, devices not asked for, and two members
 * of one block. */
static void
test_parts(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 30, 7, 12, 9, 21, 20 };
    struct env *env = start(ifindexes, ARRAY_SIZE(ifindexes));

    expect_request(env, RTM_GETQDISC, 0, 0);
    put_qdisc(env, 7, "mq", 0, 0, 0);
    put_qdisc(env, 7, "ingress", 0, 0, 0);
    put_qdisc(env, 8, "ingress", 0, 0, 0);
    put_qdisc(env, 12, "clsact", 0, 0, 0);
    flush(env);
    put_qdisc(env, 20, "ingress", 30, 0, 0);
    put_qdisc(env, 21, "ingress", 30, 0, 0);
    put_qdisc(env, 30, "clsact", 30, 31, 0);
    put_end(env, 0, 0);
    flush(env);

    expect_request(env, RTM_GETTFILTER, 7, INGRESS);
    assert_part(env, 0, 7, 0, INGRESS);
    put_filter(env, 7, 1, 0);
    flush(env);
    run(env);
    assert_int_equal(1, env->n_flows);
    put_end(env, 0, 0);
    flush(env);
    expect_request(env, RTM_GETTFILTER, 12, INGRESS);
    assert_part(env, 1, 12, 0, INGRESS);
    put_end(env, 0, 0);
    flush(env);
    expect_request(env, RTM_GETTFILTER, 12, EGRESS);
    assert_part(env, 2, 12, 0, EGRESS);
    put_filter(env, 12, 2, 0);
    put_end(env, 0, 0);
    flush(env);
    /* tcm_block_index is an alias of tcm_parent. */
    expect_request(env, RTM_GETTFILTER, -1, 30);
    assert_part(env, 3, 0, 30, 0);
    put_end(env, 0, 0);
    flush(env);
    expect_request(env, RTM_GETTFILTER, -1, 31);
    assert_part(env, 4, 0, 31, 0);
    assert_false(env->done);
    put_end(env, 0, 0);
    flush(env);
    expect_no_request(env);
    assert_true(env->done);
    assert_int_equal(0, env->result.error);
    assert_int_equal(2, env->result.n_filters);
    assert_int_equal(0, env->result.n_retries);
    assert_int_equal(5, env->n_parts);
    assert_int_equal(5, env->n_ends);
    assert_int_equal(0, env->n_interrupted);
    assert_false(env->result.interrupted);
    finish(env);
}

/* Parts that the caller knows, with all options; the kernel is not asked which
 * there are, and what is interrupted is taken for what it is. */
static void
test_given_parts(void **state OVS_UNUSED)
{
    static const struct tc_part parts[] = {
        { .ifindex = 12, .parent = EGRESS },
        { .block = 30 },
        { .ifindex = 7, .parent = INGRESS },
    };
    struct env *env = start_parts(parts, ARRAY_SIZE(parts),
                                  TC_DUMP_TERSE | TC_DUMP_KEY_HASH
                                  | TC_DUMP_NO_RETRY);

    assert_int_equal(0, env->n_parts);
    expect_request(env, RTM_GETTFILTER, 12, EGRESS);
    assert_part(env, 0, 12, 0, EGRESS);
    put_filter(env, 12, 5, NLM_F_DUMP_INTR);
    assert_int_equal(0, env->n_ends);
    put_end(env, 0, 0);
    flush(env);
    expect_request(env, RTM_GETTFILTER, -1, 30);
    assert_part(env, 1, 0, 30, 0);
    assert_int_equal(5, env->last_handle);
    assert_int_not_equal(0, env->last_hash);
    assert_int_equal(1, env->n_ends);
    assert_int_equal(1, env->n_interrupted);

    /* A part that is gone ends, too. */
    put_end(env, -ENODEV, 0);
    flush(env);
    expect_request(env, RTM_GETTFILTER, 7, INGRESS);
    assert_part(env, 2, 7, 0, INGRESS);
    put_end(env, 0, 0);
    flush(env);
    expect_no_request(env);
    assert_true(env->done);
    assert_int_equal(0, env->result.error);
    assert_true(env->result.interrupted);
    assert_int_equal(1, env->result.n_filters);
    assert_int_equal(0, env->result.n_retries);
    assert_int_equal(3, env->n_ends);
    assert_int_equal(1, env->n_interrupted);
    finish(env);

    /* None at all. */
    env = start_parts(NULL, 0, 0);
    expect_no_request(env);
    assert_true(env->done);
    assert_int_equal(0, env->result.error);
    finish(env);
}

/* Terse records are told as such, and without the option there is no hash. */
static void
test_terse(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 7 };
    struct env *env = start_with(ifindexes, 1, TC_DUMP_TERSE);
    struct tc_msg m;

    answer_qdiscs(env, 7);
    expect_request(env, RTM_GETTFILTER, 7, INGRESS);
    tc_msg_begin(&m, 7, INGRESS, 3, 0);
    tc_msg_begin_action(&m, "mirred", cookie, 16);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    put(env, tc_msg_end(&m), 0);
    tc_msg_destroy(&m);
    put_end(env, 0, 0);
    flush(env);
    run(env);
    assert_true(env->done);
    assert_int_equal(FLOW_TERSE, env->last_flags);
    assert_int_equal(0, env->last_hash);
    finish(env);
}

static void
put_terse(struct env *env, uint32_t handle, uint16_t flags)
{
    struct tc_msg m;

    tc_msg_begin(&m, 7, INGRESS, handle, 0);
    tc_msg_put_terse(&m, "gact", cookie, handle);
    tc_msg_end_actions(&m);
    nl_msg_put_u32(&m.buf, TCA_FLOWER_FLAGS, TCA_CLS_FLAGS_IN_HW);
    put(env, tc_msg_end(&m), flags);
    tc_msg_destroy(&m);
}

/* Many terse messages that look alike, which are taken in rows: all are told,
 * in their order, with those in between that are not as simple; of another
 * dump are none; and the one that says so makes the dump begin again. */
static void
test_terse_rows(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 7 };
    struct env *env = start_with(ifindexes, 1, TC_DUMP_TERSE);

    answer_qdiscs(env, 7);
    for (int again = 1; again >= 0; again--) {
        uint32_t handle = 0;

        expect_request(env, RTM_GETTFILTER, 7, INGRESS);
        while (handle < 100) {
            handle++;
            put_terse(env, handle,
                      again && handle == 50 ? NLM_F_DUMP_INTR : 0);
        }
        put_filter(env, 7, ++handle, 0);
        flush(env);
        env->seq--;
        put_terse(env, 1000, 0);
        env->seq++;
        while (handle < 140) {
            put_terse(env, ++handle, 0);
        }
        flush(env);
        run(env);
        assert_true(env->n_flows > 100 && env->n_flows <= 140);
        put_end(env, 0, 0);
        flush(env);
        run(env);
        assert_int_equal(!again, env->done);
    }
    assert_int_equal(140, env->n_flows);
    assert_int_equal(140, env->last_handle);
    assert_int_equal(FLOW_TERSE | FLOW_IN_HW, env->last_flags);
    assert_int_equal(1, env->result.n_retries);
    finish(env);

    /* A row ends where the one who is told cancels. */
    env = start_with(ifindexes, 1, TC_DUMP_TERSE);
    answer_qdiscs(env, 7);
    expect_request(env, RTM_GETTFILTER, 7, INGRESS);
    for (uint32_t handle = 1; handle <= 100; handle++) {
        put_terse(env, handle, 0);
    }
    env->cancel_in = 2;
    flush(env);
    run(env);
    assert_int_equal(TC_BATCH, env->n_flows);
    finish(env);
}

static void
test_nothing(void **state OVS_UNUSED)
{
    static const int none[1];
    struct env *env = start(none, 0);

    expect_request(env, RTM_GETQDISC, 0, 0);
    assert_false(env->done);
    put_qdisc(env, 7, "ingress", 0, 0, 0);
    put_end(env, 0, 0);
    flush(env);
    expect_no_request(env);
    assert_true(env->done);
    assert_int_equal(0, env->result.error);
    assert_int_equal(0, env->n_parts);
    finish(env);
}

/* No list of devices is not an empty one. */
static void
test_all_devices(void **state OVS_UNUSED)
{
    struct env *env = start(NULL, 0);

    answer_qdiscs(env, 7);
    expect_request(env, RTM_GETTFILTER, 7, INGRESS);
    put_filter(env, 7, 1, 0);
    put_end(env, 0, 0);
    flush(env);
    expect_no_request(env);
    assert_true(env->done);
    assert_int_equal(1, env->result.n_filters);
    finish(env);
}

/* The real kernel: there is a loopback device, and no filter on it. */
static void
test_kernel(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 1 };
    struct env env = { .base = event_base_new() };
    int error;

    env.dump = tc_dump_start(env.base, ifindexes, 1, 0, &callbacks, &env,
                             &error);
    if (!env.dump) {
        event_base_free(env.base);
        assert_true(error == EPROTONOSUPPORT || error == EAFNOSUPPORT);
        skip();
    }
    for (int i = 0; i < 1000 && !env.done; i++) {
        event_base_loop(env.base, EVLOOP_ONCE);
    }
    assert_true(env.done);
    assert_int_equal(0, env.result.error);
    assert_int_equal(0, env.result.n_filters);
    assert_true(env.result.kernel_us <= env.result.elapsed_us);
    event_base_free(env.base);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_given_parts),
        cmocka_unit_test(test_terse),
        cmocka_unit_test(test_terse_rows),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_all_devices),
        cmocka_unit_test(test_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
