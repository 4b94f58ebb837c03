# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What a node can do to the daemon: after each fault, with nobody's help, three
# ports are attached as requested, and the fourth, which ovn-kubernetes plugged,
# is as it was.  The daemon runs from before the NIC is there to the end, except
# where it is killed on purpose.
#
# lab: secs=1800
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

N_VFS=4

# vfs_up: VFs with vDPA devices and representors under fixed names; names come
# first, as by udev
vfs_up() {
    local i
    [ "$(cat "$PF/sriov_numvfs")" = $N_VFS ] ||
        echo $N_VFS >"$PF/sriov_numvfs" || return
    devlink dev eswitch set "pci/$NIC" mode switchdev || return
    reps_add $N_VFS && ip link set rep3 down || return
    for ((i = 0; i < N_VFS; i++)); do
        vdpa_add $i || return
    done
}

configure() {
    ids offload-mode=own offload-select=none
    request vdpa0 "iface-id=ns_p0,mac=$(mac_of 0)"
    request vdpa1 "iface-id=ns_p1,mac=$(mac_of 1)"
    request vdpa2 "iface-id=ns_p2,mac=$(mac_of 2)"
}

# is_healthy: in the daemon's words, in the database and in the kernel
is_healthy() {
    # A foreign row may be there before the feature is on: that is said.
    ports '[.[] | select(.representor) | [.vf, .representor, .pair, .state,
                .owner, .iface_id, .offload, (.reason | split("; ")[0] // ""),
                .ofport > 0]] | sort ==
           [[0, "rep0", "paired", "attached", "self", "ns_p0", "on", "", true],
            [1, "rep1", "paired", "attached", "self", "ns_p1", "on", "", true],
            [2, "rep2", "paired", "attached", "self", "ns_p2", "on", "", true],
            [3, "rep3", "paired", "foreign", "foreign", "ns_p3", "on",
             "bridge '"$BR"' holds it as iface-id ns_p3, marked by sandbox",
             true]]' || return
    [ "$(own_rows | xargs)" = "rep0 rep1 rep2" ] || return
    [ "$(ovs-vsctl --no-wait list-ports "$BR" | xargs)" = \
      "rep0 rep1 rep2 rep3" ] || return
    link_up rep0 && link_up rep1 && link_up rep2 && ! link_up rep3
}

# healthy WHAT: becomes so, and nothing of others was written
healthy() {
    local n
    eventually "$1: converged" 40 is_healthy
    same "$1: foreign rows" "$before" "$(foreign)"
    settle
    n=$(writes)
    ooc recompute
    settle
    equal "$1: writes when all is read again" 0 $(($(writes) - n))
    [ -z "$ctl" ] || kill -0 "$ctl" || fail "$1: the daemon died"
    log_clean
}

no_own_rows() { [ -z "$(own_rows)" ]; }
connected() { status .ovsdb.connected; }

# --- themes ------------------------------------------------------------------

setup() {
    ctl_start
    settle
    check "NIC" modprobe nicsim hw_tc=0
    modprobe virtio_vdpa
    check "VFs" vfs_up
    configure
    eventually "three ports" 20 ports_are 3 '.state == "attached"'
    k8s_add rep3 p3
    before=$(foreign)
    healthy "at first"
}

ovsdb_restart() {
    local n
    n=$(writes)
    ovs-appctl -t ovsdb-server exit
    eventually "no connection" 10 not connected
    check "reports go on without the database" ports 'length == 4'
    check "port/attach says so" eval \
        'ooc port/attach vdpa3 iface-id=x 2>&1 | grep "no connection"'
    check "so does exit --cleanup" eval \
        'ooc exit --cleanup 2>&1 | grep "no connection"'
    db_run
    healthy "ovsdb-server restarted"
    equal "writes for that" 0 $(($(writes) - n))

    ovs-appctl -t ovsdb-server exit
    eventually "no connection" 10 not connected
    rename rep0 other
    db_run
    eventually "a rename while it was away" 20 eval \
        '[ "$(own_rows | xargs)" = "other rep1 rep2" ]'
    rename other rep0
    healthy "renamed back"
}

