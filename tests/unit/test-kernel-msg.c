/* SPDX-License-Identifier: Apache-2.0 */

/* Parsers of what the kernel sends, against recorded messages. */

#include <config.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink/devlink-msg.h"
#include "netlink/ethtool-msg.h"
#include "netlink/genl.h"
#include "netlink/link-msg.h"
#include "netlink/nl-attr.h"
#include "netlink/uevent.h"
#include "netlink/vdpa-msg.h"
#include "tests/unit/capture.h"

#define N_MUTATIONS 20000

static void
test_attr(void **state OVS_UNUSED)
{
    const struct nlattr *tb[4];
    char buf[64], s[4];
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

    mnl_attr_put_strz(nlh, 1, "abc");
    mnl_attr_put_u16(nlh, 2, 0x1234);
    mnl_attr_put_u8(nlh, 9, 1); /* Skipped. */
    mnl_attr_put_u8(nlh, 3, 7);
    assert_true(attr_parse_message(nlh, 0, 3, tb));
    assert_null(tb[0]);
    assert_true(attr_get_string(tb[1], s, sizeof s));
    assert_string_equal(s, "abc");
    assert_true(attr_get_u16(tb[2], &u16));
    assert_int_equal(u16, 0x1234);
    assert_true(attr_get_u8(tb[3], &u8));
    assert_int_equal(u8, 7);

    /* Wrong sizes, and none at all. */
    assert_false(attr_get_u32(tb[2], &u32));
    assert_false(attr_get_u8(tb[2], &u8));
    assert_false(attr_get_u32(NULL, &u32));
    assert_false(attr_get_string(NULL, s, sizeof s));
    assert_false(attr_get_string(tb[1], s, 3));
    assert_false(attr_parse_message(nlh, 64, 3, tb));

    /* The last attribute lacks its padding, then a part of itself. */
    nlh->nlmsg_len -= 3;
    assert_true(attr_parse_message(nlh, 0, 3, tb));
    nlh->nlmsg_len -= 1;
    assert_false(attr_parse_message(nlh, 0, 3, tb));

    /* No NUL at the end, one within, nothing. */
    nlh = mnl_nlmsg_put_header(buf);
    mnl_attr_put(nlh, 1, 3, "abc");
    mnl_attr_put(nlh, 2, 4, "a\0c");
    mnl_attr_put(nlh, 3, 0, NULL);
    assert_true(attr_parse_message(nlh, 0, 3, tb));
    assert_false(attr_get_string(tb[1], s, sizeof s));
    assert_false(attr_get_string(tb[2], s, sizeof s));
    assert_false(attr_get_string(tb[3], s, sizeof s));
}

static void
test_link(void **state OVS_UNUSED)
{
    static const uint8_t id[] = { 2, 0x6e, 0x53, 0, 0, 0x65, 0, 1 };
    struct capture c = capture_read("0029-NEWLINK");
    char buf[PCI_ADDR_STRLEN];
    struct link_info link;

    assert_int_equal(link_msg_parse(capture_nlmsg(&c), &link),
                     LINK_MSG_LINK);
    assert_int_equal(link.ifindex, 7);
    assert_string_equal(link.name, "eth1");
    assert_string_equal(link.phys_port_name, "pf0vf0");
    assert_int_equal(link.switch_id.len, sizeof id);
    assert_memory_equal(link.switch_id.id, id, sizeof id);
    assert_int_equal(link.flags, 0x1002);
    assert_int_equal(link.mtu, 1500);
    assert_int_equal(link.master, 0);
    assert_string_equal(link.kind, "");
    assert_true(link.has_parent_pci);
    assert_string_equal(pci_addr_format(&link.parent_pci, buf),
                        "0000:65:00.0");

    /* The same about a bridge port is not about the netdev as such. */
    ((struct ifinfomsg *) NLMSG_DATA(capture_nlmsg(&c)))->ifi_family
        = AF_BRIDGE;
    assert_int_equal(link_msg_parse(capture_nlmsg(&c), &link),
                     LINK_MSG_OTHER);
    free(c.data);

    c = capture_read("0099-NEWLINK");
    assert_int_equal(link_msg_parse(capture_nlmsg(&c), &link),
                     LINK_MSG_LINK);
    assert_string_equal(link.name, "br-int");
    assert_false(link.has_parent_pci);
    assert_int_equal(link.switch_id.len, 0);
    free(c.data);

    c = capture_read("0255-DELLINK");
    assert_int_equal(link_msg_parse(capture_nlmsg(&c), &link),
                     LINK_MSG_DELETED);
    assert_int_equal(link.ifindex, 8);
    free(c.data);

    c = capture_read("0124-DELLINK");
    assert_int_equal(link_msg_parse(capture_nlmsg(&c), &link),
                     LINK_MSG_MOVED);
    free(c.data);

    c = capture_read("0071-NEWTFILTER");
    assert_int_equal(link_msg_parse(capture_nlmsg(&c), &link),
                     LINK_MSG_OTHER);
    free(c.data);
}

