/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/metrics/server.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

#include "controller/controller.h"
#include "controller/flow/userspace.h"
#include "controller/metrics/connections.h"
#include "controller/metrics/endpoint.h"
#include "controller/metrics/health.h"
#include "controller/metrics/ledger.h"
#include "controller/metrics/negotiate.h"
#include "controller/metrics/private.h"
#include "controller/metrics/stream.h"
#include "controller/output.h"
#include "coverage.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(metrics_server);

COVERAGE_DEFINE(metrics_row);
COVERAGE_DEFINE(metrics_turn);
COVERAGE_DEFINE(metrics_snapshot);
COVERAGE_DEFINE(metrics_take);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* How long no client is accepted after that failed for want of descriptors,
 * in ms: nothing tells when there are some again. */
#define ACCEPT_PAUSE_MS 500

/* For how long scrapes share what the first of them saw, in ms. */
#define SHARE_MS 1000

/* A scrape under way. */
struct scrape {
    struct ovs_list node;       /* In 'scrapes'. */
    struct evhttp_request *req;
    bool openmetrics;           /* Of that form? */
    struct metrics_stream *stream; /* NULL until there is a snapshot. */
    bool ready;                 /* Was all sent that was made? */
};

struct metrics_server {
    const struct controller *c;
    struct evhttp *http;
    struct metrics_endpoint *endpoint;
    struct evhttp_bound_socket *bound; /* NULL while there is no socket. */
    struct metrics_conns conns;
    struct ovs_list scrapes;    /* struct scrape. */
    struct ledger ledger;       /* Counters of interfaces. */
    struct metrics_snapshot *snapshot; /* The last one, or NULL. */
    struct metrics_taking *taking; /* The next one, or NULL. */
    struct metrics_counters counters;
    long long int accept_at;    /* time_msec() from which clients are accepted
                                 * again, or 0 if they are. */
};

/* Could a client not be accepted?  (The callback that tells it has no argument
 * of ours, as the listener has that of evhttp.) */
static bool accept_failed;

/* Scrapes. */

static void
scrape_destroy(struct scrape *scrape)
{
    ovs_list_remove(&scrape->node);
    metrics_stream_destroy(scrape->stream);
    free(scrape);
}

/* The connection goes, and the request with it, unless evhttp left that to
 * us. */
static void
scrape_closed(struct evhttp_connection *evcon OVS_UNUSED, void *scrape_)
{
    struct scrape *scrape = scrape_;

    if (!evhttp_request_get_connection(scrape->req)) {
        evhttp_request_free(scrape->req);
    }
    scrape_destroy(scrape);
}

static void
scrape_sent(struct evhttp_connection *evcon OVS_UNUSED, void *scrape_)
{
    struct scrape *scrape = scrape_;

    scrape->ready = true;
}

static void
scrape_finish(struct scrape *scrape)
{
    struct evhttp_request *req = scrape->req;

    evhttp_connection_set_closecb(evhttp_request_get_connection(req), NULL,
                                  NULL);
    scrape_destroy(scrape);
    evhttp_send_reply_end(req);
}

/* Makes up to 'max' rows for 'scrape', and returns how many it were. */
static size_t
scrape_run(struct scrape *scrape, size_t max)
{
    struct ds text = DS_EMPTY_INITIALIZER;
    size_t n;
    bool more = metrics_stream_next(scrape->stream, &text, max, &n);

    if (text.length) {
        struct evbuffer *buffer = evbuffer_new();

        if (!buffer || evbuffer_add(buffer, text.string, text.length)) {
            out_of_memory();
        }
        scrape->ready = false;
        evhttp_send_reply_chunk_with_cb(scrape->req, buffer, scrape_sent,
                                        scrape);
        evbuffer_free(buffer);
    }
    if (!more) {
        scrape_finish(scrape);
    }
    ds_destroy(&text);
    return n;
}

static struct scrape *
next_scrape(const struct metrics_server *server)
{
    struct scrape *scrape;

    LIST_FOR_EACH (scrape, node, &server->scrapes) {
        if (scrape->ready && scrape->stream) {
            return scrape;
        }
    }
    return NULL;
}

