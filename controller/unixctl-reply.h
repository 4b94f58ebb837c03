/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_UNIXCTL_REPLY_H
#define CONTROLLER_UNIXCTL_REPLY_H 1

/* What a daemon answers to a unixctl command, as it arrives: a JSON-RPC
 * reply, whose string is told in pieces and never held as a whole.  A dump of
 * flows may have hundreds of megabytes.
 *
 *   {"id": ..., "result": STRING or null, "error": STRING or null}
 *
 * with members in any order, and others passed over.  Pure, and takes memory
 * of a fixed size. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a piece, at most. */
#define UNIXCTL_REPLY_PIECE 4096

enum unixctl_reply_state {
    UNIXCTL_REPLY_MORE,         /* It is not complete. */
    UNIXCTL_REPLY_RESULT,       /* The command succeeded. */
    UNIXCTL_REPLY_ERROR,        /* The command failed. */
    UNIXCTL_REPLY_BAD,          /* This is no reply. */
};

/* Takes the next 'n' bytes, at least 1, of the text, which are UTF-8 as far as
 * the reply is.  'error' tells whether they are of the error.  A text may be
 * told that then turns out to be no complete reply. */
typedef void unixctl_reply_cb(void *aux, bool error, const char *, size_t n);

struct unixctl_reply {
    unixctl_reply_cb *text;     /* Takes the text. */
    void *aux;                  /* For 'text'. */
    int state;                  /* What is expected, see unixctl-reply.c. */
    int member;                 /* Which member's value that is. */
    char key[8];                /* Its name, as far as there is room. */
    size_t key_len;             /* Length of that. */
    unsigned int depth;         /* Objects and arrays around what is passed
                                 * over. */
    unsigned int n_hex;         /* Digits of a "\u" that are still to come. */
    uint32_t code;              /* What they were so far. */
    uint32_t lead;              /* First half of a surrogate pair, or 0. */
    bool has_result, has_error; /* Was the value of either a string? */
    size_t n;                   /* Bytes in 'piece'. */
    char piece[UNIXCTL_REPLY_PIECE]; /* Text that was not told yet. */
};

void unixctl_reply_init(struct unixctl_reply *, unixctl_reply_cb *, void *aux);

/* Takes the next 'n' bytes.  What follows a complete reply is passed over, as
 * is all that follows something bad. */
enum unixctl_reply_state unixctl_reply_feed(struct unixctl_reply *,
                                            const char *, size_t n);

#endif /* controller/unixctl-reply.h */
