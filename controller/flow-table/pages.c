/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/pages.h"

#include <stdint.h>
#include <sys/mman.h>

#include "util.h"

static char *
map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) {
        out_of_memory();
    }
    return p;
}

static void
unmap(char *p, size_t size)
{
    if (size) {
        munmap(p, size);
    }
}

void *
flow_pages_alloc(size_t size, bool large)
{
    size_t before, after;
    char *p;

    if (!large) {
        return map(size);
    }
    ovs_assert(!(size % FLOW_LARGE_PAGE));
    /* Aligned: what is before and after that goes back. */
    p = map(size + FLOW_LARGE_PAGE);
    after = (uintptr_t) p % FLOW_LARGE_PAGE;
    before = FLOW_LARGE_PAGE - after;
    unmap(p, before);
    unmap(p + before + size, after);
    /* No harm if the kernel does not know this. */
    madvise(p + before, size, MADV_HUGEPAGE);
    return p + before;
}

void
flow_pages_free(void *p, size_t size)
{
    if (p) {
        unmap(p, size);
    }
}
