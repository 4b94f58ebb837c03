# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Match and actions of flows, as controller/flow-detail/detail.h makes them of the
# kernel's messages, are what ovs-appctl prints, letter by letter, for flows of
# all kinds in tc and in the kernel's datapath.
#
# lab: secs=1800 alone
# shellcheck disable=SC2016 # "eval" uses them.
# shellcheck source=../guest/lib.sh
. "$LAB/guest/lib.sh"

detail=$BUILDDIR/tests/lab/flow-detail
frames=$LAB/t/lib/frames.py
offload=${offload:-true}        # t/flow-detail-dp.sh says false.

# expected: what ovs-appctl prints, without counters
expected() {
    ovs-appctl dpctl/dump-flows -m |
        sed -E 's/, packets:.*, (dp:(tc|ovs), actions:)/, \1/' | sort
}

# agree DIRECTORY: both say the same; keeps the messages there
agree() {
    expected >/tmp/want
    "$detail" "$1" 2>/tmp/detail.err | sort -u >/tmp/have
    cmp -s /tmp/want /tmp/have
}

# flows_are NAME REGEX...: such flows are there, and all are printed alike
flows_are() {
    local name=$1 dir="$LAB_OUT/${1// /-}" regex
    shift
    mkdir -p "$dir"
    [ "$offload" = true ] || set -- 'dp:ovs'
    for regex; do
        wait_for 10 eval 'expected | grep -Eq -- "$regex"' || {
            expected
            fail "$name: no flow like $regex"
        }
    done
    if ! wait_for 5 agree "$dir"; then
        diff /tmp/want /tmp/have
        cat /tmp/detail.err
        fail "$name"
    fi
    pass "$name ($(wc -l </tmp/have) flows)"
    cp /tmp/have "$dir/flows"
    {
        ip -br link
        ovs-appctl dpctl/show
    } >"$dir/names"
}

# rules RULE...: these and no others, and no flows of others
rules() {
    printf '%s\n' "$@" >/tmp/rules
    ovs-ofctl -O OpenFlow15 del-flows "$BR"
    ovs-appctl revalidator/purge
    ovs-ofctl -O OpenFlow15 add-flows "$BR" /tmp/rules ||
        fail "rules: $(cat /tmp/rules)"
}

# from POD FRAME...: sends each frame
from() { ip netns exec "pod$1" python3 "$frames" eth0 "${@:2}" || fail "send"; }

check "NIC" nic_up 2 wire_peer=1
check "OVS starts" ovs_start "$offload" none
flows_last
ovs-vsctl set Open_vSwitch . other_config:vlan-limit=2
check "bridge" bridge_add
for i in 0 1; do
    check "pod$i wired" pod_add $i
done
check "far end" host_add far wire0 10.0.9.9/24
uplink=$(port_of p0)
ip link set "$uplink" name p0 && ip link set p0 up
ovs-vsctl set-fail-mode "$BR" secure
E='eth=2>1'

up "plain"
rules 'actions=normal'
pod_ping 0 1 3
from 0 "eth=ff>1 arp=10.0.0.1>10.0.0.77" "$E ip=10.0.0.1>10.0.0.2 udp=1>2" \
    "eth=77>1 ip=10.0.0.1>10.0.0.77 udp=1>2" "$E data=30"
flows_are "plain" 'rep0.*eth_type\(0x0800\).*dp:tc, actions:rep1' \
    'eth_type\(0x0806\)' 'actions:.*,'

