# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The life of vDPA devices by commands of the daemon, on nicsim and on the
# simulator: what there is, making, binding and deleting, and a deletion of a
# device that somebody has open, which nobody else waits for.
#
# lab: secs=2160
# shellcheck disable=SC2317 # "wait_for" and "not" use them.
. "$LAB/guest/lib.sh"

vf1=0000:65:00.1
vf2=0000:65:00.2
dev1=vdpa:$vf1

# refused NAME REGEX COMMAND...: the command fails, and says what REGEX has
refused() {
    local name=$1 regex=$2 out
    shift 2
    if out=$(ooc "$@" 2>&1); then
        fail "$name: succeeded: $out"
    elif [[ $out =~ $regex ]]; then
        pass "$name"
    else
        fail "$name: '$out' has not '$regex'"
    fi
}

show() { ooc_jq vdpa/show "$@"; }
exists() { [ -e "/sys/bus/vdpa/devices/$1" ]; }
driver_of() { basename "$(readlink "/sys/bus/vdpa/devices/$1/driver")"; }
override_of() { cat "/sys/bus/vdpa/devices/$1/driver_override"; }

# hold DEVICE: a process that has it open until it is told to close it, by
# release, or is killed, in 'holder'.  It stays there after it closed it.
hold() {
    rm -f /tmp/held
    mkfifo -m 600 "/tmp/close.$((++n_holders))"
    # shellcheck disable=SC2016 # The other shell expands it.
    bash -c 'exec 7<>"$1"; echo >/tmp/held
             read -r _ <"$2"
             exec 7>&-
             exec sleep infinity' hold "$1" "/tmp/close.$n_holders" &
    holder=$!
    wait_for 20 test -s /tmp/held
}
n_holders=0
release() { echo >"/tmp/close.$n_holders"; }

# --- without vDPA ------------------------------------------------------------

check "database" db_start
check "initialised" ovs-vsctl --no-wait init
check "controller starts" daemon_start
equal "no management device without the module" "[]" \
    "$(ooc_jq vdpa/mgmtdev-list .)"
refused "nor a device" "the kernel has no vDPA" vdpa/add v mgmtdev=pci/$vf1

# --- what there is -----------------------------------------------------------

check "NIC" nic_up 3
check "modules" modprobe -a vhost_vdpa vdpa_sim_net

equal "management devices" \
    "[\"pci/$vf1\",\"pci/$vf2\",\"pci/0000:65:00.3\",\"vdpasim_net\"]" \
    "$(wait_for 10 ooc_jq vdpa/mgmtdev-list 'length == 4' &&
        ooc_jq vdpa/mgmtdev-list '[.[].mgmtdev] | sort')"
equal "as the vdpa tool has them" \
    "$(vdpa -j mgmtdev show | jq -c '[.mgmtdev | to_entries[] |
        {m: .key, c: .value.supported_classes, n: .value.max_supported_vqs,
         f: (.value.dev_features | sort)}] | sort')" \
    "$(ooc_jq vdpa/mgmtdev-list '[.[] | {m: .mgmtdev, c: .classes,
        n: .max_vqs, f: (.features | sort)}] | sort')"
check "a table of them" grep -q "^pci/$vf1 *\[\"net\"\] *2 " \
    <(ooc vdpa/mgmtdev-list)
check "and CSV" grep -q "^MGMTDEV,CLASSES," \
    <(ooc vdpa/mgmtdev-list --format=csv)

# --- making ------------------------------------------------------------------

made=$(ooc vdpa/add "$dev1" mgmtdev=pci/$vf1 mac=02:00:00:00:00:11 \
    mtu=1400 --format=json) || fail "add"
equal "it is said what was made" \
    "[\"$dev1\",\"pci/$vf1\",\"virtio_vdpa\"]" \
    "$(jq -c '[.vdpa, .mgmtdev, .vdpa_driver]' <<<"$made")"
netdev=$(jq -r .netdev <<<"$made")
check "with its netdev" test -e "/sys/class/net/$netdev"
equal "the address" 02:00:00:00:00:11 "$(cat "/sys/class/net/$netdev/address")"
check "it is listed" ooc_jq vdpa/list \
    'any(.vdpa == "'"$dev1"'" and .class == "net" and .max_vqs == 2 and
         .max_vq_size == 256 and .vendor_id > 0)'
