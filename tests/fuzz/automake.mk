# SPDX-License-Identifier: Apache-2.0
#
# Fuzz targets.  With --enable-fuzz (and CC=clang) they are libFuzzer programs;
# else tests/fuzz/replay.c runs the inputs in the corpus, with any compiler.
# A target's block:
#
#   check_PROGRAMS += tests/fuzz/fuzz-NAME
#   tests_fuzz_fuzz_NAME_SOURCES = tests/fuzz/fuzz-NAME.c $(FUZZ_MAIN)
#   tests_fuzz_fuzz_NAME_LDADD = ovsdb/libovsview.a $(FUZZ_LIBS)
#   EXTRA_DIST += tests/fuzz/corpus/NAME
#
# tests/fuzz/corpus/NAME/ must not be empty.

FUZZ_LIBS = $(FUZZ_LDFLAGS) $(OVS_LIBS)
if ENABLE_FUZZ
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay.c
endif

check_PROGRAMS += tests/fuzz/fuzz-config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz-config.c $(FUZZ_MAIN)
tests_fuzz_fuzz_config_LDADD = ovsdb/libovsview.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/config

check_PROGRAMS += tests/fuzz/fuzz-iface-id
tests_fuzz_fuzz_iface_id_SOURCES = tests/fuzz/fuzz-iface-id.c $(FUZZ_MAIN)
tests_fuzz_fuzz_iface_id_LDADD = ovsdb/libovsview.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/iface-id

check_PROGRAMS += tests/fuzz/fuzz-request
tests_fuzz_fuzz_request_SOURCES = tests/fuzz/fuzz-request.c $(FUZZ_MAIN)
tests_fuzz_fuzz_request_LDADD = ovsdb/libovsview.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/request

check_PROGRAMS += tests/fuzz/fuzz-tc
tests_fuzz_fuzz_tc_SOURCES = tests/fuzz/fuzz-tc.c $(FUZZ_MAIN)
tests_fuzz_fuzz_tc_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(FUZZ_LIBS) $(KERNEL_LIBS)
EXTRA_DIST += tests/fuzz/corpus/tc

check_PROGRAMS += tests/fuzz/fuzz-kernel-msg
tests_fuzz_fuzz_kernel_msg_SOURCES = \
	tests/fuzz/fuzz-kernel-msg.c $(FUZZ_MAIN)
tests_fuzz_fuzz_kernel_msg_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_fuzz_fuzz_kernel_msg_LDADD = \
	netlink/libkernel.a $(FUZZ_LIBS) $(KERNEL_LIBS)
EXTRA_DIST += tests/fuzz/corpus/kernel-msg

check_PROGRAMS += tests/fuzz/fuzz-dp-flow
tests_fuzz_fuzz_dp_flow_SOURCES = tests/fuzz/fuzz-dp-flow.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dp_flow_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_fuzz_fuzz_dp_flow_LDADD = netlink/libkernel.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/dp-flow

check_PROGRAMS += tests/fuzz/fuzz-unixctl-reply
tests_fuzz_fuzz_unixctl_reply_SOURCES = \
	tests/fuzz/fuzz-unixctl-reply.c $(FUZZ_MAIN)
tests_fuzz_fuzz_unixctl_reply_LDADD = \
	controller/libcontroller.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/unixctl-reply

check_PROGRAMS += tests/fuzz/fuzz-cni-cache
tests_fuzz_fuzz_cni_cache_SOURCES = tests/fuzz/fuzz-cni-cache.c $(FUZZ_MAIN)
tests_fuzz_fuzz_cni_cache_LDADD = controller/libcontroller.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/cni-cache

check_PROGRAMS += tests/fuzz/fuzz-state
tests_fuzz_fuzz_state_SOURCES = tests/fuzz/fuzz-state.c $(FUZZ_MAIN)
tests_fuzz_fuzz_state_LDADD = controller/libcontroller.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/state
check_PROGRAMS += tests/fuzz/fuzz-metrics
tests_fuzz_fuzz_metrics_SOURCES = tests/fuzz/fuzz-metrics.c $(FUZZ_MAIN)
tests_fuzz_fuzz_metrics_LDADD = \
	controller/libcontroller.a ovsdb/libovsview.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/metrics

