/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_NETDEV_TABLE_H
#define NETLINK_NETDEV_TABLE_H 1

/* The netdevs of our namespace by the device that they are on.
 *
 * Rtnetlink says which netdevs there are, sysfs only where they are: a uevent
 * of removal, or of a move to another namespace, comes before sysfs drops the
 * name, and nothing comes after.  A netdev's device never changes.
 *
 * The device is a path relative to the root of sysfs, as in
 * "devices/pci0000:65/0000:65:00.1" for .../0000:65:00.1/net/eth0.  With a
 * virtio device in between, .../0000:65:00.1/virtio2/net/eth0, it is the one
 * above that, and 'virtio' is true. */

#include <stdbool.h>

#include "netlink/kernel-types.h"
#include "openvswitch/hmap.h"

struct netdev_entry {
    struct hmap_node by_ifindex;
    struct hmap_node by_device; /* Only if 'device' is nonnull. */
    int ifindex;                /* Key. */
    char name[KERNEL_IFNAMSIZ];
    char *device;               /* NULL if it has none, or that is not known
                                 * yet. */
    bool virtio;                /* Is a virtio device in between? */
};

struct netdev_table {
    struct hmap by_ifindex;     /* Of "struct netdev_entry". */
    struct hmap by_device;      /* The same, by 'device' and 'virtio'. */
};

void netdev_table_init(struct netdev_table *);
void netdev_table_clear(struct netdev_table *);
void netdev_table_destroy(struct netdev_table *);

struct netdev_entry *netdev_table_find(const struct netdev_table *,
                                       int ifindex);

/* Adds 'ifindex', or changes its name.  'device' is copied and may be NULL;
 * it is taken only if it was not known before. */
struct netdev_entry *netdev_table_set(struct netdev_table *, int ifindex,
                                      const char *name, const char *device,
                                      bool virtio);
void netdev_table_remove(struct netdev_table *, struct netdev_entry *);

/* Returns the netdev with the smallest ifindex on 'device', or NULL, and
 * stores into '*np', unless it is NULL, how many there are. */
const struct netdev_entry *netdev_table_on_device(
    const struct netdev_table *, const char *device, bool virtio,
    size_t *np);

/* Finds where netdev 'ifindex', which is called 'name', is.  Returns a
 * malloc()ed path, or NULL if it has no device or sysfs does not show it
 * under that name (any more). */
char *netdev_read_device(int sysfs, int ifindex, const char *name,
                         bool *virtio);

/* Takes apart 'path' ("devices/.../net/NAME"); as netdev_read_device(). */
char *netdev_parse_path(const char *path, bool *virtio);

#endif /* netlink/netdev-table.h */
