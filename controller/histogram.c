/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/histogram.h"

#include "util.h"

const uint64_t histogram_bounds[HISTOGRAM_N_BOUNDS] = {
    100, 250, 500,
    1000, 2500, 5000,
    10 * 1000, 25 * 1000, 50 * 1000,
    100 * 1000, 250 * 1000, 500 * 1000,
    1000 * 1000, 2500 * 1000, 5000 * 1000,
    10 * 1000 * 1000,
};

void
histogram_add(struct histogram *h, long long int us)
{
    uint64_t value = MAX(us, 0);
    unsigned int i = 0;

    while (i < HISTOGRAM_N_BOUNDS && value > histogram_bounds[i]) {
        i++;
    }
    h->counts[i]++;
    h->sum += value;
}

uint64_t
histogram_cumulative(const struct histogram *h, unsigned int i)
{
    uint64_t n = 0;

    for (unsigned int k = 0; k <= MIN(i, HISTOGRAM_N_BOUNDS); k++) {
        n += h->counts[k];
    }
    return n;
}
