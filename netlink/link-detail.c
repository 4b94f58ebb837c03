/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/link-detail.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink/nl-attr.h"
#include "netlink/nl-socket.h"
#include "util.h"

/* A question about a VF. */
struct vf_ask {
    struct link_query *query;
    struct link_detail *detail;
};

struct link_query {
    struct nl_conn *conn;
    struct link_detail *details; /* The caller's, */
    size_t n;                   /* so many. */
    struct vf_ask *asks;        /* One for each detail. */
    size_t n_pending;           /* Requests that are not answered. */
    void (*done)(void *aux);
    void *aux;                  /* For 'done'. */
};

static bool
parse_vf(const struct nlattr *info, int vf, uint8_t mac[6])
{
    const struct nlattr *tb[IFLA_VF_MAC + 1];
    struct ifla_vf_mac vf_mac;

    if (!attr_parse_nested(info, IFLA_VF_MAC, tb) || !tb[IFLA_VF_MAC]
        || attr_size(tb[IFLA_VF_MAC]) < sizeof vf_mac) {
        return false;
    }
    memcpy(&vf_mac, attr_data(tb[IFLA_VF_MAC]), sizeof vf_mac);
    if (vf_mac.vf != (uint32_t) vf) {
        return false;
    }
    /* The address may be shorter than the field, not longer. */
    BUILD_ASSERT_DECL(sizeof vf_mac.mac >= 6);
    memcpy(mac, vf_mac.mac, 6);
    return true;
}

bool
link_detail_parse_vf_mac(const struct nlmsghdr *nlh, int vf, uint8_t mac[6])
{
    const struct nlattr *tb[IFLA_VFINFO_LIST + 1];
    const struct nlattr *info;
    const void *p;
    size_t len;

    if (nlh->nlmsg_type != RTM_NEWLINK
        || !attr_parse_message(nlh, sizeof(struct ifinfomsg),
                               IFLA_VFINFO_LIST, tb)
        || !tb[IFLA_VFINFO_LIST]) {
        return false;
    }
    p = attr_data(tb[IFLA_VFINFO_LIST]);
    len = attr_size(tb[IFLA_VFINFO_LIST]);
    while ((info = attr_take(&p, &len))) {
        if ((info->nla_type & NLA_TYPE_MASK) == IFLA_VF_INFO
            && parse_vf(info, vf, mac)) {
            return true;
        }
    }
    return false;
}

bool
link_detail_parse_qdisc(const struct nlmsghdr *nlh, struct link_detail *d)
{
    const struct nlattr *tb[TCA_INGRESS_BLOCK + 1];
    struct tcmsg tcm;

    memset(d, 0, sizeof *d);
    if (nlh->nlmsg_type != RTM_NEWQDISC
        || !attr_parse_message(nlh, sizeof tcm, TCA_INGRESS_BLOCK, tb)
        || !attr_get_string(tb[TCA_KIND], d->qdisc, sizeof d->qdisc)
        || (tb[TCA_INGRESS_BLOCK]
            && !attr_get_u32(tb[TCA_INGRESS_BLOCK], &d->block))) {
        return false;
    }
    memcpy(&tcm, NLMSG_DATA(nlh), sizeof tcm);
    d->ifindex = tcm.tcm_ifindex;
    d->qdisc_known = true;
    return !strcmp(d->qdisc, "ingress") || !strcmp(d->qdisc, "clsact");
}

static void
link_query_answered(struct link_query *query)
{
    if (!--query->n_pending) {
        query->done(query->aux);
    }
}

/* VFs. */

static void
vf_message(void *ask_, const struct nlmsghdr *nlh)
{
    struct vf_ask *ask = ask_;

    if (link_detail_parse_vf_mac(nlh, ask->detail->vf, ask->detail->vf_mac)) {
        ask->detail->vf_mac_known = true;
    }
}

