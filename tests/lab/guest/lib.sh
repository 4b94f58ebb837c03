# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Functions for guest scripts: . "$LAB/guest/lib.sh"
#
# Everything here runs as root in the guest, on a kernel that has nicsim.
# What has to wait, waits for a condition with a deadline.

NIC=${NIC:-0000:65:00.0}                # PCI address of the first PF.
PF=/sys/bus/pci/devices/$NIC
BR=${BR:-br-int}                        # The integration bridge.

# Programs built with another prefix find the same sockets.
export OVS_RUNDIR=/run/openvswitch OVS_DBDIR=/tmp/ovs OVS_LOGDIR="$LAB_OUT"

# --- reporting ---------------------------------------------------------------

# up TEXT...: a heading with the uptime
up() {
    local t
    read -r t _ </proc/uptime
    echo "--- t=$t $*"
}

# run COMMAND...: shows and runs it
run() {
    local rc=0
    echo "\$ $*"
    "$@" || rc=$?
    [ $rc = 0 ] || echo "[rc=$rc]"
    return $rc
}

pass() { echo "PASS $*"; }

# fail TEXT...: ends the script
fail() {
    echo "FAIL $*"
    exit 1
}

# check NAME COMMAND...: COMMAND must succeed, else the script ends
check() {
    local name=$1
    shift
    if "$@" >/tmp/check.out 2>&1; then
        pass "$name"
    else
        cat /tmp/check.out
        fail "$name"
    fi
}

# equal NAME WANT HAVE: must be the same, else the script ends
equal() {
    if [ "$2" = "$3" ]; then
        pass "$1 ($3)"
    else
        fail "$1: want '$2', have '$3'"
    fi
}

