/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/iface-id.h"

#include <string.h>

#include "util.h"

/* Namespaces, pods and nodes have DNS names; a network attachment definition
 * has one after ovn-kubernetes made its '/' and '-' a '.'. */
#define DNS_NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-."

#define MANAGEMENT_PREFIX "k8s-"

/* More parts than "<nad>_<ns>_<pod>" has are no form that we know. */
#define MAX_PARTS 3

/* Splits 's' at each '_' into '*parts', of which each must look like a DNS
 * name.  Returns their number, or 0 if 's' is of no form that we know. */
static size_t
split_dns_names(const char *s, char *parts[MAX_PARTS])
{
    size_t n = 0;

    for (;;) {
        size_t length = strspn(s, DNS_NAME_CHARS);

        if (!length || n >= MAX_PARTS
            || (s[length] != '_' && s[length] != '\0')) {
            for (size_t i = 0; i < n; i++) {
                free(parts[i]);
            }
            return 0;
        }
        parts[n++] = xmemdup0(s, length);
        if (s[length] == '\0') {
            return n;
        }
        s += length + 1;
    }
}

void
pod_name_init(struct pod_name *name, const struct smap *external_ids)
{
    const char *iface_id = smap_get(external_ids, "iface-id");
    char *parts[MAX_PARTS];

    *name = (struct pod_name) { .ns = NULL };
    if (!iface_id) {
        return;
    }

    switch (split_dns_names(iface_id, parts)) {
    case 1:
        name->management = !strncmp(parts[0], MANAGEMENT_PREFIX,
                                    strlen(MANAGEMENT_PREFIX))
                           && parts[0][strlen(MANAGEMENT_PREFIX)];
        free(parts[0]);
        break;

    case 2:
        name->ns = parts[0];
        name->pod = parts[1];
        break;

    case 3:
        name->nad = parts[0];
        name->ns = parts[1];
        name->pod = parts[2];
        break;

    default:
        break;
    }
}

void
pod_name_destroy(struct pod_name *name)
{
    if (name) {
        free(name->ns);
        free(name->pod);
        free(name->nad);
    }
}
