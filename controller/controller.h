/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_CONTROLLER_H
#define CONTROLLER_CONTROLLER_H 1

/* All parts of the daemon, for those that read several of them: commands,
 * reports, metrics, policies.
 *
 * The tables may contradict each other while events are taken from the kernel:
 * what ports point to may be freed by then, and is replaced by
 * reconcile_run().  So whoever is called back by the event loop, or by
 * kernel_run(), leaves ports alone until its turn in the main loop. */

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

struct controller {
    struct event_base *base;

    /* Tables, and where they come from. */
    struct inventory *inv;      /* Of the kernel's objects, */
    struct kernel *kernel;      /* which tells them. */
    struct ovs_view *view;      /* Of the database. */
    struct devinfo_watch *devinfo; /* Device-info files of the node. */
    struct udev *udev;          /* Which netdevs udev is done with. */
    struct event_log *log;      /* What happened. */

    /* What is done with them. */
    struct reconcile *rec;      /* Ports, and the configuration. */
    struct devinfo_publish *devinfo_publish; /* Device-info files of ours. */
    struct policy_engine *policies; /* Node policies. */
    struct vdpa_keep *vdpa_keep; /* Deletions that survive us. */

    /* Flows. */
    struct flow_engine *flows;  /* Of the kernel. */
    struct flow_userspace *userspace; /* Of a userspace datapath. */
    struct policy_watch *policy; /* Whether ovs-vswitchd offloads, and how. */

    /* Whom others ask, beside unixctl. */
    struct rpc_server *rpc;
    struct metrics_server *metrics;

    /* The end. */
    struct unixctl_conn *exit_conn; /* Who asked to exit, or NULL. */
    bool exiting;               /* Leave the main loop as soon as all that
                                 * was asked to go first is gone. */
    bool cleanup;               /* Delete our rows first. */
};

#endif /* controller/controller.h */
