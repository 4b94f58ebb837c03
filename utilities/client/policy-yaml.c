/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/policy-yaml.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "controller/output.h"
#include "controller/policy/spec.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "util.h"

#define KIND "SriovNetworkNodePolicy"
#define API_GROUP "sriovnetwork.openshift.io/"

/* What is done with a field. */
enum use {
    USE_FIELD,                  /* It is the policy's field 'field'. */
    USE_LIST,                   /* Its elements are that field's. */
    USE_NAME,                   /* It is the policy's name. */
    USE_KIND,                   /* It has to be KIND. */
    USE_API_VERSION,            /* It has to be of API_GROUP. */
    USE_REFUSE_TRUE,            /* It must not be true. */
    USE_LINK_TYPE,              /* It has to be Ethernet. */
};

static const struct {
    const char *path;
    enum use use;
    const char *field;          /* Of the policy, for USE_FIELD, USE_LIST. */
} fields[] = {
    { "apiVersion", USE_API_VERSION, NULL },
    { "kind", USE_KIND, NULL },
    { "metadata.name", USE_NAME, NULL },
    { "spec.numVfs", USE_FIELD, "numVfs" },
    { "spec.eSwitchMode", USE_FIELD, "eSwitchMode" },
    { "spec.deviceType", USE_FIELD, "deviceType" },
    { "spec.vdpaType", USE_FIELD, "vdpaType" },
    { "spec.priority", USE_FIELD, "priority" },
    { "spec.mtu", USE_FIELD, "mtu" },
    { "spec.nicSelector.vendor", USE_FIELD, "vendor" },
    { "spec.nicSelector.deviceID", USE_FIELD, "deviceID" },
    { "spec.nicSelector.rootDevices", USE_LIST, "rootDevices" },
    { "spec.nicSelector.pfNames", USE_LIST, "pfNames" },
    { "spec.externallyManaged", USE_REFUSE_TRUE, NULL },
    { "spec.linkType", USE_LINK_TYPE, NULL },
};

/* What is below this and unknown would select less if it were known. */
#define SELECTOR "spec.nicSelector"

/* A mapping or sequence that is open. */
struct level {
    bool is_list;
    size_t path_len;            /* Of the path to it. */
    bool has_key;               /* In a mapping: comes a value next? */
};

struct reader {
    yaml_parser_t parser;
    struct policy_yaml *doc;
    struct ds path;             /* Where we are: "spec.nicSelector.vendor";
                                 * elements of a sequence have its path. */
    struct level levels[POLICY_YAML_MAX_DEPTH];
    size_t n_levels;
    struct shash seen;          /* Paths of all keys so far. */
    struct shash values;        /* Field of the policy -> its value. */
    bool has_kind, has_api_version;
    size_t n_documents;
    char *error;                /* NULL so far. */
};

static void OVS_PRINTF_FORMAT(3, 4)
fail(struct reader *r, const yaml_mark_t *mark, const char *format, ...)
{
    va_list args;

    if (r->error) {
        return;
    }
    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);

    char *printable = output_printable(message);
    r->error = xasprintf("line %"PRIuSIZE": %.400s", mark->line + 1,
                         printable);
    free(printable);
    free(message);
}

static void
add_unused(struct reader *r, const char *path)
{
    char *printable = output_printable(path);

    if (!svec_contains_unsorted(&r->doc->unused, printable)) {
        svec_add(&r->doc->unused, printable);
    }
    free(printable);
}

/* Scalars. */

static bool
is_true(const char *s)
{
    return !strcmp(s, "true") || !strcmp(s, "True") || !strcmp(s, "TRUE");
}

/* Adds 'value' to the policy's field 'field', whose elements are separated by
 * blanks if it is a list. */
static void
add_value(struct reader *r, const yaml_mark_t *mark, const char *field,
          const char *value)
{
    const char *path = ds_cstr(&r->path);
    char *have;

    if (!value[0]) {
        fail(r, mark, "%s is empty", path);
        return;
    }
    for (const char *p = value; *p; p++) {
        if (*p <= ' ' || *p > '~' || *p == ',') {
            fail(r, mark, "%s: \"%s\" has a character that is not possible "
                 "there", path, value);
            return;
        }
    }
    have = shash_find_and_delete(&r->values, field);
    shash_add(&r->values, field, (have ? xasprintf("%s %s", have, value)
                                  : xstrdup(value)));
    free(have);
}

