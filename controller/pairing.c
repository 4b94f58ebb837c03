/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/pairing.h"

#include <string.h>

#include "controller/inventory.h"
#include "hash.h"
#include "hmapx.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* What is known of one PF, gathered once for all of its VFs. */
struct pf_facts {
    struct hmap_node node;      /* In 'pfs' of struct pairing, by address. */
    struct pci_addr addr;
    struct devlink_handle handle;
    enum eswitch_mode mode;
    const struct inv_link *uplink; /* One with a switch id if there is one. */
    uint32_t pf_num;            /* Number of the PF, by the best evidence. */
    bool has_vf_ports;          /* devlink ports of flavour pcivf? */
    bool one_pf_num;            /* All of those have the same PF number... */
    uint32_t ports_pf_num;      /* ...which is this one. */
};

/* One computation. */
struct pairing {
    const struct inventory *inv;
    struct pair_table *table;
    struct hmap pfs;            /* struct pf_facts by address. */
    struct hmap vf_rows;        /* struct pair of VFs, by PF and number. */
    const char *unsynced;       /* Source that is not read in full, or NULL. */
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

/* PFs. */

/* Number of the PF at 'addr'.  Its uplink's phys_port_name or physical devlink
 * port numbers it as its representors do; a PF with neither or with several is
 * numbered by its PCI function, as drivers do. */
static uint32_t
pf_number(const struct inventory *inv, const struct pci_addr *addr,
          const struct inv_link **uplinkp)
{
    const struct inv_link *link, *uplink = NULL;
    int number = -1;
    bool several = false;

    INV_FOR_EACH_LINK_ON (link, inv, addr) {
        if (!inv_link_is_uplink(inv, link)) {
            continue;
        }
        if (!uplink || (!uplink->info.switch_id.len
                        && link->info.switch_id.len)) {
            uplink = link;
        }

        const struct inv_port *port
            = inventory_find_port_of(inv, link->info.ifindex);
        int n = port_name_parse_uplink(link->info.phys_port_name);
        if (n < 0 && port) {
            n = port->info.phys_port;
        }
        if (n >= 0) {
            several = several || (number >= 0 && n != number);
            number = n;
        }
    }
    *uplinkp = uplink;
    return number >= 0 && !several ? number : addr->fn;
}

static struct pf_facts *
pf_find(const struct pairing *p, const struct pci_addr *addr)
{
    struct pf_facts *pf;

    HMAP_FOR_EACH_WITH_HASH (pf, node, inv_hash_pci(addr), &p->pfs) {
        if (!pci_addr_compare(&pf->addr, addr)) {
            return pf;
        }
    }
    return NULL;
}

static struct pf_facts *
pf_get(struct pairing *p, const struct pci_addr *addr)
{
    struct pf_facts *pf = pf_find(p, addr);

    if (!pf) {
        pf = xzalloc(sizeof *pf);
        pf->addr = *addr;
        devlink_handle_from_pci(addr, &pf->handle);

        const struct inv_eswitch *eswitch
            = inventory_find_eswitch(p->inv, &pf->handle);
        pf->mode = eswitch ? eswitch->info.mode : ESWITCH_UNKNOWN;
        pf->pf_num = pf_number(p->inv, addr, &pf->uplink);
        hmap_insert(&p->pfs, &pf->node, inv_hash_pci(addr));
    }
    return pf;
}

static void
gather_pfs(struct pairing *p)
{
    const struct inv_port *port;
    const struct inv_vf *vf;
    struct pci_addr addr;

    HMAP_FOR_EACH (vf, addr_node, &p->inv->vfs) {
        pf_get(p, &vf->info.pf);
    }
    HMAP_FOR_EACH (port, key_node, &p->inv->ports) {
        if (port->info.flavour != FLAVOUR_PCI_VF
            || strcmp(port->info.handle.bus, "pci")
            || !pci_addr_parse(port->info.handle.dev, &addr)) {
            continue;
        }

        struct pf_facts *pf = pf_get(p, &addr);
        if (!pf->has_vf_ports) {
            pf->has_vf_ports = pf->one_pf_num = true;
            pf->ports_pf_num = port->info.pf;
        } else if (pf->ports_pf_num != port->info.pf) {
            pf->one_pf_num = false;
        }
    }
}

/* Is 'number' that of another PF of this host?  (A card with one eswitch may
 * have the ports of all of its PFs on the handle of one.) */
static bool
is_number_of_another_pf(const struct pairing *p, const struct pf_facts *self,
                        uint32_t number)
{
    const struct pf_facts *pf;

    HMAP_FOR_EACH (pf, node, &p->pfs) {
        if (pf != self && pf->pf_num == number && pf->pf_num != self->pf_num
            && pf->addr.domain == self->addr.domain
            && pf->addr.bus == self->addr.bus) {
            return true;
        }
    }
    return false;
}

/* Representors of local VFs. */

/* What was found for a VF. */
struct candidates {
    size_t n;                   /* How many could be it. */
    struct inv_link *link;      /* The first's netdev, NULL if it has none. */
    uint32_t controller;        /* The first's numbers. */
    uint32_t pf_num;
};

static void
candidates_add(struct candidates *c, struct inv_link *link,
               uint32_t controller, uint32_t pf_num)
{
    if (!c->n++) {
        c->link = link;
        c->controller = controller;
        c->pf_num = pf_num;
    }
}

static void
candidates_from_ports(const struct pairing *p, const struct pf_facts *pf,
                      uint32_t vf, bool local, struct candidates *c)
{
    bool any_number = (pf->one_pf_num
                       && !is_number_of_another_pf(p, pf, pf->ports_pf_num));
    const struct inv_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, vf_node,
                             inv_hash_handle_vf(&pf->handle, vf),
                             &p->inv->vf_ports) {
        const struct devlink_port_info *info = &port->info;

        if (info->vf == vf && devlink_handle_equals(&info->handle, &pf->handle)
            && (info->pf == pf->pf_num || any_number)
            && local == (!info->external && !info->controller)) {
            candidates_add(c, (info->ifindex
                               ? inventory_find_link(p->inv, info->ifindex)
                               : NULL),
                           info->controller, info->pf);
        }
    }
}

