# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Flows of pods on vDPA devices and on plain VFs: each flow of ovs-vswitchd is
# listed, with the same match, actions and counters, comes and goes by event,
# counts on when it is changed, and has the right path and reason.
#
# lab: secs=1800
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"
# shellcheck source=lib/flows.sh
. "$LAB/t/lib/flows.sh"

pods=(client server left right) # The latter two are on plain VFs.
first=priority=40000            # Of a rule, before those without one.

# ping_pods I J COUNT: from pod I to pod J
ping_pods() {
    ip netns exec "${pods[$1]}" ping -q -c "$3" -i 0.05 -W 2 \
        "10.0.0.$(($2 + 1))"
}

# warm I J: one packet each way, which ovs-vswitchd forwards, and which no flow
# counts; then both flows are there
have_flows() {
    [ "$(dump | grep -c "in_port(rep[$1$2]),.*eth_type(0x0800)")" -ge 2 ]
}
warm() {
    check "ping" ping_pods "$1" "$2" 1
    check "flows for more" wait_for 15 have_flows "$1" "$2"
}

# theirs: "UFID|MATCH|ACTIONS|PACKETS|BYTES" of each flow of ovs-vswitchd
theirs() {
    ovs-appctl dpctl/dump-flows -m | sed -nE 's/^ufid:([^,]*), (.*), '\
'packets:([0-9]*), bytes:([0-9]*), .*, actions:(.*)$/\1|\2|\5|\3|\4/p' | sort
}

# ours: the same of flow/list
ours() {
    list '.flows[] | [.ufid, .match, .actions, .hw.packets + .sw.packets,
                      .hw.bytes + .sw.bytes] | map(tostring) | join("|")' |
        sort
}

# same_but_counters, same_all: do both say the same, of some flow?
same_but_counters() {
    local theirs
    theirs=$(theirs | cut -d'|' -f1-3)
    [ -n "$theirs" ] && [ "$(ours | cut -d'|' -f1-3)" = "$theirs" ]
}
same_all() { [ -n "$(theirs)" ] && [ "$(ours)" = "$(theirs)" ]; }

# agrees NAME: at rest both say the same, and the ledgers add up
#
# Counters go on from those of earlier flows with the same ufid.  Another
# daemon knows nothing of these.
agrees() {
    wait_for 15 same_but_counters ||
        same "$1: as ovs-vswitchd says" "$(theirs)" "$(ours)"
    pass "$1: as ovs-vswitchd says, live ($(theirs | wc -l) flows)"
    check "$1: ledgers add up" adds_up
    check "$1: and so says flow/check" ooc flow/check
    ctl_stop
    ctl_start
    settle
    wait_for 15 same_all || {
        list '[.flows[].details_error]'
        same "$1: as ovs-vswitchd says" "$(theirs)" "$(ours)"
    }
    pass "$1: also to a daemon that starts now"
    check "$1: ledgers add up" adds_up
}

# anew: no flow that was there before
anew() {
    ovs-appctl revalidator/purge
    ovs-appctl dpctl/del-flows
}

# rules RULE...: these and no others
rules() {
    printf '%s\n' "$@" >/tmp/rules
    ovs-ofctl -O OpenFlow15 del-flows "$BR"
    ovs-ofctl -O OpenFlow15 add-flows "$BR" /tmp/rules || fail "rules"
    anew
}

# known NAME QUERY: some flow fulfils QUERY, which is about what flow/list says
known() {
    local query=$2
    has() { list ".flows | any(.[]; $query)"; }
    wait_for 15 has || { list . | jq .; dump; fail "$1"; }
    pass "$1"
}

# --- themes ------------------------------------------------------------------

