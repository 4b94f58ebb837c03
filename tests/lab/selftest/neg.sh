# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# When flows are not offloaded: hw-tc-offload off, a refused rule, tc-policy.
. "$LAB/guest/lib.sh"

ip4() { ovs-appctl dpctl/dump-flows -m "type=$1" | grep 'eth_type(0x0800)'; }
count() { ip4 all | grep -c "$1"; }
# state NAME N DP: traffic goes on, both IPv4 flows are in datapath DP, N of
# them offloaded
as_wanted() { [ "$(count "dp:$2")" = 2 ] && [ "$(count offloaded:yes)" = "$1" ]; }
state() {
    check "ping" pod_ping 0 1 4
    wait_for 20 as_wanted "$2" "$3" || { ip4 all; fail "$1"; }
    pass "$1"
}
hw_tc() {
    local i
    for i in 0 1; do
        ethtool -K rep$i hw-tc-offload "$1"
    done
}
fail_proto() {
    echo "$1" >/sys/module/nicsim/parameters/fail_proto
    ovs-appctl revalidator/purge
}

check "NIC, hw-tc-offload off" nic_up 2 hw_tc=0
check "OVS starts" ovs_start true none
flows_last
check "bridge" bridge_add
for i in 0 1; do
    check "pod$i wired" pod_add $i
done
state "off" 0 tc
hw_tc on
state "turned on with flows in place" 0 tc
ovs-appctl revalidator/purge
state "after revalidator/purge" 2 tc
hw_tc off
state "turned off with flows in place" 2 tc
ovs-appctl revalidator/purge
state "after revalidator/purge" 0 tc
hw_tc on
fail_proto 2048
state "refused by the NIC" 0 tc
ovs-vsctl set Open_vSwitch . other_config:tc-policy=skip_sw
fail_proto 2048
state "tc-policy changed at run time: nothing changes" 0 tc
check "OVS stops" ovs_stop
check "OVS starts with tc-policy skip_sw" ovs_start true skip_sw
flows_last
check "bridge" bridge_add
for i in 0 1; do
    check "port" ovs-vsctl add-port "$BR" rep$i
done
state "refused by the NIC" 0 ovs
fail_proto 0
state "accepted" 2 tc
