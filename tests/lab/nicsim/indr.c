// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of netdevs that are not ours but stand above our ports, which TC
 * offers to every driver: tunnel devices, whose rules are accepted and left to
 * software, and bonds of uplinks, whose rules run on each member.
 *
 * A block that is shared between a bond and its members, as ovs-vswitchd makes
 * it, is bound at the members themselves; here it is declined.
 */
#include <net/pkt_cls.h>

#include "nicsim.h"

struct ns_indr {
	struct list_head node;		/* in ns_indrs */
	struct rcu_head rcu;
	struct ns_table table;
};

static LIST_HEAD(ns_indrs);		/* RTNL to change, RCU to read */
static LIST_HEAD(ns_indr_blocks);

/* A bond whose members are all uplinks, of one eswitch. */
bool ns_bond_is_ours(struct net_device *bond)
{
	struct net_device *lower;
	struct ns_nic *nic = NULL;
	struct list_head *iter;

	if (!netif_is_lag_master(bond))
		return false;
	netdev_for_each_lower_dev(bond, lower, iter) {
		struct ns_port *port;

		if (!ns_is_port(lower))
			return false;
		port = ns_port_of(lower);
		if (port->vf != NS_WIRE ||
		    (nic && nic != port->nic && !ns_params.shared_esw))
			return false;
		nic = port->nic;
	}
	return nic != NULL;
}

/* The rules on a bond's own block, or NULL. */
struct ns_table *ns_bond_table_rcu(const struct net_device *bond)
{
	struct ns_indr *indr;

	list_for_each_entry_rcu(indr, &ns_indrs, node)
		if (indr->table.dev == bond)
			return &indr->table;
	return NULL;
}

static struct ns_indr *ns_indr_find(const struct net_device *dev)
{
	struct ns_indr *indr;

	ASSERT_RTNL();
	list_for_each_entry(indr, &ns_indrs, node)
		if (indr->table.dev == dev)
			return indr;
	return NULL;
}

static int ns_indr_block_cb(enum tc_setup_type type, void *data, void *priv)
{
	struct ns_indr *indr = priv;

	if (type != TC_SETUP_CLSFLOWER)
		return -EOPNOTSUPP;
	return ns_flower(&indr->table, data);
}

/* The block is gone, and with it its rules. */
static void ns_indr_release(void *priv)
{
	struct ns_indr *indr = priv;

	WARN_ON(!list_empty(&indr->table.exec));
	list_del_rcu(&indr->node);
	kfree_rcu(indr, rcu);
}

static int ns_indr_bind(struct net_device *dev, struct Qdisc *sch,
			void *cb_priv, struct flow_block_offload *f, void *data,
			void (*cleanup)(struct flow_block_cb *block_cb))
{
	struct flow_block_cb *block_cb;
	struct ns_indr *indr;

	if (ns_indr_find(dev))
		return -EEXIST;
	indr = kzalloc(sizeof(*indr), GFP_KERNEL);
	if (!indr)
		return -ENOMEM;
	ns_table_init(&indr->table, dev, NULL);
	list_add_rcu(&indr->node, &ns_indrs);
	block_cb = flow_indr_block_cb_alloc(ns_indr_block_cb, indr, indr,
					    ns_indr_release, f, dev, sch, data,
					    cb_priv, cleanup);
	if (IS_ERR(block_cb)) {
		ns_indr_release(indr);
		return PTR_ERR(block_cb);
	}
	flow_block_cb_add(block_cb, f);
	list_add_tail(&block_cb->driver_list, &ns_indr_blocks);
	return 0;
}

static int ns_indr_unbind(struct net_device *dev, struct flow_block_offload *f)
{
	struct ns_indr *indr = ns_indr_find(dev);
	struct flow_block_cb *block_cb;

	if (!indr)
		return -ENOENT;
	block_cb = flow_block_cb_lookup(f->block, ns_indr_block_cb, indr);
	if (!block_cb)
		return -ENOENT;
	flow_indr_block_cb_remove(block_cb, f);
	list_del(&block_cb->driver_list);
	return 0;
}

static int ns_indr_setup(struct net_device *dev, struct Qdisc *sch,
			 void *cb_priv, enum tc_setup_type type,
			 void *type_data, void *data,
			 void (*cleanup)(struct flow_block_cb *block_cb))
{
	struct flow_block_offload *f = type_data;

	if (!dev || type != TC_SETUP_BLOCK)
		return -EOPNOTSUPP;
	/* What was bound before this driver came is told without its block,
	 * without RTNL, and its rules would not follow: it stays in software.
	 */
	if (!f->block ||
	    f->binder_type != FLOW_BLOCK_BINDER_TYPE_CLSACT_INGRESS)
		return -EOPNOTSUPP;
	f->unlocked_driver_cb = false;
	f->driver_block_list = &ns_indr_blocks;
	if (f->command == FLOW_BLOCK_UNBIND)
		return ns_indr_unbind(dev, f);
	if (f->command != FLOW_BLOCK_BIND)
		return -EOPNOTSUPP;
	if (ns_is_tunnel(dev) || (ns_bond_is_ours(dev) && !f->block_shared))
		return ns_indr_bind(dev, sch, cb_priv, f, data, cleanup);
	return -EOPNOTSUPP;
}

int ns_indr_init(void)
{
	return flow_indr_dev_register(ns_indr_setup, NULL);
}

void ns_indr_exit(void)
{
	flow_indr_dev_unregister(ns_indr_setup, NULL, ns_indr_release);
	rcu_barrier();
}
