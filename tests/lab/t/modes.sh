# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Modes and ownership: what is written in which mode, and what is never
# touched.  The NIC's ports come with hw-tc-offload off.
#
# lab: secs=1260
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

PF1=0000:65:08.0                # The second PF, an eswitch of its own.

# offloads PF-NUMBER: "on", "off" or both, of the uplink and representors
offloads() {
    local dev value name
    offload_all | while read -r dev value; do
        { read -r name <"/sys/class/net/$dev/phys_port_name"; } \
            2>/dev/null || continue
        [[ ! $name =~ ^p(f)?"$1"(vf[0-9]+)?$ ]] || echo "$value"
    done | sort -u | xargs
}
offloads_are() { [ "$(offloads 0)/$(offloads 1)" = "$1" ]; }

# netdevs_reset: ports as they were before the daemon did anything
netdevs_reset() {
    local dev value name
    offload_all | while read -r dev value; do
        [ "$value" = off ] || ethtool -K "$dev" hw-tc-offload off
        { read -r name <"/sys/class/net/$dev/phys_port_name"; } 2>/dev/null &&
            link_up "$dev" && echo "link set $dev down"
    done | ip -batch -
}

begin() {
    reset
    netdevs_reset
    n_writes=$(writes)
    before=$(foreign)
}

# wrote NAME N: so many transactions since begin() or the last time
wrote() {
    local n
    n=$(writes)
    equal "$1: transactions" "$2" $((n - n_writes))
    n_writes=$n
}
foreign_same() { same "$1: foreign rows" "$before" "$(foreign)"; }

mode_is() { status '.config.mode == "'"$1"'"'; }
attached() { port "$1" '.state == "attached"'; }

# --- themes ------------------------------------------------------------------

auto_fresh() {
    begin
    ovs-vsctl --no-wait remove Open_vSwitch . other_config hw-offload
    before=$(foreign)
    ctl_start
    settle
    wrote "auto on a fresh node" 0
    foreign_same "auto on a fresh node"
    equal "no feature is on" off/off "$(offloads 0)/$(offloads 1)"
    check "own, for explicit requests only" \
        status '.config.mode == "own" and .config.select == "none"'
    equal "no port is wanted" 0 \
        "$(ports '[.[] | select(.state != "unmanaged")] | length')"
    check "port/attach" ooc port/attach vdpa0 iface-id=ns_a mac="$(mac_of 0)"
    eventually "the request is carried out" 10 attached rep0
    wrote "one request" 2
    equal "hw-offload is not ours to set" "" \
        "$(ovs-vsctl --if-exists get Open_vSwitch . other_config:hw-offload)"
    equal "the feature is on where the request is" on/off \
        "$(offloads 0)/$(offloads 1)"
    equal "what the row has" "ns_a/$(mac_of 0)" \
        "$(key rep0 iface-id)/$(key rep0 attached_mac)"
    check "the link is up" link_up rep0
    check "port/detach" ooc port/detach vdpa0
    eventually "its row goes" 10 eval '[ -z "$(row rep0)" ]'
    wrote "one detach" 2
    foreign_same "in the end"
    ctl_stop
}

auto_k8s() {
    begin
    k8s_add rep0 pod0
    before=$(foreign)
    ctl_start
    settle
    check "a sandbox on a row means assist" mode_is assist
    wrote "auto on a node of ovn-kubernetes" 0
    foreign_same "auto on a node of ovn-kubernetes"
    equal "features are on, on this eswitch only" on/off \
        "$(offloads 0)/$(offloads 1)"
    check "the link is not ours to set up" not link_up rep0
    check "port/attach is refused" not ooc port/attach vdpa1 iface-id=ns_b
    check "port/detach is refused" not ooc port/detach vdpa1
    request vdpa1 iface-id=ns_b
    eventually "a request is not applied, and that is said" 5 port vdpa1 \
        '.state == "unmanaged" and (.reason | contains("mode is assist"))'
    ovs-vsctl --no-wait del-port rep0
    settle
    check "assist stays when the row goes" mode_is assist
    ids offload-mode=auto
    eventually "until the key is written" 5 mode_is own
    eventually "then the request is carried out" 10 attached rep1
    ctl_stop
}

