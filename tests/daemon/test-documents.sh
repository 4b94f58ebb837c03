# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Manuals and the reference of JSON, compared with the programs.

DOCS=$SRCDIR/tests/docs

# manuals ARG...: standard input compared with a manual
manuals() { "$DOCS/manuals" "$@" 2>&1 || fail "manuals $*"; }

test_commands() {
    start_fresh_ovsdb
    start_daemon
    ctl list-commands >"$T/commands"
    manuals commands <"$T/commands"
    "$DOCS/members" "$SRCDIR/Documentation/json.md" commands \
        <"$T/commands" || fail "commands are missing in json.md"
}

test_options() {
    "$DAEMON" --help |
        manuals options Documentation/ovs-offload-controller.8.in
    "$BUILDDIR/utilities/ovs-offload" -t "$T/none" --help 2>/dev/null |
        manuals options Documentation/ovs-offload.1.in
    "$BUILDDIR/utilities/ovs-offload" -t "$T/none" --help 2>/dev/null |
        manuals client
}

# Each test of documents can fail.
test_differences_are_found() {
    fails 1 "$DOCS/manuals" commands <<<'  port/list' >/dev/null
    contains "$(fails 1 "$DOCS/manuals" commands <<<'  port/nosuch')" \
        "port/nosuch is not documented"
    contains "$(fails 1 "$DOCS/manuals" options \
        Documentation/ovs-offload.1.in <<<'  --nosuch')" \
        "option --nosuch is not documented"
    echo '{"checks": 1}' >"$T/explain.1"
    fails 1 "$DOCS/members" "$SRCDIR/Documentation/json.md" "$SRCDIR" \
        "$T/explain.1" >/dev/null
    echo '[{"matched": 0, "flows": []}]' >"$T/flow-list.1"
    fails 1 "$DOCS/members" "$SRCDIR/Documentation/json.md" "$SRCDIR" \
        "$T/flow-list.1" >/dev/null
    echo '{"matched": 0, "flows": []}' >"$T/flow-list.1"
    "$DOCS/members" "$SRCDIR/Documentation/json.md" "$SRCDIR" \
        "$T/flow-list.1"
    echo '{"matched": 0, "flows": [], "more": 1}' >"$T/flow-list.1"
    contains "$(fails 1 "$DOCS/members" "$SRCDIR/Documentation/json.md" \
        "$SRCDIR" "$T/flow-list.1")" "member more is not documented"
    contains "$(fails 1 "$DOCS/members" "$SRCDIR/Documentation/json.md" \
        commands <<<'  port/nosuch            [--format=table|json|csv]')" \
        "command port/nosuch is not documented"
}

# What is said of a node with VFs, device-info files and a bad configuration.
test_json() {
    local command
    start_ovs
    fake_vfs 0000:65:00 2
    mkdir -p "$T/devinfo/dp"
    jq -n '{type: "pci", version: "1.1.0",
            pci: {"pci-address": "0000:65:00.1"}}' \
        >"$T/devinfo/dp/x-0000-65-00.1-device.json"
    echo x >"$T/devinfo/dp/malformed"
    set_ids "offload-devinfo-dir=$T/devinfo" offload-mode=nosuch \
        offload-nosuch=1 "offload-port-0000:65:00.1=iface-id=a_b" \
        "offload-policy-p=numVfs=x"
    start_daemon
    synced
    wait_json status : '.devinfo.errors != {}'
    wait_json status : '.config.errors != {}'
    mkdir "$T/json"
    for command in status port/list event/list vdpa/list vdpa/mgmtdev-list \
            policy/list "policy/show p" policy/diff event/wait \
            flow/report flow/list \
            "flow/parse $SRCDIR/Documentation/examples/flows.txt" \
            "port/show 0000:65:00.1" "explain 0000:65:00.1"; do
        set -- "${command%% *}"
        # "explain" fails if a check does, and says the same.
        # shellcheck disable=SC2086 # A word and perhaps an argument.
        { ctl $command --format=json 2>&1 || true; } |
            sed '/^ovs-appctl: /d' >"$T/json/${1/\//-}.1"
    done
    "$DOCS/members" "$SRCDIR/Documentation/json.md" "$SRCDIR" "$T"/json/* ||
        fail "JSON is not as documented"
    expect_log 'offload-mode'
}

# README shows what "utilities/dev check" prints, which is what runs this.
test_end_of_check() {
    mkdir "$T/check"
    (
        # shellcheck source=../../utilities/dev.d/check.sh
        . "$SRCDIR/utilities/dev.d/check.sh"
        work=$T
        job_end() { job_took=47; }
        for stage in "${stages[@]}"; do
            echo "PASS $stage" >"$work/check/$stage.log"
            check_end "$stage"
        done
        check_summary 1500
    ) >"$T/summary"
    "$DOCS/steps" output README.md "utilities/dev check" "$T/summary"
    sed -i s/skipped/left/ "$T/summary"
    fails 1 "$DOCS/steps" output README.md "utilities/dev check" \
        "$T/summary" >/dev/null
}

# compares OUTPUT STATUS: the page's only command printed that, and ended so
compares() {
    printf '%s\n' "$1" >"$T/1.out"
    echo "$2" >"$T/1.status"
    "$DOCS/steps" compare "$T" "$T/page.md" >"$T/compared"
}

# A page with one command, in a block of some kind, and its output.
page() {
    printf '%s\n' "\`\`\`console${1:+ $1}" "# true" "${@:2}" '```' \
        >"$T/page.md"
}

test_output_is_compared() {
    page "" "NAME  VALUE" "----- ---" "...done 5 in a..." "..." "end"
    compares $'NAME VALUE\n--- ---\nall done 17 in all\nend' 0
    compares $'NAME VALUE\n--- ---\ndone 17 in a\nx\ny\nend' 0
    fails 1 compares $'NAME VALUE\n--- ---\ndone 17 in a\nx\nend\nmore' 0
    contains "$(cat "$T/compared")" "nothing more"
    fails 1 compares $'NAME VALUE\n--- ---\ndone 17 of a\nend' 0
    contains "$(cat "$T/compared")" "does not print '...done 5 in a...'"
    fails 1 compares $'NAME VALUE\n--- ---\ndone 17 in a\nend' 1
    contains "$(cat "$T/compared")" "exit status is 1"
    page fails "no"
    compares no 1
    fails 1 compares no 0
    # Names are not numbers.
    page "" "eth5 0000:65:00.1 1 2.5"
    compares "eth5 0000:65:00.1 2 3" 0
    fails 1 compares "eth6 0000:65:00.1 2 3" 0
    fails 1 compares "eth5 0000:65:00.2 2 3" 0
    page "elsewhere: x"
    is "$("$DOCS/steps" list "$T/page.md")" ""
    page nosuch
    contains "$(fails 1 "$DOCS/steps" list "$T/page.md")" \
        "page.md:1: console what? 'nosuch'"
    printf '%s\n' '```' 'x' '```' >"$T/page.md"
    fails 1 "$DOCS/steps" list "$T/page.md" >/dev/null
}
