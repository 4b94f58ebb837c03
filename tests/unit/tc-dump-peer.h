/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_TC_DUMP_PEER_H
#define TESTS_UNIT_TC_DUMP_PEER_H 1

/* Plays the kernel for a dump of tc filters, on the other end of a socket
 * pair.  cmocka.h and what it needs have to be included before. */

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/tc.h"
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

static inline void
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

static inline void
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

static inline void
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

static inline void
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
static inline void
run_once(struct env *env)
{
    size_t before = env->n_flows;

    event_base_loop(env->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    if (env->n_flows > before) {
        env->most_flows = MAX(env->most_flows, env->n_flows - before);
    }
}

/* Runs it until nothing is left to do without us. */
static inline void
run(struct env *env)
{
    for (int i = 0; i < 100; i++) {
        run_once(env);
    }
}

static inline struct env *
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

static inline struct env *
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

static inline struct env *
start(const int *ifindexes, size_t n)
{
    return start_with(ifindexes, n, 0);
}

static inline struct env *
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

static inline void
finish(struct env *env)
{
    tc_dump_cancel(env->cancel_in ? NULL : env->dump);
    event_base_free(env->base);
    close(env->kernel);
    ofpbuf_uninit(&env->out);
    free(env);
}

/* Takes the next request and checks what it asks for. */
static inline void
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

static inline void
expect_no_request(struct env *env)
{
    uint8_t buf[256];

    run(env);
    assert_true(recv(env->kernel, buf, sizeof buf, 0) <= 0);
}

/* Adds a message to the chunk. */
static inline void
put(struct env *env, struct nlmsghdr *nlh, uint16_t flags)
{
    nlh->nlmsg_seq = env->seq;
    nlh->nlmsg_pid = PORTID;
    nlh->nlmsg_flags = NLM_F_MULTI | flags;
    ofpbuf_put(&env->out, nlh, nlh->nlmsg_len);
    ofpbuf_put_zeros(&env->out, PAD_SIZE(nlh->nlmsg_len, 4));
}

/* Sends the chunk. */
static inline void
flush(struct env *env)
{
    assert_int_equal(env->out.size,
                     send(env->kernel, env->out.data, env->out.size, 0));
    ofpbuf_clear(&env->out);
}

static inline void
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

static inline void
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
static inline void
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

static inline void
assert_part(const struct env *env, size_t i, int ifindex, uint32_t block,
            uint32_t parent)
{
    assert_true(i < env->n_parts);
    assert_int_equal(ifindex, env->parts[i].ifindex);
    assert_int_equal(block, env->parts[i].block);
    assert_int_equal(parent, env->parts[i].parent);
}

/* Answers the request for qdiscs: 'ifindex' has an ingress qdisc. */
static inline void
answer_qdiscs(struct env *env, int ifindex)
{
    expect_request(env, RTM_GETQDISC, 0, 0);
    put_qdisc(env, ifindex, "ingress", 0, 0, 0);
    put_end(env, 0, 0);
    flush(env);
}

#endif /* tests/unit/tc-dump-peer.h */
