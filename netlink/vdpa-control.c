/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/vdpa-control.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "coverage.h"
#include "netlink/nl-conn.h"
#include "netlink/vdpa-control-private.h"
#include "netlink/vdpa-holder.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(vdpa_control);

COVERAGE_DEFINE(vdpa_request);
COVERAGE_DEFINE(vdpa_request_failed);

static const char *
op_what(const struct vdpa_op *op)
{
    switch (op->type) {
    case VDPA_OP_CREATE:
        return "create";
    case VDPA_OP_DELETE:
        return "delete";
    case VDPA_OP_SET_MAC:
        return "set-mac";
    case VDPA_OP_BIND:
        return "bind";
    case VDPA_OP_UNBIND:
        return "unbind";
    }
    OVS_NOT_REACHED();
}

static const char *
op_state(const struct vdpa_op *op)
{
    switch (op->state) {
    case VDPA_OP_SCAN:
        return op->told ? "busy" : "looking-for-holders";
    case VDPA_OP_BUSY:
        return "busy";
    case VDPA_OP_KERNEL:
        return "kernel";
    case VDPA_OP_EVENT:
        return "event";
    case VDPA_OP_QUEUED:
    case VDPA_OP_READY:
    case VDPA_OP_OVER:
        return "queued";
    }
    OVS_NOT_REACHED();
}

static bool
op_is_by_sysfs(const struct vdpa_op *op)
{
    return op->type == VDPA_OP_BIND || op->type == VDPA_OP_UNBIND;
}

const struct vdpa_info *
vdpa_op_info(const struct vdpa_op *op)
{
    return shash_find_data(&op->control->devs, op->spec.name);
}

static void
log_end(const struct vdpa_op *op, const char *message, enum vlog_level level)
{
    struct ds name = DS_EMPTY_INITIALIZER;

    ds_put_printable(&name, op->spec.name, strlen(op->spec.name));
    VLOG(level, "%s %s: %s%s", op_what(op), ds_cstr(&name), message,
         op->told ? ", late" : "");
    ds_destroy(&name);
}

void
vdpa_op_tell(struct vdpa_op *op, int error, const char *format, ...)
{
    struct vdpa_result result = {
        .error = error, .info = vdpa_op_info(op),
    };
    vdpa_done_cb *cb = op->cb;
    char *message;
    va_list args;

    va_start(args, format);
    message = xvasprintf(format, args);
    va_end(args);
    if (error) {
        COVERAGE_INC(vdpa_request_failed);
    }
    log_end(op, error ? message : "done", error ? VLL_WARN : VLL_INFO);
    result.message = message;
    op->told = true;
    op->cb = NULL;
    if (cb) {
        cb(op->aux, &result);
    }
    free(message);
}

void
vdpa_op_succeed(struct vdpa_op *op)
{
    vdpa_op_tell(op, 0, "%s", "");
}

void
vdpa_op_end(struct vdpa_op *op)
{
    op->state = VDPA_OP_OVER;
}

bool
vdpa_info_has_consumer(const struct vdpa_info *info)
{
    if (!strcmp(info->driver, "vhost_vdpa")) {
        return info->vhost_device[0];
    } else if (!strcmp(info->driver, "virtio_vdpa")) {
        /* Only network devices have a netdev. */
        return info->netdev[0] || info->netdev_ambiguous
               || info->device_id > 1;
    }
    return true;
}

/* The life of a request. */

static void
op_destroy(struct vdpa_op *op)
{
    ovs_list_remove(&op->node);
    vdpa_busy_destroy(op);
    vdpa_bind_destroy(op);
    free(op->refused);
    free(op);
}

static struct vdpa_op *
op_find(const struct vdpa_control *control, const char *name)
{
    struct vdpa_op *op;

    LIST_FOR_EACH (op, node, &control->ops) {
        if (op->state != VDPA_OP_OVER && !strcmp(op->spec.name, name)) {
            return op;
        }
    }
    return NULL;
}

