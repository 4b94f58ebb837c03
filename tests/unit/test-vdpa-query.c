/* SPDX-License-Identifier: Apache-2.0 */

/* Questions about vDPA; the test plays the lane. */

#include <config.h>

#include "netlink/vdpa-query.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink/nl-conn.h"
#include "netlink/vdpa-config.h"
#include "netlink/vdpa-msg.h"
#include "openvswitch/poll-loop.h"
#include "tests/unit/capture.h"
#include "tests/unit/nl-peer.h"
#include "tests/unit/wait-until.h"
#include "timeval.h"
#include "util.h"

#define FAMILY 31               /* In the captures. */

static struct event_base *base;
static struct nl_conn *conn;
static struct vdpa_queries *queries;
static struct nl_peer lane;

/* What the callback got. */
static int n_answers, last_error;
static char last_name[VDPA_NAME_MAX], last_extack[256];
static size_t n_mgmtdevs;

static void
answer_cb(void *aux, const struct vdpa_answer *answer)
{
    assert_ptr_equal(aux, &n_answers);
    n_answers++;
    last_error = answer->error;
    ovs_strlcpy(last_extack, answer->extack, sizeof last_extack);
    ovs_strlcpy(last_name, (answer->config ? answer->config->name
                            : answer->vstats ? answer->vstats->name
                            : answer->n_mgmtdevs ? answer->mgmtdevs[0].dev
                            : ""), sizeof last_name);
    n_mgmtdevs = answer->n_mgmtdevs;
    assert_true((answer->config != NULL) + (answer->vstats != NULL)
                + (answer->mgmtdevs != NULL) <= !answer->error);
}

static int
setup(void **state OVS_UNUSED)
{
    static const struct nl_conn_class class = { .event = NULL };

    lane = (struct nl_peer) { .fd = -1 };
    base = event_base_new();
    conn = nl_conn_create_peer(base, nl_peer_open, &lane, "lane", &class,
                               NULL);
    queries = vdpa_queries_create();
    vdpa_queries_set_conn(queries, conn, FAMILY);
    n_answers = 0;
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    nl_conn_destroy(conn);
    vdpa_queries_destroy(queries);
    event_base_free(base);
    close(lane.fd);
    return 0;
}

static void
run(void)
{
    nl_conn_run(conn);
    event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    nl_conn_wait(conn);
    poll_timer_wait(5);
    poll_block();
}

static union {
    struct nlmsghdr nlh;
    char bytes[1024];
} msg;

static void
expect(uint8_t cmd)
{
    const struct genlmsghdr *genl = NLMSG_DATA(&msg.nlh);

    wait_until(nl_peer_recv(&lane, &msg.nlh, sizeof msg));
    assert_int_equal(genl->cmd, cmd);
}

/* Sends capture 'name' as part of the answer, of family 'family'. */
static void
send_capture(const char *name, uint16_t family)
{
    struct capture c = capture_read(name);

    capture_nlmsg(&c)->nlmsg_seq = msg.nlh.nlmsg_seq;
    if (capture_nlmsg(&c)->nlmsg_type >= NLMSG_MIN_TYPE) {
        capture_nlmsg(&c)->nlmsg_type = family;
    }
    nl_peer_send(&lane, c.data, c.len);
    free(c.data);
}

static void
send_ack(void)
{
    nl_peer_send_error(&lane, msg.nlh.nlmsg_seq, 0);
}

static void
test_config(void **state OVS_UNUSED)
{
    assert_non_null(vdpa_queries_config(queries, "vdpa0", answer_cb,
                                        &n_answers));
    expect(VDPA_CMD_DEV_CONFIG_GET);
    send_capture("vdpa-config-bound", FAMILY);
    send_ack();
    wait_until(n_answers == 1);
    assert_int_equal(last_error, 0);
    assert_string_equal(last_name, "vdpa0");

    /* An answer of another family is none, nor is an end without one. */
    assert_non_null(vdpa_queries_config(queries, "vdpa0", answer_cb,
                                        &n_answers));
    expect(VDPA_CMD_DEV_CONFIG_GET);
    send_capture("vdpa-config-bound", FAMILY + 1);
    send_ack();
    wait_until(n_answers == 2);
    assert_int_equal(last_error, EPROTO);
    assert_non_null(vdpa_queries_config(queries, "vdpa0", answer_cb,
                                        &n_answers));
    expect(VDPA_CMD_DEV_CONFIG_GET);
    send_ack();
    wait_until(n_answers == 3);
    assert_int_equal(last_error, EPROTO);
}

