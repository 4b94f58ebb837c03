# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Option --watch, and what it stands on.

start_all() {
    start_ovs
    fake_vfs 0000:65:00 2
    set_ids offload-mode=own
    start_daemon
    synced
}

# Is one more than may wait for a change of state STATE refused?
is_full() {
    [[ $(ctl -T 1 event/wait "$1" 2>&1 || true) == *"64 are waiting"* ]]
}

# Has as many wait as may.
fill() {
    local i state
    state=$(json event/wait : .state)
    pids=()
    for ((i = 0; i < 64; i++)); do
        ctl event/wait "$state" >>"$T/answers" 2>&1 &
        pids+=($!)
    done
    eventually is_full "$state"
}

# Until all of them have their answer.  Somebody who asked whether it is full
# may have had the place of one.
all_gone() {
    local pid
    for pid in "${pids[@]}"; do
        wait "$pid" || true
    done
}

# Answers at once without a number or with an old one, else when there is
# something new.
test_event_wait() {
    local state pid pids
    start_all
    state=$(json event/wait : .state)
    matches "$state" '^[0-9]{13}$'
    is "$(json event/wait : .state)" "$state"
    is "$(json event/wait 1 : .state)" "$state"
    contains "$(fails 2 ctl event/wait x)" '"x"'
    contains "$(fails 2 ctl event/wait --flows x)" '"x"'
    contains "$(fails 2 ctl event/wait --flows 1 2)" "usage: event/wait"
    # News of flows have a number that is no smaller.
    test "$(json event/wait --flows : .state)" -ge "$state"
    test "$(json event/wait 1 --flows : .state)" -le \
        "$(json event/wait --flows 1 : .state)"
    contains "$(fails 2 ctl event/wait 1 2)" "usage: event/wait"
    json event/wait "$state" : .state >"$T/answer" &
    pid=$!
    # Reading is no change.
    ctl port/list >/dev/null
    ctl status >/dev/null
    ctl event/list >/dev/null
    is "$(json event/wait : .state)" "$state"
    running "$pid"
    request 0000:65:00.1 iface-id=a_b
    wait "$pid"
    test "$(cat "$T/answer")" -gt "$state"

    # As many as may wait, none of whom is forgotten; one more is refused.
    fill
    request 0000:65:00.2 iface-id=c_d
    all_gone
    synced

    # Those who are there when the daemon ends are told so.
    fill
    pid=$(pid_of "$TARGET")
    ctl exit
    wait_gone "$pid"
    all_gone
    test "$(grep -c "going away" "$T/answers")" -gt 32
}

n_in_watch() {
    test "$(grep -c "$1" "$T/watch")" -ge "$2"
}

# A block for each change, and none without.
test_blocks() {
    local pid first reader status
    start_all
    first=$(json event/wait : .state)
    "$CLIENT" -t "$T/$TARGET.ctl" port list --watch >"$T/watch" \
        2>"$T/watch.stderr" &
    pid=$!
    eventually n_in_watch REPRESENTOR 1
    request 0000:65:00.1 iface-id=ns_first
    eventually n_in_watch ns_first 1
    request 0000:65:00.2 iface-id=ns_second
    eventually n_in_watch ns_second 1
    contains "$(tail -n3 "$T/watch")" ns_first
    # No more blocks than there were changes.
    synced
    test "$(grep -c REPRESENTOR "$T/watch")" -le \
        $(($(json event/wait : .state) - first + 1))
    [[ $(cat "$T/watch") != *$'\033'* ]]

    # It goes on with the next daemon, and with one after a crash.
    stop_daemon
    eventually grep -qE "going away|no answer" "$T/watch.stderr"
    : >"$T/watch"
    start_daemon
    eventually n_in_watch ns_second 1
    kill_daemon
    : >"$T/watch"
    start_daemon
    eventually n_in_watch ns_second 1
    kill "$pid"
    wait "$pid" || true

    # Its reader is gone, which it sees without a change...
    mkfifo "$T/pipe"
    "$CLIENT" -t "$T/$TARGET.ctl" -w port list >"$T/pipe" &
    pid=$!
    head -n1 <"$T/pipe" >/dev/null
    status=0
    wait "$pid" || status=$?
    is "$status" 4
    # ...and without a daemon.
    "$CLIENT" -t "$T/$TARGET.ctl" -w port list >"$T/pipe" \
        2>"$T/watch.stderr" &
    pid=$!
    cat "$T/pipe" >"$T/watch" &
    reader=$!
    eventually n_in_watch REPRESENTOR 1
    stop_daemon
    eventually grep -qE "going away|no answer" "$T/watch.stderr"
    kill "$reader"
    wait "$reader" || true
    status=0
    wait "$pid" || status=$?
    is "$status" 4
}

