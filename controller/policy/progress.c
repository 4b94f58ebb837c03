/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/controller.h"
#include "controller/event-log.h"
#include "controller/inventory.h"
#include "hash.h"
#include "netlink/net-use.h"
#include "netlink/node-writer.h"
#include "netlink/vdpa-holder.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

/* How long the kernel may take, after a step was taken, to show it. */
#define EFFECT_MS 10000

/* So long /proc is searched before others have their turn. */
#define SEARCH_USECS 2000

/* Creation and destruction. */

struct managed_pf *
managed_pf_find(const struct policy_engine *engine,
                const struct pci_addr *addr)
{
    struct managed_pf *pf;

    HMAP_FOR_EACH_WITH_HASH (pf, node, pci_addr_hash(addr, 0),
                             &engine->pfs) {
        if (!pci_addr_compare(&pf->addr, addr)) {
            return pf;
        }
    }
    return NULL;
}

struct managed_pf *
managed_pf_create(struct policy_engine *engine, const struct pci_addr *addr)
{
    struct managed_pf *pf = xzalloc(sizeof *pf);

    pf->engine = engine;
    pf->addr = *addr;
    pf->reason = xstrdup("");
    hmap_insert(&engine->pfs, &pf->node, pci_addr_hash(addr, 0));
    return pf;
}

static void
end_query(struct managed_pf *pf)
{
    if (pf->query) {
        net_use_query_destroy(pf->query);
        pf->query = NULL;
        pf->engine->asking = NULL;
        pf->engine->dirty = true; /* Another one may be waiting. */
    }
}

void
managed_pf_destroy(struct managed_pf *pf)
{
    hmap_remove(&pf->engine->pfs, &pf->node);
    end_query(pf);
    holder_scan_destroy(pf->scan);
    managed_pf_execute_cancel(pf);
    policy_record_destroy(pf->record);
    policy_pf_destroy(pf->facts);
    policy_users_destroy(&pf->users);
    free(pf->devices);
    free(pf->record_error);
    policy_spec_destroy(&pf->merged);
    free(pf->contradiction);
    free(pf->reason);
    free(pf);
}

struct node_writer *
managed_pf_writer(struct managed_pf *pf)
{
    if (!pf->writer) {
        pf->writer = node_writer_create(pf->engine->c->base);
    }
    return pf->writer;
}

/* State. */

const char *
policy_state_to_string(enum policy_state state)
{
    switch (state) {
    case POLICY_WORKING:
        return "working";
    case POLICY_APPLIED:
        return "applied";
    case POLICY_REFUSED:
        return "refused";
    case POLICY_FAILED:
        return "failed";
    case POLICY_ERROR:
        return "error";
    }
    OVS_NOT_REACHED();
}

static void
add_event(const struct managed_pf *pf, const char *what, const char *from,
          const char *to, const char *cause)
{
    char addr[PCI_ADDR_STRLEN];

    event_log_add(pf->engine->c->log, pci_addr_format(&pf->addr, addr), what,
                  from, to, "%s", cause);
}

void
managed_pf_set_state(struct managed_pf *pf, enum policy_state state,
                     char *reason)
{
    if (state != pf->state || strcmp(reason, pf->reason)) {
        add_event(pf, "policy", policy_state_to_string(pf->state),
                  policy_state_to_string(state), reason);
        pf->state = state;
    }
    free(pf->reason);
    pf->reason = reason;
}

static void
set_failed(struct managed_pf *pf, char *reason)
{
    managed_pf_set_state(pf, POLICY_FAILED, reason);
    pf->engine->counts.n_failed++;
    pf->phase = PHASE_IDLE;
    pf->guarded = pf->taken = false;
    retry_schedule(&pf->retry);
}

void
managed_pf_hold(struct managed_pf *pf, char *reason)
{
    managed_pf_set_state(pf, POLICY_ERROR, reason);
    if (time_msec() >= pf->deadline) {
        pf->taken = false;      /* Else it would be due for ever. */
    }
}

static char *
step_to_string(const struct policy_step *step)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    policy_step_put(step, &s);
    return ds_steal_cstr(&s);
}

