/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/explain/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/json.h"
#include "util.h"

/* A port on which all is well, with a vDPA device whose netdev is here. */
static const struct explain_facts healthy = {
    .title = "eth5",
    .iface_id = "ns_web",
    .ns = "ns",
    .pod = "web",
    .has_vf_addr = true,
    .vf_addr = { .bus = 0x65, .fn = 1 },
    .has_vf = true,
    .vf = 3,
    .pair = PAIR_PAIRED,
    .pair_reason = "",
    .has_pf = true,
    .pf_addr = { .bus = 0x65 },
    .eswitch = ESWITCH_SWITCHDEV,
    .rep = {
        .name = "eth5", .tc_offload = TC_OFFLOAD_ON,
        .switch_id = { 2, { 0xab, 0x01 } }, .up = true, .mtu = 1500,
        .qdisc_known = true, .qdisc = "ingress",
    },
    .uplink = {
        .name = "eth0", .tc_offload = TC_OFFLOAD_ON,
        .switch_id = { 2, { 0xab, 0x01 } }, .mtu = 1500,
    },
    .flow_api = FLOW_YES,
    .hw_offload_key = "true",
    .db_known = true,
    .bridge = "br-int",
    .ofport = 7,
    .ovn = true,
    .ovn_installed = true,
    .netdev = "eth9",
    .netdev_mtu = 1500,
    .vdpa_known = true,
    .n_vdpas = 1,
    .vdpa = "vdpa0",
    .vdpa_driver = "virtio_vdpa",
    .vdpa_mtu = 1500,
    .attached_mac = "02:00:00:00:00:01",
    .vf_mac = { true, { 2, 0, 0, 0, 0, 1 } },
    .vdpa_mac = { true, { 2, 0, 0, 0, 0, 1 } },
    .netdev_mac = { true, { 2, 0, 0, 0, 0, 1 } },
};

static const char *const names[] = {
    "eswitch-mode", "representor", "hw-offload", "tc-policy",
    "hw-tc-offload-representor", "hw-tc-offload-uplink", "switch-id",
    "ofport", "qdisc", "representor-up", "mtu", "ovn-installed",
    "vdpa-driver", "mac",
};

static const struct explain_item *
find(const struct explain_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!strcmp(list->items[i].name, name)) {
            return &list->items[i];
        }
    }
    return NULL;
}

static void
check_text(const char *name, const char *have, const char *want)
{
    if (want[0] ? !strstr(have, want) : have[0]) {
        fail_msg("%s: \"%s\", not \"%s\"", name, have, want);
    }
}

/* With 'f', the item 'name' has this verdict and this in its evidence and its
 * fix. */
static void
expect(const struct explain_facts *f, const char *name,
       enum explain_verdict verdict, const char *evidence, const char *fix)
{
    const struct explain_item *item;
    struct explain_list list;

    explain(f, &list);
    for (size_t i = 0; i < list.n; i++) {
        assert_true(list.items[i].evidence[0]);
        assert_null(strchr(list.items[i].evidence, '\n'));
        assert_null(strchr(list.items[i].fix, '\n'));
    }
    item = find(&list, name);
    if (!item) {
        fail_msg("no item %s", name);
    } else {
        if (item->verdict != verdict) {
            fail_msg("%s: %s (%s), not %s", name,
                     explain_verdict_to_string(item->verdict),
                     item->evidence, explain_verdict_to_string(verdict));
        }
        check_text(name, item->evidence, evidence);
        check_text(name, item->fix, fix);
        assert_true(explain_overall(&list) >= verdict);
    }
    explain_list_destroy(&list);
}

/* As expect(), with 'healthy' changed as is given, and no item but this one
 * may change its verdict. */
#define EXPECT(NAME, VERDICT, EVIDENCE, FIX, ...)               \
    do {                                                        \
        struct explain_facts facts__ = healthy, *f = &facts__;  \
        __VA_ARGS__;                                            \
        expect(f, NAME, VERDICT, EVIDENCE, FIX);                \
        expect_others(f, NAME);                                 \
    } while (0)

