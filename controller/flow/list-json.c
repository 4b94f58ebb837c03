/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/list-private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "controller/flow/report.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "timeval.h"
#include "util.h"

/* JSON. */

/* An interface, or the netdev that is none. */
static struct json *
device_to_json(const struct flow_scan *scan, bool userspace, uint32_t dev)
{
    const struct flow_rows_args *rows = flow_scan_rows(scan, userspace);
    struct flow_reason_dev facts;

    rows->facts(rows->aux, dev, &facts);
    return flow_interface_to_json(flow_scan_find(scan, userspace, dev),
                                  facts.name);
}

static struct json *
receivers_to_json(const struct flow_scan *scan, bool userspace,
                  const struct flow_receiver *r)
{
    struct json *array = json_array_create_empty();

    if (r && r->type == FLOW_RECEIVER_GUESS) {
        int i = flow_owners_guess(scan->owners, r);

        if (i >= 0) {
            json_array_add(array, flow_interface_to_json(
                               flow_scan_iface(scan, i), NULL));
        }
        return array;
    }
    for (size_t i = 0; r && i < r->n_devs; i++) {
        json_array_add(array, device_to_json(scan, userspace, r->devs[i]));
    }
    return array;
}

static struct json *
reason_to_json(const struct flow_scan *scan, bool userspace,
               const struct flow_view *view)
{
    const struct flow_shortfall as_shortfall = {
        .dev = view->dev,
        .receiver = view->receiver,
        .kernel = view->flags & FLOW_KERNEL,
        .first = !view->recirc_id,
        .miss = view->miss,
        .flows = 1,
    };
    struct flow_reason reason;
    struct json *json;

    if (view->flags & FLOW_IN_HW) {
        return json_null_create();
    }
    flow_rows_reason(flow_scan_rows(scan, userspace), &as_shortfall, &reason);
    json = json_object_create();
    json_object_put_string(json, "class",
                           flow_reason_class_to_string(reason.class));
    json_object_put(json, "by_design", json_boolean_create(reason.by_design));
    json_object_put_string(json, "evidence", reason.evidence);
    json_object_put_string(json, "fix", reason.fix);
    flow_reason_destroy(&reason);
    return json;
}

struct json *
flow_item_to_json(const struct flow_scan *scan, const struct flow_item *item)
{
    const struct flow_view *v = &item->view;
    struct json *targets = json_array_create_empty();
    struct json *json = json_object_create();
    char ufid[FLOW_UFID_STRLEN];
    long long int now = time_msec();

    for (size_t i = 0; i < v->n_targets; i++) {
        json_array_add(targets, json_integer_create(v->targets[i]));
    }
    json_object_put_string(json, "ufid", flow_ufid_to_string(v->ufid, ufid));
    json_object_put_string(json, "dp", (item->userspace ? "userspace"
                                        : v->flags & FLOW_KERNEL ? "ovs"
                                        : "tc"));
    json_object_put(json, "recirc_id", json_integer_create(v->recirc_id));
    json_object_put(json, "targets", targets);
    json_object_put(json, "sender", device_to_json(scan, item->userspace,
                                                   v->dev));
    json_object_put(json, "receivers", receivers_to_json(scan, item->userspace,
                                                         v->receiver));
    json_object_put(json, "offloaded",
                    json_boolean_create(v->flags & FLOW_IN_HW));
    json_object_put_string(json, "path", flow_path_to_string(v->path));
    json_object_put(json, "hw_percent",
                    v->hw_percent < 0 ? json_null_create()
                    : json_integer_create(v->hw_percent));
    json_object_put(json, "hw", flow_traffic_to_json(&v->hw));
    json_object_put(json, "sw", flow_traffic_to_json(&v->sw));
    json_object_put(json, "idle_ms",
                    v->last_used ? json_integer_create(now - v->last_used)
                    : json_null_create());
    json_object_put(json, "reason", reason_to_json(scan, item->userspace,
                                                   v));
    json_object_put(json, "match", flow_string_to_json(item->match));
    json_object_put(json, "actions", flow_string_to_json(item->actions));
    json_object_put(json, "details_error", flow_string_to_json(item->error));
    return json;
}

