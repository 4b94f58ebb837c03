# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Command line, life and log of the daemon.

test_help() {
    local out option
    out=$("$DAEMON" --help)
    for option in -u --unixctl -h --help -V --version -v --verbose \
                  --log-file --syslog-target --detach --monitor --pidfile \
                  --overwrite-pidfile --no-chdir --user "unix:$T/db.sock"; do
        contains "$out" "$option"
    done
    is "$("$DAEMON" -h)" "$out"
}

test_version() {
    local version
    version=$(sed -n 's/^AC_INIT(\[[^]]*\], \[\([^]]*\)\].*/\1/p' \
        "$SRCDIR/configure.ac")
    matches "$("$DAEMON" --version | head -n1)" \
        "^ovs-offload-controller .*$version$"
    is "$("$DAEMON" -V)" "$("$DAEMON" --version)"
    start_fresh_ovsdb
    start_daemon
    contains "$(ctl version)" "$version"
    json_is "$version" status : .version
}

test_bad_arguments() {
    contains "$(fails 1 "$DAEMON" a b)" "at most one"
    contains "$(fails 1 "$DAEMON" nosuch:thing)" nosuch:thing
    contains "$(fails 1 "$DAEMON" "$T/db.sock")" "$T/db.sock"
    contains "$(fails 1 "$DAEMON" --bogus)" bogus
    fails 1 "$DAEMON" -u
    fails 1 "$DAEMON" -vbogus:bogus
    # A sysfs that is not there, before it goes into the background.
    start_fresh_ovsdb
    contains "$(fails 1 "$DAEMON" --sysfs-root=/nonexistent --detach \
        --no-chdir --pidfile="$T/x.pid" --log-file="$T/x.log")" /nonexistent
    # A control socket that cannot be made.
    fails 1 "$DAEMON" --unixctl=/nonexistent/ctl --detach --no-chdir \
        --pidfile="$T/x.pid" --log-file="$T/x.log"
    test ! -e "$T/x.pid"
}

# All by default: database, control socket and pidfile are in OVS_RUNDIR.
test_defaults() {
    local pid
    start_fresh_ovsdb
    "$DAEMON" -vconsole:off --detach --pidfile --log-file
    pid=$(pid_of "$TARGET")
    test -S "$T/$TARGET.$pid.ctl"
    is "$(ovs-appctl -t "$TARGET" status --format=json |
        jq -r .ovsdb.remote)" "unix:$T/db.sock"
    ovs-appctl -t "$TARGET" exit
    wait_gone "$pid"
    test ! -e "$T/$TARGET.$pid.ctl"
    test ! -e "$T/$TARGET.pid"
    check_daemon
}

test_second_instance_refused() {
    start_fresh_ovsdb
    start_daemon
    contains "$(fails 1 "$DAEMON" "$DB" --detach --no-chdir \
        --pidfile="$T/$TARGET.pid" --unixctl="$T/x.ctl" -vsyslog:off)" \
        "already running"
    ctl status >/dev/null
}

# make_cert NAME [AUTHORITY]: a key and a certificate, signed by AUTHORITY or, for
# one that is to sign others, by itself
make_cert() {
    local by=()
    test -z "${2-}" || by=(-CA "$T/$2.pem" -CAkey "$T/$2.key")
    openssl req -x509 -batch -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -nodes -subj "/CN=$1" -days 2 "${by[@]}" \
        -keyout "$T/$1.key" -out "$T/$1.pem" 2>"$T/openssl.log"
}

# start_ssl KEY AUTHORITY: the daemon as KEY, which trusts those of AUTHORITY
start_ssl() {
    DB=ssl:127.0.0.1:6640 start_daemon --private-key="$T/$1.key" \
        --certificate="$T/$1.pem" --ca-cert="$T/$2.pem"
}

told() { test "$(n_in_log "$1")" -gt 0; }

