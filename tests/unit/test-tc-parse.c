/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/tc.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "random.h"
#include "tests/unit/tc-msg.h"
#include "util.h"

#define INGRESS 0xfffffff2
#define EGRESS 0xfffffff3

/* Parses a copy of which no byte more may be read, so that ASan sees it. */
static enum tc_parse_result
parse(const void *data, size_t len, struct tc_flow *flow)
{
    void *copy = malloc(len ? len : 1);
    enum tc_parse_result result;

    if (len) {
        memcpy(copy, data, len);
    }
    result = tc_flow_parse(copy, len, flow);
    free(copy);
    return result;
}

/* Reads tests/unit/captures/NAME.bin. */
static uint8_t *
read_capture(const char *name, size_t *len)
{
    const char *srcdir = getenv("srcdir");
    char *path = xasprintf("%s/tests/unit/captures/%s.bin",
                           srcdir ? srcdir : ".", name);
    FILE *file = fopen(path, "rb");
    uint8_t *data = xmalloc(65536);

    if (!file) {
        fail_msg("%s: cannot open", path);
    }
    *len = fread(data, 1, 65536, file);
    assert_true(*len > 0);
    fclose(file);
    free(path);
    return data;
}

static char *
ufid_to_string(const uint8_t *u)
{
    return xasprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                     "%02x%02x%02x%02x%02x%02x",
                     u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8],
                     u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

/* What the kernel sent, and what it means. */
struct expected {
    const char *name;           /* Capture. */
    enum tc_parse_result result;
    const char *ufid;           /* The rest is for TC_PARSE_FLOW only. */
    struct tc_flow flow;
};

