/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_POLICY_ENGINE_H
#define CONTROLLER_POLICY_ENGINE_H 1

/* Brings the PFs of the node to what policies ask for, and back.
 *
 * Level-triggered: whenever something changed, what a PF is now and what it
 * should be give the next step (controller/policy/plan.h).  Before a step that
 * might cut somebody off the users of the PF are looked for
 * (controller/policy/guard.h).  Then the record (controller/policy/record.h)
 * goes to the disk, then the step is taken, and what the kernel shows after
 * that decides what comes next.  PFs do not wait for each other.
 *
 * A PF whose policy went goes back to what the record says, and then the
 * record goes.  As long as a policy's value is malformed, what an earlier one
 * led to stays; a record that cannot be read keeps its PF as it is.
 *
 * Nothing here blocks.  A step that failed, or that a user prevents, is tried
 * again after a while, more seldom each time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/policy/spec.h"

struct controller;
struct json;
struct kernel_helper;
struct policy_engine;

/* 'c' and 'helper' must outlive the engine; c->kernel, c->inv, c->view,
 * c->log and c->rec have to be there.  'sysfs' is the root of sysfs,
 * 'state_dir' the directory of the records. */
struct policy_engine *policy_engine_create(const struct controller *c,
                                           struct kernel_helper *helper,
                                           const char *sysfs,
                                           const char *state_dir);
void policy_engine_destroy(struct policy_engine *);
void policy_engine_run(struct policy_engine *);
void policy_engine_wait(struct policy_engine *);

/* Looks at everything anew, also what failed. */
void policy_engine_touch(struct policy_engine *);

const struct policy_table *policy_engine_policies(
    const struct policy_engine *);

/* Returns why 'spec' cannot be for a PF of this node that it selects (caller
 * frees), or NULL, and stores how many it selects into '*n'. */
char *policy_engine_check(const struct policy_engine *,
                          const struct policy_spec *, size_t *n);

/* For commands: an array with an object for each PF that has a policy or had
 * one, and for each policy that has no PF.  Only those of 'policy', unless it
 * is NULL. */
struct json *policy_engine_to_json(const struct policy_engine *,
                                   const char *policy);

/* An array with an object for each step that is left, likewise. */
struct json *policy_engine_diff_to_json(const struct policy_engine *,
                                        const char *policy);

/* What is counted. */
struct policy_counts {
    uint64_t n_steps;           /* Steps that were taken. */
    uint64_t n_failed;          /* Steps that failed, or that could not be
                                 * prepared. */
};
const struct policy_counts *policy_engine_counts(const struct policy_engine *);

/* Stores the name of state 'i' and the number of PFs in it, or returns false
 * if there are not so many states. */
bool policy_engine_count_pfs(const struct policy_engine *, unsigned int i,
                             const char **state, size_t *n);

/* An object with the number of PFs by state, and with what is wrong. */
struct json *policy_engine_status_to_json(const struct policy_engine *);

#endif /* controller/policy/engine.h */
