/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/pairing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "controller/inventory.h"
#include "controller/rep-match.h"
#include "hash.h"
#include "hmapx.h"
#include "util.h"

/* One computation. */
struct pairing {
    const struct inventory *inv;
    struct pair_table *table;
    struct pf_table pfs;
    const char *unsynced;       /* What is not read in full, or NULL. */
    struct hmapx taken;         /* struct inv_link and struct inv_port that are
                                 * in the row of a VF. */
    struct hmapx disputed;      /* Those that could be of several VFs, or are
                                 * one of several for a VF. */
    struct hmapx listed;        /* struct inv_link that have a row. */
};

/* A VF on its way to a row. */
struct vf_work {
    const struct inv_vf *vf;
    const struct pf_facts *pf;
    struct rep_match match;
    bool contested;             /* Could another VF have its candidate? */
};

void
pairs_init(struct pair_table *table)
{
    hmap_init(&table->pairs);
}

static void
pairs_clear(struct pair_table *table)
{
    struct pair *pair;

    HMAP_FOR_EACH_POP (pair, node, &table->pairs) {
        free(pair->key);
        free(pair->reason);
        free(pair->vdpas);
        free(pair);
    }
}

void
pairs_destroy(struct pair_table *table)
{
    pairs_clear(table);
    hmap_destroy(&table->pairs);
}

static struct pair *
pair_add(struct pairing *p, enum pair_kind kind, char *key)
{
    struct pair *pair = xzalloc(sizeof *pair);

    pair->kind = kind;
    pair->key = key;
    hmap_insert(&p->table->pairs, &pair->node, hash_string(key, 0));
    return pair;
}

static void OVS_PRINTF_FORMAT(3, 4)
pair_set_state(struct pair *pair, enum pair_state state,
               const char *format, ...)
{
    va_list args;

    pair->state = state;
    free(pair->reason);
    va_start(args, format);
    pair->reason = xvasprintf(format, args);
    va_end(args);
}

/* Sets of pointers, in which NULL is never. */

static void
set_add(struct hmapx *set, const void *p)
{
    if (p) {
        hmapx_add(set, CONST_CAST(void *, p));
    }
}

static bool
set_has(const struct hmapx *set, const void *p)
{
    return p && hmapx_contains(set, p);
}

/* Sets PAIR_RESYNC and returns true if nothing can be said now. */
static bool
pair_is_resyncing(const struct pairing *p, struct pair *pair)
{
    if (p->unsynced) {
        pair_set_state(pair, PAIR_RESYNC,
                       "the kernel's list of %s is being read", p->unsynced);
    }
    return p->unsynced != NULL;
}

/* VFs. */

static int
compare_vdpas(const void *a_, const void *b_)
{
    const struct inv_vdpa *const *a = a_;
    const struct inv_vdpa *const *b = b_;

    return strcmp((*a)->info.name, (*b)->info.name);
}

static void
pair_add_vdpas(struct pairing *p, struct pair *pair)
{
    const struct inv_vdpa *vdpa;
    size_t allocated = 0;

    INV_FOR_EACH_VDPA_ON (vdpa, p->inv, &pair->vf_addr) {
        if (pair->n_vdpas >= allocated) {
            pair->vdpas = x2nrealloc(pair->vdpas, &allocated,
                                     sizeof *pair->vdpas);
        }
        pair->vdpas[pair->n_vdpas++] = vdpa;
    }
    if (pair->n_vdpas > 1) {
        qsort(pair->vdpas, pair->n_vdpas, sizeof *pair->vdpas, compare_vdpas);
    }
}

/* The VF has no representor. */
static void
decide_no_candidate(const struct vf_work *work, const char *pf_name,
                    struct pair *pair)
{
    const struct pf_facts *pf = work->pf;

