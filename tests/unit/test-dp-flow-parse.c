/* SPDX-License-Identifier: Apache-2.0 */

/* Messages of the kernel's datapath, as it makes them and broken. */

#include <config.h>

#include "netlink/dp-flow.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/dp-flow-build.h"
#include "util.h"

static void
test_full(void **state OVS_UNUSED)
{
    struct flow_record *r = &flow.record;
    uint8_t ufid[FLOW_UFID_LEN];
    struct nlattr *nest;

    nest = begin_actions(put_tunnel);
    u32(OVS_ACTION_ATTR_OUTPUT, 5);
    u32(OVS_ACTION_ATTR_RECIRC, 0x45);
    u32(OVS_ACTION_ATTR_OUTPUT, 6);
    end(nest);
    dp_msg_put_stats(&msg, 7, 700, 600);
    assert_true(parse_at(1000));

    dp_msg_ufid(ufid, 1);
    assert_memory_equal(r->ufid, ufid, sizeof ufid);
    assert_int_equal(flow.event, DP_FLOW_THERE);
    assert_int_equal(flow.datapath, DP_IFINDEX);
    assert_true(flow.has_key && flow.has_port && flow.has_actions);
    assert_int_equal(r->dev, 3);
    assert_int_equal(r->recirc_id, 0x44);
    assert_int_equal(r->flags, FLOW_KERNEL | FLOW_DECAP | FLOW_HAS_MAC);
    assert_memory_equal(r->mac, "\2\0\0\0\0\7", 6);
    assert_int_equal(r->packets, 7);
    assert_int_equal(r->bytes, 700);
    assert_int_equal(r->hw_packets, 0);
    assert_int_equal(r->last_used, 400);
    assert_int_equal(r->n_outputs, 2);
    assert_int_equal(r->outputs[0], 5);
    assert_int_equal(r->outputs[1], 6);
    assert_int_equal(r->n_targets, 1);
    assert_int_equal(r->targets[0], 0x45);
    assert_int_equal(r->miss, FLOW_MISS_NONE);
    assert_int_not_equal(r->key_hash, 0);

    uint32_t hash = r->key_hash;
    nest = begin_actions(NULL);
    end(nest);
    assert_true(parse());
    assert_int_not_equal(r->key_hash, hash);
    hash = r->key_hash;
    assert_true(dp_flow_parse(&msg.nlh, 0, false, &flow));
    assert_int_equal(r->key_hash, 0);
    assert_true(parse());
    assert_int_equal(r->key_hash, hash);
}

/* What is printed, and goes into the database of others. */
static void
test_ufid(void **state OVS_UNUSED)
{
    static const uint32_t words[4] = {
        0x3787789a, 0x02e84102, 0x98ccc306, 0x6ec9b6a6,
    };
    static const uint8_t printed[FLOW_UFID_LEN] = {
        0x37, 0x87, 0x78, 0x9a, 0x02, 0xe8, 0x41, 0x02,
        0x98, 0xcc, 0xc3, 0x06, 0x6e, 0xc9, 0xb6, 0xa6,
    };
    uint8_t raw[FLOW_UFID_LEN];

    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_DEL, DP_IFINDEX);
    mnl_attr_put(&msg.nlh, OVS_FLOW_ATTR_UFID, sizeof words, words);
    assert_true(parse());
    assert_memory_equal(flow.record.ufid, printed, sizeof printed);
    dp_flow_swap_ufid(printed, raw);
    assert_memory_equal(raw, words, sizeof words);

    /* Shorter ones count, longer and empty ones do not. */
    static const int lengths[] = { 0, 1, 15, 16, 17 };
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        char longest[17] = "";

        dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_DEL, DP_IFINDEX);
        mnl_attr_put(&msg.nlh, OVS_FLOW_ATTR_UFID, lengths[i], longest);
        assert_int_equal(parse(), lengths[i] >= 1 && lengths[i] <= 16);
    }
}

