/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_RPC_SERVER_H
#define CONTROLLER_RPC_SERVER_H 1

/* The service that tells which socket belongs to a PCI address, by gRPC on a
 * Unix socket (message.h), for CNIs that give vDPA devices to pods.
 *
 * What it knows is, the first that has a path counts:
 *
 *   - file "socketList.dat" in the directory of the socket,
 *   - file "pciList.dat" there, both read again when they change, and
 *   - the vDPA devices in the inventory: "/dev/vhost-vdpa-N" of the one on
 *     the PCI function.  Of several none is taken.
 *
 * A socket that cannot be opened (no directory, another server) is tried again
 * when the directory changes, and from time to time. */

#include <stdbool.h>

#include "controller/rpc/session.h"

struct event_base;
struct inventory;
struct json;
struct rpc_server;

/* Clients at the same time.  One more takes the place of the one that has been
 * silent for longest, if that is a second at least. */
#define RPC_MAX_CONNECTIONS 64

#define RPC_SOCKET_LIST "socketList.dat"
#define RPC_PCI_LIST "pciList.dat"

struct rpc_server *rpc_server_create(struct event_base *,
                                     const struct inventory *);
/* Removes the socket. */
void rpc_server_destroy(struct rpc_server *);

/* Serves at 'path', or nowhere if that is NULL.  Does nothing if that is so
 * already. */
void rpc_server_set_path(struct rpc_server *, const char *path);

void rpc_server_run(struct rpc_server *);
void rpc_server_wait(const struct rpc_server *);

/* Path for 'pci_address', any text, or "".  Good until the next change. */
const char *rpc_server_lookup(const char *pci_address, void *server);

/* What is counted. */
struct rpc_server_counts {
    struct rpc_counters calls;
    bool listening;             /* Is the socket there? */
    uint64_t n_accepted;        /* Connections, with those that follow. */
    uint64_t n_refused;         /* Closed at once, as there were too many. */
    uint64_t n_displaced;       /* Closed to make room for another one. */
    uint64_t n_timeouts;        /* Closed as they took too long. */
};
void rpc_server_get_counts(const struct rpc_server *,
                           struct rpc_server_counts *counts);

/* For command "status". */
struct json *rpc_server_status_to_json(const struct rpc_server *);

#endif /* controller/rpc/server.h */