check_PROGRAMS += tests/fuzz/fuzz-upcall-show
tests_fuzz_fuzz_upcall_show_SOURCES = \
	tests/fuzz/fuzz-upcall-show.c $(FUZZ_MAIN)
tests_fuzz_fuzz_upcall_show_LDADD = \
	controller/libcontroller.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/upcall-show

check_PROGRAMS += tests/fuzz/fuzz-flow-text
tests_fuzz_fuzz_flow_text_SOURCES = tests/fuzz/fuzz-flow-text.c $(FUZZ_MAIN)
tests_fuzz_fuzz_flow_text_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/flow-text

check_PROGRAMS += tests/fuzz/fuzz-flow-detail
tests_fuzz_fuzz_flow_detail_SOURCES = \
	tests/fuzz/fuzz-flow-detail.c $(FUZZ_MAIN)
tests_fuzz_fuzz_flow_detail_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/flow-detail

check_PROGRAMS += tests/fuzz/fuzz-devinfo
tests_fuzz_fuzz_devinfo_SOURCES = tests/fuzz/fuzz-devinfo.c $(FUZZ_MAIN)
tests_fuzz_fuzz_devinfo_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/devinfo

check_PROGRAMS += tests/fuzz/fuzz-vdpa-args
tests_fuzz_fuzz_vdpa_args_SOURCES = \
	tests/fuzz/fuzz-vdpa-args.c $(FUZZ_MAIN)
tests_fuzz_fuzz_vdpa_args_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(FUZZ_LIBS) $(KERNEL_LIBS)
EXTRA_DIST += tests/fuzz/corpus/vdpa-args

check_PROGRAMS += tests/fuzz/fuzz-rpc-message
tests_fuzz_fuzz_rpc_message_SOURCES = \
	tests/fuzz/fuzz-rpc-message.c $(FUZZ_MAIN)
tests_fuzz_fuzz_rpc_message_LDADD = controller/libcontroller.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/rpc-message

check_PROGRAMS += tests/fuzz/fuzz-rpc-socket-list
tests_fuzz_fuzz_rpc_socket_list_SOURCES = \
	tests/fuzz/fuzz-rpc-socket-list.c $(FUZZ_MAIN)
tests_fuzz_fuzz_rpc_socket_list_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/rpc-socket-list

check_PROGRAMS += tests/fuzz/fuzz-rpc-session
tests_fuzz_fuzz_rpc_session_SOURCES = \
	tests/fuzz/fuzz-rpc-session.c $(FUZZ_MAIN)
tests_fuzz_fuzz_rpc_session_LDADD = \
	controller/libcontroller.a $(FUZZ_LIBS) $(NGHTTP2_LIBS)
EXTRA_DIST += tests/fuzz/corpus/rpc-session

check_PROGRAMS += tests/fuzz/fuzz-policy
tests_fuzz_fuzz_policy_SOURCES = tests/fuzz/fuzz-policy.c $(FUZZ_MAIN)
tests_fuzz_fuzz_policy_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/policy

check_PROGRAMS += tests/fuzz/fuzz-policy-yaml
tests_fuzz_fuzz_policy_yaml_SOURCES = \
	tests/fuzz/fuzz-policy-yaml.c $(FUZZ_MAIN)
tests_fuzz_fuzz_policy_yaml_LDADD = \
	utilities/libclient.a controller/libcontroller.a \
	netlink/libkernel.a $(FUZZ_LIBS) $(LIBYAML_LIBS)
EXTRA_DIST += tests/fuzz/corpus/policy-yaml

check_PROGRAMS += tests/fuzz/fuzz-snapshot
tests_fuzz_fuzz_snapshot_SOURCES = tests/fuzz/fuzz-snapshot.c $(FUZZ_MAIN)
tests_fuzz_fuzz_snapshot_LDADD = \
	utilities/libclient.a controller/libcontroller.a \
	netlink/libkernel.a $(FUZZ_LIBS) $(LIBYAML_LIBS)
EXTRA_DIST += tests/fuzz/corpus/snapshot
