/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_SOURCE_H
#define NETLINK_SOURCE_H 1

/* What all sources of struct kernel have in common: their status, and telling
 * it and their objects to the sink. */

#include "compiler.h"
#include "netlink/kernel.h"

struct source {
    enum kernel_source id;
    const struct kernel_sink *sink;
    void *aux;                  /* For 'sink'. */
    struct source_status status;
};

void source_init(struct source *, enum kernel_source,
                 const struct kernel_sink *, void *aux);
void source_uninit(struct source *);

/* Changes the state, and tells so if it is another. */
void source_set_state(struct source *, enum source_state);

void source_begin(struct source *);

/* Ends a full read: the source is in SOURCE_SYNCED. */
void source_end(struct source *);

/* There is nothing of this source any more: empties the sink's tables. */
void source_set_absent(struct source *);

/* Messages were lost for positive errno 'error'. */
void source_note_lost(struct source *, int error);

/* Remembers and logs what went wrong. */
void source_error(struct source *, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);

/* Counts, and logs, a message that is left out. */
void source_malformed(struct source *, const char *what);

#endif /* netlink/source.h */
