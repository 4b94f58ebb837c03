/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/file.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/flow-text/text.h"
#include "util.h"

struct flow_file {
    struct flow_text *text;     /* Takes the text. */
    flow_file_done_cb *done;    /* Tells of the end. */
    void *aux;                  /* Of 'done'. */
    char *name;                 /* Of the file, for messages. */
    uint64_t left;              /* Bytes that are to be read. */
    int fd;                     /* The file. */
    int ready;                  /* An eventfd that is always readable: neither
                                 * epoll nor poll says anything useful about a
                                 * regular file, and libevent runs what an
                                 * event activates in the same round. */
    struct event *event;        /* On 'ready'. */
    char piece[FLOW_FILE_PIECE]; /* What is being read. */
};

/* Opens 'name' for reading.  Returns its descriptor and sets '*size', or
 * returns -1 and sets '*error'. */
static int
open_regular(const char *name, uint64_t *size, char **error)
{
    /* O_NONBLOCK is for what turns out to be a FIFO. */
    int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat s;

    if (fd < 0 || fstat(fd, &s)) {
        *error = xasprintf("%s: cannot be opened (%s)", name,
                           ovs_strerror(errno));
    } else if (S_ISDIR(s.st_mode)) {
        *error = xasprintf("%s: is a directory, not a file", name);
    } else if (!S_ISREG(s.st_mode)) {
        *error = xasprintf("%s: is not a regular file", name);
    } else {
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        /* Files of the kernel's own file systems have size 0. */
        *size = s.st_size ? s.st_size : UINT64_MAX;
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

static void
finish(struct flow_file *file, const char *error)
{
    event_del(file->event);
    flow_text_end(file->text);
    file->done(file->aux, error);
    /* 'file' may be gone. */
}

static void
read_piece(evutil_socket_t ready OVS_UNUSED, short int what OVS_UNUSED,
           void *file_)
{
    struct flow_file *file = file_;
    ssize_t n = read(file->fd, file->piece,
                     MIN(file->left, sizeof file->piece));

    if (n > 0) {
        file->left -= n;
        flow_text_feed(file->text, file->piece, n);
    } else if (!n) {
        finish(file, NULL);
    } else if (errno != EINTR && errno != EAGAIN) {
        char *error = xasprintf("%s: cannot be read (%s)", file->name,
                                ovs_strerror(errno));

        finish(file, error);
        free(error);
    }
}

struct flow_file *
flow_file_open(struct event_base *base, const char *name,
               struct flow_text *text, flow_file_done_cb *done, void *aux,
               char **error)
{
    struct flow_file *file;
    uint64_t size;
    int fd = open_regular(name, &size, error);

    if (fd < 0) {
        return NULL;
    }
    file = xmalloc(sizeof *file);
    file->text = text;
    file->done = done;
    file->aux = aux;
    file->name = xstrdup(name);
    file->left = size;
    file->fd = fd;
    file->event = NULL;
    file->ready = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (file->ready >= 0) {
        file->event = event_new(base, file->ready, EV_READ | EV_PERSIST,
                                read_piece, file);
    }
    if (!file->event || event_add(file->event, NULL)) {
        *error = xasprintf("%s: cannot be read (%s)", name,
                           ovs_strerror(errno));
        flow_file_close(file);
        return NULL;
    }
    return file;
}

void
flow_file_close(struct flow_file *file)
{
    if (file) {
        if (file->event) {
            event_free(file->event);
        }
        if (file->ready >= 0) {
            close(file->ready);
        }
        close(file->fd);
        free(file->name);
        free(file);
    }
}
