/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/answer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/output.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "utilities/client/grid.h"

/* Members. */

const struct json *
answer_member(const struct json *json, const char *path)
{
    while (json && *path) {
        size_t len = strcspn(path, ".");
        char *name;

        if (json->type != JSON_OBJECT) {
            return NULL;
        }
        name = xmemdup0(path, len);
        json = shash_find_data(json_object(json), name);
        free(name);
        path += len + (path[len] == '.');
    }
    return json;
}

const char *
answer_string(const struct json *json, const char *path)
{
    json = answer_member(json, path);
    return json && json->type == JSON_STRING ? json_string(json) : NULL;
}

long long int
answer_integer(const struct json *json, const char *path)
{
    json = answer_member(json, path);
    return json && json->type == JSON_INTEGER ? json_integer(json) : 0;
}

uint64_t
answer_count(const struct json *json, const char *path)
{
    long long int value = answer_integer(json, path);

    return value > 0 ? value : 0;
}

/* The elements of array 'json', of which there are '*n'. */
static struct json *const *
elements(const struct json *json, size_t *n)
{
    bool is_array = json && json->type == JSON_ARRAY;

    *n = is_array ? json_array(json)->n : 0;
    return is_array ? json_array(json)->elems : NULL;
}

static void
set_printable(char **cell, const char *s)
{
    grid_set_cell(cell, output_printable(s ? s : ""));
}

/* "NS/POD", or "" if 'json' has none. */
static void
set_pod(char **cell, const struct json *json)
{
    const char *ns = answer_string(json, "namespace");
    const char *pod = answer_string(json, "pod");

    if (pod) {
        char *text = xasprintf("%s/%s", ns ? ns : "", pod);

        set_printable(cell, text);
        free(text);
    }
}

/* Adds a row of the members that the columns name. */
static char **
add_object(struct grid *grid, const struct json *object)
{
    char **cells = grid_add_row(grid);

    for (size_t i = 0; i < grid->n_columns; i++) {
        const char *path = grid->columns[i].member;

        if (path) {
            grid_set_cell(&cells[i], output_cell(answer_member(object,
                                                               path)));
        }
    }
    return cells;
}

/* Index of the column with that heading, which there is. */
static size_t
column_of(const struct grid *grid, const char *heading)
{
    for (size_t i = 0; i < grid->n_columns; i++) {
        if (!strcmp(grid->columns[i].heading, heading)) {
            return i;
        }
    }
    OVS_NOT_REACHED();
}

/* ANSWER_OBJECT. */

static void
add_member(void *grid, const char *name, const struct json *value)
{
    char **cells = grid_add_row(grid);

    set_printable(&cells[0], name);
    grid_set_cell(&cells[1], output_cell(value));
}

/* ANSWER_EXPLAIN. */

/* Each check, and after those of an interface the verdict on all. */
static void
add_checklist(struct grid *grid, const struct json *list)
{
    size_t n, interface = column_of(grid, "INTERFACE");
    struct json *const *checks = elements(answer_member(list, "checks"), &n);
    const char *name = answer_string(list, "interface");
    char **cells;

    for (size_t i = 0; i < n; i++) {
        cells = add_object(grid, checks[i]);
        set_printable(&cells[interface], name);
    }
    cells = grid_add_row(grid);
    set_printable(&cells[interface], name);
    set_printable(&cells[column_of(grid, "CHECK")], "all");
    set_printable(&cells[column_of(grid, "VERDICT")],
                  answer_string(list, "verdict"));
}

/* ANSWER_REPORT. */

static const struct {
    const char *heading;
    const char *member;         /* Of the counts of a direction. */
} report_counts[] = {
    { "FLOWS", "flows" },
    { "OFFLOADED", "offloaded" },
    { "HW-PACKETS", "hw.packets" },
    { "HW-BYTES", "hw.bytes" },
    { "SW-PACKETS", "sw.packets" },
    { "SW-BYTES", "sw.bytes" },
};

/* The most frequent reason, and how many more there are. */
static char *
main_reason(const struct json *json)
{
    size_t n;
    struct json *const *reasons = elements(answer_member(json, "reasons"),
                                           &n);
    struct ds s = DS_EMPTY_INITIALIZER;

    if (n) {
        char *evidence = output_cell(answer_member(reasons[0], "evidence"));

        ds_put_format(&s, "%s (%lld)", evidence,
                      answer_integer(reasons[0], "flows"));
        free(evidence);
    }
    if (n > 1) {
        ds_put_format(&s, ", and %"PRIuSIZE" more", n - 1);
    }
    return ds_steal_cstr(&s);
}

