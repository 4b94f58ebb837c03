/* SPDX-License-Identifier: Apache-2.0 */

/* RTM_NEWTFILTER to 'struct flow_record': one walk, no library.
 *
 * Every attribute is checked against the one that it is in before anything of
 * it is read, and a scalar has to have its size.  Nothing is allocated, and
 * nothing is assumed about alignment.  Attributes that are not known here are
 * passed over; of those that are, a wrong size makes the whole message
 * TC_PARSE_MALFORMED.  What is not a flower filter, or has no action cookie
 * of 16 bytes, is not judged further.
 *
 * A node has a million flows, whose counters are read all the time, and a
 * message of them has some fifty attributes: this is the one loop of the
 * daemon in which nanoseconds count.  So all of it is inlined into
 * tc_flow_parse(), strings are compared as integers, and skip_attr() lets the
 * processor run ahead. */

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

#include "netlink/tc-walk.h"
#include "util.h"

BUILD_ASSERT_DECL(FLOW_INLINE_OUTPUTS == TCA_ACT_MAX_PRIO);

/* What is collected beside the record. */
struct state {
    struct flow_record *flow;   /* What is filled in. */
    uint64_t idle;              /* Ticks since the last packet of that action
                                 * which had the latest, or UINT64_MAX. */
    bool is_ovs;                /* Found a cookie. */
    bool is_full;               /* Found options of an action. */
    bool has_mac;               /* Found a destination MAC. */
    bool mac_is_full;           /* Found no mask of it, or the full one. */
    bool hash_wanted;           /* TC_PARSE_KEY_HASH. */
    uint64_t hash;              /* Of the attributes so far. */
};

/* Actions. */

/* Counters of one action. */
struct counters {
    uint64_t packets, bytes;    /* Hardware and software. */
    uint64_t hw_packets, hw_bytes; /* Hardware. */
};

/* TCA_STATS_BASIC or _HW: 12 bytes count, the rest is padding. */
#define BASIC_LEN 12

INLINE void
get_basic(const uint8_t *p, uint64_t *packets, uint64_t *bytes)
{
    uint32_t packets32;

    memcpy(bytes, p + offsetof(struct gnet_stats_basic, bytes),
           sizeof *bytes);
    memcpy(&packets32, p + offsetof(struct gnet_stats_basic, packets),
           sizeof packets32);
    *packets = packets32;
}

/* Attributes of counters in any order. */
static bool
walk_stats(struct span s, struct counters *c)
{
    uint64_t *widened = NULL;   /* By TCA_STATS_PKT64. */
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_STATS_BASIC:
        case TCA_STATS_BASIC_HW:
            if (attr.len < BASIC_LEN) {
                return false;
            }
            if (attr.type == TCA_STATS_BASIC) {
                get_basic(attr.p, &c->packets, &c->bytes);
                widened = &c->packets;
            } else {
                get_basic(attr.p, &c->hw_packets, &c->hw_bytes);
                widened = &c->hw_packets;
            }
            break;

        case TCA_STATS_PKT64:
            if (!widened || !get_scalar(&attr, widened, sizeof *widened)) {
                return false;
            }
            break;
        }
    }
    return !more;
}

/* Takes over the counters of one action.  All actions count the same packets,
 * if they see them. */
INLINE bool
parse_stats(const struct attr *stats, struct flow_record *flow)
{
    /* What the kernel sends unless a counter is large: three attributes. */
    static const struct nlattr basic = {
        .nla_type = TCA_STATS_BASIC, .nla_len = 20,
    };
    static const struct nlattr basic_hw = {
        .nla_type = TCA_STATS_BASIC_HW, .nla_len = 20,
    };
    static const struct nlattr queue = {
        .nla_type = TCA_STATS_QUEUE, .nla_len = 24,
    };
    struct counters c;

    if (OVS_LIKELY(stats->len == 64
                   && !memcmp(stats->p, &basic, sizeof basic)
                   && !memcmp(stats->p + 20, &basic_hw, sizeof basic_hw)
                   && !memcmp(stats->p + 40, &queue, sizeof queue))) {
        get_basic(stats->p + 4, &c.packets, &c.bytes);
        get_basic(stats->p + 24, &c.hw_packets, &c.hw_bytes);
    } else {
        memset(&c, 0, sizeof c);
        if (!walk_stats(payload(stats), &c)) {
            return false;
        }
    }
    flow->packets = MAX(flow->packets, c.packets);
    flow->bytes = MAX(flow->bytes, c.bytes);
    flow->hw_packets = MAX(flow->hw_packets, c.hw_packets);
    flow->hw_bytes = MAX(flow->hw_bytes, c.hw_bytes);
    return true;
}

