/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "random.h"
#include "tests/unit/inventory-build.h"

#define PF0 "0000:65:00.0"
#define H0 "pci/" PF0

static int
setup(void **state)
{
    struct inventory *inv = xmalloc(sizeof *inv);

    inventory_init(inv);
    *state = inv;
    return 0;
}

static int
teardown(void **state)
{
    inventory_destroy(*state);
    free(*state);
    return 0;
}

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

/* Property: whatever the order of events, the tables are those of an inventory
 * that was told just the outcome.
 *
 * A model keeps the outcome in arrays. */

#define N_LINKS 10
#define N_VFS 6
#define N_PORTS 12              /* 3 handles with 4 each. */
#define N_ESWITCHES 3
#define N_VDPAS 5

static const char *const pfs[] = {
    "0000:65:00.0", "0000:65:00.1", "10000:66:00.0",
};
static const char *const vfs[N_VFS] = {
    "0000:65:00.2", "0000:65:00.3", "0000:65:10.2", "0000:65:10.3",
    "10000:66:00.2", "10000:66:00.3",
};
static const char *const handles[N_ESWITCHES] = {
    "pci/0000:65:00.0", "pci/0000:65:00.1", "pci/10000:66:00.0",
};
static const char *const link_names[] = {
    "eth0", "eth1", "eth2", "eth3", "rep0", "rep1", "rep2",
};
static const char *const phys_port_names[] = {
    "", "p0", "p1", "pf0vf0", "pf0vf1", "pf1vf0", "pf1vf1", "c1pf0vf0",
    "c1pf0vf1", "pf0", "odd", "p0s1",
};
static const char *const switch_ids[] = {
    "", "sw", "0123456789abcdef0123456789abcdeA",
    "0123456789abcdef0123456789abcdeB",
};
static const char *const vdpa_names[N_VDPAS] = {
    "v0", "v1", "vdpa:0000:65:00.2", "a b\"c", "\xff\n",
};

#define PICK(ARRAY) (ARRAY)[random_range(ARRAY_SIZE(ARRAY))]

struct model {
    struct {
        bool there;
        bool kept;              /* By the full read that is under way. */
        struct link_info info;
        enum tc_offload tc_offload;
        bool settled;
    } links[N_LINKS];           /* By ifindex, less 1. */
    struct {
        bool there;
        bool kept;
        struct pci_vf_info info;
    } vfs[N_VFS];
    struct {
        bool there;
        bool kept;
        struct devlink_port_info info;
    } ports[N_PORTS];
    struct {
        bool there;
        bool kept;
        struct eswitch_info info;
    } eswitches[N_ESWITCHES];
    struct {
        bool there;
        bool kept;
        struct vdpa_info info;
    } vdpas[N_VDPAS];
    enum source_state state[N_KERNEL_SOURCES];
};

/* The numbers of the PFs, and their switches. */
static const uint32_t pf_nums[] = { 0, 1, 0 };
static const char *const pf_ids[] = {
    "sw", "sw", "0123456789abcdef0123456789abcdeA",
};

/* The netdev that belongs at this ifindex on a node that is in order: uplinks
 * of the three PFs, then the representors of the VFs. */
static struct link_info
orderly_link(int i)
{
    int pf = i < 3 ? i : (i - 3) / 2 % 3;
    char port_name[32];

    if (i < 3) {
        snprintf(port_name, sizeof port_name, "p%u", pf_nums[pf]);
    } else {
        snprintf(port_name, sizeof port_name, "pf%uvf%d", pf_nums[pf],
                 (i - 3) % 2);
    }
    return link_make(i + 1, PICK(link_names), port_name, pf_ids[pf], pfs[pf]);
}

static struct link_info
disorderly_link(int i)
{
    return link_make(i + 1, PICK(link_names), PICK(phys_port_names),
                     PICK(switch_ids), random_range(3) ? PICK(pfs) : NULL);
}

