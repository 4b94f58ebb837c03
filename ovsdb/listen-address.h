/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OVSDB_LISTEN_ADDRESS_H
#define OVSDB_LISTEN_ADDRESS_H 1

/* Where to listen for TCP connections, as text.  Pure: no names, no I/O. */

#include <stdbool.h>
#include <sys/socket.h>

/* Reads "IP:PORT", which is "A.B.C.D:PORT" or "[IPV6]:PORT", with a port of 1
 * to 65535 in decimal.  Returns true and stores the address and its length,
 * or returns false. */
bool listen_address_parse(const char *text, struct sockaddr_storage *ss,
                          socklen_t *len);

#endif /* ovsdb/listen-address.h */
