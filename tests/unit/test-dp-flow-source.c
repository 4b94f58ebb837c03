/* SPDX-License-Identifier: Apache-2.0 */

/* The source of the kernel's datapath flows against a kernel that is played
 * here, above all the order of notifications and dumps. */

#include <config.h>

#include "netlink/dp-flow-source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "openvswitch/vlog.h"
#include "tests/unit/dp-flow-peer.h"

static void
test_sync(void **state OVS_UNUSED)
{
    const struct source_status *status = dp_flow_source_status(source);

    assert_int_equal(status->state, SOURCE_SYNCING);
    sync_source();
    status = dp_flow_source_status(source);
    assert_int_equal(status->state, SOURCE_SYNCED);
    assert_int_equal(status->n_resyncs, 1);
    assert_int_equal(dp_flow_source_ifindex(source, DP_IFINDEX, 2), 102);
    assert_int_equal(dp_flow_source_ifindex(source, DP_IFINDEX, 9), 0);
    assert_int_equal(dp_flow_source_ifindex(source, 9, 2), 0);

    /* Everything in batches, none lost. */
    dp_flow_source_resync(source);
    answer_ports(1);
    assert_told("syncing mark ");
    for (int i = 0; i < 100; i++) {
        dp_msg_flow(&msg, OVS_FLOW_CMD_GET, i, 1, 1);
        answer();
        run();
    }
    done(0);
    run();
    for (int i = 0; i < 100; i++) {
        char *s = xasprintf("%d:101>101 ", i);

        assert_non_null(strstr(ds_cstr(&told), s));
        free(s);
    }
    assert_non_null(strstr(ds_cstr(&told), "sweep synced "));
}

static void
test_events(void **state OVS_UNUSED)
{
    sync_source();
    dp_msg_flow(&msg, OVS_FLOW_CMD_NEW, 2, 2, 1);
    notify();
    dp_msg_flow(&msg, OVS_FLOW_CMD_SET, 1, 1, 3);
    notify();
    make_del(2, 9);
    notify();
    make_del(1, 0);
    notify();
    assert_told("2:102>101 1:101>103 -2=9 -1=0 ");
    assert_int_equal(dp_flow_source_status(source)->n_messages, 4);

    /* All at once, and in order. */
    for (int i = 3; i < 5; i++) {
        dp_msg_flow(&msg, OVS_FLOW_CMD_NEW, i, 2, 1);
        nl_peer_send(&events, &msg.nlh, msg.nlh.nlmsg_len);
        make_del(i, 1);
        nl_peer_send(&events, &msg.nlh, msg.nlh.nlmsg_len);
    }
    assert_told("3:102>101 -3=1 4:102>101 -4=1 ");

    /* Not understood. */
    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_NEW, DP_IFINDEX);
    notify();
    dp_msg_init(&msg, 99, OVS_FLOW_CMD_NEW, DP_IFINDEX);
    notify();
    assert_told("");
    assert_int_equal(dp_flow_source_status(source)->n_malformed, 2);
    expect_no_request();
}

/* What is notified during a dump is not undone by what the dump says. */
static void
test_overtaken(void **state OVS_UNUSED)
{
    answer_ports(3);
    assert_told("mark ");
    make_del(1, 3);
    notify();
    dp_msg_flow(&msg, OVS_FLOW_CMD_SET, 2, 1, 3);
    notify();
    assert_told("-1=3 2:101>103 ");
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 1, 1, 2);
    answer();
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 2, 1, 2);
    answer();
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 3, 1, 2);
    answer();
    done(0);
    assert_told("3:101>102 sweep synced ");

    /* In a later dump it counts again. */
    assert_true(dp_flow_source_refresh(source));
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    make_del(3, 1);
    notify();
    make_counters(3, 8);
    answer();
    make_counters(2, 8);
    answer();
    done(0);
    assert_told("mark -3=1 2=8 sweep refreshed ");
}