static void
expect_others(const struct explain_facts *f, const char *name)
{
    struct explain_list list;

    explain(f, &list);
    for (size_t i = 0; i < list.n; i++) {
        const struct explain_item *item = &list.items[i];

        if (strcmp(item->name, name) && item->verdict != EXPLAIN_PASS) {
            fail_msg("%s: %s too (%s)", name, item->name, item->evidence);
        }
    }
    explain_list_destroy(&list);
}

static void
expect_none(const struct explain_facts *f, const char *name)
{
    struct explain_list list;

    explain(f, &list);
    assert_null(find(&list, name));
    explain_list_destroy(&list);
}

/* Members of the uplink's bond. */
static void
test_bond(void **state OVS_UNUSED)
{
    struct explain_dev members[2] = { healthy.uplink, healthy.uplink };
    struct explain_facts f = healthy;

    f.bond = "bond0";
    f.members = members;
    f.n_members = 2;
    members[1].name = "eth 1";
    expect(&f, "bond", EXPLAIN_PASS, "eth0, with others a member of bond0",
           "");

    members[1].tc_offload = TC_OFFLOAD_OFF;
    expect(&f, "bond", EXPLAIN_FAIL, "eth 1 has hw-tc-offload off",
           "ethtool -K 'eth 1' hw-tc-offload on");
    members[1].tc_offload = TC_OFFLOAD_UNSUPPORTED;
    expect(&f, "bond", EXPLAIN_FAIL, "eth 1 does not support", "");
    members[1].tc_offload = TC_OFFLOAD_UNKNOWN;
    expect(&f, "bond", EXPLAIN_UNKNOWN, "not known", "");
    members[0].tc_offload = TC_OFFLOAD_OFF;
    expect(&f, "bond", EXPLAIN_FAIL, "eth0 has hw-tc-offload off", "eth0");
    members[0] = members[1] = healthy.uplink;
    members[1].switch_id.id[0]++;
    expect(&f, "bond", EXPLAIN_FAIL, "eth0 is on another eswitch",
           "uplinks of one eswitch");
    members[1].switch_id.len = 0;
    expect(&f, "bond", EXPLAIN_FAIL, "is no uplink of an eswitch",
           "uplinks of one eswitch");
}

static void
test_healthy(void **state OVS_UNUSED)
{
    struct explain_list list;

    explain(&healthy, &list);
    assert_int_equal(list.n, ARRAY_SIZE(names));
    for (size_t i = 0; i < list.n; i++) {
        assert_string_equal(list.items[i].name, names[i]);
        if (list.items[i].verdict != EXPLAIN_PASS) {
            fail_msg("%s: %s", names[i], list.items[i].evidence);
        }
        assert_string_equal(list.items[i].fix, "");
    }
    assert_int_equal(explain_overall(&list), EXPLAIN_PASS);
    explain_list_destroy(&list);
    explain_list_destroy(NULL);
}

/* Without any fact nothing passes but what there is nothing to say about, and
 * nothing is taken for wrong but that there is no representor. */
static void
test_nothing_known(void **state OVS_UNUSED)
{
    struct explain_facts f = { .title = "x", .pair = PAIR_NO_REPRESENTOR };
    struct explain_list list;

    explain(&f, &list);
    for (size_t i = 0; i < list.n; i++) {
        bool rep = !strcmp(list.items[i].name, "representor");

        assert_int_equal(list.items[i].verdict,
                         rep ? EXPLAIN_FAIL : EXPLAIN_UNKNOWN);
    }
    explain_list_destroy(&list);
}

static void
test_eswitch(void **state OVS_UNUSED)
{
    EXPECT("eswitch-mode", EXPLAIN_FAIL,
           "the eswitch of 0000:65:00.0 is in legacy mode",
           "devlink dev eswitch set pci/0000:65:00.0 mode switchdev",
           f->eswitch = ESWITCH_LEGACY);
    EXPECT("eswitch-mode", EXPLAIN_UNKNOWN, "does not tell", "eswitch show",
           f->eswitch = ESWITCH_UNKNOWN);
    EXPECT("eswitch-mode", EXPLAIN_UNKNOWN, "PF is not known", "",
           f->has_pf = false);
}

