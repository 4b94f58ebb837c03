/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/journal.h"
#include "smap.h"
#include "util.h"

/* A node with one VF, key "vf 1", and what the journal says of it. */
struct node {
    struct journal journal;
    const char *rep;            /* Name of the representor, or NULL. */
    const char *row;            /* Name of another's row, or NULL. */
    bool taken;                 /* Has another row the iface-id? */
    bool other_row;             /* Has the representor some other row? */
    const char *pending;        /* Row that is being put back, or NULL. */
    struct smap ids, port_ids, port_config; /* Of 'row'. */
    long long int now;
    int n_events;               /* That the last update told, */
    enum journal_event event;   /* the last of them. */
};

static void
tell(void *node_, const struct journal_entry *e, enum journal_event event)
{
    struct node *node = node_;

    assert_non_null(e->name);
    node->n_events++;
    node->event = event;
}

static bool
is_taken(void *node_, const char *iface_id)
{
    struct node *node = node_;

    return node->taken || (node->row && !strcmp(iface_id, "a_b"));
}

static void
update(struct node *node)
{
    struct journal_rep reps[2];
    struct journal_row row;
    struct journal_input in = {
        .reps = reps, .absent = &row, .is_taken = is_taken, .tell = tell,
        .pending = node->pending, .aux = node, .now = node->now,
    };
    bool owned = (node->rep && node->row && !strcmp(node->rep, node->row));

    /* Another VF's, that never matters. */
    reps[in.n_reps++] = (struct journal_rep) { "eth9", "vf 9", true };
    if (node->rep) {
        reps[in.n_reps++] = (struct journal_rep) {
            node->rep, "vf 1", owned || node->other_row
        };
    }
    if (owned) {
        journal_own(&node->journal, node->rep, "vf 1");
    } else if (node->row) {
        row = (struct journal_row) {
            .name = node->row, .port = "port", .bridge = "br-int",
            .external_ids = &node->ids, .port_ids = &node->port_ids,
            .port_config = &node->port_config,
        };
        in.n_absent = 1;
    }
    node->n_events = 0;
    journal_update(&node->journal, &in);
}

/* Updates and expects 'event'. */
static void
update_tells(struct node *node, enum journal_event event)
{
    update(node);
    assert_int_equal(node->n_events, 1);
    assert_int_equal(node->event, event);
}

static void
update_is_quiet(struct node *node)
{
    update(node);
    assert_int_equal(node->n_events, 0);
}

static int
setup(void **state)
{
    struct node *node = xzalloc(sizeof *node);

    journal_init(&node->journal);
    smap_init(&node->ids);
    smap_init(&node->port_ids);
    smap_init(&node->port_config);
    smap_add(&node->ids, "iface-id", "a_b");
    smap_add(&node->ids, "sandbox", "5a4d");
    smap_add(&node->port_ids, "p", "1");
    smap_add(&node->port_config, "transient", "true");
    node->now = 1000;
    node->rep = node->row = "eth1";
    update_is_quiet(node);
    *state = node;
    return 0;
}

static int
teardown(void **state)
{
    struct node *node = *state;

    journal_destroy(&node->journal);
    smap_destroy(&node->ids);
    smap_destroy(&node->port_ids);
    smap_destroy(&node->port_config);
    free(node);
    return 0;
}

/* Brings 'node' to JOURNAL_LOST. */
static void
lose(struct node *node)
{
    node->rep = NULL;
    update_tells(node, JOURNAL_EVENT_ABSENT);
    node->now += 10;
    node->row = NULL;
    update_tells(node, JOURNAL_EVENT_LOST);
}

static void
test_row_deleted_beside_its_representor(void **state)
{
    struct node *node = *state;

    node->row = NULL;
    update_is_quiet(node);
    assert_true(hmap_is_empty(&node->journal.entries));

    /* And that the representor goes later changes nothing. */
    node->rep = NULL;
    update_is_quiet(node);
    assert_true(hmap_is_empty(&node->journal.entries));
    assert_true(hmap_is_empty(&node->journal.owners));
}

