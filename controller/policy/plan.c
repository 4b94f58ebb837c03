/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Drivers whose PF has to be in switchdev mode before it has VFs.  The others
 * want the VFs first, and these without drivers, as mlx5 does. */
static const char *const switchdev_first[] = { "ice" };

void
policy_pf_destroy(struct policy_pf *pf)
{
    if (pf) {
        for (size_t i = 0; i < pf->n_vfs; i++) {
            free(pf->vfs[i].vdpa);
        }
        free(pf->vfs);
        free(pf->netdevs);
        free(pf);
    }
}

const char *
policy_vdpa_name(const struct pci_addr *addr, char *buf)
{
    char pci[PCI_ADDR_STRLEN];

    snprintf(buf, POLICY_VDPA_NAME_LEN, "vdpa:%s",
             pci_addr_format(addr, pci));
    return buf;
}

static bool
wants_switchdev_first(const struct policy_pf *pf)
{
    for (size_t i = 0; i < ARRAY_SIZE(switchdev_first); i++) {
        if (!strcmp(pf->driver, switchdev_first[i])) {
            return true;
        }
    }
    return false;
}

static void OVS_PRINTF_FORMAT(2, 3)
set_step_name(struct policy_step *step, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(step->name, sizeof step->name, format, args);
    va_end(args);
}

/* Each of these stores a step and returns true if there is one to take. */

static bool
plan_impossible(struct policy_step *step, const char *why)
{
    step->type = POLICY_STEP_IMPOSSIBLE;
    set_step_name(step, "%s", why);
    return true;
}

static bool
plan_vdpa(struct policy_step *step, enum policy_step_type type,
          const struct policy_vf *vf, const char *driver)
{
    step->type = type;
    step->addr = vf->addr;
    set_step_name(step, "%s", vf->vdpa);
    ovs_strlcpy(step->driver, driver, sizeof step->driver);
    return true;
}

/* Deletes a vDPA device of ours. */
static bool
plan_vdpa_del(const struct policy_pf *pf, const struct sset *made,
              struct policy_step *step)
{
    for (size_t i = 0; i < pf->n_vfs; i++) {
        const struct policy_vf *vf = &pf->vfs[i];

        if (vf->vdpa && sset_contains(made, vf->vdpa)) {
            return plan_vdpa(step, POLICY_STEP_VDPA_DEL, vf, "");
        }
    }
    return false;
}

/* The VFs or the mode are about to go, and with them every vDPA device: ours
 * first; one that is not ours is in the way. */
static bool
plan_no_vdpa(const struct policy_pf *pf, const struct sset *made,
             struct policy_step *step)
{
    if (plan_vdpa_del(pf, made, step)) {
        return true;
    }
    for (size_t i = 0; i < pf->n_vfs; i++) {
        const struct policy_vf *vf = &pf->vfs[i];

        if (vf->vdpa) {
            step->type = POLICY_STEP_IMPOSSIBLE;
            set_step_name(step, "vDPA device %s is on a VF of it, and no "
                          "policy made that: delete it first", vf->vdpa);
            return true;
        }
    }
    return false;
}

static bool
plan_num_vfs_write(struct policy_step *step, unsigned int n)
{
    step->type = POLICY_STEP_NUM_VFS;
    step->number = n;
    return true;
}

static bool
plan_mode_write(struct policy_step *step, enum eswitch_mode mode)
{
    step->type = POLICY_STEP_ESWITCH;
    step->mode = mode;
    return true;
}

/* Is the mode another than it should be?  A driver that has no eswitch is in
 * legacy mode. */
static bool
mode_differs(const struct policy_pf *pf, enum eswitch_mode wanted)
{
    return (wanted != ESWITCH_UNKNOWN
            && (pf->mode == ESWITCH_UNKNOWN ? ESWITCH_LEGACY : pf->mode)
               != wanted);
}

/* Brings the number of VFs about.  The kernel changes one number other than 0
 * into another only by way of 0. */
static bool
plan_num_vfs(const struct policy_pf *pf, const struct policy_target *target,
             const struct sset *made, struct policy_step *step)
{
    if (pf->n_vfs == target->num_vfs) {
        return false;
    }
    if (pf->n_vfs) {
        return (plan_no_vdpa(pf, made, step)
                || plan_num_vfs_write(step, 0));
    }

    /* The mode in which VFs are to be made. */
    enum eswitch_mode mode = (wants_switchdev_first(pf) ? target->mode
                              : target->mode == ESWITCH_UNKNOWN
                              ? ESWITCH_UNKNOWN : ESWITCH_LEGACY);

    return (mode_differs(pf, mode) ? plan_mode_write(step, mode)
            : plan_num_vfs_write(step, target->num_vfs));
}

static bool
plan_vf_unbind(const struct policy_vf *vf, struct policy_step *step)
{
    if (!vf->driver[0]) {
        return false;
    }
    step->type = POLICY_STEP_VF_UNBIND;
    step->addr = vf->addr;
    set_step_name(step, "%s", vf->driver);
    return true;
}

