/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/state/text.h"

#include <stdlib.h>
#include <string.h>

#include "controller/journal.h"
#include "hash.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

/* Writing. */

static void
put_string(struct json *json, const char *name, const char *value)
{
    /* Names of netdevs and devices need not be UTF-8.  Strings are written and
     * read byte by byte. */
    if (value) {
        json_object_put_string(json, name, value);
    }
}

static struct json *
entry_to_state(const struct journal_entry *e)
{
    struct json *json = json_object_create();

    put_string(json, "name", e->name);
    put_string(json, "port", e->port);
    put_string(json, "bridge", e->bridge);
    json_object_put(json, "external_ids", smap_to_json(&e->external_ids));
    json_object_put(json, "port_ids", smap_to_json(&e->port_ids));
    json_object_put(json, "port_config", smap_to_json(&e->port_config));
    put_string(json, "key", e->key);
    put_string(json, "state", journal_state_to_string(e->state));
    json_object_put(json, "since", json_integer_create(e->since));
    json_object_put(json, "lost_at", json_integer_create(e->lost_at));
    put_string(json, "rep", e->rep);
    put_string(json, "refusal", e->refusal);
    json_object_put(json, "tried", json_boolean_create(e->tried));
    return json;
}

struct json *
journal_to_state(const struct journal *j)
{
    struct json *array = json_array_create_empty();
    const struct journal_entry *e;

    HMAP_FOR_EACH (e, node, &j->entries) {
        json_array_add(array, entry_to_state(e));
    }
    return array;
}

/* Reading.  An entry is as we wrote it, or nothing of the file is used. */

static const char *
get_string(const struct json *json, const char *name)
{
    const struct json *value = shash_find_data(json_object(json), name);

    return value && value->type == JSON_STRING ? json_string(value) : NULL;
}

static bool
get_time(const struct json *json, const char *name, long long int now,
         long long int *time)
{
    const struct json *value = shash_find_data(json_object(json), name);

    if (!value || value->type != JSON_INTEGER || json_integer(value) < 0) {
        return false;
    }
    *time = MIN(json_integer(value), now);
    return true;
}

static bool
get_smap(const struct json *json, const char *name, struct smap *smap)
{
    const struct json *value = shash_find_data(json_object(json), name);
    const struct shash_node *node;

    if (!value || value->type != JSON_OBJECT) {
        return false;
    }
    SHASH_FOR_EACH (node, json_object(value)) {
        const struct json *s = node->data;

        if (s->type != JSON_STRING) {
            return false;
        }
        smap_add(smap, node->name, json_string(s));
    }
    return true;
}

static bool
get_state(const struct json *json, enum journal_state *state)
{
    const char *s = get_string(json, "state");

    for (*state = JOURNAL_ABSENT; s && *state <= JOURNAL_RETURNED;
         (*state)++) {
        if (!strcmp(s, journal_state_to_string(*state))) {
            return true;
        }
    }
    return false;
}

/* Fills 'e' in from 'json'.  Returns NULL, or the name of a member that is not
 * as it has to be. */
static const char *
get_entry(struct journal_entry *e, const struct json *json,
          long long int now)
{
    const struct json *tried = shash_find_data(json_object(json), "tried");

    e->name = nullable_xstrdup(get_string(json, "name"));
    e->port = nullable_xstrdup(get_string(json, "port"));
    e->bridge = nullable_xstrdup(get_string(json, "bridge"));
    e->key = nullable_xstrdup(get_string(json, "key"));
    e->rep = nullable_xstrdup(get_string(json, "rep"));
    e->refusal = nullable_xstrdup(get_string(json, "refusal"));
    e->tried = tried && tried->type == JSON_TRUE;
    return (!e->name ? "name"
            : !e->port ? "port"
            : !e->bridge ? "bridge"
            : !get_smap(json, "external_ids", &e->external_ids)
            ? "external_ids"
            : !get_smap(json, "port_ids", &e->port_ids) ? "port_ids"
            : !get_smap(json, "port_config", &e->port_config) ? "port_config"
            : !get_state(json, &e->state) ? "state"
            : e->state == JOURNAL_RETURNED && !e->rep ? "rep"
            : !get_time(json, "since", now, &e->since) ? "since"
            : !get_time(json, "lost_at", now, &e->lost_at) ? "lost_at"
            : NULL);
}

static char *
add_entry(struct journal *j, const struct json *json, long long int now)
{
    struct journal_entry *e;
    const char *wrong;

    if (json->type != JSON_OBJECT) {
        return xstrdup("an entry is no JSON object");
    }
    e = xzalloc(sizeof *e);
    smap_init(&e->external_ids);
    smap_init(&e->port_ids);
    smap_init(&e->port_config);
    wrong = get_entry(e, json, now);
    if (wrong || journal_find(j, e->name)) {
        journal_entry_destroy(e);
        return (wrong ? xasprintf("member \"%s\" of an entry is missing or "
                                  "wrong", wrong)
                : xstrdup("two entries have one name"));
    }
    hmap_insert(&j->entries, &e->node, hash_string(e->name, 0));
    return NULL;
}

char *
journal_from_state(struct journal *j, const struct json *content,
                   long long int now)
{
    char *error = NULL;

    if (content->type != JSON_ARRAY) {
        return xstrdup("the content is no array");
    } else if (json_array(content)->n > JOURNAL_MAX) {
        return xasprintf("it has more than %d entries", JOURNAL_MAX);
    }
    for (size_t i = 0; i < json_array(content)->n && !error; i++) {
        error = add_entry(j, json_array(content)->elems[i], now);
    }
    if (error) {
        journal_clear(j);
    }
    return error;
}
