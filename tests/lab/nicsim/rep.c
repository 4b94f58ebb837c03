// SPDX-License-Identifier: GPL-2.0
/*
 * Ports of the eswitch: the uplink and, in switchdev mode, a representor for
 * each VF.  A port is a devlink port and a netdev; the devlink instance lock
 * is held wherever ports are added and deleted.
 */
#include <linux/ethtool.h>
#include <net/pkt_cls.h>

#include "nicsim.h"

#define NS_UPLINK_INDEX	65535		/* devlink port index of the uplink */

struct ns_port_priv {
	struct ns_port *port;
};

static LIST_HEAD(ns_block_list);

/* ---- netdevs of all kinds -------------------------------------------- */

int ns_netdev_open(struct net_device *nd)
{
	netif_carrier_on(nd);
	return 0;
}

int ns_netdev_stop(struct net_device *nd)
{
	netif_carrier_off(nd);
	return 0;
}

static void ns_drvinfo(struct net_device *nd, struct ethtool_drvinfo *info)
{
	struct device *parent = nd->dev.parent;

	strscpy(info->driver, ns_is_port(nd) ? "nicsim_rep" : "nicsim_vf",
		sizeof(info->driver));
	if (parent)
		strscpy(info->bus_info, dev_name(parent),
			sizeof(info->bus_info));
}

static const struct ethtool_ops ns_ethtool_ops = {
	.get_drvinfo = ns_drvinfo,
	.get_link = ethtool_op_get_link,
};

struct net_device *ns_netdev_alloc(size_t priv, struct device *parent)
{
	struct net_device *nd = alloc_etherdev(priv);

	if (!nd)
		return NULL;
	nd->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!nd->tstats) {
		free_netdev(nd);
		return NULL;
	}
	if (parent)
		SET_NETDEV_DEV(nd, parent);
	nd->ethtool_ops = &ns_ethtool_ops;
	nd->max_mtu = NS_MAX_MTU;
	eth_hw_addr_random(nd);
	netif_carrier_off(nd);
	return nd;
}

void ns_netdev_free(struct net_device *nd)
{
	free_percpu(nd->tstats);
	free_netdev(nd);
}

/* ---- operations of a port's netdev ----------------------------------- */

struct ns_port *ns_port_of(const struct net_device *nd)
{
	struct ns_port_priv *priv = netdev_priv(nd);

	return priv->port;
}

static netdev_tx_t ns_port_xmit(struct sk_buff *skb, struct net_device *nd)
{
	struct ns_port *port = ns_port_of(nd);

	dev_sw_netstats_tx_add(nd, 1, skb->len);
	ns_to_port(port->nic, port->vf, skb);
	return NETDEV_TX_OK;
}

/* Since 6.2 a netdev has a pointer to its devlink port, and devlink sees by
 * itself when it comes and goes.  Before, the kernel asks for the port, and the
 * driver tells of the netdev.
 */
#define NS_NETDEV_HAS_PORT (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0))

#if !NS_NETDEV_HAS_PORT
static struct devlink_port *ns_port_get_devlink(struct net_device *nd)
{
	return ns_params.no_devlink_ports ? NULL : &ns_port_of(nd)->dlp;
}
#endif

/* With a devlink port, the kernel makes name and switch id from that. */
static int ns_port_get_name(struct net_device *nd, char *name, size_t len)
{
	struct ns_port *port = ns_port_of(nd);
	int n;

	if (!ns_params.no_devlink_ports)
		return -EOPNOTSUPP;
	if (port->vf == NS_WIRE)
		n = snprintf(name, len, "p%d", port->nic->number);
	else
		n = snprintf(name, len, "%spf%dvf%d",
			     ns_params.controller_names ? "c1" : "",
			     port->nic->number, port->vf);
	return n < len ? 0 : -EINVAL;
}

static int ns_port_get_switch_id(struct net_device *nd,
				 struct netdev_phys_item_id *id)
{
	struct ns_nic *nic = ns_port_of(nd)->nic;

