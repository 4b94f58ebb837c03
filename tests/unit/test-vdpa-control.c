/* SPDX-License-Identifier: Apache-2.0 */

/* Changing vDPA devices: making them, and their MAC address. */

#include <config.h>

#include "netlink/vdpa-control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "netlink/nl-attr.h"
#include "openvswitch/vlog.h"
#include "tests/unit/vdpa-control-fixture.h"

static const struct vdpa_spec spec = {
    .name = "v0", .mgmtdev = "pci/0000:65:00.1",
};

static void
test_create(void **state OVS_UNUSED)
{
    struct vdpa_info there = bound("virtio_vdpa", "", "");

    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);

    /* Not before it is known what there is. */
    assert_true(nothing_sent());
    tell(NULL);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    answer(0);
    settle();
    assert_int_equal(n_done, 0);

    /* Nor is it done before its netdev is there. */
    tell(&there);
    settle();
    assert_int_equal(n_done, 0);
    assert_int_equal(pending(), 1);
    assert_string_equal(pending_state, "event");
    there = bound("virtio_vdpa", "eth7", "");
    tell(&there);
    wait_until(n_done == 1);
    assert_int_equal(last_error, 0);
    assert_string_equal(last_message, "");
    assert_true(had_info);
    assert_string_equal(last_info.netdev, "eth7");
    settle();
    assert_int_equal(pending(), 0);
}

static void
test_create_refused(void **state OVS_UNUSED)
{
    struct vdpa_spec wrong = spec;

    tell(NULL);
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    answer_with("vdpa-new-refused");
    wait_until(n_done == 1);
    assert_int_equal(last_error, ENODEV);
    assert_string_equal(last_message, "the kernel refused: vdpa: Fail to "
                        "find the specified management device (No such "
                        "device)");
    assert_false(had_info);

    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    answer(EEXIST);
    wait_until(n_done == 2);
    assert_int_equal(last_error, EEXIST);
    assert_string_equal(last_message, "the kernel refused: File exists");

    /* What is wrong in itself is not sent. */
    wrong.mtu = 67;
    kernel_vdpa_create(NULL, &wrong, done_cb, &n_done);
    wait_until(n_done == 3);
    assert_int_equal(last_error, EINVAL);
    assert_non_null(strstr(last_message, "mtu 67"));
    assert_true(nothing_sent());
}

/* One after the other, and one for each device. */
static void
test_turns(void **state OVS_UNUSED)
{
    struct vdpa_spec other = spec;

    tell(NULL);
    strcpy(other.name, "v1");
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    kernel_vdpa_create(NULL, &other, done_cb, &n_done);
    kernel_vdpa_delete(NULL, "v1", done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    wait_until(n_done == 1);
    assert_int_equal(last_error, EALREADY);
    assert_non_null(strstr(last_message, "create, queued"));
    assert_true(nothing_sent());
    assert_int_equal(pending(), 2);

    /* The last request is that of the first still. */
    answer(EPERM);
    expect_request(VDPA_CMD_DEV_NEW, "v1");
    assert_int_equal(n_done, 2);
    answer(EPERM);
    wait_until(n_done == 3);
}

static void
test_late(void **state OVS_UNUSED)
{
    struct vdpa_spec other = spec;

    /* One that the kernel has goes on, one that waits for it does not. */
    tell(NULL);
    strcpy(other.name, "v1");
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    kernel_vdpa_create(NULL, &other, done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    expire();
    wait_until(n_done == 2);
    assert_int_equal(last_error, ETIMEDOUT);
    assert_non_null(strstr(last_message, "nothing was done"));
    settle();
    assert_int_equal(pending(), 1);
    assert_string_equal(pending_state, "kernel");
    answer(0);
    tell(&v0);
    settle();
    assert_int_equal(pending(), 0);
    assert_int_equal(n_done, 2);
    assert_true(nothing_sent());
}

static void
test_forget(void **state OVS_UNUSED)
{
    struct vdpa_op *op;

    tell(NULL);
    op = kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    vdpa_op_forget(op);
    vdpa_op_forget(NULL);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    answer(EPERM);
    settle();
    assert_int_equal(pending(), 0);
    assert_int_equal(n_done, 0);
}

/* The module goes while it executes a request, and there is none after. */
static void
test_no_family(void **state OVS_UNUSED)
{
    tell(NULL);
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    vdpa_control_set_family(control, 0, NULL);
    wait_until(n_done == 1);
    assert_int_equal(last_error, ECONNRESET);
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    wait_until(n_done == 2);
    assert_int_equal(last_error, ENODEV);
    assert_non_null(strstr(last_message, "no vDPA"));
}

static void
test_set_mac(void **state OVS_UNUSED)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };

    tell(&v0);
    kernel_vdpa_set_mac(NULL, "v0", mac, done_cb, &n_done);
    expect_request(8, "v0");
    answer_with("vdpa-set-refused");
    wait_until(n_done == 1);
    assert_int_equal(last_error, EOPNOTSUPP);
    assert_non_null(strstr(last_message, "the kernel cannot set"));
    assert_true(had_info);

    kernel_vdpa_set_mac(NULL, "v0", mac, done_cb, &n_done);
    expect_request(8, "v0");
    answer(0);
    wait_until(n_done == 2);
    assert_int_equal(last_error, 0);

    kernel_vdpa_set_mac(NULL, "v1", mac, done_cb, &n_done);
    wait_until(n_done == 3);
    assert_int_equal(last_error, ENODEV);
    assert_true(nothing_sent());
}

/* Names. */

static void
test_check(void **state OVS_UNUSED)
{
    static const char *const good[] = {
        "vdpa0", "vdpa:0000:65:00.2", "a_b-c@d+e.f", "0",
    };
    static const char *const bad[] = {
        "", ".", "..", "-x", "a b", "a\"b", "a'b", "a/b", "a\\b", "a\nb",
        "\x7f", "a\xc3\xa4", "$x", "x;y", "*",
    };
    char name[VDPA_NAME_MAX];

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_null(vdpa_name_check(good[i]));
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char *error = vdpa_name_check(bad[i]);

        assert_non_null(error);
        assert_non_null(strstr(error, "name"));
        free(error);
    }
    for (size_t len = 1; len < sizeof name; len++) {
        char *error;

        memset(name, 'x', len);
        name[len] = '\0';
        error = vdpa_name_check(name);
        assert_int_equal(error == NULL, len <= 128);
        free(error);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create),
        TEST(test_create_refused),
        TEST(test_turns),
        TEST(test_late),
        TEST(test_forget),
        TEST(test_no_family),
        TEST(test_set_mac),
        cmocka_unit_test(test_check),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
