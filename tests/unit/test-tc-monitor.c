/* SPDX-License-Identifier: Apache-2.0 */

/* Events of tc, told by the test over a socket pair, or by the kernel in a
 * network namespace of the test's own. */

#include <config.h>

#include "netlink/tc-monitor.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "netlink/nl-socket.h"
#include "openvswitch/dynamic-string.h"
#include "tests/unit/tc-msg.h"
#include "util.h"

#define INGRESS 0xfffffff2
#define EGRESS 0xfffffff3

struct env {
    struct event_base *base;    /* Where the monitor runs. */
    struct tc_monitor *mon;     /* What is tested. */
    int kernel;                 /* Our end of its socket, or that with which
                                 * we make the kernel do things. */
    struct ds log;              /* What was told, in order. */
    size_t n_added, n_deleted;  /* Flows told. */
    size_t n_calls;             /* Calls that told them. */
    struct flow_record last;    /* The last one; 'outputs' is not valid. */
};

static const uint8_t cookie[16] = { 1, 2, 3 };

static void
log_flows(struct env *env, char sign, const struct flow_record *const *flows,
          size_t n)
{
    assert_true(n > 0 && n <= TC_BATCH);
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&env->log, "%c%"PRIu32" ", sign, flows[i]->handle);
        memcpy(&env->last, flows[i], sizeof env->last);
        assert_int_not_equal(0, flows[i]->key_hash);
    }
    env->n_calls++;
}

static void
on_added(void *env_, const struct flow_record *const *flows, size_t n)
{
    struct env *env = env_;

    env->n_added += n;
    log_flows(env, '+', flows, n);
}

static void
on_deleted(void *env_, const struct flow_record *const *flows, size_t n)
{
    struct env *env = env_;

    env->n_deleted += n;
    log_flows(env, '-', flows, n);
}

static void
log_part(struct env *env, const struct tc_part *part)
{
    if (part->block) {
        assert_int_equal(0, part->ifindex);
        assert_int_equal(0, part->parent);
        ds_put_format(&env->log, "block%"PRIu32" ", part->block);
    } else {
        ds_put_format(&env->log, "dev%d/%s ", part->ifindex,
                      part->parent == INGRESS ? "in"
                      : part->parent == EGRESS ? "out" : "?");
    }
}

static void
on_prio_gone(void *env_, const struct tc_part *part, uint32_t chain,
             uint16_t prio)
{
    struct env *env = env_;

    ds_put_format(&env->log, "prio%d,%"PRIu32":", prio, chain);
    log_part(env, part);
}

static void
on_chain_gone(void *env_, uint32_t dev, bool on_block, uint32_t chain)
{
    struct env *env = env_;

    ds_put_format(&env->log, "chain%"PRIu32":%s%"PRIu32" ", chain,
                  on_block ? "block" : "dev", dev);
}

static void
log_qdisc(struct env *env, const char *what, int ifindex,
          const struct tc_part *parts, size_t n)
{
    assert_true(n == 1 || n == 2);
    ds_put_format(&env->log, "%s%d:", what, ifindex);
    for (size_t i = 0; i < n; i++) {
        log_part(env, &parts[i]);
    }
}

static void
on_qdisc_added(void *env, int ifindex, const struct tc_part *parts, size_t n)
{
    log_qdisc(env, "qdisc", ifindex, parts, n);
}

static void
on_qdisc_deleted(void *env, int ifindex, const struct tc_part *parts, size_t n)
{
    log_qdisc(env, "no-qdisc", ifindex, parts, n);
}

static void
on_lost(void *env_, int error)
{
    struct env *env = env_;

    ds_put_format(&env->log, "lost(%d) ", error);
}

static const struct tc_monitor_callbacks callbacks = {
    .added = on_added,
    .deleted = on_deleted,
    .prio_gone = on_prio_gone,
    .chain_gone = on_chain_gone,
    .qdisc_added = on_qdisc_added,
    .qdisc_deleted = on_qdisc_deleted,
    .lost = on_lost,
};

static void
run_once(struct env *env)
{
    event_base_loop(env->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static void
run(struct env *env)
{
    for (int i = 0; i < 20; i++) {
        run_once(env);
    }
}

/* Runs, then compares with and clears the log. */
static void
expect(struct env *env, const char *log)
{
    run(env);
    assert_string_equal(log, ds_cstr(&env->log));
    ds_clear(&env->log);
}

static void
start(struct env *env)
{
    int fds[2], size = 8 << 20, error;

    memset(env, 0, sizeof *env);
    ds_init(&env->log);
    env->base = event_base_new();
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
                                   fds));
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    env->kernel = fds[1];
    env->mon = tc_monitor_create_fd(env->base, fds[0], &callbacks, env,
                                    &error);
    assert_non_null(env->mon);
}

