/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/private.h"

#include <stdlib.h>
#include <string.h>

#include "controller/controller.h"
#include "netlink/eswitch-control.h"
#include "netlink/kernel.h"
#include "netlink/node-writer.h"
#include "netlink/vdpa-control.h"
#include "util.h"

static void
write_done(void *pf, int error)
{
    managed_pf_step_done(pf, error ? xstrdup(ovs_strerror(error)) : NULL);
}

/* Writes 'text' to 'file', relative to the root of sysfs, which is freed. */
static void
write_sysfs(struct managed_pf *pf, char *file, const char *text)
{
    char *path = xasprintf("%s/%s", pf->engine->sysfs_path, file);
    int error = node_writer_write(managed_pf_writer(pf), path, text,
                                  write_done, pf);

    free(path);
    free(file);
    if (error) {
        write_done(pf, error);
    }
}

static void
set_num_vfs(struct managed_pf *pf)
{
    char addr[PCI_ADDR_STRLEN];
    char *text = xasprintf("%u", pf->step.number);

    write_sysfs(pf, xasprintf("bus/pci/devices/%s/sriov_numvfs",
                              pci_addr_format(&pf->addr, addr)), text);
    free(text);
}

static void
set_mtu(struct managed_pf *pf)
{
    char *text = xasprintf("%u", pf->step.number);

    write_sysfs(pf, xasprintf("class/net/%s/mtu", pf->step.name), text);
    free(text);
}

static void
unbind_vf(struct managed_pf *pf)
{
    char addr[PCI_ADDR_STRLEN];

    pci_addr_format(&pf->step.addr, addr);
    write_sysfs(pf, xasprintf("bus/pci/drivers/%s/unbind", pf->step.name),
                addr);
}

static void
probe_vf(struct managed_pf *pf)
{
    char addr[PCI_ADDR_STRLEN];

    pci_addr_format(&pf->step.addr, addr);
    write_sysfs(pf, (pf->step.name[0]
                     ? xasprintf("bus/pci/drivers/%s/bind", pf->step.name)
                     : xstrdup("bus/pci/drivers_probe")), addr);
}

static void
eswitch_done(void *pf_, int error, const char *extack)
{
    struct managed_pf *pf = pf_;

    pf->eswitch_op = NULL;
    if (!error) {
        /* There is no notification of the mode itself. */
        kernel_resync(pf->engine->c->kernel, SOURCE_DEVLINK);
    }
    managed_pf_step_done(pf, (!error ? NULL
                              : extack[0]
                              ? xasprintf("%s (%s)", ovs_strerror(error),
                                          extack)
                              : xstrdup(ovs_strerror(error))));
}

static void
set_eswitch(struct managed_pf *pf)
{
    struct devlink_handle handle;

    devlink_handle_from_pci(&pf->addr, &handle);
    pf->eswitch_op = eswitch_control_set(pf->engine->eswitch, &handle,
                                         pf->step.mode, eswitch_done, pf);
    if (!pf->eswitch_op) {
        managed_pf_step_done(pf, xstrdup("this kernel has no devlink"));
    }
}

static void
vdpa_done(void *pf_, const struct vdpa_result *result)
{
    struct managed_pf *pf = pf_;

    pf->vdpa_op = NULL;
    managed_pf_step_done(pf, (!result->error ? NULL
                              : xstrdup(result->message[0]
                                        ? result->message
                                        : ovs_strerror(result->error))));
}

static void
add_vdpa(struct managed_pf *pf)
{
    struct vdpa_spec spec;
    char addr[PCI_ADDR_STRLEN];

    memset(&spec, 0, sizeof spec);
    ovs_strlcpy(spec.name, pf->step.name, sizeof spec.name);
    snprintf(spec.mgmtdev, sizeof spec.mgmtdev, "pci/%s",
             pci_addr_format(&pf->step.addr, addr));
    pf->vdpa_op = kernel_vdpa_create(pf->engine->c->kernel, &spec, vdpa_done,
                                     pf);
}

void
managed_pf_execute(struct managed_pf *pf)
{
    struct kernel *kernel = pf->engine->c->kernel;

    switch (pf->step.type) {
    case POLICY_STEP_NUM_VFS:
        set_num_vfs(pf);
        break;
    case POLICY_STEP_VF_UNBIND:
        unbind_vf(pf);
        break;
    case POLICY_STEP_VF_PROBE:
        probe_vf(pf);
        break;
    case POLICY_STEP_ESWITCH:
        set_eswitch(pf);
        break;
    case POLICY_STEP_MTU:
        set_mtu(pf);
        break;
    case POLICY_STEP_VDPA_ADD:
        add_vdpa(pf);
        break;
    case POLICY_STEP_VDPA_DEL:
        /* One that waits for the device to be closed is not waited for: the
         * guards are asked again first. */
        free(kernel_vdpa_cancel_delete(kernel, pf->step.name));
        pf->vdpa_op = kernel_vdpa_delete(kernel, pf->step.name, vdpa_done,
                                         pf);
        break;
    case POLICY_STEP_VDPA_BIND:
        pf->vdpa_op = kernel_vdpa_bind(kernel, pf->step.name,
                                       pf->step.driver, vdpa_done, pf);
        break;
    case POLICY_STEP_NONE:
    case POLICY_STEP_IMPOSSIBLE:
    default:
        OVS_NOT_REACHED();
    }
}

void
managed_pf_execute_cancel(struct managed_pf *pf)
{
    eswitch_op_forget(pf->eswitch_op);
    vdpa_op_forget(pf->vdpa_op);
    pf->eswitch_op = NULL;
    pf->vdpa_op = NULL;
    node_writer_destroy(pf->writer);
    pf->writer = NULL;
}
