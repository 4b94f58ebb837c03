/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "controller/output.h"
#include "openvswitch/json.h"
#include "util.h"

/* The policy that has 'pf', or had it. */
static const char *
policy_name(const struct managed_pf *pf)
{
    return (pf->policy ? pf->policy->name
            : pf->record ? pf->record->policy : "");
}

/* Has the policy named 'policy', or any if that is NULL, to do with 'pf'? */
static bool
is_of(const struct managed_pf *pf, const char *policy)
{
    if (!policy || !strcmp(policy_name(pf), policy)) {
        return true;
    }
    for (size_t i = 0; pf->policy && i < pf->merged.n_groups; i++) {
        if (!strcmp(pf->merged.groups[i].policy, policy)) {
            return true;
        }
    }
    /* One whose value is bad has its VFs still. */
    return pf->record && sset_contains(&pf->record->others, policy);
}

/* Which policy is for which VFs. */
static struct json *
ranges_to_json(const struct managed_pf *pf)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; pf->policy && i < pf->merged.n_groups; i++) {
        const struct policy_group *group = &pf->merged.groups[i];

        if (group->last != UINT_MAX) {
            struct json *json = json_object_create();

            json_object_put_string(json, "policy", group->policy);
            json_object_put(json, "first", json_integer_create(group->first));
            json_object_put(json, "last", json_integer_create(group->last));
            output_put_string(json, "vdpa_type",
                              policy_vdpa_to_string(group->vdpa));
            json_array_add(array, json);
        }
    }
    return array;
}

/* All, sorted by address; NULL at the end.  Caller frees. */
static int
compare_pfs(const void *a_, const void *b_)
{
    const struct managed_pf *const *a = a_;
    const struct managed_pf *const *b = b_;

    return pci_addr_compare(&(*a)->addr, &(*b)->addr);
}

static const struct managed_pf **
sort_pfs(const struct policy_engine *engine)
{
    const struct managed_pf **sorted
        = xmalloc((hmap_count(&engine->pfs) + 1) * sizeof *sorted);
    const struct managed_pf *pf;
    size_t n = 0;

    HMAP_FOR_EACH (pf, node, &engine->pfs) {
        sorted[n++] = pf;
    }
    qsort(sorted, n, sizeof *sorted, compare_pfs);
    sorted[n] = NULL;
    return sorted;
}

static void
put_facts(struct json *json, const struct policy_pf *facts)
{
    size_t n_vdpas = 0;

    for (size_t i = 0; facts && i < facts->n_vfs; i++) {
        n_vdpas += facts->vfs[i].n_vdpas;
    }
    output_put_string(json, "name", (facts && facts->has_uplink
                                     ? facts->netdevs[0].name : NULL));
    json_object_put(json, "num_vfs",
                    json_integer_create(facts ? facts->n_vfs : 0));
    json_object_put(json, "total_vfs",
                    json_integer_create(facts ? facts->total_vfs : 0));
    json_object_put_string(json, "eswitch_mode",
                           eswitch_mode_to_string(facts ? facts->mode
                                                  : ESWITCH_UNKNOWN));
    json_object_put(json, "vdpas", json_integer_create(n_vdpas));
}

static char *
step_to_string(const struct policy_step *step)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    policy_step_put(step, &s);
    return ds_steal_cstr(&s);
}

static struct json *
pf_to_json(const struct managed_pf *pf)
{
    struct json *json = json_object_create();
    bool busy = pf->state != POLICY_APPLIED && pf->state != POLICY_ERROR;
    char *step = busy ? step_to_string(&pf->step) : NULL;
    char addr[PCI_ADDR_STRLEN];

    output_put_string(json, "policy", policy_name(pf));
    json_object_put_string(json, "pf", pci_addr_format(&pf->addr, addr));
    put_facts(json, pf->facts);
    json_object_put(json, "ranges", ranges_to_json(pf));
    json_object_put_string(json, "towards", pf->policy ? "policy" : "before");
    json_object_put_string(json, "state", policy_state_to_string(pf->state));
    output_put_string(json, "step", step);
    output_put_string(json, "reason", pf->reason);
    free(step);
    return json;
}

/* The policy whose VFs a PF has in place of those that 'policy', which has no
 * PF, wants there, or NULL. */
static const char *
find_rival(const struct policy_engine *engine, const struct policy *policy)
{
    const struct managed_pf *pf;

    HMAP_FOR_EACH (pf, node, &engine->pfs) {
        struct policy_candidate as;

        if (pf->policy && pf->facts) {
            as = policy_facts_candidate(pf->facts, (pf->record
                                                    ? pf->record->pf_name
                                                    : ""));
            if (policy_spec_matches(&policy->spec, &as)) {
                return pf->policy->name;
            }
        }
    }
    return NULL;
}

