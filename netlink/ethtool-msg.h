/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_ETHTOOL_MSG_H
#define NETLINK_ETHTOOL_MSG_H 1

/* Messages of generic netlink family "ethtool" about feature
 * "hw-tc-offload". */

#include <stdbool.h>

#include "netlink/kernel-types.h"

struct nlmsghdr;

/* Parses which netdev a message of features is about, and stores 0 into
 * '*ifindex' for another message. */
bool ethtool_ifindex_parse(const struct nlmsghdr *, int *ifindex);

/* Parses the answer to ethtool_request_get(). */
bool ethtool_features_parse(const struct nlmsghdr *, int *ifindex,
                            enum tc_offload *);

/* Parses the answer to ethtool_request_set(): 'refused' says whether the
 * feature is not as it was wanted. */
bool ethtool_set_parse(const struct nlmsghdr *, int *ifindex, bool *refused);

/* Requests in 'buf' of ETHTOOL_REQUEST_SIZE bytes. */
#define ETHTOOL_REQUEST_SIZE 128
struct nlmsghdr *ethtool_request_get(void *buf, uint16_t family,
                                     int ifindex);
struct nlmsghdr *ethtool_request_set(void *buf, uint16_t family,
                                     int ifindex, bool on);

#endif /* netlink/ethtool-msg.h */
