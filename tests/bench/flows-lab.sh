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
# looking 250 times a second.)  With a real-time priority, all the time: what
# others run in between would be taken for the kernel's dump.

check "NIC" nic_up 3
for i in 0 1 2; do
    check "representor $i" rep_add $i
    check "qdisc $i" tc qdisc add dev rep$i ingress
done

# What a filter costs depends on its actions, for the kernel more than for us.
# So these are all that ovs-vswitchd made when three pods on a switch of OVN,
# with a stateful ACL and a load balancer, had spoken to each other: each copy
# has another source address.  Port, chain, priority (ovs-vswitchd has one for
# each mask), state of the connection, protocol, actions.
ovn_filters="
    rep2 0  2 -       icmp ct:5 goto:8
    rep2 8  3 new     icmp commit:5 ct:2 goto:9
    rep2 8  4 est     icmp ct:2 goto:9
    rep2 9  5 new     any  commit:2 rep0
    rep2 9  6 est     any  rep0
    rep1 0  2 -       icmp ct:4 goto:3
    rep1 0  2 -       tcp  ct:4 goto:3
    rep1 3  3 est+rpl icmp ct:2 goto:4
    rep1 3  3 est+rpl tcp  ct:2 goto:4
    rep1 4  4 est+rpl any  rep0
    rep0 0  2 -       icmp ct:2 goto:1
    rep0 0  3 -       tcp  ct:2 goto:5
    rep0 0  2 -       icmp ct:2 goto:1
    rep0 1  4 new     icmp commit:2 ct:4 goto:2
    rep0 1  5 est     icmp ct:4 goto:2
    rep0 1  6 est+rpl icmp ct:5 goto:10
    rep0 2  7 new     icmp commit:4 rep1
    rep0 2  8 est     icmp rep1
    rep0 2  7 new     tcp  commit:4 rep1
    rep0 2  8 est     tcp  rep1
    rep0 5  9 est     tcp  ct:4 goto:2
    rep0 7 10 new     tcp  ct:4 goto:2
    rep0 10 11 est+rpl any  rep2"

# filters: N filters of these, in turn, for "tc -b", with cookies and flags as
# ovs-vswitchd gives them
filters() {
    awk -v n="$N" '
        function action(a, ufid,    part) {
            split(a, part, ":")
            if (part[1] == "goto") {
                return "action goto chain " part[2] ufid
            } else if (part[1] == "ct") {
                return "action ct zone " part[2] " nat pipe" ufid
            } else if (part[1] == "commit") {
                return "action ct commit zone " part[2] " mark 0/1 pipe" ufid
            } else {
                return "action mirred egress redirect dev " a ufid \
                       " no_percpu"
            }
        }
        NF {
            line[lines++] = $0
        }
        END {
            for (i = 0; i < n; i++) {
                $0 = line[i % lines]
                copy = int(i / lines)
                ufid = sprintf(" cookie %032x", i + 1)
                printf "filter add dev %s ingress protocol ip pref %d " \
                       "handle %d chain %d flower dst_mac 0a:58:c0:a8:00:%02x " \
                       "src_ip 10.128.%d.%d", $1, $3, i + 1, $2,
                       i % lines, copy / 256, copy % 256
                if ($5 != "any") {
                    printf " ip_proto %s", $5
                }
                if ($4 != "-") {
                    printf " ct_state +trk+%s", $4
                }
                for (a = 6; a <= NF; a++) {
                    printf " %s", action($a, ufid)
                }
                print ""
            }
        }' <<<"$ovn_filters"
}

# refresh MEMBER: its median
refresh() { jq -s "map($1) | sort | .[length / 2 | floor]" /tmp/refresh; }

up "filters"
filters >/tmp/filters
check "$N filters" tc -b /tmp/filters
check "real time" sysctl -q kernel.sched_rt_runtime_us=-1
ifindexes=()
for i in 0 1 2; do
    ifindexes+=("$(cat /sys/class/net/rep$i/ifindex)")
done
for ((i = 0; i < runs; i++)); do
    chrt -f 50 flow-refresh $rounds "${ifindexes[@]}" >>/tmp/refresh ||
        fail "cannot refresh"
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
for i in 0 1 2; do
    check "no filters $i" tc qdisc del dev rep$i ingress
done

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
