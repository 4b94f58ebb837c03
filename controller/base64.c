/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/base64.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* The six bits that 'c' stands for, or -1. */
static int
decode_char(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = c ? strchr(digits, c) : NULL;

    return p ? p - digits : -1;
}

char *
base64_decode(const char *s, size_t *n)
{
    size_t len = strlen(s);
    size_t padding = 0;

    *n = 0;
    if (len % 4) {
        return NULL;
    }
    while (padding < 2 && padding < len && s[len - 1 - padding] == '=') {
        padding++;
    }

    char *out = xmalloc(len / 4 * 3 + 1);
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        int value = i < len - padding ? decode_char(s[i]) : 0;

        if (value < 0) {
            free(out);
            *n = 0;
            return NULL;
        }
        bits = bits << 6 | value;
        if (i % 4 == 3) {
            out[(*n)++] = bits >> 16 & 0xff;
            out[(*n)++] = bits >> 8 & 0xff;
            out[(*n)++] = bits & 0xff;
        }
    }
    *n -= padding;
    out[*n] = '\0';
    return out;
}
