/* SPDX-License-Identifier: Apache-2.0 */

/* Messages of family "vdpa" both ways: what a kernel sent, and what is sent to
 * it. */

#include <config.h>

#include "netlink/vdpa-msg.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink/nl-attr.h"
#include "netlink/vdpa-config.h"
#include "netlink/vdpa-control.h"
#include "tests/unit/capture.h"

#define FAMILY 33
#define N_MUTATIONS 20000

/* MTU, MAC, STATUS, VERSION_1, ACCESS_PLATFORM. */
#define NIC_FEATURES UINT64_C(0x300010028)

static void
test_mgmtdev(void **state OVS_UNUSED)
{
    struct capture c = capture_read("vdpa-mgmtdev-pci");
    struct vdpa_mgmtdev m;

    assert_true(vdpa_mgmtdev_parse(capture_nlmsg(&c), &m));
    assert_string_equal(m.bus, "pci");
    assert_string_equal(m.dev, "0000:65:00.3");
    assert_int_equal(m.classes, 1 << 1);
    assert_int_equal(m.max_vqs, 2);
    assert_true(m.has_features);
    assert_int_equal(m.features, NIC_FEATURES);
    free(c.data);

    c = capture_read("vdpa-mgmtdev-sim");
    assert_true(vdpa_mgmtdev_parse(capture_nlmsg(&c), &m));
    assert_string_equal(m.bus, "");
    assert_string_equal(m.dev, "vdpasim_net");
    assert_int_equal(m.max_vqs, 3);
    free(c.data);
}

static void
test_dev(void **state OVS_UNUSED)
{
    struct capture c = capture_read("vdpa-dev-full");
    struct vdpa_dev dev;

    assert_true(vdpa_dev_parse(capture_nlmsg(&c), &dev));
    assert_string_equal(dev.name, "vdpa0");
    assert_string_equal(dev.mgmtdev_dev, "0000:65:00.1");
    assert_int_equal(dev.device_id, 1);
    assert_int_equal(dev.vendor_id, 0x1b36);
    assert_int_equal(dev.max_vqs, 2);
    assert_int_equal(dev.max_vq_size, 256);
    assert_int_equal(dev.min_vq_size, 1);
    free(c.data);
}

static void
test_config(void **state OVS_UNUSED)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
    struct capture c = capture_read("vdpa-config-bound");
    struct vdpa_config config;

    assert_true(vdpa_config_parse(capture_nlmsg(&c), &config));
    assert_string_equal(config.name, "vdpa0");
    assert_true(config.has_mac);
    assert_memory_equal(config.mac, mac, sizeof mac);
    assert_int_equal(config.mtu, 1500);
    assert_true(config.has_status);
    assert_true(vdpa_config_link_up(&config));
    assert_int_equal(config.max_vqp, 0);
    assert_true(config.has_negotiated);
    assert_int_equal(config.negotiated, NIC_FEATURES);
    assert_true(config.has_features);
    assert_int_equal(config.features, NIC_FEATURES);
    free(c.data);

    /* Nobody has negotiated. */
    c = capture_read("vdpa-config-idle");
    assert_true(vdpa_config_parse(capture_nlmsg(&c), &config));
    assert_false(config.has_negotiated);
    assert_true(config.has_features);
    free(c.data);

    /* The simulator offers more than the driver took. */
    c = capture_read("vdpa-config-sim");
    assert_true(vdpa_config_parse(capture_nlmsg(&c), &config));
    assert_int_equal(config.negotiated, UINT64_C(0x300820028));
    assert_int_equal(config.features, UINT64_C(0x308820028));
    free(c.data);
}

static void
test_vstats(void **state OVS_UNUSED)
{
    struct capture c = capture_read("vdpa-vstats");
    struct vdpa_vstats vstats;

    assert_true(vdpa_vstats_parse(capture_nlmsg(&c), &vstats));
    assert_string_equal(vstats.name, "vdpa0");
    assert_int_equal(vstats.queue, 1);
    assert_int_equal(vstats.n, 2);
    assert_string_equal(vstats.counters[0].name, "received_desc");
    assert_int_equal(vstats.counters[0].value, 6);
    assert_string_equal(vstats.counters[1].name, "completed_desc");
    assert_int_equal(vstats.counters[1].value, 6);
    free(c.data);
}

