/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_FLOW_TABLE_BUILD_H
#define TESTS_FLOW_TABLE_BUILD_H 1

/* Flows made by hand, for tests of the flow table. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/flow-table/table.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* A record for flow number 'n' on 'dev' in 'recirc_id'. */
static inline void
flow_init(struct flow_record *r, uint32_t n, uint32_t dev,
          uint32_t recirc_id, unsigned int flags)
{
    memset(r, 0, sizeof *r);
    memcpy(r->ufid, &n, sizeof n);
    r->dev = dev;
    r->recirc_id = recirc_id;
    r->flags = flags;
    r->last_used = UINT32_MAX;
    r->outputs = r->inline_outputs;
}

static inline void
flow_output(struct flow_record *r, uint32_t dev)
{
    r->inline_outputs[r->n_outputs++] = dev;
}

static inline void
flow_target(struct flow_record *r, uint32_t recirc_id)
{
    r->targets[r->n_targets++] = recirc_id;
}

static inline void
flow_traffic(struct flow_record *r, uint64_t packets, uint64_t hw_packets)
{
    r->packets = packets;
    r->bytes = packets * 100;
    r->hw_packets = hw_packets;
    r->hw_bytes = hw_packets * 100;
}

static inline void
flow_put(struct flow_table *t, const struct flow_record *r,
         long long int now)
{
    flow_table_put(t, &r, 1, now);
}

static inline size_t
flow_refresh(struct flow_table *t, const struct flow_record *r,
             long long int now)
{
    return flow_table_refresh(t, &r, 1, now);
}

static inline void
flow_settle(struct flow_table *t, long long int now)
{
    while (flow_table_run(t, 7, now)) {
        continue;
    }
}

/* Does all that was put off, and compares with the recompute. */
static inline void
flow_verify(struct flow_table *t, long long int now)
{
    struct ds errors = DS_EMPTY_INITIALIZER;

    flow_settle(t, now);
    if (!flow_table_check(t, &errors)) {
        fail_msg("%s", ds_cstr(&errors));
    }
    ds_destroy(&errors);
}

#endif /* TESTS_FLOW_TABLE_BUILD_H */
