/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_POLICY_FACTS_H
#define CONTROLLER_POLICY_FACTS_H 1

/* What a PF is, and who uses it, as the kernel and the database say now.
 *
 * VFs and their drivers are read from sysfs at once, by files and links of
 * which none waits for a driver that is busy with the PF. */

#include <stdbool.h>
#include <stddef.h>

#include "controller/policy/guard.h"
#include "controller/policy/plan.h"

struct inventory;
struct net_uses;
struct ovs_view;

/* Stores the addresses of all PFs that can have VFs into '*pfsp' (caller
 * frees), sorted, and returns their number.  'sysfs' is a descriptor of the
 * root of sysfs, here and below. */
size_t policy_facts_list(int sysfs, struct pci_addr **pfsp);

/* Returns what PF 'addr' is, but its VFs, or NULL if it is not there or is no
 * PF. */
struct policy_pf *policy_facts_read(int sysfs, const struct inventory *,
                                    const struct pci_addr *addr);

/* Adds its VFs and their vDPA devices. */
void policy_facts_read_vfs(int sysfs, struct policy_pf *);

/* The PF for policy_spec_matches(); valid as long as 'pf' and 'old_name'. */
struct policy_candidate policy_facts_candidate(const struct policy_pf *pf,
                                               const char *old_name);

/* Adds the users of 'pf', but processes, to 'users'. */
void policy_facts_users(int sysfs, const struct inventory *,
                        const struct ovs_view *, const struct policy_pf *pf,
                        const struct net_uses *, struct policy_users *users);

/* Adds file 'what' to 'users' if the SR-IOV operator configures the node whose
 * root directory is 'root' (""). */
void policy_facts_operator(const char *root, struct policy_users *users);

/* A character device through which a process may use a PF or a VF. */
struct policy_device {
    char name[64];              /* "vhost-vdpa-0". */
    char on[VDPA_NAME_MAX];     /* PCI address or vDPA device below. */
    unsigned int major, minor;
};

/* Stores those of 'pf' into '*devicesp' (caller frees), and returns their
 * number. */
size_t policy_facts_devices(int sysfs, const struct policy_pf *pf,
                            struct policy_device **devicesp);

#endif /* controller/policy/facts.h */
