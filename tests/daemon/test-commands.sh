# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Arguments and output of the commands.

# Wrong arguments: a failure, with a line that says how it is right.
test_usage() {
    local command args
    start_fresh_ovsdb
    start_daemon
    while read -r command args; do
        # shellcheck disable=SC2086  # Words are meant.
        matches "$(fails 2 ctl "$command" $args)" "usage: $command( |$)" \
            "$command $args"
    done <<'COMMANDS'
status x
status x y --format=json
port/list x
port/list --bogus
port/show
port/show --format=json
port/show a b
port/attach
port/attach a
port/attach --format=json a
port/detach
port/detach a b
vdpa/list x
vdpa/mgmtdev-list x
vdpa/show
vdpa/show a b
vdpa/add
vdpa/add a
vdpa/set a
vdpa/set a mac=02:00:00:00:00:01 b
vdpa/del
vdpa/del --cancel
vdpa/del a b
vdpa/bind
vdpa/bind a
vdpa/bind a vhost_vdpa b
vdpa/unbind
vdpa/unbind a b
event/list x
event/list 5
recompute x
flow/report x
flow/report a b c
flow/report --bogus
flow/list x
flow/list --bogus
flow/list --not-offloaded=yes
flow/check x
flow/check --format=json
flow/parse
flow/parse --format=json
flow/parse a b
explain
explain --format=json
explain a b
explain --bogus
exit x
exit --cleanup --cleanup
COMMANDS
    is "$(n_our_commits)" 0
}

test_format() {
    local command
    start_ovs
    start_daemon
    request vdpa0 iface-id=a_b
    synced
    for command in status port/list "port/show vdpa0" vdpa/list \
                   vdpa/mgmtdev-list event/list flow/report flow/list; do
        # shellcheck disable=SC2086  # Words are meant.
        set -- $command
        ctl "$@" --format=json | jq -e . >/dev/null
        is "$(ctl "$@" --format json | jq -c type)" \
            "$(ctl "$@" --format=json | jq -c type)"
        ctl "$@" --format=csv >/dev/null
        ctl "$@" --format=table >/dev/null
        contains "$(fails 2 ctl "$@" --format=bogus)" '"bogus"'
        contains "$(fails 2 ctl "$@" --format=)" format
        contains "$(fails 2 ctl "$@" --format)" "--format needs"
    done
    is "$(ctl port/list --format=csv | wc -l)" 2
    contains "$(ctl port/list --format=csv | head -n1)" REPRESENTOR,
    contains "$(ctl port/list | head -n1)" REPRESENTOR
}

# What programs rely on.
test_port_list_contract() {
    local member
    start_ovs
    fake_vfs 0000:65:00 1
    request vdpa0 iface-id=a_b
    start_daemon
    for member in representor ifindex pf_pci vf vf_pci controller vdpa \
                  vdpa_driver netdev vhost_device pair bridge owner ofport \
                  iface_id namespace pod offload state reason; do
        json_is true port/list : "all(has(\"$member\"))"
    done
    json_is true port/list : 'all(.reason | type == "string")'
    json_is true port/list : 'all(.pair | IN("paired", "no-vdpa",
        "no-representor", "legacy-eswitch", "ambiguous", "not-a-vf",
        "unsupported-parent", "resync"))'
    json_is true port/list : 'all(.state | IN("attached", "pending",
        "foreign", "conflict", "absent", "unmanaged", "error"))'
    json_is '[]' port/show vdpa0 : '.device_info | tostring'
    # That apart, it is the same.
    is "$(ctl port/show vdpa0 --format=json | jq -S 'del(.device_info)')" \
        "$(ctl port/list --format=json |
            jq -S '.[] | select(.request == "vdpa0")')"
    contains "$(fails 2 ctl port/show nosuch)" nosuch
}

test_vdpa_list() {
    start_fresh_ovsdb
    start_daemon
    json_is '[]' vdpa/list : tostring
}

