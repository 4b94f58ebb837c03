/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/sink.h"

#include "controller/controller.h"
#include "controller/event-log.h"
#include "controller/flow/engine.h"
#include "controller/inventory.h"
#include "controller/late-flows.h"
#include "controller/reconcile.h"
#include "controller/udev.h"
#include "netlink/kernel.h"
#include "util.h"

static void
sink_begin(void *c_, enum kernel_source source)
{
    struct controller *c = c_;

    inventory_begin(c->inv, source);
}

static bool
link_exists(void *inv, int ifindex)
{
    return inventory_find_link(inv, ifindex) != NULL;
}

static void
sink_end(void *c_, enum kernel_source source)
{
    struct controller *c = c_;

    inventory_end(c->inv, source);
    if (source == SOURCE_LINK) {
        /* Those that went without sink_link_gone(). */
        udev_forget_gone(c->udev, link_exists, c->inv);
    }
}

static void
sink_state(void *c_, enum kernel_source source, enum source_state state)
{
    struct controller *c = c_;
    enum source_state old = c->inv->state[source];

    if (state != old) {
        char *subject = xasprintf("source %s",
                                  kernel_source_to_string(source));
        const struct source_status *status = kernel_status(c->kernel, source);

        event_log_add(c->log, subject, "source", source_state_to_string(old),
                      source_state_to_string(state), "%s",
                      (state == SOURCE_SYNCING && status->last_error
                       ? status->last_error : ""));
        free(subject);
    }
    inventory_set_state(c->inv, source, state);
}

static void
sink_link(void *c_, const struct link_info *info)
{
    struct controller *c = c_;

    inventory_link(c->inv, info);
}

static void
sink_link_gone(void *c_, int ifindex, bool deleted)
{
    struct controller *c = c_;

    if (deleted) {
        inventory_link_deleted(c->inv, ifindex);
    }
    inventory_link_gone(c->inv, ifindex);
    flow_engine_dev_gone(c->flows, ifindex);
    udev_forget(c->udev, ifindex);
}

static void
sink_pci_vf(void *c_, const struct pci_vf_info *info)
{
    struct controller *c = c_;

    inventory_vf(c->inv, info);
}

static void
sink_pci_vf_gone(void *c_, const struct pci_addr *addr)
{
    struct controller *c = c_;

    inventory_vf_gone(c->inv, addr);
}

static void
sink_devlink_port(void *c_, const struct devlink_port_info *info)
{
    struct controller *c = c_;

    inventory_port(c->inv, info);
}

static void
sink_eswitch(void *c_, const struct eswitch_info *info)
{
    struct controller *c = c_;

    inventory_eswitch(c->inv, info);
}

static void
sink_vdpa(void *c_, const struct vdpa_info *info)
{
    struct controller *c = c_;

    inventory_vdpa(c->inv, info);
}

static void
sink_tc_offload(void *c_, int ifindex, enum tc_offload value,
                bool changed OVS_UNUSED)
{
    struct controller *c = c_;

    inventory_tc_offload(c->inv, ifindex, value);
    late_flows_check(c);
}

static void
sink_set_failed(void *c_, int ifindex, const char *what, int error,
                const char *extack)
{
    struct controller *c = c_;

    reconcile_set_failed(c->rec, ifindex, what, error, extack);
}

const struct kernel_sink controller_sink = {
    .begin = sink_begin,
    .end = sink_end,
    .state = sink_state,
    .link = sink_link,
    .link_gone = sink_link_gone,
    .pci_vf = sink_pci_vf,
    .pci_vf_gone = sink_pci_vf_gone,
    .devlink_port = sink_devlink_port,
    .eswitch = sink_eswitch,
    .vdpa = sink_vdpa,
    .tc_offload = sink_tc_offload,
    .set_failed = sink_set_failed,
};
