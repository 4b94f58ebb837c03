# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The client's commands for consumers of vDPA devices, with the answers of a
# daemon that are known beforehand.

CLIENT=${CLIENT:-$BUILDDIR/utilities/ovs-offload}
SCHEMA=${LIBVIRT_SCHEMAS:-/usr/share/libvirt/schemas}/domain.rng

client() {
    "$CLIENT" --timeout="$WAIT" --target="$T/fake.ctl" "$@"
}

# device NAME VF_PCI DRIVER VHOST_DEVICE MAX_VQS
device() {
    jq -n --arg name "$1" --arg pci "$2" --arg driver "$3" --arg dev "$4" \
        --argjson vqs "$5" 'def null_if_empty: if . == "" then null else . end;
        { vdpa: $name, vf_pci: ($pci | null_if_empty),
          vdpa_driver: ($driver | null_if_empty),
          vhost_device: ($dev | null_if_empty), max_vqs: $vqs }'
}

start_fake() {
    command -v python3 >/dev/null || skip "there is no python3"
    mkdir "$T/answers"
    {
        device vdpa:0000:cc:00.2 0000:cc:00.2 vhost_vdpa /dev/vhost-vdpa-1 9
        device vdpa1 0000:cc:00.3 vhost_vdpa /dev/vhost-vdpa-2 3
        device virtio 0000:cc:00.4 virtio_vdpa "" 3
        device none 0000:cc:00.5 "" "" 3
        device sim "" vhost_vdpa /dev/vhost-vdpa-0 3
        device "<'&\">" 0000:cc:00.6 vhost_vdpa "/dev/<'&\"> " 3
        device control 0000:cc:00.7 vhost_vdpa $'/dev/\e[2J' 3
    } | jq -s . >"$T/answers/vdpa_list"
    echo '{"config": {"mac": "52:54:00:ff:36:37", "mtu": 1500, "max_vqp": 4},
        "holders": [{"pid": 7, "command": "qemu", "uid": 107}]}' \
        >"$T/answers/vdpa_show_vdpa:0000:cc:00.2"
    python3 "$SRCDIR/tests/daemon/fake-daemon.py" "$T/fake.ctl" \
        "$T/answers" 2>"$T/fake.stderr" &
    eventually test -S "$T/fake.ctl"
}

test_domain_xml() {
    start_fake
    is "$(client vdpa domain-xml vdpa:0000:cc:00.2 --alias=offload \
        2>"$T/stderr")" "\
    <interface type='vdpa'>
      <mac address='52:54:00:ff:36:37'/>
      <source dev='/dev/vhost-vdpa-1'/>
      <model type='virtio'/>
      <driver name='vhost' queues='4'/>
      <alias name='ua-offload'/>
    </interface>"
    contains "$(cat "$T/stderr")" "in use by qemu (pid 7, uid 107)"
    is "$(client vdpa domain-xml --alias=ua-a --alias=b /dev/vhost-vdpa-2 \
        sim)" "\
    <interface type='vdpa'>
      <source dev='/dev/vhost-vdpa-2'/>
      <model type='virtio'/>
      <alias name='ua-a'/>
    </interface>
    <interface type='vdpa'>
      <source dev='/dev/vhost-vdpa-0'/>
      <model type='virtio'/>
      <alias name='ua-b'/>
    </interface>"
    contains "$(client vdpa domain-xml 0000:cc:00.6)" \
        "dev='/dev/&lt;&apos;&amp;&quot;&gt; '"
    contains "$(client --help)" "vdpa domain-xml [--alias="
}

test_domain_xml_refused() {
    start_fake
    contains "$(stderr_of 1 client vdpa domain-xml virtio)" \
        "virtio is bound to virtio_vdpa, a VM needs vhost_vdpa"
    contains "$(stderr_of 1 client vdpa domain-xml vdpa1 none)" "no driver"
    contains "$(stderr_of 1 client vdpa domain-xml control)" "control char"
    contains "$(stderr_of 1 client vdpa domain-xml nosuch)" '"nosuch"'
    contains "$(stderr_of 1 client vdpa domain-xml sim sim)" "given twice"
    contains "$(stderr_of 1 client vdpa domain-xml vdpa1 0000:cc:00.3)" \
        "vdpa1 is given twice"
    contains "$(stderr_of 2 client vdpa domain-xml)" "missing name"
    contains "$(stderr_of 2 client vdpa domain-xml)" \
        "usage: ovs-offload vdpa domain-xml"
    contains "$(stderr_of 2 client vdpa domain-xml --alias sim)" missing
    contains "$(stderr_of 2 client vdpa domain-xml sim --alias)" alias
    contains "$(stderr_of 2 client vdpa domain-xml --alias=a sim vdpa1)" \
        "2 names and 1 aliases"
    contains "$(stderr_of 2 client vdpa domain-xml --alias=a --alias=ua-a sim \
        vdpa1)" "twice"
    contains "$(stderr_of 2 client vdpa domain-xml --alias="a'/>" sim)" \
        "a'/>"
    contains "$(stderr_of 2 client vdpa domain-xml --bogus sim)" bogus
    contains "$(stderr_of 2 client -f json vdpa domain-xml sim)" "XML"
    echo '{}' >"$T/answers/vdpa_list"
    contains "$(stderr_of 1 client vdpa domain-xml sim)" "no list"
    echo '[' >"$T/answers/vdpa_list"
    contains "$(stderr_of 1 client vdpa domain-xml sim)" "no list"
    rm "$T/answers/vdpa_list"
    contains "$(stderr_of 1 client vdpa domain-xml sim)" "not a valid command"
    contains "$(stderr_of 3 "$CLIENT" -t "$T/nosuch" vdpa domain-xml sim)" \
        "$T/nosuch"
}

