/* SPDX-License-Identifier: Apache-2.0 */

/* Devices as reasons see them: above all bonds, whose filters are at their
 * members, on a block that these share. */

#include <config.h>

#include "controller/flow/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "controller/controller.h"
#include "controller/flow/ifaces.h"
#include "controller/flow/reason.h"
#include "tests/unit/inventory-build.h"
#include "util.h"

enum { REP = 5, BOND, MEMBER0, MEMBER1, TUNNEL, BR_INT, ALONE };

static struct inventory inv;
static const struct controller controller = { .inv = &inv };
static const struct flow_facts facts = { .c = &controller };

/* A netdev of 'kind', with the feature; enslaved to 'master' unless 0. */
static void
put(int ifindex, const char *name, const char *kind, const char *id,
    int master, enum tc_offload feature)
{
    struct link_info info = link_make(ifindex, name, "", id, NULL);

    ovs_strlcpy(info.kind, kind, sizeof info.kind);
    info.master = master;
    inventory_link(&inv, &info);
    inventory_tc_offload(&inv, ifindex, feature);
}

static void
put_members(const char *id0, enum tc_offload feature0, const char *id1,
            enum tc_offload feature1)
{
    put(MEMBER0, "p0", "", id0, BOND, feature0);
    put(MEMBER1, "p1", "", id1, BOND, feature1);
}

static int
setup(void **state OVS_UNUSED)
{
    inventory_init(&inv);
    put(REP, "rep", "", "esw", BR_INT, TC_OFFLOAD_ON);
    put(BOND, "bond0", "bond", "", BR_INT, TC_OFFLOAD_UNKNOWN);
    put(ALONE, "p9", "", "other", 0, TC_OFFLOAD_OFF);
    put(TUNNEL, "genev_sys_6081", "geneve", "", 0, TC_OFFLOAD_UNSUPPORTED);
    put(BR_INT, "br-int", "openvswitch", "", 0, TC_OFFLOAD_UNSUPPORTED);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    inventory_destroy(&inv);
    return 0;
}

static struct flow_reason_dev
get(uint32_t dev)
{
    struct flow_reason_dev d;

    flow_facts_dev(&facts, dev, &d);
    return d;
}

static void
test_devices(void **state OVS_UNUSED)
{
    struct flow_reason_dev d = get(REP);

    assert_string_equal("rep", d.name);
    assert_true(d.exists && d.feature == FLOW_YES && !d.feature_fixed);
    assert_false(d.transparent || d.internal || d.late);
    assert_int_equal(3, d.switch_id_len);
    assert_memory_equal("esw", d.switch_id, 3);

    d = get(ALONE);
    assert_true(d.feature == FLOW_NO && !d.feature_fixed);
    d = get(TUNNEL);
    assert_true(d.transparent && !d.internal && d.feature_fixed);
    d = get(BR_INT);
    assert_true(d.internal && !d.transparent);
    d = get(99);
    assert_false(d.exists);
    assert_non_null(strstr(d.name, "gone"));
    assert_false(get(0).exists);
    assert_false(get(UINT32_MAX).exists);
}

/* A bond is what its members are, if they all are fine... */
static void
test_bond(void **state OVS_UNUSED)
{
    struct flow_reason_dev d;

    put_members("esw", TC_OFFLOAD_ON, "esw", TC_OFFLOAD_ON);
    d = get(BOND);
    assert_string_equal("bond0", d.name);
    assert_true(d.exists && d.feature == FLOW_YES);
    assert_int_equal(3, d.switch_id_len);
    assert_memory_equal("esw", d.switch_id, 3);
    assert_null(flow_bond_member(&inv, inventory_find_link(&inv, REP)));
    /* A bridge's ports are no members. */
    assert_null(flow_bond_member(&inv, inventory_find_link(&inv, BR_INT)));
}

