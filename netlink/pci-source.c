/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/pci-source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "coverage.h"
#include "netlink/source.h"
#include "netlink/sysfs.h"
#include "netlink/uevent.h"
#include "openvswitch/hmap.h"
#include "openvswitch/poll-loop.h"
#include "sset.h"
#include "util.h"

COVERAGE_DEFINE(pci_read);

#define PCI_DEVICES "bus/pci/devices"

/* pci_source_run() reads at most this many devices. */
#define MAX_READS 64

struct vf {
    struct hmap_node node;      /* In pci_source's 'vfs'. */
    struct pci_vf_info info;    /* As told last; key is 'addr'. */
};

struct pci_source {
    struct source source;
    int sysfs;                  /* Its root; not owned. */
    const struct netdev_table *netdevs; /* Not owned. */
    struct hmap vfs;            /* Of "struct vf". */
    struct sset dirty;          /* Names of devices to be read. */
    bool scan;                  /* Is a full read needed? */
    bool scanning;              /* Is one under way?  Then 'todo' has the
                                 * names that are still to be read. */
    struct sset todo;
};

/* Reads the integer in file 'file' of device 'name', or -1. */
static int
read_int(int sysfs, const char *name, const char *file)
{
    char path[128];

    snprintf(path, sizeof path, PCI_DEVICES "/%s/%s", name, file);
    return sysfs_read_int(sysfs, path);
}

/* Does link "virtfn'index'" of device 'pf' lead to device 'vf'? */
static bool
is_virtfn(int sysfs, const char *pf, const char *vf, int index)
{
    char path[128], target[PCI_ADDR_STRLEN];

    snprintf(path, sizeof path, PCI_DEVICES "/%s/virtfn%d", pf, index);
    return (sysfs_link_name(sysfs, path, target, sizeof target)
            && !strcmp(target, vf));
}

static uint32_t
routing_id(const struct pci_addr *addr)
{
    return addr->bus << 8 | addr->dev << 3 | addr->fn;
}

/* Returns the index of 'vf' in its PF 'pf', or -1. */
static int
read_index(int sysfs, const char *pf, const struct pci_addr *pf_addr,
           const char *vf, const struct pci_addr *vf_addr)
{
    int offset = read_int(sysfs, pf, "sriov_offset");
    int stride = read_int(sysfs, pf, "sriov_stride");
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;
    char path[128];
    int index = -1;

    /* What these two say is only where to look first. */
    if (offset >= 0 && stride > 0) {
        int64_t distance = (int64_t) routing_id(vf_addr)
                           - routing_id(pf_addr) - offset;

        if (distance >= 0 && distance % stride == 0
            && is_virtfn(sysfs, pf, vf, distance / stride)) {
            return distance / stride;
        }
    }
    snprintf(path, sizeof path, PCI_DEVICES "/%s", pf);
    (void) sysfs_list(sysfs, path, &names);
    SSET_FOR_EACH (name, &names) {
        int i;

        if (!strncmp(name, "virtfn", 6) && str_to_int(name + 6, 10, &i)
            && i >= 0 && is_virtfn(sysfs, pf, vf, i)) {
            index = i;
            break;
        }
    }
    sset_destroy(&names);
    return index;
}

bool
pci_read_vf(int sysfs, const char *name, const struct netdev_table *netdevs,
            struct pci_vf_info *vf)
{
    char path[128], pf[PCI_ADDR_STRLEN];
    char *device;

    COVERAGE_INC(pci_read);
    memset(vf, 0, sizeof *vf);
    if (!pci_addr_parse(name, &vf->addr)) {
        return false;
    }
    snprintf(path, sizeof path, PCI_DEVICES "/%s", name);
    device = sysfs_readlink(sysfs, path);
    if (!device) {
        return false;
    }
    snprintf(path, sizeof path, PCI_DEVICES "/%s/physfn", name);
    if (!sysfs_link_name(sysfs, path, pf, sizeof pf)
        || !pci_addr_parse(pf, &vf->pf)) {
        free(device);
        return false;
    }
    vf->index = read_index(sysfs, pf, &vf->pf, name, &vf->addr);

    snprintf(path, sizeof path, PCI_DEVICES "/%s/driver", name);
    (void) sysfs_link_name(sysfs, path, vf->driver, sizeof vf->driver);

    const struct netdev_entry *netdev = netdev_table_on_device(
        netdevs, device, false, NULL);
    if (netdev) {
        ovs_strlcpy(vf->netdev, netdev->name, sizeof vf->netdev);
    }
    free(device);
    return true;
}

static struct vf *
vf_find(const struct pci_source *ps, const struct pci_addr *addr)
{
    struct vf *vf;

    HMAP_FOR_EACH_WITH_HASH (vf, node, pci_addr_hash(addr, 0), &ps->vfs) {
        if (!pci_addr_compare(&vf->info.addr, addr)) {
            return vf;
        }
    }
    return NULL;
}

