/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/vdpa-config.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <string.h>

#include "netlink/nl-attr.h"
#include "util.h"

/* VIRTIO_NET_S_LINK_UP in linux/virtio_net.h. */
#define S_LINK_UP 1

/* A device's features are VDPA_ATTR_DEV_FEATURES.  Older kernels, 6.1 among
 * them, have an attribute of its own for those in a configuration, which is in
 * their headers only, and whose number newer ones use for the capacity of a
 * block device. */
#define ATTR_OLD_FEATURES (VDPA_ATTR_DEV_FEATURES + 1)

/* Each fails only if its attribute is there and is of another size. */

static bool
parse_mac(const struct nlattr *attr, struct vdpa_config *config)
{
    if (attr) {
        if (attr_size(attr) != sizeof config->mac) {
            return false;
        }
        memcpy(config->mac, attr_data(attr), sizeof config->mac);
        config->has_mac = true;
    }
    return true;
}

/* The header calls it a u8, the kernel sends a u16. */
static bool
parse_status(const struct nlattr *attr, struct vdpa_config *config)
{
    uint8_t status;

    if (!attr) {
        return true;
    }
    config->has_status = true;
    if (attr_get_u8(attr, &status)) {
        config->status = status;
        return true;
    }
    return attr_get_u16(attr, &config->status);
}

static bool
parse_features(const struct nlattr *attr, bool *has, uint64_t *features)
{
    *has = attr != NULL;
    return !attr || attr_get_u64(attr, features);
}

static bool
parse_u16(const struct nlattr *attr, uint16_t *value)
{
    return !attr || attr_get_u16(attr, value);
}

bool
vdpa_config_parse(const struct nlmsghdr *nlh, struct vdpa_config *config)
{
    const struct nlattr *tb[ATTR_OLD_FEATURES + 1];
    const struct nlattr *features;

    memset(config, 0, sizeof *config);
    if (!attr_parse_message(nlh, GENL_HDRLEN, ATTR_OLD_FEATURES, tb)) {
        return false;
    }
    features = (tb[VDPA_ATTR_DEV_FEATURES] ? tb[VDPA_ATTR_DEV_FEATURES]
                : tb[ATTR_OLD_FEATURES]);
    return (attr_get_string(tb[VDPA_ATTR_DEV_NAME], config->name,
                               sizeof config->name)
            && config->name[0]
            && parse_mac(tb[VDPA_ATTR_DEV_NET_CFG_MACADDR], config)
            && parse_status(tb[VDPA_ATTR_DEV_NET_STATUS], config)
            && parse_u16(tb[VDPA_ATTR_DEV_NET_CFG_MTU], &config->mtu)
            && parse_u16(tb[VDPA_ATTR_DEV_NET_CFG_MAX_VQP],
                         &config->max_vqp)
            && parse_features(tb[VDPA_ATTR_DEV_NEGOTIATED_FEATURES],
                              &config->has_negotiated, &config->negotiated)
            && parse_features(features, &config->has_features,
                              &config->features));
}

bool
vdpa_config_link_up(const struct vdpa_config *config)
{
    return config->has_status && config->status & S_LINK_UP;
}

/* Takes the counters, each a name followed by a value. */
static bool
parse_counters(const void *attrs, size_t len, struct vdpa_vstats *vstats)
{
    const struct nlattr *attr;
    bool named = false;

    while ((attr = attr_take(&attrs, &len))) {
        uint16_t type = attr->nla_type & NLA_TYPE_MASK;

        if (type == VDPA_ATTR_DEV_VENDOR_ATTR_NAME) {
            if (vstats->n >= VDPA_VSTATS_MAX) {
                return true;
            }
            named = attr_get_string(attr, vstats->counters[vstats->n].name,
                                    sizeof vstats->counters[0].name);
            if (!named) {
                return false;
            }
        } else if (type == VDPA_ATTR_DEV_VENDOR_ATTR_VALUE) {
            if (!named || !attr_get_u64(attr,
                                        &vstats->counters[vstats->n].value)) {
                return false;
            }
            vstats->n++;
            named = false;
        }
    }
    return !len && !named;
}

bool
vdpa_vstats_parse(const struct nlmsghdr *nlh, struct vdpa_vstats *vstats)
{
    const struct nlattr *tb[VDPA_ATTR_DEV_QUEUE_INDEX + 1];
    size_t skip = NLMSG_HDRLEN + GENL_HDRLEN;

    memset(vstats, 0, sizeof *vstats);
    return (attr_parse_message(nlh, GENL_HDRLEN, VDPA_ATTR_DEV_QUEUE_INDEX,
                               tb)
            && attr_get_string(tb[VDPA_ATTR_DEV_NAME], vstats->name,
                               sizeof vstats->name)
            && vstats->name[0]
            && attr_get_u32(tb[VDPA_ATTR_DEV_QUEUE_INDEX], &vstats->queue)
            && parse_counters((const char *) nlh + skip,
                              nlh->nlmsg_len - skip, vstats));
}
