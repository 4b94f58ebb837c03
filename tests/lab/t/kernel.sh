# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What netlink/kernel.h tells about a real kernel, through kernel-watch: that
# each source follows it, also when messages are lost, when a lane's process
# dies, and while the kernel holds its locks for a device that is still open.
#
# lab: secs=540 alone
# shellcheck source=../guest/lib.sh
. "$LAB/guest/lib.sh"

watch=$BUILDDIR/tests/lab/kernel-watch
out=/tmp/kernel-watch.out

# watch_start [ARG...]
watch_start() {
    rm -f /tmp/kernel-watch.in
    mkfifo /tmp/kernel-watch.in
    "$watch" "$@" </tmp/kernel-watch.in >$out 2>"$LAB_OUT/kernel-watch.err" &
    pid=$!
    exec 8>/tmp/kernel-watch.in
    from=1
    for source in link pci devlink vdpa ethtool; do
        told "$source is synced" "state $source synced"
    done
}

watch_stop() {
    exec 8>&-
    check "kernel-watch ends" wait "$pid"
    check "so do its lanes" wait_for 5 not pgrep offload-
    cat $out >>"$LAB_OUT/kernel-watch.out"
}

# tell TEXT: gives a command
tell() { echo "$*" >&8; }

# now: what is told from here on counts
now() { from=$(($(wc -l <$out) + 1)); }

has() { tail -n "+$from" $out | grep -Eq -- "$1"; }

# told NAME REGEX: must be told, within some seconds
told() {
    wait_for 8 has "$2" || {
        tail -n "+$from" $out
        fail "$1: not told: $2"
    }
    pass "$1"
}

# last SOURCE: the last full read of it
last() {
    awk -v s="$1" '$2 == "begin" && $3 == s { text = ""; in_it = 1; next }
        $2 == "end" && $3 == s { in_it = 0; have = text }
        in_it { $1 = ""; text = text $0 "\n" }
        END { printf "%s", have }' $out
}

# last_is NAME SOURCE REGEX N: that many lines of the last full read match
last_count() { [ "$(last "$1" | grep -Ec -- "$2")" = "$3" ]; }
last_is() {
    wait_for 8 last_count "$2" "$3" "$4" || {
        last "$2"
        fail "$1: not $4 of $3"
    }
    pass "$1"
}

# status SOURCE REGEX
status_has() {
    now
    tell status
    wait_for 3 has "status $1 .*$2"
}

ifindex() { cat "/sys/class/net/$1/ifindex"; }
switches() { grep ^voluntary "/proc/$1/status"; }

modprobe vdpa                           # Its family; t/faults.sh is without.
watch_start

# --- VFs, representors, eswitch ----------------------------------------------
modprobe nicsim hw_tc=1
told "uplink" "link [0-9]+ .* port=p0 .*parent=$NIC"
last_is "eswitch is legacy" devlink "eswitch pci/$NIC legacy" 1
modprobe virtio_vdpa
echo 3 >"$PF/sriov_numvfs"
for i in 0 1 2; do
    told "VF $i" \
        "pci_vf $(vf_addr $i) pf=$NIC index=$i .*netdev=$(vf_netdev $i)\$"
done
devlink dev eswitch set "pci/$NIC" mode switchdev
last_is "eswitch is switchdev" devlink "eswitch pci/$NIC switchdev" 1
for i in 0 1 2; do
    index=$(ifindex "$(rep_of $i)")
    told "representor $i" "link $index .*port=pf0vf$i "
    last_is "port of VF $i" devlink "pcivf .* vf=$i .*ifindex=$index\$" 1
done

rep=$(rep_of 0)
index=$(ifindex "$rep")
now
ip link set "$rep" name renamed
told "rename" "link $index \"renamed\""
tell "up $index"
told "link up" "link $index .*flags=1.*3 "
ip netns add x
now
netdev=$(vf_netdev 2)
ip link set "$netdev" netns x
told "VF netdev in a namespace" "pci_vf $(vf_addr 2) .*netdev=\$"
ip netns del x
told "and back" "pci_vf $(vf_addr 2) .*netdev=$netdev\$"
now
basename "$(readlink "$PF/virtfn2")" >/sys/bus/pci/drivers/nicsim_vf/unbind
told "VF without driver" "pci_vf $(vf_addr 2) .*driver= netdev=\$"

# --- hw-tc-offload -----------------------------------------------------------
now
tell "query $index"
told "it is on" "tc_offload $index on\$"
ethtool -K renamed hw-tc-offload off
told "off, by others" "tc_offload $index off changed\$"
now
tell "set $index on"
told "on, by us" "tc_offload $index on\$"
check "others agree" grep -q 'hw-tc-offload: on' <(ethtool -k renamed)
tell "query 1"
told "unsupported" "tc_offload 1 unsupported\$"
tell "set 1 on"
told "refused" "set_failed 1 hw-tc-offload"
tell "query 9999"
told "no such netdev" "tc_offload 9999 unknown\$"

