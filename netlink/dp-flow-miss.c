/* SPDX-License-Identifier: Apache-2.0 */

/* What keeps a flow of the kernel's datapath out of tc. */

#include "config.h"

#include "netlink/dp-flow.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "netlink/nl-attr.h"
#include "util.h"

/* Linux 6.7; the headers may be older. */
#define ACTION_DROP 24
BUILD_ASSERT_DECL(OVS_ACTION_ATTR_DEC_TTL == ACTION_DROP - 1);

#define KEY_MAX OVS_KEY_ATTR_NSH

/* A key and its mask, one level of VLANs. */
struct match {
    const struct nlattr *key[KEY_MAX + 1];
    const struct nlattr *mask[KEY_MAX + 1];
};

static enum flow_miss find_action_miss(const void *, size_t len, int depth);

/* Is any bit of attribute 'type' matched on? */
static bool
is_masked(const struct match *m, uint16_t type)
{
    const struct nlattr *mask = m->mask[type];

    return mask && !is_all_zeros(attr_data(mask), attr_size(mask));
}

/* Copies both sides of an attribute of 'size' bytes. */
static bool
get_both(const struct match *m, uint16_t type, void *key, void *mask,
         size_t size)
{
    const struct nlattr *k = m->key[type], *w = m->mask[type];

    if (!k || !w || attr_size(k) != size || attr_size(w) != size) {
        return false;
    }
    memcpy(key, attr_data(k), size);
    memcpy(mask, attr_data(w), size);
    return true;
}

/* flower matches VLAN id and priority, each in full or not at all, and that
 * there is no tag. */
static bool
vlan_is_partial(const struct match *m)
{
    enum { VID = 0x0fff, CFI = 0x1000, PCP = 0xe000 };
    uint16_t key, mask;

    if (!get_both(m, OVS_KEY_ATTR_VLAN, &key, &mask, sizeof key) || !mask) {
        return false;
    }
    key = ntohs(key);
    mask = ntohs(mask);
    if (mask & key & CFI) {
        return (((mask & VID) && (mask & VID) != VID)
                || ((mask & PCP) && (mask & PCP) != PCP)
                || !(mask & (VID | PCP)));
    }
    return mask != 0xffff || key;
}

/* Goes into the VLAN tag that '*m' has.  Returns false if there is none, or
 * nothing in it. */
static bool
match_enter_vlan(struct match *m)
{
    const struct nlattr *key = m->key[OVS_KEY_ATTR_ENCAP];
    const struct nlattr *mask = m->mask[OVS_KEY_ATTR_ENCAP];

    return (key && mask && attr_size(key)
            && attr_parse_nested(key, KEY_MAX, m->key)
            && attr_parse_nested(mask, KEY_MAX, m->mask));
}

static bool
tunnel_is_missed(const struct match *m)
{
    enum { MAX_ATTR = OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS };
    const struct nlattr *tb[MAX_ATTR + 1], *opts;

    if (!m->key[OVS_KEY_ATTR_TUNNEL] || !m->mask[OVS_KEY_ATTR_TUNNEL]
        || !attr_parse_nested(m->mask[OVS_KEY_ATTR_TUNNEL], MAX_ATTR, tb)) {
        return false;
    }
    opts = tb[OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS];
    return opts && !is_all_zeros(attr_data(opts), attr_size(opts));
}

static bool
nsh_is_masked(const struct match *m)
{
    const struct nlattr *nsh = m->mask[OVS_KEY_ATTR_NSH];
    const struct nlattr *attr;
    const void *p;
    size_t len;

    if (!nsh) {
        return false;
    }
    p = attr_data(nsh);
    len = attr_size(nsh);
    while ((attr = attr_take(&p, &len))) {
        if (!is_all_zeros(attr_data(attr), attr_size(attr))) {
            return true;
        }
    }
    return false;
}

static bool
ct_is_missed(const struct match *m)
{
    uint32_t state;

    return ((attr_get_u32(m->mask[OVS_KEY_ATTR_CT_STATE], &state)
             && state & OVS_CS_F_NAT_MASK)
            || is_masked(m, OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4)
            || is_masked(m, OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6));
}