	if (!ns_params.no_devlink_ports ||
	    nic->mode != DEVLINK_ESWITCH_MODE_SWITCHDEV)
		return -EOPNOTSUPP;
	*id = nic->swid;
	return 0;
}

/* Rules that are there stay, as does what they count, if it is turned off. */
static int ns_port_set_features(struct net_device *nd,
				netdev_features_t features)
{
	if (ns_params.hw_tc == NS_HW_TC_REFUSED &&
	    (features & ~nd->features & NETIF_F_HW_TC)) {
		netdev_err(nd, "hw-tc-offload is refused\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int ns_block_cb(enum tc_setup_type type, void *data, void *priv)
{
	struct ns_port *port = priv;
	struct flow_cls_offload *f = data;

	if (type != TC_SETUP_CLSFLOWER)
		return -EOPNOTSUPP;
	if (f->command == FLOW_CLS_REPLACE && !tc_can_offload(port->table.dev))
		return -EOPNOTSUPP;
	return ns_flower(&port->table, f);
}

static int ns_port_setup_tc(struct net_device *nd, enum tc_setup_type type,
			    void *data)
{
	struct ns_port *port = ns_port_of(nd);

	if (type != TC_SETUP_BLOCK)
		return -EOPNOTSUPP;
	return flow_block_cb_setup_simple(data, &ns_block_list, ns_block_cb,
					  port, port, true);
}

static const struct net_device_ops ns_rep_ops = {
	.ndo_open = ns_netdev_open,
	.ndo_stop = ns_netdev_stop,
	.ndo_start_xmit = ns_port_xmit,
	.ndo_setup_tc = ns_port_setup_tc,
	.ndo_set_features = ns_port_set_features,
#if !NS_NETDEV_HAS_PORT
	.ndo_get_devlink_port = ns_port_get_devlink,
#endif
	.ndo_get_phys_port_name = ns_port_get_name,
	.ndo_get_port_parent_id = ns_port_get_switch_id,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = dev_get_tstats64,
};

/* ---- "ip link set UPLINK vf N mac" ----------------------------------- */

static int ns_uplink_set_vf_mac(struct net_device *nd, int vf, u8 *mac)
{
	struct ns_nic *nic = ns_port_of(nd)->nic;

	if (vf < 0 || vf >= pci_num_vf(nic->pdev) ||
	    is_multicast_ether_addr(mac))
		return -EINVAL;
	ns_vf_set_mac(&nic->vf[vf], mac);
	return 0;
}

static int ns_uplink_get_vf_config(struct net_device *nd, int vf,
				   struct ifla_vf_info *info)
{
	struct ns_nic *nic = ns_port_of(nd)->nic;

	if (vf < 0 || vf >= pci_num_vf(nic->pdev))
		return -EINVAL;
	memset(info, 0, sizeof(*info));
	info->vf = vf;
	ns_vf_get_mac(&nic->vf[vf], info->mac);
	return 0;
}

static const struct net_device_ops ns_uplink_ops = {
	.ndo_open = ns_netdev_open,
	.ndo_stop = ns_netdev_stop,
	.ndo_start_xmit = ns_port_xmit,
	.ndo_setup_tc = ns_port_setup_tc,
	.ndo_set_features = ns_port_set_features,
#if !NS_NETDEV_HAS_PORT
	.ndo_get_devlink_port = ns_port_get_devlink,
#endif
	.ndo_get_phys_port_name = ns_port_get_name,
	.ndo_get_port_parent_id = ns_port_get_switch_id,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = dev_get_tstats64,
	.ndo_set_vf_mac = ns_uplink_set_vf_mac,
	.ndo_get_vf_config = ns_uplink_get_vf_config,
};

bool ns_is_port(const struct net_device *nd)
{
	return nd->netdev_ops == &ns_rep_ops ||
	       nd->netdev_ops == &ns_uplink_ops;
}

/* ---- a port's two parts ---------------------------------------------- */

static int ns_port_add_devlink(struct ns_port *port)
{
	struct devlink_port_attrs attrs = {};
	struct ns_nic *nic = port->nic;
	bool external = ns_params.controller_names;

	if (ns_params.no_devlink_ports)
		return 0;
	if (nic->mode == DEVLINK_ESWITCH_MODE_SWITCHDEV)
		attrs.switch_id = nic->swid;
	if (port->vf == NS_WIRE) {
		attrs.flavour = DEVLINK_PORT_FLAVOUR_PHYSICAL;
		attrs.phys.port_number = nic->number;
		devlink_port_attrs_set(&port->dlp, &attrs);
		return ns_devlink_port_register(port, NS_UPLINK_INDEX);
	}
	devlink_port_attrs_set(&port->dlp, &attrs);
	devlink_port_attrs_pci_vf_set(&port->dlp, external ? 1 : 0,
				      nic->number, port->vf, external);
	return ns_devlink_port_register(port, port->vf + 1);
}

/* Registers a netdev as that of its devlink port, if there is one. */
static int ns_port_register_netdev(struct ns_port *port, struct net_device *nd)
{
	int err;

#if NS_NETDEV_HAS_PORT
	if (!ns_params.no_devlink_ports)
		SET_NETDEV_DEVLINK_PORT(nd, &port->dlp);
#endif
	err = register_netdev(nd);
#if !NS_NETDEV_HAS_PORT
	if (!err && !ns_params.no_devlink_ports)
		devlink_port_type_eth_set(&port->dlp, nd);
#endif
	return err;
}

static int ns_port_add_netdev(struct ns_port *port)
{
	struct ns_port_priv *priv;
	struct net_device *nd;
	int err;

	nd = ns_netdev_alloc(sizeof(*priv), &port->nic->pdev->dev);
	if (!nd)
		return -ENOMEM;
	priv = netdev_priv(nd);
	priv->port = port;
	nd->netdev_ops = port->vf == NS_WIRE ? &ns_uplink_ops : &ns_rep_ops;
	if (ns_params.hw_tc != NS_HW_TC_ABSENT)
		nd->hw_features |= NETIF_F_HW_TC;
	if (ns_params.hw_tc == NS_HW_TC_ON)
		nd->features |= NETIF_F_HW_TC;
	ns_table_init(&port->table, nd, port->nic);
	err = ns_port_register_netdev(port, nd);
	if (err) {
		ns_netdev_free(nd);
		return err;
	}
	WRITE_ONCE(port->nd, nd);
	return 0;
}

/* ---- netdevs that come later ----------------------------------------- */

static DEFINE_SPINLOCK(ns_waiting_lock);
static LIST_HEAD(ns_waiting);		/* ports without a netdev yet */

static void ns_port_wait(struct ns_port *port, unsigned int ms)
{
	spin_lock(&ns_waiting_lock);
	list_add(&port->node, &ns_waiting);
	schedule_delayed_work(&port->nd_work, msecs_to_jiffies(ms));
	spin_unlock(&ns_waiting_lock);
}

static void ns_port_end_wait(struct ns_port *port)
{
	spin_lock(&ns_waiting_lock);
	list_del_init(&port->node);
	spin_unlock(&ns_waiting_lock);
}

/* The delay was changed: the new one counts from now. */
void ns_reps_reschedule(void)
{
	unsigned int ms = READ_ONCE(ns_params.netdev_delay_ms);
	struct ns_port *port;

	spin_lock(&ns_waiting_lock);
	list_for_each_entry(port, &ns_waiting, node)
		mod_delayed_work(system_wq, &port->nd_work,
				 msecs_to_jiffies(ms));
	spin_unlock(&ns_waiting_lock);
}

/* Takes RTNL but not the devlink instance lock: who deletes a port waits for
 * this with that lock held.
 */
static void ns_port_nd_work(struct work_struct *work)
{
	struct ns_port *port = container_of(to_delayed_work(work),
					    struct ns_port, nd_work);
	int err;

	ns_port_end_wait(port);
	err = ns_port_add_netdev(port);
	if (err)
		dev_err(&port->nic->pdev->dev, "no netdev for VF %d: %d\n",
			port->vf, err);
}

/* ---- adding ---------------------------------------------------------- */

static struct ns_port *ns_port_add(struct ns_nic *nic, int vf)
{
	unsigned int delay = READ_ONCE(ns_params.netdev_delay_ms);
	struct ns_port *port = kzalloc(sizeof(*port), GFP_KERNEL);
	int err;

	if (!port)
		return ERR_PTR(-ENOMEM);
	port->nic = nic;
	port->vf = vf;
	INIT_DELAYED_WORK(&port->nd_work, ns_port_nd_work);
	INIT_LIST_HEAD(&port->node);
	err = ns_port_add_devlink(port);
	if (err)
		goto err_free;
	if (vf != NS_WIRE && delay) {
		ns_port_wait(port, delay);
		return port;
	}
	err = ns_port_add_netdev(port);
	if (err)
		goto err_devlink;
	return port;

err_devlink:
	if (!ns_params.no_devlink_ports)
		devl_port_unregister(&port->dlp);
err_free:
	kfree(port);
	return ERR_PTR(err);
}

int ns_uplink_add(struct ns_nic *nic)
{
	struct ns_port *port = ns_port_add(nic, NS_WIRE);

	if (IS_ERR(port))
		return PTR_ERR(port);
	rcu_assign_pointer(nic->uplink, port);
	return 0;
}

int ns_reps_add(struct ns_nic *nic)
{
	int i;

	for (i = 0; i < nic->nvf; i++) {
		struct ns_port *port = ns_port_add(nic, i);

		if (IS_ERR(port)) {
			ns_reps_del(nic);
			return PTR_ERR(port);
		}
		rcu_assign_pointer(nic->rep[i], port);
	}
	return 0;
}

/* ---- deleting -------------------------------------------------------- */

/* Takes a port off the packet path, and out of devlink's sight of its netdev,
 * and adds it to the list of those that are to be deleted.
 */
static void ns_port_unpublish(struct ns_port __rcu **slot,
			      struct list_head *ports)
{
	struct ns_port *port = rcu_dereference_protected(*slot, true);

	if (!port)
		return;
	RCU_INIT_POINTER(*slot, NULL);
	ns_port_end_wait(port);
	cancel_delayed_work_sync(&port->nd_work);
#if !NS_NETDEV_HAS_PORT
	if (port->nd && !ns_params.no_devlink_ports)
		devlink_port_type_clear(&port->dlp);
#endif
	list_add_tail(&port->node, ports);
}

static void ns_port_free(struct ns_port *port)
{
	if (port->nd) {
		WARN_ON(!list_empty(&port->table.exec));
		ns_netdev_free(port->nd);
	}
	if (!ns_params.no_devlink_ports)
		devl_port_unregister(&port->dlp);
	kfree(port);
}

/* Deletes ports that are off the packet path.  Unregistering their netdevs
 * waits for those who may still be on it, and makes TC destroy their rules.
 */
static void ns_ports_del(struct list_head *ports)
{
	struct ns_port *port, *next;
	LIST_HEAD(netdevs);

	if (list_empty(ports))
		return;
	rtnl_lock();
	list_for_each_entry(port, ports, node)
		if (port->nd)
			unregister_netdevice_queue(port->nd, &netdevs);
	unregister_netdevice_many(&netdevs);
	rtnl_unlock();
	synchronize_net();
	list_for_each_entry_safe(port, next, ports, node)
		ns_port_free(port);
}

void ns_uplink_del(struct ns_nic *nic)
{
	LIST_HEAD(ports);

	ns_port_unpublish(&nic->uplink, &ports);
	ns_ports_del(&ports);
}

void ns_reps_del(struct ns_nic *nic)
{
	LIST_HEAD(ports);
	int i;

	for (i = 0; i < NS_MAX_VF; i++)
		ns_port_unpublish(&nic->rep[i], &ports);
	ns_ports_del(&ports);
}
