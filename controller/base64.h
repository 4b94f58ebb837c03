/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_BASE64_H
#define CONTROLLER_BASE64_H 1

#include <stddef.h>

/* Decodes 's', which has to be base64 with padding, as Go writes byte arrays
 * in JSON (RFC 4648, section 4).  Returns what it says, '*n' bytes and a NUL
 * after them, which the caller frees, or NULL if it is anything else. */
char *base64_decode(const char *s, size_t *n);

#endif /* controller/base64.h */
