/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "utilities/client/vdpa-device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

static const char answer[] =
    "[{\"vdpa\": \"vdpa:0000:cc:00.2\", \"vf_pci\": \"0000:cc:00.2\","
    "  \"vdpa_driver\": \"vhost_vdpa\", \"max_vqs\": 9,"
    "  \"vhost_device\": \"/dev/vhost-vdpa-1\"},"
    " {\"vdpa\": \"b\", \"vf_pci\": \"0000:cc:00.3\","
    "  \"vdpa_driver\": \"vhost_vdpa\", \"max_vqs\": 3,"
    "  \"vhost_device\": \"/dev/vhost-vdpa-2\"},"
    " {\"vdpa\": \"c\", \"vf_pci\": \"0000:cc:00.4\","
    "  \"vdpa_driver\": \"virtio_vdpa\", \"netdev\": \"eth7\"},"
    " {\"vdpa\": \"d\", \"vf_pci\": \"0000:cc:00.5\", \"max_vqs\": null},"
    " {\"vdpa\": \"e\", \"vf_pci\": \"0000:cc:00.5\","
    "  \"vdpa_driver\": \"vhost_vdpa\"},"
    " {\"vdpa\": \"f\", \"vf_pci\": null, \"vdpa_driver\": \"vhost_vdpa\","
    "  \"class\": \"net\", \"vhost_device\": \"/dev/vhost-vdpa-0\"},"
    " {\"vdpa\": \"g\", \"class\": \"block\","
    "  \"vdpa_driver\": \"vhost_vdpa\","
    "  \"vhost_device\": \"/dev/vhost-vdpa-7\"}]";

static struct vdpa_devices devices;

static char *
init(const char *text)
{
    struct json *json = json_from_string(text);
    char *error = vdpa_devices_init(&devices, json);

    json_destroy(json);
    return error;
}

static int
setup(void **state OVS_UNUSED)
{
    assert_null(init(answer));
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    vdpa_devices_destroy(&devices);
    return 0;
}

static struct vdpa_device *
find(const char *name)
{
    char *error;
    struct vdpa_device *device = vdpa_devices_find(&devices, name, &error);

    if (error) {
        fail_msg("%s: %s", name, error);
    }
    return device;
}

static void
configure(struct vdpa_device *device, const char *text)
{
    struct json *json = json_from_string(text);

    vdpa_device_configure(device, json);
    json_destroy(json);
}

/* Frees 'error', which contains 'part'. */
static void
assert_error(char *error, const char *part)
{
    if (!error || !strstr(error, part)) {
        fail_msg("\"%s\" does not contain \"%s\"",
                 error ? error : "(no error)", part);
    }
    free(error);
}

static void
assert_xml(const struct vdpa_device *device, const char *alias,
           const char *expected)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    assert_null(vdpa_device_put_xml(device, alias, 1, &s));
    assert_string_equal(ds_cstr(&s), expected);
    ds_destroy(&s);
}

static void
test_find(void **state OVS_UNUSED)
{
    char *error;

    assert_string_equal(find("b")->vf_pci, "0000:cc:00.3");
    assert_string_equal(find("0000:cc:00.3")->name, "b");
    assert_string_equal(find("/dev/vhost-vdpa-0")->name, "f");
    assert_null(vdpa_devices_find(&devices, "0000:cc:00.5", &error));
    assert_error(error, "d and e are both on 0000:cc:00.5");
    assert_null(vdpa_devices_find(&devices, "", &error));
    assert_error(error, "no vDPA device");
    assert_null(vdpa_devices_find(&devices, "0000:cc:00.6", &error));
    assert_error(error, "0000:cc:00.6");
}

