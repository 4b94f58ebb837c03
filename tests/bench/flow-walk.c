/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/bench/flow-walk.h"

#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Parsing. */

static void
parse_stats(const struct nlattr *stats, struct walk_flow *flow)
{
    const struct gnet_stats_basic *basic;
    const struct nlattr *attr;

    mnl_attr_for_each_nested (attr, stats) {
        switch (mnl_attr_get_type(attr)) {
        case TCA_STATS_BASIC:
            basic = mnl_attr_get_payload(attr);
            if (basic->packets > flow->packets) {
                flow->packets = basic->packets;
                flow->bytes = basic->bytes;
            }
            break;

        case TCA_STATS_BASIC_HW:
            basic = mnl_attr_get_payload(attr);
            if (basic->packets > flow->hw_packets) {
                flow->hw_packets = basic->packets;
                flow->hw_bytes = basic->bytes;
            }
            break;
        }
    }
}

static void
take_time(const struct nlattr *attr, struct walk_flow *flow)
{
    const struct tcf_t *tm = mnl_attr_get_payload(attr);

    flow->last_used = MIN(flow->last_used, tm->lastuse);
}

static void
parse_mirred(const struct nlattr *options, struct walk_flow *flow)
{
    const struct nlattr *attr;

    mnl_attr_for_each_nested (attr, options) {
        if (mnl_attr_get_type(attr) == TCA_MIRRED_PARMS) {
            const struct tc_mirred *mirred = mnl_attr_get_payload(attr);

            if (flow->n_outputs >= WALK_MAX_OUTPUTS) {
                ovs_fatal(0, "more outputs than expected");
            }
            flow->outputs[flow->n_outputs++] = mirred->ifindex;
        } else if (mnl_attr_get_type(attr) == TCA_MIRRED_TM) {
            take_time(attr, flow);
        }
    }
}

static void
parse_gact(const struct nlattr *options, struct walk_flow *flow)
{
    const struct nlattr *attr;

    mnl_attr_for_each_nested (attr, options) {
        if (mnl_attr_get_type(attr) == TCA_GACT_PARMS) {
            const struct tc_gact *gact = mnl_attr_get_payload(attr);

            if (TC_ACT_EXT_CMP(gact->action, TC_ACT_GOTO_CHAIN)) {
                flow->target = gact->action & TC_ACT_EXT_VAL_MASK;
            } else if (gact->action == TC_ACT_SHOT) {
                flow->drop = true;
            }
        } else if (mnl_attr_get_type(attr) == TCA_GACT_TM) {
            take_time(attr, flow);
        }
    }
}

static void
parse_ct(const struct nlattr *options, struct walk_flow *flow)
{
    const struct nlattr *attr;

    mnl_attr_for_each_nested (attr, options) {
        if (mnl_attr_get_type(attr) == TCA_CT_ZONE) {
            flow->zone = mnl_attr_get_u16(attr);
        } else if (mnl_attr_get_type(attr) == TCA_CT_TM) {
            take_time(attr, flow);
        }
    }
}

static void
parse_tunnel_key(const struct nlattr *options, struct walk_flow *flow)
{
    const struct nlattr *attr;

    mnl_attr_for_each_nested (attr, options) {
        if (mnl_attr_get_type(attr) == TCA_TUNNEL_KEY_PARMS) {
            const struct tc_tunnel_key *key = mnl_attr_get_payload(attr);

            flow->decap |= key->t_action == TCA_TUNNEL_KEY_ACT_RELEASE;
        } else if (mnl_attr_get_type(attr) == TCA_TUNNEL_KEY_TM) {
            take_time(attr, flow);
        }
    }
}

static void
parse_options(const char *kind, const struct nlattr *options,
              struct walk_flow *flow)
{
    if (!strcmp(kind, "mirred")) {
        parse_mirred(options, flow);
    } else if (!strcmp(kind, "gact")) {
        parse_gact(options, flow);
    } else if (!strcmp(kind, "ct")) {
        parse_ct(options, flow);
    } else if (!strcmp(kind, "tunnel_key")) {
        parse_tunnel_key(options, flow);
    }
}

static bool
parse_action(const struct nlattr *action, struct walk_flow *flow)
{
    const struct nlattr *attr, *options = NULL;
    const char *kind = "";
    bool is_ovs = false;

    mnl_attr_for_each_nested (attr, action) {
        switch (mnl_attr_get_type(attr)) {
        case TCA_ACT_KIND:
            kind = mnl_attr_get_str(attr);
            break;

        case TCA_ACT_STATS:
            parse_stats(attr, flow);
            break;

        case TCA_ACT_COOKIE:
            if (mnl_attr_get_payload_len(attr) == sizeof flow->ufid) {
                memcpy(flow->ufid, mnl_attr_get_payload(attr),
                       sizeof flow->ufid);
                is_ovs = true;
            }
            break;

        case TCA_ACT_OPTIONS:
            options = attr;
            break;
        }
    }
    if (options) {
        parse_options(kind, options, flow);
    }
    return is_ovs;
}

