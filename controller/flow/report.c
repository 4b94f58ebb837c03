/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/flow-table/traffic.h"
#include "controller/flow/ifaces.h"
#include "controller/flow/rows.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "table.h"
#include "util.h"

/* JSON. */

struct json *
flow_string_to_json(const char *s)
{
    return s ? json_string_create(s) : json_null_create();
}

struct json *
flow_traffic_to_json(const struct flow_traffic *traffic)
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
    json_object_put(json, "hw", flow_traffic_to_json(&counts->hw));
    json_object_put(json, "sw", flow_traffic_to_json(&counts->sw));
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

static struct json *
passed_to_json(const struct flow_passed *passed, long long int now)
{
    struct json *json = json_object_create();

    json_object_put(json, "hw", flow_traffic_to_json(&passed->hw));
    json_object_put(json, "sw", flow_traffic_to_json(&passed->sw));
    json_object_put(json, "idle_ms",
                    passed->last_used
                    ? json_integer_create(MAX(0, now - passed->last_used))
                    : json_null_create());
    return json;
}

static struct json *
recent_to_json(const struct flow_passed *recent)
{
    int percent = flow_hw_percent(&recent->hw, &recent->sw);
    struct json *json = json_object_create();

    json_object_put(json, "hw", flow_traffic_to_json(&recent->hw));
    json_object_put(json, "sw", flow_traffic_to_json(&recent->sw));
    json_object_put(json, "hw_percent",
                    percent < 0 ? json_null_create()
                    : json_integer_create(percent));
    return json;
}

static struct json *
paths_to_json(const uint64_t paths[FLOW_N_PATHS])
{
    struct json *json = json_object_create();

    for (size_t i = 0; i < FLOW_N_PATHS; i++) {
        json_object_put(json, flow_path_to_string(i),
                        json_integer_create(paths[i]));
    }
    return json;
}

static struct json *
reasons_to_json(const struct flow_row *row)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < row->reasons.n; i++) {
        const struct flow_reason_count *r = &row->reasons.elems[i];
        struct json *json = json_object_create();

        json_object_put_string(json, "class",
                               flow_reason_class_to_string(r->reason.class));
        json_object_put(json, "flows", json_integer_create(r->flows));
        json_object_put(json, "by_design",
                        json_boolean_create(r->reason.by_design));
        json_object_put_string(json, "evidence", r->reason.evidence);
        json_object_put_string(json, "fix", r->reason.fix);
        json_array_add(array, json);
    }
    return array;
}

struct json *
flow_interface_to_json(const struct flow_interface *iface, const char *name)
{
    static const struct flow_interface none;
    struct json *json = json_object_create();

    json_object_put_string(json, "name", iface ? iface->name : name);
    json_object_put(json, "kind",
                    flow_string_to_json(iface
                                        ? flow_kind_to_string(iface->kind)
                                        : NULL));
    iface = iface ? iface : &none;
    json_object_put(json, "iface_id", flow_string_to_json(iface->iface_id));
    json_object_put(json, "namespace", flow_string_to_json(iface->ns));
    json_object_put(json, "pod", flow_string_to_json(iface->pod));
    json_object_put(json, "representor",
                    flow_string_to_json(iface->representor));
    return json;
}

