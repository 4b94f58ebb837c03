/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/tc.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "table.h"
#include "util.h"

struct flow_report {
    struct flow_ledger *ledger; /* Flows so far. */
    struct tc_dump *dump;       /* Where they come from. */
    char *ns, *pod;             /* Filter, or both NULL. */
    bool resync;                /* As in 'struct flow_report_args'; so are
                                 * the following. */
    bool (*netdev_exists)(void *aux, int ifindex);
    void (*done)(void *aux, int error, struct json *report);
    void *aux;
};

/* JSON. */

static struct json *
nullable_string(const char *s)
{
    return s ? json_string_create(s) : json_null_create();
}

static struct json *
traffic_to_json(const struct flow_traffic *traffic)
{
    struct json *json = json_object_create();

    json_object_put(json, "packets", json_integer_create(traffic->packets));
    json_object_put(json, "bytes", json_integer_create(traffic->bytes));
    return json;
}

static struct json *
counts_to_json(const struct flow_counts *counts)
{
    struct json *json = json_object_create();

    json_object_put(json, "flows", json_integer_create(counts->flows));
    json_object_put(json, "offloaded", json_integer_create(counts->offloaded));
    json_object_put(json, "hw", traffic_to_json(&counts->hw));
    json_object_put(json, "sw", traffic_to_json(&counts->sw));
    return json;
}

static struct json *
sides_to_json(const struct flow_counts *egress,
              const struct flow_counts *ingress)
{
    struct json *json = json_object_create();

    json_object_put(json, "egress", counts_to_json(egress));
    json_object_put(json, "ingress", counts_to_json(ingress));
    return json;
}

/* Without counts.  'name' is for rows of no interface. */
static struct json *
iface_to_json(const struct flow_interface *iface, const char *name)
{
    bool real = iface->name != NULL;
    struct json *json = json_object_create();

    json_object_put_string(json, "name", real ? iface->name : name);
    json_object_put(json, "kind",
                    nullable_string(real ? flow_kind_to_string(iface->kind)
                                    : NULL));
    json_object_put(json, "iface_id", nullable_string(iface->iface_id));
    json_object_put(json, "namespace", nullable_string(iface->ns));
    json_object_put(json, "pod", nullable_string(iface->pod));
    json_object_put(json, "representor", nullable_string(iface->representor));
    return json;
}

static struct json *
row_to_json(const struct flow_row *row)
{
    struct json *json = iface_to_json(&row->iface, NULL);

    json_object_put(json, "egress", counts_to_json(&row->egress));
    json_object_put(json, "ingress", counts_to_json(&row->ingress));
    return json;
}

/* Appends the share of 'row' in multi, if it has one, to 'receivers'. */
static void
add_receiver(struct json *receivers, const struct flow_row *row,
             const char *name)
{
    if (row->multi.flows) {
        struct json *json = iface_to_json(&row->iface, name);

        json_object_put(json, "ingress", counts_to_json(&row->multi));
        json_array_add(receivers, json);
    }
}

