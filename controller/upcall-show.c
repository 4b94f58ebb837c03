/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/upcall-show.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Number of bytes in the line at 'p'. */
static size_t
line_length(const char *p)
{
    return strcspn(p, "\n");
}

static const char *
next_line(const char *p)
{
    p += line_length(p);
    return *p ? p + 1 : p;
}

static const char *
skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* Finds "(KEY NUMBER)" in the line at 'p'. */
static bool
take_number(const char *p, const char *key, uint64_t *value)
{
    const char *end = p + line_length(p);
    size_t len = strlen(key);

    for (; (p = memchr(p, '(', end - p)); p++) {
        if ((size_t) (end - p) > len + 2 && !strncmp(p + 1, key, len)
            && p[len + 1] == ' ' && isdigit((unsigned char) p[len + 2])) {
            char *tail;

            errno = 0;
            *value = strtoull(p + len + 2, &tail, 10);
            return !errno && *tail == ')';
        }
    }
    return false;
}

bool
upcall_show_parse(const char *text, struct upcall_show *us)
{
    bool found = false;

    *us = (struct upcall_show) { .offload = false };
    while (*text && strncmp(text, "system@", 7)) {
        text = next_line(text);
    }
    if (!*text) {
        return false;
    }

    /* The lines of a datapath are indented, or empty. */
    for (text = next_line(text); *text == ' ' || *text == '\t'
         || *text == '\n'; text = next_line(text)) {
        const char *p = skip_blanks(text);

        if (!strncmp(p, "flows ", 6)) {
            found = (take_number(p, "current", &us->n_flows)
                     && take_number(p, "limit", &us->limit));
        } else if (!strncmp(p, "offloaded flows ", 16)) {
            us->offload = true;
        }
    }
    return found;
}
