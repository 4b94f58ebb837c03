/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/topology.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/output.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"
#include "utilities/client/answer.h"

static const char *const kind_names[] = {
    [TOPOLOGY_PF] = "PF",
    [TOPOLOGY_VF] = "VF",
    [TOPOLOGY_VDPA] = "vDPA",
    [TOPOLOGY_REPRESENTOR] = "representor",
    [TOPOLOGY_UPLINK] = "uplink",
    [TOPOLOGY_BRIDGE] = "bridge",
    [TOPOLOGY_POD] = "pod",
};

/* Nodes and edges. */

/* Index of the node of that kind and name, which is made unless it is
 * there. */
static size_t
get_node(struct topology *t, enum topology_kind kind, const char *name)
{
    char *key = xasprintf("%d %s", kind, name);
    size_t found = simap_get(&t->index, key);

    if (!found) {
        if (t->n_nodes >= t->allocated_nodes) {
            t->nodes = x2nrealloc(t->nodes, &t->allocated_nodes,
                                  sizeof *t->nodes);
        }
        t->nodes[t->n_nodes] = (struct topology_node) {
            .kind = kind,
            .name = output_printable(name),
            .detail = xstrdup(""),
        };
        found = ++t->n_nodes;
        simap_put(&t->index, key, found);
    }
    free(key);
    return found - 1;
}

/* Says more of a node.  Takes 'detail', if it is not NULL. */
static void
set_detail(struct topology *t, size_t i, enum topology_health health,
           char *detail)
{
    free(t->nodes[i].detail);
    t->nodes[i].detail = output_printable(detail ? detail : "");
    t->nodes[i].health = health;
    free(detail);
}

static void
add_edge(struct topology *t, size_t from, size_t to)
{
    ovs_assert(t->nodes[from].kind < t->nodes[to].kind);
    if (t->n_edges >= t->allocated_edges) {
        t->edges = x2nrealloc(t->edges, &t->allocated_edges,
                              sizeof *t->edges);
    }
    t->edges[t->n_edges++] = (struct topology_edge) { from, to };
    t->nodes[to].has_parent = true;
}

/* From JSON. */

static const char *
string_or(const struct json *json, const char *member, const char *otherwise)
{
    const char *s = answer_string(json, member);

    return s ? s : otherwise;
}

static bool
is_true(const struct json *json, const char *member)
{
    json = answer_member(json, member);
    return json && json->type == JSON_TRUE;
}

static enum topology_health
pair_health(const char *pair)
{
    return (!strcmp(pair, "paired") || !strcmp(pair, "no-vdpa")
            ? TOPOLOGY_GOOD
            : !strcmp(pair, "ambiguous") || !strcmp(pair, "legacy-eswitch")
            ? TOPOLOGY_BAD : TOPOLOGY_DOUBTFUL);
}

static size_t
add_vf(struct topology *t, const struct json *port, const char *vf_pci)
{
    const char *pf_pci = answer_string(port, "pf_pci");
    const char *pair = string_or(port, "pair", "");
    const struct json *vf = answer_member(port, "vf");
    size_t node = get_node(t, TOPOLOGY_VF, vf_pci);

    set_detail(t, node, pair_health(pair),
               vf && vf->type == JSON_INTEGER
               ? xasprintf("number %"PRId64", %s", json_integer(vf), pair)
               : xstrdup(pair));
    if (pf_pci) {
        add_edge(t, get_node(t, TOPOLOGY_PF, pf_pci), node);
    }
    return node;
}

static size_t
add_representor(struct topology *t, const struct json *port, const char *name)
{
    const char *offload = string_or(port, "offload", "not known");
    const char *state = string_or(port, "state", "");
    const char *bridge = answer_string(port, "bridge");
    size_t node = get_node(t, TOPOLOGY_REPRESENTOR, name);

    set_detail(t, node,
               (!bridge ? TOPOLOGY_NEUTRAL
                : strcmp(offload, "on") || !strcmp(state, "conflict")
                || !strcmp(state, "error") ? TOPOLOGY_BAD
                : !is_true(port, "link_up") ? TOPOLOGY_DOUBTFUL
                : TOPOLOGY_GOOD),
               xasprintf("offload %s, link %s%s%s", offload,
                         is_true(port, "link_up") ? "up" : "down",
                         state[0] ? ", " : "", state));
    if (bridge) {
        add_edge(t, node, get_node(t, TOPOLOGY_BRIDGE, bridge));
    }
    return node;
}

