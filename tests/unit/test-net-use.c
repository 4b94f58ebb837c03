/* SPDX-License-Identifier: Apache-2.0 */

/* Addresses and routes that make a netdev one that is in use. */

#include <config.h>

#include "netlink/net-use.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink/kernel.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/util.h"
#include "timeval.h"
#include "util.h"

static union {
    struct nlmsghdr nlh;
    char bytes[512];
} msg;

static void
put_address(int type, int family, const char *text)
{
    uint8_t addr[16];

    assert_int_equal(inet_pton(family, text, addr), 1);
    mnl_attr_put(&msg.nlh, type, family == AF_INET ? 4 : 16, addr);
}

static struct nlmsghdr *
start_address(int family, unsigned int ifindex, unsigned int prefix)
{
    struct ifaddrmsg *ifa;

    memset(&msg, 0, sizeof msg);
    mnl_nlmsg_put_header(msg.bytes)->nlmsg_type = RTM_NEWADDR;
    ifa = mnl_nlmsg_put_extra_header(&msg.nlh, sizeof *ifa);
    ifa->ifa_family = family;
    ifa->ifa_index = ifindex;
    ifa->ifa_prefixlen = prefix;
    return &msg.nlh;
}

static struct rtmsg *
start_route(int family, unsigned int prefix)
{
    struct rtmsg *rtm;

    memset(&msg, 0, sizeof msg);
    mnl_nlmsg_put_header(msg.bytes)->nlmsg_type = RTM_NEWROUTE;
    rtm = mnl_nlmsg_put_extra_header(&msg.nlh, sizeof *rtm);
    rtm->rtm_family = family;
    rtm->rtm_dst_len = prefix;
    rtm->rtm_table = RT_TABLE_MAIN;
    rtm->rtm_type = RTN_UNICAST;
    return rtm;
}

/* Expects the message to be taken as 'want': "IFINDEX TEXT,...". */
static void
assert_uses(const char *want)
{
    struct net_uses uses = { .uses = NULL };
    char have[256] = "";

    assert_true(net_use_parse(&msg.nlh, &uses));
    for (size_t i = 0; i < uses.n; i++) {
        size_t n = strlen(have);

        snprintf(have + n, sizeof have - n, "%s%d %s", i ? "," : "",
                 uses.uses[i].ifindex, uses.uses[i].text);
        assert_int_equal(uses.uses[i].is_route,
                         msg.nlh.nlmsg_type == RTM_NEWROUTE);
    }
    assert_string_equal(have, want);
    net_uses_destroy(&uses);
}

static void
assert_malformed(void)
{
    struct net_uses uses = { .uses = NULL };

    assert_false(net_use_parse(&msg.nlh, &uses));
    net_uses_destroy(&uses);
}

static void
test_addresses(void **state OVS_UNUSED)
{
    start_address(AF_INET, 7, 24);
    put_address(IFA_ADDRESS, AF_INET, "192.0.2.9");
    put_address(IFA_LOCAL, AF_INET, "192.0.2.1");
    assert_uses("7 192.0.2.1/24");

    start_address(AF_INET6, 7, 64);
    put_address(IFA_ADDRESS, AF_INET6, "2001:db8::1");
    assert_uses("7 2001:db8::1/64");

    start_address(AF_INET6, 7, 64);
    put_address(IFA_ADDRESS, AF_INET6, "fe80::1");
    assert_uses("");
    start_address(AF_INET6, 7, 64);
    put_address(IFA_ADDRESS, AF_INET6, "fec0::1");
    assert_uses("7 fec0::1/64");
    start_address(AF_PACKET, 7, 0);
    assert_uses("");

    start_address(AF_INET, 7, 24);
    assert_malformed();
    put_address(IFA_LOCAL, AF_INET6, "::1");
    assert_malformed();
    start_address(AF_INET, UINT32_MAX, 24);
    put_address(IFA_LOCAL, AF_INET, "192.0.2.1");
    assert_malformed();
}

