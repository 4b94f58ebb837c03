# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2119,SC2120  # Arguments that only some tests give.
#
# ovsdb/ovs-view.h against a real ovsdb-server: reading and writing.

# shellcheck source=tests/daemon/view.sh
. "$SRCDIR/tests/daemon/view.sh"

# ---- Reading ---------------------------------------------------------------

test_empty_database() {
    # "ovs-vsctl init" was not run yet.
    start_ovsdb
    start_view
    vs synced sync
    is "$(list)" ""
    vs "external_ids: other_config:" global
    vs "" version
    vs none evidence
    vs none bridge br-int
    vs begun begin test
    vs ok set-id offload-mode own
    vs "error: table Open_vSwitch has no row yet" commit

    vsctl --no-wait init
    set_ids a=1
    catch_up
    vs "external_ids: a=1 other_config:" global
    stop_view
}

test_columns() {
    start_ovs
    vsctl add-port br-int p0 -- set Interface p0 type=dummy \
        external_ids:iface-id=ns_pod options:dst_port=4789
    set_db Bridge br-int external_ids:ct-zone-ns_pod=7
    set_db Open_vSwitch . other_config:hw-offload=true ovs_version=3.99.0
    start_view
    vs synced sync
    contains "$(list p0)" "p0 port=p0 bridge=br-int owner=foreign mark=- \
keys=- ofport=1; iface-id=ns_pod"
    contains "$(list br-int)" "ofport=65534"
    vs "datapath=; ct-zone-ns_pod=7" bridge br-int
    matches "$(v global)" 'other_config: hw-offload=true$'
    vs 3.99.0 version

    # Not asked for: other columns do not wake anybody up.
    set_db Interface p0 other_config:x=y lldp:enable=true
    set_db Port p0 tag=5
    set_db Interface p0 external_ids:last=1
    vs changed run
    contains "$(list p0)" "last=1"
    stop_view
}

test_ofport_and_error() {
    start_ovs
    vsctl --no-wait add-port br-int gone -- \
        set Interface gone type=nosuchtype
    vsctl wait-until Interface gone ofport=-1
    stop_vswitchd
    vsctl --no-wait add-port br-int new
    start_view
    vs synced sync
    contains "$(list gone)" "ofport=-1;"
    contains "$(list new)" "ofport=0;"
    stop_view
}

test_same_iface_id() {
    with_bridges
    vsctl --no-wait add-port br-int p1 -- add-port br-int p2 -- \
        add-port br-other p3 -- add-port br-int p4
    for p in p1 p2 p3; do
        set_db Interface $p external_ids:iface-id=a_b
    done
    set_db Interface p4 external_ids:iface-id=c_d
    catch_up
    vs "p1 p2 p3" same-id a_b
    vs "p4" same-id c_d
    vs "" same-id a_
    stop_view
}

test_bond_and_hostile_names() {
    local evil="\"evil; rm -rf / \$(x) %s%n\""
    with_bridges
    vsctl --no-wait add-bond br-int bond0 m1 m2
    vsctl --no-wait add-port br-int "$evil" -- set Interface "$evil" \
        external_ids:iface-id='"\"a_b\""'
    long=$(printf 'x%.0s' {1..3000})
    vsctl --no-wait add-port br-int "$long"
    catch_up
    contains "$(list m1)" "port=bond0 bridge=br-int owner=foreign"
    contains "$(list m2)" "bonded;"
    contains "$(list '"evil;')" 'iface-id="a_b"'
    contains "$(list "$long")" "port=$long"
    stop_view
}