static void
test_representor(void **state OVS_UNUSED)
{
    struct explain_facts f = healthy;

    f.rep = (struct explain_dev) { .name = NULL };
    f.pair = PAIR_NO_REPRESENTOR;
    f.pair_reason = "no port has its numbers";
    expect(&f, "representor", EXPLAIN_FAIL, "no port has its numbers", "");
    f.pair_reason = "";
    expect(&f, "representor", EXPLAIN_FAIL, "no-representor", "");
    f.pair = PAIR_RESYNC;
    expect(&f, "representor", EXPLAIN_UNKNOWN, "read again", "");
    expect(&f, "hw-tc-offload-representor", EXPLAIN_UNKNOWN, "no such", "");
    expect(&f, "switch-id", EXPLAIN_UNKNOWN, "no representor", "");
    expect(&f, "qdisc", EXPLAIN_UNKNOWN, "no representor", "");
    expect(&f, "representor-up", EXPLAIN_UNKNOWN, "no representor", "");
    expect(&f, "mtu", EXPLAIN_UNKNOWN, "no representor", "");
    expect(&f, "ofport", EXPLAIN_UNKNOWN, "no representor", "");
}

static void
test_hw_offload(void **state OVS_UNUSED)
{
    const char *name = "hw-offload";

    EXPECT(name, EXPLAIN_PASS, "in effect: ovs-vswitchd says so", "",
           f->port_qdiscs = FLOW_NO);
    EXPECT(name, EXPLAIN_PASS, "restarted", "hw-offload=true",
           f->hw_offload_key = "false");
    EXPECT(name, EXPLAIN_PASS, "restarted", "hw-offload=true",
           f->hw_offload_key = NULL);
    EXPECT(name, EXPLAIN_FAIL, "hw-offload is false: ovs-vswitchd says so",
           "other_config:hw-offload=true && ovs-appctl revalidator/purge",
           f->flow_api = FLOW_NO; f->hw_offload_key = "false");
    EXPECT(name, EXPLAIN_FAIL, "hw-offload is false", "hw-offload=true",
           f->flow_api = FLOW_NO; f->hw_offload_key = "bogus");
    EXPECT(name, EXPLAIN_FAIL, "not in effect, although the key is true",
           "systemctl restart ovs-vswitchd", f->flow_api = FLOW_NO);

    /* Without its word, what is seen. */
    EXPECT(name, EXPLAIN_PASS, "filters of ovs-vswitchd", "",
           f->flow_api = FLOW_UNKNOWN; f->flows.known = true;
           f->flows.filters = FLOW_YES; f->port_qdiscs = FLOW_NO);
    EXPECT(name, EXPLAIN_FAIL, "no port of a bridge has an ingress", "restart",
           f->flow_api = FLOW_UNKNOWN; f->port_qdiscs = FLOW_NO);
    EXPECT(name, EXPLAIN_UNKNOWN, "(no answer); the key is true", "",
           f->flow_api = FLOW_UNKNOWN; f->port_qdiscs = FLOW_YES);
    EXPECT(name, EXPLAIN_UNKNOWN, "(timed out); the key is not set", "",
           f->flow_api = FLOW_UNKNOWN; f->vswitchd_error = "timed out";
           f->hw_offload_key = NULL);
    /* Without the database nothing is said about the key. */
    struct explain_facts facts = healthy;
    facts.db_known = false;
    facts.hw_offload_key = NULL;
    expect(&facts, name, EXPLAIN_PASS, "in effect: ovs-vswitchd says so", "");

    /* That is not valid. */
    EXPECT(name, EXPLAIN_UNKNOWN, "does not tell", "",
           f->flow_api = FLOW_UNKNOWN; f->flows.filters = FLOW_YES);
}