    if (work->match.external) {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "the representor with PF number %"PRIu32" and VF "
                       "number %"PRIu32" is that of a function on another "
                       "host", pf->pf_num, pair->vf);
    } else if (pf->mode == ESWITCH_SWITCHDEV) {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "no devlink port and no netdev of %s has PF number "
                       "%"PRIu32" and VF number %"PRIu32"; see devlink port "
                       "show", pf_name, pf->pf_num, pair->vf);
    } else {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "the driver of PF %s tells no eswitch mode and has no "
                       "representor for this VF; see devlink dev eswitch show "
                       "pci/%s", pf_name, pf_name);
    }
}

/* The VF has no vDPA device. */
static void
decide_no_vdpa(const struct inv_vf *vf, const char *vf_name,
               struct pair *pair)
{
    const char *driver = vf->info.driver;

    if (!driver[0]) {
        pair_set_state(pair, PAIR_NO_VDPA,
                       "VF %s has no driver; bind the one that makes vDPA "
                       "devices", vf_name);
    } else if (!strcmp(driver, "vfio-pci")) {
        pair_set_state(pair, PAIR_NO_VDPA,
                       "VF %s is bound to vfio-pci; bind the driver that "
                       "makes vDPA devices", vf_name);
    } else {
        pair_set_state(pair, PAIR_NO_VDPA,
                       "vdpa dev add name NAME mgmtdev pci/%s makes one",
                       vf_name);
    }
}

static void
decide_vf(const struct pairing *p, const struct vf_work *work,
          struct pair *pair)
{
    const struct rep_match *match = &work->match;
    char pf_name[PCI_ADDR_STRLEN], vf_name[PCI_ADDR_STRLEN];

    pci_addr_format(&pair->pf_addr, pf_name);
    pci_addr_format(&pair->vf_addr, vf_name);
    if (pair_is_resyncing(p, pair)) {
        return;
    } else if (!pair->has_vf) {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "PF %s has no virtfn link to this VF, so its number is "
                       "not known; is a driver bound to the PF?", pf_name);
    } else if (work->pf->mode == ESWITCH_LEGACY) {
        pair_set_state(pair, PAIR_LEGACY_ESWITCH,
                       "eswitch of %s is in legacy mode; devlink dev eswitch "
                       "set pci/%s mode switchdev", pf_name, pf_name);
    } else if (match->n > 1) {
        pair_set_state(pair, PAIR_AMBIGUOUS,
                       "%"PRIuSIZE" devlink ports or netdevs of %s have PF "
                       "number %"PRIu32" and VF number %"PRIu32"; see devlink "
                       "port show", match->n, pf_name, pair->pf_num, pair->vf);
    } else if (work->contested) {
        pair_set_state(pair, PAIR_AMBIGUOUS,
                       "the netdev with PF number %"PRIu32" and VF number "
                       "%"PRIu32" could be that of another VF too; see "
                       "devlink port show", pair->pf_num, pair->vf);
    } else if (!match->n) {
        decide_no_candidate(work, pf_name, pair);
    } else if (!pair->rep) {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "devlink port %s/%s/%"PRIu32" is there, its netdev is "
                       "not yet, or not in this network namespace",
                       match->candidates[0].port->info.handle.bus,
                       match->candidates[0].port->info.handle.dev,
                       match->candidates[0].port->info.index);
    } else if (pair->n_vdpas > 1) {
        pair_set_state(pair, PAIR_AMBIGUOUS,
                       "%"PRIuSIZE" vDPA devices are on VF %s; keep one, see "
                       "vdpa dev del", pair->n_vdpas, vf_name);
    } else if (!pair->n_vdpas) {
        decide_no_vdpa(work->vf, vf_name, pair);
    } else {
        pair_set_state(pair, PAIR_PAIRED, "%s", "");
    }
}

static void
set_netdev(struct pair *pair, const char *netdev, const char *away)
{
    pair->netdev = netdev[0] ? netdev : NULL;
    pair->netdev_away = away[0] ? away : NULL;
}

