/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VDPA_HOLDER_H
#define NETLINK_VDPA_HOLDER_H 1

/* Who has a /dev/vhost-vdpa-N open.
 *
 * The kernel does not tell, so /proc is searched for descriptors of that
 * character device, under whatever name a container has it.  That takes a
 * while on a node with many processes, so it is done in slices.  Processes of
 * other users can only be looked into with CAP_SYS_PTRACE, and those of
 * another PID namespace not at all; but as the kernel counts the references to
 * the module of these devices, it is known whether there is somebody who was
 * not seen. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct event_base;
struct holder_scan;
struct holder_watch;

struct vdpa_holder {
    pid_t pid;                  /* Process. */
    int fd;                     /* The first of its descriptors that are the
                                 * device. */
    uid_t uid;                  /* Real user, -1 if not known. */
    char comm[32];              /* Name of the process, "" if not known. */
};

/* Starts to look for the processes that have the character device with these
 * numbers open, below 'proc' ("/proc").  'sysfs' is a descriptor of the root
 * of sysfs; it must stay open.  */
struct holder_scan *holder_scan_create(const char *proc, int sysfs,
                                       unsigned int major,
                                       unsigned int minor);
void holder_scan_destroy(struct holder_scan *);

/* Goes on for about 'usecs' microseconds.  Returns true when it is at the
 * end. */
bool holder_scan_run(struct holder_scan *, long long int usecs);

/* Results, after holder_scan_run() returned true: the processes, each once,
 * by number. */
const struct vdpa_holder *holder_scan_holders(const struct holder_scan *,
                                              size_t *n);

/* Does somebody who was not seen have a device of this kind open, maybe this
 * one? */
bool holder_scan_is_incomplete(const struct holder_scan *);

/* May we look into processes of other users?  If not, that may be why somebody
 * was not seen. */
bool holder_scan_is_privileged(void);

/* Calls 'changed' from 'base' when one of the files that are watched was
 * closed by somebody. */
struct holder_watch *holder_watch_create(struct event_base *base,
                                         void (*changed)(void *aux),
                                         void *aux);
void holder_watch_destroy(struct holder_watch *);

/* Watches what 'path' leads to: "/dev/vhost-vdpa-0", or "/proc/PID/fd/FD" for
 * the same device in another container.  Returns true if it is watched now and
 * was not before: then it may have been closed just now. */
bool holder_watch_add(struct holder_watch *, const char *path);

#endif /* netlink/vdpa-holder.h */