/* 'name' may be too long for any device: then 'op' is refused. */
static struct vdpa_op *
op_create(struct kernel *kernel, enum vdpa_op_type type, const char *name,
          vdpa_done_cb *cb, void *aux)
{
    struct vdpa_control *control = kernel_vdpa_control(kernel);
    struct vdpa_op *op = xzalloc(sizeof *op);
    const struct vdpa_op *other = op_find(control, name);

    COVERAGE_INC(vdpa_request);
    op->control = control;
    op->type = type;
    op->state = VDPA_OP_QUEUED;
    op->since = time_msec();
    op->cb = cb;
    op->aux = aux;
    op->recheck = LLONG_MAX;
    ovs_strlcpy(op->spec.name, name, sizeof op->spec.name);
    if (other) {
        op->refused_error = EALREADY;
        op->refused = xasprintf("another request for the device is under "
                                "way: %s, %s", op_what(other),
                                op_state(other));
    } else if (strlen(name) >= sizeof op->spec.name) {
        op->refused_error = ENODEV;
        op->refused = xstrdup("no vDPA device can have such a name");
    }
    ovs_list_push_back(&control->ops, &op->node);
    return op;
}

struct vdpa_op *
kernel_vdpa_create(struct kernel *kernel, const struct vdpa_spec *spec,
                   vdpa_done_cb *cb, void *aux)
{
    struct vdpa_op *op = op_create(kernel, VDPA_OP_CREATE, spec->name, cb,
                                   aux);

    op->spec = *spec;
    if (!op->refused) {
        op->refused = vdpa_spec_check(spec);
        op->refused_error = EINVAL;
    }
    return op;
}

struct vdpa_op *
kernel_vdpa_delete(struct kernel *kernel, const char *name, vdpa_done_cb *cb,
                   void *aux)
{
    return op_create(kernel, VDPA_OP_DELETE, name, cb, aux);
}

void
kernel_vdpa_resume_delete(struct kernel *kernel, const char *name,
                          uint64_t inode)
{
    struct vdpa_op *op = kernel_vdpa_delete(kernel, name, NULL, NULL);

    op->told = true;
    op->inode = inode;
}

struct vdpa_op *
kernel_vdpa_set_mac(struct kernel *kernel, const char *name,
                    const uint8_t mac[6], vdpa_done_cb *cb, void *aux)
{
    struct vdpa_op *op = op_create(kernel, VDPA_OP_SET_MAC, name, cb, aux);

    memcpy(op->spec.mac, mac, sizeof op->spec.mac);
    return op;
}

struct vdpa_op *
kernel_vdpa_bind(struct kernel *kernel, const char *name, const char *driver,
                 vdpa_done_cb *cb, void *aux)
{
    struct vdpa_op *op = op_create(kernel, VDPA_OP_BIND, name, cb, aux);

    ovs_strlcpy(op->driver, driver, sizeof op->driver);
    if (!op->refused && (!driver[0] || strchr(driver, '/')
                         || strlen(driver) >= sizeof op->driver)) {
        op->refused_error = EINVAL;
        op->refused = xasprintf("\"%s\" is no driver", driver);
    }
    return op;
}

struct vdpa_op *
kernel_vdpa_unbind(struct kernel *kernel, const char *name, vdpa_done_cb *cb,
                   void *aux)
{
    return op_create(kernel, VDPA_OP_UNBIND, name, cb, aux);
}

void
vdpa_op_forget(struct vdpa_op *op)
{
    if (op) {
        op->cb = NULL;
    }
}

char *
kernel_vdpa_cancel_delete(struct kernel *kernel, const char *name)
{
    struct vdpa_op *op = op_find(kernel_vdpa_control(kernel), name);

    if (!op || op->type != VDPA_OP_DELETE) {
        return xasprintf("no deletion of \"%s\" is pending", name);
    } else if (op->state == VDPA_OP_KERNEL || op->state == VDPA_OP_EVENT) {
        return xasprintf("the kernel is deleting \"%s\" already", name);
    }
    if (!op->told) {
        /* The callback comes with the next run. */
        op->refused_error = ECANCELED;
        free(op->refused);
        op->refused = xstrdup("the deletion was cancelled");
        op->state = VDPA_OP_QUEUED;
    } else {
        log_end(op, "cancelled", VLL_INFO);
        vdpa_op_end(op);
    }
    return NULL;
}