/* The node for the pod of 'object', else for its iface-id; returns false if it
 * has neither. */
static bool
get_pod(struct topology *t, const struct json *object, size_t *node)
{
    const char *ns = answer_string(object, "namespace");
    const char *pod = answer_string(object, "pod");
    const char *id = answer_string(object, "iface_id");
    char *name = (ns && pod ? xasprintf("%s/%s", ns, pod)
                  : id ? xstrdup(id) : NULL);

    if (name) {
        *node = get_node(t, TOPOLOGY_POD, name);
        free(name);
    }
    return name != NULL;
}

/* Adds a VF with all that hangs on it, or what else has a port. */
static void
add_port(struct topology *t, const struct json *port)
{
    const char *vf_pci = answer_string(port, "vf_pci");
    const char *rep = answer_string(port, "representor");
    const struct json *vdpas = answer_member(port, "vdpa_devices");
    size_t vf = vf_pci ? add_vf(t, port, vf_pci) : SIZE_MAX;
    size_t end = vf, pod;

    if (vdpas && vdpas->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(vdpas)->n; i++) {
            const char *name = answer_string(json_array(vdpas)->elems[i], "");

            if (name && name[0]) {
                end = get_node(t, TOPOLOGY_VDPA, name);
                if (vf != SIZE_MAX) {
                    add_edge(t, vf, end);
                }
            }
        }
    }
    if (rep) {
        size_t node = add_representor(t, port, rep);

        if (vf != SIZE_MAX) {
            add_edge(t, vf, node);
        } else {
            end = end == SIZE_MAX ? node : end;
        }
    }
    if (end != SIZE_MAX && get_pod(t, port, &pod)) {
        add_edge(t, end, pod);
    }
}

static void
add_vdpa(struct topology *t, const struct json *vdpa)
{
    const char *name = answer_string(vdpa, "vdpa");
    const char *driver = answer_string(vdpa, "vdpa_driver");
    const char *end = answer_string(vdpa, "vhost_device");

    if (name) {
        end = end ? end : answer_string(vdpa, "netdev");
        end = end ? end : answer_string(vdpa, "netdev_away");
        set_detail(t, get_node(t, TOPOLOGY_VDPA, name),
                   driver ? TOPOLOGY_GOOD : TOPOLOGY_DOUBTFUL,
                   xasprintf("%s%s%s", driver ? driver : "no driver",
                             end ? ", " : "", end ? end : ""));
    }
}

/* The node for an uplink, below the PFs that it is of. */
static bool
get_uplink(struct topology *t, const struct json *iface, size_t *node)
{
    const char *name = answer_string(iface, "name");
    const struct json *pfs = answer_member(iface, "pfs");

    if (!name) {
        return false;
    }
    *node = get_node(t, TOPOLOGY_UPLINK, name);
    for (size_t i = 0; pfs && pfs->type == JSON_ARRAY
                       && i < json_array(pfs)->n; i++) {
        const char *pf = answer_string(json_array(pfs)->elems[i], "");

        if (pf && pf[0]) {
            add_edge(t, get_node(t, TOPOLOGY_PF, pf), *node);
        }
    }
    return true;
}

/* Connects an interface of a pod that is on no VF, or of an uplink, with its
 * bridge. */
static void
add_bridge(struct topology *t, size_t node, const struct json *iface)
{
    const char *bridge = answer_string(iface, "bridge");

    if (bridge) {
        size_t other = get_node(t, TOPOLOGY_BRIDGE, bridge);
        bool is_pod = t->nodes[node].kind == TOPOLOGY_POD;

        add_edge(t, is_pod ? other : node, is_pod ? node : other);
    }
}

/* Says how many of the flows of a pod, of all its interfaces, or of an uplink
 * are in hardware. */