static const struct expected captures[] = {
    /* Flower filters, but not of Open vSwitch's datapath: no cookie. */
    { "0071-NEWTFILTER", TC_PARSE_NOT_OVS, NULL, { .ifindex = 0 } },
    { "0077-NEWTFILTER", TC_PARSE_NOT_OVS, NULL, { .ifindex = 0 } },
    { "0069-NEWQDISC", TC_PARSE_NOT_OVS, NULL, { .ifindex = 0 } },

    /* A flood: skbedit has no cookie, the first mirred is to br-int. */
    { "0129-NEWTFILTER", TC_PARSE_FLOW, "b7dfe758-3d42-4ed4-8ea3-e5c84ace8497",
      { .ifindex = 7, .parent = INGRESS, .handle = 1, .prio = 4,
        .protocol = 0x0806, .not_in_hw = true, .n_outputs = 2,
        .has_dst_mac = true,
        .dst_mac = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
        .outputs = { { 12, true }, { 8, false } } } },
    { "0131-NEWTFILTER", TC_PARSE_FLOW, "bf1393c8-9a57-4ce8-92f9-c91016e3ebed",
      { .ifindex = 8, .parent = INGRESS, .handle = 1, .prio = 4,
        .protocol = 0x0806, .in_hw = true, .has_dst_mac = true,
        .dst_mac = { 2, 0, 0, 0, 0, 1 }, .n_outputs = 1,
        .outputs = { { 7, false } } } },
    /* The final counters of a flow in hardware. */
    { "0134-DELTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .ifindex = 7, .parent = INGRESS, .handle = 1, .prio = 2,
        .protocol = 0x0800, .in_hw = true, .has_dst_mac = true,
        .dst_mac = { 2, 0, 0, 0, 0, 2 }, .n_outputs = 1,
        .outputs = { { 8, false } }, .packets = 3, .bytes = 294,
        .hw_packets = 3, .hw_bytes = 294, .last_used = 440 } },
    /* Drop, said to be in hardware but counted in software. */
    { "0137-DELTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .ifindex = 7, .parent = INGRESS, .handle = 1, .prio = 2,
        .protocol = 0x0800, .in_hw = true, .drop = true, .packets = 1,
        .bytes = 84, .last_used = 2510 } },
    /* Three actions that each counted the same four packets. */
    { "0163-DELTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .ifindex = 7, .parent = INGRESS, .handle = 1, .prio = 2,
        .protocol = 0x0800, .not_in_hw = true, .has_dst_mac = true,
        .dst_mac = { 2, 0, 0, 0, 0, 2 }, .n_outputs = 2,
        .outputs = { { 12, true }, { 8, false } }, .packets = 4,
        .bytes = 336, .last_used = 120 } },
    /* Connection tracking: ct(zone=5) and recirculation, then the rest. */
    { "0204-NEWTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .ifindex = 7, .parent = INGRESS, .handle = 1, .prio = 2,
        .protocol = 0x0800, .in_hw = true, .has_goto = true, .goto_chain = 3,
        .has_ct = true, .ct_zone = 5 } },
    { "0224-DELTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .ifindex = 7, .parent = INGRESS, .handle = 1, .prio = 2,
        .protocol = 0x0800, .in_hw = true, .has_goto = true, .goto_chain = 3,
        .has_ct = true, .ct_zone = 5, .packets = 3, .bytes = 252,
        .last_used = 2100 } },
    { "0206-NEWTFILTER", TC_PARSE_FLOW, "0359ba5b-6d3b-4a24-8db4-2c4a5c4ce5dd",
      { .ifindex = 7, .parent = INGRESS, .chain = 3, .handle = 1, .prio = 2,
        .protocol = 0x0800, .in_hw = true, .has_ct = true, .ct_zone = 5,
        .has_dst_mac = true, .dst_mac = { 2, 0, 0, 0, 0, 2 }, .n_outputs = 1,
        .outputs = { { 8, false } } } },
    /* Into a tunnel. */
    { "0229-NEWTFILTER", TC_PARSE_FLOW, "6073a256-704e-4f00-928c-56d68fa5f1e1",
      { .ifindex = 7, .parent = INGRESS, .handle = 1, .prio = 2,
        .protocol = 0x0800, .in_hw = true, .encap = true,
        .has_dst_mac = true, .dst_mac = { 2, 0, 0, 0, 0, 9 }, .n_outputs = 1,
        .outputs = { { 14, false } } } },
    /* From br-int's egress to two ports, which are gone, and a tunnel. */
    { "0267-DELTFILTER", TC_PARSE_FLOW, "9a06ab31-585b-4a40-a66b-d3afca959c87",
      { .ifindex = 12, .parent = EGRESS, .handle = 1, .prio = 3,
        .protocol = 0x86dd, .not_in_hw = true, .encap = true,
        .has_dst_mac = true, .dst_mac = { 0x33, 0x33, 0, 0, 0, 0x16 },
        .n_outputs = 3, .outputs = { { 0, false }, { 0, false },
                                     { 14, false } },
        .packets = 1, .bytes = 90, .last_used = 870 } },
};

static void
assert_flow(const struct tc_flow *want, const struct tc_flow *have)
{
    assert_int_equal(want->ifindex, have->ifindex);
    assert_int_equal(want->block, have->block);
    assert_int_equal(want->parent, have->parent);
    assert_int_equal(want->chain, have->chain);
    assert_int_equal(want->handle, have->handle);
    assert_int_equal(want->prio, have->prio);
    assert_int_equal(want->protocol, have->protocol);
    assert_int_equal(want->in_hw, have->in_hw);
    assert_int_equal(want->not_in_hw, have->not_in_hw);
    assert_int_equal(want->skip_sw, have->skip_sw);
    assert_int_equal(want->has_goto, have->has_goto);
    assert_int_equal(want->goto_chain, have->goto_chain);
    assert_int_equal(want->drop, have->drop);
    assert_int_equal(want->has_ct, have->has_ct);
    assert_int_equal(want->ct_zone, have->ct_zone);
    assert_int_equal(want->encap, have->encap);
    assert_int_equal(want->decap, have->decap);
    assert_int_equal(want->has_dst_mac, have->has_dst_mac);
    if (want->has_dst_mac) {
        assert_memory_equal(want->dst_mac, have->dst_mac, 6);
    }
    assert_int_equal(want->n_outputs, have->n_outputs);
    for (size_t i = 0; i < want->n_outputs; i++) {
        assert_int_equal(want->outputs[i].ifindex, have->outputs[i].ifindex);
        assert_int_equal(want->outputs[i].ingress, have->outputs[i].ingress);
    }
    assert_int_equal(want->packets, have->packets);
    assert_int_equal(want->bytes, have->bytes);
    assert_int_equal(want->hw_packets, have->hw_packets);
    assert_int_equal(want->hw_bytes, have->hw_bytes);
    assert_int_equal(want->last_used, have->last_used);
}