/* What is in the innermost VLAN, or in none. */
static enum flow_miss
find_inner_miss(const struct match *m)
{
    const struct nlattr *mpls = m->mask[OVS_KEY_ATTR_MPLS];
    struct ovs_key_ipv6 ip6, ip6_mask;
    uint16_t type = 0;

    (void) attr_get_u16(m->key[OVS_KEY_ATTR_ETHERTYPE], &type);
    if (mpls && attr_size(mpls) > sizeof(struct ovs_key_mpls)
        && !is_all_zeros((const char *) attr_data(mpls)
                         + sizeof(struct ovs_key_mpls),
                         attr_size(mpls) - sizeof(struct ovs_key_mpls))) {
        return FLOW_MISS_MATCH_OTHER;
    }
    if (type == htons(ETH_P_IPV6)
        && get_both(m, OVS_KEY_ATTR_IPV6, &ip6, &ip6_mask, sizeof ip6)
        && ((ip6.ipv6_frag && ip6_mask.ipv6_frag)
            || (ip6.ipv6_proto == IPPROTO_FRAGMENT && ip6_mask.ipv6_proto)
            || ip6_mask.ipv6_label)) {
        return FLOW_MISS_MATCH_OTHER;
    }
    if (is_masked(m, OVS_KEY_ATTR_ND)) {
        return FLOW_MISS_MATCH_ND;
    }
    if (nsh_is_masked(m)) {
        return FLOW_MISS_MATCH_NSH;
    }
    if (type == htons(ETH_P_RARP) && is_masked(m, OVS_KEY_ATTR_ARP)) {
        return FLOW_MISS_MATCH_OTHER;
    }
    return FLOW_MISS_NONE;
}

static enum flow_miss
find_match_miss(const struct dp_flow_attrs *attrs)
{
    uint32_t mark = 0, mark_mask = 0;
    struct match m, inner;

    if (!attrs->key || !attrs->mask
        || !attr_parse(attrs->key, attrs->key_len, KEY_MAX, m.key)
        || !attr_parse(attrs->mask, attrs->mask_len, KEY_MAX, m.mask)) {
        return FLOW_MISS_NONE;
    }
    inner = m;
    for (int i = 0; i < 2; i++) {
        if (vlan_is_partial(&inner)) {
            return FLOW_MISS_MATCH_OTHER;
        }
        if (!match_enter_vlan(&inner)) {
            break;
        }
    }

    /* A full match on no mark is left out of the filter. */
    if (get_both(&m, OVS_KEY_ATTR_SKB_MARK, &mark, &mark_mask, sizeof mark)
        && mark_mask && (mark || mark_mask != UINT32_MAX)) {
        return FLOW_MISS_MATCH_PRIORITY;
    }
    if (is_masked(&m, OVS_KEY_ATTR_DP_HASH)) {
        return FLOW_MISS_MATCH_DP_HASH;
    }
    if (is_masked(&m, OVS_KEY_ATTR_PRIORITY)) {
        return FLOW_MISS_MATCH_PRIORITY;
    }
    if (m.key[OVS_KEY_ATTR_ETHERNET] && !m.key[OVS_KEY_ATTR_ETHERTYPE]) {
        return FLOW_MISS_MATCH_OTHER; /* 802.2. */
    }
    if (ct_is_missed(&m)) {
        return FLOW_MISS_MATCH_CT;
    }
    if (tunnel_is_missed(&m)) {
        return FLOW_MISS_MATCH_TUNNEL;
    }
    return find_inner_miss(&inner);
}

/* Actions. */

static bool
tunnel_set_is_missed(const struct nlattr *tunnel)
{
    const void *p = attr_data(tunnel);
    size_t len = attr_size(tunnel);
    const struct nlattr *attr;

    while ((attr = attr_take(&p, &len))) {
        uint16_t type = attr->nla_type & NLA_TYPE_MASK;

        if (type == OVS_TUNNEL_KEY_ATTR_OAM
            || type == OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS
            || type == OVS_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE) {
            return true;
        }
    }
    return false;
}

