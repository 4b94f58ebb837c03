/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-detail/detail.h"

#include <linux/types.h>
#include <linux/genetlink.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controller/flow-detail/private.h"
#include "flow.h"
#include "netlink.h"
#include "netlink/nl-attr.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* Messages are taken apart here, with bounds checks of our own; what is in
 * them is converted to attributes of the datapath in the other files of
 * flow-detail, and libopenvswitch, which takes attributes as good, prints
 * these. */

bool
flow_detail_fail(struct flow_detail *fd, const char *format, ...)
{
    va_list args;

    if (!fd->error) {
        va_start(args, format);
        fd->error = xvasprintf(format, args);
        va_end(args);
    }
    return false;
}

void
flow_detail_add_port(struct flow_detail *fd, uint32_t number)
{
    const char *name = fd->names->get(fd->names->aux, number);

    if (name) {
        odp_portno_names_set(&fd->ports, u32_to_odp(number),
                             CONST_CAST(char *, name));
    }
}

odp_port_t
flow_detail_add_netdev(struct flow_detail *fd, uint32_t ifindex)
{
    const char *name = fd->names->get(fd->names->aux, ifindex);
    char number[32];

    if (!name) {
        /* A port's number would be mistaken. */
        snprintf(number, sizeof number, "ifindex:%"PRIu32, ifindex);
        name = number;
    }
    odp_portno_names_set(&fd->ports, u32_to_odp(ifindex),
                         CONST_CAST(char *, name));
    return u32_to_odp(ifindex);
}

static void
flow_detail_init(struct flow_detail *fd,
                 const struct flow_detail_names *names)
{
    fd->names = names;
    hmap_init(&fd->ports);
    fd->error = NULL;
}

/* Returns the error. */
static char *
flow_detail_uninit(struct flow_detail *fd)
{
    odp_portno_names_destroy(&fd->ports);
    hmap_destroy(&fd->ports);
    return fd->error;
}

/* Is 'nlh', in 'len' bytes, a message with a fixed part of 'hdrlen' bytes? */
static bool
check_message(struct flow_detail *fd, const struct nlmsghdr *nlh, size_t len,
              size_t hdrlen)
{
    size_t min_len = NLMSG_HDRLEN + NLMSG_ALIGN(hdrlen);

    return ((len >= min_len && nlh->nlmsg_len >= min_len
             && nlh->nlmsg_len <= len
             && nlh->nlmsg_len <= FLOW_DETAIL_MAX_LEN)
            || flow_detail_fail(fd, "malformed message"));
}

static bool
parse_filter(struct flow_detail *fd, const struct nlmsghdr *nlh, size_t len,
             struct flow_detail_filter *f)
{
    const struct nlattr *tb[TCA_CHAIN + 1];
    const struct tcmsg *tcm;
    char kind[16];

    if (!check_message(fd, nlh, len, sizeof *tcm)) {
        return false;
    }
    if (nlh->nlmsg_type != RTM_NEWTFILTER
        && nlh->nlmsg_type != RTM_DELTFILTER) {
        return flow_detail_fail(fd, "message is no filter");
    }
    tcm = (const void *) ((const char *) nlh + NLMSG_HDRLEN);
    f->eth_type = ntohs((OVS_FORCE ovs_be16) TC_H_MIN(tcm->tcm_info));
    f->dev = (tcm->tcm_ifindex == TCM_IFINDEX_MAGIC_BLOCK
              ? tcm->tcm_block_index : tcm->tcm_ifindex);
    f->chain = 0;
    if (!attr_parse_message(nlh, sizeof *tcm, TCA_CHAIN, tb)
        || !tb[TCA_KIND] || !attr_get_string(tb[TCA_KIND], kind, sizeof kind)
        || (tb[TCA_CHAIN] && !attr_get_u32(tb[TCA_CHAIN], &f->chain))) {
        return flow_detail_fail(fd, "malformed filter");
    }
    if (strcmp(kind, "flower")) {
        return flow_detail_fail(fd, "filter is not flower but %s", kind);
    }
    return ((tb[TCA_OPTIONS]
             && attr_parse_nested(tb[TCA_OPTIONS], FLOWER_N_ATTRS - 1,
                                  f->key))
            || flow_detail_fail(fd, "malformed filter"));
}

