/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VDPA_MSG_H
#define NETLINK_VDPA_MSG_H 1

/* Messages of generic netlink family "vdpa". */

#include <stdbool.h>
#include <stdint.h>

#include "netlink/kernel-types.h"

struct nlmsghdr;
struct vdpa_spec;

/* What netlink says about a vDPA device. */
struct vdpa_dev {
    char name[VDPA_NAME_MAX];   /* Key. */
    char mgmtdev_bus[16];       /* "pci" or "". */
    char mgmtdev_dev[64];       /* "0000:65:00.2", "vdpasim_net". */
    uint32_t device_id;         /* VIRTIO_ID_*. */
    uint32_t vendor_id;         /* Of the virtio device, 0 if not given. */
    uint32_t max_vqs;           /* Queues, 0 if not given. */
    uint16_t max_vq_size;       /* Descriptors of a queue, 0 if not given. */
    uint16_t min_vq_size;       /* Likewise. */
};

/* Parses a VDPA_CMD_DEV_NEW message, which answers VDPA_CMD_DEV_GET. */
bool vdpa_dev_parse(const struct nlmsghdr *, struct vdpa_dev *);

/* A management device: where vDPA devices are made. */
struct vdpa_mgmtdev {
    char bus[16];               /* "pci" or "". */
    char dev[64];               /* "0000:65:00.2", "vdpasim_net". */
    uint64_t classes;           /* Bits, 1 << VIRTIO_ID_*, of devices. */
    uint32_t max_vqs;           /* Queues of a device, 0 if not given. */
    bool has_features;          /* Is 'features' valid? */
    uint64_t features;          /* Bits, 1 << VIRTIO_NET_F_*, ... */
};

/* Parses a VDPA_CMD_MGMTDEV_NEW message, which answers
 * VDPA_CMD_MGMTDEV_GET. */
bool vdpa_mgmtdev_parse(const struct nlmsghdr *, struct vdpa_mgmtdev *);

/* Requests for the family with number 'family', made in 'buf', of
 * VDPA_REQUEST_SIZE bytes.  Names have less than VDPA_NAME_MAX bytes. */
#define VDPA_REQUEST_SIZE (256 + VDPA_NAME_MAX)

/* Dumps of all devices and of all management devices. */
struct nlmsghdr *vdpa_request_dump(void *buf, uint16_t family);
struct nlmsghdr *vdpa_request_mgmtdevs(void *buf, uint16_t family);

/* Configuration, and vendor statistics of queue 'queue', see
 * netlink/vdpa-config.h. */
struct nlmsghdr *vdpa_request_config(void *buf, uint16_t family,
                                     const char *name);
struct nlmsghdr *vdpa_request_vstats(void *buf, uint16_t family,
                                     const char *name, uint32_t queue);

/* Changes. */
struct nlmsghdr *vdpa_request_new(void *buf, uint16_t family,
                                  const struct vdpa_spec *);
struct nlmsghdr *vdpa_request_del(void *buf, uint16_t family,
                                  const char *name);
struct nlmsghdr *vdpa_request_set_mac(void *buf, uint16_t family,
                                      const char *name,
                                      const uint8_t mac[6]);

/* Splits 'handle', "BUS/DEVICE" or "DEVICE", as vdpa_info has it.  Returns
 * false if it is none. */
bool vdpa_mgmtdev_from_string(const char *handle, char bus[16],
                              char dev[64]);

#endif /* netlink/vdpa-msg.h */
