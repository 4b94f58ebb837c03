/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_RPC_SOCKET_LIST_H
#define CONTROLLER_RPC_SOCKET_LIST_H 1

/* Lists of PCI addresses and the sockets that belong to them, in either of two
 * shapes:
 *
 *   - JSON: an array of objects {"pciAddress": "0000:82:00.2", "socketpath":
 *     "/var/run/vdpa/vhost/vdpa-0"}, or one such object.  Where there is no
 *     "socketpath", or an empty one, or just the address, a string, in place
 *     of an object, no socket is known.  Other members mean nothing.
 *
 *   - Plain text: an address a line, without a socket.
 *
 * The first character that is not blank tells which.  A list is good as a
 * whole or not at all, as one that is half written could look like a shorter
 * one.
 *
 * Pure: no I/O, no logging. */

#include <stdbool.h>
#include <stddef.h>

#include "netlink/kernel-types.h"
#include "openvswitch/hmap.h"

struct socket_entry {
    struct hmap_node node;      /* In struct socket_list's 'entries'. */
    struct pci_addr addr;       /* Key. */
    char *path;                 /* Of the socket, or NULL: not known. */
};

struct socket_list {
    struct hmap entries;        /* struct socket_entry by address. */
    size_t n_paths;             /* Of those, with a socket. */
};

/* Parses the 'n' bytes at 'text'.  Returns the list, to be freed with
 * socket_list_destroy(), or NULL and stores in '*error', to be freed, what is
 * wrong where.  What has nothing but blanks in it is no list; that of nothing
 * is "[]". */
struct socket_list *socket_list_parse(const char *text, size_t n,
                                      char **error);
void socket_list_destroy(struct socket_list *);

/* What 'list', which may be NULL, has of 'addr', or NULL. */
const struct socket_entry *socket_list_find(const struct socket_list *list,
                                            const struct pci_addr *addr);

#endif /* controller/rpc/socket-list.h */