/* Makes rows for those that come first, who are last the next time. */
static void
run_scrapes(struct metrics_server *server)
{
    size_t budget = METRICS_TURN_ROWS;
    struct scrape *scrape;

    while (budget && (scrape = next_scrape(server))) {
        size_t n;

        ovs_list_remove(&scrape->node);
        ovs_list_push_back(&server->scrapes, &scrape->node);
        n = scrape_run(scrape, budget);
        COVERAGE_ADD(metrics_row, n);
        budget -= n;
    }
    if (budget < METRICS_TURN_ROWS) {
        COVERAGE_INC(metrics_turn);
    }
}

/* Is there a scrape that has no snapshot yet? */
static bool
is_awaited(const struct metrics_server *server)
{
    const struct scrape *scrape;

    LIST_FOR_EACH (scrape, node, &server->scrapes) {
        if (!scrape->stream) {
            return true;
        }
    }
    return false;
}

/* Has the scrapes that wait for it tell what the snapshot has. */
static void
begin_scrapes(struct metrics_server *server)
{
    struct scrape *scrape;

    LIST_FOR_EACH (scrape, node, &server->scrapes) {
        if (!scrape->stream) {
            scrape->stream = metrics_stream_create(&(struct metrics_source) {
                    .c = server->c, .own = &server->counters,
                    .snapshot = server->snapshot,
                }, scrape->openmetrics);
        }
    }
}

/* Begins to take a snapshot. */
static void
start_taking(struct metrics_server *server)
{
    const struct controller *c = server->c;

    COVERAGE_INC(metrics_snapshot);
    metrics_snapshot_unref(server->snapshot);
    server->snapshot = NULL;
    /* For the next time, as ovs-vswitchd takes a while to tell. */
    flow_userspace_refresh(c->userspace, c->view);
    server->taking = metrics_taking_create(c, &server->ledger);
}

/* Goes on with that.  However long it takes, scrapes wait for one only. */
static void
run_taking(struct metrics_server *server)
{
    COVERAGE_INC(metrics_take);
    server->snapshot = metrics_taking_run(server->taking, METRICS_TURN_ROWS);
    if (server->snapshot) {
        metrics_taking_destroy(server->taking);
        server->taking = NULL;
        begin_scrapes(server);
    }
}

/* Is there what was seen now, or a moment ago? */
static bool
is_fresh(const struct metrics_server *server)
{
    return (server->snapshot
            && time_msec() - server->snapshot->when < SHARE_MS);
}

/* Looks at the tables or makes rows.  The former not when a request comes:
 * events of the kernel may have come along with that, and freed what the ports
 * still point to until they are decided anew. */
static void
run_work(struct metrics_server *server)
{
    if (!server->taking && is_awaited(server)) {
        if (is_fresh(server)) {
            begin_scrapes(server);
        } else {
            start_taking(server);
        }
    }
    if (server->taking) {
        run_taking(server);
    } else {
        run_scrapes(server);
    }
}

static void
add_header(struct evhttp_request *req, const char *name, const char *value)
{
    evhttp_add_header(evhttp_request_get_output_headers(req), name, value);
}