const struct sset *
managed_pf_made(const struct managed_pf *pf)
{
    static const struct sset none = SSET_INITIALIZER(&none);

    return pf->record ? &pf->record->vdpas : &none;
}

void
managed_pf_target(const struct managed_pf *pf, struct policy_target *target,
                  struct policy_candidate *as)
{
    if (!pf->policy) {
        policy_record_target(pf->record, target);
        return;
    }
    *as = policy_facts_candidate(pf->facts,
                                 pf->record ? pf->record->pf_name : "");
    *target = (struct policy_target) {
        .num_vfs = pf->merged.num_vfs,
        .mode = pf->merged.mode,
        .mtu = pf->merged.mtu,
        .spec = &pf->merged,
        .as = as,
    };
}

/* The step itself, once its record is on the disk. */

void
managed_pf_step_done(struct managed_pf *pf, char *error)
{
    char *text = step_to_string(&pf->step);

    pf->phase = PHASE_IDLE;
    pf->engine->dirty = true;
    add_event(pf, "action", "", error ? "failed" : text, error ? error : "");
    if (error) {
        set_failed(pf, xasprintf("%s: %s", text, error));
    } else {
        pf->engine->counts.n_steps++;
        pf->taken = true;
        pf->deadline = time_msec() + EFFECT_MS;
        if (pf->step.type == POLICY_STEP_VDPA_DEL) {
            sset_find_and_delete(&pf->record->vdpas, pf->step.name);
        }
    }
    free(text);
    free(error);
}

static void
save_done(void *pf_, int error)
{
    struct managed_pf *pf = pf_;

    pf->engine->dirty = true;
    if (error) {
        set_failed(pf, xasprintf("writing the record in %s: %s",
                                 pf->engine->state_dir,
                                 ovs_strerror(error)));
    } else if (pf->step.type == POLICY_STEP_NONE || pf->stale) {
        pf->phase = PHASE_IDLE;
    } else {
        pf->phase = PHASE_STEP;
        managed_pf_execute(pf);
    }
}

/* Names of the policies that count for some VFs beside 'pf->policy'. */
static void
get_others(const struct managed_pf *pf, struct sset *others)
{
    sset_init(others);
    for (size_t i = 0; i < pf->merged.n_groups; i++) {
        const char *name = pf->merged.groups[i].policy;

        if (strcmp(name, pf->policy->name)) {
            sset_add(others, name);
        }
    }
}

/* Does the record name the policies that count? */
static bool
record_is_current(const struct managed_pf *pf)
{
    const struct policy_record *record = pf->record;
    struct sset others;
    bool equal;

    get_others(pf, &others);
    equal = (record->force == pf->merged.force
             && !strcmp(record->policy, pf->policy->name)
             && sset_equals(&record->others, &others));
    sset_destroy(&others);
    return equal;
}

/* Brings the record to what is to be on the disk before the step. */
static void
update_record(struct managed_pf *pf)
{
    struct policy_record *record = pf->record;

    if (pf->policy) {
        free(record->policy);
        record->policy = xstrdup(pf->policy->name);
        record->force = pf->merged.force;
        sset_destroy(&record->others);
        get_others(pf, &record->others);
    }
    free(record->step);
    record->step = (pf->step.type == POLICY_STEP_NONE ? xstrdup("")
                    : step_to_string(&pf->step));
    if (pf->step.type == POLICY_STEP_VDPA_ADD) {
        sset_add(&record->vdpas, pf->step.name);
    }
    if (pf->step.type == POLICY_STEP_MTU && !record->mtu
        && pf->facts->has_uplink
        && !strcmp(pf->step.name, pf->facts->netdevs[0].name)) {
        record->mtu = pf->facts->netdevs[0].mtu;
    }
}

