# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by mklab, vmrun and run: where the lab's cache is.  Kernel, modules,
# initramfs and the output of runs are in there, nothing beside the sources.

# lab_cache [VARIANT]...: prints the cache directory.  Each kind of kernel has
# one of its own: "debug" that of "mklab -d", "6.12" that of "mklab -K 6.12".
# "ovs SUITE" is the one in which "mklab -O SUITE" puts Open vSwitch.
lab_cache() {
    local home=${XDG_CACHE_HOME:-$HOME/.cache}
    local cache=${LAB_CACHE:-${OFFLOAD_CACHE:-$home/ovs-offload}/lab}

    printf '%s' "$cache" "${@/#/-}"
    echo
}

# lab_variant VERSION [debug]: prints what lab_cache wants for that kernel: the
# distribution's own, or one of its backports.  Fails if it is none of them.
lab_variant() {
    case $1 in
    6.1) ;;
    6.12) echo "$1" ;;
    *) return 1 ;;
    esac
    [ -z "${2:-}" ] || echo "$2"
}
