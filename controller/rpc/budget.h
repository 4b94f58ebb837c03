/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_RPC_BUDGET_H
#define CONTROLLER_RPC_BUDGET_H 1

/* Memory that one connection may have.
 *
 * An allocator for libnghttp2 that counts.  Beyond the limit it has no memory,
 * which the library takes for a fatal error of that connection and of no
 * other.  So the bound rests on no knowledge of what the library keeps. */

#include <nghttp2/nghttp2.h>
#include <stddef.h>

struct budget {
    nghttp2_mem mem;            /* For nghttp2_session_server_new3(). */
    size_t limit;               /* In bytes. */
    size_t used;                /* In bytes, at most 'limit'. */
};

/* 'budget' must stay where it is for as long as any of its memory is used. */
void budget_init(struct budget *, size_t limit);

#endif /* controller/rpc/budget.h */
