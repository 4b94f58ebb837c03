/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/reconcile.h"

#include <inttypes.h>
#include <net/if.h>
#include <string.h>

#include "coverage.h"
#include "netlink/kernel.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(reconcile);

COVERAGE_DEFINE(reconcile_round);
COVERAGE_DEFINE(reconcile_txn);
COVERAGE_DEFINE(reconcile_txn_try_again);
COVERAGE_DEFINE(reconcile_txn_error);

/* A transaction waits for this long without a change, */
#define QUIET_MS 20
/* but no longer than this. */
#define MAX_GATHER_MS 500
/* After this long without a commit the next is a first one, made at once. */
#define BURST_END_MS 100
/* If what a transaction verified has changed and no update tells of it. */
#define TRY_AGAIN_MS 100
/* After ovsdb-server refused one, if nothing changes. */
#define REFUSED_MS 1000

/* A key that a command sets. */
struct id_change {
    struct ovs_list node;       /* In 'changes' of struct reconcile. */
    char *key;
    char *value;                /* NULL removes the key. */
    bool sent;                  /* Is it in the transaction in flight? */
    reconcile_done_cb *done;
    void *aux;
};

struct reconcile {
    struct inventory *inv;
    struct ovs_view *view;
    struct event_log *log;
    struct kernel *kernel;

    struct config config;
    struct request_table requests;
    struct port_table ports;
    struct reconcile_status status;

    uint64_t inv_seqno;         /* Of the inventory when last decided. */
    bool dirty;                 /* Decide anew? */
    bool cleanup;               /* Delete all that is ours? */

    /* Transactions. */
    struct ovs_txn *txn;        /* In flight, or NULL. */
    struct ovs_list changes;    /* struct id_change, oldest first. */
    struct sset txn_ports;      /* Keys of the ports in 'txn'. */
    bool isolate;               /* One port a transaction: one is refused. */
    size_t n_wanted;            /* Operations that the ports need now. */
    long long int activity;     /* time_msec() of the last change. */
    long long int gather_since; /* time_msec() when 'n_wanted' left 0, or 0. */
    bool gather;                /* Gather, or commit at once? */
    long long int last_commit;  /* time_msec() of the last one's end. */
    long long int try_again_at; /* time_msec() until which to wait, or 0. */
    long long int retry_at;     /* time_msec() when the first back-off of a
                                 * port is over, or 0. */
};

struct reconcile *
reconcile_create(struct inventory *inv, struct ovs_view *view,
                 struct event_log *log)
{
    struct reconcile *rec = xzalloc(sizeof *rec);

    rec->inv = inv;
    rec->view = view;
    rec->log = log;
    config_init(&rec->config);
    request_table_init(&rec->requests);
    ports_init(&rec->ports);
    ovs_list_init(&rec->changes);
    sset_init(&rec->txn_ports);
    rec->dirty = true;
    rec->last_commit = LLONG_MIN / 2;
    return rec;
}

static void
id_change_finish(struct id_change *change, const char *error)
{
    ovs_list_remove(&change->node);
    change->done(change->aux, error);
    free(change->key);
    free(change->value);
    free(change);
}

void
reconcile_destroy(struct reconcile *rec)
{
    struct id_change *change;

    if (!rec) {
        return;
    }
    LIST_FOR_EACH_SAFE (change, node, &rec->changes) {
        id_change_finish(change, "the controller is going away");
    }
    if (rec->txn) {
        ovs_txn_abort(rec->txn);
    }
    ports_destroy(&rec->ports);
    request_table_destroy(&rec->requests);
    config_destroy(&rec->config);
    sset_destroy(&rec->txn_ports);
    free(rec->status.last_error);
    free(rec);
}

void
reconcile_set_kernel(struct reconcile *rec, struct kernel *kernel)
{
    rec->kernel = kernel;
}

void
reconcile_touch(struct reconcile *rec)
{
    rec->dirty = true;
}

const struct port_table *
reconcile_ports(const struct reconcile *rec)
{
    return &rec->ports;
}

