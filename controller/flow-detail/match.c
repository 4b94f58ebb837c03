/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-detail/private.h"

#include <linux/types.h>
#include <linux/pkt_cls.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include "flow.h"
#include "netlink/nl-attr.h"
#include "openvswitch/match.h"
#include "packets.h"

/* What a flower filter matches, as a match of OpenFlow, from which
 * libopenvswitch makes the attributes that it prints. */

bool
flow_detail_get(struct flow_detail *fd, const struct flow_detail_filter *f,
                uint16_t type, void *dst, size_t size)
{
    const struct nlattr *attr = f->key[type];

    if (!attr) {
        return false;
    }
    if (attr_size(attr) != size) {
        flow_detail_fail(fd, "flower attribute %u is malformed", type);
        return false;
    }
    memcpy(dst, attr_data(attr), size);
    return true;
}

bool
flow_detail_get_masked(struct flow_detail *fd,
                       const struct flow_detail_filter *f,
                       uint16_t key_type, uint16_t mask_type, void *key,
                       void *mask, size_t size)
{
    if (!flow_detail_get(fd, f, mask_type, mask, size)) {
        return false;
    }
    if (!flow_detail_get(fd, f, key_type, key, size)) {
        flow_detail_fail(fd, "flower attribute %u is missing", key_type);
        return false;
    }
    return true;
}

static void
match_eth(struct flow_detail *fd, const struct flow_detail_filter *f,
          struct match *match)
{
    struct eth_addr key, mask;

    if (GET_MASKED(ETH_SRC)) {
        match_set_dl_src_masked(match, key, mask);
    }
    if (GET_MASKED(ETH_DST)) {
        match_set_dl_dst_masked(match, key, mask);
    }
}

/* VLAN tag number 'i', the outer one being 0.  What the filter does not match
 * is printed as 0, as ovs-vswitchd does. */
static void
match_vlan_tag(struct flow_detail *fd, const struct flow_detail_filter *f,
               struct match *match, int i, uint16_t id_type,
               uint16_t prio_type, ovs_be16 tpid)
{
    uint16_t id = 0;
    uint8_t prio = 0;

    flow_detail_get(fd, f, id_type, &id, sizeof id);
    flow_detail_get(fd, f, prio_type, &prio, sizeof prio);
    match->flow.vlans[i].tpid = tpid;
    match->wc.masks.vlans[i].tpid = OVS_BE16_MAX;
    match_set_dl_vlan(match, htons(id), i);
    match_set_dl_vlan_pcp(match, prio, i);
}

/* Of a filter for VLAN or MPLS the kernel tells the type of what is behind all
 * tags, or of MPLS once more, apart. */
static void
match_inner_type(struct flow_detail *fd, const struct flow_detail_filter *f,
                 struct match *match)
{
    ovs_be16 type = htons(0);

    if (!flow_detail_get(fd, f, TCA_FLOWER_KEY_ETH_TYPE, &type,
                         sizeof type)) {
        flow_detail_fail(fd, "inner ethertype is missing");
    }
    match_set_dl_type(match, type);
}

static void
match_vlan(struct flow_detail *fd, const struct flow_detail_filter *f,
           struct match *match)
{
    ovs_be16 inner = htons(0);

    match_vlan_tag(fd, f, match, 0, TCA_FLOWER_KEY_VLAN_ID,
                   TCA_FLOWER_KEY_VLAN_PRIO, htons(f->eth_type));
    flow_detail_get(fd, f, TCA_FLOWER_KEY_VLAN_ETH_TYPE, &inner,
                    sizeof inner);
    if (eth_type_vlan(inner)) {
        match_vlan_tag(fd, f, match, 1, TCA_FLOWER_KEY_CVLAN_ID,
                       TCA_FLOWER_KEY_CVLAN_PRIO, inner);
    }
    match_inner_type(fd, f, match);
    flow_fix_vlan_tpid(&match->flow);
}

static void
match_mpls(struct flow_detail *fd, const struct flow_detail_filter *f,
           struct match *match)
{
    ovs_be32 key = htonl(0);
    ovs_be32 mask = htonl(0);
    uint32_t label = 0;
    uint8_t byte = 0;

