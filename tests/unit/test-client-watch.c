/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "utilities/client/watch-sample.h"
#include "utilities/client/watch-view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

/* Building reports. */

/* COUNTS of flow/report with just what is looked at. */
#define COUNTS(FLOWS, OFFLOADED, HWP, HWB, SWP, SWB)                        \
    "{\"flows\":" #FLOWS ",\"offloaded\":" #OFFLOADED ",\"passed\":"        \
    "{\"hw\":{\"packets\":" #HWP ",\"bytes\":" #HWB "},"                    \
    "\"sw\":{\"packets\":" #SWP ",\"bytes\":" #SWB "},\"idle_ms\":null}}"

#define POD(NAME, NS, POD, EGRESS, INGRESS, REASONS)                        \
    "{\"name\":\"" NAME "\",\"kind\":\"pod\",\"namespace\":\"" NS "\","     \
    "\"pod\":\"" POD "\",\"egress\":" EGRESS ",\"ingress\":" INGRESS ","    \
    "\"reasons\":[" REASONS "]}"

#define OTHER(NAME, KIND, EGRESS, INGRESS)                                  \
    "{\"name\":\"" NAME "\",\"kind\":\"" KIND "\",\"namespace\":null,"      \
    "\"pod\":null,\"egress\":" EGRESS ",\"ingress\":" INGRESS ","           \
    "\"reasons\":[]}"

#define REASON(EVIDENCE) "{\"evidence\":\"" EVIDENCE "\",\"flows\":1}"

#define TOTALS(FLOWS)                                                       \
    "\"totals\":{\"egress\":{\"flows\":" #FLOWS "},"                        \
    "\"ingress\":{\"flows\":0}}"

#define REPORT(AGE, FLOWS, IFACES)                                          \
    "{\"state\":\"complete\",\"age_ms\":" #AGE ",\"interfaces\":["          \
    IFACES "]," TOTALS(FLOWS) "}"

#define NONE COUNTS(0, 0, 0, 0, 0, 0)

static char *
try_parse(struct watch_sample *sample, const char *text, long long int now)
{
    struct json *json = json_from_string(text);

    assert_int_not_equal(json->type, JSON_STRING);
    char *error = watch_sample_init(sample, json, now);
    json_destroy(json);
    return error;
}

static struct watch_sample
parse(const char *text, long long int now)
{
    struct watch_sample sample;
    char *error = try_parse(&sample, text, now);

    if (error) {
        fail_msg("%s", error);
    }
    return sample;
}

static void
refuse(const char *text, const char *wanted)
{
    struct watch_sample sample;
    char *error = try_parse(&sample, text, 0);

    assert_non_null(error);
    assert_non_null(strstr(error, wanted));
    free(error);
}

static bool
near(double a, double b)
{
    return a - b < 1e-6 && b - a < 1e-6;
}

/* Parsing. */

static void
test_parse(void **state OVS_UNUSED)
{
    struct watch_sample s = parse(
        REPORT(300, 7, POD("p0", "ns", "web",
                           COUNTS(5, 3, 1, 2, 3, 4),
                           COUNTS(6, 2, 5, 6, 7, 8),
                           REASON("one") "," REASON("two"))
               "," OTHER("p1", "uplink", NONE, NONE)), 1000);
    const struct watch_counts *c = s.counts;

    assert_string_equal(s.state, "complete");
    assert_int_equal(s.read, 700);
    assert_int_equal(s.n, 4);
    assert_string_equal(c[0].name, "p0");
    assert_string_equal(c[0].pod, "ns/web");
    assert_true(c[0].is_pod);
    assert_int_equal(c[0].direction, WATCH_EGRESS);
    assert_int_equal(c[0].packets[WATCH_HW], 1);
    assert_int_equal(c[0].bytes[WATCH_HW], 2);
    assert_int_equal(c[0].packets[WATCH_SW], 3);
    assert_int_equal(c[0].bytes[WATCH_SW], 4);
    assert_int_equal(c[0].flows, 5);
    assert_int_equal(c[0].offloaded, 3);
    assert_string_equal(c[0].reason, "one, and 1 more");
    assert_int_equal(c[1].direction, WATCH_INGRESS);
    assert_int_equal(c[1].packets[WATCH_HW], 5);
    assert_int_equal(c[1].bytes[WATCH_SW], 8);
    assert_null(c[1].reason);
    assert_string_equal(c[2].name, "p1");
    assert_null(c[2].pod);
    assert_false(c[2].is_pod);
    assert_null(c[2].reason);
    watch_sample_destroy(&s);
}

