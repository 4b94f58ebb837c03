/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_REP_MATCH_H
#define CONTROLLER_REP_MATCH_H 1

/* Which representors a VF of this host could have.  Part of pairing.
 *
 * Pure: reads an inventory, which must not change as long as a 'pf_table'
 * made from it is in use.
 *
 * A VF's representor is the devlink port of flavour pcivf on the handle of
 * its PF, or on that of another function of the same PCI device (cards with
 * one eswitch for all PFs have the ports of all on one handle), that has the
 * PF's and the VF's number.  Where the PF has no such ports at all, it is the
 * netdev of the uplink's switch whose phys_port_name has these numbers.
 *
 * A port that is "external", as one whose name begins with "cZ", is that of a
 * function behind another controller, as a rule on another host than the
 * eswitch.  Where the eswitch also has functions that are not, it never is
 * that of a VF on our own PCI bus, though its numbers may be the same.  Where
 * all are external our VFs are behind that controller too. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/kernel-types.h"
#include "openvswitch/hmap.h"

struct inv_link;
struct inv_port;
struct inventory;

/* What is known of one PF. */
struct pf_facts {
    struct hmap_node node;      /* In struct pf_table, by hash of 'addr'. */
    struct pci_addr addr;
    struct devlink_handle handle; /* "pci/ADDR". */
    enum eswitch_mode mode;     /* ESWITCH_UNKNOWN if none is told. */
    uint32_t pf_num;            /* Number of the PF, by the best evidence. */
    bool has_vf_ports;          /* devlink ports of flavour pcivf? */
    bool has_local;             /* Any of those, or of the representors on the
                                 * uplink's switch, that is not external? */

    /* Evidence for 'pf_num', -1 if there is none, -2 if it contradicts
     * itself. */
    int64_t netdev_num;         /* Of the uplinks on the PF. */
    int64_t port_num;           /* Of physical ports on the handle. */
    bool confirmed;             /* Some pcivf port has 'pf_num', */
    bool fn_seen;               /* or has the function's number. */
};

struct pf_table {
    const struct inventory *inv;
    struct hmap pfs;            /* struct pf_facts by address. */
};

/* One that could be the representor. */
struct rep_candidate {
    const struct inv_port *port; /* Its devlink port or NULL. */
    struct inv_link *link;      /* Its netdev, or NULL while there is none. */
    uint32_t controller;        /* Its numbers. */
    uint32_t pf_num;
};

struct rep_match {
    struct rep_candidate *candidates;
    size_t n;
    size_t allocated;
    bool external;              /* Was one left out as it is external? */
};

void pf_table_init(struct pf_table *, const struct inventory *);
void pf_table_destroy(struct pf_table *);

/* The PF at 'addr', which must have a VF or a devlink port. */
const struct pf_facts *pf_find(const struct pf_table *,
                               const struct pci_addr *addr);

/* Finds all that could be the representor of VF 'vf' of 'pf'. */
void rep_match_init(struct rep_match *, const struct pf_table *,
                    const struct pf_facts *pf, uint32_t vf);
void rep_match_destroy(struct rep_match *);

/* The netdev of a devlink port of flavour pcivf, pcipf or pcisf.  NULL if
 * there is none, and also where the netdev is clearly that of something else:
 * ports and netdevs are told by different sources, one of which may lag. */
struct inv_link *rep_port_link(const struct inventory *,
                               const struct inv_port *);

#endif /* controller/rep-match.h */
