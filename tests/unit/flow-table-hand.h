/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_FLOW_TABLE_HAND_H
#define TESTS_UNIT_FLOW_TABLE_HAND_H 1

/* Flow tables that are made by hand, with what is checked of them. */

#include "controller/flow-table/table.h"
#include "tests/unit/flow-table-build.h"

enum { A = 1, B, C, D };        /* Devices. */

static inline int
setup(void **state)
{
    *state = flow_table_create();
    return 0;
}

static inline int
teardown(void **state)
{
    flow_verify(*state, 1000);
    flow_table_destroy(*state);
    return 0;
}

/* Puts flow 'n' on 'dev' in 'recirc_id', that leads to 'target' if that is not
 * 0, and has 'output' if that is not 0. */
static inline void
put(struct flow_table *t, uint32_t n, uint32_t dev, uint32_t recirc_id,
    uint32_t target, uint32_t output, unsigned int flags)
{
    struct flow_record r;

    flow_init(&r, n, dev, recirc_id, flags);
    if (target) {
        flow_target(&r, target);
    }
    if (output) {
        flow_output(&r, output);
    }
    flow_put(t, &r, 1000);
}

static inline bool
delete(struct flow_table *t, uint32_t n, bool kernel)
{
    struct flow_record r;

    flow_init(&r, n, 0, 0, 0);
    return flow_table_delete(t, r.ufid, kernel, NULL, 1000);
}

static inline struct flow_view
view(struct flow_table *t, uint32_t n)
{
    struct flow_record r;
    struct flow_view v;

    flow_init(&r, n, 0, 0, 0);
    assert_true(flow_table_find(t, r.ufid, &v));
    return v;
}

/* The path state of flow 'n', which is also the only one of 'dev' in its
 * sender's counters. */
static inline void
assert_path(struct flow_table *t, uint32_t n, enum flow_path path)
{
    const struct flow_sender *s;
    struct flow_view v;

    flow_verify(t, 1000);
    v = view(t, n);
    assert_string_equal(flow_path_to_string(v.path),
                        flow_path_to_string(path));
    s = flow_table_find_sender(t, v.dev);
    for (int i = 0; i < FLOW_N_PATHS; i++) {
        assert_int_equal(s->paths[i], i == (int) path);
    }
}

static inline const struct flow_receiver *
find_dev_receiver(const struct flow_table *t, uint32_t dev)
{
    const struct flow_receiver *r;
    size_t cursor = 0;

    while ((r = flow_table_next_receiver(t, &cursor))) {
        if (r->type == FLOW_RECEIVER_DEV && r->devs[0] == dev) {
            return r;
        }
    }
    return NULL;
}

static inline const struct flow_receiver *
find_receiver(const struct flow_table *t, enum flow_receiver_type type)
{
    const struct flow_receiver *r;
    size_t cursor = 0;

    while ((r = flow_table_next_receiver(t, &cursor))) {
        if (r->type == type) {
            return r;
        }
    }
    return NULL;
}

#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(test_##NAME, setup, teardown)

#endif /* tests/unit/flow-table-hand.h */
