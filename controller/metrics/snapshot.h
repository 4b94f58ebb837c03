/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_SNAPSHOT_H
#define CONTROLLER_METRICS_SNAPSHOT_H 1

/* What a scrape tells of interfaces and of ports: taken before the text is
 * made, as that takes as long as the client does.  Labels are made once. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct controller;
struct ledger;

/* Rows of interfaces at most, and of ports. */
#define METRICS_MAX_ROWS 4096

enum { METRICS_EGRESS, METRICS_INGRESS, METRICS_N_DIRECTIONS };
enum { METRICS_HW, METRICS_SW, METRICS_N_WHERE };

struct metrics_row {
    char *labels;               /* From metrics_labels(). */
    bool counted;               /* Are packets and bytes of it to be told? */
    uint64_t flows[METRICS_N_DIRECTIONS][METRICS_N_WHERE];
    uint64_t packets[METRICS_N_DIRECTIONS][METRICS_N_WHERE];
    uint64_t bytes[METRICS_N_DIRECTIONS][METRICS_N_WHERE];
    double ratio[METRICS_N_DIRECTIONS]; /* Hardware's share in the packets
                                         * between the last two readings of
                                         * counters, -1 if there were none. */
};

struct metrics_snapshot {
    unsigned int ref_cnt;       /* Who uses it. */
    long long int when;         /* time_msec() of when it was taken. */
    struct metrics_row *rows;   /* Interfaces, and those that stand for
                                 * others. */
    size_t n_rows;
    size_t n_omitted;           /* Interfaces without a row of their own, */
    struct metrics_row other;   /* and the flows of these. */
    char **ports;               /* Labels of ports. */
    size_t n_ports;
    size_t n_ports_omitted;     /* Ports that are left out. */
};

struct metrics_snapshot *metrics_snapshot_ref(struct metrics_snapshot *);
void metrics_snapshot_unref(struct metrics_snapshot *);

/* Taking one, in steps between which the main loop does other work.  Each goes
 * through a bounded number of interfaces, ports or pairs of devices that have
 * flows; but what there is of a userspace datapath is joined at once.  What
 * changes meanwhile is in the snapshot or not. */
struct metrics_taking;

/* Begins; 'ledger' has the interfaces' counters, and the limit of rows.
 * Nobody else may use it until the end. */
struct metrics_taking *metrics_taking_create(const struct controller *,
                                             struct ledger *ledger);
/* Does up to 'max' rows' worth of work.  Returns the snapshot, with one
 * reference, when it is done, and NULL before. */
struct metrics_snapshot *metrics_taking_run(struct metrics_taking *,
                                            size_t max);
void metrics_taking_destroy(struct metrics_taking *);

#endif /* controller/metrics/snapshot.h */