static void
check_string(const char *s, size_t size)
{
    assert_non_null(memchr(s, '\0', size));
}

static void
parse_link(const struct nlmsghdr *nlh)
{
    struct link_info link;

    if (link_msg_parse(nlh, &link) == LINK_MSG_LINK) {
        assert_true(link.ifindex > 0);
        check_string(link.name, sizeof link.name);
        check_string(link.phys_port_name, sizeof link.phys_port_name);
        check_string(link.kind, sizeof link.kind);
        assert_true(link.switch_id.len <= SWITCH_ID_MAX);
    }
}

static void
test_devlink(void **state OVS_UNUSED)
{
    struct capture c = capture_read("0038-devlink-cmd7");
    struct devlink_port_info port;
    struct devlink_handle handle;
    struct eswitch_info eswitch;

    assert_true(devlink_port_parse(capture_nlmsg(&c), &port));
    assert_string_equal(port.handle.bus, "pci");
    assert_string_equal(port.handle.dev, "0000:65:00.0");
    assert_int_equal(port.index, 1);
    assert_int_equal(port.flavour, FLAVOUR_PCI_VF);
    assert_int_equal(port.controller, 0);
    assert_false(port.external);
    assert_int_equal(port.pf, 0);
    assert_int_equal(port.vf, 0);
    assert_int_equal(port.ifindex, 7);
    free(c.data);

    /* Registered, and without a netdev yet. */
    c = capture_read("0036-devlink-cmd7");
    assert_true(devlink_port_parse(capture_nlmsg(&c), &port));
    assert_int_equal(port.flavour, FLAVOUR_PCI_VF);
    assert_int_equal(port.ifindex, 0);
    free(c.data);

    c = capture_read("devlink-port-0");
    assert_true(devlink_port_parse(capture_nlmsg(&c), &port));
    assert_int_equal(port.index, 65535);
    assert_int_equal(port.flavour, FLAVOUR_PHYSICAL);
    assert_int_equal(port.phys_port, 0);
    free(c.data);

    c = capture_read("devlink-port-2");
    assert_true(devlink_port_parse(capture_nlmsg(&c), &port));
    assert_int_equal(port.flavour, FLAVOUR_PCI_VF);
    assert_int_equal(port.vf, 1);
    free(c.data);

    c = capture_read("devlink-get");
    assert_true(devlink_handle_parse(capture_nlmsg(&c), &handle));
    assert_string_equal(handle.dev, "0000:65:00.0");
    assert_false(devlink_port_parse(capture_nlmsg(&c), &port));
    free(c.data);

    c = capture_read("devlink-eswitch");
    assert_true(devlink_eswitch_parse(capture_nlmsg(&c), &eswitch));
    assert_int_equal(eswitch.mode, ESWITCH_SWITCHDEV);
    assert_string_equal(eswitch.handle.bus, "pci");
    free(c.data);
}

static void
parse_devlink(const struct nlmsghdr *nlh)
{
    struct devlink_port_info port;
    struct devlink_handle handle;
    struct eswitch_info eswitch;

    if (devlink_port_parse(nlh, &port)) {
        check_string(port.handle.bus, sizeof port.handle.bus);
        check_string(port.handle.dev, sizeof port.handle.dev);
        assert_true(port.ifindex >= 0);
    }
    (void) devlink_handle_parse(nlh, &handle);
    if (devlink_eswitch_parse(nlh, &eswitch)) {
        assert_true(eswitch.mode <= ESWITCH_SWITCHDEV);
    }
}

