/* SPDX-License-Identifier: Apache-2.0 */

/* The source of the kernel's datapath flows against a kernel that is played
 * here, above all the order of notifications and dumps. */

#include <config.h>

#include "netlink/dp-flow-source.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "netlink/dp-flow-private.h"
#include "netlink/dp-flow.h"
#include "netlink/genl.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "tests/unit/dp-msg.h"
#include "tests/unit/nl-peer.h"

static struct event_base *base;
static struct dp_flow_source *source;
static struct nl_peer events, requests;
static struct ds told;          /* What the reader was told. */
static size_t unknown;          /* Counters that it claims not to know. */
static struct dp_msg msg;
static struct {
    struct nlmsghdr nlh;
    char rest[256];
} asked;                        /* The last request. */

static void
state_cb(void *aux OVS_UNUSED, enum source_state state)
{
    ds_put_format(&told, "%s ", source_state_to_string(state));
}

static void
mark_cb(void *aux OVS_UNUSED)
{
    ds_put_cstr(&told, "mark ");
}

static void
sweep_cb(void *aux OVS_UNUSED)
{
    ds_put_cstr(&told, "sweep ");
}

/* A flow by the number that its ufid was made of. */
static void
flows_cb(void *aux OVS_UNUSED, const struct flow_record *const *records,
         size_t n)
{
    assert_in_range(n, 1, DP_FLOW_BATCH);
    for (size_t i = 0; i < n; i++) {
        const struct flow_record *r = records[i];

        assert_true(r->flags & FLOW_KERNEL);
        ds_put_format(&told, "%d:%u", r->ufid[0], r->dev);
        for (size_t j = 0; j < r->n_outputs; j++) {
            ds_put_format(&told, ">%u", r->outputs[j]);
        }
        ds_put_cstr(&told, r->flags & FLOW_MORE ? "? " : " ");
    }
}

static size_t
refresh_cb(void *aux OVS_UNUSED, const struct flow_record *const *records,
           size_t n)
{
    size_t result = unknown;

    for (size_t i = 0; i < n; i++) {
        assert_true(records[i]->flags & FLOW_TERSE);
        ds_put_format(&told, "%d=%"PRIu64" ", records[i]->ufid[0],
                      records[i]->packets);
    }
    unknown = 0;
    return result;
}

static void
gone_cb(void *aux OVS_UNUSED, const uint8_t ufid[FLOW_UFID_LEN],
        const struct flow_record *last)
{
    ds_put_format(&told, "-%d=%"PRIu64" ", ufid[0], last->packets);
}

static void
refreshed_cb(void *aux OVS_UNUSED, uint64_t elapsed_us, uint64_t kernel_us)
{
    assert_true(kernel_us <= elapsed_us);
    ds_put_cstr(&told, "refreshed ");
}

static uint32_t
ifindex_cb(void *aux OVS_UNUSED, const char *name)
{
    return !strcmp(name, "old") ? 77 : 0;
}

static const struct dp_flow_callbacks callbacks = {
    .state = state_cb, .mark = mark_cb, .flows = flows_cb,
    .refresh = refresh_cb, .gone = gone_cb, .sweep = sweep_cb,
    .refreshed = refreshed_cb, .ifindex = ifindex_cb,
};

static void
set_families(bool there)
{
    for (int i = 0; i < N_DP_FAMILIES; i++) {
        /* Without groups: a socket of ours has none. */
        struct genl_family family = { .id = DP_TYPE + i };

        dp_flow_source_set_family(source, i, there ? &family : NULL);
    }
}

static int
setup(void **state OVS_UNUSED)
{
    const struct dp_flow_peers peers = {
        .events = nl_peer_open, .events_aux = &events,
        .requests = nl_peer_open, .requests_aux = &requests,
    };

    events = requests = (struct nl_peer) { .fd = -1 };
    base = event_base_new();
    ds_init(&told);
    unknown = 0;
    source = dp_flow_source_create_peers(base, &peers, &callbacks, NULL);
    set_families(true);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    dp_flow_source_destroy(source);
    event_base_free(base);
    ds_destroy(&told);
    close(events.fd);
    close(requests.fd);
    return 0;
}

static void
run(void)
{
    for (int i = 0; i < 4; i++) {
        dp_flow_source_run(source);
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    }
    dp_flow_source_run(source);
}

/* Lets retries get due. */
static void
pause_ms(int ms)
{
    poll_timer_wait(ms);
    poll_block();
}

/* Checks, and forgets, what was told since the last time. */
#define assert_told(EXPECTED)                                   \
    do {                                                        \
        run();                                                  \
        assert_string_equal(ds_cstr(&told), EXPECTED);          \
        ds_clear(&told);                                        \
    } while (0)

