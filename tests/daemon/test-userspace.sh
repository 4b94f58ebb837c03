# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Flows of the userspace datapath, which only ovs-vswitchd knows.

# A bridge of the userspace datapath with ports u0, of a pod, and u1.
start_netdev_bridge() {
    start_ovs
    ln -sf ovs-vswitchd.ctl "$T/ovs-vswitchd.$(pid_of ovs-vswitchd).ctl"
    vsctl add-br br-user -- set Bridge br-user datapath_type=netdev \
        -- add-port br-user u0 -- set Interface u0 ofport_request=1 \
           external_ids:iface-id=ns_pod external_ids:sandbox=0123 \
           external_ids:attached_mac=0a:58:0a:f4:00:05 \
           external_ids:iface-id-ver=uid external_ids:ip_addresses=1.2.3.4/24 \
        -- add-port br-user u1 -- set Interface u1 ofport_request=2
    ovs-ofctl add-flow "unix:$T/br-user.mgmt" in_port=1,actions=output:2
    ovs-ofctl add-flow "unix:$T/br-user.mgmt" in_port=2,actions=output:1
}

vswitchd() {
    ovs-appctl -T "$WAIT" -t "$T/ovs-vswitchd.ctl" "$@"
}

# send PORT NUMBER: packets that come in there.
send() {
    local i packet
    packet='in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a)'
    packet+=',eth_type(0x0800),ipv4(src=10.0.0.2,dst=10.0.0.1,proto=1,tos=0'
    packet+=',ttl=64,frag=no),icmp(type=8,code=0)'
    for ((i = 0; i < $2; i++)); do
        vswitchd netdev-dummy/receive "$1" "$packet" >/dev/null
    done
}

# Number of a port in the datapath: port_number NAME
port_number() {
    vswitchd dpctl/show netdev@ovs-netdev |
        sed -n "s/^ *port \([0-9]*\): $1.*/\1/p"
}

# Report on u0, until ovs-vswitchd has counted.
u0_is() {
    json_true flow/report --pod=ns/pod : ".interfaces[0] | $1"
}

test_report() {
    local before line ufid
    start_netdev_bridge
    start_daemon
    synced
    json_is '["absent",0]' status : \
        '[.flows.userspace.state, .flows.vswitchd_calls] | tostring'
    send u0 5
    eventually u0_is '.name == "u0" and .egress.sw.packets > 0'
    send u0 5
    eventually u0_is '.egress.flows == 1 and .egress.offloaded == 0'
    json_is complete flow/report : .state
    json_is true flow/report : '[.interfaces[] | select(.name == "u1")
        | .ingress.flows == 1 and .ingress.sw.packets > 0] == [true]'
    json_is 0 flow/report : '.unattributed.egress.flows'
    json_is true flow/report : '.totals.egress.sw.packets ==
        ([.interfaces[].egress.sw.packets] | add)'
    json_is '[["userspace-datapath","in the userspace datapath",1]]' \
        flow/report --pod=ns/pod : '.interfaces[0].reasons |
        map([.class, .evidence, .flows]) | tostring'
    json_is '["synced",1,0,null]' status : '.flows.userspace |
        [.state, .flows, .malformed, .last_error] | tostring'
    json_is true status : '.flows.vswitchd_calls > 0 and
        .flows.vswitchd_calls == .flows.userspace.calls'

    # As single flows.
    json_is '[["userspace","u0",["u1"],"userspace-datapath",false]]' \
        flow/list --pod=ns/pod : '[.flows[] | [.dp, .sender.name,
        [.receivers[].name], .reason.class, .offloaded]] | tostring'
    json_is '[1,1]' flow/list --limit=0 : \
        '[.matched, (.flows | length)] | tostring'
    # ovs-vswitchd tells numbers of ports, as br-int has another datapath...
    json_is '[true,"'"$(port_number u1)"'",null]' flow/list : '.flows[0] |
        [(.match | contains("in_port('"$(port_number u0)"'),")), .actions,
        .details_error] | tostring'
    # ...and else names.
    vsctl set Bridge br-int datapath_type=netdev
    synced
    json_is '["u1",null]' flow/list : \
        '.flows[0] | [.actions, .details_error] | tostring'
    # As it is in the dump, but for what is counted.
    line=$(vswitchd dpctl/dump-flows -m netdev@ovs-netdev | grep ^ufid)
    line=${line#ufid:*, }
    is "$(json flow/list : '.flows[0].match')" "${line%%, packets:*}"
    contains "$line" "in_port(u0)"
    ufid=$(json flow/list : '.flows[0].ufid')
    json_is "$ufid" flow/list --ufid="$ufid" : '.flows[0].ufid'
    contains "$(ctl flow/check)" "add up"

    # What passed stays when flows go.
    vswitchd revalidator/purge
    eventually u0_is '.egress.flows == 0'
    json_is true flow/report --pod=ns/pod : \
        '.interfaces[0].egress.passed.sw.packets > 0'
    send u0 2
    eventually u0_is '.egress.flows == 1'

    # Without such a bridge nobody is asked.
    vsctl del-br br-user -- set Bridge br-int 'datapath_type=""'
    synced
    json_is 0 flow/report : .totals.egress.flows
    before=$(status_of .flows.vswitchd_calls)
    json_is complete flow/report : .state
    json_is absent status : .flows.userspace.state
    is "$(status_of .flows.vswitchd_calls)" "$before"
}

# ovs-vswitchd that cannot be asked: told, and no obstacle.
test_no_vswitchd() {
    start_netdev_bridge
    start_daemon
    synced
    rm "$T/ovs-vswitchd.$(pid_of ovs-vswitchd).ctl"
    json_is incomplete flow/report : .state
    json_is failed status : .flows.userspace.state
    json_is true status : '.flows.userspace.last_error
        | contains("No such file")'
    ln -sf ovs-vswitchd.ctl "$T/ovs-vswitchd.$(pid_of ovs-vswitchd).ctl"
    # Not at once: a failure counts as an attempt, and these are paced.
    wait_json flow/report : '.state == "complete"'
    json_is synced status : .flows.userspace.state
}

# Many flows, of which the dump comes in pieces.
test_many_flows() {
    local i from to
    start_netdev_bridge
    start_daemon
    synced
    from=$(port_number u0)
    to=$(port_number u1)
    for ((i = 0; i < 3000; i++)); do
        printf 'in_port(%s),eth(),eth_type(0x0800),' "$from"
        printf 'ipv4(dst=10.1.%s.%s) %s\n' $((i / 200)) $((i % 200)) "$to"
    done >"$T/flows"
    # ovs-vswitchd would remove flows that it did not make.
    vswitchd revalidator/pause >/dev/null
    vswitchd dpctl/add-flows netdev@ovs-netdev "$T/flows"
    json_is '[3000,3000,0]' flow/report --pod=ns/pod : '[
        .interfaces[0].egress.flows, .totals.egress.flows,
        .unattributed.ingress.flows] | tostring'
    json_is true status : '.flows.vswitchd_calls == 1'

    # Not each of many flows is asked for.
    json_is '[3000,600,256,256]' flow/list --limit=600 : '[.matched,
        (.flows | length),
        ([.flows[] | select(.actions == "'"$to"'" and (.match |
            contains("ipv4(dst=10.1.")))] | length),
        ([.flows[:256][] | select(.match)] | length)] | tostring'
    json_is true flow/list --limit=600 : \
        '.flows[-1].details_error | contains("no more than 256")'
}
