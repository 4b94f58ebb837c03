/* SPDX-License-Identifier: Apache-2.0 */

/* Rows, made by hand, as JSON and as a table. */

#include <config.h>

#include "controller/flow/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/flow-table/traffic.h"
#include "controller/flow/ifaces.h"
#include "controller/flow/rows.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "table.h"
#include "util.h"

/* In no order. */
static const struct flow_interface ifaces[] = {
    { .ifindex = 5, .kind = FLOW_KIND_INTERNAL, .name = "br-int" },
    { .ifindex = 8, .kind = FLOW_KIND_POD, .name = "eth8",
      .iface_id = "ns2_a", .ns = "ns2", .pod = "a", .representor = "eth8" },
    { .ifindex = 7, .kind = FLOW_KIND_POD, .name = "eth7",
      .iface_id = "ns1_b", .ns = "ns1", .pod = "b", .representor = "eth7",
      .bridge = "br-int", .pfs = " 0000:65:00.0 0000:65:00.1" },
};

/* Counts that differ in each member: 'n' flows, ... */
static struct flow_counts
counts(uint64_t n)
{
    return (struct flow_counts) {
        .flows = n, .offloaded = n - 1,
        .hw = { .packets = 10 * n, .bytes = 1000 * n },
        .sw = { .packets = 20 * n, .bytes = 2000 * n },
    };
}

static struct flow_reason_count reasons[] = {
    { .reason = { .class = FLOW_REASON_FLOW, .evidence = "action sample",
                  .fix = "", .by_design = true }, .flows = 3 },
    { .reason = { .class = FLOW_REASON_FEATURE, .evidence = "off on eth7",
                  .fix = "ethtool" }, .flows = 1 },
};

/* A report on the interfaces. */
static struct json *
report(const char *ns, const char *pod, size_t top)
{
    struct flow_row rows[] = {
        { .iface = &ifaces[0] },
        { .iface = &ifaces[1], .egress = counts(1), .multi = counts(9) },
        { .iface = &ifaces[2], .egress = counts(3), .ingress = counts(2),
          .egress_passed = { .hw = { 5, 6 }, .sw = { 7, 8 },
                             .last_used = 1500 },
          .egress_recent = { .hw = { 1, 2 }, .sw = { 3, 4 } },
          .paths = { 11, 12, 13, 14, 15 },
          .reasons = { .elems = reasons, .n = 2 } },
    };
    const struct flow_rows all = {
        .rows = rows, .n = ARRAY_SIZE(rows),
        .unattributed = { .egress = counts(4), .multi = counts(9) },
        .stale = { .ingress = counts(5) },
        .multi = counts(9), .egress = counts(6), .ingress = counts(7),
    };

    return flow_report_to_json(&(struct flow_report_args) {
        .rows = &all, .state = "complete", .ns = ns, .pod = pod, .top = top,
        .now = 2000, .read = 1900,
    });
}

#define COUNTS_(N, OFFLOADED)                                               \
    "\"flows\":" #N ",\"hw\":{\"bytes\":" #N "000,\"packets\":" #N "0},"    \
    "\"offloaded\":" #OFFLOADED
#define SW(BYTES, PACKETS)                                                  \
    "\"sw\":{\"bytes\":" #BYTES ",\"packets\":" #PACKETS "}"

static void
assert_json(const char *want, const struct json *json)
{
    char *have = json_to_string(json, JSSF_SORT);

    assert_string_equal(want, have);
    free(have);
}

static const struct json *
get(const struct json *json, const char *name)
{
    const struct json *member = shash_find_data(json_object(json), name);

    assert_non_null(member);
    return member;
}

static const struct json *
at(const struct json *json, size_t i)
{
    assert_true(i < json_array(json)->n);
    return json_array(json)->elems[i];
}

