/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/metrics/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "util.h"

void
ledger_init(struct ledger *ledger, size_t limit)
{
    *ledger = (struct ledger) { .limit = limit };
    hmap_init(&ledger->entries);
}

static void
entry_destroy(struct ledger *ledger, struct ledger_entry *entry)
{
    hmap_remove(&ledger->entries, &entry->node);
    ledger->n_shown -= entry->shown;
    free(entry->name);
    free(entry);
}

void
ledger_destroy(struct ledger *ledger)
{
    if (ledger) {
        struct ledger_entry *entry;

        HMAP_FOR_EACH_SAFE (entry, node, &ledger->entries) {
            entry_destroy(ledger, entry);
        }
        hmap_destroy(&ledger->entries);
    }
}

void
ledger_begin(struct ledger *ledger)
{
    ledger->round++;
}

/* Finds the entry of 'name', or makes one, of an earlier round. */
static struct ledger_entry *
find_or_create(struct ledger *ledger, const char *name)
{
    uint32_t hash = hash_string(name, 0);
    struct ledger_entry *entry;

    HMAP_FOR_EACH_WITH_HASH (entry, node, hash, &ledger->entries) {
        if (!strcmp(entry->name, name)) {
            return entry;
        }
    }
    entry = xzalloc(sizeof *entry);
    entry->name = xstrdup(name);
    entry->round = ledger->round - 1;
    hmap_insert(&ledger->entries, &entry->node, hash);
    return entry;
}

const struct ledger_entry *
ledger_note(struct ledger *ledger, const char *name,
            const uint64_t counts[LEDGER_N])
{
    struct ledger_entry *entry = find_or_create(ledger, name);

    if (entry->round == ledger->round) {
        return NULL;
    }
    entry->round = ledger->round;
    if (!entry->shown && ledger->n_shown < ledger->limit) {
        entry->shown = true;
        ledger->n_shown++;
    }
    for (size_t i = 0; i < LEDGER_N; i++) {
        uint64_t increase = (counts[i] > entry->last[i]
                             ? counts[i] - entry->last[i] : 0);

        entry->sums[i] += increase;
        if (!entry->shown) {
            ledger->other[i] += increase;
        }
        entry->last[i] = counts[i];
    }
    return entry;
}

void
ledger_end(struct ledger *ledger)
{
    struct ledger_entry *entry;

    HMAP_FOR_EACH_SAFE (entry, node, &ledger->entries) {
        if (entry->round != ledger->round) {
            entry_destroy(ledger, entry);
        }
    }
}
