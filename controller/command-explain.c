/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/command.h"

#include <string.h>

#include "controller/controller.h"
#include "controller/explain/gather.h"
#include "controller/output.h"
#include "controller/policy-watch.h"
#include "controller/ports.h"
#include "controller/reconcile.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "ovsdb/iface-id.h"
#include "ovsdb/ovs-view.h"
#include "unixctl.h"
#include "util.h"

#define USAGE "NS/POD|PORT [--format=table|json|csv]"

/* That are under way at a time.  Each may ask ovs-vswitchd a question. */
#define MAX_EXPLAINS 8

/* One that is under way. */
struct pending_explain {
    struct ovs_list node;       /* In 'explains'. */
    struct unixctl_conn *conn;  /* Who waits for it; NULL once answered. */
    enum output_format format;
    struct explain_gather *gather;
};

static struct ovs_list explains = OVS_LIST_INITIALIZER(&explains);

static char *
format_lists(const struct json *array, enum output_format format)
{
    static const struct output_column columns[] = {
        { "INTERFACE", "interface" },
        { "CHECK", "check" },
        { "VERDICT", "verdict" },
        { "EVIDENCE", "evidence" },
        { "FIX", "fix" },
    };
    struct json *rows;
    char *text;

    if (format == OUTPUT_JSON) {
        return output_array(array, NULL, 0, format);
    }
    rows = explain_rows(array);
    text = output_array(rows, columns, ARRAY_SIZE(columns), format);
    json_destroy(rows);
    return text;
}

static void
explain_done(void *pending_, struct json *array, enum explain_verdict verdict)
{
    struct pending_explain *pending = pending_;
    struct unixctl_conn *conn = pending->conn;

    pending->conn = NULL;
    if (!array) {
        unixctl_command_reply_error(conn, "explain: the port is gone");
        return;
    }

    char *text = format_lists(array, pending->format);
    if (verdict == EXPLAIN_FAIL) {
        /* So that the client's exit status says so. */
        unixctl_command_reply_error(conn, text);
        free(text);
    } else {
        output_reply(conn, text);
    }
    json_destroy(array);
}

static bool
has_name(const struct controller *c, const struct port *port,
         const char *name)
{
    const struct smap *ids = reconcile_port_ids(c->rec, port);
    const char *id = smap_get(ids, "iface-id");
    struct pod_name pod;
    bool match;

    pod_name_init(&pod, ids);
    match = id && !strcmp(id, name);
    if (!match && pod.ns && pod.pod) {
        char *s = xasprintf("%s/%s", pod.ns, pod.pod);

        match = !strcmp(s, name);
        free(s);
    }
    pod_name_destroy(&pod);
    return match;
}

static int
compare_keys(const void *a_, const void *b_)
{
    const struct port *const *a = a_;
    const struct port *const *b = b_;

    return strcmp((*a)->key, (*b)->key);
}

/* The ports that 'name' names: those of a pod or of an iface-id may be
 * several.  Caller frees. */
static const struct port **
find_ports(const struct controller *c, const char *name, size_t *n)
{
    const struct port_table *table = reconcile_ports(c->rec);
    const struct port *port = port_find(table, name);
    const struct port **ports = xmalloc((hmap_count(&table->ports) + 1)
                                        * sizeof *ports);

    *n = 0;
    if (port && !has_name(c, port, name)) {
        ports[(*n)++] = port;
        return ports;
    }
    HMAP_FOR_EACH (port, node, &table->ports) {
        if (has_name(c, port, name)) {
            ports[(*n)++] = port;
        }
    }
    qsort(ports, *n, sizeof *ports, compare_keys);
    return ports;
}

/* Why there is no port 'name'.  Caller frees. */
static char *
not_found(const struct controller *c, const char *name)
{
    const struct ovs_iface *iface;

    OVS_VIEW_FOR_EACH_IFACE (iface, c->view) {
        struct pod_name pod;
        char *s;
        bool match;

        pod_name_init(&pod, iface->external_ids);
        s = xasprintf("%s/%s", pod.ns ? pod.ns : "",
                      pod.pod ? pod.pod : "");
        match = (!strcmp(iface->name, name) || !strcmp(s, name)
                 || (iface->iface_id && !strcmp(iface->iface_id, name)));
        pod_name_destroy(&pod);
        free(s);
        if (match) {
            return xasprintf("explain: \"%s\" is on bridge %s by way of %s, "
                             "which is the representor of no VF: its flows "
                             "cannot be in hardware", name, iface->bridge,
                             iface->name);
        }
    }
    return xasprintf("explain: no port is named \"%s\": known are "
                     "representors, PCI addresses of VFs, vDPA devices, "
                     "iface-ids, NS/POD, and requests; see port/list", name);
}

void
command_watch_policy(const struct controller *c, bool now)
{
    if (ovs_view_is_synced(c->view)) {
        policy_watch_keys(c->policy, ovs_view_other_config(c->view), now);
    }
}

/* Starts the gathering and returns NULL, or returns a message. */
static char *
start_explain(const struct controller *c, struct unixctl_conn *conn,
              enum output_format format, const char *name)
{
    const struct port **ports;
    char *message = NULL;
    size_t n;

    if (ovs_list_size(&explains) >= MAX_EXPLAINS) {
        return xasprintf("explain: %d are under way, try again later",
                         MAX_EXPLAINS);
    }
    command_watch_policy(c, true);
    ports = find_ports(c, name, &n);
    if (n) {
        struct pending_explain *pending = xzalloc(sizeof *pending);

        pending->conn = conn;
        pending->format = format;
        pending->gather = explain_gather_start(c, ports, n,
                                               explain_done, pending);
        ovs_list_push_back(&explains, &pending->node);
    } else {
        message = not_found(c, name);
    }
    free(ports);
    return message;
}

static void
cmd_explain(struct unixctl_conn *conn, int argc, const char *argv[], void *c)
{
    enum output_format format;
    char *message;
    char *error = output_parse_format(&argc, argv, &format);

    if (error) {
        message = xasprintf("%s: %s", argv[0], error);
    } else if (argc != 2 || argv[1][0] == '-') {
        message = xasprintf("%s\nusage: %s " USAGE,
                            (argc < 2 ? "missing arguments"
                             : argc > 2 ? "too many arguments"
                             : "unknown option"), argv[0]);
    } else {
        message = start_explain(c, conn, format, argv[1]);
    }
    if (message) {
        unixctl_command_reply_error(conn, message);
    }
    free(message);
    free(error);
}

void
command_explain_register(struct controller *c)
{
    unixctl_command_register("explain", USAGE, 0, INT_MAX, cmd_explain, c);
}

static void
pending_destroy(struct pending_explain *pending)
{
    ovs_list_remove(&pending->node);
    explain_gather_destroy(pending->gather);
    free(pending);
}

void
command_explain_run(const struct controller *c)
{
    struct pending_explain *pending;

    command_watch_policy(c, false);
    LIST_FOR_EACH_SAFE (pending, node, &explains) {
        explain_gather_run(pending->gather);
        if (!pending->conn) {
            pending_destroy(pending);
        }
    }
}

void
command_explain_wait(void)
{
    struct pending_explain *pending;

    LIST_FOR_EACH (pending, node, &explains) {
        explain_gather_wait(pending->gather);
    }
}

void
command_explain_cancel_all(void)
{
    struct pending_explain *pending;

    LIST_FOR_EACH_SAFE (pending, node, &explains) {
        unixctl_command_reply_error(pending->conn,
                                    "the controller is going away");
        pending_destroy(pending);
    }
}
