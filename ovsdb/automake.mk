# SPDX-License-Identifier: Apache-2.0

noinst_LIBRARIES += ovsdb/libovsview.a

ovsdb_libovsview_a_SOURCES = \
	ovsdb/config.c \
	ovsdb/config.h \
	ovsdb/iface-id.c \
	ovsdb/iface-id.h \
	ovsdb/listen-address.c \
	ovsdb/listen-address.h \
	ovsdb/ovs-txn.c \
	ovsdb/ovs-view-private.h \
	ovsdb/ovs-view.c \
	ovsdb/ovs-view.h \
	ovsdb/owner.c \
	ovsdb/owner.h \
	ovsdb/request.c \
	ovsdb/request.h
