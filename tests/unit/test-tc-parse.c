/* SPDX-License-Identifier: Apache-2.0 */

/* Messages about tc filters, made by hand. */

#include <config.h>

#include "netlink/tc.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "netlink/tc-plain.h"
#include "tests/unit/tc-msg.h"
#include "tests/unit/tc-parse-check.h"
#include "util.h"

#define INGRESS 0xfffffff2
#define EGRESS 0xfffffff3

static const uint8_t cookie[16] = {
    0x9a, 0x78, 0x87, 0x37, 0x02, 0x41, 0xe8, 0x02,
    0x06, 0xc3, 0xcc, 0x98, 0xa6, 0xb6, 0xc9, 0x6e,
};

/* Ends, parses and destroys 'm'. */
static enum tc_parse_result
finish(struct tc_msg *m, struct flow_record *flow)
{
    struct nlmsghdr *nlh = tc_msg_end(m);
    enum tc_parse_result result = parse(nlh, nlh->nlmsg_len, flow);

    tc_msg_destroy(m);
    return result;
}

static void
test_cookie(void **state OVS_UNUSED)
{
    struct flow_record flow;
    struct tc_msg m;

    /* The second action's, as skbedit has none. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "skbedit", NULL, 0);
    tc_msg_end_action(&m);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_put_mirred(&m, "not the first one", 9);
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

/* Counters in the form that the kernel most often sends. */
static void
put_usual(struct ofpbuf *buf, uint32_t packets)
{
    static const struct gnet_stats_queue queue;

    put_basic(buf, TCA_STATS_BASIC, packets * 100, packets);
    put_basic(buf, TCA_STATS_BASIC_HW, packets * 10, packets / 10);
    nl_msg_put_unspec(buf, TCA_STATS_QUEUE, &queue, sizeof queue);
}

/* Adds counters to the open action. */
static void
put_packets(struct tc_msg *m, uint32_t packets)
{
    size_t stats = nl_msg_start_nested(&m->buf, TCA_ACT_STATS);

    put_usual(&m->buf, packets);
    nl_msg_end_nested(&m->buf, stats);
}

static void
test_counters(void **state OVS_UNUSED)
{
    const uint64_t big = (7ULL << 32) + 5, big_hw = (6ULL << 32) + 4;
    struct flow_record flow;
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

    /* Many, in the form that is not widened. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "mirred", cookie, 16);
    put_packets(&m, 40);
    tc_msg_end_action(&m);
    tc_msg_begin_action(&m, "mirred", cookie, 16);
    put_packets(&m, 30);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
    assert_true(flow.packets == 40 && flow.bytes == 4000);
    assert_true(flow.hw_packets == 4 && flow.hw_bytes == 400);

    /* The usual ones, and one more. */
    for (int i = 0; i < 2; i++) {
        tc_msg_begin(&m, 7, INGRESS, 1, 0);
        tc_msg_begin_action(&m, "mirred", cookie, 16);
        stats = nl_msg_start_nested(&m.buf, TCA_ACT_STATS);
        put_usual(&m.buf, 40);
        nl_msg_put_unspec(&m.buf, TCA_STATS_PKT64, &big, i ? 4 : sizeof big);
        nl_msg_end_nested(&m.buf, stats);
        tc_msg_end_action(&m);
        tc_msg_end_actions(&m);
        assert_int_equal(i ? TC_PARSE_MALFORMED : TC_PARSE_FLOW,
                         finish(&m, &flow));
        assert_true(i || (flow.packets == 40 && flow.hw_packets == big));
    }

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
    struct flow_record flow;
    struct tc_msg m;

    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "mirred", cookie, 16);
    put_packets(&m, 1);
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
    assert_int_equal(1, flow.packets);

    /* It had none: the times are those of its installation. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "mirred", cookie, 16);
    put_packets(&m, 0);
    tc_msg_put_option(&m, TCA_MIRRED_TM, &tm[0], sizeof tm[0]);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
    assert_int_equal(UINT32_MAX, flow.last_used);

    /* Long ago. */
    for (int i = 0; i < 2; i++) {
        tm[0].lastuse = i ? UINT64_MAX - 1 : 10000000 * hz;
        tc_msg_begin(&m, 7, INGRESS, 1, 0);
        tc_msg_begin_action(&m, "mirred", cookie, 16);
        put_packets(&m, 2);
        tc_msg_put_option(&m, TCA_MIRRED_TM, &tm[0], sizeof tm[0]);
        tc_msg_end_action(&m);
        tc_msg_end_actions(&m);
        assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
        assert_int_equal(UINT32_MAX - 1, flow.last_used);
    }
    tm[0].lastuse = 4000000 * hz;
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_begin_action(&m, "mirred", cookie, 16);
    put_packets(&m, 2);
    tc_msg_put_option(&m, TCA_MIRRED_TM, &tm[0], sizeof tm[0]);
    tc_msg_end_action(&m);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
    assert_int_equal(4000000000, flow.last_used);
}

