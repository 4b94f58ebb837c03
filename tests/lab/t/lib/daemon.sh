# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the tests in tests/lab/t stand on, beside guest/lib.sh:
#
#     . "$LAB/t/lib/daemon.sh"
#
# A test file boots once and runs several themes, each a function:
#
#     theme NAME...
#
# The environment variable ONLY, if set, names the themes to run.  A theme
# starts without a daemon, without keys of ours in the database and without
# ports on any bridge but what it makes itself ("reset").
#
# The daemon is a child of the script, so that its exit status is seen.  After
# each of its lives its log must have no error, and the sanitizers must have
# written nothing.
# shellcheck source=../../guest/lib.sh
. "$LAB/guest/lib.sh"

program=ovs-offload-controller  # To run, if not what is in PATH.
log=$LAB_OUT/ovs-offload-controller.log
db=unix:$OVS_RUNDIR/db.sock

export ASAN_OPTIONS=log_path=$LAB_OUT/asan:detect_leaks=1
export UBSAN_OPTIONS=log_path=$LAB_OUT/ubsan:print_stacktrace=1
export OVS_VSCTL_TIMEOUT=20

# --- themes ------------------------------------------------------------------

theme() {
    local name
    for name; do
        if [[ -z ${ONLY:-} || " $ONLY " == *" $name "* ]]; then
            up "$name"
            "$name"
        fi
    done
}

# finish: the end of a test file
finish() {
    # shellcheck disable=SC2119
    [ -z "$ctl" ] || ctl_stop
    no_complaint
}

# same NAME WANT HAVE: as "equal", for long texts
same() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | sed -n 1,20p
        fail "$1"
    fi
}

# eventually NAME SECS COMMAND...: must succeed within SECS
eventually() {
    local name=$1
    shift
    if wait_for "$@"; then
        pass "$name"
    else
        echo "--- at the end of waiting:"
        shift
        "$@"
        [ -z "${ctl:-}" ] || ooc port/list
        fail "$name"
    fi
}

# --- the daemon --------------------------------------------------------------

ctl=                            # Its process, or empty.
ctl_state=/tmp/ctl-state        # What survives it.

# ctl_start [ARG...]
ctl_start() {
    mkdir -p $ctl_state
    "$program" -vconsole:off --no-chdir --pidfile \
        --log-file="$log" --state-dir=$ctl_state "$@" \
        </dev/null >>"$LAB_OUT/daemon.out" 2>&1 &
    ctl=$!
    wait_for 20 ooc version || fail "the daemon does not start"
}

# log_clean: no errors in the log, nothing from the sanitizers
log_clean() {
    local f
    if grep -E '\|(ERR|EMER)\|' "$log"; then
        fail "errors in the daemon's log"
    fi
    for f in "$LAB_OUT"/asan.* "$LAB_OUT"/ubsan.*; do
        [ ! -e "$f" ] || { cat "$f"; fail "the sanitizers complain"; }
    done
}

# ctl_ended: its exit status must be 0 and its log clean; nothing is left of it
ctl_ended() {
    local status=0
    wait "$ctl" || status=$?
    ctl=
    [ "$status" = 0 ] || fail "the daemon's exit status is $status"
    log_clean
    wait_for 5 not pgrep -x ovs-offload-con || fail "a process is left"
}

# drops: messages that the kernel could not put into the daemon's sockets of
# rtnetlink
drops() {
    find "/proc/$ctl/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n' |
        awk 'NR == FNR { ours[$1]; next }
             $2 == 0 && $10 in ours { n += $9 }
             END { print n + 0 }' - /proc/net/netlink
}

# ctl_stop [--cleanup]
# shellcheck disable=SC2120
ctl_stop() {
    ooc exit "$@" || fail "exit $*"
    ctl_ended
}

# ctl_kill: SIGKILL; its helpers end by themselves
ctl_kill() {
    kill -9 "$ctl"
    wait "$ctl" 2>/dev/null
    ctl=
    wait_for 5 not pgrep -x ovs-offload-con || fail "a helper outlives it"
}

