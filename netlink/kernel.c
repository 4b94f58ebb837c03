/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/kernel.h"

#include <errno.h>
#include <unistd.h>

#include "netlink/devlink-source.h"
#include "netlink/ethtool-source.h"
#include "netlink/genl-helper.h"
#include "netlink/genl.h"
#include "netlink/kernel-private.h"
#include "netlink/link-source.h"
#include "netlink/netdev-table.h"
#include "netlink/nl-conn.h"
#include "netlink/nl-socket.h"
#include "netlink/ovs-vport.h"
#include "netlink/pci-source.h"
#include "netlink/source.h"
#include "netlink/sysfs.h"
#include "netlink/uevent.h"
#include "netlink/vdpa-control-private.h"
#include "netlink/vdpa-holder.h"
#include "netlink/vdpa-source.h"
#include "util.h"

/* VDPA_GENL_NAME in linux/vdpa.h. */
#define VDPA_FAMILY "vdpa"

struct kernel {
    struct event_base *base;
    struct kernel_helper *helper;
    int sysfs;                  /* Descriptor of its root. */
    struct netdev_table netdevs; /* Kept by 'link'. */
    struct uevent_monitor *uevents;
    struct genl *genl;
    struct link_source *link;
    struct pci_source *pci;
    struct devlink_source *devlink;
    struct vdpa_source *vdpa;
    struct vdpa_control *vdpa_control;
    struct ethtool_source *ethtool;
    struct ovs_vports *vports;
};

/* What one source tells the others. */

static void
kernel_netdev_cb(void *kernel_, const struct netdev_entry *netdev)
{
    struct kernel *kernel = kernel_;

    pci_source_netdev(kernel->pci, netdev);
    vdpa_source_netdev(kernel->vdpa, netdev);
}

static void
kernel_eswitch_cb(void *kernel_)
{
    struct kernel *kernel = kernel_;

    devlink_source_mark(kernel->devlink);
}

static void
kernel_link_gone_cb(void *kernel_, int ifindex)
{
    struct kernel *kernel = kernel_;

    ethtool_source_link_gone(kernel->ethtool, ifindex);
}

static const struct nl_conn_class request_class = { .event = NULL };

static void
kernel_vdpa_family_cb(void *kernel_, const struct genl_family *family)
{
    struct kernel *kernel = kernel_;

    vdpa_control_set_family(kernel->vdpa_control,
                            family ? genl_family_id(family) : 0,
                            family ? kernel_helper_connect(
                                kernel->helper, kernel->base,
                                LANE_VDPA_CHANGE, &request_class, NULL)
                            : NULL);
}

static void
kernel_vdpa_begin_cb(void *kernel_)
{
    struct kernel *kernel = kernel_;

    vdpa_control_begin(kernel->vdpa_control);
}

static void
kernel_vdpa_device_cb(void *kernel_, const struct vdpa_info *info)
{
    struct kernel *kernel = kernel_;

    vdpa_control_device(kernel->vdpa_control, info);
}

static void
kernel_vdpa_end_cb(void *kernel_)
{
    struct kernel *kernel = kernel_;

    vdpa_control_end(kernel->vdpa_control);
}

static void
kernel_create_vdpa(struct kernel *kernel, const char *sysfs,
                   const struct kernel_sink *sink, void *aux)
{
    static const struct vdpa_source_class class = {
        .begin = kernel_vdpa_begin_cb,
        .device = kernel_vdpa_device_cb,
        .end = kernel_vdpa_end_cb,
    };
    char *path = realpath(sysfs, NULL);

    kernel->vdpa_control = vdpa_control_create(
        kernel->base, kernel->sysfs, path ? path : sysfs, "/proc",
        kernel_helper_connect(kernel->helper, kernel->base, LANE_SYSFS,
                              &request_class, NULL));
    free(path);
    genl_watch(kernel->genl, VDPA_FAMILY, kernel_vdpa_family_cb, kernel);
    kernel->vdpa = vdpa_source_create(kernel->base, kernel->helper,
                                      kernel->genl, kernel->sysfs,
                                      &kernel->netdevs, &class, kernel,
                                      sink, aux);
}

static void
kernel_uevent_cb(void *kernel_, const struct uevent *uevent)
{
    struct kernel *kernel = kernel_;

    pci_source_uevent(kernel->pci, uevent);
    vdpa_source_uevent(kernel->vdpa, uevent);
}

