/* SPDX-License-Identifier: Apache-2.0 */

/* The daemon: options, start-up, main loop.
 *
 * poll_block() is the one place that sleeps.  In each round what the kernel
 * and the database said goes into the tables, reconcile decides and acts, and
 * commands are answered from the same tables. */

#include <config.h>

#include <getopt.h>
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
#include "controller/policy-watch.h"
#include "controller/policy/engine.h"
#include "controller/reconcile.h"
#include "controller/rpc/server.h"
#include "controller/sink.h"
#include "controller/udev.h"
#include "controller/vdpa/keep.h"
#include "coverage.h"
#include "daemon.h"
#include "dirs.h"
#include "fatal-signal.h"
#include "memory.h"
#include "netlink/kernel.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/ovs-view.h"
#include "simap.h"
#include "stream-ssl.h"
#include "stream.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(main);

/* How long whoever started us waits for the first complete state, at most. */
#define START_MS 2000

/* How long what the kernel says is taken in before it is decided upon. */
#define MAX_EVENTS_MS 50

#define UDEV_DIR "/run/udev"

struct options {
    char *remote;               /* Database. */
    char *unixctl_path;         /* Control socket or NULL for the default. */
    char *sysfs;                /* Root of sysfs. */
    char *state_dir;            /* Of what survives us, absolute. */
};

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

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: offload port controller for Open vSwitch\n"
           "usage: %s [OPTIONS] [DATABASE]\n"
           "where DATABASE is the socket of ovsdb-server\n"
           "(default: unix:%s/db.sock).\n",
           program_name, program_name, ovs_rundir());
    stream_usage("DATABASE", true, false, true);
    daemon_usage();
    vlog_usage();
    printf("\nOther options:\n"
           "  -u, --unixctl=SOCKET    override default control socket name\n"
           "  --sysfs-root=DIR        read sysfs at DIR (default: /sys)\n"
           "  --state-dir=DIR         remember in DIR what must survive the "
           "daemon\n"
           "                          (default: "OFFLOAD_STATEDIR")\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n");
    exit(EXIT_SUCCESS);
}

