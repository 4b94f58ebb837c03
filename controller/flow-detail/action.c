/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-detail/private.h"

#include <linux/types.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_csum.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_mpls.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <linux/tc_act/tc_vlan.h>
#include <netinet/in.h>
#include <string.h>

#include "flow.h"
#include "netlink.h"
#include "netlink/nl-attr.h"
#include "odp-netlink.h"
#include "openvswitch/geneve.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"

/* Actions of a tc filter, as actions of the datapath. */

/* Greatest type of an option of any kind of action that is looked at, plus
 * one. */
#define N_OPTIONS 32

/* First and last index of policers that are meters. */
#define METER_POLICE_FIRST 0x10000000
#define METER_POLICE_LAST 0x1fffffff

/* 'struct action' jump. */
#define JUMP_NONE 0             /* Goes on with the next one. */
#define JUMP_STOP UINT32_MAX    /* Is the last one. */

struct action {
    const struct action_kind *kind; /* What it is. */
    const struct nlattr *tb[N_OPTIONS]; /* Its options, by type. */
    const void *parms;          /* Those that each of its kind has. */
    uint32_t jump;              /* Which action, from 0, comes after it. */
};

struct action_kind {
    const char *name;           /* TCA_ACT_KIND. */
    uint16_t parms_type;        /* Type of 'parms'. */
    size_t parms_size;          /* Size of 'parms', at least, in bytes. */
    /* Appends what it does to the actions of the datapath.  NULL if no flow
     * says so. */
    bool (*put)(struct flow_detail *, const struct action *, struct ofpbuf *);
};

static bool
malformed(struct flow_detail *fd, const struct action *a)
{
    flow_detail_fail(fd, "malformed action %s", a->kind->name);
    return false;
}

/* Reads option 'type' if it is there; else '*value' stays. */
static bool
get_option(struct flow_detail *fd, const struct action *a, uint16_t type,
           void *value, size_t size)
{
    const struct nlattr *attr = a->tb[type];

    if (attr) {
        if (attr_size(attr) != size) {
            return malformed(fd, a);
        }
        memcpy(value, attr_data(attr), size);
    }
    return true;
}

static bool
put_gact(struct flow_detail *fd, const struct action *a, struct ofpbuf *odp)
{
    int action = ((const struct tc_gact *) a->parms)->action;

    if (TC_ACT_EXT_CMP(action, TC_ACT_GOTO_CHAIN)) {
        nl_msg_put_u32(odp, OVS_ACTION_ATTR_RECIRC,
                       action & TC_ACT_EXT_VAL_MASK);
    } else if (action != TC_ACT_SHOT) {
        /* A flow without any action is one that drops. */
        return flow_detail_fail(fd, "action gact does %d", action);
    }
    return true;
}

static bool
put_mirred(struct flow_detail *fd, const struct action *a,
           struct ofpbuf *odp)
{
    const struct tc_mirred *m = a->parms;

    /* Into the ingress of an internal port, else out on the egress. */
    if (m->eaction != TCA_EGRESS_REDIR && m->eaction != TCA_EGRESS_MIRROR
        && m->eaction != TCA_INGRESS_REDIR
        && m->eaction != TCA_INGRESS_MIRROR) {
        return flow_detail_fail(fd, "action mirred does %d", m->eaction);
    }
    nl_msg_put_odp_port(odp, OVS_ACTION_ATTR_OUTPUT,
                        flow_detail_add_netdev(fd, m->ifindex));
    return true;
}

static bool
put_vlan(struct flow_detail *fd, const struct action *a, struct ofpbuf *odp)
{
    const struct tc_vlan *v = a->parms;
    ovs_be16 tpid = htons(ETH_TYPE_VLAN);
    struct ovs_action_push_vlan *push;
    uint16_t id = 0;
    uint8_t prio = 0;

    if (v->v_action == TCA_VLAN_ACT_POP) {
        nl_msg_put_flag(odp, OVS_ACTION_ATTR_POP_VLAN);
        return true;
    } else if (v->v_action != TCA_VLAN_ACT_PUSH) {
        return flow_detail_fail(fd, "action vlan does %d", v->v_action);
    }
    if (!get_option(fd, a, TCA_VLAN_PUSH_VLAN_PROTOCOL, &tpid, sizeof tpid)
        || !get_option(fd, a, TCA_VLAN_PUSH_VLAN_ID, &id, sizeof id)
        || !get_option(fd, a, TCA_VLAN_PUSH_VLAN_PRIORITY, &prio,
                       sizeof prio)) {
        return false;
    }
    push = nl_msg_put_unspec_zero(odp, OVS_ACTION_ATTR_PUSH_VLAN,
                                  sizeof *push);
    push->vlan_tpid = tpid;
    push->vlan_tci = htons(id | prio << VLAN_PCP_SHIFT | VLAN_CFI);
    return true;
}

