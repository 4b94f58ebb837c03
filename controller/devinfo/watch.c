/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/devinfo/watch.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "controller/devinfo/file.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(devinfo);

/* Events of a directory with files.  A hard link to a temporary file, which
 * some make for lack of a rename that replaces nothing, is IN_CREATE only. */
#define FILES_MASK (IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM \
                    | IN_MOVED_TO)

/* Events of each directory on the path that mean that the path may lead
 * elsewhere now. */
#define PATH_MASK (IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD)

/* Further ones of a directory in which the next part of the path is to
 * appear. */
#define MISSING_MASK (IN_CREATE | IN_MOVED_TO)

struct devinfo_watch {
    struct event_base *base;
    struct event *event;        /* On 'fd', or NULL. */
    int fd;                     /* inotify, or -1. */
    int wds[DEVINFO_N_DIRS];    /* Its watches of directories with files, or
                                 * -1 while these are not there. */
    int missing_wds[DEVINFO_N_DIRS]; /* Watches of directories in which */
    char *missing[DEVINFO_N_DIRS]; /* this is to appear, on the way to the
                                 * former; NULL if nothing is missing. */
    char *directory;            /* What is watched, or NULL. */
    struct shash files;         /* struct devinfo_file by "DIR/NAME". */
    size_t n_files[DEVINFO_N_DIRS]; /* In 'files', by directory. */
    char *error;                /* See devinfo_watch_error(). */
    uint64_t seqno;
    uint64_t n_scans;
    void (*changed)(void *aux);
    void *aux;
};

static void rescan(struct devinfo_watch *);

const char *
devinfo_dir_to_string(enum devinfo_dir dir)
{
    return dir == DEVINFO_DP ? "dp" : "cni";
}

static char *
dir_path(const struct devinfo_watch *w, enum devinfo_dir dir)
{
    return xasprintf("%s/%s", w->directory, devinfo_dir_to_string(dir));
}

static void OVS_PRINTF_FORMAT(2, 3)
set_error(struct devinfo_watch *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *error = xvasprintf(format, args);
    va_end(args);
    if (!w->error) {
        VLOG_WARN("%s", error);
        w->error = error;
    } else {
        free(error);
    }
}

/* Files. */

static void
file_destroy(struct devinfo_file *file)
{
    if (!file->error) {
        devinfo_destroy(&file->info);
    }
    free(file->error);
    free(file->container);
    free(file->ifname);
    free(file);
}

static void
remove_file(struct devinfo_watch *w, struct shash_node *node)
{
    struct devinfo_file *file = node->data;

    w->n_files[file->dir]--;
    w->seqno++;
    file_destroy(file);
    shash_delete(&w->files, node);
}

static void
remove_all_files(struct devinfo_watch *w)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &w->files) {
        remove_file(w, node);
    }
}

/* Takes note of what 'name' in 'dir' is now. */
static void
update_file(struct devinfo_watch *w, enum devinfo_dir dir, const char *name)
{
    char *key = xasprintf("%s/%s", devinfo_dir_to_string(dir), name);
    char *path = xasprintf("%s/%s", w->directory, key);
    struct devinfo_file *file = xzalloc(sizeof *file);
    struct shash_node *node = shash_find(&w->files, key);
    bool exists;

    if (node) {
        remove_file(w, node);
    }
    file->dir = dir;
    file->error = devinfo_file_read(path, &file->info, &exists);
    if (!exists) {
        file_destroy(file);
    } else if (w->n_files[dir] >= DEVINFO_MAX_FILES) {
        set_error(w, "%s/%s: more than %d files, the others are ignored",
                  w->directory, devinfo_dir_to_string(dir),
                  DEVINFO_MAX_FILES);
        file_destroy(file);
    } else {
        if (dir == DEVINFO_CNI) {
            devinfo_parse_cni_name(name, &file->container, &file->ifname);
        }
        node = shash_add(&w->files, key, file);
        file->name = strchr(node->name, '/') + 1;
        w->n_files[dir]++;
        w->seqno++;
    }
    free(path);
    free(key);
}

static bool
is_ignored(const char *name)
{
    return !name[0] || name[0] == '.';
}

static void
read_files(struct devinfo_watch *w, enum devinfo_dir dir)
{
    char *path = dir_path(w, dir);
    DIR *stream = opendir(path);
    struct dirent *entry;

    if (!stream) {
        if (errno != ENOENT) {
            set_error(w, "%s: cannot be read (%s)", path,
                      ovs_strerror(errno));
        }
        free(path);
        return;
    }
    while ((entry = readdir(stream)) && w->n_files[dir] < DEVINFO_MAX_FILES) {
        if (!is_ignored(entry->d_name) && entry->d_type != DT_DIR) {
            update_file(w, dir, entry->d_name);
        }
    }
    if (entry) {
        set_error(w, "%s: more than %d files, the others are ignored", path,
                  DEVINFO_MAX_FILES);
    }
    closedir(stream);
    free(path);
}

/* Watching. */

static void
stop_watching(struct devinfo_watch *w)
{
    if (w->event) {
        event_free(w->event);
        w->event = NULL;
    }
    if (w->fd >= 0) {
        close(w->fd);
        w->fd = -1;
    }
    for (int i = 0; i < DEVINFO_N_DIRS; i++) {
        w->wds[i] = w->missing_wds[i] = -1;
        free(w->missing[i]);
        w->missing[i] = NULL;
    }
}