static void
test_refresh(void **state OVS_UNUSED)
{
    assert_false(dp_flow_source_refresh(source));
    sync_source();
    assert_true(dp_flow_source_refresh(source));
    assert_false(dp_flow_source_refresh(source));
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    assert_int_equal(asked.nlh.nlmsg_len, 32); /* With the flags. */
    assert_int_equal(*(uint32_t *) (asked.rest + 12), 7);
    assert_false(dp_flow_source_refresh(source));
    make_counters(1, 5);
    answer();
    done(0);
    assert_told("mark 1=5 sweep refreshed ");
    expect_no_request();

    /* A flow that the reader does not know. */
    assert_true(dp_flow_source_refresh(source));
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    make_counters(9, 5);
    unknown = 1;
    answer();
    done(0);
    assert_told("mark 9=5 sweep refreshed syncing ");
    answer_ports(1);
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 9, 1, 1);
    answer();
    done(0);
    assert_told("mark 9:101>101 sweep synced ");
    expect_no_request();
}

/* Ports that come, go, change, and are in other namespaces. */
static void
test_ports(void **state OVS_UNUSED)
{
    sync_source();

    /* Of an unknown port, which then gets known. */
    dp_msg_flow(&msg, OVS_FLOW_CMD_NEW, 2, 8, 9);
    notify();
    assert_told("2:0>0 ");
    make_vport(OVS_VPORT_CMD_NEW, 99, 8, 108, false);
    notify();                   /* In another datapath. */
    expect_no_request();
    make_vport(OVS_VPORT_CMD_NEW, DP_IFINDEX, 8, 108, false);
    notify();
    assert_told("syncing ");
    answer_ports(1);
    done(0);
    assert_told("mark sweep synced ");

    /* One that no flow uses since all was read. */
    make_vport(OVS_VPORT_CMD_SET, DP_IFINDEX, 1, 155, false);
    notify();
    make_vport(OVS_VPORT_CMD_SET, DP_IFINDEX, 1, 101, false);
    notify();
    expect_no_request();

    /* One that no flow ever used. */
    make_vport(OVS_VPORT_CMD_NEW, DP_IFINDEX, 20, 120, false);
    notify();
    make_vport(OVS_VPORT_CMD_SET, DP_IFINDEX, 20, 121, false);
    notify();
    expect_no_request();
    dp_msg_flow(&msg, OVS_FLOW_CMD_NEW, 3, 20, 1);
    notify();
    assert_told("3:121>101 ");

    /* Gone, and back as another. */
    make_vport(OVS_VPORT_CMD_DEL, DP_IFINDEX, 20, 121, false);
    notify();
    make_vport(OVS_VPORT_CMD_NEW, DP_IFINDEX, 20, 121, false);
    notify();
    expect_no_request();
    make_vport(OVS_VPORT_CMD_DEL, DP_IFINDEX, 20, 121, false);
    notify();
    make_vport(OVS_VPORT_CMD_NEW, DP_IFINDEX, 20, 122, false);
    notify();
    assert_told("syncing ");
    answer_ports(1);
    done(0);
    assert_told("mark sweep synced ");

    /* Gone, with a flow that is not up to date. */
    make_vport(OVS_VPORT_CMD_DEL, DP_IFINDEX, 1, 101, false);
    notify();
    dp_msg_flow(&msg, OVS_FLOW_CMD_NEW, 5, 1, 20);
    notify();
    assert_told("5:0>0 ");

    /* In another namespace, and of an old kernel. */
    make_vport(OVS_VPORT_CMD_NEW, DP_IFINDEX, 30, 130, true);
    notify();
    make_vport(OVS_VPORT_CMD_NEW, DP_IFINDEX, 31, 0, false);
    notify();
    dp_msg_flow(&msg, OVS_FLOW_CMD_NEW, 4, 30, 31);
    notify();
    assert_told("4:0>77 ");
    make_vport(OVS_VPORT_CMD_SET, DP_IFINDEX, 30, 130, true);
    notify();
    expect_no_request();
}

/* What is notified of a port during their dump counts, too. */
static void
test_ports_overtaken(void **state OVS_UNUSED)
{
    expect_request(DP_TYPE, OVS_DP_CMD_GET, 0);
    dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_GET, DP_IFINDEX);
    answer();
    done(0);
    expect_request(VPORT_TYPE, OVS_VPORT_CMD_GET, DP_IFINDEX);
    make_vport(OVS_VPORT_CMD_NEW, DP_IFINDEX, 1, 201, false);
    notify();
    make_vport(OVS_VPORT_CMD_DEL, DP_IFINDEX, 2, 102, false);
    notify();
    make_vport(OVS_VPORT_CMD_GET, DP_IFINDEX, 1, 101, false);
    answer();
    make_vport(OVS_VPORT_CMD_GET, DP_IFINDEX, 2, 102, false);
    answer();
    done(0);
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 1, 1, 2);
    answer();
    done(0);
    assert_told("mark 1:201>0 sweep synced ");
}

