/* SPDX-License-Identifier: Apache-2.0 */

/* The daemon: start-up, main loop, end.
 *
 * poll_block() is the one place that sleeps.  In each round what the kernel
 * and the database said goes into the tables, reconcile decides and acts, and
 * commands are answered from the same tables. */

#include <config.h>

#include <stdlib.h>

#include "command-line.h"
#include "controller/command.h"
#include "controller/controller.h"
#include "controller/devinfo/control.h"
#include "controller/devinfo/publish.h"
#include "controller/devinfo/watch.h"
#include "controller/event-log.h"
#include "controller/evloop.h"
#include "controller/flow/engine.h"
#include "controller/flow-table/table.h"
#include "controller/flow/userspace.h"
#include "controller/inventory.h"
#include "controller/metrics/server.h"
#include "controller/notify.h"
#include "controller/options.h"
#include "controller/policy-watch.h"
#include "controller/policy/engine.h"
#include "controller/reconcile.h"
#include "controller/rpc/server.h"
#include "controller/sink.h"
#include "controller/udev.h"
#include "controller/vdpa/keep.h"
#include "coverage.h"
#include "daemon.h"
#include "fatal-signal.h"
#include "memory.h"
#include "netlink/kernel.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/ovs-view.h"
#include "simap.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(main);

/* How long whoever started us waits for the first complete state, at most. */
#define START_MS 2000

/* How long what the kernel says is taken in before it is decided upon. */
#define MAX_EVENTS_MS 50

#define UDEV_DIR "/run/udev"

static void
udev_changed(void *inv)
{
    inventory_touch(inv);
}

static void
devinfo_changed(void *aux OVS_UNUSED)
{
    /* The main loop looks at the table in each round. */
}

static bool
netdev_exists(void *inv, uint32_t ifindex)
{
    return ifindex <= INT_MAX && inventory_find_link(inv, ifindex);
}

static uint32_t
netdev_ifindex(void *inv, const char *name)
{
    const struct inv_link *link = inventory_find_link_by_name(inv, name);

    return link ? link->info.ifindex : 0;
}

static void
report_memory(const struct controller *c)
{
    struct simap usage = SIMAP_INITIALIZER(&usage);

    simap_increase(&usage, "links", hmap_count(&c->inv->links));
    simap_increase(&usage, "vfs", hmap_count(&c->inv->vfs));
    simap_increase(&usage, "devlink-ports", hmap_count(&c->inv->ports));
    simap_increase(&usage, "vdpas", hmap_count(&c->inv->vdpas));
    simap_increase(&usage, "ports",
                   hmap_count(&reconcile_ports(c->rec)->ports));
    simap_increase(&usage, "interfaces",
                   hmap_count(ovs_view_ifaces(c->view)));
    simap_increase(&usage, "flows",
                   flow_table_count(flow_engine_table(c->flows)));
    ovs_view_get_memory_usage(c->view, &usage);
    memory_report(&usage);
    simap_destroy(&usage);
}

/* Tells whoever started us, once, that we are ready: when all is known, or
 * when what is missing (a database that is down) may take long. */
static void
complete_start(const struct controller *c, long long int deadline)
{
    static bool complete;

    if (complete) {
        return;
    }
    if (reconcile_ever_settled(c->rec) || time_msec() >= deadline) {
        daemonize_complete();
        notify_ready();
        complete = true;
    } else {
        poll_timer_wait_until(deadline);
    }
}

/* Takes what the kernel says.  As long as that changes something there is
 * probably more to come, which is cheaper to decide upon together. */
static void
run_kernel(struct controller *c, struct evloop *loop)
{
    long long int end = time_msec() + MAX_EVENTS_MS;
    uint64_t seqno;

    do {
        seqno = c->inv->seqno;
        evloop_run(loop);
        kernel_run(c->kernel);
        udev_run(c->udev);
    } while (c->inv->seqno != seqno && time_msec() < end);
}

static bool
may_exit(const struct controller *c)
{
    return c->exiting && (!c->cleanup || reconcile_is_clean(c->rec));
}

/* A round of all that follows the tables. */
static void
run_parts(struct controller *c, struct evloop *loop)
{
    const struct config *config = reconcile_config(c->rec);

    run_kernel(c, loop);
    reconcile_run(c->rec);
    devinfo_control_run(c);
    flow_engine_set_period(c->flows, config->flow_poll_ms);
    policy_engine_run(c->policies);
    vdpa_keep_run(c->vdpa_keep);
    flow_engine_run(c->flows);
    flow_userspace_run(c->userspace);
    rpc_server_set_path(c->rpc, config->vdpa_socket);
    rpc_server_run(c->rpc);
    metrics_server_set_address(c->metrics, config->metrics);
    metrics_server_run(c->metrics);
}

/* Waits for what makes another round necessary. */
static void
wait_for_parts(struct controller *c, struct evloop *loop)
{
    reconcile_wait(c->rec);
    kernel_wait(c->kernel);
    udev_wait(c->udev);
    devinfo_control_wait(c);
    policy_engine_wait(c->policies);
    vdpa_keep_wait(c->vdpa_keep);
    flow_engine_wait(c->flows);
    flow_userspace_wait(c->userspace);
    command_flow_wait(c);
    command_vdpa_wait();
    rpc_server_wait(c->rpc);
    metrics_server_wait(c->metrics);
    evloop_wait(loop);
}

static void
tell_status(const struct controller *c)
{
    notify_status(!ovs_view_is_connected(c->view)
                  ? "Waiting for the database"
                  : !reconcile_ever_settled(c->rec)
                  ? "Reading kernel and database"
                  : "Kernel and database are known");
    notify_run();
}

static void
main_loop(struct controller *c, struct evloop *loop,
          struct unixctl_server *unixctl)
{
    long long int deadline = time_msec() + START_MS;