/* Takes over when an action saw its last packet, or, if it saw none, was
 * installed. */
INLINE bool
parse_times(const struct attr *attr, struct state *state)
{
    uint64_t idle;

    if (!GET_MEMBER(attr, struct tcf_t, lastuse, &idle)) {
        return false;
    }
    state->idle = MIN(state->idle, idle);
    return true;
}

INLINE bool
parse_mirred(struct span s, struct state *state)
{
    struct flow_record *flow = state->flow;
    uint32_t ifindex;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        if (attr.type == TCA_MIRRED_PARMS) {
            if (!GET_MEMBER(&attr, struct tc_mirred, ifindex, &ifindex)
                || flow->n_outputs >= FLOW_INLINE_OUTPUTS) {
                return false;
            }
            flow->inline_outputs[flow->n_outputs++] = ifindex;
        } else if (attr.type == TCA_MIRRED_TM && !parse_times(&attr, state)) {
            return false;
        }
    }
    return !more;
}

INLINE void
add_target(struct flow_record *flow, uint32_t chain)
{
    if (flow->n_targets < FLOW_MAX_TARGETS) {
        flow->targets[flow->n_targets++] = chain;
    } else {
        flow->flags |= FLOW_MORE;
    }
}

INLINE bool
parse_gact(struct span s, struct state *state)
{
    struct attr attr;
    int action;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        if (attr.type == TCA_GACT_PARMS) {
            if (!GET_MEMBER(&attr, struct tc_gact, action, &action)) {
                return false;
            }
            if (TC_ACT_EXT_CMP(action, TC_ACT_GOTO_CHAIN)) {
                add_target(state->flow, action & TC_ACT_EXT_VAL_MASK);
            } else if (action == TC_ACT_SHOT) {
                state->flow->flags |= FLOW_DROP;
            }
        } else if (attr.type == TCA_GACT_TM && !parse_times(&attr, state)) {
            return false;
        }
    }
    return !more;
}

INLINE bool
parse_ct(struct span s, struct state *state)
{
    struct flow_record *flow = state->flow;
    uint16_t action = 0, zone = 0;
    bool has_zone = false;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_CT_TM:
            if (!parse_times(&attr, state)) {
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
    if (has_zone && !(action & TCA_CT_ACT_CLEAR)
        && !(flow->flags & FLOW_HAS_ZONE)) {
        flow->flags |= FLOW_HAS_ZONE;
        flow->zone = zone;
    }
    return !more;
}

INLINE bool
parse_tunnel_key(struct span s, struct state *state)
{
    struct attr attr;
    int action;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        if (attr.type == TCA_TUNNEL_KEY_PARMS) {
            if (!GET_MEMBER(&attr, struct tc_tunnel_key, t_action, &action)) {
                return false;
            }
            if (action == TCA_TUNNEL_KEY_ACT_RELEASE) {
                state->flow->flags |= FLOW_DECAP;
            }
        } else if (attr.type == TCA_TUNNEL_KEY_TM
                   && !parse_times(&attr, state)) {
            return false;
        }
    }
    return !more;
}

/* The cookie is the ufid as four words in the host's order. */
INLINE void
ufid_from_cookie(const uint8_t *cookie, uint8_t *ufid)
{
    uint32_t words[FLOW_UFID_LEN / 4];

    memcpy(words, cookie, sizeof words);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        words[i] = htonl(words[i]);
    }
    memcpy(ufid, words, sizeof words);
}

