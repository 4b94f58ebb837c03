/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-detail/private.h"

#include <linux/types.h>
#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <string.h>

#include "controller/flow-detail/detail.h"
#include "flow.h"
#include "netlink.h"
#include "netlink/nl-attr.h"
#include "openvswitch/geneve.h"
#include "openvswitch/match.h"
#include "packets.h"

/* What a flower filter matches of the tunnel that a packet came out of. */

/* TCA_FLOWER_KEY_FLAGS_TUNNEL_*, which older headers do not have. */
enum {
    FLOWER_TUNNEL_CSUM = 1 << 2,
    FLOWER_TUNNEL_DONT_FRAGMENT = 1 << 3,
    FLOWER_TUNNEL_OAM = 1 << 4,
};

static void
match_tunnel_addresses(struct flow_detail *fd,
                       const struct flow_detail_filter *f,
                       struct match *match)
{
    {
        ovs_be32 key, mask;

        if (GET_MASKED(ENC_IPV4_SRC)) {
            match_set_tun_src_masked(match, key, mask);
        }
        if (GET_MASKED(ENC_IPV4_DST)) {
            match_set_tun_dst_masked(match, key, mask);
        }
    }
    if (!match->wc.masks.tunnel.ip_src && !match->wc.masks.tunnel.ip_dst) {
        struct in6_addr key, mask;

        if (GET_MASKED(ENC_IPV6_SRC)) {
            match_set_tun_ipv6_src_masked(match, &key, &mask);
        }
        if (GET_MASKED(ENC_IPV6_DST)) {
            match_set_tun_ipv6_dst_masked(match, &key, &mask);
        }
    }
}

static void
match_tunnel_header(struct flow_detail *fd,
                    const struct flow_detail_filter *f, struct match *match)
{
    {
        uint8_t key, mask;

        if (GET_MASKED(ENC_IP_TOS)) {
            match_set_tun_tos_masked(match, key, mask);
        }
        if (GET_MASKED(ENC_IP_TTL)) {
            match_set_tun_ttl_masked(match, key, mask);
        }
    }
    {
        ovs_be16 key, mask;

        /* Up to Open vSwitch 3.5 at least the source port is shown as the
         * destination port, unless there is one. */
        if (GET_MASKED(ENC_UDP_SRC_PORT)) {
            match_set_tun_tp_dst_masked(match, key, mask);
        }
        if (GET_MASKED(ENC_UDP_DST_PORT)) {
            match_set_tun_tp_dst_masked(match, key, mask);
        }
    }
}

static void
match_tunnel_flags(struct flow_detail *fd,
                   const struct flow_detail_filter *f, struct match *match)
{
    static const struct {
        uint32_t tc;            /* FLOWER_TUNNEL_*. */
        uint16_t ovs;           /* FLOW_TNL_F_*. */
    } bits[] = {
        { FLOWER_TUNNEL_CSUM, FLOW_TNL_F_CSUM },
        { FLOWER_TUNNEL_DONT_FRAGMENT, FLOW_TNL_F_DONT_FRAGMENT },
        { FLOWER_TUNNEL_OAM, FLOW_TNL_F_OAM },
    };
    ovs_be32 key, mask;

    if (!flow_detail_get_masked(fd, f, FLOWER_KEY_ENC_FLAGS,
                                FLOWER_KEY_ENC_FLAGS_MASK, &key, &mask,
                                sizeof key)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        if (mask & htonl(bits[i].tc)) {
            match->flow.tunnel.flags |= (key & htonl(bits[i].tc)
                                         ? bits[i].ovs : 0);
            match->wc.masks.tunnel.flags |= bits[i].ovs;
        }
    }
}

bool
flow_detail_geneve(struct flow_detail *fd, const struct nlattr *nest,
                   void *opts, size_t size, size_t *lenp)
{
    const void *p = attr_data(nest);
    size_t left = attr_size(nest);
    const struct nlattr *class, *type, *data;

    *lenp = 0;
    while (left) {
        struct geneve_opt *opt = (void *) ((char *) opts + *lenp);
        size_t data_len;

        /* Three attributes make one option: 1, 2 and 3 in
         * TCA_FLOWER_KEY_ENC_OPT_GENEVE_* and TCA_TUNNEL_KEY_*. */
        class = attr_take(&p, &left);
        type = class ? attr_take(&p, &left) : NULL;
        data = type ? attr_take(&p, &left) : NULL;
        data_len = data ? attr_size(data) : 0;
        if (!data
            || nl_attr_type(class) != TCA_FLOWER_KEY_ENC_OPT_GENEVE_CLASS
            || nl_attr_type(type) != TCA_FLOWER_KEY_ENC_OPT_GENEVE_TYPE
            || nl_attr_type(data) != TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA
            || attr_size(class) != sizeof opt->opt_class
            || attr_size(type) != sizeof opt->type
            || data_len % 4 || data_len > TLV_MAX_OPT_SIZE
            || sizeof *opt + data_len > size - *lenp) {
            return flow_detail_fail(fd, "malformed Geneve options");
        }
        memset(opt, 0, sizeof *opt);
        memcpy(&opt->opt_class, attr_data(class), sizeof opt->opt_class);
        memcpy(&opt->type, attr_data(type), sizeof opt->type);
        opt->length = data_len / 4;
        memcpy(opt + 1, attr_data(data), data_len);
        *lenp += sizeof *opt + data_len;
    }
    return true;
}