up "layers 3 and 4"
rules 'ip,nw_src=10.0.0.0/8,nw_tos=32,actions=output:rep1' \
    'ip,nw_frag=later,actions=output:rep1' \
    'ip,nw_ttl=3,actions=drop' \
    'tcp,tp_dst=80,tcp_flags=+syn-ack,actions=output:rep1' \
    'tcp,tp_src=0x1000/0xf000,actions=output:rep1' \
    'udp,tp_dst=53,nw_dst=10.2.0.0/16,actions=output:rep1' \
    'sctp,tp_dst=99,actions=output:rep1' \
    'icmp,icmp_type=8,icmp_code=1,actions=output:rep1' \
    'tcp6,tp_dst=80,ipv6_src=fd00::/64,actions=output:rep1' \
    'udp6,nw_tos=64,actions=output:rep1' \
    'icmp6,icmp_type=128,actions=output:rep1' \
    'icmp6,icmp_type=135,icmp_code=0,nd_target=fd00::9,actions=output:rep1' \
    'arp,arp_op=1,arp_tpa=10.0.0.9,arp_sha=02:00:00:00:00:01,actions=output:rep1' \
    'actions=drop'
from 0 "$E ip=10.0.0.1>10.0.0.2,tos=32 udp=1>2" \
    "$E ip=11.0.0.1>10.0.0.2,frag=first udp=1>2" \
    "$E ip=11.0.0.1>10.0.0.2,frag=later data=64" \
    "$E ip=11.0.0.1>10.0.0.2,ttl=3 udp=1>2" \
    "$E ip=11.0.0.1>10.0.0.2 tcp=1>80" \
    "$E ip=11.0.0.1>10.0.0.2 tcp=4097>81,flags=16" \
    "$E ip=11.0.0.1>10.2.0.2 udp=1>53" \
    "$E ip=11.0.0.1>10.2.0.2 sctp=1>99" \
    "$E ip=11.0.0.1>10.2.0.2 icmp=8,1" \
    "$E ip6=fd00::1>fd00::2 tcp=1>80" \
    "$E ip6=fd01::1>fd00::2,tos=64 udp=1>80" \
    "$E ip6=fd01::1>fd00::2 icmp6=128,0" \
    "$E ip6=fd01::1>fd00::2,ttl=255 nd=fd00::9" \
    "$E arp=10.0.0.1>10.0.0.9" "$E arp=10.0.0.1>10.0.0.8"
flows_are "layers 3 and 4" 'frag=first' 'frag=later' 'ttl=3' 'tcp_flags' \
    'tcp\(src=4096/0xf000' 'sctp\(' 'icmp\(type=8' 'icmpv6\(type=128' \
    'nd\(target=fd00::9' 'arp\(.*tip=10.0.0.9' 'actions:drop' 'tclass=0x40' \
    'ipv6\(src=fd00::/'

up "VLAN"
rules 'in_port=rep0,dl_vlan=5,dl_vlan_pcp=0,ip,actions=pop_vlan,output:rep1' \
    'in_port=rep0,dl_vlan=6,actions=output:rep1' \
    'in_port=rep0,dl_vlan=7,actions=pop_vlan,resubmit(,1)' \
    'table=1,dl_vlan=8,actions=pop_vlan,output:rep1' \
    'in_port=rep0,vlan_tci=0,ip,actions=push_vlan:0x8100,set_field:4106->vlan_vid,set_field:3->vlan_pcp,output:rep1' \
    'in_port=rep0,vlan_tci=0,arp,actions=push_vlan:0x8100,set_field:4106->vlan_vid,push_vlan:0x88a8,set_field:4107->vlan_vid,output:rep1'
from 0 "$E vlan=5 ip=10.0.0.1>10.0.0.2 udp=1>2" \
    "$E vlan=6 ip6=fd00::1>fd00::2 udp=1>2" \
    "$E svlan=7 vlan=8 ip=10.0.0.1>10.0.0.2 udp=1>2" \
    "$E ip=10.0.0.1>10.0.0.2 udp=1>2" "$E arp=10.0.0.1>10.0.0.2"
flows_are "VLAN" 'vlan\(vid=5,pcp=0\).*actions:pop_vlan,rep1' \
    'vlan\(vid=6' 'encap\(.*encap\(' \
    'push_vlan\(vid=10,pcp=3' 'push_vlan\(tpid=0x88a8,vid=11'