void
kernel_vdpa_for_each_pending(
    const struct kernel *kernel,
    void (*cb)(void *aux, const struct vdpa_pending *), void *aux)
{
    const struct vdpa_control *control = kernel_vdpa_control(kernel);
    const struct vdpa_op *op;

    LIST_FOR_EACH (op, node, &control->ops) {
        struct vdpa_pending pending = {
            .name = op->spec.name,
            .what = op_what(op),
            .state = op_state(op),
            .since = op->since,
            .late = op->told,
            .inode = op->inode,
        };

        if (op->scan && op->state == VDPA_OP_BUSY) {
            pending.holders = holder_scan_holders(op->scan,
                                                  &pending.n_holders);
        }
        if (op->state != VDPA_OP_OVER) {
            cb(aux, &pending);
        }
    }
}

/* Looks at 'op' for the first time. */
static void
op_start(struct vdpa_op *op)
{
    struct vdpa_control *control = op->control;

    if (op->refused) {
        vdpa_op_tell(op, op->refused_error, "%s", op->refused);
        vdpa_op_end(op);
    } else if (control->family_known && !control->conn) {
        vdpa_op_tell(op, ENODEV, "the kernel has no vDPA: is module vdpa "
                     "loaded?");
        vdpa_op_end(op);
    } else if (!control->devs_known) {
        /* Until it is. */
    } else if (op->inode && vdpa_busy_inode(op) != op->inode) {
        /* It went before the deletion was resumed. */
        vdpa_op_succeed(op);
        vdpa_op_end(op);
    } else if (op->type == VDPA_OP_CREATE) {
        op->state = VDPA_OP_READY;
    } else if (!vdpa_op_info(op)) {
        vdpa_op_tell(op, ENODEV, "there is no such vDPA device");
        vdpa_op_end(op);
    } else if (op_is_by_sysfs(op)) {
        vdpa_bind_start(op);
    } else if (op->type == VDPA_OP_DELETE) {
        vdpa_busy_start(op);
    } else {
        op->state = VDPA_OP_READY;
    }
}

/* The lane that 'op' needs is free. */
static bool
op_has_turn(const struct vdpa_op *op)
{
    return (op->state == VDPA_OP_READY
            && (op_is_by_sysfs(op) ? !op->control->writing
                : op->control->conn && !op->control->requesting));
}

/* Tells whoever waits for 'op' that it takes too long. */
static void
op_expire(struct vdpa_op *op)
{
    switch (op->state) {
    case VDPA_OP_EVENT:
        if (op_is_by_sysfs(op)) {
            vdpa_bind_expire(op);
        } else {
            vdpa_request_expire(op);
        }
        break;
    case VDPA_OP_KERNEL:
        /* It cannot be called back. */
        vdpa_op_tell(op, ETIMEDOUT, "the kernel has not answered within %d "
                     "s, and may do it yet; is a device being deleted that "
                     "is open?", VDPA_OP_MS / 1000);
        break;
    case VDPA_OP_QUEUED:
    case VDPA_OP_SCAN:
    case VDPA_OP_READY:
        vdpa_op_tell(op, ETIMEDOUT, "nothing was done, as the kernel has not "
                     "answered an earlier request within %d s",
                     VDPA_OP_MS / 1000);
        vdpa_op_end(op);
        break;
    case VDPA_OP_BUSY:
    case VDPA_OP_OVER:
        break;
    }
}