# port NAME QUERY: jq on the object of a port; fails if the result is false
port() { ooc_jq port/show "$1" "$2"; }

# ports QUERY: jq on the array of all ports
ports() { ooc_jq port/list "$1"; }

# ports_are N QUERY: N ports fulfil QUERY
ports_are() { [ "$(ports "[.[] | select($2)] | length")" = "$1" ]; }

status() { ooc_jq status "$1"; }

# settled: all sources and the database are read, nothing is under way, and
# nothing was decided for a while
settled() {
    local before
    before=$(rounds_in_sync) || return
    pause 0.3
    [ "$before" = "$(rounds_in_sync)" ]
}

rounds_in_sync() {
    status 'select(([.sources[].state] | all(. != "syncing")) and
                   .ovsdb.synced and (.ovsdb.in_flight | not)) | .rounds'
}

# settle: waits for that
settle() { wait_for 30 settled || { ooc status; fail "does not settle"; }; }

# --- the database ------------------------------------------------------------

# db_up: ovsdb-server, ovs-vswitchd that writes no statistics, the bridge
db_up() {
    ovs_start "$@" &&
        ovs-vsctl --no-wait set Open_vSwitch . \
            other_config:stats-update-interval=3600000 \
            external_ids:system-id=lab external_ids:hostname=lab &&
        bridge_add
}

# ids KEY=VALUE...: in Open_vSwitch external_ids
ids() { ovs-vsctl --no-wait set Open_vSwitch . "${@/#/external_ids:}"; }

# ids_rm KEY...
ids_rm() { ovs-vsctl --no-wait remove Open_vSwitch . external_ids "$@"; }

# request NAME VALUE, request_rm NAME
request() {
    ovs-vsctl --no-wait set Open_vSwitch . \
        "external_ids:\"offload-port-$1\"=\"$2\""
}
request_rm() {
    ovs-vsctl --no-wait remove Open_vSwitch . external_ids \
        "\"offload-port-$1\""
}

# foreign_add NETDEV IFACE_ID [BRIDGE [KEY=VALUE...]]: a row as someone else
# makes it
foreign_add() {
    local dev=$1 id=$2 bridge=${3:-$BR}
    shift $(($# < 3 ? $# : 3))
    ovs-vsctl --no-wait add-port "$bridge" "$dev" -- set interface "$dev" \
        external_ids:iface-id="$id" "${@/#/external_ids:}"
}

# k8s_add NETDEV POD: a row as ovn-kubernetes makes it
k8s_add() {
    ovs-vsctl --no-wait --may-exist add-port "$BR" "$1" \
        other_config:transient=true -- set interface "$1" \
        external_ids:attached_mac=0a:58:0a:f4:00:05 \
        external_ids:iface-id="ns_$2" external_ids:iface-id-ver="uid-$2" \
        external_ids:sandbox="sandbox-$2" \
        external_ids:ip_addresses=10.244.0.5/24
}

# row NETDEV: "own", "foreign" or nothing
row() {
    local mark
    mark=$(ovs-vsctl --no-wait get interface "$1" \
           external_ids:offload-owner 2>&1)
    case $mark in
    *"no row"*) ;;
    ovs-offload-controller) echo own ;;
    *) echo foreign ;;
    esac
}

# own_rows: names of the Interfaces that have our mark, sorted
own_rows() {
    ovs-vsctl --no-wait --bare --columns=name find interface \
        external_ids:offload-owner=ovs-offload-controller | sed '/^$/d' | sort
}

# key NETDEV KEY: of an Interface's external_ids
key() {
    ovs-vsctl --no-wait --if-exists get interface "$1" "external_ids:\"$2\"" |
        sed 's/^"\(.*\)"$/\1/'
}

# transactions: of each of the daemon's transactions the line "transaction",
# then a line for each row that it wrote, as "Interface row "rep0" (...) diff:"
transactions() {
    ovsdb-tool -mm show-log "$OVS_DBDIR/conf.db" | awk '
        /^record / {
            ours = /"ovs-offload-controller: /
            if (ours)
                print "transaction"
            next
        }
        ours && sub(/^  table /, "")'
}

