# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Device-info files.

DEVINFO=$T/run/devinfo

# put FILE JSON: as device plugins do, in place.
put() {
    printf '%s\n' "$2" >"$DEVINFO/$1"
}

# pci_file PCI [REPRESENTOR]
pci_file() {
    printf '{"type":"pci","version":"1.1.0","pci":{"pci-address":"%s"%s}}' \
        "$1" "${2:+,\"representor-device\":\"$2\"}"
}

start_with_vfs() {
    start_ovs
    fake_vfs 0000:65:00 2
    set_ids "offload-devinfo-dir=$DEVINFO"
    start_daemon
    synced
    wait_json status : ".devinfo.directory == \"$DEVINFO\""
}

# wait_files PCI LIST: until these are the files of the port, sorted.
wait_files() {
    wait_json port/show "$1" : \
        "([.device_info[].file] | join(\" \")) == \"$2\""
}

# Directories come later, part by part; go, are moved, and come again.
test_directories() {
    local vf=0000:65:00.1
    start_with_vfs
    wait_json status : '.devinfo | .files == 0 and .error == null'
    wait_files $vf ""
    mkdir -p "$DEVINFO/dp"
    put dp/a "$(pci_file $vf)"
    wait_files $vf "dp/a"
    mkdir "$DEVINFO/cni"
    put cni/b "$(pci_file $vf)"
    wait_files $vf "cni/b dp/a"
    json_is "" port/show 0000:65:00.2 : '.device_info[].file'

    mv "$DEVINFO/dp" "$DEVINFO/old"
    wait_files $vf "cni/b"
    mkdir "$DEVINFO/new"
    put new/c "$(pci_file $vf)"
    mv "$DEVINFO/new" "$DEVINFO/dp"
    wait_files $vf "cni/b dp/c"
    mv "$T/run" "$T/run.old"
    wait_files $vf ""
    mkdir -p "$DEVINFO/dp"
    put dp/d "$(pci_file $vf)"
    wait_files $vf "dp/d"
    rm -r "$T/run"
    wait_files $vf ""
    mv "$T/run.old" "$T/run"
    wait_files $vf "cni/b dp/c"

    # Another directory.
    mkdir -p "$T/other/dp"
    pci_file $vf >"$T/other/dp/e"
    set_ids "offload-devinfo-dir=$T/other"
    wait_files $vf "dp/e"
    set_ids "offload-devinfo-dir=other"
    wait_json status : '.config.errors["offload-devinfo-dir"] != null'
    wait_files $vf "dp/e"
}

test_files() {
    local vf=0000:65:00.1
    start_with_vfs
    mkdir -p "$DEVINFO/dp" "$DEVINFO/cni"
    put dp/a "$(pci_file $vf eth3)"
    wait_json port/show $vf : '.device_info == [{"file": "dp/a",
        "owner": "foreign", "type": "pci", "version": "1.1.0",
        "parent_device": null, "driver": null, "path": null,
        "pci": "0000:65:00.1", "pf_pci": null, "representor": "eth3",
        "rdma_device": null, "mode": null, "role": null, "sandbox": null,
        "sandbox_interface": null, "disagrees": null}]'

    # Changed, renamed, linked, deleted.
    put dp/a "$(pci_file $vf eth4)"
    wait_json port/show $vf : '.device_info[0].representor == "eth4"'
    mv "$DEVINFO/dp/a" "$DEVINFO/dp/b"
    wait_files $vf dp/b
    pci_file $vf >"$DEVINFO/dp/.c"
    ln "$DEVINFO/dp/.c" "$DEVINFO/dp/c"
    wait_files $vf "dp/b dp/c"
    mv "$DEVINFO/dp/b" "$DEVINFO/cni/b"
    wait_files $vf "cni/b dp/c"
    rm "$DEVINFO/dp/c"
    wait_files $vf cni/b
    put cni/b "$(pci_file 0000:65:00.2)"
    wait_files $vf ""
    wait_files 0000:65:00.2 cni/b
}

# error_is FILE REGEX
wait_error() {
    wait_json status : ".devinfo.errors[\"$1\"] // \"\" | test(\"$2\")"
}

# What is malformed is named, and what it said before is gone.
test_malformed() {
    local vf=0000:65:00.1
    start_with_vfs
    mkdir -p "$DEVINFO/dp"
    put dp/a "$(pci_file $vf)"
    wait_files $vf dp/a
    wait_json status : '.devinfo | .files == 1 and .errors == {}'
    put dp/a '{"type":"pci","pci":{"pci-add'
    wait_error dp/a "no JSON object: line"
    wait_files $vf ""
    put dp/a '{"type":"pci","pci":{}}'
    wait_error dp/a "pci.pci-address is missing"
    : >"$DEVINFO/dp/a"
    wait_error dp/a "empty"
    head -c 70000 /dev/zero >"$DEVINFO/dp/a"
    wait_error dp/a "more than 65536 bytes"
    mkfifo "$DEVINFO/dp/fifo"
    wait_error dp/fifo "no regular file"
    ln -s nowhere "$DEVINFO/dp/dangling"
    mkdir "$DEVINFO/dp/dir"
    put dp/a "$(pci_file $vf)"
    wait_files $vf dp/a
    json_is dp/fifo status : '.devinfo.errors | keys | join(" ")'

    # A half-written one, of a writer that takes its time.
    exec 9>"$DEVINFO/dp/b"
    printf '{"type":"pci","pci":{"pci-address":' >&9
    put dp/c "$(pci_file $vf)"
    wait_files $vf "dp/a dp/c"
    printf '"%s"}}' $vf >&9
    exec 9>&-
    wait_files $vf "dp/a dp/b dp/c"
}

