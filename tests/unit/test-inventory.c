/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/inventory-build.h"

#define PF0 "0000:65:00.0"
#define H0 "pci/" PF0

/* Links. */

static void
test_link_lookup(void **state)
{
    struct inventory *inv = *state;
    struct inv_link *link;

    assert_null(inventory_find_link(inv, 5));
    put_link(inv, 5, "eth0", "pf0vf1", "sw", PF0);
    link = inventory_find_link(inv, 5);
    assert_ptr_equal(inventory_find_link_by_name(inv, "eth0"), link);
    assert_true(link->is_vf_rep);
    assert_int_equal(link->port_name.vf, 1);

    /* It stays where it is when it is renamed or changes otherwise. */
    put_link(inv, 5, "eth1", "", "", NULL);
    assert_ptr_equal(inventory_find_link(inv, 5), link);
    assert_ptr_equal(inventory_find_link_by_name(inv, "eth1"), link);
    assert_null(inventory_find_link_by_name(inv, "eth0"));
    assert_false(link->is_vf_rep);

    inventory_link_gone(inv, 5);
    inventory_link_gone(inv, 5);
    assert_null(inventory_find_link(inv, 5));
    assert_null(inventory_find_link_by_name(inv, "eth1"));
}

static void
test_newest_name_wins(void **state)
{
    struct inventory *inv = *state;

    put_link(inv, 5, "a", "", "sw", NULL);
    put_link(inv, 6, "b", "", "sw", NULL);
    put_link(inv, 5, "b", "", "sw", NULL);
    assert_int_equal(inventory_find_link_by_name(inv, "b")->info.ifindex, 5);
    assert_string_equal(inventory_find_link(inv, 6)->info.name, "");
    put_link(inv, 6, "a", "", "sw", NULL);
    assert_int_equal(inventory_find_link_by_name(inv, "a")->info.ifindex, 6);

    /* A nameless one can go too. */
    put_link(inv, 5, "a", "", "sw", NULL);
    inventory_link_gone(inv, 6);
    assert_int_equal(inventory_find_link_by_name(inv, "a")->info.ifindex, 5);
}

/* Only links on which pairs or ports depend count as a change. */
static void
test_seqno_of_links(void **state)
{
    static const unsigned int carrier = IFF_RUNNING;
    struct inventory *inv = *state;
    struct link_info info;
    uint64_t seqno;

#define CHANGES(STATEMENT)                              \
    seqno = inv->seqno; STATEMENT; assert_true(inv->seqno > seqno)
#define CHANGES_NOTHING(STATEMENT)                      \
    seqno = inv->seqno; STATEMENT; assert_int_equal(inv->seqno, seqno)

    CHANGES_NOTHING(put_link(inv, 1, "veth0", "", "", NULL));
    CHANGES_NOTHING(put_link(inv, 1, "veth1", "", "", NULL));
    CHANGES_NOTHING(inventory_link_gone(inv, 1));
    CHANGES_NOTHING(inventory_link_gone(inv, 1));

    CHANGES(put_link(inv, 1, "eth0", "", "", PF0));
    CHANGES_NOTHING(put_link(inv, 1, "eth0", "", "", PF0));
    CHANGES(put_link(inv, 1, "eth0", "p0", "", PF0));
    CHANGES(put_link(inv, 1, "eth0", "p0", "sw", PF0));
    CHANGES(put_link(inv, 1, "eth1", "p0", "sw", PF0));
    info = inventory_find_link(inv, 1)->info;
    info.flags |= carrier;
    info.mtu = 9000;
    CHANGES_NOTHING(inventory_link(inv, &info));
    assert_int_equal(inventory_find_link(inv, 1)->info.mtu, 9000);
    info.flags |= IFF_UP;
    CHANGES(inventory_link(inv, &info));
    info.master = 9;
    CHANGES(inventory_link(inv, &info));
    info.master = 0;
    CHANGES(inventory_link(inv, &info));

    /* Into the datapath, which nobody waits for, and out of it. */
    struct link_info datapath = link_make(9, "ovs-system", "", "", NULL);
    ovs_strlcpy(datapath.kind, "openvswitch", sizeof datapath.kind);
    CHANGES_NOTHING(inventory_link(inv, &datapath));
    info.master = 9;
    CHANGES_NOTHING(inventory_link(inv, &info));
    assert_int_equal(inventory_find_link(inv, 1)->info.master, 9);
    info.master = 0;
    CHANGES(inventory_link(inv, &info));
    CHANGES(inventory_link_gone(inv, 1));

    info = link_make(2, "bond0", "", "", NULL);
    ovs_strlcpy(info.kind, "bond", sizeof info.kind);
    CHANGES(inventory_link(inv, &info));

    CHANGES(put_vf(inv, "0000:65:00.2", PF0, 0));
    CHANGES_NOTHING(put_vf(inv, "0000:65:00.2", PF0, 0));
    CHANGES(put_vf(inv, "0000:65:00.2", PF0, 1));
    CHANGES(put_eswitch(inv, H0, ESWITCH_LEGACY));
    CHANGES_NOTHING(put_eswitch(inv, H0, ESWITCH_LEGACY));
    CHANGES(put_eswitch(inv, H0, ESWITCH_SWITCHDEV));
    CHANGES(put_port(inv, H0, 1, FLAVOUR_PCI_VF, 0, 0, 0, 0));
    CHANGES_NOTHING(put_port(inv, H0, 1, FLAVOUR_PCI_VF, 0, 0, 0, 0));
    CHANGES(put_port(inv, H0, 1, FLAVOUR_PCI_VF, 0, 0, 0, 2));
    CHANGES(put_vdpa(inv, "v", "?"));
    CHANGES_NOTHING(put_vdpa(inv, "v", "?"));
    CHANGES(put_vdpa(inv, "v", "0000:65:00.2"));
    CHANGES(inventory_set_state(inv, SOURCE_VDPA, SOURCE_SYNCED));
    CHANGES_NOTHING(inventory_set_state(inv, SOURCE_VDPA, SOURCE_SYNCED));
}

