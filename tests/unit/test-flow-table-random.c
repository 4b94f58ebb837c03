/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-table/table.h"

#include "tests/unit/flow-table-build.h"
#include "tests/unit/rounds.h"

/* Random events on a small table: after each, what was kept up agrees with the
 * recompute, also while work is put off; and flows are those that a plain
 * model says are there. */

#define N_EVENTS 12000
#define N_FLOWS 94              /* Different ufids: fill the index well. */
#define N_DEVS 3
#define N_CHAINS 9

/* What the model knows of a flow. */
struct model {
    bool there;                 /* Is it in the table? */
    bool doubtful, doomed;      /* Marked; and swept or purged. */
    bool kernel;                /* Its source. */
    uint32_t dev, recirc_id;    /* Where. */
    struct flow_traffic hw, sw; /* As of the last view. */
};

struct run {
    struct flow_table *t;
    bool graph;                 /* Rather chains that lead to chains, and work
                                 * that is put off, than other events? */
    struct model flows[N_FLOWS];
    struct flow_record records[N_FLOWS]; /* Last told. */
    uint32_t seed;              /* Of random numbers. */
    long long int now;          /* Time, in ms. */
};

static uint32_t
below(struct run *run, uint32_t limit)
{
    run->seed = run->seed * 1664525 + 1013904223;
    return (uint64_t) run->seed * limit >> 32;
}

static bool
one_in(struct run *run, uint32_t n)
{
    return !below(run, n);
}

static void
random_traffic(struct run *run, struct flow_record *r)
{
    switch (below(run, 6)) {
    case 0:                     /* Starts anew. */
        flow_traffic(r, below(run, 10), 0);
        break;
    case 1:                     /* Hardware's part is ahead. */
        r->hw_packets += below(run, 20);
        r->hw_bytes = r->hw_packets * 100;
        break;
    case 2:                     /* Nothing. */
        break;
    default:
        r->packets += below(run, 1000);
        r->bytes = r->packets * 100;
        if (!one_in(run, 3)) {
            r->hw_packets += below(run, 1000);
            r->hw_bytes = r->hw_packets * 100;
        }
    }
    r->flags &= ~FLOW_IN_HW;
    r->flags |= one_in(run, 3) ? 0 : FLOW_IN_HW;
}

static void
random_record(struct run *run, uint32_t n, struct flow_record *r)
{
    static const unsigned int bits[] = { FLOW_KERNEL, FLOW_DECAP, FLOW_DROP,
                                         FLOW_HAS_ZONE, FLOW_HAS_MAC };
    uint32_t n_outputs, n_targets;

    flow_init(r, n, run->graph ? 1 : 1 + below(run, N_DEVS),
              one_in(run, run->graph ? 2 : 3) ? 0 : below(run, N_CHAINS), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        r->flags |= one_in(run, 3) ? bits[i] : 0;
    }
    r->flags |= one_in(run, 20) ? FLOW_MORE : 0;
    r->zone = below(run, 2);
    r->mac[5] = below(run, 2);
    r->miss = below(run, 3);
    r->handle = below(run, 2);
    r->key_hash = below(run, 8) ? 0 : below(run, 3);
    n_outputs = one_in(run, 2) ? 0 : below(run, 4);
    if (run->graph && !r->recirc_id) {
        /* With a guess, and many of one target. */
        r->flags |= FLOW_DECAP;
        n_outputs = 0;
    }
    for (uint32_t i = 0; i < n_outputs; i++) {
        flow_output(r, 1 + below(run, N_DEVS));
    }
    n_targets = below(run, 4) ? below(run, 3)
                              : below(run, FLOW_MAX_TARGETS + 1);
    if (run->graph && !r->recirc_id) {
        n_targets = 0;
        flow_target(r, 1 + below(run, 2));
    }
    for (uint32_t i = 0; i < n_targets; i++) {
        flow_target(r, below(run, N_CHAINS));
    }
    random_traffic(run, r);
}

