/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/ovs-view.h"
#include "ovsdb/ovs-view-private.h"

#include "coverage.h"
#include "hash.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "ovsdb/owner.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_view);

COVERAGE_DEFINE(ovs_view_rebuild);

/* Keys in Open_vSwitch external_ids that say that OVN, and with it maybe a
 * CNI, runs here. */
static const char *const ovn_keys[] = {
    "ovn-remote",
    "ovn-encap-type",
    "ovn-bridge-mappings",
};

/* iface-id of the management port of ovn-kubernetes. */
#define MANAGEMENT_PREFIX "k8s-"

static const struct smap empty_smap = SMAP_INITIALIZER(&empty_smap);

struct ovs_view *
ovs_view_create(const char *remote)
{
    static const struct ovsdb_idl_column *const columns[] = {
        &ovsrec_open_vswitch_col_external_ids,
        &ovsrec_open_vswitch_col_other_config,
        &ovsrec_open_vswitch_col_ovs_version,
        &ovsrec_open_vswitch_col_bridges,
        &ovsrec_bridge_col_name,
        &ovsrec_bridge_col_ports,
        &ovsrec_bridge_col_external_ids,
        &ovsrec_bridge_col_datapath_type,
        &ovsrec_port_col_name,
        &ovsrec_port_col_interfaces,
        &ovsrec_port_col_external_ids,
        &ovsrec_port_col_other_config,
        &ovsrec_interface_col_name,
        &ovsrec_interface_col_type,
        &ovsrec_interface_col_external_ids,
        &ovsrec_interface_col_options,
        &ovsrec_interface_col_ofport,
        &ovsrec_interface_col_error,
    };
    struct ovs_view *view = xzalloc(sizeof *view);

    view->remote = xstrdup(remote);
    view->idl = ovsdb_idl_create(remote, &ovsrec_idl_class, false, true);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_add_column(view->idl, columns[i]);
    }
    shash_init(&view->bridges);
    hmap_init(&view->ifaces);
    hmap_init(&view->ifaces_by_id);
    return view;
}

static void
clear_tables(struct ovs_view *view)
{
    struct ovs_iface *iface;

    shash_clear(&view->bridges);
    hmap_clear(&view->ifaces_by_id);
    HMAP_FOR_EACH_POP (iface, name_node, &view->ifaces) {
        free(CONTAINER_OF(iface, struct view_iface, up));
    }
    free(view->evidence);
    view->evidence = NULL;
}

void
ovs_view_destroy(struct ovs_view *view)
{
    if (view) {
        ovs_txn_destroy(view->txn);
        clear_tables(view);
        shash_destroy(&view->bridges);
        hmap_destroy(&view->ifaces);
        hmap_destroy(&view->ifaces_by_id);
        ovsdb_idl_destroy(view->idl);
        free(view->remote);
        free(view);
    }
}

static bool
has_our_mark(const struct smap *external_ids)
{
    return !strcmp(smap_get_def(external_ids, OFFLOAD_OWNER_KEY, ""),
                   OFFLOAD_OWNER);
}

/* Remembers 'what' as evidence of others, unless there is some already. */
static void
note_evidence(struct ovs_view *view, const char *table, const char *name,
              const char *what)
{
    if (!view->evidence) {
        view->evidence = xasprintf("%s%s%s external_ids:%s", table,
                                   name ? " " : "", name ? name : "", what);
    }
}

static void
note_iface_evidence(struct ovs_view *view, const struct view_iface *iface)
{
    const char *mark;

    mark = find_foreign_mark(&iface->port_row->external_ids);
    if (mark) {
        note_evidence(view, "Port", iface->up.port, mark);
    }
    mark = find_foreign_mark(&iface->row->external_ids);
    if (mark) {
        note_evidence(view, "Interface", iface->up.name, mark);
    }

    /* A request may have any iface-id: our own rows say nothing. */
    if (iface->up.iface_id && iface->up.owner == OVS_OWNER_FOREIGN
        && !strncmp(iface->up.iface_id, MANAGEMENT_PREFIX,
                    strlen(MANAGEMENT_PREFIX))) {
        note_evidence(view, "Interface", iface->up.name,
                      "iface-id=" MANAGEMENT_PREFIX "*");
    }
}