static void
add_flows(struct topology *t, const struct json *iface)
{
    const char *rep = answer_string(iface, "representor");
    const char *kind = answer_string(iface, "kind");
    struct topology_node *node;
    bool is_pod = kind && !strcmp(kind, "pod");
    size_t i;

    if (!is_pod && (!kind || strcmp(kind, "uplink"))) {
        return;
    }
    if (!(is_pod ? get_pod(t, iface, &i) : get_uplink(t, iface, &i))) {
        return;
    }
    if (!is_pod || !rep) {
        add_bridge(t, i, iface);
    }
    node = &t->nodes[i];
    node->on_vf = node->on_vf || rep || !is_pod;
    node->flows += (answer_count(iface, "egress.flows")
                    + answer_count(iface, "ingress.flows"));
    node->offloaded += (answer_count(iface, "egress.offloaded")
                        + answer_count(iface, "ingress.offloaded"));
    set_detail(t, i, (!node->on_vf ? TOPOLOGY_BAD
                      : !node->flows ? TOPOLOGY_NEUTRAL
                      : node->offloaded >= node->flows ? TOPOLOGY_GOOD
                      : node->offloaded > 0 ? TOPOLOGY_DOUBTFUL
                      : TOPOLOGY_BAD),
               xasprintf("%s%"PRIu64" of %"PRIu64" flows in hardware",
                         node->on_vf ? "" : "on no VF, ", node->offloaded,
                         node->flows));
}

static void
for_each(struct topology *t, const struct json *array,
         void (*add)(struct topology *, const struct json *))
{
    if (array && array->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(array)->n; i++) {
            add(t, json_array(array)->elems[i]);
        }
    }
}

static int
compare_edges(const void *a_, const void *b_)
{
    const struct topology_edge *a = a_, *b = b_;

    return (a->from != b->from ? (a->from < b->from ? -1 : 1)
            : a->to != b->to ? (a->to < b->to ? -1 : 1) : 0);
}

/* Orders edges, and removes those that are there twice. */
static void
sort_edges(struct topology *t)
{
    size_t n = 0;

    if (t->n_edges) {
        qsort(t->edges, t->n_edges, sizeof *t->edges, compare_edges);
    }
    for (size_t i = 0; i < t->n_edges; i++) {
        if (!n || compare_edges(&t->edges[n - 1], &t->edges[i])) {
            t->edges[n++] = t->edges[i];
        }
    }
    t->n_edges = n;
}

void
topology_init(struct topology *t, const struct json *ports,
              const struct json *vdpas, const struct json *report)
{
    memset(t, 0, sizeof *t);
    simap_init(&t->index);
    for_each(t, ports, add_port);
    for_each(t, vdpas, add_vdpa);
    for_each(t, answer_member(report, "interfaces"), add_flows);
    sort_edges(t);
}

void
topology_destroy(struct topology *t)
{
    if (t) {
        for (size_t i = 0; i < t->n_nodes; i++) {
            free(t->nodes[i].name);
            free(t->nodes[i].detail);
        }
        free(t->nodes);
        free(t->edges);
        simap_destroy(&t->index);
    }
}

/* Tree. */

static const char *
health_color(enum topology_health health)
{
    return (health == TOPOLOGY_GOOD ? "\033[32m"
            : health == TOPOLOGY_DOUBTFUL ? "\033[33m" : "\033[31m");
}

static void
put_node(const struct topology_node *node, const struct topology_style *style,
         struct ds *s)
{
    bool color = style->color && node->health != TOPOLOGY_NEUTRAL;

    ds_put_format(s, "%s %s", kind_names[node->kind], node->name);
    if (node->detail[0]) {
        ds_put_format(s, ": %s%s%s", color ? health_color(node->health) : "",
                      node->detail, color ? "\033[0m" : "");
    }
    ds_put_char(s, '\n');
}

/* Index of the first edge from 'node' or later ones. */
static size_t
first_edge(const struct topology *t, size_t node)
{
    size_t low = 0, high = t->n_edges;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->edges[middle].from < node) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Appends what is below 'node', unless it was 'shown' before, each line behind
 * 'indent', which is changed in between.  At most as deep as there are
 * kinds. */
static void
put_below(const struct topology *t, size_t node,
          const struct topology_style *style, bool *shown, struct ds *indent,
          struct ds *s)
{
    size_t len = indent->length;

