/* SPDX-License-Identifier: Apache-2.0 */

/* What tc cannot do, in flows of the kernel's datapath. */

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

static uint16_t match_type;     /* OVS_KEY_ATTR_*. */
static uint8_t match_key[40], match_mask[40]; /* Its values. */
static size_t match_size;

static void
put_match(struct nlmsghdr *nlh, bool mask)
{
    mnl_attr_put(nlh, match_type, match_size, mask ? match_mask : match_key);
}

/* Returns what is found for a match of 'size' bytes, of which those at 'ofs'
 * are 'key' and 'mask'. */
static enum flow_miss
match_miss(uint16_t type, size_t size, size_t ofs, uint8_t key, uint8_t mask)
{
    struct nlattr *nest;

    memset(match_key, 0, sizeof match_key);
    memset(match_mask, 0, sizeof match_mask);
    match_type = type;
    match_size = size;
    match_key[ofs] = key;
    match_mask[ofs] = mask;
    nest = begin_actions(put_match);
    u32(OVS_ACTION_ATTR_HASH, 0); /* The match comes first. */
    end(nest);
    assert_true(parse());
    return (flow.record.miss == FLOW_MISS_ACTION_HASH ? FLOW_MISS_NONE
            : flow.record.miss);
}

static void
put_no_mark(struct nlmsghdr *nlh, bool mask)
{
    mnl_attr_put_u32(nlh, OVS_KEY_ATTR_SKB_MARK, mask ? UINT32_MAX : 0);
}

static void
put_ipv6(struct nlmsghdr *nlh, bool mask)
{
    mnl_attr_put_u16(nlh, OVS_KEY_ATTR_ETHERTYPE,
                     mask ? 0xffff : htons(ETH_P_IPV6));
    put_match(nlh, mask);
}

static void
put_rarp(struct nlmsghdr *nlh, bool mask)
{
    mnl_attr_put_u16(nlh, OVS_KEY_ATTR_ETHERTYPE,
                     mask ? 0xffff : htons(ETH_P_RARP));
    put_match(nlh, mask);
}

static enum flow_miss
miss_with(void (*extra)(struct nlmsghdr *, bool mask))
{
    end(begin_actions(extra));
    assert_true(parse());
    return flow.record.miss;
}

static void
put_erspan(struct nlmsghdr *nlh, bool mask)
{
    struct nlattr *nest = mnl_attr_nest_start(nlh, OVS_KEY_ATTR_TUNNEL);

    mnl_attr_put_u32(nlh, OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS, mask);
    mnl_attr_nest_end(nlh, nest);
}

static void
put_nsh(struct nlmsghdr *nlh, bool mask)
{
    struct nlattr *nest = mnl_attr_nest_start(nlh, OVS_KEY_ATTR_NSH);

    mnl_attr_put_u64(nlh, OVS_NSH_KEY_ATTR_BASE, mask ? match_mask[0] : 1);
    mnl_attr_nest_end(nlh, nest);
}

