/* SPDX-License-Identifier: Apache-2.0 */

/* All metrics.  Documentation/metrics.md has them, too, and a test compares
 * it with what a scrape tells. */

#include <config.h>
#include "controller/metrics/private.h"

#include "util.h"

#define P "ovs_offload_"
#define ROW "interface kind namespace pod direction"

const struct metrics_family metrics_families[] = {
    /* The program. */
    { .desc = { P "build", NULL, METRICS_INFO, "version ovs_version",
                "Version of the daemon, and of the libopenvswitch in it." },
      .put = metrics_put_build },
    { .desc = { "process_start_time_seconds", "seconds", METRICS_GAUGE, "",
                "When the daemon started, in seconds since 1970." },
      .put = metrics_put_start_time },
    { .desc = { "process_cpu_seconds", "seconds", METRICS_COUNTER, "",
                "Processor time that the daemon used." },
      .put = metrics_put_cpu },
    { .desc = { "process_resident_memory_bytes", "bytes", METRICS_GAUGE, "",
                "Memory of the daemon that is resident." },
      .put = metrics_put_resident },
    { .desc = { P "main_loop_turns", NULL, METRICS_COUNTER, "",
                "Times that the daemon woke up and had a look." },
      .put = metrics_put_turns },
    { .desc = { P "config_errors", NULL, METRICS_GAUGE, "",
                "Keys offload-* in the database whose value is malformed." },
      .put = metrics_put_config_errors },

    /* The database. */
    { .desc = { P "hw_offload_enabled", NULL, METRICS_GAUGE, "",
                "Is other_config:hw-offload true?" },
      .put = metrics_put_hw_offload },
    { .desc = { P "ovsdb_connected", NULL, METRICS_GAUGE, "",
                "Is there a connection to the database?" },
      .put = metrics_put_db_up },
    { .desc = { P "ovsdb_synced", NULL, METRICS_GAUGE, "",
                "Is there a connection, and a complete copy?" },
      .put = metrics_put_db_synced },
    { .desc = { P "ovsdb_transactions", NULL, METRICS_COUNTER, "result",
                "Transactions of the daemon that ended." },
      .put = metrics_put_transactions },
    { .desc = { P "ovsdb_transaction_duration_seconds", "seconds",
                METRICS_HISTOGRAM, "",
                "Time from sending a transaction to its end." },
      .put = metrics_put_transaction_time },
    { .desc = { P "event_to_commit_duration_seconds", "seconds",
                METRICS_HISTOGRAM, "",
                "Time from when a port first needed a change of the database "
                "to the success of the transaction that made it." },
      .put = metrics_put_commit_time },
    { .desc = { P "round_duration_seconds", "seconds", METRICS_HISTOGRAM, "",
                "Time that deciding about all ports took." },
      .put = metrics_put_round_time },

    /* Devices. */
    { .desc = { P "ports", NULL, METRICS_GAUGE, "state",
                "Ports by what became of them." },
      .put = metrics_put_ports },
    { .desc = { P "pairs", NULL, METRICS_GAUGE, "pair",
                "Ports by whether VF, representor and vDPA device were "
                "found." },
      .put = metrics_put_pairs },
    { .desc = { P "port", NULL, METRICS_INFO,
                "port vf vdpa namespace pod pair state hw_tc_offload",
                "Each VF, representor and vDPA device." },
      .ports = true },
    { .desc = { P "vdpa_devices", NULL, METRICS_GAUGE, "",
                "vDPA devices of the node." },
      .put = metrics_put_vdpa },
    { .desc = { P "lost_rows", NULL, METRICS_COUNTER, "",
                "Port rows of others that were deleted while their "
                "representor was absent." },
      .put = metrics_put_lost_rows },
    { .desc = { P "restored_rows", NULL, METRICS_COUNTER, "",
                "Such rows that were put back." },
      .put = metrics_put_restored_rows },

    /* Sources. */
    { .desc = { P "source_synced", NULL, METRICS_GAUGE, "source",
                "Is all that the kernel has of this known?  A source that "
                "the kernel lacks is left out." },
      .put = metrics_put_source_synced },
    { .desc = { P "source_messages", NULL, METRICS_COUNTER, "source",
                "Notifications that came." },
      .put = metrics_put_source_messages },
    { .desc = { P "source_resyncs", NULL, METRICS_COUNTER, "source",
                "Full reads that were completed." },
      .put = metrics_put_source_resyncs },
    { .desc = { P "source_overflows", NULL, METRICS_COUNTER, "source",
                "Times that notifications were lost." },
      .put = metrics_put_source_overflows },
    { .desc = { P "source_malformed", NULL, METRICS_COUNTER, "source",
                "Messages that were left out for their form." },
      .put = metrics_put_source_malformed },
    { .desc = { P "source_busy_seconds", "seconds", METRICS_GAUGE, "source",
                "For how long the kernel has not answered a request; of vdpa "
                "while it waits for a device that somebody has open." },
      .put = metrics_put_source_busy },

    /* Flows. */
    { .desc = { P "flows", NULL, METRICS_GAUGE, "source",
                "Datapath flows by where they are told." },
      .put = metrics_put_flows },
    { .desc = { P "flow_table_memory_bytes", "bytes", METRICS_GAUGE, "",
                "Memory of the table of flows." },
      .put = metrics_put_flow_memory },
    { .desc = { P "flow_counters_age_seconds", "seconds", METRICS_GAUGE, "",
                "How old counters of flows are.  Left out before they were "
                "read." },
      .put = metrics_put_flow_age },
    { .desc = { P "flow_dump_duration_seconds", "seconds", METRICS_HISTOGRAM,
                "source",
                "Time of the kernel for reading all counters once." },
      .put = metrics_put_dump_time },
    { .desc = { P "vswitchd_calls", NULL, METRICS_COUNTER, "",
                "Times that ovs-vswitchd was asked for flows of the userspace "
                "datapath." },
      .put = metrics_put_vswitchd_calls },
    { .desc = { P "interface_flows", NULL, METRICS_GAUGE, ROW " offload",
                "Datapath flows that an interface sends (egress) or receives "
                "(ingress), in hardware or in software." },
      .put_row = metrics_put_row_flows },
    { .desc = { P "interface_packets", NULL, METRICS_COUNTER, ROW " offload",
                "Packets that passed in them." },
      .put_row = metrics_put_row_packets },
    { .desc = { P "interface_bytes", "bytes", METRICS_COUNTER,
                ROW " offload",
                "Bytes that passed in them." },
      .put_row = metrics_put_row_bytes },
    { .desc = { P "interface_offload_ratio", "ratio", METRICS_GAUGE, ROW,
                "Share of packets that hardware forwarded between the last "
                "two readings of counters.  Left out if there were none." },
      .put_row = metrics_put_row_ratio },

    /* Policies. */
    { .desc = { P "policy_steps", NULL, METRICS_COUNTER, "result",
                "Steps that were taken, or failed, to carry out node "
                "policies." },
      .put = metrics_put_policy_steps },
    { .desc = { P "policy_pfs", NULL, METRICS_GAUGE, "state",
                "PFs under a node policy, by state." },
      .put = metrics_put_policy_pfs },

    /* Services. */
    { .desc = { P "rpc_listening", NULL, METRICS_GAUGE, "",
                "Is offload-vdpa-socket being served?  0 if that is off, "
                "too." },
      .put = metrics_put_rpc_up },
    { .desc = { P "rpc_calls", NULL, METRICS_COUNTER, "result",
                "Calls of GetSocketpath: answered with a path, without one, "
                "or refused." },
      .put = metrics_put_rpc_calls },
    { .desc = { P "rpc_connections", NULL, METRICS_COUNTER, "result",
                "Connections for such calls." },
      .put = metrics_put_rpc_connections },
    { .desc = { P "http_connections", NULL, METRICS_GAUGE, "",
                "Connections to this server that are open." },
      .put = metrics_put_connections },
    { .desc = { P "http_connections_closed", NULL, METRICS_COUNTER, "reason",
                "Connections that this server closed to protect itself." },
      .put = metrics_put_refused },
    { .desc = { P "http_requests", NULL, METRICS_COUNTER, "",
                "Requests to this server that were well-formed." },
      .put = metrics_put_requests },
    { .desc = { P "rows_omitted", NULL, METRICS_GAUGE, "rows",
                "Interfaces that are together in kind=\"other\", and ports "
                "that are left out, for there are more than 4096 or two "
                "cannot be told apart." },
      .put = metrics_put_omitted },
};

const size_t metrics_n_families = ARRAY_SIZE(metrics_families);
