/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/reconcile.h"
#include "controller/reconcile-private.h"

#include <inttypes.h>
#include <net/if.h>
#include <string.h>

#include "controller/output.h"
#include "controller/repair.h"
#include "controller/state/file.h"
#include "coverage.h"
#include "netlink/kernel.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(reconcile);

COVERAGE_DEFINE(reconcile_round);
COVERAGE_DEFINE(reconcile_rest);

/* After a round we rest for as long as it took, but no longer than this. */
#define MAX_REST_MS 100

struct reconcile *
reconcile_create(struct inventory *inv, struct ovs_view *view,
                 struct udev *udev, struct event_log *log)
{
    struct reconcile *rec = xzalloc(sizeof *rec);

    rec->inv = inv;
    rec->view = view;
    rec->udev = udev;
    rec->log = log;
    config_init(&rec->config);
    request_table_init(&rec->requests);
    ports_init(&rec->ports);
    rec->repair = repair_create();
    rec->dirty = true;
    journal_init(&rec->journal);
    reconcile_txn_init(rec);
    return rec;
}

void
reconcile_destroy(struct reconcile *rec)
{
    if (!rec) {
        return;
    }
    reconcile_txn_destroy(rec);
    journal_destroy(&rec->journal);
    state_file_destroy(rec->journal_file);
    free(rec->restoring);
    repair_destroy(rec->repair);
    ports_destroy(&rec->ports);
    request_table_destroy(&rec->requests);
    config_destroy(&rec->config);
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
    inventory_touch_pairs(rec->inv);
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

const struct journal *
reconcile_journal(const struct reconcile *rec)
{
    return &rec->journal;
}

const struct state_file *
reconcile_journal_file(const struct reconcile *rec)
{
    return rec->journal_file;
}

bool
reconcile_ever_settled(const struct reconcile *rec)
{
    return rec->ever_settled;
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
        .udev = rec->udev,
        .log = rec->log,
        .ever_settled = rec->ever_settled,
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

static void
release_netdev(struct reconcile *rec, struct inv_link *link)
{
    ovs_strlcpy(link->released, link->info.name, sizeof link->released);
    event_log_add(rec->log, link->info.name, "action", "",
                  "taken out of the datapath",
                  "it was there under an earlier name");
    kernel_delete_vport(rec->kernel, link->info.master,
                        link->info.ifindex);
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
    if (!strcmp(what, "link up")) {
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

static void
query_offload(struct reconcile *rec, struct inv_link *link)
{
    if (!link->tc_asked
        && rec->inv->state[SOURCE_ETHTOOL] == SOURCE_SYNCED) {
        link->tc_asked = true;
        kernel_query_tc_offload(rec->kernel, link->info.ifindex);
    }
}

/* Asks once for each netdev of an eswitch, and turns the feature on where it
 * is in scope, before someone plugs the port. */
static void
run_features(struct reconcile *rec, const struct port_context *ctx)
{
    struct inv_link *link;

    HMAP_FOR_EACH (link, index_node, &rec->inv->links) {
        if (link->info.switch_id.len) {
            query_offload(rec, link);
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
        struct inv_link *rep = port->pair ? port->pair->rep : NULL;

        if (!rep) {
            continue;
        }
        query_offload(rec, rep);
        if (port->decision.actions & PORT_LINK_UP) {
            set_link_up(rec, rep);
        }
        if (port->decision.state == PORT_ATTACHED
            && rep->info.flags & IFF_UP) {
            /* Whoever set it up: from now on it is others' to set down. */
            rep->up_settled = true;
        }
        if (port->decision.actions & PORT_RELEASE) {
            release_netdev(rec, rep);
        }
    }
}

void
reconcile_retry_port(struct reconcile *rec, struct port *port)
{
    struct inv_link *rep = port->pair ? port->pair->rep : NULL;

    if (rep) {
        rep->offload_settled = rep->tc_offload == TC_OFFLOAD_ON;
        rep->up_settled = (rep->info.flags & IFF_UP) != 0;
        free(rep->offload_error);
        free(rep->up_error);
        rep->offload_error = rep->up_error = NULL;
    }
    port->retry_at = 0;
    port->n_lost = port->n_refused = 0;
    rec->dirty = true;
}

/* Flows from before the feature was on. */

static bool
has_late_offload(const struct reconcile *rec)
{
    const struct inv_link *link;

    HMAP_FOR_EACH (link, index_node, &rec->inv->links) {
        if (link->offload_late && link->tc_offload == TC_OFFLOAD_ON) {
            return true;
        }
    }
    return false;
}

static void
run_repair(struct reconcile *rec)
{
    struct inv_link *link;

    if (!repair_run(rec->repair, rec->needs_repair)) {
        return;
    }
    event_log_add(rec->log, "ovs-vswitchd", "action", "",
                  "revalidator/purge", "hw-tc-offload was turned on late");
    HMAP_FOR_EACH (link, index_node, &rec->inv->links) {
        link->offload_late = false;
    }
    rec->dirty = true;
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
    struct smap logged;

    ovs_view_evidence(rec->view, &evidence);
    smap_clone(&logged, &rec->config.errors);
    if (config_update(&rec->config, ids, &evidence)) {
        struct smap_node *node;

        /* A bad value is logged once, not whenever another key changes. */
        SMAP_FOR_EACH (node, &rec->config.errors) {
            if (!nullable_string_is_equal(smap_get(&logged, node->key),
                                          node->value)) {
                char *key = output_printable(node->key);
                char *value = output_printable(node->value);

                VLOG_WARN("external_ids:%s: %s", key, value);
                free(key);
                free(value);
            }
        }
        if (rec->config.mode != old || !rec->status.n_rounds) {
            event_log_add(rec->log, "Open_vSwitch", "mode",
                          (rec->status.n_rounds
                           ? offload_mode_to_string(old) : ""),
                          offload_mode_to_string(rec->config.mode), "%s",
                          rec->config.mode_why);
        }
    }
    smap_destroy(&logged);
    request_table_update(&rec->requests, ids);
}

/* Deadline of the next port that is backing off, or LLONG_MAX. */
static long long int
next_retry(const struct reconcile *rec)
{
    long long int next = LLONG_MAX;
    const struct port *port;

    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        next = MIN(next, port_next_retry(port));
    }
    return next;
}

/* Decides all ports, and does what concerns the kernel. */
static void
run_round(struct reconcile *rec, const struct port_context *ctx)
{
    long long int begin = time_msec();
    long long int begin_us = time_usec();

    COVERAGE_INC(reconcile_round);
    rec->dirty = false;
    update_config(rec);
    ports_update(&rec->ports, ctx);
    reconcile_journal_update(rec, ctx);
    rec->status.n_rounds += ovs_view_is_synced(rec->view);
    run_kernel_actions(rec, ctx);
    rec->n_wanted = reconcile_txn_needs(rec, ctx);
    rec->n_on_way = reconcile_txn_on_way(rec);
    rec->n_expected = (rec->n_wanted || rec->burst
                       ? reconcile_txn_expected(rec) : 0);

    rec->needs_repair = (rec->config.repair
                         && rec->config.mode != MODE_OBSERVE
                         && has_late_offload(rec));

    long long int next = next_retry(rec);
    rec->retry_at = next == LLONG_MAX ? 0 : next;

    histogram_add(&rec->status.round_times, time_usec() - begin_us);
    long long int end = time_msec();
    rec->rest_until = end + MIN(end - begin, MAX_REST_MS);
}

bool
reconcile_is_resting(const struct reconcile *rec)
{
    return time_msec() < rec->rest_until;
}

void
reconcile_rest_wait(const struct reconcile *rec)
{
    COVERAGE_INC(reconcile_rest);
    poll_timer_wait_until(rec->rest_until);
}

void
reconcile_run(struct reconcile *rec)
{
    if (ovs_view_run(rec->view)) {
        rec->dirty = true;
        rec->try_again_at = 0;
    }
    reconcile_txn_run(rec);
    if (rec->inv->seqno != rec->inv_seqno) {
        rec->inv_seqno = rec->inv->seqno;
        rec->dirty = true;
        rec->activity = time_msec();
    }
    if (rec->retry_at && time_msec() >= rec->retry_at) {
        rec->dirty = true;
    }

    if (rec->dirty && !rec->ever_settled) {
        const struct port_context starting = context(rec);

        rec->ever_settled = ports_are_settled(&starting);
    }

    const struct port_context ctx = context(rec);
    if (rec->dirty) {
        run_round(rec, &ctx);
    }
    reconcile_txn_commit(rec, &ctx);
    reconcile_journal_save(rec);
    run_repair(rec);
    rec->status.txn_in_flight = rec->txn != NULL;
}

void
reconcile_wait(struct reconcile *rec)
{
    ovs_view_wait(rec->view);
    if (rec->dirty || rec->inv->seqno != rec->inv_seqno) {
        poll_immediate_wake();
    }
    reconcile_txn_wait(rec);
    if (rec->journal_file) {
        state_file_wait(rec->journal_file);
    }
    if (rec->retry_at) {
        poll_timer_wait_until(rec->retry_at);
    }
    repair_wait(rec->repair, rec->needs_repair);
}
