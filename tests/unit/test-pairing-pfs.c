/* SPDX-License-Identifier: Apache-2.0 */

/* Pairs where there are several PFs, cards or hosts, which have to be told
 * apart, and representors of other things. */

#include <config.h>

#include "controller/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/pairing-fixture.h"

/* Several PFs. */

static void
test_two_pfs(void **state)
{
    static const char *ids[][2] = {
        { "sw", "sw" }, { "swA", "swB" }, { ID32A, ID32B },
    };

    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct fixture *f;

        setup((void **) &f);
        put_two_pfs(f, ids[i][0], ids[i][1]);
        put_rep(f, H0, 1, 0, 0, ids[i][0], PF0, 20);
        put_rep(f, H1, 1, 1, 0, ids[i][1], PF1, 21);
        compute(f);
        expect_n(f, 2);
        expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");
        expect(f, "vf 0000:65:10.2", PAIR_NO_VDPA, "rep21", "");
        teardown((void **) &f);
    }
    (void) state;
}

/* The same by phys_port_name only. */
static void
test_two_pfs_by_name(void **state)
{
    static const char *ids[][2] = {
        { "sw", "sw" }, { "swA", "swB" }, { ID32A, ID32B },
    };

    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct fixture *f;

        setup((void **) &f);
        put_link(&f->inv, 10, "up0", "p0", ids[i][0], PF0);
        put_link(&f->inv, 11, "up1", "p1", ids[i][1], PF1);
        put_vf(&f->inv, "0000:65:00.2", PF0, 0);
        put_vf(&f->inv, "0000:65:10.2", PF1, 0);
        put_rep_name(f, 0, 0, ids[i][0], PF0, 20);
        put_rep_name(f, 1, 0, ids[i][1], PF1, 21);
        compute(f);
        expect_n(f, 2);
        expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");
        expect(f, "vf 0000:65:10.2", PAIR_NO_VDPA, "rep21", "");
        teardown((void **) &f);
    }
    (void) state;
}

/* Two cards whose numbers are equal. */
static void
test_two_cards(void **state)
{
    struct fixture *f = *state;

    put_eswitch(&f->inv, H0, ESWITCH_SWITCHDEV);
    put_eswitch(&f->inv, H1, ESWITCH_SWITCHDEV);
    put_port(&f->inv, H0, 100, FLAVOUR_PHYSICAL, 0, 0, 0, 10);
    put_port(&f->inv, H1, 100, FLAVOUR_PHYSICAL, 0, 0, 0, 11);
    put_link(&f->inv, 10, "up0", "p0", ID32A, PF0);
    put_link(&f->inv, 11, "up1", "p0", ID32B, PF1);
    put_vf(&f->inv, "0000:65:00.2", PF0, 3);
    put_vf(&f->inv, "0000:65:10.2", PF1, 3);
    put_rep(f, H1, 1, 0, 3, ID32B, PF1, 20);
    put_rep(f, H0, 1, 0, 3, ID32A, PF0, 21);
    compute(f);
    expect_n(f, 2);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep21", "");
    expect(f, "vf 0000:65:10.2", PAIR_NO_VDPA, "rep20", "");
}

/* Two cards whose numbers are equal and whose switches are not. */
static void
test_two_cards_by_name(void **state)
{
    struct fixture *f = *state;

    put_link(&f->inv, 10, "up0", "p0", ID32A, "0000:65:00.0");
    put_link(&f->inv, 11, "up1", "p0", ID32B, "10000:01:00.0");
    put_vf(&f->inv, "0000:65:00.2", "0000:65:00.0", 3);
    put_vf(&f->inv, "10000:01:00.2", "10000:01:00.0", 3);
    /* No parent: some drivers do not tell. */
    put_rep_name(f, 0, 3, ID32B, NULL, 20);
    put_rep_name(f, 0, 3, ID32A, NULL, 21);
    compute(f);
    expect_n(f, 2);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep21", "");
    expect(f, "vf 10000:01:00.2", PAIR_NO_VDPA, "rep20", "");
}

