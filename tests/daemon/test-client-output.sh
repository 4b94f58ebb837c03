# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# How the client prints answers, and its help.

# The daemon with two VFs, three pods' rows, and what has names that bite.
start_all() {
    start_ovs
    fake_vfs 0000:65:00 2
    add_pod_row p0 ns pod
    # shellcheck disable=SC2016  # It is a name.
    add_pod_row p1 ns 'a"b\,$(c) <d>'
    vsctl --no-wait set Interface p1 'external_ids:iface-id="x,\"y\\"'
    vsctl wait-until Interface p0 'ofport!=[]'
    start_daemon
    synced
}

# The daemon's table is the client's, where that has all the room it wants.
test_as_daemon() {
    local command
    start_all
    for command in status port/list "port/show 0000:65:00.1" event/list \
            flow/report "flow/report --pod=ns/pod" flow/list vdpa/list \
            policy/list policy/diff vdpa/mgmtdev-list; do
        # What changes from one answer to the next.
        # shellcheck disable=SC2086
        is "$(client $command | sed 's/[0-9]*$//')" \
            "$(ctl $command | sed 's/[0-9]*$//')" "$command"
        # shellcheck disable=SC2086
        is "$(client -o wide $command | sed 's/[0-9]*$//')" \
            "$(ctl $command | sed 's/[0-9]*$//')" "$command -o wide"
        # shellcheck disable=SC2086
        is "$(client $command -o csv | tr -d '\r' | sed 's/[0-9]*$//')" \
            "$(ctl $command --format=csv | sed 's/[0-9]*$//')" "$command csv"
        # shellcheck disable=SC2086
        is "$(client $command -ojson | jq -S 'keys? // length' 2>&1)" \
            "$(ctl $command --format=json | jq -S 'keys? // length' 2>&1)"
    done
    is "$(client explain 0000:65:00.1 || true)" \
        "$(ctl explain 0000:65:00.1 2>&1 >/dev/null | grep -v ovs-appctl:)"
}

# Standard readers get from each format what is in the JSON.
test_formats() {
    start_all
    client -o json flow report >"$T/json"
    client -o csv flow report >"$T/csv"
    python3 - "$T/json" "$T/csv" <<'END'
import csv, json, sys
report = json.load(open(sys.argv[1]))
text = open(sys.argv[2], newline="").read()
assert text.count("\r\n") == text.count("\n") > 4, text
rows = list(csv.DictReader(text.splitlines(), strict=True))
pods = {(i["namespace"] or "") + "/" + i["pod"]
        for i in report["interfaces"] if i["pod"]}
assert pods and pods == {r["POD"] for r in rows if r["POD"]}, (pods, rows)
assert all(None not in r and None not in r.values() for r in rows)
END
    client -o yaml port list >"$T/yaml"
    client -o json port list >"$T/json"
    # Plain scalars and quoted ones are JSON's, too.
    python3 - "$T/json" "$T/yaml" <<'END'
import json, sys
want = json.load(open(sys.argv[1]))
have = []
for line in open(sys.argv[2]):
    if line.startswith("- "):
        have.append({})
    key, value = line[2:].rstrip("\n").split(": ", 1)
    have[-1][key] = json.loads(value)
assert want and have == want, (have, want)
END
    contains "$(client status -o yaml)" $'\n  mode: "assist"\n'
    contains "$(client vlog list)" "console"
    is "$(client --format=csv port list)" "$(ctl port/list --format=csv)"
}

test_bad_options() {
    start_fresh_ovsdb
    start_daemon
    contains "$(fails 2 client -o xml status)" '"xml"'
    contains "$(fails 2 client status -o)" '""'
    contains "$(fails 2 client status --output=)" '""'
    contains "$(fails 2 client --color=x status)" '"x"'
    contains "$(fails 2 client status --color x)" '"x"'
    contains "$(fails 2 client -o json vlog list)" "nothing to format"
    contains "$(fails 2 client -o json flow watch)" "nothing to format"
    contains "$(fails 2 client -o json --format=csv status)" "both"
    contains "$(fails 2 client -o json status --format=csv)" "both"
    # Behind "--" there are no options of the client.
    contains "$(fails 2 client status -- -o json)" "too many arguments"
}

# in_terminal COLUMNS COMMAND...: what it prints there.
in_terminal() {
    local columns=$1
    shift
    printf '%q ' "$@" >"$T/command"
    TERM=${TERM_WANTED-xterm} script -qefc \
        "stty cols $columns rows 50; . $T/command" /dev/null </dev/null |
        tr -d '\r'
}

