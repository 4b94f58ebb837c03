/* SPDX-License-Identifier: Apache-2.0 */

/* RTM_NEWTFILTER to 'struct tc_flow': one walk, no library.
 *
 * Every attribute is checked against the one that it is in before anything of
 * it is read, and a scalar has to have its size.  Nothing is allocated, and
 * nothing is assumed about alignment.  Attributes that are not known here are
 * passed over; of those that are, a wrong size makes the whole message
 * TC_PARSE_MALFORMED.  What is not a flower filter, or has no action cookie
 * of 16 bytes, is not judged further. */

#include <config.h>

#include "netlink/tc.h"

#include <arpa/inet.h>
#include <linux/gen_stats.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

BUILD_ASSERT_DECL(TC_FLOW_MAX_OUTPUTS == TCA_ACT_MAX_PRIO);

#define UFID_LEN 16

/* Bytes that may be read. */
struct span {
    const uint8_t *p;           /* First byte, of any alignment. */
    size_t len;                 /* Number of bytes. */
};

struct attr {
    unsigned int type;          /* Without the flags in its upper bits. */
    struct span data;           /* Payload. */
};

/* Counters of one action. */
struct stats {
    uint64_t packets, bytes;    /* Hardware and software. */
    uint64_t hw_packets, hw_bytes; /* Hardware. */
};

/* Takes the next attribute of 's'.  Returns 1, or 0 at the end, or -1 if what
 * is left holds no attribute. */
static int
next_attr(struct span *s, struct attr *attr)
{
    struct nlattr nla;

    if (!s->len) {
        return 0;
    }
    if (s->len < NLA_HDRLEN) {
        return -1;
    }
    memcpy(&nla, s->p, sizeof nla);
    if (nla.nla_len < NLA_HDRLEN || nla.nla_len > s->len) {
        return -1;
    }
    attr->type = nla.nla_type & NLA_TYPE_MASK;
    attr->data.p = s->p + NLA_HDRLEN;
    attr->data.len = nla.nla_len - NLA_HDRLEN;

    /* The padding of the last one may be missing. */
    size_t step = MIN(NLA_ALIGN(nla.nla_len), s->len);
    s->p += step;
    s->len -= step;
    return 1;
}

/* Copies a scalar, which has to have just 'size' bytes. */
static bool
get_scalar(const struct attr *attr, void *value, size_t size)
{
    if (attr->data.len != size) {
        return false;
    }
    memcpy(value, attr->data.p, size);
    return true;
}

/* Copies a structure, which later kernels may have made longer. */
static bool
get_struct(const struct attr *attr, void *value, size_t size)
{
    if (attr->data.len < size) {
        return false;
    }
    memcpy(value, attr->data.p, size);
    return true;
}

/* Is 'attr' the NUL-terminated string 's'? */
#define ATTR_IS(ATTR, S) span_is(&(ATTR)->data, S, sizeof(S))

static bool
span_is(const struct span *span, const char *s, size_t size)
{
    return span->len >= size && !memcmp(span->p, s, size);
}

/* Clock in which the kernel tells times to user space, in Hz. */
static unsigned int
user_hz(void)
{
    static unsigned int hz;

    if (!hz) {
        long int value = sysconf(_SC_CLK_TCK);

        hz = value > 0 ? value : 100;
    }
    return hz;
}

static bool
parse_stats(struct span s, struct stats *stats)
{
    struct gnet_stats_basic basic;
    uint64_t *packets = NULL;   /* What TCA_STATS_PKT64 would widen. */
    struct attr attr;
    int more;

    memset(stats, 0, sizeof *stats);
    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_STATS_BASIC:
        case TCA_STATS_BASIC_HW:
            /* 12 bytes of it count, the rest is the compiler's padding. */
            if (attr.data.len < 12) {
                return false;
            }
            memset(&basic, 0, sizeof basic);
            memcpy(&basic, attr.data.p, MIN(attr.data.len, sizeof basic));
            if (attr.type == TCA_STATS_BASIC) {
                stats->bytes = basic.bytes;
                packets = &stats->packets;
            } else {
                stats->hw_bytes = basic.bytes;
                packets = &stats->hw_packets;
            }
            *packets = basic.packets;
            break;

        case TCA_STATS_PKT64:
            if (!packets || !get_scalar(&attr, packets, sizeof *packets)) {
                return false;
            }
            break;
        }
    }
    return !more;
}

/* Takes over the time since the last packet of an action into '*age', in
 * milliseconds, if it is less. */
static bool
parse_times(const struct attr *attr, uint64_t *age)
{
    struct tcf_t tm;

    if (!get_struct(attr, &tm, sizeof tm)) {
        return false;
    }
    /* In two steps, as a product of 64 bits might not fit. */
    uint64_t hz = user_hz();
    uint64_t ms = tm.lastuse > UINT64_MAX / 1000 ? tm.lastuse / hz * 1000
                                                 : tm.lastuse * 1000 / hz;
    *age = MIN(*age, ms);
    return true;
}

