/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/request.h"

#include <ctype.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb/owner.h"
#include "packets.h"
#include "util.h"

/* So much of a bad part is shown in a message. */
#define MAX_SHOWN 64

static void request_destroy(struct request *);

/* Appends the 'n' bytes at 's', which anyone may have written, to 'msg' in
 * quotes and in a form that is safe in a log and on a terminal. */
static void
put_quoted(struct ds *msg, const char *s, size_t n)
{
    ds_put_char(msg, '"');
    ds_put_printable(msg, s, MIN(n, MAX_SHOWN));
    ds_put_cstr(msg, n > MAX_SHOWN ? "...\"" : "\"");
}

/* Returns a message that says "'what' "'s'" 'why'". */
static char *
complain(const char *what, const char *s, size_t n, const char *why)
{
    struct ds msg = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&msg, what);
    ds_put_char(&msg, ' ');
    put_quoted(&msg, s, n);
    ds_put_format(&msg, " %s", why);
    return ds_steal_cstr(&msg);
}

/* Are the 'n' bytes at 's' printable ASCII, and without blanks unless
 * 'blanks'? */
static bool
is_printable(const char *s, size_t n, bool blanks)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = s[i];

        if (c < (blanks ? 0x20 : 0x21) || c > 0x7e) {
            return false;
        }
    }
    return true;
}

/* Replaces "mac", and the spelling that OpenStack has, by the key under which
 * OVN and ovn-kubernetes know a MAC address. */
static const char *
canonical_key(const char *key)
{
    return (!strcmp(key, "mac") || !strcmp(key, "attached-mac")
            ? "attached_mac"
            : key);
}

static bool
is_reserved_key(const char *key)
{
    return (!strncmp(key, "offload-", strlen("offload-"))
            || !strncmp(key, "ovn-installed", strlen("ovn-installed"))
            || is_foreign_mark(key));
}

/* Returns 'value' as a MAC address in lower case if it is one that a station
 * can have, else NULL and sets '*why'. */
static char *
parse_mac(const char *value, const char **why)
{
    struct eth_addr mac;

    *why = "is not of the form xx:xx:xx:xx:xx:xx";
    if (strlen(value) != ETH_ADDR_STRLEN) {
        return NULL;
    }
    for (size_t i = 0; i < ETH_ADDR_STRLEN; i++) {
        unsigned char c = value[i];

        if (i % 3 == 2 ? c != ':' : !isxdigit(c)) {
            return NULL;
        }
    }
    if (!eth_addr_from_string(value, &mac)) {
        return NULL;
    }
    if (eth_addr_is_zero(mac)) {
        *why = "is zero";
        return NULL;
    }
    if (eth_addr_is_multicast(mac)) {
        *why = "is a multicast address";
        return NULL;
    }
    return xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
}

/* Adds the pair 'key', 'value' to 'external_ids'.  Returns NULL or a message
 * that the caller frees. */
static char *
add_pair(struct smap *external_ids, const char *key, const char *value)
{
    const char *name = canonical_key(key);

    if (is_reserved_key(name)) {
        return complain("key", key, strlen(key), "is reserved");
    }
    if (smap_get(external_ids, name)) {
        return complain("key", key, strlen(key), "is given twice");
    }
    if (!strcmp(name, "attached_mac")) {
        const char *why;
        char *mac = parse_mac(value, &why);

        if (!mac) {
            return complain("MAC address", value, strlen(value), why);
        }
        smap_add_nocopy(external_ids, xstrdup(name), mac);
        return NULL;
    }
    if (!strcmp(name, "iface-id") && !value[0]) {
        return xstrdup("iface-id is empty");
    }
    smap_add(external_ids, name, value);
    return NULL;
}

/* Parses the 'n' bytes at 'part', one "key=value", into 'external_ids'.
 * Returns NULL or a message that the caller frees. */
