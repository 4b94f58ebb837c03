/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/userspace.h"

#include <stdlib.h>
#include <string.h>

#include "controller/flow/engine.h"
#include "controller/flow/ifaces.h"
#include "controller/flow-table/table.h"
#include "controller/flow-text/text.h"
#include "controller/output.h"
#include "controller/vswitchd-query.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

/* How long ovs-vswitchd has for a dump, in ms. */
#define TIMEOUT_MS 9000

/* Flows' worth of work of the table that one run does. */
#define RUN_BUDGET 4096

/* Names of ports that are remembered; with more of them, of ports that are
 * mostly gone, everything starts anew. */
#define MAX_NAMES (FLOW_TEXT_MAX_NAMES / 2)

struct flow_userspace {
    struct flow_table *table;   /* The flows. */
    struct flow_text *text;     /* Parser, which numbers the names. */
    bool present;               /* Is there a bridge with such flows? */
    bool dirty;                 /* Has the table work left? */

    /* The dump. */
    struct vswitchd_query *query; /* Under way, or NULL. */
    bool ended;                 /* Is 'query' over? */
    long long int start;        /* time_msec() when the last one began. */
    long long int end;          /* When the last one was over, 0 if none. */
    long long int last_read;    /* Likewise, of the last one that was
                                 * complete. */
    uint64_t n_complete;        /* Dumps that were. */
    uint64_t n_malformed;       /* Flows left out in the last one. */
    char *last_error;           /* Why the last one failed, or NULL. */
};

static void
on_flows(void *fu_, const struct flow_record *const *records, size_t n)
{
    struct flow_userspace *fu = fu_;

    flow_table_put(fu->table, records, n, time_msec());
    fu->dirty = true;
}

static void
make_tables(struct flow_userspace *fu)
{
    fu->table = flow_table_create();
    fu->text = flow_text_create(on_flows, fu);
}

static void
destroy_tables(struct flow_userspace *fu)
{
    flow_text_destroy(fu->text);
    flow_table_destroy(fu->table);
}

struct flow_userspace *
flow_userspace_create(void)
{
    struct flow_userspace *fu = xzalloc(sizeof *fu);

    make_tables(fu);
    return fu;
}

void
flow_userspace_destroy(struct flow_userspace *fu)
{
    if (fu) {
        vswitchd_query_destroy(fu->query);
        destroy_tables(fu);
        free(fu->last_error);
        free(fu);
    }
}

/* The dump. */

static void
mark_all(struct flow_userspace *fu)
{
    flow_table_mark(fu->table, true, 0);
    flow_table_mark(fu->table, false, 0);
}

static void
sweep_all(struct flow_userspace *fu)
{
    flow_table_sweep(fu->table, true, 0);
    flow_table_sweep(fu->table, false, 0);
    fu->dirty = true;
}

static void
on_piece(void *fu_, const char *p, size_t n)
{
    struct flow_userspace *fu = fu_;

    flow_text_feed(fu->text, p, n);
}

static void
on_done(void *fu_, const char *text, const char *error)
{
    struct flow_userspace *fu = fu_;

    fu->ended = true;
    fu->end = time_msec();
    free(fu->last_error);
    fu->last_error = nullable_xstrdup(error);
    if (text) {
        flow_text_end(fu->text);
        fu->n_malformed = flow_text_status(fu->text)->n_malformed;
        fu->last_read = fu->end;
        fu->n_complete++;
        sweep_all(fu);
        flow_table_tick(fu->table);
    }
}

static void
start_dump(struct flow_userspace *fu)
{
    static char option[] = "-m", datapath[] = "netdev@ovs-netdev";
    char *const args[] = { option, datapath };

    if (flow_text_name(fu->text, MAX_NAMES)) {
        destroy_tables(fu);
        make_tables(fu);
    }
    mark_all(fu);
    flow_text_restart(fu->text);
    fu->ended = false;
    fu->start = time_msec();
    fu->query = vswitchd_query_start_stream(VSWITCHD_REPORT,
                                            "dpctl/dump-flows",
                                            ARRAY_SIZE(args), args,
                                            TIMEOUT_MS, on_piece, on_done,
                                            fu);
}

static bool
has_netdev_bridge(const struct ovs_view *view)
{
    const struct ovs_iface *iface;
    const char *last = NULL;

    OVS_VIEW_FOR_EACH_IFACE (iface, view) {
        /* Mostly many Interfaces are on one bridge, whose name they share. */
        if (iface->bridge != last) {
            const char *dp = ovs_view_bridge_datapath(view, iface->bridge);

            if (dp && !strcmp(dp, "netdev")) {
                return true;
            }
            last = iface->bridge;
        }
    }
    return false;
}

/* May ovs-vswitchd be asked again?  The last dump took the share of time that
 * is allowed of the time that passed since it began. */
static bool
may_dump(const struct flow_userspace *fu)
{
    long long int pause = ((fu->end - fu->start)
                           * (100 - FLOW_DUTY_PERCENT) / FLOW_DUTY_PERCENT);

    return !fu->end || time_msec() >= fu->end + pause;
}

