/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/ovs-view.h"
#include "ovsdb/ovs-view-private.h"

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "ovsdb-idl.h"
#include "sset.h"
#include "util.h"

/* Transactions.
 *
 * Existing rows are changed by mutations of single keys and set members only,
 * never by writing a column, so that what others write at the same time
 * survives.  Before it mutates, each operation verifies the columns that its
 * decision rested on: if someone changed them since, or deleted the row, the
 * server refuses the transaction as a whole.  That matters the more as a
 * mutation of a row that is gone, or an insertion of a map key that is there
 * already, is silently no change.
 *
 * Nothing here alters the replica's rows before the server says so, which is
 * why an ovs_iface stays valid while a transaction is composed. */

struct ovs_txn {
    struct ovs_view *view;      /* Its 'txn' is this one. */
    struct ovsdb_idl_txn *idl_txn; /* What libopenvswitch has of it. */
    enum ovsdb_idl_txn_status status; /* As of the last commit or poll. */
    bool no_row;                /* Open_vSwitch has no row to write to. */
};

struct ovs_txn *
ovs_txn_create(struct ovs_view *view, const char *comment)
{
    struct ovs_txn *txn;

    if (view->txn || !view->synced) {
        return NULL;
    }

    txn = xmalloc(sizeof *txn);
    *txn = (struct ovs_txn) {
        .view = view,
        .idl_txn = ovsdb_idl_txn_create(view->idl),
        .status = TXN_UNCOMMITTED,
    };
    ovsdb_idl_txn_add_comment(txn->idl_txn, "%s: %s", OFFLOAD_OWNER, comment);
    view->txn = txn;
    return txn;
}

void
ovs_txn_destroy(struct ovs_txn *txn)
{
    if (txn) {
        ovs_assert(txn->view->txn == txn);
        txn->view->txn = NULL;
        ovsdb_idl_txn_destroy(txn->idl_txn);
        free(txn);
    }
}

void
ovs_txn_abort(struct ovs_txn *txn)
{
    ovs_assert(txn->status == TXN_UNCOMMITTED);
    ovs_txn_destroy(txn);
}

void
ovs_txn_commit(struct ovs_txn *txn)
{
    ovs_assert(txn->status == TXN_UNCOMMITTED);
    if (txn->no_row) {
        ovsdb_idl_txn_abort(txn->idl_txn);
        txn->status = TXN_ABORTED;
    } else {
        txn->status = ovsdb_idl_txn_commit(txn->idl_txn);
    }
}

/* Returns what the server said, which is JSON, in words. */
static char *
error_message(const struct ovs_txn *txn)
{
    const char *s = ovsdb_idl_txn_get_error(txn->idl_txn);
    struct json *json = json_from_string(s);
    const struct json *error = NULL;
    const struct json *details = NULL;
    char *message;

    if (json->type == JSON_OBJECT) {
        error = shash_find_data(json_object(json), "error");
        details = shash_find_data(json_object(json), "details");
    }
    if (error && error->type == JSON_STRING
        && details && details->type == JSON_STRING) {
        message = xasprintf("%s: %s", json_string(error),
                            json_string(details));
    } else {
        message = xstrdup(s);
    }
    json_destroy(json);
    return message;
}

enum ovs_txn_result
ovs_txn_poll(struct ovs_txn *txn, char **errorp)
{
    enum ovs_txn_result result = OVS_TXN_TRY_AGAIN;

    ovs_assert(txn->status != TXN_UNCOMMITTED);
    *errorp = NULL;
    if (txn->status == TXN_INCOMPLETE) {
        txn->status = ovsdb_idl_txn_commit(txn->idl_txn);
    }

    switch (txn->status) {
    case TXN_INCOMPLETE:
        return OVS_TXN_INCOMPLETE;

    case TXN_UNCHANGED:
        result = OVS_TXN_UNCHANGED;
        break;

    case TXN_SUCCESS:
        txn->view->n_commits++;
        result = OVS_TXN_SUCCESS;
        break;

    case TXN_ERROR:
        *errorp = error_message(txn);
        result = OVS_TXN_ERROR;
        break;

    case TXN_ABORTED:
        *errorp = xstrdup("table Open_vSwitch has no row yet");
        result = OVS_TXN_ERROR;
        break;

    case TXN_UNCOMMITTED:
    case TXN_TRY_AGAIN:
    case TXN_NOT_LOCKED:
    default:
        break;
    }
    ovs_txn_destroy(txn);
    return result;
}

void
ovs_txn_wait(const struct ovs_txn *txn)
{
    ovsdb_idl_txn_wait(txn->idl_txn);
}

