/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/net-use.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink/genl-helper.h"
#include "netlink/nl-attr.h"
#include "netlink/nl-conn.h"
#include "util.h"

/* A dump that was interrupted is asked for again so often. */
#define MAX_TRIES 8

struct net_use_query {
    struct nl_conn *conn;
    struct net_uses uses;
    bool routes;                /* The second of two dumps? */
    int tries;                  /* Of this dump. */
    bool malformed;
    net_use_cb *cb;
    void *aux;
};

void
net_uses_destroy(struct net_uses *uses)
{
    free(uses->uses);
    memset(uses, 0, sizeof *uses);
}

static size_t
address_size(int family)
{
    return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

/* Is it link-local or multicast? */
static bool
is_automatic(int family, const uint8_t *addr)
{
    return (family == AF_INET6
            ? addr[0] == 0xff || (addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80)
            : (addr[0] & 0xf0) == 0xe0);
}

static void
add_use(struct net_uses *uses, int ifindex, bool is_route, int family,
        const uint8_t *addr, unsigned int prefix)
{
    char text[INET6_ADDRSTRLEN];
    struct net_use *use;

    if (uses->n >= uses->allocated) {
        uses->uses = x2nrealloc(uses->uses, &uses->allocated,
                                sizeof *uses->uses);
    }
    use = &uses->uses[uses->n++];
    use->ifindex = ifindex;
    use->is_route = is_route;
    if (is_route && !prefix) {
        ovs_strlcpy(use->text, "default", sizeof use->text);
    } else {
        snprintf(use->text, sizeof use->text, "%s/%u",
                 inet_ntop(family, addr, text, sizeof text), prefix);
    }
}

static bool
parse_address(const struct nlmsghdr *nlh, struct net_uses *uses)
{
    const struct nlattr *tb[IFA_LOCAL + 1];
    const struct nlattr *addr;
    const struct ifaddrmsg *ifa;
    size_t size;

    if (!attr_parse_message(nlh, sizeof *ifa, IFA_LOCAL, tb)) {
        return false;
    }
    ifa = mnl_nlmsg_get_payload(nlh);
    size = address_size(ifa->ifa_family);
    addr = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
    if (!size) {
        return true;            /* Another protocol. */
    }
    if (!addr || attr_size(addr) != size || ifa->ifa_index > INT_MAX) {
        return false;
    }
    if (!is_automatic(ifa->ifa_family, attr_data(addr))) {
        add_use(uses, ifa->ifa_index, false, ifa->ifa_family,
                attr_data(addr), ifa->ifa_prefixlen);
    }
    return true;
}

/* Calls add_use() for each next hop of a route that has several. */
static bool
parse_next_hops(const struct nlattr *nest, int family, const uint8_t *dst,
                unsigned int prefix, struct net_uses *uses)
{
    const char *p = attr_data(nest);
    size_t n = attr_size(nest);

    while (n >= sizeof(struct rtnexthop)) {
        struct rtnexthop hop;

        memcpy(&hop, p, sizeof hop);
        if (hop.rtnh_len < sizeof hop || hop.rtnh_len > n) {
            return false;
        }
        add_use(uses, hop.rtnh_ifindex, true, family, dst, prefix);
        n -= MIN(RTNH_ALIGN(hop.rtnh_len), n);
        p += RTNH_ALIGN(hop.rtnh_len);
    }
    return !n;
}

static bool
parse_route(const struct nlmsghdr *nlh, struct net_uses *uses)
{
    static const uint8_t everywhere[16];
    const struct nlattr *tb[RTA_TABLE + 1];
    const uint8_t *dst = everywhere;
    const struct rtmsg *rtm;
    uint32_t oif = 0;
    size_t size;

    if (!attr_parse_message(nlh, sizeof *rtm, RTA_TABLE, tb)) {
        return false;
    }
    rtm = mnl_nlmsg_get_payload(nlh);
    size = address_size(rtm->rtm_family);
    if (!size || rtm->rtm_table == RT_TABLE_LOCAL
        || (rtm->rtm_type != RTN_UNICAST && rtm->rtm_type != RTN_THROW)
        || rtm->rtm_flags & RTM_F_CLONED) {
        return true;
    }
    if (tb[RTA_DST]) {
        if (attr_size(tb[RTA_DST]) != size) {
            return false;
        }
        dst = attr_data(tb[RTA_DST]);
    }
    if (rtm->rtm_dst_len && is_automatic(rtm->rtm_family, dst)) {
        return true;
    }
    if (tb[RTA_MULTIPATH]) {
        return parse_next_hops(tb[RTA_MULTIPATH], rtm->rtm_family, dst,
                               rtm->rtm_dst_len, uses);
    }
    if (tb[RTA_OIF]
        && (!attr_get_u32(tb[RTA_OIF], &oif) || oif > INT_MAX)) {
        return false;
    }
    if (oif) {
        add_use(uses, oif, true, rtm->rtm_family, dst, rtm->rtm_dst_len);
    }
    return true;
}

bool
net_use_parse(const struct nlmsghdr *nlh, struct net_uses *uses)
{
    return (nlh->nlmsg_type == RTM_NEWADDR ? parse_address(nlh, uses)
            : nlh->nlmsg_type == RTM_NEWROUTE ? parse_route(nlh, uses)
            : true);
}

static void
query_message(void *query_, const struct nlmsghdr *nlh)
{
    struct net_use_query *query = query_;

    if (!net_use_parse(nlh, &query->uses)) {
        query->malformed = true;
    }
}

static void
query_end(struct net_use_query *query, int error)
{
    static const struct net_uses none;
    net_use_cb *cb = query->cb;

    query->cb = NULL;
    if (!error && query->malformed) {
        error = EPROTO;
    }
    if (cb) {
        cb(query->aux, error, error ? &none : &query->uses);
    }
}

static void query_done(void *query, const struct nl_result *);

static void
query_send(struct net_use_query *query)
{
    union {
        struct nlmsghdr nlh;
        char bytes[64];
    } buf;
    struct nlmsghdr *nlh;

    memset(&buf, 0, sizeof buf);
    nlh = mnl_nlmsg_put_header(buf.bytes);
    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    if (query->routes) {
        nlh->nlmsg_type = RTM_GETROUTE;
        mnl_nlmsg_put_extra_header(nlh, sizeof(struct rtmsg));
    } else {
        nlh->nlmsg_type = RTM_GETADDR;
        mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifaddrmsg));
    }
    query->tries++;
    nl_conn_request(query->conn, nlh, query_message, query_done, query);
}

