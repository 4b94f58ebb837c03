/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_LIST_PRIVATE_H
#define CONTROLLER_FLOW_LIST_PRIVATE_H 1

/* What the parts of flow/list have in common. */

#include "controller/flow-facts.h"
#include "controller/flow-list.h"
#include "controller/flow-table.h"

struct tc_get;

/* A flow that is listed. */
struct flow_item {
    struct flow_list *list;     /* Where it is. */
    struct flow_view view;      /* The flow; 'receiver' is valid only while
                                 * JSON is made. */
    struct tc_get *tc_get;      /* Question under way, or NULL. */
    char *match, *actions;      /* Details, or NULL. */
    char *error;                /* Why there are none, or NULL. */
};

/* What flows are compared with; valid until the tables change. */
struct flow_scan {
    struct flow_facts facts;    /* The interfaces. */
    struct flow_rows_args rows; /* For 'ifaces' and 'bridge_ids'. */
    struct flow_owners *owners; /* Who has a device, zone, MAC. */
};

/* Interface 'i' of the scan, or NULL if it is -1. */
static inline const struct flow_interface *
flow_scan_iface(const struct flow_scan *scan, int i)
{
    return i >= 0 ? &scan->rows.ifaces[i] : NULL;
}

struct json *flow_item_to_json(const struct flow_scan *,
                               const struct flow_item *);

#endif /* controller/flow-list-private.h */
