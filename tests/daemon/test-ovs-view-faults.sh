# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2119,SC2120  # Arguments that only some tests give.
#
# ovsdb/ovs-view.h against a real ovsdb-server: other writers, and servers that
# go away.

# shellcheck source=tests/daemon/view.sh
. "$SRCDIR/tests/daemon/view.sh"

# ---- Another writer between decision and commit ----------------------------

# raced RESULT OPERATION COMMAND...: composes, lets the other write, commits.
raced() {
    local want=$1 op=$2
    shift 2
    catch_up
    vs begun begin test
    vs ok "$op"
    "$@"
    db_snapshot >"$T/raced.before"
    list_all_rows >>"$T/raced.before"
    vs "$want" commit
    db_snapshot >"$T/raced.after"
    list_all_rows >>"$T/raced.after"
    if test "$want" = try-again; then
        cmp "$T/raced.before" "$T/raced.after"
    fi
}

list_all_rows() {
    ovsdb-client -f csv dump "$DB" Open_vSwitch
}

test_race_add() {
    with_bridges
    # The request is gone, or is another one.
    set_ids offload-port-x=iface-id=a_b
    raced try-again "add br-int rep0 iface-id=a_b" del_id offload-port-x
    set_ids offload-port-x=iface-id=a_b
    raced try-again "add br-int rep0 iface-id=a_b" \
        set_ids offload-port-x=iface-id=c_d
    # The bridge is gone, or is not the same one.
    raced try-again "add br-other rep0 iface-id=a_b" \
        vsctl --no-wait del-br br-other
    vsctl --no-wait add-br br-other
    raced try-again "add br-other rep0 iface-id=a_b" \
        vsctl --no-wait del-br br-other -- add-br br-other
    # What the decision did not rest on does not matter.
    raced success "add br-other rep0 iface-id=a_b" \
        vsctl --no-wait add-port br-other unrelated
    is "$(vsctl list-ports br-other | sort | xargs)" "rep0 unrelated"
    stop_view
}

test_race_own_row() {
    local op
    with_bridges
    for op in "del rep0" "move rep0 br-other" "update rep0 +a=2 -b" \
              "disown rep0"; do
        commit success "add br-int rep0 iface-id=x a=1 b=1"
        # It is adopted, on either row.
        raced try-again "$op" set_db Interface rep0 external_ids:sandbox=1
        vsctl --no-wait remove Interface rep0 external_ids sandbox
        raced try-again "$op" set_db Port rep0 external_ids:owner=x
        vsctl --no-wait remove Port rep0 external_ids owner
        # The requests are others.
        raced try-again "$op" set_ids "offload-port-x=iface-id=y$RANDOM"
        # Our mark is gone.
        raced try-again "$op" \
            vsctl --no-wait remove Port rep0 external_ids offload-owner
        set_db Port rep0 external_ids:offload-owner=ovs-offload-controller
        # It became a bond.
        raced try-again "$op" vsctl --no-wait -- \
            --id=@i create Interface name=m2 -- add Port rep0 interfaces @i
        vsctl --no-wait del-port rep0
        catch_up
        # It was deleted, or deleted and created again.
        commit success "add br-int rep0 iface-id=x a=1 b=1"
        raced try-again "$op" vsctl --no-wait del-port rep0
        catch_up
        commit success "add br-int rep0 iface-id=x a=1 b=1"
        raced try-again "$op" vsctl --no-wait del-port rep0 -- \
            add-port br-int rep0
        vsctl --no-wait del-port rep0
        catch_up
    done
    stop_view
}

test_race_move() {
    with_bridges
    vsctl --no-wait add-br br-third
    catch_up
    commit success "add br-int rep0 iface-id=x"
    uuid=$(row Port rep0 _uuid)
    raced try-again "move rep0 br-other" vsctl --no-wait \
        remove Bridge br-int ports "$uuid" -- add Bridge br-third ports "$uuid"
    is "$(vsctl list-ports br-third)" rep0
    catch_up
    contains "$(list rep0)" "bridge=br-third"
    raced try-again "move rep0 br-other" vsctl --no-wait del-br br-other
    stop_view
}

# A key that another writer adds is not quietly kept in place of ours.
test_race_key() {
    with_bridges
    raced try-again "set-id offload-port-x iface-id=a" \
        set_ids offload-port-x=iface-id=b
    raced try-again "set-config hw-offload true" \
        set_db Open_vSwitch . other_config:hw-offload=false
    raced success "set-config tc-policy none" set_ids unrelated=1
    commit success "add br-int rep0 iface-id=x"
    raced try-again "update rep0 +new=1" set_db Interface rep0 \
        external_ids:new=2
    stop_view
}

