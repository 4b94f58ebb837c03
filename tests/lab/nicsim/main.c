// SPDX-License-Identifier: GPL-2.0
/* Parameters, loading and unloading. */
#include <linux/module.h>

#include "nicsim.h"

struct ns_params ns_params = {
	.bus_nr = 0x65,
	.num_pfs = 1,
	.total_vfs = 8,
	.vf_netdev = true,
	.vf_vdpa = true,
};

#define NS_PARAM(name, type, mode, text)				\
	module_param_named(name, ns_params.name, type, mode);		\
	MODULE_PARM_DESC(name, text)

NS_PARAM(domain, int, 0444, "PCI domain");
NS_PARAM(bus_nr, int, 0444, "PCI bus number");
NS_PARAM(num_pfs, int, 0444, "number of PFs, 1 to 4");
NS_PARAM(total_vfs, int, 0444, "sriov_totalvfs of each PF, 1 to 128");
NS_PARAM(shared_esw, bool, 0444,
	 "the PFs are one eswitch: one switch id, rules may cross");
NS_PARAM(no_devlink_ports, bool, 0444,
	 "no devlink ports: phys_port_name and phys_switch_id only");
NS_PARAM(controller_names, bool, 0444,
	 "VFs are on an external controller 1: c1pfXvfY");
NS_PARAM(own_numbers, bool, 0444,
	 "each PF is number 0 of a card of its own: p0, pf0vfY");
NS_PARAM(wire_peer, bool, 0444, "a netdev wireN at the far end of uplink N");
NS_PARAM(vf_netdev, bool, 0444, "VFs have a netdev");
NS_PARAM(vf_vdpa, bool, 0444, "VFs have a vDPA management device");
NS_PARAM(hw_tc, int, 0644,
	 "hw-tc-offload of new ports: 0 off, 1 on, 2 absent, 3 refused");
NS_PARAM(fail_proto, int, 0644, "ethertype whose rules are refused");
NS_PARAM(fail_chains, bool, 0644, "rules of chains other than 0 are refused");
NS_PARAM(max_rules, uint, 0644,
	 "with so many rules the table is full, 0: never");
NS_PARAM(ct_hw, bool, 0444, "established connections run in hardware");

static int ns_set_netdev_delay(const char *val, const struct kernel_param *kp)
{
	int err = param_set_uint(val, kp);

	if (!err)
		ns_reps_reschedule();
	return err;
}

static const struct kernel_param_ops ns_netdev_delay_ops = {
	.set = ns_set_netdev_delay,
	.get = param_get_uint,
};

module_param_cb(netdev_delay_ms, &ns_netdev_delay_ops,
		&ns_params.netdev_delay_ms, 0644);
MODULE_PARM_DESC(netdev_delay_ms,
		 "a representor's netdev comes that much later than its devlink port");

static int __init ns_init(void)
{
	int err;

	err = ns_pci_check_params();
	if (err)
		return err;
	err = ns_indr_init();
	if (err)
		return err;
	err = pci_register_driver(&ns_vf_driver);
	if (err)
		goto err_indr;
	err = pci_register_driver(&ns_pf_driver);
	if (err)
		goto err_vf;
	err = ns_pci_add_bus();
	if (err)
		goto err_pf;
	return 0;

err_pf:
	pci_unregister_driver(&ns_pf_driver);
err_vf:
	pci_unregister_driver(&ns_vf_driver);
err_indr:
	ns_indr_exit();
	return err;
}

/*
 * The drivers go first: a PF that goes disables its VFs, for which some kernels
 * take the lock that is held while a bus is removed.
 */
static void __exit ns_exit(void)
{
	pci_unregister_driver(&ns_pf_driver);
	pci_unregister_driver(&ns_vf_driver);
	ns_pci_remove_bus();
	ns_indr_exit();
}

module_init(ns_init);
module_exit(ns_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("made-up SR-IOV switchdev vDPA NIC for tests");
