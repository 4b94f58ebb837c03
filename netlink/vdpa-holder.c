/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/vdpa-holder.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netlink/sysfs.h"
#include "timeval.h"
#include "util.h"

/* The clock is looked at after so many descriptors. */
#define SLICE 32

/* The kernel takes this many references to the module for each open file: one
 * by the character device, one by its operations. */
#define REFS_PER_FILE 2

struct holder_scan {
    DIR *proc;                  /* NULL if it cannot be read, or at its
                                 * end. */
    int sysfs;                  /* Not owned. */
    unsigned int major, minor;  /* Of the device. */
    pid_t pid;                  /* The process that is looked at, */
    DIR *fds;                   /* and its descriptors, or NULL. */
    size_t n_files;             /* Descriptors seen of all such devices. */
    struct vdpa_holder *holders;
    size_t n_holders, allocated_holders;
    bool incomplete;            /* Result. */
};

struct holder_scan *
holder_scan_create(const char *proc, int sysfs, unsigned int major,
                   unsigned int minor)
{
    struct holder_scan *scan = xzalloc(sizeof *scan);

    scan->proc = opendir(proc);
    scan->sysfs = sysfs;
    scan->major = major;
    scan->minor = minor;
    return scan;
}

void
holder_scan_destroy(struct holder_scan *scan)
{
    if (scan) {
        if (scan->fds) {
            closedir(scan->fds);
        }
        if (scan->proc) {
            closedir(scan->proc);
        }
        free(scan->holders);
        free(scan);
    }
}

/* Reads up to 'size' - 1 bytes of a file of the process into 'buf', which is
 * "" if there are none. */
static void
read_file(const struct holder_scan *scan, const char *name, char *buf,
          size_t size)
{
    char path[64];
    ssize_t n;
    int fd;

    buf[0] = '\0';
    snprintf(path, sizeof path, "%ld/%s", (long int) scan->pid, name);
    fd = openat(dirfd(scan->proc), path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, buf, size - 1);
        buf[n > 0 ? n : 0] = '\0';
        close(fd);
    }
}

static void
add_holder(struct holder_scan *scan, int fd)
{
    struct vdpa_holder *holder;
    char status[1024];
    const char *line;
    unsigned int uid;

    if (scan->n_holders
        && scan->holders[scan->n_holders - 1].pid == scan->pid) {
        return;
    }
    if (scan->n_holders >= scan->allocated_holders) {
        scan->holders = x2nrealloc(scan->holders, &scan->allocated_holders,
                                   sizeof *scan->holders);
    }
    holder = &scan->holders[scan->n_holders++];
    *holder = (struct vdpa_holder) {
        .pid = scan->pid, .fd = fd, .uid = -1,
    };
    read_file(scan, "comm", holder->comm, sizeof holder->comm);
    holder->comm[strcspn(holder->comm, "\n")] = '\0';
    read_file(scan, "status", status, sizeof status);
    line = strstr(status, "\nUid:");
    if (line && ovs_scan(line, "\nUid: %u", &uid)) {
        holder->uid = uid;
    }
}

static void
look_at_fd(struct holder_scan *scan, const char *name)
{
    struct statx stx;
    int fd;

    /* Not to ask a server, which may not answer. */
    if (str_to_int(name, 10, &fd)
        && !statx(dirfd(scan->fds), name,
                  AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &stx)
        && S_ISCHR(stx.stx_mode)
        && stx.stx_rdev_major == scan->major) {
        scan->n_files++;
        if (stx.stx_rdev_minor == scan->minor) {
            add_holder(scan, fd);
        }
    }
}

/* Goes on to the next process.  Returns false at the end. */
static bool
next_process(struct holder_scan *scan)
{
    struct dirent *de;
    char path[64];
    int pid, fd;

    do {
        de = scan->proc ? readdir(scan->proc) : NULL;
        if (!de) {
            return false;
        }
    } while (de->d_name[0] < '0' || de->d_name[0] > '9'
             || !str_to_int(de->d_name, 10, &pid));
    scan->pid = pid;
    snprintf(path, sizeof path, "%d/fd", pid);
    fd = openat(dirfd(scan->proc), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scan->fds = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && !scan->fds) {
        close(fd);
    }
    return true;
}

