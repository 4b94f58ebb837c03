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

#include "netlink/tc-plain.h"
#include "netlink/tc-shape.h"
#include "random.h"
#include "tests/unit/tc-msg.h"
#include "util.h"

#define INGRESS 0xfffffff2
#define EGRESS 0xfffffff3

/* What is valid of both is the same. */
static void
assert_same_record(const struct flow_record *a, const struct flow_record *b)
{
    struct flow_record copy;

    assert_ptr_equal(a->inline_outputs, a->outputs);
    assert_ptr_equal(b->inline_outputs, b->outputs);
    memcpy(&copy, b, sizeof copy);
    copy.outputs = a->outputs;
    assert_memory_equal(a, &copy, offsetof(struct flow_record, targets));
    assert_memory_equal(a->targets, b->targets,
                        a->n_targets * sizeof *a->targets);
    assert_memory_equal(a->inline_outputs, b->inline_outputs,
                        a->n_outputs * sizeof *a->inline_outputs);
}

/* If 'copy' is taken as one of a row of terse messages, that makes no
 * difference, either: 'result' and 'flow' are by walk. */
static bool
check_plain(const void *copy, size_t len, enum tc_parse_result result,
            const struct flow_record *flow)
{
    struct flow_record plain;
    struct nlmsghdr nlh;
    size_t n, used;

    if (len < sizeof nlh) {
        memset(&nlh, 0, sizeof nlh);
    } else {
        memcpy(&nlh, copy, sizeof nlh);
    }
    n = tc_plain_parse(copy, len, nlh.nlmsg_seq, nlh.nlmsg_pid, &plain, 1,
                       &used);
    if (n) {
        assert_int_equal(1, n);
        assert_int_equal(TC_PARSE_FLOW, result);
        assert_int_equal(MIN(NLMSG_ALIGN(nlh.nlmsg_len), len), used);
        assert_int_equal(RTM_NEWTFILTER, nlh.nlmsg_type);
        assert_true(flow->flags & FLOW_TERSE);
        assert_same_record(flow, &plain);
    } else {
        assert_int_equal(0, used);
    }
    return n > 0;
}

/* Parses a copy of which no byte more may be read, so that ASan sees it: by
 * walk, and, which must not make a difference, as is usual, with and without
 * hash. */
static enum tc_parse_result
parse(const void *data, size_t len, struct flow_record *flow)
{
    void *copy = malloc(len ? len : 1);
    enum tc_parse_result result;

    if (len) {
        memcpy(copy, data, len);
    }
    for (unsigned int hash = 0; hash <= TC_PARSE_KEY_HASH;
         hash += TC_PARSE_KEY_HASH) {
        struct flow_record again;

        result = tc_flow_parse(copy, len, hash | TC_PARSE_BY_WALK, flow);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(result, tc_flow_parse(copy, len, hash, &again));
            if (result == TC_PARSE_FLOW) {
                assert_same_record(flow, &again);
            }
        }
        check_plain(copy, len, result, flow);
    }
    /* As before there was a hash. */
    flow->key_hash = 0;
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

/* What the kernel sent, and what it means.  Outputs and targets are those in
 * the arrays. */
struct expected {
    const char *name;           /* Capture. */
    enum tc_parse_result result;
    const char *ufid;           /* The rest is for TC_PARSE_FLOW only. */
    struct flow_record flow;
};

#define NEVER UINT32_MAX

