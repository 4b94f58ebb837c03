/* SPDX-License-Identifier: Apache-2.0 */

/* What a report costs:
 *
 *     flow-report [--steps] N_PODS N_FLOWS
 *
 * fills a table with N_FLOWS flows, of which each pod sends as many to one and
 * the same other, those of each second pod in hardware, and calls
 * bench_measured() once, which makes "flow/report": so that
 *
 *     valgrind --tool=callgrind --toggle-collect=bench_measured flow-report
 *
 * counts the instructions of that and of nothing else.  With --steps rows are
 * made as for a scrape of metrics, where each call of bench_step() is what one
 * round of the main loop does, and the number of rounds is printed. */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/flow/ifaces.h"
#include "controller/flow/report.h"
#include "controller/flow/rows.h"
#include "controller/flow-table/table.h"
#include "controller/metrics/server.h"
#include "openvswitch/json.h"
#include "util.h"

#define NOW 1000000

/* Netdev of the first pod. */
#define FIRST_IFINDEX 100000

static struct flow_interface *
make_pods(unsigned int n)
{
    struct flow_interface *pods = xcalloc(n, sizeof *pods);

    for (unsigned int i = 0; i < n; i++) {
        char *pod = xasprintf("pod%05u", i);

        pods[i] = (struct flow_interface) {
            .ifindex = FIRST_IFINDEX + i, .kind = FLOW_KIND_POD,
            .name = pod, .representor = pod, .ns = "bench", .pod = pod,
        };
    }
    return pods;
}

static void
make_flow(struct flow_record *r, unsigned int n_pods, unsigned int i)
{
    unsigned int pod = i % n_pods;
    uint64_t packets = 1000000 + i;

    memset(r, 0, sizeof *r);
    for (size_t j = 0; j < FLOW_UFID_LEN; j += 4) {
        uint32_t word = (i + 1) * 2654435761u + j;

        memcpy(&r->ufid[j], &word, sizeof word);
    }
    r->dev = FIRST_IFINDEX + pod;
    r->handle = i + 1;
    r->prio = 2;
    r->last_used = 100;
    r->packets = packets;
    r->bytes = packets * 1000;
    if (pod % 2) {
        r->flags = FLOW_IN_HW;
        r->hw_packets = r->packets;
        r->hw_bytes = r->bytes;
    }
    r->outputs = r->inline_outputs;
    r->n_outputs = 1;
    r->inline_outputs[0] = FIRST_IFINDEX + (pod * 7 + 1) % n_pods;
}

static void
fill(struct flow_table *table, unsigned int n_pods, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        const struct flow_record *records[1];
        struct flow_record r;

        make_flow(&r, n_pods, i);
        records[0] = &r;
        flow_table_put(table, records, 1, NOW);
    }
    while (flow_table_run(table, 4096, NOW)) {
        continue;
    }
}

static bool
exists(void *aux OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return true;
}

static bool
resync(void *aux OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return false;
}

static void
facts(void *pods_, uint32_t dev, struct flow_reason_dev *d)
{
    static const uint8_t switch_id[8] = { 1 };
    const struct flow_interface *pods = pods_;

    *d = (struct flow_reason_dev) {
        .name = pods[dev - FIRST_IFINDEX].name, .exists = true,
        .feature = FLOW_YES, .switch_id = switch_id,
        .switch_id_len = sizeof switch_id,
    };
}

/* External, for valgrind to find. */
char *bench_measured(const struct flow_rows_args *);

char * __attribute__((noinline))
bench_measured(const struct flow_rows_args *args)
{
    struct flow_rows rows;
    struct json *json;
    char *s;

    flow_rows_init(&rows, args);
    json = flow_report_to_json(&(struct flow_report_args) {
        .rows = &rows, .state = "complete", .now = NOW + 10, .read = NOW,
    });
    s = json_to_string(json, 0);
    json_destroy(json);
    flow_rows_destroy(&rows);
    return s;
}

/* External, too. */
bool bench_step(struct flow_join *);

bool __attribute__((noinline))
bench_step(struct flow_join *join)
{
    return flow_join_run(join, METRICS_TURN_ROWS);
}

/* Joins the table in steps.  Returns how many it were. */
static unsigned int
run_steps(const struct flow_rows_args *args)
{
    struct flow_rows rows;
    struct flow_owners *owners = flow_owners_create(args->ifaces,
                                                    args->n_ifaces, NULL);
    struct flow_join join = {
        .args = args, .rows = &rows, .owners = owners,
    };
    unsigned int n = 1;

    flow_rows_begin(&rows, args->ifaces, args->n_ifaces);
    while (!bench_step(&join)) {
        n++;
    }
    flow_rows_destroy(&rows);
    flow_owners_destroy(owners);
    return n;
}

int
main(int argc, char *argv[])
{
    bool steps = argc > 1 && !strcmp(argv[1], "--steps");
    static const struct flow_reason_env env = { .hw_offload = FLOW_YES,
                                                .skip_hw = FLOW_NO };
    struct flow_table *table = flow_table_create();
    unsigned int n_pods, n;

    set_program_name(argv[0]);
    if (argc != 3 + steps || !str_to_uint(argv[argc - 2], 10, &n_pods)
        || !n_pods || !str_to_uint(argv[argc - 1], 10, &n)) {
        ovs_fatal(0, "usage: %s [--steps] N_PODS N_FLOWS", argv[0]);
    }
    struct flow_interface *pods = make_pods(n_pods);
    fill(table, n_pods, n);

    struct flow_rows_args args = {
        .table = table, .ifaces = pods, .n_ifaces = n_pods, .env = &env,
        .exists = exists, .resync = resync, .facts = facts, .aux = pods,
    };
    if (steps) {
        args.env = NULL;        /* A scrape tells no reasons. */
        printf("{\"flows\":%"PRIuSIZE",\"rounds\":%u}\n",
               flow_table_count(table), run_steps(&args));
    } else {
        char *s = bench_measured(&args);

        printf("{\"flows\":%"PRIuSIZE",\"report\":%"PRIuSIZE"}\n",
               flow_table_count(table), strlen(s));
        free(s);
    }
    for (unsigned int i = 0; i < n_pods; i++) {
        free(CONST_CAST(char *, pods[i].name));
    }
    free(pods);
    flow_table_destroy(table);
    return EXIT_SUCCESS;
}
