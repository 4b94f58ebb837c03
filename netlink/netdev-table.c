/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/netdev-table.h"

#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "netlink/sysfs.h"
#include "util.h"

void
netdev_table_init(struct netdev_table *table)
{
    hmap_init(&table->by_ifindex);
    hmap_init(&table->by_device);
}

void
netdev_table_clear(struct netdev_table *table)
{
    struct netdev_entry *netdev;

    HMAP_FOR_EACH_SAFE (netdev, by_ifindex, &table->by_ifindex) {
        netdev_table_remove(table, netdev);
    }
}

void
netdev_table_destroy(struct netdev_table *table)
{
    netdev_table_clear(table);
    hmap_destroy(&table->by_ifindex);
    hmap_destroy(&table->by_device);
}

static uint32_t
device_hash(const char *device, bool virtio)
{
    return hash_string(device, virtio);
}

struct netdev_entry *
netdev_table_find(const struct netdev_table *table, int ifindex)
{
    struct netdev_entry *netdev;

    HMAP_FOR_EACH_WITH_HASH (netdev, by_ifindex, hash_int(ifindex, 0),
                             &table->by_ifindex) {
        if (netdev->ifindex == ifindex) {
            return netdev;
        }
    }
    return NULL;
}

struct netdev_entry *
netdev_table_set(struct netdev_table *table, int ifindex, const char *name,
                 const char *device, bool virtio)
{
    struct netdev_entry *netdev = netdev_table_find(table, ifindex);

    if (!netdev) {
        netdev = xzalloc(sizeof *netdev);
        netdev->ifindex = ifindex;
        hmap_insert(&table->by_ifindex, &netdev->by_ifindex,
                    hash_int(ifindex, 0));
    }
    ovs_strlcpy(netdev->name, name, sizeof netdev->name);
    if (!netdev->device && device) {
        netdev->device = xstrdup(device);
        netdev->virtio = virtio;
        hmap_insert(&table->by_device, &netdev->by_device,
                    device_hash(device, virtio));
    }
    return netdev;
}

void
netdev_table_remove(struct netdev_table *table, struct netdev_entry *netdev)
{
    hmap_remove(&table->by_ifindex, &netdev->by_ifindex);
    if (netdev->device) {
        hmap_remove(&table->by_device, &netdev->by_device);
        free(netdev->device);
    }
    free(netdev);
}

const struct netdev_entry *
netdev_table_on_device(const struct netdev_table *table, const char *device,
                       bool virtio, size_t *np)
{
    const struct netdev_entry *first = NULL;
    const struct netdev_entry *netdev;
    size_t n = 0;

    HMAP_FOR_EACH_WITH_HASH (netdev, by_device, device_hash(device, virtio),
                             &table->by_device) {
        if (netdev->virtio == virtio && !strcmp(netdev->device, device)) {
            n++;
            if (!first || netdev->ifindex < first->ifindex) {
                first = netdev;
            }
        }
    }
    if (np) {
        *np = n;
    }
    return first;
}

static bool
is_virtio_name(const char *name)
{
    return (!strncmp(name, "virtio", 6) && name[6]
            && strspn(name + 6, "0123456789") == strlen(name + 6));
}

char *
netdev_parse_path(const char *path, bool *virtio)
{
    char *class_dir = sysfs_dirname(path);
    char *device = NULL;

    *virtio = false;
    if (!strcmp(sysfs_basename(class_dir), "net")) {
        device = sysfs_dirname(class_dir);
        if (is_virtio_name(sysfs_basename(device))) {
            char *above = sysfs_dirname(device);

            *virtio = true;
            free(device);
            device = above;
        }
        if (!strchr(device, '/') || !strcmp(device, "devices/virtual")) {
            free(device);
            device = NULL;
        }
    }
    free(class_dir);
    return device;
}

char *
netdev_read_device(int sysfs, int ifindex, const char *name, bool *virtio)
{
    char *device = NULL;
    char path[64];
    char *target;

    *virtio = false;
    snprintf(path, sizeof path, "class/net/%s", name);
    target = sysfs_readlink(sysfs, path);
    if (target) {
        /* Another netdev may have this name by now. */
        snprintf(path, sizeof path, "class/net/%s/ifindex", name);
        if (sysfs_read_int(sysfs, path) == ifindex) {
            device = netdev_parse_path(target, virtio);
        }
        free(target);
    }
    return device;
}
