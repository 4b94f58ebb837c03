# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The flow report of two pods on vDPA devices, on real traffic: what was sent is
# what the report says, in hardware or in software, and its ledgers add up.
#
# lab: secs=720
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

PINGS=10
HW=$((PINGS * 98))              # Bytes as the NIC counts them,
SW=$((PINGS * 84))              # and as the kernel does on ingress.

# report [ARG...] QUERY
report() { ooc_jq flow/report "$@"; }

# counters: what passed at client's egress and ingress, server's egress and
# ingress, each as packets and bytes in hardware, then in software
counters() {
    report '[.interfaces[] | select(.namespace == "ns")] | sort_by(.pod) |
            [.[] | .egress, .ingress | .passed |
             .hw.packets, .hw.bytes, .sw.packets, .sw.bytes]'
}

# adds_up: each ledger's rows are the sum over its flows
adds_up() {
    report '
        def sums: [.flows, .offloaded, .hw.packets, .hw.bytes, .sw.packets,
                   .sw.bytes];
        def plus: transpose | map(add);
        .state == "complete" and
        (([.interfaces[].egress, .unattributed.egress, .stale.egress] |
          map(sums) | plus) == (.totals.egress | sums)) and
        (([.interfaces[].ingress, .unattributed.ingress, .stale.ingress,
           .multi.ingress] | map(sums) | plus) == (.totals.ingress | sums))'
}

# sent NAME WANT: 10 pings from client to server, after which the counters of
# both have grown by WANT
sent() {
    local before
    check "$1: flows" warm      # What a slow host let expire.
    before=$(counters)
    ip netns exec client ping -q -c $PINGS -i 0.1 -W 2 10.0.0.2 >/dev/null ||
        fail "$1: ping"
    equal "$1" "$2" \
        "$(jq -nc "[$(counters), $before] | transpose | map(.[0] - .[1])")"
    check "$1: ledgers add up" adds_up
    check "$1: and so says flow/check" ooc flow/check
}

# paths CLASS: all that the pods send goes that way
paths() {
    report '[.interfaces[] | select(.namespace == "ns") | .egress.paths |
             to_entries[] | select(.value > 0) | .key] | unique ==
            ["'"$1"'"]'
}

# why CLASS EVIDENCE: both pods' flows are not in hardware for that
why() {
    report '[.interfaces[] | select(.namespace == "ns") | .reasons[] |
             select(.class == "'"$1"'" and (.evidence | test("'"$2"'"))) |
             .flows] | length == 2'
}

# no_flows: all IPv4 flows have gone
flows_gone() { ! flows all | grep -q 'eth_type(0x0800)'; }
no_flows() {
    ovs-appctl revalidator/purge
    eventually "no flows are left" 15 flows_gone
}

# warm: the flows are there
warm() { ip netns exec client ping -q -c 3 -i 0.1 -W 2 10.0.0.2 >/dev/null; }

# offloaded N: each pod has a flow in both directions, N of them in hardware
offloaded() {
    report '[.interfaces[] | select(.namespace == "ns") |
             .egress, .ingress] | length == 4 and
            all(.[]; .flows == 1 and .offloaded == '"$1"')'
}

# --- themes ------------------------------------------------------------------

hardware() {
    check "ping" warm
    eventually "flows in hardware" 5 offloaded 1
    sent "$PINGS pings in hardware, all and only these" \
        "[$PINGS,$HW,0,0,$PINGS,$HW,0,0,$PINGS,$HW,0,0,$PINGS,$HW,0,0]"
    check "their path is full" paths full
    check "no reasons" report '[.interfaces[].reasons[]] == []'
    check "--pod shows one pod" report --pod=ns/client \
        '[.interfaces[].pod] == ["client"]'
    equal "with the same numbers" \
        "$(report '.interfaces[] | select(.pod == "client") |
                   .egress.passed | [.hw, .sw]')" \
        "$(report --pod ns/client '.interfaces[0].egress.passed | [.hw, .sw]')"
    check "by name" report '[.interfaces[] | select(.pod == "server") |
        .representor == "rep1" and .iface_id == "ns_server" and
        .namespace == "ns"] == [true]'
    check "as a table" eval 'ooc flow/report | grep "^ns/client  *rep0 .*egress"'
    check "as CSV" eval 'ooc flow/report --format=csv | grep "^ns/client,rep0"'
}