check "its management device has it" ooc_jq vdpa/mgmtdev-list \
    'any(.mgmtdev == "pci/'$vf1'" and .devices == ["'"$dev1"'"])'

check "queues are up" ip link set "$netdev" up
check "configuration" show "$dev1" \
    '.config.mac == "02:00:00:00:00:11" and .config.mtu == 1400 and
     .config.link_up and .config_error == null and .netdev == "'"$netdev"'"'
equal "features" '["MAC","MTU","STATUS","VERSION_1","ACCESS_PLATFORM"]' \
    "$(show "$dev1" '.config.features | [.[1], .[0], .[2:][]]')"
check "negotiated are all of them" show "$dev1" \
    '.config.negotiated_features == .config.features'
equal "vendor statistics" '[[0,["completed_desc","received_desc"]],[1,["completed_desc","received_desc"]]]' \
    "$(show "$dev1" '[.queues[] | [.queue, (.counters | keys)]]')"
check "no one has it open, nothing is asked of it" show "$dev1" \
    '.holders == [] and .holders_complete and .pending == null'
check "by the PCI address" show $vf1 '.vdpa == "'"$dev1"'"'
check "in a table" grep -q "^config.mac *02:00:00:00:00:11" \
    <(ooc vdpa/show "$dev1")
check "in CSV" grep -q "^config.mtu,1400" \
    <(ooc vdpa/show "$dev1" --format=csv)

check "on the simulator, with features" \
    ooc vdpa/add sim0 mgmtdev=vdpasim_net features=mac,mtu,version_1,access_platform
# It has had statistics since some kernel after 6.1.
check "which has no statistics, and says so, or has some" show sim0 \
    '.class == "net" and
     if .queues == [] then .queues_error | contains("statistics")
     else .queues_error == null and (.queues[0].counters | length) > 0 end'

# --- wrong input -------------------------------------------------------------

long=$(printf '%0200d' 0)
before=$(ls /sys/bus/vdpa/devices)
refused "no name" "missing arguments" vdpa/add
refused "no mgmtdev" "missing arguments" vdpa/add v
refused "a name with a blank" 'name "a b"' vdpa/add "a b" mgmtdev=pci/$vf2
refused "a quote" 'name "a"b"' vdpa/add 'a"b' mgmtdev=pci/$vf2
refused "a slash" 'name "../x"' vdpa/add ../x mgmtdev=pci/$vf2
refused "a control character" 'name "a\\x07b"' vdpa/add $'a\ab' mgmtdev=pci/$vf2
refused "200 bytes" 'name has 200 bytes' vdpa/add "$long" mgmtdev=pci/$vf2
refused "an empty name" 'name is empty' vdpa/add "" mgmtdev=pci/$vf2
refused "no such mgmtdev" 'refused: .*management device.*No such device' \
    vdpa/add v mgmtdev=pci/0000:99:00.0
refused "no mgmtdev at all" 'mgmtdev "pci/"' vdpa/add v mgmtdev=pci/
refused "a MAC" 'mac "02:00:00:00:00"' vdpa/add v mgmtdev=pci/$vf2 mac=02:00:00:00:00
refused "a multicast MAC" 'mac "01:.*multicast' \
    vdpa/add v mgmtdev=pci/$vf2 mac=01:00:00:00:00:01
refused "an MTU" 'mtu "67"' vdpa/add v mgmtdev=pci/$vf2 mtu=67
refused "pairs of queues" 'max-vqp "0"' vdpa/add v mgmtdev=pci/$vf2 max-vqp=0
refused "a feature" '"FLY"' vdpa/add v mgmtdev=pci/$vf2 features=mac,FLY
refused "a key" '"color=red"' vdpa/add v mgmtdev=pci/$vf2 color=red
refused "what the device cannot" 'the kernel refused: vdpa: .*not supported' \
    vdpa/add v mgmtdev=pci/$vf2 max-vqp=2