static void
answer_metrics(struct metrics_server *server, struct evhttp_request *req)
{
    const char *accept = evhttp_find_header(
        evhttp_request_get_input_headers(req), "Accept");
    bool openmetrics = metrics_wants_openmetrics(accept);
    struct scrape *scrape;

    add_header(req, "Content-Type",
               (openmetrics
                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8"));
    add_header(req, "Vary", "Accept");
    if (evhttp_request_get_command(req) == EVHTTP_REQ_HEAD) {
        evhttp_send_reply(req, HTTP_OK, "OK", NULL);
        return;
    }
    server->counters.n_scrapes++;
    scrape = xzalloc(sizeof *scrape);
    ovs_list_push_back(&server->scrapes, &scrape->node);
    scrape->req = req;
    scrape->openmetrics = openmetrics;
    scrape->ready = true;
    evhttp_connection_set_closecb(evhttp_request_get_connection(req),
                                  scrape_closed, scrape);
    evhttp_send_reply_start(req, HTTP_OK, "OK");
}

/* Other requests. */

static void
answer(struct evhttp_request *req, int code, const char *reason,
       const char *type, const char *text)
{
    struct evbuffer *buffer = evbuffer_new();

    if (!buffer || evbuffer_add(buffer, text, strlen(text))) {
        out_of_memory();
    }
    add_header(req, "Content-Type", type);
    add_header(req, "Cache-Control", "no-store");
    evhttp_send_reply(req, code, reason, buffer);
    evbuffer_free(buffer);
}

#define TEXT "text/plain; charset=utf-8"

/* That we answer is all there is to it: the main loop runs. */
static void
answer_healthz(struct metrics_server *server OVS_UNUSED,
               struct evhttp_request *req)
{
    answer(req, HTTP_OK, "OK", TEXT, "ok\n");
}

static void
answer_readyz(struct metrics_server *server, struct evhttp_request *req)
{
    struct ds reasons = DS_EMPTY_INITIALIZER;
    size_t n = metrics_not_ready(server->c, &reasons);
    struct json *array = json_array_create_empty();
    struct json *json = json_object_create();
    char *line, *save = NULL, *text;

    for (line = strtok_r(ds_cstr(&reasons), "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        json_array_add(array, json_string_create(line));
    }
    json_object_put(json, "ready", json_boolean_create(!n));
    json_object_put(json, "reasons", array);
    text = output_object(json, OUTPUT_JSON);
    answer(req, n ? HTTP_SERVUNAVAIL : HTTP_OK,
           n ? "Service Unavailable" : "OK", "application/json", text);
    free(text);
    json_destroy(json);
    ds_destroy(&reasons);
}

static const struct {
    const char *path;
    void (*answer)(struct metrics_server *, struct evhttp_request *);
} pages[] = {
    { "/metrics", answer_metrics },
    { "/healthz", answer_healthz },
    { "/readyz", answer_readyz },
};

static void
answer_request(struct evhttp_request *req, void *server_)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    enum evhttp_cmd_type method = evhttp_request_get_command(req);
    struct metrics_server *server = server_;

    server->counters.n_requests++;
    metrics_conns_note_request(&server->conns, req);
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
        if (!path || strcmp(path, pages[i].path)) {
            continue;
        }
        if (method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD) {
            pages[i].answer(server, req);
        } else {
            add_header(req, "Allow", "GET, HEAD");
            answer(req, HTTP_BADMETHOD, "Method Not Allowed", TEXT,
                   "only GET and HEAD\n");
        }
        return;
    }
    answer(req, HTTP_NOTFOUND, "Not Found", TEXT,
           "there are /metrics, /healthz and /readyz\n");
}

/* Listening. */

static void
cannot_accept(struct evconnlistener *listener, void *http OVS_UNUSED)
{
    accept_failed = true;
    evconnlistener_disable(listener);
}

static void
opened(int fd, void *server_)
{
    struct metrics_server *server = server_;
    struct evconnlistener *listener
        = evconnlistener_new(server->c->base, NULL, NULL,
                             LEV_OPT_CLOSE_ON_EXEC, 0, fd);

    server->bound = listener ? evhttp_bind_listener(server->http, listener)
                             : NULL;
    if (!server->bound) {
        out_of_memory();
    }
    evconnlistener_set_error_cb(listener, cannot_accept);
    accept_failed = false;
    server->accept_at = 0;
}

static void
closing(void *server_)
{
    struct metrics_server *server = server_;

    evhttp_del_accept_socket(server->http, server->bound);
    server->bound = NULL;
    server->accept_at = 0;
}

/* Goes on accepting, if that was stopped and may be again. */
static void
run_listener(struct metrics_server *server)
{
    if (!server->bound) {
        return;
    }
    if (accept_failed) {
        accept_failed = false;
        VLOG_WARN_RL(&rl, "cannot accept a client, trying again in %d ms",
                     ACCEPT_PAUSE_MS);
        server->counters.n_accept_errors++;
        server->accept_at = time_msec() + ACCEPT_PAUSE_MS;
    } else if (time_msec() >= server->accept_at) {
        server->accept_at = 0;
        evconnlistener_enable(evhttp_bound_socket_get_listener(
                                  server->bound));
    }
}

/* Life. */

static struct bufferevent *
make_connection(struct event_base *base, void *server_)
{
    struct metrics_server *server = server_;
    struct bufferevent *bev = metrics_conns_add(&server->conns, base);

    if (server->counters.n_connected > METRICS_MAX_CONNECTIONS) {
        /* Until somebody made room, in this round. */
        evconnlistener_disable(evhttp_bound_socket_get_listener(
                                   server->bound));
    }
    return bev;
}

static struct evhttp *
make_http(struct metrics_server *server)
{
    struct evhttp *http = evhttp_new(server->c->base);

    if (!http) {
        out_of_memory();
    }
    evhttp_set_max_headers_size(http, METRICS_MAX_HEADERS);
    evhttp_set_max_body_size(http, 0);
    evhttp_set_default_content_type(http, NULL);
    /* Of a known method we say ourselves that it is none of ours. */
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD
                               | EVHTTP_REQ_POST | EVHTTP_REQ_PUT
                               | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS
                               | EVHTTP_REQ_PATCH);
    evhttp_set_bevcb(http, make_connection, server);
    evhttp_set_gencb(http, answer_request, server);
    return http;
}