static void
parse_any(const struct nlmsghdr *nlh)
{
    struct vdpa_mgmtdev mgmtdev;
    struct vdpa_config config;
    struct vdpa_vstats vstats;
    struct vdpa_dev dev;

    if (vdpa_mgmtdev_parse(nlh, &mgmtdev)) {
        assert_true(mgmtdev.dev[0]);
        assert_true(strlen(mgmtdev.bus) < sizeof mgmtdev.bus);
        assert_true(strlen(mgmtdev.dev) < sizeof mgmtdev.dev);
    }
    if (vdpa_config_parse(nlh, &config)) {
        assert_true(strlen(config.name) < sizeof config.name);
    }
    if (vdpa_vstats_parse(nlh, &vstats)) {
        assert_true(vstats.n <= VDPA_VSTATS_MAX);
        for (size_t i = 0; i < vstats.n; i++) {
            assert_true(strlen(vstats.counters[i].name)
                        < sizeof vstats.counters[i].name);
        }
    }
    if (vdpa_dev_parse(nlh, &dev)) {
        assert_true(dev.name[0] && !strchr(dev.name, '/'));
    }
}

static void
test_torture(void **state OVS_UNUSED)
{
    static const char *const names[] = {
        "vdpa-mgmtdev-pci", "vdpa-mgmtdev-sim", "vdpa-dev-full",
        "vdpa-config-bound", "vdpa-config-idle", "vdpa-vstats",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        capture_torture(names[i], N_MUTATIONS, parse_any);
    }
}

/* Requests. */

struct request {
    char buf[VDPA_REQUEST_SIZE];
    const struct nlattr *tb[VDPA_ATTR_MAX + 1];
};

/* Takes a request apart. */
static void
parse_request(struct request *r, const struct nlmsghdr *nlh, uint8_t cmd)
{
    const struct genlmsghdr *genl = NLMSG_DATA(nlh);

    assert_ptr_equal(nlh, r->buf);
    assert_true(nlh->nlmsg_len <= sizeof r->buf);
    assert_int_equal(nlh->nlmsg_type, FAMILY);
    assert_int_equal(genl->cmd, cmd);
    assert_int_equal(genl->version, VDPA_GENL_VERSION);
    assert_true(attr_parse_message(nlh, GENL_HDRLEN, VDPA_ATTR_MAX, r->tb));
}

static void
assert_attr_string(const struct request *r, uint16_t type, const char *s)
{
    char copy[VDPA_NAME_MAX];

    assert_true(attr_get_string(r->tb[type], copy, sizeof copy));
    assert_string_equal(copy, s);
}