static void
take_scalar(struct reader *r, const yaml_mark_t *mark, bool in_list,
            const char *value)
{
    const char *path = ds_cstr(&r->path);
    size_t i;

    for (i = 0; i < ARRAY_SIZE(fields); i++) {
        if (!strcmp(fields[i].path, path)) {
            break;
        }
    }
    if (i == ARRAY_SIZE(fields)) {
        if (!strncmp(path, SELECTOR, strlen(SELECTOR))
            && (path[strlen(SELECTOR)] == '.' || !path[strlen(SELECTOR)])) {
            fail(r, mark, "%s is not supported, and without it other PFs "
                 "would be selected", path);
        } else {
            add_unused(r, path);
        }
        return;
    }
    if (in_list != (fields[i].use == USE_LIST)) {
        fail(r, mark, "%s has to be a %s", path,
             in_list ? "single value" : "list");
        return;
    }
    switch (fields[i].use) {
    case USE_FIELD:
    case USE_LIST:
        add_value(r, mark, fields[i].field, value);
        break;
    case USE_NAME:
        if (!policy_name_is_valid(value)) {
            fail(r, mark, "%s \"%s\" has to be of lower-case letters, "
                 "digits, \"-\" and \".\"", path, value);
        } else {
            r->doc->name = xstrdup(value);
        }
        break;
    case USE_KIND:
        if (strcmp(value, KIND)) {
            fail(r, mark, "kind is \"%s\", not "KIND, value);
        }
        r->has_kind = true;
        break;
    case USE_API_VERSION:
        if (strncmp(value, API_GROUP, strlen(API_GROUP))) {
            fail(r, mark, "apiVersion is \"%s\", not one of "API_GROUP,
                 value);
        }
        r->has_api_version = true;
        break;
    case USE_REFUSE_TRUE:
        if (is_true(value)) {
            fail(r, mark, "%s is not supported", path);
        } else {
            add_unused(r, path);
        }
        break;
    case USE_LINK_TYPE:
        if (strcasecmp(value, "eth")) {
            fail(r, mark, "%s \"%s\" is not supported, only eth is", path,
                 value);
        }
        break;
    default:
        OVS_NOT_REACHED();
    }
}

/* Structure. */

static struct level *
top(struct reader *r)
{
    return r->n_levels ? &r->levels[r->n_levels - 1] : NULL;
}

/* A value ended: the path is again that of what it is in. */
static void
end_value(struct reader *r)
{
    struct level *level = top(r);

    if (level) {
        ds_truncate(&r->path, level->path_len);
        level->has_key = false;
    }
}

static void
take_key(struct reader *r, const yaml_mark_t *mark, const char *key)
{
    struct level *level = top(r);

    if (!key[0] || strlen(key) > 63 || strpbrk(key, ".,\n")) {
        /* As in labels.  No field that we know is called so. */
        ds_put_format(&r->path, "%s\"%.63s\"", level->path_len ? "." : "",
                      key);
    } else {
        ds_put_format(&r->path, "%s%s", level->path_len ? "." : "", key);
    }
    level->has_key = true;
    for (size_t i = 0; i + 1 < r->n_levels; i++) {
        if (r->levels[i].is_list) {
            return;             /* Elements may have equal keys. */
        }
    }
    if (!shash_add_once(&r->seen, ds_cstr(&r->path), NULL)) {
        fail(r, mark, "%s is given twice", ds_cstr(&r->path));
    }
}

static void
start_level(struct reader *r, const yaml_mark_t *mark, bool is_list)
{
    struct level *level = top(r);

    if (!level && is_list) {
        fail(r, mark, "the document is a list, not a mapping");
    } else if (level && !level->is_list && !level->has_key) {
        fail(r, mark, "a key has to be a scalar");
    } else if (r->n_levels >= POLICY_YAML_MAX_DEPTH) {
        fail(r, mark, "it is nested more than %d deep",
             POLICY_YAML_MAX_DEPTH);
    } else {
        r->levels[r->n_levels++] = (struct level) {
            .is_list = is_list, .path_len = r->path.length,
        };
    }
}