#define REMOVE "ovs-vsctl remove Open_vSwitch . other_config tc-policy"
#define REMOVE_RESTART REMOVE " && systemctl restart ovs-vswitchd"

/* By what was seen of the key. */
static void
test_tc_policy(void **state OVS_UNUSED)
{
    const char *name = "tc-policy";

    EXPECT(name, EXPLAIN_PASS, "the key is not set", "", (void) f);
    EXPECT(name, EXPLAIN_PASS, "the key is none", "",
           f->tc_policy_key = f->tc_policy = "none");
    EXPECT(name, EXPLAIN_FAIL, "the key is skip_hw, as far as it was watched",
           REMOVE_RESTART, f->tc_policy_key = f->tc_policy = "skip_hw");
    EXPECT(name, EXPLAIN_UNKNOWN, "was changed", REMOVE_RESTART,
           f->tc_policy_key = "skip_hw");
    EXPECT(name, EXPLAIN_UNKNOWN, "was changed", "systemctl restart",
           f->tc_policy = "skip_hw");
    EXPECT(name, EXPLAIN_PASS, "the key is not set", "",
           f->tc_policy_key = "none");

    EXPECT(name, EXPLAIN_PASS, "took tc-policy when it was none",
           "from the next start", f->tc_policy = "none";
           f->tc_policy_key = "skip_hw"; f->tc_policy_certain = true);
    EXPECT(name, EXPLAIN_PASS, "took tc-policy when it was not set", "",
           f->tc_policy_certain = true);
    EXPECT(name, EXPLAIN_FAIL, "took tc-policy when it was skip_hw",
           "systemctl restart ovs-vswitchd", f->tc_policy = "skip_hw";
           f->tc_policy_certain = true);
    EXPECT(name, EXPLAIN_FAIL, "took tc-policy when it was skip_hw",
           REMOVE_RESTART, f->tc_policy_key = f->tc_policy = "skip_hw";
           f->tc_policy_certain = true);

    struct explain_facts facts = healthy;
    facts.db_known = false;
    expect(&facts, name, EXPLAIN_UNKNOWN, "no connection", "");
}

/* By the filters, which tell more than the key. */
static void
test_tc_policy_filters(void **state OVS_UNUSED)
{
    const char *name = "tc-policy";

    EXPECT(name, EXPLAIN_FAIL, "the filters in tc are skip_hw",
           "systemctl restart ovs-vswitchd", f->flows.known = true;
           f->flows.skip_hw = FLOW_YES; f->tc_policy_certain = true);
    EXPECT(name, EXPLAIN_FAIL, "the filters in tc are skip_hw",
           REMOVE_RESTART, f->tc_policy_key = "skip_hw";
           f->flows.known = true; f->flows.skip_hw = FLOW_YES);
    EXPECT(name, EXPLAIN_PASS, "the filters in tc are not skip_hw", "",
           f->flows.known = true; f->flows.skip_hw = FLOW_NO);
    EXPECT(name, EXPLAIN_PASS, "the filters in tc are not skip_hw",
           "from the next start", f->tc_policy_key = "skip_hw";
           f->flows.known = true; f->flows.skip_hw = FLOW_NO);
    EXPECT(name, EXPLAIN_PASS, "the key is not set", "",
           f->flows.skip_hw = FLOW_YES);
}

