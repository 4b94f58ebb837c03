/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/offload-scope.h"

#include "controller/inventory.h"
#include "hash.h"
#include "ovsdb/ovs-view.h"
#include "util.h"

struct scope_id {
    struct hmap_node node;      /* In offload_scope's 'ids'. */
    struct switch_id id;
};

void
offload_scope_init(struct offload_scope *scope)
{
    hmap_init(&scope->ids);
}

void
offload_scope_destroy(struct offload_scope *scope)
{
    offload_scope_clear(scope);
    hmap_destroy(&scope->ids);
}

void
offload_scope_clear(struct offload_scope *scope)
{
    struct scope_id *id;

    HMAP_FOR_EACH_POP (id, node, &scope->ids) {
        free(id);
    }
}

static uint32_t
hash_switch_id(const struct switch_id *id)
{
    return hash_bytes(id->id, id->len, 0);
}

bool
offload_scope_has(const struct offload_scope *scope,
                  const struct inv_link *link)
{
    const struct switch_id *id = &link->info.switch_id;
    const struct scope_id *have;

    if (id->len) {
        HMAP_FOR_EACH_WITH_HASH (have, node, hash_switch_id(id),
                                 &scope->ids) {
            if (switch_id_equals(&have->id, id)) {
                return true;
            }
        }
    }
    return false;
}

void
offload_scope_add(struct offload_scope *scope, const struct inv_link *link)
{
    const struct switch_id *id = &link->info.switch_id;

    if (id->len && !offload_scope_has(scope, link)) {
        struct scope_id *new = xmalloc(sizeof *new);

        new->id = *id;
        hmap_insert(&scope->ids, &new->node, hash_switch_id(id));
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
        if (link->info.switch_id.len
            && (link->in_policy || is_on_a_bridge(inv, view, link))) {
            offload_scope_add(scope, link);
        }
    }
}
