# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the daemon tells a service manager.

# A service manager that writes each line it is told to $T/told.
start_manager() {
    python3 - "$1" "$T/told" <<'END' &
import socket, sys
name, told = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(name.replace("@", "\0", 1))
with open(told, "a") as f:
    while True:
        f.write(s.recv(4096).decode() + "\n")
        f.flush()
END
    eventually test -e "$T/told"
}

told() {
    grep -qx "$1" "$T/told"
}

# told_often LINE N: at least N times
told_often() {
    test "$(grep -cx "$1" "$T/told")" -ge "$2"
}

test_notify_life() {
    start_manager "$T/notify"
    start_fresh_ovsdb
    NOTIFY_SOCKET=$T/notify start_daemon
    eventually told READY=1
    eventually told "STATUS=Kernel and database are known"
    stop_daemon
    eventually told STOPPING=1
    is "$(grep -c READY=1 "$T/told")" 1
    # No watchdog was asked for.
    fails 1 told WATCHDOG=1
}

# Ready, too, without a database, but not at once.
test_notify_no_database() {
    start_manager "@$T"
    NOTIFY_SOCKET=@$T start_daemon
    eventually told READY=1
    told "STATUS=Waiting for the database"
    start_fresh_ovsdb
    eventually told "STATUS=Kernel and database are known"
}

test_notify_watchdog() {
    start_manager "$T/notify"
    start_fresh_ovsdb
    NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=200000 start_daemon
    eventually told_often WATCHDOG=1 5
    stop_daemon
    eventually told STOPPING=1
}

# A watchdog of somebody else's, or none that makes sense, costs no wakeup.
test_notify_no_watchdog() {
    local env
    start_manager "$T/notify"
    start_fresh_ovsdb
    for env in WATCHDOG_USEC=0 WATCHDOG_USEC=x WATCHDOG_USEC=-5 \
               WATCHDOG_USEC=99999999999999999999 \
               "WATCHDOG_USEC=1000 WATCHDOG_PID=1" \
               "WATCHDOG_USEC=1000 WATCHDOG_PID=x"; do
        : >"$T/told"
        # shellcheck disable=SC2086,SC2163     # Words are meant.
        ( export NOTIFY_SOCKET="$T/notify" $env && start_daemon )
        eventually told READY=1
        ctl exit
        eventually told STOPPING=1
        fails 1 told WATCHDOG=1
        eventually test ! -e "$T/$TARGET.pid"
    done
    check_daemon
}

# Nobody listens, or the address is none: the daemon runs all the same.
test_notify_bad_socket() {
    local socket
    start_fresh_ovsdb
    for socket in "$T/nothing" relative @ \
                  "/$(printf '%0120d' 0)"; do
        NOTIFY_SOCKET=$socket WATCHDOG_USEC=100000 start_daemon
        contains "$(ctl version)" ovs-offload-controller
        ctl exit
        eventually test ! -e "$T/$TARGET.pid"
    done
    grep -q 'could not tell the service manager' "$T/$TARGET.log"
    grep -q 'NOTIFY_SOCKET is neither' "$T/$TARGET.log"
}
