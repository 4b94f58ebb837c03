# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154     # "probe" sets p_*.
#
# Requests are pending for 128 VFs, then the eswitch changes its mode: from the
# last representor's netdev to the last OpenFlow port.  The peer is one
# ovs-vsctl command that adds the same ports, whose links are up and whose
# offload is on already.
#
# Drivers of switchdev NICs make representors with hw-tc-offload on; that is what
# the bar is about.  Where it is off the daemon has more to do than the peer.
# shellcheck source=lib.sh
. "$BENCH/lib.sh"

ROUNDS=${ROUNDS:-5}
ROUNDS_OFF=${ROUNDS_OFF:-3}             # Those with hw-tc-offload off.
N=${N:-128}

modprobe nicsim total_vfs=128 hw_tc=1 || fail "no NIC"
echo "$N" >"$PF/sriov_numvfs"
check "Open vSwitch" ovs_start
check "bridge" bridge_add
check "mode own" ovs-vsctl set Open_vSwitch . external_ids:offload-mode=own
mapfile -t vfs < <(vf_addrs)
[ ${#vfs[@]} = "$N" ] || fail "${#vfs[@]} VFs"
check "$N requests" requests "${vfs[@]}"
check "probe" probe_start

eswitch() { devlink dev eswitch set "pci/$NIC" mode "$1"; }

# --- the daemon --------------------------------------------------------------

# own_round: stores the microseconds into 'took', and into 'txns' how many
# transactions it took
own_round() {
    local before
    check "daemon" daemon_start
    check "daemon converged" wait_for 60 has_ports "$N" absent
    quiet
    before=$(our_commits)
    probe reset
    eswitch switchdev
    probe wait ofports "$N" 60
    [ "$p_links" -gt "$N" ] || fail "only $p_links netdevs appeared"
    took=$((p_ofport - p_link))
    txns=$(($(our_commits) - before))
    echo "daemon: first row $((p_row - p_link)) us, last row" \
        "$((p_last_row - p_link)) us, ofports $took us, $txns transactions"
    check "all attached" wait_for 60 has_ports "$N" attached
    no_modprobe
    eswitch legacy
    probe wait rows 0 60
    with_modprobe
    check "daemon converged" wait_for 60 has_ports "$N" absent
    check "daemon stops" daemon_stop
}

# --- the peer ----------------------------------------------------------------

peer_round() {
    local rep args=() reps
    eswitch switchdev
    mapfile -t reps < <(rep_names)
    [ ${#reps[@]} = "$N" ] || fail "${#reps[@]} representors"
    printf 'link set %s up\n' "${reps[@]}" | ip -batch - || fail "links"
    for rep in "${reps[@]}"; do
        ethtool -K "$rep" hw-tc-offload on || fail "hw-tc-offload"
        args+=(-- add-port "$BR" "$rep" -- set Interface "$rep"
               external_ids:iface-id="bench_$rep")
    done
    quiet
    probe reset
    probe now
    ovs-vsctl "${args[@]}" || fail "ovs-vsctl"
    local start=$answer
    probe wait ofports "$N" 60
    took=$((p_ofport - start))
    echo "ovs-vsctl: rows $((p_row - start)) us, ofports $took us"
    args=()
    for rep in "${reps[@]}"; do
        args+=(-- del-port "$rep")
    done
    ovs-vsctl "${args[@]}" || fail "ovs-vsctl"
    probe wait rows 0 60
    eswitch legacy
}

# measure ROUNDS: stores into 'a' and 'b' the medians of the daemon and of the
# peer, and into 'detail' all figures
measure() {
    local round own=() theirs=()
    for ((round = 0; round < $1; round++)); do
        up "round $round"
        own_round
        own+=("$took")
        all_txns+=("$txns")
        peer_round
        theirs+=("$took")
    done
    # Medians: another machine's work is not ours.
    a=$(percentile 50 "${own[@]}")
    b=$(percentile 50 "${theirs[@]}")
    detail=$(jq -nc --argjson own "$(json_array "${own[@]}")" \
        --argjson peer "$(json_array "${theirs[@]}")" \
        '{unit: "us", own: $own, peer: $peer}')
}

what="$N representors at once"
all_txns=()
measure "$ROUNDS"
row attach128 "$what: last link to last ofport" "$(calc "$a/1000" %.0f) ms" \
    "$(calc "$b/1000" %.0f) ms" "$(calc "$a/$b")" "<= 1.3" \
    "$(verdict "$a / $b <= 1.3")" "$detail"

echo 0 >/sys/module/nicsim/parameters/hw_tc
measure "$ROUNDS_OFF"
row attach128 "likewise, and hw-tc-offload is off" "$(calc "$a/1000" %.0f) ms" \
    "$(calc "$b/1000" %.0f) ms" "$(calc "$a/$b")" "" - "$detail"

txns=$(percentile 100 "${all_txns[@]}")
row attach128 "$what: transactions, at most" "$txns" 1 "" "<= 3" \
    "$(verdict "$txns <= 3")" "$(json_array "${all_txns[@]}")"
