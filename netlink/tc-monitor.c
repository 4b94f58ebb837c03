/* SPDX-License-Identifier: Apache-2.0 */

/* ovs-vswitchd deletes up to 100 000 filters a second when it revalidates, and
 * each is a datagram of its own.  They are taken off the socket many at once,
 * and told many at once, so that neither the system call nor the table's cache
 * misses are paid for each.
 *
 * Overflow.  Once the queue was full, the kernel drops all events until it has
 * been read to its end, while the error is told at once, before what is still
 * queued.  So lost() waits for the end of the queue: a dump that is made
 * earlier could miss what is still being dropped, and filters that were queued
 * as new could outlive their deletion. */

#include <config.h>

#include "netlink/tc-monitor.h"

#include <errno.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coverage.h"
#include "netlink/nl-socket.h"
#include "netlink/tc-common.h"
#include "util.h"

COVERAGE_DEFINE(tc_monitor_overflow);
COVERAGE_DEFINE(tc_monitor_malformed);

/* Datagrams that one system call receives. */
#define N_SLOTS TC_BATCH
BUILD_ASSERT_DECL(TC_MAX_MESSAGES % N_SLOTS == 0);

/* Room for a datagram, bytes.  Those of events have at most 8 KB up to Linux
 * 6.7, and may have more since.  Only what is used is really allocated.  The
 * odd part keeps the starts of the slots from sharing cache lines' sets. */
#define SLOT_SIZE (32768 + 832)

/* The least that the kernel accounts for a queued event: its 'struct sk_buff'
 * and its data. */
#define MIN_TRUESIZE 512

/* What the batch is for. */
enum batch_kind {
    BATCH_ADDED,
    BATCH_DELETED,
};

struct tc_monitor {
    const struct tc_monitor_callbacks *cbs; /* The caller's. */
    void *aux;                  /* For 'cbs'. */
    struct tc_monitor_stats stats; /* So far. */
    int fd;                     /* Socket. */
    bool check_sender;          /* Only the kernel is trusted. */
    struct event *event;        /* EV_READ on 'fd'. */

    int lost;                   /* Positive errno that is to be told once the
                                 * queue was read to its end, or 0. */
    size_t max_queued;          /* Most datagrams that fit into the queue. */
    size_t n_drained;           /* Datagrams since 'lost' is set. */

    enum batch_kind kind;       /* What 'batch' is for. */
    struct tc_batch batch;      /* To be told. */

    struct mmsghdr msgs[N_SLOTS]; /* For recvmmsg(): the following. */
    struct iovec iovs[N_SLOTS]; /* Of slots. */
    struct sockaddr_nl senders[N_SLOTS]; /* Who sent what is there. */
    uint8_t *slots;             /* N_SLOTS times SLOT_SIZE bytes. */
};

/* Telling. */

static void
flush(struct tc_monitor *mon)
{
    size_t n = mon->batch.n;

    mon->batch.n = 0;
    if (n && mon->kind == BATCH_ADDED) {
        mon->cbs->added(mon->aux, mon->batch.flows, n);
    } else if (n) {
        mon->cbs->deleted(mon->aux, mon->batch.flows, n);
    }
}

static void
tell_lost(struct tc_monitor *mon)
{
    int error = mon->lost;

    mon->lost = 0;
    mon->n_drained = 0;
    mon->cbs->lost(mon->aux, error);
}

/* Messages. */

/* Where the filter or chain is that 'tcm' is about. */
static struct tc_part
get_part(const struct tcmsg *tcm)
{
    if ((uint32_t) tcm->tcm_ifindex == TCM_IFINDEX_MAGIC_BLOCK) {
        return (struct tc_part) { .block = tcm->tcm_block_index };
    }
    return (struct tc_part) {
        .ifindex = tcm->tcm_ifindex, .parent = tcm->tcm_parent,
    };
}

/* A filter that is not OVS's, or a deletion that names no filter. */
static bool
process_other_filter(struct tc_monitor *mon, const struct nlmsghdr *nlh)
{
    const struct tcmsg *tcm;
    uint32_t chain;

    if (nlh->nlmsg_type != RTM_DELTFILTER) {
        return true;
    }
    if (!tc_chain_parse(nlh, &tcm, &chain)) {
        return false;
    }
    if (!tcm->tcm_handle) {
        struct tc_part part = get_part(tcm);

        flush(mon);
        mon->cbs->prio_gone(mon->aux, &part, chain,
                            TC_H_MAJ(tcm->tcm_info) >> 16);
    }
    return true;
}

