/* SPDX-License-Identifier: Apache-2.0 */

/* The part of netlink/vdpa-source.h that reads sysfs.
 *
 * driver_override is never read, as that takes the lock of the device, which
 * is held while a device is removed. */

#include "config.h"

#include "netlink/vdpa-source.h"

#include <stdio.h>
#include <string.h>

#include "netlink/sysfs.h"
#include "sset.h"
#include "util.h"

#define VDPA_DEVICES "bus/vdpa/devices"

void
vdpa_sysfs_init(struct vdpa_sysfs *vs, int sysfs)
{
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;

    shash_init(&vs->devices);
    simap_init(&vs->parents);
    vs->readable = !sysfs_list(sysfs, VDPA_DEVICES, &names);
    SSET_FOR_EACH (name, &names) {
        char *path = xasprintf(VDPA_DEVICES "/%s", name);
        char *target = sysfs_readlink(sysfs, path);

        if (target) {
            char *parent = sysfs_dirname(target);

            shash_add(&vs->devices, name, target);
            simap_increase(&vs->parents, parent, 1);
            free(parent);
        }
        free(path);
    }
    sset_destroy(&names);
}

void
vdpa_sysfs_destroy(struct vdpa_sysfs *vs)
{
    shash_destroy_free_data(&vs->devices);
    simap_destroy(&vs->parents);
}

/* Finds the netdev of the device at 'device'.  Its virtio device is a child
 * of the vDPA device (vdpa_sim), or of the same parent (real devices); with
 * several vDPA devices on that parent it cannot be told whose it is. */
static void
read_netdev(const struct vdpa_sysfs *vs, const struct netdev_table *netdevs,
            const char *device, const char *parent, struct vdpa_info *info)
{
    const struct netdev_entry *netdev;
    size_t n;

    netdev = netdev_table_on_device(netdevs, device, true, &n);
    if (!netdev) {
        info->netdev_ambiguous = (strchr(parent, '/')
                                  && simap_get(&vs->parents, parent) > 1);
        netdev = (info->netdev_ambiguous ? NULL
                  : netdev_table_on_device(netdevs, parent, true, &n));
    }
    if (netdev && n == 1) {
        ovs_strlcpy(info->netdev, netdev->name, sizeof info->netdev);
    }
}

static void
read_vhost_device(int sysfs, const char *device, struct vdpa_info *info)
{
    static const char prefix[] = "vhost-vdpa-";
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;

    (void) sysfs_list(sysfs, device, &names);
    SSET_FOR_EACH (name, &names) {
        unsigned int n;

        if (!strncmp(name, prefix, strlen(prefix))
            && str_to_uint(name + strlen(prefix), 10, &n)
            && snprintf(info->vhost_device, sizeof info->vhost_device,
                        "/dev/%s%u", prefix, n)
               >= sizeof info->vhost_device) {
            info->vhost_device[0] = '\0';
        }
    }
    sset_destroy(&names);
}

/* Finds out what the device is on, and whether netlink agrees, if it has told
 * of the device. */
static void
read_parent(int sysfs, const char *parent, const struct vdpa_dev *dev,
            struct vdpa_info *info)
{
    bool mgmt_known = dev->mgmtdev_dev[0] != '\0';
    bool mgmt_pci = !strcmp(dev->mgmtdev_bus, "pci");
    const char *name = sysfs_basename(parent);
    char *path = xasprintf("%s/subsystem", parent);
    struct pci_addr mgmt_addr;
    char bus[16];
    bool pci;

    (void) sysfs_link_name(sysfs, path, bus, sizeof bus);
    pci = !strcmp(bus, "pci") && pci_addr_parse(name, &info->parent_pci);
    free(path);

    /* A device without a parent is in "devices" itself. */
    if (strchr(parent, '/') && strlen(name) < sizeof info->parent_name) {
        ovs_strlcpy(info->parent_name, name, sizeof info->parent_name);
    }
    if (mgmt_known && pci != mgmt_pci) {
        info->parent_kind = VDPA_PARENT_UNKNOWN;
    } else if (mgmt_known && pci
               && (!pci_addr_parse(dev->mgmtdev_dev, &mgmt_addr)
                   || pci_addr_compare(&mgmt_addr, &info->parent_pci))) {
        info->parent_kind = VDPA_PARENT_UNKNOWN;
    } else {
        info->parent_kind = pci ? VDPA_PARENT_PCI : VDPA_PARENT_OTHER;
    }
}

bool
vdpa_sysfs_read(const struct vdpa_sysfs *vs, int sysfs,
                const struct netdev_table *netdevs,
                const struct vdpa_dev *dev, struct vdpa_info *info)
{
    const char *device = shash_find_data(&vs->devices, dev->name);
    char *parent, *path;

    memset(info, 0, sizeof *info);
    ovs_strlcpy(info->name, dev->name, sizeof info->name);
    snprintf(info->mgmtdev, sizeof info->mgmtdev, "%s%s%s",
             dev->mgmtdev_bus, dev->mgmtdev_bus[0] ? "/" : "",
             dev->mgmtdev_dev);
    info->device_id = dev->device_id;
    info->vendor_id = dev->vendor_id;
    info->max_vqs = dev->max_vqs;
    info->max_vq_size = dev->max_vq_size;
    info->min_vq_size = dev->min_vq_size;
    info->parent_kind = VDPA_PARENT_UNKNOWN;
    if (!device) {
        return !vs->readable;
    }

    parent = sysfs_dirname(device);
    read_parent(sysfs, parent, dev, info);
    path = xasprintf("%s/driver", device);
    (void) sysfs_link_name(sysfs, path, info->driver, sizeof info->driver);
    free(path);
    if (!strcmp(info->driver, "virtio_vdpa")) {
        read_netdev(vs, netdevs, device, parent, info);
    }
    read_vhost_device(sysfs, device, info);
    free(parent);
    return true;
}

bool
vdpa_sysfs_read_vhost(int sysfs, const struct vdpa_info *info,
                      unsigned int *major, unsigned int *minor)
{
    const char *device = sysfs_basename(info->vhost_device);
    char *path = xasprintf(VDPA_DEVICES "/%s/%s/dev", info->name, device);
    bool ok = device[0] && sysfs_read_dev(sysfs, path, major, minor);

    free(path);
    return ok;
}