/* Changes the record of flow 'n', and puts that into the model. */
static void
prepare_put(struct run *run, uint32_t n)
{
    struct flow_record *r = &run->records[n];
    struct model *m = &run->flows[n];
    struct flow_record copy;

    if (m->there && one_in(run, 2)) {
        copy = *r;
        copy.outputs = copy.inline_outputs;
        random_traffic(run, &copy);
        copy.flags ^= one_in(run, 3) ? FLOW_KERNEL : 0;
        copy.n_targets = one_in(run, 3) ? 0 : copy.n_targets;
        copy.n_outputs = one_in(run, 3) ? 0 : copy.n_outputs;
        copy.recirc_id = (one_in(run, 8)
                          ? below(run, N_CHAINS) : copy.recirc_id);
    } else {
        random_record(run, n, &copy);
    }
    *r = copy;
    r->outputs = r->inline_outputs;
    if (!m->there || m->dev != r->dev || m->recirc_id != r->recirc_id) {
        m->hw = m->sw = (struct flow_traffic) { 0, 0 };
    }
    if (r->key_hash) {
        /* Maybe another flow. */
        m->hw = m->sw = (struct flow_traffic) { 0, 0 };
    }
    m->there = true;
    m->doubtful = m->doomed = false;
    m->kernel = r->flags & FLOW_KERNEL;
    m->dev = r->dev;
    m->recirc_id = r->recirc_id;
}

/* Puts flow 'n', and maybe some that follow, in one batch. */
static void
random_put(struct run *run, uint32_t n)
{
    const struct flow_record *records[8];
    size_t n_records = one_in(run, 2) ? 1 : 1 + below(run, 8);

    for (size_t i = 0; i < n_records; i++) {
        uint32_t k = (n + i) % N_FLOWS;

        prepare_put(run, k);
        records[i] = &run->records[k];
    }
    flow_table_put(run->t, records, n_records, run->now);
}

/* Makes in '*terse' what a dump may tell of flow 'n'.  Returns whether the
 * table has it. */
static bool
prepare_refresh(struct run *run, uint32_t n, struct flow_record *terse)
{
    struct flow_record *r = &run->records[n];
    struct model *m = &run->flows[n];

    if (!m->there) {
        flow_init(terse, n, 1, 1, FLOW_TERSE);
        return false;
    }
    random_traffic(run, r);
    *terse = *r;
    terse->outputs = terse->inline_outputs;
    if (one_in(run, 2)) {
        flow_init(terse, n, r->dev, r->recirc_id,
                  FLOW_TERSE | (r->flags & (FLOW_IN_HW | FLOW_KERNEL)));
        terse->packets = r->packets;
        terse->bytes = r->bytes;
        terse->hw_packets = r->hw_packets;
        terse->hw_bytes = r->hw_bytes;
    }
    m->doubtful = m->doomed = false;
    return true;
}

/* Refreshes flow 'n', and maybe some that follow, in one batch. */
static void
random_refresh(struct run *run, uint32_t n)
{
    const struct flow_record *records[8];
    struct flow_record terse[8];
    size_t n_tries = one_in(run, 2) ? 1 : 1 + below(run, 8);
    size_t n_records = 0, n_missing = 0;

    for (size_t i = 0; i < n_tries; i++) {
        uint32_t k = (n + i) % N_FLOWS;
        struct flow_view view;

        /* A doomed flow may be gone. */
        memcpy(run->records[k].ufid, &k, sizeof k);
        if (!run->flows[k].doomed
            || flow_table_find(run->t, run->records[k].ufid, &view)) {
            n_missing += !prepare_refresh(run, k, &terse[n_records]);
            records[n_records] = &terse[n_records];
            n_records++;
        }
    }
    assert_int_equal(flow_table_refresh(run->t, records, n_records, run->now),
                     n_missing);
}

static void
random_delete(struct run *run, uint32_t n)
{
    struct model *m = &run->flows[n];
    bool kernel = one_in(run, 4) ? !m->kernel : m->kernel;
    bool there = m->there && m->kernel == kernel;
    struct flow_record *r = &run->records[n];
    bool told;

    told = flow_table_delete(run->t, (const uint8_t *) r->ufid, kernel,
                             one_in(run, 2) && m->there ? r : NULL,
                             run->now);
    /* One that is doomed may be gone, or not yet. */
    if (!m->doomed || told) {
        assert_int_equal(told, there);
    }
    if (told) {
        m->there = false;
    }
}

