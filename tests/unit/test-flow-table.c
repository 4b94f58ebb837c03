/* SPDX-License-Identifier: Apache-2.0 */

/* Ledgers: what is counted for whom. */

#include <config.h>

#include "controller/flow-table/table.h"

#include "tests/unit/flow-table-hand.h"

static void
assert_counts(const struct flow_counts *c, uint64_t flows,
              uint64_t offloaded, uint64_t hw, uint64_t sw)
{
    assert_int_equal(c->flows, flows);
    assert_int_equal(c->offloaded, offloaded);
    assert_int_equal(c->hw.packets, hw);
    assert_int_equal(c->hw.bytes, hw * 100);
    assert_int_equal(c->sw.packets, sw);
    assert_int_equal(c->sw.bytes, sw * 100);
}

static void
assert_passed(const struct flow_passed *p, uint64_t hw, uint64_t sw)
{
    assert_int_equal(p->hw.packets, hw);
    assert_int_equal(p->hw.bytes, hw * 100);
    assert_int_equal(p->sw.packets, sw);
    assert_int_equal(p->sw.bytes, sw * 100);
}

/* Each flow of recirc_id 0 is the sender's; each with outputs a receiver's. */
static void
test_ledgers(void **state)
{
    const struct flow_sender *s;
    struct flow_record r;

    flow_init(&r, 1, A, 0, FLOW_IN_HW);
    flow_target(&r, 5);
    flow_traffic(&r, 10, 8);
    flow_put(*state, &r, 1000);
    flow_init(&r, 2, A, 5, 0);  /* Without outputs: as a flow only. */
    flow_target(&r, 6);
    flow_traffic(&r, 10, 8);
    flow_put(*state, &r, 1000);
    flow_init(&r, 3, A, 6, FLOW_IN_HW); /* The receiver's. */
    flow_output(&r, B);
    flow_traffic(&r, 9, 8);
    flow_put(*state, &r, 1000);
    flow_init(&r, 4, A, 0, FLOW_IN_HW | FLOW_DROP);
    flow_traffic(&r, 3, 3);
    flow_put(*state, &r, 1000);
    flow_verify(*state, 1000);

    s = flow_table_find_sender(*state, A);
    assert_counts(&s->egress, 3, 2, 11, 2);
    assert_passed(&s->passed, 11, 2);
    assert_counts(&find_dev_receiver(*state, B)->ingress, 1, 1, 8, 1);
    assert_null(flow_table_find_sender(*state, B));
    assert_null(view(*state, 4).receiver);
    assert_int_equal(view(*state, 4).flags, FLOW_IN_HW | FLOW_DROP);

    /* What passed stays. */
    assert_true(delete(*state, 1, false));
    assert_true(delete(*state, 3, false));
    assert_counts(&s->egress, 2, 1, 3, 0);
    assert_passed(&s->passed, 11, 2);
    assert_counts(&find_dev_receiver(*state, B)->ingress, 0, 0, 0, 0);
    assert_passed(&find_dev_receiver(*state, B)->passed, 8, 1);
}

static void
test_multi(void **state)
{
    const struct flow_receiver *m;
    struct flow_record r;
    uint32_t many[100];

    flow_init(&r, 1, A, 0, FLOW_IN_HW);
    flow_output(&r, C);
    flow_output(&r, B);
    flow_output(&r, C);
    flow_traffic(&r, 5, 5);
    flow_put(*state, &r, 1000);
    m = view(*state, 1).receiver;
    assert_int_equal(m->type, FLOW_RECEIVER_MULTI);
    assert_int_equal(m->n_devs, 2);
    assert_int_equal(m->devs[0], B);
    assert_int_equal(m->devs[1], C);
    assert_counts(&m->ingress, 1, 1, 5, 0);

    /* The same set in another order is the same receiver. */
    flow_init(&r, 2, A, 0, FLOW_IN_HW);
    flow_output(&r, B);
    flow_output(&r, C);
    flow_put(*state, &r, 1000);
    assert_ptr_equal(view(*state, 2).receiver, m);
    assert_counts(&m->ingress, 2, 2, 5, 0);

    /* The same device twice is no set; and more than fit into a record. */
    r.inline_outputs[1] = B;
    flow_put(*state, &r, 1000);
    assert_int_equal(view(*state, 2).receiver->type, FLOW_RECEIVER_DEV);
    for (uint32_t i = 0; i < ARRAY_SIZE(many); i++) {
        many[i] = 1000 - i;
    }
    r.outputs = many;
    r.n_outputs = ARRAY_SIZE(many);
    flow_put(*state, &r, 1000);
    assert_int_equal(view(*state, 2).receiver->n_devs, ARRAY_SIZE(many));
    assert_int_equal(view(*state, 2).receiver->devs[0], 901);
}

static void
init_decap(struct flow_record *r, uint32_t n)
{
    flow_init(r, n, A, 0,
              FLOW_IN_HW | FLOW_DECAP | FLOW_HAS_ZONE | FLOW_HAS_MAC);
    r->zone = 7;
    r->mac[5] = 9;
    flow_target(r, 5);
    flow_traffic(r, 10, 10);
}