static void
test_routes(void **state OVS_UNUSED)
{
    start_route(AF_INET, 0);
    mnl_attr_put_u32(&msg.nlh, RTA_OIF, 3);
    assert_uses("3 default");

    start_route(AF_INET6, 48);
    put_address(RTA_DST, AF_INET6, "2001:db8::");
    mnl_attr_put_u32(&msg.nlh, RTA_OIF, 3);
    assert_uses("3 2001:db8::/48");

    start_route(AF_INET6, 64);
    put_address(RTA_DST, AF_INET6, "fe80::");
    mnl_attr_put_u32(&msg.nlh, RTA_OIF, 3);
    assert_uses("");
    start_route(AF_INET6, 8);
    put_address(RTA_DST, AF_INET6, "ff00::");
    mnl_attr_put_u32(&msg.nlh, RTA_OIF, 3);
    assert_uses("");
    start_route(AF_INET, 24)->rtm_table = RT_TABLE_LOCAL;
    mnl_attr_put_u32(&msg.nlh, RTA_OIF, 3);
    assert_uses("");
    start_route(AF_INET, 0)->rtm_type = RTN_BLACKHOLE;
    assert_uses("");
    start_route(AF_INET, 0);
    assert_uses("");

    start_route(AF_INET, 24);
    put_address(RTA_DST, AF_INET6, "2001:db8::");
    assert_malformed();
    start_route(AF_INET, 0);
    mnl_attr_put_u16(&msg.nlh, RTA_OIF, 3);
    assert_malformed();
}

static void
test_next_hops(void **state OVS_UNUSED)
{
    struct rtnexthop hops[2] = {
        { .rtnh_len = sizeof hops[0], .rtnh_ifindex = 3 },
        { .rtnh_len = sizeof hops[0], .rtnh_ifindex = 4 },
    };

    start_route(AF_INET, 0);
    mnl_attr_put(&msg.nlh, RTA_MULTIPATH, sizeof hops, hops);
    assert_uses("3 default,4 default");

    hops[1].rtnh_len = sizeof hops[0] + 1;
    start_route(AF_INET, 0);
    mnl_attr_put(&msg.nlh, RTA_MULTIPATH, sizeof hops, hops);
    assert_malformed();
    hops[1].rtnh_len = 0;
    start_route(AF_INET, 0);
    mnl_attr_put(&msg.nlh, RTA_MULTIPATH, sizeof hops, hops);
    assert_malformed();
    start_route(AF_INET, 0);
    mnl_attr_put(&msg.nlh, RTA_MULTIPATH, sizeof hops - 1, hops);
    assert_malformed();
}

/* The real kernel. */

static int query_error;
static bool query_ended, saw_loopback;

static void
query_cb(void *aux OVS_UNUSED, int error, const struct net_uses *uses)
{
    query_ended = true;
    query_error = error;
    for (size_t i = 0; i < uses->n; i++) {
        saw_loopback |= (!uses->uses[i].is_route
                         && !strcmp(uses->uses[i].text, "127.0.0.1/8"));
    }
}

static void
test_kernel(void **state OVS_UNUSED)
{
    long long int end = time_msec() + 10000;
    struct event_base *base = event_base_new();
    struct kernel_helper *helper;
    struct net_use_query *query;

    assert_int_equal(kernel_helper_start(&helper), 0);
    query = net_use_query_start(base, helper, query_cb, NULL);
    while (!query_ended) {
        assert_true(time_msec() < end);
        net_use_query_run(query);
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
        net_use_query_wait(query);
        poll_timer_wait(10);
        poll_block();
    }
    assert_int_equal(query_error, 0);
    print_message("loopback address: %s\n", saw_loopback ? "yes" : "no");
    net_use_query_destroy(query);

    /* One that is given up. */
    query = net_use_query_start(base, helper, query_cb, NULL);
    net_use_query_run(query);
    net_use_query_destroy(query);
    kernel_helper_stop(helper);
    event_base_free(base);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_next_hops),
        cmocka_unit_test(test_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
