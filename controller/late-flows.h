/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_LATE_FLOWS_H
#define CONTROLLER_LATE_FLOWS_H 1

/* Are there flows in software from before hw-tc-offload was turned on?
 *
 * Filters are not moved into hardware afterwards: they stay until they expire
 * or ovs-vswitchd installs them again.  A netdev whose feature was turned on
 * while it was on a bridge is 'offload_late' until a look at its filters, made
 * by late_flows_check(), finds none in software. */

struct event_base;
struct inventory;
struct late_flows;

/* Both must outlive the result. */
struct late_flows *late_flows_create(struct event_base *, struct inventory *);
void late_flows_destroy(struct late_flows *);

/* Looks at the filters of all netdevs that are 'offload_late', if there are
 * any, without waiting for the result, which goes into the inventory.  One
 * look at a time: a call during one makes another follow. */
void late_flows_check(struct late_flows *);

#endif /* controller/late-flows.h */