/* Reads device 'name' and tells the sink if that is news, or if 'always'. */
static void
vf_refresh(struct pci_source *ps, const char *name, bool always)
{
    struct pci_vf_info info;
    bool exists = pci_read_vf(ps->sysfs, name, ps->netdevs, &info);
    struct pci_addr addr;
    struct vf *vf;

    if (!pci_addr_parse(name, &addr)) {
        return;
    }
    vf = vf_find(ps, &addr);
    if (exists) {
        if (!vf) {
            vf = xzalloc(sizeof *vf);
            hmap_insert(&ps->vfs, &vf->node, pci_addr_hash(&addr, 0));
        } else if (!always && !memcmp(&vf->info, &info, sizeof info)) {
            return;
        }
        memcpy(&vf->info, &info, sizeof info);
        ps->source.sink->pci_vf(ps->source.aux, &vf->info);
    } else if (vf) {
        hmap_remove(&ps->vfs, &vf->node);
        free(vf);
        ps->source.sink->pci_vf_gone(ps->source.aux, &addr);
    }
}

struct pci_source *
pci_source_create(int sysfs, const struct netdev_table *netdevs,
                  const struct kernel_sink *sink, void *aux)
{
    struct pci_source *ps = xzalloc(sizeof *ps);

    source_init(&ps->source, SOURCE_PCI, sink, aux);
    ps->sysfs = sysfs;
    ps->netdevs = netdevs;
    hmap_init(&ps->vfs);
    sset_init(&ps->dirty);
    sset_init(&ps->todo);
    ps->scan = true;
    return ps;
}

void
pci_source_destroy(struct pci_source *ps)
{
    struct vf *vf;

    if (!ps) {
        return;
    }
    HMAP_FOR_EACH_POP (vf, node, &ps->vfs) {
        free(vf);
    }
    hmap_destroy(&ps->vfs);
    sset_destroy(&ps->dirty);
    sset_destroy(&ps->todo);
    source_uninit(&ps->source);
    free(ps);
}

/* Starts a full read.  What is dirty by then is a part of it; what becomes so
 * later is read once more. */
static void
scan_start(struct pci_source *ps)
{
    int error;

    ps->scan = false;
    sset_clear(&ps->todo);
    sset_clear(&ps->dirty);
    error = sysfs_list(ps->sysfs, PCI_DEVICES, &ps->todo);
    if (error) {
        /* A machine without PCI. */
        struct vf *vf;

        HMAP_FOR_EACH_POP (vf, node, &ps->vfs) {
            free(vf);
        }
        ps->scanning = false;
        source_set_absent(&ps->source);
        return;
    }
    ps->scanning = true;
    source_set_state(&ps->source, SOURCE_SYNCING);
    source_begin(&ps->source);

    /* Those that are known and gone have to be noticed too. */
    struct vf *vf;
    HMAP_FOR_EACH (vf, node, &ps->vfs) {
        char name[PCI_ADDR_STRLEN];

        sset_add(&ps->todo, pci_addr_format(&vf->info.addr, name));
    }
}

static void
refresh_some(struct pci_source *ps, struct sset *names, bool always, int *n)
{
    for (; *n < MAX_READS && !sset_is_empty(names); (*n)++) {
        char *name = sset_pop(names);

        vf_refresh(ps, name, always);
        free(name);
    }
}

void
pci_source_run(struct pci_source *ps)
{
    int n = 0;

    if (ps->scan) {
        scan_start(ps);
    }
    if (ps->scanning) {
        refresh_some(ps, &ps->todo, true, &n);
        if (sset_is_empty(&ps->todo)) {
            ps->scanning = false;
            source_end(&ps->source);
        }
    }
    refresh_some(ps, &ps->dirty, false, &n);
}

void
pci_source_wait(struct pci_source *ps)
{
    if (ps->scan || ps->scanning || !sset_is_empty(&ps->dirty)) {
        poll_immediate_wake();
    }
}

void
pci_source_resync(struct pci_source *ps)
{
    ps->scan = true;
}

void
pci_source_lost(struct pci_source *ps, int error)
{
    source_note_lost(&ps->source, error);
    ps->scan = true;
}

void
pci_source_uevent(struct pci_source *ps, const struct uevent *uevent)
{
    const char *name = sysfs_basename(uevent->devpath);
    struct pci_addr addr;

    if (strcmp(uevent->subsystem, "pci") || !pci_addr_parse(name, &addr)) {
        return;
    }
    ps->source.status.n_messages++;
    if (ps->source.status.state == SOURCE_ABSENT) {
        ps->scan = true;
    }
    sset_add(&ps->dirty, name);
}

void
pci_source_netdev(struct pci_source *ps, const struct netdev_entry *netdev)
{
    const char *name = sysfs_basename(netdev->device);
    struct pci_addr addr;

    if (!netdev->virtio && pci_addr_parse(name, &addr)) {
        sset_add(&ps->dirty, name);
    }
}

struct source *
pci_source_base(struct pci_source *ps)
{
    return &ps->source;
}