# More events than the kernel queues, while nobody reads them.
test_overflow() {
    local vf=0000:65:00.1 pid scans limit i
    start_with_vfs
    limit=$(cat /proc/sys/fs/inotify/max_queued_events)
    test "$limit" -le 70000 || skip "the queue takes $limit events"
    mkdir -p "$DEVINFO/dp"
    put dp/first "$(pci_file $vf)"
    wait_files $vf dp/first
    scans=$(status_of .devinfo.scans)
    pid=$(pid_of "$TARGET")
    kill -STOP "$pid"
    # Equal events in a row are one: so two names, in turn.
    for ((i = 0; i < limit; i += 2)); do
        : >"$DEVINFO/dp/.x"
        : >"$DEVINFO/dp/.y"
    done
    put dp/last "$(pci_file $vf)"
    rm "$DEVINFO/dp/first"
    kill -CONT "$pid"
    wait_files $vf dp/last
    wait_json status : ".devinfo.scans > $scans"
}

# check PCI: verdict and evidence of explain's check of device-info files.
check() {
    fails 1 "$BUILDDIR/utilities/ovs-offload" -T "$WAIT" \
        -t "$T/$TARGET.ctl" -f json explain "$1" |
        jq -r '.[].checks[] | select(.check == "device-info")
               | "\(.verdict) \(.evidence)"'
}

# The sandbox that a file's name tells, and what explain says of it all.
test_explain() {
    local vf=0000:65:00.1
    start_with_vfs
    mkdir -p "$DEVINFO/cni"
    is "$(check $vf)" ""
    put cni/ns-net1-0123abcd_net1 "$(pci_file $vf)"
    wait_json port/show $vf : '.device_info[0]
        | .sandbox == "0123abcd" and .sandbox_interface == "net1"'
    is "$(check $vf)" "PASS 1 file agrees"
    put cni/ns-net1-0123abcd_net1 '{"type":"vdpa","vdpa":{"driver":"virtio",
        "parent-device":"v","pci-address":"0000:65:00.1"}}'
    wait_json port/show $vf : '.device_info[0].disagrees
        | . != null and test("the VF has none")'
    is "$(check $vf)" "FAIL cni/ns-net1-0123abcd_net1: it is of a vDPA device,\
 and the VF has none"
}

# own_file PCI: as the daemon would write it
own_file() {
    printf '{"offload-owner":"ovs-offload-controller","type":"vdpa",'
    printf '"version":"1.1.0","vdpa":{"driver":"virtio",'
    printf '"parent-device":"v","pci-address":"%s"}}' "$1"
}

# Files of ours that an earlier daemon left, for what is not there any more.
# (Writing them needs vDPA devices: the lab does that.)
test_own() {
    local vf=0000:65:00.1 name=dp/ovs-offload-controller-vdpa-0000:65:00.1
    mkdir -p "$DEVINFO/dp" "$DEVINFO/cni"
    put cni/copy "$(own_file $vf)"
    put $name-device.json "$(own_file $vf)"
    put dp/other-device.json "$(own_file $vf)"
    put dp/foreign "$(pci_file 0000:65:00.2)"
    start_fresh_ovsdb
    fake_vfs 0000:65:00 2
    set_ids offload-mode=observe offload-devinfo=true \
        "offload-devinfo-dir=$DEVINFO"
    start_daemon
    synced
    wait_json status : '.devinfo | .files == 4 and .own_files == 3'
    json_is "self self self" port/show $vf : \
        '[.device_info[].owner] | join(" ")'

    # In mode observe nothing is touched.
    recomputed
    test -e "$DEVINFO/$name-device.json"
    set_ids offload-mode=assist
    wait_files $vf cni/copy
    wait_files 0000:65:00.2 dp/foreign
    json_is null status : .devinfo.own_error
    is "$(ls -A "$DEVINFO/dp")" foreign

    # One that appears is not for long.
    put .new "$(own_file $vf)"
    mv "$DEVINFO/.new" "$DEVINFO/dp/new"
    eventually test ! -e "$DEVINFO/dp/new"

    # Those in a directory that is left, and those at the end.
    set_ids offload-mode=observe
    wait_json status : '.config.mode == "observe"'
    put .new "$(own_file $vf)"
    mv "$DEVINFO/.new" "$DEVINFO/dp/new"
    wait_files $vf "cni/copy dp/new"
    stop_daemon
    start_daemon
    synced
    stop_daemon --cleanup
    test -e "$DEVINFO/dp/new"
    set_ids offload-mode=assist "offload-devinfo-dir=$T/elsewhere"
    start_daemon
    synced
    test -e "$DEVINFO/dp/new"
    set_ids "offload-devinfo-dir=$DEVINFO"
    eventually test ! -e "$DEVINFO/dp/new"
    test ! -e "$T/elsewhere"
    is "$(ls -A "$DEVINFO/cni")" copy
    is "$(ls -A "$DEVINFO/dp")" foreign
}
