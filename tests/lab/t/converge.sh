# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# 128 ports: how few transactions bring them about, that a node in order is
# left alone, and that neither memory nor wake-ups grow with what happened.
#
# Sanitizers keep memory back: this is for a build without, which the variable
# RELEASE_BUILDDIR names if that in PATH is one with.
#
# CYCLES=10000 takes most of an hour under emulation.
#
# lab: secs=1200
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"
program=${RELEASE_BUILDDIR:+$RELEASE_BUILDDIR/controller/}$program

N=128
CYCLES=${CYCLES:-100}

# request_all: for all VFs, in one transaction
request_all() {
    local i link links=() args=()
    for ((i = 0; i < N; i++)); do
        links+=("$PF/virtfn$i")
    done
    i=0
    while read -r link; do
        args+=("external_ids:\"offload-port-${link##*/}\"=\"iface-id=ns_$i\"")
        i=$((i + 1))
    done < <(readlink "${links[@]}")
    ovs-vsctl --no-wait set Open_vSwitch . "${args[@]}"
}

attached() {
    ports_are $N '.state == "attached" and .ofport > 0 and .link_up and
                  .offload == "on" and .owner == "self"'
}

# commits: transactions of ours, as the daemon counts them
commits() { status .ovsdb.commits; }

# --- themes ------------------------------------------------------------------

# Requests that wait, then all representors at once.
at_once() {
    local n
    ids offload-mode=own
    ctl_start
    request_all
    eventually "$N requests wait" 30 ports_are $N '.state == "absent"'
    settle
    n=$(writes)
    check "eswitch mode" devlink dev eswitch set "pci/$NIC" mode switchdev
    eventually "$N ports" 60 attached
    settle
    n=$(($(writes) - n))
    ovsdb-tool show-log "$OVS_DBDIR/conf.db" |
        grep '"ovs-offload-controller: '
    echo "ports in each:" \
        "$(transactions | awk '/^transaction/ { n++ }
                               /^Port insert/ { rows[n]++ }
                               END { for (i = 1; i <= n; i++)
                                         print rows[i] + 0 }' | xargs)"
    check "at most 3 transactions" [ $n -le 3 ]
    equal "as the daemon counts them" "$(writes)" "$(commits)"
}

restart() {
    local n
    n=$(writes)
    ctl_stop
    ctl_start
    settle
    check "$N ports are attached after a restart" attached
    equal "writes of a start on a converged node" 0 $(($(writes) - n))
    ctl_kill
    ctl_start
    settle
    equal "and after SIGKILL" 0 $(($(writes) - n))
}

# sleeps PID...: voluntary context switches of all of their threads
sleeps() {
    local pid
    for pid; do
        cat "/proc/$pid/task"/*/status
    done | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'
}

no_flows() { ooc_jq flow/report '.totals.egress.flows == 0'; }

idle() {
    local before pids
    mapfile -t pids < <(pgrep -x ovs-offload-con)
    settle
    # Counters of flows are read from time to time, and their end is an event.
    eventually "no flows" 60 no_flows
    # What is counted must not be what settle's commands left to do.
    sleep 1
    before=$(sleeps "${pids[@]}")
    sleep 20
    equal "voluntary context switches in 20 s" 0 \
        $(($(sleeps "${pids[@]}") - before))
    check "they count" eval 'ooc version && [ "$(sleeps '"${pids[*]}"')" -gt '"$before"' ]'
}

rss() { awk '/^VmRSS/ { print $2 }' "/proc/$ctl/status"; }

cycle() {
    /usr/bin/python3 "$LAB/t/lib/writer.py" "$OVS_RUNDIR/db.sock" requests \
        "$1" "$(vf_addr 5)" "$(rep_of 5)" >/tmp/cycle.out 2>&1 ||
        { cat /tmp/cycle.out; fail "cycles"; }
}

# One of the ports comes and goes.
memory() {
    local before after n
    # Until the ring of events is full, and the allocator's arenas are.
    cycle 100
    settle
    before=$(rss)
    n=$(writes)
    cycle "$CYCLES"
    settle
    after=$(rss)
    echo "RSS: $before kB, after $CYCLES cycles $after kB"
    check "each was one port added and one deleted" \
        [ $(($(writes) - n)) -ge $((2 * CYCLES)) ]
    check "no growth" [ $((after - before)) -le 256 ]
}

teardown() {
    ctl_stop --cleanup
    equal "rows of ours" "" "$(own_rows)"
}

# Multicasts of the bridge's would make flows.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
check "NIC" modprobe nicsim hw_tc=0 total_vfs=$N
echo $N >"$PF/sriov_numvfs"
check "Open vSwitch" db_up
theme at_once restart idle memory teardown
finish
