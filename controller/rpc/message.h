/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_RPC_MESSAGE_H
#define CONTROLLER_RPC_MESSAGE_H 1

/* The messages of GetSocketpath, as gRPC carries them.
 *
 *     package vdpadpdk
 *     service VdpaDpdk
 *         rpc GetSocketpath(GetSocketpathRequest)
 *             returns (GetSocketpathResponse)
 *     GetSocketpathRequest    string pciAddress = 1
 *     GetSocketpathResponse   string socketpath = 1
 *
 * A message is in a frame: a byte that says whether it is compressed, its
 * length in four bytes, most significant first, and the message itself, which
 * is Protocol Buffers' wire format.  One field of one kind needs no generated
 * code; unknown fields are passed over as a later version may have them.
 *
 * Pure: no I/O, no logging. */

#include <stddef.h>
#include <stdint.h>

struct ofpbuf;

#define RPC_METHOD_PATH "/vdpadpdk.VdpaDpdk/GetSocketpath"

/* Bytes before a message. */
#define RPC_FRAME_HEADER 5

/* Longest request that is taken, in bytes, less the frame's header.  A PCI
 * address has 12. */
#define RPC_MAX_REQUEST 1024

/* Longest path in an answer, in bytes. */
#define RPC_MAX_PATH 1023

/* Those of gRPC's status codes that we use. */
enum grpc_status {
    GRPC_OK = 0,
    GRPC_RESOURCE_EXHAUSTED = 8, /* Longer than we take. */
    GRPC_UNIMPLEMENTED = 12,    /* No such method; compressed. */
    GRPC_INTERNAL = 13,         /* What came is no message. */
};

/* Parses the 'n' bytes at 'body', which is all that a client sent with a call,
 * or its first RPC_FRAME_HEADER + RPC_MAX_REQUEST + 1 bytes if it is more.
 *
 * If it is a request, returns GRPC_OK and stores the address in
 * '*pci_address', to be freed: any text, "" if there is none.  As no address
 * has a null byte in it, text with one is taken for "".  Else returns another
 * status and stores why in '*error': printable ASCII without '%', static. */
enum grpc_status rpc_request_parse(const uint8_t *body, size_t n,
                                   char **pci_address, const char **error);

/* Appends a frame with a response to 'buf'.  'socketpath', at most
 * RPC_MAX_PATH bytes of UTF-8, is "" if there is none. */
void rpc_response_put(struct ofpbuf *buf, const char *socketpath);

#endif /* controller/rpc/message.h */