INLINE bool
parse_action(struct span s, struct state *state)
{
    struct attr attr, kind = { .type = 0 }, options = { .type = 0 };
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
            if (!parse_stats(&attr, state->flow)) {
                return false;
            }
            break;

        case TCA_ACT_COOKIE:
            if (!state->is_ovs && attr.len == FLOW_UFID_LEN) {
                ufid_from_cookie(attr.p, state->flow->ufid);
                state->is_ovs = true;
            }
            break;
        }
    }
    if (more) {
        return false;
    }
    if (!options.type) {
        return true;
    }

    state->is_full = true;
    if (ATTR_IS(&kind, "mirred")) {
        return parse_mirred(payload(&options), state);
    } else if (ATTR_IS(&kind, "gact")) {
        return parse_gact(payload(&options), state);
    } else if (ATTR_IS(&kind, "ct")) {
        return parse_ct(payload(&options), state);
    } else if (ATTR_IS(&kind, "tunnel_key")) {
        return parse_tunnel_key(payload(&options), state);
    } else {
        return true;
    }
}

INLINE bool
parse_actions(struct span s, struct state *state)
{
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        if (!parse_action(payload(&attr), state)) {
            return false;
        }
    }
    return !more;
}

/* Match. */

INLINE uint64_t
hash_word(uint64_t hash, const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash << 31 | hash >> 33;
}

/* Adds the bytes from 'p' to 'end' to 'hash'. */
static uint64_t
hash_span(uint64_t hash, const uint8_t *p, const uint8_t *end)
{
    uint64_t lanes[4] = { hash, 1, 2, 3 };
    uint8_t rest[8] = { 0 };

    if (p == end) {
        return hash;
    }
    /* Four words at once, as one multiplication need not wait for another. */
    for (; end - p >= 32; p += 32) {
        lanes[0] = hash_word(lanes[0], p);
        lanes[1] = hash_word(lanes[1], p + 8);
        lanes[2] = hash_word(lanes[2], p + 16);
        lanes[3] = hash_word(lanes[3], p + 24);
    }
    hash = lanes[0] ^ lanes[1] * 3 ^ lanes[2] * 5 ^ lanes[3] * 7;
    for (; end - p >= 8; p += 8) {
        hash = hash_word(hash, p);
    }
    memcpy(rest, p, end - p);
    return hash_word(hash, rest);
}

/* Takes over a destination MAC, or its mask. */
static bool
parse_mac(const struct attr *attr, struct state *state)
{
    static const uint8_t exact[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    struct flow_record *flow = state->flow;

    if (attr->len != sizeof exact) {
        return false;
    }
    if (attr->type == TCA_FLOWER_KEY_ETH_DST) {
        memcpy(flow->mac, attr->p, sizeof flow->mac);
        state->has_mac = true;
    } else {
        state->mac_is_full = !memcmp(attr->p, exact, sizeof exact);
    }
    return true;
}

INLINE bool
parse_flower(struct span s, struct state *state)
{
    const uint8_t *keys = s.p;  /* Start of a run of attributes that match. */
    uint32_t flags;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr)) > 0) {
        if (attr.type > TCA_FLOWER_KEY_ETH_DST_MASK
            && attr.type != TCA_FLOWER_FLAGS
            && attr.type != TCA_FLOWER_IN_HW_COUNT) {
            /* All but these few, those that are not known here included,
             * match. */
            if (attr.type >= TCA_FLOWER_KEY_ENC_KEY_ID
                && attr.type <= TCA_FLOWER_KEY_ENC_IPV6_DST_MASK) {
                /* The action that takes the tunnel's header off comes only
                 * with an output, maybe in a later chain. */
                state->flow->flags |= FLOW_DECAP;
            }
            continue;
        } else if (attr.type == TCA_FLOWER_ACT) {
            if (!parse_actions(payload(&attr), state)) {
                return false;
            }
        } else if (attr.type == TCA_FLOWER_FLAGS) {
            if (!get_scalar(&attr, &flags, sizeof flags)) {
                return false;
            }
            if (flags & TCA_CLS_FLAGS_IN_HW) {
                state->flow->flags |= FLOW_IN_HW;
            }
        } else if (attr.type == TCA_FLOWER_KEY_ETH_DST
                   || attr.type == TCA_FLOWER_KEY_ETH_DST_MASK) {
            if (!parse_mac(&attr, state)) {
                return false;
            }
            continue;
        } else if (attr.type == TCA_FLOWER_INDEV) {
            continue;
        }

        /* This one does not match: a run ends before it, and one begins
         * after. */
        if (state->hash_wanted) {
            state->hash = hash_span(state->hash, keys, attr.p - NLA_HDRLEN);
        }
        keys = s.p;
    }
    if (state->hash_wanted) {
        state->hash = hash_span(state->hash, keys, s.p);
    }
    if (state->has_mac && state->mac_is_full) {
        state->flow->flags |= FLOW_HAS_MAC;
    }
    return !more;
}

