# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154   # Variables are of several files.
# shellcheck disable=SC2164          # Called where errexit is on.
#
# Packages, made from the release tarball.

do_package() {
    [ $# = 1 ] || usage_error package
    case $1 in
    deb) package_deb
         say "packages are in $work/package/deb" ;;
    rpm) package_rpm
         say "packages are in $work/package/rpm, in RPMS and SRPMS" ;;
    *) usage_error package "no packages of kind \"$1\"" ;;
    esac
}

# Sets version and tarball, which it makes.
package_tarball() {
    build_release
    step_or_die "make dist" "$work/log/dist" \
        make -s -C "$work/release" dist
    version=$(sed -n 's/^VERSION = //p' "$work/release/Makefile")
    tarball=$work/release/ovs-offload-controller-$version.tar.xz
}
