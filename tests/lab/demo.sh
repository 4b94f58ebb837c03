# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Guest script of "utilities/dev demo": the main job from nothing.  Two VFs of a
# switchdev NIC become the interfaces of two pods through their vDPA devices;
# the controller puts the representors on the bridge with offload on, and its
# report says that what the pods send is forwarded by the NIC.
#
# Succeeds if all of the traffic that is sent, and nothing else, is in the
# report's hardware counters of both pods.
#
# tests/lab/t/demo.sh runs it, and compares what it prints with README.md.
# shellcheck source=guest/lib.sh
. "$LAB/guest/lib.sh"

pods=(client server)
pings=20
packet_size=98                          # ping's 84 bytes, and Ethernet's 14.

# attached: does the controller say so of both pods' ports?
attached() {
    ooc_jq port/list '
        [.[] | select(.state == "attached" and .offload == "on")] |
        length == 2'
}

# report QUERY: of the flow report, per pod
report() {
    ooc_jq flow/report "
        [.interfaces[] | select(.namespace == \"demo\")] | sort_by(.pod) | $1"
}

# all_in_hardware: has each pod flows in both directions, and all in hardware?
all_in_hardware() {
    report 'length == 2 and all(.[] | .egress, .ingress;
                                .flows > 0 and .flows == .offloaded)'
}

# fresh: were the counters read just now?
fresh() { ooc_jq flow/report '.age_ms < 50'; }

# counters: client's egress and ingress, server's egress and ingress, each as
# packets and bytes in hardware, then packets in software
counters() {
    report '[.[] | .egress, .ingress |
             .hw.packets, .hw.bytes, .sw.packets]'
}

# Router solicitations would add flows of the bridge's own port.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1

up "a NIC with two VFs in switchdev mode, and a vDPA device on each"
check "NIC" nic_up 2
for i in 0 1; do
    # As udev does it on a node.
    check "representor pf0vf$i" ip link set "$(rep_of $i)" name pf0vf$i
    check "vdpa$i" vdpa_add $i
done
run devlink port show
run vdpa dev show

up "Open vSwitch and the controller"
check "ovsdb-server, ovs-vswitchd" ovs_start
check "flows that stay, however slow this is" flows_last
check "bridge $BR" bridge_add
check "ovs-offload-controller" daemon_start
check "mode own" ovs-vsctl set Open_vSwitch . external_ids:offload-mode=own

up "two pods"
for i in 0 1; do
    run ovs-offload port attach vdpa$i "iface-id=demo_${pods[i]}" \
        "mac=$(mac_of $i)" || fail "request for vdpa$i"
done
check "both attached, with offload on" wait_for 10 attached
for i in 0 1; do
    check "netdev of vdpa$i" wait_for 5 vdpa_netdev $i
    check "pod ${pods[i]}" host_add "${pods[i]}" "$(vdpa_netdev $i)" \
        "10.0.0.$((i + 1))/24"
done
# Known neighbours: no ARP among what is counted below.
ip -n client neigh replace 10.0.0.2 lladdr "$(mac_of 1)" dev eth0
ip -n server neigh replace 10.0.0.1 lladdr "$(mac_of 0)" dev eth0

up "traffic"
ping_server() {
    ip netns exec client ping -q -c "$1" -i 0.1 -W 2 10.0.0.2
}
# The first packets go through ovs-vswitchd, which makes the flows.
check "first pings" ping_server 3
check "flows of both pods in hardware" wait_for 5 all_in_hardware
check "counters" wait_for 10 fresh
before=$(counters)
check "$pings pings" ping_server $pings
sent=$(jq -nc "[range(4) | $pings, $((pings * packet_size)), 0]")
all_counted() {
    counted=$(jq -nc "[$(counters), $before] | transpose | map(.[0] - .[1])")
    [ "$counted" = "$sent" ]
}
wait_for 10 all_counted || fail "counted $counted, not $sent"
pass "each pod sent and received $pings packets in hardware, none in software"

up "what the controller says"
run ovs-offload port list || fail "port list"
run ovs-offload flow report || fail "flow report"
check "flows of both pods in hardware" all_in_hardware
no_complaint
