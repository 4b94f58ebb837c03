/* SPDX-License-Identifier: Apache-2.0 */

/* Dumps of tc filters.
 *
 * First RTM_GETQDISC: which of the wanted devices have an ingress or clsact
 * qdisc, and which of these are bound to a shared block.  That gives the
 * parts.  Then one RTM_GETTFILTER dump for each part, one after another on the
 * same socket.
 *
 * The kernel makes the next chunk of a dump while we take the last one off
 * the socket, so that a callback costs the kernel's work for one chunk plus
 * ours for at most TC_DUMP_MAX_MESSAGES.  A chunk may have more than that;
 * the rest waits in 'buf' for the next round of the event loop.  That round
 * comes at once because the socket, which is always writable, is then waited
 * on for writing, not reading. */

#include <config.h>

#include "netlink/tc.h"

#include <errno.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coverage.h"
#include "netlink/tc-common.h"
#include "netlink/tc-plain.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tc_dump);

COVERAGE_DEFINE(tc_dump);
COVERAGE_DEFINE(tc_dump_interrupted);
COVERAGE_DEFINE(tc_dump_malformed);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* The most that the kernel puts into one chunk of a dump (NLMSG_DUMP in its
 * netlink_recvmsg()). */
#define BUF_SIZE 32768

/* Times that a part, or the qdiscs, may be dumped before we give up. */
#define MAX_TRIES 16

/* 'current' while the qdiscs are dumped. */
#define NO_PART SIZE_MAX

struct tc_dump {
    const struct tc_dump_callbacks *cbs; /* The caller's. */
    void *aux;                  /* For 'cbs'. */
    unsigned int options;       /* TC_DUMP_*. */
    struct tc_dump_result result; /* So far. */
    uint64_t start_us;          /* tc_now_us() of the start. */

    bool all_devices;           /* Are all wanted? */
    int *ifindexes;             /* Else: wanted devices, sorted. */
    size_t n_ifindexes;
    struct tc_part *parts;      /* What to dump; complete once the qdiscs
                                 * are known. */
    size_t n_parts, allocated_parts;
    size_t current;             /* Index into 'parts' or NO_PART. */
    unsigned int n_tries;       /* Of what is 'current', this one included. */

    bool start_parts;           /* The first of 'parts' waits to be begun. */

    int fd;                     /* Netlink socket. */
    uint32_t portid;            /* Its address. */
    uint32_t seq;               /* Of the request under way. */
    bool interrupted;           /* Has the kernel said so of this dump? */
    struct event *readable;     /* Pending while 'left' is 0. */
    struct event *resume;       /* Pending while 'left' is not 0. */
    struct event *pending;      /* Which of them, or NULL. */
    uint8_t *buf;               /* BUF_SIZE bytes: the last chunk. */
    size_t ofs;                 /* Of the first message not processed. */
    size_t left;                /* Bytes from there on. */

    struct tc_batch batch;      /* Flows of the current part, to be told. */
    bool in_callback;           /* One of 'cbs' is running. */
    bool cancelled;             /* By it: free as soon as it returns. */
};

/* What processing a message led to. */
enum progress {
    P_MORE,                     /* The dump goes on. */
    P_NEXT,                     /* It is over: start the next one. */
    P_AGAIN,                    /* It is over, and worth nothing. */
    P_END,                      /* All is over; 'result' tells how. */
};

static void tc_dump_destroy(struct tc_dump *);

