/* SPDX-License-Identifier: Apache-2.0 */

/* The report, on a dump that the test plays: tc_dump_start() and
 * tc_dump_cancel() are defined here in place of netlink's. */

#include <config.h>

#include "controller/flow-report.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink/tc.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "table.h"
#include "util.h"

/* The one dump that there may be. */
static struct {
    int error;                  /* tc_dump_start() fails with this. */
    bool running;               /* Started, neither done nor cancelled. */
    int ifindexes[16];          /* Devices to be dumped. */
    size_t n;                   /* Number of them. */
    const struct tc_dump_callbacks *cbs;
    void *aux;                  /* For 'cbs'. */
} dump;

struct tc_dump *
tc_dump_start(struct event_base *base OVS_UNUSED, const int *ifindexes,
              size_t n, unsigned int options OVS_UNUSED,
              const struct tc_dump_callbacks *cbs, void *aux, int *errorp)
{
    assert_false(dump.running);
    if (dump.error) {
        *errorp = dump.error;
        return NULL;
    }
    assert_true(n <= ARRAY_SIZE(dump.ifindexes));
    memcpy(dump.ifindexes, ifindexes, n * sizeof *ifindexes);
    dump.n = n;
    dump.cbs = cbs;
    dump.aux = aux;
    dump.running = true;
    return (struct tc_dump *) &dump;
}

void
tc_dump_cancel(struct tc_dump *d)
{
    assert_ptr_equal(d, &dump);
    assert_true(dump.running);
    dump.running = false;
}

static void
tell_begin(int ifindex)
{
    struct tc_part part = { .ifindex = ifindex, .parent = 0xfffffff2 };

    dump.cbs->begin(dump.aux, &part);
}

/* A flow of 10 packets, 6 by hardware if 'in_hw'. */
static void
tell_flow(int serial, int ifindex, int out1, int out2, bool in_hw)
{
    struct flow_record f = {
        .ufid = { serial }, .dev = ifindex, .flags = in_hw ? FLOW_IN_HW : 0,
        .packets = 10, .bytes = 900,
        .hw_packets = in_hw ? 6 : 0, .hw_bytes = in_hw ? 588 : 0,
        .n_outputs = out2 ? 2 : 1, .outputs = f.inline_outputs,
        .inline_outputs = { out1, out2 },
    };
    const struct flow_record *flows[] = { &f };

    dump.cbs->flows(dump.aux, flows, 1);
}

static void
tell_done(int error, uint64_t n_malformed)
{
    struct tc_dump_result result = {
        .error = error, .n_malformed = n_malformed,
    };

    dump.running = false;
    dump.cbs->done(dump.aux, &result);
}

/* The report's end. */
static struct {
    int n_calls;                /* Of done(). */
    int error;                  /* What it was given. */
    struct json *json;          /* Ditto, or NULL. */
} got;

static void
on_done(void *aux, int error, struct json *json)
{
    assert_ptr_equal(aux, &got);
    got.n_calls++;
    got.error = error;
    got.json = json;
}

static bool
netdev_exists(void *aux, int ifindex)
{
    assert_ptr_equal(aux, &got);
    return ifindex == 99;
}

/* In no order. */
static const struct flow_interface ifaces[] = {
    { .ifindex = 5, .kind = FLOW_KIND_INTERNAL, .name = "br-int" },
    { .ifindex = 8, .kind = FLOW_KIND_POD, .name = "eth8",
      .iface_id = "ns2_a", .ns = "ns2", .pod = "a", .representor = "eth8" },
    { .ifindex = 4, .kind = FLOW_KIND_UPLINK, .name = "p0" },
    { .ifindex = 7, .kind = FLOW_KIND_POD, .name = "eth7",
      .iface_id = "ns1_b", .ns = "ns1", .pod = "b", .representor = "eth7" },
    { .ifindex = 0, .kind = FLOW_KIND_POD, .name = "absent",
      .iface_id = "ns1_c", .ns = "ns1", .pod = "c" },
};

static struct flow_report *
start(const char *ns, const char *pod, bool resync, int *errorp)
{
    struct flow_report_args args = {
        .ifaces = ifaces, .n_ifaces = ARRAY_SIZE(ifaces), .ns = ns,
        .pod = pod, .resync = resync, .netdev_exists = netdev_exists,
        .done = on_done, .aux = &got,
    };

    memset(&got, 0, sizeof got);
    return flow_report_start(NULL, &args, errorp);
}

