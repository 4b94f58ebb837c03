/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/rpc/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <limits.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/rpc/message.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

#define PATH "/var/run/vdpa/vhost/vdpa-0"
#define START 1000
#define MAX_CALLS 100

/* What became of a call. */
struct call {
    int32_t id;                 /* Of its stream. */
    char http[8];               /* ":status" */
    char grpc[8];               /* "grpc-status" */
    struct ofpbuf data;         /* Body of the response. */
    struct ofpbuf body;         /* Of the request, what is left to send. */
    bool unfinished;            /* The request never ends. */
    bool trailers;              /* The request has trailers. */
    bool closed;
    uint32_t code;              /* Why, an error code of HTTP/2. */
};

/* A client and the server that is tested. */
struct peers {
    nghttp2_session *client;
    struct rpc_session *server;
    struct rpc_counters counters;
    struct call calls[MAX_CALLS];
    size_t n;
    size_t n_lookups;
    bool alive;                 /* The server wants the connection. */
    size_t piece;               /* Bytes that it is given at once. */
    long long int now;
};

static const char *
lookup(const char *pci_address, void *p_)
{
    struct peers *p = p_;

    p->n_lookups++;
    return !strcmp(pci_address, "0000:82:00.2") ? PATH : "";
}

static struct call *
find_call(struct peers *p, int32_t id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->calls[i].id == id) {
            return &p->calls[i];
        }
    }
    return NULL;
}

static int
on_header(nghttp2_session *s OVS_UNUSED, const nghttp2_frame *frame,
          const uint8_t *name, size_t name_len OVS_UNUSED,
          const uint8_t *value, size_t value_len OVS_UNUSED,
          uint8_t flags OVS_UNUSED, void *p)
{
    struct call *call = find_call(p, frame->hd.stream_id);

    assert_non_null(call);
    /* libnghttp2 ends both with a null byte. */
    if (!strcmp((const char *) name, ":status")) {
        ovs_strlcpy(call->http, (const char *) value, sizeof call->http);
    } else if (!strcmp((const char *) name, "grpc-status")) {
        ovs_strlcpy(call->grpc, (const char *) value, sizeof call->grpc);
    }
    return 0;
}

static int
on_data(nghttp2_session *s OVS_UNUSED, uint8_t flags OVS_UNUSED, int32_t id,
        const uint8_t *data, size_t n, void *p)
{
    ofpbuf_put(&find_call(p, id)->data, data, n);
    return 0;
}

static int
on_close(nghttp2_session *s OVS_UNUSED, int32_t id, uint32_t code, void *p)
{
    struct call *call = find_call(p, id);

    if (call) {
        call->closed = true;
        call->code = code;
    }
    return 0;
}

static ssize_t
read_body(nghttp2_session *s, int32_t id, uint8_t *buf, size_t n,
          uint32_t *flags, nghttp2_data_source *source, void *p OVS_UNUSED)
{
    nghttp2_nv trailer = {
        .name = CONST_CAST(uint8_t *, (const uint8_t *) "x"), .namelen = 1,
    };
    struct call *call = source->ptr;

    n = MIN(n, call->body.size);
    memcpy(buf, call->body.data, n);
    ofpbuf_pull(&call->body, n);
    if (!call->body.size) {
        if (call->unfinished) {
            return n ? n : NGHTTP2_ERR_DEFERRED;
        }
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (call->trailers) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            assert_int_equal(nghttp2_submit_trailer(s, id, &trailer, 1), 0);
        }
    }
    return n;
}

