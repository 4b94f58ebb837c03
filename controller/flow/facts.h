/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_FACTS_H
#define CONTROLLER_FLOW_FACTS_H 1

/* What reports need beside the flows: the interfaces, and on what reasons
 * depend.  Taken from the tables when a report is made, and valid until these
 * change. */

#include "controller/flow/ifaces.h"
#include "controller/flow/reason.h"
#include "controller/flow/rows.h"

struct controller;

struct flow_facts {
    const struct controller *c; /* The tables. */
    struct flow_ifaces ifaces;  /* Interfaces to which flows may belong. */
    struct flow_reason_env env; /* The node. */
};

void flow_facts_init(struct flow_facts *, const struct controller *);
void flow_facts_destroy(struct flow_facts *);

/* Without interfaces, which flow_ifaces_add() adds, and without what reasons
 * depend on.  The tables may change. */
void flow_facts_init_empty(struct flow_facts *, const struct controller *);

/* Fills '*args' for flow_rows_init(), with flows of 'table'. */
void flow_facts_rows_args(struct flow_facts *, const struct flow_table *table,
                          struct flow_rows_args *args);

/* Fills '*dev' with what reasons depend on. */
void flow_facts_dev(const struct flow_facts *, uint32_t dev,
                    struct flow_reason_dev *);

/* Is an interface of pod 'ns'/'pod' there? */
bool flow_facts_has_pod(const struct flow_facts *, const char *ns,
                        const char *pod);

#endif /* controller/flow/facts.h */
