// SPDX-License-Identifier: GPL-2.0
/* The packet path: from a VF or the wire, through the rules, to a port. */
#include "nicsim.h"

/* Hands a frame to the stack, as received by 'nd'. */
static void ns_to_netdev(struct net_device *nd, struct sk_buff *skb)
{
	if (!nd || !netif_running(nd)) {
		kfree_skb(skb);
		return;
	}
	skb_orphan(skb);
	skb_scrub_packet(skb, true);
	skb_reset_redirect(skb);
	skb->priority = 0;
	skb->protocol = eth_type_trans(skb, nd);
	dev_sw_netstats_rx_add(nd, skb->len + ETH_HLEN);
	netif_rx(skb);
}

/* A frame arrives at the function behind a port, or on the wire. */
void ns_to_port(struct ns_nic *nic, int vf, struct sk_buff *skb)
{
	struct ns_vdpa *vd;

	rcu_read_lock();
	if (vf == NS_WIRE) {
		ns_to_netdev(rcu_dereference(nic->wire), skb);
	} else {
		vd = rcu_dereference(nic->vf[vf].vd);
		if (vd && ns_vdpa_is_up(vd))
			ns_vdpa_rx(vd, skb);
		else
			ns_to_netdev(rcu_dereference(nic->vf[vf].nd), skb);
	}
	rcu_read_unlock();
}

/* The member of a bond that a frame is to leave by. */
static struct ns_port *ns_bond_member(struct net *net, int ifindex,
				      struct sk_buff *skb)
{
	struct net_device *bond = dev_get_by_index_rcu(net, ifindex);
	struct net_device *nd;

	if (!bond || !netif_is_lag_master(bond))
		return NULL;
	nd = netdev_get_xmit_slave(bond, skb, false);
	return nd && ns_is_port(nd) ? ns_port_of(nd) : NULL;
}

static void ns_to_out(struct net *net, const struct ns_out *out,
		      struct sk_buff *skb)
{
	struct ns_nic *nic;
	int vf = out->vf;

	if (out->bond) {
		struct ns_port *port = ns_bond_member(net, out->bond, skb);

		nic = port ? port->nic : NULL;
		vf = NS_WIRE;
	} else {
		nic = ns_nic_get_rcu(out->pf);
	}
	if (nic)
		ns_to_port(nic, vf, skb);
	else
		kfree_skb(skb);
}

/* Tries the rules of the port, then those of a bond that it is in. */
static int ns_match(struct ns_port *port, struct net_device *nd,
		    const struct sk_buff *skb, struct ns_out *out)
{
	struct ns_table *table;
	int n;

	n = ns_table_run(&port->table, skb, out);
	if (n >= 0 || !netif_is_lag_port(nd))
		return n;
	table = ns_bond_table_rcu(netdev_master_upper_dev_get_rcu(nd));
	return table ? ns_table_run(table, skb, out) : -1;
}

static void ns_from_port(struct ns_port *port, struct sk_buff *skb)
{
	struct net_device *nd = port ? READ_ONCE(port->nd) : NULL;
	struct ns_out out[NS_MAX_OUT];
	int n, i;

	if (!nd) {
		kfree_skb(skb);
		return;
	}
	skb_reset_mac_header(skb);
	n = ns_match(port, nd, skb, out);
	if (n < 0) {
		ns_to_netdev(nd, skb);
		return;
	}
	for (i = 0; i < n; i++) {
		struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);

		if (copy)
			ns_to_out(dev_net(nd), &out[i], copy);
	}
	consume_skb(skb);
}

/* In legacy mode there is no representor. */
void ns_from_vf(struct ns_vf *vf, struct sk_buff *skb)
{
	rcu_read_lock();
	ns_from_port(rcu_dereference(vf->nic->rep[vf->id]), skb);
	rcu_read_unlock();
}

void ns_from_wire(struct ns_nic *nic, struct sk_buff *skb)
{
	rcu_read_lock();
	ns_from_port(rcu_dereference(nic->uplink), skb);
	rcu_read_unlock();
}