widest() {
    sed 's/\x1b\[[0-9;]*m//g' | awk '{ n = length($0) > n ? length($0) : n }
        END { print n + 0 }'
}

test_terminal() {
    local out n command
    command -v script >/dev/null || skip "there is no script (bsdutils)"
    start_all
    local c=("$CLIENT" -t "$T/$TARGET.ctl")
    for n in 40 60 80 120; do
        for command in "port list" "event list" "flow report" "vdpa list" \
                "status" "explain 0000:65:00.1"; do
            # shellcheck disable=SC2086
            out=$(in_terminal "$n" "${c[@]}" $command || true)
            out=$(grep -v '^(no room' <<<"$out")
            test "$(widest <<<"$out")" -le "$n" ||
                fail "$command is too wide for $n: $out"
        done
    done
    out=$(in_terminal 60 "${c[@]}" port list)
    contains "$out" "0000:65:00.2"
    contains "$out" "unmanaged"
    contains "$out" "no room for"
    contains "$out" "OFPORT"
    [[ $(head -n1 <<<"$out") != *OFPORT* ]]
    out=$(in_terminal 60 "${c[@]}" -o wide port list)
    contains "$out" OFPORT
    test "$(widest <<<"$out")" -gt 100
    # Text is continued, not cut.
    out=$(in_terminal 60 "${c[@]}" explain 0000:65:00.1 || true)
    contains "$(tr -d ' \n' <<<"$out")" FAIL
    contains "$out" $'\n             '

    # Colors.
    contains "$(in_terminal 80 "${c[@]}" port list)" $'\033[1m'
    contains "$(in_terminal 80 "${c[@]}" explain 0000:65:00.1 || true)" \
        $'\033[31mFAIL'
    [[ $(NO_COLOR=1 in_terminal 80 "${c[@]}" port list) != *$'\033'* ]]
    [[ $(TERM_WANTED=dumb in_terminal 80 "${c[@]}" port list) != *$'\033'* ]]
    [[ $(in_terminal 80 "${c[@]}" --color=never port list) != *$'\033'* ]]
    [[ $("${c[@]}" port list) != *$'\033'* ]]
    contains "$(NO_COLOR=1 "${c[@]}" port list --color=always)" $'\033[1m'
}

# Each command that the daemon has is in the help, with the daemon's usage and
# an example that is one of it.
test_help() {
    local name words usage out example
    start_fresh_ovsdb
    start_daemon
    client --help >"$T/help"
    contains "$(cat "$T/help")" "Exit status"
    while read -r name usage; do
        words=${name//\// }
        # shellcheck disable=SC2086
        out=$(client $words --help)
        usage=${usage%"[--format=table|json|csv]"}
        usage=${usage% }
        is "$(head -n1 <<<"$out")" \
            "usage: ovs-offload [OPTIONS] $words${usage:+ $usage}"
        case $name in
        status | port/* | vdpa/* | flow/* | policy/* | event/* | explain)
            contains "$out" $'\nExample:\n    ovs-offload '
            ;;
        esac
        grep -qF "  $words" "$T/help" || fail "$words is not in --help"
    done < <(ctl list-commands | sed -n 's/^  \([^ ]*\) */\1 /p')
    # Each example names the command that it is of.
    while read -r words; do
        # shellcheck disable=SC2086
        while read -r example; do
            contains "$example" "ovs-offload "
            contains " ${example#*ovs-offload }" " $words"
        done < <(client $words --help | sed -n '/^Example:$/,/^$/{
            /^Example:$/d; /^$/d; p; }')
    done < <(sed -n '/^Commands/,/^Further/s/^  \([a-z][^A-Z[{]*\).*/\1/p' \
        "$T/help" | sed 's/ *$//')
    contains "$(client port --help)" "ovs-offload [OPTIONS] port show NAME"
    contains "$(client -h port list)" "Example"
    contains "$(fails 2 client bogus --help)" 'no command "bogus"'
}

# What the environment says of the terminal's width goes before what that does.
test_columns() {
    command -v script >/dev/null || skip "there is no script (bsdutils)"
    start_fresh_ovsdb
    start_daemon
    local c=("$CLIENT" -t "$T/$TARGET.ctl")
    # Set behind the shell, which sets it itself.
    columns() {
        in_terminal "$2" env COLUMNS="$1" "${c[@]}" event list |
            grep -v "^(no room" | widest
    }
    test "$(columns 50 200)" -le 50
    test "$(columns 200 50)" -gt 60
    test "$(columns x 50)" -le 50
    is "$(COLUMNS=50 "${c[@]}" event list)" "$("${c[@]}" -o wide event list)"
}
