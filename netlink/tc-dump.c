/* SPDX-License-Identifier: Apache-2.0 */

/* Dumps of tc filters.
 *
 * First RTM_GETQDISC: which of the wanted devices have an ingress or clsact
 * qdisc, and which of these are bound to a shared block.  That gives the
 * parts.  Then one RTM_GETTFILTER dump for each part, one after another on the
 * same socket.
 *
 * The kernel makes the next chunk of a dump while we take the last one off
 * the socket, so that a callback costs the kernel's work for one chunk plus
 * ours for at most TC_DUMP_MAX_MESSAGES.  A chunk may have more than that;
 * the rest waits in 'buf' for the next round of the event loop.  That round
 * comes at once because the socket, which is always writable, is then waited
 * on for writing, not reading. */

#include <config.h>

#include "netlink/tc.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coverage.h"
#include "netlink/tc-common.h"
#include "netlink/tc-dump-private.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tc_dump);

COVERAGE_DEFINE(tc_dump);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

static void tc_dump_destroy(struct tc_dump *);

/* Receives one chunk.  Returns 0, EAGAIN if there is none, or another positive
 * errno. */
static int
receive(struct tc_dump *d)
{
    uint64_t start = tc_now_us();
    ssize_t n = recv(d->fd, d->buf, TC_DUMP_BUF_SIZE,
                     MSG_DONTWAIT | MSG_TRUNC);

    if (n > 0) {
        d->result.kernel_us += tc_now_us() - start;
    }
    if (n < 0) {
        return errno == EINTR ? EAGAIN : errno;
    } else if (!n) {
        return ECONNRESET;      /* Never on netlink. */
    } else if (n > TC_DUMP_BUF_SIZE) {
        return EMSGSIZE;
    }
    d->ofs = 0;
    d->left = n;
    return 0;
}

/* Waits for what will make 'd' go on.  Returns 0 or a positive errno.  (Events
 * stay, as to add and remove one for each chunk would be two system calls.) */
static int
await(struct tc_dump *d, struct event *event)
{
    if (event == d->pending) {
        return 0;
    }
    if (d->pending) {
        event_del(d->pending);
    }
    d->pending = event;
    return event && !event_add(event, NULL) ? 0 : ENOMEM;
}

/* Callback of both events. */
static void
on_event(evutil_socket_t fd OVS_UNUSED, short what OVS_UNUSED, void *d_)
{
    struct tc_dump *d = d_;
    enum progress progress = P_MORE;

    d->in_callback = true;
    if (d->start_parts) {
        d->start_parts = false;
        progress = tc_dump_start_current(d);
    } else if (!d->left) {
        int error = receive(d);

        if (error && error != EAGAIN) {
            d->result.error = error;
            progress = P_END;
        }
    }
    if (progress == P_MORE) {
        progress = tc_dump_process(d);
    }
    if (progress == P_MORE) {
        d->result.error = await(d, d->left ? d->resume : d->readable);
        if (d->result.error) {
            progress = P_END;
        }
    }
    if (progress == P_END) {
        if (!d->cancelled) {
            d->result.elapsed_us = tc_now_us() - d->start_us;
            if (d->result.error) {
                VLOG_WARN_RL(&rl, "dump of tc filters failed (%s)",
                             ovs_strerror(d->result.error));
            }
            d->cbs->done(d->aux, &d->result);
        }
        tc_dump_destroy(d);
        return;
    }
    d->in_callback = false;
}

/* Life cycle. */

static void
tc_dump_destroy(struct tc_dump *d)
{
    if (d->readable) {
        event_free(d->readable);
    }
    if (d->resume) {
        event_free(d->resume);
    }
    if (d->fd >= 0) {
        close(d->fd);
    }
    free(d->ifindexes);
    free(d->parts);
    free(d->buf);
    free(d);
}

/* A dump on 'fd' that does nothing yet. */
static struct tc_dump *
tc_dump_create(struct event_base *base, int fd, uint32_t portid,
               unsigned int options, const struct tc_dump_callbacks *cbs,
               void *aux)
{
    struct tc_dump *d = xzalloc(sizeof *d);

    COVERAGE_INC(tc_dump);
    d->cbs = cbs;
    d->aux = aux;
    d->options = options;
    d->start_us = tc_now_us();
    d->current = NO_PART;
    d->fd = fd;
    d->portid = portid;
    d->buf = xmalloc(TC_DUMP_BUF_SIZE);
    d->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_event, d);
    d->resume = event_new(base, fd, EV_WRITE | EV_PERSIST, on_event, d);
    tc_batch_init(&d->batch);
    return d;
}

/* Makes the event that will make 'd' go on.  Returns 'd', or NULL with a
 * positive errno in '*errorp'. */
static struct tc_dump *
activate(struct tc_dump *d, struct event *event, int error, int *errorp)
{
    if (!error) {
        error = d->readable && d->resume ? await(d, event) : ENOMEM;
    }
    if (error) {
        tc_dump_destroy(d);
        *errorp = error;
        return NULL;
    }
    return d;
}

struct tc_dump *
tc_dump_start_fd(struct event_base *base, int fd, uint32_t portid,
                 const int *ifindexes, size_t n, unsigned int options,
                 const struct tc_dump_callbacks *cbs, void *aux, int *errorp)
{
    struct tc_dump *d = tc_dump_create(base, fd, portid, options, cbs, aux);

    tc_dump_want(d, ifindexes, n);
    tc_dump_start_current(d);
    return activate(d, d->readable, d->result.error, errorp);
}

struct tc_dump *
tc_dump_start_parts_fd(struct event_base *base, int fd, uint32_t portid,
                       const struct tc_part *parts, size_t n,
                       unsigned int options,
                       const struct tc_dump_callbacks *cbs, void *aux,
                       int *errorp)
{
    struct tc_dump *d = tc_dump_create(base, fd, portid, options, cbs, aux);

    for (size_t i = 0; i < n; i++) {
        tc_dump_add_part(d, &parts[i]);
    }
    /* The first begin(), or done(), comes from 'base'. */
    d->current = 0;
    d->start_parts = true;
    return activate(d, d->resume, 0, errorp);
}

struct tc_dump *
tc_dump_start(struct event_base *base, const int *ifindexes, size_t n,
              unsigned int options, const struct tc_dump_callbacks *cbs,
              void *aux, int *errorp)
{
    uint32_t portid;
    int fd = tc_socket_open(&portid);

    if (fd < 0) {
        *errorp = -fd;
        return NULL;
    }
    return tc_dump_start_fd(base, fd, portid, ifindexes, n, options, cbs, aux,
                            errorp);
}

void
tc_dump_cancel(struct tc_dump *d)
{
    if (!d) {
        return;
    } else if (d->in_callback) {
        d->cancelled = true;
    } else {
        tc_dump_destroy(d);
    }
}