/* Requests and their answers. */

#define expect_request(TYPE, CMD, DATAPATH)                             \
    do {                                                                \
        struct genlmsghdr *genl__;                                      \
        struct ovs_header *ovs__;                                       \
                                                                        \
        run();                                                          \
        assert_true(nl_peer_recv(&requests, &asked.nlh, sizeof asked)); \
        genl__ = mnl_nlmsg_get_payload(&asked.nlh);                     \
        ovs__ = (void *) (genl__ + 1);                                  \
        assert_int_equal(asked.nlh.nlmsg_type, TYPE);                   \
        assert_int_equal(genl__->cmd, CMD);                             \
        assert_int_equal(ovs__->dp_ifindex, DATAPATH);                  \
    } while (0)

static void
expect_no_request(void)
{
    run();
    assert_false(nl_peer_recv(&requests, &asked.nlh, sizeof asked));
}

/* Sends 'msg' in answer to what was asked. */
static void
answer(void)
{
    msg.nlh.nlmsg_seq = asked.nlh.nlmsg_seq;
    nl_peer_send(&requests, &msg.nlh, msg.nlh.nlmsg_len);
}

static void
done(int error)
{
    if (error) {
        nl_peer_send_error(&requests, asked.nlh.nlmsg_seq, -error);
    } else {
        nl_peer_send_done(&requests, 0, asked.nlh.nlmsg_seq, 0);
    }
}

/* Sends 'msg' as a notification. */
static void
notify(void)
{
    msg.nlh.nlmsg_seq = 12345;  /* Of whoever made the change. */
    nl_peer_send(&events, &msg.nlh, msg.nlh.nlmsg_len);
    run();
}

static void
make_vport(uint8_t cmd, int datapath, uint32_t port_no, uint32_t ifindex,
           bool foreign)
{
    dp_msg_init(&msg, VPORT_TYPE, cmd, datapath);
    mnl_attr_put_u32(&msg.nlh, OVS_VPORT_ATTR_PORT_NO, port_no);
    if (ifindex) {
        mnl_attr_put_u32(&msg.nlh, OVS_VPORT_ATTR_IFINDEX, ifindex);
    } else {
        mnl_attr_put_strz(&msg.nlh, OVS_VPORT_ATTR_NAME, "old");
    }
    if (foreign) {
        mnl_attr_put_u32(&msg.nlh, OVS_VPORT_ATTR_NETNSID, 0);
    }
}

static void
make_del(uint8_t n, uint64_t packets)
{
    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_DEL, DP_IFINDEX);
    dp_msg_put_ufid(&msg, n);
    if (packets) {
        dp_msg_put_stats(&msg, packets, 100 * packets, 1);
    }
}

static void
make_counters(uint8_t n, uint64_t packets)
{
    make_del(n, packets);
    ((struct genlmsghdr *) mnl_nlmsg_get_payload(&msg.nlh))->cmd =
        OVS_FLOW_CMD_GET;
}

/* Answers for one datapath whose ports 1 to 'n_ports' have ifindexes from 101
 * on, up to the dump of flows. */
static void
answer_ports(int n_ports)
{
    expect_request(DP_TYPE, OVS_DP_CMD_GET, 0);
    dp_msg_init(&msg, DP_TYPE, OVS_DP_CMD_GET, DP_IFINDEX);
    answer();
    done(0);
    expect_request(VPORT_TYPE, OVS_VPORT_CMD_GET, DP_IFINDEX);
    for (int i = 1; i <= n_ports; i++) {
        make_vport(OVS_VPORT_CMD_GET, DP_IFINDEX, i, 100 + i, false);
        answer();
    }
    done(0);
    expect_request(FLOW_TYPE, OVS_FLOW_CMD_GET, DP_IFINDEX);
    assert_true((asked.nlh.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP);
    assert_int_equal(asked.nlh.nlmsg_len, 24);
}

/* Gets to SOURCE_SYNCED with flow 1 from port 1 to 2. */
static void
sync_source(void)
{
    answer_ports(3);
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 1, 1, 2);
    answer();
    done(0);
    assert_told("mark 1:101>102 sweep synced ");
    expect_no_request();
}

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
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sync),
        TEST(test_events),
        TEST(test_overtaken),
        TEST(test_refresh),
        TEST(test_ports),
        TEST(test_ports_overtaken),
        TEST(test_datapaths),
        TEST(test_opened),
        TEST(test_change_during_dump),
        TEST(test_errors),
        TEST(test_lost),
        TEST(test_families),
        TEST(test_get),
        TEST(test_incomplete),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