/* Finds out whose 'iface' is. */
static void
find_owner(struct view_iface *iface)
{
    const struct smap *port_ids = &iface->port_row->external_ids;
    const struct smap *iface_ids = &iface->row->external_ids;
    const char *mark = find_foreign_mark(iface_ids);

    if (!mark) {
        mark = find_foreign_mark(port_ids);
    }
    if (!has_our_mark(port_ids) && !has_our_mark(iface_ids)) {
        iface->up.owner = OVS_OWNER_FOREIGN;
    } else {
        /* We never create a bond: who made it one took the Port over. */
        if (!mark && iface->up.bonded) {
            mark = "interfaces";
        }
        iface->up.owner = mark ? OVS_OWNER_ADOPTED : OVS_OWNER_SELF;
    }
    iface->up.foreign_mark = mark;
}

static void
add_iface(struct ovs_view *view, const struct ovsrec_bridge *bridge,
          const struct ovsrec_port *port, const struct ovsrec_interface *row)
{
    struct view_iface *iface;

    /* The schema lets two Ports share an Interface; it counts once. */
    if (ovs_view_find_iface(view, row->name)) {
        return;
    }

    iface = xmalloc(sizeof *iface);
    *iface = (struct view_iface) {
        .up = {
            .name = row->name,
            .type = row->type,
            .iface_id = smap_get(&row->external_ids, "iface-id"),
            .bridge = bridge->name,
            .port = port->name,
            .error = row->error,
            .our_keys = smap_get(&port->external_ids, OFFLOAD_KEYS_KEY),
            .external_ids = &row->external_ids,
            .port_ids = &port->external_ids,
            .port_config = &port->other_config,
            .options = &row->options,
            .ofport = row->n_ofport ? row->ofport[0] : 0,
            .bonded = port->n_interfaces > 1,
        },
        .bridge_row = bridge,
        .port_row = port,
        .row = row,
    };
    find_owner(iface);

    hmap_insert(&view->ifaces, &iface->up.name_node,
                hash_string(iface->up.name, 0));
    if (iface->up.iface_id) {
        hmap_insert(&view->ifaces_by_id, &iface->up.id_node,
                    hash_string(iface->up.iface_id, 0));
    }
    note_iface_evidence(view, iface);
}

static void
add_bridge(struct ovs_view *view, const struct ovsrec_bridge *bridge)
{
    shash_add_once(&view->bridges, bridge->name, bridge);
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct ovsrec_port *port = bridge->ports[i];

        for (size_t j = 0; j < port->n_interfaces; j++) {
            add_iface(view, bridge, port, port->interfaces[j]);
        }
    }
}

/* Builds all tables anew, in one pass over the replica. */
static void
rebuild_tables(struct ovs_view *view)
{
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(view->idl);

    COVERAGE_INC(ovs_view_rebuild);
    clear_tables(view);
    if (!ovs) {
        return;
    }

    for (size_t i = 0; i < ARRAY_SIZE(ovn_keys); i++) {
        if (smap_get(&ovs->external_ids, ovn_keys[i])) {
            note_evidence(view, "Open_vSwitch", NULL, ovn_keys[i]);
        }
    }
    for (size_t i = 0; i < ovs->n_bridges; i++) {
        add_bridge(view, ovs->bridges[i]);
    }
}

bool
ovs_view_run(struct ovs_view *view)
{
    const bool was_synced = view->synced;
    const bool was_connected = view->connected;

    ovsdb_idl_run(view->idl);

    const unsigned int seqno = ovsdb_idl_get_seqno(view->idl);
    const bool changed = seqno != view->seqno;
    if (changed) {
        view->seqno = seqno;
        rebuild_tables(view);
    }

    /* After a connection was made the replica shows what it last knew, until
     * the server's first answer replaces it as a whole: that always changes
     * the sequence number. */
    view->connected = ovsdb_idl_is_connected(view->idl);
    if (!view->connected) {
        view->lost_seqno = seqno;
    }
    view->synced = view->connected && seqno != view->lost_seqno;
    if (view->synced != was_synced) {
        VLOG_INFO("%s: %s", view->remote,
                  view->synced ? "have a copy of the database"
                  : "lost the connection, waiting for it");
    }

    return (changed || view->connected != was_connected
            || view->synced != was_synced);
}