static void
candidates_from_names(const struct pairing *p, const struct pf_facts *pf,
                      uint32_t vf, bool local, struct candidates *c)
{
    const struct switch_id *id = pf->uplink ? &pf->uplink->info.switch_id
                                            : NULL;
    struct inv_link *link;

    if (!id || !id->len) {
        return;
    }
    HMAP_FOR_EACH_WITH_HASH (link, rep_node,
                             inv_hash_rep(id, pf->pf_num, vf),
                             &p->inv->reps) {
        const struct port_name *name = &link->port_name;

        if (name->vf == vf && name->pf == pf->pf_num
            && switch_id_equals(&link->info.switch_id, id)
            && local == !name->controller) {
            candidates_add(c, link, name->controller, name->pf);
        }
    }
}

/* Finds the representor of VF 'vf' of 'pf'.  The VF of this host's bus is on
 * the local controller (0); only where the eswitch knows no such function are
 * those of another controller taken. */
static struct candidates
find_representor(const struct pairing *p, const struct pf_facts *pf,
                 uint32_t vf)
{
    struct candidates c = { .n = 0 };

    for (int local = 1; local >= 0 && !c.n; local--) {
        if (pf->has_vf_ports) {
            candidates_from_ports(p, pf, vf, local, &c);
        } else {
            candidates_from_names(p, pf, vf, local, &c);
        }
    }
    return c;
}

/* Rows. */

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
}

static int
compare_vdpas(const void *a_, const void *b_)
{
    const struct inv_vdpa *const *a = a_;
    const struct inv_vdpa *const *b = b_;

    return strcmp((*a)->info.name, (*b)->info.name);
}

