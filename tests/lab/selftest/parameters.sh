# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The parameters of nicsim, one after the other, without OVS.
. "$LAB/guest/lib.sh"

# fresh N [PARAM=VALUE...]: nicsim anew, N VFs, in switchdev mode
fresh() {
    up "$*"
    [ ! -e /sys/module/nicsim ] || rmmod nicsim || fail "rmmod"
    nic_up "$@" || fail "no NIC with $*"
}
ports() { devlink port show | grep -c '^pci/'; }
hw_tc() { ethtool -k "$1" | sed -n 's/^hw-tc-offload: //p'; }
handle_of() { basename "$(readlink -f "/sys/class/net/$1/device")"; }

fresh 3
equal "VF 2" 0000:65:00.3 "$(vf_addr 2)"
equal "total VFs" 8 "$(cat "$PF/sriov_totalvfs")"
check "VFs have netdevs" vf_netdev 2
check "a representor's MTU may be large" ip link set "$(rep_of 0)" mtu 9000
equal "parent of a representor" "$NIC" "$(handle_of "$(rep_of 1)")"
equal "devlink ports" 4 "$(ports)"
for vf in 0 1 2; do
    equal "netdev of VF $vf's port" "$(rep_of $vf)" \
        "$(devlink port show "pci/$NIC/$((vf + 1))" |
           sed -n "s/.* netdev \(.*\) flavour .* vfnum $vf .*/\1/p")"
done

up "addresses of VFs"
uplink=$(port_of p0)
check "set by ip link" ip link set "$uplink" vf 1 mac 02:11:22:33:44:55
check "shown by devlink" grep -q 02:11:22:33:44:55 \
    <(devlink port show "pci/$NIC/2")
check "shown by ip link" grep -q 'vf 1 .*02:11:22:33:44:55' \
    <(ip link show "$uplink")
check "no VF 3" not ip link set "$uplink" vf 3 mac 02:11:22:33:44:55
check "the VF is probed again" eval \
    "echo $(vf_addr 1) >/sys/bus/pci/drivers/nicsim_vf/unbind &&
     echo $(vf_addr 1) >/sys/bus/pci/drivers/nicsim_vf/bind"
equal "its address" 02:11:22:33:44:55 \
    "$(cat "/sys/class/net/$(vf_netdev 1)/address")"
check "set by devlink" devlink port function set "pci/$NIC/1" \
    hw_addr 02:11:22:33:44:56
check "a vDPA device takes it" vdpa dev add name v mgmtdev "pci/$(vf_addr 0)"
check "... over" grep -q 02:11:22:33:44:56 <(vdpa dev config show v)

fresh 2 no_devlink_ports=1
equal "devlink ports" 0 "$(ports)"
check "representor by name" rep_of 1
equal "switch id" "$(switch_id "$(port_of p0)")" "$(switch_id "$(rep_of 0)")"
check "not empty" test -n "$(switch_id "$(rep_of 0)")"
check "legacy mode" devlink dev eswitch set "pci/$NIC" mode legacy
check "no switch id in legacy mode" not switch_id "$(port_of p0)"
check "no representor in legacy mode" not rep_of 0

fresh 2 controller_names=1
check "name with a controller" port_of c1pf0vf1
equal "devlink says so" 2 \
    "$(devlink port show | grep -c 'controller 1 .* external true')"
fresh 2 controller_names=1 no_devlink_ports=1
check "name with a controller, without ports" port_of c1pf0vf1

fresh 2 hw_tc=0
rep=$(rep_of 0)
equal "hw-tc-offload" off "$(hw_tc "$rep")"
check "turned on" ethtool -K "$rep" hw-tc-offload on
equal "hw-tc-offload" on "$(hw_tc "$rep")"
fresh 2 hw_tc=1
equal "hw-tc-offload" on "$(hw_tc "$(rep_of 0)")"
fresh 2 hw_tc=2
equal "hw-tc-offload" "off [fixed]" "$(hw_tc "$(rep_of 0)")"
fresh 2 hw_tc=3
rep=$(rep_of 0)
ethtool -K "$rep" hw-tc-offload on
equal "hw-tc-offload" off "$(hw_tc "$rep" | cut -d' ' -f1)"

netdev_delay=/sys/module/nicsim/parameters/netdev_delay_ms
fresh 0 netdev_delay_ms=600000
echo 2 >"$PF/sriov_numvfs"
equal "devlink ports" 3 "$(ports)"
equal "ports without a netdev" 2 "$(devlink port show | grep -c 'type notset')"
check "no representor yet" not rep_of 0
echo 0 >$netdev_delay
check "it comes when the delay is made shorter" wait_for 5 rep_of 1
equal "ports without a netdev" 0 "$(devlink port show | grep -c 'type notset')"
echo 600000 >$netdev_delay
echo 0 >"$PF/sriov_numvfs"
echo 2 >"$PF/sriov_numvfs"
check "deleted before the netdev is there" \
    devlink dev eswitch set "pci/$NIC" mode legacy
equal "devlink ports" 1 "$(ports)"

fresh 2 vf_netdev=0
check "no netdev" not vf_netdev 0
fresh 2 vf_vdpa=0
equal "management devices" "" "$(vdpa mgmtdev show)"

fresh 2 fail_proto=2048
rep=$(rep_of 0)
tc qdisc add dev "$rep" ingress
add() {
    tc filter add dev "$rep" ingress protocol "$1" flower skip_sw \
        action mirred egress redirect dev "$(rep_of 1)"
}
check "IPv4 is refused" not add ip
check "IPv6 is not" add ipv6

fresh 2
rep=$(rep_of 0)
tc qdisc add dev "$rep" ingress
# add_rule N: the Nth of some rules, in whose chain $chain says
chain=0
add_rule() {
    tc filter add dev "$rep" ingress chain $chain prio "$1" protocol ip \
        flower skip_sw dst_mac "$(mac_of "$1")" action drop
}
parameter() { echo "$2" >"/sys/module/nicsim/parameters/$1"; }
parameter max_rules 2
for i in 1 2; do
    check "rule $i of 2" add_rule $i
done
check "no third" grep -q 'table is full' <(add_rule 3 2>&1)
check "one goes" tc filter del dev "$rep" ingress prio 1 protocol ip flower
check "now there is room" add_rule 3
parameter max_rules 0
check "no limit" add_rule 4
parameter fail_chains 1
chain=1
check "no rule in chain 1" grep -q 'refused by fail_chains' \
    <(add_rule 5 2>&1)
chain=0
check "one in chain 0" add_rule 5
parameter fail_chains 0
chain=1
check "and now in chain 1" add_rule 6

rmmod nicsim
NIC=0001:70:00.0
PF=/sys/bus/pci/devices/$NIC
fresh 1 domain=1 bus_nr=0x70
equal "VF 0" 0001:70:00.1 "$(vf_addr 0)"
rmmod nicsim

for bad in num_pfs=0 num_pfs=5 total_vfs=0 total_vfs=129 bus_nr=256 domain=-1; do
    check "$bad is refused" not modprobe nicsim $bad
done
