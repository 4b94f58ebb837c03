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

check_PROGRAMS += tests/unit/test-iface-id
tests_unit_test_iface_id_SOURCES = tests/unit/test-iface-id.c
tests_unit_test_iface_id_LDADD = ovsdb/libovsview.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test-request
tests_unit_test_request_SOURCES = tests/unit/test-request.c
tests_unit_test_request_LDADD = ovsdb/libovsview.a $(UNIT_LIBS)

endif
