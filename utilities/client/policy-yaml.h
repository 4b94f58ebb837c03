/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_POLICY_YAML_H
#define UTILITIES_CLIENT_POLICY_YAML_H 1

/* A SriovNetworkNodePolicy, as one writes it for the SR-IOV operator, read as
 * a policy of this node (controller/policy/spec.h).
 *
 * Only what says something about PFs is used.  The rest is told, so that
 * nobody relies on it, and what would change the meaning of the policy if it
 * were left out is refused.  Of YAML, mappings, sequences and scalars are
 * taken; anchors, aliases and a second document are refused. */

#include <stdbool.h>
#include <stddef.h>

#include "svec.h"

/* Files are not larger, in bytes, and not nested deeper. */
#define POLICY_YAML_MAX_SIZE (64 * 1024)
#define POLICY_YAML_MAX_DEPTH 16

struct policy_yaml {
    char *name;                 /* metadata.name. */
    char *value;                /* Canonical value of the policy's key. */
    struct svec unused;         /* Fields that are not used, in the file's
                                 * order. */
};

/* Parses the 'n' bytes at 'text', with "force" if 'force'.  Returns NULL and
 * fills '*doc', which the caller destroys, or returns a message that names
 * line and field (caller frees). */
char *policy_yaml_parse(const char *text, size_t n, bool force,
                        struct policy_yaml *doc);
void policy_yaml_destroy(struct policy_yaml *);

#endif /* utilities/client/policy-yaml.h */
