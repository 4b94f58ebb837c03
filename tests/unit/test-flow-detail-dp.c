/* SPDX-License-Identifier: Apache-2.0 */

/* Flows of the kernel's datapath, made by hand. */

#include <config.h>

#include "controller/flow-detail/detail.h"

#include <linux/genetlink.h>
#include <linux/openvswitch.h>
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

struct dp_msg {
    struct ofpbuf buf;          /* The message. */
};

static void
dp_begin(struct dp_msg *m)
{
    ofpbuf_init(&m->buf, 1024);
    nl_msg_put_nlmsghdr(&m->buf, 0, 30, 0);
    ofpbuf_put_zeros(&m->buf, GENL_HDRLEN + sizeof(struct ovs_header));
}

/* As expect(). */
static void
dp_expect(struct dp_msg *m, const char *match, const char *actions)
{
    char *have, *newline;

    nl_msg_nlmsghdr(&m->buf)->nlmsg_len = m->buf.size;
    have = tell(flow_detail_from_dp, nl_msg_nlmsghdr(&m->buf), m->buf.size);
    newline = strchr(have, '\n');
    *newline = '\0';
    assert_string_equal(have, match);
    if (actions) {
        newline[strlen(newline + 1)] = '\0';
        assert_string_equal(newline + 1, actions);
    }
    free(have);
    ofpbuf_uninit(&m->buf);
}

/* An empty attribute. */
static void
dp_put_empty(struct dp_msg *m, uint16_t type)
{
    nl_msg_put_unspec(&m->buf, type, NULL, 0);
}

static void
dp_put_port(struct dp_msg *m, uint32_t port)
{
    size_t key = nl_msg_start_nested(&m->buf, OVS_FLOW_ATTR_KEY);

    nl_msg_put_u32(&m->buf, OVS_KEY_ATTR_IN_PORT, port);
    nl_msg_end_nested(&m->buf, key);
}

static void
test_dp_basics(void **state OVS_UNUSED)
{
    struct dp_msg m;
    size_t nest;

    dp_begin(&m);
    dp_put_port(&m, 2);
    nest = nl_msg_start_nested(&m.buf, OVS_FLOW_ATTR_ACTIONS);
    nl_msg_put_u32(&m.buf, OVS_ACTION_ATTR_OUTPUT, 3);
    nl_msg_put_u32(&m.buf, OVS_ACTION_ATTR_OUTPUT, 77);
    nl_msg_end_nested(&m.buf, nest);
    dp_expect(&m, "in_port(rep0)", "rep1,77");

    dp_begin(&m);
    dp_put_port(&m, 2);
    dp_put_empty(&m, OVS_FLOW_ATTR_ACTIONS);
    dp_expect(&m, "in_port(rep0)", "drop");

    dp_begin(&m);
    dp_put_port(&m, 2);
    dp_expect(&m, "error: message has no actions", NULL);

    dp_begin(&m);
    dp_put_empty(&m, OVS_FLOW_ATTR_ACTIONS);
    dp_expect(&m, "error: message has no key", NULL);
}

/* More than the message may be readable, as in a socket's buffer. */
static void
test_dp_length(void **state OVS_UNUSED)
{
    struct ds match = DS_EMPTY_INITIALIZER;
    struct ds actions = DS_EMPTY_INITIALIZER;
    struct nlmsghdr *nlh;
    struct dp_msg m;

    dp_begin(&m);
    dp_put_port(&m, 2);
    dp_put_empty(&m, OVS_FLOW_ATTR_ACTIONS);
    nlh = nl_msg_nlmsghdr(&m.buf);
    nlh->nlmsg_len = m.buf.size;
    assert_null(flow_detail_from_dp(nlh, SIZE_MAX, &names, &match, &actions));
    assert_string_equal(ds_cstr(&actions), "drop");
    ds_destroy(&match);
    ds_destroy(&actions);
    ofpbuf_uninit(&m.buf);
}

/* An ethertype mask without a key is looked at by libopenvswitch without a
 * check of its size. */
