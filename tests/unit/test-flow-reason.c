/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/shell-word.h"
#include "util.h"

static const uint8_t switch_a[] = { 1, 2, 3, 4 };
static const uint8_t switch_b[] = { 1, 2, 3, 5 };
static const uint8_t switch_long[] = { 1, 2, 3, 4, 0 };

#define ON(ID) .exists = true, .switch_id = ID, .switch_id_len = sizeof ID

/* Devices. */
static const struct flow_reason_dev good = {
    .name = "eth5", .feature = FLOW_YES, ON(switch_a),
};
static const struct flow_reason_dev good2 = {
    .name = "eth6", .feature = FLOW_YES, ON(switch_a),
};
static const struct flow_reason_dev off = {
    .name = "eth7", .feature = FLOW_NO, ON(switch_a),
};
static const struct flow_reason_dev fixed = {
    .name = "eth8", .feature = FLOW_NO, .feature_fixed = true, ON(switch_a),
};
static const struct flow_reason_dev unsure = {
    .name = "eth9", .feature = FLOW_UNKNOWN, ON(switch_a),
};
static const struct flow_reason_dev late = {
    .name = "eth10", .feature = FLOW_YES, .late = true, ON(switch_a),
};
static const struct flow_reason_dev other = {
    .name = "eth11", .feature = FLOW_YES, ON(switch_b),
};
static const struct flow_reason_dev longer = {
    .name = "eth12", .feature = FLOW_YES, ON(switch_long),
};
static const struct flow_reason_dev veth = {
    .name = "veth0", .exists = true, .feature = FLOW_NO,
    .feature_fixed = true,
};
static const struct flow_reason_dev gone = { .name = "eth13" };
static const struct flow_reason_dev gone_off = {
    .name = "eth14", .feature = FLOW_NO, .late = true,
};
static const struct flow_reason_dev tunnel = {
    .name = "genev_sys_6081", .exists = true, .transparent = true,
};
static const struct flow_reason_dev internal = {
    .name = "br-int", .exists = true, .internal = true,
};

static const struct flow_reason_dev *const all_devs[] = {
    &good, &good2, &off, &fixed, &unsure, &late, &other, &longer, &veth,
    &gone, &gone_off, &tunnel, &internal,
};

/* All that is known of a filter that could be in hardware. */
#define REFUSED "in tc but not in hardware: the driver refused it, or its " \
                "table is full"

/* All is well with the node. */
static const struct flow_reason_env healthy = {
    .hw_offload = FLOW_YES, .skip_hw = FLOW_NO, .at_flow_limit = FLOW_NO,
};

static void
expect(const struct flow_reason_env *env, const struct flow_reason_flow *flow,
       const char *class, const char *evidence, const char *fix)
{
    struct flow_reason r;

    flow_reason_find(env, flow, &r);
    assert_string_equal(flow_reason_class_to_string(r.class), class);
    assert_string_equal(r.evidence, evidence);
    if (fix[0] ? !strstr(r.fix, fix) : r.fix[0]) {
        fail_msg("\"%s\" instead of \"%s\"", r.fix, fix);
    }
    flow_reason_destroy(&r);
}

/* A flow from 'sender' to 'receiver', or to none. */
static struct flow_reason_flow
flow(bool kernel, const struct flow_reason_dev *sender,
     const struct flow_reason_dev *receiver)
{
    return (struct flow_reason_flow) {
        .kernel = kernel, .sender = sender, .receivers = receiver,
        .n_receivers = receiver != NULL,
    };
}

static void
expect_flow(bool kernel, const struct flow_reason_dev *sender,
            const struct flow_reason_dev *receiver, const char *class,
            const char *evidence, const char *fix)
{
    struct flow_reason_flow f = flow(kernel, sender, receiver);

    expect(&healthy, &f, class, evidence, fix);
}

static void
test_vswitchd(void **state OVS_UNUSED)
{
    struct flow_reason_env env = healthy;

    for (int kernel = 0; kernel < 2; kernel++) {
        struct flow_reason_flow f = flow(kernel, &off, &gone);

        /* Whatever else is wrong, and whether or not there is a policy. */
        f.miss = FLOW_MISS_ACTION_SAMPLE;
        env.hw_offload = FLOW_NO;
        for (int skip = FLOW_UNKNOWN; skip <= FLOW_YES; skip++) {
            env.skip_hw = skip;
            env.key_differs = false;
            expect(&env, &f, "hw-offload", "hw-offload is false",
                   "other_config:hw-offload=true");
            env.key_differs = true;
            expect(&env, &f, "hw-offload", "hw-offload is not in effect, "
                   "although the key is true",
                   "systemctl restart ovs-vswitchd");
        }

        env.hw_offload = FLOW_YES;
        env.key_differs = false;
        expect(&env, &f, "tc-policy", "tc-policy is skip_hw",
               "remove Open_vSwitch . other_config tc-policy && systemctl "
               "restart ovs-vswitchd");
        env.hw_offload = FLOW_UNKNOWN;
        env.key_differs = true;
        expect(&env, &f, "tc-policy", "tc-policy skip_hw is in effect, "
               "although the key says otherwise",
               "systemctl restart ovs-vswitchd");
    }
}