static void
test_vdpa(void **state OVS_UNUSED)
{
    static const struct vdpa_dev expected[] = {
        { "vdpa0", "pci", "0000:65:00.1", 1, 0x1b36, 2, 256, 1 },
        { "we ird\"name", "pci", "0000:65:00.2", 1, 0x1b36, 2, 256, 1 },
        { "sim0", "", "vdpasim_net", 1, 0, 3, 256, 1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        char *name = xasprintf("vdpa-dev-%"PRIuSIZE, i);
        struct capture c = capture_read(name);
        struct vdpa_dev dev;

        assert_true(vdpa_dev_parse(capture_nlmsg(&c), &dev));
        assert_string_equal(dev.name, expected[i].name);
        assert_string_equal(dev.mgmtdev_bus, expected[i].mgmtdev_bus);
        assert_string_equal(dev.mgmtdev_dev, expected[i].mgmtdev_dev);
        assert_int_equal(dev.device_id, expected[i].device_id);
        assert_int_equal(dev.vendor_id, expected[i].vendor_id);
        assert_int_equal(dev.max_vqs, expected[i].max_vqs);
        assert_int_equal(dev.max_vq_size, expected[i].max_vq_size);
        assert_int_equal(dev.min_vq_size, expected[i].min_vq_size);
        free(c.data);
        free(name);
    }
}

static void
parse_vdpa(const struct nlmsghdr *nlh)
{
    struct vdpa_dev dev;

    if (vdpa_dev_parse(nlh, &dev)) {
        check_string(dev.name, sizeof dev.name);
        assert_true(dev.name[0] && !strchr(dev.name, '/'));
        check_string(dev.mgmtdev_bus, sizeof dev.mgmtdev_bus);
        check_string(dev.mgmtdev_dev, sizeof dev.mgmtdev_dev);
    }
}

static void
test_ethtool(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        enum tc_offload value;
    } gets[] = {
        { "ethtool-get-on", TC_OFFLOAD_ON },
        { "ethtool-get-off", TC_OFFLOAD_OFF },
        { "ethtool-get-lo", TC_OFFLOAD_UNSUPPORTED },
    };
    enum tc_offload value;
    struct capture c;
    int ifindex;
    bool refused;

    for (size_t i = 0; i < ARRAY_SIZE(gets); i++) {
        c = capture_read(gets[i].name);
        assert_true(ethtool_features_parse(capture_nlmsg(&c), &ifindex,
                                           &value));
        assert_int_equal(value, gets[i].value);
        assert_int_equal(ifindex, i == 2 ? 1 : 6);

        /* It is no notification. */
        assert_true(ethtool_ifindex_parse(capture_nlmsg(&c), &ifindex));
        assert_int_equal(ifindex, 0);
        free(c.data);
    }

    c = capture_read("ethtool-ntf");
    assert_true(ethtool_ifindex_parse(capture_nlmsg(&c), &ifindex));
    assert_int_equal(ifindex, 6);
    assert_false(ethtool_features_parse(capture_nlmsg(&c), &ifindex,
                                        &value));
    free(c.data);

    c = capture_read("ethtool-set-off");
    assert_true(ethtool_set_parse(capture_nlmsg(&c), &ifindex, &refused));
    assert_int_equal(ifindex, 6);
    assert_false(refused);
    free(c.data);

    c = capture_read("ethtool-set-refused");
    assert_true(ethtool_set_parse(capture_nlmsg(&c), &ifindex, &refused));
    assert_int_equal(ifindex, 1);
    assert_true(refused);
    free(c.data);
}

static void
parse_ethtool(const struct nlmsghdr *nlh)
{
    enum tc_offload value;
    int ifindex;
    bool refused;

    if (ethtool_features_parse(nlh, &ifindex, &value)) {
        assert_true(ifindex > 0 && value != TC_OFFLOAD_UNKNOWN);
    }
    if (ethtool_set_parse(nlh, &ifindex, &refused)) {
        assert_true(ifindex > 0);
    }
    if (ethtool_ifindex_parse(nlh, &ifindex)) {
        assert_true(ifindex >= 0);
    }
}

static void
test_genl(void **state OVS_UNUSED)
{
    struct capture c = capture_read("genl-nlctrl");
    struct genl_family family;

    assert_true(genl_family_parse(capture_nlmsg(&c), &family));
    assert_string_equal(family.name, "nlctrl");
    assert_int_equal(genl_family_id(&family), GENL_ID_CTRL);
    assert_int_equal(genl_family_group(&family, "notify"), 16);
    assert_int_equal(genl_family_group(&family, "config"), 0);
    free(c.data);

    c = capture_read("genl-devlink");
    assert_true(genl_family_parse(capture_nlmsg(&c), &family));
    assert_int_equal(genl_family_id(&family), 21);
    assert_int_equal(genl_family_group(&family, "config"), 3);
    free(c.data);

    /* Without any group. */
    c = capture_read("genl-vdpa");
    assert_true(genl_family_parse(capture_nlmsg(&c), &family));
    assert_int_equal(genl_family_id(&family), 19);
    assert_int_equal(family.n_groups, 0);
    free(c.data);
}

static void
parse_genl(const struct nlmsghdr *nlh)
{
    struct genl_family family;

    if (genl_family_parse(nlh, &family)) {
        check_string(family.name, sizeof family.name);
        assert_true(family.id);
        assert_true(family.n_groups <= GENL_MAX_GROUPS);
        (void) genl_family_group(&family, "notify");
    }
}

