# SPDX-License-Identifier: Apache-2.0
#
# Tests with real ovsdb-server and ovs-vswitchd processes: tests/daemon/run.

EXTRA_PROGRAMS += tests/daemon/ovs-view-test
tests_daemon_ovs_view_test_SOURCES = tests/daemon/ovs-view-test.c
tests_daemon_ovs_view_test_LDADD = ovsdb/libovsview.a $(OVS_LIBS)
ALL_LOCAL += tests/daemon/ovs-view-test$(EXEEXT)
CLEANFILES += tests/daemon/ovs-view-test$(EXEEXT)

EXTRA_DIST += \
	tests/daemon/fake-daemon.py \
	tests/daemon/lib.sh \
	tests/daemon/run \
	tests/daemon/test-client-complete.sh \
	tests/daemon/test-client-output.sh \
	tests/daemon/test-client-snapshot.sh \
	tests/daemon/test-client-topology.sh \
	tests/daemon/test-client-vdpa.sh \
	tests/daemon/test-client-watch.sh \
	tests/daemon/test-client.sh \
	tests/daemon/test-commands.sh \
	tests/daemon/test-config.sh \
	tests/daemon/test-devinfo.sh \
	tests/daemon/test-documents.sh \
	tests/daemon/test-faults.sh \
	tests/daemon/test-notify.sh \
	tests/daemon/test-metrics.sh \
	tests/daemon/test-options.sh \
	tests/daemon/test-ovs-view-faults.sh \
	tests/daemon/test-ovs-view.sh \
	tests/daemon/test-ownership.sh \
	tests/daemon/test-requests.sh \
	tests/daemon/test-rpc.sh \
	tests/daemon/test-userspace.sh \
	tests/daemon/view.sh \
	tests/metrics \
	tests/rpc
