/* SPDX-License-Identifier: Apache-2.0 */

/* The commands about vDPA devices.
 *
 * What wants something of the kernel is answered when that has answered, or
 * has not for too long; nobody else waits for it. */

#include <config.h>
#include "controller/command.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "controller/command-args.h"
#include "controller/controller.h"
#include "controller/inventory.h"
#include "controller/output.h"
#include "controller/port-json.h"
#include "controller/reconcile.h"
#include "controller/vdpa/args.h"
#include "controller/vdpa/json.h"
#include "controller/vdpa/show.h"
#include "netlink/kernel.h"
#include "netlink/vdpa-control.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

/* Commands that may be under way at a time: with more, somebody asks faster
 * than the kernel answers. */
#define MAX_JOBS 64

/* How long vdpa/mgmtdev-list waits for the kernel. */
#define MGMTDEVS_MS 5000

#define ADD_USAGE "NAME mgmtdev=DEV [mac=MAC] [mtu=BYTES] [max-vqp=N] " \
                  "[features=FEATURE[,FEATURE]...]"

/* A command that is under way. */
struct vdpa_job {
    struct ovs_list node;       /* In 'jobs'. */
    const struct controller *c;
    struct unixctl_conn *conn;  /* Who waits for it; NULL once answered. */
    char *what;                 /* Command and device, for messages. */
    enum output_format format;  /* Of the answer. */
    bool quiet;                 /* Is there nothing to be told of a
                                 * success? */

    /* At most one of these is not NULL. */
    struct vdpa_op *op;         /* Request that changes something. */
    struct vdpa_query *query;   /* Question for management devices. */
    struct vdpa_show *show;     /* What is known of one device. */
    long long int deadline;     /* time_msec() when 'query' took too long. */
};

static struct ovs_list jobs = OVS_LIST_INITIALIZER(&jobs);

/* Answers that 'command' failed.  'message', which is freed, may have what
 * users and others named their things. */
static void
reply_failure(struct unixctl_conn *conn, const char *command, char *message)
{
    char *printable = output_printable(message);

    command_reply_error(conn, "%s: %s", command, printable);
    free(printable);
    free(message);
}

/* Returns NULL, and answers, if there are too many. */
static struct vdpa_job *
job_create(const struct controller *c, struct unixctl_conn *conn,
           const char *command, const char *name, enum output_format format)
{
    struct vdpa_job *job;

    if (ovs_list_size(&jobs) >= MAX_JOBS) {
        reply_failure(conn, command,
                      xasprintf("%d commands are under way, try again later",
                                MAX_JOBS));
        return NULL;
    }
    job = xzalloc(sizeof *job);
    job->c = c;
    job->conn = conn;
    job->what = xasprintf("%s%s%s", command, name[0] ? " " : "", name);
    job->format = format;
    job->deadline = LLONG_MAX;
    ovs_list_push_back(&jobs, &job->node);
    return job;
}

static void
job_destroy(struct vdpa_job *job)
{
    ovs_list_remove(&job->node);
    vdpa_op_forget(job->op);
    vdpa_query_cancel(job->query);
    vdpa_show_destroy(job->show);
    free(job->what);
    free(job);
}

static void
job_fail(struct vdpa_job *job, const char *message)
{
    char *what = output_printable(job->what);

    reply_failure(job->conn, what, xstrdup(message));
    job->conn = NULL;
    free(what);
}

static void
job_reply_object(struct vdpa_job *job, struct json *json)
{
    output_reply(job->conn, output_object(json, job->format));
    job->conn = NULL;
    json_destroy(json);
}

/* A vdpa_done_cb. */
static void
op_done(void *job_, const struct vdpa_result *result)
{
    struct vdpa_job *job = job_;

    job->op = NULL;
    if (result->error) {
        job_fail(job, result->message);
    } else if (job->quiet || !result->info) {
        unixctl_command_reply(job->conn, NULL);
        job->conn = NULL;
    } else {
        job_reply_object(job, vdpa_info_to_json(result->info));
    }
}

/* vdpa/list, vdpa/mgmtdev-list */

static const struct output_column vdpa_columns[] = {
    { "VDPA", "vdpa" },
    { "MGMTDEV", "mgmtdev" },
    { "DRIVER", "vdpa_driver" },
    { "NETDEV", "netdev" },
    { "VHOST", "vhost_device" },
    { "VF", "vf_pci" },
    { "REPRESENTOR", "representor" },
    { "PAIR", "pair" },
    { "REASON", "reason" },
};

static void
cmd_list(struct unixctl_conn *conn, int argc, const char *argv[], void *c_)
{
    const struct controller *c = c_;
    enum output_format format;

    if (command_parse_args(conn, &argc, argv, 0, 0, "", &format)) {
        command_reply_array(conn, vdpas_to_json(reconcile_ports(c->rec)),
                            vdpa_columns, ARRAY_SIZE(vdpa_columns), format);
    }
}

