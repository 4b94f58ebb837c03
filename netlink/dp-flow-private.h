/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_DP_FLOW_PRIVATE_H
#define NETLINK_DP_FLOW_PRIVATE_H 1

/* For tests of struct dp_flow_source. */

#include "netlink/dp-flow-source.h"
#include "netlink/nl-conn.h"

struct genl_family;

enum dp_family {
    DP_FAMILY_DATAPATH,
    DP_FAMILY_VPORT,
    DP_FAMILY_FLOW,
    N_DP_FAMILIES
};

/* Where connections lead: one for notifications, one for requests. */
struct dp_flow_peers {
    nl_open_cb *events, *requests;
    void *events_aux, *requests_aux; /* For these. */
};

/* dp_flow_source_create() with 'peers' in the place of the kernel.  Families
 * are told by dp_flow_source_set_family(), as from the libevent base. */
struct dp_flow_source *
dp_flow_source_create_peers(struct event_base *, const struct dp_flow_peers *,
                            const struct dp_flow_callbacks *, void *aux);
void dp_flow_source_set_family(struct dp_flow_source *, enum dp_family,
                               const struct genl_family *);

#endif /* netlink/dp-flow-private.h */
