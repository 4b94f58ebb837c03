/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow-text/private.h"

#include "controller/flow-text/text.h"
#include "hash.h"
#include "util.h"

/* Memory of all names together, in bytes. */
#define MAX_NAME_BYTES (2 * 1024 * 1024)

void
flow_text_names_init(struct flow_text_names *names)
{
    memset(names, 0, sizeof *names);
    names->mask = 255;
    names->slots = xcalloc(names->mask + 1, sizeof *names->slots);
}

void
flow_text_names_destroy(struct flow_text_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        free(names->names[i].string);
    }
    free(names->names);
    free(names->slots);
}

static void
rehash(struct flow_text_names *names)
{
    names->mask = names->mask * 2 + 1;
    free(names->slots);
    names->slots = xcalloc(names->mask + 1, sizeof *names->slots);
    for (size_t i = 0; i < names->n; i++) {
        size_t slot = names->names[i].hash & names->mask;

        while (names->slots[slot]) {
            slot = (slot + 1) & names->mask;
        }
        names->slots[slot] = i + 1;
    }
}

/* Returns what keeps the 'len' bytes at 'p' from being a port's name, or
 * NULL.  A name with parentheses or commas cannot be told from actions where
 * it is an output, and one with a slash is a number with a mask. */
static const char *
check_name(const char *p, size_t len)
{
    if (!len) {
        return "a port has no name";
    }
    if (len > FLOW_TEXT_MAX_NAME) {
        return "a port's name is too long";
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = p[i];

        if (c <= ' ' || c == 0x7f || strchr("(),/<>{}", c)) {
            return "a port's name has a character that names do not have";
        }
    }
    return NULL;
}

/* Adds 'name', which lacks its string, of which the bytes are at 'p'. */
static uint32_t
add(struct flow_text_names *names, const struct flow_text_name *name,
    const char *p, const char **why)
{
    size_t slot;

    *why = check_name(p, name->len);
    if (!*why && (names->n >= FLOW_TEXT_MAX_NAMES
                  || names->n_bytes + name->len >= MAX_NAME_BYTES)) {
        *why = "there are too many names of ports";
    }
    if (*why) {
        return 0;
    }

    if (names->n * 2 > names->mask) {
        rehash(names);
    }
    if (names->n >= names->allocated) {
        names->names = x2nrealloc(names->names, &names->allocated,
                                  sizeof *names->names);
    }
    names->names[names->n] = *name;
    names->names[names->n].string = xmemdup0(p, name->len);
    names->n_bytes += name->len + 1;

    slot = name->hash & names->mask;
    while (names->slots[slot]) {
        slot = (slot + 1) & names->mask;
    }
    names->slots[slot] = ++names->n;
    return names->n;
}

uint32_t
flow_text_intern(struct flow_text_names *names, const char *p, size_t len,
                 const char **why)
{
    struct flow_text_name name = { .len = MIN(len, UINT32_MAX) };
    uint64_t mix;

    /* What is read behind a short name is there (FLOW_TEXT_PAD), and is
     * shifted out. */
    memcpy(&name.head, p, 8);
    name.head = le64toh(name.head);
    if (len >= 8) {
        memcpy(&name.tail, p + len - 8, 8);
    } else {
        name.head &= (UINT64_C(1) << (8 * len)) - 1;
    }
    mix = (name.head * UINT64_C(0x9e3779b97f4a7c15)
           ^ name.tail * UINT64_C(0xc2b2ae3d27d4eb4f)) + len;
    name.hash = len <= 16 ? mix >> 32 ^ mix : hash_bytes(p, len, 0);

    for (size_t slot = name.hash & names->mask; names->slots[slot];
         slot = (slot + 1) & names->mask) {
        const struct flow_text_name *n = &names->names[names->slots[slot] - 1];

        if (n->head == name.head && n->tail == name.tail && n->len == len
            && (len <= 16 || !memcmp(n->string, p, len))) {
            return names->slots[slot];
        }
    }
    return add(names, &name, p, why);
}
