/* SPDX-License-Identifier: Apache-2.0 */

/* When the HTTP server looks at the tables.  What it would tell of them is
 * replaced here, so that none are needed. */

#include <config.h>

#include "controller/metrics/server.h"

#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/controller.h"
#include "controller/flow/userspace.h"
#include "controller/metrics/format.h"
#include "controller/metrics/health.h"
#include "controller/metrics/ledger.h"
#include "controller/metrics/private.h"
#include "controller/metrics/snapshot.h"
#include "controller/metrics/stream.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

/* What takes longer than this has failed. */
#define PATIENCE_MS 20000

struct metrics_stream {
    bool told;                  /* Was the one row told? */
};

struct metrics_taking {
    int unused;
};

static struct event_base *base;
static struct controller controller;
static struct metrics_server *server;
static char dir[] = "/tmp/test-metrics.XXXXXX";
static char *path;              /* Of the socket. */
static int n_snapshots;         /* That were taken. */
static int n_streams;           /* That are there. */
static struct metrics_snapshot snapshot;
static struct metrics_taking taking;
static int n_steps;             /* In which it was taken. */

/* In place of what reads the tables. */

struct metrics_taking *
metrics_taking_create(const struct controller *c OVS_UNUSED,
                      struct ledger *ledger OVS_UNUSED)
{
    n_snapshots++;
    n_steps = 0;
    return &taking;
}

struct metrics_snapshot *
metrics_taking_run(struct metrics_taking *t, size_t max)
{
    assert_ptr_equal(t, &taking);
    assert_int_equal(max, METRICS_TURN_ROWS);
    if (++n_steps < 3) {
        return NULL;
    }
    /* It took long. */
    snapshot.when = time_msec() - 10 * 1000;
    return &snapshot;
}

void
metrics_taking_destroy(struct metrics_taking *t)
{
    assert_true(!t || t == &taking);
}

void
metrics_snapshot_unref(struct metrics_snapshot *s OVS_UNUSED)
{
}

struct metrics_stream *
metrics_stream_create(const struct metrics_source *source,
                      bool openmetrics OVS_UNUSED)
{
    assert_ptr_equal(source->snapshot, &snapshot);
    n_streams++;
    return xzalloc(sizeof(struct metrics_stream));
}

void
metrics_stream_destroy(struct metrics_stream *stream)
{
    n_streams -= stream != NULL;
    free(stream);
}

bool
metrics_stream_next(struct metrics_stream *stream, struct ds *text,
                    size_t max OVS_UNUSED, size_t *n)
{
    *n = !stream->told;
    if (!stream->told) {
        ds_put_cstr(text, "a_row 1\n");
        stream->told = true;
        return true;
    }
    return false;
}

size_t
metrics_not_ready(const struct controller *c OVS_UNUSED,
                  struct ds *reasons OVS_UNUSED)
{
    return 0;
}

void
flow_userspace_refresh(struct flow_userspace *fu OVS_UNUSED,
                       const struct ovs_view *view OVS_UNUSED)
{
}

/* A client. */

static int
client_connect(void)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    ovs_strlcpy(un.sun_path, path, sizeof un.sun_path);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *) &un, sizeof un), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    return fd;
}

/* Runs the event loop, and the server too if 'run', until 'needle' came from
 * 'fd'. */
static void
await_text(int fd, const char *needle, bool run)
{
    long long int end = time_msec() + PATIENCE_MS;
    struct ds text = DS_EMPTY_INITIALIZER;

    while (!strstr(ds_cstr(&text), needle)) {
        char buf[512];
        ssize_t n;

        assert_true(time_msec() < end);
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
        if (run) {
            metrics_server_run(server);
        }
        n = recv(fd, buf, sizeof buf, 0);
        if (n > 0) {
            ds_put_buffer(&text, buf, n);
        } else {
            assert_int_equal(n, -1);
            assert_int_equal(errno, EAGAIN);
            poll_timer_wait(1);
            poll_block();
        }
    }
    ds_destroy(&text);
}

static int
setup(void **state OVS_UNUSED)
{
    char *address;

    assert_non_null(mkdtemp(dir));
    path = xasprintf("%s/s", dir);
    address = xasprintf("unix:%s", path);
    base = event_base_new();
    controller.base = base;
    server = metrics_server_create(&controller);
    metrics_server_set_address(server, address);
    metrics_server_run(server);
    free(address);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    metrics_server_destroy(server);
    assert_int_equal(n_streams, 0);
    event_base_free(base);
    free(path);
    assert_int_equal(rmdir(dir), 0);
    return 0;
}

/* A request comes from the event loop, between an event of the kernel that
 * frees a netdev and the round that takes it out of the table of ports: then
 * the tables are not to be looked at. */
static void
test_not_in_event_loop(void **state OVS_UNUSED)
{
    int fd = client_connect();

    await_text(fd, "\r\n\r\n", false);
    assert_int_equal(n_snapshots, 0);
    await_text(fd, "a_row 1\n", true);
    assert_int_equal(n_snapshots, 1);
    assert_int_equal(n_steps, 3);
    await_text(fd, "0\r\n\r\n", true);
    assert_int_equal(n_streams, 0);
    close(fd);
}

/* One that goes before its turn. */
static void
test_gone_early(void **state OVS_UNUSED)
{
    int fd = client_connect();
    int other;

    await_text(fd, "\r\n\r\n", false);
    close(fd);
    other = client_connect();
    await_text(other, "0\r\n\r\n", true);
    close(other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_in_event_loop),
        cmocka_unit_test(test_gone_early),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
