# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The whole chain: NIC, VFs, switchdev, vDPA, OVS, ping, exact hardware
# counters, expiry.
. "$LAB/guest/lib.sh"

up NIC
check "NIC probed" nic_up 2
equal "sriov_numvfs" 2 "$(cat "$PF/sriov_numvfs")"
equal "VF 0 points back to its PF" "$NIC" \
    "$(basename "$(readlink -f "$PF/virtfn0/physfn")")"
equal "eswitch mode" switchdev \
    "$(devlink -j dev eswitch show "pci/$NIC" | grep -o switchdev)"
equal "devlink VF ports" 2 "$(devlink port show | grep -c 'flavour pcivf')"
equal "representor and uplink share a switch id" \
    "$(switch_id "$(port_of p0)")" "$(switch_id "$(rep_of 1)")"

up vDPA
for i in 0 1; do
    check "vdpa$i added" vdpa_add $i
done
equal "vdpa0 is on virtio_vdpa" virtio_vdpa \
    "$(basename "$(readlink -f /sys/bus/vdpa/devices/vdpa0/driver)")"
check "vdpa0 has a virtio netdev" wait_for 5 vdpa_netdev 0

up OVS
check "OVS starts" ovs_start true none
flows_last
check "bridge" bridge_add
for i in 0 1; do
    check "pod$i wired" pod_add $i
done
# Without handler threads no flow is ever installed.
grep -q '^handler' /proc/"$(pid_of ovs-vswitchd)"/task/*/comm ||
    fail "OVS has no handler threads"

up ping
rx() { cat /sys/class/net/rep0/statistics/rx_packets; }
both() { [ "$(flows offloaded | grep -c 'eth_type(0x0800)')" = 2 ]; }
check "ping pod0 -> pod1" pod_ping 0 1 3
check "both directions are offloaded" wait_for 20 both
equal "IPv4 flows left in software" 0 \
    "$(flows non-offloaded | grep -c 'eth_type(0x0800)')"
equal "rules in hardware on rep0" 1 \
    "$(tc -s filter show dev rep0 ingress protocol ip |
       grep -c 'in_hw in_hw_count 1')"
# No ARP from here on.
for i in 0 1; do
    ip -n pod$i neigh change 10.0.0.$((2 - i)) dev eth0 nud permanent
done
read -r packets0 bytes0 < <(counted rep0)
read -r packets1 bytes1 < <(counted rep1)
before=$(rx)
check "20 pings" pod_ping 0 1 20
# 98 bytes each, Ethernet header included, in each direction.
equal "counted from pod0" "$((packets0 + 20)) $((bytes0 + 20 * 98))" \
    "$(counted rep0)"
equal "counted from pod1" "$((packets1 + 20)) $((bytes1 + 20 * 98))" \
    "$(counted rep1)"
equal "packets that reached the representor" "$before" "$(rx)"

up expiry
ovs-vsctl set Open_vSwitch . other_config:max-idle=1000
none() { ! flows offloaded | grep -q 'eth_type(0x0800)'; }
check "flows expire" wait_for 30 none
