/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_COMMAND_H
#define CONTROLLER_COMMAND_H 1

/* The unixctl commands of the daemon.
 *
 * Registering is all there is to call; answers are made from the tables when a
 * command arrives, and those that wait (a commit, a dump) are answered later.
 * ovs-offload-controller(8) documents commands and JSON. */

#include <stdbool.h>

struct controller;

/* 'c' must outlive the unixctl server. */
void commands_register(struct controller *c);

/* Commands about flows, which may take a while: registers them, goes on with
 * those that are under way, and ends them. */
void command_flow_register(struct controller *c);
void command_flow_run(const struct controller *c);
void command_flow_wait(const struct controller *c);
void command_flow_cancel_all(void);

/* Registers explain, does what those that are under way need in each round of
 * the main loop, and ends them. */
void command_explain_register(struct controller *c);
void command_explain_run(const struct controller *c);
void command_explain_wait(void);
void command_explain_cancel_all(void);

/* Registers the commands about vDPA devices, which wait for the kernel; goes
 * on with those that are under way, and ends them. */
void command_vdpa_register(struct controller *c);
void command_vdpa_run(void);
void command_vdpa_wait(void);
void command_vdpa_cancel_all(void);

/* Registers event/wait, answers those for whom there is something new, to be
 * called when all else has been done in a round of the main loop, and ends
 * them. */
void command_wait_register(struct controller *c);
void command_wait_run(const struct controller *c);
void command_wait_wait(void);
void command_wait_cancel_all(void);

/* Commands about node policies. */
void command_policy_register(struct controller *c);

/* Updates 'c->policy', if the keys changed or, before it is looked at, 'now':
 * a restart of ovs-vswitchd alone tells nothing. */
void command_watch_policy(const struct controller *c, bool now);

#endif /* controller/command.h */
