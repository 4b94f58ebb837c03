# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Flows while what they stand on goes away: events are lost, ovs-vswitchd ends
# or is killed, the datapath, representors, the NIC's driver and a bond's block
# go.  Nothing that is gone stays in the report, and what is there is in it.
#
# lab: secs=1800
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"
# shellcheck source=lib/flows.sh
. "$LAB/t/lib/flows.sh"

pods=(client server)

# plug: rows, links and addresses of the pods, on plain VFs
plug() {
    local i
    reps_add 2
    for i in 0 1; do
        ovs-vsctl --no-wait --may-exist add-port "$BR" rep$i -- \
            set interface rep$i external_ids:iface-id="ns_${pods[i]}"
        ip link set rep$i up
        # Its netdev comes back by and by.
        ip netns del "${pods[i]}" 2>/dev/null
        wait_for 10 vf_netdev $i || return
        ip link set "$(vf_netdev $i)" address "$(mac_of $i)"
        host_add "${pods[i]}" "$(vf_netdev $i)" "10.0.0.$((i + 1))/24" ||
            return
        ip -n "${pods[i]}" neigh replace "10.0.0.$((2 - i))" \
            lladdr "$(mac_of $((1 - i)))" dev eth0
    done
}

ping_pods() { ip netns exec client ping -q -c 3 -i 0.1 -W 2 10.0.0.2; }

# kinds: "UFID SENDER" of each flow, as ovs-vswitchd and as we say
theirs() { flows_theirs | cut -d' ' -f1,2; }
ours() { flows_ours | cut -d' ' -f1,2; }
agree() { [ "$(ours)" = "$(theirs)" ]; }

# agrees NAME: both know the same flows, and the ledgers add up
agrees() {
    wait_for 20 agree || same "$1: as ovs-vswitchd says" "$(theirs)" "$(ours)"
    pass "$1: as ovs-vswitchd says ($(theirs | wc -l) flows)"
    check "$1: ledgers add up" adds_up
    check "$1: and so says flow/check" ooc flow/check
    check "$1: nothing is stale" report '.stale | .egress.flows +
        .ingress.flows == 0'
}

# offloaded: the pods' flows are there, in hardware
offloaded() {
    ping_pods && report '[.interfaces[] | select(.pod) |
        .egress.offloaded, .ingress.offloaded] | all(. >= 1) and
        length == 4'
}

# vswitchd_killed
vswitchd_killed() {
    kill -9 "$(pid_of ovs-vswitchd)"
    wait_for 5 not pid_of ovs-vswitchd
    rm -f "$OVS_RUNDIR/ovs-vswitchd.pid"
}

# none_of NETDEV...: no flow of them is known
none_of() {
    local dev
    for dev; do
        list '[.flows[] | select(.sender.name == "'"$dev"'")] == []' || return
    done
}

# --- themes ------------------------------------------------------------------

# filters N STEP COMMAND [ARG...]: a line for "tc -batch" for each STEP-th of N
# filters as of ovs-vswitchd
filters() {
    local i args=${*:4}
    for ((i = 1; i <= $1; i += $2)); do
        printf 'filter %s dev d0 ingress prio 5 protocol ip handle %d flower' \
            "$3" $i
        [ -z "$args" ] || printf ' skip_hw dst_mac 02:00:00:01:%02x:%02x '\
'action drop cookie %032x' $((i / 256)) $((i % 256)) $((i * 65537))
        echo
    done
}

# cookies, ufids: of the filters on d0, in the same form
cookies() { tc filter show dev d0 ingress | sed -n 's/.*cookie //p' | sort; }
ufids() {
    list --limit=0 '.flows[] | select(.sender.name == "d0") | .ufid' |
        tr -d - | sed -E 's/(..)(..)(..)(..)/\4\3\2\1/g' | sort
}
overflow() {
    local n=12000 before round
    ip link add d0 type dummy
    ip link set d0 up
    tc qdisc add dev d0 clsact
    filters $n 1 add all >/tmp/add
    filters $n 2 del >/tmp/del
    filters $n 2 add all >/tmp/again
    before=$(status '.flows.tc | [.overflows, .resyncs]')
    kill -STOP "$ctl"
    check "$n filters" tc -batch /tmp/add
    check "half of them" tc -batch /tmp/del
    # Kernels differ in how many messages a socket holds.
    for ((round = 0; round < 20; round++)); do
        [ "$(drops)" = 0 ] || break
        tc -batch /tmp/again || fail "filters again"
        tc -batch /tmp/del || fail "half of them again"
    done
    kill -CONT "$ctl"
    eventually "events were lost, and all is read again" 60 status \
        '.flows.tc | .state == "synced" and .overflows > '"$before"'[0] and
         .resyncs > '"$before"'[1] and .flows >= '$((n / 2))
    equal "filters" $((n / 2)) "$(cookies | wc -l)"
    same "the same as the kernel has" "$(cookies)" "$(ufids)"
    check "the bound holds" status '.flows.counters |
        .duty_permille <= .duty_permille_max'
    check "and so says flow/check" ooc flow/check
    check "the qdisc goes" tc qdisc del dev d0 clsact
    eventually "and all its filters" 20 none_of d0
    ip link del d0
    agrees "overflow"
}