static void
test_features(void **state OVS_UNUSED)
{
    EXPECT("hw-tc-offload-representor", EXPLAIN_FAIL,
           "hw-tc-offload is off on eth5", "ethtool -K eth5 hw-tc-offload on",
           f->rep.tc_offload = TC_OFFLOAD_OFF);
    EXPECT("hw-tc-offload-representor", EXPLAIN_FAIL,
           "eth5 does not support hw-tc-offload", "",
           f->rep.tc_offload = TC_OFFLOAD_UNSUPPORTED);
    EXPECT("hw-tc-offload-representor", EXPLAIN_UNKNOWN,
           "of eth5 is not known", "ethtool -k eth5",
           f->rep.tc_offload = TC_OFFLOAD_UNKNOWN);
    EXPECT("hw-tc-offload-uplink", EXPLAIN_FAIL,
           "hw-tc-offload is off on eth0", "ethtool -K eth0 hw-tc-offload on",
           f->uplink.tc_offload = TC_OFFLOAD_OFF);
    EXPECT("hw-tc-offload-uplink", EXPLAIN_UNKNOWN,
           "of eth0 is not known", "ethtool -k eth0",
           f->uplink.tc_offload = TC_OFFLOAD_UNKNOWN);
    EXPECT("hw-tc-offload-uplink", EXPLAIN_FAIL,
           "hw-tc-offload is off on a;b", "ethtool -K 'a;b' hw-tc-offload on",
           f->uplink.tc_offload = TC_OFFLOAD_OFF; f->uplink.name = "a;b");
}

static void
test_switch_id(void **state OVS_UNUSED)
{
    EXPECT("switch-id", EXPLAIN_FAIL, "eth5 has ab01, eth0 has ab02", "",
           f->uplink.switch_id.id[1] = 2);
    EXPECT("switch-id", EXPLAIN_FAIL, "eth5 has ab01, eth0 has ab", "",
           f->uplink.switch_id.len = 1);
    EXPECT("switch-id", EXPLAIN_FAIL, "eth5 has ab01, eth0 has none", "",
           f->uplink.switch_id.len = 0);
    EXPECT("switch-id", EXPLAIN_FAIL, "eth5 has none, eth0 has none", "",
           f->uplink.switch_id.len = f->rep.switch_id.len = 0);

    struct explain_facts f = healthy;
    f.uplink.name = NULL;
    expect(&f, "switch-id", EXPLAIN_UNKNOWN, "no uplink", "");
    expect(&f, "hw-tc-offload-uplink", EXPLAIN_UNKNOWN, "no such", "");
}

static void
test_ofport(void **state OVS_UNUSED)
{
    EXPECT("ofport", EXPLAIN_PASS, "eth5 is port 1 of br-int", "",
           f->ofport = 1);
    EXPECT("ofport", EXPLAIN_FAIL, "could not open eth5: no such device", "",
           f->ofport = -1; f->iface_error = "no such device");
    EXPECT("ofport", EXPLAIN_FAIL, "could not open eth5: no reason", "",
           f->ofport = -1);
    EXPECT("ofport", EXPLAIN_FAIL, "no number", "systemctl status",
           f->ofport = 0);
    EXPECT("ofport", EXPLAIN_FAIL, "on no bridge", "port/attach eth5",
           f->bridge = NULL);

    struct explain_facts f = healthy;
    f.db_known = false;
    expect(&f, "ofport", EXPLAIN_UNKNOWN, "no connection", "");
}

static void
test_qdisc(void **state OVS_UNUSED)
{
    EXPECT("qdisc", EXPLAIN_PASS, "eth5 has clsact, block 12", "",
           strcpy(f->rep.qdisc, "clsact"); f->rep.block = 12);
    EXPECT("qdisc", EXPLAIN_FAIL, "eth5 has no ingress or clsact qdisc",
           "systemctl restart ovs-vswitchd", f->rep.qdisc[0] = '\0');
    EXPECT("qdisc", EXPLAIN_UNKNOWN, "did not tell", "tc qdisc show dev eth5",
           f->rep.qdisc_known = false);

    /* Where that follows from something else, that is to be fixed. */
    struct explain_facts f = healthy;
    f.rep.qdisc[0] = '\0';
    f.bridge = NULL;
    expect(&f, "qdisc", EXPLAIN_FAIL, "no ingress", "");
    f.bridge = "br-int";
    f.flow_api = FLOW_NO;
    expect(&f, "qdisc", EXPLAIN_FAIL, "no ingress", "");
}

static void
test_up(void **state OVS_UNUSED)
{
    EXPECT("representor-up", EXPLAIN_FAIL, "eth5 is down",
           "ip link set eth5 up", f->rep.up = false);
}

