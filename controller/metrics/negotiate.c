/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/metrics/negotiate.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "util.h"

/* A part of a string. */
struct span {
    const char *s;
    size_t n;
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span
trim(struct span span)
{
    while (span.n && is_blank(span.s[0])) {
        span.s++;
        span.n--;
    }
    while (span.n && is_blank(span.s[span.n - 1])) {
        span.n--;
    }
    return span;
}

/* Takes what comes before the first 'delimiter', or all, off '*rest'.  Returns
 * false if nothing is left. */
static bool
take(struct span *rest, char delimiter, struct span *part)
{
    const char *end;

    if (!rest->s) {
        return false;
    }
    end = memchr(rest->s, delimiter, rest->n);
    if (end) {
        *part = (struct span) { rest->s, end - rest->s };
        rest->n -= part->n + 1;
        rest->s = end + 1;
    } else {
        *part = *rest;
        rest->s = NULL;
    }
    *part = trim(*part);
    return true;
}

static bool
equals(struct span span, const char *s)
{
    return span.n == strlen(s) && !strncasecmp(span.s, s, span.n);
}

/* A weight in thousandths, -1 if 'span' is none. */
static int
parse_weight(struct span span)
{
    int weight = 0;

    if (!span.n || span.n > 5 || (span.s[0] != '0' && span.s[0] != '1')
        || (span.n > 1 && span.s[1] != '.')) {
        return -1;
    }
    for (size_t i = 0, unit = 1000; i < 5; i++) {
        if (i == 1) {
            continue;
        }
        if (i < span.n) {
            if (!isdigit((unsigned char) span.s[i])) {
                return -1;
            }
            weight += (span.s[i] - '0') * unit;
        }
        unit /= 10;
    }
    return weight <= 1000 ? weight : -1;
}

/* One media range with its parameters. */
struct range {
    struct span type;           /* As "text/plain". */
    struct span version;        /* Or empty. */
    int weight;                 /* In thousandths. */
};

static bool
parse_range(struct span element, struct range *range)
{
    struct span parameter, name;

    *range = (struct range) { .weight = 1000 };
    take(&element, ';', &range->type);
    while (take(&element, ';', &parameter)) {
        if (!take(&parameter, '=', &name) || !parameter.s) {
            continue;
        }
        parameter = trim(parameter);
        if (equals(name, "q")) {
            range->weight = parse_weight(parameter);
        } else if (equals(name, "version")) {
            range->version = parameter;
        }
    }
    return range->weight >= 0;
}

bool
metrics_wants_openmetrics(const char *accept)
{
    struct span rest = { accept, accept ? strlen(accept) : 0 };
    int text = 0, openmetrics = 0;
    struct span element;
    struct range range;

    while (take(&rest, ',', &element)) {
        if (!parse_range(element, &range)) {
            continue;
        }
        if (equals(range.type, "application/openmetrics-text")) {
            if (!range.version.n || equals(range.version, "1.0.0")) {
                openmetrics = MAX(openmetrics, range.weight);
            }
        } else if (equals(range.type, "text/plain")
                   || equals(range.type, "text/*")) {
            text = MAX(text, range.weight);
        }
    }
    return openmetrics && openmetrics >= text;
}
