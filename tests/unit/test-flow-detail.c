/* SPDX-License-Identifier: Apache-2.0 */

/* Flows as the kernel tells them, beside what ovs-appctl made of them, and
 * changed at random. */

#include <config.h>

#include "controller/flow-detail/detail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "svec.h"
#include "tests/unit/capture.h"
#include "tests/unit/flow-detail-tell.h"
#include "util.h"

/* Sorts the fields in the first line of 'text': Open vSwitch 3.5 has them in
 * another order than 3.1, of which the captures are. */
static void
sort_fields(char *text)
{
    struct svec fields = SVEC_EMPTY_INITIALIZER;
    size_t len = strcspn(text, "\n");
    size_t start = 0;
    int depth = 0;
    char *sorted;

    for (size_t i = 0; i <= len; i++) {
        if (i == len || (text[i] == ',' && !depth)) {
            svec_add_nocopy(&fields, xmemdup0(text + start, i - start));
            start = i + 1;
        } else {
            depth += (text[i] == '(') - (text[i] == ')');
        }
    }
    svec_sort(&fields);
    sorted = svec_join(&fields, ",", "");
    assert_int_equal(strlen(sorted), len);
    memcpy(text, sorted, len);
    free(sorted);
    svec_destroy(&fields);
}

static const char *const tc_captures[] = {
#include "tests/unit/captures/detail/tc-list.h"
};

static const char *const dp_captures[] = {
#include "tests/unit/captures/detail/dp-list.h"
};

/* Returns the content of tests/unit/captures/detail/NAME.txt. */
static char *
read_text(const char *name)
{
    const char *srcdir = getenv("srcdir");
    char *path = xasprintf("%s/tests/unit/captures/detail/%s.txt",
                           srcdir ? srcdir : ".", name);
    char *text = xzalloc(65536);
    FILE *file = fopen(path, "r");

    if (!file || !fread(text, 1, 65535, file)) {
        fail_msg("%s: cannot read", path);
    }
    fclose(file);
    free(path);
    return text;
}

static void
check_captures(from *function, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("detail/%s", list[i]);
        struct capture c = capture_read(path);
        char *have = tell(function, capture_nlmsg(&c), c.len);
        char *want = read_text(list[i]);

        sort_fields(have);
        sort_fields(want);
        assert_string_equal(have, want);
        free(want);
        free(have);
        free(path);
        free(c.data);
    }
}

static void
test_tc_captures(void **state OVS_UNUSED)
{
    check_captures(flow_detail_from_tc, tc_captures, ARRAY_SIZE(tc_captures));
}

static void
test_dp_captures(void **state OVS_UNUSED)
{
    check_captures(flow_detail_from_dp, dp_captures, ARRAY_SIZE(dp_captures));
}

static void
torture(const struct nlmsghdr *nlh)
{
    free(tell(flow_detail_from_tc, nlh, nlh->nlmsg_len));
    free(tell(flow_detail_from_dp, nlh, nlh->nlmsg_len));
}

static void
torture_all(const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("detail/%s", list[i]);

        capture_torture(path, 2000, torture);
        free(path);
    }
}

static void
test_torture(void **state OVS_UNUSED)
{
    torture_all(tc_captures, ARRAY_SIZE(tc_captures));
    torture_all(dp_captures, ARRAY_SIZE(dp_captures));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tc_captures),
        cmocka_unit_test(test_dp_captures),
        cmocka_unit_test(test_torture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
