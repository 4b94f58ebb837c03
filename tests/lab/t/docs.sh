# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The commands in README.md and Documentation/ do what these say: each page's
# are run in their order, as a reader would, and what they print is compared.
# tests/docs/pages.py has the rules.
#
# A page says by comments, <!-- lab: FUNCTION -->, what its reader's node has
# done already, by the functions below.
#
# lab: secs=900
# shellcheck disable=SC2119,SC2120,SC2317 # The pages call them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

docs=$LAB/../docs
dir=/tmp/docs
json=$dir/json

# --- what pages call ---------------------------------------------------------

# node: as it is before the reader begins: a NIC with VFs, representors that
# udev has named, no driver for vDPA devices, Open vSwitch that was never asked
# to offload and has no bridge, no daemon
node() {
    local netns i
    [ -z "$(pid_of ovs-offload-controller)" ] || daemon_stop || return
    rm -f "${state_dir:?}"/*
    for netns in $(ip netns list | cut -d' ' -f1); do
        ip netns del "$netns"
    done
    [ -e "$PF" ] || nic_up 4 || return
    for i in $(vdpa -j dev show | jq -r '.dev | keys[]'); do
        vdpa dev del "$i"
    done
    [ -z "$(pid_of ovs-vswitchd)" ] || ovs_stop || return
    [ ! -e /sys/class/net/bond0 ] || unbonded || return
    modprobe -r vhost_vdpa virtio_vdpa || return
    named || return
    for i in 0 1 2 3; do
        ip link set pf0vf$i down
    done
    ovs_start false && flows_last
}

# ready: what else each node has after a while
ready() { modprobe virtio_vdpa && bridge_add; }

# bonded: the same with a pod, shop/web-0, that talks through a bond of the
# uplinks of two PFs to 10.0.0.9
bonded() {
    node && ovs_stop && rmmod nicsim &&
        nic_up 4 num_pfs=2 shared_esw=1 wire_peer=1 &&
        devlink dev eswitch set "pci/$(pf_addr 1)" mode switchdev &&
        bond_add && named && ovs_start && ready && flows_last &&
        bond_port && ovs-vsctl set Open_vSwitch . \
            external_ids:offload-mode=own external_ids:offload-select=none &&
        daemon_start && vdpa_add 0 &&
        ooc port/attach vdpa0 iface-id=shop_web-0 "mac=$(mac_of 0)" &&
        attached 1 && pod web-0 0 && ping_far
}

# unbonded: the end of that
unbonded() {
    ip link del bond0 && rmmod nicsim && nic_up 4
}

# systemctl: what the pages have systemd do, of which there is none here
systemctl() {
    case $* in
    "restart openvswitch-switch")
        ovs-appctl exit && wait_for 10 not pid_of ovs-vswitchd &&
            vswitchd_start ;;
    "enable --now ovs-offload-controller" | \
    "start ovs-offload-controller")
        daemon_start ;;
    "restart ovs-offload-controller")
        daemon_stop && daemon_start ;;
    *)  echo "systemctl $*: what is that here?"
        return 1 ;;
    esac
}

# pods [MODE]: the node runs two pods, shop/web-0 on vdpa0 and shop/db-0 on
# vdpa1, in mode own, with all in hardware
pods() {
    ovs-vsctl set Open_vSwitch . external_ids:offload-mode="${1:-own}" \
        external_ids:offload-select=none other_config:hw-offload=true &&
        systemctl restart openvswitch-switch &&
        ready && daemon_start && vdpa_add 0 && vdpa_add 1 &&
        ooc port/attach vdpa0 iface-id=shop_web-0 "mac=$(mac_of 0)" &&
        ooc port/attach vdpa1 iface-id=shop_db-0 "mac=$(mac_of 1)" &&
        attached 2 && pod web-0 0 && pod db-0 1 && talk
}

# plugged: a CNI has plugged the pod shop/web-0, on vdpa0, and there is no sign
# of any other owner of the node
plugged() {
    ovs-vsctl set Open_vSwitch . other_config:hw-offload=true &&
        systemctl restart openvswitch-switch &&
        ready && daemon_start && vdpa_add 0 && cni_add web-0 0 &&
        state vdpa0 foreign && pod web-0 0
}

# cni_add POD VF: what ovn-kubernetes does to plug it, and libcni to remember
cni_add() {
    local sandbox=5a4d$2 results=/var/lib/cni/results
    ovs-vsctl --may-exist add-port br-int "pf0vf$2" -- \
        set port "pf0vf$2" other_config:transient=true -- \
        set interface "pf0vf$2" external_ids:iface-id="shop_$1" \
        external_ids:sandbox="$sandbox" external_ids:iface-id-ver="uid-$1" \
        external_ids:attached_mac="$(mac_of "$2")" &&
        ip link set "pf0vf$2" up && mkdir -p $results &&
        jq -n --arg sandbox "$sandbox" --arg netns "/run/netns/$1" \
            --arg device "$(vf_addr "$2")" '{containerId: $sandbox,
                netns: $netns, capabilityArgs: {deviceID: $device}}' \
            >"$results/ovn-$sandbox-eth0"
}

# cni_del VF: what it does to unplug a pod
cni_del() {
    ip link set "pf0vf$1" down && ovs-vsctl --if-exists del-port "pf0vf$1"
}

# reaped: as ovn-kubernetes deletes ports without a netdev, when it looks
reaped() {
    local name
    for name in $(ovs-vsctl --bare --columns=name find interface ofport=-1)
    do
        ovs-vsctl --no-wait del-port "$name" || return
    done
}

# some_pods: the same, if they are not there, or not well
some_pods() {
    { [ -e /run/netns/web-0 ] && [ -e /run/netns/db-0 ] &&
      ooc explain shop/web-0 && ooc explain shop/db-0; } || { node && pods; }
}

# attached N: that many ports are
attached() { wait_for 20 ports_are "$1" '.state == "attached"'; }

# state NAME STATE: of that port
state() { wait_for 20 port "$1" ".state == \"$2\""; }

# pod NAME VF: the netdev of vdpaVF as eth0 of that pod
pod() {
    local netdev mac
    wait_for 10 vdpa_netdev "$2" || return
    netdev=$(vdpa_netdev "$2")
    mac=$(cat "/sys/class/net/$netdev/address")
    host_add "$1" "$netdev" "10.0.0.$(($2 + 1))/24" || return
    echo "$mac" >"/tmp/mac-$2"
}

# talk: 20 pings from web-0 to db-0, and they are counted.  Neighbours are
# known: no ARP.
talk() {
    ip -n web-0 neigh replace 10.0.0.2 lladdr "$(cat /tmp/mac-1)" dev eth0
    ip -n db-0 neigh replace 10.0.0.1 lladdr "$(cat /tmp/mac-0)" dev eth0
    ip netns exec web-0 ping -q -c 3 -i 0.1 -W 2 10.0.0.2 >/dev/null
    ip netns exec web-0 ping -q -c 20 -i 0.05 -W 2 10.0.0.2 >/dev/null &&
        wait_for 20 counted
}
counted() {
    ooc_jq flow/report '[.interfaces[] | select(.pod == "web-0") |
        .egress.passed | .hw.packets + .sw.packets >= 20] | any'
}

# ping_web: web-0 pings db-0, as soon as there is a way
ping_web() { wait_for 20 ping_once && ping_once 5; }
ping_once() {
    ip netns exec web-0 ping -q -c "${1:-1}" -i 0.1 -W 2 10.0.0.2
}

# ping_far: web-0 pings what is behind the bond
ping_far() {
    wait_for 20 ip netns exec web-0 ping -q -c 1 -W 2 10.0.0.9 &&
        ip netns exec web-0 ping -q -c 5 -i 0.1 -W 2 10.0.0.9
}

# named: uplink and representors have the names that udev gives them
named() {
    local i
    for i in 0 1 2 3; do
        [ -e /sys/class/net/pf0vf$i ] || {
            wait_for 10 rep_of $i && rename "$(rep_of $i)" pf0vf$i
        } || return
    done
    [ -e /sys/class/net/p0 ] || rename "$(port_of p0)" p0
}

# policy_is STATE: the policy of the PF is
policy_is() {
    wait_for 30 ooc_jq policy/list ".[0].state == \"$1\"" ||
        { ooc policy/list; ooc policy/diff; return 1; }
}

# verdict POD VERDICT: of explain
verdict() { wait_for 20 verdict_is "$@"; }
verdict_is() {
    { ooc explain "$1" --format=json 2>&1 || true; } |
        sed '/^ovs-appctl: /d' | jq -e --arg want "$2" \
            'any(.verdict == $want)'
}

# collect: what each command that only reads says in JSON, for json.md
collected=0
collect() {
    local command policy of
    collected=$((collected + 1))
    of=$(ooc port/list --format=json | jq -r \
        '[.[] | select(.vdpa and .iface_id)][0].vdpa // empty')
    policy=$(ooc policy/list --format=json | jq -r '.[0].policy // empty')
    for command in status port/list event/list event/wait vdpa/list \
            vdpa/mgmtdev-list policy/list policy/diff flow/report flow/list \
            "flow/parse $PWD/Documentation/examples/flows.txt" \
            ${policy:+"policy/show $policy"} \
            ${of:+"port/show $of" "vdpa/show $of" "explain $of"}; do
        keep_json "$collected" "$command"
    done
    return 0
}

# keep_json SUFFIX COMMAND: what it says; one that fails on purpose, too
keep_json() {
    local name=${2%% *}
    # shellcheck disable=SC2086 # A word and perhaps arguments.
    ooc $2 --format=json 2>&1 | sed '/^ovs-appctl: /d' \
        >"$json/${name/\//-}.$1"
}

# collect_changes: the same for those that change vDPA devices, with that of the
# last VF, which no pod has
collect_changes() {
    local old
    old=$(ooc vdpa/list --format=json | jq -r --arg vf "$(vf_addr 3)" \
        '.[] | select(.vf_pci == $vf) | .vdpa')
    [ -z "$old" ] || ooc vdpa/del "$old" || return
    keep_json new "vdpa/add vdpa9 mgmtdev=pci/$(vf_addr 3)" &&
        keep_json new "vdpa/unbind vdpa9" &&
        keep_json new "vdpa/bind vdpa9 virtio_vdpa" && ooc vdpa/del vdpa9
}

# --- the pages ---------------------------------------------------------------

# page_runs COMMAND: as a reader would, with the programs that a reader has
page_runs() (
    unset -f jq
    eval "$1"
)

# step KIND PLACE COMMAND: does it, as number n
step() {
    local status=0 how=page_runs
    [ "$1" != lab ] || how="eval"
    $how "$3" >"$dir/$n.out" 2>&1 </dev/null || status=$?
    echo $status >"$dir/$n.status"
    if [ "$1" = lab ] && [ $status != 0 ]; then
        cat "$dir/$n.out"
        ooc event/list
        fail "$2: $3"
    fi
}

sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
state_dir=$(ovs-offload-controller --help |
    sed -n 's|.*(default: \(/.*/ovs-offload\)).*|\1|p')
rm -rf "$dir" "${state_dir:?}"
mkdir -p "$json" "$state_dir"
cd "$LAB/../.." || exit
# The last page changes most, and nobody needs the node after it.
pages=(README.md Documentation/*.{md,1.in,5.in,8.in})
[ -z "${ONLY:-}" ] || read -ra pages <<<"$ONLY"
"$docs/steps" list "${pages[@]}" >"$dir/list" || fail "the pages are wrong"
n=0
while IFS= read -r -d '' kind && IFS= read -r -d '' place &&
      IFS= read -r -d '' command; do
    n=$((n + 1))
    step "$kind" "$place" "$command"
done <"$dir/list"
[ -z "$(pid_of ovs-offload-controller)" ] || collect
cp -a "$dir" "$LAB_OUT/"
"$docs/steps" compare "$dir" "${pages[@]}" || exit 1
"$docs/members" Documentation/json.md . "$json"/* || exit 1
finish
