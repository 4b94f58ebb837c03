// SPDX-License-Identifier: GPL-2.0
/*
 * The far end of an uplink's wire, as a netdev.  It has no parent device: it
 * stands for another machine, and may be moved to a network namespace.
 */
#include "nicsim.h"

struct ns_wire {
	struct ns_nic *nic;
};

static netdev_tx_t ns_wire_xmit(struct sk_buff *skb, struct net_device *nd)
{
	struct ns_wire *wire = netdev_priv(nd);

	dev_sw_netstats_tx_add(nd, 1, skb->len);
	ns_from_wire(wire->nic, skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ns_wire_ops = {
	.ndo_open = ns_netdev_open,
	.ndo_stop = ns_netdev_stop,
	.ndo_start_xmit = ns_wire_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = dev_get_tstats64,
};

int ns_wire_add(struct ns_nic *nic)
{
	struct ns_wire *wire;
	struct net_device *nd;
	int err;

	if (!ns_params.wire_peer)
		return 0;
	nd = ns_netdev_alloc(sizeof(*wire), NULL);
	if (!nd)
		return -ENOMEM;
	wire = netdev_priv(nd);
	wire->nic = nic;
	nd->netdev_ops = &ns_wire_ops;
	snprintf(nd->name, sizeof(nd->name), "wire%d", nic->idx);
	err = register_netdev(nd);
	if (err) {
		ns_netdev_free(nd);
		return err;
	}
	rcu_assign_pointer(nic->wire, nd);
	return 0;
}

void ns_wire_del(struct ns_nic *nic)
{
	struct net_device *nd = rcu_dereference_protected(nic->wire, true);

	if (!nd)
		return;
	RCU_INIT_POINTER(nic->wire, NULL);
	unregister_netdev(nd);		/* waits for readers of nic->wire */
	ns_netdev_free(nd);
}
