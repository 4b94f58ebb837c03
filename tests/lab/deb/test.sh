# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The package's life on a Debian with systemd, beside its Open vSwitch: install,
# work under all that the unit forbids, upgrade, purge.
#
# $LAB_OUT/packages has old.deb, new.deb and "service", the package's own test.
. "$LAB/guest/lib.sh"
unset OVS_DBDIR OVS_LOGDIR              # The distribution's own.
export DEBIAN_FRONTEND=noninteractive
packages=$LAB_OUT/packages
unit=ovs-offload-controller.service
conf=/etc/openvswitch/conf.db

property() { systemctl show -P "$1" $unit; }
active() { [ "$(property ActiveState)" = active ]; }
install() { apt-get install -y --no-install-recommends "$1"; }

# of QUERY COMMAND...: what jq makes of a command's answer
of() { ovs-offload "${@:2}" --format=json | jq -re "$1"; }
attached() { of '.state == "attached"' port show vdpa0; }
known() { of '[.sources[] | .state] | any(. == "syncing") | not' status; }
wrote() { of .ovsdb.commits status; }
ids() { ovs-vsctl set Open_vSwitch . "$@"; }

# what must not change when the service is restarted: the port, and what the
# database has on the disk
ofport() { ovs-vsctl get Interface "$rep" ofport; }
flaps() { cat "/sys/class/net/$rep/carrier_changes"; }
written() { sha256sum <"$conf"; }

# --- a fresh service ---------------------------------------------------------

up "install"
check "NIC with two PFs" nic_up 2 num_pfs=2
modprobe vhost_vdpa
check "Open vSwitch runs" systemctl is-active openvswitch-switch.service
ids other_config:hw-offload=true
check "Open vSwitch restarts" systemctl restart openvswitch-switch.service
check "bridge" bridge_add
before=$(written)
check "the older version is installed" install "$packages/old.deb"
dpkg -L ovs-offload-controller >"$LAB_OUT/files"
check "the service is active" active
check "it is enabled" systemctl is-enabled $unit
equal "systemd-analyze verify" "" \
    "$(systemd-analyze verify --man=no $unit 2>&1 | grep offload)"
check "the package's own test" sh "$packages/service"
equal "transactions" 0 "$(wrote)"
equal "the database is as before" "$before" "$(written)"

pid=$(property MainPID)
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"; }
equal "user of its helpers, too" ovs-offload "$(
    ps -o user:20= --ppid "$pid" -p "$pid" | sort -u)"
# CAP_DAC_OVERRIDE is bit 1, CAP_NET_ADMIN bit 12.
equal "capabilities" "0000000000001002 0000000000001002" \
    "$(status CapEff) $(status CapBnd)"
equal "seccomp filter, no new privileges" "2 1" \
    "$(status Seccomp) $(status NoNewPrivs)"
security=$(systemd-analyze security --no-pager $unit | tail -n 1)
echo "$security"
check "exposure of at most 2.0" \
    systemd-analyze security --no-pager --threshold=20 $unit

# --- at work ---------------------------------------------------------------------

up "own"
ids external_ids:offload-mode=own
check "a vDPA device is made" ovs-offload vdpa add vdpa0 \
    "mgmtdev=pci/$(vf_addr 0)" mac=02:00:00:00:00:01
check "it is bound to another driver" ovs-offload vdpa bind vdpa0 vhost_vdpa
check "and back" ovs-offload vdpa bind vdpa0 virtio_vdpa
check "a request" ovs-offload port attach vdpa0 iface-id=shop_web-0
check "the port is attached" wait_for 120 attached
rep=$(of .representor port show vdpa0)
check "it is paired, offload is on" \
    of '.pair == "paired" and .offload == "on"' port show vdpa0

second=$(pf_addr 1)
check "a policy for the other PF" ovs-offload policy set other \
    "numVfs=2,eSwitchMode=switchdev,vdpaType=virtio,rootDevices=$second"
applied() { of '[.[] | .state] == ["applied"]' policy list; }
check "it is applied" wait_for 120 applied
equal "VFs" 2 "$(cat "/sys/bus/pci/devices/$second/sriov_numvfs")"
check "its record" ls /var/lib/ovs-offload/pf-*.json

ids external_ids:offload-vdpa-socket=/run/ovs-offload/vdpa.sock \
    external_ids:offload-devinfo-dir=/run/ovs-offload/devinfo \
    external_ids:offload-devinfo=true