    if (flow_detail_get(fd, f, TCA_FLOWER_KEY_MPLS_TTL, &byte, sizeof byte)) {
        set_mpls_lse_ttl(&key, byte);
        set_mpls_lse_ttl(&mask, UINT8_MAX);
    }
    if (flow_detail_get(fd, f, TCA_FLOWER_KEY_MPLS_BOS, &byte, sizeof byte)) {
        set_mpls_lse_bos(&key, byte);
        set_mpls_lse_bos(&mask, UINT8_MAX);
    }
    if (flow_detail_get(fd, f, TCA_FLOWER_KEY_MPLS_TC, &byte, sizeof byte)) {
        set_mpls_lse_tc(&key, byte);
        set_mpls_lse_tc(&mask, UINT8_MAX);
    }
    if (flow_detail_get(fd, f, TCA_FLOWER_KEY_MPLS_LABEL, &label,
                        sizeof label)) {
        set_mpls_lse_label(&key, htonl(label));
        set_mpls_lse_label(&mask, OVS_BE32_MAX);
    }
    match->flow.mpls_lse[0] = key & mask;
    match->wc.masks.mpls_lse[0] = mask;
    match_inner_type(fd, f, match);
}

static void
match_arp(struct flow_detail *fd, const struct flow_detail_filter *f,
          struct match *match)
{
    {
        struct eth_addr key, mask;

        if (GET_MASKED(ARP_SHA)) {
            match_set_arp_sha_masked(match, key, mask);
        }
        if (GET_MASKED(ARP_THA)) {
            match_set_arp_tha_masked(match, key, mask);
        }
    }
    {
        ovs_be32 key, mask;

        if (GET_MASKED(ARP_SIP)) {
            match_set_arp_spa_masked(match, key, mask);
        }
        if (GET_MASKED(ARP_TIP)) {
            match_set_arp_tpa_masked(match, key, mask);
        }
    }
    {
        uint8_t key, mask;

        if (GET_MASKED(ARP_OP)) {
            match_set_arp_opcode_masked(match, key, mask);
        }
    }
    match_set_dl_type(match, htons(f->eth_type));
}

static void
match_frag(struct flow_detail *fd, const struct flow_detail_filter *f,
           struct match *match)
{
    uint8_t flags = 0, flags_mask = 0;
    ovs_be32 key, mask;

    if (!GET_MASKED(FLAGS)) {
        return;
    }
    if (mask & htonl(TCA_FLOWER_KEY_FLAGS_IS_FRAGMENT)) {
        flags |= (key & htonl(TCA_FLOWER_KEY_FLAGS_IS_FRAGMENT)
                  ? FLOW_NW_FRAG_ANY : 0);
        flags_mask |= FLOW_NW_FRAG_ANY;
    }
    if (mask & htonl(TCA_FLOWER_KEY_FLAGS_FRAG_IS_FIRST)) {
        flags |= (key & htonl(TCA_FLOWER_KEY_FLAGS_FRAG_IS_FIRST)
                  ? 0 : FLOW_NW_FRAG_LATER);
        flags_mask |= FLOW_NW_FRAG_LATER;
    }
    match_set_nw_frag_masked(match, flags, flags_mask);
}

static void
match_addresses(struct flow_detail *fd, const struct flow_detail_filter *f,
                struct match *match)
{
    {
        ovs_be32 key, mask;

        if (GET_MASKED(IPV4_SRC)) {
            match_set_nw_src_masked(match, key, mask);
        }
        if (GET_MASKED(IPV4_DST)) {
            match_set_nw_dst_masked(match, key, mask);
        }
    }
    {
        struct in6_addr key, mask;

        if (GET_MASKED(IPV6_SRC)) {
            match_set_ipv6_src_masked(match, &key, &mask);
        }
        if (GET_MASKED(IPV6_DST)) {
            match_set_ipv6_dst_masked(match, &key, &mask);
        }
    }
}

