/* SPDX-License-Identifier: Apache-2.0 */

/* The messages that flow-gen writes, read with libmnl:
 *
 *     flow-peer-mnl full FILE               a full dump
 *     flow-peer-mnl terse FULL TERSE        counters of a terse dump
 *     flow-peer-mnl walk-full N FILE        the same two, of N flows, as
 *     flow-peer-mnl walk-terse N FULL TERSE flow-walk.c does it */

#include <config.h>

#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/flow-facts.h"
#include "tests/bench/flow-mnl.h"
#include "tests/bench/flow-run.h"
#include "tests/bench/flow-walk.h"
#include "util.h"

/* As libmnl's users write it. */

static int
put_filter(const struct nlmsghdr *nlh, void *table)
{
    uint32_t outputs[FACTS_MAX_OUTPUTS];
    struct flow_facts facts;

    facts_init(&facts, outputs);
    if (mnl_parse(nlh, &facts)) {
        facts_table_put(table, &facts);
    }
    return MNL_CB_OK;
}

static int
refresh_filter(const struct nlmsghdr *nlh, void *table)
{
    uint32_t outputs[FACTS_MAX_OUTPUTS];
    struct flow_facts facts;

    facts_init(&facts, outputs);
    if (mnl_parse(nlh, &facts)) {
        facts_table_refresh(table, &facts);
    }
    return MNL_CB_OK;
}

static void
full_piece(void *table, const struct nlmsghdr *nlh, size_t size)
{
    mnl_cb_run(nlh, size, 0, 0, put_filter, table);
}

static void
terse_piece(void *table, const struct nlmsghdr *nlh, size_t size)
{
    mnl_cb_run(nlh, size, 0, 0, refresh_filter, table);
}

static double
usual(const char *full, const char *terse, struct facts_sums *sums)
{
    struct hmap table = HMAP_INITIALIZER(&table);
    double seconds = run_messages(full, full_piece, &table);

    if (terse) {
        seconds = run_messages(terse, terse_piece, &table);
    }
    facts_sums_add_table(sums, &table);
    facts_table_destroy(&table);
    return seconds;
}

/* Tuned by hand. */

static void
walk_full_piece(void *table, const struct nlmsghdr *nlh, size_t size)
{
    struct walk_flow flow;

    for (int len = size; mnl_nlmsg_ok(nlh, len);
         nlh = mnl_nlmsg_next(nlh, &len)) {
        if (walk_parse(nlh, &flow)) {
            walk_table_put(table, &flow);
        }
    }
}

static void
walk_terse_piece(void *table, const struct nlmsghdr *nlh, size_t size)
{
    struct walk_flow flow;

    for (int len = size; mnl_nlmsg_ok(nlh, len);
         nlh = mnl_nlmsg_next(nlh, &len)) {
        if (walk_parse(nlh, &flow)) {
            walk_table_refresh(table, &flow);
        }
    }
}

static double
walk(const char *n_, const char *full, const char *terse,
     struct facts_sums *sums)
{
    struct walk_table table;
    unsigned int n;
    double seconds;

    if (!str_to_uint(n_, 10, &n)) {
        ovs_fatal(0, "\"%s\" is no number of flows", n_);
    }
    walk_table_init(&table, n);
    seconds = run_messages(full, walk_full_piece, &table);
    if (terse) {
        seconds = run_messages(terse, walk_terse_piece, &table);
    }
    walk_table_sum(&table, sums);
    walk_table_destroy(&table);
    return seconds;
}

int
main(int argc, char *argv[])
{
    static struct facts_sums sums;
    double seconds;

    set_program_name(argv[0]);
    if (argc == 3 && !strcmp(argv[1], "full")) {
        seconds = usual(argv[2], NULL, &sums);
    } else if (argc == 4 && !strcmp(argv[1], "terse")) {
        seconds = usual(argv[2], argv[3], &sums);
    } else if (argc == 4 && !strcmp(argv[1], "walk-full")) {
        seconds = walk(argv[2], argv[3], NULL, &sums);
    } else if (argc == 5 && !strcmp(argv[1], "walk-terse")) {
        seconds = walk(argv[2], argv[3], argv[4], &sums);
    } else {
        ovs_fatal(0, "usage: %s full|terse|walk-full|walk-terse [N] FILE...",
                  argv[0]);
    }
    run_print_facts(&sums, true, seconds);
    return EXIT_SUCCESS;
}