/* Adds a row for each direction that 'json' has, under 'name', by default its
 * own. */
static void
add_directions(struct grid *grid, const char *name, const struct json *json)
{
    static const char *const directions[] = { "egress", "ingress" };

    for (size_t i = 0; i < ARRAY_SIZE(directions); i++) {
        const struct json *counts = answer_member(json, directions[i]);
        char **cells;

        if (!counts) {
            continue;
        }
        cells = grid_add_row(grid);
        set_pod(&cells[column_of(grid, "POD")], json);
        set_printable(&cells[column_of(grid, "INTERFACE")],
                      name ? name : answer_string(json, "name"));
        set_printable(&cells[column_of(grid, "KIND")],
                      answer_string(json, "kind"));
        set_printable(&cells[column_of(grid, "DIR")], directions[i]);
        for (size_t j = 0; j < ARRAY_SIZE(report_counts); j++) {
            grid_set_cell(&cells[column_of(grid, report_counts[j].heading)],
                          output_cell(answer_member(
                                          counts, report_counts[j].member)));
        }
        if (!i) {
            grid_set_cell(&cells[column_of(grid, "WHY-NOT")],
                          main_reason(json));
        }
    }
}

static void
add_report(struct grid *grid, const struct json *report)
{
    static const char *const rest[] = {
        "multi", "unattributed", "stale", "totals",
    };
    size_t n;
    struct json *const *ifaces = elements(answer_member(report, "interfaces"),
                                          &n);

    for (size_t i = 0; i < n; i++) {
        add_directions(grid, NULL, ifaces[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
        add_directions(grid, rest[i], answer_member(report, rest[i]));
    }
}

/* ANSWER_FLOWS. */

static void
add_flow(struct grid *grid, const struct json *flow)
{
    char **cells = add_object(grid, flow);
    struct ds to = DS_EMPTY_INITIALIZER;
    size_t n;
    struct json *const *receivers = elements(answer_member(flow, "receivers"),
                                             &n);

    for (size_t i = 0; i < n; i++) {
        const char *name = answer_string(receivers[i], "name");

        ds_put_format(&to, "%s%s", i ? "," : "", name ? name : "");
    }
    set_pod(&cells[column_of(grid, "POD")], answer_member(flow, "sender"));
    set_printable(&cells[column_of(grid, "TO")], ds_cstr(&to));
    ds_destroy(&to);
}

/* All. */

char *
answer_to_grid(enum answer_shape shape, const struct grid_column *columns,
               size_t n_columns, const struct json *json, struct grid *grid)
{
    bool is_array = shape == ANSWER_ARRAY || shape == ANSWER_EXPLAIN;
    struct json *const *rows;
    size_t n;

    if (!json || json->type != (is_array ? JSON_ARRAY : JSON_OBJECT)) {
        return xasprintf("the answer is %s, not an %s",
                         json ? json_type_to_string(json->type) : "nothing",
                         is_array ? "array" : "object");
    }
    grid_init(grid, columns, n_columns);
    rows = elements(shape == ANSWER_FLOWS ? answer_member(json, "flows")
                    : json, &n);
    switch (shape) {
    case ANSWER_ARRAY:
        for (size_t i = 0; i < n; i++) {
            add_object(grid, rows[i]);
        }
        break;

    case ANSWER_EXPLAIN:
        for (size_t i = 0; i < n; i++) {
            add_checklist(grid, rows[i]);
        }
        break;

    case ANSWER_FLOWS:
        for (size_t i = 0; i < n; i++) {
            add_flow(grid, rows[i]);
        }
        break;

    case ANSWER_REPORT:
        add_report(grid, json);
        break;

    case ANSWER_OBJECT:
        output_each_member(json, add_member, grid);
        break;

    case ANSWER_TEXT:
    default:
        OVS_NOT_REACHED();
    }
    return NULL;
}

char *
answer_remark(enum answer_shape shape, const struct json *json)
{
    long long int matched = answer_integer(json, "matched");
    size_t n;

    elements(answer_member(json, "flows"), &n);
    return (shape == ANSWER_FLOWS && matched > (long long int) n
            ? xasprintf("(%"PRIuSIZE" of %lld flows; see --limit)", n, matched)
            : NULL);
}