static void
random_link(struct model *m, struct inventory *inv, int i)
{
    struct link_info info = (random_range(5) ? orderly_link(i)
                             : disorderly_link(i));
    const struct link_info *old = &m->links[i].info;

    if (!random_range(30)) {
        info.has_parent_pci = true;
        info.parent_pci = pci(PICK(vfs));
    }
    if (m->links[i].there && random_range(2)) {
        /* Renamed only. */
        info = *old;
        ovs_strlcpy(info.name, PICK(link_names), sizeof info.name);
    }
    info.flags = random_range(2) ? IFF_UP : 0;
    ovs_strlcpy(info.kind, random_range(30) ? "" : "bond", sizeof info.kind);

    for (int j = 0; j < N_LINKS; j++) {
        if (j != i && !strcmp(m->links[j].info.name, info.name)) {
            m->links[j].info.name[0] = '\0';
        }
    }
    if (!m->links[i].there
        || strcmp(old->kind, info.kind)
        || (old->phys_port_name[0] && info.phys_port_name[0]
            && strcmp(old->phys_port_name, info.phys_port_name))
        || (old->has_parent_pci && info.has_parent_pci
            && pci_addr_compare(&old->parent_pci, &info.parent_pci))) {
        m->links[i].tc_offload = TC_OFFLOAD_UNKNOWN;
        m->links[i].settled = false;
    }
    m->links[i].there = m->links[i].kept = true;
    m->links[i].info = info;
    inventory_link(inv, &info);
}

static void
random_vf(struct model *m, struct inventory *inv, int i)
{
    struct pci_vf_info info = {
        .addr = pci(vfs[i]), .pf = pci(PICK(pfs)),
        .index = (int) random_range(4) - 1,
    };

    if (random_range(5)) {
        info.pf = pci(pfs[i / 2]);
        info.index = i % 2;
    }
    ovs_strlcpy(info.driver, random_range(2) ? "drv" : "", sizeof info.driver);
    ovs_strlcpy(info.netdev, random_range(2) ? "vfnet" : "",
                sizeof info.netdev);
    m->vfs[i].there = m->vfs[i].kept = true;
    m->vfs[i].info = info;
    inventory_vf(inv, &info);
}

static void
random_port(struct model *m, struct inventory *inv, int i)
{
    static const enum devlink_flavour flavours[] = {
        FLAVOUR_OTHER, FLAVOUR_PHYSICAL, FLAVOUR_PCI_PF, FLAVOUR_PCI_SF,
        FLAVOUR_PCI_VF, FLAVOUR_PCI_VF, FLAVOUR_PCI_VF, FLAVOUR_PCI_VF,
    };
    struct devlink_port_info info = {
        .handle = handle(handles[i / 4]), .index = i % 4,
        .flavour = PICK(flavours), .controller = random_range(2),
        .pf = random_range(2), .vf = random_range(2),
        .phys_port = random_range(2),
        .ifindex = random_range(N_LINKS + 2),
    };

    if (random_range(5) && i % 4 < 2) {
        info.flavour = FLAVOUR_PCI_VF;
        info.controller = 0;
        info.pf = pf_nums[i / 4];
        info.vf = i % 4;
        info.ifindex = 4 + i / 4 * 2 + i % 4;
    }
    info.external = info.controller && random_range(4);
    for (int j = 0; j < N_PORTS; j++) {
        if (j != i && m->ports[j].info.ifindex == info.ifindex) {
            m->ports[j].info.ifindex = 0;
        }
    }
    m->ports[i].there = m->ports[i].kept = true;
    m->ports[i].info = info;
    inventory_port(inv, &info);
}

static void
random_eswitch(struct model *m, struct inventory *inv, int i)
{
    struct eswitch_info info = {
        .handle = handle(handles[i]),
        .mode = random_range(5) ? ESWITCH_SWITCHDEV : random_range(3),
    };

    m->eswitches[i].there = m->eswitches[i].kept = true;
    m->eswitches[i].info = info;
    inventory_eswitch(inv, &info);
}