# The client's --watch goes by the daemon's events.
watched() {
    local pid
    # shown FLOWS: the last line has so many that the client sends
    shown() {
        tail -n1 "$LAB_OUT/watch" |
            jq -e ".interfaces[0].egress.flows == $1" >/dev/null
    }
    state() { ooc_jq event/wait --flows .state; }
    # no_news: reports, which have counters read, are none
    no_news() {
        local before
        before=$(state)
        report . && report . && report . && [ "$(state)" = "$before" ]
    }
    no_flows
    "$(dirname "$(type -p ovs-offload-controller)")/../utilities/ovs-offload" \
        -w -o json flow report --pod=ns/client >"$LAB_OUT/watch" &
    pid=$!
    eventually "no flows are shown" 20 shown 0
    check "ping" warm
    eventually "a flow is shown" 20 shown 1
    eventually "to look is no news" 20 no_news
    no_flows
    eventually "that it went is shown" 20 shown 0
    kill $pid
    wait $pid
    rm "$LAB_OUT/watch"
}

# Rules that the NIC refuses.
software() {
    no_flows
    echo 2048 >/sys/module/nicsim/parameters/fail_proto
    check "ping" warm
    eventually "flows in tc, not in hardware" 5 offloaded 0
    sent "$PINGS pings in software, all and only these" \
        "[0,0,$PINGS,$SW,0,0,$PINGS,$SW,0,0,$PINGS,$SW,0,0,$PINGS,$SW]"
    check "their path has no hardware" paths none
    check "because the NIC refused" why refused "in tc but not in hardware"
    echo 0 >/sys/module/nicsim/parameters/fail_proto
    no_flows
}

# What Prometheus is told is what the report says.
scrape() {
    local port
    http() { "$LAB/../metrics/client.py" 127.0.0.1:9475 get GET "$@"; }
    # value WHAT POD DIRECTION OFFLOAD
    value() {
        sed -n "s/^ovs_offload_interface_$1_total{.*pod=\"$2\",direction=\"$3\"$(
            ),offload=\"$4\"} //p" "$LAB_OUT/scrape"
    }
    # scraped: as "counters" has them
    scraped() {
        local pod direction offload what
        http /metrics >"$LAB_OUT/scrape"
        for pod in client server; do
            for direction in egress ingress; do
                for offload in hardware software; do
                    for what in packets bytes; do
                        value $what $pod $direction $offload
                    done
                done
            done
        done | jq -sc .
    }
    # told LINE-BEGIN: is there such a sample?
    told() { grep -qF "$1" "$LAB_OUT/scrape"; }

    ip link set lo up
    ids offload-metrics=127.0.0.1:9475
    eventually "metrics are served" 10 http /healthz
    equal "what passed" "$(counters | jq -c .)" "$(scraped)"
    check "some in hardware, some in software" \
        test "$(scraped | jq 'all(.[]; . > 0)')" = true
    check "two pairs" told 'ovs_offload_pairs{pair="paired"} 2'
    port='vdpa="vdpa0",namespace="ns",pod="client",pair="paired"'
    check "a port" told "$port,state=\"attached\",hw_tc_offload=\"on\"} 1"
    check "no commit failed" told \
        'ovs_offload_ovsdb_transactions_total{result="error"} 0'
    check "some were timed" \
        not told 'ovs_offload_event_to_commit_duration_seconds_count 0'
    check "and dumps" not told \
        'ovs_offload_flow_dump_duration_seconds_count{source="flows-tc"} 0'
    ids_rm offload-metrics
}

# A flow with several receivers is in "multi", once.
multi() {
    ip netns exec client ping -q -c 3 -i 0.2 -W 1 10.0.0.99 >/dev/null
    check "a flooded flow" report '.multi.ingress.flows >= 1'
    check "its receivers are told" report \
        '[.multi.receivers[].name] | index("rep1") and index("'"$BR"'")'
    check "ledgers add up" adds_up
}

