/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_POLICY_SPEC_H
#define CONTROLLER_POLICY_SPEC_H 1

/* What a node policy asks of a PF.
 *
 * A policy is Open_vSwitch external_ids "offload-policy-NAME" with value
 * "FIELD=VALUE[,FIELD=VALUE...]", the fields being those that a
 * SriovNetworkNodePolicy has, in any order; the elements of a list are
 * separated by blanks.  ovs-offload-controller(5) documents them.
 *
 * Pure: no I/O, no logging. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/kernel-types.h"
#include "openvswitch/hmap.h"

struct smap;

enum policy_vdpa {
    POLICY_VDPA_NONE,
    POLICY_VDPA_VIRTIO,
    POLICY_VDPA_VHOST,
};
#define POLICY_N_VDPA (POLICY_VDPA_VHOST + 1)

/* "NAME" or "NAME#FIRST-LAST". */
struct policy_pf_name {
    char name[KERNEL_IFNAMSIZ]; /* Netdev of the PF. */
    unsigned int first, last;   /* VFs that get vDPA devices; 0 and UINT_MAX
                                 * if all. */
    bool has_range;             /* Was a range written? */
};

/* VFs of a PF as a policy that counts for them wants them. */
struct policy_group {
    char *policy;               /* Its name. */
    unsigned int first, last;   /* The VFs. */
    enum policy_vdpa vdpa;
};

struct policy_spec {
    unsigned int num_vfs;
    enum eswitch_mode mode;     /* ESWITCH_LEGACY or ESWITCH_SWITCHDEV. */
    enum policy_vdpa vdpa;
    unsigned int priority;      /* 0 to 99, 0 is looked at first. */
    unsigned int mtu;           /* Bytes, or 0 to leave it alone. */
    bool force;                 /* Also where the SR-IOV operator is. */

    /* Selector.  A PF has to match each part that is given, and one of the
     * elements of a list. */
    bool has_vendor, has_device; /* Are the next two valid? */
    uint16_t vendor, device;    /* PCI ids. */
    struct pci_addr *roots;     /* PCI addresses of PFs. */
    size_t n_roots;
    struct policy_pf_name *pf_names;
    size_t n_pf_names;

    /* Of what policy_table_merge() made only: then 'vdpa' and the selector say
     * nothing. */
    struct policy_group *groups; /* They do not overlap. */
    size_t n_groups;            /* 0 if not merged. */
};

/* A PF, as far as selectors are concerned. */
struct policy_candidate {
    struct pci_addr addr;
    uint16_t vendor, device;    /* PCI ids. */
    const char *name;           /* Netdev, or "". */
    const char *old_name;       /* What that was when a policy took the PF,
                                 * or "": a change of the eswitch mode may make
                                 * the netdev anew with another name. */
};

void policy_spec_destroy(struct policy_spec *);

/* Parses 'value'.  On success fills '*spec', which the caller destroys, and
 * returns NULL, else returns a message that names the field (caller frees) and
 * leaves nothing to destroy.  Refused are a field that is unknown, is given
 * twice or has a bad value, and fields that contradict each other. */
char *policy_spec_parse(const char *value, struct policy_spec *spec);

/* The canonical value.  Caller frees. */
char *policy_spec_format(const struct policy_spec *);

/* Can 'name' be that of a policy?  Lower-case letters, digits, '-' and '.', as
 * in Kubernetes, where it is a DNS subdomain. */
#define POLICY_NAME_MAX 253     /* Bytes. */
bool policy_name_is_valid(const char *name);

bool policy_spec_matches(const struct policy_spec *,
                         const struct policy_candidate *);

/* The vDPA device that VF 'index' of this PF, which matches, gets. */
enum policy_vdpa policy_spec_vdpa(const struct policy_spec *,
                                  const struct policy_candidate *,
                                  unsigned int index);

/* The VFs that the policy is for: those that pfNames gives, else all. */
void policy_spec_range(const struct policy_spec *,
                       const struct policy_candidate *,
                       unsigned int *first, unsigned int *last);

/* "virtio", "vhost" or "". */
const char *policy_vdpa_to_string(enum policy_vdpa);

/* The driver on the vDPA bus, "virtio_vdpa" or "vhost_vdpa", or "". */
const char *policy_vdpa_driver(enum policy_vdpa);

/* One policy of the database. */
struct policy {
    struct hmap_node node;      /* In a policy_table, by hash of 'name'. */
    char *name;
    char *value;                /* As written. */
    char *error;                /* Why 'value' is no good, or NULL. */
    struct policy_spec spec;    /* All zeros if 'error'. */
};

struct policy_table {
    struct hmap policies;       /* struct policy by 'name'. */
};

void policy_table_init(struct policy_table *);
void policy_table_destroy(struct policy_table *);

/* Makes 'table' hold what the keys in 'external_ids' say, bad ones (with
 * 'error') included.  Returns true if anything changed. */
bool policy_table_update(struct policy_table *table,
                         const struct smap *external_ids);

const struct policy *policy_find(const struct policy_table *,
                                 const char *name);

/* Fills '*merged', which the caller destroys, with what all policies together
 * want of a PF, as the SR-IOV operator would have it: policies are taken in
 * the order of policy_table_sort(), and
 *
 *   - the first that matches counts: its eSwitchMode, force, numVfs and mtu;
 *
 *   - the VFs of another one get what it wants for them unless a policy before
 *     has some of them, too;
 *
 *   - numVfs and mtu are the largest of the policies that count and of those
 *     of the same priority.
 *
 * Returns the first policy, or NULL if none matches, when 'merged' is all
 * zeros.  If they contradict each other '*error' is set to how (caller frees),
 * else to NULL. */
const struct policy *policy_table_merge(const struct policy_table *,
                                        const struct policy_candidate *,
                                        struct policy_spec *merged,
                                        char **error);

/* All, sorted: those with the lowest number as priority are first, among
 * equals the last by name.  NULL at the end.  Caller frees. */
const struct policy **policy_table_sort(const struct policy_table *);

#endif /* controller/policy/spec.h */