static bool
put_mpls(struct flow_detail *fd, const struct action *a, struct ofpbuf *odp)
{
    const struct tc_mpls *m = a->parms;
    ovs_be16 proto = htons(0);
    ovs_be32 lse = htonl(0);
    uint32_t label = 0;
    uint8_t tc = 0, ttl = 0, bos = 0;

    if (!get_option(fd, a, TCA_MPLS_PROTO, &proto, sizeof proto)
        || !get_option(fd, a, TCA_MPLS_LABEL, &label, sizeof label)
        || !get_option(fd, a, TCA_MPLS_TC, &tc, sizeof tc)
        || !get_option(fd, a, TCA_MPLS_TTL, &ttl, sizeof ttl)
        || !get_option(fd, a, TCA_MPLS_BOS, &bos, sizeof bos)) {
        return false;
    }
    flow_set_mpls_lse_label(&lse, label);
    flow_set_mpls_lse_tc(&lse, tc);
    flow_set_mpls_lse_ttl(&lse, ttl);
    flow_set_mpls_lse_bos(&lse, bos);

    if (m->m_action == TCA_MPLS_ACT_POP) {
        nl_msg_put_be16(odp, OVS_ACTION_ATTR_POP_MPLS, proto);
    } else if (m->m_action == TCA_MPLS_ACT_PUSH) {
        struct ovs_action_push_mpls push = {
            .mpls_lse = lse, .mpls_ethertype = proto,
        };

        nl_msg_put_unspec(odp, OVS_ACTION_ATTR_PUSH_MPLS, &push, sizeof push);
    } else if (m->m_action == TCA_MPLS_ACT_MODIFY) {
        size_t set = nl_msg_start_nested(odp, OVS_ACTION_ATTR_SET);

        nl_msg_put_be32(odp, OVS_KEY_ATTR_MPLS, lse);
        nl_msg_end_nested(odp, set);
    } else {
        return flow_detail_fail(fd, "action mpls does %d", m->m_action);
    }
    return true;
}

static bool
put_pedit(struct flow_detail *fd, const struct action *a, struct ofpbuf *odp)
{
    const struct nlattr *keys_ex = a->tb[TCA_PEDIT_KEYS_EX];

    return keys_ex ? flow_detail_tc_pedit(fd, a->tb[TCA_PEDIT_PARMS_EX],
                                          keys_ex, odp)
                   : malformed(fd, a);
}

/* Options of the tunnel header that is set. */
static bool
put_tunnel_options(struct flow_detail *fd, const struct action *a,
                   struct ofpbuf *odp)
{
    const struct nlattr *tb[TCA_TUNNEL_KEY_ENC_OPTS_VXLAN + 1];
    const struct nlattr *gbp[TCA_TUNNEL_KEY_ENC_OPT_VXLAN_GBP + 1];
    uint32_t raw;

    if (!a->tb[TCA_TUNNEL_KEY_ENC_OPTS]) {
        return true;
    }
    if (!attr_parse_nested(a->tb[TCA_TUNNEL_KEY_ENC_OPTS],
                           TCA_TUNNEL_KEY_ENC_OPTS_VXLAN, tb)) {
        return malformed(fd, a);
    }
    if (tb[TCA_TUNNEL_KEY_ENC_OPTS_VXLAN]) {
        size_t vxlan;

        if (!attr_parse_nested(tb[TCA_TUNNEL_KEY_ENC_OPTS_VXLAN],
                               TCA_TUNNEL_KEY_ENC_OPT_VXLAN_GBP, gbp)
            || !attr_get_u32(gbp[TCA_TUNNEL_KEY_ENC_OPT_VXLAN_GBP], &raw)) {
            return malformed(fd, a);
        }
        vxlan = nl_msg_start_nested(odp, OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS);
        nl_msg_put_u32(odp, OVS_VXLAN_EXT_GBP, raw);
        nl_msg_end_nested(odp, vxlan);
    }
    if (tb[TCA_TUNNEL_KEY_ENC_OPTS_GENEVE]) {
        uint32_t opts[TLV_TOT_OPT_SIZE / sizeof(uint32_t)];
        size_t len;

        if (!flow_detail_geneve(fd, tb[TCA_TUNNEL_KEY_ENC_OPTS_GENEVE], opts,
                                sizeof opts, &len)) {
            return false;
        }
        if (len) {
            nl_msg_put_unspec(odp, OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS, opts,
                              len);
        }
    }
    return true;
}

