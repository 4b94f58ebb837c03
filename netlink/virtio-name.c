/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/virtio-name.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static const char *const classes[] = {
    [VIRTIO_ID_NET] = "net",
    [VIRTIO_ID_BLOCK] = "block",
    [VIRTIO_ID_CONSOLE] = "console",
    [VIRTIO_ID_RNG] = "rng",
    [VIRTIO_ID_BALLOON] = "balloon",
    [VIRTIO_ID_SCSI] = "scsi",
    [VIRTIO_ID_GPU] = "gpu",
    [VIRTIO_ID_INPUT] = "input",
    [VIRTIO_ID_VSOCK] = "vsock",
    [VIRTIO_ID_CRYPTO] = "crypto",
    [VIRTIO_ID_FS] = "fs",
};

/* Those of network devices and those of all.  By number where the kernel's
 * headers may be too old to have them. */
static const char *const features[64] = {
    [VIRTIO_NET_F_CSUM] = "CSUM",
    [VIRTIO_NET_F_GUEST_CSUM] = "GUEST_CSUM",
    [VIRTIO_NET_F_CTRL_GUEST_OFFLOADS] = "CTRL_GUEST_OFFLOADS",
    [VIRTIO_NET_F_MTU] = "MTU",
    [VIRTIO_NET_F_MAC] = "MAC",
    [6] = "GSO",
    [VIRTIO_NET_F_GUEST_TSO4] = "GUEST_TSO4",
    [VIRTIO_NET_F_GUEST_TSO6] = "GUEST_TSO6",
    [VIRTIO_NET_F_GUEST_ECN] = "GUEST_ECN",
    [VIRTIO_NET_F_GUEST_UFO] = "GUEST_UFO",
    [VIRTIO_NET_F_HOST_TSO4] = "HOST_TSO4",
    [VIRTIO_NET_F_HOST_TSO6] = "HOST_TSO6",
    [VIRTIO_NET_F_HOST_ECN] = "HOST_ECN",
    [VIRTIO_NET_F_HOST_UFO] = "HOST_UFO",
    [VIRTIO_NET_F_MRG_RXBUF] = "MRG_RXBUF",
    [VIRTIO_NET_F_STATUS] = "STATUS",
    [VIRTIO_NET_F_CTRL_VQ] = "CTRL_VQ",
    [VIRTIO_NET_F_CTRL_RX] = "CTRL_RX",
    [VIRTIO_NET_F_CTRL_VLAN] = "CTRL_VLAN",
    [VIRTIO_NET_F_CTRL_RX_EXTRA] = "CTRL_RX_EXTRA",
    [VIRTIO_NET_F_GUEST_ANNOUNCE] = "GUEST_ANNOUNCE",
    [VIRTIO_NET_F_MQ] = "MQ",
    [VIRTIO_NET_F_CTRL_MAC_ADDR] = "CTRL_MAC_ADDR",
    [VIRTIO_F_NOTIFY_ON_EMPTY] = "NOTIFY_ON_EMPTY",
    [VIRTIO_F_ANY_LAYOUT] = "ANY_LAYOUT",
    [VIRTIO_RING_F_INDIRECT_DESC] = "RING_INDIRECT_DESC",
    [VIRTIO_RING_F_EVENT_IDX] = "RING_EVENT_IDX",
    [VIRTIO_F_VERSION_1] = "VERSION_1",
    [33] = "ACCESS_PLATFORM",
    [34] = "RING_PACKED",
    [35] = "IN_ORDER",
    [36] = "ORDER_PLATFORM",
    [37] = "SR_IOV",
    [38] = "NOTIFICATION_DATA",
    [39] = "NOTIF_CONFIG_DATA",
    [40] = "RING_RESET",
    [52] = "VQ_NOTF_COAL",
    [53] = "NOTF_COAL",
    [54] = "GUEST_USO4",
    [55] = "GUEST_USO6",
    [56] = "HOST_USO",
    [57] = "HASH_REPORT",
    [59] = "GUEST_HDRLEN",
    [60] = "RSS",
    [61] = "RSC_EXT",
    [VIRTIO_NET_F_STANDBY] = "STANDBY",
    [63] = "SPEED_DUPLEX",
};

const char *
virtio_class_to_string(uint32_t id, char *buf)
{
    if (id < ARRAY_SIZE(classes) && classes[id]) {
        ovs_strlcpy(buf, classes[id], VIRTIO_NAME_MAX);
    } else {
        snprintf(buf, VIRTIO_NAME_MAX, "class-%u", id);
    }
    return buf;
}

const char *
virtio_feature_to_string(unsigned int bit, char *buf)
{
    if (bit < ARRAY_SIZE(features) && features[bit]) {
        ovs_strlcpy(buf, features[bit], VIRTIO_NAME_MAX);
    } else {
        snprintf(buf, VIRTIO_NAME_MAX, "BIT_%u", bit);
    }
    return buf;
}

static bool
parse_feature(const char *word, unsigned int *bit)
{
    if (!strncasecmp(word, "BIT_", 4)) {
        return (word[4] >= '0' && word[4] <= '9'
                && str_to_uint(word + 4, 10, bit) && *bit < 64);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(features); i++) {
        if (features[i] && !strcasecmp(word, features[i])) {
            *bit = i;
            return true;
        }
    }
    return false;
}

static bool
parse_hex(const char *s, uint64_t *value)
{
    size_t n = strlen(s);
    bool ok;

    *value = 0;
    if (!n || n > 16) {
        return false;
    }
    *value = hexits_value(s, n, &ok);
    return ok;
}

char *
virtio_features_parse(const char *s, uint64_t *result)
{
    char *copy, *pos, *word;
    char *error = NULL;

    *result = 0;
    if (!strncasecmp(s, "0x", 2)) {
        return (parse_hex(s + 2, result) ? NULL
                : xasprintf("\"%s\" is no hexadecimal number of at most 64 "
                            "bits", s));
    }
    copy = pos = xstrdup(s);
    while (!error && (word = strsep(&pos, ","))) {
        unsigned int bit;

        if (!parse_feature(word, &bit)) {
            error = xasprintf("\"%s\" is no feature of a network device: "
                              "MAC, MTU, STATUS, MQ, ... or a hexadecimal "
                              "number are", word);
        } else {
            *result |= UINT64_C(1) << bit;
        }
    }
    free(copy);
    return error;
}
