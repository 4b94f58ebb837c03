/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_DP_FLOW_FEED_H
#define NETLINK_DP_FLOW_FEED_H 1

/* Part of netlink/dp-flow-source.h: makes of messages about flows and ports
 * what the reader is told. */

#include "netlink/dp-flow-fetch.h"
#include "netlink/dp-flow-source.h"
#include "netlink/dp-flow.h"
#include "netlink/dp-vport.h"
#include "openvswitch/hmap.h"

enum dp_flow_batch {
    DP_FLOW_BATCH_FLOWS,        /* For flows(). */
    DP_FLOW_BATCH_COUNTERS,     /* For refresh(). */
};

struct dp_flow_feed {
    const struct dp_flow_callbacks *cbs;
    void *aux;                  /* For 'cbs'. */
    uint64_t *n_malformed;      /* In the source's status. */

    struct dp_vports vports;
    struct dp_fetcher fetcher;
    bool dumping;               /* Is a dump of flows under way? */
    struct hmap touched;        /* Of "struct ufid_set_node": flows notified
                                 * during it. */
    bool doubt;                 /* Out: everything has to be read anew. */
    size_t n_unknown;           /* Flows of refresh() that the reader did not
                                 * know, since the dump began. */

    enum dp_flow_batch batch;   /* What 'slots' wait for. */
    struct dp_flow slots[DP_FLOW_BATCH];
    size_t n_slots;             /* Number of those that wait. */
};

void dp_flow_feed_init(struct dp_flow_feed *,
                       const struct dp_flow_callbacks *, void *aux,
                       uint64_t *n_malformed);
void dp_flow_feed_destroy(struct dp_flow_feed *);

/* Forgets what it has of the kernel, without telling; not the fetches. */
void dp_flow_feed_clear(struct dp_flow_feed *);

/* A dump of flows begins, or ends, complete or not. */
void dp_flow_feed_begin(struct dp_flow_feed *);
void dp_flow_feed_end(struct dp_flow_feed *);

/* Messages, of the right family: 'event' tells notifications from dumps,
 * 'counters' dumps for counters from those of flows. */
void dp_flow_feed_port(struct dp_flow_feed *, const struct nlmsghdr *,
                       bool event);
void dp_flow_feed_dumped(struct dp_flow_feed *, const struct nlmsghdr *,
                         bool counters);
void dp_flow_feed_notified(struct dp_flow_feed *, const struct nlmsghdr *);
void dp_flow_feed_malformed(struct dp_flow_feed *, const char *what);

/* Tells what waits. */
void dp_flow_feed_flush(struct dp_flow_feed *);

/* The kernel's monotonic clock; that of timeval.h can be stopped. */
uint64_t dp_flow_monotonic_us(void);

#endif /* netlink/dp-flow-feed.h */
