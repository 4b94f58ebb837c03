/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/link-detail.h"

#include <event2/event.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink.h"
#include "netlink/nl-attr.h"
#include "openvswitch/ofpbuf.h"
#include "random.h"
#include "tests/unit/nl-peer.h"
#include "util.h"

/* Messages. */

/* Begins a message of 'type' with a fixed part of 'size' bytes. */
static void *
begin(struct ofpbuf *buf, uint16_t type, size_t size)
{
    ofpbuf_init(buf, 1024);
    nl_msg_put_nlmsghdr(buf, 0, type, 0);
    return ofpbuf_put_zeros(buf, NLMSG_ALIGN(size));
}

static struct nlmsghdr *
end(struct ofpbuf *buf)
{
    struct nlmsghdr *nlh = nl_msg_nlmsghdr(buf);

    nlh->nlmsg_len = buf->size;
    return nlh;
}

static struct nlmsghdr *
make_qdisc(struct ofpbuf *buf, int ifindex, const char *kind, uint32_t block)
{
    struct tcmsg *tcm = begin(buf, RTM_NEWQDISC, sizeof *tcm);

    tcm->tcm_ifindex = ifindex;
    nl_msg_put_string(buf, TCA_KIND, kind);
    if (block) {
        nl_msg_put_u32(buf, TCA_INGRESS_BLOCK, block);
    }
    return end(buf);
}

/* VFs 0 to 'n' - 1, of which VF i has MAC address 02:00:00:00:00:i. */
static struct nlmsghdr *
make_vfs(struct ofpbuf *buf, int ifindex, uint32_t n)
{
    struct ifinfomsg *ifi = begin(buf, RTM_NEWLINK, sizeof *ifi);
    size_t list, info;

    ifi->ifi_index = ifindex;
    nl_msg_put_string(buf, IFLA_IFNAME, "eth0");
    list = nl_msg_start_nested(buf, IFLA_VFINFO_LIST);
    for (uint32_t i = 0; i < n; i++) {
        struct ifla_vf_mac mac = { .vf = i, .mac = { 2, 0, 0, 0, 0, i } };
        struct ifla_vf_vlan vlan = { .vf = i };

        info = nl_msg_start_nested(buf, IFLA_VF_INFO);
        nl_msg_put_unspec(buf, IFLA_VF_VLAN, &vlan, sizeof vlan);
        nl_msg_put_unspec(buf, IFLA_VF_MAC, &mac, sizeof mac);
        nl_msg_end_nested(buf, info);
    }
    nl_msg_end_nested(buf, list);
    return end(buf);
}

static void
test_parse_qdisc(void **state OVS_UNUSED)
{
    struct link_detail d;
    struct ofpbuf buf;

    assert_true(link_detail_parse_qdisc(make_qdisc(&buf, 5, "ingress", 0),
                                        &d));
    assert_int_equal(d.ifindex, 5);
    assert_true(d.qdisc_known);
    assert_string_equal(d.qdisc, "ingress");
    assert_int_equal(d.block, 0);
    ofpbuf_uninit(&buf);

    assert_true(link_detail_parse_qdisc(make_qdisc(&buf, 6, "clsact", 77),
                                        &d));
    assert_int_equal(d.ifindex, 6);
    assert_string_equal(d.qdisc, "clsact");
    assert_int_equal(d.block, 77);
    nl_msg_nlmsghdr(&buf)->nlmsg_type = RTM_DELQDISC;
    assert_false(link_detail_parse_qdisc(end(&buf), &d));
    ofpbuf_uninit(&buf);

    assert_false(link_detail_parse_qdisc(make_qdisc(&buf, 6, "fq_codel", 0),
                                         &d));
    ofpbuf_uninit(&buf);
    assert_false(link_detail_parse_qdisc(
                     make_qdisc(&buf, 6, "ingress-but-much-longer", 0), &d));
    ofpbuf_uninit(&buf);

    begin(&buf, RTM_NEWQDISC, sizeof(struct tcmsg));
    nl_msg_put_string(&buf, TCA_KIND, "ingress");
    nl_msg_put_u8(&buf, TCA_INGRESS_BLOCK, 1);
    assert_false(link_detail_parse_qdisc(end(&buf), &d));
    ofpbuf_uninit(&buf);

    begin(&buf, RTM_NEWQDISC, sizeof(struct tcmsg));
    assert_false(link_detail_parse_qdisc(end(&buf), &d));
    ofpbuf_uninit(&buf);
}

