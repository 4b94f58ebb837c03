/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_JOURNAL_H
#define CONTROLLER_JOURNAL_H 1

/* Port rows of others whose representor is gone.
 *
 * When a NIC or a DPU is reset its representors vanish and return.  Whoever
 * plugged them (ovn-kubernetes) does not plug them again, but has a reaper
 * that deletes rows of ports without a netdev: then the pod, which still runs,
 * is without a network for good, and nothing is left that tells of it.  The
 * journal keeps what such a row had, says what was lost, and, if that is
 * wanted, lets it be put back.
 *
 * Pure: journal_update() is told, once all is known, which representors and
 * which rows there are.  A row is
 *
 *   absent     there, without its netdev;
 *   lost       deleted while absent;
 *   returned   lost, and its representor is back.
 *
 * A row that goes while its representor is there, or in the same moment, is
 * one that its owner deleted: no matter of ours.  Neither is a lost one when
 * another row has taken its iface-id or its representor, nor after
 * JOURNAL_KEEP_MS.
 *
 * Entries may be kept over a restart (controller/state/).  The first update
 * after one sees what was different before by what is different now: a row
 * that went meanwhile is lost if its representor is still absent, and of an
 * uncertain fate if that is back. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "smap.h"

/* How long a lost row is kept, in ms, and how many at most. */
#define JOURNAL_KEEP_MS (24LL * 60 * 60 * 1000)
#define JOURNAL_MAX 4096

enum journal_state {
    JOURNAL_ABSENT,
    JOURNAL_LOST,
    JOURNAL_RETURNED,
};
const char *journal_state_to_string(enum journal_state);

/* A row as the database has it. */
struct journal_row {
    const char *name;           /* Of Interface and netdev. */
    const char *port;           /* Of its Port. */
    const char *bridge;         /* Where it is. */
    const struct smap *external_ids; /* Of the Interface. */
    const struct smap *port_ids; /* external_ids of the Port. */
    const struct smap *port_config; /* other_config of the Port. */
};

/* A representor. */
struct journal_rep {
    const char *name;           /* Its netdev's. */
    const char *key;            /* What it represents: a port's key. */
    bool has_row;               /* Has any row its name? */
};

struct journal_entry {
    struct hmap_node node;      /* In 'entries', by 'name'. */
    char *name;                 /* That the row had. */
    char *port;                 /* As of the row. */
    char *bridge;
    struct smap external_ids;
    struct smap port_ids;
    struct smap port_config;
    char *key;                  /* Key of the representor's port, NULL if the
                                 * representor was never seen. */
    enum journal_state state;
    long long int since;        /* When the representor was missed, ms. */
    long long int lost_at;      /* When the row went, ms; 0: it did not. */
    char *rep;                  /* If returned: the representor's name now. */
    char *refusal;              /* Why it is not put back, or NULL. */
    bool tried;                 /* Was that decided, or done? */
    unsigned int generation;    /* Update in which its row was seen last. */
};

struct journal {
    struct hmap entries;        /* struct journal_entry, by name. */
    struct hmap owners;         /* Keys of representors that have a row of
                                 * another's, by the row's name. */
    unsigned int generation;    /* Of the update. */
    uint64_t seqno;             /* Of what is to be kept over a restart:
                                 * changes with it, and whoever changes an
                                 * entry changes it. */
    uint64_t n_lost;            /* Rows that were lost, since start. */
    uint64_t n_restored;        /* Rows that were put back. */
};

/* What journal_update() found. */
enum journal_event {
    JOURNAL_EVENT_ABSENT,       /* A representor with a row went. */
    JOURNAL_EVENT_LOST,         /* The row went after it. */
    JOURNAL_EVENT_RETURNED,     /* A representor without its row is back. */
    JOURNAL_EVENT_SETTLED,      /* It has one again, or another took over. */
    JOURNAL_EVENT_UNCERTAIN,    /* The representor is back and the row is gone,
                                 * and which came first is not known. */
};

struct journal_input {
    const struct journal_rep *reps; /* All representors, */
    size_t n_reps;              /* so many. */
    const struct journal_row *absent; /* Rows of others with an iface-id and
                                       * without a netdev, */
    size_t n_absent;            /* so many. */
    const char *pending;        /* Name of a row that is being put back, which
                                 * may be seen before that is known to have
                                 * been done, or NULL. */
    /* Is 'iface_id' that of any row? */
    bool (*is_taken)(void *aux, const char *iface_id);
    /* Told of each event; the entry may go afterwards. */
    void (*tell)(void *aux, const struct journal_entry *, enum journal_event);
    void *aux;                  /* For both. */
    long long int now;          /* In ms. */
};

void journal_init(struct journal *);
void journal_destroy(struct journal *);

/* Removes all entries. */
void journal_clear(struct journal *);

/* Frees an entry that is in no journal. */
void journal_entry_destroy(struct journal_entry *);

/* Before each journal_update(): representor 'name', of the port 'key', has a
 * row of another's. */
void journal_own(struct journal *, const char *name, const char *key);

void journal_update(struct journal *, const struct journal_input *);

/* The entry of the row 'name', or that of the representor of port 'key' which
 * is lost or returned, or NULL. */
struct journal_entry *journal_find(const struct journal *, const char *name);
struct journal_entry *journal_find_key(const struct journal *,
                                       const char *key);

/* Number of entries in 'state'. */
size_t journal_count(const struct journal *, enum journal_state);

#endif /* controller/journal.h */
