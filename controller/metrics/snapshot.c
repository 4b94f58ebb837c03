/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/metrics/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "controller/controller.h"
#include "controller/flow-table/traffic.h"
#include "controller/flow/engine.h"
#include "controller/flow/facts.h"
#include "controller/flow/userspace.h"
#include "controller/inventory.h"
#include "controller/metrics/format.h"
#include "controller/metrics/ledger.h"
#include "controller/ports.h"
#include "controller/reconcile.h"
#include "ovsdb/iface-id.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

/* Interfaces. */

static const char *
or_empty(const char *s)
{
    return s ? s : "";
}

static void
fill_flows(struct metrics_row *to, const struct flow_row *from)
{
    const struct flow_counts *const counts[] = {
        [METRICS_EGRESS] = &from->egress, [METRICS_INGRESS] = &from->ingress,
    };

    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        to->flows[i][METRICS_HW] += counts[i]->offloaded;
        to->flows[i][METRICS_SW] += counts[i]->flows - counts[i]->offloaded;
    }
}

static double
ratio(const struct flow_passed *recent)
{
    double hw = recent->hw.packets, sw = recent->sw.packets;

    return hw + sw > 0 ? hw / (hw + sw) : -1;
}

/* What passed 'row', in the order of fill_passed(). */
static void
passed_to_counts(const struct flow_row *row, uint64_t counts[LEDGER_N])
{
    const struct flow_traffic *const passed[] = {
        &row->egress_passed.hw, &row->egress_passed.sw,
        &row->ingress_passed.hw, &row->ingress_passed.sw,
    };

    BUILD_ASSERT_DECL(2 * ARRAY_SIZE(passed) == LEDGER_N);
    for (size_t i = 0; i < ARRAY_SIZE(passed); i++) {
        counts[2 * i] = passed[i]->packets;
        counts[2 * i + 1] = passed[i]->bytes;
    }
}

static void
fill_passed(struct metrics_row *row, const uint64_t counts[LEDGER_N])
{
    row->counted = true;
    for (size_t i = 0; i < METRICS_N_DIRECTIONS; i++) {
        for (size_t k = 0; k < METRICS_N_WHERE; k++) {
            row->packets[i][k] = *counts++;
            row->bytes[i][k] = *counts++;
        }
    }
}

static struct metrics_row *
add_row(struct metrics_snapshot *s, const char *interface, const char *kind,
        const char *ns, const char *pod)
{
    struct metrics_row *row = &s->rows[s->n_rows++];

    *row = (struct metrics_row) {
        .labels = metrics_labels("interface", interface, "kind", kind,
                                 "namespace", or_empty(ns),
                                 "pod", or_empty(pod), NULL),
        .ratio = { -1, -1 },
    };
    return row;
}

static void
add_interface(struct metrics_snapshot *s, const struct flow_row *from)
{
    const struct flow_interface *iface = from->iface;
    struct metrics_row *row = add_row(s, iface->name,
                                      flow_kind_to_string(iface->kind),
                                      iface->ns, iface->pod);

    fill_flows(row, from);
    row->ratio[METRICS_EGRESS] = ratio(&from->egress_recent);
    row->ratio[METRICS_INGRESS] = ratio(&from->ingress_recent);
}

/* By kind, pods first: they get rows before others do. */
static int
compare_rows(const void *a_, const void *b_)
{
    const struct flow_row *const *ap = a_, *const *bp = b_;
    const struct flow_interface *a = (*ap)->iface, *b = (*bp)->iface;

    return (a->kind != b->kind ? (a->kind < b->kind ? -1 : 1)
            : strcmp(a->name, b->name));
}

/* Pointers to the rows of 'rows', sorted.  Caller frees. */
static const struct flow_row **
sort_rows(const struct flow_rows *rows)
{
    const struct flow_row **sorted = xcalloc(MAX(rows->n, 1), sizeof *sorted);

    for (size_t i = 0; i < rows->n; i++) {
        sorted[i] = &rows->rows[i];
    }
    if (rows->n) {
        qsort(sorted, rows->n, sizeof *sorted, compare_rows);
    }
    return sorted;
}

/* The name by which the ledger knows an interface: as far as its label tells
 * it from others. */
static char *
ledger_name(const struct flow_row *row)
{
    return metrics_labels("interface", row->iface->name, NULL);
}

static void
fill_rows(struct metrics_snapshot *s, const struct flow_rows *rows,
          struct ledger *ledger)
{
    const struct flow_row **sorted = sort_rows(rows);
    struct metrics_row other = { .labels = NULL };
    struct metrics_row *row;