listed() {
    local pair
    # Addresses are learnt first.  (A filter that ovs-vswitchd replaces loses its
    # counters, of which only ovs-vswitchd and who was there know.)
    for pair in "0 1" "2 3" "0 2" "0 1" "2 3" "0 2"; do
        [ "$pair" != "0 1" ] || anew
        # shellcheck disable=SC2086 # Words are meant.
        check "ping $pair" ping_pods $pair 5
    done
    agrees "${FUNCNAME[0]}"
    equal "flows from each pod to another" \
        "client>left client>server left>client left>right right>left \
server>client" \
        "$(list '[.flows[] | select(.sender.pod and .recirc_id == 0) |
                  select(.match | contains("eth_type(0x0800)")) |
                  .sender.pod + ">" + .receivers[0].pod] | sort | join(" ")')"
    check "of one pod" list --pod=ns/left \
        '.flows | length > 0 and
         all(.[]; [.sender, .receivers[] | .pod] | index("left"))'
    check "of a plain VF" row_of rep2 \
        '.kind == "pod" and .pod == "left" and .representor == "rep2" and
         .egress.flows > 0'
    ufid=$(list '.flows[0].ufid')
    check "one flow" list --ufid="$ufid" \
        '.matched == 1 and .flows[0].ufid == "'"$ufid"'"'
    check "its ufid as it is printed" list --ufid="ufid:$ufid" '.matched == 1'
    check "not one more than wanted" list --limit=1 \
        '(.flows | length) == 1 and .matched > 1'
    check "all are in hardware" list --not-offloaded \
        '[.flows[] | select(.match | contains("eth_type(0x0800)"))] == []'
    check "as a table" eval 'ooc flow/list | grep "^ns/left .*rep2 .*full"'
    check "as CSV" eval 'ooc flow/list --format=csv | grep "^ns/left,rep2,"'
}

# Flows come and go by event, although counters are read once in ten minutes,
# and nothing is read in full.
n_flows() { [ "$(status .flows.flows)" = "$1" ]; }
pair_flows() {
    [ "$(list '[.flows[] | select(.sender.pod == "'"$1"'" and
                .receivers[0].pod == "'"$2"'" and
                (.match | contains("eth_type(0x0800)")))] | length')" = "$3" ]
}
live() {
    local resyncs
    ids offload-flow-poll-ms=600000
    settle
    anew
    eventually "no flows" 15 n_flows 0
    resyncs=$(status '.flows | .tc.resyncs + .kernel.resyncs')
    check "ping" ping_pods 0 3 2
    check "there at once" wait_for 2 pair_flows client right 1
    ovs-vsctl set Open_vSwitch . other_config:max-idle=500
    eventually "idle ones go" 20 pair_flows client right 0
    eventually "all of them" 20 n_flows 0
    check "nor are they anywhere else" report \
        '[.totals, .stale, .unattributed | .egress.flows, .ingress.flows] |
         add == 0'
    equal "nothing was read again" "$resyncs" \
        "$(status '.flows | .tc.resyncs + .kernel.resyncs')"
    check "ovs-vswitchd was not asked" status '.flows.vswitchd_calls == 0'
    flows_last
    ids_rm offload-flow-poll-ms
}

# passed: packets that client sent and got, server sent and got, so far
passed() {
    report '[.interfaces[] | select(.pod == "client" or .pod == "server")] |
            sort_by(.pod) | [.[] | .egress, .ingress | .passed | .hw, .sw |
            .packets] | [range(0; 8; 2) as $i | .[$i] + .[$i + 1]]'
}

# What passed never gets less, and no packet is lost but those that
# ovs-vswitchd itself forwarded.
counting() {
    local before last now i purges=6 pings=100
    anew
    check "ping" ping_pods 0 1 3
    agrees "${FUNCNAME[0]}"
    before=$(passed) last=$before
    ping_pods 0 1 $pings >/tmp/ping.out &
    for ((i = 0; i < purges; i++)); do
        case $((i % 3)) in
        0) ovs-appctl revalidator/purge ;;
        1) ovs-ofctl add-flow "$BR" "$first,icmp,actions=normal,output:rep3" ;;
        2) ovs-ofctl del-flows "$BR" icmp ;;
        esac
        for _ in 1 2; do
            now=$(passed)
            jq -ne "[$last, $now] | transpose | all(.[]; .[0] <= .[1])" \
                >/dev/null || fail "passed: $now after $last"
            last=$now
        done
    done
    pass "what passed never gets less"
    wait $! || fail "ping: $(cat /tmp/ping.out)"
    counted_all() {
        jq -ne "[$(passed), $before] | transpose | map(.[0] - .[1]) |
                all(.[]; . <= $pings and . >= $pings - 2 - $purges)"
    }
    eventually "$pings packets each way" 15 counted_all
    check "ledgers add up" adds_up
    check "and so says flow/check" ooc flow/check
}

# icmp QUERY: of the flow from client to server
icmp() {
    list '[.flows[] | select(.sender.pod == "client" and .recirc_id == 0 and
           (.match | contains("eth_type(0x0800)")))] |
          if length == 1 then .[0] else error("not one") end | '"$1"
}

