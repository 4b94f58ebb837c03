# SPDX-License-Identifier: Apache-2.0
#
# Libraries, compiler options and the flags that Makefile.am uses.

# pkg-config's own macros may be missing when boot.sh runs without it; then
# this name would be left unexpanded, which autoconf reports.
AC_DEFUN([OFFLOAD_NEED_PKG_CONFIG], [
  m4_pattern_forbid([^PKG_PROG_])
  PKG_PROG_PKG_CONFIG([0.28])
  AS_IF([test -n "$PKG_CONFIG"], [],
    [AC_MSG_ERROR([pkg-config is missing (Debian: pkg-config, Fedora: ]dnl
[pkgconf-pkg-config)])])
  offload_missing=
  offload_missing_debian=
  offload_missing_fedora=
])

# _OFFLOAD_MISSING(WHAT, DEBIAN-PACKAGES, FEDORA-PACKAGES)
#
# All that is missing is told at once, by OFFLOAD_REPORT_MISSING.
AC_DEFUN([_OFFLOAD_MISSING], [
  offload_missing="${offload_missing:+$offload_missing, }$1"
  offload_missing_debian="${offload_missing_debian:+$offload_missing_debian, }$2"
  offload_missing_fedora="${offload_missing_fedora:+$offload_missing_fedora, }$3"
])

AC_DEFUN([OFFLOAD_REPORT_MISSING], [
  AS_IF([test -n "$offload_missing"],
    [AC_MSG_ERROR([missing: $offload_missing.
  Debian packages: $offload_missing_debian
  Fedora packages: $offload_missing_fedora])])
])

# OFFLOAD_MODULE(PREFIX, PKG-CONFIG-MODULES, DEBIAN-PACKAGES, FEDORA-PACKAGES)
AC_DEFUN([OFFLOAD_MODULE], [
  PKG_CHECK_MODULES([$1], [$2], [], [_OFFLOAD_MISSING([$2], [$3], [$4])])
])

# OFFLOAD_MODULE_OPTIONAL(PREFIX, MODULES, DEBIAN, FEDORA, NEEDED-FOR)
#
# Sets automake conditional HAVE_<PREFIX>.
AC_DEFUN([OFFLOAD_MODULE_OPTIONAL], [
  PKG_CHECK_MODULES([$1], [$2], [offload_have=yes],
    [offload_have=no
     AC_MSG_WARN([without $2 there is no "$5" (Debian: $3, Fedora: $4)])])
  AM_CONDITIONAL([HAVE_$1], [test $offload_have = yes])
])

# Linux headers: those of 6.1 have all that we use.
AC_DEFUN([OFFLOAD_KERNEL_HEADERS], [
  AC_CHECK_HEADERS([linux/vdpa.h], [],
    [_OFFLOAD_MISSING([linux/vdpa.h], [linux-libc-dev], [kernel-headers])])
  AC_CHECK_DECLS([DEVLINK_ATTR_PORT_CONTROLLER_NUMBER, DEVLINK_ATTR_PORT_EXTERNAL],
    [], [_OFFLOAD_MISSING([devlink controller numbers in linux/devlink.h],
                          [linux-libc-dev], [kernel-headers])],
    [[@%:@include <linux/devlink.h>]])
  AC_CHECK_DECLS([ETHTOOL_MSG_FEATURES_NTF], [],
    [_OFFLOAD_MISSING([features in linux/ethtool_netlink.h],
                      [linux-libc-dev], [kernel-headers])],
    [[@%:@include <linux/ethtool_netlink.h>]])
  AC_CHECK_DECLS([TCA_STATS_PKT64, TCA_STATS_BASIC_HW], [],
    [_OFFLOAD_MISSING([hardware counters in linux/gen_stats.h],
                      [linux-libc-dev], [kernel-headers])],
    [[@%:@include <linux/gen_stats.h>]])
])

# --with-systemdsystemunitdir: where the unit is installed, nowhere by default.
AC_DEFUN([OFFLOAD_SYSTEMD], [
  AC_ARG_WITH([systemdsystemunitdir],
    [AS_HELP_STRING([--with-systemdsystemunitdir@<:@=DIR@:>@],
                    [install the systemd unit into DIR, by default what
                     systemd.pc says])])
  AS_CASE([$with_systemdsystemunitdir],
    [''|no], [systemdsystemunitdir=],
    [yes], [systemdsystemunitdir=`$PKG_CONFIG \
                --variable=systemdsystemunitdir systemd`
            AS_IF([test -n "$systemdsystemunitdir"], [],
              [_OFFLOAD_MISSING([systemd.pc], [systemd-dev or systemd],
                                [systemd-devel])])],
    [systemdsystemunitdir=$with_systemdsystemunitdir])
  AC_SUBST([systemdsystemunitdir])
  AM_CONDITIONAL([INSTALL_SYSTEMD_UNIT], [test -n "$systemdsystemunitdir"])
])

# _OFFLOAD_CC_OPTION(OPTION): adds it to OFFLOAD_CFLAGS if the compiler
# knows it.  -Werror, because clang only warns about unknown ones.
AC_DEFUN([_OFFLOAD_CC_OPTION], [
  AS_VAR_PUSHDEF([cv], [offload_cv_cc_$1])
  AC_CACHE_CHECK([whether $CC knows $1], [cv],
    [offload_save_CFLAGS=$CFLAGS
     CFLAGS="$CFLAGS -Werror $1"
     AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
       [AS_VAR_SET([cv], [yes])], [AS_VAR_SET([cv], [no])])
     CFLAGS=$offload_save_CFLAGS])
  AS_VAR_IF([cv], [yes], [OFFLOAD_CFLAGS="$OFFLOAD_CFLAGS $1"])
  AS_VAR_POPDEF([cv])
])

