/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/parse.h"

#include <stdlib.h>
#include <string.h>

#include "controller/controller.h"
#include "controller/flow/facts.h"
#include "controller/flow/file.h"
#include "controller/flow/report.h"
#include "controller/flow-table/table.h"
#include "controller/flow-text/text.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "timeval.h"
#include "util.h"

/* Flows' worth of work of the table that one step does. */
#define STEP_FLOWS 8192

struct flow_parse {
    const struct controller *c; /* For the node's interfaces. */
    struct flow_table *table;   /* Flows so far; devices are names. */
    struct flow_text *text;     /* Parser. */
    struct flow_file *file;     /* What is read. */
    bool done;                  /* Has it been read? */
    char *error;                /* Why not to its end, or NULL. */
};

static void
on_flows(void *parse_, const struct flow_record *const *records, size_t n)
{
    struct flow_parse *parse = parse_;

    flow_table_put(parse->table, records, n, time_msec());
}

static void
on_done(void *parse_, const char *error)
{
    struct flow_parse *parse = parse_;

    parse->done = true;
    parse->error = nullable_xstrdup(error);
}

struct flow_parse *
flow_parse_create(const struct controller *c, const char *file, char **errorp)
{
    struct flow_parse *parse = xzalloc(sizeof *parse);

    parse->c = c;
    parse->table = flow_table_create();
    parse->text = flow_text_create(on_flows, parse);
    parse->file = flow_file_open(c->base, file, parse->text, on_done, parse,
                                 errorp);
    if (!parse->file) {
        flow_parse_destroy(parse);
        return NULL;
    }
    return parse;
}

void
flow_parse_destroy(struct flow_parse *parse)
{
    if (parse) {
        flow_file_close(parse->file);
        flow_text_destroy(parse->text);
        flow_table_destroy(parse->table);
        free(parse->error);
        free(parse);
    }
}

/* What a dump tells of a port: its name. */

static bool
exists(void *parse_ OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return true;
}

static bool
resync(void *parse_ OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return false;
}

static void
facts(void *parse_, uint32_t dev, struct flow_reason_dev *d)
{
    const struct flow_parse *parse = parse_;
    const char *name = flow_text_name(parse->text, dev);

    *d = (struct flow_reason_dev) {
        .name = name ? name : "a port without name",
        .exists = true,
        .transparent = true,    /* Nothing is known of its features. */
    };
}

/* Is 'name' that of a device that Open vSwitch makes for tunnels? */
static bool
is_tunnel(const char *name)
{
    const char *sys = strstr(name, "_sys");

    return sys && (!sys[4] || sys[4] == '_');
}

/* Makes interfaces of all names in the dump, with ownership from those of the
 * node.  Caller frees the array. */
static struct flow_interface *
name_interfaces(const struct flow_parse *parse, const struct flow_facts *f,
                size_t *np)
{
    struct shash by_name = SHASH_INITIALIZER(&by_name);
    struct flow_interface *ifaces = NULL;
    size_t n = 0, allocated = 0;
    const char *name;

    for (size_t i = 0; i < f->ifaces.n; i++) {
        shash_add_once(&by_name, f->ifaces.ifaces[i].name,
                       &f->ifaces.ifaces[i]);
    }
    while ((name = flow_text_name(parse->text, n + 1))) {
        const struct flow_interface *known = shash_find_data(&by_name, name);

        if (n >= allocated) {
            ifaces = x2nrealloc(ifaces, &allocated, sizeof *ifaces);
        }
        ifaces[n] = (known ? *known : (struct flow_interface) {
            .kind = is_tunnel(name) ? FLOW_KIND_TUNNEL : FLOW_KIND_PORT,
        });
        ifaces[n].name = name;
        ifaces[n].ifindex = n + 1;
        n++;
    }
    shash_destroy(&by_name);
    *np = n;
    return ifaces;
}

/* Member "file" of the report. */
static struct json *
file_to_json(const struct flow_text_status *status)
{
    struct json *json = json_object_create();
    struct json *first = json_null_create();

    if (status->n_malformed) {
        json_destroy(first);
        first = json_object_create();
        json_object_put(first, "line",
                        json_integer_create(status->malformed_line));
        json_object_put_string(first, "why", status->malformed_why
                               ? status->malformed_why : "");
    }
    json_object_put(json, "lines", json_integer_create(status->n_lines));
    json_object_put(json, "flows", json_integer_create(status->n_flows));
    json_object_put(json, "malformed",
                    json_integer_create(status->n_malformed));
    json_object_put(json, "first_malformed", first);
    return json;
}

static struct json *
make_report(const struct flow_parse *parse, size_t top)
{
    const struct flow_text_status *status = flow_text_status(parse->text);
    static const struct flow_reason_env unknown;
    struct flow_rows_args args;
    struct flow_facts f;
    struct flow_rows rows;
    struct json *json;

    flow_facts_init(&f, parse->c);
    flow_facts_rows_args(&f, parse->table, &args);

    struct flow_interface *ifaces = name_interfaces(parse, &f,
                                                    &args.n_ifaces);
    args.ifaces = ifaces;
    args.env = &unknown;
    args.offline = true;
    args.exists = exists;
    args.resync = resync;
    args.facts = facts;
    args.aux = CONST_CAST(struct flow_parse *, parse);
    flow_rows_init(&rows, &args);
    json = flow_report_to_json(&(struct flow_report_args) {
        .rows = &rows,
        .state = status->n_malformed ? "incomplete" : "complete",
        .top = top, .now = time_msec(),
    });
    json_object_put(json, "file", file_to_json(status));
    flow_rows_destroy(&rows);
    free(ifaces);
    flow_facts_destroy(&f);
    return json;
}

char *
flow_parse_run(struct flow_parse *parse, size_t top, struct json **json)
{
    *json = NULL;
    if (parse->error) {
        return xstrdup(parse->error);
    }
    if (!flow_table_run(parse->table, STEP_FLOWS, time_msec())
        && parse->done) {
        if (!flow_text_status(parse->text)->n_flows
            && !flow_text_status(parse->text)->n_malformed) {
            return xstrdup("no datapath flows are in that file");
        }
        *json = make_report(parse, top);
    }
    return NULL;
}

void
flow_parse_wait(const struct flow_parse *parse)
{
    if (parse->done) {
        poll_immediate_wake();
    }
}
