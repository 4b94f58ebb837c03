/* SPDX-License-Identifier: Apache-2.0 */

/* What becomes of one line. */

#include <config.h>
#include "controller/flow-text/text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/flow-text-reader.h"
#include "util.h"

/* Text of one flow in, one line out. */
static void
check(const char *match, const char *rest, const char *expected)
{
    char *line = xasprintf("%s%s\n", match, rest);
    const struct flow_text_status *status;
    struct reader r;

    read_string(&r, line);
    status = flow_text_status(r.text);
    if (status->n_malformed) {
        fail_msg("%s: %s", line, status->malformed_why);
    }
    ds_chomp(&r.out, '\n');
    assert_string_equal(expected, ds_cstr(&r.out));
    free(line);
    reader_destroy(&r);
}

#define CHECK_ACTIONS(ACTIONS, EXPECTED) \
    check(UFID "recirc_id(0),in_port(a)", STATS ACTIONS, EXPECTED)
#define CHECK_MATCH(MATCH, EXPECTED) \
    check(UFID MATCH, STATS "b", EXPECTED)

static void
check_malformed(const char *line, const char *why)
{
    const struct flow_text_status *status;
    struct reader r;

    read_string(&r, line);
    status = flow_text_status(r.text);
    if (status->n_malformed != 1) {
        fail_msg("%s: not found malformed", line);
    }
    if (!strstr(status->malformed_why, why)) {
        fail_msg("%s: %s", line, status->malformed_why);
    }
    assert_int_equal(0, status->n_flows);
    assert_int_equal(1, status->malformed_line);
    assert_string_equal("", ds_cstr(&r.out));
    reader_destroy(&r);
}

