/* SPDX-License-Identifier: Apache-2.0 */

/* A line of "dpctl/dump-flows", which has three parts:
 *
 *     ufid:UUID, FIELD(VALUE),FIELD(VALUE), packets:N, ..., actions:ACTIONS
 *
 * This is what a million flows are read with, so it jumps: from parenthesis to
 * parenthesis in the match, where only four fields matter, and over the ends
 * of the other parts.  What it jumps over it still checks for balance, so that
 * a damaged line does not pass for another flow. */

#include <config.h>
#include "controller/flow-text/private.h"

#include "hash.h"
#include "openvswitch/types.h"
#include "util.h"

/* Value of each hexadecimal digit; 0x80 for anything else. */
#define X8 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
#define X32 X8, X8, X8, X8
static const uint8_t digits[256] = {
    X32, X8, X8,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 10, 11, 12, 13, 14, 15, 0x80, X8, X8, X8,
    0x80, 10, 11, 12, 13, 14, 15, 0x80, X8, X8, X8,
    X32, X32, X32, X32
};

bool
flow_text_hexadecimal(const char **pp, uint64_t *value)
{
    const char *p = *pp;
    uint64_t v = 0;

    for (;; p++) {
        uint8_t digit = digits[(unsigned char) *p];

        if (digit & 0x80) {
            break;
        }
        if (v >> 60) {
            return false;
        }
        v = v << 4 | digit;
    }
    if (p == *pp) {
        return false;
    }
    *pp = p;
    *value = v;
    return true;
}

/* Reads 'n' pairs of hexadecimal digits at 'p' into 'bytes'.  Returns a value
 * with bit 7 set if there is anything else. */
static inline unsigned int
hex_pairs(const char *p, uint8_t *bytes, size_t n)
{
    unsigned int bad = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t high = digits[(unsigned char) p[2 * i]];
        uint8_t low = digits[(unsigned char) p[2 * i + 1]];

        bad |= high | low;
        bytes[i] = high << 4 | low;
    }
    return bad;
}

static bool
parse_ufid(const char *p, uint8_t ufid[FLOW_UFID_LEN])
{
    unsigned int bad = hex_pairs(p, ufid, 4);

    bad |= hex_pairs(p + 9, ufid + 4, 2);
    bad |= hex_pairs(p + 14, ufid + 6, 2);
    bad |= hex_pairs(p + 19, ufid + 8, 2);
    bad |= hex_pairs(p + 24, ufid + 10, 6);
    return !(bad & 0x80) && p[8] == '-' && p[13] == '-' && p[18] == '-'
           && p[23] == '-';
}

/* Reads a MAC address at 'p', 17 characters, into 'mac'. */
static bool
parse_mac(const char *p, uint8_t mac[6])
{
    unsigned int bad = 0;

    for (int i = 0; i < 6; i++) {
        bad |= hex_pairs(p + 3 * i, &mac[i], 1);
        bad |= i < 5 && p[3 * i + 2] != ':' ? 0x80 : 0;
    }
    return !(bad & 0x80);
}

/* The value of eth() at [p, end): takes over a destination that is matched in
 * full. */
