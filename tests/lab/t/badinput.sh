# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Bad input on real devices: each bad word is told to whoever gave it, in
# status or in port/list or as an error of the command, changes nothing, and
# what was good goes on.
#
# lab: secs=720
# shellcheck disable=SC2016,SC2119,SC2317 # "eval" and "theme" use them.
# shellcheck source=lib/daemon.sh
. "$LAB/t/lib/daemon.sh"

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

# unharmed WHAT: the good request is in place, theirs is theirs
unharmed() {
    check "$1: the good port" port rep0 \
        '.state == "attached" and .iface_id == "ns_good"'
    equal "$1: our rows" rep0 "$(own_rows)"
    same "$1: foreign rows" "$before" "$(foreign)"
}

# --- themes ------------------------------------------------------------------

# A value that means nothing: said once, and the last good one stays.
configuration() {
    local i key value n

    while read -r key value; do
        ids "offload-$key=$value"
        eventually "offload-$key=$value" 5 \
            status '.config.errors["offload-'"$key"'"]'
        check "own is still the mode" status \
            '.config.mode == "own" and .config.bridge == "'"$BR"'" and
             .config.select == "none" and .config.features'
    done <<'EOF'
mode enforce
bridge a/b
select some
manage-ovs yes
features 0
repair maybe
flow-poll-ms 10
EOF
    equal "errors in status" 7 "$(status '.config.errors | length')"
    for i in 1 2 3; do
        ids "unrelated=$i"
        settle
    done
    n=$(grep -c 'offload-mode.*enforce' "$log")
    equal "each is logged once" 1 "$n"
    ids offload-colour=blue
    eventually "an unknown key" 5 status \
        '.config.unknown_keys == ["offload-colour"]'
    ids_rm unrelated offload-colour
    ids offload-mode=own offload-select=none
    ids_rm offload-bridge offload-manage-ovs offload-features \
        offload-repair offload-flow-poll-ms
    eventually "all good again" 5 status \
        '.config.errors == {} and .config.unknown_keys == []'
    unharmed "configuration"
}

# reason_is NAME STATE TEXT: of the port that a request names
reason_is() {
    port "$1" '.state == "'"$2"'" and (.reason | contains("'"$3"'"))'
}

requests() {
    local value text

    # Each is "TEXT|VALUE".
    while IFS='|' read -r text value; do
        request vdpa1 "$value"
        eventually "request '$value'" 5 reason_is vdpa1 error "$text"
    done <<'EOF'
MAC address|iface-id=ns_b,mac=02:00:00:00:00
MAC address|iface-id=ns_b,mac=xx:00:00:00:00:01
MAC address|iface-id=ns_b,mac=01:00:5e:00:00:01
MAC address|iface-id=ns_b,mac=00:00:00:00:00:00
iface-id is missing|mac=02:00:00:00:00:01
iface-id is empty|iface-id=
is given twice|iface-id=ns_b,iface-id=ns_c
is reserved|iface-id=ns_b,sandbox=x
is reserved|iface-id=ns_b,offload-owner=x
not of the form key=value|ns_b
not of the form key=value|
EOF
    unharmed "bad values"
    request_rm vdpa1

    request nothing iface-id=ns_b
    eventually "a device that does not exist" 5 \
        reason_is nothing absent "no vDPA device and no VF has this name"
    request_rm nothing
    request "$NIC" iface-id=ns_b
    eventually "a PF" 5 port "$NIC" '.state == "absent"'
    request_rm "$NIC"
    request 0000:99:00.0 iface-id=ns_b
    eventually "a PCI function that is not there" 5 \
        port 0000:99:00.0 '.state == "absent" and .pair == "not-a-vf"'
    request_rm 0000:99:00.0
    request "" iface-id=ns_b
    eventually "no name at all" 5 \
        ports_are 1 '.state == "error" and
                     (.reason | contains("no device is named"))'
    request_rm ""

    request vdpa1 iface-id=ns_b
    request "$(vf_addr 1)" iface-id=ns_c
    eventually "two requests for one representor" 5 \
        reason_is rep1 conflict "2 requests name it"
    request "$(vf_addr 0)" iface-id=ns_good
    eventually "two for one that is attached" 5 \
        reason_is rep0 conflict "2 requests name it"
    equal "its row stays" own "$(row rep0)"
    request_rm "$(vf_addr 0)"
    eventually "one fewer" 5 port rep0 '.state == "attached"'
    request_rm "$(vf_addr 1)"
    eventually "the other one goes on" 10 \
        port rep1 '.state == "attached" and .iface_id == "ns_b"'
    request_rm vdpa1

    request vdpa1 iface-id=ns_good
    eventually "the iface-id of another request" 5 \
        reason_is rep1 conflict "iface-id is that of"
    unharmed "two requests with one iface-id"
    request vdpa1 iface-id=ns_theirs
    eventually "the iface-id of a foreign row" 5 \
        reason_is rep1 conflict "iface-id is that of rep3"
    request vdpa3 iface-id=ns_b
    eventually "a representor that a foreign row holds" 5 \
        reason_is rep3 foreign "the request for it is not applied"
    settle
    request_rm vdpa1
    request_rm vdpa3
    settle
    unharmed "requests"

    check "a representor stands for its VF" \
        ooc port/attach rep1 iface-id=ns_b
    eventually "it is attached" 10 port rep1 \
        '.state == "attached" and .request == .vf_pci'
    check "and for the request that there is" \
        ooc port/attach rep1 iface-id=ns_c
    eventually "which is changed" 10 port "$(vf_addr 1)" '.iface_id == "ns_c"'
    check "detach" ooc port/detach rep1
    eventually "its row goes" 10 eval '[ -z "$(row rep1)" ]'

    ip link add other type bridge
    check "a port of another bridge" ip link set rep1 master other
    request vdpa1 iface-id=ns_b
    eventually "is left there" 5 \
        reason_is rep1 conflict "a port of other already"
    check "until it is free" ip link set rep1 nomaster
    eventually "then it is taken" 10 port rep1 '.state == "attached"'
    request_rm vdpa1
    eventually "and goes" 10 eval '[ -z "$(row rep1)" ]'
    ip link del other

    ids ovn-bridge=br-none
    request vdpa1 iface-id=ns_b
    eventually "the bridge is the one that OVN has" 5 \
        reason_is rep1 pending "bridge br-none does not exist"
    ids_rm ovn-bridge
    eventually "else br-int" 10 port rep1 '.state == "attached"'
    request_rm vdpa1
    eventually "its row goes" 10 eval '[ -z "$(row rep1)" ]'

    ids offload-bridge=br-none
    request vdpa1 iface-id=ns_b
    eventually "a bridge that does not exist" 5 \
        reason_is rep1 pending "bridge br-none does not exist"
    ids_rm offload-bridge
    eventually "and one that does" 10 port rep1 '.state == "attached"'
    request_rm vdpa1
    eventually "its row goes" 10 eval '[ -z "$(row rep1)" ]'
    unharmed "bridges"
}

