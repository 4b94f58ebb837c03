/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OVSDB_OVS_VIEW_H
#define OVSDB_OVS_VIEW_H 1

/* What the Open_vSwitch database has, and how we change it.
 *
 * An 'ovs_view' owns the IDL connection: it asks for just the columns that
 * are used, and keeps hash tables of the Interfaces by name and by iface-id,
 * so that nobody scans.  The view is read-only; changes go through an
 * 'ovs_txn' of which at most one is in flight.  Plain structs point into the
 * IDL and are valid until the next ovs_view_run().
 *
 * Rows of ours are those whose Port or Interface external_ids have
 * offload-owner=ovs-offload-controller; a row is adopted when its external_ids
 * also hold a key by which another owner marks it. */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/hmap.h"
#include "smap.h"
#include "ovsdb/config.h"

struct ovs_txn;
struct ovs_view;
struct uuid;
struct simap;

#define OFFLOAD_OWNER_KEY "offload-owner"
#define OFFLOAD_OWNER "ovs-offload-controller"

/* In external_ids of our Ports: which keys of the Interface's external_ids we
 * wrote, so that those that a changed request no longer has can be deleted
 * after a restart too. */
#define OFFLOAD_KEYS_KEY "offload-keys"

enum ovs_owner {
    OVS_OWNER_SELF,             /* Has our mark, and no one else's. */
    OVS_OWNER_ADOPTED,          /* Has our mark and another owner's. */
    OVS_OWNER_FOREIGN,          /* Has not our mark. */
};

/* One Interface that is on a bridge. */
struct ovs_iface {
    struct hmap_node name_node; /* By hash of 'name'. */
    struct hmap_node id_node;   /* By hash of 'iface_id', if there is one. */
    const char *name;           /* Interface name. */
    const char *type;           /* "", "internal", "geneve", ... */
    const char *iface_id;       /* external_ids:iface-id or NULL. */
    const char *bridge;         /* Name of its bridge. */
    const char *port;           /* Name of its Port (differs on bonds). */
    const char *error;          /* Interface's error column or NULL. */
    const char *foreign_mark;   /* Another owner's key, as "sandbox" or NULL;
                                 * "interfaces" where a Port with our mark was
                                 * given more Interfaces. */
    const char *our_keys;       /* Keys in 'external_ids' that we wrote, sorted
                                 * and comma-separated, or NULL. */
    const struct smap *external_ids; /* Of the Interface. */
    const struct smap *port_ids; /* external_ids of its Port. */
    const struct smap *port_config; /* other_config of its Port. */
    const struct smap *options; /* Of the Interface ("dst_port"). */
    enum ovs_owner owner;
    int64_t ofport;             /* 0 while not assigned, -1 on failure. */
    bool bonded;                /* Its Port has several Interfaces. */
};

/* Connects to 'remote' ("unix:...").  Nothing blocks. */
struct ovs_view *ovs_view_create(const char *remote);
void ovs_view_destroy(struct ovs_view *);

/* Processes what the server sent.  Returns true if anything that is replicated
 * changed, or the connection did, since the last call. */
bool ovs_view_run(struct ovs_view *);
void ovs_view_wait(struct ovs_view *);
/* Adds what "memory/show" says of the replica to 'usage'. */
void ovs_view_get_memory_usage(const struct ovs_view *, struct simap *usage);

/* Is there a connection and a complete copy of the database?  If not the
 * tables are what was last known and nothing may be concluded from a row's
 * absence. */
bool ovs_view_is_synced(const struct ovs_view *);
bool ovs_view_is_connected(const struct ovs_view *);
const char *ovs_view_remote(const struct ovs_view *);

const struct smap *ovs_view_external_ids(const struct ovs_view *);
const struct smap *ovs_view_other_config(const struct ovs_view *);
/* Version that ovs-vswitchd wrote, or "". */
const char *ovs_view_ovs_version(const struct ovs_view *);

/* Evidence for mode "auto"; '*e' is for config_update(), and its string is
 * valid until the next ovs_view_run(). */
void ovs_view_evidence(const struct ovs_view *, struct config_evidence *e);

bool ovs_view_has_bridge(const struct ovs_view *, const char *name);
/* datapath_type of a bridge ("" and "system" are the kernel's), or NULL. */
const char *ovs_view_bridge_datapath(const struct ovs_view *,
                                     const char *bridge);
/* Row of a bridge, which tells one from a later one of that name, or NULL. */
const struct uuid *ovs_view_bridge_uuid(const struct ovs_view *,
                                        const char *bridge);