static const struct output_column mgmtdev_columns[] = {
    { "MGMTDEV", "mgmtdev" },
    { "CLASSES", "classes" },
    { "MAX-VQS", "max_vqs" },
    { "DEVICES", "devices" },
    { "FEATURES", "features" },
};

static void
mgmtdevs_done(void *job_, const struct vdpa_answer *answer)
{
    struct vdpa_job *job = job_;

    job->query = NULL;
    if (answer->error) {
        job_fail(job, (answer->extack[0] ? answer->extack
                       : ovs_strerror(answer->error)));
    } else {
        struct json *array = vdpa_mgmtdevs_to_json(answer->mgmtdevs,
                                                   answer->n_mgmtdevs,
                                                   job->c->inv);

        command_reply_array(job->conn, array, mgmtdev_columns,
                            ARRAY_SIZE(mgmtdev_columns), job->format);
        job->conn = NULL;
    }
}

static void
cmd_mgmtdev_list(struct unixctl_conn *conn, int argc, const char *argv[],
                 void *c_)
{
    const struct controller *c = c_;
    enum output_format format;
    struct vdpa_job *job;

    if (!command_parse_args(conn, &argc, argv, 0, 0, "", &format)) {
        return;
    }
    job = job_create(c, conn, argv[0], "", format);
    if (!job) {
        return;
    }
    job->deadline = time_msec() + MGMTDEVS_MS;
    job->query = kernel_get_vdpa_mgmtdevs(c->kernel, mgmtdevs_done, job);
    if (!job->query) {
        /* Without the module there is no management device. */
        command_reply_array(conn, json_array_create_empty(), mgmtdev_columns,
                            ARRAY_SIZE(mgmtdev_columns), format);
        job->conn = NULL;
    }
}

/* vdpa/show */

static void
show_done(void *job_, struct json *json)
{
    struct vdpa_job *job = job_;

    if (json) {
        job_reply_object(job, json);
    } else {
        job_fail(job, "the device is gone");
    }
}

/* The device that 'name' names: by its own name or by the PCI address that it
 * is on.  Returns NULL, with a message that the caller frees, if none does or
 * several do. */
static const struct vdpa_info *
find_device(const struct inventory *inv, const char *name, char **error)
{
    const struct inv_vdpa *vdpa = inventory_find_vdpa(inv, name);
    const struct inv_vdpa *found = NULL;
    struct pci_addr addr;

    *error = NULL;
    if (vdpa) {
        return &vdpa->info;
    }
    if (pci_addr_parse(name, &addr)) {
        INV_FOR_EACH_VDPA_ON (vdpa, inv, &addr) {
            if (found) {
                *error = xasprintf("several vDPA devices are on %s, give the "
                                   "name of one", name);
                return NULL;
            }
            found = vdpa;
        }
    }
    if (!found) {
        *error = xasprintf("no vDPA device is named \"%s\", and none is on a "
                           "PCI function with this address; see vdpa/list",
                           name);
    }
    return found ? &found->info : NULL;
}

static void
cmd_show(struct unixctl_conn *conn, int argc, const char *argv[], void *c_)
{
    const struct controller *c = c_;
    const struct vdpa_info *info;
    enum output_format format;
    struct vdpa_job *job;
    char *error;

    if (!command_parse_args(conn, &argc, argv, 1, 1, "NAME", &format)) {
        return;
    }
    info = find_device(c->inv, argv[1], &error);
    if (!info) {
        reply_failure(conn, argv[0], error);
        return;
    }
    job = job_create(c, conn, argv[0], info->name, format);
    if (job) {
        job->show = vdpa_show_start(c, info, show_done, job);
    }
}

/* vdpa/add, vdpa/set, vdpa/del, vdpa/bind, vdpa/unbind */

static void
cmd_add(struct unixctl_conn *conn, int argc, const char *argv[], void *c_)
{
    const struct controller *c = c_;
    enum output_format format;
    struct vdpa_spec spec;
    struct vdpa_job *job;
    char *error;

    if (!command_parse_args(conn, &argc, argv, 2, INT_MAX, ADD_USAGE,
                            &format)) {
        return;
    }
    error = vdpa_args_parse_add(argv + 1, argc - 1, &spec);
    if (error) {
        reply_failure(conn, argv[0], error);
        return;
    }
    job = job_create(c, conn, argv[0], spec.name, format);
    if (job) {
        job->op = kernel_vdpa_create(c->kernel, &spec, op_done, job);
    }
}

