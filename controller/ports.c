/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/ports-private.h"

#include <string.h>

#include "controller/inventory.h"
#include "controller/udev.h"
#include "hash.h"
#include "openvswitch/vlog.h"
#include "ovsdb/iface-id.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ports);

/* Back-off after a row of ours was deleted by someone for the second time in
 * LOST_FORGET_MS, or after ovsdb-server refused it: doubled each time. */
#define BACKOFF_MIN_MS (5 * 1000)
#define BACKOFF_MAX_MS (5 * 60 * 1000)
#define LOST_FORGET_MS (10 * 60 * 1000)

static const struct smap empty_ids = SMAP_INITIALIZER(&empty_ids);

void
ports_init(struct port_table *table)
{
    hmap_init(&table->ports);
    for (int kind = 0; kind < N_PORT_NAMES; kind++) {
        shash_init(&table->index[kind]);
    }
    pairs_init(&table->pairs);
    table->pairs_seqno = UINT64_MAX;
    offload_scope_init(&table->scope);
    table->generation = 0;
}

static void
port_free(struct port *port)
{
    free(port->key);
    free(port->decision.reason);
    free(port->row_name);
    free(port->row_request);
    free(port->txn_error);
    free(port);
}

void
ports_destroy(struct port_table *table)
{
    struct port *port;

    HMAP_FOR_EACH_POP (port, node, &table->ports) {
        port_free(port);
    }
    hmap_destroy(&table->ports);
    for (int kind = 0; kind < N_PORT_NAMES; kind++) {
        shash_destroy(&table->index[kind]);
    }
    pairs_destroy(&table->pairs);
    offload_scope_destroy(&table->scope);
}

struct port *
port_find_by_key(const struct port_table *table, const char *key)
{
    struct port *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_string(key, 0),
                             &table->ports) {
        if (!strcmp(port->key, key)) {
            return port;
        }
    }
    return NULL;
}

static struct port *
port_get(struct port_table *table, const char *key)
{
    struct port *port = port_find_by_key(table, key);

    if (!port) {
        port = xzalloc(sizeof *port);
        port->key = xstrdup(key);
        hmap_insert(&table->ports, &port->node, hash_string(key, 0));
    }
    if (port->generation != table->generation) {
        port->generation = table->generation;
        port->pair = NULL;
        port->request = NULL;
        port->n_requests = 0;
        port->id_holder = NULL;
    }
    return port;
}

const char *
port_title(const struct port *port)
{
    if (port->pair && port->pair->rep) {
        return port->pair->rep->info.name;
    }
    return strchr(port->key, ' ') + 1;
}

const struct smap *
port_wanted_ids(const struct port *port)
{
    return (port->request && port->n_requests == 1
            ? &port->request->external_ids : &empty_ids);
}

bool
ports_are_settled(const struct port_context *ctx)
{
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        if (ctx->inv->state[i] == SOURCE_SYNCING) {
            return false;
        }
    }
    return ovs_view_is_synced(ctx->view);
}

/* Requests. */

/* The key of the port that request 'name' names.  A VF's address is taken for
 * that even if someone gave a vDPA device such a name.  Caller frees. */
static char *
request_port_key(const struct inventory *inv, const char *name)
{
    const struct inv_vdpa *vdpa = inventory_find_vdpa(inv, name);
    char buf[PCI_ADDR_STRLEN];
    struct pci_addr addr;

    if (!pci_addr_parse(name, &addr) || !inventory_find_vf(inv, &addr)) {
        if (!vdpa) {
            return xasprintf("request %s", name);
        }
        addr = vdpa->info.parent_pci;
        if (vdpa->info.parent_kind != VDPA_PARENT_PCI
            || !inventory_find_vf(inv, &addr)) {
            return xasprintf("vdpa %s", name);
        }
    }
    return xasprintf("vf %s", pci_addr_format(&addr, buf));
}

static void
join_requests(struct port_table *table, const struct port_context *ctx)
{
    const struct request *request;

    HMAP_FOR_EACH (request, node, &ctx->requests->requests) {
        char *key = request_port_key(ctx->inv, request->name);
        struct port *port = port_get(table, key);

        /* Which of several is shown does not depend on the hash. */
        if (!port->n_requests++
            || strcmp(request->name, port->request->name) < 0) {
            port->request = request;
        }
        free(key);
    }
}

