# SPDX-License-Identifier: Apache-2.0
#
# libopenvswitch: where it is, how it was built, and which API it has.

# OFFLOAD_OVS
#
# Handles --with-ovs-source and --with-ovs-build.  Sets, and substitutes where
# in upper case: ovs_source, ovs_build (absolute), OVS_INCLUDE_DIRS, OVS_LIBS,
# OVS_VERSION, OVS_RUNDIR, OVS_LOGDIR.
AC_DEFUN([OFFLOAD_OVS], [
  AC_ARG_WITH([ovs-source],
    [AS_HELP_STRING([--with-ovs-source=DIR],
                    [Open vSwitch source tree])])
  AC_ARG_WITH([ovs-build],
    [AS_HELP_STRING([--with-ovs-build=DIR],
                    [where that tree was configured and built (default: in
                     the source tree)])])

  AC_MSG_CHECKING([for the Open vSwitch source tree])
  AS_CASE(["$with_ovs_source"], [''|yes|no],
    [AC_MSG_RESULT([not given])
     AC_MSG_ERROR([--with-ovs-source=DIR is needed: a source tree of Open ]dnl
[vSwitch that was built with --disable-shared.  On Debian package ]dnl
[openvswitch-source installs one below /usr/src/openvswitch, on Fedora take ]dnl
[the tarball of the source RPM (dnf download --source openvswitch).  ]dnl
["utilities/dev build" does all of it])])
  AS_IF([ovs_source=`cd "$with_ovs_source" 2>/dev/null && pwd`], [],
    [AC_MSG_ERROR([$with_ovs_source is no directory])])
  AS_IF([test -f "$ovs_source/lib/ovsdb-idl.h"], [],
    [AC_MSG_ERROR([$ovs_source has no lib/ovsdb-idl.h, so it is not a ]dnl
[source tree of Open vSwitch])])
  AC_MSG_RESULT([$ovs_source])

  AC_MSG_CHECKING([for the Open vSwitch build tree])
  AS_CASE(["$with_ovs_build"], [''|yes|no], [with_ovs_build=$ovs_source])
  AS_IF([ovs_build=`cd "$with_ovs_build" 2>/dev/null && pwd`], [],
    [AC_MSG_ERROR([$with_ovs_build is no directory])])
  for ovs_file in config.h lib/vswitch-idl.h include/openvswitch/version.h \
      lib/libopenvswitch.la lib/.libs/libopenvswitch.a; do
    AS_IF([test -f "$ovs_build/$ovs_file"], [],
      [AC_MSG_ERROR([$ovs_build has no $ovs_file: run ./configure ]dnl
[--disable-shared and make there])])
  done
  AC_MSG_RESULT([$ovs_build])

  # In this order: generated files first, as in Open vSwitch's own build.
  OVS_INCLUDE_DIRS="$ovs_build/include $ovs_source/include"
  OVS_INCLUDE_DIRS="$OVS_INCLUDE_DIRS $ovs_build/lib $ovs_source/lib"
  _OFFLOAD_OVS_CONFIG
  _OFFLOAD_OVS_LIBS
  _OFFLOAD_OVS_DIRS
])

# What the library's own configure found out about the compiler and the
# kernel's headers decides the layout of its structures and which inline
# functions it has (atomics above all).  So that is not probed again, but taken
# from its config.h into ovs-config.h, which our config.h includes.
AC_DEFUN([_OFFLOAD_OVS_CONFIG], [
  AC_MSG_CHECKING([how libopenvswitch was configured])
  (AS_ECHO(["/* Generated from libopenvswitch's config.h by configure. */"])
   $SED -n '/^@%:@define \(HAVE_\|ATOMIC_\)/{
      h
      s/^@%:@define \([[A-Z0-9a-z_]]*\).*/@%:@ifndef \1/p
      g
      s/^@%:@/@%:@ /p
      s/.*/@%:@endif/p
    }' "$ovs_build/config.h") >ovs-config.h
  AS_IF([grep '^@%:@ define HAVE_.*ATOMIC' ovs-config.h >/dev/null], [],
    [AC_MSG_ERROR([$ovs_build/config.h names no atomics])])
  AH_BOTTOM([@%:@include "ovs-config.h"])
  AC_MSG_RESULT([done])

  OVS_VERSION=`$SED -n \
    's/^@%:@define PACKAGE_VERSION "\(.*\)"/\1/p' "$ovs_build/config.h"`
  AC_SUBST([OVS_VERSION])
])