/* What was done to a netdev is remembered as long as it is the same one. */
static void
test_memory_of_links(void **state)
{
    struct inventory *inv = *state;
    struct inv_link *link;

    put_link(inv, 5, "eth0", "pf0vf1", "sw", PF0);
    link = inventory_find_link(inv, 5);
    link->offload_settled = link->tc_asked = true;
    ovs_strlcpy(link->released, "eth0", sizeof link->released);
    link->offload_error = xstrdup("refused");
    link->up_error = xstrdup("refused");

    /* Renamed, seen again by a full read, moved to another eswitch mode. */
    inventory_begin(inv, SOURCE_LINK);
    put_link(inv, 5, "eth1", "pf0vf1", "", PF0);
    inventory_end(inv, SOURCE_LINK);
    link = inventory_find_link(inv, 5);
    assert_true(link->offload_settled && link->tc_asked);
    assert_string_equal(link->released, "eth0");

    /* Another one with that ifindex, the removal of the first not seen. */
    put_link(inv, 5, "eth1", "pf0vf2", "sw", PF0);
    link = inventory_find_link(inv, 5);
    assert_false(link->offload_settled || link->tc_asked);
    assert_string_equal(link->released, "");
    assert_null(link->offload_error);
    link->up_settled = true;
    put_link(inv, 5, "eth1", "pf0vf2", "sw", "0000:66:00.0");
    assert_false(inventory_find_link(inv, 5)->up_settled);
    inventory_find_link(inv, 5)->up_settled = true;
    inventory_link_gone(inv, 5);
    put_link(inv, 5, "eth1", "pf0vf2", "sw", "0000:66:00.0");
    assert_false(inventory_find_link(inv, 5)->up_settled);
}

