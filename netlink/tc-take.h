/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_TAKE_H
#define NETLINK_TC_TAKE_H 1

/* Values of a filter into its record, from where they are: for
 * netlink/tc-parse.c and tc-plain.c only, which have checked that they are
 * there. */

#include <arpa/inet.h>
#include <linux/gen_stats.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "netlink/flow-record.h"
#include "netlink/tc-walk.h"
#include "util.h"

/* Makes 'flow' that of no message; 'targets' and 'inline_outputs' are valid as
 * far as their numbers say.  (In pieces that compilers do not make a
 * call of.) */
INLINE void
clear(struct flow_record *flow)
{
    enum { SIZE = offsetof(struct flow_record, targets) };

    BUILD_ASSERT_DECL(SIZE > 64 && SIZE <= 128);
    memset(flow, 0, 64);
    memset((uint8_t *) flow + 64, 0, SIZE - 64);
}

/* Fills in the members that the fixed header of the message has.  Returns its
 * 'tcm_info'. */
INLINE uint32_t
take_tcmsg(const uint8_t *msg, struct flow_record *flow)
{
    uint32_t parent, info;

#define GET(MEMBER, VALUE)                                                  \
    (BUILD_ASSERT(MEMBER_SIZEOF(struct tcmsg, MEMBER) == sizeof *(VALUE)),  \
     memcpy(VALUE, msg + NLMSG_HDRLEN + offsetof(struct tcmsg, MEMBER),     \
            sizeof *(VALUE)))
    GET(tcm_ifindex, &flow->dev);
    GET(tcm_parent, &parent);
    GET(tcm_handle, &flow->handle);
    GET(tcm_info, &info);
#undef GET
    if (flow->dev == TCM_IFINDEX_MAGIC_BLOCK) {
        /* Its other meaning, tcm_block_index. */
        flow->dev = parent;
        flow->flags = FLOW_ON_BLOCK;
    } else if (parent == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)) {
        flow->flags = FLOW_EGRESS_SIDE;
    }
    flow->prio = TC_H_MAJ(info) >> 16;
    return info;
}

/* Counters of an action, or the greatest of several. */
struct counters {
    uint64_t packets, bytes;
};

struct taken {
    struct flow_record *flow;   /* What is filled in. */
    struct counters total, hw;  /* Its counters. */
    uint64_t idle;              /* Ticks since the last packet of that action
                                 * which had the latest, or UINT64_MAX. */
    uint64_t hash;              /* Of the attributes so far that match. */
};
#define TAKEN_INITIALIZER(FLOW, HASH) \
    { .flow = (FLOW), .idle = UINT64_MAX, .hash = (HASH) }

/* TCA_STATS_BASIC or _HW: 12 bytes count, the rest is padding. */
#define BASIC_LEN 12

INLINE struct counters
get_basic(const uint8_t *p)
{
    struct counters c;
    uint32_t packets;

    memcpy(&c.bytes, p + offsetof(struct gnet_stats_basic, bytes),
           sizeof c.bytes);
    memcpy(&packets, p + offsetof(struct gnet_stats_basic, packets),
           sizeof packets);
    c.packets = packets;
    return c;
}

/* All actions count the same packets, if they see them. */
INLINE void
take_counters(struct counters *sum, const struct counters *c)
{
    sum->packets = MAX(sum->packets, c->packets);
    sum->bytes = MAX(sum->bytes, c->bytes);
}

INLINE void
take_basic(struct taken *taken, const uint8_t *p)
{
    struct counters c = get_basic(p);

    take_counters(&taken->total, &c);
}

INLINE void
take_basic_hw(struct taken *taken, const uint8_t *p)
{
    struct counters c = get_basic(p);

    take_counters(&taken->hw, &c);
}

INLINE void
take_idle(struct taken *taken, const uint8_t *p)
{
    uint64_t idle;

    memcpy(&idle, p, sizeof idle);
    taken->idle = MIN(taken->idle, idle);
}

/* There is room for it. */
INLINE void
take_output(struct taken *taken, const uint8_t *p)
{
    struct flow_record *flow = taken->flow;

    memcpy(&flow->inline_outputs[flow->n_outputs++], p,
           sizeof *flow->inline_outputs);
}

/* A verdict of gact. */
INLINE void
take_verdict(struct taken *taken, const uint8_t *p)
{
    struct flow_record *flow = taken->flow;
    int action;

    memcpy(&action, p, sizeof action);
    if (TC_ACT_EXT_CMP(action, TC_ACT_GOTO_CHAIN)) {
        if (flow->n_targets < FLOW_MAX_TARGETS) {
            flow->targets[flow->n_targets++] = action & TC_ACT_EXT_VAL_MASK;
        } else {
            flow->flags |= FLOW_MORE;
        }
    } else if (action == TC_ACT_SHOT) {
        flow->flags |= FLOW_DROP;
    }
}

INLINE void
take_zone(struct taken *taken, const uint8_t *p)
{
    memcpy(&taken->flow->zone, p, sizeof taken->flow->zone);
}

/* Turns around a word of the cookie. */
INLINE void
take_word(uint8_t *ufid, const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    word = htonl(word);
    memcpy(ufid, &word, sizeof word);
}

/* The cookie is the ufid as four words in the host's order. */
INLINE void
take_cookie(struct taken *taken, const uint8_t *p)
{
    uint8_t *ufid = taken->flow->ufid;

    BUILD_ASSERT(FLOW_UFID_LEN == 4 * sizeof(uint32_t));
    take_word(ufid, p);
    take_word(ufid + 4, p + 4);
    take_word(ufid + 8, p + 8);
    take_word(ufid + 12, p + 12);
}

INLINE void
take_mac(struct taken *taken, const uint8_t *p)
{
    memcpy(taken->flow->mac, p, sizeof taken->flow->mac);
}

INLINE void
take_flags(struct taken *taken, const uint8_t *p)
{
    uint32_t flags;

    memcpy(&flags, p, sizeof flags);
    if (flags & TCA_CLS_FLAGS_IN_HW) {
        taken->flow->flags |= FLOW_IN_HW;
    }
}

INLINE void
take_chain(struct taken *taken, const uint8_t *p)
{
    memcpy(&taken->flow->recirc_id, p, sizeof taken->flow->recirc_id);
}

/* The hash of what matches. */

INLINE uint64_t
hash_word(uint64_t hash, const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash << 31 | hash >> 33;
}

/* Adds the bytes from 'p' to 'end' to 'hash'. */
static inline uint64_t
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

/* The end. */

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

/* Fills in what depends on all that was taken. */
INLINE void
finish(struct taken *taken, bool hash_wanted)
{
    struct flow_record *flow = taken->flow;

    flow->outputs = flow->inline_outputs;
    flow->packets = taken->total.packets;
    flow->bytes = taken->total.bytes;
    flow->hw_packets = taken->hw.packets;
    flow->hw_bytes = taken->hw.bytes;
    flow->last_used = (flow->packets && taken->idle != UINT64_MAX
                       ? ticks_to_ms(taken->idle) : UINT32_MAX);
    if (hash_wanted && !(flow->flags & FLOW_TERSE)) {
        uint32_t hash = taken->hash ^ taken->hash >> 32;

        flow->key_hash = hash ? hash : 1;
    }
}

#endif /* netlink/tc-take.h */
