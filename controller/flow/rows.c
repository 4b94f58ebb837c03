/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/rows.h"

#include <stdlib.h>
#include <string.h>

#include "controller/flow-table/traffic.h"
#include "controller/flow/ifaces.h"
#include "util.h"

/* The making of rows. */
struct join {
    const struct flow_rows_args *args; /* The caller's. */
    struct flow_rows *rows;     /* Result. */
    struct flow_owners *owners; /* Who has a device, zone, MAC. */
};

int
flow_rows_find(const struct flow_rows_args *args,
               const struct flow_owners *owners, uint32_t dev)
{
    return (!dev ? -1
            : args->find ? args->find(args->aux, dev)
            : flow_owners_find(owners, dev));
}

/* The row of 'dev', or the one for those that have none.  The kernel gives 0
 * for an output whose netdev is gone. */
static struct flow_row *
resolve(const struct join *j, uint32_t dev)
{
    int i = flow_rows_find(j->args, j->owners, dev);

    if (i >= 0) {
        return &j->rows->rows[i];
    }
    return (dev && j->args->exists(j->args->aux, dev)
            ? &j->rows->unattributed : &j->rows->stale);
}

static void
join_sender(const struct join *j, const struct flow_sender *sender)
{
    struct flow_row *row = resolve(j, sender->dev);

    flow_shown_counts_add(&row->egress, &sender->egress);
    flow_shown_passed_add(&row->egress_passed, &sender->passed);
    flow_shown_passed_add(&row->egress_recent, &sender->recent);
    if (j->args->resync(j->args->aux, sender->dev)) {
        row->resync = true;
        for (size_t i = 0; i < FLOW_N_PATHS; i++) {
            row->paths[FLOW_PATH_UNKNOWN] += sender->paths[i];
        }
    } else {
        for (size_t i = 0; i < FLOW_N_PATHS; i++) {
            row->paths[i] += sender->paths[i];
        }
    }
}

static void
join_multi(const struct join *j, const struct flow_receiver *receiver)
{
    struct flow_row **rows = xmalloc(receiver->n_devs * sizeof *rows);
    size_t n = 0;

    flow_shown_counts_add(&j->rows->multi, &receiver->ingress);
    for (size_t i = 0; i < receiver->n_devs; i++) {
        struct flow_row *row = resolve(j, receiver->devs[i]);
        size_t k;

        /* Two devices may be of one row. */
        for (k = 0; k < n && rows[k] != row; k++) {
            continue;
        }
        if (k == n) {
            rows[n++] = row;
            flow_shown_counts_add(&row->multi, &receiver->ingress);
            flow_shown_passed_add(&row->ingress_passed, &receiver->passed);
            flow_shown_passed_add(&row->ingress_recent, &receiver->recent);
        }
    }
    free(rows);
}

static void
join_receiver(const struct join *j, const struct flow_receiver *receiver)
{
    struct flow_row *row = NULL;
    int i;

    switch (receiver->type) {
    case FLOW_RECEIVER_DEV:
        row = resolve(j, receiver->devs[0]);
        break;

    case FLOW_RECEIVER_MULTI:
        join_multi(j, receiver);
        return;

    case FLOW_RECEIVER_GUESS:
        i = flow_owners_guess(j->owners, receiver);
        row = i >= 0 ? &j->rows->rows[i] : &j->rows->unattributed;
        break;

    default:
        OVS_NOT_REACHED();
    }
    flow_shown_counts_add(&row->ingress, &receiver->ingress);
    flow_shown_passed_add(&row->ingress_passed, &receiver->passed);
    flow_shown_passed_add(&row->ingress_recent, &receiver->recent);
}

/* Reasons. */

void
flow_rows_reason(const struct flow_rows_args *args,
                 const struct flow_shortfall *s, struct flow_reason *reason)
{
    const struct flow_receiver *r = s->receiver;
    size_t n = (r && r->type != FLOW_RECEIVER_GUESS && !args->offline
                ? r->n_devs : 0);
    struct flow_reason_dev *devs = xcalloc(n + 1, sizeof *devs);
    const struct flow_reason_flow flow = {
        .userspace = args->userspace, .kernel = s->kernel, .miss = s->miss,
        .sender = &devs[0], .receivers = &devs[1], .n_receivers = n,
    };

    args->facts(args->aux, s->dev, &devs[0]);
    for (size_t i = 0; i < n; i++) {
        args->facts(args->aux, r->devs[i], &devs[1 + i]);
    }
    flow_reason_find(args->env, &flow, reason);
    free(devs);
}

static void
join_shortfall(const struct join *j, const struct flow_shortfall *s)
{
    struct flow_reason reason;

    flow_rows_reason(j->args, s, &reason);
    flow_reasons_add(&resolve(j, s->dev)->reasons, &reason, s->flows);
}

/* Finishes a row and adds it to the totals. */
static void
finish_row(struct flow_rows *rows, struct flow_row *row)
{
    flow_shown_counts_add(&rows->egress, &row->egress);
    flow_shown_counts_add(&rows->ingress, &row->ingress);
    flow_reasons_sort(&row->reasons, FLOW_REASONS_BY_FLOWS);
}

/* Adds one table. */
static void
join_table(const struct join *j)
{
    const struct flow_table *table = j->args->table;
    const struct flow_shortfall *shortfall;
    const struct flow_receiver *receiver;
    const struct flow_sender *sender;
    size_t cursor;

    cursor = 0;
    while ((sender = flow_table_next_sender(table, &cursor))) {
        join_sender(j, sender);
    }
    cursor = 0;
    while ((receiver = flow_table_next_receiver(table, &cursor))) {
        join_receiver(j, receiver);
    }
    cursor = 0;
    while (j->args->env
           && (shortfall = flow_table_next_shortfall(table, &cursor))) {
        join_shortfall(j, shortfall);
    }
}

void
flow_rows_init_many(struct flow_rows *rows, const struct flow_rows_args *args,
                    size_t n)
{
    struct flow_owners *owners = flow_owners_create(args->ifaces,
                                                    args->n_ifaces,
                                                    args->bridge_ids);

    memset(rows, 0, sizeof *rows);
    rows->rows = xcalloc(args->n_ifaces, sizeof *rows->rows);
    rows->n = args->n_ifaces;
    for (size_t i = 0; i < rows->n; i++) {
        rows->rows[i].iface = &args->ifaces[i];
    }
    for (size_t i = 0; i < n; i++) {
        const struct join j = {
            .args = &args[i], .rows = rows, .owners = owners,
        };

        ovs_assert(args[i].n_ifaces == rows->n);
        join_table(&j);
    }

    for (size_t i = 0; i < rows->n; i++) {
        finish_row(rows, &rows->rows[i]);
    }
    finish_row(rows, &rows->unattributed);
    finish_row(rows, &rows->stale);
    flow_shown_counts_add(&rows->ingress, &rows->multi);
    flow_owners_destroy(owners);
}

void
flow_rows_init(struct flow_rows *rows, const struct flow_rows_args *args)
{
    flow_rows_init_many(rows, args, 1);
}

void
flow_rows_destroy(struct flow_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        flow_reasons_destroy(&rows->rows[i].reasons);
    }
    flow_reasons_destroy(&rows->unattributed.reasons);
    flow_reasons_destroy(&rows->stale.reasons);
    free(rows->rows);
}