static int
compare_ints(const void *a_, const void *b_)
{
    const int *a = a_, *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* Requests. */

/* Asks for the filters of 'part', or, without one, for all qdiscs. */
static int
request_dump(struct tc_dump *d, const struct tc_part *part)
{
    struct {
        struct nlmsghdr nlh;
        struct tcmsg tcm;
        struct nlattr nla;      /* Terse dump only. */
        struct nla_bitfield32 flags;
    } req = {
        .nlh = {
            .nlmsg_len = offsetof(typeof(req), nla),
            .nlmsg_type = part ? RTM_GETTFILTER : RTM_GETQDISC,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
            .nlmsg_seq = ++d->seq,
        },
        .tcm.tcm_family = AF_UNSPEC,
        .nla = {
            .nla_len = NLA_HDRLEN + sizeof req.flags,
            .nla_type = TCA_DUMP_FLAGS,
        },
        .flags = {
            .value = TCA_DUMP_FLAGS_TERSE,
            .selector = TCA_DUMP_FLAGS_TERSE,
        },
    };

    if (part && part->block) {
        req.tcm.tcm_ifindex = TCM_IFINDEX_MAGIC_BLOCK;
        req.tcm.tcm_block_index = part->block;
    } else if (part) {
        req.tcm.tcm_ifindex = part->ifindex;
        req.tcm.tcm_parent = part->parent;
    }
    if (part && d->options & TC_DUMP_TERSE) {
        req.nlh.nlmsg_len = sizeof req;
    }
    d->interrupted = false;

    /* The kernel makes the first chunk while we send. */
    uint64_t start = tc_now_us();
    int error = send(d->fd, &req, req.nlh.nlmsg_len, 0) < 0 ? errno : 0;
    d->result.kernel_us += tc_now_us() - start;
    return error;
}

/* Tells what is in the batch.  Returns whether the dump goes on. */
static bool
flush(struct tc_dump *d)
{
    size_t n = d->batch.n;

    d->batch.n = 0;
    if (n) {
        d->result.n_filters += n;
        d->cbs->flows(d->aux, d->batch.flows, n);
    }
    return !d->cancelled;
}

/* Starts the dump of what is 'current'.  The caller is done with the message
 * in hand. */
static enum progress
start_current(struct tc_dump *d)
{
    const struct tc_part *part = NULL;

    if (d->current != NO_PART) {
        if (d->current >= d->n_parts) {
            return P_END;
        }
        part = &d->parts[d->current];
        d->cbs->begin(d->aux, part);
        if (d->cancelled) {
            return P_END;
        }
    } else {
        d->n_parts = 0;
    }
    d->n_tries++;
    d->result.error = request_dump(d, part);
    return d->result.error ? P_END : P_MORE;
}

static enum progress
start_next(struct tc_dump *d)
{
    if (d->current == NO_PART) {
        /* Each block is there once for each of its members. */
        d->n_parts = tc_parts_unique(d->parts, d->n_parts);
        d->current = 0;
    } else {
        d->current++;
    }
    d->n_tries = 0;
    return start_current(d);
}

static enum progress
start_again(struct tc_dump *d)
{
    d->batch.n = 0;             /* All that it told is void. */
    COVERAGE_INC(tc_dump_interrupted);
    if (d->n_tries >= MAX_TRIES) {
        d->result.error = EAGAIN;
        return P_END;
    }
    d->result.n_retries++;
    return start_current(d);
}

/* Messages. */

static void
add_part(struct tc_dump *d, const struct tc_part *part)
{
    if (d->n_parts >= d->allocated_parts) {
        d->parts = x2nrealloc(d->parts, &d->allocated_parts, sizeof *d->parts);
    }
    d->parts[d->n_parts++] = *part;
}

/* Takes over where the qdisc of 'nlh' may have filters of OVS's.  Returns
 * false if the message is malformed. */
static bool
process_qdisc(struct tc_dump *d, const struct nlmsghdr *nlh)
{
    struct tc_qdisc qdisc;

    if (!tc_qdisc_parse(nlh, &qdisc)) {
        return false;
    }
    if (d->all_devices
        || (d->n_ifindexes
            && bsearch(&qdisc.ifindex, d->ifindexes, d->n_ifindexes,
                       sizeof *d->ifindexes, compare_ints))) {
        for (size_t i = 0; i < qdisc.n_parts; i++) {
            add_part(d, &qdisc.parts[i]);
        }
    }
    return true;
}

static bool
process_filter(struct tc_dump *d, const struct nlmsghdr *nlh)
{
    unsigned int options = (d->options & TC_DUMP_KEY_HASH
                            ? TC_PARSE_KEY_HASH : 0);

    switch (tc_flow_parse(nlh, nlh->nlmsg_len, options,
                          tc_batch_next(&d->batch))) {
    case TC_PARSE_FLOW:
        tc_batch_add(&d->batch);
        if (tc_batch_is_full(&d->batch)) {
            flush(d);
        }
        return true;

    case TC_PARSE_NOT_OVS:
        return true;

    case TC_PARSE_MALFORMED:
    default:
        return false;
    }
}

/* The dump of what is 'current' is over; 'interrupted' tells whether it may
 * lack something. */
static enum progress
finish_current(struct tc_dump *d, bool interrupted)
{
    if (!flush(d)) {
        return P_END;
    }
    if (d->current != NO_PART) {
        d->result.interrupted |= interrupted;
        if (d->cbs->end) {
            d->cbs->end(d->aux, &d->parts[d->current], interrupted);
        }
    }
    return d->cancelled ? P_END : P_NEXT;
}

/* The dump under way is over with negative errno 'error', or 0. */
static enum progress
process_end(struct tc_dump *d, int error)
{
    switch (-error) {
    case 0:
        if (!d->interrupted) {
            return finish_current(d, false);
        } else if (d->options & TC_DUMP_NO_RETRY && d->current != NO_PART) {
            return finish_current(d, true);
        } else {
            return P_AGAIN;
        }

    case EBUSY:
    case EINTR:
        return P_AGAIN;

    case ENODEV:
    case EINVAL:
    case ENOENT:
        /* Device or qdisc went away: it has no filters. */
        if (d->current != NO_PART) {
            return finish_current(d, false);
        }
        /* fall through */
    default:
        d->result.error = error < 0 && error != INT_MIN ? -error : EPROTO;
        return P_END;
    }
}

static enum progress
process_message(struct tc_dump *d, const struct nlmsghdr *nlh)
{
    bool ok = true;

    /* An answer to a dump that was given up. */
    if (nlh->nlmsg_seq != d->seq || nlh->nlmsg_pid != d->portid) {
        return P_MORE;
    }
    if (nlh->nlmsg_flags & NLM_F_DUMP_INTR) {
        d->interrupted = true;
    }

    switch (nlh->nlmsg_type) {
    case NLMSG_ERROR:
    case NLMSG_DONE: {
        /* Both begin with an errno; very old kernels' DONE is empty. */
        int error = 0;

        if (nlh->nlmsg_len >= NLMSG_LENGTH(sizeof error)) {
            memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof error);
        } else if (nlh->nlmsg_type == NLMSG_ERROR) {
            error = -EPROTO;
        }
        return process_end(d, error);
    }

    case RTM_NEWQDISC:
        if (d->current == NO_PART) {
            ok = process_qdisc(d, nlh);
        }
        break;

    case RTM_NEWTFILTER:
        if (d->current != NO_PART) {
            ok = process_filter(d, nlh);
        }
        break;
    }
    if (!ok) {
        COVERAGE_INC(tc_dump_malformed);
        d->result.n_malformed++;
    }
    return d->cancelled ? P_END : P_MORE;
}

