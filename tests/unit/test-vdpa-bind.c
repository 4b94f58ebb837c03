/* SPDX-License-Identifier: Apache-2.0 */

/* Binding vDPA devices to drivers. */

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
test_bind(void **state OVS_UNUSED)
{
    struct vdpa_info info = bound("virtio_vdpa", "eth7", "");

    make_device("v0", "virtio_vdpa");
    tell(&info);
    kernel_vdpa_bind(NULL, "v0", "vhost_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "vhost_vdpa", 0);
    expect_write("drivers/virtio_vdpa/unbind", "v0", 0);
    expect_write("drivers/vhost_vdpa/bind", "v0", 0);
    settle();
    assert_int_equal(n_done, 0);
    info = bound("vhost_vdpa", "", "");
    tell(&info);
    settle();
    assert_int_equal(n_done, 0);
    info = bound("vhost_vdpa", "", "/dev/vhost-vdpa-0");
    tell(&info);
    wait_until(n_done == 1);
    assert_int_equal(last_error, 0);
    assert_string_equal(last_info.vhost_device, "/dev/vhost-vdpa-0");

    /* It is already: others are kept away from it all the same. */
    make_device("v0", "vhost_vdpa");
    kernel_vdpa_bind(NULL, "v0", "vhost_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "vhost_vdpa", 0);
    wait_until(n_done == 2);
    assert_int_equal(last_error, 0);

    kernel_vdpa_unbind(NULL, "v0", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "\n", 0);
    expect_write("drivers/vhost_vdpa/unbind", "v0", 0);
    tell(&v0);
    wait_until(n_done == 3);
    assert_int_equal(last_error, 0);
    assert_true(nothing_sent());
}

static void
test_bind_refused(void **state OVS_UNUSED)
{
    struct vdpa_info info = bound("virtio_vdpa", "eth7", "");

    /* What was done is undone. */
    make_device("v0", "virtio_vdpa");
    tell(&info);
    kernel_vdpa_bind(NULL, "v0", "vhost_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "vhost_vdpa", 0);
    expect_write("drivers/virtio_vdpa/unbind", "v0", 0);
    expect_write("drivers/vhost_vdpa/bind", "v0", EINVAL);
    expect_write("devices/v0/driver_override", "\n", 0);
    expect_write("drivers/virtio_vdpa/bind", "v0", 0);
    wait_until(n_done == 1);
    assert_int_equal(last_error, EINVAL);
    assert_non_null(strstr(last_message, "drivers/vhost_vdpa/bind: Invalid"));
    assert_non_null(strstr(last_message, "its driver is virtio_vdpa"));

    /* And what was not done is not. */
    kernel_vdpa_bind(NULL, "v0", "vhost_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "vhost_vdpa", EACCES);
    expect_write("devices/v0/driver_override", "\n", EACCES);
    wait_until(n_done == 2);
    assert_int_equal(last_error, EACCES);

    kernel_vdpa_bind(NULL, "v0", "other", done_cb, &n_done);
    wait_until(n_done == 3);
    assert_int_equal(last_error, ENOENT);
    assert_non_null(strstr(last_message, "module other is not loaded"));
    kernel_vdpa_bind(NULL, "v0", "../x", done_cb, &n_done);
    wait_until(n_done == 4);
    assert_int_equal(last_error, EINVAL);
    kernel_vdpa_bind(NULL, "v1", "vhost_vdpa", done_cb, &n_done);
    wait_until(n_done == 5);
    assert_int_equal(last_error, ENODEV);
    assert_true(nothing_sent());
}

static void
test_bind_late(void **state OVS_UNUSED)
{
    make_device("v0", NULL);
    tell(&v0);
    kernel_vdpa_bind(NULL, "v0", "virtio_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "virtio_vdpa", 0);
    expect_write("drivers/virtio_vdpa/bind", "v0", 0);
    settle();
    expire();
    wait_until(n_done == 1);
    assert_int_equal(last_error, ETIMEDOUT);
    assert_non_null(strstr(last_message, "no netdev has come"));
    assert_int_equal(pending(), 0);

    /* It goes meanwhile. */
    kernel_vdpa_bind(NULL, "v0", "virtio_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "virtio_vdpa", 0);
    expect_write("drivers/virtio_vdpa/bind", "v0", 0);
    tell(NULL);
    wait_until(n_done == 2);
    assert_int_equal(last_error, ENODEV);
}

static void
test_unbind_busy(void **state OVS_UNUSED)
{
    int fd = make_busy();

    kernel_vdpa_unbind(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 1);
    assert_int_equal(last_error, EBUSY);
    assert_non_null(strstr(last_message, "/dev/full is open in process"));
    kernel_vdpa_bind(NULL, "v0", "virtio_vdpa", done_cb, &n_done);
    wait_until(n_done == 2);
    assert_int_equal(last_error, EBUSY);
    assert_int_equal(pending(), 0);
    assert_true(nothing_sent());
    close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bind),
        TEST(test_bind_refused),
        TEST(test_bind_late),
        TEST(test_unbind_busy),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
