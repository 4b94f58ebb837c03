# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The command-line client.

# Words are those of the daemon's commands, and answers the same.
test_words() {
    start_ovs
    fake_vfs 0000:65:00 1
    add_pod_row p0 ns pod
    vsctl wait-until Interface p0 'ofport!=[]'
    start_daemon
    synced
    is "$(client port list)" "$(ctl port/list)"
    is "$(client port/list)" "$(ctl port/list)"
    is "$(client port show 0000:65:00.1)" "$(ctl port/show 0000:65:00.1)"
    is "$(client vdpa list)" "$(ctl vdpa/list)"
    is "$(client event list --format=csv)" "$(ctl event/list --format=csv)"
    is "$(client flow report --pod ns/pod)" "$(ctl flow/report --pod=ns/pod)"
    is "$(client flow list)" "$(ctl flow/list)"
    is "$(client flow check)" "$(ctl flow/check)"
    is "$(client version)" "$(ctl version)"
    is "$(client -f json port list)" "$(ctl port/list --format=json)"
    is "$(client --format=csv port list)" "$(ctl port/list --format=csv)"
    contains "$(client status)" "version"
    contains "$(client --help)" "port show NAME"
    contains "$(client --help)" "flow watch"

    # By the daemon's name.
    ln -s "$TARGET.ctl" "$T/$TARGET.$(pid_of "$TARGET").ctl"
    is "$("$CLIENT" port list)" "$(ctl port/list)"
    is "$("$CLIENT" -t "$TARGET" port list)" "$(ctl port/list)"
    is "$(cd "$T" && "$CLIENT" -t "./$TARGET.ctl" port list)" \
        "$(ctl port/list)"
}

test_usage() {
    local out
    start_fresh_ovsdb
    start_daemon
    out=$(stderr_of 2 client flow bogus)
    contains "$out" 'no command "flow bogus"'
    contains "$out" $'\n  flow report [--pod='
    contains "$out" $'\n  flow watch [--pod='
    [[ $out != *"port list"* ]]
    out=$(stderr_of 2 client bogus)
    contains "$out" $'\n  flow report [--pod='
    contains "$out" $'\n  port list '
    contains "$out" $'\n  flow watch '
    contains "$(stderr_of 2 client flow)" $'\n  flow report '
    # What was probably meant.
    is "$(stderr_of 2 client prot list)" \
        'ovs-offload: there is no command "prot list"; is "port list" meant?'
    contains "$(stderr_of 2 client flow wacth)" '"flow watch" meant'
    contains "$(stderr_of 2 client port/lst --help)" '"port list" meant'
    # What somebody typed is no escape sequence.
    contains "$(stderr_of 2 client $'\e[31mx\u009b')" \
        'no command "\x1b[31mx\xc2\x9b"'
    is "$(client help port list)" "$(client port list --help)"
    is "$(client help)" "$(client --help)"
    contains "$(stderr_of 2 client)" "missing command"
    contains "$(stderr_of 2 client "")" "missing command"
    contains "$(stderr_of 2 client --bogus status)" bogus
    contains "$(stderr_of 2 client --format=xml status)" '"xml"'
    contains "$(stderr_of 2 client --timeout=x status)" '"x"'
    contains "$(stderr_of 2 client --timeout=0 status)" '"0"'
    contains "$(stderr_of 2 client --timeout=nan status)" '"nan"'
    contains "$(stderr_of 2 client --timeout=-1 status)" '"-1"'
    contains "$(stderr_of 2 client port show $'\xff')" "UTF-8"
    # The daemon's usage, in the client's words.
    contains "$(stderr_of 2 client port show)" \
        "usage: ovs-offload port show NAME"
    contains "$(stderr_of 2 client flow report x)" \
        "usage: ovs-offload flow report [--pod"
}

test_status() {
    start_ovs
    fake_vfs 0000:65:00 1
    start_daemon
    synced
    contains "$(stderr_of 1 client port show nosuch)" '"nosuch"'
    contains "$(stderr_of 1 client flow report --pod=a/b)" "a/b"
    # A checklist is a result.
    contains "$(fails 1 client explain 0000:65:00.1 2>&1)" "INTERFACE"
    fails 1 client explain 0000:65:00.1 --format=json | jq -e . >/dev/null
    contains "$(stderr_of 1 client explain nosuch)" '"nosuch"'
    # Standard output that is full.
    if test -w /dev/full; then
        contains "$(client port list 2>&1 >/dev/full || echo "status $?")" \
            "status 4"
        contains "$(client --help 2>&1 >/dev/full || echo "status $?")" \
            "standard output: No space left on device"
    fi
    # Without a word if that is a pipe that nobody reads any more.
    mkfifo "$T/pipe"
    exec 9<>"$T/pipe"
    exec 8>"$T/pipe"
    exec 9<&-
    is "$(client port list 2>&1 >&8 || echo "status $?")" "status 4"
    exec 8>&-
}

