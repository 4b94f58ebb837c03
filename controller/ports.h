/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_PORTS_H
#define CONTROLLER_PORTS_H 1

/* The table of ports: one for each pair, and one for each request that names
 * nothing that is there.
 *
 * ports_update() joins pairs, requests and Interface rows, asks port_decide()
 * about each port, and records what changed as events.  It writes nothing;
 * the actions it leaves in the ports are carried out by reconcile.  A port
 * outlives the updates as long as its key is there, and remembers what cannot
 * be read from the tables: how often its row was lost, and until when to back
 * off. */

#include <stdbool.h>

#include "controller/event-log.h"
#include "controller/offload-scope.h"
#include "controller/pairing.h"
#include "controller/port-fsm.h"
#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"
#include "uuid.h"
#include "ovsdb/config.h"
#include "ovsdb/request.h"

struct inventory;
struct ovs_iface;
struct ovs_view;
struct udev;

struct port {
    struct hmap_node node;      /* In 'ports', by hash of 'key'. */
    char *key;                  /* That of the pair, or "request NAME". */

    /* Made anew by each ports_update(). */
    const struct pair *pair;    /* Or NULL: a request that names nothing. */
    const struct request *request; /* First that names it, or NULL. */
    size_t n_requests;          /* How many name it. */
    const struct ovs_iface *iface; /* Row of its representor or NULL. */
    bool management;            /* ovn-kubernetes' management port. */
    const char *id_holder;      /* As in struct port_input. */

    struct port_decision decision;
    enum pair_state pair_state; /* As of the last update, */
    enum tc_offload tc_offload; /* likewise, for events. */
    bool reported;              /* Was it in an event before? */
    unsigned int generation;    /* Update that named it last. */

    /* Memory. */
    bool in_txn;                /* Is a transaction of ours about it under
                                 * way? */
    bool had_row;               /* A row of ours was there last time, */
    char *row_name;             /* of this name */
    struct uuid row_bridge;     /* on this bridge. */
    char *row_request;          /* The request's value then. */
    unsigned int n_lost;        /* Rows of ours that others deleted, */
    long long int lost_at;      /* the last at this time_msec(). */
    unsigned int n_refused;     /* Refusals by ovsdb-server in a row. */
    long long int retry_at;     /* time_msec() when to try again, or 0. */
    unsigned int n_reopened;    /* Rows in a row made anew as ovs-vswitchd
                                 * could not open them. */
    long long int reopen_at;    /* time_msec() before which not again. */
    char *txn_error;            /* What ovsdb-server said, or NULL. */
};

/* Kinds of names, in the order in which port_find() tries them. */
enum port_name_kind {
    PORT_NAME_REP,              /* Representor. */
    PORT_NAME_PCI,              /* VF's PCI address. */
    PORT_NAME_VDPA,             /* vDPA device. */
    PORT_NAME_REQUEST,          /* Request. */
    PORT_NAME_IFACE_ID,
    PORT_NAME_POD,              /* "NS/POD". */
    N_PORT_NAMES
};

struct port_table {
    struct hmap ports;          /* struct port by 'key'. */
    struct shash index[N_PORT_NAMES]; /* struct port by name. */
    struct pair_table pairs;
    uint64_t pairs_seqno;       /* That of the inventory for 'pairs'. */
    struct offload_scope scope; /* Where we turn hw-tc-offload on. */
    unsigned int generation;
};

/* What an update reads. */
struct port_context {
    struct inventory *inv;
    const struct ovs_view *view;
    const struct config *config;
    const struct request_table *requests;
    struct udev *udev;
    struct event_log *log;
    bool ever_settled;          /* Was everything known at some time? */
};

void ports_init(struct port_table *);
void ports_destroy(struct port_table *);

void ports_update(struct port_table *, const struct port_context *);

/* The port that 'name' names: a representor, a VF's PCI address, a vDPA
 * device, an iface-id or "NS/POD", in this order; NULL if none. */
struct port *port_find(const struct port_table *, const char *name);

/* The port whose representor is 'name', or NULL. */
struct port *port_find_by_rep(const struct port_table *, const char *name);

/* The port with that 'key', or NULL. */
struct port *port_find_by_key(const struct port_table *, const char *key);

/* Name for people: representor, else VF address, vDPA device, request. */
const char *port_title(const struct port *);

/* Is nothing known to be incomplete, so that what is not in the tables is not
 * there? */
bool ports_are_settled(const struct port_context *);

/* Shall hw-tc-offload of 'link' (an uplink or a representor) be turned on?
 * Once a netdev, and only where the mode and the scope allow. */
bool ports_link_needs_offload(const struct port_table *,
                              const struct port_context *,
                              const struct inv_link *link);

/* The request's external_ids, or an empty map. */
const struct smap *port_wanted_ids(const struct port *);

/* Notes that our transaction about the row ended, with 'error' NULL or why it
 * was refused. */
void port_wrote(struct port *, const char *error);

/* time_msec() when something that is held back may be tried, or LLONG_MAX. */
long long int port_next_retry(const struct port *);

#endif /* controller/ports.h */
