/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/command.h"

#include <string.h>
#include <unistd.h>

#include "controller/command-args.h"
#include "controller/controller.h"
#include "controller/devinfo/join.h"
#include "controller/event-log.h"
#include "controller/flow/engine.h"
#include "controller/late-flows.h"
#include "controller/output.h"
#include "controller/policy/engine.h"
#include "controller/port-json.h"
#include "controller/ports.h"
#include "controller/reconcile.h"
#include "controller/status.h"
#include "netlink/kernel.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "ovsdb/ovs-view.h"
#include "ovsdb/request.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(command);

/* status */

static void
cmd_status(struct unixctl_conn *conn, int argc, const char *argv[], void *c)
{
    enum output_format format;

    if (command_parse_args(conn, &argc, argv, 0, 0, "", &format)) {
        struct json *json = status_to_json(c);

        output_reply(conn, output_object(json, format));
        json_destroy(json);
    }
}

/* port/list, port/show */

static const struct output_column port_columns[] = {
    { "REPRESENTOR", "representor" },
    { "VF", "vf_pci" },
    { "VDPA", "vdpa" },
    { "DRIVER", "vdpa_driver" },
    { "PAIR", "pair" },
    { "BRIDGE", "bridge" },
    { "OWNER", "owner" },
    { "OFPORT", "ofport" },
    { "IFACE-ID", "iface_id" },
    { "REQUEST", "request" },
    { "OFFLOAD", "offload" },
    { "STATE", "state" },
    { "REASON", "reason" },
};

static void
cmd_port_list(struct unixctl_conn *conn, int argc, const char *argv[],
              void *c_)
{
    const struct controller *c = c_;
    enum output_format format;

    if (command_parse_args(conn, &argc, argv, 0, 0, "", &format)) {
        late_flows_check(c);
        command_reply_array(conn, ports_to_json(reconcile_ports(c->rec)),
                            port_columns, ARRAY_SIZE(port_columns), format);
    }
}

static void
cmd_port_show(struct unixctl_conn *conn, int argc, const char *argv[],
              void *c_)
{
    const struct controller *c = c_;
    enum output_format format;

    if (!command_parse_args(conn, &argc, argv, 1, 1, "NAME", &format)) {
        return;
    }

    const struct port *port = port_find(reconcile_ports(c->rec), argv[1]);
    if (!port) {
        command_reply_error(conn, "no port is named \"%s\": known are "
                            "representors, PCI addresses of VFs, vDPA "
                            "devices, iface-ids, NS/POD, and requests; see "
                            "port/list", argv[1]);
        return;
    }

    struct json *json = port_to_json(port);
    json_object_put(json, "device_info",
                    devinfo_port_to_json(c->devinfo, port));
    output_reply(conn, output_object(json, format));
    json_destroy(json);
}

/* port/attach, port/detach */

static void
request_done(void *conn_, const char *error)
{
    struct unixctl_conn *conn = conn_;

    if (error) {
        command_reply_error(conn, "ovsdb-server refused: %s", error);
    } else {
        unixctl_command_reply(conn, NULL);
    }
}

/* Requests are only for a mode in which they are carried out, and need the
 * database.  If they cannot be made answers why and returns false. */
static bool
check_requests(struct unixctl_conn *conn, const char *command,
               const struct controller *c)
{
    const struct config *config = reconcile_config(c->rec);

    if (!ovs_view_is_synced(c->view)) {
        command_reply_error(conn, "%s: no connection to %s", command,
                            ovs_view_remote(c->view));
        return false;
    }
    if (config->mode != MODE_OWN) {
        command_reply_error(conn, "%s: refused, mode is %s (%s); ports are "
                            "made only in mode own: ovs-vsctl set "
                            "Open_vSwitch . external_ids:offload-mode=own",
                            command, offload_mode_to_string(config->mode),
                            config->mode_why);
        return false;
    }
    return true;
}

/* What a request for 'name' is called.  Representors change their names, so
 * for one it is that of the VF, or of the request that there is.  'buf' may be
 * used. */
static const char *
name_request(const struct controller *c, const char *name,
             char buf[PCI_ADDR_STRLEN])
{
    const struct port_table *ports = reconcile_ports(c->rec);
    const struct port *port = port_find_by_rep(ports, name);

    if (!port || shash_find(&ports->index[PORT_NAME_VDPA], name)
        || request_find(reconcile_requests(c->rec), name)) {
        return name;
    } else if (port->request) {
        return port->request->name;
    }
    return (port->pair->has_vf_addr
            ? pci_addr_format(&port->pair->vf_addr, buf) : name);
}

static void
cmd_port_attach(struct unixctl_conn *conn, int argc, const char *argv[],
                void *c_)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    const struct controller *c = c_;
    struct ds value = DS_EMPTY_INITIALIZER;
    enum output_format format;

    if (!command_parse_args(conn, &argc, argv, 2, INT_MAX,
                            "NAME iface-id=ID [mac=MAC] [key=value]...",
                            &format)
        || !check_requests(conn, argv[0], c)) {
        return;
    }
    for (int i = 2; i < argc; i++) {
        ds_put_format(&value, "%s%s", i > 2 ? "," : "", argv[i]);
    }

    char *error = (!argv[1][0] ? xstrdup("NAME is empty")
                   : request_parse(ds_cstr(&value), &ids));
    if (error) {
        command_reply_error(conn, "%s: %s", argv[0], error);
        free(error);
    } else {
        char name[PCI_ADDR_STRLEN];
        char *key = xasprintf(REQUEST_KEY_PREFIX"%s",
                              name_request(c, argv[1], name));
        char *text = request_format(&ids);
        struct port *port = port_find(reconcile_ports(c->rec), argv[1]);

        if (port) {
            reconcile_retry_port(c->rec, port);
        }
        reconcile_set_external_id(c->rec, key, text, request_done, conn);
        free(key);
        free(text);
    }
    ds_destroy(&value);
    smap_destroy(&ids);
}

