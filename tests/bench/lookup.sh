# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Instructions of a look-up by each kind of key among 16, 128 and 1024 ports,
# and of a round of decisions.  Runs on the host, with valgrind.
set -eu

# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"

# instructions KEY N_PORTS N_TIMES: of one time
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        --toggle-collect=bench_measured "$BUILDDIR/tests/bench/lookup" \
        "$1" "$2" "$3" 2>&1 |
        awk -v n="$3" '/Collected : / && $NF { printf "%.0f", $NF / n; ok = 1 }
                       END { exit !ok }'
}

for key in representor vf vdpa iface-id pod unknown ifindex; do
    # Each port once or several times: the same number of look-ups for all.
    few=$(instructions $key 16 1024)
    many=$(instructions $key 1024 1024)
    mid=$(instructions $key 128 1024)
    echo "$key: $few, $mid, $many"
    # More ports have longer names; a scan would be 64 times as much.
    row lookup "look-up by $key among 1024 ports: instructions" "$many" \
        "among 16: $few" "$(calc "$many / $few")" "<= 1.1" \
        "$(verdict "$many / $few <= 1.1")" "{\"16\":$few,\"128\":$mid,\"1024\":$many}"
done
n=$(instructions round 128 4)
row lookup "round after one vDPA event, 128 ports: instructions" "$n" "" "" "" -
