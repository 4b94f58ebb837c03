/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_H
#define NETLINK_TC_H 1

/* tc flower filters that Open vSwitch installed, as plain records.
 *
 * Parsing is one bounds-checked walk over RTM_NEWTFILTER messages without any
 * library, or less for those that are as others were.  Only filters with a
 * 16-byte action cookie (the ufid of the datapath flow) are Open vSwitch's;
 * all others are skipped. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/flow-record.h"

struct event_base;
struct nlmsghdr;
struct tc_dump;

/* Parsing. */

enum tc_parse_result {
    TC_PARSE_FLOW,              /* The record is filled in. */
    TC_PARSE_NOT_OVS,           /* Another's filter, or another message. */
    TC_PARSE_MALFORMED,         /* Bounds or sizes are wrong. */
};

enum tc_parse_option {
    TC_PARSE_KEY_HASH = 1 << 0, /* Compute 'key_hash': over all attributes
                                 * that a packet has to match, and the
                                 * ethertype.  Never 0, but for FLOW_TERSE. */
    TC_PARSE_BY_WALK = 1 << 1,  /* Never by shape (netlink/tc-shape.h), for
                                 * tests: the result is the same. */
};

/* Parses 'nlh', an RTM_NEWTFILTER or RTM_DELTFILTER message of which 'len'
 * bytes may be read, with 'options', TC_PARSE_*.  Of a record that is no
 * TC_PARSE_FLOW nothing is valid, of one that is neither are the ends of
 * 'targets' and 'inline_outputs' that are not in use. */
enum tc_parse_result tc_flow_parse(const struct nlmsghdr *nlh, size_t len,
                                   unsigned int options,
                                   struct flow_record *);

/* Where filters are: on one side of a device, or on a shared block. */
struct tc_part {
    int ifindex;                /* Device, 0 on a block. */
    uint32_t block;             /* Shared block, 0 on a device. */
    uint32_t parent;            /* TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS) or
                                 * _EGRESS; 0 on a block. */
};

/* Dumps. */

/* Most records in one call of flows(). */
#define TC_BATCH 32

/* Most messages that one libevent callback of a dump, and of a monitor,
 * processes.  The former is what a chunk of a terse dump has if filters have
 * one action. */
#define TC_DUMP_MAX_MESSAGES 192
#define TC_MAX_MESSAGES 128

enum tc_dump_option {
    TC_DUMP_TERSE = 1 << 0,     /* Ask for FLOW_TERSE: half the bytes, and less
                                 * work for the kernel.  (Kernels before 5.8
                                 * do not know it, and send all.) */
    TC_DUMP_KEY_HASH = 1 << 1,  /* With TC_PARSE_KEY_HASH. */
    TC_DUMP_NO_RETRY = 1 << 2,  /* Take what came of a part that was
                                 * interrupted, instead of dumping it anew. */
};

/* What a dump found, told when it is over. */
struct tc_dump_result {
    int error;                  /* 0 or a positive errno.  EAGAIN: a part was
                                 * interrupted each of many times, as under
                                 * constant change it may always be. */
    bool interrupted;           /* TC_DUMP_NO_RETRY: the kernel could not make
                                 * sure that what it told of some part is all
                                 * of it. */
    uint64_t n_filters;         /* Flows of Open vSwitch that were told. */
    uint64_t n_malformed;       /* Messages left out for their form. */
    uint64_t n_retries;         /* Dumps redone after an interruption. */
    uint64_t kernel_us;         /* Microseconds in the system calls in which
                                 * the kernel made the dump, mostly with the
                                 * RTNL held. */
    uint64_t elapsed_us;        /* Microseconds from start to end. */
};

/* Receiver. */
struct tc_dump_callbacks {
    /* The flows of '*part' follow.  Those of it that were told before, as its
     * dump was interrupted, are void. */
    void (*begin)(void *aux, const struct tc_part *part);
    /* 'n' flows of that part, at most TC_BATCH, valid only during the call.
     * The kernel may name one twice if filters came or went meanwhile: the
     * later one counts. */
    void (*flows)(void *aux, const struct flow_record *const *, size_t n);
    /* All flows of '*part' were told.  'interrupted', with TC_DUMP_NO_RETRY:
     * or maybe not all.  May be NULL. */
    void (*end)(void *aux, const struct tc_part *part, bool interrupted);
    /* The last call; the dump is freed after it. */
    void (*done)(void *aux, const struct tc_dump_result *);
};

/* Dumps, without blocking and without more than TC_DUMP_MAX_MESSAGES messages
 * for each libevent callback, all filters on ingress and clsact egress of the
 * 'n' devices in 'ifindexes' (copied), or, if that is NULL, of all devices,
 * and of the shared blocks that they are members of, each block once.  Which
 * there are, the kernel is asked first.  A device that goes meanwhile is
 * skipped.
 * The dump of one part that the kernel marks as interrupted is made again.
 * 'options' are TC_DUMP_*.  Callbacks are made from 'base' only.  Returns the
 * dump, or NULL with a positive errno in '*errorp'. */
struct tc_dump *tc_dump_start(struct event_base *base, const int *ifindexes,
                              size_t n, unsigned int options,
                              const struct tc_dump_callbacks *, void *aux,
                              int *errorp);

/* The same on 'fd', a non-blocking socket with address 'portid' that becomes
 * the dump's, even if that fails: for tests that play the kernel. */
struct tc_dump *tc_dump_start_fd(struct event_base *base, int fd,
                                 uint32_t portid, const int *ifindexes,
                                 size_t n, unsigned int options,
                                 const struct tc_dump_callbacks *, void *aux,
                                 int *errorp);

/* Likewise, of the 'n' parts in 'parts' (copied), in that order, without
 * asking which there are. */
struct tc_dump *tc_dump_start_parts_fd(struct event_base *base, int fd,
                                       uint32_t portid,
                                       const struct tc_part *parts, size_t n,
                                       unsigned int options,
                                       const struct tc_dump_callbacks *,
                                       void *aux, int *errorp);

/* Ends a dump early: no more callbacks.  May be called from any of them. */
void tc_dump_cancel(struct tc_dump *);

#endif /* netlink/tc.h */
