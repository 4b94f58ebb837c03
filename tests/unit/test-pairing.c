/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/inventory-build.h"

#define PF0 "0000:65:00.0"
#define PF1 "0000:65:00.1"
#define H0 "pci/" PF0
#define H1 "pci/" PF1

/* 32 bytes; the second differs in the last only. */
#define ID32A "0123456789abcdef0123456789abcdeA"
#define ID32B "0123456789abcdef0123456789abcdeB"

struct fixture {
    struct inventory inv;
    struct pair_table pairs;
};

static int
setup(void **state)
{
    struct fixture *f = xmalloc(sizeof *f);

    inventory_init(&f->inv);
    pairs_init(&f->pairs);
    sources_synced(&f->inv);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    pairs_destroy(&f->pairs);
    inventory_destroy(&f->inv);
    free(f);
    return 0;
}

static void
compute(struct fixture *f)
{
    pairs_compute(&f->inv, &f->pairs);
    check_pairs(&f->inv, &f->pairs);
}

/* Row 'key' is there in 'state', with the netdev 'rep' (NULL for none) as its
 * representor and a reason that says 'reason'.  Returns it. */
static const struct pair *
expect(const struct fixture *f, const char *key, enum pair_state state,
       const char *rep, const char *reason)
{
    const struct pair *pair = pair_find(&f->pairs, key);

    if (!pair) {
        char *all = pairs_to_string(&f->pairs);
        fail_msg("no row \"%s\" in:\n%s", key, all);
    }
    assert_string_equal(pair_state_to_string(pair->state),
                        pair_state_to_string(state));
    assert_string_equal(pair->rep ? pair->rep->info.name : "", rep ? rep : "");
    if (!strstr(pair->reason, reason)) {
        fail_msg("\"%s\" is not in reason \"%s\"", reason, pair->reason);
    }
    return pair;
}

static void
expect_n(const struct fixture *f, size_t n)
{
    if (hmap_count(&f->pairs.pairs) != n) {
        char *all = pairs_to_string(&f->pairs);
        fail_msg("not %"PRIuSIZE" rows:\n%s", n, all);
    }
}

/* A PF in mode switchdev with an uplink of ifindex 'base' and a physical
 * port. */
static void
put_pf(struct fixture *f, const char *pf, uint32_t number, const char *id,
       int base)
{
    char *h = xasprintf("pci/%s", pf);
    char name[32], port_name[32];

    snprintf(name, sizeof name, "up%d", base);
    snprintf(port_name, sizeof port_name, "p%u", number);
    put_eswitch(&f->inv, h, ESWITCH_SWITCHDEV);
    put_port(&f->inv, h, 0xffff, FLAVOUR_PHYSICAL, 0, number, 0, base);
    put_link(&f->inv, base, name, port_name, id, pf);
    free(h);
}

/* Port and netdev of the representor of a VF.  'index' is that of the port;
 * the netdev is called "rep<ifindex>". */
static void
put_rep(struct fixture *f, const char *h, uint32_t index, uint32_t pf,
        uint32_t vf, const char *id, const char *parent, int ifindex)
{
    char name[32], port_name[32];

    snprintf(name, sizeof name, "rep%d", ifindex);
    snprintf(port_name, sizeof port_name, "pf%uvf%u", pf, vf);
    put_port(&f->inv, h, index, FLAVOUR_PCI_VF, 0, pf, vf, ifindex);
    put_link(&f->inv, ifindex, name, port_name, id, parent);
}

/* The same without a devlink port. */
static void
put_rep_name(struct fixture *f, uint32_t pf, uint32_t vf, const char *id,
             const char *parent, int ifindex)
{
    char name[32], port_name[32];

    snprintf(name, sizeof name, "rep%d", ifindex);
    snprintf(port_name, sizeof port_name, "pf%uvf%u", pf, vf);
    put_link(&f->inv, ifindex, name, port_name, id, parent);
}

/* One PF with VFs 0 and 1, all as it should be. */
static void
put_plain(struct fixture *f)
{
    put_pf(f, PF0, 0, "sw", 10);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_vf(&f->inv, "0000:65:00.3", PF0, 1);
    put_rep(f, H0, 1, 0, 0, "sw", PF0, 20);
    put_rep(f, H0, 2, 0, 1, "sw", PF0, 21);
}

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

/* Several PFs. */

static void
put_two_pfs(struct fixture *f, const char *id0, const char *id1)
{
    put_pf(f, PF0, 0, id0, 10);
    put_pf(f, PF1, 1, id1, 11);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_vf(&f->inv, "0000:65:10.2", PF1, 0);
}

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
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
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
