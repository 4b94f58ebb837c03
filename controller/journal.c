/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/journal.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "util.h"

/* A row of another's that has its representor. */
struct owner {
    struct hmap_node node;      /* In 'owners', by 'name'. */
    char *name;                 /* Of row and representor. */
    char *key;                  /* Of the port. */
    unsigned int generation;    /* Of the update for which it was told. */
};

const char *
journal_state_to_string(enum journal_state state)
{
    switch (state) {
    case JOURNAL_ABSENT: return "absent";
    case JOURNAL_LOST: return "lost";
    case JOURNAL_RETURNED: return "returned";
    }
    OVS_NOT_REACHED();
}

void
journal_init(struct journal *j)
{
    *j = (struct journal) { .generation = 0 };
    hmap_init(&j->entries);
    hmap_init(&j->owners);
}

static void
entry_clear(struct journal_entry *e)
{
    free(e->port);
    free(e->bridge);
    smap_destroy(&e->external_ids);
    smap_destroy(&e->port_ids);
    smap_destroy(&e->port_config);
}

void
journal_entry_destroy(struct journal_entry *e)
{
    if (e) {
        entry_clear(e);
        free(e->name);
        free(e->key);
        free(e->rep);
        free(e->refusal);
        free(e);
    }
}

static void
entry_remove(struct journal *j, struct journal_entry *e)
{
    hmap_remove(&j->entries, &e->node);
    journal_entry_destroy(e);
    j->seqno++;
}

static void
owner_remove(struct journal *j, struct owner *owner)
{
    hmap_remove(&j->owners, &owner->node);
    free(owner->name);
    free(owner->key);
    free(owner);
}

void
journal_clear(struct journal *j)
{
    struct journal_entry *e;

    HMAP_FOR_EACH_SAFE (e, node, &j->entries) {
        entry_remove(j, e);
    }
}

void
journal_destroy(struct journal *j)
{
    struct owner *owner;

    journal_clear(j);
    hmap_destroy(&j->entries);
    HMAP_FOR_EACH_SAFE (owner, node, &j->owners) {
        owner_remove(j, owner);
    }
    hmap_destroy(&j->owners);
}

static struct owner *
owner_find(const struct journal *j, const char *name)
{
    struct owner *owner;

    HMAP_FOR_EACH_WITH_HASH (owner, node, hash_string(name, 0), &j->owners) {
        if (!strcmp(owner->name, name)) {
            return owner;
        }
    }
    return NULL;
}

void
journal_own(struct journal *j, const char *name, const char *key)
{
    struct owner *owner = owner_find(j, name);

    if (owner && strcmp(owner->key, key)) {
        owner_remove(j, owner);
        owner = NULL;
    }
    if (!owner) {
        owner = xmalloc(sizeof *owner);
        owner->name = xstrdup(name);
        owner->key = xstrdup(key);
        hmap_insert(&j->owners, &owner->node, hash_string(name, 0));
    }
    owner->generation = j->generation + 1;
}

struct journal_entry *
journal_find(const struct journal *j, const char *name)
{
    struct journal_entry *e;

    HMAP_FOR_EACH_WITH_HASH (e, node, hash_string(name, 0), &j->entries) {
        if (!strcmp(e->name, name)) {
            return e;
        }
    }
    return NULL;
}

struct journal_entry *
journal_find_key(const struct journal *j, const char *key)
{
    struct journal_entry *e;

    HMAP_FOR_EACH (e, node, &j->entries) {
        if (e->state != JOURNAL_ABSENT && e->key && !strcmp(e->key, key)) {
            return e;
        }
    }
    return NULL;
}

size_t
journal_count(const struct journal *j, enum journal_state state)
{
    const struct journal_entry *e;
    size_t n = 0;

    HMAP_FOR_EACH (e, node, &j->entries) {
        n += e->state == state;
    }
    return n;
}

/* Updates. */

/* Has 'e' what 'row' has? */
static bool
entry_equals(const struct journal_entry *e, const struct journal_row *row)
{
    return (!strcmp(e->port, row->port) && !strcmp(e->bridge, row->bridge)
            && smap_equal(&e->external_ids, row->external_ids)
            && smap_equal(&e->port_ids, row->port_ids)
            && smap_equal(&e->port_config, row->port_config));
}

static void
entry_set(struct journal_entry *e, const struct journal_row *row)
{
    e->port = xstrdup(row->port);
    e->bridge = xstrdup(row->bridge);
    smap_clone(&e->external_ids, row->external_ids);
    smap_clone(&e->port_ids, row->port_ids);
    smap_clone(&e->port_config, row->port_config);
}

