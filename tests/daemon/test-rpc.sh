# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# GetSocketpath by gRPC (offload-vdpa-socket), with clients of gRPC and with
# such as are none.

VDPA=$T/vdpa
SOCKET=$VDPA/vdpa.sock
VF=0000:82:00.2

# As the application and the README of its deployment have them.
socket_list() {
    cat <<'END'
[{"pciAddress":"0000:82:00.2","socketpath":"/var/run/vdpa/vhost/vdpa-0"},
 {"pciAddress":"0000:82:00.3","socketpath":"/var/run/vdpa/vhost/vdpa-1"}]
END
}

client() {
    "$SRCDIR/tests/rpc/client.py" "$SOCKET" "$@" 2>>"$T/client.stderr"
}

raw() {
    "$SRCDIR/tests/rpc/raw.py" "$SOCKET" "$@"
}

# paths ADDRESS...: what the server says of each, in brackets.
paths() {
    client ask "$@" | sed 's/.*/[&]/' | tr -d '\n'
}

# Does it say PATHS?  path_is PATHS ADDRESS...
path_is() {
    test "$(paths "${@:2}")" = "$1"
}

# start_rpc [COMMAND]: COMMAND tells what is in socketList.dat at the start.
start_rpc() {
    /usr/bin/python3 -c 'import grpc' 2>/dev/null ||
        skip "python3-grpcio is not installed"
    mkdir "$VDPA"
    start_fresh_ovsdb
    set_ids "offload-vdpa-socket=$SOCKET"
    test $# = 0 || "$1" >"$VDPA/socketList.dat"
    start_daemon
    wait_listening
}

wait_listening() {
    wait_json status : '.vdpa_rpc.state == "listening"'
}

