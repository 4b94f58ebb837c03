# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2119,SC2120  # Arguments that only some tests give.
#
# What the tests in this folder stand on.  tests/daemon/run starts
#
#     lib.sh FILE FUNCTION
#
# for each test function, in network and process namespaces of its own (so
# nothing outside is touched, and whatever a test leaves behind ends with it),
# with these set:
#
#     T         private directory of the test, empty
#     BUILDDIR  where configure was run
#     SRCDIR    the source tree
#
# and, if the caller wants, DAEMON (the program to test, for one that runs it
# under valgrind), WAIT, and KEPT (a directory for JSON that the daemon said).
#
# A test fails by the first command that fails outside of a condition, or by
# "fail WHY".  After it all that it started is stopped in order, and the
# daemon's logs are searched for errors and sanitizer reports.

set -eE -o pipefail

export OVS_RUNDIR=$T OVS_LOGDIR=$T OVS_DBDIR=$T OVS_SYSCONFDIR=$T
export ASAN_OPTIONS=log_path=$T/asan:detect_leaks=1
export UBSAN_OPTIONS=log_path=$T/ubsan:print_stacktrace=1:halt_on_error=1

DAEMON=${DAEMON:-$BUILDDIR/controller/ovs-offload-controller}
TARGET=ovs-offload-controller
DB=unix:$T/db.sock
SYSFS=$T/sysfs                  # What the daemon sees as /sys.
WAIT=${WAIT:-20}                # Seconds after which no wait is patient.

# Log lines of level ERR or EMER that a test expects: extended regular
# expressions, one for each "expect_log".
EXPECTED_LOG=()

# ---- Outcome ---------------------------------------------------------------