static void
add_vf(struct pairing *p, const struct vf_work *work)
{
    const struct pci_vf_info *info = &work->vf->info;
    const struct rep_match *match = &work->match;
    char name[PCI_ADDR_STRLEN];

    struct pair *pair = pair_add(p, PAIR_KIND_VF,
                                 xasprintf("vf %s",
                                           pci_addr_format(&info->addr,
                                                           name)));
    pair->has_vf_addr = pair->has_pf = pair->has_pf_num = true;
    pair->vf_addr = info->addr;
    pair->pf_addr = info->pf;
    pair->has_vf = info->index >= 0;
    pair->vf = pair->has_vf ? info->index : 0;
    pair->pf_num = match->n ? match->candidates[0].pf_num : work->pf->pf_num;
    pair->rep_ambiguous = match->n > 1 || work->contested;
    if (match->n == 1 && !work->contested) {
        const struct rep_candidate *candidate = &match->candidates[0];

        pair->controller = candidate->controller;
        pair->rep = candidate->link;
        set_add(&p->taken, candidate->link);
        set_add(&p->taken, candidate->port);
    }

    pair_add_vdpas(p, pair);
    if (pair->n_vdpas == 1) {
        set_netdev(pair, pair->vdpas[0]->info.netdev, pair->vdpas[0]->away);
    } else if (!pair->n_vdpas) {
        set_netdev(pair, info->netdev, work->vf->away);
    }
    decide_vf(p, work, pair);
}

/* Marks what could be of several VFs, or is one of several for a VF. */
static void
find_disputes(struct pairing *p, struct vf_work *works, size_t n)
{
    struct hmapx seen = HMAPX_INITIALIZER(&seen);

    for (size_t i = 0; i < n; i++) {
        const struct rep_match *match = &works[i].match;

        for (size_t j = 0; j < match->n; j++) {
            struct inv_link *link = match->candidates[j].link;

            if (match->n > 1) {
                set_add(&p->disputed, match->candidates[j].port);
                set_add(&p->disputed, link);
            }
            if (set_has(&seen, link)) {
                set_add(&p->disputed, link);
            }
            set_add(&seen, link);
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct rep_match *match = &works[i].match;

        works[i].contested = (match->n == 1
                              && set_has(&p->disputed,
                                         match->candidates[0].link));
    }
    hmapx_destroy(&seen);
}

static void
add_vfs(struct pairing *p)
{
    struct vf_work *works = xcalloc(hmap_count(&p->inv->vfs) + 1,
                                    sizeof *works);
    const struct inv_vf *vf;
    size_t n = 0;

    HMAP_FOR_EACH (vf, addr_node, &p->inv->vfs) {
        struct vf_work *work = &works[n++];

        work->vf = vf;
        work->pf = pf_find(&p->pfs, &vf->info.pf);
        if (vf->info.index >= 0 && work->pf->mode != ESWITCH_LEGACY) {
            rep_match_init(&work->match, &p->pfs, work->pf, vf->info.index);
        }
    }
    find_disputes(p, works, n);
    for (size_t i = 0; i < n; i++) {
        add_vf(p, &works[i]);
        rep_match_destroy(&works[i].match);
    }
    free(works);
}

/* Representors that no VF of this host took. */

/* Adds a row for 'link' or, while it has none, for its devlink port. */
static struct pair *
add_rep(struct pairing *p, const struct inv_port *port, struct inv_link *link)
{
    char *key = (port ? xasprintf("rep %s/%s/%"PRIu32, port->info.handle.bus,
                                  port->info.handle.dev, port->info.index)
                 : xasprintf("rep ifindex %d", link->info.ifindex));
    struct pair *pair = pair_add(p, PAIR_KIND_REP, key);

    if (port) {
        pair->has_pf = (!strcmp(port->info.handle.bus, "pci")
                        && pci_addr_parse(port->info.handle.dev,
                                          &pair->pf_addr));
    } else {
        pair->has_pf = link->info.has_parent_pci;
        pair->pf_addr = link->info.parent_pci;
    }
    pair->rep = link;
    set_add(&p->listed, link);
    return pair;
}

static void
decide_vf_rep(const struct pairing *p, bool external, bool disputed,
              struct pair *pair)
{
    pair->rep_ambiguous = disputed;
    if (pair_is_resyncing(p, pair)) {
        return;
    } else if (disputed) {
        pair_set_state(pair, PAIR_AMBIGUOUS,
                       "one of several with PF number %"PRIu32" and VF number "
                       "%"PRIu32", or fits several VFs; see devlink port show",
                       pair->pf_num, pair->vf);
    } else if (!pair->rep) {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "its devlink port is there, its netdev is not yet, or "
                       "not in this network namespace");
    } else if (external) {
        pair_set_state(pair, PAIR_NO_VDPA,
                       "its VF is on another host (controller %"PRIu32")",
                       pair->controller);
    } else {
        pair_set_state(pair, PAIR_NO_VDPA,
                       "no VF on this host's PCI bus was found for PF number "
                       "%"PRIu32" and VF number %"PRIu32, pair->pf_num,
                       pair->vf);
    }
}

