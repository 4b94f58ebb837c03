# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What consumers of a vDPA device are told: a netdev that was moved into the
# namespace of a pod, device-info files, the interface of a VM, the environment
# of a pod.
#
# lab: secs=1260
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

DEVINFO=/tmp/devinfo
client() {
    "$(dirname "$(type -p ovs-offload-controller)")/../utilities/ovs-offload" \
        -T 60 "$@"
}

# netdev_is VF NETDEV AWAY: what the pair, which must be one, says of it
netdev_is() {
    port "$(vf_addr "$1")" ".pair == \"paired\" and .representor != null and
        .netdev == $2 and .netdev_away == $3" &&
        ooc_jq vdpa/list ".[0] | .netdev == $2 and .netdev_away == $3"
}

# The pair stays known while its netdev is in a pod.
namespace() {
    local netdev virtio

    reset
    ctl_start
    netdev=$(vdpa_netdev 0)
    eventually "the netdev is here" 20 netdev_is 0 "\"$netdev\"" null
    check "a namespace" ip netns add pod
    check "move" ip link set "$netdev" netns pod name eth0
    eventually "the pair is known, and what its netdev was called" 20 \
        netdev_is 0 null "\"$netdev\""
    check "back" ip -n pod link set eth0 netns 1 name again0
    eventually "the netdev is here again" 20 netdev_is 0 '"again0"' null
    check "move again" ip link set again0 netns pod name eth0
    eventually "away again" 20 netdev_is 0 null '"again0"'

    # One that ends, while the driver of the vDPA device stays, is nowhere.
    check "back" ip -n pod link set eth0 netns 1 name again1
    eventually "the netdev is here again" 20 netdev_is 0 '"again1"' null
    virtio=$(basename "$(readlink -f /sys/class/net/again1/device)")
    echo "$virtio" >/sys/bus/virtio/drivers/virtio_net/unbind || fail "unbind"
    eventually "there is no netdev" 20 netdev_is 0 null null
    echo "$virtio" >/sys/bus/virtio/drivers/virtio_net/bind || fail "bind"
    check "a netdev" wait_for 20 vdpa_netdev 0
    check "of the same name" \
        ip link set "$(vdpa_netdev 0)" name again0
    eventually "is here" 20 netdev_is 0 '"again0"' null
    check "move that" ip link set again0 netns pod name eth0
    eventually "away, too" 20 netdev_is 0 null '"again0"'

    # One that is started later knows it from the row.
    check "a row as of ovn-kubernetes" ovs-vsctl --no-wait add-port "$BR" \
        "$(rep_of 0)" -- set interface "$(rep_of 0)" \
        external_ids:iface-id=ns_pod external_ids:sandbox=0123abcd \
        external_ids:vf-netdev-name=again0
    ctl_stop
    ctl_start
    eventually "known after a restart" 20 netdev_is 0 null '"again0"'

    # A netdev outlives the namespace that it was in.
    check "the namespace goes" ip netns del pod
    eventually "here, by some name" 20 port "$(vf_addr 0)" \
        '.netdev != null and .netdev_away == null'
}

# vf_is NETDEV AWAY: what is said of the second VF
vf_is() {
    port "$(vf_addr 1)" \
        ".pair == \"no-vdpa\" and .netdev == $1 and .netdev_away == $2"
}

# The VF's own netdev, of one without a vDPA device.
vf() {
    local netdev

    reset
    ctl_start
    netdev=$(vf_netdev 1)
    eventually "the netdev is here" 20 vf_is "\"$netdev\"" null
    check "a namespace" ip netns add pod
    check "move" ip link set "$netdev" netns pod name eth0
    eventually "what it was called" 20 vf_is null "\"$netdev\""
    check "back" ip -n pod link set eth0 netns 1 name again1
    eventually "the netdev is here again" 20 vf_is '"again1"' null
    check "the namespace goes" ip netns del pod
}

# own_is VF DRIVER PATH: the file of ours for the VF
own_is() {
    local file
    file=$DEVINFO/dp/example.com-vdpa-$(vf_addr "$1")-device.json
    jq -e --arg vf "$(vf_addr "$1")" --arg pf "$NIC" \
        --arg rep "$(rep_of "$1")" '.type == "vdpa" and .version == "1.1.0"
        and .vdpa."pci-address" == $vf and .vdpa."pf-pci-address" == $pf
        and .vdpa."representor-device" == $rep
        and .vdpa.driver == "'"$2"'" and .vdpa.path == '"$3" "$file"
}

files_are() { [ "$(ls -A "$DEVINFO/dp" 2>/dev/null)" = "$1" ]; }

