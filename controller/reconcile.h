/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_RECONCILE_H
#define CONTROLLER_RECONCILE_H 1

/* Brings the node to what is wanted.
 *
 * Level-triggered: whenever an input changed, the ports are decided anew from
 * the tables and what they still need is done.  Nothing is queued, so nothing
 * can be lost: a request to the kernel counts as done when the kernel's
 * notification shows it, a transaction when the database's update does.
 *
 * Transactions: the first port that is ready is committed at once; those that
 * follow are gathered until none is on its way or expected and nothing
 * happened for 20 ms, but not for ever: reconcile-txn.c has the figures.
 * One that ovsdb-server refuses as a whole is split, so that one bad port does
 * not hold up the others. */

#include <stdbool.h>
#include <stdint.h>

#include "controller/event-log.h"
#include "controller/histogram.h"
#include "controller/inventory.h"
#include "controller/ports.h"
#include "ovsdb/config.h"
#include "ovsdb/ovs-view.h"
#include "ovsdb/request.h"

struct event_base;
struct journal;
struct kernel;
struct ovs_view;
struct reconcile;
struct state_file;
struct udev;

/* Told when a change that reconcile_set_external_id() asked for is in the
 * database ('error' NULL) or was refused. */
typedef void reconcile_done_cb(void *aux, const char *error);

struct reconcile_status {
    uint64_t n_rounds;          /* Times that the ports were decided. */
    bool txn_in_flight;
    char *last_error;           /* Last refusal by ovsdb-server, or NULL. */
    uint64_t n_txns[OVS_TXN_N_RESULTS]; /* Transactions by how they ended. */
    struct histogram round_times; /* Of rounds. */
    struct histogram txn_times; /* Of transactions, from sending to the end. */
    struct histogram commit_times; /* Of those about ports that succeeded, from
                                    * when the first of these needed it. */
};

/* All arguments must outlive the result; 'kernel' may be NULL until
 * reconcile_set_kernel(). */
struct reconcile *reconcile_create(struct inventory *, struct ovs_view *,
                                   struct udev *, struct event_log *);
void reconcile_destroy(struct reconcile *);
void reconcile_set_kernel(struct reconcile *, struct kernel *);

/* Keeps the journal in a file below 'dir', an absolute path, and goes on with
 * what is in there.  To be called before the first run. */
void reconcile_set_state_dir(struct reconcile *, struct event_base *,
                             const char *dir);

void reconcile_run(struct reconcile *);
void reconcile_wait(struct reconcile *);

/* Is the last round, which was a long one, as long ago as it took?  Before
 * that the caller takes no events of the kernel and does not run us either: so
 * that a burst of events makes a few rounds, each for many of them, and not as
 * many rounds as events.  Short rounds have no rest. */
bool reconcile_is_resting(const struct reconcile *);
void reconcile_rest_wait(const struct reconcile *);

/* Decides everything anew at the next run. */
void reconcile_touch(struct reconcile *);

const struct port_table *reconcile_ports(const struct reconcile *);
const struct config *reconcile_config(const struct reconcile *);
const struct request_table *reconcile_requests(const struct reconcile *);
const struct journal *reconcile_journal(const struct reconcile *);

/* Where that is kept, or NULL. */
const struct state_file *reconcile_journal_file(const struct reconcile *);

/* external_ids that the port's Interface has, had before it was lost, or is to
 * have. */
const struct smap *reconcile_port_ids(const struct reconcile *,
                                      const struct port *);
const struct reconcile_status *reconcile_status(const struct reconcile *);

/* Sets (or with NULL removes) a key in Open_vSwitch external_ids, and calls
 * 'done' after the commit. */
void reconcile_set_external_id(struct reconcile *, const char *key,
                               const char *value, reconcile_done_cb *done,
                               void *aux);

/* Forgets what was done once for the netdev that 'port' has, and its back-off,
 * so that its feature and its link are turned on again. */
void reconcile_retry_port(struct reconcile *, struct port *);

/* Starts to delete all rows of ours and keeps to it; reconcile_is_clean() is
 * true when none is left, or when there is no database to delete them from. */
void reconcile_start_cleanup(struct reconcile *);
bool reconcile_is_clean(const struct reconcile *);

/* Was everything that the kernel and the database have known at some time?
 * Until then answers are of a daemon that is starting. */
bool reconcile_ever_settled(const struct reconcile *);

/* What a kernel_sink has to pass on. */
void reconcile_set_failed(struct reconcile *, int ifindex, const char *what,
                          int error, const char *extack);

#endif /* controller/reconcile.h */