static void
test_feature(void **state OVS_UNUSED)
{
    for (int kernel = 0; kernel < 2; kernel++) {
        expect_flow(kernel, &off, &good, "hw-tc-offload",
                    "hw-tc-offload is off on eth7",
                    "ethtool -K eth7 hw-tc-offload on");
        /* More certain than that the other one is gone. */
        expect_flow(kernel, &off, &gone, "hw-tc-offload",
                    "hw-tc-offload is off on eth7", "eth7");
        expect_flow(kernel, &off, NULL, "hw-tc-offload",
                    "hw-tc-offload is off on eth7", "eth7");
        /* What comes out of a tunnel is in hardware on the other end. */
        expect_flow(kernel, &tunnel, &off, "hw-tc-offload",
                    "hw-tc-offload is off on eth7", "eth7");
    }

    /* The filter is on the sender only. */
    expect_flow(false, &good, &off, "refused", REFUSED,
                "tc -s filter show dev eth5 ingress");
    expect_flow(true, &good, &off, "unknown",
                "kernel datapath only: not known why", "");
}

static void
test_several_receivers(void **state OVS_UNUSED)
{
    const struct flow_reason_dev devs[] = { tunnel, good, unsure, off };
    struct flow_reason_flow f = {
        .sender = &tunnel, .receivers = devs, .n_receivers = 4,
    };

    /* The one that keeps it out, wherever in the list it is. */
    expect(&healthy, &f, "hw-tc-offload", "hw-tc-offload is off on eth7",
           "eth7");
}

static void
test_late(void **state OVS_UNUSED)
{
    expect_flow(false, &late, &good, "installed-before-offload",
                "installed before hw-tc-offload of eth10 was on",
                "ovs-appctl revalidator/purge");
    expect_flow(false, &late, &other, "installed-before-offload",
                "installed before hw-tc-offload of eth10 was on", "purge");
    expect_flow(false, &good, &late, "refused", REFUSED, "eth5");
    /* That has nothing to do with the feature. */
    expect_flow(true, &late, &good, "unknown",
                "kernel datapath only: not known why", "");
}

static void
test_device(void **state OVS_UNUSED)
{
    const char *class = "device";

    for (int kernel = 0; kernel < 2; kernel++) {
        expect_flow(kernel, &good, &gone, class, "there is no netdev eth13",
                    "del-port eth13");
        expect_flow(kernel, &gone, &good, class, "there is no netdev eth13",
                    "del-port eth13");
        expect_flow(kernel, &good, &veth, class, "veth0 is on no eswitch: "
                    "neither a representor nor the uplink of one in "
                    "switchdev mode", "devlink dev eswitch set");
        expect_flow(kernel, &veth, &good, class, "veth0 is on no eswitch: "
                    "neither a representor nor the uplink of one in "
                    "switchdev mode", "/sys/class/net/veth0/device");
        expect_flow(kernel, &good, &internal, class, "br-int is an internal "
                    "port, neither a representor nor an uplink", "");
        expect_flow(kernel, &fixed, &good, class,
                    "eth8 does not support hw-tc-offload", "");
        expect_flow(kernel, &good, &other, class,
                    "eth5 and eth11 are on different eswitches", "");
        expect_flow(kernel, &good, &longer, class,
                    "eth5 and eth12 are on different eswitches", "");
        expect_flow(kernel, &tunnel, &tunnel, class,
                    "from genev_sys_6081 to genev_sys_6081: no device of an "
                    "eswitch is part of it", "");
    }
}

static void
test_device_several(void **state OVS_UNUSED)
{
    const struct flow_reason_dev devs[] = { tunnel, good, other };
    struct flow_reason_flow f = {
        .sender = &tunnel, .receivers = devs, .n_receivers = 3,
    };

    expect(&healthy, &f, "device",
           "eth5 and eth11 are on different eswitches", "");
    f.n_receivers = 2;
    expect(&healthy, &f, "refused", REFUSED, "genev_sys_6081");
    f.sender = &good2;
    f.n_receivers = 3;
    expect(&healthy, &f, "device",
           "eth6 and eth11 are on different eswitches", "");
}

