/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_MONITOR_H
#define NETLINK_TC_MONITOR_H 1

/* What happens to tc filters, as the kernel tells the group RTNLGRP_TC: those
 * of Open vSwitch come and go, and the places that they are in.
 *
 * The kernel tells of no filter whose netdev went: that of the link tells it
 * (RTM_DELLINK, see netlink/link-source.h).  Nor of counters: they need dumps
 * (netlink/tc.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/tc.h"

struct event_base;
struct tc_monitor;

/* Receiver.  All members are required.  Calls come in the order of the events:
 * records that wait for more of their kind are told before anything else is.
 * Records have their 'key_hash', and are valid only during the call. */
struct tc_monitor_callbacks {
    /* 'n' filters, at most TC_BATCH, were added or replaced. */
    void (*added)(void *aux, const struct flow_record *const *, size_t n);
    /* 'n' filters, at most TC_BATCH, were deleted; with final counters. */
    void (*deleted)(void *aux, const struct flow_record *const *, size_t n);

    /* All filters of one priority of chain 'chain' in '*part' are gone, OVS's
     * or not: whoever deletes by priority or by chain is told no more. */
    void (*prio_gone)(void *aux, const struct tc_part *part, uint32_t chain,
                      uint16_t prio);
    /* Chain 'chain' of device, or, if 'on_block', shared block, 'dev' is gone,
     * with its filters.  (Which side of clsact, the kernel does not tell.) */
    void (*chain_gone)(void *aux, uint32_t dev, bool on_block,
                       uint32_t chain);

    /* Device 'ifindex' got, or changed, its ingress or clsact qdisc, by which
     * it has the 'n' 'parts'; or lost it, and all filters in them with it.  A
     * part that is a shared block, and its filters, stay as long as another
     * device is a member. */
    void (*qdisc_added)(void *aux, int ifindex, const struct tc_part *parts,
                        size_t n);
    void (*qdisc_deleted)(void *aux, int ifindex, const struct tc_part *parts,
                          size_t n);

    /* Events were lost, for positive errno 'error'.  All that were there
     * before are told; what a dump that is started now does not have will be
     * told.  So is what it has, maybe, again. */
    void (*lost)(void *aux, int error);
};

struct tc_monitor_stats {
    uint64_t n_messages;        /* Messages of any kind. */
    uint64_t n_flows;           /* Those of OVS's filters. */
    uint64_t n_overflows;       /* Times that the kernel could not queue. */
    uint64_t n_malformed;       /* Messages left out for their form. */
};

/* Creates a monitor with a receive buffer of 'rcvbuf' bytes, as far as we are
 * allowed to; NL_SOCKET_RCVBUF (netlink/nl-socket.h) held the fastest bursts.
 * Callbacks come from 'base', for at most TC_MAX_MESSAGES datagrams, each of
 * which is one message of the kernel's, in a row.  Returns it, or NULL with a
 * positive errno in '*errorp'. */
struct tc_monitor *tc_monitor_create(struct event_base *base, int rcvbuf,
                                     const struct tc_monitor_callbacks *,
                                     void *aux, int *errorp);

/* The same on 'fd', a non-blocking socket of datagrams that becomes the
 * monitor's, even if that fails, and whose other end is trusted: for tests
 * that play the kernel and to replay what it sent.  lost() with ECONNRESET
 * tells that the other end was closed. */
struct tc_monitor *tc_monitor_create_fd(struct event_base *base, int fd,
                                        const struct tc_monitor_callbacks *,
                                        void *aux, int *errorp);

/* Not for callbacks. */
void tc_monitor_destroy(struct tc_monitor *);

const struct tc_monitor_stats *tc_monitor_stats(const struct tc_monitor *);

#endif /* netlink/tc-monitor.h */