# Each event once, as "event list" has them.
test_events() {
    local pid
    start_all
    "$CLIENT" -t "$T/$TARGET.ctl" -w event list -o csv >"$T/watch" &
    pid=$!
    eventually n_in_watch "source link" 1
    request 0000:65:00.1 iface-id=ns_first
    eventually n_in_watch "0000:65:00.1,state" 2
    request 0000:65:00.2 iface-id=ns_second
    eventually n_in_watch "0000:65:00.2,state" 2
    # shellcheck disable=SC2317  # By "eventually".
    is_all() {
        client event list -o csv >"$T/all"
        cmp -s "$T/all" "$T/watch"
    }
    eventually is_all
    kill "$pid"
    wait "$pid" || true
}

# Each line is JSON, each document YAML, without anything between them.
test_streams() {
    local pid pids=() form
    start_all
    for form in json yaml; do
        client -w -o "$form" port list >"$T/watch.$form" &
        pids+=($!)
    done
    client -w -o json flow report >"$T/watch.report" &
    pids+=($!)
    eventually grep -q '"rows"\|interfaces' "$T/watch.report"
    eventually grep -q no-representor "$T/watch.json"
    eventually grep -q no-representor "$T/watch.yaml"
    request 0000:65:00.1 iface-id=ns_first
    eventually grep -q ns_first "$T/watch.json"
    eventually grep -q ns_first "$T/watch.yaml"
    add_pod_row p0 ns pod
    eventually grep -q '"pod":"pod"' "$T/watch.report"
    for pid in "${pids[@]}"; do
        kill "$pid"
        wait "$pid" || true
    done
    python3 - "$T/watch.json" "$T/watch.report" <<'END'
import json, sys
for name in sys.argv[1:]:
    text = open(name).read()
    # The last one may have been cut short.
    for line in text[:text.rindex("\n")].split("\n"):
        json.loads(line)
END
    is "$(head -n1 "$T/watch.yaml")" "---"
    test "$(grep -c '^---$' "$T/watch.yaml")" -ge 2
    is "$(grep -c '^$' "$T/watch.yaml")" 0
}

# On a terminal it fits, whatever becomes of that, and Ctrl-C ends it.
test_resize() {
    start_all
    python3 - "$WAIT" "$CLIENT" -t "$T/$TARGET.ctl" -w port list <<'END'
import fcntl, os, pty, select, signal, struct, sys, termios, time

def resize(fd, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))

def await_text(fd, text):
    seen = b""
    end = time.monotonic() + float(sys.argv[1])
    while text not in seen:
        if not select.select([fd], [], [], end - time.monotonic())[0]:
            sys.exit("no %r in %r" % (text, seen))
        seen += os.read(fd, 65536)

# A size before the program can ask for it.
master, slave = pty.openpty()
resize(master, 200)
pid = os.fork()
if not pid:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)
    os.environ["TERM"] = "xterm"
    os.environ.pop("COLUMNS", None)
    os.execv(sys.argv[2], sys.argv[2:])
os.close(slave)
await_text(master, b"0000:65:00.2")
resize(master, 60)
await_text(master, b"(no room for")
os.write(master, b"\x03")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT
END
}

# Who is refused to wait does not ask again at once.
test_refused() {
    local pid pids n start
    start_all
    fill
    start=$SECONDS
    client -w port list >"$T/watch" 2>"$T/watch.stderr" &
    pid=$!
    eventually grep -q "64 are waiting" "$T/watch.stderr"
    sleep 1
    # Once a second.
    n=$(wc -l <"$T/watch.stderr")
    test "$n" -le $((SECONDS - start + 2))
    request 0000:65:00.1 iface-id=a_b
    all_gone
    eventually n_in_watch a_b 1
    kill "$pid"
    wait "$pid" || true
}

test_terminal() {
    local pid
    command -v script >/dev/null || skip "there is no script (bsdutils)"
    start_all
    TERM=xterm script -qefc "$CLIENT -w -t $T/$TARGET.ctl topology" \
        /dev/null </dev/null >"$T/watch" &
    pid=$!
    eventually n_in_watch "VF 0000:65:00.2" 1
    contains "$(cat "$T/watch")" $'\033[2J'
    request 0000:65:00.1 iface-id=ns_first
    eventually n_in_watch "pod ns/first" 1
    kill "$pid"
    wait "$pid" || true
}

# Commands that fail go on, as that may change; those that cannot be watched
# are refused.
test_which() {
    local pid
    start_all
    client -w explain 0000:65:00.1 >"$T/watch" &
    pid=$!
    eventually n_in_watch FAIL 1
    request 0000:65:00.1 iface-id=ns_first
    eventually n_in_watch eswitch-mode 2
    kill "$pid"
    wait "$pid" || true
    client -w -o json port show ns_second >"$T/watch" 2>"$T/watch.stderr" &
    pid=$!
    eventually grep -q '"ns_second"' "$T/watch.stderr"
    request 0000:65:00.2 iface-id=ns_second
    eventually n_in_watch ns_second 1
    kill "$pid"
    wait "$pid" || true
    contains "$(fails 2 client -w recompute)" "show a state"
    contains "$(fails 2 client -w nosuch)" "--help lists"
    stop_daemon
    # Where no daemon can come.
    contains "$(fails 3 "$CLIENT" -t "$T/nosuch/x" -w status)" "no answer from"
}
