/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/histogram.h"
#include "controller/metrics/format.h"
#include "controller/metrics/ledger.h"
#include "controller/metrics/negotiate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

static const struct metrics_desc counter = {
    "x_bytes", "bytes", METRICS_COUNTER, "a", "Bytes.",
};
static const struct metrics_desc gauge = {
    "x_y", NULL, METRICS_GAUGE, "", "Of y.",
};
static const struct metrics_desc info = {
    "x_build", NULL, METRICS_INFO, "version", "Version.",
};
static const struct metrics_desc duration = {
    "x_duration_seconds", "seconds", METRICS_HISTOGRAM, "", "How long.",
};

static void
expect(struct ds *s, const char *text)
{
    assert_string_equal(ds_cstr(s), text);
    ds_clear(s);
}

/* Histograms. */

static void
test_histogram(void **state OVS_UNUSED)
{
    struct histogram h = { .sum = 0 };

    for (unsigned int i = 1; i < HISTOGRAM_N_BOUNDS; i++) {
        assert_true(histogram_bounds[i - 1] < histogram_bounds[i]);
    }
    histogram_add(&h, -5);
    histogram_add(&h, 0);
    histogram_add(&h, 100);
    assert_int_equal(histogram_cumulative(&h, 0), 3);
    histogram_add(&h, 101);
    assert_int_equal(histogram_cumulative(&h, 0), 3);
    assert_int_equal(histogram_cumulative(&h, 1), 4);
    histogram_add(&h, 10 * 1000 * 1000);
    histogram_add(&h, 10 * 1000 * 1000 + 1);
    assert_int_equal(histogram_cumulative(&h, HISTOGRAM_N_BOUNDS - 1), 5);
    assert_int_equal(histogram_cumulative(&h, HISTOGRAM_N_BOUNDS), 6);
    assert_int_equal(histogram_cumulative(&h, UINT32_MAX), 6);
    assert_int_equal(h.sum, 100 + 101 + 20 * 1000 * 1000 + 1);
}

/* Format. */

static void
test_headers(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct metrics_out old = { &s, false }, new = { &s, true };

    metrics_put_header(&old, &counter);
    expect(&s, "# HELP x_bytes_total Bytes.\n# TYPE x_bytes_total counter\n");
    metrics_put_header(&new, &counter);
    expect(&s, "# HELP x_bytes Bytes.\n# TYPE x_bytes counter\n"
           "# UNIT x_bytes bytes\n");
    metrics_put_header(&old, &gauge);
    metrics_put_header(&new, &gauge);
    expect(&s, "# HELP x_y Of y.\n# TYPE x_y gauge\n"
           "# HELP x_y Of y.\n# TYPE x_y gauge\n");
    metrics_put_header(&old, &info);
    expect(&s, "# HELP x_build_info Version.\n# TYPE x_build_info gauge\n");
    metrics_put_header(&new, &info);
    expect(&s, "# HELP x_build Version.\n# TYPE x_build info\n");
    metrics_put_end(&old);
    expect(&s, "");
    metrics_put_end(&new);
    expect(&s, "# EOF\n");
    ds_destroy(&s);
}

static void
test_samples(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct metrics_out out = { &s, true };
    char *labels = metrics_labels("p", "1", "q", "", NULL);

    metrics_put(&out, &gauge, 7, NULL, NULL);
    expect(&s, "x_y 7\n");
    metrics_put(&out, &counter, UINT64_MAX, NULL, "a", "b", NULL);
    expect(&s, "x_bytes_total{a=\"b\"} 18446744073709551615\n");
    metrics_put(&out, &counter, 0, labels, NULL);
    expect(&s, "x_bytes_total{p=\"1\",q=\"\"} 0\n");
    metrics_put(&out, &counter, 0, labels, "a", "b", NULL);
    expect(&s, "x_bytes_total{p=\"1\",q=\"\",a=\"b\"} 0\n");
    metrics_put(&out, &info, 1, NULL, "version", "1", NULL);
    expect(&s, "x_build_info{version=\"1\"} 1\n");
    metrics_put_double(&out, &gauge, 0.25, NULL, "a", "b", NULL);
    metrics_put_double(&out, &gauge, 1700000000.125, NULL, NULL);
    metrics_put_double(&out, &gauge, NAN, NULL, NULL);
    metrics_put_double(&out, &gauge, -INFINITY, NULL, NULL);
    expect(&s, "x_y{a=\"b\"} 0.25\nx_y 1700000000\nx_y NaN\nx_y -Inf\n");
    free(labels);
    ds_destroy(&s);
}

static void
expect_label(const char *value, const char *escaped)
{
    char *labels = metrics_labels("a", value, NULL);
    char *wanted = xasprintf("a=\"%s\"", escaped);

    assert_string_equal(labels, wanted);
    free(labels);
    free(wanted);
}

static void
test_escaping(void **state OVS_UNUSED)
{
    char text[METRICS_MAX_LABEL + 10];

    expect_label("", "");
    expect_label("a\"b\\c", "a\\\"b\\\\c");
    expect_label("},x{y=\"1\"} 5\n# EOF", "},x{y=\\\"1\\\"} 5\\\\x0a# EOF");
    expect_label("\r\n\t\x7f", "\\\\x0d\\\\x0a\\\\x09\\\\x7f");
    expect_label("p\xc3\xb6", "p\xc3\xb6");
    expect_label("p\xc3", "p\\\\xc3");
    expect_label("\xff\xfe", "\\\\xff\\\\xfe");

    /* What is too long ends between two characters. */
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    char *labels = metrics_labels("a", text, NULL);
    assert_int_equal(strlen(labels), METRICS_MAX_LABEL + 4);
    free(labels);
    memcpy(text + METRICS_MAX_LABEL - 1, "\xc3\xb6", 2);
    labels = metrics_labels("a", text, NULL);
    assert_int_equal(strlen(labels), METRICS_MAX_LABEL - 1 + 4);
    free(labels);
}