/* Array of the words of 's', which may be NULL. */
static struct json *
words_to_json(const char *s)
{
    struct json *array = json_array_create_empty();
    char *copy = xstrdup(s ? s : ""), *save = NULL;

    for (char *word = strtok_r(copy, " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        json_array_add(array, json_string_create(word));
    }
    free(copy);
    return array;
}

static struct json *
row_to_json(const struct flow_row *row, long long int now)
{
    struct json *json = flow_interface_to_json(row->iface, NULL);
    struct json *egress = counts_to_json(&row->egress);
    struct json *ingress = counts_to_json(&row->ingress);

    json_object_put(egress, "passed", passed_to_json(&row->egress_passed,
                                                     now));
    json_object_put(egress, "recent", recent_to_json(&row->egress_recent));
    json_object_put(egress, "paths", paths_to_json(row->paths));
    json_object_put(ingress, "passed", passed_to_json(&row->ingress_passed,
                                                      now));
    json_object_put(ingress, "recent", recent_to_json(&row->ingress_recent));
    json_object_put(json, "bridge", flow_string_to_json(row->iface->bridge));
    json_object_put(json, "pfs", words_to_json(row->iface->pfs));
    json_object_put(json, "egress", egress);
    json_object_put(json, "ingress", ingress);
    json_object_put(json, "reasons", reasons_to_json(row));
    return json;
}

/* Appends the share of 'row' in multi, if it has one, to 'receivers'. */
static void
add_receiver(struct json *receivers, const struct flow_row *row,
             const char *name)
{
    if (row->multi.flows) {
        struct json *json = flow_interface_to_json(row->iface, name);

        json_object_put(json, "ingress", counts_to_json(&row->multi));
        json_array_add(receivers, json);
    }
}

/* Order. */

static int
compare_nullable(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int
compare_rows(const void *a_, const void *b_)
{
    const struct flow_row *const *ap = a_, *const *bp = b_;
    const struct flow_interface *a = (*ap)->iface, *b = (*bp)->iface;
    int cmp;

    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    cmp = compare_nullable(a->ns, b->ns);
    cmp = cmp ? cmp : compare_nullable(a->pod, b->pod);
    return cmp ? cmp : strcmp(a->name, b->name);
}

/* Packets that an interface sent and received. */
static uint64_t
row_packets(const struct flow_row *row)
{
    const struct flow_counts *const counts[] = {
        &row->egress, &row->ingress, &row->multi,
    };
    struct flow_traffic sum = { .packets = 0 };

    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        flow_shown_traffic_add(&sum, &counts[i]->hw);
        flow_shown_traffic_add(&sum, &counts[i]->sw);
    }
    return sum.packets;
}

static int
compare_busy_rows(const void *a_, const void *b_)
{
    const struct flow_row *const *ap = a_, *const *bp = b_;
    uint64_t a = row_packets(*ap), b = row_packets(*bp);

    return a != b ? (a > b ? -1 : 1) : compare_rows(a_, b_);
}

static bool
is_wanted(const struct flow_report_args *args,
          const struct flow_interface *iface)
{
    return (!args->pod
            || (iface->ns && iface->pod && !strcmp(iface->ns, args->ns)
                && !strcmp(iface->pod, args->pod)));
}

/* The rows that are wanted, in their order.  Caller frees. */
static const struct flow_row **
sorted_rows(const struct flow_report_args *args, size_t *np)
{
    const struct flow_row **sorted = xcalloc(args->rows->n, sizeof *sorted);
    size_t n = 0;

    for (size_t i = 0; i < args->rows->n; i++) {
        if (is_wanted(args, args->rows->rows[i].iface)) {
            sorted[n++] = &args->rows->rows[i];
        }
    }
    if (n) {
        qsort(sorted, n, sizeof *sorted,
              args->top ? compare_busy_rows : compare_rows);
    }
    *np = args->top ? MIN(n, args->top) : n;
    return sorted;
}

struct json *
flow_report_to_json(const struct flow_report_args *args)
{
    const struct flow_rows *r = args->rows;
    struct json *interfaces = json_array_create_empty();
    struct json *receivers = json_array_create_empty();
    struct json *multi = json_object_create();
    struct json *json = json_object_create();
    const struct flow_row **rows;
    size_t n;

    rows = sorted_rows(args, &n);
    for (size_t i = 0; i < n; i++) {
        json_array_add(interfaces, row_to_json(rows[i], args->now));
        add_receiver(receivers, rows[i], NULL);
    }
    free(rows);
    if (!args->pod) {
        add_receiver(receivers, &r->unattributed, "unattributed");
        add_receiver(receivers, &r->stale, "stale");
    }
    json_object_put(multi, "ingress", counts_to_json(&r->multi));
    json_object_put(multi, "receivers", receivers);

    json_object_put_string(json, "state", args->state);
    json_object_put(json, "age_ms",
                    args->read ? json_integer_create(args->now - args->read)
                    : json_null_create());
    json_object_put(json, "interfaces", interfaces);
    json_object_put(json, "multi", multi);
    json_object_put(json, "unattributed",
                    sides_to_json(&r->unattributed.egress,
                                  &r->unattributed.ingress));
    json_object_put(json, "stale", sides_to_json(&r->stale.egress,
                                                 &r->stale.ingress));
    json_object_put(json, "totals", sides_to_json(&r->egress, &r->ingress));
    return json;
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

/* The most frequent reason of 'json', an interface, and how many more there
 * are. */
static char *
main_reason(const struct json *json)
{
    const struct json *reasons = member(json, "reasons");
    const struct json_array *array = reasons ? json_array(reasons) : NULL;

    if (!array || !array->n) {
        return xstrdup("");
    }

    const struct json *first = array->elems[0];
    const char *evidence = json_string(member(first, "evidence"));
    int64_t flows = json_integer(member(first, "flows"));
    return (array->n == 1
            ? xasprintf("%s (%"PRId64")", evidence, flows)
            : xasprintf("%s (%"PRId64"), and %"PRIuSIZE" more", evidence,
                        flows, array->n - 1));
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
        table_add_cell(table)->text = i ? xstrdup("") : main_reason(json);
    }
}

void
flow_report_to_table(const struct json *report, struct table *table)
{
    static const char *const columns[] = {
        "POD", "INTERFACE", "KIND", "DIR", "FLOWS", "OFFLOADED",
        "HW-PACKETS", "HW-BYTES", "SW-PACKETS", "SW-BYTES",
        "WHY-NOT",
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