fail() {
    trap - ERR
    printf '%s\n' "$*" >"$T/why"
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

skip() {
    printf '%s\n' "$*" >"$T/skipped"
    exit 77
}

on_error() {
    local status=$? line=$1 command=$2
    if test ! -e "$T/why"; then
        printf '%s:%s: status %s: %s\n' "$(basename "$FILE")" "$line" \
            "$status" "${command%%$'\n'*}" >"$T/why"
    fi
    exit 1
}

# is ACTUAL EXPECTED [WHAT]
is() {
    if test "$1" != "$2"; then
        fail "${3:+$3: }expected '$2', have '$1'"
    fi
}

# matches TEXT REGEX [WHAT]
matches() {
    if [[ ! $1 =~ $2 ]]; then
        fail "${3:+$3: }'$1' does not match '$2'"
    fi
}

# contains TEXT PART [WHAT]
contains() {
    if [[ $1 != *"$2"* ]]; then
        fail "${3:+$3: }'$1' does not contain '$2'"
    fi
}

# fails STATUS-REGEX COMMAND...: runs it, expects a failure, and prints what it
# said on standard output and standard error.
fails() {
    local want=$1 status=0 out
    shift
    out=$("$@" 2>&1) || status=$?
    if [[ ! $status =~ ^($want)$ ]]; then
        fail "'$*' ended with $status, not $want: $out"
    fi
    printf '%s\n' "$out"
}

# ---- Waiting ---------------------------------------------------------------

# eventually COMMAND...: for what no event tells.  Tries every 50 ms, at most
# $WAIT seconds.
eventually() {
    local i
    for ((i = 0; i < WAIT * 20; i++)); do
        if "$@" >/dev/null 2>&1; then
            return
        fi
        sleep .05
    done
    fail "never came true: $*"
}

# Until process PID has ended, at most $WAIT seconds.
wait_gone() {
    timeout "$WAIT" tail --pid="$1" -s .05 -f /dev/null \
        || fail "process $1 does not end"
}

running() {
    kill -0 "$1" 2>/dev/null
}

# ---- Database --------------------------------------------------------------

pid_of() {
    cat "$T/$1.pid" 2>/dev/null
}

create_db() {
    rm -f "$T/conf.db"
    ovsdb-tool create "$T/conf.db" "$OVS_SCHEMA"
}

# Starts the server on $T/conf.db, which it creates unless there is one.
start_ovsdb() {
    if test ! -e "$T/conf.db"; then
        create_db
    fi
    ovsdb-server "$T/conf.db" --remote=punix:"$T/db.sock" --no-chdir \
        --detach --pidfile="$T/ovsdb-server.pid" \
        --log-file="$T/ovsdb-server.log" -vconsole:off \
        --unixctl="$T/ovsdb-server.ctl" "$@"
}

# Starts it and creates the row of Open_vSwitch.
start_fresh_ovsdb() {
    start_ovsdb "$@"
    vsctl --no-wait init
    vsctl --no-wait set Open_vSwitch . external_ids:system-id=test
}

# stop_ovsdb [SIGNAL]
stop_ovsdb() {
    local pid
    pid=$(pid_of ovsdb-server)
    kill -"${1:-TERM}" "$pid"
    wait_gone "$pid"
    rm -f "$T/ovsdb-server.pid" "$T/db.sock"
}

vsctl() {
    ovs-vsctl --db="$DB" --timeout="$WAIT" "$@"
}

# A writer that knows nothing of ovs-vswitchd.
set_db() {
    vsctl --no-wait set "$@"
}

# Sets keys of Open_vSwitch external_ids: set_ids KEY=VALUE...
set_ids() {
    local pair args=()
    for pair in "$@"; do
        args+=("external_ids:\"${pair%%=*}\"=\"${pair#*=}\"")
    done
    set_db Open_vSwitch . "${args[@]}"
}

del_id() {
    vsctl --no-wait remove Open_vSwitch . external_ids "\"$1\""
}

# A request: request DEVICE VALUE
request() {
    set_ids "offload-port-$1=$2"
}

# Number of transactions in the database's log that are the daemon's.
n_our_commits() {
    ovsdb-tool show-log "$T/conf.db" | grep -c "\"$TARGET: " || true
}

# What the database has, one line a row, sorted, less rows of ours and less
# what changes by itself.
db_snapshot() {
    ovsdb-client -t "$WAIT" -f json dump "$DB" Open_vSwitch |
        jq -S -c -s '
    def rows: .headings as $h
        | .data[] | [$h, .] | transpose | map({(.[0]): .[1]}) | add;
    def pairs: if .[0] == "map" then .[1] else [] end;
    def members: if .[0] == "set" then .[1] else [.] end;
    def ours: .external_ids | pairs | any(.[0] == "offload-owner");
    [.[] | (.caption | sub(" table$"; "")) as $t | rows | .table = $t]
    | [.[] | select((.table == "Port" or .table == "Interface") and ours)
           | ._uuid] as $ours
    | .[] | select(._uuid | IN($ours[]) | not)
    | if .table == "Bridge" then
          .ports = ([.ports | members[]] - $ours) else . end
    | del(.statistics, .status, .link_resets, .cur_cfg, .next_cfg)' |
        sort
}

# Remembers the database, for assert_db_unchanged.
save_db() {
    db_snapshot >"$T/snapshot"
}

# Takes a new snapshot, and tells whether it is as the one that was saved.
same_db() {
    db_snapshot >"$T/snapshot.now"
    cmp -s "$T/snapshot" "$T/snapshot.now"
}

assert_db_unchanged() {
    if ! same_db; then
        diff "$T/snapshot" "$T/snapshot.now" >&2 || true
        fail "${1:-rows that are not ours changed}"
    fi
}

# ---- ovs-vswitchd ----------------------------------------------------------

# With datapaths and devices that exist only in its imagination.
start_vswitchd() {
    ovs-vswitchd "$DB" --enable-dummy=override --no-chdir --detach \
        --pidfile="$T/ovs-vswitchd.pid" --log-file="$T/ovs-vswitchd.log" \
        -vconsole:off --unixctl="$T/ovs-vswitchd.ctl" "$@"
}

stop_vswitchd() {
    local pid
    pid=$(pid_of ovs-vswitchd)
    kill -"${1:-TERM}" "$pid"
    wait_gone "$pid"
    rm -f "$T/ovs-vswitchd.pid"
}

# The database, ovs-vswitchd and bridge br-int.
start_ovs() {
    start_fresh_ovsdb
    start_vswitchd
    vsctl add-br br-int -- set Bridge br-int fail_mode=secure
}

# Rows as ovn-kubernetes leaves them: add_pod_row REPRESENTOR NS POD
add_pod_row() {
    vsctl "${VSCTL_WAIT:---no-wait}" --may-exist add-port br-int "$1" \
        other_config:transient=true -- \
        set Interface "$1" external_ids:attached_mac=0a:58:0a:f4:00:05 \
        external_ids:iface-id="$2_$3" external_ids:iface-id-ver=uid-"$3" \
        external_ids:sandbox=0123456789abcdef"$3" \
        external_ids:ip_addresses=10.244.0.5/24
}

# fake_vfs PF N: a PF with N VFs in what the daemon sees as /sys.  PF is an
# address without its function, as in 0000:65:00.
fake_vfs() {
    local pf=$1.0 n=$2 i vf dev=$SYSFS/devices/pci0000:65
    mkdir -p "$SYSFS/bus/pci/devices" "$dev/$pf"
    ln -sfn "../../../devices/pci0000:65/$pf" "$SYSFS/bus/pci/devices/$pf"
    echo "$n" >"$dev/$pf/sriov_numvfs"
    echo 1 >"$dev/$pf/sriov_offset"
    echo 1 >"$dev/$pf/sriov_stride"
    for ((i = 0; i < n; i++)); do
        vf=$1.$((i + 1))
        mkdir -p "$dev/$vf"
        ln -sfn "../$pf" "$dev/$vf/physfn"
        ln -sfn "../$vf" "$dev/$pf/virtfn$i"
        ln -sfn "../../../devices/pci0000:65/$vf" \
            "$SYSFS/bus/pci/devices/$vf"
    done
}

# A port as the daemon would leave it: add_our_row NAME IFACE-ID [BRIDGE]
add_our_row() {
    vsctl --no-wait add-port "${3:-br-int}" "$1" -- \
        set Port "$1" external_ids:offload-owner=$TARGET \
        external_ids:offload-keys=iface-id -- \
        set Interface "$1" external_ids:offload-owner=$TARGET \
        external_ids:iface-id="$2"
}

# ---- The daemon ------------------------------------------------------------

# start_daemon [OPTION]...: starts it detached and returns once it answers.
start_daemon() {
    mkdir -p "$SYSFS"
    "$DAEMON" -vconsole:off "$DB" --sysfs-root="$SYSFS" \
        --state-dir="$T/state" --no-chdir --detach \
        --pidfile="$T/$TARGET.pid" --log-file="$T/$TARGET.log" \
        --unixctl="$T/$TARGET.ctl" "$@" 2>>"$T/daemon.stderr"
}

ctl() {
    ovs-appctl -T "$WAIT" -t "$T/$TARGET.ctl" "$@"
}

# json COMMAND... : JQ-FILTER.  What COMMAND says as JSON, through jq -r.  What
# it said last is kept, to be compared with the reference.
json() {
    local args=() answer
    while test "$1" != :; do
        args+=("$1")
        shift
    done
    answer=$(ctl "${args[@]}" --format=json) || return
    if test -n "${KEPT:-}"; then
        printf '%s\n' "$answer" >"$KEPT/${args[0]/\//-}.$FUNCTION"
    fi
    jq -r "$2" <<<"$answer"
}

# json_is EXPECTED COMMAND... : JQ-FILTER
json_is() {
    local want=$1 have
    shift
    have=$(json "$@")
    is "$have" "$want" "$*"
}

# json_true COMMAND... : JQ-FILTER
json_true() {
    test "$(json "$@" 2>/dev/null)" = true
}

# wait_json COMMAND... : JQ-FILTER.  Until the filter says true.
wait_json() {
    local i
    for ((i = 0; i < WAIT * 20; i++)); do
        if json_true "$@"; then
            return
        fi
        sleep .05
    done
    fail "never came true: $*; last: $(json "${@:1:$#-1}" . 2>&1 | jq -c .)"
}

# What "status" says at a JQ path: status_of .config.mode
status_of() {
    json status : "$1"
}

# Until the daemon has taken up all that was written to the database before:
# an unknown key that is written last is seen, and removed again.
synced() {
    local mark=offload-test-$RANDOM$RANDOM
    set_ids "$mark=1"
    wait_json status : ".config.unknown_keys | index(\"$mark\") != null"
    del_id "$mark"
    wait_json status : ".config.unknown_keys | index(\"$mark\") == null"
}

# Makes it read all from the kernel anew, and decide on it.
recomputed() {
    local before
    before=$(status_of .sources.link.resyncs)
    ctl recompute
    wait_json status : ".sources.link.resyncs > $before and
        ([.sources[].state] | index(\"syncing\") == null)"
}

# Stops the daemon as an operator would, and checks that it ended well.
stop_daemon() {
    local pid
    pid=$(pid_of "$TARGET")
    ctl exit "$@"
    wait_gone "$pid"
    check_daemon
}

kill_daemon() {
    local pid
    pid=$(pid_of "$TARGET")
    kill -KILL "$pid"
    wait_gone "$pid"
    rm -f "$T/$TARGET.pid" "$T/$TARGET.ctl"
}

expect_log() {
    EXPECTED_LOG+=("$1")
}

# Is the daemon's log free of errors, and is there no sanitizer report?
check_daemon() {
    local report line re
    for report in "$T"/asan.* "$T"/ubsan.*; do
        if test -e "$report"; then
            head -n 60 "$report" >&2
            fail "sanitizer report: $(grep -m1 -E 'ERROR|error:' "$report")"
        fi
    done
    if test -s "$T/daemon.stderr"; then
        fail "the daemon said: $(head -n1 "$T/daemon.stderr")"
    fi
    if test ! -e "$T/$TARGET.log"; then
        return 0
    fi
    while read -r line; do
        for re in "${EXPECTED_LOG[@]}"; do
            if [[ $line =~ $re ]]; then
                continue 2
            fi
        done
        fail "in the daemon's log: $line"
    done < <(grep -E '\|(ERR|EMER)\||assertion .* failed' "$T/$TARGET.log" ||
                 true)
}

n_in_log() {
    grep -cE -- "$1" "$T/$TARGET.log" || true
}

# n_in_log_is N REGEX: is it there that often, or more often?
n_in_log_is() {
    test "$(n_in_log "$2")" -ge "$1"
}

# without_descriptors COMMAND...: runs this while the daemon cannot accept a
# client, and lets it have descriptors again once it has said so.
without_descriptors() {
    local pid n=0
    pid=$(pid_of "$TARGET")
    # The lowest that is free is beyond the limit.
    while test -L "/proc/$pid/fd/$n"; do
        n=$((n + 1))
    done
    prlimit --pid "$pid" --nofile="$n:1024"
    "$@" &
    eventually n_in_log_is 1 'cannot accept a client'
    prlimit --pid "$pid" --nofile=1024:1024
    wait $!
}

# ---- Main ------------------------------------------------------------------

# Ends what still runs; a daemon in such a way that leaks are reported.
cleanup() {
    local name pid
    if pid=$(pid_of "$TARGET") && running "$pid"; then
        # It may be about to end.
        ctl exit || kill "$pid" || true
        wait_gone "$pid"
    fi
    for name in ovs-vswitchd ovsdb-server; do
        if pid=$(pid_of "$name") && running "$pid"; then
            kill "$pid"
            wait_gone "$pid"
        fi
    done
}

# --- the client ------------------------------------------------------------------

CLIENT=${CLIENT:-$BUILDDIR/utilities/ovs-offload}

# client ARG...: ovs-offload, on the daemon of the test
client() {
    "$CLIENT" --timeout="$WAIT" --target="$T/$TARGET.ctl" "$@"
}

# stderr_of STATUS COMMAND...: what it says on standard error, and that it says
# nothing on standard output.
stderr_of() {
    local want=$1 status=0
    shift
    "$@" >"$T/stdout" 2>"$T/stderr" || status=$?
    is "$status" "$want" "$*"
    is "$(cat "$T/stdout")" "" "$*"
    cat "$T/stderr"
}

FILE=$1
FUNCTION=$2
trap 'on_error "$LINENO" "$BASH_COMMAND"' ERR
cd "$T"
ip link set lo up
# shellcheck source=/dev/null
. "$FILE"
"$FUNCTION"
cleanup
check_daemon
