/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/inventory.h"
#include "netlink/sysfs.h"
#include "openvswitch/util.h"
#include "sset.h"
#include "util.h"

#define PCI_DEVICES "bus/pci/devices"
#define VDPA_DEVICES "bus/vdpa/devices"
#define PATH_SIZE 512

/* Reading. */

/* Reads the first line of 'path' into 'buf'.  Returns false, and stores "", if
 * there is none. */
static bool
read_line(int sysfs, const char *path, char *buf, size_t size)
{
    int fd = openat(sysfs, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, buf, size - 1) : -1;

    if (fd >= 0) {
        close(fd);
    }
    buf[MAX(n, 0)] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    return n > 0;
}

/* Reads an id as in "0x15b3", or 0. */
static uint16_t
read_id(int sysfs, const char *device, const char *file)
{
    char path[PATH_SIZE], text[16];

    snprintf(path, sizeof path, PCI_DEVICES"/%s/%s", device, file);
    return (read_line(sysfs, path, text, sizeof text)
            ? strtoul(text, NULL, 16) : 0);
}

static int
read_int(int sysfs, const char *device, const char *file)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, PCI_DEVICES"/%s/%s", device, file);
    return sysfs_read_int(sysfs, path);
}

static void
read_driver(int sysfs, const char *device, char *driver, size_t size)
{
    char *path = xasprintf("%s/driver", device);

    (void) sysfs_link_name(sysfs, path, driver, size);
    free(path);
}

static int
compare_addrs(const void *a, const void *b)
{
    return pci_addr_compare(a, b);
}

size_t
policy_facts_list(int sysfs, struct pci_addr **pfsp)
{
    struct sset names = SSET_INITIALIZER(&names);
    struct pci_addr *pfs;
    const char *name;
    size_t n = 0;

    (void) sysfs_list(sysfs, PCI_DEVICES, &names);
    pfs = xcalloc(sset_count(&names) + 1, sizeof *pfs);
    SSET_FOR_EACH (name, &names) {
        char path[PATH_SIZE];

        snprintf(path, sizeof path, PCI_DEVICES"/%s/sriov_totalvfs", name);
        if (sysfs_exists(sysfs, path) && pci_addr_parse(name, &pfs[n])) {
            n++;
        }
    }
    sset_destroy(&names);
    qsort(pfs, n, sizeof *pfs, compare_addrs);
    *pfsp = pfs;
    return n;
}

/* VFs. */

static int
compare_vfs(const void *a_, const void *b_)
{
    const struct policy_vf *a = a_;
    const struct policy_vf *b = b_;

    return a->index < b->index ? -1 : a->index > b->index;
}

/* How many VFs there are is the number of links to them: to read sriov_numvfs
 * waits while it is being written. */
static void
read_vfs(int sysfs, const char *device, struct policy_pf *pf)
{
    struct sset names = SSET_INITIALIZER(&names);
    char path[PATH_SIZE];
    const char *name;

    snprintf(path, sizeof path, PCI_DEVICES"/%s", device);
    (void) sysfs_list(sysfs, path, &names);
    pf->vfs = xcalloc(sset_count(&names) + 1, sizeof *pf->vfs);
    SSET_FOR_EACH (name, &names) {
        struct policy_vf *vf = &pf->vfs[pf->n_vfs];
        char target[PCI_ADDR_STRLEN];
        int index;

        if (strncmp(name, "virtfn", 6) || !str_to_int(name + 6, 10, &index)
            || index < 0) {
            continue;
        }
        snprintf(path, sizeof path, PCI_DEVICES"/%s/%s", device, name);
        if (!sysfs_link_name(sysfs, path, target, sizeof target)
            || !pci_addr_parse(target, &vf->addr)) {
            continue;
        }
        vf->index = index;
        snprintf(path, sizeof path, PCI_DEVICES"/%s", target);
        read_driver(sysfs, path, vf->driver, sizeof vf->driver);
        pf->n_vfs++;
    }
    sset_destroy(&names);
    qsort(pf->vfs, pf->n_vfs, sizeof *pf->vfs, compare_vfs);
}

static struct policy_vf *
find_vf(struct policy_pf *pf, const struct pci_addr *addr)
{
    for (size_t i = 0; i < pf->n_vfs; i++) {
        if (!pci_addr_compare(&pf->vfs[i].addr, addr)) {
            return &pf->vfs[i];
        }
    }
    return NULL;
}