refused "what is there" 'the kernel refused: ' vdpa/add "$dev1" mgmtdev=pci/$vf2
refused "show of nothing" 'no vDPA device is named "v"' vdpa/show v
refused "show of a VF without" 'no vDPA device' vdpa/show $vf2
refused "show without a name" 'missing arguments' vdpa/show
refused "del of nothing" 'v: there is no such' vdpa/del v
refused "del of what none can be" 'no vDPA device can' vdpa/del "$long$long"
refused "cancel of nothing" 'no deletion of "v"' vdpa/del v --cancel
refused "bind of nothing" 'v: there is no such' vdpa/bind v vhost_vdpa
refused "bind to what is no driver" 'driver "vfio-pci"' \
    vdpa/bind "$dev1" vfio-pci
refused "bind to nothing" 'missing arguments' vdpa/bind "$dev1"
refused "unbind of nothing" 'v: there is no such' vdpa/unbind v
refused "set of another thing" '"mtu=1500"' vdpa/set "$dev1" mtu=1500
refused "set of no address" 'mac "x"' vdpa/set "$dev1" mac=x
refused "a format" 'unknown format "xml"' vdpa/mgmtdev-list --format=xml
refused "too much" 'too many' vdpa/mgmtdev-list x
refused "an option" 'unknown option "--force"' vdpa/del v --force
equal "nothing came of it" "$before" "$(ls /sys/bus/vdpa/devices)"

# Linux 6.1 cannot set the address of a device that is there.
if [ "$(uname -r | cut -d. -f1,2)" = 6.1 ]; then
    refused "an address, live" 'the kernel cannot set the MAC address' \
        vdpa/set "$dev1" mac=02:00:00:00:00:12
else
    check "an address, live" ooc vdpa/set sim0 mac=02:00:00:00:00:12
    check "which it then has" show sim0 '.config.mac == "02:00:00:00:00:12"'
    refused "one of a driver that cannot" 'the kernel refused: ' \
        vdpa/set "$dev1" mac=02:00:00:00:00:12
fi

# --- binding -----------------------------------------------------------------

vhost=$(ooc_jq vdpa/bind "$dev1" vhost_vdpa .vhost_device) || fail "bind"
check "to vhost_vdpa: $vhost" test -c "$vhost"
equal "the driver" vhost_vdpa "$(driver_of "$dev1")"
equal "others are kept away" vhost_vdpa "$(override_of "$dev1")"
check "no netdev is left" not vdpa_netdev 0
check "once more" ooc vdpa/bind "$dev1" vhost_vdpa
netdev=$(ooc_jq vdpa/bind "$dev1" virtio_vdpa .netdev) || fail "bind back"
check "to virtio_vdpa: $netdev" test -e "/sys/class/net/$netdev"
check "unbind" ooc_jq vdpa/unbind "$dev1" '.vdpa_driver == null'
check "it has no driver" not test -e "/sys/bus/vdpa/devices/$dev1/driver"
equal "nobody is kept away" "(null)" "$(override_of "$dev1")"
check "once more" ooc vdpa/unbind "$dev1"
check "the simulator, too" ooc_jq vdpa/bind sim0 vhost_vdpa .vhost_device
check "and back" ooc_jq vdpa/bind sim0 virtio_vdpa .netdev

# --- one that is open --------------------------------------------------------

vhost=$(ooc_jq vdpa/bind "$dev1" vhost_vdpa .vhost_device) || fail "bind"
check "somebody opens it" hold "$vhost"
check "it is seen who" show "$dev1" \
    '.holders == [{"pid": '"$holder"', "command": "bash", "uid": 0}]'
refused "bind is refused" "busy: $vhost is open in process $holder \(bash\)" \
    vdpa/bind "$dev1" virtio_vdpa
refused "unbind is refused" "busy: .*process $holder" vdpa/unbind "$dev1"
check "and has undone nothing" test "$(driver_of "$dev1")" = vhost_vdpa
refused "the deletion is pending" "process $holder \(bash\).*pending" \
    vdpa/del "$dev1"
check "in show" show "$dev1" \
    '.pending.request == "delete" and .pending.state == "busy" and
     .pending.holders[0].pid == '"$holder"