static char *
parse_pair(const char *part, size_t n, struct smap *external_ids)
{
    const char *eq = memchr(part, '=', n);

    if (!eq) {
        return complain("part", part, n, "is not of the form key=value");
    }

    size_t key_len = eq - part;
    size_t value_len = n - key_len - 1;
    if (!key_len) {
        return complain("part", part, n, "has an empty key");
    }
    if (!is_printable(part, key_len, false)) {
        return complain("key", part, key_len,
                        "has a blank or unprintable character");
    }
    if (!is_printable(eq + 1, value_len, true)) {
        return complain("value", eq + 1, value_len,
                        "has an unprintable character");
    }

    char *key = xmemdup0(part, key_len);
    char *value = xmemdup0(eq + 1, value_len);
    char *error = add_pair(external_ids, key, value);
    free(key);
    free(value);
    return error;
}

char *
request_parse(const char *value, struct smap *external_ids)
{
    const char *part = value;
    char *error;

    for (;;) {
        size_t n = strcspn(part, ",");

        error = parse_pair(part, n, external_ids);
        if (error || !part[n]) {
            break;
        }
        part += n + 1;
    }
    if (!error && !smap_get(external_ids, "iface-id")) {
        error = xstrdup("iface-id is missing");
    }
    if (error) {
        smap_clear(external_ids);
    }
    return error;
}

char *
request_format(const struct smap *external_ids)
{
    const struct smap_node **nodes = smap_sort(external_ids);
    const char *mac = smap_get(external_ids, "attached_mac");
    struct ds value = DS_EMPTY_INITIALIZER;

    ds_put_format(&value, "iface-id=%s",
                  smap_get_def(external_ids, "iface-id", ""));
    if (mac) {
        ds_put_format(&value, ",mac=%s", mac);
    }
    for (size_t i = 0; i < smap_count(external_ids); i++) {
        if (strcmp(nodes[i]->key, "iface-id")
            && strcmp(nodes[i]->key, "attached_mac")) {
            ds_put_format(&value, ",%s=%s", nodes[i]->key, nodes[i]->value);
        }
    }
    free(nodes);
    return ds_steal_cstr(&value);
}

void
request_table_init(struct request_table *table)
{
    hmap_init(&table->requests);
}

void
request_table_destroy(struct request_table *table)
{
    if (table) {
        struct request *request;

        HMAP_FOR_EACH_POP (request, node, &table->requests) {
            request_destroy(request);
        }
        hmap_destroy(&table->requests);
    }
}

struct request *
request_find(const struct request_table *table, const char *name)
{
    struct request *request;

    HMAP_FOR_EACH_WITH_HASH (request, node, hash_string(name, 0),
                             &table->requests) {
        if (!strcmp(request->name, name)) {
            return request;
        }
    }
    return NULL;
}

static struct request *
request_create(const char *name, const char *value)
{
    struct request *request = xzalloc(sizeof *request);

    request->name = xstrdup(name);
    request->value = xstrdup(value);
    smap_init(&request->external_ids);
    request->error = (name[0]
                      ? request_parse(value, &request->external_ids)
                      : xstrdup("no device is named after "
                                "\"" REQUEST_KEY_PREFIX "\""));
    if (!request->error) {
        request->iface_id = xstrdup(smap_get(&request->external_ids,
                                             "iface-id"));
    }
    return request;
}

static void
request_destroy(struct request *request)
{
    if (request) {
        free(request->name);
        free(request->value);
        free(request->error);
        free(request->iface_id);
        smap_destroy(&request->external_ids);
        free(request);
    }
}

bool
request_table_update(struct request_table *table,
                     const struct smap *external_ids)
{
    const size_t prefix_len = strlen(REQUEST_KEY_PREFIX);
    struct request *request;
    struct smap_node *node;
    bool changed = false;

    /* Those that are gone or say something else now. */
    HMAP_FOR_EACH_SAFE (request, node, &table->requests) {
        char *key = xasprintf(REQUEST_KEY_PREFIX"%s", request->name);
        const char *value = smap_get(external_ids, key);

        if (!value || strcmp(value, request->value)) {
            hmap_remove(&table->requests, &request->node);
            request_destroy(request);
            changed = true;
        }
        free(key);
    }

    SMAP_FOR_EACH (node, external_ids) {
        if (strncmp(node->key, REQUEST_KEY_PREFIX, prefix_len)) {
            continue;
        }

        const char *name = node->key + prefix_len;
        if (!request_find(table, name)) {
            request = request_create(name, node->value);
            hmap_insert(&table->requests, &request->node,
                        hash_string(name, 0));
            changed = true;
        }
    }
    return changed;
}
