# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Flows as real OVN makes them: two pods here and one behind a tunnel, on one
# logical switch with stateful ACLs and a load balancer.  Chains that tc and the
# kernel datapath share, connection tracking, packets that are dropped: each
# flow is some pod's, and the report says the same as ovs-vswitchd.
#
# lab: secs=300
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/ovn.sh
. "$LAB/t/lib/ovn.sh"
# shellcheck source=lib/flows.sh
. "$LAB/t/lib/flows.sh"

VIP=10.0.0.100

# --- themes ------------------------------------------------------------------

# What ovs-vswitchd says: it is what the other themes are compared with.
topology() {
    check "ping on the node" ping_pod client 10.0.0.2 5
    check "ping through the tunnel" ping_pod client 10.0.0.3 5
    check "TCP on the node" talk client 10.0.0.2 8080 20
    check "TCP from the far pod" talk remote 10.0.0.2 8080 20
    check "TCP to the load balancer" talk client $VIP 80 20
    check "what no ACL allows is dropped" not talk client 10.0.0.2 80 1
    for pattern in \
        "in_port\(rep0\).*dp:tc, actions:ct\(zone=$(zone client),nat\)" \
        'in_port\(rep0\).*offloaded:yes.*actions:ct\(commit,.*\),rep1' \
        'in_port\(rep0\).*offloaded:yes.*set\(tunnel\(.*genev_sys_6081' \
        'in_port\(genev_sys_6081\).*offloaded:yes.*actions:rep1' \
        'in_port\(genev_sys_6081\).*offloaded:yes.*actions:rep0' \
        'in_port\(br-ex\).*dp:tc, actions:p0' \
        'in_port\(rep0\).*dp:ovs, actions:hash\(l4\(0\)\),recirc' \
        'dp_hash\(0x?[0-9a-f]*/0xf\).*in_port\(rep0\).*dp:ovs' \
        'in_port\(rep0\).*actions:drop'
    do
        check "$pattern" eval 'dump | grep -E "$pattern"'
    done
}

check "NIC" nic_up 2 wire_peer=1
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
echo_start server 8080
theme topology
finish