static void
test_captures(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(captures); i++) {
        const struct expected *e = &captures[i];
        struct tc_flow flow;
        size_t len;
        uint8_t *data = read_capture(e->name, &len);

        assert_int_equal(e->result, parse(data, len, &flow));
        if (e->result == TC_PARSE_FLOW) {
            char *ufid = ufid_to_string(flow.ufid);

            assert_string_equal(e->ufid, ufid);
            assert_flow(&e->flow, &flow);
            free(ufid);
        }
        free(data);
    }
}

/* A message that is cut off anywhere is malformed: both if the header still
 * tells the old length, and if it tells the new one and thereby cuts through
 * an attribute. */
static void
test_truncation(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(captures); i++) {
        struct tc_flow flow;
        size_t len;
        uint8_t *data = read_capture(captures[i].name, &len);
        bool is_filter = captures[i].name[8] == 'T';

        for (uint32_t n = 0; n < len; n++) {
            struct nlmsghdr *nlh = (void *) data;

            nlh->nlmsg_len = len;
            assert_int_equal(TC_PARSE_MALFORMED, parse(data, n, &flow));

            nlh->nlmsg_len = n;
            enum tc_parse_result result = parse(data, n, &flow);
            if (is_filter && n < len - 3) {
                /* Cut between two attributes of the outermost level (with the
                 * padding of the first or without), what is left is a filter
                 * without cookie. */
                assert_int_not_equal(TC_PARSE_FLOW, result);
                assert_true(result == TC_PARSE_MALFORMED || n == 36
                            || n == 47 || n == 48 || n == 56);
            }
        }
        free(data);
    }
}

/* No mutation makes it read what it may not, or return nonsense. */
static void
test_mutations(void **state OVS_UNUSED)
{
    random_set_seed(0x7c2b9f31);
    for (size_t i = 0; i < ARRAY_SIZE(captures); i++) {
        size_t len;
        uint8_t *data = read_capture(captures[i].name, &len);
        uint8_t *copy = xmalloc(len);

        for (int round = 0; round < 20000; round++) {
            struct tc_flow flow;
            int n = 1 + random_range(4);

            memcpy(copy, data, len);
            while (n--) {
                /* The lengths and types of attributes are what matters: small
                 * values at even offsets. */
                size_t ofs = random_range(len);

                copy[ofs] = random_range(2) ? random_range(64)
                                            : random_range(256);
            }
            if (parse(copy, len, &flow) == TC_PARSE_FLOW) {
                assert_true(flow.n_outputs <= TC_FLOW_MAX_OUTPUTS);
                assert_true(!flow.has_goto
                            || flow.goto_chain <= TC_ACT_EXT_VAL_MASK);
            }
        }
        free(copy);
        free(data);
    }
}

/* Messages made by hand. */

static const uint8_t cookie[16] = {
    0x9a, 0x78, 0x87, 0x37, 0x02, 0x41, 0xe8, 0x02,
    0x06, 0xc3, 0xcc, 0x98, 0xa6, 0xb6, 0xc9, 0x6e,
};

/* Ends, parses and destroys 'm'. */
static enum tc_parse_result
finish(struct tc_msg *m, struct tc_flow *flow)
{
    struct nlmsghdr *nlh = tc_msg_end(m);
    enum tc_parse_result result = parse(nlh, nlh->nlmsg_len, flow);

    tc_msg_destroy(m);
    return result;
}

