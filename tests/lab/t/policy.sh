# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Node policies: from the bare NIC to pods and back, and who is in the way.
#
# lab: secs=1200
# shellcheck disable=SC2016,SC2119,SC2120,SC2154,SC2317 # "theme" uses them.
# shellcheck source=lib/policy.sh
. "$LAB/t/lib/policy.sh"

# --- themes ------------------------------------------------------------------

# The way of the issue: one command there, one back.
there_and_back() {
    local before i out
    ids offload-mode=own
    ip link add theirs type dummy
    foreign_add theirs theirs
    before=$(foreign)
    start
    settle
    check "bare NIC" is_bare
    out=$(apply 2>&1) || fail "policy apply: $out"
    for i in metadata.namespace spec.resourceName spec.nodeSelector; do
        [[ $out == *"not used: $i"* ]] || fail "$i is not told: $out"
    done
    eventually "VFs, switchdev and vDPA devices" 60 is_applied
    eventually "representors are on the bridge" 30 \
        ports_are 2 '.state == "attached" and .offload == "on"'
    eventually "hw-tc-offload of the uplink" 20 \
        eval '[ "$(offload "$(uplink)")" = on ]'
    check "nothing is left to do" ooc_jq policy/diff '. == []'
    check "status" status '.policies.pfs.applied == 1'
    check "record" jq -e '.policy == "vdpa-policy" and .step == "" and
        .before.numVfs == 0 and .before.eSwitchMode == "legacy" and
        (.vdpa | length) == 2' "$record"
    equal "nobody else reads it" 600 "$(stat -c %a "$record")"

    for i in 0 1; do
        host_add "pod$i" "$(vdpa_netdev $i)" "10.0.0.$((i + 1))/24"
        out=$(ip netns exec pod$i ethtool -i eth0 | sed -n 's/^bus-info: //p')
        equal "bus-info in pod $i" "vdpa:$(vf_addr $i)" "$out"
    done
    check "traffic" pod_ping 0 1 20
    check "offloaded flows of a pod" \
        eval '[ "$(flows offloaded | wc -l)" -gt 0 ]'

    # Pods are in the way of the way back.
    check "policy delete" "$client" policy delete vdpa-policy
    eventually "pods keep their VFs" 30 \
        reason_has "has a netdev in another network namespace"
    equal "VFs" 2 "$(vfs)"
    pod_del 0
    pod_del 1
    eventually "bare NIC again" 60 eval 'is_bare && nothing_left'
    same "foreign rows" "$before" "$(foreign)"
    ip link del theirs
}

# Two policies share a PF by its VFs.
ranges_are() { ooc_jq policy/list "length == 1 and
    (.[0] | .state == \"applied\" and [.ranges[] |
        \"\\(.policy) \\(.first)-\\(.last) \\(.vdpa_type)\"] == $1)"; }
driver_is() {
    [ "$(basename "$(readlink \
        "/sys/bus/vdpa/devices/vdpa:$(vf_addr "$1")/driver")")" = "$2" ]
}
shared() {
    local name
    ids offload-mode=own
    name=$(uplink)
    start
    ids_policy "numVfs=2,eSwitchMode=switchdev,vdpaType=virtio,priority=5,\
pfNames=$name#0-1"
    ovs-vsctl --no-wait set Open_vSwitch . "external_ids:offload-policy-other=\
\"numVfs=3,eSwitchMode=switchdev,vdpaType=vhost,pfNames=$name#2-2\""
    eventually "both are applied" 60 ranges_are \
        '["vdpa-policy 0-1 virtio", "other 2-2 vhost"]'
    equal "VFs" 3 "$(vfs)"
    check "of one" driver_is 1 virtio_vdpa
    check "of the other" driver_is 2 vhost_vdpa
    check "the other has the PF" \
        ooc_jq policy/show other '.pfs | length == 1'

    # A value that means nothing is no wish to have a device deleted.
    ovs-vsctl --no-wait set Open_vSwitch . \
        external_ids:offload-policy-other=numVfs=few
    eventually "a bad value" 20 pf '.state == "error" and
        (.reason | contains("the value of policy other is bad"))'
    check "its device stays" driver_is 2 vhost_vdpa
    ctl_stop
    start
    eventually "a bad value is known after a restart" 20 pf '
        .state == "error" and
        (.reason | contains("the value of policy other is bad"))'
    check "its device stays" driver_is 2 vhost_vdpa

    # One that wants the VFs of another.
    ovs-vsctl --no-wait set Open_vSwitch . "external_ids:offload-policy-other=\
\"numVfs=3,eSwitchMode=switchdev,vdpaType=vhost,pfNames=$name#1-2\""
    eventually "overridden" 60 ooc_jq policy/list 'any(.policy == "other" and
        .state == "overridden" and (.reason | contains("such as vdpa-policy")))'
    eventually "two VFs again" 60 \
        eval '[ "$(vfs)" = 2 ] && driver_is 0 virtio_vdpa'
    ids_rm offload-policy-other
    bare
}

