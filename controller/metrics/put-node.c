/* SPDX-License-Identifier: Apache-2.0 */

/* Metrics of the node. */

#include <config.h>
#include "controller/metrics/private.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "controller/controller.h"
#include "controller/flow-table/table.h"
#include "controller/flow/engine.h"
#include "controller/flow/userspace.h"
#include "controller/histogram.h"
#include "controller/inventory.h"
#include "controller/journal.h"
#include "controller/policy/engine.h"
#include "controller/ports.h"
#include "controller/reconcile.h"
#include "controller/rpc/server.h"
#include "controller/vswitchd-query.h"
#include "netlink/kernel.h"
#include "openvswitch/version.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

/* A function that puts one number, without labels. */
#define PUT(NAME, VALUE)                                                    \
    void                                                                    \
    metrics_put_##NAME(const struct metrics_out *out,                       \
                       const struct metrics_desc *desc,                     \
                       const struct metrics_source *from OVS_UNUSED)        \
    {                                                                       \
        metrics_put(out, desc, VALUE, NULL, NULL);                          \
    }

/* The program. */

void
metrics_put_build(const struct metrics_out *out,
                  const struct metrics_desc *desc,
                  const struct metrics_source *from OVS_UNUSED)
{
    metrics_put(out, desc, 1, NULL, "version", VERSION,
                "ovs_version", OVS_PACKAGE_VERSION, NULL);
}

void
metrics_put_start_time(const struct metrics_out *out,
                       const struct metrics_desc *desc,
                       const struct metrics_source *from OVS_UNUSED)
{
    /* Told once, so that a clock that is set makes no start. */
    static double start;

    if (!start) {
        start = (time_wall_msec() - (time_msec() - time_boot_msec())) / 1000.0;
    }
    metrics_put_double(out, desc, start, NULL, NULL);
}

void
metrics_put_cpu(const struct metrics_out *out,
                const struct metrics_desc *desc,
                const struct metrics_source *from OVS_UNUSED)
{
    struct rusage usage;

    if (!getrusage(RUSAGE_SELF, &usage)) {
        metrics_put_double(out, desc,
                           usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
                           + (usage.ru_utime.tv_usec
                              + usage.ru_stime.tv_usec) / 1e6, NULL, NULL);
    }
}

void
metrics_put_resident(const struct metrics_out *out,
                     const struct metrics_desc *desc,
                     const struct metrics_source *from OVS_UNUSED)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long long int pages;

    if (file) {
        if (fscanf(file, "%*s %llu", &pages) == 1) {
            metrics_put(out, desc, pages * sysconf(_SC_PAGESIZE), NULL, NULL);
        }
        fclose(file);
    }
}

PUT(turns, from->own->n_turns)
PUT(config_errors, smap_count(&reconcile_config(from->c->rec)->errors))

/* The database. */

PUT(hw_offload, smap_get_bool(ovs_view_other_config(from->c->view),
                              "hw-offload", false))
PUT(db_up, ovs_view_is_connected(from->c->view))
PUT(db_synced, ovs_view_is_synced(from->c->view))

void
metrics_put_transactions(const struct metrics_out *out,
                         const struct metrics_desc *desc,
                         const struct metrics_source *from)
{
    static const struct {
        enum ovs_txn_result result;
        const char *name;
    } results[] = {
        { OVS_TXN_SUCCESS, "success" },
        { OVS_TXN_UNCHANGED, "unchanged" },
        { OVS_TXN_TRY_AGAIN, "try-again" },
        { OVS_TXN_ERROR, "error" },
    };
    const struct reconcile_status *status = reconcile_status(from->c->rec);

    for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
        metrics_put(out, desc, status->n_txns[results[i].result], NULL,
                    "result", results[i].name, NULL);
    }
}

#define PUT_HISTOGRAM(NAME, HISTOGRAM)                                      \
    void                                                                    \
    metrics_put_##NAME(const struct metrics_out *out,                       \
                       const struct metrics_desc *desc,                     \
                       const struct metrics_source *from)                   \
    {                                                                       \
        metrics_put_histogram(out, desc,                                    \
                              &reconcile_status(from->c->rec)->HISTOGRAM,   \
                              NULL, NULL);                                  \
    }

PUT_HISTOGRAM(transaction_time, txn_times)
PUT_HISTOGRAM(commit_time, commit_times)
PUT_HISTOGRAM(round_time, round_times)

