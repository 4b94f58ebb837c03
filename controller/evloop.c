/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/evloop.h"

#include <event2/event.h>

#include "openvswitch/poll-loop.h"
#include "util.h"

/* How long a pending libevent timer may be late, in milliseconds. */
#define TIMER_SLACK_MS 1000

struct evloop {
    struct event_base *base;
};

struct evloop *
evloop_create(void)
{
    struct event_config *config = event_config_new();
    struct evloop *loop = xmalloc(sizeof *loop);

    if (config) {
        /* One thread: no locks needed. */
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        loop->base = event_base_new_with_config(config);
        event_config_free(config);
    } else {
        loop->base = NULL;
    }
    if (!loop->base) {
        ovs_abort(0, "libevent has no usable event notification method");
    }
    return loop;
}

void
evloop_destroy(struct evloop *loop)
{
    if (loop) {
        event_base_free(loop->base);
        free(loop);
    }
}

struct event_base *
evloop_base(struct evloop *loop)
{
    return loop->base;
}

void
evloop_run(struct evloop *loop)
{
    /* EVLOOP_ONCE too: with EVLOOP_NONBLOCK alone a descriptor that is always
     * ready would keep us here for good. */
    event_base_loop(loop->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static int
evloop_wait_event(const struct event_base *base OVS_UNUSED,
                  const struct event *event, void *aux OVS_UNUSED)
{
    short int what = event_get_events(event);

    if (what & EV_SIGNAL) {
        return 0;
    }
    if (event_pending(event, EV_READ, NULL)) {
        poll_fd_wait(event_get_fd(event), POLLIN);
    }
    if (event_pending(event, EV_WRITE, NULL)) {
        poll_fd_wait(event_get_fd(event), POLLOUT);
    }
    if (event_pending(event, EV_TIMEOUT, NULL)) {
        poll_timer_wait(TIMER_SLACK_MS);
    }
    return 0;
}

void
evloop_wait(struct evloop *loop)
{
    if (event_base_get_num_events(loop->base, EVENT_BASE_COUNT_ACTIVE)) {
        poll_immediate_wake();
    }
    event_base_foreach_event(loop->base, evloop_wait_event, NULL);
}
