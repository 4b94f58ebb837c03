/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_RPC_CONNECTION_H
#define CONTROLLER_RPC_CONNECTION_H 1

/* A client's socket, and the session on it, on the event loop.
 *
 * In each turn a little is read, and no more before all that it led to is
 * sent: so one client cannot keep the others waiting, nor fill our memory by
 * not reading.  A client that does not take what we send, or does not finish
 * what it began, is closed after RPC_CALL_MS, one that is silent after
 * RPC_IDLE_MS.  The latter is longer than the half hour after which clients of
 * gRPC leave by themselves, as one that does not look at an idle connection
 * would see its next call fail. */

#include <stdbool.h>

#include "controller/rpc/session.h"
#include "openvswitch/list.h"

struct event_base;
struct rpc_conn;

#define RPC_IDLE_MS (60 * 60 * 1000)

/* Makes a connection of socket 'fd', which is nonblocking, and puts it at the
 * end of 'list', where it is until it is destroyed: by rpc_conn_destroy(), or
 * from the event loop.  'aux' is for 'lookup'. */
struct rpc_conn *rpc_conn_create(struct event_base *base, int fd,
                                 struct ovs_list *list,
                                 rpc_lookup_func *lookup, void *aux,
                                 struct rpc_counters *counters);

/* Tells the client that this is the end, if it can be told at once. */
void rpc_conn_destroy(struct rpc_conn *);

/* The connection at a 'node' of the list. */
struct rpc_conn *rpc_conn_from_node(const struct ovs_list *node);

/* time_msec() of the last that came from the client. */
long long int rpc_conn_last_input(const struct rpc_conn *);

/* Does what is due.  Returns false if the connection took too long, and was
 * destroyed. */
bool rpc_conn_run(struct rpc_conn *);

/* When rpc_conn_run() will have something to do, time_msec(). */
long long int rpc_conn_deadline(const struct rpc_conn *);

#endif /* controller/rpc/connection.h */
