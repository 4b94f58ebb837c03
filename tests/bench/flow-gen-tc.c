/* SPDX-License-Identifier: Apache-2.0 */

/* Attributes in the order, and with the companions, that Linux 6.1 gives
 * them. */

#include <config.h>

#include "tests/bench/flow-gen.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <string.h>

#include "util.h"

/* What the functions below write to. */
struct message {
    struct nlmsghdr *nlh;
    const struct gen_flow *f;
    bool terse;
    int n_actions;              /* So far. */
};

static uint16_t
ether_type(const struct gen_flow *f)
{
    return (f->kind == GEN_FLOOD ? ETH_P_ARP
            : f->kind == GEN_DROP ? ETH_P_IPV6 : ETH_P_IP);
}

/* ovs-vswitchd gives each ethertype (and mask) a priority. */
static uint16_t
prio(const struct gen_flow *f)
{
    return f->kind == GEN_FLOOD ? 5 : f->kind == GEN_DROP ? 3 : 2;
}

/* Starts attribute 'type' that has others in it; tc's mostly lack
 * NLA_F_NESTED. */
static struct nlattr *
nest(struct nlmsghdr *nlh, uint16_t type)
{
    struct nlattr *nla = mnl_nlmsg_get_payload_tail(nlh);

    mnl_attr_put(nlh, type, 0, NULL);
    return nla;
}

/* A value and its mask. */
static void
put_masked(struct nlmsghdr *nlh, uint16_t type, uint16_t mask_type,
           const void *value, size_t size)
{
    static const uint8_t ones[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    mnl_attr_put(nlh, type, size, value);
    mnl_attr_put(nlh, mask_type, size, ones);
}

static void
put_masked_be32(struct nlmsghdr *nlh, uint16_t type, uint16_t mask_type,
                uint32_t value)
{
    value = htonl(value);
    put_masked(nlh, type, mask_type, &value, sizeof value);
}

/* Match. */

/* In a match and, as the numbers are the same, in an action. */
BUILD_ASSERT_DECL((int) TCA_TUNNEL_KEY_ENC_OPTS_GENEVE
                  == (int) TCA_FLOWER_KEY_ENC_OPTS_GENEVE);
BUILD_ASSERT_DECL((int) TCA_TUNNEL_KEY_ENC_OPT_GENEVE_DATA
                  == (int) TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA);

static void
put_geneve(struct nlmsghdr *nlh, uint16_t type, uint32_t value)
{
    struct nlattr *options = mnl_attr_nest_start(nlh, type);
    struct nlattr *geneve = mnl_attr_nest_start(
        nlh, TCA_FLOWER_KEY_ENC_OPTS_GENEVE);

    mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_ENC_OPT_GENEVE_CLASS, htons(0x102));
    mnl_attr_put_u8(nlh, TCA_FLOWER_KEY_ENC_OPT_GENEVE_TYPE, 0x80);
    mnl_attr_put_u32(nlh, TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA, htonl(value));
    mnl_attr_nest_end(nlh, geneve);
    mnl_attr_nest_end(nlh, options);
}

static void
put_ethernet(struct nlmsghdr *nlh, const struct gen_flow *f)
{
    uint8_t src[6] = { 0x0a, 0x58, 0xc0, 0xa8, 0, f->pod };
    uint8_t dst[6] = { 0x0a, 0x58, 0xc0, 0xa8, 0, f->peer };

    if (f->kind == GEN_FLOOD) {
        memset(dst, 0xff, sizeof dst);
    } else if (gen_is_decap(f)) {
        src[5] = f->peer;
        dst[5] = f->pod;
    }
    if (f->kind != GEN_DROP) {
        put_masked(nlh, TCA_FLOWER_KEY_ETH_DST, TCA_FLOWER_KEY_ETH_DST_MASK,
                   dst, sizeof dst);
    }
    put_masked(nlh, TCA_FLOWER_KEY_ETH_SRC, TCA_FLOWER_KEY_ETH_SRC_MASK,
               src, sizeof src);
    mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_ETH_TYPE, htons(ether_type(f)));
}