AC_DEFUN([OFFLOAD_WARNINGS], [
  AC_ARG_ENABLE([Werror],
    [AS_HELP_STRING([--enable-Werror], [make warnings errors])])
  OFFLOAD_CFLAGS=
  # -Wno-sign-compare: Open vSwitch's inline functions need it.
  m4_foreach_w([OPTION],
    [-Wall -Wextra -Wno-sign-compare -Wpointer-arith -Wformat=2 -Wswitch-enum
     -Wbad-function-cast -Wcast-align -Wstrict-prototypes
     -Wold-style-definition -Wmissing-prototypes -Wmissing-field-initializers
     -Wshadow -Wvla -Wduplicated-cond -fno-strict-aliasing],
    [_OFFLOAD_CC_OPTION(OPTION)])
  AS_IF([test "x$enable_Werror" = xyes],
    [OFFLOAD_CFLAGS="$OFFLOAD_CFLAGS -Werror"])
])

# _OFFLOAD_SANITIZER(NAME, FLAG)
AC_DEFUN([_OFFLOAD_SANITIZER], [
  AC_MSG_CHECKING([whether $CC links with -fsanitize=$1])
  offload_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -fsanitize=$1"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     _OFFLOAD_MISSING([run-time library of -fsanitize=$1],
       [libgcc-12-dev or libclang-rt-14-dev],
       [lib`AS_ECHO([$1]) | tr -cd a-z | cut -c1`san or compiler-rt])])
  CFLAGS=$offload_save_CFLAGS
  OFFLOAD_SANITIZE="$OFFLOAD_SANITIZE -fsanitize=$1"
])

AC_DEFUN([OFFLOAD_SANITIZERS], [
  AC_ARG_ENABLE([asan],
    [AS_HELP_STRING([--enable-asan], [build with AddressSanitizer])])
  AC_ARG_ENABLE([ubsan],
    [AS_HELP_STRING([--enable-ubsan],
                    [build with UndefinedBehaviorSanitizer; what it finds
                     ends the program])])
  OFFLOAD_SANITIZE=
  AS_IF([test "x$enable_asan" = xyes], [_OFFLOAD_SANITIZER([address])])
  AS_IF([test "x$enable_ubsan" = xyes],
    [_OFFLOAD_SANITIZER([undefined])
     OFFLOAD_SANITIZE="$OFFLOAD_SANITIZE -fno-sanitize-recover=undefined"])
  AS_IF([test -n "$OFFLOAD_SANITIZE"],
    [OFFLOAD_SANITIZE="$OFFLOAD_SANITIZE -fno-omit-frame-pointer"])
])

# --enable-fuzz: tests/fuzz/ with libFuzzer; else they only replay the corpus.
AC_DEFUN([OFFLOAD_FUZZ], [
  AC_ARG_ENABLE([fuzz],
    [AS_HELP_STRING([--enable-fuzz],
                    [build tests/fuzz/ with libFuzzer (needs CC=clang)])])
  AS_IF([test "x$enable_fuzz" = xyes],
    [offload_save_CFLAGS=$CFLAGS
     CFLAGS="$CFLAGS -fsanitize=fuzzer"
     AC_MSG_CHECKING([whether $CC links with libFuzzer])
     AC_LINK_IFELSE([AC_LANG_SOURCE([[
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return size && data[0] == 'x' ? -1 : 0;
}]])],
       [AC_MSG_RESULT([yes])],
       [AC_MSG_RESULT([no])
        _OFFLOAD_MISSING([libFuzzer (use CC=clang)],
                         [clang and libclang-rt-14-dev],
                         [clang and compiler-rt])])
     CFLAGS=$offload_save_CFLAGS
     OFFLOAD_SANITIZE="$OFFLOAD_SANITIZE -fsanitize=fuzzer-no-link"
     FUZZ_LDFLAGS=-fsanitize=fuzzer])
  AM_CONDITIONAL([ENABLE_FUZZ], [test "x$enable_fuzz" = xyes])
  AC_SUBST([FUZZ_LDFLAGS])
])

# Puts it all together.
AC_DEFUN([OFFLOAD_FLAGS], [
  OVS_CPPFLAGS=
  OVS_AFTER_CPPFLAGS=
  for ovs_dir in $OVS_INCLUDE_DIRS; do
    OVS_CPPFLAGS="$OVS_CPPFLAGS -I$ovs_dir"
    OVS_AFTER_CPPFLAGS="$OVS_AFTER_CPPFLAGS -idirafter $ovs_dir"
  done
  # Open vSwitch has headers of its own by names of the kernel's
  # (linux/pkt_cls.h); sources that talk to the kernel need the real ones.
  KERNEL_CPPFLAGS="-I\$(top_srcdir) $LIBNL_CFLAGS $LIBMNL_CFLAGS"
  KERNEL_CPPFLAGS="$KERNEL_CPPFLAGS $LIBEVENT_CFLAGS $OVS_AFTER_CPPFLAGS"
  KERNEL_LIBS="$LIBNL_LIBS $LIBMNL_LIBS $LIBEVENT_LIBS"
  ovs_source_dir=$ovs_source
  ovs_build_dir=$ovs_build
  AC_SUBST([OVS_CPPFLAGS])
  AC_SUBST([KERNEL_CPPFLAGS])
  AC_SUBST([KERNEL_LIBS])
  AC_SUBST([OFFLOAD_CFLAGS])
  AC_SUBST([OFFLOAD_SANITIZE])
  AC_SUBST([ovs_source_dir])
  AC_SUBST([ovs_build_dir])
])
