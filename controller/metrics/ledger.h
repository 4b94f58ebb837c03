/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_LEDGER_H
#define CONTROLLER_METRICS_LEDGER_H 1

/* Counters of interfaces, such that what is shown never decreases, and of not
 * more interfaces than a limit.  Pure.
 *
 * What is counted for an interface may go back: its netdev is another one, or
 * flows whose receiver was guessed are taken for another's.  For whoever makes
 * rates of counters that would be a start from 0, and all that it counted
 * before traffic of that moment.  So the ledger adds up increases only.
 *
 * Interfaces are noted in rounds.  The first 'limit' that come get a row, and
 * keep it for as long as they are noted; the increases of the others are
 * together in 'other'.  When rows become free others get them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"

/* Counters of an interface. */
#define LEDGER_N 8

struct ledger_entry {
    struct hmap_node node;      /* In 'entries', by hash of 'name'. */
    char *name;
    bool shown;                 /* Has it a row? */
    unsigned int round;         /* That noted it last. */
    uint64_t last[LEDGER_N];    /* What was counted then. */
    uint64_t sums[LEDGER_N];    /* Increases. */
};

struct ledger {
    struct hmap entries;        /* struct ledger_entry. */
    size_t limit;               /* Most entries that are 'shown', */
    size_t n_shown;             /* and how many are. */
    unsigned int round;         /* The current one. */
    uint64_t other[LEDGER_N];   /* Increases of those that are not. */
};

void ledger_init(struct ledger *, size_t limit);
void ledger_destroy(struct ledger *);

/* Begins a round. */
void ledger_begin(struct ledger *);

/* Notes what is counted for interface 'name'.  Returns its entry, good until
 * ledger_end(), or NULL if one of that name was noted in this round. */
const struct ledger_entry *ledger_note(struct ledger *, const char *name,
                                       const uint64_t counts[LEDGER_N]);

/* Ends it: what was not noted is forgotten. */
void ledger_end(struct ledger *);

#endif /* controller/metrics/ledger.h */
