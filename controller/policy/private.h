/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_POLICY_PRIVATE_H
#define CONTROLLER_POLICY_PRIVATE_H 1

/* What the files of the policy engine share:
 *
 *   engine.c   which PF has which policy, and when to look
 *   progress.c one PF: plan, guards, record, step, and over again
 *   execute.c  taking a step
 *   store.c    records on the disk
 *   report.c   JSON */

#include "controller/policy/engine.h"
#include "controller/policy/facts.h"
#include "controller/policy/guard.h"
#include "controller/policy/plan.h"
#include "controller/policy/record.h"
#include "netlink/retry.h"
#include "openvswitch/hmap.h"

struct controller;
struct eswitch_control;
struct eswitch_op;
struct event_base;
struct holder_scan;
struct net_use_query;
struct node_writer;
struct vdpa_op;

enum policy_state {
    POLICY_WORKING,             /* A step is under way, or about to be. */
    POLICY_APPLIED,             /* As the policy says. */
    POLICY_REFUSED,             /* Somebody uses the PF. */
    POLICY_FAILED,              /* A step failed and is tried again. */
    POLICY_ERROR,               /* Not before somebody changes something. */
};

/* What is under way for a PF. */
enum policy_phase {
    PHASE_IDLE,                 /* Nothing. */
    PHASE_USES,                 /* Addresses and routes are asked for. */
    PHASE_HOLDERS,              /* Processes are looked at. */
    PHASE_SAVE,                 /* The record is on its way to the disk. */
    PHASE_STEP,                 /* The step is being taken. */
    PHASE_FORGET,               /* The record is being removed. */
};

/* A PF that has a policy or a record. */
struct managed_pf {
    struct hmap_node node;      /* In policy_engine's 'pfs', by 'addr'. */
    struct policy_engine *engine;
    struct pci_addr addr;
    bool seen;                  /* Is it there?  Else only its record is. */

    struct policy_record *record; /* NULL if nothing was done so far. */
    char *record_error;         /* Why the record cannot be read, or NULL. */

    const struct policy *policy; /* NULL on the way back; else the one that
                                 * counts first. */
    struct policy_spec merged;  /* What all policies want of the PF, if
                                 * 'policy'. */
    char *contradiction;        /* Why that cannot be, or NULL. */
    struct policy_pf *facts;    /* As of the last round, or NULL. */

    enum policy_state state;
    char *reason;               /* Why, "" if there is nothing to say. */

    enum policy_phase phase;
    bool stale;                 /* Have policies changed since 'phase' began?
                                 * Then the step is not taken. */
    struct policy_step step;    /* That is, or was last, prepared or taken. */
    bool taken;                 /* Was it taken, and not yet seen to have had
                                 * its effect? */
    long long int deadline;     /* time_msec() until which it has to, if
                                 * 'taken'. */
    bool guarded;               /* Were the guards passed for the steps that
                                 * come now? */
    struct retry retry;         /* After a failure or a refusal. */

    struct policy_users users;  /* As far as they are known. */
    struct policy_device *devices; /* Whose holders are looked for, */
    size_t n_devices, next_device; /* and which is next. */

    /* Under way. */
    struct node_writer *writer; /* NULL before the first use. */
    struct net_use_query *query;
    struct holder_scan *scan;
    struct eswitch_op *eswitch_op;
    struct vdpa_op *vdpa_op;
};

struct policy_engine {
    const struct controller *c;
    struct kernel_helper *helper;
    struct eswitch_control *eswitch;
    char *sysfs_path;           /* Root of sysfs, absolute, */
    int sysfs;                  /* and a descriptor of it. */
    char *state_dir;            /* Of the records, absolute. */
    char *boot_id;              /* The kernel's. */
    char *store_error;          /* Why records cannot be read, or NULL. */
    struct policy_table policies;
    struct hmap pfs;            /* struct managed_pf by 'addr'. */
    struct managed_pf *asking;  /* Has a 'query': one at a time. */
    uint64_t inv_seqno;         /* As of the last round, */
    int mode;                   /* as enum offload_mode. */
    bool dirty;                 /* Is a round due? */
    struct policy_counts counts;
};

struct managed_pf *managed_pf_find(const struct policy_engine *,
                                   const struct pci_addr *);
struct managed_pf *managed_pf_create(struct policy_engine *,
                                     const struct pci_addr *);
void managed_pf_destroy(struct managed_pf *);

/* Sets state and reason, which is taken, and logs a change. */
void managed_pf_set_state(struct managed_pf *, enum policy_state,
                          char *reason);

/* Leaves 'pf', of which nothing is under way, as it is, for 'reason', which is
 * taken. */
void managed_pf_hold(struct managed_pf *, char *reason);

/* Fills in where 'pf' should be, '*as' being for 'target' to point to. */
void managed_pf_target(const struct managed_pf *, struct policy_target *target,
                       struct policy_candidate *as);

/* The vDPA devices that a policy made on it; never NULL. */
const struct sset *managed_pf_made(const struct managed_pf *);

/* Goes on with 'pf', whose 'policy' and 'facts' are current.  Returns true if
 * it is of no more interest. */
bool managed_pf_advance(struct managed_pf *);

/* Goes on with what needs no round: looking for holders. */
void managed_pf_run(struct managed_pf *);
void managed_pf_wait(struct managed_pf *);

/* Takes pf->step.  managed_pf_step_done() is called, later, or from here. */
void managed_pf_execute(struct managed_pf *);

/* The step ended; 'error' is NULL if it was taken, else why not (which is
 * freed). */
void managed_pf_step_done(struct managed_pf *, char *error);

/* Drops what the executor has under way. */
void managed_pf_execute_cancel(struct managed_pf *);

/* Its writer. */
struct node_writer *managed_pf_writer(struct managed_pf *);

/* Reads all records. */
void policy_store_load(struct policy_engine *);

const char *policy_state_to_string(enum policy_state);

#endif /* controller/policy/private.h */