/* Returns 'bridge', which is verified to exist still. */
static const struct ovsrec_bridge *
verify_bridge(struct ovs_txn *txn, const char *bridge)
{
    const struct ovsrec_bridge *row = shash_find_data(&txn->view->bridges,
                                                      bridge);

    ovs_assert(row);
    ovsrec_bridge_verify_name(row);
    return row;
}

/* Verifies configuration and requests, which each decision rests on. */
static void
verify_global(struct ovs_txn *txn)
{
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(txn->view->idl);

    if (ovs) {
        ovsrec_open_vswitch_verify_external_ids(ovs);
    }
}

/* Verifies that 'iface' and its Port are as they were, in particular that
 * nobody has put a mark of his own on them or added an Interface. */
static void
verify_iface(struct ovs_txn *txn, const struct view_iface *iface)
{
    verify_global(txn);
    ovsrec_port_verify_external_ids(iface->port_row);
    ovsrec_port_verify_interfaces(iface->port_row);
    ovsrec_interface_verify_external_ids(iface->row);
}

/* Formats 'keys' as value of OFFLOAD_KEYS_KEY.  Caller frees. */
static char *
format_keys(const struct sset *keys)
{
    const char **sorted = sset_sort(keys);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < sset_count(keys); i++) {
        ds_put_format(&s, "%s%s", i ? "," : "", sorted[i]);
    }
    free(sorted);
    return ds_steal_cstr(&s);
}

void
ovs_txn_add_port(struct ovs_txn *txn, const char *bridge, const char *name,
                 const struct smap *external_ids)
{
    const struct ovsrec_bridge *bridge_row = verify_bridge(txn, bridge);
    struct smap iface_ids = SMAP_INITIALIZER(&iface_ids);
    struct smap port_ids = SMAP_INITIALIZER(&port_ids);
    struct sset keys = SSET_INITIALIZER(&keys);
    const struct smap_node *node;

    verify_global(txn);

    SMAP_FOR_EACH (node, external_ids) {
        sset_add(&keys, node->key);
        smap_add(&iface_ids, node->key, node->value);
    }
    smap_replace(&iface_ids, OFFLOAD_OWNER_KEY, OFFLOAD_OWNER);
    smap_add(&port_ids, OFFLOAD_OWNER_KEY, OFFLOAD_OWNER);
    if (!sset_is_empty(&keys)) {
        smap_add_nocopy(&port_ids, xstrdup(OFFLOAD_KEYS_KEY),
                        format_keys(&keys));
    }

    struct ovsrec_interface *iface
        = ovsrec_interface_insert(txn->idl_txn);
    ovsrec_interface_set_name(iface, name);
    ovsrec_interface_set_external_ids(iface, &iface_ids);

    struct ovsrec_port *port = ovsrec_port_insert(txn->idl_txn);
    ovsrec_port_set_name(port, name);
    ovsrec_port_set_interfaces(port, &iface, 1);
    ovsrec_port_set_external_ids(port, &port_ids);
    ovsrec_bridge_update_ports_addvalue(bridge_row, port);

    smap_destroy(&iface_ids);
    smap_destroy(&port_ids);
    sset_destroy(&keys);
}

void
ovs_txn_restore_port(struct ovs_txn *txn, const char *bridge,
                     const char *port, const char *name,
                     const struct smap *external_ids,
                     const struct smap *port_ids,
                     const struct smap *port_config)
{
    const struct ovsrec_bridge *bridge_row = verify_bridge(txn, bridge);

    /* Nobody plugged the pod in again meanwhile. */
    verify_global(txn);
    ovsrec_bridge_verify_ports(bridge_row);

    struct ovsrec_interface *iface
        = ovsrec_interface_insert(txn->idl_txn);
    ovsrec_interface_set_name(iface, name);
    ovsrec_interface_set_external_ids(iface, external_ids);

    struct ovsrec_port *port_row = ovsrec_port_insert(txn->idl_txn);
    ovsrec_port_set_name(port_row, port);
    ovsrec_port_set_interfaces(port_row, &iface, 1);
    ovsrec_port_set_external_ids(port_row, port_ids);
    ovsrec_port_set_other_config(port_row, port_config);
    ovsrec_bridge_update_ports_addvalue(bridge_row, port_row);
}

void
ovs_txn_del_port(struct ovs_txn *txn, const struct ovs_iface *iface_)
{
    const struct view_iface *iface = view_iface_cast(iface_);

    ovs_assert(iface_->owner == OVS_OWNER_SELF);
    verify_iface(txn, iface);

    /* Port and Interface go with the last reference to them. */
    ovsrec_bridge_update_ports_delvalue(iface->bridge_row, iface->port_row);
}

