/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/metrics/endpoint.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/dir-watch.h"
#include "controller/unix-listener.h"
#include "netlink/retry.h"
#include "openvswitch/vlog.h"
#include "ovsdb/listen-address.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(metrics_endpoint);

#define UNIX_PREFIX "unix:"

/* Connections that may wait to be accepted. */
#define BACKLOG 16

/* Bytes that the kernel holds for a client that does not read, at most: a
 * whole scrape would be more than is needed to keep it busy. */
#define SEND_BUFFER 65536

/* Delay after which a change at the socket's name is looked at when we have no
 * socket, in milliseconds: two that fight for it shall not fight faster. */
#define TOUCH_MS 100

struct metrics_endpoint {
    struct event_base *base;
    metrics_opened_func *opened;
    metrics_closing_func *closing;
    void *aux;                  /* For both. */

    char *address;              /* That is wanted, or NULL. */
    char *error;                /* Why it cannot be had, or NULL. */
    struct retry retry;         /* After that. */
    int fd;                     /* The socket, or -1. */

    /* Of a Unix socket only. */
    const char *path;           /* In 'address', or NULL. */
    char *name;                 /* Last part of 'path'. */
    struct unix_listener listener; /* Has 'fd'. */
    struct dir_watch *watch;    /* On its directory, or NULL. */
    bool touched;               /* Something happened to 'path'. */
    bool watch_lost;            /* 'watch' is of no use any more. */
};

struct metrics_endpoint *
metrics_endpoint_create(struct event_base *base, metrics_opened_func *opened,
                        metrics_closing_func *closing, void *aux)
{
    struct metrics_endpoint *ep = xzalloc(sizeof *ep);

    ep->base = base;
    ep->opened = opened;
    ep->closing = closing;
    ep->aux = aux;
    ep->fd = ep->listener.fd = -1;
    return ep;
}

void
metrics_endpoint_destroy(struct metrics_endpoint *ep)
{
    if (ep) {
        metrics_endpoint_set(ep, NULL);
        free(ep);
    }
}

static void
close_socket(struct metrics_endpoint *ep)
{
    if (ep->fd >= 0) {
        ep->closing(ep->aux);
        if (ep->path) {
            unix_listener_close(&ep->listener);
        } else {
            close(ep->fd);
        }
        ep->fd = -1;
    }
}

/* Takes 'error', to be freed, after which is tried again; NULL if all is
 * well. */
static void
set_error(struct metrics_endpoint *ep, char *error)
{
    if (error && !nullable_string_is_equal(error, ep->error)) {
        VLOG_WARN("offload-metrics: %s; trying again", error);
    }
    free(ep->error);
    ep->error = error;
    if (error) {
        retry_schedule(&ep->retry);
    } else {
        retry_reset(&ep->retry);
    }
}

/* TCP. */

/* Returns a listening socket, or a negative errno value. */
static int
listen_tcp(const struct sockaddr_storage *ss, socklen_t len)
{
    int fd = socket(ss->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    0);
    int on = 1, size = SEND_BUFFER;
    int error;

    if (fd < 0) {
        return -errno;
    }
    /* Connections get the size of the buffer from here. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)
        || setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size)
        || (ss->ss_family == AF_INET6
            && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on))
        || bind(fd, ALIGNED_CAST(const struct sockaddr *, ss), len)
        || listen(fd, BACKLOG)) {
        error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

static void
open_tcp(struct metrics_endpoint *ep)
{
    struct sockaddr_storage ss;
    socklen_t len;

    ep->fd = (listen_address_parse(ep->address, &ss, &len)
              ? listen_tcp(&ss, len) : -EINVAL);
    set_error(ep, (ep->fd >= 0 ? NULL
                   : xasprintf("%s: %s", ep->address,
                               ovs_strerror(-ep->fd))));
}

/* Unix sockets. */

static void
dir_changed(const char *name, bool created OVS_UNUSED, void *ep_)
{
    struct metrics_endpoint *ep = ep_;

    if (!name) {
        ep->watch_lost = true;
    } else if (!strcmp(name, ep->name)) {
        ep->touched = true;
    }
}

static void
open_unix(struct metrics_endpoint *ep)
{
    char *error;

    if (!ep->watch) {
        char *dir = dir_name(ep->path);
        int err = dir_watch_create(ep->base, dir, dir_changed, ep,
                                   &ep->watch);

        if (err) {
            set_error(ep, xasprintf("%s: cannot watch this directory (%s)",
                                    dir, ovs_strerror(err)));
        }
        free(dir);
        if (err) {
            return;
        }
    }
    error = unix_listener_open(&ep->listener, ep->path);
    ep->fd = ep->listener.fd;
    set_error(ep, error);
}

static void
stop_watching(struct metrics_endpoint *ep)
{
    dir_watch_destroy(ep->watch);
    ep->watch = NULL;
    ep->touched = ep->watch_lost = false;
}

/* Does what changes in the directory call for. */
static void
run_changes(struct metrics_endpoint *ep)
{
    if (ep->watch_lost) {
        close_socket(ep);
        stop_watching(ep);
        set_error(ep, xasprintf("%s: its directory changed its name, or is "
                                "gone", ep->path));
    } else if (ep->touched) {
        ep->touched = false;
        if (ep->fd < 0) {
            ep->retry.at = MIN(ep->retry.at, time_msec() + TOUCH_MS);
        } else if (!unix_listener_is_ours(&ep->listener)) {
            close_socket(ep);
            set_error(ep, xasprintf("%s: someone removed our socket",
                                    ep->path));
        }
    }
}

/* Both. */

static void
open_socket(struct metrics_endpoint *ep)
{
    if (ep->path) {
        open_unix(ep);
    } else {
        open_tcp(ep);
    }
    if (ep->fd >= 0) {
        VLOG_INFO("%s: serving metrics", ep->address);
        ep->opened(ep->fd, ep->aux);
    }
}

bool
metrics_endpoint_set(struct metrics_endpoint *ep, const char *address)
{
    if (nullable_string_is_equal(address, ep->address)) {
        return false;
    }
    if (ep->fd >= 0) {
        VLOG_INFO("%s: no longer serving metrics", ep->address);
    }
    close_socket(ep);
    stop_watching(ep);
    set_error(ep, NULL);
    free(ep->name);
    free(ep->address);
    ep->address = nullable_xstrdup(address);
    ep->path = ep->name = NULL;
    if (address) {
        if (!strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX))) {
            ep->path = ep->address + strlen(UNIX_PREFIX);
            ep->name = base_name(ep->path);
        }
        open_socket(ep);
    }
    return true;
}

void
metrics_endpoint_run(struct metrics_endpoint *ep)
{
    if (ep->path) {
        run_changes(ep);
    }
    if (retry_take(&ep->retry)) {
        open_socket(ep);
    }
}

void
metrics_endpoint_wait(const struct metrics_endpoint *ep)
{
    retry_wait(&ep->retry);
}

const char *
metrics_endpoint_address(const struct metrics_endpoint *ep)
{
    return ep->address;
}

const char *
metrics_endpoint_error(const struct metrics_endpoint *ep)
{
    return ep->error;
}
