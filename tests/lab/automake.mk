# SPDX-License-Identifier: Apache-2.0
#
# The lab is run from the sources by utilities/dev; "make" builds nothing here.

EXTRA_DIST += \
	tests/lab/.shellcheckrc \
	tests/lab/README.md \
	tests/lab/cache.sh \
	tests/lab/deb/build \
	tests/lab/deb/mkroot \
	tests/lab/deb/test.sh \
	tests/lab/fetch-packages \
	tests/lab/guest/driver.sh \
	tests/lab/guest/in-tree \
	tests/lab/guest/lib.sh \
	tests/lab/guest/shellrc \
	tests/lab/guest/vhostq.c \
	tests/lab/harness-test \
	tests/lab/install-packages \
	tests/lab/kernel/6.12.config \
	tests/lab/kernel/debug.config \
	tests/lab/kernel/init \
	tests/lab/kernel/lab.config \
	tests/lab/kernel/labinit \
	tests/lab/kernel/monotonic.patch \
	tests/lab/kernel/systemdinit \
	tests/lab/kernel/systemdrun \
	tests/lab/mklab \
	tests/lab/nicsim/Makefile \
	tests/lab/nicsim/ct.c \
	tests/lab/nicsim/devlink.c \
	tests/lab/nicsim/flower.c \
	tests/lab/nicsim/forward.c \
	tests/lab/nicsim/indr.c \
	tests/lab/nicsim/main.c \
	tests/lab/nicsim/nicsim.h \
	tests/lab/nicsim/packet.c \
	tests/lab/nicsim/pci.c \
	tests/lab/nicsim/pf.c \
	tests/lab/nicsim/rep.c \
	tests/lab/nicsim/vdpa.c \
	tests/lab/nicsim/vf.c \
	tests/lab/nicsim/wire.c \
	tests/lab/packages \
	tests/lab/run \
	tests/lab/selftest/bond.sh \
	tests/lab/selftest/churn.sh \
	tests/lab/selftest/ct-hw.sh \
	tests/lab/selftest/ct.sh \
	tests/lab/selftest/e2e.sh \
	tests/lab/selftest/neg.sh \
	tests/lab/selftest/parameters.sh \
	tests/lab/selftest/scale.sh \
	tests/lab/selftest/twopf.sh \
	tests/lab/selftest/vhost.sh \
	tests/lab/selftest/wire.sh \
	tests/lab/vmrun

# For t/kernel.sh.
EXTRA_PROGRAMS += tests/lab/kernel-watch
CLEANFILES += tests/lab/kernel-watch
check-programs: tests/lab/kernel-watch
tests_lab_kernel_watch_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_lab_kernel_watch_SOURCES = \
	tests/lab/kernel-watch.c tests/lab/watcher.c tests/lab/watcher.h
tests_lab_kernel_watch_LDADD = netlink/libkernel.a $(OVS_LIBS) $(KERNEL_LIBS)
EXTRA_DIST += tests/lab/t/kernel.sh

# For t/dp-flow.sh.
EXTRA_PROGRAMS += tests/lab/dp-flow-watch
CLEANFILES += tests/lab/dp-flow-watch
check-programs: tests/lab/dp-flow-watch
tests_lab_dp_flow_watch_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_lab_dp_flow_watch_SOURCES = \
	tests/lab/dp-flow-watch.c tests/lab/watcher.c tests/lab/watcher.h
tests_lab_dp_flow_watch_LDADD = netlink/libkernel.a $(OVS_LIBS) $(KERNEL_LIBS)
EXTRA_DIST += tests/lab/t/dp-flow.sh

# For t/flow-detail.sh.
EXTRA_PROGRAMS += tests/lab/flow-detail
CLEANFILES += tests/lab/flow-detail
check-programs: tests/lab/flow-detail
tests_lab_flow_detail_SOURCES = tests/lab/flow-detail.c
tests_lab_flow_detail_LDADD = \
	controller/libcontroller.a netlink/libkernel.a $(OVS_LIBS)
EXTRA_DIST += \
	tests/lab/t/flow-detail-dp.sh \
	tests/lab/t/flow-detail.sh \
	tests/lab/t/lib/frames.py

EXTRA_DIST += \
	tests/lab/t/badinput.sh \
	tests/lab/t/consumer.sh \
	tests/lab/t/converge.sh \
	tests/lab/t/demo.sh \
	tests/lab/t/docs.sh \
	tests/lab/t/explain.sh \
	tests/lab/t/faults.sh \
	tests/lab/t/flow-loss.sh \
	tests/lab/t/flows.sh \
	tests/lab/t/journal.sh \
	tests/lab/t/lib/daemon.sh \
	tests/lab/t/lib/flows.sh \
	tests/lab/t/lib/ovn.sh \
	tests/lab/t/lib/policy.sh \
	tests/lab/t/lib/writer.py \
	tests/lab/t/modes.sh \
	tests/lab/t/ovn.sh \
	tests/lab/t/ovnk.sh \
	tests/lab/t/pairing.sh \
	tests/lab/t/policy-crash.sh \
	tests/lab/t/policy.sh \
	tests/lab/t/report.sh \
	tests/lab/t/tunnel.sh \
	tests/lab/t/vdpa.sh
