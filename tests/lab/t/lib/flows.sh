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
#
# A port of a tunnel is a netdev that the kernel named.
flows_theirs() {
    dump | sed -n 's/^ufid:\([^,]*\),.*in_port(\([^)]*\)).* packets:\([0-9]*\),.*/\1 \2 \3/p' |
        sort
}

# sum_theirs REGEX: packets of the flows that match it
sum_theirs() {
    dump | grep -E "$1" | sed 's/.* packets:\([0-9]*\),.*/\1/' |
        awk '{ sum += $1 } END { print sum + 0 }'
}

# --- ovs-offload-controller --------------------------------------------------

# report [ARG...] QUERY: jq on flow/report
report() {
    local query=${*: -1}
    ooc flow/report "${@:1:$#-1}" --format=json | jq -ce "$query"
}

# list [ARG...] QUERY: jq on flow/list
list() {
    local query=${*: -1}
    ooc flow/list "${@:1:$#-1}" --format=json | jq -ce "$query"
}

# flows_ours: as flows_theirs
flows_ours() {
    ooc flow/list --format=json | jq -r '.flows[] |
        "\(.ufid) \(.sender.name) \(.hw.packets + .sw.packets)"' | sort
}

# row_of NAME QUERY: jq on the report's row of an interface, by the name that
# its Interface has
row_of() {
    report '.interfaces[] | select(.name == "'"$1"'" or
                                   .representor == "'"$1"'") | '"$2"
}