/* A flow without ufid is the same in each message, and none like others. */
static void
test_no_ufid(void **state OVS_UNUSED)
{
    uint8_t ufids[3][FLOW_UFID_LEN];

    for (int i = 0; i < 3; i++) {
        dp_msg_init(&msg, FLOW_TYPE, i == 1 ? OVS_FLOW_CMD_DEL
                    : OVS_FLOW_CMD_GET, DP_IFINDEX);
        dp_msg_put_match(&msg, i == 2 ? 9 : 8, 0, NULL);
        assert_true(parse());
        assert_int_equal(flow.event, i == 1 ? DP_FLOW_GONE : DP_FLOW_THERE);
        memcpy(ufids[i], flow.record.ufid, FLOW_UFID_LEN);
    }
    assert_memory_equal(ufids[0], ufids[1], FLOW_UFID_LEN);
    assert_memory_not_equal(ufids[0], ufids[2], FLOW_UFID_LEN);

    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_DEL, DP_IFINDEX);
    assert_false(parse());
}

static void
test_terse(void **state OVS_UNUSED)
{
    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    dp_msg_put_ufid(&msg, 1);
    assert_true(parse());
    assert_false(flow.has_key || flow.has_actions);
    assert_int_equal(flow.record.flags,
                     FLOW_KERNEL | FLOW_TERSE | FLOW_MORE);
    assert_int_equal(flow.record.packets, 0);
    assert_int_equal(flow.record.last_used, UINT32_MAX);

    /* In the future, by rounding, and long ago. */
    dp_msg_put_stats(&msg, 1, 60, 1004);
    assert_true(parse_at(1000));
    assert_int_equal(flow.record.last_used, 0);
    assert_true(parse_at(1LL << 40));
    assert_int_equal(flow.record.last_used, UINT32_MAX - 1);
}

static void
test_drop(void **state OVS_UNUSED)
{
    struct nlattr *nest, *cpl, *inner;

    nest = begin_actions(NULL);
    end(nest);
    assert_true(parse());
    assert_true(flow.record.flags & FLOW_DROP);

    nest = begin_actions(NULL);
    u32(24, 5);                 /* OVS_ACTION_ATTR_DROP. */
    end(nest);
    assert_true(parse());
    assert_true(flow.record.flags & FLOW_DROP);
    assert_int_equal(flow.record.miss, FLOW_MISS_NONE);

    /* Some of its packets only. */
    nest = begin_actions(NULL);
    cpl = begin(OVS_ACTION_ATTR_CHECK_PKT_LEN);
    mnl_attr_put_u16(&msg.nlh, OVS_CHECK_PKT_LEN_ATTR_PKT_LEN, 1500);
    inner = begin(OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER);
    u32(24, 5);
    end(inner);
    inner = begin(OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL);
    u32(OVS_ACTION_ATTR_OUTPUT, 9);
    end(inner);
    end(cpl);
    end(nest);
    assert_true(parse());
    assert_false(flow.record.flags & FLOW_DROP);
    assert_int_equal(flow.record.n_outputs, 1);

    /* Unknown actions are no drop. */
    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    dp_msg_put_ufid(&msg, 1);
    dp_msg_put_match(&msg, 3, 0, NULL);
    assert_true(parse());
    assert_false(flow.record.flags & FLOW_DROP);
    assert_true(flow.record.flags & FLOW_MORE);
}

