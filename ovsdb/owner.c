/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/owner.h"

#include <string.h>

#include "smap.h"
#include "util.h"

static const char *const foreign_marks[] = {
    "sandbox",                  /* ovn-kubernetes. */
    "iface-id-ver",             /* ovn-kubernetes. */
    "ovn-plugged",              /* OVN's VIF plugging. */
    "owner",                    /* ovs-cni. */
    "vm-id",                    /* libvirt. */
};

bool
is_foreign_mark(const char *key)
{
    for (size_t i = 0; i < ARRAY_SIZE(foreign_marks); i++) {
        if (!strcmp(key, foreign_marks[i])) {
            return true;
        }
    }
    return false;
}

const char *
find_foreign_mark(const struct smap *external_ids)
{
    for (size_t i = 0; i < ARRAY_SIZE(foreign_marks); i++) {
        if (smap_get(external_ids, foreign_marks[i])) {
            return foreign_marks[i];
        }
    }
    return NULL;
}