static void
test_tc(void **state OVS_UNUSED)
{
    struct flow_reason_env env = healthy;
    struct flow_reason_flow f = flow(false, &good, &good2);

    expect(&env, &f, "refused", REFUSED, "tc -s filter show dev eth5 ingress");

    /* A drop, and one to a tunnel. */
    expect_flow(false, &good, NULL, "refused", REFUSED, "eth5");
    expect_flow(false, &good, &tunnel, "refused", REFUSED, "eth5");
    expect_flow(false, &tunnel, &good, "refused", REFUSED, "genev_sys_6081");
    expect_flow(false, &tunnel, NULL, "refused", REFUSED, "genev_sys_6081");

    /* What is not known is not taken to be good. */
    expect_flow(false, &unsure, &good, "unknown",
                "in tc but not in hardware: not known whether hw-tc-offload "
                "of eth9 is on", "ethtool -k eth9");
    expect_flow(false, &tunnel, &unsure, "unknown",
                "in tc but not in hardware: not known whether hw-tc-offload "
                "of eth9 is on", "ethtool -k eth9");
    expect_flow(false, &good, &unsure, "refused", REFUSED, "eth5");
    env.skip_hw = FLOW_UNKNOWN;
    expect(&env, &f, "unknown", "in tc but not in hardware: not known "
           "whether tc-policy skip_hw is in effect", "tc-policy");
}

static void
test_kernel(void **state OVS_UNUSED)
{
    struct flow_reason_env env = healthy;
    struct flow_reason_flow f = flow(true, &good, &good2);

    expect(&env, &f, "unknown", "kernel datapath only: not known why", "");
    env.at_flow_limit = FLOW_YES;
    expect(&env, &f, "flow-limit", "kernel datapath only: ovs-vswitchd is at "
           "its flow limit", "flow-limit");
    f.miss = FLOW_MISS_MATCH_DP_HASH;
    expect(&env, &f, "kernel-datapath",
           "kernel datapath only: match dp_hash", "");

    f.miss = FLOW_MISS_NONE;
    env.at_flow_limit = FLOW_UNKNOWN;
    expect(&env, &f, "unknown", "kernel datapath only: not known why", "");
    env.hw_offload = FLOW_UNKNOWN;
    expect(&env, &f, "unknown", "kernel datapath only: not known whether "
           "hw-offload is in effect", "");
}

static void
test_misses(void **state OVS_UNUSED)
{
    static const struct {
        enum flow_miss miss;
        const char *fix;
    } fixes[] = {
        { FLOW_MISS_ACTION_USERSPACE, "by design" },
        { FLOW_MISS_ACTION_SAMPLE, "ovs-vsctl clear Bridge" },
        { FLOW_MISS_ACTION_LB_OUTPUT, "lb-output-action=false" },
    };

    assert_null(flow_miss_to_string(FLOW_MISS_NONE));
    for (int miss = FLOW_MISS_NONE + 1; miss < FLOW_N_MISSES; miss++) {
        struct flow_reason_flow f = flow(true, &good, &good2);
        const char *name = flow_miss_to_string(miss);
        const char *fix = "";

        assert_non_null(name);
        assert_true(!strncmp(name, "action ", 7)
                    || !strncmp(name, "match ", 6));
        for (int i = FLOW_MISS_NONE + 1; i < miss; i++) {
            assert_string_not_equal(name, flow_miss_to_string(i));
        }
        for (size_t i = 0; i < ARRAY_SIZE(fixes); i++) {
            if (fixes[i].miss == miss) {
                fix = fixes[i].fix;
            }
        }

        char *evidence = xasprintf("kernel datapath only: %s", name);
        f.miss = miss;
        expect(&healthy, &f, "kernel-datapath", evidence, fix);
        free(evidence);

        /* tc has it, so it is not that. */
        f.kernel = false;
        expect(&healthy, &f, "refused", REFUSED, "eth5");
    }
}

/* tc and the kernel's devices have nothing to do with it. */
static void
test_userspace(void **state OVS_UNUSED)
{
    struct flow_reason_flow f = flow(true, &good, &off);
    struct flow_reason_env env = healthy;

    f.userspace = true;
    f.miss = FLOW_MISS_ACTION_SAMPLE;
    env.hw_offload = FLOW_NO;
    expect(&env, &f, "userspace-datapath", "in the userspace datapath", "");
}