/* Outputs, targets and zones wherever they are. */
static void
test_nested(void **state OVS_UNUSED)
{
    struct flow_record *r = &flow.record;
    struct nlattr *nest, *outer, *inner;

    nest = begin_actions(NULL);
    outer = begin(OVS_ACTION_ATTR_SAMPLE);
    u32(OVS_SAMPLE_ATTR_PROBABILITY, 100);
    inner = begin(OVS_SAMPLE_ATTR_ACTIONS);
    u32(OVS_ACTION_ATTR_OUTPUT, 11);
    end(inner);
    end(outer);
    outer = begin(OVS_ACTION_ATTR_CLONE);
    inner = begin(OVS_ACTION_ATTR_CT);
    mnl_attr_put_u16(&msg.nlh, OVS_CT_ATTR_ZONE, 21);
    end(inner);
    u32(OVS_ACTION_ATTR_OUTPUT, 12);
    u32(OVS_ACTION_ATTR_RECIRC, 1);
    end(outer);
    outer = begin(OVS_ACTION_ATTR_DEC_TTL);
    inner = begin(OVS_DEC_TTL_ATTR_ACTION);
    u32(OVS_ACTION_ATTR_OUTPUT, 13);
    end(inner);
    end(outer);
    outer = begin(OVS_ACTION_ATTR_CT);
    mnl_attr_put_u16(&msg.nlh, OVS_CT_ATTR_ZONE, 22);
    end(outer);
    u32(OVS_ACTION_ATTR_RECIRC, 1);
    end(nest);
    assert_true(parse());
    assert_int_equal(r->n_outputs, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(r->outputs[i], 11 + i);
    }
    assert_int_equal(r->n_targets, 1);
    assert_true(r->flags & FLOW_HAS_ZONE);
    assert_int_equal(r->zone, 21);
    assert_int_equal(r->miss, FLOW_MISS_ACTION_SAMPLE);
}

static void
test_many(void **state OVS_UNUSED)
{
    struct flow_record *r = &flow.record;
    struct nlattr *nest;

    for (int n = 31; n < 1000; n += n < 34 ? 1 : 300) {
        nest = begin_actions(NULL);
        for (int i = 0; i < n; i++) {
            u32(OVS_ACTION_ATTR_OUTPUT, 100 + i);
        }
        end(nest);
        assert_true(parse());
        assert_int_equal(r->n_outputs, n);
        for (int i = 0; i < n; i++) {
            assert_int_equal(r->outputs[i], 100 + i);
        }
        assert_int_equal(r->outputs == r->inline_outputs, n <= 32);
    }
    for (int n = 8; n < 10; n++) {
        nest = begin_actions(NULL);
        for (int i = 0; i < n; i++) {
            u32(OVS_ACTION_ATTR_RECIRC, 100 + i);
        }
        end(nest);
        assert_true(parse());
        assert_int_equal(r->n_targets, 8);
        assert_int_equal(!!(r->flags & FLOW_MORE), n > 8);
    }
}

static void
test_depth(void **state OVS_UNUSED)
{
    for (int depth = DP_FLOW_MAX_DEPTH; depth <= DP_FLOW_MAX_DEPTH + 1;
         depth++) {
        struct nlattr *nests[DP_FLOW_MAX_DEPTH + 2];

        nests[0] = begin_actions(NULL);
        for (int i = 1; i <= depth; i++) {
            nests[i] = begin(OVS_ACTION_ATTR_CLONE);
        }
        u32(OVS_ACTION_ATTR_OUTPUT, 1);
        for (int i = depth; i >= 0; i--) {
            end(nests[i]);
        }
        assert_int_equal(parse(), depth <= DP_FLOW_MAX_DEPTH);
    }
}

/* Everything that has a size, with a wrong one; and an attribute that is
 * longer than what it is in, at each level. */