# A database by ssl:, which takes none but who shows a key that its authority
# has signed, and has to show one, too.
test_ssl() {
    "$DAEMON" --help | grep -q -e --private-key ||
        skip "libopenvswitch was built without SSL"
    make_cert ca
    make_cert server ca
    make_cert client ca
    make_cert other-ca
    make_cert stranger other-ca
    start_fresh_ovsdb --remote=pssl:6640:127.0.0.1 \
        --private-key="$T/server.key" --certificate="$T/server.pem" \
        --ca-cert="$T/ca.pem"
    start_ssl client ca
    wait_json status : .ovsdb.synced
    json_is ssl:127.0.0.1:6640 status : .ovsdb.remote
    synced
    stop_daemon

    # The server is not who is trusted; the server does not trust us.
    expect_log 'stream_ssl\|'
    start_ssl client other-ca
    eventually told 'certificate verify failed'
    json_is false status : .ovsdb.connected
    stop_daemon
    start_ssl stranger ca
    eventually told 'alert unknown ca'
    json_is false status : .ovsdb.connected
    stop_daemon
}

# Whoever starts it is not kept waiting by a database that is down.
test_database_down_at_start() {
    start_daemon
    json_is false status : .ovsdb.connected
    json_is '[]' port/list : 'tostring'
    contains "$(fails 2 ctl port/attach x iface-id=a)" "no connection"
    contains "$(fails 2 ctl port/detach x)" "no connection"
    contains "$(fails 2 ctl exit --cleanup)" "no connection"
    start_fresh_ovsdb
    wait_json status : .ovsdb.synced
    synced
}

test_exit() {
    local pid
    start_fresh_ovsdb
    start_daemon
    pid=$(pid_of "$TARGET")
    contains "$(fails 2 ctl exit foo)" "foo"
    contains "$(fails 2 ctl exit --clean)" "usage: exit [--cleanup]"
    contains "$(fails 2 ctl exit "")" "usage: exit [--cleanup]"
    contains "$(fails 2 ctl exit --cleanup x)" "usage: exit [--cleanup]"
    running "$pid"
    json_is own status : .config.mode
    stop_daemon
    test ! -e "$T/$TARGET.pid"
    test ! -e "$T/$TARGET.ctl"
}

test_signals() {
    local pid signal
    start_fresh_ovsdb
    for signal in TERM INT HUP; do
        start_daemon
        pid=$(pid_of "$TARGET")
        kill -$signal "$pid"
        wait_gone "$pid"
        test ! -e "$T/$TARGET.pid"
        test ! -e "$T/$TARGET.ctl"
        check_daemon
    done
}

test_monitor() {
    local first
    ulimit -c 0
    start_fresh_ovsdb
    start_daemon --monitor
    first=$(pid_of "$TARGET")
    kill -ABRT "$first"
    eventually new_pid "$first"
    eventually ctl status
    synced
    expect_log 'crashes: pid .* died, killed \(Aborted\)'
}

new_pid() {
    local pid
    pid=$(pid_of "$TARGET")
    test -n "$pid" && test "$pid" != "$1" && running "$pid"
}

test_log() {
    start_fresh_ovsdb
    start_daemon
    contains "$(ctl vlog/list)" ovs_view
    matches "$(fails 2 ctl vlog/set nosuchmodule:dbg)" nosuchmodule
    ctl vlog/set file:dbg
    mv "$T/$TARGET.log" "$T/rotated.log"
    synced
    test ! -e "$T/$TARGET.log"
    ctl vlog/reopen
    synced
    test -s "$T/$TARGET.log"
    test "$(n_in_log '\|DBG\|')" -gt 0
    ctl vlog/set file:info
    stop_daemon
}

counted() {
    ctl coverage/show | grep -q "^$1 .* total: [1-9]"
}

test_generic_commands() {
    local command out
    start_fresh_ovsdb
    start_daemon
    out=$(ctl list-commands)
    for command in status port/list port/show port/attach port/detach \
                   vdpa/list vdpa/show vdpa/add vdpa/set vdpa/del vdpa/bind \
                   vdpa/unbind vdpa/mgmtdev-list flow/report event/list \
                   recompute exit version list-commands vlog/set vlog/list \
                   vlog/reopen memory/show coverage/show; do
        matches "$out" $'\n'"  $command " "list-commands"
    done
    contains "$(ctl memory/show)" links:
    # Counters are collected once a second.
    eventually counted reconcile_round
    contains "$(fails 2 ctl nosuch)" "not a valid command"
}
