# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What "explain" says of a pod's interface on which all is well, and of the
# same with one fault at a time: the item that it names first is the fault, and
# once that is healed all is well again.
#
# lab: secs=1200
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

# checks QUERY: jq on the checklist of ns/web
checks() {
    { ooc explain ns/web --format=json 2>&1 || true; } |
        sed '/^ovs-appctl: /d' | jq -rce ".[0] | $1"
}

passes() { ooc explain ns/web >/dev/null 2>&1; }

# names ITEM EVIDENCE FIX: ITEM is the first that fails, as does the command
names() {
    ! passes &&
        checks '[.checks[] | select(.verdict == "FAIL")][0] |
            .check == "'"$1"'" and (.evidence | contains("'"$2"'")) and
            (.fix | contains("'"$3"'"))' >/dev/null
}

# only ITEM...: no other ones fail
only() {
    [ "$(checks '[.checks[] | select(.verdict == "FAIL") | .check] |
                 join(" ")')" = "$*" ]
}

show() { ooc explain ns/web 2>&1; return 1; }

# eventually, with the checklist at the end
says() { eventually "$1" 20 "${@:2}" || show; }

healthy() { says "${1:+$1: }all is well" passes; }

# --- themes ------------------------------------------------------------------

well() {
    healthy
    equal "verdict" PASS "$(checks .verdict)"
    equal "nothing is unknown" "" \
        "$(checks '[.checks[] | select(.verdict != "PASS") | .check] |
                   join(" ")')"
    equal "in this order" "eswitch-mode representor hw-offload tc-policy \
hw-tc-offload-representor hw-tc-offload-uplink switch-id ofport qdisc \
representor-up mtu vdpa-driver mac" \
        "$(checks '[.checks[].check | select(. != "flows")] | join(" ")')"
    check "ovs-vswitchd was asked" checks '.checks[] |
        select(.check == "hw-offload") |
        .evidence == "in effect: ovs-vswitchd says so"'
    equal "by other names" "rep0 rep0 rep0 rep0" "$(
        for name in rep0 "$(vf_addr 0)" vdpa0 ns_web; do
            ooc explain "$name" --format=json | jq -r '.[0].interface'
        done | xargs)"
    check "as a table" eval 'ooc explain ns/web | grep "^rep0  *all  *PASS"'
    check "as CSV" eval 'ooc explain ns/web --format=csv |
        grep "^rep0,all,PASS"'
}

feature_representor() {
    ethtool -K rep0 hw-tc-offload off
    says "representor's feature off" names hw-tc-offload-representor \
        "hw-tc-offload is off on rep0" "ethtool -K rep0 hw-tc-offload on"
    check "only that" only hw-tc-offload-representor
    ethtool -K rep0 hw-tc-offload on
    healthy "on again"
}

feature_uplink() {
    local uplink
    uplink=$(port_of p0)
    ethtool -K "$uplink" hw-tc-offload off
    says "uplink's feature off" names hw-tc-offload-uplink \
        "hw-tc-offload is off on $uplink" "ethtool -K $uplink"
    check "only that" only hw-tc-offload-uplink
    ethtool -K "$uplink" hw-tc-offload on
    healthy "on again"
}

representor_down() {
    ip link set rep0 down
    says "representor down" names representor-up "rep0 is down" \
        "ip link set rep0 up"
    check "only that" only representor-up
    ip link set rep0 up
    healthy "up again"
}

mtu() {
    ip link set rep0 mtu 1400
    says "MTU" names mtu "rep0 has 1400" "ip link set rep0 mtu 1500"
    check "only that" only mtu
    ip link set rep0 mtu 1500
    healthy "the same MTU again"
}

driver() {
    echo vdpa0 >/sys/bus/vdpa/drivers/virtio_vdpa/unbind
    says "vDPA driver unbound" names vdpa-driver \
        "vdpa0 is bound to no driver" "drivers_probe"
    check "only that" only vdpa-driver
    echo vdpa0 >/sys/bus/vdpa/drivers_probe
    healthy "bound again"
}

mac() {
    check "vdpa0 goes" vdpa dev del vdpa0
    check "vdpa0 with another address" vdpa dev add name vdpa0 \
        mgmtdev "pci/$(vf_addr 0)" mac 02:00:00:00:00:99
    says "another MAC address" names mac "vdpa0 02:00:00:00:00:99" \
        "vdpa dev del vdpa0"
    check "only that" only mac
    check "vdpa0 goes" vdpa dev del vdpa0
    check "vdpa0 as it was" vdpa_add 0
    healthy "the same address"
}

restart_vswitchd() {
    ovs-appctl exit
    wait_for 5 not pid_of ovs-vswitchd
    vswitchd_start
}

hw_offload() {
    ovs-vsctl set Open_vSwitch . other_config:hw-offload=false
    # Not in effect before a restart: said, but no failure.
    says "the key only" checks '.verdict == "PASS" and any(.checks[];
        .check == "hw-offload" and (.evidence | contains("restarted")))'
    restart_vswitchd
    says "hw-offload false" names hw-offload "hw-offload is false" \
        "other_config:hw-offload=true"
    ovs-vsctl set Open_vSwitch . other_config:hw-offload=true
    healthy "true again"
}

# tc-policy: the one with which ovs-vswitchd was started, not the key.
policy() {
    ovs-vsctl set Open_vSwitch . other_config:tc-policy=none
    restart_vswitchd
    healthy "none"
    ovs-vsctl set Open_vSwitch . other_config:tc-policy=skip_hw
    says "the key only" checks '.verdict == "PASS" and any(.checks[];
        .check == "tc-policy" and
        (.evidence | contains("when it was none")) and
        (.fix | contains("next start")))'
    restart_vswitchd
    says "skip_hw" names tc-policy "took tc-policy when it was skip_hw" \
        "other_config tc-policy && systemctl restart"
    check "only that" only tc-policy
    ovs-vsctl set Open_vSwitch . other_config:tc-policy=none
    says "no more by the key only" names tc-policy \
        "took tc-policy when it was skip_hw" "systemctl restart"
    restart_vswitchd
    healthy "none again"
}

