/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/vdpa-config.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "random.h"
#include "util.h"

static const uint8_t address[6] = { 2, 0, 0, 0, 0, 9 };

/* A message without attributes. */
static void
begin(struct ofpbuf *buf)
{
    struct genlmsghdr *genl;

    ofpbuf_init(buf, 512);
    nl_msg_put_nlmsghdr(buf, 0, 30, 0);
    genl = ofpbuf_put_zeros(buf, GENL_HDRLEN);
    genl->cmd = VDPA_CMD_DEV_CONFIG_GET;
    genl->version = VDPA_GENL_VERSION;
}

/* Parses it, in memory of its own, and frees it. */
static bool
parse(struct ofpbuf *buf, struct vdpa_config *config)
{
    struct nlmsghdr *nlh = xmemdup(buf->data, buf->size);
    bool ok;

    nlh->nlmsg_len = buf->size;
    ok = vdpa_config_parse(nlh, config);
    free(nlh);
    ofpbuf_uninit(buf);
    return ok;
}

static void
test_whole(void **state OVS_UNUSED)
{
    struct vdpa_config config;
    struct ofpbuf buf;

    begin(&buf);
    nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "vdpa:0000:65:00.1");
    nl_msg_put_u32(&buf, VDPA_ATTR_DEV_ID, 1);
    nl_msg_put_unspec(&buf, VDPA_ATTR_DEV_NET_CFG_MACADDR, address, 6);
    nl_msg_put_u8(&buf, VDPA_ATTR_DEV_NET_STATUS, 1);
    nl_msg_put_u16(&buf, VDPA_ATTR_DEV_NET_CFG_MTU, 9000);
    nl_msg_put_u64(&buf, VDPA_ATTR_DEV_SUPPORTED_FEATURES, UINT64_MAX);
    assert_true(parse(&buf, &config));
    assert_string_equal(config.name, "vdpa:0000:65:00.1");
    assert_true(config.has_mac);
    assert_memory_equal(config.mac, address, 6);
    assert_int_equal(config.mtu, 9000);
}

/* A device without these features gives neither. */
static void
test_bare(void **state OVS_UNUSED)
{
    struct vdpa_config config;
    struct ofpbuf buf;

    begin(&buf);
    nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "v");
    assert_true(parse(&buf, &config));
    assert_false(config.has_mac);
    assert_int_equal(config.mtu, 0);
}

static void
test_bad(void **state OVS_UNUSED)
{
    char long_name[VDPA_NAME_MAX + 1];
    struct vdpa_config config;
    struct ofpbuf buf;

    begin(&buf);
    assert_false(parse(&buf, &config));

    begin(&buf);
    nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "");
    assert_false(parse(&buf, &config));

    memset(long_name, 'x', VDPA_NAME_MAX);
    long_name[VDPA_NAME_MAX] = '\0';
    begin(&buf);
    nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, long_name);
    assert_false(parse(&buf, &config));

    begin(&buf);
    nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, long_name + 1);
    assert_true(parse(&buf, &config));

    begin(&buf);
    nl_msg_put_unspec(&buf, VDPA_ATTR_DEV_NAME, "vdpa0", 5);
    assert_false(parse(&buf, &config));

    for (size_t size = 0; size < 9; size++) {
        begin(&buf);
        nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "v");
        nl_msg_put_unspec(&buf, VDPA_ATTR_DEV_NET_CFG_MACADDR, "12345678",
                          size);
        assert_int_equal(parse(&buf, &config), size == 6);
        begin(&buf);
        nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "v");
        nl_msg_put_unspec(&buf, VDPA_ATTR_DEV_NET_CFG_MTU, "12345678", size);
        assert_int_equal(parse(&buf, &config), size == 2);
    }
}

/* A status of either size; features of no other. */
static void
test_sizes(void **state OVS_UNUSED)
{
    static const struct {
        uint16_t type;
        size_t size;            /* That is right, */
        size_t other;           /* and another one, or 0. */
    } attrs[] = {
        { VDPA_ATTR_DEV_NET_STATUS, 2, 1 },
        { VDPA_ATTR_DEV_NET_CFG_MAX_VQP, 2, 0 },
        { VDPA_ATTR_DEV_NEGOTIATED_FEATURES, 8, 0 },
        { VDPA_ATTR_DEV_FEATURES, 8, 0 },
        { VDPA_ATTR_DEV_FEATURES + 1, 8, 0 },
    };
    struct vdpa_config config;
    struct ofpbuf buf;

    for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
        for (size_t size = 1; size < 10; size++) {
            begin(&buf);
            nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "v");
            nl_msg_put_unspec(&buf, attrs[i].type, "\1\0\0\0\0\0\0\0\0",
                              size);
            assert_int_equal(parse(&buf, &config),
                             size == attrs[i].size || size == attrs[i].other);
        }
    }

    begin(&buf);
    nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "v");
    nl_msg_put_u8(&buf, VDPA_ATTR_DEV_NET_STATUS, 2);
    assert_true(parse(&buf, &config));
    assert_int_equal(config.status, 2);
    assert_false(vdpa_config_link_up(&config));
}

