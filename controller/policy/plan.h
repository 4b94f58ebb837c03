/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_POLICY_PLAN_H
#define CONTROLLER_POLICY_PLAN_H 1

/* What to do next to bring a PF to where it should be.
 *
 * Pure: a function of what the PF is now and of what it should be, which comes
 * from a policy or, when that went, from the record of what was there before.
 * Nothing is remembered between two steps, so that a plan that was cut off at
 * any point goes on from whatever is found. */

#include <stdbool.h>
#include <stddef.h>

#include "controller/policy/spec.h"
#include "netlink/kernel-types.h"
#include "openvswitch/dynamic-string.h"
#include "sset.h"

/* Facts. */

/* A VF. */
struct policy_vf {
    struct pci_addr addr;
    unsigned int index;         /* N of "virtfnN". */
    char driver[32];            /* Bound driver or "". */
    char *vdpa;                 /* Its vDPA device (the first one by name), or
                                 * NULL. */
    char vdpa_driver[32];       /* Driver of that, or "". */
    size_t n_vdpas;             /* How many there are. */
};

/* A netdev on the PF's eswitch: its uplink or a representor of a VF. */
struct policy_netdev {
    char name[KERNEL_IFNAMSIZ];
    int ifindex;
    unsigned int mtu;           /* Bytes. */
};

/* A PF. */
struct policy_pf {
    struct pci_addr addr;
    uint16_t vendor, device;    /* PCI ids. */
    char driver[32];            /* Bound driver or "". */
    unsigned int total_vfs;     /* sriov_totalvfs. */
    int vf_offset, vf_stride;   /* sriov_offset and sriov_stride, or -1:
                                 * where VFs to come will be. */
    enum eswitch_mode mode;     /* As devlink says. */
    struct policy_netdev *netdevs; /* The uplink first, if there is one. */
    size_t n_netdevs;
    bool has_uplink;            /* Is netdevs[0] the uplink? */
    struct policy_vf *vfs;      /* By index. */
    size_t n_vfs;
    bool no_driver[POLICY_N_VDPA]; /* By enum policy_vdpa: has the kernel no
                                 * such driver on the vDPA bus? */
};

void policy_pf_destroy(struct policy_pf *);

/* Target. */

/* Driver that a VF should have. */
struct policy_vf_driver {
    struct pci_addr addr;
    char driver[32];
};

struct policy_target {
    unsigned int num_vfs;
    enum eswitch_mode mode;     /* ESWITCH_UNKNOWN to leave it alone. */
    unsigned int mtu;           /* Bytes, or 0 to leave it alone. */
    const struct policy_spec *spec; /* NULL on the way back: no vDPA. */
    const struct policy_candidate *as; /* For 'spec': the PF. */
    const struct policy_vf_driver *drivers; /* On the way back: those that the
                                 * VFs had, "" for none. */
    size_t n_drivers;
};

/* Steps. */

enum policy_step_type {
    POLICY_STEP_NONE,           /* There. */
    POLICY_STEP_VDPA_DEL,       /* Delete vDPA device 'name'. */
    POLICY_STEP_NUM_VFS,        /* Write 'number' to sriov_numvfs. */
    POLICY_STEP_VF_UNBIND,      /* Unbind VF 'addr' from driver 'name'. */
    POLICY_STEP_VF_PROBE,       /* Let VF 'addr' have a driver: 'name', or the
                                 * one that the kernel finds if "". */
    POLICY_STEP_ESWITCH,        /* Set eswitch mode 'mode'. */
    POLICY_STEP_VDPA_ADD,       /* Make vDPA device 'name' on VF 'addr'. */
    POLICY_STEP_VDPA_BIND,      /* Bind 'name' to driver 'driver'. */
    POLICY_STEP_MTU,            /* Set MTU 'number' of netdev 'name'. */
    POLICY_STEP_IMPOSSIBLE,     /* 'name' says why. */
};

struct policy_step {
    enum policy_step_type type;
    struct pci_addr addr;       /* VF. */
    char name[VDPA_NAME_MAX];
    char driver[32];
    enum eswitch_mode mode;
    unsigned int number;
    bool rebind;                /* Has the vDPA device another driver now? */
    bool may_change;            /* POLICY_STEP_IMPOSSIBLE: may it be possible
                                 * later, without any event that tells? */
};

/* Stores the next step into '*step'.  'made' are the names of the vDPA devices
 * that a policy made: others are never deleted nor bound anew. */
void policy_plan(const struct policy_pf *, const struct policy_target *,
                 const struct sset *made, struct policy_step *step);

/* Calls 'cb' with each step from 'pf' to the target, as far as can be told
 * beforehand. */
void policy_plan_all(const struct policy_pf *pf, const struct policy_target *,
                     const struct sset *made,
                     void (*cb)(const struct policy_step *, void *aux),
                     void *aux);

/* Does to 'pf' and 'made' what the step is expected to do. */
void policy_step_apply(const struct policy_step *, struct policy_pf *pf,
                       struct sset *made);

struct policy_pf *policy_pf_clone(const struct policy_pf *);

bool policy_step_equals(const struct policy_step *,
                        const struct policy_step *);

/* May the step cut off whoever uses the PF or one of its VFs?  Then the guards
 * have to be asked before it. */
bool policy_step_is_disruptive(const struct policy_step *);

/* Appends what the step does. */
void policy_step_put(const struct policy_step *, struct ds *);

/* Writes the name that a VF's vDPA device gets, the one that the SR-IOV
 * operator gives: "vdpa:" and the PCI address. */
#define POLICY_VDPA_NAME_LEN (PCI_ADDR_STRLEN + 5)
const char *policy_vdpa_name(const struct pci_addr *, char *buf);

#endif /* controller/policy/plan.h */