static int
add_watch(struct devinfo_watch *w, const char *path, uint32_t mask)
{
    int wd = inotify_add_watch(w->fd, path, mask);

    return wd >= 0 ? wd : -errno;
}

/* Watches directory 'dir' with files, and each directory on the way there; if
 * one is missing, the one before for that to appear. */
static void
watch_path(struct devinfo_watch *w, enum devinfo_dir dir)
{
    char *path = dir_path(w, dir);
    char *slash = path;         /* What is before it is watched. */
    int wd = add_watch(w, "/", PATH_MASK);

    while (wd >= 0 && *slash) {
        char *end = slash + 1 + strcspn(slash + 1, "/");
        char saved = *end;

        *end = '\0';
        wd = add_watch(w, path, PATH_MASK);
        if (wd == -ENOENT) {
            *slash = '\0';
            w->missing_wds[dir] = add_watch(w, slash == path ? "/" : path,
                                            PATH_MASK | MISSING_MASK);
            *slash = '/';
            w->missing[dir] = xstrdup(slash + 1);

            /* It may have appeared in between. */
            wd = add_watch(w, path, PATH_MASK);
        }
        if (wd < 0 && wd != -ENOENT) {
            set_error(w, "%s: cannot be watched (%s)", path,
                      ovs_strerror(-wd));
        }
        *end = saved;
        slash = end;
    }
    if (wd >= 0) {
        w->wds[dir] = add_watch(w, path, PATH_MASK | FILES_MASK);
    }
    free(path);
}

/* Takes an event.  Returns false if all has to be read anew. */
static bool
take_event(struct devinfo_watch *w, const struct inotify_event *event)
{
    if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF
                       | IN_IGNORED | IN_UNMOUNT)) {
        return false;
    }
    for (int dir = 0; dir < DEVINFO_N_DIRS; dir++) {
        if (w->missing[dir] && event->wd == w->missing_wds[dir]
            && event->len && !strcmp(event->name, w->missing[dir])) {
            return false;
        }
        if (event->wd == w->wds[dir] && event->len
            && !(event->mask & IN_ISDIR) && !is_ignored(event->name)) {
            update_file(w, dir, event->name);
        }
    }
    return true;
}

static void
events_ready(int fd, short int what OVS_UNUSED, void *w_)
{
    char buf[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)]
        __attribute__((aligned(__alignof__(struct inotify_event))));
    struct devinfo_watch *w = w_;
    uint64_t seqno = w->seqno;
    bool known = true;
    ssize_t n;

    n = read(fd, buf, sizeof buf);
    for (ssize_t ofs = 0; known && n > 0
         && ofs + (ssize_t) sizeof(struct inotify_event) <= n; ) {
        const struct inotify_event *event;

        event = ALIGNED_CAST(const struct inotify_event *, buf + ofs);
        ofs += sizeof *event + event->len;
        known = take_event(w, event);
    }
    if (!known) {
        rescan(w);
    }
    if (w->seqno != seqno) {
        w->changed(w->aux);
    }
}

/* Watches and reads all anew.  The watches come first, so that nothing is
 * missed in between. */
static void
rescan(struct devinfo_watch *w)
{
    stop_watching(w);
    free(w->error);
    w->error = NULL;
    remove_all_files(w);
    w->n_scans++;
    w->seqno++;

    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd < 0) {
        set_error(w, "%s: cannot be watched (%s)", w->directory,
                  ovs_strerror(errno));
    } else {
        w->event = event_new(w->base, w->fd, EV_READ | EV_PERSIST,
                             events_ready, w);
        if (!w->event || event_add(w->event, NULL)) {
            out_of_memory();
        }
    }
    for (int dir = 0; dir < DEVINFO_N_DIRS; dir++) {
        if (w->fd >= 0) {
            watch_path(w, dir);
        }
        read_files(w, dir);
    }
}

void
devinfo_watch_update(struct devinfo_watch *w, enum devinfo_dir dir,
                     const char *name)
{
    update_file(w, dir, name);
}

struct devinfo_watch *
devinfo_watch_create(struct event_base *base, void (*changed)(void *aux),
                     void *aux)
{
    struct devinfo_watch *w = xzalloc(sizeof *w);

    w->base = base;
    w->fd = -1;
    shash_init(&w->files);
    w->changed = changed;
    w->aux = aux;
    stop_watching(w);
    return w;
}

void
devinfo_watch_destroy(struct devinfo_watch *w)
{
    if (w) {
        stop_watching(w);
        remove_all_files(w);
        shash_destroy(&w->files);
        free(w->directory);
        free(w->error);
        free(w);
    }
}

void
devinfo_watch_set_directory(struct devinfo_watch *w, const char *directory)
{
    if (!w->directory || strcmp(w->directory, directory)) {
        free(w->directory);
        w->directory = xstrdup(directory);
        rescan(w);
    }
}

const char *
devinfo_watch_directory(const struct devinfo_watch *w)
{
    return w->directory;
}

const struct shash *
devinfo_watch_files(const struct devinfo_watch *w)
{
    return &w->files;
}

const char *
devinfo_watch_error(const struct devinfo_watch *w)
{
    return w->error;
}

uint64_t
devinfo_watch_seqno(const struct devinfo_watch *w)
{
    return w->seqno;
}

uint64_t
devinfo_watch_n_scans(const struct devinfo_watch *w)
{
    return w->n_scans;
}
