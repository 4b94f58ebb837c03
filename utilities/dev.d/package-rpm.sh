# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154   # Variables are of several files.
# shellcheck disable=SC2164          # Called where errexit is on.
#
# The RPM, built by Debian's rpmbuild, and the test of it.

# package_rpm: what "dev package rpm" does.  With Open vSwitch built in the
# package, as on any other machine.
package_rpm() {
    local version tarball
    setup_packages "$lib/packages" "$lib/packages-rpm"
    setup_ovs
    package_tarball
    step_or_die "build the RPM" "$work/log/package-rpm" \
        package_rpm_build "$work/package/rpm"
}

# package_rpm_build DIR [RPMBUILD-ARG]...: below DIR, from the release tarball.
# The unit tests have stages of their own, and on Debian the names in
# BuildRequires mean nothing.
package_rpm_build() {
    local dir=$1 ovs_version
    shift
    ovs_version=$(dpkg-query -W -f '${Version}' openvswitch-source)
    ovs_version=${ovs_version#*:}
    ovs_version=${ovs_version%%-*}
    rm -rf "$dir"
    mkdir -p "$dir/SOURCES"
    cp "$tarball" "$dir/SOURCES"
    package_rpm_ovs "$dir/SOURCES/openvswitch-$ovs_version.tar.gz"
    rpmbuild -ba --nodeps --nocheck --load="$top/rhel/debian.macros" \
        --define "_topdir $dir" --define "ovs_version $ovs_version" "$@" \
        "$work/release/rhel/ovs-offload-controller.spec"
}

# package_rpm_ovs FILE: a tarball of Open vSwitch, from openvswitch-source.
package_rpm_ovs() {
    local from=/usr/src/openvswitch
    if [ -e "$from/openvswitch.tar.gz" ]; then
        cp "$from/openvswitch.tar.gz" "$1"
    else
        tar -czf "$1" -C "${from%/*}" "${from##*/}"
    fi
}

# Sets selinux_policy, to the directory with the modules of Debian's policy.
setup_selinux_policy() {
    local dir=$cache/selinux-policy
    # It has the list of packages once all is there.
    [ -e "$dir/packages" ] ||
        step_or_die "fetch selinux-policy-default" "$cache/log/selinux-policy" \
            "$top/tests/lab/fetch-packages" "$dir" \
            "$(. /etc/os-release && echo "$VERSION_CODENAME")" \
            selinux-policy-default
    selinux_policy=$dir/tree/usr/share/selinux/default
}

# The test links with the library that is built already: how that is built is
# the same there, and takes most of the time.
stage_rpm() {
    local dir=$work/check/rpm version tarball
    package_tarball
    if package_rpm_build "$dir" --define "ovs_tree $ovs_dir" \
            >"$work/check/rpmbuild.log" 2>&1; then
        echo "PASS rpmbuild"
    else
        tail -n 30 "$work/check/rpmbuild.log" | sed 's/^/    /'
        echo "FAIL rpmbuild"
        return 1
    fi
    "$top/tests/rpm/check" "$dir" "$selinux_policy"
}