/* The header's fields, in the order in which Open vSwitch puts them.  A field
 * of only zeros is not there. */
static bool
put_tunnel_fields(struct flow_detail *fd, const struct action *a,
                  struct ofpbuf *odp)
{
    static const struct {
        uint16_t tc;            /* TCA_TUNNEL_KEY_*. */
        uint16_t ovs;           /* OVS_TUNNEL_KEY_ATTR_*. */
        size_t size;            /* Of either, in bytes. */
    } fields[] = {
        { TCA_TUNNEL_KEY_ENC_IPV4_SRC, OVS_TUNNEL_KEY_ATTR_IPV4_SRC, 4 },
        { TCA_TUNNEL_KEY_ENC_IPV4_DST, OVS_TUNNEL_KEY_ATTR_IPV4_DST, 4 },
        { TCA_TUNNEL_KEY_ENC_IPV6_SRC, OVS_TUNNEL_KEY_ATTR_IPV6_SRC, 16 },
        { TCA_TUNNEL_KEY_ENC_IPV6_DST, OVS_TUNNEL_KEY_ATTR_IPV6_DST, 16 },
        { TCA_TUNNEL_KEY_ENC_TOS, OVS_TUNNEL_KEY_ATTR_TOS, 1 },
        { TCA_TUNNEL_KEY_ENC_TTL, OVS_TUNNEL_KEY_ATTR_TTL, 1 },
        { TCA_TUNNEL_KEY_ENC_DST_PORT, OVS_TUNNEL_KEY_ATTR_TP_DST, 2 },
    };
    ovs_be32 id = htonl(0);

    if (a->tb[TCA_TUNNEL_KEY_ENC_KEY_ID]) {
        if (!get_option(fd, a, TCA_TUNNEL_KEY_ENC_KEY_ID, &id, sizeof id)) {
            return false;
        }
        nl_msg_put_be64(odp, OVS_TUNNEL_KEY_ATTR_ID, be32_to_be64(id));
    }
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        uint8_t value[16] = { 0 };

        if (!get_option(fd, a, fields[i].tc, value, fields[i].size)) {
            return false;
        }
        if (!is_all_zeros(value, fields[i].size)) {
            nl_msg_put_unspec(odp, fields[i].ovs, value, fields[i].size);
        }
    }
    return true;
}

static bool
put_tunnel_key(struct flow_detail *fd, const struct action *a,
               struct ofpbuf *odp)
{
    /* The kernel's next option, of Linux 6.10; older headers lack it. */
    enum { NO_FRAG = TCA_TUNNEL_KEY_ENC_TTL + 1 };
    const struct tc_tunnel_key *t = a->parms;
    size_t set, tunnel;
    uint8_t no_csum = 0;

    if (t->t_action == TCA_TUNNEL_KEY_ACT_RELEASE) {
        return true;            /* A match on a tunnel says it already. */
    } else if (t->t_action != TCA_TUNNEL_KEY_ACT_SET) {
        return flow_detail_fail(fd, "action tunnel_key does %d", t->t_action);
    }
    set = nl_msg_start_nested(odp, OVS_ACTION_ATTR_SET);
    tunnel = nl_msg_start_nested(odp, OVS_KEY_ATTR_TUNNEL);
    if (!put_tunnel_fields(fd, a, odp)
        || !get_option(fd, a, TCA_TUNNEL_KEY_NO_CSUM, &no_csum,
                       sizeof no_csum)) {
        return false;
    }
    if (!no_csum) {
        nl_msg_put_flag(odp, OVS_TUNNEL_KEY_ATTR_CSUM);
    }
    if (a->tb[NO_FRAG]) {
        nl_msg_put_flag(odp, OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT);
    }
    if (!put_tunnel_options(fd, a, odp)) {
        return false;
    }
    nl_msg_end_nested(odp, tunnel);
    nl_msg_end_nested(odp, set);
    return true;
}