static void
finish(struct env *env)
{
    tc_monitor_destroy(env->mon);
    event_base_free(env->base);
    close(env->kernel);
    ds_destroy(&env->log);
}

static void
tell(struct env *env, const void *data, size_t len)
{
    assert_int_equal(len, send(env->kernel, data, len, 0));
}

static void
tell_filter(struct env *env, uint16_t type, uint32_t handle)
{
    struct nlmsghdr *nlh;
    struct tc_msg m;

    tc_msg_begin(&m, 7, EGRESS, handle, 3);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    nlh = tc_msg_end(&m);
    nlh->nlmsg_type = type;
    tell(env, nlh, nlh->nlmsg_len);
    tc_msg_destroy(&m);
}

/* Tells a message about a qdisc, a chain, or filters that are not named. */
static void
tell_other(struct env *env, uint16_t type, int ifindex, uint32_t parent,
           const char *kind, uint16_t attr, uint32_t value)
{
    struct ofpbuf buf;
    struct tcmsg *tcm;

    ofpbuf_init(&buf, 256);
    nl_msg_put_nlmsghdr(&buf, 0, type, 0);
    tcm = ofpbuf_put_zeros(&buf, sizeof *tcm);
    tcm->tcm_ifindex = ifindex;
    tcm->tcm_parent = parent;
    tcm->tcm_info = TC_H_MAKE(5 << 16, htons(0x0800));
    if (kind) {
        nl_msg_put_string(&buf, TCA_KIND, kind);
    }
    if (attr) {
        nl_msg_put_u32(&buf, attr, value);
    }
    nl_msg_nlmsghdr(&buf)->nlmsg_len = buf.size;
    tell(env, buf.data, buf.size);
    ofpbuf_uninit(&buf);
}

/* Each kind of event, and that they are told in their order though those of
 * filters are collected. */
static void
test_events(void **state OVS_UNUSED)
{
    struct env env;

    start(&env);
    tell_filter(&env, RTM_NEWTFILTER, 1);
    tell_filter(&env, RTM_NEWTFILTER, 2);
    tell_filter(&env, RTM_DELTFILTER, 3);
    tell_filter(&env, RTM_NEWTFILTER, 4);
    expect(&env, "+1 +2 -3 +4 ");
    assert_int_equal(3, env.n_calls);
    assert_int_equal(7, env.last.dev);
    assert_int_equal(3, env.last.recirc_id);
    assert_int_equal(FLOW_EGRESS_SIDE, env.last.flags);
    assert_memory_equal("\0\3\2\1", env.last.ufid, 4);

    tell_filter(&env, RTM_NEWTFILTER, 1);
    tell_other(&env, RTM_DELCHAIN, 7, 0xffff0000, NULL, TCA_CHAIN, 9);
    tell_other(&env, RTM_DELCHAIN, -1, 30, NULL, TCA_CHAIN, 9);
    tell_other(&env, RTM_NEWCHAIN, 7, 0xffff0000, NULL, TCA_CHAIN, 9);
    tell_filter(&env, RTM_DELTFILTER, 2);
    tell_other(&env, RTM_DELTFILTER, 7, EGRESS, "flower", TCA_CHAIN, 4);
    tell_filter(&env, RTM_DELTFILTER, 3);
    tell_other(&env, RTM_DELTFILTER, -1, 30, "flower", TCA_CHAIN, 4);
    /* The kernel's list of priorities, in dumps only, is no event. */
    tell_other(&env, RTM_NEWTFILTER, 7, EGRESS, "flower", TCA_CHAIN, 4);
    expect(&env, "+1 chain9:dev7 chain9:block30 -2 prio5,4:dev7/out -3 "
           "prio5,4:block30 ");

    tell_filter(&env, RTM_NEWTFILTER, 1);
    tell_other(&env, RTM_NEWQDISC, 7, TC_H_CLSACT, "clsact", 0, 0);
    tell_filter(&env, RTM_NEWTFILTER, 2);
    tell_other(&env, RTM_DELQDISC, 8, TC_H_CLSACT, "ingress",
               TCA_INGRESS_BLOCK, 30);
    tell_other(&env, RTM_NEWQDISC, 9, TC_H_CLSACT, "clsact",
               TCA_EGRESS_BLOCK, 31);
    tell_other(&env, RTM_NEWQDISC, 7, TC_H_ROOT, "mq", 0, 0);
    tell_other(&env, RTM_DELQDISC, 7, TC_H_CLSACT, "clsact", 0, 0);
    expect(&env, "+1 qdisc7:dev7/in dev7/out +2 no-qdisc8:block30 "
           "qdisc9:dev9/in block31 no-qdisc7:dev7/in dev7/out ");

    assert_int_equal(20, tc_monitor_stats(env.mon)->n_messages);
    assert_int_equal(9, tc_monitor_stats(env.mon)->n_flows);
    assert_int_equal(0, tc_monitor_stats(env.mon)->n_malformed);
    finish(&env);
    tc_monitor_destroy(NULL);
}

