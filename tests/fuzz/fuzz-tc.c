/* SPDX-License-Identifier: Apache-2.0 */

/* tc messages as the kernel, or someone who plays it, may send them, one after
 * another: parsed, and put into a ledger. */

#include <config.h>

#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/flow-ledger.h"
#include "netlink/tc.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
netdev_exists(void *aux OVS_UNUSED, int ifindex)
{
    return ifindex & 1;
}

/* Parses the message at 'data'.  Returns its length, 'size' if it tells
 * none. */
static size_t
parse(const uint8_t *data, size_t size, struct flow_ledger *ledger)
{
    /* A copy of its own shows each byte that is read beyond it. */
    struct nlmsghdr *copy = xmemdup(data, size);
    struct tc_flow flow;
    size_t len = size;

    if (tc_flow_parse(copy, size, &flow) == TC_PARSE_FLOW) {
        ovs_assert(copy->nlmsg_len <= size);
        ovs_assert(flow.n_outputs <= TC_FLOW_MAX_OUTPUTS);
        ovs_assert(!flow.ifindex || !flow.block);
        ovs_assert(!flow.has_goto || flow.goto_chain < 1 << 28);
        flow_ledger_add(ledger, &flow);
    }
    if (size >= sizeof *copy && copy->nlmsg_len >= sizeof *copy) {
        len = MIN(ROUND_UP(MIN(copy->nlmsg_len, size), 4), size);
    }
    free(copy);
    return len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct flow_interface ifaces[] = {
        { .ifindex = 7, .kind = FLOW_KIND_POD, .name = "a",
          .attached_mac = "02:00:00:00:00:02" },
        { .ifindex = 8, .kind = FLOW_KIND_TUNNEL, .name = "b" },
    };
    struct flow_ledger *ledger = flow_ledger_create(ifaces, ARRAY_SIZE(ifaces),
                                                    NULL);
    struct ds errors = DS_EMPTY_INITIALIZER;

    while (size) {
        size_t len = parse(data, size, ledger);

        data += len;
        size -= len;
    }
    flow_ledger_compute(ledger, netdev_exists, NULL);
    ovs_assert(flow_ledger_check(ledger, &errors));
    ds_destroy(&errors);
    flow_ledger_destroy(ledger);
    return 0;
}
