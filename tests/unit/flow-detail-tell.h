/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_FLOW_DETAIL_TELL_H
#define TESTS_UNIT_FLOW_DETAIL_TELL_H 1

/* What is told of a message, with names for the numbers in it.  cmocka.h and
 * what it needs have to be included before. */

#include <linux/netlink.h>
#include <stdlib.h>

#include "controller/flow-detail/detail.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

typedef char *from(const struct nlmsghdr *, size_t,
                   const struct flow_detail_names *, struct ds *,
                   struct ds *);

/* Names of netdevs and datapath ports in the captures. */
static inline const char *
name_of(void *aux OVS_UNUSED, uint32_t number)
{
    static const char *const names[] = {
        [0] = "ovs-system",
        [1] = "br-int",
        [2] = "rep0",
        [3] = "rep1",
        [4] = "p0",
        [6] = "p0",
        [7] = "rep0",
        [8] = "rep1",
        [10] = "br-int",
        [13] = "vxlan_sys_4789",
        [14] = "genev_sys_6081",
        [15] = "genev_sys_6081",
        [16] = "genev_sys_6081",
        [17] = "genev_sys_6081",
    };

    return number < ARRAY_SIZE(names) ? names[number] : NULL;
}

static const struct flow_detail_names names = { .get = name_of };

/* Returns "MATCH\nACTIONS\n" or "error: WHY\n", to be freed. */
static inline char *
tell(from *function, const struct nlmsghdr *nlh, size_t len)
{
    struct ds match = DS_EMPTY_INITIALIZER;
    struct ds actions = DS_EMPTY_INITIALIZER;
    /* A copy of which no byte more may be read, so that ASan sees it. */
    void *copy = len ? xmemdup(nlh, len) : NULL;
    char *error = function(copy, len, &names, &match, &actions);
    char *result;

    if (error) {
        assert_int_equal(match.length, 0);
        assert_int_equal(actions.length, 0);
        result = xasprintf("error: %s\n", error);
    } else {
        result = xasprintf("%s\n%s\n", ds_cstr(&match), ds_cstr(&actions));
    }
    free(copy);
    free(error);
    ds_destroy(&match);
    ds_destroy(&actions);
    return result;
}

#endif /* tests/unit/flow-detail-tell.h */