up "set"
ovs-vsctl add-port "$BR" p0
rules 'udp,tp_dst=1,actions=dec_ttl,mod_dl_dst:02:00:00:00:00:99,output:rep1' \
    'udp,tp_dst=2,actions=mod_nw_src:1.2.3.4,mod_tp_dst:99,mod_nw_tos:16,output:rep1' \
    'tcp,tp_dst=3,actions=mod_dl_src:02:00:00:00:00:98,mod_nw_dst:1.2.3.5,mod_tp_src:98,output:rep1' \
    'udp6,tp_dst=4,actions=dec_ttl,set_field:fd00::7->ipv6_dst,set_field:0x10->nw_tos,output:rep1' \
    'tcp6,tp_dst=5,actions=set_field:fd00::8/ffff::ff->ipv6_src,mod_tp_dst:7,output:rep1' \
    'udp,tp_dst=6,actions=output:rep1,mod_dl_dst:02:00:00:00:00:97,output:p0,local'
from 0 "$E ip=10.0.0.1>10.0.0.2 udp=1>1" "$E ip=10.0.0.1>10.0.0.2 udp=1>2" \
    "$E ip=10.0.0.1>10.0.0.2 tcp=1>3" "$E ip6=fd00::1>fd00::2 udp=1>4" \
    "$E ip6=fd00::1>fd00::2 tcp=1>5" "$E ip=10.0.0.1>10.0.0.2 udp=1>6"
flows_are "set" 'set\(eth\(dst=02:00:00:00:00:99\)\),set\(ipv4\(ttl=63\)\)' \
    'ipv4\(src=1.2.3.4' 'set\(tcp\(src=98' 'ipv6\(dst=fd00::7' 'hlimit=63' \
    'actions:rep1,set\(eth.*p0'

up "conntrack"
rules 'table=0,udp,tp_dst=1,actions=ct(table=1,zone=5)' \
    'table=0,udp,tp_dst=2,actions=ct(commit,zone=6,nat(src=1.1.1.1-1.1.1.9:100-200),exec(set_field:0x7->ct_mark,set_field:0x123456789abcdef0->ct_label)),output:rep1' \
    'table=0,udp,tp_dst=3,actions=ct(commit,force,zone=7,nat(dst=2.2.2.2),exec(set_field:0x8/0xf->ct_mark)),output:rep1' \
    'table=0,udp6,actions=ct(commit,nat(src=fd00::77)),output:rep1' \
    'table=0,udp,tp_dst=4,actions=ct(zone=5,table=1,nat)' \
    'table=1,ct_state=+new+trk,ip,actions=ct(commit,zone=5,exec(set_field:0x3->ct_mark)),output:rep1' \
    'table=1,ct_state=+est+trk-rpl,ct_zone=5,ct_mark=0x3/0xff,ip,actions=ct_clear,output:rep1' \
    'table=1,ct_state=+inv,actions=drop'
for _ in 1 2; do
    from 0 "$E ip=10.0.0.1>10.0.0.2 udp=1>1" \
        "$E ip=10.0.0.1>10.0.0.2 udp=1>2" "$E ip=10.0.0.1>10.0.0.2 udp=1>3" \
        "$E ip6=fd00::1>fd00::2 udp=1>4" "$E ip=10.0.0.1>10.0.0.2 udp=1>4"
    from 1 "eth=1>2 ip=10.0.0.2>10.0.0.1 udp=1>1"
done
flows_are "conntrack" 'dp:tc, actions:ct\(zone=5\),recirc\(0x' \
    'ct_state\(0x21/0x2.\).*ct\(commit,zone=5,mark=0x3/0x' \
    'ct_state\(0x22/0x..\),ct_zone\(0x5\),ct_mark\(0x3/0xff\).*actions:ct_clear,rep1' \
    'ct\(commit,zone=6,mark=.*label=.*nat\(src=1.1.1.1-1.1.1.9:100-200' \
    'force_commit,zone=7' 'nat\(src=fd00::77' 'zone=5,nat\)'

