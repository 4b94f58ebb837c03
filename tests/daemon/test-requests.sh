# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Requests and the commands about ports, as far as no NIC is needed: what can
# go wrong.

# shows NAME JQ-FILTER: until port/show NAME fulfils the filter.
shows() {
    wait_json port/show "$1" : "$2"
}

test_no_such_device() {
    start_ovs
    start_daemon
    save_db
    request vdpa0 iface-id=ns_pod,mac=02:00:00:00:00:01
    shows vdpa0 '.state == "absent" and .request == "vdpa0" and
        .iface_id == "ns_pod" and .namespace == "ns" and .pod == "pod" and
        .representor == null and .owner == null and .bridge == null and
        (.reason | length > 0)'
    request 0000:65:00.2 iface-id=b
    shows 0000:65:00.2 '.state == "absent" and (.reason | length > 0)'
    json_is 2 port/list : length
    # By iface-id and by pod, too.
    json_is vdpa0 port/show ns_pod : .request
    json_is vdpa0 port/show ns/pod : .request

    del_id offload-port-vdpa0
    wait_json port/list : 'length == 1'
    del_id offload-port-0000:65:00.2
    wait_json port/list : 'length == 0'
    assert_db_unchanged
    is "$(n_our_commits)" 0
}

# Each has a reason that names what is wrong.
test_bad_form() {
    local value
    start_fresh_ovsdb
    start_daemon
    while IFS='|' read -r value reason; do
        request dev "$value"
        synced
        json_is error port/show dev : .state
        contains "$(json port/show dev : .reason)" "$reason" "$value"
    done <<'VALUES'
|key=value
x|"x"
iface-id=|iface-id is empty
mac=02:00:00:00:00:01|iface-id is missing
iface-id=a,mac=02:00|"02:00"
iface-id=a,mac=02:00:00:00:00:zz|02:00:00:00:00:zz
iface-id=a,mac=00:00:00:00:00:00|is zero
iface-id=a,mac=01:00:5e:00:00:01|multicast
iface-id=a,iface-id=b|twice
iface-id=a,sandbox=x|"sandbox"
iface-id=a,offload-owner=x|"offload-owner"
iface-id=a, b=c|" b"
VALUES
    request dev iface-id=a
    shows dev '.state == "absent"'
    request "" iface-id=a
    wait_json port/list : 'length == 2 and any(.state == "error")'
    is "$(n_our_commits)" 0
}

# A VF of a PF that has no eswitch that anyone knows of.
test_vf_without_representor() {
    local state
    start_ovs
    fake_vfs 0000:65:00 4
    start_daemon
    json_is 4 port/list : length
    json_is '0000:65:00.1 0 0000:65:00.0 no-representor unmanaged' \
        port/show 0000:65:00.1 : \
        '"\(.vf_pci) \(.vf) \(.pf_pci) \(.pair) \(.state)"'
    contains "$(json port/show 0000:65:00.1 : .reason)" eswitch
    json_is 3 port/show 0000:65:00.4 : .vf

    request 0000:65:00.2 iface-id=a_b
    shows 0000:65:00.2 '.state == "absent" and (.reason | length > 0)'
    json_is 4 port/list : length
    # Two requests with one iface-id, and one VF by an address that has
    # another form.
    request 0000:65:00.3 iface-id=a_b
    synced
    state=$(json port/list : '[.[] | select(.request) | .state] | join(" ")')
    matches "$state" '^(absent|conflict) (absent|conflict)$'
    fails 2 ctl port/show 0000:66:00.1

    # The VFs go.
    rm -r "$SYSFS"/bus/pci/devices/0000:65:00.[1-4]
    recomputed
    json_is 2 port/list : length
    json_is 'absent absent' port/list : '[.[].state] | join(" ")'
    is "$(n_our_commits)" 0
}

test_hostile_sysfs() {
    local dir=$SYSFS/bus/pci/devices
    fake_vfs 0000:65:00 2
    # Names that are no addresses, links that lead nowhere or in circles.
    mkdir -p "$dir/evil name" "$dir/$(printf 'x%.0s' {1..255})" \
        "$dir/"$'new\nline' "$dir/-" "$dir/%s%n" "$dir/0000:65:00.9"
    ln -s loop "$dir/0000:66:00.1"
    ln -s 0000:66:00.1 "$dir/loop"
    ln -s /nonexistent "$dir/0000:66:00.2"
    mkdir -p "$SYSFS/devices/x"/{0000:67:00.1,0000:67:00.2,0000:67:00.3}
    ln -s ../../../devices/x/0000:67:00.1 "$dir/0000:67:00.1"
    ln -s ../bogus "$SYSFS/devices/x/0000:67:00.1/physfn"
    ln -s ../../../devices/x/0000:67:00.2 "$dir/0000:67:00.2"
    ln -s ../0000:67:00.2 "$SYSFS/devices/x/0000:67:00.2/physfn"
    ln -s ../../../devices/x/0000:67:00.3 "$dir/0000:67:00.3"
    ln -s "../0000:65:00.0" "$SYSFS/devices/x/0000:67:00.3/physfn"
    echo garbage >"$SYSFS/devices/pci0000:65/0000:65:00.0/sriov_offset"
    mkdir -p "$SYSFS/bus/vdpa/devices/"$'v\e[2J "dpa'
    start_fresh_ovsdb
    start_daemon
    json_is true port/list : 'any(.vf_pci == "0000:65:00.1" and .vf == 0)'
    json_is true port/list : 'any(.vf_pci == "0000:65:00.2" and .vf == 1)'
    # A VF to which no virtfn link leads has no number.
    json_is null port/show 0000:67:00.3 : '.vf | tostring'
    recomputed
    ctl port/list >/dev/null
    ctl vdpa/list --format=csv >/dev/null
}