# A flow that is changed is the same flow, and counts on.
changed() {
    local ufid match="ip,in_port=rep0"
    rules "$first,$match,actions=output:rep1" \
        "$first,ip,in_port=rep1,actions=output:rep0" actions=normal
    warm 0 1
    check "ping" ping_pods 0 1 10
    eventually "10 packets" 10 icmp '.hw.packets + .sw.packets == 10'
    ufid=$(icmp .ufid)
    ovs-ofctl mod-flows "$BR" "$match,actions=output:rep1,output:rep3"
    eventually "it has two receivers" 15 icmp \
        '[.receivers[].pod] | sort == ["right", "server"]'
    check "it is the same flow" icmp ".ufid == \"$ufid\""
    check "it goes on" icmp '.hw.packets + .sw.packets == 10'
    check "ping" ping_pods 0 1 5
    eventually "15 packets" 10 icmp '.hw.packets + .sw.packets == 15'
    equal "it counts for both" "15 15" "$(report '[.multi.receivers[] |
        select(.pod == "server" or .pod == "right") |
        .ingress.hw.packets + .ingress.sw.packets]' | jq -r 'join(" ")')"
    ovs-ofctl mod-flows "$BR" "$match,actions=output:rep1"
    eventually "as before" 15 icmp '[.receivers[].pod] == ["server"]'
    check "still the same" icmp ".ufid == \"$ufid\""
    check "still going on" icmp '.hw.packets + .sw.packets == 15'
    ovs-appctl revalidator/purge
    warm 0 1
    check "ping" ping_pods 0 1 5
    eventually "deleted and added again: 5 more" 10 icmp \
        '.hw.packets + .sw.packets == 20'
    check "still the same" icmp ".ufid == \"$ufid\""
    rules actions=normal
    check "ledgers add up" adds_up
    check "and so says flow/check" ooc flow/check
}

# One stage in tc, the next in the datapath, for what tc cannot do.
chains() {
    rules 'table=0,arp,actions=normal' \
        'table=0,ip,ct_state=-trk,actions=ct(table=1,zone=5)' \
        'table=1,ip,ct_state=+trk+new,actions=ct(commit,zone=5),normal' \
        'table=1,ip,ct_state=+trk+est,actions=normal'
    check "ping" ping_pods 0 1 5
    known "conntrack" '.sender.pod == "client" and .recirc_id == 0 and
        (.targets | length) == 1 and .offloaded and
        (.actions | startswith("ct("))'
    known "what it leads to" '.sender.pod == "client" and .recirc_id > 0 and
        .receivers[0].pod == "server" and .offloaded'
    agrees "conntrack"

    ovs-ofctl -O OpenFlow15 add-group "$BR" \
        'group_id=1,type=select,selection_method=dp_hash,'\
'bucket=output:rep1,bucket=output:rep1'
    rules 'table=0,arp,actions=normal' \
        "$first,icmp,in_port=rep0,ct_state=-trk,actions=ct(table=1,zone=5)" \
        'table=1,icmp,in_port=rep0,actions=group:1' \
        'table=0,ip,actions=normal'
    check "ping" ping_pods 0 1 5
    known "its first stage in tc" '.sender.pod == "client" and .dp == "tc" and
        .recirc_id == 0 and .path == "partial" and .offloaded'
    known "its second not, for an action" '.dp == "ovs" and .recirc_id > 0 and
        .sender.pod == "client" and .reason.class == "kernel-datapath" and
        (.reason.evidence | endswith("action hash"))'
    known "its third not, for a match" '.dp == "ovs" and .recirc_id > 0 and
        .receivers[0].pod == "server" and
        .reason.class == "kernel-datapath" and
        (.reason.evidence | endswith("match dp_hash"))'
    check "its path is partial" row_of rep0 '.egress.paths.partial == 1'
    check "and the report says why" row_of rep0 \
        '[.reasons[] | select(.class == "kernel-datapath") | .evidence] |
         any(.[]; endswith("action hash")) and
         any(.[]; endswith("match dp_hash"))'
    agrees "group"
    rules actions=normal
    ovs-ofctl -O OpenFlow15 del-groups "$BR"
}

# second_stage COMMAND: its first stage is in hardware, the second does COMMAND
second_stage() {
    rules 'table=0,arp,actions=normal' \
        "$first,icmp,in_port=rep0,ct_state=-trk,actions=ct(table=1,zone=5)" \
        "table=1,icmp,in_port=rep0,actions=$1" 'table=0,ip,actions=normal'
    check "ping" ping_pods 0 1 5
    known "its first stage in hardware" '.sender.pod == "client" and
        .dp == "tc" and .recirc_id == 0 and .path == "partial" and .offloaded'
}

