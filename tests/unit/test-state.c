/* SPDX-License-Identifier: Apache-2.0 */

/* What survives a restart: text and files, and the journal in them. */

#include <config.h>

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/journal.h"
#include "controller/state/file.h"
#include "controller/state/text.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

static char dir[] = "/tmp/test-state-XXXXXX";
static struct event_base *base;

/* The envelope. */

static void
assert_refused(const char *text, const char *why)
{
    struct json *content;
    char *error = state_text_parse(text, "boot", &content);

    assert_non_null(error);
    if (!strstr(error, why)) {
        fail_msg("\"%s\" does not have \"%s\"", error, why);
    }
    assert_null(content);
    free(error);
}

static void
test_text(void **state OVS_UNUSED)
{
    struct json *content;
    char *text = state_text_format("boot", json_string_create("\n\"x"));

    assert_null(state_text_parse(text, "boot", &content));
    assert_string_equal(json_string(content), "\n\"x");
    json_destroy(content);

    /* Of before the last boot. */
    assert_null(state_text_parse(text, "boot2", &content));
    assert_null(content);

    /* One bit. */
    char *x = strchr(text, 'x');
    *x = 'y';
    assert_refused(text, "checksum");
    *x = 'x';
    for (size_t n = 0; text[n + 1]; n++) {
        char *cut = xmemdup0(text, n);
        char *error = state_text_parse(cut, "boot", &content);

        assert_non_null(error);
        free(error);
        free(cut);
    }
    free(text);

    assert_refused("", "no JSON");
    assert_refused("[]", "no JSON object");
    assert_refused("{}", "\"version\"");
    assert_refused("{\"version\":2}", "\"version\"");
    assert_refused("{\"version\":\"1\"}", "\"version\"");
    assert_refused("{\"version\":1,\"boot_id\":7}", "\"boot_id\"");
    assert_refused("{\"version\":1,\"boot_id\":\"\"}", "\"content\"");
    assert_refused("{\"version\":1,\"boot_id\":\"\",\"content\":[]}",
                   "\"checksum\"");
}

/* The journal. */

static bool representor, row;   /* Are they there? */
static enum journal_event event; /* The last one, */
static int n_events;            /* and how many. */

static void
tell(void *aux OVS_UNUSED, const struct journal_entry *e OVS_UNUSED,
     enum journal_event event_)
{
    event = event_;
    n_events++;
}

static bool
is_taken(void *aux OVS_UNUSED, const char *iface_id OVS_UNUSED)
{
    return row;
}

static int
update(struct journal *j, long long int now)
{
    struct smap ids = SMAP_CONST1(&ids, "iface-id", "a_b");
    struct smap config = SMAP_CONST1(&config, "transient", "true");
    struct journal_rep rep = {
        .name = "eth5", .key = "vf 1", .has_row = row,
    };
    struct journal_row absent = {
        .name = "eth5", .port = "port5", .bridge = "br-int",
        .external_ids = &ids, .port_ids = &config, .port_config = &config,
    };
    struct journal_input in = {
        .reps = &rep, .n_reps = representor,
        .absent = &absent, .n_absent = row && !representor,
        .is_taken = is_taken, .tell = tell, .now = now,
    };

    if (representor && row) {
        journal_own(j, "eth5", "vf 1");
    }
    n_events = 0;
    journal_update(j, &in);
    return n_events;
}

/* Makes 'j' anew, of its text. */
static void
restart(struct journal *j, long long int now)
{
    struct json *content = journal_to_state(j);
    char *text = state_text_format("boot", content);

    journal_destroy(j);
    journal_init(j);
    assert_null(state_text_parse(text, "boot", &content));
    assert_null(journal_from_state(j, content, now));
    assert_int_equal(j->seqno, 0);

    char *again = state_text_format("boot", journal_to_state(j));
    assert_string_equal(text, again);
    json_destroy(content);
    free(again);
    free(text);
}

static void
begin(struct journal *j)
{
    journal_init(j);
    representor = row = true;
    assert_int_equal(update(j, 100), 0);
    assert_int_equal(j->seqno, 0);
    representor = false;
    assert_int_equal(update(j, 200), 1);
    assert_int_equal(event, JOURNAL_EVENT_ABSENT);
    assert_int_not_equal(j->seqno, 0);
}

