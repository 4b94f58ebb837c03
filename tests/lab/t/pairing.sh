# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Every state of a pair, on a real kernel: what port/list says is compared with
# sysfs, never with what the daemon said before.
#
# vmrun: -- -device virtio-net-pci,disable-legacy=on
# lab: secs=1260
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

PF1=0000:65:08.0                # PCI address of the second PF.

# reps_in_sysfs, reps_listed: "PF VF NETDEV" of each representor, sorted
reps_in_sysfs() {
    local d name
    for d in /sys/class/net/*; do
        { read -r name <"$d/phys_port_name"; } 2>/dev/null || continue
        [[ $name =~ ^(c[0-9]+)?pf([0-9]+)vf([0-9]+)$ ]] || continue
        echo "${BASH_REMATCH[2]} ${BASH_REMATCH[3]} ${d##*/}"
    done | sort
}
reps_listed() {
    ports '.[] | select(.representor) | "\(.pf) \(.vf) \(.representor)"' |
        sort
}

# vfs_in_sysfs, vfs_listed: "PF-ADDRESS VF VF-ADDRESS" of each VF, sorted
vfs_in_sysfs() {
    local link pf
    for link in /sys/bus/pci/devices/*/virtfn*; do
        [ -e "$link" ] || continue
        pf=$(dirname "$link")
        echo "$(basename "$pf") ${link##*/virtfn}" \
            "$(basename "$(readlink "$link")")"
    done | sort
}
vfs_listed() {
    ports '.[] | select(.vf_pci) | "\(.pf_pci) \(.vf) \(.vf_pci)"' | sort
}

# lists_right NAME: all VFs and representors of sysfs, and these only
lists_right() {
    settle
    same "$1: VFs" "$(vfs_in_sysfs)" "$(vfs_listed)"
    same "$1: representors" "$(reps_in_sysfs)" "$(reps_listed)"
}

# pair_is NAME STATE [QUERY]: of the port with that name
pair_is() {
    port "$1" "(.pair == \"$2\") and (${3:-true})"
}

# nic PARAM=VALUE...: the NIC anew, the daemon watching
nic() {
    [ -n "$ctl" ] || ctl_start
    [ ! -e "$PF" ] || rmmod nicsim || fail "rmmod nicsim"
    modprobe nicsim hw_tc=0 "$@" || fail "nicsim $*"
}
vfs_make() {
    echo "$1" >"/sys/bus/pci/devices/${2:-$NIC}/sriov_numvfs" ||
        fail "$1 VFs on ${2:-$NIC}"
}
switchdev() { devlink dev eswitch set "pci/${1:-$NIC}" mode switchdev; }

# --- themes ------------------------------------------------------------------

# One VF from nothing to paired and back, the daemon watching from before the
# NIC was there.
life() {
    local vf

    ctl_start
    settle
    equal "a node without a NIC has no ports" "[]" "$(ports .)"
    nic
    vfs_make 3
    eventually "VFs in legacy mode" 10 \
        ports_are 3 '.pair == "legacy-eswitch" and .representor == null and
                     (.reason | contains(
                        "devlink dev eswitch set pci/'"$NIC"'"))'
    lists_right "legacy"
    check "switchdev" switchdev
    eventually "VFs in switchdev mode" 10 \
        ports_are 3 '.pair == "no-vdpa" and .representor and .offload == "off"
                     and .state == "unmanaged"'
    lists_right "switchdev"

    modprobe virtio_vdpa
    check "vdpa0" vdpa_add 0
    vf=$(vf_addr 0)
    eventually "vdpa0 is paired" 5 port vdpa0 '.pair == "paired" and .netdev'
    same "every member of a paired port" "$(jq -ncS '{
        representor: "'"$(rep_of 0)"'", pf_pci: "'"$NIC"'", vf: 0, pf: 0,
        ifindex: '"$(cat "/sys/class/net/$(rep_of 0)/ifindex")"',
        vf_pci: "'"$vf"'", controller: 0, vdpa: "vdpa0",
        vdpa_driver: "virtio_vdpa", netdev: "'"$(vdpa_netdev 0)"'",
        vhost_device: null, vdpa_devices: ["vdpa0"], pair: "paired",
        netdev_away: null, device_info: [],
        bridge: null, owner: null, ofport: null, iface_id: null,
        namespace: null, pod: null, nad: null, management: false,
        offload: "off", link_up: false, request: null,
        state: "unmanaged", reason: "" }')" \
        "$(port vdpa0 . | jq -cS .)"
    same "by any of its names it is the same" \
        "$(port vdpa0 .)$(port vdpa0 .)" \
        "$(port "$vf" .)$(port "$(rep_of 0)" .)"

    modprobe vhost_vdpa
    echo vdpa0 >/sys/bus/vdpa/drivers/virtio_vdpa/unbind
    eventually "vdpa0 without a driver" 5 \
        pair_is vdpa0 paired '.vdpa_driver == null and .netdev == null'
    echo vhost_vdpa >/sys/bus/vdpa/devices/vdpa0/driver_override
    echo vdpa0 >/sys/bus/vdpa/drivers_probe
    eventually "vdpa0 on vhost_vdpa" 5 \
        pair_is vdpa0 paired '.vdpa_driver == "vhost_vdpa" and
                              .vhost_device == "/dev/vhost-vdpa-0"'
    check "the device node exists" test -c /dev/vhost-vdpa-0
    vdpa dev del vdpa0
    eventually "vdpa0 deleted" 5 pair_is "$vf" no-vdpa '.vdpa == null'
    rmmod vhost_vdpa
}