/* Types of the ports of a protocol. */
#define PORT_TYPES(NAME)                                                \
    { TCA_FLOWER_KEY_##NAME##_SRC, TCA_FLOWER_KEY_##NAME##_SRC_MASK,    \
      TCA_FLOWER_KEY_##NAME##_DST, TCA_FLOWER_KEY_##NAME##_DST_MASK }

static void
match_ports(struct flow_detail *fd, const struct flow_detail_filter *f,
            uint8_t proto, struct match *match)
{
    static const uint16_t tcp[] = PORT_TYPES(TCP);
    static const uint16_t udp[] = PORT_TYPES(UDP);
    static const uint16_t sctp[] = PORT_TYPES(SCTP);
    const uint16_t *types = (proto == IPPROTO_TCP ? tcp
                             : proto == IPPROTO_UDP ? udp : sctp);
    ovs_be16 key, mask;

    if (flow_detail_get_masked(fd, f, types[0], types[1], &key, &mask,
                               sizeof key)) {
        match_set_tp_src_masked(match, key, mask);
    }
    if (flow_detail_get_masked(fd, f, types[2], types[3], &key, &mask,
                               sizeof key)) {
        match_set_tp_dst_masked(match, key, mask);
    }
    if (proto == IPPROTO_TCP && GET_MASKED(TCP_FLAGS)) {
        match_set_tcp_flags_masked(match, key, mask);
    }
}

/* Type and code of ICMP are where others have ports. */
static void
match_icmp(struct flow_detail *fd, const struct flow_detail_filter *f,
           uint8_t proto, struct match *match)
{
    bool v6 = proto == IPPROTO_ICMPV6;
    uint8_t key, mask;

    if (v6 ? GET_MASKED(ICMPV6_TYPE) : GET_MASKED(ICMPV4_TYPE)) {
        match_set_tp_src_masked(match, htons(key), htons(mask));
    }
    if (v6 ? GET_MASKED(ICMPV6_CODE) : GET_MASKED(ICMPV4_CODE)) {
        match_set_tp_dst_masked(match, htons(key), htons(mask));
    }
}

static void
match_ct_state(struct flow_detail *fd, const struct flow_detail_filter *f,
               struct match *match)
{
    static const struct {
        uint16_t tc;            /* TCA_FLOWER_KEY_CT_FLAGS_*. */
        uint8_t ovs;            /* OVS_CS_F_*. */
    } bits[] = {
        { TCA_FLOWER_KEY_CT_FLAGS_NEW, OVS_CS_F_NEW },
        { TCA_FLOWER_KEY_CT_FLAGS_ESTABLISHED, OVS_CS_F_ESTABLISHED },
        { TCA_FLOWER_KEY_CT_FLAGS_RELATED, OVS_CS_F_RELATED },
        { TCA_FLOWER_KEY_CT_FLAGS_TRACKED, OVS_CS_F_TRACKED },
        { TCA_FLOWER_KEY_CT_FLAGS_INVALID, OVS_CS_F_INVALID },
        { TCA_FLOWER_KEY_CT_FLAGS_REPLY, OVS_CS_F_REPLY_DIR },
    };
    uint32_t state = 0, state_mask = 0;
    uint16_t key, mask;

    if (!GET_MASKED(CT_STATE)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        if (mask & bits[i].tc) {
            state |= key & bits[i].tc ? bits[i].ovs : 0;
            state_mask |= bits[i].ovs;
        }
    }
    match_set_ct_state_masked(match, state, state_mask);
}

static void
match_ct(struct flow_detail *fd, const struct flow_detail_filter *f,
         struct match *match)
{
    match_ct_state(fd, f, match);
    {
        uint16_t key, mask;

        if (GET_MASKED(CT_ZONE)) {
            match_set_ct_zone_masked(match, key, mask);
        }
    }
    {
        uint32_t key, mask;

        if (GET_MASKED(CT_MARK)) {
            match_set_ct_mark_masked(match, key, mask);
        }
    }
    {
        ovs_u128 key, mask;

        if (GET_MASKED(CT_LABELS)) {
            match_set_ct_label_masked(match, key, mask);
        }
    }
}

static void
match_ip(struct flow_detail *fd, const struct flow_detail_filter *f,
         struct match *match)
{
    uint8_t proto = 0;
    uint8_t key, mask;

    flow_detail_get(fd, f, TCA_FLOWER_KEY_IP_PROTO, &proto, sizeof proto);
    if (proto) {
        match_set_nw_proto(match, proto);
    }
    if (GET_MASKED(IP_TOS)) {
        match_set_nw_tos_masked(match, key, mask);
    }
    if (GET_MASKED(IP_TTL)) {
        match_set_nw_ttl_masked(match, key, mask);
    }
    match_frag(fd, f, match);
    match_addresses(fd, f, match);
    if (proto == IPPROTO_TCP || proto == IPPROTO_UDP
        || proto == IPPROTO_SCTP) {
        match_ports(fd, f, proto, match);
    } else if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
        match_icmp(fd, f, proto, match);
    }
    match_ct(fd, f, match);
}

bool
flow_detail_tc_match(struct flow_detail *fd,
                     const struct flow_detail_filter *f, struct match *match)
{
    ovs_be16 type = htons(f->eth_type);

    match_init_catchall(match);
    match_eth(fd, f, match);
    if (eth_type_vlan(type)) {
        match_vlan(fd, f, match);
    } else if (eth_type_mpls(type)) {
        match_mpls(fd, f, match);
    } else if (type == htons(ETH_TYPE_ARP)) {
        match_arp(fd, f, match);
    } else {
        match_set_dl_type(match, type);
    }
    if (is_ip_any(&match->flow)) {
        match_ip(fd, f, match);
    }
    flow_detail_tc_tunnel(fd, f, match);

    match->flow.in_port.odp_port = flow_detail_add_netdev(fd, f->dev);
    match->wc.masks.in_port.odp_port = u32_to_odp(UINT32_MAX);
    match_set_recirc_id(match, f->chain);
    return !fd->error;
}
