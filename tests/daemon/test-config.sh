# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Configuration in the database, taken up while the daemon runs.

# mode_is CONFIGURED EFFECTIVE
mode_is() {
    synced
    json_is "$1 $2" status : '.config | .mode_configured + " " + .mode'
}

test_defaults() {
    local all='["br-int",false,true,10000,false,"own","auto",false,"none",{},
        []]'
    start_fresh_ovsdb
    start_daemon
    all=$(jq -c . <<<"$all")
    json_is "$all" status : '[.config | .bridge, .bridge_exists, .features,
        .flow_poll_ms, .manage_ovs, .mode, .mode_configured, .repair,
        .select, .errors, .unknown_keys] | tostring'
    contains "$(ctl status)" "config.mode"
    contains "$(ctl status --format=csv)" "config.mode,own"
}

test_modes() {
    local mode
    start_ovs
    start_daemon
    for mode in own assist observe auto own; do
        set_ids offload-mode=$mode
        mode_is $mode ${mode/auto/own}
    done
    json_is vdpa status : .config.select
    json_is true status : .config.manage_ovs
    json_is true status : .config.bridge_exists
    del_id offload-mode
    mode_is auto own
    json_is none status : .config.select
    matches "$(json event/list : '[.[] | select(.what == "mode") | .to] |
        join(" ")')" "^own assist observe own"
}

test_bad_values() {
    local key n
    start_fresh_ovsdb
    set_ids offload-mode=observe offload-bridge=br-x offload-select=all \
        offload-manage-ovs=true offload-features=false offload-repair=true \
        offload-flow-poll-ms=2000
    start_daemon
    good=$(status_of '.config | del(.errors) | tostring')
    set_ids offload-mode=Own offload-bridge=a/b offload-select=some \
        offload-manage-ovs=yes offload-features=1 offload-repair=TRUE \
        offload-flow-poll-ms=999
    synced
    is "$(status_of '.config | del(.errors) | tostring')" "$good"
    json_is 7 status : '.config.errors | length'
    contains "$(status_of '.config.errors["offload-mode"]')" \
        '"Own" is not "auto", "own", "assist" or "observe"'
    contains "$(status_of '.config.errors["offload-repair"]')" \
        'exactly "true" or "false"'
    contains "$(ctl status)" "config.errors.offload-mode"

    # Each is logged, and once, whatever else changes.
    set_ids offload-unrelated=1
    synced
    del_id offload-unrelated
    for key in mode bridge select manage-ovs features repair flow-poll-ms; do
        n=$(n_in_log "WARN.*offload-$key:")
        is "$n" 1 "warnings about offload-$key"
    done

    # A good value heals it; without the key it is the default.
    set_ids offload-features=true
    del_id offload-bridge
    synced
    json_is 5 status : '.config.errors | length'
    json_is true status : .config.features
    json_is br-int status : .config.bridge
}

test_unknown_keys() {
    start_fresh_ovsdb
    set_ids offload-moed=own offload-nothing=127.0.0.1:9475 \
        offload-port-x=iface-id=a other=1
    start_daemon
    json_is '["offload-moed","offload-nothing"]' status : \
        '.config.unknown_keys | sort | tostring'
    del_id offload-moed
    wait_json status : '.config.unknown_keys == ["offload-nothing"]'
}

# A node that looks like one of ovn-kubernetes, before any pod is there.
test_auto_ovn_keys() {
    local key
    start_fresh_ovsdb
    start_daemon
    for key in ovn-remote ovn-encap-type ovn-bridge-mappings; do
        set_ids $key=x
        mode_is auto assist
        contains "$(status_of .config.mode_reason)" "external_ids:$key"
        # It is assist until the key is written, though the reason is gone.
        del_id $key
        mode_is auto assist
        set_ids offload-mode=auto
        mode_is auto own
        del_id offload-mode
        mode_is auto own
    done
}

test_auto_rows() {
    local key table
    start_ovs
    start_daemon
    vsctl --no-wait add-port br-int p0
    for key in sandbox iface-id-ver ovn-plugged owner vm-id; do
        for table in Port Interface; do
            mode_is auto own
            set_db $table p0 external_ids:$key=x
            mode_is auto assist
            contains "$(status_of .config.mode_reason)" "$table p0"
            # Also after a restart, but only while the row is there.
            stop_daemon
            start_daemon
            mode_is auto assist
            vsctl --no-wait remove $table p0 external_ids $key
            mode_is auto assist
            stop_daemon
            start_daemon
        done
    done
    set_db Interface p0 external_ids:iface-id=k8s-node1
    mode_is auto assist
}

# An explicit word is not overruled by what others do.
test_explicit_own() {
    start_ovs
    set_ids offload-mode=own ovn-remote=x
    start_daemon
    add_pod_row p0 ns pod
    mode_is own own
    set_ids offload-mode=auto
    mode_is auto assist
    set_ids offload-mode=own
    mode_is own own
}

# hw-offload is set where that is ours to set.
test_manage_ovs() {
    start_fresh_ovsdb
    start_daemon
    synced
    is "$(vsctl get Open_vSwitch . other_config)" "{}"
    set_ids offload-mode=assist
    synced
    set_ids offload-mode=observe
    synced
    is "$(vsctl get Open_vSwitch . other_config)" "{}"

    set_ids offload-mode=own
    vsctl wait-until Open_vSwitch . \
        other_config:hw-offload=true
    # Whoever says otherwise has a reason.
    set_db Open_vSwitch . other_config:hw-offload=false
    synced
    is "$(vsctl get Open_vSwitch . other_config:hw-offload)" '"false"'
    set_ids offload-manage-ovs=true
    vsctl wait-until Open_vSwitch . \
        other_config:hw-offload=true
    is "$(n_our_commits)" 2

    # Never where it was forbidden.
    set_ids offload-manage-ovs=false
    vsctl --no-wait remove Open_vSwitch . other_config hw-offload
    synced
    is "$(vsctl get Open_vSwitch . other_config)" "{}"
}
