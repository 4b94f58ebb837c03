# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Flows as real OVN makes them: two pods here and one behind a tunnel, on one
# logical switch with stateful ACLs and a load balancer.  Chains that tc and the
# kernel datapath share, connection tracking, packets that are dropped: each
# flow is some pod's, and the report says the same as ovs-vswitchd.
#
# lab: secs=1440
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/ovn.sh
. "$LAB/t/lib/ovn.sh"
# shellcheck source=lib/flows.sh
. "$LAB/t/lib/flows.sh"

VIP=10.0.0.100

PINGS=10
SW=$((PINGS * 84))              # Bytes as the kernel counts them on ingress.
# Egress and ingress of an interface that PINGS pings went through.
BOTH=0,0,$PINGS,$SW,0,0,$PINGS,$SW

# refused NAME ADDRESS PORT: no connection from a pod
refused() { ! timeout 2 ip netns exec "$1" bash -c ": </dev/tcp/$2/$3"; }

# traffic: some of each kind, so that all flows are there
traffic() {
    check "ping on the node" ping_pod client 10.0.0.2 5
    check "ping through the tunnel" ping_pod client 10.0.0.3 5
    check "TCP on the node" talk client 10.0.0.2 8080 20
    check "TCP from the far pod" talk remote 10.0.0.2 8080 20
    check "TCP to the load balancer" talk client $VIP 80 20
    check "what no ACL allows is dropped" refused client 10.0.0.2 80
    check "also from the far pod" refused remote 10.0.0.1 80
}

# --- themes ------------------------------------------------------------------

# What ovs-vswitchd says: it is what the other themes are compared with.
topology() {
    local pattern
    for pattern in \
        "in_port\(rep0\).*dp:tc, actions:ct\(zone=$(zone client),nat\)" \
        'in_port\(rep0\).*offloaded:yes.*actions:ct\(commit,.*\),rep1' \
        'in_port\(rep0\).*offloaded:yes.*set\(tunnel\(.*genev_sys_6081' \
        'in_port\(genev_sys_6081\).*offloaded:yes.*actions:rep1' \
        'in_port\(genev_sys_6081\).*offloaded:yes.*actions:rep0' \
        'in_port\(br-ex\).*dp:tc, actions:p0' \
        'in_port\(rep0\).*dp:ovs, actions:hash\(l4\(0\)\),recirc' \
        'dp_hash\(0x?[0-9a-f]*/0xf\).*in_port\(rep0\).*dp:ovs' \
        'in_port\(rep0\).*actions:drop' \
        'in_port\(genev_sys_6081\).*actions:drop'
    do
        check "$pattern" eval 'dump | grep -E "$pattern"'
    done
}

# counts_as_ovs NAME [REGEX]: its egress is what flows of the first chain count,
# its ingress what flows count that have it as output or match REGEX
counts_as_ovs() {
    local egress ingress
    egress=$(sum_theirs "recirc_id\\(0\\),.*in_port\\($1\\)")
    ingress=$(sum_theirs "actions:(.*[,)])?$1(,|\$)${2:+|$2}")
    [ "$egress" -gt 0 ] && [ "$ingress" -gt 0 ] &&
        row_of "$1" "(.egress.hw.packets + .egress.sw.packets == $egress) and
                     (.ingress.hw.packets + .ingress.sw.packets == $ingress)"
}

# What an ACL drops behind a tunnel has no output: it is the pod's whose zone of
# conntrack it went through.
dropped() {
    echo "recirc_id\(0\),.*in_port\(genev_sys_6081\).*proto=6,.*actions:$(:
         )ct\(zone=$(zone client),nat\)"
}

attributed() {
    local name
    check "OVN plugs ports here" status '.config.mode == "assist"'
    eventually "rep0 has what ovs-vswitchd says" 15 \
        counts_as_ovs rep0 "$(dropped)"
    for name in rep1 genev_sys_6081 p0 br-ex; do
        eventually "$name has what ovs-vswitchd says" 15 counts_as_ovs $name
    done
    check "no packet without sender or receiver" all_known
    check "ledgers add up" adds_up
    moves "$PINGS pings on the node" "[$BOTH,$BOTH]" "rep0 rep1" \
        ping_pod client 10.0.0.2 $PINGS
    moves "$PINGS pings through the tunnel" "[$BOTH,$BOTH]" \
        "rep0 genev_sys_6081" ping_pod client 10.0.0.3 $PINGS
    check "still none without sender or receiver" all_known
    equal "transactions of ours" 0 "$(writes)"
}

