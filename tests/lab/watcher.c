/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/lab/watcher.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netlink/genl-helper.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

static long long int start;     /* Of the clock, in ms. */

void
watcher_start(struct watcher *w)
{
    start = time_msec();
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_INFO);
    *w = (struct watcher) { .input = DS_EMPTY_INITIALIZER };
    if (kernel_helper_start(&w->helper)) {
        ovs_fatal(errno, "cannot start the helper");
    }
    w->base = event_base_new();
    w->fd = dup(STDIN_FILENO);  /* The poll loop does not take 0. */
    if (!w->base || w->fd < 0
        || fcntl(w->fd, F_SETFL, O_NONBLOCK)) {
        ovs_fatal(errno, "cannot start");
    }
}

void
watcher_end(const struct watcher *w)
{
    say("loops %u", w->n_loops);
}

void
watcher_stop(struct watcher *w)
{
    kernel_helper_stop(w->helper);
    event_base_free(w->base);
    close(w->fd);
    ds_destroy(&w->input);
}

void
say(const char *format, ...)
{
    va_list args;

    printf("%6lld ", time_msec() - start);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

bool
watcher_commands(struct watcher *w,
                 void (*command)(void *aux, const char *line), void *aux)
{
    char buf[4096], *p, *newline;
    ssize_t n;

    n = read(w->fd, buf, sizeof buf);
    if (!n || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        return false;
    }
    if (n > 0) {
        ds_put_buffer(&w->input, buf, n);
    }
    for (p = ds_cstr(&w->input); (newline = strchr(p, '\n'));
         p = newline + 1) {
        *newline = '\0';
        command(aux, p);
    }
    p = xstrdup(p);
    ds_clear(&w->input);
    ds_put_cstr(&w->input, p);
    free(p);
    w->n_loops++;
    return true;
}

void
watcher_run(struct watcher *w)
{
    event_base_loop(w->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static int
wait_for_event(const struct event_base *base OVS_UNUSED,
               const struct event *event, void *aux OVS_UNUSED)
{
    if (event_pending(event, EV_READ, NULL)) {
        poll_fd_wait(event_get_fd(event), POLLIN);
    }
    return 0;
}

void
watcher_block(struct watcher *w)
{
    event_base_foreach_event(w->base, wait_for_event, NULL);
    poll_fd_wait(w->fd, POLLIN);
    poll_block();
}
