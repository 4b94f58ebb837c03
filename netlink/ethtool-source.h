/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_ETHTOOL_SOURCE_H
#define NETLINK_ETHTOOL_SOURCE_H 1

/* Source of feature hw-tc-offload.
 *
 * It is read for the netdevs that were asked for, and again whenever the
 * kernel notifies a change of a netdev's features: a notification says only
 * that there is something to read, so an answer that is older than it is
 * never the last. */

#include "netlink/genl.h"
#include "netlink/kernel.h"

struct ethtool_source;
struct source;

struct ethtool_source *ethtool_source_create(struct event_base *,
                                             struct kernel_helper *,
                                             struct genl *, int rcvbuf,
                                             const struct kernel_sink *,
                                             void *aux);
void ethtool_source_destroy(struct ethtool_source *);
void ethtool_source_run(struct ethtool_source *);
void ethtool_source_wait(struct ethtool_source *);
void ethtool_source_resync(struct ethtool_source *);
void ethtool_source_query(struct ethtool_source *, int ifindex);
void ethtool_source_set(struct ethtool_source *, int ifindex, bool on);

/* Netdev 'ifindex' is gone: forgets it. */
void ethtool_source_link_gone(struct ethtool_source *, int ifindex);

struct source *ethtool_source_base(struct ethtool_source *);

#endif /* netlink/ethtool-source.h */
