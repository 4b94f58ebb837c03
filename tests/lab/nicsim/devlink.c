// SPDX-License-Identifier: GPL-2.0
/* devlink: the mode of the eswitch, the addresses of the VFs. */
#include "nicsim.h"

static DEFINE_SPINLOCK(ns_mac_lock);

/* The address that the PF gave to a VF, zero if none. */
void ns_vf_get_mac(struct ns_vf *vf, u8 *mac)
{
	spin_lock(&ns_mac_lock);
	ether_addr_copy(mac, vf->mac);
	spin_unlock(&ns_mac_lock);
}

/* Takes effect when the VF's netdev or vDPA device is made the next time. */
void ns_vf_set_mac(struct ns_vf *vf, const u8 *mac)
{
	spin_lock(&ns_mac_lock);
	ether_addr_copy(vf->mac, mac);
	spin_unlock(&ns_mac_lock);
}

static int ns_mode_get(struct devlink *dl, u16 *mode)
{
	struct ns_nic *nic = devlink_priv(dl);

	*mode = nic->mode;
	return 0;
}

/* The uplink is made anew, with or without a switch id. */
static int ns_mode_set(struct devlink *dl, u16 mode,
		       struct netlink_ext_ack *extack)
{
	struct ns_nic *nic = devlink_priv(dl);
	int err;

	if (mode == nic->mode)
		return 0;
	ns_reps_del(nic);
	ns_uplink_del(nic);
	nic->mode = mode;
	err = ns_uplink_add(nic);
	if (!err && mode == DEVLINK_ESWITCH_MODE_SWITCHDEV)
		err = ns_reps_add(nic);
	if (err)
		NL_SET_ERR_MSG_MOD(extack, "making the ports failed");
	return err;
}

static struct ns_vf *ns_function_of(struct devlink_port *dlp)
{
	struct ns_port *port = container_of(dlp, struct ns_port, dlp);

	return port->vf == NS_WIRE ? NULL : &port->nic->vf[port->vf];
}

static int ns_hw_addr_get(struct devlink_port *dlp, u8 *addr, int *len,
			  struct netlink_ext_ack *extack)
{
	struct ns_vf *vf = ns_function_of(dlp);

	if (!vf)
		return -EOPNOTSUPP;
	ns_vf_get_mac(vf, addr);
	*len = ETH_ALEN;
	return 0;
}

static int ns_hw_addr_set(struct devlink_port *dlp, const u8 *addr, int len,
			  struct netlink_ext_ack *extack)
{
	struct ns_vf *vf = ns_function_of(dlp);

	if (!vf || len != ETH_ALEN)
		return -EOPNOTSUPP;
	ns_vf_set_mac(vf, addr);
	return 0;
}

/* Since 6.5 the operations on a port are the port's own. */
#define NS_PORT_HAS_OPS (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0))

#if NS_PORT_HAS_OPS
static const struct devlink_port_ops ns_port_ops = {
	.port_fn_hw_addr_get = ns_hw_addr_get,
	.port_fn_hw_addr_set = ns_hw_addr_set,
};
#endif

int ns_devlink_port_register(struct ns_port *port, unsigned int index)
{
#if NS_PORT_HAS_OPS
	return devl_port_register_with_ops(port->nic->dl, &port->dlp, index,
					   &ns_port_ops);
#else
	return devl_port_register(port->nic->dl, &port->dlp, index);
#endif
}

const struct devlink_ops ns_devlink_ops = {
	.eswitch_mode_get = ns_mode_get,
	.eswitch_mode_set = ns_mode_set,
#if !NS_PORT_HAS_OPS
	.port_function_hw_addr_get = ns_hw_addr_get,
	.port_function_hw_addr_set = ns_hw_addr_set,
#endif
};