static bool
put_nat(struct flow_detail *fd, const struct action *a, uint16_t flags,
        struct ofpbuf *odp)
{
    bool v6 = !a->tb[TCA_CT_NAT_IPV4_MIN];
    size_t addr_size = v6 ? sizeof(struct in6_addr) : sizeof(ovs_be32);
    uint16_t min_type = v6 ? TCA_CT_NAT_IPV6_MIN : TCA_CT_NAT_IPV4_MIN;
    uint16_t max_type = v6 ? TCA_CT_NAT_IPV6_MAX : TCA_CT_NAT_IPV4_MAX;
    uint8_t addr_min[sizeof(struct in6_addr)];
    uint8_t addr_max[sizeof(struct in6_addr)];
    ovs_be16 min = htons(0), max = htons(0);
    size_t nat;

    if (!get_option(fd, a, min_type, addr_min, addr_size)
        || !get_option(fd, a, max_type, addr_max, addr_size)
        || !get_option(fd, a, TCA_CT_NAT_PORT_MIN, &min, sizeof min)
        || !get_option(fd, a, TCA_CT_NAT_PORT_MAX, &max, sizeof max)) {
        return false;
    }
    nat = nl_msg_start_nested(odp, OVS_CT_ATTR_NAT);
    if (flags & TCA_CT_ACT_NAT_SRC) {
        nl_msg_put_flag(odp, OVS_NAT_ATTR_SRC);
    } else if (flags & TCA_CT_ACT_NAT_DST) {
        nl_msg_put_flag(odp, OVS_NAT_ATTR_DST);
    }
    if (a->tb[min_type]) {
        nl_msg_put_unspec(odp, OVS_NAT_ATTR_IP_MIN, addr_min, addr_size);
        if (a->tb[max_type] && memcmp(addr_min, addr_max, addr_size)) {
            nl_msg_put_unspec(odp, OVS_NAT_ATTR_IP_MAX, addr_max, addr_size);
        }
    }
    if (min) {
        nl_msg_put_u16(odp, OVS_NAT_ATTR_PROTO_MIN, ntohs(min));
        if (max && max != min) {
            nl_msg_put_u16(odp, OVS_NAT_ATTR_PROTO_MAX, ntohs(max));
        }
    }
    nl_msg_end_nested(odp, nat);
    return true;
}

/* Appends what ct() writes: mark and label, each followed by its mask. */
static bool
put_ct_metadata(struct flow_detail *fd, const struct action *a,
                struct ofpbuf *odp)
{
    uint32_t mark[2] = { 0, 0 };
    ovs_u128 label[2] = { OVS_U128_ZERO, OVS_U128_ZERO };

    if (!get_option(fd, a, TCA_CT_MARK, &mark[0], sizeof mark[0])
        || !get_option(fd, a, TCA_CT_MARK_MASK, &mark[1], sizeof mark[1])
        || !get_option(fd, a, TCA_CT_LABELS, &label[0], sizeof label[0])
        || !get_option(fd, a, TCA_CT_LABELS_MASK, &label[1],
                       sizeof label[1])) {
        return false;
    }
    if (mark[1]) {
        nl_msg_put_unspec(odp, OVS_CT_ATTR_MARK, mark, sizeof mark);
    }
    if (!ovs_u128_is_zero(label[1])) {
        nl_msg_put_unspec(odp, OVS_CT_ATTR_LABELS, label, sizeof label);
    }
    return true;
}

