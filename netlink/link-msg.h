/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_LINK_MSG_H
#define NETLINK_LINK_MSG_H 1

/* Messages about links: parsing, and making requests. */

#include <stdbool.h>

#include "netlink/kernel-types.h"

struct nlmsghdr;

enum link_msg_kind {
    LINK_MSG_LINK,              /* 'link' is filled in. */
    LINK_MSG_DELETED,           /* Only 'link->ifindex' is. */
    LINK_MSG_MOVED,             /* Likewise: to another network namespace. */
    LINK_MSG_OTHER,             /* Not about a netdev as such. */
    LINK_MSG_MALFORMED,
};

/* Parses RTM_NEWLINK and RTM_DELLINK.  Messages of other address families
 * (bridge ports) are LINK_MSG_OTHER. */
enum link_msg_kind link_msg_parse(const struct nlmsghdr *,
                                  struct link_info *link);

/* Requests are made in 'buf', of LINK_REQUEST_SIZE bytes. */
#define LINK_REQUEST_SIZE 128
struct nlmsghdr *link_request_dump(void *buf);
struct nlmsghdr *link_request_up(void *buf, int ifindex);

#endif /* netlink/link-msg.h */