/* Filters of others, by what the kernel really sent. */
static void
test_others(void **state OVS_UNUSED)
{
    struct env env;
    struct nlmsghdr *nlh;
    struct tc_msg m;

    start(&env);
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "gact", NULL, 0);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    nlh = tc_msg_end(&m);
    tell(&env, nlh, nlh->nlmsg_len);
    nlh->nlmsg_type = RTM_DELTFILTER;
    tell(&env, nlh, nlh->nlmsg_len);
    tc_msg_destroy(&m);
    expect(&env, "");
    assert_int_equal(2, tc_monitor_stats(env.mon)->n_messages);
    assert_int_equal(0, tc_monitor_stats(env.mon)->n_flows);
    finish(&env);
}

/* Many events: in batches, of a bounded number for each round of the loop,
 * and none is lost. */
static void
test_burst(void **state OVS_UNUSED)
{
    size_t n = 0, most = 0;
    struct env env;

    start(&env);
    while (n < 3 * TC_MAX_MESSAGES - 1) {
        tell_filter(&env, RTM_NEWTFILTER, ++n);
    }
    while (env.n_added < n) {
        size_t before = env.n_added;

        run_once(&env);
        assert_true(env.n_added > before);
        most = MAX(most, env.n_added - before);
    }
    assert_int_equal(TC_MAX_MESSAGES, most);
    assert_int_equal(3 * TC_MAX_MESSAGES / TC_BATCH, env.n_calls);
    assert_int_equal(n, env.last.handle);
    finish(&env);

    /* Several messages in a datagram, more than a batch. */
    start(&env);
    struct ofpbuf buf;
    ofpbuf_init(&buf, 0);
    for (int i = 0; i < 100; i++) {
        struct nlmsghdr *nlh;
        struct tc_msg m;

        tc_msg_begin(&m, 7, INGRESS, i + 1, 0);
        tc_msg_put_mirred(&m, cookie, 8);
        tc_msg_end_actions(&m);
        nlh = tc_msg_end(&m);
        ofpbuf_put(&buf, nlh, nlh->nlmsg_len);
        ofpbuf_put_zeros(&buf, PAD_SIZE(nlh->nlmsg_len, 4));
        tc_msg_destroy(&m);
    }
    tell(&env, buf.data, buf.size);
    ofpbuf_uninit(&buf);
    run(&env);
    assert_int_equal(100, env.n_added);
    assert_int_equal(4, env.n_calls);
    finish(&env);
}

static void
test_malformed(void **state OVS_UNUSED)
{
    static const uint8_t big[40000];
    const struct tc_monitor_stats *stats;
    struct nlmsghdr *nlh;
    struct env env;
    struct tc_msg m;

    start(&env);
    stats = tc_monitor_stats(env.mon);
    tell(&env, "garbage", 7);
    tell_other(&env, RTM_NEWQDISC, 7, TC_H_CLSACT, "clsact",
               TCA_INGRESS_BLOCK | NLA_F_NESTED, 1);
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    nlh = tc_msg_end(&m);
    ((uint8_t *) nlh)[56] = 0xff;
    tell(&env, nlh, nlh->nlmsg_len);
    tc_msg_destroy(&m);
    run(&env);
    assert_int_equal(2, stats->n_malformed);
    ds_clear(&env.log);

    /* Too short for what they have to have. */
    struct nlmsghdr tiny = { .nlmsg_len = sizeof tiny };
    static const uint16_t types[] = {
        RTM_NEWTFILTER, RTM_DELTFILTER, RTM_DELCHAIN, RTM_NEWQDISC,
        RTM_DELQDISC,
    };
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        tiny.nlmsg_type = types[i];
        tell(&env, &tiny, sizeof tiny);
    }
    expect(&env, "");
    assert_int_equal(7, stats->n_malformed);

    /* A chain of another size. */
    struct {
        struct nlmsghdr nlh;
        struct tcmsg tcm;
        struct nlattr nla;
    } msg = {
        .nlh = { .nlmsg_len = sizeof msg, .nlmsg_type = RTM_DELCHAIN },
        .nla = { .nla_len = sizeof msg.nla, .nla_type = TCA_CHAIN },
    };
    tell(&env, &msg, sizeof msg);
    expect(&env, "");
    assert_int_equal(8, stats->n_malformed);

    /* One that does not fit is one that was lost. */
    tell_filter(&env, RTM_NEWTFILTER, 1);
    tell(&env, big, sizeof big);
    tell_filter(&env, RTM_NEWTFILTER, 2);
    expect(&env, "+1 +2 lost(90) ");
    assert_int_equal(9, stats->n_malformed);
    assert_int_equal(0, stats->n_overflows);
    finish(&env);
}

