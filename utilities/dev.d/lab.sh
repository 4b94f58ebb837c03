# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154   # Variables are of several files.
# shellcheck disable=SC2164          # Called where errexit is on.
#
# The lab: a real kernel with a simulated NIC, in tests/lab/.

# All that a guest script needs, in a lab of mklab's ARGs.
lab_ready() {
    setup_packages "$lib/packages" "$top/tests/lab/packages"
    setup_ovs
    setup_lab "$@"
    build_release
    export BUILDDIR=$work/release
}

# lab_vmrun ARG...: tests/lab/vmrun with our programs on PATH.
lab_vmrun() {
    "$top/tests/lab/vmrun" -p "$work/release/controller" \
        -p "$work/release/utilities" -e BUILDDIR="$work/release" "$@"
}

do_lab() {
    local command=${1-} other=()
    [ $# = 0 ] || shift
    while :; do
        case ${1-} in
        --kernel)
            [ $# -gt 1 ] || usage_error lab "--kernel what?"
            other+=(-K "$2")
            shift ;;
        --ovs-newer) other+=(-O "$newer_release") ;;
        *) break ;;
        esac
        shift
    done
    case $command in
    run)
        [ $# -gt 0 ] || usage_error lab "run what?"
        lab_ready "${other[@]}"
        lab_vmrun "${other[@]}" "$@"
        ;;
    shell)
        [ $# = 0 ] || usage_error lab
        lab_ready "${other[@]}"
        lab_vmrun "${other[@]}" -i
        ;;
    *) usage_error lab ;;
    esac
}

do_demo() {
    local demo=$top/tests/lab/demo.sh
    case $# in
    0) lab_ready
       lab_vmrun -i -s "$demo" ;;
    1) [ "$1" = --once ] || usage_error demo
       lab_ready
       lab_vmrun "$demo" ;;
    *) usage_error demo ;;
    esac
}

do_bench() {
    lab_ready
    "$top/tests/bench/run" "$@"
}
