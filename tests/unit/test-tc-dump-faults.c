/* SPDX-License-Identifier: Apache-2.0 */

/* Dumps that are interrupted, refused, too long, nonsense, or cancelled. */

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

/* An interrupted dump is made again, of the same part, from its begin(). */
static void
test_interrupted(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 7, 8 };
    struct env *env = start(ifindexes, ARRAY_SIZE(ifindexes));

    /* The qdiscs: what the first dump said is forgotten. */
    expect_request(env, RTM_GETQDISC, 0, 0);
    put_qdisc(env, 8, "ingress", 0, 0, NLM_F_DUMP_INTR);
    put_end(env, 0, 0);
    flush(env);
    answer_qdiscs(env, 7);

    /* Said by a message, or by the end only. */
    for (int i = 0; i < 2; i++) {
        expect_request(env, RTM_GETTFILTER, 7, INGRESS);
        put_filter(env, 7, 1, i == 0 ? NLM_F_DUMP_INTR : 0);
        put_filter(env, 7, 2, 0);
        put_end(env, 0, i == 1 ? NLM_F_DUMP_INTR : 0);
        flush(env);
        run(env);
        assert_int_equal(0, env->n_flows);
        assert_part(env, i + 1, 7, 0, INGRESS);
        assert_false(env->done);
    }
    expect_request(env, RTM_GETTFILTER, 7, INGRESS);
    put_filter(env, 7, 3, 0);
    put_end(env, 0, 0);
    flush(env);
    run(env);
    assert_true(env->done);
    assert_int_equal(0, env->result.error);
    assert_int_equal(3, env->n_parts);
    assert_int_equal(1, env->n_flows);
    assert_int_equal(3, env->result.n_retries);
    finish(env);
}

/* Many interruptions of each of many parts are no reason to give up. */
static void
test_often_interrupted(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 7 };
    struct env *env = start(ifindexes, ARRAY_SIZE(ifindexes));

    expect_request(env, RTM_GETQDISC, 0, 0);
    put_qdisc(env, 7, "clsact", 0, 0, 0);
    put_end(env, 0, 0);
    flush(env);
    for (uint32_t parent = INGRESS; parent <= EGRESS; parent++) {
        for (int i = 0; i < 10; i++) {
            expect_request(env, RTM_GETTFILTER, 7, parent);
            put_end(env, 0, i < 9 ? NLM_F_DUMP_INTR : 0);
            flush(env);
            run(env);
            env->n_parts = 0;
        }
    }
    assert_true(env->done);
    assert_int_equal(0, env->result.error);
    assert_int_equal(18, env->result.n_retries);
    finish(env);
}

/* But it does not go on for ever. */
static void
test_always_interrupted(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 7 };
    struct env *env = start(ifindexes, ARRAY_SIZE(ifindexes));
    int n = 0;

    answer_qdiscs(env, 7);
    for (run(env); !env->done; run(env)) {
        assert_true(n++ < 100);
        expect_request(env, RTM_GETTFILTER, 7, INGRESS);
        put_end(env, 0, NLM_F_DUMP_INTR);
        flush(env);
        env->n_parts = 0;
    }
    assert_int_equal(EAGAIN, env->result.error);
    assert_true(n > 2);
    finish(env);
}

static void
test_errors(void **state OVS_UNUSED)
{
    static const struct {
        int error;              /* The kernel's. */
        bool again;             /* Is the request repeated? */
        int result;             /* If not: of the whole dump. */
    } cases[] = {
        { -ENODEV, false, 0 },
        { -EINVAL, false, 0 },
        { -EBUSY, true, 0 },
        { -EPERM, false, EPERM },
        { -ENOMEM, false, ENOMEM },
        { 1, false, EPROTO },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        static const int ifindexes[] = { 7 };
        struct env *env = start(ifindexes, ARRAY_SIZE(ifindexes));

        answer_qdiscs(env, 7);
        expect_request(env, RTM_GETTFILTER, 7, INGRESS);
        put_end(env, cases[i].error, 0);
        flush(env);
        if (cases[i].again) {
            expect_request(env, RTM_GETTFILTER, 7, INGRESS);
            put_filter(env, 7, 1, 0);
            put_end(env, 0, 0);
            flush(env);
        }
        expect_no_request(env);
        assert_true(env->done);
        assert_int_equal(cases[i].result, env->result.error);
        assert_int_equal(cases[i].again, env->result.n_filters);
        finish(env);
    }

    /* Of the qdiscs none is skipped. */
    struct env *env = start(NULL, 0);
    expect_request(env, RTM_GETQDISC, 0, 0);
    put_end(env, -EINVAL, 0);
    flush(env);
    run(env);
    assert_true(env->done);
    assert_int_equal(EINVAL, env->result.error);
    finish(env);
}

/* A chunk of many messages takes several rounds of the loop, between which
 * the socket is not read. */