/* Geneve options are matched as they are, in their order. */
static void
match_geneve(struct flow_detail *fd, const struct nlattr *key_nest,
             const struct nlattr *mask_nest, struct match *match)
{
    struct tun_metadata *key = &match->flow.tunnel.metadata;
    struct tun_metadata *mask = &match->wc.masks.tunnel.metadata;
    size_t key_len = 0, mask_len = 0;

    match->flow.tunnel.flags |= FLOW_TNL_F_UDPIF;
    match->wc.masks.tunnel.flags |= FLOW_TNL_F_UDPIF;
    mask->present.len = UINT8_MAX;
    if (!key_nest && !mask_nest) {
        return;
    }
    if (!key_nest || !mask_nest) {
        flow_detail_fail(fd, "Geneve options without %s",
                         key_nest ? "a mask" : "a key");
        return;
    }
    if (!flow_detail_geneve(fd, key_nest, key->opts.gnv,
                            sizeof key->opts.gnv, &key_len)
        || !flow_detail_geneve(fd, mask_nest, mask->opts.gnv,
                               sizeof mask->opts.gnv, &mask_len)) {
        return;
    }
    for (size_t at = 0; at < key_len && key_len == mask_len; ) {
        struct geneve_opt *opt = &key->opts.gnv[at / sizeof *opt];
        struct geneve_opt *opt_mask = &mask->opts.gnv[at / sizeof *opt];

        if (opt->length != opt_mask->length) {
            mask_len = SIZE_MAX;
            break;
        }
        at += sizeof *opt + opt->length * 4;
        opt_mask->length = 0x1f;    /* Exact: it is not matched by bits. */
    }
    if (key_len != mask_len) {
        flow_detail_fail(fd, "Geneve options and their mask differ in length");
        return;
    }
    key->present.len = key_len;
}

static void
match_vxlan(struct flow_detail *fd, const struct nlattr *key_nest,
            const struct nlattr *mask_nest, struct match *match)
{
    const struct nlattr *key_tb[TCA_FLOWER_KEY_ENC_OPT_VXLAN_MAX + 1];
    const struct nlattr *mask_tb[TCA_FLOWER_KEY_ENC_OPT_VXLAN_MAX + 1];
    uint32_t key, mask;

    if (!attr_parse_nested(key_nest, TCA_FLOWER_KEY_ENC_OPT_VXLAN_MAX, key_tb)
        || !attr_parse_nested(mask_nest, TCA_FLOWER_KEY_ENC_OPT_VXLAN_MAX,
                              mask_tb)
        || !attr_get_u32(key_tb[TCA_FLOWER_KEY_ENC_OPT_VXLAN_GBP], &key)
        || !attr_get_u32(mask_tb[TCA_FLOWER_KEY_ENC_OPT_VXLAN_GBP], &mask)) {
        flow_detail_fail(fd, "malformed VXLAN options");
        return;
    }
    match_set_tun_gbp_id_masked(match, htons(key & UINT16_MAX),
                                htons(mask & UINT16_MAX));
    match_set_tun_gbp_flags_masked(match, key >> 16, mask >> 16);
}

/* Is this the netdev that Open vSwitch makes for its Geneve ports?  It prints
 * options of these even if there are none. */
static bool
is_geneve(struct flow_detail *fd, uint32_t ifindex)
{
    const char *name = fd->names->get(fd->names->aux, ifindex);

    return name && !strncmp(name, "genev_sys_", 10);
}

void
flow_detail_tc_tunnel(struct flow_detail *fd,
                      const struct flow_detail_filter *f,
                      struct match *match)
{
    enum { MAX = TCA_FLOWER_KEY_ENC_OPTS_VXLAN };
    const struct nlattr *key[MAX + 1] = { NULL }, *mask[MAX + 1] = { NULL };
    const struct nlattr *opts = f->key[TCA_FLOWER_KEY_ENC_OPTS];
    const struct nlattr *opts_mask = f->key[TCA_FLOWER_KEY_ENC_OPTS_MASK];
    ovs_be32 id = htonl(0);

    if (flow_detail_get(fd, f, TCA_FLOWER_KEY_ENC_KEY_ID, &id, sizeof id)) {
        match_set_tun_id(match, be32_to_be64(id));
        match->flow.tunnel.flags |= FLOW_TNL_F_KEY;
    }
    match_tunnel_addresses(fd, f, match);
    match_tunnel_header(fd, f, match);
    match_tunnel_flags(fd, f, match);
    if ((opts && !attr_parse_nested(opts, MAX, key))
        || (opts_mask && !attr_parse_nested(opts_mask, MAX, mask))) {
        flow_detail_fail(fd, "malformed tunnel options");
        return;
    }
    if (key[TCA_FLOWER_KEY_ENC_OPTS_VXLAN]
        && mask[TCA_FLOWER_KEY_ENC_OPTS_VXLAN]) {
        match_vxlan(fd, key[TCA_FLOWER_KEY_ENC_OPTS_VXLAN],
                    mask[TCA_FLOWER_KEY_ENC_OPTS_VXLAN], match);
    } else if (key[TCA_FLOWER_KEY_ENC_OPTS_GENEVE]
               || mask[TCA_FLOWER_KEY_ENC_OPTS_GENEVE]
               || is_geneve(fd, f->dev)) {
        match_geneve(fd, key[TCA_FLOWER_KEY_ENC_OPTS_GENEVE],
                     mask[TCA_FLOWER_KEY_ENC_OPTS_GENEVE], match);
    }
}