static bool
parse_mirred(struct span s, struct tc_flow *flow, uint64_t *age)
{
    struct tc_output *output;
    struct tc_mirred parms;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_MIRRED_TM:
            if (!parse_times(&attr, age)) {
                return false;
            }
            break;

        case TCA_MIRRED_PARMS:
            if (!get_struct(&attr, &parms, sizeof parms)
                || flow->n_outputs >= TC_FLOW_MAX_OUTPUTS) {
                return false;
            }
            output = &flow->outputs[flow->n_outputs++];
            output->ifindex = parms.ifindex;
            output->ingress = (parms.eaction == TCA_INGRESS_REDIR
                               || parms.eaction == TCA_INGRESS_MIRROR);
            break;
        }
    }
    return !more;
}

static bool
parse_gact(struct span s, struct tc_flow *flow, uint64_t *age)
{
    struct tc_gact parms;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_GACT_TM:
            if (!parse_times(&attr, age)) {
                return false;
            }
            break;

        case TCA_GACT_PARMS:
            if (!get_struct(&attr, &parms, sizeof parms)) {
                return false;
            }
            if (TC_ACT_EXT_CMP(parms.action, TC_ACT_GOTO_CHAIN)) {
                flow->has_goto = true;
                flow->goto_chain = parms.action & TC_ACT_EXT_VAL_MASK;
            } else if (parms.action == TC_ACT_SHOT) {
                flow->drop = true;
            }
            break;
        }
    }
    return !more;
}

static bool
parse_ct(struct span s, struct tc_flow *flow, uint64_t *age)
{
    uint16_t action = 0, zone = 0;
    bool has_zone = false;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_CT_TM:
            if (!parse_times(&attr, age)) {
                return false;
            }
            break;

        case TCA_CT_ACTION:
            if (!get_scalar(&attr, &action, sizeof action)) {
                return false;
            }
            break;

        case TCA_CT_ZONE:
            if (!get_scalar(&attr, &zone, sizeof zone)) {
                return false;
            }
            has_zone = true;
            break;
        }
    }
    /* ct_clear is in no zone. */
    if (has_zone && !(action & TCA_CT_ACT_CLEAR) && !flow->has_ct) {
        flow->has_ct = true;
        flow->ct_zone = zone;
    }
    return !more;
}

static bool
parse_tunnel_key(struct span s, struct tc_flow *flow, uint64_t *age)
{
    struct tc_tunnel_key parms;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_TUNNEL_KEY_TM:
            if (!parse_times(&attr, age)) {
                return false;
            }
            break;

        case TCA_TUNNEL_KEY_PARMS:
            if (!get_struct(&attr, &parms, sizeof parms)) {
                return false;
            }
            if (parms.t_action == TCA_TUNNEL_KEY_ACT_SET) {
                flow->encap = true;
            } else if (parms.t_action == TCA_TUNNEL_KEY_ACT_RELEASE) {
                flow->decap = true;
            }
            break;
        }
    }
    return !more;
}

/* The cookie is the ufid as four words in the host's order. */
static void
ufid_from_cookie(const uint8_t *cookie, uint8_t *ufid)
{
    for (int i = 0; i < UFID_LEN; i += 4) {
        uint32_t word;

        memcpy(&word, cookie + i, sizeof word);
        word = htonl(word);
        memcpy(ufid + i, &word, sizeof word);
    }
}

static bool
parse_action(struct span s, struct tc_flow *flow, bool *is_ovs, uint64_t *age)
{
    struct attr attr, kind = { .type = 0 }, options = { .type = 0 };
    struct stats stats;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_ACT_KIND:
            kind = attr;
            break;

        case TCA_ACT_OPTIONS:
            options = attr;
            break;

        case TCA_ACT_STATS:
            if (!parse_stats(attr.data, &stats)) {
                return false;
            }
            /* All actions count the same packets, if they see them. */
            flow->packets = MAX(flow->packets, stats.packets);
            flow->bytes = MAX(flow->bytes, stats.bytes);
            flow->hw_packets = MAX(flow->hw_packets, stats.hw_packets);
            flow->hw_bytes = MAX(flow->hw_bytes, stats.hw_bytes);
            break;

        case TCA_ACT_COOKIE:
            if (attr.data.len == UFID_LEN && !*is_ovs) {
                ufid_from_cookie(attr.data.p, flow->ufid);
                *is_ovs = true;
            }
            break;
        }
    }
    if (more) {
        return false;
    }

    if (ATTR_IS(&kind, "mirred")) {
        return parse_mirred(options.data, flow, age);
    } else if (ATTR_IS(&kind, "gact")) {
        return parse_gact(options.data, flow, age);
    } else if (ATTR_IS(&kind, "ct")) {
        return parse_ct(options.data, flow, age);
    } else if (ATTR_IS(&kind, "tunnel_key")) {
        return parse_tunnel_key(options.data, flow, age);
    } else {
        return true;
    }
}

