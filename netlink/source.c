/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/source.h"

#include <errno.h>
#include <stdarg.h>

#include "coverage.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(kernel_source);

COVERAGE_DEFINE(kernel_overflow);
COVERAGE_DEFINE(kernel_resync);
COVERAGE_DEFINE(kernel_malformed);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

void
source_init(struct source *source, enum kernel_source id,
            const struct kernel_sink *sink, void *aux)
{
    *source = (struct source) {
        .id = id, .sink = sink, .aux = aux,
        .status = { .state = SOURCE_SYNCING },
    };
}

void
source_uninit(struct source *source)
{
    free(source->status.last_error);
    source->status.last_error = NULL;
}

void
source_set_state(struct source *source, enum source_state state)
{
    if (source->status.state != state) {
        source->status.state = state;
        VLOG_DBG("%s: %s", kernel_source_to_string(source->id),
                 source_state_to_string(state));
        source->sink->state(source->aux, source->id, state);
    }
}

void
source_begin(struct source *source)
{
    source->sink->begin(source->aux, source->id);
}

void
source_end(struct source *source)
{
    source->status.n_resyncs++;
    COVERAGE_INC(kernel_resync);
    source->sink->end(source->aux, source->id);
    source_set_state(source, SOURCE_SYNCED);
}

void
source_set_absent(struct source *source)
{
    if (source->status.state != SOURCE_ABSENT) {
        source->sink->begin(source->aux, source->id);
        source->sink->end(source->aux, source->id);
        source_set_state(source, SOURCE_ABSENT);
    }
}

void
source_note_lost(struct source *source, int error)
{
    if (error == ENOBUFS || error == EMSGSIZE) {
        source->status.n_overflows++;
        COVERAGE_INC(kernel_overflow);
    }
    VLOG_INFO_RL(&rl, "%s: messages were lost (%s), reading again",
                 kernel_source_to_string(source->id), ovs_strerror(error));
    source_set_state(source, SOURCE_SYNCING);
}

void
source_error(struct source *source, const char *format, ...)
{
    va_list args;

    free(source->status.last_error);
    va_start(args, format);
    source->status.last_error = xvasprintf(format, args);
    va_end(args);
    VLOG_WARN_RL(&rl, "%s: %s", kernel_source_to_string(source->id),
                 source->status.last_error);
}

void
source_malformed(struct source *source, const char *what)
{
    source->status.n_malformed++;
    COVERAGE_INC(kernel_malformed);
    VLOG_WARN_RL(&rl, "%s: malformed %s",
                 kernel_source_to_string(source->id), what);
}