static void
test_malformed(void **state OVS_UNUSED)
{
    static const uint16_t actions[] = {
        OVS_ACTION_ATTR_OUTPUT, OVS_ACTION_ATTR_RECIRC,
    };
    static const uint16_t nests[] = {
        OVS_ACTION_ATTR_CT, OVS_ACTION_ATTR_SAMPLE, OVS_ACTION_ATTR_CLONE,
        OVS_ACTION_ATTR_CHECK_PKT_LEN, OVS_ACTION_ATTR_DEC_TTL,
    };
    static const uint16_t attrs[] = {
        OVS_FLOW_ATTR_STATS, OVS_FLOW_ATTR_USED, OVS_FLOW_ATTR_KEY,
        OVS_FLOW_ATTR_ACTIONS,
    };
    static const uint16_t keys[] = {
        OVS_KEY_ATTR_IN_PORT, OVS_KEY_ATTR_RECIRC_ID, OVS_KEY_ATTR_ETHERNET,
    };
    static const uint16_t bad[4] = { 9, 1, 0, 0 }; /* nla_len beyond. */
    struct nlattr *nest, *inner;

    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        nest = begin_actions(NULL);
        mnl_attr_put_u16(&msg.nlh, actions[i], 1);
        end(nest);
        assert_false(parse());
    }
    for (size_t i = 0; i < ARRAY_SIZE(nests); i++) {
        nest = begin_actions(NULL);
        mnl_attr_put(&msg.nlh, nests[i], sizeof bad, bad);
        end(nest);
        assert_false(parse());
    }
    nest = begin_actions(NULL);
    inner = begin(OVS_ACTION_ATTR_CT);
    u32(OVS_CT_ATTR_ZONE, 1);
    end(inner);
    end(nest);
    assert_false(parse());
    nest = begin_actions(NULL);
    inner = begin(OVS_ACTION_ATTR_SAMPLE);
    mnl_attr_put(&msg.nlh, OVS_SAMPLE_ATTR_ACTIONS, sizeof bad, bad);
    end(inner);
    end(nest);
    assert_false(parse());

    for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
        dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_NEW, DP_IFINDEX);
        dp_msg_put_ufid(&msg, 1);
        mnl_attr_put(&msg.nlh, attrs[i], 7, bad);
        assert_false(parse());
    }
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_NEW, DP_IFINDEX);
        dp_msg_put_ufid(&msg, 1);
        nest = begin(OVS_FLOW_ATTR_KEY);
        mnl_attr_put_u16(&msg.nlh, keys[i], 1);
        end(nest);
        assert_false(parse());
    }
    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_NEW, DP_IFINDEX);
    dp_msg_put_ufid(&msg, 1);
    nest = begin(OVS_FLOW_ATTR_KEY);
    end(nest);
    mnl_attr_put(&msg.nlh, OVS_FLOW_ATTR_MASK, sizeof bad, bad);
    assert_false(parse());

    /* Other commands, and a message that ends early. */
    for (int i = 0; i < 2; i++) {
        dp_msg_init(&msg, FLOW_TYPE, (i ? OVS_FLOW_CMD_SET + 1
                                      : OVS_FLOW_CMD_UNSPEC), DP_IFINDEX);
        dp_msg_put_ufid(&msg, 1);
        assert_false(parse());
    }
    dp_msg_flow(&msg, OVS_FLOW_CMD_NEW, 1, 2, 3);
    for (uint32_t len = msg.nlh.nlmsg_len - 1; len >= NLMSG_HDRLEN; len--) {
        msg.nlh.nlmsg_len = len;
        (void) parse();
        if (len < NLMSG_HDRLEN + GENL_HDRLEN + sizeof(struct ovs_header)) {
            assert_false(parse());
        }
    }
}

static void
test_raw(void **state OVS_UNUSED)
{
    struct dp_flow_raw raw;

    dp_msg_flow(&msg, OVS_FLOW_CMD_NEW, 1, 2, 3);
    dp_msg_put_stats(&msg, 7, 700, 600);
    mnl_attr_put_u8(&msg.nlh, OVS_FLOW_ATTR_TCP_FLAGS, 0x12);
    assert_true(dp_flow_raw_parse(&msg.nlh, &raw));
    assert_int_equal(raw.datapath, DP_IFINDEX);
    assert_int_equal(raw.packets, 7);
    assert_int_equal(raw.used, 600);
    assert_int_equal(raw.tcp_flags, 0x12);
    assert_int_equal(raw.attrs.actions_len, 8);
    assert_true(raw.attrs.key_len == raw.attrs.mask_len && raw.attrs.key_len);

    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    mnl_attr_put_u16(&msg.nlh, OVS_FLOW_ATTR_USED, 1);
    assert_false(dp_flow_raw_parse(&msg.nlh, &raw));
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_full),
        TEST(test_ufid),
        TEST(test_no_ufid),
        TEST(test_terse),
        TEST(test_drop),
        TEST(test_nested),
        TEST(test_many),
        TEST(test_depth),
        TEST(test_malformed),
        TEST(test_raw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