static void
decide_vf(const struct pairing *p, const struct pf_facts *pf,
          const struct candidates *c, struct pair *pair)
{
    char pf_name[PCI_ADDR_STRLEN], vf_name[PCI_ADDR_STRLEN];

    pci_addr_format(&pair->pf_addr, pf_name);
    pci_addr_format(&pair->vf_addr, vf_name);
    if (p->unsynced) {
        pair_set_state(pair, PAIR_RESYNC, "%s is being read again",
                       p->unsynced);
    } else if (!pair->has_vf) {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "PF %s has no virtfn link that points back to this VF",
                       pf_name);
    } else if (pf->mode == ESWITCH_LEGACY) {
        pair_set_state(pair, PAIR_LEGACY_ESWITCH,
                       "eswitch of %s is in legacy mode; devlink dev eswitch "
                       "set pci/%s mode switchdev", pf_name, pf_name);
    } else if (c->n > 1) {
        pair_set_state(pair, PAIR_AMBIGUOUS,
                       "%"PRIuSIZE" devlink ports or netdevs have PF number "
                       "%"PRIu32" and VF number %"PRIu32" on %s", c->n,
                       c->pf_num, pair->vf, pf_name);
    } else if (!c->n) {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "no representor of PF number %"PRIu32", VF number "
                       "%"PRIu32" on %s; %s", pf->pf_num, pair->vf, pf_name,
                       (pf->mode == ESWITCH_SWITCHDEV
                        ? "see: devlink port show"
                        : "its driver tells no eswitch mode"));
    } else if (!pair->rep) {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "devlink port is there, its netdev is not yet");
    } else if (pair->n_vdpas > 1) {
        pair_set_state(pair, PAIR_AMBIGUOUS,
                       "%"PRIuSIZE" vDPA devices are on VF %s; keep one",
                       pair->n_vdpas, vf_name);
    } else if (!pair->n_vdpas) {
        pair_set_state(pair, PAIR_NO_VDPA,
                       "vdpa dev add name NAME mgmtdev pci/%s makes one",
                       vf_name);
    } else {
        pair_set_state(pair, PAIR_PAIRED, "%s", "");
    }
}

static uint32_t
hash_vf_row(const struct pci_addr *pf, uint32_t vf)
{
    return pci_addr_hash(pf, vf);
}

static void
add_vf(struct pairing *p, const struct inv_vf *vf)
{
    const struct pf_facts *pf = pf_find(p, &vf->info.pf);
    char name[PCI_ADDR_STRLEN];
    struct candidates c = { .n = 0 };

    struct pair *pair = pair_add(p, PAIR_KIND_VF,
                                 xasprintf("vf %s",
                                           pci_addr_format(&vf->info.addr,
                                                           name)));
    pair->has_vf_addr = pair->has_pf = pair->has_pf_num = true;
    pair->vf_addr = vf->info.addr;
    pair->pf_addr = vf->info.pf;
    pair->pf_num = pf->pf_num;
    pair->has_vf = vf->info.index >= 0;
    if (pair->has_vf) {
        pair->vf = vf->info.index;
        hmap_insert(&p->vf_rows, &pair->vf_node,
                    hash_vf_row(&pair->pf_addr, pair->vf));
        if (pf->mode != ESWITCH_LEGACY) {
            c = find_representor(p, pf, pair->vf);
        }
    }
    if (c.n) {
        pair->controller = c.controller;
        pair->pf_num = c.pf_num;
    }
    pair->rep = c.n == 1 ? c.link : NULL;
    pair->rep_ambiguous = c.n > 1;

    pair_add_vdpas(p, pair);
    if (pair->n_vdpas > 1) {
        qsort(pair->vdpas, pair->n_vdpas, sizeof *pair->vdpas, compare_vdpas);
    }
    if (pair->n_vdpas == 1 && pair->vdpas[0]->info.netdev[0]) {
        pair->netdev = pair->vdpas[0]->info.netdev;
    } else if (!pair->n_vdpas && vf->info.netdev[0]) {
        pair->netdev = vf->info.netdev;
    }
    decide_vf(p, pf, &c, pair);
}

