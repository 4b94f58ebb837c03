/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/dp-flow.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "netlink/nl-attr.h"
#include "openvswitch/types.h"
#include "util.h"

#define HEADER_LEN (GENL_HDRLEN + sizeof(struct ovs_header))

/* Linux 6.7; the headers may be older. */
#define ACTION_DROP 24
BUILD_ASSERT_DECL(OVS_ACTION_ATTR_DEC_TTL == ACTION_DROP - 1);

static bool parse_actions(struct dp_flow *, const void *, size_t len,
                          int depth);

void
dp_flow_init(struct dp_flow *flow)
{
    memset(flow, 0, sizeof *flow);
}

void
dp_flow_uninit(struct dp_flow *flow)
{
    free(flow->more_outputs);
    flow->more_outputs = NULL;
    flow->allocated = 0;
}

void
dp_flow_swap_ufid(const uint8_t from[FLOW_UFID_LEN],
                  uint8_t to[FLOW_UFID_LEN])
{
    for (size_t i = 0; i < FLOW_UFID_LEN; i += sizeof(uint32_t)) {
        uint32_t word;

        memcpy(&word, from + i, sizeof word);
        word = htonl(word);
        memcpy(to + i, &word, sizeof word);
    }
}

/* Finds the attributes of 'nlh'.  'tb' has OVS_FLOW_ATTR_PAD elements. */
static bool
parse_message(const struct nlmsghdr *nlh, const struct nlattr **tb,
              uint8_t *cmd, int *datapath)
{
    const char *payload = (const char *) nlh + NLMSG_HDRLEN;
    struct genlmsghdr genl;
    struct ovs_header ovs;

    if (!attr_parse_message(nlh, HEADER_LEN, OVS_FLOW_ATTR_UFID_FLAGS, tb)) {
        return false;
    }
    memcpy(&genl, payload, sizeof genl);
    memcpy(&ovs, payload + GENL_HDRLEN, sizeof ovs);
    *cmd = genl.cmd;
    *datapath = ovs.dp_ifindex;
    return true;
}

/* Copies the payload of 'attr', if there is one, which must have exactly
 * 'size' bytes. */
static bool
get_if(const struct nlattr *attr, void *value, size_t size)
{
    if (attr && attr_size(attr) != size) {
        return false;
    } else if (attr) {
        memcpy(value, attr_data(attr), size);
    }
    return true;
}

static bool
parse_ufid(const struct nlattr *const *tb, uint8_t ufid[FLOW_UFID_LEN])
{
    const struct nlattr *attr = tb[OVS_FLOW_ATTR_UFID];

    if (attr) {
        /* ovs-vswitchd's all have FLOW_UFID_LEN bytes.  The kernel would take
         * shorter ones too. */
        uint8_t raw[FLOW_UFID_LEN] = { 0 };

        if (!attr_size(attr) || attr_size(attr) > sizeof raw) {
            return false;
        }
        memcpy(raw, attr_data(attr), attr_size(attr));
        dp_flow_swap_ufid(raw, ufid);
    } else if (tb[OVS_FLOW_ATTR_KEY]) {
        ovs_u128 hash;

        hash_bytes128(attr_data(tb[OVS_FLOW_ATTR_KEY]),
                      attr_size(tb[OVS_FLOW_ATTR_KEY]), 0, &hash);
        memcpy(ufid, &hash, FLOW_UFID_LEN);
    } else {
        return false;
    }
    return true;
}

static bool
parse_counters(const struct nlattr *const *tb, long long int now,
               struct flow_record *record)
{
    struct ovs_flow_stats stats = { .n_packets = 0 };
    uint64_t used = 0;

    if (!get_if(tb[OVS_FLOW_ATTR_STATS], &stats, sizeof stats)
        || !get_if(tb[OVS_FLOW_ATTR_USED], &used, sizeof used)) {
        return false;
    }
    record->packets = stats.n_packets;
    record->bytes = stats.n_bytes;
    if (!used) {
        record->last_used = UINT32_MAX;
    } else if (used < now) {
        record->last_used = MIN(now - used, UINT32_MAX - 1);
    } else {
        record->last_used = 0;  /* The kernel's is of the last jiffy. */
    }
    return true;
}

/* Outputs and targets. */

static void
add_output(struct dp_flow *flow, uint32_t port)
{
    struct flow_record *r = &flow->record;

    if (r->n_outputs < FLOW_INLINE_OUTPUTS) {
        r->inline_outputs[r->n_outputs++] = port;
        return;
    }
    if (r->n_outputs >= flow->allocated) {
        flow->allocated = MAX(2 * flow->allocated, 4 * FLOW_INLINE_OUTPUTS);
        flow->more_outputs = xrealloc(flow->more_outputs,
                                      (flow->allocated
                                       * sizeof *flow->more_outputs));
    }
    if (r->n_outputs == FLOW_INLINE_OUTPUTS) {
        memcpy(flow->more_outputs, r->inline_outputs,
               sizeof r->inline_outputs);
    }
    flow->more_outputs[r->n_outputs++] = port;
    r->outputs = flow->more_outputs;
}

