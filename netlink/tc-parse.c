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
 * daemon in which nanoseconds count.  So most messages are not walked over at
 * all, as their shape is known (netlink/tc-shape.h).  For the others the walk
 * is inlined into one function, strings are compared as integers, and
 * skip_attr() lets the processor run ahead. */

#include <config.h>

#include "netlink/tc.h"

#include <linux/gen_stats.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <string.h>

#include "netlink/tc-shape.h"
#include "netlink/tc-take.h"
#include "netlink/tc-walk.h"
#include "util.h"

BUILD_ASSERT_DECL(FLOW_INLINE_OUTPUTS == TCA_ACT_MAX_PRIO);

/* A walk under way. */
struct state {
    struct taken taken;         /* The record, and what is beside it. */
    bool is_ovs;                /* Found a cookie. */
    bool is_full;               /* Found options of an action. */
    bool has_mac;               /* Found a destination MAC. */
    bool mac_is_full;           /* Found no mask of it, or the full one. */
    bool hash_wanted;           /* TC_PARSE_KEY_HASH. */
    struct tc_learner *learner; /* Or NULL. */
};

/* Tells the learner that the 'n' bytes at 'p' decide something. */
INLINE void
note_bytes(struct state *state, const uint8_t *p, size_t n)
{
    if (OVS_UNLIKELY(state->learner)) {
        tc_learn_bytes(state->learner, p, n);
    }
}

/* Tells the learner that a value is at 'p'. */
INLINE void
note_value(struct state *state, enum tc_value value, const uint8_t *p)
{
    if (OVS_UNLIKELY(state->learner)) {
        tc_learn_value(state->learner, value, p);
    }
}

/* Actions. */

/* Takes the counters of one action: attributes in any order. */
INLINE bool
parse_stats(struct span s, struct state *state)
{
    struct counters *last = NULL; /* Widened by TCA_STATS_PKT64. */
    struct taken *taken = &state->taken;
    uint64_t packets;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr, state->learner)) > 0) {
        switch (attr.type) {
        case TCA_STATS_BASIC:
        case TCA_STATS_BASIC_HW:
            if (attr.len < BASIC_LEN) {
                return false;
            }
            if (attr.type == TCA_STATS_BASIC) {
                note_value(state, TC_VALUE_BASIC, attr.p);
                take_basic(taken, attr.p);
                last = &taken->total;
            } else {
                note_value(state, TC_VALUE_BASIC_HW, attr.p);
                take_basic_hw(taken, attr.p);
                last = &taken->hw;
            }
            break;

        case TCA_STATS_PKT64:
            if (!last || !get_scalar(&attr, &packets, sizeof packets)) {
                return false;
            }
            last->packets = MAX(last->packets, packets);
            if (state->learner) {
                /* Only few count that far. */
                state->learner->failed = true;
            }
            break;
        }
    }
    return !more;
}

/* Takes over when an action saw its last packet, or, if it saw none, was
 * installed. */
INLINE bool
parse_times(const struct attr *attr, struct state *state)
{
    const uint8_t *p = attr->p + offsetof(struct tcf_t, lastuse);

    BUILD_ASSERT(MEMBER_SIZEOF(struct tcf_t, lastuse) == sizeof(uint64_t));
    if (attr->len < sizeof(struct tcf_t)) {
        return false;
    }
    note_value(state, TC_VALUE_IDLE, p);
    take_idle(&state->taken, p);
    return true;
}

INLINE bool
parse_mirred(struct span s, struct state *state)
{
    struct flow_record *flow = state->taken.flow;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr, state->learner)) > 0) {
        if (attr.type == TCA_MIRRED_PARMS) {
            const uint8_t *p = attr.p + offsetof(struct tc_mirred, ifindex);

            if (attr.len < sizeof(struct tc_mirred)
                || flow->n_outputs >= FLOW_INLINE_OUTPUTS) {
                return false;
            }
            note_value(state, TC_VALUE_OUTPUT, p);
            take_output(&state->taken, p);
        } else if (attr.type == TCA_MIRRED_TM && !parse_times(&attr, state)) {
            return false;
        }
    }
    return !more;
}

