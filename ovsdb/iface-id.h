/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OVSDB_IFACE_ID_H
#define OVSDB_IFACE_ID_H 1

/* Which pod an Interface's iface-id names.  Pure. */

#include <stdbool.h>
#include "smap.h"

struct pod_name {
    char *ns;                   /* Kubernetes namespace, or NULL. */
    char *pod;                  /* Pod, or NULL. */
    char *nad;                  /* Secondary network's part, or NULL. */
    bool management;            /* "k8s-<node>": the management port. */
};

/* Fills '*name' from the Interface's 'external_ids'.  ovn-kubernetes writes
 * "<ns>_<pod>", and "<nad>_<ns>_<pod>" for a secondary network; no part may
 * hold '_'.  An iface-id of any other form, or none, names no pod. */
void pod_name_init(struct pod_name *name, const struct smap *external_ids);
void pod_name_destroy(struct pod_name *name);

#endif /* ovsdb/iface-id.h */
