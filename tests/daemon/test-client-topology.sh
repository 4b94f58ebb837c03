# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# "ovs-offload topology".

# Two VFs, one of which is for an iface-id with a hostile name, and a pod that
# is on no VF.
start_all() {
    start_ovs
    fake_vfs 0000:65:00 2
    add_pod_row p0 ns pod
    vsctl wait-until Interface p0 'ofport!=[]'
    request 0000:65:00.2 'iface-id=<b>\"\\N];x[label=\"&lt;'
    start_daemon
    synced
}

test_tree() {
    local out
    start_all
    out=$(LC_ALL=C client topology)
    contains "$out" $'PF 0000:65:00.0\n|-- VF 0000:65:00.1: number 0, no-repr'
    contains "$out" $'\n`-- VF 0000:65:00.2: number 1, no-repr'
    contains "$out" $'\nbridge br-int\n`-- pod ns/pod: on no VF, 0 of 0 flows'
    contains "$(LC_ALL=C.UTF-8 client topology)" $'\n\u251c\u2500\u2500 VF '
    contains "$(client --color=always topology)" $'\033[33m'
    contains "$(fails 2 client topology x)" '"x"'
    contains "$(fails 2 client topology --dot --svg)" '"--svg"'
    contains "$(fails 2 client -o json topology)" "nothing to format"
    stop_daemon
    contains "$(fails 3 client topology)" "no answer from"
    echo '{"format":"ovs-offload-snapshot","version":1,"answers":[
        {"command":"port/list","json":[]},{"command":"vdpa/list","json":[]},
        {"command":"flow/report","json":{}}]}' >"$T/snap.json"
    is "$("$CLIENT" --snapshot="$T/snap.json" topology)" \
        "(no VFs, and nothing on a bridge)"
}

# Graphviz sees the nodes and edges that there are, and no others.
test_graphviz() {
    local out
    command -v dot >/dev/null || skip "there is no dot (graphviz)"
    start_all
    client topology --dot >"$T/graph"
    # PF, two VFs, two pods, bridge; each VF on the PF, one pod on its VF, one
    # on the bridge.
    is "$(dot -Tplain "$T/graph" | cut -d' ' -f1 | sort | uniq -c |
        paste -sd' ' | tr -s ' ')" " 4 edge 1 graph 6 node 1 stop"
    client topology --svg >"$T/svg"
    xmllint --noout "$T/svg"
    is "$(grep -c '<g id="node' "$T/svg")" 6
    is "$(grep -c '<g id="edge' "$T/svg")" 4
    # The name is as it was.
    out=$(python3 - "$T/svg" <<'END'
import sys, xml.etree.ElementTree as tree
for text in tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}text"):
    print(text.text.replace("\u00a0", " "))
END
    )
    contains "$out" 'pod <b>"\N];x[label="&lt;'
    contains "$out" 'VF 0000:65:00.1'
    # A drawing that nobody can make, and one that nobody can write.
    mkdir "$T/empty"
    contains "$(PATH=$T/empty fails 1 "$CLIENT" -t "$T/$TARGET.ctl" topology \
        --svg)" "install Graphviz"
    printf '#! /bin/sh\nexit 5\n' >"$T/empty/dot"
    chmod +x "$T/empty/dot"
    contains "$(PATH=$T/empty:$PATH fails 1 client topology --svg)" \
        "dot failed (exit status 5)"
}