/* Counters that are not read, for want of flows, are of now. */
static void
test_parse_age(void **state OVS_UNUSED)
{
    struct watch_sample s = parse(REPORT(null, 7, ""), 1000);

    assert_int_equal(s.read, 1000);
    assert_int_equal(s.n, 0);
    watch_sample_destroy(&s);
    s = parse(REPORT(300, 0, ""), 1000);
    assert_int_equal(s.read, 1000);
    watch_sample_destroy(&s);
    s = parse(REPORT(300, 1, ""), 1000);
    assert_int_equal(s.read, 700);
    watch_sample_destroy(&s);
}

static void
test_parse_bad(void **state OVS_UNUSED)
{
    refuse("[]", "\"interfaces\"");
    refuse("{}", "\"interfaces\"");
    refuse("{\"interfaces\":[],\"state\":3}", "\"state\"");
    refuse("{\"interfaces\":{},\"state\":\"x\"}", "\"interfaces\"");
    refuse(REPORT(0, 0, "3"), "element 0");
    refuse(REPORT(0, 0, "{\"name\":3}"), "element 0");
    refuse(REPORT(0, 0, OTHER("a", "port", NONE, NONE) ","
                  OTHER("b", "port", NONE, "{}")), "element 1");
    refuse(REPORT(0, 0, OTHER("b", "port", NONE, "{\"passed\":{\"hw\":[]}}")),
           "element 0");
    refuse(REPORT(0, 0, OTHER("b", "port", COUNTS(-1, 0, 0, 0, 0, 0), NONE)),
           "element 0");
    refuse(REPORT(0, 0, OTHER("b", "port", COUNTS(1, 0, 0, 0, 0, 1.5), NONE)),
           "element 0");
}

/* Rates. */

static void
test_rates(void **state OVS_UNUSED)
{
    struct watch_sample old = parse(
        REPORT(0, 1, POD("p0", "ns", "a", COUNTS(1, 1, 100, 1000, 10, 100),
                         COUNTS(1, 1, 1, 1, 1, 1), "")), 1000);
    struct watch_sample new = parse(
        REPORT(500, 1, POD("p1", "ns", "b", COUNTS(1, 1, 9, 9, 9, 9), NONE, "")
               "," POD("p0", "ns", "a", COUNTS(1, 1, 400, 7000, 110, 100),
                       COUNTS(1, 1, 1, 1, 1, 1), "")), 3500);
    struct watch_rate *r = watch_rates_create(&old, &new);

    /* 2 seconds between the readings. */
    assert_false(r[0].known);
    assert_true(near(watch_rate_packets(&r[0]), 0));
    assert_true(near(watch_rate_hw_share(&r[0]), -1));
    assert_ptr_equal(r[2].counts, &new.counts[2]);
    assert_true(r[2].known);
    assert_true(near(r[2].packets[WATCH_HW], 150));
    assert_true(near(r[2].bytes[WATCH_HW], 3000));
    assert_true(near(r[2].packets[WATCH_SW], 50));
    assert_true(near(r[2].bytes[WATCH_SW], 0));
    assert_true(near(watch_rate_packets(&r[2]), 200));
    assert_true(near(watch_rate_bytes(&r[2]), 3000));
    assert_true(near(watch_rate_hw_share(&r[2]), .75));
    assert_true(r[3].known);
    assert_true(near(watch_rate_hw_share(&r[3]), -1));
    free(r);

    /* The first, and one that is not later. */
    r = watch_rates_create(NULL, &new);
    assert_false(r[3].known);
    assert_ptr_equal(r[3].counts, &new.counts[3]);
    free(r);
    r = watch_rates_create(&new, &new);
    assert_false(r[3].known);
    free(r);
    watch_sample_destroy(&old);
    watch_sample_destroy(&new);
}

/* A daemon that was started anew begins to count anew, also where that is not
 * to be seen. */
static void
test_rates_restart(void **state OVS_UNUSED)
{
    struct watch_sample old = parse(
        REPORT(0, 1, OTHER("a", "port", COUNTS(1, 1, 1, 1, 1, 1), NONE) ","
               OTHER("b", "port", COUNTS(1, 1, 1, 1, 1, 5), NONE)), 0);
    struct watch_sample new = parse(
        REPORT(0, 1, OTHER("a", "port", COUNTS(1, 1, 2, 2, 2, 2), NONE) ","
               OTHER("b", "port", COUNTS(1, 1, 1, 1, 1, 4), NONE)), 1000);
    struct watch_rate *r = watch_rates_create(&old, &new);

    for (int i = 0; i < 4; i++) {
        assert_false(r[i].known);
        assert_true(near(watch_rate_packets(&r[i]), 0));
        assert_ptr_equal(r[i].counts, &new.counts[i]);
    }
    free(r);
    watch_sample_destroy(&old);
    watch_sample_destroy(&new);
}

