/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/bench/flow-mnl.h"

#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <string.h>

#include "util.h"

/* Attributes by type. */

/* What one of a type has to be; nothing in particular by default. */
struct policy {
    enum mnl_attr_data_type type; /* Its form. */
    size_t size;                /* The least that it has, in bytes. */
};

/* Where a nest is sorted into. */
struct sorted {
    const struct nlattr **tb;   /* By type, 'max' + 1 elements. */
    const struct policy *policy; /* Likewise. */
    uint16_t max;
};

/* Callback of mnl_attr_parse(). */
static int
sort_attr(const struct nlattr *attr, void *sorted_)
{
    const struct sorted *sorted = sorted_;
    uint16_t type = mnl_attr_get_type(attr);
    const struct policy *policy;

    /* Those of later kernels. */
    if (mnl_attr_type_valid(attr, sorted->max) < 0) {
        return MNL_CB_OK;
    }
    policy = &sorted->policy[type];
    if (mnl_attr_validate(attr, policy->type) < 0
        || mnl_attr_get_payload_len(attr) < policy->size) {
        return MNL_CB_ERROR;
    }
    sorted->tb[type] = attr;
    return MNL_CB_OK;
}

/* Sorts the inside of 'nest' into 'tb', which is all NULL. */
static bool
sort_nest(const struct nlattr *nest, const struct policy policy[],
          const struct nlattr **tb, uint16_t max)
{
    struct sorted sorted = { .tb = tb, .policy = policy, .max = max };

    return mnl_attr_parse_nested(nest, sort_attr, &sorted) > 0;
}

/* Actions. */

static bool
parse_stats(const struct nlattr *stats, struct flow_facts *facts)
{
    static const struct policy policy[TCA_STATS_MAX + 1] = {
        [TCA_STATS_BASIC] = { MNL_TYPE_UNSPEC, 12 },
        [TCA_STATS_BASIC_HW] = { MNL_TYPE_UNSPEC, 12 },
    };
    const struct nlattr *tb[TCA_STATS_MAX + 1] = { NULL };
    const struct gnet_stats_basic *basic;

    if (!sort_nest(stats, policy, tb, TCA_STATS_MAX)) {
        return false;
    }
    if (tb[TCA_STATS_BASIC]) {
        basic = mnl_attr_get_payload(tb[TCA_STATS_BASIC]);
        facts_count(facts, basic->packets, basic->bytes, false);
    }
    if (tb[TCA_STATS_BASIC_HW]) {
        basic = mnl_attr_get_payload(tb[TCA_STATS_BASIC_HW]);
        facts_count(facts, basic->packets, basic->bytes, true);
    }
    return true;
}

static void
take_time(const struct nlattr *attr, struct flow_facts *facts)
{
    if (attr) {
        const struct tcf_t *tm = mnl_attr_get_payload(attr);

        facts->idle = MIN(facts->idle, tm->lastuse * 10);
    }
}

static bool
parse_mirred(const struct nlattr *options, struct flow_facts *facts)
{
    static const struct policy policy[TCA_MIRRED_MAX + 1] = {
        [TCA_MIRRED_PARMS] = { MNL_TYPE_UNSPEC, sizeof(struct tc_mirred) },
        [TCA_MIRRED_TM] = { MNL_TYPE_UNSPEC, sizeof(struct tcf_t) },
    };
    const struct nlattr *tb[TCA_MIRRED_MAX + 1] = { NULL };

    if (!sort_nest(options, policy, tb, TCA_MIRRED_MAX)) {
        return false;
    }
    take_time(tb[TCA_MIRRED_TM], facts);
    if (tb[TCA_MIRRED_PARMS]) {
        const struct tc_mirred *parms
            = mnl_attr_get_payload(tb[TCA_MIRRED_PARMS]);

        if (facts->n_outputs >= FACTS_MAX_OUTPUTS) {
            return false;
        }
        facts->outputs[facts->n_outputs++] = parms->ifindex;
    }
    return true;
}

