/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/rpc/socket-list.h"

#include <string.h>

#include "controller/rpc/message.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "unicode.h"
#include "util.h"

/* So much of what is wrong is shown in a message. */
#define MAX_SHOWN 64

#define BLANKS " \t\r\n"

/* Longer text than this, in bytes, is no address. */
#define MAX_ADDRESS 32

static struct socket_list *
socket_list_create(void)
{
    struct socket_list *list = xmalloc(sizeof *list);

    hmap_init(&list->entries);
    list->n_paths = 0;
    return list;
}

void
socket_list_destroy(struct socket_list *list)
{
    struct socket_entry *entry;

    if (list) {
        HMAP_FOR_EACH_POP (entry, node, &list->entries) {
            free(entry->path);
            free(entry);
        }
        hmap_destroy(&list->entries);
        free(list);
    }
}

static struct socket_entry *
find(const struct socket_list *list, const struct pci_addr *addr)
{
    struct socket_entry *entry;

    HMAP_FOR_EACH_WITH_HASH (entry, node, pci_addr_hash(addr, 0),
                             &list->entries) {
        if (!pci_addr_compare(&entry->addr, addr)) {
            return entry;
        }
    }
    return NULL;
}

const struct socket_entry *
socket_list_find(const struct socket_list *list, const struct pci_addr *addr)
{
    return list ? find(list, addr) : NULL;
}

static bool
is_blank(char c)
{
    return c && strchr(BLANKS, c);
}

/* "WHAT: "TEXT" IS", to be freed. */
static char *
complaint(const char *what, size_t number, const char *text, size_t n,
          const char *is)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s %"PRIuSIZE": \"", what, number);
    ds_put_printable(&s, text, MIN(n, MAX_SHOWN));
    ds_put_format(&s, "%s\" %s", n > MAX_SHOWN ? "..." : "", is);
    return ds_steal_cstr(&s);
}

static bool
parse_address(const char *s, size_t n, struct pci_addr *addr)
{
    char copy[MAX_ADDRESS + 1];

    if (n > MAX_ADDRESS || memchr(s, '\0', n)) {
        return false;
    }
    memcpy(copy, s, n);
    copy[n] = '\0';
    return pci_addr_parse(copy, addr);
}

/* Adds 'addr' with 'path', which may be NULL.  Returns false if it is there
 * with another one. */
static bool
add(struct socket_list *list, const struct pci_addr *addr, const char *path)
{
    struct socket_entry *entry = find(list, addr);

    if (!entry) {
        entry = xmalloc(sizeof *entry);
        entry->addr = *addr;
        entry->path = NULL;
        hmap_insert(&list->entries, &entry->node, pci_addr_hash(addr, 0));
    }
    if (path && entry->path) {
        return !strcmp(path, entry->path);
    } else if (path) {
        entry->path = xstrdup(path);
        list->n_paths++;
    }
    return true;
}

/* Plain text. */

static char *
parse_lines(struct socket_list *list, const char *text, size_t n)
{
    const char *end = text + n;

    for (size_t number = 1; text < end; number++) {
        const char *newline = memchr(text, '\n', end - text);
        const char *stop = newline ? newline : end;
        const char *next = newline ? newline + 1 : end;
        struct pci_addr addr;

        while (text < stop && is_blank(*text)) {
            text++;
        }
        while (stop > text && is_blank(stop[-1])) {
            stop--;
        }
        if (stop > text) {
            if (!parse_address(text, stop - text, &addr)) {
                return complaint("line", number, text, stop - text,
                                 "is no PCI address");
            }
            add(list, &addr, NULL);
        }
        text = next;
    }
    return NULL;
}

/* JSON. */

/* Why 'path' is none that could be answered with, or NULL if it could. */
static const char *
check_path(const char *path)
{
    size_t length;
    char *error = utf8_validate(path, &length);

    if (error) {
        free(error);
        return "is not UTF-8";
    }
    if (path[0] != '/') {
        return "is no absolute path";
    }
    return strlen(path) > RPC_MAX_PATH ? "is too long" : NULL;
}

static char *
parse_entry(struct socket_list *list, const struct json *json, size_t number)
{
    const struct json *address = json;
    const struct json *path = NULL;
    const char *name = NULL;
    struct pci_addr addr;

    if (json->type == JSON_OBJECT) {
        address = shash_find_data(json_object(json), "pciAddress");
        path = shash_find_data(json_object(json), "socketpath");
    }
    if (!address || address->type != JSON_STRING) {
        return xasprintf("entry %"PRIuSIZE": there is no string "
                         "\"pciAddress\"", number);
    }
    if (!parse_address(json_string(address), strlen(json_string(address)),
                       &addr)) {
        return complaint("entry", number, json_string(address),
                         strlen(json_string(address)), "is no PCI address");
    }
    if (path) {
        if (path->type != JSON_STRING) {
            return xasprintf("entry %"PRIuSIZE": \"socketpath\" is no string",
                             number);
        }
        name = json_string(path);
    }
    if (name && name[0]) {
        const char *wrong = check_path(name);

        if (wrong) {
            return complaint("entry", number, name, strlen(name), wrong);
        }
        if (!add(list, &addr, name)) {
            return complaint("entry", number, name, strlen(name),
                             "is the second socket of the same address");
        }
    } else {
        add(list, &addr, NULL);
    }
    return NULL;
}

static char *
parse_json(struct socket_list *list, const char *text, size_t n)
{
    struct json_parser *parser = json_parser_create(0);
    char *error = NULL;

    size_t used = json_parser_feed(parser, text, n);
    while (used < n && is_blank(text[used])) {
        used++;
    }

    /* A string, which no list is, says what is wrong. */
    struct json *json = json_parser_finish(parser);
    if (json->type == JSON_STRING) {
        error = xstrdup(json_string(json));
    } else if (used < n) {
        error = complaint("after byte", used, text + used, n - used,
                          "follows the list");
    } else if (json->type == JSON_ARRAY) {
        const struct json_array *array = json_array(json);

        for (size_t i = 0; i < array->n && !error; i++) {
            error = parse_entry(list, array->elems[i], i + 1);
        }
    } else {
        error = parse_entry(list, json, 1);
    }
    json_destroy(json);
    return error;
}

struct socket_list *
socket_list_parse(const char *text, size_t n, char **error)
{
    struct socket_list *list = socket_list_create();
    size_t skip = 0;

    while (skip < n && is_blank(text[skip])) {
        skip++;
    }
    if (skip == n) {
        *error = xstrdup("there is nothing in it");
    } else if (text[skip] == '[' || text[skip] == '{') {
        *error = parse_json(list, text + skip, n - skip);
    } else {
        *error = parse_lines(list, text, n);
    }
    if (*error) {
        socket_list_destroy(list);
        return NULL;
    }
    return list;
}
