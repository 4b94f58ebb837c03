/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_SNAPSHOT_H
#define CONTROLLER_METRICS_SNAPSHOT_H 1

/* What a scrape tells of interfaces and of ports: as of one moment, as the
 * text takes a while to be sent.  Labels are made once. */

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
    size_t n_omitted;           /* Interfaces without a row of their own. */
    char **ports;               /* Labels of ports. */
    size_t n_ports;
    size_t n_ports_omitted;     /* Ports that are left out. */
};

/* Takes one, with one reference; 'ledger' has the interfaces' counters, and
 * the limit of rows.  Takes time in proportion to the numbers of interfaces,
 * of ports and of pairs of devices that have flows, as flow/report does. */
struct metrics_snapshot *metrics_snapshot_create(const struct controller *,
                                                 struct ledger *ledger);
struct metrics_snapshot *metrics_snapshot_ref(struct metrics_snapshot *);
void metrics_snapshot_unref(struct metrics_snapshot *);

#endif /* controller/metrics/snapshot.h */