test_attach_refused() {
    local mode
    start_ovs
    start_daemon
    save_db
    for mode in assist observe; do
        set_ids offload-mode=$mode
        synced
        contains "$(fails 2 ctl port/attach vdpa0 iface-id=a)" "mode is $mode"
        contains "$(fails 2 ctl port/detach vdpa0)" "mode is $mode"
    done
    del_id offload-mode
    set_ids ovn-remote=x
    synced
    contains "$(fails 2 ctl port/attach vdpa0 iface-id=a)" "mode is assist"
    # What was written by hand is shown with the reason, and not carried out.
    request vdpa0 iface-id=a
    shows vdpa0 '.state != "attached" and (.reason | length > 0)'
    del_id ovn-remote
    del_id offload-port-vdpa0
    synced
    assert_db_unchanged
    is "$(n_our_commits)" 0
}

test_attach_and_detach() {
    start_fresh_ovsdb
    start_daemon
    save_db
    ctl port/attach vdpa:0000:65:00.2 iface-id=ns_pod \
        mac=02:00:00:00:00:AB key=value
    # It answers after the commit.
    is "$(vsctl get Open_vSwitch . \
        'external_ids:"offload-port-vdpa:0000:65:00.2"')" \
        '"iface-id=ns_pod,mac=02:00:00:00:00:ab,key=value"'
    is "$(n_our_commits)" 1
    # The same again changes nothing, and another value does.
    ctl port/attach vdpa:0000:65:00.2 iface-id=ns_pod \
        mac=02:00:00:00:00:ab key=value
    is "$(n_our_commits)" 1
    ctl port/attach vdpa:0000:65:00.2 iface-id=ns_pod2
    is "$(vsctl get Open_vSwitch . \
        'external_ids:"offload-port-vdpa:0000:65:00.2"')" \
        '"iface-id=ns_pod2"'
    ctl port/detach vdpa:0000:65:00.2
    json_is 0 port/list : length
    assert_db_unchanged
    contains "$(fails 2 ctl port/detach vdpa:0000:65:00.2)" "no request"
}

test_attach_bad_arguments() {
    start_fresh_ovsdb
    start_daemon
    save_db
    contains "$(fails 2 ctl port/attach "" iface-id=a)" NAME
    contains "$(fails 2 ctl port/attach x bogus)" '"bogus"'
    contains "$(fails 2 ctl port/attach x mac=02:00:00:00:00:01)" \
        "iface-id is missing"
    contains "$(fails 2 ctl port/attach x iface-id=a mac=1)" 'MAC address "1"'
    contains "$(fails 2 ctl port/attach x iface-id=a owner=me)" reserved
    contains "$(fails 2 ctl port/attach x iface-id=a iface-id=b)" twice
    contains "$(fails 2 ctl port/attach x iface-id=a "k=v,w")" '"w"'
    contains "$(fails 2 ctl port/attach x $'iface-id=a\e[2J')" unprintable
    assert_db_unchanged
    is "$(n_our_commits)" 0
}

# What is in the input that could do something to a terminal, in hexadecimal.
control_characters() {
    LC_ALL=C tr -d '\n -~\200-\377' | od -An -tx1
}

# harmless COMMAND...: it prints, and nothing of that kind.
harmless() {
    test -n "$(ctl "$@")" || fail "$*: nothing"
    is "$(ctl "$@" | control_characters)" "" "$*"
}

# A request that names a port in a hostile way.
test_hostile_names() {
    local name long
    start_ovs
    fake_vfs 0000:65:00 1
    long=$(printf 'n%.0s' {1..200})
    start_daemon
    for name in 'a b' '"quoted"' "it's" $'new\nline' $'esc\e[2J' '%s%n' \
                '../../etc/passwd' '; rm -rf /' "$long" 'ümläut'; do
        ctl port/attach "$name" iface-id=x
        json_is true port/list : "any(.request == $(jq -n --arg n "$name" \
            '$n'))"
        json_is absent port/show "$name" : .state
        harmless port/list
        harmless port/list --format=csv
        ctl port/detach "$name"
        json_is 1 port/list : length
    done
    # In rows of others.
    vsctl --no-wait add-port br-int "we'ird \"p\$(x)" -- \
        add-port br-int "$long"
    set_db Interface "$long" external_ids:iface-id='"a_b_c\\\"d"'
    set_ids 'offload-port-x=iface-id=k8s-\"'
    synced
    ctl flow/report --format=json | jq -e . >/dev/null
    ctl event/list --format=json | jq -e . >/dev/null
    harmless event/list
    harmless flow/report
    is "$(control_characters <"$T/$TARGET.log")" "" "log"
}
