/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VDPA_CONFIG_H
#define NETLINK_VDPA_CONFIG_H 1

/* The configuration of a vDPA network device, what its driver sees, and the
 * statistics that its vendor has for a queue. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/kernel-types.h"

struct nlmsghdr;

struct vdpa_config {
    char name[VDPA_NAME_MAX];   /* Device. */
    bool has_mac;               /* Is 'mac' valid? */
    uint8_t mac[6];             /* VDPA_ATTR_DEV_NET_CFG_MACADDR. */
    uint16_t mtu;               /* VDPA_ATTR_DEV_NET_CFG_MTU, bytes; 0 if not
                                 * given. */
    bool has_status;            /* Is 'status' valid? */
    uint16_t status;            /* VIRTIO_NET_S_*. */
    uint16_t max_vqp;           /* Pairs of queues, 0 if not given. */
    bool has_negotiated;        /* Is 'negotiated' valid?  Not before a driver
                                 * has negotiated. */
    uint64_t negotiated;        /* Bits, 1 << VIRTIO_NET_F_*, that the driver
                                 * took. */
    bool has_features;          /* Is 'features' valid? */
    uint64_t features;          /* Bits that the device offers. */
};

/* Parses an answer to VDPA_CMD_DEV_CONFIG_GET. */
bool vdpa_config_parse(const struct nlmsghdr *, struct vdpa_config *);

/* VIRTIO_NET_S_*. */
bool vdpa_config_link_up(const struct vdpa_config *);

#define VDPA_VSTATS_MAX 16      /* Counters that are looked at. */

struct vdpa_vstats {
    char name[VDPA_NAME_MAX];   /* Device. */
    uint32_t queue;             /* Its index. */
    size_t n;                   /* Number of 'counters'. */
    struct {
        char name[32];          /* Such as "received_desc". */
        uint64_t value;         /* In the vendor's unit. */
    } counters[VDPA_VSTATS_MAX];
};

/* Parses an answer to VDPA_CMD_DEV_VSTATS_GET. */
bool vdpa_vstats_parse(const struct nlmsghdr *, struct vdpa_vstats *);

#endif /* netlink/vdpa-config.h */