static bool
process_filter(struct tc_monitor *mon, const struct nlmsghdr *nlh)
{
    enum batch_kind kind = (nlh->nlmsg_type == RTM_NEWTFILTER
                            ? BATCH_ADDED : BATCH_DELETED);

    if (mon->kind != kind) {
        flush(mon);
        mon->kind = kind;
    }
    switch (tc_flow_parse(nlh, nlh->nlmsg_len, TC_PARSE_KEY_HASH,
                          tc_batch_next(&mon->batch))) {
    case TC_PARSE_FLOW:
        mon->stats.n_flows++;
        tc_batch_add(&mon->batch);
        if (tc_batch_is_full(&mon->batch)) {
            flush(mon);
        }
        return true;

    case TC_PARSE_NOT_OVS:
        return process_other_filter(mon, nlh);

    case TC_PARSE_MALFORMED:
    default:
        return false;
    }
}

static bool
process_del_chain(struct tc_monitor *mon, const struct nlmsghdr *nlh)
{
    const struct tcmsg *tcm;
    struct tc_part part;
    uint32_t chain;

    if (!tc_chain_parse(nlh, &tcm, &chain)) {
        return false;
    }
    part = get_part(tcm);
    flush(mon);
    mon->cbs->chain_gone(mon->aux, part.block ? part.block : part.ifindex,
                         part.block != 0, chain);
    return true;
}

static bool
process_qdisc(struct tc_monitor *mon, const struct nlmsghdr *nlh)
{
    struct tc_qdisc qdisc;

    if (!tc_qdisc_parse(nlh, &qdisc)) {
        return false;
    }
    if (qdisc.n_parts) {
        flush(mon);
        if (nlh->nlmsg_type == RTM_NEWQDISC) {
            mon->cbs->qdisc_added(mon->aux, qdisc.ifindex, qdisc.parts,
                                  qdisc.n_parts);
        } else {
            mon->cbs->qdisc_deleted(mon->aux, qdisc.ifindex, qdisc.parts,
                                    qdisc.n_parts);
        }
    }
    return true;
}

static void
malformed(struct tc_monitor *mon)
{
    COVERAGE_INC(tc_monitor_malformed);
    mon->stats.n_malformed++;
}

static void
process_message(struct tc_monitor *mon, const struct nlmsghdr *nlh)
{
    bool ok = true;

    mon->stats.n_messages++;
    switch (nlh->nlmsg_type) {
    case RTM_NEWTFILTER:
    case RTM_DELTFILTER:
        ok = process_filter(mon, nlh);
        break;

    case RTM_DELCHAIN:
        ok = process_del_chain(mon, nlh);
        break;

    case RTM_NEWQDISC:
    case RTM_DELQDISC:
        ok = process_qdisc(mon, nlh);
        break;
    }
    if (!ok) {
        malformed(mon);
    }
}

/* Receiving. */

static void
note_loss(struct tc_monitor *mon, int error)
{
    mon->lost = error;
    mon->n_drained = 0;
}

/* Processes the datagram in slot 'i'. */
static void
process_datagram(struct tc_monitor *mon, size_t i)
{
    const struct mmsghdr *msg = &mon->msgs[i];
    const struct sockaddr_nl *from = &mon->senders[i];
    const struct nlmsghdr *nlh = (const void *) &mon->slots[i * SLOT_SIZE];
    int len = msg->msg_len;

    /* The kernel's port is 0.  It fills in the sender itself and gives no
     * other socket that port, so no process can forge it. */
    if (mon->check_sender
        && (msg->msg_hdr.msg_namelen != sizeof *from
            || from->nl_family != AF_NETLINK || from->nl_pid)) {
        return;
    }
    if (msg->msg_hdr.msg_flags & MSG_TRUNC || msg->msg_len > SLOT_SIZE) {
        malformed(mon);
        note_loss(mon, EMSGSIZE);
        return;
    }
    if (!len) {
        /* Never on netlink: the other end is gone. */
        event_del(mon->event);
        note_loss(mon, ECONNRESET);
        return;
    }
    for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
        process_message(mon, nlh);
    }
    if (len > 0) {
        malformed(mon);
    }
}