static void
test_actions(void **state OVS_UNUSED)
{
    struct tc_tunnel_key release = { .t_action = TCA_TUNNEL_KEY_ACT_RELEASE };
    struct tc_gact jump = { .action = TC_ACT_GOTO_CHAIN | 0xabcdef1 };
    uint16_t clear = TCA_CT_ACT_CLEAR, zones[] = { 4, 9 };
    struct flow_record flow;
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
    assert_int_equal(FLOW_DECAP | FLOW_HAS_ZONE, flow.flags);
    assert_int_equal(4, flow.zone);
    assert_int_equal(1, flow.n_targets);
    assert_int_equal(0xabcdef1, flow.targets[0]);

    /* As many outputs as there may be actions, and one more. */
    for (int n = FLOW_INLINE_OUTPUTS; n <= FLOW_INLINE_OUTPUTS + 1; n++) {
        tc_msg_begin(&m, 7, INGRESS, 1, 0);
        for (int i = 0; i < n; i++) {
            tc_msg_put_mirred(&m, cookie, 100 + i);
        }
        tc_msg_end_actions(&m);
        if (n > FLOW_INLINE_OUTPUTS) {
            assert_int_equal(TC_PARSE_MALFORMED, finish(&m, &flow));
        } else {
            assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
            assert_int_equal(n, flow.n_outputs);
            assert_int_equal(100 + n - 1, flow.outputs[n - 1]);
        }
    }
}

static void
test_key(void **state OVS_UNUSED)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
    static const uint8_t exact[6] = { 255, 255, 255, 255, 255, 255 };
    static const uint8_t partial[6] = { 255, 255, 255, 255, 255, 254 };
    struct flow_record flow;
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
        assert_int_equal(FLOW_IN_HW | (i == 0 ? FLOW_HAS_MAC : 0), flow.flags);
    }

    /* On a shared block. */
    tc_msg_begin(&m, -1, 42, 1, 9);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
    assert_int_equal(42, flow.dev);
    assert_int_equal(FLOW_ON_BLOCK, flow.flags);
    assert_int_equal(9, flow.recirc_id);
    assert_int_equal(5, flow.prio);

    /* A scalar of another size. */
    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    nl_msg_put_u64(&m.buf, TCA_FLOWER_FLAGS, 4);
    assert_int_equal(TC_PARSE_MALFORMED, finish(&m, &flow));
}

/* Parses with TC_PARSE_KEY_HASH a filter with an IPv4 destination of 'len'
 * bytes (0: none) of which that at 'ofs' is not 0, and things that are no
 * match. */
