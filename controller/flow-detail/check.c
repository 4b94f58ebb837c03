/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-detail/private.h"

#include <linux/types.h>
#include <string.h>

#include "netlink.h"
#include "netlink/nl-attr.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/geneve.h"
#include "packets.h"
#include "util.h"

/* Checks attributes of the datapath before libopenvswitch prints them: its
 * functions for that are made for what the datapath took, and some assert, or
 * read on, when an attribute is shorter than its type demands.  Attributes of
 * types that it does not know it prints as bytes, whatever they are. */

/* Nesting of keys (a VLAN in a VLAN) and of actions; beyond, the kernel takes
 * no flow. */
#define MAX_KEY_DEPTH 4
#define MAX_ACTION_DEPTH 16

/* Smallest payload, in bytes, of a key that has no fixed size.  'tbl' tells
 * keys of tunnels and of NSH from others. */
static size_t
variable_min(const struct attr_len_tbl *tbl, uint16_t type)
{
    if (tbl == ovs_flow_key_attr_lens[OVS_KEY_ATTR_TUNNEL].next) {
        return (type == OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS
                ? sizeof(struct erspan_metadata)
                : type == OVS_TUNNEL_KEY_ATTR_GTPU_OPTS
                ? sizeof(struct gtpu_metadata) : 0);
    }
    return 0;
}

static bool
check_keys__(struct flow_detail *fd, const void *p, size_t left,
             const struct attr_len_tbl *tbl, int max_type, int depth)
{
    const struct nlattr *attr;

    if (depth > MAX_KEY_DEPTH) {
        return flow_detail_fail(fd, "keys are nested too deeply");
    }
    while ((attr = attr_take(&p, &left))) {
        const struct attr_len_tbl *e = &tbl[nl_attr_type(attr)];
        size_t size = attr_size(attr);

        if (nl_attr_type(attr) > max_type) {
            continue;
        }
        if (e->len == ATTR_LEN_NESTED) {
            if (!check_keys__(fd, attr_data(attr), size,
                              e->next ? e->next : tbl,
                              e->next ? e->next_max : max_type, depth + 1)) {
                return false;
            }
        } else if (e->len < 0 ? size < variable_min(tbl, nl_attr_type(attr))
                   : size != e->len) {
            return flow_detail_fail(fd, "key %u has %"PRIuSIZE" bytes",
                                    nl_attr_type(attr), size);
        }
        if (tbl == ovs_flow_key_attr_lens
            && nl_attr_type(attr) == OVS_KEY_ATTR_IN_PORT) {
            flow_detail_add_port(fd, nl_attr_get_u32(attr));
        }
    }
    return !left || flow_detail_fail(fd, "malformed keys");
}

bool
flow_detail_check_keys(struct flow_detail *fd, const void *attrs, size_t len)
{
    return check_keys__(fd, attrs, len, ovs_flow_key_attr_lens,
                        OVS_KEY_ATTR_MAX, 0);
}

/* Returns the one attribute inside 'nest', or NULL. */
static const struct nlattr *
only_child(struct flow_detail *fd, const struct nlattr *nest)
{
    const void *p = attr_data(nest);
    size_t left = attr_size(nest);
    const struct nlattr *attr = attr_take(&p, &left);

    if (!attr || left) {
        flow_detail_fail(fd, "malformed action %u", nl_attr_type(nest));
        return NULL;
    }
    return attr;
}

/* OVS_ACTION_ATTR_SET: the inside is one key. */
static bool
check_set(struct flow_detail *fd, const struct nlattr *action)
{
    return (only_child(fd, action)
            && flow_detail_check_keys(fd, attr_data(action),
                                      attr_size(action)));
}

/* OVS_ACTION_ATTR_SET_MASKED: the inside is one key followed by its mask. */
static bool
check_set_masked(struct flow_detail *fd, const struct nlattr *action)
{
    const struct nlattr *key = only_child(fd, action);
    int len;

    if (!key) {
        return false;
    }
    if (nl_attr_type(key) == OVS_KEY_ATTR_NSH) {
        return true;            /* Is checked when it is printed. */
    }
    len = (nl_attr_type(key) <= OVS_KEY_ATTR_MAX
           ? ovs_flow_key_attr_lens[nl_attr_type(key)].len : -1);
    if (nl_attr_type(key) == OVS_KEY_ATTR_MPLS) {
        len = sizeof(struct ovs_key_mpls);
    }
    return ((len > 0 && attr_size(key) == 2 * len)
            || flow_detail_fail(fd, "set() of key %u has %"PRIuSIZE" bytes",
                                nl_attr_type(key), attr_size(key)));
}

