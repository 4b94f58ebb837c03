/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_CAPTURE_H
#define TESTS_UNIT_CAPTURE_H 1

/* Recorded messages, and what may become of them, for tests of parsers.
 * cmocka.h and what it needs have to be included before. */

#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "util.h"

struct capture {
    uint8_t *data;
    size_t len;                 /* Bytes in 'data'. */
};

/* Reads tests/unit/captures/NAME.bin. */
static inline struct capture
capture_read(const char *name)
{
    const char *srcdir = getenv("srcdir");
    char *path = xasprintf("%s/tests/unit/captures/%s.bin",
                           srcdir ? srcdir : ".", name);
    FILE *file = fopen(path, "rb");
    struct capture c = { .data = xmalloc(65536) };

    if (!file) {
        fail_msg("%s: cannot open", path);
    }
    c.len = fread(c.data, 1, 65536, file);
    assert_true(c.len > 0);
    fclose(file);
    free(path);

    /* So that ASan sees the first byte that is read beyond its end. */
    c.data = xrealloc(c.data, c.len);
    return c;
}

static inline struct nlmsghdr *
capture_nlmsg(const struct capture *c)
{
    return (void *) c->data;
}

/* Calls 'parse' for every beginning of netlink message 'name', with a header
 * that says so, and then for 'n' random changes of it. */
static inline void
capture_torture(const char *name, int n,
                void (*parse)(const struct nlmsghdr *))
{
    struct capture c = capture_read(name);

    for (size_t len = NLMSG_HDRLEN; len <= c.len; len++) {
        struct nlmsghdr *copy = xmemdup(c.data, len);

        copy->nlmsg_len = len;
        parse(copy);
        free(copy);
    }
    random_set_seed(1);
    for (int i = 0; i < n; i++) {
        struct nlmsghdr *copy = xmemdup(c.data, c.len);
        int n_changes = 1 + random_range(4);

        for (int j = 0; j < n_changes; j++) {
            /* Behind nlmsg_len and nlmsg_type, which choose the parser. */
            size_t at = 6 + random_range(c.len - 6);

            ((uint8_t *) copy)[at] = random_uint32();
        }
        parse(copy);
        free(copy);
    }
    free(c.data);
}

#endif /* tests/unit/capture.h */