static uint32_t
key_hash(uint16_t ethertype, size_t len, size_t ofs, uint32_t other)
{
    uint8_t address[100] = { 0 };
    struct flow_record flow;
    struct tc_msg m;
    void *copy;

    address[ofs] = 1;
    tc_msg_begin(&m, 7, INGRESS, other, other);
    tc_msg_put_mirred(&m, cookie, other);
    tc_msg_end_actions(&m);
    if (len) {
        nl_msg_put_unspec(&m.buf, TCA_FLOWER_KEY_IPV4_DST, address, len);
    }
    nl_msg_put_u32(&m.buf, TCA_FLOWER_FLAGS, other);
    nl_msg_put_u32(&m.buf, TCA_FLOWER_IN_HW_COUNT, other);
    if (len) {
        nl_msg_put_unspec(&m.buf, TCA_FLOWER_KEY_IPV4_DST_MASK, address, len);
    }

    struct nlmsghdr *nlh = tc_msg_end(&m);
    struct tcmsg *tcm = (struct tcmsg *) (nlh + 1);
    tcm->tcm_info = TC_H_MAKE(other << 16, htons(ethertype));
    copy = xmemdup(nlh, nlh->nlmsg_len);
    assert_int_equal(TC_PARSE_FLOW,
                     tc_flow_parse(copy, nlh->nlmsg_len, TC_PARSE_KEY_HASH,
                                   &flow));
    free(copy);
    tc_msg_destroy(&m);
    return flow.key_hash;
}

/* What comes out of a tunnel is known by its match, too: the first chain of
 * several has no action for it. */