# The database comes back empty: nothing is asked for any more.
ovsdb_lost() {
    ovs-appctl -t ovsdb-server exit
    wait_for 5 not pid_of ovsdb-server
    db_start
    eventually "connected to an empty database" 20 status .ovsdb.synced
    settle
    equal "writes into it" 0 "$(writes)"
    ovs-vsctl --no-wait init -- set Open_vSwitch . \
        other_config:hw-offload=true external_ids:system-id=new \
        other_config:stats-update-interval=3600000
    bridge_add
    k8s_add rep3 p3
    before=$(foreign)
    configure
    healthy "configured anew"
}

vswitchd() {
    local n
    n=$(writes)
    kill -9 "$(pid_of ovs-vswitchd)"
    wait_for 5 not pid_of ovs-vswitchd
    check "reports go on without ovs-vswitchd" ports 'length == 4'
    vswitchd_start
    healthy "ovs-vswitchd killed"
    ovs-appctl exit
    wait_for 5 not pid_of ovs-vswitchd
    vswitchd_start
    healthy "ovs-vswitchd restarted"
    equal "writes for that" 0 $(($(writes) - n))
}

# n_lost: rows of ours that the daemon thinks someone deleted
n_lost() {
    ooc_jq event/list \
        '[.[] | select(.what == "row" and .to == "deleted")] | length'
}

bridge() {
    local i before_lost
    before_lost=$(n_lost)
    for i in 1 2 3; do
        ovs-vsctl --no-wait del-br "$BR"
        eventually "bridge deleted" 10 ports_are 3 '.state == "pending" and
            (.reason | contains("bridge '"$BR"' does not exist"))'
        bridge_add
        k8s_add rep3 p3
        before=$(foreign)
        healthy "bridge made again, $i"
    done
    # Else each time would be a reason to wait longer with the next.
    equal "rows that went with the bridge count as deleted by someone" \
        "$before_lost" "$(n_lost)"
}

numvfs() {
    local i
    for i in 1 2 3; do
        echo 0 >"$PF/sriov_numvfs"
        eventually "no VFs, no rows of ours" 10 no_own_rows
        same "theirs stay" "$before" "$(foreign)"
        eventually "requests are absent" 5 ports_are 3 '.state == "absent"'
        check "VFs again" vfs_up
        healthy "numvfs 0 and back, $i"
    done
}

eswitch() {
    local i
    devlink dev eswitch set "pci/$NIC" mode legacy
    eventually "legacy mode" 10 ports_are 3 '.pair == "legacy-eswitch" and
        .state == "absent" and (.reason | contains("mode switchdev"))'
    eventually "no rows of ours" 10 no_own_rows
    for i in 0 1 2 3; do
        vdpa dev del "vdpa$i"
    done
    check "switchdev" vfs_up
    healthy "eswitch mode toggled"
}

pf_unbound() {
    echo "$NIC" >/sys/bus/pci/drivers/nicsim/unbind
    eventually "no rows of ours" 10 no_own_rows
    eventually "no representors" 10 ports_are 0 .representor
    echo "$NIC" >/sys/bus/pci/drivers/nicsim/bind
    check "bound" vfs_up
    healthy "PF unbound and bound"
}

moved() {
    local i
    ip netns add away
    for i in 1 2 3; do
        rename rep0 other
        eventually "the row follows the name" 10 eval \
            '[ "$(own_rows | xargs)" = "other rep1 rep2" ]'
        rename other rep0
        ip link set rep1 netns away
        eventually "the row goes with the netdev" 10 eval \
            '! own_rows | grep -x rep1'
        ip -n away link set rep1 netns 1
        healthy "renamed and moved, $i"
    done
    rename rep0 tmp
    rename rep1 rep0
    rename tmp rep1
    eventually "two that change names" 20 ports_are 2 \
        '.state == "attached" and ((.vf == 0 and .representor == "rep1" and
         .iface_id == "ns_p0") or (.vf == 1 and .representor == "rep0" and
         .iface_id == "ns_p1"))'
    equal "the rows too" "ns_p1 ns_p0" "$(key rep0 iface-id) $(key rep1 iface-id)"
    rename rep0 tmp
    rename rep1 rep0
    rename tmp rep1
    healthy "names changed back"
    ip netns del away
}

