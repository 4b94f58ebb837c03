/* SPDX-License-Identifier: Apache-2.0 */

/* Events of filters, replayed over a pair of sockets:
 *
 *     flow-event N ours|libmnl|walk FILE
 *
 * All N filters in FILE, as "flow-gen N full" writes them, come, and then all
 * go.  Each event is a datagram, as the kernel sends them.  A child queues
 * them, some at a time; then they are received, parsed and put into the table.
 * Prints how many events there were, the sums after all had come, and the
 * receiver's CPU time: in user space, and with the system calls, which copy
 * and free datagrams. */

#include <config.h>

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/flow-table/table.h"
#include "netlink/tc-monitor.h"
#include "tests/bench/flow-facts.h"
#include "tests/bench/flow-mnl.h"
#include "tests/bench/flow-run.h"
#include "tests/bench/flow-view.h"
#include "tests/bench/flow-walk.h"
#include "util.h"

/* Events that are queued at a time. */
#define BURST 2048

#define BUDGET 4096             /* As in the daemon. */
#define NOW 1000000

/* A way to receive events. */
struct receiver {
    /* Receives all that is queued on the socket. */
    void (*drain)(struct receiver *);
    void (*sum)(const struct receiver *, struct facts_sums *);

    int fd;
    uint64_t n_queued;          /* Sent so far. */

    /* Ours. */
    struct event_base *base;
    struct tc_monitor *monitor;
    struct flow_table *flows;

    /* libmnl. */
    struct hmap table;          /* See flow-facts.h. */
    struct walk_table walk;     /* See flow-walk.h. */
};

/* Ours. */

static void
on_added(void *r_, const struct flow_record *const *records, size_t n)
{
    struct receiver *r = r_;

    flow_table_put(r->flows, records, n, NOW);
}

static void
on_deleted(void *r_, const struct flow_record *const *records, size_t n)
{
    struct receiver *r = r_;

    flow_table_delete_batch(r->flows, records, n, NOW);
}

static void
on_prio_gone(void *r OVS_UNUSED, const struct tc_part *part OVS_UNUSED,
             uint32_t chain OVS_UNUSED, uint16_t prio OVS_UNUSED)
{
}

static void
on_chain_gone(void *r OVS_UNUSED, uint32_t dev OVS_UNUSED,
              bool on_block OVS_UNUSED, uint32_t chain OVS_UNUSED)
{
}

static void
on_qdisc(void *r OVS_UNUSED, int ifindex OVS_UNUSED,
         const struct tc_part *parts OVS_UNUSED, size_t n OVS_UNUSED)
{
}

static void
on_lost(void *r OVS_UNUSED, int error)
{
    ovs_fatal(error, "events were lost");
}