# A netdev takes its filters along, and no event tells of them.
unplugged() {
    local resyncs ufid
    ip link add d0 type dummy
    ip link set d0 up
    tc qdisc add dev d0 clsact
    filters 9 1 add all >/tmp/add
    check "9 filters" tc -batch /tmp/add
    listed() { [ "$(ufids | wc -l)" = 9 ]; }
    eventually "are listed" 20 listed
    ufid=$(list --limit=0 \
        '[.flows[] | select(.sender.name == "d0") | .ufid][0]')
    resyncs=$(status .flows.tc.resyncs)
    check "the netdev goes" ip link del d0
    eventually "with its filters" 20 list "--ufid=$ufid" '.flows == []'
    check "of which no dump told" status ".flows.tc.resyncs == $resyncs"
    agrees "unplugged"
}

restart() {
    eventually "flows" 15 offloaded
    ovs-appctl exit
    wait_for 5 not pid_of ovs-vswitchd
    vswitchd_start
    eventually "flows after a restart" 20 offloaded
    agrees "restart"
    check "of the pods" report '.unattributed |
        .egress.flows + .ingress.flows == 0'
}

# Without hw-offload after a restart flows are in the datapath for that.
offload_off() {
    eventually "flows" 15 offloaded
    ovs-vsctl --no-wait set Open_vSwitch . other_config:hw-offload=false
    vswitchd_killed
    vswitchd_start
    in_software() {
        ip netns exec client python3 "$LAB/t/lib/frames.py" eth0 \
            "eth=2>1 data=30" || return
        list '.flows | any(.[]; .dp == "ovs" and .sender.pod == "client" and
              .reason.class == "hw-offload")'
    }
    eventually "flows are in software for that" 15 in_software
    ovs-vsctl set Open_vSwitch . other_config:hw-offload=true
    ovs-appctl revalidator/purge
    eventually "flows in hardware again" 20 offloaded
    agrees "offload_off"
}

killed() {
    eventually "flows" 15 offloaded
    vswitchd_killed
    check "they are still there" report '[.interfaces[] | select(.pod) |
        .egress.offloaded] == [1, 1]'
    check "and known" ooc flow/check
    vswitchd_start
    eventually "flows after a crash" 20 offloaded
    agrees "killed"
    vswitchd_killed
    check "the datapath goes" ovs-dpctl del-dp ovs-system
    eventually "with its flows" 10 status '.flows.kernel.flows == 0'
    vswitchd_start
    ip link set "$BR" up
    eventually "flows of a new datapath" 20 offloaded
    agrees "another datapath"
}

# all_gone: no flow of a representor is known, nor where they were
all_gone() {
    none_of rep0 rep1 && report '[.stale, .unattributed |
        .egress.flows, .ingress.flows] | add == 0'
}

# goes NAME COMMAND...: COMMAND takes the representors away
goes() {
    eventually "$1: flows before" 15 offloaded
    check "$1" "${@:2}"
    eventually "$1: no flow is left" 20 all_gone
    agrees "$1"
}
numvfs() { echo "$1" >"$PF/sriov_numvfs"; }
removed() {
    goes "no VFs" numvfs 0
    check "VFs" numvfs 2
    check "pods" plug
    goes "legacy mode" devlink dev eswitch set "pci/$NIC" mode legacy
    check "switchdev" devlink dev eswitch set "pci/$NIC" mode switchdev
    check "pods" plug
    eventually "flows" 15 offloaded
    vswitchd_killed
    check "one representor without ovs-vswitchd" numvfs 0
    eventually "its flows are gone all the same" 20 none_of rep0 rep1
    vswitchd_start
    check "VFs" numvfs 2
    check "pods" plug
    eventually "flows" 20 offloaded
    agrees "removed"
}

# pf_driver bind|unbind
pf_driver() { echo "$NIC" >"/sys/bus/pci/drivers/nicsim/$1"; }

# to_vswitchd: a packet that only ovs-vswitchd can handle: its flow is not in tc
to_vswitchd() {
    ip netns exec client python3 "$LAB/t/lib/frames.py" eth0 \
        "eth=2>1 ip=10.0.0.1>10.0.0.2 udp=1>2" &&
        list '.flows | any(.[]; .sender.name == "rep0" and .dp == "ovs")'
}