static void
cmd_port_detach(struct unixctl_conn *conn, int argc, const char *argv[],
                void *c_)
{
    const struct controller *c = c_;
    enum output_format format;

    if (!command_parse_args(conn, &argc, argv, 1, 1, "NAME", &format)
        || !check_requests(conn, argv[0], c)) {
        return;
    }

    /* The request may be by another name of the same port. */
    const struct port *port = port_find(reconcile_ports(c->rec), argv[1]);
    const struct request *request = request_find(reconcile_requests(c->rec),
                                                 argv[1]);
    if (!request && port) {
        request = port->request;
        if (port->n_requests > 1) {
            command_reply_error(conn, "%s: %"PRIuSIZE" requests name %s, give "
                                "the name in the key of the one to remove",
                                argv[0], port->n_requests, argv[1]);
            return;
        }
    }
    if (!request) {
        command_reply_error(conn, "%s: there is no request for \"%s\"",
                            argv[0], argv[1]);
        return;
    }

    char *key = xasprintf(REQUEST_KEY_PREFIX"%s", request->name);
    reconcile_set_external_id(c->rec, key, NULL, request_done, conn);
    free(key);
}

/* event/list */

static const struct output_column event_columns[] = {
    { "SEQNO", "seqno" },
    { "TIME", "time" },
    { "SUBJECT", "subject" },
    { "WHAT", "what" },
    { "FROM", "from" },
    { "TO", "to" },
    { "CAUSE", "cause" },
};

static void
cmd_event_list(struct unixctl_conn *conn, int argc, const char *argv[],
               void *c_)
{
    const struct controller *c = c_;
    const struct event_log_entry *e;
    enum output_format format;

    if (!command_parse_args(conn, &argc, argv, 0, 0, "", &format)) {
        return;
    }

    struct json *array = json_array_create_empty();
    for (size_t i = 0; (e = event_log_get(c->log, i)); i++) {
        struct json *json = json_object_create();
        char *when = xastrftime_msec("%Y-%m-%dT%H:%M:%S.###Z", e->when, true);

        json_object_put(json, "seqno", json_integer_create(e->seqno));
        json_object_put_string(json, "time", when);
        json_object_put_string(json, "subject", e->subject);
        json_object_put_string(json, "what", e->what);
        output_put_string(json, "from", e->from);
        json_object_put_string(json, "to", e->to);
        json_object_put_string(json, "cause", e->cause);
        json_array_add(array, json);
        free(when);
    }
    command_reply_array(conn, array, event_columns, ARRAY_SIZE(event_columns),
                        format);
}

/* recompute, exit */

static void
cmd_recompute(struct unixctl_conn *conn, int argc, const char *argv[],
              void *c_)
{
    struct controller *c = c_;
    enum output_format format;

    if (command_parse_args(conn, &argc, argv, 0, 0, "", &format)) {
        for (int i = 0; i < N_KERNEL_SOURCES; i++) {
            kernel_resync(c->kernel, i);
        }
        flow_engine_resync(c->flows);
        policy_engine_touch(c->policies);
        reconcile_touch(c->rec);
        unixctl_command_reply(conn, NULL);
    }
}

static void
cmd_exit(struct unixctl_conn *conn, int argc, const char *argv[], void *c_)
{
    struct controller *c = c_;

    if (argc > 2 || (argc == 2 && strcmp(argv[1], "--cleanup"))) {
        command_reply_error(conn, "exit: unknown argument \"%s\"\n"
                            "usage: exit [--cleanup]", argv[argc - 1]);
        return;
    }
    if (c->exiting) {
        command_reply_error(conn, "exit: already exiting");
        return;
    }
    if (argc == 2 && !ovs_view_is_synced(c->view)) {
        command_reply_error(conn, "exit: --cleanup needs the database, and "
                            "there is no connection to %s",
                            ovs_view_remote(c->view));
        return;
    }
    c->exiting = true;
    c->cleanup = argc == 2;
    c->exit_conn = conn;
    if (c->cleanup) {
        reconcile_start_cleanup(c->rec);
    }
}

void
commands_register(struct controller *c)
{
    static const struct {
        const char *name;
        const char *usage;
        unixctl_cb_func *cb;
    } commands[] = {
        { "status", FORMAT_USAGE, cmd_status },
        { "port/list", FORMAT_USAGE, cmd_port_list },
        { "port/show", "NAME " FORMAT_USAGE, cmd_port_show },
        { "port/attach", "NAME iface-id=ID [mac=MAC] [key=value]... "
          FORMAT_USAGE, cmd_port_attach },
        { "port/detach", "NAME " FORMAT_USAGE, cmd_port_detach },
        { "event/list", FORMAT_USAGE, cmd_event_list },
        { "recompute", FORMAT_USAGE, cmd_recompute },
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        /* unixctl's own complaint about the number of arguments does not give
         * the usage, so each command checks it. */
        unixctl_command_register(commands[i].name, commands[i].usage, 0,
                                 INT_MAX, commands[i].cb, c);
    }
    unixctl_command_register("exit", "[--cleanup]", 0, INT_MAX, cmd_exit, c);
    command_explain_register(c);
    command_flow_register(c);
    command_vdpa_register(c);
    command_policy_register(c);
    command_wait_register(c);
}
