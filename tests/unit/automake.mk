# SPDX-License-Identifier: Apache-2.0
#
# One program a module.  A program's block goes inside the conditional, each
# followed by an empty line:
#
#   check_PROGRAMS += tests/unit/test-NAME
#   tests_unit_test_NAME_SOURCES = tests/unit/test-NAME.c
#   tests_unit_test_NAME_LDADD = ovsdb/libovsview.a $(UNIT_LIBS)
#
# Programs of netlink/ set _CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS) too
# and also link with $(KERNEL_LIBS).

UNIT_LIBS = $(OVS_LIBS) $(CMOCKA_LIBS)

if HAVE_CMOCKA

check_PROGRAMS += tests/unit/test-config
tests_unit_test_config_SOURCES = tests/unit/test-config.c
tests_unit_test_config_LDADD = ovsdb/libovsview.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-client-commands
tests_unit_test_client_commands_SOURCES = tests/unit/test-client-commands.c
tests_unit_test_client_commands_LDADD = utilities/libclient.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-client-complete
tests_unit_test_client_complete_SOURCES = tests/unit/test-client-complete.c
tests_unit_test_client_complete_LDADD = \
	utilities/libclient.a controller/libcontroller.a \
	netlink/libkernel.a $(UNIT_LIBS) $(LIBYAML_LIBS)

check_PROGRAMS += tests/unit/test-client-format
tests_unit_test_client_format_SOURCES = tests/unit/test-client-format.c
tests_unit_test_client_format_LDADD = \
	utilities/libclient.a controller/libcontroller.a \
	netlink/libkernel.a $(UNIT_LIBS) $(LIBYAML_LIBS)

check_PROGRAMS += tests/unit/test-client-snapshot
tests_unit_test_client_snapshot_SOURCES = tests/unit/test-client-snapshot.c
tests_unit_test_client_snapshot_LDADD = \
	utilities/libclient.a controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-client-topology
tests_unit_test_client_topology_SOURCES = tests/unit/test-client-topology.c
tests_unit_test_client_topology_LDADD = \
	utilities/libclient.a controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-client-vdpa
tests_unit_test_client_vdpa_SOURCES = tests/unit/test-client-vdpa.c
tests_unit_test_client_vdpa_LDADD = \
	utilities/libclient.a controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-client-watch
tests_unit_test_client_watch_SOURCES = tests/unit/test-client-watch.c
tests_unit_test_client_watch_LDADD = \
	utilities/libclient.a controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-devinfo
tests_unit_test_devinfo_SOURCES = tests/unit/test-devinfo.c
tests_unit_test_devinfo_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-udev
tests_unit_test_udev_SOURCES = tests/unit/test-udev.c
tests_unit_test_udev_LDADD = \
	controller/libcontroller.a $(UNIT_LIBS) $(LIBEVENT_LIBS)

check_PROGRAMS += tests/unit/test-unixctl-reply
tests_unit_test_unixctl_reply_SOURCES = tests/unit/test-unixctl-reply.c
tests_unit_test_unixctl_reply_LDADD = \
	controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-iface-id
tests_unit_test_iface_id_SOURCES = tests/unit/test-iface-id.c
tests_unit_test_iface_id_LDADD = ovsdb/libovsview.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-listen-address
tests_unit_test_listen_address_SOURCES = tests/unit/test-listen-address.c
tests_unit_test_listen_address_LDADD = ovsdb/libovsview.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-metrics
tests_unit_test_metrics_SOURCES = tests/unit/test-metrics.c
tests_unit_test_metrics_LDADD = controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-metrics-server
tests_unit_test_metrics_server_SOURCES = tests/unit/test-metrics-server.c
tests_unit_test_metrics_server_LDADD = \
	controller/libcontroller.a ovsdb/libovsview.a \
	$(UNIT_LIBS) $(LIBEVENT_LIBS)

check_PROGRAMS += tests/unit/test-request
tests_unit_test_request_SOURCES = tests/unit/test-request.c
tests_unit_test_request_LDADD = ovsdb/libovsview.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-policy-spec
tests_unit_test_policy_spec_SOURCES = tests/unit/test-policy-spec.c
tests_unit_test_policy_spec_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-policy-yaml
tests_unit_test_policy_yaml_SOURCES = tests/unit/test-policy-yaml.c
tests_unit_test_policy_yaml_LDADD = \
	utilities/libclient.a controller/libcontroller.a \
	netlink/libkernel.a $(UNIT_LIBS) $(LIBYAML_LIBS)