/* 'set' is OVS_ACTION_ATTR_SET, or with 'masked' OVS_ACTION_ATTR_SET_MASKED,
 * in which value and mask follow each other. */
static bool
set_is_missed(const struct nlattr *set, bool masked)
{
    enum { LABEL_OFS = offsetof(struct ovs_key_ipv6, ipv6_label) };
    const void *p = attr_data(set);
    size_t len = attr_size(set);
    const struct nlattr *field = attr_take(&p, &len);
    uint32_t label;

    switch (field ? field->nla_type & NLA_TYPE_MASK : OVS_KEY_ATTR_UNSPEC) {
    case OVS_KEY_ATTR_UNSPEC:
        return false;           /* Malformed. */

    case OVS_KEY_ATTR_ETHERNET:
    case OVS_KEY_ATTR_ETHERTYPE:
    case OVS_KEY_ATTR_IPV4:
    case OVS_KEY_ATTR_TCP:
    case OVS_KEY_ATTR_UDP:
        return false;

    case OVS_KEY_ATTR_IPV6:
        if (!masked || attr_size(field) != 2 * sizeof(struct ovs_key_ipv6)) {
            return false;
        }
        memcpy(&label, ((const char *) attr_data(field)
                        + sizeof(struct ovs_key_ipv6) + LABEL_OFS),
               sizeof label);
        return label != 0;

    case OVS_KEY_ATTR_MPLS:
        return masked;

    case OVS_KEY_ATTR_TUNNEL:
        return masked || tunnel_set_is_missed(field);

    default:
        return true;
    }
}

static bool
ct_action_is_missed(const struct nlattr *ct)
{
    const struct nlattr *tb[OVS_CT_ATTR_HELPER + 1];

    return (attr_parse_nested(ct, OVS_CT_ATTR_HELPER, tb)
            && tb[OVS_CT_ATTR_HELPER]);
}

static enum flow_miss
find_check_pkt_len_miss(const struct nlattr *attr, int depth)
{
    enum { MAX_ATTR = OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL };
    const struct nlattr *tb[MAX_ATTR + 1];
    enum flow_miss miss = FLOW_MISS_NONE;

    if (attr_parse_nested(attr, MAX_ATTR, tb)) {
        for (int i = OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER;
             !miss && i <= MAX_ATTR; i++) {
            if (tb[i]) {
                miss = find_action_miss(attr_data(tb[i]), attr_size(tb[i]),
                                        depth + 1);
            }
        }
    }
    return miss;
}

static enum flow_miss
action_miss(const struct nlattr *attr, int depth)
{
    switch (attr->nla_type & NLA_TYPE_MASK) {
    case OVS_ACTION_ATTR_OUTPUT:
    case OVS_ACTION_ATTR_PUSH_VLAN:
    case OVS_ACTION_ATTR_POP_VLAN:
    case OVS_ACTION_ATTR_PUSH_MPLS:
    case OVS_ACTION_ATTR_POP_MPLS:
    case OVS_ACTION_ATTR_CT_CLEAR:
    case OVS_ACTION_ATTR_RECIRC:
    case OVS_ACTION_ATTR_METER:
    case ACTION_DROP:
        return FLOW_MISS_NONE;

    case OVS_ACTION_ATTR_SET:
        return (set_is_missed(attr, false)
                ? FLOW_MISS_ACTION_SET : FLOW_MISS_NONE);
    case OVS_ACTION_ATTR_SET_MASKED:
        return (set_is_missed(attr, true)
                ? FLOW_MISS_ACTION_SET : FLOW_MISS_NONE);
    case OVS_ACTION_ATTR_CT:
        return (ct_action_is_missed(attr)
                ? FLOW_MISS_ACTION_CT : FLOW_MISS_NONE);
    case OVS_ACTION_ATTR_CHECK_PKT_LEN:
        return find_check_pkt_len_miss(attr, depth);

    case OVS_ACTION_ATTR_USERSPACE:
        return FLOW_MISS_ACTION_USERSPACE;
    case OVS_ACTION_ATTR_SAMPLE:
        return FLOW_MISS_ACTION_SAMPLE;
    case OVS_ACTION_ATTR_CLONE:
        return FLOW_MISS_ACTION_CLONE;
    case OVS_ACTION_ATTR_HASH:
        return FLOW_MISS_ACTION_HASH;
    case OVS_ACTION_ATTR_TRUNC:
        return FLOW_MISS_ACTION_TRUNC;
    case OVS_ACTION_ATTR_DEC_TTL:
        return FLOW_MISS_ACTION_DEC_TTL;
    case OVS_ACTION_ATTR_PUSH_NSH:
    case OVS_ACTION_ATTR_POP_NSH:
        return FLOW_MISS_ACTION_NSH;
    case OVS_ACTION_ATTR_PUSH_ETH:
    case OVS_ACTION_ATTR_POP_ETH:
        return FLOW_MISS_ACTION_PUSH_ETH;
    default:
        return FLOW_MISS_ACTION_OTHER;
    }
}