static void
parse_options(int argc, char *argv[], struct options *o)
{
    enum {
        OPT_SYSFS_ROOT = UCHAR_MAX + 1,
        OPT_STATE_DIR,
        VLOG_OPTION_ENUMS,
        DAEMON_OPTION_ENUMS,
        SSL_OPTION_ENUMS,
        OPT_PEER_CA_CERT,
    };
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {"unixctl", required_argument, NULL, 'u'},
        {"sysfs-root", required_argument, NULL, OPT_SYSFS_ROOT},
        {"state-dir", required_argument, NULL, OPT_STATE_DIR},
        VLOG_LONG_OPTIONS,
        DAEMON_LONG_OPTIONS,
        STREAM_SSL_LONG_OPTIONS,
        {"peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT},
        {NULL, 0, NULL, 0},
    };
    char *short_options = ovs_cmdl_long_options_to_short_options(long_options);

    for (;;) {
        int c = getopt_long(argc, argv, short_options, long_options, NULL);

        if (c == -1) {
            break;
        }
        switch (c) {
        case 'h':
            usage();

        case 'V':
            ovs_print_version(0, 0);
            exit(EXIT_SUCCESS);

        case 'u':
            free(o->unixctl_path);
            o->unixctl_path = xstrdup(optarg);
            break;

        case OPT_SYSFS_ROOT:
            free(o->sysfs);
            o->sysfs = xstrdup(optarg);
            break;

        case OPT_STATE_DIR:
            free(o->state_dir);
            o->state_dir = xstrdup(optarg);
            break;

        VLOG_OPTION_HANDLERS
        DAEMON_OPTION_HANDLERS
        STREAM_SSL_OPTION_HANDLERS

        case OPT_PEER_CA_CERT:
            stream_ssl_set_peer_ca_cert_file(optarg);
            break;

        case '?':
            exit(EXIT_FAILURE);

        default:
            abort();
        }
    }
    free(short_options);

    if (argc - optind > 1) {
        ovs_fatal(0, "at most one argument, DATABASE, is accepted; use --help "
                  "for usage");
    }
    o->remote = (argc > optind ? xstrdup(argv[optind])
                 : xasprintf("unix:%s/db.sock", ovs_rundir()));

    int error = stream_or_pstream_needs_probes(o->remote);
    if (error < 0) {
        ovs_fatal(0, "\"%s\" is no database socket: unix:FILE, "
                  "tcp:IP:PORT and ssl:IP:PORT are known", o->remote);
    }
    if (!o->sysfs) {
        o->sysfs = xstrdup("/sys");
    }
    char *state_dir = abs_file_name(NULL, (o->state_dir ? o->state_dir
                                           : OFFLOAD_STATEDIR));
    free(o->state_dir);
    o->state_dir = state_dir;
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
            run_kernel(c, loop);
            reconcile_run(c->rec);
            devinfo_control_run(c);
            flow_engine_set_period(c->flows,
                                   reconcile_config(c->rec)->flow_poll_ms);
            policy_engine_run(c->policies);
            vdpa_keep_run(c->vdpa_keep);
            flow_engine_run(c->flows);
            flow_userspace_run(c->userspace);
            rpc_server_set_path(c->rpc,
                                reconcile_config(c->rec)->vdpa_socket);
            rpc_server_run(c->rpc);
            metrics_server_set_address(c->metrics,
                                       reconcile_config(c->rec)->metrics);
            metrics_server_run(c->metrics);
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
        notify_status(!ovs_view_is_connected(c->view)
                      ? "Waiting for the database"
                      : !reconcile_ever_settled(c->rec)
                      ? "Reading kernel and database"
                      : "Kernel and database are known");
        notify_run();

        if (reconcile_is_resting(c->rec)) {
            reconcile_rest_wait(c->rec);
        } else {
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

int
main(int argc, char *argv[])
{
    struct options o = { .remote = NULL };
    struct unixctl_server *unixctl;
    struct kernel_helper *helper;
    struct inventory inv;
    struct policy_watch policy = { .known = false };
    struct event_log log;
    char *message = NULL;

    ovs_set_program_name(argv[0], VERSION);
    ovs_cmdl_proctitle_init(argc, argv);
    service_start(&argc, &argv);
    parse_options(argc, argv, &o);
    fatal_ignore_sigpipe();
#ifdef HAVE_DAEMONIZE_START_2
    daemonize_start(true, false);
#else
    daemonize_start(true);
#endif
    notify_init();

    int error = kernel_helper_start(&helper);
    if (error) {
        ovs_fatal(error, "could not start the netlink helper");
    }
    error = unixctl_server_create(o.unixctl_path, &unixctl);
    if (error) {
        exit(EXIT_FAILURE);
    }

    struct evloop *loop = evloop_create();
    struct controller c = {
        .base = evloop_base(loop),
        .inv = &inv,
        .view = ovs_view_create(o.remote),
        .log = &log,
        .policy = &policy,
    };
    inventory_init(&inv);
    event_log_init(&log);
    c.udev = udev_create(c.base, UDEV_DIR, udev_changed, &inv);
    c.devinfo = devinfo_watch_create(c.base, devinfo_changed, NULL);
    c.devinfo_publish = devinfo_publish_create(c.devinfo);
    c.rec = reconcile_create(&inv, c.view, c.udev, &log);
    error = kernel_create(c.base, o.sysfs, helper, &controller_sink, &c,
                          &c.kernel, &message);
    if (error) {
        ovs_fatal(error, "%s", message);
    }
    reconcile_set_kernel(c.rec, c.kernel);
    c.flows = flow_engine_create(c.base, helper, kernel_genl(c.kernel),
                                 &(struct flow_engine_netdevs) {
                                     .exists = netdev_exists,
                                     .ifindex = netdev_ifindex,
                                     .aux = &inv,
                                 });
    c.userspace = flow_userspace_create();
    c.rpc = rpc_server_create(c.base, &inv);
    reconcile_set_state_dir(c.rec, c.base, o.state_dir);
    c.vdpa_keep = vdpa_keep_create(c.base, c.kernel, o.state_dir);
    c.policies = policy_engine_create(&c, helper, o.sysfs, o.state_dir);
    c.metrics = metrics_server_create(&c);
    commands_register(&c);
    VLOG_INFO("%s %s, database %s", program_name, VERSION, o.remote);

    main_loop(&c, loop, unixctl);
    notify_stopping();

    if (c.cleanup) {
        devinfo_control_cleanup(&c);
    }
    metrics_server_destroy(c.metrics);
    command_explain_cancel_all();
    command_wait_cancel_all();
    command_flow_cancel_all();
    command_vdpa_cancel_all();
    reconcile_destroy(c.rec);
    rpc_server_destroy(c.rpc);
    if (c.exit_conn) {
        unixctl_command_reply(c.exit_conn, NULL);
    }
    unixctl_server_destroy(unixctl);
    policy_engine_destroy(c.policies);
    vdpa_keep_destroy(c.vdpa_keep);
    flow_userspace_destroy(c.userspace);
    flow_engine_destroy(c.flows);
    kernel_destroy(c.kernel);
    udev_destroy(c.udev);
    devinfo_publish_destroy(c.devinfo_publish);
    devinfo_watch_destroy(c.devinfo);
    kernel_helper_stop(helper);
    policy_watch_destroy(&policy);
    ovs_view_destroy(c.view);
    event_log_destroy(&log);
    inventory_destroy(&inv);
    evloop_destroy(loop);
    free(o.remote);
    free(o.unixctl_path);
    free(o.sysfs);
    free(o.state_dir);
    service_stop();
    return EXIT_SUCCESS;
}
