/* SPDX-License-Identifier: Apache-2.0 */

/* Property: whatever the order of events, the tables are those of an inventory
 * that was told just the outcome.
 *
 * A model keeps the outcome in arrays. */

#include <config.h>

#include "controller/inventory.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "random.h"
#include "tests/unit/inventory-build.h"
#include "tests/unit/rounds.h"

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
        .vendor_id = random_range(2), .min_vq_size = random_range(2),
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

/* The following have padding, so that they are not compared as a whole. */

static void
compare_vf(const struct pci_vf_info *a, const struct pci_vf_info *b)
{
    assert_int_equal(0, pci_addr_compare(&a->addr, &b->addr));
    assert_int_equal(0, pci_addr_compare(&a->pf, &b->pf));
    assert_int_equal(a->index, b->index);
    assert_string_equal(a->driver, b->driver);
    assert_string_equal(a->netdev, b->netdev);
}

static void
compare_port(const struct devlink_port_info *a,
             const struct devlink_port_info *b)
{
    assert_true(devlink_handle_equals(&a->handle, &b->handle));
    assert_int_equal(a->index, b->index);
    assert_int_equal(a->flavour, b->flavour);
    assert_int_equal(a->controller, b->controller);
    assert_int_equal(a->external, b->external);
    assert_int_equal(a->pf, b->pf);
    assert_int_equal(a->vf, b->vf);
    assert_int_equal(a->phys_port, b->phys_port);
    assert_int_equal(a->ifindex, b->ifindex);
}

static void
compare_vdpa(const struct vdpa_info *a, const struct vdpa_info *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->mgmtdev, b->mgmtdev);
    assert_int_equal(a->parent_kind, b->parent_kind);
    if (a->parent_kind == VDPA_PARENT_PCI) {
        assert_int_equal(0, pci_addr_compare(&a->parent_pci, &b->parent_pci));
    }
    assert_string_equal(a->parent_name, b->parent_name);
    assert_string_equal(a->driver, b->driver);
    assert_string_equal(a->netdev, b->netdev);
    assert_string_equal(a->vhost_device, b->vhost_device);
    assert_int_equal(a->device_id, b->device_id);
    assert_int_equal(a->netdev_ambiguous, b->netdev_ambiguous);
    assert_int_equal(a->vendor_id, b->vendor_id);
    assert_int_equal(a->max_vqs, b->max_vqs);
    assert_int_equal(a->max_vq_size, b->max_vq_size);
    assert_int_equal(a->min_vq_size, b->min_vq_size);
}

static void
compare_others(const struct model *m, const struct inventory *inv)
{
    for (int i = 0; i < N_VFS; i++) {
        struct pci_addr addr = pci(vfs[i]);
        const struct inv_vf *vf = inventory_find_vf(inv, &addr);

        assert_int_equal(vf != NULL, m->vfs[i].there);
        if (vf) {
            compare_vf(&vf->info, &m->vfs[i].info);
        }
    }
    for (int i = 0; i < N_PORTS; i++) {
        const struct devlink_port_info *info = &m->ports[i].info;

        if (m->ports[i].there && info->ifindex) {
            const struct inv_port *port
                = inventory_find_port_of(inv, info->ifindex);

            assert_non_null(port);
            compare_port(&port->info, info);
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
            compare_vdpa(&vdpa->info, &m->vdpas[i].info);
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
    for (int i = 0; i < rounds(10000); i++) {
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
    assert_true(n_paired > rounds(500));
    assert_true(n_ambiguous > rounds(500));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_incremental_equals_scratch,
                                        inventory_setup, inventory_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