# Two Ports that share one Interface are possible, by accident.
test_shared_interface() {
    with_bridges
    vsctl --no-wait add-port br-int p1
    uuid=$(row Interface p1 _uuid)
    ovsdb-client transact "$DB" "[\"Open_vSwitch\",
        {\"op\":\"insert\",\"table\":\"Port\",\"uuid-name\":\"p\",
         \"row\":{\"name\":\"p2\",\"interfaces\":[\"uuid\",\"$uuid\"]}},
        {\"op\":\"mutate\",\"table\":\"Bridge\",
         \"where\":[[\"name\",\"==\",\"br-int\"]],
         \"mutations\":[[\"ports\",\"insert\",[\"named-uuid\",\"p\"]]]}]"
    catch_up
    is "$(list p1 | wc -l)" 1
    vsctl --no-wait del-port p1
    catch_up
    contains "$(list p1)" "port=p2"
    stop_view
}

# ---- Evidence for "auto" ---------------------------------------------------

test_evidence() {
    with_bridges
    set_ids system-id=x ovn-bridge=br-int hostname=h rundir=/x
    vsctl --no-wait add-port br-int p1 -- \
        set Interface p1 external_ids:iface-id=xk8s-y
    catch_up
    vs none evidence

    for key in ovn-remote ovn-encap-type ovn-bridge-mappings; do
        set_ids $key=x
        catch_up
        vs "Open_vSwitch external_ids:$key" evidence
        del_id $key
        catch_up
        vs none evidence
    done
    for key in sandbox iface-id-ver ovn-plugged owner vm-id; do
        for table in Port Interface; do
            set_db $table p1 external_ids:$key=x
            catch_up
            vs "$table p1 external_ids:$key" evidence
            vsctl --no-wait remove $table p1 external_ids $key
            catch_up
            vs none evidence
        done
    done
    set_db Interface p1 external_ids:iface-id=k8s-node
    catch_up
    vs "Interface p1 external_ids:iface-id=k8s-*" evidence
    set_db Interface p1 external_ids:offload-owner=ovs-offload-controller
    catch_up
    vs none evidence
    stop_view
}

# ---- Ownership -------------------------------------------------------------

test_ownership() {
    with_bridges
    vsctl --no-wait add-port br-int p1
    catch_up
    contains "$(list p1)" "owner=foreign mark=-"

    # Somebody else's mark, and one that only looks like ours.
    set_db Port p1 external_ids:offload-owner=me
    catch_up
    contains "$(list p1)" "owner=foreign"
    vsctl --no-wait clear Port p1 external_ids
    set_db Interface p1 external_ids:sandbox=x
    catch_up
    contains "$(list p1)" "owner=foreign mark=sandbox"
    vsctl --no-wait clear Interface p1 external_ids

    # Our mark on either row is enough.
    for table in Port Interface; do
        set_db $table p1 external_ids:offload-owner=ovs-offload-controller
        catch_up
        contains "$(list p1)" "owner=self mark=-"
        for other in Port Interface; do
            for key in sandbox iface-id-ver ovn-plugged owner vm-id; do
                set_db $other p1 external_ids:$key=1
                catch_up
                contains "$(list p1)" "owner=adopted mark=$key"
                vsctl --no-wait remove $other p1 external_ids $key
            done
        done
        vsctl --no-wait clear $table p1 external_ids
    done

    # Somebody made a bond of it.
    set_db Port p1 external_ids:offload-owner=ovs-offload-controller
    vsctl --no-wait -- --id=@i create Interface name=p9 -- \
        add Port p1 interfaces @i
    catch_up
    contains "$(list p1)" "owner=adopted mark=interfaces"
    contains "$(list p9)" "owner=adopted mark=interfaces"
    stop_view
}

# ---- Writing ---------------------------------------------------------------

test_add_and_delete() {
    with_bridges
    save_db
    commit success \
        "add br-int rep0 iface-id=ns_pod attached_mac=02:00:00:00:00:01" \
        "add br-int rep1 iface-id=b"
    catch_up
    is "$(list rep0)" "rep0 port=rep0 bridge=br-int owner=self mark=- \
keys=attached_mac,iface-id ofport=0; attached_mac=02:00:00:00:00:01 \
iface-id=ns_pod offload-owner=ovs-offload-controller"
    contains "$(list rep1)" "keys=iface-id ofport=0; iface-id=b"
    is "$(row Port rep0 external_ids)" \
        '{offload-keys="attached_mac,iface-id", offload-owner='"$TARGET"'}'
    is "$(vsctl port-to-br rep0)" br-int
    is "$(n_our_commits)" 1
    vs "connected=1 synced=1 commits=1" state
    assert_db_unchanged

    commit success "del rep0"
    catch_up
    is "$(list rep0)" ""
    is "$(vsctl --columns=name --bare find Interface name=rep0)" ""
    is "$(vsctl list-ports br-int)" rep1
    vs "connected=1 synced=1 commits=2" state
    assert_db_unchanged
    stop_view
}

# 128 at once, as when numvfs is written.
test_add_128() {
    local ops=()
    with_bridges
    save_db
    for ((i = 0; i < 128; i++)); do
        ops+=("add br-int rep$i iface-id=ns_pod$i")
    done
    commit success "${ops[@]}"
    catch_up
    is "$(list | grep -c 'owner=self')" 128
    is "$(n_our_commits)" 1
    ops=()
    for ((i = 0; i < 128; i++)); do
        ops+=("move rep$i br-other")
    done
    commit success "${ops[@]}"
    is "$(vsctl list-ports br-other | wc -l)" 128
    is "$(vsctl list-ports br-int | wc -l)" 0
    assert_db_unchanged
    stop_view
}

test_move() {
    with_bridges
    commit success "add br-int rep0 iface-id=x"
    uuid=$(row Port rep0 _uuid)
    vsctl --no-wait add-port br-int foreign
    catch_up
    save_db
    commit success "move rep0 br-other"
    catch_up
    contains "$(list rep0)" "bridge=br-other"
    is "$(vsctl list-ports br-int)" foreign
    is "$(row Port rep0 _uuid)" "$uuid"
    assert_db_unchanged
    commit unchanged "move rep0 br-other"
    stop_view
}

test_update() {
    with_bridges
    commit success "add br-int rep0 iface-id=x a=1 b=2"
    set_db Interface rep0 external_ids:ovn-installed=true
    set_db Port rep0 external_ids:theirs=1
    catch_up

    commit success "update rep0 +a=9 +c=3 -b -nosuch"
    catch_up
    contains "$(list rep0)" "keys=a,c,iface-id ofport=0; a=9 c=3 iface-id=x \
offload-owner=ovs-offload-controller ovn-installed=true"
    is "$(row Port rep0 external_ids:theirs)" '"1"'

    # The same again sends nothing; neither do keys that are not there.
    commit unchanged "update rep0 +a=9 +c=3 +iface-id=x -b"
    commit unchanged "update rep0"
    is "$(n_our_commits)" 2

    # "set" beats "del".
    commit success "update rep0 +a=10 -a"
    catch_up
    contains "$(list rep0)" "keys=a,c,iface-id ofport=0; a=10"
    commit success "update rep0 -a -c -iface-id"
    catch_up
    contains "$(list rep0)" "keys=- ofport=0; offload-owner=ovs-offload-con"
    stop_view
}

test_disown() {
    with_bridges
    commit success "add br-int rep0 iface-id=x"
    set_db Interface rep0 external_ids:sandbox=1
    set_db Port rep0 external_ids:theirs=1
    catch_up
    contains "$(list rep0)" "owner=adopted"
    commit success "disown rep0"
    catch_up
    is "$(list rep0)" "rep0 port=rep0 bridge=br-int owner=foreign \
mark=sandbox keys=- ofport=0; iface-id=x sandbox=1"
    is "$(row Port rep0 external_ids)" '{theirs="1"}'
    commit unchanged "disown rep0"
    stop_view
}

test_global_keys() {
    with_bridges
    set_ids theirs=1
    set_db Open_vSwitch . other_config:theirs=2
    catch_up
    commit success "set-id offload-port-x iface-id=a_b" \
        "set-config hw-offload true"
    catch_up
    vs "external_ids: offload-port-x=iface-id=a_b system-id=test theirs=1 \
other_config: hw-offload=true theirs=2" global
    commit unchanged "set-id offload-port-x iface-id=a_b" \
        "set-config hw-offload true" "set-id nosuch" "set-config nosuch"
    commit success "set-id offload-port-x" "set-config hw-offload"
    catch_up
    vs "external_ids: system-id=test theirs=1 other_config: theirs=2" global
    stop_view
}

test_nothing_to_do() {
    with_bridges
    cp "$T/conf.db" "$T/before"
    commit unchanged
    vs begun begin test
    vs refused begin test
    vs ok abort
    vs begun begin test
    vs ok add br-int rep0
    vs ok abort
    commit unchanged
    cmp "$T/before" "$T/conf.db"
    vs "connected=1 synced=1 commits=0" state
    is "$(list rep0)" ""
    stop_view
}

test_duplicate_name() {
    with_bridges
    vs begun begin test
    vs ok add br-int rep0 iface-id=x
    vs ok add br-int rep1 iface-id=y
    vsctl --no-wait add-port br-other rep0
    save_db
    matches "$(v commit)" '^error: constraint violation: .*rows in '\
'"(Port|Interface)" table.*rep0'
    assert_db_unchanged
    is "$(vsctl list-ports br-int)" ""
    vs "connected=1 synced=1 commits=0" state
    stop_view
}