/* A policy that has no PF. */
static struct json *
idle_policy_to_json(const struct policy_engine *engine,
                    const struct policy *policy)
{
    const char *rival = policy->error ? NULL : find_rival(engine, policy);
    struct json *json = json_object_create();
    char *reason = (policy->error ? xstrdup(policy->error)
                    : rival ? xasprintf("all PFs that it selects have "
                                        "policies that count more, such as "
                                        "%s, for some of its VFs", rival)
                    : xstrdup("it has no PF of this node"));

    json_object_put_string(json, "policy", policy->name);
    json_object_put(json, "pf", json_null_create());
    put_facts(json, NULL);
    json_object_put(json, "ranges", json_array_create_empty());
    json_object_put_string(json, "towards", "policy");
    json_object_put_string(json, "state", (policy->error ? "error"
                                           : rival ? "overridden"
                                           : "unmatched"));
    json_object_put(json, "step", json_null_create());
    json_object_put_string(json, "reason", reason);
    free(reason);
    return json;
}

static bool
has_pf(const struct policy_engine *engine, const struct policy *policy)
{
    const struct managed_pf *pf;

    HMAP_FOR_EACH (pf, node, &engine->pfs) {
        if (is_of(pf, policy->name)) {
            return true;
        }
    }
    return false;
}

struct json *
policy_engine_to_json(const struct policy_engine *engine, const char *name)
{
    const struct policy **policies = policy_table_sort(&engine->policies);
    const struct managed_pf **pfs = sort_pfs(engine);
    struct json *array = json_array_create_empty();

    for (size_t i = 0; policies[i]; i++) {
        if ((!name || !strcmp(name, policies[i]->name))
            && !has_pf(engine, policies[i])) {
            json_array_add(array, idle_policy_to_json(engine, policies[i]));
        }
    }
    for (size_t i = 0; pfs[i]; i++) {
        if (is_of(pfs[i], name)) {
            json_array_add(array, pf_to_json(pfs[i]));
        }
    }
    free(pfs);
    free(policies);
    return array;
}

struct diff {
    const struct managed_pf *pf;
    struct json *array;
    long long int n;            /* Steps of this PF so far. */
};

static void
add_step(const struct policy_step *step, void *diff_)
{
    struct diff *diff = diff_;
    struct json *json = json_object_create();
    char *text = step_to_string(step);
    char addr[PCI_ADDR_STRLEN];

    json_object_put_string(json, "pf",
                           pci_addr_format(&diff->pf->addr, addr));
    output_put_string(json, "policy", policy_name(diff->pf));
    json_object_put(json, "n", json_integer_create(++diff->n));
    output_put_string(json, "step", text);
    json_object_put(json, "disruptive",
                    json_boolean_create(policy_step_is_disruptive(step)));
    json_array_add(diff->array, json);
    free(text);
}

struct json *
policy_engine_diff_to_json(const struct policy_engine *engine,
                           const char *name)
{
    const struct managed_pf **pfs = sort_pfs(engine);
    struct json *array = json_array_create_empty();

    for (size_t i = 0; pfs[i]; i++) {
        struct diff diff = { .pf = pfs[i], .array = array };
        struct policy_candidate as;
        struct policy_target target;

        if (is_of(pfs[i], name) && pfs[i]->facts
            && (pfs[i]->policy || pfs[i]->record)) {
            managed_pf_target(pfs[i], &target, &as);
            policy_plan_all(pfs[i]->facts, &target, managed_pf_made(pfs[i]),
                            add_step, &diff);
        }
    }
    free(pfs);
    return array;
}

const struct policy_counts *
policy_engine_counts(const struct policy_engine *engine)
{
    return &engine->counts;
}

bool
policy_engine_count_pfs(const struct policy_engine *engine, unsigned int i,
                        const char **state, size_t *n)
{
    const struct managed_pf *pf;

    if (i > POLICY_ERROR) {
        return false;
    }
    *state = policy_state_to_string(i);
    *n = 0;
    HMAP_FOR_EACH (pf, node, &engine->pfs) {
        *n += pf->state == i;
    }
    return true;
}

struct json *
policy_engine_status_to_json(const struct policy_engine *engine)
{
    struct json *json = json_object_create();
    struct json *states = json_object_create();
    struct json *problems = json_object_create();
    long long int n[POLICY_ERROR + 1] = { 0 };
    const struct policy *policy;
    const struct managed_pf *pf;

    HMAP_FOR_EACH (pf, node, &engine->pfs) {
        n[pf->state]++;
        if (pf->reason[0]) {
            char addr[PCI_ADDR_STRLEN];

            output_put_string(problems, pci_addr_format(&pf->addr, addr),
                              pf->reason);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
        if (n[i]) {
            json_object_put(states, policy_state_to_string(i),
                            json_integer_create(n[i]));
        }
    }
    HMAP_FOR_EACH (policy, node, &engine->policies.policies) {
        if (policy->error) {
            char *name = output_printable(policy->name);

            json_object_put_string(problems, name, policy->error);
            free(name);
        }
    }
    json_object_put(json, "policies", json_integer_create(
                        hmap_count(&engine->policies.policies)));
    json_object_put(json, "pfs", states);
    json_object_put(json, "problems", problems);
    output_put_string(json, "state_dir", engine->state_dir);
    return json;
}
