/* SPDX-License-Identifier: Apache-2.0 */

/* Fuzz target: what a client sends to the server of GetSocketpath.
 *
 * The first byte of an input says how the rest gets there: its highest bit
 * that the client's preface and an empty SETTINGS frame precede it, the next
 * one that answers are not taken before the end, the others how many bytes
 * come at once. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/rpc/message.h"
#include "controller/rpc/session.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "util.h"

#define START 1000

/* More than is ever sent in answer to an input. */
#define MAX_OUTPUT (64 * 1024 * 1024)

static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                            "\0\0\0\4\0\0\0\0\0";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
lookup(const char *pci_address, void *aux OVS_UNUSED)
{
    static char path[RPC_MAX_PATH + 1];

    ovs_assert(strlen(pci_address) <= RPC_MAX_REQUEST);
    if (pci_address[0] == '0') {
        memset(path, 'p', RPC_MAX_PATH);
        return path;
    }
    return "";
}

/* Takes all that there is to send. */
static bool
drain(struct rpc_session *s, size_t *sum)
{
    struct ofpbuf out;
    bool alive, any;

    do {
        ofpbuf_init(&out, 0);
        alive = rpc_session_output(s, &out, 4096);
        *sum += out.size;
        any = out.size > 0;
        ofpbuf_uninit(&out);
        ovs_assert(*sum <= MAX_OUTPUT);
    } while (any && alive);
    return alive && !rpc_session_is_over(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_counters counters = { .n_calls = 0 };
    struct rpc_session *s;
    size_t sum = 0;
    bool alive, takes;
    size_t step;

    if (!size) {
        return 0;
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    takes = !(data[0] & 0x40);
    step = (data[0] & 0x3f) + 1;
    s = rpc_session_create(lookup, NULL, &counters, START);
    alive = (drain(s, &sum)
             && (!(data[0] & 0x80)
                 || rpc_session_input(s, hello, sizeof hello - 1, START)));
    for (size_t i = 1; i < size && alive; i += step) {
        size_t n = MIN(step, size - i);
        uint8_t *copy = xmemdup(data + i, n);

        alive = rpc_session_input(s, copy, n, START + i);
        free(copy);
        alive = alive && (!takes || drain(s, &sum));
    }
    if (alive && drain(s, &sum)
        && rpc_session_expire(s, START + size + RPC_CALL_MS)
        && drain(s, &sum)) {
        rpc_session_goaway(s);
        drain(s, &sum);
    }
    rpc_session_destroy(s);
    return 0;
}
