/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_TEXT_WIDTH_H
#define UTILITIES_CLIENT_TEXT_WIDTH_H 1

/* Columns that text takes on a terminal.
 *
 * Text is UTF-8 without control characters, whatever the locale says: most
 * characters take one column, those of Chinese, Japanese and Korean two, and
 * those that combine with the one before none.  A byte that is no UTF-8 takes
 * one. */

#include <stddef.h>

/* Columns of 's'. */
size_t text_width(const char *s);

/* Bytes of the beginning of 's' that take at most 'width' columns, to the end
 * of a character with all that combines with it. */
size_t text_bytes(const char *s, size_t width);

#endif /* utilities/client/text-width.h */
