/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/snapshot-private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "utilities/client/answer.h"

/* Arguments of flow/report and flow/list. */
struct filter_args {
    const char *pod;            /* "NS/POD", or NULL. */
    const char *ufid;           /* Or NULL. */
    bool not_offloaded;
    unsigned int top;           /* 0: all. */
    unsigned int limit;         /* 0: all. */
};

/* Is args[*i] option 'name' with a value, which may be the next argument?
 * Then stores it into '*value'. */
static bool
take_value(size_t n, char *const args[], size_t *i, const char *name,
           const char **value)
{
    size_t len = strlen(name);

    if (strncmp(args[*i], name, len)) {
        return false;
    } else if (args[*i][len] == '=') {
        *value = args[*i] + len + 1;
        return true;
    } else if (!args[*i][len] && *i + 1 < n) {
        *value = args[++*i];
        return true;
    }
    return false;
}

static char *
parse_number(const char *name, const char *s, unsigned int *number)
{
    return (!s || str_to_uint(s, 10, number) ? NULL
            : xasprintf("%s needs a number, not \"%s\"", name, s));
}

/* Parses what flow/list takes if 'list', else what flow/report takes. */
static char *
parse_args(size_t n, char *const args[], bool list, struct filter_args *a)
{
    const char *top = NULL, *limit = NULL;
    char *error;

    memset(a, 0, sizeof *a);
    for (size_t i = 0; i < n; i++) {
        if (take_value(n, args, &i, "--pod", &a->pod)
            || (!list && take_value(n, args, &i, "--top", &top))
            || (list && (take_value(n, args, &i, "--ufid", &a->ufid)
                         || take_value(n, args, &i, "--limit", &limit)))) {
            continue;
        } else if (list && !strcmp(args[i], "--not-offloaded")) {
            a->not_offloaded = true;
        } else {
            return xasprintf("unexpected argument \"%s\"", args[i]);
        }
    }
    if (a->pod && !strchr(a->pod, '/')) {
        return xasprintf("--pod needs NS/POD, not \"%s\"", a->pod);
    }
    error = parse_number("--top", top, &a->top);
    return error ? error : parse_number("--limit", limit, &a->limit);
}

/* Copy of the object 'json' with 'value', which is taken, as 'member'. */
static struct json *
copy_with(const struct json *json, const char *member, struct json *value)
{
    struct json *copy = json_object_create();
    struct shash_node *node;

    SHASH_FOR_EACH (node, json_object(json)) {
        if (strcmp(node->name, member)) {
            json_object_put(copy, node->name, json_deep_clone(node->data));
        }
    }
    json_object_put(copy, member, value);
    return copy;
}

/* The elements of array 'json' that are of 'pod', or all if that is NULL. */
static struct json *
select_pod(const struct json *json, const char *pod)
{
    struct json *selected = json_array_create_empty();

    if (json && json->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(json)->n; i++) {
            const struct json *element = json_array(json)->elems[i];

            if (!pod || snapshot_is_pod(element, pod)) {
                json_array_add(selected, json_deep_clone(element));
            }
        }
    }
    return selected;
}

/* flow/report. */

static uint64_t
packets(const struct json *iface)
{
    return (answer_count(iface, "egress.hw.packets")
            + answer_count(iface, "egress.sw.packets")
            + answer_count(iface, "ingress.hw.packets")
            + answer_count(iface, "ingress.sw.packets"));
}

/* An interface and how busy it is. */
struct busy {
    struct json *iface;
    uint64_t packets;
    size_t place;               /* Among all. */
};

static int
compare_busy(const void *a_, const void *b_)
{
    const struct busy *a = a_, *b = b_;

    return (a->packets != b->packets ? (a->packets > b->packets ? -1 : 1)
            : a->place < b->place ? -1 : 1);
}

/* The 'n' busiest of 'ifaces', which is taken. */
static struct json *
busiest(struct json *ifaces, size_t n)
{
    size_t n_all = json_array(ifaces)->n;
    struct busy *all = xmalloc((n_all + 1) * sizeof *all);
    struct json *top = json_array_create_empty();

    for (size_t i = 0; i < n_all; i++) {
        struct json *iface = json_array(ifaces)->elems[i];

        all[i] = (struct busy) { iface, packets(iface), i };
    }
    qsort(all, n_all, sizeof *all, compare_busy);
    for (size_t i = 0; i < MIN(n, n_all); i++) {
        json_array_add(top, json_deep_clone(all[i].iface));
    }
    free(all);
    json_destroy(ifaces);
    return top;
}

struct json *
snapshot_filter_report(const struct json *report, size_t n,
                       char *const args[], char **error)
{
    const struct json *multi = answer_member(report, "multi");
    struct filter_args a;
    struct json *ifaces, *filtered;

    *error = parse_args(n, args, false, &a);
    if (!*error && report->type != JSON_OBJECT) {
        *error = xstrdup("flow/report: the snapshot is malformed");
    }
    if (*error) {
        return NULL;
    }
    ifaces = select_pod(answer_member(report, "interfaces"), a.pod);
    if (a.pod && !json_array(ifaces)->n) {
        *error = xasprintf("no interface on a bridge is of pod %s", a.pod);
        json_destroy(ifaces);
        return NULL;
    }
    if (a.top) {
        ifaces = busiest(ifaces, a.top);
    }
    filtered = copy_with(report, "interfaces", ifaces);
    if (a.pod && multi && multi->type == JSON_OBJECT) {
        struct json *receivers
            = select_pod(answer_member(multi, "receivers"), a.pod);

        json_object_put(filtered, "multi",
                        copy_with(multi, "receivers", receivers));
    }
    return filtered;
}

/* flow/list. */

static bool
is_wanted(const struct json *flow, const struct filter_args *a)
{
    const struct json *offloaded = answer_member(flow, "offloaded");
    const struct json *receivers = answer_member(flow, "receivers");
    const char *ufid = answer_string(flow, "ufid");
    bool of_pod;

    if ((a->not_offloaded && offloaded && offloaded->type == JSON_TRUE)
        || (a->ufid && (!ufid || strcasecmp(ufid, a->ufid)))) {
        return false;
    }
    of_pod = !a->pod || snapshot_is_pod(answer_member(flow, "sender"),
                                        a->pod);
    if (!of_pod && receivers && receivers->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(receivers)->n && !of_pod; i++) {
            of_pod = snapshot_is_pod(json_array(receivers)->elems[i],
                                     a->pod);
        }
    }
    return of_pod;
}

struct json *
snapshot_filter_flows(const struct json *list, size_t n, char *const args[],
                      char **error)
{
    const struct json *flows = answer_member(list, "flows");
    struct json *selected, *filtered;
    struct filter_args a;
    size_t n_wanted = 0;

    *error = parse_args(n, args, true, &a);
    if (!*error && (!flows || flows->type != JSON_ARRAY)) {
        *error = xstrdup("flow/list: the snapshot is malformed");
    }
    if (*error) {
        return NULL;
    }
    selected = json_array_create_empty();
    for (size_t i = 0; i < json_array(flows)->n; i++) {
        const struct json *flow = json_array(flows)->elems[i];

        if (is_wanted(flow, &a)
            && (n_wanted++ < a.limit || !a.limit)) {
            json_array_add(selected, json_deep_clone(flow));
        }
    }
    filtered = copy_with(list, "flows", selected);
    if (a.pod || a.ufid || a.not_offloaded) {
        json_object_put(filtered, "matched", json_integer_create(n_wanted));
    }
    return filtered;
}
