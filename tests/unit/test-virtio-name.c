/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/virtio-name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util.h"

static void
test_names(void **state OVS_UNUSED)
{
    char buf[VIRTIO_NAME_MAX];

    assert_string_equal(virtio_class_to_string(1, buf), "net");
    assert_string_equal(virtio_class_to_string(2, buf), "block");
    assert_string_equal(virtio_class_to_string(0, buf), "class-0");
    assert_string_equal(virtio_class_to_string(UINT32_MAX, buf),
                        "class-4294967295");
    assert_string_equal(virtio_feature_to_string(5, buf), "MAC");
    assert_string_equal(virtio_feature_to_string(32, buf), "VERSION_1");
    assert_string_equal(virtio_feature_to_string(63, buf), "SPEED_DUPLEX");
    assert_string_equal(virtio_feature_to_string(41, buf), "BIT_41");
    assert_string_equal(virtio_feature_to_string(1000, buf), "BIT_1000");
}

/* What is printed can be parsed. */
static void
test_round_trip(void **state OVS_UNUSED)
{
    for (unsigned int bit = 0; bit < 64; bit++) {
        char buf[VIRTIO_NAME_MAX];
        uint64_t features;

        virtio_feature_to_string(bit, buf);
        assert_null(virtio_features_parse(buf, &features));
        assert_true(features == UINT64_C(1) << bit);
    }
}

static void
test_parse(void **state OVS_UNUSED)
{
    static const struct {
        const char *s;
        uint64_t features;
    } good[] = {
        { "MAC", 1 << 5 },
        { "mac,Mtu,STATUS", 1 << 5 | 1 << 3 | 1 << 16 },
        { "MAC,MAC", 1 << 5 },
        { "bit_41,version_1", UINT64_C(1) << 41 | UINT64_C(1) << 32 },
        { "0x300000020", UINT64_C(0x300000020) },
        { "0XFFFFffffFFFFffff", UINT64_MAX },
        { "0x0", 0 },
    };
    static const struct {
        const char *s;
        const char *names;      /* What the message has. */
    } bad[] = {
        { "", "\"\"" },
        { "MAC,", "\"\"" },
        { ",MAC", "\"\"" },
        { "MAC, MTU", "\" MTU\"" },
        { "MACS", "\"MACS\"" },
        { "BIT_64", "\"BIT_64\"" },
        { "BIT_-1", "\"BIT_-1\"" },
        { "BIT_", "\"BIT_\"" },
        { "BIT_+1", "\"BIT_+1\"" },
        { "BIT_1x", "\"BIT_1x\"" },
        { "0x", "\"0x\"" },
        { "0x1g", "\"0x1g\"" },
        { "0x10000000000000000", "\"0x10000000000000000\"" },
        { "0x1,MAC", "\"0x1,MAC\"" },
        { "32", "\"32\"" },
    };
    uint64_t features;

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_null(virtio_features_parse(good[i].s, &features));
        assert_true(features == good[i].features);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char *error = virtio_features_parse(bad[i].s, &features);

        assert_non_null(error);
        assert_non_null(strstr(error, bad[i].names));
        free(error);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_parse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