/* Output. */

/* Names of receivers: "eth5", "eth5,eth6". */
static struct json *
names_of(const struct json *receivers)
{
    const struct json_array *array = json_array(receivers);
    struct ds s = DS_EMPTY_INITIALIZER;
    struct json *json;

    for (size_t i = 0; i < array->n; i++) {
        ds_put_format(&s, "%s%s", i ? "," : "", json_string(
                          shash_find_data(json_object(array->elems[i]),
                                          "name")));
    }
    json = json_string_create(ds_cstr(&s));
    ds_destroy(&s);
    return json;
}

static int64_t
packets_of(const struct shash *flow, const char *where)
{
    return json_integer(shash_find_data(
                            json_object(shash_find_data(flow, where)),
                            "packets"));
}

/* A row of the table: strings, made from the JSON of a flow. */
static struct json *
flow_to_row(const struct json *json)
{
    static const char *const copied[] = {
        "dp", "recirc_id", "path", "hw_percent", "match", "actions", "ufid",
    };
    const struct shash *flow = json_object(json);
    const struct shash *sender = json_object(shash_find_data(flow, "sender"));
    const struct json *pod = shash_find_data(sender, "pod");
    const struct json *reason = shash_find_data(flow, "reason");
    struct json *row = json_object_create();

    for (size_t i = 0; i < ARRAY_SIZE(copied); i++) {
        json_object_put(row, copied[i], json_clone(
                            shash_find_data(flow, copied[i])));
    }
    if (pod->type == JSON_STRING) {
        json_object_put_format(row, "pod", "%s/%s", json_string(
                                   shash_find_data(sender, "namespace")),
                               json_string(pod));
    }
    json_object_put(row, "from", json_clone(shash_find_data(sender, "name")));
    json_object_put(row, "to", names_of(shash_find_data(flow, "receivers")));
    json_object_put(row, "hw", json_integer_create(packets_of(flow, "hw")));
    json_object_put(row, "sw", json_integer_create(packets_of(flow, "sw")));
    json_object_put(row, "why", reason->type != JSON_OBJECT
                    ? json_null_create()
                    : json_clone(shash_find_data(json_object(reason),
                                                 "evidence")));
    return row;
}

char *
flow_list_format(const struct json *list, enum output_format format)
{
    static const struct output_column columns[] = {
        { "POD", "pod" },
        { "FROM", "from" },
        { "TO", "to" },
        { "RECIRC", "recirc_id" },
        { "DP", "dp" },
        { "PATH", "path" },
        { "HW%", "hw_percent" },
        { "HW-PACKETS", "hw" },
        { "SW-PACKETS", "sw" },
        { "WHY-NOT", "why" },
        { "MATCH", "match" },
        { "ACTIONS", "actions" },
        { "UFID", "ufid" },
    };
    const struct json_array *flows = json_array(
        shash_find_data(json_object(list), "flows"));
    int64_t matched = json_integer(shash_find_data(json_object(list),
                                                   "matched"));
    struct json *rows;
    char *text;

    if (format == OUTPUT_JSON) {
        return output_object(list, format);
    }
    rows = json_array_create_empty();
    for (size_t i = 0; i < flows->n; i++) {
        json_array_add(rows, flow_to_row(flows->elems[i]));
    }
    text = output_array(rows, columns, ARRAY_SIZE(columns), format);
    json_destroy(rows);
    if (format == OUTPUT_TABLE && matched > flows->n) {
        char *more = xasprintf("%s(%"PRIuSIZE" of %"PRId64" flows; see "
                               "--limit)\n", text, flows->n, matched);

        free(text);
        text = more;
    }
    return text;
}