static void
test_mtu(void **state OVS_UNUSED)
{
    EXPECT("mtu", EXPLAIN_PASS, "eth5 and eth9 have 1500", "",
           f->vdpa_mtu = 9000);
    EXPECT("mtu", EXPLAIN_FAIL, "eth5 has 1500, eth9 has 9000",
           "ip link set eth5 mtu 9000", f->netdev_mtu = 9000);
    EXPECT("mtu", EXPLAIN_FAIL, "eth5 has 1500, eth9 has 1400",
           "ip link set eth5 mtu 1400", f->netdev_mtu = 1400);

    /* Without the netdev the device's. */
    EXPECT("mtu", EXPLAIN_PASS, "eth5 and vdpa0 have 1500", "",
           f->netdev = NULL);
    EXPECT("mtu", EXPLAIN_FAIL, "eth5 has 1500, vdpa0 has 1400", "mtu 1400",
           f->netdev = NULL; f->vdpa_mtu = 1400);
    EXPECT("mtu", EXPLAIN_UNKNOWN, "vdpa0 offers 9000", "",
           f->netdev = NULL; f->vdpa_mtu = 9000);
    EXPECT("mtu", EXPLAIN_UNKNOWN, "not known", "",
           f->netdev = NULL; f->vdpa_mtu = 0);
    EXPECT("mtu", EXPLAIN_PASS, "eth5 and vdpa0 have 1500", "",
           f->netdev_mtu = 0);

    /* A VF without vDPA device. */
    EXPECT("mtu", EXPLAIN_UNKNOWN, "not known", "",
           f->netdev = NULL; f->vdpa = NULL; f->n_vdpas = 0;
           f->vdpa_mac.known = false);
}

static void
test_ovn(void **state OVS_UNUSED)
{
    EXPECT("ovn-installed", EXPLAIN_FAIL, "has not installed",
           "logical_port=ns_web", f->ovn_installed = false);

    struct explain_facts f = healthy;
    f.ovn_installed = false;
    f.ovn = false;
    expect_none(&f, "ovn-installed");
    f = healthy;
    f.iface_id = NULL;
    expect_none(&f, "ovn-installed");
    f = healthy;
    f.bridge = NULL;
    expect_none(&f, "ovn-installed");
    f = healthy;
    f.db_known = false;
    expect_none(&f, "ovn-installed");
}

static void
test_vdpa(void **state OVS_UNUSED)
{
    EXPECT("vdpa-driver", EXPLAIN_PASS, "vdpa0 is bound to vhost_vdpa", "",
           f->vdpa_driver = "vhost_vdpa");
    EXPECT("vdpa-driver", EXPLAIN_FAIL, "vdpa0 is bound to no driver",
           "echo vdpa0 >/sys/bus/vdpa/drivers_probe", f->vdpa_driver = "");
    EXPECT("vdpa-driver", EXPLAIN_FAIL, "a b is bound", "echo 'a b' >",
           f->vdpa_driver = NULL; f->vdpa = "a b");
    EXPECT("vdpa-driver", EXPLAIN_UNKNOWN, "not known", "",
           f->vdpa_known = false);
    EXPECT("vdpa-driver", EXPLAIN_UNKNOWN, "has 2 vDPA devices", "",
           f->n_vdpas = 2; f->vdpa = NULL);

    struct explain_facts f = healthy;
    f.n_vdpas = 0;
    f.vdpa = NULL;
    expect_none(&f, "vdpa-driver");
}

