/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_NET_USE_H
#define NETLINK_NET_USE_H 1

/* Which netdevs of our network namespace have IP addresses and routes.
 *
 * Asked once in a while and not watched.  A process of its own waits for the
 * kernel (netlink/genl-helper.h). */

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct kernel_helper;
struct net_use_query;
struct nlmsghdr;

struct net_use {
    int ifindex;
    bool is_route;              /* Else an address. */
    char text[64];              /* "192.0.2.1/24", "default" for the route to
                                 * everywhere. */
};

struct net_uses {
    struct net_use *uses;
    size_t n, allocated;
};

void net_uses_destroy(struct net_uses *);

/* 'error' is 0 or a positive errno; then 'uses' is empty.  The query is over
 * with the call. */
typedef void net_use_cb(void *aux, int error, const struct net_uses *uses);

/* Asks the kernel.  What a netdev has by itself once it is up is left out:
 * addresses and routes of the link-local and multicast kind, and the routes of
 * the local table. */
struct net_use_query *net_use_query_start(struct event_base *,
                                          struct kernel_helper *,
                                          net_use_cb *, void *aux);
void net_use_query_run(struct net_use_query *);
void net_use_query_wait(struct net_use_query *);

/* Also ends one whose callback was not called; from within the callback it
 * must not be called.  May be NULL. */
void net_use_query_destroy(struct net_use_query *);

/* Adds what one message of a dump of addresses or routes says.  Returns false
 * if it is malformed.  Here for tests. */
bool net_use_parse(const struct nlmsghdr *, struct net_uses *);

#endif /* netlink/net-use.h */
