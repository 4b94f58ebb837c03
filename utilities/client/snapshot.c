/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "controller/output.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "utilities/client/answer.h"
#include "utilities/client/snapshot-private.h"

struct snapshot {
    struct json *json;          /* The file. */
    const struct json *answers; /* Its array of answers. */
};

/* Parsing. */

static char *
check_file(const struct json *json)
{
    const char *format = answer_string(json, "format");
    const char *client = answer_string(json, "client");
    long long int version = answer_integer(json, "version");
    const struct json *answers = answer_member(json, "answers");

    if (!format || strcmp(format, SNAPSHOT_FORMAT)) {
        return xstrdup("this is JSON, but no snapshot of ovs-offload: member "
                       "\"format\" is not \""SNAPSHOT_FORMAT"\"");
    } else if (version < 1) {
        return xstrdup("the snapshot is malformed: member \"version\" is no "
                       "positive number");
    } else if (version > SNAPSHOT_VERSION) {
        return xasprintf("the snapshot is of version %lld, made by "
                         "ovs-offload %.40s; this one knows up to version %d",
                         version, client ? client : "(unknown)",
                         SNAPSHOT_VERSION);
    } else if (!answers || answers->type != JSON_ARRAY) {
        return xstrdup("the snapshot is malformed: member \"answers\" is no "
                       "array");
    }
    for (size_t i = 0; i < json_array(answers)->n; i++) {
        const struct json *entry = json_array(answers)->elems[i];

        if (!answer_string(entry, "command")
            || (!answer_member(entry, "json")
                && !answer_string(entry, "text"))) {
            return xasprintf("the snapshot is malformed: element %"PRIuSIZE
                             " of \"answers\" has no \"command\", or neither "
                             "\"json\" nor \"text\"", i);
        }
    }
    return NULL;
}

char *
snapshot_parse(const char *text, size_t n, struct snapshot **snapshotp)
{
    struct snapshot *snapshot;
    struct json *json;
    char *error;

    *snapshotp = NULL;
    if (strlen(text) != n) {
        return xasprintf("no snapshot: there is a null byte at offset %"
                         PRIuSIZE, strlen(text));
    }
    json = json_from_string(text);
    error = (json->type == JSON_STRING
             ? xasprintf("no snapshot: %s", json_string(json))
             : check_file(json));
    if (error) {
        json_destroy(json);
        return error;
    }
    snapshot = xmalloc(sizeof *snapshot);
    snapshot->json = json;
    snapshot->answers = answer_member(json, "answers");
    *snapshotp = snapshot;
    return NULL;
}

void
snapshot_destroy(struct snapshot *snapshot)
{
    if (snapshot) {
        json_destroy(snapshot->json);
        free(snapshot);
    }
}

/* Answering. */

static bool
is_string(const struct json *object, const char *member, const char *s)
{
    const char *have = answer_string(object, member);

    return have && !strcmp(have, s);
}

bool
snapshot_is_pod(const struct json *object, const char *name)
{
    const char *ns = answer_string(object, "namespace");
    const char *pod = answer_string(object, "pod");
    size_t len = ns ? strlen(ns) : 0;

    return (ns && pod && !strncmp(name, ns, len) && name[len] == '/'
            && !strcmp(name + len + 1, pod));
}

/* Is 'object', of port/show, vdpa/show, policy/show or explain, about what has
 * that name? */
static bool
has_name(const struct json *object, const char *name)
{
    static const char *const members[] = {
        "representor", "interface", "vf_pci", "vdpa", "iface_id", "request",
        "policy",
    };
    const struct json *devices = answer_member(object, "vdpa_devices");

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        if (is_string(object, members[i], name)) {
            return true;
        }
    }
    if (devices && devices->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(devices)->n; i++) {
            if (is_string(json_array(devices)->elems[i], "", name)) {
                return true;
            }
        }
    }
    return snapshot_is_pod(object, name);
}

/* The 'i'th entry if it answers 'command', else NULL. */
static const struct json *
get_entry(const struct snapshot *snapshot, size_t i, const char *command)
{
    const struct json *entry = json_array(snapshot->answers)->elems[i];

    return is_string(entry, "command", command) ? entry : NULL;
}

