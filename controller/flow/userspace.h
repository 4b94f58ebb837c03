/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_USERSPACE_H
#define CONTROLLER_FLOW_USERSPACE_H 1

/* The flows of the userspace datapath, that of bridges with datapath_type
 * "netdev", in a flow table of their own.
 *
 * Nobody but ovs-vswitchd knows these, and it tells them as text only.  As
 * such a dump keeps it from its work, it is asked for one only when somebody
 * wants to know, and for no more than FLOW_DUTY_PERCENT of the time: whoever
 * asks more often gets what is known.  The text is taken in as it comes and
 * never held as a whole.
 *
 * Devices of the table are numbers of ports' names. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/flow/rows.h"

struct flow_table;
struct flow_userspace;
struct json;
struct ovs_view;

struct flow_userspace *flow_userspace_create(void);
void flow_userspace_destroy(struct flow_userspace *);
void flow_userspace_run(struct flow_userspace *);
void flow_userspace_wait(const struct flow_userspace *);

/* Asks for the flows, if there is a bridge that has such, and not too lately
 * done before.  flow_userspace_is_busy() until they are there. */
void flow_userspace_refresh(struct flow_userspace *, const struct ovs_view *);
bool flow_userspace_is_busy(const struct flow_userspace *);

/* Could the flows, of which there are some, not be had in full? */
bool flow_userspace_is_incomplete(const struct flow_userspace *);

/* time_msec() of when counters were last read, or 0. */
long long int flow_userspace_last_read(const struct flow_userspace *);

const struct flow_table *flow_userspace_table(const struct flow_userspace *);

/* Which interfaces the table's devices are; valid until the next run. */
struct flow_userspace_devs {
    const struct flow_userspace *fu; /* Whose they are. */
    int *ifaces;                /* Index into the interfaces by number of the
                                 * device, -1 for none. */
    size_t n;                   /* Number of 'ifaces'; 0 is no device. */
};

/* Fills '*args' for flow_rows_init_many(), with the interfaces in 'others'.
 * '*devs' must live as long, and is to be destroyed. */
void flow_userspace_rows_args(const struct flow_userspace *,
                              const struct flow_rows_args *others,
                              struct flow_userspace_devs *devs,
                              struct flow_rows_args *args);
void flow_userspace_devs_destroy(struct flow_userspace_devs *);

/* Member "userspace" of "flows" in "status". */
struct json *flow_userspace_status_to_json(const struct flow_userspace *);

#endif /* controller/flow/userspace.h */
