/* SPDX-License-Identifier: Apache-2.0 */

/* The collection of reasons: which are the same, and their order. */

#include <config.h>

#include "controller/flow/reasons.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

static void
add(struct flow_reasons *reasons, enum flow_reason_class class,
    const char *evidence, uint64_t flows)
{
    struct flow_reason reason = {
        .class = class, .evidence = xstrdup(evidence), .fix = xstrdup(""),
    };

    flow_reasons_add(reasons, &reason, flows);
}

/* Adds seven reasons, of which two come twice. */
static void
add_some(struct flow_reasons *reasons)
{
    add(reasons, FLOW_REASON_UNKNOWN, "a", 2);
    add(reasons, FLOW_REASON_FLOW, "c", 3);
    add(reasons, FLOW_REASON_FLOW, "b", 3);
    add(reasons, FLOW_REASON_FEATURE, "d", 1);
    add(reasons, FLOW_REASON_FLOW, "a", 1);
    add(reasons, FLOW_REASON_UNKNOWN, "a", 5);
    add(reasons, FLOW_REASON_FEATURE, "d", 3);
}

/* Sorts, prints and destroys 'reasons'. */
static void
check(struct flow_reasons *reasons, enum flow_reasons_order order,
      const char *expected)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    flow_reasons_sort(reasons, order);
    for (size_t i = 0; i < reasons->n; i++) {
        const struct flow_reason_count *r = &reasons->elems[i];

        ds_put_format(&s, "%s %s=%d ",
                      flow_reason_class_to_string(r->reason.class),
                      r->reason.evidence, (int) r->flows);
    }
    ds_chomp(&s, ' ');
    assert_string_equal(expected, ds_cstr(&s));
    ds_destroy(&s);
    flow_reasons_destroy(reasons);
    assert_int_equal(0, reasons->n);
}

static void
test_order(void **state OVS_UNUSED)
{
    struct flow_reasons reasons = { .n = 0 };

    check(&reasons, FLOW_REASONS_BY_CLASS, "");
    add_some(&reasons);
    check(&reasons, FLOW_REASONS_BY_CLASS,
          "hw-tc-offload d=4 kernel-datapath b=3 kernel-datapath c=3 "
          "kernel-datapath a=1 unknown a=7");

    /* Destroyed, it can be used anew. */
    add_some(&reasons);
    check(&reasons, FLOW_REASONS_BY_FLOWS,
          "unknown a=7 hw-tc-offload d=4 kernel-datapath b=3 "
          "kernel-datapath c=3 kernel-datapath a=1");
    add_some(&reasons);
    flow_reasons_destroy(&reasons);
}

/* A tunnel port may have a reason for each other device, and of each class. */
static void
test_many(void **state OVS_UNUSED)
{
    enum { N = 20000 };
    struct flow_reasons reasons = { .n = 0 };

    for (int i = 0; i < 3 * N; i++) {
        char evidence[32];

        snprintf(evidence, sizeof evidence, "off on eth%d", i % N / 2);
        add(&reasons, i % 2 ? FLOW_REASON_FEATURE : FLOW_REASON_LATE,
            evidence, 1);
    }
    assert_int_equal(N, reasons.n);
    flow_reasons_sort(&reasons, FLOW_REASONS_BY_CLASS);
    for (int i = 0; i < N; i++) {
        assert_int_equal(3, reasons.elems[i].flows);
        assert_int_equal(i < N / 2 ? FLOW_REASON_FEATURE : FLOW_REASON_LATE,
                         reasons.elems[i].reason.class);
    }
    flow_reasons_destroy(&reasons);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