/* One handle has the ports of all PFs. */
static void
test_all_on_one_handle(void **state)
{
    struct fixture *f = *state;

    put_eswitch(&f->inv, H0, ESWITCH_SWITCHDEV);
    put_port(&f->inv, H0, 100, FLAVOUR_PHYSICAL, 0, 0, 0, 10);
    put_port(&f->inv, H0, 101, FLAVOUR_PHYSICAL, 0, 1, 0, 11);
    put_link(&f->inv, 10, "up0", "p0", "sw", PF0);
    put_link(&f->inv, 11, "up1", "p1", "sw", PF0);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_vf(&f->inv, "0000:65:10.2", PF1, 0);
    put_rep(f, H0, 1, 0, 0, "sw", PF0, 20);
    put_rep(f, H0, 2, 1, 0, "sw", PF0, 21);
    compute(f);
    expect_n(f, 2);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");
    expect(f, "vf 0000:65:10.2", PAIR_NO_VDPA, "rep21", "");

    /* The first PF's VF does not take the only one that is left. */
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    inventory_begin(&f->inv, SOURCE_DEVLINK);
    put_eswitch(&f->inv, H0, ESWITCH_SWITCHDEV);
    put_port(&f->inv, H0, 2, FLAVOUR_PCI_VF, 0, 1, 0, 21);
    inventory_end(&f->inv, SOURCE_DEVLINK);
    inventory_link_gone(&f->inv, 20);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL, "PF number 0");
    expect(f, "vf 0000:65:10.2", PAIR_NO_VDPA, "rep21", "");
}

/* The same when the second PF is not ours (a guest has it): its
 * representors are nobody's. */
static void
test_one_handle_pf_elsewhere(void **state)
{
    struct fixture *f = *state;

    put_pf(f, PF0, 0, "sw", 10);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_rep(f, H0, 2, 1, 0, "sw", PF0, 21);
    compute(f);
    expect_n(f, 2);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL, "PF number 0");
    assert_int_equal(expect(f, "rep pci/0000:65:00.0/2", PAIR_NO_VDPA,
                            "rep21", "no VF on this host")->pf_num, 1);
}

/* PF numbers that are not those of the PCI functions. */
static void
test_pf_numbers(void **state)
{
    struct fixture *f = *state;

    /* By the uplink's phys_port_name. */
    put_link(&f->inv, 10, "up0", "p3", "sw", PF0);
    put_eswitch(&f->inv, H0, ESWITCH_SWITCHDEV);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_rep(f, H0, 1, 3, 0, "sw", PF0, 20);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");

    /* By a physical devlink port, its netdev being in another namespace. */
    inventory_link_gone(&f->inv, 10);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL, "PF number 0");
    put_port(&f->inv, H0, 99, FLAVOUR_PHYSICAL, 0, 3, 0, 0);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");

    /* An uplink whose number is another matter, as the ports show. */
    put_pf(f, PF1, 0, "swB", 11);
    put_vf(&f->inv, "0000:65:10.2", PF1, 0);
    put_rep(f, H1, 1, 1, 0, "swB", PF1, 21);
    compute(f);
    expect(f, "vf 0000:65:10.2", PAIR_NO_VDPA, "rep21", "");
    expect_n(f, 2);
}

/* One PF with two physical ports is numbered by its function. */
static void
test_pf_with_two_uplinks(void **state)
{
    struct fixture *f = *state;

    put_link(&f->inv, 10, "up0", "p0", "sw", PF1);
    put_link(&f->inv, 11, "up1", "p1", "sw", PF1);
    put_vf(&f->inv, "0000:65:00.2", PF1, 5);
    put_rep_name(f, 1, 5, "sw", PF1, 20);
    compute(f);
    expect_n(f, 1);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");
}

