# SPDX-License-Identifier: Apache-2.0
#
# Programs of the benchmarks, which "make bench-programs" builds and
# tests/bench/run uses.  Not part of "make check": they assert nothing.

EXTRA_DIST += \
	tests/bench/README.md \
	tests/bench/attach128.sh \
	tests/bench/idle.sh \
	tests/bench/lib.sh \
	tests/bench/lookup.sh \
	tests/bench/memory.sh \
	tests/bench/packages \
	tests/bench/report.sh \
	tests/bench/restart.sh \
	tests/bench/run \
	tests/bench/vdpa-latency.sh

bench_programs = tests/bench/lookup tests/bench/probe
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)

tests_bench_lookup_SOURCES = tests/bench/lookup.c
tests_bench_lookup_LDADD = \
	controller/libcontroller.a \
	ovsdb/libovsview.a \
	netlink/libkernel.a \
	$(OVS_LIBS) \
	$(KERNEL_LIBS)

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