void
ovs_txn_move_port(struct ovs_txn *txn, const struct ovs_iface *iface_,
                  const char *bridge)
{
    const struct view_iface *iface = view_iface_cast(iface_);
    const struct ovsrec_bridge *to = verify_bridge(txn, bridge);

    ovs_assert(iface_->owner == OVS_OWNER_SELF);
    if (to == iface->bridge_row) {
        return;
    }

    /* If someone else had moved it, it would end up on two bridges. */
    ovsrec_bridge_verify_ports(iface->bridge_row);
    verify_iface(txn, iface);
    ovsrec_bridge_update_ports_delvalue(iface->bridge_row, iface->port_row);
    ovsrec_bridge_update_ports_addvalue(to, iface->port_row);
}

/* Makes the Port of 'iface' say that we wrote 'keys'. */
static void
update_our_keys(const struct view_iface *iface, const struct sset *keys)
{
    const char *old = iface->up.our_keys;

    if (!sset_is_empty(keys)) {
        char *value = format_keys(keys);

        if (!old || strcmp(old, value)) {
            ovsrec_port_update_external_ids_setkey(iface->port_row,
                                                   OFFLOAD_KEYS_KEY, value);
        }
        free(value);
    } else if (old) {
        ovsrec_port_update_external_ids_delkey(iface->port_row,
                                               OFFLOAD_KEYS_KEY);
    }
}

void
ovs_txn_update_iface(struct ovs_txn *txn, const struct ovs_iface *iface_,
                     const struct smap *set, const struct sset *del)
{
    const struct view_iface *iface = view_iface_cast(iface_);
    const struct smap_node *node;
    struct sset keys;
    const char *key;

    ovs_assert(iface_->owner == OVS_OWNER_SELF);
    verify_iface(txn, iface);

    sset_from_delimited_string(&keys, iface_->our_keys ? iface_->our_keys : "",
                               ",");
    /* In this order, so that "set" beats "del". */
    SSET_FOR_EACH (key, del) {
        if (smap_get(iface_->external_ids, key)) {
            ovsrec_interface_update_external_ids_delkey(iface->row, key);
        }
        sset_find_and_delete(&keys, key);
    }
    SMAP_FOR_EACH (node, set) {
        ovsrec_interface_update_external_ids_setkey(iface->row, node->key,
                                                    node->value);
        sset_add(&keys, node->key);
    }
    update_our_keys(iface, &keys);
    sset_destroy(&keys);
}

void
ovs_txn_disown_port(struct ovs_txn *txn, const struct ovs_iface *iface_)
{
    const struct view_iface *iface = view_iface_cast(iface_);
    static const char *const port_keys[] = {
        OFFLOAD_OWNER_KEY, OFFLOAD_KEYS_KEY,
    };

    verify_iface(txn, iface);
    for (size_t i = 0; i < ARRAY_SIZE(port_keys); i++) {
        if (smap_get(&iface->port_row->external_ids, port_keys[i])) {
            ovsrec_port_update_external_ids_delkey(iface->port_row,
                                                   port_keys[i]);
        }
    }
    if (smap_get(&iface->row->external_ids, OFFLOAD_OWNER_KEY)) {
        ovsrec_interface_update_external_ids_delkey(iface->row,
                                                    OFFLOAD_OWNER_KEY);
    }
}

void
ovs_txn_set_external_id(struct ovs_txn *txn, const char *key,
                        const char *value)
{
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(txn->view->idl);

    if (!ovs) {
        txn->no_row = true;
        return;
    }
    ovsrec_open_vswitch_verify_external_ids(ovs);
    if (value) {
        ovsrec_open_vswitch_update_external_ids_setkey(ovs, key, value);
    } else if (smap_get(&ovs->external_ids, key)) {
        ovsrec_open_vswitch_update_external_ids_delkey(ovs, key);
    }
}

void
ovs_txn_set_other_config(struct ovs_txn *txn, const char *key,
                         const char *value)
{
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(txn->view->idl);

    if (!ovs) {
        txn->no_row = true;
        return;
    }
    ovsrec_open_vswitch_verify_other_config(ovs);
    if (value) {
        ovsrec_open_vswitch_update_other_config_setkey(ovs, key, value);
    } else if (smap_get(&ovs->other_config, key)) {
        ovsrec_open_vswitch_update_other_config_delkey(ovs, key);
    }
}