# Connection tracking: the flow of the first chain leads to one that outputs.
conntrack() {
    no_flows
    ovs-vsctl set-fail-mode "$BR" secure
    ovs-ofctl del-flows "$BR"
    ovs-ofctl add-flows "$BR" - <<'EOF'
table=0,arp,actions=normal
table=0,ip,ct_state=-trk,actions=ct(table=1,zone=5)
table=1,ip,ct_state=+trk+new,actions=ct(commit,zone=5),normal
table=1,ip,ct_state=+trk+est,actions=normal
EOF
    check "ping" warm
    eventually "flows with ct" 10 report '[.interfaces[] |
        select(.namespace == "ns") | .egress.flows, .ingress.flows] |
        all(.[]; . > 0)'
    # nicsim accepts these rules, and leaves the packets to the kernel.
    sent "$PINGS pings through conntrack" \
        "[0,0,$PINGS,$SW,0,0,$PINGS,$SW,0,0,$PINGS,$SW,0,0,$PINGS,$SW]"
    # Which the counters tell.
    eventually "full but in software" 15 report '[.interfaces[] |
        select(.namespace == "ns") | .egress.paths |
        .["full-but-software"] > 0 and .full == 0] == [true, true]'
    check "nothing is unattributed" report \
        '.unattributed.ingress.sw.packets == 0 and
         .unattributed.egress.flows == 0'
    ovs-ofctl del-flows "$BR"
    ovs-ofctl add-flow "$BR" actions=normal
    ovs-vsctl del-fail-mode "$BR"
    no_flows
}

# Flows from before offload was on are reported, and healed if one says so.
repair() {
    reset_offload() {
        ethtool -K rep0 hw-tc-offload off
        ethtool -K rep1 hw-tc-offload off
    }
    reset_offload
    no_flows
    # Traffic goes on, so the flows do not expire.
    ip netns exec client ping -q -i 0.2 -W 2 10.0.0.2 >/dev/null &
    traffic=$!
    eventually "flows in software" 10 offloaded 0
    for i in 0 1; do
        ooc port/attach "vdpa$i" "iface-id=ns_${pods[i]}" "mac=$(mac_of $i)"
    done
    eventually "offload is on, and late" 5 ports_are 2 '.offload == "on" and
        (.reason | contains("revalidator/purge"))'
    check "the flows are still in software" offloaded 0
    ids offload-repair=true
    eventually "repaired" 15 offloaded 1
    eventually "and said" 5 ports_are 2 '.state == "attached" and .reason == ""'
    equal "by one purge" 1 "$(ooc event/list --format=json |
        jq '[.[] | select(.to == "revalidator/purge")] | length')"
    kill $traffic
    wait $traffic 2>/dev/null
    ids_rm offload-repair
}

# Without ports there are no pods.
gone() {
    check "ping" warm
    check "a pod that is not there" not ooc flow/report --pod=ns/nobody
    ctl_stop --cleanup
    ids offload-mode=observe
    ctl_start
    settle
    check "no ports, no pods" report \
        '[.interfaces[] | select(.namespace)] == []'
    ctl_stop
}

pods=(client server)
# The bridge's own IPv6 multicasts would be counted too.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
check "NIC" nic_up 2
reps_add 2
check "Open vSwitch" db_up
ids offload-mode=own
ctl_start
for i in 0 1; do
    check "vdpa$i" vdpa_add $i
    check "attach vdpa$i" \
        ooc port/attach vdpa$i "iface-id=ns_${pods[i]}" "mac=$(mac_of $i)"
done
eventually "both attached" 10 ports_are 2 '.state == "attached"'
for i in 0 1; do
    check "netdev of vdpa$i" wait_for 5 vdpa_netdev $i
    host_add "${pods[i]}" "$(vdpa_netdev $i)" "10.0.0.$((i + 1))/24"
done
ip -n client neigh replace 10.0.0.2 lladdr "$(mac_of 1)" dev eth0
ip -n server neigh replace 10.0.0.1 lladdr "$(mac_of 0)" dev eth0
theme hardware watched software scrape multi conntrack repair gone
finish
