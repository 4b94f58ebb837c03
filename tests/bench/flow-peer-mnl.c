/* SPDX-License-Identifier: Apache-2.0 */

/* The messages that flow-gen writes, read with libmnl:
 *
 *     flow-peer-mnl N full FILE          a full dump of N flows
 *     flow-peer-mnl N terse FULL TERSE   counters of a terse dump */

#include <config.h>

#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/flow-mnl.h"
#include "tests/bench/flow-run.h"
#include "util.h"

static void
full_piece(void *table, const struct nlmsghdr *nlh, size_t size)
{
    struct mnl_flow flow;

    for (int len = size; mnl_nlmsg_ok(nlh, len);
         nlh = mnl_nlmsg_next(nlh, &len)) {
        if (mnl_parse(nlh, &flow)) {
            mnl_table_put(table, &flow);
        }
    }
}

static void
terse_piece(void *table, const struct nlmsghdr *nlh, size_t size)
{
    struct mnl_flow flow;

    for (int len = size; mnl_nlmsg_ok(nlh, len);
         nlh = mnl_nlmsg_next(nlh, &len)) {
        if (mnl_parse(nlh, &flow)) {
            mnl_table_refresh(table, &flow);
        }
    }
}

int
main(int argc, char *argv[])
{
    struct run_result result;
    struct mnl_table table;
    unsigned int n;

    set_program_name(argv[0]);
    if (argc < 4 || argc > 5 || !str_to_uint(argv[1], 10, &n)
        || strcmp(argv[2], argc == 4 ? "full" : "terse")) {
        ovs_fatal(0, "usage: %s N full|terse FILE...", argv[0]);
    }
    mnl_table_init(&table, n);
    result.seconds = run_messages(argv[3], full_piece, &table);
    if (argc == 5) {
        result.seconds = run_messages(argv[4], terse_piece, &table);
    }
    result.flows = table.n;
    mnl_table_sum(&table, &result.packets, &result.bytes);
    run_print(&result);
    mnl_table_destroy(&table);
    return EXIT_SUCCESS;
}
