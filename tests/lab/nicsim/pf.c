// SPDX-License-Identifier: GPL-2.0
/* The PF driver. */
#include "nicsim.h"

static struct ns_nic __rcu *ns_nics[NS_MAX_PF];

/* The NIC of a PF that has a driver, or NULL. */
struct ns_nic *ns_nic_get_rcu(int pf)
{
	return rcu_dereference(ns_nics[pf]);
}

/* ---- SR-IOV ---------------------------------------------------------- */

static void ns_sriov_disable(struct ns_nic *nic)
{
	devl_lock(nic->dl);
	ns_reps_del(nic);
	nic->nvf = 0;
	devl_unlock(nic->dl);
	pci_disable_sriov(nic->pdev);
}

static int ns_sriov_enable(struct ns_nic *nic, int n)
{
	int err;

	err = pci_enable_sriov(nic->pdev, n);
	if (err)
		return err;
	devl_lock(nic->dl);
	nic->nvf = n;
	if (nic->mode == DEVLINK_ESWITCH_MODE_SWITCHDEV)
		err = ns_reps_add(nic);
	devl_unlock(nic->dl);
	if (err)
		ns_sriov_disable(nic);
	return err;
}

static int ns_sriov_configure(struct pci_dev *pdev, int n)
{
	struct ns_nic *nic = pci_get_drvdata(pdev);

	if (!n) {
		ns_sriov_disable(nic);
		return 0;
	}
	return ns_sriov_enable(nic, n) ?: n;
}

/* ---- probe and remove ------------------------------------------------ */

static void ns_nic_init(struct ns_nic *nic, struct devlink *dl,
			struct pci_dev *pdev)
{
	static const u8 swid[] = { 0x02, 0x6e, 0x53, 0, 0, 0, 0, 1 };
	int i;

	nic->idx = ns_pci_pf_index(pdev);
	nic->number = ns_params.own_numbers ? 0 : nic->idx;
	nic->pdev = pdev;
	nic->dl = dl;
	nic->mode = DEVLINK_ESWITCH_MODE_LEGACY;
	nic->swid.id_len = sizeof(swid);
	memcpy(nic->swid.id, swid, sizeof(swid));
	nic->swid.id[5] = pdev->bus->number;
	if (!ns_params.shared_esw)
		nic->swid.id[7] += nic->idx;
	for (i = 0; i < NS_MAX_VF; i++) {
		nic->vf[i].nic = nic;
		nic->vf[i].id = i;
	}
}

static int ns_pf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct devlink *dl;
	struct ns_nic *nic;
	int err;

	dl = devlink_alloc(&ns_devlink_ops, sizeof(*nic), &pdev->dev);
	if (!dl)
		return -ENOMEM;
	nic = devlink_priv(dl);
	ns_nic_init(nic, dl, pdev);
	pci_set_drvdata(pdev, nic);

	err = ns_wire_add(nic);
	if (err)
		goto err_free;
	devl_lock(dl);
	err = ns_uplink_add(nic);
	devl_unlock(dl);
	if (err)
		goto err_wire;
	rcu_assign_pointer(ns_nics[nic->idx], nic);
	devlink_register(dl);
	return 0;

err_wire:
	ns_wire_del(nic);
err_free:
	devlink_free(dl);
	return err;
}

static void ns_pf_remove(struct pci_dev *pdev)
{
	struct ns_nic *nic = pci_get_drvdata(pdev);

	devlink_unregister(nic->dl);
	RCU_INIT_POINTER(ns_nics[nic->idx], NULL);
	ns_sriov_disable(nic);
	devl_lock(nic->dl);
	ns_uplink_del(nic);
	devl_unlock(nic->dl);
	ns_wire_del(nic);
	synchronize_net();		/* readers of ns_nics */
	devlink_free(nic->dl);
}

static const struct pci_device_id ns_pf_ids[] = {
	{ PCI_DEVICE(NS_VENDOR, NS_PF_ID) },
	{},
};

struct pci_driver ns_pf_driver = {
	.name = "nicsim",
	.id_table = ns_pf_ids,
	.probe = ns_pf_probe,
	.remove = ns_pf_remove,
	.sriov_configure = ns_sriov_configure,
};