static void
put_ip(struct nlmsghdr *nlh, const struct gen_flow *f)
{
    bool in = gen_is_decap(f);
    uint16_t port = htons(f->port);

    mnl_attr_put_u8(nlh, TCA_FLOWER_KEY_IP_PROTO, IPPROTO_TCP);
    put_masked_be32(nlh, TCA_FLOWER_KEY_IPV4_SRC, TCA_FLOWER_KEY_IPV4_SRC_MASK,
                    in ? f->dst : f->src);
    put_masked_be32(nlh, TCA_FLOWER_KEY_IPV4_DST, TCA_FLOWER_KEY_IPV4_DST_MASK,
                    in ? f->src : f->dst);
    put_masked(nlh, TCA_FLOWER_KEY_TCP_DST, TCA_FLOWER_KEY_TCP_DST_MASK,
               &port, sizeof port);
}

static void
put_tunnel(struct nlmsghdr *nlh, const struct gen_flow *f)
{
    uint16_t port = htons(6081);

    put_masked_be32(nlh, TCA_FLOWER_KEY_ENC_IPV4_SRC,
                    TCA_FLOWER_KEY_ENC_IPV4_SRC_MASK, 0xc0a80000 + f->tunnel);
    put_masked_be32(nlh, TCA_FLOWER_KEY_ENC_IPV4_DST,
                    TCA_FLOWER_KEY_ENC_IPV4_DST_MASK, 0xc0a8ff01);
    mnl_attr_put_u32(nlh, TCA_FLOWER_KEY_ENC_KEY_ID, htonl(f->tunnel));
    put_masked(nlh, TCA_FLOWER_KEY_ENC_UDP_DST_PORT,
               TCA_FLOWER_KEY_ENC_UDP_DST_PORT_MASK, &port, sizeof port);
    put_geneve(nlh, TCA_FLOWER_KEY_ENC_OPTS, f->tunnel << 16 | f->zone);
    put_geneve(nlh, TCA_FLOWER_KEY_ENC_OPTS_MASK, 0x7fffffff);
}

static void
put_ct_match(struct nlmsghdr *nlh, const struct gen_flow *f)
{
    mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_CT_STATE,
                     TCA_FLOWER_KEY_CT_FLAGS_ESTABLISHED
                     | TCA_FLOWER_KEY_CT_FLAGS_TRACKED);
    mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_CT_STATE_MASK, 0x3f);
    mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_CT_ZONE, f->zone);
    mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_CT_ZONE_MASK, 0xffff);
    mnl_attr_put_u32(nlh, TCA_FLOWER_KEY_CT_MARK, 0);
    mnl_attr_put_u32(nlh, TCA_FLOWER_KEY_CT_MARK_MASK, 1);
}

static void
put_match(struct nlmsghdr *nlh, const struct gen_flow *f)
{
    put_ethernet(nlh, f);
    if (ether_type(f) == ETH_P_IP) {
        put_ip(nlh, f);
    } else if (f->kind == GEN_FLOOD) {
        put_masked_be32(nlh, TCA_FLOWER_KEY_ARP_TIP,
                        TCA_FLOWER_KEY_ARP_TIP_MASK, f->dst);
        mnl_attr_put_u8(nlh, TCA_FLOWER_KEY_ARP_OP, 1);
        mnl_attr_put_u8(nlh, TCA_FLOWER_KEY_ARP_OP_MASK, 0xff);
    }
    if (gen_is_decap(f)) {
        put_tunnel(nlh, f);
    }
    if (gen_is_established(f)) {
        put_ct_match(nlh, f);
    }
    if (ether_type(f) == ETH_P_IP) {
        mnl_attr_put_u32(nlh, TCA_FLOWER_KEY_FLAGS, 0);
        mnl_attr_put_u32(nlh, TCA_FLOWER_KEY_FLAGS_MASK, htonl(1));
    }
}

/* Actions. */

static void
put_stats(const struct message *m)
{
    struct gnet_stats_basic basic = {
        .bytes = m->f->bytes, .packets = m->f->packets,
    };
    struct gnet_stats_queue queue = { .qlen = 0 };
    struct nlattr *stats = nest(m->nlh, TCA_ACT_STATS);

    mnl_attr_put(m->nlh, TCA_STATS_BASIC, sizeof basic, &basic);
    mnl_attr_put(m->nlh, TCA_STATS_BASIC_HW, sizeof basic, &basic);
    mnl_attr_put(m->nlh, TCA_STATS_QUEUE, sizeof queue, &queue);
    mnl_attr_nest_end(m->nlh, stats);
}

