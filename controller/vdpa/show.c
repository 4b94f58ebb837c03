/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/vdpa/show.h"

#include <errno.h>
#include <stdlib.h>

#include "controller/controller.h"
#include "controller/devinfo/join.h"
#include "controller/inventory.h"
#include "controller/output.h"
#include "controller/port-json.h"
#include "controller/reconcile.h"
#include "controller/vdpa/json.h"
#include "netlink/kernel.h"
#include "netlink/vdpa-config.h"
#include "netlink/vdpa-holder.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

/* How long looking for holders keeps others waiting, in microseconds. */
#define SLICE_US 2000

struct vdpa_show {
    const struct controller *c;
    char *name;                 /* Of the device. */
    uint32_t n_queues;          /* As the kernel says. */
    uint32_t queue;             /* That was asked about last. */
    struct vdpa_query *query;   /* Under way, or NULL. */
    struct holder_scan *scan;   /* Who has it open, or NULL if nobody can. */
    bool scanned;               /* Is 'scan' at its end? */
    struct json *config;        /* Answer, or NULL. */
    char *config_error;         /* Why there is none, or NULL. */
    struct json *queues;        /* Array of the answers. */
    char *queues_error;         /* Why there are not more, or NULL. */
    long long int deadline;     /* time_msec() when to go without the rest. */
    void (*done)(void *aux, struct json *);
    void *aux;                  /* For 'done', which is NULL once called. */
};

static char *
explain_error(const struct vdpa_answer *answer)
{
    return xstrdup(answer->extack[0] ? answer->extack
                   : ovs_strerror(answer->error));
}

static void
queue_done(void *show_, const struct vdpa_answer *answer)
{
    struct vdpa_show *show = show_;

    show->query = NULL;
    if (answer->error) {
        show->queues_error = (answer->error == EOPNOTSUPP
                              && !answer->extack[0]
                              ? xstrdup("the device has no vendor "
                                        "statistics")
                              : explain_error(answer));
        return;
    }
    json_array_add(show->queues, vdpa_vstats_to_json(answer->vstats));
    if (++show->queue < show->n_queues) {
        show->query = kernel_get_vdpa_vstats(show->c->kernel, show->name,
                                             show->queue, queue_done, show);
    }
}

static void
config_done(void *show_, const struct vdpa_answer *answer)
{
    struct vdpa_show *show = show_;

    show->query = NULL;
    if (answer->error) {
        show->config_error = explain_error(answer);
    } else {
        show->config = vdpa_config_to_json(answer->config);
    }
    if (show->n_queues) {
        show->query = kernel_get_vdpa_vstats(show->c->kernel, show->name, 0,
                                             queue_done, show);
    }
}

struct vdpa_show *
vdpa_show_start(const struct controller *c, const struct vdpa_info *info,
                void (*done)(void *aux, struct json *), void *aux)
{
    struct vdpa_show *show = xzalloc(sizeof *show);

    show->c = c;
    show->name = xstrdup(info->name);
    show->n_queues = info->max_vqs;
    show->queues = json_array_create_empty();
    show->deadline = time_msec() + VDPA_SHOW_MS;
    show->done = done;
    show->aux = aux;
    show->scan = kernel_scan_vdpa_holders(c->kernel, info);
    show->query = kernel_get_vdpa_config(c->kernel, show->name, config_done,
                                         show);
    return show;
}

void
vdpa_show_destroy(struct vdpa_show *show)
{
    if (show) {
        vdpa_query_cancel(show->query);
        holder_scan_destroy(show->scan);
        json_destroy(show->config);
        json_destroy(show->queues);
        free(show->config_error);
        free(show->queues_error);
        free(show->name);
        free(show);
    }
}

/* Moves the answers into an object with what the tables say. */
static struct json *
show_to_json(struct vdpa_show *show)
{
    struct json *json = vdpa_find_to_json(reconcile_ports(show->c->rec),
                                          show->name);
    const struct inv_vdpa *vdpa = inventory_find_vdpa(show->c->inv,
                                                      show->name);
    const char *late = show->query ? "the kernel has not answered" : NULL;
    const struct vdpa_holder *holders = NULL;
    size_t n = 0;

    if (!vdpa) {
        json_destroy(json);
        return NULL;
    }
    if (!json) {
        /* It is new, and pairs come in the next round. */
        json = vdpa_info_to_json(&vdpa->info);
    }
    json_object_put(json, "config",
                    show->config ? show->config : json_null_create());
    output_put_string(json, "config_error",
                      (show->config_error ? show->config_error
                       : show->config ? NULL : late));
    json_object_put(json, "queues", show->queues);
    output_put_string(json, "queues_error",
                      show->queues_error ? show->queues_error : late);
    show->config = show->queues = NULL;
    if (show->scanned) {
        holders = holder_scan_holders(show->scan, &n);
    }
    json_object_put(json, "holders", vdpa_holders_to_json(holders, n));
    json_object_put(json, "holders_complete", json_boolean_create(
                        !show->scan
                        || (show->scanned
                            && (n || !holder_scan_is_incomplete(
                                    show->scan)))));

    const struct port *port = vdpa_find_port(reconcile_ports(show->c->rec),
                                             show->name);
    json_object_put(json, "device_info",
                    (port ? devinfo_port_to_json(show->c->devinfo, port)
                     : json_array_create_empty()));
    json_object_put(json, "pending",
                    vdpa_pending_of_to_json(show->c->kernel, show->name));
    return json;
}

void
vdpa_show_run(struct vdpa_show *show)
{
    if (!show->done) {
        return;
    }
    if (show->scan && !show->scanned) {
        show->scanned = holder_scan_run(show->scan, SLICE_US);
    }
    if ((!show->query && (!show->scan || show->scanned))
        || time_msec() >= show->deadline) {
        void (*done)(void *, struct json *) = show->done;

        show->done = NULL;
        done(show->aux, show_to_json(show));
    }
}

void
vdpa_show_wait(const struct vdpa_show *show)
{
    if (!show->query || (show->scan && !show->scanned)) {
        poll_immediate_wake();
    }
    poll_timer_wait_until(show->deadline);
}
