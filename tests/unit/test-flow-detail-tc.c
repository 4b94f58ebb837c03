/* SPDX-License-Identifier: Apache-2.0 */

/* Filters of tc, made by hand. */

#include <config.h>

#include "controller/flow-detail/detail.h"

#include <linux/tc_act/tc_csum.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_vlan.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "tests/unit/flow-detail-tell.h"
#include "tests/unit/tc-msg.h"
#include "util.h"

#define INGRESS 0xfffffff2

/* Ends 'm' and checks what is told of it; 'match' is a part of it, the end if
 * 'actions' is NULL. */
static void
expect(struct tc_msg *m, const char *match, const char *actions)
{
    struct nlmsghdr *nlh = tc_msg_end(m);
    char *have = tell(flow_detail_from_tc, nlh, nlh->nlmsg_len);
    char *newline = strchr(have, '\n');

    *newline = '\0';
    if (!strstr(have, match)) {
        fail_msg("want %s, have %s", match, have);
    }
    if (actions) {
        newline[strlen(newline + 1)] = '\0';
        assert_string_equal(newline + 1, actions);
    } else {
        assert_memory_equal(have, "error: ", 7);
    }
    free(have);
    tc_msg_destroy(m);
}

/* Begins a filter of that ethertype, on rep0 in chain 5. */
static void
begin(struct tc_msg *m, uint16_t eth_type)
{
    tc_msg_begin(m, 7, INGRESS, 1, 5);
    ALIGNED_CAST(struct tcmsg *, (char *) m->buf.data + NLMSG_HDRLEN)
        ->tcm_info = TC_H_MAKE(5 << 16, htons(eth_type));
}

static void
put_output(struct tc_msg *m, int ifindex)
{
    static const uint8_t cookie[16];

    tc_msg_put_mirred(m, cookie, ifindex);
}

static void
put_gact(struct tc_msg *m, int verdict)
{
    struct tc_gact parms = { .action = verdict };

    tc_msg_begin_action(m, "gact", NULL, 0);
    tc_msg_put_option(m, TCA_GACT_PARMS, &parms, sizeof parms);
    tc_msg_end_action(m);
}

static void
put_simple(struct tc_msg *m, const char *kind, uint16_t type, size_t size,
           int verdict)
{
    struct tc_gact parms[8] = { { .action = verdict } };

    tc_msg_begin_action(m, kind, NULL, 0);
    tc_msg_put_option(m, type, parms, size);
    tc_msg_end_action(m);
}

static void
test_tc_basics(void **state OVS_UNUSED)
{
    struct tc_msg m;

    begin(&m, 0x0800);
    put_output(&m, 8);
    put_simple(&m, "skbedit", TCA_SKBEDIT_PARMS, sizeof(struct tc_skbedit),
               TC_ACT_PIPE);
    put_output(&m, 0);
    put_output(&m, 99);
    put_gact(&m, TC_ACT_GOTO_CHAIN | 0x1234);
    tc_msg_end_actions(&m);
    expect(&m, "in_port(rep0)", "rep1,ovs-system,ifindex:99,recirc(0x1234)");

    begin(&m, 0x0800);
    put_output(&m, 8);
    tc_msg_end_actions(&m);
    expect(&m, "recirc_id(0x5)", "rep1");

    begin(&m, 0x0800);
    put_gact(&m, TC_ACT_SHOT);
    tc_msg_end_actions(&m);
    expect(&m, "eth_type(0x0800)", "drop");

    begin(&m, 0x0800);
    put_gact(&m, TC_ACT_TRAP);
    tc_msg_end_actions(&m);
    expect(&m, "error: action gact does 8", NULL);

    begin(&m, 0x0800);
    put_simple(&m, "bpf", 2, 20, TC_ACT_PIPE);
    tc_msg_end_actions(&m);
    expect(&m, "error: action bpf is none of Open vSwitch", NULL);
}