/* All keys and all values. */
static void
test_json(void **state OVS_UNUSED)
{
    struct json *json = report(NULL, NULL, 0);
    const struct json *ifs = get(json, "interfaces");

    assert_int_equal(3, json_array(ifs)->n);
    assert_json(
        "{\"bridge\":\"br-int\",\"egress\":{" COUNTS_(3, 2) ","
        "\"passed\":{\"hw\":{\"bytes\":6,\"packets\":5},\"idle_ms\":500,"
        "\"sw\":{\"bytes\":8,\"packets\":7}},"
        "\"paths\":{\"full\":11,\"full-but-software\":12,\"none\":14,"
        "\"partial\":13,\"unknown\":15},"
        "\"recent\":{\"hw\":{\"bytes\":2,\"packets\":1},"
        "\"hw_percent\":25,\"sw\":{\"bytes\":4,\"packets\":3}},"
        SW(6000, 60) "},"
        "\"iface_id\":\"ns1_b\","
        "\"ingress\":{" COUNTS_(2, 1) ","
        "\"passed\":{\"hw\":{\"bytes\":0,\"packets\":0},\"idle_ms\":null,"
        "\"sw\":{\"bytes\":0,\"packets\":0}},"
        "\"recent\":{\"hw\":{\"bytes\":0,\"packets\":0},"
        "\"hw_percent\":null,\"sw\":{\"bytes\":0,\"packets\":0}},"
        SW(4000, 40) "},"
        "\"kind\":\"pod\",\"name\":\"eth7\",\"namespace\":\"ns1\","
        "\"pfs\":[\"0000:65:00.0\",\"0000:65:00.1\"],"
        "\"pod\":\"b\","
        "\"reasons\":[{\"by_design\":true,\"class\":\"kernel-datapath\","
        "\"evidence\":\"action sample\",\"fix\":\"\",\"flows\":3},"
        "{\"by_design\":false,\"class\":\"hw-tc-offload\","
        "\"evidence\":\"off on eth7\","
        "\"fix\":\"ethtool\",\"flows\":1}],"
        "\"representor\":\"eth7\"}", at(ifs, 0));
    assert_string_equal("eth8", json_string(get(at(ifs, 1), "name")));
    assert_json("null", get(at(ifs, 2), "pod"));
    assert_json("null", get(at(ifs, 2), "bridge"));
    assert_json("[]", get(at(ifs, 2), "pfs"));
    assert_json("\"internal\"", get(at(ifs, 2), "kind"));
    assert_json("{\"ingress\":{" COUNTS_(9, 8) "," SW(18000, 180) "},"
                "\"receivers\":[{\"iface_id\":\"ns2_a\","
                "\"ingress\":{" COUNTS_(9, 8) "," SW(18000, 180) "},"
                "\"kind\":\"pod\",\"name\":\"eth8\",\"namespace\":\"ns2\","
                "\"pod\":\"a\",\"representor\":\"eth8\"},"
                "{\"iface_id\":null,"
                "\"ingress\":{" COUNTS_(9, 8) "," SW(18000, 180) "},"
                "\"kind\":null,\"name\":\"unattributed\","
                "\"namespace\":null,\"pod\":null,\"representor\":null}]}",
                get(json, "multi"));
    assert_json("{" COUNTS_(4, 3) "," SW(8000, 80) "}",
                get(get(json, "unattributed"), "egress"));
    assert_json("{" COUNTS_(5, 4) "," SW(10000, 100) "}",
                get(get(json, "stale"), "ingress"));
    assert_json("{" COUNTS_(6, 5) "," SW(12000, 120) "}",
                get(get(json, "totals"), "egress"));
    assert_json("{" COUNTS_(7, 6) "," SW(14000, 140) "}",
                get(get(json, "totals"), "ingress"));
    assert_json("\"complete\"", get(json, "state"));
    assert_json("100", get(json, "age_ms"));
    json_destroy(json);
}