static void
vf_done(void *ask_, const struct nl_result *result OVS_UNUSED)
{
    struct vf_ask *ask = ask_;

    link_query_answered(ask->query);
}

static void
ask_vf(struct vf_ask *ask)
{
    struct ifinfomsg *ifi;
    struct nlmsghdr *nlh;
    char buf[128];

    memset(buf, 0, sizeof buf);
    nlh = mnl_nlmsg_put_header(buf);
    nlh->nlmsg_type = RTM_GETLINK;
    ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    ifi->ifi_index = ask->detail->ifindex;
    mnl_attr_put_u32(nlh, IFLA_EXT_MASK,
                     RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
    nl_conn_request(ask->query->conn, nlh, vf_message, vf_done, ask);
    ask->query->n_pending++;
}

/* Qdiscs.  To ask for one would be answered to all who listen to tc, and not
 * to us (net/sched/sch_api.c, qdisc_notify()): so all are dumped. */

static void ask_qdiscs(struct link_query *);

static void
qdisc_message(void *query_, const struct nlmsghdr *nlh)
{
    struct link_query *query = query_;
    struct link_detail found;

    if (link_detail_parse_qdisc(nlh, &found)) {
        for (size_t i = 0; i < query->n; i++) {
            struct link_detail *d = &query->details[i];

            if (d->ifindex == found.ifindex) {
                ovs_strlcpy(d->qdisc, found.qdisc, sizeof d->qdisc);
                d->block = found.block;
            }
        }
    }
}

static void
qdisc_done(void *query_, const struct nl_result *result)
{
    struct link_query *query = query_;

    if (!result->error && result->interrupted) {
        query->n_pending--;
        ask_qdiscs(query);
        return;
    }
    for (size_t i = 0; i < query->n; i++) {
        query->details[i].qdisc_known = !result->error;
    }
    link_query_answered(query);
}

static void
ask_qdiscs(struct link_query *query)
{
    struct nlmsghdr *nlh;
    struct tcmsg *tcm;
    char buf[128];

    for (size_t i = 0; i < query->n; i++) {
        query->details[i].qdisc[0] = '\0';
        query->details[i].block = 0;
    }
    memset(buf, 0, sizeof buf);
    nlh = mnl_nlmsg_put_header(buf);
    nlh->nlmsg_type = RTM_GETQDISC;
    nlh->nlmsg_flags = NLM_F_DUMP;
    tcm = mnl_nlmsg_put_extra_header(nlh, sizeof *tcm);
    tcm->tcm_family = AF_UNSPEC;
    nl_conn_request(query->conn, nlh, qdisc_message, qdisc_done, query);
    query->n_pending++;
}

struct link_query *
link_query_start(struct event_base *base, nl_open_cb *open, void *open_aux,
                 struct link_detail *details, size_t n,
                 void (*done)(void *aux), void *aux)
{
    static const struct nl_conn_class class = { .event = NULL };
    struct link_query *query = xzalloc(sizeof *query);

    query->details = details;
    query->n = n;
    query->done = done;
    query->aux = aux;
    query->asks = xcalloc(n, sizeof *query->asks);
    query->conn = (open
                   ? nl_conn_create_peer(base, open, open_aux, "link details",
                                         &class, query)
                   : nl_conn_create(base, NETLINK_ROUTE, NL_SOCKET_RCVBUF,
                                    &class, query));
    ask_qdiscs(query);
    for (size_t i = 0; i < n; i++) {
        query->asks[i] = (struct vf_ask) { query, &details[i] };
        if (details[i].vf >= 0) {
            ask_vf(&query->asks[i]);
        }
    }
    return query;
}

void
link_query_destroy(struct link_query *query)
{
    if (query) {
        nl_conn_destroy(query->conn);
        free(query->asks);
        free(query);
    }
}

void
link_query_run(struct link_query *query)
{
    nl_conn_run(query->conn);
}

void
link_query_wait(struct link_query *query)
{
    nl_conn_wait(query->conn);
}
