/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_KERNEL_H
#define CONTROLLER_FLOW_KERNEL_H 1

/* The flows of the kernel's OVS datapath, into a flow table: a part of the
 * flow engine, on top of netlink/dp-flow-source.h. */

#include <stdbool.h>
#include <stdint.h>

#include "controller/flow/engine.h"
#include "netlink/dp-flow-source.h"

struct flow_kernel;

struct flow_kernel_status {
    enum flow_source_state state;
    long long int last_read;    /* time_msec() of the last reading of all
                                 * counters, or 0. */
    uint64_t dump_us;           /* Microseconds of the kernel for it. */
};

struct flow_kernel *flow_kernel_create(struct event_base *,
                                       struct kernel_helper *, struct genl *,
                                       struct flow_table *,
                                       uint32_t (*ifindex)(void *aux,
                                                           const char *name),
                                       void *aux);
void flow_kernel_destroy(struct flow_kernel *);
void flow_kernel_run(struct flow_kernel *);
void flow_kernel_wait(struct flow_kernel *);

/* Reads all in full. */
void flow_kernel_resync(struct flow_kernel *);

/* Reads counters, unless that is not possible now.  flow_kernel_is_dumping()
 * tells when it is over. */
void flow_kernel_refresh(struct flow_kernel *);
bool flow_kernel_is_dumping(const struct flow_kernel *);

const struct flow_kernel_status *
flow_kernel_status(const struct flow_kernel *);

/* For details of single flows, and status. */
struct dp_flow_source *flow_kernel_source(const struct flow_kernel *);

#endif /* controller/flow/kernel.h */
