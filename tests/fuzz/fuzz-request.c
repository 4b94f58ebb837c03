/* SPDX-License-Identifier: Apache-2.0 */

/* The value of an attachment request, as anyone may have written it. */

#include <config.h>

#include <stdint.h>

#include "ovsdb/owner.h"
#include "ovsdb/request.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What was taken has to hold to what request_parse() promises, and its
 * canonical form has to mean the same. */
static void
check_taken(const struct smap *ids)
{
    struct smap again = SMAP_INITIALIZER(&again);
    const struct smap_node *node;
    char *canonical;
    char *canonical2;

    ovs_assert(smap_get_def(ids, "iface-id", "")[0]);
    SMAP_FOR_EACH (node, ids) {
        ovs_assert(node->key[0]);
        ovs_assert(!is_foreign_mark(node->key));
        ovs_assert(strncmp(node->key, "offload-", 8));
        for (const char *p = node->key; *p; p++) {
            ovs_assert(*p > 0x20 && *p < 0x7f && *p != '=' && *p != ',');
        }
        for (const char *p = node->value; *p; p++) {
            ovs_assert(*p >= 0x20 && *p < 0x7f && *p != ',');
        }
    }

    canonical = request_format(ids);
    ovs_assert(!request_parse(canonical, &again));
    ovs_assert(smap_equal(ids, &again));
    canonical2 = request_format(&again);
    ovs_assert(!strcmp(canonical, canonical2));
    free(canonical);
    free(canonical2);
    smap_destroy(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    char *value = xmemdup0((const char *) data, size);
    char *error = request_parse(value, &ids);

    if (error) {
        ovs_assert(smap_is_empty(&ids));
        free(error);
    } else {
        check_taken(&ids);
    }
    smap_destroy(&ids);
    free(value);
    return 0;
}