static void
test_mac(void **state OVS_UNUSED)
{
    const char *name = "mac";

    EXPECT(name, EXPLAIN_FAIL, "attached_mac 02:00:00:00:00:02, the VF's own "
           "02:00:00:00:00:01, vdpa0 02:00:00:00:00:01",
           "vdpa dev del vdpa0, and add it again with mac 02:00:00:00:00:02",
           f->attached_mac = "02:00:00:00:00:02");
    EXPECT(name, EXPLAIN_FAIL, "the VF's own 02:00:00:00:00:02",
           "ip link set eth0 vf 3 mac 02:00:00:00:00:01",
           f->vf_mac.mac[5] = 2);
    EXPECT(name, EXPLAIN_FAIL, "the VF's own 02:00:00:00:00:02", "",
           f->vf_mac.mac[5] = 2; f->has_vf = false);
    EXPECT(name, EXPLAIN_FAIL, "vdpa0 02:00:00:00:00:02",
           "vdpa dev del vdpa0", f->vdpa_mac.mac[5] = 2);
    EXPECT(name, EXPLAIN_FAIL, "attached_mac not known or not set, the VF's "
           "own 02:00:00:00:00:01, vdpa0 02:00:00:00:00:02",
           "with mac 02:00:00:00:00:01",
           f->vdpa_mac.mac[5] = 2; f->attached_mac = NULL);

    /* Two are enough, what is not set does not count. */
    EXPECT(name, EXPLAIN_PASS, "the VF's own not known or not set", "",
           memset(f->vf_mac.mac, 0, 6));
    EXPECT(name, EXPLAIN_PASS, "the VF's own not known or not set", "",
           f->vf_mac.known = false);
    EXPECT(name, EXPLAIN_PASS, "attached_mac not known", "",
           f->attached_mac = "bogus");
    EXPECT(name, EXPLAIN_PASS, "vdpa0 not known", "",
           f->vdpa_mac.known = false);
    EXPECT(name, EXPLAIN_UNKNOWN, "attached_mac 02", "",
           f->vdpa_mac.known = f->vf_mac.known = false);
    EXPECT(name, EXPLAIN_UNKNOWN, "not known", "",
           f->vdpa_mac.known = f->vf_mac.known = false;
           f->attached_mac = NULL);

    /* The virtio netdev has that of its device unless someone changed it,
     * which is their matter. */
    EXPECT(name, EXPLAIN_PASS, "vdpa0", "", f->netdev_mac.mac[5] = 2);
    EXPECT(name, EXPLAIN_FAIL, "eth9 02:00:00:00:00:02",
           "ip link set eth9 address 02:00:00:00:00:01",
           f->netdev_mac.mac[5] = 2; f->vdpa = NULL; f->n_vdpas = 0);
}

static struct explain_flows
flows_make(size_t n)
{
    return (struct explain_flows) {
        .known = true, .n_flows = 10, .n_offloaded = 10 - n,
        .reasons = {
            .elems = xcalloc(n, sizeof(struct flow_reason_count)),
            .n = n,
        },
    };
}

static struct flow_reason_count
reason_make(enum flow_reason_class class, const char *evidence,
            const char *fix)
{
    return (struct flow_reason_count) {
        .reason = { .class = class, .evidence = xstrdup(evidence),
                    .fix = xstrdup(fix) },
        .flows = 1,
    };
}

static void
test_flows(void **state OVS_UNUSED)
{
    struct explain_facts f = healthy;

    expect_none(&f, "flows");
    f.flows = flows_make(0);
    expect(&f, "flows", EXPLAIN_PASS, "10 of 10 are in hardware", "");
    f.flows.n_offloaded = 9;
    expect(&f, "flows", EXPLAIN_UNKNOWN, "9 of 10 are in hardware", "");
    explain_flows_destroy(&f.flows);

    f.flows = flows_make(1);
    f.flows.reasons.elems[0] = reason_make(FLOW_REASON_REFUSED,
                                           "in tc but not in hardware",
                                           "dmesg");
    expect(&f, "flows", EXPLAIN_FAIL,
           "1 of 10: in tc but not in hardware", "dmesg");
    f.flows.reasons.elems[0].reason.by_design = true;
    expect(&f, "flows", EXPLAIN_PASS, "1 of 10: in tc", "dmesg");
    f.flows.reasons.elems[0].reason.by_design = false;
    f.flows.reasons.elems[0].reason.class = FLOW_REASON_UNKNOWN;
    expect(&f, "flows", EXPLAIN_UNKNOWN, "1 of 10: in tc", "dmesg");
    explain_flows_destroy(&f.flows);

    /* Each reason is an item. */
    struct explain_list list;
    f.flows = flows_make(2);
    f.flows.reasons.elems[0] = reason_make(FLOW_REASON_FLOW, "a%s", "b%s");
    f.flows.reasons.elems[0].reason.by_design = true;
    f.flows.reasons.elems[1] = reason_make(FLOW_REASON_FEATURE, "c", "d");
    explain(&f, &list);
    assert_int_equal(list.n, ARRAY_SIZE(names) + 2);
    assert_string_equal(list.items[list.n - 2].evidence, "1 of 10: a%s");
    assert_string_equal(list.items[list.n - 2].fix, "b%s");
    assert_int_equal(list.items[list.n - 1].verdict, EXPLAIN_FAIL);
    assert_int_equal(explain_overall(&list), EXPLAIN_FAIL);
    explain_list_destroy(&list);
    explain_flows_destroy(&f.flows);
    explain_flows_destroy(NULL);
}