# validate ELEMENTS...: does libvirt take a domain with them?
validate() {
    {
        printf '%s\n' "<domain type='kvm'>" "  <name>vm</name>" \
            "  <memory>1048576</memory>" "  <os><type>hvm</type></os>" \
            "  <devices>" "$@" "  </devices>" "</domain>"
    } >"$T/domain.xml"
    xmllint --noout --relaxng "$SCHEMA" "$T/domain.xml" 2>"$T/xmllint"
}

test_domain_xml_schema() {
    local xml
    command -v xmllint >/dev/null || skip "there is no xmllint (libxml2-utils)"
    test -e "$SCHEMA" || skip "there is no $SCHEMA (libvirt0)"
    start_fake
    xml=$(client vdpa domain-xml vdpa:0000:cc:00.2 sim --alias=a-_Z \
        --alias=ua-b 2>/dev/null)
    validate "$xml" || fail "$(cat "$T/xmllint")"
    validate "$(client vdpa domain-xml vdpa1)" || fail "$(cat "$T/xmllint")"
    # Would it say so?
    if validate "${xml//source dev/source device}"; then
        fail "xmllint takes anything"
    fi
    if validate "${xml//queues=\'4\'/queues=\'many\'}"; then
        fail "xmllint takes any number of queues"
    fi
}

# As in the environment of a pod.
test_env() {
    local info=PCIDEVICE_INTEL_COM_VDPA_JAGUAR_VHOST_INFO out
    start_fake
    out=$(client vdpa env --resource intel.com/vdpa_jaguar_vhost \
        0000:cc:00.2 vdpa1)
    is "$out" "$info={\"0000:cc:00.2\":{\"generic\":{\"deviceID\":\
\"0000:cc:00.2\"},\"vdpa\":{\"mount\":\"/dev/vhost-vdpa-1\"}},\"0000:cc:00.3\":\
{\"generic\":{\"deviceID\":\"0000:cc:00.3\"},\"vdpa\":{\"mount\":\
\"/dev/vhost-vdpa-2\"}}}
${info%_INFO}=0000:cc:00.2,0000:cc:00.3"

    # All vhost devices on VFs; and a name that the shell would not like.
    is "$(client vdpa env --resource=a.b/c | sed -n 's/^PCIDEVICE_A_B_C=//p')" \
        "0000:cc:00.2,0000:cc:00.3,0000:cc:00.6,0000:cc:00.7"
    is "$(client vdpa env --resource=a/b 0000:cc:00.6 |
        sed -n 's/^PCIDEVICE_A_B_INFO=//p' |
        jq -r '.["0000:cc:00.6"].vdpa.mount')" "/dev/<'&\"> "
    is "$(client vdpa env virtio --resource=a/b |
        sed -n 's/^PCIDEVICE_A_B_INFO=//p' | jq -c '.[].vdpa')" "{}"

    contains "$(stderr_of 1 client vdpa env --resource=a/b sim)" "on no VF"
    contains "$(stderr_of 1 client vdpa env --resource=a/b none)" "no driver"
    contains "$(stderr_of 1 client vdpa env --resource=a/b nosuch)" nosuch
    contains "$(stderr_of 2 client vdpa env)" "missing --resource"
    contains "$(stderr_of 2 client vdpa env)" "usage: ovs-offload vdpa env"
    contains "$(stderr_of 2 client vdpa env --resource=a)" '"a"'
    contains "$(stderr_of 2 client vdpa env --resource="a/b c" sim)" '"a/b c"'
    contains "$(stderr_of 2 client vdpa env --bogus)" bogus
    contains "$(stderr_of 2 client -f json vdpa env --resource=a/b)" format
    echo '[]' >"$T/answers/vdpa_list"
    contains "$(stderr_of 1 client vdpa env --resource=a/b)" "no vDPA device"
}
