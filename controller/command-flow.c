/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/command.h"

#include <string.h>

#include "controller/flow-ifaces.h"
#include "controller/flow-report.h"
#include "controller/inventory.h"
#include "controller/output.h"
#include "controller/ports.h"
#include "controller/reconcile.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "ovsdb/ovs-view.h"
#include "table.h"
#include "unixctl.h"
#include "util.h"

#define USAGE "[--pod=NS/POD] [--format=table|json|csv]"

/* Reports that one client may have under way add up: each holds the dump of
 * all flows. */
#define MAX_REPORTS 8

/* A report that is under way. */
struct pending_report {
    struct ovs_list node;       /* In 'reports'. */
    struct unixctl_conn *conn;  /* Who waits for it. */
    enum output_format format;
    struct flow_report *report;
    struct controller *c;
};

static struct ovs_list reports = OVS_LIST_INITIALIZER(&reports);

static char *
format_report(const struct json *json, enum output_format format)
{
    struct table_style style = table_style_default;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct table table;

    if (format == OUTPUT_JSON) {
        return output_object(json, format);
    }
    style.format = format == OUTPUT_CSV ? TF_CSV : TF_TABLE;
    flow_report_to_table(json, &table);
    table_format(&table, &style, &s);
    table_format_reset();
    table_destroy(&table);
    return ds_steal_cstr(&s);
}

static void
report_done(void *pending_, int error, struct json *json)
{
    struct pending_report *pending = pending_;

    if (error) {
        char *message = xasprintf("flow/report: cannot dump the tc filters: "
                                  "%s", ovs_strerror(error));

        unixctl_command_reply_error(pending->conn, message);
        free(message);
    } else {
        output_reply(pending->conn, format_report(json, pending->format));
        json_destroy(json);
    }
    ovs_list_remove(&pending->node);
    free(pending);
}

static bool
netdev_exists(void *pending_, int ifindex)
{
    const struct pending_report *pending = pending_;

    return inventory_find_link(pending->c->inv, ifindex) != NULL;
}

/* Takes --pod out of the arguments; '*ns' and '*pod' point to a copy in
 * '*copyp', or are NULL.  Returns NULL or a message that the caller frees. */
static char *
parse_pod(int argc, const char *argv[], char **copyp, char **ns, char **pod)
{
    const char *value;

    *copyp = *ns = *pod = NULL;
    if (argc == 1) {
        return NULL;
    } else if (argc == 2 && !strncmp(argv[1], "--pod=", 6)) {
        value = argv[1] + 6;
    } else if (argc == 3 && !strcmp(argv[1], "--pod")) {
        value = argv[2];
    } else {
        return xasprintf("unexpected argument \"%s\"\nusage: %s "USAGE,
                         argv[1], argv[0]);
    }

    const char *slash = strchr(value, '/');
    if (!slash || slash == value || !slash[1] || strchr(slash + 1, '/')) {
        return xasprintf("--pod needs NS/POD, not \"%s\"", value);
    }
    *copyp = xstrdup(value);
    *ns = *copyp;
    *pod = *copyp + (slash - value) + 1;
    (*pod)[-1] = '\0';
    return NULL;
}

static bool
has_pod(const struct flow_ifaces *fi, const char *ns, const char *pod)
{
    for (size_t i = 0; i < fi->n; i++) {
        if (fi->ifaces[i].ns && fi->ifaces[i].pod
            && !strcmp(fi->ifaces[i].ns, ns)
            && !strcmp(fi->ifaces[i].pod, pod)) {
            return true;
        }
    }
    return false;
}

/* Starts a report and returns NULL, or returns a message. */
static char *
start_report(struct controller *c, struct unixctl_conn *conn,
             enum output_format format, const char *ns, const char *pod)
{
    const struct port_context ctx = { .inv = c->inv, .view = c->view };
    const char *bridge = reconcile_config(c->rec)->bridge;
    struct flow_ifaces fi;
    char *message = NULL;
    int error;

    if (ovs_list_size(&reports) >= MAX_REPORTS) {
        return xasprintf("%d reports are under way, try again later",
                         MAX_REPORTS);
    }
    flow_ifaces_init(&fi, c->inv, c->view);
    if (ns && !has_pod(&fi, ns, pod)) {
        message = xasprintf("no interface on a bridge is of pod %s/%s", ns,
                            pod);
    } else {
        struct pending_report *pending = xzalloc(sizeof *pending);
        const struct flow_report_args args = {
            .ifaces = fi.ifaces,
            .n_ifaces = fi.n,
            .bridge_ids = ovs_view_bridge_external_ids(c->view, bridge),
            .ns = ns,
            .pod = pod,
            .resync = !ports_are_settled(&ctx),
            .netdev_exists = netdev_exists,
            .done = report_done,
            .aux = pending,
        };

        pending->conn = conn;
        pending->format = format;
        pending->c = c;
        pending->report = flow_report_start(c->base, &args, &error);
        if (pending->report) {
            ovs_list_push_back(&reports, &pending->node);
        } else {
            message = xasprintf("cannot dump the tc filters: %s",
                                ovs_strerror(error));
            free(pending);
        }
    }
    flow_ifaces_destroy(&fi);
    return message;
}

static void
cmd_flow_report(struct unixctl_conn *conn, int argc, const char *argv[],
                void *c)
{
    char *copy = NULL, *ns = NULL, *pod = NULL;
    enum output_format format;

    char *error = output_parse_format(&argc, argv, &format);
    if (!error) {
        error = parse_pod(argc, argv, &copy, &ns, &pod);
    }
    if (!error) {
        error = start_report(c, conn, format, ns, pod);
    }
    if (error) {
        char *message = xasprintf("%s: %s", argv[0], error);

        unixctl_command_reply_error(conn, message);
        free(message);
        free(error);
    }
    free(copy);
}

void
command_flow_register(struct controller *c)
{
    unixctl_command_register("flow/report", USAGE, 0, INT_MAX,
                             cmd_flow_report, c);
}

void
command_flow_cancel_all(void)
{
    struct pending_report *pending;

    LIST_FOR_EACH_POP (pending, node, &reports) {
        flow_report_cancel(pending->report);
        unixctl_command_reply_error(pending->conn,
                                    "the controller is going away");
        free(pending);
    }
}
