/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/event-log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "controller/output.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(event_log);

/* A burst (an eswitch with many VFs) is told in full by event/list; the log
 * file gets its beginning. */
static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 300);

void
event_log_init(struct event_log *log)
{
    memset(log, 0, sizeof *log);
}

static void
entry_clear(struct event_log_entry *e)
{
    free(e->subject);
    free(e->what);
    free(e->from);
    free(e->to);
    free(e->cause);
}

void
event_log_destroy(struct event_log *log)
{
    for (size_t i = 0; i < EVENT_LOG_SIZE; i++) {
        entry_clear(&log->entries[i]);
    }
}

/* Names from elsewhere must not be able to forge lines of the log. */
static void
log_event(const struct event_log_entry *e)
{
    char *text = xasprintf("%s: %s %s%s%s%s%s", e->subject, e->what, e->from,
                           e->from[0] ? " -> " : "", e->to,
                           e->cause[0] ? ": " : "", e->cause);
    char *printable = output_printable(text);

    VLOG_INFO_RL(&rl, "%s", printable);
    free(printable);
    free(text);
}

void
event_log_add(struct event_log *log, const char *subject, const char *what,
              const char *from, const char *to, const char *cause, ...)
{
    struct event_log_entry *e = &log->entries[log->n++ % EVENT_LOG_SIZE];
    va_list args;

    entry_clear(e);
    e->seqno = log->n;
    e->when = time_wall_msec();
    e->subject = xstrdup(subject);
    e->what = xstrdup(what);
    e->from = xstrdup(from);
    e->to = xstrdup(to);
    va_start(args, cause);
    e->cause = xvasprintf(cause, args);
    va_end(args);

    log_event(e);
}

const struct event_log_entry *
event_log_get(const struct event_log *log, size_t i)
{
    uint64_t first = log->n > EVENT_LOG_SIZE ? log->n - EVENT_LOG_SIZE : 0;

    return (i < log->n - first
            ? &log->entries[(first + i) % EVENT_LOG_SIZE]
            : NULL);
}
