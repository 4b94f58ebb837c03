/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OVSDB_REQUEST_H
#define OVSDB_REQUEST_H 1

/* Attachment requests: Open_vSwitch external_ids "offload-port-NAME" with
 * value "iface-id=ID[,mac=MAC][,key=value...]".
 *
 * Pure: no I/O, no logging. */

#include <stdbool.h>
#include "openvswitch/hmap.h"
#include "smap.h"

#define REQUEST_KEY_PREFIX "offload-port-"

struct request {
    struct hmap_node node;      /* In a request_table, by hash of 'name'. */
    char *name;                 /* vDPA device or PCI address. */
    char *value;                /* As written. */
    char *error;                /* Why 'value' is no good, or NULL. */
    char *iface_id;             /* NULL if 'error'. */
    struct smap external_ids;   /* All that belongs into the Interface's
                                 * external_ids: iface-id, attached_mac and
                                 * the other pairs; empty if 'error'. */
};

struct request_table {
    struct hmap requests;       /* struct request by 'name'. */
};

void request_table_init(struct request_table *);
void request_table_destroy(struct request_table *);

/* Makes 'table' hold what the keys in 'external_ids' ask for, bad ones (with
 * 'error') included.  Returns true if anything changed. */
bool request_table_update(struct request_table *table,
                          const struct smap *external_ids);

struct request *request_find(const struct request_table *, const char *name);

/* Parses one value.  Keys and values are printable and hold no ',' or '=' in
 * the key; a key twice, an empty iface-id, a MAC that is none, is zero or is
 * multicast, and a key of ours ("offload-*") or of another owner
 * ("sandbox", "iface-id-ver", "ovn-plugged", "owner", "vm-id",
 * "ovn-installed*") is an error.  "mac" and "attached-mac" become
 * "attached_mac" in lower case.  On success fills 'external_ids', which must
 * be initialized and empty, and returns NULL, else returns a message that
 * names the offending part (caller frees) and leaves it empty. */
char *request_parse(const char *value, struct smap *external_ids);

/* The canonical value for a request with these external_ids (iface-id first,
 * mac second, then sorted keys).  Caller frees. */
char *request_format(const struct smap *external_ids);

#endif /* ovsdb/request.h */