static void
test_where(void **state OVS_UNUSED)
{
    static const char match[] = UFID "in_port(a)";
    static const char counters[] = ", packets:3, bytes:180, used:never";
    static const struct {
        const char *tail, *expected;
    } cases[] = {
        { ", dp:tc, actions:b", "a to b" },
        { ", dp:ovs, actions:b", "a to b kernel" },
        { ", dp:dpdk, actions:b", "a to b kernel" },
        { ", actions:b", "a to b kernel" },
        { ", offloaded:yes, dp:tc, actions:b", "a to b hw" },
        { ", offloaded:yes, dp:dpdk, actions:b", "a to b hw" },
        { ", offloaded:partial, dp:ovs, actions:b", "a to b partial kernel" },
        { ", flags:SFP., offloaded:yes, dp:tc, actions:b", "a to b hw" },
        { ", flags:[800], dp:tc, new:thing(1), actions:b", "a to b" },
        /* What keeps a flow out of tc is not told of one that is there. */
        { ", dp:tc, actions:userspace(pid=1,slow_path(cfm))", "a" },
        { ", offloaded:yes, dp:dpdk, actions:userspace(pid=1)", "a hw" },
        { ", dp:ovs, actions:b, dp-extra-info:miniflow_bits(5,1)",
          "a to b kernel" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *tail = xasprintf("%s%s", counters, cases[i].tail);

        check(match, tail, cases[i].expected);
        free(tail);
    }
}

static struct flow_record kept;
static void
keep(void *aux OVS_UNUSED, const struct flow_record *const *records, size_t n)
{
    assert_int_equal(1, n);
    kept = *records[0];
}

static void
test_numbers(void **state OVS_UNUSED)
{
    static const uint8_t ufid[] = {
        0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
        0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff
    };
    static const struct {
        const char *used;
        uint32_t last_used;
    } cases[] = {
        { "never", UINT32_MAX },
        { "0.000s", 0 },
        { "0.260s", 260 },
        { "123.004s", 123004 },
        { "-0.003s", 0 },
        { "4294967.000s", UINT32_MAX - 1 },
        { "99999999999.000s", UINT32_MAX - 1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct flow_text *text = flow_text_create(keep, NULL);
        char *line = xasprintf(
            UFID "in_port(a), packets:18446744073709551615, "
            "bytes:18446744073709551614, used:%s, offloaded:yes, dp:tc, "
            "actions:b\n", cases[i].used);

        flow_text_feed(text, line, strlen(line));
        assert_int_equal(1, flow_text_status(text)->n_flows);
        assert_memory_equal(ufid, kept.ufid, sizeof ufid);
        assert_true(kept.packets == UINT64_MAX);
        assert_true(kept.bytes == UINT64_MAX - 1);
        assert_true(kept.hw_bytes == UINT64_MAX - 1);
        assert_int_equal(cases[i].last_used, kept.last_used);
        assert_int_equal(0, kept.key_hash);
        free(line);
        flow_text_destroy(text);
    }
    check_malformed(UFID "in_port(a), packets:18446744073709551616, bytes:1, "
                    "used:never, actions:b", "packets");
    check_malformed(UFID "in_port(a), packets:99999999999999999999, bytes:1, "
                    "used:never, actions:b", "packets");
    check_malformed(UFID "in_port(a), packets:1, bytes:, used:never, "
                    "actions:b", "packets");
    check_malformed(UFID "in_port(a), packets:1, bytes:1, used:1.26s, "
                    "actions:b", "packets");
}

static void
test_actions(void **state OVS_UNUSED)
{
    CHECK_ACTIONS("b,c,b", "a to b,c,b kernel");
    CHECK_ACTIONS("8630f7a90005cdd,3,42", "a to 8630f7a90005cdd,3,42 kernel");
    CHECK_ACTIONS("eth0.100,br-int,veth@x:1,_=",
                  "a to eth0.100,br-int,veth@x:1,_= kernel");
    CHECK_ACTIONS("drop", "a kernel drop");
    CHECK_ACTIONS("drop(3)", "a kernel drop");
    CHECK_ACTIONS("drops,ct0,pop", "a to drops,ct0,pop kernel");
    CHECK_ACTIONS("recirc(1088)", "a goes 1088 kernel");
    CHECK_ACTIONS("recirc(0x440),b,recirc(0x440),recirc(0)",
                  "a to b goes 1088,0 kernel");
    CHECK_ACTIONS("recirc(1),recirc(2),recirc(3),recirc(4),recirc(5),"
                  "recirc(6),recirc(7),recirc(8)",
                  "a goes 1,2,3,4,5,6,7,8 kernel");
    CHECK_ACTIONS("recirc(1),recirc(2),recirc(3),recirc(4),recirc(5),"
                  "recirc(6),recirc(7),recirc(8),recirc(9)",
                  "a goes 1,2,3,4,5,6,7,8 kernel more");

    CHECK_ACTIONS("ct,ct_clear,b", "a to b kernel");
    CHECK_ACTIONS("ct(commit,zone=7,mark=0x1/0xff,label=0x1/0x3,"
                  "nat(src=10.0.0.1-10.0.0.9:80-90,random)),ct(zone=8)",
                  "a zone 7 kernel");
    CHECK_ACTIONS("ct(commit,nat(dst=[fd00::1]:80)),ct(force_commit,zone=8)",
                  "a zone 8 kernel");
    CHECK_ACTIONS("ct(nat(src),zone=9)", "a zone 9 kernel");
    CHECK_ACTIONS("ct(commit,zone=1,helper=ftp),b",
                  "a to b zone 1 kernel (action ct)");
    CHECK_ACTIONS("ct(commit,timeout=t),b", "a to b kernel (action ct)");

    CHECK_ACTIONS("push_vlan(vid=5,pcp=0),b,pop_vlan,c", "a to b,c kernel");
    CHECK_ACTIONS("push_mpls(label=1,tc=0,ttl=64,bos=1,eth_type=0x8847),"
                  "pop_mpls(eth_type=0x800),b", "a to b kernel");
    CHECK_ACTIONS("userspace(pid=3,flow_sample(probability=1,"
                  "collector_set_id=1,obs_domain_id=0,obs_point_id=0,"
                  "output_port=x),tunnel_out_port=y),b",
                  "a to b kernel (action userspace)");
    CHECK_ACTIONS("hash(l4(0)),recirc(0x6)", "a goes 6 kernel (action hash)");
    CHECK_ACTIONS("hash(Unknown hash algorithm(3)),recirc(6)",
                  "a goes 6 kernel (action hash)");
    CHECK_ACTIONS("lb_output(5)", "a kernel (action lb_output)");
    CHECK_ACTIONS("meter(1),b", "a to b kernel (action meter)");
    CHECK_ACTIONS("trunc(100),b", "a to b kernel (action trunc)");
    CHECK_ACTIONS("push_nsh(flags=0,ttl=63,mdtype=1,np=3,spi=0x1,si=255,"
                  "c1=0x0,c2=0x0,c3=0x0,c4=0x0),b",
                  "a to b kernel (action nsh)");
    CHECK_ACTIONS("pop_nsh(),b", "a to b kernel (action nsh)");
    CHECK_ACTIONS("push_eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),b",
                  "a to b kernel (action push_eth)");
    CHECK_ACTIONS("pop_eth,b", "a to b kernel (action push_eth)");
    CHECK_ACTIONS("psample(group=1,cookie=0x1),b",
                  "a to b kernel (action sample)");
    CHECK_ACTIONS("action99(0102),b", "a to b kernel (action other)");
    CHECK_ACTIONS("meter(1),trunc(100),b", "a to b kernel (action trunc)");
}

static void
test_set(void **state OVS_UNUSED)
{
    CHECK_ACTIONS("set(tunnel(tun_id=0x1,dst=10.0.0.2,ttl=64,tp_dst=6081,"
                  "geneve({class=0x102,type=0x80,len=4,0x10002}),"
                  "flags(df|csum|key))),genev_sys_6081",
                  "a to genev_sys_6081 kernel");
    CHECK_ACTIONS("set(tunnel(dst=10.0.0.2,vxlan(gbp(id=1)),flags(key))),v",
                  "a to v kernel (action set)");
    CHECK_ACTIONS("set(eth(dst=02:00:00:00:00:01)),set(ipv4(ttl=63)),"
                  "set(tcp(dst=80)),b", "a to b kernel");
    CHECK_ACTIONS("set(ipv6(hlimit=63)),b", "a to b kernel");
    CHECK_ACTIONS("set(ipv6(label=0x1)),b", "a to b kernel (action set)");
    CHECK_ACTIONS("set(skb_priority(0x10)),b", "a to b kernel (action set)");
    CHECK_ACTIONS("set(nsh(flags=0,ttl=1)),b", "a to b kernel (action nsh)");
}

static void
test_nested(void **state OVS_UNUSED)
{
    CHECK_ACTIONS("sample(sample=50.0%,actions(b,clone(c,recirc(9)),"
                  "userspace(pid=1,sFlow(vid=0,pcp=0,output=3)))),d",
                  "a to b,c,d goes 9 kernel (action sample)");
    CHECK_ACTIONS("check_pkt_len(size=1400,gt(set(ipv4(ttl=1)),b),"
                  "le(ct(zone=3),c)),d",
                  "a to b,c,d zone 3 kernel (action check_pkt_len)");
    CHECK_ACTIONS("check_pkt_len(size=1400,gt(drop),le(c))",
                  "a to c kernel (action check_pkt_len)");
    CHECK_ACTIONS("dec_ttl(le_1(userspace(pid=1,controller(reason=1,"
                  "dont_send=0)))),b", "a to b kernel (action dec_ttl)");
    CHECK_ACTIONS("dec_ttl(le_1()),b", "a to b kernel (action dec_ttl)");
    CHECK_ACTIONS("clone(drop),b", "a to b kernel (action clone)");
    CHECK_ACTIONS("sample(error),b", "a to b kernel (action sample)");
    CHECK_ACTIONS("tnl_pop(vxlan_sys_4789)",
                  "a to vxlan_sys_4789 kernel (action other)");
    CHECK_ACTIONS("clone(tnl_push(tnl_port(vxlan_sys_4789),header(size=50,"
                  "type=4,eth(dst=02:00:00:00:00:01,src=02:00:00:00:00:02,"
                  "dl_type=0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,"
                  "tos=0,ttl=64,frag=0x4000),udp(src=0,dst=4789,csum=0x0),"
                  "vxlan(flags=0x8000000,vni=0x1)),out_port(br-phy)),eth5),c",
                  "a to br-phy,eth5,c kernel (action clone)");
}

static void
test_match(void **state OVS_UNUSED)
{
    CHECK_MATCH("in_port(a)", "a to b kernel");
    CHECK_MATCH("recirc_id(0x1f),in_port(3)", "3@31 to b kernel");
    CHECK_MATCH("recirc_id(31),in_port(3)", "3@31 to b kernel");
    CHECK_MATCH("packet_type(ns=0,id=0),recirc_id(0)", " to b kernel");
    CHECK_MATCH("tunnel(tun_id=0x1,src=10.0.0.2,dst=10.0.0.1,flags(-df+key)),"
                "in_port(v)", "v to b kernel decap");
    CHECK_MATCH("in_port(a),eth()", "a to b kernel");
    CHECK_MATCH("in_port(a),eth(src=02:00:00:00:00:01)", "a to b kernel");
    CHECK_MATCH("in_port(a),eth(dst=02:00:00:00:00:01)",
                "a to b mac 02:00:00:00:00:01 kernel");
    CHECK_MATCH("in_port(a),eth(src=02:00:00:00:00:01/ff:00:00:00:00:00,"
                "dst=0A:00:00:00:00:01/ff:ff:ff:ff:ff:ff)",
                "a to b mac 0a:00:00:00:00:01 kernel");
    CHECK_MATCH("in_port(a),eth(dst=02:00:00:00:00:01/ff:ff:ff:ff:ff:fe)",
                "a to b kernel");
    CHECK_MATCH("in_port(a),eth_type(0x8100),vlan(vid=5,pcp=0),"
                "encap(eth_type(0x0800),ipv4(frag=no))", "a to b kernel");
}

static void
test_match_miss(void **state OVS_UNUSED)
{
    CHECK_MATCH("dp_hash(0/0),in_port(a)", "a to b kernel");
    CHECK_MATCH("dp_hash(0x1/0xf),in_port(a)",
                "a to b kernel (match dp_hash)");
    CHECK_MATCH("dp_hash(0x1),in_port(a)", "a to b kernel (match dp_hash)");
    CHECK_MATCH("in_port(a),skb_mark(0)", "a to b kernel");
    CHECK_MATCH("in_port(a),skb_mark(0x2)", "a to b kernel (match priority)");
    CHECK_MATCH("in_port(a),skb_priority(0/0xff)",
                "a to b kernel (match priority)");
    CHECK_MATCH("in_port(a),ct_state(0x21/0x3f)", "a to b kernel");
    CHECK_MATCH("in_port(a),ct_state(0x21/0x7f)",
                "a to b kernel (match ct_state)");
    CHECK_MATCH("in_port(a),ct_state(0x21)", "a to b kernel (match ct_state)");
    CHECK_MATCH("in_port(a),ct_state(+est-new+trk)", "a to b kernel");
    CHECK_MATCH("in_port(a),ct_state(+trk-snat)",
                "a to b kernel (match ct_state)");
    CHECK_MATCH("in_port(a),ct_tuple4(src=0.0.0.0/0.0.0.0,dst=0.0.0.0/0.0.0.0,"
                "proto=0/0,tp_src=0/0,tp_dst=0/0)", "a to b kernel");
    CHECK_MATCH("in_port(a),ct_tuple6(src=::/::,dst=::/::,proto=6)",
                "a to b kernel (match ct_state)");
    CHECK_MATCH("in_port(a),packet_type(ns=0,id=0)", "a to b kernel");
    CHECK_MATCH("in_port(a),packet_type(ns=1,id=0x800)",
                "a to b kernel (match other)");
    CHECK_MATCH("in_port(a),nsh(flags=0,ttl=63)", "a to b kernel (match nsh)");
    CHECK_MATCH("in_port(a),icmpv6(type=135,code=0),nd(target=::/::,"
                "sll=00:00:00:00:00:00/00:00:00:00:00:00,tll=00:00:00:00:00:00"
                "/00:00:00:00:00:00)", "a to b kernel");
    CHECK_MATCH("in_port(a),icmpv6(type=135,code=0),nd(target=fe80::1)",
                "a to b kernel (match nd)");
    CHECK_MATCH("in_port(a),ipv6(src=::/::,label=0/0,frag=no)",
                "a to b kernel");
    CHECK_MATCH("in_port(a),ipv6(label=0x1,frag=no)",
                "a to b kernel (match other)");
    CHECK_MATCH("in_port(a),ipv6(frag=later)", "a to b kernel (match other)");
    CHECK_MATCH("in_port(a),mpls(label=1,tc=0,ttl=64,bos=1)", "a to b kernel");
    CHECK_MATCH("in_port(a),mpls(label=1/0xfffff,tc=0/0,ttl=64/0x0,bos=0/1,"
                "label=2/0xfffff,tc=0/0,ttl=64/0x0,bos=1/1)",
                "a to b kernel (match other)");
    CHECK_MATCH("in_port(a),vlan(vid=5,pcp=0/0x0)", "a to b kernel");
    CHECK_MATCH("in_port(a),vlan(vid=0,pcp=0,cfi=0)", "a to b kernel");
    CHECK_MATCH("in_port(a),vlan(vid=4/0xffc,pcp=0/0x0)",
                "a to b kernel (match other)");
    CHECK_MATCH("in_port(a),vlan(vid=0/0x0,pcp=0/0x0)",
                "a to b kernel (match other)");
    CHECK_MATCH("in_port(a),vlan(vid=5,pcp=0),encap(eth_type(0x86dd),"
                "ipv6(frag=later))", "a to b kernel (match other)");
    CHECK_MATCH("in_port(a),encap(encap(encap()))",
                "a to b kernel (match other)");
    CHECK_MATCH("tunnel(dst=10.0.0.1,erspan(ver=1,idx=0x1),flags(-df)),"
                "in_port(a)", "a to b kernel decap (match tunnel)");
    CHECK_MATCH("in_port(a),key77(00)", "a to b kernel (match other)");
    /* The match is looked at first. */
    check(UFID "in_port(a),dp_hash(1)", STATS "userspace(pid=1)",
          "a kernel (match dp_hash)");
}

static void
test_malformed(void **state OVS_UNUSED)
{
    static const char deep[] = "clone(clone(clone(clone(clone(clone(clone(";
    struct ds s = DS_EMPTY_INITIALIZER;

    check_malformed("ufid:00112233-4455-6677-8899-aabbccddeefg, in_port(a)"
                    STATS "b", "ufid");
    check_malformed("ufid:00112233-4455-6677-8899-aabbccddeeff in_port(a)"
                    STATS "b", "ufid");
    check_malformed(UFID "in_port(a)b)" STATS "b", "followed");
    check_malformed(UFID "in_port(a,b)" STATS "b", "character");
    check_malformed(UFID "in_port(a(b))" STATS "b", "character");
    check_malformed(UFID "in_port(5/0xff)" STATS "b", "character");
    check_malformed(UFID "in_port(a b)" STATS "b", "character");
    check_malformed(UFID "in_port()" STATS "b", "no name");
    check_malformed(UFID "in_port(a),in_port(b)" STATS "b", "two");
    check_malformed(UFID "in_port(a" STATS "b", "closed");
    check_malformed(UFID "in_port(a),(b)" STATS "b", "no name");
    check_malformed(UFID "<empty>" STATS "b", "no value");
    check_malformed(UFID "in_port(a),eth(dst=02:00)" STATS "b", "MAC");
    check_malformed(UFID "in_port(a),eth(source)" STATS "b", "MAC");
    check_malformed(UFID "recirc_id(x),in_port(a)" STATS "b", "number");
    check_malformed(UFID "recirc_id(0x100000000),in_port(a)" STATS "b",
                    "number");
    check_malformed(UFID "in_port(a),***2 leftover bytes*** (0102)" STATS "b",
                    "");
    check_malformed(UFID "in_port(a), packets:1, bytes:1, used:never",
                    "no actions");
    check_malformed(UFID "in_port(a)" STATS, "no name");
    check_malformed(UFID "in_port(a)" STATS "b,", "no name");
    check_malformed(UFID "in_port(a)" STATS "b,,c", "no name");
    check_malformed(UFID "in_port(a)" STATS "b c", "character");
    check_malformed(UFID "in_port(a)" STATS "b, c", "character");
    check_malformed(UFID "in_port(a)" STATS "b)", "twice");
    check_malformed(UFID "in_port(a)" STATS "clone(b", "not closed");
    check_malformed(UFID "in_port(a)" STATS "clone(b)c", "followed");
    check_malformed(UFID "in_port(a)" STATS "clone(b)(c)", "followed");
    check_malformed(UFID "in_port(a)" STATS "<empty>", "character");
    check_malformed(UFID "in_port(a)" STATS "recirc(5", "not closed");
    check_malformed(UFID "in_port(a)" STATS "recirc(x)", "number");
    check_malformed(UFID "in_port(a)" STATS "ct(zone=65536)", "zone");

    ds_put_cstr(&s, UFID "in_port(a)" STATS);
    for (int i = 0; i < 1000; i++) {
        ds_put_cstr(&s, deep);
    }
    check_malformed(ds_cstr(&s), "deep");

    ds_clear(&s);
    ds_put_cstr(&s, UFID "in_port(");
    ds_put_char_multiple(&s, 'a', FLOW_TEXT_MAX_NAME + 1);
    ds_put_cstr(&s, ")" STATS "b");
    check_malformed(ds_cstr(&s), "long");
    ds_destroy(&s);
}

static void
test_split(void **state OVS_UNUSED)
{
    static const struct {
        const char *line;       /* Without the ufid. */
        const char *expected;   /* Match and actions, or what is wrong. */
    } cases[] = {
        { "in_port(a),eth()" STATS "b", "in_port(a),eth() | b" },
        { "in_port(a)" STATS "2,push_vlan(vid=7),b\n",
          "in_port(a) | 2,push_vlan(vid=7),b" },
        { "in_port(a)" STATS "b, dp-extra-info:miniflow_bits(5,1)\n",
          "in_port(a) | b" },
        { "in_port(a)" STATS "drop\nin_port(c)" STATS "d\n",
          "in_port(a) | drop" },
        { "in_port(a)" STATS, "in_port(a) | " },
        { "in_port(a), actions:b", "statistics" },
        { "in_port(a), packets:1, bytes:2", "statistics" },
        { "", "statistics" },
    };
    const uint8_t other[FLOW_UFID_LEN] = { 0 };
    uint8_t ufid[FLOW_UFID_LEN];

    assert_true(flow_ufid_from_string("00112233-4455-6677-8899-aabbccddeeff",
                                      ufid));
    for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
        const char *expected = cases[i / 2].expected;
        char *line = xasprintf("%s%s", i % 2 ? UFID : "", cases[i / 2].line);
        char *match = NULL, *actions = NULL;
        const char *why = flow_text_split(line, ufid, &match, &actions);

        if (why) {
            assert_null(match);
            assert_null(actions);
            assert_ptr_equal(why, strstr(why, expected));
        } else {
            char *both = xasprintf("%s | %s", match, actions);

            assert_string_equal(expected, both);
            free(both);
        }
        free(match);
        free(actions);

        /* Of another flow, or cut off. */
        if (i % 2) {
            why = flow_text_split(line, other, &match, &actions);
            assert_non_null(why);
            assert_ptr_equal(why, strstr(why, "the ufid"));
        }
        line[MIN(strlen(line), 30)] = '\0';
        assert_non_null(flow_text_split(line, ufid, &match, &actions));
        free(line);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_match_miss),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