static void
test_match_misses(void **state OVS_UNUSED)
{
    enum { ND_SIZE = sizeof(struct ovs_key_nd) };
    enum { IP6_SIZE = sizeof(struct ovs_key_ipv6) };
    static const uint8_t taken = OVS_CS_F_NEW | OVS_CS_F_TRACKED;

    assert_int_equal(match_miss(OVS_KEY_ATTR_DP_HASH, 4, 0, 1, 1),
                     FLOW_MISS_MATCH_DP_HASH);
    assert_int_equal(match_miss(OVS_KEY_ATTR_DP_HASH, 4, 0, 1, 0),
                     FLOW_MISS_NONE);
    assert_int_equal(match_miss(OVS_KEY_ATTR_PRIORITY, 4, 3, 0, 1),
                     FLOW_MISS_MATCH_PRIORITY);
    assert_int_equal(match_miss(OVS_KEY_ATTR_SKB_MARK, 4, 0, 1, 1),
                     FLOW_MISS_MATCH_PRIORITY);
    assert_int_equal(match_miss(OVS_KEY_ATTR_SKB_MARK, 4, 0, 0, 1),
                     FLOW_MISS_MATCH_PRIORITY);
    assert_int_equal(miss_with(put_no_mark), FLOW_MISS_NONE);

    assert_int_equal(match_miss(OVS_KEY_ATTR_CT_STATE, 4, 0, taken, taken),
                     FLOW_MISS_NONE);
    assert_int_equal(match_miss(OVS_KEY_ATTR_CT_STATE, 4, 0, 0,
                                OVS_CS_F_DST_NAT), FLOW_MISS_MATCH_CT);
    assert_int_equal(match_miss(OVS_KEY_ATTR_CT_ZONE, 2, 0, 1, 1),
                     FLOW_MISS_NONE);
    assert_int_equal(match_miss(OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4,
                                sizeof(struct ovs_key_ct_tuple_ipv4), 3, 1,
                                1), FLOW_MISS_MATCH_CT);
    assert_int_equal(match_miss(OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6, 40, 3, 1,
                                1), FLOW_MISS_MATCH_CT);
    assert_int_equal(match_miss(OVS_KEY_ATTR_ND, ND_SIZE, 20, 1, 1),
                     FLOW_MISS_MATCH_ND);
    assert_int_equal(match_miss(OVS_KEY_ATTR_ND, ND_SIZE, 20, 1, 0),
                     FLOW_MISS_NONE);
    assert_int_equal(match_miss(OVS_KEY_ATTR_MPLS, 8, 3, 1, 1),
                     FLOW_MISS_NONE);
    assert_int_equal(match_miss(OVS_KEY_ATTR_MPLS, 8, 4, 1, 1),
                     FLOW_MISS_MATCH_OTHER);
    assert_int_equal(match_miss(OVS_KEY_ATTR_TCP_FLAGS, 2, 0, 1, 1),
                     FLOW_MISS_NONE);
    assert_int_equal(miss_with(put_tunnel), FLOW_MISS_NONE);
    assert_int_equal(miss_with(put_erspan), FLOW_MISS_MATCH_TUNNEL);
    match_mask[0] = 1;
    assert_int_equal(miss_with(put_nsh), FLOW_MISS_MATCH_NSH);
    match_mask[0] = 0;
    assert_int_equal(miss_with(put_nsh), FLOW_MISS_NONE);

    /* IPv6: an address, the flow label, whether it is a fragment. */
    static const struct {
        uint8_t ofs, key, mask;
        enum flow_miss miss;
    } ip6[] = {
        { 0, 1, 1, FLOW_MISS_NONE },
        { offsetof(struct ovs_key_ipv6, ipv6_label), 0, 1,
          FLOW_MISS_MATCH_OTHER },
        { offsetof(struct ovs_key_ipv6, ipv6_frag), 0, 0xff,
          FLOW_MISS_NONE },
        { offsetof(struct ovs_key_ipv6, ipv6_frag), OVS_FRAG_TYPE_LATER,
          0xff, FLOW_MISS_MATCH_OTHER },
        { offsetof(struct ovs_key_ipv6, ipv6_proto), IPPROTO_FRAGMENT, 0xff,
          FLOW_MISS_MATCH_OTHER },
        { offsetof(struct ovs_key_ipv6, ipv6_proto), IPPROTO_FRAGMENT, 0,
          FLOW_MISS_NONE },
    };
    for (size_t i = 0; i < ARRAY_SIZE(ip6); i++) {
        (void) match_miss(OVS_KEY_ATTR_IPV6, IP6_SIZE, ip6[i].ofs,
                          ip6[i].key, ip6[i].mask);
        assert_int_equal(miss_with(put_ipv6), ip6[i].miss);
    }
    (void) match_miss(OVS_KEY_ATTR_ARP, sizeof(struct ovs_key_arp), 0, 1, 1);
    assert_int_equal(flow.record.miss, FLOW_MISS_ACTION_HASH);
    assert_int_equal(miss_with(put_rarp), FLOW_MISS_MATCH_OTHER);
}

static uint16_t vlan_key, vlan_mask;

static void
put_vlan(struct nlmsghdr *nlh, bool mask)
{
    struct nlattr *nest;

    mnl_attr_put_u16(nlh, OVS_KEY_ATTR_VLAN,
                     htons(mask ? vlan_mask : vlan_key));
    nest = mnl_attr_nest_start(nlh, OVS_KEY_ATTR_ENCAP);
    mnl_attr_put_u16(nlh, OVS_KEY_ATTR_ETHERTYPE,
                     mask ? 0xffff : htons(ETH_P_IPV6));
    if (match_size) {
        put_match(nlh, mask);
    }
    mnl_attr_nest_end(nlh, nest);
}

