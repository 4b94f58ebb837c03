/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/nl-conn.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "netlink/nl-socket.h"
#include "openvswitch/vlog.h"
#include "tests/unit/nl-peer.h"
#include "timeval.h"

#define TYPE 0x20               /* Of all messages here. */

static struct event_base *base;
static struct nl_conn *conn;
static struct nl_peer peer;

/* What the callbacks saw. */
static int n_events, n_messages, n_done, n_lost, lost_error;
static struct nl_result last;
static char last_extack[256];
static bool destroy_in_message, destroy_in_done;

static void
event_cb(void *aux OVS_UNUSED, const struct nlmsghdr *nlh OVS_UNUSED)
{
    n_events++;
}

static void
lost_cb(void *aux OVS_UNUSED, int error)
{
    n_lost++;
    lost_error = error;
}

static void
message_cb(void *aux OVS_UNUSED, const struct nlmsghdr *nlh)
{
    assert_int_equal(nlh->nlmsg_type, TYPE);
    n_messages++;
    if (destroy_in_message) {
        nl_conn_destroy(conn);
        conn = NULL;
    }
}

static void
done_cb(void *aux OVS_UNUSED, const struct nl_result *result)
{
    n_done++;
    last = *result;
    ovs_strlcpy(last_extack, result->extack, sizeof last_extack);
    if (destroy_in_done) {
        nl_conn_destroy(conn);
        conn = NULL;
    }
}

static int
setup(void **state OVS_UNUSED)
{
    static const struct nl_conn_class class = {
        .event = event_cb, .lost = lost_cb,
    };

    peer = (struct nl_peer) { .fd = -1 };
    n_events = n_messages = n_done = n_lost = lost_error = 0;
    destroy_in_message = destroy_in_done = false;
    base = event_base_new();
    conn = nl_conn_create_peer(base, nl_peer_open, &peer, "peer", &class,
                               NULL);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    nl_conn_destroy(conn);
    event_base_free(base);
    close(peer.fd);
    return 0;
}

static void
run(void)
{
    for (int i = 0; conn && i < 3; i++) {
        nl_conn_run(conn);
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    }
}

static void
request(uint16_t flags)
{
    struct nlmsghdr nlh = {
        .nlmsg_len = sizeof nlh, .nlmsg_type = TYPE, .nlmsg_flags = flags,
    };

    nl_conn_request(conn, &nlh, message_cb, done_cb, NULL);
}

/* Lets the connection send its request, and returns its number. */
static uint32_t
expect_request(uint16_t flags)
{
    struct nlmsghdr nlh;

    run();
    assert_true(nl_peer_recv(&peer, &nlh, sizeof nlh));
    assert_int_equal(nlh.nlmsg_flags, flags | NLM_F_REQUEST);
    assert_true(nlh.nlmsg_seq != 0);
    return nlh.nlmsg_seq;
}

static void
expect_done(int n, int error, bool interrupted)
{
    run();
    assert_int_equal(n_done, n);
    assert_int_equal(last.error, error);
    assert_int_equal(last.interrupted, interrupted);
}

static void
test_dump(void **state OVS_UNUSED)
{
    uint32_t seq;

    request(NLM_F_DUMP);
    assert_int_equal(nl_conn_busy_since(conn), 0);
    seq = expect_request(NLM_F_DUMP);
    assert_true(nl_conn_busy_since(conn) != 0);
    nl_peer_send_msg(&peer, TYPE, NLM_F_MULTI, seq, "1", 1);
    nl_peer_send_msg(&peer, TYPE, NLM_F_MULTI, seq, "2", 1);
    run();
    assert_int_equal(n_messages, 2);
    assert_int_equal(n_done, 0);
    nl_peer_send_msg(&peer, TYPE, 0, 0, NULL, 0);
    nl_peer_send_done(&peer, 0, seq, 0);
    expect_done(1, 0, false);
    assert_int_equal(n_messages, 2);
    assert_int_equal(n_events, 1);
    assert_int_equal(nl_conn_busy_since(conn), 0);
}

