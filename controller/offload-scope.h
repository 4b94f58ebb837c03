/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_OFFLOAD_SCOPE_H
#define CONTROLLER_OFFLOAD_SCOPE_H 1

/* The eswitches on whose uplinks and representors hw-tc-offload is turned on:
 * those that have a port on an Open vSwitch bridge (itself, or as a member of
 * a bond that is on one), a VF that is asked for, or a node policy.  The
 * others of the node are none of our business. */

#include <stdbool.h>

#include "openvswitch/hmap.h"

struct inv_link;
struct inventory;
struct ovs_view;

struct offload_scope {
    struct hmap ids;            /* Switch ids. */
};

void offload_scope_init(struct offload_scope *);
void offload_scope_destroy(struct offload_scope *);
void offload_scope_clear(struct offload_scope *);

/* Adds the eswitch of 'link', if it is on one. */
void offload_scope_add(struct offload_scope *, const struct inv_link *link);

/* Adds all eswitches that have a port on a bridge or a node policy. */
void offload_scope_add_bridges(struct offload_scope *,
                               const struct inventory *,
                               const struct ovs_view *);

/* Is 'link' on an eswitch in scope? */
bool offload_scope_has(const struct offload_scope *, const struct inv_link *);

#endif /* controller/offload-scope.h */