# A policy that is there before the daemon, and one that changes.
changes() {
    ids offload-mode=own
    ids_policy "$VIRTIO2"
    start
    eventually "applied at start" 60 is_applied
    ctl_stop
    start
    settle
    check "still so after a restart" is_applied
    # Nobody loads the module for us.
    check "without the module" rmmod vhost_vdpa
    ids_policy "$VHOST2,mtu=1400"
    eventually "it is missed" 20 pf '.state == "failed" and
        (.reason | contains("module vhost_vdpa is not loaded"))'
    check "in the status" status '.policies.problems | any(.[];
        contains("modprobe vhost_vdpa"))'
    equal "nothing was done" virtio_vdpa "$(vdpa_drivers)"
    check "with the module" modprobe vhost_vdpa
    eventually "vhost, another MTU" 60 eval \
        'state_is applied && [ "$(vdpa_drivers)" = vhost_vdpa ] &&
         [ "$(cat /sys/class/net/"$(uplink)"/mtu)" = 1400 ]'

    # A value that means nothing changes nothing.
    ids_policy "numVfs=many,rootDevices=$NIC"
    eventually "bad value" 20 state_is error
    check "which says why" pf '.reason | contains("numVfs \"many\"")'
    equal "and keeps the VFs" 2 "$(vfs)"
    ids_policy "numVfs=3,eSwitchMode=legacy,rootDevices=$NIC"
    eventually "three VFs, legacy" 60 \
        eval 'state_is applied && [ "$(vfs) $(mode)" = "3 legacy" ]'
    bare
}

# in_the_way NAME REASON: the policy is refused for that, nothing was done
in_the_way() {
    ids_policy "$VIRTIO2"
    eventually "$1 is in the way" 30 reason_has "$2"
    check "$1: nothing was done" is_bare
    [ ! -e "$record" ] || fail "$1: there is a record"
    ids_rm offload-policy-vdpa-policy
    eventually "$1: forgotten" 20 nothing_left
}

guards() {
    local up
    ids offload-mode=own
    start
    settle
    up=$(uplink)

    ip addr add 192.0.2.1/24 dev "$up"
    in_the_way "an address" "$up has IP address 192.0.2.1/24"
    ovs-vsctl --no-wait add-port "$BR" vx0 -- set interface vx0 type=vxlan \
        options:remote_ip=192.0.2.2 options:local_ip=192.0.2.1
    in_the_way "a tunnel" "the local one of tunnel vx0"
    ovs-vsctl --no-wait del-port vx0
    ip addr flush dev "$up"

    ip link set "$up" up
    ip route add 198.51.100.0/24 dev "$up"
    in_the_way "a route" "$up has a route to 198.51.100.0/24"
    ip link set "$up" down

    ip link add link "$up" name vlan5 type vlan id 5
    in_the_way "a VLAN" "$up is below vlan5"
    ip link del vlan5

    ip link add bond9 type bond
    ip link set "$up" master bond9
    in_the_way "a bond" "$up is below bond9"
    ip link del bond9

    ovs-vsctl --no-wait add-port "$BR" "$up"
    in_the_way "a row" "$up is on bridge $BR, in a row that is not ours"
    ovs-vsctl --no-wait del-port "$up"

    mkdir -p /etc/sriov-operator/pci
    in_the_way "the operator" "the SR-IOV operator configures this node"
    ids_policy "numVfs=1,rootDevices=$NIC,force=true"
    eventually "force" 30 eval 'state_is applied && [ "$(vfs)" = 1 ]'
    ids_rm offload-policy-vdpa-policy
    eventually "force, on the way back, too" 30 eval 'is_bare && nothing_left'
    rmdir /etc/sriov-operator/pci /etc/sriov-operator
}

