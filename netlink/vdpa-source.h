/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VDPA_SOURCE_H
#define NETLINK_VDPA_SOURCE_H 1

/* Source of vDPA devices.
 *
 * Netlink says which devices there are, and what they are; sysfs says where
 * they are and who uses them.  There is no notification in netlink, so
 * uevents start a new dump, and each event that comes after a dump was sent
 * starts another one.
 *
 * The dump waits in the kernel for as long as somebody removes a device whose
 * /dev/vhost-vdpa-N is open.  Meanwhile the devices of the last dump are told
 * with what sysfs says now, less those that are not in it any more. */

#include "netlink/genl.h"
#include "netlink/kernel.h"
#include "netlink/netdev-table.h"
#include "netlink/vdpa-msg.h"
#include "openvswitch/shash.h"
#include "simap.h"

struct source;
struct uevent;
struct vdpa_queries;
struct vdpa_source;

/* Who else than the sink is told of all devices, each time. */
struct vdpa_source_class {
    void (*begin)(void *aux);
    void (*device)(void *aux, const struct vdpa_info *);
    void (*end)(void *aux);
};

/* 'sysfs' is a descriptor of its root; 'netdevs' says which netdevs there
 * are. */
struct vdpa_source *vdpa_source_create(struct event_base *,
                                       struct kernel_helper *, struct genl *,
                                       int sysfs,
                                       const struct netdev_table *netdevs,
                                       const struct vdpa_source_class *,
                                       void *class_aux,
                                       const struct kernel_sink *,
                                       void *aux);
void vdpa_source_destroy(struct vdpa_source *);
void vdpa_source_run(struct vdpa_source *);
void vdpa_source_wait(struct vdpa_source *);
void vdpa_source_resync(struct vdpa_source *);
void vdpa_source_lost(struct vdpa_source *, int error);
void vdpa_source_uevent(struct vdpa_source *, const struct uevent *);
void vdpa_source_netdev(struct vdpa_source *, const struct netdev_entry *);
/* Questions, which are executed one after the other with the dumps. */
struct vdpa_queries *vdpa_source_queries(struct vdpa_source *);
struct source *vdpa_source_base(struct vdpa_source *);

/* What sysfs says about vDPA devices.  Here for tests. */

struct vdpa_sysfs {
    bool readable;              /* Is there bus/vdpa/devices at all? */
    struct shash devices;       /* Name -> path relative to the root. */
    struct simap parents;       /* Path of a parent -> number of devices. */
};

void vdpa_sysfs_init(struct vdpa_sysfs *, int sysfs);
void vdpa_sysfs_destroy(struct vdpa_sysfs *);

/* Puts together what 'dev' and sysfs say.  Returns false if sysfs can be
 * read and does not have the device (any more). */
bool vdpa_sysfs_read(const struct vdpa_sysfs *, int sysfs,
                     const struct netdev_table *netdevs,
                     const struct vdpa_dev *dev, struct vdpa_info *);

/* Stores the numbers of the character device '*info' names.  Returns false if
 * there is none (any more). */
bool vdpa_sysfs_read_vhost(int sysfs, const struct vdpa_info *info,
                           unsigned int *major, unsigned int *minor);

#endif /* netlink/vdpa-source.h */
