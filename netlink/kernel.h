/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_KERNEL_H
#define NETLINK_KERNEL_H 1

/* What the kernel has, live.
 *
 * A 'struct kernel' watches rtnetlink, devlink, vDPA, PCI and ethtool and
 * tells a 'struct kernel_sink' about it.  Its contract:
 *
 *   - Nothing is polled and nothing here sleeps: descriptors are dispatched by
 *     the libevent base, each callback handles a bounded number of messages,
 *     and requests that the kernel may answer late (devlink and vDPA hold
 *     locks while a device is being removed, and a netlink request waits for
 *     them in an uninterruptible sleep) go through a helper process.
 *
 *   - The sink's tables follow the kernel's.  Whenever that is in doubt (lost
 *     messages, ENOBUFS; an interrupted dump, NLM_F_DUMP_INTR) the source
 *     goes to SOURCE_SYNCING, is read again in full, and no event that comes
 *     meanwhile is lost or overtaken by older data of the dump.
 *
 *   - A generic netlink family or a bus that is not there is SOURCE_ABSENT,
 *     not an error, and is taken up when it appears.
 *
 *   - Callbacks are made from the libevent base or from kernel_run(), never
 *     from within the other functions here. */

#include <stdint.h>

#include "netlink/kernel-types.h"
#include "netlink/vdpa-query.h"

struct ds;
struct event_base;
struct genl;
struct holder_scan;
struct kernel;
struct kernel_helper;

enum kernel_source {
    SOURCE_LINK,                /* rtnetlink: network devices. */
    SOURCE_PCI,                 /* sysfs and uevents: VFs. */
    SOURCE_DEVLINK,             /* Generic netlink: ports and eswitches. */
    SOURCE_VDPA,                /* Generic netlink, uevents and sysfs. */
    SOURCE_ETHTOOL,             /* Generic netlink: hw-tc-offload. */
    N_KERNEL_SOURCES
};

enum source_state {
    SOURCE_ABSENT,              /* This kernel does not have it (yet). */
    SOURCE_SYNCING,             /* First or a new full read is under way. */
    SOURCE_SYNCED,              /* The tables are the kernel's. */
};

struct source_status {
    enum source_state state;
    uint64_t n_messages;        /* Notifications received. */
    uint64_t n_resyncs;         /* Full reads that were completed. */
    uint64_t n_overflows;       /* ENOBUFS. */
    uint64_t n_interrupted;     /* Dumps that were interrupted and redone. */
    uint64_t n_malformed;       /* Messages left out for their form. */
    long long int busy_since;   /* time_msec() of a request that the kernel
                                 * has not answered yet, 0 if there is none. */
    char *last_error;           /* Owned by the source, or NULL. */
};

/* Receiver.  A full read is begin(), the objects, end(): then those of the
 * source that were not named in between are gone.  A second begin() before
 * end() starts anew, for a read that was interrupted.  Objects may also be
 * named outside of that.  The structures are the caller's and valid only
 * during the call.  All members are required. */
struct kernel_sink {
    void (*begin)(void *aux, enum kernel_source);
    void (*end)(void *aux, enum kernel_source);

    /* The state of a source changed. */
    void (*state)(void *aux, enum kernel_source, enum source_state);

    void (*link)(void *aux, const struct link_info *);

    /* 'deleted' is false if it was moved to another network namespace. */
    void (*link_gone)(void *aux, int ifindex, bool deleted);
    void (*pci_vf)(void *aux, const struct pci_vf_info *);
    void (*pci_vf_gone)(void *aux, const struct pci_addr *);
    void (*devlink_port)(void *aux, const struct devlink_port_info *);
    void (*eswitch)(void *aux, const struct eswitch_info *);
    void (*vdpa)(void *aux, const struct vdpa_info *);

    /* Feature hw-tc-offload of 'ifindex' is now 'value'.  'changed' is true
     * if it is another than was told last for this netdev, and nobody asked:
     * the kernel notified us.  A netdev is asked once for each
     * kernel_query_tc_offload(); changes are told for every netdev. */
    void (*tc_offload)(void *aux, int ifindex, enum tc_offload value,
                       bool changed);

