# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What netlink/dp-flow-source.h tells about a real kernel's datapath, through
# dp-flow-watch: that it follows flows, ports and datapaths, also through what
# the kernel does not notify, and when messages are lost.
#
# lab: secs=1200
# shellcheck source=../guest/lib.sh
. "$LAB/guest/lib.sh"

watch=$BUILDDIR/tests/lab/dp-flow-watch
out=/tmp/dp-flow-watch.out

# watch_start [ARG...]
watch_start() {
    rm -f /tmp/dp-flow-watch.in
    mkfifo /tmp/dp-flow-watch.in
    "$watch" "$@" </tmp/dp-flow-watch.in >$out 2>"$LAB_OUT/dp-flow-watch.err" &
    pid=$!
    exec 8>/tmp/dp-flow-watch.in
    from=1
    told "it is synced" "state synced"
}

watch_stop() {
    exec 8>&-
    check "dp-flow-watch ends" wait "$pid"
    check "so do its lanes" wait_for 20 not pgrep offload-
    cat $out >>"$LAB_OUT/dp-flow-watch.out"
}

# tell TEXT: gives a command
tell() { echo "$*" >&8; }

# now: what is told from here on counts
now() { from=$(($(wc -l <$out) + 1)); }

has() { tail -n "+$from" $out | grep -Eq -- "$1"; }

# told NAME REGEX: must be told, within some seconds
told() {
    wait_for 30 has "$2" || {
        tail -n "+$from" $out
        fail "$1: not told: $2"
    }
    pass "$1"
}

# have: the flows that it has, as "UFID IN OUT", sorted, with ifindexes
have() {
    now
    tell flows
    wait_for 30 has "end flows" || return
    tail -n "+$from" $out |
        sed -n "s/.* have \([^ ]*\) dev=\([0-9]*\) .*out=\([0-9,]*\) .*/\1 \2 \3/p" |
        sort
}