static void
random_vdpa(struct model *m, struct inventory *inv, int i)
{
    struct vdpa_info info = {
        .parent_kind = random_range(3), .max_vqs = random_range(3),
    };

    ovs_strlcpy(info.name, vdpa_names[i], sizeof info.name);
    if (random_range(2)) {
        info.parent_kind = VDPA_PARENT_PCI;
    }
    if (info.parent_kind == VDPA_PARENT_PCI) {
        info.parent_pci = pci(random_range(4) ? PICK(vfs) : PICK(pfs));
    }
    ovs_strlcpy(info.driver, random_range(2) ? "vhost_vdpa" : "",
                sizeof info.driver);
    m->vdpas[i].there = m->vdpas[i].kept = true;
    m->vdpas[i].info = info;
    inventory_vdpa(inv, &info);
}

/* Makes the model forget what was not kept.  An entry that is not there is
 * all zeros. */
#define DROP(ARRAY)                                             \
    for (size_t i__ = 0; i__ < ARRAY_SIZE(ARRAY); i__++) {      \
        if (!(ARRAY)[i__].kept) {                               \
            memset(&(ARRAY)[i__], 0, sizeof (ARRAY)[i__]);      \
        }                                                       \
    }

static void
model_begin(struct model *m, enum kernel_source source)
{
#define FORGET(ARRAY)                                           \
    for (size_t i__ = 0; i__ < ARRAY_SIZE(ARRAY); i__++) {      \
        (ARRAY)[i__].kept = false;                              \
    }
    switch ((int) source) {
    case SOURCE_LINK:
        FORGET(m->links);
        break;
    case SOURCE_PCI:
        FORGET(m->vfs);
        break;
    case SOURCE_DEVLINK:
        FORGET(m->ports);
        FORGET(m->eswitches);
        break;
    case SOURCE_VDPA:
        FORGET(m->vdpas);
        break;
    }
}

static void
model_end(struct model *m, enum kernel_source source)
{
    switch ((int) source) {
    case SOURCE_LINK:
        DROP(m->links);
        break;
    case SOURCE_PCI:
        DROP(m->vfs);
        break;
    case SOURCE_DEVLINK:
        DROP(m->ports);
        DROP(m->eswitches);
        break;
    case SOURCE_VDPA:
        DROP(m->vdpas);
        break;
    }
}

/* One object of 'source' is told. */
static void
random_upsert(struct model *m, struct inventory *inv,
              enum kernel_source source)
{
    switch ((int) source) {
    case SOURCE_LINK:
        random_link(m, inv, random_range(N_LINKS));
        break;
    case SOURCE_PCI:
        random_vf(m, inv, random_range(N_VFS));
        break;
    case SOURCE_DEVLINK:
        if (random_range(4)) {
            random_port(m, inv, random_range(N_PORTS));
        } else {
            random_eswitch(m, inv, random_range(N_ESWITCHES));
        }
        break;
    case SOURCE_VDPA:
        random_vdpa(m, inv, random_range(N_VDPAS));
        break;
    }
}

static void
random_read(struct model *m, struct inventory *inv, enum kernel_source source)
{
    /* Some are interrupted and begin again. */
    for (int n = 1 + !random_range(3); n; n--) {
        inventory_begin(inv, source);
        model_begin(m, source);
        for (int i = random_range(12); i; i--) {
            random_upsert(m, inv, (random_range(8) ? source
                                   : random_range(N_KERNEL_SOURCES)));
        }
    }
    inventory_end(inv, source);
    model_end(m, source);
}

static void
random_removal(struct model *m, struct inventory *inv)
{
    if (random_range(2)) {
        int i = random_range(N_LINKS);

        inventory_link_gone(inv, i + 1);
        memset(&m->links[i], 0, sizeof m->links[i]);
    } else {
        int i = random_range(N_VFS);
        struct pci_addr addr = pci(vfs[i]);

        inventory_vf_gone(inv, &addr);
        memset(&m->vfs[i], 0, sizeof m->vfs[i]);
    }
}