# --- vDPA --------------------------------------------------------------------
now
vdpa_add 0
told "vdpa0" "vdpa \"vdpa0\" mgmtdev=pci/$(vf_addr 0) parent=pci:$(vf_addr 0):\
.*driver=virtio_vdpa netdev=$(vdpa_netdev 0) vhost= id=1 vqs=2"
netdev=$(vdpa_netdev 0)
ip netns add x
ip link set "$netdev" netns x
last_is "its netdev in a namespace" vdpa '"vdpa0" .* netdev= ' 1
ip netns del x
last_is "and back" vdpa "\"vdpa0\" .* netdev=$netdev " 1
vdpa dev add name 'we ird"name' mgmtdev "pci/$(vf_addr 1)"
last_is "blanks and quotes" vdpa '"we ird\\"name" .*parent=pci' 1
vdpa dev del vdpa0
vdpa dev del 'we ird"name'
last_is "both gone" vdpa . 0
rmmod virtio_vdpa

# --- a device is removed while somebody has it open --------------------------
modprobe vhost_vdpa
vdpa_add 0
vdpa_add 1
last_is "vhost device" vdpa '"vdpa0" .*vhost=/dev/vhost-vdpa-[0-9]+ ' 1
last_is "another" vdpa '"vdpa1" .*vhost=/dev/vhost-vdpa-[0-9]+ ' 1
vhost=$(last vdpa | sed -n 's,.*"vdpa0".*vhost=\([^ ]*\).*,\1,p')
sleep 60 <>"$vhost" &
holder=$!
check "it is held" wait_for 3 test -e "/proc/$holder/fd/0"
vdpa dev del vdpa0 &
remover=$!
check "its removal waits" wait_for 5 test ! -e /sys/bus/vdpa/devices/vdpa0
now
echo vdpa1 >/sys/bus/vdpa/drivers/vhost_vdpa/unbind
told "what sysfs says meanwhile" '"vdpa1" .*driver= netdev= vhost= '
last_is "the removed one is gone" vdpa '"vdpa0"' 0
check "the source is busy" status_has vdpa "busy=yes"
check "and still synced" status_has vdpa "synced"
check "its lane sleeps in the kernel" \
    grep -q '^State:.D' "/proc/$(pgrep -x offload-vdpa)/status"
now
ip link set renamed down
told "links are told" "link $index \"renamed\" .*flags=1002 "
tell "query $index"
told "so is hw-tc-offload" "tc_offload $index on"
tell "resync devlink"
told "and devlink" "end devlink"
kill "$holder"
check "removal ends" wait "$remover"
check "the source is not busy" wait_for 8 status_has vdpa "busy=no"
vdpa dev del vdpa1
last_is "all gone" vdpa . 0

# --- lanes that die ----------------------------------------------------------
for lane in nlctrl devlink vdpa ethtool; do
    kill -9 "$(pgrep -x "offload-$lane")"
done
check "lanes are started again" wait_for 8 pgrep -x offload-devlink
devlink dev eswitch set "pci/$NIC" mode legacy
last_is "eswitch is legacy again" devlink "eswitch pci/$NIC legacy" 1
now
tell "query 1"
told "ethtool answers" "tc_offload 1 unsupported"
vdpa_add 0
last_is "vDPA answers" vdpa '"vdpa0"' 1
vdpa dev del vdpa0

# --- idle --------------------------------------------------------------------
last_is "quiet" vdpa . 0
sleep 1
before=$(for p in $pid $(pgrep offload-); do switches "$p"; done)
sleep 5
equal "wakeups in 5 s" "$before" \
    "$(for p in $pid $(pgrep offload-); do switches "$p"; done)"

now
rmmod nicsim
told "VFs go" "pci_vf_gone 0000:65:00.1"
last_is "devlink goes" devlink . 0
watch_stop

# --- lost messages -----------------------------------------------------------
watch_start --rcvbuf=2304
kill -STOP "$pid"
modprobe nicsim total_vfs=32
echo 32 >"$PF/sriov_numvfs"
devlink dev eswitch set "pci/$NIC" mode switchdev
check "32 representors" wait_for 10 rep_of 31
kill -CONT "$pid"
last_is "all links after the loss" link "port=pf0vf" 32
last_is "all VFs" pci "pci_vf 0000:.* pf=$NIC " 32
last_is "all ports" devlink "pcivf .* ifindex=[1-9]" 32
for source in link pci devlink vdpa; do
    check "$source noticed" status_has $source "synced .*overflows=[1-9]"
done
rmmod nicsim
watch_stop
no_complaint
