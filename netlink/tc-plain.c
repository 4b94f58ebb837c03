/* SPDX-License-Identifier: Apache-2.0 */

/* Terse messages in a row.
 *
 * Reading the counters of a million flows is what the daemon does most, and
 * nearly all messages of a terse dump have a shape that is known and plain.
 * So there is one loop for these, without a call for each message and without
 * what others need. */

#include <config.h>

#include "netlink/tc-plain.h"

#include "netlink/tc-shape.h"
#include "netlink/tc-take.h"

/* Takes the values of 'msg', which has 'shape', from where they are. */
INLINE void
take_plain(const uint8_t *msg, const struct tc_shape *shape,
            struct flow_record *flow)
{
    const uint16_t *basic_hw = shape->at[TC_VALUE_BASIC_HW];
    const uint16_t *basic = shape->at[TC_VALUE_BASIC];
    struct taken taken = TAKEN_INITIALIZER(flow, 0);

    clear(flow);
    take_tcmsg(msg, flow);
    flow->flags |= shape->flags;
    take_chain(&taken, msg + shape->at[TC_VALUE_CHAIN][0]);
    take_flags(&taken, msg + shape->at[TC_VALUE_FLAGS][0]);
    take_cookie(&taken, msg + shape->at[TC_VALUE_COOKIE][0]);
    taken.total = get_basic(msg + basic[0]);
    taken.hw = get_basic(msg + basic_hw[0]);
    for (size_t i = 1; i < shape->n[TC_VALUE_BASIC]; i++) {
        take_basic(&taken, msg + basic[i]);
        take_basic_hw(&taken, msg + basic_hw[i]);
    }
    finish(&taken, false);
}

/* Is 'msg', of which 'left' bytes may be read, a filter in the answer 'seq' to
 * 'portid', and was the answer not interrupted? */
INLINE bool
is_answer(const uint8_t *msg, size_t left, uint32_t seq, uint32_t portid)
{
    struct nlmsghdr nlh;

    if (left < NLMSG_LENGTH(sizeof(struct tcmsg))) {
        return false;
    }
    memcpy(&nlh, msg, sizeof nlh);
    return (nlh.nlmsg_len >= NLMSG_LENGTH(sizeof(struct tcmsg))
            && nlh.nlmsg_len <= left
            && nlh.nlmsg_type == RTM_NEWTFILTER
            && !(nlh.nlmsg_flags & NLM_F_DUMP_INTR)
            && !((nlh.nlmsg_seq ^ seq) | (nlh.nlmsg_pid ^ portid)));
}

size_t
tc_plain_parse(const void *buf, size_t size, uint32_t seq, uint32_t portid,
               struct flow_record *flows, size_t max, size_t *used)
{
    const uint8_t *p = buf, *end = p + size;
    size_t n;

    for (n = 0; n < max && is_answer(p, end - p, seq, portid); n++) {
        struct tc_shape *shape;
        uint32_t len;

        memcpy(&len, p + offsetof(struct nlmsghdr, nlmsg_len), sizeof len);
        shape = tc_shape_recent[tc_shape_set(len)];
        if (!shape || shape->len != len || !shape->plain
            || !tc_shape_fits(shape, p)) {
            break;
        }
        shape->trust = TC_SHAPE_TRUST;
        take_plain(p, shape, &flows[n]);
        p += MIN(NLMSG_ALIGN(len), end - p);
    }
    *used = p - (const uint8_t *) buf;
    return n;
}
