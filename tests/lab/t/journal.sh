# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A CNI's rows that are deleted while their representor is absent: what is
# told, and when they are put back.
#
# lab: secs=1080
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

N_VFS=3
CACHE=/tmp/cni

# plug VF POD: as ovn-kubernetes does, with a file of libcni's
plug() {
    local rep sandbox=5a4d$1
    rep=$(rep_of "$1")
    ovs-vsctl --may-exist add-port "$BR" "$rep" -- \
        set port "$rep" other_config:transient=true -- \
        set interface "$rep" external_ids:iface-id="ns_$2" \
        external_ids:sandbox="$sandbox" external_ids:iface-id-ver="uid-$2" \
        external_ids:attached_mac="0a:58:00:00:00:0$1" ||
        fail "cannot plug $2"
    mkdir -p $CACHE
    # The two ways in which Multus tells a plugin of its device.
    if [ "$1" = 0 ]; then
        printf '{"containerId":"%s","config":"%s"}' "$sandbox" \
            "$(printf '{"type":"ovn-k8s-cni-overlay","deviceID":"%s"}' \
                "$(vf_addr "$1")" | base64 -w 0)"
    else
        printf '{"containerId":"%s","capabilityArgs":{"deviceID":"%s"}}' \
            "$sandbox" "$(vf_addr "$1")"
    fi >"$CACHE/ovn-$sandbox-eth0"
}

# reps_gone, reps_back: a reset of the NIC's eswitch
reps_gone() {
    devlink dev eswitch set "pci/$NIC" mode legacy || fail "legacy"
    wait_for 10 ports 'all(.[]; .representor == null)' || fail "no end of reps"
}
reps_back() {
    devlink dev eswitch set "pci/$NIC" mode switchdev || fail "switchdev"
    wait_for 10 ports_are $N_VFS '.representor != null' || fail "no reps"
    settle
}

# reap NAME...: as ovn-kubernetes deletes ports without a netdev
reap() {
    local name
    for name; do
        ovs-vsctl --no-wait del-port "$BR" "$name" || fail "cannot reap $name"
    done
}

base=0                          # Transactions before the theme.
ours() { echo $(($(writes) - base)); }

journal() { status ".journal | $1"; }

# told NAME TO: there is an event that the row of NAME became TO
told() {
    ooc_jq event/list "any(.[]; .subject == \"$1\" and .what == \"row\" and
                                .to == \"$2\")"
}

# what_it_has NAME: content of the row, without what others measure
what_it_has() {
    ovs-vsctl --bare --columns=external_ids,type list interface "$1"
    ovs-vsctl --bare --columns=external_ids,other_config list port "$1"
    ovs-vsctl iface-to-br "$1"
}

# --- themes ------------------------------------------------------------------

# Two pods lose their rows, one keeps its.
lost() {
    reset
    rm -rf $CACHE
    base=$(writes)
    ids "offload-cni-cache=$CACHE"
    ctl_start
    plug 0 a
    plug 1 b
    plug 2 c
    eventually "three pods" 20 ports_are 3 '.state == "foreign"'
    kept=$(what_it_has "$(rep_of 0)")
    gone=$(rep_of 0) other=$(rep_of 1) stays=$(rep_of 2)
    reps_gone
    eventually "three rows without representor" 10 journal '.absent == 3'
    check "an event tells it" told "$gone" absent
    reap "$gone" "$other"
    eventually "two rows are lost" 10 journal '.absent == 1 and .lost == 2'
    check "an event tells it" told "$gone" lost
    reps_back
    eventually "they are missed" 10 journal '.returned == 2 and .absent == 0'
    check "an event tells it" told "$gone" returned
    check "a warning tells it" grep -q 'journal|WARN|.*ns_a' "$log"
    ooc explain ns/a >/tmp/explain 2>&1 && fail "explain of a lost pod"
    check "explain tells it" grep -q 'was deleted while' /tmp/explain
    check "no row is put back" [ "$(ovs-vsctl list-ports "$BR")" = "$stays" ]
    equal "transactions of ours" 0 "$(ours)"
}

# One of them runs still, the other is gone.
restored() {
    rm "$CACHE/ovn-5a4d1-eth0"
    ids offload-restore=true
    eventually "one is put back" 20 journal '.restored_total == 1'
    eventually "and settled" 10 journal '.returned == 1'
    same "as it was" "$kept" "$(what_it_has "$gone")"
    equal "in one transaction" 1 "$(ours)"
    check "it is a port again" wait_for 10 port "$gone" \
        '.state == "foreign" and .ofport > 0 and .owner == "foreign"'
    check "the other is not: its sandbox is gone" told "$other" "not put back"
    ooc explain "$other" >/tmp/explain 2>&1 && fail "explain of the other"
    check "explain tells why" grep -q 'not put back.*does not run' /tmp/explain
    # CNI DEL, with its representor there: nobody's loss.
    reap "$gone"
    settle
    check "a deletion is a deletion" \
        [ "$(ovs-vsctl list-ports "$BR")" = "$stays" ]
    equal "transactions of ours" 1 "$(ours)"
    ctl_stop
}