void
ovs_view_wait(struct ovs_view *view)
{
    ovsdb_idl_wait(view->idl);
}

void
ovs_view_get_memory_usage(const struct ovs_view *view, struct simap *usage)
{
    ovsdb_idl_get_memory_usage(view->idl, usage);
}

bool
ovs_view_is_synced(const struct ovs_view *view)
{
    return view->synced;
}

bool
ovs_view_is_connected(const struct ovs_view *view)
{
    return view->connected;
}

const char *
ovs_view_remote(const struct ovs_view *view)
{
    return view->remote;
}

const struct smap *
ovs_view_external_ids(const struct ovs_view *view)
{
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(view->idl);

    return ovs ? &ovs->external_ids : &empty_smap;
}

const struct smap *
ovs_view_other_config(const struct ovs_view *view)
{
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(view->idl);

    return ovs ? &ovs->other_config : &empty_smap;
}

const char *
ovs_view_ovs_version(const struct ovs_view *view)
{
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(view->idl);

    return ovs && ovs->ovs_version ? ovs->ovs_version : "";
}

void
ovs_view_evidence(const struct ovs_view *view, struct config_evidence *e)
{
    e->foreign_plugger = view->evidence != NULL;
    e->what = view->evidence;
}

static const struct ovsrec_bridge *
find_bridge(const struct ovs_view *view, const char *name)
{
    return shash_find_data(&view->bridges, name);
}

bool
ovs_view_has_bridge(const struct ovs_view *view, const char *name)
{
    return find_bridge(view, name) != NULL;
}

const char *
ovs_view_bridge_datapath(const struct ovs_view *view, const char *bridge)
{
    const struct ovsrec_bridge *row = find_bridge(view, bridge);

    return row ? row->datapath_type : NULL;
}

const struct uuid *
ovs_view_bridge_uuid(const struct ovs_view *view, const char *bridge)
{
    const struct ovsrec_bridge *row = find_bridge(view, bridge);

    return row ? &row->header_.uuid : NULL;
}

const struct smap *
ovs_view_bridge_external_ids(const struct ovs_view *view, const char *bridge)
{
    const struct ovsrec_bridge *row = find_bridge(view, bridge);

    return row ? &row->external_ids : NULL;
}

const struct ovs_iface *
ovs_view_find_iface(const struct ovs_view *view, const char *name)
{
    const struct ovs_iface *iface;

    HMAP_FOR_EACH_WITH_HASH (iface, name_node, hash_string(name, 0),
                             &view->ifaces) {
        if (!strcmp(iface->name, name)) {
            return iface;
        }
    }
    return NULL;
}

const struct ovs_iface *
ovs_view_find_iface_id(const struct ovs_view *view, const char *iface_id)
{
    const struct ovs_iface *iface;

    HMAP_FOR_EACH_WITH_HASH (iface, id_node, hash_string(iface_id, 0),
                             &view->ifaces_by_id) {
        if (!strcmp(iface->iface_id, iface_id)) {
            return iface;
        }
    }
    return NULL;
}

const struct ovs_iface *
ovs_iface_next_same_id(const struct ovs_iface *iface)
{
    const struct hmap_node *node = &iface->id_node;

    if (!iface->iface_id) {
        return NULL;
    }
    while ((node = hmap_next_with_hash(node)) != NULL) {
        const struct ovs_iface *next
            = CONTAINER_OF(node, struct ovs_iface, id_node);

        if (!strcmp(next->iface_id, iface->iface_id)) {
            return next;
        }
    }
    return NULL;
}

const struct hmap *
ovs_view_ifaces(const struct ovs_view *view)
{
    return &view->ifaces;
}

uint64_t
ovs_view_n_commits(const struct ovs_view *view)
{
    return view->n_commits;
}
