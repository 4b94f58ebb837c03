/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_PAIRING_FIXTURE_H
#define TESTS_UNIT_PAIRING_FIXTURE_H 1

/* An inventory and its pairs, and what is often in them.  Include after
 * <cmocka.h>. */

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

static inline int
setup(void **state)
{
    struct fixture *f = xmalloc(sizeof *f);

    inventory_init(&f->inv);
    pairs_init(&f->pairs);
    sources_synced(&f->inv);
    *state = f;
    return 0;
}

static inline int
teardown(void **state)
{
    struct fixture *f = *state;

    pairs_destroy(&f->pairs);
    inventory_destroy(&f->inv);
    free(f);
    return 0;
}

static inline void
compute(struct fixture *f)
{
    pairs_compute(&f->inv, &f->pairs);
    check_pairs(&f->inv, &f->pairs);
}

/* Row 'key' is there in 'state', with the netdev 'rep' (NULL for none) as its
 * representor and a reason that says 'reason'.  Returns it. */
static inline const struct pair *
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

static inline void
expect_n(const struct fixture *f, size_t n)
{
    if (hmap_count(&f->pairs.pairs) != n) {
        char *all = pairs_to_string(&f->pairs);
        fail_msg("not %"PRIuSIZE" rows:\n%s", n, all);
    }
}

/* A PF in mode switchdev with an uplink of ifindex 'base' and a physical
 * port. */
static inline void
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
static inline void
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
static inline void
put_rep_name(struct fixture *f, uint32_t pf, uint32_t vf, const char *id,
             const char *parent, int ifindex)
{
    char name[32], port_name[32];

    snprintf(name, sizeof name, "rep%d", ifindex);
    snprintf(port_name, sizeof port_name, "pf%uvf%u", pf, vf);
    put_link(&f->inv, ifindex, name, port_name, id, parent);
}

/* One PF with VFs 0 and 1, all as it should be. */
static inline void
put_plain(struct fixture *f)
{
    put_pf(f, PF0, 0, "sw", 10);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_vf(&f->inv, "0000:65:00.3", PF0, 1);
    put_rep(f, H0, 1, 0, 0, "sw", PF0, 20);
    put_rep(f, H0, 2, 0, 1, "sw", PF0, 21);
}

/* Two PFs on switches 'id0' and 'id1', with a VF each. */
static inline void
put_two_pfs(struct fixture *f, const char *id0, const char *id1)
{
    put_pf(f, PF0, 0, id0, 10);
    put_pf(f, PF1, 1, id1, 11);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    put_vf(&f->inv, "0000:65:10.2", PF1, 0);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

#endif /* tests/unit/pairing-fixture.h */