/* Processes one message.  Returns P_MORE also if the next dump goes on. */
static enum progress
process_next(struct tc_dump *d)
{
    const struct nlmsghdr *nlh = (const void *) (d->buf + d->ofs);
    enum progress progress;
    size_t step;

    if (!mnl_nlmsg_ok(nlh, d->left)) {
        /* The kernel does not do that. */
        d->result.error = EPROTO;
        return P_END;
    }
    progress = process_message(d, nlh);
    step = MIN(MNL_ALIGN(nlh->nlmsg_len), d->left);
    d->ofs += step;
    d->left -= step;

    return (progress == P_NEXT ? start_next(d)
            : progress == P_AGAIN ? start_again(d)
            : progress);
}

/* Processes at most 'max' messages of a terse dump that are simple.  Returns
 * how many. */
static size_t
process_plain(struct tc_dump *d, size_t max)
{
    size_t n, used;

    if (!(d->options & TC_DUMP_TERSE) || d->current == NO_PART) {
        return 0;
    }
    n = tc_plain_parse(d->buf + d->ofs, d->left, d->seq, d->portid,
                       tc_batch_next(&d->batch),
                       MIN(max, TC_BATCH - d->batch.n), &used);
    d->ofs += used;
    d->left -= used;
    d->batch.n += n;
    if (tc_batch_is_full(&d->batch)) {
        flush(d);
    }
    return n;
}