test_flow_report_contract() {
    start_ovs
    add_pod_row p0 ns pod
    vsctl wait-until Interface p0 'ofport!=[]'
    start_daemon
    json_is true flow/report : 'has("state") and has("interfaces") and
        has("unattributed") and has("totals")'
    json_is true flow/report : '[.interfaces[] | [has("iface_id"),
        has("namespace"), has("pod"), has("representor"), has("egress"),
        has("ingress")] | all] | all and length > 0'
    json_is true flow/report : '[.interfaces[] | .egress, .ingress |
        [has("flows"), has("offloaded"), (.hw, .sw | has("packets"),
        has("bytes"))] | all] | all'
    json_is 'ns pod' flow/report : '.interfaces[] |
        select(.iface_id == "ns_pod") | .namespace + " " + .pod'
    json_is '["ns_pod"]' flow/report --pod=ns/pod : \
        '[.interfaces[] | select(.pod) | .iface_id] | tostring'
    # Options in any order and form.
    json_is 1 flow/report --pod ns/pod --top 1 : '.interfaces | length'
    json_is 1 flow/report --top=1 --pod=ns/pod : '.interfaces | length'
    json_is array flow/list --not-offloaded --limit 5 --pod ns/pod : \
        '.flows | type'
}

# Nothing happens that could wake the daemon: the answers come all the same.
test_flow_answers_at_once() {
    local i
    start_ovs
    start_daemon
    synced
    SECONDS=0
    for i in 1 2 3 4 5; do
        ctl flow/report >/dev/null
        ctl flow/list >/dev/null
    done
    test "$SECONDS" -lt 10
}

# Options of the commands about flows.
test_flow_options() {
    local command option value
    start_ovs
    add_pod_row p0 ns pod
    vsctl wait-until Interface p0 'ofport!=[]'
    start_daemon
    synced
    for command in flow/report flow/list; do
        contains "$(fails 2 ctl $command --pod)" "--pod needs a value"
        for value in x / /x x/ a/b/c ''; do
            contains "$(fails 2 ctl $command --pod="$value")" NS/POD
        done
        contains "$(fails 2 ctl $command --pod=ns/nobody)" ns/nobody
        ctl $command --pod ns/pod >/dev/null
    done
    while read -r command option; do
        contains "$(fails 2 ctl "$command" "$option")" "$option needs a value"
        for value in x -1 1x 0x1 4294967296 99999999999999999999 ''; do
            contains "$(fails 2 ctl "$command" "$option=$value")" \
                "$option needs a number, not \"$value\""
        done
        ctl "$command" "$option" 3 >/dev/null
        ctl "$command" "$option=0" >/dev/null
    done <<'OPTIONS'
flow/report --top
flow/list --limit
OPTIONS
    contains "$(fails 2 ctl flow/list --ufid)" "--ufid needs a value"
    for value in x 0 01234567-89ab-cdef-0123-456789abcde \
                 01234567-89ab-cdef-0123-456789abcdef0 \
                 0123456789abcdef0123456789abcdef ''; do
        contains "$(fails 2 ctl flow/list --ufid="$value")" \
            "--ufid needs a ufid, not \"$value\""
    done
    json_is '{"flows":[],"matched":0}' flow/list \
        --ufid=01234567-89ab-cdef-0123-456789abcdef : 'tojson'
    is "$(ctl flow/check)" "the ledgers add up"
}

# dump_line N IN PACKETS WHERE ACTIONS
dump_line() {
    printf 'ufid:01234567-89ab-cdef-0123-45678900000%s, recirc_id(0),' "$1"
    printf 'in_port(%s),eth_type(0x0800), packets:%s, bytes:700, ' "$2" "$3"
    printf 'used:1.000s, %s, actions:%s\n' "$4" "$5"
}