test_no_daemon() {
    local pid
    contains "$(stderr_of 3 client status)" "$T/$TARGET.ctl: No such file"
    contains "$(stderr_of 3 client flow watch)" "$T/$TARGET.ctl: No such"
    contains "$(stderr_of 3 "$CLIENT" status)" "$T/$TARGET.pid: No such file"
    contains "$(client --help)" "is not known: no answer"
    contains "$(client --help)" "port show NAME"
    contains "$(client port show --help)" "usage: ovs-offload [OPTIONS] port"
    contains "$(stderr_of 3 client bogus --help)" "no answer from"
    start_fresh_ovsdb
    start_daemon
    client status >/dev/null
    pid=$(pid_of "$TARGET")
    kill -STOP "$pid"
    contains "$(stderr_of 3 "$CLIENT" -T .2 -t "$T/$TARGET.ctl" status)" \
        "does not answer in time"
    contains "$(stderr_of 3 "$CLIENT" -T .2 -t "$T/$TARGET.ctl" flow watch)" \
        "does not answer in time"
    kill -CONT "$pid"
    client status >/dev/null
    kill -KILL "$pid"
    wait_gone "$pid"
    contains "$(stderr_of 3 "$CLIENT" status)" "it is not running"
}

# The daemon and the client work in different directories.
test_parse_file() {
    local dump
    start_fresh_ovsdb
    start_daemon
    mkdir "$T/dir"
    dump='recirc_id(0),in_port(eth0),eth_type(0x0800),ipv4(frag=no), '
    dump+='packets:5, bytes:300, used:0.100s, dp:tc, actions:eth1'
    echo "$dump" >"$T/dir/dump"
    cd "$T/dir" || return
    is "$(client flow parse dump --format=json | jq .file.flows)" 1
    is "$(client flow parse --top 1 ./dump --format json | jq .file.flows)" 1
    is "$(client -f json flow parse "$T/dir/dump" | jq .file.flows)" 1
    contains "$(stderr_of 1 client flow parse nosuch)" "$T/dir/nosuch"
}

# No escape sequences where output is no terminal.
test_watch_once() {
    local out
    start_ovs
    add_pod_row p0 ns pod
    vsctl wait-until Interface p0 'ofport!=[]'
    start_daemon
    synced
    out=$(client flow watch --once --interval=.2)
    contains "$out" "2 rows by packets, rates over 0."
    matches "$out" $'\nns/pod +p0 +egress +0/0 +0 +0 +0 +0 +-'
    matches "$out" $'\nns/pod +p0 +ingress +0/0 +0 +0 +0 +0 +-'
    [[ $out != *br-int* ]]
    [[ $out != *$'\033'* ]]
    out=$(client flow watch --once --interval=.2 --all --sort=name)
    contains "$out" "rows by name"
    contains "$out" br-int
    contains "$(client flow watch --once --interval=.2 --top=1 --pod=ns/pod)" \
        "1 rows by packets"
    contains "$(stderr_of 1 client flow watch --pod=a/b)" "a/b"
    contains "$(stderr_of 1 client flow watch --pod=x)" NS/POD
    contains "$(stderr_of 2 client flow watch x)" '"x"'
    contains "$(stderr_of 2 client flow watch --interval=0)" '"0"'
    contains "$(stderr_of 2 client flow watch --interval)" "--interval"
    contains "$(stderr_of 2 client flow watch --top=x)" '"x"'
    contains "$(stderr_of 2 client flow watch --sort=x)" '"x"'
    contains "$(stderr_of 2 client --format=json flow watch)" "table"
}

n_blocks() {
    test "$(grep -c "rows by packets" "$T/watch")" -ge "$1"
}

# Goes on over a restart of the daemon, and ends with its reader.
test_watch_blocks() {
    local pid
    start_ovs
    add_pod_row p0 ns pod
    start_daemon
    synced
    client flow watch --interval=.2 >"$T/watch" &
    pid=$!
    eventually n_blocks 3
    stop_daemon
    eventually grep -q "no answer from" "$T/watch"
    start_daemon
    : >"$T/watch"
    eventually n_blocks 3
    kill "$pid"
    wait "$pid" || true
    [[ $(cat "$T/watch") != *$'\033'* ]]
    (client flow watch --interval=.2 || true) | head -n1 >"$T/watch"
    contains "$(cat "$T/watch")" "waiting for the counters"
}

# On a terminal, with keys.
test_watch_terminal() {
    local pid i color
    command -v script >/dev/null || skip "there is no script (bsdutils)"
    start_ovs
    add_pod_row p0 ns pod
    start_daemon
    synced
    for color in "" 1; do
        rm -f "$T/keys"
        mkfifo "$T/keys"
        NO_COLOR=$color TERM=xterm script -qefc \
            "$CLIENT -t $T/$TARGET.ctl flow watch --interval=.2" \
            /dev/null <"$T/keys" >"$T/watch" &
        pid=$!
        exec 9>"$T/keys"
        eventually n_blocks 2
        for i in bytes software name packets; do
            printf s >&9
            eventually grep -q "rows by $i" "$T/watch"
        done
        contains "$(cat "$T/watch")" $'\033[H'
        if test -n "$color"; then
            [[ $(cat "$T/watch") != *$'\033[1m'* ]]
        else
            contains "$(cat "$T/watch")" $'\033[1m'
        fi
        printf q >&9
        wait "$pid"
        exec 9>&-
    done
}