# Those that hold VFs, while the policy changes and goes.
holders() {
    local rep holder
    ids offload-mode=assist
    start
    ids_policy "$VHOST2"
    eventually "vhost" 60 \
        eval 'state_is applied && [ "$(vdpa_drivers)" = vhost_vdpa ]'

    # Not a descriptor of this shell's, which each of its commands would have.
    sleep infinity 7<>/dev/vhost-vdpa-1 &
    holder=$!
    wait_for 10 test -e "/proc/$holder/fd/7"
    ids_policy "${VHOST2/numVfs=2/numVfs=3}"
    eventually "a VM is in the way" 30 \
        reason_has "process $holder (sleep) has vhost-vdpa-1"
    equal "VFs" 2 "$(vfs)"
    ids_rm offload-policy-vdpa-policy
    eventually "of the way back, too" 30 \
        reason_has "process $holder (sleep) has vhost-vdpa-1"
    equal "vDPA devices" 2 "$(vdpas | wc -w)"

    # Before the VM ends, as then nobody else would be left.
    rep=$(rep_of 0)
    k8s_add "$rep" poda
    eventually "the row of a CNI is in the way" 30 \
        reason_has "$rep is on bridge $BR, in a row that is not ours"
    kill $holder
    ovs-vsctl --no-wait del-port "$rep"
    eventually "bare NIC" 60 eval 'is_bare && nothing_left'
}

bad_input() {
    ids offload-mode=own
    start
    settle
    refused "a policy of no name" "missing arguments" ooc policy/set
    refused "a bad name" "lower-case" ooc policy/set A numVfs=1,vendor=15b3
    refused "a bad field" "field \"x\" is unknown" ooc policy/set a x=1
    refused "too many VFs" "numVfs is 999, and PF $NIC can have .* at most" \
        ooc policy/set a "numVfs=999,rootDevices=$NIC"
    refused "vfio" "deviceType" apply 's/netdevice/vfio-pci/'
    refused "no such mode" "eSwitchMode" apply 's/switchdev/none/'
    refused "no YAML" "line 1" eval 'echo "a: b: c" | $client policy apply -'
    refused "no file" "No such file" "$client" policy apply /nonexistent
    refused "no policy" "no policy is named" ooc policy/delete nobody
    refused "nor here" "no policy is named" ooc policy/show nobody
    refused "nor there" "no policy is named" ooc policy/diff nobody
    refused "a name of odd bytes" '"a\\x0ab\\xff"' \
        ooc policy/show $'a\nb\xff'
    refused "nor to be set" '"a\\x0ab"' ooc policy/set $'a\nb' numVfs=1
    refused "a long name" 'at most 253' \
        ooc policy/set "$(printf '%0254d' 0)" numVfs=1
    refused "an option" 'unknown option "--force"' ooc policy/delete p --force
    refused "no spec" 'spec.numVfs is missing' apply '/^spec/,$d'
    check "nothing was done" eval 'is_bare && nothing_left'
    check "policy list" "$client" policy list
    ooc policy/set other numVfs=1,vendor=ffff
    eventually "unmatched" 10 eval 'pf ".state == \"unmatched\""'
    ids_rm offload-policy-other
    eventually "gone" 10 nothing_left
    ctl_stop

    # A record that cannot be read.
    mkdir -p $state_dir
    echo '{"version": 1' >"$record"
    ids_policy "numVfs=1,rootDevices=$NIC"
    "$program" -vconsole:off --no-chdir --pidfile --log-file="$log" \
        --state-dir=$state_dir </dev/null >>"$LAB_OUT/daemon.out" 2>&1 &
    ctl=$!
    wait_for 20 ooc version || fail "the daemon does not start"
    eventually "a broken record" 20 state_is error
    check "it is named" pf ".reason | contains(\"$record\")"
    check "and nothing was done" is_bare
    ooc exit
    wait "$ctl"
    ctl=
    : >"$log"
    rm -rf "$state_dir"
    ids_rm offload-policy-vdpa-policy
}

policy_up
policy_themes bad_input there_and_back shared changes guards holders
finish