/* Newer kernels have the features elsewhere, and something else in their old
 * place. */
static void
test_features(void **state OVS_UNUSED)
{
    struct vdpa_config config;
    struct ofpbuf buf;

    begin(&buf);
    nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "v");
    nl_msg_put_u64(&buf, VDPA_ATTR_DEV_FEATURES + 1, 7);
    assert_true(parse(&buf, &config));
    assert_true(config.has_features);
    assert_int_equal(config.features, 7);

    begin(&buf);
    nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "v");
    nl_msg_put_u64(&buf, VDPA_ATTR_DEV_FEATURES, 5);
    nl_msg_put_u64(&buf, VDPA_ATTR_DEV_FEATURES + 1, 7);
    assert_true(parse(&buf, &config));
    assert_int_equal(config.features, 5);
}

/* Counters are pairs of a name and a value, of which there may be too
 * many. */
static void
test_vstats(void **state OVS_UNUSED)
{
    enum { NAME = VDPA_ATTR_DEV_VENDOR_ATTR_NAME,
           VALUE = VDPA_ATTR_DEV_VENDOR_ATTR_VALUE };
    struct vdpa_vstats vstats;

    for (int what = 0; what < 5; what++) {
        struct nlmsghdr *nlh;
        struct ofpbuf buf;

        begin(&buf);
        nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "v");
        nl_msg_put_u32(&buf, VDPA_ATTR_DEV_QUEUE_INDEX, 3);
        if (what == 1) {
            nl_msg_put_u64(&buf, VALUE, 1); /* Without a name. */
        } else if (what == 2) {
            nl_msg_put_string(&buf, NAME, "a"); /* Without a value. */
        } else if (what == 3) {
            nl_msg_put_string(&buf, NAME, "a");
            nl_msg_put_u32(&buf, VALUE, 1); /* Of another size. */
        } else {
            for (int i = 0; i < (what == 4 ? 40 : 2); i++) {
                nl_msg_put_string(&buf, NAME, i ? "b" : "a");
                nl_msg_put_u64(&buf, VALUE, UINT64_MAX - i);
            }
        }
        nlh = xmemdup(buf.data, buf.size);
        nlh->nlmsg_len = buf.size;
        assert_int_equal(vdpa_vstats_parse(nlh, &vstats),
                         what == 0 || what == 4);
        if (what == 0) {
            assert_int_equal(vstats.queue, 3);
            assert_int_equal(vstats.n, 2);
            assert_string_equal(vstats.counters[0].name, "a");
            assert_int_equal(vstats.counters[0].value, UINT64_MAX);
            assert_string_equal(vstats.counters[1].name, "b");
            assert_int_equal(vstats.counters[1].value, UINT64_MAX - 1);
        } else if (what == 4) {
            assert_int_equal(vstats.n, VDPA_VSTATS_MAX);
        }
        free(nlh);
        ofpbuf_uninit(&buf);
    }
}

static void
test_torture(void **state OVS_UNUSED)
{
    struct vdpa_config config;
    struct ofpbuf buf;

    begin(&buf);
    nl_msg_put_string(&buf, VDPA_ATTR_DEV_NAME, "vdpa0");
    nl_msg_put_unspec(&buf, VDPA_ATTR_DEV_NET_CFG_MACADDR, address, 6);
    nl_msg_put_u16(&buf, VDPA_ATTR_DEV_NET_CFG_MTU, 1500);
    for (size_t len = NLMSG_HDRLEN; len <= buf.size; len++) {
        struct nlmsghdr *copy = xmemdup(buf.data, len);

        copy->nlmsg_len = len;
        (void) vdpa_config_parse(copy, &config);
        free(copy);
    }
    random_set_seed(1);
    for (int i = 0; i < 50000; i++) {
        struct nlmsghdr *copy = xmemdup(buf.data, buf.size);

        for (int j = random_range(4); j >= 0; j--) {
            ((uint8_t *) copy)[6 + random_range(buf.size - 6)]
                = random_uint32();
        }
        copy->nlmsg_len = buf.size;
        if (vdpa_config_parse(copy, &config)) {
            assert_true(config.name[0]);
            assert_true(strlen(config.name) < sizeof config.name);
        }
        free(copy);
    }
    ofpbuf_uninit(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_bare),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_vstats),
        cmocka_unit_test(test_torture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
