# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the RPM does to a service, on a Debian with systemd: installed beside its
# Open vSwitch, upgraded, erased.
#
# $LAB_OUT/packages has old.rpm, new.rpm, and in rpm/ a tree with the program.
. "$LAB/guest/lib.sh"
unset OVS_DBDIR OVS_LOGDIR              # The distribution's own.
packages=$LAB_OUT/packages
unit=ovs-offload-controller.service
name=ovs-offload-controller

property() { systemctl show -P "$1" $unit; }
state() { echo "$(property ActiveState) $(systemctl is-enabled $unit)"; }
of() { ovs-offload "${@:2}" --format=json | jq -re "$1"; }
connected() { of .ovsdb.connected status; }

# The program is not of this system, which it sees below /system.
tree=$packages/rpm
mkdir -p "$tree/system"
mount --rbind / "$tree/system"
packager() {
    chroot "$tree" rpm --root /system --force-debian \
        --define "_dbpath /var/lib/rpm" "$@"
}
put() { packager -U --nodeps --oldpackage "/system$packages/$1.rpm"; }

up "install"
check "Open vSwitch runs" systemctl is-active openvswitch-switch.service
check "the older version is installed" put old
equal "enabled, as the preset says, but not started" "inactive enabled" "$(state)"
check "the service starts" systemctl start $unit
check "it is connected" wait_for 120 connected
pid=$(property MainPID)
equal "its user" ovs-offload "$(ps -o user:20= -p "$pid")"
equal "transactions" 0 "$(of .ovsdb.commits status)"

up "upgrade"
check "the newer version is installed" put new
equal "it runs" "active enabled" "$(state)"
check "it is another process" test "$(property MainPID)" != "$pid"
check "it is connected" wait_for 120 connected

systemctl stop $unit
check "the older version, of a service that was stopped" put old
equal "it was not started" "inactive enabled" "$(state)"
systemctl --quiet disable $unit
check "the newer version, of one that was disabled" put new
equal "it was not enabled" "inactive disabled" "$(state)"

up "erase"
check "the service is started and enabled" systemctl --quiet enable --now $unit
check "the package is erased" packager -e $name
equal "no unit, no process" "" "$(
    systemctl list-unit-files --no-legend 'ovs-offload*'
    pgrep -u ovs-offload)"
check "its log is there" ls /var/log/ovs-offload/$name.log
no_complaint