# second_missing DP CLASS EVIDENCE: its second stage is in DP, not in hardware,
# and both that flow and the report say why
second_missing() {
    known "its second not: $2" '.sender.pod == "client" and .recirc_id > 0 and
        (.offloaded | not) and .dp == "'"$1"'" and
        .reason.class == "'"$2"'" and
        (.reason.evidence | contains("'"$3"'"))'
    check "its path is partial" row_of rep0 '.egress.paths |
        .partial == 1 and .none == 0'
    check "and the report says why" row_of rep0 '[.reasons[] |
        select(.class == "'"$2"'" and (.evidence | contains("'"$3"'"))) |
        .flows] == [1]'
}

# A second stage that is sampled: an action that Open vSwitch leaves to the
# datapath.
sampled() {
    check "collector" ovs-vsctl -- --id=@br get Bridge "$BR" -- \
        --id=@ipfix create IPFIX 'targets="127.0.0.1:4739"' -- \
        create Flow_Sample_Collector_Set id=1 bridge=@br ipfix=@ipfix
    second_stage 'sample(probability=32768,collector_set_id=1),output:rep1'
    second_missing ovs kernel-datapath "action sample"
    agrees "${FUNCNAME[0]}"
    rules actions=normal
    check "no collector" ovs-vsctl --all destroy Flow_Sample_Collector_Set
}

# A second stage that Open vSwitch gives to tc, and the NIC does not take.
refused_later() {
    echo 1 >/sys/module/nicsim/parameters/fail_chains
    second_stage output:rep1
    second_missing tc refused "in tc but not in hardware"
    agrees "${FUNCNAME[0]}"
    echo 0 >/sys/module/nicsim/parameters/fail_chains
    anew
    check "ping" ping_pods 0 1 5
    known "no longer" '.sender.pod == "client" and .recirc_id > 0 and
        .offloaded and .reason == null'
    rules actions=normal
}

# In the datapath from the first stage on; a drop; a flood.
software() {
    rules "$first,ip,in_port=rep0,dl_dst=02:00:00:00:00:88,actions=drop" \
        "$first,udp,in_port=rep0,tp_dst=2,actions=controller" \
        "$first,udp,in_port=rep0,tp_dst=3,actions=output(port=2,max_len=100)" \
        'actions=normal'
    for _ in 1 2 3; do
        ip netns exec client python3 "$LAB/t/lib/frames.py" eth0 \
            "eth=88>1 ip=10.0.0.1>10.0.0.2 udp=1>1" \
            "eth=2>1 ip=10.0.0.1>10.0.0.2 udp=1>2" \
            "eth=2>1 ip=10.0.0.1>10.0.0.2 udp=1>3" \
            "eth=77>1 ip=10.0.0.1>10.0.0.77 udp=1>4" || fail "frames"
    done
    known "a drop" '.actions == "drop" and .sender.pod == "client" and
        .receivers == [] and .offloaded and .path == "full" and
        .hw.packets == 2'
    known "to ovs-vswitchd" '.dp == "ovs" and .path == "none" and
        (.reason.evidence | endswith("action userspace"))'
    known "truncated" '.dp == "ovs" and .path == "none" and
        .receivers[0].pod == "server" and
        (.reason.evidence | endswith("action trunc"))'
    known "a flood" '(.receivers | length) == 4 and .sender.pod == "client"'
    check "which is in multi" report '.multi.ingress.flows == 1 and
        ([.multi.receivers[].pod | select(.)] == ["left", "right", "server"])'
    agrees "software"
    rules actions=normal
}

# The NIC takes no IPv4.
refused() {
    echo 2048 >/sys/module/nicsim/parameters/fail_proto
    anew
    check "ping" ping_pods 2 3 5
    known "refused" '.sender.pod == "left" and (.offloaded | not) and
        .dp == "tc" and .path == "none" and .reason.class == "refused" and
        .hw.packets == 0 and .sw.packets > 0'
    agrees "refused"
    echo 0 >/sys/module/nicsim/parameters/fail_proto
    anew
    check "ping" ping_pods 2 3 5
    known "no longer" '.sender.pod == "left" and .offloaded and
        .path == "full" and .hw.packets > 0'
    check "nor said" row_of rep2 '[.reasons[].class] | index("refused") | not'
}

