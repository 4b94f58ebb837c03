/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_LIST_H
#define CONTROLLER_FLOW_LIST_H 1

/* "flow/list": single flows, with what they match and do.
 *
 * A job in steps, none of which depends on the number of flows: it looks
 * through the table, notes the flows that are wanted, asks the kernel for the
 * details of these, several at a time, and makes JSON, which stays stable;
 * members may be added:
 *
 *   {"matched": N,
 *    "flows": [
 *      {"ufid": STRING, "dp": "tc", "ovs" or "userspace",
 *       "recirc_id": N,
 *       "targets": [N, ...],
 *       "sender": INTERFACE, "receivers": [INTERFACE, ...],
 *       "offloaded": BOOL, "path": STRING, "hw_percent": N or null,
 *       "hw": {"packets": N, "bytes": N}, "sw": likewise,
 *       "idle_ms": N or null,
 *       "reason": null or {"class": STRING, "by_design": BOOL,
 *                          "evidence": STRING, "fix": STRING},
 *       "match": STRING or null, "actions": STRING or null,
 *       "details_error": null or STRING}, ...]}
 *
 *   INTERFACE is as in flow/report, without counts.
 *
 * Flows of the userspace datapath come last.  Only ovs-vswitchd has details of
 * these, and is asked for them flow by flow, for those of the first few
 * hundred.  Of a flow that several PMD threads have, the first one's has
 * details.
 *
 * "matched" may be more than there are "flows" if there is a limit.  Flows are
 * sorted by sender, recirc_id, and packets. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/output.h"
#include "netlink/flow-record.h"

struct controller;
struct flow_list;
struct json;

struct flow_list_args {
    char *ns, *pod;             /* Sender or receiver is of this pod, or both
                                 * NULL.  Owned by the list. */
    bool not_offloaded;         /* Only flows that are not in hardware. */
    bool has_ufid;              /* Only the flow ... */
    uint8_t ufid[FLOW_UFID_LEN]; /* ... with this. */
    size_t limit;               /* At most so many flows, 0 for all. */
};

struct flow_list *flow_list_create(const struct controller *,
                                   const struct flow_list_args *);
void flow_list_destroy(struct flow_list *);

/* Does a step.  Returns the result, which the caller frees, once it is there,
 * else NULL. */
struct json *flow_list_run(struct flow_list *);
void flow_list_wait(const struct flow_list *);

/* Formats the result.  Caller frees. */
char *flow_list_format(const struct json *, enum output_format);

#endif /* controller/flow/list.h */
