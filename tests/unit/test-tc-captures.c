/* SPDX-License-Identifier: Apache-2.0 */

/* What the kernel sent about tc filters, as it was, cut off, and changed. */

#include <config.h>

#include "netlink/tc.h"

#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink/tc-shape.h"
#include "random.h"
#include "tests/unit/capture.h"
#include "tests/unit/tc-parse-check.h"
#include "util.h"

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
        struct capture c = capture_read(e->name);

        assert_int_equal(e->result, parse(c.data, c.len, &flow));
        if (e->result == TC_PARSE_FLOW) {
            char *ufid = ufid_to_string(flow.ufid);

            assert_string_equal(e->ufid, ufid);
            assert_flow(&e->flow, &flow);
            free(ufid);
        }
        free(c.data);
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
        struct capture c = capture_read(captures[i].name);
        bool is_filter = captures[i].name[8] == 'T';

        for (uint32_t n = 0; n < c.len; n++) {
            struct nlmsghdr *nlh = capture_nlmsg(&c);

            nlh->nlmsg_len = c.len;
            assert_int_equal(TC_PARSE_MALFORMED, parse(c.data, n, &flow));

            nlh->nlmsg_len = n;
            enum tc_parse_result result = parse(c.data, n, &flow);
            if (is_filter && n < c.len - 3) {
                /* Cut between two attributes of the outermost level (with the
                 * padding of the first or without), what is left is a filter
                 * without cookie. */
                assert_int_not_equal(TC_PARSE_FLOW, result);
                assert_true(result == TC_PARSE_MALFORMED || n == 36
                            || n == 47 || n == 48 || n == 56);
            }
        }
        free(c.data);
    }
}

/* No mutation makes it read what it may not, or return nonsense. */
static void
test_mutations(void **state OVS_UNUSED)
{
    random_set_seed(0x7c2b9f31);
    for (size_t i = 0; i < ARRAY_SIZE(captures); i++) {
        struct capture c = capture_read(captures[i].name);
        uint8_t *copy = xmalloc(c.len);

        for (int round = 0; round < 10000; round++) {
            struct flow_record flow;
            int n = 1 + random_range(4);

            /* Its shape, which the mutants all but have, stays known. */
            parse(c.data, c.len, &flow);
            memcpy(copy, c.data, c.len);
            while (n--) {
                /* The lengths and types of attributes are what matters: small
                 * values at even offsets. */
                size_t ofs = random_range(c.len);

                copy[ofs] = random_range(2) ? random_range(64)
                                            : random_range(256);
            }
            if (parse(copy, c.len, &flow) == TC_PARSE_FLOW) {
                assert_true(flow.n_outputs <= FLOW_INLINE_OUTPUTS);
                assert_true(flow.n_targets <= FLOW_MAX_TARGETS);
            }
        }
        free(copy);
        free(c.data);
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
        struct capture c = capture_read(captures[i].name);

        assert_int_equal(capture_nlmsg(&c)->nlmsg_len, c.len);
        if (captures[i].result == TC_PARSE_FLOW) {
            for (int j = 0; j < 100; j++) {
                parse(c.data, c.len, &flow);
            }
            assert_non_null(tc_shape_find(c.data, c.len, &slot));

            /* The first attribute's length. */
            c.data[NLMSG_SPACE(sizeof(struct tcmsg))] ^= 1;
            assert_null(tc_shape_find(c.data, c.len, &slot));
            c.data[NLMSG_SPACE(sizeof(struct tcmsg))] ^= 1;

            /* The ifindex, a value. */
            c.data[NLMSG_HDRLEN + offsetof(struct tcmsg, tcm_ifindex)] ^= 1;
            assert_non_null(tc_shape_find(c.data, c.len, &slot));
        } else {
            assert_null(tc_shape_find(c.data, c.len, &slot));
        }
        free(c.data);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