static int
compare_nullable(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

/* The order of interfaces in a report. */
static int
compare_rows(const void *a_, const void *b_)
{
    const struct flow_row *const *ap = a_, *const *bp = b_;
    const struct flow_interface *a = &(*ap)->iface, *b = &(*bp)->iface;
    int cmp;

    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    cmp = compare_nullable(a->ns, b->ns);
    cmp = cmp ? cmp : compare_nullable(a->pod, b->pod);
    return cmp ? cmp : strcmp(a->name, b->name);
}

static bool
is_wanted(const struct flow_report *report, const struct flow_interface *iface)
{
    return (!report->pod
            || (iface->ns && iface->pod && !strcmp(iface->ns, report->ns)
                && !strcmp(iface->pod, report->pod)));
}

/* The rows that 'report' wants, in their order.  Caller frees. */
static const struct flow_row **
sorted_rows(const struct flow_report *report, size_t *np)
{
    size_t n_all, n = 0;
    const struct flow_row *rows = flow_ledger_rows(report->ledger, &n_all);
    const struct flow_row **sorted = xcalloc(n_all, sizeof *sorted);

    for (size_t i = 0; i < n_all; i++) {
        if (is_wanted(report, &rows[i].iface)) {
            sorted[n++] = &rows[i];
        }
    }
    if (n) {
        qsort(sorted, n, sizeof *sorted, compare_rows);
    }
    *np = n;
    return sorted;
}

static struct json *
report_to_json(const struct flow_report *report, const char *state)
{
    const struct flow_sums *sums = flow_ledger_sums(report->ledger);
    struct json *interfaces = json_array_create_empty();
    struct json *receivers = json_array_create_empty();
    struct json *multi = json_object_create();
    struct json *json = json_object_create();
    const struct flow_row **rows;
    size_t n;

    rows = sorted_rows(report, &n);
    for (size_t i = 0; i < n; i++) {
        json_array_add(interfaces, row_to_json(rows[i]));
        add_receiver(receivers, rows[i], NULL);
    }
    free(rows);
    if (!report->pod) {
        add_receiver(receivers, &sums->unattributed, "unattributed");
        add_receiver(receivers, &sums->stale, "stale");
    }
    json_object_put(multi, "ingress", counts_to_json(&sums->multi));
    json_object_put(multi, "receivers", receivers);

    json_object_put_string(json, "state", state);
    json_object_put(json, "interfaces", interfaces);
    json_object_put(json, "multi", multi);
    json_object_put(json, "unattributed",
                    sides_to_json(&sums->unattributed.egress,
                                  &sums->unattributed.ingress));
    json_object_put(json, "stale", sides_to_json(&sums->stale.egress,
                                                 &sums->stale.ingress));
    json_object_put(json, "totals",
                    sides_to_json(&sums->egress, &sums->ingress));
    return json;
}

/* The dump. */

static void
flow_report_destroy(struct flow_report *report)
{
    flow_ledger_destroy(report->ledger);
    free(report->ns);
    free(report->pod);
    free(report);
}

static void
on_begin(void *report_, const struct tc_part *part)
{
    struct flow_report *report = report_;

    flow_ledger_purge(report->ledger, part);
}

static void
on_flows(void *report_, const struct flow_record *const *flows, size_t n)
{
    struct flow_report *report = report_;

    for (size_t i = 0; i < n; i++) {
        flow_ledger_add(report->ledger, flows[i]);
    }
}

static void
on_done(void *report_, const struct tc_dump_result *result)
{
    struct flow_report *report = report_;
    struct json *json = NULL;

    if (!result->error) {
        flow_ledger_compute(report->ledger, report->netdev_exists,
                            report->aux);
        json = report_to_json(report, (report->resync ? "resync"
                                       : result->n_malformed ? "incomplete"
                                       : "complete"));
    }
    report->done(report->aux, result->error, json);
    flow_report_destroy(report);
}

struct flow_report *
flow_report_start(struct event_base *base, const struct flow_report_args *args,
                  int *errorp)
{
    static const struct tc_dump_callbacks callbacks = {
        .begin = on_begin,
        .flows = on_flows,
        .done = on_done,
    };
    struct flow_report *report = xmalloc(sizeof *report);
    int *ifindexes = xcalloc(args->n_ifaces, sizeof *ifindexes);
    size_t n = 0;

    *report = (struct flow_report) {
        .ledger = flow_ledger_create(args->ifaces, args->n_ifaces,
                                     args->bridge_ids),
        .ns = nullable_xstrdup(args->ns),
        .pod = nullable_xstrdup(args->pod),
        .resync = args->resync,
        .netdev_exists = args->netdev_exists,
        .done = args->done,
        .aux = args->aux,
    };
    for (size_t i = 0; i < args->n_ifaces; i++) {
        if (args->ifaces[i].ifindex > 0) {
            ifindexes[n++] = args->ifaces[i].ifindex;
        }
    }
    report->dump = tc_dump_start(base, ifindexes, n, 0, &callbacks, report,
                                 errorp);
    free(ifindexes);
    if (!report->dump) {
        flow_report_destroy(report);
        return NULL;
    }
    return report;
}

void
flow_report_cancel(struct flow_report *report)
{
    if (report) {
        tc_dump_cancel(report->dump);
        flow_report_destroy(report);
    }
}

/* Table. */

static const struct json *
member(const struct json *json, const char *name)
{
    return shash_find_data(json_object(json), name);
}

static void
put_string(struct table *table, const struct json *json)
{
    table_add_cell(table)->text = xstrdup(json && json->type == JSON_STRING
                                          ? json_string(json) : "");
}

static void
put_integer(struct table *table, const struct json *json)
{
    table_add_cell(table)->text = xasprintf("%"PRId64, json_integer(json));
}

static void
put_counts(struct table *table, const char *direction,
           const struct json *counts)
{
    static const char *const where[] = { "hw", "sw" };

    table_add_cell(table)->text = xstrdup(direction);
    put_integer(table, member(counts, "flows"));
    put_integer(table, member(counts, "offloaded"));
    for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
        const struct json *traffic = member(counts, where[i]);

        put_integer(table, member(traffic, "packets"));
        put_integer(table, member(traffic, "bytes"));
    }
}

/* Adds a row for each direction that 'json' has. */
static void
put_rows(struct table *table, const char *name, const struct json *json)
{
    static const char *const directions[] = { "egress", "ingress" };

    for (size_t i = 0; i < ARRAY_SIZE(directions); i++) {
        const struct json *counts = member(json, directions[i]);
        const struct json *pod = member(json, "pod");

        if (!counts) {
            continue;
        }
        table_add_row(table);
        if (pod && pod->type == JSON_STRING) {
            table_add_cell(table)->text
                = xasprintf("%s/%s", json_string(member(json, "namespace")),
                            json_string(pod));
        } else {
            table_add_cell(table)->text = xstrdup("");
        }
        if (name) {
            table_add_cell(table)->text = xstrdup(name);
        } else {
            put_string(table, member(json, "name"));
        }
        put_string(table, member(json, "kind"));
        put_counts(table, directions[i], counts);
    }
}

void
flow_report_to_table(const struct json *report, struct table *table)
{
    static const char *const columns[] = {
        "POD", "INTERFACE", "KIND", "DIR", "FLOWS", "OFFLOADED",
        "HW-PACKETS", "HW-BYTES", "SW-PACKETS", "SW-BYTES",
    };
    static const char *const rest[] = {
        "multi", "unattributed", "stale", "totals",
    };
    const struct json_array *ifaces = json_array(member(report, "interfaces"));

    table_init(table);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        table_add_column(table, "%s", columns[i]);
    }
    for (size_t i = 0; i < ifaces->n; i++) {
        put_rows(table, NULL, ifaces->elems[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
        put_rows(table, rest[i], member(report, rest[i]));
    }
}