static void
test_tunnel(void **state OVS_UNUSED)
{
    static const struct {
        uint16_t type;          /* TCA_FLOWER_KEY_*. */
        bool tunnel;            /* Is of a tunnel. */
    } keys[] = {
        { TCA_FLOWER_KEY_ENC_KEY_ID, true },
        { TCA_FLOWER_KEY_ENC_IPV4_SRC, true },
        { TCA_FLOWER_KEY_ENC_IPV4_DST, true },
        { TCA_FLOWER_KEY_ENC_IPV6_SRC, true },
        { TCA_FLOWER_KEY_ENC_IPV6_DST, true },
        { TCA_FLOWER_KEY_IPV4_SRC, false },
        { TCA_FLOWER_KEY_VLAN_ETH_TYPE, false },
        { TCA_FLOWER_KEY_TCP_SRC_MASK, false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        struct tc_gact jump = { .action = TC_ACT_GOTO_CHAIN | 5 };
        uint8_t address[16] = { 192, 168, 9, 2 };
        struct flow_record flow;
        struct tc_msg m;

        tc_msg_begin(&m, 7, INGRESS, 1, 0);
        tc_msg_begin_action(&m, "gact", cookie, 16);
        tc_msg_put_option(&m, TCA_GACT_PARMS, &jump, sizeof jump);
        tc_msg_end_action(&m);
        tc_msg_end_actions(&m);
        nl_msg_put_unspec(&m.buf, keys[i].type, address, sizeof address);
        assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
        assert_int_equal(keys[i].tunnel ? FLOW_DECAP : 0, flow.flags);
    }
}

static void
test_key_hash(void **state OVS_UNUSED)
{
    uint32_t hash = key_hash(0x0800, 4, 1, 1);

    assert_int_not_equal(0, hash);
    assert_int_equal(hash, key_hash(0x0800, 4, 1, 2));
    assert_int_not_equal(hash, key_hash(0x0806, 4, 1, 1));
    assert_int_not_equal(hash, key_hash(0x0800, 4, 2, 1));
    assert_int_not_equal(hash, key_hash(0x0800, 5, 1, 1));
    assert_int_not_equal(hash, key_hash(0x0800, 0, 1, 1));
    for (size_t len = 1; len < 64; len++) {
        assert_int_not_equal(key_hash(0x0800, len, 0, 1),
                             key_hash(0x0800, len + 1, 0, 1));
    }
    /* Each byte counts, wherever it is. */
    for (size_t len = 92; len < 99; len++) {
        for (size_t ofs = 0; ofs < len; ofs++) {
            assert_int_not_equal(key_hash(0x0800, len, ofs, 1),
                                 key_hash(0x0800, len, 99, 1));
        }
    }
}

/* The last attribute lacks its padding, and does not match. */
static void
test_key_hash_unpadded(void **state OVS_UNUSED)
{
    const struct nlattr nla = {
        .nla_len = NLA_HDRLEN + 1, .nla_type = TCA_FLOWER_IN_HW_COUNT,
    };
    struct flow_record flow;
    struct nlmsghdr *nlh;
    struct tc_msg m;
    void *copy;

    tc_msg_begin(&m, 7, INGRESS, 1, 0);
    tc_msg_put_mirred(&m, cookie, 8);
    tc_msg_end_actions(&m);
    ofpbuf_put(&m.buf, &nla, sizeof nla);
    ofpbuf_put(&m.buf, "", 1);
    nlh = tc_msg_end(&m);
    copy = xmemdup(nlh, nlh->nlmsg_len);
    assert_int_equal(TC_PARSE_FLOW,
                     tc_flow_parse(copy, nlh->nlmsg_len, TC_PARSE_KEY_HASH,
                                   &flow));
    free(copy);
    tc_msg_destroy(&m);
}

static void
test_terse(void **state OVS_UNUSED)
{
    struct flow_record flow;
    struct tc_msg m;

    for (int i = 0; i < 2; i++) {
        tc_msg_begin(&m, 7, EGRESS, 1, 3);
        tc_msg_begin_action(&m, "tunnel_key", NULL, 0);
        put_packets(&m, 20);
        tc_msg_end_action(&m);
        tc_msg_begin_action(&m, "mirred", cookie, 16);
        put_packets(&m, 30);
        if (i) {
            /* Those of one action are enough. */
            nl_msg_end_nested(&m.buf, nl_msg_start_nested(&m.buf,
                                                          TCA_ACT_OPTIONS));
        }
        tc_msg_end_action(&m);
        tc_msg_end_actions(&m);
        nl_msg_put_u32(&m.buf, TCA_FLOWER_FLAGS, TCA_CLS_FLAGS_IN_HW);
        assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
        assert_int_equal(FLOW_IN_HW | FLOW_EGRESS_SIDE | (i ? 0 : FLOW_TERSE),
                         flow.flags);
        assert_int_equal(3, flow.recirc_id);
        assert_true(flow.packets == 30 && flow.hw_packets == 3);
        assert_int_equal(UINT32_MAX, flow.last_used);
        assert_int_equal(0, flow.n_outputs);
        assert_ptr_equal(flow.inline_outputs, flow.outputs);
    }
}

/* Makes a terse message as the kernel does, about filter 'handle'. */
static struct nlmsghdr *
make_terse(struct tc_msg *m, uint32_t handle)
{
    struct nlmsghdr *nlh;

    tc_msg_begin(m, 7, INGRESS, handle, 3);
    tc_msg_put_terse(m, "ct", cookie, handle);
    tc_msg_put_terse(m, "gact", cookie, handle);
    tc_msg_end_actions(m);
    nl_msg_put_u32(&m->buf, TCA_FLOWER_FLAGS, TCA_CLS_FLAGS_IN_HW);
    nlh = tc_msg_end(m);
    nlh->nlmsg_seq = 11;
    nlh->nlmsg_pid = 4711;
    return nlh;
}

/* Several terse messages in a row, up to one that is not simple. */
static void
test_plain_row(void **state OVS_UNUSED)
{
    enum { N = 5 };
    struct flow_record flows[N], flow;
    uint8_t *row = NULL;
    size_t len = 0, used;

    for (uint32_t i = 0; i < N; i++) {
        struct tc_msg m;
        struct nlmsghdr *nlh = make_terse(&m, i + 1);

        len = nlh->nlmsg_len;
        assert_int_equal(0, len % 4);
        row = row ? row : xmalloc(N * len);
        memcpy(row + i * len, nlh, len);
        assert_int_equal(TC_PARSE_FLOW, parse(nlh, len, &flow));
        tc_msg_destroy(&m);
    }

    assert_int_equal(N, tc_plain_parse(row, N * len, 11, 4711, flows, N,
                                       &used));
    assert_int_equal(N * len, used);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(i + 1, flows[i].handle);
        assert_int_equal(i + 1, flows[i].packets);
        assert_int_equal(100 * (i + 1), flows[i].hw_bytes);
        assert_true(flows[i].flags == (FLOW_TERSE | FLOW_IN_HW));
    }

    /* No more than there is room for, and than there are. */
    assert_int_equal(2, tc_plain_parse(row, N * len, 11, 4711, flows, 2,
                                       &used));
    assert_int_equal(2 * len, used);
    assert_int_equal(N - 1, tc_plain_parse(row, N * len - 1, 11, 4711, flows,
                                           N, &used));
    assert_int_equal(0, tc_plain_parse(row, 0, 11, 4711, flows, N, &used));

    /* Of another dump, to another socket, interrupted, of another type. */
    assert_int_equal(0, tc_plain_parse(row, len, 12, 4711, flows, N, &used));
    assert_int_equal(0, tc_plain_parse(row, len, 11, 4712, flows, N, &used));
    struct nlmsghdr *third = ALIGNED_CAST(struct nlmsghdr *, row + 2 * len);
    third->nlmsg_flags |= NLM_F_DUMP_INTR;
    assert_int_equal(2, tc_plain_parse(row, N * len, 11, 4711, flows, N,
                                       &used));
    assert_int_equal(2 * len, used);
    third->nlmsg_flags &= ~NLM_F_DUMP_INTR;
    third->nlmsg_type = NLMSG_DONE;
    assert_int_equal(2, tc_plain_parse(row, N * len, 11, 4711, flows, N,
                                       &used));
    free(row);
}