/* The classes that are true of a flow, each on its own. */
static bool
is_true(enum flow_reason_class class, const struct flow_reason_env *env,
        const struct flow_reason_flow *f)
{
    const struct flow_reason_dev *s = f->sender;
    const struct flow_reason_dev *r = f->n_receivers ? f->receivers : NULL;
    const struct flow_reason_dev *at = s->transparent ? r : s;

    switch (class) {
    case FLOW_REASON_USERSPACE:
        return f->userspace;
    case FLOW_REASON_HW_OFFLOAD:
        return env->hw_offload == FLOW_NO;
    case FLOW_REASON_TC_POLICY:
        return env->skip_hw == FLOW_YES;
    case FLOW_REASON_FEATURE:
        return (at && at->exists && !at->transparent
                && at->feature == FLOW_NO && !at->feature_fixed);
    case FLOW_REASON_LATE:
        return !f->kernel && at && at->exists && at->late;
    case FLOW_REASON_DEVICE:
        return (!s->exists || (r && !r->exists)
                || (!s->transparent && !s->switch_id)
                || (r && !r->transparent && !r->switch_id)
                || (s->feature_fixed || (r && r->feature_fixed))
                || (r && s->transparent && r->transparent)
                || (r && !s->transparent && !r->transparent
                    && (s->switch_id_len != r->switch_id_len
                        || memcmp(s->switch_id, r->switch_id,
                                  s->switch_id_len))));
    case FLOW_REASON_REFUSED:
        return (!f->kernel && env->skip_hw == FLOW_NO
                && (!at || at->transparent || at->feature == FLOW_YES));
    case FLOW_REASON_FLOW:
        return f->kernel && f->miss;
    case FLOW_REASON_FLOW_LIMIT:
        return f->kernel && env->at_flow_limit == FLOW_YES;
    case FLOW_REASON_UNKNOWN:
        return true;
    case FLOW_N_REASONS:
        break;
    }
    abort();
}

static void
check_order(const struct flow_reason_env *env,
            const struct flow_reason_flow *f)
{
    struct flow_reason r;
    int class = 0;

    while (!is_true(class, env, f)) {
        class++;
    }
    flow_reason_find(env, f, &r);
    if (r.class != class) {
        fail_msg("%s (%s) instead of %s: from %s to %s, kernel %d",
                 flow_reason_class_to_string(r.class), r.evidence,
                 flow_reason_class_to_string(class), f->sender->name,
                 f->n_receivers ? f->receivers->name : "-", f->kernel);
    }
    assert_true(r.evidence[0] && !strchr(r.evidence, '\n'));
    assert_non_null(r.fix);
    assert_null(strchr(r.fix, '\n'));
    flow_reason_destroy(&r);
}

/* Each combination of all that counts, with no more than one receiver. */
static void
test_order(void **state OVS_UNUSED)
{
    size_t n_devs = ARRAY_SIZE(all_devs);

    for (size_t i = 0; i < 3 * 3 * 3 * 2 * 3; i++) {
        const struct flow_reason_env env = {
            .hw_offload = i % 3,
            .skip_hw = i / 3 % 3,
            .at_flow_limit = i / 9 % 3,
        };
        static const enum flow_miss misses[] = {
            FLOW_MISS_NONE, FLOW_MISS_ACTION_USERSPACE, FLOW_MISS_MATCH_OTHER,
        };

        for (size_t j = 0; j < n_devs * (n_devs + 1); j++) {
            size_t to = j / n_devs;
            struct flow_reason_flow f = flow(i / 27 % 2, all_devs[j % n_devs],
                                             to ? all_devs[to - 1] : NULL);

            f.miss = misses[i / 54];
            check_order(&env, &f);
        }
    }
}

static void
test_names(void **state OVS_UNUSED)
{
    for (int i = 0; i < FLOW_N_REASONS; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(flow_reason_class_to_string(i),
                                    flow_reason_class_to_string(j));
        }
    }
    flow_reason_destroy(NULL);
}

static void
expect_word(const char *name, const char *word)
{
    char *s = shell_word(name);

    assert_string_equal(s, word);
    free(s);
}

/* Nobody's device name gets into a command that is pasted. */
static void
test_hostile_names(void **state OVS_UNUSED)
{
    struct flow_reason_dev dev = off;

    expect_word("eth5", "eth5");
    expect_word("vdpa:0000:65:00.2", "vdpa:0000:65:00.2");
    expect_word("", "''");
    expect_word("-a", "'-a'");
    expect_word("a b", "'a b'");
    expect_word("a;reboot", "'a;reboot'");
    expect_word("$(reboot)", "'$(reboot)'");
    expect_word("it's", "'it'\\''s'");

    dev.name = "a;%s%n'";
    expect_flow(false, &dev, &good, "hw-tc-offload",
                "hw-tc-offload is off on a;%s%n'",
                "ethtool -K 'a;%s%n'\\''' hw-tc-offload on");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vswitchd),
        cmocka_unit_test(test_feature),
        cmocka_unit_test(test_several_receivers),
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_device),
        cmocka_unit_test(test_device_several),
        cmocka_unit_test(test_tc),
        cmocka_unit_test(test_kernel),
        cmocka_unit_test(test_misses),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_userspace),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_hostile_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
