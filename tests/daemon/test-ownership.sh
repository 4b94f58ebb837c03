# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Which rows are written, and which never.

# In "auto" nothing is written before someone asks for something: not a byte,
# with no other program there.
test_fresh_node_no_writes() {
    start_fresh_ovsdb
    cp "$T/conf.db" "$T/before"
    start_daemon
    recomputed
    ctl flow/report >/dev/null
    json_is 0 status : .ovsdb.commits
    stop_daemon
    cmp "$T/before" "$T/conf.db"
}

# Not even "ovs-vsctl init" was run.
test_uninitialized_no_writes() {
    start_ovsdb
    cp "$T/conf.db" "$T/before"
    start_daemon
    json_is true status : .ovsdb.synced
    recomputed
    json_is own status : .config.mode
    contains "$(fails 2 ctl port/attach x iface-id=a)" "no row"
    stop_daemon
    cmp "$T/before" "$T/conf.db"
}

test_ovn_kubernetes_node_no_writes() {
    local i
    start_fresh_ovsdb
    set_ids ovn-remote=unix:/x ovn-encap-type=geneve ovn-encap-ip=1.2.3.4 \
        ovn-bridge-mappings=physnet:br-ex
    vsctl --no-wait add-br br-int -- add-br br-ex -- \
        add-port br-int ovn-k8s-mp0 -- \
        set Interface ovn-k8s-mp0 type=internal \
        external_ids:iface-id=k8s-node1 -- \
        add-port br-int ovn-1234-0 -- \
        set Interface ovn-1234-0 type=geneve options:remote_ip=1.2.3.5
    for i in 0 1 2 3; do
        add_pod_row pf0vf$i ns pod$i
    done
    fake_vfs 0000:65:00 4
    request 0000:65:00.1 iface-id=x_y
    cp "$T/conf.db" "$T/before"
    start_daemon
    json_is assist status : .config.mode
    recomputed
    ctl flow/report >/dev/null
    stop_daemon
    start_daemon
    recomputed
    stop_daemon --cleanup
    cmp "$T/before" "$T/conf.db"
}

# The same with ovs-vswitchd there, whose writes are its own.
test_no_writes_with_vswitchd() {
    start_ovs
    add_pod_row p0 ns pod
    start_daemon
    synced
    stop_daemon
    start_daemon
    recomputed
    json_is 0 status : .ovsdb.commits
    is "$(n_our_commits)" 0
}

# A row of ours whose representor is gone does not stay; foreign rows do.
test_stray_rows_go() {
    start_ovs
    vsctl --no-wait add-br br-other
    add_pod_row foreign ns pod
    save_db
    add_our_row rep0 a_b
    add_our_row rep1 c_d br-other
    set_ids offload-mode=own offload-manage-ovs=false
    save_db
    start_daemon
    vsctl wait-until Open_vSwitch . external_ids:system-id=test
    eventually no_rows_of_ours
    synced
    assert_db_unchanged
    is "$(n_our_commits)" 1
}

no_rows_of_ours() {
    test -z "$(vsctl --bare --columns=name find Port \
        external_ids:offload-owner="$TARGET")"
}

# In modes that own nothing, rows of ours stay as they are.
test_rows_stay_in_other_modes() {
    local mode
    start_ovs
    add_our_row rep0 a_b
    for mode in assist observe; do
        set_ids offload-mode=$mode
        before=$(vsctl list Port rep0 -- list Interface rep0)
        start_daemon
        synced
        recomputed
        stop_daemon
        is "$(vsctl list Port rep0 -- list Interface rep0)" "$before"
    done
    is "$(n_our_commits)" 0
}

test_exit_cleanup() {
    start_ovs
    set_ids offload-mode=assist
    add_pod_row foreign ns pod
    add_our_row rep0 a_b
    add_our_row rep1 c_d
    # One that ovn-kubernetes adopted.
    add_our_row adopted e_f
    set_db Interface adopted external_ids:sandbox=1 \
        external_ids:iface-id-ver=2
    start_daemon
    synced
    stop_daemon --cleanup
    is "$(vsctl list-ports br-int | sort | xargs)" "adopted foreign"
    # Nothing to clean is fine.
    start_daemon
    stop_daemon --cleanup
}

test_exit_keeps_rows() {
    start_ovs
    set_ids offload-mode=assist
    add_our_row rep0 a_b
    start_daemon
    synced
    stop_daemon
    is "$(vsctl list-ports br-int)" rep0
}

# Adopted, in any of the ways: our mark goes, all else stays.
test_adoption() {
    local key
    start_ovs
    for key in sandbox iface-id-ver ovn-plugged owner; do
        add_our_row rep-$key a_$key
        set_db Port rep-$key external_ids:theirs=1
        set_db Interface rep-$key external_ids:$key=x
    done
    set_ids offload-mode=own offload-manage-ovs=false
    start_daemon
    for key in sandbox iface-id-ver ovn-plugged owner; do
        vsctl wait-until Port rep-$key 'external_ids={theirs="1"}'
        is "$(vsctl get Interface rep-$key external_ids:$key)" x
        fails 1 vsctl get Interface rep-$key external_ids:offload-owner
        is "$(vsctl get Interface rep-$key external_ids:iface-id)" "a_$key"
    done
    stop_daemon --cleanup
    is "$(vsctl list-ports br-int | wc -l)" 4
}

# A bridge that does not exist; a row that looks like ours but is not.
test_no_bridge() {
    start_fresh_ovsdb
    set_ids offload-mode=own offload-manage-ovs=false offload-bridge=nosuch
    request vdpa0 iface-id=a_b
    start_daemon
    json_is false status : .config.bridge_exists
    json_is 0 status : .ovsdb.commits
}

test_foreign_mark_of_same_key() {
    start_ovs
    vsctl --no-wait add-port br-int p0 -- \
        set Port p0 external_ids:offload-owner=someone-else -- \
        set Interface p0 external_ids:offload-owner=ovs-offload
    set_ids offload-mode=own offload-manage-ovs=false
    start_daemon
    synced
    recomputed
    stop_daemon --cleanup
    is "$(vsctl list-ports br-int)" p0
}
