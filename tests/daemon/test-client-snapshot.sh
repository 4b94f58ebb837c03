# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# "ovs-offload snapshot", and commands answered from that.

snap() {
    "$CLIENT" --target="$T/nosuch.ctl" --snapshot="$T/snap.json" "$@"
}

start_all() {
    start_ovs
    fake_vfs 0000:65:00 2
    add_pod_row p0 ns pod
    vsctl wait-until Interface p0 'ofport!=[]'
    request 0000:65:00.2 'iface-id=x\"y\\z'
    # Neither ours nor a CNI's.
    vsctl --no-wait set Open_vSwitch . external_ids:token=SECRET \
        other_config:password=SECRET
    vsctl --no-wait set Interface p0 external_ids:api-key=SECRET
    start_daemon
    synced
}

# Commands that answer the same from one moment to the next.
commands=(
    "port list" "port show 0000:65:00.1" "port show 0000:65:00.2"
    "-o json port list" "-o csv port list" "-o yaml port show 0000:65:00.2"
    "event list" "vdpa list" "vdpa mgmtdev-list" "policy list" "policy diff"
    "flow list" "flow check" "topology" "topology --dot" "version"
    "vlog list" "explain 0000:65:00.2" "-o json explain 0000:65:00.2"
)

test_answers() {
    local i command
    start_all
    for i in "${!commands[@]}"; do
        command=${commands[i]}
        # shellcheck disable=SC2086
        client $command >"$T/live.$i" 2>&1 || echo "status $?" >>"$T/live.$i"
    done
    client snapshot "$T/snap.json"
    stop_daemon
    for i in "${!commands[@]}"; do
        command=${commands[i]}
        # shellcheck disable=SC2086
        is "$(snap $command 2>&1 || echo "status $?")" "$(cat "$T/live.$i")" \
            "$command"
    done
    is "$(snap port show 'x"y\z' | head -n3)" \
        "$(snap port show 0000:65:00.2 | head -n3)"
    contains "$(snap flow report --pod=ns/pod)" "ns/pod"
    is "$(snap flow report --pod=ns/pod -o json | jq '.interfaces | length')" 1
    contains "$(fails 1 snap flow report --pod=a/b)" "a/b"
    contains "$(snap status)" "config.mode"
    contains "$(fails 1 snap port show nosuch)" '"nosuch"'
    contains "$(fails 1 snap port attach x iface-id=y)" "no answer to"
    contains "$(fails 1 snap recompute)" "no answer to recompute"
    contains "$(fails 2 snap flow watch)" "needs the daemon"
    contains "$(fails 2 snap snapshot x)" "needs the daemon"
    contains "$("$CLIENT" __complete -- --snapshot="$T/snap.json" port show "")" \
        "0000:65:00.2"
}

test_file() {
    local before
    umask 000
    start_all
    mkdir "$T/dir"
    echo old >"$T/dir/snap"
    ln "$T/dir/snap" "$T/old"
    client snapshot "$T/dir/snap"
    is "$(stat -c %a "$T/dir/snap")" 600
    is "$(ls -A "$T/dir")" snap
    # Replaced, not overwritten.
    is "$(cat "$T/old")" old
    jq -e '.format == "ovs-offload-snapshot" and .version == 1 and .complete
        and (.host.kernel | length > 3)
        and ([.answers[].command] | index("flow/report") != null)' \
        "$T/dir/snap" >/dev/null
    is "$(grep -c SECRET "$T/dir/snap")" 0

    # What cannot be replaced is written to, where it is.
    client snapshot - >"$T/stdout"
    jq -e .complete "$T/stdout" >/dev/null
    is "$("$CLIENT" --snapshot=- port list <"$T/stdout")" "$(client port list)"
    mkfifo "$T/dir/pipe"
    jq -e .complete "$T/dir/pipe" >/dev/null &
    client snapshot "$T/dir/pipe"
    wait $!
    test -p "$T/dir/pipe"
    rm "$T/dir/pipe"
    ln -s "$T/stdout" "$T/dir/link"
    if test -w /dev/full; then
        ln -sf /dev/full "$T/dir/link"
        contains "$(fails 4 client snapshot "$T/dir/link")" "No space left"
        test -L "$T/dir/link"
        contains "$(client snapshot - 2>&1 >/dev/full || echo "status $?")" \
            "standard output: No space left"
    fi
    rm "$T/dir/link"
    contains "$(fails 4 "$CLIENT" --snapshot=- status </dev/null)" \
        "standard input: no snapshot"

    contains "$(fails 4 client snapshot "$T/nosuch/snap")" "No such file"
    contains "$(fails 4 client snapshot "$T/dir")" "Is a directory"
    contains "$(fails 2 client snapshot)" "FILE is missing"
    contains "$(fails 2 client snapshot a b)" "one file"
    # A file that is too large is not left half written.
    before=$(md5sum "$T/dir/snap")
    contains "$(trap '' XFSZ; ulimit -f 1; fails 4 client snapshot \
        "$T/dir/snap")" "File too large"
    is "$(md5sum "$T/dir/snap")" "$before"
    is "$(ls -A "$T/dir")" snap
    stop_daemon
    rm "$T/dir/snap"
    contains "$(fails 3 client snapshot "$T/dir/snap")" "no answer from"
    is "$(ls -A "$T/dir")" ""
}

