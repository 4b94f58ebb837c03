# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Long work in the foreground with its output in a log, and locks.

die() {
    echo "dev: $*" >&2
    exit 1
}

say() {
    echo "dev: $*"
}

# Work that was started and not waited for, by a name that the caller chose:
# its supervisor, the descriptor that tells how it ended, its title and log.
declare -A job_pid=() job_fd=() job_title=() job_log=() job_start=()
job_took=0                              # Seconds that the last one took.

jobs_kill() {
    local pid
    for pid in "${job_pid[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
}
trap jobs_kill EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# supervise LOG COMMAND...: runs the command with its output in LOG, prints its
# exit status and how many seconds it took; on SIGTERM ends it and what it
# started.
supervise() {
    local log=$1 rc=0 start=$SECONDS
    shift
    [ -z "$lock_fd" ] || exec {lock_fd}>&-
    set -m
    ( trap - EXIT INT TERM HUP
      job_pid=()
      set -e
      "$@" ) >"$log" 2>&1 </dev/null &
    trap 'kill -- -$! 2>/dev/null' TERM INT HUP
    trap - EXIT
    wait $! || rc=$?
    echo "$rc $((SECONDS - start))"
}

# job_begin NAME TITLE LOG COMMAND...: the command may be a function.
job_begin() {
    local name=$1 fd
    job_title[$name]=$2
    job_log[$name]=$3
    job_start[$name]=$SECONDS
    shift 3
    mkdir -p "$(dirname "${job_log[$name]}")"
    exec {fd}< <(supervise "${job_log[$name]}" "$@")
    job_pid[$name]=$!
    job_fd[$name]=$fd
    [ -t 1 ] || say "${job_title[$name]} ... (log: ${job_log[$name]})"
}

# job_end NAME: waits for it, shows that time passes, returns its exit status
# and sets 'job_took'.
job_end() {
    local name=$1 every=30 rc=143 fd=${job_fd[$1]} status part line=
    local title=${job_title[$name]} log=${job_log[$name]}
    [ ! -t 1 ] || every=1
    while :; do
        status=0
        # What came just before a time-out is only a part of the line.
        IFS= read -r -t "$every" -u "$fd" part || status=$?
        line+=$part
        job_took=$((SECONDS - job_start[$name]))
        case $status in
        0) read -r rc job_took <<<"$line"
           break ;;
        1) break ;;             # The supervisor died.
        esac
        if [ -t 1 ]; then
            printf '\r\033[Kdev: %s ... %d s (log: %s)' \
                "$title" "$job_took" "$log"
        else
            say "$title ... $job_took s"
        fi
    done
    exec {fd}<&-
    unset "job_pid[$name]" "job_fd[$name]"
    [ ! -t 1 ] || printf '\r\033[K'
    if [ "$rc" = 0 ]; then
        say "$title: $job_took s"
    else
        say "$title: FAILED after $job_took s (log: $log)"
    fi
    return "$rc"
}

# step TITLE LOG COMMAND...: all of that.
step() {
    job_begin step "$@"
    job_end step
}

step_or_die() {
    step "$@" || {
        tail -n 20 "$2" | cut -c 1-200 >&2
        die "$1 failed; the whole log is $2"
    }
}

lock_fd=                                # Of with_lock, while it is held.

# with_lock FILE FUNCTION ARG...: no two at once, and not within another.  The
# function must not count on errexit, so what may fail belongs in a step.
with_lock() {
    local file=$1 rc=0
    shift
    mkdir -p "$(dirname "$file")"
    exec {lock_fd}>"$file"
    flock -n "$lock_fd" || {
        say "waiting for another one to release $file"
        flock "$lock_fd"
    }
    "$@" || rc=$?
    exec {lock_fd}>&-
    lock_fd=
    return "$rc"
}
