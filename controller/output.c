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
            /* Swapped, as 'argv' belongs to someone who frees each of its
             * strings. */
            const char *word = argv[i];

            argv[i] = argv[n];
            argv[n++] = word;
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

/* Length of the UTF-8 sequence of a character at 's', which is at its end or
 * before, or 0 if there is none: too short, too long a form, a surrogate, or
 * beyond Unicode. */
static size_t
utf8_sequence(const char *s)
{
    const uint8_t *p = (const uint8_t *) s;
    uint8_t min = 0x80, max = 0xbf; /* Of the second byte. */
    size_t n;

    if (p[0] < 0x80) {
        return 1;
    } else if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        min = p[0] == 0xe0 ? 0xa0 : min;
        max = p[0] == 0xed ? 0x9f : max;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        min = p[0] == 0xf0 ? 0x90 : min;
        max = p[0] == 0xf4 ? 0x8f : max;
    } else {
        return 0;
    }
    if (p[1] < min || p[1] > max) {
        return 0;
    }
    for (size_t i = 2; i < n; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) {
            return 0;
        }
    }
    return n;
}

/* Is the character at 's', of 'length' bytes, a control character (C0, DEL or
 * C1)? */
static bool
is_control(const char *s, size_t length)
{
    uint8_t first = s[0];

    return (length == 1 ? first < ' ' || first == 0x7f
            : first == 0xc2 && (uint8_t) s[1] < 0xa0);
}

/* Copy of 's' in which each byte that is no UTF-8 and, if 'control', each that
 * is part of a control character is 'prefix' and its two digits. */
static char *
escape_bytes(const char *s, bool control, const char *prefix)
{
    struct ds out = DS_EMPTY_INITIALIZER;

    while (*s) {
        size_t n = utf8_sequence(s);

        if (n && !(control && is_control(s, n))) {
            ds_put_buffer(&out, s, n);
            s += n;
            continue;
        }
        for (n = MAX(n, 1); n; n--) {
            ds_put_format(&out, "%s%02x", prefix, (uint8_t) *s++);
        }
    }
    return ds_steal_cstr(&out);
}

char *
output_printable(const char *s)
{
    return escape_bytes(s, true, "\\x");
}

char *
output_utf8(const char *s)
{
    return escape_bytes(s, false, "\\x");
}

char *
output_cell(const struct json *json)
{
    char *text, *printable;

    if (!json || json->type == JSON_NULL) {
        return xstrdup("");
    } else if (json->type == JSON_STRING) {
        return output_printable(json_string(json));
    }
    text = json_to_string(json, JSSF_SORT);
    printable = output_printable(text);
    free(text);
    return printable;
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

char *
output_json(const struct json *json, int flags)
{
    struct ds in = DS_EMPTY_INITIALIZER;
    struct ds out = DS_EMPTY_INITIALIZER;

    json_to_ds(json, flags, &in);
    ds_put_char(&in, '\n');
    /* The serializer escapes C0, but passes on DEL, C1, which a terminal
     * obeys, too, and what is no UTF-8.  All that can only be within
     * strings. */
    for (const char *s = ds_cstr(&in); *s; ) {
        size_t n = utf8_sequence(s);

        if (!n) {
            ds_put_format(&out, "\\\\x%02x", (uint8_t) *s++);
        } else if (*s != '\n' && is_control(s, n)) {
            ds_put_format(&out, "\\u%04x", (uint8_t) s[n - 1]);
            s += n;
        } else {
            ds_put_buffer(&out, s, n);
            s += n;
        }
    }
    ds_destroy(&in);
    return ds_steal_cstr(&out);
}

static char *
format_json(const struct json *json)
{
    return output_json(json, JSSF_PRETTY | JSSF_SORT);
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
                = output_cell(shash_find_data(object, columns[j].member));
        }
    }

    char *text = format_table(&table, format);
    table_destroy(&table);
    return text;
}

static void
each_member(const char *prefix, const struct json *object,
            void (*func)(void *aux, const char *name, const struct json *),
            void *aux)
{
    const struct shash_node **nodes = shash_sort(json_object(object));

    for (size_t i = 0; i < shash_count(json_object(object)); i++) {
        const struct json *value = nodes[i]->data;
        char *name = xasprintf("%s%s%s", prefix, prefix[0] ? "." : "",
                               nodes[i]->name);

        if (value->type == JSON_OBJECT) {
            each_member(name, value, func, aux);
        } else {
            func(aux, name, value);
        }
        free(name);
    }
    free(nodes);
}

void
output_each_member(const struct json *object,
                   void (*func)(void *aux, const char *name,
                                const struct json *value),
                   void *aux)
{
    each_member("", object, func, aux);
}

static void
add_member(void *table_, const char *name, const struct json *value)
{
    struct table *table = table_;

    table_add_row(table);
    table_add_cell(table)->text = output_printable(name);
    table_add_cell(table)->text = output_cell(value);
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
    output_each_member(object, add_member, &table);

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

void
output_put_string(struct json *object, const char *name, const char *value)
{
    json_object_put(object, name,
                    (value && value[0] ? json_string_create(value)
                     : json_null_create()));
}

void
output_put_count(struct json *object, const char *name, uint64_t value)
{
    json_object_put(object, name, json_integer_create(value));
}