/* A report on some flows. */
static struct json *
report(const char *ns, const char *pod)
{
    int error;

    assert_non_null(start(ns, pod, false, &error));
    assert_int_equal(4, dump.n);

    /* An interrupted part counts only as it is told last. */
    tell_begin(7);
    tell_flow(1, 7, 8, 0, true);
    tell_flow(2, 7, 4, 0, true);
    tell_begin(7);
    tell_flow(1, 7, 8, 0, true);
    tell_begin(8);
    tell_flow(3, 8, 7, 0, false);
    tell_flow(4, 8, 7, 5, false);
    tell_flow(5, 8, 99, 0, true);
    tell_flow(6, 8, 98, 0, true);
    tell_flow(7, 8, 4, 98, true);
    tell_begin(4);
    assert_int_equal(0, got.n_calls);
    tell_done(0, 0);
    assert_int_equal(1, got.n_calls);
    assert_int_equal(0, got.error);
    return got.json;
}

#define COUNTS(FLOWS, OFFLOADED, HP, HB, SP, SB)                            \
    "{\"flows\":" #FLOWS ",\"hw\":{\"bytes\":" #HB ",\"packets\":" #HP "}," \
    "\"offloaded\":" #OFFLOADED ","                                         \
    "\"sw\":{\"bytes\":" #SB ",\"packets\":" #SP "}}"
#define NOTHING COUNTS(0, 0, 0, 0, 0, 0)
#define NAMES_B                                                             \
    "\"kind\":\"pod\",\"name\":\"eth7\",\"namespace\":\"ns1\","             \
    "\"pod\":\"b\",\"representor\":\"eth7\""
#define IFACE_B                                                             \
    "{\"egress\":" COUNTS(1, 1, 6, 588, 4, 312) ","                         \
    "\"iface_id\":\"ns1_b\",\"ingress\":" COUNTS(1, 0, 0, 0, 10, 900) ","   \
    NAMES_B "}"
#define RECEIVER_B                                                          \
    "{\"iface_id\":\"ns1_b\",\"ingress\":" COUNTS(1, 0, 0, 0, 10, 900) ","  \
    NAMES_B "}"
#define NO_POD "\"namespace\":null,\"pod\":null,\"representor\":null"
/* After "multi", in JSON's order of keys. */
#define REST                                                                \
    "\"stale\":{\"egress\":" NOTHING ","                                    \
    "\"ingress\":" COUNTS(1, 1, 6, 588, 4, 312) "},"                        \
    "\"state\":\"complete\","                                               \
    "\"totals\":{\"egress\":" COUNTS(6, 4, 24, 2352, 36, 3048) ","          \
    "\"ingress\":" COUNTS(6, 4, 24, 2352, 36, 3048) "},"                    \
    "\"unattributed\":{\"egress\":" NOTHING ","                             \
    "\"ingress\":" COUNTS(1, 1, 6, 588, 4, 312) "}}"
#define MULTI                                                               \
    "\"multi\":{\"ingress\":" COUNTS(2, 1, 6, 588, 14, 1212) ","            \
    "\"receivers\":["

static void
assert_json(const char *want, struct json *json)
{
    char *have = json_to_string(json, JSSF_SORT);

    assert_string_equal(want, have);
    free(have);
    json_destroy(json);
}

/* All keys and all values. */
static void
test_json(void **state OVS_UNUSED)
{
    assert_json(
        "{\"interfaces\":["
        IFACE_B ","
        "{\"egress\":" NOTHING ",\"iface_id\":\"ns1_c\","
        "\"ingress\":" NOTHING ",\"kind\":\"pod\",\"name\":\"absent\","
        "\"namespace\":\"ns1\",\"pod\":\"c\",\"representor\":null},"
        "{\"egress\":" COUNTS(5, 3, 18, 1764, 32, 2736) ","
        "\"iface_id\":\"ns2_a\","
        "\"ingress\":" COUNTS(1, 1, 6, 588, 4, 312) ","
        "\"kind\":\"pod\",\"name\":\"eth8\",\"namespace\":\"ns2\","
        "\"pod\":\"a\",\"representor\":\"eth8\"},"
        "{\"egress\":" NOTHING ",\"iface_id\":null,"
        "\"ingress\":" NOTHING ","
        "\"kind\":\"uplink\",\"name\":\"p0\"," NO_POD "},"
        "{\"egress\":" NOTHING ",\"iface_id\":null,\"ingress\":" NOTHING ","
        "\"kind\":\"internal\",\"name\":\"br-int\"," NO_POD "}],"
        MULTI
        RECEIVER_B ","
        "{\"iface_id\":null,\"ingress\":" COUNTS(1, 1, 6, 588, 4, 312) ","
        "\"kind\":\"uplink\",\"name\":\"p0\"," NO_POD "},"
        "{\"iface_id\":null,\"ingress\":" COUNTS(1, 0, 0, 0, 10, 900) ","
        "\"kind\":\"internal\",\"name\":\"br-int\"," NO_POD "},"
        "{\"iface_id\":null,\"ingress\":" COUNTS(1, 1, 6, 588, 4, 312) ","
        "\"kind\":null,\"name\":\"stale\"," NO_POD "}]},"
        REST,
        report(NULL, NULL));
}

