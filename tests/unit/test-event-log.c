/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/event-log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

static int
setup(void **state)
{
    struct event_log *log = xmalloc(sizeof *log);

    event_log_init(log);
    *state = log;
    return 0;
}

static int
teardown(void **state)
{
    event_log_destroy(*state);
    free(*state);
    return 0;
}

static void
add_numbered(struct event_log *log, int n)
{
    char subject[32];

    snprintf(subject, sizeof subject, "eth%d", n);
    event_log_add(log, subject, "state", "pending", "attached", "n %d", n);
}

static void
test_empty(void **state)
{
    assert_null(event_log_get(*state, 0));
    assert_null(event_log_get(*state, EVENT_LOG_SIZE));
}

static void
test_entry(void **state)
{
    struct event_log *log = *state;
    long long int before = time_wall_msec();
    const struct event_log_entry *e;

    event_log_add(log, "eth5", "state", "", "attached", "%s", "");
    e = event_log_get(log, 0);
    assert_int_equal(e->seqno, 1);
    assert_true(e->when >= before && e->when <= time_wall_msec());
    assert_string_equal(e->subject, "eth5");
    assert_string_equal(e->what, "state");
    assert_string_equal(e->from, "");
    assert_string_equal(e->to, "attached");
    assert_string_equal(e->cause, "");
    assert_null(event_log_get(log, 1));

    event_log_add(log, "eth5", "state", "attached", "error", "%s: %d", "why",
                  7);
    assert_string_equal(event_log_get(log, 1)->cause, "why: 7");
}

/* Whatever the number of events, the last ones are kept, in order. */
static void
test_wrap(void **state)
{
    static const size_t more[] = { EVENT_LOG_SIZE, 1, 1,
                                   EVENT_LOG_SIZE - 2, 1, 2500 };
    struct event_log *log = *state;
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
        for (size_t j = 0; j < more[i]; j++) {
            add_numbered(log, n++);
        }

        size_t kept = MIN(n, EVENT_LOG_SIZE);
        for (size_t j = 0; j < kept; j++) {
            const struct event_log_entry *e = event_log_get(log, j);
            char cause[32];

            snprintf(cause, sizeof cause, "n %"PRIuSIZE, n - kept + j);
            assert_int_equal(e->seqno, n - kept + j + 1);
            assert_string_equal(e->cause, cause);
        }
        assert_null(event_log_get(log, kept));
    }
}

/* The strings are the log's own, and may be those of an older event. */
static void
test_copies(void **state)
{
    struct event_log *log = *state;
    char subject[] = "eth5";
    const struct event_log_entry *e;

    event_log_add(log, subject, subject, subject, subject, "%s", subject);
    subject[0] = 'x';
    e = event_log_get(log, 0);
    assert_string_equal(e->subject, "eth5");
    assert_string_equal(e->cause, "eth5");
}

/* A name cannot forge a line of the log file, while the event has it as it
 * is. */
static void
test_hostile_name(void **state)
{
    static const char name[] = "v\n2026-01-01|00001|x|ERR|forged \xff%s";
    char path[] = "/tmp/test-event-log-XXXXXX";
    struct event_log *log = *state;
    char line[1024];
    int fd, n = 0;
    FILE *file;

    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(vlog_set_log_file(path), 0);
    event_log_add(log, name, "pair", "", "paired", "%s", name);
    vlog_set_log_file(NULL);
    assert_string_equal(event_log_get(log, 0)->subject, name);
    assert_string_equal(event_log_get(log, 0)->cause, name);

    file = fdopen(fd, "r");
    while (fgets(line, sizeof line, file)) {
        bool forged = strstr(line, "forged");

        n += forged;
        assert_true(!forged || strstr(line, "v\\x0a2026"));
        assert_null(strchr(line, 0xff));
    }
    assert_int_equal(n, 1);
    fclose(file);
    unlink(path);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_empty),
        TEST(test_entry),
        TEST(test_wrap),
        TEST(test_copies),
        TEST(test_hostile_name),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    vlog_set_levels(NULL, VLF_FILE, VLL_INFO);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
