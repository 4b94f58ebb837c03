# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# With ct_hw, packets of a connection that is established take all their way in
# hardware; those that begin and end it, and protocols that the kernel does not
# offload, do not.
#
# lab: secs=720
. "$LAB/guest/lib.sh"

LINES_=200

# hw PORT: packets that the NIC has counted on a port's IPv4 rules, in all chains
hw() {
    tc -s -j filter show dev "$1" ingress | jq '
        [.[] | select(.protocol == "ip") | .options? |
         select(.actions?) | [.actions[].stats.hw_packets // 0] | max] | add'
}
# software PORT: packets that came up from it
software() { cat "/sys/class/net/$1/statistics/rx_packets"; }

check "NIC" nic_up 2 ct_hw=1
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
tcp_server pod1 8080
check "ping" pod_ping 0 1 5
for i in 0 1; do
    ip -n pod$i neigh change 10.0.0.$((2 - i)) dev eth0 nud permanent
done

up "a connection"
tcp_open pod0 10.0.0.2 8080
check "it talks" tcp_talk 10
check "it is in hardware" wait_for 20 tcp_in_hardware 5
check "it goes on talking" tcp_talk 10
for rep in rep0 rep1; do
    before[${#before[@]}]=$(software $rep)
    hw_before[${#hw_before[@]}]=$(hw $rep)
done
check "$LINES_ lines there and back" tcp_talk $LINES_
for i in 0 1; do
    equal "packets from pod$i that came to the representor" \
        "${before[i]}" "$(software rep$i)"
    counted=$(($(hw rep$i) - hw_before[i]))
    # In the chain that looks the connection up, and in the one that forwards.
    check "counted in hardware, in both chains ($counted)" \
        [ $counted -ge $((2 * LINES_)) ]
done

up "its end"
tcp_close
check "no longer in hardware" wait_for 60 not tcp_in_hardware 5
tcp_open pod0 10.0.0.2 8080
check "the next one talks" tcp_talk 10
check "and is in hardware" wait_for 20 tcp_in_hardware 5
tcp_close

up "what the kernel does not offload"
pings_before=$(software rep0)
check "20 pings" pod_ping 0 1 20
equal "came to the representor" $((pings_before + 20)) "$(software rep0)"

up "rules go while a connection is in hardware"
tcp_open pod0 10.0.0.2 8080
check "it talks" tcp_talk 10
check "it is in hardware" wait_for 20 tcp_in_hardware 5
ovs-appctl revalidator/purge
check "it still talks" tcp_talk 10
check "unload" rmmod nicsim
no_complaint
