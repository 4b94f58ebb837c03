/* SPDX-License-Identifier: Apache-2.0 */

/* Fuzz target: what a client of GetSocketpath sends as its message. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "controller/rpc/message.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *error = NULL;
    char *address;
    struct ofpbuf buf;

    if (rpc_request_parse(data, size, &address, &error) != GRPC_OK) {
        ovs_assert(!address && error && !strchr(error, '%'));
        return 0;
    }
    ovs_assert(address && !error);
    ovs_assert(strlen(address) <= RPC_MAX_REQUEST);
    ovs_assert(size <= RPC_FRAME_HEADER + RPC_MAX_REQUEST);

    /* A response with the same text is that request. */
    if (strlen(address) <= RPC_MAX_PATH - 3) {
        char *again;

        ofpbuf_init(&buf, 0);
        rpc_response_put(&buf, address);
        ovs_assert(rpc_request_parse(buf.data, buf.size, &again, &error)
                   == GRPC_OK);
        ovs_assert(!strcmp(address, again));
        free(again);
        ofpbuf_uninit(&buf);
    }
    free(address);
    return 0;
}
