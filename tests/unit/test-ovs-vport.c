/* SPDX-License-Identifier: Apache-2.0 */

/* Taking netdevs out of a datapath, against a kernel that is played here at
 * the other end of a lane. */

#include <config.h>

#include "netlink/ovs-vport.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "netlink/genl-helper.h"
#include "netlink/genl.h"
#include "netlink/nl-conn.h"
#include "openvswitch/vlog.h"
#include "tests/unit/dp-msg.h"
#include "tests/unit/nl-peer.h"

static struct event_base *base;
static struct genl *genl;
static struct ovs_vports *vports;
static struct nl_peer lanes[N_LANES];
static struct {
    struct nlmsghdr nlh;
    char rest[256];
} asked;                        /* The last request. */

struct nl_conn *
kernel_helper_connect(struct kernel_helper *helper, struct event_base *base_,
                      unsigned int lane, const struct nl_conn_class *class,
                      void *aux)
{
    assert_null(helper);
    return nl_conn_create_peer(base_, nl_peer_open, &lanes[lane], "lane",
                               class, aux);
}

static void
set_family(bool there)
{
    const struct genl_family family = { .id = VPORT_TYPE };

    ovs_vports_set_family(vports, there ? &family : NULL);
}

static int
setup(void **state OVS_UNUSED)
{
    for (int i = 0; i < N_LANES; i++) {
        lanes[i] = (struct nl_peer) { .fd = -1 };
    }
    base = event_base_new();
    genl = genl_create(base, NULL, 0);
    vports = ovs_vports_create(base, NULL, genl);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    ovs_vports_destroy(vports);
    genl_destroy(genl);
    event_base_free(base);
    for (int i = 0; i < N_LANES; i++) {
        if (lanes[i].fd >= 0) {
            close(lanes[i].fd);
        }
    }
    return 0;
}

static void
run(void)
{
    for (int i = 0; i < 3; i++) {
        ovs_vports_run(vports);
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    }
    ovs_vports_run(vports);
}

/* The next request is command 'cmd' for 'datapath', for its port 'port_no'
 * unless that is negative. */
static void
expect_request(uint8_t cmd, int datapath, int port_no)
{
    const struct genlmsghdr *hdr;
    const struct ovs_header *ovs;
    const struct nlattr *attr;

    run();
    assert_true(nl_peer_recv(&lanes[LANE_VPORT], &asked.nlh, sizeof asked));
    assert_int_equal(asked.nlh.nlmsg_type, VPORT_TYPE);
    hdr = mnl_nlmsg_get_payload(&asked.nlh);
    ovs = (const void *) (hdr + 1);
    attr = (const void *) (ovs + 1);
    assert_int_equal(hdr->cmd, cmd);
    assert_int_equal(ovs->dp_ifindex, datapath);
    if (port_no < 0) {
        assert_true(asked.nlh.nlmsg_flags & NLM_F_DUMP);
        assert_ptr_equal(attr, mnl_nlmsg_get_payload_tail(&asked.nlh));
    } else {
        assert_int_equal(asked.nlh.nlmsg_flags & NLM_F_DUMP, 0);
        assert_int_equal(mnl_attr_get_type(attr), OVS_VPORT_ATTR_PORT_NO);
        assert_int_equal(mnl_attr_get_u32(attr), port_no);
    }
}

static void
expect_no_request(void)
{
    run();
    assert_false(nl_peer_recv(&lanes[LANE_VPORT], &asked.nlh, sizeof asked));
}

/* Answers with port 'port_no', which is netdev 'ifindex'. */
static void
answer_port(uint32_t port_no, uint32_t ifindex)
{
    static struct dp_msg msg;

    dp_msg_init(&msg, VPORT_TYPE, OVS_VPORT_CMD_GET, DP_IFINDEX);
    mnl_attr_put_u32(&msg.nlh, OVS_VPORT_ATTR_PORT_NO, port_no);
    mnl_attr_put_u32(&msg.nlh, OVS_VPORT_ATTR_IFINDEX, ifindex);
    msg.nlh.nlmsg_seq = asked.nlh.nlmsg_seq;
    nl_peer_send(&lanes[LANE_VPORT], &msg.nlh, msg.nlh.nlmsg_len);
}

static void
answer_end(void)
{
    nl_peer_send_done(&lanes[LANE_VPORT], 0, asked.nlh.nlmsg_seq, 0);
}

static void
answer_error(int error)
{
    nl_peer_send_error(&lanes[LANE_VPORT], asked.nlh.nlmsg_seq, -error);
}

/* All is asked on the lane, and nothing waits for its answer. */
static void
test_delete(void **state OVS_UNUSED)
{
    set_family(true);
    ovs_vports_delete(vports, DP_IFINDEX, 107);
    expect_request(OVS_VPORT_CMD_GET, DP_IFINDEX, -1);
    expect_no_request();
    answer_port(1, 106);
    answer_port(2, 107);
    answer_port(3, 108);
    answer_end();
    expect_request(OVS_VPORT_CMD_DEL, DP_IFINDEX, 2);

    /* Nor does the next one. */
    ovs_vports_delete(vports, DP_IFINDEX + 1, 108);
    run();
    answer_error(EPERM);
    expect_request(OVS_VPORT_CMD_GET, DP_IFINDEX + 1, -1);
    answer_port(1, 106);
    answer_end();
    expect_no_request();
}

static void
test_failures(void **state OVS_UNUSED)
{
    ovs_vports_delete(vports, DP_IFINDEX, 107);
    assert_int_equal(lanes[LANE_VPORT].n_opens, 0);

    set_family(true);
    ovs_vports_delete(vports, DP_IFINDEX, 107);
    expect_request(OVS_VPORT_CMD_GET, DP_IFINDEX, -1);
    answer_port(2, 107);
    answer_error(ENODEV);
    expect_no_request();

    /* The module goes while a dump runs. */
    ovs_vports_delete(vports, DP_IFINDEX, 107);
    expect_request(OVS_VPORT_CMD_GET, DP_IFINDEX, -1);
    answer_port(2, 107);
    set_family(false);
    ovs_vports_delete(vports, DP_IFINDEX, 107);
    run();
    set_family(true);
    expect_no_request();
    assert_int_equal(lanes[LANE_VPORT].n_opens, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_delete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