assist() {
    begin
    ids offload-mode=assist
    ctl_start
    settle
    equal "no port on a bridge: no feature on" off/off \
        "$(offloads 0)/$(offloads 1)"
    foreign_add rep1 ns_b
    before=$(foreign)
    eventually "a port on a bridge: its eswitch" 5 offloads_are on/off
    request "$(basename "$(readlink "/sys/bus/pci/devices/$PF1/virtfn1")")" \
        iface-id=ns_c
    eventually "a requested VF: its eswitch" 5 offloads_are on/on
    settle
    wrote "assist" 0
    foreign_same "assist"
    check "no link was set up" not link_up rep1
    ethtool -K rep2 hw-tc-offload off
    eventually "what someone turns off" 5 port rep2 '.offload == "off"'
    foreign_add rep2 ns_d
    settle
    equal "stays off" off "$(offload rep2)"
    check "and is reported" port rep2 \
        '.state == "foreign" and (.reason | contains("turned off"))'
    ctl_stop
}

observe() {
    begin
    ids offload-mode=observe offload-select=all offload-manage-ovs=true
    k8s_add rep0 pod0
    foreign_add rep1 ns_b
    request vdpa2 iface-id=ns_c
    ovs-vsctl --no-wait remove Open_vSwitch . other_config hw-offload
    before=$(foreign)
    ctl_start
    settle
    wrote "observe" 0
    foreign_same "observe"
    equal "no feature is on" off/off "$(offloads 0)/$(offloads 1)"
    check "but all is listed" ports '[.[] | .state] |
        (map(select(. == "foreign")) | length) == 2 and length == 6'
    check "port/attach is refused" not ooc port/attach vdpa3 iface-id=ns_d
    check "exit --cleanup" ooc exit --cleanup
    ctl_ended
    foreign_same "after exit --cleanup"
}

adoption() {
    local mark

    begin
    ids offload-mode=own offload-select=none
    ctl_start
    foreign_add rep2 ns_z
    before=$(foreign)
    for i in 0 1 3; do
        request "vdpa$i" "iface-id=ns_$i"
    done
    eventually "three ports" 10 ports_are 3 '.state == "attached"'
    foreign_same "three ports"
    # As ovn-kubernetes does with a row that has the pod's iface-id.
    ovs-vsctl --no-wait set interface rep0 external_ids:sandbox=s0
    ovs-vsctl --no-wait set interface rep1 external_ids:owner=ovs-cni \
        external_ids:extra=1
    eventually "adopted rows are foreign" 5 ports_are 3 '.state == "foreign"'
    for i in 0 1; do
        mark=$(ovs-vsctl --no-wait get port "rep$i" external_ids)
        equal "no mark is left on Port rep$i" "{}" "$mark"
        equal "iface-id of rep$i stays" "ns_$i" "$(key "rep$i" iface-id)"
    done
    equal "nor on the Interface" foreign/foreign "$(row rep0)/$(row rep1)"
    equal "others' keys stay" s0/1 "$(key rep0 sandbox)/$(key rep1 extra)"
    before=$(foreign)
    request_rm vdpa0
    settle
    foreign_same "without its request"
    equal "one row is ours" rep3 "$(own_rows)"
    ctl_stop --cleanup
    equal "none after exit --cleanup" "" "$(own_rows)"
    foreign_same "after exit --cleanup"
}

