/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/ethtool-msg.h"

#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "netlink/genl.h"
#include "netlink/nl-attr.h"
#include "util.h"

/* From net/core, netdev_features_strings[]. */
#define FEATURE "hw-tc-offload"

/* Our feature in a bit set. */
struct feature_bit {
    bool listed;                /* In the mask, or in a list without one. */
    bool value;
};

static bool
parse_header(const struct nlmsghdr *nlh, const struct nlattr **tb,
             int *ifindex)
{
    const struct nlattr *header[ETHTOOL_A_HEADER_DEV_INDEX + 1];
    uint32_t value;

    *ifindex = 0;
    if (!attr_parse_message(nlh, GENL_HDRLEN, ETHTOOL_A_FEATURES_NOCHANGE,
                            tb)
        || !tb[ETHTOOL_A_FEATURES_HEADER]
        || !attr_parse_nested(tb[ETHTOOL_A_FEATURES_HEADER],
                              ETHTOOL_A_HEADER_DEV_INDEX, header)
        || !attr_get_u32(header[ETHTOOL_A_HEADER_DEV_INDEX], &value)
        || !value || value > INT_MAX) {
        return false;
    }
    *ifindex = value;
    return true;
}

static uint8_t
message_cmd(const struct nlmsghdr *nlh)
{
    return (nlh->nlmsg_len >= NLMSG_HDRLEN + GENL_HDRLEN
            ? ((const struct genlmsghdr *) NLMSG_DATA(nlh))->cmd : 0);
}

/* Looks for our feature in the verbose form of a bit set. */
static bool
parse_bitset(const struct nlattr *bitset, struct feature_bit *bit)
{
    const struct nlattr *tb[ETHTOOL_A_BITSET_BITS + 1];
    const struct nlattr *nest;
    const void *p;
    size_t len;

    bit->listed = bit->value = false;
    if (!bitset) {
        return true;
    }
    if (!attr_parse_nested(bitset, ETHTOOL_A_BITSET_BITS, tb)) {
        return false;
    }
    if (!tb[ETHTOOL_A_BITSET_BITS]) {
        return true;            /* No bit at all. */
    }
    p = attr_data(tb[ETHTOOL_A_BITSET_BITS]);
    len = attr_size(tb[ETHTOOL_A_BITSET_BITS]);
    while ((nest = attr_take(&p, &len))) {
        const struct nlattr *attrs[ETHTOOL_A_BITSET_BIT_VALUE + 1];
        char name[64];

        if (!attr_parse_nested(nest, ETHTOOL_A_BITSET_BIT_VALUE, attrs)) {
            return false;
        }
        if (attr_get_string(attrs[ETHTOOL_A_BITSET_BIT_NAME], name,
                            sizeof name)
            && !strcmp(name, FEATURE)) {
            bit->listed = true;
            bit->value = (tb[ETHTOOL_A_BITSET_NOMASK]
                          || attrs[ETHTOOL_A_BITSET_BIT_VALUE]);
        }
    }
    return !len;
}

bool
ethtool_ifindex_parse(const struct nlmsghdr *nlh, int *ifindex)
{
    const struct nlattr *tb[ETHTOOL_A_FEATURES_NOCHANGE + 1];

    if (message_cmd(nlh) != ETHTOOL_MSG_FEATURES_NTF) {
        *ifindex = 0;
        return true;
    }
    return parse_header(nlh, tb, ifindex);
}

bool
ethtool_features_parse(const struct nlmsghdr *nlh, int *ifindex,
                       enum tc_offload *value)
{
    const struct nlattr *tb[ETHTOOL_A_FEATURES_NOCHANGE + 1];
    struct feature_bit hw, active, nochange;

    if (message_cmd(nlh) != ETHTOOL_MSG_FEATURES_GET_REPLY
        || !parse_header(nlh, tb, ifindex)
        || !parse_bitset(tb[ETHTOOL_A_FEATURES_HW], &hw)
        || !parse_bitset(tb[ETHTOOL_A_FEATURES_ACTIVE], &active)
        || !parse_bitset(tb[ETHTOOL_A_FEATURES_NOCHANGE], &nochange)) {
        return false;
    }
    *value = (active.value ? TC_OFFLOAD_ON
              : hw.value && !nochange.value ? TC_OFFLOAD_OFF
              : TC_OFFLOAD_UNSUPPORTED);
    return true;
}

bool
ethtool_set_parse(const struct nlmsghdr *nlh, int *ifindex, bool *refused)
{
    const struct nlattr *tb[ETHTOOL_A_FEATURES_NOCHANGE + 1];
    struct feature_bit wanted;

    /* The mask of "wanted" has the bits whose result is not what was
     * wanted. */
    if (message_cmd(nlh) != ETHTOOL_MSG_FEATURES_SET_REPLY
        || !parse_header(nlh, tb, ifindex)
        || !parse_bitset(tb[ETHTOOL_A_FEATURES_WANTED], &wanted)) {
        return false;
    }
    *refused = wanted.listed;
    return true;
}

static struct nlmsghdr *
request_init(void *buf, uint16_t family, uint8_t cmd, int ifindex)
{
    struct nlmsghdr *nlh = genl_request_init(buf, ETHTOOL_REQUEST_SIZE,
                                             family, cmd,
                                             ETHTOOL_GENL_VERSION, false);
    struct nlattr *header;

    header = mnl_attr_nest_start(nlh, ETHTOOL_A_FEATURES_HEADER);
    mnl_attr_put_u32(nlh, ETHTOOL_A_HEADER_DEV_INDEX, ifindex);
    mnl_attr_nest_end(nlh, header);
    return nlh;
}

struct nlmsghdr *
ethtool_request_get(void *buf, uint16_t family, int ifindex)
{
    return request_init(buf, family, ETHTOOL_MSG_FEATURES_GET, ifindex);
}

struct nlmsghdr *
ethtool_request_set(void *buf, uint16_t family, int ifindex, bool on)
{
    struct nlmsghdr *nlh = request_init(buf, family,
                                        ETHTOOL_MSG_FEATURES_SET, ifindex);
    struct nlattr *wanted, *bits, *bit;

    wanted = mnl_attr_nest_start(nlh, ETHTOOL_A_FEATURES_WANTED);
    bits = mnl_attr_nest_start(nlh, ETHTOOL_A_BITSET_BITS);
    bit = mnl_attr_nest_start(nlh, ETHTOOL_A_BITSET_BITS_BIT);
    mnl_attr_put_strz(nlh, ETHTOOL_A_BITSET_BIT_NAME, FEATURE);
    if (on) {
        mnl_attr_put(nlh, ETHTOOL_A_BITSET_BIT_VALUE, 0, NULL);
    }
    mnl_attr_nest_end(nlh, bit);
    mnl_attr_nest_end(nlh, bits);
    mnl_attr_nest_end(nlh, wanted);
    return nlh;
}