devinfo() {
    local vf=0

    reset
    ctl_start
    check "want files" ovs-vsctl --no-wait set Open_vSwitch . \
        external_ids:offload-devinfo=true \
        external_ids:offload-devinfo-resource=example.com/vdpa \
        external_ids:offload-devinfo-dir=$DEVINFO
    eventually "a file for a virtio device" 20 own_is $vf virtio null
    echo '{"type":"vdpa","vdpa":{"parent-device":"vdpa0","driver":"vhost",' \
        '"path":"/dev/x","pci-address":"'"$(vf_addr $vf)"'"}}' \
        >"$DEVINFO/dp/theirs"
    eventually "not beside someone else's" 20 files_are theirs
    eventually "who is wrong" 20 port "$(vf_addr $vf)" \
        '.device_info[0].disagrees | test("bound to virtio_vdpa")'
    rm "$DEVINFO/dp/theirs"
    eventually "ours again" 20 own_is $vf virtio null
    check "the device goes" vdpa dev del vdpa0
    eventually "the file goes" 20 files_are ""
    check "the device comes" vdpa_add 0
    eventually "the file comes" 20 own_is $vf virtio null
    check "off" ovs-vsctl --no-wait remove Open_vSwitch . external_ids \
        offload-devinfo
    eventually "no file" 20 files_are ""
}

# ask ADDRESS...: the paths that a CNI plugin is told, in brackets
SOCKET=/tmp/vdpa/vdpa.sock
ask() {
    "$LAB/../rpc/client.py" "$SOCKET" ask "$@" | sed 's/.*/[&]/' | tr -d '\n'
}

# By gRPC, of a VF with a vhost device, one without any, and none.
paths() {
    check "directory" mkdir -p /tmp/vdpa
    check "want the service" ovs-vsctl --no-wait set Open_vSwitch . \
        external_ids:offload-vdpa-socket=$SOCKET
    eventually "it listens" 20 status '.vdpa_rpc.state == "listening"'
    equal "a live device has its path" "[/dev/vhost-vdpa-0][][]" \
        "$(ask "$(vf_addr 0)" "$(vf_addr 1)" 0000:99:00.1)"
    # A list of the deployment comes first, as before.
    echo "[{\"pciAddress\":\"$(vf_addr 1)\",\"socketpath\":\"/a\"}]" \
        >/tmp/vdpa/socketList.dat
    eventually "a list" 20 status '.vdpa_rpc.files[0].with_socket == 1'
    check "the device is bound to virtio_vdpa" ooc vdpa/bind vdpa0 virtio_vdpa
    equal "then it has none" "[][/a]" "$(ask "$(vf_addr 0)" "$(vf_addr 1)")"
    check "and back" ooc vdpa/bind vdpa0 vhost_vdpa
    eventually "vhost device" 20 port "$(vf_addr 0)" \
        '.vhost_device == "/dev/vhost-vdpa-0"'
    eventually "a file for it" 20 own_is 0 vhost '"/dev/vhost-vdpa-0"'
    ids_rm offload-vdpa-socket
    eventually "no service" 20 status '.vdpa_rpc.state == "off"'
}

# A device that is bound to vhost_vdpa.
vhost() {
    local xml vf

    reset
    ctl_start
    vf=$(vf_addr 0)
    check "a VM cannot have a netdev" not client vdpa domain-xml vdpa0
    check "vhost_vdpa" modprobe vhost_vdpa
    echo vdpa0 >/sys/bus/vdpa/drivers/virtio_vdpa/unbind || fail "unbind"
    echo vhost_vdpa >/sys/bus/vdpa/devices/vdpa0/driver_override
    echo vdpa0 >/sys/bus/vdpa/drivers/vhost_vdpa/bind || fail "bind"
    eventually "vhost device" 20 port "$vf" '.vhost_device != null'
    check "want files" ovs-vsctl --no-wait set Open_vSwitch . \
        external_ids:offload-devinfo=true \
        external_ids:offload-devinfo-resource=example.com/vdpa \
        external_ids:offload-devinfo-dir=$DEVINFO
    eventually "a file for a vhost device" 20 own_is 0 vhost \
        '"/dev/vhost-vdpa-0"'
    paths
    xml=$(client vdpa domain-xml "$vf" --alias=net1) || fail "domain-xml"
    echo "$xml"
    check "address" grep -q "<mac address='$(mac_of 0)'/>" <<<"$xml"
    check "element" grep -q "<source dev='/dev/vhost-vdpa-0'/>" <<<"$xml"
    equal "environment" "PCIDEVICE_EXAMPLE_COM_VDPA_INFO={\"$vf\":{\"generic\"\
:{\"deviceID\":\"$vf\"},\"vdpa\":{\"mount\":\"/dev/vhost-vdpa-0\"}}}
PCIDEVICE_EXAMPLE_COM_VDPA=$vf" \
        "$(client vdpa env --resource=example.com/vdpa)"
    ooc_jq vdpa/show vdpa0 '.device_info[0].owner == "self"' ||
        fail "vdpa/show has no device-info"
    ctl_stop --cleanup
    equal "no file is left" "" "$(ls -A $DEVINFO/dp)"
}

check "NIC" nic_up 2
check "vDPA device" vdpa_add 0
check "virtio netdev" wait_for 20 vdpa_netdev 0
check "Open vSwitch" db_up
theme namespace vf devinfo vhost
finish