/* Processes at most TC_DUMP_MAX_MESSAGES of what is in 'd->buf'. */
static enum progress
process_buffer(struct tc_dump *d)
{
    for (size_t i = 0; i < TC_DUMP_MAX_MESSAGES && d->left; ) {
        size_t n = process_plain(d, TC_DUMP_MAX_MESSAGES - i);

        if (!n) {
            if (process_next(d) == P_END) {
                return P_END;
            }
            n = 1;
        } else if (d->cancelled) {
            return P_END;
        }
        i += n;
    }
    return flush(d) ? P_MORE : P_END;
}

/* Receives one chunk.  Returns 0, EAGAIN if there is none, or another positive
 * errno. */
static int
receive(struct tc_dump *d)
{
    uint64_t start = tc_now_us();
    ssize_t n = recv(d->fd, d->buf, BUF_SIZE, MSG_DONTWAIT | MSG_TRUNC);

    if (n > 0) {
        d->result.kernel_us += tc_now_us() - start;
    }
    if (n < 0) {
        return errno == EINTR ? EAGAIN : errno;
    } else if (!n) {
        return ECONNRESET;      /* Never on netlink. */
    } else if (n > BUF_SIZE) {
        return EMSGSIZE;
    }
    d->ofs = 0;
    d->left = n;
    return 0;
}

/* Waits for what will make 'd' go on.  Returns 0 or a positive errno.  (Events
 * stay, as to add and remove one for each chunk would be two system calls.) */
static int
await(struct tc_dump *d, struct event *event)
{
    if (event == d->pending) {
        return 0;
    }
    if (d->pending) {
        event_del(d->pending);
    }
    d->pending = event;
    return event && !event_add(event, NULL) ? 0 : ENOMEM;
}

/* Callback of both events. */
static void
on_event(evutil_socket_t fd OVS_UNUSED, short what OVS_UNUSED, void *d_)
{
    struct tc_dump *d = d_;
    enum progress progress = P_MORE;

    d->in_callback = true;
    if (d->start_parts) {
        d->start_parts = false;
        progress = start_current(d);
    } else if (!d->left) {
        int error = receive(d);

        if (error && error != EAGAIN) {
            d->result.error = error;
            progress = P_END;
        }
    }
    if (progress == P_MORE) {
        progress = process_buffer(d);
    }
    if (progress == P_MORE) {
        d->result.error = await(d, d->left ? d->resume : d->readable);
        if (d->result.error) {
            progress = P_END;
        }
    }
    if (progress == P_END) {
        if (!d->cancelled) {
            d->result.elapsed_us = tc_now_us() - d->start_us;
            if (d->result.error) {
                VLOG_WARN_RL(&rl, "dump of tc filters failed (%s)",
                             ovs_strerror(d->result.error));
            }
            d->cbs->done(d->aux, &d->result);
        }
        tc_dump_destroy(d);
        return;
    }
    d->in_callback = false;
}

/* Life cycle. */

static void
tc_dump_destroy(struct tc_dump *d)
{
    if (d->readable) {
        event_free(d->readable);
    }
    if (d->resume) {
        event_free(d->resume);
    }
    if (d->fd >= 0) {
        close(d->fd);
    }
    free(d->ifindexes);
    free(d->parts);
    free(d->buf);
    free(d);
}

