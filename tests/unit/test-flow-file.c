/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/file.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/flow-text/text.h"
#include "util.h"

#define N_FLOWS 10000
#define FLOW "in_port(a), packets:1, bytes:60, used:never, actions:b\n"

struct fixture {
    char dir[32];               /* Directory of its own. */
    char *name;                 /* File with N_FLOWS flows in it. */
    struct event_base *base;
    struct flow_text *text;
    struct flow_file *file;     /* What is being read. */
    size_t n_flows;             /* Flows so far. */
    int n_done;                 /* How often it was done. */
    char *error;                /* What done() said. */
    bool close;                 /* Close the file in done()? */
};

static void
count(void *f_, const struct flow_record *const *records OVS_UNUSED, size_t n)
{
    struct fixture *f = f_;

    f->n_flows += n;
}

static void
done(void *f_, const char *error)
{
    struct fixture *f = f_;

    f->n_done++;
    f->error = nullable_xstrdup(error);
    if (f->close) {
        flow_file_close(f->file);
        f->file = NULL;
    }
}

static int
setup(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    FILE *stream;

    ovs_strlcpy(f->dir, "/tmp/flow-file.XXXXXX", sizeof f->dir);
    assert_non_null(mkdtemp(f->dir));
    f->name = xasprintf("%s/flows", f->dir);
    stream = fopen(f->name, "w");
    assert_non_null(stream);
    for (int i = 0; i < N_FLOWS; i++) {
        fputs(FLOW, stream);
    }
    assert_false(fclose(stream));
    f->base = event_base_new();
    f->text = flow_text_create(count, f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    flow_file_close(f->file);
    flow_text_destroy(f->text);
    event_base_free(f->base);
    free(f->error);
    unlink(f->name);
    rmdir(f->dir);
    free(f->name);
    free(f);
    return 0;
}

static void
start(struct fixture *f)
{
    char *error = NULL;

    f->file = flow_file_open(f->base, f->name, f->text, done, f, &error);
    assert_non_null(f->file);
    assert_null(error);
}

/* As evloop_run() does. */
static void
run_once(struct fixture *f)
{
    event_base_loop(f->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* One piece each time, and then never again. */
static void
test_pieces(void **state)
{
    const size_t n_pieces = DIV_ROUND_UP(N_FLOWS * strlen(FLOW),
                                         FLOW_FILE_PIECE);
    struct fixture *f = *state;
    size_t before = 0;

    start(f);
    assert_int_equal(0, f->n_flows);
    for (size_t i = 0; i < n_pieces; i++) {
        run_once(f);
        assert_true(f->n_flows > before);
        assert_true(f->n_flows - before
                    <= FLOW_FILE_PIECE / strlen(FLOW) + 1);
        assert_int_equal(0, f->n_done);
        before = f->n_flows;
    }
    for (int i = 0; i < 3; i++) {
        run_once(f);
        assert_int_equal(1, f->n_done);
        assert_null(f->error);
        assert_int_equal(N_FLOWS, f->n_flows);
        assert_int_equal(N_FLOWS, flow_text_status(f->text)->n_lines);
    }
}

static void
test_close_when_done(void **state)
{
    struct fixture *f = *state;

    f->close = true;
    start(f);
    while (!f->n_done) {
        run_once(f);
    }
    run_once(f);
    assert_int_equal(1, f->n_done);
    assert_int_equal(N_FLOWS, f->n_flows);
}

static void
test_close_before(void **state)
{
    struct fixture *f = *state;
    size_t n;

    start(f);
    run_once(f);
    n = f->n_flows;
    flow_file_close(f->file);
    f->file = NULL;
    run_once(f);
    assert_int_equal(n, f->n_flows);
    assert_int_equal(0, f->n_done);
}

/* A file that grows faster than it is read has an end nevertheless. */
static void
test_growing(void **state)
{
    struct fixture *f = *state;

    start(f);
    for (int round = 0; round < 100 && !f->n_done; round++) {
        FILE *stream = fopen(f->name, "a");

        assert_non_null(stream);
        for (int i = 0; i < 2 * FLOW_FILE_PIECE; i += strlen(FLOW)) {
            fputs(FLOW, stream);
        }
        fclose(stream);
        run_once(f);
    }
    assert_int_equal(1, f->n_done);
    assert_null(f->error);
    assert_int_equal(N_FLOWS, f->n_flows);
}

static void
test_shrinking(void **state)
{
    struct fixture *f = *state;

    start(f);
    run_once(f);
    assert_false(truncate(f->name, 10));
    run_once(f);
    assert_int_equal(1, f->n_done);
    assert_null(f->error);
}

/* The last line may lack its end, and a file may be empty. */
static void
test_ends(void **state)
{
    struct fixture *f = *state;

    assert_false(truncate(f->name, 2 * strlen(FLOW) - 1));
    start(f);
    while (!f->n_done) {
        run_once(f);
    }
    assert_int_equal(2, f->n_flows);
    flow_file_close(f->file);

    assert_false(truncate(f->name, 0));
    f->n_done = 0;
    start(f);
    run_once(f);
    assert_int_equal(1, f->n_done);
    assert_null(f->error);
    assert_int_equal(2, f->n_flows);
}

static void
check_refused(struct fixture *f, const char *name, const char *why)
{
    char *error = NULL;

    assert_null(flow_file_open(f->base, name, f->text, done, f, &error));
    assert_non_null(error);
    assert_true(!strncmp(error, name, strlen(name)));
    if (!strstr(error, why)) {
        fail_msg("%s", error);
    }
    free(error);
    run_once(f);
    assert_int_equal(0, f->n_done);
}

static void
test_errors(void **state)
{
    struct fixture *f = *state;
    char *fifo = xasprintf("%s/fifo", f->dir);

    check_refused(f, f->dir, "is a directory");
    check_refused(f, "/dev/null", "is not a regular file");
    check_refused(f, fifo, "No such file");
    assert_false(mkfifo(fifo, 0600));
    check_refused(f, fifo, "is not a regular file");
    unlink(fifo);
    free(fifo);
    if (geteuid()) {
        assert_false(chmod(f->name, 0));
        check_refused(f, f->name, "Permission denied");
    }
}

/* A file that can be opened, and not read. */
static void
test_read_error(void **state)
{
    struct fixture *f = *state;
    char *error = NULL;

    f->file = flow_file_open(f->base, "/proc/self/mem", f->text, done, f,
                             &error);
    if (!f->file) {
        free(error);
        skip();
    }
    run_once(f);
    assert_int_equal(1, f->n_done);
    assert_string_equal("/proc/self/mem: cannot be read (Input/output error)",
                        f->error);
    run_once(f);
    assert_int_equal(1, f->n_done);
}

#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pieces),
        TEST(test_close_when_done),
        TEST(test_close_before),
        TEST(test_growing),
        TEST(test_shrinking),
        TEST(test_ends),
        TEST(test_errors),
        TEST(test_read_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