/* Marks the ports whose request's iface-id another one has: an Interface that
 * is not ours, or another request of which none is in place. */
static void
find_id_holders(struct port_table *table, const struct port_context *ctx)
{
    struct shash by_id = SHASH_INITIALIZER(&by_id);
    struct port *port;

    HMAP_FOR_EACH (port, node, &table->ports) {
        if (port->n_requests != 1 || port->request->error) {
            continue;
        }

        const char *id = port->request->iface_id;
        const struct ovs_iface *iface;
        for (iface = ovs_view_find_iface_id(ctx->view, id); iface;
             iface = ovs_iface_next_same_id(iface)) {
            if (iface != port->iface && iface->owner != OVS_OWNER_SELF) {
                port->id_holder = iface->name;
            }
        }

        struct port *other = shash_find_data(&by_id, id);
        if (!other) {
            shash_add(&by_id, id, port);
        } else {
            /* Both, unless one has it already: no order decides. */
            bool here = (port->iface && port->iface->iface_id
                         && !strcmp(port->iface->iface_id, id));
            bool there = (other->iface && other->iface->iface_id
                          && !strcmp(other->iface->iface_id, id));
            if (!here || there) {
                port->id_holder = port_title(other);
            }
            if (!there || here) {
                other->id_holder = port_title(port);
            }
        }
    }
    shash_destroy(&by_id);
}

/* hw-tc-offload. */

static bool
is_selected(const struct port_context *ctx, const struct pair *pair)
{
    return (ctx->config->mode == MODE_OWN
            && ((ctx->config->select == SELECT_VDPA
                 && pair->state == PAIR_PAIRED)
                || (ctx->config->select == SELECT_ALL
                    && pair->has_vf_addr)));
}

static void
find_scope(struct port_table *table, const struct port_context *ctx)
{
    const struct port *port;

    offload_scope_clear(&table->scope);
    offload_scope_add_bridges(&table->scope, ctx->inv, ctx->view);
    HMAP_FOR_EACH (port, node, &table->ports) {
        if (port->pair && port->pair->rep
            && (port->n_requests || is_selected(ctx, port->pair))) {
            offload_scope_add(&table->scope, port->pair->rep);
        }
    }
}

bool
ports_link_needs_offload(const struct port_table *table,
                         const struct port_context *ctx,
                         const struct inv_link *link)
{
    return (ctx->config->features && ctx->config->mode != MODE_OBSERVE
            && link->tc_offload == TC_OFFLOAD_OFF && !link->offload_settled
            && !link->offload_error
            && offload_scope_has(&table->scope, link));
}

/* Memory of rows. */

/* time_msec() until which to wait after the 'n'th failure in a row. */
static long long int
back_off(unsigned int n)
{
    long long int delay = BACKOFF_MIN_MS;

    while (n-- > 1 && delay < BACKOFF_MAX_MS) {
        delay *= 2;
    }
    return time_msec() + MIN(delay, BACKOFF_MAX_MS);
}

void
port_wrote(struct port *port, const char *error)
{
    free(port->txn_error);
    port->txn_error = nullable_xstrdup(error);
    port->had_row = false;
    port->n_refused = error ? port->n_refused + 1 : 0;
    if (error) {
        port->retry_at = back_off(port->n_refused);
    } else if (port->decision.actions & PORT_REOPEN) {
        port->reopen_at = back_off(++port->n_reopened);
    }
}

long long int
port_next_retry(const struct port *port)
{
    long long int now = time_msec();
    long long int next = LLONG_MAX;

    if (port->retry_at > now) {
        next = port->retry_at;
    }
    if (port->iface && port->iface->ofport < 0 && port->reopen_at > now) {
        next = MIN(next, port->reopen_at);
    }
    return next;
}

/* Notices that a row of ours, which should be there, was deleted by someone.
 * That happens along with its bridge or its representor too: these do not
 * count. */
