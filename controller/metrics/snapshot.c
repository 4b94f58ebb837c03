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
#include "smap.h"
#include "sset.h"
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

/* The name by which the ledger knows an interface: as far as its label tells
 * it from others. */
static char *
ledger_name(const struct flow_row *row)
{
    return metrics_labels("interface", row->iface->name, NULL);
}

/* Makes room for rows of up to 'n' interfaces, and for three beside these: no
 * one's, gone ones', others'. */
static void
allocate_rows(struct metrics_snapshot *s, size_t n)
{
    s->rows = xcalloc(n + 3, sizeof *s->rows);
}

/* Adds a row for 'from', or adds it to 's->other' if it gets none. */
static void
count_interface(struct metrics_snapshot *s, const struct flow_row *from,
                struct ledger *ledger)
{
    uint64_t counts[LEDGER_N];
    const struct ledger_entry *entry;
    char *name = ledger_name(from);

    passed_to_counts(from, counts);
    entry = ledger_note(ledger, name, counts);
    if (entry && entry->shown) {
        add_interface(s, from);
        fill_passed(&s->rows[s->n_rows - 1], entry->sums);
    } else {
        fill_flows(&s->other, from);
        s->n_omitted++;
    }
    free(name);
}

/* Adds the rows that are no interface's, with 'rows' for the first two. */
static void
count_rest(struct metrics_snapshot *s, const struct flow_rows *rows,
           const struct ledger *ledger)
{
    struct metrics_row *row;

    /* No interface is called "". */
    fill_flows(add_row(s, "", "unattributed", NULL, NULL),
               &rows->unattributed);
    fill_flows(add_row(s, "", "stale", NULL, NULL), &rows->stale);
    row = add_row(s, "", "other", NULL, NULL);
    memcpy(row->flows, s->other.flows, sizeof row->flows);
    fill_passed(row, ledger->other);
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

/* Life. */

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

/* Taking one. */

/* Where a walk through a map is that may change between two steps.  As these
 * end between two buckets, all is visited once that is there all the time,
 * unless the map gets another number of buckets. */
struct walk {
    struct hmap_position at;    /* What is next. */
    size_t capacity;            /* Number of buckets, 0 before the start. */
};

struct metrics_taking {
    const struct controller *c;
    struct ledger *ledger;      /* The caller's. */
    struct metrics_snapshot *s; /* What is being made. */
    bool (*step)(struct metrics_taking *, size_t max); /* What is done now;
                                 * returns true once that was all of it. */
    struct walk walk;           /* Through Interfaces, then through ports. */
    struct flow_facts facts;    /* Has the interfaces. */
    struct flow_owners *owners; /* Of these. */
    struct flow_rows rows;      /* What is counted for them. */
    struct flow_rows_args args; /* What that is joined from. */
    struct flow_join join;
    const struct flow_row **order; /* 'rows', pods first, */
    size_t next;                /* and the number of those that were used. */
    struct sset labels;         /* Of ports. */
};

/* Returns true if a walk through 'map' has to begin, again perhaps. */
static bool
walk_begins(struct walk *walk, const struct hmap *map)
{
    if (walk->capacity == hmap_capacity(map)) {
        return false;
    }
    *walk = (struct walk) { .capacity = hmap_capacity(map) };
    return true;
}

/* Returns what comes next, as long as '*max' is not used up and to the end of
 * a bucket, or NULL. */
static struct hmap_node *
walk_next(struct walk *walk, const struct hmap *map, size_t *max)
{
    if (!*max && !walk->at.offset) {
        return NULL;
    }
    *max -= *max > 0;
    return hmap_at_position(map, &walk->at);
}

/* Has the walk, whose last step left 'max', come to the end?  (Then it is at
 * the beginning.) */
static bool
walk_is_over(const struct walk *walk)
{
    return !walk->at.bucket && !walk->at.offset;
}

static void
forget_interfaces(struct metrics_taking *t)
{
    flow_facts_destroy(&t->facts);
    flow_facts_init_empty(&t->facts, t->c);
    flow_owners_destroy(t->owners);
    t->owners = flow_owners_create_empty();
}

static bool
read_interfaces(struct metrics_taking *t, size_t max)
{
    const char *bridge = reconcile_config(t->c->rec)->bridge;
    const struct smap *ids = ovs_view_bridge_external_ids(t->c->view, bridge);
    const struct hmap *map = ovs_view_ifaces(t->c->view);
    struct flow_ifaces *ifaces = &t->facts.ifaces;
    struct hmap_node *node;

    if (walk_begins(&t->walk, map)) {
        forget_interfaces(t);
    }
    while ((node = walk_next(&t->walk, map, &max))) {
        size_t i = ifaces->n;

        flow_ifaces_add(ifaces, t->c->inv, t->c->view,
                        CONTAINER_OF(node, struct ovs_iface, name_node));
        if (ifaces->n > i) {
            flow_owners_add(t->owners, &ifaces->ifaces[i], i, ids);
        }
    }
    return walk_is_over(&t->walk);
}

static bool
join_flows(struct metrics_taking *t, size_t max)
{
    return flow_join_run(&t->join, max);
}

/* By kind, pods first: they get rows before others do. */
static void
sort_rows(struct metrics_taking *t)
{
    size_t n = 0;

    t->order = xcalloc(t->rows.n, sizeof *t->order);
    for (enum flow_kind kind = 0; n < t->rows.n; kind++) {
        for (size_t i = 0; i < t->rows.n; i++) {
            if (t->rows.rows[i].iface->kind == kind) {
                t->order[n++] = &t->rows.rows[i];
            }
        }
    }
}

static bool
count_interfaces(struct metrics_taking *t, size_t max)
{
    for (; max && t->next < t->rows.n; max--) {
        count_interface(t->s, t->order[t->next++], t->ledger);
    }
    return t->next == t->rows.n;
}

static void
forget_ports(struct metrics_taking *t)
{
    struct metrics_snapshot *s = t->s;

    while (s->n_ports) {
        free(s->ports[--s->n_ports]);
    }
    s->n_ports_omitted = 0;
    sset_clear(&t->labels);
}

static void
read_port(struct metrics_taking *t, const struct port *port)
{
    struct metrics_snapshot *s = t->s;
    char *labels = port_to_labels(port);

    /* What two ports have in common would be one sample given twice. */
    if (s->n_ports < METRICS_MAX_ROWS && sset_add(&t->labels, labels)) {
        s->ports[s->n_ports++] = labels;
    } else {
        s->n_ports_omitted++;
        free(labels);
    }
}

static bool
read_ports(struct metrics_taking *t, size_t max)
{
    const struct hmap *map = &reconcile_ports(t->c->rec)->ports;
    struct hmap_node *node;

    if (walk_begins(&t->walk, map)) {
        forget_ports(t);
    }
    while ((node = walk_next(&t->walk, map, &max))) {
        read_port(t, CONTAINER_OF(node, struct port, node));
    }
    return walk_is_over(&t->walk);
}

/* Adds what there was of a userspace datapath, if ever.  Its devices are
 * numbers that are good until the next dump only, so it is done at once. */
static void
join_userspace(struct metrics_taking *t)
{
    struct flow_userspace_devs devs;
    struct flow_rows_args args;
    struct flow_join join = {
        .args = &args, .rows = &t->rows, .owners = t->owners,
    };
    size_t cursor = 0;

    if (flow_table_next_sender(flow_userspace_table(t->c->userspace),
                               &cursor)) {
        flow_userspace_rows_args(t->c->userspace, &t->args, &devs, &args);
        flow_join_run(&join, SIZE_MAX);
        flow_userspace_devs_destroy(&devs);
    }
}

/* Begins what comes after a step.  Returns false if there is no more. */
static bool
begin_next(struct metrics_taking *t)
{
    if (t->step == read_interfaces) {
        flow_rows_begin(&t->rows, t->facts.ifaces.ifaces, t->facts.ifaces.n);
        flow_facts_rows_args(&t->facts, flow_engine_table(t->c->flows),
                             &t->args);
        t->args.env = NULL;     /* No reasons. */
        t->args.bridge_ids = NULL; /* These would not stay. */
        t->join = (struct flow_join) {
            .args = &t->args, .rows = &t->rows, .owners = t->owners,
        };
        t->step = join_flows;
    } else if (t->step == join_flows) {
        join_userspace(t);
        sort_rows(t);
        allocate_rows(t->s, MIN(t->rows.n, t->ledger->limit));
        ledger_begin(t->ledger);
        t->step = count_interfaces;
    } else if (t->step == count_interfaces) {
        ledger_end(t->ledger);
        count_rest(t->s, &t->rows, t->ledger);
        t->walk = (struct walk) { .capacity = 0 };
        t->s->ports = xcalloc(METRICS_MAX_ROWS, sizeof *t->s->ports);
        t->step = read_ports;
    } else {
        return false;
    }
    return true;
}

struct metrics_taking *
metrics_taking_create(const struct controller *c, struct ledger *ledger)
{
    struct metrics_taking *t = xzalloc(sizeof *t);

    t->c = c;
    t->ledger = ledger;
    t->s = xzalloc(sizeof *t->s);
    t->s->ref_cnt = 1;
    t->s->when = time_msec();
    t->step = read_interfaces;
    flow_facts_init_empty(&t->facts, c);
    t->owners = flow_owners_create_empty();
    sset_init(&t->labels);
    return t;
}

struct metrics_snapshot *
metrics_taking_run(struct metrics_taking *t, size_t max)
{
    if (t->step(t, max) && !begin_next(t)) {
        return metrics_snapshot_ref(t->s);
    }
    return NULL;
}

void
metrics_taking_destroy(struct metrics_taking *t)
{
    if (t) {
        metrics_snapshot_unref(t->s);
        flow_rows_destroy(&t->rows);
        flow_owners_destroy(t->owners);
        flow_facts_destroy(&t->facts);
        free(t->order);
        sset_destroy(&t->labels);
        free(t);
    }
}
