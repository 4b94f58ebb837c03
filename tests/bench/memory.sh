# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154     # "centiseconds" sets now.
#
# One of 128 ports comes and goes, with its vDPA device: what of the memory
# does not come back?
#
# While that happens ovs-vswitchd does not run: it would take most of the time.
# shellcheck source=lib.sh
. "$BENCH/lib.sh"

N=${N:-128}
# Cycles after which to look.  By the first all buffers have had their full
# size (the ring of events has 1000 entries).
read -ra steps <<<"${STEPS:-1000 5000 10000}"

modprobe nicsim total_vfs=128 hw_tc=1 || fail "no NIC"
echo "$N" >"$PF/sriov_numvfs"
devlink dev eswitch set "pci/$NIC" mode switchdev
modprobe vhost_vdpa
check "Open vSwitch" ovs_start
check "bridge" bridge_add
check "mode own" ovs-vsctl set Open_vSwitch . external_ids:offload-mode=own
mapfile -t vfs < <(vf_addrs)
# All but one by the VF's address; that one by the vDPA device.
check "requests" requests "${vfs[@]:1}" cycled
check "daemon" daemon_start
check "probe" probe_start
check "$((N - 1)) ports" wait_for 60 has_ports $((N - 1)) attached
check "ovs-vswitchd stops" ovs-appctl exit

# rss NAME: of that daemon, in KiB
rss() { awk '/^VmRSS/ { print $2 }' /proc/"$(pid_of "$1")"/status; }

done=0 own=() theirs=()
for step in "${steps[@]}"; do
    centiseconds
    begin=$now
    probe cycle $((step - done)) cycled "pci/${vfs[0]}" 20
    centiseconds
    done=$step
    own+=("$(rss ovs-offload-controller)")
    theirs+=("$(rss ovsdb-server)")
    up "$step cycles: ${own[-1]} KiB, ovsdb-server ${theirs[-1]} KiB," \
        "$((now - begin)) cs"
done
run ovs-appctl -t ovs-offload-controller memory/show

detail=$(jq -nc --argjson cycles "$(json_array "${steps[@]}")" \
    --argjson own "$(json_array "${own[@]}")" \
    --argjson peer "$(json_array "${theirs[@]}")" \
    '{unit: "KiB", cycles: $cycles, own: $own, peer: $peer}')
# Pages of the heap that were touched once more or less are no growth: less
# than a byte for each cycle.
growth=$((own[-1] - own[0]))
cycles=$((steps[-1] - steps[0]))
row memory "RSS of $N ports after ${steps[-1]} cycles" "${own[-1]} KiB" \
    "ovsdb-server ${theirs[-1]} KiB" "" "" - "$detail"
row memory "RSS: growth in the last $cycles cycles" "$growth KiB" \
    "ovsdb-server $((theirs[-1] - theirs[0])) KiB" "" \
    "< 1 byte a cycle" "$(verdict "$growth * 1024 < $cycles")" "$detail"