# want: the same, by Open vSwitch
want() {
    ovs-appctl dpctl/dump-flows -m --names type=ovs |
        sed -n 's/^ufid:\([^,]*\),.*in_port(\([^)]*\)).* actions:\(.*\)/\1 \2 \3/p' |
        while read -r ufid in outs; do
            list=
            for o in ${outs//,/ }; do
                list=$list,$(cat "/sys/class/net/$o/ifindex")
            done
            echo "$ufid $(cat "/sys/class/net/$in/ifindex") ${list#,}"
        done | sort
}

same() { [ "$(have)" = "$(want)" ]; }
have_n() { [ "$(have | wc -l)" = "$1" ]; }
ifindex() { cat "/sys/class/net/$1/ifindex"; }
switches() { grep ^voluntary "/proc/$1/status"; }

watch_start
tell status
told "no datapath is no error" "status synced .* error=\$"

# --- flows come, change and go -----------------------------------------------
check "OVS starts" ovs_start false 8>&-
bridge_add
flows_last
for i in 0 1 2; do
    ip link add "v$i" type veth peer name "w$i"
    ip link set "v$i" up
    ovs-vsctl add-port "$BR" "v$i"
    host_add "pod$i" "w$i" "10.0.0.$((i + 1))/24"
done
now
# The first packet is forwarded by ovs-vswitchd, and so may be others before
# there are flows.
check "pods ping" pod_ping 0 1 1
told "a flow" "flow new .* dev=$(ifindex v0) recirc=0 out=$(ifindex v1) "
have_flows() { [ "$(flows ovs | grep -c 'eth_type(0x0800)')" -ge 2 ]; }
check "flows both ways" wait_for 15 have_flows
check "pods ping" pod_ping 0 1 4
check "all as OVS says" wait_for 20 same
now
tell refresh
told "counters" "refreshed flows="
now
tell flows
told "packets" "have .* dev=$(ifindex v0) .*out=$(ifindex v1) packets=4\$"
ufid=$(have | awk -v i="$(ifindex v0)" -v o="$(ifindex v1)" \
    '$2 == i && $3 == o { print $1; exit }')
now
tell get "$ufid"
told "one flow" "got key=[1-9].* mask=[1-9].* actions=8 packets="
tell get "00$(printf '%030d' 0)"
told "no such flow" "got No such file"

now
ovs-ofctl add-flow "$BR" "priority=10,icmp,actions=normal,LOCAL"
check "pods ping" pod_ping 0 1 2
check "changed flows" wait_for 20 same
now
ovs-appctl revalidator/purge
told "a flow goes" "gone .* packets=[1-9]"
now
ovs-vsctl add-port "$BR" i1 -- set interface i1 type=internal
check "an internal port" wait_for 5 test -e /sys/class/net/i1
ovs-ofctl add-flow "$BR" "priority=30,ip,in_port=v1,actions=output:i1"
ip netns exec pod1 ping -q -c 2 -i 0.1 -W 1 10.0.0.1 >/dev/null
told "flows to it" "dev=$(ifindex v1) recirc=0 out=$(ifindex i1) "
check "all as OVS says" wait_for 20 same
ip netns add other
check "its netns" ip link set i1 netns other
now
tell resync                             # Nobody notifies that.
told "a port elsewhere" "dev=$(ifindex v1) recirc=0 out=0 "
ip netns del other

# --- what the kernel does not notify -----------------------------------------
ovs-ofctl del-flows "$BR"
ovs-ofctl add-flow "$BR" "actions=normal"
check "pods ping" pod_ping 0 1 2
now
kill -9 "$(pid_of ovs-vswitchd)"
rm -f "$OVS_RUNDIR/ovs-vswitchd.pid"
check "ovs-vswitchd starts again" vswitchd_start 8>&-
told "its flush" "sweep [1-9]"
check "pods ping" pod_ping 0 1 2
check "all as OVS says" wait_for 20 same
check "many" pod_ping 1 2 2
kill -9 "$(pid_of ovs-vswitchd)"
rm -f "$OVS_RUNDIR/ovs-vswitchd.pid"
now
ovs-dpctl del-flows
tell refresh
told "another flush" "sweep [1-9]"
check "no flow is left" have_n 0

# --- flows of others, without ufid -------------------------------------------
now
key="in_port(2),eth(),eth_type(0x88b5)"
ovs-dpctl add-flow "$key" "sample(sample=50.0%,actions(3)),3"
told "what tc cannot do" "flow new .* miss=.action sample. "
ovs-dpctl mod-flow "$key" 3
told "a change" "flow same .* packets"
check "one flow" have_n 1
tell refresh
told "its counters" "refreshed flows=1 "
ovs-dpctl del-flow "$key"
told "it goes" "gone "
check "no flow" have_n 0

# --- many, and lost messages -------------------------------------------------
make_flows() {
    local i
    for ((i = 0; i < $1; i++)); do
        printf 'in_port(2),eth(dst=02:00:00:00:%02x:%02x),eth_type(0x88b5) 3\n' \
            $((i / 256)) $((i % 256))
    done
}
make_flows 20000 >/tmp/flows
tell quiet
kill -STOP "$pid"
ovs-dpctl add-flows /tmp/flows
kill -CONT "$pid"
check "20000 flows" wait_for 20 have_n 20000
now
tell refresh
told "their counters" "refreshed flows=20000"
tail -n "+$from" $out
now
tell resync
told "all anew" "sweep 0 of 20000"
tail -n "+$from" $out
watch_stop

watch_start --rcvbuf=4096
tell quiet
check "20000 flows" have_n 20000
kill -STOP "$pid"
sed 's/ 3$//' /tmp/flows | head -n 100 |
    while read -r flow; do ovs-dpctl del-flow "$flow"; done
kill -CONT "$pid"
check "100 less" wait_for 20 have_n 19900
now
tell status
told "it noticed" "status .*overflows=[1-9]"

# --- idle --------------------------------------------------------------------
before=$(for p in $pid $(pgrep offload-); do switches "$p"; done)
sleep 3
equal "wakeups in 3 s" "$before" \
    "$(for p in $pid $(pgrep offload-); do switches "$p"; done)"

# --- the datapath goes -------------------------------------------------------
ovs-dpctl del-dp ovs-system
check "a datapath goes" wait_for 20 have_n 0
watch_stop
