/* SPDX-License-Identifier: Apache-2.0 */

/* The dump, with the test as the kernel on the other end of a socket pair. */

#include <config.h>

#include "netlink/tc.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
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
#define PORTID 4711

/* The other end, and what the callbacks told. */
struct env {
    struct event_base *base;    /* Where the dump runs. */
    struct tc_dump *dump;       /* NULL once it is over. */
    int kernel;                 /* Our end of its socket. */
    uint32_t seq;               /* Of the last request. */
    struct ofpbuf out;          /* Chunk that is being made. */
    unsigned int options;       /* Of the dump. */

    struct tc_part parts[16];   /* Of all begin() calls. */
    size_t n_parts;             /* Number of them. */
    struct tc_part part;        /* Of the last one. */
    size_t n_ends;              /* Number of end() calls. */
    size_t n_interrupted;       /* Those of an interrupted part. */
    size_t n_flows;             /* Flows told since the last begin(). */
    uint32_t last_handle;       /* Of the last one. */
    uint16_t last_flags;        /* Ditto. */
    uint32_t last_hash;         /* Ditto. */
    size_t most_flows;          /* Most flows told in one round. */
    bool done;                  /* done() was called. */
    struct tc_dump_result result; /* With this. */
    int cancel_in;              /* Cancel in: 1 begin, 2 flows, 3 done, 4
                                 * end. */
};

static const uint8_t cookie[16] = { 1, 2, 3 };

static void
on_begin(void *env_, const struct tc_part *part)
{
    struct env *env = env_;

    assert_true(env->n_parts < ARRAY_SIZE(env->parts));
    env->parts[env->n_parts++] = *part;
    env->part = *part;
    env->n_flows = 0;
    if (env->cancel_in == 1) {
        tc_dump_cancel(env->dump);
    }
}

static void
on_flows(void *env_, const struct flow_record *const *flows, size_t n)
{
    struct env *env = env_;

    assert_true(n > 0 && n <= TC_BATCH);
    for (size_t i = 0; i < n; i++) {
        env->n_flows++;
        env->last_handle = flows[i]->handle;
        env->last_flags = flows[i]->flags;
        env->last_hash = flows[i]->key_hash;
    }
    if (env->cancel_in == 2) {
        tc_dump_cancel(env->dump);
    }
}

static void
on_end(void *env_, const struct tc_part *part, bool interrupted)
{
    struct env *env = env_;

    assert_memory_equal(part, &env->part, sizeof *part);
    env->n_ends++;
    env->n_interrupted += interrupted;
    if (env->cancel_in == 4) {
        tc_dump_cancel(env->dump);
    }
}

static void
on_done(void *env_, const struct tc_dump_result *result)
{
    struct env *env = env_;

    assert_false(env->done);
    env->done = true;
    env->result = *result;
    if (env->cancel_in == 3) {
        tc_dump_cancel(env->dump);
    }
    env->dump = NULL;
}

static const struct tc_dump_callbacks callbacks = {
    .begin = on_begin,
    .flows = on_flows,
    .end = on_end,
    .done = on_done,
};

/* Runs the event loop for one round. */
static void
run_once(struct env *env)
{
    size_t before = env->n_flows;

    event_base_loop(env->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    if (env->n_flows > before) {
        env->most_flows = MAX(env->most_flows, env->n_flows - before);
    }
}

/* Runs it until nothing is left to do without us. */
static void
run(struct env *env)
{
    for (int i = 0; i < 100; i++) {
        run_once(env);
    }
}

static struct env *
create(int *fd)
{
    struct env *env = xzalloc(sizeof *env);
    int fds[2], size = 1 << 20;

    env->base = event_base_new();
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
                                   fds));
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    env->kernel = fds[1];
    ofpbuf_init(&env->out, 4096);
    *fd = fds[0];
    return env;
}

static struct env *
start_with(const int *ifindexes, size_t n, unsigned int options)
{
    int fd, error;
    struct env *env = create(&fd);

    env->dump = tc_dump_start_fd(env->base, fd, PORTID, ifindexes, n, options,
                                 &callbacks, env, &error);
    assert_non_null(env->dump);
    env->options = options;
    return env;
}

static struct env *
start(const int *ifindexes, size_t n)
{
    return start_with(ifindexes, n, 0);
}

static struct env *
start_parts(const struct tc_part *parts, size_t n, unsigned int options)
{
    int fd, error;
    struct env *env = create(&fd);

    env->dump = tc_dump_start_parts_fd(env->base, fd, PORTID, parts, n,
                                       options, &callbacks, env, &error);
    assert_non_null(env->dump);
    env->options = options;
    return env;
}

static void
finish(struct env *env)
{
    tc_dump_cancel(env->cancel_in ? NULL : env->dump);
    event_base_free(env->base);
    close(env->kernel);
    ofpbuf_uninit(&env->out);
    free(env);
}

