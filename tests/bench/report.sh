# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# How benchmarks hand over their results, and the arithmetic.

# row NAME WHAT MEASURED PEER RATIO BAR VERDICT [DETAIL]: one row of the table.
# MEASURED and PEER are texts with a unit, "" if there is none; RATIO and BAR
# likewise; VERDICT is "ok", "over" or "-" for a row without bar; DETAIL is
# JSON.
row() {
    jq -nc --arg name "$1" --arg what "$2" --arg measured "$3" \
        --arg peer "$4" --arg ratio "$5" --arg bar "$6" --arg verdict "$7" \
        --argjson detail "${8:-null}" '$ARGS.named' >>"$ROWS"
}

# verdict CONDITION: of an arithmetic expression of bc's kind, as awk has it
verdict() {
    if awk "BEGIN { exit !($1) }"; then echo ok; else echo over; fi
}

# calc EXPRESSION [FORMAT]
calc() { awk "BEGIN { printf \"${2:-%.2f}\", $1 }"; }

# percentile P NUMBER...: the smallest number that P percent do not exceed
percentile() {
    local p=$1
    shift
    printf '%s\n' "$@" | sort -g |
        awk -v p="$p" '{ v[NR] = $1 }
                       END { i = p * NR / 100
                             i = i > int(i) ? int(i) + 1 : i
                             print v[i < 1 ? 1 : i] }'
}

# json_array NUMBER...
json_array() { printf '%s\n' "$@" | jq -sc .; }