static void
kernel_uevent_lost_cb(void *kernel_, int error)
{
    struct kernel *kernel = kernel_;

    pci_source_lost(kernel->pci, error);
    vdpa_source_lost(kernel->vdpa, error);
}

static void
kernel_uevent_malformed_cb(void *kernel_)
{
    struct kernel *kernel = kernel_;

    /* It is not known whom it was for. */
    source_malformed(pci_source_base(kernel->pci), "uevent");
}

int
kernel_create_with_rcvbuf(struct event_base *base, const char *sysfs,
                          struct kernel_helper *helper, int rcvbuf,
                          const struct kernel_sink *sink, void *aux,
                          struct kernel **kernelp, char **errorp)
{
    static const struct link_source_class link_class = {
        .netdev = kernel_netdev_cb,
        .eswitch = kernel_eswitch_cb,
        .gone = kernel_link_gone_cb,
    };
    static const struct uevent_class uevent_class = {
        .event = kernel_uevent_cb,
        .lost = kernel_uevent_lost_cb,
        .malformed = kernel_uevent_malformed_cb,
    };
    struct kernel *kernel = xzalloc(sizeof *kernel);
    int error;

    *kernelp = NULL;
    *errorp = NULL;
    kernel->base = base;
    kernel->helper = helper;
    netdev_table_init(&kernel->netdevs);
    kernel->sysfs = sysfs_open_root(sysfs);
    if (kernel->sysfs < 0) {
        error = -kernel->sysfs;
        *errorp = xasprintf("%s: %s", sysfs, ovs_strerror(error));
        kernel_destroy(kernel);
        return error;
    }

    /* Before anything is read, so that no change is missed. */
    kernel->uevents = uevent_monitor_create(base, rcvbuf, &uevent_class,
                                            kernel, &error);
    if (!kernel->uevents) {
        *errorp = xasprintf("cannot receive uevents: %s",
                            ovs_strerror(error));
        kernel_destroy(kernel);
        return error;
    }
    kernel->genl = genl_create(base, helper, rcvbuf);
    kernel->link = link_source_create(base, kernel->sysfs, NULL, NULL,
                                      rcvbuf, &kernel->netdevs, &link_class,
                                      kernel, sink, aux);
    kernel->pci = pci_source_create(kernel->sysfs, &kernel->netdevs, sink,
                                    aux);
    kernel->devlink = devlink_source_create(base, helper, kernel->genl,
                                            rcvbuf, sink, aux);
    kernel_create_vdpa(kernel, sysfs, sink, aux);
    kernel->ethtool = ethtool_source_create(base, helper, kernel->genl,
                                            rcvbuf, sink, aux);
    kernel->vports = ovs_vports_create(base, helper, kernel->genl);
    *kernelp = kernel;
    return 0;
}

int
kernel_create(struct event_base *base, const char *sysfs,
              struct kernel_helper *helper, const struct kernel_sink *sink,
              void *aux, struct kernel **kernelp, char **errorp)
{
    return kernel_create_with_rcvbuf(base, sysfs, helper, NL_SOCKET_RCVBUF,
                                     sink, aux, kernelp, errorp);
}

void
kernel_destroy(struct kernel *kernel)
{
    if (!kernel) {
        return;
    }
    uevent_monitor_destroy(kernel->uevents);
    genl_destroy(kernel->genl);
    link_source_destroy(kernel->link);
    pci_source_destroy(kernel->pci);
    devlink_source_destroy(kernel->devlink);
    vdpa_source_destroy(kernel->vdpa);
    vdpa_control_destroy(kernel->vdpa_control);
    ethtool_source_destroy(kernel->ethtool);
    ovs_vports_destroy(kernel->vports);
    netdev_table_destroy(&kernel->netdevs);
    if (kernel->sysfs >= 0) {
        close(kernel->sysfs);
    }
    free(kernel);
}

void
kernel_run(struct kernel *kernel)
{
    /* Links first: the others want to know which netdevs there are. */
    link_source_run(kernel->link);
    genl_run(kernel->genl);
    devlink_source_run(kernel->devlink);
    pci_source_run(kernel->pci);
    vdpa_source_run(kernel->vdpa);
    vdpa_control_run(kernel->vdpa_control);
    ethtool_source_run(kernel->ethtool);
    ovs_vports_run(kernel->vports);
}

void
kernel_wait(struct kernel *kernel)
{
    link_source_wait(kernel->link);
    genl_wait(kernel->genl);
    devlink_source_wait(kernel->devlink);
    pci_source_wait(kernel->pci);
    vdpa_source_wait(kernel->vdpa);
    vdpa_control_wait(kernel->vdpa_control);
    ethtool_source_wait(kernel->ethtool);
    ovs_vports_wait(kernel->vports);
}

