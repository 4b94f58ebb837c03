/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_DEVLINK_MSG_H
#define NETLINK_DEVLINK_MSG_H 1

/* Messages of generic netlink family "devlink". */

#include <stdbool.h>

#include "netlink/kernel-types.h"

struct nlmsghdr;

/* Parses which instance a message is about. */
bool devlink_handle_parse(const struct nlmsghdr *, struct devlink_handle *);

/* Parses the answer to devlink_request_eswitch(). */
bool devlink_eswitch_parse(const struct nlmsghdr *, struct eswitch_info *);

/* Parses a DEVLINK_CMD_PORT_NEW message. */
bool devlink_port_parse(const struct nlmsghdr *, struct devlink_port_info *);

/* Requests for dumps of all instances and of all ports, and for the eswitch
 * of one instance, in 'buf' of DEVLINK_REQUEST_SIZE bytes. */
#define DEVLINK_REQUEST_SIZE 256
struct nlmsghdr *devlink_request_handles(void *buf, uint16_t family);
struct nlmsghdr *devlink_request_ports(void *buf, uint16_t family);
struct nlmsghdr *devlink_request_eswitch(void *buf, uint16_t family,
                                         const struct devlink_handle *);

/* The request to set the mode of an eswitch, likewise. */
struct nlmsghdr *devlink_request_set_eswitch(void *buf, uint16_t family,
                                             const struct devlink_handle *,
                                             enum eswitch_mode);

#endif /* netlink/devlink-msg.h */
