/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/controller.h"
#include "controller/inventory.h"
#include "controller/reconcile.h"
#include "controller/state/file.h"
#include "coverage.h"
#include "netlink/eswitch-control.h"
#include "netlink/kernel.h"
#include "netlink/sysfs.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb/ovs-view.h"
#include "util.h"

COVERAGE_DEFINE(policy_round);

struct policy_engine *
policy_engine_create(const struct controller *c, struct kernel_helper *helper,
                     const char *sysfs, const char *state_dir)
{
    struct policy_engine *engine = xzalloc(sizeof *engine);

    engine->c = c;
    engine->helper = helper;
    engine->eswitch = eswitch_control_create(c->base, helper,
                                             kernel_genl(c->kernel));
    engine->sysfs_path = abs_file_name(NULL, sysfs);
    engine->sysfs = sysfs_open_root(sysfs);
    engine->state_dir = abs_file_name(NULL, state_dir);
    engine->boot_id = state_read_boot_id();
    policy_table_init(&engine->policies);
    hmap_init(&engine->pfs);
    engine->dirty = true;
    policy_store_load(engine);
    return engine;
}

void
policy_engine_destroy(struct policy_engine *engine)
{
    struct managed_pf *pf;

    if (!engine) {
        return;
    }
    HMAP_FOR_EACH_SAFE (pf, node, &engine->pfs) {
        managed_pf_destroy(pf);
    }
    hmap_destroy(&engine->pfs);
    policy_table_destroy(&engine->policies);
    eswitch_control_destroy(engine->eswitch);
    if (engine->sysfs >= 0) {
        close(engine->sysfs);
    }
    free(engine->sysfs_path);
    free(engine->state_dir);
    free(engine->boot_id);
    free(engine->store_error);
    free(engine);
}

const struct policy_table *
policy_engine_policies(const struct policy_engine *engine)
{
    return &engine->policies;
}

void
policy_engine_touch(struct policy_engine *engine)
{
    struct managed_pf *pf;

    HMAP_FOR_EACH (pf, node, &engine->pfs) {
        retry_reset(&pf->retry);
    }
    engine->dirty = true;
}

/* A round. */

/* Is what is known of the node complete, so that something may be concluded
 * from what is not there? */
static bool
is_ready(const struct policy_engine *engine)
{
    const struct inventory *inv = engine->c->inv;

    return (ovs_view_is_synced(engine->c->view)
            && reconcile_ever_settled(engine->c->rec)
            && inv->state[SOURCE_LINK] == SOURCE_SYNCED
            && inv->state[SOURCE_DEVLINK] != SOURCE_SYNCING
            && inv->state[SOURCE_VDPA] != SOURCE_SYNCING);
}

/* What keeps a PF as it is, or NULL (caller frees). */
static char *
find_obstacle(const struct policy_engine *engine, const struct managed_pf *pf)
{
    const struct policy *bad = (pf->record ? policy_find(&engine->policies,
                                                         pf->record->policy)
                                : NULL);

    if (pf->record_error) {
        return xstrdup(pf->record_error);
    }
    if (engine->store_error) {
        return xstrdup(engine->store_error);
    }
    if (!pf->facts) {
        return xstrdup("the PF is not there");
    }
    if (bad && bad->error) {
        return xasprintf("the policy's value is bad, and what an earlier one "
                         "led to stays: %s", bad->error);
    }
    if (pf->policy && pf->contradiction) {
        return xstrdup(pf->contradiction);
    }
    if (engine->mode == MODE_OBSERVE) {
        return xstrdup("offload-mode is observe");
    }
    return NULL;
}

/* Has hw-tc-offload turned on, and changes of the MTU told, on the netdevs of
 * 'pf' if it is 'managed'. */
static void
mark_links(const struct policy_engine *engine, const struct managed_pf *pf,
           bool managed)
{
    for (size_t i = 0; i < pf->facts->n_netdevs; i++) {
        struct inv_link *link
            = inventory_find_link(engine->c->inv,
                                  pf->facts->netdevs[i].ifindex);

        if (link && link->in_policy != managed) {
            link->in_policy = managed;
            inventory_touch(engine->c->inv);
        }
    }
}

/* A policy that was for some VFs of 'pf', also before a restart, and has got a
 * value that says nothing: that is no wish to have its devices deleted.
 * Caller frees. */
static char *
find_bad_group(const struct policy_engine *engine, const struct managed_pf *pf)
{
    const char *name;

    if (!pf->record) {
        return NULL;
    }
    SSET_FOR_EACH (name, &pf->record->others) {
        const struct policy *policy = policy_find(&engine->policies, name);

        if (policy && policy->error) {
            return xasprintf("the value of policy %s is bad, and what an "
                             "earlier one led to stays: %s", policy->name,
                             policy->error);
        }
    }
    return NULL;
}

