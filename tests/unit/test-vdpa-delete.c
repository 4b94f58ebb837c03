/* SPDX-License-Identifier: Apache-2.0 */

/* Deleting vDPA devices, that somebody may have open. */

#include <config.h>

#include "netlink/vdpa-control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "openvswitch/vlog.h"
#include "tests/unit/vdpa-control-fixture.h"

static void
test_delete(void **state OVS_UNUSED)
{
    make_device("v0", NULL);
    tell(&v0);
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
    answer(0);
    settle();
    assert_int_equal(n_done, 0);
    remove_device("v0");
    tell(NULL);
    wait_until(n_done == 1);
    assert_int_equal(last_error, 0);

    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 2);
    assert_int_equal(last_error, ENODEV);
    assert_true(nothing_sent());
}

/* make_busy(), and a deletion of that. */
static int
delete_busy(void)
{
    char *who = xasprintf("process %ld", (long int) getpid());
    int fd = make_busy();

    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 1);
    assert_int_equal(last_error, EBUSY);
    assert_non_null(strstr(last_message, who));
    assert_non_null(strstr(last_message, "is pending"));
    wait_until(pending() == 1 && n_pending_holders == 1);
    assert_string_equal(pending_state, "busy");
    assert_true(nothing_sent());
    free(who);
    return fd;
}

static void
test_busy(void **state OVS_UNUSED)
{
    int fd = delete_busy();
    int fd2;

    /* Others are not kept waiting. */
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 2);
    assert_int_equal(last_error, EALREADY);

    /* It is not closed as long as one descriptor is there. */
    fd2 = dup(fd);
    close(fd);
    assert_true(nothing_sent());
    close(fd2);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
    answer(0);
    remove_device("v0");
    tell(NULL);
    wait_until(!pending());
    assert_int_equal(n_done, 2);
}

/* Somebody opens it again before the deletion is under way. */
static void
test_busy_again(void **state OVS_UNUSED)
{
    int fd = delete_busy();
    int fd2 = open("/dev/full", O_RDWR | O_CLOEXEC);

    close(fd);
    assert_true(nothing_sent());
    assert_int_equal(pending(), 1);
    close(fd2);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
}

static void
test_busy_cancel(void **state OVS_UNUSED)
{
    int fd = delete_busy();
    char *error = kernel_vdpa_cancel_delete(NULL, "v1");

    assert_non_null(strstr(error, "no deletion of \"v1\""));
    free(error);
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    assert_int_equal(pending(), 0);
    close(fd);
    assert_true(nothing_sent());
    error = kernel_vdpa_cancel_delete(NULL, "v0");
    assert_non_null(error);
    free(error);

    /* One that was not answered is answered. */
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    assert_int_equal(n_done, 1);
    wait_until(n_done == 2);
    assert_int_equal(last_error, ECANCELED);

    /* And one that the kernel has stays. */
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
    error = kernel_vdpa_cancel_delete(NULL, "v0");
    assert_non_null(strstr(error, "already"));
    free(error);
}

/* Somebody else deletes it, and makes another one of the same name. */
static void
test_busy_gone(void **state OVS_UNUSED)
{
    int fd = delete_busy();

    replace_device("v0", "vhost_vdpa");
    tell(&v0);
    wait_until(!pending());
    close(fd);
    assert_true(nothing_sent());
    assert_int_equal(n_done, 1);
}

/* A deletion that was pending when another process ended. */
static void
test_busy_resume(void **state OVS_UNUSED)
{
    int fd = delete_busy();
    uint64_t inode;

    pending();
    inode = pending_inode;
    assert_int_not_equal(inode, 0);
    assert_true(pending_late);
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    settle();

    /* It is still busy, for however long, and nobody is told. */
    kernel_vdpa_resume_delete(NULL, "v0", inode);
    expire();
    settle();
    assert_int_equal(pending(), 1);
    assert_string_equal(pending_state, "busy");
    assert_int_equal(pending_inode, inode);
    assert_true(pending_late);
    assert_true(nothing_sent());
    assert_int_equal(n_done, 1);

    /* It can be cancelled. */
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    assert_int_equal(pending(), 0);

    /* Another device of the name is left alone. */
    kernel_vdpa_resume_delete(NULL, "v0", inode + 1);
    wait_until(!pending());
    assert_true(nothing_sent());

    kernel_vdpa_resume_delete(NULL, "v0", inode);
    settle();
    close(fd);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
    answer(0);
    remove_device("v0");
    tell(NULL);
    wait_until(!pending());
    assert_int_equal(n_done, 1);

    /* And so is one that nobody knows any more. */
    kernel_vdpa_resume_delete(NULL, "v0", inode);
    wait_until(!pending());
    assert_true(nothing_sent());
}

/* The module is referred to, and nobody is seen. */
static void
test_busy_unknown(void **state OVS_UNUSED)
{
    struct vdpa_info info = bound("vhost_vdpa", "", "/dev/none");

    make_device("v0", "vhost_vdpa");
    make_vhost("v0", "none", "4242:1\n", "2\n");
    tell(&info);
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 1);
    assert_int_equal(last_error, EBUSY);
    assert_non_null(strstr(last_message, "unknown holder"));
    assert_true(nothing_sent());
    assert_int_equal(pending(), 1);

    /* It is looked again from time to time. */
    CONTAINER_OF(ovs_list_front(&control->ops), struct vdpa_op,
                 node)->recheck = 0;
    settle();
    assert_int_equal(pending(), 1);
    make_file("module/vhost_vdpa/refcnt", "0\n");
    CONTAINER_OF(ovs_list_front(&control->ops), struct vdpa_op,
                 node)->recheck = 0;
    expect_request(VDPA_CMD_DEV_DEL, "v0");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_delete),
        TEST(test_busy),
        TEST(test_busy_again),
        TEST(test_busy_cancel),
        TEST(test_busy_gone),
        TEST(test_busy_resume),
        TEST(test_busy_unknown),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