check_PROGRAMS += tests/unit/test-helper-process
tests_unit_test_helper_process_SOURCES = tests/unit/test-helper-process.c
tests_unit_test_helper_process_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_helper_process_LDADD = \
	netlink/libkernel.a $(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-node-writer
tests_unit_test_node_writer_SOURCES = tests/unit/test-node-writer.c
tests_unit_test_node_writer_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_node_writer_LDADD = \
	netlink/libkernel.a $(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-net-use
tests_unit_test_net_use_SOURCES = tests/unit/test-net-use.c
tests_unit_test_net_use_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_net_use_LDADD = \
	netlink/libkernel.a $(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-policy-facts
tests_unit_test_policy_facts_SOURCES = tests/unit/test-policy-facts.c
tests_unit_test_policy_facts_LDADD = \
	controller/libcontroller.a ovsdb/libovsview.a netlink/libkernel.a \
	$(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-policy-plan
tests_unit_test_policy_plan_SOURCES = tests/unit/test-policy-plan.c
tests_unit_test_policy_plan_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-policy-progress
tests_unit_test_policy_progress_SOURCES = tests/unit/test-policy-progress.c
tests_unit_test_policy_progress_LDADD = \
	controller/libcontroller.a ovsdb/libovsview.a netlink/libkernel.a \
	$(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-policy-record
tests_unit_test_policy_record_SOURCES = tests/unit/test-policy-record.c
tests_unit_test_policy_record_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-tc-captures
tests_unit_test_tc_captures_SOURCES = \
	tests/unit/capture.h \
	tests/unit/tc-parse-check.h \
	tests/unit/test-tc-captures.c
tests_unit_test_tc_captures_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tc_captures_LDADD = netlink/libkernel.a $(UNIT_LIBS)
EXTRA_DIST += tests/unit/captures

check_PROGRAMS += tests/unit/test-tc-parse
tests_unit_test_tc_parse_SOURCES = \
	tests/unit/tc-msg.h \
	tests/unit/tc-parse-check.h \
	tests/unit/test-tc-parse.c
tests_unit_test_tc_parse_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tc_parse_LDADD = netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-tc-dump
tests_unit_test_tc_dump_SOURCES = \
	tests/unit/tc-dump-peer.h \
	tests/unit/tc-msg.h \
	tests/unit/test-tc-dump.c
tests_unit_test_tc_dump_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tc_dump_LDADD = \
	netlink/libkernel.a $(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-tc-dump-faults
tests_unit_test_tc_dump_faults_SOURCES = \
	tests/unit/tc-dump-peer.h \
	tests/unit/tc-msg.h \
	tests/unit/test-tc-dump-faults.c
tests_unit_test_tc_dump_faults_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tc_dump_faults_LDADD = \
	netlink/libkernel.a $(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-tc-get
tests_unit_test_tc_get_SOURCES = \
	tests/unit/tc-msg.h \
	tests/unit/test-tc-get.c
tests_unit_test_tc_get_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tc_get_LDADD = \
	netlink/libkernel.a $(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-tc-monitor
tests_unit_test_tc_monitor_SOURCES = \
	tests/unit/tc-msg.h \
	tests/unit/test-tc-monitor.c
tests_unit_test_tc_monitor_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tc_monitor_LDADD = \
	netlink/libkernel.a $(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-flow-rows
tests_unit_test_flow_rows_SOURCES = tests/unit/test-flow-rows.c
tests_unit_test_flow_rows_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-flow-table
tests_unit_test_flow_table_SOURCES = \
	tests/unit/flow-table-build.h \
	tests/unit/flow-table-hand.h \
	tests/unit/test-flow-table.c
tests_unit_test_flow_table_LDADD = controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-flow-table-path
tests_unit_test_flow_table_path_SOURCES = \
	tests/unit/flow-table-build.h \
	tests/unit/flow-table-hand.h \
	tests/unit/test-flow-table-path.c
tests_unit_test_flow_table_path_LDADD = \
	controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-flow-table-random
tests_unit_test_flow_table_random_SOURCES = \
	tests/unit/flow-table-build.h \
	tests/unit/rounds.h \
	tests/unit/test-flow-table-random.c
tests_unit_test_flow_table_random_LDADD = \
	controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-flow-table-refresh
tests_unit_test_flow_table_refresh_SOURCES = \
	tests/unit/flow-table-build.h \
	tests/unit/test-flow-table-refresh.c
tests_unit_test_flow_table_refresh_LDADD = \
	controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-flow-table-time
tests_unit_test_flow_table_time_SOURCES = \
	tests/unit/flow-table-build.h \
	tests/unit/test-flow-table-time.c
tests_unit_test_flow_table_time_LDADD = \
	controller/libcontroller.a $(UNIT_LIBS)

# Without netlink/tc*: the test plays these.
check_PROGRAMS += tests/unit/test-flow-tc
tests_unit_test_flow_tc_SOURCES = tests/unit/test-flow-tc.c
tests_unit_test_flow_tc_LDADD = controller/libcontroller.a $(UNIT_LIBS)

# Without controller/flow/tc and kernel: the test plays these.
check_PROGRAMS += tests/unit/test-flow-engine
tests_unit_test_flow_engine_SOURCES = tests/unit/test-flow-engine.c
tests_unit_test_flow_engine_LDADD = controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-flow-report
tests_unit_test_flow_report_SOURCES = tests/unit/test-flow-report.c
tests_unit_test_flow_report_LDADD = \
	controller/libcontroller.a ovsdb/libovsview.a netlink/libkernel.a \
	$(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-flow-reason
tests_unit_test_flow_reason_SOURCES = tests/unit/test-flow-reason.c
tests_unit_test_flow_reason_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-flow-reasons
tests_unit_test_flow_reasons_SOURCES = tests/unit/test-flow-reasons.c
tests_unit_test_flow_reasons_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-flow-facts
tests_unit_test_flow_facts_SOURCES = \
	tests/unit/inventory-build.h \
	tests/unit/test-flow-facts.c
tests_unit_test_flow_facts_LDADD = $(UNIT_CONTROLLER_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-rpc-message
tests_unit_test_rpc_message_SOURCES = tests/unit/test-rpc-message.c
tests_unit_test_rpc_message_LDADD = \
	controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-rpc-socket-list
tests_unit_test_rpc_socket_list_SOURCES = tests/unit/test-rpc-socket-list.c
tests_unit_test_rpc_socket_list_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-rpc-session
tests_unit_test_rpc_session_SOURCES = tests/unit/test-rpc-session.c
tests_unit_test_rpc_session_LDADD = \
	controller/libcontroller.a $(UNIT_LIBS) $(NGHTTP2_LIBS)

# netlink/ as a whole.
UNIT_KERNEL_LIBS = netlink/libkernel.a $(UNIT_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-kernel-types
tests_unit_test_kernel_types_SOURCES = tests/unit/test-kernel-types.c
tests_unit_test_kernel_types_LDADD = netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-kernel-msg
tests_unit_test_kernel_msg_SOURCES = \
	tests/unit/capture.h \
	tests/unit/test-kernel-msg.c
tests_unit_test_kernel_msg_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_kernel_msg_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-kernel-sysfs
tests_unit_test_kernel_sysfs_SOURCES = tests/unit/test-kernel-sysfs.c
tests_unit_test_kernel_sysfs_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_kernel_sysfs_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-nl-conn
tests_unit_test_nl_conn_SOURCES = \
	tests/unit/nl-peer.h \
	tests/unit/test-nl-conn.c
tests_unit_test_nl_conn_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_nl_conn_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-link-source
tests_unit_test_link_source_SOURCES = \
	tests/unit/nl-peer.h \
	tests/unit/test-link-source.c
tests_unit_test_link_source_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_link_source_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-link-detail
tests_unit_test_link_detail_SOURCES = \
	tests/unit/nl-peer.h \
	tests/unit/test-link-detail.c
tests_unit_test_link_detail_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_link_detail_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-dp-flow-miss
tests_unit_test_dp_flow_miss_SOURCES = \
	tests/unit/dp-flow-build.h \
	tests/unit/dp-msg.h \
	tests/unit/test-dp-flow-miss.c
tests_unit_test_dp_flow_miss_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dp_flow_miss_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-dp-flow-parse
tests_unit_test_dp_flow_parse_SOURCES = \
	tests/unit/dp-flow-build.h \
	tests/unit/dp-msg.h \
	tests/unit/test-dp-flow-parse.c
tests_unit_test_dp_flow_parse_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dp_flow_parse_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-dp-flow-resync
tests_unit_test_dp_flow_resync_SOURCES = \
	tests/unit/dp-flow-peer.h \
	tests/unit/dp-msg.h \
	tests/unit/nl-peer.h \
	tests/unit/test-dp-flow-resync.c
tests_unit_test_dp_flow_resync_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dp_flow_resync_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-dp-flow-source
tests_unit_test_dp_flow_source_SOURCES = \
	tests/unit/dp-flow-peer.h \
	tests/unit/dp-msg.h \
	tests/unit/nl-peer.h \
	tests/unit/test-dp-flow-source.c
tests_unit_test_dp_flow_source_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dp_flow_source_LDADD = $(UNIT_KERNEL_LIBS)

# Without netlink/genl-helper: the test plays it.
check_PROGRAMS += tests/unit/test-ovs-vport
tests_unit_test_ovs_vport_SOURCES = \
	tests/unit/dp-msg.h \
	tests/unit/nl-peer.h \
	tests/unit/test-ovs-vport.c
tests_unit_test_ovs_vport_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ovs_vport_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-vdpa-config
tests_unit_test_vdpa_config_SOURCES = tests/unit/test-vdpa-config.c
tests_unit_test_vdpa_config_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vdpa_config_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-vdpa-msg
tests_unit_test_vdpa_msg_SOURCES = \
	tests/unit/capture.h \
	tests/unit/test-vdpa-msg.c
tests_unit_test_vdpa_msg_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vdpa_msg_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-vdpa-query
tests_unit_test_vdpa_query_SOURCES = \
	tests/unit/capture.h \
	tests/unit/nl-peer.h \
	tests/unit/test-vdpa-query.c \
	tests/unit/wait-until.h
tests_unit_test_vdpa_query_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vdpa_query_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-vdpa-holder
tests_unit_test_vdpa_holder_SOURCES = tests/unit/test-vdpa-holder.c
tests_unit_test_vdpa_holder_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vdpa_holder_LDADD = $(UNIT_KERNEL_LIBS)

# Programs that change vDPA devices.
UNIT_VDPA_FIXTURE = \
	tests/unit/capture.h \
	tests/unit/nl-peer.h \
	tests/unit/vdpa-control-fixture.c \
	tests/unit/vdpa-control-fixture.h \
	tests/unit/wait-until.h

check_PROGRAMS += tests/unit/test-vdpa-bind
tests_unit_test_vdpa_bind_SOURCES = \
	tests/unit/test-vdpa-bind.c \
	$(UNIT_VDPA_FIXTURE)
tests_unit_test_vdpa_bind_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vdpa_bind_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-vdpa-control
tests_unit_test_vdpa_control_SOURCES = \
	tests/unit/test-vdpa-control.c \
	$(UNIT_VDPA_FIXTURE)
tests_unit_test_vdpa_control_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vdpa_control_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-vdpa-delete
tests_unit_test_vdpa_delete_SOURCES = \
	tests/unit/test-vdpa-delete.c \
	$(UNIT_VDPA_FIXTURE)
tests_unit_test_vdpa_delete_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vdpa_delete_LDADD = $(UNIT_KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-virtio-name
tests_unit_test_virtio_name_SOURCES = tests/unit/test-virtio-name.c
tests_unit_test_virtio_name_LDADD = netlink/libkernel.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-genl-helper
tests_unit_test_genl_helper_SOURCES = \
	tests/unit/test-genl-helper.c \
	tests/unit/wait-until.h
tests_unit_test_genl_helper_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_genl_helper_LDADD = $(UNIT_KERNEL_LIBS)

# controller/, and of netlink/ what needs no kernel.
UNIT_CONTROLLER_LIBS = \
	controller/libcontroller.a \
	ovsdb/libovsview.a \
	netlink/libkernel.a \
	$(UNIT_LIBS) $(LIBEVENT_LIBS)

check_PROGRAMS += tests/unit/test-cni-cache
tests_unit_test_cni_cache_SOURCES = tests/unit/test-cni-cache.c
tests_unit_test_cni_cache_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-journal
tests_unit_test_journal_SOURCES = tests/unit/test-journal.c
tests_unit_test_journal_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-state
tests_unit_test_state_SOURCES = tests/unit/test-state.c
tests_unit_test_state_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-event-log
tests_unit_test_event_log_SOURCES = tests/unit/test-event-log.c
tests_unit_test_event_log_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-flow-detail
tests_unit_test_flow_detail_SOURCES = \
	tests/unit/capture.h \
	tests/unit/flow-detail-tell.h \
	tests/unit/test-flow-detail.c
tests_unit_test_flow_detail_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_flow_detail_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-flow-detail-dp
tests_unit_test_flow_detail_dp_SOURCES = \
	tests/unit/flow-detail-tell.h \
	tests/unit/tc-msg.h \
	tests/unit/test-flow-detail-dp.c
tests_unit_test_flow_detail_dp_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_flow_detail_dp_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-flow-detail-tc
tests_unit_test_flow_detail_tc_SOURCES = \
	tests/unit/flow-detail-tell.h \
	tests/unit/tc-msg.h \
	tests/unit/test-flow-detail-tc.c
tests_unit_test_flow_detail_tc_CPPFLAGS = $(KERNEL_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_flow_detail_tc_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-inventory
tests_unit_test_inventory_SOURCES = \
	tests/unit/inventory-build.h \
	tests/unit/test-inventory.c
tests_unit_test_inventory_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-inventory-random
tests_unit_test_inventory_random_SOURCES = \
	tests/unit/inventory-build.h \
	tests/unit/rounds.h \
	tests/unit/test-inventory-random.c
tests_unit_test_inventory_random_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-output
tests_unit_test_output_SOURCES = \
	tests/unit/rounds.h \
	tests/unit/test-output.c
tests_unit_test_output_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-pairing
tests_unit_test_pairing_SOURCES = \
	tests/unit/inventory-build.h \
	tests/unit/pairing-fixture.h \
	tests/unit/test-pairing.c
tests_unit_test_pairing_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-pairing-pfs
tests_unit_test_pairing_pfs_SOURCES = \
	tests/unit/inventory-build.h \
	tests/unit/pairing-fixture.h \
	tests/unit/test-pairing-pfs.c
tests_unit_test_pairing_pfs_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-port-fsm
tests_unit_test_port_fsm_SOURCES = tests/unit/test-port-fsm.c
tests_unit_test_port_fsm_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-policy-watch
tests_unit_test_policy_watch_SOURCES = tests/unit/test-policy-watch.c
tests_unit_test_policy_watch_LDADD = controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-upcall-show
tests_unit_test_upcall_show_SOURCES = tests/unit/test-upcall-show.c
tests_unit_test_upcall_show_LDADD = controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-vswitchd-query
tests_unit_test_vswitchd_query_SOURCES = tests/unit/test-vswitchd-query.c
tests_unit_test_vswitchd_query_LDADD = controller/libcontroller.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-explain
tests_unit_test_explain_SOURCES = tests/unit/test-explain.c
tests_unit_test_explain_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-devinfo-publish
tests_unit_test_devinfo_publish_SOURCES = \
	tests/unit/inventory-build.h \
	tests/unit/test-devinfo-publish.c
tests_unit_test_devinfo_publish_LDADD = \
	$(UNIT_CONTROLLER_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-port-json
tests_unit_test_port_json_SOURCES = \
	tests/unit/inventory-build.h \
	tests/unit/test-port-json.c
tests_unit_test_port_json_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-vdpa-args
tests_unit_test_vdpa_args_SOURCES = tests/unit/test-vdpa-args.c
tests_unit_test_vdpa_args_LDADD = $(UNIT_CONTROLLER_LIBS) $(KERNEL_LIBS)

check_PROGRAMS += tests/unit/test-flow-text
tests_unit_test_flow_text_SOURCES = \
	tests/unit/flow-text-reader.h \
	tests/unit/rounds.h \
	tests/unit/test-flow-text.c
tests_unit_test_flow_text_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-flow-text-line
tests_unit_test_flow_text_line_SOURCES = \
	tests/unit/flow-text-reader.h \
	tests/unit/test-flow-text-line.c
tests_unit_test_flow_text_line_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-flow-file
tests_unit_test_flow_file_SOURCES = tests/unit/test-flow-file.c
tests_unit_test_flow_file_LDADD = $(UNIT_CONTROLLER_LIBS)

check_PROGRAMS += tests/unit/test-rpc-server
tests_unit_test_rpc_server_SOURCES = \
	tests/unit/inventory-build.h \
	tests/unit/test-rpc-server.c
tests_unit_test_rpc_server_LDADD = $(UNIT_CONTROLLER_LIBS) $(NGHTTP2_LIBS)

endif
