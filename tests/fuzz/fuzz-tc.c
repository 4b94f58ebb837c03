/* SPDX-License-Identifier: Apache-2.0 */

/* tc messages as the kernel, or someone who plays it, may send them, one after
 * another: parsed, and put into a table. */

#include <config.h>

#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/flow-table/table.h"
#include "netlink/tc-common.h"
#include "netlink/tc-plain.h"
#include "netlink/tc.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct flow_record *flow)
{
    ovs_assert(flow->n_outputs <= FLOW_INLINE_OUTPUTS);
    ovs_assert(flow->outputs == flow->inline_outputs);
    ovs_assert(flow->n_targets <= FLOW_MAX_TARGETS);
    ovs_assert(flow->flags & FLOW_MORE ? flow->n_targets == FLOW_MAX_TARGETS
               : true);
    ovs_assert(!(flow->flags & FLOW_ON_BLOCK)
               || !(flow->flags & FLOW_EGRESS_SIDE));
    ovs_assert(!(flow->flags & FLOW_TERSE)
               || (!flow->n_outputs && !flow->n_targets
                   && flow->last_used == UINT32_MAX));
    for (size_t i = 0; i < flow->n_targets; i++) {
        ovs_assert(flow->targets[i] < 1 << 28);
    }
}

/* By its shape, which is learned the first time, a message says the same as by
 * the walk. */
static void
check_shape(const struct nlmsghdr *nlh, size_t size, unsigned int options,
            enum tc_parse_result result, const struct flow_record *flow)
{
    struct flow_record other;

    for (int i = 0; i < 2; i++) {
        ovs_assert(tc_flow_parse(nlh, size, options, &other) == result);
    }
    if (result == TC_PARSE_FLOW) {
        other.outputs = flow->outputs;
        ovs_assert(!memcmp(flow, &other,
                           offsetof(struct flow_record, targets)));
        ovs_assert(!memcmp(flow->targets, other.targets,
                           flow->n_targets * sizeof *flow->targets));
        ovs_assert(!memcmp(flow->inline_outputs, other.inline_outputs,
                           flow->n_outputs * sizeof *flow->inline_outputs));
    }
}

/* Nor does it make a difference if it is taken as one of a row of terse
 * messages. */
static void
check_plain(const struct nlmsghdr *nlh, size_t size,
            enum tc_parse_result result, const struct flow_record *flow)
{
    struct flow_record other;
    size_t used;

    if (size >= sizeof *nlh
        && tc_plain_parse(nlh, size, nlh->nlmsg_seq, nlh->nlmsg_pid, &other, 1,
                          &used)) {
        ovs_assert(result == TC_PARSE_FLOW && flow->flags & FLOW_TERSE);
        ovs_assert(used >= nlh->nlmsg_len && used <= size);
        other.outputs = flow->outputs;
        ovs_assert(!memcmp(flow, &other,
                           offsetof(struct flow_record, targets)));
    }
}

/* What the monitor makes of all that is no filter. */
static void
parse_places(const struct nlmsghdr *nlh)
{
    const struct tcmsg *tcm;
    struct tc_qdisc qdisc;
    uint32_t chain;

    tc_chain_parse(nlh, &tcm, &chain);
    if (tc_qdisc_parse(nlh, &qdisc)) {
        ovs_assert(qdisc.n_parts <= TC_MAX_SIDES);
        for (size_t i = 0; i < qdisc.n_parts; i++) {
            ovs_assert(!qdisc.parts[i].ifindex || !qdisc.parts[i].block);
        }
    }
}

/* Parses the message at 'data'.  Returns its length, 'size' if it tells
 * none. */
static size_t
parse(const uint8_t *data, size_t size, struct flow_table *table)
{
    /* A copy of its own shows each byte that is read beyond it. */
    struct nlmsghdr *copy = xmemdup(data, size);
    struct flow_record flow, hashed;
    size_t len = size;
    enum tc_parse_result result = tc_flow_parse(copy, size, TC_PARSE_BY_WALK,
                                                &flow);

    check_shape(copy, size, 0, result, &flow);
    check_plain(copy, size, result, &flow);
    /* Hashing the match changes nothing else. */
    ovs_assert(tc_flow_parse(copy, size, TC_PARSE_KEY_HASH | TC_PARSE_BY_WALK,
                             &hashed) == result);
    check_shape(copy, size, TC_PARSE_KEY_HASH, result, &hashed);
    if (result == TC_PARSE_FLOW) {
        ovs_assert(copy->nlmsg_len <= size);
        check(&flow);
        ovs_assert(!flow.key_hash);
        ovs_assert(!hashed.key_hash == ((flow.flags & FLOW_TERSE) != 0));
        hashed.key_hash = 0;
        hashed.outputs = flow.outputs;
        ovs_assert(!memcmp(&flow, &hashed,
                           offsetof(struct flow_record, targets)));

        const struct flow_record *record = &flow;
        if (flow.flags & FLOW_TERSE) {
            flow_table_refresh(table, &record, 1, 1000);
        } else {
            flow_table_put(table, &record, 1, 1000);
        }
    }
    if (size >= sizeof *copy && copy->nlmsg_len >= sizeof *copy) {
        if (copy->nlmsg_len <= size) {
            parse_places(copy);
        }
        len = MIN(ROUND_UP(MIN(copy->nlmsg_len, size), 4), size);
    }
    free(copy);
    return len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct flow_table *table = flow_table_create();
    struct ds errors = DS_EMPTY_INITIALIZER;

    while (size) {
        size_t len = parse(data, size, table);

        data += len;
        size -= len;
    }
    while (flow_table_run(table, 1000, 1000)) {
        continue;
    }
    ovs_assert(flow_table_check(table, &errors));
    ds_destroy(&errors);
    flow_table_destroy(table);
    return 0;
}
