/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_DETAIL_H
#define CONTROLLER_FLOW_DETAIL_H 1

/* Match and actions of one datapath flow, in the words of "ovs-appctl
 * dpctl/dump-flows -m", from the message in which the kernel tells the flow.
 *
 * A filter of tc says less than the flow of which ovs-vswitchd made it, and
 * ovs-vswitchd, when asked for its flows, reads the filters back.  What is
 * printed here is what it would print then, oddities included.
 *
 * Messages may hold anything: what is not as expected gives an error, and so
 * does what a flow of Open vSwitch cannot say. */

#include <stddef.h>
#include <stdint.h>

struct ds;
struct nlmsghdr;

/* Largest message that is looked at, in bytes. */
#define FLOW_DETAIL_MAX_LEN (64 * 1024)

/* Where names come from. */
struct flow_detail_names {
    /* Returns the name that Open vSwitch has for netdev or port 'number',
     * valid until the next call, or NULL if there is none: then the number is
     * printed, of a netdev as "ifindex:NUMBER". */
    const char *(*get)(void *aux, uint32_t number);
    void *aux;                  /* First argument. */
};

/* Appends the match of the filter in 'nlh', an RTM_NEWTFILTER or
 * RTM_DELTFILTER of which 'len' bytes may be read, to 'match' and its actions
 * to 'actions'.  'names' has the names of netdevs, by ifindex; 0 is the
 * datapath's own port, which is what a netdev that is gone becomes.
 *
 * Returns NULL, or why that cannot be done, to be freed by the caller; then
 * nothing was appended.
 *
 * A policer is printed as the meter that has the same place among meters as
 * the policer has among policers; ovs-vswitchd numbers both in the same way,
 * and tells nobody which one is whose. */
char *flow_detail_from_tc(const struct nlmsghdr *nlh, size_t len,
                          const struct flow_detail_names *names,
                          struct ds *match, struct ds *actions);

/* The same of a flow of the kernel's datapath, an OVS_FLOW_CMD_NEW, _SET or
 * _GET of generic netlink.  'names' has the names of datapath ports. */
char *flow_detail_from_dp(const struct nlmsghdr *nlh, size_t len,
                          const struct flow_detail_names *names,
                          struct ds *match, struct ds *actions);

#endif /* controller/flow-detail/detail.h */