static void
test_bonded_uplinks(void **state)
{
    struct fixture *f = *state;
    struct link_info info;

    put_two_pfs(f, "sw", "sw");
    put_rep(f, H0, 1, 0, 0, "sw", PF0, 20);
    put_rep(f, H1, 1, 1, 0, "sw", PF1, 21);
    /* The bond has the switch id of its members and is no representor. */
    info = link_make(30, "bond0", "", "sw", NULL);
    ovs_strlcpy(info.kind, "bond", sizeof info.kind);
    inventory_link(&f->inv, &info);
    for (int i = 0; i < 2; i++) {
        info = inventory_find_link(&f->inv, 10 + i)->info;
        info.master = 30;
        inventory_link(&f->inv, &info);
    }
    compute(f);
    expect_n(f, 2);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");
    expect(f, "vf 0000:65:10.2", PAIR_NO_VDPA, "rep21", "");
}

/* Ambiguities. */

static void
test_two_matches(void **state)
{
    struct fixture *f = *state;

    put_plain(f);
    put_port(&f->inv, H0, 7, FLAVOUR_PCI_VF, 0, 0, 0, 22);
    put_link(&f->inv, 22, "rep22", "pf0vf0", "sw", PF0);
    compute(f);
    expect_n(f, 4);
    assert_true(expect(f, "vf 0000:65:00.2", PAIR_AMBIGUOUS, NULL,
                       "2 devlink ports or netdevs of 0000:65:00.0 have PF "
                       "number 0 and VF number 0; see devlink port show")
                ->rep_ambiguous);
    expect(f, "rep pci/0000:65:00.0/1", PAIR_AMBIGUOUS, "rep20", "devlink");
    expect(f, "rep pci/0000:65:00.0/7", PAIR_AMBIGUOUS, "rep22", "devlink");
    expect(f, "vf 0000:65:00.3", PAIR_NO_VDPA, "rep21", "");
}

static void
test_two_matches_by_name(void **state)
{
    struct fixture *f = *state;

    put_link(&f->inv, 10, "up0", "p0", "sw", PF0);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_rep_name(f, 0, 0, "sw", PF0, 20);
    put_rep_name(f, 0, 0, "sw", NULL, 21);
    compute(f);
    expect_n(f, 3);
    expect(f, "vf 0000:65:00.2", PAIR_AMBIGUOUS, NULL, "2 devlink ports or");
    expect(f, "rep ifindex 20", PAIR_AMBIGUOUS, "rep20", "");
    expect(f, "rep ifindex 21", PAIR_AMBIGUOUS, "rep21", "");
}

/* PFs of one switch that cannot be told apart by number. */
static void
test_one_netdev_for_two_vfs(void **state)
{
    struct fixture *f = *state;

    put_link(&f->inv, 10, "up0", "", "sw", "0000:65:00.0");
    put_link(&f->inv, 11, "up1", "", "sw", "0000:66:00.0");
    put_vf(&f->inv, "0000:65:00.2", "0000:65:00.0", 0);
    put_vf(&f->inv, "0000:66:00.2", "0000:66:00.0", 0);
    put_vf(&f->inv, "0000:66:00.3", "0000:66:00.0", 1);
    put_rep_name(f, 0, 0, "sw", NULL, 20);
    compute(f);
    expect_n(f, 4);
    assert_true(expect(f, "vf 0000:65:00.2", PAIR_AMBIGUOUS, NULL,
                       "could be that of another VF too")->rep_ambiguous);
    expect(f, "vf 0000:66:00.2", PAIR_AMBIGUOUS, NULL, "another VF");
    expect(f, "vf 0000:66:00.3", PAIR_NO_REPRESENTOR, NULL, "");
    expect(f, "rep ifindex 20", PAIR_AMBIGUOUS, "rep20", "fits several VFs");
}

/* Two VFs that say that they are the same one: sysfs while numvfs changes. */
static void
test_one_index_for_two_vfs(void **state)
{
    struct fixture *f = *state;

    put_plain(f);
    put_vf(&f->inv, "0000:65:00.4", PF0, 0);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_AMBIGUOUS, NULL, "another VF");
    expect(f, "vf 0000:65:00.4", PAIR_AMBIGUOUS, NULL, "another VF");
    expect(f, "rep pci/0000:65:00.0/1", PAIR_AMBIGUOUS, "rep20", "");
    expect_n(f, 4);
}