static void
test_bounded(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 7 };
    struct env *env = start(ifindexes, ARRAY_SIZE(ifindexes));

    answer_qdiscs(env, 7);
    expect_request(env, RTM_GETTFILTER, 7, INGRESS);
    for (int i = 0; i < 200; i++) {
        put_filter(env, 7, i + 1, 0);
    }
    assert_true(env->out.size < 32768);
    flush(env);

    /* No descriptor gets readable meanwhile. */
    run_once(env);
    assert_int_equal(TC_DUMP_MAX_MESSAGES, env->n_flows);
    run(env);
    assert_int_equal(200, env->n_flows);

    put_filter(env, 7, 201, 0);
    flush(env);
    run(env);
    assert_int_equal(201, env->n_flows);
    assert_int_equal(201, env->last_handle);
    assert_int_equal(TC_DUMP_MAX_MESSAGES, env->most_flows);

    /* With nothing to read, nothing is pending but the wait for it. */
    assert_int_equal(1, event_base_get_num_events(env->base,
                                                  EVENT_BASE_COUNT_ADDED));
    assert_int_equal(0, event_base_get_num_events(env->base,
                                                  EVENT_BASE_COUNT_ACTIVE));
    put_end(env, 0, 0);
    flush(env);
    run(env);
    assert_true(env->done);
    assert_int_equal(201, env->result.n_filters);
    finish(env);
}

static void
test_hostile(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 7 };
    struct env *env = start(ifindexes, ARRAY_SIZE(ifindexes));
    uint32_t seq;

    answer_qdiscs(env, 7);
    expect_request(env, RTM_GETTFILTER, 7, INGRESS);

    /* Of another request: not even its end counts. */
    seq = env->seq--;
    put_filter(env, 7, 1, 0);
    put_end(env, -EPERM, NLM_F_DUMP_INTR);
    env->seq = seq;
    /* A message of another kind, and a filter that is malformed. */
    put_qdisc(env, 7, "clsact", 0, 0, 0);
    size_t start_of_filter = env->out.size;
    put_filter(env, 7, 2, 0);
    ((uint8_t *) env->out.data)[start_of_filter + 56] = 0xff;
    put_filter(env, 7, 3, 0);
    put_end(env, 0, 0);
    flush(env);
    run(env);
    assert_true(env->done);
    assert_int_equal(0, env->result.error);
    assert_int_equal(1, env->result.n_filters);
    assert_int_equal(1, env->result.n_malformed);
    assert_int_equal(3, env->last_handle);
    finish(env);

    /* A header that tells more than there is. */
    env = start(ifindexes, ARRAY_SIZE(ifindexes));
    answer_qdiscs(env, 7);
    expect_request(env, RTM_GETTFILTER, 7, INGRESS);
    put_filter(env, 7, 1, 0);
    env->out.size -= 4;
    flush(env);
    run(env);
    assert_true(env->done);
    assert_int_equal(EPROTO, env->result.error);
    finish(env);

    /* A chunk that is larger than any of the kernel's. */
    env = start(ifindexes, ARRAY_SIZE(ifindexes));
    answer_qdiscs(env, 7);
    expect_request(env, RTM_GETTFILTER, 7, INGRESS);
    ofpbuf_put_zeros(&env->out, 40000);
    flush(env);
    run(env);
    assert_true(env->done);
    assert_int_equal(EMSGSIZE, env->result.error);
    finish(env);

    /* The other end is gone. */
    env = start(ifindexes, ARRAY_SIZE(ifindexes));
    expect_request(env, RTM_GETQDISC, 0, 0);
    shutdown(env->kernel, SHUT_RDWR);
    run(env);
    assert_true(env->done);
    assert_int_not_equal(0, env->result.error);
    finish(env);
}

/* Cancelled at any time, from outside or from a callback: no more calls. */
static void
test_cancel(void **state OVS_UNUSED)
{
    static const int ifindexes[] = { 7 };

    for (int where = 0; where < 5; where++) {
        struct env *env = start(ifindexes, ARRAY_SIZE(ifindexes));

        env->cancel_in = where;
        answer_qdiscs(env, 7);
        run(env);
        if (where != 1) {
            expect_request(env, RTM_GETTFILTER, 7, INGRESS);
            put_filter(env, 7, 1, 0);
            put_filter(env, 7, 2, 0);
            if (where) {
                put_end(env, 0, 0);
            }
            flush(env);
            run(env);
        }
        assert_int_equal(1, env->n_parts);
        assert_int_equal(where == 1 ? 0 : 2, env->n_flows);
        assert_int_equal(where >= 3, env->n_ends);
        assert_int_equal(where == 3, env->done);
        finish(env);
    }
    tc_dump_cancel(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_often_interrupted),
        cmocka_unit_test(test_always_interrupted),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_cancel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