/* A decapsulating flow has a guessed receiver as long as no output is known of
 * where it leads to. */
static void
test_guess(void **state)
{
    const struct flow_receiver *g;
    struct flow_record r;

    for (uint32_t n = 1; n <= 20; n++) {
        init_decap(&r, n);
        flow_put(*state, &r, 1000);
    }
    g = find_receiver(*state, FLOW_RECEIVER_GUESS);
    assert_true(g->has_zone && g->zone == 7);
    assert_true(g->has_mac && g->mac[5] == 9);
    assert_counts(&g->ingress, 20, 20, 200, 0);
    assert_ptr_equal(view(*state, 1).receiver, g);

    /* An output two chains on, there and gone. */
    put(*state, 100, A, 5, 6, 0, FLOW_IN_HW);
    flow_verify(*state, 1000);
    assert_counts(&g->ingress, 20, 20, 200, 0);
    put(*state, 101, A, 6, 0, B, FLOW_IN_HW);
    flow_verify(*state, 1000);
    assert_counts(&g->ingress, 0, 0, 0, 0);
    assert_null(view(*state, 1).receiver);
    assert_counts(&flow_table_find_sender(*state, A)->egress, 21, 21, 200, 0);
    assert_true(delete(*state, 101, false));
    flow_verify(*state, 1000);
    assert_counts(&g->ingress, 20, 20, 200, 0);
    assert_true(delete(*state, 1, false));
    assert_counts(&g->ingress, 19, 19, 190, 0);
    assert_passed(&g->passed, 200, 0);

    /* Neither without targets, nor with outputs, nor in later chains. */
    init_decap(&r, 2);
    r.n_targets = 0;
    flow_put(*state, &r, 1000);
    init_decap(&r, 3);
    flow_output(&r, B);
    flow_put(*state, &r, 1000);
    init_decap(&r, 4);
    r.recirc_id = 9;
    flow_put(*state, &r, 1000);
    flow_verify(*state, 1000);
    assert_counts(&g->ingress, 16, 16, 160, 0);
    assert_null(view(*state, 2).receiver);
}

/* Goes while flows are being gone through. */
static void
test_guess_put_off(void **state)
{
    struct flow_record r;

    for (uint32_t n = 1; n <= 20; n++) {
        init_decap(&r, n);
        flow_put(*state, &r, 1000);
    }
    for (uint32_t i = 0; i < 40; i++) {
        put(*state, 100, A, 5, 0, i % 2 ? B : 0, FLOW_IN_HW);
        flow_table_run(*state, i % 7, 1000);
        delete(*state, 1 + i % 20, false);
        init_decap(&r, 1 + i * 3 % 20);
        flow_put(*state, &r, 1000);
        flow_table_run(*state, i % 5, 1000);
    }
    flow_verify(*state, 1000);
    for (uint32_t n = 1; n <= 20; n++) {
        delete(*state, n, false);
    }
}

/* The walk over flows of a target is at the fifth of 20 when the target ceases
 * to lead out, or a flow that is next goes. */
static void
test_guess_midway(void **state)
{
    const struct flow_receiver *g;
    struct flow_record r;

    for (uint32_t n = 1; n <= 20; n++) {
        init_decap(&r, n);
        flow_put(*state, &r, 1000);
    }
    g = find_receiver(*state, FLOW_RECEIVER_GUESS);
    put(*state, 100, A, 5, 0, B, FLOW_IN_HW);
    assert_true(flow_table_run(*state, 5, 1000));
    assert_int_equal(g->ingress.flows, 15);
    assert_true(delete(*state, 100, false));
    flow_verify(*state, 1000);
    assert_int_equal(g->ingress.flows, 20);

    put(*state, 100, A, 5, 0, B, FLOW_IN_HW);
    flow_verify(*state, 1000);
    assert_int_equal(g->ingress.flows, 0);
    assert_true(delete(*state, 100, false));
    assert_true(flow_table_run(*state, 5, 1000));
    for (uint32_t n = 10; n <= 18; n++) {
        assert_true(delete(*state, n, false));
    }
    flow_verify(*state, 1000);
    assert_int_equal(g->ingress.flows, 11);
}

static void
test_shortfalls(void **state)
{
    const struct flow_shortfall *s;
    struct flow_record r;
    size_t cursor = 0;

    flow_init(&r, 1, A, 0, FLOW_KERNEL);
    flow_output(&r, B);
    r.miss = FLOW_MISS_ACTION_SAMPLE;
    flow_put(*state, &r, 1000);
    memset(r.ufid, 0xff, sizeof r.ufid);
    flow_put(*state, &r, 1000);
    put(*state, 2, A, 0, 0, B, FLOW_IN_HW);

    s = flow_table_next_shortfall(*state, &cursor);
    assert_int_equal(s->dev, A);
    assert_ptr_equal(s->receiver, find_dev_receiver(*state, B));
    assert_true(s->kernel && s->first);
    assert_int_equal(s->miss, FLOW_MISS_ACTION_SAMPLE);
    assert_int_equal(s->flows, 2);
    assert_null(flow_table_next_shortfall(*state, &cursor));

    r.flags = FLOW_IN_HW;
    flow_put(*state, &r, 1000);
    assert_true(delete(*state, 1, true));
    cursor = 0;
    assert_null(flow_table_next_shortfall(*state, &cursor));
}

