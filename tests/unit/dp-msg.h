/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_DP_MSG_H
#define TESTS_UNIT_DP_MSG_H 1

/* Messages of Open vSwitch's generic netlink families, as the kernel makes
 * them. */

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdint.h>
#include <string.h>

#include "netlink/flow-record.h"

/* Types of the families. */
enum { DP_TYPE = 30, VPORT_TYPE, FLOW_TYPE };

/* The datapath's own netdev. */
#define DP_IFINDEX 4

struct dp_msg {
    union {
        struct nlmsghdr nlh;
        char buf[65536];
    };
};

static inline struct nlmsghdr *
dp_msg_init(struct dp_msg *m, uint16_t type, uint8_t cmd, int datapath)
{
    struct ovs_header *header;
    struct genlmsghdr *genl;

    memset(m->buf, 0, sizeof m->buf);
    mnl_nlmsg_put_header(m->buf);
    m->nlh.nlmsg_type = type;
    genl = mnl_nlmsg_put_extra_header(&m->nlh, sizeof *genl);
    genl->cmd = cmd;
    genl->version = 1;
    header = mnl_nlmsg_put_extra_header(&m->nlh, sizeof *header);
    header->dp_ifindex = datapath;
    return &m->nlh;
}

/* 'n' makes up a ufid. */
static inline void
dp_msg_ufid(uint8_t ufid[FLOW_UFID_LEN], uint8_t n)
{
    for (int i = 0; i < FLOW_UFID_LEN; i++) {
        ufid[i] = n + i;
    }
}

static inline void
dp_msg_put_ufid(struct dp_msg *m, uint8_t n)
{
    uint8_t ufid[FLOW_UFID_LEN];
    uint32_t words[4];

    dp_msg_ufid(ufid, n);
    memcpy(words, ufid, sizeof words);
    for (int i = 0; i < 4; i++) {
        words[i] = ntohl(words[i]);
    }
    mnl_attr_put(&m->nlh, OVS_FLOW_ATTR_UFID, sizeof words, words);
}

static inline void
dp_msg_put_stats(struct dp_msg *m, uint64_t packets, uint64_t bytes,
                 uint64_t used)
{
    struct ovs_flow_stats stats = {
        .n_packets = packets, .n_bytes = bytes,
    };

    mnl_attr_put_u64(&m->nlh, OVS_FLOW_ATTR_USED, used);
    mnl_attr_put(&m->nlh, OVS_FLOW_ATTR_STATS, sizeof stats, &stats);
}

/* Key and mask that match on port, recirculation, MAC and IPv4.  'extra' adds
 * attributes to them; may be NULL. */
static inline void
dp_msg_put_match(struct dp_msg *m, uint32_t port, uint32_t recirc_id,
                 void (*extra)(struct nlmsghdr *, bool mask))
{
    for (int mask = 0; mask < 2; mask++) {
        struct nlattr *nest = mnl_attr_nest_start(
            &m->nlh, mask ? OVS_FLOW_ATTR_MASK : OVS_FLOW_ATTR_KEY);
        struct ovs_key_ethernet eth = { .eth_dst = { 2, 0, 0, 0, 0, 7 } };

        if (mask) {
            memset(eth.eth_dst, 0xff, sizeof eth.eth_dst);
        }
        mnl_attr_put_u32(&m->nlh, OVS_KEY_ATTR_RECIRC_ID,
                         mask ? UINT32_MAX : recirc_id);
        mnl_attr_put_u32(&m->nlh, OVS_KEY_ATTR_DP_HASH, 0);
        mnl_attr_put_u32(&m->nlh, OVS_KEY_ATTR_PRIORITY, 0);
        mnl_attr_put_u32(&m->nlh, OVS_KEY_ATTR_IN_PORT,
                         mask ? UINT32_MAX : port);
        mnl_attr_put_u32(&m->nlh, OVS_KEY_ATTR_SKB_MARK, 0);
        mnl_attr_put(&m->nlh, OVS_KEY_ATTR_ETHERNET, sizeof eth, &eth);
        mnl_attr_put_u16(&m->nlh, OVS_KEY_ATTR_ETHERTYPE,
                         mask ? 0xffff : htons(0x0800));
        if (extra) {
            extra(&m->nlh, mask);
        }
        mnl_attr_nest_end(&m->nlh, nest);
    }
}

/* A whole flow with one output. */
static inline struct nlmsghdr *
dp_msg_flow(struct dp_msg *m, uint8_t cmd, uint8_t n, uint32_t in,
            uint32_t out)
{
    struct nlattr *nest;

    dp_msg_init(m, FLOW_TYPE, cmd, DP_IFINDEX);
    dp_msg_put_ufid(m, n);
    dp_msg_put_match(m, in, 0, NULL);
    nest = mnl_attr_nest_start(&m->nlh, OVS_FLOW_ATTR_ACTIONS);
    mnl_attr_put_u32(&m->nlh, OVS_ACTION_ATTR_OUTPUT, out);
    mnl_attr_nest_end(&m->nlh, nest);
    return &m->nlh;
}

#endif /* tests/unit/dp-msg.h */
