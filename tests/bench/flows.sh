# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The flow engine beside other ways to read the same flows.  Runs on the host.
#
# Environment: FLOWS, how many flows (default 1000000); RUNS, of how many runs
# the medians are (default 5).
set -eu

bench=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=report.sh
. "$bench/report.sh"

n=${FLOWS:-1000000}
runs=${RUNS:-5}
n_python=10000
bin=$BUILDDIR/tests/bench
data=$bin/flow-data
trap 'rm -rf "$data"' EXIT
rm -rf "$data"
mkdir -p "$data"

# --- flows -------------------------------------------------------------------

# generate N FORMAT...: into $data/FORMAT-N
generate() {
    local format
    for format in "${@:2}"; do
        "$bin/flow-gen" "$1" "$format" >"$data/$format-$1"
    done
}

# --- runs --------------------------------------------------------------------

# sample NAME COMMAND...: runs it, and keeps the line of JSON that it prints
sample() {
    local line
    line=$("${@:2}") || { echo "$1: failed" >&2; return 1; }
    echo "$1: $line"
    echo "$line" >>"$data/$1.samples"
}

# median NAME [MEMBER]: of the samples, by default of CPU seconds
median() {
    jq -s "map(.${2:-seconds}) | sort | .[length / 2 | floor]" \
        "$data/$1.samples"
}

# all NAME [MEMBER]: as a JSON array
all() { jq -sc "map(.${2:-seconds})" "$data/$1.samples"; }

# agree MEMBER... -- NAME...: all samples of all names have the same values
agree() {
    local members=()
    while [ "$1" != -- ]; do
        members+=(".$1")
        shift
    done
    shift
    jq -es "map([$(IFS=,; echo "${members[*]}")]) | unique | length == 1" \
        "${@/%/.samples}" >/dev/null || {
        echo "results differ: $*" >&2
        return 1
    }
}

# rate N SECONDS: with its unit
rate() { calc "$1 / $2 / 1e6" "%.3g M"; }

# faster WHAT OURS PEER PEER_NAME BAR [SCALE [N UNIT]]: a row: times of OURS and
# PEER, whose median is multiplied by SCALE, and by how much ours is faster.
# An empty BAR is none.
faster() {
    local scale ours peer ratio reached=-
    scale=$(calc "${6:-1}" %g)
    ours=$(median "$2")
    peer=$(calc "$(median "$3") * $scale" %.6f)
    ratio=$(calc "$peer / $ours")
    [ -z "$5" ] || reached=$(verdict "$peer / $ours >= $5")
    row flows "$1" "$(rate "${7:-$n}" "$ours") ${8:-flows}/s" \
        "$4: $(rate "${7:-$n}" "$peer") ${8:-flows}/s" "$ratio" \
        "${5:+>= $5}" "$reached" \
        "{\"seconds\":$(all "$2"),\"peer_seconds\":$(all "$3"),
          \"scale\":$scale}"
}

# --- netlink -----------------------------------------------------------------

generate "$n" full terse
# What a table has to be able to tell, as flow-facts.h says: sums, numbers of
# flows, and of senders, receivers and all that each flow is, hashes.
facts=(flows packets bytes hw_packets hw_bytes in_hw jumps drops decaps used
    senders receivers paths)

# same_idle NAME...: means of the time since the last packet differ by no more
# than the unit in which our table has it, 100 ms
same_idle() {
    jq -es 'map(.idle) | max - min < 100 and min > 0' \
        "${@/%/.samples}" >/dev/null || {
        echo "times of last packets differ: $*" >&2
        return 1
    }
}

for ((i = 0; i < runs; i++)); do
    sample full "$bin/flow-ours" full "$data/full-$n"
    sample full-mnl "$bin/flow-peer-mnl" full "$data/full-$n"
    sample full-walk "$bin/flow-peer-mnl" walk-full "$n" "$data/full-$n"
    sample full-ovs "$bin/flow-peer-ovs" full "$data/full-$n"
    sample full-nlroute "$bin/flow-peer-nlroute" full "$data/full-$n"
    sample objects "$bin/flow-peer-nlroute" objects "$data/full-$n"
    sample terse "$bin/flow-ours" terse "$data/full-$n" "$data/terse-$n"
    sample terse-mnl "$bin/flow-peer-mnl" terse \
        "$data/full-$n" "$data/terse-$n"
    sample terse-walk "$bin/flow-peer-mnl" walk-terse "$n" \
        "$data/full-$n" "$data/terse-$n"
done
sample records "$bin/flow-ours" records "$data/full-$n"
cd "$data"
all_netlink=(full full-mnl full-walk full-ovs full-nlroute
    terse terse-mnl terse-walk)
