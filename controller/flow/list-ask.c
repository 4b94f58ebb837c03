/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/list-private.h"

#include <stdlib.h>
#include <string.h>

#include "controller/flow-text/text.h"
#include "controller/vswitchd-query.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

/* How long ovs-vswitchd has for all questions of a list, in ms. */
#define TIMEOUT_MS 5000

/* A copy of 'text' without the end of the line. */
static char *
copy_line(const char *text)
{
    return xmemdup0(text, strcspn(text, "\n"));
}

static void
on_done(void *item_, const char *text, const char *error)
{
    struct flow_item *item = item_;

    if (text) {
        const char *why = flow_text_split(text, item->view.ufid, &item->match,
                                          &item->actions);

        item->error = why ? xasprintf("what ovs-vswitchd prints: %s", why)
                      : NULL;
    } else {
        item->error = copy_line(error);
    }
}

/* "dpctl/get-flow" has two arguments at most.  "-m", with which it prints
 * names of ports, leaves no room for the datapath, which has to be the only
 * one then. */
static void
start_query(struct flow_ask *ask, struct flow_item *item, int timeout)
{
    char ufid[FLOW_UFID_STRLEN];
    char option[] = "-m", datapath[] = "netdev@ovs-netdev";
    char *name = xasprintf("ufid:%s", flow_ufid_to_string(item->view.ufid,
                                                          ufid));
    char *const args[] = { ask->numbers ? datapath : option, name };

    item->query = vswitchd_query_start_args(VSWITCHD_REPORT, "dpctl/get-flow",
                                            ARRAY_SIZE(args), args, timeout,
                                            on_done, item);
    free(name);
    for (size_t i = 0; i < FLOW_ASK_MAX; i++) {
        if (!ask->items[i]) {
            ask->items[i] = item;
            ask->n++;
            break;
        }
    }
}

void
flow_ask_init(struct flow_ask *ask, const struct ovs_view *view)
{
    const struct ovs_iface *iface;

    memset(ask, 0, sizeof *ask);
    OVS_VIEW_FOR_EACH_IFACE (iface, view) {
        const char *dp = ovs_view_bridge_datapath(view, iface->bridge);

        if (!dp || strcmp(dp, "netdev")) {
            ask->numbers = true;
        }
    }
}

void
flow_ask_start(struct flow_ask *ask, struct flow_item *item)
{
    long long int now = time_msec();

    ovs_assert(!flow_ask_is_full(ask));
    if (!ask->n_asked) {
        ask->deadline = now + TIMEOUT_MS;
    }
    if (ask->n_asked >= FLOW_ASK_TOTAL) {
        item->error = xasprintf("ovs-vswitchd is asked for no more than %d "
                                "flows at a time", FLOW_ASK_TOTAL);
    } else if (now >= ask->deadline) {
        item->error = xstrdup("ovs-vswitchd was too slow");
    } else {
        ask->n_asked++;
        start_query(ask, item, ask->deadline - now);
    }
}

void
flow_ask_run(struct flow_ask *ask)
{
    for (size_t i = 0; i < FLOW_ASK_MAX; i++) {
        struct flow_item *item = ask->items[i];

        if (item) {
            vswitchd_query_run(item->query);
            if (item->match || item->error) {
                vswitchd_query_destroy(item->query);
                item->query = NULL;
                ask->items[i] = NULL;
                ask->n--;
            }
        }
    }
}

void
flow_ask_wait(const struct flow_ask *ask)
{
    for (size_t i = 0; i < FLOW_ASK_MAX; i++) {
        if (ask->items[i]) {
            vswitchd_query_wait(ask->items[i]->query);
        }
    }
}
