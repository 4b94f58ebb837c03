/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_BENCH_PROBE_DB_H
#define TESTS_BENCH_PROBE_DB_H 1

/* The database side of the probe: sees when Interfaces come, go and get their
 * OpenFlow port.  Those count whose iface-id begins with "bench". */

#include <stddef.h>
#include <stdint.h>

#include "openvswitch/shash.h"

struct jsonrpc;

struct probe_db {
    struct jsonrpc *rpc;
    struct shash rows;          /* "struct probe_row" by UUID. */
    size_t n_ofports;           /* Rows with a valid ofport. */
    uint64_t row_at;            /* When the first row was added, */
    uint64_t last_row_at;       /* the last one, */
    uint64_t ofport_at;         /* and when the last ofport was set, in
                                 * microseconds of CLOCK_MONOTONIC; 0 if
                                 * none was. */
};

/* Connects to 'remote' and reads what there is. */
void probe_db_open(struct probe_db *, const char *remote);

/* Takes what is there, without blocking. */
void probe_db_run(struct probe_db *);
void probe_db_wait(struct probe_db *);

/* Forgets the times. */
void probe_db_reset(struct probe_db *);

#endif /* tests/bench/probe-db.h */