/* Requests go in order, a dump by itself, and a do-request asks for an ack. */
static void
test_queue(void **state OVS_UNUSED)
{
    struct nlmsghdr nlh;
    uint32_t seq;

    request(NLM_F_DUMP);
    request(0);
    seq = expect_request(NLM_F_DUMP);
    assert_false(nl_peer_recv(&peer, &nlh, sizeof nlh));
    nl_peer_send_done(&peer, 0, seq, 0);
    seq = expect_request(NLM_F_ACK);
    nl_peer_send_msg(&peer, TYPE, 0, seq, NULL, 0);
    nl_peer_send_error(&peer, seq, 0);
    expect_done(2, 0, false);
    assert_int_equal(n_messages, 1);
}

/* Several requests are under way at once, but no dump with others, and not so
 * many that their answers do not fit. */
static void
test_under_way(void **state OVS_UNUSED)
{
    struct nlmsghdr nlh;
    uint32_t seqs[3], seq;

    for (int i = 0; i < 3; i++) {
        request(0);
    }
    request(NLM_F_DUMP);
    for (int i = 0; i < 3; i++) {
        seqs[i] = expect_request(NLM_F_ACK);
    }
    assert_false(nl_peer_recv(&peer, &nlh, sizeof nlh));
    for (int i = 0; i < 3; i++) {
        assert_true(nl_conn_busy_since(conn) != 0);
        nl_peer_send_msg(&peer, TYPE, 0, seqs[i], NULL, 0);
        nl_peer_send_error(&peer, seqs[i], i == 1 ? -ENODEV : 0);
        expect_done(i + 1, i == 1 ? ENODEV : 0, false);
        assert_int_equal(n_messages, i + 1);
    }
    seq = expect_request(NLM_F_DUMP);
    nl_peer_send_done(&peer, 0, seq, 0);
    expect_done(4, 0, false);
    assert_int_equal(n_events, 0);

    int n = 0;
    for (int i = 0; i < 1000; i++) {
        request(0);
    }
    run();
    while (nl_peer_recv(&peer, &nlh, sizeof nlh)) {
        n++;
    }
    assert_in_range(n, 2, 100);
}

/* When the connection breaks with several requests under way, those that were
 * not being answered are sent again. */
static void
test_sent_again(void **state OVS_UNUSED)
{
    uint32_t seqs[3];

    for (int i = 0; i < 3; i++) {
        request(0);
    }
    for (int i = 0; i < 3; i++) {
        seqs[i] = expect_request(NLM_F_ACK);
    }
    nl_peer_send_error(&peer, seqs[0], 0);
    expect_done(1, 0, false);
    close(peer.fd);
    peer.fd = -1;
    expect_done(2, ECONNRESET, false);
    while (!n_lost) {
        run();
    }
    seqs[2] = expect_request(NLM_F_ACK);
    nl_peer_send_error(&peer, seqs[2], 0);
    expect_done(3, 0, false);
}

static void
test_interrupted(void **state OVS_UNUSED)
{
    uint32_t seq;

    request(NLM_F_DUMP);
    seq = expect_request(NLM_F_DUMP);
    nl_peer_send_msg(&peer, TYPE, NLM_F_MULTI | NLM_F_DUMP_INTR, seq, "1",
                     1);
    nl_peer_send_done(&peer, 0, seq, 0);
    expect_done(1, 0, true);

    /* Also if only the end says so, and the next dump is not affected. */
    request(NLM_F_DUMP);
    seq = expect_request(NLM_F_DUMP);
    nl_peer_send_done(&peer, NLM_F_DUMP_INTR, seq, 0);
    expect_done(2, 0, true);
    request(NLM_F_DUMP);
    seq = expect_request(NLM_F_DUMP);
    nl_peer_send_done(&peer, 0, seq, 0);
    expect_done(3, 0, false);
}

