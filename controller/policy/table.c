/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/spec.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "ovsdb/config.h"
#include "smap.h"
#include "util.h"

bool
policy_name_is_valid(const char *name)
{
    size_t n = strlen(name);

    return (n > 0 && n <= POLICY_NAME_MAX
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
    return strcmp((*b)->name, (*a)->name);
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

/* Merging.  The operator goes from the policy that counts least to the one
 * that counts most, and lets each one that comes take what was there before
 * into its own; so the result of each step is that of all policies so far. */

static bool
overlaps(const struct policy_group *a, const struct policy_group *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static void
group_init(struct policy_group *group, const struct policy *policy,
           const struct policy_candidate *pf)
{
    group->policy = xstrdup(policy->name);
    group->vdpa = policy->spec.vdpa;
    policy_spec_range(&policy->spec, pf, &group->first, &group->last);
}

/* Makes '*merged' what is wanted if 'policy', which matches, counts more than
 * all before; it is of the same priority as the last one if 'equal'. */
static void
merge_policy(struct policy_spec *merged, const struct policy *policy,
             const struct policy_candidate *pf, bool equal)
{
    struct policy_spec result = {
        .num_vfs = policy->spec.num_vfs,
        .mode = policy->spec.mode,
        .priority = policy->spec.priority,
        .mtu = policy->spec.mtu,
        .force = policy->spec.force,
        .groups = xcalloc(merged->n_groups + 1, sizeof *result.groups),
        .n_groups = 1,
    };

    group_init(&result.groups[0], policy, pf);
    for (size_t i = 0; i < merged->n_groups; i++) {
        const struct policy_group *group = &merged->groups[i];

        if (!overlaps(group, &result.groups[0])) {
            struct policy_group *copy = &result.groups[result.n_groups++];

            *copy = *group;
            copy->policy = xstrdup(group->policy);
        }
    }
    if (equal || result.n_groups > 1) {
        result.num_vfs = MAX(result.num_vfs, merged->num_vfs);
        result.mtu = MAX(result.mtu, merged->mtu);
    }
    policy_spec_destroy(merged);
    *merged = result;
}

/* Returns how the policies of 'merged' contradict each other, or NULL. */
static char *
find_contradiction(const struct policy_spec *merged)
{
    for (size_t i = 1; i < merged->n_groups; i++) {
        const struct policy_group *group = &merged->groups[i];

        if (group->vdpa && merged->mode != ESWITCH_SWITCHDEV) {
            return xasprintf("vdpaType of policy %s, which is for VFs %u-%u, "
                             "needs eSwitchMode \"switchdev\", and policy %s, "
                             "whose eSwitchMode counts, wants \"legacy\"",
                             group->policy, group->first, group->last,
                             merged->groups[0].policy);
        }
    }
    return NULL;
}

const struct policy *
policy_table_merge(const struct policy_table *table,
                   const struct policy_candidate *pf,
                   struct policy_spec *merged, char **error)
{
    const struct policy **sorted = policy_table_sort(table);
    const struct policy *last = NULL;
    size_t n = 0;

    memset(merged, 0, sizeof *merged);
    while (sorted[n]) {
        n++;
    }
    while (n-- > 0) {
        const struct policy *policy = sorted[n];

        if (!policy->error && policy_spec_matches(&policy->spec, pf)) {
            merge_policy(merged, policy, pf,
                         (last && last->spec.priority
                          == policy->spec.priority));
            last = policy;
        }
    }
    free(sorted);
    *error = find_contradiction(merged);
    return last;
}