check "in status" ooc_jq status \
    '.vdpa_pending | length == 1 and .[0].vdpa == "'"$dev1"'"'
refused "another one" "under way: delete, busy" vdpa/del "$dev1"
check "the device is there" exists "$dev1"

# Others do not wait for it.
check "a device is made" ooc vdpa/add vdpa2 mgmtdev=pci/$vf2
check "bound" ooc vdpa/bind vdpa2 vhost_vdpa
check "and deleted" ooc vdpa/del vdpa2
check "the vdpa tool is answered" vdpa dev show
check "and so are we" ooc_jq vdpa/mgmtdev-list 'length == 4'

check "it is closed, by one that lives on" release
check "and deleted" wait_for 20 not exists "$dev1"
check "the other one lives" kill -0 "$holder"
pending_none() { ooc_jq status '.vdpa_pending == []'; }
check "nothing is pending" wait_for 20 pending_none
kill "$holder"

check "another one" ooc vdpa/add "$dev1" mgmtdev=pci/$vf1
vhost=$(ooc_jq vdpa/bind "$dev1" vhost_vdpa .vhost_device) || fail "bind"
check "is open" hold "$vhost"
refused "its deletion" "busy" vdpa/del "$dev1"
check "is cancelled" ooc vdpa/del "$dev1" --cancel
check "nothing is pending" pending_none
kill "$holder"
wait "$holder" 2>/dev/null
check "it stays" exists "$dev1"
check "until it is deleted" ooc vdpa/del "$dev1"
check "now" not exists "$dev1"

# As in a container, with a node of its own for the device.
check "another one" ooc vdpa/add "$dev1" mgmtdev=pci/$vf1
vhost=$(ooc_jq vdpa/bind "$dev1" vhost_vdpa .vhost_device) || fail "bind"
IFS=: read -r major minor <"/sys/bus/vdpa/devices/$dev1/${vhost##*/}/dev"
check "a node elsewhere" mknod /tmp/a-vdpa c "$major" "$minor"
check "is open" hold /tmp/a-vdpa
refused "the holder is seen there, too" "process $holder" vdpa/del "$dev1"
check "it is closed" release
check "and deleted" wait_for 20 not exists "$dev1"
kill "$holder"

