/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_HISTOGRAM_H
#define CONTROLLER_HISTOGRAM_H 1

/* How long things took, counted by buckets.
 *
 * Pure.  All histograms have the same bounds, from 100 microseconds to 10
 * seconds, so that they can be compared and added up.  All zeros is one
 * without an observation. */

#include <stdint.h>

#define HISTOGRAM_N_BOUNDS 16

struct histogram {
    uint64_t counts[HISTOGRAM_N_BOUNDS + 1]; /* Observations of which the bound
                                              * with that index is the first
                                              * that is not exceeded; the last
                                              * has the rest. */
    uint64_t sum;               /* Of all, in microseconds. */
};

/* Upper bounds, inclusive, in microseconds, ascending. */
extern const uint64_t histogram_bounds[HISTOGRAM_N_BOUNDS];

/* Counts what took 'us' microseconds; less than 0 is taken for 0. */
void histogram_add(struct histogram *, long long int us);

/* Number of observations that do not exceed bound 'i', of all if 'i' is
 * HISTOGRAM_N_BOUNDS. */
uint64_t histogram_cumulative(const struct histogram *, unsigned int i);

#endif /* controller/histogram.h */
