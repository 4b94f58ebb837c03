/* SPDX-License-Identifier: Apache-2.0 */

/* An Interface's iface-id, as anyone may have written it. */

#include <config.h>

#include <stdint.h>

#include "ovsdb/iface-id.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    char *iface_id = xmemdup0((const char *) data, size);
    struct pod_name name;

    smap_add(&ids, "iface-id", iface_id);
    pod_name_init(&name, &ids);
    ovs_assert(!name.ns == !name.pod);
    ovs_assert(!name.nad || name.ns);
    ovs_assert(!name.management || !name.ns);
    if (name.pod) {
        char *joined = xasprintf("%s%s%s_%s", name.nad ? name.nad : "",
                                 name.nad ? "_" : "", name.ns, name.pod);

        ovs_assert(!strcmp(joined, iface_id));
        ovs_assert(!strchr(name.ns, '_') && name.ns[0]);
        ovs_assert(!strchr(name.pod, '_') && name.pod[0]);
        free(joined);
    }
    pod_name_destroy(&name);
    smap_destroy(&ids);
    free(iface_id);
    return 0;
}