static void
random_sweep(struct run *run)
{
    bool kernel = one_in(run, 2);
    uint32_t dev = below(run, N_DEVS + 1);
    uint32_t recirc_id = below(run, N_CHAINS);
    int what = below(run, 3);

    dev = what == 2 && !dev ? 1 : dev;
    if (what == 0) {
        flow_table_mark(run->t, kernel, dev);
    } else if (what == 1) {
        flow_table_sweep(run->t, kernel, dev);
    } else {
        flow_table_purge_chain(run->t, dev, recirc_id);
    }
    for (size_t i = 0; i < N_FLOWS; i++) {
        struct model *m = &run->flows[i];
        bool hit = m->there && m->kernel == kernel && (!dev || m->dev == dev);

        if (what == 0) {
            m->doubtful |= hit;
        } else if (what == 1) {
            m->doomed |= hit && m->doubtful;
        } else {
            m->doomed |= (m->there && !m->kernel && m->dev == dev
                          && m->recirc_id == recirc_id);
        }
    }
}

static void
random_event(struct run *run)
{
    uint32_t n = below(run, N_FLOWS);
    uint32_t what = below(run, 100);

    memcpy(run->records[n].ufid, &n, sizeof n);
    if (run->graph && one_in(run, 2)) {
        flow_table_run(run->t, 1 + below(run, 4), run->now);
        return;
    }
    run->now += one_in(run, 50) ? 3000 : below(run, 200);
    if (what < 45) {
        random_put(run, n);
    } else if (what < 65) {
        random_refresh(run, n);
    } else if (what < 87) {
        random_delete(run, n);
    } else if (what < 97) {
        random_sweep(run);
    } else {
        flow_table_run(run->t, below(run, 50), run->now);
    }
}

static void
check_traffic(struct flow_traffic *before, const struct flow_traffic *now)
{
    assert_true(now->packets >= before->packets);
    assert_true(now->bytes >= before->bytes);
    *before = *now;
}

/* Compares with the model; 'settled' if no work is put off. */
static void
check_model(struct run *run, bool settled)
{
    size_t n = 0;

    for (uint32_t i = 0; i < N_FLOWS; i++) {
        struct model *m = &run->flows[i];
        uint8_t ufid[FLOW_UFID_LEN] = { 0 };
        struct flow_view view;
        bool found;

        memcpy(ufid, &i, sizeof i);
        found = flow_table_find(run->t, ufid, &view);
        if (m->there && m->doomed) {
            assert_false(settled && found);
            m->there = m->doomed = found;
            m->there = found;
            m->doomed = found;
        } else {
            assert_int_equal(found, m->there);
        }
        if (found) {
            assert_int_equal(view.dev, m->dev);
            assert_int_equal(view.recirc_id, m->recirc_id);
            assert_int_equal(!!(view.flags & FLOW_KERNEL), m->kernel);
            check_traffic(&m->hw, &view.hw);
            check_traffic(&m->sw, &view.sw);
            n++;
        } else {
            m->doubtful = m->doomed = m->there = false;
        }
    }
    assert_int_equal(flow_table_count(run->t), n);
}

static void
run_seed(uint32_t seed, bool graph)
{
    struct run run = {
        .t = flow_table_create(),
        .graph = graph,
        .seed = seed,
        .now = 1000,
    };

    for (int i = 0; i < rounds(N_EVENTS); i++) {
        struct ds errors = DS_EMPTY_INITIALIZER;
        bool settled;

        random_event(&run);
        if (!flow_table_check(run.t, &errors)) {
            fail_msg("event %d of seed %u:\n%s", i, seed, ds_cstr(&errors));
        }
        settled = one_in(&run, graph ? 20 : 2);
        if (settled) {
            flow_settle(run.t, run.now);
            if (!flow_table_check(run.t, &errors)) {
                fail_msg("settled, event %d of seed %u:\n%s", i, seed,
                         ds_cstr(&errors));
            }
        }
        check_model(&run, settled);
        ds_destroy(&errors);
    }
    flow_table_destroy(run.t);
}