static void
test_closed(void **state OVS_UNUSED)
{
    struct env env;

    start(&env);
    tell_filter(&env, RTM_NEWTFILTER, 1);
    shutdown(env.kernel, SHUT_RDWR);
    expect(&env, "+1 lost(104) ");
    expect(&env, "");
    finish(&env);
}

/* The real kernel. */

/* Makes the kernel add or delete a clsact qdisc on the loopback device, and
 * waits for its answer. */
static void
do_qdisc(struct env *env, uint16_t type)
{
    struct {
        struct nlmsghdr nlh;
        struct tcmsg tcm;
        struct nlattr nla;
        char kind[8];
    } req = {
        .nlh = {
            .nlmsg_len = sizeof req - 1,
            .nlmsg_type = type,
            .nlmsg_flags = (NLM_F_REQUEST | NLM_F_ACK
                            | (type == RTM_NEWQDISC ? NLM_F_CREATE : 0)),
        },
        .tcm = {
            .tcm_ifindex = 1,
            .tcm_parent = TC_H_CLSACT,
            .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
        },
        .nla = { .nla_len = 4 + 7, .nla_type = TCA_KIND },
        .kind = "clsact",
    };
    struct {
        struct nlmsghdr nlh;
        int error;
        uint8_t rest[256];
    } reply;

    assert_int_equal(req.nlh.nlmsg_len,
                     send(env->kernel, &req, req.nlh.nlmsg_len, 0));
    assert_true(recv(env->kernel, &reply, sizeof reply, 0) > 0);
    assert_int_equal(NLMSG_ERROR, reply.nlh.nlmsg_type);
    assert_int_equal(0, reply.error);
}

static bool
start_kernel(struct env *env, int rcvbuf)
{
    int error;

    memset(env, 0, sizeof *env);
    if (geteuid() || unshare(CLONE_NEWNET)) {
        return false;
    }
    ds_init(&env->log);
    env->base = event_base_new();
    env->kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    env->mon = tc_monitor_create(env->base, rcvbuf, &callbacks, env, &error);
    assert_true(env->kernel >= 0);
    assert_non_null(env->mon);
    return true;
}

#define QDISC "qdisc1:dev1/in dev1/out "
#define NO_QDISC "no-qdisc1:dev1/in dev1/out "

static void
test_kernel(void **state OVS_UNUSED)
{
    struct sockaddr_nl group = {
        .nl_family = AF_NETLINK, .nl_groups = 1 << (RTNLGRP_TC - 1),
    };
    struct nlmsghdr *nlh;
    struct tc_msg m;
    struct env env;

    if (!start_kernel(&env, NL_SOCKET_RCVBUF)) {
        skip();
    }
    do_qdisc(&env, RTM_NEWQDISC);
    expect(&env, QDISC);

    /* Another process's word does not count. */
    tc_msg_begin(&m, 7, EGRESS, 1, 3);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    nlh = tc_msg_end(&m);
    nlh->nlmsg_flags = 0;
    sendto(env.kernel, nlh, nlh->nlmsg_len, 0, (struct sockaddr *) &group,
           sizeof group);
    tc_msg_destroy(&m);
    do_qdisc(&env, RTM_DELQDISC);
    expect(&env, NO_QDISC);
    assert_int_equal(2, tc_monitor_stats(env.mon)->n_messages);
    finish(&env);
}

/* More events than fit: what was queued is told, then the loss, then all that
 * comes later. */
static void
test_overflow(void **state OVS_UNUSED)
{
    const struct tc_monitor_stats *stats;
    struct env env;
    const char *s;
    size_t n = 0;

    if (!start_kernel(&env, 131072)) {
        skip();
    }
    stats = tc_monitor_stats(env.mon);
    for (int i = 0; i < 500; i++) {
        do_qdisc(&env, RTM_NEWQDISC);
        do_qdisc(&env, RTM_DELQDISC);
    }
    run(&env);
    assert_int_equal(1, stats->n_overflows);
    for (s = ds_cstr(&env.log); *s == (n % 2 ? 'n' : 'q'); n++) {
        s = strstr(s, "/out ") + strlen("/out ");
    }
    assert_true(n > TC_MAX_MESSAGES && n < 1000);
    assert_string_equal("lost(105) ", s);
    ds_clear(&env.log);

    do_qdisc(&env, RTM_NEWQDISC);
    expect(&env, QDISC);
    do_qdisc(&env, RTM_DELQDISC);
    expect(&env, NO_QDISC);
    assert_int_equal(1, stats->n_overflows);
    assert_int_equal(n + 2, stats->n_messages);
    finish(&env);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_burst),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_kernel),
        cmocka_unit_test(test_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