static void
cmd_set(struct unixctl_conn *conn, int argc, const char *argv[], void *c_)
{
    const struct controller *c = c_;
    enum output_format format;
    struct vdpa_job *job;
    uint8_t mac[6];
    char *error;

    if (!command_parse_args(conn, &argc, argv, 2, 2, "NAME mac=MAC",
                            &format)) {
        return;
    }
    error = vdpa_args_parse_set(argv[2], mac);
    if (error) {
        reply_failure(conn, argv[0], error);
        return;
    }
    job = job_create(c, conn, argv[0], argv[1], format);
    if (job) {
        job->quiet = true;
        job->op = kernel_vdpa_set_mac(c->kernel, argv[1], mac, op_done, job);
    }
}

static void
cmd_del(struct unixctl_conn *conn, int argc, const char *argv[], void *c_)
{
    const struct controller *c = c_;
    bool cancel = command_take_flag(&argc, argv, "--cancel");
    enum output_format format;
    struct vdpa_job *job;

    if (!command_parse_args(conn, &argc, argv, 1, 1, "NAME [--cancel]",
                            &format)) {
        return;
    }
    if (cancel) {
        char *error = kernel_vdpa_cancel_delete(c->kernel, argv[1]);

        if (error) {
            reply_failure(conn, argv[0], error);
        } else {
            unixctl_command_reply(conn, NULL);
        }
        return;
    }
    job = job_create(c, conn, argv[0], argv[1], format);
    if (job) {
        job->quiet = true;
        job->op = kernel_vdpa_delete(c->kernel, argv[1], op_done, job);
    }
}

static void
cmd_bind(struct unixctl_conn *conn, int argc, const char *argv[], void *c_)
{
    const struct controller *c = c_;
    enum output_format format;
    struct vdpa_job *job;
    char *error;

    if (!command_parse_args(conn, &argc, argv, 2, 2, "NAME DRIVER",
                            &format)) {
        return;
    }
    error = vdpa_args_check_driver(argv[2]);
    if (error) {
        reply_failure(conn, argv[0], error);
        return;
    }
    job = job_create(c, conn, argv[0], argv[1], format);
    if (job) {
        job->op = kernel_vdpa_bind(c->kernel, argv[1], argv[2], op_done, job);
    }
}

static void
cmd_unbind(struct unixctl_conn *conn, int argc, const char *argv[], void *c_)
{
    const struct controller *c = c_;
    enum output_format format;
    struct vdpa_job *job;

    if (!command_parse_args(conn, &argc, argv, 1, 1, "NAME", &format)) {
        return;
    }
    job = job_create(c, conn, argv[0], argv[1], format);
    if (job) {
        job->op = kernel_vdpa_unbind(c->kernel, argv[1], op_done, job);
    }
}

/* The main loop. */

void
command_vdpa_register(struct controller *c)
{
    static const struct {
        const char *name;
        const char *usage;
        unixctl_cb_func *cb;
    } commands[] = {
        { "vdpa/list", FORMAT_USAGE, cmd_list },
        { "vdpa/show", "NAME " FORMAT_USAGE, cmd_show },
        { "vdpa/mgmtdev-list", FORMAT_USAGE, cmd_mgmtdev_list },
        { "vdpa/add", ADD_USAGE " " FORMAT_USAGE, cmd_add },
        { "vdpa/set", "NAME mac=MAC " FORMAT_USAGE, cmd_set },
        { "vdpa/del", "NAME [--cancel] " FORMAT_USAGE, cmd_del },
        { "vdpa/bind", "NAME DRIVER " FORMAT_USAGE, cmd_bind },
        { "vdpa/unbind", "NAME " FORMAT_USAGE, cmd_unbind },
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        unixctl_command_register(commands[i].name, commands[i].usage, 0,
                                 INT_MAX, commands[i].cb, c);
    }
}

void
command_vdpa_run(void)
{
    struct vdpa_job *job;

    LIST_FOR_EACH_SAFE (job, node, &jobs) {
        if (job->show) {
            vdpa_show_run(job->show);
        }
        if (job->query && time_msec() >= job->deadline) {
            job_fail(job, "the kernel has not answered; is a device being "
                     "deleted that is open?");
        }
        if (!job->conn) {
            job_destroy(job);
        }
    }
}

void
command_vdpa_wait(void)
{
    const struct vdpa_job *job;

    LIST_FOR_EACH (job, node, &jobs) {
        if (!job->conn) {
            poll_immediate_wake();
        }
        if (job->show) {
            vdpa_show_wait(job->show);
        }
        if (job->query) {
            poll_timer_wait_until(job->deadline);
        }
    }
}

void
command_vdpa_cancel_all(void)
{
    struct vdpa_job *job;

    LIST_FOR_EACH_SAFE (job, node, &jobs) {
        if (job->conn) {
            job_fail(job, "the controller is going away; what was asked may "
                     "be done yet");
        }
        job_destroy(job);
    }
}
