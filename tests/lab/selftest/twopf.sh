# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Several PFs: an eswitch each, or one for all.
. "$LAB/guest/lib.sh"

# second PARAM...: nicsim with two PFs of two VFs each, both in switchdev mode
two=$(pf_addr 1)
second() {
    nic_up 2 num_pfs=2 "$@" &&
        echo 2 >"/sys/bus/pci/devices/$two/sriov_numvfs" &&
        devlink dev eswitch set "pci/$two" mode switchdev
}
# redirect FROM TO: all that comes from a representor goes to another, only in
# hardware
redirect() {
    tc qdisc replace dev "$1" ingress
    tc filter replace dev "$1" ingress prio 1 handle 1 protocol all flower \
        skip_sw action mirred egress redirect dev "$2"
}

for shared in 0 1; do
    up "shared_esw=$shared"
    check "two PFs" second shared_esw=$shared
    equal "VF 1 of PF 1" 0000:65:08.2 \
        "$(basename "$(readlink -f "/sys/bus/pci/devices/$two/virtfn1")")"
    for name in p0 p1 pf0vf0 pf0vf1 pf1vf0 pf1vf1; do
        port_of $name >/dev/null || fail "no port $name"
    done
    a=$(rep_of 0 0) b=$(rep_of 0 1)
    equal "parent of a representor of PF 1" "$two" \
        "$(basename "$(readlink -f "/sys/class/net/$b/device")")"
    if [ $shared = 0 ]; then
        check "two switch ids" not test "$(switch_id "$a")" = "$(switch_id "$b")"
        check "no rule across" not redirect "$a" "$b"
    else
        equal "switch id" "$(switch_id "$a")" "$(switch_id "$b")"
        ip link set "$a" up
        ip link set "$b" up
        check "rule across" redirect "$a" "$b"
        check "... and back" redirect "$b" "$a"
        host_add h0 "$(basename "$PF"/virtfn0/net/*)" 10.0.0.1/24
        host_add h1 "$(basename /sys/bus/pci/devices/"$two"/virtfn0/net/*)" \
            10.0.0.2/24
        check "ping across" ip netns exec h0 ping -q -c 5 -i 0.1 10.0.0.2
        equal "packets that reached a representor" 0 \
            "$(cat "/sys/class/net/$a/statistics/rx_packets")"
    fi
    check "unload" rmmod nicsim
done

for ports in 0 1; do
    up "two cards, no_devlink_ports=$ports"
    check "two PFs" second own_numbers=1 no_devlink_ports=$ports
    for name in p0 pf0vf0 pf0vf1; do
        equal "ports of the name $name" 2 \
            "$(cat /sys/class/net/*/phys_port_name 2>/dev/null |
               grep -cx $name)"
    done
    equal "switch ids" 2 "$(cat /sys/class/net/*/phys_switch_id 2>/dev/null |
        sort -u | wc -l)"
    check "unload" rmmod nicsim
done

up "four PFs"
check "four PFs" nic_up 1 num_pfs=4
equal "the last one" 0000:65:18.0 "$(pf_addr 3)"
check "is there" test -e "/sys/bus/pci/devices/$(pf_addr 3)"
