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

# --- Debian --------------------------------------------------------------------

# Sets deb and changes, the files that it makes.
package_deb() {
    local dir=$work/package/deb version tarball
    setup_packages "$lib/packages"
    setup_ovs
    package_tarball
    with_lock "$work/lock" step_or_die "build the Debian package" \
        "$work/log/package-deb" package_deb_build "$dir"
    changes=$(echo "$dir"/*.changes)
    deb=$(echo "$dir"/ovs-offload-controller_*.deb)
}

package_deb_build() {
    local dir=$1 built flags
    rm -rf "$dir"
    mkdir -p "$dir"
    cp "$tarball" "$dir/ovs-offload-controller_$version.orig.tar.xz"
    tar -C "$dir" -xf "$tarball"
    cd "$dir/ovs-offload-controller-$version"
    # libopenvswitch with the flags of packages is kept; only the directory is
    # different each time.
    flags=$(DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --export=cmdline |
        sed 's/ *-ffile-prefix-map=[^ "'\'']*//g')
    built=$cache/ovs-deb-$(ovs_hash "$flags" "$(
        dpkg-query -W -f '${Version}' openvswitch-source)")
    # Unit tests are a stage of their own.
    OVS_BUILD=$built DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
        dpkg-buildpackage -us -uc
    rm -rf "$dir/ovs-offload-controller-$version"
}