static void
random_tc_offload(struct model *m, struct inventory *inv)
{
    int i = random_range(N_LINKS);
    enum tc_offload value = random_range(4);

    inventory_tc_offload(inv, i + 1, value);
    if (m->links[i].there) {
        m->links[i].tc_offload = value;
        m->links[i].settled |= value == TC_OFFLOAD_ON;
    }
}

static void
random_state(struct model *m, struct inventory *inv)
{
    enum kernel_source source = random_range(N_KERNEL_SOURCES);
    enum source_state value = random_range(3);

    if (value == SOURCE_ABSENT && value != m->state[source]) {
        model_begin(m, source);
        model_end(m, source);
    }
    m->state[source] = value;
    inventory_set_state(inv, source, value);
}

static void
random_event(struct model *m, struct inventory *inv)
{
    int n = random_range(100);

    if (n < 70) {
        random_upsert(m, inv, random_range(N_KERNEL_SOURCES));
    } else if (n < 84) {
        random_removal(m, inv);
    } else if (n < 91) {
        random_tc_offload(m, inv);
    } else if (n < 95) {
        random_read(m, inv, random_range(N_KERNEL_SOURCES));
    } else {
        random_state(m, inv);
    }
}

/* Tells 'inv' what is in the model, in an order of its own. */
static void
build(const struct model *m, struct inventory *inv)
{
    inventory_init(inv);
    for (int i = N_VDPAS - 1; i >= 0; i--) {
        if (m->vdpas[i].there) {
            inventory_vdpa(inv, &m->vdpas[i].info);
        }
    }
    for (int i = N_LINKS - 1; i >= 0; i--) {
        if (m->links[i].there) {
            inventory_link(inv, &m->links[i].info);
            inventory_tc_offload(inv, i + 1, m->links[i].tc_offload);
        }
    }
    for (int i = N_VFS - 1; i >= 0; i--) {
        if (m->vfs[i].there) {
            inventory_vf(inv, &m->vfs[i].info);
        }
    }
    for (int i = N_PORTS - 1; i >= 0; i--) {
        if (m->ports[i].there) {
            inventory_port(inv, &m->ports[i].info);
        }
    }
    for (int i = 0; i < N_ESWITCHES; i++) {
        if (m->eswitches[i].there) {
            inventory_eswitch(inv, &m->eswitches[i].info);
        }
    }
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        inv->state[i] = m->state[i];
    }
}

static void
compare_links(const struct model *m, const struct inventory *inv)
{
    for (int i = 0; i < N_LINKS; i++) {
        const struct inv_link *link = inventory_find_link(inv, i + 1);

        assert_int_equal(link != NULL, m->links[i].there);
        if (link) {
            assert_memory_equal(&link->info, &m->links[i].info,
                                sizeof link->info);
            assert_int_equal(link->tc_offload, m->links[i].tc_offload);
            assert_int_equal(link->offload_settled, m->links[i].settled);
            if (link->info.name[0]) {
                assert_ptr_equal(inventory_find_link_by_name(
                                     inv, link->info.name), link);
            }
        }
    }
}