static void
test_vstats(void **state OVS_UNUSED)
{
    assert_non_null(vdpa_queries_vstats(queries, "vdpa0", 1, answer_cb,
                                        &n_answers));
    expect(VDPA_CMD_DEV_VSTATS_GET);
    send_capture("vdpa-vstats", FAMILY);
    send_ack();
    wait_until(n_answers == 1);
    assert_int_equal(last_error, 0);
    assert_string_equal(last_name, "vdpa0");

    /* The kernel's own text. */
    assert_non_null(vdpa_queries_vstats(queries, "x", 0, answer_cb,
                                        &n_answers));
    expect(VDPA_CMD_DEV_VSTATS_GET);
    send_capture("vdpa-new-refused", FAMILY);
    wait_until(n_answers == 2);
    assert_int_equal(last_error, ENODEV);
    assert_non_null(strstr(last_extack, "vdpa: Fail to find"));
}

static void
test_mgmtdevs(void **state OVS_UNUSED)
{
    for (int what = 0; what < 4; what++) {
        n_answers = 0;
        assert_non_null(vdpa_queries_mgmtdevs(queries, answer_cb,
                                              &n_answers));
        expect(VDPA_CMD_MGMTDEV_GET);
        if (what) {
            send_capture("vdpa-mgmtdev-sim", FAMILY);
            send_capture("vdpa-mgmtdev-pci", what == 2 ? FAMILY + 1 : FAMILY);
        }
        nl_peer_send_done(&lane, what == 3 ? NLM_F_DUMP_INTR : 0,
                          msg.nlh.nlmsg_seq, 0);
        wait_until(n_answers == 1);
        assert_int_equal(last_error,
                         what == 2 ? EPROTO : what == 3 ? EAGAIN : 0);
        assert_int_equal(n_mgmtdevs, what == 1 ? 2 : 0);
        assert_string_equal(last_name, what == 1 ? "vdpasim_net" : "");
    }
}

static void
test_cancel(void **state OVS_UNUSED)
{
    struct vdpa_query *query;

    query = vdpa_queries_config(queries, "vdpa0", answer_cb, &n_answers);
    vdpa_query_cancel(query);
    vdpa_query_cancel(NULL);
    expect(VDPA_CMD_DEV_CONFIG_GET);
    send_capture("vdpa-config-bound", FAMILY);
    send_ack();

    /* The lane goes on, and when it goes so do the questions. */
    vdpa_queries_config(queries, "vdpa0", answer_cb, &n_answers);
    expect(VDPA_CMD_DEV_CONFIG_GET);
    vdpa_queries_mgmtdevs(queries, answer_cb, &n_answers);
    run();
    assert_int_equal(n_answers, 0);
    nl_conn_destroy(conn);
    conn = NULL;
    vdpa_queries_set_conn(queries, NULL, 0);
    assert_int_equal(n_answers, 2);
    assert_int_equal(last_error, ENODEV);

    assert_null(vdpa_queries_config(queries, "v", answer_cb, &n_answers));
    assert_null(vdpa_queries_vstats(queries, "v", 0, answer_cb, &n_answers));
    assert_null(vdpa_queries_mgmtdevs(queries, answer_cb, &n_answers));
    assert_int_equal(n_answers, 2);
}

/* Destroyed with questions under way, and names that no device has. */
static void
test_destroy(void **state OVS_UNUSED)
{
    char name[VDPA_NAME_MAX + 1];

    memset(name, 'x', VDPA_NAME_MAX);
    name[VDPA_NAME_MAX] = '\0';
    assert_null(vdpa_queries_config(queries, name, answer_cb, &n_answers));
    assert_null(vdpa_queries_vstats(queries, name, 0, answer_cb,
                                    &n_answers));
    assert_non_null(vdpa_queries_config(queries, name + 1, answer_cb,
                                        &n_answers));
    run();
    vdpa_queries_destroy(NULL);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_config),
        TEST(test_vstats),
        TEST(test_mgmtdevs),
        TEST(test_cancel),
        TEST(test_destroy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
