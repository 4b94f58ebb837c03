/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/vdpa-msg.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <string.h>

#include "netlink/genl.h"
#include "netlink/nl-attr.h"
#include "netlink/vdpa-control.h"
#include "util.h"

/* VDPA_CMD_DEV_ATTR_SET, which came with Linux 6.12. */
#define CMD_DEV_ATTR_SET 8

/* Fails only if 'attr' is there and is of another size. */
static bool
optional_u16(const struct nlattr *attr, uint16_t *value)
{
    return !attr || attr_get_u16(attr, value);
}

static bool
optional_u32(const struct nlattr *attr, uint32_t *value)
{
    return !attr || attr_get_u32(attr, value);
}

static bool
parse_mgmtdev(const struct nlattr *const *tb, char *bus, size_t bus_size,
              char *dev, size_t dev_size)
{
    return (attr_get_string(tb[VDPA_ATTR_MGMTDEV_DEV_NAME], dev, dev_size)
            && (!tb[VDPA_ATTR_MGMTDEV_BUS_NAME]
                || attr_get_string(tb[VDPA_ATTR_MGMTDEV_BUS_NAME], bus,
                                   bus_size)));
}

bool
vdpa_dev_parse(const struct nlmsghdr *nlh, struct vdpa_dev *dev)
{
    const struct nlattr *tb[VDPA_ATTR_DEV_MIN_VQ_SIZE + 1];

    memset(dev, 0, sizeof *dev);
    return (attr_parse_message(nlh, GENL_HDRLEN, VDPA_ATTR_DEV_MIN_VQ_SIZE,
                               tb)
            && attr_get_string(tb[VDPA_ATTR_DEV_NAME], dev->name,
                               sizeof dev->name)
            && dev->name[0] && !strchr(dev->name, '/')
            && parse_mgmtdev(tb, dev->mgmtdev_bus, sizeof dev->mgmtdev_bus,
                             dev->mgmtdev_dev, sizeof dev->mgmtdev_dev)
            && attr_get_u32(tb[VDPA_ATTR_DEV_ID], &dev->device_id)
            && optional_u32(tb[VDPA_ATTR_DEV_VENDOR_ID], &dev->vendor_id)
            && optional_u32(tb[VDPA_ATTR_DEV_MAX_VQS], &dev->max_vqs)
            && optional_u16(tb[VDPA_ATTR_DEV_MAX_VQ_SIZE],
                            &dev->max_vq_size)
            && optional_u16(tb[VDPA_ATTR_DEV_MIN_VQ_SIZE],
                            &dev->min_vq_size));
}

bool
vdpa_mgmtdev_parse(const struct nlmsghdr *nlh, struct vdpa_mgmtdev *mgmtdev)
{
    const struct nlattr *tb[VDPA_ATTR_DEV_SUPPORTED_FEATURES + 1];
    const struct nlattr *features;

    memset(mgmtdev, 0, sizeof *mgmtdev);
    if (!attr_parse_message(nlh, GENL_HDRLEN,
                            VDPA_ATTR_DEV_SUPPORTED_FEATURES, tb)
        || !parse_mgmtdev(tb, mgmtdev->bus, sizeof mgmtdev->bus,
                          mgmtdev->dev, sizeof mgmtdev->dev)
        || !mgmtdev->dev[0]
        || !attr_get_u64(tb[VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES],
                         &mgmtdev->classes)
        || !optional_u32(tb[VDPA_ATTR_DEV_MGMTDEV_MAX_VQS],
                         &mgmtdev->max_vqs)) {
        return false;
    }
    features = tb[VDPA_ATTR_DEV_SUPPORTED_FEATURES];
    mgmtdev->has_features = features != NULL;
    return !features || attr_get_u64(features, &mgmtdev->features);
}

static struct nlmsghdr *
request_init(void *buf, uint16_t family, uint8_t cmd, bool dump)
{
    return genl_request_init(buf, VDPA_REQUEST_SIZE, family, cmd,
                             VDPA_GENL_VERSION, dump);
}

