/* SPDX-License-Identifier: Apache-2.0 */

/* The messages that flow-gen writes, read with libnl-route:
 *
 *     flow-peer-nlroute full FILE      a full dump into a table
 *     flow-peer-nlroute objects FILE   each into its object, freed at once
 *
 * What libnl-route's object of a filter knows is read from it when it is asked
 * for; the table keeps a reference.  (An nl_cache of classifiers is a list:
 * there is no finding in it but by walking, and to it chains and priorities do
 * not tell filters apart.  So the table is an hmap by ufid.)  The object knows
 * the device, chain, MAC, and of actions the kind, the output and the verdict;
 * the rest, counters included, is taken from the message with libnl's
 * nla_parse(). */

#include <config.h>

#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/act/gact.h>
#include <netlink/route/act/mirred.h>
#include <netlink/route/action.h>
#include <netlink/route/classifier.h>
#include <netlink/route/cls/flower.h>
#include <netlink/route/tc.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/flow-facts.h"
#include "tests/bench/flow-run.h"
#include "util.h"

/* A flow in the table. */
struct nl_flow {
    struct hmap_node node;      /* By the start of its ufid. */
    struct rtnl_cls *cls;       /* What libnl-route knows. */
    struct flow_facts rest;     /* And what not: ufid, counters of hardware
                                 * and all, 'idle', 'zone', 'in_hw',
                                 * 'decap'. */
};

/* What libnl-route does not know. */

static int
parse_stats(struct nlattr *stats, struct flow_facts *facts)
{
    static struct nla_policy policy[TCA_STATS_MAX + 1] = {
        [TCA_STATS_BASIC] = { .minlen = 12 },
        [TCA_STATS_BASIC_HW] = { .minlen = 12 },
    };
    struct nlattr *tb[TCA_STATS_MAX + 1];
    const struct gnet_stats_basic *basic;
    int error = nla_parse_nested(tb, TCA_STATS_MAX, stats, policy);

    if (error) {
        return error;
    }
    if (tb[TCA_STATS_BASIC]) {
        basic = nla_data(tb[TCA_STATS_BASIC]);
        facts_count(facts, basic->packets, basic->bytes, false);
    }
    if (tb[TCA_STATS_BASIC_HW]) {
        basic = nla_data(tb[TCA_STATS_BASIC_HW]);
        facts_count(facts, basic->packets, basic->bytes, true);
    }
    return 0;
}

static void
take_time(struct nlattr *attr, struct flow_facts *facts)
{
    if (attr) {
        const struct tcf_t *tm = nla_data(attr);

        facts->idle = MIN(facts->idle, tm->lastuse * 10);
    }
}

static int
parse_ct(struct nlattr *options, struct flow_facts *facts)
{
    static struct nla_policy policy[TCA_CT_MAX + 1] = {
        [TCA_CT_TM] = { .minlen = sizeof(struct tcf_t) },
        [TCA_CT_ACTION] = { .type = NLA_U16 },
        [TCA_CT_ZONE] = { .type = NLA_U16 },
    };
    struct nlattr *tb[TCA_CT_MAX + 1];
    int error = nla_parse_nested(tb, TCA_CT_MAX, options, policy);

    if (error) {
        return error;
    }
    take_time(tb[TCA_CT_TM], facts);
    if (tb[TCA_CT_ZONE] && !facts->has_zone
        && !(tb[TCA_CT_ACTION]
             && nla_get_u16(tb[TCA_CT_ACTION]) & TCA_CT_ACT_CLEAR)) {
        facts->has_zone = true;
        facts->zone = nla_get_u16(tb[TCA_CT_ZONE]);
    }
    return 0;
}

static int
parse_tunnel_key(struct nlattr *options, struct flow_facts *facts)
{
    static struct nla_policy policy[TCA_TUNNEL_KEY_MAX + 1] = {
        [TCA_TUNNEL_KEY_PARMS] = { .minlen = sizeof(struct tc_tunnel_key) },
        [TCA_TUNNEL_KEY_TM] = { .minlen = sizeof(struct tcf_t) },
    };
    struct nlattr *tb[TCA_TUNNEL_KEY_MAX + 1];
    int error = nla_parse_nested(tb, TCA_TUNNEL_KEY_MAX, options, policy);

    if (error) {
        return error;
    }
    take_time(tb[TCA_TUNNEL_KEY_TM], facts);
    if (tb[TCA_TUNNEL_KEY_PARMS]) {
        const struct tc_tunnel_key *parms
            = nla_data(tb[TCA_TUNNEL_KEY_PARMS]);

        facts->decap |= parms->t_action == TCA_TUNNEL_KEY_ACT_RELEASE;
    }
    return 0;
}

/* The time of the last packet; the rest the object has. */
static int
parse_mirred(struct nlattr *options, struct flow_facts *facts)
{
    static struct nla_policy policy[TCA_MIRRED_MAX + 1] = {
        [TCA_MIRRED_TM] = { .minlen = sizeof(struct tcf_t) },
    };
    struct nlattr *tb[TCA_MIRRED_MAX + 1];
    int error = nla_parse_nested(tb, TCA_MIRRED_MAX, options, policy);

    if (!error) {
        take_time(tb[TCA_MIRRED_TM], facts);
    }
    return error;
}