static void
test_both_go_at_once(void **state)
{
    struct node *node = *state;

    node->row = node->rep = NULL;
    update_is_quiet(node);
    assert_true(hmap_is_empty(&node->journal.entries));
}

static void
test_representor_comes_back_to_its_row(void **state)
{
    struct node *node = *state;

    node->rep = NULL;
    update_tells(node, JOURNAL_EVENT_ABSENT);
    update_is_quiet(node);
    assert_int_equal(journal_count(&node->journal, JOURNAL_ABSENT), 1);
    node->rep = "eth1";
    update_tells(node, JOURNAL_EVENT_SETTLED);
    assert_true(hmap_is_empty(&node->journal.entries));
    assert_int_equal(node->journal.n_lost, 0);
}

static void
test_lost_and_returned(void **state)
{
    struct node *node = *state;
    struct journal_entry *e;

    lose(node);
    assert_int_equal(node->journal.n_lost, 1);
    update_is_quiet(node);
    assert_null(journal_find_key(&node->journal, "vf 9"));
    e = journal_find_key(&node->journal, "vf 1");
    assert_non_null(e);
    assert_ptr_equal(e, journal_find(&node->journal, "eth1"));
    assert_int_equal(e->state, JOURNAL_LOST);
    assert_int_equal(e->since, 1000);
    assert_int_equal(e->lost_at, 1010);

    /* Under another name. */
    node->rep = "eth7";
    update_tells(node, JOURNAL_EVENT_RETURNED);
    assert_int_equal(e->state, JOURNAL_RETURNED);
    assert_string_equal(e->rep, "eth7");
    assert_string_equal(e->port, "port");
    assert_string_equal(e->bridge, "br-int");
    assert_true(smap_equal(&e->external_ids, &node->ids));
    assert_true(smap_equal(&e->port_ids, &node->port_ids));
    assert_true(smap_equal(&e->port_config, &node->port_config));
    update_is_quiet(node);
    assert_int_equal(journal_count(&node->journal, JOURNAL_RETURNED), 1);

    /* It goes once more: what was decided is to be decided again. */
    e->tried = true;
    node->rep = NULL;
    update_is_quiet(node);
    assert_int_equal(e->state, JOURNAL_LOST);
    assert_false(e->tried);
}

/* As udev does, when the netdev has been there for a moment. */
static void
test_returned_and_renamed(void **state)
{
    struct node *node = *state;
    struct journal_entry *e;
    unsigned int seqno;

    lose(node);
    node->rep = "eth5";
    update_tells(node, JOURNAL_EVENT_RETURNED);
    e = journal_find(&node->journal, "eth1");
    assert_string_equal(e->rep, "eth5");

    seqno = node->journal.seqno;
    node->rep = "eth1";
    update_is_quiet(node);
    assert_int_equal(e->state, JOURNAL_RETURNED);
    assert_string_equal(e->rep, "eth1");
    /* It has to be saved, once. */
    assert_int_equal(node->journal.seqno, seqno + 1);
    update_is_quiet(node);
    assert_int_equal(node->journal.seqno, seqno + 1);
}

static void
test_what_is_kept_is_what_the_row_had_last(void **state)
{
    struct node *node = *state;

    node->rep = NULL;
    update_tells(node, JOURNAL_EVENT_ABSENT);
    smap_replace(&node->ids, "ovn-installed", "true");
    update_is_quiet(node);
    node->row = NULL;
    update_tells(node, JOURNAL_EVENT_LOST);
    assert_string_equal(smap_get(&journal_find(&node->journal,
                                               "eth1")->external_ids,
                                 "ovn-installed"), "true");
}

static void
test_settled_by_a_row(void **state)
{
    struct node *node = *state;

    lose(node);
    node->rep = "eth1";
    node->other_row = true;
    update_tells(node, JOURNAL_EVENT_SETTLED);
    assert_true(hmap_is_empty(&node->journal.entries));
}

