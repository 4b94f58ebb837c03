/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/ports-private.h"

#include <net/if.h>
#include <string.h>

#include "controller/inventory.h"
#include "controller/udev.h"
#include "ovsdb/iface-id.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

/* What the decision about a port depends on, out of all tables. */

/* Is the row not what the request says: a key that differs, or one that we
 * wrote for an earlier request? */
static bool
row_differs(const struct port *port)
{
    const struct smap *wanted = port_wanted_ids(port);
    struct smap_node *node;
    bool differs = false;

    SMAP_FOR_EACH (node, wanted) {
        const char *have = smap_get(port->iface->external_ids, node->key);

        if (!have || strcmp(have, node->value)) {
            return true;
        }
    }
    if (port->iface->our_keys) {
        char *keys = xstrdup(port->iface->our_keys);
        char *save = NULL;

        for (char *key = strtok_r(keys, ",", &save); key && !differs;
             key = strtok_r(NULL, ",", &save)) {
            differs = !smap_get(wanted, key);
        }
        free(keys);
    }
    return differs;
}

/* A port of Open vSwitch's kernel datapath has the netdev of the datapath as
 * its master, and a netdev has one master only.  The userspace datapath needs
 * none. */
static void
fill_master(const struct port_context *ctx, const struct inv_link *rep,
            struct port_input *in)
{
    const char *dp = ovs_view_bridge_datapath(ctx->view, in->bridge);
    const struct inv_link *master
        = rep->info.master ? inventory_find_link(ctx->inv, rep->info.master)
                           : NULL;

    if (!master) {
        return;
    } else if (!strcmp(master->info.kind, "openvswitch")) {
        in->in_datapath = true;
    } else if (!dp || strcmp(dp, "netdev")) {
        in->master = master->info.name;
    }
}

/* Rows that were selected in mode "own" stay when that is left for "auto",
 * which selects nothing of its own accord.  They have no keys of a request. */
static bool
keeps_unrequested(const struct port_context *ctx, const struct port *port)
{
    return (!ctx->config->explicit_own && !port->iface->our_keys
            && !smap_get(ovs_view_external_ids(ctx->view),
                         "offload-select"));
}

static void
fill_rep(const struct port_table *table, const struct port_context *ctx,
         const struct inv_link *rep, struct port_input *in)
{
    in->has_rep = true;
    in->rep_up = rep->info.flags & IFF_UP;
    in->tc_offload = rep->tc_offload;
    in->needs_offload = ports_link_needs_offload(table, ctx, rep);
    in->offload_settled = rep->offload_settled;
    in->offload_pending = rep->offload_pending;
    in->offload_error = rep->offload_error;
    in->offload_late = rep->offload_late;
    in->up_settled = rep->up_settled;
    in->up_pending = rep->up_pending;
    in->up_error = rep->up_error;
    in->udev_busy = !udev_is_done(ctx->udev, rep->info.ifindex);
    fill_master(ctx, rep, in);
    in->release_tried = !strcmp(rep->released, rep->info.name);
}

static void
fill_row(const struct port_context *ctx, const struct port *port,
         struct port_input *in)
{
    const struct ovs_iface *iface = port->iface;

    in->has_row = true;
    in->owner = iface->owner;
    in->row_bridge = iface->bridge;
    in->row_mark = iface->foreign_mark;
    in->row_iface_id = iface->iface_id;
    in->row_error = iface->error;
    in->ofport = iface->ofport;
    in->row_differs = (iface->owner == OVS_OWNER_SELF && row_differs(port));
    in->keep_unrequested = keeps_unrequested(ctx, port);
    in->may_reopen = time_msec() >= port->reopen_at;
}

static char *
request_error(const struct port *port)
{
    if (port->n_requests > 1) {
        return xasprintf("%"PRIuSIZE" requests name it, "REQUEST_KEY_PREFIX
                         "%s is one", port->n_requests, port->request->name);
    } else if (port->request && port->request->error) {
        return xasprintf(REQUEST_KEY_PREFIX"%s: %s", port->request->name,
                         port->request->error);
    }
    return NULL;
}

void
port_table_decide(struct port_table *table, const struct port_context *ctx,
                  struct port *port)
{
    long long int now = time_msec();
    const struct pair *pair = port->pair;
    char *error = request_error(port);
    const struct port_input in = {
        .mode = ctx->config->mode,
        .select = port->management ? SELECT_NONE : ctx->config->select,
        .features = (ctx->config->features
                     && ctx->inv->state[SOURCE_ETHTOOL] != SOURCE_ABSENT),
        .request = (!port->n_requests ? REQUEST_NONE
                    : port->n_requests > 1 ? REQUEST_SEVERAL
                    : port->request->error ? REQUEST_BAD : REQUEST_GOOD),
        .request_error = error,
        .bridge = ctx->config->bridge,
        .bridge_exists = ovs_view_has_bridge(ctx->view, ctx->config->bridge),
        .settled = ports_are_settled(ctx),
        .pair = port->pair_state,
        .pair_reason = (pair ? pair->reason
                        : "no vDPA device and no VF has this name"),
        .has_vf_addr = pair && pair->has_vf_addr,
        .rep_ambiguous = pair && pair->rep_ambiguous,
        .id_holder = port->id_holder,
        .txn_error = port->txn_error,
        .backing_off = port->retry_at > now,
        .n_lost = port->n_lost,
    };
    struct port_input full = in;

    if (pair && pair->rep) {
        fill_rep(table, ctx, pair->rep, &full);
    }
    if (port->iface) {
        fill_row(ctx, port, &full);
    }
    free(port->decision.reason);
    port_decide(&full, &port->decision);
    free(error);
}