listed() {
    eventually "the same flows as ovs-vswitchd has" 20 same_flows
    eventually "the same actions" 20 same_actions
    check "flow/check finds nothing wrong" ooc flow/check
    # The kernel offloads no connections of ICMP, though the NIC says of all
    # rules that they are in hardware.
    check "ICMP on the node" listed_as \
        'recirc_id\(0\),.*in_port\(rep0\),.*dst=02:00:00:00:00:02.*proto=1,' \
        '.path == "full-but-software" and .sender.pod == "client"'
    check "into the tunnel" listed_as \
        'recirc_id\(0\),.*in_port\(rep0\),.*dst=02:00:00:00:00:03.*proto=1,' \
        '.path == "full-but-software"'
    check "out of the tunnel" listed_as \
        'recirc_id\(0\),.*in_port\(genev_sys_6081\),.*proto=1,' \
        '.path == "full-but-software" and .sender.kind == "tunnel"'
    check "dropped behind the tunnel" listed_as "$(dropped)" \
        '[.receivers[].pod] == ["client"]'
    # Some of the chain is not in tc at all.
    check "to the load balancer" listed_as \
        "recirc_id\(0\),.*in_port\(rep0\).*dst=$VIP," '.path == "partial"'
    check "the hash of the balancer" listed_as 'actions:hash' \
        '.dp == "ovs" and .sender.pod == "client" and
         .reason.class == "kernel-datapath" and
         .reason.evidence == "kernel datapath only: action hash"'
    check "the choice of the balancer" list \
        '[.flows[] | select(.reason.evidence ==
                            "kernel datapath only: match dp_hash")] |
         length > 0 and all(.[]; .dp == "ovs" and .sender.pod == "client" and
                                 .reason.class == "kernel-datapath")'
    check "a reason for each flow that is not in hardware" list \
        '.flows | all(.[]; .offloaded or .reason != null)'
    check "and for none that is" list \
        '.flows | all(.[]; (.offloaded | not) or .reason == null)'
    check "--not-offloaded" eval '
        [ "$(list --not-offloaded "[.flows[].ufid] | sort")" = \
          "$(list "[.flows[] | select(.offloaded | not) | .ufid] | sort")" ]'
    check "--pod" eval '
        [ "$(list --pod=ns/server "[.flows[].ufid] | sort")" = \
          "$(list "[.flows[] | select(.sender.pod == \"server\" or
                   any(.receivers[]; .pod == \"server\")) | .ufid] |
                   sort")" ]'
    check "paths of the client" row_of rep0 '.egress.paths |
        .partial >= 1 and .["full-but-software"] >= 2 and .unknown == 0'
    check "reasons of the client" row_of rep0 '[.reasons[].evidence] |
        index("kernel datapath only: action hash") and
        index("kernel datapath only: match dp_hash")'
    check "no reason for the server but for ARP" row_of rep1 \
        '[.reasons[].evidence] == ["kernel datapath only: action userspace"]'
}

# hw_of NAME: packets that the pod sent and received in hardware
hw_of() { row_of "$1" '.egress.hw.packets, .ingress.hw.packets' | xargs; }

# hw_at_least NAME SENT RECEIVED
hw_at_least() {
    local sent received
    read -r sent received < <(hw_of "$1")
    [ "$sent" -ge "$2" ] && [ "$received" -ge "$3" ]
}

# talks_as REGEX QUERY: after some more lines, the flow is listed as that
talks_as() { tcp_talk 20 && listed_as "$@"; }

# no_flows: of IPv4, for a while
no_flows() {
    ovs-appctl revalidator/purge
    ! dump | grep 'eth_type(0x0800)' | grep -qE 'in_port\(rep[01]\)'
}

# What the NIC really forwards: connections that are established.  Packets that
# open one are for software: on the client's path, if a flow ever counted them.
established() {
    local sent received name
    eventually "old flows are gone" 15 no_flows
    tcp_open client 10.0.0.2 8080
    check "a connection" tcp_talk 5
    for name in client server; do
        eventually "of which the NIC knows in the zone of the $name" 20 \
            tcp_in_hardware "$(zone $name)"
    done
    read -r sent received < <(hw_of rep0)
    check "200 lines there and back" tcp_talk 200
    eventually "counted in hardware" 10 hw_at_least rep0 \
        $((sent + 200)) $((received + 200))
    eventually "the way back is in hardware" 20 talks_as \
        'recirc_id\(0\),.*in_port\(rep1\),.*dst=02:00:00:00:00:01.*proto=6,' \
        '.path == "full" and .hw_percent == 100'
    eventually "and the way there, maybe but for its beginning" 20 talks_as \
        'recirc_id\(0\),.*in_port\(rep0\),.*dst=02:00:00:00:00:02.*proto=6,' \
        '(.path | startswith("full")) and .hw_percent == 100'
    check "as the report says" row_of rep1 '.egress.paths.full >= 1'
    tcp_close
    check "ledgers add up" adds_up
    check "flow/check finds nothing wrong" ooc flow/check
}

check "NIC" nic_up 2 wire_peer=1 ct_hw=1
reps_add 2
check "Open vSwitch" db_up
flows_last
check "uplink" uplink_up
check "far end" far_up
check "Open vSwitch there" far db_up false
check "OVN" ovn_central
ovn-nbctl ls-add node
pods=(client server remote)
for i in 0 1 2; do
    check "logical port of ${pods[i]}" lport $i "${pods[i]}"
done
check "ACLs" ovn-nbctl \
    acl-add node from-lport 1001 ip4 allow-related -- \
    acl-add node to-lport 1001 'ip4 && (icmp4 || tcp.dst == 8080)' \
        allow-related -- \
    acl-add node to-lport 1000 ip4 drop
check "load balancer" ovn-nbctl lb-add web $VIP:80 10.0.0.2:8080 tcp -- \
    ls-lb-add node web
check "this chassis" ovn_chassis near $NEAR_IP
check "the other" far ovn_chassis far $FAR_IP
check "client" pod_plug 0 client
check "server" pod_plug 1 server
check "remote" far_plug 2 remote
eventually "OVN has the pods here" 60 installed client server
eventually "and there" 60 far installed remote
# No router answers for that address.
ip -n client neigh replace $VIP lladdr "$(mac_of 1)" dev eth0
tcp_server server 8080
ctl_start
settle
traffic
theme topology attributed listed established
finish
