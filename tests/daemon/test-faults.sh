# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Faults that need no NIC, and idleness.

test_ovsdb_restart_data_kept() {
    start_ovs
    set_ids offload-mode=own offload-manage-ovs=false
    add_pod_row p0 ns pod
    start_daemon
    request vdpa0 iface-id=a_b
    synced
    save_db
    before=$(ctl port/list --format=json)
    stop_ovsdb
    wait_json status : '.ovsdb.connected | not'
    # It still answers, with what it last knew; a reason may say that it is.
    is "$(ctl port/list --format=json | jq -S 'del(.[].reason)')" \
        "$(jq -S 'del(.[].reason)' <<<"$before")"
    contains "$(fails 2 ctl port/attach x iface-id=a)" "no connection"
    start_ovsdb
    wait_json status : .ovsdb.synced
    synced
    is "$(ctl port/list --format=json)" "$before"
    json_is own status : .config.mode
    # ovs-vswitchd, connected anew, empties what it wrote and writes it again.
    eventually same_db
    assert_db_unchanged
    is "$(n_our_commits)" 0
}

test_ovsdb_restart_data_gone() {
    start_fresh_ovsdb
    set_ids offload-mode=observe offload-bridge=br-x
    request vdpa0 iface-id=a_b
    start_daemon
    json_is 1 port/list : length
    stop_ovsdb KILL
    wait_json status : '.ovsdb.connected | not'
    rm "$T/conf.db"
    start_ovsdb
    wait_json status : .ovsdb.synced
    wait_json port/list : 'length == 0'
    json_is br-int status : .config.bridge
    vsctl --no-wait init
    request vdpa1 iface-id=c_d
    synced
    json_is vdpa1 port/list : '.[0].request'
}

# Killed and back many times, so fast that connections are made in vain.
test_ovsdb_flaps() {
    local i
    start_fresh_ovsdb
    start_daemon
    for ((i = 0; i < 10; i++)); do
        stop_ovsdb KILL
        start_ovsdb
    done
    wait_json status : .ovsdb.synced
    synced
}

# A commit that is under way when the connection drops: whoever asked for it
# gets an answer in the end, and the request is there then.
test_ovsdb_stopped_in_commit() {
    local client
    start_fresh_ovsdb
    start_daemon
    kill -STOP "$(pid_of ovsdb-server)"
    ctl port/attach vdpa0 iface-id=a_b &
    client=$!
    wait_json status : .ovsdb.in_flight
    stop_ovsdb KILL
    start_ovsdb
    wait $client
    is "$(vsctl get Open_vSwitch . external_ids:offload-port-vdpa0)" \
        '"iface-id=a_b"'
}

test_exit_while_in_commit() {
    local client
    start_fresh_ovsdb
    start_daemon
    kill -STOP "$(pid_of ovsdb-server)"
    ctl port/attach vdpa0 iface-id=a_b 2>/dev/null &
    client=$!
    wait_json status : .ovsdb.in_flight
    stop_daemon
    wait $client || true
    kill -CONT "$(pid_of ovsdb-server)"
}

# Whoever waits for the cleanup is not left waiting when the server goes.
test_cleanup_while_ovsdb_stops() {
    local client pid
    start_ovs
    set_ids offload-mode=assist
    add_our_row rep0 a_b
    start_daemon
    synced
    pid=$(pid_of "$TARGET")
    kill -STOP "$(pid_of ovsdb-server)"
    ctl exit --cleanup 2>/dev/null &
    client=$!
    wait_json status : .ovsdb.in_flight
    stop_ovsdb KILL
    wait_gone "$pid"
    wait $client || true
    check_daemon
}

test_vswitchd_restart() {
    local signal
    start_ovs
    add_pod_row p0 ns pod
    set_ids offload-mode=own offload-manage-ovs=false
    start_daemon
    synced
    vsctl wait-until Interface p0 'ofport>0'
    save_db
    for signal in TERM KILL; do
        stop_vswitchd $signal
        synced
        # Nothing that we are asked for needs it.
        json_is 0 port/list : length
        json_is complete flow/report : .state
        start_vswitchd
        vsctl wait-until Interface p0 'ofport>0'
        synced
    done
    assert_db_unchanged
    is "$(n_our_commits)" 0
}

