/* SPDX-License-Identifier: Apache-2.0 */

/* Binding to and unbinding from the drivers of the vDPA bus, in sysfs. */

#include "config.h"

#include "netlink/vdpa-control-private.h"

#include <errno.h>
#include <string.h>

#include "netlink/lane-write.h"
#include "netlink/nl-conn.h"
#include "netlink/sysfs.h"
#include "util.h"

#define BUS "bus/vdpa"

/* Stores the driver that the device has now. */
static void
read_driver(const struct vdpa_op *op, char *driver, size_t size)
{
    char *link = xasprintf(BUS "/devices/%s/driver", op->spec.name);

    (void) sysfs_link_name(op->control->sysfs, link, driver, size);
    free(link);
}

static bool
exists(const struct vdpa_op *op, const char *format, const char *name)
{
    char *path = xasprintf(BUS "/%s/%s", format, name);
    bool result = sysfs_exists(op->control->sysfs, path);

    free(path);
    return result;
}

/* Adds: write 'text' to BUS/'dir'/'name'/'file'. */
static void
add_write(struct vdpa_op *op, const char *dir, const char *name,
          const char *file, const char *text)
{
    struct vdpa_write *w = &op->writes[op->n_writes++];

    ovs_assert(op->n_writes <= VDPA_OP_WRITES);
    w->path = xasprintf("%s/" BUS "/%s/%s/%s", op->control->sysfs_path, dir,
                        name, file);
    w->text = xstrdup(text);
}

static void
clear_writes(struct vdpa_op *op)
{
    for (size_t i = 0; i < op->n_writes; i++) {
        free(op->writes[i].path);
        free(op->writes[i].text);
    }
    op->n_writes = op->n_written = 0;
}

/* Adds: let only 'driver' have the device, or any if it is "". */
static void
add_override(struct vdpa_op *op, const char *driver)
{
    char *file = xasprintf("%s/driver_override", op->spec.name);

    /* Since Linux 5.18.  A line without text takes it back. */
    if (exists(op, "devices", file)) {
        add_write(op, "devices", op->spec.name, "driver_override",
                  driver[0] ? driver : "\n");
    }
    free(file);
}

static void
plan(struct vdpa_op *op)
{
    add_override(op, op->driver);
    if (op->old_driver[0]) {
        add_write(op, "drivers", op->old_driver, "unbind", op->spec.name);
    }
    if (op->driver[0]) {
        add_write(op, "drivers", op->driver, "bind", op->spec.name);
    }
}

void
vdpa_bind_start(struct vdpa_op *op)
{
    read_driver(op, op->old_driver, sizeof op->old_driver);
    if (op->driver[0] && !exists(op, "drivers", op->driver)) {
        vdpa_op_tell(op, ENOENT, "module %s is not loaded: load it with "
                     "\"modprobe %s\", and at each boot by a file in "
                     "/etc/modules-load.d", op->driver, op->driver);
        vdpa_op_end(op);
        return;
    }
    if (!strcmp(op->driver, op->old_driver)) {
        /* Also to let others have it who were kept away. */
        add_override(op, op->driver);
    } else {
        plan(op);
    }
    if (!op->n_writes) {
        op->state = VDPA_OP_EVENT;
        op->control->devs_changed = true;
    } else if (op->old_driver[0] && strcmp(op->driver, op->old_driver)) {
        vdpa_busy_start(op);
    } else {
        op->state = VDPA_OP_READY;
    }
}

/* What was planned failed: undoes what was done of it. */
static void
start_undoing(struct vdpa_op *op, int error)
{
    const struct vdpa_write *w = &op->writes[op->n_written];
    bool unbound = (op->n_written && op->driver[0] && op->old_driver[0]
                    && op->n_written == op->n_writes - 1);

    op->failure_error = error;
    op->failure = xasprintf("cannot write \"%s\" to %s: %s", w->text, w->path,
                            ovs_strerror(error));
    clear_writes(op);
    add_override(op, "");
    if (unbound) {
        add_write(op, "drivers", op->old_driver, "bind", op->spec.name);
    }
}

static void
write_done(void *op_, const struct nl_result *result)
{
    struct vdpa_op *op = op_;

    op->control->writing = NULL;
    op->state = VDPA_OP_READY;
    if (result->error && !op->failure) {
        start_undoing(op, result->error);
    } else {
        op->n_written++;
    }
    if (op->n_written < op->n_writes) {
        return;
    }
    if (op->failure) {
        char driver[32];

        read_driver(op, driver, sizeof driver);
        vdpa_op_tell(op, op->failure_error, "%s; its driver is %s",
                     op->failure, driver[0] ? driver : "none");
        vdpa_op_end(op);
    } else {
        op->state = VDPA_OP_EVENT;
        op->control->devs_changed = true;
    }
}

void
vdpa_bind_next(struct vdpa_op *op)
{
    const struct vdpa_write *w = &op->writes[op->n_written];
    struct nlmsghdr *request = lane_write_request(w->path, w->text);

    op->control->writing = op;
    op->state = VDPA_OP_KERNEL;
    nl_conn_request(op->control->writes, request, NULL, write_done, op);
    free(request);
}

void
vdpa_bind_check(struct vdpa_op *op)
{
    const struct vdpa_info *info = vdpa_op_info(op);

    if (!info) {
        vdpa_op_tell(op, ENODEV, "the device is gone");
        vdpa_op_end(op);
    } else if (!strcmp(info->driver, op->driver)
               && vdpa_info_has_consumer(info)) {
        vdpa_op_succeed(op);
        vdpa_op_end(op);
    }
}

void
vdpa_bind_expire(struct vdpa_op *op)
{
    vdpa_op_tell(op, ETIMEDOUT, "%s %s, but no %s has come within %d s; see "
                 "the kernel's log",
                 op->driver[0] ? "it is bound to" : "it was unbound from",
                 op->driver[0] ? op->driver : op->old_driver,
                 (!strcmp(op->driver, "virtio_vdpa") ? "netdev"
                  : !strcmp(op->driver, "vhost_vdpa") ? "/dev/vhost-vdpa-N"
                  : "event"), VDPA_OP_MS / 1000);
    vdpa_op_end(op);
}

void
vdpa_bind_destroy(struct vdpa_op *op)
{
    clear_writes(op);
    free(op->failure);
}
