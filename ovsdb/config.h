/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OVSDB_CONFIG_H
#define OVSDB_CONFIG_H 1

/* Configuration in Open_vSwitch external_ids, keys "offload-*".
 *
 * Pure: no I/O, no logging.  A bad value is told in 'errors' and leaves the
 * last good value in force.  ovs-offload-controller(5) documents the keys. */

#include <stdbool.h>
#include "openvswitch/shash.h"
#include "smap.h"
#include "sset.h"

/* Keys of node policies, "offload-policy-NAME": controller/policy/spec.h. */
#define POLICY_KEY_PREFIX "offload-policy-"

enum offload_mode {
    MODE_AUTO,                  /* Only as a configured value. */
    MODE_OWN,
    MODE_ASSIST,
    MODE_OBSERVE,
};

enum offload_select {
    SELECT_NONE,
    SELECT_VDPA,
    SELECT_ALL,
};

/* What makes a node one on which others plug ports (mode "auto"). */
struct config_evidence {
    bool foreign_plugger;       /* A row or key of a CNI or of OVN is there. */
    char *what;                 /* Which, for "status"; NULL if none. */
};

struct config {
    enum offload_mode configured; /* offload-mode as written. */
    enum offload_mode mode;     /* In effect: never MODE_AUTO. */
    bool explicit_own;          /* "own" is written, not inferred. */
    char *mode_why;             /* Why 'mode' is in effect. */
    char *bridge;               /* offload-bridge, after defaults. */
    enum offload_select select; /* In effect, after defaults. */
    bool manage_ovs;            /* In effect, after defaults. */
    bool manage_ovs_explicit;   /* offload-manage-ovs=true is written. */
    bool features;              /* offload-features. */
    bool repair;                /* offload-repair. */
    bool restore;               /* offload-restore. */
    char *cni_cache;            /* offload-cni-cache: directories. */
    int flow_poll_ms;           /* offload-flow-poll-ms, at least 1000. */
    bool devinfo;               /* offload-devinfo: write our own. */
    char *devinfo_resource;     /* offload-devinfo-resource or NULL. */
    char *vdpa_socket;          /* offload-vdpa-socket, or NULL: none. */
    char *metrics;              /* offload-metrics, or NULL: off. */
    char *devinfo_dir;          /* offload-devinfo-dir, or NULL for where
                                 * device-info files usually are. */
    struct smap errors;         /* key -> message, of bad values. */
    struct sset unknown;        /* offload-* keys that mean nothing. */

    /* Memory of earlier values. */
    char *mode_seen;            /* offload-mode as last read, or NULL. */
    bool assist_latched;        /* "auto" once saw a plugger. */
    char *latched_what;         /* The evidence then. */
    struct smap good;           /* Last good value of each key. */
};

void config_init(struct config *);
void config_destroy(struct config *);

/* Brings 'cfg' up to date with 'external_ids' of Open_vSwitch and with what
 * the database shows of others.  'cfg' must have been initialized by
 * config_init() and keeps memory (last good values, the latch of "auto",
 * which only a change of the offload-mode key releases).  Returns true if
 * anything that is in effect, an error or an unknown key changed. */
bool config_update(struct config *cfg, const struct smap *external_ids,
                   const struct config_evidence *);

const char *offload_mode_to_string(enum offload_mode);
const char *offload_select_to_string(enum offload_select);

#endif /* ovsdb/config.h */
