/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/rows.h"

#include <stdlib.h>
#include <string.h>

#include "controller/flow-table/traffic.h"
#include "controller/flow/ifaces.h"
#include "util.h"

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
resolve(const struct flow_join *j, uint32_t dev)
{
    int i = flow_rows_find(j->args, j->owners, dev);

    if (i >= 0) {
        return &j->rows->rows[i];
    }
    return (dev && j->args->exists(j->args->aux, dev)
            ? &j->rows->unattributed : &j->rows->stale);
}

static void
join_sender(const struct flow_join *j, const struct flow_sender *sender)
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
join_multi(const struct flow_join *j, const struct flow_receiver *receiver)
{
    flow_shown_counts_add(&j->rows->multi, &receiver->ingress);
    for (size_t i = 0; i < receiver->n_devs; i++) {
        struct flow_row *row = resolve(j, receiver->devs[i]);

        /* Two devices may be of one row. */
        if (row->joined != receiver) {
            row->joined = receiver;
            flow_shown_counts_add(&row->multi, &receiver->ingress);
            flow_shown_passed_add(&row->ingress_passed, &receiver->passed);
            flow_shown_passed_add(&row->ingress_recent, &receiver->recent);
        }
    }
}

static void
join_receiver(const struct flow_join *j, const struct flow_receiver *receiver)
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
join_shortfall(const struct flow_join *j, const struct flow_shortfall *s)
{
    struct flow_reason reason;

    flow_rows_reason(j->args, s, &reason);
    flow_reasons_add(&resolve(j, s->dev)->reasons, &reason, s->flows);
}

/* Joins what comes next in the part of the table that is at.  Returns false
 * if that has no more. */
static bool
join_next(struct flow_join *j)
{
    const struct flow_table *table = j->args->table;
    const struct flow_shortfall *shortfall;
    const struct flow_receiver *receiver;
    const struct flow_sender *sender;

    switch (j->part) {
    case FLOW_JOIN_SENDERS:
        sender = flow_table_next_sender(table, &j->cursor);
        if (sender) {
            join_sender(j, sender);
        }
        return sender != NULL;

    case FLOW_JOIN_RECEIVERS:
        receiver = flow_table_next_receiver(table, &j->cursor);
        if (receiver) {
            join_receiver(j, receiver);
        }
        return receiver != NULL;

    case FLOW_JOIN_SHORTFALLS:
        shortfall = (j->args->env
                     ? flow_table_next_shortfall(table, &j->cursor) : NULL);
        if (shortfall) {
            join_shortfall(j, shortfall);
        }
        return shortfall != NULL;

    case FLOW_JOIN_DONE:
    default:
        OVS_NOT_REACHED();
    }
}

bool
flow_join_run(struct flow_join *j, size_t max)
{
    while (j->part != FLOW_JOIN_DONE) {
        if (!max--) {
            return false;
        }
        if (!join_next(j)) {
            j->part++;
            j->cursor = 0;
        }
    }
    return true;
}

void
flow_rows_begin(struct flow_rows *rows, const struct flow_interface *ifaces,
                size_t n)
{
    memset(rows, 0, sizeof *rows);
    rows->rows = xcalloc(n, sizeof *rows->rows);
    rows->n = n;
    for (size_t i = 0; i < n; i++) {
        rows->rows[i].iface = &ifaces[i];
    }
}

/* Finishes a row and adds it to the totals. */
static void
finish_row(struct flow_rows *rows, struct flow_row *row)
{
    flow_shown_counts_add(&rows->egress, &row->egress);
    flow_shown_counts_add(&rows->ingress, &row->ingress);
    flow_reasons_sort(&row->reasons, FLOW_REASONS_BY_FLOWS);
}

void
flow_rows_end(struct flow_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        finish_row(rows, &rows->rows[i]);
    }
    finish_row(rows, &rows->unattributed);
    finish_row(rows, &rows->stale);
    flow_shown_counts_add(&rows->ingress, &rows->multi);
}

void
flow_rows_init_many(struct flow_rows *rows, const struct flow_rows_args *args,
                    size_t n)
{
    struct flow_owners *owners = flow_owners_create(args->ifaces,
                                                    args->n_ifaces,
                                                    args->bridge_ids);

    flow_rows_begin(rows, args->ifaces, args->n_ifaces);
    for (size_t i = 0; i < n; i++) {
        struct flow_join j = {
            .args = &args[i], .rows = rows, .owners = owners,
        };

        ovs_assert(args[i].n_ifaces == rows->n);
        flow_join_run(&j, SIZE_MAX);
    }
    flow_rows_end(rows);
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