/* Finds the vDPA devices of all VFs. */
static void
read_vdpas(int sysfs, struct policy_pf *pf)
{
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;

    if (pf->n_vfs) {
        (void) sysfs_list(sysfs, VDPA_DEVICES, &names);
    }
    SSET_FOR_EACH (name, &names) {
        struct policy_vf *vf = NULL;
        struct pci_addr addr;
        char path[PATH_SIZE];

        snprintf(path, sizeof path, VDPA_DEVICES"/%s", name);
        char *target = sysfs_readlink(sysfs, path);
        char *parent = target ? sysfs_dirname(target) : NULL;
        if (parent && pci_addr_parse(sysfs_basename(parent), &addr)) {
            vf = find_vf(pf, &addr);
        }
        free(target);
        free(parent);
        if (!vf) {
            continue;
        }
        vf->n_vdpas++;
        if (!vf->vdpa || strcmp(name, vf->vdpa) < 0) {
            free(vf->vdpa);
            vf->vdpa = xstrdup(name);
            read_driver(sysfs, path, vf->vdpa_driver,
                        sizeof vf->vdpa_driver);
        }
    }
    sset_destroy(&names);
}

/* Netdevs. */

static void
add_netdev(struct policy_pf *pf, const struct inv_link *link)
{
    struct policy_netdev *netdev;

    for (size_t i = 0; i < pf->n_netdevs; i++) {
        if (pf->netdevs[i].ifindex == link->info.ifindex) {
            return;
        }
    }
    pf->netdevs = xrealloc(pf->netdevs,
                           (pf->n_netdevs + 1) * sizeof *pf->netdevs);
    netdev = &pf->netdevs[pf->n_netdevs++];
    ovs_strlcpy(netdev->name, link->info.name, sizeof netdev->name);
    netdev->ifindex = link->info.ifindex;
    netdev->mtu = link->info.mtu;
}

/* The netdev with the smallest ifindex on the PF that is no representor. */
static const struct inv_link *
find_uplink(const struct inventory *inv, const struct pci_addr *addr)
{
    const struct inv_link *uplink = NULL;
    const struct inv_link *link;

    INV_FOR_EACH_LINK_ON (link, inv, addr) {
        if (!link->is_vf_rep && link->info.name[0]
            && (!uplink || link->info.ifindex < uplink->info.ifindex)) {
            uplink = link;
        }
    }
    return uplink;
}

static int
compare_netdevs(const void *a_, const void *b_)
{
    const struct policy_netdev *a = a_;
    const struct policy_netdev *b = b_;

    return a->ifindex < b->ifindex ? -1 : a->ifindex > b->ifindex;
}

static void
find_netdevs(const struct inventory *inv, struct policy_pf *pf)
{
    const struct inv_link *uplink = find_uplink(inv, &pf->addr);
    const struct inv_link *link;
    const struct inv_port *port;
    struct devlink_handle handle;

    if (uplink) {
        add_netdev(pf, uplink);
        pf->has_uplink = true;
    }
    devlink_handle_from_pci(&pf->addr, &handle);
    HMAP_FOR_EACH (port, key_node, &inv->ports) {
        link = (port->info.flavour == FLAVOUR_PCI_VF && port->info.ifindex
                && devlink_handle_equals(&port->info.handle, &handle)
                ? inventory_find_link(inv, port->info.ifindex) : NULL);
        if (link && link->info.name[0]) {
            add_netdev(pf, link);
        }
    }
    INV_FOR_EACH_LINK_ON (link, inv, &pf->addr) {
        if (link->is_vf_rep && link->info.name[0]) {
            add_netdev(pf, link);
        }
    }
    if (pf->n_netdevs > pf->has_uplink) {
        qsort(pf->netdevs + pf->has_uplink, pf->n_netdevs - pf->has_uplink,
              sizeof *pf->netdevs, compare_netdevs);
    }
}

struct policy_pf *
policy_facts_read(int sysfs, const struct inventory *inv,
                  const struct pci_addr *addr)
{
    char device[PCI_ADDR_STRLEN], path[PATH_SIZE];
    struct policy_pf *pf;
    int total;

    pci_addr_format(addr, device);
    total = read_int(sysfs, device, "sriov_totalvfs");
    if (total < 0) {
        return NULL;
    }
    pf = xzalloc(sizeof *pf);
    pf->addr = *addr;
    pf->total_vfs = total;
    pf->vendor = read_id(sysfs, device, "vendor");
    pf->device = read_id(sysfs, device, "device");
    pf->vf_offset = read_int(sysfs, device, "sriov_offset");
    pf->vf_stride = read_int(sysfs, device, "sriov_stride");
    snprintf(path, sizeof path, PCI_DEVICES"/%s", device);
    read_driver(sysfs, path, pf->driver, sizeof pf->driver);

    struct devlink_handle handle;
    devlink_handle_from_pci(addr, &handle);
    const struct inv_eswitch *eswitch = inventory_find_eswitch(inv, &handle);
    pf->mode = eswitch ? eswitch->info.mode : ESWITCH_UNKNOWN;
    find_netdevs(inv, pf);
    return pf;
}