static void
add_vf_rep_port(struct pairing *p, const struct inv_port *port)
{
    const struct devlink_port_info *info = &port->info;
    struct inv_link *link = rep_port_link(p->inv, port);

    /* As no other port has 'link', neither is that in another row. */
    if (set_has(&p->taken, port)) {
        return;
    }

    struct pair *pair = add_rep(p, port, link);
    pair->has_vf = pair->has_pf_num = true;
    pair->vf = info->vf;
    pair->pf_num = info->pf;
    pair->controller = info->controller;
    decide_vf_rep(p, info->external,
                  (set_has(&p->disputed, port)
                   || set_has(&p->disputed, link)), pair);
}

static void
add_vf_rep_link(struct pairing *p, struct inv_link *link)
{
    const struct port_name *name = &link->port_name;

    if (!link->info.name[0] || set_has(&p->taken, link)
        || set_has(&p->listed, link)) {
        return;
    }

    struct pair *pair = add_rep(p, NULL, link);
    pair->has_vf = pair->has_pf_num = true;
    pair->vf = name->vf;
    pair->pf_num = name->pf;
    pair->controller = name->controller;
    decide_vf_rep(p, name->has_controller,
                  set_has(&p->disputed, link), pair);
}

/* Representors of PFs and SFs, and those whose phys_port_name is of a form
 * that we do not know: what they represent is no VF that we could find. */
static void
add_other_rep(struct pairing *p, struct inv_link *link)
{
    const struct inv_port *port = inventory_find_port_of(p->inv,
                                                         link->info.ifindex);
    const char *name = link->info.phys_port_name;

    if (!link->info.switch_id.len || !link->info.name[0] || link->is_vf_rep
        || set_has(&p->taken, link) || set_has(&p->listed, link)
        || (port ? (port->info.flavour != FLAVOUR_PCI_PF
                    && port->info.flavour != FLAVOUR_PCI_SF)
            : !name[0] || port_name_parse_uplink(name) >= 0)) {
        return;
    }

    struct pair *pair = add_rep(p, port, link);
    if (port) {
        pair->has_pf_num = true;
        pair->pf_num = port->info.pf;
        pair->controller = port->info.controller;
    }
    if (!pair_is_resyncing(p, pair)) {
        pair_set_state(pair, PAIR_NOT_A_VF,
                       "represents %s; only VFs are paired",
                       (!port ? "no VF, by its phys_port_name"
                        : port->info.flavour == FLAVOUR_PCI_PF
                        ? "a PF" : "an SF"));
    }
}

static void
add_reps(struct pairing *p)
{
    const struct inv_port *port;
    struct inv_link *link;

    HMAP_FOR_EACH (port, key_node, &p->inv->ports) {
        if (port->info.flavour == FLAVOUR_PCI_VF) {
            add_vf_rep_port(p, port);
        }
    }
    HMAP_FOR_EACH (link, rep_node, &p->inv->reps) {
        add_vf_rep_link(p, link);
    }
    HMAP_FOR_EACH (link, index_node, &p->inv->links) {
        add_other_rep(p, link);
    }
}

/* vDPA devices that are on no VF. */