/* The entry for 'command' without arguments. */
static const struct json *
find_entry(const struct snapshot *snapshot, const char *command)
{
    for (size_t i = 0; i < json_array(snapshot->answers)->n; i++) {
        const struct json *entry = get_entry(snapshot, i, command);
        const struct json *args = answer_member(entry, "args");

        if (entry && (!args || args->type != JSON_ARRAY
                      || !json_array(args)->n)) {
            return entry;
        }
    }
    return NULL;
}

static char *
format_json(const struct json *json)
{
    return output_json(json, JSSF_PRETTY | JSSF_SORT);
}

/* What the entry says. */
static bool
take_entry(const struct json *entry, char **text)
{
    const struct json *json = answer_member(entry, "json");
    const struct json *ok = answer_member(entry, "ok");

    *text = (json ? format_json(json)
             : xstrdup(answer_string(entry, "text")));
    return !ok || ok->type != JSON_FALSE;
}

/* "explain NAME": checklists of all interfaces of that name. */
static bool
explain(const struct snapshot *snapshot, const char *name, char **text)
{
    struct json *lists = json_array_create_empty();
    bool ok = true;

    for (size_t i = 0; i < json_array(snapshot->answers)->n; i++) {
        const struct json *entry = get_entry(snapshot, i, "explain");
        const struct json *array = answer_member(entry, "json");

        if (!array || array->type != JSON_ARRAY) {
            continue;
        }
        for (size_t j = 0; j < json_array(array)->n; j++) {
            const struct json *list = json_array(array)->elems[j];

            if (has_name(list, name)) {
                json_array_add(lists, json_deep_clone(list));
                ok = ok && !is_string(list, "verdict", "FAIL");
            }
        }
    }
    if (json_array(lists)->n) {
        *text = format_json(lists);
    } else {
        *text = xasprintf("the snapshot has no checklist of \"%s\"", name);
        ok = false;
    }
    json_destroy(lists);
    return ok;
}

/* "COMMAND NAME" for one of several objects. */
static bool
show(const struct snapshot *snapshot, const char *command, const char *name,
     char **text)
{
    for (size_t i = 0; i < json_array(snapshot->answers)->n; i++) {
        const struct json *entry = get_entry(snapshot, i, command);

        if (entry && has_name(answer_member(entry, "json"), name)) {
            return take_entry(entry, text);
        }
    }
    *text = xasprintf("%s: the snapshot has nothing that is named \"%s\"",
                      command, name);
    return false;
}

/* "policy/diff NAME". */
static struct json *
filter_steps(const struct json *steps, size_t n OVS_UNUSED,
             char *const args[], char **error OVS_UNUSED)
{
    struct json *array = json_array_create_empty();

    if (steps->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(steps)->n; i++) {
            const struct json *step = json_array(steps)->elems[i];

            if (is_string(step, "policy", args[0])) {
                json_array_add(array, json_deep_clone(step));
            }
        }
    }
    return array;
}

/* "COMMAND ARGS", made of the answer to COMMAND. */
static bool
filter(const struct snapshot *snapshot, const char *command, size_t n,
       char *const args[], char **text)
{
    static const struct {
        const char *command;
        struct json *(*filter)(const struct json *, size_t n,
                               char *const args[], char **error);
    } filters[] = {
        { "flow/report", snapshot_filter_report },
        { "flow/list", snapshot_filter_flows },
        { "policy/diff", filter_steps },
    };
    const struct json *entry = find_entry(snapshot, command);
    const struct json *all = answer_member(entry, "json");

    for (size_t i = 0; i < ARRAY_SIZE(filters) && all; i++) {
        if (!strcmp(filters[i].command, command)) {
            char *error = NULL;
            struct json *json = filters[i].filter(all, n, args, &error);

            *text = json ? format_json(json) : error;
            json_destroy(json);
            return !error;
        }
    }
    *text = (entry ? xasprintf("%s: unexpected argument \"%s\"", command,
                               args[0])
             : xasprintf("the snapshot has no answer to %s", command));
    return false;
}