static void
test_parse_vf(void **state OVS_UNUSED)
{
    static const uint8_t last[6] = { 2, 0, 0, 0, 0, 127 };
    uint8_t mac[6] = { 0xff };
    struct ofpbuf buf;

    make_vfs(&buf, 2, 128);
    assert_true(link_detail_parse_vf_mac(end(&buf), 127, mac));
    assert_memory_equal(mac, last, sizeof mac);
    assert_true(link_detail_parse_vf_mac(end(&buf), 0, mac));
    assert_int_equal(mac[5], 0);
    assert_false(link_detail_parse_vf_mac(end(&buf), 128, mac));
    assert_false(link_detail_parse_vf_mac(end(&buf), -1, mac));
    nl_msg_nlmsghdr(&buf)->nlmsg_type = RTM_DELLINK;
    assert_false(link_detail_parse_vf_mac(end(&buf), 0, mac));
    ofpbuf_uninit(&buf);

    make_vfs(&buf, 2, 0);
    assert_false(link_detail_parse_vf_mac(end(&buf), 0, mac));
    ofpbuf_uninit(&buf);
}

/* An address that is too short for what the kernel puts there. */
static void
test_parse_vf_short(void **state OVS_UNUSED)
{
    struct ifla_vf_mac vf_mac = { .vf = 0 };
    uint8_t mac[6];
    struct ofpbuf buf;
    size_t list, info;

    begin(&buf, RTM_NEWLINK, sizeof(struct ifinfomsg));
    list = nl_msg_start_nested(&buf, IFLA_VFINFO_LIST);
    info = nl_msg_start_nested(&buf, IFLA_VF_INFO);
    nl_msg_put_unspec(&buf, IFLA_VF_MAC, &vf_mac, 4);
    nl_msg_end_nested(&buf, info);
    nl_msg_end_nested(&buf, list);
    assert_false(link_detail_parse_vf_mac(end(&buf), 0, mac));
    ofpbuf_uninit(&buf);
}

/* Calls both parsers for each beginning of 'buf', and for changes of it. */
static void
torture(const struct ofpbuf *buf)
{
    struct link_detail d;
    uint8_t mac[6];

    for (size_t len = NLMSG_HDRLEN; len <= buf->size; len++) {
        struct nlmsghdr *copy = xmemdup(buf->data, len);

        copy->nlmsg_len = len;
        (void) link_detail_parse_qdisc(copy, &d);
        (void) link_detail_parse_vf_mac(copy, 2, mac);
        free(copy);
    }
    for (int i = 0; i < 20000; i++) {
        struct nlmsghdr *copy = xmemdup(buf->data, buf->size);

        for (int j = random_range(4); j >= 0; j--) {
            ((uint8_t *) copy)[6 + random_range(buf->size - 6)]
                = random_uint32();
        }
        copy->nlmsg_len = buf->size;
        (void) link_detail_parse_qdisc(copy, &d);
        (void) link_detail_parse_vf_mac(copy, 2, mac);
        free(copy);
    }
}

static void
test_torture(void **state OVS_UNUSED)
{
    struct ofpbuf buf;

    random_set_seed(1);
    make_qdisc(&buf, 5, "clsact", 77);
    end(&buf);
    torture(&buf);
    ofpbuf_uninit(&buf);
    make_vfs(&buf, 5, 4);
    end(&buf);
    torture(&buf);
    ofpbuf_uninit(&buf);
}

/* Queries. */

struct fixture {
    struct event_base *base;
    struct nl_peer peer;
    struct link_query *query;
    struct link_detail details[3];
    int n_done;
};

static void
done(void *fix_)
{
    struct fixture *fix = fix_;

    fix->n_done++;
}

static int
setup(void **state)
{
    static struct fixture fix;

    fix = (struct fixture) {
        .base = event_base_new(),
        .peer = { .fd = -1 },
        .details = {
            { .ifindex = 5, .vf = -1 },
            { .ifindex = 2, .vf = 1 },
            { .ifindex = 2, .vf = 3 },
        },
    };
    fix.query = link_query_start(fix.base, nl_peer_open, &fix.peer,
                                 fix.details, 3, done, &fix);
    link_query_run(fix.query);
    *state = &fix;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *fix = *state;

    link_query_destroy(fix->query);
    event_base_free(fix->base);
    close(fix->peer.fd);
    return 0;
}