/* A filter on a shared block is on the netdev that has the block's number. */
static void
test_tc_block(void **state OVS_UNUSED)
{
    struct tc_msg m;

    tc_msg_begin(&m, TCM_IFINDEX_MAGIC_BLOCK, 8, 1, 0);
    put_output(&m, 7);
    tc_msg_end_actions(&m);
    expect(&m, "in_port(rep1)", "rep0");
}

static void
put_police(struct tc_msg *m, uint32_t index, uint32_t mtu, int verdict,
           int conform)
{
    struct tc_police parms = {
        .index = index, .mtu = mtu, .action = verdict,
    };
    size_t options;

    tc_msg_begin_action(m, "police", NULL, 0);
    options = nl_msg_start_nested(&m->buf, TCA_ACT_OPTIONS);
    nl_msg_put_unspec(&m->buf, TCA_POLICE_TBF, &parms, sizeof parms);
    if (conform) {
        nl_msg_put_u32(&m->buf, TCA_POLICE_RESULT, conform);
    }
    nl_msg_end_nested(&m->buf, options);
    tc_msg_end_action(m);
}

/* Branches of check_pkt_len are jumps in tc. */
static void
test_tc_police(void **state OVS_UNUSED)
{
    struct tc_msg m;

    begin(&m, 0x0800);
    put_police(&m, 0x10000003, 0, TC_ACT_PIPE, TC_ACT_PIPE);
    put_output(&m, 8);
    tc_msg_end_actions(&m);
    expect(&m, "", "meter(3),rep1");

    begin(&m, 0x0800);
    put_police(&m, 7, 0, TC_ACT_PIPE, 0);
    tc_msg_end_actions(&m);
    expect(&m, "error: policer 7 is no meter", NULL);

    begin(&m, 0x0800);
    put_police(&m, 7, 200, TC_ACT_PIPE, TC_ACT_JUMP | 3);
    put_output(&m, 7);
    put_simple(&m, "csum", TCA_CSUM_PARMS, sizeof(struct tc_csum),
               TC_ACT_JUMP | 4);
    put_output(&m, 8);
    put_output(&m, 6);
    tc_msg_end_actions(&m);
    expect(&m, "", "check_pkt_len(size=200,gt(rep0),le(rep1)),p0");

    /* Jumps that go back, or out of the actions. */
    for (int to = 0; to < 8; to++) {
        if (to >= 1 && to <= 2) {
            continue;
        }
        begin(&m, 0x0800);
        put_police(&m, 7, 200, TC_ACT_PIPE, TC_ACT_JUMP | to);
        put_output(&m, 8);
        tc_msg_end_actions(&m);
        expect(&m, to ? "error: malformed action police" : "",
               to ? NULL : "check_pkt_len(size=200,gt(rep1),le(drop))");
    }
}

/* A pedit action of 'n' words. */
static void
put_pedit(struct tc_msg *m, const struct tc_pedit_key *keys,
          const uint16_t *hdrs, uint16_t cmd, size_t n, size_t n_ex)
{
    struct {
        struct tc_pedit_sel sel;
        struct tc_pedit_key keys[8];
    } parms = { .sel = { .action = TC_ACT_PIPE, .nkeys = n } };
    size_t options, nest, ex;

    memcpy(parms.keys, keys, n * sizeof *keys);
    tc_msg_begin_action(m, "pedit", NULL, 0);
    options = nl_msg_start_nested(&m->buf, TCA_ACT_OPTIONS);
    nl_msg_put_unspec(&m->buf, TCA_PEDIT_PARMS_EX, &parms,
                      sizeof parms.sel + n * sizeof *keys);
    nest = nl_msg_start_nested(&m->buf, TCA_PEDIT_KEYS_EX);
    for (size_t i = 0; i < n_ex; i++) {
        ex = nl_msg_start_nested(&m->buf, TCA_PEDIT_KEY_EX);
        nl_msg_put_u16(&m->buf, TCA_PEDIT_KEY_EX_HTYPE, hdrs[i]);
        nl_msg_put_u16(&m->buf, TCA_PEDIT_KEY_EX_CMD, cmd);
        nl_msg_end_nested(&m->buf, ex);
    }
    nl_msg_end_nested(&m->buf, nest);
    nl_msg_end_nested(&m->buf, options);
    tc_msg_end_action(m);
}