/* DPUs. */

static void
test_external(void **state)
{
    struct fixture *f = *state;
    const struct pair *pair;

    put_plain(f);
    /* The host's VFs have the numbers of the local ones. */
    for (int i = 0; i < 3; i++) {
        char port_name[32], name[32];

        snprintf(port_name, sizeof port_name, "c1pf0vf%d", i);
        snprintf(name, sizeof name, "host%d", i);
        put_port(&f->inv, H0, 100 + i, FLAVOUR_PCI_VF, 1, 0, i, 100 + i);
        put_link(&f->inv, 100 + i, name, port_name, "sw", PF0);
    }
    compute(f);
    expect_n(f, 5);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");
    expect(f, "vf 0000:65:00.3", PAIR_NO_VDPA, "rep21", "");
    pair = expect(f, "rep pci/0000:65:00.0/100", PAIR_NO_VDPA, "host0",
                  "on another host (controller 1)");
    assert_int_equal(pair->controller, 1);
    assert_int_equal(pair->vf, 0);
    assert_true(pair->has_vf && !pair->has_vf_addr && !pair->rep_ambiguous);

    /* A local VF whose own representor is not there yet does not get the
     * representor of the host's. */
    put_vf(&f->inv, "0000:65:00.4", PF0, 2);
    compute(f);
    expect(f, "vf 0000:65:00.4", PAIR_NO_REPRESENTOR, NULL,
           "that of a function on another host");
    expect_n(f, 6);
}

static void
test_external_by_name(void **state)
{
    struct fixture *f = *state;

    put_link(&f->inv, 10, "up0", "p0", "sw", PF0);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_vf(&f->inv, "0000:65:00.3", PF0, 1);
    put_link(&f->inv, 20, "local0", "pf0vf0", "sw", PF0);
    put_link(&f->inv, 21, "host0", "c1pf0vf0", "sw", PF0);
    put_link(&f->inv, 22, "host1", "c1pf0vf1", "sw", PF0);
    compute(f);
    expect_n(f, 4);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "local0", "");
    expect(f, "vf 0000:65:00.3", PAIR_NO_REPRESENTOR, NULL, "another host");
    assert_int_equal(expect(f, "rep ifindex 22", PAIR_NO_VDPA, "host1",
                            "another host")->controller, 1);
}

/* All functions of the eswitch are behind controller 1: so are our VFs. */
static void
test_all_external(void **state)
{
    struct fixture *f = *state;

    put_pf(f, PF0, 0, "sw", 10);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_port(&f->inv, H0, 1, FLAVOUR_PCI_VF, 1, 0, 0, 20);
    put_link(&f->inv, 20, "rep20", "c1pf0vf0", "sw", PF0);
    compute(f);
    expect_n(f, 1);
    assert_int_equal(expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20",
                            "")->controller, 1);

    /* A second controller with the same numbers: nobody can tell. */
    put_port(&f->inv, H0, 2, FLAVOUR_PCI_VF, 2, 0, 0, 21);
    put_link(&f->inv, 21, "rep21", "c2pf0vf0", "sw", PF0);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_AMBIGUOUS, NULL, "");
}

static void
test_all_external_by_name(void **state)
{
    struct fixture *f = *state;

    put_link(&f->inv, 10, "up0", "p0", "sw", PF0);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_link(&f->inv, 20, "rep20", "c1pf0vf0", "sw", PF0);
    compute(f);
    expect_n(f, 1);
    assert_int_equal(expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20",
                            "")->controller, 1);
}

/* A port of another controller that is not external is a local one. */
static void
test_controller_of_this_host(void **state)
{
    struct devlink_port_info info = {
        .handle = handle(H0), .index = 1, .flavour = FLAVOUR_PCI_VF,
        .controller = 2, .external = false, .pf = 0, .vf = 0, .ifindex = 20,
    };
    struct fixture *f = *state;

    put_pf(f, PF0, 0, "sw", 10);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_link(&f->inv, 20, "rep20", "pf0vf0", "sw", PF0);
    inventory_port(&f->inv, &info);
    compute(f);
    expect_n(f, 1);
    assert_int_equal(expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20",
                            "")->controller, 2);
}