static void
test_xml(void **state OVS_UNUSED)
{
    struct vdpa_device *device = find("vdpa:0000:cc:00.2");

    assert_xml(find("b"), NULL,
               " <interface type='vdpa'>\n"
               "   <source dev='/dev/vhost-vdpa-2'/>\n"
               "   <model type='virtio'/>\n"
               " </interface>\n");
    configure(device, "{\"config\": {\"mac\": \"52:54:00:ff:36:37\","
              " \"max_vqp\": 4}, \"holders\": []}");
    assert_null(device->holder);
    assert_xml(device, "offload",
               " <interface type='vdpa'>\n"
               "   <mac address='52:54:00:ff:36:37'/>\n"
               "   <source dev='/dev/vhost-vdpa-1'/>\n"
               "   <model type='virtio'/>\n"
               "   <driver name='vhost' queues='4'/>\n"
               "   <alias name='ua-offload'/>\n"
               " </interface>\n");
}

/* By the number of virtqueues unless the configuration is known. */
static void
test_pairs(void **state OVS_UNUSED)
{
    struct vdpa_device *device = find("vdpa:0000:cc:00.2");

    assert_int_equal(vdpa_device_pairs(device), 4);
    assert_int_equal(vdpa_device_pairs(find("b")), 1);
    assert_int_equal(vdpa_device_pairs(find("d")), 1);
    configure(device, "{\"config\": {\"max_vqp\": null,"
              " \"mac\": \"00:00:00:00:00:00\"}}");
    assert_null(device->mac);
    assert_int_equal(vdpa_device_pairs(device), 1);
    configure(device, "{\"config\": {\"max_vqp\": 32}}");
    assert_int_equal(vdpa_device_pairs(device), 32);
    configure(device, "{\"config\": {\"max_vqp\": -1}}");
    assert_int_equal(vdpa_device_pairs(device), 1);
}

static void
test_not_for_vm(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    assert_error(vdpa_device_put_xml(find("c"), NULL, 0, &s),
                 "c is bound to virtio_vdpa, a VM needs vhost_vdpa");
    assert_error(vdpa_device_put_xml(find("d"), NULL, 0, &s),
                 "d is bound to no driver");
    assert_error(vdpa_device_put_xml(find("e"), NULL, 0, &s),
                 "e has no character device");
    assert_error(vdpa_device_put_xml(find("g"), NULL, 0, &s),
                 "g is no network device, but of class block");
    assert_int_equal(s.length, 0);
    ds_destroy(&s);
}

/* What others wrote stays within its attribute. */
static void
test_hostile(void **state OVS_UNUSED)
{
    struct vdpa_device device = {
        .name = CONST_CAST(char *, "v"),
        .driver = CONST_CAST(char *, "vhost_vdpa"),
        .vhost_device = CONST_CAST(char *, "/dev/'/><x a=\"&\"\t\n\xc3\xa4"),
    };
    struct ds s = DS_EMPTY_INITIALIZER;

    assert_xml(&device, NULL,
               " <interface type='vdpa'>\n"
               "   <source dev='/dev/&apos;/&gt;&lt;x a=&quot;&amp;&quot;"
               "&#9;&#10;\xc3\xa4'/>\n"
               "   <model type='virtio'/>\n"
               " </interface>\n");
    device.vhost_device = CONST_CAST(char *, "/dev/\x1b[2J");
    assert_error(vdpa_device_put_xml(&device, NULL, 0, &s), "control");
    assert_int_equal(s.length, 0);
    ds_destroy(&s);
}

static void
test_alias(void **state OVS_UNUSED)
{
    assert_true(vdpa_alias_is_good("offload-2_a"));
    assert_false(vdpa_alias_is_good(""));
    assert_false(vdpa_alias_is_good("a b"));
    assert_false(vdpa_alias_is_good("a'"));
    assert_false(vdpa_alias_is_good("\xc3\xa4"));
}

static void
test_holders(void **state OVS_UNUSED)
{
    struct vdpa_device *device = find("b");

    configure(device, "{\"holders\": [{\"pid\": 7, \"command\": \"qemu\","
              " \"uid\": 107}, {\"pid\": 8, \"command\": null,"
              " \"uid\": null}]}");
    assert_string_equal(device->holder,
                        "qemu (pid 7, uid 107), a process (pid 8)");
    assert_false(device->configured);
    configure(device, "[]");
    assert_null(device->holder);
}