static bool
parse_actions(struct span s, struct tc_flow *flow, bool *is_ovs)
{
    uint64_t age = UINT64_MAX;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        if (!parse_action(attr.data, flow, is_ovs, &age)) {
            return false;
        }
    }
    flow->last_used = age != UINT64_MAX ? age : 0;
    return !more;
}

static bool
parse_flower(struct span s, struct tc_flow *flow, bool *is_ovs)
{
    static const uint8_t exact[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    bool has_mac = false, full = true;
    uint8_t mask[6];
    uint32_t flags;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_FLOWER_FLAGS:
            if (!get_scalar(&attr, &flags, sizeof flags)) {
                return false;
            }
            flow->in_hw = (flags & TCA_CLS_FLAGS_IN_HW) != 0;
            flow->not_in_hw = (flags & TCA_CLS_FLAGS_NOT_IN_HW) != 0;
            flow->skip_sw = (flags & TCA_CLS_FLAGS_SKIP_SW) != 0;
            break;

        case TCA_FLOWER_KEY_ETH_DST:
            if (!get_scalar(&attr, flow->dst_mac, sizeof flow->dst_mac)) {
                return false;
            }
            has_mac = true;
            break;

        case TCA_FLOWER_KEY_ETH_DST_MASK:
            if (!get_scalar(&attr, mask, sizeof mask)) {
                return false;
            }
            full = !memcmp(mask, exact, sizeof mask);
            break;

        case TCA_FLOWER_ACT:
            if (!parse_actions(attr.data, flow, is_ovs)) {
                return false;
            }
            break;
        }
    }
    flow->has_dst_mac = has_mac && full;
    return !more;
}

/* Fills in the members that the fixed header of the message has. */
static void
parse_tcmsg(const struct tcmsg *tcm, struct tc_flow *flow)
{
    if ((uint32_t) tcm->tcm_ifindex == TCM_IFINDEX_MAGIC_BLOCK) {
        flow->block = tcm->tcm_block_index;
    } else {
        flow->ifindex = tcm->tcm_ifindex;
        flow->parent = tcm->tcm_parent;
    }
    flow->handle = tcm->tcm_handle;
    flow->prio = TC_H_MAJ(tcm->tcm_info) >> 16;
    flow->protocol = ntohs(TC_H_MIN(tcm->tcm_info));
}

enum tc_parse_result
tc_flow_parse(const struct nlmsghdr *nlh_, size_t len, struct tc_flow *flow)
{
    struct attr attr, options = { .type = TCA_UNSPEC };
    bool is_flower = false, is_ovs = false;
    struct nlmsghdr nlh;
    struct tcmsg tcm;
    struct span s;
    int more;

    if (len < sizeof nlh) {
        return TC_PARSE_MALFORMED;
    }
    memcpy(&nlh, nlh_, sizeof nlh);
    if (nlh.nlmsg_len < sizeof nlh || nlh.nlmsg_len > len) {
        return TC_PARSE_MALFORMED;
    }
    if (nlh.nlmsg_type != RTM_NEWTFILTER && nlh.nlmsg_type != RTM_DELTFILTER) {
        return TC_PARSE_NOT_OVS;
    }
    if (nlh.nlmsg_len < NLMSG_LENGTH(sizeof tcm)) {
        return TC_PARSE_MALFORMED;
    }
    memcpy(&tcm, (const uint8_t *) nlh_ + NLMSG_HDRLEN, sizeof tcm);
    s.p = (const uint8_t *) nlh_ + NLMSG_SPACE(sizeof tcm);
    s.len = nlh.nlmsg_len - NLMSG_LENGTH(sizeof tcm);

    memset(flow, 0, sizeof *flow);
    parse_tcmsg(&tcm, flow);
    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_KIND:
            is_flower = ATTR_IS(&attr, "flower");
            break;

        case TCA_CHAIN:
            if (!get_scalar(&attr, &flow->chain, sizeof flow->chain)) {
                return TC_PARSE_MALFORMED;
            }
            break;

        case TCA_OPTIONS:
            options = attr;
            break;
        }
    }
    if (more) {
        return TC_PARSE_MALFORMED;
    }
    if (!is_flower) {
        return TC_PARSE_NOT_OVS;
    }
    if (options.type && !parse_flower(options.data, flow, &is_ovs)) {
        return TC_PARSE_MALFORMED;
    }
    return is_ovs ? TC_PARSE_FLOW : TC_PARSE_NOT_OVS;
}