# Saved dumps, and files that are none.
test_flow_parse() {
    local dump=$T/dump
    start_fresh_ovsdb
    start_daemon
    contains "$(fails 2 ctl flow/parse "$T/nosuch")" \
        "$T/nosuch: cannot be opened (No such file"
    contains "$(fails 2 ctl flow/parse "$T")" "$T"
    : >"$dump"
    contains "$(fails 2 ctl flow/parse "$dump")" "no datapath flows"
    echo "flow-dump from the main thread:" >"$dump"
    contains "$(fails 2 ctl flow/parse "$dump")" "no datapath flows"
    head -c 100000 /dev/urandom >"$dump"
    ctl flow/parse "$dump" >/dev/null 2>&1 || true
    {
        dump_line 1 a 7 "offloaded:yes, dp:tc" b
        dump_line 2 b 3 dp:ovs a
        dump_line 3 b x dp:ovs a
    } >"$dump"
    json_is '["incomplete",3,2,1,3]' flow/parse "$dump" : '[.state,
        (.file | .lines, .flows, .malformed, .first_malformed.line)] |
        tojson'
    sed -i 3d "$dump"
    json_is '["complete",[["a",7,0,0,3],["b",0,3,7,0]]]' flow/parse "$dump" \
        : '[.state, [.interfaces[] | [.name, (.egress, .ingress |
            .hw.packets, .sw.packets)]]] | tojson'
    json_is '["a"]' flow/parse "$dump" --top=1 : '[.interfaces[].name] |
        tojson'
    matches "$(ctl flow/parse "$dump" --format=csv)" ',a,|^a,|"a"'
    contains "$(ctl flow/parse "$dump")" "egress"
}

# Where ovs-appctl and the daemon look for ovs-vswitchd by itself.
link_vswitchd_ctl() {
    ln -sf ovs-vswitchd.ctl "$T/ovs-vswitchd.$(pid_of ovs-vswitchd).ctl"
}

# A checklist of a port that fails: on standard error, with a status that says
# so, and of one form.
test_explain_contract() {
    local out verdicts
    start_ovs
    link_vswitchd_ctl
    fake_vfs 0000:65:00 1
    add_pod_row p0 ns pod
    vsctl wait-until Interface p0 'ofport!=[]'
    start_daemon
    synced
    out=$(fails 2 ctl explain 0000:65:00.1 --format=json |
        sed '/server returned an error/d')
    is "$(jq -c '[length, .[0].interface, .[0].vf_pci, .[0].verdict]' \
        <<<"$out")" '[1,"0000:65:00.1","0000:65:00.1","FAIL"]'
    is "$(jq 'all(.[]; has("iface_id") and has("namespace") and has("pod"))' \
        <<<"$out")" true
    is "$(jq '[.[].checks[] | [has("check"), has("verdict"), has("evidence"),
        has("fix")] | all] | all and length > 10' <<<"$out")" true
    verdicts=$(jq -r '[.[].checks[].verdict] | unique | join(" ")' <<<"$out")
    matches "$verdicts" '^FAIL( PASS)?( UNKNOWN)?$'
    # It was asked, and does not offload.
    is "$(jq -r '.[0].checks[] | select(.check == "hw-offload") |
        .verdict + " " + .evidence' <<<"$out")" \
        "FAIL hw-offload is false: ovs-vswitchd says so"
    contains "$(fails 2 ctl explain 0000:65:00.1)" "INTERFACE"
    matches "$(fails 2 ctl explain 0000:65:00.1 --format=csv)" \
        'INTERFACE,CHECK,VERDICT,EVIDENCE,FIX'
    contains "$(fails 2 ctl explain nosuch)" nosuch
    contains "$(fails 2 ctl explain ns/pod)" "representor of no VF"
}

