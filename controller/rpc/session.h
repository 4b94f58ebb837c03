/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_RPC_SESSION_H
#define CONTROLLER_RPC_SESSION_H 1

/* One client's HTTP/2 connection, by libnghttp2: bytes in, bytes out.
 *
 * Knows gRPC over HTTP/2, as a server of the one method of message.h, and no
 * socket, so that a test or a fuzzer can be the client.  A call is answered as
 * soon as it is there: nothing waits.
 *
 * libnghttp2's own checks of HTTP are off, as they refuse what clients of gRPC
 * for Go send to a Unix socket, its path as ":authority".  So that is done
 * here, for what matters.
 *
 * Whatever a client sends, a session has at most RPC_SESSION_MEMORY bytes in
 * libnghttp2, RPC_MAX_STREAMS calls with the longest request and answer each,
 * and what libnghttp2 answers to one piece of input; the caller reads no more
 * before that is sent. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ofpbuf;
struct rpc_session;

#define RPC_SESSION_MEMORY (256 * 1024)

/* Calls at the same time, which others of the client's wait for. */
#define RPC_MAX_STREAMS 32

/* Header fields of a call, as HTTP/2 counts them, in bytes. */
#define RPC_MAX_HEADERS 8192

/* How long a call may take from its first to its last byte, and a client to
 * begin to speak HTTP/2, in milliseconds. */
#define RPC_CALL_MS 10000

/* Of all connections together. */
struct rpc_counters {
    uint64_t n_calls;           /* Answered with status OK. */
    uint64_t n_empty;           /* Of those, with an empty path. */
    uint64_t n_errors;          /* Calls answered in another way, and those
                                 * that were broken off by us. */
    uint64_t n_broken;          /* Connections that spoke no HTTP/2, or broke
                                 * its rules or our limits. */
};

/* Returns the path for 'pci_address', any text, or "" if there is none: UTF-8
 * of at most RPC_MAX_PATH bytes, good until the next call. */
typedef const char *rpc_lookup_func(const char *pci_address, void *aux);

/* Times are of time_msec(). */
struct rpc_session *rpc_session_create(rpc_lookup_func *lookup, void *aux,
                                       struct rpc_counters *counters,
                                       long long int now);
void rpc_session_destroy(struct rpc_session *);

/* Takes the 'n' bytes at 'data' from the client.  Returns false if the
 * connection has to be closed, after what there is to send. */
bool rpc_session_input(struct rpc_session *, const void *data, size_t n,
                       long long int now);

/* Appends to 'out' what there is to send, until it has 'enough' bytes or some
 * more (one frame).  Returns false if the connection has to be closed. */
bool rpc_session_output(struct rpc_session *, struct ofpbuf *out,
                        size_t enough);

/* Is all said?  The connection can be closed when it is sent. */
bool rpc_session_is_over(const struct rpc_session *);

/* Breaks off calls that have taken too long.  Returns false if the client has
 * not even begun to speak. */
bool rpc_session_expire(struct rpc_session *, long long int now);

/* When rpc_session_expire() will have something to do, or LLONG_MAX. */
long long int rpc_session_deadline(const struct rpc_session *);

/* Tells the client to make no more calls here. */
void rpc_session_goaway(struct rpc_session *);

#endif /* controller/rpc/session.h */
