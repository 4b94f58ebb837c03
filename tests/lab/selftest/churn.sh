# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# lab: secs=540
#
# VFs, representors, the PF and the module go away while OVS has ports and flows
# on them, and come back.
. "$LAB/guest/lib.sh"

hw2() { [ "$(flows offloaded | grep -c 'eth_type(0x0800)')" = 2 ]; }
hw0() { [ "$(flows offloaded | wc -l)" = 0 ]; }
broken() {
    local i
    for i in 0 1; do
        [ "$(ovs-vsctl --if-exists get interface rep$i error)" != '[]' ] ||
            return 1
    done
}
n_ports() { devlink port show | grep -c pcivf; }

# traffic: both pods are wired and their flows are in hardware
traffic() {
    local i
    for i in 0 1; do
        ip netns list | grep -q "^pod$i\b" && pod_del $i
        pod_add $i || return
    done
    wait_for 20 pod_ping 0 1 2 && pod_ping 0 1 4 && wait_for 20 hw2
}

check "NIC" nic_up 2
check "OVS starts" ovs_start true none
flows_last
check "bridge" bridge_add

up "VFs"
check "traffic" traffic
check "no VFs" eval "echo 0 >$PF/sriov_numvfs"
equal "vDPA devices left" "" "$(ls /sys/bus/vdpa/devices)"
equal "VF ports left" 0 "$(n_ports)"
check "OVS shows the ports as broken" wait_for 20 broken
check "no flows" wait_for 20 hw0
check "VFs" eval "echo 2 >$PF/sriov_numvfs"
equal "representors are back without a new mode switch" 2 "$(n_ports)"
check "traffic" traffic

up "eswitch mode"
uplink=$(port_of p0)
index=$(cat "/sys/class/net/$uplink/ifindex")
check "legacy" devlink dev eswitch set "pci/$NIC" mode legacy
equal "VF ports left" 0 "$(n_ports)"
check "VFs are still there" test -e "$PF/virtfn1"
check "no switch id" not switch_id "$(port_of p0)"
check "the uplink is another netdev" \
    not test "$index" = "$(cat "/sys/class/net/$(port_of p0)/ifindex")"
check "switchdev" devlink dev eswitch set "pci/$NIC" mode switchdev
equal "VF ports" 2 "$(n_ports)"
check "traffic" traffic

up "VF driver"
vf=$(vf_addr 1)
check "unbind" eval "echo $vf >/sys/bus/pci/drivers/nicsim_vf/unbind"
equal "vDPA devices" vdpa0 "$(ls /sys/bus/vdpa/devices)"
equal "representors stay" 2 "$(n_ports)"
check "bind" eval "echo $vf >/sys/bus/pci/drivers/nicsim_vf/bind"
check "traffic" traffic

up "PF driver"
check "unbind" eval "echo $NIC >/sys/bus/pci/drivers/nicsim/unbind"
equal "devlink instances" "" "$(devlink dev show)"
check "no VFs" not test -e "$PF/virtfn0"
check "bind" eval "echo $NIC >/sys/bus/pci/drivers/nicsim/bind"
check "NIC" nic_up 2
check "traffic" traffic

up "PCI device"
check "remove" eval "echo 1 >$PF/remove"
check "gone" not test -e "$PF"
check "rescan" eval "echo 1 >/sys/bus/pci/rescan"
check "NIC" nic_up 2
check "traffic" traffic

up "module"
check "unload with ports and flows in place" rmmod nicsim
check "OVS shows the ports as broken" wait_for 20 broken
check "NIC" nic_up 2
check "traffic" traffic
