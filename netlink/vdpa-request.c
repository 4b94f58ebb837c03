/* SPDX-License-Identifier: Apache-2.0 */

/* Creating, deleting and setting, by netlink. */

#include "config.h"

#include "netlink/vdpa-control-private.h"

#include <errno.h>
#include <linux/netlink.h>

#include "netlink/nl-conn.h"
#include "netlink/vdpa-msg.h"
#include "util.h"

/* The kernel's answer as a message: its own text, if it gave one. */
static void
tell_refused(struct vdpa_op *op, const struct nl_result *result)
{
    if (result->extack[0]) {
        vdpa_op_tell(op, result->error, "the kernel refused: %s (%s)",
                     result->extack, ovs_strerror(result->error));
    } else if (op->type == VDPA_OP_SET_MAC && result->error == EOPNOTSUPP) {
        vdpa_op_tell(op, EOPNOTSUPP, "the kernel cannot set the MAC address "
                     "of a device that exists (Linux 6.12 can, of some "
                     "devices): delete it and create it with the address");
    } else {
        vdpa_op_tell(op, result->error, "the kernel refused: %s",
                     ovs_strerror(result->error));
    }
    vdpa_op_end(op);
}

/* Whoever else deleted it did what was asked. */
static bool
is_gone_anyway(const struct vdpa_op *op, const struct nl_result *result)
{
    return (op->type == VDPA_OP_DELETE && result->error == ENODEV
            && op->inode && vdpa_busy_inode(op) != op->inode);
}

static void
request_done(void *op_, const struct nl_result *result)
{
    struct vdpa_op *op = op_;

    op->control->requesting = NULL;
    if (result->error && !is_gone_anyway(op, result)) {
        tell_refused(op, result);
    } else if (op->type == VDPA_OP_SET_MAC) {
        /* There is no event, and nobody keeps the address. */
        vdpa_op_succeed(op);
        vdpa_op_end(op);
    } else {
        op->state = VDPA_OP_EVENT;
        op->control->devs_changed = true;
    }
}

void
vdpa_request_send(struct vdpa_op *op)
{
    struct vdpa_control *control = op->control;
    char buf[VDPA_REQUEST_SIZE];
    struct nlmsghdr *request;

    if (op->type == VDPA_OP_CREATE) {
        request = vdpa_request_new(buf, control->family, &op->spec);
    } else if (op->type == VDPA_OP_DELETE) {
        request = vdpa_request_del(buf, control->family, op->spec.name);
    } else {
        request = vdpa_request_set_mac(buf, control->family, op->spec.name,
                                       op->spec.mac);
    }

    /* One at a time: those that are queued in a connection that breaks may
     * be executed twice. */
    control->requesting = op;
    op->state = VDPA_OP_KERNEL;
    nl_conn_request(control->conn, request, NULL, request_done, op);
}

void
vdpa_request_check(struct vdpa_op *op)
{
    const struct vdpa_info *info = vdpa_op_info(op);

    if (op->type == VDPA_OP_DELETE
        ? !info || vdpa_busy_inode(op) != op->inode
        : info && vdpa_info_has_consumer(info)) {
        vdpa_op_succeed(op);
        vdpa_op_end(op);
    }
}

void
vdpa_request_expire(struct vdpa_op *op)
{
    if (op->type == VDPA_OP_CREATE && vdpa_op_info(op)) {
        /* Only the netdev is missing, which is none of the device's. */
        vdpa_op_succeed(op);
    } else {
        vdpa_op_tell(op, ETIMEDOUT, "the kernel has done it, but the event "
                     "that says so has not come within %d s",
                     VDPA_OP_MS / 1000);
    }
    vdpa_op_end(op);
}

void
vdpa_request_abort(struct vdpa_op *op)
{
    request_done(op, &(struct nl_result) {
        .error = ECONNRESET, .extack = "",
    });
}