static void
decide_vdpa(const struct pairing *p, const struct vdpa_info *info,
            struct pair *pair)
{
    char name[PCI_ADDR_STRLEN];

    if (info->parent_kind == VDPA_PARENT_OTHER) {
        pair_set_state(pair, PAIR_UNSUPPORTED_PARENT,
                       "parent %s is no PCI VF, so that its representor, if "
                       "it has one, cannot be told",
                       info->parent_name[0] ? info->parent_name
                       : info->mgmtdev[0] ? info->mgmtdev : "(none)");
    } else if (pair_is_resyncing(p, pair)) {
        return;
    } else if (info->parent_kind == VDPA_PARENT_PCI) {
        pair_set_state(pair, PAIR_NOT_A_VF,
                       "PCI function %s is no SR-IOV VF and has no "
                       "representor",
                       pci_addr_format(&info->parent_pci, name));
    } else {
        pair_set_state(pair, PAIR_AMBIGUOUS,
                       "its parent cannot be told: management device \"%s\", "
                       "sysfs parent \"%s\"; see vdpa dev show",
                       info->mgmtdev, info->parent_name);
    }
}

static void
add_vdpa(struct pairing *p, const struct inv_vdpa *vdpa)
{
    const struct vdpa_info *info = &vdpa->info;

    if (info->parent_kind == VDPA_PARENT_PCI
        && inventory_find_vf(p->inv, &info->parent_pci)) {
        return;                 /* Part of the row of that VF. */
    }

    struct pair *pair = pair_add(p, PAIR_KIND_VDPA,
                                 xasprintf("vdpa %s", info->name));
    pair->vdpas = xmalloc(sizeof *pair->vdpas);
    pair->vdpas[0] = vdpa;
    pair->n_vdpas = 1;
    set_netdev(pair, info->netdev, vdpa->away);
    decide_vdpa(p, info, pair);
}

/* What the first source on which pairs depend, and that is not as in the
 * kernel, tells; or NULL.  One that is absent has nothing to tell, which is an
 * answer. */
static const char *
find_unsynced(const struct inventory *inv)
{
    static const struct {
        enum kernel_source source;
        const char *what;
    } needed[] = {
        { SOURCE_LINK, "netdevs" },
        { SOURCE_PCI, "VFs" },
        { SOURCE_DEVLINK, "devlink ports" },
        { SOURCE_VDPA, "vDPA devices" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
        if (inv->state[needed[i].source] == SOURCE_SYNCING) {
            return needed[i].what;
        }
    }
    return NULL;
}

void
pairs_compute(const struct inventory *inv, struct pair_table *table)
{
    struct pairing p = {
        .inv = inv,
        .table = table,
        .unsynced = find_unsynced(inv),
        .taken = HMAPX_INITIALIZER(&p.taken),
        .disputed = HMAPX_INITIALIZER(&p.disputed),
        .listed = HMAPX_INITIALIZER(&p.listed),
    };
    const struct inv_vdpa *vdpa;

    pairs_clear(table);
    pf_table_init(&p.pfs, inv);
    add_vfs(&p);
    add_reps(&p);
    HMAP_FOR_EACH (vdpa, name_node, &inv->vdpas) {
        add_vdpa(&p, vdpa);
    }
    pf_table_destroy(&p.pfs);
    hmapx_destroy(&p.taken);
    hmapx_destroy(&p.disputed);
    hmapx_destroy(&p.listed);
}

const char *
pair_state_to_string(enum pair_state state)
{
    switch (state) {
    case PAIR_PAIRED: return "paired";
    case PAIR_NO_VDPA: return "no-vdpa";
    case PAIR_NO_REPRESENTOR: return "no-representor";
    case PAIR_LEGACY_ESWITCH: return "legacy-eswitch";
    case PAIR_AMBIGUOUS: return "ambiguous";
    case PAIR_NOT_A_VF: return "not-a-vf";
    case PAIR_UNSUPPORTED_PARENT: return "unsupported-parent";
    case PAIR_RESYNC: return "resync";
    default: OVS_NOT_REACHED();
    }
}
