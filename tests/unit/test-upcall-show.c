/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/upcall-show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util.h"

/* As ovs-vswitchd 3.1 has it, with hw-offload and without. */
static const char with[] =
    "netdev@ovs-netdev:\n"
    "  flows         : (current 1) (avg 1) (max 2) (limit 10)\n"
    "  dump duration : 2ms\n"
    "  ufid enabled : true\n"
    "\n"
    "  1: (keys 3)\n"
    "system@ovs-system:\n"
    "  flows         : (current 12) (avg 3) (max 40) (limit 200000)\n"
    "  offloaded flows : 3\n"
    "  dump duration : 2ms\n"
    "  ufid enabled : true\n"
    "\n"
    "  1: (keys 3)\n";
static const char without[] =
    "system@ovs-system:\n"
    "  flows         : (current 12) (avg 3) (max 40) (limit 200000)\n"
    "  dump duration : 2ms\n"
    "  ufid enabled : true\n"
    "\n"
    "  1: (keys 3)\n"
    "netdev@ovs-netdev:\n"
    "  flows         : (current 1) (avg 1) (max 2) (limit 10)\n"
    "  offloaded flows : 3\n";

static void
check(const char *text, bool offload, uint64_t n_flows, uint64_t limit)
{
    struct upcall_show us;

    assert_true(upcall_show_parse(text, &us));
    assert_int_equal(us.offload, offload);
    assert_int_equal(us.n_flows, n_flows);
    assert_int_equal(us.limit, limit);
}

static void
test_good(void **state OVS_UNUSED)
{
    check(with, true, 12, 200000);
    check(without, false, 12, 200000);
    check("system@x:\n flows : (limit 5) (current 4)", false, 4, 5);
    check("system@x:\n\tflows : (limit 5) (current 4)\n"
          "\toffloaded flows : 0\n", true, 4, 5);
    check("system@x:\n flows : (current 18446744073709551615) (limit 0)",
          false, UINT64_MAX, 0);
}

static void
test_bad(void **state OVS_UNUSED)
{
    static const char *const bad[] = {
        "",
        "\n",
        "system@",
        "system@ovs-system:",
        "system@ovs-system:\n",
        "netdev@ovs-netdev:\n flows : (current 1) (limit 10)\n",
        " system@ovs-system:\n flows : (current 1) (limit 10)\n",
        "system@ovs-system:\nflows : (current 1) (limit 10)\n",
        "system@ovs-system:\n flows : (current 1)\n (limit 10)\n",
        "system@ovs-system:\n flows : (current 1) (limit )\n",
        "system@ovs-system:\n flows : (current 1) (limit 1\n",
        "system@ovs-system:\n flows : (current 1) (limit 1x)\n",
        "system@ovs-system:\n flows : (current -1) (limit 1)\n",
        ("system@ovs-system:\n flows : (current 1) (limit "
         "18446744073709551616)\n"),
        "system@ovs-system:\n flows : (current 1) (limits 1)\n",
        "system@ovs-system:\n flows : (((((\n",
        "system@ovs-system:\n offloaded flows : 3\n",
        "system@ovs-system:\n flows",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct upcall_show us;

        if (upcall_show_parse(bad[i], &us)) {
            fail_msg("\"%s\" is taken", bad[i]);
        }
    }
}

/* Each beginning, in memory of its own. */
static void
test_cut_off(void **state OVS_UNUSED)
{
    for (size_t len = 0; len < sizeof with; len++) {
        char *copy = xmemdup0(with, len);
        struct upcall_show us;

        (void) upcall_show_parse(copy, &us);
        free(copy);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_cut_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
