# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2119,SC2120  # Arguments that only some tests give.
#
# Driving ovs-view-test, for the tests of ovsdb/ovs-view.h.

VIEW_TEST=$BUILDDIR/tests/daemon/ovs-view-test

start_view() {
    mkfifo "$T/view.in" "$T/view.out"
    "$VIEW_TEST" "${1:-$DB}" <"$T/view.in" >"$T/view.out" 2>"$T/view.err" &
    VIEW_PID=$!
    exec 5>"$T/view.in" 6<"$T/view.out"
}

# Ends it, which is when leaks are found.
stop_view() {
    local status=0
    echo quit >&5
    wait "$VIEW_PID" || status=$?
    exec 5>&- 6<&-
    is "$status" 0 "status of ovs-view-test ($(head -n1 "$T/view.err"))"
}

# v COMMAND...: prints the answer.
v() {
    local line
    printf '%s\n' "$*" >&5
    IFS= read -r line <&6 || fail "no answer to '$*': $(cat "$T/view.err")"
    printf '%s\n' "$line"
}

# vs EXPECTED COMMAND...
vs() {
    local want=$1 have
    shift
    have=$(v "$@")
    is "$have" "$want" "$*"
}

# list [NAME]: all Interfaces, or that one's line.
list() {
    local line
    printf 'list\n' >&5
    while IFS= read -r line <&6 && test "$line" != end; do
        if test -z "$1" || test "${line%% *}" = "$1"; then
            printf '%s\n' "$line"
        fi
    done
}

# Composes a transaction of the operations given (one a word) and commits it.
commit() {
    local want=$1 op
    shift
    vs begun begin test
    for op; do
        vs ok "$op"
    done
    vs "$want" commit
}

# Until the view shows what the database has by now.
catch_up() {
    vs settled settle
}

with_bridges() {
    start_fresh_ovsdb
    vsctl --no-wait add-br br-int -- add-br br-other
    start_view
    vs synced sync
}

row() {
    vsctl get "$@"
}
