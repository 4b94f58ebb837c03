/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/node-writer.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coverage.h"
#include "netlink/helper-process.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(node_writer);

COVERAGE_DEFINE(node_writer_start);

/* Largest request, in bytes: what a socket takes at once by default. */
#define MAX_REQUEST (128 * 1024)

/* A text that is saved comes in parts of so many bytes. */
#define PART_SIZE (64 * 1024)

enum writer_op { OP_WRITE, OP_SAVE, OP_REMOVE };

/* Followed by three strings, each with its NUL: a path or directory, the name
 * in the directory or "", the text or "". */
struct writer_request {
    uint16_t op;                /* enum writer_op. */
    uint8_t first, last;        /* Of OP_SAVE, as booleans: is 'text' the first
                                 * part, and the last?  No padding: it is sent
                                 * as it is. */
};

struct writer_reply {
    int32_t error;              /* 0 or a positive errno. */
};

struct node_writer {
    struct event_base *base;
    pid_t pid;                  /* 0 if there is no process. */
    int fd;                     /* Our end, or -1. */
    struct event *event;        /* On 'fd'. */
    node_writer_cb *cb;         /* Of the request under way, else NULL. */
    void *aux;                  /* For 'cb'. */

    /* What is being saved, if not all of it was handed over yet. */
    char *dir, *name, *text;    /* NULL if there is nothing. */
    size_t n_sent;              /* Bytes of 'text' that were. */
};

/* The process: system calls only. */

static union {
    struct writer_request request;
    char bytes[MAX_REQUEST];
} child_buf;

/* Takes the next string off what is between '*pp' and 'end'. */
static const char *
child_string(const char **pp, const char *end)
{
    const char *s = *pp;
    const char *nul = s < end ? memchr(s, '\0', end - s) : NULL;

    if (nul) {
        *pp = nul + 1;
        return s;
    }
    return NULL;
}

static int
write_all(int fd, const char *text)
{
    size_t n = strlen(text);

    while (n) {
        ssize_t written = write(fd, text, n);

        if (written < 0) {
            if (errno != EINTR) {
                return errno;
            }
        } else {
            text += written;
            n -= written;
        }
    }
    return 0;
}

/* sysfs takes a value in one piece, or not at all. */
static int
child_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int error;

    if (fd < 0) {
        return errno;
    }
    error = write(fd, text, strlen(text)) < 0 ? errno : 0;
    close(fd);
    return error;
}

static int
sync_and_close(int fd, int error)
{
    if (!error && fsync(fd)) {
        error = errno;
    }
    if (close(fd) && !error) {
        error = errno;
    }
    return error;
}

/* The file is complete under another name, and on the disk, before it gets its
 * own.  No two writers save the same file, but they may share a directory. */
static int
child_save_at(const struct writer_request *request, int dir, const char *name,
              const char *text)
{
    static const char suffix[] = ".new";
    char temporary[NAME_MAX + 1];
    size_t n = strlen(name);
    int error, fd;

    if (n + sizeof suffix > sizeof temporary) {
        return ENAMETOOLONG;
    }
    memcpy(temporary, name, n);
    memcpy(temporary + n, suffix, sizeof suffix);
    fd = openat(dir, temporary,
                O_WRONLY | O_CLOEXEC | O_NOFOLLOW
                | (request->first ? O_CREAT | O_TRUNC : O_APPEND), 0600);
    if (fd < 0) {
        return errno;
    }
    error = write_all(fd, text);
    if (!request->last) {
        close(fd);
        return error;
    }
    error = sync_and_close(fd, error);
    if (!error && renameat(dir, temporary, dir, name)) {
        error = errno;
    }
    return error;
}

static int
child_change_directory(const struct writer_request *request,
                       const char *path, const char *name, const char *text)
{
    bool save = request->op == OP_SAVE;
    int dir, error;

    if (save && mkdir(path, 0755) && errno != EEXIST) {
        return errno;
    }
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        return !save && errno == ENOENT ? 0 : errno;
    }
    error = (save ? child_save_at(request, dir, name, text)
             : unlinkat(dir, name, 0) && errno != ENOENT ? errno
             : 0);
    if (save && !request->last) {
        close(dir);
        return error;
    }
    return sync_and_close(dir, error);
}

static int
child_execute(size_t n)
{
    const char *p = child_buf.bytes + sizeof child_buf.request;
    const char *end = child_buf.bytes + n;
    const char *path = child_string(&p, end);
    const char *name = path ? child_string(&p, end) : NULL;
    const char *text = name ? child_string(&p, end) : NULL;

    if (!text) {
        return EINVAL;
    }
    return (child_buf.request.op == OP_WRITE ? child_write(path, text)
            : child_change_directory(&child_buf.request, path, name, text));
}

static void
child_loop(int fd)
{
    for (;;) {
        ssize_t n = recv(fd, child_buf.bytes, sizeof child_buf.bytes, 0);
        struct writer_reply reply;

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < (ssize_t) sizeof child_buf.request) {
            return;
        }
        reply.error = child_execute(n);
        if (send(fd, &reply, sizeof reply, MSG_NOSIGNAL) < 0) {
            return;
        }
    }
}

/* Our side. */

static void
writer_forget_text(struct node_writer *w)
{
    free(w->dir);
    free(w->name);
    free(w->text);
    w->dir = w->name = w->text = NULL;
}

