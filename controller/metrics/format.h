/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_FORMAT_H
#define CONTROLLER_METRICS_FORMAT_H 1

/* Metrics as text, in OpenMetrics 1.0 or in the format 0.0.4 that came before.
 * Pure.
 *
 * In a family of metrics all samples follow its header, metrics_put_header().
 * Labels are names and values in turn, ended by NULL.  Values of labels may be
 * any bytes: what comes out is UTF-8 in one line, of at most
 * METRICS_MAX_LABEL bytes a value before it is escaped. */

#include <stdbool.h>
#include <stdint.h>

/* Labels end with NULL, which the compiler sees to. */
#define METRICS_LABELS __attribute__((__sentinel__))

struct ds;
struct histogram;

/* Longest value of a label; the rest of a longer one is left out. */
#define METRICS_MAX_LABEL 256

enum metrics_type {
    METRICS_COUNTER,
    METRICS_GAUGE,
    METRICS_HISTOGRAM,          /* Of durations, in seconds. */
    METRICS_INFO,               /* Labels are all that matters; it is 1. */
};

struct metrics_desc {
    const char *name;           /* Of the family, without suffix: no "_total",
                                 * no "_info". */
    const char *unit;           /* That ends 'name', or NULL. */
    enum metrics_type type;
    const char *labels;         /* Names, separated by blanks, or "". */
    const char *help;           /* A sentence, without '\\' and new line. */
};

struct metrics_out {
    struct ds *s;               /* The caller's: text is appended. */
    bool openmetrics;           /* Else the older format. */
};

void metrics_put_header(const struct metrics_out *,
                        const struct metrics_desc *);

/* A sample.  'prefix' has more labels, as from metrics_labels(), or is
 * NULL. */
void metrics_put(const struct metrics_out *, const struct metrics_desc *,
                 uint64_t value, const char *prefix, ...)
    METRICS_LABELS;
void metrics_put_double(const struct metrics_out *,
                        const struct metrics_desc *, double value,
                        const char *prefix, ...)
    METRICS_LABELS;
void metrics_put_histogram(const struct metrics_out *,
                           const struct metrics_desc *,
                           const struct histogram *, const char *prefix, ...)
    METRICS_LABELS;

/* What has to be at the end of all. */
void metrics_put_end(const struct metrics_out *);

/* Labels as text, 'a="x",b="y"', to be used as 'prefix'.  Caller frees. */
char *metrics_labels(const char *name, ...) METRICS_LABELS;

#endif /* controller/metrics/format.h */