static void
test_errors(void **state OVS_UNUSED)
{
    struct {
        struct nlmsgerr err;
        struct nlmsghdr request[2];
        struct nlattr attr;
        char text[12];
    } full = {
        .err = { .error = -EINVAL, .msg.nlmsg_len = 3 * NLMSG_HDRLEN },
        .attr = { .nla_len = NLA_HDRLEN + 11, .nla_type = NLMSGERR_ATTR_MSG },
        .text = "it is full",
    };
    uint32_t seq;

    request(0);
    seq = expect_request(NLM_F_ACK);
    nl_peer_send_error(&peer, seq, -ENODEV);
    expect_done(1, ENODEV, false);
    assert_string_equal(last_extack, "");

    /* A dump that fails half way. */
    request(NLM_F_DUMP);
    seq = expect_request(NLM_F_DUMP);
    nl_peer_send_done(&peer, 0, seq, -EMSGSIZE);
    expect_done(2, EMSGSIZE, false);

    /* The kernel's text, after the request that it repeats in full. */
    request(0);
    seq = expect_request(NLM_F_ACK);
    nl_peer_send_msg(&peer, NLMSG_ERROR, NLM_F_ACK_TLVS, seq, &full,
                     sizeof full);
    expect_done(3, EINVAL, false);
    assert_string_equal(last_extack, "it is full");

    /* The length of the request leads out of the message. */
    full.err.msg.nlmsg_len = 0xfffffff0;
    request(0);
    seq = expect_request(NLM_F_ACK);
    nl_peer_send_msg(&peer, NLMSG_ERROR, NLM_F_ACK_TLVS, seq, &full,
                     sizeof full);
    expect_done(4, EINVAL, false);
    assert_string_equal(last_extack, "");
}

/* Answers to another request, and control messages of none. */
static void
test_wrong_seq(void **state OVS_UNUSED)
{
    uint32_t seq;

    request(NLM_F_DUMP);
    seq = expect_request(NLM_F_DUMP);
    nl_peer_send_done(&peer, 0, seq - 1, 0);
    nl_peer_send_error(&peer, seq + 1, -EPERM);
    nl_peer_send_msg(&peer, TYPE, NLM_F_MULTI, seq + 1, "1", 1);
    run();
    assert_int_equal(n_done, 0);
    assert_int_equal(n_messages, 0);
    assert_int_equal(n_events, 1);
    nl_peer_send_done(&peer, 0, seq, 0);
    expect_done(1, 0, false);
}

static void
test_malformed(void **state OVS_UNUSED)
{
    static const uint32_t lengths[] = { 0, 15, 17, 0xffffffff };
    int short_error = -1;
    uint32_t seq;

    request(NLM_F_DUMP);
    seq = expect_request(NLM_F_DUMP);
    nl_peer_send(&peer, "x", 1);
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        struct nlmsghdr nlh = {
            .nlmsg_len = lengths[i], .nlmsg_type = TYPE, .nlmsg_seq = seq,
        };

        nl_peer_send(&peer, &nlh, sizeof nlh);
    }
    nl_peer_send_msg(&peer, NLMSG_ERROR, 0, seq, &short_error, 2);
    nl_peer_send_msg(&peer, NLMSG_ERROR, 0, seq, &short_error, 4);
    run();
    assert_int_equal(n_done, 0);
    assert_int_equal(n_messages, 0);
    assert_int_equal(nl_conn_n_malformed(conn), 7);
    nl_peer_send_done(&peer, 0, seq, 0);
    expect_done(1, 0, false);
}

/* The other end goes: the request under way fails, the queue is kept. */
static void
test_closed(void **state OVS_UNUSED)
{
    request(NLM_F_DUMP);
    request(0);
    expect_request(NLM_F_DUMP);
    close(peer.fd);
    peer.fd = -1;
    run();
    assert_int_equal(n_done, 1);
    assert_int_equal(last.error, ECONNRESET);
    assert_int_equal(n_lost, 0);

    /* Not again before it is due. */
    assert_int_equal(peer.n_opens, 1);
    peer.fail = EMFILE;
    while (peer.n_opens < 2) {
        run();
    }
    assert_int_equal(n_lost, 0);
    peer.fail = 0;
    while (!n_lost) {
        run();
    }
    assert_int_equal(lost_error, ECONNRESET);
    assert_true(peer.n_opens < 5);
    expect_request(NLM_F_ACK);
}

/* A first attempt that fails, too, may have missed something. */
static void
test_open_fails(void **state OVS_UNUSED)
{
    peer.fail = ENOMEM;
    run();
    peer.fail = 0;
    while (!n_lost) {
        run();
    }
    assert_int_equal(lost_error, ENOMEM);
}