/* What an interrupted dump told is there, or was a moment ago: to name it
 * twice does no harm. */
static void
query_done(void *query_, const struct nl_result *result)
{
    struct net_use_query *query = query_;

    if (result->error) {
        query_end(query, result->error);
    } else if (result->interrupted && query->tries < MAX_TRIES) {
        query_send(query);
    } else if (result->interrupted) {
        query_end(query, EINTR);
    } else if (!query->routes) {
        query->routes = true;
        query->tries = 0;
        query_send(query);
    } else {
        query_end(query, 0);
    }
}

struct net_use_query *
net_use_query_start(struct event_base *base, struct kernel_helper *helper,
                    net_use_cb *cb, void *aux)
{
    static const struct nl_conn_class class = { .event = NULL };
    struct net_use_query *query = xzalloc(sizeof *query);

    query->cb = cb;
    query->aux = aux;
    query->conn = kernel_helper_connect(helper, base, LANE_ROUTE, &class,
                                        query);
    query_send(query);
    return query;
}

void
net_use_query_run(struct net_use_query *query)
{
    nl_conn_run(query->conn);
}

void
net_use_query_wait(struct net_use_query *query)
{
    nl_conn_wait(query->conn);
}

void
net_use_query_destroy(struct net_use_query *query)
{
    if (query) {
        nl_conn_destroy(query->conn);
        net_uses_destroy(&query->uses);
        free(query);
    }
}
