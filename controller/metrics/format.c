/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/metrics/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "controller/histogram.h"
#include "controller/output.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

static const char *
type_to_string(enum metrics_type type, bool openmetrics)
{
    switch (type) {
    case METRICS_COUNTER: return "counter";
    case METRICS_GAUGE: return "gauge";
    case METRICS_HISTOGRAM: return "histogram";
    case METRICS_INFO: return openmetrics ? "info" : "gauge";
    default: OVS_NOT_REACHED();
    }
}

static const char *
type_to_suffix(enum metrics_type type)
{
    return (type == METRICS_COUNTER ? "_total"
            : type == METRICS_INFO ? "_info"
            : "");
}

void
metrics_put_header(const struct metrics_out *out,
                   const struct metrics_desc *desc)
{
    /* The older format knows samples only, and so no name of a family. */
    const char *suffix = out->openmetrics ? "" : type_to_suffix(desc->type);

    ds_put_format(out->s, "# HELP %s%s %s\n", desc->name, suffix, desc->help);
    ds_put_format(out->s, "# TYPE %s%s %s\n", desc->name, suffix,
                  type_to_string(desc->type, out->openmetrics));
    if (out->openmetrics && desc->unit) {
        ds_put_format(out->s, "# UNIT %s %s\n", desc->name, desc->unit);
    }
}

/* Appends 'value' in quotation marks. */
static void
put_label_value(struct ds *s, const char *value)
{
    char *printable = output_printable(value);
    size_t n = strlen(printable);

    if (n > METRICS_MAX_LABEL) {
        n = METRICS_MAX_LABEL;
        while ((printable[n] & 0xc0) == 0x80) {
            n--;                /* Not within a character. */
        }
    }
    ds_put_char(s, '"');
    for (size_t i = 0; i < n; i++) {
        if (printable[i] == '"' || printable[i] == '\\') {
            ds_put_char(s, '\\');
        }
        ds_put_char(s, printable[i]);
    }
    ds_put_char(s, '"');
    free(printable);
}

/* Appends the labels 'name' and 'args'. */
static void
put_labels(struct ds *s, const char *name, va_list args)
{
    for (bool first = true; name; first = false) {
        ds_put_format(s, "%s%s=", first ? "" : ",", name);
        put_label_value(s, va_arg(args, const char *));
        name = va_arg(args, const char *);
    }
}

char *
metrics_labels(const char *name, ...)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    va_list args;

    va_start(args, name);
    put_labels(&s, name, args);
    va_end(args);
    return ds_steal_cstr(&s);
}

/* All labels of a sample as text.  Caller frees. */
static char *
join_labels(const char *prefix, va_list args)
{
    const char *name = va_arg(args, const char *);
    struct ds s = DS_EMPTY_INITIALIZER;

    if (prefix) {
        ds_put_cstr(&s, prefix);
        if (prefix[0] && name) {
            ds_put_char(&s, ',');
        }
    }
    put_labels(&s, name, args);
    return ds_steal_cstr(&s);
}

static void
put_name(struct ds *s, const struct metrics_desc *desc, const char *labels)
{
    ds_put_format(s, "%s%s", desc->name, type_to_suffix(desc->type));
    if (labels[0]) {
        ds_put_format(s, "{%s}", labels);
    }
}

void
metrics_put(const struct metrics_out *out, const struct metrics_desc *desc,
            uint64_t value, const char *prefix, ...)
{
    va_list args;
    char *labels;

    va_start(args, prefix);
    labels = join_labels(prefix, args);
    va_end(args);
    put_name(out->s, desc, labels);
    ds_put_format(out->s, " %"PRIu64"\n", value);
    free(labels);
}

/* Appends 'value' as Go reads it. */
static void
put_double(struct ds *s, double value)
{
    if (isnan(value)) {
        ds_put_cstr(s, "NaN");
    } else if (isinf(value)) {
        ds_put_cstr(s, value > 0 ? "+Inf" : "-Inf");
    } else {
        ds_put_format(s, "%.10g", value);
    }
}

void
metrics_put_double(const struct metrics_out *out,
                   const struct metrics_desc *desc, double value,
                   const char *prefix, ...)
{
    va_list args;
    char *labels;

    va_start(args, prefix);
    labels = join_labels(prefix, args);
    va_end(args);
    put_name(out->s, desc, labels);
    ds_put_char(out->s, ' ');
    put_double(out->s, value);
    ds_put_char(out->s, '\n');
    free(labels);
}

void
metrics_put_histogram(const struct metrics_out *out,
                      const struct metrics_desc *desc,
                      const struct histogram *h, const char *prefix, ...)
{
    va_list args;
    char *labels;
    const char *comma;

    va_start(args, prefix);
    labels = join_labels(prefix, args);
    va_end(args);
    comma = labels[0] ? "," : "";
    for (unsigned int i = 0; i <= HISTOGRAM_N_BOUNDS; i++) {
        ds_put_format(out->s, "%s_bucket{%s%sle=\"", desc->name, labels,
                      comma);
        put_double(out->s, (i < HISTOGRAM_N_BOUNDS
                            ? histogram_bounds[i] / 1e6 : INFINITY));
        ds_put_format(out->s, "\"} %"PRIu64"\n", histogram_cumulative(h, i));
    }
    ds_put_format(out->s, "%s_sum%s%s%s ", desc->name, labels[0] ? "{" : "",
                  labels, labels[0] ? "}" : "");
    put_double(out->s, h->sum / 1e6);
    ds_put_format(out->s, "\n%s_count%s%s%s %"PRIu64"\n", desc->name,
                  labels[0] ? "{" : "", labels, labels[0] ? "}" : "",
                  histogram_cumulative(h, HISTOGRAM_N_BOUNDS));
    free(labels);
}

void
metrics_put_end(const struct metrics_out *out)
{
    if (out->openmetrics) {
        ds_put_cstr(out->s, "# EOF\n");
    }
}
