# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by mklab, vmrun and run: where the lab's cache is.  Kernel, modules,
# initramfs and the output of runs are in there, nothing beside the sources.

# Prints the cache directory; "debug" as an argument for that of "mklab -d".
lab_cache() {
    local home=${XDG_CACHE_HOME:-$HOME/.cache}
    local cache=${LAB_CACHE:-${OFFLOAD_CACHE:-$home/ovs-offload}/lab}

    printf '%s\n' "$cache${1:+-$1}"
}
