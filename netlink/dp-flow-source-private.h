/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_DP_FLOW_SOURCE_PRIVATE_H
#define NETLINK_DP_FLOW_SOURCE_PRIVATE_H 1

/* What the parts of the source have in common: notifications, and dumps.
 *
 * A full read is three rounds of dumps: of the datapaths, of the ports of each
 * of them, of the flows of each.  Counters take one round.  Notifications are
 * taken meanwhile, too; whatever puts in doubt what was read sets 'resync',
 * and then the next full read begins when the dump under way has ended. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/dp-flow-feed.h"
#include "netlink/dp-flow-private.h"
#include "netlink/dp-flow-source.h"
#include "netlink/retry.h"

enum step {
    STEP_IDLE,                  /* No dump is under way. */
    STEP_DATAPATHS,
    STEP_VPORTS,                /* Of 'datapaths[current]'. */
    STEP_FLOWS,                 /* Likewise. */
    STEP_COUNTERS,              /* Likewise: what refresh() starts. */
};

struct dp_family_watch {
    struct dp_flow_source *source;
    enum dp_family which;
    uint16_t id;                /* nlmsg_type, or 0 if it is not there. */
    uint32_t group;             /* Multicast group. */
};

struct dp_flow_source {
    struct event_base *base;
    struct kernel_helper *helper;
    struct dp_flow_peers peers; /* All NULL but in tests. */
    int rcvbuf;                 /* Bytes. */
    const struct dp_flow_callbacks *cbs;
    void *aux;                  /* For 'cbs'. */

    struct source_status status;
    struct dp_family_watch families[N_DP_FAMILIES];
    struct nl_conn *events;     /* NULL while a family is missing. */
    struct nl_conn *requests;   /* Likewise. */
    struct retry retry;         /* Until a dump that failed is repeated. */

    enum step step;
    bool resync;                /* Is a full read needed?  It is with
                                 * 'feed.doubt', too. */
    bool refresh;               /* Is one of the counters wanted? */
    bool check;                 /* The same, but not to be reported. */
    bool reporting;             /* In STEP_COUNTERS: is it for 'refresh'? */
    int *datapaths;             /* ifindexes. */
    size_t n_datapaths, allocated_datapaths;
    bool listed;                /* Is 'datapaths' complete? */
    size_t current;             /* Index into 'datapaths'. */
    struct dp_flow_feed feed;

    uint64_t started_us;        /* When reading of counters began. */
    uint64_t own_us;            /* Time that we spent on it. */
};

static inline bool
dp_source_must_resync(const struct dp_flow_source *s)
{
    return s->resync || s->feed.doubt;
}

void dp_source_set_state(struct dp_flow_source *, enum source_state);

/* Is a dump to be started?  Starts it. */
bool dp_source_dump_is_due(const struct dp_flow_source *);
void dp_source_start_dump(struct dp_flow_source *);

#endif /* netlink/dp-flow-source-private.h */