static void
take_event_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *value = (const char *) event->data.scalar.value;
    const yaml_mark_t *mark = &event->start_mark;
    struct level *level = top(r);

    if (strlen(value) != event->data.scalar.length) {
        fail(r, mark, "there is a byte 0");
    } else if (!level) {
        fail(r, mark, "the document is a scalar, not a mapping");
    } else if (!level->is_list && !level->has_key) {
        take_key(r, mark, value);
    } else {
        take_scalar(r, mark, level->is_list, value);
        end_value(r);
    }
}

static bool
has_anchor(const yaml_event_t *event)
{
    return (event->type == YAML_ALIAS_EVENT
            || (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor)
            || (event->type == YAML_SEQUENCE_START_EVENT
                && event->data.sequence_start.anchor)
            || (event->type == YAML_MAPPING_START_EVENT
                && event->data.mapping_start.anchor));
}

static void
take_event(struct reader *r, const yaml_event_t *event)
{
    const yaml_mark_t *mark = &event->start_mark;

    if (has_anchor(event)) {
        fail(r, mark, "anchors and aliases are not supported");
        return;
    }
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++r->n_documents > 1) {
            fail(r, mark, "a second document: one policy a file");
        }
        break;
    case YAML_SCALAR_EVENT:
        take_event_scalar(r, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        start_level(r, mark, true);
        break;
    case YAML_MAPPING_START_EVENT:
        start_level(r, mark, false);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->n_levels--;
        end_value(r);
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT:
    default:
        break;
    }
}

static void
read_events(struct reader *r)
{
    bool end = false;

    while (!end && !r->error) {
        yaml_event_t event;

        if (!yaml_parser_parse(&r->parser, &event)) {
            fail(r, &r->parser.problem_mark, "no YAML: %s",
                 r->parser.problem ? r->parser.problem : "out of memory");
            return;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        take_event(r, &event);
        yaml_event_delete(&event);
    }
}

/* What only the whole tells. */

static char *
format_value(const struct reader *r, bool force)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const char *value = (fields[i].field
                             ? shash_find_data(&r->values, fields[i].field)
                             : NULL);

        if (value) {
            ds_put_format(&s, "%s%s=%s", s.length ? "," : "",
                          fields[i].field, value);
        }
    }
    if (force) {
        ds_put_format(&s, "%sforce=true", s.length ? "," : "");
    }
    return ds_steal_cstr(&s);
}

static char *
check_whole(struct reader *r, bool force)
{
    struct policy_spec spec;

    if (!r->n_documents) {
        return xstrdup("there is no document");
    }
    if (!r->has_kind || !r->has_api_version) {
        return xasprintf("%s is missing",
                         r->has_kind ? "apiVersion" : "kind");
    }
    if (!r->doc->name) {
        return xstrdup("metadata.name is missing");
    }
    if (!shash_find(&r->values, "numVfs")) {
        return xstrdup("spec.numVfs is missing");
    }

    char *value = format_value(r, force);
    char *error = policy_spec_parse(value, &spec);
    free(value);
    if (!error) {
        r->doc->value = policy_spec_format(&spec);
        policy_spec_destroy(&spec);
    }
    return error;
}

char *
policy_yaml_parse(const char *text, size_t n, bool force,
                  struct policy_yaml *doc)
{
    struct reader r = { .doc = doc };

    memset(doc, 0, sizeof *doc);
    svec_init(&doc->unused);
    if (n > POLICY_YAML_MAX_SIZE) {
        return xasprintf("it has more than %d bytes", POLICY_YAML_MAX_SIZE);
    }
    if (!yaml_parser_initialize(&r.parser)) {
        out_of_memory();
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *) text, n);
    ds_init(&r.path);
    shash_init(&r.seen);
    shash_init(&r.values);
    read_events(&r);
    if (!r.error) {
        r.error = check_whole(&r, force);
    }
    yaml_parser_delete(&r.parser);
    ds_destroy(&r.path);
    shash_destroy(&r.seen);
    shash_destroy_free_data(&r.values);
    if (r.error) {
        policy_yaml_destroy(doc);
    }
    return r.error;
}

void
policy_yaml_destroy(struct policy_yaml *doc)
{
    free(doc->name);
    free(doc->value);
    svec_destroy(&doc->unused);
    memset(doc, 0, sizeof *doc);
}