const struct config *
reconcile_config(const struct reconcile *rec)
{
    return &rec->config;
}

const struct request_table *
reconcile_requests(const struct reconcile *rec)
{
    return &rec->requests;
}

const struct reconcile_status *
reconcile_status(const struct reconcile *rec)
{
    return &rec->status;
}

static struct port_context
context(const struct reconcile *rec)
{
    return (struct port_context) {
        .inv = rec->inv,
        .view = rec->view,
        .config = &rec->config,
        .requests = &rec->requests,
        .log = rec->log,
    };
}

/* Kernel. */

static void
turn_offload_on(struct reconcile *rec, struct inv_link *link)
{
    link->offload_settled = link->offload_pending = true;
    /* What ovs-vswitchd installed before is not moved into hardware. */
    link->offload_late = ovs_view_find_iface(rec->view, link->info.name);
    event_log_add(rec->log, link->info.name, "action", "",
                  "hw-tc-offload on", "%s", "");
    kernel_set_tc_offload(rec->kernel, link->info.ifindex, true);
}

static void
set_link_up(struct reconcile *rec, struct inv_link *link)
{
    link->up_settled = link->up_pending = true;
    event_log_add(rec->log, link->info.name, "action", "", "link up",
                  "%s", "");
    kernel_set_link_up(rec->kernel, link->info.ifindex);
}

void
reconcile_set_failed(struct reconcile *rec, int ifindex, const char *what,
                     int error, const char *extack)
{
    struct inv_link *link = inventory_find_link(rec->inv, ifindex);

    if (!link) {
        return;                 /* It went: no matter. */
    }

    char *message = xasprintf("%s: %s%s%s%s", what, ovs_strerror(error),
                              extack[0] ? " (" : "", extack,
                              extack[0] ? ")" : "");
    event_log_add(rec->log, link->info.name, "action", "", "failed", "%s",
                  message);
    if (link->up_pending && !link->offload_pending) {
        link->up_pending = false;
        free(link->up_error);
        link->up_error = message;
    } else {
        link->offload_pending = false;
        free(link->offload_error);
        link->offload_error = message;
    }
    inventory_touch(rec->inv);
}

/* Asks once for each netdev of an eswitch, and turns the feature on where it
 * is in scope, before someone plugs the port. */
static void
run_features(struct reconcile *rec, const struct port_context *ctx)
{
    struct inv_link *link;

    HMAP_FOR_EACH (link, index_node, &rec->inv->links) {
        if (!link->info.switch_id.len) {
            continue;
        }
        if (!link->tc_asked
            && rec->inv->state[SOURCE_ETHTOOL] == SOURCE_SYNCED) {
            link->tc_asked = true;
            kernel_query_tc_offload(rec->kernel, link->info.ifindex);
        }
        if (ports_link_needs_offload(&rec->ports, ctx, link)) {
            turn_offload_on(rec, link);
        }
    }
}

static void
run_kernel_actions(struct reconcile *rec, const struct port_context *ctx)
{
    struct port *port;

    if (!rec->kernel || !ports_are_settled(ctx)) {
        return;
    }
    run_features(rec, ctx);
    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        if (port->decision.actions & PORT_LINK_UP) {
            set_link_up(rec, port->pair->rep);
        }
    }
}

void
reconcile_retry_port(struct reconcile *rec, struct port *port)
{
    struct inv_link *rep = port->pair ? port->pair->rep : NULL;

    if (rep) {
        rep->offload_settled = rep->up_settled = false;
        free(rep->offload_error);
        free(rep->up_error);
        rep->offload_error = rep->up_error = NULL;
    }
    port->retry_at = 0;
    port->n_lost = port->n_refused = 0;
    rec->dirty = true;
}

/* Database. */

#define TXN_ACTIONS (PORT_ADD | PORT_DEL | PORT_MOVE | PORT_UPDATE \
                     | PORT_DISOWN)

/* Is 'iface' a row of ours that no port claims: its representor went, or has
 * another name now? */