/* Keeps what the row has, now that its netdev is gone. */
static void
see_absent(struct journal *j, const struct journal_input *in,
           const struct journal_row *row)
{
    struct journal_entry *e = journal_find(j, row->name);
    bool is_new = !e;

    if (is_new) {
        struct owner *owner = owner_find(j, row->name);

        if (hmap_count(&j->entries) >= JOURNAL_MAX) {
            return;
        }
        e = xzalloc(sizeof *e);
        e->name = xstrdup(row->name);
        e->key = owner ? xstrdup(owner->key) : NULL;
        hmap_insert(&j->entries, &e->node, hash_string(e->name, 0));
        entry_set(e, row);
        j->seqno++;
    } else if (!entry_equals(e, row)) {
        entry_clear(e);
        entry_set(e, row);
        j->seqno++;
    }
    e->generation = j->generation;
    if (is_new || e->state != JOURNAL_ABSENT) {
        e->state = JOURNAL_ABSENT;
        e->since = in->now;
        e->lost_at = 0;
        e->tried = false;
        j->seqno++;
        in->tell(in->aux, e, JOURNAL_EVENT_ABSENT);
    }
}

/* The representor of 'e', or NULL. */
static const struct journal_rep *
find_rep(const struct journal_input *in, const struct journal_entry *e)
{
    for (size_t i = 0; i < in->n_reps; i++) {
        const struct journal_rep *rep = &in->reps[i];

        if (e->key ? !strcmp(rep->key, e->key) : !strcmp(rep->name, e->name)) {
            return rep;
        }
    }
    return NULL;
}

static bool
is_over(const struct journal_input *in, const struct journal_entry *e,
        const struct journal_rep *rep)
{
    const char *id = smap_get(&e->external_ids, "iface-id");

    return ((rep && rep->has_row) || (id && in->is_taken(in->aux, id))
            || in->now - e->lost_at >= JOURNAL_KEEP_MS);
}

/* The row of 'e' is not among those without a netdev (any more). */
static void
update_lost(struct journal *j, const struct journal_input *in,
            struct journal_entry *e)
{
    const struct journal_rep *rep = find_rep(in, e);

    if (e->state == JOURNAL_ABSENT) {
        e->lost_at = in->now;
        if (is_over(in, e, rep)) {
            in->tell(in->aux, e, JOURNAL_EVENT_SETTLED);
            entry_remove(j, e);
            return;
        } else if (rep) {
            in->tell(in->aux, e, JOURNAL_EVENT_UNCERTAIN);
            entry_remove(j, e);
            return;
        }
        e->state = JOURNAL_LOST;
        j->seqno++;
        j->n_lost++;
        in->tell(in->aux, e, JOURNAL_EVENT_LOST);
    } else if (is_over(in, e, rep)) {
        in->tell(in->aux, e, JOURNAL_EVENT_SETTLED);
        entry_remove(j, e);
    } else if (rep && e->state == JOURNAL_LOST) {
        e->state = JOURNAL_RETURNED;
        j->seqno++;
        free(e->rep);
        e->rep = xstrdup(rep->name);
        in->tell(in->aux, e, JOURNAL_EVENT_RETURNED);
    } else if (!rep && e->state == JOURNAL_RETURNED) {
        e->state = JOURNAL_LOST;
        e->tried = false;
        j->seqno++;
    } else if (rep && e->state == JOURNAL_RETURNED
               && strcmp(e->rep, rep->name)) {
        /* It comes back under the kernel's name, and udev renames it. */
        free(e->rep);
        e->rep = xstrdup(rep->name);
        j->seqno++;
    }
}

void
journal_update(struct journal *j, const struct journal_input *in)
{
    struct journal_entry *e;
    struct owner *owner;

    j->generation++;
    for (size_t i = 0; i < in->n_absent; i++) {
        see_absent(j, in, &in->absent[i]);
    }
    HMAP_FOR_EACH_SAFE (e, node, &j->entries) {
        if (e->generation != j->generation
            && !nullable_string_is_equal(e->name, in->pending)) {
            update_lost(j, in, e);
        }
    }
    /* Entries have what they need of those that are gone. */
    HMAP_FOR_EACH_SAFE (owner, node, &j->owners) {
        if (owner->generation != j->generation) {
            owner_remove(j, owner);
        }
    }
}
