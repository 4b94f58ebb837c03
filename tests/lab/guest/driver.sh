# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What "run" runs in the guest: takes tests from a queue that it may share with
# other guests, runs each in a bash of its own, prints PASS or FAIL, and puts
# the guest back into the state after boot in between.
#
# The share "queue" has, for each test that nobody took yet, a file NAME in
# $LAB_QUEUE, whose contents are
#     FILE SECS
# A guest takes a test by renaming that file to taken-$LAB_GUEST/NAME.  The
# test's output directory is out/NAME, the line printed is also its "verdict".
#
# Exits with 0 when there are no more tests, 3 if a fresh guest must take the
# rest.
. "$LAB/guest/lib.sh"

queue=/run/lab-queue
mkdir -p $queue
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none queue \
    $queue || exit 1
taken=$queue/taken-$LAB_GUEST
mkdir -p "$taken"

# --- between tests -----------------------------------------------------------

daemons_stop() {
    local name
    if pid_of ovs-vswitchd >/dev/null; then
        ovs-appctl -T 5 dpctl/flush-conntrack
        ovs-appctl -T 5 exit --cleanup
    fi
    for name in ovs-offload-controller ovsdb-server; do
        [ -z "$(pid_of $name)" ] || ovs-appctl -T 5 -t $name exit
    done
    for name in ovs-vswitchd ovs-offload-controller ovsdb-server; do
        wait_for 5 not pid_of $name
    done
}

# processes_kill: all but init, this shell and kernel threads
processes_kill() {
    local pid cmdline
    for pid in /proc/[0-9]*; do
        pid=${pid#/proc/}
        case $pid in 1 | "$$" | "$PPID") continue ;; esac
        # A kernel thread has no command line.
        { IFS= read -r -d '' cmdline <"/proc/$pid/cmdline"; } 2>/dev/null
        [ -z "$cmdline" ] || kill -KILL "$pid"
    done
}

# modules_remove: again and again, as some are used by others
modules_remove() {
    local module rest before=
    while :; do
        rest=$(cut -d' ' -f1 /proc/modules)
        [ "$rest" != "$before" ] || break
        before=$rest
        for module in $rest; do
            timeout 30 rmmod "$module"
        done
    done
}

netdevs_left() {
    local d
    for d in /sys/class/net/*; do
        [ -e "$d/ifindex" ] && [ "${d##*/}" != lo ] && echo "${d##*/}"
    done
}

# Where the daemon keeps what survives it, unless it is told another place.
state_dir=$(ovs-offload-controller --help 2>/dev/null |
    sed -n 's|.*(default: \(/.*/ovs-offload\)).*|\1|p')

# reset: back to the state after boot
reset() {
    local dp d
    daemons_stop
    processes_kill
    for dp in $(ovs-dpctl dump-dps); do
        ovs-dpctl del-dp "$dp"
    done
    ip -all netns del
    modules_remove
    for d in $(netdevs_left); do
        ip link del "$d"
    done
    # What vmrun keeps of the host's /tmp is mounted there.
    find /tmp /run/openvswitch -xdev -mindepth 1 -delete 2>/dev/null
    [ -z "$state_dir" ] || rm -rf "$state_dir"
    [ -z "$(netdevs_left)" ] && [ "$(wc -l </proc/modules)" = 0 ]
}

# leaks: prints what the debug kernel finds to be leaked, or why it cannot look;
# fails if nothing is
leaks() {
    local kmemleak=/sys/kernel/debug/kmemleak rc
    [ -e $kmemleak ] || return 1
    # What is younger than 5 s is never taken for lost, and what is seen as
    # lost for the first time may just be on its way.
    sleep 6
    # It switches itself off when it runs out of memory.
    if ! { echo scan >$kmemleak && echo scan >$kmemleak; }; then
        echo "kmemleak does not work"
        return 0
    fi
    grep . $kmemleak
    rc=$?
    # Each is reported once.
    echo clear >$kmemleak
    return $rc
}

# --- one test ----------------------------------------------------------------

# verdict OUT STATUS SECS: prints why the test failed, nothing if it passed
verdict() {
    local why
    why=$(grep '^FAIL ' "$1/output" | tail -n 1)
    if [ "$2" = 124 ] || [ "$2" = 137 ]; then
        echo "no end after $3 s"
    elif [ -n "$why" ]; then
        echo "${why#FAIL }"
    elif [ "$2" != 0 ]; then
        echo "exit status $2"
    elif complaints >>"$1/output"; then
        echo "kernel complaint"
    elif leaks >>"$1/output"; then
        echo "memory leak in the kernel"
    fi
}

# run_test OUT FILE SECS: runs it with OUT as LAB_OUT and prints the verdict.
# Fails if the guest is not as good as new afterwards.
run_test() {
    local out=$1 file=$2 secs=$3
    local now started took status=0 why clean=1
    mkdir -p "$out"
    centiseconds
    started=$now
    LAB_OUT=$out timeout -k 5 "$secs" setsid -w bash "$LAB/$file" \
        </dev/null >"$out/output" 2>&1 || status=$?
    centiseconds
    took=$(((now - started) / 100)).$(((now - started) % 100 / 10))
    reset >"$out/reset" 2>&1 || clean=
    dmesg >"$out/dmesg"
    why=$(verdict "$out" $status "$secs")
    if [ -z "$why" ]; then
        why="PASS ${file%.sh} ($took s)"
    else
        why="FAIL ${file%.sh}: $why"
    fi
    echo "$why" | tee "$out/verdict"
    dmesg -C
    [ -n "$clean" ]
}

# --- all tests ---------------------------------------------------------------

dmesg -C
for entry in "$queue/$LAB_QUEUE"/*; do
    [ -e "$entry" ] || continue
    read -r file secs <"$entry" || continue
    mv "$entry" "$taken/" 2>/dev/null || continue
    run_test "$queue/out/${entry##*/}" "$file" "$secs" || exit 3
done
exit 0