static bool
is_stray(const struct reconcile *rec, const struct ovs_iface *iface)
{
    if (iface->owner != OVS_OWNER_SELF) {
        return false;
    }

    const struct port *port = port_find_by_rep(&rec->ports, iface->name);
    return !port || port->iface != iface;
}

static bool
may_delete_strays(const struct reconcile *rec, const struct port_context *ctx)
{
    return rec->config.mode == MODE_OWN && ports_are_settled(ctx);
}

static bool
needs_hw_offload(const struct reconcile *rec)
{
    const char *value = smap_get(ovs_view_other_config(rec->view),
                                 "hw-offload");

    /* A "false" that someone wrote is overruled only by an explicit word. */
    return (rec->config.mode == MODE_OWN && rec->config.manage_ovs
            && ovs_view_is_synced(rec->view)
            && (!value || (strcmp(value, "true")
                           && rec->config.manage_ovs_explicit)));
}

static size_t
count_operations(const struct reconcile *rec, const struct port_context *ctx)
{
    const struct ovs_iface *iface;
    const struct port *port;
    size_t n = needs_hw_offload(rec);

    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        n += (port->decision.actions & TXN_ACTIONS) != 0;
    }
    if (may_delete_strays(rec, ctx)) {
        OVS_VIEW_FOR_EACH_IFACE (iface, rec->view) {
            n += is_stray(rec, iface);
        }
    }
    return n;
}

static void
txn_update_iface(struct reconcile *rec, const struct port *port)
{
    struct sset del = SSET_INITIALIZER(&del);
    const struct smap *wanted = port_wanted_ids(port);

    if (port->iface->our_keys) {
        sset_from_delimited_string(&del, port->iface->our_keys, ",");
    }

    struct smap_node *node;
    SMAP_FOR_EACH (node, wanted) {
        sset_find_and_delete(&del, node->key);
    }
    ovs_txn_update_iface(rec->txn, port->iface, wanted, &del);
    sset_destroy(&del);
}

static void
txn_add_port(struct reconcile *rec, const struct port *port)
{
    unsigned int actions = port->decision.actions;

    if (actions & PORT_ADD) {
        ovs_txn_add_port(rec->txn, rec->config.bridge,
                         port->pair->rep->info.name, port_wanted_ids(port));
    }
    if (actions & PORT_DEL) {
        ovs_txn_del_port(rec->txn, port->iface);
    }
    if (actions & PORT_MOVE) {
        ovs_txn_move_port(rec->txn, port->iface, rec->config.bridge);
    }
    if (actions & PORT_UPDATE) {
        txn_update_iface(rec, port);
    }
    if (actions & PORT_DISOWN) {
        ovs_txn_disown_port(rec->txn, port->iface);
    }
}

static void
commit(struct reconcile *rec)
{
    COVERAGE_INC(reconcile_txn);
    ovs_txn_commit(rec->txn);
}

/* All that is needed in one transaction (or, after a refusal, one port). */
static void
commit_ports(struct reconcile *rec, const struct port_context *ctx)
{
    const struct ovs_iface *iface;
    const struct port *port;

    rec->txn = ovs_txn_create(rec->view, "ovs-offload-controller: reconcile");
    if (!rec->txn) {
        return;
    }
    if (needs_hw_offload(rec)) {
        ovs_txn_set_other_config(rec->txn, "hw-offload", "true");
        event_log_add(rec->log, "Open_vSwitch", "action", "",
                      "hw-offload=true", "%s", "");
    }
    if (may_delete_strays(rec, ctx)) {
        OVS_VIEW_FOR_EACH_IFACE (iface, rec->view) {
            if (is_stray(rec, iface)) {
                ovs_txn_del_port(rec->txn, iface);
            }
        }
    }
    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        if (port->decision.actions & TXN_ACTIONS) {
            txn_add_port(rec, port);
            sset_add(&rec->txn_ports, port->key);
            if (rec->isolate) {
                break;
            }
        }
    }
    commit(rec);
}

