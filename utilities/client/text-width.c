/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/text-width.h"

#include <locale.h>
#include <stdint.h>
#include <wchar.h>

/* The C library knows widths of all characters in locales of UTF-8, of which
 * this is always there. */
#define UTF8_LOCALE "C.UTF-8"

/* Decodes the character at 's', which is not at its end, into '*c'.  Returns
 * its number of bytes, 1 also for a byte that is no UTF-8; that is 0 in
 * '*c'. */
static size_t
decode(const char *s, uint32_t *c)
{
    const uint8_t *p = (const uint8_t *) s;
    size_t n = (p[0] < 0x80 ? 1
                : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
                : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
                : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                : 0);

    *c = n == 1 ? p[0] : n ? p[0] & (0x7f >> n) : 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            *c = 0;
            return 1;
        }
        *c = *c << 6 | (p[i] & 0x3f);
    }
    return n ? n : 1;
}

/* Columns of the character at 's', which is not at its end, and in '*n' its
 * number of bytes. */
static size_t
char_width(const char *s, size_t *n)
{
    uint32_t c;
    int width;

    *n = decode(s, &c);
    if (c < 0x80) {
        return 1;
    }
    /* Less than 0 if the library does not know it: a terminal shows something
     * in its place. */
    width = wcwidth(c);
    return width < 0 ? 1 : width;
}

/* Bytes as text_bytes(), and in '*columns' how many they take. */
static size_t
measure(const char *s, size_t limit, size_t *columns)
{
    static locale_t utf8;
    locale_t before = (locale_t) 0;
    size_t i = 0, n;

    if (!utf8) {
        utf8 = newlocale(LC_CTYPE_MASK, UTF8_LOCALE, (locale_t) 0);
    }
    if (utf8) {
        before = uselocale(utf8);
    }
    for (*columns = 0; s[i]; i += n) {
        size_t width = char_width(s + i, &n);

        if (width > limit - *columns) {
            break;
        }
        *columns += width;
    }
    if (before) {
        uselocale(before);
    }
    return i;
}

size_t
text_width(const char *s)
{
    size_t columns;

    measure(s, SIZE_MAX, &columns);
    return columns;
}

size_t
text_bytes(const char *s, size_t width)
{
    size_t columns;

    return measure(s, width, &columns);
}
