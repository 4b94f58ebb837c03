/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/spec.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "ovsdb/config.h"
#include "smap.h"
#include "util.h"

/* A DNS subdomain, which a name is in Kubernetes, has at most 253. */
#define MAX_NAME 253

bool
policy_name_is_valid(const char *name)
{
    size_t n = strlen(name);

    return (n > 0 && n <= MAX_NAME
            && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == n);
}

static struct policy *
policy_create(const char *name, const char *value)
{
    struct policy *policy = xzalloc(sizeof *policy);

    policy->name = xstrdup(name);
    policy->value = xstrdup(value);
    policy->error = (policy_name_is_valid(name)
                     ? policy_spec_parse(value, &policy->spec)
                     : xstrdup("the name has to be of lower-case letters, "
                               "digits, \"-\" and \".\""));
    return policy;
}

static void
policy_destroy(struct policy *policy)
{
    policy_spec_destroy(&policy->spec);
    free(policy->name);
    free(policy->value);
    free(policy->error);
    free(policy);
}

void
policy_table_init(struct policy_table *table)
{
    hmap_init(&table->policies);
}

void
policy_table_destroy(struct policy_table *table)
{
    struct policy *policy;

    if (table) {
        HMAP_FOR_EACH_POP (policy, node, &table->policies) {
            policy_destroy(policy);
        }
        hmap_destroy(&table->policies);
    }
}

const struct policy *
policy_find(const struct policy_table *table, const char *name)
{
    const struct policy *policy;

    HMAP_FOR_EACH_WITH_HASH (policy, node, hash_string(name, 0),
                             &table->policies) {
        if (!strcmp(policy->name, name)) {
            return policy;
        }
    }
    return NULL;
}

bool
policy_table_update(struct policy_table *table,
                    const struct smap *external_ids)
{
    const size_t prefix_len = strlen(POLICY_KEY_PREFIX);
    struct policy *policy;
    struct smap_node *node;
    bool changed = false;

    HMAP_FOR_EACH_SAFE (policy, node, &table->policies) {
        char *key = xasprintf(POLICY_KEY_PREFIX"%s", policy->name);
        const char *value = smap_get(external_ids, key);

        if (!value || strcmp(value, policy->value)) {
            hmap_remove(&table->policies, &policy->node);
            policy_destroy(policy);
            changed = true;
        }
        free(key);
    }

    SMAP_FOR_EACH (node, external_ids) {
        const char *name = node->key + prefix_len;

        if (!strncmp(node->key, POLICY_KEY_PREFIX, prefix_len)
            && !policy_find(table, name)) {
            policy = policy_create(name, node->value);
            hmap_insert(&table->policies, &policy->node,
                        hash_string(name, 0));
            changed = true;
        }
    }
    return changed;
}

static int
compare_policies(const void *a_, const void *b_)
{
    const struct policy *const *a = a_;
    const struct policy *const *b = b_;

    if ((*a)->spec.priority != (*b)->spec.priority) {
        return (*a)->spec.priority < (*b)->spec.priority ? -1 : 1;
    }
    return strcmp((*a)->name, (*b)->name);
}

const struct policy *
policy_table_select(const struct policy_table *table,
                    const struct policy_candidate *pf)
{
    const struct policy *best = NULL;
    const struct policy *policy;

    HMAP_FOR_EACH (policy, node, &table->policies) {
        if (!policy->error && policy_spec_matches(&policy->spec, pf)
            && (!best || compare_policies(&policy, &best) < 0)) {
            best = policy;
        }
    }
    return best;
}

const struct policy **
policy_table_sort(const struct policy_table *table)
{
    size_t n = 0;
    const struct policy **sorted
        = xmalloc((hmap_count(&table->policies) + 1) * sizeof *sorted);
    const struct policy *policy;

    HMAP_FOR_EACH (policy, node, &table->policies) {
        sorted[n++] = policy;
    }
    qsort(sorted, n, sizeof *sorted, compare_policies);
    sorted[n] = NULL;
    return sorted;
}
