/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_PRIVATE_H
#define CONTROLLER_METRICS_PRIVATE_H 1

/* What the files of the HTTP server share:
 *
 *   server.c       requests
 *   connections.c  how many there are, and for how long
 *   endpoint.c     the socket
 *   health.c       what /readyz says
 *   stream.c       a scrape, piece by piece
 *   families.c     which metrics there are
 *   put-node.c     those of the node
 *   put-rows.c     those of interfaces and of ports
 *   snapshot.c     what the latter tell
 *   ledger.c, format.c, negotiate.c  pure */

#include "controller/metrics/format.h"
#include "controller/metrics/snapshot.h"

struct controller;

/* What the server counts of itself. */
struct metrics_counters {
    uint64_t n_turns;           /* Rounds of the main loop. */
    uint64_t n_connected;       /* Connections that are there. */
    uint64_t n_accepted;        /* Connections, with those that follow. */
    uint64_t n_refused;         /* Closed at once, as there were too many. */
    uint64_t n_displaced;       /* Closed to make room for another one. */
    uint64_t n_timeouts;        /* Closed as they took too long. */
    uint64_t n_accept_errors;   /* Failures to accept. */
    uint64_t n_requests;        /* That evhttp passed on to us. */
    uint64_t n_scrapes;         /* Of those, for all metrics. */
};

/* What metrics are made from. */
struct metrics_source {
    const struct controller *c;
    const struct metrics_counters *own;
    const struct metrics_snapshot *snapshot; /* Interfaces and ports. */
};

/* A family of metrics.  One of the members has what tells its samples. */
struct metrics_family {
    struct metrics_desc desc;
    void (*put)(const struct metrics_out *, const struct metrics_desc *,
                const struct metrics_source *); /* Few, of the node. */
    void (*put_row)(const struct metrics_out *, const struct metrics_desc *,
                    const struct metrics_row *); /* Those of an interface. */
    bool ports;                 /* One for each port. */
};

extern const struct metrics_family metrics_families[];
extern const size_t metrics_n_families;

typedef void metrics_put_func(const struct metrics_out *,
                              const struct metrics_desc *,
                              const struct metrics_source *);
metrics_put_func metrics_put_build, metrics_put_start_time,
    metrics_put_cpu, metrics_put_resident, metrics_put_turns,
    metrics_put_config_errors, metrics_put_hw_offload, metrics_put_db_up,
    metrics_put_db_synced, metrics_put_transactions,
    metrics_put_transaction_time, metrics_put_commit_time,
    metrics_put_round_time, metrics_put_ports, metrics_put_pairs,
    metrics_put_source_synced, metrics_put_source_messages,
    metrics_put_source_resyncs, metrics_put_source_overflows,
    metrics_put_source_malformed, metrics_put_source_busy,
    metrics_put_flows, metrics_put_flow_memory, metrics_put_flow_age,
    metrics_put_dump_time, metrics_put_vswitchd_calls,
    metrics_put_policy_steps, metrics_put_policy_pfs, metrics_put_vdpa,
    metrics_put_lost_rows, metrics_put_restored_rows, metrics_put_rpc_up,
    metrics_put_rpc_calls, metrics_put_rpc_connections,
    metrics_put_connections, metrics_put_refused, metrics_put_requests,
    metrics_put_omitted;

typedef void metrics_put_row_func(const struct metrics_out *,
                                  const struct metrics_desc *,
                                  const struct metrics_row *);
metrics_put_row_func metrics_put_row_flows, metrics_put_row_packets,
    metrics_put_row_bytes, metrics_put_row_ratio;

#endif /* controller/metrics/private.h */
