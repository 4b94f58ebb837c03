/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/unix-listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(unix_listener);

/* Connections that may wait to be accepted. */
#define BACKLOG 64

/* What a socket's permissions lack: owner and group may use it. */
#define UMASK 0117

static int
make_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Returns true if somebody answers at 'un', or that cannot be told. */
static bool
is_alive(const struct sockaddr_un *un)
{
    int fd = make_socket();
    int error = fd < 0 ? errno : 0;

    if (!error
        && connect(fd, (const struct sockaddr *) un, sizeof *un) < 0) {
        error = errno;
    }
    if (fd >= 0) {
        close(fd);
    }
    return error != ECONNREFUSED && error != ENOENT;
}

/* Makes room at 'un' for a socket of ours.  Returns what
 * unix_listener_open() does. */
static char *
remove_stale(const struct sockaddr_un *un)
{
    struct stat s;

    if (lstat(un->sun_path, &s)) {
        return (errno == ENOENT ? NULL
                : xasprintf("%s: %s", un->sun_path, ovs_strerror(errno)));
    }
    if (!S_ISSOCK(s.st_mode)) {
        return xasprintf("%s: exists and is no socket", un->sun_path);
    }
    if (is_alive(un)) {
        return xasprintf("%s: another server listens here", un->sun_path);
    }
    if (unlink(un->sun_path) && errno != ENOENT) {
        return xasprintf("%s: cannot remove the socket that a server left "
                         "behind (%s)", un->sun_path, ovs_strerror(errno));
    }
    VLOG_INFO("%s: removed the socket that a server left behind",
              un->sun_path);
    return NULL;
}

/* Binds 'fd' to 'un' and listens.  Returns 0 or a positive errno value. */
static int
bind_and_listen(int fd, const struct sockaddr_un *un)
{
    mode_t mask = umask(UMASK);
    int error = (bind(fd, (const struct sockaddr *) un, sizeof *un)
                 ? errno : 0);

    umask(mask);
    if (!error && listen(fd, BACKLOG)) {
        error = errno;
        unlink(un->sun_path);
    }
    return error;
}

/* The part of unix_listener_open() of which there is one at a time. */
static char *
open_locked(struct unix_listener *l, const struct sockaddr_un *un)
{
    char *message = remove_stale(un);
    struct stat s;
    int error;

    if (message) {
        return message;
    }
    l->fd = make_socket();
    error = l->fd < 0 ? errno : bind_and_listen(l->fd, un);
    if (!error && lstat(un->sun_path, &s)) {
        error = errno;
    }
    if (error) {
        if (l->fd >= 0) {
            close(l->fd);
            l->fd = -1;
        }
        return xasprintf("%s: %s", un->sun_path, ovs_strerror(error));
    }
    l->path = xstrdup(un->sun_path);
    l->dev = s.st_dev;
    l->ino = s.st_ino;
    fatal_signal_add_file_to_unlink(l->path);
    return NULL;
}

char *
unix_listener_open(struct unix_listener *l, const char *path)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    char *dir, *message;
    int fd;

    *l = (struct unix_listener) { .fd = -1 };
    if (strlen(path) >= sizeof un.sun_path) {
        return xasprintf("%s: longer than %"PRIuSIZE" bytes", path,
                         sizeof un.sun_path - 1);
    }
    ovs_strlcpy(un.sun_path, path, sizeof un.sun_path);

    /* Between two that find the same stale socket one could remove the
     * other's new one.  A file system without locks has to do without. */
    dir = dir_name(path);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        message = xasprintf("%s: %s", dir, ovs_strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
        message = xasprintf("%s: another server is being started", path);
    } else {
        message = open_locked(l, &un);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(dir);
    return message;
}

bool
unix_listener_is_ours(const struct unix_listener *l)
{
    struct stat s;

    return (l->fd >= 0 && !lstat(l->path, &s)
            && s.st_dev == l->dev && s.st_ino == l->ino);
}

void
unix_listener_close(struct unix_listener *l)
{
    if (l->fd >= 0) {
        fatal_signal_remove_file_to_unlink(l->path);
        if (unix_listener_is_ours(l)) {
            unlink(l->path);
        }
        close(l->fd);
        free(l->path);
        *l = (struct unix_listener) { .fd = -1 };
    }
}
