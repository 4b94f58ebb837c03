# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034     # Variables are of several files.
#
# Functions for benchmarks that run in the lab: . "$BENCH/lib.sh"
#
# A benchmark prints what it does and ends with 0 if it could measure, whether
# or not a bar was reached.
#
# Logs are written in the guest's memory, as on a node's own disk: the share
# with the host is slow.
export ROWS=$LAB_OUT/rows
logs=$LAB_OUT
LAB_OUT=/tmp/bench-logs
mkdir -p "$LAB_OUT"
trap 'cp "$LAB_OUT"/*.log "$logs/" 2>/dev/null' EXIT

# shellcheck source=../lab/guest/lib.sh
. "$LAB/guest/lib.sh"
# shellcheck source=report.sh
. "$BENCH/report.sh"

set -u

# --- the probe ---------------------------------------------------------------

# probe_start: with a real-time priority, so that what it sees is stamped when
# it happens and not when the measured programs leave it a CPU
probe_start() {
    # Not the name of the function and the program.
    coproc PROBE { exec chrt -f 50 probe unix:"$OVS_RUNDIR/db.sock"; }
    # Copies: bash unsets its own when the process ends.
    probe_in=${PROBE[1]} probe_out=${PROBE[0]}
    probe reset
}

# probe COMMAND...: stores the answer, less its first word, into 'answer', and
# each NAME=VALUE in it into 'p_NAME'; the script ends unless that is "ok"
probe() {
    local word
    echo "$*" >&"$probe_in"
    read -r -u "$probe_out" answer || fail "the probe died"
    for word in $answer; do
        case $word in
        *=*) printf -v "p_${word%%=*}" %s "${word#*=}" ;;
        esac
    done
    case $answer in
    ok*) answer=${answer#ok} answer=${answer# } ;;
    *) fail "probe $*: $answer" ;;
    esac
}

# --- the node ----------------------------------------------------------------

# vf_addrs: the addresses of all VFs, in the order of their numbers
vf_addrs() {
    find "$PF/" -maxdepth 1 -name 'virtfn*' -printf '%f %l\n' |
        sort -V | sed 's,.*/,,'
}

# rep_names: the representors of the first PF, likewise
rep_names() {
    local dir name
    for dir in /sys/class/net/*; do
        { read -r name <"$dir/phys_port_name"; } 2>/dev/null || continue
        case $name in pf0vf*) echo "$name ${dir##*/}" ;; esac
    done | sort -V | sed 's/.* //'
}

# requests DEVICE...: a request for each, with one transaction
requests() {
    local device args=()
    for device; do
        args+=("external_ids:\"offload-port-$device\"=\"iface-id=bench_${device//:/-}\"")
    done
    ovs-vsctl --no-wait set Open_vSwitch . "${args[@]}"
}

# our_commits: transactions in the database's log that are the daemon's
our_commits() {
    ovsdb-tool show-log "$OVS_DBDIR/conf.db" |
        grep -c '"ovs-offload-controller: ' || true
}

# all_commits: transactions in there, whoever made them
all_commits() {
    ovsdb-tool show-log "$OVS_DBDIR/conf.db" | grep -c '^record ' || true
}

# has_ports N STATE: are N ports in that state, with nothing under way?
has_ports() {
    ooc_jq status "
        .ovsdb.synced and (.ovsdb.in_flight | not) and
        all(.sources[]; .state != \"syncing\") and (.ports.\"$2\" // 0) == $1"
}

# no_modprobe: the kernel loads no module by itself.  When a netdev goes away,
# ovs-vswitchd asks for a module of that name, which takes long in the lab.
no_modprobe() { echo >/proc/sys/kernel/modprobe; }
with_modprobe() { echo /sbin/modprobe >/proc/sys/kernel/modprobe; }

# quiet: ovs-vswitchd has done all that it was told
quiet() { ovs-vsctl --timeout=60 set Open_vSwitch . external_ids:quiet="$RANDOM"; }
