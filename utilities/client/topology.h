/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_TOPOLOGY_H
#define UTILITIES_CLIENT_TOPOLOGY_H 1

/* What is connected with what: PFs, VFs, vDPA devices, representors, uplinks,
 * bridges and pods, as a graph.
 *
 * Pure.  The JSON may be anyone's: what has another form than it should is as
 * not there.  An edge leads from a node to one of a later kind, so that there
 * are no circles. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simap.h"

struct ds;
struct json;

enum topology_kind {
    TOPOLOGY_PF,
    TOPOLOGY_VF,
    TOPOLOGY_VDPA,
    TOPOLOGY_REPRESENTOR,
    TOPOLOGY_UPLINK,
    TOPOLOGY_BRIDGE,
    TOPOLOGY_POD,
};

/* How far something is with offload. */
enum topology_health {
    TOPOLOGY_NEUTRAL,           /* Nothing is to be said. */
    TOPOLOGY_GOOD,
    TOPOLOGY_DOUBTFUL,
    TOPOLOGY_BAD,
};

struct topology_node {
    enum topology_kind kind;
    char *name;                 /* Printable. */
    char *detail;               /* Its state, printable, maybe "". */
    enum topology_health health;
    bool has_parent;            /* Does an edge lead to it? */
    bool on_vf;                 /* Of a pod: is one of its interfaces? */
    uint64_t flows;             /* Of a pod or uplink: how many it has, */
    uint64_t offloaded;         /* and those of them that are in hardware. */
};

struct topology_edge {
    size_t from, to;            /* Index of a node. */
};

struct topology {
    struct topology_node *nodes;
    size_t n_nodes, allocated_nodes;
    struct topology_edge *edges; /* Ordered by 'from' once complete. */
    size_t n_edges, allocated_edges;
    struct simap index;         /* Kind and name -> index + 1. */
};

/* Makes '*topology' of the answers to "port/list", "vdpa/list" and
 * "flow/report", of which the latter two may be NULL. */
void topology_init(struct topology *, const struct json *ports,
                   const struct json *vdpas, const struct json *report);
void topology_destroy(struct topology *);

/* How the tree is to look. */
struct topology_style {
    bool utf8;                  /* With lines, rather than ASCII? */
    bool color;
};

/* Appends a tree.  What has several parents, as a bridge, is below each; what
 * is below it only once, and what is below a bridge at the end. */
void topology_put_tree(const struct topology *, const struct topology_style *,
                       struct ds *);

/* Appends the graph in Graphviz's language. */
void topology_put_dot(const struct topology *, struct ds *);

#endif /* utilities/client/topology.h */
