/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_INVENTORY_BUILD_H
#define TESTS_UNIT_INVENTORY_BUILD_H 1

/* Fills an inventory as a kernel would, and checks what must be true of the
 * pairs of any inventory.  Include after <cmocka.h>. */

#include <net/if.h>
#include <string.h>

#include "controller/inventory.h"
#include "controller/pairing.h"
#include "controller/rep-match.h"
#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "util.h"

/* An empty inventory for each test. */

static inline int
inventory_setup(void **state)
{
    struct inventory *inv = xmalloc(sizeof *inv);

    inventory_init(inv);
    *state = inv;
    return 0;
}

static inline int
inventory_teardown(void **state)
{
    inventory_destroy(*state);
    free(*state);
    return 0;
}

/* Values. */

static inline struct pci_addr
pci(const char *s)
{
    struct pci_addr addr;

    assert_true(pci_addr_parse(s, &addr));
    return addr;
}

/* "BUS/DEVICE". */
static inline struct devlink_handle
handle(const char *s)
{
    const char *slash = strchr(s, '/');
    struct devlink_handle h = { .bus = "" };

    memcpy(h.bus, s, slash - s);
    ovs_strlcpy(h.dev, slash + 1, sizeof h.dev);
    return h;
}

/* The bytes of 's'; none for "". */
static inline struct switch_id
switch_id(const char *s)
{
    struct switch_id id = { .len = strlen(s) };

    assert_true(id.len <= sizeof id.id);
    memcpy(id.id, s, id.len);
    return id;
}

/* 'parent' is NULL for a netdev on no PCI function. */
static inline struct link_info
link_make(int ifindex, const char *name, const char *phys_port_name,
          const char *id, const char *parent)
{
    struct link_info info = { .ifindex = ifindex };

    ovs_strlcpy(info.name, name, sizeof info.name);
    ovs_strlcpy(info.phys_port_name, phys_port_name,
                sizeof info.phys_port_name);
    info.switch_id = switch_id(id);
    info.has_parent_pci = parent != NULL;
    if (parent) {
        info.parent_pci = pci(parent);
    }
    return info;
}

static inline void
put_link(struct inventory *inv, int ifindex, const char *name,
         const char *phys_port_name, const char *id, const char *parent)
{
    struct link_info info = link_make(ifindex, name, phys_port_name, id,
                                      parent);

    inventory_link(inv, &info);
}

static inline void
put_vf(struct inventory *inv, const char *addr, const char *pf, int index)
{
    struct pci_vf_info info = {
        .addr = pci(addr), .pf = pci(pf), .index = index,
        .driver = "mlx5_core",
    };

    inventory_vf(inv, &info);
}

static inline void
put_eswitch(struct inventory *inv, const char *h, enum eswitch_mode mode)
{
    struct eswitch_info info = { .handle = handle(h), .mode = mode };

    inventory_eswitch(inv, &info);
}

static inline void
put_port(struct inventory *inv, const char *h, uint32_t index,
         enum devlink_flavour flavour, uint32_t controller, uint32_t pf,
         uint32_t vf, int ifindex)
{
    struct devlink_port_info info = {
        .handle = handle(h), .index = index, .flavour = flavour,
        .controller = controller, .external = controller != 0, .pf = pf,
        .vf = vf, .ifindex = ifindex,
    };

    if (flavour == FLAVOUR_PHYSICAL) {
        info.phys_port = pf;
    }
    inventory_port(inv, &info);
}

/* 'parent' is a PCI address, "?" for a parent that cannot be told, or the name
 * of another parent. */
static inline void
put_vdpa(struct inventory *inv, const char *name, const char *parent)
{
    struct vdpa_info info = { .device_id = 1 };

    ovs_strlcpy(info.name, name, sizeof info.name);
    if (pci_addr_parse(parent, &info.parent_pci)) {
        info.parent_kind = VDPA_PARENT_PCI;
        snprintf(info.mgmtdev, sizeof info.mgmtdev, "pci/%s", parent);
    } else {
        info.parent_kind = (strcmp(parent, "?") ? VDPA_PARENT_OTHER
                            : VDPA_PARENT_UNKNOWN);
        ovs_strlcpy(info.mgmtdev, parent, sizeof info.mgmtdev);
    }
    ovs_strlcpy(info.parent_name, parent, sizeof info.parent_name);
    inventory_vdpa(inv, &info);
}

static inline void
sources_synced(struct inventory *inv)
{
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        inventory_set_state(inv, i, SOURCE_SYNCED);
    }
}

static inline const struct pair *
pair_find(const struct pair_table *table, const char *key)
{
    const struct pair *pair;

    HMAP_FOR_EACH (pair, node, &table->pairs) {
        if (!strcmp(pair->key, key)) {
            return pair;
        }
    }
    return NULL;
}