static void
test_cookie(void **state OVS_UNUSED)
{
    struct tc_flow flow;
    struct tc_msg m;

    /* The second action's, as skbedit has none. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "skbedit", NULL, 0);
    tc_msg_end_action(&m);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
    char *ufid = ufid_to_string(flow.ufid);
    assert_string_equal("3787789a-02e8-4102-98cc-c3066ec9b6a6", ufid);
    free(ufid);

    /* One of another length is someone else's. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "mirred", cookie, 15);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_NOT_OVS, finish(&m, &flow));

    /* Another classifier's. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    memcpy((uint8_t *) m.buf.data + 40, "u32\0\0\0", 6);
    assert_int_equal(TC_PARSE_NOT_OVS, finish(&m, &flow));
}

static void
put_basic(struct ofpbuf *buf, uint16_t type, uint64_t bytes, uint32_t packets)
{
    struct gnet_stats_basic basic;

    memset(&basic, 0, sizeof basic);
    basic.bytes = bytes;
    basic.packets = packets;
    nl_msg_put_unspec(buf, type, &basic, sizeof basic);
}

static void
test_counters(void **state OVS_UNUSED)
{
    const uint64_t big = (7ULL << 32) + 5, big_hw = (6ULL << 32) + 4;
    struct tc_flow flow;
    struct tc_msg m;
    size_t stats;

    /* The 64-bit packets widen what they follow, with padding between. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "mirred", cookie, 16);
    stats = nl_msg_start_nested(&m.buf, TCA_ACT_STATS);
    put_basic(&m.buf, TCA_STATS_BASIC, UINT64_MAX, 5);
    nl_msg_put_flag(&m.buf, TCA_STATS_PAD);
    nl_msg_put_u64(&m.buf, TCA_STATS_PKT64, big);
    put_basic(&m.buf, TCA_STATS_BASIC_HW, 1000, 4);
    nl_msg_put_u64(&m.buf, TCA_STATS_PKT64, big_hw);
    nl_msg_end_nested(&m.buf, stats);
    tc_msg_end_action(&m);
    /* Another action saw fewer: no sum, and not the last one either. */
    tc_msg_begin_action(&m, "gact", cookie, 16);
    stats = nl_msg_start_nested(&m.buf, TCA_ACT_STATS);
    put_basic(&m.buf, TCA_STATS_BASIC, 500, 3);
    put_basic(&m.buf, TCA_STATS_BASIC_HW, 400, 2);
    nl_msg_end_nested(&m.buf, stats);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
    assert_true(flow.packets == big && flow.bytes == UINT64_MAX);
    assert_true(flow.hw_packets == big_hw && flow.hw_bytes == 1000);

    /* They widen nothing. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "mirred", cookie, 16);
    stats = nl_msg_start_nested(&m.buf, TCA_ACT_STATS);
    nl_msg_put_u64(&m.buf, TCA_STATS_PKT64, big);
    nl_msg_end_nested(&m.buf, stats);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_MALFORMED, finish(&m, &flow));
}

static void
test_last_used(void **state OVS_UNUSED)
{
    /* In ticks of USER_HZ; the most recent of the actions. */
    const uint64_t hz = sysconf(_SC_CLK_TCK);
    struct tcf_t tm[] = {
        { .install = 90 * hz, .lastuse = 7 * hz },
        { .install = 90 * hz, .lastuse = 3 * hz },
        { .install = 90 * hz, .lastuse = 9 * hz },
    };
    struct tc_flow flow;
    struct tc_msg m;

    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "mirred", cookie, 16);
    tc_msg_put_option(&m, TCA_MIRRED_TM, &tm[0], sizeof tm[0]);
    tc_msg_end_action(&m);
    tc_msg_begin_action(&m, "ct", cookie, 16);
    tc_msg_put_option(&m, TCA_CT_TM, &tm[1], sizeof tm[1]);
    tc_msg_end_action(&m);
    tc_msg_begin_action(&m, "tunnel_key", NULL, 0);
    tc_msg_put_option(&m, TCA_TUNNEL_KEY_TM, &tm[2], sizeof tm[2]);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
    assert_int_equal(3000, flow.last_used);
}

