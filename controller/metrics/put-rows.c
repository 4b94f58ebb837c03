/* SPDX-License-Identifier: Apache-2.0 */

/* Metrics of interfaces. */

#include <config.h>
#include "controller/metrics/private.h"

#include "util.h"

static const char *const directions[METRICS_N_DIRECTIONS] = {
    [METRICS_EGRESS] = "egress",
    [METRICS_INGRESS] = "ingress",
};

static const char *const wheres[METRICS_N_WHERE] = {
    [METRICS_HW] = "hardware",
    [METRICS_SW] = "software",
};

static void
put_values(const struct metrics_out *out, const struct metrics_desc *desc,
           const char *labels,
           const uint64_t values[METRICS_N_DIRECTIONS][METRICS_N_WHERE])
{
    for (size_t i = 0; i < METRICS_N_DIRECTIONS; i++) {
        for (size_t k = 0; k < METRICS_N_WHERE; k++) {
            metrics_put(out, desc, values[i][k], labels,
                        "direction", directions[i], "offload", wheres[k],
                        NULL);
        }
    }
}

void
metrics_put_row_flows(const struct metrics_out *out,
                      const struct metrics_desc *desc,
                      const struct metrics_row *row)
{
    put_values(out, desc, row->labels, row->flows);
}

void
metrics_put_row_packets(const struct metrics_out *out,
                        const struct metrics_desc *desc,
                        const struct metrics_row *row)
{
    if (row->counted) {
        put_values(out, desc, row->labels, row->packets);
    }
}

void
metrics_put_row_bytes(const struct metrics_out *out,
                      const struct metrics_desc *desc,
                      const struct metrics_row *row)
{
    if (row->counted) {
        put_values(out, desc, row->labels, row->bytes);
    }
}

void
metrics_put_row_ratio(const struct metrics_out *out,
                      const struct metrics_desc *desc,
                      const struct metrics_row *row)
{
    for (size_t i = 0; i < METRICS_N_DIRECTIONS; i++) {
        if (row->ratio[i] >= 0) {
            metrics_put_double(out, desc, row->ratio[i], row->labels,
                               "direction", directions[i], NULL);
        }
    }
}