# Nothing that somebody wrote into a file moves the cursor of who looks at it.
test_hostile() {
    local c o
    start_all
    client snapshot "$T/good.json"
    python3 - "$T/good.json" "$T/snap.json" <<'END'
import json, sys

EVIL = "\x1b]0;t\x07\x7f\u009b31m\r"

def taint(x):
    if isinstance(x, str):
        return EVIL + x
    if isinstance(x, list):
        return [taint(i) for i in x]
    if isinstance(x, dict):
        return {**{EVIL + k: taint(v) for k, v in x.items()},
                **{k: taint(v) for k, v in x.items()}}
    return x

snapshot = json.load(open(sys.argv[1]))
for answer in snapshot["answers"]:
    if "json" in answer:
        answer["json"] = taint(answer["json"])
    elif answer["command"] == "list-commands":
        answer["text"] += "  x%s %s\n" % (EVIL, EVIL)
    else:
        answer["text"] = taint(answer["text"])
json.dump(snapshot, open(sys.argv[2], "w"), ensure_ascii=False)
END
    stop_daemon
    for c in "port list" status topology "topology --dot" version \
            list-commands "flow report" "flow list" "explain 0000:65:00.2" \
            "port show ns" "vdpa list" "event list" bogus; do
        # shellcheck disable=SC2086
        snap $c >>"$T/all.table" 2>&1 || true
    done
    for o in json csv yaml; do
        snap flow report -o $o >>"$T/all.$o"
    done
    test -s "$T/all.table"
    # C0 but for line ends, DEL, and C1, in UTF-8.
    tr -d '\r' <"$T/all.csv" >>"$T/all.table"
    if LC_ALL=C grep -nE $'[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' \
            "$T/all.table" "$T/all.json" "$T/all.yaml"; then
        fail "control characters"
    fi
}

test_bad_files() {
    contains "$(fails 4 snap status)" "snap.json: No such file"
    mkdir "$T/snap.json"
    contains "$(fails 4 snap status)" "Is a directory"
    rmdir "$T/snap.json"
    echo '{"format":' >"$T/snap.json"
    contains "$(fails 4 snap status)" "no snapshot: "
    echo '{"kind":"Pod"}' >"$T/snap.json"
    contains "$(fails 4 snap status)" "no snapshot of ovs-offload"
    echo '{"format":"ovs-offload-snapshot","version":7,"client":"3.0"}' \
        >"$T/snap.json"
    contains "$(fails 4 snap status)" "version 7, made by ovs-offload 3.0"
    head -c 1000 /dev/zero >"$T/snap.json"
    contains "$(fails 4 snap status)" "null byte at offset 0"
    cat >"$T/snap.json" <<'END'
{"format":"ovs-offload-snapshot","version":1,"answers":[
 {"command":"list-commands","text":"x\n  port/list\n"},
 {"command":"port/list","json":{}}]}
END
    contains "$(fails 4 snap port list)" "the answer is malformed"
    echo '{"format":"ovs-offload-snapshot","version":1,"answers":[]}' \
        >"$T/snap.json"
    is "$(fails 4 snap port list)" \
        "ovs-offload: the snapshot has no answer to list-commands"
    is "$("$CLIENT" __complete -- --snapshot=/nosuch port show "" 2>&1)" \
        ":words"
}