bridge_move() {
    begin
    foreign_add rep2 ns_z
    before=$(foreign)
    ids offload-mode=own offload-select=none
    request vdpa0 iface-id=ns_0
    request vdpa1 iface-id=ns_1
    ctl_start
    eventually "two ports" 10 ports_are 2 '.state == "attached"'
    ids offload-bridge=br-two
    eventually "a bridge that does not exist" 5 ports_are 2 \
        '.state == "pending" and .bridge == "'"$BR"'" and
         (.reason | contains("br-two does not exist"))'
    foreign_same "meanwhile"
    n_writes=$(writes)
    ids offload-bridge="$BR"
    eventually "back" 5 ports_are 2 '.state == "attached"'
    wrote "nothing to move" 0
    ovs-vsctl --no-wait add-br br-two -- set bridge br-two \
        datapath_type=system
    ids offload-bridge=br-two
    eventually "moved" 10 ports_are 2 \
        '.state == "attached" and .bridge == "br-two" and .ofport > 0'
    wrote "the move of both" 1
    equal "both on br-two, by ovs-vsctl" "rep0 rep1" \
        "$(ovs-vsctl list-ports br-two | xargs)"
    equal "ports of $BR" rep2 "$(ovs-vsctl list-ports "$BR")"
    ids offload-bridge="$BR"
    eventually "and back" 10 ports_are 2 \
        '.state == "attached" and .bridge == "'"$BR"'" and .ofport > 0'
    ovs-vsctl --no-wait del-br br-two
    foreign_same "in the end"
    ctl_stop
}

leave_own() {
    local m
    begin
    ids offload-mode=own offload-select=vdpa
    ctl_start
    eventually "a port for each vDPA device" 10 \
        ports_are 4 '.state == "attached"'
    settle
    n_writes=$(writes)
    for m in assist observe auto; do
        ids offload-mode=$m
        settle
        wrote "in $m" 0
        check "rows stay in $m" ports_are 4 \
            '.owner == "self" and (.state == "attached" or
                                   .state == "unmanaged")'
        # "auto" is for explicit requests, and there is none.
        [ $m != observe ] || ids offload-mode=own
        settle
        wrote "back in own" 0
    done
    ctl_stop
}

selection() {
    begin
    ids offload-mode=own
    request vdpa1 iface-id=ns_1
    ctl_start
    eventually "by default those with a vDPA device" 10 \
        ports_are 4 '.state == "attached" and .vdpa'
    equal "iface-id of these is what a request gave" '["ns_1"]' \
        "$(ports '[.[] | .iface_id | select(.)]')"
    ids offload-select=all
    eventually "all" 10 ports_are 6 '.state == "attached"'
    ids offload-select=none
    eventually "none but the requested one" 10 \
        eval '[ "$(own_rows)" = rep1 ]'
    vdpa dev del vdpa3
    ids offload-select=vdpa
    eventually "vdpa, one fewer" 10 \
        ports_are 3 '.state == "attached" and .vdpa'
    vdpa_add 3
    eventually "a vDPA device that appears" 10 attached rep3
    vdpa dev del vdpa3
    eventually "and goes" 10 eval '[ "$(own_rows | xargs)" = \
                                     "rep0 rep1 rep2" ]'
    vdpa_add 3
    ctl_stop
}

# What someone else sets on the netdev stays until somebody asks anew.
others_choice() {
    begin
    ids offload-mode=own offload-select=none
    request vdpa0 iface-id=ns_0
    ctl_start
    eventually "attached" 10 port rep0 \
        '.state == "attached" and .offload == "on" and .link_up'
    ethtool -K rep0 hw-tc-offload off
    eventually "the feature that someone turned off" 5 port rep0 \
        '.offload == "off" and .state == "attached" and
         (.reason | contains("turned off by someone else"))'
    ip link set rep0 down
    eventually "the link that someone set down" 5 port rep0 \
        '(.link_up | not) and (.reason | contains("set down"))'
    ooc recompute
    ids unrelated=1
    settle
    equal "stay so" "off" "$(offload rep0)"
    check "both" not link_up rep0
    check "port/attach, again" ooc port/attach vdpa0 iface-id=ns_0
    eventually "turns both on again" 5 port rep0 \
        '.offload == "on" and .link_up and
         (.reason | contains("someone else") | not)'
    check "in the kernel too" link_up rep0
    ethtool -K rep0 hw-tc-offload off
    ip link set rep0 down
    eventually "off and down again" 5 port rep0 \
        '.offload == "off" and (.link_up | not)'
    devlink dev eswitch set "pci/$NIC" mode legacy
    devlink dev eswitch set "pci/$NIC" mode switchdev
    eventually "a new netdev begins anew" 10 port vdpa0 \
        '.state == "attached" and .offload == "on" and .link_up'
    reps_add 4
    eventually "also under another name" 10 attached rep0
    ctl_stop
}