static bool
plan_no_drivers(const struct policy_pf *pf, struct policy_step *step)
{
    for (size_t i = 0; i < pf->n_vfs; i++) {
        if (plan_vf_unbind(&pf->vfs[i], step)) {
            return true;
        }
    }
    return false;
}

static bool
plan_mode(const struct policy_pf *pf, const struct policy_target *target,
          const struct sset *made, struct policy_step *step)
{
    if (!mode_differs(pf, target->mode)) {
        return false;
    }
    if (plan_no_vdpa(pf, made, step)) {
        return true;
    }
    if (pf->n_vfs && wants_switchdev_first(pf)) {
        /* It refuses to change while there are VFs. */
        return plan_num_vfs_write(step, 0);
    }
    return plan_no_drivers(pf, step) || plan_mode_write(step, target->mode);
}

static bool
plan_vf_probe(struct policy_step *step, const struct policy_vf *vf,
              const char *driver)
{
    step->type = POLICY_STEP_VF_PROBE;
    step->addr = vf->addr;
    set_step_name(step, "%s", driver);
    return true;
}

/* The driver that 'vf' had before, "" if it had none, or NULL if there was no
 * such VF. */
static const char *
driver_before(const struct policy_target *target, const struct policy_vf *vf)
{
    for (size_t i = 0; i < target->n_drivers; i++) {
        if (!pci_addr_compare(&target->drivers[i].addr, &vf->addr)) {
            return target->drivers[i].driver;
        }
    }
    return NULL;
}

/* For a policy each VF needs a driver, whichever the kernel has for it.  On
 * the way back each gets the one that it had. */
static bool
plan_vf_driver(const struct policy_target *target, const struct policy_vf *vf,
               struct policy_step *step)
{
    if (target->spec) {
        return !vf->driver[0] && plan_vf_probe(step, vf, "");
    }

    const char *before = driver_before(target, vf);
    if (!before || !strcmp(before, vf->driver)) {
        return false;
    }
    return (vf->driver[0] ? plan_vf_unbind(vf, step)
            : plan_vf_probe(step, vf, before));
}

static bool
plan_drivers(const struct policy_pf *pf, const struct policy_target *target,
             struct policy_step *step)
{
    for (size_t i = 0; i < pf->n_vfs; i++) {
        if (plan_vf_driver(target, &pf->vfs[i], step)) {
            return true;
        }
    }
    return false;
}

/* The driver of a vDPA device. */
static bool
plan_vdpa_driver(const struct policy_vf *vf, const char *driver,
                 struct policy_step *step)
{
    if (!strcmp(vf->vdpa_driver, driver)) {
        return false;
    }
    step->rebind = vf->vdpa_driver[0] != '\0';
    return plan_vdpa(step, POLICY_STEP_VDPA_BIND, vf, driver);
}

/* The vDPA device of one VF.  One that somebody else made is left as it is. */
static bool
plan_vf_vdpa(const struct policy_target *target, const struct policy_vf *vf,
             const struct sset *made, struct policy_step *step)
{
    enum policy_vdpa wanted = policy_spec_vdpa(target->spec, target->as,
                                               vf->index);

    if (!vf->vdpa) {
        if (wanted) {
            char name[POLICY_VDPA_NAME_LEN];

            step->type = POLICY_STEP_VDPA_ADD;
            step->addr = vf->addr;
            set_step_name(step, "%s", policy_vdpa_name(&vf->addr, name));
        }
        return wanted != POLICY_VDPA_NONE;
    }
    if (!sset_contains(made, vf->vdpa)) {
        return false;
    }
    return (wanted
            ? plan_vdpa_driver(vf, policy_vdpa_driver(wanted), step)
            : plan_vdpa(step, POLICY_STEP_VDPA_DEL, vf, ""));
}

static bool
plan_vdpas(const struct policy_pf *pf, const struct policy_target *target,
           const struct sset *made, struct policy_step *step)
{
    if (!target->spec) {
        return plan_vdpa_del(pf, made, step);
    }
    for (size_t i = 0; i < pf->n_vfs; i++) {
        if (plan_vf_vdpa(target, &pf->vfs[i], made, step)) {
            return true;
        }
    }
    return false;
}

/* The MTU of all netdevs of the eswitch, or, on the way back, of the uplink,
 * as the others go or are as the kernel makes them. */
static bool
plan_mtu(const struct policy_pf *pf, const struct policy_target *target,
         struct policy_step *step)
{
    size_t n = target->spec ? pf->n_netdevs : pf->has_uplink;

    for (size_t i = 0; target->mtu && i < n; i++) {
        const struct policy_netdev *netdev = &pf->netdevs[i];

        if (netdev->mtu != target->mtu) {
            step->type = POLICY_STEP_MTU;
            step->number = target->mtu;
            set_step_name(step, "%s", netdev->name);
            return true;
        }
    }
    return false;
}

