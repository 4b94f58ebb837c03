/* SPDX-License-Identifier: Apache-2.0 */

/* What in a match keeps a flow out of tc.  Looked for only in flows that are
 * not there, in a second pass over text whose form is known to be good. */

#include <config.h>
#include "controller/flow-text/private.h"

#include "util.h"

/* Fields of a match, and what each means for tc. */
enum key_class {
    KEY_FINE,                   /* tc can match it. */
    KEY_FINE_IF_ZERO,           /* It matters if it is matched and not 0. */
    KEY_REFUSED,                /* It matters if any of it is matched. */
    KEY_CT_STATE,
    KEY_TUNNEL,
    KEY_IPV6,
    KEY_MPLS,
    KEY_VLAN,
    KEY_ENCAP,                  /* A match within the match. */
};

struct key {
    const char *name;           /* As printed. */
    uint8_t len;                /* Of 'name'. */
    uint8_t class;              /* 'enum key_class'. */
    uint8_t miss;               /* 'enum flow_miss'. */
};
#define KEY(NAME, CLASS, MISS) { NAME, sizeof NAME - 1, CLASS, MISS }

/* The frequent ones first. */
static const struct key keys[] = {
    KEY("recirc_id", KEY_FINE, FLOW_MISS_NONE),
    KEY("in_port", KEY_FINE, FLOW_MISS_NONE),
    KEY("eth", KEY_FINE, FLOW_MISS_NONE),
    KEY("eth_type", KEY_FINE, FLOW_MISS_NONE),
    KEY("ipv4", KEY_FINE, FLOW_MISS_NONE),
    KEY("packet_type", KEY_FINE_IF_ZERO, FLOW_MISS_MATCH_OTHER),
    KEY("tcp", KEY_FINE, FLOW_MISS_NONE),
    KEY("ct_state", KEY_CT_STATE, FLOW_MISS_MATCH_CT),
    KEY("ct_mark", KEY_FINE, FLOW_MISS_NONE),
    KEY("dp_hash", KEY_REFUSED, FLOW_MISS_MATCH_DP_HASH),
    KEY("skb_priority", KEY_REFUSED, FLOW_MISS_MATCH_PRIORITY),
    KEY("skb_mark", KEY_FINE_IF_ZERO, FLOW_MISS_MATCH_PRIORITY),
    KEY("ct_zone", KEY_FINE, FLOW_MISS_NONE),
    KEY("ct_label", KEY_FINE, FLOW_MISS_NONE),
    KEY("ct_tuple4", KEY_REFUSED, FLOW_MISS_MATCH_CT),
    KEY("ct_tuple6", KEY_REFUSED, FLOW_MISS_MATCH_CT),
    KEY("tunnel", KEY_TUNNEL, FLOW_MISS_MATCH_TUNNEL),
    KEY("vlan", KEY_VLAN, FLOW_MISS_MATCH_OTHER),
    KEY("encap", KEY_ENCAP, FLOW_MISS_NONE),
    KEY("ipv6", KEY_IPV6, FLOW_MISS_MATCH_OTHER),
    KEY("arp", KEY_FINE, FLOW_MISS_NONE),
    KEY("tcp_flags", KEY_FINE, FLOW_MISS_NONE),
    KEY("udp", KEY_FINE, FLOW_MISS_NONE),
    KEY("sctp", KEY_FINE, FLOW_MISS_NONE),
    KEY("icmp", KEY_FINE, FLOW_MISS_NONE),
    KEY("icmpv6", KEY_FINE, FLOW_MISS_NONE),
    KEY("nd", KEY_REFUSED, FLOW_MISS_MATCH_ND),
    KEY("nd_ext", KEY_REFUSED, FLOW_MISS_MATCH_ND),
    KEY("mpls", KEY_MPLS, FLOW_MISS_MATCH_OTHER),
    KEY("nsh", KEY_REFUSED, FLOW_MISS_MATCH_NSH),
};

/* encap() within encap(): two VLAN tags are the most that are matched. */
#define MAX_ENCAP 2

static enum flow_miss match_miss(const char *p, const char *end, int depth);

/* ct_state bits that flower has no flag for: "snat" and "dnat". */
#define CT_STATE_NAT 0xc0

static const struct key *
find_key(const char *p, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (keys[i].len == len && !memcmp(keys[i].name, p, len)) {
            return &keys[i];
        }
    }
    return NULL;
}

bool
flow_text_is_key(const char *p, size_t len)
{
    return find_key(p, len) != NULL;
}

/* Is [p, end) a zero of any kind: "0", "0x0000", "00:00:00:00:00:00",
 * "0.0.0.0", "::"? */