static void
drain_ours(struct receiver *r)
{
    while (tc_monitor_stats(r->monitor)->n_messages < r->n_queued) {
        event_base_loop(r->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
        flow_table_run(r->flows, BUDGET, NOW);
    }
}

static void
sum_ours(const struct receiver *r, struct facts_sums *sums)
{
    facts_sums_add_flows(sums, r->flows, NOW);
}

static void
init_ours(struct receiver *r)
{
    static const struct tc_monitor_callbacks callbacks = {
        .added = on_added, .deleted = on_deleted,
        .prio_gone = on_prio_gone, .chain_gone = on_chain_gone,
        .qdisc_added = on_qdisc, .qdisc_deleted = on_qdisc,
        .lost = on_lost,
    };
    int error;

    r->drain = drain_ours;
    r->sum = sum_ours;
    r->base = event_base_new();
    r->flows = flow_table_create();
    r->monitor = tc_monitor_create_fd(r->base, r->fd, &callbacks, r, &error);
    if (!r->monitor) {
        ovs_fatal(error, "no monitor");
    }
}

/* libmnl. */

static int
take_event(const struct nlmsghdr *nlh, void *table)
{
    uint32_t outputs[FACTS_MAX_OUTPUTS];
    struct flow_facts facts;

    facts_init(&facts, outputs);
    if (mnl_parse(nlh, &facts)) {
        if (nlh->nlmsg_type == RTM_NEWTFILTER) {
            facts_table_put(table, &facts);
        } else {
            facts_table_delete(table, facts.ufid);
        }
    }
    return MNL_CB_OK;
}

/* The loop of libmnl's examples, but that it ends. */
static void
receive_and_run(int fd, mnl_cb_t cb, void *table)
{
    static uint64_t buf[32768 / sizeof(uint64_t)];
    ssize_t n;

    while ((n = recv(fd, buf, sizeof buf, 0)) > 0) {
        mnl_cb_run(buf, n, 0, 0, cb, table);
    }
    if (errno != EAGAIN) {
        ovs_fatal(errno, "recv");
    }
}

static void
drain_mnl(struct receiver *r)
{
    receive_and_run(r->fd, take_event, &r->table);
}

static void
sum_mnl(const struct receiver *r, struct facts_sums *sums)
{
    facts_sums_add_table(sums, &r->table);
}

static void
init_mnl(struct receiver *r)
{
    r->drain = drain_mnl;
    r->sum = sum_mnl;
    hmap_init(&r->table);
}

/* libmnl, tuned by hand. */

static int
take_event_walking(const struct nlmsghdr *nlh, void *table)
{
    struct walk_flow flow;

    if (walk_parse(nlh, &flow)) {
        if (nlh->nlmsg_type == RTM_NEWTFILTER) {
            walk_table_put(table, &flow);
        } else {
            walk_table_delete(table, flow.ufid);
        }
    }
    return MNL_CB_OK;
}

static void
drain_walk(struct receiver *r)
{
    receive_and_run(r->fd, take_event_walking, &r->walk);
}

static void
sum_walk(const struct receiver *r, struct facts_sums *sums)
{
    walk_table_sum(&r->walk, sums);
}

static void
init_walk(struct receiver *r, size_t n)
{
    r->drain = drain_walk;
    r->sum = sum_walk;
    walk_table_init(&r->walk, n);
}

/* The sender. */

struct sender {
    int fd;                     /* For events. */
    int sync;                   /* Tells how many are queued, and waits. */
    uint16_t type;              /* RTM_*. */
    uint32_t n;                 /* In the queue. */
};

/* Lets the receiver receive what is queued. */
static void
hand_over(struct sender *sender)
{
    char done;

    if (write(sender->sync, &sender->n, sizeof sender->n) < 0
        || read(sender->sync, &done, 1) != 1) {
        ovs_fatal(errno, "the receiver is gone");
    }
    sender->n = 0;
}

/* Callback for run_messages(). */
static void
send_piece(void *sender_, const struct nlmsghdr *nlh_, size_t size)
{
    struct nlmsghdr *nlh = CONST_CAST(struct nlmsghdr *, nlh_);
    struct sender *sender = sender_;

    for (int len = size; mnl_nlmsg_ok(nlh, len);
         nlh = mnl_nlmsg_next(nlh, &len)) {
        nlh->nlmsg_type = sender->type;
        nlh->nlmsg_flags = 0;
        nlh->nlmsg_seq = 0;
        if (send(sender->fd, nlh, nlh->nlmsg_len, 0) < 0) {
            ovs_fatal(errno, "cannot queue %d events", BURST);
        }
        if (++sender->n >= BURST) {
            hand_over(sender);
        }
    }
}

/* Sends all events of 'type', and that there are no more. */
static void
send_all(struct sender *sender, const char *file, uint16_t type)
{
    sender->type = type;
    run_messages(file, send_piece, sender);
    if (sender->n) {
        hand_over(sender);
    }
    hand_over(sender);
}

/* Starts the sender, whose other ends '*fd' and '*sync' become. */
static void
start_sender(const char *file, int *fd, int *sync)
{
    struct sender sender = { .n = 0 };
    int size = 16 << 20;
    int events[2], syncs[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, events)
        || setsockopt(events[1], SOL_SOCKET, SO_SNDBUFFORCE, &size,
                      sizeof size)
        || socketpair(AF_UNIX, SOCK_STREAM, 0, syncs)) {
        ovs_fatal(errno, "no pair of sockets");
    }
    switch (fork()) {
    case -1:
        ovs_fatal(errno, "fork");

    case 0:
        close(events[0]);
        close(syncs[0]);
        sender.fd = events[1];
        sender.sync = syncs[1];
        send_all(&sender, file, RTM_NEWTFILTER);
        send_all(&sender, file, RTM_DELTFILTER);
        _exit(EXIT_SUCCESS);
    }
    close(events[1]);
    close(syncs[1]);
    *fd = events[0];
    *sync = syncs[0];
}

/* The receiver. */

struct times {
    double cpu;                 /* All CPU time, in seconds. */
    double user;                /* In user space. */
};

static double
user_time(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_utime.tv_usec / 1e6;
}

/* Receives until the sender says that it sent all.  Valgrind counts the
 * instructions of that and of nothing else. */
void bench_measured(struct receiver *, int sync, struct times *);

void __attribute__((noinline))
bench_measured(struct receiver *r, int sync, struct times *times)
{
    double user = user_time();
    double cpu = run_cpu_time();
    uint32_t n;

    while (read(sync, &n, sizeof n) == sizeof n) {
        r->n_queued += n;
        r->drain(r);
        if (write(sync, "", 1) != 1) {
            ovs_fatal(errno, "the sender is gone");
        }
        if (!n) {
            break;
        }
    }
    times->cpu += run_cpu_time() - cpu;
    times->user += user_time() - user;
}

int
main(int argc, char *argv[])
{
    static struct facts_sums sums, rest;
    struct receiver r = { .n_queued = 0 };
    struct times times = { .cpu = 0 };
    unsigned int n;
    int sync;

    set_program_name(argv[0]);
    if (argc != 4 || !str_to_uint(argv[1], 10, &n)) {
        ovs_fatal(0, "usage: %s N ours|libmnl|walk FILE", argv[0]);
    }
    start_sender(argv[3], &r.fd, &sync);
    if (!strcmp(argv[2], "ours")) {
        init_ours(&r);
    } else if (!strcmp(argv[2], "libmnl")) {
        init_mnl(&r);
    } else if (!strcmp(argv[2], "walk")) {
        init_walk(&r, n);
    } else {
        ovs_fatal(0, "no way to receive is named \"%s\"", argv[2]);
    }

    bench_measured(&r, sync, &times);
    r.sum(&r, &sums);
    bench_measured(&r, sync, &times);
    r.sum(&r, &rest);
    if (rest.flows) {
        ovs_fatal(0, "%"PRIu64" flows are left", rest.flows);
    }
    printf("{\"events\":%"PRIu64",", r.n_queued);
    facts_sums_print(&sums, false);
    printf(",\"seconds\":%.6f,\"all_seconds\":%.6f}\n",
           times.user, times.cpu);
    return EXIT_SUCCESS;
}