static void
test_tc_pedit(void **state OVS_UNUSED)
{
    static const uint16_t hdrs[] = {
        TCA_PEDIT_KEY_EX_HDR_TYPE_UDP, TCA_PEDIT_KEY_EX_HDR_TYPE_IP6,
        TCA_PEDIT_KEY_EX_HDR_TYPE_IP6, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH,
        TCA_PEDIT_KEY_EX_HDR_TYPE_ETH,
    };
    struct tc_pedit_key keys[] = {
        { .mask = htonl(0xffff0000), .val = htonl(99), .off = 0 },
        { .mask = htonl(0xf00fffff), .val = htonl(0x0ab00000), .off = 0 },
        { .mask = htonl(0xffffff00), .val = htonl(63), .off = 4 },
        { .mask = htonl(0xffff0000), .val = htonl(0x0200), .off = 4 },
        { .mask = 0, .val = htonl(0x00000042), .off = 8 },
    };
    struct tc_msg m;

    begin(&m, 0x86dd);
    put_pedit(&m, keys, hdrs, TCA_PEDIT_KEY_EX_CMD_SET, 5, 5);
    put_output(&m, 8);
    tc_msg_end_actions(&m);
    expect(&m, "eth_type(0x86dd)", "set(eth(src=02:00:00:00:00:42)),"
           "set(ipv6(tclass=0xab,hlimit=63)),set(udp(dst=99)),rep1");

    begin(&m, 0x86dd);
    put_pedit(&m, keys, hdrs, TCA_PEDIT_KEY_EX_CMD_ADD, 5, 5);
    tc_msg_end_actions(&m);
    expect(&m, "error: action pedit writes what no flow does", NULL);

    begin(&m, 0x86dd);
    put_pedit(&m, keys, hdrs, TCA_PEDIT_KEY_EX_CMD_SET, 5, 4);
    tc_msg_end_actions(&m);
    expect(&m, "error: malformed action pedit", NULL);

    keys[4].off = 61;
    begin(&m, 0x86dd);
    put_pedit(&m, keys, hdrs, TCA_PEDIT_KEY_EX_CMD_SET, 5, 5);
    tc_msg_end_actions(&m);
    expect(&m, "error: action pedit writes what no flow does", NULL);
}

/* Adds a key and its mask, of which the type is one more. */
static void
put_key(struct tc_msg *m, uint16_t type, const void *key, const void *mask,
        size_t size)
{
    nl_msg_put_unspec(&m->buf, type, key, size);
    nl_msg_put_unspec(&m->buf, type + 1, mask, size);
}

static void
test_tc_keys(void **state OVS_UNUSED)
{
    const ovs_be16 inner = htons(0x0800);
    const uint8_t ff = 0xff, tos = 0x20;
    struct tc_msg m;

    /* What OVS does not match of a VLAN it shows as 0. */
    begin(&m, 0x8100);
    put_output(&m, 8);
    tc_msg_end_actions(&m);
    nl_msg_put_u16(&m.buf, TCA_FLOWER_KEY_VLAN_ID, 42);
    nl_msg_put_be16(&m.buf, TCA_FLOWER_KEY_ETH_TYPE, inner);
    put_key(&m, TCA_FLOWER_KEY_IP_TOS, &tos, &ff, 1);
    expect(&m, "eth_type(0x8100),vlan(vid=42,pcp=0),encap(eth_type(0x0800),"
           "ipv4(src=0.0.0.0/0.0.0.0,dst=0.0.0.0/0.0.0.0,proto=0/0,tos=0x20,",
           "rep1");

    begin(&m, 0x8100);
    tc_msg_end_actions(&m);
    expect(&m, "error: inner ethertype is missing", NULL);

    /* Keys that are not as long as they have to be, and lonely masks. */
    begin(&m, 0x0800);
    tc_msg_end_actions(&m);
    put_key(&m, TCA_FLOWER_KEY_IPV4_SRC, "abc", "abc", 3);
    expect(&m, "error: flower attribute 11 is malformed", NULL);

    begin(&m, 0x0800);
    tc_msg_end_actions(&m);
    nl_msg_put_u32(&m.buf, TCA_FLOWER_KEY_IPV4_SRC_MASK, UINT32_MAX);
    expect(&m, "error: flower attribute 10 is missing", NULL);
}