/* Prints a match as "dpctl/dump-flows -m" does.  'mask' may be NULL. */
static void
format_key(const struct flow_detail *fd, const void *key, size_t key_len,
           const void *mask, size_t mask_len, struct ds *ds)
{
#ifdef HAVE_ODP_FLOW_FORMAT_8
    odp_flow_format(key, key_len, mask, mask_len, &fd->ports, ds, true,
                    false);
#else
    odp_flow_format(key, key_len, mask, mask_len, &fd->ports, ds, true);
#endif
}

/* Prints 'match' as ovs-vswitchd does with what it reads from tc. */
static void
format_match(const struct flow_detail *fd, struct match *match, struct ds *ds)
{
    struct ofpbuf key, mask;
    struct odp_flow_key_parms parms = {
        .flow = &match->flow,
        .mask = &match->wc.masks,
        .support = {
            .max_vlan_headers = 2,
            .recirc = true,
            .ct_state = true,
            .ct_zone = true,
            .ct_mark = true,
            .ct_label = true,
        },
    };

    ofpbuf_init(&key, 0);
    ofpbuf_init(&mask, 0);
    odp_flow_key_from_flow(&parms, &key);
    parms.key_buf = &key;
    odp_flow_key_from_mask(&parms, &mask);
    format_key(fd, key.data, key.size, mask.data, mask.size, ds);
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
}

char *
flow_detail_from_tc(const struct nlmsghdr *nlh, size_t len,
                    const struct flow_detail_names *names,
                    struct ds *match_ds, struct ds *actions_ds)
{
    struct flow_detail_filter filter;
    struct flow_detail fd;
    struct ofpbuf actions;
    struct match match;

    flow_detail_init(&fd, names);
    ofpbuf_init(&actions, 0);
    if (parse_filter(&fd, nlh, len, &filter)
        && flow_detail_tc_match(&fd, &filter, &match)
        && flow_detail_tc_actions(&fd, &filter, &actions)) {
        format_match(&fd, &match, match_ds);
        format_odp_actions(actions_ds, actions.data, actions.size,
                           &fd.ports);
    }
    ofpbuf_uninit(&actions);
    return flow_detail_uninit(&fd);
}

char *
flow_detail_from_dp(const struct nlmsghdr *nlh, size_t len,
                    const struct flow_detail_names *names,
                    struct ds *match_ds, struct ds *actions_ds)
{
    size_t hdrlen = GENL_HDRLEN + sizeof(struct ovs_header);
    const struct nlattr *tb[OVS_FLOW_ATTR_MAX + 1];
    const struct nlattr *key, *mask, *actions;
    struct flow_detail fd;

    flow_detail_init(&fd, names);
    if (!check_message(&fd, nlh, len, hdrlen)) {
        return flow_detail_uninit(&fd);
    }
    if (!attr_parse_message(nlh, hdrlen, OVS_FLOW_ATTR_MAX, tb)) {
        flow_detail_fail(&fd, "malformed message");
        return flow_detail_uninit(&fd);
    }
    key = tb[OVS_FLOW_ATTR_KEY];
    mask = tb[OVS_FLOW_ATTR_MASK];
    actions = tb[OVS_FLOW_ATTR_ACTIONS];
    if (!key || !actions) {
        /* The kernel leaves out what had no room in a dump, or was not asked
         * for. */
        flow_detail_fail(&fd, "message has no %s", key ? "actions" : "key");
    } else if (flow_detail_check_keys(&fd, attr_data(key), attr_size(key))
               && (!mask || flow_detail_check_keys(&fd, attr_data(mask),
                                                   attr_size(mask)))
               && flow_detail_check_actions(&fd, attr_data(actions),
                                            attr_size(actions))) {
        format_key(&fd, attr_data(key), attr_size(key),
                   mask ? attr_data(mask) : NULL, mask ? attr_size(mask) : 0,
                   match_ds);
        format_odp_actions(actions_ds, attr_data(actions),
                           attr_size(actions), &fd.ports);
    }
    return flow_detail_uninit(&fd);
}