/* Starts an action; '*options' is that of its options, which a terse dump has
 * not. */
static struct nlattr *
start_action(struct message *m, const char *kind, struct nlattr **options)
{
    struct nlattr *action = nest(m->nlh, ++m->n_actions);
    struct nla_bitfield32 delayed = { 1, 1 };
    struct nla_bitfield32 flags = {
        TCA_ACT_FLAGS_NO_PERCPU_STATS, TCA_ACT_FLAGS_NO_PERCPU_STATS
    };

    mnl_attr_put_strz(m->nlh, TCA_ACT_KIND, kind);
    put_stats(m);
    mnl_attr_put(m->nlh, TCA_ACT_COOKIE, sizeof m->f->ufid, m->f->ufid);
    *options = NULL;
    if (!m->terse) {
        mnl_attr_put(m->nlh, TCA_ACT_USED_HW_STATS, sizeof delayed, &delayed);
        mnl_attr_put(m->nlh, TCA_ACT_FLAGS, sizeof flags, &flags);
        mnl_attr_put_u32(m->nlh, TCA_ACT_IN_HW_COUNT, 1);
        *options = nest(m->nlh, TCA_ACT_OPTIONS);
    }
    return action;
}

/* Ends it, with its times as attribute 'tm_type'. */
static void
end_action(struct message *m, struct nlattr *action, struct nlattr *options,
           uint16_t tm_type)
{
    if (options) {
        struct tcf_t tm = {
            .install = 100000,
            .lastuse = m->f->idle / 10,
            .firstuse = 100000,
        };

        mnl_attr_put(m->nlh, tm_type, sizeof tm, &tm);
        mnl_attr_nest_end(m->nlh, options);
    }
    mnl_attr_nest_end(m->nlh, action);
}

static void
put_mirred(struct message *m, uint32_t ifindex, bool last)
{
    struct nlattr *options;
    struct nlattr *action = start_action(m, "mirred", &options);

    if (options) {
        struct tc_mirred mirred = {
            .index = m->n_actions, .refcnt = 1, .bindcnt = 1,
            .action = last ? TC_ACT_STOLEN : TC_ACT_PIPE,
            .eaction = last ? TCA_EGRESS_REDIR : TCA_EGRESS_MIRROR,
            .ifindex = ifindex,
        };

        mnl_attr_put(m->nlh, TCA_MIRRED_PARMS, sizeof mirred, &mirred);
    }
    end_action(m, action, options, TCA_MIRRED_TM);
}

static void
put_gact(struct message *m, int verdict)
{
    struct nlattr *options;
    struct nlattr *action = start_action(m, "gact", &options);

    if (options) {
        struct tc_gact gact = {
            .index = m->n_actions, .refcnt = 1, .bindcnt = 1,
            .action = verdict,
        };

        mnl_attr_put(m->nlh, TCA_GACT_PARMS, sizeof gact, &gact);
    }
    end_action(m, action, options, TCA_GACT_TM);
}

static void
put_ct(struct message *m)
{
    struct nlattr *options;
    struct nlattr *action = start_action(m, "ct", &options);

    if (options) {
        struct tc_ct ct = {
            .index = m->n_actions, .refcnt = 1, .bindcnt = 1,
            .action = TC_ACT_PIPE,
        };

        mnl_attr_put_u16(m->nlh, TCA_CT_ACTION, TCA_CT_ACT_NAT);
        mnl_attr_put_u16(m->nlh, TCA_CT_ZONE, m->f->zone);
        mnl_attr_put(m->nlh, TCA_CT_PARMS, sizeof ct, &ct);
    }
    end_action(m, action, options, TCA_CT_TM);
}