static int
parse_gact(struct nlattr *options, struct flow_facts *facts)
{
    static struct nla_policy policy[TCA_GACT_MAX + 1] = {
        [TCA_GACT_TM] = { .minlen = sizeof(struct tcf_t) },
    };
    struct nlattr *tb[TCA_GACT_MAX + 1];
    int error = nla_parse_nested(tb, TCA_GACT_MAX, options, policy);

    if (!error) {
        take_time(tb[TCA_GACT_TM], facts);
    }
    return error;
}

static int
parse_options(const char *kind, struct nlattr *options,
              struct flow_facts *facts)
{
    if (!strcmp(kind, "mirred")) {
        return parse_mirred(options, facts);
    } else if (!strcmp(kind, "gact")) {
        return parse_gact(options, facts);
    } else if (!strcmp(kind, "ct")) {
        return parse_ct(options, facts);
    } else if (!strcmp(kind, "tunnel_key")) {
        return parse_tunnel_key(options, facts);
    } else {
        return 0;
    }
}

/* Stores into '*is_ovs' whether there is a cookie. */
static int
parse_action(struct nlattr *action, struct flow_facts *facts, bool *is_ovs)
{
    static struct nla_policy policy[TCA_ACT_MAX + 1] = {
        [TCA_ACT_KIND] = { .type = NLA_STRING },
        [TCA_ACT_OPTIONS] = { .type = NLA_NESTED },
        [TCA_ACT_STATS] = { .type = NLA_NESTED },
    };
    struct nlattr *tb[TCA_ACT_MAX + 1];
    int error = nla_parse_nested(tb, TCA_ACT_MAX, action, policy);

    if (error || !tb[TCA_ACT_KIND]) {
        return error ? error : -NLE_MISSING_ATTR;
    }
    if (tb[TCA_ACT_COOKIE]
        && nla_len(tb[TCA_ACT_COOKIE]) == FACTS_UFID_LEN) {
        memcpy(facts->ufid, nla_data(tb[TCA_ACT_COOKIE]), FACTS_UFID_LEN);
        *is_ovs = true;
    }
    if (tb[TCA_ACT_STATS]) {
        error = parse_stats(tb[TCA_ACT_STATS], facts);
    }
    if (!error && tb[TCA_ACT_OPTIONS]) {
        error = parse_options(nla_get_string(tb[TCA_ACT_KIND]),
                              tb[TCA_ACT_OPTIONS], facts);
    }
    return error;
}

static int
parse_flower(struct nlattr *options, struct flow_facts *facts, bool *is_ovs)
{
    static struct nla_policy policy[TCA_FLOWER_MAX + 1] = {
        [TCA_FLOWER_ACT] = { .type = NLA_NESTED },
        [TCA_FLOWER_FLAGS] = { .type = NLA_U32 },
    };
    struct nlattr *tb[TCA_FLOWER_MAX + 1];
    struct nlattr *action;
    int error = nla_parse_nested(tb, TCA_FLOWER_MAX, options, policy);
    int left;

    if (error) {
        return error;
    }
    facts->in_hw = (tb[TCA_FLOWER_FLAGS]
                    && nla_get_u32(tb[TCA_FLOWER_FLAGS])
                       & TCA_CLS_FLAGS_IN_HW);
    facts->decap = (tb[TCA_FLOWER_KEY_ENC_KEY_ID]
                    || tb[TCA_FLOWER_KEY_ENC_IPV4_DST]
                    || tb[TCA_FLOWER_KEY_ENC_IPV6_DST]);
    if (tb[TCA_FLOWER_ACT]) {
        nla_for_each_nested (action, tb[TCA_FLOWER_ACT], left) {
            error = parse_action(action, facts, is_ovs);
            if (error) {
                return error;
            }
        }
    }
    return 0;
}

/* Fills in '*facts'.  Returns whether the filter is Open vSwitch's. */
static bool
parse_rest(struct nlmsghdr *nlh, struct flow_facts *facts)
{
    static struct nla_policy policy[TCA_MAX + 1] = {
        [TCA_KIND] = { .type = NLA_STRING },
        [TCA_OPTIONS] = { .type = NLA_NESTED },
    };
    struct nlattr *tb[TCA_MAX + 1];
    bool is_ovs = false;

    return (!nlmsg_parse(nlh, sizeof(struct tcmsg), tb, TCA_MAX, policy)
            && tb[TCA_KIND] && tb[TCA_OPTIONS]
            && !strcmp(nla_get_string(tb[TCA_KIND]), "flower")
            && !parse_flower(tb[TCA_OPTIONS], facts, &is_ovs)
            && is_ovs);
}

/* The table. */

struct reader {
    struct hmap table;          /* 'struct nl_flow's. */
    struct nlmsghdr *nlh;       /* In hand. */
    uint64_t n_objects;         /* With actions. */
};

static void
nl_flow_free(struct nl_flow *flow)
{
    rtnl_cls_put(flow->cls);
    free(flow);
}

