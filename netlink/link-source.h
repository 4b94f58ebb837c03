/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_LINK_SOURCE_H
#define NETLINK_LINK_SOURCE_H 1

/* Source of links: group RTNLGRP_LINK and dumps through one socket, so that
 * the order of the messages is that of the changes. */

#include "netlink/kernel.h"
#include "netlink/netdev-table.h"
#include "netlink/nl-conn.h"

struct link_source;
struct source;

struct link_source_class {
    /* Netdev 'netdev' came, goes or was renamed; its device, if it has any,
     * is known. */
    void (*netdev)(void *aux, const struct netdev_entry *netdev);

    /* A link on a PCI function came, went or changed its switch id. */
    void (*eswitch)(void *aux);

    /* Netdev 'ifindex' is gone. */
    void (*gone)(void *aux, int ifindex);
};

/* Creates the source on 'conn_open' (see nl_conn_create_peer()), or on
 * rtnetlink with a receive buffer of 'rcvbuf' bytes if that is NULL.  'sysfs'
 * is a descriptor of its root; 'netdevs' is kept up to date. */
struct link_source *link_source_create(struct event_base *, int sysfs,
                                       nl_open_cb *conn_open,
                                       void *conn_open_aux, int rcvbuf,
                                       struct netdev_table *netdevs,
                                       const struct link_source_class *,
                                       void *class_aux,
                                       const struct kernel_sink *,
                                       void *aux);
void link_source_destroy(struct link_source *);
void link_source_run(struct link_source *);
void link_source_wait(struct link_source *);
void link_source_resync(struct link_source *);
void link_source_set_up(struct link_source *, int ifindex);
struct source *link_source_base(struct link_source *);

#endif /* netlink/link-source.h */