/* Devices. */

void
metrics_put_ports(const struct metrics_out *out,
                  const struct metrics_desc *desc,
                  const struct metrics_source *from)
{
    uint64_t n[PORT_ERROR + 1] = { 0 };
    const struct port *port;

    HMAP_FOR_EACH (port, node, &reconcile_ports(from->c->rec)->ports) {
        n[port->decision.state]++;
    }
    for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
        metrics_put(out, desc, n[i], NULL, "state", port_state_to_string(i),
                    NULL);
    }
}

void
metrics_put_pairs(const struct metrics_out *out,
                  const struct metrics_desc *desc,
                  const struct metrics_source *from)
{
    uint64_t n[PAIR_RESYNC + 1] = { 0 };
    const struct port *port;

    HMAP_FOR_EACH (port, node, &reconcile_ports(from->c->rec)->ports) {
        n[port->pair_state] += port->pair != NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
        metrics_put(out, desc, n[i], NULL, "pair", pair_state_to_string(i),
                    NULL);
    }
}

PUT(vdpa, hmap_count(&from->c->inv->vdpas))
PUT(lost_rows, reconcile_journal(from->c->rec)->n_lost)
PUT(restored_rows, reconcile_journal(from->c->rec)->n_restored)

/* Sources. */

static const char *const flow_source_names[FLOW_N_SOURCES] = {
    [FLOW_SOURCE_TC] = "flows-tc",
    [FLOW_SOURCE_KERNEL] = "flows-kernel",
};

void
metrics_put_source_synced(const struct metrics_out *out,
                          const struct metrics_desc *desc,
                          const struct metrics_source *from)
{
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        enum source_state state = kernel_status(from->c->kernel, i)->state;

        if (state != SOURCE_ABSENT) {
            metrics_put(out, desc, state == SOURCE_SYNCED, NULL,
                        "source", kernel_source_to_string(i), NULL);
        }
    }
    for (int i = 0; i < FLOW_N_SOURCES; i++) {
        enum flow_source_state state = flow_engine_state(from->c->flows, i);

        if (state != FLOW_SOURCE_ABSENT) {
            metrics_put(out, desc, state == FLOW_SOURCE_SYNCED, NULL,
                        "source", flow_source_names[i], NULL);
        }
    }
}

/* A function that puts one number for each source: MEMBER of struct
 * source_status, FLOW_MEMBER of struct flow_source_counts. */
#define PUT_SOURCES(NAME, MEMBER, FLOW_MEMBER)                              \
    void                                                                    \
    metrics_put_source_##NAME(const struct metrics_out *out,                \
                              const struct metrics_desc *desc,              \
                              const struct metrics_source *from)            \
    {                                                                       \
        struct flow_source_counts counts;                                   \
                                                                            \
        for (int i = 0; i < N_KERNEL_SOURCES; i++) {                        \
            metrics_put(out, desc,                                          \
                        kernel_status(from->c->kernel, i)->MEMBER, NULL,    \
                        "source", kernel_source_to_string(i), NULL);        \
        }                                                                   \
        for (int i = 0; i < FLOW_N_SOURCES; i++) {                          \
            flow_engine_get_counts(from->c->flows, i, &counts);             \
            metrics_put(out, desc, counts.FLOW_MEMBER, NULL,                \
                        "source", flow_source_names[i], NULL);              \
        }                                                                   \
    }

PUT_SOURCES(messages, n_messages, messages)
PUT_SOURCES(resyncs, n_resyncs, resyncs)
PUT_SOURCES(overflows, n_overflows, overflows)
PUT_SOURCES(malformed, n_malformed, malformed)

void
metrics_put_source_busy(const struct metrics_out *out,
                        const struct metrics_desc *desc,
                        const struct metrics_source *from)
{
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        long long int since = kernel_status(from->c->kernel, i)->busy_since;

        metrics_put_double(out, desc,
                           since ? (time_msec() - since) / 1000.0 : 0, NULL,
                           "source", kernel_source_to_string(i), NULL);
    }
}

/* Flows. */