static void
test_seeds(void **state OVS_UNUSED)
{
    for (uint32_t seed = 1; seed <= 3; seed++) {
        run_seed(seed, false);
    }
}

static void
test_graphs(void **state OVS_UNUSED)
{
    for (uint32_t seed = 11; seed <= 14; seed++) {
        run_seed(seed, true);
    }
}

/* Refreshes flows 'order[]', of which those whose number can be divided by 7
 * are not there if 'gaps', with 'packets' each, and looks whether they all
 * have these. */
static void
refresh_order(struct flow_table *t, const uint32_t order[], size_t n,
              bool gaps, uint64_t packets)
{
    struct flow_record terse[FLOW_BATCH];
    const struct flow_record *records[FLOW_BATCH];

    for (size_t i = 0; i < n; i += FLOW_BATCH) {
        size_t n_missing = 0, n_records = MIN(n - i, FLOW_BATCH);

        for (size_t j = 0; j < n_records; j++) {
            flow_init(&terse[j], order[i + j], 1, 0, FLOW_TERSE);
            flow_traffic(&terse[j], packets + order[i + j], 0);
            n_missing += gaps && order[i + j] % 7 == 0;
            records[j] = &terse[j];
        }
        assert_int_equal(flow_table_refresh(t, records, n_records, 2000),
                         n_missing);
    }
    for (size_t i = 0; i < n; i++) {
        struct flow_view view;
        struct flow_record r;

        flow_init(&r, order[i], 1, 0, 0);
        if (flow_table_find(t, r.ufid, &view)) {
            assert_int_equal(view.sw.packets, packets + order[i]);
        } else {
            assert_true(gaps && order[i] % 7 == 0);
        }
    }
    flow_verify(t, 2000);
}

/* Whatever the order in which counters come, each goes to its own flow; also
 * with flows missing, and with others where these were. */
static void
test_orders(void **state OVS_UNUSED)
{
    enum { N = 500 };
    struct flow_table *t = flow_table_create();
    struct run run = { .seed = 21 };
    uint32_t orders[3][N];
    uint64_t packets = 0;
    struct flow_record r;

    for (uint32_t i = 0; i < N; i++) {
        flow_init(&r, i, 1, 0, 0);
        flow_put(t, &r, 1000);
        orders[0][i] = orders[2][i] = i;
        orders[1][i] = N - 1 - i;
    }
    for (uint32_t i = N - 1; i > 0; i--) {
        uint32_t j = below(&run, i + 1), swap = orders[2][i];

        orders[2][i] = orders[2][j];
        orders[2][j] = swap;
    }
    for (int gaps = 0; gaps < 2; gaps++) {
        for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
            refresh_order(t, orders[i], N, gaps, packets += 1000);
            refresh_order(t, orders[i], N, gaps, packets += 1000);
        }
        for (uint32_t i = 0; i < N; i += 7) {
            flow_init(&r, i, 1, 0, 0);
            assert_int_equal(flow_table_delete(t, r.ufid, false, NULL, 2000),
                             !gaps);
        }
    }
    for (uint32_t i = 0; i < N; i += 7) {
        flow_init(&r, i, 1, 0, 0);
        flow_put(t, &r, 1000000);
    }
    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        refresh_order(t, orders[i], N, false, packets += 1000);
    }
    flow_table_destroy(t);
}

/* More flows in a chain, leading there, and with guesses there, than small
 * counters and short lists hold; the path and the receiver of each change as
 * flows of the chain come and go. */
static void
test_many_in_a_chain(void **state OVS_UNUSED)
{
    enum { N = 600 };
    struct flow_table *t = flow_table_create();
    struct run run = { .seed = 31 };
    struct flow_record r;

    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 3 * N; i++) {
            uint32_t kind = i % 3;

            flow_init(&r, i, 1, kind ? 0 : 5,
                      below(&run, 2) ? FLOW_IN_HW : 0);
            flow_traffic(&r, i, i / 2);
            if (kind) {
                r.flags |= kind == 2 ? FLOW_DECAP | FLOW_HAS_ZONE : 0;
                r.zone = i % 5;
                flow_target(&r, 5);
            } else if (i > N) {
                flow_output(&r, 1 + i % 7);
            }
            flow_put(t, &r, 1000 + i);
            if (i % 50 == 0) {
                flow_verify(t, 1000 + i);
            }
        }
        flow_verify(t, 3000);
        for (uint32_t i = 0; i < 3 * N; i++) {
            flow_init(&r, i * 7 % (3 * N), 1, 0, 0);
            assert_true(flow_table_delete(t, r.ufid, false, NULL, 3000));
            if (i % 50 == 0) {
                flow_verify(t, 3000);
            }
        }
        flow_verify(t, 3000);
        assert_int_equal(flow_table_count(t), 0);
    }
    flow_table_destroy(t);
}