/* Number of rows that have representor 'link' or vDPA device 'vdpa'. */
static inline size_t
count_rows(const struct pair_table *table, const struct inv_link *link,
           const struct inv_vdpa *vdpa)
{
    const struct pair *pair;
    size_t n = 0;

    HMAP_FOR_EACH (pair, node, &table->pairs) {
        n += link && pair->rep == link;
        for (size_t i = 0; i < pair->n_vdpas; i++) {
            n += vdpa && pair->vdpas[i] == vdpa;
        }
    }
    return n;
}

static inline void
check_pair(const struct pair *pair)
{
    assert_non_null(pair->reason);
    assert_string_not_equal(pair_state_to_string(pair->state), "");
    assert_int_equal(pair->kind == PAIR_KIND_VF, pair->has_vf_addr);
    assert_true(!pair->rep || pair->rep->info.name[0]);
    /* Nothing is wrong with a pair, and with all others something is. */
    assert_int_equal(pair->state == PAIR_PAIRED, !pair->reason[0]);
    if (pair->state == PAIR_PAIRED) {
        assert_true(pair->has_vf && pair->has_pf && pair->rep
                    && pair->n_vdpas == 1 && !pair->rep_ambiguous);
    }
    /* Numbers of the netdev itself contradict no row. */
    if (pair->rep && pair->rep->is_vf_rep) {
        assert_true(pair->has_vf);
        assert_int_equal(pair->rep->port_name.vf, pair->vf);
        assert_int_equal(pair->rep->port_name.pf, pair->pf_num);
    }
}

/* Is each VF, representor and vDPA device in one row, and in no other? */
static inline void
check_pairs(const struct inventory *inv, const struct pair_table *table)
{
    const struct inv_link *link;
    const struct inv_vdpa *vdpa;
    const struct inv_port *port;
    const struct pair *pair;
    const struct inv_vf *vf;
    size_t n_vf_rows = 0;

    HMAP_FOR_EACH (pair, node, &table->pairs) {
        check_pair(pair);
        n_vf_rows += pair->kind == PAIR_KIND_VF;
    }
    assert_int_equal(n_vf_rows, hmap_count(&inv->vfs));
    HMAP_FOR_EACH (vf, addr_node, &inv->vfs) {
        char name[PCI_ADDR_STRLEN];
        char *key = xasprintf("vf %s", pci_addr_format(&vf->info.addr, name));

        assert_non_null(pair_find(table, key));
        free(key);
    }
    HMAP_FOR_EACH (vdpa, name_node, &inv->vdpas) {
        assert_int_equal(count_rows(table, NULL, vdpa), 1);
    }
    HMAP_FOR_EACH (link, index_node, &inv->links) {
        port = inventory_find_port_of(inv, link->info.ifindex);
        size_t n = count_rows(table, link, NULL);

        if (link->info.name[0]
            && (link->is_vf_rep
                || (port && port->info.flavour == FLAVOUR_PCI_VF
                    && rep_port_link(inv, port)))) {
            assert_int_equal(n, 1);
        } else {
            assert_true(n <= 1);
        }
    }
}

/* All that a table says, sorted.  Caller frees. */
static inline char *
pairs_to_string(const struct pair_table *table)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct pair *pair;

    HMAP_FOR_EACH (pair, node, &table->pairs) {
        char vf[PCI_ADDR_STRLEN] = "", pf[PCI_ADDR_STRLEN] = "";
        struct ds vdpas = DS_EMPTY_INITIALIZER;

        if (pair->has_vf_addr) {
            pci_addr_format(&pair->vf_addr, vf);
        }
        if (pair->has_pf) {
            pci_addr_format(&pair->pf_addr, pf);
        }
        for (size_t j = 0; j < pair->n_vdpas; j++) {
            ds_put_format(&vdpas, "%s;", pair->vdpas[j]->info.name);
        }
        svec_add_nocopy(&lines, xasprintf(
            "%s kind=%d state=%s vf_pci=%s pf_pci=%s vf=%d/%u controller=%u "
            "pf=%d/%u rep=%d ambiguous=%d netdev=%s vdpas=%s reason=%s",
            pair->key, pair->kind, pair_state_to_string(pair->state), vf, pf,
            pair->has_vf, pair->vf, pair->controller, pair->has_pf_num,
            pair->pf_num, pair->rep ? pair->rep->info.ifindex : 0,
            pair->rep_ambiguous, pair->netdev ? pair->netdev : "",
            ds_cstr(&vdpas), pair->reason));
        ds_destroy(&vdpas);
    }
    svec_sort(&lines);

    char *text = svec_join(&lines, "\n", "\n");
    svec_destroy(&lines);
    return text;
}

#endif /* tests/unit/inventory-build.h */
