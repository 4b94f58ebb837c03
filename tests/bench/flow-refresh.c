/* SPDX-License-Identifier: Apache-2.0 */

/* What reading counters from this kernel costs:
 *
 *     flow-refresh ROUNDS IFINDEX...
 *
 * reads all filters on the devices IFINDEX in full, and then ROUNDS times
 * their counters by a terse dump, each into the table, as the daemon does.  Prints
 * the number of flows, of those in hardware, and of these rounds, in seconds:
 * how long the kernel took in the system calls in which it makes the dump, CPU
 * time in user space as the kernel estimates it, and CPU time of all but those
 * system calls. */

#include <config.h>

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "controller/flow-table/table.h"
#include "netlink/tc.h"
#include "tests/bench/flow-run.h"
#include "timeval.h"
#include "util.h"

#define BUDGET 4096             /* As in the daemon. */

struct state {
    struct event_base *base;
    struct flow_table *table;
    const int *ifindexes;       /* Devices. */
    size_t n_ifindexes;         /* Number of these. */
    bool terse;                 /* Which dump is under way. */
    bool done;
    uint64_t kernel_us;         /* Of terse dumps. */
};

static void
on_begin(void *state OVS_UNUSED, const struct tc_part *part OVS_UNUSED)
{
}

static void
on_flows(void *state_, const struct flow_record *const *records, size_t n)
{
    struct state *state = state_;

    if (!state->terse) {
        flow_table_put(state->table, records, n, time_msec());
    } else if (flow_table_refresh(state->table, records, n, time_msec())) {
        ovs_fatal(0, "a flow is new");
    }
}

static void
on_done(void *state_, const struct tc_dump_result *result)
{
    struct state *state = state_;

    if (result->error || result->n_malformed) {
        ovs_fatal(result->error, "the dump failed");
    }
    if (state->terse) {
        state->kernel_us += result->kernel_us;
    }
    state->done = true;
}

static void
dump(struct state *state, bool terse)
{
    static const struct tc_dump_callbacks callbacks = {
        .begin = on_begin, .flows = on_flows, .done = on_done,
    };
    int error;

    state->terse = terse;
    state->done = false;
    if (!tc_dump_start(state->base, state->ifindexes, state->n_ifindexes,
                       terse ? TC_DUMP_TERSE | TC_DUMP_NO_RETRY : 0,
                       &callbacks, state, &error)) {
        ovs_fatal(error, "cannot dump");
    }
    while (!state->done) {
        event_base_loop(state->base, EVLOOP_ONCE);
        flow_table_run(state->table, BUDGET, time_msec());
    }
}

static double
user_time(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_utime.tv_usec / 1e6;
}

static size_t
count_offloaded(const struct flow_table *table)
{
    struct flow_view v;
    size_t n = 0;

    for (size_t cursor = 0; flow_table_next(table, &cursor, &v); ) {
        n += (v.flags & FLOW_IN_HW) != 0;
    }
    return n;
}

int
main(int argc, char *argv[])
{
    unsigned int rounds;
    int *ifindexes;

    set_program_name(argv[0]);
    if (argc < 3 || !str_to_uint(argv[1], 10, &rounds)) {
        ovs_fatal(0, "usage: %s ROUNDS IFINDEX...", argv[0]);
    }
    ifindexes = xmalloc((argc - 2) * sizeof *ifindexes);
    for (int i = 2; i < argc; i++) {
        if (!str_to_int(argv[i], 10, &ifindexes[i - 2])) {
            ovs_fatal(0, "%s: no number of a device", argv[i]);
        }
    }
    struct state state = {
        .base = event_base_new(), .table = flow_table_create(),
        .ifindexes = ifindexes, .n_ifindexes = argc - 2,
    };
    dump(&state, false);

    double start_user = user_time();
    double start = run_cpu_time();
    for (unsigned int i = 0; i < rounds; i++) {
        dump(&state, true);
    }
    double user = user_time() - start_user;
    double cpu = run_cpu_time() - start;
    double kernel = state.kernel_us / 1e6;
    printf("{\"flows\":%"PRIuSIZE",\"in_hw\":%"PRIuSIZE","
           "\"kernel\":%.6f,\"user\":%.6f,\"rest\":%.6f}\n",
           flow_table_count(state.table), count_offloaded(state.table),
           kernel, user, cpu - kernel);
    flow_table_destroy(state.table);
    event_base_free(state.base);
    free(ifindexes);
    return EXIT_SUCCESS;
}
