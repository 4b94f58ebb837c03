# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154   # Variables are of several files.
# shellcheck disable=SC2164          # Called where errexit is on.
#
# The package for Debian, and the tests of it.

# package_deb: what "dev package deb" does.
package_deb() {
    local version tarball
    setup_packages "$lib/packages" "$lib/packages-deb"
    setup_ovs
    package_tarball
    with_lock "$work/lock" step_or_die "build the Debian package" \
        "$work/log/package-deb" package_deb_build "$work/package/deb"
}

# package_deb_build DIR [OVS]: in DIR, from the release tarball, which has to be
# there; linked with the library in OVS, else with one that is built with the
# flags of packages, and kept.
package_deb_build() {
    local dir=$1 built=${2-} flags
    rm -rf "$dir"
    mkdir -p "$dir"
    # "|| return", as errexit does not work where it is called.
    cp "$tarball" "$dir/ovs-offload-controller_$version.orig.tar.xz" || return
    tar -C "$dir" -xf "$tarball" || return
    cd "$dir/ovs-offload-controller-$version" || return
    if [ -z "$built" ]; then
        # Only the directory is another one each time.
        flags=$(DEB_BUILD_MAINT_OPTIONS=hardening=+all \
                    dpkg-buildflags --export=cmdline |
            sed 's/ *-ffile-prefix-map=[^ "'\'']*//g')
        built=$cache/ovs-deb-$(ovs_hash "$flags" "$(
            dpkg-query -W -f '${Version}' openvswitch-source)")
    fi
    # Unit tests are stages of their own.
    OVS_BUILD=$built DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
        dpkg-buildpackage -us -uc || return
    rm -rf "$dir/ovs-offload-controller-$version"
}

# --- tests -----------------------------------------------------------------------

# setup_deb SUITE...: what the stages need beforehand.
setup_deb() {
    local suite
    build_release
    setup_lab
    for suite; do
        step_or_die "a Debian $suite for the lab" \
            "$cache/log/deb-$suite" "$top/tests/lab/deb/mkroot" "$suite"
    done
}

# package_deb_older DEB OLDER: the same with a lower version.
package_deb_older() {
    local dir
    dir=$(mktemp -d "$work/check/older.XXXXXX")
    # shellcheck disable=SC2016         # "sh" expands it.
    fakeroot sh -ec '
        dpkg-deb -R "$1" "$3/tree"
        sed -i "s/^Version: .*/Version: 0.0.1-1/" "$3/tree/DEBIAN/control"
        dpkg-deb -Zgzip -b "$3/tree" "$2"' sh "$1" "$2" "$dir" >/dev/null
    rm -rf "$dir"
}

# package_deb_lab DIR SUITE: the package in DIR, on a Debian of that release.
package_deb_lab() {
    local out=$1/$2 deb root
    deb=$(echo "$1"/ovs-offload-controller_*.deb)
    root=$("$top/tests/lab/deb/mkroot" "$2") || return
    mkdir -p "$out/packages"
    cp "$deb" "$out/packages/new.deb"
    cp "$top/debian/tests/service" "$out/packages/service"
    package_deb_older "$deb" "$out/packages/old.deb"
    "$top/tests/lab/vmrun" -t 900 -o "$out" -r "$root" \
        "$top/tests/lab/deb/test.sh" | sed -u "s/^\(PASS\|FAIL\) /&$2: /"
}

# package_deb_check DIR OVS SUITE...: all tests of the package.
package_deb_check() {
    local dir=$1 ovs=$2 version tarball suite rc=0
    shift 2
    package_tarball
    if ! ( package_deb_build "$dir" "$ovs" ) >"$dir.log" 2>&1; then
        tail -n 30 "$dir.log" | sed 's/^/    /'
        echo "FAIL dpkg-buildpackage"
        return 1
    fi
    echo "PASS dpkg-buildpackage"
    result lintian lintian --allow-root --pedantic --display-info \
        --fail-on error,warning,info,pedantic "$dir"/*.changes
    for suite; do
        package_deb_lab "$dir" "$suite" || rc=1
    done
    return "$rc"
}

# With the library that is built already: it takes most of the time.
stage_deb() {
    package_deb_check "$work/check/package-deb" "$ovs_dir" bookworm
}

# package_deb_native DIR SUITE: built on that release from the source package in
# DIR, and the tests of what comes of that.
package_deb_native() {
    local log=$1.$2.log
    if [ "$(id -u)" != 0 ]; then
        echo "SKIP dpkg-buildpackage on Debian $2: that takes root"
        package_deb_lab "$1" "$2"
    elif "$top/tests/lab/deb/build" "$2" "$1" >"$log" 2>&1; then
        echo "PASS dpkg-buildpackage and lintian on Debian $2"
        package_deb_lab "$1/$2" "$2"
    else
        tail -n 30 "$log" | sed 's/^/    /'
        echo "FAIL dpkg-buildpackage and lintian on Debian $2"
        return 1
    fi
}

# As users build it, and on the next release, too.
stage_packages() {
    local dir=$work/check/packages rc=0
    package_deb_check "$dir" "" bookworm || rc=1
    package_deb_native "$dir" "$newer_release" || rc=1
    return "$rc"
}
