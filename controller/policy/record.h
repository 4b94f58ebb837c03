/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_POLICY_RECORD_H
#define CONTROLLER_POLICY_RECORD_H 1

/* What a PF was before a policy took it, and what the policy made of it.
 *
 * One file of JSON a PF.  It is on the disk before the first step is taken,
 * and anew before each further one, so that whoever starts after a crash knows
 * what has to be undone and what belongs to others.  It goes when the way back
 * is complete.
 *
 * This is the text, without I/O. */

#include <stdbool.h>

#include "controller/policy/plan.h"
#include "netlink/kernel-types.h"
#include "sset.h"

struct policy_record {
    struct pci_addr pf;
    char *policy;               /* Name of the policy that has the PF. */
    struct sset others;         /* Names of those that count for some of its
                                 * VFs beside that one. */
    bool force;                 /* Of that policy: it counts for the way back,
                                 * too. */
    char *step;                 /* What is about to be done, for people. */
    char *boot_id;              /* The kernel's, when 'vdpas' was written. */
    struct sset vdpas;          /* vDPA devices that were made, or are about to
                                 * be. */

    /* As it was before. */
    char pf_name[KERNEL_IFNAMSIZ]; /* Netdev, or "". */
    unsigned int num_vfs;
    enum eswitch_mode mode;
    unsigned int mtu;           /* Of the uplink, bytes, 0 as long as it was
                                 * not changed. */
    struct policy_vf_driver *drivers; /* Of each VF. */
    size_t n_drivers;
};

/* Makes the record of a PF that a policy is about to take. */
struct policy_record *policy_record_create(const struct policy_pf *,
                                           const char *policy);
void policy_record_destroy(struct policy_record *);

/* The file's text, ending in a newline.  Caller frees. */
char *policy_record_format(const struct policy_record *);

/* Parses the text of the file of PF 'pf'.  Returns NULL and stores into
 * '*recordp', or returns a message that says what is wrong (caller frees). */
char *policy_record_parse(const char *text, const struct pci_addr *pf,
                          struct policy_record **recordp);

/* The kernel was started anew since: vDPA devices do not survive that, so that
 * one of these names is another's now. */
void policy_record_set_boot_id(struct policy_record *, const char *boot_id);

/* The way back.  'target' points into the record. */
void policy_record_target(const struct policy_record *,
                          struct policy_target *target);

/* Name of the file for a PF, without directory, and back. */
#define POLICY_RECORD_NAME_LEN (PCI_ADDR_STRLEN + 8)
const char *policy_record_file(const struct pci_addr *, char *buf);
bool policy_record_parse_file(const char *name, struct pci_addr *);

#endif /* controller/policy/record.h */
