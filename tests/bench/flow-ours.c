/* SPDX-License-Identifier: Apache-2.0 */

/* What the daemon does with the flows that flow-gen writes:
 *
 *     flow-ours full FILE          messages of a full dump, to the table
 *     flow-ours terse FULL TERSE   counters of a terse dump
 *     flow-ours records FILE       messages of a full dump, to records only,
 *                                  to see what these have
 *     flow-ours text FILE          text, to the report
 *
 * prints a line of JSON: what came out, CPU time, and memory in bytes. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/flow/file.h"
#include "controller/flow/ifaces.h"
#include "controller/flow/report.h"
#include "controller/flow/rows.h"
#include "controller/flow-table/table.h"
#include "controller/flow-text/text.h"
#include "netlink/tc.h"
#include "openvswitch/json.h"
#include "tests/bench/flow-facts.h"
#include "tests/bench/flow-run.h"
#include "tests/bench/flow-view.h"
#include "util.h"

/* What the engine gives flow_table_run() in a round of the main loop. */
#define BUDGET 4096

/* Any time. */
#define NOW 1000000

/* Netlink. */

struct reader {
    struct flow_table *table;
    bool terse;                 /* Refresh. */
    size_t n;                   /* Records that wait. */
    struct flow_record records[TC_BATCH];
    const struct flow_record *flows[TC_BATCH]; /* Their addresses. */
};

static void
reader_init(struct reader *r)
{
    memset(r, 0, sizeof *r);
    r->table = flow_table_create();
    for (size_t i = 0; i < TC_BATCH; i++) {
        r->flows[i] = &r->records[i];
    }
}

static void
flush(struct reader *r)
{
    if (!r->terse) {
        flow_table_put(r->table, r->flows, r->n, NOW);
    } else if (flow_table_refresh(r->table, r->flows, r->n, NOW + 1000)) {
        ovs_fatal(0, "the table lacks flows");
    }
    r->n = 0;
}

/* Takes a piece as netlink/tc-dump.c takes a chunk. */
static void
read_piece(void *r_, const struct nlmsghdr *nlh, size_t size)
{
    struct reader *r = r_;
    const uint8_t *p = (const uint8_t *) nlh;

    while (size >= sizeof *nlh) {
        nlh = ALIGNED_CAST(const struct nlmsghdr *, p);
        if (tc_flow_parse(nlh, size, 0, &r->records[r->n])
            != TC_PARSE_FLOW) {
            ovs_fatal(0, "cannot parse a message");
        }
        if (++r->n >= TC_BATCH) {
            flush(r);
        }
        p += NLMSG_ALIGN(nlh->nlmsg_len);
        size -= NLMSG_ALIGN(nlh->nlmsg_len);
    }
    flush(r);
    flow_table_run(r->table, BUDGET, NOW);
}

/* Does what the table put off.  Returns the CPU time of that. */
static double
settle(struct flow_table *table)
{
    double start = run_cpu_time();

    while (flow_table_run(table, BUDGET, NOW)) {
        continue;
    }
    return run_cpu_time() - start;
}

static void
netlink(const char *full, const char *terse)
{
    static struct facts_sums sums;
    struct reader r;
    double seconds;
    size_t rss = run_rss();

    reader_init(&r);
    seconds = run_messages(full, read_piece, &r);
    seconds += settle(r.table);
    if (terse) {
        r.terse = true;
        seconds = run_messages(terse, read_piece, &r);
        seconds += settle(r.table);
    }

    /* Before the sums, which are none of it. */
    rss = run_rss() - rss;
    facts_sums_add_flows(&sums, r.table, NOW);
    printf("{");
    facts_sums_print(&sums, false);
    printf(",\"seconds\":%.6f,\"table\":%"PRIuSIZE",\"rss\":%"PRIuSIZE"}\n",
           seconds, flow_table_memory(r.table), rss);
    flow_table_destroy(r.table);
}

/* What the parser knows of a flow. */
static void
sum_records(void *sums, const struct nlmsghdr *nlh, size_t size)
{
    const uint8_t *p = (const uint8_t *) nlh;
    struct flow_record r;

    for (; size >= sizeof *nlh; size -= NLMSG_ALIGN(nlh->nlmsg_len)) {
        struct flow_facts facts;

        nlh = ALIGNED_CAST(const struct nlmsghdr *, p);
        p += NLMSG_ALIGN(nlh->nlmsg_len);
        if (tc_flow_parse(nlh, size, 0, &r) != TC_PARSE_FLOW) {
            ovs_fatal(0, "cannot parse a message");
        }
        facts_from_record(&facts, &r);
        facts_sums_add(sums, &facts);
    }
}

static void
records(const char *full)
{
    static struct facts_sums sums;
    double seconds = run_messages(full, sum_records, &sums);

    run_print_facts(&sums, true, seconds);
}

/* Text. */

/* All flows' counters, by walking over them; in '*firsts' those of flows of
 * recirc_id 0. */