# Who has plugged the pod again elsewhere has settled it.
taken() {
    reset
    rm -rf $CACHE
    base=$(writes)
    ids "offload-cni-cache=$CACHE" offload-restore=true
    ctl_start
    plug 0 a
    eventually "a pod" 20 ports_are 1 '.state == "foreign"'
    gone=$(rep_of 0)
    reps_gone
    eventually "its row is there" 10 journal '.absent == 1'
    reap "$gone"
    eventually "its row is lost" 10 journal '.lost == 1'
    ovs-vsctl --no-wait add-port "$BR" elsewhere -- \
        set interface elsewhere type=internal external_ids:iface-id=ns_a
    eventually "another has its iface-id" 10 journal '.lost == 0'
    reps_back
    equal "transactions of ours" 0 "$(ours)"
    ctl_stop
}

# crash: SIGKILL once the journal is on the disk, and a new daemon; what is in
# between is done while there is none.
crash() {
    eventually "the journal is on the disk" 20 \
        journal '.saved and .file_error == null'
    ctl_kill
    "$@"
    ctl_start --state-dir=$STATE
    settle
}
STATE=/tmp/state

# What was lost and what may be put back survives SIGKILL at each stage.
killed() {
    reset
    rm -rf $CACHE $STATE
    base=$(writes)
    ids "offload-cni-cache=$CACHE"
    ctl_start --state-dir=$STATE
    plug 0 a
    plug 1 b
    eventually "two pods" 20 ports_are 2 '.state == "foreign"'
    gone=$(rep_of 0) other=$(rep_of 1)
    kept=$(what_it_has "$gone")
    reps_gone
    eventually "two rows without representor" 10 journal '.absent == 2'
    crash reap "$gone"
    check "one went meanwhile" journal '.lost == 1 and .absent == 1'
    reap "$other"
    eventually "the other one, too" 10 journal '.lost == 2'
    crash true
    check "both are known" journal '.lost == 2'
    reps_back
    eventually "and missed" 10 journal '.returned == 2'
    rm "$CACHE/ovn-5a4d1-eth0"
    crash true
    check "still" journal '.returned == 2'
    equal "transactions of ours" 0 "$(ours)"
    ids offload-restore=true
    eventually "one is put back" 20 journal '.restored_total == 1'
    same "as it was" "$kept" "$(what_it_has "$gone")"
    eventually "and settled" 10 journal '.returned == 1'
    check "the other is not: its sandbox is gone" told "$other" "not put back"
    crash reap "$gone"
    check "a deletion is a deletion" [ -z "$(ovs-vsctl list-ports "$BR")" ]
    equal "transactions of ours" 1 "$(ours)"
    ctl_stop
}

# A row that went, and a representor that came back, while nobody looked.
away() {
    reap "$gone"
    reps_back_alone
}
reps_back_alone() {
    devlink dev eswitch set "pci/$NIC" mode switchdev || fail "switchdev"
    wait_for 10 test -e "/sys/class/net/$gone" || fail "no reps"
}
uncertain() {
    reset
    rm -rf $CACHE $STATE
    base=$(writes)
    ids "offload-cni-cache=$CACHE" offload-restore=true
    ctl_start --state-dir=$STATE
    plug 0 a
    eventually "a pod" 20 ports_are 1 '.state == "foreign"'
    gone=$(rep_of 0)
    reps_gone
    eventually "its row is there" 10 journal '.absent == 1'
    crash away
    check "it is told" told "$gone" gone
    check "it is not lost" journal '[.absent, .lost, .returned] == [0, 0, 0]'
    eventually "that is on the disk" 20 journal .saved
    # Garbage is told of, and nothing else suffers.
    ctl_kill
    echo '{"version":1,"boot_id":' >$STATE/journal.json
    ctl_start --state-dir=$STATE
    settle
    check "garbage is warned of" \
        grep -q 'state_file|WARN|.*journal.json: it is no JSON' "$log"
    check "and in the status" journal '.file_error | test("no JSON")'
    equal "transactions of ours" 0 "$(ours)"
    ctl_stop
}

# In observe nothing is ever written.
observe() {
    reset
    rm -rf $CACHE
    base=$(writes)
    ids "offload-cni-cache=$CACHE" offload-restore=true offload-mode=observe
    ctl_start
    plug 0 a
    eventually "a pod" 20 ports_are 1 '.state == "foreign"'
    gone=$(rep_of 0)
    reps_gone
    eventually "its row is there" 10 journal '.absent == 1'
    reap "$gone"
    eventually "its row is lost" 10 journal '.lost == 1'
    reps_back
    eventually "it is told" 10 journal '.returned == 1'
    equal "transactions of ours" 0 "$(ours)"
    ids offload-mode=assist
    eventually "and put back when that ends" 10 journal '.restored_total == 1'
    ctl_stop
}

check "NIC" modprobe nicsim hw_tc=0 total_vfs=$N_VFS
echo $N_VFS >"$PF/sriov_numvfs"
check "switchdev" devlink dev eswitch set "pci/$NIC" mode switchdev
check "Open vSwitch" db_up
theme lost restored taken killed uncertain observe
finish
