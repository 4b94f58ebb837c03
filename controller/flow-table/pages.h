/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_PAGES_H
#define CONTROLLER_FLOW_PAGES_H 1

/* Memory from the kernel itself, for what is large: malloc() would do the
 * same, but would need a page more for each piece.
 *
 * The kernel gives each page when it is first touched, which costs several
 * times what clearing it does.  So it is asked for large pages, which
 * also spare the processor most misses when it looks up addresses.  Where it
 * has none, all works with small ones. */

#include <stdbool.h>
#include <stddef.h>

#define FLOW_LARGE_PAGE ((size_t) 1 << 21)

/* Returns 'size' bytes, all zeros.  If 'large', 'size' is a multiple of
 * FLOW_LARGE_PAGE, and all of such a piece is in use once any of it is. */
void *flow_pages_alloc(size_t size, bool large);
void flow_pages_free(void *, size_t size);

#endif /* controller/flow-table/pages.h */
