/* SPDX-License-Identifier: Apache-2.0 */

/* The request for one filter, with the test as the kernel on the other end of
 * a socket pair. */

#include <config.h>

#include "netlink/tc-get.h"

#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/tc-msg.h"
#include "util.h"

#define INGRESS 0xfffffff2
#define EGRESS 0xfffffff3
#define PORTID 815

struct request {
    struct nlmsghdr nlh;
    struct tcmsg tcm;
    struct nlattr nla;
    uint32_t chain;
};

struct env {
    struct event_base *base;    /* Where the request runs. */
    struct tc_get *get;         /* Under way, or NULL. */
    int kernel;                 /* Our end of its socket, or -1. */
    struct request req;         /* What it asked for. */
    int n_calls;                /* Of the callback. */
    int error;                  /* What it was given. */
    uint32_t handle;            /* Of the message that it was given, or 0. */
};

static const uint8_t cookie[16] = { 1, 2, 3 };

static void
on_answer(void *env_, int error, const struct nlmsghdr *nlh)
{
    struct env *env = env_;

    env->n_calls++;
    env->error = error;
    assert_true(!error == (nlh != NULL));
    if (nlh) {
        struct flow_record flow;

        assert_int_equal(TC_PARSE_FLOW,
                         tc_flow_parse(nlh, nlh->nlmsg_len, 0, &flow));
        env->handle = flow.handle;
    }
    tc_get_cancel(env->get);    /* Does nothing here. */
    env->get = NULL;
}

/* Asks for the filter with 'flags' of device or block 7, takes the request. */
static void
start(struct env *env, uint16_t flags)
{
    struct tc_get_key key = tc_get_key(7, 3, 0x12345678, 0xfedc, flags);
    int fds[2], error;

    *env = (struct env) { .base = event_base_new() };
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
                                   fds));
    env->kernel = fds[1];
    env->get = tc_get_start_fd(env->base, fds[0], PORTID, &key, on_answer, env,
                               &error);
    assert_non_null(env->get);
    assert_int_equal(sizeof env->req,
                     recv(env->kernel, &env->req, sizeof env->req, 0));
}

static void
run(struct env *env)
{
    event_base_loop(env->base, EVLOOP_NONBLOCK);
}

static void
finish(struct env *env)
{
    tc_get_cancel(env->get);
    event_base_free(env->base);
    close(env->kernel);
}

static void
answer(struct env *env, struct nlmsghdr *nlh, uint32_t portid)
{
    nlh->nlmsg_seq = env->req.nlh.nlmsg_seq;
    nlh->nlmsg_pid = portid;
    assert_int_equal(nlh->nlmsg_len,
                     send(env->kernel, nlh, nlh->nlmsg_len, 0));
    run(env);
}

static void
answer_filter(struct env *env, uint32_t handle, uint32_t portid)
{
    struct tc_msg m;

    tc_msg_begin(&m, 7, INGRESS, handle, 3);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    answer(env, tc_msg_end(&m), portid);
    tc_msg_destroy(&m);
}

static void
answer_error(struct env *env, int error, size_t len)
{
    struct {
        struct nlmsghdr nlh;
        int error;
        struct nlmsghdr cause;
    } msg = {
        .nlh = { .nlmsg_type = NLMSG_ERROR, .nlmsg_len = len },
        .error = error,
    };

    answer(env, &msg.nlh, PORTID);
}

static void
test_request(void **state OVS_UNUSED)
{
    static const struct {
        uint16_t flags;         /* Of the record. */
        int ifindex;            /* What the kernel wants. */
        uint32_t parent;        /* Or the block. */
    } cases[] = {
        { FLOW_IN_HW, 7, INGRESS },
        { FLOW_EGRESS_SIDE | FLOW_IN_HW, 7, EGRESS },
        { FLOW_ON_BLOCK, -1, 7 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct env env;

        start(&env, cases[i].flags);
        assert_int_equal(sizeof env.req, env.req.nlh.nlmsg_len);
        assert_int_equal(RTM_GETTFILTER, env.req.nlh.nlmsg_type);
        assert_int_equal(NLM_F_REQUEST, env.req.nlh.nlmsg_flags);
        assert_int_equal(cases[i].ifindex, env.req.tcm.tcm_ifindex);
        assert_int_equal(cases[i].parent, env.req.tcm.tcm_parent);
        assert_int_equal(0x12345678, env.req.tcm.tcm_handle);
        assert_int_equal(0xfedc0000, env.req.tcm.tcm_info);
        assert_int_equal(8, env.req.nla.nla_len);
        assert_int_equal(TCA_CHAIN, env.req.nla.nla_type);
        assert_int_equal(3, env.req.chain);
        finish(&env);
        assert_int_equal(0, env.n_calls);
    }
}

static void
test_answer(void **state OVS_UNUSED)
{
    struct env env;

    start(&env, 0);
    answer_filter(&env, 4, PORTID + 1); /* Someone else's. */
    assert_int_equal(0, env.n_calls);
    answer_filter(&env, 5, PORTID);
    assert_int_equal(1, env.n_calls);
    assert_int_equal(0, env.error);
    assert_int_equal(5, env.handle);
    finish(&env);
    tc_get_cancel(NULL);
}

static void
test_errors(void **state OVS_UNUSED)
{
    static const struct {
        int error;              /* The kernel's. */
        size_t len;             /* Of its message. */
        int result;             /* What is made of it. */
    } cases[] = {
        { -ENOENT, 36, ENOENT },
        { -ENODEV, 36, ENODEV },
        { -EINVAL, 36, ENOENT }, /* No such chain. */
        { -EPERM, 36, EPERM },
        { 0, 36, EPROTO },
        { 1, 36, EPROTO },
        { -ENOENT, 16, EPROTO },
    };
    struct env env;
    uint8_t *big;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        start(&env, 0);
        answer_error(&env, cases[i].error, cases[i].len);
        assert_int_equal(1, env.n_calls);
        assert_int_equal(cases[i].result, env.error);
        finish(&env);
    }

    /* Larger than a filter can be. */
    start(&env, 0);
    big = xzalloc(70000);
    assert_int_equal(70000, send(env.kernel, big, 70000, 0));
    free(big);
    run(&env);
    assert_int_equal(1, env.n_calls);
    assert_int_equal(EMSGSIZE, env.error);
    finish(&env);

    /* The other end is gone. */
    start(&env, 0);
    shutdown(env.kernel, SHUT_RDWR);
    run(&env);
    assert_int_equal(1, env.n_calls);
    assert_int_not_equal(0, env.error);
    finish(&env);
}

/* The real kernel: no filter is on the loopback device. */
static void
test_kernel(void **state OVS_UNUSED)
{
    struct tc_get_key key = tc_get_key(1, 0, 1, 1, 0);
    struct env env = { .base = event_base_new(), .kernel = -1 };
    int error;

    env.get = tc_get_start(env.base, &key, on_answer, &env, &error);
    if (!env.get) {
        event_base_free(env.base);
        assert_true(error == EPROTONOSUPPORT || error == EAFNOSUPPORT);
        skip();
    }
    while (!env.n_calls) {
        event_base_loop(env.base, EVLOOP_ONCE);
    }
    assert_int_equal(ENOENT, env.error);
    event_base_free(env.base);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
