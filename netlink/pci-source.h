/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_PCI_SOURCE_H
#define NETLINK_PCI_SOURCE_H 1

/* Source of SR-IOV virtual functions: sysfs, read in full once and then a
 * device at a time when a uevent or a netdev names it. */

#include "netlink/kernel.h"
#include "netlink/netdev-table.h"

struct pci_source;
struct source;
struct uevent;

/* 'sysfs' is a descriptor of its root; 'netdevs' says which netdevs there
 * are. */
struct pci_source *pci_source_create(int sysfs,
                                     const struct netdev_table *netdevs,
                                     const struct kernel_sink *, void *aux);
void pci_source_destroy(struct pci_source *);
void pci_source_run(struct pci_source *);
void pci_source_wait(struct pci_source *);
void pci_source_resync(struct pci_source *);
void pci_source_lost(struct pci_source *, int error);
void pci_source_uevent(struct pci_source *, const struct uevent *);
void pci_source_netdev(struct pci_source *, const struct netdev_entry *);
struct source *pci_source_base(struct pci_source *);

/* Reads one device, named as in bus/pci/devices.  Returns false if it is no
 * VF, or is not there. */
bool pci_read_vf(int sysfs, const char *name,
                 const struct netdev_table *netdevs, struct pci_vf_info *);

#endif /* netlink/pci-source.h */