static bool
parse_gact(const struct nlattr *options, struct flow_facts *facts)
{
    static const struct policy policy[TCA_GACT_MAX + 1] = {
        [TCA_GACT_PARMS] = { MNL_TYPE_UNSPEC, sizeof(struct tc_gact) },
        [TCA_GACT_TM] = { MNL_TYPE_UNSPEC, sizeof(struct tcf_t) },
    };
    const struct nlattr *tb[TCA_GACT_MAX + 1] = { NULL };

    if (!sort_nest(options, policy, tb, TCA_GACT_MAX)) {
        return false;
    }
    take_time(tb[TCA_GACT_TM], facts);
    if (tb[TCA_GACT_PARMS]) {
        const struct tc_gact *parms
            = mnl_attr_get_payload(tb[TCA_GACT_PARMS]);

        if (TC_ACT_EXT_CMP(parms->action, TC_ACT_GOTO_CHAIN)) {
            facts->jumps = true;
            facts->target = parms->action & TC_ACT_EXT_VAL_MASK;
        } else if (parms->action == TC_ACT_SHOT) {
            facts->drop = true;
        }
    }
    return true;
}

static bool
parse_ct(const struct nlattr *options, struct flow_facts *facts)
{
    static const struct policy policy[TCA_CT_MAX + 1] = {
        [TCA_CT_TM] = { MNL_TYPE_UNSPEC, sizeof(struct tcf_t) },
        [TCA_CT_ACTION] = { MNL_TYPE_U16, 0 },
        [TCA_CT_ZONE] = { MNL_TYPE_U16, 0 },
    };
    const struct nlattr *tb[TCA_CT_MAX + 1] = { NULL };
    uint16_t action;

    if (!sort_nest(options, policy, tb, TCA_CT_MAX)) {
        return false;
    }
    take_time(tb[TCA_CT_TM], facts);
    action = tb[TCA_CT_ACTION] ? mnl_attr_get_u16(tb[TCA_CT_ACTION]) : 0;
    if (tb[TCA_CT_ZONE] && !(action & TCA_CT_ACT_CLEAR) && !facts->has_zone) {
        facts->has_zone = true;
        facts->zone = mnl_attr_get_u16(tb[TCA_CT_ZONE]);
    }
    return true;
}

static bool
parse_tunnel_key(const struct nlattr *options, struct flow_facts *facts)
{
    static const struct policy policy[TCA_TUNNEL_KEY_MAX + 1] = {
        [TCA_TUNNEL_KEY_PARMS] = { MNL_TYPE_UNSPEC,
                                   sizeof(struct tc_tunnel_key) },
        [TCA_TUNNEL_KEY_TM] = { MNL_TYPE_UNSPEC, sizeof(struct tcf_t) },
    };
    const struct nlattr *tb[TCA_TUNNEL_KEY_MAX + 1] = { NULL };

    if (!sort_nest(options, policy, tb, TCA_TUNNEL_KEY_MAX)) {
        return false;
    }
    take_time(tb[TCA_TUNNEL_KEY_TM], facts);
    if (tb[TCA_TUNNEL_KEY_PARMS]) {
        const struct tc_tunnel_key *parms
            = mnl_attr_get_payload(tb[TCA_TUNNEL_KEY_PARMS]);

        facts->decap |= parms->t_action == TCA_TUNNEL_KEY_ACT_RELEASE;
    }
    return true;
}

static bool
parse_options(const char *kind, const struct nlattr *options,
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
        return true;
    }
}

/* Stores into '*is_ovs' whether there is a cookie. */
static bool
parse_action(const struct nlattr *action, struct flow_facts *facts,
             bool *is_ovs)
{
    static const struct policy policy[TCA_ACT_MAX + 1] = {
        [TCA_ACT_KIND] = { MNL_TYPE_NUL_STRING, 0 },
        [TCA_ACT_OPTIONS] = { MNL_TYPE_NESTED, 0 },
        [TCA_ACT_STATS] = { MNL_TYPE_NESTED, 0 },
        [TCA_ACT_COOKIE] = { MNL_TYPE_BINARY, 0 },
    };
    const struct nlattr *tb[TCA_ACT_MAX + 1] = { NULL };

    if (!sort_nest(action, policy, tb, TCA_ACT_MAX) || !tb[TCA_ACT_KIND]) {
        return false;
    }
    if (tb[TCA_ACT_COOKIE]
        && mnl_attr_get_payload_len(tb[TCA_ACT_COOKIE]) == FACTS_UFID_LEN) {
        memcpy(facts->ufid, mnl_attr_get_payload(tb[TCA_ACT_COOKIE]),
               FACTS_UFID_LEN);
        *is_ovs = true;
    }
    if (tb[TCA_ACT_STATS] && !parse_stats(tb[TCA_ACT_STATS], facts)) {
        return false;
    }
    return (!tb[TCA_ACT_OPTIONS]
            || parse_options(mnl_attr_get_str(tb[TCA_ACT_KIND]),
                             tb[TCA_ACT_OPTIONS], facts));
}