void
policy_facts_read_vfs(int sysfs, struct policy_pf *pf)
{
    char device[PCI_ADDR_STRLEN];

    read_vfs(sysfs, pci_addr_format(&pf->addr, device), pf);
    read_vdpas(sysfs, pf);
    for (int i = POLICY_VDPA_NONE + 1; i < POLICY_N_VDPA; i++) {
        char *path = xasprintf("bus/vdpa/drivers/%s", policy_vdpa_driver(i));

        pf->no_driver[i] = !sysfs_exists(sysfs, path);
        free(path);
    }
}

struct policy_candidate
policy_facts_candidate(const struct policy_pf *pf, const char *old_name)
{
    return (struct policy_candidate) {
        .addr = pf->addr,
        .vendor = pf->vendor,
        .device = pf->device,
        .name = pf->has_uplink ? pf->netdevs[0].name : "",
        .old_name = old_name,
    };
}

/* Devices through which processes use it. */

struct device_list {
    struct policy_device *devices;
    size_t n;
};

/* Adds the device whose numbers are in file 'path'/dev. */
static void
add_device(int sysfs, const char *path, const char *on,
           struct device_list *list)
{
    unsigned int major, minor;
    char file[PATH_SIZE + 8], text[32];

    snprintf(file, sizeof file, "%s/dev", path);
    if (!read_line(sysfs, file, text, sizeof text)
        || sscanf(text, "%u:%u", &major, &minor) != 2) {
        return;
    }
    list->devices = xrealloc(list->devices,
                             (list->n + 1) * sizeof *list->devices);

    struct policy_device *device = &list->devices[list->n++];
    ovs_strlcpy(device->name, sysfs_basename(path), sizeof device->name);
    ovs_strlcpy(device->on, on, sizeof device->on);
    device->major = major;
    device->minor = minor;
}

/* Adds those in directory 'dir' whose names begin with 'prefix'. */
static void
add_devices(int sysfs, const char *dir, const char *prefix, const char *on,
            struct device_list *list)
{
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;

    (void) sysfs_list(sysfs, dir, &names);
    SSET_FOR_EACH (name, &names) {
        char path[PATH_SIZE + VDPA_NAME_MAX];

        if (!strncmp(name, prefix, strlen(prefix))) {
            snprintf(path, sizeof path, "%s/%s", dir, name);
            add_device(sysfs, path, on, list);
        }
    }
    sset_destroy(&names);
}

/* RDMA devices of PCI function 'addr', and its group of VFIO. */
static void
add_function_devices(int sysfs, const struct pci_addr *addr, bool vfio,
                     struct device_list *list)
{
    char device[PCI_ADDR_STRLEN], path[PATH_SIZE], group[32];

    pci_addr_format(addr, device);
    snprintf(path, sizeof path, PCI_DEVICES"/%s/infiniband_verbs", device);
    add_devices(sysfs, path, "uverbs", device, list);
    snprintf(path, sizeof path, PCI_DEVICES"/%s/iommu_group", device);
    if (vfio && sysfs_link_name(sysfs, path, group, sizeof group)) {
        snprintf(path, sizeof path, "class/vfio/%s", group);
        add_device(sysfs, path, device, list);
    }
}

size_t
policy_facts_devices(int sysfs, const struct policy_pf *pf,
                     struct policy_device **devicesp)
{
    struct device_list list = { .devices = NULL };

    add_function_devices(sysfs, &pf->addr, false, &list);
    for (size_t i = 0; i < pf->n_vfs; i++) {
        const struct policy_vf *vf = &pf->vfs[i];

        add_function_devices(sysfs, &vf->addr,
                             !strcmp(vf->driver, "vfio-pci"), &list);
        if (vf->vdpa) {
            char path[PATH_SIZE];

            snprintf(path, sizeof path, VDPA_DEVICES"/%s", vf->vdpa);
            add_devices(sysfs, path, "vhost-vdpa-", vf->vdpa, &list);
        }
    }
    *devicesp = list.devices;
    return list.n;
}