# Keys and columns of others that change while we mutate other rows.
test_foreign_writer_survives() {
    with_bridges
    commit success "add br-int rep0 iface-id=x"
    vsctl --no-wait add-port br-int pod -- \
        set Interface pod external_ids:sandbox=1
    raced success "update rep0 +a=1" \
        set_db Interface pod external_ids:sandbox=2
    is "$(row Interface pod external_ids:sandbox)" '"2"'
    stop_view
}

# ---- Faults ----------------------------------------------------------------

test_restart_data_kept() {
    with_bridges
    commit success "add br-int rep0 iface-id=x"
    catch_up
    before=$(list)
    stop_ovsdb
    vs lost lost
    vs "connected=0 synced=0 commits=1" state
    # What was known stays to be seen, but nothing can be written.
    is "$(list)" "$before"
    vs refused begin test
    start_ovsdb
    vs synced sync
    is "$(list)" "$before"
    commit success "del rep0"
    stop_view
}

test_restart_data_gone() {
    with_bridges
    set_ids ovn-remote=x
    vsctl --no-wait add-port br-int p1
    catch_up
    vs "Open_vSwitch external_ids:ovn-remote" evidence
    stop_ovsdb
    vs lost lost
    rm "$T/conf.db"
    start_ovsdb
    vs synced sync
    is "$(list)" ""
    vs none evidence
    vs none bridge br-int
    vs "external_ids: other_config:" global
    vsctl --no-wait init -- add-br br-int
    catch_up
    commit success "add br-int rep0 iface-id=x"
    stop_view
}

# Rows that went while there was no connection.
test_restart_data_changed() {
    with_bridges
    vsctl --no-wait add-port br-int p1 -- add-port br-int p2
    catch_up
    stop_ovsdb
    vs lost lost
    cp "$T/conf.db" "$T/kept.db"
    # A second server, to which the view has no connection.
    ovsdb-server "$T/conf.db" --remote=punix:"$T/other.sock" --no-chdir \
        --detach --pidfile="$T/ovsdb-server.pid" -vconsole:off \
        --unixctl="$T/ovsdb-server.ctl"
    ovs-vsctl --db=unix:"$T/other.sock" --no-wait del-port p1 -- \
        add-port br-int p3
    stop_ovsdb
    start_ovsdb
    vs synced sync
    is "$(list | cut -d' ' -f1 | xargs)" "br-int br-other p2 p3"
    stop_view
}

# The connection drops after the transaction was sent.
test_drop_in_flight() {
    with_bridges
    catch_up
    kill -STOP "$(pid_of ovsdb-server)"
    vs begun begin test
    vs ok add br-int rep0 iface-id=x
    vs ok send
    vs refused begin test
    stop_ovsdb KILL
    vs try-again poll
    start_ovsdb
    vs synced sync
    is "$(list rep0)" ""
    commit success "add br-int rep0 iface-id=x"
    stop_view
}

# The connection is lost before it is sent, which the view cannot know yet.
test_drop_before_send() {
    with_bridges
    vs begun begin test
    vs ok add br-int rep0 iface-id=x
    stop_ovsdb
    vs ok send
    vs try-again poll
    start_ovsdb
    vs synced sync
    is "$(list rep0)" ""
    stop_view
}

# Destroyed with a transaction in flight, and with one being composed.
test_destroy_with_transaction() {
    with_bridges
    catch_up
    kill -STOP "$(pid_of ovsdb-server)"
    vs begun begin test
    vs ok add br-int rep0 iface-id=x
    vs ok send
    stop_view
    kill -CONT "$(pid_of ovsdb-server)"
    rm "$T/view.in" "$T/view.out"
    start_view
    vs synced sync
    vs begun begin test
    vs ok add br-int rep9 iface-id=x
    stop_view
}

test_no_server() {
    start_view
    vs "connected=0 synced=0 commits=0" state
    vs refused begin test
    is "$(list)" ""
    vs "external_ids: other_config:" global
    start_fresh_ovsdb
    vs synced sync
    stop_view
}

# A schema that is converted, as by an upgrade, with the view connected.
test_schema_conversion() {
    with_bridges
    commit success "add br-int rep0 iface-id=x"
    jq '.version = "99.0.0" | .tables.Interface.columns.new_column =
        {"type": "string"}' "$OVS_SCHEMA" >"$T/new.ovsschema"
    ovsdb-client convert "$DB" "$T/new.ovsschema"
    vs synced sync
    catch_up
    contains "$(list rep0)" "owner=self"
    commit success "del rep0"
    stop_view
}

test_tcp() {
    start_fresh_ovsdb --remote=ptcp:0:127.0.0.1
    port=$(ss -Hltn 'src 127.0.0.1' | sed 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/')
    start_view "tcp:127.0.0.1:$port"
    vs synced sync
    commit success "set-id a b"
    stop_view
}
