# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The wire: a network namespace at its far end, directly and through tunnels.
. "$LAB/guest/lib.sh"

offloaded() { flows offloaded | grep -qE "$1"; }
# have REGEX: such a flow is in hardware
have() {
    wait_for 20 offloaded "$1" || { flows all; fail "not offloaded: $1"; }
    pass "offloaded: $1"
}

check "NIC" nic_up 1 wire_peer=1
check "OVS starts" ovs_start true none
flows_last
check "bridge" bridge_add
check "pod0 wired" pod_add 0
check "far end" host_add far wire0 10.0.0.9/24
uplink=$(port_of p0)
ip link set "$uplink" name p0 && ip link set p0 up

up "uplink on the bridge"
ovs-vsctl add-port "$BR" p0
ping_far() { ip netns exec pod0 ping -q -c "$1" -i 0.1 10.0.0.9; }
check "ping" ping_far 3
have 'in_port\(rep0\).*eth_type\(0x0800\).*actions:p0'
have 'in_port\(p0\).*eth_type\(0x0800\).*actions:rep0'
read -r packets bytes < <(counted p0)
check "10 pings" ping_far 10
equal "counted from the wire" "$((packets + 10)) $((bytes + 10 * 98))" \
    "$(counted p0)"
ovs-vsctl del-port p0

# tunnel TYPE KEY: pod0 reaches the address 10.0.KEY.9 at the far end
tunnel() {
    local type=$1 key=$2 dev=$3
    up "$type"
    ovs-vsctl add-port "$BR" tun -- set interface tun type="$type" \
        options:remote_ip=192.168.9.2 options:key="$key"
    ip -n far link add tun type "$type" id "$key" remote 192.168.9.1 "${@:4}"
    ip netns exec far sysctl -qw net.ipv6.conf.tun.disable_ipv6=1
    ip -n far addr add "10.0.$key.9/24" dev tun
    ip -n far link set tun up
    ip -n pod0 addr add "10.0.$key.1/24" dev eth0
    wait_for 5 ip netns exec pod0 ping -q -c 1 -W 1 "10.0.$key.9"
    check "ping" ip netns exec pod0 ping -q -c 5 -i 0.1 "10.0.$key.9"
    have "in_port\(rep0\).*eth_type\(0x0800\).*set\(tunnel\(.*$dev"
    have "tunnel\(.*in_port\($dev\).*eth_type\(0x0800\).*actions:rep0"
    ovs-vsctl del-port tun
    ip -n far link del tun
}
ip addr add 192.168.9.1/24 dev p0
ip -n far addr add 192.168.9.2/24 dev eth0
tunnel vxlan 77 vxlan_sys_4789 dstport 4789
tunnel geneve 78 genev_sys_6081

up "far end in a namespace while the NIC goes"
check "unload" rmmod nicsim
check "the wire is gone" not ip -n far link show eth0
