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
    # Unit tests have a stage of their own.
    step_or_die "build the RPM" "$work/log/package-rpm" \
        package_rpm_build "$work/package/rpm" --nocheck
}

# package_rpm_build DIR [RPMBUILD-ARG]...: below DIR, from the release tarball.
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
    package_rpm_rpmbuild "$dir" --define "ovs_version $ovs_version" -ba "$@"
}

# package_rpm_rpmbuild DIR RPMBUILD-ARG...: on Debian, the names in BuildRequires
# mean nothing.
package_rpm_rpmbuild() {
    local dir=$1
    shift
    rpmbuild --nodeps --load="$top/rhel/debian.macros" \
        --define "_topdir $dir" "$@" \
        "$work/release/rhel/ovs-offload-controller.spec"
}

# package_rpm_older DIR ARG...: another package, in DIR/older, from what
# package_rpm_build DIR --noclean ARG... has left: of a lower release, with a line
# more in its configuration files.
package_rpm_older() {
    local dir=$1 root file
    shift
    root=$(echo "$dir"/BUILDROOT/*)
    for file in sysconfig logrotate.d; do
        echo "# Of the older package." \
            >>"$root/etc/$file/ovs-offload-controller"
    done
    package_rpm_rpmbuild "$dir" -bb --short-circuit --buildroot "$root" \
        --define "_rpmdir $dir/older" --define "dist ~older" "$@"
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

# Sets rpm_root, to a Debian to install in.
setup_rpm_root() {
    step_or_die "a Debian to install in" "$cache/log/deb-bookworm" \
        "$top/tests/lab/deb/mkroot" bookworm
    rpm_root=$("$top/tests/lab/deb/mkroot" bookworm)
}

# Sets rpm_tree, to a directory to chroot into that has rpm.
setup_rpm_tree() {
    local dir=$cache/rpm-bookworm
    [ -e "$dir/packages" ] ||
        step_or_die "fetch rpm" "$cache/log/rpm-bookworm" \
            "$top/tests/lab/fetch-packages" -d "$dir" bookworm rpm
    rpm_tree=$dir/tree
}

# package_rpm_both DIR: the packages in DIR/RPMS, and older ones in DIR/older.
# They are linked with the library that is built already: how that is built is
# the same there, and takes most of the time.  Of the unit tests one program:
# stage "unit" is for them.
package_rpm_both() {
    local dir=$1 version tarball log=$1-build.log
    local args=(--define "ovs_tree $ovs_dir" --define \
        "check_args check-TESTS check-local \
        check_PROGRAMS= TESTS=tests/unit/test-pairing")
    package_tarball
    if package_rpm_build "$dir" --noclean "${args[@]}" >"$log" 2>&1 &&
       package_rpm_older "$dir" "${args[@]}" >>"$log" 2>&1
    then
        echo "PASS rpmbuild"
    else
        tail -n 30 "$log" | sed 's/^/    /'
        echo "FAIL rpmbuild"
        return 1
    fi
}

stage_rpm() {
    local dir=$work/check/rpm rc=0
    package_rpm_both "$dir" || return
    "$top/tests/rpm/check" "$dir" "$selinux_policy" || rc=1
    "$top/tests/rpm/life" "$rpm_root" \
        "$(package_rpm_file "$dir/older" '*' '[0-9]')" \
        "$(package_rpm_file "$dir/RPMS" '*' '[0-9]')" \
        "$(package_rpm_file "$dir/RPMS" noarch selinux)" || rc=1
    return "$rc"
}

# The same under a systemd that runs.
stage_rpm_service() {
    local dir=$work/check/rpm-service out
    package_rpm_both "$dir" || return
    out=$dir/lab
    mkdir -p "$out/packages"
    cp "$(package_rpm_file "$dir/older" '*' '[0-9]')" "$out/packages/old.rpm"
    cp "$(package_rpm_file "$dir/RPMS" '*' '[0-9]')" "$out/packages/new.rpm"
    cp -a "$rpm_tree" "$out/packages/rpm"
    "$top/tests/lab/vmrun" -t 900 -o "$out" -r "$rpm_root" \
        "$top/tests/lab/rpm/test.sh"
}

# package_rpm_file DIR ARCHITECTURE NAME: patterns of one.
package_rpm_file() {
    # shellcheck disable=SC2086     # Patterns are meant.
    echo "$1"/$2/ovs-offload-controller-$3*.rpm
}