static void
test_env(void **state OVS_UNUSED)
{
    const struct vdpa_device *selected[] = {
        find("vdpa:0000:cc:00.2"), find("b"), find("c"),
    };
    struct ds s = DS_EMPTY_INITIALIZER;

    assert_null(vdpa_devices_put_env(selected, 2,
                                     "intel.com/vdpa_jaguar_vhost", &s));
    assert_string_equal(
        ds_cstr(&s),
        "PCIDEVICE_INTEL_COM_VDPA_JAGUAR_VHOST_INFO="
        "{\"0000:cc:00.2\":{\"generic\":{\"deviceID\":\"0000:cc:00.2\"},"
        "\"vdpa\":{\"mount\":\"/dev/vhost-vdpa-1\"}},"
        "\"0000:cc:00.3\":{\"generic\":{\"deviceID\":\"0000:cc:00.3\"},"
        "\"vdpa\":{\"mount\":\"/dev/vhost-vdpa-2\"}}}\n"
        "PCIDEVICE_INTEL_COM_VDPA_JAGUAR_VHOST=0000:cc:00.2,0000:cc:00.3\n");

    ds_clear(&s);
    assert_null(vdpa_devices_put_env(selected + 2, 1, "a.b/c-d.e", &s));
    assert_string_equal(
        ds_cstr(&s),
        "PCIDEVICE_A_B_C-D_E_INFO={\"0000:cc:00.4\":{\"generic\":"
        "{\"deviceID\":\"0000:cc:00.4\"},\"vdpa\":{}}}\n"
        "PCIDEVICE_A_B_C-D_E=0000:cc:00.4\n");

    ds_clear(&s);
    selected[0] = find("f");
    assert_error(vdpa_devices_put_env(selected, 1, "a/b", &s), "f is on no");
    selected[0] = find("d");
    assert_error(vdpa_devices_put_env(selected, 1, "a/b", &s), "no driver");
    selected[0] = selected[1] = find("e");
    assert_error(vdpa_devices_put_env(selected, 2, "a/b", &s),
                 "e and e are both 0000:cc:00.5");
    assert_int_equal(s.length, 0);
    ds_destroy(&s);
}

static void
test_resource(void **state OVS_UNUSED)
{
    assert_true(vdpa_resource_is_good("openshift.io/mlxnics"));
    assert_true(vdpa_resource_is_good("a/b_c-d.e"));
    assert_false(vdpa_resource_is_good(""));
    assert_false(vdpa_resource_is_good("mlxnics"));
    assert_false(vdpa_resource_is_good("/a"));
    assert_false(vdpa_resource_is_good("a/"));
    assert_false(vdpa_resource_is_good("a/b/c"));
    assert_false(vdpa_resource_is_good("a/b=c"));
    assert_false(vdpa_resource_is_good("a/b\n"));
}

static void
test_bad_answer(void **state OVS_UNUSED)
{
    struct vdpa_devices saved = devices;

    assert_error(init("{}"), "no list");
    assert_error(init("[{\"vdpa\": \"a\"}, {}]"), "no name");
    assert_error(init("[1]"), "no name");
    assert_error(init("[{\"vdpa\": 1}]"), "no name");
    assert_null(init("[{\"vdpa\": \"a\", \"max_vqs\": \"9\","
                     " \"vf_pci\": 1, \"vhost_device\": [\"x\"]}]"));
    assert_int_equal(devices.devices[0].n_vqs, 0);
    assert_null(devices.devices[0].vf_pci);
    assert_null(devices.devices[0].vhost_device);
    vdpa_devices_destroy(&devices);
    assert_null(init("[]"));
    vdpa_devices_destroy(&devices);
    devices = saved;
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_find),
        TEST(test_xml),
        TEST(test_pairs),
        TEST(test_not_for_vm),
        TEST(test_hostile),
        TEST(test_alias),
        TEST(test_holders),
        TEST(test_env),
        TEST(test_resource),
        TEST(test_bad_answer),
    };

    return cmocka_run_group_tests_name("client-vdpa", tests, NULL, NULL);
}
