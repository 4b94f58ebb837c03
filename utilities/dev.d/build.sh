# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154   # Variables are of several files.
# shellcheck disable=SC2164          # Called where errexit is on.
#
# Builds of the tree, each a "variant" in _build/VARIANT.

do_build() {
    local variant=release
    [ $# = 0 ] || variant=custom
    setup_packages "$lib/packages"
    setup_ovs
    build_variant "$variant" "$@"
    say "programs are in $work/$variant/controller"
}

# build_variant VARIANT [CONFIGURE-ARG]...: against $ovs_dir.
build_variant() {
    with_lock "$work/lock" build_step "$@"
}

build_step() {
    local variant=$1 args dir=$work/$1
    shift
    args=(--with-ovs-source="$ovs_dir" --with-ovs-build="$ovs_dir" "$@")
    step_or_die "build $variant" "$work/log/build-$variant" \
        build_make "$dir" "${args[@]}"
}

# build_make DIR CONFIGURE-ARG...
build_make() {
    local dir=$1
    shift
    # A later change of configure.ac or an automake.mk is make's business.
    [ -x "$top/configure" ] || "$top/boot.sh"
    mkdir -p "$dir"
    cd "$dir"
    if [ ! -e Makefile ] || ! cmp -s .args <(echo "$*"); then
        rm -f .args
        "$top/configure" "$@"
        # Objects were made for other options.
        make clean
        echo "$*" >.args
    fi
    # One after the other: each would build the libraries.
    make -j"$(nproc)" all
    make -j"$(nproc)" check-programs
}

build_release() {
    build_variant release
}

build_asan() {
    build_variant asan --enable-asan --enable-ubsan --enable-Werror \
        CFLAGS='-O1 -g'
}

build_clang() {
    build_variant clang CC=clang --enable-Werror
}

build_fuzz() {
    build_variant fuzz CC=clang --enable-fuzz --enable-asan --enable-ubsan \
        CFLAGS='-O1 -g'
}