bool
snapshot_answer(const struct snapshot *snapshot, const char *command,
                size_t n, char *const args[], char **text)
{
    const struct json *entry;

    /* Answers are JSON, whoever asks. */
    if (n && !strcmp(args[n - 1], "--format=json")) {
        n--;
    }
    for (size_t i = 0; i < n; i++) {
        if (!strncmp(args[i], "--format", 8)) {
            *text = xstrdup("the daemon is not there to format answers: use "
                            "-o");
            return false;
        }
    }
    if (n == 1 && !strcmp(command, "explain")) {
        return explain(snapshot, args[0], text);
    } else if (n == 1 && (!strcmp(command, "port/show")
                          || !strcmp(command, "vdpa/show")
                          || !strcmp(command, "policy/show"))) {
        return show(snapshot, command, args[0], text);
    } else if (n) {
        return filter(snapshot, command, n, args, text);
    }
    entry = find_entry(snapshot, command);
    if (entry) {
        return take_entry(entry, text);
    }
    *text = xasprintf("the snapshot has no answer to %s", command);
    return false;
}

/* Writing. */

/* Copy of 's' with "..." in place of what follows "ssl:" and "tcp:" up to a
 * blank, or NULL if there is none of these.  Caller frees. */
static char *
scrub_string(const char *s)
{
    struct ds out = DS_EMPTY_INITIALIZER;
    bool changed = false;

    while (*s) {
        bool found = !strncmp(s, "ssl:", 4) || !strncmp(s, "tcp:", 4);
        size_t len = found ? strcspn(s, " \t\n\"'<>") : 1;

        ds_put_buffer(&out, s, found ? 4 : 1);
        if (found && len > 4) {
            ds_put_cstr(&out, "...");
            changed = true;
        }
        s += len;
    }
    if (!changed) {
        ds_destroy(&out);
        return NULL;
    }
    return ds_steal_cstr(&out);
}

/* Copy of 'json' with all of its strings so. */
static struct json *
scrub(const struct json *json)
{
    struct json *copy;

    if (json->type == JSON_OBJECT) {
        struct shash_node *node;

        copy = json_object_create();
        SHASH_FOR_EACH (node, json_object(json)) {
            json_object_put(copy, node->name, scrub(node->data));
        }
    } else if (json->type == JSON_ARRAY) {
        copy = json_array_create_empty();
        for (size_t i = 0; i < json_array(json)->n; i++) {
            json_array_add(copy, scrub(json_array(json)->elems[i]));
        }
    } else {
        char *s = (json->type == JSON_STRING
                   ? scrub_string(json_string(json)) : NULL);

        copy = s ? json_string_create(s) : json_deep_clone(json);
        free(s);
    }
    return copy;
}

struct json *
snapshot_entry(const char *command, size_t n, const char *const args[],
               bool ok, bool is_json, const char *text)
{
    struct json *array = json_array_create_empty();
    struct json *entry = json_object_create();
    struct json *json = is_json ? json_from_string(text) : NULL;

    for (size_t i = 0; i < n; i++) {
        json_array_add(array, json_string_create(args[i]));
    }
    json_object_put_string(entry, "command", command);
    json_object_put(entry, "args", array);
    json_object_put(entry, "ok", json_boolean_create(ok));
    if (json && json->type != JSON_STRING) {
        json_object_put(entry, "json", json);
    } else {
        json_destroy(json);
        json_object_put_string(entry, "text", text);
    }
    return entry;
}

struct json *
snapshot_file(struct json *answers, bool complete, const char *when)
{
    struct json *host = json_object_create();
    struct json *file = json_object_create();
    struct json *scrubbed;
    struct utsname name;

    if (!uname(&name)) {
        json_object_put_string(host, "kernel", name.release);
        json_object_put_string(host, "kernel_build", name.version);
        json_object_put_string(host, "machine", name.machine);
    }
    json_object_put_string(file, "format", SNAPSHOT_FORMAT);
    json_object_put(file, "version", json_integer_create(SNAPSHOT_VERSION));
    json_object_put_string(file, "client", VERSION);
    json_object_put_string(file, "time", when);
    json_object_put(file, "host", host);
    json_object_put(file, "complete", json_boolean_create(complete));
    json_object_put(file, "answers", answers);
    scrubbed = scrub(file);
    json_destroy(file);
    return scrubbed;
}
