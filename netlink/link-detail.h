/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_LINK_DETAIL_H
#define NETLINK_LINK_DETAIL_H 1

/* What is asked about a few netdevs on demand, beyond what the source of links
 * follows all the time: the qdisc at which filters on ingress are, and the MAC
 * address that a PF gives to a VF. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/nl-conn.h"

struct nlmsghdr;

struct link_detail {
    /* What is asked. */
    int ifindex;                /* Netdev. */
    int vf;                     /* VF of that PF, or -1. */

    /* The answer. */
    bool qdisc_known;           /* Are the next two valid? */
    char qdisc[16];             /* "ingress", "clsact", or "" for neither. */
    uint32_t block;             /* Shared block bound to ingress, or 0. */
    bool vf_mac_known;          /* Is 'vf_mac' valid? */
    uint8_t vf_mac[6];          /* All zeros: none is set. */
};

struct link_query;

/* Fills in the answers of the 'n' elements of 'details', which must stay until
 * 'done' is called, which may destroy the query, as may others at any time.
 * What the kernel refuses to tell stays unknown.  'open' is as for
 * nl_conn_create_peer(), or NULL for the kernel. */
struct link_query *link_query_start(struct event_base *, nl_open_cb *open,
                                    void *open_aux,
                                    struct link_detail *details, size_t n,
                                    void (*done)(void *aux), void *aux);
void link_query_destroy(struct link_query *);
void link_query_run(struct link_query *);
void link_query_wait(struct link_query *);

/* Messages.  Here for tests. */

/* Finds the MAC address of 'vf' in an RTM_NEWLINK message.  Returns false if
 * it has none, or is malformed. */
bool link_detail_parse_vf_mac(const struct nlmsghdr *, int vf,
                              uint8_t mac[6]);

/* Parses an RTM_NEWQDISC message into '*d'.  Returns false if it is about
 * another qdisc than one for filters on ingress, or malformed. */
bool link_detail_parse_qdisc(const struct nlmsghdr *, struct link_detail *);

#endif /* netlink/link-detail.h */
