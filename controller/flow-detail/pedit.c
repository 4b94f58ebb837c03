/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-detail/private.h"

#include <linux/types.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_pedit.h>
#include <netinet/in.h>
#include <string.h>

#include "netlink.h"
#include "netlink/nl-attr.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* The tc action "pedit" writes words at offsets into headers; a flow sets
 * fields.  So the words are put on an image of each header first, and the
 * fields taken from there. */

/* Bytes of a header that are looked at. */
#define IMAGE_SIZE 64

/* Where the traffic class is put, which is not on a byte boundary in the IPv6
 * header: behind that. */
#define TCLASS_OFFSET 40

struct image {
    uint8_t value[IMAGE_SIZE];  /* What is written. */
    uint8_t mask[IMAGE_SIZE];   /* Which bits are. */
};

enum { N_IMAGES = TCA_PEDIT_KEY_EX_HDR_TYPE_UDP + 1 };

/* A field that a flow can set. */
struct field {
    uint16_t attr;              /* OVS_KEY_ATTR_*. */
    uint16_t hdr;               /* TCA_PEDIT_KEY_EX_HDR_TYPE_*. */
    size_t hdr_ofs;             /* Where it is in that header. */
    size_t key_ofs;             /* Where it is in the attribute. */
    size_t size;                /* In bytes. */
};

#define FIELD(ATTR, HDR, HDR_OFS, STRUCT, MEMBER)                       \
    { OVS_KEY_ATTR_##ATTR, TCA_PEDIT_KEY_EX_HDR_TYPE_##HDR, HDR_OFS,    \
      offsetof(struct STRUCT, MEMBER), MEMBER_SIZEOF(struct STRUCT, MEMBER) }

/* Those of one attribute are together, attributes are in the order in which
 * Open vSwitch puts them. */
static const struct field fields[] = {
    FIELD(ETHERNET, ETH, 6, ovs_key_ethernet, eth_src),
    FIELD(ETHERNET, ETH, 0, ovs_key_ethernet, eth_dst),
    { OVS_KEY_ATTR_ETHERTYPE, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 12, 0, 2 },
    FIELD(IPV4, IP4, 12, ovs_key_ipv4, ipv4_src),
    FIELD(IPV4, IP4, 16, ovs_key_ipv4, ipv4_dst),
    FIELD(IPV4, IP4, 8, ovs_key_ipv4, ipv4_ttl),
    FIELD(IPV4, IP4, 1, ovs_key_ipv4, ipv4_tos),
    FIELD(IPV6, IP6, 8, ovs_key_ipv6, ipv6_src),
    FIELD(IPV6, IP6, 24, ovs_key_ipv6, ipv6_dst),
    FIELD(IPV6, IP6, 7, ovs_key_ipv6, ipv6_hlimit),
    FIELD(IPV6, IP6, TCLASS_OFFSET, ovs_key_ipv6, ipv6_tclass),
    FIELD(TCP, TCP, 0, ovs_key_tcp, tcp_src),
    FIELD(TCP, TCP, 2, ovs_key_tcp, tcp_dst),
    FIELD(UDP, UDP, 0, ovs_key_udp, udp_src),
    FIELD(UDP, UDP, 2, ovs_key_udp, udp_dst),
};

