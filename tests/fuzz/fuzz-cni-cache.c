/* SPDX-License-Identifier: Apache-2.0 */

/* Files of libcni's cache. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>

#include "controller/cni-cache.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const devices[] = { "0000:65:00.2", "vdpa0" };
    char *netns, *why;
    bool ok = cni_cache_parse((const char *) data, size, "5a4d", devices,
                              ARRAY_SIZE(devices), &netns, &why);

    ovs_assert(ok == !why);
    ovs_assert(ok || !netns);
    free(netns);
    free(why);
    return 0;
}
