/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/vdpa-msg.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <string.h>

#include "netlink/genl.h"
#include "netlink/nl-attr.h"

bool
vdpa_dev_parse(const struct nlmsghdr *nlh, struct vdpa_dev *dev)
{
    const struct nlattr *tb[VDPA_ATTR_DEV_MAX_VQS + 1];

    memset(dev, 0, sizeof *dev);
    return (attr_parse_message(nlh, GENL_HDRLEN, VDPA_ATTR_DEV_MAX_VQS, tb)
            && attr_get_string(tb[VDPA_ATTR_DEV_NAME], dev->name,
                               sizeof dev->name)
            && dev->name[0] && !strchr(dev->name, '/')
            && attr_get_string(tb[VDPA_ATTR_MGMTDEV_DEV_NAME],
                               dev->mgmtdev_dev, sizeof dev->mgmtdev_dev)
            && (!tb[VDPA_ATTR_MGMTDEV_BUS_NAME]
                || attr_get_string(tb[VDPA_ATTR_MGMTDEV_BUS_NAME],
                                   dev->mgmtdev_bus,
                                   sizeof dev->mgmtdev_bus))
            && attr_get_u32(tb[VDPA_ATTR_DEV_ID], &dev->device_id)
            && (!tb[VDPA_ATTR_DEV_MAX_VQS]
                || attr_get_u32(tb[VDPA_ATTR_DEV_MAX_VQS],
                                &dev->max_vqs)));
}

struct nlmsghdr *
vdpa_request_dump(void *buf, uint16_t family)
{
    return genl_request_init(buf, VDPA_REQUEST_SIZE, family,
                             VDPA_CMD_DEV_GET, VDPA_GENL_VERSION, true);
}
