/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_ESWITCH_CONTROL_H
#define NETLINK_ESWITCH_CONTROL_H 1

/* Changing the mode of an eswitch, through devlink.
 *
 * The kernel takes its time for that, up to seconds, so that a process of its
 * own waits (netlink/genl-helper.h). */

#include <stdbool.h>

#include "netlink/kernel-types.h"

struct eswitch_control;
struct event_base;
struct genl;
struct kernel_helper;

/* 'error' is 0 or a positive errno, 'extack' the kernel's own text or "". */
typedef void eswitch_control_cb(void *aux, int error, const char *extack);

/* To be created before the first genl_run(). */
struct eswitch_control *eswitch_control_create(struct event_base *,
                                               struct kernel_helper *,
                                               struct genl *);
void eswitch_control_destroy(struct eswitch_control *);
void eswitch_control_run(struct eswitch_control *);
void eswitch_control_wait(struct eswitch_control *);

/* A request whose callback was not called yet. */
struct eswitch_op;

/* Sets the mode of devlink instance 'handle'.  Returns NULL if this kernel has
 * no devlink; then 'cb' is not called.  When the callback is called the mode
 * is set, and what it is read to be may still be the old one. */
struct eswitch_op *eswitch_control_set(struct eswitch_control *,
                                       const struct devlink_handle *handle,
                                       enum eswitch_mode mode,
                                       eswitch_control_cb *cb, void *aux);

/* The callback will not be called any more.  'op' may be NULL. */
void eswitch_op_forget(struct eswitch_op *op);

#endif /* netlink/eswitch-control.h */