static bool
parse_flower(const struct nlattr *options, struct walk_flow *flow)
{
    const struct nlattr *attr, *action;
    bool is_ovs = false;

    mnl_attr_for_each_nested (attr, options) {
        switch (mnl_attr_get_type(attr)) {
        case TCA_FLOWER_KEY_ETH_DST:
            memcpy(flow->mac, mnl_attr_get_payload(attr), sizeof flow->mac);
            flow->has_mac = true;
            break;

        case TCA_FLOWER_KEY_ENC_KEY_ID:
            flow->decap = true;
            break;

        case TCA_FLOWER_FLAGS:
            flow->in_hw = mnl_attr_get_u32(attr) & TCA_CLS_FLAGS_IN_HW;
            break;

        case TCA_FLOWER_ACT:
            mnl_attr_for_each_nested (action, attr) {
                is_ovs |= parse_action(action, flow);
            }
            break;
        }
    }
    return is_ovs;
}

bool
walk_parse(const struct nlmsghdr *nlh, struct walk_flow *flow)
{
    const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *attr;
    const char *kind = "";
    bool is_ovs = false;

    memset(flow, 0, sizeof *flow);
    flow->last_used = UINT32_MAX;
    flow->dev = tcm->tcm_ifindex;
    flow->handle = tcm->tcm_handle;
    flow->prio = TC_H_MAJ(tcm->tcm_info) >> 16;
    mnl_attr_for_each (attr, nlh, sizeof *tcm) {
        switch (mnl_attr_get_type(attr)) {
        case TCA_KIND:
            kind = mnl_attr_get_str(attr);
            break;

        case TCA_CHAIN:
            flow->chain = mnl_attr_get_u32(attr);
            break;

        case TCA_OPTIONS:
            if (!strcmp(kind, "flower")) {
                is_ovs = parse_flower(attr, flow);
            }
            break;
        }
    }
    return is_ovs;
}

/* Table. */

void
walk_table_init(struct walk_table *t, size_t max)
{
    size_t n_buckets = 1;

    while (n_buckets < max) {
        n_buckets *= 2;
    }
    t->flows = xmalloc(max * sizeof *t->flows);
    t->buckets = xzalloc(n_buckets * sizeof *t->buckets);
    t->mask = n_buckets - 1;
    t->max = max;
    t->n = 0;
    t->free = 0;
    for (size_t i = max; i-- > 0; ) {
        t->flows[i].next = t->free;
        t->free = i + 1;
    }
}

void
walk_table_destroy(struct walk_table *t)
{
    free(t->flows);
    free(t->buckets);
}

/* Returns the pointer to 'ufid's flow: to 0 if there is none. */
static uint32_t *
find(struct walk_table *t, const uint8_t ufid[16])
{
    uint32_t hash, *p;

    /* A ufid is a hash. */
    memcpy(&hash, ufid, sizeof hash);
    p = &t->buckets[hash & t->mask];
    while (*p && memcmp(t->flows[*p - 1].ufid, ufid, 16)) {
        p = &t->flows[*p - 1].next;
    }
    return p;
}

void
walk_table_put(struct walk_table *t, const struct walk_flow *flow)
{
    uint32_t *p = find(t, flow->ufid);
    uint32_t next = 0;

    if (*p) {
        next = t->flows[*p - 1].next;
    } else {
        if (!t->free) {
            ovs_fatal(0, "more flows than expected");
        }
        *p = t->free;
        t->free = t->flows[*p - 1].next;
        t->n++;
    }
    t->flows[*p - 1] = *flow;
    t->flows[*p - 1].next = next;
}

void
walk_table_refresh(struct walk_table *t, const struct walk_flow *from)
{
    uint32_t *p = find(t, from->ufid);

    if (*p) {
        struct walk_flow *flow = &t->flows[*p - 1];

        flow->packets = from->packets;
        flow->bytes = from->bytes;
        flow->hw_packets = from->hw_packets;
        flow->hw_bytes = from->hw_bytes;
        flow->in_hw = from->in_hw;
    }
}

void
walk_table_delete(struct walk_table *t, const uint8_t ufid[16])
{
    uint32_t *p = find(t, ufid);

    if (*p) {
        uint32_t i = *p;

        *p = t->flows[i - 1].next;
        t->flows[i - 1].next = t->free;
        t->free = i;
        t->n--;
    }
}

void
walk_table_sum(const struct walk_table *t, struct facts_sums *sums)
{
    for (size_t i = 0; i <= t->mask; i++) {
        for (uint32_t j = t->buckets[i]; j; j = t->flows[j - 1].next) {
            struct walk_flow *flow = &t->flows[j - 1];
            struct flow_facts facts = {
                .packets = flow->packets, .bytes = flow->bytes,
                .hw_packets = flow->hw_packets, .hw_bytes = flow->hw_bytes,
                .dev = flow->dev, .chain = flow->chain,
                .handle = flow->handle, .target = flow->target,
                .idle = flow->last_used * 10, .prio = flow->prio,
                .zone = flow->zone, .in_hw = flow->in_hw,
                .jumps = flow->target != 0, .drop = flow->drop,
                .decap = flow->decap, .has_zone = flow->zone != 0,
                .has_mac = flow->has_mac,
                .n_outputs = flow->n_outputs, .outputs = flow->outputs,
            };

            memcpy(facts.ufid, flow->ufid, sizeof facts.ufid);
            memcpy(facts.mac, flow->mac, sizeof facts.mac);
            facts_sums_add(sums, &facts);
        }
    }
}
