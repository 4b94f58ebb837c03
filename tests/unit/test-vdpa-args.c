/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/vdpa/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink/vdpa-control.h"
#include "util.h"

#define MGMTDEV "mgmtdev=pci/0000:65:00.2"

static void
test_good(void **state OVS_UNUSED)
{
    static const char *const all[] = {
        "vdpa:0000:65:00.2", "max-vqp=32768", "mac=02:00:00:00:00:01",
        MGMTDEV, "features=MAC,0x", "mtu=9000",
    };
    const char *argv[ARRAY_SIZE(all)];
    struct vdpa_spec spec;

    memcpy(argv, all, sizeof argv);
    argv[4] = "features=MAC,mtu";
    assert_null(vdpa_args_parse_add(argv, ARRAY_SIZE(argv), &spec));
    assert_string_equal(spec.name, "vdpa:0000:65:00.2");
    assert_string_equal(spec.mgmtdev, "pci/0000:65:00.2");
    assert_true(spec.has_mac);
    assert_memory_equal(spec.mac, "\2\0\0\0\0\1", 6);
    assert_int_equal(spec.mtu, 9000);
    assert_int_equal(spec.max_vqp, 32768);
    assert_true(spec.has_features);
    assert_int_equal(spec.features, 1 << 5 | 1 << 3);

    argv[1] = "mgmtdev=vdpasim_net";
    assert_null(vdpa_args_parse_add(argv, 2, &spec));
    assert_string_equal(spec.mgmtdev, "vdpasim_net");
    assert_false(spec.has_mac);
    assert_int_equal(spec.mtu, 0);
    assert_int_equal(spec.max_vqp, 0);
    assert_false(spec.has_features);
}

/* Each message names the field and the value. */
static void
test_bad(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        const char *arg;        /* Besides MGMTDEV, or NULL for neither. */
        const char *message;    /* Part of it. */
    } tests[] = {
        { "v", NULL, "mgmtdev is missing" },
        { "v w", "mtu=1500", "name \"v w\"" },
        { "v\n", "mtu=1500", "name \"v\n\"" },
        { "", "mtu=1500", "name is empty" },
        { "v", "mgmtdev=x", "mgmtdev is given twice" },
        { "v", "mtu", "\"mtu\" is not of the form key=value" },
        { "v", "mtu=", "mtu \"\" is no number in 68..65535" },
        { "v", "mtu=67", "mtu \"67\"" },
        { "v", "mtu=65536", "mtu \"65536\"" },
        { "v", "mtu=1500x", "mtu \"1500x\"" },
        { "v", "mtu=0x500", "mtu \"0x500\"" },
        { "v", "mtu=-1", "mtu \"-1\"" },
        { "v", "mtu= 1500", "mtu \" 1500\"" },
        { "v", "mtu=99999999999999999999", "mtu \"99999999999999999999\"" },
        { "v", "max-vqp=0", "max-vqp \"0\" is no number in 1..32768" },
        { "v", "max-vqp=32769", "max-vqp \"32769\"" },
        { "v", "mac=02:00:00:00:00", "mac \"02:00:00:00:00\"" },
        { "v", "mac=02:00:00:00:00:01:02", "mac \"02:" },
        { "v", "mac=00:00:00:00:00:00", "all zeros" },
        { "v", "mac=01:00:5e:00:00:01", "multicast" },
        { "v", "features=", "features: \"\"" },
        { "v", "features=MAC,NONE", "features: \"NONE\"" },
        { "v", "colour=blue", "\"colour=blue\": mgmtdev, mac" },
        { "v", "MTU=1500", "\"MTU=1500\"" },
        { "v", "=", "\"=\"" },
    };
    struct vdpa_spec spec;

    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        const char *argv[] = { tests[i].name, MGMTDEV, tests[i].arg };
        char *error = vdpa_args_parse_add(argv, tests[i].arg ? 3 : 1, &spec);

        assert_non_null(error);
        if (!strstr(error, tests[i].message)) {
            fail_msg("%s: not %s", error, tests[i].message);
        }
        free(error);
    }
}

static void
test_mgmtdev(void **state OVS_UNUSED)
{
    char long_mgmtdev[] = "mgmtdev=0123456789012345678901234567890123456789"
                          "0123456789012345678901234567890123456789";
    const char *const bad[] = {
        "mgmtdev=", "mgmtdev=/", "mgmtdev=pci/", "mgmtdev=a/b/c",
        long_mgmtdev,
    };
    struct vdpa_spec spec;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        const char *argv[] = { "v", bad[i] };
        char *error = vdpa_args_parse_add(argv, 2, &spec);

        assert_non_null(error);
        assert_non_null(strstr(error, "mgmtdev \""));
        free(error);
    }
}

static void
test_others(void **state OVS_UNUSED)
{
    uint8_t mac[6];
    char *error;

    assert_null(vdpa_args_parse_set("mac=02:00:00:00:00:07", mac));
    assert_memory_equal(mac, "\2\0\0\0\0\7", 6);
    error = vdpa_args_parse_set("mac=02", mac);
    assert_non_null(strstr(error, "mac \"02\""));
    free(error);
    error = vdpa_args_parse_set("mtu=1500", mac);
    assert_non_null(strstr(error, "\"mtu=1500\""));
    free(error);

    assert_null(vdpa_args_check_driver("virtio_vdpa"));
    assert_null(vdpa_args_check_driver("vhost_vdpa"));
    error = vdpa_args_check_driver("virtio-vdpa");
    assert_non_null(strstr(error, "driver \"virtio-vdpa\""));
    free(error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_mgmtdev),
        cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
