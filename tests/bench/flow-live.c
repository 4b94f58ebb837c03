/* SPDX-License-Identifier: Apache-2.0 */

/* Events of this machine's kernel, as fast as it makes them:
 *
 *     flow-live IFINDEX N RCVBUF
 *
 * A child adds N filters to device IFINDEX, which has a clsact qdisc, and
 * removes them.  They are of cls_bpf, which kernels without flower have, too,
 * with a cookie of 16 bytes as Open vSwitch gives it: no flows, but as many
 * events.  A monitor with a receive buffer of RCVBUF bytes follows, and
 * dumps all filters if events are lost; with a buffer of less than a megabyte
 * it does so only after the child is done, so that it must lose some.
 *
 * Prints how many events there were and were seen, how often some were lost,
 * and how many dumps made up for it. */

#include <config.h>

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netlink/tc-monitor.h"
#include "netlink/tc.h"
#include "util.h"

/* Requests in one system call, of which the last is confirmed. */
#define BATCH 64

/* Filters in a chain: the kernel's look-up in one is a walk. */
#define PER_CHAIN 500

#define SMALL_RCVBUF (1 << 20)

/* The child. */

struct writer {
    struct mnl_socket *nl;
    uint32_t ifindex;
    size_t used;                /* Bytes in 'buf'. */
    uint32_t seq;
    uint64_t buf[BATCH * 512 / sizeof(uint64_t)];
};

/* A program of the size of a match, and an action with a cookie. */
static void
put_options(struct nlmsghdr *nlh, uint32_t ifindex, uint32_t i)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_IMM, i),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    uint32_t cookie[4] = { i, ~i, i, ~i };
    struct tc_mirred mirred = {
        .action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR,
        .ifindex = ifindex,
    };
    struct nlattr *options = mnl_attr_nest_start(nlh, TCA_OPTIONS);

    mnl_attr_put_u16(nlh, TCA_BPF_OPS_LEN, ARRAY_SIZE(program));
    mnl_attr_put(nlh, TCA_BPF_OPS, sizeof program, program);
    struct nlattr *actions = mnl_attr_nest_start(nlh, TCA_BPF_ACT);
    struct nlattr *action = mnl_attr_nest_start(nlh, 1);
    mnl_attr_put_strz(nlh, TCA_ACT_KIND, "mirred");
    mnl_attr_put(nlh, TCA_ACT_COOKIE, sizeof cookie, cookie);
    struct nlattr *parms = mnl_attr_nest_start(nlh, TCA_ACT_OPTIONS);
    mnl_attr_put(nlh, TCA_MIRRED_PARMS, sizeof mirred, &mirred);
    mnl_attr_nest_end(nlh, parms);
    mnl_attr_nest_end(nlh, action);
    mnl_attr_nest_end(nlh, actions);
    mnl_attr_nest_end(nlh, options);
}

/* Appends the request of 'type' for filter 'i'. */
static struct nlmsghdr *
put_request(struct writer *w, uint16_t type, uint32_t i)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header((uint8_t *) w->buf + w->used);
    struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof *tcm);

    nlh->nlmsg_type = type;
    nlh->nlmsg_flags = NLM_F_REQUEST;
    nlh->nlmsg_seq = ++w->seq;
    tcm->tcm_ifindex = w->ifindex;
    tcm->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
    tcm->tcm_handle = i + 1;
    tcm->tcm_info = TC_H_MAKE(2 << 16, htons(ETH_P_IP));
    mnl_attr_put_u32(nlh, TCA_CHAIN, 1 + i / PER_CHAIN);
    mnl_attr_put_strz(nlh, TCA_KIND, "bpf");
    if (type == RTM_NEWTFILTER) {
        nlh->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
        put_options(nlh, w->ifindex, i);
    }
    return nlh;
}

/* Sends what there is, and waits until the last of it is done. */
static void
send_batch(struct writer *w)
{
    uint64_t buf[8192 / sizeof(uint64_t)];
    ssize_t n;
    int rc;

    if (mnl_socket_sendto(w->nl, w->buf, w->used) < 0) {
        ovs_fatal(errno, "cannot send requests");
    }
    w->used = 0;
    do {
        n = mnl_socket_recvfrom(w->nl, buf, sizeof buf);
        /* One that fails, of any number, has an answer too. */
        rc = n < 0 ? -1 : mnl_cb_run(buf, n, 0, 0, NULL, NULL);
    } while (rc > 0);
    if (rc < 0) {
        ovs_fatal(errno, "the kernel refused a filter");
    }
}

static void
write_all(struct writer *w, uint16_t type, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct nlmsghdr *nlh = put_request(w, type, i);

        w->used += NLMSG_ALIGN(nlh->nlmsg_len);
        if (i % BATCH == BATCH - 1 || i == n - 1) {
            nlh->nlmsg_flags |= NLM_F_ACK;
            send_batch(w);
        }
    }
}

/* The life of the child. */
static void
change_filters(uint32_t ifindex, uint32_t n)
{
    static struct writer w;

    w.ifindex = ifindex;
    w.nl = mnl_socket_open(NETLINK_ROUTE);
    if (!w.nl || mnl_socket_bind(w.nl, 0, MNL_SOCKET_AUTOPID)) {
        ovs_fatal(errno, "no netlink socket");
    }
    write_all(&w, RTM_NEWTFILTER, n);
    write_all(&w, RTM_DELTFILTER, n);
}

/* The parent. */

