# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Nothing happens: how often does the daemon wake up?
# shellcheck source=lib.sh
. "$BENCH/lib.sh"

SECS=${SECS:-20}

# switches PIDFILE-NAME: voluntary context switches of all threads of that
# daemon and of the processes that it started
switches() {
    local pid
    pid=$(pid_of "$1")
    for pid in "$pid" $(pgrep -P "$pid"); do
        cat /proc/"$pid"/task/*/status
    done | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'
}

# Multicasts of the bridge's would make flows, whose counters are read.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
check "NIC" nic_up 2
for i in 0 1; do
    check "vdpa$i" vdpa_add $i
done
check "Open vSwitch" ovs_start
check "bridge" bridge_add
check "daemon" daemon_start
check "mode own" ovs-vsctl set Open_vSwitch . external_ids:offload-mode=own
check "requests" requests vdpa0 vdpa1
check "both attached" wait_for 20 has_ports 2 attached
no_flows() { ooc_jq flow/report '.totals.egress.flows == 0'; }
wait_for 60 no_flows || fail "there are flows"
# What ovs-vswitchd and the kernel had to do for the new ports is over when
# nothing was to do for a second.
settled() {
    local before
    before=$(switches ovs-offload-controller)
    sleep 1
    [ "$(switches ovs-offload-controller)" = "$before" ]
}
wait_for 20 settled || echo "it wakes up every second"

names=(ovs-offload-controller ovs-vswitchd ovsdb-server)
declare -A before after
for name in "${names[@]}"; do before[$name]=$(switches "$name"); done
sleep "$SECS"
for name in "${names[@]}"; do after[$name]=$(switches "$name"); done
for name in "${names[@]}"; do
    echo "$name: $((after[$name] - before[$name])) in $SECS s"
done
n=$((after[ovs-offload-controller] - before[ovs-offload-controller]))
row idle "idle, $SECS s: voluntary context switches" "$n" \
    "ovs-vswitchd $((after[ovs-vswitchd] - before[ovs-vswitchd]))" "" "= 0" \
    "$(verdict "$n == 0")"
has_ports 2 attached >/dev/null || fail "no longer attached"
