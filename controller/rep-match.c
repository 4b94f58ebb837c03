/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/rep-match.h"

#include <string.h>

#include "controller/inventory.h"
#include "util.h"

#define NUM_NONE -1
#define NUM_CONTRADICTION -2

/* PFs. */

static void
note_number(int64_t *evidence, uint32_t number)
{
    if (*evidence == NUM_NONE) {
        *evidence = number;
    } else if (*evidence != number) {
        *evidence = NUM_CONTRADICTION;
    }
}

/* The number that the uplinks on the PF have, as phys_port_name or as physical
 * devlink port. */
static int64_t
find_netdev_num(const struct inventory *inv, const struct pci_addr *addr)
{
    int64_t number = NUM_NONE;
    const struct inv_link *link;

    INV_FOR_EACH_LINK_ON (link, inv, addr) {
        const struct inv_port *port;
        int n;

        if (!inv_link_is_uplink(inv, link)) {
            continue;
        }
        n = port_name_parse_uplink(link->info.phys_port_name);
        port = inventory_find_port_of(inv, link->info.ifindex);
        if (n >= 0) {
            note_number(&number, n);
        } else if (port) {
            note_number(&number, port->info.phys_port);
        }
    }
    return number;
}

static struct pf_facts *
find(const struct pf_table *pfs, const struct pci_addr *addr)
{
    struct pf_facts *pf;

    HMAP_FOR_EACH_WITH_HASH (pf, node, inv_hash_pci(addr), &pfs->pfs) {
        if (!pci_addr_compare(&pf->addr, addr)) {
            return pf;
        }
    }
    return NULL;
}

const struct pf_facts *
pf_find(const struct pf_table *pfs, const struct pci_addr *addr)
{
    return find(pfs, addr);
}

static struct pf_facts *
pf_get(struct pf_table *pfs, const struct pci_addr *addr)
{
    struct pf_facts *pf = find(pfs, addr);

    if (!pf) {
        const struct inv_eswitch *eswitch;

        pf = xzalloc(sizeof *pf);
        pf->addr = *addr;
        devlink_handle_from_pci(addr, &pf->handle);
        eswitch = inventory_find_eswitch(pfs->inv, &pf->handle);
        pf->mode = eswitch ? eswitch->info.mode : ESWITCH_UNKNOWN;
        pf->netdev_num = find_netdev_num(pfs->inv, addr);
        pf->port_num = NUM_NONE;
        hmap_insert(&pfs->pfs, &pf->node, inv_hash_pci(addr));
    }
    return pf;
}

/* The PF whose handle 'port' is on, NULL if that is no PCI function. */
static struct pf_facts *
pf_of_port(struct pf_table *pfs, const struct inv_port *port)
{
    const struct devlink_handle *handle = &port->info.handle;
    struct pci_addr addr;

    return (!strcmp(handle->bus, "pci") && pci_addr_parse(handle->dev, &addr)
            ? pf_get(pfs, &addr) : NULL);
}

/* Has one of the switches of the PF's uplinks a representor whose name has no
 * controller in it? */
static bool
has_local_names(const struct inventory *inv, const struct pf_facts *pf)
{
    const struct inv_link *uplink, *rep;

    INV_FOR_EACH_LINK_ON (uplink, inv, &pf->addr) {
        if (!uplink->info.switch_id.len || !inv_link_is_uplink(inv, uplink)) {
            continue;
        }
        HMAP_FOR_EACH (rep, rep_node, &inv->reps) {
            if (!rep->port_name.has_controller
                && switch_id_equals(&rep->info.switch_id,
                                    &uplink->info.switch_id)) {
                return true;
            }
        }
    }
    return false;
}

void
pf_table_init(struct pf_table *pfs, const struct inventory *inv)
{
    const struct inv_port *port;
    const struct inv_vf *vf;
    struct pf_facts *pf;

    pfs->inv = inv;
    hmap_init(&pfs->pfs);
    HMAP_FOR_EACH (vf, addr_node, &inv->vfs) {
        pf_get(pfs, &vf->info.pf);
    }
    HMAP_FOR_EACH (port, key_node, &inv->ports) {
        pf = pf_of_port(pfs, port);
        if (pf && port->info.flavour == FLAVOUR_PHYSICAL) {
            note_number(&pf->port_num, port->info.phys_port);
        }
    }

    /* Drivers that number uplinks and PFs differently use the number of the
     * PCI function for PFs. */
    HMAP_FOR_EACH (pf, node, &pfs->pfs) {
        pf->pf_num = (pf->netdev_num >= 0 ? pf->netdev_num
                      : pf->port_num >= 0 ? pf->port_num : pf->addr.fn);
    }
    HMAP_FOR_EACH (port, key_node, &inv->ports) {
        pf = pf_of_port(pfs, port);
        if (pf && port->info.flavour == FLAVOUR_PCI_VF) {
            pf->has_vf_ports = true;
            pf->has_local = pf->has_local || !port->info.external;
            pf->confirmed = pf->confirmed || port->info.pf == pf->pf_num;
            pf->fn_seen = pf->fn_seen || port->info.pf == pf->addr.fn;
        }
    }
    HMAP_FOR_EACH (pf, node, &pfs->pfs) {
        if (!pf->confirmed && pf->fn_seen) {
            pf->pf_num = pf->addr.fn;
        }
        if (!pf->has_vf_ports) {
            pf->has_local = has_local_names(inv, pf);
        }
    }
}