/* A datagram that is larger than the buffer is lost, the next is not. */
static void
test_too_long(void **state OVS_UNUSED)
{
    char *payload = xzalloc(100000);
    int size = 1 << 20;
    uint32_t seq;

    request(NLM_F_DUMP);
    seq = expect_request(NLM_F_DUMP);
    setsockopt(peer.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    nl_peer_send_msg(&peer, TYPE, NLM_F_MULTI, seq, payload, 100000);
    while (!n_lost) {
        run();
    }
    assert_int_equal(lost_error, EMSGSIZE);
    assert_int_equal(n_done, 1);
    assert_int_equal(last.error, EMSGSIZE);
    assert_int_equal(n_messages, 0);

    request(NLM_F_DUMP);
    seq = expect_request(NLM_F_DUMP);
    setsockopt(peer.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    nl_peer_send_msg(&peer, TYPE, NLM_F_MULTI, seq, payload, 100000);
    nl_peer_send_done(&peer, 0, seq, 0);
    expect_done(2, 0, false);
    assert_int_equal(n_messages, 1);
    free(payload);
}

/* One callback does not go on forever. */
static void
test_bounded(void **state OVS_UNUSED)
{
    run();
    for (int i = 0; i < 100; i++) {
        nl_peer_send_msg(&peer, TYPE, 0, 0, NULL, 0);
    }
    event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    assert_in_range(n_events, 1, 64);
    while (n_events < 100) {
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    }
}

static void
test_destroy_in_callback(void **state)
{
    struct {
        struct nlmsghdr msgs[2];
    } two;
    uint32_t seq;

    for (int i = 0; i < 2; i++) {
        destroy_in_message = !i;
        destroy_in_done = i;
        n_messages = n_done = 0;
        request(NLM_F_DUMP);
        request(NLM_F_DUMP);
        seq = expect_request(NLM_F_DUMP);
        for (int j = 0; j < 2; j++) {
            two.msgs[j] = (struct nlmsghdr) {
                .nlmsg_len = sizeof two.msgs[j],
                .nlmsg_type = i ? NLMSG_DONE : TYPE, .nlmsg_seq = seq,
            };
        }
        nl_peer_send(&peer, &two, sizeof two);
        run();
        assert_null(conn);
        assert_int_equal(n_messages + n_done, 1);
        teardown(state);
        setup(state);
    }
}

/* A real socket, whose buffer is too small for what comes. */
static void
test_overflow(void **state OVS_UNUSED)
{
    static const struct nl_conn_class class = {
        .event = event_cb, .lost = lost_cb,
    };
    struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    struct nl_conn *real;

    int group = 1;
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);
    char buf[2048] = "";

    /* To listen there takes CAP_NET_ADMIN, and in some systems to send, too.
     * It goes to the group, and to the kernel, which has nothing there. */
    if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
                   sizeof group)
        || (sendto(fd, buf, sizeof buf, 0, (struct sockaddr *) &to, sizeof to)
            < 0 && errno != ECONNREFUSED)) {
        close(fd);
        skip();
    }

    /* NETLINK_USERSOCK is for processes among themselves, so nothing of it
     * is taken for the kernel's; but it overflows like the others. */
    real = nl_conn_create(base, NETLINK_USERSOCK, 4096, &class, NULL);
    assert_int_equal(nl_conn_join(real, group), 0);
    nl_conn_run(real);
    for (int i = 0; i < 100; i++) {
        (void) !sendto(fd, buf, sizeof buf, 0, (struct sockaddr *) &to,
                       sizeof to);
    }
    for (int i = 0; i < 1000 && !n_lost; i++) {
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
        nl_conn_run(real);
    }
    assert_int_equal(n_lost, 1);
    assert_int_equal(lost_error, ENOBUFS);
    assert_int_equal(n_events, 0);
    close(fd);
    nl_conn_destroy(real);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_dump),
        TEST(test_queue),
        TEST(test_under_way),
        TEST(test_sent_again),
        TEST(test_interrupted),
        TEST(test_errors),
        TEST(test_wrong_seq),
        TEST(test_malformed),
        TEST(test_closed),
        TEST(test_open_fails),
        TEST(test_too_long),
        TEST(test_bounded),
        TEST(test_destroy_in_callback),
        TEST(test_overflow),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
