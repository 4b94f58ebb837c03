/* SPDX-License-Identifier: Apache-2.0 */

/* What makes the source of the kernel's datapath flows read all anew. */

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

/* Datapaths come and go without a word about their flows. */
static void
test_datapaths(void **state OVS_UNUSED)
{
    sync_source();
    dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_DEL, DP_IFINDEX);
    notify();
    expect_request(DP_TYPE, OVS_DP_CMD_GET, 0);
    done(0);
    assert_told("syncing mark sweep synced ");

    /* Two, of which one goes before its flows are read. */
    dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_NEW, 7);
    notify();
    expect_request(DP_TYPE, OVS_DP_CMD_GET, 0);
    dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_GET, 7);
    answer();
    dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_GET, DP_IFINDEX);
    answer();
    done(0);
    expect_request(VPORT_TYPE, OVS_VPORT_CMD_GET, 7);
    done(0);
    expect_request(VPORT_TYPE, OVS_VPORT_CMD_GET, DP_IFINDEX);
    done(0);
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, 7);
    done(ENODEV);
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    done(0);
    assert_told("syncing mark sweep synced ");
}

/* Somebody opens the datapath, and may flush it. */
static void
test_opened(void **state OVS_UNUSED)
{
    sync_source();
    dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_SET, DP_IFINDEX);
    notify();
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    assert_int_equal(asked.nlh.nlmsg_len, 32); /* For counters. */

    /* Once more, and its counters are wanted. */
    dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_SET, DP_IFINDEX);
    notify();
    assert_true(dp_flow_source_refresh(source));
    assert_false(dp_flow_source_refresh(source));
    done(0);
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    make_counters(1, 5);
    answer();
    done(0);
    assert_told("mark sweep mark 1=5 sweep refreshed ");
    expect_no_request();
}

/* A change while all is read: from the start, without a sweep. */
static void
test_change_during_dump(void **state OVS_UNUSED)
{
    answer_ports(1);
    dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_NEW, 9);
    notify();
    done(0);
    assert_told("mark ");
    answer_ports(1);
    done(0);
    assert_told("mark sweep synced ");
}

static void
test_errors(void **state OVS_UNUSED)
{
    static const int errors[] = { EBUSY, EPERM };

    sync_source();
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        assert_true(dp_flow_source_refresh(source));
        expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
        done(errors[i]);
        assert_told("mark ");
        expect_no_request();    /* Not at once. */
        pause_ms(25);        /* RETRY_MIN_MS. */
        answer_ports(1);
        done(0);
        assert_told("syncing mark sweep synced ");
    }
    assert_int_equal(dp_flow_source_status(source)->n_interrupted, 1);
    assert_non_null(dp_flow_source_status(source)->last_error);

    /* Interrupted. */
    assert_true(dp_flow_source_refresh(source));
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    nl_peer_send_done(&requests, NLM_F_DUMP_INTR, asked.nlh.nlmsg_seq, 0);
    assert_told("mark ");
    assert_int_equal(dp_flow_source_status(source)->n_interrupted, 2);
}

/* Notifications are lost. */
static void
test_lost(void **state OVS_UNUSED)
{
    sync_source();
    close(events.fd);
    events.fd = -1;
    run();
    pause_ms(25);               /* RETRY_MIN_MS. */
    assert_told("syncing ");
    assert_int_equal(events.n_opens, 2);
    answer_ports(1);
    done(0);
    assert_told("mark sweep synced ");

    /* One that is too long: what counts as overflow. */
    size_t size = 100000;
    struct nlmsghdr *big = xzalloc(size);
    big->nlmsg_len = size;
    big->nlmsg_type = FLOW_TYPE;
    nl_peer_send(&events, big, size);
    free(big);
    run();
    pause_ms(25);
    assert_told("syncing ");
    assert_int_equal(dp_flow_source_status(source)->n_overflows, 1);
}

static void
test_families(void **state OVS_UNUSED)
{
    sync_source();
    set_families(false);
    assert_told("mark sweep absent ");
    assert_int_equal(dp_flow_source_ifindex(source, DP_IFINDEX, 2), 0);
    assert_false(dp_flow_source_refresh(source));
    set_families(true);
    assert_told("syncing ");
    sync_source();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_datapaths),
        TEST(test_opened),
        TEST(test_change_during_dump),
        TEST(test_errors),
        TEST(test_lost),
        TEST(test_families),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
