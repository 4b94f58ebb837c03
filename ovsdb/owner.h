/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OVSDB_OWNER_H
#define OVSDB_OWNER_H 1

/* Keys in external_ids by which other programs mark a Port or Interface as
 * theirs.  Pure. */

#include <stdbool.h>

struct smap;

/* Is 'key' such a key? */
bool is_foreign_mark(const char *key);

/* Returns the first such key in 'external_ids' (in a fixed order), as a string
 * with static storage duration, or NULL. */
const char *find_foreign_mark(const struct smap *external_ids);

#endif /* ovsdb/owner.h */
