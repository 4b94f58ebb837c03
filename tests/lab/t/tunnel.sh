# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A geneve tunnel without OVN: a pod on a representor talks to a host at the far
# end of the wire.  What is encapsulated is the pod's egress, what is
# decapsulated its ingress; the tunnel, the uplink and the bridges' own ports
# have rows of their own.
#
# lab: secs=720
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/ovn.sh
. "$LAB/t/lib/ovn.sh"
# shellcheck source=lib/flows.sh
. "$LAB/t/lib/flows.sh"

PINGS=10
FAR_POD=10.0.0.9
INNER=$((PINGS * 84))           # Bytes without Ethernet headers.
OUTER=$((PINGS * (84 + 14 + 8 + 8 + 20)))       # With IP, UDP and geneve.
FRAMES=$((OUTER + PINGS * 14))  # As they leave br-ex.

# neighbours: all have each other's addresses, so there is no ARP
neighbours() {
    ip -n client neigh replace $FAR_POD dev eth0 \
        lladdr "$(ip -n far -j link show gnv | jq -r '.[0].address')"
    ip -n far neigh replace 10.0.0.1 lladdr "$(mac_of 0)" dev gnv
    ip neigh replace $FAR_IP dev br-ex \
        lladdr "$(ip -n far -j link show eth0 | jq -r '.[0].address')"
    ip -n far neigh replace $NEAR_IP dev eth0 \
        lladdr "$(ip -j link show br-ex | jq -r '.[0].address')"
}

# there PATTERN...: such IPv4 flows are
there() {
    local pattern
    for pattern; do
        dump | grep 'eth_type(0x0800)' | grep -qE "$pattern" || return
    done
}

# --- themes ------------------------------------------------------------------

# nicsim says that the flows of the tunnel are in hardware, and leaves them to
# software.
tunnel() {
    local rows sums
    check "ping" ping_pod client $FAR_POD 3
    eventually "flows" 10 there \
        'in_port\(rep0\).*dp:tc, actions:set\(tunnel\(.*genev_sys_6081' \
        'in_port\(genev_sys_6081\).*dp:tc, actions:rep0' \
        'in_port\(br-ex\).*dp:tc, actions:p0' \
        'in_port\(p0\).*dp:tc, actions:br-ex'
    neighbours
    # Egress and ingress of each, nothing of it in hardware.
    sums="0,0,$PINGS,$INNER,0,0,$PINGS,$INNER"          # The pod.
    sums+=",0,0,$PINGS,$INNER,0,0,$PINGS,$INNER"        # The tunnel.
    sums+=",0,0,$PINGS,$OUTER,0,0,$PINGS,$FRAMES"       # The uplink.
    sums+=",0,0,$PINGS,$FRAMES,0,0,$PINGS,$OUTER"       # The bridge.
    rows="rep0 genev_sys_6081 p0 br-ex"
    moves "$PINGS pings from the pod" "[$sums]" "$rows" \
        ping_pod client $FAR_POD $PINGS
    moves "$PINGS pings from the far end" "[$sums]" "$rows" \
        ping_pod far 10.0.0.1 $PINGS
    check "a pod" row_of rep0 \
        '.kind == "pod" and .pod == "client" and .iface_id == "ns_client"'
    check "a tunnel" row_of genev_sys_6081 '.kind == "tunnel" and .pod == null'
    check "an uplink" row_of p0 '.kind == "uplink"'
    check "on its bridge, of its PF" row_of p0 \
        ".bridge == \"br-ex\" and .pfs == [\"$NIC\"]"
    check "as topology has it" topology_has "uplink p0: [0-9]+ of [0-9]+ flows" \
        "bridge br-ex"
    check "an internal port" row_of br-ex '.kind == "internal"'
    check "all is known" all_known
    eventually "the same flows as ovs-vswitchd has" 20 same_flows
    check "the same actions" same_actions
    check "encapsulated" listed_as \
        'in_port\(rep0\),.*eth_type\(0x0800\)' '.sender.pod == "client" and
         .path == "full-but-software" and .receivers[0].kind == "tunnel"'
    check "decapsulated" listed_as \
        'in_port\(genev_sys_6081\),.*eth_type\(0x0800\)' \
        '.sender.kind == "tunnel" and .path == "full-but-software" and
         .receivers[0].pod == "client"'
    check "flow/check finds nothing wrong" ooc flow/check
}

# topology_has LINE NEXT: a line of the client's tree, and the next one
topology_has() {
    "$(dirname "$(type -p ovs-offload-controller)")/../utilities/ovs-offload" \
        topology | grep -E -A1 -- "-- $1" | grep -E -- "-- $2"
}

# The kernel's device goes with the last tunnel, and comes with the next.
gone() {
    ovs-vsctl del-port gnv0
    check "no device" not ip link show genev_sys_6081
    eventually "no row" 10 not row_of genev_sys_6081 .
    eventually "nothing is left of its flows" 15 report \
        '.stale.egress.flows == 0 and .stale.ingress.flows == 0'
    check "ledgers add up" adds_up
    tunnel_add
    check "ping" ping_pod client $FAR_POD 3
    eventually "it is back" 10 row_of genev_sys_6081 \
        '.egress.flows > 0 and .ingress.flows > 0'
    check "ledgers still add up" adds_up
    check "all is still known" all_known
}

tunnel_add() {
    ovs-vsctl add-port "$BR" gnv0 -- set interface gnv0 type=geneve \
        options:remote_ip=$FAR_IP options:key=78
}

check "NIC" nic_up 1 wire_peer=1
reps_add 1
check "Open vSwitch" db_up
flows_last
check "uplink" uplink_up
check "far end" far_up
check "client" pod_plug 0 client
check "tunnel" tunnel_add
ip -n far link add gnv type geneve id 78 remote $NEAR_IP
ip -n far addr add $FAR_POD/24 dev gnv
ip -n far link set gnv up
ctl_start
settle
theme tunnel gone
finish