/* Receives into the slots.  Returns how many datagrams there are, at most
 * N_SLOTS, or a negative errno. */
static int
receive(struct tc_monitor *mon)
{
    int n;

    for (size_t i = 0; i < N_SLOTS; i++) {
        mon->msgs[i].msg_hdr.msg_namelen = sizeof mon->senders[i];
    }
    do {
        n = recvmmsg(mon->fd, mon->msgs, N_SLOTS, MSG_DONTWAIT | MSG_TRUNC,
                     NULL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* Receives and processes once.  Returns whether there may be more. */
static bool
receive_and_process(struct tc_monitor *mon)
{
    int n = receive(mon);

    if (n == -EAGAIN) {
        return false;
    } else if (n < 0) {
        /* The socket goes on after ENOBUFS, and has no other error. */
        if (n == -ENOBUFS) {
            COVERAGE_INC(tc_monitor_overflow);
            mon->stats.n_overflows++;
        }
        note_loss(mon, -n);
        return n == -ENOBUFS;
    }
    for (int i = 0; i < n; i++) {
        process_datagram(mon, i);
        if (mon->lost == ECONNRESET) {
            return false;
        }
    }
    mon->n_drained += n;
    return true;
}

static void
on_readable(evutil_socket_t fd OVS_UNUSED, short what OVS_UNUSED, void *mon_)
{
    struct tc_monitor *mon = mon_;
    bool more = true;

    for (int i = 0; i < TC_MAX_MESSAGES / N_SLOTS && more; i++) {
        more = receive_and_process(mon);
    }
    flush(mon);

    /* The queue may never be found empty, but what was in it is gone. */
    if (mon->lost && (!more || mon->n_drained > mon->max_queued)) {
        tell_lost(mon);
    }
}

/* Life cycle. */

static void
init_slots(struct tc_monitor *mon)
{
    mon->slots = xmalloc(N_SLOTS * SLOT_SIZE);
    for (size_t i = 0; i < N_SLOTS; i++) {
        mon->iovs[i] = (struct iovec) {
            .iov_base = &mon->slots[i * SLOT_SIZE], .iov_len = SLOT_SIZE,
        };
        mon->msgs[i].msg_hdr = (struct msghdr) {
            .msg_iov = &mon->iovs[i],
            .msg_iovlen = 1,
            .msg_name = &mon->senders[i],
        };
    }
}

static struct tc_monitor *
create(struct event_base *base, int fd, bool check_sender,
       const struct tc_monitor_callbacks *cbs, void *aux, int *errorp)
{
    struct tc_monitor *mon = xzalloc(sizeof *mon);
    int rcvbuf = 0;
    socklen_t len = sizeof rcvbuf;

    mon->cbs = cbs;
    mon->aux = aux;
    mon->fd = fd;
    mon->check_sender = check_sender;
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, &len);
    mon->max_queued = rcvbuf / MIN_TRUESIZE + N_SLOTS;
    tc_batch_init(&mon->batch);
    init_slots(mon);
    mon->event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, mon);
    if (!mon->event || event_add(mon->event, NULL)) {
        tc_monitor_destroy(mon);
        *errorp = ENOMEM;
        return NULL;
    }
    return mon;
}

struct tc_monitor *
tc_monitor_create(struct event_base *base, int rcvbuf,
                  const struct tc_monitor_callbacks *cbs, void *aux,
                  int *errorp)
{
    uint32_t portid;
    int fd = nl_socket_open(NETLINK_ROUTE, rcvbuf, &portid);
    int error = fd < 0 ? -fd : nl_socket_join(fd, RTNLGRP_TC);

    if (error) {
        if (fd >= 0) {
            close(fd);
        }
        *errorp = error;
        return NULL;
    }
    return create(base, fd, true, cbs, aux, errorp);
}

struct tc_monitor *
tc_monitor_create_fd(struct event_base *base, int fd,
                     const struct tc_monitor_callbacks *cbs, void *aux,
                     int *errorp)
{
    return create(base, fd, false, cbs, aux, errorp);
}

void
tc_monitor_destroy(struct tc_monitor *mon)
{
    if (mon) {
        if (mon->event) {
            event_free(mon->event);
        }
        close(mon->fd);
        free(mon->slots);
        free(mon);
    }
}

const struct tc_monitor_stats *
tc_monitor_stats(const struct tc_monitor *mon)
{
    return &mon->stats;
}
