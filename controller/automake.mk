# SPDX-License-Identifier: Apache-2.0

noinst_LIBRARIES += controller/libcontroller.a

controller_libcontroller_a_SOURCES = \
	controller/command-explain.c \
	controller/command-flow.c \
	controller/command.c \
	controller/command.h \
	controller/event-log.c \
	controller/event-log.h \
	controller/evloop.c \
	controller/evloop.h \
	controller/explain-gather.c \
	controller/explain-gather.h \
	controller/explain-json.c \
	controller/explain.c \
	controller/explain.h \
	controller/flow-detail/action.c \
	controller/flow-detail/check.c \
	controller/flow-detail/detail.c \
	controller/flow-detail/detail.h \
	controller/flow-detail/match.c \
	controller/flow-detail/pedit.c \
	controller/flow-detail/private.h \
	controller/flow-detail/tunnel.c \
	controller/flow-table/chain.c \
	controller/flow-table/check.c \
	controller/flow-table/closure.c \
	controller/flow-table/edge.c \
	controller/flow-table/pages.c \
	controller/flow-table/pages.h \
	controller/flow-table/past.c \
	controller/flow-table/private.h \
	controller/flow-table/quick.c \
	controller/flow-table/reading.c \
	controller/flow-table/shortfall.c \
	controller/flow-table/slab.c \
	controller/flow-table/slab.h \
	controller/flow-table/store.c \
	controller/flow-table/sums.c \
	controller/flow-table/sweep.c \
	controller/flow-table/table.c \
	controller/flow-table/table.h \
	controller/flow-table/view.c \
	controller/flow-text/actions.c \
	controller/flow-text/miss.c \
	controller/flow-text/names.c \
	controller/flow-text/parse.c \
	controller/flow-text/private.h \
	controller/flow-text/split.c \
	controller/flow-text/text.c \
	controller/flow-text/text.h \
	controller/flow/engine.c \
	controller/flow/engine.h \
	controller/flow/explain.c \
	controller/flow/explain.h \
	controller/flow/facts.c \
	controller/flow/facts.h \
	controller/flow/file.c \
	controller/flow/file.h \
	controller/flow/ifaces.c \
	controller/flow/ifaces.h \
	controller/flow/kernel.c \
	controller/flow/kernel.h \
	controller/flow/list-ask.c \
	controller/flow/list-json.c \
	controller/flow/list-private.h \
	controller/flow/list.c \
	controller/flow/list.h \
	controller/flow/owners.c \
	controller/flow/parse.c \
	controller/flow/parse.h \
	controller/flow/reason.c \
	controller/flow/reason.h \
	controller/flow/report.c \
	controller/flow/report.h \
	controller/flow/rows.c \
	controller/flow/rows.h \
	controller/flow/tc.c \
	controller/flow/tc.h \
	controller/flow/userspace.c \
	controller/flow/userspace.h \
	controller/inventory.c \
	controller/inventory.h \
	controller/late-flows.c \
	controller/late-flows.h \
	controller/offload-scope.c \
	controller/offload-scope.h \
	controller/output.c \
	controller/output.h \
	controller/pairing.c \
	controller/pairing.h \
	controller/policy-watch.c \
	controller/policy-watch.h \
	controller/port-fsm.c \
	controller/port-fsm.h \
	controller/port-json.c \
	controller/port-json.h \
	controller/ports.c \
	controller/ports.h \
	controller/reconcile-private.h \
	controller/reconcile-txn.c \
	controller/reconcile.c \
	controller/reconcile.h \
	controller/rep-match.c \
	controller/rep-match.h \
	controller/repair.c \
	controller/repair.h \
	controller/shell-word.c \
	controller/shell-word.h \
	controller/sink.c \
	controller/sink.h \
	controller/status.c \
	controller/status.h \
	controller/udev.c \
	controller/udev.h \
	controller/unixctl-call.c \
	controller/unixctl-call.h \
	controller/unixctl-reply.c \
	controller/unixctl-reply.h \
	controller/upcall-show.c \
	controller/upcall-show.h \
	controller/vswitchd-query.c \
	controller/vswitchd-query.h

sbin_PROGRAMS += controller/ovs-offload-controller

controller_ovs_offload_controller_SOURCES = \
	controller/ovs-offload-controller.c
controller_ovs_offload_controller_LDADD = \
	controller/libcontroller.a \
	ovsdb/libovsview.a \
	netlink/libkernel.a \
	$(OVS_LIBS) \
	$(KERNEL_LIBS)
