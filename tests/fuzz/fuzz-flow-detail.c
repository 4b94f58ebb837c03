/* SPDX-License-Identifier: Apache-2.0 */

/* A message that tells a flow, by the kernel or by someone who plays it,
 * printed both as a filter and as a flow of the datapath. */

#include <config.h>

#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>

#include "controller/flow-detail/detail.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *
name_of(void *aux OVS_UNUSED, uint32_t number)
{
    return number & 1 ? "rep1" : number & 2 ? "genev_sys_6081" : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *(*const functions[])(const struct nlmsghdr *, size_t,
                                      const struct flow_detail_names *,
                                      struct ds *, struct ds *) = {
        flow_detail_from_tc, flow_detail_from_dp,
    };
    const struct flow_detail_names names = { .get = name_of };

    /* A copy of its own shows each byte that is read beyond it. */
    struct nlmsghdr *copy = xmemdup(data, size);

    for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
        struct ds match = DS_EMPTY_INITIALIZER;
        struct ds actions = DS_EMPTY_INITIALIZER;
        char *error = functions[i](copy, size, &names, &match, &actions);

        ovs_assert(error ? !match.length && !actions.length
                   : match.length && actions.length);
        free(error);
        ds_destroy(&match);
        ds_destroy(&actions);
    }
    free(copy);
    return 0;
}
