/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/devinfo/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util.h"

static struct devinfo
parse(const char *text)
{
    struct devinfo info;
    char *error = devinfo_parse(text, strlen(text), &info);

    if (error) {
        fail_msg("%s: %s", text, error);
    }
    return info;
}

/* 'text' is refused, and the message contains 'part'. */
static void
refuse(const char *text, const char *part)
{
    struct devinfo info;
    char *error = devinfo_parse(text, strlen(text), &info);

    if (!error || !strstr(error, part)) {
        fail_msg("%s: \"%s\" does not contain \"%s\"", text,
                 error ? error : "(no error)", part);
    }
    free(error);
}

static void
assert_pci(const struct pci_addr *addr, const char *expected)
{
    char buf[PCI_ADDR_STRLEN];

    assert_string_equal(pci_addr_format(addr, buf), expected);
}

static void
test_vdpa(void **state OVS_UNUSED)
{
    struct devinfo info = parse(
        "{\"type\": \"vdpa\", \"version\": \"1.1.0\", \"vdpa\": {\n"
        "  \"parent-device\": \"vdpa:0000:65:00.2\",\n"
        "  \"driver\": \"vhost\", \"path\": \"/dev/vhost-vdpa-1\",\n"
        "  \"pci-address\": \"0000:65:00.2\",\n"
        "  \"pf-pci-address\": \"0000:65:00.0\",\n"
        "  \"representor-device\": \"eth3\", \"new\": [1]}}\n");

    assert_int_equal(info.type, DEVINFO_VDPA);
    assert_false(info.ours);
    assert_string_equal(info.version, "1.1.0");
    assert_string_equal(info.parent_device, "vdpa:0000:65:00.2");
    assert_string_equal(info.driver, "vhost");
    assert_string_equal(info.path, "/dev/vhost-vdpa-1");
    assert_true(info.has_pci);
    assert_pci(&info.pci, "0000:65:00.2");
    assert_true(info.has_pf_pci);
    assert_pci(&info.pf_pci, "0000:65:00.0");
    assert_string_equal(info.representor, "eth3");
    devinfo_destroy(&info);
}

/* What the device plugin writes for virtio. */
static void
test_virtio(void **state OVS_UNUSED)
{
    struct devinfo info = parse(
        "{\"type\":\"vdpa\",\"vdpa\":{\"parent-device\":\"v\","
        "\"driver\":\"virtio\",\"path\":\"\",\"representor-device\":null}}");

    assert_null(info.version);
    assert_null(info.path);
    assert_null(info.representor);
    assert_false(info.has_pci);
    assert_false(info.has_pf_pci);
    devinfo_destroy(&info);
    refuse("{\"type\":\"vdpa\",\"vdpa\":{\"parent-device\":\"v\","
           "\"driver\":\"vhost\"}}", "vdpa.path is missing");
}

static void
test_others(void **state OVS_UNUSED)
{
    struct devinfo info = parse(
        "{\"type\":\"pci\",\"version\":\"1.0.0\",\"pci\":"
        "{\"pci-address\":\"10000:65:00.2\",\"rdma-device\":\"mlx5_2\"}}");

    assert_int_equal(info.type, DEVINFO_PCI);
    assert_pci(&info.pci, "10000:65:00.2");
    assert_string_equal(info.rdma_device, "mlx5_2");
    devinfo_destroy(&info);

    info = parse("{\"type\":\"vhost-user\",\"vhost-user\":"
                 "{\"mode\":\"server\",\"path\":\"/s\"}}");
    assert_int_equal(info.type, DEVINFO_VHOST_USER);
    assert_string_equal(info.mode, "server");
    assert_string_equal(info.path, "/s");
    devinfo_destroy(&info);

    info = parse("{\"type\":\"memif\",\"memif\":{\"role\":\"master\","
                 "\"mode\":\"punt\",\"path\":\"/m\"}}");
    assert_int_equal(info.type, DEVINFO_MEMIF);
    assert_string_equal(info.role, "master");
    assert_string_equal(info.mode, "punt");
    devinfo_destroy(&info);
}

static void
test_bad(void **state OVS_UNUSED)
{
    refuse("", "empty");
    refuse("{", "unexpected end of input");
    refuse("{\"type\":\"vdpa\",\"vdpa\":{\"parent-device\":\"v", "no JSON");
    refuse("{} {}", "no JSON object");
    refuse("\"vdpa\"", "no JSON object");
    refuse("[]", "no JSON object");
    refuse("null", "no JSON object");
    refuse("{}", "type is missing");
    refuse("{\"type\":1}", "type is no string");
    refuse("{\"type\":\"nic\"}", "type is \"nic\", not \"pci\"");
    refuse("{\"type\":\"pci\"}", "pci is missing");
    refuse("{\"type\":\"pci\",\"vdpa\":{}}", "pci is missing");
    refuse("{\"type\":\"pci\",\"pci\":[]}", "pci is no object");
    refuse("{\"type\":\"pci\",\"pci\":{}}", "pci.pci-address is missing");
    refuse("{\"type\":\"pci\",\"pci\":{\"pci-address\":\"65:00.2\"}}",
           "pci.pci-address is \"65:00.2\", not a PCI address");
    refuse("{\"type\":\"pci\",\"version\":\"2.0.0\",\"pci\":"
           "{\"pci-address\":\"0000:65:00.2\"}}", "version is \"2.0.0\"");
    refuse("{\"type\":\"pci\",\"version\":1,\"pci\":"
           "{\"pci-address\":\"0000:65:00.2\"}}", "version is no string");
    refuse("{\"type\":\"vdpa\",\"vdpa\":{\"parent-device\":\"v\","
           "\"driver\":\"vhost_vdpa\"}}", "vdpa.driver is \"vhost_vdpa\"");
    refuse("{\"type\":\"vdpa\",\"vdpa\":{\"driver\":\"virtio\"}}",
           "vdpa.parent-device is missing");
    refuse("{\"type\":\"vhost-user\",\"vhost-user\":{\"path\":\"/s\"}}",
           "vhost-user.mode is missing");
    refuse("{\"type\":\"memif\",\"memif\":{\"role\":\"x\",\"path\":\"/s\"}}",
           "memif.role is \"x\"");
}