static void
test_dumps(void **state OVS_UNUSED)
{
    struct nlmsghdr *nlh;
    struct request r;

    nlh = vdpa_request_dump(r.buf, FAMILY);
    parse_request(&r, nlh, VDPA_CMD_DEV_GET);
    assert_int_equal(nlh->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
    nlh = vdpa_request_mgmtdevs(r.buf, FAMILY);
    parse_request(&r, nlh, VDPA_CMD_MGMTDEV_GET);
    assert_int_equal(nlh->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
}

/* A name of each length fits into each request. */
static void
test_names(void **state OVS_UNUSED)
{
    static const uint8_t mac[6] = { 2 };
    struct request *r = xmalloc(sizeof *r);
    char name[VDPA_NAME_MAX];

    for (size_t len = 1; len < VDPA_NAME_MAX; len++) {
        const struct nlmsghdr *nlh;
        uint32_t queue;

        memset(name, 'x', len);
        name[len] = '\0';
        nlh = vdpa_request_config(r->buf, FAMILY, name);
        parse_request(r, nlh, VDPA_CMD_DEV_CONFIG_GET);
        assert_false(nlh->nlmsg_flags & NLM_F_DUMP);
        assert_attr_string(r, VDPA_ATTR_DEV_NAME, name);

        parse_request(r, vdpa_request_vstats(r->buf, FAMILY, name, 7),
                      VDPA_CMD_DEV_VSTATS_GET);
        assert_attr_string(r, VDPA_ATTR_DEV_NAME, name);
        assert_true(attr_get_u32(r->tb[VDPA_ATTR_DEV_QUEUE_INDEX], &queue));
        assert_int_equal(queue, 7);

        parse_request(r, vdpa_request_del(r->buf, FAMILY, name),
                      VDPA_CMD_DEV_DEL);
        assert_attr_string(r, VDPA_ATTR_DEV_NAME, name);

        parse_request(r, vdpa_request_set_mac(r->buf, FAMILY, name, mac), 8);
        assert_attr_string(r, VDPA_ATTR_DEV_NAME, name);
        assert_int_equal(attr_size(r->tb[VDPA_ATTR_DEV_NET_CFG_MACADDR]), 6);
        assert_memory_equal(
            attr_data(r->tb[VDPA_ATTR_DEV_NET_CFG_MACADDR]), mac, 6);
    }
    free(r);
}

static void
test_new(void **state OVS_UNUSED)
{
    struct vdpa_spec spec = {
        .name = "vdpa:0000:65:00.2", .mgmtdev = "pci/0000:65:00.2",
    };
    struct request r;
    uint64_t features;
    uint16_t u16;

    /* Only what is given is asked for. */
    parse_request(&r, vdpa_request_new(r.buf, FAMILY, &spec),
                  VDPA_CMD_DEV_NEW);
    assert_attr_string(&r, VDPA_ATTR_DEV_NAME, spec.name);
    assert_attr_string(&r, VDPA_ATTR_MGMTDEV_BUS_NAME, "pci");
    assert_attr_string(&r, VDPA_ATTR_MGMTDEV_DEV_NAME, "0000:65:00.2");
    assert_null(r.tb[VDPA_ATTR_DEV_NET_CFG_MACADDR]);
    assert_null(r.tb[VDPA_ATTR_DEV_NET_CFG_MTU]);
    assert_null(r.tb[VDPA_ATTR_DEV_NET_CFG_MAX_VQP]);
    assert_null(r.tb[VDPA_ATTR_DEV_FEATURES]);

    memset(spec.name, 'n', sizeof spec.name - 1);
    strcpy(spec.mgmtdev, "vdpasim_net");
    spec.has_mac = spec.has_features = true;
    memcpy(spec.mac, "\2\0\0\0\0\7", 6);
    spec.mtu = 9000;
    spec.max_vqp = 8;
    spec.features = NIC_FEATURES;
    parse_request(&r, vdpa_request_new(r.buf, FAMILY, &spec),
                  VDPA_CMD_DEV_NEW);
    assert_attr_string(&r, VDPA_ATTR_DEV_NAME, spec.name);
    assert_null(r.tb[VDPA_ATTR_MGMTDEV_BUS_NAME]);
    assert_attr_string(&r, VDPA_ATTR_MGMTDEV_DEV_NAME, "vdpasim_net");
    assert_int_equal(attr_size(r.tb[VDPA_ATTR_DEV_NET_CFG_MACADDR]), 6);
    assert_memory_equal(attr_data(r.tb[VDPA_ATTR_DEV_NET_CFG_MACADDR]),
                        spec.mac, 6);
    assert_true(attr_get_u16(r.tb[VDPA_ATTR_DEV_NET_CFG_MTU], &u16));
    assert_int_equal(u16, 9000);
    assert_true(attr_get_u16(r.tb[VDPA_ATTR_DEV_NET_CFG_MAX_VQP], &u16));
    assert_int_equal(u16, 8);
    assert_true(attr_get_u64(r.tb[VDPA_ATTR_DEV_FEATURES], &features));
    assert_int_equal(features, NIC_FEATURES);
}

static void
test_handle(void **state OVS_UNUSED)
{
    static const char *const bad[] = {
        "", "/", "pci/", "/x", "pci/a/b", "a-very-long-bus-/x",
        "0123456789012345678901234567890123456789012345678901234567890123",
    };
    char bus[16], dev[64];

    assert_true(vdpa_mgmtdev_from_string("pci/0000:65:00.2", bus, dev));
    assert_string_equal(bus, "pci");
    assert_string_equal(dev, "0000:65:00.2");
    assert_true(vdpa_mgmtdev_from_string("vdpasim_net", bus, dev));
    assert_string_equal(bus, "");
    assert_string_equal(dev, "vdpasim_net");
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(vdpa_mgmtdev_from_string(bad[i], bus, dev));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mgmtdev),
        cmocka_unit_test(test_dev),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_vstats),
        cmocka_unit_test(test_torture),
        cmocka_unit_test(test_dumps),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