static bool
put_ct(struct flow_detail *fd, const struct action *a, struct ofpbuf *odp)
{
    uint16_t flags = 0, zone = 0;
    size_t ct;

    if (!get_option(fd, a, TCA_CT_ACTION, &flags, sizeof flags)
        || !get_option(fd, a, TCA_CT_ZONE, &zone, sizeof zone)) {
        return false;
    }
    if (flags & TCA_CT_ACT_CLEAR) {
        nl_msg_put_flag(odp, OVS_ACTION_ATTR_CT_CLEAR);
        return true;
    }
    ct = nl_msg_start_nested(odp, OVS_ACTION_ATTR_CT);
    if (flags & TCA_CT_ACT_COMMIT) {
        nl_msg_put_flag(odp, (flags & TCA_CT_ACT_FORCE
                              ? OVS_CT_ATTR_FORCE_COMMIT
                              : OVS_CT_ATTR_COMMIT));
    }
    if (zone) {
        nl_msg_put_u16(odp, OVS_CT_ATTR_ZONE, zone);
    }
    if (!put_ct_metadata(fd, a, odp)
        || (flags & TCA_CT_ACT_NAT && !put_nat(fd, a, flags, odp))) {
        return false;
    }
    nl_msg_end_nested(odp, ct);
    return true;
}

/* A meter.  Policers that compare lengths are put_check_pkt_len()'s. */
static bool
put_police(struct flow_detail *fd, const struct action *a,
           struct ofpbuf *odp)
{
    uint32_t index = ((const struct tc_police *) a->parms)->index;

    if (index < METER_POLICE_FIRST || index > METER_POLICE_LAST) {
        return flow_detail_fail(fd, "policer %"PRIu32" is no meter", index);
    }
    nl_msg_put_u32(odp, OVS_ACTION_ATTR_METER, index - METER_POLICE_FIRST);
    return true;
}

static const struct action_kind kinds[] = {
    { "gact", TCA_GACT_PARMS, sizeof(struct tc_gact), put_gact },
    { "mirred", TCA_MIRRED_PARMS, sizeof(struct tc_mirred), put_mirred },
    { "vlan", TCA_VLAN_PARMS, sizeof(struct tc_vlan), put_vlan },
    { "mpls", TCA_MPLS_PARMS, sizeof(struct tc_mpls), put_mpls },
    { "pedit", TCA_PEDIT_PARMS_EX, sizeof(struct tc_pedit_sel), put_pedit },
    { "tunnel_key", TCA_TUNNEL_KEY_PARMS, sizeof(struct tc_tunnel_key),
      put_tunnel_key },
    { "ct", TCA_CT_PARMS, sizeof(struct tc_ct), put_ct },
    { "police", TCA_POLICE_TBF, sizeof(struct tc_police), put_police },

    /* Open vSwitch has tc do these, and no flow of its asks for them. */
    { "csum", TCA_CSUM_PARMS, sizeof(struct tc_csum), NULL },
    { "skbedit", TCA_SKBEDIT_PARMS, sizeof(struct tc_skbedit), NULL },
};

/* What comes after an action of which the kernel says 'verdict'. */
static uint32_t
get_jump(int verdict)
{
    return (verdict == TC_ACT_STOLEN ? JUMP_STOP
            : TC_ACT_EXT_CMP(verdict, TC_ACT_JUMP)
            ? verdict & TC_ACT_EXT_VAL_MASK : JUMP_NONE);
}

/* Takes one action apart. */
static bool
parse_action(struct flow_detail *fd, const struct nlattr *attr,
             struct action *a)
{
    const struct nlattr *tb[TCA_ACT_OPTIONS + 1];
    const struct nlattr *parms;
    char kind[16];

    if (!attr_parse_nested(attr, TCA_ACT_OPTIONS, tb)
        || !tb[TCA_ACT_KIND] || !tb[TCA_ACT_OPTIONS]
        || !attr_get_string(tb[TCA_ACT_KIND], kind, sizeof kind)
        || !attr_parse_nested(tb[TCA_ACT_OPTIONS], N_OPTIONS - 1, a->tb)) {
        return flow_detail_fail(fd, "malformed action");
    }
    a->kind = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!strcmp(kinds[i].name, kind)) {
            a->kind = &kinds[i];
        }
    }
    if (!a->kind) {
        return flow_detail_fail(fd, "action %s is none of Open vSwitch",
                                kind);
    }
    parms = a->tb[a->kind->parms_type];
    if (!parms || attr_size(parms) < a->kind->parms_size) {
        return malformed(fd, a);
    }
    a->parms = attr_data(parms);

    /* All but policers begin as gact does. */
    a->jump = get_jump(a->kind->put == put_police
                       ? ((const struct tc_police *) a->parms)->action
                       : ((const struct tc_gact *) a->parms)->action);
    return true;
}