static void
add_target(struct flow_record *r, uint32_t recirc_id)
{
    for (size_t i = 0; i < r->n_targets; i++) {
        if (r->targets[i] == recirc_id) {
            return;
        }
    }
    if (r->n_targets < FLOW_MAX_TARGETS) {
        r->targets[r->n_targets++] = recirc_id;
    } else {
        r->flags |= FLOW_MORE;
    }
}

/* Actions. */

/* Parses the actions in 'attr', if it is there. */
static bool
parse_nested_actions(struct dp_flow *flow, const struct nlattr *attr,
                     int depth)
{
    return !attr || parse_actions(flow, attr_data(attr), attr_size(attr),
                                  depth + 1);
}

static bool
parse_ct(struct flow_record *r, const struct nlattr *ct)
{
    const struct nlattr *tb[OVS_CT_ATTR_ZONE + 1];
    uint16_t zone = 0;          /* Without an attribute, the default one. */

    if (!attr_parse_nested(ct, OVS_CT_ATTR_ZONE, tb)
        || !get_if(tb[OVS_CT_ATTR_ZONE], &zone, sizeof zone)) {
        return false;
    }
    if (!(r->flags & FLOW_HAS_ZONE)) {
        r->flags |= FLOW_HAS_ZONE;
        r->zone = zone;
    }
    return true;
}

static bool
parse_check_pkt_len(struct dp_flow *flow, const struct nlattr *attr,
                    int depth)
{
    enum { MAX_ATTR = OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL };
    const struct nlattr *tb[MAX_ATTR + 1];

    return (attr_parse_nested(attr, MAX_ATTR, tb)
            && parse_nested_actions(
                flow, tb[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER], depth)
            && parse_nested_actions(
                flow, tb[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL],
                depth));
}

static bool
parse_action(struct dp_flow *flow, const struct nlattr *attr, int depth)
{
    const struct nlattr *tb[4];
    uint32_t value;

    switch (attr->nla_type & NLA_TYPE_MASK) {
    case OVS_ACTION_ATTR_OUTPUT:
        if (!attr_get_u32(attr, &value)) {
            return false;
        }
        add_output(flow, value);
        return true;

    case OVS_ACTION_ATTR_RECIRC:
        if (!attr_get_u32(attr, &value)) {
            return false;
        }
        add_target(&flow->record, value);
        return true;

    case OVS_ACTION_ATTR_CT:
        return parse_ct(&flow->record, attr);

    case OVS_ACTION_ATTR_SAMPLE:
        return (attr_parse_nested(attr, OVS_SAMPLE_ATTR_ACTIONS, tb)
                && parse_nested_actions(flow, tb[OVS_SAMPLE_ATTR_ACTIONS],
                                        depth));

    case OVS_ACTION_ATTR_CLONE:
        return parse_nested_actions(flow, attr, depth);

    case OVS_ACTION_ATTR_CHECK_PKT_LEN:
        return parse_check_pkt_len(flow, attr, depth);

    case OVS_ACTION_ATTR_DEC_TTL:
        /* What becomes of packets whose TTL is used up. */
        return (attr_parse_nested(attr, OVS_DEC_TTL_ATTR_ACTION, tb)
                && parse_nested_actions(flow, tb[OVS_DEC_TTL_ATTR_ACTION],
                                        depth));

    case ACTION_DROP:
        flow->record.flags |= FLOW_DROP;
        return true;

    default:
        return true;
    }
}
BUILD_ASSERT_DECL(OVS_SAMPLE_ATTR_ACTIONS < 4 && OVS_DEC_TTL_ATTR_ACTION < 4);

/* Parses the actions in the 'len' bytes at 'p'. */
static bool
parse_actions(struct dp_flow *flow, const void *p, size_t len, int depth)
{
    const struct nlattr *attr;

    if (depth > DP_FLOW_MAX_DEPTH) {
        return false;
    }
    while ((attr = attr_take(&p, &len))) {
        if (!parse_action(flow, attr, depth)) {
            return false;
        }
    }
    return !len;
}

static bool
parse_all_actions(struct dp_flow *flow, const struct nlattr *actions)
{
    struct flow_record *r = &flow->record;

    if (!parse_actions(flow, attr_data(actions), attr_size(actions), 0)) {
        return false;
    }

    /* One branch of several may drop; on purpose does who does nothing
     * else. */
    if (!attr_size(actions)) {
        r->flags |= FLOW_DROP;
    } else if (r->n_outputs || r->n_targets) {
        r->flags &= ~FLOW_DROP;
    }
    return true;
}

/* Key and mask. */