/* Callback of nl_msg_parse(). */
static void
put_object(struct nl_object *object, void *r_)
{
    struct reader *r = r_;
    struct nl_flow *flow = xmalloc(sizeof *flow);
    struct nl_flow *old;
    uint32_t hash;

    facts_init(&flow->rest, NULL);
    if (!parse_rest(r->nlh, &flow->rest)) {
        free(flow);
        return;
    }
    nl_object_get(object);
    flow->cls = (struct rtnl_cls *) object;
    memcpy(&hash, flow->rest.ufid, sizeof hash);
    HMAP_FOR_EACH_WITH_HASH (old, node, hash, &r->table) {
        if (!memcmp(old->rest.ufid, flow->rest.ufid, FACTS_UFID_LEN)) {
            hmap_remove(&r->table, &old->node);
            nl_flow_free(old);
            break;
        }
    }
    hmap_insert(&r->table, &flow->node, hash);
}

static void
count_object(struct nl_object *object, void *r_)
{
    struct reader *r = r_;
    struct rtnl_act *act = rtnl_flower_get_action((struct rtnl_cls *) object);

    if (act) {
        r->n_objects++;
        rtnl_act_put(act);
    }
}

static void
read_piece(struct reader *r, const struct nlmsghdr *nlh_, size_t size,
           void (*cb)(struct nl_object *, void *))
{
    r->nlh = CONST_CAST(struct nlmsghdr *, nlh_);
    for (int len = size; nlmsg_ok(r->nlh, len);
         r->nlh = nlmsg_next(r->nlh, &len)) {
        struct nl_msg *msg = nlmsg_convert(r->nlh);

        nlmsg_set_proto(msg, NETLINK_ROUTE);
        nl_msg_parse(msg, cb, r);
        nlmsg_free(msg);
    }
}

static void
put_piece(void *r, const struct nlmsghdr *nlh, size_t size)
{
    read_piece(r, nlh, size, put_object);
}

static void
count_piece(void *r, const struct nlmsghdr *nlh, size_t size)
{
    read_piece(r, nlh, size, count_object);
}

/* What the object says of its actions. */
static void
take_actions(struct rtnl_cls *cls, struct flow_facts *facts)
{
    struct rtnl_act *first = rtnl_flower_get_action(cls);

    for (struct rtnl_act *act = first; act; act = rtnl_act_next(act)) {
        const char *kind = rtnl_tc_get_kind(TC_CAST(act));
        if (!strcmp(kind, "mirred")
            && facts->n_outputs < FACTS_MAX_OUTPUTS) {
            facts->outputs[facts->n_outputs++] = rtnl_mirred_get_ifindex(act);
        } else if (!strcmp(kind, "gact")) {
            int action = rtnl_gact_get_action(act);

            if (TC_ACT_EXT_CMP(action, TC_ACT_GOTO_CHAIN)) {
                facts->jumps = true;
                facts->target = action & TC_ACT_EXT_VAL_MASK;
            } else if (action == TC_ACT_SHOT) {
                facts->drop = true;
            }
        }
    }
    if (first) {
        rtnl_act_put(first);
    }
}

/* All that is known of 'flow'. */
static struct flow_facts
get_facts(const struct nl_flow *flow, uint32_t *outputs)
{
    static const uint8_t exact[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    struct rtnl_tc *tc = TC_CAST(flow->cls);
    struct flow_facts facts = flow->rest;
    uint8_t mask[6];

    facts.outputs = outputs;
    facts.dev = rtnl_tc_get_ifindex(tc);
    facts.handle = rtnl_tc_get_handle(tc);
    facts.prio = rtnl_cls_get_prio(flow->cls);
    rtnl_tc_get_chain(tc, &facts.chain);
    facts.has_mac = (!rtnl_flower_get_dst_mac(flow->cls, facts.mac, mask)
                     && !memcmp(mask, exact, sizeof mask));
    take_actions(flow->cls, &facts);
    return facts;
}

int
main(int argc, char *argv[])
{
    struct reader r = { .table = HMAP_INITIALIZER(&r.table) };
    uint32_t outputs[FACTS_MAX_OUTPUTS];
    static struct facts_sums sums;
    struct nl_flow *flow;
    double seconds;

    set_program_name(argv[0]);
    if (argc == 3 && !strcmp(argv[1], "full")) {
        seconds = run_messages(argv[2], put_piece, &r);
        HMAP_FOR_EACH_POP (flow, node, &r.table) {
            struct flow_facts facts = get_facts(flow, outputs);

            facts_sums_add(&sums, &facts);
            nl_flow_free(flow);
        }
        run_print_facts(&sums, true, seconds);
    } else if (argc == 3 && !strcmp(argv[1], "objects")) {
        struct run_result result = { .flows = 0 };

        result.seconds = run_messages(argv[2], count_piece, &r);
        result.flows = r.n_objects;
        run_print(&result);
    } else {
        ovs_fatal(0, "usage: %s full|objects FILE", argv[0]);
    }
    hmap_destroy(&r.table);
    return EXIT_SUCCESS;
}