# The PF goes from its driver, and with it all netdevs of the NIC, under the
# flows that it has in hardware; then it comes back.
unbound() {
    goes "PF unbound" pf_driver unbind
    check "PF bound" pf_driver bind
    check "VFs" nic_up 2
    check "pods" plug
    eventually "flows of the same names" 20 offloaded
    agrees "PF bound"

    # Without ovs-vswitchd the datapath keeps flows of ports that are gone.
    ovs-ofctl add-flow "$BR" \
        "priority=40000,udp,in_port=rep0,tp_dst=2,actions=controller"
    eventually "a flow in the datapath only" 15 to_vswitchd
    vswitchd_killed
    check "PF unbound" pf_driver unbind
    eventually "it is stale, the others are gone" 20 eval '
        list "[.flows[] | select(.dp == \"tc\")] == []" && report "
            .stale.egress.flows > 0 and
            .stale.egress.flows == .totals.egress.flows"'
    check "ledgers add up" adds_up
    check "and so says flow/check" ooc flow/check
    check "and a report in full" eval 'ooc flow/report | grep -i stale'
    vswitchd_start
    check "PF bound" pf_driver bind
    check "VFs" nic_up 2
    check "pods" plug
    eventually "flows" 20 offloaded
    agrees "${FUNCNAME[0]}"
}

ping_far() { ip netns exec client ping -q -c "${1:-3}" -i 0.1 -W 1 10.0.0.9; }

# What comes in at either member is the bond's.
bond() {
    local i block
    check "bond" bond_add
    check "shared block" bond_port
    block=$(block_of p0)
    wait_for 10 ping_far
    ip -n client neigh replace 10.0.0.9 dev eth0 \
        lladdr "$(ip -n far -j link show br0 | jq -r '.[0].address')"
    ip -n far neigh replace 10.0.0.1 lladdr "$(mac_of 0)" dev br0
    ovs-appctl revalidator/purge
    check "ping" ping_far
    eventually "flows both ways, in hardware" 15 row_of bond0 \
        '.kind == "uplink" and .egress.offloaded >= 1 and
         .ingress.offloaded >= 1'
    moves "10 pings" "[10,980,0,0,10,980,0,0,10,980,0,0,10,980,0,0]" \
        "bond0 rep0" ping_far 10
    known_as_block() {
        list '.flows | any(.[]; .sender.name == "bond0" and
              .receivers[0].pod == "client" and .details_error == null and
              (.match | contains("in_port(bond0)")))'
    }
    check "listed as the bond's" known_as_block
    agrees "bond"

    # What keeps flows to the bond out of hardware is said of a member.
    ethtool -K p0 hw-tc-offload off
    ethtool -K p1 hw-tc-offload off
    ovs-appctl revalidator/purge
    check "ping" ping_far
    why() {
        list '.flows | any(.[]; .sender.name == "bond0" and
              .reason.class == "hw-tc-offload" and
              (.reason.evidence | test("^hw-tc-offload is off on p[01]$")))'
    }
    eventually "members without the feature" 15 why
    bond_is() {
        ooc explain rep0 >/tmp/explain 2>&1
        grep -E "^rep0 +bond +$1" /tmp/explain | grep -q "${2:-bond0}"
    }
    check "explain has both" bond_is FAIL \
        "p[01] has hw-tc-offload off; p[01] has hw-tc-offload off"
    ethtool -K p0 hw-tc-offload on
    ethtool -K p1 hw-tc-offload on
    eventually "and is content with both" 10 bond_is PASS
    ovs-appctl revalidator/purge

    # Who takes the block away tells nothing of its filters.
    vswitchd_killed
    for i in bond0 p0 p1; do
        tc qdisc del dev $i ingress_block "$block" ingress 2>/dev/null ||
            tc qdisc del dev $i ingress_block "$block" clsact 2>/dev/null ||
            tc qdisc del dev $i ingress
    done
    check "no block" not tc filter show block "$block"
    eventually "nor flows of it" 20 none_of bond0
    check "and so says flow/check" ooc flow/check
    vswitchd_start
    eventually "flows" 20 offloaded
    agrees "without the block"
}

# Without Open vSwitch there is nothing to see, and that is no error.
nothing() {
    ovs_stop
    eventually "no flow" 10 status '.flows | .flows == 0 and
        ([.tc, .kernel | .state] == ["synced", "synced"])'
    check "nor a message that was not understood" status '.flows |
        .tc.malformed == 0 and .kernel.malformed == 0'
    equal "nobody's" 0 "$(report '[.totals, .stale, .unattributed |
        .egress.flows, .ingress.flows] | add')"
    check "and so says flow/check" ooc flow/check
}

sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
check "NIC" nic_up 2 num_pfs=2 shared_esw=1 wire_peer=1
check "second PF" devlink dev eswitch set "pci/$(pf_addr 1)" mode switchdev
check "Open vSwitch" db_up
flows_last
check "pods" plug
ctl_start
settle
theme overflow unplugged restart offload_off killed removed unbound bond nothing
finish