void
flow_userspace_refresh(struct flow_userspace *fu, const struct ovs_view *view)
{
    fu->present = has_netdev_bridge(view);
    if (fu->query) {
        return;
    }
    if (fu->present && may_dump(fu)) {
        start_dump(fu);
    } else if (!fu->present && flow_table_count(fu->table)) {
        mark_all(fu);
        sweep_all(fu);
    }
}

void
flow_userspace_run(struct flow_userspace *fu)
{
    if (fu->query) {
        vswitchd_query_run(fu->query);
        if (fu->ended) {
            vswitchd_query_destroy(fu->query);
            fu->query = NULL;
        }
    }
    if (fu->dirty) {
        fu->dirty = flow_table_run(fu->table, RUN_BUDGET, time_msec());
    }
}

void
flow_userspace_wait(const struct flow_userspace *fu)
{
    if (fu->query) {
        vswitchd_query_wait(fu->query);
    }
    if (fu->dirty) {
        poll_immediate_wake();
    }
}

bool
flow_userspace_is_busy(const struct flow_userspace *fu)
{
    return fu->query || fu->dirty;
}

/* Results. */

bool
flow_userspace_is_incomplete(const struct flow_userspace *fu)
{
    return fu->present && (!fu->n_complete || fu->last_error
                           || fu->n_malformed);
}

long long int
flow_userspace_last_read(const struct flow_userspace *fu)
{
    return fu->last_read;
}

const struct flow_table *
flow_userspace_table(const struct flow_userspace *fu)
{
    return fu->table;
}

static int
find_iface(void *devs_, uint32_t dev)
{
    const struct flow_userspace_devs *devs = devs_;

    return dev < devs->n ? devs->ifaces[dev] : -1;
}

/* Ports of the datapath that are on no bridge are there, too. */
static bool
dev_exists(void *devs OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return true;
}

static bool
dev_resync(void *devs OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return false;
}

static void
dev_facts(void *devs_, uint32_t dev, struct flow_reason_dev *d)
{
    const struct flow_userspace_devs *devs = devs_;
    const char *name = flow_text_name(devs->fu->text, dev);

    memset(d, 0, sizeof *d);
    d->name = name ? name : "a port without name";
    d->exists = true;
}

/* Finds the interfaces by the names of the ports. */
static void
find_ifaces(struct flow_userspace_devs *devs,
            const struct flow_interface *ifaces, size_t n)
{
    struct shash by_name = SHASH_INITIALIZER(&by_name);
    size_t allocated = 0;
    const char *name;

    for (size_t i = 0; i < n; i++) {
        shash_add_once(&by_name, ifaces[i].name, &ifaces[i]);
    }
    devs->ifaces = x2nrealloc(NULL, &allocated, sizeof *devs->ifaces);
    devs->ifaces[0] = -1;       /* No device. */
    devs->n = 1;
    while ((name = flow_text_name(devs->fu->text, devs->n))) {
        const struct flow_interface *iface = shash_find_data(&by_name, name);

        if (devs->n >= allocated) {
            devs->ifaces = x2nrealloc(devs->ifaces, &allocated,
                                      sizeof *devs->ifaces);
        }
        devs->ifaces[devs->n++] = iface ? iface - ifaces : -1;
    }
    shash_destroy(&by_name);
}

void
flow_userspace_rows_args(const struct flow_userspace *fu,
                         const struct flow_rows_args *others,
                         struct flow_userspace_devs *devs,
                         struct flow_rows_args *args)
{
    *devs = (struct flow_userspace_devs) { .fu = fu };
    find_ifaces(devs, others->ifaces, others->n_ifaces);
    *args = (struct flow_rows_args) {
        .table = fu->table,
        .ifaces = others->ifaces,
        .n_ifaces = others->n_ifaces,
        .bridge_ids = others->bridge_ids,
        .env = others->env,
        .userspace = true,
        .find = find_iface,
        .exists = dev_exists,
        .resync = dev_resync,
        .facts = dev_facts,
        .aux = devs,
    };
}

void
flow_userspace_devs_destroy(struct flow_userspace_devs *devs)
{
    free(devs->ifaces);
}

/* Status. */

struct json *
flow_userspace_status_to_json(const struct flow_userspace *fu)
{
    struct json *json = json_object_create();

    json_object_put_string(json, "state",
                           !fu->present ? "absent"
                           : fu->query ? "syncing"
                           : fu->last_error ? "failed"
                           : fu->n_complete ? "synced" : "not-asked");
    json_object_put(json, "flows",
                    json_integer_create(flow_table_count(fu->table)));
    json_object_put(json, "calls", json_integer_create(
                        vswitchd_query_count(VSWITCHD_REPORT)));
    json_object_put(json, "call_ms", json_integer_create(
                        fu->end && !fu->query ? fu->end - fu->start : 0));
    json_object_put(json, "malformed", json_integer_create(fu->n_malformed));
    output_put_string(json, "last_error", fu->last_error);
    return json;
}