static bool
parse_eth(const char *p, const char *end, struct flow_record *record)
{
    static const uint8_t full[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    uint8_t mask[6];

    if (FLOW_TEXT_STARTS(p, "src=")) {
        const char *mac = p;

        /* The usual two lengths, else any. */
        p += 4 + 17;
        if (p < end && *p == '/') {
            p += 18;
        }
        if (p == end) {
            return true;
        }
        if (p > end || *p != ',') {
            p = memchr(mac, ',', end - mac);
            if (!p) {
                return false;
            }
        }
        p++;
    }
    if (p == end) {
        return true;            /* "eth()". */
    }
    if (!FLOW_TEXT_STARTS(p, "dst=") || end - p < 4 + 17
        || !parse_mac(p + 4, record->mac)) {
        return false;
    }
    p += 4 + 17;
    if (p < end) {
        if (*p != '/' || end - p != 18 || !parse_mac(p + 1, mask)) {
            return false;
        }
        if (memcmp(mask, full, sizeof full)) {
            return true;
        }
    }
    record->flags |= FLOW_HAS_MAC;
    return true;
}

/* The value of recirc_id() at [p, end). */
static bool
parse_recirc_id(const char *p, const char *end, struct flow_record *record)
{
    uint64_t value;

    if (!flow_text_number(&p, &value) || value > UINT32_MAX || p != end) {
        return false;
    }
    record->recirc_id = value;
    return true;
}

/* Takes over the field whose name, 'len' bytes, is at 'name' and whose value
 * is [value, end). */
static inline bool
parse_field(struct flow_text_parser *parser, const char *name, size_t len,
            const char *value, const char *end, struct flow_record *record,
            const char **why)
{
    switch (len) {
    case 3:
        if (FLOW_TEXT_STARTS(name, "eth") && !parse_eth(value, end, record)) {
            *why = "eth() has no MAC address where one should be";
            return false;
        }
        break;

    case 6:
        if (FLOW_TEXT_STARTS(name, "tunnel")) {
            record->flags |= FLOW_DECAP;
        }
        break;

    case 7:
        if (FLOW_TEXT_STARTS(name, "in_port")) {
            if (record->dev) {
                *why = "there are two in_port()";
                return false;
            }
            record->dev = flow_text_intern(&parser->names, value, end - value,
                                           why);
            return record->dev != 0;
        }
        break;

    case 9:
        if (FLOW_TEXT_STARTS(name, "recirc_id")
            && !parse_recirc_id(value, end, record)) {
            *why = "recirc_id() has no number";
            return false;
        }
        break;
    }
    return true;
}

/* The match, that is, up to "), ".  Returns what is behind, or NULL. */
static const char *
parse_match(struct flow_text_parser *parser, const char *p, const char *end,
            struct flow_record *record, const char **why)
{
    struct flow_text_marks marks;

    flow_text_marks_init(&marks, p, end, false);
    for (;;) {
        const char *open = flow_text_marks_next(&marks, false);
        const char *close = flow_text_marks_next(&marks, false);
        int depth = 1;

        if (open == end || *open != '(' || *p < 'a' || *p > 'z') {
            *why = "a field of the match has no name, or no value";
            return NULL;
        }
        for (;;) {
            if (close == end) {
                *why = "a parenthesis in the match is not closed";
                return NULL;
            }
            depth += *close == '(' ? 1 : -1;
            if (!depth) {
                break;
            }
            close = flow_text_marks_next(&marks, false);
        }
        if (!parse_field(parser, p, open - p, open + 1, close, record, why)) {
            return NULL;
        }
        if (close[1] != ',') {
            *why = "a field of the match is followed by something else";
            return NULL;
        }
        p = close + 2;
        if (*p == ' ') {
            return p + 1;
        }
    }
}

/* "0.260s" or "never" at '*pp'. */
static bool
parse_used(const char **pp, uint32_t *last_used)
{
    uint64_t s, ms = 0;
    const char *p = *pp;
    bool negative = false;

    if (FLOW_TEXT_STARTS(p, "never")) {
        *last_used = UINT32_MAX;
        *pp = p + 5;
        return true;
    }
    if (*p == '-') {            /* Used while the text was being written. */
        negative = true;
        p++;
    }
    if (!flow_text_decimal(&p, &s)) {
        return false;
    }
    if (*p == '.') {
        const char *fraction = ++p;

        if (!flow_text_decimal(&p, &ms) || p - fraction != 3) {
            return false;
        }
    }
    if (*p != 's') {
        return false;
    }
    *last_used = negative ? 0
                 : s >= UINT32_MAX / 1000 ? UINT32_MAX - 1
                 : s * 1000 + ms;
    *pp = p + 1;
    return true;
}

/* The part between match and actions.  Returns where the actions are, or
 * NULL.  Sets '*dp' to the name behind "dp:", or NULL. */
static const char *
parse_stats(const char *p, const char *end, struct flow_record *record,
            const char **dp, const char **why)
{
    *dp = NULL;
    if (!FLOW_TEXT_STARTS(p, "packets:")
        || (p += 8, !flow_text_decimal(&p, &record->packets))
        || !FLOW_TEXT_STARTS(p, ", bytes:")
        || (p += 8, !flow_text_decimal(&p, &record->bytes))
        || !FLOW_TEXT_STARTS(p, ", used:")
        || (p += 7, !parse_used(&p, &record->last_used))) {
        *why = "packets, bytes and used do not follow the match";
        return NULL;
    }
    while (FLOW_TEXT_STARTS(p, ", ")) {
        p += 2;
        if (FLOW_TEXT_STARTS(p, "actions:")) {
            return p + 8;
        } else if (FLOW_TEXT_STARTS(p, "offloaded:")) {
            p += 10;
            if (FLOW_TEXT_STARTS(p, "yes")) {
                record->flags |= FLOW_IN_HW;
                p += 3;
            } else if (FLOW_TEXT_STARTS(p, "partial")) {
                record->flags |= FLOW_PARTIAL;
                p += 7;
            }
        } else if (FLOW_TEXT_STARTS(p, "dp:")) {
            p += 3;
            *dp = p;
        }
        /* The rest of this one, "flags:" and what is new. */
        while (p < end && *p != ',') {
            p++;
        }
    }
    *why = "there are no actions";
    return NULL;
}

/* Where the flow is, from what its statistics say. */
static void
place(struct flow_text_parser *parser, const char *dp,
      struct flow_record *record)
{
    parser->plain = !dp;
    if (record->flags & FLOW_IN_HW) {
        /* There is but one count, and this is who is said to count. */
        record->hw_packets = record->packets;
        record->hw_bytes = record->bytes;
    } else if (!dp || !FLOW_TEXT_STARTS(dp, "tc,")) {
        record->flags |= FLOW_KERNEL;
    }
}

/* Is [p, end), of a line without ufid, a flow?  Prose may start with
 * "eth(...", too. */
static bool
starts_as_match(const char *p, const char *end)
{
    const char *open = memchr(p, '(', MIN(end - p, 16));
    const char *close;

    if (!open || !flow_text_is_key(p, open - p)) {
        return false;
    }
    close = memchr(open, ')', end - open);
    return close && close[1] == ','
           && ((close[2] >= 'a' && close[2] <= 'z')
               || FLOW_TEXT_STARTS(close + 2, " packets:"));
}

static void
clear_record(struct flow_record *record)
{
    memset(record, 0, offsetof(struct flow_record, targets));
    record->outputs = record->inline_outputs;
}

enum flow_text_line
flow_text_parse(struct flow_text_parser *parser, const char *p,
                const char *end, struct flow_record *record, const char **why)
{
    const char *match, *stats, *actions, *dp;
    bool has_ufid;

    /* Names are at least as long as this, as is all else of a flow. */
    if (end - p < 16) {
        return FLOW_TEXT_OTHER;
    }
    has_ufid = FLOW_TEXT_STARTS(p, "ufid:")
               && !(digits[(unsigned char) p[5]] & 0x80);
    if (!has_ufid && !starts_as_match(p, end)) {
        return FLOW_TEXT_OTHER;
    }

    clear_record(record);
    match = p;
    if (has_ufid) {
        if (!parse_ufid(p + 5, record->ufid)
            || !FLOW_TEXT_STARTS(p + 41, ", ")) {
            *why = "the ufid is not one";
            return FLOW_TEXT_MALFORMED;
        }
        match += 43;
    }
    stats = parse_match(parser, match, end, record, why);
    actions = stats ? parse_stats(stats, end, record, &dp, why) : NULL;
    if (!actions) {
        return FLOW_TEXT_MALFORMED;
    }
    if (!has_ufid) {
        ovs_u128 hash;

        hash_bytes128(match, stats - match, 0, &hash);
        memcpy(record->ufid, &hash, sizeof record->ufid);
    }
    place(parser, dp, record);
    if (!flow_text_parse_actions(parser, actions, end, record, why)) {
        return FLOW_TEXT_MALFORMED;
    }
    if (!(record->flags & FLOW_KERNEL)) {
        record->miss = FLOW_MISS_NONE;
    } else {
        /* The match is what ovs-vswitchd looks at first.  It ends with
         * "), ". */
        enum flow_miss miss = flow_text_match_miss(match, stats - 2);

        record->miss = miss ? miss : record->miss;
    }
    return FLOW_TEXT_FLOW;
}