static void
notice_lost_row(const struct port_context *ctx, struct port *port)
{
    const struct uuid *bridge = ovs_view_bridge_uuid(ctx->view,
                                                     ctx->config->bridge);

    if (!port->had_row || port->in_txn || port->iface
        || !port->pair || !port->pair->rep
        || strcmp(port->row_name, port->pair->rep->info.name)
        || !bridge || !uuid_equals(bridge, &port->row_bridge)) {
        return;
    }

    long long int now = time_msec();
    if (now - port->lost_at > LOST_FORGET_MS) {
        port->n_lost = 0;
    }
    port->lost_at = now;
    if (++port->n_lost > 1) {
        port->retry_at = back_off(port->n_lost - 1);
    }
    event_log_add(ctx->log, port_title(port), "row", "", "deleted",
                  "by someone else, %u time%s", port->n_lost,
                  port->n_lost > 1 ? "s" : "");
}

static void
remember_row(const struct port_context *ctx, struct port *port)
{
    const char *value = port->request ? port->request->value : "";
    const struct uuid *bridge;

    if (!ovs_view_is_synced(ctx->view)) {
        return;
    }
    notice_lost_row(ctx, port);

    if (port->row_request && strcmp(port->row_request, value)) {
        /* Something else is asked for now: begin anew. */
        port->n_lost = port->n_refused = 0;
        port->retry_at = 0;
        free(port->txn_error);
        port->txn_error = NULL;
    }
    free(port->row_request);
    port->row_request = xstrdup(value);

    port->had_row = port->iface && port->iface->owner == OVS_OWNER_SELF;
    if (port->had_row && port->iface->ofport > 0) {
        port->n_reopened = 0;
    }
    if (port->had_row) {
        free(port->row_name);
        port->row_name = xstrdup(port->iface->name);
        bridge = ovs_view_bridge_uuid(ctx->view, port->iface->bridge);
        port->row_bridge = bridge ? *bridge : UUID_ZERO;
    }
}

/* Events. */

static void
report_changes(const struct port_context *ctx, struct port *port,
               enum port_state old_state, enum pair_state old_pair,
               enum tc_offload old_offload)
{
    const char *title = port_title(port);
    const struct port_decision *d = &port->decision;

    if (!ctx->ever_settled) {
        return;                 /* Start-up: not a change. */
    }
    if (!port->reported || port->pair_state != old_pair) {
        event_log_add(ctx->log, title, "pair",
                      port->reported ? pair_state_to_string(old_pair) : "",
                      pair_state_to_string(port->pair_state), "%s",
                      port->pair ? port->pair->reason : "");
    }
    if (!port->reported || d->state != old_state) {
        event_log_add(ctx->log, title, "state",
                      port->reported ? port_state_to_string(old_state) : "",
                      port_state_to_string(d->state), "%s%s%s%s",
                      d->state == PORT_ATTACHED ? "on bridge " : "",
                      d->state == PORT_ATTACHED ? port->iface->bridge : "",
                      d->state == PORT_ATTACHED && d->reason[0] ? "; " : "",
                      d->reason);
    }
    if (port->reported && port->tc_offload != old_offload
        && old_offload != TC_OFFLOAD_UNKNOWN) {
        event_log_add(ctx->log, title, "offload",
                      tc_offload_to_string(old_offload),
                      tc_offload_to_string(port->tc_offload), "%s",
                      (port->pair && port->pair->rep
                       ? "hw-tc-offload changed" : "the netdev went"));
    }
    port->reported = true;
}

static enum pair_state
find_pair_state(const struct port *port)
{
    struct pci_addr addr;

    /* A request that names nothing: by what it seems to name. */
    return (port->pair ? port->pair->state
            : pci_addr_parse(port->request->name, &addr) ? PAIR_NOT_A_VF
            : PAIR_NO_VDPA);
}

static void
update_port(struct port_table *table, const struct port_context *ctx,
            struct port *port)
{
    enum port_state old_state = port->decision.state;
    enum pair_state old_pair = port->pair_state;
    enum tc_offload old_offload = port->tc_offload;
    const struct inv_link *rep = port->pair ? port->pair->rep : NULL;

    port->pair_state = find_pair_state(port);
    port->tc_offload = rep ? rep->tc_offload : TC_OFFLOAD_UNKNOWN;
    remember_row(ctx, port);
    port_table_decide(table, ctx, port);
    report_changes(ctx, port, old_state, old_pair, old_offload);
}

/* Index. */