/* Whichever bit of a terse message changes: if it is still taken in a row, it
 * says what the walk finds. */
static void
test_plain_bits(void **state OVS_UNUSED)
{
    size_t n_taken = 0;
    struct tc_msg m;
    struct nlmsghdr *nlh = make_terse(&m, 1);
    size_t len = nlh->nlmsg_len;
    struct flow_record flow;

    for (size_t bit = 0; bit < len * 8; bit++) {
        uint8_t *copy = xmemdup(nlh, len);
        enum tc_parse_result result;

        /* What it was, is known. */
        assert_int_equal(TC_PARSE_FLOW, parse(nlh, len, &flow));
        assert_true(check_plain(nlh, len, TC_PARSE_FLOW, &flow));

        copy[bit / 8] ^= 1 << bit % 8;
        result = tc_flow_parse(ALIGNED_CAST(struct nlmsghdr *, copy), len,
                               TC_PARSE_BY_WALK, &flow);
        n_taken += check_plain(copy, len, result, &flow);
        free(copy);
    }
    /* Values, and only these. */
    assert_true(n_taken > len * 8 / 3 && n_taken < len * 8 * 9 / 10);
    tc_msg_destroy(&m);
}

/* More targets than there is room for. */
static void
test_targets(void **state OVS_UNUSED)
{
    struct flow_record flow;
    struct tc_msg m;

    for (int n = FLOW_MAX_TARGETS; n <= FLOW_MAX_TARGETS + 1; n++) {
        tc_msg_begin(&m, 7, INGRESS, 1, 0);
        for (int i = 0; i < n; i++) {
            struct tc_gact jump = { .action = TC_ACT_GOTO_CHAIN | (50 + i) };

            tc_msg_begin_action(&m, "gact", cookie, 16);
            tc_msg_put_option(&m, TCA_GACT_PARMS, &jump, sizeof jump);
            tc_msg_end_action(&m);
        }
        tc_msg_end_actions(&m);
        assert_int_equal(TC_PARSE_FLOW, finish(&m, &flow));
        assert_int_equal(FLOW_MAX_TARGETS, flow.n_targets);
        assert_int_equal(57, flow.targets[7]);
        assert_int_equal(n > FLOW_MAX_TARGETS ? FLOW_MORE : 0, flow.flags);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_last_used),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_tunnel),
        cmocka_unit_test(test_key_hash),
        cmocka_unit_test(test_key_hash_unpadded),
        cmocka_unit_test(test_terse),
        cmocka_unit_test(test_plain_row),
        cmocka_unit_test(test_plain_bits),
        cmocka_unit_test(test_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