static bool
parse_key(struct dp_flow *flow, const struct nlattr *key,
          const struct nlattr *mask)
{
    const struct nlattr *ktb[OVS_KEY_ATTR_RECIRC_ID + 1];
    const struct nlattr *mtb[OVS_KEY_ATTR_RECIRC_ID + 1] = { NULL };
    struct ovs_key_ethernet eth, eth_mask = { .eth_dst = { 0 } };
    struct flow_record *r = &flow->record;

    if (!attr_parse_nested(key, OVS_KEY_ATTR_RECIRC_ID, ktb)
        || (mask && !attr_parse_nested(mask, OVS_KEY_ATTR_RECIRC_ID, mtb))
        || !get_if(ktb[OVS_KEY_ATTR_IN_PORT], &r->dev, sizeof r->dev)
        || !get_if(ktb[OVS_KEY_ATTR_RECIRC_ID], &r->recirc_id,
                   sizeof r->recirc_id)
        || !get_if(ktb[OVS_KEY_ATTR_ETHERNET], &eth, sizeof eth)
        || !get_if(mtb[OVS_KEY_ATTR_ETHERNET], &eth_mask, sizeof eth_mask)) {
        return false;
    }
    flow->has_port = ktb[OVS_KEY_ATTR_IN_PORT] != NULL;
    if (ktb[OVS_KEY_ATTR_TUNNEL]) {
        r->flags |= FLOW_DECAP;
    }
    if (ktb[OVS_KEY_ATTR_ETHERNET]
        && is_all_ones(eth_mask.eth_dst, sizeof eth_mask.eth_dst)) {
        r->flags |= FLOW_HAS_MAC;
        memcpy(r->mac, eth.eth_dst, sizeof r->mac);
    }
    return true;
}

static void
set_attrs(const struct nlattr *const *tb, struct dp_flow_attrs *attrs)
{
    const struct nlattr *key = tb[OVS_FLOW_ATTR_KEY];
    const struct nlattr *mask = tb[OVS_FLOW_ATTR_MASK];
    const struct nlattr *actions = tb[OVS_FLOW_ATTR_ACTIONS];

    *attrs = (struct dp_flow_attrs) {
        .key = key ? attr_data(key) : NULL,
        .mask = mask ? attr_data(mask) : NULL,
        .actions = actions ? attr_data(actions) : NULL,
        .key_len = key ? attr_size(key) : 0,
        .mask_len = mask ? attr_size(mask) : 0,
        .actions_len = actions ? attr_size(actions) : 0,
    };
}

static uint32_t
hash_key(const struct dp_flow_attrs *attrs)
{
    uint32_t hash = hash_bytes(attrs->key, attrs->key_len, 0);

    if (attrs->mask) {
        hash = hash_bytes(attrs->mask, attrs->mask_len, hash);
    }
    return hash ? hash : 1;     /* 0 is for unknown. */
}

/* Messages. */

bool
dp_flow_parse(const struct nlmsghdr *nlh, long long int now, bool key_hash,
              struct dp_flow *flow)
{
    const struct nlattr *tb[OVS_FLOW_ATTR_UFID_FLAGS + 1];
    struct flow_record *r = &flow->record;
    struct dp_flow_attrs attrs;
    uint8_t cmd;

    memset(r, 0, sizeof *r);
    r->flags = FLOW_KERNEL;
    r->outputs = r->inline_outputs;
    flow->has_key = flow->has_port = flow->has_actions = false;
    if (!parse_message(nlh, tb, &cmd, &flow->datapath)
        || cmd < OVS_FLOW_CMD_NEW || cmd > OVS_FLOW_CMD_SET
        || !parse_ufid(tb, r->ufid)
        || !parse_counters(tb, now, r)) {
        return false;
    }
    flow->event = cmd == OVS_FLOW_CMD_DEL ? DP_FLOW_GONE : DP_FLOW_THERE;
    set_attrs(tb, &attrs);
    if (attrs.key) {
        flow->has_key = true;
        if (!parse_key(flow, tb[OVS_FLOW_ATTR_KEY],
                       tb[OVS_FLOW_ATTR_MASK])) {
            return false;
        }
        r->key_hash = key_hash ? hash_key(&attrs) : 0;
    } else {
        r->flags |= FLOW_TERSE;
    }
    if (attrs.actions) {
        flow->has_actions = true;
        if (!parse_all_actions(flow, tb[OVS_FLOW_ATTR_ACTIONS])) {
            return false;
        }
    } else {
        r->flags |= FLOW_MORE;
    }
    r->miss = dp_flow_find_miss(&attrs);
    return true;
}

bool
dp_flow_raw_parse(const struct nlmsghdr *nlh, struct dp_flow_raw *raw)
{
    const struct nlattr *tb[OVS_FLOW_ATTR_UFID_FLAGS + 1];
    struct ovs_flow_stats stats = { .n_packets = 0 };
    uint8_t cmd;

    memset(raw, 0, sizeof *raw);
    if (!parse_message(nlh, tb, &cmd, &raw->datapath)
        || !get_if(tb[OVS_FLOW_ATTR_STATS], &stats, sizeof stats)
        || !get_if(tb[OVS_FLOW_ATTR_USED], &raw->used, sizeof raw->used)
        || !get_if(tb[OVS_FLOW_ATTR_TCP_FLAGS], &raw->tcp_flags,
                   sizeof raw->tcp_flags)) {
        return false;
    }
    raw->packets = stats.n_packets;
    raw->bytes = stats.n_bytes;
    set_attrs(tb, &raw->attrs);
    return true;
}