# OVS_LIBS: the static library, then what its .la file names, recursively.
AC_DEFUN([_OFFLOAD_OVS_LIBS], [
  AC_MSG_CHECKING([what libopenvswitch links with])
  ovs_archives=
  ovs_flags=
  ovs_todo=libopenvswitch.la
  while test -n "$ovs_todo"; do
    set dummy $ovs_todo
    ovs_la=$[2]
    shift; shift
    ovs_todo=$[*]
    ovs_archives="$ovs_archives $ovs_build/lib/.libs/`basename $ovs_la .la`.a"
    ovs_deps=`$SED -n "s/^dependency_libs='\(.*\)'/\1/p" \
      "$ovs_build/lib/$ovs_la"`
    for ovs_dep in $ovs_deps; do
      AS_CASE([$ovs_dep],
        [*.la], [ovs_todo="$ovs_todo `basename $ovs_dep`"],
        [AS_CASE([" $ovs_flags "], [*" $ovs_dep "*], [],
           [ovs_flags="$ovs_flags $ovs_dep"])])
    done
  done
  OVS_LIBS="$ovs_archives $ovs_flags -lpthread"
  AC_SUBST([OVS_LIBS])
  AC_MSG_RESULT([$ovs_flags])
])

# Directories are compiled into the library.
m4_define([_OFFLOAD_OVS_DIR], [
  $1=`$SED -n 's/^.*"\(.*\)", "$1".*/\1/p' "$ovs_build/lib/dirs.c"`
  AC_SUBST([$1])
])
AC_DEFUN([_OFFLOAD_OVS_DIRS], [
  _OFFLOAD_OVS_DIR([OVS_RUNDIR])
  _OFFLOAD_OVS_DIR([OVS_LOGDIR])
])

# OFFLOAD_OVS_API
#
# What changed between releases, found by compiling.
AC_DEFUN([OFFLOAD_OVS_API], [
  ovs_save_CPPFLAGS=$CPPFLAGS
  CPPFLAGS="$CPPFLAGS -include ./ovs-config.h"
  for ovs_dir in $OVS_INCLUDE_DIRS; do
    CPPFLAGS="$CPPFLAGS -I$ovs_dir"
  done

  AC_CACHE_CHECK([whether libopenvswitch's headers compile],
    [offload_cv_ovs_headers],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
@%:@include "ovs-atomic.h"
@%:@include "ovsdb-idl.h"
@%:@include "unixctl.h"
@%:@include "vswitch-idl.h"]], [[return 0;]])],
      [offload_cv_ovs_headers=yes], [offload_cv_ovs_headers=no])])
  AS_IF([test $offload_cv_ovs_headers = yes], [],
    [AC_MSG_ERROR([a program that includes Open vSwitch's headers does not ]dnl
[compile; config.log shows why])])

  AC_CACHE_CHECK([whether daemonize_start() takes two arguments],
    [offload_cv_daemonize_start_2],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[@%:@include "daemon.h"]],
       [[daemonize_start(true, false);]])],
      [offload_cv_daemonize_start_2=yes],
      [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[@%:@include "daemon.h"]],
         [[daemonize_start(true);]])],
        [offload_cv_daemonize_start_2=no],
        [AC_MSG_ERROR([daemonize_start() has an unknown signature])])])])
  AS_IF([test $offload_cv_daemonize_start_2 = yes],
    [AC_DEFINE([HAVE_DAEMONIZE_START_2], [1],
       [Define to 1 if daemonize_start() takes access_hardware_ports as its
        second argument.])])

  AC_CACHE_CHECK([whether unixctl_client_transact() gives JSON],
    [offload_cv_unixctl_client_json],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[@%:@include "unixctl.h"]],
       [[_Static_assert(__builtin_types_compatible_p(
             __typeof__(&unixctl_client_transact),
             int (*)(struct jsonrpc *, const char *, int, char **,
                     struct json **, struct json **)), "");]])],
      [offload_cv_unixctl_client_json=yes],
      [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[@%:@include "unixctl.h"]],
         [[_Static_assert(__builtin_types_compatible_p(
               __typeof__(&unixctl_client_transact),
               int (*)(struct jsonrpc *, const char *, int, char **,
                       char **, char **)), "");]])],
        [offload_cv_unixctl_client_json=no],
        [AC_MSG_ERROR([unixctl_client_transact() has an unknown ]dnl
[signature])])])])
  AS_IF([test $offload_cv_unixctl_client_json = yes],
    [AC_DEFINE([HAVE_UNIXCTL_CLIENT_JSON], [1],
       [Define to 1 if unixctl_client_transact() gives results as struct
        json.])])

  AC_CACHE_CHECK([whether odp_flow_format() takes skip_no_mask],
    [offload_cv_odp_flow_format_8],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[@%:@include "odp-util.h"]],
       [[odp_flow_format(NULL, 0, NULL, 0, NULL, NULL, true, false);]])],
      [offload_cv_odp_flow_format_8=yes],
      [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[@%:@include "odp-util.h"]],
         [[odp_flow_format(NULL, 0, NULL, 0, NULL, NULL, true);]])],
        [offload_cv_odp_flow_format_8=no],
        [AC_MSG_ERROR([odp_flow_format() has an unknown signature])])])])
  AS_IF([test $offload_cv_odp_flow_format_8 = yes],
    [AC_DEFINE([HAVE_ODP_FLOW_FORMAT_8], [1],
       [Define to 1 if odp_flow_format() takes skip_no_mask as its eighth
        argument.])])

  CPPFLAGS=$ovs_save_CPPFLAGS
])
