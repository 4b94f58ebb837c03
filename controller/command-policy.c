/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/command.h"

#include <limits.h>
#include <stdlib.h>

#include "controller/command-args.h"
#include "controller/controller.h"
#include "controller/output.h"
#include "controller/policy/engine.h"
#include "controller/reconcile.h"
#include "openvswitch/json.h"
#include "ovsdb/ovs-view.h"
#include "unixctl.h"
#include "util.h"

/* policy/list, policy/show, policy/diff */

static const struct output_column list_columns[] = {
    { "POLICY", "policy" },
    { "PF", "pf" },
    { "NETDEV", "name" },
    { "VFS", "num_vfs" },
    { "ESWITCH", "eswitch_mode" },
    { "VDPAS", "vdpas" },
    { "TOWARDS", "towards" },
    { "STATE", "state" },
    { "REASON", "reason" },
};

static const struct output_column diff_columns[] = {
    { "POLICY", "policy" },
    { "PF", "pf" },
    { "N", "n" },
    { "STEP", "step" },
};

static void
cmd_policy_list(struct unixctl_conn *conn, int argc, const char *argv[],
                void *c_)
{
    const struct controller *c = c_;
    enum output_format format;

    if (command_parse_args(conn, &argc, argv, 0, 0, "", &format)) {
        struct json *array = policy_engine_to_json(c->policies, NULL);

        output_reply(conn, output_array(array, list_columns,
                                        ARRAY_SIZE(list_columns), format));
        json_destroy(array);
    }
}

static void
reply_unknown(struct unixctl_conn *conn, const char *command,
              const char *name_)
{
    char *name = output_printable(name_);

    command_reply_error(conn, "%s: no policy is named \"%s\"; see "
                        "policy/list", command, name);
    free(name);
}

/* Returns whether there is a policy 'name', or what is left of one; if not
 * answers so. */
static bool
check_name(struct unixctl_conn *conn, const struct controller *c,
           const char *command, const char *name)
{
    struct json *array = policy_engine_to_json(c->policies, name);
    bool found = json_array(array)->n > 0;

    json_destroy(array);
    if (!found) {
        reply_unknown(conn, command, name);
    }
    return found;
}

static void
cmd_policy_show(struct unixctl_conn *conn, int argc, const char *argv[],
                void *c_)
{
    const struct controller *c = c_;
    enum output_format format;

    if (!command_parse_args(conn, &argc, argv, 1, 1, "NAME", &format)
        || !check_name(conn, c, argv[0], argv[1])) {
        return;
    }

    const struct policy *policy
        = policy_find(policy_engine_policies(c->policies), argv[1]);
    struct json *json = json_object_create();

    json_object_put_string(json, "policy", argv[1]);
    output_put_string(json, "value", policy ? policy->value : "");
    output_put_string(json, "error", policy ? policy->error : "");
    json_object_put(json, "pfs",
                    policy_engine_to_json(c->policies, argv[1]));
    output_reply(conn, output_object(json, format));
    json_destroy(json);
}

static void
cmd_policy_diff(struct unixctl_conn *conn, int argc, const char *argv[],
                void *c_)
{
    const struct controller *c = c_;
    enum output_format format;

    if (command_parse_args(conn, &argc, argv, 0, 1, "[NAME]", &format)
        && (argc < 2 || check_name(conn, c, argv[0], argv[1]))) {
        struct json *array
            = policy_engine_diff_to_json(c->policies,
                                         argc > 1 ? argv[1] : NULL);

        output_reply(conn, output_array(array, diff_columns,
                                        ARRAY_SIZE(diff_columns), format));
        json_destroy(array);
    }
}

/* policy/set, policy/delete */

struct change {
    struct unixctl_conn *conn;
    char *reply;                /* Or NULL. */
};

static void
change_done(void *change_, const char *error)
{
    struct change *change = change_;

    if (error) {
        command_reply_error(change->conn, "ovsdb-server refused: %s", error);
    } else {
        unixctl_command_reply(change->conn, change->reply);
    }
    free(change->reply);
    free(change);
}

/* Sets or removes the key of policy 'name', and then answers with 'reply',
 * which is taken. */
static void
change_key(struct unixctl_conn *conn, const struct controller *c,
           const char *name, const char *value, char *reply)
{
    struct change *change = xmalloc(sizeof *change);
    char *key = xasprintf(POLICY_KEY_PREFIX"%s", name);

    change->conn = conn;
    change->reply = reply;
    policy_engine_touch(c->policies);
    reconcile_set_external_id(c->rec, key, value, change_done, change);
    free(key);
}

static bool
check_database(struct unixctl_conn *conn, const struct controller *c,
               const char *command)
{
    if (!ovs_view_is_synced(c->view)) {
        command_reply_error(conn, "%s: no connection to %s", command,
                            ovs_view_remote(c->view));
        return false;
    }
    return true;
}

static void
cmd_policy_set(struct unixctl_conn *conn, int argc, const char *argv[],
               void *c_)
{
    const struct controller *c = c_;
    enum output_format format;
    struct policy_spec spec;
    char *error;
    size_t n;

    if (!command_parse_args(conn, &argc, argv, 2, 2,
                            "NAME FIELD=VALUE[,...]", &format)
        || !check_database(conn, c, argv[0])) {
        return;
    }
    if (!policy_name_is_valid(argv[1])) {
        char *name = output_printable(argv[1]);

        command_reply_error(conn, "%s: name \"%s\" has to be of lower-case "
                            "letters, digits, \"-\" and \".\", at most %d of "
                            "them", argv[0], name, POLICY_NAME_MAX);
        free(name);
        return;
    }
    if (reconcile_config(c->rec)->mode == MODE_OBSERVE) {
        command_reply_error(conn, "%s: refused, offload-mode is observe",
                            argv[0]);
        return;
    }
    error = policy_spec_parse(argv[2], &spec);
    if (!error) {
        char *value = policy_spec_format(&spec);

        error = policy_engine_check(c->policies, &spec, &n);
        if (!error) {
            change_key(conn, c, argv[1], value,
                       n ? NULL : xasprintf("%s: no PF of this node is "
                                            "selected so far", argv[1]));
        }
        free(value);
        policy_spec_destroy(&spec);
    }
    if (error) {
        command_reply_error(conn, "%s: %s: %s", argv[0], argv[1], error);
        free(error);
    }
}

static void
cmd_policy_delete(struct unixctl_conn *conn, int argc, const char *argv[],
                  void *c_)
{
    const struct controller *c = c_;
    enum output_format format;

    if (!command_parse_args(conn, &argc, argv, 1, 1, "NAME", &format)
        || !check_database(conn, c, argv[0])) {
        return;
    }
    if (!policy_find(policy_engine_policies(c->policies), argv[1])) {
        reply_unknown(conn, argv[0], argv[1]);
        return;
    }
    change_key(conn, c, argv[1], NULL, NULL);
}

void
command_policy_register(struct controller *c)
{
    static const struct {
        const char *name;
        const char *usage;
        unixctl_cb_func *cb;
    } commands[] = {
        { "policy/list", FORMAT_USAGE, cmd_policy_list },
        { "policy/show", "NAME " FORMAT_USAGE, cmd_policy_show },
        { "policy/diff", "[NAME] " FORMAT_USAGE, cmd_policy_diff },
        { "policy/set", "NAME FIELD=VALUE[,...] " FORMAT_USAGE,
          cmd_policy_set },
        { "policy/delete", "NAME " FORMAT_USAGE, cmd_policy_delete },
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        unixctl_command_register(commands[i].name, commands[i].usage, 0,
                                 INT_MAX, commands[i].cb, c);
    }
}