INLINE bool
parse_gact(struct span s, struct state *state)
{
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr, state->learner)) > 0) {
        if (attr.type == TCA_GACT_PARMS) {
            const uint8_t *p = attr.p + offsetof(struct tc_gact, action);

            if (attr.len < sizeof(struct tc_gact)) {
                return false;
            }
            note_value(state, TC_VALUE_VERDICT, p);
            take_verdict(&state->taken, p);
        } else if (attr.type == TCA_GACT_TM && !parse_times(&attr, state)) {
            return false;
        }
    }
    return !more;
}

INLINE bool
parse_ct(struct span s, struct state *state)
{
    struct flow_record *flow = state->taken.flow;
    const uint8_t *zone = NULL;
    uint16_t action = 0;
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr, state->learner)) > 0) {
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
            note_bytes(state, attr.p, sizeof action);
            break;

        case TCA_CT_ZONE:
            if (attr.len != sizeof flow->zone) {
                return false;
            }
            zone = attr.p;
            break;
        }
    }
    /* ct_clear is in no zone. */
    if (zone && !(action & TCA_CT_ACT_CLEAR)
        && !(flow->flags & FLOW_HAS_ZONE)) {
        flow->flags |= FLOW_HAS_ZONE;
        note_value(state, TC_VALUE_ZONE, zone);
        take_zone(&state->taken, zone);
    }
    return !more;
}

INLINE bool
parse_tunnel_key(struct span s, struct state *state)
{
    struct attr attr;
    int action;
    int more;

    while ((more = next_attr(&s, &attr, state->learner)) > 0) {
        if (attr.type == TCA_TUNNEL_KEY_PARMS) {
            if (!GET_MEMBER(&attr, struct tc_tunnel_key, t_action, &action)) {
                return false;
            }
            note_bytes(state,
                       attr.p + offsetof(struct tc_tunnel_key, t_action),
                       sizeof action);
            if (action == TCA_TUNNEL_KEY_ACT_RELEASE) {
                state->taken.flow->flags |= FLOW_DECAP;
            }
        } else if (attr.type == TCA_TUNNEL_KEY_TM
                   && !parse_times(&attr, state)) {
            return false;
        }
    }
    return !more;
}

