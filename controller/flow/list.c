/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/list-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/controller.h"
#include "controller/flow-detail/detail.h"
#include "controller/flow/engine.h"
#include "controller/inventory.h"
#include "controller/vswitchd-query.h"
#include "netlink/dp-flow-source.h"
#include "netlink/dp-flow.h"
#include "netlink/tc-get.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "timeval.h"
#include "util.h"

/* Flows that one step looks at. */
#define STEP_FLOWS 8192

/* Questions to the kernel that are under way at a time. */
#define MAX_GETS 16

enum stage {
    STAGE_SCAN,                 /* Looking for flows. */
    STAGE_GET,                  /* Asking for details. */
};

struct flow_list {
    const struct controller *c; /* The tables. */
    struct flow_list_args args; /* What is wanted. */
    enum stage stage;           /* What it is at. */
    bool userspace;             /* Which table it is looking through: that of
                                 * the userspace datapath comes second. */
    size_t cursor;              /* Of flow_table_next(). */
    uint64_t n_matched;         /* Flows that were wanted. */
    struct flow_item **items;   /* Those that are listed. */
    size_t n_items;             /* Number of 'items'. */
    size_t allocated_items;     /* Of those, allocated. */
    size_t next_get;            /* Index of the next item to ask for. */
    size_t n_gets;              /* Number of questions to the kernel that are
                                 * under way. */
    struct flow_ask ask;        /* Those to ovs-vswitchd. */
};

struct flow_list *
flow_list_create(const struct controller *c, const struct flow_list_args *args)
{
    struct flow_list *list = xzalloc(sizeof *list);

    list->c = c;
    list->args = *args;
    flow_ask_init(&list->ask, c->view);
    return list;
}

static void
item_destroy(struct flow_item *item)
{
    if (item->tc_get) {
        tc_get_cancel(item->tc_get);
    }
    vswitchd_query_destroy(item->query);
    free(item->match);
    free(item->actions);
    free(item->error);
    free(item);
}

void
flow_list_destroy(struct flow_list *list)
{
    if (list) {
        for (size_t i = 0; i < list->n_items; i++) {
            item_destroy(list->items[i]);
        }
        free(list->items);
        free(list->args.ns);
        free(list->args.pod);
        free(list);
    }
}

/* Looking for flows. */

static void
scan_init(struct flow_scan *scan, const struct controller *c)
{
    flow_facts_init(&scan->facts, c);
    flow_facts_rows_args(&scan->facts, flow_engine_table(c->flows),
                         &scan->rows);
    flow_userspace_rows_args(c->userspace, &scan->rows, &scan->devs,
                             &scan->user_rows);
    scan->owners = flow_owners_create(scan->rows.ifaces, scan->rows.n_ifaces,
                                      scan->rows.bridge_ids);
}

static void
scan_destroy(struct flow_scan *scan)
{
    flow_owners_destroy(scan->owners);
    flow_userspace_devs_destroy(&scan->devs);
    flow_facts_destroy(&scan->facts);
}

static bool
is_of_pod(const struct flow_list *list, const struct flow_interface *iface)
{
    return (iface && iface->ns && iface->pod
            && !strcmp(iface->ns, list->args.ns)
            && !strcmp(iface->pod, list->args.pod));
}

static bool
involves_pod(const struct flow_list *list, const struct flow_scan *scan,
             const struct flow_view *view)
{
    const struct flow_receiver *r = view->receiver;

    if (is_of_pod(list, flow_scan_find(scan, list->userspace, view->dev))) {
        return true;
    }
    if (r && r->type == FLOW_RECEIVER_GUESS) {
        return is_of_pod(list, flow_scan_iface(
                             scan, flow_owners_guess(scan->owners, r)));
    }
    for (size_t i = 0; r && i < r->n_devs; i++) {
        if (is_of_pod(list, flow_scan_find(scan, list->userspace,
                                           r->devs[i]))) {
            return true;
        }
    }
    return false;
}

