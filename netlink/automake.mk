# SPDX-License-Identifier: Apache-2.0

noinst_LIBRARIES += netlink/libkernel.a
netlink_libkernel_a_CPPFLAGS = $(KERNEL_CPPFLAGS)
netlink_libkernel_a_SOURCES = \
	netlink/devlink-msg.c \
	netlink/devlink-msg.h \
	netlink/devlink-source.c \
	netlink/devlink-source.h \
	netlink/dp-flow-source.h \
	netlink/dp-flow.h \
	netlink/ethtool-msg.c \
	netlink/ethtool-msg.h \
	netlink/ethtool-source.c \
	netlink/ethtool-source.h \
	netlink/flow-record.c \
	netlink/flow-record.h \
	netlink/genl-helper.c \
	netlink/genl-helper.h \
	netlink/genl.c \
	netlink/genl.h \
	netlink/kernel-private.h \
	netlink/kernel-types.c \
	netlink/kernel-types.h \
	netlink/kernel.c \
	netlink/kernel.h \
	netlink/link-detail.c \
	netlink/link-detail.h \
	netlink/link-msg.c \
	netlink/link-msg.h \
	netlink/link-source.c \
	netlink/link-source.h \
	netlink/netdev-table.c \
	netlink/netdev-table.h \
	netlink/nl-attr.c \
	netlink/nl-attr.h \
	netlink/nl-conn.c \
	netlink/nl-conn.h \
	netlink/nl-socket.c \
	netlink/nl-socket.h \
	netlink/ovs-vport.c \
	netlink/ovs-vport.h \
	netlink/pci-source.c \
	netlink/pci-source.h \
	netlink/retry.h \
	netlink/source.c \
	netlink/source.h \
	netlink/sysfs.c \
	netlink/sysfs.h \
	netlink/tc-common.c \
	netlink/tc-common.h \
	netlink/tc-dump.c \
	netlink/tc-get.c \
	netlink/tc-get.h \
	netlink/tc-monitor.c \
	netlink/tc-monitor.h \
	netlink/tc-parse.c \
	netlink/tc.h \
	netlink/uevent.c \
	netlink/uevent.h \
	netlink/vdpa-config.c \
	netlink/vdpa-config.h \
	netlink/vdpa-msg.c \
	netlink/vdpa-msg.h \
	netlink/vdpa-source.c \
	netlink/vdpa-source.h \
	netlink/vdpa-sysfs.c
