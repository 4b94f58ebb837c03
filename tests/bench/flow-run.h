/* SPDX-License-Identifier: Apache-2.0 */

#ifndef BENCH_FLOW_RUN_H
#define BENCH_FLOW_RUN_H 1

/* What the programs of the flow benchmarks, ours and the peers', share: how
 * messages come, how time is taken, and what is printed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct facts_sums;
struct nlmsghdr;

/* CPU time of this process in seconds. */
double run_cpu_time(void);

/* Resident memory in bytes: now, and the most there was. */
size_t run_rss(void);
size_t run_peak_rss(void);

/* Pieces in which messages are handed over.  Small enough that they are in the
 * cache, as what was just received from a socket is, and large enough that
 * taking the time in between costs nothing. */
#define RUN_PIECE (512 * 1024)

/* Reads 'file', netlink messages one after the other, and calls 'piece' for
 * each piece of 'size' bytes, which are complete messages.  Returns the CPU
 * time spent in 'piece', in seconds: what the kernel needs to hand over data
 * is not in it. */
double run_messages(const char *file,
                    void (*piece)(void *aux, const struct nlmsghdr *,
                                  size_t size),
                    void *aux);

/* What came out, as a line of JSON. */
struct run_result {
    uint64_t flows;             /* Number of flows. */
    uint64_t packets, bytes;    /* Sums of their counters. */
    double seconds;             /* CPU time. */
};
void run_print(const struct run_result *);

/* The same from what each flow is; 'heads' as for facts_sums_print(). */
void run_print_facts(const struct facts_sums *, bool heads, double seconds);

#endif /* flow-run.h */