static void
commit_changes(struct reconcile *rec)
{
    struct id_change *change;

    rec->txn = ovs_txn_create(rec->view, "ovs-offload-controller: command");
    if (rec->txn) {
        LIST_FOR_EACH (change, node, &rec->changes) {
            ovs_txn_set_external_id(rec->txn, change->key, change->value);
            change->sent = true;
        }
        commit(rec);
    }
}

static void
commit_cleanup(struct reconcile *rec)
{
    const struct ovs_iface *iface;

    rec->txn = ovs_txn_create(rec->view, "ovs-offload-controller: cleanup");
    if (rec->txn) {
        OVS_VIEW_FOR_EACH_IFACE (iface, rec->view) {
            if (iface->owner == OVS_OWNER_SELF) {
                ovs_txn_del_port(rec->txn, iface);
            }
        }
        commit(rec);
    }
}

/* Tells the ports of the transaction that ended how it ended. */
static void
finish_ports(struct reconcile *rec, enum ovs_txn_result result,
             const char *error)
{
    size_t n = sset_count(&rec->txn_ports);
    struct port *port;

    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        if (!sset_contains(&rec->txn_ports, port->key)) {
            continue;
        }
        if (result == OVS_TXN_SUCCESS) {
            port_wrote(port, NULL);
        } else if (result == OVS_TXN_ERROR && n == 1) {
            port_wrote(port, error);
        }
    }
    if (result == OVS_TXN_ERROR && n > 1) {
        rec->isolate = true;
    }
    sset_clear(&rec->txn_ports);
}

static void
finish_changes(struct reconcile *rec, enum ovs_txn_result result,
               const char *error)
{
    struct id_change *change;

    LIST_FOR_EACH_SAFE (change, node, &rec->changes) {
        if (!change->sent) {
            continue;
        }
        change->sent = false;
        if (result == OVS_TXN_ERROR) {
            id_change_finish(change, error);
        } else if (result != OVS_TXN_TRY_AGAIN) {
            id_change_finish(change, NULL);
        }
    }
}

static void
run_txn(struct reconcile *rec)
{
    char *error = NULL;

    if (!rec->txn) {
        return;
    }

    enum ovs_txn_result result = ovs_txn_poll(rec->txn, &error);
    if (result == OVS_TXN_INCOMPLETE) {
        return;
    }
    rec->txn = NULL;
    rec->dirty = true;
    rec->last_commit = time_msec();
    if (result == OVS_TXN_TRY_AGAIN) {
        COVERAGE_INC(reconcile_txn_try_again);
        rec->try_again_at = time_msec() + TRY_AGAIN_MS;
    } else if (result == OVS_TXN_ERROR) {
        COVERAGE_INC(reconcile_txn_error);
        rec->try_again_at = time_msec() + REFUSED_MS;
        VLOG_WARN("ovsdb-server refused a transaction: %s", error);
        free(rec->status.last_error);
        rec->status.last_error = xstrdup(error);
    }
    finish_ports(rec, result, error);
    finish_changes(rec, result, error);
    free(error);
}

/* When may the operations that are needed be sent?  See above. */
static long long int
commit_due(const struct reconcile *rec)
{
    if (!rec->gather) {
        return rec->gather_since;
    }
    return MIN(rec->activity + QUIET_MS, rec->gather_since + MAX_GATHER_MS);
}

static void
run_commits(struct reconcile *rec, const struct port_context *ctx)
{
    long long int now = time_msec();

    if (!rec->n_wanted) {
        rec->gather_since = 0;
        rec->isolate = false;
    } else if (!rec->gather_since) {
        rec->gather_since = now;
        rec->gather = now - rec->last_commit < BURST_END_MS;
    }

    if (rec->txn || !ovs_view_is_synced(rec->view)
        || now < rec->try_again_at) {
        return;
    }
    if (rec->cleanup) {
        if (!reconcile_is_clean(rec)) {
            commit_cleanup(rec);
        }
    } else if (!ovs_list_is_empty(&rec->changes)) {
        commit_changes(rec);
    } else if (rec->n_wanted && now >= commit_due(rec)) {
        commit_ports(rec, ctx);
        rec->gather_since = 0;
    }
}

