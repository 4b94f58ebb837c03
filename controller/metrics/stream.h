/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_STREAM_H
#define CONTROLLER_METRICS_STREAM_H 1

/* All metrics as text, piece by piece. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct metrics_source;
struct metrics_stream;

/* Begins.  Holds a reference to the snapshot in '*source', which is copied. */
struct metrics_stream *metrics_stream_create(const struct metrics_source *,
                                             bool openmetrics);
void metrics_stream_destroy(struct metrics_stream *);

/* Appends up to 'max' rows to 'text', each of which is a few samples.  Stores
 * into '*n' how many it were.  Returns false if that was all. */
bool metrics_stream_next(struct metrics_stream *, struct ds *text,
                         size_t max, size_t *n);

#endif /* controller/metrics/stream.h */