static struct run_result
sum(const struct flow_table *table, struct run_result *firsts)
{
    struct run_result result = { .flows = 0 };
    struct flow_view v;

    for (size_t cursor = 0; flow_table_next(table, &cursor, &v); ) {
        uint64_t packets = v.hw.packets + v.sw.packets;
        uint64_t bytes = v.hw.bytes + v.sw.bytes;

        result.flows++;
        result.packets += packets;
        result.bytes += bytes;
        if (!v.recirc_id) {
            firsts->packets += packets;
            firsts->bytes += bytes;
        }
    }
    return result;
}

static void
on_flows(void *table, const struct flow_record *const *records, size_t n)
{
    flow_table_put(table, records, n, NOW);
    flow_table_run(table, BUDGET, NOW);
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
facts(void *text, uint32_t dev, struct flow_reason_dev *d)
{
    *d = (struct flow_reason_dev) {
        .name = flow_text_name(text, dev), .exists = true,
        .transparent = true,
    };
}

/* The report of "flow/parse", as the text that the user gets.  Adds up what
 * was sent according to it in '*result'. */
static char *
report(const struct flow_table *table, struct flow_text *text,
       struct run_result *result)
{
    static const struct flow_reason_env env;
    struct flow_interface *ifaces = NULL;
    size_t n = 0, allocated = 0;
    struct flow_rows rows;
    const char *name;

    while ((name = flow_text_name(text, n + 1))) {
        if (n >= allocated) {
            ifaces = x2nrealloc(ifaces, &allocated, sizeof *ifaces);
        }
        ifaces[n] = (struct flow_interface) {
            .name = name, .ifindex = n + 1, .kind = FLOW_KIND_PORT,
        };
        n++;
    }
    flow_rows_init(&rows, &(struct flow_rows_args) {
        .table = table, .ifaces = ifaces, .n_ifaces = n, .env = &env,
        .offline = true, .exists = exists, .resync = resync, .facts = facts,
        .aux = text,
    });

    struct json *json = flow_report_to_json(&(struct flow_report_args) {
        .rows = &rows, .state = "complete", .now = NOW,
    });
    char *s = json_to_string(json, 0);

    json_destroy(json);
    result->packets = rows.egress.hw.packets + rows.egress.sw.packets;
    result->bytes = rows.egress.hw.bytes + rows.egress.sw.bytes;
    flow_rows_destroy(&rows);
    free(ifaces);
    return s;
}

static void
feed_file(struct flow_text *text, const char *file)
{
    char *buf = xmalloc(FLOW_FILE_PIECE);
    int fd = open(file, O_RDONLY);
    ssize_t n;

    if (fd < 0) {
        ovs_fatal(errno, "cannot open %s", file);
    }
    while ((n = read(fd, buf, FLOW_FILE_PIECE)) > 0) {
        flow_text_feed(text, buf, n);
    }
    if (n < 0) {
        ovs_fatal(errno, "cannot read %s", file);
    }
    flow_text_end(text);
    close(fd);
    free(buf);
}

static void
text(const char *file)
{
    struct flow_table *table = flow_table_create();
    struct flow_text *parser = flow_text_create(on_flows, table);
    struct run_result in_report = { .flows = 0 };
    size_t rss_before = run_rss();
    double start = run_cpu_time();

    feed_file(parser, file);
    settle(table);
    char *s = report(table, parser, &in_report);
    double seconds = run_cpu_time() - start;
    size_t rss = run_peak_rss() - rss_before;

    struct run_result firsts = { .flows = 0 };
    struct run_result result = sum(table, &firsts);
    if (in_report.packets != firsts.packets
        || in_report.bytes != firsts.bytes
        || flow_text_status(parser)->n_malformed) {
        ovs_fatal(0, "%s: packets are missing in the report", file);
    }
    printf("{\"flows\":%"PRIu64",\"packets\":%"PRIu64",\"bytes\":%"PRIu64","
           "\"seconds\":%.6f,\"table\":%"PRIuSIZE",\"peak_rss\":%"PRIuSIZE","
           "\"report\":%"PRIuSIZE"}\n",
           result.flows, result.packets, result.bytes, seconds,
           flow_table_memory(table), rss, strlen(s));
    free(s);
    flow_text_destroy(parser);
    flow_table_destroy(table);
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc == 3 && !strcmp(argv[1], "full")) {
        netlink(argv[2], NULL);
    } else if (argc == 3 && !strcmp(argv[1], "records")) {
        records(argv[2]);
    } else if (argc == 4 && !strcmp(argv[1], "terse")) {
        netlink(argv[2], argv[3]);
    } else if (argc == 3 && !strcmp(argv[1], "text")) {
        text(argv[2]);
    } else {
        ovs_fatal(0, "usage: %s full|terse|records|text FILE...", argv[0]);
    }
    return EXIT_SUCCESS;
}