static const struct expected captures[] = {
    /* Flower filters, but not of Open vSwitch's datapath: no cookie. */
    { "0071-NEWTFILTER", TC_PARSE_NOT_OVS, NULL, { .dev = 0 } },
    { "0077-NEWTFILTER", TC_PARSE_NOT_OVS, NULL, { .dev = 0 } },
    { "0069-NEWQDISC", TC_PARSE_NOT_OVS, NULL, { .dev = 0 } },

    /* A flood: skbedit has no cookie, the first mirred is to br-int. */
    { "0129-NEWTFILTER", TC_PARSE_FLOW, "b7dfe758-3d42-4ed4-8ea3-e5c84ace8497",
      { .dev = 7, .handle = 1, .prio = 4, .flags = FLOW_HAS_MAC,
        .mac = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
        .last_used = NEVER, .n_outputs = 2, .inline_outputs = { 12, 8 } } },
    { "0131-NEWTFILTER", TC_PARSE_FLOW, "bf1393c8-9a57-4ce8-92f9-c91016e3ebed",
      { .dev = 8, .handle = 1, .prio = 4, .flags = FLOW_IN_HW | FLOW_HAS_MAC,
        .mac = { 2, 0, 0, 0, 0, 1 }, .last_used = NEVER, .n_outputs = 1,
        .inline_outputs = { 7 } } },
    /* The final counters of a flow in hardware. */
    { "0134-DELTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .dev = 7, .handle = 1, .prio = 2, .flags = FLOW_IN_HW | FLOW_HAS_MAC,
        .mac = { 2, 0, 0, 0, 0, 2 }, .n_outputs = 1, .inline_outputs = { 8 },
        .packets = 3, .bytes = 294, .hw_packets = 3, .hw_bytes = 294,
        .last_used = 440 } },
    /* Drop, said to be in hardware but counted in software. */
    { "0137-DELTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .dev = 7, .handle = 1, .prio = 2, .flags = FLOW_IN_HW | FLOW_DROP,
        .packets = 1, .bytes = 84, .last_used = 2510 } },
    /* Three actions that each counted the same four packets. */
    { "0163-DELTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .dev = 7, .handle = 1, .prio = 2, .flags = FLOW_HAS_MAC,
        .mac = { 2, 0, 0, 0, 0, 2 }, .n_outputs = 2,
        .inline_outputs = { 12, 8 }, .packets = 4, .bytes = 336,
        .last_used = 120 } },
    /* Connection tracking: ct(zone=5) and recirculation, then the rest. */
    { "0204-NEWTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .dev = 7, .handle = 1, .prio = 2, .flags = FLOW_IN_HW | FLOW_HAS_ZONE,
        .n_targets = 1, .targets = { 3 }, .zone = 5, .last_used = NEVER } },
    { "0224-DELTFILTER", TC_PARSE_FLOW, "942b896c-5ecd-4ed7-9028-1a9fc00f8345",
      { .dev = 7, .handle = 1, .prio = 2, .flags = FLOW_IN_HW | FLOW_HAS_ZONE,
        .n_targets = 1, .targets = { 3 }, .zone = 5, .packets = 3,
        .bytes = 252, .last_used = 2100 } },
    { "0206-NEWTFILTER", TC_PARSE_FLOW, "0359ba5b-6d3b-4a24-8db4-2c4a5c4ce5dd",
      { .dev = 7, .recirc_id = 3, .handle = 1, .prio = 2,
        .flags = FLOW_IN_HW | FLOW_HAS_ZONE | FLOW_HAS_MAC, .zone = 5,
        .mac = { 2, 0, 0, 0, 0, 2 }, .last_used = NEVER, .n_outputs = 1,
        .inline_outputs = { 8 } } },
    /* Into a tunnel. */
    { "0229-NEWTFILTER", TC_PARSE_FLOW, "6073a256-704e-4f00-928c-56d68fa5f1e1",
      { .dev = 7, .handle = 1, .prio = 2, .flags = FLOW_IN_HW | FLOW_HAS_MAC,
        .mac = { 2, 0, 0, 0, 0, 9 }, .last_used = NEVER, .n_outputs = 1,
        .inline_outputs = { 14 } } },
    /* From br-int's egress to two ports, which are gone, and a tunnel. */
    { "0267-DELTFILTER", TC_PARSE_FLOW, "9a06ab31-585b-4a40-a66b-d3afca959c87",
      { .dev = 12, .handle = 1, .prio = 3,
        .flags = FLOW_EGRESS_SIDE | FLOW_HAS_MAC,
        .mac = { 0x33, 0x33, 0, 0, 0, 0x16 }, .n_outputs = 3,
        .inline_outputs = { 0, 0, 14 }, .packets = 1, .bytes = 90,
        .last_used = 870 } },
};

static void
assert_flow(const struct flow_record *want, const struct flow_record *have)
{
    assert_int_equal(want->dev, have->dev);
    assert_int_equal(want->recirc_id, have->recirc_id);
    assert_int_equal(want->handle, have->handle);
    assert_int_equal(want->prio, have->prio);
    assert_int_equal(want->flags, have->flags);
    assert_int_equal(want->zone, have->zone);
    assert_int_equal(want->miss, have->miss);
    assert_int_equal(0, have->key_hash);
    if (want->flags & FLOW_HAS_MAC) {
        assert_memory_equal(want->mac, have->mac, 6);
    }
    assert_int_equal(want->n_targets, have->n_targets);
    for (size_t i = 0; i < want->n_targets; i++) {
        assert_int_equal(want->targets[i], have->targets[i]);
    }
    assert_int_equal(want->n_outputs, have->n_outputs);
    for (size_t i = 0; i < want->n_outputs; i++) {
        assert_int_equal(want->inline_outputs[i], have->outputs[i]);
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
        struct flow_record flow;
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
        struct flow_record flow;
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

        for (int round = 0; round < 10000; round++) {
            struct flow_record flow;
            int n = 1 + random_range(4);

            /* Its shape, which the mutants all but have, stays known. */
            parse(data, len, &flow);
            memcpy(copy, data, len);
            while (n--) {
                /* The lengths and types of attributes are what matters: small
                 * values at even offsets. */
                size_t ofs = random_range(len);

                copy[ofs] = random_range(2) ? random_range(64)
                                            : random_range(256);
            }
            if (parse(copy, len, &flow) == TC_PARSE_FLOW) {
                assert_true(flow.n_outputs <= FLOW_INLINE_OUTPUTS);
                assert_true(flow.n_targets <= FLOW_MAX_TARGETS);
            }
        }
        free(copy);
        free(data);
    }
}

/* A message is known by its shape once another of that was there, one that
 * decides something else is not, and a message that comes often gets the place
 * of those that do not. */
static void
test_shapes(void **state OVS_UNUSED)
{
    struct tc_shape *slot;

    for (size_t i = 0; i < ARRAY_SIZE(captures); i++) {
        struct flow_record flow;
        size_t len;
        uint8_t *data = read_capture(captures[i].name, &len);

        assert_memory_equal(data, &(uint32_t) { len }, sizeof(uint32_t));
        if (captures[i].result == TC_PARSE_FLOW) {
            for (int j = 0; j < 100; j++) {
                parse(data, len, &flow);
            }
            assert_non_null(tc_shape_find(data, len, &slot));

            /* The first attribute's length. */
            data[NLMSG_SPACE(sizeof(struct tcmsg))] ^= 1;
            assert_null(tc_shape_find(data, len, &slot));
            data[NLMSG_SPACE(sizeof(struct tcmsg))] ^= 1;

            /* The ifindex, a value. */
            data[NLMSG_HDRLEN + offsetof(struct tcmsg, tcm_ifindex)] ^= 1;
            assert_non_null(tc_shape_find(data, len, &slot));
        } else {
            assert_null(tc_shape_find(data, len, &slot));
        }
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
        cmocka_unit_test(test_captures),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_shapes),
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