test_bridge_recreated() {
    start_ovs
    set_ids offload-mode=own offload-manage-ovs=false
    start_daemon
    json_is true status : .config.bridge_exists
    vsctl del-br br-int
    wait_json status : '.config.bridge_exists | not'
    vsctl add-br br-int
    wait_json status : .config.bridge_exists
    is "$(n_our_commits)" 0
}

test_sigkill_and_restart() {
    local i
    start_fresh_ovsdb
    vsctl --no-wait add-br br-int
    add_pod_row p0 ns pod
    set_ids offload-mode=assist
    add_our_row rep0 a_b
    request vdpa0 iface-id=c_d
    cp "$T/conf.db" "$T/before"
    for ((i = 0; i < 5; i++)); do
        start_daemon
        ctl recompute
        kill_daemon
    done
    start_daemon
    recomputed
    json_is 0 status : .ovsdb.commits
    stop_daemon
    cmp "$T/before" "$T/conf.db"
}

# Killed right after it was started, at different moments.
test_sigkill_early() {
    local i
    start_fresh_ovsdb
    request vdpa0 iface-id=c_d
    cp "$T/conf.db" "$T/before"
    mkdir -p "$SYSFS"
    for ((i = 1; i <= 20; i++)); do
        timeout -s KILL "$(printf '.%03d' $((i * 5)))" "$DAEMON" \
            -vconsole:off "$DB" --sysfs-root="$SYSFS" \
            --unixctl="$T/x.ctl" || true
    done
    start_daemon
    stop_daemon
    cmp "$T/before" "$T/conf.db"
}

# A database that is no Open_vSwitch.
test_wrong_database() {
    echo '{"name": "Other", "version": "1.0.0", "tables": {"T": {"columns":
        {"c": {"type": "string"}}}}}' >"$T/other.schema"
    ovsdb-tool create "$T/conf.db" "$T/other.schema"
    start_ovsdb
    start_daemon
    json_is false status : .ovsdb.synced
    contains "$(fails 2 ctl port/attach x iface-id=a)" "no connection"
    # Nothing is tried again and again.
    test "$(wc -l <"$T/$TARGET.log")" -lt 60
}

# Links that come and go are none of ours.
test_links_come_and_go() {
    local i
    start_ovs
    set_ids offload-mode=own offload-manage-ovs=false
    start_daemon
    synced
    save_db
    for ((i = 0; i < 50; i++)); do
        ip link add "d$i" type dummy 2>/dev/null ||
            ip link add "d$i" type veth peer name "e$i" ||
            skip "no kind of link can be made here"
    done
    for ((i = 0; i < 50; i++)); do
        ip link set "d$i" name "x$i"
        ip link set "x$i" up
        ip link del "x$i"
    done
    recomputed
    json_is 0 port/list : length
    assert_db_unchanged
}

# Another writer that never rests, on keys that are not ours.
test_busy_writer() {
    local i
    start_ovs
    start_daemon
    for ((i = 0; i < 100; i++)); do
        set_ids busy=$i
    done &
    for ((i = 0; i < 10; i++)); do
        ctl port/attach "dev$i" "iface-id=i$i"
    done
    wait $!
    json_is 10 port/list : length
    is "$(vsctl get Open_vSwitch . external_ids:busy)" '"99"'
}

switches() {
    sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$1/status"
}

# Without events it does not run at all.
test_idle() {
    local pid before
    start_fresh_ovsdb
    vsctl --no-wait add-br br-int
    set_ids offload-mode=own
    fake_vfs 0000:65:00 4
    request 0000:65:00.1 iface-id=a_b
    request nosuch iface-id=c_d
    start_daemon
    synced
    recomputed
    pid=$(pid_of "$TARGET")
    # OVS itself looks at its memory and counters for the first seconds.
    sleep 12
    before=$(switches "$pid")
    sleep 20
    is "$(switches "$pid")" "$before" "voluntary context switches"
}
