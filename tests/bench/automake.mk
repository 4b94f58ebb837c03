# SPDX-License-Identifier: Apache-2.0
#
# Programs of the benchmarks, which "make bench-programs" builds and
# tests/bench/run uses.  Not part of "make check": they assert nothing.

EXTRA_DIST += \
	tests/bench/README.md \
	tests/bench/attach128.sh \
	tests/bench/flow-peer-odp.py \
	tests/bench/flows-lab.sh \
	tests/bench/flows.sh \
	tests/bench/idle.sh \
	tests/bench/lib.sh \
	tests/bench/lookup.sh \
	tests/bench/memory.sh \
	tests/bench/packages \
	tests/bench/report.sh \
	tests/bench/restart.sh \
	tests/bench/run \
	tests/bench/vdpa-latency.sh

bench_programs = \
	tests/bench/flow-event \
	tests/bench/flow-gen \
	tests/bench/flow-live \
	tests/bench/flow-ours \
	tests/bench/flow-peer-mnl \
	tests/bench/flow-peer-nlroute \
	tests/bench/flow-peer-ovs \
	tests/bench/flow-refresh \
	tests/bench/flow-report \
	tests/bench/flow-step \
	tests/bench/lookup \
	tests/bench/probe
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)

# All that uses the controller's libraries.
bench_ldadd = \
	controller/libcontroller.a \
	ovsdb/libovsview.a \
	netlink/libkernel.a \
	$(OVS_LIBS) \
	$(KERNEL_LIBS)

tests_bench_flow_event_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_bench_flow_event_SOURCES = \
	tests/bench/flow-event.c \
	tests/bench/flow-facts.c \
	tests/bench/flow-facts.h \
	tests/bench/flow-mnl.c \
	tests/bench/flow-mnl.h \
	tests/bench/flow-run.c \
	tests/bench/flow-run.h \
	tests/bench/flow-view.c \
	tests/bench/flow-view.h \
	tests/bench/flow-walk.c \
	tests/bench/flow-walk.h
tests_bench_flow_event_LDADD = $(bench_ldadd)

tests_bench_flow_gen_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_bench_flow_gen_SOURCES = \
	tests/bench/flow-gen-tc.c \
	tests/bench/flow-gen-text.c \
	tests/bench/flow-gen.c \
	tests/bench/flow-gen.h
tests_bench_flow_gen_LDADD = $(OVS_LIBS) $(KERNEL_LIBS)

tests_bench_flow_live_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_bench_flow_live_SOURCES = tests/bench/flow-live.c
tests_bench_flow_live_LDADD = $(bench_ldadd)

tests_bench_flow_ours_SOURCES = \
	tests/bench/flow-facts.c \
	tests/bench/flow-facts.h \
	tests/bench/flow-ours.c \
	tests/bench/flow-run.c \
	tests/bench/flow-run.h \
	tests/bench/flow-view.c \
	tests/bench/flow-view.h
tests_bench_flow_ours_LDADD = $(bench_ldadd)

tests_bench_flow_peer_mnl_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_bench_flow_peer_mnl_SOURCES = \
	tests/bench/flow-facts.c \
	tests/bench/flow-facts.h \
	tests/bench/flow-mnl.c \
	tests/bench/flow-mnl.h \
	tests/bench/flow-peer-mnl.c \
	tests/bench/flow-run.c \
	tests/bench/flow-run.h \
	tests/bench/flow-walk.c \
	tests/bench/flow-walk.h
tests_bench_flow_peer_mnl_LDADD = $(OVS_LIBS) $(KERNEL_LIBS)

tests_bench_flow_peer_nlroute_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_bench_flow_peer_nlroute_SOURCES = \
	tests/bench/flow-facts.c \
	tests/bench/flow-facts.h \
	tests/bench/flow-peer-nlroute.c \
	tests/bench/flow-run.c \
	tests/bench/flow-run.h
tests_bench_flow_peer_nlroute_LDADD = $(OVS_LIBS) $(KERNEL_LIBS)

tests_bench_flow_peer_ovs_SOURCES = \
	tests/bench/flow-facts.c \
	tests/bench/flow-facts.h \
	tests/bench/flow-peer-ovs.c \
	tests/bench/flow-run.c \
	tests/bench/flow-run.h
tests_bench_flow_peer_ovs_LDADD = $(OVS_LIBS)

tests_bench_flow_refresh_SOURCES = \
	tests/bench/flow-facts.c \
	tests/bench/flow-facts.h \
	tests/bench/flow-refresh.c \
	tests/bench/flow-run.c \
	tests/bench/flow-run.h
tests_bench_flow_refresh_LDADD = $(bench_ldadd)

tests_bench_flow_report_SOURCES = tests/bench/flow-report.c
tests_bench_flow_report_LDADD = $(bench_ldadd)

tests_bench_flow_step_SOURCES = tests/bench/flow-step.c
tests_bench_flow_step_LDADD = $(bench_ldadd)

tests_bench_lookup_SOURCES = tests/bench/lookup.c
tests_bench_lookup_LDADD = $(bench_ldadd)

tests_bench_probe_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_bench_probe_SOURCES = \
	tests/bench/probe-db.c \
	tests/bench/probe-db.h \
	tests/bench/probe-kernel.c \
	tests/bench/probe-kernel.h \
	tests/bench/probe.c
tests_bench_probe_LDADD = $(OVS_LIBS) $(KERNEL_LIBS)

bench-programs: $(bench_programs)
.PHONY: bench-programs