static bool
keep_none(void *aux OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return false;
}

static bool
keep_one(void *aux, uint32_t dev)
{
    return dev == *(const uint32_t *) aux;
}

static bool
keep_all(void *aux OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return true;
}

/* What passed to several stays with each of them when the set is dropped. */
static void
test_forget_multi(void **state)
{
    const struct flow_receiver *r;
    struct flow_record record;

    flow_init(&record, 1, A, 0, FLOW_IN_HW);
    flow_output(&record, B);
    flow_output(&record, C);
    flow_traffic(&record, 10, 7);
    flow_put(*state, &record, 5000);
    flow_table_forget(*state, keep_all, NULL);
    assert_null(find_dev_receiver(*state, B));

    assert_true(delete(*state, 1, false));
    flow_table_forget(*state, keep_all, NULL);
    for (uint32_t dev = B; dev <= C; dev++) {
        r = find_dev_receiver(*state, dev);
        assert_non_null(r);
        assert_int_equal(r->passed.hw.packets, 7);
        assert_int_equal(r->passed.sw.packets, 3);
        assert_int_equal(r->ingress.flows, 0);
        assert_true(r->passed.last_used > 0);
    }
    flow_table_forget(*state, keep_all, NULL);
    assert_int_equal(find_dev_receiver(*state, B)->passed.hw.packets, 7);
    flow_table_tick(*state);
    assert_int_equal(find_dev_receiver(*state, B)->recent.hw.packets, 7);
}

/* What passed between two readings. */
static void
test_tick(void **state)
{
    struct flow_record r;

    flow_init(&r, 1, A, 0, FLOW_IN_HW);
    flow_output(&r, B);
    flow_traffic(&r, 10, 7);
    flow_put(*state, &r, 5000);
    assert_int_equal(flow_table_find_sender(*state, A)->recent.hw.packets, 0);
    flow_table_tick(*state);
    assert_int_equal(flow_table_find_sender(*state, A)->recent.hw.packets, 7);
    assert_int_equal(flow_table_find_sender(*state, A)->recent.sw.packets, 3);
    assert_int_equal(find_dev_receiver(*state, B)->recent.hw.bytes, 700);

    flow_traffic(&r, 15, 12);
    flow_put(*state, &r, 6000);
    flow_table_tick(*state);
    assert_int_equal(flow_table_find_sender(*state, A)->recent.hw.packets, 5);
    assert_int_equal(flow_table_find_sender(*state, A)->recent.sw.packets, 0);
    flow_table_tick(*state);
    assert_int_equal(flow_table_find_sender(*state, A)->recent.hw.packets, 0);
    assert_int_equal(flow_table_find_sender(*state, A)->passed.hw.packets, 12);
}

static void
test_forget(void **state)
{
    uint32_t dev = B;
    size_t cursor = 0;

    put(*state, 1, A, 0, 0, B, FLOW_IN_HW);
    put(*state, 2, C, 0, 0, D, FLOW_IN_HW);
    assert_true(delete(*state, 2, false));
    flow_table_forget(*state, keep_none, NULL);
    assert_non_null(flow_table_find_sender(*state, A));
    assert_non_null(find_dev_receiver(*state, B));
    assert_null(flow_table_find_sender(*state, C));
    assert_null(find_dev_receiver(*state, D));

    assert_true(delete(*state, 1, false));
    flow_table_forget(*state, keep_one, &dev);
    assert_null(flow_table_find_sender(*state, A));
    assert_non_null(find_dev_receiver(*state, B));
    flow_table_forget(*state, keep_none, NULL);
    assert_null(flow_table_next_receiver(*state, &cursor));
    put(*state, 1, A, 0, 0, B, FLOW_IN_HW);
    assert_int_equal(flow_table_find_sender(*state, A)->egress.flows, 1);
}

/* A check that cannot fail is none. */
static void
test_check_fails(void **state OVS_UNUSED)
{
    struct flow_table *t = flow_table_create();
    struct ds errors = DS_EMPTY_INITIALIZER;

    put(t, 1, A, 0, 0, B, FLOW_IN_HW);
    assert_true(flow_table_check(t, &errors));
    CONST_CAST(struct flow_sender *,
               flow_table_find_sender(t, A))->egress.offloaded++;
    assert_false(flow_table_check(t, &errors));
    assert_non_null(strstr(ds_cstr(&errors), "offloaded"));
    ds_destroy(&errors);
    flow_table_destroy(t);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(ledgers),
        TEST(multi),
        TEST(guess),
        TEST(guess_put_off),
        TEST(guess_midway),
        TEST(shortfalls),
        TEST(forget_multi),
        TEST(tick),
        TEST(forget),
        TEST(check_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
