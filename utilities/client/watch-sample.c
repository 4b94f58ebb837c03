/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/watch-sample.h"

#include <stdlib.h>
#include <string.h>

#include "controller/json-member.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

/* Parsing. */

static const char *const directions[] = { "egress", "ingress" };
static const char *const wheres[] = { "hw", "sw" };

/* Stores a number that is not negative, if it is there. */
static bool
count_member(const struct json *json, const char *name, uint64_t *value)
{
    const struct json *m = json_member(json, name, JSON_INTEGER);
    int64_t number = m ? json_integer(m) : -1;

    *value = number;
    return number >= 0;
}

/* The main reason of an interface, and how many more there are. */
static char *
main_reason(const struct json *iface)
{
    const struct json *reasons = json_member(iface, "reasons", JSON_ARRAY);
    size_t n = reasons ? json_array(reasons)->n : 0;
    const char *evidence;

    evidence = (n ? json_member_string(json_array(reasons)->elems[0],
                                       "evidence") : NULL);
    return (!evidence ? NULL
            : n == 1 ? xstrdup(evidence)
            : xasprintf("%s, and %"PRIuSIZE" more", evidence, n - 1));
}

/* Parses the counts of one direction of 'iface'.  Returns whether they are of
 * the right form. */
static bool
parse_counts(struct watch_counts *c, const struct json *iface,
             enum watch_direction direction)
{
    const struct json *counts, *passed;

    counts = json_member(iface, directions[direction], JSON_OBJECT);
    passed = json_member(counts, "passed", JSON_OBJECT);
    for (int i = 0; i < WATCH_N_WHERES; i++) {
        const struct json *traffic = json_member_any(passed, wheres[i]);

        if (!count_member(traffic, "packets", &c->packets[i])
            || !count_member(traffic, "bytes", &c->bytes[i])) {
            return false;
        }
    }
    return (count_member(counts, "flows", &c->flows)
            && count_member(counts, "offloaded", &c->offloaded));
}

/* Adds both directions of 'iface'.  Returns whether it is of the right
 * form. */
static bool
add_iface(struct watch_sample *sample, const struct json *iface)
{
    const char *name = json_member_string(iface, "name");
    const char *kind = json_member_string(iface, "kind");
    const char *ns = json_member_string(iface, "namespace");
    const char *pod = json_member_string(iface, "pod");

    if (!name || !kind) {
        return false;
    }
    for (int i = 0; i < WATCH_N_DIRECTIONS; i++) {
        struct watch_counts c = { .direction = i };

        if (!parse_counts(&c, iface, i)) {
            return false;
        }
        c.name = xstrdup(name);
        c.pod = ns && pod ? xasprintf("%s/%s", ns, pod) : NULL;
        c.is_pod = !strcmp(kind, "pod");
        /* Reasons are of what it sent. */
        c.reason = i == WATCH_EGRESS ? main_reason(iface) : NULL;
        if (sample->n >= sample->allocated) {
            sample->counts = x2nrealloc(sample->counts, &sample->allocated,
                                        sizeof *sample->counts);
        }
        sample->counts[sample->n++] = c;
    }
    return true;
}

/* Are there any flows at all?  If not, counters are not read any more, and are
 * as good as new. */
static bool
has_flows(const struct json *report)
{
    const struct json *totals = json_member(report, "totals", JSON_OBJECT);
    bool any = false;

    for (int i = 0; i < WATCH_N_DIRECTIONS; i++) {
        uint64_t flows;

        any = any || (count_member(json_member_any(totals, directions[i]),
                                   "flows", &flows) && flows);
    }
    return any;
}

char *
watch_sample_init(struct watch_sample *sample, const struct json *report,
                  long long int now)
{
    const struct json *ifaces = json_member(report, "interfaces", JSON_ARRAY);
    const char *state = json_member_string(report, "state");
    uint64_t age;

    memset(sample, 0, sizeof *sample);
    if (!ifaces || !state) {
        return xstrdup("the daemon's report has no \"interfaces\" and "
                       "\"state\"");
    }
    sample->state = xstrdup(state);
    sample->read = now;
    if (has_flows(report) && count_member(report, "age_ms", &age)) {
        sample->read -= MIN(age, INT64_MAX / 2);
    }
    for (size_t i = 0; i < json_array(ifaces)->n; i++) {
        if (!add_iface(sample, json_array(ifaces)->elems[i])) {
            watch_sample_destroy(sample);
            return xasprintf("element %"PRIuSIZE" of the daemon's "
                             "\"interfaces\" is of an unknown form", i);
        }
    }
    return NULL;
}

void
watch_sample_destroy(struct watch_sample *sample)
{
    for (size_t i = 0; i < sample->n; i++) {
        free(sample->counts[i].name);
        free(sample->counts[i].pod);
        free(sample->counts[i].reason);
    }
    free(sample->counts);
    free(sample->state);
    memset(sample, 0, sizeof *sample);
}

bool
watch_sample_is_same(const struct watch_sample *a,
                     const struct watch_sample *b)
{
    return llabs(a->read - b->read) <= WATCH_SAME_READING_MS;
}

