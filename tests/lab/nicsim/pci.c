// SPDX-License-Identifier: GPL-2.0
/* The software PCI bus: config space of the PFs and VFs. */
#include "nicsim.h"

#define NS_PF_DEVFN	0x40		/* distance between two PFs */
#define NS_SAME_BUS	(NS_PF_DEVFN - 1) /* VFs that fit in between */
#define NS_PCIE		0x40		/* PCI Express capability */
#define NS_SRIOV	0x100		/* SR-IOV extended capability */

static u8 ns_pf_cfg[NS_MAX_PF][PCI_CFG_SPACE_EXP_SIZE];

/* What all VFs have in common, and what each has of its own. */
static u8 ns_vf_cfg[PCI_CFG_SPACE_EXP_SIZE];
static u8 ns_vf_command[NS_MAX_PF][NS_MAX_VF][2];

static struct pci_sysdata ns_sysdata;
static struct pci_bus *ns_bus;

static u16 ns_get16(const u8 *cfg, int off)
{
	return cfg[off] | cfg[off + 1] << 8;
}

static void ns_put16(u8 *cfg, int off, u16 val)
{
	cfg[off] = val;
	cfg[off + 1] = val >> 8;
}

static void ns_put32(u8 *cfg, int off, u32 val)
{
	ns_put16(cfg, off, val);
	ns_put16(cfg, off + 2, val >> 16);
}

/* ---- where the functions are ----------------------------------------- */

static unsigned int ns_pf_rid(int pf)
{
	return ns_params.bus_nr << 8 | pf * NS_PF_DEVFN;
}

/* Distance from a PF to its VF 0, as the SR-IOV capability has it. */
static u16 ns_vf_offset(int pf)
{
	if (ns_params.total_vfs <= NS_SAME_BUS)
		return 1;
	return ((ns_params.bus_nr + 1 + pf) << 8) - ns_pf_rid(pf);
}

/* Finds the function at a place: its PF, and its VF number or -1. */
static bool ns_locate(unsigned int bus, unsigned int devfn, int *pf, int *vf)
{
	unsigned int rid = bus << 8 | devfn;
	int i;

	for (i = 0; i < ns_params.num_pfs; i++) {
		unsigned int first = ns_pf_rid(i) + ns_vf_offset(i);
		const u8 *cfg = ns_pf_cfg[i];

		*pf = i;
		*vf = -1;
		if (rid == ns_pf_rid(i))
			return true;
		if (rid < first || rid >= first + ns_params.total_vfs)
			continue;
		*vf = rid - first;
		return ns_get16(cfg, NS_SRIOV + PCI_SRIOV_CTRL) &
		       PCI_SRIOV_CTRL_VFE &&
		       *vf < ns_get16(cfg, NS_SRIOV + PCI_SRIOV_NUM_VF);
	}
	return false;
}

int ns_pci_pf_index(const struct pci_dev *pdev)
{
	return pdev->devfn / NS_PF_DEVFN;
}

/* ---- access ---------------------------------------------------------- */

/* The byte of config space at 'off', or NULL if there is no such function. */
static u8 *ns_cfg_byte(int pf, int vf, int off)
{
	if (vf < 0)
		return &ns_pf_cfg[pf][off];
	if (off == PCI_COMMAND || off == PCI_COMMAND + 1)
		return &ns_vf_command[pf][vf][off - PCI_COMMAND];
	return &ns_vf_cfg[off];
}

static bool ns_within(int off, int start, int size)
{
	return off >= start && off < start + size;
}

static bool ns_writable(int vf, int off)
{
	return ns_within(off, PCI_COMMAND, 2) ||
	       (vf < 0 &&
		(off == PCI_INTERRUPT_LINE ||
		 ns_within(off, NS_SRIOV + PCI_SRIOV_CTRL, 2) ||
		 ns_within(off, NS_SRIOV + PCI_SRIOV_NUM_VF, 2) ||
		 ns_within(off, NS_SRIOV + PCI_SRIOV_SYS_PGSIZE, 4)));
}

static int ns_cfg_read(struct pci_bus *bus, unsigned int devfn, int where,
		       int size, u32 *val)
{
	int pf, vf, i;

	if (!ns_locate(bus->number, devfn, &pf, &vf)) {
		*val = ~0;
		return PCIBIOS_DEVICE_NOT_FOUND;
	}
	*val = 0;
	for (i = 0; i < size; i++)
		*val |= (u32)*ns_cfg_byte(pf, vf, where + i) << (8 * i);
	return PCIBIOS_SUCCESSFUL;
}