/* For one pod: just its rows, and the sums of all. */
static void
test_filter(void **state OVS_UNUSED)
{
    struct json *json = report("ns2", "a", 0);

    assert_int_equal(1, json_array(get(json, "interfaces"))->n);
    assert_string_equal("eth8", json_string(get(at(get(json, "interfaces"),
                                                   0), "name")));
    assert_int_equal(1, json_array(get(get(json, "multi"),
                                       "receivers"))->n);
    assert_json("{" COUNTS_(6, 5) "," SW(12000, 120) "}",
                get(get(json, "totals"), "egress"));
    json_destroy(json);

    json = report("ns1", "a", 0);
    assert_int_equal(0, json_array(get(json, "interfaces"))->n);
    json_destroy(json);
}

/* The busiest: what is received with others counts, too. */
static void
test_top(void **state OVS_UNUSED)
{
    struct json *json = report(NULL, NULL, 2);

    assert_int_equal(2, json_array(get(json, "interfaces"))->n);
    assert_string_equal("eth8", json_string(get(at(get(json, "interfaces"),
                                                   0), "name")));
    assert_string_equal("eth7", json_string(get(at(get(json, "interfaces"),
                                                   1), "name")));
    json_destroy(json);

    json = report(NULL, NULL, 7);
    assert_int_equal(3, json_array(get(json, "interfaces"))->n);
    json_destroy(json);
}

/* Absurd counters do not wrap around. */
static void
test_top_huge(void **state OVS_UNUSED)
{
    struct flow_row rows[] = {
        { .iface = &ifaces[0], .egress = counts(9) },
        { .iface = &ifaces[1],
          .egress = { .hw = { .packets = FLOW_COUNTER_MAX },
                      .sw = { .packets = FLOW_COUNTER_MAX } },
          .ingress = counts(1),
          .egress_recent = { .hw = { .packets = FLOW_COUNTER_MAX },
                             .sw = { .packets = FLOW_COUNTER_MAX } } },
    };
    const struct flow_rows all = { .rows = rows, .n = ARRAY_SIZE(rows) };
    struct json *json = flow_report_to_json(&(struct flow_report_args) {
        .rows = &all, .state = "complete", .top = 1,
    });
    const struct json *first = at(get(json, "interfaces"), 0);

    assert_string_equal(ifaces[1].name, json_string(get(first, "name")));
    assert_int_equal(50, json_integer(get(get(get(first, "egress"), "recent"),
                                          "hw_percent")));
    json_destroy(json);
}

static void
test_table(void **state OVS_UNUSED)
{
    struct table_style style = TABLE_STYLE_DEFAULT;
    struct json *json = report(NULL, NULL, 0);
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct table table;

    flow_report_to_table(json, &table);
    json_destroy(json);
    style.format = TF_CSV;
    table_format(&table, &style, &ds);
    assert_string_equal(
        "POD,INTERFACE,KIND,DIR,FLOWS,OFFLOADED,HW-PACKETS,HW-BYTES,"
        "SW-PACKETS,SW-BYTES,WHY-NOT\n"
        "ns1/b,eth7,pod,egress,3,2,30,3000,60,6000,"
        "\"action sample (3), and 1 more\"\n"
        "ns1/b,eth7,pod,ingress,2,1,20,2000,40,4000,\n"
        "ns2/a,eth8,pod,egress,1,0,10,1000,20,2000,\n"
        "ns2/a,eth8,pod,ingress,0,0,0,0,0,0,\n"
        ",br-int,internal,egress,0,0,0,0,0,0,\n"
        ",br-int,internal,ingress,0,0,0,0,0,0,\n"
        ",multi,,ingress,9,8,90,9000,180,18000,\n"
        ",unattributed,,egress,4,3,40,4000,80,8000,\n"
        ",unattributed,,ingress,0,0,0,0,0,0,\n"
        ",stale,,egress,0,0,0,0,0,0,\n"
        ",stale,,ingress,5,4,50,5000,100,10000,\n"
        ",totals,,egress,6,5,60,6000,120,12000,\n"
        ",totals,,ingress,7,6,70,7000,140,14000,\n",
        ds_cstr(&ds));
    ds_destroy(&ds);
    table_destroy(&table);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_top),
        cmocka_unit_test(test_top_huge),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