/* Representors that no local VF took: their VFs are on another host, or could
 * not be told apart. */

static void
decide_rep(const struct pairing *p, struct pair *pair, bool ambiguous)
{
    if (p->unsynced) {
        pair_set_state(pair, PAIR_RESYNC, "%s is being read again",
                       p->unsynced);
    } else if (ambiguous) {
        pair_set_state(pair, PAIR_AMBIGUOUS,
                       "one of several that could be of the same VF");
    } else if (!pair->rep) {
        pair_set_state(pair, PAIR_NO_REPRESENTOR,
                       "devlink port is there, its netdev is not yet");
    } else {
        pair_set_state(pair, PAIR_NO_VDPA,
                       "its VF is not on this host's PCI bus");
    }
}

/* The row of the local VF with these numbers, or NULL. */
static struct pair *
find_vf_row(const struct pairing *p, const struct pci_addr *pf, uint32_t vf)
{
    struct pair *pair;

    HMAP_FOR_EACH_WITH_HASH (pair, vf_node, hash_vf_row(pf, vf),
                             &p->vf_rows) {
        if (pair->vf == vf && !pci_addr_compare(&pair->pf_addr, pf)) {
            return pair;
        }
    }
    return NULL;
}

static void
add_rep_port(struct pairing *p, const struct inv_port *port,
             struct hmapx *claimed)
{
    const struct devlink_port_info *info = &port->info;
    struct inv_link *link = NULL;
    struct pci_addr addr;
    bool ambiguous = false;

    if (info->ifindex) {
        link = inventory_find_link(p->inv, info->ifindex);
        if (link && hmapx_contains(claimed, link)) {
            return;
        }
    }

    bool has_pf = (!strcmp(info->handle.bus, "pci")
                   && pci_addr_parse(info->handle.dev, &addr));
    if (has_pf) {
        struct pair *vf = find_vf_row(p, &addr, info->vf);

        if (vf && !vf->rep && !vf->rep_ambiguous && !link
            && vf->controller == info->controller) {
            return;             /* That row says that the netdev is missing. */
        }
        ambiguous = vf && vf->rep_ambiguous;
    }

    struct pair *pair = pair_add(p, PAIR_KIND_REP,
                                 xasprintf("rep %s/%s/%"PRIu32,
                                           info->handle.bus, info->handle.dev,
                                           info->index));
    pair->has_pf = has_pf;
    if (has_pf) {
        pair->pf_addr = addr;
    }
    pair->has_vf = pair->has_pf_num = true;
    pair->vf = info->vf;
    pair->pf_num = info->pf;
    pair->controller = info->controller;
    pair->rep = link;
    if (link) {
        hmapx_add(claimed, link);
    }
    decide_rep(p, pair, ambiguous);
}

static void
add_rep_link(struct pairing *p, struct inv_link *link, struct hmapx *claimed)
{
    if (hmapx_contains(claimed, link)) {
        return;
    }

    struct pair *pair = pair_add(p, PAIR_KIND_REP,
                                 xasprintf("rep ifindex %d",
                                           link->info.ifindex));
    pair->has_pf = link->info.has_parent_pci;
    pair->pf_addr = link->info.parent_pci;
    pair->has_vf = pair->has_pf_num = true;
    pair->vf = link->port_name.vf;
    pair->pf_num = link->port_name.pf;
    pair->controller = link->port_name.controller;
    pair->rep = link;

    const struct pair *vf = (pair->has_pf
                             ? find_vf_row(p, &pair->pf_addr, pair->vf)
                             : NULL);
    decide_rep(p, pair, vf && vf->rep_ambiguous);
}

