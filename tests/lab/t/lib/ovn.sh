# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A node of OVN-Kubernetes, and a second one behind the wire:
#
#     . "$LAB/t/lib/ovn.sh"
#
# Here, in the guest's own namespace: the databases of OVN, ovn-northd, Open
# vSwitch with offload, ovn-controller as chassis "near", and the uplink p0 on
# br-ex, with the address of the tunnels.  In the namespace "far" at the other
# end of the wire: Open vSwitch without offload and ovn-controller as chassis
# "far", with daemons, database and datapath of their own.
# shellcheck source=daemon.sh
. "$LAB/t/lib/daemon.sh"

# What is below /tmp goes after the test.
export OVN_RUNDIR=/tmp/ovn OVN_DBDIR=/tmp/ovn OVN_LOGDIR=$LAB_OUT
export OVN_NB_DB=unix:$OVN_RUNDIR/nb.sock OVN_SB_DB=unix:$OVN_RUNDIR/sb.sock

NEAR_IP=192.168.9.1             # The ends of the tunnels.
FAR_IP=192.168.9.2

# --- daemons -----------------------------------------------------------------

# ovn_db_start NAME SCHEMA: a database and its server.  Open vSwitch of another
# release does not see the host's files, but what is in /tmp.
ovn_db_start() {
    cp "/usr/share/ovn/$2.ovsschema" "$OVN_DBDIR/" &&
        ovsdb-tool create "$OVN_DBDIR/$1.db" "$OVN_DBDIR/$2.ovsschema" &&
        ovsdb-server "$OVN_DBDIR/$1.db" \
            --remote=punix:"$OVN_RUNDIR/$1.sock" \
            --unixctl="$OVN_RUNDIR/$1.ctl" --pidfile="$OVN_RUNDIR/$1.pid" \
            --detach --no-chdir -vconsole:off --log-file="$LAB_OUT/ovn-$1.log"
}

# ovn_central: the northbound and the southbound database, and ovn-northd
ovn_central() {
    mkdir -p "$OVN_RUNDIR" &&
        ovn_db_start nb ovn-nb && ovn_db_start sb ovn-sb &&
        ovn-northd --pidfile --detach --no-chdir -vconsole:off \
            --log-file="$LAB_OUT/ovn-northd.log"
}

# ovn_chassis NAME ADDRESS: ovn-controller for the Open vSwitch in OVS_RUNDIR
ovn_chassis() {
    ovs-vsctl --no-wait set Open_vSwitch . \
        external_ids:system-id="$1" external_ids:hostname="$1" \
        external_ids:ovn-remote="\"$OVN_SB_DB\"" \
        external_ids:ovn-encap-type=geneve external_ids:ovn-encap-ip="$2" -- \
        set bridge "$BR" fail-mode=secure &&
        ovn-controller "unix:$OVS_RUNDIR/db.sock" --pidfile --detach \
            --no-chdir -vconsole:off --log-file="$LAB_OUT/ovn-controller.log"
}

# far COMMAND...: with what is at the far end of the wire.  COMMAND may be one of
# these functions.
far() {
    # shellcheck disable=SC2016 # The other shell expands it.
    ip netns exec far bash -c '
        . "$LAB/t/lib/ovn.sh"
        export OVS_RUNDIR=/tmp/far OVS_DBDIR=/tmp/far LAB_OUT=$LAB_OUT/far
        export OVN_RUNDIR=/tmp/far OVS_LOGDIR=$LAB_OUT OVN_LOGDIR=$LAB_OUT
        mkdir -p "$LAB_OUT"
        "$@"' far "$@"
}

# --- the underlay ------------------------------------------------------------

# quiet NETDEV: it has no IPv6, so sends nothing of its own accord
quiet() { sysctl -qw "net.ipv6.conf.$1.disable_ipv6=1"; }

# uplink_up: p0 on br-ex, whose address is the near end of the tunnels
uplink_up() {
    rename "$(port_of p0)" p0
    ovs-vsctl add-br br-ex -- set bridge br-ex datapath_type=system -- \
        add-port br-ex p0 && quiet br-ex && quiet "$BR" &&
        ip addr add "$NEAR_IP/24" dev br-ex && ip link set br-ex up
}

# far_up: the namespace at the other end of the wire, with its address
far_up() { host_add far wire0 "$FAR_IP/24"; }

# --- pods --------------------------------------------------------------------

# pod_plug VF NAME: pod NAME of namespace "ns" on vDPA device and representor of
# the VF, with the row as ovn-kubernetes writes it, and a network namespace NAME
pod_plug() {
    local i=$1 name=$2
    vdpa_add "$i" && ip link set "rep$i" up &&
        ovs-vsctl --no-wait --may-exist add-port "$BR" "rep$i" \
            other_config:transient=true -- set interface "rep$i" \
            external_ids:attached_mac="\"$(mac_of "$i")\"" \
            external_ids:iface-id="ns_$name" \
            external_ids:iface-id-ver="uid-$name" \
            external_ids:ip_addresses="10.0.0.$((i + 1))/24" \
            external_ids:sandbox="sandbox-$name" \
            external_ids:pod-if-name=eth0 &&
        wait_for 10 vdpa_netdev "$i" &&
        host_add "$name" "$(vdpa_netdev "$i")" "10.0.0.$((i + 1))/24"
}

# far_plug I NAME: a pod of the far chassis, on a veth pair
#
# Network namespaces are made here: what "ip netns exec" mounts there is gone
# with it.
far_plug() {
    local i=$1 name=$2
    ip link add "veth$i" netns far type veth peer name "peer$i" \
        address "$(mac_of "$i")" &&
        ip -n far link set "veth$i" up &&
        far ovs-vsctl --no-wait add-port "$BR" "veth$i" -- \
            set interface "veth$i" external_ids:iface-id="ns_$name" \
            external_ids:attached_mac="\"$(mac_of "$i")\"" &&
        host_add "$name" "peer$i" "10.0.0.$((i + 1))/24"
}

# lport I NAME: what ovn-kubernetes writes to the northbound database, on
# logical switch "node"
lport() {
    ovn-nbctl lsp-add node "ns_$2" -- lsp-set-addresses "ns_$2" \
        "$(mac_of "$1") 10.0.0.$(($1 + 1))"
}

# installed NAME...: ovn-controller has the flows of these pods
installed() {
    local name
    for name; do
        ovs-vsctl --no-wait --bare --columns=external_ids find interface \
            "external_ids:iface-id=ns_$name" |
            grep -q 'ovn-installed=true' || return
    done
}

# zone NAME: the conntrack zone of a pod here
zone() {
    ovs-vsctl --no-wait get bridge "$BR" "external_ids:ct-zone-ns_$1" |
        tr -d '"'
}

# --- traffic -----------------------------------------------------------------

# ping_pod NAME ADDRESS COUNT: from a pod
ping_pod() { ip netns exec "$1" ping -q -c "$3" -i 0.1 -W 2 "$2"; }

# talk NAME ADDRESS PORT N: N lines over a connection from a pod and back
talk() {
    local rc=0
    tcp_open "${@:1:3}"
    tcp_talk "$4" || rc=1
    tcp_close
    return $rc
}
