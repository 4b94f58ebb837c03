/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/explain.h"

#include "controller/controller.h"
#include "controller/explain/explain.h"
#include "controller/flow/engine.h"
#include "controller/flow/facts.h"
#include "controller/flow-table/table.h"
#include "controller/inventory.h"
#include "controller/ports.h"
#include "util.h"

static bool
is_receiver(const struct flow_receiver *r, uint32_t dev)
{
    for (size_t i = 0; r && r->type != FLOW_RECEIVER_GUESS && i < r->n_devs;
         i++) {
        if (r->devs[i] == dev) {
            return true;
        }
    }
    return false;
}

/* Counts the flows that 'dev' sends and receives. */
static void
count_flows(const struct flow_table *table, uint32_t dev,
            struct explain_flows *flows)
{
    const struct flow_sender *sender = flow_table_find_sender(table, dev);
    const struct flow_receiver *r;
    size_t cursor = 0;

    if (sender) {
        flows->n_flows += sender->egress.flows;
        flows->n_offloaded += sender->egress.offloaded;
    }
    while ((r = flow_table_next_receiver(table, &cursor))) {
        if (is_receiver(r, dev)) {
            flows->n_flows += r->ingress.flows;
            flows->n_offloaded += r->ingress.offloaded;
        }
    }
}

void
flow_explain(const struct controller *c, const struct port *port,
             const struct flow_reason_env *env, struct explain_flows *flows)
{
    const struct flow_table *table = flow_engine_table(c->flows);
    const struct flow_shortfall *s;
    struct flow_rows_args args;
    struct flow_facts facts;
    size_t cursor = 0;
    uint32_t dev;

    if (!flow_engine_is_settled(c->flows) || !port->pair
        || !port->pair->rep) {
        return;
    }
    dev = port->pair->rep->info.ifindex;
    flows->known = true;
    flows->filters = (flow_table_count_of(table, false, 0)
                      ? FLOW_YES : FLOW_NO);
    flows->skip_hw = flow_engine_offloads(c->flows) ? FLOW_NO : FLOW_UNKNOWN;
    count_flows(table, dev, flows);

    flow_facts_init(&facts, c);
    flow_facts_rows_args(&facts, table, &args);
    args.env = env;
    while ((s = flow_table_next_shortfall(table, &cursor))) {
        if (s->dev == dev || is_receiver(s->receiver, dev)) {
            struct flow_reason reason;

            flow_rows_reason(&args, s, &reason);
            flow_reasons_add(&flows->reasons, &reason, s->flows);
        }
    }
    flow_facts_destroy(&facts);
    flow_reasons_sort(&flows->reasons, FLOW_REASONS_BY_CLASS);
}