/* The row is in the database before the answer that put it there. */
static void
test_pending_is_not_settled(void **state)
{
    struct node *node = *state;

    lose(node);
    node->rep = "eth1";
    update_tells(node, JOURNAL_EVENT_RETURNED);
    node->pending = "eth1";
    node->other_row = true;
    update_is_quiet(node);
    assert_non_null(journal_find(&node->journal, "eth1"));
    node->pending = NULL;
    update_tells(node, JOURNAL_EVENT_SETTLED);
    assert_true(hmap_is_empty(&node->journal.entries));
}

static void
test_settled_by_the_iface_id(void **state)
{
    struct node *node = *state;

    lose(node);
    node->rep = "eth1";
    update_tells(node, JOURNAL_EVENT_RETURNED);
    node->taken = true;
    update_tells(node, JOURNAL_EVENT_SETTLED);
    assert_true(hmap_is_empty(&node->journal.entries));
}

static void
test_settled_by_time(void **state)
{
    struct node *node = *state;

    lose(node);
    node->now += JOURNAL_KEEP_MS - 1;
    update_is_quiet(node);
    node->now++;
    update_tells(node, JOURNAL_EVENT_SETTLED);
    assert_true(hmap_is_empty(&node->journal.entries));
}

/* Which came first is not known. */
static void
test_uncertain(void **state)
{
    struct node *node = *state;

    node->rep = NULL;
    update_tells(node, JOURNAL_EVENT_ABSENT);
    node->rep = "eth1";
    node->row = NULL;
    update_tells(node, JOURNAL_EVENT_UNCERTAIN);
    assert_true(hmap_is_empty(&node->journal.entries));
}

static void
test_row_of_a_representor_never_seen(void **state)
{
    struct node *node = *state;
    struct journal_entry *e;

    node->rep = NULL;
    node->row = "eth5";
    update_tells(node, JOURNAL_EVENT_ABSENT);
    e = journal_find(&node->journal, "eth5");
    assert_null(e->key);
    node->row = NULL;
    update_tells(node, JOURNAL_EVENT_LOST);

    /* Then only the name tells. */
    node->rep = "eth6";
    update_is_quiet(node);
    node->rep = "eth5";
    update_tells(node, JOURNAL_EVENT_RETURNED);
}

static void
test_row_comes_back_first(void **state)
{
    struct node *node = *state;

    lose(node);
    node->row = "eth1";
    update_tells(node, JOURNAL_EVENT_ABSENT);
    assert_int_equal(journal_find(&node->journal, "eth1")->lost_at, 0);
    node->rep = "eth1";
    update_tells(node, JOURNAL_EVENT_SETTLED);
    assert_true(hmap_is_empty(&node->journal.entries));
}

static void
test_no_more_than_a_fixed_number(void **state)
{
    struct node *node = *state;
    struct journal_row *rows = xcalloc(JOURNAL_MAX + 1, sizeof *rows);
    char names[JOURNAL_MAX + 1][16];
    struct journal_input in = {
        .absent = rows, .n_absent = JOURNAL_MAX + 1, .is_taken = is_taken,
        .tell = tell, .aux = node, .now = 1,
    };

    for (int i = 0; i <= JOURNAL_MAX; i++) {
        snprintf(names[i], sizeof names[i], "x%d", i);
        rows[i] = (struct journal_row) {
            .name = names[i], .port = names[i], .bridge = "br",
            .external_ids = &node->ids, .port_ids = &node->port_ids,
            .port_config = &node->port_config,
        };
    }
    journal_update(&node->journal, &in);
    assert_int_equal(hmap_count(&node->journal.entries), JOURNAL_MAX);
    free(rows);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_row_deleted_beside_its_representor),
        TEST(test_both_go_at_once),
        TEST(test_representor_comes_back_to_its_row),
        TEST(test_lost_and_returned),
        TEST(test_returned_and_renamed),
        TEST(test_what_is_kept_is_what_the_row_had_last),
        TEST(test_settled_by_a_row),
        TEST(test_pending_is_not_settled),
        TEST(test_settled_by_the_iface_id),
        TEST(test_settled_by_time),
        TEST(test_uncertain),
        TEST(test_row_of_a_representor_never_seen),
        TEST(test_row_comes_back_first),
        TEST(test_no_more_than_a_fixed_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