# The feature is off before there are flows.
feature() {
    ethtool -K rep2 hw-tc-offload off
    anew
    check "ping" ping_pods 2 3 5
    known "not offloaded" '.sender.pod == "left" and (.offloaded | not) and
        .reason.class == "hw-tc-offload" and
        (.reason.evidence | contains("rep2")) and
        (.reason.fix | contains("ethtool -K rep2 hw-tc-offload on"))'
    check "and so says the report" row_of rep2 \
        '[.reasons[] | select(.class == "hw-tc-offload")] | length == 1'
    known "the way back is" '.sender.pod == "right" and .offloaded and
        .receivers[0].pod == "left"'
    agrees "feature"
    ethtool -K rep2 hw-tc-offload on
    anew
    check "ping" ping_pods 2 3 5
    known "offloaded" '.sender.pod == "left" and .offloaded'
}

# rows: names, flows and packets, of what flows there are
rows() {
    jq -c '[.interfaces[] | select(.egress.flows + .ingress.flows > 0)] |
        sort_by(.name)[] | [.name, .kind, .pod,
        (.egress, .ingress | .flows, .offloaded,
         .hw.packets + .sw.packets, .hw.bytes + .sw.bytes)],
        (.totals | .egress, .ingress | [.flows, .offloaded])'
}

# A saved dump gives the same report as the live flows.
parsed() {
    local file=/tmp/flows.txt
    anew
    check "ping" ping_pods 0 1 5
    check "ping" ping_pods 2 1 5
    agrees "${FUNCNAME[0]}"
    ovs-appctl dpctl/dump-flows -m >$file
    same "the same report" "$(ooc flow/report --format=json | rows)" \
        "$(ooc flow/parse $file --format=json | rows)"
    check "all lines" ooc_jq flow/parse $file '.state == "complete" and
        .file.malformed == 0 and .file.flows == '"$(wc -l <$file)"
    sed -i '2s/packets:/packets:x/' $file
    check "a line that is damaged" ooc_jq flow/parse $file \
        '.state == "incomplete" and .file.malformed == 1 and
         .file.first_malformed.line == 2'
}

# What status says of it.
told() {
    check "sources" status '.flows | [.tc, .kernel | .state] ==
        ["synced", "synced"] and ([.tc, .kernel | .not_seen] == [null, null])'
    check "flows" status '.flows | .flows == .tc.flows + .kernel.flows and
        .flows > 0 and .memory > 0'
    check "all messages are understood" status \
        '.flows | .tc.malformed == 0 and .kernel.malformed == 0'
    check "the bound holds" status '.flows.counters |
        .duty_permille <= .duty_permille_max and .period_ms >= 1000'
}

# The bridge's own IPv6 multicasts would be listed too.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
    net.ipv6.conf.default.disable_ipv6=1
check "NIC" nic_up 4
reps_add 4
check "Open vSwitch" db_up
flows_last
ids offload-mode=own
ctl_start
for i in 0 1; do
    check "vdpa$i" vdpa_add $i
    check "attach vdpa$i" ooc port/attach vdpa$i "iface-id=ns_${pods[i]}" \
        "mac=$(mac_of $i)"
    check "netdev of vdpa$i" wait_for 5 vdpa_netdev $i
    host_add "${pods[i]}" "$(vdpa_netdev $i)" "10.0.0.$((i + 1))/24"
done
for i in 2 3; do
    check "attach VF $i" ooc port/attach "$(vf_addr $i)" \
        "iface-id=ns_${pods[i]}"
    ip link set "$(vf_netdev $i)" address "$(mac_of $i)"
    host_add "${pods[i]}" "$(vf_netdev $i)" "10.0.0.$((i + 1))/24"
done
for i in 0 1 2 3; do
    for j in 0 1 2 3; do
        [ $i = $j ] || ip -n "${pods[i]}" neigh replace "10.0.0.$((j + 1))" \
            lladdr "$(mac_of $j)" dev eth0
    done
done
eventually "all attached" 10 ports_are 4 '.state == "attached"'
# Addresses stay known however long it takes: a flow of one that is learnt
# anew is replaced.
ovs-vsctl set Bridge "$BR" other_config:mac-aging-time=3600
for pair in "0 1" "2 3"; do
    # shellcheck disable=SC2086 # Words are meant.
    check "ping $pair" ping_pods $pair 1
done
theme listed live counting changed chains sampled refused_later software \
    refused feature parsed told
finish
