/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/output.h"

#include <inttypes.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "table.h"
#include "unixctl.h"
#include "util.h"

static const char format_option[] = "--format";

static bool
format_from_string(const char *s, enum output_format *format)
{
    if (!strcmp(s, "table")) {
        *format = OUTPUT_TABLE;
    } else if (!strcmp(s, "json")) {
        *format = OUTPUT_JSON;
    } else if (!strcmp(s, "csv")) {
        *format = OUTPUT_CSV;
    } else {
        return false;
    }
    return true;
}

char *
output_parse_format(int *argc, const char **argv, enum output_format *format)
{
    size_t len = strlen(format_option);
    int n = 1;

    *format = OUTPUT_TABLE;
    for (int i = 1; i < *argc; i++) {
        const char *value;

        if (strncmp(argv[i], format_option, len)
            || (argv[i][len] && argv[i][len] != '=')) {
            argv[n++] = argv[i];
            continue;
        }
        if (argv[i][len]) {
            value = argv[i] + len + 1;
        } else if (i + 1 < *argc) {
            value = argv[++i];
        } else {
            return xstrdup("--format needs an argument: table, json or csv");
        }
        if (!format_from_string(value, format)) {
            return xasprintf("unknown format \"%s\": table, json and csv are "
                             "known", value);
        }
    }
    *argc = n;
    return NULL;
}

/* Text of a cell.  Caller frees. */
static char *
cell_text(const struct json *json)
{
    if (!json || json->type == JSON_NULL) {
        return xstrdup("");
    }
    if (json->type == JSON_STRING) {
        return xstrdup(json_string(json));
    }
    return json_to_string(json, JSSF_SORT);
}

static char *
format_table(const struct table *table, enum output_format format)
{
    struct table_style style = table_style_default;
    struct ds s = DS_EMPTY_INITIALIZER;

    style.format = format == OUTPUT_CSV ? TF_CSV : TF_TABLE;
    table_format(table, &style, &s);
    /* Tables are separated by blank lines; here is always one. */
    table_format_reset();
    return ds_steal_cstr(&s);
}

static char *
format_json(const struct json *json)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    json_to_ds(json, JSSF_PRETTY | JSSF_SORT, &s);
    ds_put_char(&s, '\n');
    return ds_steal_cstr(&s);
}

char *
output_array(const struct json *array, const struct output_column *columns,
             size_t n, enum output_format format)
{
    struct table table;

    if (format == OUTPUT_JSON) {
        return format_json(array);
    }
    table_init(&table);
    for (size_t i = 0; i < n; i++) {
        table_add_column(&table, "%s", columns[i].heading);
    }
    for (size_t i = 0; i < json_array(array)->n; i++) {
        const struct shash *object = json_object(json_array(array)->elems[i]);

        table_add_row(&table);
        for (size_t j = 0; j < n; j++) {
            table_add_cell(&table)->text
                = cell_text(shash_find_data(object, columns[j].member));
        }
    }

    char *text = format_table(&table, format);
    table_destroy(&table);
    return text;
}

static void
add_members(struct table *table, const char *prefix, const struct json *json)
{
    const struct shash_node **nodes = shash_sort(json_object(json));

    for (size_t i = 0; i < shash_count(json_object(json)); i++) {
        const struct json *value = nodes[i]->data;
        char *name = xasprintf("%s%s%s", prefix, prefix[0] ? "." : "",
                               nodes[i]->name);

        if (value->type == JSON_OBJECT) {
            add_members(table, name, value);
        } else {
            table_add_row(table);
            table_add_cell(table)->text = xstrdup(name);
            table_add_cell(table)->text = cell_text(value);
        }
        free(name);
    }
    free(nodes);
}

char *
output_object(const struct json *object, enum output_format format)
{
    struct table table;

    if (format == OUTPUT_JSON) {
        return format_json(object);
    }
    table_init(&table);
    table_add_column(&table, "NAME");
    table_add_column(&table, "VALUE");
    add_members(&table, "", object);

    char *text = format_table(&table, format);
    table_destroy(&table);
    return text;
}

void
output_reply(struct unixctl_conn *conn, char *text)
{
    unixctl_command_reply(conn, text);
    free(text);
}

struct json *
output_string_or_null(const char *s)
{
    return s && s[0] ? json_string_create(s) : json_null_create();
}
