/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_TC_MSG_H
#define TESTS_TC_MSG_H 1

/* tc messages made by hand, as the kernel would send them. */

#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <string.h>

#include "netlink.h"
#include "netlink-socket.h"
#include "openvswitch/ofpbuf.h"

/* An RTM_NEWTFILTER of flower, while it is being made. */
struct tc_msg {
    struct ofpbuf buf;          /* The message. */
    size_t options;             /* TCA_OPTIONS. */
    size_t actions;             /* TCA_FLOWER_ACT. */
    size_t action;              /* The one that is open. */
    uint16_t n_actions;         /* Number of actions so far. */
};

static inline void
tc_msg_begin(struct tc_msg *m, int ifindex, uint32_t parent, uint32_t handle,
             uint32_t chain)
{
    struct tcmsg *tcm;

    ofpbuf_init(&m->buf, 1024);
    nl_msg_put_nlmsghdr(&m->buf, 0, RTM_NEWTFILTER, 0);
    tcm = ofpbuf_put_zeros(&m->buf, sizeof *tcm);
    tcm->tcm_ifindex = ifindex;
    tcm->tcm_parent = parent;
    tcm->tcm_handle = handle;
    tcm->tcm_info = TC_H_MAKE(5 << 16, htons(0x0800));
    nl_msg_put_string(&m->buf, TCA_KIND, "flower");
    nl_msg_put_u32(&m->buf, TCA_CHAIN, chain);
    m->options = nl_msg_start_nested(&m->buf, TCA_OPTIONS);
    m->actions = nl_msg_start_nested(&m->buf, TCA_FLOWER_ACT);
    m->n_actions = 0;
}

/* Opens an action; 'cookie' has 'cookie_len' bytes or is NULL. */
static inline void
tc_msg_begin_action(struct tc_msg *m, const char *kind, const void *cookie,
                    size_t cookie_len)
{
    m->action = nl_msg_start_nested(&m->buf, ++m->n_actions);
    nl_msg_put_string(&m->buf, TCA_ACT_KIND, kind);
    if (cookie) {
        nl_msg_put_unspec(&m->buf, TCA_ACT_COOKIE, cookie, cookie_len);
    }
}

static inline void
tc_msg_end_action(struct tc_msg *m)
{
    nl_msg_end_nested(&m->buf, m->action);
}

/* Adds one attribute of options to the open action. */
static inline void
tc_msg_put_option(struct tc_msg *m, uint16_t type, const void *data,
                  size_t size)
{
    size_t options = nl_msg_start_nested(&m->buf, TCA_ACT_OPTIONS);

    nl_msg_put_unspec(&m->buf, type, data, size);
    nl_msg_end_nested(&m->buf, options);
}

/* Adds a whole action as terse dumps have it, which counted 'packets' of 100
 * bytes each, all in hardware. */
static inline void
tc_msg_put_terse(struct tc_msg *m, const char *kind, const void *cookie,
                 uint32_t packets)
{
    struct gnet_stats_basic basic;
    struct gnet_stats_queue queue = { .qlen = 0 };
    size_t stats;

    memset(&basic, 0, sizeof basic); /* It ends in padding. */
    basic.bytes = 100 * packets;
    basic.packets = packets;
    tc_msg_begin_action(m, kind, NULL, 0);
    stats = nl_msg_start_nested(&m->buf, TCA_ACT_STATS);
    nl_msg_put_unspec(&m->buf, TCA_STATS_BASIC, &basic, sizeof basic);
    nl_msg_put_unspec(&m->buf, TCA_STATS_BASIC_HW, &basic, sizeof basic);
    nl_msg_put_unspec(&m->buf, TCA_STATS_QUEUE, &queue, sizeof queue);
    nl_msg_end_nested(&m->buf, stats);
    nl_msg_put_unspec(&m->buf, TCA_ACT_COOKIE, cookie, 16);
    tc_msg_end_action(m);
}

static inline void
tc_msg_put_mirred(struct tc_msg *m, const void *cookie, int ifindex)
{
    struct tc_mirred parms = {
        .eaction = TCA_EGRESS_REDIR, .ifindex = ifindex,
    };

    tc_msg_begin_action(m, "mirred", cookie, 16);
    tc_msg_put_option(m, TCA_MIRRED_PARMS, &parms, sizeof parms);
    tc_msg_end_action(m);
}

static inline void
tc_msg_end_actions(struct tc_msg *m)
{
    nl_msg_end_nested(&m->buf, m->actions);
}

static inline struct nlmsghdr *
tc_msg_end(struct tc_msg *m)
{
    nl_msg_end_nested(&m->buf, m->options);
    nl_msg_nlmsghdr(&m->buf)->nlmsg_len = m->buf.size;
    return nl_msg_nlmsghdr(&m->buf);
}

static inline void
tc_msg_destroy(struct tc_msg *m)
{
    ofpbuf_uninit(&m->buf);
}

#endif /* tests/unit/tc-msg.h */
