# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# vhost_vdpa: the character device, what blocks a removal, drivers of a VF and
# of a vDPA device.
. "$LAB/guest/lib.sh"

driver_of() { basename "$(readlink -f "/sys/bus/vdpa/devices/$1/driver")"; }
mgmtdev() { vdpa mgmtdev show | grep -q "pci/$1"; }

modprobe vhost_vdpa
nicsim_only() {
    modprobe nicsim && echo 2 >"$PF/sriov_numvfs" &&
        devlink dev eswitch set "pci/$NIC" mode switchdev
}
check "NIC" nicsim_only
check "vdpa0 added" vdpa_add 0 mtu 9000
equal "its driver" vhost_vdpa "$(driver_of vdpa0)"
equal "driver_override that was never set" '(null)' \
    "$(cat /sys/bus/vdpa/devices/vdpa0/driver_override)"
equal "number of the character device" "$(stat -c '%Hr:%Lr' /dev/vhost-vdpa-0)" \
    "$(cat /sys/bus/vdpa/devices/vdpa0/vhost-vdpa-0/dev)"
check "ioctls answer" grep -q 'device_id=1 .*vqs=2' \
    <("$LAB_CACHE/bin/vhostq" /dev/vhost-vdpa-0)
check "MTU" grep -q 'mtu 9000' <(vdpa dev config show)
check "a second one on that VF is refused" not \
    vdpa dev add name other mgmtdev "pci/$(vf_addr 0)"

up "removal waits for who has the character device open"
exec 9<>/dev/vhost-vdpa-0
vdpa dev del vdpa0 9<&- &
del=$!
# In an uninterruptible sleep, for as long as it takes.
sleeps() { grep -q '^State:.D' /proc/$del/status; }
check "vdpa dev del sleeps" wait_for 5 sleeps
exec 9>&-
check "it ends" wait_for 5 not test -e /proc/$del/fd/0
check "successfully" wait $del

up "VF driver"
check "vdpa1 added" vdpa_add 1
vf=$(vf_addr 1)
echo "$vf" >/sys/bus/pci/drivers/nicsim_vf/unbind
equal "vDPA devices" "" "$(ls /sys/bus/vdpa/devices)"
check "management device gone" not mgmtdev "$vf"
echo "$vf" >/sys/bus/pci/drivers/nicsim_vf/bind
check "management device back" mgmtdev "$vf"
equal "the vDPA device does not come back" "" "$(ls /sys/bus/vdpa/devices)"

up "driver of a vDPA device"
modprobe virtio_vdpa
check "vdpa1 added" vdpa_add 1
equal "the driver that was loaded first wins" vhost_vdpa "$(driver_of vdpa1)"
echo virtio_vdpa >/sys/bus/vdpa/devices/vdpa1/driver_override
echo vdpa1 >/sys/bus/vdpa/drivers/vhost_vdpa/unbind
echo vdpa1 >/sys/bus/vdpa/drivers_probe
equal "driver_override moves it" virtio_vdpa "$(driver_of vdpa1)"
check "it has a netdev now" wait_for 5 vdpa_netdev 1

up "odd names"
check "blanks and quotes" \
    vdpa dev add name 'we ird"name' mgmtdev "pci/$(vf_addr 0)"
check "in sysfs" test -e '/sys/bus/vdpa/devices/we ird"name'
check "unload with both in place" rmmod nicsim
