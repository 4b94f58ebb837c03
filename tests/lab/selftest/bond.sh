# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Two uplinks of one eswitch in a bond: rules on the block that OVS shares
# between the bond's members, rules that send to the bond, fail-over.
. "$LAB/guest/lib.sh"

check "two PFs, one eswitch" nic_up 1 num_pfs=2 shared_esw=1 wire_peer=1
check "second PF" devlink dev eswitch set "pci/$(pf_addr 1)" mode switchdev
check "bond" bond_add
check "OVS starts" ovs_start true none
flows_last
check "bridge" bridge_add
check "pod0 wired" pod_add 0
check "bond on the bridge, shared block" bond_port
ping_far() { ip netns exec pod0 ping -q -c "$1" -i 0.1 -W 1 10.0.0.9; }
wait_for 10 ping_far 1
check "ping" ping_far 10
offloaded() {
    [ "$(flows offloaded | grep 'eth_type(0x0800)' |
         grep -cE 'in_port\((rep0|bond0)\).*actions:(bond0|rep0)')" = 2 ]
}
wait_for 20 offloaded || { flows all; fail "not offloaded"; }
pass "both directions are offloaded"

check "its rules are in hardware at both members" \
    grep -q 'in_hw_count 2' <(tc filter show block "$(block_of p1)")
packets() { cat "/sys/class/net/$1/statistics/${2}_packets"; }
rep=$(packets rep0 rx) up0=$(packets p0 rx)
far=$(ip netns exec far cat /sys/class/net/wire0/statistics/rx_packets)
check "ping" ping_far 10
# Some ARP may be among them.
check "few packets reached the representor" \
    test "$(packets rep0 rx)" -lt $((rep + 5))
check "few packets reached the uplink" \
    test "$(packets p0 rx)" -lt $((up0 + 5))
check "they left by the active member" test \
    "$(ip netns exec far cat /sys/class/net/wire0/statistics/rx_packets)" \
    -ge $((far + 10))

up "fail-over"
check "the other member" \
    eval "echo p1 >/sys/class/net/bond0/bonding/active_slave"
far=$(ip netns exec far cat /sys/class/net/wire1/statistics/rx_packets)
check "ping" ping_far 10
check "on the other wire" test \
    "$(ip netns exec far cat /sys/class/net/wire1/statistics/rx_packets)" \
    -ge $((far + 10))

up "the bond's own block"
ovs_stop
# OVS leaves the shared block behind.
for dev in bond0 p0 p1; do
    tc qdisc del dev $dev ingress
done
tc qdisc add dev bond0 ingress
check "a rule on the bond" tc filter add dev bond0 ingress protocol ip prio 1 \
    flower dst_mac "$(mac_of 0)" action mirred egress redirect dev rep0
check "is in hardware" grep -q 'in_hw_count 1' \
    <(tc filter show dev bond0 ingress)
ip -n far neigh replace 10.0.0.1 lladdr "$(mac_of 0)" dev br0
ip netns exec far ping -q -c 5 -i 0.1 -W 1 10.0.0.1
check "and counts" grep -q 'Sent hardware [1-9]' \
    <(tc -s filter show dev bond0 ingress)
check "unload with the bond in place" rmmod nicsim