INLINE bool
parse_action(struct span s, struct state *state)
{
    struct attr attr, kind = { .type = 0 }, options = { .type = 0 };
    int more;

    while ((more = next_attr(&s, &attr, state->learner)) > 0) {
        switch (attr.type) {
        case TCA_ACT_KIND:
            kind = attr;
            break;

        case TCA_ACT_OPTIONS:
            options = attr;
            break;

        case TCA_ACT_STATS:
            if (!parse_stats(payload(&attr), state)) {
                return false;
            }
            break;

        case TCA_ACT_COOKIE:
            if (!state->is_ovs && attr.len == FLOW_UFID_LEN) {
                note_value(state, TC_VALUE_COOKIE, attr.p);
                take_cookie(&state->taken, attr.p);
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
    if (ATTR_IS(&kind, "mirred", state->learner)) {
        return parse_mirred(payload(&options), state);
    } else if (ATTR_IS(&kind, "gact", state->learner)) {
        return parse_gact(payload(&options), state);
    } else if (ATTR_IS(&kind, "ct", state->learner)) {
        return parse_ct(payload(&options), state);
    } else if (ATTR_IS(&kind, "tunnel_key", state->learner)) {
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

    while ((more = next_attr(&s, &attr, state->learner)) > 0) {
        if (!parse_action(payload(&attr), state)) {
            return false;
        }
    }
    return !more;
}

/* Match. */

/* Takes over a destination MAC, or its mask. */
static bool
parse_mac(const struct attr *attr, struct state *state)
{
    static const uint8_t exact[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    if (attr->len != sizeof exact) {
        return false;
    }
    if (attr->type == TCA_FLOWER_KEY_ETH_DST) {
        note_value(state, TC_VALUE_MAC, attr->p);
        take_mac(&state->taken, attr->p);
        state->has_mac = true;
    } else {
        note_bytes(state, attr->p, sizeof exact);
        state->mac_is_full = !memcmp(attr->p, exact, sizeof exact);
    }
    return true;
}

/* 'p' to 'end' is a run of attributes that match. */
INLINE void
take_run(struct state *state, const uint8_t *p, const uint8_t *end)
{
    if (OVS_UNLIKELY(state->learner)) {
        tc_learn_run(state->learner, p, end);
    }
    if (state->hash_wanted) {
        state->taken.hash = hash_span(state->taken.hash, p, end);
    }
}

INLINE bool
parse_flower(struct span s, struct state *state)
{
    const uint8_t *keys = s.p;  /* Start of a run of attributes that match. */
    struct attr attr;
    int more;

    while ((more = next_attr(&s, &attr, state->learner)) > 0) {
        if (attr.type > TCA_FLOWER_KEY_ETH_DST_MASK
            && attr.type != TCA_FLOWER_FLAGS
            && attr.type != TCA_FLOWER_IN_HW_COUNT) {
            /* All but these few, those that are not known here included,
             * match. */
            if (attr.type >= TCA_FLOWER_KEY_ENC_KEY_ID
                && attr.type <= TCA_FLOWER_KEY_ENC_IPV6_DST_MASK) {
                /* The action that takes the tunnel's header off comes only
                 * with an output, maybe in a later chain. */
                state->taken.flow->flags |= FLOW_DECAP;
            }
            continue;
        } else if (attr.type == TCA_FLOWER_ACT) {
            if (!parse_actions(payload(&attr), state)) {
                return false;
            }
        } else if (attr.type == TCA_FLOWER_FLAGS) {
            if (attr.len != sizeof(uint32_t)) {
                return false;
            }
            note_value(state, TC_VALUE_FLAGS, attr.p);
            take_flags(&state->taken, attr.p);
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
        take_run(state, keys, attr.p - NLA_HDRLEN);
        keys = s.p;
    }
    take_run(state, keys, s.p);
    if (state->has_mac && state->mac_is_full) {
        state->taken.flow->flags |= FLOW_HAS_MAC;
    }
    return !more;
}

/* The whole. */

/* Walks over the 's' of a message that follow its fixed header. */
static enum tc_parse_result
walk(struct span s, struct state *state)
{
    struct attr attr, options = { .type = TCA_UNSPEC };
    bool is_flower = false;
    int more;

    while ((more = next_attr(&s, &attr, state->learner)) > 0) {
        switch (attr.type) {
        case TCA_KIND:
            is_flower = ATTR_IS(&attr, "flower", state->learner);
            break;

        case TCA_CHAIN:
            if (attr.len != sizeof state->taken.flow->recirc_id) {
                return TC_PARSE_MALFORMED;
            }
            note_value(state, TC_VALUE_CHAIN, attr.p);
            take_chain(&state->taken, attr.p);
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
    if (options.type && !parse_flower(payload(&options), state)) {
        return TC_PARSE_MALFORMED;
    }
    if (!state->is_ovs) {
        return TC_PARSE_NOT_OVS;
    }
    if (!state->is_full) {
        state->taken.flow->flags |= FLOW_TERSE;
    }
    return TC_PARSE_FLOW;
}

/* Flags that follow from the shape of a message. */
#define SHAPE_FLAGS (FLOW_DECAP | FLOW_HAS_ZONE | FLOW_HAS_MAC | FLOW_TERSE)

/* Walks over message 'nlh', of 'len' bytes, and, if 'slot' is not NULL, learns
 * its shape.  (A function of its own, as the other way needs none of what this
 * one does.) */
static __attribute__((noinline)) enum tc_parse_result
parse_by_walk(const struct nlmsghdr *nlh, size_t len, uint64_t hash,
              bool hash_wanted, struct tc_shape *slot,
              struct flow_record *flow)
{
    const uint8_t *start = (const uint8_t *) nlh;
    struct state state = {
        .taken = TAKEN_INITIALIZER(flow, hash),
        .mac_is_full = true,
        .hash_wanted = hash_wanted,
    };
    struct span s = {
        .p = start + NLMSG_SPACE(sizeof(struct tcmsg)),
        .end = start + len,
    };
    enum tc_parse_result result;
    struct tc_learner learner;

    if (slot) {
        tc_learn_begin(&learner, nlh, len);
        state.learner = &learner;
    }
    result = walk(s, &state);
    if (result == TC_PARSE_FLOW) {
        if (slot) {
            tc_learn_end(&learner, flow->flags & SHAPE_FLAGS, slot);
        }
        finish(&state.taken, hash_wanted);
    }
    return result;
}

/* Takes the values of 'msg', which has 'shape', from where they are. */
INLINE void
parse_by_shape(const uint8_t *msg, const struct tc_shape *shape,
               uint64_t hash, bool hash_wanted, struct flow_record *flow)
{
    struct taken taken = TAKEN_INITIALIZER(flow, hash);

#define TAKE_ONE(VALUE, TAKE)                           \
    if (shape->n[VALUE]) {                              \
        TAKE(&taken, msg + shape->at[VALUE][0]);        \
    }
#define TAKE_EACH(VALUE, TAKE)                          \
    for (size_t i = 0; i < shape->n[VALUE]; i++) {      \
        TAKE(&taken, msg + shape->at[VALUE][i]);        \
    }
    flow->flags |= shape->flags;
    TAKE_ONE(TC_VALUE_CHAIN, take_chain);
    TAKE_ONE(TC_VALUE_FLAGS, take_flags);
    TAKE_ONE(TC_VALUE_COOKIE, take_cookie);
    TAKE_ONE(TC_VALUE_MAC, take_mac);
    TAKE_ONE(TC_VALUE_ZONE, take_zone);
    TAKE_EACH(TC_VALUE_BASIC, take_basic);
    TAKE_EACH(TC_VALUE_BASIC_HW, take_basic_hw);
    TAKE_EACH(TC_VALUE_IDLE, take_idle);
    TAKE_EACH(TC_VALUE_OUTPUT, take_output);
    TAKE_EACH(TC_VALUE_VERDICT, take_verdict);
#undef TAKE_ONE
#undef TAKE_EACH
    for (size_t i = 0; hash_wanted && i < shape->n_runs; i++) {
        const uint16_t *run = shape->runs[i];

        taken.hash = hash_span(taken.hash, msg + run[0], msg + run[1]);
    }
    finish(&taken, hash_wanted);
}

enum tc_parse_result
tc_flow_parse(const struct nlmsghdr *nlh_, size_t len, unsigned int options,
              struct flow_record *flow)
{
    const uint8_t *msg = (const uint8_t *) nlh_;
    bool hash_wanted = (options & TC_PARSE_KEY_HASH) != 0;
    const struct tc_shape *shape = NULL;
    struct tc_shape *slot = NULL;
    struct nlmsghdr nlh;
    uint32_t info;

    if (len < sizeof nlh) {
        return TC_PARSE_MALFORMED;
    }
    memcpy(&nlh, msg, sizeof nlh);
    if (nlh.nlmsg_len < sizeof nlh || nlh.nlmsg_len > len) {
        return TC_PARSE_MALFORMED;
    }
    if (nlh.nlmsg_type != RTM_NEWTFILTER && nlh.nlmsg_type != RTM_DELTFILTER) {
        return TC_PARSE_NOT_OVS;
    }
    if (nlh.nlmsg_len < NLMSG_LENGTH(sizeof(struct tcmsg))) {
        return TC_PARSE_MALFORMED;
    }
    if (!(options & TC_PARSE_BY_WALK)) {
        shape = tc_shape_find(msg, nlh.nlmsg_len, &slot);
    }

    clear(flow);
    info = take_tcmsg(msg, flow);
    if (OVS_UNLIKELY(!shape)) {
        return parse_by_walk(nlh_, nlh.nlmsg_len, TC_H_MIN(info), hash_wanted,
                             slot, flow);
    }
    parse_by_shape(msg, shape, TC_H_MIN(info), hash_wanted, flow);
    return TC_PARSE_FLOW;
}
