/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_DP_FLOW_BUILD_H
#define TESTS_UNIT_DP_FLOW_BUILD_H 1

/* Makes messages about flows of the kernel's datapath, and parses them.
 * cmocka.h and what it needs have to be included before. */

#include <netinet/in.h>
#include <stdlib.h>

#include "netlink/dp-flow.h"
#include "tests/unit/dp-msg.h"
#include "util.h"

/* The message, and what it is parsed to. */
static struct dp_msg msg;
static struct dp_flow flow;

static inline int
setup(void **state OVS_UNUSED)
{
    dp_flow_init(&flow);
    return 0;
}

static inline int
teardown(void **state OVS_UNUSED)
{
    dp_flow_uninit(&flow);
    return 0;
}

/* Parses a copy, so that a sanitizer sees each byte that is read beyond it. */
static inline bool
parse_at(long long int now)
{
    struct nlmsghdr *copy = xmemdup(&msg.nlh, msg.nlh.nlmsg_len);
    bool ok = dp_flow_parse(copy, now, true, &flow);

    free(copy);
    return ok;
}

static inline bool
parse(void)
{
    return parse_at(1000);
}

static inline struct nlattr *
begin(uint16_t type)
{
    return mnl_attr_nest_start(&msg.nlh, type);
}

static inline void
end(struct nlattr *nest)
{
    mnl_attr_nest_end(&msg.nlh, nest);
}

static inline void
u32(uint16_t type, uint32_t value)
{
    mnl_attr_put_u32(&msg.nlh, type, value);
}

/* Begins a flow that has all but actions, and these. */
static inline struct nlattr *
begin_actions(void (*extra)(struct nlmsghdr *, bool mask))
{
    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_NEW, DP_IFINDEX);
    dp_msg_put_ufid(&msg, 1);
    dp_msg_put_match(&msg, 3, 0x44, extra);
    return begin(OVS_FLOW_ATTR_ACTIONS);
}

static inline void
put_tunnel(struct nlmsghdr *nlh, bool mask)
{
    struct nlattr *nest = mnl_attr_nest_start(nlh, OVS_KEY_ATTR_TUNNEL);

    mnl_attr_put_u32(nlh, OVS_TUNNEL_KEY_ATTR_IPV4_DST,
                     mask ? UINT32_MAX : htonl(0x0a000001));
    mnl_attr_nest_end(nlh, nest);
}

#endif /* tests/unit/dp-flow-build.h */