static int ns_cfg_write(struct pci_bus *bus, unsigned int devfn, int where,
			int size, u32 val)
{
	int pf, vf, i;

	if (!ns_locate(bus->number, devfn, &pf, &vf))
		return PCIBIOS_DEVICE_NOT_FOUND;
	for (i = 0; i < size; i++)
		if (ns_writable(vf, where + i))
			*ns_cfg_byte(pf, vf, where + i) = val >> (8 * i);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops ns_pci_ops = {
	.read = ns_cfg_read,
	.write = ns_cfg_write,
};

/* ---- contents -------------------------------------------------------- */

static void ns_fill_common(u8 *cfg)
{
	ns_put16(cfg, PCI_STATUS, PCI_STATUS_CAP_LIST);
	ns_put32(cfg, PCI_CLASS_REVISION, PCI_CLASS_NETWORK_ETHERNET << 16 | 1);
	ns_put16(cfg, PCI_SUBSYSTEM_VENDOR_ID, NS_VENDOR);
	ns_put16(cfg, PCI_SUBSYSTEM_ID, 1);
	cfg[PCI_CAPABILITY_LIST] = NS_PCIE;
	cfg[NS_PCIE] = PCI_CAP_ID_EXP;
	ns_put16(cfg, NS_PCIE + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4);
}

static void ns_fill_pf(int pf)
{
	u8 *cfg = ns_pf_cfg[pf];
	u8 *sriov = cfg + NS_SRIOV;

	ns_fill_common(cfg);
	ns_put16(cfg, PCI_VENDOR_ID, NS_VENDOR);
	ns_put16(cfg, PCI_DEVICE_ID, NS_PF_ID);
	ns_put32(sriov, 0, PCI_EXT_CAP_ID_SRIOV | 1 << 16);
	ns_put16(sriov, PCI_SRIOV_INITIAL_VF, ns_params.total_vfs);
	ns_put16(sriov, PCI_SRIOV_TOTAL_VF, ns_params.total_vfs);
	sriov[PCI_SRIOV_FUNC_LINK] = pf * NS_PF_DEVFN;
	ns_put16(sriov, PCI_SRIOV_VF_OFFSET, ns_vf_offset(pf));
	ns_put16(sriov, PCI_SRIOV_VF_STRIDE, 1);
	ns_put16(sriov, PCI_SRIOV_VF_DID, NS_VF_ID);
	ns_put32(sriov, PCI_SRIOV_SUP_PGSIZE, 0x553);
	ns_put32(sriov, PCI_SRIOV_SYS_PGSIZE, 1);
}

static void ns_fill_vf(void)
{
	ns_fill_common(ns_vf_cfg);
	/* A VF has its IDs from the PF's SR-IOV capability. */
	ns_put16(ns_vf_cfg, PCI_VENDOR_ID, 0xffff);
	ns_put16(ns_vf_cfg, PCI_DEVICE_ID, 0xffff);
	/* An empty vendor capability, for there is extended config space. */
	ns_put32(ns_vf_cfg, NS_SRIOV, PCI_EXT_CAP_ID_VNDR | 1 << 16);
}

/* ---- the bus --------------------------------------------------------- */

int ns_pci_check_params(void)
{
	if (ns_params.num_pfs < 1 || ns_params.num_pfs > NS_MAX_PF ||
	    ns_params.total_vfs < 1 || ns_params.total_vfs > NS_MAX_VF ||
	    ns_params.bus_nr < 0 || ns_params.bus_nr > 0xff - NS_MAX_PF ||
	    ns_params.domain < 0 || ns_params.domain > 0xffff) {
		pr_err("nicsim: a parameter is out of range\n");
		return -EINVAL;
	}
	return 0;
}

int ns_pci_add_bus(void)
{
	LIST_HEAD(resources);
	int i;

	for (i = 0; i < ns_params.num_pfs; i++)
		ns_fill_pf(i);
	ns_fill_vf();
	ns_sysdata.domain = ns_params.domain;
	ns_sysdata.node = NUMA_NO_NODE;
	pci_lock_rescan_remove();
	ns_bus = pci_scan_root_bus(NULL, ns_params.bus_nr, &ns_pci_ops,
				   &ns_sysdata, &resources);
	if (ns_bus)
		pci_bus_add_devices(ns_bus);
	pci_unlock_rescan_remove();
	return ns_bus ? 0 : -ENODEV;
}

void ns_pci_remove_bus(void)
{
	struct pci_host_bridge *bridge = to_pci_host_bridge(ns_bus->bridge);

	pci_lock_rescan_remove();
	pci_stop_root_bus(ns_bus);
	pci_remove_root_bus(ns_bus);
	pci_unlock_rescan_remove();
	/* The first reference, which pci_scan_root_bus() left to us. */
	put_device(&bridge->dev);
}