struct state {
    struct event_base *base;
    int ifindex;
    pid_t child;                /* 0 once it is done. */
    uint64_t n_lost;            /* Calls of lost(). */
    uint64_t n_dumps;           /* Dumps made for that. */
    bool dumping;
};

static void
on_flows(void *state OVS_UNUSED,
         const struct flow_record *const *records OVS_UNUSED,
         size_t n OVS_UNUSED)
{
}

static void
on_prio_gone(void *state OVS_UNUSED, const struct tc_part *part OVS_UNUSED,
             uint32_t chain OVS_UNUSED, uint16_t prio OVS_UNUSED)
{
}

static void
on_chain_gone(void *state OVS_UNUSED, uint32_t dev OVS_UNUSED,
              bool on_block OVS_UNUSED, uint32_t chain OVS_UNUSED)
{
}

static void
on_qdisc(void *state OVS_UNUSED, int ifindex OVS_UNUSED,
         const struct tc_part *parts OVS_UNUSED, size_t n OVS_UNUSED)
{
}

static void
on_begin(void *state OVS_UNUSED, const struct tc_part *part OVS_UNUSED)
{
}

static void
on_dumped(void *state_, const struct tc_dump_result *result)
{
    struct state *state = state_;

    if (result->error) {
        ovs_fatal(result->error, "the dump failed");
    }
    state->n_dumps++;
    state->dumping = false;
}

static void
on_lost(void *state_, int error OVS_UNUSED)
{
    static const struct tc_dump_callbacks callbacks = {
        .begin = on_begin, .flows = on_flows, .done = on_dumped,
    };
    struct state *state = state_;
    int dump_error;

    state->n_lost++;
    if (!state->dumping) {
        if (!tc_dump_start(state->base, &state->ifindex, 1, 0, &callbacks,
                           state, &dump_error)) {
            ovs_fatal(dump_error, "cannot dump");
        }
        state->dumping = true;
    }
}

/* The child is done, and closed 'fd'. */
static void
on_child_done(evutil_socket_t fd OVS_UNUSED, short what OVS_UNUSED,
              void *state_)
{
    struct state *state = state_;
    int status;

    if (waitpid(state->child, &status, 0) < 0 || status) {
        ovs_fatal(0, "the child failed");
    }
    state->child = 0;
}

/* Starts the child; sets '*done' to the event that tells that it is done. */
static void
start_child(struct state *state, uint32_t n, struct event **done)
{
    int fds[2];

    if (pipe(fds)) {
        ovs_fatal(errno, "pipe");
    }
    state->child = fork();
    if (state->child < 0) {
        ovs_fatal(errno, "fork");
    } else if (!state->child) {
        close(fds[0]);
        change_filters(state->ifindex, n);
        _exit(EXIT_SUCCESS);
    }
    close(fds[1]);
    *done = event_new(state->base, fds[0], EV_READ, on_child_done, state);
    event_add(*done, NULL);
}

static double
now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Follows until the child is done and nothing is left to be read.  Returns how
 * long the child took, in seconds. */
static double
follow(struct state *state, const struct tc_monitor *monitor, uint32_t n,
       bool late)
{
    struct event *done;
    double start = now();
    double seconds;
    uint64_t seen;

    start_child(state, n, &done);
    if (late) {
        event_del(done);
        on_child_done(-1, 0, state);
    }
    while (state->child) {
        event_base_loop(state->base, EVLOOP_ONCE);
    }
    seconds = now() - start;

    /* All events are queued by now. */
    do {
        seen = tc_monitor_stats(monitor)->n_messages;
        event_base_loop(state->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    } while (state->dumping || seen != tc_monitor_stats(monitor)->n_messages);
    close(event_get_fd(done));
    event_free(done);
    return seconds;
}

int
main(int argc, char *argv[])
{
    static const struct tc_monitor_callbacks callbacks = {
        .added = on_flows, .deleted = on_flows,
        .prio_gone = on_prio_gone, .chain_gone = on_chain_gone,
        .qdisc_added = on_qdisc, .qdisc_deleted = on_qdisc,
        .lost = on_lost,
    };
    unsigned int ifindex, n, rcvbuf;
    int error;

    set_program_name(argv[0]);
    if (argc != 4 || !str_to_uint(argv[1], 10, &ifindex)
        || !str_to_uint(argv[2], 10, &n)
        || !str_to_uint(argv[3], 10, &rcvbuf)) {
        ovs_fatal(0, "usage: %s IFINDEX N RCVBUF", argv[0]);
    }
    struct state state = {
        .base = event_base_new(), .ifindex = ifindex,
    };
    struct tc_monitor *monitor = tc_monitor_create(state.base, rcvbuf,
                                                   &callbacks, &state, &error);
    if (!monitor) {
        ovs_fatal(error, "no monitor");
    }

    double seconds = follow(&state, monitor, n, rcvbuf < SMALL_RCVBUF);
    const struct tc_monitor_stats *stats = tc_monitor_stats(monitor);

    /* Each chain tells that it comes, and that it goes. */
    printf("{\"events\":%"PRIu32",\"seen\":%"PRIu64",\"overflows\":%"PRIu64","
           "\"lost\":%"PRIu64",\"dumps\":%"PRIu64",\"seconds\":%.6f}\n",
           2 * (n + DIV_ROUND_UP(n, PER_CHAIN)), stats->n_messages,
           stats->n_overflows, state.n_lost, state.n_dumps, seconds);
    tc_monitor_destroy(monitor);
    event_base_free(state.base);
    return EXIT_SUCCESS;
}