void
metrics_put_flows(const struct metrics_out *out,
                  const struct metrics_desc *desc,
                  const struct metrics_source *from)
{
    struct flow_source_counts counts;

    for (int i = 0; i < FLOW_N_SOURCES; i++) {
        flow_engine_get_counts(from->c->flows, i, &counts);
        metrics_put(out, desc, counts.flows, NULL,
                    "source", flow_source_names[i], NULL);
    }
    metrics_put(out, desc,
                flow_table_count(flow_userspace_table(from->c->userspace)),
                NULL, "source", "flows-userspace", NULL);
}

PUT(flow_memory, flow_table_memory(flow_engine_table(from->c->flows)))

void
metrics_put_flow_age(const struct metrics_out *out,
                     const struct metrics_desc *desc,
                     const struct metrics_source *from)
{
    long long int read = flow_engine_last_read(from->c->flows);

    if (read) {
        metrics_put_double(out, desc, (time_msec() - read) / 1000.0, NULL,
                           NULL);
    }
}

void
metrics_put_dump_time(const struct metrics_out *out,
                      const struct metrics_desc *desc,
                      const struct metrics_source *from)
{
    for (int i = 0; i < FLOW_N_SOURCES; i++) {
        metrics_put_histogram(out, desc,
                              flow_engine_dump_times(from->c->flows, i), NULL,
                              "source", flow_source_names[i], NULL);
    }
}

PUT(vswitchd_calls, vswitchd_query_count(VSWITCHD_REPORT))

/* Policies. */

void
metrics_put_policy_steps(const struct metrics_out *out,
                         const struct metrics_desc *desc,
                         const struct metrics_source *from)
{
    const struct policy_counts *counts
        = policy_engine_counts(from->c->policies);

    metrics_put(out, desc, counts->n_steps, NULL, "result", "taken", NULL);
    metrics_put(out, desc, counts->n_failed, NULL, "result", "failed", NULL);
}

void
metrics_put_policy_pfs(const struct metrics_out *out,
                       const struct metrics_desc *desc,
                       const struct metrics_source *from)
{
    const char *state;
    size_t n;

    for (unsigned int i = 0;
         policy_engine_count_pfs(from->c->policies, i, &state, &n); i++) {
        metrics_put(out, desc, n, NULL, "state", state, NULL);
    }
}

/* Services. */

static struct rpc_server_counts
rpc_counts(const struct metrics_source *from)
{
    struct rpc_server_counts counts;

    rpc_server_get_counts(from->c->rpc, &counts);
    return counts;
}

PUT(rpc_up, rpc_counts(from).listening)

void
metrics_put_rpc_calls(const struct metrics_out *out,
                      const struct metrics_desc *desc,
                      const struct metrics_source *from)
{
    struct rpc_counters calls = rpc_counts(from).calls;

    metrics_put(out, desc, calls.n_calls - calls.n_empty, NULL,
                "result", "path", NULL);
    metrics_put(out, desc, calls.n_empty, NULL, "result", "empty", NULL);
    metrics_put(out, desc, calls.n_errors, NULL, "result", "error", NULL);
}

void
metrics_put_rpc_connections(const struct metrics_out *out,
                            const struct metrics_desc *desc,
                            const struct metrics_source *from)
{
    struct rpc_server_counts counts = rpc_counts(from);

    metrics_put(out, desc, counts.n_accepted, NULL, "result", "accepted",
                NULL);
    metrics_put(out, desc, counts.n_refused, NULL, "result", "refused", NULL);
    metrics_put(out, desc, counts.n_displaced, NULL, "result", "displaced",
                NULL);
    metrics_put(out, desc, counts.n_timeouts, NULL, "result", "timeout",
                NULL);
}

PUT(connections, from->own->n_connected)
PUT(requests, from->own->n_requests)

void
metrics_put_refused(const struct metrics_out *out,
                    const struct metrics_desc *desc,
                    const struct metrics_source *from)
{
    metrics_put(out, desc, from->own->n_refused, NULL, "reason", "refused",
                NULL);
    metrics_put(out, desc, from->own->n_displaced, NULL,
                "reason", "displaced", NULL);
    metrics_put(out, desc, from->own->n_timeouts, NULL, "reason", "timeout",
                NULL);
}

void
metrics_put_omitted(const struct metrics_out *out,
                    const struct metrics_desc *desc,
                    const struct metrics_source *from)
{
    metrics_put(out, desc, from->snapshot->n_omitted, NULL,
                "rows", "interfaces", NULL);
    metrics_put(out, desc, from->snapshot->n_ports_omitted, NULL,
                "rows", "ports", NULL);
}