static int
compare_holders(const void *a_, const void *b_)
{
    const struct vdpa_holder *a = a_;
    const struct vdpa_holder *b = b_;

    return a->pid < b->pid ? -1 : a->pid > b->pid;
}

/* Looks at a slice.  Returns true at the end. */
static bool
run_slice(struct holder_scan *scan)
{
    if (!scan->fds && !next_process(scan)) {
        return true;
    }
    for (int i = 0; scan->fds && i < SLICE; i++) {
        struct dirent *de = readdir(scan->fds);

        if (de) {
            look_at_fd(scan, de->d_name);
        } else {
            closedir(scan->fds);
            scan->fds = NULL;
        }
    }
    return false;
}

bool
holder_scan_run(struct holder_scan *scan, long long int usecs)
{
    long long int end = time_usec() + usecs;
    int refs;

    while (!run_slice(scan)) {
        if (time_usec() >= end) {
            return false;
        }
    }
    if (scan->n_holders) {
        qsort(scan->holders, scan->n_holders, sizeof *scan->holders,
              compare_holders);
    }
    refs = sysfs_read_int(scan->sysfs, "module/vhost_vdpa/refcnt");
    scan->incomplete = (refs > 0
                        && refs > REFS_PER_FILE * (long int) scan->n_files);
    return true;
}

const struct vdpa_holder *
holder_scan_holders(const struct holder_scan *scan, size_t *n)
{
    *n = scan->n_holders;
    return scan->holders;
}

bool
holder_scan_is_incomplete(const struct holder_scan *scan)
{
    return scan->incomplete;
}

bool
holder_scan_is_privileged(void)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    return !syscall(SYS_capget, &header, data)
           && (data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective
               & CAP_TO_MASK(CAP_SYS_PTRACE));
}

/* Watching. */

struct holder_watch {
    int fd;                     /* Of inotify, or -1. */
    struct event *event;        /* EV_READ on 'fd', or NULL. */
    int *wds;                   /* Watch descriptors. */
    size_t n_wds, allocated_wds;
    void (*changed)(void *aux);
    void *aux;                  /* For 'changed'. */
};

static void
holder_watch_read(evutil_socket_t fd, short what OVS_UNUSED, void *watch_)
{
    struct holder_watch *watch = watch_;
    char buf[4096] OVS_ALIGNED_VAR(8);

    if (read(fd, buf, sizeof buf) > 0) {
        watch->changed(watch->aux);
    }
}

struct holder_watch *
holder_watch_create(struct event_base *base, void (*changed)(void *aux),
                    void *aux)
{
    struct holder_watch *watch = xzalloc(sizeof *watch);

    watch->changed = changed;
    watch->aux = aux;
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd >= 0) {
        watch->event = event_new(base, watch->fd, EV_READ | EV_PERSIST,
                                 holder_watch_read, watch);
        if (watch->event) {
            event_add(watch->event, NULL);
        }
    }
    return watch;
}

void
holder_watch_destroy(struct holder_watch *watch)
{
    if (watch) {
        if (watch->event) {
            event_free(watch->event);
        }
        if (watch->fd >= 0) {
            close(watch->fd);
        }
        free(watch->wds);
        free(watch);
    }
}

bool
holder_watch_add(struct holder_watch *watch, const char *path)
{
    int wd = (watch->fd < 0 ? -1
              : inotify_add_watch(watch->fd, path, IN_CLOSE));

    if (wd < 0) {
        return false;
    }
    for (size_t i = 0; i < watch->n_wds; i++) {
        if (watch->wds[i] == wd) {
            return false;
        }
    }
    if (watch->n_wds >= watch->allocated_wds) {
        watch->wds = x2nrealloc(watch->wds, &watch->allocated_wds,
                                sizeof *watch->wds);
    }
    watch->wds[watch->n_wds++] = wd;
    return true;
}
