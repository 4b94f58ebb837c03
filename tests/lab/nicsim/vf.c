// SPDX-License-Identifier: GPL-2.0
/* The VF driver: a netdev and a vDPA management device. */
#include "nicsim.h"

struct ns_vf_priv {
	struct ns_vf *vf;
};

static netdev_tx_t ns_vf_xmit(struct sk_buff *skb, struct net_device *nd)
{
	struct ns_vf_priv *priv = netdev_priv(nd);

	dev_sw_netstats_tx_add(nd, 1, skb->len);
	ns_from_vf(priv->vf, skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ns_vf_ops = {
	.ndo_open = ns_netdev_open,
	.ndo_stop = ns_netdev_stop,
	.ndo_start_xmit = ns_vf_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = dev_get_tstats64,
};

static int ns_vf_netdev_add(struct ns_vf *vf)
{
	struct ns_vf_priv *priv;
	struct net_device *nd;
	u8 mac[ETH_ALEN];
	int err;

	nd = ns_netdev_alloc(sizeof(*priv), &vf->pdev->dev);
	if (!nd)
		return -ENOMEM;
	priv = netdev_priv(nd);
	priv->vf = vf;
	nd->netdev_ops = &ns_vf_ops;
	ns_vf_get_mac(vf, mac);
	if (!is_zero_ether_addr(mac))
		eth_hw_addr_set(nd, mac);
	err = register_netdev(nd);
	if (err) {
		ns_netdev_free(nd);
		return err;
	}
	rcu_assign_pointer(vf->nd, nd);
	return 0;
}

static void ns_vf_netdev_del(struct ns_vf *vf)
{
	struct net_device *nd = rcu_dereference_protected(vf->nd, true);

	if (!nd)
		return;
	RCU_INIT_POINTER(vf->nd, NULL);
	unregister_netdev(nd);		/* waits for readers of vf->nd */
	ns_netdev_free(nd);
}

static int ns_vf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ns_nic *nic = pci_iov_get_pf_drvdata(pdev, &ns_pf_driver);
	struct ns_vf *vf;
	int err;

	if (IS_ERR(nic))
		return PTR_ERR(nic);
	vf = &nic->vf[pci_iov_vf_id(pdev)];
	vf->pdev = pdev;
	pci_set_drvdata(pdev, vf);
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	if (ns_params.vf_netdev) {
		err = ns_vf_netdev_add(vf);
		if (err)
			return err;
	}
	if (ns_params.vf_vdpa) {
		err = ns_vdpa_mgmt_add(vf);
		if (err)
			ns_vf_netdev_del(vf);
	}
	return err;
}

static void ns_vf_remove(struct pci_dev *pdev)
{
	struct ns_vf *vf = pci_get_drvdata(pdev);

	ns_vdpa_mgmt_del(vf);
	ns_vf_netdev_del(vf);
	vf->pdev = NULL;
}

static const struct pci_device_id ns_vf_ids[] = {
	{ PCI_DEVICE(NS_VENDOR, NS_VF_ID) },
	{},
};

struct pci_driver ns_vf_driver = {
	.name = "nicsim_vf",
	.id_table = ns_vf_ids,
	.probe = ns_vf_probe,
	.remove = ns_vf_remove,
};