/* OVS_ACTION_ATTR_PUSH_NSH: the inside is one key, of NSH. */
static bool
check_push_nsh(struct flow_detail *fd, const struct nlattr *action)
{
    const struct nlattr *nsh = only_child(fd, action);
    const struct nlattr *tb[OVS_NSH_KEY_ATTR_MD2 + 1];

    if (!nsh || !check_set(fd, action)) {
        return false;
    }
    /* Longer context does not fit the buffer that it is printed from. */
    return ((nl_attr_type(nsh) == OVS_KEY_ATTR_NSH
             && attr_parse_nested(nsh, OVS_NSH_KEY_ATTR_MD2, tb)
             && tb[OVS_NSH_KEY_ATTR_BASE] && !tb[OVS_NSH_KEY_ATTR_MD2])
            || flow_detail_fail(fd, "malformed action push_nsh"));
}

/* OVS_ACTION_ATTR_USERSPACE: all inside is checked when it is printed; this is
 * for the names of ports. */
static bool
check_userspace(struct flow_detail *fd, const struct nlattr *action)
{
    const struct nlattr *tb[OVS_USERSPACE_ATTR_MAX + 1];
    const struct nlattr *userdata;
    struct user_action_cookie cookie;
    uint32_t port;

    if (!attr_parse_nested(action, OVS_USERSPACE_ATTR_MAX, tb)) {
        return flow_detail_fail(fd, "malformed action userspace");
    }
    if (attr_get_u32(tb[OVS_USERSPACE_ATTR_EGRESS_TUN_PORT], &port)) {
        flow_detail_add_port(fd, port);
    }
    userdata = tb[OVS_USERSPACE_ATTR_USERDATA];
    if (userdata && attr_size(userdata) == sizeof cookie) {
        memcpy(&cookie, attr_data(userdata), sizeof cookie);
        if (cookie.type == USER_ACTION_COOKIE_FLOW_SAMPLE) {
            flow_detail_add_port(
                fd, odp_to_u32(cookie.flow_sample.output_odp_port));
        } else if (cookie.type == USER_ACTION_COOKIE_IPFIX) {
            flow_detail_add_port(fd, odp_to_u32(cookie.ipfix.output_odp_port));
        }
    }
    return true;
}

static bool check_actions__(struct flow_detail *, const void *, size_t,
                            int depth);

/* An action with actions inside of attributes 'type1' and 'type2'. */
static bool
check_branches(struct flow_detail *fd, const struct nlattr *action,
               uint16_t type1, uint16_t type2, int depth)
{
    const void *p = attr_data(action);
    size_t left = attr_size(action);
    const struct nlattr *attr;

    while ((attr = attr_take(&p, &left))) {
        if ((nl_attr_type(attr) == type1 || nl_attr_type(attr) == type2)
            && !check_actions__(fd, attr_data(attr), attr_size(attr),
                                depth + 1)) {
            return false;
        }
    }
    return !left || flow_detail_fail(fd, "malformed action %u",
                                     nl_attr_type(action));
}

static bool
check_action(struct flow_detail *fd, const struct nlattr *action, int depth)
{
    uint16_t type = nl_attr_type(action);
    uint32_t port;

    /* What has a fixed size, and ct(), is checked when it is printed. */
    if (type == OVS_ACTION_ATTR_OUTPUT) {
        if (attr_get_u32(action, &port)) {
            flow_detail_add_port(fd, port);
        }
    } else if (type == OVS_ACTION_ATTR_SET) {
        return check_set(fd, action);
    } else if (type == OVS_ACTION_ATTR_SET_MASKED) {
        return check_set_masked(fd, action);
    } else if (type == OVS_ACTION_ATTR_PUSH_NSH) {
        return check_push_nsh(fd, action);
    } else if (type == OVS_ACTION_ATTR_USERSPACE) {
        return check_userspace(fd, action);
    } else if (type == OVS_ACTION_ATTR_CLONE) {
        return check_actions__(fd, attr_data(action), attr_size(action),
                               depth + 1);
    } else if (type == OVS_ACTION_ATTR_SAMPLE) {
        return check_branches(fd, action, OVS_SAMPLE_ATTR_ACTIONS,
                              OVS_SAMPLE_ATTR_ACTIONS, depth);
    } else if (type == OVS_ACTION_ATTR_CHECK_PKT_LEN) {
        return check_branches(fd, action,
                              OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER,
                              OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL,
                              depth);
    } else if (type == OVS_ACTION_ATTR_TUNNEL_PUSH) {
        /* The userspace datapath's; in the kernel's this number may be
         * another action. */
        return flow_detail_fail(fd, "action %u is not known", type);
    }
    return true;
}

static bool
check_actions__(struct flow_detail *fd, const void *p, size_t left, int depth)
{
    const struct nlattr *action;

    if (depth > MAX_ACTION_DEPTH) {
        return flow_detail_fail(fd, "actions are nested too deeply");
    }
    while ((action = attr_take(&p, &left))) {
        if (!check_action(fd, action, depth)) {
            return false;
        }
    }
    return !left || flow_detail_fail(fd, "malformed actions");
}

bool
flow_detail_check_actions(struct flow_detail *fd, const void *attrs,
                          size_t len)
{
    return check_actions__(fd, attrs, len, 0);
}
