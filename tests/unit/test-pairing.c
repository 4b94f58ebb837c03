/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/pairing-fixture.h"

/* States. */

static void
test_paired(void **state)
{
    struct fixture *f = *state;
    const struct pair *pair;

    put_plain(f);
    put_vdpa(&f->inv, "vdpa:0000:65:00.2", "0000:65:00.2");
    compute(f);
    expect_n(f, 2);
    pair = expect(f, "vf 0000:65:00.2", PAIR_PAIRED, "rep20", "");
    assert_int_equal(pair->vf, 0);
    assert_int_equal(pair->pf_num, 0);
    assert_int_equal(pair->controller, 0);
    assert_int_equal(pair->n_vdpas, 1);
    assert_true(pair->has_pf && pair->has_pf_num && pair->has_vf);
    pair = expect(f, "vf 0000:65:00.3", PAIR_NO_VDPA, "rep21",
                  "vdpa dev add name NAME mgmtdev pci/0000:65:00.3");
    assert_int_equal(pair->vf, 1);
}

static void
test_no_vdpa_says_why(void **state)
{
    struct fixture *f = *state;
    struct pci_vf_info info = {
        .addr = pci("0000:65:00.2"), .pf = pci(PF0), .index = 0,
    };

    put_plain(f);
    inventory_vf(&f->inv, &info);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "has no driver");

    ovs_strlcpy(info.driver, "vfio-pci", sizeof info.driver);
    inventory_vf(&f->inv, &info);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "bound to vfio-pci");
}

static void
test_legacy_eswitch(void **state)
{
    struct fixture *f = *state;

    put_plain(f);
    put_eswitch(&f->inv, H0, ESWITCH_LEGACY);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_LEGACY_ESWITCH, NULL,
           "devlink dev eswitch set pci/0000:65:00.0 mode switchdev");
    /* Netdevs that are still there are listed for themselves. */
    expect_n(f, 4);
    expect(f, "rep pci/0000:65:00.0/1", PAIR_NO_VDPA, "rep20", "");
}

static void
test_no_representor(void **state)
{
    struct fixture *f = *state;

    put_pf(f, PF0, 0, "sw", 10);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    compute(f);
    expect_n(f, 1);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL,
           "PF number 0 and VF number 0; see devlink port show");

    /* A driver that does not know of eswitches. */
    put_vf(&f->inv, "0000:01:10.0", "0000:01:00.0", 0);
    compute(f);
    expect(f, "vf 0000:01:10.0", PAIR_NO_REPRESENTOR, NULL,
           "see devlink dev eswitch show pci/0000:01:00.0");

    /* No virtfn link. */
    put_vf(&f->inv, "0000:65:00.4", PF0, -1);
    compute(f);
    assert_false(expect(f, "vf 0000:65:00.4", PAIR_NO_REPRESENTOR, NULL,
                        "virtfn")->has_vf);
}

static void
test_resync(void **state)
{
    static const struct {
        enum kernel_source source;
        const char *reason;
    } sources[] = {
        { SOURCE_LINK, "netdevs" },
        { SOURCE_PCI, "VFs" },
        { SOURCE_DEVLINK, "devlink ports" },
        { SOURCE_VDPA, "vDPA devices" },
    };
    struct fixture *f = *state;

    put_plain(f);
    put_vdpa(&f->inv, "vp0", "0000:00:05.0");
    put_vdpa(&f->inv, "odd", "?");
    put_vdpa(&f->inv, "sim0", "vdpasim_net");
    put_port(&f->inv, H0, 3, FLAVOUR_PCI_VF, 1, 0, 7, 0);
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
        inventory_set_state(&f->inv, sources[i].source, SOURCE_SYNCING);
        compute(f);
        /* What is known is still shown. */
        expect(f, "vf 0000:65:00.2", PAIR_RESYNC, "rep20", sources[i].reason);
        expect(f, "rep pci/0000:65:00.0/3", PAIR_RESYNC, NULL,
               sources[i].reason);
        expect(f, "vdpa vp0", PAIR_RESYNC, NULL, sources[i].reason);
        expect(f, "vdpa odd", PAIR_RESYNC, NULL, sources[i].reason);
        /* That it is on no PCI function does not change. */
        expect(f, "vdpa sim0", PAIR_UNSUPPORTED_PARENT, NULL, "vdpasim_net");
        inventory_set_state(&f->inv, sources[i].source, SOURCE_SYNCED);
    }

    /* The feature's state plays no part. */
    inventory_set_state(&f->inv, SOURCE_ETHTOOL, SOURCE_SYNCING);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");
}

