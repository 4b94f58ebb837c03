/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_OVS_VPORT_H
#define NETLINK_OVS_VPORT_H 1

/* Takes netdevs out of Open vSwitch's kernel datapath.
 *
 * ovs-vswitchd does so by the name that a port had when it was added.  When
 * that netdev was renamed meanwhile, it stays in the datapath, and can be
 * added again neither by its new name nor by its old one.  Not even the kernel
 * finds it by name: its hash table has it under the old one.  So its number is
 * looked up in a dump of the ports.
 *
 * A lane of the helper does so: the datapath takes the RTNL for it, and its
 * own mutex, which whoever else wants the former may hold. */

struct event_base;
struct genl;
struct genl_family;
struct kernel_helper;
struct ovs_vports;

struct ovs_vports *ovs_vports_create(struct event_base *,
                                     struct kernel_helper *, struct genl *);
void ovs_vports_destroy(struct ovs_vports *);

/* Deletes the port that is netdev 'ifindex' in the datapath whose own netdev
 * is 'datapath' (an ifindex too).  That it worked is told by the netdev, which
 * has no master then; if not it is logged. */
void ovs_vports_delete(struct ovs_vports *, int datapath, int ifindex);

void ovs_vports_run(struct ovs_vports *);
void ovs_vports_wait(struct ovs_vports *);

/* What genl_watch() calls.  Here for tests. */
void ovs_vports_set_family(void *vports, const struct genl_family *);

#endif /* netlink/ovs-vport.h */
