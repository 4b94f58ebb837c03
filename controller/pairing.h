/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_PAIRING_H
#define CONTROLLER_PAIRING_H 1

/* Which representor and which vDPA device belong to which VF.
 *
 * Pure: pairs_compute() reads an inventory and makes one row for each VF, for
 * each representor that is not that of such a VF, and for each vDPA device
 * that is on no VF.  So each VF, representor and vDPA device is in exactly one
 * row.  Nothing is guessed: a row that cannot be decided says why and what to
 * do, and no netdev is taken for the representor of two VFs.
 *
 * A VF is known by its PF and its index (sysfs physfn and virtfnN); how its
 * representor is found is told in rep-match.h.  Netdev names play no part. */

#include <stdbool.h>
#include <stdint.h>

#include "netlink/kernel-types.h"
#include "openvswitch/hmap.h"

struct inventory;
struct inv_link;
struct inv_vdpa;

enum pair_state {
    PAIR_PAIRED,
    PAIR_NO_VDPA,
    PAIR_NO_REPRESENTOR,
    PAIR_LEGACY_ESWITCH,
    PAIR_AMBIGUOUS,
    PAIR_NOT_A_VF,
    PAIR_UNSUPPORTED_PARENT,
    PAIR_RESYNC,
};

enum pair_kind {
    PAIR_KIND_VF,               /* A VF on this host's PCI bus. */
    PAIR_KIND_REP,              /* A representor of no such VF. */
    PAIR_KIND_VDPA,             /* A vDPA device on no VF. */
};

struct pair {
    struct hmap_node node;      /* In pair_table, by hash of 'key'. */
    char *key;                  /* Stable name of the row: "vf ADDRESS", "rep
                                 * HANDLE/INDEX", "rep ifindex N", "vdpa
                                 * NAME". */
    enum pair_kind kind;
    enum pair_state state;
    char *reason;               /* What is the matter and what to do; empty if
                                 * nothing is. */
    bool has_vf_addr;           /* Is 'vf_addr' valid? */
    struct pci_addr vf_addr;    /* The VF. */
    bool has_pf;                /* Is 'pf_addr' valid? */
    struct pci_addr pf_addr;    /* Its PF (or the eswitch's, of a
                                 * representor). */
    bool has_vf;                /* Is 'vf' valid? */
    uint32_t vf;                /* VF number on its PF. */
    uint32_t controller;        /* Controller number, 0 if none is given. */
    bool has_pf_num;            /* Is 'pf_num' valid? */
    uint32_t pf_num;            /* PF number. */
    struct inv_link *rep;       /* The one representor netdev or NULL. */
    bool rep_ambiguous;         /* Several netdevs could be it, or the one
                                 * could be that of several VFs. */
    const char *netdev;         /* VF's or virtio's netdev, or NULL. */
    const char *netdev_away;    /* What that was called before it was moved
                                 * to another namespace, or NULL. */
    const struct inv_vdpa **vdpas; /* vDPA devices on the VF. */
    size_t n_vdpas;
};

struct pair_table {
    struct hmap pairs;          /* struct pair by 'key'. */
};

void pairs_init(struct pair_table *);
void pairs_destroy(struct pair_table *);

/* Makes 'table' anew from 'inv', into which its rows point. */
void pairs_compute(const struct inventory *inv, struct pair_table *table);

const char *pair_state_to_string(enum pair_state);

#endif /* controller/pairing.h */
