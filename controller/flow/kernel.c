/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/kernel.h"

#include <stdlib.h>

#include "controller/flow-table/table.h"
#include "timeval.h"
#include "util.h"

/* Receive buffer for notifications, in bytes. */
#define KERNEL_RCVBUF (8 * 1024 * 1024)

struct flow_kernel {
    struct flow_table *table;   /* The engine's. */
    struct dp_flow_source *source; /* Where the flows come from. */
    uint32_t (*ifindex)(void *aux, const char *name); /* The caller's. */
    void *aux;                  /* For 'ifindex'. */
    bool dumping;               /* Is it reading counters? */
    struct flow_kernel_status status; /* What is told. */
};

static void
on_state(void *fk_, enum source_state state)
{
    static const enum flow_source_state states[] = {
        [SOURCE_SYNCING] = FLOW_SOURCE_SYNCING,
        [SOURCE_SYNCED] = FLOW_SOURCE_SYNCED,
        [SOURCE_ABSENT] = FLOW_SOURCE_ABSENT,
    };
    struct flow_kernel *fk = fk_;

    fk->status.state = states[state];
    if (state != SOURCE_SYNCED) {
        fk->dumping = false;
    } else {
        fk->status.last_read = time_msec();
    }
}

static void
on_mark(void *fk_)
{
    struct flow_kernel *fk = fk_;

    flow_table_mark(fk->table, true, 0);
}

static void
on_flows(void *fk_, const struct flow_record *const *records, size_t n)
{
    struct flow_kernel *fk = fk_;

    flow_table_put(fk->table, records, n, time_msec());
}

static size_t
on_refresh(void *fk_, const struct flow_record *const *records, size_t n)
{
    struct flow_kernel *fk = fk_;

    return flow_table_refresh(fk->table, records, n, time_msec());
}

static void
on_gone(void *fk_, const uint8_t ufid[FLOW_UFID_LEN],
        const struct flow_record *last)
{
    struct flow_kernel *fk = fk_;

    flow_table_delete(fk->table, ufid, true, last, time_msec());
}

static void
on_sweep(void *fk_)
{
    struct flow_kernel *fk = fk_;

    flow_table_sweep(fk->table, true, 0);
}

static void
on_refreshed(void *fk_, uint64_t elapsed_us OVS_UNUSED, uint64_t kernel_us)
{
    struct flow_kernel *fk = fk_;

    fk->dumping = false;
    fk->status.dump_us = kernel_us;
    fk->status.last_read = time_msec();
}

static uint32_t
on_ifindex(void *fk_, const char *name)
{
    struct flow_kernel *fk = fk_;

    return fk->ifindex(fk->aux, name);
}

struct flow_kernel *
flow_kernel_create(struct event_base *base, struct kernel_helper *helper,
                   struct genl *genl, struct flow_table *table,
                   uint32_t (*ifindex)(void *aux, const char *name), void *aux)
{
    static const struct dp_flow_callbacks callbacks = {
        .state = on_state,
        .mark = on_mark,
        .flows = on_flows,
        .refresh = on_refresh,
        .gone = on_gone,
        .sweep = on_sweep,
        .refreshed = on_refreshed,
        .ifindex = on_ifindex,
    };
    struct flow_kernel *fk = xzalloc(sizeof *fk);

    fk->table = table;
    fk->ifindex = ifindex;
    fk->aux = aux;
    fk->status.state = FLOW_SOURCE_SYNCING;
    fk->source = dp_flow_source_create(base, helper, genl, KERNEL_RCVBUF,
                                       &callbacks, fk);
    return fk;
}

void
flow_kernel_destroy(struct flow_kernel *fk)
{
    if (fk) {
        dp_flow_source_destroy(fk->source);
        free(fk);
    }
}

void
flow_kernel_run(struct flow_kernel *fk)
{
    dp_flow_source_run(fk->source);
}

void
flow_kernel_wait(struct flow_kernel *fk)
{
    dp_flow_source_wait(fk->source);
}

void
flow_kernel_resync(struct flow_kernel *fk)
{
    dp_flow_source_resync(fk->source);
}

void
flow_kernel_refresh(struct flow_kernel *fk)
{
    if (!fk->dumping) {
        fk->status.dump_us = 0;
        fk->dumping = dp_flow_source_refresh(fk->source);
    }
}

bool
flow_kernel_is_dumping(const struct flow_kernel *fk)
{
    return fk->dumping;
}

const struct flow_kernel_status *
flow_kernel_status(const struct flow_kernel *fk)
{
    return &fk->status;
}

struct dp_flow_source *
flow_kernel_source(const struct flow_kernel *fk)
{
    return fk->source;
}