struct metrics_server *
metrics_server_create(const struct controller *c)
{
    struct metrics_server *server = xzalloc(sizeof *server);

    server->c = c;
    metrics_conns_init(&server->conns, &server->counters);
    ovs_list_init(&server->scrapes);
    ledger_init(&server->ledger, METRICS_MAX_ROWS);
    server->http = make_http(server);
    server->endpoint = metrics_endpoint_create(c->base, opened, closing,
                                               server);
    return server;
}

void
metrics_server_destroy(struct metrics_server *server)
{
    if (server) {
        metrics_endpoint_destroy(server->endpoint);
        metrics_conns_close(&server->conns);
        evhttp_free(server->http);
        metrics_conns_run(&server->conns);
        metrics_snapshot_unref(server->snapshot);
        metrics_taking_destroy(server->taking);
        ledger_destroy(&server->ledger);
        free(server);
    }
}

void
metrics_server_set_address(struct metrics_server *server, const char *address)
{
    if (metrics_endpoint_set(server->endpoint, address)) {
        metrics_conns_close(&server->conns);
    }
}

void
metrics_server_run(struct metrics_server *server)
{
    server->counters.n_turns++;
    metrics_endpoint_run(server->endpoint);
    metrics_conns_run(&server->conns);
    run_listener(server);
    run_work(server);
    if (!server->counters.n_connected && server->snapshot) {
        metrics_snapshot_unref(server->snapshot);
        server->snapshot = NULL;
    }
}

void
metrics_server_wait(const struct metrics_server *server)
{
    metrics_endpoint_wait(server->endpoint);
    if (server->taking || is_awaited(server) || next_scrape(server)) {
        poll_immediate_wake();
    }
    if (server->accept_at) {
        poll_timer_wait_until(server->accept_at);
    }
    metrics_conns_wait(&server->conns);
}

/* Status. */

struct json *
metrics_server_status_to_json(const struct metrics_server *server)
{
    const char *address = metrics_endpoint_address(server->endpoint);
    const struct metrics_counters *n = &server->counters;
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        { "connected", n->n_connected },
        { "connections", n->n_accepted },
        { "refused", n->n_refused },
        { "displaced", n->n_displaced },
        { "timeouts", n->n_timeouts },
        { "accept_errors", n->n_accept_errors },
        { "requests", n->n_requests },
        { "scrapes", n->n_scrapes },
    };
    struct json *json = json_object_create();

    output_put_string(json, "address", address);
    json_object_put_string(json, "state", server->bound ? "listening"
                           : address ? "error" : "off");
    output_put_string(json, "error", metrics_endpoint_error(server->endpoint));
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        json_object_put(json, counts[i].name,
                        json_integer_create(counts[i].value));
    }
    return json;
}