static void
test_journal(void **state OVS_UNUSED)
{
    const struct journal_entry *e;
    struct journal j;

    begin(&j);
    restart(&j, 300);
    assert_int_equal(update(&j, 300), 0);
    assert_int_equal(j.seqno, 0);

    /* The row goes while nobody looks. */
    restart(&j, 400);
    row = false;
    assert_int_equal(update(&j, 400), 1);
    assert_int_equal(event, JOURNAL_EVENT_LOST);
    assert_int_not_equal(j.seqno, 0);

    restart(&j, 500);
    assert_int_equal(update(&j, 500), 0);
    representor = true;
    assert_int_equal(update(&j, 600), 1);
    assert_int_equal(event, JOURNAL_EVENT_RETURNED);
    e = journal_find_key(&j, "vf 1");
    assert_non_null(e);
    CONST_CAST(struct journal_entry *, e)->tried = true;
    CONST_CAST(struct journal_entry *, e)->refusal = xstrdup("why");

    restart(&j, 700);
    assert_int_equal(update(&j, 700), 0);
    e = journal_find(&j, "eth5");
    assert_string_equal(e->rep, "eth5");
    assert_string_equal(e->port, "port5");
    assert_string_equal(e->bridge, "br-int");
    assert_string_equal(e->refusal, "why");
    assert_true(e->tried);
    assert_int_equal(e->since, 200);
    assert_int_equal(e->lost_at, 400);
    assert_string_equal(smap_get(&e->external_ids, "iface-id"), "a_b");
    assert_string_equal(smap_get(&e->port_ids, "transient"), "true");
    assert_string_equal(smap_get(&e->port_config, "transient"), "true");

    assert_int_equal(update(&j, 400 + JOURNAL_KEEP_MS), 1);
    assert_int_equal(event, JOURNAL_EVENT_SETTLED);
    restart(&j, 300);
    journal_destroy(&j);
}

/* A time that is yet to come was of another clock. */
static void
test_journal_clock(void **state OVS_UNUSED)
{
    struct json *content;
    struct journal j;

    begin(&j);
    content = journal_to_state(&j);
    journal_clear(&j);
    assert_null(journal_from_state(&j, content, 50));
    assert_int_equal(journal_find(&j, "eth5")->since, 50);
    json_destroy(content);
    journal_destroy(&j);
}

/* Which came first cannot be known. */
static void
test_journal_uncertain(void **state OVS_UNUSED)
{
    struct journal j;

    begin(&j);
    restart(&j, 300);
    row = false;
    representor = true;
    assert_int_equal(update(&j, 400), 1);
    assert_int_equal(event, JOURNAL_EVENT_UNCERTAIN);
    assert_true(hmap_is_empty(&j.entries));
    journal_destroy(&j);
}

static void
test_journal_back(void **state OVS_UNUSED)
{
    struct journal j;

    begin(&j);
    restart(&j, 300);
    representor = true;
    assert_int_equal(update(&j, 400), 1);
    assert_int_equal(event, JOURNAL_EVENT_SETTLED);
    assert_true(hmap_is_empty(&j.entries));
    journal_destroy(&j);
}

static void
test_journal_wrong(void **state OVS_UNUSED)
{
#define MAPS "\"external_ids\":{},\"port_ids\":{},\"port_config\":{},"
#define GOOD "{\"name\":\"a\",\"port\":\"a\",\"bridge\":\"b\"," MAPS \
             "\"state\":\"lost\",\"since\":1,\"lost_at\":2,\"tried\":false}"
    static const struct {
        const char *text;
        const char *why;
    } tests[] = {
        { "{}", "no array" },
        { "[7]", "no JSON object" },
        { "[{}]", "\"name\"" },
        { "[{\"name\":\"a\"}]", "\"port\"" },
        { "[{\"name\":\"a\",\"port\":\"a\"}]", "\"bridge\"" },
        { "[" GOOD "," GOOD "]", "one name" },
        { "[{\"name\":\"a\",\"port\":\"a\",\"bridge\":\"b\","
          "\"external_ids\":{\"k\":1}}]", "\"external_ids\"" },
        { "[{\"name\":\"a\",\"port\":\"a\",\"bridge\":\"b\"," MAPS
          "\"state\":\"found\"}]", "\"state\"" },
        { "[{\"name\":\"a\",\"port\":\"a\",\"bridge\":\"b\"," MAPS
          "\"state\":\"returned\"}]", "\"rep\"" },
        { "[{\"name\":\"a\",\"port\":\"a\",\"bridge\":\"b\"," MAPS
          "\"state\":\"lost\",\"since\":-1}]", "\"since\"" },
        { "[{\"name\":\"a\",\"port\":\"a\",\"bridge\":\"b\"," MAPS
          "\"state\":\"lost\",\"since\":1,\"lost_at\":\"x\"}]",
          "\"lost_at\"" },
    };
    struct journal j;

    journal_init(&j);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        struct json *json = json_from_string(tests[i].text);
        char *error = journal_from_state(&j, json, 10);

        assert_non_null(error);
        if (!strstr(error, tests[i].why)) {
            fail_msg("%s: \"%s\" does not have \"%s\"", tests[i].text, error,
                     tests[i].why);
        }
        assert_true(hmap_is_empty(&j.entries));
        free(error);
        json_destroy(json);
    }
    struct json *json = json_from_string("[" GOOD "]");
    assert_null(journal_from_state(&j, json, 10));
    json_destroy(json);
    journal_destroy(&j);
}

