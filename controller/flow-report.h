/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_REPORT_H
#define CONTROLLER_FLOW_REPORT_H 1

/* "flow/report": dumps the tc filters of the bridge's interfaces, puts them
 * into a ledger, and makes JSON of it.
 *
 * The JSON is an interface that stays stable; all numbers are integers:
 *
 *   {"state": "complete", "resync" or "incomplete",
 *    "interfaces": [
 *      {"name": STRING, "kind": "pod", "port", "management", "uplink",
 *                               "tunnel" or "internal",
 *       "iface_id": STRING or null, "namespace": STRING or null,
 *       "pod": STRING or null, "representor": STRING or null,
 *       "egress": COUNTS, "ingress": COUNTS}, ...],
 *    "multi": {"ingress": COUNTS,
 *              "receivers": [{as above, but "ingress" is the interface's
 *                             share and there is no "egress"}, ...]},
 *    "unattributed": {"egress": COUNTS, "ingress": COUNTS},
 *    "stale": {"egress": COUNTS, "ingress": COUNTS},
 *    "totals": {"egress": COUNTS, "ingress": COUNTS}}
 *
 *   COUNTS: {"flows": N, "offloaded": N,
 *            "hw": {"packets": N, "bytes": N},
 *            "sw": {"packets": N, "bytes": N}}
 *
 * What counts where is said in controller/flow-ledger.h.  A receiver that is
 * no interface has the name "unattributed" or "stale" and null for the rest.
 * Interfaces of pods come first, sorted by namespace, pod and name, then the
 * others by kind and name.  A report for one pod has just that pod's
 * "interfaces" and "receivers"; all other members are of the whole bridge. */

#include <stdbool.h>
#include <stddef.h>

#include "controller/flow-ledger.h"

struct event_base;
struct flow_report;
struct json;
struct table;

/* What a report is made of.  All is copied. */
struct flow_report_args {
    const struct flow_interface *ifaces; /* The bridge's interfaces. */
    size_t n_ifaces;            /* Number of them. */
    const struct smap *bridge_ids; /* external_ids of the bridge, or NULL. */
    const char *ns, *pod;       /* Report just this pod, or both NULL. */
    bool resync;                /* 'ifaces' is not up to date: what it is made
                                 * from is being read again. */

    /* Is 'ifindex', which none of 'ifaces' has, a netdev of ours?  Asked when
     * the dump is over. */
    bool (*netdev_exists)(void *aux, int ifindex);

    /* The report, which the callee takes over, or a positive errno and NULL.
     * The 'flow_report' is freed after the call. */
    void (*done)(void *aux, int error, struct json *report);
    void *aux;                  /* For both. */
};

/* Starts a report.  'done' is called from 'base', exactly once unless the
 * report is cancelled, and never from within this function.  Returns NULL,
 * with a positive errno in '*errorp', if it cannot be started. */
struct flow_report *flow_report_start(struct event_base *base,
                                      const struct flow_report_args *,
                                      int *errorp);

/* Ends a report early, without a call to 'done'.  Not to be called from it. */
void flow_report_cancel(struct flow_report *);

/* Makes a table of a report: a row for each interface and direction, then
 * those of multi, unattributed, stale and totals.  Initializes '*table', for
 * table_format() and table_destroy(). */
void flow_report_to_table(const struct json *report, struct table *table);

#endif /* controller/flow-report.h */