static bool
parse_uevent(const void *data, size_t len, struct uevent *uevent)
{
    return uevent_parse(data, len, uevent);
}

static void
test_uevent(void **state OVS_UNUSED)
{
    struct capture c = capture_read("0258-uevent");
    struct uevent uevent;

    assert_true(parse_uevent(c.data, c.len, &uevent));
    assert_int_equal(uevent.action, UEVENT_REMOVE);
    assert_string_equal(uevent.devpath,
                        "/devices/pci0000:65/0000:65:00.1/vdpa0");
    assert_string_equal(uevent.subsystem, "vdpa");

    /* Each beginning of it that does not end with a string is refused. */
    for (size_t len = 0; len < c.len; len++) {
        char *copy = xmemdup(c.data, len ? len : 1);

        assert_int_equal(parse_uevent(copy, len, &uevent),
                         len && !copy[len - 1]);
        free(copy);
    }
    random_set_seed(1);
    for (int i = 0; i < N_MUTATIONS; i++) {
        char *copy = xmemdup(c.data, c.len);

        copy[random_range(c.len)] = random_uint32();
        copy[random_range(c.len)] = random_range(2) ? '\0' : '=';
        if (parse_uevent(copy, c.len, &uevent)) {
            assert_true(uevent.devpath > copy
                        && uevent.devpath < copy + c.len);
            (void) strlen(uevent.subsystem);
        }
        free(copy);
    }
    free(c.data);

    c = capture_read("0254-uevent");
    assert_true(parse_uevent(c.data, c.len, &uevent));
    assert_int_equal(uevent.action, UEVENT_UNBIND);
    free(c.data);

#define PARSE(S) parse_uevent(S, sizeof S, &uevent)
    assert_true(PARSE("online@/devices/x\0SUBSYSTEM=cpu"));
    assert_int_equal(uevent.action, UEVENT_OTHER);
    assert_true(PARSE("bind@/devices/we ird\"n\nme@x\0SUBSYSTEM=vdpa"));
    assert_string_equal(uevent.devpath, "/devices/we ird\"n\nme@x");
    assert_true(PARSE("add@/x"));
    assert_string_equal(uevent.subsystem, "");
    assert_false(PARSE("libudev\0\xfe\xed\xca\xfe"));
    assert_false(PARSE("@/x"));
    assert_false(PARSE("add@x"));
    assert_false(PARSE("add"));
    assert_false(PARSE("add@/x\0novalue"));
#undef PARSE
}

static void
test_torture(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        void (*parse)(const struct nlmsghdr *);
    } tests[] = {
        { "0026-NEWLINK", parse_link },
        { "0099-NEWLINK", parse_link },
        { "0255-DELLINK", parse_link },
        { "0038-devlink-cmd7", parse_devlink },
        { "devlink-port-0", parse_devlink },
        { "devlink-get", parse_devlink },
        { "devlink-eswitch", parse_devlink },
        { "vdpa-dev-0", parse_vdpa },
        { "vdpa-dev-1", parse_vdpa },
        { "ethtool-get-on", parse_ethtool },
        { "ethtool-ntf", parse_ethtool },
        { "ethtool-set-refused", parse_ethtool },
        { "genl-nlctrl", parse_genl },
        { "genl-devlink", parse_genl },
    };

    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        capture_torture(tests[i].name, N_MUTATIONS, tests[i].parse);
    }
}

static void
test_requests(void **state OVS_UNUSED)
{
    static const struct devlink_handle longest = {
        .bus = "0123456789abcde",
        .dev = "0123456789abcdef0123456789abcdef0123456789abcde",
    };
    char buf[DEVLINK_REQUEST_SIZE];
    char up[LINK_REQUEST_SIZE];
    char set[ETHTOOL_REQUEST_SIZE];
    struct devlink_handle handle;
    struct nlmsghdr *nlh;

    nlh = devlink_request_eswitch(buf, 21, &longest);
    assert_true(nlh->nlmsg_len <= sizeof buf);
    assert_true(devlink_handle_parse(nlh, &handle));
    assert_true(devlink_handle_equals(&handle, &longest));

    assert_true(link_request_up(up, 7)->nlmsg_len <= sizeof up);
    assert_true(link_request_dump(up)->nlmsg_len <= sizeof up);
    assert_true(ethtool_request_set(set, 20, 7, true)->nlmsg_len
                <= sizeof set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attr),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_devlink),
        cmocka_unit_test(test_vdpa),
        cmocka_unit_test(test_ethtool),
        cmocka_unit_test(test_genl),
        cmocka_unit_test(test_uevent),
        cmocka_unit_test(test_torture),
        cmocka_unit_test(test_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
