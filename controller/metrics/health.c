/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/metrics/health.h"

#include <stdbool.h>

#include "controller/controller.h"
#include "controller/flow/engine.h"
#include "controller/output.h"
#include "controller/policy/engine.h"
#include "controller/reconcile.h"
#include "netlink/kernel.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovsdb/ovs-view.h"
#include "util.h"

/* What is known of the database. */
static size_t
check_database(const struct controller *c, struct ds *reasons)
{
    const char *remote = ovs_view_remote(c->view);

    if (!ovs_view_is_connected(c->view)) {
        ds_put_format(reasons, "database: no connection to %s\n", remote);
    } else if (!ovs_view_is_synced(c->view)) {
        ds_put_format(reasons, "database: %s has not told all yet\n", remote);
    } else {
        return 0;
    }
    return 1;
}

/* A source that the kernel does not have is no obstacle. */
static size_t
check_sources(const struct controller *c, struct ds *reasons)
{
    static const char *const names[FLOW_N_SOURCES] = {
        [FLOW_SOURCE_TC] = "tc filters",
        [FLOW_SOURCE_KERNEL] = "flows of the kernel's datapath",
    };
    size_t n = 0;

    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        if (kernel_status(c->kernel, i)->state == SOURCE_SYNCING) {
            ds_put_format(reasons, "source %s: is being read\n",
                          kernel_source_to_string(i));
            n++;
        }
    }
    for (int i = 0; i < FLOW_N_SOURCES; i++) {
        enum flow_source_state state = flow_engine_state(c->flows, i);

        if (state == FLOW_SOURCE_SYNCING || state == FLOW_SOURCE_FAILED) {
            ds_put_format(reasons, "%s: %s\n", names[i],
                          (state == FLOW_SOURCE_SYNCING ? "are being read"
                           : "cannot be had, see status"));
            n++;
        }
    }
    return n;
}

/* What "status" tells of policies that were not carried out. */
static size_t
check_policies(const struct controller *c, struct ds *reasons)
{
    struct json *json = policy_engine_status_to_json(c->policies);
    const struct json *problems = shash_find_data(json_object(json),
                                                  "problems");
    struct shash_node *node;
    size_t n = 0;

    SHASH_FOR_EACH (node, json_object(problems)) {
        const struct json *why = node->data;
        char *text = output_printable(why->type == JSON_STRING
                                      ? json_string(why) : "");

        ds_put_format(reasons, "policy, %s: %s\n", node->name, text);
        free(text);
        n++;
    }
    json_destroy(json);
    return n;
}

size_t
metrics_not_ready(const struct controller *c, struct ds *reasons)
{
    return (check_database(c, reasons) + check_sources(c, reasons)
            + check_policies(c, reasons));
}