static void
start_save(struct managed_pf *pf)
{
    char name[POLICY_RECORD_NAME_LEN];
    char *text;
    int error;

    if (!pf->record) {
        pf->record = policy_record_create(pf->facts, pf->policy->name);
        policy_record_set_boot_id(pf->record, pf->engine->boot_id);
    }
    update_record(pf);
    text = policy_record_format(pf->record);
    pf->phase = PHASE_SAVE;
    error = node_writer_save(managed_pf_writer(pf), pf->engine->state_dir,
                             policy_record_file(&pf->addr, name), text,
                             save_done, pf);
    free(text);
    if (error) {
        save_done(pf, error);
    }
}

/* Guards. */

static void
guards_done(struct managed_pf *pf)
{
    bool force = (pf->policy ? pf->merged.force
                  : pf->record && pf->record->force);
    char *user = policy_guard(&pf->users, force);

    pf->phase = PHASE_IDLE;
    pf->engine->dirty = true;
    policy_users_destroy(&pf->users);
    free(pf->devices);
    pf->devices = NULL;
    if (pf->stale) {
        pf->guarded = false;    /* It is planned anew first. */
    } else if (user) {
        char *text = step_to_string(&pf->step);

        managed_pf_set_state(pf, POLICY_REFUSED,
                             xasprintf("%s: not done, as %s", text, user));
        pf->guarded = false;
        retry_schedule(&pf->retry);
        free(text);
    } else {
        pf->guarded = true;
        start_save(pf);
    }
    free(user);
}

static void
add_holders(struct managed_pf *pf, const struct policy_device *device)
{
    size_t n;
    const struct vdpa_holder *holders = holder_scan_holders(pf->scan, &n);

    for (size_t i = 0; i < n; i++) {
        char *who = xasprintf("process %ld (%s)", (long int) holders[i].pid,
                              holders[i].comm);

        policy_users_add(&pf->users, POLICY_USER_PROCESS, device->on, who,
                         device->name);
        free(who);
    }
    /* Only for devices of vhost-vdpa is it known that somebody was not
     * seen. */
    if (holder_scan_is_incomplete(pf->scan)
        && !strncmp(device->name, "vhost-vdpa-", 11)) {
        policy_users_add(&pf->users, POLICY_USER_UNKNOWN, device->name,
                         "which process has a device of this kind open",
                         NULL);
    }
}

/* Goes on looking for processes. */
static void
run_holders(struct managed_pf *pf)
{
    if (pf->next_device >= pf->n_devices) {
        guards_done(pf);
        return;
    }

    const struct policy_device *device = &pf->devices[pf->next_device];
    if (!pf->scan) {
        pf->scan = holder_scan_create("/proc", pf->engine->sysfs,
                                      device->major, device->minor);
    }
    if (holder_scan_run(pf->scan, SEARCH_USECS)) {
        add_holders(pf, device);
        holder_scan_destroy(pf->scan);
        pf->scan = NULL;
        pf->next_device++;
    }
}

static void
uses_done(void *pf_, int error, const struct net_uses *uses)
{
    struct managed_pf *pf = pf_;
    const struct policy_engine *engine = pf->engine;

    if (error) {
        policy_users_add(&pf->users, POLICY_USER_UNKNOWN, "this node",
                         "which netdevs have addresses", NULL);
    }
    policy_facts_users(engine->sysfs, engine->c->inv, engine->c->view,
                       pf->facts, uses, &pf->users);
    pf->n_devices = policy_facts_devices(engine->sysfs, pf->facts,
                                         &pf->devices);
    pf->next_device = 0;
    pf->phase = PHASE_HOLDERS;
}

static void
start_guards(struct managed_pf *pf)
{
    struct policy_engine *engine = pf->engine;

    if (engine->asking) {
        return;                 /* It sets 'dirty' when it is done. */
    }
    policy_users_destroy(&pf->users);
    policy_facts_operator("", &pf->users);
    pf->phase = PHASE_USES;
    pf->query = net_use_query_start(engine->c->base, engine->helper,
                                    uses_done, pf);
    engine->asking = pf;
}

void
managed_pf_run(struct managed_pf *pf)
{
    if (pf->query) {
        net_use_query_run(pf->query);
        if (pf->phase != PHASE_USES) {
            end_query(pf);
        }
    }
    if (pf->phase == PHASE_HOLDERS) {
        run_holders(pf);
    }
    if (retry_take(&pf->retry)
        || (pf->taken && time_msec() >= pf->deadline)) {
        pf->engine->dirty = true;
    }
}