static void
test_same(void **state OVS_UNUSED)
{
    struct watch_sample a = { .read = 1000 }, b = { .read = 1050 };

    assert_true(watch_sample_is_same(&a, &b));
    assert_true(watch_sample_is_same(&b, &a));
    b.read = 1051;
    assert_false(watch_sample_is_same(&a, &b));
    assert_false(watch_sample_is_same(&b, &a));
}

static void
expect_order(enum watch_order order, const char *wanted)
{
    struct watch_counts counts[] = {
        { .name = "d" },
        { .name = "b", .pod = "ns/y" },
        { .name = "b", .pod = "ns/y", .direction = WATCH_INGRESS },
        { .name = "a", .pod = "ns/z" },
    };
    struct watch_rate rates[] = {
        { .counts = &counts[3], .packets = { 1, 1 }, .bytes = { 50, 50 } },
        { .counts = &counts[2], .packets = { 7, 0 }, .bytes = { 10, 10 } },
        { .counts = &counts[1], .packets = { 0, 1 }, .bytes = { 50, 50 } },
        { .counts = &counts[0], .packets = { 1, 5 }, .bytes = { 0, 20 } },
    };
    struct ds s = DS_EMPTY_INITIALIZER;
    enum watch_order o = WATCH_N_ORDERS;

    assert_true(watch_order_from_string(watch_order_to_string(order), &o));
    assert_int_equal(o, order);
    watch_rates_sort(rates, ARRAY_SIZE(rates), order);
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        ds_put_format(&s, "%s%s ", rates[i].counts->name,
                      rates[i].counts->direction ? "<" : ">");
    }
    assert_string_equal(ds_cstr(&s), wanted);
    ds_destroy(&s);
}

static void
test_order(void **state OVS_UNUSED)
{
    enum watch_order order;

    expect_order(WATCH_BY_PACKETS, "b< d> a> b> ");
    expect_order(WATCH_BY_BYTES, "b> a> b< d> ");
    expect_order(WATCH_BY_SOFTWARE, "d> b> a> b< ");
    expect_order(WATCH_BY_NAME, "b> b< a> d> ");
    assert_false(watch_order_from_string("", &order));
    assert_false(watch_order_from_string("packet", &order));
    watch_rates_sort(NULL, 0, WATCH_BY_NAME);
}

/* The view. */

static void
expect_number(double value, const char *wanted)
{
    char *s = watch_number(value);

    assert_string_equal(s, wanted);
    free(s);
}

static void
test_number(void **state OVS_UNUSED)
{
    expect_number(0, "0");
    expect_number(.04, "0");
    expect_number(.05, "0.1");
    expect_number(9.94, "9.9");
    expect_number(9.96, "10");
    expect_number(12.3, "12");
    expect_number(999.4, "999");
    expect_number(999.6, "1.00k");
    expect_number(1234, "1.23k");
    expect_number(9996, "10.0k");
    expect_number(45678, "45.7k");
    expect_number(99960, "100k");
    expect_number(999400, "999k");
    expect_number(999600, "1.00M");
    expect_number(2.5e9, "2.50G");
    expect_number(1.8e19, "18.0E");
    expect_number(1e22, "10000E");
}

/* Shows two rates, which were known as of 2 seconds before or not. */
static void
expect_view(struct watch_view *view, size_t width, size_t height, bool color,
            const char *wanted)
{
    struct watch_counts counts[] = {
        { .name = "pod0123456789", .pod = "shop/web-0", .is_pod = true,
          .flows = 12, .offloaded = 3,
          .reason = "hw-tc-offload is off on p0" },
        { .name = "b\033\xc3\xa4", .pod = "shop/db",
          .direction = WATCH_INGRESS, .is_pod = true },
    };
    struct watch_rate rates[] = {
        { .counts = &counts[0], .known = true,
          .packets = { 1500, 500 }, .bytes = { 2e6, 64000 } },
        { .counts = &counts[1] },
    };
    struct ds s = DS_EMPTY_INITIALIZER;

    view->rates = rates;
    view->n = 2;
    watch_view_put(view, width, height, color, &s);
    if (strcmp(ds_cstr(&s), wanted)) {
        fail_msg("\n%s\nis not\n%s", ds_cstr(&s), wanted);
    }
    ds_destroy(&s);
}

#define TITLE "2 rows by packets, rates over 2.0 s, flows complete\n"
#define COMPLETE { .state = "complete", .secs = 2 }

static void
test_view(void **state OVS_UNUSED)
{
    expect_view(
        &(struct watch_view) COMPLETE, 0, 0, false, TITLE
"POD         INTERFACE      DIR      FLOWS  HW-PKT/S  HW-B/S  SW-PKT/S"
"  SW-B/S  HW%  WHY-NOT\n"
"shop/web-0  pod0123456789  egress    3/12     1.50k   2.00M       500"
"   64.0k   75  hw-tc-offload is off on p0\n"
"shop/db     b\\x1b\xc3\xa4         ingress    0/0         -       -         -"
"       -    -\n");
}

