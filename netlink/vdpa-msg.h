/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VDPA_MSG_H
#define NETLINK_VDPA_MSG_H 1

/* Messages of generic netlink family "vdpa". */

#include <stdbool.h>

#include "netlink/kernel-types.h"

struct nlmsghdr;

/* What netlink says about a vDPA device. */
struct vdpa_dev {
    char name[VDPA_NAME_MAX];   /* Key. */
    char mgmtdev_bus[16];       /* "pci" or "". */
    char mgmtdev_dev[64];       /* "0000:65:00.2", "vdpasim_net". */
    uint32_t device_id;         /* VIRTIO_ID_*. */
    uint32_t max_vqs;           /* 0 if not given. */
};

/* Parses a VDPA_CMD_DEV_NEW message, which answers VDPA_CMD_DEV_GET. */
bool vdpa_dev_parse(const struct nlmsghdr *, struct vdpa_dev *);

/* Makes the request for a dump of all devices in 'buf', of
 * VDPA_REQUEST_SIZE bytes. */
#define VDPA_REQUEST_SIZE 64
struct nlmsghdr *vdpa_request_dump(void *buf, uint16_t family);

#endif /* netlink/vdpa-msg.h */
