# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154     # "centiseconds" sets now.
#
# The flow engine and a real kernel: what reading counters costs beside what it
# costs the kernel, and whether ovs-vswitchd is left alone.
# shellcheck source=lib.sh
. "$BENCH/lib.sh"

N=${N:-10000}
runs=5
rounds=10                       # Of each.
secs=600                        # Of the guest, which is slow.

# --- user CPU ----------------------------------------------------------------

# The filters are in hardware, and the kernel asks the driver for the counters
# of each.  What is measured as user CPU is all CPU time but that of the system
# calls in which the kernel makes the dump: so what others cost is in it, too.
# (What the kernel itself tells as time in user space it only estimates, by
# looking 250 times a second.)

check "NIC" nic_up 2
check "representor 0" rep_add 0
check "representor 1" rep_add 1

# filters: N filters as ovs-vswitchd makes them, for "tc -b"
filters() {
    seq "$N" | awk '{
        printf "filter add dev rep0 ingress protocol ip pref 2 handle %d " \
               "chain 0 flower dst_mac 0a:58:c0:a8:00:%02x " \
               "src_ip 10.128.%d.%d dst_ip 10.129.0.1 ip_proto tcp " \
               "dst_port %d action mirred egress redirect dev rep1 " \
               "cookie %032x\n", $1, $1 % 256, $1 / 256, $1 % 256,
               1024 + $1 % 60000, $1 }'
}

check "qdisc" tc qdisc add dev rep0 ingress
up "filters"
filters >/tmp/filters
check "$N filters" tc -b /tmp/filters

# refresh MEMBER: its median
refresh() { jq -s "map($1) | sort | .[length / 2 | floor]" /tmp/refresh; }

ifindex=$(cat /sys/class/net/rep0/ifindex)
for ((i = 0; i < runs; i++)); do
    flow-refresh "$ifindex" $rounds >>/tmp/refresh || fail "cannot refresh"
done
cat /tmp/refresh
equal "flows" "$N" "$(refresh .flows)"
equal "flows in hardware" "$N" "$(refresh .in_hw)"
share=$(refresh '.rest / .kernel')
row flows "refresh of $N flows from a kernel: user CPU" \
    "$(calc "$(refresh .rest) / $rounds * 1e3" %.1f) ms" \
    "the kernel's dump: $(calc "$(refresh .kernel) / $rounds * 1e3" %.1f) ms" \
    "$(calc "$share" %.3f)" "<= 0.1" "$(verdict "$share <= 0.1")" \
    "$(jq -sc . /tmp/refresh)"
check "no filters" tc qdisc del dev rep0 ingress

# --- calls into ovs-vswitchd -------------------------------------------------

# requests: that ovs-vswitchd received on its control socket so far.  It adds
# them up only once a second, so first nothing must happen for longer.
requests() {
    sleep 3
    ovs-appctl coverage/read-counter unixctl_received
}

# last_read: when counters were read, in milliseconds of the guest's clock
last_read() {
    local age
    age=$(ooc_jq status .flows.counters.age_ms) || return
    centiseconds
    echo $((now * 10 - age))
}

# read_after TIME
read_after() { [ "$(last_read)" -gt $(($1 + 500)) ]; }

check "Open vSwitch" ovs_start
check "bridge" bridge_add
check "pod 0" pod_add 0
check "pod 1" pod_add 1
check "daemon" daemon_start
ping_pods() { pod_ping 0 1 5; }
check "ping" wait_for $secs ping_pods
has_flows() { ooc_jq flow/report '.state == "complete" and
    ([.interfaces[] | select(.pod == "pod0") | .egress.flows] | add > 0)'; }
check "the flows are pod0's" wait_for $secs has_flows
up "counting"
before=$(requests)
ping_pods >/dev/null &
for i in 1 2 3; do
    seen=$(last_read)
    check "counters are read, $i" wait_for $secs read_after "$seen"
    check "report $i" ooc flow/report
    check "list $i" ooc flow/list
    check "check $i" ooc flow/check
done
wait
after=$(requests)
# One of them is that which asked for 'after'.
calls=$((after - before - 1))
row flows "calls into ovs-vswitchd: 3 refreshes, reports, lists" \
    "$calls" "" "" 0 "$(verdict "$calls == 0")" \
    "{\"before\":$before,\"after\":$after}"
