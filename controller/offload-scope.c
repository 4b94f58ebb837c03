/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/offload-scope.h"

#include "controller/inventory.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb/ovs-view.h"
#include "util.h"

void
offload_scope_init(struct offload_scope *scope)
{
    sset_init(&scope->ids);
}

void
offload_scope_destroy(struct offload_scope *scope)
{
    sset_destroy(&scope->ids);
}

void
offload_scope_clear(struct offload_scope *scope)
{
    sset_clear(&scope->ids);
}

static char *
switch_id_to_string(const struct switch_id *id)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (int i = 0; i < id->len; i++) {
        ds_put_format(&s, "%02x", id->id[i]);
    }
    return ds_steal_cstr(&s);
}

void
offload_scope_add(struct offload_scope *scope, const struct inv_link *link)
{
    if (link->info.switch_id.len) {
        sset_add_and_free(&scope->ids,
                          switch_id_to_string(&link->info.switch_id));
    }
}

static bool
is_on_a_bridge(const struct inventory *inv, const struct ovs_view *view,
               const struct inv_link *link)
{
    if (ovs_view_find_iface(view, link->info.name)) {
        return true;
    }

    const struct inv_link *master
        = link->info.master ? inventory_find_link(inv, link->info.master)
                            : NULL;
    return master && ovs_view_find_iface(view, master->info.name);
}

void
offload_scope_add_bridges(struct offload_scope *scope,
                          const struct inventory *inv,
                          const struct ovs_view *view)
{
    const struct inv_link *link;

    HMAP_FOR_EACH (link, index_node, &inv->links) {
        if (link->info.switch_id.len && is_on_a_bridge(inv, view, link)) {
            offload_scope_add(scope, link);
        }
    }
}

bool
offload_scope_has(const struct offload_scope *scope,
                  const struct inv_link *link)
{
    if (!link->info.switch_id.len) {
        return false;
    }

    char *id = switch_id_to_string(&link->info.switch_id);
    bool has = sset_contains(&scope->ids, id);
    free(id);
    return has;
}
