/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_DP_FLOW_PEER_H
#define TESTS_UNIT_DP_FLOW_PEER_H 1

/* Plays the kernel's datapath for the source of its flows.  cmocka.h and what
 * it needs have to be included before. */

#include <event2/event.h>
#include <stdlib.h>

#include "netlink/dp-flow-private.h"
#include "netlink/dp-flow-source.h"
#include "netlink/dp-flow.h"
#include "netlink/genl.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
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

static inline void
state_cb(void *aux OVS_UNUSED, enum source_state state)
{
    ds_put_format(&told, "%s ", source_state_to_string(state));
}

static inline void
mark_cb(void *aux OVS_UNUSED)
{
    ds_put_cstr(&told, "mark ");
}

static inline void
sweep_cb(void *aux OVS_UNUSED)
{
    ds_put_cstr(&told, "sweep ");
}

/* A flow by the number that its ufid was made of. */
static inline void
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

static inline size_t
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

static inline void
gone_cb(void *aux OVS_UNUSED, const uint8_t ufid[FLOW_UFID_LEN],
        const struct flow_record *last)
{
    ds_put_format(&told, "-%d=%"PRIu64" ", ufid[0], last->packets);
}

static inline void
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

static inline void
set_families(bool there)
{
    for (int i = 0; i < N_DP_FAMILIES; i++) {
        /* Without groups: a socket of ours has none. */
        struct genl_family family = { .id = DP_TYPE + i };

        dp_flow_source_set_family(source, i, there ? &family : NULL);
    }
}

static inline int
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

static inline int
teardown(void **state OVS_UNUSED)
{
    dp_flow_source_destroy(source);
    event_base_free(base);
    ds_destroy(&told);
    close(events.fd);
    close(requests.fd);
    return 0;
}

static inline void
run(void)
{
    for (int i = 0; i < 4; i++) {
        dp_flow_source_run(source);
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    }
    dp_flow_source_run(source);
}

/* Lets retries get due. */
static inline void
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

static inline void
expect_no_request(void)
{
    run();
    assert_false(nl_peer_recv(&requests, &asked.nlh, sizeof asked));
}

/* Sends 'msg' in answer to what was asked. */
static inline void
answer(void)
{
    msg.nlh.nlmsg_seq = asked.nlh.nlmsg_seq;
    nl_peer_send(&requests, &msg.nlh, msg.nlh.nlmsg_len);
}

static inline void
done(int error)
{
    if (error) {
        nl_peer_send_error(&requests, asked.nlh.nlmsg_seq, -error);
    } else {
        nl_peer_send_done(&requests, 0, asked.nlh.nlmsg_seq, 0);
    }
}

/* Sends 'msg' as a notification. */
static inline void
notify(void)
{
    msg.nlh.nlmsg_seq = 12345;  /* Of whoever made the change. */
    nl_peer_send(&events, &msg.nlh, msg.nlh.nlmsg_len);
    run();
}

static inline void
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

static inline void
make_del(uint8_t n, uint64_t packets)
{
    dp_msg_init(&msg, FLOW_TYPE, OVS_FLOW_CMD_DEL, DP_IFINDEX);
    dp_msg_put_ufid(&msg, n);
    if (packets) {
        dp_msg_put_stats(&msg, packets, 100 * packets, 1);
    }
}

static inline void
make_counters(uint8_t n, uint64_t packets)
{
    make_del(n, packets);
    ((struct genlmsghdr *) mnl_nlmsg_get_payload(&msg.nlh))->cmd =
        OVS_FLOW_CMD_GET;
}

/* Answers for one datapath whose ports 1 to 'n_ports' have ifindexes from 101
 * on, up to the dump of flows. */
static inline void
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
static inline void
sync_source(void)
{
    answer_ports(3);
    dp_msg_flow(&msg, OVS_FLOW_CMD_GET, 1, 1, 2);
    answer();
    done(0);
    assert_told("mark 1:101>102 sweep synced ");
    expect_no_request();
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

#endif /* tests/unit/dp-flow-peer.h */
