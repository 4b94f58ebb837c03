/* SPDX-License-Identifier: Apache-2.0 */

/* The database side of reconcile: what the ports need, in transactions. */

#include <config.h>
#include "controller/reconcile.h"
#include "controller/reconcile-private.h"

#include <string.h>

#include "controller/output.h"
#include "coverage.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(reconcile_txn);

COVERAGE_DEFINE(reconcile_txn);
COVERAGE_DEFINE(reconcile_txn_try_again);
COVERAGE_DEFINE(reconcile_txn_error);

/* A transaction waits for this long without a change and without a port that
 * is on its way; */
#define QUIET_MS 20
/* for this long while representors are expected, that is, while some of a PF
 * came and others that are asked for did not: the kernel makes one after the
 * other, and may be interrupted at it; */
#define EXPECT_QUIET_MS 300
/* but no longer than this.  When that was not long enough, as more ports are
 * known to come, the next of that burst may take GATHER_GROWTH times as long,
 * so that their number stays small on however slow a node. */
#define MAX_GATHER_MS 500
#define GATHER_GROWTH 16
#define GATHER_LIMIT_MS (8 * 1000)
/* After this long without a commit, and with no port on its way, the next is
 * a first one, made at once. */
#define BURST_END_MS 100
/* If what a transaction verified has changed and no update tells of it. */
#define TRY_AGAIN_MS 100
/* After ovsdb-server refused one, if nothing changes. */
#define REFUSED_MS 1000

void
reconcile_txn_init(struct reconcile *rec)
{
    ovs_list_init(&rec->changes);
    sset_init(&rec->txn_ports);
    rec->gather_ms = MAX_GATHER_MS;
    rec->last_commit = LLONG_MIN / 2;
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

#define TXN_ACTIONS (PORT_ADD | PORT_DEL | PORT_MOVE | PORT_UPDATE \
                     | PORT_DISOWN | PORT_REOPEN)

/* Does no port claim 'iface': its representor went, or has another name now,
 * or it never was one? */
static bool
is_unclaimed(const struct reconcile *rec, const struct ovs_iface *iface)
{
    const struct port *port = port_find_by_rep(&rec->ports, iface->name);

    return !port || port->iface != iface;
}

static bool
is_stray(const struct reconcile *rec, const struct ovs_iface *iface)
{
    return iface->owner == OVS_OWNER_SELF && is_unclaimed(rec, iface);
}

/* Is 'iface' a row that we made and another owner adopted, and for which no
 * port decides that? */
static bool
is_adopted_stray(const struct reconcile *rec, const struct ovs_iface *iface)
{
    return (iface->owner == OVS_OWNER_ADOPTED
            && rec->config.mode != MODE_OBSERVE
            && is_unclaimed(rec, iface));
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

size_t
reconcile_txn_needs(const struct reconcile *rec,
                    const struct port_context *ctx)
{
    const struct ovs_iface *iface;
    const struct port *port;
    size_t n = needs_hw_offload(rec);

    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        n += (port->decision.actions & TXN_ACTIONS) != 0;
    }
    bool delete_strays = may_delete_strays(rec, ctx);
    OVS_VIEW_FOR_EACH_IFACE (iface, rec->view) {
        n += ((delete_strays && is_stray(rec, iface))
              || is_adopted_stray(rec, iface));
    }
    return n;
}

/* Has the kernel still to answer a question or a request about 'link'?  That
 * it does, so this ends, however slow the node is. */
static bool
is_answer_due(const struct inv_link *link)
{
    return (link->offload_pending || link->up_pending
            || (link->tc_asked && link->tc_offload == TC_OFFLOAD_UNKNOWN));
}

size_t
reconcile_txn_on_way(const struct reconcile *rec)
{
    const struct port *port;
    size_t n = 0;

    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        n += (port->decision.state == PORT_PENDING && !port->iface
              && port->pair && port->pair->rep
              && is_answer_due(port->pair->rep));
    }
    return n;
}

size_t
reconcile_txn_expected(const struct reconcile *rec)
{
    struct sset pfs = SSET_INITIALIZER(&pfs);
    char name[PCI_ADDR_STRLEN];
    const struct port *port;
    size_t n = 0;

    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        if (port->pair && port->pair->rep && port->pair->has_pf) {
            pci_addr_format(&port->pair->pf_addr, name);
            sset_add(&pfs, name);
        }
    }
    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        if (port->decision.state == PORT_ABSENT
            && port->pair && port->pair->has_pf) {
            pci_addr_format(&port->pair->pf_addr, name);
            n += sset_contains(&pfs, name);
        }
    }
    sset_destroy(&pfs);
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
    if (actions & (PORT_DEL | PORT_REOPEN)) {
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
    rec->txn_sent = time_usec();
    /* What becomes ready from here on, before the answer too, is gathered. */
    rec->burst = true;
}