static enum flow_miss
find_action_miss(const void *p, size_t len, int depth)
{
    enum flow_miss miss = FLOW_MISS_NONE;
    const struct nlattr *attr;

    if (depth <= DP_FLOW_MAX_DEPTH) {
        while (!miss && (attr = attr_take(&p, &len))) {
            miss = action_miss(attr, depth);
        }
    }
    return miss;
}

/* Follows what lib/netdev-offload-tc.c of Open vSwitch does with a flow, in
 * its order: first the match, then the actions.  "sure" is what is refused by
 * 3.1 as by 3.5, whatever kernel and configuration; only that is named.
 *
 *                                            3.1           3.5       named
 *   skb_mark but "none at all"             refused       refused     sure
 *   dp_hash, skb_priority                  refused       refused     sure
 *   VLAN id or priority in part, CFI only  refused       refused     sure
 *   second MPLS label                      refused       refused     sure
 *   802.2 without Ethernet type            refused       refused     sure
 *   IPv6 fragments, flow label             refused       refused     sure
 *   fields of RARP                         refused       refused     sure
 *   ND target and addresses, NSH           refused       refused     sure
 *   ct_state snat, dnat; ct_nw_*, ct_tp_*  refused       refused     sure
 *   ct_state rpl, inv, rel                 by kernel     by kernel   no
 *   ct_* and ct() at all                   by kernel     by kernel   no
 *   tunnel: ERSPAN                         refused       refused     sure
 *   tunnel: OAM, VXLAN GBP                 refused       by kernel   no
 *   no match on fragments                  taken         refused     no
 *
 *   userspace, sample, clone, hash         refused       refused     sure
 *   trunc, dec_ttl, add_mpls, psample      refused       refused     sure
 *   push_/pop_ of nsh and eth              refused       refused     sure
 *   set() of others than Ethernet, IPv4,
 *     IPv6, TCP, UDP, MPLS, tunnel         refused       refused     sure
 *   set() of an IPv6 flow label            refused       refused     sure
 *   set(mpls) with a mask                  refused       refused     sure
 *   set(tunnel): OAM, ERSPAN               refused       refused     sure
 *   set(tunnel): VXLAN GBP                 refused       by kernel   no
 *   set(tunnel): source port               taken         refused     no
 *   set() of IPv4, IPv6, TCP, UDP in
 *     fragments                            taken         refused     no
 *   ct() with a helper                     refused       refused     sure
 *   ct() with a timeout policy, events     taken         taken       no
 *   meter                                  if there is a police      no
 *   check_pkt_len                          taken         taken       what is
 *                                                                    in it
 *   drop                                   taken         taken       no
 *   more than 16 actions                   refused       refused     no: it is
 *                                                                    no single
 *                                                                    one */
enum flow_miss
dp_flow_find_miss(const struct dp_flow_attrs *attrs)
{
    enum flow_miss miss = find_match_miss(attrs);

    return (miss || !attrs->actions ? miss
            : find_action_miss(attrs->actions, attrs->actions_len, 0));
}
