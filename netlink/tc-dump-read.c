/* SPDX-License-Identifier: Apache-2.0 */

/* Dumps of tc filters: requests, and what is made of their answers. */

#include <config.h>

#include "netlink/tc-dump-private.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "coverage.h"
#include "netlink/tc-plain.h"
#include "util.h"

COVERAGE_DEFINE(tc_dump_interrupted);
COVERAGE_DEFINE(tc_dump_malformed);

/* Times that a part, or the qdiscs, may be dumped before we give up. */
#define MAX_TRIES 16

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

/* The caller is done with the message in hand. */
enum progress
tc_dump_start_current(struct tc_dump *d)
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
    return tc_dump_start_current(d);
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
    return tc_dump_start_current(d);
}

/* Parts. */

void
tc_dump_want(struct tc_dump *d, const int *ifindexes, size_t n)
{
    d->all_devices = !ifindexes;
    if (n) {
        d->ifindexes = xmemdup(ifindexes, n * sizeof *ifindexes);
        d->n_ifindexes = n;
        qsort(d->ifindexes, n, sizeof *d->ifindexes, compare_ints);
    }
}

void
tc_dump_add_part(struct tc_dump *d, const struct tc_part *part)
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
            tc_dump_add_part(d, &qdisc.parts[i]);
        }
    }
    return true;
}

/* Messages. */

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

enum progress
tc_dump_process(struct tc_dump *d)
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
