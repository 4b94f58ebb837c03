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

endif