# ovs-vswitchd is stopped: the answer comes in time, and says so.
test_explain_without_vswitchd() {
    local pid
    start_ovs
    link_vswitchd_ctl
    fake_vfs 0000:65:00 1
    start_daemon
    synced
    pid=$(pid_of ovs-vswitchd)
    kill -STOP "$pid"
    contains "$(fails 2 timeout 10 ovs-appctl -t "$T/$TARGET.ctl" explain \
        0000:65:00.1)" "does not answer in time"
    is "$(ctl status --format=json | jq .ovsdb.synced)" true
    kill -CONT "$pid"
    contains "$(fails 2 ctl explain 0000:65:00.1)" "ovs-vswitchd says so"
    rm "$T/ovs-vswitchd.$pid.ctl"
    contains "$(fails 2 ctl explain 0000:65:00.1)" \
        "ovs-vswitchd.$pid.ctl: No such file"
    stop_vswitchd
    contains "$(fails 2 ctl explain 0000:65:00.1)" "ovs-vswitchd.pid: "
}

# More than are looked at at a time, and clients that do not wait.
test_explain_many() {
    local i pids=() n=0
    start_ovs
    fake_vfs 0000:65:00 1
    start_daemon
    synced
    for ((i = 0; i < 20; i++)); do
        ctl explain 0000:65:00.1 >"$T/out.$i" 2>&1 &
        pids+=($!)
        timeout .02 ovs-appctl -t "$T/$TARGET.ctl" explain 0000:65:00.1 \
            >/dev/null 2>&1 &
    done
    for ((i = 0; i < 20; i++)); do
        wait "${pids[i]}" || true
        if grep -q eswitch-mode "$T/out.$i"; then
            n=$((n + 1))
        else
            contains "$(cat "$T/out.$i")" "try again later"
        fi
    done
    test "$n" -gt 0
    wait
    contains "$(fails 2 ctl explain 0000:65:00.1)" eswitch-mode
}

test_event_list() {
    local n
    start_fresh_ovsdb
    start_daemon
    set_ids offload-mode=observe
    synced
    json_is true event/list : 'all(has("seqno") and has("time") and
        has("subject") and has("what") and has("from") and has("to") and
        has("cause"))'
    json_is true event/list : '[.[].seqno] | . == (sort | unique)'
    json_is true event/list : 'any(.what == "mode" and .to == "observe" and
        (.cause | contains("offload-mode")))'

    # It keeps the last thousand.
    for ((n = 0; n < 60; n++)); do
        args=()
        for ((i = 0; i < 10; i++)); do
            args+=("offload-port-dev$n-$i=iface-id=i$n-$i")
        done
        set_ids "${args[@]}"
    done
    synced
    json_is 1000 event/list : length
    json_is true event/list : '[.[].seqno] | .[-1] - .[0] == 999'
    json_is 600 port/list : length
}

test_recompute() {
    local before
    start_ovs
    set_ids offload-mode=own
    start_daemon
    request vdpa0 iface-id=a_b
    synced
    before=$(ctl port/list --format=json)
    save_db
    recomputed
    is "$(ctl port/list --format=json)" "$before"
    assert_db_unchanged
}

# Many clients at a time, some of which do not wait for the answer.  Reports
# that would be too many are refused, and none of the places for them is lost.
test_many_clients() {
    local i pids=() n=0
    start_ovs
    start_daemon
    for ((i = 0; i < 20; i++)); do
        ctl flow/report --format=json >"$T/report.$i" 2>"$T/error.$i" &
        pids+=($!)
        timeout .02 ovs-appctl -t "$T/$TARGET.ctl" flow/report >/dev/null \
            2>&1 &
        timeout .02 ovs-appctl -t "$T/$TARGET.ctl" port/attach x$i \
            iface-id=a$i >/dev/null 2>&1 &
    done
    for ((i = 0; i < 20; i++)); do
        if wait "${pids[i]}"; then
            jq -e .totals "$T/report.$i" >/dev/null
            n=$((n + 1))
        else
            contains "$(cat "$T/error.$i")" "try again later"
        fi
    done
    test "$n" -gt 0
    wait
    for ((i = 0; i < 20; i++)); do
        ctl flow/report --format=json | jq -e .totals >/dev/null
    done
    synced
}