/* The filter. */

static void
parse_keys(const struct nlattr **tb, struct flow_facts *facts)
{
    static const uint8_t exact[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    const struct nlattr *mask = tb[TCA_FLOWER_KEY_ETH_DST_MASK];

    if (tb[TCA_FLOWER_KEY_ETH_DST]
        && (!mask
            || !memcmp(mnl_attr_get_payload(mask), exact, sizeof exact))) {
        memcpy(facts->mac, mnl_attr_get_payload(tb[TCA_FLOWER_KEY_ETH_DST]),
               sizeof facts->mac);
        facts->has_mac = true;
    }
    if (tb[TCA_FLOWER_KEY_ENC_KEY_ID] || tb[TCA_FLOWER_KEY_ENC_IPV4_DST]
        || tb[TCA_FLOWER_KEY_ENC_IPV6_DST]) {
        facts->decap = true;
    }
}

static bool
parse_flower(const struct nlattr *options, struct flow_facts *facts)
{
    static const struct policy policy[TCA_FLOWER_MAX + 1] = {
        [TCA_FLOWER_ACT] = { MNL_TYPE_NESTED, 0 },
        [TCA_FLOWER_FLAGS] = { MNL_TYPE_U32, 0 },
        [TCA_FLOWER_KEY_ETH_DST] = { MNL_TYPE_UNSPEC, 6 },
        [TCA_FLOWER_KEY_ETH_DST_MASK] = { MNL_TYPE_UNSPEC, 6 },
        [TCA_FLOWER_KEY_ENC_KEY_ID] = { MNL_TYPE_U32, 0 },
        [TCA_FLOWER_KEY_ENC_IPV4_DST] = { MNL_TYPE_U32, 0 },
        [TCA_FLOWER_KEY_ENC_IPV6_DST] = { MNL_TYPE_UNSPEC, 16 },
    };
    const struct nlattr *tb[TCA_FLOWER_MAX + 1] = { NULL };
    const struct nlattr *action;
    bool is_ovs = false;

    if (!sort_nest(options, policy, tb, TCA_FLOWER_MAX)) {
        return false;
    }
    if (tb[TCA_FLOWER_FLAGS]) {
        facts->in_hw = (mnl_attr_get_u32(tb[TCA_FLOWER_FLAGS])
                        & TCA_CLS_FLAGS_IN_HW) != 0;
    }
    parse_keys(tb, facts);
    if (tb[TCA_FLOWER_ACT]) {
        mnl_attr_for_each_nested (action, tb[TCA_FLOWER_ACT]) {
            if (!parse_action(action, facts, &is_ovs)) {
                return false;
            }
        }
    }
    return is_ovs;
}

bool
mnl_parse(const struct nlmsghdr *nlh, struct flow_facts *facts)
{
    static const struct policy policy[TCA_MAX + 1] = {
        [TCA_KIND] = { MNL_TYPE_NUL_STRING, 0 },
        [TCA_OPTIONS] = { MNL_TYPE_NESTED, 0 },
        [TCA_CHAIN] = { MNL_TYPE_U32, 0 },
    };
    const struct nlattr *tb[TCA_MAX + 1] = { NULL };
    struct sorted sorted = { .tb = tb, .policy = policy, .max = TCA_MAX };
    const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);

    if (mnl_nlmsg_get_payload_len(nlh) < sizeof *tcm
        || mnl_attr_parse(nlh, sizeof *tcm, sort_attr, &sorted) < 0
        || !tb[TCA_KIND] || !tb[TCA_OPTIONS]
        || strcmp(mnl_attr_get_str(tb[TCA_KIND]), "flower")) {
        return false;
    }
    facts->dev = tcm->tcm_ifindex;
    facts->handle = tcm->tcm_handle;
    facts->prio = TC_H_MAJ(tcm->tcm_info) >> 16;
    if (tb[TCA_CHAIN]) {
        facts->chain = mnl_attr_get_u32(tb[TCA_CHAIN]);
    }
    return parse_flower(tb[TCA_OPTIONS], facts);
}