static void
test_tc_offload(void **state)
{
    struct inventory *inv = *state;
    struct inv_link *link;
    uint64_t seqno;

    inventory_tc_offload(inv, 5, TC_OFFLOAD_ON); /* Not there. */
    put_link(inv, 5, "eth0", "pf0vf1", "sw", PF0);
    link = inventory_find_link(inv, 5);
    assert_int_equal(link->tc_offload, TC_OFFLOAD_UNKNOWN);
    CHANGES(inventory_tc_offload(inv, 5, TC_OFFLOAD_OFF));
    assert_false(link->offload_settled);
    CHANGES_NOTHING(inventory_tc_offload(inv, 5, TC_OFFLOAD_OFF));

    /* Asked for; an older answer comes first. */
    link->offload_pending = true;
    inventory_tc_offload(inv, 5, TC_OFFLOAD_OFF);
    assert_true(link->offload_pending);
    CHANGES(inventory_tc_offload(inv, 5, TC_OFFLOAD_ON));
    assert_true(link->offload_settled && !link->offload_pending);
    /* Someone turns it off: it was on once. */
    CHANGES(inventory_tc_offload(inv, 5, TC_OFFLOAD_OFF));
    assert_true(link->offload_settled);

    link->offload_pending = true;
    inventory_tc_offload(inv, 5, TC_OFFLOAD_UNSUPPORTED);
    assert_false(link->offload_pending);

    /* Of a veth nobody wants to know. */
    put_link(inv, 6, "veth", "", "", NULL);
    CHANGES_NOTHING(inventory_tc_offload(inv, 6, TC_OFFLOAD_OFF));
}

static void
test_up_pending(void **state)
{
    struct inventory *inv = *state;
    struct link_info info = link_make(5, "eth0", "pf0vf1", "sw", PF0);
    struct inv_link *link;
    uint64_t seqno;

    inventory_link(inv, &info);
    link = inventory_find_link(inv, 5);
    link->up_pending = true;
    inventory_link(inv, &info);
    assert_true(link->up_pending);
    info.flags = IFF_UP;
    CHANGES(inventory_link(inv, &info));
    assert_false(link->up_pending);
}

static void
test_uplink(void **state)
{
    struct inventory *inv = *state;
    static const struct {
        const char *phys_port_name;
        const char *id;
        const char *parent;
        bool uplink;
    } cases[] = {
        { "p0", "sw", PF0, true },
        { "p0", "", PF0, true },
        { "p1s0", "sw", PF0, true },
        { "", "sw", PF0, true },
        { "", "", PF0, true },          /* It has an eswitch. */
        { "", "", "0000:66:00.0", false }, /* It has none. */
        { "pf0vf0", "sw", PF0, false },
        { "pf0", "sw", PF0, false },
        { "pf0sf1", "sw", PF0, false },
        { "p0", "sw", NULL, false },
        { "p0", "", "0000:65:00.2", false }, /* A VF. */
    };

    put_eswitch(inv, H0, ESWITCH_LEGACY);
    put_vf(inv, "0000:65:00.2", PF0, 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        put_link(inv, 100 + i, "eth", cases[i].phys_port_name, cases[i].id,
                 cases[i].parent);
        assert_int_equal(inv_link_is_uplink(
                             inv, inventory_find_link(inv, 100 + i)),
                         cases[i].uplink);
    }

    /* A devlink port decides. */
    put_link(inv, 5, "eth0", "", "sw", PF0);
    put_port(inv, H0, 1, FLAVOUR_PCI_SF, 0, 0, 0, 5);
    assert_false(inv_link_is_uplink(inv, inventory_find_link(inv, 5)));
    put_port(inv, H0, 1, FLAVOUR_PHYSICAL, 0, 0, 0, 5);
    assert_true(inv_link_is_uplink(inv, inventory_find_link(inv, 5)));
}

/* Other tables. */

static void
test_port_takes_netdev(void **state)
{
    struct inventory *inv = *state;

    put_port(inv, H0, 1, FLAVOUR_PCI_VF, 0, 0, 0, 7);
    assert_int_equal(inventory_find_port_of(inv, 7)->info.index, 1);
    put_port(inv, H0, 2, FLAVOUR_PCI_VF, 0, 0, 1, 7);
    assert_int_equal(inventory_find_port_of(inv, 7)->info.index, 2);
    put_port(inv, H0, 2, FLAVOUR_PCI_VF, 0, 0, 1, 0);
    assert_null(inventory_find_port_of(inv, 7));
    assert_null(inventory_find_port_of(inv, 0));
    put_port(inv, H0, 1, FLAVOUR_PHYSICAL, 0, 0, 0, 7);
    assert_int_equal(inventory_find_port_of(inv, 7)->info.flavour,
                     FLAVOUR_PHYSICAL);
}