static void
test_absent_source_is_an_answer(void **state)
{
    struct fixture *f = *state;

    put_plain(f);
    put_vdpa(&f->inv, "v0", "0000:65:00.2");
    inventory_set_state(&f->inv, SOURCE_VDPA, SOURCE_ABSENT);
    compute(f);
    expect_n(f, 2);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep20", "");
}

/* vDPA devices. */

static void
test_two_vdpas_on_a_vf(void **state)
{
    struct fixture *f = *state;
    const struct pair *pair;

    put_plain(f);
    put_vdpa(&f->inv, "v1", "0000:65:00.2");
    put_vdpa(&f->inv, "v0", "0000:65:00.2");
    compute(f);
    pair = expect(f, "vf 0000:65:00.2", PAIR_AMBIGUOUS, "rep20",
                  "2 vDPA devices are on VF 0000:65:00.2; keep one, see vdpa "
                  "dev del");
    assert_int_equal(pair->n_vdpas, 2);
    assert_string_equal(pair->vdpas[0]->info.name, "v0");
    assert_string_equal(pair->vdpas[1]->info.name, "v1");
    assert_false(pair->rep_ambiguous);
    assert_null(pair->netdev);
    expect_n(f, 2);
}

static void
test_vdpa_on_no_vf(void **state)
{
    struct fixture *f = *state;

    put_plain(f);
    put_vdpa(&f->inv, "sim0", "vdpasim_net");
    put_vdpa(&f->inv, "sf", "mlx5_core.sf.4");
    put_vdpa(&f->inv, "vp0", "0000:00:05.0");
    put_vdpa(&f->inv, "odd", "?");
    put_vdpa(&f->inv, "pf", PF0);
    compute(f);
    expect_n(f, 7);
    expect(f, "vdpa sim0", PAIR_UNSUPPORTED_PARENT, NULL,
           "parent vdpasim_net is no PCI VF");
    expect(f, "vdpa sf", PAIR_UNSUPPORTED_PARENT, NULL, "mlx5_core.sf.4");
    expect(f, "vdpa vp0", PAIR_NOT_A_VF, NULL,
           "0000:00:05.0 is no SR-IOV VF");
    expect(f, "vdpa odd", PAIR_AMBIGUOUS, NULL, "see vdpa dev show");
    /* The PF's own function has no representor, though it has VFs. */
    expect(f, "vdpa pf", PAIR_NOT_A_VF, NULL, PF0);
}

static void
test_netdevs(void **state)
{
    struct vdpa_info vdpa = {
        .name = "v0", .mgmtdev = "pci/0000:65:00.2", .netdev = "eth9",
        .parent_kind = VDPA_PARENT_PCI, .parent_pci = pci("0000:65:00.2"),
    };
    struct pci_vf_info vf = {
        .addr = pci("0000:65:00.2"), .pf = pci(PF0), .netdev = "eth3",
    };
    struct fixture *f = *state;

    put_plain(f);
    inventory_vf(&f->inv, &vf);
    compute(f);
    assert_string_equal(pair_find(&f->pairs, "vf 0000:65:00.2")->netdev,
                        "eth3");
    inventory_vdpa(&f->inv, &vdpa);
    compute(f);
    assert_string_equal(pair_find(&f->pairs, "vf 0000:65:00.2")->netdev,
                        "eth9");
    /* With vhost_vdpa there is none, and the VF's own is another thing. */
    vdpa.netdev[0] = '\0';
    inventory_vdpa(&f->inv, &vdpa);
    compute(f);
    assert_null(pair_find(&f->pairs, "vf 0000:65:00.2")->netdev);
}

