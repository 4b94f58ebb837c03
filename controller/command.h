/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_COMMAND_H
#define CONTROLLER_COMMAND_H 1

/* The unixctl commands of the daemon.
 *
 * Registering is all there is to call; answers are made from the tables when a
 * command arrives, and those that wait (a commit, a dump) are answered later.
 * ovs-offload-controller(8) documents commands and JSON. */

#include <stdbool.h>

struct devinfo_publish;
struct devinfo_watch;
struct event_base;
struct event_log;
struct flow_engine;
struct flow_userspace;
struct inventory;
struct kernel;
struct metrics_server;
struct ovs_view;
struct policy_engine;
struct policy_watch;
struct reconcile;
struct rpc_server;
struct udev;
struct unixctl_conn;
struct vdpa_keep;

/* What the commands work on. */
struct controller {
    struct event_base *base;
    struct inventory *inv;
    struct kernel *kernel;
    struct ovs_view *view;
    struct event_log *log;
    struct devinfo_watch *devinfo;
    struct devinfo_publish *devinfo_publish;
    struct flow_engine *flows;
    struct flow_userspace *userspace;
    struct policy_watch *policy;
    struct policy_engine *policies;
    struct udev *udev;
    struct vdpa_keep *vdpa_keep;
    struct reconcile *rec;
    struct rpc_server *rpc;
    struct metrics_server *metrics;
    struct unixctl_conn *exit_conn; /* Who asked to exit, or NULL. */
    bool exiting;               /* Leave the main loop as soon as all that
                                 * was asked to go first is gone. */
    bool cleanup;               /* Delete our rows first. */
};

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