# Names that a vDPA device may have, and our keys with them.
names() {
    local odd='we ird"na'\''me' long dev

    long=$(printf 'v%.0s' {1..200})
    for dev in "$odd" "$long"; do
        vdpa dev add name "$dev" mgmtdev "pci/$(vf_addr 2)" ||
            fail "no vDPA device ${dev:0:20}"
        eventually "${dev:0:20} is there" 5 port "$dev" .vf_pci
        check "attach ${dev:0:20}" \
            ooc port/attach "$dev" iface-id=ns_odd "mac=$(mac_of 2)"
        eventually "attached" 10 port "$dev" \
            '.state == "attached" and .request == .vdpa'
        equal "its row" "ns_odd" "$(key rep2 iface-id)"
        check "the table shows it" eval 'ooc port/list | grep -qF "$dev"'
        # CSV doubles quotes.
        check "CSV shows it" eval \
            'ooc vdpa/list --format=csv | grep -qF "${dev//\"/\"\"}"'
        check "detach" ooc port/detach "$dev"
        eventually "its row goes" 10 eval '[ -z "$(row rep2)" ]'
        vdpa dev del "$dev"
    done
    unharmed "odd names"
}

commands() {
    local command

    for command in status port/list vdpa/list event/list recompute; do
        refused "$command with an argument" "usage: $command" \
            ooc $command extra
        refused "$command with an unknown format" "format" \
            ooc $command --format=xml
    done
    refused "flow/report with an argument" "usage: flow/report" \
        ooc flow/report extra
    refused "flow/report of half a name" "NS/POD" ooc flow/report --pod=a
    refused "flow/report of no pod" "no interface" ooc flow/report --pod=a/b
    refused "port/show without a name" "usage: port/show" ooc port/show
    refused "port/show with two" "usage: port/show" ooc port/show rep0 rep1
    refused "port/show of nothing" 'no port is named "nix"' ooc port/show nix
    refused "port/attach without arguments" "usage: port/attach" \
        ooc port/attach
    refused "port/attach without iface-id" "iface-id is missing" \
        ooc port/attach vdpa1 mac=02:00:00:00:00:01
    refused "port/attach with a bad MAC" "MAC address" \
        ooc port/attach vdpa1 iface-id=a mac=1
    refused "port/attach without a value" "key=value" \
        ooc port/attach vdpa1 iface-id
    refused "port/attach of no name" "NAME is empty" \
        ooc port/attach "" iface-id=a
    refused "port/detach without a name" "usage: port/detach" ooc port/detach
    refused "port/detach of what is not attached" "no request" \
        ooc port/detach vdpa1
    refused "exit with an unknown argument" "usage: exit" ooc exit --force
    refused "exit with too many" "usage: exit" ooc exit --cleanup now
    refused "a command that does not exist" "is not a valid command" \
        ooc port/frobnicate
    check "it runs on" ooc version
    unharmed "commands"
}

command_line() {
    # A program that gives up leaves its memory to the kernel.
    local -x ASAN_OPTIONS=detect_leaks=0
    refused "an unknown option" "unrecognized option" \
        "$program" --frobnicate
    refused "two databases" "at most one argument" \
        "$program" unix:/a unix:/b
    refused "no such kind of database" "is no database socket" \
        "$program" carrier:pigeon
    refused "a sysfs that is not there" "No such file" \
        "$program" --sysfs-root=/nowhere --unixctl=/tmp/x.ctl
    refused "a second instance" "already running" \
        "$program" --pidfile --unixctl=/tmp/x.ctl
    unharmed "command line"
}

check "NIC" nic_up 4
reps_add 4
ip link set rep3 down
vdpa_add 0
vdpa_add 1
vdpa_add 3
check "Open vSwitch" db_up
foreign_add rep3 ns_theirs
ids offload-mode=own offload-select=none
request vdpa0 iface-id=ns_good
before=$(foreign)
ctl_start
eventually "one good port" 10 port rep0 '.state == "attached"'
theme configuration requests names commands command_line
finish