static void
test_dp_bad_keys(void **state OVS_UNUSED)
{
    struct dp_msg m;
    size_t nest;
    size_t nests[64];

    dp_begin(&m);
    dp_put_port(&m, 2);
    nest = nl_msg_start_nested(&m.buf, OVS_FLOW_ATTR_MASK);
    nl_msg_put_u8(&m.buf, OVS_KEY_ATTR_ETHERTYPE, 1);
    nl_msg_end_nested(&m.buf, nest);
    dp_put_empty(&m, OVS_FLOW_ATTR_ACTIONS);
    dp_expect(&m, "error: key 6 has 1 bytes", NULL);

    dp_begin(&m);
    nest = nl_msg_start_nested(&m.buf, OVS_FLOW_ATTR_KEY);
    for (size_t i = 0; i < ARRAY_SIZE(nests); i++) {
        nests[i] = nl_msg_start_nested(&m.buf, OVS_KEY_ATTR_ENCAP);
    }
    for (size_t i = ARRAY_SIZE(nests); i-- > 0; ) {
        nl_msg_end_nested(&m.buf, nests[i]);
    }
    nl_msg_end_nested(&m.buf, nest);
    dp_put_empty(&m, OVS_FLOW_ATTR_ACTIONS);
    dp_expect(&m, "error: keys are nested too deeply", NULL);
}

/* Tells of a flow with one action, of which the payload is 'size' bytes. */
static void
expect_action(uint16_t type, const void *payload, size_t size,
              const char *error)
{
    struct dp_msg m;
    size_t nest;

    dp_begin(&m);
    dp_put_port(&m, 2);
    nest = nl_msg_start_nested(&m.buf, OVS_FLOW_ATTR_ACTIONS);
    nl_msg_put_unspec(&m.buf, type, payload, size);
    nl_msg_end_nested(&m.buf, nest);
    dp_expect(&m, error, NULL);
}

static void
test_dp_bad_actions(void **state OVS_UNUSED)
{
    struct {
        struct nlattr attr;
        uint8_t payload[12];
    } set = { .attr = { .nla_len = 8, .nla_type = OVS_KEY_ATTR_VLAN } };
    struct dp_msg m;
    size_t nest;
    size_t nests[64];

    /* The attribute inside says that it is longer, or shorter, than it is, is
     * not as long as it has to be, or is missing. */
    expect_action(OVS_ACTION_ATTR_SET, &set, 4,
                  "error: malformed action 3");
    expect_action(OVS_ACTION_ATTR_SET, &set, 8,
                  "error: key 5 has 4 bytes");
    expect_action(OVS_ACTION_ATTR_SET, NULL, 0,
                  "error: malformed action 3");
    expect_action(OVS_ACTION_ATTR_SET_MASKED, &set, 16,
                  "error: malformed action 11");
    set.attr.nla_len = 16;
    expect_action(OVS_ACTION_ATTR_SET_MASKED, &set, 16,
                  "error: set() of key 5 has 12 bytes");
    set.attr.nla_type = OVS_KEY_ATTR_TUNNEL;
    expect_action(OVS_ACTION_ATTR_SET_MASKED, &set, 16,
                  "error: set() of key 16 has 12 bytes");

    dp_begin(&m);
    dp_put_port(&m, 2);
    nest = nl_msg_start_nested(&m.buf, OVS_FLOW_ATTR_ACTIONS);
    for (size_t i = 0; i < ARRAY_SIZE(nests); i++) {
        nests[i] = nl_msg_start_nested(&m.buf, OVS_ACTION_ATTR_CLONE);
    }
    for (size_t i = ARRAY_SIZE(nests); i-- > 0; ) {
        nl_msg_end_nested(&m.buf, nests[i]);
    }
    nl_msg_end_nested(&m.buf, nest);
    dp_expect(&m, "error: actions are nested too deeply", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dp_basics),
        cmocka_unit_test(test_dp_length),
        cmocka_unit_test(test_dp_bad_keys),
        cmocka_unit_test(test_dp_bad_actions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
