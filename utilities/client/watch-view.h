/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_WATCH_VIEW_H
#define UTILITIES_CLIENT_WATCH_VIEW_H 1

/* What "flow watch" shows: rates as lines of text.  Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "utilities/client/watch-sample.h"

struct ds;

struct watch_view {
    const struct watch_rate *rates; /* Rows, in their order. */
    size_t n;                   /* Number of 'rates'. */
    const char *state;          /* Of the report, or NULL without one. */
    enum watch_order order;     /* By which rows are sorted. */
    double secs;                /* Time between the readings of the counters
                                 * that rates are of, 0 if there are no rates
                                 * yet. */
    bool waiting;               /* The counters were not read again since the
                                 * report before. */
    const char *message;        /* What is wrong, or NULL. */
};

/* Appends lines for 'view', of at most 'width' columns and 'height' lines,
 * neither limited if 0.  Lines are as long as they need to be and have no
 * blanks at their ends.  With 'color' rows with traffic in software stand
 * out. */
void watch_view_put(const struct watch_view *view, size_t width,
                    size_t height, bool color, struct ds *);

/* Writes 'value', not negative, with a decimal prefix and about three digits:
 * "0", "0.5", "12", "345", "1.23k", "45.6M".  Caller frees. */
char *watch_number(double value);

#endif /* utilities/client/watch-view.h */
