/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_FLOW_TEXT_READER_H
#define TESTS_UNIT_FLOW_TEXT_READER_H 1

/* A parser of flows' text for tests, which says in one line what a flow is.
 * cmocka.h and what it needs have to be included before. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/flow-text/text.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define UFID "ufid:00112233-4455-6677-8899-aabbccddeeff, "
#define STATS ", packets:3, bytes:180, used:1.250s, dp:ovs, actions:"

/* A short name of 'miss'. */
static inline const char *
miss_name(enum flow_miss miss)
{
    static const char *names[FLOW_N_MISSES] = {
        [FLOW_MISS_ACTION_NSH] = "action nsh",
        [FLOW_MISS_ACTION_PUSH_ETH] = "action push_eth",
        [FLOW_MISS_ACTION_SET] = "action set",
        [FLOW_MISS_ACTION_CT] = "action ct",
        [FLOW_MISS_ACTION_OTHER] = "action other",
        [FLOW_MISS_MATCH_PRIORITY] = "match priority",
        [FLOW_MISS_MATCH_OTHER] = "match other",
    };

    assert_true(miss < FLOW_N_MISSES);
    return names[miss] ? names[miss] : flow_miss_to_string(miss);
}

/* A parser, and what it said: one line a flow. */
struct reader {
    struct flow_text *text;
    struct ds out;              /* What was said. */
    bool ufids;                 /* Start each line with the ufid? */
    size_t max_batch;           /* Largest number of flows in a call. */
};

static inline void
put_names(struct reader *r, const char *what, const uint32_t *numbers,
          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = flow_text_name(r->text, numbers[i]);

        assert_non_null(name);
        ds_put_format(&r->out, "%s%s", i ? "," : what, name);
    }
}

static inline void
put_record(struct reader *r, const struct flow_record *record)
{
    struct ds *out = &r->out;

    if (r->ufids) {
        for (int i = 0; i < FLOW_UFID_LEN; i++) {
            ds_put_format(out, "%02x", record->ufid[i]);
        }
        ds_put_char(out, ' ');
    }
    put_names(r, "", &record->dev, record->dev != 0);
    if (record->recirc_id) {
        ds_put_format(out, "@%"PRIu32, record->recirc_id);
    }
    put_names(r, " to ", record->outputs, record->n_outputs);
    for (int i = 0; i < record->n_targets; i++) {
        ds_put_format(out, "%s%"PRIu32, i ? "," : " goes ",
                      record->targets[i]);
    }
    if (record->flags & FLOW_HAS_ZONE) {
        ds_put_format(out, " zone %"PRIu16, record->zone);
    }
    if (record->flags & FLOW_HAS_MAC) {
        ds_put_format(out, " mac %02x:%02x:%02x:%02x:%02x:%02x",
                      record->mac[0], record->mac[1], record->mac[2],
                      record->mac[3], record->mac[4], record->mac[5]);
    }
    ds_put_format(out, "%s%s%s%s%s%s",
                  record->flags & FLOW_IN_HW ? " hw" : "",
                  record->flags & FLOW_PARTIAL ? " partial" : "",
                  record->flags & FLOW_KERNEL ? " kernel" : "",
                  record->flags & FLOW_DECAP ? " decap" : "",
                  record->flags & FLOW_DROP ? " drop" : "",
                  record->flags & FLOW_MORE ? " more" : "");
    if (record->miss) {
        ds_put_format(out, " (%s)", miss_name(record->miss));
    }
    if (record->flags & FLOW_IN_HW) {
        assert_int_equal(record->packets, record->hw_packets);
        assert_int_equal(record->bytes, record->hw_bytes);
    } else {
        assert_int_equal(0, record->hw_packets);
        assert_int_equal(0, record->hw_bytes);
    }
    ds_put_char(out, '\n');
}

static inline void
take(void *r_, const struct flow_record *const *records, size_t n)
{
    struct reader *r = r_;

    assert_true(n > 0 && n <= FLOW_TEXT_BATCH);
    r->max_batch = MAX(r->max_batch, n);
    for (size_t i = 0; i < n; i++) {
        put_record(r, records[i]);
    }
}

static inline void
reader_init(struct reader *r)
{
    memset(r, 0, sizeof *r);
    ds_init(&r->out);
    r->text = flow_text_create(take, r);
}

static inline void
reader_destroy(struct reader *r)
{
    flow_text_destroy(r->text);
    ds_destroy(&r->out);
}

/* Feeds [p, p + n) as memory of its own, so that ASan sees the first byte that
 * is read beyond it. */
static inline void
feed(struct reader *r, const char *p, size_t n)
{
    char *copy = xmemdup(p, n ? n : 1);

    flow_text_feed(r->text, copy, n);
    free(copy);
}

static inline void
read_string(struct reader *r, const char *s)
{
    reader_init(r);
    feed(r, s, strlen(s));
    flow_text_end(r->text);
}

#endif /* tests/unit/flow-text-reader.h */
