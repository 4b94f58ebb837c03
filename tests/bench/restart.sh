# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Starts on nodes where there is nothing to do: what is written to the
# database?
# shellcheck source=lib.sh
. "$BENCH/lib.sh"

N=${N:-128}

# start_quietly STATE N_PORTS: starts the daemon, waits until N_PORTS are in
# STATE, and stores into 'n' how many transactions appeared in the database's
# log, and into 'took' the milliseconds until the last port was there.
start_quietly() {
    local before begin end
    before=$(all_commits)
    begin=$(date +%s%3N)
    check "daemon" daemon_start
    check "converged" wait_for 60 has_ports "$2" "$1"
    # Had it anything to write, it would have said so by now: it writes as soon
    # as it has decided, 500 ms later at the most.
    sleep 1
    has_ports "$2" "$1" >/dev/null || fail "no longer converged"
    n=$(($(all_commits) - before))
    end=$(ooc event/list --format=json |
        jq -r 'last.time // empty')
    took=$(($(date -d "${end:-now}" +%s%3N) - begin))
}

modprobe nicsim total_vfs=128 hw_tc=0 || fail "no NIC"
echo "$N" >"$PF/sriov_numvfs"
devlink dev eswitch set "pci/$NIC" mode switchdev
check "Open vSwitch" ovs_start
check "bridge" bridge_add
mapfile -t vfs < <(vf_addrs)
mapfile -t reps < <(rep_names)

up "auto, fresh node"
quiet
start_quietly unmanaged "$N"
row restart "start in auto on a fresh node: writes" "$n" "" "" "= 0" \
    "$(verdict "$n == 0")"
check "daemon stops" daemon_stop

up "auto, with rows of ovn-kubernetes"
check "a pod's port" ovs-vsctl add-port "$BR" "${reps[0]}" \
    other_config:transient=true -- set Interface "${reps[0]}" \
    external_ids:attached_mac=0a:58:0a:f4:00:05 \
    external_ids:iface-id=ns_pod external_ids:iface-id-ver=uid \
    external_ids:sandbox=0123456789abcdef
check "ovn-remote" ovs-vsctl set Open_vSwitch . \
    external_ids:ovn-remote=unix:/nonexistent
quiet
start_quietly foreign 1
row restart "start in auto with ovn-kubernetes' rows: writes" "$n" "" "" \
    "= 0" "$(verdict "$n == 0")"
check "daemon stops" daemon_stop
check "clean up" ovs-vsctl del-port "${reps[0]}" -- \
    remove Open_vSwitch . external_ids ovn-remote

up "own, $N ports"
check "requests" requests "${vfs[@]}"
check "mode own" ovs-vsctl set Open_vSwitch . external_ids:offload-mode=own
check "daemon" daemon_start
check "$N ports" wait_for 60 has_ports "$N" attached
check "daemon stops" daemon_stop
quiet
start_quietly attached "$N"
row restart "start with $N ports in place: writes" "$n" "" "" "= 0" \
    "$(verdict "$n == 0")"
row restart "start with $N ports in place: time" "$took ms" "" "" "" -
check "daemon stops" daemon_stop