static void
consider(struct flow_list *list, const struct flow_scan *scan,
         const struct flow_view *view)
{
    const struct flow_list_args *args = &list->args;

    if ((args->not_offloaded && view->flags & FLOW_IN_HW)
        || (args->pod && !involves_pod(list, scan, view))) {
        return;
    }
    list->n_matched++;
    if (args->limit && list->n_items >= args->limit) {
        return;
    }
    if (list->n_items >= list->allocated_items) {
        list->items = x2nrealloc(list->items, &list->allocated_items,
                                 sizeof *list->items);
    }

    struct flow_item *item = xzalloc(sizeof *item);
    item->list = list;
    item->userspace = list->userspace;
    item->view = *view;
    item->view.receiver = NULL;
    list->items[list->n_items++] = item;
}

static const struct flow_table *
table_of(const struct flow_list *list, bool userspace)
{
    return (userspace ? flow_userspace_table(list->c->userspace)
            : flow_engine_table(list->c->flows));
}

/* Looks at some flows.  Returns whether there are more. */
static bool
scan_step(struct flow_list *list)
{
    const struct flow_table *table = table_of(list, list->userspace);
    struct flow_view view;
    bool more = true;
    struct flow_scan scan;

    scan_init(&scan, list->c);
    if (list->args.has_ufid) {
        if (flow_table_find(table, list->args.ufid, &view)) {
            consider(list, &scan, &view);
        }
        more = false;
    }
    for (int i = 0; more && i < STEP_FLOWS; i++) {
        more = flow_table_next(table, &list->cursor, &view);
        if (more) {
            consider(list, &scan, &view);
        }
    }
    scan_destroy(&scan);
    if (!more && !list->userspace) {
        list->userspace = more = true;
        list->cursor = 0;
    }
    return more;
}

/* Order. */

static int
compare_items(const void *a_, const void *b_)
{
    const struct flow_item *const *ap = a_, *const *bp = b_;
    const struct flow_view *a = &(*ap)->view, *b = &(*bp)->view;
    uint64_t a_packets = a->hw.packets + a->sw.packets;
    uint64_t b_packets = b->hw.packets + b->sw.packets;

    if ((*ap)->userspace != (*bp)->userspace) {
        return (*ap)->userspace ? 1 : -1;
    } else if (a->dev != b->dev) {
        return a->dev < b->dev ? -1 : 1;
    } else if (a->recirc_id != b->recirc_id) {
        return a->recirc_id < b->recirc_id ? -1 : 1;
    } else if (a_packets != b_packets) {
        return a_packets > b_packets ? -1 : 1;
    } else {
        return memcmp(a->ufid, b->ufid, sizeof a->ufid);
    }
}

static void
sort_items(struct flow_list *list)
{
    if (list->n_items) {
        qsort(list->items, list->n_items, sizeof *list->items, compare_items);
    }
}

/* Details. */

static const char *
netdev_name(void *c_, uint32_t ifindex)
{
    const struct controller *c = c_;
    const struct inv_link *link = (ifindex <= INT_MAX
                                   ? inventory_find_link(c->inv, ifindex)
                                   : NULL);

    return link ? link->info.name : NULL;
}

/* The kernel answered about 'item'. */
static void
take_details(struct flow_item *item, int error, const struct nlmsghdr *nlh,
             const struct flow_detail_names *names)
{
    size_t len = SIZE_MAX;      /* The source checked the message's own. */
    struct ds actions = DS_EMPTY_INITIALIZER;
    struct ds match = DS_EMPTY_INITIALIZER;

    item->list->n_gets--;
    if (error) {
        item->error = xstrdup(error == ENOENT || error == ENODEV
                              ? "the flow is gone" : ovs_strerror(error));
    } else if (item->view.flags & FLOW_KERNEL) {
        item->error = flow_detail_from_dp(nlh, len, names, &match, &actions);
    } else {
        item->error = flow_detail_from_tc(nlh, len, names, &match, &actions);
    }
    if (!item->error) {
        item->match = ds_steal_cstr(&match);
        item->actions = ds_steal_cstr(&actions);
    }
    ds_destroy(&match);
    ds_destroy(&actions);
}