/* Takes the next request and checks what it asks for. */
static void
expect_request(struct env *env, uint16_t type, int ifindex, uint32_t parent)
{
    struct {
        struct nlmsghdr nlh;
        struct tcmsg tcm;
        struct nlattr nla;
        struct nla_bitfield32 flags;
    } req;
    bool terse = env->options & TC_DUMP_TERSE && type == RTM_GETTFILTER;
    ssize_t size = terse ? sizeof req : sizeof req.nlh + sizeof req.tcm;

    run(env);
    assert_int_equal(size, recv(env->kernel, &req, sizeof req, 0));
    assert_int_equal(size, req.nlh.nlmsg_len);
    if (terse) {
        assert_int_equal(TCA_DUMP_FLAGS, req.nla.nla_type);
        assert_int_equal(sizeof req.nla + sizeof req.flags, req.nla.nla_len);
        assert_int_equal(TCA_DUMP_FLAGS_TERSE, req.flags.value);
        assert_int_equal(TCA_DUMP_FLAGS_TERSE, req.flags.selector);
    }
    assert_int_equal(type, req.nlh.nlmsg_type);
    assert_int_equal(NLM_F_REQUEST | NLM_F_DUMP, req.nlh.nlmsg_flags);
    assert_int_equal(ifindex, req.tcm.tcm_ifindex);
    assert_int_equal(parent, req.tcm.tcm_parent);
    assert_int_not_equal(env->seq, req.nlh.nlmsg_seq);
    env->seq = req.nlh.nlmsg_seq;
}

static void
expect_no_request(struct env *env)
{
    uint8_t buf[256];

    run(env);
    assert_true(recv(env->kernel, buf, sizeof buf, 0) <= 0);
}

/* Adds a message to the chunk. */
static void
put(struct env *env, struct nlmsghdr *nlh, uint16_t flags)
{
    nlh->nlmsg_seq = env->seq;
    nlh->nlmsg_pid = PORTID;
    nlh->nlmsg_flags = NLM_F_MULTI | flags;
    ofpbuf_put(&env->out, nlh, nlh->nlmsg_len);
    ofpbuf_put_zeros(&env->out, PAD_SIZE(nlh->nlmsg_len, 4));
}

/* Sends the chunk. */
static void
flush(struct env *env)
{
    assert_int_equal(env->out.size,
                     send(env->kernel, env->out.data, env->out.size, 0));
    ofpbuf_clear(&env->out);
}

static void
put_qdisc(struct env *env, int ifindex, const char *kind,
          uint32_t ingress_block, uint32_t egress_block, uint16_t flags)
{
    struct ofpbuf buf;
    struct tcmsg *tcm;

    ofpbuf_init(&buf, 256);
    nl_msg_put_nlmsghdr(&buf, 0, RTM_NEWQDISC, 0);
    tcm = ofpbuf_put_zeros(&buf, sizeof *tcm);
    tcm->tcm_ifindex = ifindex;
    tcm->tcm_parent = strcmp(kind, "mq") ? TC_H_CLSACT : TC_H_ROOT;
    nl_msg_put_string(&buf, TCA_KIND, kind);
    if (ingress_block) {
        nl_msg_put_u32(&buf, TCA_INGRESS_BLOCK, ingress_block);
    }
    if (egress_block) {
        nl_msg_put_u32(&buf, TCA_EGRESS_BLOCK, egress_block);
    }
    nl_msg_nlmsghdr(&buf)->nlmsg_len = buf.size;
    put(env, nl_msg_nlmsghdr(&buf), flags);
    ofpbuf_uninit(&buf);
}

static void
put_filter(struct env *env, int ifindex, uint32_t handle, uint16_t flags)
{
    struct tc_msg m;

    tc_msg_begin(&m, ifindex, INGRESS, handle, 0);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    put(env, tc_msg_end(&m), flags);
    tc_msg_destroy(&m);
}

/* Ends a dump: NLMSG_DONE, or NLMSG_ERROR if 'error' (negative) is not 0. */
static void
put_end(struct env *env, int error, uint16_t flags)
{
    struct {
        struct nlmsghdr nlh;
        int error;
        struct nlmsghdr cause;
    } msg = { .error = error };

    msg.nlh.nlmsg_type = error ? NLMSG_ERROR : NLMSG_DONE;
    msg.nlh.nlmsg_len = error ? sizeof msg : NLMSG_LENGTH(sizeof error);
    put(env, &msg.nlh, flags);
}

static void
assert_part(const struct env *env, size_t i, int ifindex, uint32_t block,
            uint32_t parent)
{
    assert_true(i < env->n_parts);
    assert_int_equal(ifindex, env->parts[i].ifindex);
    assert_int_equal(block, env->parts[i].block);
    assert_int_equal(parent, env->parts[i].parent);
}

/* Answers the request for qdiscs: 'ifindex' has an ingress qdisc. */
static void
answer_qdiscs(struct env *env, int ifindex)
{
    expect_request(env, RTM_GETQDISC, 0, 0);
    put_qdisc(env, ifindex, "ingress", 0, 0, 0);
    put_end(env, 0, 0);
    flush(env);
}

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
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_often_interrupted),
        cmocka_unit_test(test_always_interrupted),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