static void
test_view_width(void **state OVS_UNUSED)
{
    /* The reason is cut, */
    expect_view(
        &(struct watch_view) COMPLETE, 104, 0, false, TITLE
"POD         INTERFACE      DIR      FLOWS  HW-PKT/S  HW-B/S  SW-PKT/S"
"  SW-B/S  HW%  WHY-NOT\n"
"shop/web-0  pod0123456789  egress    3/12     1.50k   2.00M       500"
"   64.0k   75  hw-tc-offload is of~\n"
"shop/db     b\\x1b\xc3\xa4         ingress    0/0         -       -         -"
"       -    -\n");
    /* goes if little would be left of it, */
    expect_view(
        &(struct watch_view) COMPLETE, 99, 0, false, TITLE
"POD         INTERFACE      DIR      FLOWS  HW-PKT/S  HW-B/S  SW-PKT/S"
"  SW-B/S  HW%\n"
"shop/web-0  pod0123456789  egress    3/12     1.50k   2.00M       500"
"   64.0k   75\n"
"shop/db     b\\x1b\xc3\xa4         ingress    0/0         -       -         -"
"       -    -\n");
    /* names are cut, */
    expect_view(
        &(struct watch_view) COMPLETE, 83, 0, false, TITLE
"POD         INTERFACE     DIR      FLOWS  HW-PKT/S  HW-B/S  SW-PKT/S"
"  SW-B/S  HW%\n"
"shop/web-0  pod01234567~  egress    3/12     1.50k   2.00M       500"
"   64.0k   75\n"
"shop/db     b\\x1b\xc3\xa4        ingress    0/0         -       -         -"
"       -    -\n");
    /* and lines, if it has to be. */
    expect_view(
        &(struct watch_view) COMPLETE, 20, 0, false,
        "2 rows by packets, ~\n"
        "POD         INTERFA~\n"
        "shop/web-0  pod0123~\n"
        "shop/db     b\\x1b\xc3\xa4 ~\n");
    expect_view(&(struct watch_view) COMPLETE, 1, 0, false, "~\n~\n~\n~\n");
}

static void
test_view_height(void **state OVS_UNUSED)
{
    expect_view(
        &(struct watch_view) { .waiting = true, .secs = 2,
                               .message = "no\nanswer" }, 20, 4, false,
        "1 of 2 rows by pack~\n"
        "no\\x0aanswer\n"
        "POD         INTERFA~\n"
        "shop/web-0  pod0123~\n");
    expect_view(&(struct watch_view) COMPLETE, 20, 2, false,
                "0 of 2 rows by pack~\n"
                "POD  INTERFACE  DIR~\n");
    expect_view(&(struct watch_view) { .message = "no" }, 20, 1, false,
                "0 of 2 rows by pack~\n");
    expect_view(&(struct watch_view) COMPLETE, 20, 1, false,
                "0 of 2 rows by pack~\n");
}

static void
test_view_title(void **state OVS_UNUSED)
{
    const char *waiting = ", waiting for the counters to be read\n";
    struct watch_view view = { .state = "resync",
                               .order = WATCH_BY_SOFTWARE };
    struct ds s = DS_EMPTY_INITIALIZER;
    char *wanted;

    watch_view_put(&view, 0, 1, false, &s);
    wanted = xasprintf("0 rows by software, flows resync%s", waiting);
    assert_string_equal(ds_cstr(&s), wanted);
    free(wanted);
    ds_clear(&s);

    view.secs = 1.25;
    view.waiting = true;
    watch_view_put(&view, 0, 1, false, &s);
    wanted = xasprintf("0 rows by software, rates over 1.2 s, flows resync%s",
                       waiting);
    assert_string_equal(ds_cstr(&s), wanted);
    free(wanted);
    ds_destroy(&s);
}

/* Escape sequences only where they are wanted, and take no room. */
static void
test_view_color(void **state OVS_UNUSED)
{
    expect_view(&(struct watch_view) COMPLETE, 20, 0, true,
                "2 rows by packets, ~\n"
                "\033[1mPOD         INTERFA~\033[0m\n"
                "\033[33mshop/web-0  pod0123~\033[0m\n"
                "shop/db     b\\x1b\xc3\xa4 ~\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_age),
        cmocka_unit_test(test_parse_bad),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_rates_restart),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_number),
        cmocka_unit_test(test_view),
        cmocka_unit_test(test_view_width),
        cmocka_unit_test(test_view_height),
        cmocka_unit_test(test_view_title),
        cmocka_unit_test(test_view_color),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