static void
dispatch(struct fixture *fix)
{
    event_base_loop(fix->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    link_query_run(fix->query);
}

/* Receives a request of 'type' and returns its sequence number. */
static uint32_t
receive(struct fixture *fix, uint16_t type)
{
    union {
        struct nlmsghdr nlh;
        char bytes[1024];
    } request;

    assert_true(nl_peer_recv(&fix->peer, &request.nlh, sizeof request));
    assert_int_equal(request.nlh.nlmsg_type, type);
    return request.nlh.nlmsg_seq;
}

static void
answer(struct fixture *fix, struct ofpbuf *buf, uint16_t flags, uint32_t seq)
{
    struct nlmsghdr *nlh = end(buf);

    nlh->nlmsg_flags = flags;
    nlh->nlmsg_seq = seq;
    nl_peer_send(&fix->peer, nlh, nlh->nlmsg_len);
    ofpbuf_uninit(buf);
}

static void
answer_qdiscs(struct fixture *fix, uint32_t seq, uint16_t flags, int error)
{
    struct ofpbuf buf;

    make_qdisc(&buf, 5, "pfifo_fast", 0);
    answer(fix, &buf, NLM_F_MULTI | flags, seq);
    make_qdisc(&buf, 5, "clsact", 9);
    answer(fix, &buf, NLM_F_MULTI | flags, seq);
    make_qdisc(&buf, 6, "ingress", 0);
    answer(fix, &buf, NLM_F_MULTI | flags, seq);
    nl_peer_send_done(&fix->peer, flags, seq, error);
}

static void
answer_vfs(struct fixture *fix)
{
    for (int i = 0; i < 2; i++) {
        uint32_t seq = receive(fix, RTM_GETLINK);
        struct ofpbuf buf;

        make_vfs(&buf, 2, 3);
        answer(fix, &buf, 0, seq);
        nl_peer_send_error(&fix->peer, seq, 0);
    }
}

static void
check_vfs(const struct fixture *fix)
{
    assert_false(fix->details[0].vf_mac_known);
    assert_true(fix->details[1].vf_mac_known);
    assert_int_equal(fix->details[1].vf_mac[5], 1);
    /* The PF has no such VF. */
    assert_false(fix->details[2].vf_mac_known);
}

static void
check_qdiscs(const struct fixture *fix)
{
    assert_true(fix->details[0].qdisc_known);
    assert_string_equal(fix->details[0].qdisc, "clsact");
    assert_int_equal(fix->details[0].block, 9);
    for (int i = 1; i < 3; i++) {
        assert_true(fix->details[i].qdisc_known);
        assert_string_equal(fix->details[i].qdisc, "");
        assert_int_equal(fix->details[i].block, 0);
    }
}

static void
test_query(void **state)
{
    struct fixture *fix = *state;

    answer_qdiscs(fix, receive(fix, RTM_GETQDISC), 0, 0);
    dispatch(fix);
    assert_int_equal(fix->n_done, 0);
    answer_vfs(fix);
    dispatch(fix);
    assert_int_equal(fix->n_done, 1);
    check_vfs(fix);
    check_qdiscs(fix);
}

/* A dump that was interrupted is made again, and nothing of it counts. */
static void
test_query_interrupted(void **state)
{
    struct fixture *fix = *state;
    struct ofpbuf buf;
    uint32_t seq = receive(fix, RTM_GETQDISC);

    make_qdisc(&buf, 2, "ingress", 4);
    answer(fix, &buf, NLM_F_MULTI | NLM_F_DUMP_INTR, seq);
    nl_peer_send_done(&fix->peer, NLM_F_DUMP_INTR, seq, 0);
    dispatch(fix);
    answer_vfs(fix);
    dispatch(fix);
    assert_int_equal(fix->n_done, 0);
    answer_qdiscs(fix, receive(fix, RTM_GETQDISC), 0, 0);
    dispatch(fix);
    assert_int_equal(fix->n_done, 1);
    check_vfs(fix);
    check_qdiscs(fix);
}

/* What is refused stays unknown, and the query ends. */
static void
test_query_refused(void **state)
{
    struct fixture *fix = *state;

    nl_peer_send_error(&fix->peer, receive(fix, RTM_GETQDISC), -EPERM);
    dispatch(fix);
    for (int i = 0; i < 2; i++) {
        nl_peer_send_error(&fix->peer, receive(fix, RTM_GETLINK), -ENODEV);
    }
    dispatch(fix);
    assert_int_equal(fix->n_done, 1);
    for (int i = 0; i < 3; i++) {
        assert_false(fix->details[i].qdisc_known);
        assert_false(fix->details[i].vf_mac_known);
    }
}

/* Destroyed while it is under way: no callback, no leak. */
static void
test_query_destroyed(void **state)
{
    struct fixture *fix = *state;

    answer_qdiscs(fix, receive(fix, RTM_GETQDISC), 0, 0);
    assert_int_equal(fix->n_done, 0);
    link_query_destroy(NULL);
}

#define QUERY_TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_qdisc),
        cmocka_unit_test(test_parse_vf),
        cmocka_unit_test(test_parse_vf_short),
        cmocka_unit_test(test_torture),
        QUERY_TEST(test_query),
        QUERY_TEST(test_query_interrupted),
        QUERY_TEST(test_query_refused),
        QUERY_TEST(test_query_destroyed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