# Without ovs-vswitchd there is an answer in time, which admits what it lacks.
no_vswitchd() {
    local pid
    pid=$(pid_of ovs-vswitchd)
    kill -STOP "$pid"
    equal "ovs-vswitchd is stopped" UNKNOWN "$(checks '.checks[] |
        select(.check == "hw-offload") | .verdict')"
    check "which is no failure" passes
    kill -CONT "$pid"
    healthy "it goes on"
}

# The kernel answers nothing about vDPA while a device that is open is being
# removed.  What it does not tell is unknown, and nobody waits for it.
sleeps() { grep -q '^State:.D' "/proc/$1/status"; }
stuck() {
    local del before
    modprobe vhost_vdpa
    check "vdpa1" vdpa_add 1
    echo vdpa1 >/sys/bus/vdpa/drivers/virtio_vdpa/unbind
    echo vdpa1 >/sys/bus/vdpa/drivers/vhost_vdpa/bind
    eventually "vdpa1 is bound to vhost_vdpa" 5 eval \
        'ooc explain vdpa1 2>&1 | grep -q "vdpa1 is bound to vhost_vdpa"'
    exec 9<>/dev/vhost-vdpa-*
    vdpa dev del vdpa1 9<&- &
    del=$!
    check "its removal waits" wait_for 5 sleeps $del
    before=$SECONDS
    equal "the address is not known" \
        "UNKNOWN vdpa0 not known or not set" "$(checks '.checks[] |
            select(.check == "mac") | .verdict + " " +
            (.evidence | split(", ")[2])')"
    check "soon enough" [ $((SECONDS - before)) -le 6 ]
    check "all other checks pass" checks '[.checks[] |
        select(.verdict != "PASS") | .check] == ["mac"]'
    exec 9>&-
    check "it is gone" wait $del
    healthy "after that"
}

legacy() {
    check "legacy" devlink dev eswitch set "pci/$NIC" mode legacy
    says "legacy mode" names eswitch-mode "legacy mode" \
        "devlink dev eswitch set pci/$NIC mode switchdev"
    check "switchdev" devlink dev eswitch set "pci/$NIC" mode switchdev
    reps_add 3
    healthy "switchdev again"
}

# traffic: from the pod to another one, with no ARP
traffic() {
    ip netns exec web ping -q -c 5 -i 0.1 -W 2 10.0.0.3 >/dev/null
}

# with_peer: another pod to talk to, from the first call on
with_peer() {
    [ ! -e /run/netns/web ] || return 0
    check "another pod" ooc port/attach "$(vf_addr 2)" iface-id=ns_peer
    eventually "attached" 10 port rep2 '.state == "attached"'
    host_add web "$(vdpa_netdev 0)" 10.0.0.1/24
    host_add peer "$(vf_netdev 2)" 10.0.0.3/24
    ip -n web neigh replace 10.0.0.3 dev eth0 \
        lladdr "$(ip -n peer -j link show eth0 | jq -r '.[0].address')"
    ip -n peer neigh replace 10.0.0.1 dev eth0 lladdr "$(mac_of 0)"
    check "traffic" traffic
    says "flows in hardware" checks '.checks[] | select(.check == "flows") |
        .verdict == "PASS" and (.evidence |
            capture("^(?<n>[1-9][0-9]*) of (?<all>[0-9]+) ") | .n == .all)'
}

# nic PARAMETER VALUE: from now on, for new flows
nic() {
    echo "$2" >"/sys/module/nicsim/parameters/$1"
    ovs-appctl revalidator/purge
    check "traffic" traffic
}

# All is set up well, and the NIC takes no IPv4.
refused() {
    with_peer
    nic fail_proto 2048
    says "refused by the NIC" names flows "in tc but not in hardware" \
        "tc -s filter show dev rep0 ingress"
    equal "only that" flows "$(checks '[.checks[] |
        select(.verdict == "FAIL") | .check] | unique | join(" ")')"
    nic fail_proto 0
    healthy "taken again"
}

# Of a table that is full the kernel tells nobody, so that is one of two things
# that it may be.
full() {
    with_peer
    nic max_rules 1
    says "table full" names flows \
        "not in hardware: the driver refused it, or its table is full" \
        "tc -s filter show dev rep"
    check "others found room" checks '.checks[] | select(.check == "flows") |
        .evidence | capture("^(?<n>[0-9]+) of (?<all>[0-9]+): ") |
        (.n | tonumber) < (.all | tonumber)'
    check "only that" only flows
    nic max_rules 0
    healthy "room again"
}

bad_names() {
    check "unknown name" not ooc explain ns/nobody
    ip link add veth0 type veth peer name veth1
    foreign_add veth0 ns_veth
    says "no representor" eval \
        'ooc explain ns/veth 2>&1 | grep "representor of no VF"'
    ovs-vsctl del-port veth0
}

# The bridge's own IPv6 multicasts are in software.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
check "NIC" nic_up 3
reps_add 3
check "Open vSwitch" db_up
ids offload-mode=own
ctl_start
check "vdpa0" vdpa_add 0
check "attach" ooc port/attach vdpa0 iface-id=ns_web "mac=$(mac_of 0)"
eventually "attached" 10 ports_are 1 '.state == "attached"'
theme well feature_representor feature_uplink representor_down mtu driver mac \
    hw_offload policy no_vswitchd stuck legacy bad_names refused \
    full
finish