static void
test_overall(void **state OVS_UNUSED)
{
    struct explain_facts f = healthy;
    struct explain_list list;

    f.rep.qdisc_known = false;
    explain(&f, &list);
    assert_int_equal(explain_overall(&list), EXPLAIN_UNKNOWN);
    explain_list_destroy(&list);
    f.rep.up = false;
    explain(&f, &list);
    assert_int_equal(explain_overall(&list), EXPLAIN_FAIL);
    explain_list_destroy(&list);
}

static const char *
member(const struct json *object, const char *name)
{
    const struct json *value = shash_find_data(json_object(object), name);

    assert_non_null(value);
    return value->type == JSON_NULL ? "null" : json_string(value);
}

static void
test_json(void **state OVS_UNUSED)
{
    struct explain_facts f = healthy;
    struct explain_list list;
    struct json *json, *array, *rows;
    size_t n;

    f.rep.up = false;
    f.ns = NULL;
    explain(&f, &list);
    json = explain_to_json(&f, &list);
    assert_string_equal(member(json, "interface"), "eth5");
    assert_string_equal(member(json, "iface_id"), "ns_web");
    assert_string_equal(member(json, "namespace"), "null");
    assert_string_equal(member(json, "pod"), "web");
    assert_string_equal(member(json, "vf_pci"), "0000:65:00.1");
    assert_string_equal(member(json, "verdict"), "FAIL");

    array = json_array_create_1(json);
    rows = explain_rows(array);
    n = json_array(rows)->n;
    assert_int_equal(n, list.n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct json *row = json_array(rows)->elems[i];

        assert_string_equal(member(row, "interface"), "eth5");
        if (i == n - 1) {
            assert_string_equal(member(row, "check"), "all");
            assert_string_equal(member(row, "verdict"), "FAIL");
        } else {
            assert_string_equal(member(row, "check"), list.items[i].name);
            assert_string_equal(
                member(row, "verdict"),
                explain_verdict_to_string(list.items[i].verdict));
            assert_string_equal(member(row, "evidence"),
                                list.items[i].evidence);
            assert_string_equal(member(row, "fix"), list.items[i].fix);
        }
    }
    json_destroy(rows);
    json_destroy(array);
    explain_list_destroy(&list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy),
        cmocka_unit_test(test_bond),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_eswitch),
        cmocka_unit_test(test_representor),
        cmocka_unit_test(test_hw_offload),
        cmocka_unit_test(test_tc_policy),
        cmocka_unit_test(test_tc_policy_filters),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_switch_id),
        cmocka_unit_test(test_ofport),
        cmocka_unit_test(test_qdisc),
        cmocka_unit_test(test_up),
        cmocka_unit_test(test_mtu),
        cmocka_unit_test(test_ovn),
        cmocka_unit_test(test_vdpa),
        cmocka_unit_test(test_mac),
        cmocka_unit_test(test_flows),
        cmocka_unit_test(test_overall),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