static void
writer_stop(struct node_writer *w)
{
    if (w->event) {
        event_free(w->event);
        w->event = NULL;
    }
    if (w->fd >= 0) {
        close(w->fd);
        w->fd = -1;
    }
    if (w->pid) {
        helper_process_stop(w->pid);
        w->pid = 0;
    }
}

static int writer_send_part(struct node_writer *);

static void
writer_end(struct node_writer *w, int error)
{
    node_writer_cb *cb = w->cb;

    if (w->text && !error) {
        error = writer_send_part(w);
        if (!error) {
            return;
        }
    }
    writer_forget_text(w);
    w->cb = NULL;
    if (cb) {
        cb(w->aux, error);
    }
}

static void
writer_readable(evutil_socket_t fd, short int what OVS_UNUSED, void *w_)
{
    struct node_writer *w = w_;
    struct writer_reply reply;
    ssize_t n = recv(fd, &reply, sizeof reply, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n == sizeof reply) {
        writer_end(w, reply.error);
    } else {
        VLOG_WARN("the process that writes files ended");
        writer_stop(w);
        writer_end(w, ECONNRESET);
    }
}

static int
writer_start(struct node_writer *w)
{
    int error;

    if (w->fd >= 0) {
        return 0;
    }
    COVERAGE_INC(node_writer_start);
    error = helper_process_start("offload-write", child_loop, &w->pid,
                                 &w->fd);
    if (!error) {
        w->event = event_new(w->base, w->fd, EV_READ | EV_PERSIST,
                             writer_readable, w);
        if (!w->event || event_add(w->event, NULL)) {
            writer_stop(w);
            error = ENOMEM;
        }
    }
    return error;
}

struct node_writer *
node_writer_create(struct event_base *base)
{
    struct node_writer *w = xzalloc(sizeof *w);

    w->base = base;
    w->fd = -1;
    return w;
}

void
node_writer_destroy(struct node_writer *w)
{
    if (w) {
        writer_stop(w);
        writer_forget_text(w);
        free(w);
    }
}

bool
node_writer_is_busy(const struct node_writer *w)
{
    return w->cb != NULL;
}

/* Hands a request over, of which only the first 'n' bytes of 'text'. */
static int
writer_send(struct node_writer *w, const struct writer_request *request,
            const char *path, const char *name, const char *text, size_t n)
{
    char nul[] = "";
    struct iovec iov[] = {
        { .iov_base = CONST_CAST(struct writer_request *, request),
          .iov_len = sizeof *request },
        { .iov_base = CONST_CAST(char *, path), .iov_len = strlen(path) + 1 },
        { .iov_base = CONST_CAST(char *, name), .iov_len = strlen(name) + 1 },
        { .iov_base = CONST_CAST(char *, text), .iov_len = n },
        { .iov_base = nul, .iov_len = sizeof nul },
    };
    struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(iov) };
    size_t size = 0;
    int error;

    for (size_t i = 0; i < ARRAY_SIZE(iov); i++) {
        size += iov[i].iov_len;
    }
    if (size > MAX_REQUEST) {
        return EMSGSIZE;
    }
    error = writer_start(w);
    if (error) {
        return error;
    }
    if (sendmsg(w->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        error = errno;
        writer_stop(w);
    }
    return error;
}

static int
writer_request(struct node_writer *w, enum writer_op op, const char *path,
               const char *name, const char *text, node_writer_cb *cb,
               void *aux)
{
    struct writer_request request = { .op = op };
    int error;

    ovs_assert(!w->cb);
    error = writer_send(w, &request, path, name, text, strlen(text));
    if (!error) {
        w->cb = cb;
        w->aux = aux;
    }
    return error;
}

/* Hands the next part of 'text' over. */
static int
writer_send_part(struct node_writer *w)
{
    size_t left = strlen(w->text) - w->n_sent;
    size_t n = MIN(left, PART_SIZE);
    struct writer_request request = {
        .op = OP_SAVE, .first = !w->n_sent, .last = n == left,
    };
    int error = writer_send(w, &request, w->dir, w->name,
                            w->text + w->n_sent, n);

    w->n_sent += n;
    if (error || request.last) {
        writer_forget_text(w);
    }
    return error;
}

int
node_writer_write(struct node_writer *w, const char *path, const char *text,
                  node_writer_cb *cb, void *aux)
{
    return writer_request(w, OP_WRITE, path, "", text, cb, aux);
}

int
node_writer_save(struct node_writer *w, const char *dir, const char *name,
                 const char *text, node_writer_cb *cb, void *aux)
{
    int error;

    ovs_assert(!w->cb);
    if (strlen(text) > NODE_WRITER_SAVE_MAX) {
        return EFBIG;
    }
    w->dir = xstrdup(dir);
    w->name = xstrdup(name);
    w->text = xstrdup(text);
    w->n_sent = 0;
    error = writer_send_part(w);
    if (!error) {
        w->cb = cb;
        w->aux = aux;
    }
    return error;
}

int
node_writer_remove(struct node_writer *w, const char *dir, const char *name,
                   node_writer_cb *cb, void *aux)
{
    return writer_request(w, OP_REMOVE, dir, name, "", cb, aux);
}
