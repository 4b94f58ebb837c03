/* SPDX-License-Identifier: Apache-2.0 */

/* The source of links against a kernel that is played here, above all the
 * order of events and dumps. */

#include <config.h>

#include "netlink/link-source.h"

#include <event2/event.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "netlink/source.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "tests/unit/nl-peer.h"

static struct event_base *base;
static struct link_source *ls;
static struct netdev_table netdevs;
static struct nl_peer peer;
static int sysfs;
static struct ds told;          /* What the sink was told. */
static uint32_t dump_seq;       /* Of the dump under way. */

static void
begin_cb(void *aux OVS_UNUSED, enum kernel_source source OVS_UNUSED)
{
    ds_put_cstr(&told, "begin ");
}

static void
end_cb(void *aux OVS_UNUSED, enum kernel_source source OVS_UNUSED)
{
    ds_put_cstr(&told, "end ");
}

static void
state_cb(void *aux OVS_UNUSED, enum kernel_source source OVS_UNUSED,
         enum source_state state)
{
    ds_put_format(&told, "%s ", source_state_to_string(state));
}

static void
link_cb(void *aux OVS_UNUSED, const struct link_info *link)
{
    ds_put_format(&told, "%d=%s ", link->ifindex, link->name);
}

static void
link_gone_cb(void *aux OVS_UNUSED, int ifindex, bool deleted)
{
    ds_put_format(&told, "%s%d ", deleted ? "-" : "moved:", ifindex);
}

static void
set_failed_cb(void *aux OVS_UNUSED, int ifindex, const char *what,
              int error, const char *extack OVS_UNUSED)
{
    ds_put_format(&told, "failed:%d:%s:%s ", ifindex, what,
                  ovs_strerror(error));
}

static void
netdev_cb(void *aux OVS_UNUSED, const struct netdev_entry *netdev OVS_UNUSED)
{
}

static void
eswitch_cb(void *aux OVS_UNUSED)
{
}

static void
gone_cb(void *aux OVS_UNUSED, int ifindex)
{
    assert_null(netdev_table_find(&netdevs, ifindex));
}

static int
setup(void **state OVS_UNUSED)
{
    static const struct kernel_sink sink = {
        .begin = begin_cb, .end = end_cb, .state = state_cb,
        .link = link_cb, .link_gone = link_gone_cb,
        .set_failed = set_failed_cb,
    };
    static const struct link_source_class class = {
        .netdev = netdev_cb, .eswitch = eswitch_cb, .gone = gone_cb,
    };

    peer = (struct nl_peer) { .fd = -1 };
    base = event_base_new();
    sysfs = open("/", O_RDONLY | O_DIRECTORY); /* No class/net there. */
    netdev_table_init(&netdevs);
    ds_init(&told);
    ls = link_source_create(base, sysfs, nl_peer_open, &peer, 0, &netdevs,
                            &class, NULL, &sink, NULL);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    link_source_destroy(ls);
    assert_true(hmap_is_empty(&netdevs.by_ifindex));
    netdev_table_destroy(&netdevs);
    event_base_free(base);
    ds_destroy(&told);
    close(sysfs);
    close(peer.fd);
    return 0;
}

static void
run(void)
{
    for (int i = 0; i < 3; i++) {
        link_source_run(ls);
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    }
}

/* Checks, and forgets, what was told since the last time. */
#define assert_told(EXPECTED)                                   \
    do {                                                        \
        run();                                                  \
        assert_string_equal(ds_cstr(&told), EXPECTED);          \
        ds_clear(&told);                                        \
    } while (0)

static void
send_link(uint16_t type, uint32_t seq, int ifindex, const char *name)
{
    char buf[256] = "";         /* libmnl leaves padding alone. */
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    struct ifinfomsg *ifi;

    nlh->nlmsg_type = type;
    nlh->nlmsg_seq = seq;
    ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_index = ifindex;
    if (name) {
        mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
    }
    nl_peer_send(&peer, nlh, nlh->nlmsg_len);
}

static void
event(int ifindex, const char *name)
{
    send_link(name ? RTM_NEWLINK : RTM_DELLINK, 0, ifindex, name);
}

static void
dump(int ifindex, const char *name)
{
    send_link(RTM_NEWLINK, dump_seq, ifindex, name);
}

static void
expect_dump(void)
{
    char buf[256];
    struct nlmsghdr *nlh = (struct nlmsghdr *) buf;

    /* After a failure it is not made at once. */
    do {
        run();
    } while (!nl_peer_recv(&peer, nlh, sizeof buf));
    assert_int_equal(nlh->nlmsg_type, RTM_GETLINK);
    dump_seq = nlh->nlmsg_seq;
}

static void
end_dump(uint16_t flags, int error)
{
    nl_peer_send_done(&peer, flags, dump_seq, error);
}

/* A first dump of links 1 and 2. */
static void
sync_links(void)
{
    expect_dump();
    dump(1, "lo");
    dump(2, "eth0");
    end_dump(0, 0);
    assert_told("begin 1=lo 2=eth0 end synced ");
}