agree "${facts[@]}" -- "${all_netlink[@]}"
same_idle "${all_netlink[@]}"
# Our table keeps no zone and no MAC that it does not need; our parser does.
agree zones macs heads -- records full-mnl full-walk full-ovs full-nlroute
agree flows -- full objects
faster "netlink: full filter to table" full full-mnl libmnl 4
faster "netlink: full filter to table" full full-ovs \
    "OVS parse_netlink_to_tc_flower" 5
faster "netlink: full filter to table" full full-nlroute libnl-route 6
faster "netlink: full filter to table" full full-walk \
    "libmnl, hand-tuned walk" ""
faster "netlink: full filter to table" full objects \
    "libnl-route, no table" ""
faster "netlink: terse counter refresh" terse terse-mnl libmnl 4
faster "netlink: terse counter refresh" terse terse-walk \
    "libmnl, hand-tuned walk" ""

# --- memory of the table -----------------------------------------------------

# memory WHAT NAME BAR: a row: bytes a flow
memory() {
    local table rss reached=-
    table=$(calc "$(median "$2" table) / $n" %.1f)
    rss=$(calc "$(median "$2" rss) / $n" %.1f)
    [ -z "$3" ] || reached=$(verdict "$rss <= $3 && $table <= $3")
    row flows "$1" "$rss bytes a flow" "" "" "${3:+<= $3}" "$reached" \
        "{\"rss\":$(all "$2" rss),\"table\":$(all "$2" table)}"
}

memory "memory: $n flows, a chain for each third" full 96
rm "terse-$n"

# --- events ------------------------------------------------------------------

for ((i = 0; i < runs; i++)); do
    sample events "$bin/flow-event" "$n" ours "full-$n"
    sample events-mnl "$bin/flow-event" "$n" libmnl "full-$n"
    sample events-walk "$bin/flow-event" "$n" walk "full-$n"
done
agree "${facts[@]}" events -- events events-mnl events-walk
agree "${facts[@]}" -- events full
n_events=$(median events events)
faster "events: all filters come and go, replayed, user CPU" events \
    events-mnl libmnl 4 1 "$n_events" events
faster "events: the same" events events-walk "libmnl, hand-tuned walk" "" 1 \
    "$n_events" events
# With the system calls, in which the kernel copies and frees datagrams.
ours=$(median events all_seconds)
peer=$(median events-mnl all_seconds)
row flows "events: the same with system calls" \
    "$(rate "$n_events" "$ours") events/s" \
    "libmnl: $(rate "$n_events" "$peer") events/s" \
    "$(calc "$peer / $ours")" "" - \
    "{\"seconds\":$(all events all_seconds),
      \"peer_seconds\":$(all events-mnl all_seconds)}"

# instructions WAY: in user space, of receiving all events of 100000 flows
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        --toggle-collect=bench_measured "$bin/flow-event" 100000 "$1" \
        full-100000 2>&1 |
        awk '/Collected : / && $NF { printf "%d", $NF; ok = 1 }
             END { exit !ok }'
}

[ -e full-100000 ] || generate 100000 full
ours=$(calc "$(instructions ours) / 200000" %.0f)
for way in libmnl walk; do
    peer=$(calc "$(instructions $way) / 200000" %.0f)
    row flows "events: instructions of one in user space" "$ours" \
        "$way: $peer" "$(calc "$peer / $ours")" "" - \
        "{\"instructions\":$ours,\"peer_instructions\":$peer}"
done
[ "$n" = 100000 ] || rm full-100000

# live NAME RCVBUF: in a network namespace of its own
live() {
    # shellcheck disable=SC2016 # The inner shell expands.
    sample "$1" unshare -n sh -ec '
        ip link set lo up
        tc qdisc add dev lo clsact
        exec "$1/flow-live" 1 "$2" "$3"' - "$bin" 40000 "$2"
}

for ((i = 0; i < runs; i++)); do
    live live $((8 << 20))
    live small $((64 << 10))
done
events=$(median live events)
missed=$(jq -s 'map(.events - .seen + .overflows) | max' live.samples)
row flows "events: of the kernel, 8 MB buffer: lost" \
    "$missed of $events" "rate: $(rate "$events" "$(median live)") events/s" \
    "" 0 "$(verdict "$missed == 0")" \
    "{\"seconds\":$(all live),\"seen\":$(all live seen)}"
resynced=$(jq -s 'map(select(.overflows > 0 and .lost > 0 and
                             .dumps == .lost)) | length' small.samples)