    if (shown[node]) {
        return;
    }
    shown[node] = true;
    for (size_t i = first_edge(t, node);
         i < t->n_edges && t->edges[i].from == node; i++) {
        bool last = i + 1 >= t->n_edges || t->edges[i + 1].from != node;
        size_t to = t->edges[i].to;

        ds_put_format(s, "%s%s ", ds_cstr(indent),
                      (style->utf8 ? (last ? "\u2514\u2500\u2500"
                                      : "\u251c\u2500\u2500")
                       : (last ? "`--" : "|--")));
        put_node(&t->nodes[to], style, s);
        ds_put_format(indent, "%s   ", (last ? " "
                                        : style->utf8 ? "\u2502" : "|"));
        /* There may be many pods on a bridge. */
        if (t->nodes[to].kind != TOPOLOGY_BRIDGE) {
            put_below(t, to, style, shown, indent, s);
        }
        ds_truncate(indent, len);
    }
}

void
topology_put_tree(const struct topology *t,
                  const struct topology_style *style, struct ds *s)
{
    struct ds indent = DS_EMPTY_INITIALIZER;
    bool *shown = xcalloc(t->n_nodes, sizeof *shown);

    for (size_t i = 0; i < t->n_nodes; i++) {
        if (!t->nodes[i].has_parent && t->nodes[i].kind != TOPOLOGY_BRIDGE) {
            put_node(&t->nodes[i], style, s);
            put_below(t, i, style, shown, &indent, s);
        }
    }
    for (size_t i = 0; i < t->n_nodes; i++) {
        size_t edge = first_edge(t, i);

        if (t->nodes[i].kind == TOPOLOGY_BRIDGE && edge < t->n_edges
            && t->edges[edge].from == i) {
            put_node(&t->nodes[i], style, s);
            put_below(t, i, style, shown, &indent, s);
        }
    }
    ds_destroy(&indent);
    free(shown);
}

/* Graphviz. */

/* Appends 'text' as part of a quoted string that is a label: there '\' begins
 * an escape, and '&' an entity of HTML. */
static void
put_label(struct ds *s, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '"':
            ds_put_cstr(s, "\\\"");
            break;
        case '\\':
            ds_put_cstr(s, "\\\\");
            break;
        case '&':
            ds_put_cstr(s, "&amp;");
            break;
        default:
            ds_put_char(s, *text);
            break;
        }
    }
}

void
topology_put_dot(const struct topology *t, struct ds *s)
{
    static const char *const colors[] = {
        [TOPOLOGY_NEUTRAL] = "#eeeeee",
        [TOPOLOGY_GOOD] = "#c8e6c9",
        [TOPOLOGY_DOUBTFUL] = "#fff3c4",
        [TOPOLOGY_BAD] = "#ffcdd2",
    };
    static const char *const shapes[] = {
        [TOPOLOGY_PF] = "box3d",
        [TOPOLOGY_VF] = "box",
        [TOPOLOGY_VDPA] = "component",
        [TOPOLOGY_REPRESENTOR] = "box",
        [TOPOLOGY_UPLINK] = "box",
        [TOPOLOGY_BRIDGE] = "hexagon",
        [TOPOLOGY_POD] = "ellipse",
    };

    ds_put_cstr(s, "digraph offload {\n"
                "    rankdir=LR;\n"
                "    node [fontname=\"sans-serif\", fontsize=10,"
                " style=filled];\n");
    for (size_t i = 0; i < t->n_nodes; i++) {
        const struct topology_node *node = &t->nodes[i];

        ds_put_format(s, "    n%"PRIuSIZE" [shape=%s, fillcolor=\"%s\", "
                      "label=\"%s ", i, shapes[node->kind],
                      colors[node->health], kind_names[node->kind]);
        put_label(s, node->name);
        if (node->detail[0]) {
            ds_put_cstr(s, "\\n");
            put_label(s, node->detail);
        }
        ds_put_cstr(s, "\"];\n");
    }
    for (size_t i = 0; i < t->n_edges; i++) {
        ds_put_format(s, "    n%"PRIuSIZE" -> n%"PRIuSIZE" [dir=none];\n",
                      t->edges[i].from, t->edges[i].to);
    }
    ds_put_cstr(s, "}\n");
}