/* The whole. */

/* Milliseconds in 'ticks' of the clock in which the kernel tells times to user
 * space. */
INLINE uint32_t
ticks_to_ms(uint64_t ticks)
{
    static unsigned int hz;

    if (OVS_UNLIKELY(!hz)) {
        long int value = sysconf(_SC_CLK_TCK);

        hz = value > 0 ? value : 100;
    }
    /* 49 days and more are the same. */
    if (OVS_UNLIKELY(ticks >= UINT32_MAX / 1000)) {
        uint64_t ms = MIN(ticks, UINT32_MAX) * 1000 / hz;

        return MIN(ms, UINT32_MAX - 1);
    }
    return (uint32_t) ticks * 1000 / hz;
}

/* Fills in the members that the fixed header of the message has. */
INLINE void
parse_tcmsg(const struct tcmsg *tcm, struct flow_record *flow)
{
    if ((uint32_t) tcm->tcm_ifindex == TCM_IFINDEX_MAGIC_BLOCK) {
        flow->dev = tcm->tcm_block_index;
        flow->flags = FLOW_ON_BLOCK;
    } else {
        flow->dev = tcm->tcm_ifindex;
        if (tcm->tcm_parent == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)) {
            flow->flags = FLOW_EGRESS_SIDE;
        }
    }
    flow->handle = tcm->tcm_handle;
    flow->prio = TC_H_MAJ(tcm->tcm_info) >> 16;
}

/* Fills in what depends on all of the message. */
INLINE void
finish_flow(struct state *state)
{
    struct flow_record *flow = state->flow;

    flow->outputs = flow->inline_outputs;
    flow->last_used = (flow->packets && state->idle != UINT64_MAX
                       ? ticks_to_ms(state->idle) : UINT32_MAX);
    if (!state->is_full) {
        flow->flags |= FLOW_TERSE;
    } else if (state->hash_wanted) {
        uint32_t hash = state->hash ^ state->hash >> 32;

        flow->key_hash = hash ? hash : 1;
    }
}

enum tc_parse_result
tc_flow_parse(const struct nlmsghdr *nlh_, size_t len, unsigned int options_,
              struct flow_record *flow)
{
    struct state state = {
        .flow = flow,
        .idle = UINT64_MAX,
        .mac_is_full = true,
        .hash_wanted = (options_ & TC_PARSE_KEY_HASH) != 0,
    };
    struct attr attr, options = { .type = TCA_UNSPEC };
    bool is_flower = false;
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
    s.end = (const uint8_t *) nlh_ + nlh.nlmsg_len;

    /* What follows is valid as far as their numbers say. */
    memset(flow, 0, offsetof(struct flow_record, targets));
    parse_tcmsg(&tcm, flow);
    state.hash = TC_H_MIN(tcm.tcm_info);
    while ((more = next_attr(&s, &attr)) > 0) {
        switch (attr.type) {
        case TCA_KIND:
            is_flower = ATTR_IS(&attr, "flower");
            break;

        case TCA_CHAIN:
            if (!get_scalar(&attr, &flow->recirc_id,
                            sizeof flow->recirc_id)) {
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
    if (options.type && !parse_flower(payload(&options), &state)) {
        return TC_PARSE_MALFORMED;
    }
    if (!state.is_ovs) {
        return TC_PARSE_NOT_OVS;
    }
    finish_flow(&state);
    return TC_PARSE_FLOW;
}