up "more actions, some in the datapath only"
ovs-vsctl -- --id=@bridge get bridge "$BR" -- \
    --id=@ipfix create IPFIX targets='"127.0.0.1:4739"' -- \
    create Flow_Sample_Collector_Set id=1 bridge=@bridge ipfix=@ipfix \
    >/dev/null
ovs-ofctl -O OpenFlow15 add-group "$BR" \
    'group_id=1,type=select,bucket=output:rep1,bucket=output:p0'
rules 'udp,tp_dst=1,actions=controller' \
    'udp,tp_dst=2,actions=clone(mod_nw_src:9.9.9.9,output:rep1),output:rep1' \
    'udp,tp_dst=3,actions=output(port=rep1,max_len=100)' \
    'udp,tp_dst=4,actions=sample(probability=32768,collector_set_id=1,obs_domain_id=2,obs_point_id=3),output:rep1' \
    'udp,tp_dst=5,actions=multipath(symmetric_l4,0,modulo_n,4,0,reg0[]),resubmit(,2)' \
    'udp,tp_dst=6,actions=check_pkt_larger(200)->reg0[0],resubmit(,3)' \
    'udp,tp_dst=7,actions=group:1' \
    'table=2,reg0=0,actions=output:rep1' 'table=2,actions=drop' \
    'table=3,reg0=1,udp,actions=dec_ttl,output:rep1' \
    'table=3,actions=output:p0' \
    'ip,nw_proto=253,actions=push_mpls:0x8847,set_field:77->mpls_label,output:rep1' \
    'mpls,mpls_label=78,actions=output:rep1' \
    'mpls,mpls_label=79,actions=pop_mpls:0x0800,output:rep1'
from 0 "$E ip=10.0.0.1>10.0.0.2 udp=1>1" "$E ip=10.0.0.1>10.0.0.2 udp=1>2" \
    "$E ip=10.0.0.1>10.0.0.2 udp=1>3" "$E ip=10.0.0.1>10.0.0.2 udp=1>4" \
    "$E ip=10.0.0.1>10.0.0.2 udp=1>5" "$E ip=10.0.0.1>10.0.0.2 udp=1>6" \
    "$E ip=10.0.0.1>10.0.0.2 udp=1>7" "$E ip=10.0.0.1>10.0.0.2 data=40" \
    "$E mpls=78 ip=10.0.0.1>10.0.0.2 udp=1>2" \
    "$E mpls=79 ip=10.0.0.1>10.0.0.2 udp=1>2"
flows_are "more actions" 'actions:userspace\(pid=.*controller\(' \
    'trunc\(100\)' 'sample\(' 'hash\(' 'dp_hash\([0-9a-fx]+/0xf\)' 'check_pkt_len\(size=' 'push_mpls\(label=77' \
    'mpls\(label=78' 'pop_mpls'

up "meter"
ovs-ofctl -O OpenFlow15 add-meter "$BR" \
    'meter=3,pktps,band=type=drop,rate=1000'
ovs-ofctl -O OpenFlow15 add-meter "$BR" \
    'meter=4,kbps,band=type=drop,rate=100000'
rules 'udp,tp_dst=1,actions=meter:3,output:rep1' \
    'udp,tp_dst=2,actions=meter:4,output:rep1'
from 0 "$E ip=10.0.0.1>10.0.0.2 udp=1>1" "$E ip=10.0.0.1>10.0.0.2 udp=1>2"
flows_are "meter" 'meter\(0\)' 'meter\(1\)'

up "tunnels"
ovs-vsctl del-port p0
ip addr add 192.168.9.1/24 dev p0
ip addr add fd09::1/64 dev p0 nodad
ip -n far addr add 192.168.9.2/24 dev eth0
ip netns exec far sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
ip -n far addr add fd09::2/64 dev eth0 nodad