listening() { of '.vdpa_rpc.state == "listening"' status; }
check "the socket for CNI plugins" wait_for 120 listening
devinfo() { ls /run/ovs-offload/devinfo/dp/*; }
check "device-info files" wait_for 120 devinfo
healthy() {
    exec 3<>/dev/tcp/127.0.0.1/9475 &&
        printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3 && grep -q ' 200 ' <&3
}
ids external_ids:offload-metrics='"127.0.0.1:9475"'
check "metrics and health by TCP" wait_for 120 healthy
ids external_ids:offload-metrics=unix:/run/ovs-offload/metrics.sock
check "and at a socket" wait_for 120 test -S /run/ovs-offload/metrics.sock
complete() { of '.state == "complete"' flow report; }
check "flows are reported" wait_for 120 complete
echo 'recirc_id(0),in_port(2),eth(),eth_type(0x0800),ipv4(frag=no), packets:1, bytes:98, used:0.1s, actions:3' >/tmp/flows
check "it reads a file in /tmp" ovs-offload flow parse /tmp/flows
check "reasons" of '.[0].verdict' explain vdpa0

up "restart of Open vSwitch"
check "Open vSwitch restarts" systemctl restart openvswitch-switch.service
again() { of .ovsdb.connected status && attached && [ "$(ofport)" -gt 0 ]; }
check "the port is attached again" wait_for 120 again
equal "the same process" "$pid" "$(property MainPID)"

up "rotation of the log"
log=/var/log/ovs-offload/ovs-offload-controller.log
check "logrotate" logrotate -f -s /tmp/logrotate /etc/logrotate.d/ovs-offload-controller
check "the old log" test -s $log.1
reopened() { test -s $log; }
ovs-offload recompute
check "the new log" wait_for 120 reopened

# --- upgrade -----------------------------------------------------------------------

up "upgrade"
settled() { known && attached; }
check "all is quiet" wait_for 120 settled
before="$(ofport) $(flaps) $(written)"
check "the newer version is installed" install "$packages/new.deb"
check "the service is active" active
check "all is quiet again" wait_for 120 settled
check "it is another process" test "$(property MainPID)" != "$pid"
equal "no port flapped, and nothing was written" "$before" \
    "$(ofport) $(flaps) $(written)"
equal "transactions" 0 "$(wrote)"
pid=$(property MainPID)

up "who has a device open"
ovs-offload vdpa add vdpa1 "mgmtdev=pci/$(vf_addr 1)" || fail "add vdpa1"
vhost=$(of .vhost_device vdpa bind vdpa1 vhost_vdpa) || fail "bind vdpa1"
sleep infinity 7<>"$vhost" &
holder=$!
check "it is open" wait_for 20 test -e "/proc/$holder/fd/7"
# busy: what the answer is to who wants to take the device away
busy() { ovs-offload vdpa unbind vdpa1 2>&1 | sed -n 's/.*busy: //p'; }
equal "who is not known, and why" "$vhost is open, unknown holder: no process\
 that can be seen has it (without CAP_SYS_PTRACE those of other users cannot\
 be)" "$(busy)"

# With what the manual says to add for that.
mkdir -p /run/systemd/system/$unit.d
cat >/run/systemd/system/$unit.d/test.conf <<'END'
[Service]
AmbientCapabilities=CAP_SYS_PTRACE
CapabilityBoundingSet=CAP_SYS_PTRACE
ProtectProc=default
WatchdogSec=10
END
systemctl daemon-reload
check "restart" systemctl restart $unit
pid=$(property MainPID)
equal "it is named" "$vhost is open in process $holder (sleep) of user 0" \
    "$(busy)"
equal "under the filter" "2 1" "$(status Seccomp) $(status NoNewPrivs)"
kill "$holder"
unbound() { ovs-offload vdpa unbind vdpa1; }
check "it is closed" wait_for 60 unbound

up "watchdog"
signs=$(property WatchdogTimestampMonotonic)
sign() { [ "$(property WatchdogTimestampMonotonic)" -gt "$signs" ]; }
check "signs of life" wait_for 120 sign
kill -STOP "$pid"
replaced() { [ "$(property NRestarts)" -ge 1 ] && active; }
check "a daemon that hangs is replaced" wait_for 120 replaced
check "by another process" test "$(property MainPID)" != "$pid"
rm -r /run/systemd/system/$unit.d
systemctl daemon-reload

# What the unit forbids and something wanted to do would be told there.
cat $log.1 $log >"$LAB_OUT/log"
denied='Operation not permitted|Permission denied|Read-only file|Function not'
if grep -E "$denied|\|(ERR|EMER)\|" "$LAB_OUT/log"; then
    fail "something was denied"
fi
pass "nothing was denied"

# --- purge -----------------------------------------------------------------------

up "purge"
before="$(ofport) $(flaps)"
check "the package is purged" apt-get purge -y ovs-offload-controller
equal "the port is there" "$before" "$(ofport) $(flaps)"
left=$(find / -xdev \( -path /proc -o -path /sys \) -prune -o \
           -name '*ovs-offload*' -print
       find /run /etc -name '*ovs-offload*'
       while read -r file; do [ -d "$file" ] || ls "$file"; done \
           <"$LAB_OUT/files" 2>/dev/null)
equal "no file is left" "" "$left"
equal "no unit, no process" "" "$(
    systemctl list-unit-files --no-legend 'ovs-offload*'
    pgrep -u ovs-offload)"
check "the user stays" id ovs-offload
no_complaint