void
reconcile_set_external_id(struct reconcile *rec, const char *key,
                          const char *value, reconcile_done_cb *done,
                          void *aux)
{
    struct id_change *change = xzalloc(sizeof *change);

    change->key = xstrdup(key);
    change->value = nullable_xstrdup(value);
    change->done = done;
    change->aux = aux;
    ovs_list_push_back(&rec->changes, &change->node);
    rec->dirty = true;
}

void
reconcile_start_cleanup(struct reconcile *rec)
{
    rec->cleanup = true;
    rec->dirty = true;
}

bool
reconcile_is_clean(const struct reconcile *rec)
{
    const struct ovs_iface *iface;

    if (!ovs_view_is_connected(rec->view)) {
        return true;
    }
    if (!ovs_view_is_synced(rec->view)) {
        return false;
    }
    OVS_VIEW_FOR_EACH_IFACE (iface, rec->view) {
        if (iface->owner == OVS_OWNER_SELF) {
            return false;
        }
    }
    return !rec->txn;
}

/* Main. */

static void
update_config(struct reconcile *rec)
{
    struct config_evidence evidence;
    enum offload_mode old = rec->config.mode;

    if (!ovs_view_is_synced(rec->view)) {
        return;
    }

    const struct smap *ids = ovs_view_external_ids(rec->view);
    ovs_view_evidence(rec->view, &evidence);
    if (config_update(&rec->config, ids, &evidence)) {
        struct smap_node *node;

        SMAP_FOR_EACH (node, &rec->config.errors) {
            VLOG_WARN("external_ids:%s: %s", node->key, node->value);
        }
        if (rec->config.mode != old || !rec->status.n_rounds) {
            event_log_add(rec->log, "Open_vSwitch", "mode",
                          offload_mode_to_string(old),
                          offload_mode_to_string(rec->config.mode), "%s",
                          rec->config.mode_why);
        }
    }
    request_table_update(&rec->requests, ids);
}

/* Deadline of the next port that is backing off, or LLONG_MAX. */
static long long int
next_retry(const struct reconcile *rec)
{
    long long int next = LLONG_MAX;
    const struct port *port;

    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        if (port->retry_at > time_msec()) {
            next = MIN(next, port->retry_at);
        }
    }
    return next;
}

void
reconcile_run(struct reconcile *rec)
{
    if (ovs_view_run(rec->view)) {
        rec->dirty = true;
        rec->try_again_at = 0;
    }
    run_txn(rec);
    if (rec->inv->seqno != rec->inv_seqno) {
        rec->inv_seqno = rec->inv->seqno;
        rec->dirty = true;
        rec->activity = time_msec();
    }
    if (rec->retry_at && time_msec() >= rec->retry_at) {
        rec->dirty = true;
    }

    const struct port_context ctx = context(rec);
    if (rec->dirty) {
        COVERAGE_INC(reconcile_round);
        rec->dirty = false;
        update_config(rec);
        ports_update(&rec->ports, &ctx);
        rec->status.n_rounds += ovs_view_is_synced(rec->view);
        run_kernel_actions(rec, &ctx);
        rec->n_wanted = count_operations(rec, &ctx);

        long long int next = next_retry(rec);
        rec->retry_at = next == LLONG_MAX ? 0 : next;
    }
    run_commits(rec, &ctx);
    rec->status.txn_in_flight = rec->txn != NULL;
}

void
reconcile_wait(struct reconcile *rec)
{
    ovs_view_wait(rec->view);
    if (rec->dirty || rec->inv->seqno != rec->inv_seqno) {
        poll_immediate_wake();
    }
    if (rec->txn) {
        ovs_txn_wait(rec->txn);
    } else if (ovs_view_is_synced(rec->view)) {
        if (rec->try_again_at > time_msec()) {
            poll_timer_wait_until(rec->try_again_at);
        } else if (rec->n_wanted) {
            poll_timer_wait_until(commit_due(rec));
        }
    }
    if (rec->retry_at) {
        poll_timer_wait_until(rec->retry_at);
    }
}
