/* SPDX-License-Identifier: Apache-2.0 */

/* Messages of the kernel's datapath: of flows, ports and datapaths. */

#include <config.h>

#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/dp-flow.h"
#include "netlink/dp-vport.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
parse_flow(const struct nlmsghdr *nlh, struct dp_flow *flow)
{
    const struct flow_record *r = &flow->record;
    uint64_t sum = 0;

    if (!dp_flow_parse(nlh, 1000000, true, flow)) {
        return;
    }
    ovs_assert(r->flags & FLOW_KERNEL);
    ovs_assert(flow->has_key == !(r->flags & FLOW_TERSE));
    ovs_assert(r->n_targets <= FLOW_MAX_TARGETS);
    ovs_assert(r->miss < FLOW_N_MISSES);
    ovs_assert(!r->packets || nlh->nlmsg_len > 16);
    ovs_assert(flow->has_actions || !r->n_outputs);
    for (size_t i = 0; i < r->n_outputs; i++) {
        sum += r->outputs[i];   /* All may be read. */
    }
    ovs_assert(sum <= (uint64_t) r->n_outputs * UINT32_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_vport_msg vport;
    struct dp_flow_raw raw;
    struct dp_flow flow;
    bool gone;
    int dp;

    dp_flow_init(&flow);
    while (size >= NLMSG_HDRLEN) {
        struct nlmsghdr nlh, *copy;
        size_t len;

        memcpy(&nlh, data, sizeof nlh);
        len = MAX(MIN(nlh.nlmsg_len, size), NLMSG_HDRLEN);

        /* A copy of its own shows each byte that is read beyond it. */
        copy = xmemdup(data, len);
        copy->nlmsg_len = len;
        parse_flow(copy, &flow);
        (void) dp_flow_raw_parse(copy, &raw);
        if (dp_vport_parse(copy, &vport)) {
            ovs_assert(strlen(vport.name) < sizeof vport.name);
        }
        (void) dp_datapath_parse(copy, &dp, &gone);
        free(copy);
        len = MIN(ROUND_UP(len, 4), size);
        data += len;
        size -= len;
    }
    dp_flow_uninit(&flow);
    return 0;
}