# Names that a vDPA device may have.
names() {
    local odd='we ird"na'\''me' long
    long=$(printf 'v%.0s' {1..200})

    check "a name with a blank and quotes" \
        vdpa dev add name "$odd" mgmtdev "pci/$(vf_addr 0)"
    check "a name of 200 bytes" \
        vdpa dev add name "$long" mgmtdev "pci/$(vf_addr 1)"
    eventually "the odd name is paired" 5 pair_is "$odd" paired '.vf == 0'
    # The "vdpa" tool itself cannot show it.
    eventually "the long name is paired" 5 pair_is "$long" paired '.vf == 1'
    equal "both in vdpa/list" 2 \
        "$(ooc vdpa/list --format=json | jq --arg odd "$odd" --arg long \
           "$long" '[.[] | select(.vdpa == $odd or .vdpa == $long)] | length')"
    check "as a table and as CSV too" eval \
        'ooc vdpa/list && ooc port/list --format=csv'
    vdpa dev del "$odd"
    vdpa dev del "$long"
}

# A representor's name, netns and the VF's netdev may change.
moves() {
    local rep vf

    rep=$(rep_of 2)
    vf=$(vf_netdev 2)
    ip link set "$rep" name moved
    eventually "a renamed representor" 5 \
        port "$(vf_addr 2)" '.representor == "moved"'
    check "is found by its new name" port moved '.vf == 2'
    equal "and no more by the old one" "" "$(port "$rep" .vf 2>/dev/null)"
    equal "the VF's own netdev" "$vf" "$(port moved .netdev)"
    ip netns add away
    ip link set "$vf" netns away
    eventually "VF netdev in another namespace" 5 \
        pair_is moved no-vdpa '.netdev == null'
    ip link set moved netns away
    eventually "representor in another namespace" 5 \
        pair_is "$(vf_addr 2)" no-representor '.representor == null'
    ip -n away link set moved netns 1
    eventually "and back" 5 pair_is moved no-vdpa '.vf == 2'
    ip netns del away
}

# The management port of ovn-kubernetes is on a VF too.
management() {
    ip link set moved name ovn-k8s-mp0
    foreign_add ovn-k8s-mp0 k8s-node7
    eventually "management port" 5 \
        port ovn-k8s-mp0 '.management and .state == "foreign" and
                          .iface_id == "k8s-node7" and .pod == null'
    check "iface-id k8s-* means assist" status \
        '.config.mode == "assist" and (.config.mode_reason | contains("k8s-"))'
    ids offload-mode=own offload-select=all
    eventually "never selected" 10 ports_are 2 '.state == "attached"'
    check "its row is as it was" \
        port ovn-k8s-mp0 '.state == "foreign" and .owner == "foreign"'
    reset
}

