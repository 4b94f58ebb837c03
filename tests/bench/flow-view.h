/* SPDX-License-Identifier: Apache-2.0 */

#ifndef BENCH_FLOW_VIEW_H
#define BENCH_FLOW_VIEW_H 1

/* What the daemon's flow table, and a record, tell of flows, as facts that can
 * be compared with those of others. */

#include <stdint.h>

#include "tests/bench/flow-facts.h"

struct flow_record;
struct flow_table;

/* Fills in '*facts' from a record, to whose outputs it then points. */
void facts_from_record(struct flow_facts *facts, struct flow_record *);

/* Adds up all flows of a table; 'now' is as of the table.  (Of a flow whose
 * receiver does not depend on them it keeps no zone and no MAC.) */
void facts_sums_add_flows(struct facts_sums *, const struct flow_table *,
                          long long int now);

#endif /* flow-view.h */
