/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_LATE_FLOWS_H
#define CONTROLLER_LATE_FLOWS_H 1

/* Filters that are older than the offload of their netdev.
 *
 * Filters that exist when hw-tc-offload is turned on stay in software until
 * ovs-vswitchd installs them anew.  A netdev whose offload was turned on while
 * it was on a bridge is 'offload_late' for as long as it has a filter that is
 * not in hardware. */

struct controller;

/* Looks, in the flow table, at all netdevs that are 'offload_late' and clears
 * it for those that have no such filter (any more). */
void late_flows_check(const struct controller *);

#endif /* controller/late-flows.h */