static void
test_histogram_text(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct metrics_out out = { &s, true };
    struct histogram h = { .sum = 0 };

    histogram_add(&h, 600);
    histogram_add(&h, 20 * 1000 * 1000);
    metrics_put_histogram(&out, &duration, &h, NULL, NULL);
    assert_non_null(strstr(ds_cstr(&s),
                           "x_duration_seconds_bucket{le=\"0.0005\"} 0\n"
                           "x_duration_seconds_bucket{le=\"0.001\"} 1\n"));
    assert_non_null(strstr(ds_cstr(&s),
                           "x_duration_seconds_bucket{le=\"10\"} 1\n"
                           "x_duration_seconds_bucket{le=\"+Inf\"} 2\n"
                           "x_duration_seconds_sum 20.0006\n"
                           "x_duration_seconds_count 2\n"));
    ds_clear(&s);
    metrics_put_histogram(&out, &duration, &h, NULL, "a", "b", NULL);
    assert_non_null(strstr(ds_cstr(&s),
                           "x_duration_seconds_bucket{a=\"b\",le=\"+Inf\"} 2\n"
                           "x_duration_seconds_sum{a=\"b\"} 20.0006\n"
                           "x_duration_seconds_count{a=\"b\"} 2\n"));
    ds_destroy(&s);
}

/* Negotiation. */

static void
test_accept(void **state OVS_UNUSED)
{
    static const char *const yes[] = {
        "application/openmetrics-text",
        "Application/OpenMetrics-Text; version=1.0.0",
        "text/plain;q=0.5,application/openmetrics-text;q=0.5",
        "application/openmetrics-text;version=1.0.0,"
        "application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        " text/html , application/openmetrics-text ; q = 0.001 ",
        "*/*,application/openmetrics-text;q=1.000",
        "text/plain;q=2,application/openmetrics-text;q=0.1",
    };
    static const char *const no[] = {
        "", "*/*", "text/plain", ",", ";", ";;;,,,=", "application/*",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text;q=0.000",
        "application/openmetrics-text;q=1.001",
        "application/openmetrics-text;q=2",
        "application/openmetrics-text;q=",
        "application/openmetrics-text;q=0.0001",
        "application/openmetrics-text;q=x",
        "application/openmetrics-text;q=0x1",
        "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-textx",
        "text/plain,application/openmetrics-text;q=0.9",
        "text/*;q=0.95,application/openmetrics-text;q=0.9",
    };

    assert_false(metrics_wants_openmetrics(NULL));
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        if (!metrics_wants_openmetrics(yes[i])) {
            fail_msg("\"%s\" is not understood", yes[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
        if (metrics_wants_openmetrics(no[i])) {
            fail_msg("\"%s\" is taken for OpenMetrics", no[i]);
        }
    }
}

/* Ledger. */

static const struct ledger_entry *
note(struct ledger *ledger, const char *name, uint64_t count)
{
    const uint64_t counts[LEDGER_N] = { [0] = count, [LEDGER_N - 1] = 1 };

    return ledger_note(ledger, name, counts);
}

static void
test_monotonic(void **state OVS_UNUSED)
{
    static const uint64_t counts[] = { 5, 5, 9, 2, 4, 0, 1 };
    static const uint64_t sums[] = { 5, 5, 9, 9, 11, 11, 12 };
    struct ledger ledger;

    ledger_init(&ledger, 10);
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        ledger_begin(&ledger);
        const struct ledger_entry *e = note(&ledger, "a", counts[i]);
        assert_int_equal(e->sums[0], sums[i]);
        assert_int_equal(e->sums[LEDGER_N - 1], 1);
        assert_null(note(&ledger, "a", 100));
        ledger_end(&ledger);
    }

    /* What was gone for a while begins anew. */
    ledger_begin(&ledger);
    ledger_end(&ledger);
    assert_true(hmap_is_empty(&ledger.entries));
    ledger_begin(&ledger);
    assert_int_equal(note(&ledger, "a", 3)->sums[0], 3);
    ledger_end(&ledger);
    ledger_destroy(&ledger);
}

static void
test_limit(void **state OVS_UNUSED)
{
    struct ledger ledger;

    ledger_init(&ledger, 2);
    ledger_begin(&ledger);
    assert_true(note(&ledger, "a", 1)->shown);
    assert_true(note(&ledger, "b", 1)->shown);
    assert_false(note(&ledger, "c", 10)->shown);
    assert_false(note(&ledger, "d", 5)->shown);
    ledger_end(&ledger);
    assert_int_equal(ledger.other[0], 15);

    /* Who has a row keeps it, whatever the order. */
    ledger_begin(&ledger);
    assert_false(note(&ledger, "d", 6)->shown);
    assert_false(note(&ledger, "c", 4)->shown);
    assert_true(note(&ledger, "b", 1)->shown);
    ledger_end(&ledger);
    assert_int_equal(ledger.other[0], 16);
    assert_int_equal(ledger.n_shown, 1);

    /* A row that is free; what others have does not go back. */
    ledger_begin(&ledger);
    assert_true(note(&ledger, "c", 7)->shown);
    assert_int_equal(note(&ledger, "e", 0)->shown, false);
    ledger_end(&ledger);
    assert_int_equal(ledger.other[0], 16);
    assert_int_equal(ledger.n_shown, 1);
    ledger_destroy(&ledger);
    ledger_destroy(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_histogram_text),
        cmocka_unit_test(test_accept),
        cmocka_unit_test(test_monotonic),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
