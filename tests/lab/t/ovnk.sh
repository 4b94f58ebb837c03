# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Beside ovn-kubernetes: what its CNI does when a pod comes and goes, at full
# speed over 16 representors, while the daemon is in auto, and while it is in
# own and attaches other VFs of the same NIC.
#
# lab: secs=720
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

N_PODS=16
N_VFS=20
CYCLES=${CYCLES:-200}

# cycles [REQUEST]: CYCLES pods come and go.  Prints what went wrong.
cycles() {
    /usr/bin/python3 "$LAB/t/lib/writer.py" "$OVS_RUNDIR/db.sock" pods \
        "$CYCLES" $N_PODS "$@" 2>&1
}

# all_on: the NIC's ports all have offload on, before anybody plugs one
all_on() {
    [ "$(offload_all | grep -cE '^rep[0-9]+ on$')" = $N_VFS ]
}

# --- themes ------------------------------------------------------------------

auto() {
    ctl_start
    settle
    check "no pod yet: own, for explicit requests" status '.config.mode == "own"'
    eventually "offload is on before the first pod" 10 all_on
    same "$CYCLES pods at full speed" "" "$(cycles)"
    settle
    check "assist" status '.config.mode == "assist"'
    equal "transactions of ours" 0 "$(writes)"
    equal "our rows" "" "$(own_rows)"
    equal "ports left on the bridge" "" "$(ovs-vsctl list-ports "$BR")"
    check "no port is in conflict or error" \
        ports 'all(.[]; .state != "conflict" and .state != "error")'
    equal "what was ever done to a netdev" '["hw-tc-offload on"]' \
        "$(ooc event/list --format=json | jq -c \
           '[.[] | select(.what == "action") | .to] | unique')"
    ctl_stop
}

own() {
    local i
    reset
    ids offload-mode=own offload-select=none
    for i in 17 18 19; do
        request "$(vf_addr $i)" "iface-id=ours_$i"
    done
    ctl_start
    eventually "three ports of ours" 20 ports_are 3 '.state == "attached"'
    check "offload is on before the first pod" all_on
    # A request of ours comes and goes meanwhile.
    same "$CYCLES pods at full speed" "" "$(cycles "$(vf_addr 16)")"
    request "$(vf_addr 16)" iface-id=ours_16
    eventually "four ports of ours" 20 ports_are 4 \
        '.state == "attached" and .owner == "self"'
    settle
    check "no port is in conflict or error" \
        ports 'all(.[]; .state != "conflict" and .state != "error")'
    equal "rows that we ever wrote" "$BR rep16 rep17 rep18 rep19" \
        "$(transactions | sed -n 's/.* row "\([^"]*\)".*/\1/p' | sort -u |
           xargs)"
    check "rep16 came and went" \
        [ "$(transactions | grep -c 'Interface insert row "rep16"')" -gt 2 ]
    ctl_stop
}

# A port of ours for which a pod comes is the pod's from then on.
adopted() {
    reset
    ids offload-mode=own offload-select=none
    ctl_start
    request "$(vf_addr 0)" iface-id=ns_pod0
    request "$(vf_addr 1)" iface-id=ns_pod1
    eventually "two ports of ours" 20 ports_are 2 '.state == "attached"'
    # It plugs a row that has the pod's iface-id, in place.
    k8s_add rep0 pod0
    eventually "its row is no longer ours" 10 \
        port rep0 '.state == "foreign" and .iface_id == "ns_pod0"'
    before=$(foreign)
    ctl_stop --cleanup
    same "exit --cleanup leaves it as it is" "$before" "$(foreign)"
    equal "and removes ours" rep0 "$(ovs-vsctl list-ports "$BR")"
    check "its link stays up" link_up rep0
}

check "NIC" modprobe nicsim hw_tc=0 total_vfs=$N_VFS
echo $N_VFS >"$PF/sriov_numvfs"
check "switchdev" devlink dev eswitch set "pci/$NIC" mode switchdev
reps_add $N_VFS
check "Open vSwitch" db_up
# As on such nodes: the uplink is on a bridge of its own.
ovs-vsctl add-br br-ex -- set bridge br-ex datapath_type=system -- \
    add-port br-ex "$(port_of p0)"
theme auto own adopted
finish