static bool
is_zero(const char *p, const char *end)
{
    while (p < end && strchr("0x.:", *p)) {
        p++;
    }
    return p == end;
}

/* Is each part of the value [p, end), "A=VALUE/MASK,...", matched with a mask
 * of zeros, or, if 'or_zero', at least 0? */
static bool
is_wild(const char *p, const char *end, bool or_zero)
{
    while (p < end) {
        const char *part_end = memchr(p, ',', end - p);
        const char *value, *slash;

        part_end = part_end ? part_end : end;
        value = memchr(p, '=', part_end - p);
        value = value ? value + 1 : p;
        slash = memchr(value, '/', part_end - value);
        if (!(slash && is_zero(slash + 1, part_end))
            && !(or_zero && is_zero(value, slash ? slash : part_end))) {
            return false;
        }
        p = part_end < end ? part_end + 1 : end;
    }
    return true;
}

static bool
contains(const char *p, const char *end, const char *what)
{
    return memmem(p, end - p, what, strlen(what)) != NULL;
}

/* Does ct_state's value [p, end), of numbers or of names, have what flower has
 * no flag for? */
static bool
ct_state_refused(const char *p, const char *end)
{
    uint64_t bits;

    if (!flow_text_number(&p, &bits)) {
        return contains(p, end, "nat");
    }
    if (p < end && *p == '/') {
        p++;
        return !flow_text_number(&p, &bits) || bits & CT_STATE_NAT;
    }
    return true;                /* All bits are matched. */
}

/* Does vlan's value [p, end) match a part of the ID or of the priority, or
 * neither? */
static bool
vlan_refused(const char *p, const char *end)
{
    bool full = false;

    while (p < end) {
        const char *part_end = memchr(p, ',', end - p);

        part_end = part_end ? part_end : end;
        if (!is_wild(p, part_end, false)) {
            if (memchr(p, '/', part_end - p)) {
                return true;
            }
            full = true;
        }
        p = part_end < end ? part_end + 1 : end;
    }
    return !full;
}

static enum flow_miss
key_miss(const struct key *key, const char *p, const char *end, int depth)
{
    bool refused = false;

    switch ((enum key_class) key->class) {
    case KEY_FINE:
        break;

    case KEY_FINE_IF_ZERO:
        refused = !is_wild(p, end, true);
        break;

    case KEY_REFUSED:
        refused = !is_wild(p, end, false);
        break;

    case KEY_CT_STATE:
        refused = ct_state_refused(p, end);
        break;

    case KEY_TUNNEL:
        refused = (contains(p, end, "vxlan(") || contains(p, end, "erspan(")
                   || contains(p, end, "gtpu(") || contains(p, end, "oam"));
        break;

    case KEY_IPV6:
        /* Fragments are matched in IPv4 only. */
        refused = (contains(p, end, "frag=first")
                   || contains(p, end, "frag=later")
                   || contains(p, end, "frag=yes"));
        if (!refused) {
            const char *label = memmem(p, end - p, "label=", 6);
            const char *comma = label ? memchr(label, ',', end - label) : NULL;

            refused = label && !is_wild(label, comma ? comma : end, false);
        }
        break;

    case KEY_MPLS:
        /* More than one label. */
        p = memmem(p, end - p, "bos=", 4);
        refused = p && contains(p, end, "label=");
        break;

    case KEY_VLAN:
        refused = vlan_refused(p, end);
        break;

    case KEY_ENCAP:
        return depth < MAX_ENCAP ? match_miss(p, end, depth + 1)
                                 : FLOW_MISS_MATCH_OTHER;
    }
    return refused ? key->miss : FLOW_MISS_NONE;
}

static enum flow_miss
match_miss(const char *p, const char *end, int depth)
{
    struct flow_text_marks marks;

    flow_text_marks_init(&marks, p, end, false);
    while (p < end) {
        const char *open = flow_text_marks_next(&marks, false);
        const char *close = open;
        int open_ones = 1;

        while (open_ones && close < end) {
            close = flow_text_marks_next(&marks, false);
            if (close < end) {
                open_ones += *close == '(' ? 1 : -1;
            }
        }
        /* Most are not matched, which "-m" prints so. */
        if (!FLOW_TEXT_IS(open + 1, close - open - 1, "0/0")) {
            const struct key *key = find_key(p, open - p);
            enum flow_miss miss = (key
                                   ? key_miss(key, open + 1, close, depth)
                                   : FLOW_MISS_MATCH_OTHER);

            if (miss) {
                return miss;
            }
        }
        p = close + 2;
    }
    return FLOW_MISS_NONE;
}

enum flow_miss
flow_text_match_miss(const char *p, const char *end)
{
    return match_miss(p, end, 0);
}