static void
op_run(struct vdpa_op *op, bool devs_changed)
{
    if (op->state == VDPA_OP_QUEUED) {
        op_start(op);
    }
    if (op->state == VDPA_OP_SCAN || op->state == VDPA_OP_BUSY) {
        vdpa_busy_run(op);
    }
    if (op_has_turn(op)) {
        if (op_is_by_sysfs(op)) {
            vdpa_bind_next(op);
        } else {
            vdpa_request_send(op);
        }
    }
    if (op->state == VDPA_OP_EVENT && devs_changed) {
        if (op_is_by_sysfs(op)) {
            vdpa_bind_check(op);
        } else {
            vdpa_request_check(op);
        }
    }
    if (!op->told && time_msec() >= op->since + VDPA_OP_MS) {
        op_expire(op);
    }
}

/* The control. */

struct vdpa_control *
vdpa_control_create(struct event_base *base, int sysfs,
                    const char *sysfs_path, const char *proc,
                    struct nl_conn *writes)
{
    struct vdpa_control *control = xzalloc(sizeof *control);

    control->base = base;
    control->sysfs = sysfs;
    control->sysfs_path = xstrdup(sysfs_path);
    control->proc = xstrdup(proc);
    control->writes = writes;
    shash_init(&control->devs);
    shash_init(&control->telling);
    ovs_list_init(&control->ops);
    return control;
}

void
vdpa_control_destroy(struct vdpa_control *control)
{
    if (control) {
        struct vdpa_op *op;

        nl_conn_destroy(control->conn);
        nl_conn_destroy(control->writes);
        LIST_FOR_EACH_SAFE (op, node, &control->ops) {
            op_destroy(op);
        }
        shash_destroy_free_data(&control->devs);
        shash_destroy_free_data(&control->telling);
        free(control->sysfs_path);
        free(control->proc);
        free(control);
    }
}

void
vdpa_control_set_family(struct vdpa_control *control, uint16_t family,
                        struct nl_conn *conn)
{
    struct vdpa_op *op = control->requesting;

    nl_conn_destroy(control->conn);
    control->conn = conn;
    control->family = family;
    control->family_known = true;
    control->requesting = NULL;
    if (op) {
        vdpa_request_abort(op);
    }
}

void
vdpa_control_begin(struct vdpa_control *control)
{
    shash_clear_free_data(&control->telling);
}

void
vdpa_control_device(struct vdpa_control *control,
                    const struct vdpa_info *info)
{
    free(shash_replace(&control->telling, info->name,
                       xmemdup(info, sizeof *info)));
}

void
vdpa_control_end(struct vdpa_control *control)
{
    shash_swap(&control->devs, &control->telling);
    shash_clear_free_data(&control->telling);
    control->devs_known = control->devs_changed = true;
}

void
vdpa_control_run(struct vdpa_control *control)
{
    bool changed = control->devs_changed;
    struct vdpa_op *op;

    control->devs_changed = false;
    LIST_FOR_EACH_SAFE (op, node, &control->ops) {
        op_run(op, changed);
    }
    if (control->conn) {
        nl_conn_run(control->conn);
    }
    nl_conn_run(control->writes);
    LIST_FOR_EACH_SAFE (op, node, &control->ops) {
        if (op->state == VDPA_OP_OVER) {
            op_destroy(op);
        }
    }
}

static void
op_wait(const struct vdpa_op *op)
{
    const struct vdpa_control *control = op->control;

    if (op->state == VDPA_OP_OVER || op_has_turn(op)
        || (op->state == VDPA_OP_QUEUED
            && (op->refused || control->devs_known
                || (control->family_known && !control->conn)))) {
        poll_immediate_wake();
    }
    if (op->state == VDPA_OP_SCAN || op->state == VDPA_OP_BUSY) {
        vdpa_busy_wait(op);
    }
    if (!op->told) {
        poll_timer_wait_until(op->since + VDPA_OP_MS);
    }
}

void
vdpa_control_wait(struct vdpa_control *control)
{
    const struct vdpa_op *op;

    if (control->conn) {
        nl_conn_wait(control->conn);
    }
    nl_conn_wait(control->writes);
    LIST_FOR_EACH (op, node, &control->ops) {
        op_wait(op);
    }
    if (control->devs_changed && !ovs_list_is_empty(&control->ops)) {
        poll_immediate_wake();
    }
}
