# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Connection tracking and recirculation: the NIC accepts these flows.  nicsim
# does not execute them, TC's software path does, and counts them without the
# Ethernet header.
. "$LAB/guest/lib.sh"

check "NIC" nic_up 2
check "OVS starts" ovs_start true none
flows_last
check "bridge" bridge_add
ovs-vsctl set-fail-mode "$BR" secure
for i in 0 1; do
    check "pod$i wired" pod_add $i
done
ovs-ofctl add-flows "$BR" - <<F
table=0,arp,actions=normal
table=0,ip,ct_state=-trk,actions=ct(table=1,zone=5)
table=1,ip,ct_state=+trk+new,actions=ct(commit,zone=5),normal
table=1,ip,ct_state=+trk+est,actions=normal
F
check "ping" pod_ping 0 1 6
have() {
    shown() { flows offloaded | grep -qE "$1"; }
    wait_for 20 shown "$1" || { flows all; fail "not offloaded: $1"; }
    pass "offloaded: $1"
}
have 'ct_state\(-trk\),recirc_id\(0\),in_port\(rep0\).*actions:ct\(zone=5\),recirc'
have 'ct_state\(\+new\+trk\),recirc_id\(0x[0-9a-f]+\),in_port\(rep0\).*actions:ct\(commit,zone=5\),rep1'
have 'ct_state\(\+est\+trk\),recirc_id\(0x[0-9a-f]+\),in_port\(rep0\).*actions:rep1'
have 'ct_state\(\+est\+trk\),recirc_id\(0x[0-9a-f]+\),in_port\(rep1\).*actions:rep0'
equal "IPv4 flows left in software" 0 \
    "$(flows non-offloaded | grep -c 'eth_type(0x0800)')"
check "rules in a chain other than 0" grep -q 'flower chain [1-9]' \
    <(tc filter show dev rep0 ingress)
check "connections are tracked" grep -q 'src=10.0.0.1 dst=10.0.0.2.*zone=5' \
    /proc/net/nf_conntrack
