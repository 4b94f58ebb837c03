/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_DP_FLOW_FETCH_H
#define NETLINK_DP_FLOW_FETCH_H 1

/* Single flows of the kernel's datapaths, fetched by their ufids. */

#include "netlink/dp-flow-source.h"
#include "openvswitch/list.h"

struct nl_conn;

struct dp_fetcher {
    struct ovs_list fetches;    /* Of "struct fetch". */
    size_t n;                   /* Number of these. */
};

void dp_fetcher_init(struct dp_fetcher *);
/* No more calls. */
void dp_fetcher_destroy(struct dp_fetcher *);

/* Queues a fetch of 'ufid' from 'datapath' (its netdev's ifindex), or, if that
 * is 0, from whichever has it.  'cb' is as for dp_flow_source_get(). */
void dp_fetcher_add(struct dp_fetcher *, const uint8_t ufid[FLOW_UFID_LEN],
                    int datapath, dp_flow_get_cb *cb, void *aux);

/* Does not call 'cb' for 'ufid' any more. */
void dp_fetcher_forget(struct dp_fetcher *, const uint8_t ufid[FLOW_UFID_LEN],
                       dp_flow_get_cb *cb);

/* Sends on 'conn' what was queued, as messages of family 'family'.  The
 * 'n' 'datapaths' are all that there are. */
void dp_fetcher_run(struct dp_fetcher *, struct nl_conn *conn,
                    uint16_t family, const int *datapaths, size_t n);

/* Is there something to be sent? */
bool dp_fetcher_is_due(const struct dp_fetcher *);

/* Ends all, whose connection is gone, with positive errno 'error'. */
void dp_fetcher_fail(struct dp_fetcher *, int error);

#endif /* netlink/dp-flow-fetch.h */
