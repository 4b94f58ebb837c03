/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_DUMP_PRIVATE_H
#define NETLINK_TC_DUMP_PRIVATE_H 1

/* A dump of tc filters, for netlink/tc-dump*.c only.
 *
 *   tc-dump.c       life cycle, events, receiving
 *   tc-dump-read.c  requests, and what is made of their answers */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/tc-common.h"
#include "netlink/tc.h"

struct event;

/* The most that the kernel puts into one chunk of a dump (NLMSG_DUMP in its
 * netlink_recvmsg()). */
#define TC_DUMP_BUF_SIZE 32768

/* 'current' while the qdiscs are dumped. */
#define NO_PART SIZE_MAX

struct tc_dump {
    const struct tc_dump_callbacks *cbs; /* The caller's. */
    void *aux;                  /* For 'cbs'. */
    unsigned int options;       /* TC_DUMP_*. */
    struct tc_dump_result result; /* So far. */
    uint64_t start_us;          /* tc_now_us() of the start. */

    bool all_devices;           /* Are all wanted? */
    int *ifindexes;             /* Else: wanted devices, sorted. */
    size_t n_ifindexes;
    struct tc_part *parts;      /* What to dump; complete once the qdiscs
                                 * are known. */
    size_t n_parts, allocated_parts;
    size_t current;             /* Index into 'parts' or NO_PART. */
    unsigned int n_tries;       /* Of what is 'current', this one included. */

    bool start_parts;           /* The first of 'parts' waits to be begun. */

    int fd;                     /* Netlink socket. */
    uint32_t portid;            /* Its address. */
    uint32_t seq;               /* Of the request under way. */
    bool interrupted;           /* Has the kernel said so of this dump? */
    struct event *readable;     /* Pending while 'left' is 0. */
    struct event *resume;       /* Pending while 'left' is not 0. */
    struct event *pending;      /* Which of them, or NULL. */
    uint8_t *buf;               /* TC_DUMP_BUF_SIZE bytes: the last chunk. */
    size_t ofs;                 /* Of the first message not processed. */
    size_t left;                /* Bytes from there on. */

    struct tc_batch batch;      /* Flows of the current part, to be told. */
    bool in_callback;           /* One of 'cbs' is running. */
    bool cancelled;             /* By it: free as soon as it returns. */
};

/* What processing a message led to. */
enum progress {
    P_MORE,                     /* The dump goes on. */
    P_NEXT,                     /* It is over: start the next one. */
    P_AGAIN,                    /* It is over, and worth nothing. */
    P_END,                      /* All is over; 'result' tells how. */
};

/* Sets which devices are wanted: those in 'ifindexes', or all if that is
 * NULL. */
void tc_dump_want(struct tc_dump *, const int *ifindexes, size_t n);
void tc_dump_add_part(struct tc_dump *, const struct tc_part *);

/* Asks for what is 'current'.  Returns P_MORE or P_END. */
enum progress tc_dump_start_current(struct tc_dump *);

/* Processes at most TC_DUMP_MAX_MESSAGES of what is in 'buf'.  Returns P_MORE
 * or P_END. */
enum progress tc_dump_process(struct tc_dump *);

#endif /* netlink/tc-dump-private.h */