/* Names may be of any bytes. */
static void
test_journal_bytes(void **state OVS_UNUSED)
{
    struct journal j;

    begin(&j);
    free(journal_find(&j, "eth5")->key);
    journal_find(&j, "eth5")->key = xstrdup("\xff\x01\x9a\"\\\n");
    restart(&j, 300);
    assert_string_equal(journal_find(&j, "eth5")->key,
                        "\xff\x01\x9a\"\\\n");
    journal_destroy(&j);
}

/* Pending deletions. */

static void
test_deletions(void **state OVS_UNUSED)
{
    static const char *const wrong[] = {
        "[]", "{\"v\":7}", "{\"v\":\"0\"}", "{\"v\":\"-1\"}",
        "{\"v\":\"7x\"}", "{\"v\":\"18446744073709551616\"}",
        "{\"\":\"7\"}", "{\"v\":\"7\",\"w\":null}",
    };
    const char *good = "{\"v \xff\":\"7\","
                       "\"v1\":\"18446744073709551615\"}";
    struct shash deletions = SHASH_INITIALIZER(&deletions);
    struct json *json, *again;

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        json = json_from_string(wrong[i]);
        char *error = vdpa_deletions_from_state(json, &deletions);

        assert_non_null(error);
        assert_true(shash_is_empty(&deletions));
        free(error);
        json_destroy(json);
    }
    json = json_from_string(good);
    assert_null(vdpa_deletions_from_state(json, &deletions));
    assert_int_equal(shash_count(&deletions), 2);
    again = vdpa_deletions_to_state(&deletions);
    assert_true(json_equal(json, again));
    json_destroy(json);
    json_destroy(again);
    shash_destroy_free_data(&deletions);
}

/* Files. */

static void
run_until_saved(struct state_file *file)
{
    long long int end = time_msec() + 20000;

    while (!state_file_is_saved(file) && !state_file_error(file)) {
        assert_true(time_msec() < end);
        state_file_run(file);
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
        state_file_wait(file);
        poll_timer_wait(1);
        poll_block();
    }
}

static void
assert_loads(const char *want)
{
    struct state_file *file = state_file_create(base, dir, "f.json");
    struct json *content = state_file_load(file);

    assert_string_equal(content ? json_string(content) : "none", want);
    assert_int_equal(state_file_error(file) != NULL, !content);
    json_destroy(content);
    state_file_destroy(file);
}

static void
write_file(const char *text)
{
    char *path = xasprintf("%s/f.json", dir);
    FILE *stream = fopen(path, "w");

    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
    free(path);
}

static void
test_file(void **state OVS_UNUSED)
{
    struct state_file *file = state_file_create(base, dir, "f.json");

    assert_null(state_file_load(file));
    assert_null(state_file_error(file));
    assert_true(state_file_is_saved(file));

    /* The last one counts, also while one is on its way. */
    state_file_save(file, json_string_create("one"));
    assert_false(state_file_is_saved(file));
    state_file_run(file);
    state_file_save(file, json_string_create("two"));
    state_file_save(file, json_string_create("three"));
    run_until_saved(file);
    assert_loads("three");
    state_file_save(file, json_string_create("three"));
    run_until_saved(file);

    /* Garbage is told of, and can be written over. */
    write_file("{\"version\":1,\"boot_id\":\"");
    assert_loads("none");
    write_file("\xff\xfe");
    assert_loads("none");
    state_file_save(file, json_string_create("four"));
    run_until_saved(file);
    assert_loads("four");
    state_file_destroy(file);
}

static void
test_file_error(void **state OVS_UNUSED)
{
    struct state_file *file = state_file_create(base, "/nonexistent/x", "f");

    assert_null(state_file_load(file));
    assert_null(state_file_error(file));
    state_file_save(file, json_string_create("one"));
    run_until_saved(file);
    assert_non_null(strstr(state_file_error(file), "cannot be written"));
    assert_false(state_file_is_saved(file));
    state_file_destroy(file);
}

static int
setup(void **state OVS_UNUSED)
{
    base = event_base_new();
    return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state OVS_UNUSED)
{
    char *path = xasprintf("%s/f.json", dir);

    unlink(path);
    free(path);
    event_base_free(base);
    return rmdir(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_journal),
        cmocka_unit_test(test_journal_clock),
        cmocka_unit_test(test_journal_uncertain),
        cmocka_unit_test(test_journal_back),
        cmocka_unit_test(test_journal_wrong),
        cmocka_unit_test(test_journal_bytes),
        cmocka_unit_test(test_deletions),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_file_error),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