    /* A request of kernel_set_*() for 'ifindex' failed with positive errno
     * 'error'; 'what' names the request, 'extack' is the kernel's own text or
     * "".  Success is told by link() or tc_offload() only, and so is that the
     * netdev is gone (ENODEV). */
    void (*set_failed)(void *aux, int ifindex, const char *what, int error,
                       const char *extack);
};

/* Creates a monitor on 'base' with 'sysfs' ("/sys") as the root of sysfs.
 * 'base', 'helper', 'sink' and 'aux' must outlive it.  Every source starts in
 * SOURCE_SYNCING, without a call of state().  Returns 0 and stores into
 * '*kernelp', or a positive errno with a message in '*errorp' (caller
 * frees). */
int kernel_create(struct event_base *base, const char *sysfs,
                  struct kernel_helper *helper,
                  const struct kernel_sink *sink, void *aux,
                  struct kernel **kernelp, char **errorp);
void kernel_destroy(struct kernel *);

/* Work that is due outside of descriptors; kernel_wait() arranges for
 * poll_block() to return when there will be some. */
void kernel_run(struct kernel *);
void kernel_wait(struct kernel *);

/* Starts the helper, a few processes which execute generic netlink requests
 * that may sleep for long, and stores it into '*helperp'.  To be called after
 * daemonize_start() and before threads or secrets exist.  The processes end
 * with ours, or by kernel_helper_stop(); one that dies is started again.
 * Returns 0 or a positive errno. */
int kernel_helper_start(struct kernel_helper **helperp);
void kernel_helper_stop(struct kernel_helper *);

/* Its table of generic netlink families, for other watchers, which have to
 * watch before the first kernel_run(). */
struct genl *kernel_genl(struct kernel *);

/* Reads source 'source' again in full, as after lost messages. */
void kernel_resync(struct kernel *, enum kernel_source source);

const struct source_status *kernel_status(const struct kernel *,
                                          enum kernel_source);
const char *kernel_source_to_string(enum kernel_source);
const char *source_state_to_string(enum source_state);

/* Asks for, or turns on, hw-tc-offload of a netdev (ETHTOOL_MSG_FEATURES_*),
 * or sets IFF_UP (RTM_SETLINK).  The answer comes through the sink. */
void kernel_query_tc_offload(struct kernel *, int ifindex);
void kernel_set_tc_offload(struct kernel *, int ifindex, bool on);
void kernel_set_link_up(struct kernel *, int ifindex);

/* Takes netdev 'ifindex' out of the Open vSwitch datapath whose own netdev is
 * 'datapath' (the ifindex of the netdev's master).  The answer is its
 * link, which has no master then. */
void kernel_delete_vport(struct kernel *, int datapath, int ifindex);

/* Ask for the configuration of vDPA device 'name' (netlink/vdpa-config.h), for
 * the vendor statistics of its queue 'queue', and for all management devices
 * (netlink/vdpa-msg.h), and call 'cb' with the answer, which takes as long as
 * the kernel likes while a device is being removed: who does not want to wait
 * cancels it.  Return NULL if there is no vDPA; then 'cb' is not called.  It
 * is not called either once the kernel is destroyed.
 *
 * Changes are made by netlink/vdpa-control.h. */
struct vdpa_query *kernel_get_vdpa_config(struct kernel *, const char *name,
                                          vdpa_query_cb *, void *aux);
struct vdpa_query *kernel_get_vdpa_vstats(struct kernel *, const char *name,
                                          uint32_t queue, vdpa_query_cb *,
                                          void *aux);
struct vdpa_query *kernel_get_vdpa_mgmtdevs(struct kernel *, vdpa_query_cb *,
                                            void *aux);

/* Starts to look who has the /dev/vhost-vdpa-N of a device open
 * (netlink/vdpa-holder.h).  Returns NULL if it has none.  To be destroyed
 * before the kernel. */
struct holder_scan *kernel_scan_vdpa_holders(struct kernel *,
                                             const struct vdpa_info *);

#endif /* netlink/kernel.h */
