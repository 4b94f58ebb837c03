/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_KERNEL_PRIVATE_H
#define NETLINK_KERNEL_PRIVATE_H 1

/* For tests of struct kernel. */

#include "netlink/kernel.h"

/* kernel_create() with receive buffers of 'rcvbuf' bytes. */
int kernel_create_with_rcvbuf(struct event_base *, const char *sysfs,
                              struct kernel_helper *, int rcvbuf,
                              const struct kernel_sink *, void *aux,
                              struct kernel **kernelp, char **errorp);

#endif /* netlink/kernel-private.h */