# Parents that are no VF.
parents() {
    local d id p=

    ctl_start
    modprobe vdpa_sim_net
    check "vdpasim_net device" vdpa dev add name sim0 mgmtdev vdpasim_net
    eventually "vdpasim_net" 5 pair_is sim0 unsupported-parent \
        '.vf_pci == null and .representor == null and .netdev'
    for d in /sys/bus/pci/devices/*; do
        id=$(cat "$d/vendor" "$d/device" | tr -d '\n')
        [ "$id" != 0x1af40x1041 ] || p=$(basename "$d")
    done
    [ -n "$p" ] || fail "qemu has no virtio-net-pci"
    modprobe vp_vdpa
    echo vp-vdpa >"/sys/bus/pci/devices/$p/driver_override"
    echo "$p" >"/sys/bus/pci/devices/$p/driver/unbind"
    echo "$p" >/sys/bus/pci/drivers_probe
    check "vp_vdpa device" vdpa dev add name vp0 mgmtdev "pci/$p"
    eventually "vp_vdpa" 5 pair_is vp0 not-a-vf \
        '(.reason | contains("'"$p"'")) and .representor == null'
    vdpa dev del vp0
    vdpa dev del sim0
    eventually "both gone" 5 ports_are 0 '.vdpa'
    rmmod vp_vdpa vdpa_sim_net vdpa_sim
    lists_right "after all these"
}

# The devlink port comes before its netdev.
late_netdev() {
    nic netdev_delay_ms=600000
    vfs_make 2
    check "switchdev" switchdev
    eventually "port without a netdev" 5 \
        ports_are 2 '.pair == "no-representor" and
                     (.reason | contains("netdev is not yet"))'
    echo 0 >/sys/module/nicsim/parameters/netdev_delay_ms
    eventually "then with it" 10 ports_are 2 '.pair == "no-vdpa"'
    lists_right "late netdevs"
}

no_devlink() {
    nic no_devlink_ports=1 num_pfs=2
    vfs_make 3
    vfs_make 2 $PF1
    check "switchdev" switchdev
    check "switchdev of the second PF" switchdev $PF1
    equal "no devlink port" "" "$(devlink port show)"
    eventually "by phys_port_name and phys_switch_id" 10 \
        ports_are 5 '.pair == "no-vdpa"'
    lists_right "no devlink ports"
}

controllers() {
    nic controller_names=1
    vfs_make 3
    check "switchdev" switchdev
    eventually "VFs of controller 1" 10 \
        ports_are 3 '.pair == "no-vdpa" and .controller == 1'
    lists_right "controller 1"
    nic controller_names=1 no_devlink_ports=1
    vfs_make 3
    check "switchdev" switchdev
    eventually "the same by name" 10 \
        ports_are 3 '.pair == "no-vdpa" and .controller == 1'
    lists_right "controller 1 by name"
}

# two_pfs NAME PARAM...: VFs with equal numbers on two PFs
two_pfs() {
    nic num_pfs=2 "${@:2}"
    vfs_make 3
    vfs_make 3 $PF1
    check "switchdev" switchdev
    eventually "$1: only the first PF's are there" 10 \
        ports_are 3 '.pair == "no-vdpa" and .pf_pci == "'"$NIC"'"'
    check "$1: the other ones are in legacy mode" \
        ports_are 3 '.pair == "legacy-eswitch" and .pf_pci == "'"$PF1"'"'
    check "switchdev of the second PF" switchdev $PF1
    eventually "$1: all" 10 ports_are 6 '.pair == "no-vdpa"'
    lists_right "$1"
}
separate() { two_pfs "two switch ids" shared_esw=0; }
shared() { two_pfs "one switch id" shared_esw=1; }
# The PF's number alone tells them apart.
shared_by_name() {
    two_pfs "one switch id, by name" shared_esw=1 no_devlink_ports=1
}

# belongs PF: the representors of all VFs of that PF are netdevs on it
belongs() {
    local rep reps
    reps=$(ports '.[] | select(.pf_pci == "'"$1"'") | .representor // ""')
    [ "$(wc -l <<<"$reps")" = 3 ] || return
    for rep in $reps; do
        [ "$(basename "$(readlink -f "/sys/class/net/$rep/device")")" = "$1" ] ||
            return
    done
}

# Two cards, whose ports have the same names: the handle, or where there are no
# devlink ports the switch id, tells them apart.
cards() {
    local no_ports
    for no_ports in 0 1; do
        two_pfs "two cards, no_devlink_ports=$no_ports" own_numbers=1 \
            no_devlink_ports=$no_ports
        check "representors are on the VFs' own card" belongs "$NIC"
        check "those of the second too" belongs $PF1
    done
}

# Nothing tells them apart: none is taken, and none is attached.
ambiguous() {
    nic num_pfs=2 own_numbers=1 shared_esw=1 no_devlink_ports=1
    vfs_make 2
    vfs_make 2 $PF1
    check "switchdev" switchdev
    check "switchdev of the second PF" switchdev $PF1
    eventually "VFs with two representors each" 10 \
        ports_are 4 '.vf_pci and .pair == "ambiguous" and
                     .representor == null and (.reason | contains("2 "))'
    eventually "and these" 5 ports_are 4 \
        '.vf_pci == null and .representor and .pair == "ambiguous"'
    ids offload-mode=own offload-select=all
    request "$(vf_addr 1)" iface-id=ns_a
    eventually "a request for one is a conflict" 5 port "$(vf_addr 1)" \
        '.state == "conflict" and (.reason | contains("2 "))'
    settle
    equal "rows of ours" "" "$(own_rows)"
    request_rm "$(vf_addr 1)"
    ids_rm offload-mode offload-select
}

many() {
    nic total_vfs=128
    vfs_make 128
    check "switchdev" switchdev
    eventually "128 VFs" 20 ports_are 128 '.pair == "no-vdpa"'
    lists_right "128 VFs"
    echo 0 >"$PF/sriov_numvfs"
    eventually "none" 20 ports_are 0 true
    vfs_make 4
    eventually "4" 20 ports_are 4 '.pair == "no-vdpa"'
    lists_right "4 of 128"
    rmmod nicsim
    eventually "NIC gone" 20 ports_are 0 true
    ctl_stop
}

check "Open vSwitch" db_up
theme life names moves management parents late_netdev no_devlink controllers \
    separate shared shared_by_name cards ambiguous many
finish