/* A dump on 'fd' that does nothing yet. */
static struct tc_dump *
tc_dump_create(struct event_base *base, int fd, uint32_t portid,
               unsigned int options, const struct tc_dump_callbacks *cbs,
               void *aux)
{
    struct tc_dump *d = xzalloc(sizeof *d);

    COVERAGE_INC(tc_dump);
    d->cbs = cbs;
    d->aux = aux;
    d->options = options;
    d->start_us = tc_now_us();
    d->current = NO_PART;
    d->fd = fd;
    d->portid = portid;
    d->buf = xmalloc(BUF_SIZE);
    d->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_event, d);
    d->resume = event_new(base, fd, EV_WRITE | EV_PERSIST, on_event, d);
    tc_batch_init(&d->batch);
    return d;
}

/* Makes the event that will make 'd' go on.  Returns 'd', or NULL with a
 * positive errno in '*errorp'. */
static struct tc_dump *
activate(struct tc_dump *d, struct event *event, int error, int *errorp)
{
    if (!error) {
        error = d->readable && d->resume ? await(d, event) : ENOMEM;
    }
    if (error) {
        tc_dump_destroy(d);
        *errorp = error;
        return NULL;
    }
    return d;
}

struct tc_dump *
tc_dump_start_fd(struct event_base *base, int fd, uint32_t portid,
                 const int *ifindexes, size_t n, unsigned int options,
                 const struct tc_dump_callbacks *cbs, void *aux, int *errorp)
{
    struct tc_dump *d = tc_dump_create(base, fd, portid, options, cbs, aux);

    d->all_devices = !ifindexes;
    if (n) {
        d->ifindexes = xmemdup(ifindexes, n * sizeof *ifindexes);
        d->n_ifindexes = n;
        qsort(d->ifindexes, n, sizeof *d->ifindexes, compare_ints);
    }
    start_current(d);
    return activate(d, d->readable, d->result.error, errorp);
}

struct tc_dump *
tc_dump_start_parts_fd(struct event_base *base, int fd, uint32_t portid,
                       const struct tc_part *parts, size_t n,
                       unsigned int options,
                       const struct tc_dump_callbacks *cbs, void *aux,
                       int *errorp)
{
    struct tc_dump *d = tc_dump_create(base, fd, portid, options, cbs, aux);

    for (size_t i = 0; i < n; i++) {
        add_part(d, &parts[i]);
    }
    /* The first begin(), or done(), comes from 'base'. */
    d->current = 0;
    d->start_parts = true;
    return activate(d, d->resume, 0, errorp);
}

struct tc_dump *
tc_dump_start(struct event_base *base, const int *ifindexes, size_t n,
              unsigned int options, const struct tc_dump_callbacks *cbs,
              void *aux, int *errorp)
{
    uint32_t portid;
    int fd = tc_socket_open(&portid);

    if (fd < 0) {
        *errorp = -fd;
        return NULL;
    }
    return tc_dump_start_fd(base, fd, portid, ifindexes, n, options, cbs, aux,
                            errorp);
}

struct tc_dump *
tc_dump_start_parts(struct event_base *base, const struct tc_part *parts,
                    size_t n, unsigned int options,
                    const struct tc_dump_callbacks *cbs, void *aux,
                    int *errorp)
{
    uint32_t portid;
    int fd = tc_socket_open(&portid);

    if (fd < 0) {
        *errorp = -fd;
        return NULL;
    }
    return tc_dump_start_parts_fd(base, fd, portid, parts, n, options, cbs,
                                  aux, errorp);
}

void
tc_dump_cancel(struct tc_dump *d)
{
    if (!d) {
        return;
    } else if (d->in_callback) {
        d->cancelled = true;
    } else {
        tc_dump_destroy(d);
    }
}