/* Returns the PF if it is there and there is a reason to care for it. */
static struct managed_pf *
update_pf(struct policy_engine *engine, const struct pci_addr *addr)
{
    struct policy_pf *facts = policy_facts_read(engine->sysfs, engine->c->inv,
                                                addr);
    struct managed_pf *pf = managed_pf_find(engine, addr);
    struct policy_candidate as;
    struct policy_spec merged;
    const struct policy *policy;
    char *contradiction;

    if (!facts) {
        return NULL;
    }
    as = policy_facts_candidate(facts,
                                pf && pf->record ? pf->record->pf_name : "");
    policy = policy_table_merge(&engine->policies, &as, &merged,
                                &contradiction);
    if (policy && pf && !contradiction) {
        contradiction = find_bad_group(engine, pf);
    }
    if (!pf && policy) {
        pf = managed_pf_create(engine, addr);
    }
    if (!pf) {
        policy_pf_destroy(facts);
        policy_spec_destroy(&merged);
        return NULL;
    }
    if (policy != pf->policy) {
        retry_reset(&pf->retry);
    }
    pf->policy = policy;
    if (!contradiction || !pf->merged.n_groups) {
        policy_spec_destroy(&pf->merged);
        pf->merged = merged;
    } else {
        policy_spec_destroy(&merged);
    }
    free(pf->contradiction);
    pf->contradiction = contradiction;
    pf->seen = true;
    policy_pf_destroy(pf->facts);
    pf->facts = facts;
    policy_facts_read_vfs(engine->sysfs, facts);
    mark_links(engine, pf, true);
    return pf;
}

static void
advance(struct policy_engine *engine, struct managed_pf *pf)
{
    char *obstacle = find_obstacle(engine, pf);

    if (!obstacle) {
        if (managed_pf_advance(pf)) {
            mark_links(engine, pf, false);
            managed_pf_destroy(pf);
        }
    } else if (pf->phase == PHASE_IDLE) {
        managed_pf_hold(pf, obstacle);
    } else {
        free(obstacle);         /* What is under way ends first. */
    }
}

static void
run_round(struct policy_engine *engine)
{
    struct managed_pf *pf;
    struct pci_addr *addrs;
    size_t n;

    engine->dirty = false;
    if (hmap_is_empty(&engine->pfs)
        && hmap_is_empty(&engine->policies.policies)) {
        return;
    }
    COVERAGE_INC(policy_round);
    HMAP_FOR_EACH (pf, node, &engine->pfs) {
        pf->seen = false;
    }
    n = policy_facts_list(engine->sysfs, &addrs);
    for (size_t i = 0; i < n; i++) {
        pf = update_pf(engine, &addrs[i]);
        if (pf) {
            advance(engine, pf);
        }
    }
    free(addrs);
    HMAP_FOR_EACH_SAFE (pf, node, &engine->pfs) {
        if (pf->seen || pf->phase != PHASE_IDLE) {
            continue;
        }
        policy_pf_destroy(pf->facts);
        pf->facts = NULL;
        pf->policy = NULL;
        if (pf->record || pf->record_error) {
            advance(engine, pf);
        } else {
            managed_pf_destroy(pf);
        }
    }
}

static void
update_policies(struct policy_engine *engine)
{
    struct managed_pf *pf;

    if (!ovs_view_is_synced(engine->c->view)) {
        return;
    }
    if (policy_table_update(&engine->policies,
                            ovs_view_external_ids(engine->c->view))) {
        HMAP_FOR_EACH (pf, node, &engine->pfs) {
            pf->policy = NULL;  /* It may be gone. */
            pf->stale = true;
        }
        policy_engine_touch(engine);
    }

    enum offload_mode mode = reconcile_config(engine->c->rec)->mode;
    if (mode != engine->mode) {
        engine->mode = mode;
        engine->dirty = true;
    }
}

void
policy_engine_run(struct policy_engine *engine)
{
    struct managed_pf *pf;

    eswitch_control_run(engine->eswitch);
    update_policies(engine);
    HMAP_FOR_EACH_SAFE (pf, node, &engine->pfs) {
        managed_pf_run(pf);
    }
    if (engine->inv_seqno != engine->c->inv->seqno) {
        engine->inv_seqno = engine->c->inv->seqno;
        engine->dirty = true;
    }
    if (engine->dirty && is_ready(engine)) {
        run_round(engine);
    }
}

void
policy_engine_wait(struct policy_engine *engine)
{
    struct managed_pf *pf;

    eswitch_control_wait(engine->eswitch);
    HMAP_FOR_EACH (pf, node, &engine->pfs) {
        managed_pf_wait(pf);
    }
    if ((engine->dirty || engine->inv_seqno != engine->c->inv->seqno)
        && is_ready(engine)) {
        poll_immediate_wake();
    }
}

char *
policy_engine_check(const struct policy_engine *engine,
                    const struct policy_spec *spec, size_t *n)
{
    struct pci_addr *addrs;
    char *error = NULL;
    size_t n_addrs = policy_facts_list(engine->sysfs, &addrs);

    *n = 0;
    for (size_t i = 0; i < n_addrs && !error; i++) {
        struct policy_pf *pf = policy_facts_read(engine->sysfs,
                                                 engine->c->inv, &addrs[i]);
        const struct managed_pf *managed = managed_pf_find(engine, &addrs[i]);
        struct policy_candidate as;

        if (!pf) {
            continue;
        }
        as = policy_facts_candidate(pf, (managed && managed->record
                                         ? managed->record->pf_name : ""));
        if (policy_spec_matches(spec, &as)) {
            ++*n;
            if (spec->num_vfs > pf->total_vfs) {
                char addr[PCI_ADDR_STRLEN];

                error = xasprintf("numVfs is %u, and PF %s can have %u at "
                                  "most (sriov_totalvfs)", spec->num_vfs,
                                  pci_addr_format(&pf->addr, addr),
                                  pf->total_vfs);
            }
        }
        policy_pf_destroy(pf);
    }
    free(addrs);
    return error;
}