row flows "events: of the kernel, 64 KB buffer: overflows resynced" \
    "$resynced of $runs" "" "" "$runs" "$(verdict "$resynced == $runs")" \
    "{\"overflows\":$(all small overflows),\"seen\":$(all small seen)}"

# --- bounded work ------------------------------------------------------------

# steps N: the most instructions between two returns to the main loop.  All
# rounds must be there: flow-step's child has a file of its own.
steps() {
    local rounds
    rounds=$(valgrind -q --tool=callgrind --callgrind-out-file="steps-$1.%p" \
        --combine-dumps=yes --toggle-collect=bench_measured \
        --dump-after=bench_measured "$bin/flow-step" "full-$1" |
        jq .rounds) || return
    awk -v rounds="$rounds" '
        /^summary: / && $2 { n++; if ($2 > most) most = $2 }
        END { if (!n || n != rounds) exit 1; printf "%d", most }' "steps-$1".*
}

generate 10000 full
few=$(steps 10000)
many=$(steps "$n")
rm "steps-$n".*
row flows "dump of $n flows: most instructions in a row" "$many" \
    "of 10000: $few" "$(calc "$many / $few")" "<= 1.2" \
    "$(verdict "$many / $few <= 1.2")" "{\"10000\":$few,\"$n\":$many}"

# report N: instructions of a report of 1000 pods
report() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        --toggle-collect=bench_measured "$bin/flow-report" 1000 "$1" 2>&1 |
        awk '/Collected : / && $NF { printf "%d", $NF; ok = 1 }
             END { exit !ok }'
}

few=$(report 1000)
many=$(report "$n")
row flows "flow/report of 1000 pods, $n flows: instructions" "$many" \
    "1000 flows: $few" "$(calc "$many / $few")" "<= 1.2" \
    "$(verdict "$many / $few <= 1.2")" "{\"1000\":$few,\"$n\":$many}"

# scrape N: the most instructions of a round that joins rows of 1000 pods with
# their flows, for a scrape of metrics
scrape() {
    local rounds
    rounds=$(valgrind -q --tool=callgrind --callgrind-out-file="scrape-$1" \
        --combine-dumps=yes --toggle-collect=bench_step \
        --dump-after=bench_step "$bin/flow-report" --steps 1000 "$1" |
        jq .rounds) || return
    awk -v rounds="$rounds" '
        /^summary: / && $2 { n++; if ($2 > most) most = $2 }
        END { if (!n || n != rounds) exit 1; printf "%d", most }' "scrape-$1"
}

few=$(scrape 10000)
many=$(scrape "$n")
rm -f scrape-10000 "scrape-$n"
row flows "scrape of 1000 pods, $n flows: most instructions in a row" "$many" \
    "10000 flows: $few" "$(calc "$many / $few")" "<= 1.2" \
    "$(verdict "$many / $few <= 1.2")" "{\"10000\":$few,\"$n\":$many}"

# --- memory of more chains ---------------------------------------------------

generate "$n" dense
sample dense "$bin/flow-ours" full "$data/dense-$n"
memory "memory: $n flows, a chain for each second" dense ""
rm "dense-$n" "full-$n"

# --- text --------------------------------------------------------------------

generate "$n" text text-safe
generate $n_python text
generate 1 names
for ((i = 0; i < runs; i++)); do
    sample text "$bin/flow-ours" text "text-$n"
    sample text-ovs "$bin/flow-peer-ovs" text names-1 "text-safe-$n"
    sample text-python /usr/bin/python3 "$bench/flow-peer-odp.py" \
        "text-$n_python"
    sample text-$n_python "$bin/flow-ours" text "text-$n_python"
done
agree flows packets bytes -- text text-ovs full
agree flows packets bytes -- text-$n_python text-python
faster "text: dump to full report" text text-ovs "libopenvswitch" 5
faster "text: dump to full report" text text-python \
    "OVS Python, measured with $n_python" 200 "$n / $n_python"

# Beyond the table: the peak less what the table has in the end, which is less
# than what it has while it grows.
for size in 10000 100000 "$n"; do
    [ -e "text-$size" ] || generate "$size" text
    [ -s "text-$size.samples" ] ||
        sample "text-$size" "$bin/flow-ours" text "text-$size"
    name=text-$size
    [ "$size" != "$n" ] || name=text
    peak=$(median "$name" peak_rss)
    beyond=$(calc "($peak - $(median "$name" table)) / 1048576")
    row flows "text: memory beyond the table, $size flows" "$beyond MB" \
        "" "" "<= 8 MB" "$(verdict "$beyond <= 8")" \
        "{\"peak_rss\":$(all "$name" peak_rss),\"table\":$(all "$name" table)}"
done