/* For one pod: just its rows, and the sums of all. */
static void
test_filter(void **state OVS_UNUSED)
{
    assert_json("{\"interfaces\":[" IFACE_B "]," MULTI RECEIVER_B "]}," REST,
                report("ns1", "b"));
    assert_json("{\"interfaces\":[]," MULTI "]}," REST, report("ns1", "a"));
    assert_json("{\"interfaces\":[]," MULTI "]}," REST, report("", ""));
}

static void
test_state(void **state OVS_UNUSED)
{
    static const struct {
        bool resync;
        int n_malformed;
        const char *state;
    } cases[] = {
        { false, 0, "complete" },
        { false, 1, "incomplete" },
        { true, 0, "resync" },
        { true, 1, "resync" },
    };
    int error;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_non_null(start(NULL, NULL, cases[i].resync, &error));
        tell_done(0, cases[i].n_malformed);
        assert_string_equal(cases[i].state,
                            json_string(shash_find_data(json_object(got.json),
                                                        "state")));
        json_destroy(got.json);
    }
}

static void
test_errors(void **state OVS_UNUSED)
{
    struct flow_report *r;
    int error = 0;

    dump.error = EMFILE;
    assert_null(start(NULL, NULL, false, &error));
    assert_int_equal(EMFILE, error);
    assert_int_equal(0, got.n_calls);
    dump.error = 0;

    assert_non_null(start(NULL, NULL, false, &error));
    tell_begin(7);
    tell_flow(1, 7, 8, 0, true);
    tell_done(EAGAIN, 0);
    assert_int_equal(1, got.n_calls);
    assert_int_equal(EAGAIN, got.error);
    assert_null(got.json);

    r = start("ns", "pod", false, &error);
    tell_begin(7);
    tell_flow(1, 7, 8, 0, true);
    flow_report_cancel(r);
    assert_false(dump.running);
    assert_int_equal(0, got.n_calls);
    flow_report_cancel(NULL);
}

static void
test_table(void **state OVS_UNUSED)
{
    struct table_style style = TABLE_STYLE_DEFAULT;
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct json *json = report(NULL, NULL);
    struct table table;

    flow_report_to_table(json, &table);
    json_destroy(json);
    style.format = TF_CSV;
    table_format(&table, &style, &ds);
    assert_string_equal(
        "POD,INTERFACE,KIND,DIR,FLOWS,OFFLOADED,HW-PACKETS,HW-BYTES,"
        "SW-PACKETS,SW-BYTES\n"
        "ns1/b,eth7,pod,egress,1,1,6,588,4,312\n"
        "ns1/b,eth7,pod,ingress,1,0,0,0,10,900\n"
        "ns1/c,absent,pod,egress,0,0,0,0,0,0\n"
        "ns1/c,absent,pod,ingress,0,0,0,0,0,0\n"
        "ns2/a,eth8,pod,egress,5,3,18,1764,32,2736\n"
        "ns2/a,eth8,pod,ingress,1,1,6,588,4,312\n"
        ",p0,uplink,egress,0,0,0,0,0,0\n"
        ",p0,uplink,ingress,0,0,0,0,0,0\n"
        ",br-int,internal,egress,0,0,0,0,0,0\n"
        ",br-int,internal,ingress,0,0,0,0,0,0\n"
        ",multi,,ingress,2,1,6,588,14,1212\n"
        ",unattributed,,egress,0,0,0,0,0,0\n"
        ",unattributed,,ingress,1,1,6,588,4,312\n"
        ",stale,,egress,0,0,0,0,0,0\n"
        ",stale,,ingress,1,1,6,588,4,312\n"
        ",totals,,egress,6,4,24,2352,36,3048\n"
        ",totals,,ingress,6,4,24,2352,36,3048\n",
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
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
