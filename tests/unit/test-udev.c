/* SPDX-License-Identifier: Apache-2.0 */

/* Waiting for udev, whose database is a directory of ours. */

#include <config.h>

#include "controller/udev.h"

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

#include "util.h"

struct fixture {
    struct event_base *base;
    struct udev *udev;
    char dir[32];               /* In place of /run/udev. */
    int n_changed;              /* Calls of 'changed'. */
};

/* The name of 'file' in the directory.  Caller frees. */
static char *
path(const struct fixture *f, const char *file)
{
    return xasprintf("%s/%s", f->dir, file);
}

static void
make_file(const struct fixture *f, const char *file)
{
    char *name = path(f, file);
    int fd = open(name, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    close(fd);
    free(name);
}

static void
remove_file(const struct fixture *f, const char *file)
{
    char *name = path(f, file);

    assert_int_equal(remove(name), 0);
    free(name);
}

/* As udev does. */
static void
finish_netdev(const struct fixture *f, const char *file)
{
    char *from = path(f, "data/.#tmp");
    char *to = path(f, file);

    make_file(f, "data/.#tmp");
    assert_int_equal(rename(from, to), 0);
    free(from);
    free(to);
}

static void
changed(void *f_)
{
    struct fixture *f = f_;

    f->n_changed++;
}

static int
setup(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    char *data;

    strcpy(f->dir, "/tmp/test-udev.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    data = path(f, "data");
    assert_int_equal(mkdir(data, 0700), 0);
    free(data);
    make_file(f, "control");
    f->base = event_base_new();
    f->udev = udev_create(f->base, f->dir, changed, f);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    udev_destroy(f->udev);
    event_base_free(f->base);
    if (!access(f->dir, F_OK)) {
        remove_file(f, "control");
        remove_file(f, "data");
        assert_int_equal(rmdir(f->dir), 0);
    }
    free(f);
    return 0;
}

static void
run(struct fixture *f)
{
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    udev_run(f->udev);
}

static void
test_waits(void **state)
{
    struct fixture *f = *state;

    finish_netdev(f, "data/n4");
    assert_true(udev_is_done(f->udev, 4));
    assert_false(udev_is_done(f->udev, 5));
    assert_false(udev_is_done(f->udev, 6));

    /* Others' files, and one whose name only begins like that of 5. */
    finish_netdev(f, "data/c1:3");
    finish_netdev(f, "data/n55");
    run(f);
    assert_int_equal(f->n_changed, 0);
    assert_false(udev_is_done(f->udev, 5));

    /* The watch is still needed after this one, */
    finish_netdev(f, "data/n5");
    run(f);
    assert_int_equal(f->n_changed, 1);
    assert_true(udev_is_done(f->udev, 5));
    assert_false(udev_is_done(f->udev, 6));

    /* and ends with the first of these. */
    finish_netdev(f, "data/n6");
    finish_netdev(f, "data/n7");
    run(f);
    assert_int_equal(f->n_changed, 2);
    assert_true(udev_is_done(f->udev, 6));

    static const char *const files[] = {
        "data/n4", "data/c1:3", "data/n55", "data/n5", "data/n6", "data/n7",
    };
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        remove_file(f, files[i]);
    }
}

/* A netdev that went is not waited for, and says nothing of the next one with
 * its number. */
static void
test_forget(void **state)
{
    struct fixture *f = *state;

    assert_false(udev_is_done(f->udev, 5));
    udev_forget(f->udev, 5);
    udev_forget(f->udev, 5);
    run(f);
    assert_int_equal(f->n_changed, 0);
    assert_false(udev_is_done(f->udev, 5));
    finish_netdev(f, "data/n5");
    run(f);
    assert_int_equal(f->n_changed, 1);
    remove_file(f, "data/n5");
}

static bool
is_six(void *f OVS_UNUSED, int ifindex)
{
    return ifindex == 6;
}

/* Likewise after all netdevs were read anew, as nothing told which went. */
static void
test_forget_gone(void **state)
{
    struct fixture *f = *state;

    assert_false(udev_is_done(f->udev, 5));
    assert_false(udev_is_done(f->udev, 6));
    finish_netdev(f, "data/n5");
    finish_netdev(f, "data/n6");
    run(f);
    assert_true(udev_is_done(f->udev, 5));
    remove_file(f, "data/n5");
    remove_file(f, "data/n6");
    udev_forget_gone(f->udev, is_six, NULL);
    assert_false(udev_is_done(f->udev, 5));
    assert_true(udev_is_done(f->udev, 6));
}

static void
test_no_udev(void **state)
{
    struct fixture *f = *state;

    remove_file(f, "control");
    assert_true(udev_is_done(f->udev, 5));
    make_file(f, "control");

    /* No database that could be watched. */
    remove_file(f, "data");
    assert_true(udev_is_done(f->udev, 6));
    remove_file(f, "control");
    assert_int_equal(rmdir(f->dir), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_udev, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
