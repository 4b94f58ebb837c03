/* SPDX-License-Identifier: Apache-2.0 */

/* The process that writes files. */

#include <config.h>

#include "netlink/node-writer.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/util.h"
#include "timeval.h"
#include "util.h"

static struct event_base *base;
static struct node_writer *writer;
static char dir[] = "/tmp/test-node-writer-XXXXXX";
static char *state_dir, *file;
static int n_done, last_error;

static void
done(void *aux, int error)
{
    assert_ptr_equal(aux, &n_done);
    n_done++;
    last_error = error;
}

/* Runs until the request is done.  Returns its error. */
static int
finish(void)
{
    long long int end = time_msec() + 10000;
    int n = n_done;

    assert_true(node_writer_is_busy(writer));
    while (n_done == n) {
        assert_true(time_msec() < end);
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
        poll_timer_wait(1);
        poll_block();
    }
    assert_false(node_writer_is_busy(writer));
    return last_error;
}

static void
assert_contents(const char *path, const char *want)
{
    FILE *stream = fopen(path, "r");
    char buf[64];

    assert_non_null(stream);
    buf[fread(buf, 1, sizeof buf - 1, stream)] = '\0';
    fclose(stream);
    assert_string_equal(buf, want);
}

static void
test_save(void **state OVS_UNUSED)
{
    struct stat st;

    assert_int_equal(node_writer_save(writer, state_dir, "f", "one", done,
                                      &n_done), 0);
    assert_int_equal(finish(), 0);
    assert_contents(file, "one");
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    assert_int_equal(node_writer_save(writer, state_dir, "f", "2", done,
                                      &n_done), 0);
    assert_int_equal(finish(), 0);
    assert_contents(file, "2");

    char *temporary = xasprintf("%s/f.new", state_dir);
    assert_int_not_equal(access(temporary, F_OK), 0);
    free(temporary);
}

static void
test_write(void **state OVS_UNUSED)
{
    assert_int_equal(node_writer_write(writer, file, "3", done, &n_done), 0);
    assert_int_equal(finish(), 0);
    assert_contents(file, "3");
    assert_int_equal(node_writer_write(writer, "/nonexistent/x", "3", done,
                                       &n_done), 0);
    assert_int_equal(finish(), ENOENT);
    assert_int_equal(node_writer_write(writer, "/dev/full", "3", done,
                                       &n_done), 0);
    assert_int_equal(finish(), ENOSPC);
}

static void
test_remove(void **state OVS_UNUSED)
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(node_writer_remove(writer, state_dir, "f", done,
                                            &n_done), 0);
        assert_int_equal(finish(), 0);
        assert_int_not_equal(access(file, F_OK), 0);
    }
    assert_int_equal(node_writer_remove(writer, "/nonexistent", "f", done,
                                        &n_done), 0);
    assert_int_equal(finish(), 0);
    assert_int_equal(node_writer_save(writer, "/nonexistent/x", "f", "",
                                      done, &n_done), 0);
    assert_int_equal(finish(), ENOENT);
}

/* A file that takes several requests is the new one or the old one. */
static void
test_large(void **state OVS_UNUSED)
{
    static const size_t sizes[] = {
        64 * 1024, 64 * 1024 + 1, 128 * 1024, 1000 * 1000, 7,
    };
    char *text = xmalloc(NODE_WRITER_SAVE_MAX + 2);

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        size_t n = sizes[i];
        char *have = xmalloc(n + 2);

        for (size_t j = 0; j < n; j++) {
            text[j] = 'a' + j / 7 % 23;
        }
        text[n] = '\0';
        assert_int_equal(node_writer_save(writer, state_dir, "f", text, done,
                                          &n_done), 0);
        assert_int_equal(finish(), 0);
        FILE *stream = fopen(file, "r");
        assert_non_null(stream);
        assert_int_equal(fread(have, 1, n + 2, stream), n);
        fclose(stream);
        assert_memory_equal(have, text, n);
        free(have);
    }

    memset(text, 'x', NODE_WRITER_SAVE_MAX + 1);
    text[NODE_WRITER_SAVE_MAX + 1] = '\0';
    assert_int_equal(node_writer_save(writer, state_dir, "f", text, done,
                                      &n_done), EFBIG);
    assert_false(node_writer_is_busy(writer));
    assert_int_equal(node_writer_write(writer, file, text, done, &n_done),
                     EMSGSIZE);
    assert_false(node_writer_is_busy(writer));
    free(text);
}

/* Two that save into one directory do not get into each other's way: the
 * first part of one file is there when the other file is made. */
static void
test_two(void **state OVS_UNUSED)
{
    struct node_writer *other = node_writer_create(base);
    const size_t n = 1000 * 1000;
    char *text = xmalloc(n + 1);
    char *path = xasprintf("%s/g", state_dir);
    int n_before = n_done;
    struct stat st;

    last_error = 0;
    memset(text, 'x', n);
    text[n] = '\0';
    assert_int_equal(node_writer_save(other, state_dir, "g", text, done,
                                      &n_done), 0);
    assert_int_equal(node_writer_save(writer, state_dir, "f", "small", done,
                                      &n_done), 0);
    while (n_done < n_before + 2) {
        event_base_loop(base, EVLOOP_ONCE);
        assert_int_equal(last_error, 0);
    }
    assert_contents(file, "small");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, n);
    node_writer_destroy(other);
    unlink(path);
    free(path);
    free(text);
}

/* A write that does not come back delays only its own writer. */
static void
test_stuck(void **state OVS_UNUSED)
{
    struct node_writer *stuck = node_writer_create(base);
    char *fifo = xasprintf("%s/fifo", dir);
    int n = n_done;

    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(node_writer_write(stuck, fifo, "x", done, &n_done), 0);
    assert_int_equal(node_writer_write(writer, "/dev/null", "x", done,
                                       &n_done), 0);
    assert_int_equal(finish(), 0);
    assert_int_equal(n_done, n + 1);
    assert_true(node_writer_is_busy(stuck));
    node_writer_destroy(stuck);
    assert_int_equal(n_done, n + 1);
    unlink(fifo);
    free(fifo);
}

static int
setup(void **state OVS_UNUSED)
{
    assert_non_null(mkdtemp(dir));
    state_dir = xasprintf("%s/state", dir);
    file = xasprintf("%s/f", state_dir);
    base = event_base_new();
    writer = node_writer_create(base);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    node_writer_destroy(writer);
    event_base_free(base);
    unlink(file);
    rmdir(state_dir);
    rmdir(dir);
    free(state_dir);
    free(file);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_stuck),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