static void
index_add(struct port_table *table, enum port_name_kind kind,
          const char *name, struct port *port)
{
    shash_add_once(&table->index[kind], name, port);
}

static void
index_pod(struct port_table *table, const struct smap *ids, struct port *port)
{
    struct pod_name pod;

    pod_name_init(&pod, ids);
    if (pod.ns && pod.pod && !pod.nad) {
        char *name = xasprintf("%s/%s", pod.ns, pod.pod);

        index_add(table, PORT_NAME_POD, name, port);
        free(name);
    }
    pod_name_destroy(&pod);
}

static void
index_port(struct port_table *table, struct port *port)
{
    const struct pair *pair = port->pair;
    char buf[PCI_ADDR_STRLEN];

    if (pair && pair->rep) {
        index_add(table, PORT_NAME_REP, pair->rep->info.name, port);
    }
    if (pair && pair->has_vf_addr) {
        index_add(table, PORT_NAME_PCI, pci_addr_format(&pair->vf_addr, buf),
                  port);
    }
    for (size_t i = 0; pair && i < pair->n_vdpas; i++) {
        index_add(table, PORT_NAME_VDPA, pair->vdpas[i]->info.name, port);
    }
    if (port->request) {
        index_add(table, PORT_NAME_REQUEST, port->request->name, port);
    }

    const char *id = (port->iface ? port->iface->iface_id
                      : port->request ? port->request->iface_id : NULL);
    if (id) {
        index_add(table, PORT_NAME_IFACE_ID, id, port);
        index_pod(table, (port->iface ? port->iface->external_ids
                          : &port->request->external_ids), port);
    }
}

struct port *
port_find_by_rep(const struct port_table *table, const char *name)
{
    return shash_find_data(&table->index[PORT_NAME_REP], name);
}

struct port *
port_find(const struct port_table *table, const char *name)
{
    struct port *port = NULL;

    for (int kind = 0; kind < N_PORT_NAMES && !port; kind++) {
        port = shash_find_data(&table->index[kind], name);
    }
    return port;
}

/* The update. */

static void
join_pairs(struct port_table *table, const struct port_context *ctx)
{
    const struct pair *pair;

    if (table->pairs_seqno != ctx->inv->pairs_seqno) {
        pairs_compute(ctx->inv, &table->pairs);
        table->pairs_seqno = ctx->inv->pairs_seqno;
    }
    HMAP_FOR_EACH (pair, node, &table->pairs.pairs) {
        port_get(table, pair->key)->pair = pair;
    }
}

static void
join_rows(struct port_table *table, const struct port_context *ctx)
{
    struct port *port;

    HMAP_FOR_EACH (port, node, &table->ports) {
        struct pod_name pod;

        port->iface = (port->pair && port->pair->rep
                       ? ovs_view_find_iface(ctx->view,
                                             port->pair->rep->info.name)
                       : NULL);
        port->management = false;
        if (port->iface) {
            pod_name_init(&pod, port->iface->external_ids);
            port->management = pod.management;
            pod_name_destroy(&pod);
        }
    }
}

static void
drop_ports_that_went(struct port_table *table, const struct port_context *ctx)
{
    struct port *port;

    HMAP_FOR_EACH_SAFE (port, node, &table->ports) {
        if (port->generation != table->generation) {
            event_log_add(ctx->log, strchr(port->key, ' ') + 1, "port",
                          port_state_to_string(port->decision.state), "gone",
                          "%s", "");
            hmap_remove(&table->ports, &port->node);
            port_free(port);
        }
    }
}

void
ports_update(struct port_table *table, const struct port_context *ctx)
{
    struct port *port;

    table->generation++;
    for (int kind = 0; kind < N_PORT_NAMES; kind++) {
        shash_clear(&table->index[kind]);
    }
    join_pairs(table, ctx);
    join_requests(table, ctx);
    drop_ports_that_went(table, ctx);
    join_rows(table, ctx);
    find_scope(table, ctx);
    find_id_holders(table, ctx);
    HMAP_FOR_EACH (port, node, &table->ports) {
        update_port(table, ctx, port);
        index_port(table, port);
    }
    VLOG_DBG("%"PRIuSIZE" ports", hmap_count(&table->ports));
}
