/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/metrics/stream.h"

#include <stdlib.h>

#include "controller/metrics/private.h"
#include "util.h"

struct metrics_stream {
    struct metrics_source source;
    struct metrics_snapshot *snapshot; /* That of 'source', ours. */
    bool openmetrics;
    size_t family;              /* Index of the current one. */
    size_t row;                 /* Row in it that comes next. */
};

struct metrics_stream *
metrics_stream_create(const struct metrics_source *source, bool openmetrics)
{
    struct metrics_stream *stream = xzalloc(sizeof *stream);

    stream->source = *source;
    stream->snapshot = metrics_snapshot_ref(
        CONST_CAST(struct metrics_snapshot *, source->snapshot));
    stream->openmetrics = openmetrics;
    return stream;
}

void
metrics_stream_destroy(struct metrics_stream *stream)
{
    if (stream) {
        metrics_snapshot_unref(stream->snapshot);
        free(stream);
    }
}

static size_t
count_rows(const struct metrics_stream *stream,
           const struct metrics_family *family)
{
    return (family->put ? 1
            : family->ports ? stream->snapshot->n_ports
            : stream->snapshot->n_rows);
}

static void
put_row(const struct metrics_stream *stream, const struct metrics_out *out,
        const struct metrics_family *family)
{
    const struct metrics_snapshot *s = stream->snapshot;

    if (family->put) {
        family->put(out, &family->desc, &stream->source);
    } else if (family->ports) {
        metrics_put(out, &family->desc, 1, s->ports[stream->row], NULL);
    } else {
        family->put_row(out, &family->desc, &s->rows[stream->row]);
    }
}

bool
metrics_stream_next(struct metrics_stream *stream, struct ds *text,
                    size_t max, size_t *n)
{
    const struct metrics_out out = {
        .s = text, .openmetrics = stream->openmetrics,
    };

    *n = 0;
    while (stream->family < metrics_n_families) {
        const struct metrics_family *family
            = &metrics_families[stream->family];

        if (*n >= max) {
            return true;        /* Not the header without what follows. */
        }
        if (!stream->row) {
            metrics_put_header(&out, &family->desc);
        }
        while (stream->row < count_rows(stream, family)) {
            if (*n >= max) {
                return true;
            }
            put_row(stream, &out, family);
            stream->row++;
            ++*n;
        }
        stream->family++;
        stream->row = 0;
    }
    metrics_put_end(&out);
    return false;
}
