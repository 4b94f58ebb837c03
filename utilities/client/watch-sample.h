/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_WATCH_SAMPLE_H
#define UTILITIES_CLIENT_WATCH_SAMPLE_H 1

/* Rates of interfaces, from the counters in two answers of "flow/report",
 * whose JSON controller/flow/report.h describes.  Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

/* Two reports are of one and the same reading of the counters if what they
 * tell of its time differs by no more than this, in ms: how long an answer is
 * under way varies. */
#define WATCH_SAME_READING_MS 50

enum watch_direction {
    WATCH_EGRESS,               /* What the interface sent. */
    WATCH_INGRESS,              /* What it received. */
    WATCH_N_DIRECTIONS
};

enum watch_where {
    WATCH_HW,                   /* The NIC forwarded it. */
    WATCH_SW,                   /* The CPU did. */
    WATCH_N_WHERES
};

/* One interface and direction in a report. */
struct watch_counts {
    char *name;                 /* Of the interface. */
    char *pod;                  /* "NAMESPACE/POD", or NULL. */
    bool is_pod;                /* Is it a pod's, by its kind? */
    enum watch_direction direction;
    uint64_t packets[WATCH_N_WHERES]; /* That passed so far; does not */
    uint64_t bytes[WATCH_N_WHERES]; /* decrease as long as the daemon runs. */
    uint64_t flows;             /* That are there. */
    uint64_t offloaded;         /* Of these, in hardware. */
    char *reason;               /* For which most of the others are in
                                 * software, or NULL. */
};

/* A report. */
struct watch_sample {
    long long int read;         /* When its counters were read, on the clock
                                 * of the caller, in ms. */
    char *state;                /* "complete", "resync" or "incomplete". */
    struct watch_counts *counts; /* In the report's order. */
    size_t n;                   /* Number of 'counts'. */
    size_t allocated;           /* Of those, allocated. */
};

/* Makes '*sample' of 'report', which came at 'now', in ms.  Returns NULL, or
 * a message that the caller frees if the report is of another form; nothing
 * is to be destroyed then. */
char *watch_sample_init(struct watch_sample *sample, const struct json *report,
                        long long int now);
void watch_sample_destroy(struct watch_sample *);

/* Are both of the same reading of the counters? */
bool watch_sample_is_same(const struct watch_sample *a,
                          const struct watch_sample *b);

/* What passed between two samples. */
struct watch_rate {
    const struct watch_counts *counts; /* In the newer sample. */
    bool known;                 /* Was it in the older sample, too?  If not,
                                 * rates are 0. */
    double packets[WATCH_N_WHERES]; /* Packets a second. */
    double bytes[WATCH_N_WHERES]; /* Bytes a second. */
};

/* Makes a rate for each of the counts of 'new', in order, by what they were
 * in 'old', or NULL if there is none.  '*rates', of 'new->n' elements, is the
 * caller's to free, and refers to 'new'.  Nothing is known if a counter went
 * back, since then the daemon was started anew. */
struct watch_rate *watch_rates_create(const struct watch_sample *old,
                                      const struct watch_sample *new);

/* Packets a second, anywhere; bytes a second, anywhere. */
double watch_rate_packets(const struct watch_rate *);
double watch_rate_bytes(const struct watch_rate *);

/* Share of packets that were in hardware, from 0 to 1, or -1 if none
 * passed. */
double watch_rate_hw_share(const struct watch_rate *);

/* Orders of rates.  Where they are equal, by pod, interface and direction. */
enum watch_order {
    WATCH_BY_PACKETS,           /* Most packets first. */
    WATCH_BY_BYTES,             /* Most bytes first. */
    WATCH_BY_SOFTWARE,          /* Most packets in software first. */
    WATCH_BY_NAME,
    WATCH_N_ORDERS
};
const char *watch_order_to_string(enum watch_order);
bool watch_order_from_string(const char *, enum watch_order *);
void watch_rates_sort(struct watch_rate *, size_t n, enum watch_order);

#endif /* utilities/client/watch-sample.h */