# centiseconds: stores the monotonic time into 'now'; no process, no wall clock
centiseconds() {
    read -r now _ </proc/uptime
    now=$((10#${now/./}))
}

# pause SECS: sleeps without a process, which the guest would take longer to
# start; nothing is ever written to that pipe
pause() { read -rt "$1" <>/tmp/never || true; }
[ -p /tmp/never ] || mkfifo /tmp/never

# wait_for SECS COMMAND...: until COMMAND succeeds; fails after SECS, or the
# LAB_SLOW times of that on the debug kernel
wait_for() {
    local now end
    centiseconds
    end=$((now + $1 * 100 * ${LAB_SLOW:-1}))
    shift
    until "$@" >/dev/null 2>&1; do
        centiseconds
        [ "$now" -lt "$end" ] || return 1
        pause 0.05
    done
}

# not COMMAND...: the opposite, for check and wait_for
not() { ! "$@"; }

# complaints: prints what the kernel complained about, fails if there is nothing
complaints() {
    dmesg | grep -E 'BUG:|WARNING:|Oops|Call Trace|unregister_netdevice|INFO: task|refcount|memory leak'
}
# no_complaint: the kernel must not have complained since boot
no_complaint() {
    if complaints; then
        fail "kernel complaint"
    fi
    pass "no kernel complaint"
}

# --- Open vSwitch ------------------------------------------------------------

# pid_of NAME: the process of a daemon, if it is alive
pid_of() {
    local pid
    pid=$(cat "$OVS_RUNDIR/$1.pid" 2>/dev/null) && [ -n "$pid" ] &&
        kill -0 "$pid" 2>/dev/null && echo "$pid"
}

# db_start: ovsdb-server with a fresh database
db_start() {
    mkdir -p "$OVS_DBDIR" "$OVS_RUNDIR"
    rm -f "$OVS_DBDIR"/conf.db "$OVS_DBDIR"/.conf.db*
    ovsdb-tool create "$OVS_DBDIR/conf.db" \
        /usr/share/openvswitch/vswitch.ovsschema || return
    db_run
}

# db_run: ovsdb-server with the database that is there
db_run() {
    ovsdb-server "$OVS_DBDIR/conf.db" --remote=punix:"$OVS_RUNDIR/db.sock" \
        --pidfile --detach --no-chdir \
        --log-file="$LAB_OUT/ovsdb-server.log" 2>/dev/null
}

# ovs_start [HW_OFFLOAD [TC_POLICY]]: a fresh database and ovs-vswitchd
ovs_start() {
    db_start || return
    ovs-vsctl --no-wait init -- set Open_vSwitch . \
        other_config:hw-offload="${1:-true}" \
        other_config:tc-policy="${2:-none}" || return
    vswitchd_start
}

# vswitchd_start: ovs-vswitchd on the database that is there
#
# It caches the number of cores for 10 s of monotonic time, starting with "0
# cores at time 0": started while that clock is below 10 s it runs 0 handler
# threads, and every upcall is lost.  The lab's kernel starts this clock at
# 100 s (kernel/monotonic.patch); with another kernel, wait.
vswitchd_start() {
    local now
    centiseconds
    [ "$now" -ge 1000 ] || sleep $((11 - now / 100))
    ovs-vswitchd unix:"$OVS_RUNDIR/db.sock" --pidfile --detach --no-chdir \
        --log-file="$LAB_OUT/ovs-vswitchd.log" 2>/dev/null
}

# ovs_stop: both daemons, the datapath and the TC filters are gone
ovs_stop() {
    local name
    ovs-appctl exit --cleanup
    ovs-appctl -t ovsdb-server exit
    for name in ovs-vswitchd ovsdb-server; do
        wait_for 5 not pid_of $name || return
    done
}

bridge_add() {
    ovs-vsctl --may-exist add-br "$BR" -- \
        set bridge "$BR" datapath_type=system && ip link set "$BR" up
}

# flows_last: flows that are not used stay for ten minutes, not for ten seconds,
# for tests that look at them with programs that take their time
flows_last() { ovs-vsctl set Open_vSwitch . other_config:max-idle=600000; }

# flows TYPE: dpctl/dump-flows of that type, with names of ports
flows() { ovs-appctl dpctl/dump-flows --names "type=$1"; }

# counted PORT: "PACKETS BYTES" of the offloaded IPv4 flows from PORT; packets
# that software forwards count 14 bytes less each
counted() {
    flows offloaded | awk -v port="in_port($1)" '
        function value(name) {
            match($0, name ":[0-9]+")
            return substr($0, RSTART + length(name) + 1, RLENGTH)
        }
        index($0, port) && /eth_type\(0x0800\)/ {
            packets += value("packets")
            bytes += value("bytes")
        }
        END { print packets + 0, bytes + 0 }'
}

# --- ovs-offload-controller --------------------------------------------------

# jq compiles its library each time that it starts, for which the guest takes
# nine times as long as for all of gojq.
if type -P gojq >/dev/null; then
    jq() { gojq "$@"; }
fi

# daemon_start [ARG...]: starts ovs-offload-controller
daemon_start() {
    ovs-offload-controller --detach --pidfile --no-chdir \
        --log-file="$LAB_OUT/ovs-offload-controller.log" "$@"
}

# ooc COMMAND [ARG...]: one of its commands
ooc() { ovs-appctl -t ovs-offload-controller "$@"; }

# ooc_jq COMMAND [ARG...] QUERY: jq on what one of its commands says; fails if
# the command does, or if the result is false.  (jq 1.6 takes no input at all
# for a success.)  What each command said last is kept for "run", which compares
# it with the reference of JSON.
ooc_jq() {
    local json args="${*:1:$#-1}"
    json=$(ooc "${@:1:$#-1}" --format=json) || return
    [ -d "$LAB_OUT/json" ] || mkdir -p "$LAB_OUT/json"
    args=${args//\//-}
    printf '%s\n' "$json" >"$LAB_OUT/json/${args/ /.}"
    jq -rce "${*: -1}" <<<"$json"
}

# daemon_stop [--cleanup]
daemon_stop() {
    ooc exit "$@" && wait_for 5 not pid_of ovs-offload-controller
}

# --- the NIC -----------------------------------------------------------------

# nic_up N [PARAM=VALUE...]: nicsim with N VFs in switchdev mode, hw-tc-offload
# on, virtio_vdpa as the only vDPA bus driver (so new vDPA devices get a netdev)
nic_up() {
    local n=$1
    shift
    [ -e "$PF" ] || modprobe nicsim hw_tc=1 "$@" || return
    modprobe virtio_vdpa
    echo "$n" >"$PF/sriov_numvfs" &&
        devlink dev eswitch set "pci/$NIC" mode switchdev
}

# pf_addr I: PCI address of PF I
pf_addr() { printf '%s:%02x.0' "${NIC%:*}" $(($1 * 8)); }

# port_of NAME [SWITCH_ID]: the netdev with that phys_port_name
port_of() {
    local d name
    for d in /sys/class/net/*; do
        # Without a name of that kind, reading fails.
        { read -r name <"$d/phys_port_name"; } 2>/dev/null || continue
        [ "$name" = "$1" ] || continue
        [ -z "${2:-}" ] || [ "$(switch_id "${d##*/}")" = "$2" ] || continue
        echo "${d##*/}"
        return 0
    done
    return 1
}

# rep_of VF [PF_NUMBER]: that VF's representor
rep_of() { port_of "pf${2:-0}vf$1"; }

# switch_id NETDEV
switch_id() { cat "/sys/class/net/$1/phys_switch_id" 2>/dev/null; }

# vf_addr VF: PCI address of the VF
vf_addr() { basename "$(readlink -f "$PF/virtfn$1")"; }

# vf_netdev VF: the netdev of the VF's own driver
vf_netdev() {
    local d
    for d in "$PF/virtfn$1"/net/*; do
        [ -e "$d" ] && echo "${d##*/}" && return
    done
    return 1
}

mac_of() { printf '02:00:00:00:00:%02x' $(($1 + 1)); }

# rep_add VF: renames the VF's representor to repVF, brings it up
rep_add() {
    local rep
    rep=$(rep_of "$1") || return
    [ "$rep" = "rep$1" ] || ip link set "$rep" name "rep$1" || return
    ip link set "rep$1" up
}