static void
test_limits(void **state OVS_UNUSED)
{
    static const char small[] =
        "{\"type\":\"pci\",\"pci\":{\"pci-address\":\"0000:65:00.2\"}}";
    struct devinfo info;
    char *big = xmalloc(DEVINFO_MAX_SIZE + 1);
    char *error;

    /* Blanks are no JSON, however many. */
    memset(big, ' ', DEVINFO_MAX_SIZE + 1);
    error = devinfo_parse(big, DEVINFO_MAX_SIZE + 1, &info);
    assert_non_null(strstr(error, "more than 65536 bytes"));
    free(error);
    memcpy(big, small, strlen(small));
    error = devinfo_parse(big, DEVINFO_MAX_SIZE, &info);
    assert_null(error);
    devinfo_destroy(&info);

    /* A byte that is 0 ends nothing. */
    big[100] = '\0';
    error = devinfo_parse(big, DEVINFO_MAX_SIZE, &info);
    assert_non_null(error);
    free(error);
    free(big);

    for (int more = 0; more < 2; more++) {
        char *name = xmalloc(DEVINFO_MAX_STRING + 2);

        memset(name, 'a', DEVINFO_MAX_STRING + 1);
        name[DEVINFO_MAX_STRING + more] = '\0';
        big = xasprintf("{\"type\":\"vdpa\",\"vdpa\":{\"driver\":\"virtio\","
                        "\"parent-device\":\"%s\"}}", name);
        if (more) {
            refuse(big, "vdpa.parent-device has more than 1023 bytes");
        } else {
            info = parse(big);
            assert_string_equal(info.parent_device, name);
            devinfo_destroy(&info);
        }
        free(name);
        free(big);
    }
}

/* Messages show what is bad, but not as it is. */
static void
test_hostile(void **state OVS_UNUSED)
{
    refuse("{\"type\":\"\\u001b[2J\"}", "type is \"\\033[2J\"");
    refuse("{\"type\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
           "aaa\"..., not");
}

static void
test_format(void **state OVS_UNUSED)
{
    struct devinfo ours = {
        .type = DEVINFO_VDPA,
        .has_pci = true,
        .pci = { .bus = 0x65, .fn = 2 },
        .has_pf_pci = true,
        .pf_pci = { .bus = 0x65 },
        .parent_device = CONST_CAST(char *, "vdpa\"\n"),
        .driver = CONST_CAST(char *, "vhost"),
        .path = CONST_CAST(char *, "/dev/vhost-vdpa-1"),
        .representor = CONST_CAST(char *, "eth3"),
    };
    char *text = devinfo_format(&ours);
    struct devinfo info = parse(text);

    assert_string_equal(
        text,
        "{\"offload-owner\":\"ovs-offload-controller\",\"type\":\"vdpa\","
        "\"vdpa\":{\"driver\":\"vhost\",\"parent-device\":\"vdpa\\\"\\n\","
        "\"path\":\"/dev/vhost-vdpa-1\",\"pci-address\":\"0000:65:00.2\","
        "\"pf-pci-address\":\"0000:65:00.0\",\"representor-device\":\"eth3\"},"
        "\"version\":\"1.1.0\"}");
    assert_true(info.ours);
    devinfo_destroy(&info);
    free(text);

    info = parse("{\"type\":\"pci\",\"offload-owner\":\"someone\",\"pci\":"
                 "{\"pci-address\":\"0000:65:00.2\"}}");
    assert_false(info.ours);
    devinfo_destroy(&info);
}

static void
check_cni_name(const char *name, const char *container, const char *ifname)
{
    char *c, *i;

    if (!container) {
        assert_false(devinfo_parse_cni_name(name, &c, &i));
        return;
    }
    assert_true(devinfo_parse_cni_name(name, &c, &i));
    assert_string_equal(c, container);
    assert_string_equal(i, ifname);
    free(c);
    free(i);
}

static void
test_names(void **state OVS_UNUSED)
{
    char *name = devinfo_dp_file_name("openshift.io/mlxnics", "0000:65:00.2");

    assert_string_equal(name, "openshift.io-mlxnics-0000:65:00.2-device.json");
    free(name);
    name = devinfo_dp_file_name("../../etc/x", "a/b");
    assert_string_equal(name, "..-..-etc-x-a-b-device.json");
    free(name);

    check_cni_name("ns-net-a-0123abcd_net1", "0123abcd", "net1");
    check_cni_name("ns-net_b-0123abcd_eth0", "0123abcd", "eth0");
    check_cni_name("0123abcd_net1", NULL, NULL);
    check_cni_name("-_net1", NULL, NULL);
    check_cni_name("-a_", NULL, NULL);
    check_cni_name("-a", NULL, NULL);
    check_cni_name("_", NULL, NULL);
    check_cni_name("", NULL, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vdpa),
        cmocka_unit_test(test_virtio),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests_name("devinfo", tests, NULL, NULL);
}