/* Names of the ports of one datapath. */
struct port_names {
    const struct controller *c; /* The tables. */
    int datapath;               /* ifindex of the datapath's netdev. */
};

static const char *
port_name(void *names_, uint32_t port_no)
{
    const struct port_names *names = names_;
    uint32_t ifindex = dp_flow_source_ifindex(
        flow_engine_kernel_source(names->c->flows), names->datapath, port_no);

    return ifindex ? netdev_name(CONST_CAST(struct controller *, names->c),
                                 ifindex) : NULL;
}

static void
on_dp_get(void *item_, int error, const struct nlmsghdr *nlh)
{
    struct flow_item *item = item_;
    struct port_names port_names = { .c = item->list->c };
    const struct flow_detail_names names = { port_name, &port_names };
    struct dp_flow_raw raw;

    if (!error && dp_flow_raw_parse(nlh, &raw)) {
        port_names.datapath = raw.datapath;
    }
    take_details(item, error, nlh, &names);
}

static void
on_tc_get(void *item_, int error, const struct nlmsghdr *nlh)
{
    struct flow_item *item = item_;
    const struct flow_detail_names names = {
        netdev_name, CONST_CAST(struct controller *, item->list->c),
    };

    item->tc_get = NULL;
    take_details(item, error, nlh, &names);
}

static void
start_get(struct flow_list *list, struct flow_item *item)
{
    const struct flow_view *v = &item->view;
    int error = 0;

    if (item->userspace) {
        flow_ask_start(&list->ask, item);
        return;
    }
    list->n_gets++;
    if (v->flags & FLOW_KERNEL) {
        /* Has no end but the answer: a list goes early only before the engine
         * does. */
        dp_flow_source_get(flow_engine_kernel_source(list->c->flows), v->ufid,
                           on_dp_get, item);
    } else {
        struct tc_get_key key = tc_get_key(v->dev, v->recirc_id, v->handle,
                                           v->prio, v->flags);

        item->tc_get = tc_get_start(list->c->base, &key, on_tc_get, item,
                                    &error);
    }
    if (error) {
        take_details(item, error, NULL, NULL);
    }
}

/* Asks for more details, if there are.  Returns whether some are still to
 * come. */
static bool
get_step(struct flow_list *list)
{
    flow_ask_run(&list->ask);
    while (list->n_gets < MAX_GETS && !flow_ask_is_full(&list->ask)
           && list->next_get < list->n_items) {
        start_get(list, list->items[list->next_get++]);
    }
    return list->n_gets > 0 || list->ask.n > 0;
}

/* Makes the result from the flows as they are now; those that went are left
 * out. */
static struct json *
make_json(struct flow_list *list)
{
    struct json *array = json_array_create_empty();
    struct json *json = json_object_create();
    struct flow_scan scan;

    sort_items(list);
    scan_init(&scan, list->c);
    for (size_t i = 0; i < list->n_items; i++) {
        struct flow_item *item = list->items[i];

        if (flow_table_find(table_of(list, item->userspace), item->view.ufid,
                            &item->view)) {
            json_array_add(array, flow_item_to_json(&scan, item));
        }
    }
    scan_destroy(&scan);
    json_object_put(json, "matched", json_integer_create(list->n_matched));
    json_object_put(json, "flows", array);
    return json;
}

struct json *
flow_list_run(struct flow_list *list)
{
    if (list->stage == STAGE_SCAN && !scan_step(list)) {
        sort_items(list);       /* The first ones are asked for first. */
        list->stage = STAGE_GET;
    }
    if (list->stage == STAGE_GET && !get_step(list)) {
        return make_json(list);
    }
    return NULL;
}

void
flow_list_wait(const struct flow_list *list)
{
    if (list->stage == STAGE_SCAN) {
        poll_immediate_wake();
    } else {
        flow_ask_wait(&list->ask);
    }
}
