/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_REPORT_H
#define CONTROLLER_FLOW_REPORT_H 1

/* "flow/report" and "flow/parse": rows as JSON and as a table.
 *
 * The JSON is an interface that stays stable; members may be added.  Numbers
 * are integers:
 *
 *   {"state": "complete", "resync" or "incomplete",
 *    "age_ms": N or null,
 *    "interfaces": [
 *      {"name": STRING, "kind": "pod", "port", "management", "uplink",
 *                               "tunnel" or "internal",
 *       "iface_id": STRING or null, "namespace": STRING or null,
 *       "pod": STRING or null, "representor": STRING or null,
 *       "egress": COUNTS with PATHS, "ingress": COUNTS,
 *       "reasons": [{"class": STRING, "flows": N, "by_design": BOOL,
 *                    "evidence": STRING, "fix": STRING}, ...]}, ...],
 *    "multi": {"ingress": COUNTS,
 *              "receivers": [{as above, but "ingress" is the interface's
 *                             share and there is no "egress"}, ...]},
 *    "unattributed": {"egress": COUNTS, "ingress": COUNTS},
 *    "stale": {"egress": COUNTS, "ingress": COUNTS},
 *    "totals": {"egress": COUNTS, "ingress": COUNTS}}
 *
 *   COUNTS: {"flows": N, "offloaded": N,
 *            "hw": {"packets": N, "bytes": N},
 *            "sw": {"packets": N, "bytes": N},
 *            "passed": {"hw": ..., "sw": ..., "idle_ms": N or null},
 *            "recent": {"hw": ..., "sw": ..., "hw_percent": N or null}}
 *   PATHS: "paths": {"full": N, "full-but-software": N, "partial": N,
 *                    "none": N, "unknown": N}
 *
 * "hw" and "sw" are of the flows that are there; "passed", which only
 * interfaces have, is all that was seen since the daemon started, never
 * decreases, and includes what an interface received together with others;
 * "recent" is the part of that between the last two readings of all counters,
 * with the share of hardware in its packets.
 * What counts where is said in controller/flow-table/table.h and rows.h.  A
 * receiver that is no interface has the name "unattributed" or "stale" and
 * null for the rest.  Interfaces of pods come first, sorted by namespace, pod
 * and name, then the others by kind and name.  A report for one pod has just
 * that pod's "interfaces" and "receivers", and one of the top N the N
 * interfaces with the most packets, in that order; all other members are of
 * the whole node. */

#include <stdbool.h>
#include <stddef.h>

struct flow_interface;
struct flow_rows;
struct flow_traffic;
struct json;
struct table;

struct flow_report_args {
    const struct flow_rows *rows; /* What is reported. */
    const char *state;          /* "complete", "resync", "incomplete". */
    const char *ns, *pod;       /* Report just this pod, or both NULL. */
    size_t top;                 /* Just so many interfaces, 0 for all. */
    long long int now;          /* Of "idle_ms", in ms. */
    long long int read;         /* When counters were last read, as 'now'; 0
                                 * if they were not. */
};

/* Caller frees. */
struct json *flow_report_to_json(const struct flow_report_args *);

/* Name, kind and owner of an interface, as in "interfaces".  'iface' may be
 * NULL for what is none, which is then called 'name'. */
struct json *flow_interface_to_json(const struct flow_interface *iface,
                                    const char *name);

/* {"packets": N, "bytes": N}; and a string, or null for NULL. */
struct json *flow_traffic_to_json(const struct flow_traffic *);
struct json *flow_string_to_json(const char *);

/* Makes a table of a report: a row for each interface and direction, then
 * those of multi, unattributed, stale and totals.  Initializes '*table', for
 * table_format() and table_destroy(). */
void flow_report_to_table(const struct json *report, struct table *table);

#endif /* controller/flow/report.h */