    while (!may_exit(c)) {
        memory_run();
        if (memory_should_report()) {
            report_memory(c);
        }
        if (!reconcile_is_resting(c->rec)) {
            run_parts(c, loop);
        }
        unixctl_server_run(unixctl);
        if (!reconcile_is_resting(c->rec)) {
            /* Also what was asked just now: nothing may come to wake us. */
            command_flow_run(c);
            command_vdpa_run();
        }
        command_explain_run(c);
        command_wait_run(c);
        coverage_run();
        complete_start(c, deadline);
        tell_status(c);

        if (reconcile_is_resting(c->rec)) {
            reconcile_rest_wait(c->rec);
        } else {
            wait_for_parts(c, loop);
        }
        unixctl_server_wait(unixctl);
        command_explain_wait();
        command_wait_wait();
        memory_wait();
        notify_wait();
        if (may_exit(c)) {
            poll_immediate_wake();
        }
        poll_block();
    }
}

/* The daemon: what the controller consists of, and what that needs. */
struct daemon {
    struct options options;
    struct kernel_helper *helper;
    struct unixctl_server *unixctl;
    struct evloop *loop;
    struct inventory inv;
    struct policy_watch policy;
    struct event_log log;
    struct controller c;
};

/* Makes what can fail, and what has to be there before. */
static void
daemon_start(struct daemon *d)
{
    int error = kernel_helper_start(&d->helper);

    if (error) {
        ovs_fatal(error, "could not start the netlink helper");
    }
    error = unixctl_server_create(d->options.unixctl_path, &d->unixctl);
    if (error) {
        exit(EXIT_FAILURE);     /* It said why. */
    }
    d->loop = evloop_create();
    inventory_init(&d->inv);
    event_log_init(&d->log);
}

/* Makes the controller.  Each part is given those that it uses, so that they
 * are there before it. */
static void
controller_create(struct daemon *d)
{
    const struct flow_engine_netdevs netdevs = {
        .exists = netdev_exists, .ifindex = netdev_ifindex, .aux = &d->inv,
    };
    const struct options *o = &d->options;
    struct controller *c = &d->c;
    char *message = NULL;
    int error;

    c->base = evloop_base(d->loop);
    c->inv = &d->inv;
    c->log = &d->log;
    c->policy = &d->policy;
    c->view = ovs_view_create(o->remote);
    c->udev = udev_create(c->base, UDEV_DIR, udev_changed, c->inv);
    c->devinfo = devinfo_watch_create(c->base, devinfo_changed, NULL);
    c->devinfo_publish = devinfo_publish_create(c->devinfo);
    c->rec = reconcile_create(c->inv, c->view, c->udev, c->log);
    error = kernel_create(c->base, o->sysfs, d->helper, &controller_sink, c,
                          &c->kernel, &message);
    if (error) {
        ovs_fatal(error, "%s", message);
    }
    reconcile_set_kernel(c->rec, c->kernel);
    c->flows = flow_engine_create(c->base, d->helper, kernel_genl(c->kernel),
                                  &netdevs);
    c->userspace = flow_userspace_create();
    c->rpc = rpc_server_create(c->base, c->inv);
    reconcile_set_state_dir(c->rec, c->base, o->state_dir);
    c->vdpa_keep = vdpa_keep_create(c->base, c->kernel, o->state_dir);
    c->policies = policy_engine_create(c, d->helper, o->sysfs, o->state_dir);
    c->metrics = metrics_server_create(c);
    commands_register(c);
}

/* Those who still wait are answered first, and whoever asked for the end when
 * all is done that others could see. */
static void
controller_destroy(struct daemon *d)
{
    struct controller *c = &d->c;

    if (c->cleanup) {
        devinfo_control_cleanup(c);
    }
    metrics_server_destroy(c->metrics);
    command_explain_cancel_all();
    command_wait_cancel_all();
    command_flow_cancel_all();
    command_vdpa_cancel_all();
    reconcile_destroy(c->rec);
    rpc_server_destroy(c->rpc);
    if (c->exit_conn) {
        unixctl_command_reply(c->exit_conn, NULL);
    }
    unixctl_server_destroy(d->unixctl);
    policy_engine_destroy(c->policies);
    vdpa_keep_destroy(c->vdpa_keep);
    flow_userspace_destroy(c->userspace);
    flow_engine_destroy(c->flows);
    kernel_destroy(c->kernel);
    udev_destroy(c->udev);
    devinfo_publish_destroy(c->devinfo_publish);
    devinfo_watch_destroy(c->devinfo);
    ovs_view_destroy(c->view);
}

static void
daemon_stop(struct daemon *d)
{
    kernel_helper_stop(d->helper);
    policy_watch_destroy(&d->policy);
    event_log_destroy(&d->log);
    inventory_destroy(&d->inv);
    evloop_destroy(d->loop);
    options_destroy(&d->options);
}

int
main(int argc, char *argv[])
{
    struct daemon d = { .helper = NULL };

    ovs_set_program_name(argv[0], VERSION);
    ovs_cmdl_proctitle_init(argc, argv);
    service_start(&argc, &argv);
    options_parse(&d.options, argc, argv);
    fatal_ignore_sigpipe();
#ifdef HAVE_DAEMONIZE_START_2
    daemonize_start(true, false);
#else
    daemonize_start(true);
#endif
    notify_init();
    daemon_start(&d);
    controller_create(&d);
    VLOG_INFO("%s %s, database %s", program_name, VERSION, d.options.remote);

    main_loop(&d.c, d.loop, d.unixctl);
    notify_stopping();

    controller_destroy(&d);
    daemon_stop(&d);
    service_stop();
    return EXIT_SUCCESS;
}
