/* SPDX-License-Identifier: Apache-2.0 */

/* Deletions and unbindings of devices that somebody has open.
 *
 * The kernel would wait for that to be closed, and everybody else for the
 * kernel.  Closing is an event of inotify; it comes just before the device is
 * let go, so that a deletion that is sent then waits for a moment at most.
 * Only for a holder that cannot be seen there is nothing to watch, and the
 * search is repeated from time to time. */

#include "config.h"

#include "netlink/vdpa-control-private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netlink/sysfs.h"
#include "netlink/vdpa-holder.h"
#include "netlink/vdpa-source.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

/* How long a search may keep others waiting, in microseconds. */
#define SLICE_US 2000

/* After how long it is repeated where nothing can be watched. */
#define RECHECK_MS 10000

uint64_t
vdpa_busy_inode(const struct vdpa_op *op)
{
    char *path = xasprintf("bus/vdpa/devices/%s", op->spec.name);
    struct stat s;
    uint64_t inode = fstatat(op->control->sysfs, path, &s, 0) ? 0 : s.st_ino;

    free(path);
    return inode;
}

static void
scan_start(struct vdpa_op *op, unsigned int major, unsigned int minor)
{
    holder_scan_destroy(op->scan);
    op->scan = holder_scan_create(op->control->proc, op->control->sysfs,
                                  major, minor);
    op->recheck = LLONG_MAX;
    op->closed = false;
    op->state = VDPA_OP_SCAN;
}

void
vdpa_busy_start(struct vdpa_op *op)
{
    const struct vdpa_info *info = vdpa_op_info(op);
    unsigned int major, minor;

    if (!op->inode) {
        op->inode = vdpa_busy_inode(op);
    }
    if (info && info->vhost_device[0]
        && vdpa_sysfs_read_vhost(op->control->sysfs, info, &major, &minor)
        && sysfs_read_int(op->control->sysfs,
                          "module/vhost_vdpa/refcnt") != 0) {
        scan_start(op, major, minor);
    } else {
        op->state = VDPA_OP_READY;
    }
}

static void
watch_changed(void *op_)
{
    struct vdpa_op *op = op_;

    op->closed = true;
}

/* Watches who has the device open.  Returns true if the search has to be
 * repeated, as somebody may have closed it before it was watched. */
static bool
watch_holders(struct vdpa_op *op)
{
    const struct vdpa_info *info = vdpa_op_info(op);
    const struct vdpa_holder *holders;
    bool added = false;
    size_t n;

    if (!op->watch) {
        op->watch = holder_watch_create(op->control->base, watch_changed, op);
    }
    if (info && info->vhost_device[0]) {
        added = holder_watch_add(op->watch, info->vhost_device);
    }
    holders = holder_scan_holders(op->scan, &n);
    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("%s/%ld/fd/%d", op->control->proc,
                               (long int) holders[i].pid, holders[i].fd);

        added |= holder_watch_add(op->watch, path);
        free(path);
    }
    return added;
}

/* Who has the device open, in words.  Caller frees. */
static char *
describe_holders(const struct vdpa_op *op)
{
    const struct vdpa_info *info = vdpa_op_info(op);
    const struct vdpa_holder *holders;
    struct ds s = DS_EMPTY_INITIALIZER;
    size_t n;

    holders = holder_scan_holders(op->scan, &n);
    ds_put_format(&s, "busy: %s is open%s", info ? info->vhost_device : "it",
                  n ? " in " : ", unknown holder: no process that can be "
                  "seen has it");
    if (!n && !holder_scan_is_privileged()) {
        ds_put_cstr(&s, " (without CAP_SYS_PTRACE those of other users "
                    "cannot be)");
    }
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&s, "%sprocess %ld", i ? ", " : "",
                      (long int) holders[i].pid);
        if (holders[i].comm[0]) {
            ds_put_cstr(&s, " (");
            ds_put_printable(&s, holders[i].comm, strlen(holders[i].comm));
            ds_put_char(&s, ')');
        }
        if (holders[i].uid != (uid_t) -1) {
            ds_put_format(&s, " of user %lu",
                          (unsigned long int) holders[i].uid);
        }
    }
    return ds_steal_cstr(&s);
}

/* The device is open. */
static void
found_busy(struct vdpa_op *op)
{
    char *holders = describe_holders(op);

    if (op->type != VDPA_OP_DELETE) {
        vdpa_op_tell(op, EBUSY, "%s", holders);
        vdpa_op_end(op);
    } else {
        op->state = VDPA_OP_BUSY;
        if (!op->told) {
            vdpa_op_tell(op, EBUSY, "%s; the deletion is pending, and will "
                         "be carried out when that is closed", holders);
        }
    }
    free(holders);
}

static void
scan_done(struct vdpa_op *op)
{
    size_t n;

    (void) holder_scan_holders(op->scan, &n);
    if (!n && !holder_scan_is_incomplete(op->scan)) {
        op->state = VDPA_OP_READY;
        return;
    }
    if (op->type == VDPA_OP_DELETE && watch_holders(op)) {
        /* The next search finds no one to be watched anew. */
        vdpa_busy_start(op);
        return;
    }
    if (!n) {
        op->recheck = time_msec() + RECHECK_MS;
    }
    found_busy(op);
}

void
vdpa_busy_run(struct vdpa_op *op)
{
    uint64_t inode = vdpa_busy_inode(op);

    if (inode != op->inode) {
        if (op->type == VDPA_OP_DELETE) {
            /* Somebody else did it. */
            vdpa_op_succeed(op);
        } else {
            vdpa_op_tell(op, ENODEV, "the device is gone");
        }
        vdpa_op_end(op);
        return;
    }
    if (op->state == VDPA_OP_BUSY
        && (op->closed || time_msec() >= op->recheck)) {
        vdpa_busy_start(op);
    }
    if (op->state == VDPA_OP_SCAN && holder_scan_run(op->scan, SLICE_US)) {
        scan_done(op);
    }
}

void
vdpa_busy_wait(const struct vdpa_op *op)
{
    if (op->state == VDPA_OP_SCAN || op->closed) {
        poll_immediate_wake();
    } else if (op->recheck != LLONG_MAX) {
        poll_timer_wait_until(op->recheck);
    }
}

void
vdpa_busy_destroy(struct vdpa_op *op)
{
    holder_scan_destroy(op->scan);
    holder_watch_destroy(op->watch);
}
