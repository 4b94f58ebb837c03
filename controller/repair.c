/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/repair.h"

#include <limits.h>
#include <stdlib.h>

#include "controller/vswitchd-query.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(repair);

#define INTERVAL_MS (60 * 1000)
#define COMMAND "revalidator/purge"

struct repair {
    struct vswitchd_query *query; /* Command under way, or NULL. */
    bool done;                  /* Is 'query' over? */
    bool ok;                    /* And did it succeed? */
    long long int next;         /* Not before this time_msec(). */
};

struct repair *
repair_create(void)
{
    struct repair *repair = xzalloc(sizeof *repair);

    repair->next = LLONG_MIN;
    return repair;
}

void
repair_destroy(struct repair *repair)
{
    if (repair) {
        vswitchd_query_destroy(repair->query);
        free(repair);
    }
}

static void
query_done(void *repair_, const char *text, const char *error)
{
    struct repair *repair = repair_;

    repair->done = true;
    repair->ok = text != NULL;
    if (error) {
        VLOG_WARN("could not run "COMMAND" in ovs-vswitchd: %s", error);
    } else {
        VLOG_INFO("ran "COMMAND" in ovs-vswitchd");
    }
}

static void
start(struct repair *repair)
{
    repair->next = time_msec() + INTERVAL_MS;
    repair->done = repair->ok = false;
    repair->query = vswitchd_query_start(VSWITCHD_REPAIR, COMMAND,
                                         INTERVAL_MS, query_done, repair);
}

bool
repair_run(struct repair *repair, bool needed)
{
    if (!repair->query && needed && time_msec() >= repair->next) {
        start(repair);
    }
    if (!repair->query) {
        return false;
    }
    vswitchd_query_run(repair->query);
    if (!repair->done) {
        return false;
    }
    vswitchd_query_destroy(repair->query);
    repair->query = NULL;
    return repair->ok;
}

void
repair_wait(struct repair *repair, bool needed)
{
    if (repair->query) {
        vswitchd_query_wait(repair->query);
    } else if (needed) {
        poll_timer_wait_until(repair->next);
    }
}