# A daemon that is killed goes on with it when it is started again.
STATE=/tmp/state
saved() { ooc_jq status ".vdpa_pending_file.saved and
    .vdpa_pending_file.file_error == null"; }
killed() {
    local pid
    pid=$(pid_of ovs-offload-controller)
    check "all is on the disk" wait_for 20 saved
    kill -9 "$pid"
    check "the daemon is dead" wait_for 20 not test -e "/proc/$pid"
}
again() { check "a new one" daemon_start --state-dir=$STATE; }
pends() {
    ooc_jq status ".vdpa_pending | length == $1 and
        all(.state == \"busy\" and .request == \"delete\")"
}
check "it ends" daemon_stop
again
check "another one" ooc vdpa/add "$dev1" mgmtdev=pci/$vf1
check "and one" ooc vdpa/add vdpa2 mgmtdev=pci/$vf2
check "to be opened" ooc vdpa/bind vdpa2 vhost_vdpa
vhost2=$(ooc_jq vdpa/show vdpa2 .vhost_device)
check "which somebody does" hold "$vhost2"
holder2=$holder
vhost=$(ooc_jq vdpa/bind "$dev1" vhost_vdpa .vhost_device) || fail "bind"
check "is open" hold "$vhost"
refused "its deletion" "busy" vdpa/del "$dev1"
refused "and the other's" "busy" vdpa/del vdpa2
killed
again
check "they are pending still" wait_for 20 pends 2
refused "another one" "under way: delete, busy" vdpa/del "$dev1"
check "one is cancelled" ooc vdpa/del vdpa2 --cancel
check "one is pending" wait_for 20 pends 1
killed
# As a VM that ends while nobody looks.
kill "$holder2" "$holder"
wait "$holder2" "$holder" 2>/dev/null
again
check "it is deleted" wait_for 20 not exists "$dev1"
check "nothing is pending" wait_for 20 pending_none
check "the other one stays" exists vdpa2

# What has the name now is another device.
vhost2=$(ooc_jq vdpa/show vdpa2 .vhost_device)
check "it is open" hold "$vhost2"
refused "its deletion" "busy" vdpa/del vdpa2
killed
kill "$holder"
wait "$holder" 2>/dev/null
check "someone else deletes it" vdpa dev del vdpa2
check "and makes it" vdpa dev add name vdpa2 mgmtdev pci/$vf2
again
check "nothing is pending" wait_for 20 pending_none
check "it stays" exists vdpa2
check "on the disk, too" wait_for 20 saved
check "until it is deleted" ooc vdpa/del vdpa2

# Garbage is told of.
check "it ends" daemon_stop
echo garbage >$STATE/vdpa-deletions.json
again
check "garbage" wait_for 20 ooc_jq status \
    '.vdpa_pending_file.file_error | test("no JSON")'

# A daemon in a namespace of processes of its own, which sees no others.
unshare -p -f --mount-proc ovs-offload-controller -u /tmp/blind.ctl \
    --log-file="$LAB_OUT/blind.log" 2>/dev/null &
blind() { ovs-appctl -t /tmp/blind.ctl "$@"; }
check "one that is blind" wait_for 20 blind version
check "another one" ooc vdpa/add "$dev1" mgmtdev=pci/$vf1
vhost=$(ooc_jq vdpa/bind "$dev1" vhost_vdpa .vhost_device) || fail "bind"
check "is open" hold "$vhost"
check "it knows that somebody has it" grep -q "busy: $vhost.*unknown holder" \
    <(wait_for 20 blind vdpa/show "$dev1"; blind vdpa/del "$dev1" 2>&1)
check "it is closed" release
check "and deleted" wait_for 30 not exists "$dev1"
kill "$holder"
check "it ends" blind exit

# Somebody else makes the kernel wait: we do not.
check "another one" ooc vdpa/add "$dev1" mgmtdev=pci/$vf1
vhost=$(ooc_jq vdpa/bind "$dev1" vhost_vdpa .vhost_device) || fail "bind"
check "is open" hold "$vhost"
vdpa dev del "$dev1" &
tool=$!
blocked() { grep -q '^State:.*disk sleep' "/proc/$tool/status"; }
check "the kernel waits" wait_for 20 blocked
refused "what needs it is refused, in time" "has not answered|nothing was" \
    vdpa/add vdpa2 mgmtdev=pci/$vf2
check "the daemon is there" ooc_jq port/list 'length > 0'
kill "$holder"
check "it is over" wait_for 30 not exists "$dev1"
no_device() { set -- /sys/bus/vdpa/devices/*; [ ! -e "$1" ]; }
# The request that came too late is carried out by the kernel all the same.
check "all is answered" wait_for 30 pending_none
check "nothing is in doubt" wait_for 30 ooc_jq status \
    '.sources.vdpa.busy_ms == 0 and .sources.vdpa.state == "synced"'
exists vdpa2 && check "a late device" ooc vdpa/del vdpa2

# --- names of others ---------------------------------------------------------

odd=$'we "ird\' n\xc3\xa4me'
for name in "$odd" "$long"; do
    check "a device of someone else" vdpa dev add name "$name" mgmtdev pci/$vf1
    there() { ooc_jq vdpa/list 'any(.vdpa_driver == "virtio_vdpa" and
                                    .mgmtdev == "pci/'$vf1'")'; }
    check "is listed" wait_for 20 there
    check "is shown" show "$name" '.config.mtu == 1500'
    check "is bound" ooc vdpa/bind "$name" vhost_vdpa
    equal "to the driver" vhost_vdpa "$(driver_of "$name")"
    check "is unbound" ooc vdpa/unbind "$name"
    check "is deleted" ooc vdpa/del "$name"
    check "is gone" not exists "$name"
done

# --- the end -----------------------------------------------------------------

check "the simulator's" ooc vdpa/del sim0
check "no device is left" no_device
check "the log has no error" not grep -E '\|(ERR|EMER)\|' \
    "$LAB_OUT/ovs-offload-controller.log"
check "controller ends" daemon_stop
no_complaint