/* Is this the action that ovs-vswitchd makes of check_pkt_len?  If so, stores
 * the action, by number, at which shorter packets go on in '*jump'. */
static bool
is_check_pkt_len(struct flow_detail *fd, const struct action *a,
                 uint32_t *jump)
{
    const struct tc_police *p = a->parms;
    uint32_t verdict = 0;

    if (a->kind->put != put_police || !a->tb[TCA_POLICE_RESULT]
        || (p->index >= METER_POLICE_FIRST && p->index <= METER_POLICE_LAST)
        || !get_option(fd, a, TCA_POLICE_RESULT, &verdict, sizeof verdict)) {
        return false;
    }
    *jump = get_jump(verdict);
    return true;
}

static bool put_actions(struct flow_detail *, const struct action *,
                        size_t from, size_t to, struct ofpbuf *);

/* Appends check_pkt_len, which policer 'i' begins: longer packets take the
 * actions that follow it, up to the one at which shorter ones go on; those end
 * where the longer ones' last action jumps to.  Returns that in '*next'. */
static bool
put_check_pkt_len(struct flow_detail *fd, const struct action *actions,
                  size_t i, size_t to, uint32_t le, struct ofpbuf *odp,
                  size_t *next)
{
    uint32_t mtu = ((const struct tc_police *) actions[i].parms)->mtu;
    size_t gt_end = le == JUMP_STOP || le == JUMP_NONE ? to : le;
    size_t check, branch, le_end;

    if (gt_end <= i || gt_end > to) {
        return malformed(fd, &actions[i]);
    }
    le_end = actions[gt_end - 1].jump;
    if (le_end == JUMP_STOP) {
        le_end = to;
    } else if (le_end == JUMP_NONE) {
        le_end = gt_end;
    }
    if (le_end < gt_end || le_end > to) {
        return malformed(fd, &actions[i]);
    }
    check = nl_msg_start_nested(odp, OVS_ACTION_ATTR_CHECK_PKT_LEN);
    nl_msg_put_u16(odp, OVS_CHECK_PKT_LEN_ATTR_PKT_LEN, mtu);
    branch = nl_msg_start_nested(odp,
                                 OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER);
    if (!put_actions(fd, actions, i + 1, gt_end, odp)) {
        return false;
    }
    nl_msg_end_nested(odp, branch);
    branch = nl_msg_start_nested(
        odp, OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL);
    if (!put_actions(fd, actions, gt_end, le_end, odp)) {
        return false;
    }
    nl_msg_end_nested(odp, branch);
    nl_msg_end_nested(odp, check);
    *next = le_end;
    return true;
}

/* Appends 'actions' number 'from' up to, and without, 'to'. */
static bool
put_actions(struct flow_detail *fd, const struct action *actions,
            size_t from, size_t to, struct ofpbuf *odp)
{
    size_t i = from;

    while (i < to && !fd->error) {
        const struct action *a = &actions[i];
        uint32_t le;

        if (is_check_pkt_len(fd, a, &le)) {
            put_check_pkt_len(fd, actions, i, to, le, odp, &i);
        } else {
            if (a->kind->put) {
                a->kind->put(fd, a, odp);
            }
            i++;
        }
    }
    return !fd->error;
}

bool
flow_detail_tc_actions(struct flow_detail *fd,
                       const struct flow_detail_filter *f,
                       struct ofpbuf *odp)
{
    const struct nlattr *tb[TCA_ACT_MAX_PRIO + 1];
    struct action actions[TCA_ACT_MAX_PRIO];
    size_t n = 0;

    if (!f->key[TCA_FLOWER_ACT]
        || !attr_parse_nested(f->key[TCA_FLOWER_ACT], TCA_ACT_MAX_PRIO, tb)) {
        return flow_detail_fail(fd, "actions are %s",
                                f->key[TCA_FLOWER_ACT] ? "malformed"
                                : "missing");
    }
    for (size_t i = 1; i < ARRAY_SIZE(tb); i++) {
        if (tb[i] && !parse_action(fd, tb[i], &actions[n++])) {
            return false;
        }
    }
    return put_actions(fd, actions, 0, n, odp);
}