static void
peers_init(struct peers *p)
{
    nghttp2_session_callbacks *cb;
    nghttp2_option *option;

    memset(p, 0, sizeof *p);
    p->now = START;
    p->alive = true;
    p->piece = SIZE_MAX;
    p->server = rpc_session_create(lookup, p, &p->counters, p->now);
    assert_int_equal(nghttp2_session_callbacks_new(&cb), 0);
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
    assert_int_equal(nghttp2_option_new(&option), 0);
    nghttp2_option_set_no_http_messaging(option, 1);
    assert_int_equal(nghttp2_session_client_new2(&p->client, cb, p, option),
                     0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(cb);
    nghttp2_submit_settings(p->client, 0, NULL, 0);
}

static void
peers_destroy(struct peers *p)
{
    rpc_session_destroy(p->server);
    nghttp2_session_del(p->client);
    for (size_t i = 0; i < p->n; i++) {
        ofpbuf_uninit(&p->calls[i].data);
        ofpbuf_uninit(&p->calls[i].body);
    }
}

/* Passes on what the client has to say, in pieces. */
static bool
client_to_server(struct peers *p)
{
    const uint8_t *data;
    ssize_t n = nghttp2_session_mem_send(p->client, &data);

    assert_true(n >= 0);
    for (size_t i = 0; i < n && p->alive; i += p->piece) {
        size_t size = MIN(p->piece, n - i);

        p->alive = rpc_session_input(p->server, data + i, size, p->now);
        if (p->piece == SIZE_MAX) {
            break;
        }
    }
    return n > 0;
}

static bool
server_to_client(struct peers *p)
{
    struct ofpbuf out;
    bool any;

    ofpbuf_init(&out, 0);
    p->alive &= rpc_session_output(p->server, &out, 1000);
    any = out.size > 0;
    if (any) {
        assert_int_equal(nghttp2_session_mem_recv(p->client, out.data,
                                                  out.size), out.size);
    }
    ofpbuf_uninit(&out);
    return any;
}

static void
talk(struct peers *p)
{
    bool any;

    do {
        any = client_to_server(p);
        any |= server_to_client(p);
    } while (any && p->alive);
}

#define N_HEADERS 6

/* A call's header fields as grpc-go sends them. */
static const char *const good[N_HEADERS][2] = {
    { ":method", "POST" },
    { ":scheme", "http" },
    { ":path", RPC_METHOD_PATH },
    { ":authority", "/var/run/vdpa/vdpa.sock" },
    { "content-type", "application/grpc" },
    { "te", "trailers" },
};

static struct call *
submit(struct peers *p, const char *const headers[][2], size_t n,
       const void *body, size_t body_len)
{
    struct call *call = &p->calls[p->n++];
    nghttp2_data_provider provider = {
        .source.ptr = call, .read_callback = read_body,
    };
    nghttp2_nv nv[16];

    assert_true(p->n <= MAX_CALLS && n <= ARRAY_SIZE(nv));
    for (size_t i = 0; i < n; i++) {
        nv[i] = (nghttp2_nv) {
            .name = CONST_CAST(uint8_t *, (const uint8_t *) headers[i][0]),
            .namelen = strlen(headers[i][0]),
            .value = CONST_CAST(uint8_t *, (const uint8_t *) headers[i][1]),
            .valuelen = strlen(headers[i][1]),
        };
    }
    ofpbuf_init(&call->data, 0);
    ofpbuf_init(&call->body, 0);
    ofpbuf_put(&call->body, body, body_len);
    call->id = nghttp2_submit_request(p->client, NULL, nv, n,
                                      body_len ? &provider : NULL, NULL);
    assert_true(call->id > 0);
    return call;
}

#define REQUEST "\0\0\0\0\16\n\0140000:82:00.2"

/* A call with 'address' that is known. */
static struct call *
ask(struct peers *p)
{
    return submit(p, good, N_HEADERS, REQUEST, sizeof REQUEST - 1);
}

static void
expect_answer(const struct call *call)
{
    struct ofpbuf want;

    assert_true(call->closed);
    assert_int_equal(call->code, NGHTTP2_NO_ERROR);
    assert_string_equal(call->http, "200");
    assert_string_equal(call->grpc, "0");
    ofpbuf_init(&want, 0);
    rpc_response_put(&want, PATH);
    assert_int_equal(call->data.size, want.size);
    assert_memory_equal(call->data.data, want.data, want.size);
    ofpbuf_uninit(&want);
}

static void
expect_status(const struct call *call, const char *http, const char *grpc)
{
    assert_true(call->closed);
    assert_string_equal(call->http, http);
    assert_string_equal(call->grpc, grpc);
    assert_int_equal(call->data.size, 0);
}

static void
test_calls(void **state OVS_UNUSED)
{
    struct peers p;

    peers_init(&p);
    /* More than may be at the same time. */
    for (size_t i = 0; i < MAX_CALLS; i++) {
        p.calls[i].trailers = i % 2;
        ask(&p);
    }
    talk(&p);
    assert_true(p.alive);
    for (size_t i = 0; i < MAX_CALLS; i++) {
        expect_answer(&p.calls[i]);
    }
    assert_int_equal(p.n_lookups, MAX_CALLS);
    assert_int_equal(p.counters.n_calls, MAX_CALLS);
    assert_int_equal(p.counters.n_empty, 0);
    assert_int_equal(p.counters.n_errors, 0);
    assert_true(rpc_session_deadline(p.server) == LLONG_MAX);
    peers_destroy(&p);
}

static void
test_pieces(void **state OVS_UNUSED)
{
    for (size_t piece = 1; piece <= 9; piece++) {
        struct peers p;

        peers_init(&p);
        p.piece = piece;
        expect_answer((ask(&p), talk(&p), &p.calls[0]));
        peers_destroy(&p);
    }
}

/* One header field of a good call is another one: it gets this answer. */
static void
expect_with(size_t i, const char *name, const char *value, const char *http,
            const char *grpc)
{
    const char *headers[N_HEADERS][2];
    struct peers p;

    memcpy(headers, good, sizeof headers);
    headers[i][0] = name;
    headers[i][1] = value;
    peers_init(&p);
    submit(&p, headers, N_HEADERS, REQUEST, sizeof REQUEST - 1);
    ask(&p);
    talk(&p);
    expect_status(&p.calls[0], http, grpc);
    assert_int_equal(p.calls[0].code, http[0] ? NGHTTP2_NO_ERROR
                     : NGHTTP2_PROTOCOL_ERROR);
    /* The next one has nothing to do with it. */
    expect_answer(&p.calls[1]);
    assert_int_equal(p.counters.n_errors, 1);
    assert_int_equal(p.counters.n_broken, 0);
    peers_destroy(&p);
}

static void
test_headers(void **state OVS_UNUSED)
{
    char *longest = xmalloc(RPC_MAX_HEADERS + 1);

    expect_with(0, ":method", "GET", "405", "");
    expect_with(0, ":method", "POS", "405", "");
    expect_with(2, ":path", "/", "200", "12");
    expect_with(2, ":path", RPC_METHOD_PATH "/", "200", "12");
    expect_with(2, ":path", "/vdpadpdk.VdpaDpdk/", "200", "12");
    expect_with(4, "content-type", "application/json", "415", "");
    expect_with(4, "content-type", "application/grpcx", "415", "");
    expect_with(4, "content-typ", "application/grpc", "415", "");
    memset(longest, 'x', RPC_MAX_HEADERS);
    longest[RPC_MAX_HEADERS] = '\0';
    expect_with(5, "x", longest, "200", "8");
    free(longest);

    /* Missing, twice, unknown, after others, no name. */
    expect_with(0, ":authority", "x", "", "");
    expect_with(1, ":authority", "x", "", "");
    expect_with(2, ":authority", "x", "", "");
    expect_with(3, ":method", "POST", "", "");
    expect_with(3, ":protocol", "x", "", "");
    expect_with(3, ":status", "200", "", "");
    expect_with(5, ":authority", "x", "", "");
    expect_with(5, "t e", "trailers", "", "");
    expect_with(5, "", "trailers", "", "");
}

/* What clients may send. */
static void
test_lenient(void **state OVS_UNUSED)
{
    static const char *const more[][2] = {
        { "content-type", "application/grpc+proto" },
        { "content-type", "application/grpc;x=y" },
        { "te", "" },
        { "grpc-timeout", "10S" },
        { "grpc-encoding", "gzip" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
        const char *headers[N_HEADERS][2];
        struct peers p;

        memcpy(headers, good, sizeof headers);
        memcpy(headers[i < 2 ? 4 : 5], more[i], sizeof more[i]);
        peers_init(&p);
        submit(&p, headers, N_HEADERS, REQUEST, sizeof REQUEST - 1);
        talk(&p);
        expect_answer(&p.calls[0]);
        peers_destroy(&p);
    }
}

/* Body 'body' gets status 'grpc', also if it goes on after it. */
static void
expect_body(const void *body, size_t n, bool unfinished, const char *grpc)
{
    struct peers p;

    peers_init(&p);
    p.calls[0].unfinished = unfinished;
    submit(&p, good, N_HEADERS, body, n);
    ask(&p);
    talk(&p);
    expect_status(&p.calls[0], "200", grpc);
    expect_answer(&p.calls[1]);
    assert_int_equal(p.counters.n_errors, 1);
    peers_destroy(&p);
}

static void
test_bodies(void **state OVS_UNUSED)
{
    static char body[100000] = "\0\0\0\0\16\n\0140000:82:00.2";

    expect_body(NULL, 0, false, "13");
    expect_body(body, 4, false, "13");
    expect_body(body, sizeof REQUEST - 2, false, "13");
    expect_body(body, sizeof REQUEST, false, "13");
    expect_body("\0\0\0\0\1\n", 6, false, "13");
    expect_body("\1\0\0\0\0", 5, false, "12");
    expect_body(body, sizeof body, false, "13");
    expect_body(body, sizeof body, true, "13");
    body[2] = 1;
    expect_body(body, sizeof body, true, "8");
}

/* Unknown methods are refused before their messages are there. */
static void
test_early_error(void **state OVS_UNUSED)
{
    const char *headers[N_HEADERS][2];
    struct peers p;

    memcpy(headers, good, sizeof headers);
    headers[2][1] = "/grpc.health.v1.Health/Watch";
    peers_init(&p);
    p.calls[0].unfinished = true;
    submit(&p, headers, N_HEADERS, REQUEST, sizeof REQUEST - 1);
    talk(&p);
    expect_status(&p.calls[0], "200", "12");
    peers_destroy(&p);
}

static void
test_expire(void **state OVS_UNUSED)
{
    struct peers p;

    peers_init(&p);
    p.calls[0].unfinished = true;
    ask(&p);
    talk(&p);
    assert_true(rpc_session_deadline(p.server) == START + RPC_CALL_MS);
    p.now += 5;
    p.calls[1].unfinished = true;
    ask(&p);
    ask(&p);
    talk(&p);
    expect_answer(&p.calls[2]);

    assert_true(rpc_session_expire(p.server, START + RPC_CALL_MS - 1));
    talk(&p);
    assert_false(p.calls[0].closed);
    assert_true(rpc_session_expire(p.server, START + RPC_CALL_MS));
    assert_true(rpc_session_deadline(p.server) == START + RPC_CALL_MS + 5);
    talk(&p);
    assert_true(p.calls[0].closed);
    assert_int_equal(p.calls[0].code, NGHTTP2_CANCEL);
    assert_false(p.calls[1].closed);
    assert_true(rpc_session_expire(p.server, START + RPC_CALL_MS + 5));
    talk(&p);
    assert_int_equal(p.calls[1].code, NGHTTP2_CANCEL);
    assert_int_equal(p.counters.n_errors, 2);
    assert_true(rpc_session_deadline(p.server) == LLONG_MAX);
    peers_destroy(&p);
}

static void
test_silence(void **state OVS_UNUSED)
{
    struct peers p;

    peers_init(&p);
    assert_true(rpc_session_deadline(p.server) == START + RPC_CALL_MS);
    assert_true(rpc_session_expire(p.server, START + RPC_CALL_MS - 1));
    assert_false(rpc_session_expire(p.server, START + RPC_CALL_MS));
    peers_destroy(&p);
}

static void
test_goaway(void **state OVS_UNUSED)
{
    struct peers p;

    peers_init(&p);
    ask(&p);
    talk(&p);
    assert_false(rpc_session_is_over(p.server));
    rpc_session_goaway(p.server);
    talk(&p);
    assert_true(rpc_session_is_over(p.server));
    assert_false(nghttp2_session_want_read(p.client));
    assert_int_equal(p.counters.n_broken, 0);
    peers_destroy(&p);
}

static void
test_no_http2(void **state OVS_UNUSED)
{
    static const char hello[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    struct peers p;

    peers_init(&p);
    assert_false(rpc_session_input(p.server, hello, sizeof hello - 1,
                                   p.now));
    assert_int_equal(p.counters.n_broken, 1);
    peers_destroy(&p);
}

/* Whoever takes no answers does not get all of our memory, even if the caller
 * reads on and on. */
static void
test_memory(void **state OVS_UNUSED)
{
    static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                "\0\0\0\4\0\0\0\0\0";
    static const uint8_t headers[] = { 0, 0, 1, 1, 5, 0, 0, 0, 1, 0x82 };
    uint8_t frame[sizeof headers];
    struct peers p;
    uint32_t id;

    /* It does not acknowledge our SETTINGS, either, and so need not know how
     * many calls it may make. */
    peers_init(&p);
    assert_true(rpc_session_input(p.server, hello, sizeof hello - 1, p.now));
    memcpy(frame, headers, sizeof frame);
    for (id = 1; id < 200000; id += 2) {
        frame[6] = id >> 16;
        frame[7] = id >> 8;
        frame[8] = id;
        if (!rpc_session_input(p.server, frame, sizeof frame, p.now)) {
            break;
        }
    }
    assert_true(id < 200000);
    assert_int_equal(p.counters.n_broken, 1);
    peers_destroy(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_lenient),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_early_error),
        cmocka_unit_test(test_expire),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_goaway),
        cmocka_unit_test(test_no_http2),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