static void
add_reps(struct pairing *p)
{
    struct hmapx claimed = HMAPX_INITIALIZER(&claimed);
    const struct inv_port *port;
    struct inv_link *link;
    struct pair *pair;

    HMAP_FOR_EACH (pair, node, &p->table->pairs) {
        if (pair->rep) {
            hmapx_add(&claimed, pair->rep);
        }
    }
    HMAP_FOR_EACH (port, key_node, &p->inv->ports) {
        if (port->info.flavour == FLAVOUR_PCI_VF) {
            add_rep_port(p, port, &claimed);
        }
    }
    HMAP_FOR_EACH (link, rep_node, &p->inv->reps) {
        add_rep_link(p, link, &claimed);
    }
    hmapx_destroy(&claimed);
}

/* vDPA devices that are on no VF. */

static void
decide_vdpa(const struct pairing *p, const struct vdpa_info *info,
            struct pair *pair)
{
    char name[PCI_ADDR_STRLEN];

    switch (info->parent_kind) {
    case VDPA_PARENT_PCI:
        if (p->unsynced) {
            pair_set_state(pair, PAIR_RESYNC, "%s is being read again",
                           p->unsynced);
        } else {
            pair_set_state(pair, PAIR_NOT_A_VF,
                           "PCI function %s is no SR-IOV VF and has no "
                           "representor",
                           pci_addr_format(&info->parent_pci, name));
        }
        break;
    case VDPA_PARENT_OTHER:
        pair_set_state(pair, PAIR_UNSUPPORTED_PARENT,
                       "parent %s is no PCI VF and has no representor that "
                       "could be told", info->parent_name[0]
                       ? info->parent_name : info->mgmtdev);
        break;
    case VDPA_PARENT_UNKNOWN:
    default:
        pair_set_state(pair, PAIR_AMBIGUOUS,
                       "its parent cannot be told: management device \"%s\", "
                       "sysfs parent \"%s\"", info->mgmtdev,
                       info->parent_name);
        break;
    }
}

static void
add_vdpa(struct pairing *p, const struct inv_vdpa *vdpa)
{
    const struct vdpa_info *info = &vdpa->info;

    if (info->parent_kind == VDPA_PARENT_PCI
        && inventory_find_vf(p->inv, &info->parent_pci)) {
        return;
    }

    struct pair *pair = pair_add(p, PAIR_KIND_VDPA,
                                 xasprintf("vdpa %s", info->name));
    pair->vdpas = xmalloc(sizeof *pair->vdpas);
    pair->vdpas[0] = vdpa;
    pair->n_vdpas = 1;
    pair->netdev = info->netdev[0] ? info->netdev : NULL;
    decide_vdpa(p, info, pair);
}

/* The first source on which pairs depend that is not as in the kernel, or
 * NULL.  One that is absent has nothing to tell, which is an answer. */
static const char *
find_unsynced(const struct inventory *inv)
{
    static const enum kernel_source needed[] = {
        SOURCE_LINK, SOURCE_PCI, SOURCE_DEVLINK, SOURCE_VDPA
    };

    for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
        if (inv->state[needed[i]] == SOURCE_SYNCING) {
            return kernel_source_to_string(needed[i]);
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
        .pfs = HMAP_INITIALIZER(&p.pfs),
        .vf_rows = HMAP_INITIALIZER(&p.vf_rows),
        .unsynced = find_unsynced(inv),
    };
    const struct inv_vdpa *vdpa;
    const struct inv_vf *vf;
    struct pf_facts *pf;

    pairs_clear(table);
    gather_pfs(&p);
    HMAP_FOR_EACH (vf, addr_node, &inv->vfs) {
        add_vf(&p, vf);
    }
    add_reps(&p);
    HMAP_FOR_EACH (vdpa, name_node, &inv->vdpas) {
        add_vdpa(&p, vdpa);
    }

    HMAP_FOR_EACH_POP (pf, node, &p.pfs) {
        free(pf);
    }
    hmap_destroy(&p.pfs);
    hmap_destroy(&p.vf_rows);
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