# answers WITHIN_CS: does the daemon answer in that time?
answers() {
    local now start
    centiseconds
    start=$now
    ooc version >/dev/null || return
    centiseconds
    [ $((now - start)) -le "$1" ]
}

# The kernel holds the lock of all of generic netlink while it waits for the
# device to be closed.
held_open() {
    local del i
    modprobe vhost_vdpa
    echo vdpa3 >/sys/bus/vdpa/drivers/virtio_vdpa/unbind
    echo vhost_vdpa >/sys/bus/vdpa/devices/vdpa3/driver_override
    echo vdpa3 >/sys/bus/vdpa/drivers_probe
    eventually "vdpa3 on vhost_vdpa" 5 port vdpa3 .vhost_device
    exec 9<>/dev/vhost-vdpa-0
    vdpa dev del vdpa3 9>&- &
    del=$!
    # Until it is stuck.
    wait_for 5 grep -q '^State:.D' "/proc/$del/status"
    ooc recompute
    for i in 1 2 3 4 5; do
        check "an answer while it is held, $i" \
            answers $((500 * ${LAB_SLOW:-1}))
    done
    request_rm vdpa1
    eventually "other work goes on" 10 eval '! own_rows | grep -x rep1'
    equal "and no other row goes" "rep0 rep2" "$(own_rows | xargs)"
    check "the wait is shown" status \
        '[.sources[].busy_ms] | max > 0'
    kill -0 "$del" || fail "vdpa dev del was not blocked"
    exec 9>&-
    wait "$del"
    eventually "vdpa3 is gone" 10 port rep3 '.pair == "no-vdpa"'
    rmmod vhost_vdpa
    request vdpa1 "iface-id=ns_p1,mac=$(mac_of 1)"
    vdpa_add 3
    healthy "a device deleted while open"
}

# More events than a socket can hold.
overflow() {
    local i n resyncs round
    n=$(status .sources.link.overflows)
    resyncs=$(status .sources.link.resyncs)
    ip link add dum0 type dummy
    kill -STOP "$ctl"
    for ((round = 0; round < 20; round++)); do
        for ((i = 0; i < 2000; i++)); do
            echo "link set dum0 mtu $((1400 + i % 2))"
        done | ip -batch -
        [ "$(drops)" = 0 ] || break
    done
    check "the kernel dropped messages" [ "$(drops)" -gt 0 ]
    # What is lost among these.
    vdpa dev del vdpa1
    rename rep0 other
    ip link set rep2 down
    kill -CONT "$ctl"
    eventually "overflow is counted" 20 \
        status ".sources.link.overflows > $n and
                .sources.link.resyncs > $resyncs"
    eventually "what was lost is known" 20 ports \
        'map(select(.vf == 0))[0].representor == "other" and
         map(select(.vf == 1))[0].pair == "no-vdpa" and
         (map(select(.vf == 2))[0].link_up | not)'
    ip link del dum0
    rename other rep0
    vdpa_add 1
    check "port/attach sets the link up" ooc port/attach vdpa2 \
        iface-id=ns_p2 mac="$(mac_of 2)"
    healthy "after an overflow"
}

# Links come and go while they are dumped.
interrupted() {
    local i n
    n=$(status .sources.link.interrupted)
    for ((i = 0; i < 300; i++)); do
        echo "link add dum$i type dummy"
    done | ip -batch -
    while :; do
        echo "link add dumx type dummy"
        echo "link del dumx"
    done 2>/dev/null | ip -batch - &
    writer=$!
    for ((i = 0; i < 40; i++)); do
        ooc recompute
        [ "$(status .sources.link.interrupted)" = "$n" ] || break
    done
    kill $writer
    wait $writer 2>/dev/null
    for ((i = 0; i < 300; i++)); do
        echo "link del dum$i"
    done | ip -batch -
    ip link del dumx 2>/dev/null
    check "a dump was interrupted" status ".sources.link.interrupted > $n"
    healthy "after interrupted dumps"
}