static void
test_vlan(void **state OVS_UNUSED)
{
    static const struct {
        uint16_t key, mask;
        bool partial;
    } cases[] = {
        { 0x1007, 0x1fff, false }, { 0x1007, 0xffff, false },
        { 0xf007, 0xf000, false }, { 0x1007, 0x0000, false },
        { 0x0000, 0xffff, false }, { 0x1007, 0x1000, true },
        { 0x1007, 0x1ff0, true }, { 0x5007, 0x7fff, true },
        { 0x1007, 0x0fff, true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        vlan_key = cases[i].key;
        vlan_mask = cases[i].mask;
        match_size = 0;
        assert_int_equal(miss_with(put_vlan),
                         (cases[i].partial ? FLOW_MISS_MATCH_OTHER
                          : FLOW_MISS_NONE));
    }
    vlan_key = 0x1007;
    vlan_mask = 0x1fff;
    (void) match_miss(OVS_KEY_ATTR_ND, sizeof(struct ovs_key_nd), 1, 1, 1);
    assert_int_equal(miss_with(put_vlan), FLOW_MISS_MATCH_ND);
}

/* Returns what is found for an action with 'size' bytes of zeros. */
static enum flow_miss
action_miss(uint16_t type, size_t size)
{
    static const char zeros[64];
    struct nlattr *nest;

    nest = begin_actions(NULL);
    mnl_attr_put(&msg.nlh, type, size, zeros);
    end(nest);
    assert_true(parse());
    return flow.record.miss;
}

/* For a set() of 'field' with 'size' bytes, of which the last at 'ofs'. */
static enum flow_miss
set_miss(uint16_t type, uint16_t field, size_t size, size_t ofs)
{
    struct nlattr *nest, *set;
    uint8_t value[96] = { 0 };

    value[ofs] = 1;
    nest = begin_actions(NULL);
    set = begin(type);
    mnl_attr_put(&msg.nlh, field, size, value);
    end(set);
    end(nest);
    assert_true(parse());
    return flow.record.miss;
}

static enum flow_miss
tunnel_set_miss(uint16_t attr)
{
    struct nlattr *nest, *set, *tunnel;

    nest = begin_actions(NULL);
    set = begin(OVS_ACTION_ATTR_SET);
    tunnel = begin(OVS_KEY_ATTR_TUNNEL);
    u32(OVS_TUNNEL_KEY_ATTR_IPV4_DST, 1);
    u32(attr, 1);
    end(tunnel);
    end(set);
    end(nest);
    assert_true(parse());
    return flow.record.miss;
}

static void
test_action_misses(void **state OVS_UNUSED)
{
    enum { SET = OVS_ACTION_ATTR_SET, MASKED = OVS_ACTION_ATTR_SET_MASKED };
    enum { IP6_SIZE = sizeof(struct ovs_key_ipv6) };
    static const struct {
        uint16_t type;
        uint8_t size;
        enum flow_miss miss;
    } cases[] = {
        { OVS_ACTION_ATTR_OUTPUT, 4, FLOW_MISS_NONE },
        { OVS_ACTION_ATTR_USERSPACE, 0, FLOW_MISS_ACTION_USERSPACE },
        { OVS_ACTION_ATTR_PUSH_VLAN, 4, FLOW_MISS_NONE },
        { OVS_ACTION_ATTR_POP_VLAN, 0, FLOW_MISS_NONE },
        { OVS_ACTION_ATTR_SAMPLE, 0, FLOW_MISS_ACTION_SAMPLE },
        { OVS_ACTION_ATTR_HASH, 8, FLOW_MISS_ACTION_HASH },
        { OVS_ACTION_ATTR_PUSH_MPLS, 8, FLOW_MISS_NONE },
        { OVS_ACTION_ATTR_POP_MPLS, 2, FLOW_MISS_NONE },
        { OVS_ACTION_ATTR_CT, 0, FLOW_MISS_NONE },
        { OVS_ACTION_ATTR_TRUNC, 4, FLOW_MISS_ACTION_TRUNC },
        { OVS_ACTION_ATTR_PUSH_ETH, 12, FLOW_MISS_ACTION_PUSH_ETH },
        { OVS_ACTION_ATTR_POP_ETH, 0, FLOW_MISS_ACTION_PUSH_ETH },
        { OVS_ACTION_ATTR_CT_CLEAR, 0, FLOW_MISS_NONE },
        { OVS_ACTION_ATTR_PUSH_NSH, 0, FLOW_MISS_ACTION_NSH },
        { OVS_ACTION_ATTR_POP_NSH, 0, FLOW_MISS_ACTION_NSH },
        { OVS_ACTION_ATTR_METER, 4, FLOW_MISS_NONE },
        { OVS_ACTION_ATTR_CLONE, 0, FLOW_MISS_ACTION_CLONE },
        { OVS_ACTION_ATTR_CHECK_PKT_LEN, 0, FLOW_MISS_NONE },
        { OVS_ACTION_ATTR_ADD_MPLS, 8, FLOW_MISS_ACTION_OTHER },
        { OVS_ACTION_ATTR_DEC_TTL, 0, FLOW_MISS_ACTION_DEC_TTL },
        { 24 /* drop */, 4, FLOW_MISS_NONE },
        { 25 /* psample */, 0, FLOW_MISS_ACTION_OTHER },
        { 99, 0, FLOW_MISS_ACTION_OTHER },
    };
    struct nlattr *nest, *cpl, *inner;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(action_miss(cases[i].type, cases[i].size),
                         cases[i].miss);
    }

    assert_int_equal(set_miss(SET, OVS_KEY_ATTR_IPV4, 12, 0), FLOW_MISS_NONE);
    assert_int_equal(set_miss(SET, OVS_KEY_ATTR_MPLS, 4, 0), FLOW_MISS_NONE);
    assert_int_equal(set_miss(MASKED, OVS_KEY_ATTR_MPLS, 8, 0),
                     FLOW_MISS_ACTION_SET);
    assert_int_equal(set_miss(SET, OVS_KEY_ATTR_PRIORITY, 4, 0),
                     FLOW_MISS_ACTION_SET);
    assert_int_equal(set_miss(SET, OVS_KEY_ATTR_SCTP, 4, 0),
                     FLOW_MISS_ACTION_SET);
    assert_int_equal(set_miss(MASKED, OVS_KEY_ATTR_ETHERNET, 24, 0),
                     FLOW_MISS_NONE);
    assert_int_equal(set_miss(MASKED, OVS_KEY_ATTR_IPV6, 2 * IP6_SIZE, 0),
                     FLOW_MISS_NONE);
    assert_int_equal(set_miss(MASKED, OVS_KEY_ATTR_IPV6, 2 * IP6_SIZE,
                              (IP6_SIZE
                               + offsetof(struct ovs_key_ipv6, ipv6_label))),
                     FLOW_MISS_ACTION_SET);
    assert_int_equal(tunnel_set_miss(OVS_TUNNEL_KEY_ATTR_TTL),
                     FLOW_MISS_NONE);
    assert_int_equal(tunnel_set_miss(OVS_TUNNEL_KEY_ATTR_OAM),
                     FLOW_MISS_ACTION_SET);

    for (int type = OVS_CT_ATTR_COMMIT; type <= OVS_CT_ATTR_TIMEOUT; type++) {
        nest = begin_actions(NULL);
        inner = begin(OVS_ACTION_ATTR_CT);
        mnl_attr_put_u16(&msg.nlh, type, 1);
        end(inner);
        end(nest);
        assert_true(parse());
        assert_int_equal(flow.record.miss, (type == OVS_CT_ATTR_HELPER
                                            ? FLOW_MISS_ACTION_CT
                                            : FLOW_MISS_NONE));
    }

    /* The first one, also of what is nested. */
    nest = begin_actions(NULL);
    u32(OVS_ACTION_ATTR_OUTPUT, 1);
    cpl = begin(OVS_ACTION_ATTR_CHECK_PKT_LEN);
    inner = begin(OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL);
    u32(OVS_ACTION_ATTR_TRUNC, 100);
    end(inner);
    end(cpl);
    u32(OVS_ACTION_ATTR_HASH, 1);
    end(nest);
    assert_true(parse());
    assert_int_equal(flow.record.miss, FLOW_MISS_ACTION_TRUNC);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_match_misses),
        TEST(test_vlan),
        TEST(test_action_misses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