/* Short lists of guesses: few flows lead to each of many chains, in which
 * flows with outputs come and go. */
static void
test_few_guesses(void **state OVS_UNUSED)
{
    enum { N = 300, N_CHAIN = 60 };
    struct flow_table *t = flow_table_create();
    struct run run = { .seed = 41 };
    struct flow_record r;

    for (int i = 0; i < 3000; i++) {
        uint32_t n = below(&run, N);
        uint32_t chain = 1 + n % N_CHAIN;

        flow_init(&r, n, 1, n < N / 3 ? chain : 0, FLOW_DECAP);
        flow_traffic(&r, i, 0);
        if (below(&run, 3) == 0) {
            flow_table_delete(t, r.ufid, false, NULL, 1000 + i * 10);
        } else {
            if (n < N / 3 && n % 2) {
                flow_output(&r, 1 + n % 7);
            } else if (n >= N / 3) {
                r.flags |= FLOW_HAS_MAC;
                r.mac[5] = n % 11;
                flow_target(&r, chain);
            }
            flow_put(t, &r, 1000 + i * 10);
        }
        flow_verify(t, 1000 + i * 10);
    }
    flow_table_destroy(t);
}

/* What a new flow is told with is kept: another key makes it another flow. */
static void
test_key_of_new(void **state OVS_UNUSED)
{
    struct flow_table *t = flow_table_create();
    struct flow_record r;
    struct flow_view view;

    for (uint32_t key = 5; key < 8; key++) {
        flow_init(&r, 1, 1, 0, 0);
        r.key_hash = key;
        flow_traffic(&r, 100 - key, 0);
        flow_put(t, &r, 1000);
        assert_true(flow_table_find(t, r.ufid, &view));
        assert_int_equal(view.sw.packets, 100 - key);
    }
    /* The same flow, whose counters began anew. */
    flow_traffic(&r, 10, 0);
    flow_put(t, &r, 1000);
    assert_true(flow_table_find(t, r.ufid, &view));
    assert_int_equal(view.sw.packets, 93 + 10);
    flow_verify(t, 1000);
    flow_table_destroy(t);
}

/* Each guess has a receiver of its own, in whatever order they are made. */
static void
test_guesses_differ(void **state OVS_UNUSED)
{
    struct flow_table *t = flow_table_create();
    struct flow_record r;
    struct flow_view view;

    for (uint32_t i = 0; i < 24; i++) {
        flow_init(&r, i, 1, 0, FLOW_DECAP);
        r.flags |= i & 1 ? FLOW_HAS_ZONE : 0;
        r.flags |= i & 2 ? FLOW_HAS_MAC : 0;
        r.zone = r.mac[5] = i / 4 % 2;
        flow_target(&r, 7);
        flow_put(t, &r, 1000);
        assert_true(flow_table_find(t, r.ufid, &view));
        assert_non_null(view.receiver);
        assert_int_equal(view.receiver->type, FLOW_RECEIVER_GUESS);
        assert_int_equal(view.receiver->has_zone, i & 1);
        assert_int_equal(view.receiver->has_mac, i >> 1 & 1);
        assert_int_equal(view.receiver->zone, i & 1 ? r.zone : 0);
        assert_int_equal(view.receiver->mac[5], i & 2 ? r.mac[5] : 0);
    }
    flow_verify(t, 1000);
    flow_table_destroy(t);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_graphs),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_many_in_a_chain),
        cmocka_unit_test(test_few_guesses),
        cmocka_unit_test(test_key_of_new),
        cmocka_unit_test(test_guesses_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