static void
test_sync(void **state OVS_UNUSED)
{
    sync_links();
    event(2, "eth0");           /* No news. */
    event(2, "uplink");
    event(3, "rep0");
    event(1, NULL);
    event(9, NULL);             /* Never heard of. */
    assert_told("2=uplink 3=rep0 -1 ");
    assert_string_equal(netdev_table_find(&netdevs, 2)->name, "uplink");
    assert_null(netdev_table_find(&netdevs, 1));

    link_source_resync(ls);
    expect_dump();
    dump(2, "uplink");
    end_dump(0, 0);
    assert_told("syncing begin 2=uplink end synced ");
    assert_null(netdev_table_find(&netdevs, 3));
}

/* A chunk of a dump may be queued behind events that are newer than it. */
static void
test_event_overtakes_dump(void **state OVS_UNUSED)
{
    sync_links();
    link_source_resync(ls);
    expect_dump();
    event(1, NULL);
    event(2, "new");
    event(5, "came");
    event(6, "came");
    event(6, NULL);
    dump(1, "lo");
    dump(2, "eth0");
    dump(5, "old");
    dump(6, "came");
    dump(7, "eth7");
    end_dump(0, 0);
    event(5, "came");           /* Named already. */
    assert_told("syncing begin -1 2=new 5=came 6=came -6 7=eth7 end synced ");

    /* Only for that dump. */
    link_source_resync(ls);
    expect_dump();
    dump(1, "lo");
    dump(2, "eth0");
    dump(5, "x");
    dump(7, "eth7");
    end_dump(0, 0);
    assert_told("syncing begin 1=lo 2=eth0 5=x 7=eth7 end synced ");
}

/* An ifindex that went and came back during a dump. */
static void
test_comes_back(void **state OVS_UNUSED)
{
    sync_links();
    link_source_resync(ls);
    expect_dump();
    event(2, NULL);
    event(2, "again");
    dump(1, "lo");
    dump(2, "eth0");
    end_dump(0, 0);
    assert_told("syncing begin -2 2=again 1=lo end synced ");
}

static void
test_interrupted(void **state OVS_UNUSED)
{
    expect_dump();
    dump(1, "lo");
    dump(3, "eth3");
    end_dump(NLM_F_DUMP_INTR, 0);
    assert_told("begin 1=lo 3=eth3 ");
    assert_int_equal(link_source_base(ls)->status.n_interrupted, 1);
    expect_dump();
    dump(1, "lo");
    dump(2, "eth0");
    end_dump(0, 0);
    assert_told("begin 1=lo 2=eth0 end synced ");
    assert_null(netdev_table_find(&netdevs, 3));
}

static void
test_dump_fails(void **state OVS_UNUSED)
{
    expect_dump();
    nl_peer_send_error(&peer, dump_seq, -EBUSY);
    assert_told("begin ");
    sync_links();
}

/* What an event repeats is told if the dump has not named it yet. */
static void
test_no_news_during_dump(void **state OVS_UNUSED)
{
    sync_links();
    link_source_resync(ls);
    expect_dump();
    event(2, "eth0");
    event(2, "eth0");
    dump(1, "lo");
    end_dump(0, 0);
    assert_told("syncing begin 2=eth0 1=lo end synced ");
}

/* The connection breaks, at rest and during a dump. */
static void
test_lost(void **state OVS_UNUSED)
{
    sync_links();
    close(peer.fd);
    peer.fd = -1;
    expect_dump();
    dump(2, "eth0");
    run();
    close(peer.fd);
    peer.fd = -1;
    expect_dump();
    dump(1, "lo");
    end_dump(0, 0);
    assert_told("syncing begin 2=eth0 begin 1=lo end synced ");
}

static void
test_malformed(void **state OVS_UNUSED)
{
    sync_links();
    send_link(RTM_NEWLINK, 0, -1, "bad");
    send_link(RTM_NEWLINK, 0, 3, "a-name-that-is-too-long");
    nl_peer_send_msg(&peer, RTM_NEWLINK, 0, 0, "x", 1);
    assert_told("");
    assert_int_equal(link_source_base(ls)->status.n_malformed, 3);
    assert_int_equal(link_source_base(ls)->status.state, SOURCE_SYNCED);
}

static void
test_set_up(void **state OVS_UNUSED)
{
    char buf[256];
    struct nlmsghdr *nlh = (struct nlmsghdr *) buf;

    sync_links();
    for (int error = 0; error < 3; error++) {
        link_source_set_up(ls, 2);
        run();
        assert_true(nl_peer_recv(&peer, nlh, sizeof buf));
        assert_int_equal(nlh->nlmsg_type, RTM_NEWLINK);
        nl_peer_send_error(&peer, nlh->nlmsg_seq,
                           error == 1 ? -ENODEV : error == 2 ? -EBUSY : 0);
    }
    assert_told("failed:2:link up:Device or resource busy ");
    link_source_set_up(ls, 2);  /* Not answered any more. */
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sync),
        TEST(test_event_overtakes_dump),
        TEST(test_comes_back),
        TEST(test_no_news_during_dump),
        TEST(test_interrupted),
        TEST(test_dump_fails),
        TEST(test_lost),
        TEST(test_malformed),
        TEST(test_set_up),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
