/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_GET_H
#define NETLINK_TC_GET_H 1

/* One tc filter in full, by its key: RTM_GETTFILTER that is no dump. */

#include <stddef.h>
#include <stdint.h>

#include "netlink/tc.h"

struct tc_get;

/* What the kernel finds a filter by. */
struct tc_get_key {
    struct tc_part part;        /* Where it is. */
    uint32_t chain;             /* The record's 'recirc_id'. */
    uint32_t handle;            /* As in the record. */
    uint16_t prio;              /* As in the record; not 0. */
};

/* The key of the filter that 'dev', 'recirc_id', 'handle', 'prio' and
 * FLOW_ON_BLOCK, FLOW_EGRESS_SIDE in 'flags' of a record say. */
struct tc_get_key tc_get_key(uint32_t dev, uint32_t recirc_id, uint32_t handle,
                             uint16_t prio, uint16_t flags);

/* Told once: 'error' is 0, with the RTM_NEWTFILTER message of the filter, all
 * 'nlh->nlmsg_len' bytes of which may be read during the call; or a positive
 * errno with a null 'nlh': ENOENT if there is no such filter, chain or qdisc,
 * ENODEV if there is no such device. */
typedef void tc_get_cb(void *aux, int error, const struct nlmsghdr *nlh);

/* Asks for a filter.  The answer comes from 'base' only, after which the
 * request is freed.  Returns it, or NULL with a positive errno in
 * '*errorp'. */
struct tc_get *tc_get_start(struct event_base *base,
                            const struct tc_get_key *key, tc_get_cb *cb,
                            void *aux, int *errorp);

/* The same on 'fd', a non-blocking socket with address 'portid' that becomes
 * the request's, even if that fails: for tests that play the kernel. */
struct tc_get *tc_get_start_fd(struct event_base *base, int fd,
                               uint32_t portid, const struct tc_get_key *key,
                               tc_get_cb *cb, void *aux, int *errorp);

/* Gives up the answer: no callback.  Harmless from within the callback. */
void tc_get_cancel(struct tc_get *);

#endif /* netlink/tc-get.h */
