/* SPDX-License-Identifier: Apache-2.0 */

/* Text of flows, as others wrote or damaged it: read once as a whole, and once
 * in pieces, with the same result. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/flow-text/text.h"
#include "hash.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct sum {
    struct flow_text *text;     /* Who calls. */
    uint64_t n;                 /* Number of flows. */
    uint32_t hash;              /* Of what was told of them. */
};

static void
add(struct sum *sum, const void *p, size_t n)
{
    sum->hash = hash_bytes(p, n, sum->hash);
}

static void
take(void *sum_, const struct flow_record *const *records, size_t n)
{
    struct sum *sum = sum_;

    ovs_assert(n > 0 && n <= FLOW_TEXT_BATCH);
    for (size_t i = 0; i < n; i++) {
        const struct flow_record *r = records[i];

        sum->n++;
        ovs_assert(!r->dev || flow_text_name(sum->text, r->dev));
        ovs_assert(r->n_targets <= FLOW_MAX_TARGETS);
        ovs_assert(r->miss < FLOW_N_MISSES);
        ovs_assert(!(r->flags & FLOW_IN_HW) || !(r->flags & FLOW_KERNEL));
        for (size_t j = 0; j < r->n_outputs; j++) {
            ovs_assert(flow_text_name(sum->text, r->outputs[j]));
        }
        add(sum, r, offsetof(struct flow_record, n_outputs));
        add(sum, r->outputs, r->n_outputs * sizeof *r->outputs);
        add(sum, r->targets, r->n_targets * sizeof *r->targets);
    }
}

/* Reads the text in pieces of 'piece' bytes. */
static struct sum
read_text(const uint8_t *data, size_t size, size_t piece)
{
    struct sum sum = { .hash = 0 };
    const struct flow_text_status *status;

    sum.text = flow_text_create(take, &sum);
    for (size_t n, i = 0; i < size; i += n) {
        char *copy;

        n = MIN(piece, size - i);
        /* A copy of its own shows each byte that is read beyond it. */
        copy = xmemdup(data + i, n);

        flow_text_feed(sum.text, copy, n);
        free(copy);
    }
    flow_text_end(sum.text);
    status = flow_text_status(sum.text);
    ovs_assert(status->n_flows == sum.n);
    ovs_assert(status->n_flows + status->n_malformed <= status->n_lines);
    ovs_assert(status->n_plain <= status->n_flows);
    ovs_assert(!status->n_malformed == !status->malformed_why);
    ovs_assert(flow_text_memory(sum.text) < 8 * 1024 * 1024);
    sum.hash = hash_add64(sum.hash, status->n_malformed);
    sum.hash = hash_add64(sum.hash, status->malformed_line);
    flow_text_destroy(sum.text);
    return sum;
}

/* Splits it as if it were one line.  What remains is no longer. */
static void
split(const uint8_t *data, size_t size)
{
    const uint8_t ufid[FLOW_UFID_LEN] = { 0 };
    char *line = xmemdup0((const char *) data, size);
    char *match, *actions;

    if (!flow_text_split(line, ufid, &match, &actions)) {
        ovs_assert(strlen(match) + strlen(actions) < size);
        ovs_assert(strstr(line, match) && strstr(line, actions));
        free(match);
        free(actions);
    }
    free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sum whole = read_text(data, size, SIZE_MAX);
    struct sum pieces = read_text(data, size, 1 + size / 5);

    ovs_assert(whole.n == pieces.n && whole.hash == pieces.hash);
    split(data, size);
    return 0;
}