# The module, and with it the family, of all vDPA.
family() {
    reset_nic() {
        echo 0 >"$PF/sriov_numvfs"
        rmmod nicsim virtio_vdpa vdpa
    }
    check "vDPA unloaded" reset_nic
    eventually "the source is absent" 10 status '.sources.vdpa.state == "absent"'
    eventually "no rows of ours" 10 no_own_rows
    check "the NIC again" modprobe nicsim hw_tc=0
    modprobe virtio_vdpa
    eventually "the source is back" 10 status '.sources.vdpa.state == "synced"'
    check "VFs" vfs_up
    healthy "vDPA unloaded and loaded"
}

# Somebody changes the same rows all the time.
other_writer() {
    local i writer
    while :; do
        for i in 0 1 2; do
            ovs-vsctl --no-wait --if-exists set interface "rep$i" \
                external_ids:theirs="$RANDOM"
        done
    done &
    writer=$!
    for i in 1 2 3 4 5 6 7 8; do
        request vdpa0 "iface-id=ns_p0,mac=$(mac_of 0),round=$i"
        request vdpa1 "iface-id=ns_p1,mac=$(mac_of 1),k$i=1"
        wait_for 10 eval '[ "$(key rep0 round)" = $i ]' ||
            fail "round $i is not in the row"
    done
    pass "8 changes of a request beside another writer"
    kill $writer
    wait $writer 2>/dev/null
    for i in 0 1 2; do
        check "the other one's key is on rep$i" [ -n "$(key "rep$i" theirs)" ]
    done
    request vdpa0 "iface-id=ns_p0,mac=$(mac_of 0)"
    request vdpa1 "iface-id=ns_p1,mac=$(mac_of 1)"
    eventually "keys of earlier requests go" 10 eval \
        '[ -z "$(key rep0 round)$(key rep1 k8)$(key rep1 k1)" ]'
    check "the other one's stays" [ -n "$(key rep0 theirs)" ]
    healthy "another writer"
}

clock() {
    local step
    for step in "+1 day" "-2 days" "+1 day"; do
        date -s "$step" >/dev/null
        request_rm vdpa0
        eventually "clock $step: a request goes" 10 eval \
            '[ "$(own_rows | xargs)" = "rep1 rep2" ]'
        request vdpa0 "iface-id=ns_p0,mac=$(mac_of 0)"
        healthy "clock $step"
    done
}

# Rows of ours that someone deletes come back at once the first time only.
deleted() {
    ovs-vsctl --no-wait del-port rep0
    eventually "put back" 4 eval '[ "$(row rep0)" = own ]'
    ovs-vsctl --no-wait del-port rep0
    eventually "then not at once" 4 port vdpa0 '.state == "error" and
        (.reason | contains("someone deleted the row"))'
    equal "it is away" "" "$(row rep0)"
    healthy "after the back-off"
}

killed() {
    local i
    for i in 1 2 3 4 5 6; do
        case $((i % 3)) in
        0) ids offload-select=all ;;
        1) ids_rm offload-mode ;;
        2) request_rm vdpa1 ;;
        esac
        sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
        ids offload-mode=own offload-select=none
        request vdpa1 "iface-id=ns_p1,mac=$(mac_of 1)"
        sleep "0.0$((RANDOM % 10))"
        ctl_kill
        ctl_start
        healthy "killed, $i"
    done
    # While it removes and makes rows of all kinds.
    rename rep0 other
    ctl_kill
    rename rep1 gone
    ctl_start
    eventually "names changed while it was away" 10 eval \
        '[ "$(own_rows | xargs)" = "gone other rep2" ]'
    rename other rep0
    rename gone rep1
    healthy "killed between renames"
    ctl_stop
    ctl_start
    healthy "stopped and started"
    ctl_stop --cleanup
    equal "exit --cleanup leaves none of ours" "" "$(own_rows)"
    same "and all of theirs" "$before" "$(foreign)"
}

check "Open vSwitch" db_up
setup
theme ovsdb_restart ovsdb_lost vswitchd bridge numvfs eswitch pf_unbound \
    moved held_open overflow interrupted family other_writer clock deleted \
    killed
finish