/* All that is needed in one transaction (or, after a refusal, one port). */
static void
commit_ports(struct reconcile *rec, const struct port_context *ctx)
{
    const struct ovs_iface *iface;
    struct port *port;

    rec->txn = ovs_txn_create(rec->view, "reconcile");
    if (!rec->txn) {
        return;
    }
    if (needs_hw_offload(rec)) {
        ovs_txn_set_other_config(rec->txn, "hw-offload", "true");
        event_log_add(rec->log, "Open_vSwitch", "action", "",
                      "hw-offload=true", "%s", "");
    }
    bool delete_strays = may_delete_strays(rec, ctx);
    OVS_VIEW_FOR_EACH_IFACE (iface, rec->view) {
        if (delete_strays && is_stray(rec, iface)) {
            ovs_txn_del_port(rec->txn, iface);
        } else if (is_adopted_stray(rec, iface)) {
            ovs_txn_disown_port(rec->txn, iface);
        }
    }
    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        if (port->decision.actions & TXN_ACTIONS) {
            txn_add_port(rec, port);
            sset_add(&rec->txn_ports, port->key);
            port->in_txn = true;
            if (rec->isolate) {
                break;
            }
        }
    }
    rec->txn_needed = rec->gather_since;
    commit(rec);
}

static void
commit_changes(struct reconcile *rec)
{
    struct id_change *change;

    rec->txn = ovs_txn_create(rec->view, "command");
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

    rec->txn = ovs_txn_create(rec->view, "cleanup");
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
        port->in_txn = false;
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

static int
quiet_ms(const struct reconcile *rec)
{
    return rec->n_expected ? EXPECT_QUIET_MS : QUIET_MS;
}

static int
burst_end_ms(const struct reconcile *rec)
{
    return rec->n_expected ? EXPECT_QUIET_MS : BURST_END_MS;
}

/* Counts the transaction that ended. */
static void
count_txn(struct reconcile *rec, enum ovs_txn_result result)
{
    struct reconcile_status *status = &rec->status;

    status->n_txns[result]++;
    histogram_add(&status->txn_times, time_usec() - rec->txn_sent);
    if (rec->txn_needed && result == OVS_TXN_SUCCESS) {
        histogram_add(&status->commit_times,
                      (time_msec() - rec->txn_needed) * 1000);
    }
    rec->txn_needed = 0;
}

void
reconcile_txn_run(struct reconcile *rec)
{
    char *error = NULL;

    if (rec->burst && !rec->txn && !rec->n_wanted
        && time_msec() - rec->last_commit >= burst_end_ms(rec)
        && !rec->n_on_way) {
        rec->burst = false;
        rec->gather_ms = MAX_GATHER_MS;
    }
    if (!rec->txn) {
        return;
    }

    enum ovs_txn_result result = ovs_txn_poll(rec->txn, &error);
    if (result == OVS_TXN_INCOMPLETE) {
        return;
    }
    rec->txn = NULL;
    count_txn(rec, result);
    rec->dirty = true;
    rec->last_commit = time_msec();
    if (result == OVS_TXN_TRY_AGAIN) {
        COVERAGE_INC(reconcile_txn_try_again);
        rec->try_again_at = time_msec() + TRY_AGAIN_MS;
    } else if (result == OVS_TXN_ERROR) {
        COVERAGE_INC(reconcile_txn_error);
        rec->try_again_at = time_msec() + REFUSED_MS;
        char *printable = output_printable(error);
        VLOG_WARN("ovsdb-server refused a transaction: %s", printable);
        free(printable);
        free(rec->status.last_error);
        rec->status.last_error = xstrdup(error);
    }
    finish_ports(rec, result, error);
    reconcile_journal_finish(rec, result, error);
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

    long long int latest = rec->gather_since + rec->gather_ms;
    return rec->n_on_way ? latest : MIN(rec->activity + quiet_ms(rec), latest);
}

void
reconcile_txn_commit(struct reconcile *rec, const struct port_context *ctx)
{
    long long int now = time_msec();

    if (!rec->n_wanted) {
        rec->gather_since = 0;
        rec->isolate = false;
    } else if (!rec->gather_since) {
        rec->gather_since = now;
        rec->gather = rec->burst;
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
    } else if (reconcile_journal_wants(rec)
               && reconcile_journal_commit(rec)) {
        commit(rec);
    } else if (rec->n_wanted && now >= commit_due(rec)) {
        commit_ports(rec, ctx);
        if (rec->gather && (rec->n_on_way || rec->n_expected)) {
            rec->gather_ms = MIN(rec->gather_ms * GATHER_GROWTH,
                                 GATHER_LIMIT_MS);
        }
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

void
reconcile_txn_wait(struct reconcile *rec)
{
    if (rec->txn) {
        ovs_txn_wait(rec->txn);
    } else if (ovs_view_is_synced(rec->view)) {
        if (rec->try_again_at > time_msec()) {
            poll_timer_wait_until(rec->try_again_at);
        } else if (rec->n_wanted && !rec->cleanup) {
            poll_timer_wait_until(commit_due(rec));
        }
    }
}

void
reconcile_txn_destroy(struct reconcile *rec)
{
    struct id_change *change;

    LIST_FOR_EACH_SAFE (change, node, &rec->changes) {
        id_change_finish(change, "the controller is going away");
    }
    sset_destroy(&rec->txn_ports);
}