/* Rates. */

/* A key that no two counts of a sample share: names of interfaces are
 * unique. */
static char *
counts_key(const struct watch_counts *c)
{
    return xasprintf("%d %s", c->direction, c->name);
}

/* Makes the rates of 'new' since 'old', 'secs' before.  Returns false if a
 * counter went back. */
static bool
rate_since(struct watch_rate *rate, const struct watch_counts *old,
           const struct watch_counts *new, double secs)
{
    for (int i = 0; i < WATCH_N_WHERES; i++) {
        if (new->packets[i] < old->packets[i]
            || new->bytes[i] < old->bytes[i]) {
            return false;
        }
        rate->packets[i] = (new->packets[i] - old->packets[i]) / secs;
        rate->bytes[i] = (new->bytes[i] - old->bytes[i]) / secs;
    }
    rate->known = true;
    return true;
}

struct watch_rate *
watch_rates_create(const struct watch_sample *old,
                   const struct watch_sample *new)
{
    struct watch_rate *rates = xcalloc(new->n, sizeof *rates);
    struct shash index = SHASH_INITIALIZER(&index);
    double secs = old ? (new->read - old->read) / 1000.0 : 0;
    bool ok = old && secs > 0;

    for (size_t i = 0; ok && i < old->n; i++) {
        char *key = counts_key(&old->counts[i]);

        shash_add_nocopy(&index, key, &old->counts[i]);
    }
    for (size_t i = 0; ok && i < new->n; i++) {
        char *key = counts_key(&new->counts[i]);
        const struct watch_counts *before = shash_find_data(&index, key);

        ok = !before || rate_since(&rates[i], before, &new->counts[i], secs);
        free(key);
    }
    if (!ok && new->n) {
        memset(rates, 0, new->n * sizeof *rates);
    }
    for (size_t i = 0; i < new->n; i++) {
        rates[i].counts = &new->counts[i];
    }
    shash_destroy(&index);
    return rates;
}

double
watch_rate_packets(const struct watch_rate *rate)
{
    return rate->packets[WATCH_HW] + rate->packets[WATCH_SW];
}

double
watch_rate_bytes(const struct watch_rate *rate)
{
    return rate->bytes[WATCH_HW] + rate->bytes[WATCH_SW];
}

double
watch_rate_hw_share(const struct watch_rate *rate)
{
    double all = watch_rate_packets(rate);

    return all > 0 ? rate->packets[WATCH_HW] / all : -1;
}

/* Order. */

const char *
watch_order_to_string(enum watch_order order)
{
    switch (order) {
    case WATCH_BY_PACKETS: return "packets";
    case WATCH_BY_BYTES: return "bytes";
    case WATCH_BY_SOFTWARE: return "software";
    case WATCH_BY_NAME: return "name";
    case WATCH_N_ORDERS:
    default: OVS_NOT_REACHED();
    }
}

bool
watch_order_from_string(const char *s, enum watch_order *order)
{
    for (enum watch_order i = 0; i < WATCH_N_ORDERS; i++) {
        if (!strcmp(s, watch_order_to_string(i))) {
            *order = i;
            return true;
        }
    }
    return false;
}

static int
compare_names(const struct watch_rate *ra, const struct watch_rate *rb)
{
    const struct watch_counts *a = ra->counts, *b = rb->counts;
    int cmp;

    if (!a->pod != !b->pod) {
        return a->pod ? -1 : 1;
    }
    cmp = a->pod ? strcmp(a->pod, b->pod) : 0;
    cmp = cmp ? cmp : strcmp(a->name, b->name);
    return cmp ? cmp : (int) a->direction - (int) b->direction;
}

static int
compare_most(const struct watch_rate *ra, double a,
             const struct watch_rate *rb, double b)
{
    return a > b ? -1 : a < b ? 1 : compare_names(ra, rb);
}

static int
compare_by_packets(const void *a, const void *b)
{
    return compare_most(a, watch_rate_packets(a), b, watch_rate_packets(b));
}

static int
compare_by_bytes(const void *a, const void *b)
{
    return compare_most(a, watch_rate_bytes(a), b, watch_rate_bytes(b));
}

static int
compare_by_software(const void *a_, const void *b_)
{
    const struct watch_rate *a = a_, *b = b_;

    return compare_most(a, a->packets[WATCH_SW], b, b->packets[WATCH_SW]);
}

static int
compare_by_name(const void *a, const void *b)
{
    return compare_names(a, b);
}

void
watch_rates_sort(struct watch_rate *rates, size_t n, enum watch_order order)
{
    static int (*const compare[])(const void *, const void *) = {
        [WATCH_BY_PACKETS] = compare_by_packets,
        [WATCH_BY_BYTES] = compare_by_bytes,
        [WATCH_BY_SOFTWARE] = compare_by_software,
        [WATCH_BY_NAME] = compare_by_name,
    };

    if (n) {
        qsort(rates, n, sizeof *rates, compare[order]);
    }
}