/* Order of events. */

static void
test_netdev_after_port(void **state)
{
    struct fixture *f = *state;

    put_pf(f, PF0, 0, "sw", 10);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_port(&f->inv, H0, 1, FLAVOUR_PCI_VF, 0, 0, 0, 0);
    compute(f);
    expect_n(f, 1);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL,
           "devlink port pci/0000:65:00.0/1 is there, its netdev is not yet");

    /* The port tells its netdev before the link is known. */
    put_port(&f->inv, H0, 1, FLAVOUR_PCI_VF, 0, 0, 0, 20);
    compute(f);
    expect_n(f, 1);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL, "not yet");
    put_link(&f->inv, 20, "eth7", "pf0vf0", "sw", PF0);
    compute(f);
    expect_n(f, 1);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "eth7", "");
}

static void
test_port_after_netdev(void **state)
{
    struct fixture *f = *state;

    put_pf(f, PF0, 0, "sw", 10);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_link(&f->inv, 20, "eth7", "pf0vf0", "sw", PF0);
    compute(f);
    expect_n(f, 1);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "eth7", "");
    put_port(&f->inv, H0, 1, FLAVOUR_PCI_VF, 0, 0, 0, 20);
    compute(f);
    expect_n(f, 1);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "eth7", "");
}

/* Ports of two VFs without netdevs on one handle: each is in one row. */
static void
test_ports_without_netdev(void **state)
{
    struct fixture *f = *state;

    put_two_pfs(f, "sw", "sw");
    put_port(&f->inv, H0, 1, FLAVOUR_PCI_VF, 0, 0, 0, 0);
    put_port(&f->inv, H0, 2, FLAVOUR_PCI_VF, 0, 1, 0, 0);
    compute(f);
    expect_n(f, 2);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL,
           "pci/0000:65:00.0/1 is there");
    expect(f, "vf 0000:65:10.2", PAIR_NO_REPRESENTOR, NULL,
           "pci/0000:65:00.0/2 is there");
    put_port(&f->inv, H0, 3, FLAVOUR_PCI_VF, 0, 0, 9, 0);
    compute(f);
    expect_n(f, 3);
    expect(f, "rep pci/0000:65:00.0/3", PAIR_NO_REPRESENTOR, NULL, "not yet");
}

/* A netdev that took the ifindex of one that went, before devlink tells. */
static void
test_ifindex_reuse(void **state)
{
    struct fixture *f = *state;

    put_plain(f);
    inventory_link_gone(&f->inv, 20);
    put_link(&f->inv, 20, "veth0", "", "", NULL);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL, "not yet");

    /* And the representor of another VF. */
    inventory_link_gone(&f->inv, 20);
    inventory_link_gone(&f->inv, 21);
    put_link(&f->inv, 20, "new20", "pf0vf1", "sw", PF0);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL, "not yet");
    expect(f, "rep ifindex 20", PAIR_NO_VDPA, "new20", "");
    put_port(&f->inv, H0, 2, FLAVOUR_PCI_VF, 0, 0, 1, 20);
    compute(f);
    expect(f, "vf 0000:65:00.3", PAIR_NO_VDPA, "new20", "");
    expect(f, "vf 0000:65:00.2", PAIR_NO_REPRESENTOR, NULL, "not yet");
    expect_n(f, 2);
}

