# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154     # "probe" sets p_*.
#
# One vDPA device appears: from its uevent to the commit of its port, by the
# daemon, and by a script that "udevadm monitor" drives.
#
# The two take turns, a device at a time on VFs in turn, and the one whose turn
# it is not is stopped (SIGSTOP), so that it takes no time from the other.  The
# representors are up and their offload is on.  The script is as good as such a
# script gets: it knows beforehand which representor belongs to which device,
# which the daemon finds out by itself.
#
# At last, without a bar, VFs whose representor is down: the first device on
# each.
# shellcheck source=lib.sh
. "$BENCH/lib.sh"

ROUNDS=${ROUNDS:-60}
N=16                                    # VFs, the second half with links
                                        # down.

check "NIC" nic_up $N total_vfs=$N
rmmod virtio_vdpa                       # A pod would take vhost-vdpa.
modprobe vhost_vdpa
check "Open vSwitch" ovs_start
check "bridge" bridge_add
check "mode own" ovs-vsctl set Open_vSwitch . external_ids:offload-mode=own
check "requests" requests $(seq -f 'own%g' 0 $((N - 1)))
mapfile -t vfs < <(vf_addrs)
mapfile -t reps < <(rep_names)
equal "representors" "$N" ${#reps[@]}

# --- the peer ----------------------------------------------------------------

# Devices peerI belong to VF I.  Those of the second half are set up.
peer() {
    local line name i
    udevadm monitor --kernel --subsystem-match=vdpa |
        while read -r line; do
            # KERNEL[1.2] add /devices/.../peer3 (vdpa)
            [[ $line =~ \ add\ .*/peer([0-9]+)\  ]] || continue
            i=${BASH_REMATCH[1]}
            [ "$i" -lt $((N / 2)) ] || ip link set "${reps[i]}" up
            ovs-vsctl add-port "$BR" "${reps[i]}" -- set Interface \
                "${reps[i]}" external_ids:iface-id="bench_peer$i"
        done
}
set -m                                  # A process group of its own.
peer >/dev/null &
peer_pid=$!
set +m
# Is it listening?  "udevadm monitor" prints a line when it is, but into a
# pipe only once that is full; so look for its socket.
listening() {
    awk '$2 == 15 && $4 == "00000001"' /proc/net/netlink | grep -c . |
        grep -qx 1
}
for i in $(seq 0 $((N / 2 - 1))); do
    ip link set "${reps[i]}" up || fail "links"
done
check "peer listens" wait_for 10 listening

check "daemon" daemon_start
check "probe" probe_start
check "daemon converged" wait_for 20 has_ports $N absent
daemon=$(pid_of ovs-offload-controller)

# --- rounds ------------------------------------------------------------------

# own_round I: stores the microseconds into 'took'
own_round() {
    quiet
    probe reset
    probe add "own$1" "pci/${vfs[$1]}"
    probe wait ofports 1 20
    took=$((p_row - p_vdpa))
    probe del "own$1"
    probe wait rows 0 20
}

peer_round() {
    quiet
    kill -STOP "$daemon"
    kill -CONT -- -"$peer_pid"
    probe reset
    probe add "peer$1" "pci/${vfs[$1]}"
    probe wait ofports 1 20
    took=$((p_row - p_vdpa))
    probe del "peer$1"
    ovs-vsctl del-port "${reps[$1]}"
    probe wait rows 0 20
    kill -STOP -- -"$peer_pid"
    kill -CONT "$daemon"
    # It learns of all that happened meanwhile.
    has_ports $N absent >/dev/null || fail "the daemon is confused"
}

# measure VF...: a round of each on each, the figures into 'own', 'theirs' and
# 'detail'
measure() {
    local i
    own=() theirs=()
    for i; do
        own_round "$i"
        own+=("$took")
        peer_round "$i"
        theirs+=("$took")
    done
    echo "daemon: ${own[*]}"
    echo "script: ${theirs[*]}"
    detail=$(jq -nc --argjson own "$(json_array "${own[@]}")" \
        --argjson peer "$(json_array "${theirs[@]}")" \
        '{unit: "us", own: $own, peer: $peer}')
}

# report P WHAT BAR: the row of percentile P; BAR may be ""
report() {
    local a b verdict=-
    a=$(percentile "$1" "${own[@]}")
    b=$(percentile "$1" "${theirs[@]}")
    [ -z "$3" ] || verdict=$(verdict "$b / $a >= $3")
    row vdpa-latency "$2, p$1 of ${#own[@]}" "$(calc "$a/1000") ms" \
        "$(calc "$b/1000") ms" "$(calc "$b/$a" %.1f)" "${3:+>= $3}" \
        "$verdict" "$detail"
}

kill -STOP -- -"$peer_pid"
mapfile -t first < <(seq 0 $((N / 2 - 1)))
mapfile -t second < <(seq $((N / 2)) $((N - 1)))
rounds=()
for ((round = 0; round < ROUNDS; round++)); do
    rounds+=("${first[round % ${#first[@]}]}")
done
up "first on each, for the caches"
measure "${first[@]}"
up "$ROUNDS rounds"
measure "${rounds[@]}"
report 50 "vDPA device to commit" 10
report 99 "vDPA device to commit" 10
up "with links that are down"
measure "${second[@]}"
report 50 "likewise, and its link is down" ""
kill -KILL -- -"$peer_pid"