struct genl *
kernel_genl(struct kernel *kernel)
{
    return kernel->genl;
}

void
kernel_resync(struct kernel *kernel, enum kernel_source source)
{
    switch (source) {
    case SOURCE_LINK:
        link_source_resync(kernel->link);
        return;
    case SOURCE_PCI:
        pci_source_resync(kernel->pci);
        return;
    case SOURCE_DEVLINK:
        devlink_source_resync(kernel->devlink);
        return;
    case SOURCE_VDPA:
        vdpa_source_resync(kernel->vdpa);
        return;
    case SOURCE_ETHTOOL:
        ethtool_source_resync(kernel->ethtool);
        return;
    case N_KERNEL_SOURCES:
        break;
    }
    OVS_NOT_REACHED();
}

static struct source *
kernel_source_base(const struct kernel *kernel, enum kernel_source source)
{
    switch (source) {
    case SOURCE_LINK:
        return link_source_base(kernel->link);
    case SOURCE_PCI:
        return pci_source_base(kernel->pci);
    case SOURCE_DEVLINK:
        return devlink_source_base(kernel->devlink);
    case SOURCE_VDPA:
        return vdpa_source_base(kernel->vdpa);
    case SOURCE_ETHTOOL:
        return ethtool_source_base(kernel->ethtool);
    case N_KERNEL_SOURCES:
        break;
    }
    OVS_NOT_REACHED();
}

const struct source_status *
kernel_status(const struct kernel *kernel, enum kernel_source source)
{
    return &kernel_source_base(kernel, source)->status;
}

const char *
kernel_source_to_string(enum kernel_source source)
{
    switch (source) {
    case SOURCE_LINK:
        return "link";
    case SOURCE_PCI:
        return "pci";
    case SOURCE_DEVLINK:
        return "devlink";
    case SOURCE_VDPA:
        return "vdpa";
    case SOURCE_ETHTOOL:
        return "ethtool";
    case N_KERNEL_SOURCES:
        break;
    }
    OVS_NOT_REACHED();
}

const char *
source_state_to_string(enum source_state state)
{
    switch (state) {
    case SOURCE_ABSENT:
        return "absent";
    case SOURCE_SYNCING:
        return "syncing";
    case SOURCE_SYNCED:
        return "synced";
    }
    OVS_NOT_REACHED();
}

void
kernel_query_tc_offload(struct kernel *kernel, int ifindex)
{
    ethtool_source_query(kernel->ethtool, ifindex);
}

void
kernel_set_tc_offload(struct kernel *kernel, int ifindex, bool on)
{
    ethtool_source_set(kernel->ethtool, ifindex, on);
}

void
kernel_set_link_up(struct kernel *kernel, int ifindex)
{
    link_source_set_up(kernel->link, ifindex);
}

void
kernel_delete_vport(struct kernel *kernel, int datapath, int ifindex)
{
    ovs_vports_delete(kernel->vports, datapath, ifindex);
}

struct vdpa_query *
kernel_get_vdpa_config(struct kernel *kernel, const char *name,
                       vdpa_query_cb *cb, void *aux)
{
    return vdpa_queries_config(vdpa_source_queries(kernel->vdpa), name, cb,
                               aux);
}

struct vdpa_query *
kernel_get_vdpa_vstats(struct kernel *kernel, const char *name,
                       uint32_t queue, vdpa_query_cb *cb, void *aux)
{
    return vdpa_queries_vstats(vdpa_source_queries(kernel->vdpa), name,
                               queue, cb, aux);
}

struct vdpa_query *
kernel_get_vdpa_mgmtdevs(struct kernel *kernel, vdpa_query_cb *cb, void *aux)
{
    return vdpa_queries_mgmtdevs(vdpa_source_queries(kernel->vdpa), cb, aux);
}

struct holder_scan *
kernel_scan_vdpa_holders(struct kernel *kernel, const struct vdpa_info *info)
{
    unsigned int major, minor;

    return (info->vhost_device[0]
            && vdpa_sysfs_read_vhost(kernel->sysfs, info, &major, &minor)
            ? holder_scan_create("/proc", kernel->sysfs, major, minor)
            : NULL);
}

struct vdpa_control *
kernel_vdpa_control(const struct kernel *kernel)
{
    return kernel->vdpa_control;
}
