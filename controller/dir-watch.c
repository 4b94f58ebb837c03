/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/dir-watch.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "util.h"

/* What changes a file, and what is left when it changes: not each write. */
#define FILE_EVENTS (IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE \
                     | IN_MOVED_FROM | IN_MOVED_TO)

/* What ends the use of the watch. */
#define END_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED \
                    | IN_Q_OVERFLOW)

/* Room for many events, in bytes, and for the longest one. */
#define BUFFER_SIZE 4096
BUILD_ASSERT_DECL(BUFFER_SIZE >= sizeof(struct inotify_event) + NAME_MAX + 1);

struct dir_watch {
    int fd;                     /* inotify. */
    struct event *event;        /* On 'fd'. */
    dir_watch_func *changed;
    void *aux;                  /* For 'changed'. */
    bool *destroyed;            /* Set by a destroy within 'changed'. */
};

/* Passes on what is in the 'n' bytes at 'buf', until 'watch' is '*destroyed',
 * if it is. */
static void
take_events(const struct dir_watch *watch, const char *buf, size_t n,
            const bool *destroyed)
{
    while (!*destroyed && n >= sizeof(struct inotify_event)) {
        struct inotify_event event;
        size_t size;

        memcpy(&event, buf, sizeof event);
        size = sizeof event + event.len;
        if (size > n) {
            break;
        }
        if (event.mask & END_EVENTS) {
            watch->changed(NULL, false, watch->aux);
        } else if (event.len) {
            /* The name is followed by null bytes. */
            watch->changed(buf + sizeof event, event.mask & IN_CREATE,
                           watch->aux);
        }
        buf += size;
        n -= size;
    }
}

static void
read_events(int fd, short int what OVS_UNUSED, void *watch_)
{
    struct dir_watch *watch = watch_;
    bool destroyed = false;
    char buf[BUFFER_SIZE];
    ssize_t n;

    watch->destroyed = &destroyed;
    while ((n = read(fd, buf, sizeof buf)) > 0) {
        take_events(watch, buf, n, &destroyed);
        if (destroyed) {
            return;
        }
    }
    watch->destroyed = NULL;
}

int
dir_watch_create(struct event_base *base, const char *dir,
                 dir_watch_func *changed, void *aux,
                 struct dir_watch **watchp)
{
    struct dir_watch *watch;
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    *watchp = NULL;
    if (fd < 0) {
        return errno;
    }
    if (inotify_add_watch(fd, dir, FILE_EVENTS | IN_DELETE_SELF | IN_MOVE_SELF
                                   | IN_ONLYDIR) < 0) {
        int error = errno;

        close(fd);
        return error;
    }

    watch = xmalloc(sizeof *watch);
    watch->fd = fd;
    watch->changed = changed;
    watch->aux = aux;
    watch->destroyed = NULL;
    watch->event = event_new(base, fd, EV_READ | EV_PERSIST, read_events,
                             watch);
    if (!watch->event || event_add(watch->event, NULL)) {
        out_of_memory();
    }
    *watchp = watch;
    return 0;
}

void
dir_watch_destroy(struct dir_watch *watch)
{
    if (watch) {
        if (watch->destroyed) {
            *watch->destroyed = true;
        }
        event_free(watch->event);
        close(watch->fd);
        free(watch);
    }
}