# wait_error PART: until the server is off with a message that has PART in it.
wait_error() {
    wait_json status : ".vdpa_rpc | .state == \"error\" and
        (.error | contains(\"$1\"))"
}

# What "status" says of a list, 0 for socketList.dat, 1 for pciList.dat:
# file_is N "ADDRESSES WITH-SOCKET ERROR"
file_is() {
    json_is "$2" status : ".vdpa_rpc.files[$1] |
        \"\(.addresses) \(.with_socket) \(.error)\""
}

# Until that has PART in it: wait_file N PART
wait_file() {
    wait_json status : ".vdpa_rpc.files[$1] |
        \"\(.addresses) \(.with_socket) \(.error)\" | contains(\"$2\")"
}

test_calls() {
    start_rpc socket_list
    is "$(stat -c '%a %F' "$SOCKET")" "660 socket"
    is "$(paths $VF 0000:82:00.3)" \
        "[/var/run/vdpa/vhost/vdpa-0][/var/run/vdpa/vhost/vdpa-1]"
    # Unknown, no address, none at all: OK, and an empty path.
    is "$(paths 0000:87:00.5 xyz "")" "[][][]"
    json_is "5 3 0" status : '.vdpa_rpc | "\(.calls) \(.empty) \(.errors)"'

    is "$(client raw 0a0c303030303a38323a30302e32)" \
        "0 /var/run/vdpa/vhost/vdpa-0"
    is "$(client raw "")" "0 "
    is "$(client raw 0a01)" 13
    is "$(client raw "$(printf '0a00%.0s' {1..600})")" 8
    is "$(client method /vdpadpdk.VdpaDpdk/SetSocketpath)" 12
    is "$(client method /x)" 12
    is "$(client compressed $VF)" 12
    is "$(client metadata 1000)" 0
    is "$(client metadata 9000)" 8
    json_is "8 6" status : '.vdpa_rpc | "\(.calls) \(.errors)"'
    wait_json status : '.vdpa_rpc | .connected == 0 and .connections > 0'
    json_is "0 0" status : '.vdpa_rpc | "\(.refused) \(.broken)"'
}

# With the library that the CNI plugins have.  Go need not be there.
test_go_client() {
    local src=/usr/share/gocode/src/google.golang.org/grpc status=0
    if ! command -v go >/dev/null || test ! -d $src; then
        skip "golang-go and golang-google-grpc-dev are not installed"
    fi
    start_rpc socket_list
    GO111MODULE=off GOPATH=/usr/share/gocode \
        GOCACHE=${XDG_CACHE_HOME:-${HOME:-$T}/.cache}/ovs-offload/go \
        timeout 120 go build -o "$T/client" \
        "$SRCDIR/tests/rpc/client.go" || status=$?
    test $status != 124 || skip "go did not build the client in time"
    is $status 0 "go build"
    is "$("$T/client" "$SOCKET" $VF 0000:87:00.5 0000:82:00.3 | tr '\n' ,)" \
        "/var/run/vdpa/vhost/vdpa-0,,/var/run/vdpa/vhost/vdpa-1,"
}

test_load() {
    local calls=10000
    # Under valgrind all takes long.
    test "$WAIT" -le 20 || calls=1000
    start_rpc socket_list
    is "$(client load 16 $calls $VF /var/run/vdpa/vhost/vdpa-0)" $calls
    json_is "$calls 0 16 0" status : '.vdpa_rpc |
        "\(.calls) \(.errors) \(.connections) \(.refused)"'
}

# Either file, in either shape; socketList.dat comes first.
test_files() {
    start_rpc
    file_is 0 "0 0 null"
    file_is 1 "0 0 null"
    is "$(paths $VF)" "[]"

    socket_list >"$VDPA/pciList.dat"
    eventually path_is "[/var/run/vdpa/vhost/vdpa-0]" $VF
    echo "[{\"pciAddress\":\"$VF\",\"socketpath\":\"/a\"}]" \
        >"$VDPA/socketList.dat"
    eventually path_is "[/a][/var/run/vdpa/vhost/vdpa-1]" $VF 0000:82:00.3
    file_is 0 "1 1 null"
    file_is 1 "2 2 null"

    # A list of addresses tells no path, and hides none.
    printf '%s\n' 0000:82:00.3 $VF >"$VDPA/socketList.dat"
    eventually path_is "[/var/run/vdpa/vhost/vdpa-0]" $VF
    file_is 0 "2 0 null"
    printf '%s\n' $VF >"$VDPA/pciList.dat"
    eventually path_is "[]" $VF

    # Renamed into place, away, and deleted.
    socket_list >"$VDPA/new"
    mv "$VDPA/new" "$VDPA/socketList.dat"
    eventually path_is "[/var/run/vdpa/vhost/vdpa-0]" $VF
    mv "$VDPA/socketList.dat" "$VDPA/old"
    eventually path_is "[]" $VF
    mv "$VDPA/old" "$VDPA/socketList.dat"
    eventually path_is "[/var/run/vdpa/vhost/vdpa-0]" $VF
    rm "$VDPA/socketList.dat"
    eventually path_is "[]" $VF
    file_is 0 "0 0 null"
    is "$(n_in_log 'socketList.dat: is gone')" 2
}

# What is no list changes nothing, and is told, and once.
test_bad_files() {
    start_rpc
    socket_list >"$VDPA/socketList.dat"
    wait_file 0 "2 2 null"

    socket_list | head -c 100 >"$VDPA/socketList.dat"
    wait_file 0 "2 2 "
    wait_json status : '.vdpa_rpc.files[0].error != null'
    is "$(paths $VF)" "[/var/run/vdpa/vhost/vdpa-0]"
    : >"$VDPA/socketList.dat"
    wait_file 0 "nothing in it"
    echo '[{"pciAddress":"x"}]' >"$VDPA/socketList.dat"
    wait_file 0 "2 2 entry 1: "
    echo 82:00.2 >"$VDPA/socketList.dat"
    wait_file 0 "2 2 line 1: "
    head -c 1100000 /dev/zero >"$VDPA/socketList.dat"
    wait_file 0 "2 2 has more than"
    rm "$VDPA/socketList.dat"
    wait_file 0 "0 0 null"
    mkfifo "$VDPA/socketList.dat"
    wait_file 0 "0 0 is no regular file"
    is "$(paths $VF)" "[]"
    # In one step: who is slow to see that the FIFO went does not find an empty
    # file instead.
    socket_list >"$T/socketList.dat"
    mv "$T/socketList.dat" "$VDPA/socketList.dat"
    wait_file 0 "2 2 null"
    is "$(n_in_log 'WARN.*socketList.dat: line 1: "82:00.2"')" 1
    is "$(n_in_log 'WARN.*nothing in it')" 1
    is "$(n_in_log 'WARN.*socketList.dat: has more than')" 1

    # Held open by the writer, it is not looked at before it is closed.
    exec 7>"$VDPA/pciList.dat"
    printf '[{"pciAddress":"%s",' 0000:83:00.1 >&7
    synced
    wait_file 1 "0 0 "
    printf '"socketpath":"/b"}]' >&7
    exec 7>&-
    wait_file 1 "1 1 null"
    is "$(paths 0000:83:00.1)" "[/b]"
    is "$(n_in_log 'WARN.*pciList.dat')" 0
}

test_stale_socket() {
    start_rpc
    kill_daemon
    test -S "$SOCKET"
    start_daemon
    wait_listening
    is "$(paths $VF)" "[]"
    is "$(n_in_log 'removed the socket that a server left')" 1
    stop_daemon
    test ! -e "$SOCKET"

    # Terminated by a signal, it takes it along, too.
    start_daemon
    wait_listening
    local pid
    pid=$(pid_of "$TARGET")
    kill "$pid"
    wait_gone "$pid"
    test ! -e "$SOCKET"
    start_daemon
}

# Of two on one socket the second waits until the first is gone.
test_second_instance() {
    start_rpc
    TARGET=second start_daemon
    TARGET=second wait_error "another server listens here"
    is "$(TARGET=second n_in_log 'WARN.*another server listens here')" 1
    test -S "$SOCKET"
    is "$(paths $VF)" "[]"
    wait_json status : '.vdpa_rpc.calls == 1'

    # It leaves in order, and that is seen; it is killed, and that is tried.
    stop_daemon
    TARGET=second wait_listening
    is "$(paths $VF)" "[]"
    start_daemon
    wait_error "another server listens here"
    TARGET=second kill_daemon
    wait_listening
    is "$(paths $VF)" "[]"
}

# Whoever removes our socket, or puts another one there.
test_removed_socket() {
    start_rpc
    rm "$SOCKET"
    eventually test -S "$SOCKET"
    wait_listening
    is "$(paths $VF)" "[]"
    rm "$SOCKET"
    mkdir "$SOCKET"
    wait_error "exists and is no socket"
    rmdir "$SOCKET"
    wait_listening
    is "$(paths $VF)" "[]"
    mv "$VDPA" "$VDPA.old"
    wait_error "cannot watch this directory"
    mkdir "$VDPA"
    wait_listening
    is "$(paths $VF)" "[]"
}

test_key_changes() {
    start_fresh_ovsdb
    start_daemon
    json_is "off null" status : '.vdpa_rpc | "\(.state) \(.socket)"'
    start_rpc_later() {
        set_ids "offload-vdpa-socket=$1"
        synced
    }

    # There is no such directory so far.
    start_rpc_later "$SOCKET"
    wait_error "cannot watch this directory"
    mkdir "$VDPA" "$T/other"
    wait_listening
    start_rpc_later "$T/other/s"
    wait_listening
    json_is "$T/other/s" status : .vdpa_rpc.socket
    test ! -e "$SOCKET"
    test -S "$T/other/s"

    # A bad value is refused, and the last good one stays.
    local bad
    for bad in relative/path / "$T/" "/$(printf 'x%.0s' {1..107})" \
               "$T/.." "$T/a\\tb"; do
        start_rpc_later "$bad"
        contains "$(status_of '.config.errors["offload-vdpa-socket"]')" \
            "is not the absolute path of a socket"
        json_is "$T/other/s" status : .config.vdpa_socket
        test -S "$T/other/s"
    done
    del_id offload-vdpa-socket
    wait_json status : '.vdpa_rpc.state == "off"'
    test ! -e "$T/other/s"
    json_is "{}" status : '.config.errors | tostring'
}

# A client that is connected when the server goes finds the next one.
test_restart() {
    start_rpc
    local job
    mkfifo "$T/ask"
    client hold $VF <"$T/ask" >"$T/told" &
    job=$!
    exec 7>"$T/ask"
    echo >&7
    eventually grep -c "" "$T/told"
    stop_daemon
    start_daemon 7>&-
    wait_listening
    echo >&7
    exec 7>&-
    wait "$job"
    is "$(grep -c "" "$T/told")" 2
}

test_garbage() {
    start_rpc
    raw garbage 1 20
    is "$(paths $VF)" "[]"
    wait_json status : '.vdpa_rpc | .broken > 0 and .connected == 0'
    running "$(pid_of "$TARGET")"
}

# Answers that nobody takes are not made.
test_flood() {
    local pid before after
    start_rpc
    pid=$(pid_of "$TARGET")
    is "$(paths $VF)" "[]"
    before=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
    raw flood &
    is "$(paths $VF)" "[]"
    wait $!
    after=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
    # In kB; what sanitizers and valgrind keep is some of it.
    test $((after - before)) -lt 65536 ||
        fail "memory went from $before to $after kB"
    is "$(paths $VF)" "[]"
}

test_slow_clients() {
    start_rpc
    raw slow &
    is "$(paths $VF)" "[]"
    wait $!
    wait_json status : '.vdpa_rpc | .timeouts == 3 and .errors == 3'
    is "$(paths $VF)" "[]"
}

test_many_clients() {
    start_rpc
    mkfifo "$T/end"
    raw many 80 <"$T/end" >"$T/many" &
    exec 7>"$T/end"
    eventually grep connected "$T/many"
    wait_json status : '.vdpa_rpc | .connected == 64 and
        .refused + .displaced == 16'
    # One more is served, in the place of one that is silent.
    is "$(paths $VF)" "[]"
    exec 7>&-
    wait $!
    wait_json status : '.vdpa_rpc.connected == 0'
}

# Without descriptors nobody is accepted, nor is the processor kept busy.
test_no_descriptors() {
    start_rpc
    without_descriptors client ask $VF >"$T/told"
    is "$(cat "$T/told")" ""
    wait_json status : '.vdpa_rpc | .accept_errors > 0 and .calls == 1'
    # Not more often than twice a second.
    json_true status : '.vdpa_rpc.accept_errors < 100'
}
