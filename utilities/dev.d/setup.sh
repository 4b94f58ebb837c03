# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154   # Variables are of several files.
# shellcheck disable=SC2164          # Called where errexit is on.
#
# What the build stands on: packages, libopenvswitch, the lab.

do_setup() {
    [ $# = 0 ] || usage_error setup
    setup_packages "$lib/packages" "$top/tests/lab/packages"
    setup_ovs
    setup_ovs_newer
    setup_lab
    say "ready"
}

# setup_packages FILE...: installs what the lists in FILEs name.
setup_packages() {
    local install=$top/tests/lab/install-packages args=() missing file
    for file; do
        args+=(-f "$file")
    done
    if missing=$("$install" -n "${args[@]}"); then
        return
    fi
    say "missing packages: ${missing//$'\n'/ }"
    step_or_die "install packages" "$cache/log/packages" \
        "$install" "${args[@]}"
}

# --- libopenvswitch --------------------------------------------------------

# Directories as in the distribution's own package, so that its ovs-appctl
# finds our daemon.
ovs_configure=(--disable-shared --enable-ssl --prefix=/usr --sysconfdir=/etc
               --localstatedir=/var)

# ovs_hash INPUT...: names a build of it.
ovs_hash() {
    printf '%s\n' "$@" "${ovs_configure[@]}" \
        "$(gcc -dumpfullversion -dumpmachine)" | sha256sum | cut -c1-12
}

# ovs_unpack FROM: into the current directory, a tree or a tarball in FROM.
ovs_unpack() {
    if [ -e "$1/openvswitch.tar.gz" ]; then
        tar -xzf "$1/openvswitch.tar.gz" --strip-components=1
    elif [ -e "$1/configure" ]; then
        # With the times, or make would want to run autoconf again.
        cp -R --preserve=timestamps "$1/." .
    else
        echo "$1 has neither openvswitch.tar.gz nor configure" >&2
        return 1
    fi
}

# ovs_make DIR FROM: builds the library in DIR.
ovs_make() {
    rm -rf "$1"
    mkdir -p "$1"
    cd "$1"
    ovs_unpack "$2"
    ./configure "${ovs_configure[@]}" CFLAGS='-O2 -g'
    # The library's own target does not wait for headers that are generated.
    # shellcheck disable=SC2016     # For make to expand.
    printf 'include Makefile\noffload-built: $(BUILT_SOURCES)\n' \
        >offload-built.mk
    make -j"$(nproc)" -f offload-built.mk offload-built
    make -j"$(nproc)" lib/libopenvswitch.la
    touch .built
}

# ovs_ensure DIR TITLE FROM
ovs_ensure() {
    [ -e "$1/.built" ] ||
        step_or_die "build $2" "$cache/log/$(basename "$1")" \
            ovs_make "$1" "$3"
}

# Sets ovs_dir.
setup_ovs() {
    local version from=/usr/src/openvswitch
    version=$(dpkg-query -W -f '${Version}' openvswitch-source)
    ovs_dir=$cache/ovs-$(ovs_hash "$version")
    with_lock "$cache/ovs.lock" ovs_ensure "$ovs_dir" \
        "libopenvswitch $version" "$from"
}

# --- libopenvswitch of the next Debian release -------------------------------

newer_release=trixie

ovs_fetch_ensure() {
    # It has the list of packages once all is there.
    [ -e "$1/packages" ] ||
        step "fetch openvswitch-source of $newer_release" \
            "$cache/log/ovs-$newer_release" \
            "$top/tests/lab/fetch-packages" "$1" "$newer_release" \
            openvswitch-source
}

# Sets ovs_newer_dir, to nothing where there is no newer release to be had.
setup_ovs_newer() {
    local fetched=$cache/ovs-$newer_release
    ovs_newer_dir=
    with_lock "$cache/ovs.lock" ovs_fetch_ensure "$fetched" || return 0
    ovs_newer_dir=$cache/ovs-$(ovs_hash \
        "$(cat "$fetched/packages")")
    with_lock "$cache/ovs.lock" ovs_ensure "$ovs_newer_dir" \
        "libopenvswitch of $newer_release" "$fetched/tree/usr/src/openvswitch"
}

# --- the lab -----------------------------------------------------------------

# setup_lab ARG...: by mklab.
setup_lab() {
    "$top/tests/lab/mklab" "$@"
}