void
pf_table_destroy(struct pf_table *pfs)
{
    struct pf_facts *pf;

    HMAP_FOR_EACH_POP (pf, node, &pfs->pfs) {
        free(pf);
    }
    hmap_destroy(&pfs->pfs);
}

/* Candidates. */

struct inv_link *
rep_port_link(const struct inventory *inv, const struct inv_port *port)
{
    const struct devlink_port_info *info = &port->info;
    struct inv_link *link = (info->ifindex
                             ? inventory_find_link(inv, info->ifindex)
                             : NULL);

    if (!link || !link->info.name[0]) {
        return NULL;
    }
    if (link->is_vf_rep) {
        const struct port_name *name = &link->port_name;

        return (info->flavour == FLAVOUR_PCI_VF
                && name->pf == info->pf && name->vf == info->vf
                && (!name->has_controller
                    || name->controller == info->controller)
                ? link : NULL);
    }
    return (link->info.switch_id.len || link->info.phys_port_name[0]
            || link->info.has_parent_pci ? link : NULL);
}

static void
add_candidate(struct rep_match *match, const struct inv_port *port,
              struct inv_link *link, uint32_t controller, uint32_t pf_num)
{
    for (size_t i = 0; i < match->n; i++) {
        if (link && match->candidates[i].link == link) {
            return;             /* Found before, in another way. */
        }
    }
    if (match->n >= match->allocated) {
        match->candidates = x2nrealloc(match->candidates, &match->allocated,
                                       sizeof *match->candidates);
    }
    match->candidates[match->n++] = (struct rep_candidate) {
        .port = port,
        .link = link,
        .controller = controller,
        .pf_num = pf_num,
    };
}

/* Adds the ports on the handle of 'pf' with these numbers. */
static void
add_ports(struct rep_match *match, const struct inventory *inv,
          const struct pf_facts *pf, uint32_t pf_num, uint32_t vf)
{
    const struct devlink_handle *handle = &pf->handle;
    const struct inv_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, vf_node, inv_hash_handle_vf(handle, vf),
                             &inv->vf_ports) {
        const struct devlink_port_info *info = &port->info;

        if (info->vf != vf || info->pf != pf_num
            || !devlink_handle_equals(&info->handle, handle)) {
            continue;
        }
        if (info->external && pf->has_local) {
            match->external = true;
        } else {
            add_candidate(match, port, rep_port_link(inv, port),
                          info->controller, info->pf);
        }
    }
}

/* Is 'b' another function of the PCI device of 'a'? */
static bool
is_sibling(const struct pci_addr *a, const struct pci_addr *b)
{
    return (a->domain == b->domain && a->bus == b->bus && a->dev == b->dev
            && a->fn != b->fn);
}

/* Adds ports on the handles of other functions of the same device. */
static void
add_sibling_ports(struct rep_match *match, const struct pf_table *pfs,
                  const struct pf_facts *self, uint32_t vf)
{
    const struct pf_facts *pf;

    HMAP_FOR_EACH (pf, node, &pfs->pfs) {
        if (pf->has_vf_ports && is_sibling(&pf->addr, &self->addr)
            && pf->pf_num != self->pf_num) {
            add_ports(match, pfs->inv, pf, self->pf_num, vf);
        }
    }
}

/* Adds the netdevs of switch 'id', of 'pf', whose phys_port_name has these
 * numbers. */
static void
add_names(struct rep_match *match, const struct inventory *inv,
          const struct pf_facts *pf, const struct switch_id *id, uint32_t vf)
{
    uint32_t pf_num = pf->pf_num;
    struct inv_link *link;

    HMAP_FOR_EACH_WITH_HASH (link, rep_node, inv_hash_rep(id, pf_num, vf),
                             &inv->reps) {
        const struct port_name *name = &link->port_name;

        if (name->vf != vf || name->pf != pf_num
            || !switch_id_equals(&link->info.switch_id, id)
            || !link->info.name[0]) {
            continue;
        }
        if (name->has_controller && pf->has_local) {
            match->external = true;
        } else {
            add_candidate(match,
                          inventory_find_port_of(inv, link->info.ifindex),
                          link, name->controller, name->pf);
        }
    }
}

/* Adds the netdevs with these numbers of the switches of the PF's uplinks. */
static void
add_names_of_pf(struct rep_match *match, const struct inventory *inv,
                const struct pf_facts *pf, uint32_t vf)
{
    const struct inv_link *link;

    INV_FOR_EACH_LINK_ON (link, inv, &pf->addr) {
        if (link->info.switch_id.len && inv_link_is_uplink(inv, link)) {
            add_names(match, inv, pf, &link->info.switch_id, vf);
        }
    }
}

void
rep_match_init(struct rep_match *match, const struct pf_table *pfs,
               const struct pf_facts *pf, uint32_t vf)
{
    *match = (struct rep_match) { .n = 0 };
    if (pf->has_vf_ports) {
        add_ports(match, pfs->inv, pf, pf->pf_num, vf);
    } else {
        add_sibling_ports(match, pfs, pf, vf);
        if (!match->n) {
            add_names_of_pf(match, pfs->inv, pf, vf);
        }
    }
}

void
rep_match_destroy(struct rep_match *match)
{
    free(match->candidates);
}