    /* Beside those of interfaces: no one's, gone ones', others'. */
    s->rows = xcalloc(MIN(rows->n, ledger->limit) + 3, sizeof *s->rows);
    ledger_begin(ledger);
    for (size_t i = 0; i < rows->n; i++) {
        uint64_t counts[LEDGER_N];
        const struct ledger_entry *entry;
        char *name = ledger_name(sorted[i]);

        passed_to_counts(sorted[i], counts);
        entry = ledger_note(ledger, name, counts);
        if (entry && entry->shown) {
            add_interface(s, sorted[i]);
            fill_passed(&s->rows[s->n_rows - 1], entry->sums);
        } else {
            fill_flows(&other, sorted[i]);
            s->n_omitted++;
        }
        free(name);
    }
    ledger_end(ledger);
    free(sorted);

    /* No interface is called "". */
    fill_flows(add_row(s, "", "unattributed", NULL, NULL),
               &rows->unattributed);
    fill_flows(add_row(s, "", "stale", NULL, NULL), &rows->stale);
    row = add_row(s, "", "other", NULL, NULL);
    memcpy(row->flows, other.flows, sizeof row->flows);
    fill_passed(row, ledger->other);
}

static void
take_interfaces(struct metrics_snapshot *s, const struct controller *c,
                struct ledger *ledger)
{
    struct flow_rows_args args[2];
    struct flow_userspace_devs devs;
    struct flow_facts facts;
    struct flow_rows rows;

    flow_facts_init(&facts, c);
    flow_facts_rows_args(&facts, flow_engine_table(c->flows), &args[0]);
    flow_userspace_rows_args(c->userspace, &args[0], &devs, &args[1]);
    for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
        args[i].env = NULL;     /* No reasons. */
    }
    flow_rows_init_many(&rows, args, ARRAY_SIZE(args));
    fill_rows(s, &rows, ledger);
    flow_rows_destroy(&rows);
    flow_userspace_devs_destroy(&devs);
    flow_facts_destroy(&facts);
}

/* Ports. */

static char *
port_to_labels(const struct port *port)
{
    const struct pair *pair = port->pair;
    const struct inv_link *rep = pair ? pair->rep : NULL;
    char vf[PCI_ADDR_STRLEN] = "";
    struct pod_name pod = { .ns = NULL };
    char *labels;

    if (port->iface) {
        pod_name_init(&pod, port->iface->external_ids);
    }
    if (pair && pair->has_vf_addr) {
        pci_addr_format(&pair->vf_addr, vf);
    }
    labels = metrics_labels(
        "port", port_title(port), "vf", vf,
        "vdpa", pair && pair->n_vdpas ? pair->vdpas[0]->info.name : "",
        "namespace", or_empty(pod.ns), "pod", or_empty(pod.pod),
        "pair", pair ? pair_state_to_string(port->pair_state) : "",
        "state", port_state_to_string(port->decision.state),
        "hw_tc_offload", (!rep ? "" : rep->tc_offload == TC_OFFLOAD_ON ? "on"
                          : rep->tc_offload == TC_OFFLOAD_UNKNOWN ? "unknown"
                          : "off"),
        NULL);
    pod_name_destroy(&pod);
    return labels;
}

static int
compare_strings(const void *a_, const void *b_)
{
    const char *const *a = a_, *const *b = b_;

    return strcmp(*a, *b);
}

static void
take_ports(struct metrics_snapshot *s, const struct port_table *table)
{
    size_t n = 0, kept = 0;
    const struct port *port;
    char **all;

    all = xcalloc(MAX(hmap_count(&table->ports), 1), sizeof *all);
    HMAP_FOR_EACH (port, node, &table->ports) {
        all[n++] = port_to_labels(port);
    }
    qsort(all, n, sizeof *all, compare_strings);
    for (size_t i = 0; i < n; i++) {
        /* What two ports have in common would be one sample given twice. */
        if (kept < METRICS_MAX_ROWS
            && (!kept || strcmp(all[kept - 1], all[i]))) {
            all[kept++] = all[i];
        } else {
            free(all[i]);
        }
    }
    s->ports = all;
    s->n_ports = kept;
    s->n_ports_omitted = n - kept;
}

/* Life. */

struct metrics_snapshot *
metrics_snapshot_create(const struct controller *c, struct ledger *ledger)
{
    struct metrics_snapshot *s = xzalloc(sizeof *s);

    s->ref_cnt = 1;
    s->when = time_msec();
    take_interfaces(s, c, ledger);
    take_ports(s, reconcile_ports(c->rec));
    return s;
}

struct metrics_snapshot *
metrics_snapshot_ref(struct metrics_snapshot *s)
{
    s->ref_cnt++;
    return s;
}

void
metrics_snapshot_unref(struct metrics_snapshot *s)
{
    if (!s || --s->ref_cnt) {
        return;
    }
    for (size_t i = 0; i < s->n_rows; i++) {
        free(s->rows[i].labels);
    }
    for (size_t i = 0; i < s->n_ports; i++) {
        free(s->ports[i]);
    }
    free(s->rows);
    free(s->ports);
    free(s);
}