void
managed_pf_wait(struct managed_pf *pf)
{
    if (pf->query) {
        net_use_query_wait(pf->query);
    }
    if (pf->phase == PHASE_HOLDERS) {
        poll_immediate_wake();
    }
    retry_wait(&pf->retry);
    if (pf->taken && !pf->engine->dirty) {
        poll_timer_wait_until(pf->deadline);
    }
}

/* Deciding. */

static void
forget_done(void *pf_, int error)
{
    struct managed_pf *pf = pf_;

    pf->engine->dirty = true;
    pf->phase = PHASE_IDLE;
    if (error) {
        set_failed(pf, xasprintf("removing the record from %s: %s",
                                 pf->engine->state_dir,
                                 ovs_strerror(error)));
    } else {
        policy_record_destroy(pf->record);
        pf->record = NULL;
    }
}

/* It is as it was before: nothing is left to be remembered. */
static void
start_forget(struct managed_pf *pf)
{
    char name[POLICY_RECORD_NAME_LEN];
    int error;

    pf->phase = PHASE_FORGET;
    error = node_writer_remove(managed_pf_writer(pf), pf->engine->state_dir,
                               policy_record_file(&pf->addr, name),
                               forget_done, pf);
    if (error) {
        forget_done(pf, error);
    }
}

/* There is nothing left to do. */
static void
finish(struct managed_pf *pf)
{
    const struct policy_record *record = pf->record;

    pf->guarded = false;
    retry_reset(&pf->retry);
    if (!pf->policy) {
        start_forget(pf);
        return;
    }
    managed_pf_set_state(pf, POLICY_APPLIED, xstrdup(""));
    if (record && (record->step[0] || !record_is_current(pf))) {
        start_save(pf);
    } else {
        node_writer_destroy(pf->writer);
        pf->writer = NULL;
    }
}

static bool
needs_guards(const struct managed_pf *pf)
{
    return (policy_step_is_disruptive(&pf->step)
            && (!pf->guarded || pf->step.type == POLICY_STEP_NUM_VFS
                || pf->step.type == POLICY_STEP_ESWITCH));
}

static void
take_step(struct managed_pf *pf)
{
    if (pf->step.type == POLICY_STEP_NONE) {
        finish(pf);
        return;
    }
    if (pf->step.type == POLICY_STEP_IMPOSSIBLE) {
        pf->guarded = false;
        if (pf->step.may_change) {
            set_failed(pf, xstrdup(pf->step.name));
        } else {
            managed_pf_set_state(pf, POLICY_ERROR, xstrdup(pf->step.name));
        }
        return;
    }
    if (pf->state == POLICY_APPLIED || pf->state == POLICY_ERROR) {
        managed_pf_set_state(pf, POLICY_WORKING, xstrdup(""));
    }
    if (needs_guards(pf)) {
        start_guards(pf);
    } else {
        start_save(pf);
    }
}

bool
managed_pf_advance(struct managed_pf *pf)
{
    struct policy_candidate as;
    struct policy_target target;
    struct policy_step step;

    if (pf->phase != PHASE_IDLE) {
        return false;
    }
    if (!pf->policy && !pf->record) {
        return true;
    }
    pf->stale = false;
    managed_pf_target(pf, &target, &as);
    policy_plan(pf->facts, &target, managed_pf_made(pf), &step);
    if (pf->taken) {
        if (policy_step_equals(&step, &pf->step)) {
            if (time_msec() >= pf->deadline) {
                char *text = step_to_string(&step);

                set_failed(pf, xasprintf("%s: had no effect", text));
                free(text);
            }
            return false;
        }
        pf->taken = false;
        retry_reset(&pf->retry);
        managed_pf_set_state(pf, POLICY_WORKING, xstrdup(""));
    }
    if (!pf->retry.at) {
        pf->step = step;
        take_step(pf);
    }
    return false;
}
