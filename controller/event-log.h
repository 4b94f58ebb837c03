/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_EVENT_LOG_H
#define CONTROLLER_EVENT_LOG_H 1

/* Ring of the last state changes, for event/list.  Pure. */

#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

#define EVENT_LOG_SIZE 1000

struct event_log_entry {
    uint64_t seqno;             /* 1 for the first event since start. */
    long long int when;         /* time_wall_msec(). */
    char *subject;              /* "eth5", "vf 0000:65:00.2", "source link". */
    char *what;                 /* "state", "pair", "offload", "mode", ... */
    char *from;                 /* Value before, or "". */
    char *to;                   /* Value now. */
    char *cause;                /* Why, or "". */
};

struct event_log {
    struct event_log_entry entries[EVENT_LOG_SIZE];
    uint64_t n;                 /* Events since start; the newest is in slot
                                 * (n - 1) % EVENT_LOG_SIZE. */
};

void event_log_init(struct event_log *);
void event_log_destroy(struct event_log *);

/* Adds an event, and logs it at level info.  'cause' is a printf format.  The
 * strings may hold any bytes. */
void event_log_add(struct event_log *, const char *subject, const char *what,
                   const char *from, const char *to, const char *cause, ...)
    OVS_PRINTF_FORMAT(6, 7);

/* The 'i'-th of the events that are kept, oldest first, or NULL. */
const struct event_log_entry *event_log_get(const struct event_log *,
                                            size_t i);

#endif /* controller/event-log.h */