static void
compare_others(const struct model *m, const struct inventory *inv)
{
    for (int i = 0; i < N_VFS; i++) {
        struct pci_addr addr = pci(vfs[i]);
        const struct inv_vf *vf = inventory_find_vf(inv, &addr);

        assert_int_equal(vf != NULL, m->vfs[i].there);
        if (vf) {
            const struct pci_vf_info *info = &m->vfs[i].info;

            /* Not all at once: a pci_addr ends with padding. */
            assert_int_equal(0, pci_addr_compare(&vf->info.addr,
                                                 &info->addr));
            assert_int_equal(0, pci_addr_compare(&vf->info.pf, &info->pf));
            assert_int_equal(vf->info.index, info->index);
            assert_string_equal(vf->info.driver, info->driver);
            assert_string_equal(vf->info.netdev, info->netdev);
        }
    }
    for (int i = 0; i < N_PORTS; i++) {
        const struct devlink_port_info *info = &m->ports[i].info;

        if (m->ports[i].there && info->ifindex) {
            const struct inv_port *port
                = inventory_find_port_of(inv, info->ifindex);

            assert_non_null(port);
            assert_memory_equal(&port->info, info, sizeof port->info);
        }
    }
    for (int i = 0; i < N_ESWITCHES; i++) {
        struct devlink_handle h = handle(handles[i]);
        const struct inv_eswitch *eswitch = inventory_find_eswitch(inv, &h);

        assert_int_equal(eswitch != NULL, m->eswitches[i].there);
        if (eswitch) {
            assert_int_equal(eswitch->info.mode, m->eswitches[i].info.mode);
        }
    }
    for (int i = 0; i < N_VDPAS; i++) {
        const struct inv_vdpa *vdpa = inventory_find_vdpa(inv, vdpa_names[i]);

        assert_int_equal(vdpa != NULL, m->vdpas[i].there);
        if (vdpa) {
            assert_memory_equal(&vdpa->info, &m->vdpas[i].info,
                                sizeof vdpa->info);
        }
    }
}

/* No index holds more or less than that of 'b'. */
static void
compare_indexes(const struct inventory *a, const struct inventory *b)
{
#define SAME_COUNT(MAP) \
    assert_int_equal(hmap_count(&a->MAP), hmap_count(&b->MAP))
    SAME_COUNT(links);
    SAME_COUNT(links_by_name);
    SAME_COUNT(links_by_parent);
    SAME_COUNT(reps);
    SAME_COUNT(vfs);
    SAME_COUNT(ports);
    SAME_COUNT(vf_ports);
    SAME_COUNT(ports_by_ifindex);
    SAME_COUNT(eswitches);
    SAME_COUNT(vdpas);
    SAME_COUNT(vdpas_by_parent);
}

static char *
pairs_of(const struct inventory *inv)
{
    struct pair_table pairs;
    char *s;

    pairs_init(&pairs);
    pairs_compute(inv, &pairs);
    check_pairs(inv, &pairs);
    s = pairs_to_string(&pairs);
    pairs_destroy(&pairs);
    return s;
}

static void
test_incremental_equals_scratch(void **state)
{
    struct inventory *inv = *state;
    struct model m;
    size_t n_paired = 0, n_ambiguous = 0;
    char *last = NULL;
    uint64_t last_seqno = 0;

    memset(&m, 0, sizeof m);
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        m.state[i] = SOURCE_SYNCING;
    }
    random_set_seed(20240611);
    for (int i = 0; i < 10000; i++) {
        struct inventory scratch;
        char *pairs, *wanted;

        random_event(&m, inv);
        if (i % 10 == 0) {
            /* Long enough that something is seen. */
            for (int j = 0; j < N_KERNEL_SOURCES; j++) {
                m.state[j] = SOURCE_SYNCED;
                inventory_set_state(inv, j, SOURCE_SYNCED);
            }
        }
        compare_links(&m, inv);
        compare_others(&m, inv);
        build(&m, &scratch);
        compare_indexes(inv, &scratch);
        pairs = pairs_of(inv);
        wanted = pairs_of(&scratch);
        assert_string_equal(pairs, wanted);

        /* The sequence number tells of every change of pairs. */
        if (last && strcmp(last, pairs)) {
            assert_true(inv->pairs_seqno > last_seqno);
        }
        n_paired += strstr(pairs, "state=paired") != NULL;
        n_ambiguous += strstr(pairs, "ambiguous=1") != NULL;
        free(last);
        last = pairs;
        last_seqno = inv->pairs_seqno;
        free(wanted);
        inventory_destroy(&scratch);
    }
    free(last);
    print_message("%"PRIuSIZE" with pairs, %"PRIuSIZE" with "
                  "ambiguities\n", n_paired, n_ambiguous);
    /* It was no test of nothing. */
    assert_true(n_paired > 500);
    assert_true(n_ambiguous > 500);
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
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
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
        TEST(test_incremental_equals_scratch),
        TEST(test_add_and_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