static void
put_tunnel_key(struct message *m, bool set)
{
    struct nlattr *options;
    struct nlattr *action = start_action(m, "tunnel_key", &options);
    struct nlmsghdr *nlh = m->nlh;

    if (options) {
        struct tc_tunnel_key key = {
            .index = m->n_actions, .refcnt = 1, .bindcnt = 1,
            .action = TC_ACT_PIPE,
            .t_action = (set ? TCA_TUNNEL_KEY_ACT_SET
                         : TCA_TUNNEL_KEY_ACT_RELEASE),
        };

        mnl_attr_put(nlh, TCA_TUNNEL_KEY_PARMS, sizeof key, &key);
        if (set) {
            mnl_attr_put_u32(nlh, TCA_TUNNEL_KEY_ENC_KEY_ID,
                             htonl(m->f->tunnel));
            mnl_attr_put_u32(nlh, TCA_TUNNEL_KEY_ENC_IPV4_SRC, 0);
            mnl_attr_put_u32(nlh, TCA_TUNNEL_KEY_ENC_IPV4_DST,
                             htonl(0xc0a80000 + m->f->tunnel));
            mnl_attr_put_u16(nlh, TCA_TUNNEL_KEY_ENC_DST_PORT, htons(6081));
            mnl_attr_put_u8(nlh, TCA_TUNNEL_KEY_NO_CSUM, 0);
            put_geneve(nlh, TCA_TUNNEL_KEY_ENC_OPTS,
                       m->f->tunnel << 16 | m->f->zone);
            mnl_attr_put_u8(nlh, TCA_TUNNEL_KEY_ENC_TTL, 64);
        }
    }
    end_action(m, action, options, TCA_TUNNEL_KEY_TM);
}

static void
put_actions(struct message *m)
{
    const struct gen_flow *f = m->f;

    switch (f->kind) {
    case GEN_SEND:
    case GEN_DECAP:
        put_ct(m);
        put_gact(m, TC_ACT_GOTO_CHAIN | f->target);
        break;

    case GEN_SENT:
        if (f->local) {
            put_mirred(m, GEN_POD_IFINDEX + f->peer, true);
        } else {
            put_tunnel_key(m, true);
            put_mirred(m, GEN_TUNNEL_IFINDEX, true);
        }
        break;

    case GEN_DELIVER:
        put_tunnel_key(m, false);
        put_mirred(m, GEN_POD_IFINDEX + f->pod, true);
        break;

    case GEN_PLAIN:
        put_mirred(m, GEN_POD_IFINDEX + f->peer, true);
        break;

    case GEN_DROP:
        put_gact(m, TC_ACT_SHOT);
        break;

    case GEN_FLOOD:
        for (int i = 0; i < GEN_OUTPUTS; i++) {
            put_mirred(m, GEN_POD_IFINDEX + f->outs[i], i == GEN_OUTPUTS - 1);
        }
        break;
    }
}

size_t
gen_message(const struct gen_flow *f, uint32_t i, bool terse, void *buf)
{
    struct message m = { .f = f, .terse = terse };
    struct nlattr *options, *actions;
    struct nlmsghdr *nlh;
    struct tcmsg *tcm;

    m.nlh = nlh = mnl_nlmsg_put_header(buf);
    nlh->nlmsg_type = RTM_NEWTFILTER;
    nlh->nlmsg_flags = NLM_F_MULTI;
    nlh->nlmsg_seq = 1;
    tcm = mnl_nlmsg_put_extra_header(nlh, sizeof *tcm);
    tcm->tcm_ifindex = (gen_is_decap(f) ? GEN_TUNNEL_IFINDEX
                        : GEN_POD_IFINDEX + f->pod);
    tcm->tcm_handle = i + 1;
    tcm->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
    tcm->tcm_info = TC_H_MAKE(prio(f) << 16, htons(ether_type(f)));

    mnl_attr_put_strz(nlh, TCA_KIND, "flower");
    mnl_attr_put_u32(nlh, TCA_CHAIN, f->chain);
    options = nest(nlh, TCA_OPTIONS);
    if (!terse) {
        put_match(nlh, f);
    }
    mnl_attr_put_u32(nlh, TCA_FLOWER_FLAGS, TCA_CLS_FLAGS_IN_HW);
    if (!terse) {
        mnl_attr_put_u32(nlh, TCA_FLOWER_IN_HW_COUNT, 1);
    }
    actions = nest(nlh, TCA_FLOWER_ACT);
    put_actions(&m);
    mnl_attr_nest_end(nlh, actions);
    mnl_attr_nest_end(nlh, options);
    return nlh->nlmsg_len;
}