/* external_ids of a bridge (ct-zone-*) or NULL. */
const struct smap *ovs_view_bridge_external_ids(const struct ovs_view *,
                                                const char *bridge);

const struct ovs_iface *ovs_view_find_iface(const struct ovs_view *,
                                            const char *name);
/* First of the Interfaces with that iface-id; ovs_iface_next_same_id() gives
 * the others, NULL at the end. */
const struct ovs_iface *ovs_view_find_iface_id(const struct ovs_view *,
                                               const char *iface_id);
const struct ovs_iface *ovs_iface_next_same_id(const struct ovs_iface *);

/* All Interfaces: struct ovs_iface by 'name_node'. */
const struct hmap *ovs_view_ifaces(const struct ovs_view *);
#define OVS_VIEW_FOR_EACH_IFACE(IFACE, VIEW) \
    HMAP_FOR_EACH (IFACE, name_node, ovs_view_ifaces(VIEW))

/* Transactions.
 *
 * ovs_txn_create() returns NULL while one is in flight or there is no
 * connection.  Operations are added, then ovs_txn_commit() sends them; after
 * that only ovs_txn_poll() may be called on it, which frees it once it returns
 * anything but OVS_TXN_INCOMPLETE.  A transaction without operations is
 * OVS_TXN_UNCHANGED at once and sends nothing.  From ovs_txn_create() to
 * ovs_txn_commit() or ovs_txn_abort() ovs_view_run() must not be called.
 * ovs_view_destroy() also frees a transaction that is left. */
enum ovs_txn_result {
    OVS_TXN_INCOMPLETE,
    OVS_TXN_UNCHANGED,          /* There was nothing to do. */
    OVS_TXN_SUCCESS,
    OVS_TXN_TRY_AGAIN,          /* What was verified has changed: redecide. */
    OVS_TXN_ERROR,              /* Refused; a message tells why. */
    OVS_TXN_N_RESULTS
};

struct ovs_txn *ovs_txn_create(struct ovs_view *, const char *comment);
void ovs_txn_commit(struct ovs_txn *);
/* On OVS_TXN_ERROR '*errorp' is a message that the caller frees. */
enum ovs_txn_result ovs_txn_poll(struct ovs_txn *, char **errorp);
void ovs_txn_wait(const struct ovs_txn *);
/* For an operation that was decided not to be sent. */
void ovs_txn_abort(struct ovs_txn *);
/* Number of transactions sent that changed the database, since start. */
uint64_t ovs_view_n_commits(const struct ovs_view *);

/* Each operation on a port also verifies external_ids of Open_vSwitch, which
 * configure and request it. */

/* Inserts Port and Interface 'name' with our mark on both and
 * 'external_ids' on the Interface into 'bridge', which must exist. */
void ovs_txn_add_port(struct ovs_txn *, const char *bridge, const char *name,
                      const struct smap *external_ids);

/* Deletes the Port of 'iface', which must be ours; the transaction fails with
 * OVS_TXN_TRY_AGAIN if its external_ids changed meanwhile. */
void ovs_txn_del_port(struct ovs_txn *, const struct ovs_iface *);

/* Moves the Port of 'iface', which must be ours, to 'bridge'. */
void ovs_txn_move_port(struct ovs_txn *, const struct ovs_iface *,
                       const char *bridge);

/* Sets each key of 'set', and deletes each key in 'del', in external_ids of
 * an Interface of ours by single-key mutations; keys of others stay. */
void ovs_txn_update_iface(struct ovs_txn *, const struct ovs_iface *,
                          const struct smap *set, const struct sset *del);

/* Inserts what was there before, of another owner: a Port 'port' with
 * 'port_ids' and 'port_config', and its Interface 'name' with 'external_ids',
 * into 'bridge', which must exist.  Fails with OVS_TXN_TRY_AGAIN if a port was
 * added to or removed from that bridge meanwhile. */
void ovs_txn_restore_port(struct ovs_txn *, const char *bridge,
                          const char *port, const char *name,
                          const struct smap *external_ids,
                          const struct smap *port_ids,
                          const struct smap *port_config);

/* Removes our mark from Port and Interface. */
void ovs_txn_disown_port(struct ovs_txn *, const struct ovs_iface *);

/* Sets (or, with 'value' NULL, deletes) one key of Open_vSwitch external_ids
 * or other_config, which is verified.  The result is OVS_TXN_ERROR while the
 * database has no row of Open_vSwitch. */
void ovs_txn_set_external_id(struct ovs_txn *, const char *key,
                             const char *value);
void ovs_txn_set_other_config(struct ovs_txn *, const char *key,
                              const char *value);

#endif /* ovsdb/ovs-view.h */
