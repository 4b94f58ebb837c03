# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the tests of node policies have in common:
#
#     . "$LAB/t/lib/policy.sh"
# shellcheck disable=SC2016,SC2034,SC2119,SC2120 # The tests use them.
# shellcheck source=daemon.sh
. "$LAB/t/lib/daemon.sh"

state_dir=/tmp/offload-state
record=$state_dir/pf-$NIC.json
VIRTIO2="numVfs=2,eSwitchMode=switchdev,vdpaType=virtio,rootDevices=$NIC"
VHOST2="numVfs=2,eSwitchMode=switchdev,vdpaType=vhost,rootDevices=$NIC"
client=${BUILDDIR:+$BUILDDIR/utilities/}ovs-offload

# yaml [SED]: the policy of the vDPA documentation, for the lab's NIC
yaml() {
    sed -e "${1-}" <<END
apiVersion: sriovnetwork.openshift.io/v1
kind: SriovNetworkNodePolicy
metadata:
  name: vdpa-policy
  namespace: openshift-sriov-network-operator
spec:
  nodeSelector:
    feature.node.kubernetes.io/network-sriov.capable: "true"
  resourceName: mlxnics
  priority: 10
  numVfs: 2
  nicSelector:
    vendor: "$(sed s/0x// "$PF/vendor")"
    deviceID: "$(sed s/0x// "$PF/device")"
    rootDevices:
    - $NIC
    - 0000:99:00.1
  deviceType: netdevice
  eSwitchMode: switchdev
  vdpaType: virtio
END
}

# apply [SED]: that, with the client
apply() {
    yaml "$@" >/tmp/policy.yaml && "$client" policy apply /tmp/policy.yaml
}

start() { ctl_start --state-dir=$state_dir "$@"; }

# pf QUERY: jq on the first PF of policy/list
pf() { ooc_jq policy/list "(.[0] // {}) | $1"; }
state_is() { pf ".state == \"$1\""; }
nothing_left() {
    ooc_jq policy/list '. == []' && [ ! -e "$record" ]
}
reason_has() { pf ".state == \"refused\" and (.reason | contains(\"$1\"))"; }

vfs() { cat "$PF/sriov_numvfs"; }
mode() { devlink -j dev eswitch show "pci/$NIC" | jq -r '.[][].mode'; }
vdpas() {
    local d
    for d in /sys/bus/vdpa/devices/*; do
        [ ! -e "$d" ] || echo "${d##*/}"
    done | xargs
}
vdpa_drivers() {
    readlink /sys/bus/vdpa/devices/*/driver | sed 's:.*/::' | sort -u | xargs
}
uplink() {
    local d
    port_of p0 && return
    for d in "$PF"/net/*; do
        echo "${d##*/}" && return
    done
}
is_bare() { [ "$(vfs) $(mode) $(vdpas)" = "0 legacy " ]; }

is_applied() {
    state_is applied && [ "$(vfs) $(mode) $(vdpas)" = \
        "2 switchdev vdpa:$(vf_addr 0) vdpa:$(vf_addr 1)" ] &&
        [ "$(vdpa_drivers)" = virtio_vdpa ]
}

# bare: the NIC as at boot, and no policy
bare() {
    ids_rm offload-policy-vdpa-policy
    eventually "back to the bare NIC" 60 eval 'is_bare && nothing_left'
}

# refused NAME REGEX COMMAND...: fails, and says what REGEX has
refused() {
    local name=$1 regex=$2 out
    shift 2
    if out=$("$@" 2>&1); then
        fail "$name: succeeded: $out"
    elif [[ $out =~ $regex ]]; then
        pass "$name"
    else
        fail "$name: '$out' has not '$regex'"
    fi
}

# ids_policy VALUE: sets the policy by hand
ids_policy() {
    ovs-vsctl --no-wait set Open_vSwitch . \
        "external_ids:offload-policy-vdpa-policy=\"$1\""
}

# policy_up: the NIC, bare, and Open vSwitch
policy_up() {
    check "NIC" modprobe nicsim total_vfs=8 hw_tc=0
    check "modules" modprobe -a virtio_vdpa vhost_vdpa
    check "Open vSwitch" db_up
}

# policy_themes NAME...: each from the bare NIC
policy_themes() {
    local name
    for name; do
        rm -rf "$state_dir"
        reset
        theme "$name"
    done
}