/* Other representors. */

static void
test_sf_and_pf_representors(void **state)
{
    struct fixture *f = *state;

    put_plain(f);
    put_port(&f->inv, H0, 200, FLAVOUR_PCI_SF, 0, 0, 0, 200);
    put_link(&f->inv, 200, "sf0", "pf0sf88", "sw", PF0);
    put_port(&f->inv, H0, 201, FLAVOUR_PCI_PF, 1, 0, 0, 201);
    put_link(&f->inv, 201, "hpf", "c1pf0", "sw", PF0);
    compute(f);
    expect_n(f, 4);
    assert_false(expect(f, "rep pci/0000:65:00.0/200", PAIR_NOT_A_VF, "sf0",
                        "represents an SF")->has_vf);
    expect(f, "rep pci/0000:65:00.0/201", PAIR_NOT_A_VF, "hpf",
           "represents a PF");
}

static void
test_odd_phys_port_names(void **state)
{
    static const char *names[] = {
        "pf0vf", "pf0vf0x", "xpf0vf0", "pf0vf00", "p0pf0vf0", "vf0", "pf0",
        "pf0vf4294967296", "c1pf0", "PF0VF0", "eth0",
    };
    struct fixture *f = *state;

    put_link(&f->inv, 10, "up0", "p0", "sw", PF0);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char name[32];

        snprintf(name, sizeof name, "odd%"PRIuSIZE, i);
        put_link(&f->inv, 20 + i, name, names[i], "sw", PF0);
    }
    /* Uplinks of other forms, and one on no switch. */
    put_link(&f->inv, 40, "up1", "p1s2", "sw", PF0);
    put_link(&f->inv, 41, "nosw", "pf0vf0", "", PF0);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL, "");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char key[40], name[32];

        snprintf(key, sizeof key, "rep ifindex %"PRIuSIZE, 20 + i);
        snprintf(name, sizeof name, "odd%"PRIuSIZE, i);
        expect(f, key, PAIR_NOT_A_VF, name, "no VF, by its phys_port_name");
    }
    expect_n(f, 1 + ARRAY_SIZE(names));
}

/* Representors without a PCI parent. */
static void
test_netdevsim(void **state)
{
    struct fixture *f = *state;

    put_eswitch(&f->inv, "netdevsim/netdevsim1", ESWITCH_SWITCHDEV);
    put_port(&f->inv, "netdevsim/netdevsim1", 128, FLAVOUR_PCI_VF, 0, 0, 0,
             5);
    put_link(&f->inv, 5, "eni1npf0vf0", "pf0vf0", "nsim", NULL);
    compute(f);
    expect_n(f, 1);
    assert_false(expect(f, "rep netdevsim/netdevsim1/128", PAIR_NO_VDPA,
                        "eni1npf0vf0", "no VF on this host")->has_pf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_pfs),
        cmocka_unit_test(test_two_pfs_by_name),
        TEST(test_two_cards),
        TEST(test_two_cards_by_name),
        TEST(test_all_on_one_handle),
        TEST(test_one_handle_pf_elsewhere),
        TEST(test_pf_numbers),
        TEST(test_pf_with_two_uplinks),
        TEST(test_bonded_uplinks),
        TEST(test_two_matches),
        TEST(test_two_matches_by_name),
        TEST(test_one_netdev_for_two_vfs),
        TEST(test_one_index_for_two_vfs),
        TEST(test_external),
        TEST(test_external_by_name),
        TEST(test_all_external),
        TEST(test_all_external_by_name),
        TEST(test_controller_of_this_host),
        TEST(test_sf_and_pf_representors),
        TEST(test_odd_phys_port_names),
        TEST(test_netdevsim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