/* ...else the worst of them, whichever it is. */
static void
check_worst(const char *id, enum tc_offload feature, enum flow_tri expected)
{
    for (int i = 0; i < 2; i++) {
        struct flow_reason_dev d;

        if (i) {
            put_members("esw", TC_OFFLOAD_ON, id, feature);
        } else {
            put_members(id, feature, "esw", TC_OFFLOAD_ON);
        }
        d = get(BOND);
        assert_string_equal(i ? "p1" : "p0", d.name);
        assert_int_equal(expected, d.feature);
        assert_int_equal(strlen(id), d.switch_id_len);
    }
}

static void
test_bond_worst(void **state OVS_UNUSED)
{
    check_worst("esw", TC_OFFLOAD_UNKNOWN, FLOW_UNKNOWN);
    check_worst("esw", TC_OFFLOAD_OFF, FLOW_NO);
    check_worst("", TC_OFFLOAD_ON, FLOW_YES);

    /* That one has no filter at all in hardware is worse. */
    put_members("esw", TC_OFFLOAD_OFF, "", TC_OFFLOAD_ON);
    assert_string_equal("p1", get(BOND).name);
    put_members("esw", TC_OFFLOAD_UNKNOWN, "esw", TC_OFFLOAD_OFF);
    assert_string_equal("p1", get(BOND).name);
}

/* Without members, or those of another bond. */
static void
test_bond_empty(void **state OVS_UNUSED)
{
    assert_null(flow_bond_member(&inv, inventory_find_link(&inv, BOND)));
    assert_string_equal("bond0", get(BOND).name);
    assert_int_equal(0, get(BOND).switch_id_len);

    put(MEMBER0, "p0", "", "esw", ALONE, TC_OFFLOAD_ON);
    assert_null(flow_bond_member(&inv, inventory_find_link(&inv, BOND)));
    put(BOND, "team0", "team", "", 0, TC_OFFLOAD_UNKNOWN);
    put(MEMBER0, "p0", "", "esw", BOND, TC_OFFLOAD_ON);
    assert_int_equal(3, get(BOND).switch_id_len);
    inventory_link_gone(&inv, MEMBER0);
    assert_int_equal(0, get(BOND).switch_id_len);
}

/* Why a flow from the bond's block is not in hardware. */
static void
check_reason(uint32_t from, uint32_t to, enum flow_reason_class class,
             const char *evidence)
{
    const struct flow_reason_env env = {
        .hw_offload = FLOW_YES, .skip_hw = FLOW_NO,
    };
    const struct flow_reason_dev sender = get(from), receiver = get(to);
    const struct flow_reason_flow flow = {
        .sender = &sender, .receivers = &receiver, .n_receivers = 1,
    };
    struct flow_reason r;

    flow_reason_find(&env, &flow, &r);
    assert_int_equal(class, r.class);
    assert_non_null(strstr(r.evidence, evidence));
    flow_reason_destroy(&r);
}

static void
test_bond_reasons(void **state OVS_UNUSED)
{
    put_members("esw", TC_OFFLOAD_ON, "esw", TC_OFFLOAD_OFF);
    check_reason(BOND, REP, FLOW_REASON_FEATURE, "off on p1");
    put_members("esw", TC_OFFLOAD_ON, "esw", TC_OFFLOAD_UNSUPPORTED);
    check_reason(BOND, REP, FLOW_REASON_DEVICE, "p1 does not support");
    put_members("esw", TC_OFFLOAD_ON, "", TC_OFFLOAD_ON);
    check_reason(REP, BOND, FLOW_REASON_DEVICE, "p1 is on no eswitch");
    put_members("esw2", TC_OFFLOAD_ON, "esw2", TC_OFFLOAD_ON);
    check_reason(REP, BOND, FLOW_REASON_DEVICE, "rep and bond0");
    put_members("esw", TC_OFFLOAD_ON, "esw", TC_OFFLOAD_ON);
    check_reason(REP, BOND, FLOW_REASON_REFUSED, "");
    check_reason(BOND, REP, FLOW_REASON_REFUSED, "");
    check_reason(TUNNEL, BOND, FLOW_REASON_REFUSED, "");
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_devices),
        TEST(test_bond),
        TEST(test_bond_worst),
        TEST(test_bond_empty),
        TEST(test_bond_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
