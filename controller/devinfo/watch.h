/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_DEVINFO_WATCH_H
#define CONTROLLER_DEVINFO_WATCH_H 1

/* The device-info files that there are, live.
 *
 * Device plugins write below DIRECTORY/dp, CNI plugins below DIRECTORY/cni.
 * Both are watched by inotify: nothing is polled.  A directory that is not
 * there is waited for, whichever part of its path is missing; one that is
 * moved or deleted is looked for again; and a queue of events that overflows
 * means that all is read again.
 *
 * A file is read when its writer closes it, when it is renamed into place, and
 * at the start.  One that cannot be read, or is malformed (it may be written
 * at the moment: the next event tells), is in the table with what is wrong,
 * and nothing of what it said before stays: it does not say that any more.
 * Files whose names begin with '.' are temporary ones and do not count. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/devinfo/parse.h"
#include "openvswitch/shash.h"

struct devinfo_watch;
struct event_base;

#define DEVINFO_DEFAULT_DIRECTORY "/var/run/k8s.cni.cncf.io/devinfo"

/* So many files of a directory are looked at. */
#define DEVINFO_MAX_FILES 4096

enum devinfo_dir {
    DEVINFO_DP,                 /* "dp", of device plugins. */
    DEVINFO_CNI,                /* "cni", of CNI plugins. */
    DEVINFO_N_DIRS
};
const char *devinfo_dir_to_string(enum devinfo_dir);

struct devinfo_file {
    enum devinfo_dir dir;
    const char *name;           /* In that directory. */
    char *error;                /* What is wrong with it, or NULL. */
    struct devinfo info;        /* What it says, unless 'error'. */
    char *container;            /* Of DEVINFO_CNI: the sandbox that its name
                                 * tells, or NULL. */
    char *ifname;               /* Likewise, the interface in there. */
};

/* 'changed' is called from 'base' when a file changed. */
struct devinfo_watch *devinfo_watch_create(struct event_base *base,
                                           void (*changed)(void *aux),
                                           void *aux);
void devinfo_watch_destroy(struct devinfo_watch *);

/* Watches below 'directory', an absolute path, from now on. */
void devinfo_watch_set_directory(struct devinfo_watch *,
                                 const char *directory);
const char *devinfo_watch_directory(const struct devinfo_watch *);

/* Looks at file 'name' in 'dir' now, rather than when inotify tells of it. */
void devinfo_watch_update(struct devinfo_watch *, enum devinfo_dir dir,
                          const char *name);

/* All files: struct devinfo_file by "DIR/NAME".  Valid until the next event
 * or change of the directory. */
const struct shash *devinfo_watch_files(const struct devinfo_watch *);

/* Why what the table has may be incomplete, or NULL. */
const char *devinfo_watch_error(const struct devinfo_watch *);

/* Grows whenever a file changed. */
uint64_t devinfo_watch_seqno(const struct devinfo_watch *);

/* How often all was read. */
uint64_t devinfo_watch_n_scans(const struct devinfo_watch *);

#endif /* controller/devinfo/watch.h */
