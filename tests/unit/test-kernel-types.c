/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/kernel-types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util.h"

static void
test_pci_addr(void **state OVS_UNUSED)
{
    static const struct {
        const char *s;
        struct pci_addr addr;
    } good[] = {
        { "0000:65:00.0", { 0, 0x65, 0, 0 } },
        { "0000:00:1f.7", { 0, 0, 31, 7 } },
        { "ffff:ff:1f.7", { 0xffff, 0xff, 31, 7 } },
        { "10000:e1:00.3", { 0x10000, 0xe1, 0, 3 } },
        { "ffffffff:00:00.0", { 0xffffffff, 0, 0, 0 } },
    };
    static const char *const bad[] = {
        "", "0000:65:00", "0000:65:00.", "0000:65:00.8", "0000:65:20.0",
        "000:65:00.0", "0000:5:00.0", "0000:65:0.0", "0000:65:00.0 ",
        " 0000:65:00.0", "0000:65:00.00", "00000:65:00.0", "65:00.0",
        "100000000:65:00.0", "0000-65:00.0", "0000:65-00.0", "0000:65:00:0",
        "0000:65:00.0/", "000g:65:00.0", "-000:65:00.0", "0000:165:00.0",
    };
    char buf[PCI_ADDR_STRLEN];
    struct pci_addr addr;

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        memset(&addr, 0xff, sizeof addr);
        assert_true(pci_addr_parse(good[i].s, &addr));
        assert_int_equal(pci_addr_compare(&addr, &good[i].addr), 0);
        assert_int_equal(pci_addr_hash(&addr, 1),
                         pci_addr_hash(&good[i].addr, 1));
        assert_string_equal(pci_addr_format(&addr, buf), good[i].s);
    }
    assert_true(pci_addr_parse("0000:AB:1F.2", &addr));
    assert_string_equal(pci_addr_format(&addr, buf), "0000:ab:1f.2");

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pci_addr before = addr;

        assert_false(pci_addr_parse(bad[i], &addr));
        assert_int_equal(pci_addr_compare(&addr, &before), 0);
    }
}

static void
test_pci_addr_order(void **state OVS_UNUSED)
{
    static const char *const sorted[] = {
        "0000:00:00.0", "0000:00:00.1", "0000:00:01.0", "0000:01:00.0",
        "0000:ff:1f.7", "0001:00:00.0", "10000:00:00.0",
    };

    for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(sorted); j++) {
            struct pci_addr a, b;
            int cmp;

            assert_true(pci_addr_parse(sorted[i], &a));
            assert_true(pci_addr_parse(sorted[j], &b));
            cmp = pci_addr_compare(&a, &b);
            assert_int_equal(cmp < 0 ? -1 : cmp > 0, i < j ? -1 : i > j);
        }
    }
}

static void
test_port_name_vf(void **state OVS_UNUSED)
{
    static const struct {
        const char *s;
        struct port_name pn;
    } good[] = {
        { "pf0vf0", { false, 0, 0, 0 } },
        { "pf1vf127", { false, 0, 1, 127 } },
        { "c1pf0vf3", { true, 1, 0, 3 } },
        { "c0pf10vf20", { true, 0, 10, 20 } },
        { "pf4294967295vf0", { false, 0, 4294967295u, 0 } },
    };
    static const char *const bad[] = {
        "", "p0", "pf0", "pf0sf1", "pfvf0", "pf0vf", "pf0vf1x", "xpf0vf1",
        " pf0vf1", "pf0vf1 ", "pf00vf1", "pf0vf01", "cpf0vf1", "c1pf0",
        "c1p0", "pf-1vf0", "pf0vf+1", "pf0 vf1", "pf4294967296vf0",
        "pf99999999999999999999vf0", "PF0VF0", "c01pf0vf0", "pf0vf0s1",
    };
    struct port_name pn;

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        memset(&pn, 0xff, sizeof pn);
        assert_true(port_name_parse_vf(good[i].s, &pn));
        assert_int_equal(pn.has_controller, good[i].pn.has_controller);
        assert_int_equal(pn.controller, good[i].pn.controller);
        assert_int_equal(pn.pf, good[i].pn.pf);
        assert_int_equal(pn.vf, good[i].pn.vf);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct port_name before = pn;

        assert_false(port_name_parse_vf(bad[i], &pn));
        assert_memory_equal(&pn, &before, sizeof pn);
    }
}

static void
test_port_name_uplink(void **state OVS_UNUSED)
{
    static const char *const bad[] = {
        "", "p", "pf0", "pf0vf1", "p0s", "p0sx", "p0s1x", "p-1", "p01",
        "p0s01", "p2147483648", "p4294967296", " p0", "p0 ", "c1p0",
    };

    assert_int_equal(port_name_parse_uplink("p0"), 0);
    assert_int_equal(port_name_parse_uplink("p15"), 15);
    assert_int_equal(port_name_parse_uplink("p3s1"), 3);
    assert_int_equal(port_name_parse_uplink("p2147483647"), 2147483647);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(port_name_parse_uplink(bad[i]), -1);
    }
}

static void
test_equality(void **state OVS_UNUSED)
{
    struct switch_id a = { .len = 2, .id = { 1, 2, 3 } };
    struct switch_id b = { .len = 2, .id = { 1, 2, 4 } };
    struct devlink_handle pci, other = { "pci", "0000:65:00.1" };
    struct pci_addr addr;

    assert_true(switch_id_equals(&a, &b));
    b.id[1] = 3;
    assert_false(switch_id_equals(&a, &b));
    b.id[1] = 2;
    b.len = 1;
    assert_false(switch_id_equals(&a, &b));

    assert_true(pci_addr_parse("0000:65:00.1", &addr));
    devlink_handle_from_pci(&addr, &pci);
    assert_true(devlink_handle_equals(&pci, &other));
    strcpy(other.bus, "auxiliary");
    assert_false(devlink_handle_equals(&pci, &other));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pci_addr),
        cmocka_unit_test(test_pci_addr_order),
        cmocka_unit_test(test_port_name_vf),
        cmocka_unit_test(test_port_name_uplink),
        cmocka_unit_test(test_equality),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