/* One Geneve option, of 'len' bytes. */
static void
put_geneve(struct tc_msg *m, uint16_t type, const void *data, size_t len)
{
    size_t opts = nl_msg_start_nested(&m->buf, type);
    size_t geneve = nl_msg_start_nested(&m->buf,
                                        TCA_FLOWER_KEY_ENC_OPTS_GENEVE);

    nl_msg_put_be16(&m->buf, TCA_FLOWER_KEY_ENC_OPT_GENEVE_CLASS,
                    htons(0x0102));
    nl_msg_put_u8(&m->buf, TCA_FLOWER_KEY_ENC_OPT_GENEVE_TYPE, 0x80);
    nl_msg_put_unspec(&m->buf, TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA, data, len);
    nl_msg_end_nested(&m->buf, geneve);
    nl_msg_end_nested(&m->buf, opts);
}

static void
test_tc_geneve(void **state OVS_UNUSED)
{
    static const uint8_t data[128] = { 0x11, 0x22, 0x33, 0x44 };
    static const struct {
        size_t key, mask;       /* Bytes of option data; 0 for no option. */
        const char *error;      /* NULL if it is good. */
    } cases[] = {
        { 4, 4, NULL },
        { 124, 124, NULL },
        { 128, 128, "malformed Geneve options" },
        { 3, 3, "malformed Geneve options" },
        { 4, 8, "Geneve options and their mask differ in length" },
        { 4, 0, "Geneve options without a mask" },
        { 0, 4, "Geneve options without a key" },
    };
    const ovs_be32 id = htonl(78), ip = htonl(0xc0a80902);
    const ovs_be32 exact = OVS_BE32_MAX;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tc_msg m;

        tc_msg_begin(&m, 14, INGRESS, 1, 0);
        put_output(&m, 7);
        tc_msg_end_actions(&m);
        nl_msg_put_be32(&m.buf, TCA_FLOWER_KEY_ENC_KEY_ID, id);
        put_key(&m, TCA_FLOWER_KEY_ENC_IPV4_SRC, &ip, &exact, 4);
        if (cases[i].key) {
            put_geneve(&m, TCA_FLOWER_KEY_ENC_OPTS, data, cases[i].key);
        }
        if (cases[i].mask) {
            put_geneve(&m, TCA_FLOWER_KEY_ENC_OPTS_MASK, data,
                       cases[i].mask);
        }
        if (cases[i].error) {
            expect(&m, cases[i].error, NULL);
        } else {
            expect(&m, cases[i].key == 4
                   ? "tunnel(tun_id=0x4e,src=192.168.9.2,ttl=0/0,geneve({"
                     "class=0x102/0x102,type=0x80/0x80,len=4,"
                     "0x11223344/0x11223344}),flags(+key))"
                   : "len=124,0x11223344", "rep0");
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tc_basics),
        cmocka_unit_test(test_tc_block),
        cmocka_unit_test(test_tc_police),
        cmocka_unit_test(test_tc_pedit),
        cmocka_unit_test(test_tc_keys),
        cmocka_unit_test(test_tc_geneve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
