/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_RECONCILE_PRIVATE_H
#define CONTROLLER_RECONCILE_PRIVATE_H 1

/* What reconcile.c (rounds, the kernel) and reconcile-txn.c (the database)
 * share. */

#include "controller/journal.h"
#include "controller/reconcile.h"
#include "openvswitch/list.h"
#include "ovsdb/ovs-view.h"
#include "sset.h"

struct ovs_txn;
struct repair;
struct state_file;

/* A key that a command sets. */
struct id_change {
    struct ovs_list node;       /* In 'changes' of struct reconcile. */
    char *key;
    char *value;                /* NULL removes the key. */
    bool sent;                  /* Is it in the transaction in flight? */
    reconcile_done_cb *done;
    void *aux;
};

struct reconcile {
    struct inventory *inv;
    struct ovs_view *view;
    struct udev *udev;
    struct event_log *log;
    struct kernel *kernel;

    struct config config;
    struct request_table requests;
    struct port_table ports;
    struct reconcile_status status;

    uint64_t inv_seqno;         /* Of the inventory when last decided. */
    bool dirty;                 /* Decide anew? */
    long long int rest_until;   /* time_msec() before which not to. */
    bool ever_settled;          /* Was everything known once? */
    bool cleanup;               /* Delete all that is ours? */

    struct repair *repair;
    bool needs_repair;          /* Are old flows in software, and may we? */

    struct journal journal;     /* Rows of others without representor, */
    struct state_file *journal_file; /* that survive in there, or NULL. */
    uint64_t journal_saved;     /* 'seqno' of those. */
    char *restoring;            /* The one in 'txn' to be put back, by name, or
                                 * NULL. */

    /* Transactions. */
    struct ovs_txn *txn;        /* In flight, or NULL. */
    long long int txn_sent;     /* time_usec() when it was sent. */
    long long int txn_needed;   /* time_msec() since when a port needed it, or
                                 * 0 if it is about something else. */
    struct ovs_list changes;    /* struct id_change, oldest first. */
    struct sset txn_ports;      /* Keys of the ports in 'txn'. */
    bool isolate;               /* One port a transaction: one is refused. */
    size_t n_wanted;            /* Operations that the ports need now. */
    size_t n_on_way;            /* Ports that will need one soon. */
    size_t n_expected;          /* Ports whose representor should come soon;
                                 * counted while ports come only. */
    long long int activity;     /* time_msec() of the last change. */
    long long int gather_since; /* time_msec() when 'n_wanted' left 0, or 0. */
    bool gather;                /* Gather, or commit at once? */
    int gather_ms;              /* For how long at most, now. */
    bool burst;                 /* Is there more to what the last commit was
                                 * the first of? */
    long long int last_commit;  /* time_msec() of the last one's end. */
    long long int try_again_at; /* time_msec() until which to wait, or 0. */
    long long int retry_at;     /* time_msec() when the first back-off of a
                                 * port is over, or 0. */
};

/* Database. */

void reconcile_txn_init(struct reconcile *);

/* Ends the transaction in flight if there is an answer. */
void reconcile_txn_run(struct reconcile *);

/* Number of operations that the ports need. */
size_t reconcile_txn_needs(const struct reconcile *,
                           const struct port_context *);

/* Number of ports that wait for the kernel, before they need a row. */
size_t reconcile_txn_on_way(const struct reconcile *);

/* Number of ports that wait for their representor while others of their PF
 * have theirs. */
size_t reconcile_txn_expected(const struct reconcile *);

/* Sends what is due. */
void reconcile_txn_commit(struct reconcile *, const struct port_context *);
void reconcile_txn_wait(struct reconcile *);

/* Answers all commands that wait for a transaction. */
void reconcile_txn_destroy(struct reconcile *);

/* Rows of others that were lost. */

/* Brings the journal up to date, if all is known. */
void reconcile_journal_update(struct reconcile *,
                              const struct port_context *);

/* Is one to be put back, as far as the configuration is concerned? */
bool reconcile_journal_wants(const struct reconcile *);

/* Makes 'txn' of what puts one back, without sending it.  Returns false if
 * there is none. */
bool reconcile_journal_commit(struct reconcile *);

/* Keeps the journal for the next start. */
void reconcile_journal_save(struct reconcile *);

/* That transaction ended. */
void reconcile_journal_finish(struct reconcile *, enum ovs_txn_result,
                              const char *error);

#endif /* controller/reconcile-private.h */
