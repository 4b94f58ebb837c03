/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VDPA_CONFIG_H
#define NETLINK_VDPA_CONFIG_H 1

/* The configuration of a vDPA network device: what its driver sees. */

#include <stdbool.h>
#include <stdint.h>

#include "netlink/kernel-types.h"

struct nlmsghdr;

struct vdpa_config {
    char name[VDPA_NAME_MAX];   /* Device. */
    bool has_mac;               /* Is 'mac' valid? */
    uint8_t mac[6];             /* VDPA_ATTR_DEV_NET_CFG_MACADDR. */
    uint16_t mtu;               /* VDPA_ATTR_DEV_NET_CFG_MTU, bytes; 0 if not
                                 * given. */
};

/* Parses an answer to VDPA_CMD_DEV_CONFIG_GET. */
bool vdpa_config_parse(const struct nlmsghdr *, struct vdpa_config *);

/* Makes the request for device 'name', which has less than VDPA_NAME_MAX
 * bytes, in 'buf', of VDPA_CONFIG_REQUEST_SIZE bytes. */
#define VDPA_CONFIG_REQUEST_SIZE (64 + VDPA_NAME_MAX)
struct nlmsghdr *vdpa_config_request(void *buf, uint16_t family,
                                     const char *name);

/* A question that kernel_get_vdpa_config() asked.  'config' is NULL if
 * 'error', a positive errno, is nonzero.  The question is over with the
 * call. */
struct vdpa_query;
typedef void vdpa_config_cb(void *aux, int error, const struct vdpa_config *);

/* The callback will not be called any more. */
void vdpa_query_cancel(struct vdpa_query *);

#endif /* netlink/vdpa-config.h */