/* Fetching. */

static int got_error;           /* Of the last call, or -1. */
static int got_port;            /* Outputs of the flow. */

static void
get_cb(void *aux, int error, const struct nlmsghdr *nlh)
{
    struct dp_flow_raw raw;

    assert_ptr_equal(aux, &got_error);
    assert_int_equal(got_error, -1);
    got_error = error;
    assert_true(!error == (nlh != NULL));
    if (nlh) {
        assert_true(dp_flow_raw_parse(nlh, &raw));
        memcpy(&got_port, (const char *) raw.attrs.actions + NLA_HDRLEN,
               sizeof got_port);
    }
}

static void
get(uint8_t n)
{
    uint8_t ufid[FLOW_UFID_LEN];

    dp_msg_ufid(ufid, n);
    got_error = -1;
    dp_flow_source_get(source, ufid, get_cb, &got_error);
    assert_int_equal(got_error, -1);
}

/* Ends a request for one flow. */
static void
acked(int error)
{
    nl_peer_send_error(&requests, asked.nlh.nlmsg_seq, -error);
}

static void
test_get(void **state OVS_UNUSED)
{
    uint8_t ufid[FLOW_UFID_LEN], raw[FLOW_UFID_LEN];

    sync_source();
    get(1);
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    assert_false(asked.nlh.nlmsg_flags & NLM_F_DUMP);
    dp_msg_ufid(ufid, 1);
    dp_flow_swap_ufid(ufid, raw);
    assert_memory_equal(asked.rest + 12, raw, sizeof raw);
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 1, 1, 5);
    answer();
    acked(0);
    run();
    assert_int_equal(got_error, 0);
    assert_int_equal(got_port, 5);

    get(2);
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    acked(ENOENT);
    run();
    assert_int_equal(got_error, ENOENT);
    assert_told("");

    /* Asked for when the kernel has no datapath any more. */
    get(1);
    set_families(false);
    assert_int_equal(got_error, ENODEV);
    get(1);
    run();
    assert_int_equal(got_error, ENODEV);
    ds_clear(&told);

    /* Or not yet; then it is looked for in all. */
    set_families(true);
    get(1);
    expect_request(DP_TYPE, OVS_DP_CMD_GET, 0);
    for (int i = 9; i >= 7; i -= 2) {
        dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_GET, i);
        answer();
    }
    done(0);
    expect_request(VPORT_TYPE, OVS_VPORT_CMD_GET, 9);
    done(0);
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, 7);
    acked(ENOENT);
    expect_request(VPORT_TYPE, OVS_VPORT_CMD_GET, 7);
    assert_int_equal(got_error, -1);
    done(0);
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, 9);
    assert_false(asked.nlh.nlmsg_flags & NLM_F_DUMP);
    acked(ENOENT);
    run();
    assert_int_equal(got_error, ENOENT);
}

/* What the kernel left out of a message is fetched. */
static void
test_incomplete(void **state OVS_UNUSED)
{
    answer_ports(3);
    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    dp_msg_put_ufid(&msg, 1);
    dp_msg_put_match(&msg, 1, 0, NULL);
    answer();
    done(0);
    assert_told("mark 1:101? sweep synced ");
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 1, 1, 2);
    answer();
    acked(0);
    assert_told("1:101>102 ");

    /* A notification without key. */
    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_NEW, DP_IFINDEX);
    dp_msg_put_ufid(&msg, 2);
    notify();
    assert_told("");
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);

    /* It is overtaken by another. */
    dp_msg_flow(&msg, OVS_FLOW_CMD_SET, 2, 1, 3);
    notify();
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 2, 1, 2);
    answer();
    acked(0);
    assert_told("2:101>103 ");
    expect_no_request();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sync),
        TEST(test_events),
        TEST(test_overtaken),
        TEST(test_refresh),
        TEST(test_ports),
        TEST(test_ports_overtaken),
        TEST(test_get),
        TEST(test_incomplete),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
