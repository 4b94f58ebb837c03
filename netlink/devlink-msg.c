/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/devlink-msg.h"

#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "netlink/genl.h"
#include "netlink/nl-attr.h"

/* The last attribute that is looked at. */
#define ATTR_MAX DEVLINK_ATTR_PORT_CONTROLLER_NUMBER

static bool
parse_attrs(const struct nlmsghdr *nlh, const struct nlattr **tb,
            struct devlink_handle *handle)
{
    return (attr_parse_message(nlh, GENL_HDRLEN, ATTR_MAX, tb)
            && attr_get_string(tb[DEVLINK_ATTR_BUS_NAME], handle->bus,
                               sizeof handle->bus)
            && attr_get_string(tb[DEVLINK_ATTR_DEV_NAME], handle->dev,
                               sizeof handle->dev));
}

bool
devlink_handle_parse(const struct nlmsghdr *nlh,
                     struct devlink_handle *handle)
{
    const struct nlattr *tb[ATTR_MAX + 1];

    memset(handle, 0, sizeof *handle);
    return parse_attrs(nlh, tb, handle);
}

bool
devlink_eswitch_parse(const struct nlmsghdr *nlh, struct eswitch_info *info)
{
    const struct nlattr *tb[ATTR_MAX + 1];
    uint16_t mode;

    memset(info, 0, sizeof *info);
    if (!parse_attrs(nlh, tb, &info->handle)) {
        return false;
    }

    /* Drivers may know the other values of an eswitch but not this one. */
    if (!tb[DEVLINK_ATTR_ESWITCH_MODE]) {
        return true;
    }
    if (!attr_get_u16(tb[DEVLINK_ATTR_ESWITCH_MODE], &mode)) {
        return false;
    }
    info->mode = (mode == DEVLINK_ESWITCH_MODE_LEGACY ? ESWITCH_LEGACY
                  : mode == DEVLINK_ESWITCH_MODE_SWITCHDEV
                  ? ESWITCH_SWITCHDEV : ESWITCH_UNKNOWN);
    return true;
}

static enum devlink_flavour
flavour_from_kernel(uint16_t flavour)
{
    switch (flavour) {
    case DEVLINK_PORT_FLAVOUR_PHYSICAL:
        return FLAVOUR_PHYSICAL;
    case DEVLINK_PORT_FLAVOUR_PCI_PF:
        return FLAVOUR_PCI_PF;
    case DEVLINK_PORT_FLAVOUR_PCI_VF:
        return FLAVOUR_PCI_VF;
    case DEVLINK_PORT_FLAVOUR_PCI_SF:
        return FLAVOUR_PCI_SF;
    default:
        return FLAVOUR_OTHER;
    }
}

/* Reads attributes that may be absent but not malformed. */
static bool
get_u32(const struct nlattr *attr, uint32_t *value)
{
    return !attr || attr_get_u32(attr, value);
}

static bool
get_u16(const struct nlattr *attr, uint32_t *value)
{
    uint16_t u16 = 0;

    if (attr && !attr_get_u16(attr, &u16)) {
        return false;
    }
    *value = u16;
    return true;
}

bool
devlink_port_parse(const struct nlmsghdr *nlh,
                   struct devlink_port_info *port)
{
    const struct nlattr *tb[ATTR_MAX + 1];
    uint32_t flavour, ifindex = 0;
    uint8_t external = 0;

    memset(port, 0, sizeof *port);
    if (!parse_attrs(nlh, tb, &port->handle)
        || !attr_get_u32(tb[DEVLINK_ATTR_PORT_INDEX], &port->index)) {
        return false;
    }
    if (!get_u16(tb[DEVLINK_ATTR_PORT_FLAVOUR], &flavour)
        || !get_u32(tb[DEVLINK_ATTR_PORT_CONTROLLER_NUMBER],
                    &port->controller)
        || !get_u16(tb[DEVLINK_ATTR_PORT_PCI_PF_NUMBER], &port->pf)
        || !get_u16(tb[DEVLINK_ATTR_PORT_PCI_VF_NUMBER], &port->vf)
        || !get_u32(tb[DEVLINK_ATTR_PORT_NUMBER], &port->phys_port)
        || !get_u32(tb[DEVLINK_ATTR_PORT_NETDEV_IFINDEX], &ifindex)
        || ifindex > INT_MAX
        || (tb[DEVLINK_ATTR_PORT_EXTERNAL]
            && !attr_get_u8(tb[DEVLINK_ATTR_PORT_EXTERNAL], &external))) {
        return false;
    }
    port->flavour = (tb[DEVLINK_ATTR_PORT_FLAVOUR]
                     ? flavour_from_kernel(flavour) : FLAVOUR_OTHER);
    port->external = external != 0;
    port->ifindex = ifindex;
    return true;
}

struct nlmsghdr *
devlink_request_handles(void *buf, uint16_t family)
{
    return genl_request_init(buf, DEVLINK_REQUEST_SIZE, family,
                             DEVLINK_CMD_GET, DEVLINK_GENL_VERSION, true);
}

struct nlmsghdr *
devlink_request_ports(void *buf, uint16_t family)
{
    return genl_request_init(buf, DEVLINK_REQUEST_SIZE, family,
                             DEVLINK_CMD_PORT_GET, DEVLINK_GENL_VERSION,
                             true);
}

struct nlmsghdr *
devlink_request_eswitch(void *buf, uint16_t family,
                        const struct devlink_handle *handle)
{
    struct nlmsghdr *nlh = genl_request_init(buf, DEVLINK_REQUEST_SIZE,
                                             family, DEVLINK_CMD_ESWITCH_GET,
                                             DEVLINK_GENL_VERSION, false);

    mnl_attr_put_strz(nlh, DEVLINK_ATTR_BUS_NAME, handle->bus);
    mnl_attr_put_strz(nlh, DEVLINK_ATTR_DEV_NAME, handle->dev);
    return nlh;
}

struct nlmsghdr *
devlink_request_set_eswitch(void *buf, uint16_t family,
                            const struct devlink_handle *handle,
                            enum eswitch_mode mode)
{
    struct nlmsghdr *nlh = genl_request_init(buf, DEVLINK_REQUEST_SIZE,
                                             family, DEVLINK_CMD_ESWITCH_SET,
                                             DEVLINK_GENL_VERSION, false);

    mnl_attr_put_strz(nlh, DEVLINK_ATTR_BUS_NAME, handle->bus);
    mnl_attr_put_strz(nlh, DEVLINK_ATTR_DEV_NAME, handle->dev);
    mnl_attr_put_u16(nlh, DEVLINK_ATTR_ESWITCH_MODE,
                     (mode == ESWITCH_SWITCHDEV
                      ? DEVLINK_ESWITCH_MODE_SWITCHDEV
                      : DEVLINK_ESWITCH_MODE_LEGACY));
    return nlh;
}
