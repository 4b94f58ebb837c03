/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/status.h"

#include "controller/controller.h"
#include "controller/devinfo/join.h"
#include "controller/flow/engine.h"
#include "controller/flow/userspace.h"
#include "controller/inventory.h"
#include "controller/journal.h"
#include "controller/metrics/server.h"
#include "controller/output.h"
#include "controller/policy/engine.h"
#include "controller/ports.h"
#include "controller/reconcile.h"
#include "controller/rpc/server.h"
#include "controller/state/file.h"
#include "controller/vdpa/json.h"
#include "controller/vdpa/keep.h"
#include "controller/vswitchd-query.h"
#include "netlink/kernel.h"
#include "openvswitch/json.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

static void
put_bool(struct json *json, const char *name, bool value)
{
    json_object_put(json, name, json_boolean_create(value));
}

static struct json *
config_to_json(const struct controller *c)
{
    const struct config *config = reconcile_config(c->rec);
    struct json *json = json_object_create();
    const char *key;

    json_object_put_string(json, "mode",
                           offload_mode_to_string(config->mode));
    json_object_put_string(json, "mode_configured",
                           offload_mode_to_string(config->configured));
    output_put_string(json, "mode_reason", config->mode_why);
    json_object_put_string(json, "bridge", config->bridge);
    put_bool(json, "bridge_exists",
             ovs_view_has_bridge(c->view, config->bridge));
    json_object_put_string(json, "select",
                           offload_select_to_string(config->select));
    put_bool(json, "manage_ovs", config->manage_ovs);
    put_bool(json, "features", config->features);
    put_bool(json, "repair", config->repair);
    put_bool(json, "restore", config->restore);
    json_object_put_string(json, "cni_cache", config->cni_cache);
    output_put_count(json, "flow_poll_ms", config->flow_poll_ms);
    output_put_string(json, "vdpa_socket", config->vdpa_socket);
    output_put_string(json, "metrics", config->metrics);
    json_object_put(json, "errors", smap_to_json(&config->errors));

    struct json *unknown = json_array_create_empty();
    SSET_FOR_EACH (key, &config->unknown) {
        json_array_add(unknown, json_string_create(key));
    }
    json_object_put(json, "unknown_keys", unknown);
    return json;
}

static struct json *
ovsdb_to_json(const struct controller *c)
{
    const struct reconcile_status *rec = reconcile_status(c->rec);
    struct json *json = json_object_create();

    json_object_put_string(json, "remote", ovs_view_remote(c->view));
    put_bool(json, "connected", ovs_view_is_connected(c->view));
    put_bool(json, "synced", ovs_view_is_synced(c->view));
    output_put_count(json, "commits", ovs_view_n_commits(c->view));
    put_bool(json, "in_flight", rec->txn_in_flight);
    output_put_string(json, "last_error", rec->last_error);
    output_put_string(json, "ovs_version", ovs_view_ovs_version(c->view));
    output_put_string(json, "hw_offload",
                      smap_get(ovs_view_other_config(c->view), "hw-offload"));
    return json;
}

static struct json *
source_to_json(const struct controller *c, enum kernel_source source)
{
    const struct source_status *s = kernel_status(c->kernel, source);
    struct json *json = json_object_create();

    json_object_put_string(json, "state", source_state_to_string(s->state));
    output_put_count(json, "messages", s->n_messages);
    output_put_count(json, "resyncs", s->n_resyncs);
    output_put_count(json, "overflows", s->n_overflows);
    output_put_count(json, "interrupted", s->n_interrupted);
    output_put_count(json, "malformed", s->n_malformed);
    output_put_count(json, "busy_ms",
                     s->busy_since ? time_msec() - s->busy_since : 0);
    output_put_string(json, "last_error", s->last_error);
    return json;
}

/* How what survives a restart is kept. */
static void
put_state_file(struct json *json, const struct state_file *file)
{
    json_object_put(json, "saved",
                    json_boolean_create(file && state_file_is_saved(file)));
    output_put_string(json, "file_error",
                      file ? state_file_error(file) : NULL);
}

/* Rows of others whose representor is or was gone. */
static struct json *
journal_to_json(const struct journal *journal,
                const struct state_file *file)
{
    static const enum journal_state states[] = {
        JOURNAL_ABSENT, JOURNAL_LOST, JOURNAL_RETURNED,
    };
    struct json *json = json_object_create();

    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        output_put_count(json, journal_state_to_string(states[i]),
                         journal_count(journal, states[i]));
    }
    output_put_count(json, "lost_total", journal->n_lost);
    output_put_count(json, "restored_total", journal->n_restored);
    put_state_file(json, file);
    return json;
}

static struct json *
vdpa_pending_file_to_json(const struct controller *c)
{
    struct json *json = json_object_create();

    put_state_file(json, vdpa_keep_file(c->vdpa_keep));
    return json;
}

/* Numbers of ports by pair and by state; those with none are left out. */
static void
put_port_counts(struct json *json, const struct port_table *table)
{
    struct json *by_pair = json_object_create();
    struct json *by_state = json_object_create();
    uint64_t pairs[PAIR_RESYNC + 1] = { 0 };
    uint64_t states[PORT_ERROR + 1] = { 0 };
    const struct port *port;

    HMAP_FOR_EACH (port, node, &table->ports) {
        pairs[port->pair_state]++;
        states[port->decision.state]++;
    }
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        if (pairs[i]) {
            output_put_count(by_pair, pair_state_to_string(i), pairs[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        if (states[i]) {
            output_put_count(by_state, port_state_to_string(i), states[i]);
        }
    }
    json_object_put(json, "pairs", by_pair);
    json_object_put(json, "ports", by_state);
}

static struct json *
flows_to_json(const struct controller *c)
{
    struct json *json = flow_engine_status_to_json(c->flows);

    json_object_put(json, "userspace",
                    flow_userspace_status_to_json(c->userspace));
    output_put_count(json, "vswitchd_calls",
                     vswitchd_query_count(VSWITCHD_REPORT));
    return json;
}

struct json *
status_to_json(const struct controller *c)
{
    struct json *json = json_object_create();
    struct json *sources = json_object_create();

    json_object_put_string(json, "version", VERSION);
    json_object_put(json, "config", config_to_json(c));
    json_object_put(json, "ovsdb", ovsdb_to_json(c));
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        json_object_put(sources, kernel_source_to_string(i),
                        source_to_json(c, i));
    }
    json_object_put(json, "sources", sources);
    json_object_put(json, "flows", flows_to_json(c));
    json_object_put(json, "devinfo", devinfo_status_to_json(
                        c->devinfo, c->devinfo_publish));
    json_object_put(json, "journal",
                    journal_to_json(reconcile_journal(c->rec),
                                    reconcile_journal_file(c->rec)));
    json_object_put(json, "vdpa_rpc", rpc_server_status_to_json(c->rpc));
    json_object_put(json, "metrics",
                    metrics_server_status_to_json(c->metrics));
    json_object_put(json, "policies",
                    policy_engine_status_to_json(c->policies));
    put_port_counts(json, reconcile_ports(c->rec));
    json_object_put(json, "vdpa_pending", vdpa_pending_to_json(c->kernel));
    json_object_put(json, "vdpa_pending_file",
                    vdpa_pending_file_to_json(c));
    output_put_count(json, "rounds", reconcile_status(c->rec)->n_rounds);
    return json;
}