/* A vDPA device has no alias by which the kernel or udev would load a module
 * for it, so that one that nobody loaded does not come by itself. */
static bool
plan_modules(const struct policy_pf *pf, const struct policy_target *target,
             struct policy_step *step)
{
    for (unsigned int i = 0; i < target->num_vfs; i++) {
        enum policy_vdpa vdpa = policy_spec_vdpa(target->spec, target->as, i);

        if (pf->no_driver[vdpa]) {
            const char *module = policy_vdpa_driver(vdpa);

            step->type = POLICY_STEP_IMPOSSIBLE;
            step->may_change = true;
            set_step_name(step, "module %s is not loaded: load it with "
                          "\"modprobe %s\", and at each boot by a file in "
                          "/etc/modules-load.d", module, module);
            return true;
        }
    }
    return false;
}

/* What can be told beforehand that it cannot be. */
static bool
plan_limits(const struct policy_pf *pf, const struct policy_target *target,
            struct policy_step *step)
{
    if (target->num_vfs > pf->total_vfs) {
        step->type = POLICY_STEP_IMPOSSIBLE;
        set_step_name(step, "numVfs is %u, and the PF can have %u at most "
                      "(sriov_totalvfs)", target->num_vfs, pf->total_vfs);
        return true;
    }
    if (!pf->driver[0]) {
        return plan_impossible(step, "the PF has no driver");
    }
    if (pf->mode == ESWITCH_UNKNOWN && target->mode == ESWITCH_SWITCHDEV) {
        return plan_impossible(step, "eSwitchMode is switchdev, and devlink "
                               "knows no eswitch of this PF");
    }
    return target->spec && plan_modules(pf, target, step);
}

void
policy_plan(const struct policy_pf *pf, const struct policy_target *target,
            const struct sset *made, struct policy_step *step)
{
    memset(step, 0, sizeof *step);
    if (plan_limits(pf, target, step)
        || plan_num_vfs(pf, target, made, step)
        || plan_mode(pf, target, made, step)
        || plan_drivers(pf, target, step)
        || plan_vdpas(pf, target, made, step)
        || plan_mtu(pf, target, step)) {
        return;
    }
    step->type = POLICY_STEP_NONE;
}

bool
policy_step_equals(const struct policy_step *a, const struct policy_step *b)
{
    return (a->type == b->type && !pci_addr_compare(&a->addr, &b->addr)
            && !strcmp(a->name, b->name) && !strcmp(a->driver, b->driver)
            && a->mode == b->mode && a->number == b->number);
}

bool
policy_step_is_disruptive(const struct policy_step *step)
{
    switch (step->type) {
    case POLICY_STEP_VDPA_DEL:
    case POLICY_STEP_NUM_VFS:
    case POLICY_STEP_VF_UNBIND:
    case POLICY_STEP_ESWITCH:
        return true;

    case POLICY_STEP_VDPA_BIND:
        return step->rebind;

    case POLICY_STEP_NONE:
    case POLICY_STEP_VF_PROBE:
    case POLICY_STEP_VDPA_ADD:
    case POLICY_STEP_MTU:
    case POLICY_STEP_IMPOSSIBLE:
    default:
        return false;
    }
}

void
policy_step_put(const struct policy_step *step, struct ds *s)
{
    char addr[PCI_ADDR_STRLEN];

    pci_addr_format(&step->addr, addr);
    switch (step->type) {
    case POLICY_STEP_NONE:
        ds_put_cstr(s, "nothing");
        break;
    case POLICY_STEP_VDPA_DEL:
        ds_put_format(s, "delete vDPA device %s", step->name);
        break;
    case POLICY_STEP_NUM_VFS:
        ds_put_format(s, "set sriov_numvfs to %u", step->number);
        break;
    case POLICY_STEP_VF_UNBIND:
        ds_put_format(s, "unbind VF %s from %s", addr, step->name);
        break;
    case POLICY_STEP_VF_PROBE:
        ds_put_format(s, "bind VF %s to %s", addr,
                      step->name[0] ? step->name : "its driver");
        break;
    case POLICY_STEP_ESWITCH:
        ds_put_format(s, "set eswitch mode %s",
                      eswitch_mode_to_string(step->mode));
        break;
    case POLICY_STEP_VDPA_ADD:
        ds_put_format(s, "add vDPA device %s on %s", step->name, addr);
        break;
    case POLICY_STEP_VDPA_BIND:
        ds_put_format(s, "bind vDPA device %s to %s", step->name,
                      step->driver);
        break;
    case POLICY_STEP_MTU:
        ds_put_format(s, "set MTU %u of %s", step->number, step->name);
        break;
    case POLICY_STEP_IMPOSSIBLE:
        ds_put_format(s, "impossible: %s", step->name);
        break;
    default:
        OVS_NOT_REACHED();
    }
}