# writes: how many transactions of the daemon changed the database
writes() {
    ovsdb-tool show-log "$OVS_DBDIR/conf.db" |
        grep -c '^record .*"ovs-offload-controller: '
}

# foreign: the whole database less what is ours, what ovs-vswitchd writes
# about the state of things, and the keys by which we are configured
foreign() {
    ovsdb-client --format=json dump "$db" Open_vSwitch | jq -cS '
        (.caption | split(" ")[0]) as $table |
        .headings as $h |
        [.data[] | [$h, .] | transpose | map({(.[0]): .[1]}) | add] |
        {($table): .}' | jq -cS --slurp '
        def set: (if .[0] == "set" then .[1] else [.] end) | sort;
        def ours: (.external_ids // ["map", []])[1] |
            any(.[0] == "offload-owner");
        add |
        [.Port[] | select(ours) | ._uuid] as $ports |
        .Port |= map(select(ours | not) |
                     del(.statistics, .status, .rstp_statistics,
                         .rstp_status, .bond_active_slave)) |
        .Interface |= map(select(ours | not) |
                     del(.statistics, .status, .link_speed, .link_state,
                         .link_resets, .duplex, .mtu, .mac_in_use,
                         .admin_state, .ifindex, .ofport, .error,
                         .lacp_current, .bfd_status)) |
        .Bridge |= map(.ports |= (set - $ports) |
                       del(.status, .rstp_status, .datapath_id)) |
        .Open_vSwitch |= map(
            del(.cur_cfg, .next_cfg, .statistics, .datapaths) |
            .external_ids[1] |= map(select(.[0] |
                                           startswith("offload-") | not))) |
        del(.Datapath) |
        to_entries[] | .key as $table | .value | sort_by(._uuid) | .[] |
        {($table): .}'
}

# --- the lab -----------------------------------------------------------------

# reset: no daemon and nothing of what it kept, no keys of ours, no ports but the
# bridge's own, all links down, offload off
reset() {
    local p
    # shellcheck disable=SC2119
    [ -z "$ctl" ] || ctl_stop
    rm -rf $ctl_state
    ovs-vsctl --no-wait clear Open_vSwitch . external_ids -- \
        --all destroy QoS
    for p in $(ovs-vsctl --no-wait list-ports "$BR"); do
        ovs-vsctl --no-wait del-port "$BR" "$p"
    done
    ovs-vsctl set Open_vSwitch . other_config:hw-offload=true
}

# rename OLD NEW: a netdev that may be up, which has to be down for that
rename() {
    printf 'link set %s\n' "$1 down" "$1 name $2" "$2 up" | ip -batch -
}

# reps_add N: the representors of VFs 0 to N - 1 are called rep0...
reps_add() {
    local d name n
    for d in /sys/class/net/*; do
        { read -r name <"$d/phys_port_name"; } 2>/dev/null || continue
        [[ $name =~ ^pf0vf([0-9]+)$ ]] || continue
        n=${BASH_REMATCH[1]}
        [ "$n" -lt "$1" ] || continue
        [ "${d##*/}" = "rep$n" ] || rename "${d##*/}" "rep$n" || return
    done
}

# offload NETDEV: "on" or "off" as the kernel has it
offload() {
    ethtool -k "$1" 2>/dev/null | sed -n 's/^hw-tc-offload: \(on\|off\).*/\1/p'
}

# offload_all: "NETDEV on|off" of all netdevs
offload_all() {
    ethtool -k '*' 2>/dev/null |
        awk '/^Features for / { sub(/:$/, "", $3); dev = $3 }
             /^hw-tc-offload:/ { print dev, $2 }'
}

# link_up NETDEV: has it IFF_UP?
link_up() { [[ $(cat "/sys/class/net/$1/flags") =~ [13579bdf]$ ]]; }