static void
test_actions(void **state OVS_UNUSED)
{
    struct tc_tunnel_key release = { .t_action = TCA_TUNNEL_KEY_ACT_RELEASE };
    struct tc_gact jump = { .action = TC_ACT_GOTO_CHAIN | 0xabcdef1 };
    uint16_t clear = TCA_CT_ACT_CLEAR, zones[] = { 4, 9 };
    struct tc_flow flow;
    struct tc_msg m;
    size_t options;

    /* Decapsulation, ct_clear, ct(zone=4), ct(zone=9), goto chain. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "tunnel_key", NULL, 0);
    tc_msg_put_option(&m, TCA_TUNNEL_KEY_PARMS, &release, sizeof release);
    tc_msg_end_action(&m);
    tc_msg_begin_action(&m, "ct", cookie, 16);
    options = nl_msg_start_nested(&m.buf, TCA_ACT_OPTIONS);
    nl_msg_put_u16(&m.buf, TCA_CT_ZONE, 1);
    nl_msg_put_unspec(&m.buf, TCA_CT_ACTION, &clear, sizeof clear);
    nl_msg_end_nested(&m.buf, options);
    tc_msg_end_action(&m);
    for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
        tc_msg_begin_action(&m, "ct", cookie, 16);
        tc_msg_put_option(&m, TCA_CT_ZONE, &zones[i], sizeof zones[i]);
        tc_msg_end_action(&m);
    }
    tc_msg_begin_action(&m, "gact", cookie, 16);
    tc_msg_put_option(&m, TCA_GACT_PARMS, &jump, sizeof jump);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
    assert_true(flow.decap && !flow.encap && !flow.drop);
    assert_true(flow.has_ct);
    assert_int_equal(4, flow.ct_zone);
    assert_true(flow.has_goto);
    assert_int_equal(0xabcdef1, flow.goto_chain);

    /* As many outputs as there may be actions, and one more. */
    for (int n = TC_FLOW_MAX_OUTPUTS; n <= TC_FLOW_MAX_OUTPUTS + 1; n++) {
        tc_msg_begin(&m, 7, INGRESS, 1, 0);
        for (int i = 0; i < n; i++) {
            tc_msg_put_mirred(&m, cookie, 100 + i);
        }
        tc_msg_end_actions(&m);
        if (n > TC_FLOW_MAX_OUTPUTS) {
            assert_int_equal(TC_PARSE_MALFORMED, finish(&m, &flow));
        } else {
            assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
            assert_int_equal(n, flow.n_outputs);
            assert_int_equal(100 + n - 1, flow.outputs[n - 1].ifindex);
        }
    }
}

static void
test_key(void **state OVS_UNUSED)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
    static const uint8_t exact[6] = { 255, 255, 255, 255, 255, 255 };
    static const uint8_t partial[6] = { 255, 255, 255, 255, 255, 254 };
    struct tc_flow flow;
    struct tc_msg m;

    for (int i = 0; i < 3; i++) {
        tc_msg_begin(&m, 7, INGRESS, 1, 0);
        tc_msg_put_mirred(&m, cookie, 8);
        tc_msg_end_actions(&m);
        nl_msg_put_u32(&m.buf, TCA_FLOWER_FLAGS,
                       TCA_CLS_FLAGS_SKIP_SW | TCA_CLS_FLAGS_IN_HW);
        if (i != 2) {
            nl_msg_put_unspec(&m.buf, TCA_FLOWER_KEY_ETH_DST, mac, 6);
        }
        nl_msg_put_unspec(&m.buf, TCA_FLOWER_KEY_ETH_DST_MASK,
                          i == 1 ? partial : exact, 6);
        assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
        assert_int_equal(i == 0, flow.has_dst_mac);
        assert_true(flow.skip_sw && flow.in_hw && !flow.not_in_hw);
    }

    /* On a shared block. */
    tc_msg_begin(&m, -1, 42, 1, 9);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
    assert_int_equal(0, flow.ifindex);
    assert_int_equal(42, flow.block);
    assert_int_equal(0, flow.parent);
    assert_int_equal(9, flow.chain);
    assert_int_equal(5, flow.prio);
    assert_int_equal(0x0800, flow.protocol);

    /* A scalar of another size. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    nl_msg_put_u64(&m.buf, TCA_FLOWER_FLAGS, 4);
    assert_int_equal(TC_PARSE_MALFORMED, finish(&m, &flow));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captures),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_last_used),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
