/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/link-msg.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/object.h>
#include <netlink/route/link.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink/nl-attr.h"
#include "util.h"

/* linux/if.h clashes with net/if.h, which libnl-route includes. */
#define LINK_IFF_UP 0x1

/* Takes what libnl-route knows of. */
static bool
take_rtnl_link(struct rtnl_link *rtnl, struct link_info *link)
{
    const char *name = rtnl_link_get_name(rtnl);
    const char *kind = rtnl_link_get_type(rtnl);
    struct nl_addr *mac = rtnl_link_get_addr(rtnl);
    struct nl_data *id = rtnl_link_get_phys_switch_id(rtnl);
    char *port = rtnl_link_get_phys_port_name(rtnl);

    if (!name || strlen(name) >= sizeof link->name
        || (port && strlen(port) >= sizeof link->phys_port_name)
        || (id && nl_data_get_size(id) > sizeof link->switch_id.id)) {
        return false;
    }
    ovs_strlcpy(link->name, name, sizeof link->name);
    ovs_strlcpy(link->phys_port_name, port ? port : "",
                sizeof link->phys_port_name);
    ovs_strlcpy(link->kind, kind ? kind : "", sizeof link->kind);
    if (id) {
        link->switch_id.len = nl_data_get_size(id);
        memcpy(link->switch_id.id, nl_data_get(id), link->switch_id.len);
    }
    if (mac && nl_addr_get_len(mac) == sizeof link->mac) {
        memcpy(link->mac, nl_addr_get_binary_addr(mac), sizeof link->mac);
    }
    link->flags = rtnl_link_get_flags(rtnl);
    link->mtu = rtnl_link_get_mtu(rtnl);
    link->master = rtnl_link_get_master(rtnl);
    return true;
}

/* Takes the parent device, which libnl 3.7 does not look at. */
static void
take_parent(const struct nlattr *const *tb, struct link_info *link)
{
    char bus[16], dev[PCI_ADDR_STRLEN];

    link->has_parent_pci = (
        attr_get_string(tb[IFLA_PARENT_DEV_BUS_NAME], bus, sizeof bus)
        && attr_get_string(tb[IFLA_PARENT_DEV_NAME], dev, sizeof dev)
        && !strcmp(bus, "pci")
        && pci_addr_parse(dev, &link->parent_pci));
}

struct parse_aux {
    struct link_info *link;
    bool ok;                    /* Was it a complete link? */
};

static void
parse_object(struct nl_object *object, void *aux_)
{
    struct parse_aux *aux = aux_;

    aux->ok = take_rtnl_link((struct rtnl_link *) object, aux->link);
}

/* Makes libnl-route pass over what 'nlh', which is a copy, has of VFs: libnl
 * 3.7 leaks memory if that is malformed, and nobody here asks for it. */
static void
hide_vfs(struct nlmsghdr *nlh)
{
    struct nlattr *attr;

    mnl_attr_for_each (attr, nlh, sizeof(struct ifinfomsg)) {
        if ((attr->nla_type & NLA_TYPE_MASK) == IFLA_VFINFO_LIST) {
            /* A type that nobody knows. */
            attr->nla_type = (uint16_t) NLA_TYPE_MASK;
        }
    }
}

static bool
parse_with_libnl(const struct nlmsghdr *nlh, struct link_info *link)
{
    struct parse_aux aux = { .link = link };
    struct nl_msg *msg;
    int error;

    msg = nlmsg_convert(CONST_CAST(struct nlmsghdr *, nlh));
    if (!msg) {
        out_of_memory();
    }
    hide_vfs(nlmsg_hdr(msg));
    nlmsg_set_proto(msg, NETLINK_ROUTE);
    error = nl_msg_parse(msg, parse_object, &aux);
    nlmsg_free(msg);
    return !error && aux.ok;
}

enum link_msg_kind
link_msg_parse(const struct nlmsghdr *nlh, struct link_info *link)
{
    const struct nlattr *tb[IFLA_PARENT_DEV_BUS_NAME + 1];
    struct ifinfomsg ifi;

    if (nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK) {
        return LINK_MSG_OTHER;
    }
    if (!attr_parse_message(nlh, sizeof ifi, IFLA_PARENT_DEV_BUS_NAME, tb)) {
        return LINK_MSG_MALFORMED;
    }
    memcpy(&ifi, NLMSG_DATA(nlh), sizeof ifi);
    if (ifi.ifi_family != AF_UNSPEC) {
        return LINK_MSG_OTHER;
    }
    if (ifi.ifi_index <= 0) {
        return LINK_MSG_MALFORMED;
    }

    /* Padding too, so that two of them can be compared as memory. */
    memset(link, 0, sizeof *link);
    link->ifindex = ifi.ifi_index;
    if (nlh->nlmsg_type == RTM_DELLINK) {
        return tb[IFLA_NEW_IFINDEX] ? LINK_MSG_MOVED : LINK_MSG_DELETED;
    }
    if (!parse_with_libnl(nlh, link)) {
        return LINK_MSG_MALFORMED;
    }
    take_parent(tb, link);
    return LINK_MSG_LINK;
}

struct nlmsghdr *
link_request_dump(void *buf)
{
    struct ifinfomsg *ifi;
    struct nlmsghdr *nlh;

    memset(buf, 0, LINK_REQUEST_SIZE);
    nlh = mnl_nlmsg_put_header(buf);
    nlh->nlmsg_type = RTM_GETLINK;
    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return nlh;
}

struct nlmsghdr *
link_request_up(void *buf, int ifindex)
{
    struct ifinfomsg *ifi;
    struct nlmsghdr *nlh;

    memset(buf, 0, LINK_REQUEST_SIZE);
    nlh = mnl_nlmsg_put_header(buf);
    nlh->nlmsg_type = RTM_NEWLINK;
    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    ifi->ifi_index = ifindex;
    ifi->ifi_flags = LINK_IFF_UP;
    ifi->ifi_change = LINK_IFF_UP;
    return nlh;
}