# vdpa_add VF [ARG...]: vDPA device vdpaVF on that VF
vdpa_add() {
    local i=$1
    shift
    vdpa dev add name "vdpa$i" mgmtdev "pci/$(vf_addr "$i")" \
        mac "$(mac_of "$i")" "$@"
}

# vdpa_netdev VF: the virtio netdev.  Its device is a sibling of vdpaVF under
# the VF's PCI device, not a child of vdpaVF.
vdpa_netdev() {
    local d
    for d in "$PF/virtfn$1"/virtio*/net/*; do
        [ -e "$d" ] && echo "${d##*/}" && return
    done
    return 1
}

# --- a bond of two PFs' uplinks ----------------------------------------------

# bond_add: bond0 of the uplinks p0 and p1, of which p0 is active.  Both wires
# (wire_peer=1) end in a bridge br0 of netns "far", with the address 10.0.0.9.
bond_add() {
    local i
    ip link add bond0 type bond mode active-backup &&
        ip netns add far &&
        ip netns exec far sysctl -qw net.ipv6.conf.default.disable_ipv6=1 &&
        ip -n far link add br0 type bridge && ip -n far link set br0 up &&
        ip -n far addr add 10.0.0.9/24 dev br0 || return
    for i in 0 1; do
        ip link set "$(port_of p$i)" name p$i &&
            ip link set p$i master bond0 && ip link set p$i up &&
            ip link set wire$i netns far &&
            ip -n far link set wire$i master br0 &&
            ip -n far link set wire$i up || return
    done
    ip link set bond0 up &&
        echo p0 >/sys/class/net/bond0/bonding/active_slave
}

# block_of NETDEV: number of the ingress block that it shares
block_of() {
    tc qdisc show dev "$1" ingress |
        sed -n 's/.*ingress_block \([0-9][0-9]*\).*/\1/p'
}
bond_shares() {
    [ -n "$(block_of p0)" ] && [ "$(block_of p0)" = "$(block_of p1)" ]
}

# bond_port: bond0 in $BR, its members on one block
bond_port() {
    local i
    ovs-vsctl add-port "$BR" bond0 || return
    # Open vSwitch looks at a member when it hears of it.
    for i in 0 1; do
        ip link set p$i alias "member $i"
    done
    wait_for 10 bond_shares
}

# --- pods --------------------------------------------------------------------

# host_add NETNS NETDEV ADDRESS/LENGTH: NETDEV as eth0 of a new network
# namespace.  No IPv6: router solicitations would add flows of their own.
host_add() {
    ip netns add "$1" || return
    ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
        net.ipv6.conf.default.disable_ipv6=1
    ip link set "$2" netns "$1" name eth0 &&
        ip -n "$1" addr add "$3" dev eth0 &&
        ip -n "$1" link set eth0 up
}

# pod_add I: VF I as a pod's interface: vdpaI, repI in $BR, eth0 in netns podI
pod_add() {
    local i=$1
    [ -e "/sys/bus/vdpa/devices/vdpa$i" ] || vdpa_add "$i" || return
    rep_add "$i" || return
    ovs-vsctl --may-exist add-port "$BR" "rep$i" -- set interface "rep$i" \
        external_ids:iface-id="default_pod$i" \
        external_ids:attached-mac="$(mac_of "$i")" || return
    wait_for 5 vdpa_netdev "$i" || return
    host_add "pod$i" "$(vdpa_netdev "$i")" "10.0.0.$((i + 1))/24"
}

pod_del() { ip netns del "pod$1"; }

# pod_ping I J COUNT: from pod I to pod J
pod_ping() {
    ip netns exec "pod$1" ping -q -c "$3" -i 0.1 -W 2 "10.0.0.$(($2 + 1))"
}

# tcp_server NETNS PORT: says what it is told
tcp_server() { ip netns exec "$1" busybox nc -ll -p "$2" -e cat & }

# tcp_open NETNS ADDRESS PORT: a connection to such a server, that stays until
# tcp_close; one at a time
tcp_open() {
    coproc tcp {
        # shellcheck disable=SC2016 # The other shell expands it.
        ip netns exec "$1" bash -c '
            exec 3<>"/dev/tcp/$1/$2" || exit
            while read -r n; do
                for ((i = 0; i < n; i++)); do
                    echo "$i" >&3 && read -r -t 20 line <&3 &&
                        [ "$line" = "$i" ] || exit
                done
                echo "$n"
            done' tcp "${@:2}"
    }
}

# tcp_talk N: N lines go over it and come back, one at a time
tcp_talk() {
    local answer
    echo "$1" >&"${tcp[1]}"
    read -r -t 60 answer <&"${tcp[0]}" && [ "$answer" = "$1" ]
}

tcp_close() {
    # shellcheck disable=SC2154 # "coproc" sets it.
    local pid=$tcp_PID
    kill "$pid"
    wait "$pid"
    return 0
}

# tcp_in_hardware ZONE: there is a connection that the NIC has
tcp_in_hardware() {
    grep -q "tcp .*HW_OFFLOAD.*zone=$1 " /proc/net/nf_conntrack
}
