/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_RETRY_H
#define NETLINK_RETRY_H 1

/* A deadline for trying something again, further away after each failure.
 * All zeros is the initial state, in which nothing is due. */

#include <stdbool.h>

#include "openvswitch/poll-loop.h"
#include "timeval.h"

#define RETRY_MIN_MS 20
#define RETRY_MAX_MS 10000

struct retry {
    long long int at;           /* time_msec() when it is due; 0 is never. */
    int delay;                  /* Last delay, milliseconds. */
};

static inline void
retry_schedule(struct retry *r)
{
    r->delay = (!r->delay ? RETRY_MIN_MS
                : r->delay * 4 < RETRY_MAX_MS ? r->delay * 4
                : RETRY_MAX_MS);
    r->at = time_msec() + r->delay;
}

/* It worked: the next failure starts from the shortest delay. */
static inline void
retry_reset(struct retry *r)
{
    r->at = 0;
    r->delay = 0;
}

/* Returns true once when the deadline has passed. */
static inline bool
retry_take(struct retry *r)
{
    if (!r->at || time_msec() < r->at) {
        return false;
    }
    r->at = 0;
    return true;
}

static inline void
retry_wait(const struct retry *r)
{
    if (r->at) {
        poll_timer_wait_until(r->at);
    }
}

#endif /* netlink/retry.h */