no_features() {
    begin
    ids offload-mode=own offload-features=false
    ctl_start
    eventually "attached without the feature" 10 ports_are 4 \
        '.state == "attached" and .offload == "off" and
         (.reason | contains("hw-tc-offload is off"))'
    equal "no feature is on" off/off "$(offloads 0)/$(offloads 1)"
    ids offload-features=true
    eventually "then with it" 10 ports_are 4 \
        '.state == "attached" and .offload == "on"'
    ctl_stop
}

manage_ovs() {
    hw_offload() {
        ovs-vsctl --if-exists get Open_vSwitch . other_config:hw-offload
    }
    begin
    ovs-vsctl --no-wait remove Open_vSwitch . other_config hw-offload
    ids offload-mode=own offload-select=none offload-manage-ovs=false
    ctl_start
    settle
    wrote "offload-manage-ovs=false" 0
    ids_rm offload-manage-ovs
    eventually "own sets hw-offload" 5 eval '[ "$(hw_offload)" = \"true\" ]'
    wrote "for that" 1
    ovs-vsctl --no-wait set Open_vSwitch . other_config:hw-offload=false
    settle
    equal "a false that someone wrote stays" '"false"' "$(hw_offload)"
    ids offload-manage-ovs=true
    eventually "unless one says so" 5 eval '[ "$(hw_offload)" = \"true\" ]'
    wrote "for that" 1
    ctl_stop
}

# A NIC that refuses the feature, and one that does not have it.
refused() {
    begin
    ids offload-mode=own offload-select=all
    echo 3 >/sys/module/nicsim/parameters/hw_tc
    echo 0 >"$PF/sriov_numvfs"
    echo 2 >"$PF/sriov_numvfs"
    ctl_start
    eventually "refused: attached and said" 10 ports_are 2 \
        '.pf_pci == "'"$NIC"'" and .state == "attached" and
         .offload == "off" and (.reason | contains("hw-tc-offload:"))'
    settle
    check "no more than one attempt for each" [ "$(ooc event/list \
        --format=json | jq '[.[] | select(.to == "hw-tc-offload on")] |
                            group_by(.subject) | map(length) | max')" = 1 ]
    echo 2 >/sys/module/nicsim/parameters/hw_tc
    echo 0 >"$PF/sriov_numvfs"
    echo 2 >"$PF/sriov_numvfs"
    eventually "absent: attached and said" 10 ports_are 2 \
        '.pf_pci == "'"$NIC"'" and .state == "attached" and
         .offload == "unsupported" and (.reason | contains("support"))'
    ctl_stop --cleanup
}

# 4 VFs with vDPA devices on the first PF, 2 without on the second.
check "NIC" modprobe nicsim num_pfs=2 hw_tc=0 total_vfs=8
modprobe virtio_vdpa
echo 4 >"$PF/sriov_numvfs"
echo 2 >"/sys/bus/pci/devices/$PF1/sriov_numvfs"
devlink dev eswitch set "pci/$NIC" mode switchdev
devlink dev eswitch set "pci/$PF1" mode switchdev
reps_add 4
for i in 0 1 2 3; do
    check "vdpa$i" vdpa_add "$i"
done
check "Open vSwitch" db_up
theme auto_fresh auto_k8s assist observe adoption bridge_move leave_own \
    selection others_choice no_features manage_ovs refused
finish
