/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/bench/flow-view.h"

#include <arpa/inet.h>
#include <string.h>

#include "controller/flow-table/table.h"
#include "netlink/flow-record.h"
#include "util.h"

/* The cookie is the ufid as four words in the host's order. */
static void
ufid_to_cookie(const uint8_t *ufid, uint8_t *cookie)
{
    uint32_t words[FLOW_UFID_LEN / 4];

    BUILD_ASSERT(FLOW_UFID_LEN == FACTS_UFID_LEN);
    memcpy(words, ufid, sizeof words);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        words[i] = ntohl(words[i]);
    }
    memcpy(cookie, words, sizeof words);
}

static void
take_flags(uint16_t flags, struct flow_facts *facts)
{
    facts->in_hw = (flags & FLOW_IN_HW) != 0;
    facts->drop = (flags & FLOW_DROP) != 0;
    facts->decap = (flags & FLOW_DECAP) != 0;
    facts->has_zone = (flags & FLOW_HAS_ZONE) != 0;
    facts->has_mac = (flags & FLOW_HAS_MAC) != 0;
}

void
facts_from_record(struct flow_facts *facts, struct flow_record *r)
{
    facts_init(facts, CONST_CAST(uint32_t *, r->outputs));
    ufid_to_cookie(r->ufid, facts->ufid);
    facts->packets = r->packets;
    facts->bytes = r->bytes;
    facts->hw_packets = r->hw_packets;
    facts->hw_bytes = r->hw_bytes;
    facts->dev = r->dev;
    facts->chain = r->recirc_id;
    facts->handle = r->handle;
    facts->prio = r->prio;
    facts->idle = r->last_used == UINT32_MAX ? FACTS_NEVER : r->last_used;
    facts->jumps = r->n_targets > 0;
    facts->target = r->n_targets ? r->targets[0] : 0;
    facts->zone = r->zone;
    memcpy(facts->mac, r->mac, sizeof facts->mac);
    facts->n_outputs = r->n_outputs;
    take_flags(r->flags, facts);
}

static void
facts_from_view(struct flow_facts *facts, uint32_t *outputs,
                const struct flow_view *v, long long int now)
{
    const struct flow_receiver *receiver = v->receiver;

    facts_init(facts, outputs);
    ufid_to_cookie(v->ufid, facts->ufid);
    facts->packets = v->hw.packets + v->sw.packets;
    facts->bytes = v->hw.bytes + v->sw.bytes;
    facts->hw_packets = v->hw.packets;
    facts->hw_bytes = v->hw.bytes;
    facts->dev = v->dev;
    facts->chain = v->recirc_id;
    facts->handle = v->handle;
    facts->prio = v->prio;
    facts->idle = v->last_used ? now - v->last_used : FACTS_NEVER;
    facts->jumps = v->n_targets > 0;
    facts->target = v->n_targets ? v->targets[0] : 0;
    take_flags(v->flags, facts);
    if (receiver && receiver->type != FLOW_RECEIVER_GUESS) {
        facts->n_outputs = MIN(receiver->n_devs, FACTS_MAX_OUTPUTS);
        memcpy(outputs, receiver->devs,
               facts->n_outputs * sizeof *receiver->devs);
    }
}

void
facts_sums_add_flows(struct facts_sums *sums, const struct flow_table *table,
                     long long int now)
{
    uint32_t outputs[FACTS_MAX_OUTPUTS];
    struct flow_facts facts;
    struct flow_view v;

    for (size_t cursor = 0; flow_table_next(table, &cursor, &v); ) {
        facts_from_view(&facts, outputs, &v, now);
        facts_sums_add(sums, &facts);
    }
}
