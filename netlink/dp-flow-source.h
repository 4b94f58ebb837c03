/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_DP_FLOW_SOURCE_H
#define NETLINK_DP_FLOW_SOURCE_H 1

/* The flows in Open vSwitch's kernel datapaths, live.
 *
 *   - All datapaths of the kernel are followed, and come and go.  While the
 *     openvswitch module is not loaded the source is SOURCE_ABSENT.
 *
 *   - The kernel notifies each flow that is added, changed or deleted.  It
 *     does not say that all flows of a datapath were flushed, and its dump,
 *     which goes on while the hash table is made anew, may leave some out.  So
 *     a dump for counters checks too which flows are there, and if it finds
 *     one that the reader does not know all are read anew.  Such a dump is
 *     also made when somebody opens a datapath, as ovs-vswitchd does before
 *     and after its flush.
 *
 *   - Nor does it notify that a port's netdev moved to another network
 *     namespace: flows name its ifindex until the next full read.
 *
 *   - A notification and a dump travel by different ways.  A flow that is
 *     notified during a dump is as the notification says, whatever the dump
 *     says.
 *
 *   - Requests go through a process of the helper: the kernel holds a lock
 *     of the datapaths while it waits for the RTNL.
 *
 *   - Callbacks are made from the libevent base or from dp_flow_source_run(),
 *     never from within the other functions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/flow-record.h"
#include "netlink/kernel.h"

struct dp_flow_source;
struct event_base;
struct genl;
struct kernel_helper;
struct nlmsghdr;

/* Most records that are told at once. */
#define DP_FLOW_BATCH 32

/* Receiver.  Records are valid during the call only.  All members are
 * required but 'ifindex'. */
struct dp_flow_callbacks {
    /* The state changed.  It starts as SOURCE_SYNCING. */
    void (*state)(void *aux, enum source_state);

    /* All flows get doubtful; those that are then told by flows() or
     * refresh() are no more.  A second call starts anew. */
    void (*mark)(void *aux);

    /* Flows that are there, new, changed or as they were.  They are
     * FLOW_KERNEL.  'dev' and 'outputs' are ifindexes, and 0 for a port that
     * is not known (yet), or is in another network namespace. */
    void (*flows)(void *aux, const struct flow_record *const *, size_t n);

    /* Counters.  The records are FLOW_KERNEL and FLOW_TERSE, with neither
     * 'dev' nor 'recirc_id'.  Returns how many of them are not known. */
    size_t (*refresh)(void *aux, const struct flow_record *const *, size_t n);

    /* A flow was deleted.  'last' is as for refresh(), or NULL. */
    void (*gone)(void *aux, const uint8_t ufid[FLOW_UFID_LEN],
                 const struct flow_record *last);

    /* Flows that are doubtful still are gone. */
    void (*sweep)(void *aux);

    /* What dp_flow_source_refresh() started is over, 'elapsed_us' after that;
     * 'kernel_us' of them was not our own work, but the kernel's and the
     * helper's. */
    void (*refreshed)(void *aux, uint64_t elapsed_us, uint64_t kernel_us);

    /* The ifindex of netdev 'name', or 0: for old kernels, which do not tell
     * it for a port. */
    uint32_t (*ifindex)(void *aux, const char *name);
};

/* 'base', 'helper', 'genl' and 'callbacks' must outlive it. */
struct dp_flow_source *
dp_flow_source_create(struct event_base *base, struct kernel_helper *helper,
                      struct genl *genl, int rcvbuf,
                      const struct dp_flow_callbacks *callbacks, void *aux);
void dp_flow_source_destroy(struct dp_flow_source *);
void dp_flow_source_run(struct dp_flow_source *);
void dp_flow_source_wait(struct dp_flow_source *);

/* Starts reading all counters.  Returns false, and does nothing, if the source
 * is not SOURCE_SYNCED or is reading already.  refreshed() tells the end, but
 * not if messages are lost meanwhile: then all is read anew. */
bool dp_flow_source_refresh(struct dp_flow_source *);

/* Reads everything anew, as after lost messages. */
void dp_flow_source_resync(struct dp_flow_source *);

const struct source_status *
dp_flow_source_status(const struct dp_flow_source *);

/* Fetches flow 'ufid'.  'cb' is called once with 0 and the flow's message, for
 * dp_flow_raw_parse(), valid only during the call, or with a positive errno
 * and NULL: ENOENT if there is no such flow.  It is not called if the source
 * is destroyed before. */
typedef void dp_flow_get_cb(void *aux, int error, const struct nlmsghdr *);
void dp_flow_source_get(struct dp_flow_source *,
                        const uint8_t ufid[FLOW_UFID_LEN],
                        dp_flow_get_cb *, void *aux);

/* The ifindex of port 'port_no' in 'datapath' (an ifindex too), or 0. */
uint32_t dp_flow_source_ifindex(const struct dp_flow_source *, int datapath,
                                uint32_t port_no);

#endif /* netlink/dp-flow-source.h */