# tunnel TYPE KEY REMOTE LOCAL [ARG...]: frames both ways, through rules that
# also match and set options
tunnel() {
    local type=$1 key=$2
    ovs-vsctl add-port "$BR" tun -- set interface tun type="$type" \
        options:remote_ip="$3" options:key="$key" "${@:5}"
    ip -n far link add tun type "$type" id "$key" remote "$4" \
        "${linux_args[@]}"
    ip netns exec far sysctl -qw net.ipv6.conf.tun.disable_ipv6=1
    ip -n far link set tun up
    wait_for 10 eval '[ "$(ovs-vsctl get interface tun ofport)" -gt 0 ]'
    rules "in_port=rep0,ip,actions=${set:+$set,}output:tun" \
        "in_port=rep0,arp,actions=output:tun,output:rep1" \
        "in_port=tun,udp,tp_dst=1${match:+,$match},actions=output:rep0" \
        'in_port=tun,udp,tp_dst=2,actions=dec_ttl,output:rep0,output:rep1' \
        'in_port=tun,udp,tp_dst=3,actions=drop' \
        'priority=0,actions=normal'
    for _ in 1 2 3; do
        from 0 "$E ip=10.0.0.1>10.0.0.2 udp=1>1" "$E arp=10.0.0.1>10.0.0.2"
        ip netns exec far python3 "$frames" tun \
            "$E ip=10.0.0.1>10.0.0.2 udp=1>1" \
            "$E ip=10.0.0.1>10.0.0.2 udp=1>2" \
            "$E ip=10.0.0.1>10.0.0.2 udp=1>3"
    done
    flows_are "$type $key" "set\\(tunnel\\(tun_id=" "${want[@]}" \
        "tunnel\\(tun_id=.*udp\\(src=0/0,dst=2\\).*dp:.*actions:.*rep0.*rep1"
    ovs-vsctl del-port tun
    ip -n far link del tun
}
set='' match=''
linux_args=(dstport 4789) want=('in_port\(vxlan_sys_4789\)')
tunnel vxlan 77 192.168.9.2 192.168.9.1
linux_args=() want=('in_port\(genev_sys_6081\)' 'geneve\(\)')
tunnel geneve 78 192.168.9.2 192.168.9.1
tunnel geneve 79 fd09::2 fd09::1 options:csum=true options:tos=4
ovs-ofctl add-tlv-map "$BR" \
    '{class=0x102,type=0x80,len=4}->tun_metadata0,{class=0x102,type=0x81,len=8}->tun_metadata1'
set='set_field:0x11223344->tun_metadata0,set_field:0x5566->tun_metadata1'
want=('geneve\(\{class=0x102,type=0x80,len=4,0x11223344\}\{class=0x102')
tunnel geneve 80 192.168.9.2 192.168.9.1

# The far end sends an option, which is matched.
ip -n far link add tun type geneve external
ip netns exec far sysctl -qw net.ipv6.conf.tun.disable_ipv6=1
ip -n far link set tun up
tc -n far qdisc add dev tun clsact
tc -n far filter add dev tun egress matchall action tunnel_key set id 81 \
    src_ip 192.168.9.2 dst_ip 192.168.9.1 dst_port 6081 \
    geneve_opts 0102:80:11223344,0102:81:0000000000005566 pipe
ovs-vsctl add-port "$BR" tun -- set interface tun type=geneve \
    options:remote_ip=192.168.9.2 options:key=81
wait_for 10 eval '[ "$(ovs-vsctl get interface tun ofport)" -gt 0 ]'
rules 'in_port=tun,tun_metadata0=0x11223344,udp,actions=output:rep0' \
    'in_port=tun,tun_metadata1=0x66/0xff,actions=output:rep1'
ip netns exec far python3 "$frames" tun "$E ip=10.0.0.1>10.0.0.2 udp=1>1" \
    "$E arp=10.0.0.1>10.0.0.2"
flows_are "Geneve options" \
    'tunnel\(.*geneve\(\{class=0x102,type=0x80,len=4,0x11223344\}'
