# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The flow report beside what ovs-vswitchd says of the same flows:
#
#     . "$LAB/t/lib/flows.sh"
#
# Needs lib/daemon.sh.

# --- ovs-vswitchd ------------------------------------------------------------

# dump: its flows, of tc and of the kernel datapath, with names of ports
dump() { ovs-appctl dpctl/dump-flows -m --names; }

# flows_theirs: "UFID IN_PORT PACKETS" of each flow, sorted
flows_theirs() {
    dump | sed -n 's/^ufid:\([^,]*\),.*in_port(\([^)]*\)).* packets:\([0-9]*\),'\
'.*/\1 \2 \3/p' | sort
}

# sum_theirs REGEX: packets of the flows that match it
sum_theirs() {
    dump | grep -E "$1" | sed 's/.* packets:\([0-9]*\),.*/\1/' |
        awk '{ sum += $1 } END { print sum + 0 }'
}

# --- ovs-offload-controller --------------------------------------------------

# report [ARG...] QUERY: jq on flow/report
report() {
    local json
    json=$(ooc flow/report "${@:1:$#-1}" --format=json) || return
    jq -ce "${*: -1}" <<<"$json"
}

# list [ARG...] QUERY: jq on flow/list
list() {
    local json
    json=$(ooc flow/list "${@:1:$#-1}" --format=json) || return
    jq -rce "${*: -1}" <<<"$json"
}

# flows_ours: as flows_theirs
flows_ours() {
    list '.flows[] | "\(.ufid) \(.sender.name) \(.hw.packets + .sw.packets)"' |
        sort
}

# row_of NAME QUERY: jq on the report's row of an interface
row_of() { report ".interfaces[] | select(.name == \"$1\") | $2"; }

# adds_up: each ledger's rows are the sum over its flows
adds_up() {
    report '
        def sums: [.flows, .offloaded, .hw.packets, .hw.bytes, .sw.packets,
                   .sw.bytes];
        def plus: transpose | map(add);
        .state == "complete" and
        (([.interfaces[].egress, .unattributed.egress, .stale.egress] |
          map(sums) | plus) == (.totals.egress | sums)) and
        (([.interfaces[].ingress, .unattributed.ingress, .stale.ingress,
           .multi.ingress] | map(sums) | plus) == (.totals.ingress | sums))'
}

# all_known: no packet is without sender or without receiver
all_known() {
    report '[.unattributed, .stale | .egress, .ingress | .hw, .sw | .packets] |
            add == 0'
}

# counters NAME...: of these interfaces' rows, in one array: egress and ingress,
# each as packets and bytes in hardware, then in software
counters() {
    local names
    names=$(printf '"%s",' "$@")
    report ".interfaces as \$rows | [${names%,}] |
            map(. as \$name | \$rows[] | select(.name == \$name) |
                .egress, .ingress | .hw.packets, .hw.bytes, .sw.packets,
                                    .sw.bytes)"
}

# grown BEFORE NAME...: by how much their counters have grown
grown() {
    jq -nc "[$(counters "${@:2}"), $1] | transpose | map(.[0] - .[1])"
}

# grown_by WANT BEFORE NAME...
grown_by() { [ "$(grown "${@:2}")" = "$1" ]; }

# moves TITLE WANT "NAME..." COMMAND...: COMMAND makes the counters of these
# interfaces grow by WANT, and after that the ledgers add up
moves() {
    local title=$1 want=$2 names before
    read -r -a names <<<"$3"
    before=$(counters "${names[@]}")
    "${@:4}" >/dev/null || fail "$title: ${*:4}"
    wait_for 10 grown_by "$want" "$before" "${names[@]}" || {
        dump
        fail "$title: want $want, have $(grown "$before" "${names[@]}")"
    }
    pass "$title ($want)"
    check "$title: ledgers add up" adds_up
}

# same_flows: each flow of ovs-vswitchd's is listed, from the same port and with
# as many packets, and no other
same_flows() { diff <(flows_theirs) <(flows_ours); }

# same_actions: and does the same
same_actions() {
    diff <(dump | sed 's/^ufid:\([^,]*\),.* actions:/\1 /' | sort) \
        <(list '.flows[] | "\(.ufid) \(.actions)"' | sort)
}

# listed_as REGEX QUERY: jq on the one flow that matches in ovs-vswitchd's dump
listed_as() {
    local ufid
    ufid=$(dump | grep -E "$1" | sed -n 's/^ufid:\([^,]*\),.*/\1/p')
    list "--ufid=$ufid" ".flows | length == 1 and (.[0] | $2)"
}