static void
test_rename(void **state)
{
    struct fixture *f = *state;

    put_plain(f);
    put_link(&f->inv, 20, "ovn-k8s-mp0", "pf0vf0", "sw", PF0);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "ovn-k8s-mp0", "");

    /* Two swap their names, and only the final state is seen: at no time do
     * two rows have the same netdev name. */
    put_link(&f->inv, 20, "rep21", "pf0vf0", "sw", PF0);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep21", "");
    expect(f, "vf 0000:65:00.3", PAIR_NO_REPRESENTOR, NULL, "not yet");
    put_link(&f->inv, 21, "ovn-k8s-mp0", "pf0vf1", "sw", PF0);
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_NO_VDPA, "rep21", "");
    expect(f, "vf 0000:65:00.3", PAIR_NO_VDPA, "ovn-k8s-mp0", "");
    expect_n(f, 2);
}

static void
test_numvfs_to_zero_and_back(void **state)
{
    struct fixture *f = *state;
    struct pci_addr addr = pci("0000:65:00.2");

    put_plain(f);
    put_vdpa(&f->inv, "v0", "0000:65:00.2");
    compute(f);

    char *before = pairs_to_string(&f->pairs);

    /* The VFs go first, and what is left is listed still. */
    inventory_vf_gone(&f->inv, &addr);
    addr = pci("0000:65:00.3");
    inventory_vf_gone(&f->inv, &addr);
    compute(f);
    expect_n(f, 3);
    expect(f, "vdpa v0", PAIR_NOT_A_VF, NULL, "0000:65:00.2");
    expect(f, "rep pci/0000:65:00.0/1", PAIR_NO_VDPA, "rep20", "");
    inventory_begin(&f->inv, SOURCE_VDPA);
    inventory_end(&f->inv, SOURCE_VDPA);
    inventory_begin(&f->inv, SOURCE_DEVLINK);
    inventory_end(&f->inv, SOURCE_DEVLINK);
    inventory_link_gone(&f->inv, 20);
    inventory_link_gone(&f->inv, 21);
    compute(f);
    expect_n(f, 0);

    put_plain(f);
    put_vdpa(&f->inv, "v0", "0000:65:00.2");
    compute(f);

    char *after = pairs_to_string(&f->pairs);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void
test_domain_of_vmd(void **state)
{
    struct fixture *f = *state;

    put_pf(f, "10000:01:00.0", 0, ID32A, 10);
    put_vf(&f->inv, "10000:01:00.2", "10000:01:00.0", 0);
    put_rep(f, "pci/10000:01:00.0", 1, 0, 0, ID32A, "10000:01:00.0", 20);
    put_vdpa(&f->inv, "v", "10000:01:00.2");
    compute(f);
    expect_n(f, 1);
    expect(f, "vf 10000:01:00.2", PAIR_PAIRED, "rep20", "");
}

/* Names that no one would choose. */
static void
test_hostile_names(void **state)
{
    struct fixture *f = *state;
    char name[VDPA_NAME_MAX];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    put_plain(f);
    put_vdpa(&f->inv, name, "0000:65:00.2");
    put_vdpa(&f->inv, "%s%n \"'\n\xff", "?");
    compute(f);
    expect(f, "vf 0000:65:00.2", PAIR_PAIRED, "rep20", "");
    expect(f, "vdpa %s%n \"'\n\xff", PAIR_AMBIGUOUS, NULL, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_paired),
        TEST(test_no_vdpa_says_why),
        TEST(test_legacy_eswitch),
        TEST(test_no_representor),
        TEST(test_resync),
        TEST(test_absent_source_is_an_answer),
        TEST(test_two_vdpas_on_a_vf),
        TEST(test_vdpa_on_no_vf),
        TEST(test_netdevs),
        TEST(test_netdev_after_port),
        TEST(test_port_after_netdev),
        TEST(test_ports_without_netdev),
        TEST(test_ifindex_reuse),
        TEST(test_rename),
        TEST(test_numvfs_to_zero_and_back),
        TEST(test_domain_of_vmd),
        TEST(test_hostile_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