static void
test_full_read(void **state)
{
    struct inventory *inv = *state;
    struct pci_addr vf = pci("0000:65:00.2");
    struct devlink_handle h = handle(H0);

    for (int i = 0; i < 2; i++) {
        put_link(inv, 5, "a", "", "", NULL);
        put_link(inv, 6, "b", "", "", NULL);
        put_vf(inv, "0000:65:00.2", PF0, 0);
        put_port(inv, H0, 1, FLAVOUR_PCI_VF, 0, 0, 0, 5);
        put_eswitch(inv, H0, ESWITCH_SWITCHDEV);
        put_vdpa(inv, "v", "0000:65:00.2");

        /* What was told outside of a read is no part of it. */
        for (enum kernel_source s = 0; s < N_KERNEL_SOURCES; s++) {
            inventory_begin(inv, s);
        }
        put_link(inv, 6, "b", "", "", NULL);
        put_link(inv, 7, "c", "", "", NULL);
        assert_non_null(inventory_find_link(inv, 5));
        if (i) {
            /* It was interrupted: what it told is no part of the next. */
            inventory_begin(inv, SOURCE_LINK);
            put_link(inv, 7, "c", "", "", NULL);
        }
        for (enum kernel_source s = 0; s < N_KERNEL_SOURCES; s++) {
            inventory_end(inv, s);
        }
        assert_null(inventory_find_link(inv, 5));
        assert_int_equal(inventory_find_link(inv, 6) != NULL, !i);
        assert_non_null(inventory_find_link(inv, 7));
        assert_null(inventory_find_vf(inv, &vf));
        assert_null(inventory_find_port_of(inv, 5));
        assert_null(inventory_find_eswitch(inv, &h));
        assert_null(inventory_find_vdpa(inv, "v"));
        assert_true(hmap_is_empty(&inv->vf_ports));
        assert_true(hmap_is_empty(&inv->vdpas_by_parent));
    }
}

/* A read of one source leaves the others alone. */
static void
test_sources_are_separate(void **state)
{
    struct inventory *inv = *state;
    struct pci_addr vf = pci("0000:65:00.2");

    put_vf(inv, "0000:65:00.2", PF0, 0);
    put_vdpa(inv, "v", "0000:65:00.2");
    inventory_begin(inv, SOURCE_VDPA);
    inventory_end(inv, SOURCE_VDPA);
    assert_non_null(inventory_find_vf(inv, &vf));
    assert_null(inventory_find_vdpa(inv, "v"));
    put_vdpa(inv, "v", "0000:65:00.2");
    inventory_set_state(inv, SOURCE_PCI, SOURCE_ABSENT);
    assert_null(inventory_find_vf(inv, &vf));
    assert_non_null(inventory_find_vdpa(inv, "v"));
}

/* The tables do not grow with what was there once. */
static void
test_add_and_remove(void **state)
{
    struct inventory *inv = *state;

    for (int i = 0; i < 10000; i++) {
        put_link(inv, 5, "eth0", "pf0vf0", "sw", PF0);
        put_vf(inv, "0000:65:00.2", PF0, 0);
        inventory_link_gone(inv, 5);
        inventory_begin(inv, SOURCE_PCI);
        inventory_end(inv, SOURCE_PCI);
    }
    assert_true(hmap_is_empty(&inv->links));
    assert_true(hmap_is_empty(&inv->links_by_name));
    assert_true(hmap_is_empty(&inv->reps));
    assert_true(hmap_is_empty(&inv->vfs));
}

int
main(void)
{
#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, inventory_setup, inventory_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_link_lookup),
        TEST(test_newest_name_wins),
        TEST(test_seqno_of_links),
        TEST(test_memory_of_links),
        TEST(test_tc_offload),
        TEST(test_up_pending),
        TEST(test_uplink),
        TEST(test_port_takes_netdev),
        TEST(test_full_read),
        TEST(test_sources_are_separate),
        TEST(test_add_and_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
