/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/vdpa-config.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <string.h>

#include "netlink/genl.h"
#include "netlink/nl-attr.h"
#include "util.h"

bool
vdpa_config_parse(const struct nlmsghdr *nlh, struct vdpa_config *config)
{
    const struct nlattr *tb[VDPA_ATTR_DEV_NET_CFG_MTU + 1];
    const struct nlattr *mac;

    memset(config, 0, sizeof *config);
    if (!attr_parse_message(nlh, GENL_HDRLEN, VDPA_ATTR_DEV_NET_CFG_MTU, tb)
        || !attr_get_string(tb[VDPA_ATTR_DEV_NAME], config->name,
                            sizeof config->name)
        || !config->name[0]
        || (tb[VDPA_ATTR_DEV_NET_CFG_MTU]
            && !attr_get_u16(tb[VDPA_ATTR_DEV_NET_CFG_MTU], &config->mtu))) {
        return false;
    }
    mac = tb[VDPA_ATTR_DEV_NET_CFG_MACADDR];
    if (mac) {
        if (attr_size(mac) != sizeof config->mac) {
            return false;
        }
        memcpy(config->mac, attr_data(mac), sizeof config->mac);
        config->has_mac = true;
    }
    return true;
}

struct nlmsghdr *
vdpa_config_request(void *buf, uint16_t family, const char *name)
{
    struct nlmsghdr *nlh = genl_request_init(buf, VDPA_CONFIG_REQUEST_SIZE,
                                             family, VDPA_CMD_DEV_CONFIG_GET,
                                             VDPA_GENL_VERSION, false);

    ovs_assert(strlen(name) < VDPA_NAME_MAX);
    mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, name);
    return nlh;
}