/* Draws one word.  In 'key' the mask has the bits that stay. */
static bool
draw_word(struct flow_detail *fd, const struct nlattr *ex,
          const struct tc_pedit_key *key, struct image *images)
{
    const struct nlattr *tb[TCA_PEDIT_KEY_EX_CMD + 1];
    uint16_t hdr, cmd = TCA_PEDIT_KEY_EX_CMD_SET;
    uint8_t keep[4], value[4];

    if (nl_attr_type(ex) != TCA_PEDIT_KEY_EX
        || !attr_parse_nested(ex, TCA_PEDIT_KEY_EX_CMD, tb)
        || !attr_get_u16(tb[TCA_PEDIT_KEY_EX_HTYPE], &hdr)
        || (tb[TCA_PEDIT_KEY_EX_CMD]
            && !attr_get_u16(tb[TCA_PEDIT_KEY_EX_CMD], &cmd))) {
        return flow_detail_fail(fd, "malformed action pedit");
    }
    if (hdr == TCA_PEDIT_KEY_EX_HDR_TYPE_NETWORK || hdr >= N_IMAGES
        || cmd != TCA_PEDIT_KEY_EX_CMD_SET
        || key->off > IMAGE_SIZE - sizeof keep) {
        return flow_detail_fail(fd, "action pedit writes what no flow does");
    }
    memcpy(keep, &key->mask, sizeof keep);
    memcpy(value, &key->val, sizeof value);
    for (size_t i = 0; i < sizeof keep; i++) {
        images[hdr].mask[key->off + i] |= ~keep[i];
        images[hdr].value[key->off + i] |= value[i] & ~keep[i];
    }
    return true;
}

static bool
draw(struct flow_detail *fd, const struct nlattr *parms,
     const struct nlattr *keys_ex, struct image *images)
{
    const struct tc_pedit_sel *sel = attr_data(parms);
    size_t n_keys = (attr_size(parms) - sizeof *sel) / sizeof sel->keys[0];
    const void *p = attr_data(keys_ex);
    size_t left = attr_size(keys_ex);

    if (sel->nkeys > n_keys) {
        return flow_detail_fail(fd, "malformed action pedit");
    }
    for (size_t i = 0; i < sel->nkeys; i++) {
        const struct nlattr *ex = attr_take(&p, &left);
        struct tc_pedit_key key;

        if (!ex) {
            return flow_detail_fail(fd, "malformed action pedit");
        }
        memcpy(&key, &sel->keys[i], sizeof key);
        if (!draw_word(fd, ex, &key, images)) {
            return false;
        }
    }
    return true;
}

/* Moves the traffic class, of which each of the first two bytes of 'ip6' has
 * one half, to where it is a byte. */
static void
move_tclass(uint8_t ip6[IMAGE_SIZE])
{
    ip6[TCLASS_OFFSET] = ip6[0] << 4 | ip6[1] >> 4;
}

/* Appends the fields of attribute 'attr', the 'n' at 'f', as far as they are
 * written. */
static void
put_set(const struct field *f, size_t n, const struct image *images,
        struct ofpbuf *odp)
{
    int len = ovs_flow_key_attr_lens[f->attr].len;
    size_t nest = 0;
    char *set = NULL;

    for (size_t i = 0; i < n; i++, f++) {
        const struct image *image = &images[f->hdr];

        if (is_all_zeros(&image->mask[f->hdr_ofs], f->size)) {
            continue;
        }
        if (!set) {
            nest = nl_msg_start_nested(odp, OVS_ACTION_ATTR_SET_MASKED);
            set = nl_msg_put_unspec_zero(odp, f->attr, 2 * len);
        }
        memcpy(set + f->key_ofs, &image->value[f->hdr_ofs], f->size);
        memcpy(set + len + f->key_ofs, &image->mask[f->hdr_ofs], f->size);
    }
    if (set) {
        nl_msg_end_nested(odp, nest);
    }
}

bool
flow_detail_tc_pedit(struct flow_detail *fd, const struct nlattr *parms,
                     const struct nlattr *keys_ex, struct ofpbuf *odp)
{
    struct image images[N_IMAGES];
    struct image *ip6 = &images[TCA_PEDIT_KEY_EX_HDR_TYPE_IP6];

    memset(images, 0, sizeof images);
    if (!draw(fd, parms, keys_ex, images)) {
        return false;
    }
    move_tclass(ip6->value);
    move_tclass(ip6->mask);
    for (size_t i = 0; i < ARRAY_SIZE(fields); ) {
        size_t n = 1;

        while (i + n < ARRAY_SIZE(fields)
               && fields[i + n].attr == fields[i].attr) {
            n++;
        }
        put_set(&fields[i], n, images, odp);
        i += n;
    }
    return true;
}
