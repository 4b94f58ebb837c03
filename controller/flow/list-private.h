/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_LIST_PRIVATE_H
#define CONTROLLER_FLOW_LIST_PRIVATE_H 1

/* What the parts of flow/list have in common. */

#include "controller/flow/facts.h"
#include "controller/flow/list.h"
#include "controller/flow-table/table.h"
#include "controller/flow/userspace.h"

struct ovs_view;
struct tc_get;
struct vswitchd_query;

/* A flow that is listed. */
struct flow_item {
    struct flow_list *list;     /* Where it is. */
    bool userspace;             /* Is it of the userspace datapath? */
    struct flow_view view;      /* The flow; 'receiver' is valid only while
                                 * JSON is made. */
    struct tc_get *tc_get;      /* Question under way, or NULL. */
    struct vswitchd_query *query; /* Likewise, to ovs-vswitchd. */
    char *match, *actions;      /* Details, or NULL. */
    char *error;                /* Why there are none, or NULL. */
};

/* What flows are compared with; valid until the tables change. */
struct flow_scan {
    struct flow_facts facts;    /* The interfaces. */
    struct flow_rows_args rows; /* Of the kernel's flows. */
    struct flow_rows_args user_rows; /* Of the userspace datapath's. */
    struct flow_userspace_devs devs; /* For these. */
    struct flow_owners *owners; /* Who has a device, zone, MAC. */
};

/* Interface 'i' of the scan, or NULL if it is -1. */
static inline const struct flow_interface *
flow_scan_iface(const struct flow_scan *scan, int i)
{
    return i >= 0 ? &scan->rows.ifaces[i] : NULL;
}

/* What is known of the devices of an item's table. */
static inline const struct flow_rows_args *
flow_scan_rows(const struct flow_scan *scan, bool userspace)
{
    return userspace ? &scan->user_rows : &scan->rows;
}

/* Interface of 'dev', or NULL. */
static inline const struct flow_interface *
flow_scan_find(const struct flow_scan *scan, bool userspace, uint32_t dev)
{
    return flow_scan_iface(scan, flow_rows_find(flow_scan_rows(scan,
                                                               userspace),
                                                scan->owners, dev));
}

struct json *flow_item_to_json(const struct flow_scan *,
                               const struct flow_item *);

/* Details of flows of the userspace datapath, which ovs-vswitchd is asked
 * for. */

/* Questions that are under way at a time, and how many one list may have:
 * each costs ovs-vswitchd some of the time in which it works for others. */
#define FLOW_ASK_MAX 8
#define FLOW_ASK_TOTAL 256

struct flow_ask {
    bool numbers;               /* Is it asked such that it tells numbers of
                                 * ports, not names? */
    struct flow_item *items[FLOW_ASK_MAX]; /* With questions, or NULL. */
    size_t n;                   /* Number of those that are not NULL. */
    size_t n_asked;             /* Questions so far. */
    long long int deadline;     /* time_msec() until which all of them have to
                                 * be answered. */
};

static inline bool
flow_ask_is_full(const struct flow_ask *ask)
{
    return ask->n >= FLOW_ASK_MAX;
}

void flow_ask_init(struct flow_ask *, const struct ovs_view *);

/* Asks for details of '*item'; 'ask' must not be full.  Its 'match' and
 * 'actions' are there, or its 'error' is, once 'n' is 0. */
void flow_ask_start(struct flow_ask *ask, struct flow_item *);
void flow_ask_run(struct flow_ask *);
void flow_ask_wait(const struct flow_ask *);

#endif /* controller/flow/list-private.h */
