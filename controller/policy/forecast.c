/* SPDX-License-Identifier: Apache-2.0 */

/* What a plan will lead to, for policy/diff: each step done to a copy. */

#include <config.h>
#include "controller/policy/plan.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

/* A plan is never longer than this: of three steps a VF and some for the
 * PF. */
#define MAX_STEPS (8 * 65536)

/* Driver of a VF to come. */
#define SOME_DRIVER "its driver"

struct policy_pf *
policy_pf_clone(const struct policy_pf *pf)
{
    struct policy_pf *copy = xmemdup(pf, sizeof *pf);

    copy->netdevs = xmemdup(pf->netdevs, pf->n_netdevs * sizeof *pf->netdevs);
    copy->vfs = xmemdup(pf->vfs, pf->n_vfs * sizeof *pf->vfs);
    for (size_t i = 0; i < pf->n_vfs; i++) {
        copy->vfs[i].vdpa = nullable_xstrdup(pf->vfs[i].vdpa);
    }
    return copy;
}

static struct policy_vf *
find_vf(struct policy_pf *pf, const struct pci_addr *addr)
{
    for (size_t i = 0; i < pf->n_vfs; i++) {
        if (!pci_addr_compare(&pf->vfs[i].addr, addr)) {
            return &pf->vfs[i];
        }
    }
    return NULL;
}

/* The routing id is bus, device and function in one number. */
static struct pci_addr
vf_addr(const struct policy_pf *pf, unsigned int index)
{
    unsigned int rid = (pf->addr.bus << 8 | pf->addr.dev << 3 | pf->addr.fn);

    rid += MAX(pf->vf_offset, 1) + index * MAX(pf->vf_stride, 1);
    return (struct pci_addr) {
        .domain = pf->addr.domain,
        .bus = rid >> 8,
        .dev = rid >> 3 & 0x1f,
        .fn = rid & 7,
    };
}

static void
clear_vdpa(struct policy_vf *vf)
{
    free(vf->vdpa);
    vf->vdpa = NULL;
    vf->vdpa_driver[0] = '\0';
    vf->n_vdpas = 0;
}

static void
set_num_vfs(struct policy_pf *pf, unsigned int n)
{
    for (size_t i = 0; i < pf->n_vfs; i++) {
        clear_vdpa(&pf->vfs[i]);
    }
    free(pf->vfs);
    pf->vfs = xcalloc(n, sizeof *pf->vfs);
    pf->n_vfs = n;
    for (unsigned int i = 0; i < n; i++) {
        pf->vfs[i].index = i;
        pf->vfs[i].addr = vf_addr(pf, i);
        ovs_strlcpy(pf->vfs[i].driver, SOME_DRIVER,
                    sizeof pf->vfs[i].driver);
    }
}

static void
apply_to_vf(const struct policy_step *step, struct policy_vf *vf,
            struct sset *made)
{
    switch (step->type) {
    case POLICY_STEP_VDPA_DEL:
        sset_find_and_delete(made, step->name);
        clear_vdpa(vf);
        break;
    case POLICY_STEP_VF_UNBIND:
        vf->driver[0] = '\0';
        clear_vdpa(vf);
        break;
    case POLICY_STEP_VF_PROBE:
        ovs_strlcpy(vf->driver, step->name[0] ? step->name : SOME_DRIVER,
                    sizeof vf->driver);
        break;
    case POLICY_STEP_VDPA_ADD:
        clear_vdpa(vf);
        vf->vdpa = xstrdup(step->name);
        vf->n_vdpas = 1;
        sset_add(made, step->name);
        break;
    case POLICY_STEP_VDPA_BIND:
        ovs_strlcpy(vf->vdpa_driver, step->driver, sizeof vf->vdpa_driver);
        break;
    case POLICY_STEP_NONE:
    case POLICY_STEP_NUM_VFS:
    case POLICY_STEP_ESWITCH:
    case POLICY_STEP_MTU:
    case POLICY_STEP_IMPOSSIBLE:
    default:
        OVS_NOT_REACHED();
    }
}

void
policy_step_apply(const struct policy_step *step, struct policy_pf *pf,
                  struct sset *made)
{
    switch (step->type) {
    case POLICY_STEP_NUM_VFS:
        set_num_vfs(pf, step->number);
        break;

    case POLICY_STEP_ESWITCH:
        pf->mode = step->mode;
        break;

    case POLICY_STEP_MTU:
        for (size_t i = 0; i < pf->n_netdevs; i++) {
            if (!strcmp(pf->netdevs[i].name, step->name)) {
                pf->netdevs[i].mtu = step->number;
            }
        }
        break;

    case POLICY_STEP_NONE:
    case POLICY_STEP_IMPOSSIBLE:
        break;

    case POLICY_STEP_VDPA_DEL:
    case POLICY_STEP_VF_UNBIND:
    case POLICY_STEP_VF_PROBE:
    case POLICY_STEP_VDPA_ADD:
    case POLICY_STEP_VDPA_BIND:
    default: {
        struct policy_vf *vf = find_vf(pf, &step->addr);

        if (vf) {
            apply_to_vf(step, vf, made);
        }
        break;
    }
    }
}

void
policy_plan_all(const struct policy_pf *pf_,
                const struct policy_target *target, const struct sset *made_,
                void (*cb)(const struct policy_step *, void *aux), void *aux)
{
    struct policy_pf *pf = policy_pf_clone(pf_);
    struct sset made;

    sset_clone(&made, made_);
    for (int i = 0; i < MAX_STEPS; i++) {
        struct policy_step step;

        policy_plan(pf, target, &made, &step);
        if (step.type == POLICY_STEP_NONE) {
            break;
        }
        cb(&step, aux);
        if (step.type == POLICY_STEP_IMPOSSIBLE) {
            break;
        }
        policy_step_apply(&step, pf, &made);
    }
    sset_destroy(&made);
    policy_pf_destroy(pf);
}