/* A request for one device. */
static struct nlmsghdr *
request_init_dev(void *buf, uint16_t family, uint8_t cmd, const char *name)
{
    struct nlmsghdr *nlh = request_init(buf, family, cmd, false);

    ovs_assert(strlen(name) < VDPA_NAME_MAX);
    mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, name);
    return nlh;
}

struct nlmsghdr *
vdpa_request_dump(void *buf, uint16_t family)
{
    return request_init(buf, family, VDPA_CMD_DEV_GET, true);
}

struct nlmsghdr *
vdpa_request_mgmtdevs(void *buf, uint16_t family)
{
    return request_init(buf, family, VDPA_CMD_MGMTDEV_GET, true);
}

struct nlmsghdr *
vdpa_request_config(void *buf, uint16_t family, const char *name)
{
    return request_init_dev(buf, family, VDPA_CMD_DEV_CONFIG_GET, name);
}

struct nlmsghdr *
vdpa_request_vstats(void *buf, uint16_t family, const char *name,
                    uint32_t queue)
{
    struct nlmsghdr *nlh = request_init_dev(buf, family,
                                            VDPA_CMD_DEV_VSTATS_GET, name);

    mnl_attr_put_u32(nlh, VDPA_ATTR_DEV_QUEUE_INDEX, queue);
    return nlh;
}

struct nlmsghdr *
vdpa_request_new(void *buf, uint16_t family, const struct vdpa_spec *spec)
{
    struct nlmsghdr *nlh = request_init_dev(buf, family, VDPA_CMD_DEV_NEW,
                                            spec->name);
    char bus[16], dev[64];

    ovs_assert(vdpa_mgmtdev_from_string(spec->mgmtdev, bus, dev));
    if (bus[0]) {
        mnl_attr_put_strz(nlh, VDPA_ATTR_MGMTDEV_BUS_NAME, bus);
    }
    mnl_attr_put_strz(nlh, VDPA_ATTR_MGMTDEV_DEV_NAME, dev);
    if (spec->has_mac) {
        mnl_attr_put(nlh, VDPA_ATTR_DEV_NET_CFG_MACADDR, sizeof spec->mac,
                     spec->mac);
    }
    if (spec->mtu) {
        mnl_attr_put_u16(nlh, VDPA_ATTR_DEV_NET_CFG_MTU, spec->mtu);
    }
    if (spec->max_vqp) {
        mnl_attr_put_u16(nlh, VDPA_ATTR_DEV_NET_CFG_MAX_VQP, spec->max_vqp);
    }
    if (spec->has_features) {
        mnl_attr_put_u64(nlh, VDPA_ATTR_DEV_FEATURES, spec->features);
    }
    return nlh;
}

struct nlmsghdr *
vdpa_request_del(void *buf, uint16_t family, const char *name)
{
    return request_init_dev(buf, family, VDPA_CMD_DEV_DEL, name);
}

struct nlmsghdr *
vdpa_request_set_mac(void *buf, uint16_t family, const char *name,
                     const uint8_t mac[6])
{
    struct nlmsghdr *nlh = request_init_dev(buf, family, CMD_DEV_ATTR_SET,
                                            name);

    mnl_attr_put(nlh, VDPA_ATTR_DEV_NET_CFG_MACADDR, 6, mac);
    return nlh;
}

bool
vdpa_mgmtdev_from_string(const char *handle, char bus[16], char dev[64])
{
    const char *slash = strchr(handle, '/');
    size_t len = slash ? slash - handle : 0;

    if (slash) {
        handle = slash + 1;
    }
    if (len >= 16 || (slash && !len) || !handle[0] || strlen(handle) >= 64
        || strchr(handle, '/')) {
        return false;
    }
    memcpy(bus, slash ? slash - len : "", len);
    bus[len] = '\0';
    ovs_strlcpy(dev, handle, 64);
    return true;
}
